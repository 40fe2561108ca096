//! Deployed files in the real programs: they take the fixtures, and each setting that hoplint would add to them, where it
//! would add it.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::duration::Dur;
use hoplint::import::{Given, Import, Insert, Key, READERS, reader::NoIncludes, units};
use hoplint::span::FileId;
use real::{Folder, program, skip};
use std::path::Path;
use std::process::Command;

fn read(reader: &str, name: &str, text: &str) -> Import {
    let reader = READERS.iter().find(|known| known.name() == reader).unwrap();
    let mut import = Import::default();
    reader.read(&Given { file: FileId(0), path: name, text }, &NoIncludes, &mut import);
    import
}

/// The text with one setting more.
fn with(text: &str, insert: &Insert, key: &Key) -> String {
    let at = insert.at.span.start as usize;
    let value = units::write(key.unit, Dur::from_secs(7)).unwrap();
    let line = format!("{}{}{}{value}{}", insert.before, key.key, insert.between, insert.after);
    format!("{}{line}{}", &text[..at], &text[at..])
}

/// Every place and setting of every hop, in a file without any other change.
fn each_insert(reader: &str, name: &str, mut judge: impl FnMut(&str, &str)) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(reader).join(name);
    let text = std::fs::read_to_string(path).unwrap();
    judge("the file as it stands", &text);
    let import = read(reader, name, &text);
    let mut seen = Vec::new();
    for hop in &import.hops {
        for insert in &hop.inserts {
            for key in insert.keys {
                let stated = |import: &Import| {
                    let at = &insert.at.span;
                    let near = import.settings.iter().filter(|s| s.option == key.key && s.value.starts_with('7'));
                    near.filter(|s| s.at.span.start >= at.start && s.at.span.start <= at.start + 120).count()
                };
                let added = with(&text, insert, key);
                if seen.contains(&added) {
                    continue;
                }
                assert_eq!(stated(&read(reader, name, &added)), 1, "{name}: {} {added}", key.key);
                judge(&format!("{} {}", hop.selector, key.key), &added);
                seen.push(added);
            }
        }
    }
    seen.len()
}

#[test]
fn envoy_takes_files_and_inserts() {
    let Some(envoy) = program("HOPLINT_ENVOY", "proxies/bin/envoy", "envoy") else {
        return skip("envoy import", "envoy (.cache/proxies)");
    };
    let folder = Folder::new("envoy-import");
    let accepts = |name: &str, text: &str| {
        let file = folder.write(name, text);
        let out = Command::new(&envoy).args(["--mode", "validate", "-l", "error", "-c"]).arg(file).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        if out.status.success() { Ok(()) } else { Err(said) }
    };
    for name in ["envoy.yaml", "bootstrap.json"] {
        let count = each_insert("envoy", name, |what, text| {
            let told = accepts(name, text).err();
            let twice = told.as_ref().is_some_and(|told| told.contains("uplicate") || told.contains("already set"));
            assert!(told.is_none() || twice, "{name}: {what}: {}\n{text}", told.unwrap());
        });
        assert!(count >= 5, "{name}: {count}");
        println!("envoy import: {name} and {count} inserts are taken");
    }
    assert!(accepts("bad.yaml", "static_resources: {clusters: [{name: a, connect_timeout: 7}]}\n").is_err());
}
