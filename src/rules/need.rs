//! Where a guard is shorter than the work inside it: what the workload rules share.

use super::{Change, Context, Repair, say};
use crate::catalog::{Guard, Max, Timer};
use crate::diag::{Applicability, Diagnostic, Severity};
use crate::duration::Dur;
use crate::model::Order;
use crate::model::workload::Mode;
use crate::resolve::hop::{Firing, Verdict};
use crate::resolve::{HopCase, Need, ResolvedHop, WorkloadSource};
use crate::solve;

/// A guard that ends before the work does.
pub struct Shortfall<'a> {
    pub hop: usize,
    pub resolved: &'a ResolvedHop,
    pub guard: Guard,
    pub need: Need,
    pub case: &'a HopCase,
    pub firing: Firing,
    pub verdict: Verdict,
    /// The most that this guard can ever be.
    pub ceiling: Option<Dur>,
    /// The work fits, but not with the margin.
    pub only_margin: bool,
}

impl Shortfall<'_> {
    /// No value repairs it: what the work needs is at or above what the guard can be raised to.
    pub fn is_beyond_ceiling(&self) -> bool {
        self.ceiling.is_some_and(|ceiling| self.need.at >= ceiling)
    }

    pub fn timer(&self) -> &Timer {
        self.resolved.timer(&self.firing.value)
    }
}

/// Every shortfall of the chain for these guards. With an assumed workload only the shortest: one finding per chain.
pub fn shortfalls<'a>(context: &Context<'a>, guards: &[Guard]) -> Vec<Shortfall<'a>> {
    let chain = context.chain;
    let mut found: Vec<Shortfall> = (0..chain.hops.len())
        .flat_map(|hop| guards.iter().filter_map(move |guard| shortfall(context, hop, *guard)))
        .collect();
    if matches!(chain.workload, WorkloadSource::Assumed(_)) {
        let least = found.iter().map(|s| s.firing.at).min();
        let first = found.iter().position(|s| Some(s.firing.at) == least);
        found = first.map(|i| vec![found.swap_remove(i)]).unwrap_or_default();
    }
    found
}

fn shortfall<'a>(context: &Context<'a>, hop: usize, guard: Guard) -> Option<Shortfall<'a>> {
    let resolved = &context.chain.hops[hop];
    let need = need_of(resolved, guard)?;
    let wanted = context.chain.margin.above(need.at, Order::Inward);
    let falls_short = |case: &HopCase| case.guard(guard).firing().is_some_and(|f| f.earliest() < wanted);
    let verdict = resolved.verdict(falls_short);
    if verdict == Verdict::Never {
        return None;
    }
    let case = resolved.case_where(falls_short)?;
    let firing = *case.guard(guard).firing()?;
    // What hangs on early headers is certain where the same timer watches the gaps as well.
    let certain = need.certain || resolved.timer(&firing.value).guards.contains(&Guard::Gap);
    Some(Shortfall {
        hop,
        resolved,
        guard,
        need,
        case,
        firing,
        verdict: if certain { verdict } else { Verdict::Depends },
        ceiling: solve::ceiling(resolved, case, guard),
        only_margin: firing.earliest() >= need.at,
    })
}

/// What the work inside a hop asks of a guard, if the guard runs in the hop's mode.
pub fn need_of(hop: &ResolvedHop, guard: Guard) -> Option<Need> {
    match (guard, hop.mode) {
        (Guard::WaitBuffered, Mode::Buffered) | (Guard::WaitStreaming, Mode::Streaming) => hop.needs.wait,
        (Guard::Gap, Mode::Streaming) => hop.needs.gap,
        (Guard::StreamTotal, Mode::Streaming) => hop.needs.stream_total,
        (Guard::Upload, _) => hop.needs.upload,
        _ => None,
    }
}

/// Error for a declared workload that surely does not fit; a warning where it is assumed, where a facet decides or where
/// only the margin is missing.
pub fn severity(context: &Context, short: &Shortfall) -> Severity {
    let stated = matches!(context.chain.workload, WorkloadSource::Stated(..));
    let severity = if stated && short.verdict == Verdict::Always && !short.only_margin {
        Severity::Error
    } else {
        Severity::Warning
    };
    say::at_most_warning_if_weak(severity, &[&short.firing.value])
}

/// Labels and notes that every workload finding has: the value, the workload, what the caller sees, what decides.
pub fn explain(context: &Context, short: &Shortfall, mut diagnostic: Diagnostic) -> Diagnostic {
    let value = &short.firing.value;
    diagnostic = diagnostic.label(say::place(short.resolved, value), say::value(short.resolved, value));
    match &context.chain.workload {
        WorkloadSource::Stated(_, at) => diagnostic = diagnostic.label(*at, "the workload"),
        WorkloadSource::Assumed(workload) => {
            let total = workload.total.unwrap_or_default();
            diagnostic = diagnostic.note(format!(
                "The chain states no `workload:`; hoplint assumes answers of up to {total}, not streamed, because it ends at a model."
            ));
        }
        WorkloadSource::Unknown => {}
    }
    diagnostic = diagnostic.note(say::symptom(short.resolved, short.case, short.guard, &short.firing));
    let falls_short = |case: &HopCase| {
        let wanted = context.chain.margin.above(short.need.at, Order::Inward);
        case.guard(short.guard).firing().is_some_and(|f| f.earliest() < wanted)
    };
    if let Some(note) = say::deciding(&short.resolved.deciding(falls_short)) {
        diagnostic = diagnostic.note(note);
    }
    if !short.need.certain {
        diagnostic = diagnostic.note(
            "Whether this timer sees the wait for the first token depends on when the server sends its headers; state `headers: early` or `headers: with-first-token`.",
        );
    }
    diagnostic
}

/// The line to add where nobody stated a workload.
pub fn state_workload(context: &Context) -> Option<Repair> {
    matches!(context.chain.workload, WorkloadSource::Assumed(_)).then(|| Repair {
        title: "state the workload".to_owned(),
        applicability: Applicability::Display,
        changes: vec![Change::AddKey {
            body: context.chain.body,
            path: Vec::new(),
            key: "workload".to_owned(),
            value: "long-form".to_owned(),
        }],
    })
}

/// Ways out for a timer that cannot be raised: what its limit and its platform know, one sentence each.
pub fn ways_out(short: &Shortfall) -> Vec<String> {
    let timer = short.timer();
    let limit = short.firing.value.limit_row.map(|row| &timer.limits[usize::from(row)]);
    let limit = limit.filter(|l| matches!(l.max, Some(Max::At(_))));
    let mut ways: Vec<String> = Vec::new();
    if let Some(limit) = limit.filter(|l| !l.raised_by.is_empty()) {
        let facets: Vec<String> = limit.raised_by.iter().map(|(f, v)| format!("{f}: {v}")).collect();
        ways.push(format!("If more was granted, say so on the hop: `with: {{{}}}`.", facets.join(", ")));
    }
    if short.resolved.platform.ways_out.is_empty() {
        ways.extend(
            limit.and_then(|l| l.raise.as_ref()).map(|raise| format!("To raise it: {}.", raise.trim_end_matches('.'))),
        );
    }
    ways.extend(short.resolved.platform.ways_out.iter().map(|way| format!("{}.", way.trim_end_matches('.'))));
    ways
}
