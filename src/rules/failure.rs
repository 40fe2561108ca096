//! Failures on their way outwards: what a hop reports to its caller, who repeats it, and what a call that never gets
//! an answer does to the whole chain.

use super::{Change, Repair};
use crate::catalog::{Cause, Guard, Side};
use crate::diag::Applicability;
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::resolve::failure::{reported_by_timer, tries_after};
use crate::resolve::hop::Firing;
use crate::resolve::{GuardValue, HopCase, Resolved, ResolvedHop};

pub use crate::resolve::failure::{Tries, reported, stated_mapping, tries};

/// The fewest tries after the hop's own timer, over its cases.
pub fn certain_tries_after_timeout(hop: &ResolvedHop) -> Tries {
    let own = |case: &HopCase| case.wait(hop.mode).firing().map_or(Tries::ONE, |firing| tries_after(case, firing));
    hop.cases.iter().map(own).min().unwrap_or(Tries::ONE)
}

/// The fewest tries over the cases of a hop: what is certain.
pub fn certain_tries(hop: &ResolvedHop, cause: Cause) -> Tries {
    hop.cases.iter().map(|case| tries(case, cause)).min().unwrap_or(Tries::ONE)
}

/// One hop of a chain whose innermost hop never answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// When the hop answers its caller. Absent: never, or nobody knows.
    pub answers: Option<Dur>,
    /// False where a value inside is unknown, so that `answers` is only an upper bound or absent for want of knowledge.
    pub known: bool,
    /// How long one attempt lasts.
    pub attempt: Option<Dur>,
    pub tries: Tries,
    /// What ends an attempt, as the hop itself sees it.
    pub sees: Option<Cause>,
    /// What its caller sees.
    pub reports: Option<Cause>,
    /// The hop whose timer ends the attempt.
    pub origin: usize,
}

/// Every hop of the chain, by position, when the last one never answers. Of a hop's cases the one that ends first.
pub fn stuck(chain: &Resolved) -> Vec<Stuck> {
    let mut found: Vec<Stuck> = Vec::with_capacity(chain.hops.len());
    for i in (0..chain.hops.len()).rev() {
        let inner = found.last().copied();
        let hop = &chain.hops[i];
        let cases = hop.cases.iter().map(|case| stuck_hop(chain, i, case, inner.as_ref()));
        let known = cases.clone().all(|s| s.known);
        let first = cases.min_by_key(|s| s.answers.unwrap_or(Dur::MAX));
        found.extend(first.map(|s| Stuck { known: s.known && (known || s.answers.is_some()), ..s }));
    }
    found.reverse();
    found
}

fn stuck_hop(chain: &Resolved, i: usize, case: &HopCase, inner: Option<&Stuck>) -> Stuck {
    let hop = &chain.hops[i];
    let guard = case.wait(hop.mode);
    let inner_answers = inner.and_then(|s| s.answers);
    let inner_known = inner.is_none_or(|s| s.known);
    if let Some(firing) = guard.firing()
        && inner_answers.is_none_or(|at| firing.latest() <= at)
    {
        let timer = hop.timer(&firing.value);
        // A server that has given up on its own request has nobody to try again for.
        let tries = if timer.side == Side::Downstream { Tries::ONE } else { tries_after(case, firing) };
        let one = firing.latest().plus(case.attempts.lead);
        return Stuck {
            answers: Some(series(case, one, tries.attempts)),
            known: true,
            attempt: Some(one),
            tries,
            sees: Some(Cause::Timeout),
            reports: reported_by_timer(hop, timer),
            origin: i,
        };
    }
    let sees = inner.and_then(|s| s.reports);
    let tries = sees.map_or(Tries::ONE, |cause| tries(case, cause));
    let attempt = inner_answers.map(|one| one.plus(case.attempts.lead));
    Stuck {
        answers: attempt.map(|one| series(case, one, tries.attempts)),
        known: inner_known && *guard != GuardValue::Unknown,
        attempt,
        tries,
        sees,
        reports: sees.and_then(|cause| reported(chain, i, cause)),
        origin: inner.map_or(i, |s| s.origin),
    }
}

/// Attempts of equal length with the back-offs between them, within the hop's deadline and window.
fn series(case: &HopCase, one: Dur, attempts: u32) -> Dur {
    let starts = starts(case, one, attempts);
    starts.last().map_or(one, |last| {
        let made = u32::try_from(starts.len()).unwrap_or(u32::MAX);
        let sleeps = case.attempts.trailing_sleep && made > 1;
        let end = last.plus(one).plus(if sleeps { case.attempts.wait_before(made).1 } else { Dur::ZERO });
        case.attempts.deadline.map_or(end, |deadline| end.min(deadline))
    })
}

/// When each attempt starts, at the latest.
pub fn starts(case: &HopCase, one: Dur, attempts: u32) -> Vec<Dur> {
    let mut starts = vec![Dur::ZERO];
    for n in 1..attempts.min(MOST_SHOWN) {
        let at = starts[starts.len() - 1].plus(one).plus(case.attempts.wait_before(n).1);
        let bounds = [case.attempts.deadline, case.attempts.window];
        if bounds.into_iter().flatten().any(|bound| at >= bound) {
            break;
        }
        starts.push(at);
    }
    starts
}

/// More attempts than anybody needs to see one by one.
const MOST_SHOWN: u32 = 1_000;

/// When calls reach the last hop while it never answers, for one request to hop `from`: one entry per call, at most as
/// many as anybody counts. A hop that does not stop when its caller leaves goes on calling.
pub fn calls_when_stuck(chain: &Resolved, stuck: &[Stuck], from: usize) -> Vec<Dur> {
    let mut calls = vec![Dur::ZERO];
    let mut goes_on = false;
    for i in (from..chain.hops.len().saturating_sub(1)).rev() {
        let (hop, state) = (&chain.hops[i], &stuck[i]);
        goes_on |= chain.hops.get(i + 1).is_some_and(certainly_works_on);
        let Some(attempt) = state.attempt else { continue };
        if !goes_on {
            calls.retain(|at| *at < attempt);
        }
        if state.tries.attempts > 1
            && let Some(case) = hop.cases.first()
        {
            let starts = starts(case, attempt, state.tries.attempts);
            calls = starts.iter().flat_map(|start| calls.iter().map(|at| start.plus(*at))).collect();
            calls.truncate(MOST_SHOWN as usize);
        }
    }
    calls
}

/// Surely does not stop its work when its caller leaves.
pub fn certainly_works_on(hop: &ResolvedHop) -> bool {
    // Code that writes into a stream learns with the next event that nobody reads.
    let told = hop.mode == Mode::Streaming && hop.platform.role.runs_code() && hop.spec.cancels.is_none();
    !told && hop.cases.iter().all(|case| case.cancels == Some(false))
}

/// When a hop surely leaves an attempt: the latest over its cases.
pub fn leaves(hop: &ResolvedHop) -> Option<Dur> {
    hop.cases
        .iter()
        .map(|case| case.wait(hop.mode).firing().map(Firing::latest))
        .try_fold(Dur::ZERO, |latest, at| at.map(|at| latest.max(at)))
        .filter(|at| !at.is_zero())
}

/// For each hop, the hop outside it that leaves first, with when.
pub fn first_to_leave(chain: &Resolved) -> Vec<Option<(usize, Dur)>> {
    let mut first: Option<(usize, Dur)> = None;
    let outside = |(i, hop): (usize, &ResolvedHop)| {
        let before = first;
        if let Some(at) = leaves(hop)
            && first.is_none_or(|(_, least)| at < least)
        {
            first = Some((i, at));
        }
        before
    };
    chain.hops.iter().enumerate().map(outside).collect()
}

/// The wait guard of the mode in which a hop calls.
pub const fn wait_guard(mode: Mode) -> Guard {
    match mode {
        Mode::Buffered => Guard::WaitBuffered,
        Mode::Streaming => Guard::WaitStreaming,
    }
}

/// How the platform's users write that a hop tries once.
pub fn once(hop: &ResolvedHop) -> String {
    let row = hop.platform.retries.iter().map(|row| &row.value).find(|r| r.settable && r.native.is_some());
    match row {
        Some(r) => {
            let native = r.native.as_deref().unwrap_or_default();
            format!("set {native} of {} to {}", hop.name(), i32::from(!r.native_counts_retries))
        }
        None => format!("let {} try once", hop.name()),
    }
}

/// The repair that takes a hop's repetitions away.
pub fn try_once(hop: &ResolvedHop) -> Option<Repair> {
    hop.spec.retries.is_none().then(|| Repair {
        title: format!("let {} try once", hop.name()),
        applicability: Applicability::Unsafe,
        changes: vec![Change::AddKey {
            body: hop.spec.body,
            path: Vec::new(),
            key: "retries".to_owned(),
            value: "{attempts: 1}".to_owned(),
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::{certain_tries, reported};
    use crate::catalog::Cause;
    use crate::rules::testing::resolved;

    #[test]
    fn a_failure_changes_its_name_on_the_way_out() {
        let chain = resolved(
            "version: 1\nhops:\n  - {name: edge, platform: nginx}\n  - {name: app, platform: uvicorn}\n  - {name: sdk, platform: openai-python}\n  - {name: model, platform: openai}\n",
        );
        assert_eq!(reported(&chain, 2, Cause::Timeout), Some(Cause::Timeout));
        assert_eq!(reported(&chain, 1, Cause::Timeout), Some(Cause::Status(504)));
        assert_eq!(reported(&chain, 0, Cause::Timeout), Some(Cause::Status(504)));
        assert_eq!(reported(&chain, 0, Cause::Status(429)), Some(Cause::Status(429)));
        assert_eq!(certain_tries(&chain.hops[2], Cause::Status(429)).attempts, 3);
        assert_eq!(certain_tries(&chain.hops[0], Cause::Timeout).attempts, 1);
    }

    #[test]
    fn a_call_that_hangs_ends_at_the_first_timer() {
        let chain = resolved(
            "version: 1\nhops:\n  - {name: sdk, platform: openai-python, timeout: 600s}\n  - {name: edge, platform: nginx}\n  - {name: model, platform: openai}\n",
        );
        let states = super::stuck(&chain);
        assert_eq!((states[0].origin, states[0].sees), (1, Some(Cause::Status(504))));
        assert_eq!(states[0].answers.map(|at| at.to_string()).as_deref(), Some("181.5s"));
        assert_eq!(super::calls_when_stuck(&chain, &states, 0).len(), 3);
    }

    /// What the rules predict of a provider that never answers is what a run of the same request gives.
    #[test]
    fn the_prediction_is_what_the_simulation_gives() {
        use crate::simulate::{Behaviour, Lateness, Request, Script, Seen, World, run};
        let (mut compared, mut differ) = (0, Vec::new());
        for (path, text) in chain_files() {
            for chain in crate::rules::testing::chains_in(&text) {
                let plain = chain.hops.iter().all(|hop| {
                    let spec = &hop.spec;
                    hop.cases.len() == 1 && spec.before.is_none() && spec.calls.is_none() && hop.fallbacks.is_empty()
                });
                let states = super::stuck(&chain);
                let decided = &states[..=states[0].origin];
                let answers = decided.iter().all(|s| s.answers.is_none() || s.reports.is_some());
                if !plain || !answers || states.iter().any(|s| !s.known || s.tries.at_least) {
                    continue;
                }
                let request =
                    Request { script: Script::always(Behaviour::silent()), leaves: None, late: Lateness::Latest };
                let run = run(&chain, &World::usual(&chain), &request);
                let status = match &run.client {
                    Seen::Error { status, .. } => *status,
                    _ => None,
                };
                let predicted = states[0].reports.and_then(|cause| match cause {
                    Cause::Status(status) => Some(status),
                    _ => None,
                });
                let simulated = (run.ended, status, run.blame.map(|b| run.fired[b].hop));
                let expected = (states[0].answers, predicted, states[0].answers.map(|_| states[0].origin));
                compared += 1;
                if simulated != expected {
                    let names: Vec<&str> = chain.hops.iter().map(|hop| hop.platform.id.as_str()).collect();
                    differ.push(format!("{path} {names:?}: rules {expected:?}, run {simulated:?}"));
                }
            }
        }
        assert!(differ.is_empty() && compared > 100, "{compared} compared:\n{}", differ.join("\n"));
    }

    fn chain_files() -> Vec<(String, String)> {
        let (mut folders, mut found) = (vec![std::path::PathBuf::from("fixtures"), "examples".into()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().ends_with(".chain.yaml") || folder.starts_with("fixtures/rules") {
                    found.extend(std::fs::read_to_string(&path).map(|text| (path.display().to_string(), text)));
                }
            }
        }
        found.sort();
        found
    }
}
