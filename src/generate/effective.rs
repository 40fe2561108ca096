//! The effective values of a hop as text: what the hash in a generated file's header covers.
//!
//! Names, comments, order and spelling in the chain file do not count; what the hop does, does.

use super::target::Target;
use crate::catalog::Setting;
use crate::resolve::ResolvedHop;
use std::fmt::Write as _;

pub fn lines(hop: &ResolvedHop, target: &Target) -> String {
    let mut out = format!("target {}\nplatform {}\nmode {}\n", target.id, hop.platform.id, hop.mode.name());
    for (index, timer) in hop.platform.timers.iter().enumerate() {
        let values = hop.cases.iter().filter_map(|case| case.timer_value(index));
        let mut said: Vec<String> = values
            .map(|value| {
                let written = if value.provenance.is_written() { "written" } else { "default" };
                let setting = match value.clipped_from.or(value.setting) {
                    Some(Setting::At(at)) => format!("{}ns", at.as_nanos()),
                    Some(Setting::None) => "none".to_owned(),
                    Some(Setting::Off) => "off".to_owned(),
                    None => "unknown".to_owned(),
                };
                format!("{written} {setting}")
            })
            .collect();
        said.dedup();
        let _ = writeln!(out, "timer {} {}", timer.id, said.join(" | "));
    }
    let mut facets: Vec<String> = hop.spec.with.iter().map(|(k, v)| format!("{}={}", k.value, v.value)).collect();
    facets.sort();
    let _ = writeln!(out, "facets {}", facets.join(" "));
    for case in &hop.cases {
        let a = &case.attempts;
        let streams_504 = if a.streams_504 { " streams-504" } else { "" };
        let _ = writeln!(
            out,
            "attempts {:?} {} on {:?}{} backoff {:?} retry-after {:?} {:?} deadline {:?} window {:?} tails {}",
            a.most,
            a.declared,
            a.on,
            streams_504,
            a.backoff,
            a.obeys_retry_after,
            a.retry_after_cap,
            a.deadline,
            a.window,
            a.tails
        );
    }
    out
}
