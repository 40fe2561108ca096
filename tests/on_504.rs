//! `retries: {on-504: stream}`: what it adds to the repeated causes, and where a target says that it cannot do it.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Cause;
use hoplint::generate::{Generated, Options};
use real::{made, resolve};

fn chain(hop: &str) -> String {
    format!("version: 1\nhops:\n  - {{name: hop, {hop}}}\n  - {{name: model, platform: openai}}\n")
}

fn generated(hop: &str, target: &str) -> Generated {
    made(&resolve(&chain(hop)), target, Options::default()).1
}

#[test]
fn a_stream_after_504_means_that_504_is_repeated() {
    let on = |retries: &str| {
        let chain = resolve(&chain(&format!("platform: openai-python, retries: {{{retries}}}")));
        chain.hops[0].cases[0].attempts.on.clone()
    };
    assert_eq!(on("on: [429], on-504: stream"), [Cause::Status(429), Cause::Status(504)]);
    assert_eq!(on("on: [429], on-504: repeat"), [Cause::Status(429)]);
    assert_eq!(on("on: [5xx], on-504: stream"), [Cause::StatusClass(5)], "it is among them already");
}

#[test]
fn a_target_without_streams_says_so() {
    let notes = |hop: &str, target: &str| {
        let notes = generated(hop, target).notes;
        notes.into_iter().map(|note| note.text).collect::<Vec<_>>().join("\n")
    };
    let said = notes("platform: nginx, endpoints: 2, retries: {attempts: 2, on-504: stream}", "nginx");
    assert!(said.contains("retries.on-504 stream is not written"), "{said}");
    let said = notes("platform: openai-python, retries: {attempts: 1, on-504: stream}", "python-openai");
    assert_eq!(said, "retries.on-504 does nothing: there is no second attempt.");
    assert_eq!(notes("platform: openai-python, retries: {attempts: 2, on-504: stream}", "python-openai"), "");
}

#[test]
fn a_stream_after_504_changes_the_values() {
    let hash = |retries: &str| {
        let file = generated(&format!("platform: openai-python, retries: {{attempts: 2{retries}}}"), "python-openai");
        hoplint::generate::header::stated_values(&file.files[0].text).unwrap()
    };
    assert_ne!(hash(""), hash(", on-504: stream"));
    assert_eq!(hash(""), hash(", on-504: repeat"));
}
