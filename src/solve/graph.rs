//! The chains of one plan as a graph: knobs that can be turned, points where a guard of a hop ends, and the edges that
//! an order puts between points.
//!
//! A knob is what one edit changes: a value where it stands in a file, whoever reads it, or an option of a hop that
//! nobody has set. So chains that share a hop share its knobs.

use super::answer::Wait;
use super::knob::{Key, Keys, Knob, Need, key};
use super::path::{self, Path, applies};
use crate::catalog::{Guard, Scope, Setting};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::model::{Margin, Order};
use crate::resolve::attempts::Attempts;
use crate::resolve::{HopCase, Provenance, Resolved, ResolvedHop, TimerValue};
use std::collections::HashMap;

/// A timer of a guard: a knob, or a value that nobody can change.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub timer: u16,
    pub knob: Option<usize>,
    pub at: Dur,
    pub wait: Wait,
    /// Ends the whole call, not one attempt.
    pub call: bool,
    pub inherited: bool,
}

/// A guard of a hop.
pub struct Point<'a> {
    pub chain: usize,
    pub hop: usize,
    pub guard: Guard,
    pub parts: Vec<Part>,
    /// Timers over the whole call that do not end this guard itself.
    pub deadlines: Vec<Part>,
    /// Only for waits: they are repeated.
    pub attempts: Option<&'a Attempts>,
    /// There is one attempt, whichever part ends it.
    pub once: bool,
    /// The part that takes the upper bounds: of those that can be turned, the one that ends the guard now.
    pub carrier: Option<usize>,
}

impl Point<'_> {
    pub fn carrier(&self) -> Option<&Part> {
        self.carrier.map(|i| &self.parts[i])
    }

    pub fn knob(&self) -> Option<usize> {
        self.carrier().and_then(|part| part.knob)
    }

    /// Everything that a lower bound of the answer asks of.
    pub fn all(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().chain(&self.deadlines)
    }
}

/// What an edge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Order,
    /// A program must be done before its server is killed.
    Killed,
    /// A pool must let go of a connection before the server closes it.
    Keepalive,
}

/// The lower point must end a margin before the upper one.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub chain: usize,
    pub lower: usize,
    pub upper: usize,
    pub order: Order,
    pub margin: Margin,
    /// Sequential calls of the inner hop, and work before them.
    pub calls: u64,
    pub before: Dur,
    pub kind: Kind,
}

/// A pinned or claimed value outside the limits of its platform.
#[derive(Clone, Copy, Debug)]
pub struct Broken {
    pub chain: usize,
    pub hop: usize,
    pub timer: u16,
    pub at: Dur,
    pub floor: Dur,
    pub ceiling: Option<(Dur, super::knob::Cap)>,
}

pub struct Graph<'a> {
    pub chains: &'a [&'a Resolved],
    pub keepalive: Dur,
    pub knobs: Vec<Knob>,
    pub points: Vec<Point<'a>>,
    pub edges: Vec<Edge>,
    /// For each chain the timers of its guards, by hop.
    pub timers: Vec<Vec<(usize, Part)>>,
    /// Values that nobody can change and that are too short for the work.
    pub short: Vec<(Part, Need)>,
    /// Pinned and claimed values that their platform does not take.
    pub broken: Vec<Broken>,
    /// Two values that nobody can change, in the wrong order.
    pub fixed: Vec<Edge>,
    /// The shortest stated heartbeat from each hop of the present chain inwards.
    beats: Vec<Option<Dur>>,
    by_key: HashMap<Key, usize>,
}

const GUARDS: [Guard; 5] = [Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap, Guard::StreamTotal, Guard::Upload];

impl<'a> Graph<'a> {
    /// `keepalive` is the margin between a pool and the server that closes its connections.
    pub fn of(chains: &'a [&'a Resolved], keepalive: Dur) -> Self {
        let mut graph = Self {
            chains,
            keepalive,
            knobs: Vec::new(),
            points: Vec::new(),
            edges: Vec::new(),
            timers: Vec::new(),
            short: Vec::new(),
            broken: Vec::new(),
            fixed: Vec::new(),
            beats: Vec::new(),
            by_key: HashMap::new(),
        };
        for (c, chain) in chains.iter().enumerate() {
            let mut keys: Vec<Keys> = Vec::with_capacity(chain.hops.len());
            graph.timers.push(Vec::new());
            for hop in 0..chain.hops.len() {
                keys.push(graph.hop(c, hop));
            }
            graph.beats = beats(chain);
            for guard in GUARDS {
                if chain.order != Order::Unordered {
                    graph.order(c, guard, &keys);
                }
            }
            super::beside::edges(&mut graph, c, &mut keys);
        }
        for knob in &mut graph.knobs {
            knob.settle();
        }
        graph
    }

    pub fn hop_of(&self, point: &Point<'_>) -> &'a ResolvedHop {
        &self.chains[point.chain].hops[point.hop]
    }

    /// The knobs of a hop, with what the workload and the platform ask of them.
    fn hop(&mut self, c: usize, h: usize) -> Keys {
        let hop = &self.chains[c].hops[h];
        let mut keys = Keys::default();
        for case in &hop.cases {
            for value in case.timers.iter().filter(|value| matters(hop, value)) {
                self.turn(c, h, (case, value), &mut keys);
            }
        }
        for guard in GUARDS {
            self.needs(c, h, guard, &keys);
        }
        self.list(c, h, &keys);
        keys
    }

    /// Makes a value a knob, with all else that its text sets.
    pub fn turn(&mut self, c: usize, h: usize, (case, value): (&HopCase, &TimerValue), keys: &mut Keys) {
        if keys.of(value).is_some() {
            return;
        }
        let hop = &self.chains[c].hops[h];
        let Some(own) = key(hop, case, value) else {
            self.pinned(c, h, value);
            return;
        };
        let next = self.knobs.len();
        let index = *self.by_key.entry(own).or_insert(next);
        if index == next {
            self.knobs.push(Knob::new(own, c, h, value));
        }
        keys.put(value.timer.into(), index);
        self.knobs[index].used(c, h, hop, value);
        for case in &hop.cases {
            for other in &case.timers {
                let same =
                    other.timer == value.timer || (alike(hop, other, value) && key(hop, case, other) == Some(own));
                if same {
                    self.knobs[index].seen(other);
                    keys.put(other.timer.into(), index);
                    self.knobs[index].limited(hop, other);
                }
            }
        }
    }

    fn pinned(&mut self, c: usize, h: usize, value: &TimerValue) {
        let hop = &self.chains[c].hops[h];
        let Some(at) = value.provenance.loc() else { return };
        let mut knob = Knob::new(Key::Written(at), c, h, value);
        knob.limited(hop, value);
        if knob.must_move && !self.broken.iter().any(|b| (b.chain, b.hop, b.timer) == (c, h, value.timer)) {
            let written = match knob.now {
                Some(Setting::At(at)) => at,
                _ => Dur::MAX,
            };
            let Knob { floor, ceiling, .. } = knob;
            self.broken.push(Broken { chain: c, hop: h, timer: value.timer, at: written, floor, ceiling });
        }
    }

    fn needs(&mut self, c: usize, h: usize, guard: Guard, keys: &Keys) {
        let chain = self.chains[c];
        let hop = &chain.hops[h];
        let Some(need) = need_of(hop, guard) else { return };
        let wanted = chain.margin.above(need, Order::Inward);
        let mut told = Vec::new();
        for case in &hop.cases {
            for value in case.timers.iter().filter(|value| enters(hop, value, guard)) {
                let Some(Setting::At(at)) = value.setting else { continue };
                let late = hop.timer(value).late.0;
                let need = Need { chain: c, hop: h, guard, work: need, wanted: wanted.minus(late) };
                match keys.of(value) {
                    Some(knob) => self.knobs[knob].needed(need, at),
                    None if at.plus(late) < wanted && !told.contains(&value.timer) => {
                        told.push(value.timer);
                        let part = part(hop, value, keys);
                        self.short.push((part, need));
                    }
                    None => {}
                }
            }
        }
    }

    /// The timers to show: each that ends a guard in the mode of the hop.
    fn list(&mut self, c: usize, h: usize, keys: &Keys) {
        let hop = &self.chains[c].hops[h];
        let list = &mut self.timers[c];
        let first = list.len();
        for case in &hop.cases {
            for value in &case.timers {
                let shown = |g: Guard| enters(hop, value, g) && (applies(g, hop.mode) || g == Guard::Upload);
                let limits = matches!(value.setting, Some(Setting::At(_))) && GUARDS.into_iter().any(shown);
                let moves = keys.of(value).is_some_and(|knob| self.knobs[knob].must_move);
                let same = |(_, other): &(usize, Part)| match (other.knob, keys.of(value)) {
                    (Some(a), Some(b)) => a == b,
                    _ => other.timer == value.timer,
                };
                if (limits || moves) && !list[first..].iter().any(same) {
                    list.push((h, part(hop, value, keys)));
                }
            }
        }
    }

    /// The points of one guard along one chain, and the edges between neighbours.
    fn order(&mut self, c: usize, guard: Guard, keys: &[Keys]) {
        let chain = self.chains[c];
        if guard == Guard::Upload || !chain.hops.iter().any(|hop| applies(guard, hop.mode)) {
            return;
        }
        let path = path::path(chain, guard);
        let first = self.points.len();
        for node in &path.nodes {
            let point = point(chain, c, node.hop, node.case, guard, &keys[node.hop]);
            self.points.push(point);
        }
        for place in 0..path.nodes.len() {
            self.neighbours(&path, (c, first), (place, place + 1), path.pair(place).is_some());
            // Where the hop between two may have no limit, they are neighbours too.
            let around = path.pair_around(place).is_some();
            self.neighbours(&path, (c, first), (place, place + 2), around);
        }
    }

    fn neighbours(&mut self, path: &Path<'_>, (chain, first): (usize, usize), pair: (usize, usize), related: bool) {
        let resolved = self.chains[chain];
        let Some(inner) = path.nodes.get(pair.1).filter(|_| related) else { return };
        if !path::ordered(resolved, path.nodes[pair.0].hop, inner.hop) {
            return;
        }
        let (mut calls, mut before) = (inner.calls, inner.before);
        for middle in &path.nodes[pair.0 + 1..pair.1] {
            (calls, before) = (calls.saturating_mul(middle.calls), before.plus(middle.before));
        }
        let beat = self.beats[inner.hop].filter(|_| path.guard == Guard::Gap);
        let (outer, inner) = (first + pair.0, first + pair.1);
        if let Some(beat) = beat {
            // A heartbeat inside both re-arms both; then their order means nothing.
            let enough = resolved.margin.above(beat, Order::Inward);
            if self.can_be(outer, enough) && self.can_be(inner, enough) {
                self.at_least(outer, beat, enough);
                self.at_least(inner, beat, enough);
                return;
            }
        }
        let (lower, upper) = if resolved.order == Order::Outward { (inner, outer) } else { (outer, inner) };
        let (order, margin) = (resolved.order, path.margin);
        self.edge(Edge { chain, lower, upper, order, margin, calls, before, kind: Kind::Order });
    }

    /// Adds an edge, unless nobody can change either end: then it holds, or it is told and left alone.
    pub fn edge(&mut self, edge: Edge) {
        let moves = |point: &Point<'_>| point.all().any(|part| part.knob.is_some());
        if moves(&self.points[edge.lower]) || moves(&self.points[edge.upper]) {
            self.edges.push(edge);
        } else if edge.kind == Kind::Order && !super::bounds::holds(self, &edge) {
            self.fixed.push(edge);
        }
    }

    /// Lets the part that can be lowest take the upper bounds of each point; false where nothing changes.
    pub fn carry_by_least(&mut self) -> bool {
        let mut changed = false;
        for point in &mut self.points {
            let turned = point.parts.iter().enumerate().filter_map(|(i, part)| Some((i, part.knob?, part.at)));
            let lowest = turned.min_by_key(|(_, knob, at)| (self.knobs[*knob].least(), *at)).map(|(i, ..)| i);
            changed |= lowest != point.carrier;
            point.carrier = lowest;
        }
        changed
    }

    /// Keeps the edges of the order alone; false where there are no others.
    pub fn drop_beside(&mut self) -> bool {
        let before = self.edges.len();
        self.edges.retain(|edge| edge.kind == Kind::Order);
        self.edges.len() < before
    }

    fn can_be(&self, point: usize, at: Dur) -> bool {
        self.points[point].parts.iter().all(|part| match part.knob {
            Some(knob) => self.knobs[knob].ceiling.is_none_or(|(most, _)| at <= most),
            None => at <= part.at,
        })
    }

    fn at_least(&mut self, point: usize, work: Dur, wanted: Dur) {
        let Point { chain, hop, guard, .. } = self.points[point];
        for part in self.points[point].parts.clone() {
            if let Some(knob) = part.knob {
                self.knobs[knob].needed(Need { chain, hop, guard, work, wanted }, part.at);
            }
        }
    }
}

/// A point from one case of a hop.
pub fn point<'a>(chain: &'a Resolved, c: usize, h: usize, case: &'a HopCase, guard: Guard, keys: &Keys) -> Point<'a> {
    let hop = &chain.hops[h];
    let waits = matches!(guard, Guard::WaitBuffered | Guard::WaitStreaming);
    // What the order compares: for a streaming wait not the timers over the whole call.
    let whole = |v: &TimerValue| guard == Guard::WaitStreaming && hop.timer(v).guards.contains(&Guard::StreamTotal);
    let limited = |v: &&TimerValue| matches!(v.setting, Some(Setting::At(_)));
    let ends = |v: &TimerValue| enters(hop, v, guard) && !whole(v);
    let values = || case.timers.iter().filter(limited);
    let parts: Vec<Part> = values().filter(|v| ends(v)).map(|v| part(hop, v, keys)).collect();
    let calls = |v: &TimerValue| {
        let timer = hop.timer(v);
        timer.scope == Scope::Call && timer.guards.contains(&Guard::WaitBuffered)
    };
    let deadlines = if waits {
        values().filter(|v| calls(v) && !ends(v)).map(|v| part(hop, v, keys)).collect()
    } else {
        Vec::new()
    };
    let turned = parts.iter().enumerate().filter(|(_, part)| part.knob.is_some());
    let carrier = turned.min_by_key(|(_, part)| part.at).map(|(i, _)| i);
    let attempts = waits.then_some(&case.attempts);
    let once = attempts.is_none_or(|attempts| parts.iter().all(|part| attempts.after_timeout(part.wait.retried) == 1));
    Point { chain: c, hop: h, guard, parts, deadlines, attempts, once, carrier }
}

pub fn part(hop: &ResolvedHop, value: &TimerValue, keys: &Keys) -> Part {
    let timer = hop.timer(value);
    let at = match value.setting {
        Some(Setting::At(at)) => at,
        _ => Dur::MAX,
    };
    Part {
        timer: value.timer,
        knob: keys.of(value),
        at,
        wait: Wait { late: timer.late, retried: timer.on_expiry.retried },
        call: timer.scope == Scope::Call && timer.guards.contains(&Guard::WaitBuffered),
        inherited: value.provenance == crate::resolve::Provenance::Inherited,
    }
}

/// Whether a timer ends a guard.
pub fn enters(hop: &ResolvedHop, value: &TimerValue, guard: Guard) -> bool {
    let timer = hop.timer(value);
    timer.guards.contains(&guard) && (guard != Guard::Upload || timer.upload_total)
}

/// Whether a value is anybody's business here: it ends a guard of the hop as it is called, or somebody wrote it.
fn matters(hop: &ResolvedHop, value: &TimerValue) -> bool {
    let runs = |guard: &Guard| match guard {
        Guard::Upload => hop.needs.upload.is_some(),
        // A wait is also judged against what ends it for the whole call.
        guard => applies(*guard, hop.mode),
    };
    value.provenance.loc().is_some() || hop.timer(value).guards.iter().any(runs)
}

/// Whether two timers may be set by one text.
fn alike(hop: &ResolvedHop, a: &TimerValue, b: &TimerValue) -> bool {
    let (x, y) = (hop.timer(a), hop.timer(b));
    x.knob == y.knob
        || (a.provenance.loc().is_some() && a.provenance.loc() == b.provenance.loc())
        || matches!(a.provenance, Provenance::Inherited)
        || matches!(b.provenance, Provenance::Inherited)
}

/// What the work inside a hop asks of a guard, if the guard runs in the hop's mode.
pub fn need_of(hop: &ResolvedHop, guard: Guard) -> Option<Dur> {
    let need = match (guard, hop.mode) {
        (Guard::WaitBuffered, Mode::Buffered) | (Guard::WaitStreaming, Mode::Streaming) => hop.needs.wait,
        (Guard::Gap, Mode::Streaming) => hop.needs.gap,
        (Guard::StreamTotal, Mode::Streaming) => hop.needs.stream_total,
        (Guard::Upload, _) => hop.needs.upload,
        _ => None,
    };
    need.map(|need| need.at)
}

fn beats(chain: &Resolved) -> Vec<Option<Dur>> {
    let mut beats = vec![None; chain.hops.len()];
    let mut least: Option<Dur> = None;
    for (i, hop) in chain.hops.iter().enumerate().rev() {
        least = least.into_iter().chain(hop.spec.heartbeat.as_ref().map(|beat| beat.value)).min();
        beats[i] = least;
    }
    beats
}
