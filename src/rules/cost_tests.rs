//! Calls at worst against a walk through every single attempt, and costs on small chains.

use super::failure::{certainly_works_on, reported, starts, tries};
use super::retry_multiplication::{CAUSES, follow};
use super::testing::{lint, resolved};
use super::{Context, failure};
use crate::catalog::Cause;
use crate::config::Thresholds;
use crate::diag::{Bounds, Diagnostic};
use crate::duration::Dur;
use crate::resolve::Resolved;
use proptest::prelude::*;

/// Makes every attempt one by one: how often the innermost hop is called, and what the caller of hop `i` sees.
fn walk(chain: &Resolved, i: usize, cause: Cause) -> (u64, Option<Cause>) {
    if i + 1 == chain.hops.len() {
        return (1, Some(cause));
    }
    let hop = &chain.hops[i];
    let (mut calls, mut made) = (0, 0);
    loop {
        let (inside, seen) = walk(chain, i + 1, cause);
        calls += inside;
        made += 1;
        let Some(seen) = seen else { return (calls, None) };
        let allowed = hop.cases.iter().map(|case| tries(case, seen).attempts).max().unwrap_or(1);
        let tails = hop.cases.iter().map(|case| case.attempts.tails).max().unwrap_or(1);
        if made >= allowed * tails {
            return (calls, reported(chain, i, seen));
        }
    }
}

/// When the innermost hop is called while it never answers: each hop starts its attempts until its caller leaves, or to
/// the end where it surely works on.
fn hang(chain: &Resolved, stuck: &[failure::Stuck], i: usize, start: Dur, until: Option<Dur>, calls: &mut Vec<Dur>) {
    if i + 1 == chain.hops.len() {
        calls.push(start);
        return;
    }
    let until = until.filter(|_| !certainly_works_on(&chain.hops[i]));
    let state = &stuck[i];
    let Some(attempt) = state.attempt else { return hang(chain, stuck, i + 1, start, until, calls) };
    for offset in starts(&chain.hops[i].cases[0], attempt, state.tries.attempts) {
        let at = start.plus(offset);
        if until.is_some_and(|until| at >= until) {
            break;
        }
        let ends = until.map_or(at.plus(attempt), |until| until.min(at.plus(attempt)));
        hang(chain, stuck, i + 1, at, Some(ends), calls);
    }
}

const PLATFORMS: [&str; 10] = [
    "openai-python",
    "anthropic-node",
    "nginx",
    "envoy",
    "kong",
    "haproxy",
    "uvicorn",
    "gunicorn",
    "litellm-proxy",
    "aws-alb",
];

fn hop() -> impl Strategy<Value = String> {
    let retries = proptest::option::of(1..4u32);
    let cancels = proptest::option::of(any::<bool>());
    (prop::sample::select(&PLATFORMS[..]), retries, cancels).prop_map(|(platform, retries, cancels)| {
        let retries = retries.map(|n| format!(", retries: {{attempts: {n}}}")).unwrap_or_default();
        let cancels = cancels.map(|yes| format!(", cancels: {yes}")).unwrap_or_default();
        format!("platform: {platform}{retries}{cancels}")
    })
}

fn chain(hops: &[String], workload: &str) -> String {
    let mut text = format!("version: 1\norder: unordered\nworkload: {workload}\nhops:\n");
    for (i, hop) in hops.iter().enumerate() {
        text += &format!("  - {{name: hop{i}, {hop}}}\n");
    }
    text + "  - {name: model, platform: anthropic}\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_at_worst_are_those_of_a_walk_through_all_attempts(hops in prop::collection::vec(hop(), 1..5)) {
        let chain = resolved(&chain(&hops, "simple-qa"));
        for cause in CAUSES {
            prop_assert_eq!(follow(&chain, cause).calls(), walk(&chain, 0, cause).0, "{}", cause);
        }
    }

    #[test]
    fn calls_to_a_model_that_hangs_are_those_of_a_walk_in_time(hops in prop::collection::vec(hop(), 1..4)) {
        let chain = resolved(&chain(&hops, "simple-qa"));
        let stuck = failure::stuck(&chain);
        let mut walked = Vec::new();
        hang(&chain, &stuck, 0, Dur::ZERO, None, &mut walked);
        walked.sort_unstable();
        let context = Context::new(&chain, Thresholds::default());
        let counted = context.calls_when_stuck();
        if chain.hops.iter().any(certainly_works_on) {
            // Counted with all that a hop outside might still start, so at worst.
            prop_assert!(counted.len() >= walked.len(), "{:?} {:?}", counted, walked);
        } else {
            prop_assert_eq!(counted, walked.as_slice());
        }
    }

    #[test]
    fn costs_grow_with_the_prompt(tokens in 1..1_000_000u64, more in 1..1_000_000u64) {
        let costs = |tokens: u64| {
            let two = ["platform: openai-python".to_owned(), "platform: uvicorn".to_owned(), "platform: anthropic-python".to_owned()];
            cost_of("retry-multiplication", &chain(&two, &format!("{{preset: simple-qa, input-tokens: {tokens}}}")))
        };
        let (less, more) = (costs(tokens), costs(tokens + more));
        prop_assert_eq!(less.calls, more.calls);
        prop_assert!(less.input_tokens < more.input_tokens);
        if let (Some(less), Some(more)) = (less.cached_input_tokens, more.cached_input_tokens) {
            prop_assert!(less.best <= more.best && less.worst < more.worst);
            prop_assert!(less.best <= less.worst);
        }
    }
}

fn finding(rule: &str, text: &str) -> Diagnostic {
    lint(text).into_iter().find(|found| found.rule == rule).unwrap_or_else(|| panic!("no {rule} on\n{text}"))
}

fn cost_of(rule: &str, text: &str) -> crate::diag::Cost {
    finding(rule, text).cost.expect("a cost")
}

fn many(workload: &str, provider: &str) -> String {
    format!(
        "version: 1\norder: unordered\nworkload: {workload}\nhops:\n  - {{name: sdk, platform: openai-python, timeout: 30s, retries: {{attempts: 9}}}}\n  - {{name: model, platform: {provider}}}\n"
    )
}

#[test]
fn a_cost_has_its_formula_and_its_numbers() {
    let found = finding("retry-multiplication", &many("{preset: simple-qa, input-tokens: 8000}", "anthropic"));
    let cost = found.cost.expect("a cost");
    assert_eq!((cost.calls, cost.input_tokens, cost.output_tokens), (9, Some(72_000), None));
    assert_eq!(cost.cached_input, Some(Bounds { best: 12_500 + 8 * 250, worst: 9 * 20_000 }));
    assert_eq!(cost.cached_input_tokens, Some(Bounds { best: 11_600, worst: 144_000 }));
    assert!(found.notes.contains(&"At worst one click costs 9 calls and 9 x 8,000 = 72,000 input tokens; with prompt caching 11,600 at best (8,000 x (1.25 + 8 x 0.025)), 144,000 (8,000 x 9 x 2) where nothing is found.".to_owned()), "{found:#?}");
}

#[test]
fn what_is_not_known_is_not_said() {
    let note = |workload: &str, provider: &str| {
        let found = finding("retry-multiplication", &many(workload, provider));
        found.notes.into_iter().find(|note| note.contains("click")).unwrap_or_default()
    };
    let plain = "At worst one click costs 9 calls and 9 x its input tokens.";
    // No prompt cache is known of these, or nobody bills tokens there.
    assert_eq!(note("simple-qa", "together"), plain);
    assert_eq!(note("simple-qa", "vllm"), plain);
    // Nobody calls a model here.
    assert_eq!(note("simple-qa", "nginx"), "");
    assert_eq!(
        note("{preset: simple-qa, input-tokens: 300}", "openai"),
        "At worst one click costs 9 calls and 9 x 300 = 2,700 input tokens; prompt caching starts at 1,024 tokens."
    );
    // Writing costs nothing extra, so nothing found is what it costs without a cache.
    assert!(!note("simple-qa", "groq").contains("nothing is found"));
}

#[test]
fn several_calls_for_one_request_share_its_tokens() {
    let text = "version: 1\norder: unordered\nworkload: {preset: simple-qa, input-tokens: 8000}\nhops:\n  - {name: sdk, platform: openai-python, timeout: 30s, retries: {attempts: 9}, calls: 5}\n  - {name: model, platform: openai}\n";
    let cost = cost_of("retry-multiplication", text);
    assert_eq!((cost.calls, cost.input_tokens), (45, Some(72_000)));
}

#[test]
fn costs_that_are_joined_are_told_once() {
    let text = "version: 1\norder: inward\nworkload: {preset: simple-qa, input-tokens: 8000}\nhops:\n  - {name: sdk, platform: openai-python, timeout: 300s}\n  - {name: edge, platform: nginx, timeouts: {read: 60s}}\n  - {name: model, platform: openai}\n";
    let found = finding("order-inverted", text);
    assert!(found.notes.iter().any(|note| note.contains("tries 3 times in vain")), "{found:#?}");
    assert_eq!(found.notes.iter().filter(|note| note.contains("one click")).count(), 1, "{found:#?}");
    assert_eq!(found.cost.map(|cost| (cost.calls, cost.input_tokens)), Some((3, Some(24_000))));
}
