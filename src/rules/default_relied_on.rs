use super::{Context, Findings, rule, say};
use crate::catalog::Guard;
use crate::diag::{Diagnostic, Severity};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::resolve::hop::Firing;
use crate::resolve::{HopCase, Provenance, ResolvedHop, WorkloadSource};

rule! {
    /// The shortest wait of the chain is a default that nobody chose.
    ///
    /// ## What it does
    /// Where nobody states how long the work takes, finds the hop that gives up first, or each that may where a facet
    /// decides. If that value is an untouched default of its platform, it says so.
    ///
    /// ## Why it matters
    /// In the incidents behind hoplint, most timers that fired had never been set by anybody, and often nobody knew
    /// that the hop was there.
    ///
    /// ## Level
    /// Note; warning where it is certain and the hop outside or inside has a declared value, because somebody thought
    /// about time there. Silent where the workload is assumed: `workload-exceeds` speaks then.
    "default-relied-on", Warning, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    if context.chain.fragment || !says_no_time(&context.chain.workload) {
        return;
    }
    let waits: Vec<Option<Wait>> = context.chain.hops.iter().map(wait).collect();
    for (i, own) in waits.iter().enumerate() {
        let Some(own) = own else { continue };
        // Of two equal values the outer one's caller is served first.
        let first = |at: Dur, i: usize, other: Option<Dur>, o: usize| other.is_none_or(|other| (at, i) <= (other, o));
        let others = || waits.iter().enumerate().filter_map(|(o, w)| Some((o, w.as_ref()?))).filter(|(o, _)| *o != i);
        let may = others().all(|(o, other)| first(own.firing.at, i, other.latest, o));
        let certain = own.latest.is_some_and(|at| others().all(|(o, other)| first(at, i, Some(other.firing.at), o)));
        if may && own.firing.value.provenance == Provenance::Default && own.firing.value.clipped_from.is_none() {
            findings.push(finding(context, i, own, certain));
        }
    }
}

/// A workload that only names its mode says as little of time as none at all.
fn says_no_time(workload: &WorkloadSource) -> bool {
    match workload {
        WorkloadSource::Unknown => true,
        WorkloadSource::Assumed(_) => false,
        WorkloadSource::Stated(workload, _) => {
            [workload.total, workload.first_byte, workload.gap].iter().all(Option::is_none)
        }
    }
}

fn finding(context: &Context, i: usize, own: &Wait, certain: bool) -> Diagnostic {
    let chain = context.chain;
    let (hop, firing) = (&chain.hops[i], own.firing);
    let written = |hop: &ResolvedHop| wait(hop).is_some_and(|w| w.firing.value.provenance.is_written());
    let neighbours = [i.checked_sub(1), Some(i + 1)];
    let chosen_beside = neighbours.into_iter().flatten().filter_map(|n| chain.hops.get(n)).any(written);
    let severity = if chosen_beside && certain { Severity::Warning } else { Severity::Note };
    let timer = hop.timer(&firing.value);
    let message = format!(
        "{} {} up first in this chain, after {}, and nobody chose that: it is the default of {}",
        hop.name(),
        if certain { "gives" } else { "may give" },
        firing.at,
        hop.platform.name
    );
    let mut diagnostic = say::about(RULE.name, severity, chain, i, message)
        .label(say::place(hop, &firing.value), say::value(hop, &firing.value))
        .note(say::symptom(hop, own.case, guard(hop), &firing))
        .help(format!(
            "set {} of {} on purpose, or state how long the work takes: `workload: {{total: 45s}}`",
            say::native(timer),
            hop.name()
        ));
    let as_early = |case: &HopCase| case.guard(guard(hop)).firing().is_some_and(|f| f.at <= firing.at);
    diagnostic.notes.extend(say::deciding(&hop.deciding(as_early)));
    diagnostic
}

/// When a hop gives up waiting, over all that its unstated facets leave open.
struct Wait<'a> {
    /// The case in which it gives up earliest.
    case: &'a HopCase,
    firing: Firing,
    /// Absent where some case has no limit.
    latest: Option<Dur>,
}

fn wait(hop: &ResolvedHop) -> Option<Wait<'_>> {
    let firing = |case: &HopCase| case.guard(guard(hop)).firing().copied();
    let (case, first) = hop.cases.iter().filter_map(|case| Some((case, firing(case)?))).min_by_key(|(_, f)| f.at)?;
    let latest = hop.cases.iter().map(|case| firing(case).map(|f| f.at)).max_by_key(|at| at.map_or(Dur::MAX, |at| at))?;
    Some(Wait { case, firing: first, latest })
}

fn guard(hop: &ResolvedHop) -> Guard {
    if hop.mode == Mode::Streaming { Guard::WaitStreaming } else { Guard::WaitBuffered }
}
