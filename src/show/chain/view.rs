//! A resolved chain and its findings, put together into the view.

use super::lanes::{Bar, Lane, Which, lanes};
use super::{At, Found, Hop, Level, Places, Time, Verdict, View, Work};
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
    let verdict = verdict(&hops, &lanes, &findings);
    View {
        name: chain.name.clone(),
        location: places(chain.at),
        part: chain.fragment,
        order: chain.order.name(),
        margin: chain.margin.to_string(),
        workload,
        verdict,
        hops,
        lanes,
        findings,
        orphans: Vec::new(),
        repeats: Vec::new(),
        sweeps: Vec::new(),
    }
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

fn verdict(hops: &[Hop], lanes: &[Lane], findings: &[Found]) -> Verdict {
    let level = findings.iter().map(|f| f.level).max().unwrap_or(Level::Fine);
    let count = |of: Level, word: &str| {
        let n = findings.iter().filter(|f| f.level == of).count();
        (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
    };
    let counts: Vec<String> =
        [count(Level::Error, "error"), count(Level::Warning, "warning"), count(Level::Note, "note")]
            .into_iter()
            .flatten()
            .collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let shortest = |bar: &&Bar| bar.gives_up.is_some();
    let first = wait(lanes).into_iter().flat_map(|lane| &lane.bars).filter(shortest).min_by(|a, b| {
        let seconds = |bar: &Bar| bar.gives_up.as_ref().map_or(f64::MAX, |at| at.from.seconds);
        seconds(a).total_cmp(&seconds(b))
    });
    let what = match first.and_then(|bar| Some((bar, bar.gives_up.as_ref()?))) {
        Some((bar, at)) => format!("{} gives up first, after {}", hops[bar.hop].name, at.from.text),
        None => "no hop gives up by itself".to_owned(),
    };
    Verdict { level, text: format!("{counts}: {what}") }
}
