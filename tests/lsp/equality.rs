//! What the editor shows is what the command line prints: the same findings at the same places, for every fixture.

use crate::client::{Client, position, uri};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Finding by finding, in the terms of the protocol.
pub type Findings = BTreeMap<String, Vec<String>>;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// One line for a finding: everything that both have.
pub fn line(range: &str, severity: &str, rule: &str, message: &str, related: &[String]) -> String {
    format!("{range} {severity} {rule} {message:?} {related:?}")
}

pub fn of_protocol(published: &BTreeMap<String, (Option<i64>, Vec<Value>)>) -> Findings {
    let mut all = Findings::new();
    for (uri, (_, found)) in published {
        for one in found {
            let related = one["relatedInformation"].as_array().cloned().unwrap_or_default();
            let related: Vec<String> = related
                .iter()
                .map(|r| {
                    let at = &r["location"];
                    format!("{} {} {}", at["uri"], at["range"], r["message"])
                })
                .collect();
            let severity =
                ["", "error", "warning", "note"][usize::try_from(one["severity"].as_u64().unwrap()).unwrap()];
            let (code, message) = (one["code"].as_str().unwrap(), one["message"].as_str().unwrap());
            let line = line(&one["range"].to_string(), severity, code, message, &related);
            all.entry(uri.clone()).or_default().push(line);
        }
    }
    all
}

/// A place of a report as a range of the protocol: columns count characters there and UTF-16 units here.
fn range(root: &Path, at: &Value) -> (String, Value) {
    let path = root.join(at["file"].as_str().unwrap());
    let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    // Lines of a report end at LF; columns count characters.
    let place = |line: &str, column: &str| {
        let line = usize::try_from(at[line].as_u64().unwrap()).unwrap() - 1;
        let column = usize::try_from(at[column].as_u64().unwrap()).unwrap() - 1;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let bytes: usize = text[start..].chars().take(column).map(char::len_utf8).sum();
        position(&text, start + bytes)
    };
    (uri(&path), json!({"start": place("line", "column"), "end": place("end_line", "end_column")}))
}

pub fn of_command_line(root: &Path) -> Findings {
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .args(["check", ".", "--format", "json"])
        .current_dir(root)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut all = Findings::new();
    for one in report["findings"].as_array().unwrap() {
        let mut message = one["message"].as_str().unwrap().to_owned();
        for note in one["notes"].as_array().unwrap() {
            message += &format!("\n{}", note.as_str().unwrap());
        }
        if let Some(help) = one["help"].as_str() {
            message += &format!("\nhelp: {help}");
        }
        let labels = one["labels"].as_array().unwrap().iter().skip(1).filter(|label| !label["location"].is_null());
        let related: Vec<String> = labels
            .map(|label| {
                let (uri, range) = range(root, &label["location"]);
                let text = label["text"].as_str().filter(|text| !text.is_empty()).unwrap_or("this belongs to it");
                format!("{} {range} {}", json!(uri), json!(text))
            })
            .collect();
        let (uri, range) = range(root, &one["location"]);
        let (severity, rule) = (one["severity"].as_str().unwrap(), one["rule"].as_str().unwrap());
        all.entry(uri).or_default().push(line(&range.to_string(), severity, rule, &message, &related));
    }
    all
}

#[test]
fn every_fixture_has_the_findings_of_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &root);
    let expected = of_command_line(&root);
    assert!(expected.len() > 100, "{} files with findings", expected.len());

    let related = json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}});
    let mut client = Client::with(&root, related, json!({}));
    client.indexed();
    let mut paths = Vec::new();
    all_files(&root, &mut paths);
    paths.sort();
    for path in &paths {
        // An editor shows what is no UTF-8 with marks in its place, and takes a byte order mark away.
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        client.open(path, text.strip_prefix('\u{feff}').unwrap_or(&text));
    }
    client.settle();
    let found = of_protocol(&client.published);
    for path in &paths {
        let uri = uri(path);
        assert_eq!(found.get(&uri), expected.get(&uri).filter(|f| !f.is_empty()), "{}", path.display());
    }
    assert_eq!(client.stop(), Some(0));
}
