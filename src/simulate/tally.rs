//! What many requests come to: shares, times, calls, work for nobody, and who is to blame.

use super::Plan;
use super::machine::{Ending, Machine, Outcome};
use crate::duration::Dur;

/// Sums over requests. Two tallies of the same plan add up.
#[derive(Clone, Debug)]
pub struct Tally {
    pub requests: u64,
    pub answered: u64,
    /// When users had their whole answer, and when the others knew that they get none; in no order until sorted.
    answers: Vec<Dur>,
    failures: Vec<Dur>,
    /// When answers began, where they are streams.
    first_bytes: Vec<Dur>,
    /// Users who never learn anything.
    pub never: u64,
    /// By hop: the calls that reached it, and the most of one request.
    pub calls: Vec<u64>,
    pub most_calls: Vec<u64>,
    pub work: Worked,
    /// Ends other than an answer, told apart by what is seen and what decided it.
    pub ends: Vec<End>,
}

/// What the innermost hop did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    pub calls: u64,
    /// Of one request.
    pub most: u64,
    /// Requests of which at least one call was accepted.
    pub first: u64,
    /// Without those that it refused or answered with an error.
    pub accepted: u64,
    /// Of the accepted ones, those whose answer reached the user.
    pub wanted: u64,
    /// Nanoseconds.
    pub worked: u128,
    pub worked_for_user: u128,
    /// Answers generated, in millionths of a whole one.
    pub generated: u128,
    pub generated_for_user: u128,
}

/// One way in which requests end without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub ending: Ending,
    pub blame: Option<(usize, Option<u16>)>,
    pub requests: u64,
    pub earliest: Dur,
    pub latest: Dur,
    /// The number of a request that ends so: the first one.
    pub example: u64,
}

/// Times in order, from which percentiles are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    pub p50: Dur,
    pub p90: Dur,
    pub p95: Dur,
    pub p99: Dur,
    pub max: Dur,
}

/// How long a call of the script would take to its end.
type Whole<'w> = dyn Fn(usize) -> Option<Dur> + 'w;

/// A whole answer, in the unit of [`Worked::generated`].
pub const WHOLE: u64 = 1_000_000;

impl Tally {
    pub(super) fn new(plan: &Plan<'_>, requests: u64) -> Self {
        let hops = plan.hops();
        let room = usize::try_from(requests).unwrap_or_default().min(1 << 20);
        Self {
            requests: 0,
            answered: 0,
            answers: Vec::with_capacity(room),
            failures: Vec::new(),
            first_bytes: Vec::new(),
            never: 0,
            calls: vec![0; hops],
            most_calls: vec![0; hops],
            work: Worked::default(),
            ends: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, outcome: &Outcome, machine: &Machine<'_>, request: u64, whole: &Whole<'_>) {
        self.requests += 1;
        if let Ending::Answered(_) = outcome.ending {
            self.answered += 1;
            self.answers.extend(outcome.ended);
            self.first_bytes.extend(outcome.first_byte);
        } else {
            self.failures.extend(outcome.ended);
            self.never += u64::from(outcome.ended.is_none());
            self.end(outcome, request);
        }
        machine.count(&mut self.calls, &mut self.most_calls);
        self.work = self.work.plus(Worked::of(outcome, machine, whole));
    }

    fn end(&mut self, outcome: &Outcome, request: u64) {
        let at = outcome.ended.unwrap_or(Dur::MAX);
        let one = End {
            ending: outcome.ending,
            blame: outcome.blame,
            requests: 1,
            earliest: at,
            latest: at,
            example: request,
        };
        self.ends_like(&one);
    }

    fn ends_like(&mut self, other: &End) {
        match self.ends.iter_mut().find(|end| end.ending == other.ending && end.blame == other.blame) {
            Some(end) => {
                end.requests += other.requests;
                end.earliest = end.earliest.min(other.earliest);
                end.latest = end.latest.max(other.latest);
                end.example = end.example.min(other.example);
            }
            None => self.ends.push(other.clone()),
        }
    }

    #[must_use]
    pub fn plus(mut self, other: Tally) -> Tally {
        self.requests += other.requests;
        self.answered += other.answered;
        self.never += other.never;
        self.answers.extend(other.answers);
        self.failures.extend(other.failures);
        self.first_bytes.extend(other.first_bytes);
        for (mine, theirs) in self.calls.iter_mut().zip(&other.calls) {
            *mine += theirs;
        }
        for (mine, theirs) in self.most_calls.iter_mut().zip(&other.most_calls) {
            *mine = (*mine).max(*theirs);
        }
        self.work = self.work.plus(other.work);
        other.ends.iter().for_each(|end| self.ends_like(end));
        self
    }

    /// Puts everything in order, the most frequent ends first. Needed before percentiles are read.
    #[must_use]
    pub fn sorted(mut self) -> Tally {
        for times in [&mut self.answers, &mut self.failures, &mut self.first_bytes] {
            times.sort_unstable();
        }
        self.ends.sort_by_key(|end| (std::cmp::Reverse(end.requests), end.example));
        self
    }

    /// Until users had the whole answer.
    pub fn until_answered(&self) -> Option<Percentiles> {
        percentiles(&self.answers)
    }

    /// Until the others knew that they get none; those who never know are not in it.
    pub fn until_failed(&self) -> Option<Percentiles> {
        percentiles(&self.failures)
    }

    /// Until answers began.
    pub fn until_first_byte(&self) -> Option<Percentiles> {
        percentiles(&self.first_bytes)
    }
}

/// By nearest rank: the least time that at least that share does not exceed.
fn percentiles(sorted: &[Dur]) -> Option<Percentiles> {
    let max = *sorted.last()?;
    let at = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
    Some(Percentiles { p50: at(50), p90: at(90), p95: at(95), p99: at(99), max })
}

impl Worked {
    /// What one request made of it. `whole` says how long a call of the script would take to its end.
    pub fn of(outcome: &Outcome, machine: &Machine<'_>, whole: &Whole<'_>) -> Worked {
        let request_ends = outcome.ended.unwrap_or_default();
        let mut one = Worked::default();
        for call in machine.provider_calls() {
            one.calls += 1;
            if call.is_error() {
                continue;
            }
            let lasts = call.lasts(request_ends);
            let generated = match whole(call.entry()).unwrap_or_default().as_nanos() {
                0 => WHOLE.into(),
                nanos => (u128::from(lasts.as_nanos()) * u128::from(WHOLE) / u128::from(nanos)).min(WHOLE.into()),
            };
            one.accepted += 1;
            one.worked += u128::from(lasts.as_nanos());
            one.generated += generated;
            if call.is_wanted() {
                one.wanted += 1;
                one.worked_for_user += u128::from(lasts.as_nanos());
                one.generated_for_user += generated;
            }
        }
        one.most = one.calls;
        one.first = u64::from(one.accepted > 0);
        one
    }

    fn plus(self, other: Worked) -> Worked {
        Worked {
            calls: self.calls + other.calls,
            most: self.most.max(other.most),
            first: self.first + other.first,
            accepted: self.accepted + other.accepted,
            wanted: self.wanted + other.wanted,
            worked: self.worked + other.worked,
            worked_for_user: self.worked_for_user + other.worked_for_user,
            generated: self.generated + other.generated,
            generated_for_user: self.generated_for_user + other.generated_for_user,
        }
    }
}
