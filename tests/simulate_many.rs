//! `hoplint simulate --requests` as a program: shares, comparisons, cost, and what it refuses.

#[path = "support/program.rs"]
mod program;

use program::{folder, hoplint};
use serde_json::Value;
use std::fs;

/// An SDK that tries three times, and a proxy that gives up first.
const RETRIES: &str = "version: 1
workload: {total: 90s, input-tokens: 8000, output-tokens: 1000}
hops:
  - {name: sdk, platform: openai-python, timeout: 600s}
  - {name: edge, platform: nginx, with: {version: \"1.27.4\"}}
  - {name: model, platform: openai}
";

const LOAD: &str = "simulate a.chain.yaml --requests 20000 --p50 20s --p99 120s";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn shares_times_calls_and_cost() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let said = hoplint(
        &folder,
        &format!("{LOAD} --error-rate 503=2% --price-input 2.50 --price-output 10 --price-cached 0.25"),
    );
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.out);
}

#[test]
fn orders_are_compared_on_the_same_requests() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let said = hoplint(&folder, &format!("{LOAD} --compare inward --compare outward"));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.out);
}

#[test]
fn another_chain_is_compared() {
    let other = RETRIES.replace("timeout: 600s", "timeout: 50s, retries: {attempts: 1}");
    let folder = folder(&[("a.chain.yaml", RETRIES), ("b.chain.yaml", &other)]);
    let said = hoplint(&folder, &format!("{LOAD} --compare b.chain.yaml --format json"));
    let simulations = json(&said.out)["simulations"].as_array().expect("several").clone();
    let labels: Vec<&Value> = simulations.iter().map(|one| &one["label"]).collect();
    assert_eq!(labels, ["a", "b"]);
    let calls = |i: usize| simulations[i]["provider"]["calls_per_request"].as_f64().expect("a number");
    assert!(calls(0) > 1.1 && (calls(1) - 1.0).abs() < 1e-9, "{} {}", calls(0), calls(1));
}

#[test]
fn the_same_seed_says_the_same_on_any_number_of_threads() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let run = |more: &str| {
        hoplint(&folder, &format!("simulate a.chain.yaml --requests 300000 --p50 20s --p99 120s {more}")).out
    };
    assert_eq!(run("-j 1"), run("-j 3"));
    assert_ne!(run("--seed 1"), run("--seed 2"));
}

#[test]
fn the_example_of_a_failure_can_be_replayed() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let said = json(&hoplint(&folder, &format!("{LOAD} --format json")).out);
    let failure = &said["simulations"][0]["failures"][0];
    assert_eq!((&failure["status"], &failure["hop"]), (&Value::from(504), &Value::from("edge")));
    let replayed = hoplint(&folder, &format!("{LOAD} --replay {}", failure["example"])).out;
    assert!(replayed.contains("504"), "{replayed}");
    assert!(replayed.contains("proxy_read_timeout"), "{replayed}");
}

#[test]
fn samples_come_from_a_file() {
    let folder = folder(&[
        ("a.chain.yaml", RETRIES),
        ("s.txt", "# measured\n10s\n10s\n10s\n90s\n"),
        ("ms.txt", "10000\n90000\n"),
    ]);
    let run = |samples: &str| {
        let said =
            hoplint(&folder, &format!("simulate a.chain.yaml --requests 20000 --samples {samples} --format json"));
        json(&said.out)["simulations"][0]["answered"]["share"].as_f64().expect("a number")
    };
    assert!((run("s.txt") - 0.75).abs() < 0.02);
    assert!((run("ms.txt:ms") - 0.5).abs() < 0.02);
}

#[test]
fn what_cannot_be_is_refused_where_it_stands() {
    let folder =
        folder(&[("a.chain.yaml", RETRIES), ("s.txt", "10s\nsoon\n"), ("bare.txt", "10\n"), ("empty.txt", "\n")]);
    for (arguments, says) in [
        ("--requests 10 --samples s.txt", "s.txt:2: it"),
        ("--requests 10 --samples bare.txt", "bare.txt:1: 10 what?"),
        ("--requests 10 --samples empty.txt", "empty.txt has no durations"),
        ("--requests 10 --samples none.txt", "none.txt"),
        ("--requests 10 --p50 20s --p99 10s", "--p50 20s has to be above 0 and not above --p99 10s"),
        ("--requests 10 --p50 20s", "--p99"),
        ("--requests 0", "0 is not in"),
        ("--p50 20s --p99 30s", "--requests"),
        ("--requests 10 --error-rate 503", "such as 503=1%"),
        ("--requests 10 --error-rate 503=200%", "from 0 to 100"),
        ("--requests 10 --error-rate ok=5%", "goes well"),
        ("--requests 10 --price-input two", "a price is a number"),
        ("--requests 10 --compare other.chain.yaml", "other.chain.yaml"),
    ] {
        let said = hoplint(&folder, &format!("simulate a.chain.yaml {arguments}"));
        assert_eq!(said.code, Some(2), "{arguments}: {}{}", said.out, said.err);
        assert!(said.err.contains(says), "{arguments}: {}", said.err);
    }
}

#[test]
fn the_json_fits_its_schema() {
    let folder = folder(&[("a.chain.yaml", RETRIES)]);
    let schema = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/hoplint-simulate-many.schema.json"));
    let schema = jsonschema::validator_for(&json(&schema.expect("the schema"))).expect("a schema");
    for more in ["", "--error-rate never=5% --leaves 30s", "--first-p50 1s --first-p99 70s --price-input 1"] {
        let said = json(&hoplint(&folder, &format!("{LOAD} {more} --format json")).out);
        let errors: Vec<String> = schema.iter_errors(&said).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{more}: {errors:#?}");
    }
}
