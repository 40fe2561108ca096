//! Files far larger than any real one: refused at once, or read with work that grows with the file and no faster.
//! Work is counted, never timed.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::Diagnostic;
use hoplint::engine::{Counts, Engine, FileResult, Source};
use hoplint::rules;
use hoplint::span::FileId;
use hoplint::syntax::{Format, MAX_BYTES, MAX_PROBLEMS, parse};

fn check(path: &str, text: String) -> (FileResult, Counts) {
    let catalog = Catalog::default();
    let engine = Engine { catalog: &catalog, config: &Config::default() };
    let source = Source { path: path.to_owned(), text: text.into() };
    let result = engine.check_file(FileId(0), &source);
    let counts = Counts { platforms_parsed: catalog.parsed_count(), ..result.counts };
    (result, counts)
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    let line = "  - {platform: nginx, timeouts: {proxy_read_timeout: 90s}}\n";
    let text = "version: 1\nhops:\n".to_owned() + &line.repeat(100_000_000 / line.len());
    for format in [Format::Yaml, Format::Toml, Format::Json] {
        let parsed = parse(&text, format);
        assert!(parsed.root.is_none() && parsed.truncated);
        assert_eq!(parsed.errors.len(), 1);
        assert_eq!(parsed.errors[0].message, "100 MB is larger than the limit of 32 MB");
    }
    let (result, counts) = check("big.chain.yaml", text);
    let told: Vec<_> = result.findings.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(told, ["100 MB is larger than the limit of 32 MB"]);
    // The file is counted, for the summary of a finding says in how many files it looked; nothing of it is read.
    assert_eq!(counts, Counts { files: 1, ..Counts::default() });
}

/// The limit itself is still read: one long comment, one long value, one long line of nothing.
#[test]
fn the_limit_is_inclusive() {
    let fill = |head: &str, tail: &str| head.to_owned() + &"x".repeat(MAX_BYTES - head.len() - tail.len()) + tail;
    for (text, format) in [
        (fill("version: 1 # ", "\n"), Format::Yaml),
        (fill("{\"version\": \"", "\"}"), Format::Json),
        (fill("version = \"", "\"\n"), Format::Toml),
    ] {
        let parsed = parse(&text, format);
        assert!(parsed.errors.is_empty() && parsed.root.is_some(), "{format:?} {:?}", parsed.errors);
    }
}

/// Chains of ten hops, in the three ways in which a hop can be written.
fn chains(hops: usize) -> String {
    let mut text = "version: 1\nworkload: simple-qa\nshared:\n".to_owned();
    for i in 0..hops / 10 {
        text += &format!("  s{i}: {{platform: nginx, timeouts: {{proxy_read_timeout: {}s}}}}\n", 50 + i % 9);
    }
    text += "chains:\n";
    for i in 0..hops / 10 {
        text += &format!("  c{i}:\n    hops:\n      - {{platform: openai-python, timeout: 600s}}\n      - s{i}\n");
        text += &format!("      - {{use: s{i}, name: again}}\n");
        for k in 0..6 {
            text += &format!("      - {{name: n{k}, platform: nginx}}\n");
        }
        text += "      - {platform: openai}\n";
    }
    text
}

#[test]
fn a_hundred_thousand_hops_cost_a_hundred_times_a_thousand() {
    let (small, few) = check("few.chain.yaml", chains(1_000));
    let (large, many) = check("many.chain.yaml", chains(100_000));
    assert_eq!((few.chains, few.hops), (100, 1_000));
    let hundredfold = Counts {
        files: few.files,
        chains: 100 * few.chains,
        hops: 100 * few.hops,
        rule_calls: 100 * few.rule_calls,
        ..few
    };
    assert_eq!(many, hundredfold);
    assert_eq!(many.rule_calls, many.chains * rules::ALL.len());
    // Platforms are read once, however many hops name them.
    assert_eq!(many.platforms_parsed, 3);
    assert!(!small.findings.is_empty());
    assert!(large.findings.len().abs_diff(100 * small.findings.len()) <= large.findings.len() / 50);
}

/// Nobody reads ten thousand mistakes; the first thousand are told, and how many there are.
#[test]
fn more_mistakes_than_anybody_reads_are_counted() {
    let file = |hops: usize| {
        let hop = "  - {platform: nginx, tiemouts: {}, retires: 3}\n";
        check("wrong.chain.yaml", "version: 1\nworkload: simple-qa\nhops:\n".to_owned() + &hop.repeat(hops))
    };
    let unknown = |result: &FileResult| result.findings.iter().filter(|d| d.rule == "unknown-key").count();
    let (all, counts) = file(500);
    assert_eq!((unknown(&all), counts.not_shown), (MAX_PROBLEMS, 0));
    let (some, counts) = file(5_000);
    assert_eq!((unknown(&some), counts.not_shown), (MAX_PROBLEMS + 1, 9_000));
    let more = some.findings.iter().find(|d| d.message == "9,000 more problems of this file are not shown");
    let at = more.and_then(Diagnostic::primary).expect("a finding with a place");
    let last = some.findings.iter().filter(|d| d.rule == "unknown-key").filter_map(Diagnostic::primary).max();
    assert_eq!(Some(at), last);
}

/// A value that stands behind an alias is one mistake, however often it is used.
#[test]
fn mistakes_behind_aliases_are_counted_once() {
    let mut wrong = String::new();
    (0..1_200).for_each(|i| wrong += &format!("    k{i}: 1\n"));
    let uses = "  - *hop\n".repeat(9);
    let text = format!("version: 1\nworkload: simple-qa\nhops:\n  - &hop\n    platform: nginx\n{wrong}{uses}");
    let (result, counts) = check("alias.chain.yaml", text);
    assert_eq!(counts.not_shown, 200);
    assert_eq!(result.findings.iter().filter(|d| d.rule == "unknown-key").count(), MAX_PROBLEMS + 1);
}
