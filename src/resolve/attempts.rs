//! Attempts: how often a hop tries, for which causes, with which waits, and when it answers at last.

use super::hop::{Answer, Firing};
use crate::catalog::{Backoff, BeyondCap, Cause, Retries};
use crate::duration::Dur;
use crate::model::{BackoffSpec, Hop};

/// The effective retry behaviour of a hop.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempts {
    /// Counts the first. Absent where the platform's behaviour is not known and nothing is declared.
    pub most: Option<u32>,
    pub connect: Option<u32>,
    pub declared: bool,
    pub on: Vec<Cause>,
    /// After a 504 the call goes on as a stream.
    pub streams_504: bool,
    /// Whether the call may be sent twice at all: POST on a platform that repeats only idempotent methods may not.
    pub repeats_sent_requests: bool,
    pub backoff: Backoff,
    pub obeys_retry_after: Option<bool>,
    pub retry_after_cap: Option<Dur>,
    pub beyond_cap: BeyondCap,
    /// The pause after a refused connection, where the platform has one of its own.
    pub refused_wait: Option<Dur>,
    /// Cuts a running attempt.
    pub deadline: Option<Dur>,
    /// How late the timer behind the deadline may fire.
    pub deadline_late: Dur,
    /// Only stops new attempts.
    pub window: Option<Dur>,
    pub trailing_sleep: bool,
    /// Declared connect and queue time, spent in each attempt before the wait begins.
    pub lead: Dur,
    /// 1 + the number of fallback tails.
    pub tails: u32,
}

/// What a hop is taken to repeat when its retries are declared and the platform's causes are not known.
const USUAL_CAUSES: [Cause; 7] = [
    Cause::Connect,
    Cause::Refused,
    Cause::Timeout,
    Cause::Reset,
    Cause::Status(408),
    Cause::Status(429),
    Cause::StatusClass(5),
];

impl Attempts {
    pub fn new(platform: Option<&Retries>, hop: &Hop) -> Attempts {
        let declared = hop.retries.as_ref();
        let stated = declared.and_then(|r| r.attempts.as_ref().map(|a| a.value));
        let most = stated.or_else(|| platform.and_then(|r| r.attempts));
        let endpoints = hop.endpoints.as_ref().map_or(1, |n| n.value);
        let per_endpoint = platform.is_some_and(|r| r.endpoints);
        let within = |n: Option<u32>| if per_endpoint { Some(n.unwrap_or(endpoints).min(endpoints)) } else { n };
        let mut on = declared
            .and_then(|r| r.on.as_ref().map(|on| on.value.clone()))
            .or_else(|| platform.map(|r| r.on.clone()).filter(|on| !on.is_empty()))
            .unwrap_or_else(|| if most.is_some_and(|n| n > 1) { USUAL_CAUSES.to_vec() } else { Vec::new() });
        let streams_504 = declared.and_then(|r| r.streams_504.as_ref()).is_some_and(|s| s.value);
        if streams_504 && !on.iter().any(|cause| cause.covers(Cause::Status(504))) {
            on.push(Cause::Status(504));
        }
        let post = hop.method.as_ref().is_none_or(|m| matches!(m.value.as_str(), "POST" | "PATCH"));
        Attempts {
            most: within(most),
            // One setting counts both, where there is one.
            connect: within(stated.or_else(|| platform.and_then(|r| r.connect_attempts)).or(most)),
            declared: declared.is_some_and(|r| r.attempts.is_some()),
            on,
            streams_504,
            repeats_sent_requests: !(post && platform.is_some_and(|r| r.idempotent_only)),
            backoff: declared
                .and_then(|r| r.backoff.as_ref().map(|b| b.value.clone().into()))
                .or_else(|| platform.map(|r| r.backoff.clone()))
                .unwrap_or(Backoff::None),
            obeys_retry_after: declared
                .and_then(|r| r.obeys_retry_after.as_ref().map(|o| o.value))
                .or_else(|| platform.and_then(|r| r.obeys_retry_after)),
            retry_after_cap: platform.and_then(|r| r.retry_after_cap),
            beyond_cap: platform.map(|r| r.beyond_cap).unwrap_or_default(),
            refused_wait: platform.and_then(|r| r.refused_wait),
            deadline: platform.and_then(|r| r.deadline),
            deadline_late: Dur::ZERO,
            window: declared
                .and_then(|r| r.window.as_ref().map(|w| w.value))
                .or_else(|| platform.and_then(|r| r.window)),
            // Stated waits are not the platform's own, which it also sleeps through after the last failure.
            trailing_sleep: platform.is_some_and(|r| r.trailing_sleep) && declared.is_none_or(|r| r.backoff.is_none()),
            lead: Dur::ZERO,
            tails: 1 + u32::try_from(hop.fallbacks.len()).unwrap_or(u32::MAX - 1),
        }
    }

    /// Attempts that a failure of this cause leads to, the first included.
    pub fn for_cause(&self, cause: Cause) -> u32 {
        if !self.on.iter().any(|on| on.covers(cause)) {
            return 1;
        }
        match cause {
            Cause::Connect | Cause::Refused => self.connect.or(self.most).unwrap_or(1),
            _ if self.repeats_sent_requests => self.most.unwrap_or(1),
            _ => 1,
        }
        .max(1)
    }

    /// Whether the causes, where any are known, leave room for repeating what ran into a timer.
    pub fn may_repeat_timeouts(&self) -> bool {
        self.on.is_empty() || self.on.iter().any(|on| on.covers(Cause::Timeout))
    }

    /// Attempts where each ends by a timer; `retried` where that timer differs from the retries in general.
    pub fn after_timeout(&self, retried: Option<bool>) -> u32 {
        let most = match retried {
            Some(true) if self.repeats_sent_requests && self.may_repeat_timeouts() => self.most.unwrap_or(1).max(1),
            Some(_) => 1,
            None => self.for_cause(Cause::Timeout),
        };
        most.saturating_mul(self.tails).min(MOST_COUNTED)
    }

    /// When the hop answers after every attempt ran into `firing`.
    /// Attempts x wait + back-offs, cut by a deadline; a window only stops new attempts.
    pub fn answer(&self, firing: &Firing) -> Answer {
        let (mut earliest, mut latest, mut made) = (Dur::ZERO, Dur::ZERO, 0);
        for attempt in 0..self.after_timeout(firing.retried) {
            if attempt > 0 {
                let (least, greatest) = self.wait_before(attempt);
                let starts_too_late = |bound: Option<Dur>| bound.is_some_and(|b| earliest.plus(least) >= b);
                if starts_too_late(self.window) || starts_too_late(self.deadline) {
                    break;
                }
                earliest = earliest.plus(least);
                latest = latest.plus(greatest);
            }
            earliest = earliest.plus(firing.earliest());
            latest = latest.plus(self.lead).plus(firing.latest());
            made += 1;
        }
        if self.trailing_sleep && made > 1 {
            let (least, greatest) = self.wait_before(made);
            (earliest, latest) = (earliest.plus(least), latest.plus(greatest));
        }
        let bound = |d: Dur, late: Dur| self.deadline.map_or(d, |deadline| d.min(deadline.plus(late)));
        let (earliest, latest) = (bound(earliest, Dur::ZERO), bound(latest, self.deadline_late));
        Answer { earliest, latest, attempts: made.max(1) }
    }

    /// The same after a failure of this cause.
    pub fn wait_after(&self, cause: Cause, n: u32) -> (Dur, Dur) {
        match self.refused_wait {
            Some(wait) if cause == Cause::Refused => (wait, wait),
            _ => self.wait_before(n),
        }
    }

    /// The wait before attempt `n` (1 = the first repetition), least and greatest.
    pub fn wait_before(&self, n: u32) -> (Dur, Dur) {
        match &self.backoff {
            Backoff::None => (Dur::ZERO, Dur::ZERO),
            Backoff::List(list) => {
                let wait = list.get(n as usize - 1).or(list.last()).copied().unwrap_or(Dur::ZERO);
                (wait, wait)
            }
            Backoff::Exponential { initial, factor_percent, max, jitter_percent } => {
                let mut wait = *initial;
                for _ in 1..n {
                    let grown = wait.scaled(u64::from(*factor_percent), 100).min(max.unwrap_or(Dur::MAX));
                    // From here on all waits are equal.
                    if grown == wait {
                        break;
                    }
                    wait = grown;
                }
                let jitter = |percent: u32| wait.scaled(u64::from(percent), 100);
                (jitter(jitter_percent.0), jitter(jitter_percent.1))
            }
        }
    }
}

/// More attempts than anybody waits for; the sum saturates long before.
const MOST_COUNTED: u32 = 10_000;

impl From<BackoffSpec> for Backoff {
    fn from(spec: BackoffSpec) -> Self {
        match spec {
            BackoffSpec::List(list) => Self::List(list),
            BackoffSpec::Exponential { initial, factor_percent, max, jitter_percent } => {
                Self::Exponential { initial, factor_percent, max, jitter_percent }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Cause, store::Catalog};
    use crate::resolve::{Resolver, chain::ChainDefaults};
    use crate::span::FileId;
    use crate::syntax::{Format, decode::Ctx, parse};

    #[test]
    fn what_is_stated_counts_for_connections_too() {
        let connections = |hop: &str| {
            let text = format!("version: 1\nhops: [{{{hop}}}, {{platform: openai}}]\n");
            let parsed = parse(&text, Format::Yaml);
            let mut ctx = Ctx::new(FileId::default(), &text, Format::Yaml, &parsed);
            let chains = crate::model::decode::chains(parsed.root.as_ref().unwrap(), "chat", &mut ctx);
            let chain = Resolver::new(&Catalog::default(), ChainDefaults::default()).resolve(&chains[0]);
            chain.hops[0].cases[0].attempts.for_cause(Cause::Connect)
        };
        assert_eq!(connections("platform: kong"), 6);
        assert_eq!(connections("platform: kong, retries: {attempts: 2}"), 2);
        assert_eq!(connections("platform: haproxy, retries: {attempts: 1}"), 1);
    }
}
