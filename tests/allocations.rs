//! How often a check allocates: a change that copies more than it needs is seen here before anybody times it.
//! A program of its own, since it counts every allocation of the process.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::engine::{Engine, Source};
use hoplint::span::FileId;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Four platforms read, and ten hops.
const FIRST: usize = 1_300;
const PER_HOP: usize = 35;
const PER_HOP_WITH_FINDINGS: usize = 125;

/// One chain: each value 2 ms above the one outside it, or all of them equal.
fn chain(hops: usize, equal: bool) -> String {
    let platforms = [("nginx", "read"), ("kong", "read"), ("envoy", "route-total"), ("haproxy", "server")];
    let mut text = "version: 1\norder: inward\nmargin: 1ms\nhops:\n".to_owned();
    for i in 0..hops {
        let (platform, timer) = platforms[i % platforms.len()];
        let millis = if equal { 200_000 } else { 60_000 + 2 * i };
        text += &format!("  - name: hop-{i}\n    platform: {platform}\n    timeouts: {{{timer}: {millis}ms}}\n");
    }
    text
}

/// Allocations of one check, and how many findings it gave.
fn check(catalog: &Catalog, text: &str) -> (usize, usize) {
    let config = Config::default();
    let engine = Engine { catalog, config: &config };
    let source = Source { path: "a.chain.yaml".to_owned(), text: text.into() };
    let region = Region::new(ALLOCATOR);
    let result = engine.check_file(FileId(0), &source);
    let change = region.change();
    (change.allocations + change.reallocations, result.findings.len())
}

// One test, so that nothing else allocates at the same time.
#[test]
fn allocations_of_a_check() {
    let catalog = Catalog::default();
    let (first, _) = check(&catalog, &chain(10, false));
    let (second, _) = check(&catalog, &chain(10, false));
    println!("ten hops: {first} at first, {second} then");
    assert!(first < FIRST, "{first} allocations for four platforms and ten hops");
    assert!(second < PER_HOP * 10 + 100, "{second} allocations once the platforms are known");

    for (equal, per_hop) in [(false, PER_HOP), (true, PER_HOP_WITH_FINDINGS)] {
        let counts = [100, 1_000, 10_000].map(|hops| (hops, check(&catalog, &chain(hops, equal))));
        println!("findings {equal}: {counts:?}");
        for (hops, (allocations, findings)) in counts {
            assert!(
                allocations < per_hop * hops + 100,
                "{allocations} allocations for {hops} hops, {findings} findings"
            );
            assert!(!equal || findings + 1 >= hops, "{findings} findings for {hops} hops");
        }
    }
}
