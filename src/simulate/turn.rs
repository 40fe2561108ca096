//! One request on its way through the hops: calls inward, attempts and fallbacks, and who stops when a caller leaves.

use super::Lateness;
use super::machine::{Exchange, Machine, Mark, MarkKind};
use super::plan::{From, Kind, Node, Stops};
use super::read::{Failure, Read, Starts};
use super::script::{Behaviour, OK, Script};
use super::tape::{How, NEVER, NONE, Tape};
use crate::catalog::{BeyondCap, Cause, Expiry, Headers};
use crate::duration::Dur;
use crate::resolve::failure::{Tries, tries, tries_after_timer};

pub(super) struct Turn<'t, 'p> {
    pub machine: &'t mut Machine<'p>,
    pub script: &'t Script,
}

/// How far the callers of a hop surely wait: for a whole answer, and for a first byte.
#[derive(Clone, Copy)]
pub(super) struct Horizon {
    pub whole: Dur,
    pub first: Dur,
}

impl Horizon {
    fn least(self) -> Dur {
        self.whole.min(self.first)
    }
}

/// More calls than anybody counts one by one.
const MOST_CALLS: usize = 20_000;

/// Where a hop stands in its attempts.
struct Effort {
    call: usize,
    request: Dur,
    /// When the present call inward began.
    begun: Dur,
    /// When the next attempt starts.
    next: Dur,
    /// Attempts of all tails and calls, and of the present tail.
    all: u32,
    made: u32,
    tail: usize,
}

impl Turn<'_, '_> {
    /// A call that reaches hop `n`; its place among the calls.
    pub fn call(&mut self, n: usize, start: Dur, horizon: Horizon, attempt: u32) -> usize {
        let index = self.machine.calls.len();
        let came = self.machine.next();
        self.machine.calls.push(Exchange {
            node: n,
            attempt,
            start,
            tape: Tape::SILENT,
            left: NEVER,
            stop: NEVER,
            until: 0,
            void: false,
            used: false,
            killed: false,
            never_connected: false,
            served: NONE,
            came,
            went: 0,
            was_left: 0,
        });
        let tape = if self.machine.plan.nodes[n].leaf { self.serve(index) } else { self.relay(index, horizon) };
        let until = u32::try_from(self.machine.calls.len()).unwrap_or(u32::MAX);
        let went = self.machine.next();
        let call = &mut self.machine.calls[index];
        (call.tape, call.until, call.went) = (tape, until, went);
        index
    }

    /// The innermost hop answers by the script, as far as its own clocks let it.
    fn serve(&mut self, index: usize) -> Tape {
        let plan = self.machine.plan;
        let call = &mut self.machine.calls[index];
        let (n, start) = (call.node, call.start);
        let node = &plan.nodes[n];
        call.served = self.machine.served;
        let tape = Tape::of(self.script, self.machine.served, start);
        let connects = self.connects(self.machine.served);
        self.machine.served += 1;
        if !connects {
            self.machine.calls[index].never_connected = true;
            return tape;
        }
        let starts = Starts { request: start, call: start, attempt: start };
        let Some((clock, fires)) = self.first(&node.clocks, &tape, starts) else {
            return Self::with_beat(node, tape, start);
        };
        let in_body = self.machine.slack.comes_first(tape.head, fires);
        let blame = self.mark(index, 1, fires, MarkKind::Fired { clock, sent: true, in_body });
        if in_body {
            return Self::with_beat(node, tape.cut(fires, blame), start);
        }
        Tape { blame, ..told(fires, node.clocks[clock].reports) }
    }

    fn connects(&self, call: u32) -> bool {
        !matches!(self.script.entry(call as usize), Some(Behaviour::Refuses | Behaviour::NeverConnects))
    }

    /// A hop in the middle: one or several calls inward, the last of them passed on.
    fn relay(&mut self, index: usize, horizon: Horizon) -> Tape {
        let plan = self.machine.plan;
        let (n, request) = (self.machine.calls[index].node, self.machine.calls[index].start);
        let node = &plan.nodes[n];
        let begun = request.plus(node.before);
        // Whoever has sent headers early is waited for as long as something may still come.
        let horizon = if node.early { Horizon { first: NEVER, ..horizon } } else { horizon };
        let mut effort = Effort { call: index, request, begun, next: begun, all: 0, made: 0, tail: 0 };
        let mut passed = Tape::SILENT;
        for call in 0..node.calls {
            (effort.begun, effort.made, effort.tail) = (effort.next, 0, 0);
            match self.effort(node, &mut effort, horizon) {
                Read::Passes(tape, _) if call + 1 < node.calls && tape.how == How::Complete => {
                    passed = tape;
                    effort.next = tape.end;
                }
                Read::Passes(tape, _) => {
                    passed = tape;
                    break;
                }
                Read::Hangs => return self.shown(node, Tape::SILENT, request),
                Read::Fails(failure) => {
                    passed = Self::fail(node, request, &failure);
                    break;
                }
            }
        }
        self.shown(node, passed, request)
    }

    /// Attempts until one brings something to pass on, or no more are made.
    fn effort(&mut self, node: &Node<'_>, effort: &mut Effort, horizon: Horizon) -> Read {
        loop {
            if self.machine.calls.len() >= MOST_CALLS {
                self.machine.cut_short = true;
                return Read::Hangs;
            }
            if node.stops == Stops::Yes && !self.machine.slack.comes_first(effort.next, horizon.least()) {
                // Nobody waits any more, and the hop knows it.
                return Read::Hangs;
            }
            effort.all += 1;
            effort.made += 1;
            let lead = if self.machine.late == Lateness::Latest { node.case.attempts.lead } else { Dur::ZERO };
            let starts = Starts { request: effort.request, call: effort.begun, attempt: effort.next.plus(lead) };
            let to = if effort.tail == 0 { node.next } else { node.tails[effort.tail - 1] };
            let serves = self.machine.plan.nodes[to].leaf;
            let connects = !serves || self.connects(self.machine.served);
            let waited_for = Self::inner_horizon(node, starts, horizon);
            let served = self.machine.served;
            let inner = self.call(to, starts.attempt, waited_for, effort.all);
            let tape = self.machine.calls[inner].tape;
            let read = self.read(self.machine.calls[effort.call].node, tape, starts, connects);
            if let Read::Fails(failure) = &read
                && failure.clock.is_some()
                && !self.machine.slack.comes_first(starts.attempt, failure.at)
            {
                // Its time is over before it gets there.
                self.undo(inner);
                self.machine.served = served;
            }
            match read {
                Read::Hangs => return Read::Hangs,
                Read::Passes(mut passed, clock) => {
                    self.machine.calls[inner].used = true;
                    if let Some(clock) = clock {
                        let kind = MarkKind::Fired { clock, sent: true, in_body: true };
                        passed.blame = self.mark(effort.call, effort.all, passed.end, kind);
                        self.abandon(node, inner, passed.end, node.clocks[clock].from, node.clocks[clock].expiry);
                    }
                    return Read::Passes(passed, clock);
                }
                Read::Fails(mut failure) => {
                    if let Some((clock, sent)) = failure.clock {
                        let kind = MarkKind::Fired { clock, sent, in_body: tape.head < failure.at };
                        failure.blame = self.mark(effort.call, effort.all, failure.at, kind);
                        let clock = node.clock(clock, sent);
                        self.abandon(node, inner, failure.at, clock.from, clock.expiry);
                    } else if failure.cause == Cause::Reset {
                        self.leave(inner, failure.at);
                    }
                    if self.tries_again(node, effort, &mut failure) {
                        self.leave(inner, failure.at);
                        continue;
                    }
                    if let (Some(clock), Some(answer)) = (failure.cut, &mut failure.answer) {
                        let kind = MarkKind::Fired { clock, sent: true, in_body: true };
                        let at = answer.end;
                        answer.blame = self.mark(effort.call, effort.all, at, kind);
                        failure.blame = answer.blame;
                        self.abandon(node, inner, at, node.clocks[clock].from, node.clocks[clock].expiry);
                    }
                    return Read::Fails(failure);
                }
            }
        }
    }

    /// Whether another attempt or a fallback follows, with its start in `effort`.
    fn tries_again(&mut self, node: &Node<'_>, effort: &mut Effort, failure: &mut Failure) -> bool {
        let clock = failure.clock.map(|(clock, sent)| node.clock(clock, sent));
        if clock.is_some_and(|c| c.from != From::Attempt) {
            return false;
        }
        let allowed = Self::allowed(node, failure);
        let (hint, beyond) = match hint(node, failure) {
            Hint::Wait(wait) => (Some(wait), false),
            Hint::None => (None, false),
            Hint::TooLong => (None, true),
        };
        let (mut least, mut greatest) = node.case.attempts.wait_after(failure.cause, effort.made);
        if let Some(hint) = hint {
            (least, greatest) = (hint, hint);
        }
        if effort.made < allowed.attempts && !beyond {
            let wait = self.between(least, greatest);
            let next = failure.at.plus(wait);
            let since = next.minus(effort.begun);
            let bounds = [node.case.attempts.window, node.deadline];
            let in_time = bounds.into_iter().flatten().all(|bound| self.machine.slack.comes_first(since, bound));
            if in_time {
                let kind = MarkKind::Repeats {
                    cause: failure.cause,
                    wait,
                    hinted: hint.is_some(),
                    at_least: allowed.at_least,
                };
                self.mark(effort.call, effort.all, failure.at, kind);
                effort.next = next;
                return true;
            }
        } else if node.case.attempts.trailing_sleep && effort.made > 1 && !beyond {
            failure.at = failure.at.plus(self.between(least, greatest));
        }
        if effort.tail < node.tails.len() && worth_another_tail(failure.cause) {
            effort.tail += 1;
            effort.made = 0;
            effort.next = failure.at;
            let kind = MarkKind::FallsBack { tail: effort.tail, cause: failure.cause };
            self.mark(effort.call, effort.all, failure.at, kind);
            return true;
        }
        if effort.made > 1 || effort.tail > 0 {
            self.mark(effort.call, effort.all, failure.at, MarkKind::GivesUp { cause: failure.cause });
        }
        false
    }

    fn allowed(node: &Node<'_>, failure: &Failure) -> Tries {
        match failure.clock.map(|(clock, sent)| node.clock(clock, sent)) {
            Some(clock) if !clock.connect => tries_after_timer(node.case, clock.retried),
            _ => tries(node.case, failure.cause),
        }
    }

    /// How long a call inward is surely waited for.
    fn inner_horizon(node: &Node<'_>, starts: Starts, horizon: Horizon) -> Horizon {
        let mut inner = if node.stops == Stops::Yes { horizon } else { Horizon { whole: NEVER, first: NEVER } };
        for clock in node.clocks.iter().filter(|clock| !clock.next_write) {
            let from = match clock.from {
                From::Request => starts.request,
                From::Call => starts.call,
                From::Attempt => starts.attempt,
            };
            let latest = from.plus(clock.at).plus(clock.late.1);
            match clock.kind {
                Kind::Total => inner.whole = inner.whole.min(latest),
                Kind::Headers | Kind::Idle => inner.first = inner.first.min(latest),
                Kind::BodyIdle => {}
            }
        }
        inner
    }

    /// What a hop tells its caller after its last attempt failed.
    fn fail(node: &Node<'_>, request: Dur, failure: &Failure) -> Tape {
        if node.clocks.iter().any(|clock| clock.next_write && request.plus(clock.at) < failure.at) {
            // Its own error cannot be written any more.
            return Tape { blame: failure.blame, ..Tape::fails(failure.at, Cause::Reset) };
        }
        let sent_headers = node.early && failure.at > request;
        if sent_headers {
            return Tape { head: request, status: OK, ..Tape::SILENT }.cut(failure.at, failure.blame);
        }
        let reports = match failure.clock.map(|(clock, sent)| node.clock(clock, sent)) {
            Some(clock) if clock.value.is_some() => clock.reports,
            Some(_) => node.reports(Cause::Timeout),
            None => match (failure.answer, node.reports(failure.cause)) {
                (Some(answer), Some(told)) if told == failure.cause => {
                    return Tape { blame: failure.blame, ..answer };
                }
                (_, None) if node.program.is_some() => {
                    return Tape { blame: failure.blame, ..Tape::answer(failure.at, OK) };
                }
                (_, told) => told,
            },
        };
        Tape { blame: failure.blame, ..told(failure.at, reports) }
    }

    /// The tape as the hop's caller gets it.
    fn shown(&self, node: &Node<'_>, tape: Tape, request: Dur) -> Tape {
        let mut tape = self.held_or_passed(node, tape, request);
        if tape.how == How::Broken && tape.end != NEVER {
            tape.end = tape.end.plus(node.case.truncation.delay);
        }
        tape
    }

    fn held_or_passed(&self, node: &Node<'_>, tape: Tape, request: Dur) -> Tape {
        let mut tape = tape;
        if node.holds {
            if tape.how == How::Complete && tape.end != NEVER {
                let Tape { retry_after, blame, .. } = tape;
                tape = Tape { retry_after, blame, ..Tape::answer(tape.end, tape.status) };
            }
            return tape;
        }
        if node.headers == Some(Headers::WithFirstToken)
            && tape.head != NEVER
            && tape.body != NONE
            && let Some(first) = tape.write_after(self.script, tape.head.minus(Dur::from_nanos(1)))
        {
            tape.head = tape.head.max(first);
        }
        if node.early && (tape.head == NEVER || tape.head > request) {
            // The headers are out before anybody knows how it ends.
            if tape.status >= 400 || matches!(tape.how, How::Fails(_)) {
                tape = Tape { head: request, status: OK, ..Tape::SILENT }.cut(tape.end, tape.blame);
            } else {
                (tape.head, tape.status) = (request, OK);
            }
        }
        Self::with_beat(node, tape, request)
    }

    fn with_beat(node: &Node<'_>, tape: Tape, request: Dur) -> Tape {
        let Some(every) = node.beat else { return tape };
        if tape.head == NEVER {
            return tape;
        }
        let from = tape.head.max(request);
        let beat = match tape.beat {
            Some((since, other)) if other <= every => (since, other),
            _ => (from, every),
        };
        Tape { beat: Some(beat), ..tape }
    }

    /// The hop turns away from a call inward because one of its clocks fired.
    fn abandon(&mut self, node: &Node<'_>, inner: usize, at: Dur, from: From, expiry: Expiry) {
        if expiry == Expiry::Kill && node.program.is_some() {
            self.kill(inner, at);
        } else if from == From::Request && node.hop.platform.role.runs_code() && node.stops != Stops::Yes {
            // The server has answered; the code inside it does not know.
            let order = self.machine.next();
            let call = &mut self.machine.calls[inner];
            if at < call.done() {
                (call.left, call.was_left) = (call.left.min(at), order);
            }
        } else {
            self.leave(inner, at);
        }
    }

    /// A program ends, and every hop that is part of it.
    fn kill(&mut self, index: usize, at: Dur) {
        let plan = self.machine.plan;
        let order = self.machine.next();
        if self.is_over(index, at) {
            return;
        }
        let call = &mut self.machine.calls[index];
        if call.void {
            return;
        }
        call.was_left = order;
        (call.left, call.stop, call.killed) = (call.left.min(at), call.stop.min(at), true);
        let same_program = plan.nodes[call.node].program.is_some();
        self.each_inner(index, |turn, inner| {
            if !turn.begins_before(inner, at) {
                turn.undo(inner);
            } else if same_program {
                turn.kill(inner, at);
            } else {
                turn.leave(inner, at);
            }
        });
    }

    /// The caller of a call goes away.
    pub fn leave(&mut self, index: usize, at: Dur) {
        let plan = self.machine.plan;
        let order = self.machine.next();
        if self.is_over(index, at) {
            return;
        }
        let call = &mut self.machine.calls[index];
        if call.void || call.left <= at {
            return;
        }
        (call.left, call.was_left, call.killed) = (at, order, false);
        let (tape, node) = (call.tape, &plan.nodes[call.node]);
        let stops = if node.stops == Stops::Yes {
            Some(at)
        } else if !node.leaf && !node.holds {
            // The first write into a connection that is gone is answered with a reset, the second one fails.
            let first = tape.write_after(self.script, at);
            let second = first.and_then(|first| tape.write_after(self.script, first));
            second.filter(|learns| *learns < tape.end)
        } else {
            None
        };
        if let Some(stop) = stops {
            self.stop(index, stop);
        }
    }

    fn stop(&mut self, index: usize, at: Dur) {
        let call = &mut self.machine.calls[index];
        if call.stop <= at {
            return;
        }
        call.stop = at;
        self.each_inner(index, |turn, inner| {
            if turn.begins_before(inner, at) {
                turn.leave(inner, at);
            } else {
                turn.undo(inner);
            }
        });
    }

    fn begins_before(&mut self, index: usize, at: Dur) -> bool {
        let start = self.machine.calls[index].start;
        self.machine.slack.comes_first(start, at)
    }

    /// Whether a hop is done with a call by then.
    fn is_over(&mut self, index: usize, at: Dur) -> bool {
        let done = self.machine.calls[index].done();
        self.machine.tie |= done == at;
        done == at || self.machine.slack.comes_first(done, at)
    }

    fn each_inner(&mut self, index: usize, mut visit: impl FnMut(&mut Self, usize)) {
        let until = self.machine.calls[index].until as usize;
        // While the call is still being worked out, what is there so far.
        let until = if until == 0 { self.machine.calls.len() } else { until };
        let mut inner = index + 1;
        while inner < until {
            visit(self, inner);
            inner = (self.machine.calls[inner].until as usize).max(inner + 1);
        }
    }

    fn undo(&mut self, index: usize) {
        let until = self.machine.calls[index].until as usize;
        self.machine.calls[index..until].iter_mut().for_each(|call| call.void = true);
    }

    fn mark(&mut self, call: usize, attempt: u32, at: Dur, kind: MarkKind) -> u32 {
        let index = u32::try_from(self.machine.marks.len()).unwrap_or(NONE);
        let call = u32::try_from(call).unwrap_or(NONE);
        let order = self.machine.next();
        self.machine.marks.push(Mark { call, attempt, at, order, kind });
        index
    }

    /// A moment between two, as late as the request says.
    pub fn between(&mut self, least: Dur, greatest: Dur) -> Dur {
        if least >= greatest {
            return least;
        }
        let span = greatest.minus(least);
        match self.machine.late {
            Lateness::Earliest => least,
            Lateness::Latest => greatest,
            Lateness::At(thousandths) => least.plus(span.scaled(thousandths.min(1000).into(), 1000)),
            Lateness::Seeded(seed) => {
                self.machine.draws += 1;
                least.plus(span.scaled(mixed(seed, self.machine.draws) >> 32, 1 << 32))
            }
        }
    }
}

/// What an error answer asks for, as far as the hop obeys it.
enum Hint {
    None,
    Wait(Dur),
    /// More than the hop is ready to wait: it gives up.
    TooLong,
}

fn hint(node: &Node<'_>, failure: &Failure) -> Hint {
    let attempts = &node.case.attempts;
    let Some(asked) = failure.answer.and_then(|answer| answer.retry_after) else { return Hint::None };
    if attempts.obeys_retry_after != Some(true) {
        return Hint::None;
    }
    match (attempts.retry_after_cap, attempts.beyond_cap) {
        (Some(cap), BeyondCap::Fails) if asked > cap => Hint::TooLong,
        (Some(cap), BeyondCap::OwnWait) if asked > cap => Hint::None,
        (Some(cap), BeyondCap::Capped) => Hint::Wait(asked.min(cap)),
        _ => Hint::Wait(asked),
    }
}

/// The answer that a report is.
fn told(at: Dur, reports: Option<Cause>) -> Tape {
    match reports {
        Some(Cause::Status(status)) => Tape::answer(at, status),
        Some(cause) => Tape::fails(at, cause),
        None => Tape::fails(at, Cause::Reset),
    }
}

/// A request that the provider refuses for what it is would be refused by the next one, too.
const fn worth_another_tail(cause: Cause) -> bool {
    match cause {
        Cause::Status(status) => status >= 500 || matches!(status, 408 | 409 | 429),
        _ => true,
    }
}

/// The `n`-th number of a seed (`SplitMix64`).
const fn mixed(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
