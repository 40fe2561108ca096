//! Whole files that hoplint generates are read back by its readers as the chain has them.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::{Platform, Setting};
use hoplint::generate::Options;
use hoplint::import::{Deployed, Given, Import, Match, READERS, reader::NoIncludes};
use hoplint::model::Declared;
use hoplint::resolve::ResolvedHop;
use hoplint::span::FileId;
use real::{fixtures, made, resolve};
use std::collections::BTreeMap;

/// The timer's id behind a native name or an id.
fn id(platform: &Platform, name: &str) -> String {
    let timer =
        platform.timers.iter().find(|t| t.id == name || t.native == name || t.native_also.iter().any(|n| n == name));
    timer.unwrap_or_else(|| panic!("{} has no {name}", platform.id)).id.clone()
}

/// What the chain states, as far as a file can say it: no limit is 0 there.
fn stated(hop: &ResolvedHop) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for (name, value) in &hop.spec.timers {
        let nanos = match value.value {
            Declared::Set(Setting::At(at)) => at.as_nanos(),
            Declared::Set(Setting::None) => 0,
            _ => continue,
        };
        found.insert(id(&hop.platform, &name.value), nanos);
    }
    found
}

fn read(platform: &Platform, deployed: &Deployed) -> BTreeMap<String, u64> {
    let one = |(name, value): (&String, Declared)| match value {
        Declared::Set(Setting::At(at)) => (id(platform, name), at.as_nanos()),
        other => panic!("{name} is {other:?}"),
    };
    deployed.hop.timers.iter().map(|(name, value)| one((&name.value, value.value))).collect()
}

#[test]
fn generated_files_are_read_as_the_chain_has_them() {
    for target in ["haproxy", "caddy", "apache-httpd"] {
        let reader = READERS.iter().find(|known| known.name() == target).unwrap();
        let mut compared = 0;
        for (name, text) in fixtures(target) {
            let chain = resolve(&text);
            for explicit in [false, true] {
                let (hop, files) = made(&chain, target, Options { explicit, full: true });
                let file = &files.files[0];
                assert_eq!(reader.knows(&file.name, &file.text), Match::Yes, "{name}");
                let mut import = Import::default();
                let given = Given { file: FileId(0), path: &file.name, text: &file.text };
                reader.read(&given, &NoIncludes, &mut import);
                assert!(import.problems.is_empty(), "{name}: {:#?}\n{}", import.problems, file.text);
                assert_eq!(import.hops.len(), 1, "{name}");
                let read = read(&hop.platform, &import.hops[0]);
                for (timer, nanos) in stated(hop) {
                    let Some(found) = read.get(&timer) else {
                        // Where nothing written is no limit either.
                        assert!(
                            nanos == 0 || file.text.contains("not stated"),
                            "{name}: {timer} is lost\n{}",
                            file.text
                        );
                        continue;
                    };
                    assert_eq!(*found, nanos, "{name}: {timer}\n{}", file.text);
                    compared += 1;
                }
            }
        }
        assert!(compared > 10, "{target}: {compared} timers");
    }
}
