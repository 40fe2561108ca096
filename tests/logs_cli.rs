//! `hoplint diagnose --log` as a program: formats, files of every kind, what is wrong with them, and what stands in the
//! output.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn diagnose(folder: &Path, arguments: &[&str], input: Option<&[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder)
        .args(["--color", "never", "diagnose"])
        .args(arguments)
        .env_clear()
        .env("COLUMNS", "80")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.unwrap_or_default().to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    output
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = diagnose(folder, &[arguments, &["--format", "json"]].concat(), None);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let value: Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let schema: Value = serde_json::from_str(include_str!("../schemas/hoplint-diagnose.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    if let Err(error) = validator.validate(&value) {
        panic!("{error}: {value:#}");
    }
    value
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Ten good requests of different lengths, and five that end at a minute.
fn nginx_log() -> String {
    let line = |status: u16, took: f64| {
        format!(
            "10.0.0.1 - - [22/Nov/2026:07:30:42 +0000] \"POST /v1/chat HTTP/1.1\" {status} 1 \"-\" \"x\" {took:.3}\n"
        )
    };
    let good = (0..10).map(|i| line(200, 0.7 * 1.5_f64.powi(i)));
    good.chain((0..5).map(|i| line(504, 60.001 + f64::from(i) / 1000.0))).collect()
}

#[test]
fn the_same_log_in_every_wrapping() {
    let folder = folder();
    let text = nginx_log();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).expect("packed");
    std::fs::write(folder.path().join("a.log"), &text).expect("written");
    std::fs::write(folder.path().join("a.log.gz"), packed.finish().expect("packed")).expect("written");
    let one = |name: &str| json(folder.path(), &["--no-chain", "--log", name])["logs"][0].clone();
    let (plain, gzip) = (one("a.log"), one("a.log.gz"));
    assert_eq!((plain["requests"].as_u64(), plain["failed"].as_u64()), (Some(15), Some(5)), "{plain:#}");
    assert_eq!(plain["events"], gzip["events"]);
    let event = &plain["events"][0];
    assert_eq!(
        (event["kind"].as_str(), event["from"].as_str(), event["to"].as_str()),
        (Some("cliff"), Some("60.001s"), Some("60.005s"))
    );
    let piped = diagnose(folder.path(), &["--no-chain", "--format", "json", "--log", "-"], Some(text.as_bytes()));
    let piped: Value = serde_json::from_slice(&piped.stdout).expect("JSON");
    assert_eq!(piped["logs"][0]["events"], plain["events"]);
    // Two files of one format are one log.
    let both = json(folder.path(), &["--no-chain", "--log", "a.log,a.log.gz"]);
    assert_eq!((both["logs"].as_array().map(Vec::len), both["logs"][0]["requests"].as_u64()), (Some(1), Some(30)));
    // A name of the timer's platform and value comes first.
    let suspects = both["diagnoses"][0]["suspects"].as_array().expect("a list");
    assert!(suspects.iter().any(|s| s["platform"] == "nginx" && s["timer"] == "read"), "{suspects:#?}");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_read() {
    let folder = folder();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    write("good.log", nginx_log().as_bytes());
    write("prose.log", b"Once upon a time\nthere was a log.\n");
    write("empty.log", b"");
    write("packed.log", &[0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    let output =
        diagnose(folder.path(), &["--no-chain", "--log", "prose.log,empty.log,packed.log,missing.log,good.log"], None);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{err}");
    for told in [
        "prose.log: is in no format that is known",
        "It begins with: Once upon a time",
        "empty.log: has no lines",
        "packed.log: is packed with zstd",
        "missing.log: no such file",
    ] {
        assert!(err.contains(told), "{told:?} in {err}");
    }
    assert!(out.contains("good.log: 15 requests") && out.contains("<- 504 at 60.001s"), "{out}");
}

#[test]
fn hostile_lines_are_counted_and_harmless() {
    let folder = folder();
    let mut text = nginx_log().into_bytes();
    text.extend_from_slice(b"\x1b]0;evil\x07\x1b[2J \xff\xfe\x00\n");
    text.extend_from_slice(&vec![b'a'; 1_000_000]);
    text.extend_from_slice(b"\n");
    let evil = "10.0.0.1 - - [22/Nov/2026:07:30:42 +0000] \"POST /\u{1b}[31m\u{202e}x HTTP/1.1\" 504 1 \"-\" \"\u{1b}[2Jx\" 60.002\n";
    text.extend(evil.repeat(9).into_bytes());
    std::fs::write(folder.path().join("a.log"), text).expect("written");
    for format in ["text", "json"] {
        let output = diagnose(folder.path(), &["--no-chain", "--log", "a.log", "--format", format], None);
        let out = String::from_utf8(output.stdout).expect("UTF-8");
        let obeyed = out.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(obeyed, None, "{out}");
        assert!(format == "json" || out.contains("2 lines are no requests") && out.contains("<U+001B>"), "{out}");
    }
}

#[test]
fn formats_are_named_written_out_or_taken_from_a_configuration() {
    let folder = folder();
    let lines = (0..9).map(|i| format!("2026-11-22T07:30:4{i}Z|504|2900{i}\n")).collect::<Vec<_>>().concat();
    std::fs::write(folder.path().join("own.log"), lines).expect("written");
    std::fs::write(folder.path().join("a.log"), nginx_log()).expect("written");
    std::fs::write(folder.path().join("nginx.conf"), "http { log_format o '$time_iso8601|$status|$request_time'; }\n")
        .expect("written");
    let cliff = |arguments: &[&str]| {
        let json = json(folder.path(), &[&["--no-chain", "--log", "own.log"], arguments].concat());
        json["logs"][0]["events"][0]["from"].as_str().map(str::to_owned)
    };
    assert_eq!(cliff(&["--log-format", "$ended|$status|$duration_ms"]).as_deref(), Some("29s"));
    assert_eq!(cliff(&["--log-format", "nginx.conf"]).as_deref(), Some("29000s"));
    for (format, told) in [
        ("combned", "did you mean combined?"),
        ("pdf", "formats are haproxy, "),
        ("$a$b", "fields need a text between them"),
        ("a.log", "has no log_format"),
    ] {
        let output = diagnose(folder.path(), &["--no-chain", "--log", "a.log", "--log-format", format], None);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && err.contains(told), "{told:?} in {err}");
    }
}

#[test]
fn a_log_without_durations_or_failures_says_so() {
    let folder = folder();
    let plain: String =
        nginx_log().lines().map(|line| line.rsplit_once(' ').map_or("", |(line, _)| line).to_owned() + "\n").collect();
    std::fs::write(folder.path().join("a.log"), plain).expect("written");
    let output = diagnose(folder.path(), &["--no-chain", "--log", "a.log"], None);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("nothing about how long requests took") && out.contains("$request_time"), "{out}");
    let log = nginx_log();
    let good: Vec<&str> = log.lines().filter(|line| line.contains(" 200 ")).collect();
    std::fs::write(folder.path().join("good.log"), good.join("\n")).expect("written");
    let output = diagnose(folder.path(), &["--no-chain", "--log", "good.log"], None);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("no cliff") && output.status.success(), "{out}");
}

#[test]
fn the_hop_that_wrote_the_log_is_the_one_of_its_platform() {
    let folder = folder();
    std::fs::write(folder.path().join("a.log"), nginx_log()).expect("written");
    let chain = "version: 1\nhops:\n  - {name: app, platform: openai-python, timeout: 200s}\n  - {name: edge, platform: nginx}\n  - \
                 {name: provider, platform: openai}\n";
    std::fs::write(folder.path().join("a.chain.yaml"), chain).expect("written");
    let json = json(folder.path(), &["--log", "a.log"]);
    assert_eq!(json["diagnoses"][0]["symptom"]["at"], "edge", "{json:#}");
    let output = diagnose(folder.path(), &["--log", "a.log", "--at", "egde"], None);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean edge?"));
}

#[test]
fn without_a_chain_the_platform_that_wrote_the_log_is_suspected_first() {
    let folder = folder();
    let line = |i: u32| {
        format!(
            "https 2026-11-22T07:{i}:00.00{i}Z app/chat/50dc 192.0.2.1:2 10.0.0.1:80 0.001 -1 -1 504 - 812 207 \"POST https://a:443/x \
             HTTP/1.1\" \"x\" E T arn \"Root=1\" \"a\" \"c\" 0 2026-11-22T07:{}:00.000Z \"forward\"\n",
            i - 1
        )
    };
    std::fs::write(folder.path().join("alb.log"), (11..20).map(line).collect::<Vec<_>>().concat()).expect("written");
    let json = json(folder.path(), &["--no-chain", "--log", "alb.log"]);
    let suspect = &json["diagnoses"][0]["suspects"][0];
    assert_eq!((suspect["platform"].as_str(), suspect["timer"].as_str()), (Some("aws-alb"), Some("idle")), "{json:#}");
}
