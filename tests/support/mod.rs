//! One hop with its platform and facets, resolved as a chain would resolve it.
#![allow(dead_code)]

use hoplint::catalog::store::Catalog;
use hoplint::catalog::{Guard, Setting};
use hoplint::duration::Dur;
use hoplint::model::decode;
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{GuardValue, ResolvedHop, Resolver};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};

/// `with` is what stands between the braces of `with: {}`; `more` are further keys of the hop.
pub fn hop(catalog: &Catalog, platform: &str, with: &str, more: &str) -> ResolvedHop {
    let text = format!("version: 1\nhops:\n  - platform: {platform}\n    with: {{{with}}}\n{more}");
    let parsed = parse(&text, Format::Yaml);
    let mut ctx = Ctx::new(FileId(0), &text, Format::Yaml, &parsed);
    let chains = decode::chains(parsed.root.as_ref().expect("a value"), "test", &mut ctx);
    assert!(ctx.diagnostics.is_empty(), "{text}\n{:#?}", ctx.diagnostics);
    let resolved = Resolver::new(catalog, ChainDefaults::default()).resolve(&chains[0]);
    assert!(resolved.problems.is_empty(), "{text}\n{:#?}", resolved.problems);
    resolved.hops.into_iter().next().expect("one hop")
}

/// When a guard ends, in every world that is left open: `60s`, `none`, `unknown`, `absent`.
pub fn ends(hop: &ResolvedHop, guard: Guard) -> Vec<String> {
    let mut values: Vec<String> = hop
        .cases
        .iter()
        .map(|case| match case.guard(guard) {
            GuardValue::Absent => "absent".to_owned(),
            GuardValue::None => "none".to_owned(),
            GuardValue::Unknown => "unknown".to_owned(),
            GuardValue::Limited(firing) => firing.at.to_source(),
        })
        .collect();
    values.sort();
    values.dedup();
    values
}

/// What a timer is held to when far more is written: the certain ceiling, in every world that is left open.
pub fn held_to(catalog: &Catalog, platform: &str, with: &str, timer: &str) -> Vec<Option<Dur>> {
    let asked = "    timeouts: {".to_owned() + timer + ": 9000d}\n";
    let hop = hop(catalog, platform, with, &asked);
    let index = hop.platform.timers.iter().position(|t| t.id == timer).expect("the timer exists");
    let mut values: Vec<Option<Dur>> = hop
        .cases
        .iter()
        .filter_map(|case| case.timer_value(index))
        .map(|value| match (value.clipped_from, value.setting) {
            (Some(_), Some(Setting::At(at))) => Some(at),
            _ => None,
        })
        .collect();
    values.sort();
    values.dedup();
    values
}
