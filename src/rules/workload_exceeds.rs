use super::need::{self, Shortfall};
use super::{Context, Finding, Findings, rule, say};
use crate::catalog::Guard;
use crate::diag::Applicability;
use crate::model::Order;
use crate::solve::readable_grid;
use crate::resolve::hop::Verdict;
use crate::resolve::{GuardValue, HopCase, WorkloadSource};

rule! {
    /// A timer is shorter than the work that it waits for.
    ///
    /// ## What it does
    /// Compares what the workload needs with when each hop gives up: a whole answer with the wait of a buffered call;
    /// the first token and the whole stream with the limits of a streamed one; the request body with upload limits. The
    /// margin must fit too. `calls:`, `before:`, `mode:` and `heartbeat:` of the hops in between are taken into account.
    ///
    /// ## Why it matters
    /// The request is cut although everything works as it should, most often at an untouched default, and each retry
    /// does the same work again.
    ///
    /// ## Level
    /// Error for a declared workload; warning where only the margin is missing, where an unstated facet decides, and once
    /// per chain where the workload is assumed because the chain ends at a model and states none. Where no value of
    /// the timer could be enough, `limit-below-workload` reports instead.
    "workload-exceeds", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    let guards = [Guard::WaitBuffered, Guard::WaitStreaming, Guard::StreamTotal, Guard::Upload];
    for short in need::shortfalls(context, &guards).iter().filter(|s| !s.is_beyond_ceiling()) {
        findings.push(finding(context, short));
    }
    unknown(context, findings);
}

/// Hops that may or may not wait long enough.
fn unknown(context: &Context, findings: &mut Findings) {
    for (i, hop) in context.chain.hops.iter().enumerate() {
        let wait = |case: &HopCase| *case.wait(hop.mode) == GuardValue::Unknown;
        if let Some(need) = hop.needs.wait.filter(|_| hop.verdict(wait) == Verdict::Always) {
            let why = format!("nobody knows whether {} waits {} for an answer", hop.name(), need.at);
            findings.unchecked(RULE.name, context.chain, i, why);
        }
    }
}

fn finding(context: &Context, short: &Shortfall) -> Finding {
    let (name, at, need) = (short.resolved.name(), short.firing.at, short.need.at);
    let what = match short.guard {
        Guard::WaitStreaming => "the first token takes",
        Guard::StreamTotal => "the stream takes",
        Guard::Upload => "sending the request takes",
        _ => "an answer takes",
    };
    let ends = if short.verdict == Verdict::Depends { "may give up" } else { "gives up" };
    let message = if short.only_margin && at > need {
        format!("{name} {ends} after {at}, and {what} up to {need}: no margin is left")
    } else if at == need {
        format!("{name} {ends} after {at}, and {what} just as long")
    } else {
        format!("{name} {ends} after {at}, but {what} up to {need}")
    };
    let diagnostic = say::about(RULE.name, need::severity(context, short), context.chain, short.hop, message);
    let mut diagnostic = need::explain(context, short, diagnostic);
    let wanted = context.chain.margin.above(need, Order::Inward);
    let timer = short.timer();
    let enough = wanted.ceil_to(readable_grid(timer.grid, wanted));
    let enough = context.target(short.hop, short.firing.value.timer).map_or(enough, |target| target.max(enough));
    let raise = format!("set {} of {name} to {enough} or more", say::native(timer));
    diagnostic.help = Some(match context.chain.workload {
        WorkloadSource::Assumed(_) => format!(
            "add the workload to the chain, such as `workload: long-form` (up to 60s) or `workload: {{total: 20s}}`; if 60s is right, {raise}"
        ),
        _ if timer.settable => raise,
        _ => format!("nobody can set {} of {name}; shorten the work or stream the answer", timer.id),
    });
    Finding::from(diagnostic).repair(context.repair(&[short.hop])).repair(need::state_workload(context))
}
