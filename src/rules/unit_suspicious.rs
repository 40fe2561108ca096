use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{DefaultValue, Phase, Setting, Timer, Unit};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::TimerValue;
use crate::span::Loc;

rule! {
    /// A value looks as if its unit were wrong.
    ///
    /// ## What it does
    /// Looks for written values far away from what the setting is made for: below a second where the default is ten
    /// seconds or more, or where the work needs a multiple and a thousand times the value would do; above a day and a
    /// thousand times the default; and hours that are no whole hours but whole thousands of seconds. A keep-alive below
    /// 200 ms and a connect timeout below 20 ms count as well.
    ///
    /// ## Why it matters
    /// Plain numbers mean seconds on one platform and milliseconds on the next. A timeout of 300 that was meant in
    /// seconds ends every request after 0.3 s; one that was meant in milliseconds never ends any.
    "unit-suspicious", Warning, fix: None, check
}

const SHORT: Dur = Dur::from_secs(1);
const LONG_DEFAULT: Dur = Dur::from_secs(10);
const LONG: Dur = Dur::from_secs(86_400);
/// Below these nobody sets up or keeps a connection.
const NO_KEEPALIVE: Dur = Dur::from_millis(200);
const NO_CONNECT: Dur = Dur::from_millis(20);
/// From here on thousands of seconds look like milliseconds.
const HOURS: Dur = Dur::from_secs(15_000);
const HOUR: Dur = Dur::from_secs(3_600);
const THOUSAND: Dur = Dur::from_secs(1_000);

fn check(context: &Context, findings: &mut Findings) {
    for (index, hop) in context.chain.hops.iter().enumerate() {
        let mut seen: Vec<Loc> = Vec::new();
        for value in hop.cases.iter().flat_map(|case| &case.timers) {
            let Some(Setting::At(at)) = value.clipped_from.or(value.setting) else { continue };
            let place = say::place(hop, value);
            if !value.provenance.is_written() || seen.contains(&place) {
                continue;
            }
            if let Some(meant) = meant(hop.timer(value), at, hop.needs.wait.map(|need| need.at)) {
                seen.push(place);
                findings.push(finding(context, index, value, at, meant));
            }
        }
    }
}

/// The value with the other unit, where that is nearer to what the timer is made for.
fn meant(timer: &Timer, at: Dur, need: Option<Dur>) -> Option<Dur> {
    if at.is_zero() {
        return None;
    }
    let (more, less) = (at.times(1000), at.scaled(1, 1000));
    let usual = default(timer);
    if timer.guards.is_empty() {
        let least = match timer.phases.as_slice() {
            [Phase::Keepalive] => NO_KEEPALIVE,
            [Phase::Connect] => NO_CONNECT,
            _ => return None,
        };
        return (at < least && usual.is_some_and(|usual| usual >= SHORT)).then_some(more);
    }
    let short = usual.map_or_else(|| is_unlimited(timer) && need.is_none(), |usual| usual >= LONG_DEFAULT) && at < SHORT;
    let odd = at < SHORT || (at < LONG_DEFAULT && !at.is_on(SHORT));
    let starved = need.is_some_and(|need| need >= at.times(10) && more >= need);
    if short || (odd && starved) {
        return Some(more);
    }
    let endless = at > LONG && usual.is_some_and(|usual| at >= usual.times(1000));
    let thousands = at >= HOURS && at.is_on(THOUSAND) && !at.is_on(HOUR);
    let idle = usual.is_some_and(|usual| at >= usual.times(50)) || need.is_some_and(|need| at >= need.times(500));
    (endless || (thousands && idle && need.is_none_or(|need| less >= need))).then_some(less)
}

/// The smallest default that is a time.
fn default(timer: &Timer) -> Option<Dur> {
    let found = timer.defaults.iter().filter_map(|default| match default.value {
        DefaultValue::Is(Setting::At(at)) if !at.is_zero() => Some(at),
        _ => None,
    });
    found.min()
}

/// Left alone it waits for ever, or for a time that each installation decides.
fn is_unlimited(timer: &Timer) -> bool {
    timer.defaults.iter().any(|default| !matches!(default.value, DefaultValue::Is(Setting::At(_) | Setting::Off)))
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
    let mut diagnostic = say::about(RULE.name, Severity::Warning, context.chain, index, message)
        .label(say::place(hop, value), say::value(hop, value));
    if let Some(usual) = default(timer) {
        diagnostic = diagnostic.note(format!("{native} of {} is {usual} by default.{unit}", hop.platform.name));
    }
    if meant > at {
        let fails = if timer.guards.is_empty() { "no connection is set up or kept" } else { "no model answers in time: nearly every request fails" };
        diagnostic = diagnostic.note(format!("With {at} {fails}."));
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
