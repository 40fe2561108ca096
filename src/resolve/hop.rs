//! One hop: what each timer is set to, in every world that its unstated facets leave open.

use super::attempts::Attempts;
use super::needs::Needs;
use crate::catalog::bill::{Billed, PromptCache};
use crate::catalog::view::Views;
use crate::catalog::{
    Buffering, Cause, Confidence, Connection, Guard, Headers, Platform, Setting, Side, Timer, Truncation,
};
use crate::duration::Dur;
use crate::model::{Hop, workload::Mode};
use crate::span::Loc;
use std::sync::Arc;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Written under `timeouts:` or `deadline:`.
    Declared(Loc),
    /// Written as the one-number `timeout:`.
    Shorthand(Loc),
    /// Read from a deployed file.
    Bound(Loc),
    /// Set in a deployed file to something that cannot be known.
    Unseen(Loc),
    /// Written on a platform that has no such knob.
    Claimed(Loc),
    /// Nobody set it.
    Default,
    /// Nobody can set it.
    Fixed,
    /// Nobody set it, and it follows another timer of the platform.
    Inherited,
}

impl Provenance {
    /// Written by somebody who could have written something else.
    pub const fn is_written(self) -> bool {
        matches!(self, Self::Declared(_) | Self::Shorthand(_) | Self::Bound(_))
    }

    pub const fn loc(self) -> Option<Loc> {
        match self {
            Self::Declared(loc) | Self::Shorthand(loc) | Self::Bound(loc) | Self::Unseen(loc) | Self::Claimed(loc) => {
                Some(loc)
            }
            _ => None,
        }
    }
}

/// A timer's effective value in one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerValue {
    /// Index into the platform's timers.
    pub timer: u16,
    /// Absent: nobody knows.
    pub setting: Option<Setting>,
    pub provenance: Provenance,
    /// What was written, where a limit of the platform holds it down to `setting`.
    pub clipped_from: Option<Setting>,
    pub confidence: Confidence,
    /// Which of the timer's limits holds, by its place in the catalogue.
    pub limit_row: Option<u8>,
}

/// When a hop gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardValue {
    /// No timer of the hop enters this guard.
    Absent,
    /// Timers enter, and none is on.
    None,
    /// A timer enters whose value nobody knows, and no other limits.
    Unknown,
    Limited(Firing),
}

/// The timer that ends a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    pub at: Dur,
    /// It fires between `at + late.0` and `at + late.1`.
    pub late: (Dur, Dur),
    /// Whether the hop tries again after this timer, where that differs from its retries in general.
    pub retried: Option<bool>,
    pub value: TimerValue,
}

impl Firing {
    pub const fn earliest(&self) -> Dur {
        self.at.plus(self.late.0)
    }

    pub const fn latest(&self) -> Dur {
        self.at.plus(self.late.1)
    }
}

impl GuardValue {
    /// One more timer ends it: the least counts, of equal ones the first.
    pub(super) fn enter(&mut self, timer: &Timer, value: &TimerValue) {
        match (&*self, value.setting) {
            (Self::Limited(least), Some(Setting::At(at))) if least.at <= at => {}
            (_, Some(Setting::At(at))) => {
                *self = Self::Limited(Firing { at, late: timer.late, retried: timer.on_expiry.retried, value: *value });
            }
            (Self::Absent | Self::None, None) => *self = Self::Unknown,
            (Self::Absent, Some(_)) => *self = Self::None,
            _ => {}
        }
    }

    pub const fn firing(&self) -> Option<&Firing> {
        match self {
            Self::Limited(firing) => Some(firing),
            _ => None,
        }
    }
}

/// When a hop answers its caller after all its attempts failed by its own timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub earliest: Dur,
    pub latest: Dur,
    pub attempts: u32,
}

/// A hop with every facet decided.
#[derive(Clone, Debug, PartialEq)]
pub struct HopCase {
    pub timers: Vec<TimerValue>,
    /// By [`Guard`], in its order.
    pub guards: [GuardValue; 5],
    /// Streaming wait without the timers that bound the whole stream: what the order of wait compares.
    pub wait_before_headers: GuardValue,
    pub attempts: Attempts,
    pub buffering: Option<Buffering>,
    pub streaming: Option<bool>,
    pub headers: Option<Headers>,
    /// Whether it stops the hop inside when its caller leaves.
    pub cancels: Option<bool>,
    pub upstream: Option<Connection>,
    pub downstream: Option<Connection>,
    pub heartbeat: Option<Dur>,
    pub truncation: Truncation,
    pub prompt_cache: Option<PromptCache>,
    /// How much of a call is billed whose caller has left: of a whole answer, and of a stream.
    pub billed: (Option<Billed>, Option<Billed>),
}

impl HopCase {
    pub fn guard(&self, guard: Guard) -> &GuardValue {
        &self.guards[guard as usize]
    }

    /// The wait guard of a mode.
    pub fn wait(&self, mode: Mode) -> &GuardValue {
        match mode {
            Mode::Buffered => self.guard(Guard::WaitBuffered),
            Mode::Streaming => self.guard(Guard::WaitStreaming),
        }
    }

    /// When the hop answers its caller with its own error, per guard: all attempts for the waits, one for the rest.
    pub fn answer(&self, guard: Guard) -> Option<Answer> {
        let firing = self.guard(guard).firing()?;
        match guard {
            Guard::WaitBuffered | Guard::WaitStreaming => Some(self.attempts.answer(firing)),
            _ => Some(Answer { earliest: firing.earliest(), latest: firing.latest(), attempts: 1 }),
        }
    }

    pub fn timer_value(&self, timer: usize) -> Option<&TimerValue> {
        // In the order of the platform's timers, of which some may not be there.
        self.timers.binary_search_by_key(&timer, |v| v.timer.into()).ok().map(|i| &self.timers[i])
    }
}

/// One hop of a resolved chain.
#[derive(Clone, Debug)]
pub struct ResolvedHop {
    pub spec: Arc<Hop>,
    pub platform: Arc<Platform>,
    /// False for `custom` and for platforms that nobody knows.
    pub known: bool,
    /// What the unstated facets leave open; never empty, no two equal.
    pub cases: Vec<HopCase>,
    pub views: Arc<Views>,
    /// The case that each view leads to.
    pub case_of_view: Vec<usize>,
    /// How this hop calls the next one.
    pub mode: Mode,
    /// What the work inside this hop needs of its guards.
    pub needs: Needs,
    /// Alternative tails, resolved like the rest.
    pub fallbacks: Vec<Vec<ResolvedHop>>,
}

/// How a statement over the cases of one or two hops came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Never,
    /// In some worlds: an unstated facet decides.
    Depends,
    Always,
}

impl Verdict {
    pub fn of(results: impl Iterator<Item = bool>) -> Verdict {
        let (mut yes, mut no) = (false, false);
        for result in results {
            if result {
                yes = true;
            } else {
                no = true;
            }
        }
        match (yes, no) {
            (true, false) => Self::Always,
            (true, true) => Self::Depends,
            _ => Self::Never,
        }
    }
}

impl ResolvedHop {
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    pub fn timer(&self, value: &TimerValue) -> &Timer {
        &self.platform.timers[usize::from(value.timer)]
    }

    pub fn verdict(&self, holds: impl Fn(&HopCase) -> bool) -> Verdict {
        Verdict::of(self.cases.iter().map(holds))
    }

    /// The first case for which something holds: the one to show.
    pub fn case_where(&self, holds: impl Fn(&HopCase) -> bool) -> Option<&HopCase> {
        self.cases.iter().find(|case| holds(case))
    }

    /// The unstated facets that decide whether something holds, each with the values for which it does.
    pub fn deciding(&self, holds: impl Fn(&HopCase) -> bool) -> Vec<(String, Vec<String>)> {
        let outcomes: Vec<bool> = self.cases.iter().map(holds).collect();
        // Each world: what it assumes, and how it comes out.
        let worlds: Vec<(&[(String, String)], bool)> = self
            .views
            .worlds
            .iter()
            .map(|(assumed, view)| (assumed.as_slice(), outcomes[self.case_of_view[*view]]))
            .collect();
        let mut deciding: Vec<(String, Vec<String>)> = Vec::new();
        for (i, (facet, _)) in worlds.first().map(|w| w.0).unwrap_or_default().iter().enumerate() {
            let others_equal = |a: &[(String, String)], b: &[(String, String)]| {
                a.iter().zip(b).enumerate().all(|(k, (x, y))| k == i || x.1 == y.1)
            };
            let decides =
                worlds.iter().any(|(a, yes)| worlds.iter().any(|(b, other)| yes != other && others_equal(a, b)));
            if decides {
                let mut values: Vec<String> = Vec::new();
                for (assumed, yes) in &worlds {
                    if *yes && !values.contains(&assumed[i].1) {
                        values.push(assumed[i].1.clone());
                    }
                }
                deciding.push((facet.clone(), values));
            }
        }
        deciding
    }

    /// A keep-alive value of one side in one case: the idle close or pool time.
    pub fn keepalive<'a>(&'a self, case: &'a HopCase, side: Side) -> Option<(&'a Connection, Option<&'a TimerValue>)> {
        let connection = match side {
            Side::Upstream => case.upstream.as_ref(),
            _ => case.downstream.as_ref(),
        }?;
        let value = connection
            .timer
            .as_ref()
            .and_then(|id| self.platform.timers.iter().position(|t| t.id == *id))
            .and_then(|i| case.timer_value(i));
        Some((connection, value))
    }

    /// The principal timer of a guard: the one whose knob a repair moves.
    pub fn principal(&self, guard: Guard) -> Option<&Timer> {
        let live = |timer: &&Timer| {
            timer.guards.contains(&guard)
                && self
                    .cases
                    .iter()
                    .any(|case| case.timers.iter().any(|v| std::ptr::eq(&raw const *self.timer(v), &raw const **timer)))
        };
        self.platform.timers.iter().filter(live).find(|t| t.settable).or_else(|| self.platform.timers.iter().find(live))
    }

    /// The status its caller gets when the next hop failed for `cause`.
    pub fn emits(&self, cause: Cause) -> Option<u16> {
        self.platform.emits.iter().find(|row| row.value.cause == cause).map(|row| row.value.status)
    }
}
