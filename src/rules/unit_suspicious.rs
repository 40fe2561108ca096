use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{DefaultValue, Setting, Timer, Unit};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::TimerValue;
use crate::span::Loc;

rule! {
    /// A value looks as if its unit were wrong.
    ///
    /// ## What it does
    /// Looks for written values far away from what the setting is made for: below a second where the default is ten
    /// seconds or more and the setting takes plain numbers, and above a day and a thousand times the default.
    ///
    /// ## Why it matters
    /// Plain numbers mean seconds on one platform and milliseconds on the next. A timeout of 300 that was meant in
    /// seconds ends every request after 0.3 s; one that was meant in milliseconds never ends any.
    "unit-suspicious", Warning, fix: None, check
}

const SHORT: Dur = Dur::from_secs(1);
const LONG_DEFAULT: Dur = Dur::from_secs(10);
const LONG: Dur = Dur::from_secs(86_400);

fn check(context: &Context, findings: &mut Findings) {
    for (index, hop) in context.chain.hops.iter().enumerate() {
        let mut seen: Vec<Loc> = Vec::new();
        for value in hop.cases.iter().flat_map(|case| &case.timers) {
            let Some(Setting::At(at)) = value.clipped_from.or(value.setting) else { continue };
            let place = say::place(hop, value);
            if !value.provenance.is_written() || seen.contains(&place) {
                continue;
            }
            if let Some(meant) = meant(hop.timer(value), at) {
                seen.push(place);
                findings.push(finding(context, index, value, at, meant));
            }
        }
    }
}

/// The value with the other unit, where that is nearer to what the timer is made for.
fn meant(timer: &Timer, at: Dur) -> Option<Dur> {
    if timer.guards.is_empty() {
        return None;
    }
    let usual = default(timer)?;
    let plain = matches!(timer.unit, Unit::Seconds | Unit::Millis);
    if plain && !at.is_zero() && at < SHORT && usual >= LONG_DEFAULT {
        return Some(at.times(1000));
    }
    (at > LONG && at >= usual.times(1000)).then(|| at.scaled(1, 1000))
}

/// The smallest default that is a time.
fn default(timer: &Timer) -> Option<Dur> {
    let found = timer.defaults.iter().filter_map(|default| match default.value {
        DefaultValue::Is(Setting::At(at)) if !at.is_zero() => Some(at),
        _ => None,
    });
    found.min()
}

fn finding(context: &Context, index: usize, value: &TimerValue, at: Dur, meant: Dur) -> Finding {
    let hop = &context.chain.hops[index];
    let (name, timer) = (hop.name(), hop.timer(value));
    let native = say::native(timer);
    let message = format!("{native} of {name} is set to {at}; was {meant} meant?");
    let unit = match timer.unit {
        Unit::Seconds => " It takes seconds.",
        Unit::Millis => " It takes milliseconds.",
        _ => "",
    };
    let usual = default(timer).unwrap_or_default();
    let mut diagnostic = say::about(RULE.name, Severity::Warning, context.chain, index, message)
        .label(say::place(hop, value), say::value(hop, value))
        .note(format!("{native} of {} is {usual} by default.{unit}", hop.platform.name));
    if meant > at {
        diagnostic = diagnostic.note(format!("With {at} no model answers in time: nearly every request fails."));
    }
    diagnostic.help =
        Some(format!("set {native} of {name} to {meant}, or silence this rule with a reason if {at} is right"));
    Finding::from(diagnostic).repair(Some(Repair {
        title: format!("set {native} of {name} to {meant}"),
        // A question, and only a person knows the answer.
        applicability: Applicability::Display,
        changes: vec![Change::SetTimer { hop: index, timer: value.timer.into(), to: meant }],
    }))
}
