//! What the readers of each machine format ask for, and what no reader may ever get.

#[path = "report/sample.rs"]
mod sample;

use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::{Outcome, Source};
use hoplint::report::{self, Format, Options};
use hoplint::span::{FileId, Loc, Span};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashSet;

fn render_with(format: Format, outcome: &Outcome, options: &Options) -> String {
    let mut out = Vec::new();
    report::write(format, outcome, options, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("reports are UTF-8")
}

fn render(format: Format, outcome: &Outcome) -> String {
    render_with(format, outcome, &Options::default())
}

fn json(format: Format, outcome: &Outcome) -> Value {
    serde_json::from_str(&render(format, outcome)).expect("the report is JSON")
}

fn data(name: &str) -> Value {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).expect("a schema is JSON")
}

fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).expect("the schema is one");
    validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// Both runs keep to a schema, and a document with one thing wrong does not.
fn keeps_to(schema: &Value, format: Format, good: &str, bad: &str) {
    for outcome in [sample::outcome(), sample::clean()] {
        assert_eq!(violations(schema, &json(format, &outcome)), Vec::<String>::new());
    }
    let report = render(format, &sample::outcome());
    assert!(report.contains(good), "the report holds {good}");
    let broken: Value = serde_json::from_str(&report.replace(good, bad)).expect("still JSON");
    assert_ne!(violations(schema, &broken), Vec::<String>::new(), "{bad} goes unnoticed");
}

#[test]
fn json_keeps_to_its_schema() {
    let schema = data("schemas/hoplint-output.schema.json");
    keeps_to(&schema, Format::Json, "\"severity\": \"error\"", "\"severity\": \"bad\"");
    keeps_to(&schema, Format::Json, "\"related_hops\"", "\"relatedhops\"");
}

#[test]
fn gitlab_keeps_to_its_schema() {
    let schema = data("tests/data/gitlab-code-quality.schema.json");
    keeps_to(&schema, Format::Gitlab, "\"severity\": \"major\"", "\"severity\": \"error\"");
}

#[test]
fn sarif_keeps_to_the_part_of_its_schema_that_is_used() {
    let schema = data("tests/data/sarif-2.1.0-used.schema.json");
    keeps_to(&schema, Format::Sarif, "\"startLine\": 5", "\"startLine\": 0");
    keeps_to(&schema, Format::Sarif, "\"ruleIndex\"", "\"ruleindex\"");
}

/// Against the standard's own schema, which is not kept here; `scripts/setup-tests.sh` brings it.
#[test]
fn sarif_keeps_to_the_official_schema() {
    let path = std::env::var("SARIF_SCHEMA").unwrap_or_else(|_| ".cache/sarif-schema-2.1.0.json".to_owned());
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("HOPLINT_REQUIRE_REAL").is_none(), "{path} is missing: run scripts/setup-tests.sh");
        println!("skipped: {path} is missing (scripts/setup-tests.sh brings the official SARIF schema)");
        return;
    };
    // A pattern in it has a bracket too many, which strict readers of patterns refuse.
    let schema = serde_json::from_str(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$")).expect("it is JSON");
    keeps_to(&schema, Format::Sarif, "\"startLine\": 5", "\"startLine\": 0");
}

#[test]
fn sarif_lists_each_rule_once_and_results_point_at_them() {
    let log = json(Format::Sarif, &sample::outcome());
    let run = &log["runs"][0];
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(rules.iter().collect::<HashSet<_>>().len(), rules.len());
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]);
    }
    let notified = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len();
    let all = sample::outcome();
    assert_eq!(results.len() + notified, all.findings.len() + all.unchecked.len(), "nothing is left out");
}

fn fingerprints(outcome: &Outcome) -> Vec<String> {
    let issues = json(Format::Gitlab, outcome);
    let issues = issues.as_array().expect("a list");
    issues.iter().map(|issue| issue["fingerprint"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn fingerprints_survive_moved_lines_and_new_values_and_are_unique() {
    let before = sample::outcome();
    let mut after = before.clone();
    let moved = "# a comment\n\n";
    for source in &mut after.sources {
        *source = Source { path: source.path.clone(), text: format!("{moved}{}", source.text).into() };
    }
    for finding in &mut after.findings {
        if finding.hop.is_some() {
            finding.message = finding.message.replace("60s", "61s");
        }
        for label in &mut finding.labels {
            let Span { start, end } = label.loc.span;
            let by = u32::try_from(moved.len()).unwrap();
            label.loc.span = Span::new(start + by, end + by);
        }
    }
    assert_eq!(fingerprints(&before), fingerprints(&after));

    let mut doubled = before.clone();
    doubled.findings.extend(before.findings.clone());
    let all = fingerprints(&doubled);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    assert_eq!(all[..before.findings.len()], fingerprints(&before)[..]);
}

#[test]
fn github_gets_one_command_per_finding() {
    let report = render(Format::Github, &sample::outcome());
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), sample::outcome().findings.len());
    for (line, finding) in lines.iter().zip(&sample::outcome().findings) {
        let rest = line.strip_prefix("::").expect("a command");
        let (command, message) = rest.split_once("::").expect("properties end");
        let (name, properties) = command.split_once(' ').expect("properties");
        assert!(["error", "warning", "notice"].contains(&name));
        for property in properties.split(',') {
            let (key, value) = property.split_once('=').expect("key=value");
            assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&key), "{key}");
            assert!(!value.contains(':'));
        }
        assert!(message.starts_with(&finding.message[..10]));
    }
}

fn attribute<'a>(node: &roxmltree::Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_else(|| panic!("{} has {name}", node.tag_name().name()))
}

fn elements<'a, 'b>(node: roxmltree::Node<'a, 'b>) -> impl Iterator<Item = roxmltree::Node<'a, 'b>> {
    node.children().filter(roxmltree::Node::is_element)
}

#[test]
fn junit_has_the_structure_that_readers_know() {
    for outcome in [sample::outcome(), sample::clean(), Outcome::default()] {
        let report = render(Format::Junit, &outcome);
        let document = roxmltree::Document::parse(&report).expect("XML");
        let number = |node: &roxmltree::Node, name| attribute(node, name).parse::<usize>().expect("a number");
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let (mut tests, mut failures, mut shown) = (0, 0, 0);
        for suite in elements(root) {
            assert_eq!(suite.tag_name().name(), "testsuite");
            assert!(!attribute(&suite, "name").is_empty());
            let cases: Vec<_> = elements(suite).collect();
            assert!(!cases.is_empty(), "some readers refuse an empty suite");
            assert_eq!(number(&suite, "tests"), cases.len());
            assert_eq!((number(&suite, "errors"), number(&suite, "skipped")), (0, 0));
            let mut failed = 0;
            for case in &cases {
                assert_eq!(case.tag_name().name(), "testcase");
                assert!(!attribute(case, "name").is_empty() && !attribute(case, "classname").is_empty());
                for inner in elements(*case) {
                    shown += 1;
                    match inner.tag_name().name() {
                        "failure" => {
                            failed += 1;
                            assert!(["error", "warning"].contains(&attribute(&inner, "type")));
                            attribute(&inner, "message");
                        }
                        other => assert_eq!(other, "system-out"),
                    }
                    assert!(inner.text().is_some_and(|text| !text.is_empty()));
                }
            }
            assert_eq!(number(&suite, "failures"), failed);
            tests += cases.len();
            failures += failed;
        }
        assert_eq!((number(&root, "tests"), number(&root, "failures")), (tests, failures));
        assert_eq!(shown, outcome.findings.len());
    }
}

#[test]
fn checkstyle_lists_every_file_and_finding() {
    let outcome = sample::outcome();
    let report = render(Format::Checkstyle, &outcome);
    let document = roxmltree::Document::parse(&report).expect("XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "checkstyle");
    attribute(&root, "version");
    let files: Vec<_> = elements(root).collect();
    assert_eq!(files.len(), outcome.sources.len() + 1, "and one for what stands nowhere");
    let errors: Vec<_> = files.iter().flat_map(|file| elements(*file)).collect();
    assert_eq!(errors.len(), outcome.findings.len());
    for error in &errors {
        assert!(["error", "warning", "info"].contains(&attribute(error, "severity")));
        assert!(attribute(error, "source").starts_with("hoplint."));
    }
}

/// What a terminal or a log would obey, apart from line ends.
fn obeyed(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn nothing_hostile_reaches_any_output() {
    let verbose = Options { verbose: true, ..Options::default() };
    for (name, format) in Format::NAMES {
        let report = render_with(format, &sample::outcome(), &verbose);
        assert_eq!(report.find(obeyed), None, "{name}: {:?}", report.find(obeyed).map(|at| &report[at..at + 20]));
    }
}

#[test]
fn with_colours_only_our_own_escapes_are_left() {
    let colored = Options { color: true, links: true, verbose: true, ..Options::default() };
    for format in [Format::Text, Format::Compact] {
        let mut report = render_with(format, &sample::outcome(), &colored);
        assert!(report.contains("\u{1b}[31m"));
        for own in ["0", "2", "31", "33", "36", "36;1;4"] {
            report = report.replace(&format!("\u{1b}[{own}m"), "");
        }
        report = report.replace("\u{1b}]8;;https://github.com/hoplint/", "").replace("\u{1b}]8;;\u{1b}\\", "");
        report = report.replace(".md\u{1b}\\", "");
        assert_eq!(report.find(obeyed), None, "{report}");
    }
}

#[test]
fn markdown_holds_no_markup_from_files() {
    let report = render(Format::Markdown, &sample::outcome());
    assert!(!report.contains("<script") && !report.contains("@all") && !report.contains("*bold*"));
    for row in report.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(row.matches('|').count(), 6, "{row}");
    }
}

#[test]
fn every_finding_is_shown_without_a_place_too() {
    for (name, format) in Format::NAMES {
        let report = render(format, &sample::outcome());
        assert!(report.contains("missing.chain.yaml: no such file"), "{name}");
    }
}

/// Where a drawn label's line starts, in columns from the source line's start.
fn underline_start(drawn: &str) -> Option<usize> {
    let mark = drawn.lines().find(|line| line.contains('┬') || line.contains('▲'))?;
    let (_, after) = mark.split_once("· ")?;
    after.chars().position(|c| matches!(c, '─' | '┬' | '▲'))
}

fn one_label(text: &str, span: Span) -> Outcome {
    let source = Source { path: "x.chain.yaml".to_owned(), text: text.into() };
    let finding = Diagnostic::new("order-inverted", Severity::Error, "m").label(Loc::new(FileId(0), span), "here");
    Outcome { sources: vec![source], findings: vec![finding], ..Outcome::default() }
}

proptest! {
    #[test]
    fn a_label_is_drawn_under_its_text(
        before in "[a\u{e9} ]{0,30}", marked in "[b\u{f1}]{1,9}", after in "[a\u{e9} ]{0,30}", end in "\r\n|\n|", lines in 0usize..4,
    ) {
        let above = format!("x: y{}", if end.is_empty() { "\n" } else { &end }).repeat(lines);
        let text = format!("{above}{before}{marked}{after}{end}");
        let start = above.len() + before.len();
        let drawn = render(Format::Text, &one_label(&text, Span::of(start..start + marked.len())));
        prop_assert_eq!(underline_start(&drawn), Some(before.chars().count()), "{}", drawn);
        let place = format!("x.chain.yaml:{}:{}", lines + 1, before.chars().count() + 1);
        prop_assert!(drawn.contains(&place), "{}", drawn);
    }

    #[test]
    fn no_text_and_no_place_breaks_a_report(
        text in "[a\u{e9}\u{6f22}\u{301}\u{1f469}\u{200d}\t\r\n\u{1b}\u{feff}]{0,60}|[ab]{0,900}",
        spans in prop::collection::vec((0u32..2, 0u32..200, 0u32..200), 0..5),
        ascii in any::<bool>(),
        width in 0usize..120,
    ) {
        let mut outcome = one_label(&text, Span::new(0, 0));
        outcome.findings[0].labels.clear();
        for (file, start, end) in spans {
            let loc = Loc::new(FileId(file), Span { start, end });
            outcome.findings[0] = outcome.findings[0].clone().label(loc, if end % 2 == 0 { "" } else { "here" });
        }
        let options = Options { unicode: !ascii, width, ..Options::default() };
        for (_, format) in Format::NAMES {
            let report = render_with(format, &outcome, &options);
            prop_assert!(report.find(obeyed).is_none());
            prop_assert!(!report.contains("Failed to read contents"), "{}", report);
        }
    }

    #[test]
    fn a_label_at_the_end_of_a_file_is_drawn(text in "[a\u{6f22}\u{301}\r\n]{0,20}") {
        let drawn = render(Format::Text, &one_label(&text, Span::at(u32::try_from(text.len()).unwrap())));
        prop_assert!(drawn.contains("▲") && drawn.contains("here"), "{}", drawn);
    }
}
