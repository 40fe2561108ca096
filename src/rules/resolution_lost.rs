use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::Setting;
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::span::Loc;

rule! {
    /// A value is finer than the platform can express.
    ///
    /// ## What it does
    /// Looks for written values that are no whole multiple of the finest step of their setting, such as 29.5 s where
    /// only whole seconds can be set.
    ///
    /// ## Why it matters
    /// The value cannot be written as it stands. What runs is rounded or rejected, and the margin to the next hop is not
    /// the one in the file.
    "resolution-lost", Warning, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    for (index, hop) in context.chain.hops.iter().enumerate() {
        let mut seen: Vec<Loc> = Vec::new();
        for value in hop.cases.iter().flat_map(|case| &case.timers) {
            let timer = hop.timer(value);
            let Some(Setting::At(at)) = value.clipped_from.or(value.setting) else { continue };
            let grid = timer.grid.unwrap_or_default();
            let place = say::place(hop, value);
            if !value.provenance.is_written() || at.is_on(grid) || seen.contains(&place) {
                continue;
            }
            seen.push(place);
            findings.push(finding(context, index, value, at, grid));
        }
    }
}

fn finding(context: &Context, index: usize, value: &crate::resolve::TimerValue, at: Dur, grid: Dur) -> Finding {
    let hop = &context.chain.hops[index];
    let (name, timer) = (hop.name(), hop.timer(value));
    let native = say::native(timer);
    let (down, up) = (at.floor_to(grid), at.ceil_to(grid));
    let message = format!("{native} of {name} is set to {at}, but it can be set in steps of {grid} only");
    let near = if down.is_zero() { format!("{up}") } else { format!("{up} (or {down})") };
    let diagnostic = say::about(RULE.name, Severity::Warning, context.chain, index, message)
        .label(say::place(hop, value), say::value(hop, value))
        .note(format!("{} rounds the value or rejects it.", hop.platform.name))
        .help(format!("set {native} of {name} to {near}"));
    Finding::from(diagnostic).repair(Some(Repair {
        title: format!("set {native} of {name} to {up}"),
        applicability: Applicability::Unsafe,
        changes: vec![Change::SetTimer { hop: index, timer: value.timer.into(), to: up }],
    }))
}
