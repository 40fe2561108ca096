//! The table of platform limits in the product's requirements, row by row, through the catalogue.

mod support;

use hoplint::catalog::store::Catalog;
use hoplint::catalog::{Confidence, Enforced, Guard, Max, Platform};
use hoplint::config::Config;
use hoplint::diag::{Diagnostic, Severity};
use hoplint::duration::Dur;
use hoplint::engine::{Engine, Source};
use hoplint::span::FileId;
use std::sync::Arc;
use support::{ends, held_to, hop};

const WAITS: [Guard; 2] = [Guard::WaitBuffered, Guard::WaitStreaming];

fn find(id: &str) -> Arc<Platform> {
    Catalog::default().find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"))
}

/// Both waits end at `expected` in every world, when nothing is set.
#[track_caller]
fn waits(platform: &str, with: &str, expected: &[&str]) {
    let catalog = Catalog::default();
    for guard in WAITS {
        assert_eq!(ends(&hop(&catalog, platform, with, ""), guard), expected, "{platform} {{{with}}} {}", guard.name());
    }
}

/// Whatever is written, the timer ends at `expected`; `None` where no ceiling is certain.
#[track_caller]
fn ceiling(platform: &str, with: &str, timer: &str, expected: Option<u64>) {
    let held = held_to(&Catalog::default(), platform, with, timer);
    assert_eq!(held, [expected.map(Dur::from_secs)], "{platform} {{{with}}} {timer}");
}

fn history_says(platform: &str, words: &[&str]) {
    let platform = find(platform);
    let told = |word: &&&str| platform.history.iter().any(|row| row.text.contains(**word));
    let missing: Vec<_> = words.iter().filter(|word| !told(word)).collect();
    assert!(missing.is_empty(), "the history of {} does not speak of {missing:?}", platform.id);
}

fn findings(text: &str) -> Vec<Diagnostic> {
    let (catalog, config) = (Catalog::default(), Config::default());
    let source = Source { path: "test.chain.yaml".to_owned(), text: text.into() };
    Engine { catalog: &catalog, config: &config }.check_file(FileId(0), &source).findings
}

/// A chain through one platform whose declared work takes `seconds`.
fn severities(platform: &str, with: &str, seconds: u64) -> Vec<(&'static str, Severity)> {
    let text = format!(
        "version: 1\norder: unordered\nworkload: {{mode: buffered, total: {seconds}s}}\nhops:\n  - platform: {platform}\n    with: {{{with}}}\n  - platform: openai\n"
    );
    findings(&text).iter().filter(|f| f.hop.as_deref() == Some(platform)).map(|f| (f.rule, f.severity)).collect()
}

#[test]
fn aws_rest_api_29_s() {
    waits("aws-apigateway-rest", "", &["29s"]);
    ceiling("aws-apigateway-rest", "", "integration", Some(29));
    ceiling("aws-apigateway-rest", "endpoint: regional, quota: granted", "integration", Some(300));
    ceiling("aws-apigateway-rest", "mode: STREAM", "integration", Some(900));
    history_says("aws-apigateway-rest", &["29 s", "15 minutes"]);
    assert_eq!(severities("aws-apigateway-rest", "", 45), [("limit-below-workload", Severity::Error)]);
    assert_eq!(severities("aws-apigateway-rest", "", 20), []);
}

#[test]
fn aws_http_api_30_s() {
    waits("aws-apigateway-http", "", &["30s"]);
    ceiling("aws-apigateway-http", "", "integration", Some(30));
    assert_eq!(severities("aws-apigateway-http", "", 45), [("limit-below-workload", Severity::Error)]);
}

#[test]
fn aws_alb_60_to_4000_s() {
    waits("aws-alb", "", &["60s"]);
    ceiling("aws-alb", "", "idle", Some(4000));
    assert_eq!(severities("aws-alb", "", 90), [("workload-exceeds", Severity::Error)]);
    assert_eq!(severities("aws-alb", "", 5000), [("limit-below-workload", Severity::Error)]);
}

/// The requirements name 100 s; the vendor documented 120 s and then 125 s later.
#[test]
fn cloudflare_100_s_and_what_came_after() {
    waits("cloudflare", "", &["125s"]);
    ceiling("cloudflare", "plan: pro", "proxy-read", Some(125));
    ceiling("cloudflare", "plan: enterprise", "proxy-read", Some(6000));
    history_says("cloudflare", &["100 s", "120 s", "125 s"]);
    assert_eq!(severities("cloudflare", "plan: pro", 180), [("limit-below-workload", Severity::Error)]);
}

#[test]
fn kong_and_nginx_60_s_without_a_ceiling_in_practice() {
    waits("kong", "", &["60s"]);
    waits("nginx", "", &["60s"]);
    ceiling("nginx", "", "read", None);
    let kong = find("kong");
    let limit = kong.timer("read").and_then(|t| t.limits.first()).and_then(|l| l.max);
    assert!(matches!(limit, Some(Max::At(max)) if max > Dur::from_secs(20 * 86_400)), "{limit:?}");
    assert_eq!(severities("kong", "", 90), [("workload-exceeds", Severity::Error)]);
}

#[test]
fn gcp_api_gateway_15_and_60_s() {
    waits("gcp-api-gateway", "", &["15s"]);
    ceiling("gcp-api-gateway", "", "deadline", Some(60));
    ceiling("gcp-api-gateway", "streaming-preview: on", "deadline", Some(3600));
    history_says("gcp-api-gateway", &["60 s", "3600 s"]);
    assert_eq!(severities("gcp-api-gateway", "", 90), [("limit-below-workload", Severity::Error)]);
}

/// The policy waits 300 s by default, but the network below it ends a silent connection at 240 s.
#[test]
fn azure_api_management_240_s() {
    waits("azure-api-management", "", &["240s"]);
    ceiling("azure-api-management", "", "idle", Some(240));
    history_says("azure-api-management", &["300 s"]);
    assert_eq!(severities("azure-api-management", "", 290), [("limit-below-workload", Severity::Error)]);
}

/// The requirements name 30 s and 300 s: an Edge function has 25 s until its first byte, others run 300 s by default.
#[test]
fn vercel_30_and_300_s() {
    waits("vercel", "", &["300s"]);
    waits("vercel", "runtime: edge", &["25s"]);
    ceiling("vercel", "plan: hobby", "max-duration", Some(300));
    history_says("vercel", &["30 s", "300 s", "1800 s"]);
    assert_eq!(severities("vercel", "plan: hobby", 400), [("limit-below-workload", Severity::Error)]);
}

/// A limit of the table is one that can be reported as an error.
#[test]
fn every_ceiling_of_the_table_is_certain() {
    for (id, timer) in [
        ("aws-apigateway-rest", "integration"),
        ("aws-apigateway-http", "integration"),
        ("aws-alb", "idle"),
        ("cloudflare", "proxy-read"),
        ("gcp-api-gateway", "deadline"),
        ("azure-api-management", "idle"),
    ] {
        let platform = find(id);
        let timer = platform.timer(timer).unwrap_or_else(|| panic!("{id} has no {timer}"));
        assert!(!timer.limits.is_empty(), "{id}.{} has no limit", timer.id);
        for limit in &timer.limits {
            assert!(limit.fact.checked >= Confidence::Documented, "{id}.{}: {:?}", timer.id, limit.fact);
            assert_ne!(limit.enforced, Enforced::Advisory, "{id}.{}", timer.id);
        }
    }
}
