use super::pair::{self, Pair, Standing};
use super::{Context, Finding, Findings, rule, say};
use crate::catalog::Guard;
use crate::diag::{Applicability, Severity};
use crate::model::Order;
use crate::resolve::hop::Verdict;
use crate::resolve::{GuardValue, HopCase};
use crate::solve::Path;

rule! {
    /// Two neighbouring hops give up in the wrong order.
    ///
    /// ## What it does
    /// Compares each hop that limits a request with the next limited hop inside it: when the outer one gives up on one
    /// attempt (`w`), and when the inner one answers after all of its attempts (`S`). Under `order: inward` the outer
    /// hop must give up first: `w(outer) + margin <= S(inner)`. Under `order: outward` the inner hop must answer
    /// first: `S(inner) + margin <= w(outer)`. Equal values race and count as inverted.
    ///
    /// ## Why it matters
    /// With inward order the hop that knows the user's patience decides. If a hop in the middle gives up first, the
    /// caller gets that hop's 504 while it would still have waited, and its retries start the same doomed work again.
    /// With outward order the hop nearest the work reports what happened; if an outer hop leaves first, the inner
    /// error is never seen and work goes on for nobody.
    ///
    /// ## What is passed over
    /// Hops without a limit, and values that nobody knows. A server and the client called by its own code are judged
    /// by `killed-before-timeout`, also where a function host stands around the server. Inward, a layer 4 hop may wait
    /// longer than what is inside it: it hands on the answer of that hop. Silence in a stream
    /// is passed over where a stated `heartbeat:` keeps it short. Two values that nobody can change are a note.
    ///
    /// ## Level
    /// Error where the order is stated or one of the two values was written by somebody; warning between two
    /// defaults, for gaps in a stream, and where an unstated facet decides.
    "order-inverted", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    pair::each(context, Standing::Inverted, |path, pair| findings.push(finding(context, path, pair)));
    if context.chain.order != Order::Unordered {
        unknown(context, findings);
    }
}

/// Hops that nobody can place in the order.
fn unknown(context: &Context, findings: &mut Findings) {
    for (i, hop) in context.chain.hops.iter().enumerate() {
        let wait = |case: &HopCase| *case.wait(hop.mode) == GuardValue::Unknown;
        if hop.verdict(wait) == Verdict::Always {
            let why = format!("nobody knows when {} gives up; state it under `timeouts:` to have it compared", hop.name());
            findings.unchecked(RULE.name, context.chain, i, why);
        }
    }
}

fn finding(context: &Context, path: &Path, pair: &Pair) -> Finding {
    let chain = context.chain;
    let (outer, inner, culprit) = (pair.outer(), pair.inner(), pair.culprit());
    let severity = pair.severity(chain, Severity::Error);
    let mut diagnostic = say::about(RULE.name, severity, chain, culprit.hop, message(path, pair));
    diagnostic.related_hops = vec![pair.other().resolved.name().to_owned()];
    for node in [culprit, pair.other()] {
        let text = pair::describe(node.resolved, node);
        diagnostic = diagnostic.label(say::place(node.resolved, &node.firing.value), text);
    }
    diagnostic = diagnostic.note(say::symptom(inner.resolved, inner.case, pair.guard, &inner.firing));
    if chain.order == Order::Outward {
        diagnostic = diagnostic.note(format!(
            "{} leaves after {}, so nobody reads what {} answers later.",
            outer.resolved.name(),
            outer.firing.at,
            inner.resolved.name()
        ));
    }
    if pair.verdict == Verdict::Depends
        && let Some(note) = pair.deciding(path, Standing::Inverted)
    {
        diagnostic = diagnostic.note(note);
    }
    if !chain.order_stated {
        let silent = if chain.fragment { "No hoplint.toml states an `order`" } else { "The chain states no `order:`" };
        diagnostic =
            diagnostic.note(format!("{silent}; hoplint assumes `inward`: the outermost hop gives up first."));
    }
    diagnostic.help = pair.help(context, path);
    Finding::from(diagnostic).repair(context.repair(&[outer.hop, inner.hop]))
}

fn message(path: &Path, pair: &Pair) -> String {
    let (outer, inner) = (pair.outer(), pair.inner());
    let (a, b) = (outer.resolved.name(), inner.resolved.name());
    let (at_outer, answer) = (outer.firing.at, inner.answer(&inner.firing));
    let depends = pair.verdict == Verdict::Depends;
    let (waits, ends) = match pair.guard {
        Guard::Gap => (format!("allows {at_outer} of silence in a stream"), if depends { "may cut it" } else { "cuts it" }),
        Guard::StreamTotal => {
            (format!("lets a stream run for {at_outer}"), if depends { "may cut it" } else { "cuts it" })
        }
        _ => (format!("waits {at_outer} for an answer"), if depends { "may give up" } else { "gives up" }),
    };
    match path.order {
        Order::Outward if matches!(pair.guard, Guard::Gap | Guard::StreamTotal) => {
            format!("{a} {waits}, but {b} inside it {ends} only after {}", answer.1)
        }
        Order::Outward => format!("{a} {waits}, but {b} inside it needs up to {} to report", answer.1),
        _ if at_outer == answer.0 => format!("{a} {waits}, and {b} inside it {ends} after the same time"),
        _ => format!("{a} {waits}, but {b} inside it {ends} after {}", answer.0),
    }
}
