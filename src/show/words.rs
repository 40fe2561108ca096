//! The terms of a platform file in words.

use crate::catalog::facet::When;
use crate::catalog::{
    Confidence, DefaultValue, Enforced, Expiry, Fact, Guard, Phase, Scope, Setting, Side, Timer, Unit, Zero,
};

/// One line of Markdown from text of a data file: it may start no heading, table or new paragraph.
pub fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "\\<")
}

/// The same inside a table.
pub fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// A name as code, also where it holds backticks.
pub fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Adds formatted text; a string takes all of it.
pub fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = std::fmt::Write::write_fmt(out, text);
    debug_assert!(written.is_ok());
}

pub fn list(out: &mut String, title: &str, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    put(out, format_args!("\n## {title}\n\n"));
    for entry in entries {
        put(out, format_args!("- {}\n", line(entry)));
    }
}

/// ` if version <1.29.7`, or nothing for what always holds.
pub fn condition(when: &When) -> String {
    if when.is_always() { String::new() } else { format!(" if {}", line(&when.to_string())) }
}

pub fn setting(setting: Setting) -> String {
    match setting {
        Setting::At(at) => at.to_string(),
        Setting::None => "no limit".to_owned(),
        Setting::Off => "off, no reuse".to_owned(),
    }
}

pub fn default_value(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Is(is) => setting(*is),
        DefaultValue::From(other) => format!("the value of {}", code(other)),
        DefaultValue::Unknown => "not known".to_owned(),
    }
}

pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "the set-up of the connection",
        Phase::Send => "the transfer of the request",
        Phase::FirstByte => "the wait for the response headers",
        Phase::BetweenBytes => "silence between two pieces of the response",
        Phase::Total => "the time from the request's start to the response's end",
        Phase::Keepalive => "the life of an unused connection",
        Phase::Queue => "the wait for a worker, slot or connection",
        Phase::WriteStall => "a peer that does not read",
        Phase::Lifecycle => "the life of a process or connection, not a request",
    }
}

pub fn guard(timer: &Timer, guard: Guard) -> &'static str {
    match guard {
        Guard::WaitBuffered => "the wait for a whole answer",
        Guard::WaitStreaming => "the wait for the start of a stream",
        Guard::Gap => "a silent stretch inside a stream",
        Guard::StreamTotal => "a stream by its length, however busy it is",
        Guard::Upload if timer.upload_total => "a request body by the time it takes in all",
        Guard::Upload => "a request body that stalls",
    }
}

pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Upstream => "towards the provider",
        Side::Downstream => "towards the client",
        Side::Both => "on both sides",
    }
}

pub const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Attempt => "for each attempt anew",
        Scope::Call => "over all attempts",
    }
}

pub const fn expiry(expiry: Expiry) -> &'static str {
    match expiry {
        Expiry::Error => "the caller gets an error",
        Expiry::Close => "the connection is closed without an answer",
        Expiry::Kill => "the process, worker or function is ended",
    }
}

pub const fn zero(zero: Zero) -> &'static str {
    match zero {
        Zero::Instant => "it fires at once",
        Zero::None => "no limit",
        Zero::Unset => "the same as not set",
        Zero::Rejected => "it is refused",
        Zero::Off => "switched off",
    }
}

pub const fn unit(unit: Unit) -> Option<&'static str> {
    match unit {
        Unit::Seconds => Some("a number of seconds"),
        Unit::Millis => Some("a number of milliseconds"),
        Unit::Micros => Some("a number of microseconds"),
        Unit::Minutes => Some("a number of minutes"),
        Unit::Text => Some("a number with a unit, such as 90s"),
        Unit::Go => Some("a Go duration, such as 1m30s"),
        Unit::Gep2257 => Some("a duration of the Gateway API, such as 1m30s"),
        Unit::Iso8601 => Some("an ISO 8601 duration, such as PT90S"),
        Unit::Protobuf => Some("a number of seconds with an s, such as 90s or 1.5s"),
        Unit::None => None,
    }
}

pub const fn enforced(enforced: Enforced) -> &'static str {
    match enforced {
        Enforced::Refused => "other values are refused",
        Enforced::Clipped => "a longer value is accepted and cut to it",
        Enforced::Ceiling => "the platform stops there whatever is set",
        Enforced::Advisory => "advised, not enforced",
    }
}

pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Memory => "from memory, never used for a finding",
        Confidence::Secondary => "from others' reports, at most a warning",
        Confidence::Documented => "documented",
        Confidence::SourceCode => "read in the source code",
        Confidence::Measured => "measured",
        Confidence::Required => "named by the requirements",
    }
}

/// `measured 2026-11-22: nginx 1.22.1 on loopback ... Source: https://...`
pub fn fact(fact: &Fact) -> String {
    format!(
        "{}, {}: {}. Source: {}",
        confidence(fact.checked),
        fact.date,
        line(fact.how.trim_end_matches('.')),
        line(&fact.source)
    )
}

/// A sentence with a capital and a full stop.
pub fn sentence(text: &str) -> String {
    let text = line(text);
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
