//! Simulated requests for people: a timeline, and what it comes to.

use super::words;
use super::{Files, Simulated};
use crate::duration::Dur;
use crate::report::paint::Paint;
use crate::report::places::{Place, Places};
use crate::report::summary::plural;
use crate::report::table::{Look, Table, in_words};
use crate::report::{Options, clean};
use crate::resolve::Resolved;
use crate::simulate::{Event, EventKind, Fired, Run, Seen, Then};
use std::io::{self, Write};

pub(super) fn write(files: &Files, all: &[Simulated<'_>], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: options.color };
    let places = Places::new(&files.0.sources);
    for (i, one) in all.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let name = format!("{}: {}", clean::line(one.file), clean::line(&one.chain.name));
        writeln!(out, "{}: {}", paint.bold(&name), clean::line(&one.asked))?;
        let place = |fired: &Fired| {
            let Place { path, start, .. } = files.at(&places, words::written(fired)?)?;
            Some(format!("{path}:{}", start.line))
        };
        out.write_all(timeline(one.chain, &one.run, &place, paint, options.width).as_bytes())?;
        writeln!(out)?;
        for line in verdict(one, &place) {
            for (i, piece) in
                textwrap::wrap(&clean::line(&line.text), in_words(options.width.saturating_sub(4).max(40)))
                    .iter()
                    .enumerate()
            {
                let piece = if line.bold { paint.bold(piece) } else { piece.to_string() };
                writeln!(out, "{}{piece}", if i == 0 { "  " } else { "    " })?;
            }
        }
    }
    Ok(())
}

/// Where the value of a timer is written, as `file:line`.
type PlaceOf<'a> = dyn Fn(&Fired) -> Option<String> + 'a;

fn timeline(chain: &Resolved, run: &Run, place: &PlaceOf<'_>, paint: Paint, width: usize) -> String {
    let mut table = Table::new(["at", "hop", "what happens"], [true, false, false]);
    let mut last: Option<Dur> = None;
    let mut events = run.events.as_slice();
    while let Some(first) = events.first() {
        let together = events.iter().take_while(|event| goes_with(first, event)).count();
        let (group, rest) = events.split_at(together.max(1));
        events = rest;
        let at = if last == Some(first.at) { String::new() } else { first.at.to_string() };
        last = Some(first.at);
        table.row([&at, words::name(chain, first.hop), &told(chain, run, group, place)], look(run, first));
    }
    table.text(paint, width)
}

/// Whether an event is told together with the first of a row: one thing that passes through several hops at once.
fn goes_with(first: &Event, event: &Event) -> bool {
    if first.at != event.at {
        return false;
    }
    match (&first.kind, &event.kind) {
        (EventKind::Arrives, EventKind::Arrives) => first.hop <= event.hop,
        (
            EventKind::Answers { .. }
            | EventKind::Headers { .. }
            | EventKind::Breaks
            | EventKind::EndsUnheard
            | EventKind::IsKilled
            | EventKind::IsLeft { then: Then::Stops },
            _,
        ) => first.kind == event.kind,
        _ => false,
    }
}

fn told(chain: &Resolved, run: &Run, group: &[Event], place: &PlaceOf<'_>) -> String {
    let first = &group[0];
    let mut text = words::event(chain, run, first);
    let more: Vec<usize> = group[1..].iter().map(|event| event.hop).collect();
    if let (EventKind::Arrives, [through @ .., to]) = (&first.kind, more.as_slice()) {
        let begins = if first.hop == 0 { "sends the request".to_owned() } else { format!("{text} and passes it on") };
        let through =
            if through.is_empty() { String::new() } else { format!("through {} ", words::names(chain, through)) };
        text = format!("{begins} {through}to {}", words::name(chain, *to));
    } else if !more.is_empty() {
        let others = words::names(chain, &more);
        text += &match first.kind {
            EventKind::Answers { .. } | EventKind::Headers { .. } | EventKind::Breaks => {
                let (pass, it) = if more.len() == 1 { ("passes", "it") } else { ("pass", "it") };
                format!("; {others} {pass} {it} on")
            }
            _ => format!("; so {} {others}", if more.len() == 1 { "does" } else { "do" }),
        };
    }
    if let EventKind::Fires { fired } = &first.kind {
        let fired = &run.fired[*fired];
        let at = place(fired).map(|place| format!(", {place}")).unwrap_or_default();
        text += &format!(" [{}{at}]", words::timer(chain, fired));
    }
    text
}

fn look(run: &Run, event: &Event) -> Look {
    match &event.kind {
        EventKind::Fires { fired } if run.blame == Some(*fired) => Look::Red,
        EventKind::Fires { .. }
        | EventKind::IsKilled
        | EventKind::EndsUnheard
        | EventKind::IsLeft { then: Then::WorksOn | Then::MayWorkOn } => Look::Yellow,
        EventKind::Arrives => Look::Dim,
        _ => Look::Plain,
    }
}

struct Line {
    text: String,
    bold: bool,
}

/// What it comes to.
fn verdict(one: &Simulated<'_>, place: &PlaceOf<'_>) -> Vec<Line> {
    let (chain, run) = (one.chain, &one.run);
    let mut lines = vec![Line { text: format!("{}.", words::seen(chain, run)), bold: true }];
    let mut say = |text: String| lines.push(Line { text, bold: false });
    if let Some(fired) = run.blame.map(|blame| &run.fired[blame]) {
        let at = place(fired).map(|place| format!(", {place}")).unwrap_or_default();
        say(format!("{} decides: {}{at}.", words::name(chain, fired.hop), words::timer(chain, fired)));
    }
    if let Seen::Truncated { sees, log, .. } = &run.client {
        let parts = [
            sees.as_ref().map(|s| format!("What is seen of it: {s}.")),
            log.as_ref().map(|l| format!("The log says: {l}.")),
        ];
        parts.into_iter().flatten().for_each(&mut say);
    }
    say(calls(chain, run));
    for text in orphans(chain, run) {
        say(text);
    }
    if !one.assumed.is_empty() {
        let parts: Vec<String> =
            one.assumed.iter().map(|a| format!("{} {} of {}", a.facet, a.value, words::name(chain, a.hop))).collect();
        say(format!("Taken for given: {}; `--with HOP.FACET=VALUE` says otherwise.", parts.join(", ")));
    }
    for note in &one.notes {
        say(note.clone());
    }
    if run.cut_short {
        say("There are more calls than anybody counts; the rest was left out.".to_owned());
    }
    lines
}

fn calls(chain: &Resolved, run: &Run) -> String {
    let each: Vec<String> = run
        .calls
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, calls)| **calls > 0)
        .map(|(hop, calls)| format!("{} {calls}", words::name(chain, hop)))
        .collect();
    let wanted = run.provider.iter().filter(|work| work.wanted).count();
    let made = run.provider.len();
    let reached = match (made, wanted) {
        (0, _) => "no call reaches the provider".to_owned(),
        (1, 1) => "the answer of the only provider call reaches the user".to_owned(),
        (made, wanted) if wanted == made => format!("the answers of all {made} provider calls are used"),
        (made, 0) => format!("{} of the provider, none for the user", plural(made, "call")),
        (made, wanted) => format!("{made} calls of the provider, {wanted} of them for the user"),
    };
    if each.is_empty() { format!("Calls: {reached}.") } else { format!("Calls: {}; {reached}.", each.join(", ")) }
}

/// Work for nobody, a sentence for each hop.
fn orphans(chain: &Resolved, run: &Run) -> Vec<String> {
    let mut texts = Vec::new();
    let mut hops: Vec<usize> = run.orphans.iter().map(|orphan| orphan.hop).collect();
    hops.dedup();
    hops.sort_unstable();
    hops.dedup();
    for hop in hops {
        let of_hop: Vec<_> = run.orphans.iter().filter(|orphan| orphan.hop == hop).collect();
        let name = words::name(chain, hop);
        let guess = if of_hop.iter().all(|orphan| orphan.assumed) { ", if it does not stop" } else { "" };
        let lasts = of_hop.iter().try_fold(Dur::ZERO, |sum, o| o.until.map(|until| sum.plus(until.minus(o.from))));
        texts.push(match lasts {
            Some(lasts) => format!("For nobody: {name} works on for {lasts}{guess}."),
            None => format!("For nobody: {name} works on without end{guess}."),
        });
    }
    texts
}
