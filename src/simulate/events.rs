//! A finished run as a story: events in order of time, what the client saw, who worked for nobody.

use super::machine::{Ending, Exchange, Machine, Mark, MarkKind};
use super::plan::{Node, Stops};
use super::tape::{How, NEVER, NONE};
use crate::catalog::{Cause, Guard, OnExpiry, Role};
use crate::duration::Dur;
use crate::resolve::TimerValue;

/// What became of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// In order of time; at one moment in the order of cause and effect.
    pub events: Vec<Event>,
    pub client: Seen,
    /// When the user knows. Absent: never.
    pub ended: Option<Dur>,
    /// Calls that reached each hop; past the end of the chain those of fallback tails.
    pub calls: Vec<u64>,
    pub fired: Vec<Fired>,
    /// The timer that decided what the client sees, by its place in `fired`.
    pub blame: Option<usize>,
    pub orphans: Vec<Orphan>,
    pub provider: Vec<Work>,
    /// More calls than anybody counts: the rest was left out.
    pub cut_short: bool,
}

/// What the user of the outermost hop sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Answer {
        status: u16,
    },
    Error {
        status: Option<u16>,
        exception: Option<String>,
        body: Option<String>,
    },
    /// The status was sent before anybody knew; what follows breaks off.
    Truncated {
        status: u16,
        first_byte: Dur,
        sees: Option<String>,
        log: Option<String>,
    },
    Left,
    /// Silence for ever.
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    pub hop: usize,
    /// Absent: a deadline that the platform's retries have without a timer of its own.
    pub value: Option<TimerValue>,
    /// Absent: it ended an attempt to connect, or is such a deadline.
    pub guard: Option<Guard>,
    /// Which attempt of the hop, counted from 1.
    pub attempt: u32,
    pub at: Dur,
    /// When the clock had started.
    pub since: Dur,
}

/// Work whose caller has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub hop: usize,
    pub from: Dur,
    /// Absent: for ever.
    pub until: Option<Dur>,
    /// Calls of the provider that run or start in that time.
    pub calls: u64,
    /// Whether it goes on is not known; it was taken to.
    pub assumed: bool,
}

/// One call at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    pub hop: usize,
    pub started: Dur,
    /// Absent: never.
    pub ended: Option<Dur>,
    pub finished: bool,
    pub cancelled: Option<Dur>,
    /// Its answer reached the user, whole.
    pub wanted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Dur,
    pub hop: usize,
    /// Which attempt: of the hop's caller for an arrival, of the hop itself for what its clocks and retries do.
    pub attempt: u32,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A call reaches the hop.
    Arrives,
    /// Nothing can be connected to: refused, or no answer to the attempt to connect.
    Refuses,
    NoConnection,
    /// The headers of an answer go out, its body follows.
    Headers {
        status: u16,
    },
    /// An answer is out, whole.
    Answers {
        status: u16,
    },
    /// The connection ends in the middle of the body.
    Breaks,
    /// The caller gets an error without a status.
    Fails {
        cause: Cause,
    },
    /// By its place in [`Run::fired`].
    Fires {
        fired: usize,
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
    /// Its caller goes away.
    IsLeft {
        then: Then,
    },
    /// It ends together with the program that it is part of.
    IsKilled,
    /// Work for nobody ends by itself.
    EndsUnheard,
    /// The user closes the page.
    UserLeaves,
}

/// What a hop does when its caller has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Stops,
    /// It learns of it with the first write that fails: the second one, since the first only brings the news.
    StopsAt(Dur),
    WorksOn,
    /// Nobody knows; taken as working on.
    MayWorkOn,
}

impl Machine<'_> {
    /// The last request as a story.
    pub fn run(&self) -> Run {
        let (fired, place_of) = self.fired();
        let mut events = self.events(&place_of);
        if self.ending() == Ending::Left {
            events.push((0, Event { at: self.leaves, hop: 0, attempt: 1, kind: EventKind::UserLeaves }));
        }
        events.sort_by_key(|(order, event)| (event.at, *order));
        let root = &self.calls[0].tape;
        let decided =
            (self.ending() != Ending::Left && root.blame != NONE).then(|| place_of[root.blame as usize]).flatten();
        let ended = match self.ending() {
            Ending::Left => Some(self.leaves),
            Ending::Nothing => None,
            _ => Some(root.end),
        };
        Run {
            client: self.seen(decided.map(|place| &fired[place])),
            events: events.into_iter().map(|(_, event)| event).collect(),
            ended,
            calls: self.counts(),
            blame: decided,
            fired,
            orphans: self.orphans(),
            provider: self.provider_calls().map(|call| self.work(call)).collect(),
            cut_short: self.cut_short,
        }
    }

    fn node(&self, call: &Exchange) -> &Node<'_> {
        &self.plan.nodes[call.node]
    }

    /// What happened at a hop before it stopped.
    fn happened(&self, mark: &Mark) -> bool {
        let call = &self.calls[mark.call as usize];
        // What ends the hop's own work at that very moment was not prevented.
        !call.void && (mark.at < call.stop || (mark.at == call.stop && mark.at == call.done()))
    }

    /// The firings that happened, and where each mark is among them.
    fn fired(&self) -> (Vec<Fired>, Vec<Option<usize>>) {
        let mut fired = Vec::new();
        let mut places = vec![None; self.marks.len()];
        for (mark, place) in self.marks.iter().zip(&mut places) {
            let MarkKind::Fired { clock, sent, in_body } = mark.kind else { continue };
            if !self.happened(mark) {
                continue;
            }
            let node = self.node(&self.calls[mark.call as usize]);
            let clock = node.clock(clock, sent);
            *place = Some(fired.len());
            fired.push(Fired {
                hop: node.place,
                value: clock.value,
                guard: clock.guard.map(|guard| clock.fires_in(guard, node.mode, in_body)),
                attempt: mark.attempt,
                at: mark.at,
                since: mark.at.minus(clock.at.plus(clock.late.0)),
            });
        }
        (fired, places)
    }

    fn counts(&self) -> Vec<u64> {
        let hops = self.plan.nodes.iter().map(|node| node.place + 1).max().unwrap_or_default();
        let mut counts = vec![0; hops];
        for call in self.calls.iter().filter(|call| !call.void && !call.never_connected) {
            let node = self.node(call);
            if node.named {
                counts[node.place] += 1;
            }
        }
        counts
    }

    fn work(&self, call: &Exchange) -> Work {
        let end = call.works_until();
        let cancelled = (call.stop < call.done()).then_some(call.stop);
        Work {
            hop: self.node(call).place,
            started: call.start,
            ended: (end != NEVER).then_some(end),
            finished: cancelled.is_none() && call.tape.how == How::Complete && call.tape.blame == NONE,
            cancelled,
            wanted: call.used,
        }
    }

    fn orphans(&self) -> Vec<Orphan> {
        let mut orphans = Vec::new();
        for (i, call) in self.calls.iter().enumerate().filter(|(_, call)| !call.void && call.left != NEVER) {
            let node = self.node(call);
            let until = call.works_until();
            if until <= call.left || !node.named {
                continue;
            }
            let inside = &self.calls[i..call.until as usize];
            let calls = inside.iter().filter(|c| !c.void && c.served != NONE && c.works_until() > call.left).count();
            orphans.push(Orphan {
                hop: node.place,
                from: call.left,
                until: (until != NEVER).then_some(until),
                calls: calls as u64,
                assumed: node.stops == Stops::Unknown,
            });
        }
        orphans.sort_by_key(|orphan| (orphan.from, orphan.hop));
        orphans
    }

    fn seen(&self, decided: Option<&Fired>) -> Seen {
        let root = &self.calls[0].tape;
        let chain = self.plan.chain;
        let told: Option<(&OnExpiry, bool)> = decided.and_then(|fired| {
            let hop = super::hop_at(chain, fired.hop);
            Some((&hop.timer(&fired.value?).on_expiry, fired.hop == 0))
        });
        match self.ending() {
            Ending::Left => Seen::Left,
            Ending::Nothing => Seen::Nothing,
            Ending::Answered(status) => Seen::Answer { status },
            Ending::Truncated(status) => Seen::Truncated {
                status,
                first_byte: root.head,
                sees: told.and_then(|(expiry, _)| expiry.after_headers.clone()),
                log: told.and_then(|(expiry, _)| expiry.log.clone()),
            },
            Ending::Failed(status) => Seen::Error {
                status,
                exception: told
                    .filter(|(_, own)| *own && chain.hops[0].platform.role == Role::Client)
                    .and_then(|(e, _)| e.exception.clone()),
                body: told
                    .filter(|(e, own)| *own || (status.is_some() && e.status == status))
                    .and_then(|(e, _)| e.body.clone()),
            },
        }
    }

    fn events(&self, place_of: &[Option<usize>]) -> Vec<(u32, Event)> {
        let mut told = Story { events: Vec::with_capacity(self.calls.len() * 3) };
        for (i, call) in self.calls.iter().enumerate().filter(|(_, call)| !call.void) {
            let node = self.node(call);
            if !node.named {
                continue;
            }
            self.tell_call(&mut told, i, call, node);
        }
        for (mark, fired) in self.marks.iter().zip(place_of).filter(|(mark, _)| self.happened(mark)) {
            let i = mark.call as usize;
            let kind = match mark.kind {
                MarkKind::Fired { .. } => match *fired {
                    Some(fired) => EventKind::Fires { fired },
                    None => continue,
                },
                MarkKind::Repeats { cause, wait, hinted, at_least } => {
                    EventKind::Repeats { cause, wait, hinted, at_least }
                }
                MarkKind::FallsBack { tail, cause } => EventKind::FallsBack { tail, cause },
                MarkKind::GivesUp { cause } => EventKind::GivesUp { cause },
            };
            told.add(mark.order, mark.at, self.node(&self.calls[i]).place, mark.attempt, kind);
        }
        told.events
    }

    fn tell_call(&self, told: &mut Story, i: usize, call: &Exchange, node: &Node<'_>) {
        let root = i == 0;
        let own_firing = self.marks.get(call.tape.blame as usize).is_some_and(|mark| mark.call as usize == i);
        let (hop, attempt, tape) = (node.place, call.attempt, &call.tape);
        if call.never_connected {
            let kind =
                if call.tape.how == How::Fails(Cause::Refused) { EventKind::Refuses } else { EventKind::NoConnection };
            told.add(call.came, call.start, hop, attempt, kind);
            return;
        }
        told.add(call.came, call.start, hop, attempt, EventKind::Arrives);
        // What it sends while somebody is there to read it.
        let read_until = call.left.min(call.stop);
        if tape.head < read_until && tape.head < tape.end {
            told.add(call.went, tape.head, hop, attempt, EventKind::Headers { status: tape.status });
        }
        if tape.end != NEVER && tape.end <= read_until {
            let kind = match tape.how {
                How::Complete => EventKind::Answers { status: tape.status },
                How::Broken => EventKind::Breaks,
                How::Fails(cause) => EventKind::Fails { cause },
                How::Silent => return,
            };
            told.add(call.went, tape.end, hop, attempt, kind);
        }
        if call.killed {
            told.add(call.was_left, call.left, hop, attempt, EventKind::IsKilled);
        } else if call.left < call.done() && !root {
            let then = match node.stops {
                _ if call.stop == call.left => Then::Stops,
                _ if call.stop != NEVER => Then::StopsAt(call.stop),
                Stops::Unknown => Then::MayWorkOn,
                _ => Then::WorksOn,
            };
            told.add(call.was_left, call.left, hop, attempt, EventKind::IsLeft { then });
            if call.stop == NEVER && call.done() != NEVER && !own_firing {
                told.add(call.went, call.done(), hop, attempt, EventKind::EndsUnheard);
            }
        }
    }
}

/// Events with their order at one moment.
struct Story {
    events: Vec<(u32, Event)>,
}

impl Story {
    fn add(&mut self, order: u32, at: Dur, hop: usize, attempt: u32, kind: EventKind) {
        self.events.push((order, Event { at, hop, attempt, kind }));
    }
}
