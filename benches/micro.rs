//! Micro benchmarks of the stages of a check, on one chain of ten and one of a thousand hops.
//! `cargo bench`; the ratios that the project promises come from `scripts/bench.sh`.

use divan::{Bencher, black_box};
use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::engine::{Engine, Outcome, Source};
use hoplint::model::{self, Chain};
use hoplint::report::{Format as ReportFormat, Options, write};
use hoplint::resolve::{Resolved, Resolver, chain::ChainDefaults};
use hoplint::solve::assign::Objective;
use hoplint::solve::plan::plan;
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};

const SIZES: [usize; 2] = [10, 1000];

fn main() {
    divan::main();
}

/// Every second pair is the wrong way round.
fn text(hops: usize) -> String {
    let platforms = [("nginx", "read"), ("kong", "read"), ("envoy", "route-total"), ("haproxy", "server")];
    let mut text = "version: 1\nworkload: long-form\nhops:\n".to_owned();
    for i in 0..hops {
        let (platform, timer) = platforms[i % platforms.len()];
        let seconds = 120 + 60 * (i % 2);
        text += &format!("  - name: hop-{i}\n    platform: {platform}\n    timeouts: {{{timer}: {seconds}s}}\n");
    }
    text
}

fn source(hops: usize) -> Source {
    Source { path: "bench.chain.yaml".to_owned(), text: text(hops).into() }
}

fn chains(text: &str) -> Vec<Chain> {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId(0), text, Format::Yaml, &parsed);
    model::decode::file(parsed.root.as_ref(), "bench", &mut ctx)
}

fn outcome(catalog: &Catalog, hops: usize) -> Outcome {
    let config = Config::default();
    let engine = Engine { catalog, config: &config };
    let source = source(hops);
    let result = engine.check_file(FileId(0), &source);
    engine.finish(vec![source], vec![result])
}

#[divan::bench(args = SIZES)]
fn parse_text(bencher: Bencher, hops: usize) {
    let text = text(hops);
    bencher.bench(|| parse(black_box(&text), Format::Yaml).comments.len());
}

#[divan::bench(args = SIZES)]
fn decode(bencher: Bencher, hops: usize) {
    let text = text(hops);
    bencher.bench(|| chains(black_box(&text)));
}

#[divan::bench(args = SIZES)]
fn resolve(bencher: Bencher, hops: usize) {
    let (catalog, chains) = (Catalog::default(), chains(&text(hops)));
    bencher.bench(|| Resolver::new(&catalog, ChainDefaults::default()).resolve(black_box(&chains[0])));
}

/// Everything from text to findings; the rules are what it takes beyond `decode` and `resolve`.
#[divan::bench(args = SIZES)]
fn check(bencher: Bencher, hops: usize) {
    let (catalog, config, source) = (Catalog::default(), Config::default(), source(hops));
    let engine = Engine { catalog: &catalog, config: &config };
    bencher.bench(|| engine.check_file(FileId(0), black_box(&source)));
}

/// Reading the four platforms of the chain from the program.
#[divan::bench]
fn first_check(bencher: Bencher) {
    let (config, source) = (Config::default(), source(10));
    bencher
        .with_inputs(Catalog::default)
        .bench_values(|catalog| Engine { catalog: &catalog, config: &config }.check_file(FileId(0), &source));
}

/// Chains for the solver: values that rise with the hops, every tenth some way off.
fn resolved(text: &str) -> Vec<Resolved> {
    let catalog = Catalog::default();
    let mut resolver = Resolver::new(&catalog, ChainDefaults::default());
    chains(text).iter().map(|chain| resolver.resolve(chain)).collect()
}

fn hop(name: &str, i: usize, off: bool) -> String {
    let platforms = [("nginx", "read"), ("kong", "read"), ("envoy", "route-total"), ("haproxy", "server")];
    let (platform, timer) = platforms[i % platforms.len()];
    let away = if off { 40_000 * (i * 7_919 % 13) / 13 } else { 0 };
    format!("{name}: {{platform: {platform}, timeouts: {{{timer}: {}ms}}}}\n", 60_000 + 2 * i + away)
}

fn long_chain(hops: usize, off: bool) -> String {
    let mut text = "version: 1\norder: inward\nmargin: 1ms\nshared:\n".to_owned();
    for i in 0..hops {
        text += &format!("  {}", hop(&format!("h{i}"), i, off && i % 10 == 0));
    }
    let names: Vec<String> = (0..hops).map(|i| format!("h{i}")).collect();
    text + &format!("chains:\n  one: {{hops: [{}]}}\n", names.join(", "))
}

/// Chains of a hundred hops each; every tenth hop stands in ten chains.
fn shared_chains(count: usize) -> String {
    let mut text = "version: 1\norder: inward\nmargin: 1ms\nshared:\n".to_owned();
    let mut lists = String::from("chains:\n");
    for c in 0..count {
        let name = |i: usize| if i.is_multiple_of(10) { format!("s{}-{i}", c / 10) } else { format!("c{c}-{i}") };
        for i in (0..100).filter(|i| i % 10 != 0 || c % 10 == 0) {
            text += &format!("  {}", hop(&name(i), i, i % 7 == c % 7));
        }
        let names: Vec<String> = (0..100).map(name).collect();
        lists += &format!("  chain-{c}: {{hops: [{}]}}\n", names.join(", "));
    }
    text + &lists
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5, sample_size = 1)]
fn plan_in_order(bencher: Bencher, hops: usize) {
    let chains = resolved(&long_chain(hops, false));
    bencher.bench(|| plan(black_box(&chains), Objective::Fewest, Config::default().thresholds.keepalive).len());
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5, sample_size = 1)]
fn plan_disordered(bencher: Bencher, hops: usize) {
    let chains = resolved(&long_chain(hops, true));
    bencher.bench(|| plan(black_box(&chains), Objective::Fewest, Config::default().thresholds.keepalive).len());
}

#[divan::bench(args = [10, 100, 1_000], sample_count = 5, sample_size = 1)]
fn plan_shared(bencher: Bencher, count: usize) {
    let chains = resolved(&shared_chains(count));
    bencher.bench(|| plan(black_box(&chains), Objective::Fewest, Config::default().thresholds.keepalive).len());
}

#[divan::bench(args = SIZES)]
fn report_text(bencher: Bencher, hops: usize) {
    let catalog = Catalog::default();
    let outcome = outcome(&catalog, hops);
    bencher.bench(|| {
        let mut out = Vec::new();
        write(ReportFormat::Text, black_box(&outcome), &Options::default(), &mut out).map(|()| out.len())
    });
}
