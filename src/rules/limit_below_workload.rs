use super::need::{self, Shortfall};
use super::{Context, Finding, Findings, rule, say};
use crate::catalog::Guard;
use crate::model::Order;
use crate::resolve::WorkloadSource;
use crate::solve::readable_grid;

rule! {
    /// The work takes longer than the platform can ever be set to wait.
    ///
    /// ## What it does
    /// Reports where the workload's need is at or above the highest value that any setting of the hop can reach. No
    /// value repairs it; the help lists what can: a quota or plan that raises the limit, another mode, another
    /// platform, or shorter work. Silence inside a stream is left to `stream-gap-too-short`, for a heartbeat repairs it.
    ///
    /// ## Why it matters
    /// Every such request fails at the platform's limit while the work behind it goes on and is paid for.
    ///
    /// ## Level
    /// Error for a declared workload and a limit that is documented, measured, read in source or named by the
    /// requirements; otherwise a warning.
    "limit-below-workload", Error, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    let guards = [Guard::WaitBuffered, Guard::WaitStreaming, Guard::StreamTotal, Guard::Upload];
    for short in need::shortfalls(context, &guards).iter().filter(|s| s.is_beyond_ceiling()) {
        findings.push(finding(context, short));
    }
}

fn finding(context: &Context, short: &Shortfall) -> Finding {
    let ceiling = short.ceiling.unwrap_or(short.firing.at);
    let (name, need) = (short.resolved.name(), short.need.at);
    let message = format!(
        "{name} can never wait longer than {ceiling} ({}), but the work inside takes up to {need}",
        short.resolved.platform.name
    );
    let diagnostic = say::about(RULE.name, need::severity(context, short), context.chain, short.hop, message);
    let mut diagnostic = need::explain(context, short, diagnostic);
    for way in need::ways_out(short) {
        diagnostic = diagnostic.note(format!("Way out: {way}"));
    }
    let within = context.chain.margin.below(ceiling, Order::Inward);
    let within = within.floor_to(readable_grid(None, within));
    diagnostic.help = Some(match context.chain.workload {
        WorkloadSource::Assumed(_) => {
            format!("state the real workload of the chain, such as `workload: simple-qa`; work of up to {within} fits")
        }
        _ => format!("no value repairs it: take one of the ways out, or keep the work within {within}"),
    });
    Finding::from(diagnostic).repair(need::state_workload(context))
}
