//! The run of one request: calls inward, attempts, what each hop answers, and who stops when a caller leaves.
//!
//! A call is worked out as if its caller stayed to the end; when the caller turns out to leave earlier, what the call and
//! everything inside it did after that moment is taken back, as far as the hops do stop.

use super::Lateness;
use super::plan::Plan;
use super::script::Script;
use super::tape::{How, NEVER, NONE, Slack, Tape};
use super::turn::{Horizon, Turn};
use crate::catalog::Cause;
use crate::duration::Dur;

/// Runs requests through one plan, one after another, in the same memory.
pub struct Machine<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) calls: Vec<Exchange>,
    pub(super) marks: Vec<Mark>,
    pub(super) slack: Slack,
    /// Two moments that were compared were the same: a little later may be another run.
    pub(super) tie: bool,
    pub(super) leaves: Dur,
    pub(super) late: Lateness,
    pub(super) draws: u64,
    pub(super) served: u32,
    /// More calls than anybody counts: the rest was left out.
    pub(super) cut_short: bool,
    /// Counts what happens: the order at one moment.
    order: u32,
}

/// One call that reached a hop.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub(super) node: usize,
    /// Which attempt of its caller, counted from 1 through all tails and calls.
    pub(super) attempt: u32,
    pub(super) start: Dur,
    pub(super) tape: Tape,
    /// When its caller left, and when it stopped its own work because of that.
    pub(super) left: Dur,
    pub(super) stop: Dur,
    /// The end of its subtree among the calls.
    pub(super) until: u32,
    /// It did not happen: whoever would have made it had stopped.
    pub(super) void: bool,
    /// What it brought was passed on.
    pub(super) used: bool,
    /// Its caller's program ended.
    pub(super) killed: bool,
    /// It found nothing to connect to.
    pub(super) never_connected: bool,
    /// Which entry of the script, for a call that was served.
    pub(super) served: u32,
    /// The order of its arrival, its answer and its caller's leaving.
    pub(super) came: u32,
    pub(super) went: u32,
    pub(super) was_left: u32,
}

/// Something that happened at a hop between the arrival of a call and its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub call: u32,
    pub attempt: u32,
    pub at: Dur,
    pub order: u32,
    pub kind: MarkKind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum MarkKind {
    /// A clock of the hop, by its place: among those for connecting where nothing was sent. Whether the headers of an
    /// answer were there.
    Fired {
        clock: usize,
        sent: bool,
        in_body: bool,
    },
    Repeats {
        cause: Cause,
        wait: Dur,
        hinted: bool,
        at_least: bool,
    },
    FallsBack {
        tail: usize,
        cause: Cause,
    },
    GivesUp {
        cause: Cause,
    },
}

/// What makes two outcomes the same for a reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    ending: Ending,
    blame: Option<(usize, Option<u16>)>,
    calls: Vec<u32>,
}

/// How a request ended for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Answered(u16),
    Failed(Option<u16>),
    Truncated(u16),
    Left,
    Nothing,
}

/// The short form of a run, for many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub ending: Ending,
    /// When the user knows. Absent: never.
    pub ended: Option<Dur>,
    /// When the first byte arrives.
    pub first_byte: Option<Dur>,
    /// The hop and the timer of its platform that decided it; no timer where it was a deadline of its retries.
    pub blame: Option<(usize, Option<u16>)>,
}

impl<'a> Machine<'a> {
    pub fn new(plan: &'a Plan<'a>) -> Self {
        Machine {
            plan,
            calls: Vec::with_capacity(32),
            marks: Vec::with_capacity(32),
            slack: Slack::NONE,
            tie: false,
            leaves: NEVER,
            late: Lateness::Earliest,
            draws: 0,
            served: 0,
            cut_short: false,
            order: 0,
        }
    }

    /// Runs one request; what it did before is forgotten.
    pub fn request(&mut self, script: &Script, leaves: Option<Dur>, late: Lateness) -> Outcome {
        self.calls.clear();
        self.marks.clear();
        (self.slack, self.late, self.draws, self.served, self.cut_short) = (Slack::NONE, late, 0, 0, false);
        self.tie = false;
        self.leaves = leaves.unwrap_or(NEVER);
        let mut turn = Turn { machine: self, script };
        let horizon = Horizon { whole: turn.machine.leaves, first: NEVER };
        turn.call(0, Dur::ZERO, horizon, 1);
        if self.leaves < self.calls[0].done() {
            let leaves = self.leaves;
            Turn { machine: self, script }.leave(0, leaves);
        }
        if matches!(self.ending(), Ending::Answered(_)) {
            self.calls[0].used = true;
            self.pass_down_use();
        } else {
            self.calls.iter_mut().for_each(|call| call.used = false);
        }
        self.outcome()
    }

    pub(super) const fn next(&mut self) -> u32 {
        self.order += 1;
        self.order
    }

    /// How the last request ended.
    pub fn ending(&self) -> Ending {
        let (root, leaves) = (&self.calls[0].tape, self.leaves);
        if leaves < root.end || (root.end == NEVER && leaves != NEVER) {
            return Ending::Left;
        }
        match root.how {
            How::Complete if root.status < 400 => Ending::Answered(root.status),
            How::Broken if root.status < 400 => Ending::Truncated(root.status),
            How::Complete | How::Broken => Ending::Failed(Some(root.status)),
            How::Fails(Cause::Status(status)) => Ending::Failed(Some(status)),
            How::Fails(_) => Ending::Failed(None),
            How::Silent => Ending::Nothing,
        }
    }

    /// Only what is used all the way out was of use.
    fn pass_down_use(&mut self) {
        let mut next = 0;
        while next < self.calls.len() {
            if !self.calls[next].used || self.calls[next].void {
                let until = self.calls[next].until as usize;
                self.calls[next..until].iter_mut().for_each(|call| call.used = false);
                next = until;
            } else {
                next += 1;
            }
        }
    }

    fn outcome(&self) -> Outcome {
        let root = &self.calls[0].tape;
        let ending = self.ending();
        let ended = match ending {
            Ending::Left => Some(self.leaves),
            Ending::Nothing => None,
            _ => Some(root.end),
        };
        Outcome {
            ending,
            ended,
            first_byte: (root.head != NEVER && root.head < self.leaves).then_some(root.head),
            blame: self.blame(),
        }
    }

    /// Adds the calls that reached each hop, and keeps the most of one request.
    pub(super) fn count(&self, calls: &mut [u64], most: &mut [u64]) {
        let (mut few, mut many) = ([0_u64; 16], Vec::new());
        let counted = few.get_mut(..calls.len()).unwrap_or_else(|| {
            many.resize(calls.len(), 0);
            &mut many
        });
        for call in self.calls.iter().filter(|call| !call.void && !call.never_connected) {
            let node = &self.plan.nodes[call.node];
            if node.named {
                counted[node.place] += 1;
            }
        }
        for ((sum, most), one) in calls.iter_mut().zip(most).zip(counted) {
            *sum += *one;
            *most = (*most).max(*one);
        }
    }

    /// Calls that the script had to answer.
    pub(super) fn served(&self) -> usize {
        self.served as usize
    }

    pub(super) fn key(&self, outcome: &Outcome) -> Key {
        let mut calls = vec![0; self.plan.nodes.len()];
        for call in self.calls.iter().filter(|call| !call.void && !call.never_connected) {
            calls[call.node] += 1;
        }
        Key { ending: outcome.ending, blame: outcome.blame, calls }
    }

    fn blame(&self) -> Option<(usize, Option<u16>)> {
        if self.ending() == Ending::Left {
            return None;
        }
        let mark = self.marks.get(self.calls[0].tape.blame as usize)?;
        let MarkKind::Fired { clock, sent, .. } = mark.kind else { return None };
        let node = &self.plan.nodes[self.calls[mark.call as usize].node];
        Some((node.place, node.clock(clock, sent).value.map(|v| v.timer)))
    }

    /// The calls that reached the innermost hop, in the order in which they were made.
    pub(super) fn provider_calls(&self) -> impl Iterator<Item = &Exchange> {
        self.calls.iter().filter(|call| !call.void && call.served != NONE && !call.never_connected)
    }
}

impl Exchange {
    /// When the hop would be done with the call.
    pub(super) const fn done(&self) -> Dur {
        self.tape.end
    }

    /// Its entry in the script.
    pub(super) const fn entry(&self) -> usize {
        self.served as usize
    }

    /// It was answered by an error.
    pub(super) const fn is_error(&self) -> bool {
        self.tape.status >= 400
    }

    /// Its answer reached the user.
    pub(super) const fn is_wanted(&self) -> bool {
        self.used
    }

    /// How long the hop works on it; without an end, up to the end of the request.
    pub(super) fn lasts(&self, request_ends: Dur) -> Dur {
        let end = self.works_until();
        if end == NEVER { request_ends.minus(self.start) } else { end.minus(self.start) }
    }

    /// When the hop is really done with it.
    pub(super) fn works_until(&self) -> Dur {
        self.done().min(self.stop)
    }
}
