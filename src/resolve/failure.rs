//! One failure at one hop: how often the hop tries again, and what it tells its caller in the end.

use super::{HopCase, Resolved, ResolvedHop};
use crate::catalog::{Cause, Expiry, Role, Timer};
use crate::model::MapsErrors;
use crate::resolve::hop::Firing;

/// How often a hop tries after failures of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tries {
    /// Counts the first.
    pub attempts: u32,
    /// The platform is known to repeat, but nobody knows how often.
    pub at_least: bool,
}

impl Tries {
    pub const ONE: Tries = Tries { attempts: 1, at_least: false };

    /// "3" or "at least 2".
    pub fn words(self) -> String {
        if self.at_least { format!("at least {}", self.attempts) } else { self.attempts.to_string() }
    }
}

/// Attempts that a failure of this cause leads to in one case.
pub fn tries(case: &HopCase, failure: Cause) -> Tries {
    let attempts = &case.attempts;
    let sent = !matches!(failure, Cause::Connect | Cause::Refused);
    let repeats = attempts.on.iter().any(|on| on.covers(failure)) && (attempts.repeats_sent_requests || !sent);
    if repeats && attempts.most.is_none() {
        return Tries { attempts: 2, at_least: true };
    }
    Tries { attempts: attempts.for_cause(failure).max(1), at_least: false }
}

/// Attempts that the hop's own timer leads to when it fires.
pub fn tries_after(case: &HopCase, firing: &Firing) -> Tries {
    tries_after_timer(case, firing.retried)
}

/// The same, by what the timer says of repetitions.
pub fn tries_after_timer(case: &HopCase, retried: Option<bool>) -> Tries {
    let sent_again = case.attempts.repeats_sent_requests && case.attempts.may_repeat_timeouts();
    match (retried, case.attempts.most) {
        (Some(false), _) => Tries::ONE,
        (Some(true), Some(most)) if sent_again => Tries { attempts: most.max(1), at_least: false },
        (Some(true), None) if sent_again => Tries { attempts: 2, at_least: true },
        _ => tries(case, Cause::Timeout),
    }
}

/// What the caller of hop `i` sees when its call inward failed for `cause`. Absent: a success, or nobody knows.
pub fn reported(chain: &Resolved, i: usize, cause: Cause) -> Option<Cause> {
    let hop = &chain.hops[i];
    if chain.same_process(i) {
        return mapped(stated_mapping(chain, i).unwrap_or(MapsErrors::Pass), cause);
    }
    reported_by(hop, cause)
}

/// What application code makes of a failure of its own client.
pub const fn mapped(maps: MapsErrors, cause: Cause) -> Option<Cause> {
    match (maps, cause) {
        (MapsErrors::None, _) => None,
        (MapsErrors::To500, _) => Some(Cause::Status(500)),
        (MapsErrors::Pass, Cause::Status(_) | Cause::StatusClass(_)) => Some(cause),
        (MapsErrors::Pass, Cause::Timeout) => Some(Cause::Status(504)),
        (MapsErrors::Pass, Cause::Connect | Cause::Refused | Cause::Reset) => Some(Cause::Status(502)),
    }
}

/// What the caller of a hop sees that is no program with the hop inside.
pub fn reported_by(hop: &ResolvedHop, cause: Cause) -> Option<Cause> {
    match (hop.platform.role, cause) {
        (Role::Client | Role::L4, _) | (_, Cause::Status(_) | Cause::StatusClass(_)) => Some(cause),
        _ => answer(hop, cause),
    }
}

/// The status with which a serving hop answers a failure inside it. One without a profile is taken to answer as HTTP has
/// it: 504 after a timeout, else 502.
fn answer(hop: &ResolvedHop, cause: Cause) -> Option<Cause> {
    let usual = if cause == Cause::Timeout { 504 } else { 502 };
    let status = hop.emits(cause).or_else(|| (!hop.known).then_some(usual));
    status.filter(|status| *status > 0).map(Cause::Status)
}

/// What a caller is taken to see where nobody knows what a hop answers: what HTTP has for it. A platform of which it is
/// known that it answers nothing closes the connection.
pub fn taken_for(hop: &ResolvedHop, cause: Cause) -> Cause {
    match cause {
        _ if hop.emits(cause).is_some() => Cause::Reset,
        Cause::Timeout => Cause::Status(504),
        _ => Cause::Status(502),
    }
}

/// What application code between the server hop `i` and its client makes of errors, where somebody said so.
pub fn stated_mapping(chain: &Resolved, i: usize) -> Option<MapsErrors> {
    let stated = |hop: &ResolvedHop| hop.spec.maps_errors.as_ref().map(|m| m.value);
    stated(&chain.hops[i]).or_else(|| chain.hops.get(i + 1).and_then(stated))
}

/// What the caller of a hop sees when one of the hop's own timers fired.
pub fn reported_by_timer(hop: &ResolvedHop, timer: &Timer) -> Option<Cause> {
    if matches!(hop.platform.role, Role::Client | Role::L4) {
        return Some(Cause::Timeout);
    }
    match timer.on_expiry.status.filter(|status| *status > 0) {
        Some(status) => Some(Cause::Status(status)),
        None if matches!(timer.expiry, Expiry::Close | Expiry::Kill) => Some(Cause::Reset),
        None => answer(hop, Cause::Timeout),
    }
}
