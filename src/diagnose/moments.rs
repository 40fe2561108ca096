//! When somebody outside sees that a timer fired: after one attempt, after all of them, after those of the hops outside.

use crate::catalog::{Cause, Setting};
use crate::duration::Dur;
use crate::resolve::Resolved;
use crate::resolve::attempts::Attempts;
use crate::resolve::failure::{reported, tries};

/// A time at which a failure may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub from: Dur,
    /// Absent: any time after `from`.
    pub to: Option<Dur>,
    /// What else happened: `3 attempts of app`.
    pub attempts: Vec<(String, u32)>,
    /// How usual it is, in thousandths.
    pub weight: u32,
}

impl Moment {
    pub const fn once(from: Dur, to: Dur) -> Self {
        Self { from, to: Some(to), attempts: Vec::new(), weight: 1000 }
    }

    /// `3 x 10s with the waits between them`.
    pub fn words(&self) -> Option<String> {
        let parts: Vec<String> = self.attempts.iter().map(|(hop, n)| format!("{n} attempts of {hop}")).collect();
        (!parts.is_empty()).then(|| parts.join(", each with "))
    }
}

/// More attempts than anybody waits for.
const MOST_ATTEMPTS: u32 = 100;
/// Attempts that are tried out where nobody knows how often a hop tries.
const GUESSED: std::ops::RangeInclusive<u32> = 2..=6;

/// Attempts of equal length, with the waits between them.
pub fn series(attempts: &Attempts, one: (Dur, Dur), count: u32) -> (Dur, Dur, u32) {
    let (mut least, mut most, mut made) = (Dur::ZERO, Dur::ZERO, 0);
    for n in 0..count.clamp(1, MOST_ATTEMPTS) {
        if n > 0 {
            let (short, long) = attempts.wait_before(n);
            let too_late = |bound: Option<Dur>| bound.is_some_and(|bound| least.plus(short) >= bound);
            if too_late(attempts.window) || too_late(attempts.deadline) {
                break;
            }
            (least, most) = (least.plus(short), most.plus(long));
        }
        (least, most) = (least.plus(one.0), most.plus(one.1));
        made += 1;
    }
    if attempts.trailing_sleep && made > 1 {
        most = most.plus(attempts.wait_before(made).1);
    }
    let bound = |at: Dur| attempts.deadline.map_or(at, |deadline| at.min(deadline));
    (bound(least), bound(most), made)
}

/// What the caller of hop `at` learns, and when, of a failure that hop `origin` reports as `cause` after `own`.
pub struct Outward {
    pub moments: Vec<Moment>,
    /// Absent: nobody knows, or a success.
    pub cause: Option<Cause>,
    /// The hop that words the answer: its body is the one that is seen.
    pub worded_by: usize,
}

pub fn outward(chain: &Resolved, at: usize, origin: usize, cause: Option<Cause>, own: Vec<Moment>) -> Outward {
    let (mut cause, mut worded_by) = (cause, origin);
    let mut last = own.last().cloned();
    let mut moments = own;
    for j in (at..origin).rev() {
        let hop = &chain.hops[j];
        if let (Some(seen), Some(one), Some(case)) = (cause, &last, hop.cases.first()) {
            let tries = tries(case, seen);
            if tries.attempts > 1
                && let Some(to) = one.to
            {
                let counts = if tries.at_least { GUESSED } else { tries.attempts..=tries.attempts };
                for count in counts {
                    let (from, to, made) = series(&case.attempts, (one.from, to), count);
                    let mut more = vec![(hop.name().to_owned(), made)];
                    more.extend(one.attempts.clone());
                    let weight = if tries.at_least { UNSURE } else { one.weight };
                    moments.push(Moment { from, to: Some(to), attempts: more, weight });
                }
                if !tries.at_least {
                    last = moments.last().cloned();
                }
            }
        }
        let next = cause.and_then(|cause| reported(chain, j, cause));
        if next != cause || chain.same_process(j) {
            worded_by = j;
        }
        cause = next;
    }
    let usual = last.map_or(0, |last| last.attempts.len());
    for moment in &mut moments {
        // Whoever looks at one attempt alone sees less than the caller does.
        if moment.attempts.len() < usual {
            moment.weight = moment.weight * PART / 1000;
        }
    }
    Outward { moments, cause, worded_by }
}

/// Nobody knows whether it is tried so often.
pub const UNSURE: u32 = 400;
const PART: u32 = 850;

/// When a hop's caller learns of its own timer.
pub fn own(hop: &str, attempts: &Attempts, fires: (Dur, Dur), cause: Cause, retried: Option<bool>) -> Vec<Moment> {
    let lead = if matches!(cause, Cause::Timeout) { attempts.lead } else { Dur::ZERO };
    let one = (fires.0, fires.1.plus(lead));
    let mut moments = vec![Moment::once(one.0, one.1)];
    let count = match (cause, retried) {
        (Cause::Timeout, retried) => attempts.after_timeout(retried),
        (cause, _) => attempts.for_cause(cause),
    };
    if count > 1 {
        let (from, to, made) = series(attempts, one, count);
        moments.push(Moment { from, to: Some(to), attempts: vec![(hop.to_owned(), made)], weight: 1000 });
    } else if attempts.most.is_none() {
        // Before the one that surely happens, which the hops outside repeat.
        for count in GUESSED {
            let (from, to, made) = series(attempts, one, count);
            moments.insert(0, Moment { from, to: Some(to), attempts: vec![(hop.to_owned(), made)], weight: UNSURE });
        }
    }
    moments
}

/// A value that can fire.
pub const fn fires(setting: Option<Setting>, late: (Dur, Dur)) -> Option<(Dur, Dur)> {
    match setting {
        Some(Setting::At(at)) => Some((at.plus(late.0), at.plus(late.1))),
        _ => None,
    }
}
