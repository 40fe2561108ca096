//! Every rule fires on its bad fixtures and stays silent on the look-alikes beside them.
//!
//! `fixtures/rules/<rule>/bad-*.chain.yaml` must fire that rule and is kept as a snapshot; `ok-*.chain.yaml` must not.

#[path = "support/folder.rs"]
mod folder;

use folder::sorted;
use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::{Engine, Outcome, Source};
use hoplint::report::{self, Format, Options};
use hoplint::rules;
use hoplint::span::FileId;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn check(path: &str, text: &str) -> Outcome {
    let (catalog, config) = (Catalog::default(), Config::default());
    let engine = Engine { catalog: &catalog, config: &config };
    let source = Source { path: path.to_owned(), text: text.into() };
    let result = engine.check_file(FileId(0), &source);
    engine.finish(vec![source], vec![result])
}

fn check_file(path: &Path) -> Outcome {
    let text = std::fs::read_to_string(path).expect("a readable fixture");
    check(&path.file_name().expect("a file name").to_string_lossy(), &text)
}

/// What a user sees: a line for each finding, and below it labels, notes and help of those that `detailed` wants.
fn told(outcome: &Outcome, detailed: impl Fn(&str) -> bool) -> String {
    let mut out = Vec::new();
    report::write(Format::Compact, outcome, &Options::default(), &mut out).expect("writing to memory");
    let mut text = String::from_utf8(out).expect("reports are UTF-8");
    for finding in outcome.findings.iter().filter(|finding| detailed(finding.rule)) {
        let _ = writeln!(text, "\n{}", finding.rule);
        for label in &finding.labels {
            let _ =
                writeln!(text, "  at {}: {}", excerpt(outcome, label.loc.span.start, label.loc.span.end), label.text);
        }
        for note in &finding.notes {
            let _ = writeln!(text, "  note: {note}");
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(text, "  help: {help}");
        }
    }
    text
}

fn excerpt(outcome: &Outcome, start: u32, end: u32) -> String {
    let text = &outcome.sources[0].text;
    format!("`{}`", text[start as usize..end as usize].lines().next().unwrap_or_default())
}

fn folders() -> Vec<PathBuf> {
    sorted(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules")))
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn fired(outcome: &Outcome, rule: &str) -> bool {
    outcome.findings.iter().any(|finding| finding.rule == rule)
}

#[test]
fn bad_fixtures_fire_their_rule_and_look_alikes_do_not() {
    let mut wrong = String::new();
    for folder in folders() {
        let rule = name(&folder);
        for path in sorted(&folder) {
            let (file, outcome) = (name(&path), check_file(&path));
            let known = outcome.findings.iter().all(|finding| rules::find(finding.rule).is_some());
            let right = match file.split('-').next() {
                Some("bad") => fired(&outcome, &rule),
                Some("ok") => !fired(&outcome, &rule),
                _ => false,
            };
            if !right || !known {
                let _ = writeln!(wrong, "{rule}/{file}:\n{}", told(&outcome, |_| true));
            }
            if file.starts_with("bad") {
                let stem = file.trim_end_matches(".chain.yaml");
                insta::with_settings!({ snapshot_path => "rules", prepend_module_to_snapshot => false, omit_expression => true }, {
                    insta::assert_snapshot!(format!("{rule}-{stem}"), told(&outcome, |name| name == rule));
                });
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Rules about files beside a chain: one chain file alone can neither break nor keep them.
const BESIDE_CHAINS: [&str; 4] = ["stale-baseline", "drift", "unresolved-binding", "generated-stale"];

#[test]
fn every_rule_has_both_kinds_of_fixtures() {
    let mut missing = Vec::new();
    for rule in rules::ALL.iter().filter(|rule| !BESIDE_CHAINS.contains(&rule.name)) {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules")).join(rule.name);
        let files = if folder.is_dir() { sorted(&folder) } else { Vec::new() };
        for kind in ["bad-", "ok-"] {
            if !files.iter().any(|file| name(file).starts_with(kind)) {
                missing.push(format!("{}/{kind}*.chain.yaml", rule.name));
            }
        }
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
    for folder in folders() {
        assert!(rules::find(&name(&folder)).is_some(), "{} is no rule", name(&folder));
    }
}

/// A finding tells where, says what the values are and how to repair it.
#[test]
fn every_finding_has_a_place_a_hop_and_a_help() {
    for folder in folders() {
        for path in sorted(&folder) {
            for finding in check_file(&path).findings {
                let at = format!("{}: {finding:#?}", path.display());
                // Suppressions stand outside of hops.
                let placed = finding.rule.contains("suppression") || (finding.hop.is_some() && finding.chain.is_some());
                assert!(placed && finding.primary().is_some(), "{at}");
                assert!(finding.help.as_ref().is_some_and(|help| !help.is_empty()), "{at}");
                assert!(!finding.message.ends_with('.') && !finding.message.contains('\n'), "{at}");
                assert!(finding.notes.iter().all(|note| note.ends_with('.')), "{at}");
            }
        }
    }
}

const DEFAULTS: &str = "\
version: 1
hops:
  - {name: client, platform: openai-python}
  - {name: edge, platform: nginx, with: {VERSION}}
  - {name: app, platform: uvicorn}
  - {name: sdk, platform: openai-python}
  - {name: model, platform: openai}
";

fn kinds(outcome: &Outcome) -> Vec<(&'static str, Severity)> {
    let mut kinds: Vec<_> = outcome.findings.iter().map(|f: &Diagnostic| (f.rule, f.severity)).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn untouched_defaults_give_three_warnings_and_no_error() {
    let outcome = check("default.chain.yaml", &DEFAULTS.replace("VERSION", "version: 1.26.3"));
    let expected = ["order-inverted", "retry-multiplication", "workload-exceeds"].map(|rule| (rule, Severity::Warning));
    assert_eq!(kinds(&outcome), expected, "{}", told(&outcome, |_| true));
    insta::with_settings!({ snapshot_path => "rules", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("untouched-defaults", told(&outcome, |_| true));
    });
}

#[test]
fn untouched_defaults_race_where_the_version_pools_connections() {
    let expected = ["keepalive-race", "order-inverted", "retry-multiplication", "workload-exceeds"]
        .map(|rule| (rule, Severity::Warning));
    for stated in ["version: 1.30.0, upstream-block: on", "version: 1.30.0"] {
        let outcome = check("default.chain.yaml", &DEFAULTS.replace("VERSION", stated));
        assert_eq!(kinds(&outcome), expected, "{}", told(&outcome, |_| true));
    }
    let unstated = check("default.chain.yaml", &DEFAULTS.replace(", with: {VERSION}", ""));
    assert_eq!(kinds(&unstated), expected, "{}", told(&unstated, |_| true));
    let race = unstated.findings.iter().find(|f| f.rule == "keepalive-race").expect("the race");
    assert!(race.notes.iter().any(|note| note.contains("`version`")), "{race:#?}");
}
