//! A resolved chain and its findings, put together into the view.

use super::lanes::{Lane, Which, lanes};
use super::outcome::{Seen, Sweep};
use super::{At, Found, Hop, Level, Places, Time, Verdict, View, Work, attempts, sweep};
use crate::diag::{Diagnostic, Severity};
use crate::model::workload::{Mode, Workload};
use crate::resolve::{Resolved, WorkloadSource};
use crate::span::Loc;

/// All that is to be shown of a chain. `findings` are those of its file; those of other chains are passed over.
pub fn view(chain: &Resolved, findings: &[Diagnostic], places: &Places<'_>) -> View {
    let lanes = lanes(chain, places);
    let findings: Vec<Found> = findings.iter().filter_map(|finding| found(chain, finding, places)).collect();
    let hops = hops(chain, &lanes, &findings, places);
    let workload = work(&chain.workload, places);
    let mut view = View {
        name: chain.name.clone(),
        location: places(chain.at),
        part: chain.fragment,
        order: chain.order.name(),
        margin: chain.margin.to_string(),
        workload,
        verdict: Verdict { level: Level::Fine, text: String::new() },
        hops,
        lanes,
        findings,
        orphans: Vec::new(),
        repeats: Vec::new(),
        sweeps: Vec::new(),
        notes: Vec::new(),
    };
    if chain.fragment {
        view.notes.push("a part of a chain: nobody knows what calls it, so no request runs through it".to_owned());
    } else if attempts::is_beyond_counting(chain) {
        view.notes.push("one request can become more calls than can be followed, so none runs through it".to_owned());
    } else {
        view.orphans = attempts::orphans(chain);
        view.repeats = attempts::repeats(chain);
        view.sweeps = sweep::sweeps(chain, &view);
    }
    view.verdict = verdict(&view);
    view
}

/// A finding, if it is one of this chain.
fn found(chain: &Resolved, finding: &Diagnostic, places: &Places<'_>) -> Option<Found> {
    let of_chain = finding.chain.as_deref().is_none_or(|name| name == chain.name);
    let hop = finding.hop.as_deref().and_then(|name| chain.hops.iter().position(|hop| hop.name() == name));
    // Several parts of chains have the name of one file.
    let elsewhere = finding.hop.is_some() && hop.is_none();
    (of_chain && !elsewhere).then(|| Found {
        rule: finding.rule,
        level: level(finding.severity),
        message: finding.message.clone(),
        help: finding.help.clone(),
        notes: finding.notes.clone(),
        hop,
        location: finding.primary().and_then(places),
    })
}

const fn level(severity: Severity) -> Level {
    match severity {
        Severity::Note => Level::Note,
        Severity::Warning => Level::Warning,
        Severity::Error => Level::Error,
    }
}

fn hops(chain: &Resolved, lanes: &[Lane], findings: &[Found], places: &Places<'_>) -> Vec<Hop> {
    let hop = |(i, hop): (usize, &crate::resolve::ResolvedHop)| {
        let cancels = hop.cases.first().and_then(|case| case.cancels);
        Hop {
            name: hop.name().to_owned(),
            platform: hop.platform.id.clone(),
            platform_name: hop.platform.name.clone(),
            role: hop.platform.role.name(),
            mode: hop.mode.name(),
            same_process: chain.same_process(i),
            cancels: cancels.filter(|stops| hop.cases.iter().all(|case| case.cancels == Some(*stops))),
            attempts: wait(lanes).map_or(1, |lane| lane.bars[i].attempts),
            level: findings.iter().filter(|f| f.hop == Some(i)).map(|f| f.level).max().unwrap_or(Level::Fine),
            location: places(hop.spec.at),
        }
    };
    chain.hops.iter().enumerate().map(hop).collect()
}

fn wait(lanes: &[Lane]) -> Option<&Lane> {
    lanes.iter().find(|lane| lane.which == Which::Wait)
}

fn work(source: &WorkloadSource, places: &Places<'_>) -> Option<Work> {
    let (workload, at, assumed): (&Workload, Option<Loc>, bool) = match source {
        WorkloadSource::Stated(workload, at) => (workload, Some(*at), false),
        WorkloadSource::Assumed(workload) => (workload, None, true),
        WorkloadSource::Unknown => return None,
    };
    let location: Option<At> = at.and_then(places);
    Some(Work {
        mode: workload.mode.name(),
        assumed,
        preset: workload.preset,
        first_byte: workload.first_byte.map(Time::from),
        gap: workload.gap.map(Time::from),
        total: workload.total.map(Time::from),
        location,
        text: in_words(workload, assumed),
    })
}

/// `reasoning: whole answers of up to 120s`.
fn in_words(workload: &Workload, assumed: bool) -> String {
    let what = match workload.mode {
        Mode::Buffered => "whole answers",
        Mode::Streaming => "streams",
    };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(workload.total.map(|total| format!("of up to {total}")));
    if workload.mode == Mode::Streaming {
        parts.extend(workload.first_byte.map(|at| format!("first token within {at}")));
        parts.extend(workload.gap.map(|gap| format!("silences of up to {gap}")));
    }
    let head = match (workload.preset, assumed) {
        (Some(preset), _) => format!("{preset}: "),
        (None, true) => "assumed: ".to_owned(),
        (None, false) => String::new(),
    };
    let parts = parts.join(", ");
    format!("{head}{what}{}{parts}", if parts.is_empty() { "" } else { " " })
}

fn verdict(view: &View) -> Verdict {
    let level = view.findings.iter().map(|f| f.level).max().unwrap_or(Level::Fine);
    let counted = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
    let counts = counted.into_iter().filter_map(|(of, word)| {
        let n = view.findings.iter().filter(|f| f.level == of).count();
        (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
    });
    let counts: Vec<String> = counts.collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let what = view.sweeps.first().map_or_else(|| first_to_give_up(view), |sweep| reach(sweep, view.workload.as_ref()));
    Verdict { level, text: format!("{counts}: {what}") }
}

/// Which answers arrive, and who ends the others.
fn reach(sweep: &Sweep, work: Option<&Work>) -> String {
    let (one, many) = if sweep.of_start {
        ("no stream arrives whole", "streams that begin")
    } else {
        ("no answer arrives", "answers")
    };
    let Some(fails) = sweep.spans.iter().find(|span| span.seen != Seen::Answer) else {
        return format!("no hop ends {}, however long it takes", sweep.subject);
    };
    let sees = format!("the client sees {}", fails.sees);
    if fails.from.seconds <= 0.0 {
        let ends = fails.fires.as_ref().map_or(String::new(), |fires| format!("{} ends it, ", fires.hop_name));
        return format!("{one}: {ends}{sees}");
    }
    let need = work.and_then(|work| if sweep.of_start { work.first_byte.as_ref() } else { work.total.as_ref() });
    let short = need.filter(|need| need.seconds >= fails.from.seconds);
    let short = short.map_or(String::new(), |need| format!(" (the work takes up to {})", need.text));
    let ends = fails.fires.as_ref().map_or(String::new(), |fires| format!("{} ends longer ones, ", fires.hop_name));
    if sweep.of_start {
        return format!("{many} within {}{short} arrive; {ends}{sees}", fails.from.text);
    }
    format!("{many} arrive within {}{short}; {ends}{sees}", fails.from.text)
}

fn first_to_give_up(view: &View) -> String {
    let bars = view.lanes.iter().filter(|lane| lane.which == Which::Wait).flat_map(|lane| &lane.bars);
    let limited = bars.filter_map(|bar| Some((bar.hop, bar.gives_up.as_ref()?)));
    match limited.min_by(|(_, a), (_, b)| a.from.seconds.total_cmp(&b.from.seconds)) {
        Some((hop, at)) => format!("{} gives up first, after {}", view.hops[hop].name, at.from.text),
        None => "no hop gives up by itself".to_owned(),
    }
}
