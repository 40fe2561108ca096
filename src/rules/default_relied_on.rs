use super::{Context, Findings, rule, say};
use crate::catalog::Guard;
use crate::diag::Severity;
use crate::model::workload::Mode;
use crate::resolve::hop::Firing;
use crate::resolve::{HopCase, Provenance, ResolvedHop, WorkloadSource};

rule! {
    /// The shortest wait of the chain is a default that nobody chose.
    ///
    /// ## What it does
    /// On a chain without a stated workload, finds the hop that gives up first. If that value is an untouched default
    /// of its platform, it says so.
    ///
    /// ## Why it matters
    /// In the incidents behind hoplint, most timers that fired had never been set by anybody, and often nobody knew
    /// that the hop was there.
    ///
    /// ## Level
    /// Note; warning where the hop outside or inside has a declared value, because somebody thought about time there.
    /// Silent where the workload is assumed: `workload-exceeds` speaks then.
    "default-relied-on", Warning, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    if chain.workload != WorkloadSource::Unknown {
        return;
    }
    let shortest = chain.hops.iter().enumerate().filter_map(|(i, hop)| {
        let (case, firing) = wait(hop)?;
        Some((i, hop, case, firing))
    });
    let Some((i, hop, case, firing)) = shortest.min_by_key(|(i, _, _, firing)| (firing.at, *i)) else { return };
    if firing.value.provenance != Provenance::Default || firing.value.clipped_from.is_some() {
        return;
    }
    let written = |hop: &ResolvedHop| wait(hop).is_some_and(|(_, f)| f.value.provenance.is_written());
    let neighbours = [i.checked_sub(1), Some(i + 1)];
    let chosen_beside = neighbours.into_iter().flatten().filter_map(|n| chain.hops.get(n)).any(written);
    let severity = if chosen_beside { Severity::Warning } else { Severity::Note };
    let timer = hop.timer(&firing.value);
    let message = format!(
        "{} gives up first in this chain, after {}, and nobody chose that: it is the default of {}",
        hop.name(),
        firing.at,
        hop.platform.name
    );
    let guard = guard(hop);
    findings.push(
        say::about(RULE.name, severity, chain, i, message)
            .label(say::place(hop, &firing.value), say::value(hop, &firing.value))
            .note(say::symptom(hop, case, guard, &firing))
            .help(format!(
                "set {} of {} on purpose, or state how long the work takes: `workload: {{total: 45s}}`",
                say::native(timer),
                hop.name()
            )),
    );
}

fn guard(hop: &ResolvedHop) -> Guard {
    if hop.mode == Mode::Streaming { Guard::WaitStreaming } else { Guard::WaitBuffered }
}

/// The wait that holds in every case: a default that depends on an unstated facet is not certain enough to speak of.
fn wait(hop: &ResolvedHop) -> Option<(&HopCase, Firing)> {
    let case = hop.cases.first()?;
    let firing = *case.guard(guard(hop)).firing()?;
    hop.cases.iter().all(|c| c.guard(guard(hop)).firing().is_some_and(|f| f.at == firing.at)).then_some((case, firing))
}
