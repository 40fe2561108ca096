//! `hoplint simulate` as a program: timelines, exit codes, and the JSON with its schema.

#[path = "support/program.rs"]
mod program;

use program::{Said, folder, hoplint};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// An SDK that tries three times, and a proxy that gives up first.
const RETRIES: &str = "version: 1
workload: {total: 90s}
hops:
  - {name: sdk, platform: openai-python, timeout: 600s}
  - {name: edge, platform: nginx, with: {version: \"1.27.4\"}}
  - {name: model, platform: openai}
";

fn simulate(folder: &TempDir, arguments: &str) -> Said {
    hoplint(folder, &format!("simulate {arguments}"))
}

#[test]
fn a_timeline_says_who_gave_up_and_what_it_cost() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let said = simulate(&folder, "a.chain.yaml");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.out);
}

#[test]
fn faults_come_one_after_another() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let said = simulate(&folder, "--fails 429,reset,ok --retry-after 10s --duration 20s");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.out);
}

#[test]
fn what_does_not_fit_is_told_with_what_would() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    for (arguments, why) in [
        ("--chain b", "no chain is called b; there are a"),
        ("--with egde.version=1.27.4", "no chain has a hop egde; did you mean edge?"),
        ("--with edge.versoin=1", "nginx has no facet versoin; did you mean version?"),
        ("--with edge.version=new", "version of edge is never new"),
        ("--fails 200", "it must be a status from 400 to 599"),
        ("--duration 90", "90 what?"),
        ("nowhere", "cannot read nowhere"),
    ] {
        let said = simulate(&folder, arguments);
        assert_eq!(said.code, Some(2), "{arguments}: {}{}", said.out, said.err);
        assert!(said.err.contains(why), "{arguments}: {}", said.err);
    }
}

#[test]
fn several_chains_run_one_after_another_and_broken_ones_are_told() {
    let folder = folder(&[
        ("a.chain.yaml", RETRIES),
        ("b.chain.yaml", RETRIES),
        ("c.chain.yaml", "version: 1\nhops: [{platform: nginx, timeouts: {read: 90}}]\n"),
    ]);
    let said = simulate(&folder, "--never");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.starts_with("c.chain.yaml:2:43: error: "), "{}", said.err);
    assert_eq!(said.out.matches("model never answers").count(), 2, "{}", said.out);
}

#[test]
fn deployed_files_run_without_a_chain() {
    let conf = "http { server { listen 80; location / { proxy_read_timeout 30s; proxy_pass http://app:8000; } } }";
    let folder = folder(&[("nginx.conf", conf)]);
    let said = simulate(&folder, "nginx.conf --never");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(said.out.contains("proxy_read_timeout 30s (deployed), nginx.conf:1"), "{}", said.out);
}

#[test]
fn json_keeps_to_its_schema() {
    let schema = fs::read_to_string("schemas/hoplint-simulate.schema.json").expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    for arguments in ["", "--never --leaves 70s", "--first-byte 5s --gap 70s", "--fails refused", "--late latest"] {
        let said = simulate(&folder, &format!("--format json {arguments}"));
        let report: Value = serde_json::from_str(&said.out).expect("JSON");
        let violations: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert_eq!(violations, Vec::<String>::new(), "{arguments}");
    }
    let said = simulate(&folder, "--format json");
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    let run = &report["chains"][0];
    assert_eq!(run["client"]["status"], 504);
    assert_eq!((&run["decided_by"], &run["fired"][2]["timer"]), (&2.into(), &"proxy_read_timeout".into()));
    assert_eq!(run["provider"].as_array().map(Vec::len), Some(3));
}

#[test]
fn names_from_a_file_cannot_command_the_terminal() {
    let text = RETRIES.replace("name: edge", "name: \"ed\\e[31mge\"");
    let folder = folder(&[("a.chain.yaml", &text)]);
    for format in ["text", "json"] {
        let said = simulate(&folder, &format!("--format {format}"));
        assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{}", said.out);
    }
}
