//! Why nothing can work: a bound from below, a bound from above, and the way from one to the other.

use super::bounds::{self, Bounds, Conflict, Trace};
use super::graph::{Broken, Graph, Kind, Part, Point};
use super::knob::{Cap, Need};
use crate::catalog::Guard;
use crate::duration::Dur;
use crate::model::Order;

/// Two bounds that cannot both hold. The chains are those of the group, by their places in the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The chain in which the two meet.
    pub chain: usize,
    pub guard: Guard,
    pub order: Order,
    pub from: From,
    /// From the lower bound up: what each hop must be at least because of the one before.
    pub steps: Vec<Step>,
    pub to: To,
}

/// A hop's timer and what it must be at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub chain: usize,
    pub hop: usize,
    pub timer: Option<u16>,
    pub least: Dur,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The work.
    Need(Need),
    /// A value that nobody can change.
    Fixed { chain: usize, hop: usize, timer: u16, at: Dur },
    /// The least that a platform accepts.
    Floor { chain: usize, hop: usize, timer: u16, at: Dur },
    /// What the hops of a circle ask of each other.
    Circle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    Limit {
        cap: Cap,
        at: Dur,
    },
    Fixed {
        chain: usize,
        hop: usize,
        timer: u16,
        at: Dur,
    },
    /// A deadline of the platform over all attempts.
    Deadline {
        chain: usize,
        hop: usize,
        at: Dur,
    },
    Circle,
}

impl Proof {
    /// The hop that would have to be able to do more.
    pub fn hop(&self) -> Option<(usize, usize)> {
        match self.to {
            To::Limit { cap, .. } => Some((cap.chain, cap.hop)),
            To::Fixed { chain, hop, .. } | To::Deadline { chain, hop, .. } => Some((chain, hop)),
            To::Circle => None,
        }
    }

    /// The greatest that the upper bound allows.
    pub const fn greatest(&self) -> Option<Dur> {
        match self.to {
            To::Limit { at, .. } | To::Fixed { at, .. } | To::Deadline { at, .. } => Some(at),
            To::Circle => None,
        }
    }
}

impl Proof {
    /// With places in the file for places in the group.
    pub(super) fn placed(mut self, places: &[usize]) -> Self {
        self.chain = places[self.chain];
        for step in &mut self.steps {
            step.chain = places[step.chain];
        }
        match &mut self.from {
            From::Need(need) => need.chain = places[need.chain],
            From::Fixed { chain, .. } | From::Floor { chain, .. } => *chain = places[*chain],
            From::Circle => {}
        }
        match &mut self.to {
            To::Limit { cap, .. } => cap.chain = places[cap.chain],
            To::Fixed { chain, .. } | To::Deadline { chain, .. } => *chain = places[*chain],
            To::Circle => {}
        }
        self
    }
}

pub fn proof(graph: &Graph<'_>, conflict: &Conflict, bounds: &Bounds) -> Proof {
    match conflict {
        Conflict::Broken { place } => {
            let Broken { chain, hop, timer, at, floor, ceiling } = graph.broken[*place];
            let fixed = (chain, hop, timer, at);
            let (from, to) = match ceiling.filter(|(most, _)| at > *most) {
                Some((most, cap)) => {
                    let (chain, hop, timer, at) = fixed;
                    (From::Fixed { chain, hop, timer, at }, To::Limit { cap, at: most })
                }
                None => (From::Floor { chain, hop, timer, at: floor }, To::Fixed { chain, hop, timer, at }),
            };
            let order = graph.chains[chain].order;
            Proof { chain, guard: Guard::WaitBuffered, order, from, steps: Vec::new(), to }
        }
        Conflict::Short { place } => {
            let (part, need) = graph.short[*place];
            let to = To::Fixed { chain: need.chain, hop: need.hop, timer: part.timer, at: part.at };
            let order = graph.chains[need.chain].order;
            Proof { chain: need.chain, guard: need.guard, order, from: From::Need(need), steps: Vec::new(), to }
        }
        Conflict::Knob { knob, least } => {
            let home = &graph.knobs[*knob];
            let (at, cap) = home.ceiling.unwrap_or_else(|| {
                let (chain, hop, timer) = home.uses[0];
                (Dur::MAX, Cap { chain, hop, timer, row: None, advised: false })
            });
            let (from, mut steps, guard) = way(graph, bounds, *knob, None);
            if let Some(last) = steps.last_mut() {
                last.least = *least;
            }
            let order = graph.chains[cap.chain].order;
            Proof { chain: cap.chain, guard, order, from, steps, to: To::Limit { cap, at } }
        }
        Conflict::Fixed { edge, part, least } => {
            let e = &graph.edges[*edge];
            let upper = &graph.points[e.upper];
            let (chain, hop) = (upper.chain, upper.hop);
            let to = match upper.all().nth(*part) {
                Some(Part { timer, at, .. }) => To::Fixed { chain, hop, timer: *timer, at: *at },
                None => To::Deadline {
                    chain,
                    hop,
                    at: upper.attempts.and_then(|attempts| attempts.deadline).unwrap_or_default(),
                },
            };
            let timer = upper.all().nth(*part).map(|part| part.timer);
            let last = Step { chain, hop, timer, least: *least, kind: e.kind };
            let (from, steps, _) = match graph.points[e.lower].knob() {
                Some(knob) => way(graph, bounds, knob, Some((*edge, last))),
                None => (fixed_low(graph, *edge), vec![last], upper.guard),
            };
            Proof { chain, guard: upper.guard, order: e.order, from, steps, to }
        }
        Conflict::Circle { edges } => {
            let steps: Vec<Step> = edges.iter().map(|edge| step(graph, bounds, *edge)).collect();
            let first = edges.first().map(|edge| &graph.edges[*edge]);
            let (chain, guard) = first.map_or((0, Guard::WaitBuffered), |e| (e.chain, graph.points[e.upper].guard));
            let order = graph.chains[chain].order;
            Proof { chain, guard, order, from: From::Circle, steps, to: To::Circle }
        }
    }
}

/// The way up to a knob, and further along one edge.
fn way(graph: &Graph<'_>, bounds: &Bounds, knob: usize, last: Option<(usize, Step)>) -> (From, Vec<Step>, Guard) {
    let edges = match bounds::trace(graph, bounds, knob) {
        Trace::Path(edges) | Trace::Circle(edges) => edges,
    };
    let mut steps: Vec<Step> = edges.iter().map(|edge| step(graph, bounds, *edge)).collect();
    let first = edges.first().copied().or(last.map(|(edge, _)| edge));
    let source = first.map_or(Some(knob), |edge| graph.points[graph.edges[edge].lower].knob());
    let from = match (source, first) {
        (Some(source), _) => own(graph, bounds, source),
        (None, Some(edge)) => fixed_low(graph, edge),
        (None, None) => From::Circle,
    };
    // Where it begins at a knob, the way begins with what that knob must be.
    if let (Some(edge), Some(source)) = (first, source) {
        let point = &graph.points[graph.edges[edge].lower];
        steps.insert(0, at_point(point, Some(source), bounds.at[source], Kind::Order));
    } else if first.is_none() {
        let (chain, hop, timer) = home(graph, knob, &from);
        steps.push(Step { chain, hop, timer: Some(timer), least: bounds.at[knob], kind: Kind::Order });
    }
    steps.extend(last.map(|(_, step)| step));
    let guard = match (&from, first) {
        (From::Need(need), None) => need.guard,
        (_, Some(edge)) => graph.points[graph.edges[edge].upper].guard,
        _ => Guard::WaitBuffered,
    };
    (from, steps, guard)
}

fn own(graph: &Graph<'_>, bounds: &Bounds, knob: usize) -> From {
    let (chain, hop, timer) = graph.knobs[knob].uses[0];
    match bounds::need_at(graph, bounds, knob) {
        Some(need) => From::Need(need),
        None => From::Floor { chain, hop, timer, at: graph.knobs[knob].floor },
    }
}

fn home(graph: &Graph<'_>, knob: usize, from: &From) -> (usize, usize, u16) {
    let uses = &graph.knobs[knob].uses;
    let of_need = match from {
        From::Need(need) => uses.iter().find(|(c, h, _)| (*c, *h) == (need.chain, need.hop)),
        _ => None,
    };
    *of_need.unwrap_or(&uses[0])
}

/// The value at the lower end of an edge that nobody can move.
fn fixed_low(graph: &Graph<'_>, edge: usize) -> From {
    let point = &graph.points[graph.edges[edge].lower];
    let least = point.parts.iter().min_by_key(|part| part.at);
    let (timer, at) = least.map_or((0, Dur::MAX), |part| (part.timer, part.at));
    From::Fixed { chain: point.chain, hop: point.hop, timer, at }
}

fn step(graph: &Graph<'_>, bounds: &Bounds, edge: usize) -> Step {
    let edge = &graph.edges[edge];
    let upper = &graph.points[edge.upper];
    let pushed = upper.all().filter_map(|part| part.knob).max_by_key(|knob| bounds.at[*knob]);
    at_point(upper, pushed, pushed.map_or(Dur::MAX, |knob| bounds.at[knob]), edge.kind)
}

fn at_point(point: &Point<'_>, knob: Option<usize>, least: Dur, kind: Kind) -> Step {
    let part = point.all().find(|part| part.knob == knob);
    Step { chain: point.chain, hop: point.hop, timer: part.map(|part| part.timer), least, kind }
}
