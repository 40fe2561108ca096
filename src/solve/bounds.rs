//! The least and the greatest value of every knob: one pass each along the edges, exact to the nanosecond and to the
//! grid. Knobs that push each other in a circle are settled together.

use super::answer;
use super::graph::{Edge, Graph, Kind, Part, Point};
use super::knob::Need;
use crate::catalog::Guard;
use crate::duration::Dur;
use crate::model::Order;
use std::collections::HashSet;

/// What holds a knob up, or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nothing but what its platform accepts.
    Own,
    Need,
    /// An edge.
    Edge(usize),
}

/// Least or greatest values by knob, with what sets each.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub at: Vec<Dur>,
    pub by: Vec<Bound>,
}

/// Why nothing can work: a lower bound that meets an upper one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A knob must be at least more than it can be.
    Knob { knob: usize, least: Dur },
    /// A pinned value is outside the limits of its platform.
    Broken { place: usize },
    /// A value that nobody can change is too low for the work.
    Short { place: usize },
    /// A value that nobody can change is too low for what lies below it.
    Fixed { edge: usize, part: usize, least: Dur },
    /// Knobs that push each other up without end: the edges of the circle.
    Circle { edges: Vec<usize> },
}

/// The edges by the knob that pushes, and an order of the knobs in which all pushes go forward.
pub struct Flow {
    /// Knobs in groups; only within a group do they push each other.
    pub groups: Vec<Vec<usize>>,
    /// Edges whose lower end nobody can move.
    pub free: Vec<usize>,
    start: Vec<u32>,
    edges: Vec<u32>,
    /// For each knob its group.
    group_of: Vec<u32>,
    /// Knobs that push themselves.
    own_circles: HashSet<usize>,
}

impl Flow {
    pub fn of(graph: &Graph<'_>) -> Self {
        let n = graph.knobs.len();
        let mut start = vec![0u32; n + 1];
        let mut free = Vec::new();
        let carriers: Vec<Option<usize>> = graph.edges.iter().map(|e| graph.points[e.lower].knob()).collect();
        for knob in carriers.iter().flatten() {
            start[knob + 1] += 1;
        }
        for i in 0..n {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut edges = vec![0u32; carriers.iter().flatten().count()];
        for (i, knob) in carriers.iter().enumerate() {
            match knob {
                Some(knob) => {
                    edges[next[*knob] as usize] = u32::try_from(i).unwrap_or(u32::MAX);
                    next[*knob] += 1;
                }
                None => free.push(i),
            }
        }
        let mut flow =
            Self { groups: Vec::new(), free, start, edges, group_of: vec![0; n], own_circles: HashSet::new() };
        flow.groups = super::groups::groups(n, |knob, found| {
            for edge in flow.pushed_by(knob) {
                let upper = &graph.points[graph.edges[edge].upper];
                found.extend(upper.all().filter_map(|part| part.knob));
            }
        });
        for (i, group) in flow.groups.iter().enumerate() {
            for knob in group {
                flow.group_of[*knob] = u32::try_from(i).unwrap_or(u32::MAX);
            }
        }
        for (edge, knob) in graph.edges.iter().zip(&carriers) {
            let pushes = |knob: &usize| graph.points[edge.upper].all().any(|part| part.knob == Some(*knob));
            flow.own_circles.extend(knob.filter(pushes));
        }
        flow
    }

    pub fn pushed_by(&self, knob: usize) -> impl Iterator<Item = usize> + '_ {
        self.edges[self.start[knob] as usize..self.start[knob + 1] as usize].iter().map(|edge| *edge as usize)
    }

    /// Whether a group is a circle rather than a knob by itself.
    pub fn is_circle(&self, group: &[usize]) -> bool {
        group.len() > 1 || self.own_circles.contains(&group[0])
    }

    /// The knobs of the same group that an edge pushes.
    fn inside<'g>(&'g self, graph: &'g Graph<'_>, edge: usize, knob: usize) -> impl Iterator<Item = usize> + 'g {
        let group = self.group_of[knob];
        let upper = &graph.points[graph.edges[edge].upper];
        upper.all().filter_map(|part| part.knob).filter(move |other| self.group_of[*other] == group)
    }
}

/// What the lower end of an edge reaches, its carrier set to `at`.
pub fn low(graph: &Graph<'_>, edge: &Edge, at: Dur) -> Dur {
    let point = &graph.points[edge.lower];
    let fixed = point.parts.iter().filter(|part| part.knob.is_none()).map(|part| part.at).min();
    let wait = fixed.map_or(at, |fixed| fixed.min(at));
    let late = point.parts.iter().map(|part| part.wait.late.1).max().unwrap_or_default();
    let Some(attempts) = point.attempts.filter(|_| edge.order == Order::Outward) else {
        let end = wait.plus(late);
        return if edge.order == Order::Outward { end.times(edge.calls).plus(edge.before) } else { end };
    };
    let carrier = point.carrier().filter(|part| part.call).map(|part| at.plus(part.wait.late.1));
    let fixed = point.all().filter(|part| part.call && part.knob.is_none()).map(|part| part.at.plus(part.wait.late.1));
    let deadline = carrier.into_iter().chain(fixed).min();
    let longest = |part: &&Part| attempts.after_timeout(part.wait.retried);
    let Some(most) = point.parts.iter().max_by_key(longest) else { return Dur::MAX };
    let wait_of = answer::Wait { late: (most.wait.late.0, late), retried: most.wait.retried };
    answer::latest(attempts, wait_of, deadline, wait).times(edge.calls).plus(edge.before)
}

/// The least setting of a part of the upper end so that it is not before `target`.
pub fn least_part(point: &Point<'_>, edge: &Edge, part: &Part, target: Dur) -> Dur {
    if edge.order == Order::Outward || edge.kind != Kind::Order {
        return target.minus(part.wait.late.0);
    }
    let target = Dur::from_nanos(target.minus(edge.before).as_nanos().div_ceil(edge.calls.max(1)));
    let Some(attempts) = point.attempts else { return target.minus(part.wait.late.0) };
    if part.call {
        return target;
    }
    if point.once {
        return target.minus(part.wait.late.0);
    }
    answer::least_wait(attempts, part.wait, has_deadline(point), target)
}

/// The greatest target that a part of the upper end reaches: the counterpart of [`least_part`].
fn high_part(point: &Point<'_>, edge: &Edge, part: &Part, at: Dur) -> Dur {
    if edge.order == Order::Outward || edge.kind != Kind::Order {
        return at.plus(part.wait.late.0);
    }
    let answer = match point.attempts {
        Some(_) if part.call => at,
        Some(_) if point.once => at.plus(part.wait.late.0),
        Some(attempts) => answer::earliest(attempts, part.wait, has_deadline(point), at),
        None => at.plus(part.wait.late.0),
    };
    answer.times(edge.calls).plus(edge.before)
}

/// When the upper end of an edge gives up or answers, its knobs set to these values.
pub fn high(graph: &Graph<'_>, edge: &Edge, at: impl Fn(usize) -> Dur) -> Option<Dur> {
    let upper = &graph.points[edge.upper];
    let parts = upper.all().map(|part| match part.knob.map_or(part.at, &at) {
        Dur::MAX => Dur::MAX,
        at => high_part(upper, edge, part, at),
    });
    parts.min()
}

fn has_deadline(point: &Point<'_>) -> bool {
    point.all().any(|part| part.call) || point.attempts.is_some_and(|attempts| attempts.deadline.is_some())
}

/// Whether an edge holds with the values of now.
pub fn holds(graph: &Graph<'_>, edge: &Edge) -> bool {
    let at = graph.points[edge.lower].carrier().map_or(Dur::MAX, |part| part.at);
    let target = edge.margin.above(low(graph, edge, at), edge.order);
    let upper = &graph.points[edge.upper];
    upper.all().all(|part| part.at >= least_part(upper, edge, part, target))
}

/// The least values that satisfy everything below them, starting at `base`.
pub fn least(graph: &Graph<'_>, flow: &Flow, base: impl Fn(usize) -> Dur) -> Result<Bounds, (Conflict, Bounds)> {
    let n = graph.knobs.len();
    let by = |knob: &super::knob::Knob| {
        if knob.need.is_some() && knob.least() > knob.floor { Bound::Need } else { Bound::Own }
    };
    let mut bounds = Bounds { at: (0..n).map(base).collect(), by: graph.knobs.iter().map(by).collect() };
    if !graph.broken.is_empty() {
        return Err((Conflict::Broken { place: 0 }, bounds));
    }
    if !graph.short.is_empty() {
        return Err((Conflict::Short { place: 0 }, bounds));
    }
    // What contradicts itself is told before what contradicts a neighbour.
    let own = |k: &usize| bounds.at[*k] > graph.knobs[*k].most();
    if let Some(knob) = (0..n).find(own) {
        return Err((Conflict::Knob { knob, least: bounds.at[knob] }, bounds));
    }
    let mut found = None;
    for edge in &flow.free {
        found = found.or(push(graph, *edge, &mut bounds));
    }
    for group in &flow.groups {
        if flow.is_circle(group) {
            found = found.or(circle(graph, flow, group, &mut bounds));
        }
        for knob in group {
            let least = bounds.at[*knob];
            if found.is_none() && least > graph.knobs[*knob].most() {
                found = Some(Conflict::Knob { knob: *knob, least });
            }
            for edge in flow.pushed_by(*knob) {
                found = found.or(push(graph, edge, &mut bounds));
            }
        }
        if let Some(conflict) = found {
            return Err((conflict, bounds));
        }
    }
    match found {
        Some(conflict) => Err((conflict, bounds)),
        None => Ok(bounds),
    }
}

/// Raises what lies above an edge.
pub fn push(graph: &Graph<'_>, index: usize, bounds: &mut Bounds) -> Option<Conflict> {
    let edge = &graph.edges[index];
    let from = graph.points[edge.lower].knob();
    let at = from.map_or(Dur::MAX, |knob| bounds.at[knob]);
    let target = edge.margin.above(low(graph, edge, at), edge.order);
    let upper = &graph.points[edge.upper];
    let mut conflict = None;
    for (i, part) in upper.all().enumerate() {
        let least = least_part(upper, edge, part, target);
        match part.knob {
            Some(knob) => {
                let least = least.ceil_to(graph.knobs[knob].grid);
                if least > bounds.at[knob] {
                    (bounds.at[knob], bounds.by[knob]) = (least, Bound::Edge(index));
                }
            }
            None if part.at < least && conflict.is_none() => {
                conflict = Some(Conflict::Fixed { edge: index, part: i, least });
            }
            None => {}
        }
    }
    let fixed = upper.attempts.and_then(|attempts| attempts.deadline).filter(|_| !upper.all().any(|part| part.call));
    if let Some(deadline) = fixed.filter(|_| edge.order != Order::Outward && edge.kind == Kind::Order) {
        let least = Dur::from_nanos(target.minus(edge.before).as_nanos().div_ceil(edge.calls.max(1)));
        if deadline < least && conflict.is_none() {
            conflict = Some(Conflict::Fixed { edge: index, part: usize::MAX, least });
        }
    }
    conflict
}

/// The greatest values that satisfy everything above them; `top` is the most of each by itself.
pub fn greatest(graph: &Graph<'_>, flow: &Flow, top: impl Fn(usize) -> Dur) -> Bounds {
    let n = graph.knobs.len();
    let mut bounds = Bounds { at: (0..n).map(top).collect(), by: vec![Bound::Own; n] };
    for group in flow.groups.iter().rev() {
        let rounds = if flow.is_circle(group) { MOST_ROUNDS } else { 1 };
        for _ in 0..rounds {
            let before: Vec<Dur> = group.iter().map(|knob| bounds.at[*knob]).collect();
            for knob in group.iter().rev() {
                for edge in flow.pushed_by(*knob) {
                    pull(graph, edge, *knob, &mut bounds);
                }
            }
            if group.iter().zip(before).all(|(knob, before)| bounds.at[*knob] == before) {
                break;
            }
        }
    }
    bounds
}

/// Lowers the carrier of an edge under what lies above it.
pub fn pull(graph: &Graph<'_>, index: usize, knob: usize, bounds: &mut Bounds) {
    let edge = &graph.edges[index];
    let Some(high) = high(graph, edge, |knob| bounds.at[knob]).filter(|high| *high < Dur::MAX) else { return };
    let room = edge.margin.below(high, edge.order);
    let most = greatest_low(graph, edge, room).floor_to(graph.knobs[knob].grid);
    if most < bounds.at[knob] {
        (bounds.at[knob], bounds.by[knob]) = (most, Bound::Edge(index));
    }
}

/// The greatest setting of an edge's carrier that stays within `room`.
fn greatest_low(graph: &Graph<'_>, edge: &Edge, room: Dur) -> Dur {
    if low(graph, edge, Dur::MAX) <= room {
        return Dur::MAX;
    }
    let point = &graph.points[edge.lower];
    if edge.order != Order::Outward {
        let late = point.parts.iter().map(|part| part.wait.late.1).max().unwrap_or_default();
        return room.minus(late);
    }
    answer::greatest(Dur::ZERO, room, |at| low(graph, edge, at) <= room)
}

/// Raises the knobs of a circle until they agree, or finds that they never do.
pub fn circle(graph: &Graph<'_>, flow: &Flow, group: &[usize], bounds: &mut Bounds) -> Option<Conflict> {
    let first = group[0];
    let (mut last, mut grown) = (bounds.at[first], Dur::ZERO);
    for round in 0..MOST_ROUNDS {
        let mut changed = false;
        for knob in group {
            for edge in flow.pushed_by(*knob) {
                let inside: Vec<usize> = flow.inside(graph, edge, *knob).collect();
                let before: Vec<Dur> = inside.iter().map(|k| bounds.at[*k]).collect();
                push(graph, edge, bounds);
                changed |= inside.iter().zip(before).any(|(k, before)| bounds.at[*k] > before);
            }
        }
        if !changed {
            return None;
        }
        if let Some(knob) = group.iter().find(|k| bounds.at[**k] > graph.knobs[**k].most()) {
            let trace = trace(graph, bounds, *knob);
            return match trace {
                Trace::Circle(edges) => Some(Conflict::Circle { edges }),
                Trace::Path(_) => Some(Conflict::Knob { knob: *knob, least: bounds.at[*knob] }),
            };
        }
        // What grows by no less in each round never stops.
        let step = bounds.at[first].minus(last);
        let endless = round > group.len() && !step.is_zero() && step >= grown && !grown.is_zero();
        (last, grown) = (bounds.at[first], if step.is_zero() { grown } else { step });
        if endless && let Trace::Circle(edges) = trace(graph, bounds, first) {
            return Some(Conflict::Circle { edges });
        }
    }
    let edges = match trace(graph, bounds, first) {
        Trace::Circle(edges) | Trace::Path(edges) => edges,
    };
    Some(Conflict::Circle { edges })
}

/// More rounds than any circle takes that comes to rest.
const MOST_ROUNDS: usize = 2_000;

/// How a least value came about.
pub enum Trace {
    /// The edges from where it begins up to the knob.
    Path(Vec<usize>),
    Circle(Vec<usize>),
}

pub fn trace(graph: &Graph<'_>, bounds: &Bounds, knob: usize) -> Trace {
    let (mut edges, mut seen) = (Vec::new(), std::collections::HashMap::new());
    let mut at = Some(knob);
    while let Some(knob) = at {
        if let Some(since) = seen.insert(knob, edges.len()) {
            let mut circle = edges.split_off(since);
            circle.reverse();
            return Trace::Circle(circle);
        }
        at = match bounds.by[knob] {
            Bound::Edge(edge) => {
                edges.push(edge);
                graph.points[graph.edges[edge].lower].knob()
            }
            _ => None,
        };
    }
    edges.reverse();
    Trace::Path(edges)
}

/// What the workload asks where a bound begins.
pub fn need_at(graph: &Graph<'_>, bounds: &Bounds, knob: usize) -> Option<Need> {
    (bounds.by[knob] == Bound::Need).then(|| graph.knobs[knob].need).flatten()
}

/// Whether a point's guard is a wait.
pub const fn waits(guard: Guard) -> bool {
    matches!(guard, Guard::WaitBuffered | Guard::WaitStreaming)
}
