//! What `generate` writes: a snapshot of every fixture, and what holds for every text in every target.

#![allow(clippy::unwrap_used)]

use hoplint::catalog::store::Catalog;
use hoplint::generate::target::{self, Target};
use hoplint::generate::{Generated, Options, Refusal, generate};
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{Resolved, Resolver};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use std::fmt::Write as _;
use std::path::Path;

fn resolve(text: &str) -> Resolved {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId::default(), text, Format::Yaml, &parsed);
    let chains = hoplint::model::decode::chains(parsed.root.as_ref().unwrap(), "chat", &mut ctx);
    assert!(ctx.diagnostics.is_empty(), "{:#?}\n{text}", ctx.diagnostics);
    Resolver::new(&Catalog::default(), ChainDefaults::default()).resolve(&chains[0])
}

fn target(id: &str) -> Target {
    target::all().into_iter().find(|t| t.id == id).unwrap()
}

/// The first hop that the target writes.
fn made(text: &str, id: &str, options: Options) -> Result<Generated, Vec<Refusal>> {
    let (chain, target) = (resolve(text), target(id));
    let hop = chain.hops.iter().find(|hop| target.writes(&hop.platform.id)).unwrap();
    generate(&chain, hop, &target, options)
}

fn shown(generated: &Generated) -> String {
    let mut out = String::new();
    for file in &generated.files {
        let _ = write!(out, "==> {}\n{}", file.name, file.text);
    }
    for note in &generated.notes {
        let _ = writeln!(out, "note: {}", note.text);
    }
    out
}

#[test]
fn fixtures_are_written_as_ever() {
    for target in target::all() {
        let folder = Path::new("fixtures/generate").join(&target.id);
        let mut chains: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|_| panic!("{} has no fixtures", target.id))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".chain.yaml"))
            .collect();
        chains.sort();
        assert!(!chains.is_empty(), "{} has no fixtures", target.id);
        for path in chains {
            let text = std::fs::read_to_string(&path).unwrap();
            let stem = path.file_name().unwrap().to_string_lossy().replace(".chain.yaml", "");
            for (suffix, options) in [
                ("", Options::default()),
                (".explicit", Options { explicit: true, full: false }),
                (".full", Options { explicit: false, full: true }),
            ] {
                let generated = made(&text, &target.id, options).unwrap();
                let text = shown(&generated);
                if suffix == ".full"
                    && text
                        == shown(
                            &made(&std::fs::read_to_string(&path).unwrap(), &target.id, Options::default()).unwrap(),
                        )
                {
                    continue;
                }
                let folder = std::fs::canonicalize(&folder).unwrap();
                insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
                    insta::assert_snapshot!(format!("{stem}{suffix}"), text);
                });
            }
        }
    }
}
