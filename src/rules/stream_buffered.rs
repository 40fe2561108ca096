use super::stream;
use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::Buffering;
use crate::catalog::facet::Cond;
use crate::diag::{Applicability, Severity};
use crate::resolve::hop::Verdict;
use crate::resolve::{HopCase, ResolvedHop};

rule! {
    /// A hop holds a stream back until it is complete.
    ///
    /// ## What it does
    /// On a chain whose workload is streamed, looks for hops that hand the answer on only when they have all of it. Hops
    /// that delay each event a little are no finding, and neither is a hop that collects the stream on purpose
    /// (`mode: buffered`).
    ///
    /// ## Why it matters
    /// The user sees nothing and then everything at once. Worse, every idle timer outside the hop now waits for the
    /// whole answer and cuts it, although the model sends tokens all the time.
    ///
    /// ## Level
    /// Error where it is certain; warning where it depends on a facet that the hop does not state.
    "stream-buffered", Error, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    for hop in stream::expected(context.chain) {
        let resolved = &context.chain.hops[hop];
        let verdict = resolved.verdict(holds);
        if hop > 0 && verdict != Verdict::Never {
            findings.push(finding(context, hop, verdict));
        }
    }
}

fn holds(case: &HopCase) -> bool {
    // A hop that cannot stream at all is told by `stream-unsupported`.
    case.buffering == Some(Buffering::WholeAnswer) && case.streaming != Some(false)
}

fn finding(context: &Context, hop: usize, verdict: Verdict) -> Finding {
    let chain = context.chain;
    let resolved = &chain.hops[hop];
    let name = resolved.name();
    let certain = verdict == Verdict::Always;
    let severity = if certain { Severity::Error } else { Severity::Warning };
    let verb = if certain { "holds" } else { "may hold" };
    let message = format!("{name} {verb} a stream back until it is complete");
    let mut diagnostic = say::about(RULE.name, severity, chain, hop, message);
    let place = resolved.spec.buffers.as_ref().map_or(resolved.spec.at, |b| b.loc);
    diagnostic = diagnostic.label(place, format!("{} waits for the whole answer", resolved.platform.name));
    if let Some(at) = stream::stated_at(chain) {
        diagnostic = diagnostic.label(at, "the workload is streamed");
    }
    diagnostic = diagnostic.note(format!(
        "The caller of {name} gets no byte before the end, so every idle timer outside it counts the whole answer as silence."
    ));
    if let Some(note) = say::deciding(&resolved.deciding(holds)) {
        diagnostic = diagnostic.note(note);
    }
    let cures = cures(resolved);
    let words: Vec<String> = cures.iter().map(|(facet, value)| format!("{facet} {value}")).collect();
    diagnostic.help = Some(if words.is_empty() {
        match resolved.platform.ways_out.first() {
            Some(way) => {
                format!("put no hop here that waits for the whole answer; {} says: {way}", resolved.platform.id)
            }
            None => "let this hop pass the answer on as it arrives, and state it as `buffers: never`".to_owned(),
        }
    } else {
        format!(
            "{} passes a stream on with {}; set it there and state it under `with:`",
            resolved.platform.name,
            words.join(", or with ")
        )
    });
    let stated = |facet: &String| resolved.spec.with.iter().any(|(key, _)| key.value == *facet);
    let repair = cures.into_iter().find(|(facet, _)| !stated(facet)).map(|(facet, value)| Repair {
        title: format!("state {facet} {value}"),
        applicability: Applicability::Display,
        changes: vec![Change::AddKey { body: resolved.spec.body, path: vec!["with"], key: facet, value }],
    });
    Finding::from(diagnostic).repair(repair)
}

/// Facet values with which the platform does not hold streams back: what its file says under one plain condition.
fn cures(hop: &ResolvedHop) -> Vec<(String, String)> {
    let rows = hop.platform.buffering.iter().filter(|row| row.value != Buffering::WholeAnswer);
    let single = rows.filter_map(|row| match row.when.0.as_slice() {
        [(facet, Cond::OneOf(values))] => Some((facet.clone(), values.first()?.clone())),
        _ => None,
    });
    let mut cures: Vec<(String, String)> = single.collect();
    // Where only the holding rows have a condition, the other values of that facet are the cure.
    for row in hop.platform.buffering.iter().filter(|row| row.value == Buffering::WholeAnswer) {
        if let [(facet, Cond::OneOf(values))] = row.when.0.as_slice()
            && let Some(other) = other_value(hop, facet, values)
            && !cures.iter().any(|(f, _)| f == facet)
        {
            cures.push((facet.clone(), other));
        }
    }
    cures
}

fn other_value(hop: &ResolvedHop, facet: &str, values: &[String]) -> Option<String> {
    let facet = hop.platform.facets.iter().find(|f| f.id == facet)?;
    match &facet.kind {
        crate::catalog::facet::FacetKind::Choice(all) => {
            all.iter().find(|v| !values.contains(v) && v.as_str() != "default").cloned()
        }
        crate::catalog::facet::FacetKind::Version => None,
    }
}
