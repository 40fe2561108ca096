//! The sweep over how long an answer takes, told in words: who ends it, what the client sees, who works on for nobody.

use super::lanes::Which;
use super::outcome::{Fires, RunsOn, Seen, Span, Sweep};
use super::{Time, View};
use crate::duration::Dur;
use crate::model::workload::{Mode, Workload};
use crate::resolve::{GuardValue, Resolved, WorkloadSource, needs};
use crate::rules::say;
use crate::simulate::{self, Fired, Lateness, Orphan, Request, Run, Script, Shape, World, gap_of, hop_at};

/// Longer answers than this are nobody's.
const LONGEST: Dur = Dur::from_secs(7 * 86_400);

/// One sweep for each thing that may take long: the answer, or the first token and the stream; then the same as if the
/// chain worked in the other mode.
pub fn sweeps(chain: &Resolved, view: &View) -> Vec<Sweep> {
    let longest = longest(view);
    let usual = Workload::default();
    let workload = chain.workload.workload().unwrap_or(&usual);
    let mut found: Vec<Sweep> =
        shapes(chain, workload).into_iter().map(|kind| sweep(chain, &kind, longest, true)).collect();
    if let Some(other) = in_other_mode(chain, workload) {
        let workload = other.workload.workload().unwrap_or(&usual);
        found.extend(shapes(&other, workload).into_iter().map(|kind| sweep(&other, &kind, longest, false)));
    }
    found
}

/// A kind of answer whose length is looked at.
struct Kind {
    mode: Mode,
    shape: Shape,
    /// What takes long, and what else holds.
    subject: (&'static str, String),
    lane: Which,
}

fn shapes(chain: &Resolved, workload: &Workload) -> Vec<Kind> {
    let mode = workload.mode;
    if mode == Mode::Buffered {
        let subject = ("the answer", String::new());
        return vec![Kind { mode, shape: Shape::Whole, subject, lane: Which::Wait }];
    }
    let early = World::usual(chain).sends_early(chain);
    let first = workload.first_byte.unwrap_or_default();
    let total = workload.total.unwrap_or_else(|| first.plus(workload.gap.unwrap_or_default()));
    let lasts = total.minus(first);
    let gap = gap_of(workload.gap, lasts).max(Dur::from_millis(1));
    let silences = workload.gap.map_or(String::new(), |gap| format!(", silences of up to {gap}"));
    let of_start = Kind {
        mode,
        shape: Shape::Late { gap, lasts, early },
        subject: ("the first token", format!("the stream then flows for {lasts}")),
        lane: Which::Wait,
    };
    let of_length = Kind {
        mode,
        shape: Shape::Stream { first, gap, early },
        subject: ("the stream", format!("first token after {first}{silences}")),
        lane: Which::StreamTotal,
    };
    vec![of_start, of_length]
}

/// The chain as if its answers came the other way, where what was stated says enough of that.
fn in_other_mode(chain: &Resolved, workload: &Workload) -> Option<Resolved> {
    let mode = match workload.mode {
        Mode::Streaming => Mode::Buffered,
        Mode::Buffered => Mode::Streaming,
    };
    let enough = mode == Mode::Buffered || (workload.first_byte.is_some() && workload.total.is_some());
    let stated = chain.hops.iter().any(|hop| hop.spec.mode.is_some());
    let model = chain.hops.last().is_some_and(|hop| hop.platform.is_llm());
    if !enough || stated || !model {
        return None;
    }
    let workload = Workload { mode, ..workload.clone() };
    let mut hops = chain.hops.clone();
    needs::fill(&mut hops, Some(&workload));
    Some(Resolved {
        name: chain.name.clone(),
        at: chain.at,
        body: chain.body,
        order: chain.order,
        order_stated: chain.order_stated,
        margin: chain.margin,
        workload: WorkloadSource::Assumed(workload),
        hops,
        problems: Vec::new(),
        fragment: chain.fragment,
    })
}

/// Half as long again as the longest time of the view.
fn longest(view: &View) -> Dur {
    let bars = view.lanes.iter().flat_map(|lane| &lane.bars);
    let times = bars.flat_map(|bar| {
        let answers = bar.answers.as_ref().map(|at| at.to.seconds);
        answers.into_iter().chain(bar.need.as_ref().map(|need| need.at.seconds))
    });
    let longest = times.fold(60.0_f64, f64::max).min(LONGEST.as_secs_f64());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between a minute and a week")]
    let seconds = (longest * 1.5).ceil() as u64;
    Dur::from_secs(seconds)
}

fn sweep(chain: &Resolved, kind: &Kind, longest: Dur, stated: bool) -> Sweep {
    let world = World::usual(chain);
    let mut spans: Vec<Span> = Vec::new();
    for found in simulate::sweep(chain, &world, &kind.shape, longest) {
        let span = span(chain, &world, kind, &found, longest);
        match spans.last_mut() {
            // A decision that nobody can see from outside.
            Some(last) if is_same(last, &span) => last.to = span.to,
            _ => spans.push(span),
        }
    }
    let (what, otherwise) = (kind.subject.1.as_str(), format!("if it were {}", said(kind.mode)));
    let details = [if stated { "" } else { &otherwise }, what].map(str::to_owned);
    let facets = world.assumed(chain).into_iter();
    let facets = facets.map(|a| format!("{} of {}: {}", a.facet, hop_at(chain, a.hop).name(), a.value));
    let unknown =
        chain.hops.iter().enumerate().filter(|(i, hop)| *world.case(chain, *i).wait(hop.mode) == GuardValue::Unknown);
    let unknown = unknown.map(|(_, hop)| format!("limit of {}: none, as nobody knows it", hop.name()));
    let assumed = facets.chain(unknown);
    Sweep {
        mode: kind.mode.name(),
        stated,
        subject: with(kind.subject.0, &details),
        title: with(&format!("By how long {} takes", kind.subject.0), &details),
        of_start: matches!(kind.shape, Shape::Late { .. }),
        lane: stated.then_some(kind.lane),
        assumed: assumed.collect(),
        longest: longest.into(),
        spans,
    }
}

/// `the stream (if it were streamed; first token after 30s)`.
fn with(text: &str, details: &[String]) -> String {
    let details: Vec<&str> = details.iter().map(String::as_str).filter(|detail| !detail.is_empty()).collect();
    if details.is_empty() { text.to_owned() } else { format!("{text} ({})", details.join("; ")) }
}

const fn said(mode: Mode) -> &'static str {
    match mode {
        Mode::Streaming => "streamed",
        Mode::Buffered => "not streamed",
    }
}

fn is_same(a: &Span, b: &Span) -> bool {
    (a.seen, &a.text, &a.fires, &a.at) == (b.seen, &b.text, &b.fires, &b.at)
}

fn span(chain: &Resolved, world: &World, kind: &Kind, found: &simulate::Span, longest: Dur) -> Span {
    // Of a span without an end, what holds far out; of another, two points of it.
    let at = |share: u64| match found.to {
        Some(to) => found.from.plus(to.minus(found.from).scaled(share, 4)),
        None => found.from.max(longest).times(share),
    };
    let [run, other] = [2, 3].map(|share| run(chain, world, kind, at(share)));
    // What differs from one point of the span to another hangs on when the answer is there.
    let fixed = |at: Option<Dur>, other: Option<Dur>| at.filter(|_| at == other);
    let fired = run.blame.and_then(|place| run.fired.get(place));
    let fires = fired.map(|fired| Fires {
        hop: fired.hop,
        hop_name: hop_at(chain, fired.hop).name().to_owned(),
        timer: timer(chain, fired),
        at: fired.at.into(),
    });
    let runs_on = runs_on(chain, &run, &other);
    let (seen, sees) = seen(&run.client);
    let at = fixed(run.ended, other.ended);
    let calls = u64::try_from(run.provider.len()).unwrap_or(u64::MAX);
    let mut span = Span {
        from: found.from.into(),
        to: found.to.map(Time::from),
        seen,
        sees,
        at: at.map(Time::from),
        fires,
        runs_on,
        calls,
        text: String::new(),
    };
    span.text = text(&span, kind, chain.hops.last().map_or("", |hop| hop.name()));
    span
}

/// Who works on for nobody, each hop once.
fn runs_on(chain: &Resolved, run: &Run, other: &Run) -> Vec<RunsOn> {
    // With the end in the other run.
    let mut found: Vec<(Orphan, Option<Dur>)> = Vec::new();
    let others = other.orphans.iter().map(|orphan| orphan.until).chain(std::iter::repeat(None));
    for (orphan, other) in run.orphans.iter().zip(others) {
        if orphan.until.is_some_and(|until| until.minus(orphan.from) < WORTH_TELLING) {
            continue;
        }
        match found.iter_mut().find(|(known, _)| known.hop == orphan.hop) {
            Some((known, there)) => {
                (known.until, *there) = (later(known.until, orphan.until), later(*there, other));
                known.assumed &= orphan.assumed;
            }
            None => found.push((*orphan, other)),
        }
    }
    let told = |(orphan, other): (Orphan, Option<Dur>)| RunsOn {
        hop: orphan.hop,
        hop_name: hop_at(chain, orphan.hop).name().to_owned(),
        from: orphan.from.into(),
        until: orphan.until.filter(|_| orphan.until == other).map(Time::from),
        for_ever: orphan.until.is_none(),
        assumed: orphan.assumed,
    };
    found.into_iter().map(told).collect()
}

/// The later of two ends, of which none is without end.
fn later(a: Option<Dur>, b: Option<Dur>) -> Option<Dur> {
    a.zip(b).map(|(a, b)| a.max(b))
}

/// Shorter ones are the way of a cancellation through the chain.
const WORTH_TELLING: Dur = Dur::from_secs(1);

fn run(chain: &Resolved, world: &World, kind: &Kind, takes: Dur) -> Run {
    let mut script = Script::default();
    kind.shape.script(takes, &mut script);
    simulate::run(chain, world, &Request { script, leaves: None, late: Lateness::Earliest })
}

fn timer(chain: &Resolved, fired: &Fired) -> String {
    let hop = hop_at(chain, fired.hop);
    fired
        .value
        .map_or_else(|| "the deadline of its retries".to_owned(), |value| say::native(hop.timer(&value)).to_owned())
}

/// What the client sees, in a few words.
fn seen(client: &simulate::Seen) -> (Seen, String) {
    match client {
        simulate::Seen::Answer { status: 200..=299 } => (Seen::Answer, "the answer".to_owned()),
        simulate::Seen::Answer { status } => (Seen::Error, status.to_string()),
        simulate::Seen::Error { status, exception, .. } => {
            let words = match (status, exception) {
                (Some(status), Some(exception)) => format!("{exception} ({status})"),
                (Some(status), None) => status.to_string(),
                (None, Some(exception)) => exception.clone(),
                (None, None) => "the connection end without an answer".to_owned(),
            };
            (Seen::Error, words)
        }
        simulate::Seen::Truncated { status, .. } => {
            (Seen::Truncated, format!("{status}, and then a stream that breaks off"))
        }
        simulate::Seen::Left => (Seen::Nothing, "nothing any more".to_owned()),
        simulate::Seen::Nothing => (Seen::Nothing, "nothing, for ever".to_owned()),
    }
}

/// `edge ends it after 29s (timeoutInMillis), the client sees 504; provider works on for nobody until 600s`.
fn text(span: &Span, kind: &Kind, provider: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    match (&span.fires, span.seen) {
        (_, Seen::Answer) => {
            let what = if kind.mode == Mode::Streaming { "the stream arrives whole" } else { "the answer arrives" };
            parts.push(what.to_owned());
        }
        (Some(fires), _) => {
            let later = span.at.as_ref().filter(|at| **at != fires.at);
            let when = later.map_or(String::new(), |at| format!(" after {}", at.text));
            let at = if span.at.is_some() { format!(" after {}", fires.at.text) } else { String::new() };
            parts
                .push(format!("{} ends it{at} ({}), the client sees {}{when}", fires.hop_name, fires.timer, span.sees));
        }
        (None, _) => {
            let when = span.at.as_ref().map_or(String::new(), |at| format!(" after {}", at.text));
            parts.push(format!("the client sees {}{when}", span.sees));
        }
    }
    for on in &span.runs_on {
        let may = if on.assumed { "may work on" } else { "works on" };
        let until = match (&on.until, on.for_ever) {
            (_, true) => "without end".to_owned(),
            (Some(until), _) => format!("until {}", until.text),
            (None, _) => "until its answer is there".to_owned(),
        };
        parts.push(format!("{} {may} for nobody {until}", on.hop_name));
    }
    if span.calls > 1 {
        parts.push(format!("{} calls of {provider}", span.calls));
    }
    parts.join("; ")
}
