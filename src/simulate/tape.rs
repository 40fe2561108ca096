//! What a call brings its caller, as a compact tape: headers, runs of bytes, an end. An hour of stream costs as much as
//! a second of it.

use super::script::{Behaviour, OK, Script, Step, What};
use crate::catalog::Cause;
use crate::duration::Dur;

pub(super) const NEVER: Dur = Dur::MAX;
pub(super) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Complete,
    /// The connection ends in the middle of the body.
    Broken,
    /// No answer at all: the connection fails before the headers.
    Fails(Cause),
    /// Silence for ever.
    Silent,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tape {
    /// When the headers arrive.
    pub head: Dur,
    pub status: u16,
    pub retry_after: Option<Dur>,
    /// The bytes are those of a call of the script, counted from `base`.
    pub body: u32,
    pub base: Dur,
    /// Something is sent into silence so often, from then on.
    pub beat: Option<(Dur, Dur)>,
    /// Nothing of it comes after this moment, though its end may.
    pub quiet: Dur,
    pub end: Dur,
    pub how: How,
    /// The firing that decided how it ends.
    pub blame: u32,
}

impl Tape {
    pub const SILENT: Tape = Tape {
        head: NEVER,
        status: 0,
        retry_after: None,
        body: NONE,
        base: Dur::ZERO,
        beat: None,
        quiet: NEVER,
        end: NEVER,
        how: How::Silent,
        blame: NONE,
    };

    /// A whole answer at one moment.
    pub const fn answer(at: Dur, status: u16) -> Tape {
        Tape { head: at, status, end: at, how: How::Complete, ..Tape::SILENT }
    }

    pub const fn fails(at: Dur, cause: Cause) -> Tape {
        Tape { end: at, how: How::Fails(cause), ..Tape::SILENT }
    }

    /// What the innermost hop sends, from the moment it has the request.
    pub fn of(script: &Script, call: u32, base: Dur) -> Tape {
        let steps = match script.entry(call as usize) {
            Some(Behaviour::Answers(steps)) => steps,
            Some(Behaviour::Refuses) => return Tape::fails(base, Cause::Refused),
            Some(Behaviour::NeverConnects) | None => return Tape::SILENT,
        };
        let mut tape = Tape { body: call, base, ..Tape::SILENT };
        let mut at = base;
        for step in steps {
            at = at.plus(step.after);
            match step.what {
                What::Headers { status, retry_after } => {
                    (tape.head, tape.status, tape.retry_after) = (at, status, retry_after);
                }
                What::Byte | What::Trickle { .. } if tape.head == NEVER => (tape.head, tape.status) = (at, OK),
                What::Byte | What::Trickle { .. } => {}
                What::End => (tape.end, tape.how) = (at, How::Complete),
                What::Reset => (tape.end, tape.how) = (at, How::Broken),
            }
            if tape.how != How::Silent {
                break;
            }
            at = at.plus(step.lasts());
        }
        match (tape.how, tape.head == NEVER) {
            (How::Broken, true) => tape.how = How::Fails(Cause::Reset),
            (How::Complete, true) => (tape.head, tape.status) = (tape.end, OK),
            _ => {}
        }
        tape
    }

    /// The same, but the connection ends at `at`.
    pub const fn cut(self, at: Dur, blame: u32) -> Tape {
        Tape { end: at, quiet: at, how: How::Broken, blame, ..self }
    }

    /// When the first silence of `limit` is over, counted from `from` on, the end of the tape included. Absent: it never
    /// lasts so long. `before` learns how much later each byte might have come.
    pub fn silence(&self, script: &Script, from: Dur, idle: Idle, before: &mut Slack) -> Option<Dur> {
        let Idle { limit, lazy } = idle;
        let mut mark = from;
        let mut steps: &[Step] = &[];
        if self.body != NONE
            && let Some(Behaviour::Answers(all)) = script.entry(self.body as usize)
        {
            steps = all;
        }
        let (mut at, last_byte) = (self.base, self.end.min(self.quiet));
        for step in steps {
            at = at.plus(step.after);
            if at >= last_byte || matches!(step.what, What::End | What::Reset) {
                break;
            }
            if at >= self.head && at > mark && at.minus(mark) >= lazy {
                if let Some(fires) = self.between(mark, at, limit, before) {
                    return Some(fires);
                }
                mark = at;
            }
            if let What::Trickle { every, count } = step.what
                && !every.is_zero()
            {
                let lasts = step.lasts();
                let bytes = if at.plus(lasts) >= last_byte {
                    last_byte.minus(at).as_nanos() / every.as_nanos()
                } else {
                    count.saturating_sub(1)
                };
                // Of so many bytes only one sets the timer again.
                let stride = lazy.as_nanos().div_ceil(every.as_nanos()).max(1);
                let skipped = mark.plus(lazy).minus(at).as_nanos().div_ceil(every.as_nanos());
                let first = if at >= mark.plus(lazy) || mark == at { 0 } else { skipped };
                if first <= bytes {
                    let sets = at.plus(every.times(first));
                    if sets > mark
                        && let Some(fires) = self.between(mark, sets, limit, before)
                    {
                        return Some(fires);
                    }
                    mark = mark.max(sets);
                    let again = (bytes - first) / stride;
                    let gap = every.times(stride);
                    if gap >= limit
                        && again > 0
                        && let Some(fires) = self.between(mark, mark.plus(gap), limit, before)
                    {
                        return Some(fires);
                    }
                    mark = mark.plus(gap.times(again));
                }
                at = at.plus(lasts);
            }
        }
        if self.body == NONE && self.head > mark && self.head < self.end && self.head.minus(mark) >= lazy {
            if let Some(fires) = self.between(mark, self.head, limit, before) {
                return Some(fires);
            }
            mark = self.head;
        }
        self.between(mark, self.end, limit, before)
    }

    /// A silence between two marks, into which a heartbeat may be sent.
    fn between(&self, mark: Dur, next: Dur, limit: Dur, before: &mut Slack) -> Option<Dur> {
        let mut mark = mark;
        if let Some((from, every)) = self.beat
            && every < limit
            && from < next
        {
            // Silent only until the heartbeat begins.
            let begins = from.plus(every).min(next);
            if mark >= from {
                return None;
            }
            let fires = mark.plus(limit);
            if before.comes_first(begins, fires) {
                return None;
            }
            mark = fires.minus(limit);
        }
        let fires = mark.plus(limit);
        if next != NEVER && before.comes_first(next, fires) { None } else { Some(fires) }
    }

    /// The first byte after a moment, the headers and heartbeats included.
    pub fn write_after(&self, script: &Script, moment: Dur) -> Option<Dur> {
        let mut first: Option<Dur> = None;
        let mut offer = |at: Dur| {
            if at > moment && (at < self.quiet || at == self.end) && at <= self.end && first.is_none_or(|f| at < f) {
                first = Some(at);
            }
        };
        if self.head != NEVER {
            offer(self.head);
        }
        if let Some((from, every)) = self.beat {
            let beats = moment.minus(from).as_nanos() / every.as_nanos().max(1);
            offer(from.plus(every.times(beats + 1)));
        }
        if self.body != NONE
            && let Some(Behaviour::Answers(steps)) = script.entry(self.body as usize)
        {
            let mut at = self.base;
            for step in steps {
                at = at.plus(step.after);
                if at >= self.head {
                    offer(at);
                    if let What::Trickle { every, count } = step.what
                        && moment >= at
                        && !every.is_zero()
                    {
                        let nth = moment.minus(at).as_nanos() / every.as_nanos() + 1;
                        if nth < count {
                            offer(at.plus(every.times(nth)));
                        }
                    }
                }
                at = at.plus(step.lasts());
            }
        }
        if self.end != NEVER {
            offer(self.end);
        }
        first
    }
}

/// A clock that starts again with every byte.
#[derive(Clone, Copy)]
pub(super) struct Idle {
    pub limit: Dur,
    /// A byte sooner than this after the one that set it does not set it again.
    pub lazy: Dur,
}

/// How much later what came in time may come until some decision of the run falls otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slack(pub u64);

impl Slack {
    pub const NONE: Slack = Slack(u64::MAX);

    /// Whether something happens before a timer fires. At the same moment the timer wins.
    pub fn comes_first(&mut self, event: Dur, fires: Dur) -> bool {
        if event >= fires {
            return false;
        }
        self.0 = self.0.min(fires.as_nanos() - event.as_nanos());
        true
    }
}
