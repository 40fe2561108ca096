//! The sentences that rules share: a value with where it comes from, and what a caller sees when a timer fires.

use crate::catalog::{Confidence, Expiry, Guard, Max, Setting, Timer};
use crate::diag::{Diagnostic, Severity};
use crate::duration::Dur;
use crate::resolve::hop::Firing;
use crate::resolve::{HopCase, Provenance, Resolved, ResolvedHop, TimerValue};
use crate::span::Loc;

/// `read_timeout 60s (default of Kong)`, `timeout 90s (declared)`.
pub fn value(hop: &ResolvedHop, value: &TimerValue) -> String {
    let timer = hop.timer(value);
    format!("{} {} ({})", native(timer), setting(value.setting), provenance(hop, value))
}

/// The option's own name, or what the timer is where nobody can set it.
pub fn native(timer: &Timer) -> &str {
    if timer.native.starts_with('(') || timer.native == "-" { &timer.id } else { &timer.native }
}

pub fn setting(setting: Option<Setting>) -> String {
    match setting {
        Some(Setting::At(at)) => at.to_string(),
        Some(Setting::None) => "without a limit".to_owned(),
        Some(Setting::Off) => "off".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// Where a value comes from, in a few words.
pub fn provenance(hop: &ResolvedHop, value: &TimerValue) -> String {
    let name = &hop.platform.name;
    if let Some(from) = value.clipped_from {
        return format!("a hard limit of {name}; {} is declared", setting(Some(from)));
    }
    match value.provenance {
        Provenance::Declared(_) => "declared".to_owned(),
        Provenance::Shorthand(_) => "declared as timeout".to_owned(),
        Provenance::Bound(_) => "deployed".to_owned(),
        Provenance::Unseen(_) => "deployed, but not known".to_owned(),
        Provenance::Claimed(_) => format!("claimed; {name} has no such setting"),
        Provenance::Default => format!("default of {name}"),
        Provenance::Fixed => format!("fixed by {name}"),
        Provenance::Inherited => format!("{name} takes it from another timer"),
    }
}

/// Where to point for a value: at the text that sets it, else at the hop.
pub fn place(hop: &ResolvedHop, value: &TimerValue) -> Loc {
    value.provenance.loc().unwrap_or(hop.spec.at)
}

/// What the caller of a hop sees when this timer ends an attempt: one sentence.
pub fn symptom(hop: &ResolvedHop, case: &HopCase, guard: Guard, firing: &Firing) -> String {
    let timer = hop.timer(&firing.value);
    let (expiry, who) = (&timer.on_expiry, hop.name());
    let after_headers = matches!(guard, Guard::Gap | Guard::StreamTotal);
    if after_headers {
        let sees = expiry.after_headers.as_deref().unwrap_or("the stream is cut after its 200");
        return format!("When it fires ({}), the caller of {who} sees: {sees}.", after(firing.at));
    }
    let answer = case.attempts.answer(firing);
    let tries = if answer.attempts > 1 {
        format!(", after {} attempts and up to {}", answer.attempts, answer.latest)
    } else {
        format!(" {}", after(firing.at))
    };
    if let Some(exception) = &expiry.exception {
        return format!("{who} raises {exception}{tries}.");
    }
    let body = expiry.body.as_deref().map(|b| format!(" with body {}", shorten(b))).unwrap_or_default();
    match (expiry.status.filter(|s| *s > 0), timer.expiry) {
        (Some(status), Expiry::Kill) => {
            format!("The worker is killed and the caller of {who} gets {status}{body}{tries}.")
        }
        (Some(status), _) => format!("The caller of {who} gets {status}{body}{tries}."),
        (None, Expiry::Kill) => {
            format!("The worker is killed{tries}, and the caller of {who} sees the connection end.")
        }
        (None, Expiry::Close) => format!("{who} closes the connection{tries} without an answer."),
        (None, Expiry::Error) => format!("The request fails at {who}{tries}."),
    }
}

fn after(at: Dur) -> String {
    format!("after {at}")
}

/// Bodies are shown, not quoted in full.
pub fn shorten(body: &str) -> String {
    let line: String = body.lines().next().unwrap_or("").chars().take(60).collect();
    if line.len() < body.len() { format!("`{line}...`") } else { format!("`{line}`") }
}

/// Whether a timer's limits allow a value, those that a vendor only advises included: no repair may lead to a finding.
pub fn allows(hop: &ResolvedHop, value: &TimerValue, to: Dur) -> bool {
    let timer = hop.timer(value);
    let limit = value.limit_row.map(|row| &timer.limits[usize::from(row)]);
    let hard = crate::resolve::one::ceiling(timer, &hop.spec, &hop.platform, limit);
    let advised = limit.and_then(|limit| match limit.max {
        Some(Max::At(max)) => Some(max),
        _ => None,
    });
    let own = hop.spec.limits.iter().any(|limit| limit.max.is_some());
    hard.or(advised.filter(|_| !own)).is_none_or(|most| to <= most)
}

/// Whether a timer accepts no value as low as this in some case of its hop. Zero means something else everywhere.
pub fn is_below_minimum(hop: &ResolvedHop, timer: usize, to: Dur) -> bool {
    if to.is_zero() {
        return true;
    }
    let rows = hop.cases.iter().filter_map(|case| case.timer_value(timer)?.limit_row);
    rows.filter_map(|row| hop.platform.timers[timer].limits[usize::from(row)].min).any(|least| to < least)
}

/// A diagnostic about a hop, with its chain and hop filled in.
pub fn about(rule: &'static str, severity: Severity, chain: &Resolved, hop: usize, message: String) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(rule, severity, message);
    diagnostic.chain = Some(chain.name.clone());
    diagnostic.hop = Some(chain.hops[hop].name().to_owned());
    diagnostic
}

/// An error can only rest on facts that somebody documented, read in source or measured.
pub fn at_most_warning_if_weak(severity: Severity, values: &[&TimerValue]) -> Severity {
    let weak = values.iter().any(|v| v.confidence < Confidence::Documented);
    if weak { severity.min(Severity::Warning) } else { severity }
}

/// `depends on version: before 1.29.7` for the facets that decide, as a note.
pub fn deciding(facets: &[(String, Vec<String>)]) -> Option<String> {
    let parts: Vec<String> =
        facets.iter().map(|(facet, values)| format!("`{facet}` ({})", values.join(", "))).collect();
    (!parts.is_empty())
        .then(|| format!("It depends on {}, which the hop does not state; add it under `with:`.", parts.join(" and ")))
}
