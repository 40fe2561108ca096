//! What logs told, as data: the types are a part of `schemas/hoplint-diagnose.schema.json`.

use crate::diagnose::facts::{Facts, Pattern};
use crate::diagnose::from_log::{self, Event};
use crate::diagnose::histogram::histogram;
use crate::diagnose::log::reading::Reading;
use crate::duration::Dur;
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// The logs of one format, and what has a cause in them.
pub struct Found<'a> {
    pub reading: &'a Reading,
    pub events: &'a [Event],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Log<'a> {
    pub files: &'a [String],
    /// Such as `envoy`; `custom` where it was written out.
    pub format: &'a str,
    /// The platform that writes such logs, where only one does.
    pub platform: Option<&'static str>,
    /// What had to be guessed.
    pub notes: &'a [String],
    pub lines: u64,
    pub requests: u64,
    /// How many of the requests have a duration.
    pub timed: u64,
    /// 5xx, 408, 499, 460, no status, and answers that a flag says were cut.
    pub failed: u64,
    /// Lines that are no requests.
    pub unread: u64,
    pub first_unread: Vec<Unread<'a>>,
    /// By the log's own clock.
    pub first: Option<String>,
    pub last: Option<String>,
    pub histogram: Vec<Row>,
    pub events: Vec<Told<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Unread<'a> {
    pub file: &'a str,
    pub line: u64,
    pub text: &'a str,
}

/// Requests that took at least `from` and less than `to`.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Row {
    pub from: String,
    pub to: Option<String>,
    pub requests: u64,
    /// Places among the events.
    pub cliffs: Vec<usize>,
}

/// A cliff, or failures of one kind without a common duration.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Told<'a> {
    pub kind: Kind,
    /// Absent where nothing was sent.
    pub status: Option<u16>,
    pub flags: &'a str,
    pub requests: u64,
    /// Of all requests, in parts per million.
    pub share_ppm: u64,
    /// The shortest and the longest of them.
    pub from: Option<String>,
    pub to: Option<String>,
    pub mean: Option<String>,
    /// How many requests of this length there would be without a cause; for cliffs.
    pub expected: Option<f64>,
    pub first: Option<String>,
    pub last: Option<String>,
    /// How often most were sent to an upstream, where the log tells.
    pub attempts: Option<u32>,
    /// The longest attempt at an upstream, on average.
    pub upstream: Option<String>,
    /// No upstream answered most of them.
    pub unanswered: bool,
    /// The path that most have.
    pub path: Option<&'a str>,
    /// The program that sent most of them.
    pub agent: Option<&'a str>,
    pub pattern: Option<When>,
    /// The place of its diagnosis; absent where nothing was seen that could name a timer.
    pub diagnosis: Option<usize>,
}

#[derive(Clone, Copy, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Cliff,
    Failures,
}

/// When such requests come.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct When {
    /// `after-pause`, `hours` or `long-requests`.
    pub name: &'static str,
    pub words: String,
}

pub(super) fn log<'a>(read: &Found<'a>) -> Log<'a> {
    let Found { reading, events } = *read;
    let (tally, format) = (&reading.tally, &reading.format);
    let cliffs = tally.cliffs();
    let rows = histogram(tally, &cliffs).into_iter();
    let expected =
        |event: &Event| event.cliff.and_then(|i| cliffs.get(i)).map(|cliff| (cliff.expected * 100.0).round() / 100.0);
    Log {
        files: &reading.files,
        format: &format.name,
        platform: format.platform,
        notes: &format.notes,
        lines: reading.lines,
        requests: reading.records(),
        timed: tally.timed,
        failed: from_log::failed(tally),
        unread: reading.broken,
        first_unread: reading
            .first_broken
            .iter()
            .map(|line| Unread { file: &line.file, line: line.number, text: &line.text })
            .collect(),
        first: tally.all.first.map(|time| time.to_string()),
        last: tally.all.last.map(|time| time.to_string()),
        histogram: rows
            .map(|bar| Row {
                from: bar.from.to_string(),
                to: bar.to.map(|to| to.to_string()),
                requests: bar.count,
                cliffs: bar.cliffs,
            })
            .collect(),
        events: events.iter().map(|event| told(event, expected(event), reading)).collect(),
    }
}

fn told<'a>(event: &'a Event, expected: Option<f64>, reading: &Reading) -> Told<'a> {
    let facts = &event.facts;
    let timed = facts.least <= facts.greatest;
    Told {
        kind: if event.cliff.is_some() { Kind::Cliff } else { Kind::Failures },
        status: event.status.filter(|status| *status > 0),
        flags: &event.flags,
        requests: facts.count,
        share_ppm: facts.count * 1_000_000 / reading.records().max(1),
        from: timed.then(|| precise(facts.least)),
        to: timed.then(|| precise(facts.greatest)),
        mean: facts.mean().map(precise),
        expected,
        first: facts.first.map(|time| time.to_string()),
        last: facts.last.map(|time| time.to_string()),
        attempts: facts.attempts(),
        upstream: facts.upstream().map(precise),
        unanswered: facts.unanswered(),
        path: facts.path(),
        agent: facts.agent(),
        pattern: event.pattern.map(|pattern| when(pattern, facts)),
        diagnosis: event.diagnosis,
    }
}

fn precise(took: Dur) -> String {
    took.to_string()
}

fn when(pattern: Pattern, facts: &Facts) -> When {
    let of = |count: u64| if count == facts.count { "all".to_owned() } else { format!("{count} of {}", facts.count) };
    let (name, words) = match pattern {
        Pattern::AfterPause { pause, count } => {
            ("after-pause", format!("{} came after a silence of {pause} or more", of(count)))
        }
        Pattern::Hours { from, to, count } => {
            ("hours", format!("{} came between {from:02}:00 and {to:02}:00, more than the traffic explains", of(count)))
        }
        Pattern::LongRequests { own, usual } => {
            ("long-requests", format!("their requests are long: {own} on average, {usual} over all"))
        }
    };
    When { name, words }
}
