//! When a hop answers its caller, as monotone bounds of how long one attempt waits.
//!
//! A window or a deadline makes the exact answer jump down where one attempt fewer fits. The bounds here never do: an
//! answer that is late enough stays so for every longer wait, and one that is early enough for every shorter one.

use crate::duration::Dur;
use crate::resolve::attempts::Attempts;

/// One timer of a hop's wait.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    pub late: (Dur, Dur),
    pub retried: Option<bool>,
}

/// The least wait that answers no earlier than `target`, and so does every longer one; `deadline` where the whole call
/// ends at a deadline, of which only is known that it is not before `target`.
pub fn least_wait(attempts: &Attempts, wait: Wait, deadline: bool, target: Dur) -> Dur {
    let most = attempts.after_timeout(wait.retried);
    let mut waited = Dur::ZERO;
    for made in 1..=u64::from(most) {
        // The first wait that is long enough for `made` attempts alone.
        let waits = waited.plus(behind(attempts, made_so_far(made)).0);
        let enough = Dur::from_nanos(target.minus(waits).as_nanos().div_ceil(made));
        let next = if made < u64::from(most) { attempts.wait_before(made_so_far(made)).0 } else { Dur::ZERO };
        let just_short = enough.minus(Dur::from_nanos(1)).times(made).plus(waited);
        let misses = attempts.window.is_some_and(|end| just_short.plus(next) >= end);
        // Any pause before the next attempt may lead past a deadline that is the target itself.
        let is_last = made == u64::from(most) || misses || (deadline && !next.is_zero());
        if is_last || enough.is_zero() {
            return enough.minus(wait.late.0);
        }
        waited = waited.plus(next);
    }
    target.minus(wait.late.0)
}

/// The greatest target that a wait reaches: the counterpart of [`least_wait`].
pub fn earliest(attempts: &Attempts, wait: Wait, deadline: bool, at: Dur) -> Dur {
    let most = attempts.after_timeout(wait.retried);
    let once = at.plus(wait.late.0);
    if most == 1 {
        return once;
    }
    let waits = (1..most).fold(Dur::ZERO, |sum, n| sum.plus(attempts.wait_before(n).0));
    let all = once.times(most.into()).plus(waits).plus(behind(attempts, most).0);
    if attempts.window.is_none() && !deadline {
        return all;
    }
    greatest(once, all, |target| least_wait(attempts, wait, deadline, target) <= at)
}

/// No answer comes later than this, for this wait and every shorter one.
pub fn latest(attempts: &Attempts, wait: Wait, deadline: Option<Dur>, at: Dur) -> Dur {
    let most = attempts.after_timeout(wait.retried);
    let once = attempts.lead.plus(at).plus(wait.late.1);
    let (mut least, mut greatest) = (Dur::ZERO, Dur::ZERO);
    let behind = |made: u32| behind(attempts, made).1;
    let mut answer = once.plus(if attempts.trailing_sleep && most > 1 { attempts.wait_before(1).1 } else { Dur::ZERO });
    for n in 1..most {
        let (shortest, longest) = attempts.wait_before(n);
        (least, greatest) = (least.plus(shortest), greatest.plus(longest));
        // Attempt n + 1 starts only inside the window.
        let starts_at = |each: Dur| each.plus(wait.late.0).times(n.into()).plus(least);
        let each = match attempts.window {
            Some(end) if starts_at(at) >= end => {
                let room = end.minus(Dur::from_nanos(1)).minus(least).as_nanos() / u64::from(n);
                Dur::from_nanos(room).minus(wait.late.0).min(at)
            }
            _ => at,
        };
        let began = attempts.window.is_none_or(|end| starts_at(each) < end);
        if began {
            let one = attempts.lead.plus(each).plus(wait.late.1);
            answer = answer.max(one.times(u64::from(n) + 1).plus(greatest).plus(behind(n + 1)));
        }
    }
    deadline.map_or(answer, |deadline| answer.min(deadline))
}

/// What a hop sleeps behind the last of its attempts, at least and at most: one that sleeps before it looks whether another
/// may start.
fn behind(attempts: &Attempts, made: u32) -> (Dur, Dur) {
    if attempts.trailing_sleep && made > 1 { attempts.wait_before(made) } else { (Dur::ZERO, Dur::ZERO) }
}

fn made_so_far(made: u64) -> u32 {
    u32::try_from(made).unwrap_or(u32::MAX)
}

/// The greatest value between two for which a monotone condition holds; the lower one where it holds nowhere.
pub fn greatest(low: Dur, high: Dur, holds: impl Fn(Dur) -> bool) -> Dur {
    let (mut low, mut high) = (low.as_nanos(), high.as_nanos());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(Dur::from_nanos(middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Dur::from_nanos(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Backoff, Cause};
    use crate::model::Hop;
    use crate::resolve::hop::{Firing, Provenance, TimerValue};
    use proptest::prelude::*;

    fn attempts() -> impl Strategy<Value = Attempts> {
        let waits = prop::collection::vec(0..9u64, 1..4);
        (1..5u32, waits, prop::option::of(1..60u64), prop::option::of(1..60u64), any::<bool>()).prop_map(
            |(most, waits, window, deadline, trailing_sleep)| Attempts {
                most: Some(most),
                on: vec![Cause::Timeout],
                backoff: Backoff::List(waits.into_iter().map(Dur::from_nanos).collect()),
                window: window.map(Dur::from_nanos),
                deadline: deadline.map(Dur::from_nanos),
                trailing_sleep,
                ..Attempts::new(None, &Hop::bare("custom"))
            },
        )
    }

    fn firing(at: u64, wait: Wait) -> Firing {
        let value = TimerValue {
            timer: 0,
            setting: None,
            provenance: Provenance::Default,
            clipped_from: None,
            confidence: crate::catalog::Confidence::Required,
            limit_row: None,
        };
        Firing { at: Dur::from_nanos(at), late: wait.late, retried: wait.retried, value }
    }

    const PLAIN: Wait = Wait { late: (Dur::ZERO, Dur::ZERO), retried: None };

    proptest! {
        #[test]
        fn a_least_wait_is_enough_for_good(attempts in attempts(), target in 1..80u64, more in 0..80u64) {
            let target = Dur::from_nanos(target);
            prop_assume!(attempts.deadline.is_none_or(|deadline| deadline >= target));
            let least = least_wait(&attempts, PLAIN, attempts.deadline.is_some(), target);
            let at = least.as_nanos() + more;
            prop_assert!(attempts.answer(&firing(at, PLAIN)).earliest >= target, "{least:?}");
            if attempts.deadline.is_none() && least > Dur::ZERO {
                let short = attempts.answer(&firing(least.as_nanos() - 1, PLAIN)).earliest;
                prop_assert!(short < target, "{short:?} reaches it already");
            }
        }

        #[test]
        fn no_answer_is_later_than_the_latest(attempts in attempts(), at in 0..80u64, less in 0..80u64) {
            let bound = latest(&attempts, PLAIN, attempts.deadline, Dur::from_nanos(at));
            let answer = attempts.answer(&firing(at.saturating_sub(less), PLAIN)).latest;
            prop_assert!(answer <= bound, "{answer:?} after {bound:?}");
        }

        #[test]
        fn the_two_directions_agree(attempts in attempts(), at in 1..80u64, target in 1..400u64) {
            let (at, target) = (Dur::from_nanos(at), Dur::from_nanos(target));
            let deadline = attempts.deadline.is_some();
            let reached = earliest(&attempts, PLAIN, deadline, at) >= target;
            prop_assert_eq!(reached, least_wait(&attempts, PLAIN, deadline, target) <= at);
        }
    }
}
