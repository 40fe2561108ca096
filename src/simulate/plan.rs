//! A chain in one world, prepared for many requests: each hop with the clocks that can end its calls.

use super::World;
use super::world::hop_at;
use crate::catalog::{Buffering, Cause, Expiry, Guard, Headers, Phase, Role, Scope, Setting, Side, Timer};
use crate::duration::Dur;
use crate::model::MapsErrors;
use crate::model::workload::Mode;
use crate::resolve::failure::{self, stated_mapping};
use crate::resolve::{HopCase, Resolved, ResolvedHop, TimerValue};

pub struct Plan<'a> {
    pub(super) chain: &'a Resolved,
    pub(super) nodes: Vec<Node<'a>>,
}

/// A hop, or what answers behind a last hop that calls on.
pub(super) struct Node<'a> {
    pub hop: &'a ResolvedHop,
    pub case: &'a HopCase,
    /// The index of the hop in a run.
    pub place: usize,
    /// How it calls the next hop.
    pub mode: Mode,
    /// It answers by the script.
    pub leaf: bool,
    /// The leaf has a name of its own.
    pub named: bool,
    pub clocks: Vec<Clock>,
    /// What ends an attempt to connect.
    pub connecting: Vec<Clock>,
    pub deadline: Option<Dur>,
    pub next: usize,
    pub tails: Vec<usize>,
    pub before: Dur,
    pub calls: u32,
    /// Nothing is passed on before the whole answer is here.
    pub holds: bool,
    /// What it held goes out when the answer breaks off.
    pub passes_held: bool,
    pub headers: Option<Headers>,
    /// Its headers are out as soon as it has the request.
    pub early: bool,
    pub beat: Option<Dur>,
    pub stops: Stops,
    /// The next hop is part of the same program; what the code between them makes of errors.
    pub program: Option<MapsErrors>,
    /// What its caller gets when the hop inside fails: connect, refused, timeout, reset.
    reports: [Option<Cause>; 4],
}

/// What a hop does when its caller leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stops {
    Yes,
    No,
    /// Nobody knows: taken as no.
    Unknown,
}

/// When a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From its start to the end of the answer.
    Total,
    /// Until the headers are here.
    Headers,
    /// Starts again with every byte.
    Idle,
    /// The same, from the headers on.
    BodyIdle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The request reaches the hop.
    Request,
    /// The hop begins its call inward: over all attempts.
    Call,
    Attempt,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Absent: a deadline that the platform's retries have, without a timer of its own.
    pub value: Option<TimerValue>,
    pub guard: Option<Guard>,
    pub kind: Kind,
    pub from: From,
    pub at: Dur,
    pub late: (Dur, Dur),
    pub retried: Option<bool>,
    pub expiry: Expiry,
    pub reports: Option<Cause>,
    /// It ends an attempt to connect.
    pub connect: bool,
    /// It ends nothing by itself: the first write after it fails.
    pub next_write: bool,
    /// A byte sooner than this after the one that set it does not set it again.
    pub lazy: Dur,
}

impl<'a> Plan<'a> {
    /// How many hops a run speaks of: those of the chain and those of fallback tails.
    pub fn hops(&self) -> usize {
        self.nodes.iter().filter(|node| node.named).map(|node| node.place + 1).max().unwrap_or_default()
    }

    pub fn new(chain: &'a Resolved, world: &World) -> Self {
        let mut plan = Plan { chain, nodes: Vec::with_capacity(chain.hops.len() + 1) };
        for (i, hop) in chain.hops.iter().enumerate() {
            let outside = i.checked_sub(1).map(|i| chain.hops[i].mode);
            let mut node = Node::new(hop, world.of(hop, i), i, hop.mode, outside);
            node.program = chain.same_process(i).then(|| stated_mapping(chain, i).unwrap_or(MapsErrors::Pass));
            node.next = i + 1;
            plan.nodes.push(node);
        }
        plan.close(chain.hops.len() - 1);
        let mut place = chain.hops.len();
        let mut next = 0;
        while next < plan.nodes.len() {
            let (owner, named) = (plan.nodes[next].hop, plan.nodes[next].named);
            let mode = plan.nodes[next].mode;
            for tail in owner.fallbacks.iter().filter(|tail| named && !tail.is_empty()) {
                let first = plan.nodes.len();
                for hop in tail {
                    let mut node = Node::new(hop, world.of(hop_at(chain, place), place), place, mode, Some(mode));
                    node.next = plan.nodes.len() + 1;
                    plan.nodes.push(node);
                    place += 1;
                }
                plan.close(plan.nodes.len() - 1);
                plan.nodes[next].tails.push(first);
            }
            next += 1;
        }
        plan
    }

    /// Makes the last hop of a tail the one that answers, or puts what answers behind it.
    fn close(&mut self, last: usize) {
        let behind = self.nodes.len();
        let node = &mut self.nodes[last];
        let serves =
            matches!(node.hop.platform.role, Role::Provider | Role::ModelServer | Role::AppServer | Role::Function);
        if serves {
            node.leaf = true;
            return;
        }
        let (hop, case, place, mode) = (node.hop, node.case, node.place, node.mode);
        node.next = behind;
        let behind = Node {
            leaf: true,
            named: false,
            clocks: Vec::new(),
            connecting: Vec::new(),
            holds: false,
            passes_held: false,
            headers: None,
            early: false,
            beat: None,
            stops: Stops::Yes,
            before: Dur::ZERO,
            ..Node::new(hop, case, place, mode, None)
        };
        self.nodes.push(behind);
    }
}

impl<'a> Node<'a> {
    fn new(hop: &'a ResolvedHop, case: &'a HopCase, place: usize, mode: Mode, outside: Option<Mode>) -> Node<'a> {
        let role = hop.platform.role;
        let serves = role.runs_code() || role == Role::Router;
        let collects = mode == Mode::Streaming
            && outside.map_or(hop.spec.mode.as_ref().is_some_and(|m| m.value == Mode::Buffered) && serves, |o| {
                o == Mode::Buffered
            });
        let holds = collects
            || case.buffering == Some(Buffering::WholeAnswer)
            || case.streaming == Some(false)
            || (mode == Mode::Buffered && (serves || role == Role::Client));
        // A server or client that waits for the whole answer has nothing to show of half of one.
        let passes_held = holds && !serves && role != Role::Client && !collects && case.truncation.passes_held;
        let clocks: Vec<Clock> = case.timers.iter().filter_map(|value| Clock::new(hop, value, mode)).collect();
        let by_clock = clocks.iter().filter(|c| c.from == From::Call && c.kind == Kind::Total).map(|c| c.at).min();
        let deadline =
            case.attempts.deadline.filter(|d| by_clock.is_none_or(|at| *d < at) && !of_a_timer(hop, case, *d));
        let clocks: Vec<Clock> = clocks.into_iter().chain(deadline.map(Clock::deadline)).collect();
        let connecting = connecting(hop, case, &clocks);
        let stated_beat = hop.spec.heartbeat.is_some();
        let cause = |cause| failure::reported_by(hop, cause).or_else(|| Some(failure::taken_for(hop, cause)));
        Node {
            hop,
            case,
            place,
            mode,
            leaf: false,
            named: true,
            deadline: deadline.into_iter().chain(by_clock).min(),
            connecting,
            clocks,
            passes_held,
            next: 0,
            tails: Vec::new(),
            before: hop.spec.before.as_ref().map_or(Dur::ZERO, |b| b.value),
            calls: hop.spec.calls_each().clamp(1, MOST_CALLS),
            holds,
            headers: if holds { None } else { case.headers },
            early: !holds && mode == Mode::Streaming && (case.headers == Some(Headers::Early) || stated_beat),
            beat: case.heartbeat.filter(|beat| !beat.is_zero() && mode == Mode::Streaming),
            stops: match case.cancels {
                _ if role == Role::Client && case.cancels != Some(false) => Stops::Yes,
                Some(true) => Stops::Yes,
                Some(false) => Stops::No,
                None => Stops::Unknown,
            },
            program: None,
            reports: [cause(Cause::Connect), cause(Cause::Refused), cause(Cause::Timeout), cause(Cause::Reset)],
        }
    }

    /// A clock by its place; those for connecting are counted apart.
    pub fn clock(&self, place: usize, sent: bool) -> &Clock {
        if sent { &self.clocks[place] } else { &self.connecting[place] }
    }

    /// What its caller sees of a failure inside.
    pub fn reports(&self, cause: Cause) -> Option<Cause> {
        if let Some(maps) = self.program {
            return failure::mapped(maps, cause);
        }
        match cause {
            Cause::Connect => self.reports[0],
            Cause::Refused => self.reports[1],
            Cause::Timeout => self.reports[2],
            Cause::Reset => self.reports[3],
            Cause::Status(_) | Cause::StatusClass(_) => Some(cause),
        }
    }
}

/// More calls in a row than anybody makes for one request.
const MOST_CALLS: u32 = 1_000;

/// A deadline that a live timer of the hop already is, in this mode or the other.
fn of_a_timer(hop: &ResolvedHop, case: &HopCase, deadline: Dur) -> bool {
    case.timers.iter().any(|value| {
        let timer = hop.timer(value);
        timer.scope == Scope::Call
            && timer.guards.contains(&Guard::WaitBuffered)
            && value.setting == Some(Setting::At(deadline))
    })
}

fn connecting(hop: &ResolvedHop, case: &HopCase, clocks: &[Clock]) -> Vec<Clock> {
    let connects = case.timers.iter().filter_map(|value| {
        let timer = hop.timer(value);
        let upstream = timer.phases.contains(&Phase::Connect) && timer.side.covers(Side::Upstream);
        match value.setting {
            Some(Setting::At(at)) if upstream && timer.guards.is_empty() => {
                let clock = Clock::of(hop, timer, value, None, Kind::Total, at);
                let told = timer.on_expiry.status.is_none_or(|status| status == 0);
                let connect = || {
                    failure::reported_by(hop, Cause::Connect).or_else(|| Some(failure::taken_for(hop, Cause::Connect)))
                };
                let reports = if told { connect() } else { clock.reports };
                Some(Clock { connect: true, reports, ..clock })
            }
            _ => None,
        }
    });
    // What runs from the start of the request runs while it connects, too.
    let total = clocks.iter().filter(|clock| {
        let phases = clock.value.map(|v| hop.timer(&v).phases.as_slice()).unwrap_or_default();
        clock.kind == Kind::Total || phases.contains(&Phase::Total) || phases.contains(&Phase::Connect)
    });
    connects.chain(total.copied()).collect()
}

impl Clock {
    /// The clock that a timer is in one mode, if it limits such calls at all.
    fn new(hop: &ResolvedHop, value: &TimerValue, mode: Mode) -> Option<Clock> {
        let timer = hop.timer(value);
        let Some(Setting::At(at)) = value.setting else { return None };
        let has = |guard: Guard| timer.guards.contains(&guard);
        let wait = match mode {
            Mode::Buffered => Guard::WaitBuffered,
            Mode::Streaming => Guard::WaitStreaming,
        };
        let total = has(Guard::StreamTotal) || (mode == Mode::Buffered && timer.phases.contains(&Phase::Total));
        let (guard, kind) = match (has(wait), has(Guard::Gap)) {
            (true, true) if !has(Guard::StreamTotal) => (wait, Kind::Idle),
            (true, _) if total => (wait, Kind::Total),
            (true, _) => (wait, Kind::Headers),
            (false, true) if mode == Mode::Buffered && timer.any_body => (Guard::Gap, Kind::BodyIdle),
            (false, _) if mode == Mode::Buffered => return None,
            (false, _) if total => (Guard::StreamTotal, Kind::Total),
            (false, true) => (Guard::Gap, Kind::BodyIdle),
            (false, false) => return None,
        };
        Some(Clock::of(hop, timer, value, Some(guard), kind, at))
    }

    fn of(hop: &ResolvedHop, timer: &Timer, value: &TimerValue, guard: Option<Guard>, kind: Kind, at: Dur) -> Clock {
        Clock {
            value: Some(*value),
            guard,
            kind,
            from: match (timer.side, timer.scope) {
                (Side::Downstream, _) => From::Request,
                (_, Scope::Call) => From::Call,
                _ => From::Attempt,
            },
            at,
            late: timer.late,
            retried: timer.on_expiry.retried,
            expiry: timer.expiry,
            reports: failure::reported_by_timer(hop, timer).or_else(|| Some(failure::taken_for(hop, Cause::Timeout))),
            connect: false,
            next_write: timer.at_next_write,
            lazy: timer.lazy,
        }
    }

    /// The guard that it ends: a stream that has begun is no wait any more.
    pub const fn fires_in(&self, guard: Guard, mode: Mode, in_body: bool) -> Guard {
        match (mode, in_body, self.kind) {
            (Mode::Streaming, true, Kind::Total) => Guard::StreamTotal,
            (Mode::Streaming, true, Kind::Idle | Kind::BodyIdle) => Guard::Gap,
            _ => guard,
        }
    }

    const fn deadline(at: Dur) -> Clock {
        Clock {
            value: None,
            guard: None,
            kind: Kind::Total,
            from: From::Call,
            at,
            late: (Dur::ZERO, Dur::ZERO),
            retried: Some(false),
            expiry: Expiry::Error,
            reports: None,
            connect: false,
            next_write: false,
            lazy: Dur::ZERO,
        }
    }
}
