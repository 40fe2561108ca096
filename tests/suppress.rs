//! Suppressions of every form, through the whole pipeline.

use hoplint::catalog::store::Catalog;
use hoplint::config::{self, Config};
use hoplint::diag::Applicability;
use hoplint::engine::{Engine, FileResult, Source};
use hoplint::rules;
use hoplint::span::FileId;

fn check_named(path: &str, text: &str, config: &Config) -> FileResult {
    let source = Source { path: path.into(), text: text.into() };
    Engine { catalog: &Catalog::default(), config }.check_file(FileId(0), &source)
}

fn check(text: &str) -> FileResult {
    check_named("a.chain.yaml", text, &Config::default())
}

fn found(result: &FileResult) -> Vec<String> {
    let line = |f: &hoplint::diag::Diagnostic| format!("{} {}", f.rule, f.hop.as_deref().unwrap_or("-"));
    result.findings.iter().map(line).collect()
}

/// Two hops with equal timeouts; `{a}` to `{d}` are places for suppressions.
fn chain(at: &str, with: &str) -> String {
    let text = "version: 1
workload: {mode: buffered, total: 5s}
hops:
  {above}
  - name: edge {hop}
    platform: custom
    role: proxy {key}
    {inside}
    timeouts: {first-byte: 60s} {line}
  - name: origin {inner}
    platform: custom
    role: proxy
    timeouts: {first-byte: 60s}
";
    let mut text = text.replace(&format!("{{{at}}}"), with);
    for place in ["above", "hop", "key", "inside", "line", "inner"] {
        text = text.replace(&format!("{{{place}}}"), "");
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.join("\n") + "\n"
}

const PAIR: &str = "order-inverted edge";

#[test]
fn the_chain_has_one_finding() {
    assert_eq!(found(&check(&chain("", ""))), [PAIR]);
}

#[test]
fn a_comment_silences_its_line_and_its_hop_and_a_pair_from_either_hop() {
    for place in ["above", "hop", "inside", "line", "inner"] {
        let text = chain(place, "# hoplint: ignore[order-inverted] batch only");
        let result = check(&text);
        assert_eq!((found(&result), result.counts.suppressed), (vec![], 1), "{place}\n{text}");
    }
    let elsewhere = check(&chain("key", "# hoplint: ignore[order-inverted] batch only"));
    assert_eq!(found(&elsewhere), [PAIR, "unused-suppression -"]);
}

#[test]
fn a_hop_says_it_in_every_format() {
    let yaml = chain("inside", "ignore: {order-inverted: batch only}");
    assert_eq!(found(&check(&yaml)), Vec::<String>::new());
    let json = r#"{"version": 1, "workload": {"mode": "buffered", "total": "5s"}, "hops": [
        {"name": "edge", "platform": "custom", "role": "proxy", "timeouts": {"first-byte": "60s"}},
        {"name": "origin", "platform": "custom", "role": "proxy", "timeouts": {"first-byte": "60s"},
         "ignore": {"order-inverted": "batch only"}}]}"#;
    assert_eq!(found(&check_named("a.chain.json", json, &Config::default())), Vec::<String>::new());
    let toml = r#"
version = 1
workload = { mode = "buffered", total = "5s" }
# hoplint: ignore[order-inverted] batch only
[[hops]]
name = "edge"
platform = "custom"
role = "proxy"
timeouts = { first-byte = "60s" }
[[hops]]
name = "origin"
platform = "custom"
role = "proxy"
timeouts = { first-byte = "60s" }
"#;
    assert_eq!(found(&check_named("a.chain.toml", toml, &Config::default())), Vec::<String>::new());
}

#[test]
fn the_settings_say_it_for_paths_and_hops() {
    let with = |body: &str| {
        let text = format!("[[ignore]]\nrule = \"order-inverted\"\nreason = \"x\"\n{body}");
        let (config, problems) = config::decode(FileId(1), &text, &rules::names());
        assert_eq!(problems, []);
        let result = check_named("legacy/a.chain.yaml", &chain("", ""), &config);
        (found(&result).len(), result.ignores_used)
    };
    assert_eq!(with(""), (0, vec![0]));
    assert_eq!(with("path = \"legacy/**\""), (0, vec![0]));
    assert_eq!(with("hop = \"origin\""), (0, vec![0]));
    assert_eq!(with("path = \"other/**\""), (1, vec![]));
    assert_eq!(with("hop = \"client\""), (1, vec![]));
}

#[test]
fn what_silences_nothing_is_reported_and_goes_with_fix() {
    for (place, with) in [
        ("key", "# hoplint: ignore[order-inverted] old"),
        ("line", "# hoplint: ignore[margin-too-small, workload-exceeds] old"),
        ("inside", "ignore: {margin-too-small: old}"),
    ] {
        let text = chain(place, with);
        let result = check(&text);
        assert!(found(&result).iter().any(|f| f.starts_with("unused-suppression")), "{text}");
        let (config, catalog) = (Config::default(), Catalog::default());
        let engine = Engine { catalog: &catalog, config: &config };
        let source = Source { path: "a.chain.yaml".into(), text: text.as_str().into() };
        let (fixed, _) = engine.fix_file(FileId(0), &source, Applicability::Safe);
        assert_eq!(found(&check(&fixed)), [PAIR], "{fixed}");
        assert!(!fixed.contains("hoplint:"), "{fixed}");
    }
}

#[test]
fn one_of_two_rules_goes_and_the_other_stays() {
    let text = chain("line", "# hoplint: ignore[margin-too-small, order-inverted] why");
    let (config, catalog) = (Config::default(), Catalog::default());
    let engine = Engine { catalog: &catalog, config: &config };
    let source = Source { path: "a.chain.yaml".into(), text: text.as_str().into() };
    let (fixed, _) = engine.fix_file(FileId(0), &source, Applicability::Safe);
    assert!(fixed.contains("# hoplint: ignore[order-inverted] why"), "{fixed}");
}

#[test]
fn misspelt_rules_and_missing_reasons_are_told() {
    let result = check(&chain("line", "# hoplint: ignore[order-invrted] x"));
    assert_eq!(found(&result), [PAIR, "unused-suppression -"]);
    assert_eq!(result.findings[1].help.as_deref(), Some("did you mean `order-inverted`?"));
    for (place, with) in [("line", "# hoplint: ignore[order-inverted]"), ("inside", "ignore: {order-inverted: }")] {
        let result = check(&chain(place, with));
        let rules: Vec<_> = result.findings.iter().map(|f| f.rule).collect();
        assert_eq!((rules, result.counts.suppressed), (vec!["suppression-without-reason"], 1), "{with}");
    }
}

#[test]
fn a_rule_that_is_off_and_a_file_that_is_broken_leave_suppressions_alone() {
    let (config, _) = config::decode(FileId(1), "[rules]\norder-inverted = \"off\"", &rules::names());
    let text = chain("line", "# hoplint: ignore[order-inverted] why");
    assert_eq!(found(&check_named("a.chain.yaml", &text, &config)), Vec::<String>::new());
    let broken = chain("key", "# hoplint: ignore[order-inverted] why") + "}";
    assert!(check(&broken).findings.iter().all(|f| f.rule != "unused-suppression"));
}

#[test]
fn levels_hold_for_the_findings_about_suppressions() {
    let level = |level: &str| {
        let text = format!("[rules]\nunused-suppression = \"{level}\"");
        let (config, problems) = config::decode(FileId(1), &text, &rules::names());
        assert_eq!(problems, []);
        let text = chain("key", "# hoplint: ignore[order-inverted] why");
        let result = check_named("a.chain.yaml", &text, &config);
        result.findings.iter().find(|f| f.rule == "unused-suppression").map(|f| f.severity.name())
    };
    assert_eq!((level("off"), level("error")), (None, Some("error")));
}
