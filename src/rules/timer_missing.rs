use super::failure::wait_guard;
use super::{Change, Context, Finding, Findings, Repair, rule, say, stream};
use crate::catalog::{Guard, Role, Timer, Unlimited};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::model::Order;
use crate::resolve::{GuardValue, HopCase, Resolved, ResolvedHop};

rule! {
    /// A hop that could limit a request does not.
    ///
    /// ## What it does
    /// Reports the outermost hop where it has a timer for the wait and that timer is off; a stream that nothing on the
    /// chain bounds as a whole; and under `order: outward` each inner hop without a limit, for it can never report
    /// first. The last hop is exempt.
    ///
    /// ## Why it matters
    /// A request that hangs then holds a thread, a connection and a user for ever. Idle timers do not help with a stream
    /// that sends a ping now and then.
    ///
    /// ## What is passed over
    /// Platforms that have no such timer, and values that nobody knows. A server whose own code calls on with a client
    /// that gives up.
    ///
    /// ## Level
    /// Warning. An unbounded stream is a note where an idle timer still ends it as soon as it falls silent: only one that
    /// trickles on lives for ever.
    "timer-missing", Warning, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    if chain.fragment {
        return;
    }
    if let Some(hop) = outermost(chain) {
        findings.push(unlimited(
            context,
            hop,
            "nothing outside it gives up first",
            "its caller hangs with it, and nothing is logged",
        ));
    }
    if let Some(finding) = unbounded_stream(chain) {
        findings.push(finding);
    }
    if chain.order == Order::Outward {
        let last = chain.hops.len().saturating_sub(1);
        let inner = (1..last).filter(|i| is_off(&chain.hops[*i]) && !ended_by_own_client(chain, *i) && chain.hops[..*i].iter().any(is_limited));
        for hop in inner {
            findings.push(unlimited(
                context,
                hop,
                "a hop outside it gives up before it can report",
                "the caller gets an outer error that names no cause",
            ));
        }
    }
}

/// The first hop that could limit, where it does not. A chain of one hop has nothing to wait for.
fn outermost(chain: &Resolved) -> Option<usize> {
    let could = |hop: &ResolvedHop| {
        hop.platform.role != Role::L4 && hop.cases.iter().any(|case| *case.wait(hop.mode) != GuardValue::Absent)
    };
    let first = chain.hops.iter().position(could)?;
    (first + 1 < chain.hops.len() && is_off(&chain.hops[first])).then_some(first)
}

/// A timer that somebody could set is off, in every case. Where it cannot be off, `impossible-value` speaks.
fn is_off(hop: &ResolvedHop) -> bool {
    let can_be_off = timer(hop).is_some_and(|(_, timer)| timer.unlimited != Some(Unlimited::Impossible));
    hop.known && can_be_off && hop.cases.iter().all(|case| *case.wait(hop.mode) == GuardValue::None)
}

/// A server without a limit answers when the client in its own code has given up.
fn ended_by_own_client(chain: &Resolved, i: usize) -> bool {
    chain.same_process(i) && chain.hops.get(i + 1).is_some_and(is_limited)
}

fn is_limited(hop: &ResolvedHop) -> bool {
    hop.cases.iter().any(|case: &HopCase| case.wait(hop.mode).firing().is_some())
}

fn timer(hop: &ResolvedHop) -> Option<(usize, &Timer)> {
    let principal = hop.principal(wait_guard(hop.mode)).filter(|t| t.settable)?;
    let index = hop.platform.timers.iter().position(|t| t.id == principal.id)?;
    Some((index, principal))
}

fn unlimited(context: &Context, index: usize, why: &str, seen: &str) -> Finding {
    let chain = context.chain;
    let hop = &chain.hops[index];
    let name = hop.name();
    let message = format!("{name} waits for an answer without a limit, and {why}");
    let mut diagnostic = say::about(RULE.name, Severity::Warning, chain, index, message);
    let found = timer(hop);
    let value = found.and_then(|(i, _)| hop.cases.first()?.timer_value(i));
    let place = value.map_or(hop.spec.at, |v| say::place(hop, v));
    let text = value.map_or_else(String::new, |v| say::value(hop, v));
    diagnostic = diagnostic.label(place, text).note(format!("When a hop inside {name} hangs, {seen}."));
    let to = wanted(chain, hop);
    let Some((timer_index, timer)) = found else { return diagnostic.into() };
    diagnostic.help = Some(match to {
        Some(to) => format!("set {} of {name}, to {to} for example", say::native(timer)),
        None => format!("set {} of {name} to what its caller is ready to wait", say::native(timer)),
    });
    Finding::from(diagnostic).repair(to.map(|to| Repair {
        title: format!("set {} of {name} to {to}", say::native(timer)),
        applicability: Applicability::Unsafe,
        changes: vec![Change::SetTimer { hop: index, timer: timer_index, to }],
    }))
}

/// What the work needs, with the margin, in whole seconds.
fn wanted(chain: &Resolved, hop: &ResolvedHop) -> Option<Dur> {
    let need = hop.needs.wait?;
    let grid = timer(hop).and_then(|(_, t)| t.grid).unwrap_or_default().max(Dur::from_secs(1));
    Some(chain.margin.above(need.at, Order::Inward).ceil_to(grid))
}

/// One finding per chain, at its outermost hop. What the last hop does beyond its knowledge is not to be relied on.
fn unbounded_stream(chain: &Resolved) -> Option<Finding> {
    let streamed = stream::expected(chain);
    let (first, last) = (*streamed.first()?, chain.hops.len() - 1);
    let at = stream::stated_at(chain)?;
    let bounded = |i: usize| {
        chain.hops[i].cases.iter().any(|case| match case.guard(Guard::StreamTotal) {
            GuardValue::Limited(_) => true,
            GuardValue::Unknown => i != last,
            GuardValue::Absent | GuardValue::None => false,
        })
    };
    // A collecting hop outside the stream waits for the whole of it.
    if streamed.iter().any(|i| bounded(*i)) || (0..first).any(|i| is_limited(&chain.hops[i])) {
        return None;
    }
    let hop = &chain.hops[first];
    let silence_ends = streamed.iter().any(|i| {
        let hop = &chain.hops[*i];
        hop.cases.iter().all(|case| case.guard(Guard::Gap).firing().is_some())
    });
    let kept_alive = chain.hops.iter().any(|hop| hop.cases.iter().any(|case| case.heartbeat.is_some()));
    let severity = if silence_ends && !kept_alive { Severity::Note } else { Severity::Warning };
    let message = "nothing on this chain ends a stream that never ends".to_owned();
    let mut diagnostic = say::about(RULE.name, severity, chain, first, message)
        .label(hop.spec.at, format!("{} could bound the whole call", hop.name()))
        .label(at, "the workload is streamed")
        .note("Idle timers start again with every byte, pings included, so a stream that trickles holds its connections for ever.");
    let to = hop
        .needs
        .stream_total
        .map_or(Dur::from_secs(600), |need| chain.margin.above(need.at, Order::Inward).ceil_to(Dur::from_secs(1)));
    diagnostic.help = Some(format!(
        "bound the whole call in the code around {} and state it: `deadline: {}`",
        hop.name(),
        to.to_source()
    ));
    let repair = (hop.spec.deadline.is_none() && hop.known).then(|| Repair {
        title: format!("state a deadline of {to} on {}", hop.name()),
        applicability: Applicability::Display,
        changes: vec![Change::AddKey {
            body: hop.spec.body,
            path: Vec::new(),
            key: "deadline".to_owned(),
            value: to.to_source(),
        }],
    });
    Some(Finding::from(diagnostic).repair(repair))
}
