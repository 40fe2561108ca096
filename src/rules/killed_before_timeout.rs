use super::failure::{certain_tries_after_timeout, wait_guard};
use super::search::greatest;
use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{Expiry, Setting, Timer};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::model::Order;
use crate::resolve::hop::{Firing, Verdict};
use crate::resolve::{GuardValue, HopCase, Resolved, ResolvedHop, TimerValue};

rule! {
    /// A worker is killed before the client inside it gives up.
    ///
    /// ## What it does
    /// Where one program serves and calls on (a server hop followed by its client), compares the server's timer that
    /// kills the worker or ends the function with when the client answers after all its attempts. The client must be
    /// done a margin earlier, whatever the order of the chain.
    ///
    /// ## Why it matters
    /// A client that gives up raises an error that code can answer, log and clean up after. A killed worker leaves a
    /// broken connection or a bare 500, loses other requests that it served, and says nothing about the cause.
    ///
    /// ## Level
    /// Warning; error where both values were written by somebody.
    "killed-before-timeout", Warning, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    for server in 0..chain.hops.len() {
        if let Some(client) = own_client(chain, server)
            && let Some(killed) = killed(chain, server, client)
        {
            findings.push(finding(context, &killed));
        }
    }
}

/// The client with which the code inside a server calls, a server between the two passed over.
fn own_client(chain: &Resolved, server: usize) -> Option<usize> {
    let inside = (server..chain.hops.len()).take_while(|i| chain.same_process(*i)).map(|i| i + 1);
    inside.last()
}

struct Killed<'a> {
    server: usize,
    client_hop: usize,
    server_case: &'a HopCase,
    client_case: &'a HopCase,
    kill: Firing,
    /// Absent: the client waits for ever.
    client: Option<Firing>,
    /// When the program is done with its calls, at the latest.
    done: Option<Dur>,
    verdict: Verdict,
}

fn killed(chain: &Resolved, server: usize, client_hop: usize) -> Option<Killed<'_>> {
    let (outer, inner) = (&chain.hops[server], &chain.hops[client_hop]);
    let program = &chain.hops[server..client_hop];
    let too_late = |s: &HopCase, c: &HopCase| {
        let Some(kill) = kill(outer, inner, s) else { return false };
        match c.wait(inner.mode) {
            GuardValue::Limited(firing) => done(program, c, firing) > chain.margin.below(kill.earliest(), Order::Outward),
            GuardValue::None => true,
            GuardValue::Absent | GuardValue::Unknown => false,
        }
    };
    let pairs = || outer.cases.iter().flat_map(|s| inner.cases.iter().map(move |c| (s, c)));
    let verdict = Verdict::of(pairs().map(|(s, c)| too_late(s, c)));
    let (server_case, client_case) = pairs().find(|(s, c)| too_late(s, c))?;
    let client = client_case.wait(inner.mode).firing().copied();
    let done = client.map(|firing| done(program, client_case, &firing));
    Some(Killed { server, client_hop, server_case, client_case, kill: kill(outer, inner, server_case)?, client, done, verdict })
}

/// The first timer of the server's wait that kills.
fn kill(server: &ResolvedHop, client: &ResolvedHop, case: &HopCase) -> Option<Firing> {
    let guard = wait_guard(client.mode);
    let enters = |timer: &Timer| timer.expiry == Expiry::Kill && timer.guards.contains(&guard);
    let kills = case.timers.iter().filter(|v| enters(server.timer(v)));
    let firings = kills.filter_map(|value| match value.setting {
        Some(Setting::At(at)) => Some(firing_of(server.timer(value), at, *value)),
        _ => None,
    });
    firings.min_by_key(|firing| firing.at)
}

/// What a timer does when set to `at`.
fn firing_of(timer: &Timer, at: Dur, value: TimerValue) -> Firing {
    Firing { at, late: timer.late, retried: timer.on_expiry.retried, value }
}

/// When the program around a client is done with all its calls, at the latest.
fn done(program: &[ResolvedHop], client: &HopCase, firing: &Firing) -> Dur {
    let count = |hop: &ResolvedHop| hop.spec.calls.as_ref().map_or(1, |c| u64::from(c.value));
    let calls = program.iter().map(count).fold(1, u64::saturating_mul);
    let before = program.iter().filter_map(|hop| hop.spec.before.as_ref()).fold(Dur::ZERO, |sum, b| sum.plus(b.value));
    client.attempts.answer(firing).latest.times(calls).plus(before)
}

fn finding(context: &Context, killed: &Killed) -> Finding {
    let chain = context.chain;
    let (outer, inner) = (&chain.hops[killed.server], &chain.hops[killed.client_hop]);
    let (a, b, at) = (outer.name(), inner.name(), killed.kill.at);
    let message = match killed.done {
        Some(done) if done < killed.kill.earliest() => {
            format!(
                "{a} is killed after {at}, and {b} inside it may need {done}: less than the margin of {}",
                chain.margin
            )
        }
        Some(done) => format!("{a} is killed after {at}, before {b} inside it gives up after {done}"),
        None => format!("{a} is killed after {at}, and {b} inside it waits without a limit"),
    };
    let written = |f: &Firing| f.value.provenance.is_written();
    let both = written(&killed.kill) && killed.client.as_ref().is_some_and(written);
    let severity = if both && killed.verdict == Verdict::Always { Severity::Error } else { Severity::Warning };
    let severity = say::at_most_warning_if_weak(severity, &[&killed.kill.value]);
    let mut diagnostic = say::about(RULE.name, severity, chain, killed.client_hop, message);
    diagnostic.related_hops = vec![a.to_owned()];
    match &killed.client {
        Some(firing) => {
            let answer = killed.client_case.attempts.answer(firing);
            let attempts = if answer.attempts > 1 {
                format!("; {} attempts take up to {}", answer.attempts, answer.latest)
            } else {
                String::new()
            };
            let text = format!("{b}: {}{attempts}", say::value(inner, &firing.value));
            diagnostic = diagnostic.label(say::place(inner, &firing.value), text);
        }
        None => diagnostic = diagnostic.label(inner.spec.at, format!("{b}: no limit is on")),
    }
    diagnostic = diagnostic
        .label(say::place(outer, &killed.kill.value), format!("{a}: {}", say::value(outer, &killed.kill.value)))
        .note(say::symptom(outer, killed.server_case, wait_guard(inner.mode), &killed.kill))
        .note(format!("Code around {b} gets no chance to answer, log or clean up."));
    if killed.verdict == Verdict::Depends {
        let mut facets = outer.deciding(|case| kill(outer, inner, case).is_some());
        facets.extend(inner.deciding(|case| case.wait(inner.mode) == killed.client_case.wait(inner.mode)));
        if let Some(note) = say::deciding(&facets) {
            diagnostic = diagnostic.note(note);
        }
    }
    let (lower, raise) = (lowered(chain, killed), raised(chain, killed));
    let mut ways: Vec<String> = Vec::new();
    if let Some((timer, to)) = &lower {
        let tries = certain_tries_after_timeout(inner).attempts;
        let each = if tries > 1 { format!(" ({tries} attempts fit then)") } else { String::new() };
        ways.push(format!("set {} of {b} to {to} or less{each}", say::native(&inner.platform.timers[*timer])));
    }
    if let Some(to) = raise {
        ways.push(format!("set {} of {a} to {to} or more", say::native(outer.timer(&killed.kill.value))));
    }
    if ways.is_empty() {
        ways.push(format!("give {b} a deadline below {}", chain.margin.below(killed.kill.earliest(), Order::Outward)));
    }
    diagnostic.help = Some(ways.join(", or "));
    // Below what the work needs it would only move the failure.
    let enough = |to: Dur| inner.needs.wait.is_none_or(|need| to >= chain.margin.above(need.at, Order::Inward));
    Finding::from(diagnostic).repair(lower.filter(|(_, to)| enough(*to)).map(|(timer, to)| Repair {
        title: format!("set {} of {b} to {to}", say::native(&inner.platform.timers[timer])),
        // Which of the two gives way is for a person: the order of the hops around may want either.
        applicability: Applicability::Display,
        changes: vec![Change::SetTimer { hop: killed.client_hop, timer, to }],
    }))
}

/// The client's timer and the most it may be so that all attempts end in time.
fn lowered(chain: &Resolved, killed: &Killed) -> Option<(usize, Dur)> {
    let (program, inner) = (&chain.hops[killed.server..killed.client_hop], &chain.hops[killed.client_hop]);
    let index = if let Some(firing) = &killed.client {
        usize::from(firing.value.timer)
    } else {
        let principal = inner.principal(wait_guard(inner.mode))?;
        inner.platform.timers.iter().position(|t| t.id == principal.id)?
    };
    let timer = &inner.platform.timers[index];
    if !timer.settable || !inner.known || inner.spec.pin.as_ref().is_some_and(|p| p.value) {
        return None;
    }
    let most = chain.margin.below(killed.kill.earliest(), Order::Outward);
    let value = *killed.client_case.timer_value(index)?;
    let fits = |at: Dur| done(program, killed.client_case, &firing_of(timer, at, value)) <= most;
    let to = greatest(fits)?.floor_to(timer.grid.unwrap_or_default());
    // Whole seconds where that loses little: a value that people can read.
    let to = if to >= Dur::from_secs(10) { to.floor_to(Dur::from_secs(1)) } else { to.floor_to(Dur::from_millis(100)) };
    (!to.is_zero()).then_some((index, to))
}

/// The least that the server must be given, if it can be.
fn raised(chain: &Resolved, killed: &Killed) -> Option<Dur> {
    let outer = &chain.hops[killed.server];
    let timer = outer.timer(&killed.kill.value);
    let to = chain.margin.above(killed.done?, Order::Outward).ceil_to(timer.grid.unwrap_or(Dur::from_secs(1)));
    let limit = killed.kill.value.limit_row.map(|row| &timer.limits[usize::from(row)]);
    let ceiling = crate::resolve::one::ceiling(timer, &outer.spec, &outer.platform, limit);
    (timer.settable && outer.known && ceiling.is_none_or(|c| to <= c)).then_some(to)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::severity;

    #[test]
    fn all_attempts_count_and_two_written_values_are_an_error() {
        let chain = |worker: &str, sdk: &str| {
            format!(
                "version: 1\norder: unordered\nworkload: simple-qa\nhops:\n  - {{name: app, platform: gunicorn, with: {{worker: sync}}{worker}}}\n  - {{name: sdk, platform: openai-python, {sdk}}}\n  - {{name: model, platform: openai}}\n"
            )
        };
        let rule = "killed-before-timeout";
        let set = ", timeouts: {worker: 60s}";
        assert_eq!(severity(&chain(set, "timeout: 20s"), rule), Some("error"));
        assert_eq!(severity(&chain(set, "timeout: 20s, retries: {attempts: 1}"), rule), None);
        assert_eq!(severity(&chain("", "timeout: 20s"), rule), Some("warning"));
        assert_eq!(severity(&chain(set, "timeout: none"), rule), Some("warning"));
    }
}
