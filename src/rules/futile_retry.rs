use super::failure::{
    self, Stuck, Tries, certain_tries, certain_tries_after_timeout, certainly_works_on, first_to_leave,
    wait_guard,
};
use super::pair::{self, Standing};
use super::{Context, Finding, Findings, cost, rule, say};
use crate::diag::{Applicability, Diagnostic, Severity};
use crate::duration::Dur;
use crate::model::Order;
use crate::resolve::hop::{Firing, Verdict};
use crate::resolve::{Resolved, ResolvedHop, WorkloadSource};
use crate::solve::readable_grid;

rule! {
    /// A hop repeats a call that cannot succeed.
    ///
    /// ## What it does
    /// Looks at hops that try again after a timeout: their own, or the error that an inner hop reports for one. The
    /// repetition is futile where the workload needs longer than the timer that ends each attempt, and where the next
    /// attempt or fallback starts only after the caller has left.
    ///
    /// ## Why it matters
    /// The caller learns of the failure several times later than needed. Each attempt starts the same work again, often
    /// while the copies before it still run, and a model bills them all.
    ///
    /// ## Level
    /// Warning. Where only the order of two hops makes it futile and that order is a finding already, it is told there.
    "futile-retry", Warning, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    let states = context.stuck();
    let inverted = inverted_outer_hops(context);
    let leaving = first_to_leave(chain);
    let inside = inside(chain);
    for (i, state) in states.iter().enumerate() {
        let hop = &chain.hops[i];
        let Some(cause) = state.sees else { continue };
        let own = state.origin == i;
        let tries = if own { certain_tries_after_timeout(hop) } else { certain_tries(hop, cause) };
        let repeats = tries.attempts > 1 && state.tries.attempts > 1;
        if repeats && (too_short_for_work(chain, state.origin) || (!own && inverted.binary_search(&i).is_ok())) {
            findings.push(doomed(context, i, state, tries, inside[i]));
        } else if let Some(late) = too_late(context, i, state.origin, leaving[i]) {
            findings.push(Finding::from(late).cost(cost::of(context, 1, false).filter(|cost| cost.calls.count > 1)));
        }
    }
}

/// The hops that wait longer than one inside them, sorted: the same cause as their futile retries.
fn inverted_outer_hops(context: &Context) -> Vec<usize> {
    let mut outer = Vec::new();
    if context.chain.order == Order::Inward {
        pair::each(context, Standing::Inverted, |_, pair| outer.push(pair.outer().hop));
        outer.sort_unstable();
    }
    outer
}

/// A stated workload needs more than the wait of a hop, in all of its cases.
fn too_short_for_work(chain: &Resolved, hop: usize) -> bool {
    let hop = &chain.hops[hop];
    let (WorkloadSource::Stated(..), Some(need)) = (&chain.workload, hop.needs.wait) else { return false };
    hop.verdict(|case| case.wait(hop.mode).firing().is_some_and(|f| need.at >= f.at)) == Verdict::Always
}

fn doomed(context: &Context, i: usize, state: &Stuck, tries: Tries, inside: Inside) -> Finding {
    let chain = context.chain;
    let (hop, origin) = (&chain.hops[i], &chain.hops[state.origin]);
    let name = hop.name();
    let each = state.attempt.unwrap_or_default();
    let ends = if state.origin == i {
        format!("after {each}")
    } else {
        format!("after {each}, when {} gives up", origin.name())
    };
    let need = origin.needs.wait.filter(|_| too_short_for_work(chain, state.origin)).map(|n| n.at);
    let why = need.map_or_else(String::new, |at| format!(", and the work takes up to {at}"));
    let message = format!("{name} tries {} times in vain: each attempt ends {ends}{why}", tries.words());
    let mut diagnostic = say::about(RULE.name, Severity::Warning, chain, i, message);
    if state.origin != i {
        diagnostic.related_hops = vec![origin.name().to_owned()];
    }
    diagnostic = diagnostic.label(retry_place(hop), retry_label(hop, tries));
    let firing = origin.cases.iter().find_map(|case| case.wait(origin.mode).firing());
    if let Some(firing) = firing {
        let text = format!("{}: {}", origin.name(), say::value(origin, &firing.value));
        diagnostic = diagnostic.label(say::place(origin, &firing.value), text);
    }
    if let Some(answers) = state.answers {
        let least = if tries.at_least { "at least " } else { "" };
        diagnostic = diagnostic.note(format!("The caller of {name} learns of it only after {least}{answers}."));
    }
    diagnostic = diagnostic.note(copies(state, tries, need, inside));
    let mut ways = Vec::new();
    if let (Some(need), Some(firing)) = (need, firing) {
        let timer = origin.timer(&firing.value);
        let wanted = chain.margin.above(need, Order::Inward);
        let enough = wanted.ceil_to(readable_grid(timer.grid, wanted));
        if timer.settable {
            ways.push(format!("set {} of {} to {enough} or more", say::native(timer), origin.name()));
        }
    }
    ways.push(format!("{} and state `retries: {{attempts: 1}}`", failure::once(hop)));
    diagnostic.help = Some(ways.join(", or "));
    // Work that fits into no attempt stays futile when the order is put right.
    let finding = Finding { own_cause: need.is_some(), ..Finding::from(diagnostic) };
    let finding = finding.cost(cost::of(context, tries.attempts.into(), tries.at_least));
    finding.repair(context.repair(&[state.origin])).repair(failure::try_once(hop))
}

/// What the hops inside one do when their caller leaves.
#[derive(Clone, Copy)]
struct Inside {
    some_works_on: bool,
    all_stop: bool,
}

/// For each hop, what holds of those inside it.
fn inside(chain: &Resolved) -> Vec<Inside> {
    let mut now = Inside { some_works_on: false, all_stop: true };
    let mut found: Vec<Inside> = Vec::with_capacity(chain.hops.len());
    for hop in chain.hops.iter().rev() {
        found.push(now);
        now.some_works_on |= certainly_works_on(hop);
        now.all_stop &= hop.cases.iter().all(|case| case.cancels == Some(true));
    }
    found.reverse();
    found
}

/// How many copies of the work run at the same time.
fn copies(state: &Stuck, tries: Tries, need: Option<Dur>, inside: Inside) -> String {
    let each = state.attempt.unwrap_or_default().as_nanos().max(1);
    let overlap = need.map_or(u64::from(tries.attempts), |n| n.as_nanos().div_ceil(each)).min(tries.attempts.into());
    if inside.some_works_on && overlap > 1 {
        format!("A hop inside works on when its caller has left, so up to {overlap} copies of the work run at once.")
    } else if inside.all_stop {
        "Each attempt starts the work again; the hops inside stop the one before.".to_owned()
    } else {
        "Each attempt starts the work again, and nothing says that the one before is stopped.".to_owned()
    }
}

/// The next attempt or fallback would start when nobody waits any more.
fn too_late(context: &Context, i: usize, origin: usize, leaving: Option<(usize, Dur)>) -> Option<Diagnostic> {
    let chain = context.chain;
    let hop = &chain.hops[i];
    let case = hop.cases.first()?;
    let firing = *case.wait(hop.mode).firing()?;
    let tries = certain_tries_after_timeout(hop);
    let tails = case.attempts.tails;
    if origin != i || (tries.attempts < 2 && tails < 2) {
        return None;
    }
    let (outer, leaves) = leaving?;
    let next = firing.earliest().plus(case.attempts.wait_before(1).0);
    if leaves >= next {
        return None;
    }
    // Inward order wants the caller to leave first; only a second try that somebody asked for is worth a word then.
    let written = case.attempts.declared || firing.value.provenance.is_written();
    let severity = match chain.order {
        _ if tails > 1 => Severity::Warning,
        Order::Inward if case.attempts.declared => Severity::Note,
        Order::Inward => return None,
        Order::Unordered if !written => return None,
        Order::Outward | Order::Unordered => Severity::Warning,
    };
    let (a, b) = (chain.hops[outer].name(), hop.name());
    let what = if tries.attempts < 2 { "fallback" } else { "second attempt" };
    let message = format!("the {what} of {b} starts after {next} at the earliest, but {a} leaves after {leaves}");
    let mut diagnostic = say::about(RULE.name, severity, chain, i, message)
        .label(say::place(hop, &firing.value), format!("{b}: {}", say::value(hop, &firing.value)));
    diagnostic.related_hops = vec![a.to_owned()];
    let outer_hop = &chain.hops[outer];
    if let Some(leaving) = outer_hop.cases.first().and_then(|c| c.wait(outer_hop.mode).firing()) {
        let text = format!("{a}: {}", say::value(outer_hop, &leaving.value));
        diagnostic = diagnostic.label(say::place(outer_hop, &leaving.value), text);
    }
    diagnostic = diagnostic
        .note(format!("After a timeout nobody reads what the {what} brings, and it is paid for all the same."))
        .note(say::symptom(outer_hop, outer_hop.cases.first()?, wait_guard(outer_hop.mode), &first_firing(outer_hop)?));
    let timer = hop.timer(&firing.value);
    let budget = chain.margin.below(leaves, Order::Outward).minus(case.attempts.wait_before(1).1);
    let half = budget.scaled(1, 2);
    let most = half.floor_to(readable_grid(timer.grid, half));
    let fits = hop.needs.wait.is_none_or(|need| chain.margin.above(need.at, Order::Inward) <= most);
    let lower = (timer.settable && !most.is_zero() && fits)
        .then(|| format!("set {} of {b} to {most} or less, so that two of them fit", say::native(timer)));
    let raise = format!("let {a} wait longer than {}", case.attempts.answer(&firing).latest);
    let once = (tries.attempts > 1).then(|| failure::once(hop));
    diagnostic.help = Some(lower.into_iter().chain(once).chain([raise]).collect::<Vec<_>>().join(", or "));
    Some(diagnostic)
}

fn first_firing(hop: &ResolvedHop) -> Option<Firing> {
    hop.cases.first()?.wait(hop.mode).firing().copied()
}

fn retry_place(hop: &ResolvedHop) -> crate::span::Loc {
    hop.spec.retries.as_ref().map_or(hop.spec.at, |r| r.at)
}

fn retry_label(hop: &ResolvedHop, tries: Tries) -> String {
    let declared = hop.cases.first().is_some_and(|case| case.attempts.declared);
    let from = if declared { "declared".to_owned() } else { format!("default of {}", hop.platform.name) };
    format!("{}: {} attempts ({from})", hop.name(), tries.words())
}
