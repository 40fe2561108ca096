//! Silence that no setting allows, and the shortest wait where nobody states how long the work takes.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::{Engine, Source};
use hoplint::span::FileId;

fn check(text: &str) -> Vec<Diagnostic> {
    let (catalog, config) = (Catalog::default(), Config::default());
    let engine = Engine { catalog: &catalog, config: &config };
    let source = Source { path: "a.chain.yaml".to_owned(), text: text.into() };
    let result = engine.check_file(FileId(0), &source);
    engine.finish(vec![source], vec![result]).findings
}

/// Rule, severity and hop of each finding about the two subjects.
fn told(text: &str) -> Vec<(&'static str, Severity, String)> {
    let rules = ["stream-gap-too-short", "limit-below-workload", "default-relied-on"];
    let found = check(text).into_iter().filter(|d| rules.contains(&d.rule));
    found.map(|d| (d.rule, d.severity, d.hop.unwrap_or_default())).collect()
}

fn custom(workload: &str, limits: &str) -> String {
    format!(
        "version: 1\norder: unordered\nworkload: {workload}\nhops:\n  - name: edge\n    platform: custom\n    timeouts: {{first-byte: 60s, between-bytes: 60s}}\n    limits: {limits}\n  - platform: custom\n    name: app\n"
    )
}

const FIXED: &str = "{between-bytes: {max: 60s, reason: fixed}, first-byte: {max: 60s, reason: fixed}}";

#[test]
fn a_silence_beyond_every_setting_has_a_heartbeat_as_its_repair() {
    let text = custom("{mode: streaming, gap: 90s}", FIXED);
    assert_eq!(told(&text), [("stream-gap-too-short", Severity::Error, "edge".to_owned())]);
    let finding = check(&text).remove(0);
    let help = finding.help.clone().expect("a repair");
    assert!(help.starts_with("send something into the stream at least every 57s"), "{help}");
    assert!(finding.notes.iter().any(|n| n == "No setting of edge allows more than 60s of silence."), "{finding:?}");

    let settable = check(&custom("{mode: streaming, gap: 90s}", "{}")).remove(0);
    assert!(settable.help.is_some_and(|help| help.starts_with("set between-bytes of edge to 95s or more, or send")));
}

#[test]
fn a_whole_answer_beyond_every_setting_is_another_rule() {
    assert_eq!(told(&custom("{total: 90s}", FIXED)), [("limit-below-workload", Severity::Error, "edge".to_owned())]);
}

fn chain(workload: &str, hops: &[&str]) -> String {
    let hops = hops.join("\n  - ");
    format!("version: 1\norder: unordered\n{workload}hops:\n  - {hops}\n  - {{platform: custom, role: app-server}}\n")
}

#[test]
fn a_mode_alone_says_nothing_of_time() {
    let nginx = ["{platform: nginx}"];
    let note = [("default-relied-on", Severity::Note, "nginx".to_owned())];
    assert_eq!(told(&chain("", &nginx)), note);
    assert_eq!(told(&chain("workload: {mode: streaming}\n", &nginx)), note);
    assert_eq!(told(&chain("workload: {total: 20s}\n", &nginx)), []);
    assert_eq!(told(&chain("workload: {mode: streaming, first-byte: 5s}\n", &nginx)), []);
}

#[test]
fn a_default_that_a_facet_decides_may_be_the_first() {
    // Gunicorn's 30 s end a request with the sync worker only.
    let open = chain("", &["{platform: nginx}", "{platform: gunicorn}"]);
    let both = ["nginx", "gunicorn"].map(|hop| ("default-relied-on", Severity::Note, hop.to_owned()));
    assert_eq!(told(&open), both);
    let said = check(&open);
    let gunicorn = said.iter().find(|d| d.hop.as_deref() == Some("gunicorn")).expect("gunicorn is named");
    assert!(gunicorn.message.starts_with("gunicorn may give up first in this chain, after 30s"), "{gunicorn:?}");
    assert!(gunicorn.notes.iter().any(|n| n.contains("`worker` (sync)")), "{gunicorn:?}");

    let sync = chain("", &["{platform: nginx}", "{platform: gunicorn, with: {worker: sync}}"]);
    assert_eq!(told(&sync), [("default-relied-on", Severity::Note, "gunicorn".to_owned())]);
    let gevent = chain("", &["{platform: nginx}", "{platform: gunicorn, with: {worker: gevent}}"]);
    assert_eq!(told(&gevent), [("default-relied-on", Severity::Note, "nginx".to_owned())]);
}

#[test]
fn a_chosen_value_that_comes_first_is_nobodys_default() {
    assert_eq!(told(&chain("", &["{platform: nginx, timeouts: {read: 20s}}", "{platform: gunicorn}"])), []);
    let beside = chain("", &["{platform: nginx}", "{platform: uvicorn, name: app}"]);
    assert_eq!(told(&beside), [("default-relied-on", Severity::Note, "nginx".to_owned())]);
}
