//! The embedded platform files: every one is read without a word, and ids and aliases are unique.

use hoplint::catalog::store::{Catalog, EMBEDDED, embedded};
use hoplint::catalog::{Confidence, decode};
use hoplint::span::FileId;
use std::collections::BTreeMap;

#[test]
fn every_platform_file_is_sound() {
    let mut problems = String::new();
    for entry in EMBEDDED {
        let parent = entry.extends.map(|id| embedded(id).unwrap_or_else(|| panic!("{}: extends {id}", entry.id)).text);
        let (platform, diagnostics) = decode::platform(FileId(0), entry.text, parent);
        for diagnostic in diagnostics {
            let at = diagnostic.primary().map_or(0, |loc| loc.span.start as usize);
            let line = entry.text[..at.min(entry.text.len())].lines().count().max(1);
            let help = diagnostic.help.unwrap_or_default();
            problems += &format!("platforms/{}.toml:{line}: {} {help}\n", entry.id, diagnostic.message);
        }
        if let Some(platform) = platform
            && platform.id != entry.id
        {
            problems += &format!("platforms/{}.toml: the id is {}\n", entry.id, platform.id);
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn a_packed_platform_equals_its_text() {
    let catalog = Catalog::default();
    for entry in EMBEDDED {
        let parent = entry.extends.and_then(embedded).map(|p| p.text);
        let (from_text, _) = decode::platform(FileId(0), entry.text, parent);
        assert!(catalog.find(entry.id).as_deref() == from_text.as_ref(), "{} differs", entry.id);
    }
}

#[test]
fn ids_and_aliases_are_unique() {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in EMBEDDED {
        for name in std::iter::once(&entry.id).chain(entry.aliases) {
            if let Some(other) = seen.insert(name, entry.id) {
                panic!("`{name}` is claimed by {other} and {}", entry.id);
            }
        }
    }
}

/// A timer that enters no guard is never compared with anything, so the list is looked at whenever it changes.
#[test]
fn facts_from_memory_set_no_limit_that_could_fire() {
    let catalog = Catalog::default();
    for id in catalog.ids() {
        let Some(platform) = catalog.find(id) else { panic!("{id} is not sound") };
        for timer in &platform.timers {
            for limit in &timer.limits {
                assert!(!limit.fact.source.is_empty(), "{id}.{} has a limit without a source", timer.id);
            }
            assert!(
                timer.fact.checked > Confidence::Memory
                    || timer.limits.iter().all(|l| l.fact.checked <= Confidence::Memory),
                "{id}.{}: a timer from memory cannot have a certain limit",
                timer.id
            );
        }
    }
}
