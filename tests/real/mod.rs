//! Real programs for tests: found, or skipped aloud, or (with `HOPLINT_REQUIRE_REAL=1`) a failure when missing.
#![allow(dead_code, clippy::unwrap_used)]

pub mod apache;
pub mod loopback;
pub mod proxies;
pub mod stub;

use hoplint::catalog::store::Catalog;
use hoplint::generate::{Generated, Options, generate, target};
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{Resolved, ResolvedHop, Resolver};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Every way in which a target can be asked to write.
pub const FORMS: [Options; 4] = [
    Options { explicit: false, full: false },
    Options { explicit: true, full: false },
    Options { explicit: false, full: true },
    Options { explicit: true, full: true },
];

/// The program, from an environment variable, from a path of `.cache`, or from PATH.
pub fn program(variable: &str, cached: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let cached = (!cached.is_empty()).then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache").join(cached));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).chain(["/usr/sbin".into()]).map(|folder| folder.join(name));
    named.into_iter().chain(cached).chain(in_path.filter(|_| !name.is_empty())).find(|path| path.exists())
}

/// Says what is skipped and why; a failure where real programs are required.
pub fn skip(what: &str, missing: &str) {
    let why = format!("{what}: {missing} is missing; scripts/setup-tests.sh installs it");
    assert!(std::env::var_os("HOPLINT_REQUIRE_REAL").is_none_or(|v| v != "1"), "{why}");
    eprintln!("SKIPPED {why}");
}

pub fn resolve(text: &str) -> Resolved {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId::default(), text, Format::Yaml, &parsed);
    let chains = hoplint::model::decode::chains(parsed.root.as_ref().unwrap(), "chat", &mut ctx);
    assert!(ctx.diagnostics.is_empty(), "{:#?}\n{text}", ctx.diagnostics);
    let chain = Resolver::new(&Catalog::default(), ChainDefaults::default()).resolve(&chains[0]);
    assert!(chain.problems.is_empty(), "{:#?}", chain.problems);
    chain
}

/// The first hop that the target writes, and its files.
pub fn made<'c>(chain: &'c Resolved, id: &str, options: Options) -> (&'c ResolvedHop, Generated) {
    let target = target::all().into_iter().find(|t| t.id == id).unwrap();
    let hop = chain.hops.iter().find(|hop| target.writes(&hop.platform.id)).unwrap();
    (hop, generate(chain, hop, &target, options).unwrap())
}

/// What a judge of objects reads in each text, or what it has against one of them.
pub fn judged(python: &Path, kind: &str, texts: &[String]) -> Result<Vec<serde_json::Value>, String> {
    let folder = Folder::new(kind);
    let paths: Vec<_> = texts.iter().enumerate().map(|(n, text)| folder.write(&format!("{n}.yaml"), text)).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/object_judges.py");
    let out = std::process::Command::new(python).arg(script).arg(kind).args(paths).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() { Ok(serde_json::from_slice(&out.stdout).unwrap()) } else { Err(text(&out.stderr)) }
}

/// Every chain among the fixtures of a target.
pub fn fixtures(target: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/generate").join(target);
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".chain.yaml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    found
}

/// An empty folder that goes away with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hoplint-{name}-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A measured time against the predicted one: never earlier than a clock's grain, later by what a busy machine needs.
pub fn compare(what: &str, predicted: f64, measured: f64) {
    compare_from(what, predicted, measured, 0.02);
}

/// The time between two things that a server saw: its first look may be late, and then the time is short.
pub fn compare_gap(what: &str, predicted: f64, measured: f64) {
    compare_from(what, predicted, measured, 0.2);
}

fn compare_from(what: &str, predicted: f64, measured: f64, early: f64) {
    println!("{what:<46} predicted {predicted:6.3} s  measured {measured:6.3} s");
    assert!(measured >= predicted - early, "{what}: {measured:.3} s is before the predicted {predicted:.3} s");
    let latest = predicted + 0.7 + predicted * 0.2;
    assert!(measured <= latest, "{what}: {measured:.3} s is long after the predicted {predicted:.3} s");
}

/// Texts that try to leave their place in some language.
pub const HOSTILE: [&str; 24] = [
    "\"; evil on; #",
    "'; evil on; #",
    "x\nevil on;",
    "x\r\nevil: true",
    "x\r# y",
    "} evil {",
    "a;b",
    "a#b # c",
    "\\",
    "\\\"",
    "\\\\\" + evil() + \"",
    "${evil}",
    "$${evil}",
    "$$${evil}",
    "%{ if evil }",
    "%%{evil}",
    "#{evil}",
    "\"\"\"\nimport os\n\"\"\"",
    "!!python/object/apply:os.system [evil]",
    "*alias &anchor - ? : |",
    "coding: utf-7",
    "\u{1b}]0;evil\u{7}\u{1b}[2J",
    "\u{202e}\u{2066}\u{85}\u{2028}\u{feff}\u{0}",
    "{{ evil }} {% evil %} <EOF",
];

/// The chain with another name and another name of every hop.
pub fn renamed(chain: &Resolved, text: &str) -> Resolved {
    let hops = chain.hops.iter().map(|hop| {
        let mut hop = hop.clone();
        let mut spec = (*hop.spec).clone();
        text.clone_into(&mut spec.name);
        hop.spec = std::sync::Arc::new(spec);
        hop
    });
    Resolved {
        name: text.to_owned(),
        hops: hops.collect(),
        at: chain.at,
        body: chain.body,
        order: chain.order,
        order_stated: chain.order_stated,
        margin: chain.margin,
        workload: chain.workload.clone(),
        problems: Vec::new(),
        fragment: false,
    }
}
