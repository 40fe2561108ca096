//! A run as data: the contract of the JSON. `schemas/hoplint-simulate.schema.json` is made from these types.

use super::words;
use super::{Files, Simulated};
use crate::catalog::Guard;
use crate::duration::Dur;
use crate::report::Options;
use crate::report::places::{At, Places};
use crate::resolve::Resolved;
use crate::simulate::{EventKind, Fired, Orphan, Run, Seen, Work, hop_at};
use crate::span::Loc;
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// What `hoplint simulate --format json` prints.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(title = "hoplint simulate, version 1"))]
pub(super) struct Report<'a> {
    /// The version of this format. A change that could break a reader raises it; a new field does not.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    version: u32,
    /// The hoplint that wrote this.
    tool_version: &'a str,
    chains: Vec<OneRun<'a>>,
}

/// One request through one chain.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct OneRun<'a> {
    /// Relative to the folder where hoplint ran, with `/`.
    file: &'a str,
    chain: &'a str,
    /// What the provider does, in words.
    request: &'a str,
    /// What unstated facets are taken to be.
    assumed: Vec<Assumption<'a>>,
    notes: &'a [String],
    /// In order of time.
    events: Vec<Happening<'a>>,
    client: Client<'a>,
    /// When the user knows; absent where never.
    ended: Option<Time>,
    /// The timer that decided what the client sees, by its place in `fired`.
    decided_by: Option<usize>,
    fired: Vec<Firing<'a>>,
    /// Calls that reached each hop, from the outermost inwards.
    calls: Vec<Calls<'a>>,
    /// Work whose caller had left.
    orphans: Vec<ForNobody<'a>>,
    /// The calls of the innermost hop.
    provider: Vec<Call<'a>>,
    /// There were more calls than anybody counts; the rest was left out.
    cut_short: bool,
}

/// A moment or a duration; moments count from the user's click.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Time {
    /// Such as `90s`, `2.2s` or `500ms`.
    text: String,
    seconds: f64,
}

impl From<Dur> for Time {
    fn from(dur: Dur) -> Self {
        Self { text: dur.to_string(), seconds: dur.as_secs_f64() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Assumption<'a> {
    hop: &'a str,
    facet: &'a str,
    value: &'a str,
}

/// Something that happens at a hop.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Happening<'a> {
    at: Time,
    hop: &'a str,
    /// Of the hop's caller for what comes from outside, of the hop itself for its timers and repetitions.
    attempt: u32,
    kind: Kind,
    /// The same in words.
    text: String,
    /// The status that is sent, where one is.
    status: Option<u16>,
    /// By its place in `fired`.
    fired: Option<usize>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Arrives,
    Refuses,
    NoConnection,
    Headers,
    Answers,
    Breaks,
    Fails,
    Fires,
    Repeats,
    FallsBack,
    GivesUp,
    IsLeft,
    IsKilled,
    EndsUnheard,
    UserLeaves,
}

/// What the user of the outermost hop sees.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Client<'a> {
    seen: Outcome,
    status: Option<u16>,
    exception: Option<&'a str>,
    body: Option<&'a str>,
    /// When the first byte of a broken answer came.
    first_byte: Option<Time>,
    text: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Answer,
    Error,
    Truncated,
    Left,
    Nothing,
}

/// A timer that fired.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Firing<'a> {
    hop: &'a str,
    /// Its native name; absent for a deadline of the platform's retries.
    timer: Option<&'a str>,
    /// `wait.buffered`, `wait.streaming`, `gap`, `stream-total` or `upload`; absent where it ended an attempt to connect.
    guard: Option<&'static str>,
    attempt: u32,
    since: Time,
    at: Time,
    /// The timer, its value and where that comes from.
    text: String,
    /// Where the value is written.
    location: Option<At<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Calls<'a> {
    hop: &'a str,
    calls: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct ForNobody<'a> {
    hop: &'a str,
    from: Time,
    /// Absent: for ever.
    until: Option<Time>,
    /// Calls of the innermost hop that run or start in that time.
    calls: u64,
    /// Nobody knows whether it goes on; it was taken to.
    assumed: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Call<'a> {
    hop: &'a str,
    started: Time,
    /// Absent: never.
    ended: Option<Time>,
    finished: bool,
    cancelled: Option<Time>,
    /// Its answer reached the user.
    wanted: bool,
}

pub(super) fn report<'a>(files: &'a Files, all: &'a [Simulated<'_>], options: &Options) -> Report<'a> {
    let places = Places::new(&files.0.sources);
    let at = |loc: Loc| Some(files.at(&places, loc)?.at());
    Report { version: 1, tool_version: options.version, chains: all.iter().map(|one| one_run(one, &at)).collect() }
}

fn one_run<'a>(one: &'a Simulated<'_>, at: &dyn Fn(Loc) -> Option<At<'a>>) -> OneRun<'a> {
    let (chain, run) = (one.chain, &one.run);
    OneRun {
        file: one.file,
        chain: &chain.name,
        request: &one.asked,
        assumed: one
            .assumed
            .iter()
            .map(|a| Assumption { hop: words::name(chain, a.hop), facet: &a.facet, value: &a.value })
            .collect(),
        notes: &one.notes,
        events: happenings(chain, run),
        client: client(chain, run),
        ended: run.ended.map(Time::from),
        decided_by: run.blame,
        fired: run.fired.iter().map(|fired| firing(chain, fired, at)).collect(),
        calls: run
            .calls
            .iter()
            .enumerate()
            .map(|(hop, calls)| Calls { hop: words::name(chain, hop), calls: *calls })
            .collect(),
        orphans: run.orphans.iter().map(|orphan| for_nobody(chain, orphan)).collect(),
        provider: run.provider.iter().map(|work| call(chain, work)).collect(),
        cut_short: run.cut_short,
    }
}

fn happenings<'a>(chain: &'a Resolved, run: &Run) -> Vec<Happening<'a>> {
    let told = run.events.iter().map(|event| {
        let (kind, status, fired) = match &event.kind {
            EventKind::Arrives => (Kind::Arrives, None, None),
            EventKind::Refuses => (Kind::Refuses, None, None),
            EventKind::NoConnection => (Kind::NoConnection, None, None),
            EventKind::Headers { status } => (Kind::Headers, Some(*status), None),
            EventKind::Answers { status } => (Kind::Answers, Some(*status), None),
            EventKind::Breaks => (Kind::Breaks, None, None),
            EventKind::Fails { .. } => (Kind::Fails, None, None),
            EventKind::Fires { fired } => (Kind::Fires, None, Some(*fired)),
            EventKind::Repeats { .. } => (Kind::Repeats, None, None),
            EventKind::FallsBack { .. } => (Kind::FallsBack, None, None),
            EventKind::GivesUp { .. } => (Kind::GivesUp, None, None),
            EventKind::IsLeft { .. } => (Kind::IsLeft, None, None),
            EventKind::IsKilled => (Kind::IsKilled, None, None),
            EventKind::EndsUnheard => (Kind::EndsUnheard, None, None),
            EventKind::UserLeaves => (Kind::UserLeaves, None, None),
        };
        Happening {
            at: event.at.into(),
            hop: words::name(chain, event.hop),
            attempt: event.attempt,
            kind,
            text: words::event(chain, run, event),
            status,
            fired,
        }
    });
    told.collect()
}

fn client<'a>(chain: &Resolved, run: &'a Run) -> Client<'a> {
    let text = words::seen(chain, run);
    let plain =
        |seen, status| Client { seen, status, exception: None, body: None, first_byte: None, text: text.clone() };
    match &run.client {
        Seen::Answer { status } => plain(Outcome::Answer, Some(*status)),
        Seen::Error { status, exception, body } => {
            Client { exception: exception.as_deref(), body: body.as_deref(), ..plain(Outcome::Error, *status) }
        }
        Seen::Truncated { status, first_byte, .. } => {
            Client { first_byte: Some((*first_byte).into()), ..plain(Outcome::Truncated, Some(*status)) }
        }
        Seen::Left => plain(Outcome::Left, None),
        Seen::Nothing => plain(Outcome::Nothing, None),
    }
}

fn firing<'a>(chain: &'a Resolved, fired: &Fired, at: &dyn Fn(Loc) -> Option<At<'a>>) -> Firing<'a> {
    let hop = hop_at(chain, fired.hop);
    Firing {
        hop: hop.name(),
        timer: fired.value.map(|value| crate::rules::say::native(hop.timer(&value))),
        guard: fired.guard.map(Guard::name),
        attempt: fired.attempt,
        since: fired.since.into(),
        at: fired.at.into(),
        text: words::timer(chain, fired),
        location: words::written(fired).and_then(at),
    }
}

fn for_nobody<'a>(chain: &'a Resolved, orphan: &Orphan) -> ForNobody<'a> {
    ForNobody {
        hop: words::name(chain, orphan.hop),
        from: orphan.from.into(),
        until: orphan.until.map(Time::from),
        calls: orphan.calls,
        assumed: orphan.assumed,
    }
}

fn call<'a>(chain: &'a Resolved, work: &Work) -> Call<'a> {
    Call {
        hop: words::name(chain, work.hop),
        started: work.started.into(),
        ended: work.ended.map(Time::from),
        finished: work.finished,
        cancelled: work.cancelled.map(Time::from),
        wanted: work.wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::tests::check_schema;

    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        check_schema::<Report<'_>>("hoplint-simulate.schema.json");
    }
}
