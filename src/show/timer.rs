//! The page of one timer.

use super::words;
use crate::catalog::{Default, Max, Platform, Timer, TimerLimit, Unlimited};
use crate::duration::Dur;

/// Everything that is known of one timer of a platform, as Markdown.
pub fn page(platform: &Platform, timer: &Timer) -> String {
    let mut out = format!("# {} of {}\n\n", words::code(&timer.id), platform.name);
    body(&mut out, platform, timer);
    out
}

/// The part that a platform's page repeats for each timer.
pub(super) fn body(out: &mut String, platform: &Platform, timer: &Timer) {
    words::put(out, format_args!("{}\n\n", words::sentence(&timer.summary)));
    let mut say = |label: &str, text: String| words::put(out, format_args!("- **{label}**: {text}\n"));
    if is_fixed(timer) {
        say("Setting", "none; nobody can change it".to_owned());
    } else {
        let native = if timer.native.starts_with('(') { timer.native.clone() } else { words::code(&timer.native) };
        let unit = words::unit(timer.unit).map(|unit| format!(", {unit}")).unwrap_or_default();
        let grid = timer.grid.map(|grid| format!(" in steps of {grid}")).unwrap_or_default();
        let fixed = if timer.settable { "" } else { "; users cannot change it" };
        say("Setting", format!("{native}{unit}{grid}{fixed}"));
    }
    if !timer.native_also.is_empty() {
        let also: Vec<String> = timer.native_also.iter().map(|name| words::code(name)).collect();
        say("Also written", also.join(", "));
    }
    let shared: Vec<String> = platform
        .timers
        .iter()
        .filter(|t| t.knob == timer.knob && t.id != timer.id)
        .map(|t| words::code(&t.id))
        .collect();
    if !shared.is_empty() {
        say("Same setting as", shared.join(", "));
    }
    if !timer.when.is_always() {
        say("Exists", words::condition(&timer.when).trim_start().to_owned());
    }
    let phases: Vec<&str> = timer.phases.iter().map(|p| words::phase(*p)).collect();
    say("Runs during", format!("{}, {}, {}", phases.join(" and "), words::side(timer.side), words::scope(timer.scope)));
    let guards: Vec<&str> = timer.guards.iter().map(|g| words::guard(timer, *g)).collect();
    let ends =
        if guards.is_empty() { "nothing that a workload is compared with".to_owned() } else { guards.join("; ") };
    say("Can end", ends);
    say("Default", defaults(&timer.defaults));
    if !timer.limits.is_empty() {
        say("Range", ranges(&timer.limits, limit));
    }
    if let Some(zero) = timer.zero {
        say("0 means", words::zero(zero).to_owned());
    }
    match &timer.unlimited {
        Some(Unlimited::Written(text)) => say("No limit", format!("write {}", words::code(text))),
        Some(Unlimited::Impossible) => say("No limit", "not possible".to_owned()),
        None => {}
    }
    if timer.at_next_write {
        say("Acts", "only at the next write after it; until then the hop inside works on".to_owned());
    }
    if !timer.lazy.is_zero() {
        say("Set again", format!("by a byte that comes {} or more after the one that set it", timer.lazy));
    }
    if timer.any_body {
        say("Watches", "every body, not streams alone, from the headers on".to_owned());
    }
    if timer.late != (Dur::ZERO, Dur::ZERO) {
        say("Fires", format!("between {} and {} after the value", timer.late.0, timer.late.1));
    }
    say("When it fires", on_expiry(timer));
    if let Some(confirm) = &timer.confirm {
        say("How to confirm it", words::line(confirm));
    }
    if let Some(note) = &timer.fact.note {
        say("Note", words::sentence(note));
    }
    say("Checked", words::fact(&timer.fact));
    for row in row_facts(timer) {
        say("Checked", row);
    }
}

/// There is no option at all, not even a hidden one.
fn is_fixed(timer: &Timer) -> bool {
    !timer.settable && (timer.native.starts_with('(') || timer.native == "-")
}

/// `60s`, or `none if version <13; 300s otherwise`.
pub fn defaults(rows: &[Default]) -> String {
    let texts: Vec<String> = rows
        .iter()
        .map(|row| {
            let otherwise = if row.when.is_always() && rows.len() > 1 { " otherwise" } else { "" };
            format!("{}{}{otherwise}", words::default_value(&row.value), words::condition(&row.when))
        })
        .collect();
    texts.join("; ")
}

/// All ranges of a timer, in one line.
pub fn ranges(rows: &[TimerLimit], row: impl Fn(&TimerLimit) -> String) -> String {
    let texts: Vec<String> = rows
        .iter()
        .map(|limit| {
            let otherwise = if limit.when.is_always() && rows.len() > 1 { " otherwise" } else { "" };
            format!("{}{}{otherwise}", row(limit), words::condition(&limit.when))
        })
        .collect();
    texts.join("; ")
}

/// `50ms to 29s`.
pub fn range(limit: &TimerLimit) -> String {
    match (limit.min, limit.max) {
        (Some(min), Some(Max::At(max))) => format!("{min} to {max}"),
        (Some(min), Some(Max::None)) => format!("from {min}, without a ceiling"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(Max::At(max))) => format!("up to {max}"),
        (None, Some(Max::None)) => "no ceiling".to_owned(),
        (None, None) => "not known".to_owned(),
    }
}

/// The range, what happens beyond it, and how a user gets more.
fn limit(limit: &TimerLimit) -> String {
    let or_none = if limit.numbers_only { ", or no limit" } else { "" };
    let bounded = limit.min.is_some() || matches!(limit.max, Some(Max::At(_)));
    let enforced = if bounded { format!(" ({})", words::enforced(limit.enforced)) } else { String::new() };
    let facets: Vec<String> = limit.raised_by.iter().map(|(facet, value)| format!("{facet}: {value}")).collect();
    let state =
        if facets.is_empty() { String::new() } else { format!(", stated as {}", words::code(&facets.join(", "))) };
    let raise = limit.raise.as_ref().map(|raise| format!(", for more: {}{state}", words::line(raise)));
    format!("{}{or_none}{enforced}{}", range(limit), raise.unwrap_or_default())
}

fn on_expiry(timer: &Timer) -> String {
    let expiry = &timer.on_expiry;
    let mut parts: Vec<String> = Vec::new();
    match (expiry.status, &expiry.exception) {
        (Some(status), _) => parts.push(format!("the caller gets status {status}")),
        (None, Some(exception)) => parts.push(format!("the caller gets {}", words::code(exception))),
        (None, None) => parts.push(words::expiry(timer.expiry).to_owned()),
    }
    if let (Some(_), Some(exception)) = (expiry.status, &expiry.exception) {
        parts.push(format!("raised as {}", words::code(exception)));
    }
    if let Some(body) = &expiry.body {
        parts.push(format!("body: {}", words::line(body)));
    }
    if let Some(log) = &expiry.log {
        parts.push(format!("log: {}", words::line(log)));
    }
    if let Some(after) = &expiry.after_headers {
        parts.push(format!("inside a body: {}", words::line(after)));
    }
    match expiry.retried {
        Some(true) => parts.push("the platform tries again after this one".to_owned()),
        Some(false) => parts.push("the platform does not try again after this one".to_owned()),
        None => {}
    }
    parts.join("; ")
}

/// Where defaults and limits have a source of their own.
fn row_facts(timer: &Timer) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    let mut say = |what: String, fact: &crate::catalog::Fact| {
        let note = fact.note.as_ref().map(|note| format!(". {}", words::sentence(note))).unwrap_or_default();
        let same = fact.source == timer.fact.source && fact.how == timer.fact.how && fact.checked == timer.fact.checked;
        if !same || !note.is_empty() {
            said.push(format!("{what}: {}{note}", words::fact(fact)));
        }
    };
    for row in &timer.defaults {
        say(format!("default {}{}", words::default_value(&row.value), words::condition(&row.when)), &row.fact);
    }
    for row in &timer.limits {
        say(format!("range {}{}", range(row), words::condition(&row.when)), &row.fact);
    }
    said
}
