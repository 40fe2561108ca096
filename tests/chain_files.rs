//! Chain files as people write them: one chain in many spellings says the same, and a broken file is explained at
//! the right place.

#[path = "support/folder.rs"]
mod folder;

use folder::sorted;
use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::engine::{Engine, Outcome, Source};
use hoplint::report::{self, Options};
use hoplint::span::FileId;
use std::path::{Path, PathBuf};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    sorted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder))
}

fn check(path: &str, text: &str) -> Outcome {
    let catalog = Catalog::default();
    let engine = Engine { catalog: &catalog, config: &Config::default() };
    let source = Source { path: path.to_owned(), text: text.into() };
    let result = engine.check_file(FileId(0), &source);
    engine.finish(vec![source], vec![result])
}

fn compact(outcome: &Outcome) -> String {
    let mut out = Vec::new();
    report::write(report::Format::Compact, outcome, &Options::default(), &mut out).expect("writing to memory");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// What a file says, without the places where it says it.
fn said(outcome: &Outcome) -> Vec<String> {
    let mut said: Vec<String> = outcome
        .findings
        .iter()
        .map(|d| {
            let chain = d.chain.as_deref().unwrap_or("-");
            let hop = d.hop.as_deref().unwrap_or("-");
            let (severity, labels) = (d.severity.name(), d.labels.len());
            let notes = d.notes.join("\n  ");
            format!("{chain}/{hop}: {severity}[{}] {} ({labels} labels)\n  {notes}", d.rule, d.message)
        })
        .chain(outcome.unchecked.iter().map(|u| format!("{}/{}: unchecked[{}] {}", u.chain, u.hop, u.rule, u.why)))
        .collect();
    said.sort();
    said
}

fn same_in_every_spelling(group: &str) {
    let mut first: Option<Vec<String>> = None;
    for path in fixtures(&format!("chains/{group}")) {
        let text = std::fs::read_to_string(&path).expect("text");
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
        let with_mark = format!("\u{feff}{text}");
        for (how, text) in [("LF", &text), ("CRLF", &text.replace('\n', "\r\n")), ("byte order mark", &with_mark)] {
            let said = said(&check(name, text));
            assert!(said.iter().any(|line| line.contains("error[")), "{name} says too little: {said:#?}");
            match &first {
                None => first = Some(said),
                Some(first) => assert_eq!(&said, first, "{name}, {how}"),
            }
        }
    }
    assert!(first.is_some(), "no files");
}

#[test]
fn one_chain_in_every_spelling() {
    same_in_every_spelling("single");
}

#[test]
fn several_chains_in_every_spelling() {
    same_in_every_spelling("several");
}

#[test]
fn every_key_in_every_spelling() {
    same_in_every_spelling("everything");
}

/// Every broken file, each problem with line and column.
#[test]
fn broken_files_are_explained_at_the_place() {
    let mut all = String::new();
    for path in fixtures("syntax") {
        let text = std::fs::read_to_string(&path).expect("text");
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
        let outcome = check(name, &text);
        let unread: Vec<_> = outcome.findings.iter().filter(|d| d.primary().is_none()).collect();
        assert!(unread.is_empty(), "{name}: without a place: {unread:#?}");
        // What the rules say of the part that was read is another test's business.
        let reading = ["syntax", "duplicate-key", "unknown-key", "invalid-value", "missing-key"];
        let findings = outcome.findings.iter().filter(|d| reading.contains(&d.rule)).cloned().collect();
        let outcome = Outcome { findings, ..outcome };
        assert!(!outcome.findings.is_empty(), "{name} is not broken");
        all += &format!("== {name}\n");
        for (finding, line) in outcome.findings.iter().zip(compact(&outcome).lines()) {
            all += &format!("{line}\n");
            if let Some(help) = &finding.help {
                all += &format!("    help: {help}\n");
            }
        }
    }
    insta::with_settings!({ snapshot_path => "snapshots/chain_files", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("syntax", all);
    });
}

/// A broken file loses what cannot be read and nothing else.
#[test]
fn what_was_read_is_still_judged() {
    let text = std::fs::read_to_string("fixtures/syntax/unknown-keys.chain.yaml").expect("text");
    let outcome = check("unknown-keys.chain.yaml", &text);
    assert_eq!(outcome.counts.hops, 2);
}
