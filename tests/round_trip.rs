//! What is generated from a chain is read back as the chain stated it: by the project's own readers, which other tests
//! hold against the real programs.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::catalog::store::Catalog;
use hoplint::generate::target::{self, Target};
use hoplint::generate::{Options, generate};
use hoplint::import::bind::bind;
use hoplint::import::store::Store;
use hoplint::import::{Match, best};
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{Resolved, ResolvedHop, Resolver};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use hoplint::workspace::Disk;
use proptest::prelude::*;
use real::{Folder, fixtures, resolve};
use std::fmt::Write as _;

/// The targets whose whole files have a reader, at least in part.
const TARGETS: [&str; 9] =
    ["nginx", "haproxy", "envoy", "caddy", "traefik", "traefik-toml", "apache-httpd", "kong", "litellm-proxy"];

const FULL: Options = Options { explicit: false, full: true };

/// The values of these timers, and the attempts, one line for each.
fn shown(hop: &ResolvedHop, target: &Target, timers: &[usize], attempts: bool) -> String {
    let mut out = String::new();
    let window = hop.spec.retries.as_ref().and_then(|r| r.window.as_ref()).map(|w| Setting::At(w.value));
    for index in timers {
        let value = hop.cases.iter().find_map(|case| case.timer_value(*index));
        // A reader states such a timer as what it is: the window of the retries.
        let of_retries = target.retries.window_timer.as_ref() == Some(&hop.platform.timers[*index].id);
        let window = window.filter(|_| of_retries);
        let text = match window.or_else(|| value.and_then(|v| v.clipped_from.or(v.setting))) {
            Some(Setting::At(at)) => at.to_source(),
            Some(other) => format!("{other:?}"),
            None => "nothing".to_owned(),
        };
        let _ = writeln!(out, "{} {text}", hop.platform.timers[*index].id);
    }
    if attempts {
        let read = hop.spec.retries.as_ref().and_then(|r| r.attempts.as_ref());
        let _ = writeln!(out, "attempts {:?}", read.map(|a| a.value));
    }
    out
}

/// Traefik's static file also leads to the routers of the dynamic one.
fn selected(name: &str) -> String {
    match name.strip_suffix(".static.yaml").or_else(|| name.strip_suffix(".static.toml")) {
        Some(hop) => format!("{name}#entryPoints.{hop}-entry"),
        None => name.to_owned(),
    }
}

/// What the hop states, and what is read of it in the generated files; nothing where they say the same.
fn differs(catalog: &Catalog, target: &Target, chain: &Resolved) -> Option<String> {
    let hop = chain.hops.iter().find(|hop| target.writes(&hop.platform.id)).unwrap();
    let files = generate(chain, hop, target, FULL).ok()?;
    let folder = Folder::new("round-trip");
    // The root of a project: nothing outside of it is read.
    std::fs::create_dir(folder.0.join(".git")).unwrap();
    let (mut names, mut placed) = (Vec::new(), Vec::new());
    for file in files.files.iter().filter(|file| best(&file.name, &file.text, Match::Maybe).is_some()) {
        folder.write(&file.name, &file.text);
        names.push(format!("{:?}", selected(&file.name)));
        let of =
            |t: &&target::TargetFile| t.when.applies(true) && file.name.ends_with(t.name.trim_start_matches("{hop}"));
        placed.extend(target.files.iter().filter(of).flat_map(|t| &t.timers));
    }
    let written = |index: &usize| {
        let mut values = hop.cases.iter().filter_map(|case| case.timer_value(*index));
        placed.contains(&&hop.platform.timers[*index].id) && values.any(|v| v.provenance.is_written())
    };
    let timers: Vec<usize> = (0..hop.platform.timers.len()).filter(written).collect();
    let attempts = hop.spec.retries.as_ref().is_some_and(|r| r.attempts.is_some())
        && !files.notes.iter().any(|note| note.text.contains("attempts need as many servers"));
    let version = hop.spec.with.iter().find(|(key, _)| key.value == "version");
    let with = version.map_or(String::new(), |(_, v)| format!(", with: {{version: {:?}}}", v.value));
    let bound = format!(
        "version: 1\nhops:\n  - {{name: edge, platform: {}{with}, from: [{}]}}\n  - {{name: model, platform: openai}}\n",
        hop.platform.id,
        names.join(", ")
    );
    let path = folder.write("a.chain.yaml", &bound);
    let parsed = parse(&bound, Format::Yaml);
    let mut ctx = Ctx::new(FileId::default(), &bound, Format::Yaml, &parsed);
    let read = hoplint::model::decode::chains(parsed.root.as_ref().unwrap(), "chat", &mut ctx).remove(0);
    let store = Store::new(&Disk, &folder.0);
    let read = bind(read, &path, &store);
    let again = Resolver::new(catalog, ChainDefaults::default()).resolve(&read.chain);
    let (first, second) = (shown(hop, target, &timers, attempts), shown(&again.hops[0], target, &timers, attempts));
    let text = files.files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>().join("\n");
    (first != second || !read.problems.is_empty())
        .then(|| format!("--- stated\n{first}--- read\n{second}--- files\n{text}{:#?}", read.problems))
}

#[test]
fn what_is_generated_from_the_fixtures_is_read_back() {
    let catalog = Catalog::default();
    let mut wrong = String::new();
    for target in target::all().iter().filter(|target| TARGETS.contains(&target.id.as_str())) {
        for (name, text) in fixtures(&target.id) {
            if let Some(differs) = differs(&catalog, target, &resolve(&text)) {
                let _ = writeln!(wrong, "{} {name}:\n{differs}", target.id);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_chain_states_is_read_back(
        values in prop::collection::vec(prop::option::of(1_u64..4_000_000), 24),
        attempts in prop::option::of(1_u32..5),
    ) {
        let catalog = Catalog::default();
        for target in target::all().iter().filter(|target| TARGETS.contains(&target.id.as_str())) {
            let platform = catalog.find(&target.platforms[0]).unwrap();
            let timers = platform.timers.iter().filter(|t| t.settable).zip(&values).filter_map(|(timer, value)| {
                let grid = timer.grid.map_or(1, |grid| grid.as_nanos().div_ceil(1_000_000)).max(1);
                let ms = (*value)?.div_ceil(grid) * grid;
                Some(format!("{}: {ms}ms", timer.id))
            });
            let repeated = attempts.map_or(String::new(), |n| format!(", endpoints: 5, retries: {{attempts: {n}}}"));
            let facets = match platform.id.as_str() {
                "envoy" => ", with: {retry-policy: \"on\"}",
                "nginx" => ", with: {version: \"1.26\", upstream-keepalive: \"on\"}",
                "apache-httpd" => ", with: {balancer: \"on\"}",
                "traefik" => ", with: {version: \"3.7\"}",
                _ => "",
            };
            let text = format!(
                "version: 1\nhops:\n  - {{name: edge, platform: {}{facets}, timeouts: {{{}}}{repeated}}}\n  - {{name: model, platform: openai}}\n",
                platform.id,
                timers.collect::<Vec<_>>().join(", ")
            );
            let differs = differs(&catalog, target, &resolve(&text));
            prop_assert!(differs.is_none(), "{}\n{text}{}", target.id, differs.unwrap());
        }
    }
}
