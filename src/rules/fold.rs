//! One cause, one finding: costs of a wrong order are told in the order finding of the same hops.

use super::{Finding, Findings, cost, futile_retry, order_inverted, orphaned_work};
use crate::diag::Diagnostic;
use std::collections::HashMap;

/// Moves `futile-retry` and `orphaned-work` into the notes of an `order-inverted` finding that shares a hop with them,
/// the one of the same pair first, unless they have a cause of their own. Then every finding tells what it costs. Run it
/// over the findings of one chain, after all rules.
pub fn fold(findings: &mut Findings) {
    join(findings);
    cost::tell(findings);
}

fn join(findings: &mut Findings) {
    let is_order = |finding: &Finding| finding.diagnostic.rule == order_inverted::RULE.name;
    if !findings.found.iter().any(is_order) {
        return;
    }
    let costs = [futile_retry::RULE.name, orphaned_work::RULE.name];
    let (folded, mut kept): (Vec<Finding>, Vec<Finding>) =
        findings.found.drain(..).partition(|f| costs.contains(&f.diagnostic.rule) && !f.own_cause);
    let mut of_hop: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, order) in kept.iter().enumerate().filter(|(_, finding)| is_order(finding)) {
        for hop in hops(&order.diagnostic) {
            of_hop.entry(hop.to_owned()).or_default().push(i);
        }
    }
    for cost in folded {
        let candidates = hops(&cost.diagnostic).filter_map(|hop| of_hop.get(hop)).flatten();
        let target = candidates.max_by_key(|i| (shared_hops(&kept[**i].diagnostic, &cost.diagnostic), **i)).copied();
        match target {
            Some(order) => {
                let order = &mut kept[order];
                order.cost = [order.cost, cost.cost].into_iter().flatten().max_by_key(|cost| cost.calls.count);
                order.diagnostic.notes.extend(told(cost.diagnostic));
            }
            None => kept.push(cost),
        }
    }
    findings.found = kept;
}

fn hops(diagnostic: &Diagnostic) -> impl Iterator<Item = &str> {
    diagnostic.hop.iter().chain(&diagnostic.related_hops).map(String::as_str)
}

fn shared_hops(a: &Diagnostic, b: &Diagnostic) -> usize {
    hops(a).filter(|name| hops(b).any(|other| other == *name)).count()
}

/// The cost as sentences of another finding: what happens and what it costs, without the repair.
fn told(cost: Diagnostic) -> impl Iterator<Item = String> {
    let mut message = cost.message;
    if let Some(first) = message.chars().next().filter(char::is_ascii_lowercase)
        && !cost.hop.as_deref().is_some_and(|hop| message.starts_with(hop))
    {
        message.replace_range(..1, &first.to_ascii_uppercase().to_string());
    }
    std::iter::once(format!("{message}.")).chain(cost.notes)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::lint;

    fn chain(order: &str, workload: &str) -> String {
        format!(
            "version: 1\norder: {order}\n{workload}hops:\n  - {{name: sdk, platform: openai-python, timeout: 300s}}\n  - {{name: edge, platform: nginx, timeouts: {{read: 60s}}}}\n  - {{name: model, platform: openai}}\n"
        )
    }

    #[test]
    fn costs_are_told_once() {
        let inward = lint(&chain("inward", ""));
        assert!(inward.iter().all(|d| d.rule != "futile-retry"), "{inward:#?}");
        let order = inward.iter().find(|d| d.rule == "order-inverted").expect("an order finding");
        assert!(order.notes.iter().any(|note| note.contains("tries 3 times in vain")), "{order:#?}");
    }

    #[test]
    fn a_cause_of_its_own_stands_alone() {
        for order in ["inward", "unordered"] {
            let findings = lint(&chain(order, "workload: {total: 90s}\n"));
            assert!(findings.iter().any(|d| d.rule == "futile-retry"), "{findings:#?}");
        }
    }
}
