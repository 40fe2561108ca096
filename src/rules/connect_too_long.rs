use super::failure::leaves;
use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{Cause, DefaultValue, Phase, Setting, Side};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::{HopCase, Provenance, ResolvedHop, TimerValue};

rule! {
    /// Setting up a connection may take longer than is any use.
    ///
    /// ## What it does
    /// Looks at connect timeouts that somebody wrote: above 30 s, or above 10 s and more than half of the hop's own wait.
    /// And at connect attempts that together reach what the hop outside waits, where the timeout or the attempts were
    /// written. Defaults are never reported on their own.
    ///
    /// ## Why it matters
    /// A connection is set up in a few round trips or not at all. A long connect timeout only keeps callers waiting
    /// for a server that is gone, and no time is left to try another one.
    "connect-too-long", Warning, fix: Some(Applicability::Unsafe), check
}

const LONG: Dur = Dur::from_secs(30);
const NOTABLE: Dur = Dur::from_secs(10);
/// What a repair proposes: several round trips and a lost packet or two.
const ENOUGH: Dur = Dur::from_secs(5);

fn check(context: &Context, findings: &mut Findings) {
    let mut outside: Option<(usize, Dur)> = None;
    for (index, hop) in context.chain.hops.iter().enumerate() {
        if let Some(finding) = hop.cases.first().and_then(|case| judged(context, index, hop, case, outside)) {
            findings.push(finding);
        }
        if let Some(at) = leaves(hop) {
            outside = Some((index, at));
        }
    }
}

fn judged(
    context: &Context,
    index: usize,
    hop: &ResolvedHop,
    case: &HopCase,
    outside: Option<(usize, Dur)>,
) -> Option<Finding> {
    let value = case.timers.iter().find(|v| {
        let timer = hop.timer(v);
        timer.phases.as_slice() == [Phase::Connect] && timer.side.covers(Side::Upstream)
    })?;
    let Some(Setting::At(at)) = value.setting else { return None };
    // The one-number form sets the connect timeout along with the rest; nobody thought of it.
    let declared = match value.provenance {
        Provenance::Declared(_) => true,
        // Tools that write whole files write the defaults, too; nobody thought of those.
        Provenance::Bound(_) => !is_default(hop, value, at),
        _ => false,
    };
    let half = leaves(hop).is_some_and(|wait| at > wait.scaled(1, 2));
    if declared && (at > LONG || (at > NOTABLE && half)) {
        return Some(finding(context, index, value, at, &alone(hop, at)));
    }
    let attempts = case.attempts.for_cause(Cause::Connect);
    let waits = (1..attempts.min(1000)).fold(Dur::ZERO, |sum, n| sum.plus(case.attempts.wait_before(n).0));
    let together = at.times(attempts.into()).plus(waits);
    let (outer, limit) = outside?;
    let along = matches!(value.provenance, Provenance::Shorthand(_));
    let asked = declared || (case.attempts.declared && attempts > 1 && !along);
    if !asked || together < limit || attempts < 2 {
        return None;
    }
    let outer = context.chain.hops[outer].name();
    let message = format!(
        "{attempts} connect attempts of {} take up to {together}, and {outer} outside it leaves after {limit}",
        hop.name()
    );
    let mut found = finding(context, index, value, at, &message);
    found.diagnostic.related_hops = vec![outer.to_owned()];
    Some(found)
}

fn alone(hop: &ResolvedHop, at: Dur) -> String {
    match leaves(hop).filter(|wait| at > wait.scaled(1, 2)) {
        Some(wait) => format!("{} waits up to {at} for a connection, of {wait} for the whole answer", hop.name()),
        None => format!("{} waits up to {at} for a connection", hop.name()),
    }
}

fn finding(context: &Context, index: usize, value: &TimerValue, at: Dur, message: &str) -> Finding {
    let hop = &context.chain.hops[index];
    let (name, timer) = (hop.name(), hop.timer(value));
    let native = say::native(timer);
    let to = ENOUGH.ceil_to(timer.grid.unwrap_or_default()).min(at);
    let diagnostic = say::about(RULE.name, Severity::Warning, context.chain, index, message.to_owned())
        .label(say::place(hop, value), say::value(hop, value))
        .note(format!(
            "A server that is gone costs the caller of {name} {at} for each attempt before it learns anything."
        ))
        .help(format!("set {native} of {name} to {to}, or at most {NOTABLE} on a bad network"));
    Finding::from(diagnostic).repair((timer.settable && hop.known && to < at).then(|| Repair {
        title: format!("set {native} of {name} to {to}"),
        applicability: Applicability::Unsafe,
        changes: vec![Change::SetTimer { hop: index, timer: value.timer.into(), to }],
    }))
}

/// Whether a value is what the platform has by itself.
fn is_default(hop: &ResolvedHop, value: &TimerValue, at: Dur) -> bool {
    hop.timer(value).defaults.iter().any(|default| default.value == DefaultValue::Is(Setting::At(at)))
}
