use super::need::{self, Shortfall};
use super::{Context, Finding, Findings, rule, say};
use crate::catalog::Guard;
use crate::resolve::WorkloadSource;

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
    let mut ways = need::ways_out(short);
    ways.push(format!("make the work shorter than {}", context.chain.margin.below(ceiling, crate::model::Order::Inward)));
    if matches!(context.chain.workload, WorkloadSource::Assumed(_)) {
        ways.insert(0, "state the real workload of the chain, such as `workload: simple-qa`".to_owned());
    }
    diagnostic.help = Some(ways.join("; or "));
    Finding::from(diagnostic).repair(need::state_workload(context))
}
