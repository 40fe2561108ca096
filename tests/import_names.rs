//! Every timer, facet and platform that a reader names is one of the catalogue.

use hoplint::catalog::facet::FacetKind;
use hoplint::catalog::store::Catalog;
use hoplint::import::{Deployed, Given, Import, READERS, reader::NoIncludes};
use hoplint::resolve::one::find_timer;
use hoplint::span::FileId;
use std::path::{Path, PathBuf};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

#[test]
fn readers_speak_the_words_of_the_catalogue() {
    let catalog = Catalog::default();
    let mut wrong = Vec::new();
    for reader in READERS {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/import")).join(reader.name());
        let mut paths = Vec::new();
        files(&folder, &mut paths);
        for path in paths {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let mut import = Import::default();
            reader.read(&Given { file: FileId(0), path: &name, text: &text }, &NoIncludes, &mut import);
            for hop in &import.hops {
                wrong.extend(check(hop, &catalog).into_iter().map(|what| format!("{}: {what}", path.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(deployed: &Deployed, catalog: &Catalog) -> Vec<String> {
    let hop = &deployed.hop;
    let id = &hop.platform.value;
    let Some(platform) = catalog.find(id) else { return vec![format!("no platform {id}")] };
    let mut wrong = Vec::new();
    let timers = hop.timers.iter().map(|(name, _)| name.value.as_str());
    let keys = deployed.inserts.iter().flat_map(|insert| insert.keys).map(|key| key.timer);
    for timer in timers.chain(keys) {
        if find_timer(&platform, timer).is_none() {
            wrong.push(format!("{id} has no timer {timer}"));
        }
    }
    for (name, value) in &hop.with {
        let Some(facet) = platform.facets.iter().find(|facet| facet.id == name.value) else {
            wrong.push(format!("{id} has no facet {}", name.value));
            continue;
        };
        if let FacetKind::Choice(values) = &facet.kind
            && !values.contains(&value.value)
        {
            wrong.push(format!("{} of {id} cannot be {}", name.value, value.value));
        }
    }
    wrong
}
