//! One attempt seen by the hop that makes it: what ends it, and whether anything of it has been passed on by then.

use super::plan::{Clock, From, Kind};
use super::tape::{How, Idle, NEVER, Tape};
use super::turn::Turn;
use crate::catalog::Cause;
use crate::duration::Dur;

/// When the clocks of a hop start.
#[derive(Clone, Copy)]
pub(super) struct Starts {
    pub request: Dur,
    pub call: Dur,
    pub attempt: Dur,
}

impl Starts {
    const fn of(self, from: From) -> Dur {
        match from {
            From::Request => self.request,
            From::Call => self.call,
            From::Attempt => self.attempt,
        }
    }
}

/// How an attempt ends.
#[derive(Clone, Copy)]
pub(super) enum Read {
    /// There is something to pass on, whole or cut. The clock that cut it, if one did.
    Passes(Tape, Option<usize>),
    Fails(Failure),
    /// Nothing ever happens.
    Hangs,
}

#[derive(Clone, Copy)]
pub(super) struct Failure {
    pub at: Dur,
    pub cause: Cause,
    /// The error answer of the hop inside, which can be passed on as it is.
    pub answer: Option<Tape>,
    /// The clock that would cut that answer in the middle of its body.
    pub cut: Option<usize>,
    /// The clock of the hop's own that fired, by its place among its clocks or among those for connecting.
    pub clock: Option<(usize, bool)>,
    /// The firing that decided it, where it was one further inside.
    pub blame: u32,
}

impl Failure {
    const fn of(at: Dur, cause: Cause, blame: u32) -> Failure {
        Failure { at, cause, answer: None, cut: None, clock: None, blame }
    }
}

impl Turn<'_, '_> {
    /// What hop `n` makes of an attempt that brings it `tape`. `connects` is false where there is nothing to connect to.
    pub(super) fn read(&mut self, n: usize, tape: Tape, starts: Starts, connects: bool) -> Read {
        let plan = self.machine.plan;
        let node = &plan.nodes[n];
        let clocks = if connects { &node.clocks } else { &node.connecting };
        let first = self.first(clocks, &tape, starts);
        let headers_first =
            tape.head != NEVER && first.is_none_or(|(_, fires)| self.machine.slack.comes_first(tape.head, fires));
        let answer = match first {
            Some((_, fires)) if headers_first => tape.cut(fires, tape.blame),
            _ => tape,
        };
        if headers_first && tape.status >= 400 {
            let (cause, cut) = (Cause::Status(tape.status), first.map(|(clock, _)| clock));
            return Read::Fails(Failure { answer: Some(answer), cut, ..Failure::of(tape.head, cause, tape.blame) });
        }
        if let Some((clock, fires)) = first {
            if headers_first && !node.holds {
                return Read::Passes(answer, Some(clock));
            }
            if headers_first && node.passes_held {
                return Read::Passes(Tape { head: fires, ..answer }, Some(clock));
            }
            let cause = if clocks[clock].connect { Cause::Connect } else { Cause::Timeout };
            let clock = Some((clock, connects));
            return Read::Fails(Failure { clock, ..Failure::of(fires, cause, tape.blame) });
        }
        match tape.how {
            How::Fails(cause) => Read::Fails(Failure::of(tape.end, cause, tape.blame)),
            How::Broken if node.holds && node.passes_held => Read::Passes(Tape { head: tape.end, ..tape }, None),
            How::Broken if node.holds => Read::Fails(Failure::of(tape.end, Cause::Reset, tape.blame)),
            How::Silent if tape.head == NEVER => Read::Hangs,
            How::Silent if node.holds => Read::Hangs,
            _ => Read::Passes(tape, None),
        }
    }

    /// The clock that fires first, with when. Of equal ones the first.
    pub(super) fn first(&mut self, clocks: &[Clock], tape: &Tape, starts: Starts) -> Option<(usize, Dur)> {
        let mut first: Option<(usize, Dur)> = None;
        for (i, clock) in clocks.iter().enumerate() {
            let from = starts.of(clock.from);
            let lasts = clock.at.plus(self.between(clock.late.0, clock.late.1));
            let fires = match clock.kind {
                Kind::Total if clock.next_write => {
                    self.machine.slack.comes_first(tape.end, from.plus(lasts));
                    tape.write_after(self.script, from.plus(lasts))
                }
                Kind::Total => self.runs_until(tape.end, from.plus(lasts)),
                Kind::Headers => self.runs_until(tape.head.min(tape.end), from.plus(lasts)),
                Kind::Idle => {
                    tape.silence(self.script, from, Idle { limit: lasts, lazy: clock.lazy }, &mut self.machine.slack)
                }
                Kind::BodyIdle if tape.head == NEVER => None,
                Kind::BodyIdle => {
                    let idle = Idle { limit: lasts, lazy: clock.lazy };
                    tape.silence(self.script, tape.head.max(from), idle, &mut self.machine.slack)
                }
            };
            if let Some(fires) = fires.filter(|f| *f != NEVER)
                && first.is_none_or(|(_, f)| fires < f)
            {
                first = Some((i, fires));
            }
        }
        first
    }

    fn runs_until(&mut self, event: Dur, fires: Dur) -> Option<Dur> {
        (!self.machine.slack.comes_first(event, fires)).then_some(fires)
    }
}
