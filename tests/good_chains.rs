//! Chains as healthy teams run them: no error on any, and every other finding is one that a person has looked at.
//!
//! `fixtures/chains/good/*.chain.yaml` are linted one by one; what is said of them, however mild, is a snapshot.

#[path = "support/folder.rs"]
mod folder;

use folder::sorted;
use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::{Engine, Source};
use hoplint::span::FileId;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    sorted(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/chains/good")))
}

fn findings(path: &PathBuf) -> Vec<Diagnostic> {
    let text = std::fs::read_to_string(path).expect("a readable fixture");
    let (catalog, config) = (Catalog::default(), Config::default());
    let engine = Engine { catalog: &catalog, config: &config };
    let source = Source { path: name(path), text: text.as_str().into() };
    let result = engine.check_file(FileId(0), &source);
    engine.finish(vec![source], vec![result]).findings
}

fn name(path: &Path) -> String {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    name.trim_end_matches(".chain.yaml").to_owned()
}

#[test]
fn no_ordinary_chain_gets_an_error() {
    let files = files();
    assert!(files.len() >= 40, "{} chains", files.len());
    let mut wrong = String::new();
    for path in &files {
        for d in findings(path).iter().filter(|d| d.severity == Severity::Error) {
            let _ = writeln!(wrong, "{}: [{}] {}", name(path), d.rule, d.message);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_is_said_of_them() {
    let mut said = String::new();
    for path in &files() {
        for d in findings(path) {
            let _ = writeln!(said, "{}: {} [{}] {}", name(path), d.severity.name(), d.rule, d.message);
        }
    }
    insta::assert_snapshot!(said);
}
