//! What the innermost hop does with each call, as a short list of steps.

use super::World;
use crate::duration::Dur;
use crate::model::workload::{Mode, Workload};
use crate::resolve::Resolved;

/// Attempt k uses entry k; the last one repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    pub calls: Vec<Behaviour>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Refuses,
    NeverConnects,
    /// The steps in order. A list without an end falls silent for ever.
    Answers(Vec<Step>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since the step before; for the first one, since the request has been received.
    pub after: Dur,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A body that follows without headers before it brings a 200 along.
    Headers {
        status: u16,
        retry_after: Option<Dur>,
    },
    Byte,
    /// `count` bytes, the first of them at the step itself, the others `every` so often.
    Trickle {
        every: Dur,
        count: u64,
    },
    End,
    Reset,
}

impl Step {
    pub const fn new(after: Dur, what: What) -> Step {
        Step { after, what }
    }

    /// How long the step itself lasts.
    pub(super) const fn lasts(&self) -> Dur {
        match self.what {
            What::Trickle { every, count } => every.times(count.saturating_sub(1)),
            _ => Dur::ZERO,
        }
    }
}

pub(super) const OK: u16 = 200;

impl Behaviour {
    pub const fn silent() -> Behaviour {
        Behaviour::Answers(Vec::new())
    }

    /// The whole answer at once.
    pub fn whole(after: Dur) -> Behaviour {
        Behaviour::status(after, OK, None)
    }

    /// An answer of one status and no more.
    pub fn status(after: Dur, status: u16, retry_after: Option<Dur>) -> Behaviour {
        Behaviour::Answers(vec![
            Step::new(after, What::Headers { status, retry_after }),
            Step::new(Dur::ZERO, What::End),
        ])
    }

    /// A stream of which somebody may have stated the gaps; else it flows evenly.
    pub fn flowing(first: Dur, gap: Option<Dur>, total: Dur, early: bool) -> Behaviour {
        Behaviour::stream(first, gap_of(gap, total.minus(first)), total, early)
    }

    /// A stream: its first byte, then one more so often until the end. `early` headers come before anything else.
    pub fn stream(first: Dur, gap: Dur, total: Dur, early: bool) -> Behaviour {
        let first = first.min(total);
        let headers = Step::new(if early { Dur::ZERO } else { first }, What::Headers { status: OK, retry_after: None });
        let left = total.minus(first);
        let count = if gap.is_zero() { 1 } else { 1 + left.as_nanos() / gap.as_nanos() };
        let body = Step::new(if early { first } else { Dur::ZERO }, What::Trickle { every: gap, count });
        Behaviour::Answers(vec![headers, body, Step::new(left.minus(body.lasts()), What::End)])
    }
}

impl Behaviour {
    /// From the request to the end. Absent where it never ends.
    pub fn lasts(&self) -> Option<Dur> {
        let Behaviour::Answers(steps) = self else { return None };
        let ends = steps.iter().position(|step| matches!(step.what, What::End | What::Reset))?;
        Some(steps[..=ends].iter().fold(Dur::ZERO, |at, step| at.plus(step.after).plus(step.lasts())))
    }
}

impl Script {
    /// Every call alike.
    pub fn always(behaviour: Behaviour) -> Script {
        Script { calls: vec![behaviour] }
    }

    /// The stated workload as the innermost hop sees it: a call's share of the time where hops make several. Where
    /// nobody knows when the provider sends its headers, they come with the first token.
    pub fn of(workload: &Workload, chain: &Resolved, world: &World) -> Script {
        let total = workload.total.map(|total| total.scaled(1, chain.calls()));
        let first = workload.first_byte.unwrap_or_default();
        Script::always(match chain.hops[chain.hops.len() - 1].mode {
            Mode::Buffered => Behaviour::whole(total.unwrap_or(first)),
            Mode::Streaming => {
                let total = total.unwrap_or_else(|| first.plus(workload.gap.unwrap_or_default()));
                Behaviour::flowing(first, workload.gap, total, world.sends_early(chain))
            }
        })
    }

    pub(super) fn entry(&self, call: usize) -> Option<&Behaviour> {
        self.calls.get(call).or(self.calls.last())
    }
}

/// Between two pieces of a stream. Where nobody stated it, the stream flows evenly.
pub fn gap_of(stated: Option<Dur>, lasts: Dur) -> Dur {
    stated.unwrap_or_else(|| lasts.scaled(1, PIECES))
}

/// How many pieces a stream has of which nobody stated the gaps.
const PIECES: u64 = 100;

/// How an answer that takes `d` looks, for a sweep over `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing until `d`, then all of it.
    Whole,
    /// The first byte after `first`, one more every `gap`, the end at `d`.
    Stream { first: Dur, gap: Dur, early: bool },
    /// Nothing until `d`, then a stream of this length.
    Late { gap: Dur, lasts: Dur, early: bool },
    /// A status after `d`.
    Status { status: u16 },
}

impl Shape {
    /// The script of an answer that takes `d`, written into an old one.
    pub fn script(&self, d: Dur, into: &mut Script) {
        let behaviour = match *self {
            Self::Whole => Behaviour::whole(d),
            Self::Stream { first, gap, early } => Behaviour::stream(first, gap, d, early),
            Self::Late { gap, lasts, early } => Behaviour::stream(d, gap, d.plus(lasts), early),
            Self::Status { status } => Behaviour::status(d, status, None),
        };
        into.calls.clear();
        into.calls.push(behaviour);
    }
}
