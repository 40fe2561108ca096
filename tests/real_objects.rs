//! The reader of Kubernetes objects beside a validator with the API server's schemas: what it refuses the reader calls
//! wrong, and what a repair writes is taken.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::diag::Severity;
use hoplint::duration::Dur;
use hoplint::import::{Given, Import, READERS, reader::NoIncludes, units};
use hoplint::span::FileId;
use real::{Folder, program, skip};
use std::path::Path;
use std::process::Command;

fn read(text: &str) -> Import {
    let reader = READERS.iter().find(|r| r.name() == "kubernetes").unwrap();
    let mut out = Import::default();
    reader.read(&Given { file: FileId(0), path: "objects.yaml", text }, &NoIncludes, &mut out);
    out
}

fn documents(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import/kubernetes").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.split("\n---\n").map(|document| format!("{document}\n")).collect()
}

fn takes(validator: &Path, folder: &Folder, text: &str) -> Result<(), String> {
    let file = folder.write("object.yaml", text);
    let out = Command::new(validator).arg(file).output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stdout).into_owned()) }
}

/// The text with all that hops lack, as repairs write it.
fn completed(text: &str, import: &Import) -> (String, usize) {
    let mut edits: Vec<(usize, String)> = Vec::new();
    for insert in import.hops.iter().flat_map(|hop| &hop.inserts) {
        for key in insert.keys.iter().filter(|key| !text.contains(&format!("    {}:", key.key))) {
            let value = units::write(key.unit, Dur::from_secs(7)).unwrap();
            let line = format!("{}{}{}{value}{}", insert.before, key.key, insert.between, insert.after);
            edits.push((insert.at.span.start as usize, line));
        }
    }
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut out = text.to_owned();
    for (at, line) in &edits {
        out.insert_str(*at, line);
    }
    (out, edits.len())
}

#[test]
fn the_reader_and_the_api_schemas_agree_on_objects_and_repairs() {
    let Some(validator) = program("HOPLINT_KUBERNETES_VALIDATE", "venv/bin/kubernetes-validate", "") else {
        skip("the reader beside the API schemas", "kubernetes-validate");
        return;
    };
    let folder = Folder::new("kubernetes");
    let (mut refused, mut written) = (0, 0);
    for text in
        ["ingress-nginx.yaml", "config-maps.yaml", "balancers.yaml", "pods.yaml"].into_iter().flat_map(documents)
    {
        let import = read(&text);
        let wrong = import.problems.iter().any(|problem| problem.severity == Severity::Error);
        let verdict = takes(&validator, &folder, &text);
        assert_eq!(verdict.is_err(), wrong, "{verdict:?}\n{text}");
        refused += usize::from(wrong);
        let mut repaired = text.clone();
        let fixes = import.problems.iter().flat_map(|problem| &problem.fixes).flat_map(|fix| &fix.edits);
        let mut edits: Vec<_> = fixes.collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.loc.span.start));
        for edit in edits {
            repaired.replace_range(edit.loc.span.range(), &edit.text);
        }
        let (whole, count) = completed(&repaired, &read(&repaired));
        written += count;
        takes(&validator, &folder, &whole).unwrap_or_else(|why| panic!("{why}\n{whole}"));
        assert!(read(&whole).problems.iter().all(|problem| problem.severity != Severity::Error), "{whole}");
    }
    assert!(refused >= 2 && written >= 10, "{refused} refused, {written} written");
}
