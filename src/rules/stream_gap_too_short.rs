use super::need::{self, Shortfall};
use super::{Context, Finding, Findings, rule, say};
use crate::catalog::Guard;
use crate::diag::Applicability;
use crate::model::Order;
use crate::solve::readable_grid;

rule! {
    /// An idle timer is shorter than the silences inside the stream.
    ///
    /// ## What it does
    /// Compares the longest silence of the workload's stream (`gap:`, and the wait for the first token where the server
    /// sends its headers early) with every timer that is re-armed by each byte. A `heartbeat:` on an inner hop caps
    /// the silence that the hops outside it see, and repairs what no setting can.
    ///
    /// ## Why it matters
    /// A model that thinks or calls a tool is silent for a while. The idle timer then cuts a stream whose status was
    /// already 200: the caller sees a truncated answer, and no retry follows.
    "stream-gap-too-short", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    findings.found.extend(need::shortfalls(context, &[Guard::Gap]).iter().map(|short| finding(context, short)));
}

fn finding(context: &Context, short: &Shortfall) -> Finding {
    let (name, at, need) = (short.resolved.name(), short.firing.at, short.need.at);
    let message = format!("{name} cuts a stream after {at} of silence, but silences last up to {need}");
    let diagnostic = say::about(RULE.name, need::severity(context, short), context.chain, short.hop, message);
    let mut diagnostic = need::explain(context, short, diagnostic);
    let timer = short.timer();
    let wanted = context.chain.margin.above(need, Order::Inward);
    let enough = wanted.ceil_to(readable_grid(timer.grid, wanted));
    let beat = context.chain.margin.below(at, Order::Inward);
    let raise = (timer.settable && !short.is_beyond_ceiling()).then(|| format!("set {} of {name} to {enough} or more, or ", say::native(timer)));
    diagnostic.help = Some(format!(
        "{}send something into the stream at least every {beat} and state it as `heartbeat: {}` on the hop that sends it",
        raise.unwrap_or_default(),
        beat.to_source()
    ));
    if short.is_beyond_ceiling() {
        diagnostic.notes.extend(short.ceiling.map(|most| format!("No setting of {name} allows more than {most} of silence.")));
    }
    Finding::from(diagnostic).repair(context.repair(&[short.hop]))
}
