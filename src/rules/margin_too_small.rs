use super::pair::{self, Standing};
use super::{Context, Finding, Findings, rule, say};
use crate::diag::{Applicability, Severity};
use crate::resolve::hop::Verdict;

rule! {
    /// Two neighbouring hops give up in the right order, but too close together.
    ///
    /// ## What it does
    /// Looks at the same pairs as `order-inverted` and asks for the margin between them: the chain's `margin:`, or 1 s
    /// or 5 % of the inner value, whichever is more. A timer that is known to fire late counts with its latest time on
    /// the side that must be lower and its earliest on the other.
    ///
    /// ## Why it matters
    /// Network time, a scheduler's delay and timers that fire late decide which of two close timers wins. Users then
    /// see one error today and another tomorrow.
    "margin-too-small", Warning, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    pair::each(context, Standing::Close, |path, pair| {
        let (lower, upper, culprit) = (pair.lower, pair.upper, pair.culprit());
        let (low, high) = (lower.low(lower.firing.at), upper.high(upper.firing.at));
        let message = format!(
            "only {} between {} ({low}) and {} ({high}); the margin is {}",
            high.minus(low),
            lower.resolved.name(),
            upper.resolved.name(),
            path.margin
        );
        let severity = pair.severity(context.chain, Severity::Warning);
        let mut diagnostic = say::about(RULE.name, severity, context.chain, culprit.hop, message);
        diagnostic.related_hops = vec![pair.other().resolved.name().to_owned()];
        for node in [culprit, pair.other()] {
            let text = pair::describe(node.resolved, node);
            diagnostic = diagnostic.label(say::place(node.resolved, &node.firing.value), text);
        }
        diagnostic = diagnostic.note(say::symptom(lower.resolved, lower.case, pair.guard, &lower.firing));
        if pair.verdict == Verdict::Depends
            && let Some(note) = pair.deciding(path, Standing::Close)
        {
            diagnostic = diagnostic.note(note);
        }
        diagnostic.help = pair.help(context, path);
        findings.push(Finding::from(diagnostic).repair(context.repair(&[lower.hop, upper.hop])));
    });
}
