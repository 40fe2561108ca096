use super::{Change, Context, Finding, Findings, Repair, pair, rule, say};
use crate::catalog::{Confidence, Guard, Scope, Setting, Timer};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::model::Order;
use crate::resolve::hop::Firing;
use crate::resolve::one::ceiling;
use crate::resolve::{HopCase, ResolvedHop, TimerValue};
use crate::span::Loc;

rule! {
    /// A timer can never fire, because another one of the same hop always fires first.
    ///
    /// ## What it does
    /// For each value that somebody wrote, looks for another setting of the same hop, or a fixed cap of its platform,
    /// that ends the same wait earlier in every case. A value above its own limit is `limit-exceeded`; a hop outside
    /// that gives up first is a matter of the order.
    ///
    /// ## Why it matters
    /// Whoever wrote the value believes that it grants the time. Requests end earlier, with the other timer's error.
    "unreachable-timer", Warning, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    for (index, hop) in context.chain.hops.iter().enumerate() {
        let Some(case) = hop.cases.first() else { continue };
        let mut knobs: Vec<&str> = Vec::new();
        for value in &case.timers {
            let timer = hop.timer(value);
            let shared = value.provenance.loc().is_some_and(|at| stands_outside(hop, at));
            if !value.provenance.is_written() || shared || knobs.contains(&timer.knob.as_str()) {
                continue;
            }
            if let Some(other) = preceding(hop, case, value) {
                knobs.push(&timer.knob);
                findings.push(finding(context, index, value, other));
            }
        }
    }
}

/// Whether a deployed value stands outside of the hop's own block, where it serves others as well.
fn stands_outside(hop: &ResolvedHop, at: Loc) -> bool {
    let body = hop.spec.body;
    let inside = at.file == body.file && body.span.start <= at.span.start && at.span.end <= body.span.end;
    hop.spec.expected.is_none() && hop.spec.is_deployed(at) && !inside
}

/// The earliest timer of another knob that ends all that `value` could end, in every case of the hop.
fn preceding<'a>(hop: &ResolvedHop, case: &'a HopCase, value: &TimerValue) -> Option<&'a TimerValue> {
    let others = case.timers.iter().filter(|other| {
        other.confidence >= Confidence::Documented
            && at(other) < at(value)
            && hop.cases.iter().all(|case| always_first(hop, case, value.timer, other.timer))
    });
    others.min_by_key(|other| at(other))
}

fn always_first(hop: &ResolvedHop, case: &HopCase, timer: u16, other: u16) -> bool {
    let find = |index: u16| case.timers.iter().find(|v| v.timer == index);
    let (Some(value), Some(first)) = (find(timer), find(other)) else { return false };
    let (timer, earlier) = (hop.timer(value), hop.timer(first));
    let (Some(at), Some(ends)) = (at(value), at(first)) else { return false };
    timer.knob != earlier.knob
        && timer.guards.iter().any(|g| *g != Guard::Upload)
        && timer.guards.iter().filter(|g| **g != Guard::Upload).all(|guard| ends_too(earlier, *guard))
        && longest(case, timer, earlier, first, ends) < at
}

/// Whether a timer also ends what `guard` waits for. A bound on the whole stream bounds its silences.
fn ends_too(timer: &Timer, guard: Guard) -> bool {
    timer.guards.contains(&guard) || (guard == Guard::Gap && timer.guards.contains(&Guard::StreamTotal))
}

/// How long the earlier timer lets the hop wait: several attempts of it count against a timer over the whole call.
fn longest(case: &HopCase, timer: &Timer, earlier: &Timer, value: &TimerValue, at: Dur) -> Dur {
    let firing = Firing { at, late: earlier.late, retried: earlier.on_expiry.retried, value: *value };
    match (timer.scope, earlier.scope) {
        (Scope::Call, Scope::Attempt) => case.attempts.answer(&firing).latest,
        _ => firing.latest(),
    }
}

fn at(value: &TimerValue) -> Option<Dur> {
    match value.setting {
        Some(Setting::At(at)) => Some(at),
        _ => None,
    }
}

fn finding(context: &Context, index: usize, value: &TimerValue, other: &TimerValue) -> Finding {
    let chain = context.chain;
    let hop = &chain.hops[index];
    let name = hop.name();
    let (timer, earlier) = (hop.timer(value), hop.timer(other));
    let message = format!(
        "{} {} of {name} never fires: {} ends the wait after {}",
        say::native(timer),
        say::setting(value.setting),
        say::native(earlier),
        say::setting(other.setting)
    );
    let mut diagnostic = say::about(RULE.name, Severity::Warning, chain, index, message)
        .label(say::place(hop, value), say::value(hop, value))
        .label(say::place(hop, other), say::value(hop, other));
    let guard = earlier.guards.first().copied().unwrap_or(Guard::WaitBuffered);
    if let (Some(case), Some(ends)) = (hop.cases.first(), at(other)) {
        let firing = Firing { at: ends, late: earlier.late, retried: earlier.on_expiry.retried, value: *other };
        diagnostic = diagnostic.note(say::symptom(hop, case, guard, &firing));
    }
    let wanted = at(value).unwrap_or_default();
    let to = wanted.ceil_to(earlier.grid.unwrap_or_default());
    let limit = other.limit_row.map(|row| &earlier.limits[usize::from(row)]);
    let most = ceiling(earlier, &hop.spec, &hop.platform, limit);
    if !earlier.settable || most.is_some_and(|most| most < to) {
        let far = most.filter(|_| earlier.settable).map_or_else(String::new, |most| format!(" above {most}"));
        diagnostic.help = Some(format!(
            "{} cannot be raised{far}; set {} of {name} below {} so that the file says what happens",
            say::native(earlier),
            say::native(timer),
            say::setting(other.setting)
        ));
        return diagnostic.into();
    }
    diagnostic.help = Some(format!(
        "set {} of {name} to {to} as well, or {} below {}",
        say::native(earlier),
        say::native(timer),
        say::setting(other.setting)
    ));
    Finding::from(diagnostic).repair(Some(Repair {
        title: format!("set {} of {name} to {to}", say::native(earlier)),
        // Where the order wants the earlier value low, a person says which of the two was meant.
        applicability: if fits_order(context, index, earlier, to) { Applicability::Unsafe } else { Applicability::Display },
        changes: vec![Change::SetTimer { hop: index, timer: other.timer.into(), to }],
    }))
}

/// Whether a hop that gives up as late as `to` keeps its margin to the neighbour that must be later still.
fn fits_order(context: &Context, index: usize, timer: &Timer, to: Dur) -> bool {
    let keeps = |guard: &Guard| {
        let path = context.path(*guard);
        path.pairs_of(index).all(|(lower, upper)| {
            lower.hop != index || lower.low(to) <= path.margin.below(upper.high(upper.firing.at), path.order)
        })
    };
    context.chain.order == Order::Unordered || pair::ORDERED.iter().filter(|guard| timer.guards.contains(guard)).all(keeps)
}
