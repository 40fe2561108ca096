//! `hoplint diagnose` as a program: ranked suspects from what was seen, the honest answer where it is no timeout, exit
//! codes, and the JSON with its schema.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn diagnose(arguments: &[&str]) -> Said {
    in_folder(Path::new("fixtures/diagnose"), arguments)
}

fn in_folder(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder)
        .args(["--color", "never", "diagnose"])
        .args(arguments)
        .env_clear()
        .env("COLUMNS", "100")
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn json(arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    let said = diagnose(&all);
    let value: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err));
    let schema: Value = serde_json::from_str(include_str!("../schemas/hoplint-diagnose.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    if let Err(error) = validator.validate(&value) {
        panic!("{error}: {value:#}");
    }
    value["diagnoses"][0].clone()
}

/// `hop timer value` of the suspects, best first.
fn suspects(diagnosis: &Value) -> Vec<String> {
    let suspects = diagnosis["suspects"].as_array().expect("a list");
    let text = |s: &Value, key: &str| s[key].as_str().unwrap_or("-").to_owned();
    suspects.iter().map(|s| format!("{} {} {}", text(s, "hop"), text(s, "timer"), text(s, "value"))).collect()
}

fn first(arguments: &[&str]) -> String {
    suspects(&json(arguments)).first().cloned().unwrap_or_default()
}

const CHAIN: &str = "chat.chain.yaml";

#[test]
fn the_page_for_people() {
    let said = diagnose(&[CHAIN, "--status", "504", "--after", "60.1s", "--body", "@nginx-504.html", "--buffered"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    insta::assert_snapshot!(said.out);
}

#[test]
fn several_attempts_of_a_hop_add_up() {
    assert_eq!(first(&[CHAIN, "--status", "504", "--after", "31.5s"]), "sdk read 10s");
    assert_eq!(first(&[CHAIN, "--after", "31.5s", "--exception", "@openai-timeout.txt"]), "sdk read 10s");
}

#[test]
fn a_chain_that_fits_nowhere_names_what_it_may_not_name() {
    let found =
        json(&[CHAIN, "--status", "504", "--after", "29.0s", "--body", r#"{"message": "Endpoint request timed out"}"#]);
    assert_eq!(found["hidden"][0]["platform"], "aws-apigateway-rest");
    let said = diagnose(&[
        CHAIN,
        "--status",
        "504",
        "--after",
        "29.0s",
        "--body",
        r#"{"message": "Endpoint request timed out"}"#,
    ]);
    insta::assert_snapshot!(said.out);
}

#[test]
fn without_a_chain_every_platform_is_asked() {
    let all = |rest: &[&str]| first(&[&["--no-chain"], rest].concat());
    assert_eq!(all(&["--exception", "@undici-body.txt"]), "node-fetch-builtin body 300s");
    assert_eq!(all(&["--status", "524", "--after", "125s"]), "cloudflare proxy-read 125s");
    let axios = all(&["--exception", "AxiosError: timeout of 30000ms exceeded"]);
    assert_eq!(axios, "axios request 30s");
    // The SDK for Bedrock is botocore with a name of its own.
    let boto =
        all(&["--exception", "botocore.exceptions.ReadTimeoutError: Read timeout on endpoint URL: \"https://x\""]);
    assert!(["botocore read 60s", "boto3-bedrock-runtime read 60s"].contains(&boto.as_str()), "{boto}");
}

#[test]
fn what_is_no_timeout_is_said_to_be_none() {
    let elsewhere =
        |arguments: &[&str]| json(arguments)["elsewhere"][0]["name"].as_str().unwrap_or_default().to_owned();
    assert_eq!(elsewhere(&[CHAIN, "--status", "429", "--after", "400ms"]), "rate-limit");
    assert_eq!(elsewhere(&[CHAIN, "--status", "413"]), "too-large");
    assert_eq!(elsewhere(&[CHAIN, "--status", "502", "--after", "0.02s"]), "crash");
    assert_eq!(elsewhere(&[CHAIN, "--exception", "getaddrinfo ENOTFOUND api.example.com"]), "dns");
    assert_eq!(elsewhere(&[CHAIN, "--exception", "x509: certificate signed by unknown authority"]), "tls");
    let said = diagnose(&[CHAIN, "--status", "429", "--after", "400ms"]);
    assert_eq!(said.code, Some(0));
    insta::assert_snapshot!(said.out);
}

#[test]
fn now_and_then_means_an_idle_connection() {
    let found = json(&[CHAIN, "--status", "502", "--when", "intermittent"]);
    assert_eq!(found["suspects"][0]["kind"], "idle-close");
    assert_eq!(found["suspects"][0]["hop"], "api");
}

#[test]
fn nothing_that_fits_is_a_finding_and_wrong_usage_a_failure() {
    let nothing = diagnose(&[CHAIN, "--status", "504", "--after", "47.3s"]);
    assert_eq!(nothing.code, Some(1), "{}", nothing.out);
    insta::assert_snapshot!(nothing.out);
    for wrong in [
        &[CHAIN][..],
        &[CHAIN, "--status", "99"],
        &[CHAIN, "--status", "504", "--after", "29"],
        &[CHAIN, "--status", "504", "--at", "lbb"],
        &["missing.chain.yaml", "--status", "504"],
        &[CHAIN, "--cut", "--buffered"],
        &[CHAIN, "--exception", "@missing.txt"],
    ] {
        let said = diagnose(wrong);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{wrong:?}: {}", said.err);
    }
    assert!(diagnose(&[CHAIN, "--status", "504", "--after", "29"]).err.contains("29 what?"));
    assert!(diagnose(&[CHAIN, "--status", "504", "--at", "lbb"]).err.contains("did you mean lb?"));
}

#[test]
fn a_folder_without_chains_is_compared_with_the_catalogue() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = in_folder(folder.path(), &["--status", "524", "--after", "125s"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("Cloudflare"), "{}", said.out);
}

#[test]
fn text_cannot_command_the_terminal() {
    let said = diagnose(&["--no-chain", "--exception", "\u{1b}[31mECONNRESET\u{202e}"]);
    assert!(!said.out.contains('\u{1b}') && !said.out.contains('\u{202e}'), "{}", said.out);
}

#[test]
fn a_hop_that_chains_share_is_one_suspect_and_a_bound_value_stands_in_its_file() {
    let found = json(&["two.chain.yaml", "--status", "504", "--after", "75.0s"]);
    let of_edge: Vec<String> = suspects(&found).into_iter().filter(|s| s.starts_with("edge ")).collect();
    assert_eq!(of_edge, ["edge read 75s"]);
    assert_eq!(first(&["two.chain.yaml", "--status", "504", "--after", "75.0s"]), "edge read 75s");
    assert_eq!(found["chains"], serde_json::json!(["chat", "batch"]));
    let said =
        in_folder(Path::new("."), &["examples/deployed", "--status", "504", "--after", "75.0s", "--format", "json"]);
    let found: Value = serde_json::from_str(&said.out).expect("JSON");
    let first = &found["diagnoses"][0]["suspects"][0];
    assert_eq!((&first["hop"], &first["value"]), (&"proxy".into(), &"75s".into()));
    assert_eq!(first["location"]["file"], "examples/deployed/infra/nginx.conf");
}
