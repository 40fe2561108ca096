//! From the values that stay to values for all: one pass along the edges, each knob inside what is left to it.

use super::bounds::{self, Bound, Bounds, Flow};
use super::fewest::{self, Kept};
use super::graph::Graph;
use super::round;
use crate::duration::Dur;

/// Which of the plans that work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Objective {
    /// Change as few values as can be.
    #[default]
    Fewest,
    /// The shortest values that the work fits into.
    Smallest,
    /// The longest values that the limits allow.
    Largest,
    /// What room there is, shared out evenly between neighbours.
    Even,
}

impl Objective {
    pub const NAMES: [(&'static str, Objective); 4] =
        [("fewest", Self::Fewest), ("smallest", Self::Smallest), ("largest", Self::Largest), ("even", Self::Even)];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, o)| *o == self).map_or("", |(name, _)| name)
    }
}

/// What a knob is given, and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    pub to: Dur,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It stays.
    Kept,
    /// It may be no lower.
    Least(Bound),
    /// It may be no higher.
    Most(Bound),
    /// It lies between the two.
    Between,
}

/// A value for every knob, and whether fewer changes were impossible.
pub struct Assigned {
    pub given: Vec<Given>,
    pub exact: bool,
}

pub fn assign(graph: &Graph<'_>, flow: &Flow, lo: &Bounds, objective: Objective) -> Assigned {
    let mut hi = bounds::greatest(graph, flow, |k| graph.knobs[k].most().max(lo.at[k]));
    let n = graph.knobs.len();
    let (kept, target) = match objective {
        Objective::Fewest => (fewest::keep(graph, flow, lo, &hi), None),
        Objective::Smallest => (none_kept(n), None),
        Objective::Largest => {
            hi = largest(graph, flow, lo, hi);
            (none_kept(n), Some(hi.at.clone()))
        }
        Objective::Even => {
            hi = largest(graph, flow, lo, hi);
            (none_kept(n), Some(spread(graph, flow, lo, &hi.at)))
        }
    };
    let now = |k: usize| graph.knobs[k].at;
    if objective == Objective::Fewest {
        hi = bounds::greatest(graph, flow, |k| if kept.keep[k] { now(k) } else { graph.knobs[k].most().max(lo.at[k]) });
    }
    let mut walk = Walk::new(graph, |k| if kept.keep[k] { now(k) } else { graph.knobs[k].least() });
    for edge in &flow.free {
        bounds::push(graph, *edge, &mut walk.least);
        walk.anchor(graph, *edge);
    }
    for group in &flow.groups {
        let circle = flow.is_circle(group);
        if circle && !group.iter().all(|k| kept.keep[*k]) {
            bounds::circle(graph, flow, group, &mut walk.least);
        }
        for &k in group {
            let knob = &graph.knobs[k];
            let (least, most) = (walk.least.at[k], hi.at[k].max(walk.least.at[k]));
            let to = match (&target, objective) {
                _ if kept.keep[k] || !walk.matters(graph, flow, k) => now(k),
                _ if circle => least,
                (Some(target), Objective::Largest) => target[k].clamp(least, most),
                (Some(target), _) => round::near(target[k].max(least), least, most, knob.grid),
                (None, Objective::Smallest) if walk.anchored[k] => round::just_above(least, most, knob.grid),
                _ if now(k) < least || (knob.must_move && now(k) == least) => round::up(least, most, knob.grid),
                _ if now(k) > most => round::down(most, least, knob.grid),
                _ => now(k),
            };
            walk.give(k, to, Given { to, why: why(objective, now(k), to, walk.least.by[k], hi.by[k]) });
            for edge in flow.pushed_by(k) {
                bounds::push(graph, edge, &mut walk.least);
                walk.anchor(graph, edge);
            }
        }
    }
    Assigned { given: walk.given, exact: kept.exact }
}

fn why(objective: Objective, now: Dur, to: Dur, least: Bound, most: Bound) -> Why {
    match objective {
        _ if to == now => Why::Kept,
        Objective::Even => Why::Between,
        Objective::Largest => Why::Most(most),
        Objective::Fewest if to < now => Why::Most(most),
        _ => Why::Least(least),
    }
}

fn none_kept(n: usize) -> Kept {
    Kept { keep: vec![false; n], exact: true }
}

/// The state of the pass.
struct Walk {
    least: Bounds,
    given: Vec<Given>,
    /// The workload, or a value that nobody can change, holds it up: not its own present value alone.
    anchored: Vec<bool>,
    /// Something pushes it.
    pushed: Vec<bool>,
}

impl Walk {
    fn new(graph: &Graph<'_>, base: impl Fn(usize) -> Dur) -> Self {
        let n = graph.knobs.len();
        let by = |knob: &super::knob::Knob| if knob.need.is_some() { Bound::Need } else { Bound::Own };
        Self {
            least: Bounds { at: (0..n).map(base).collect(), by: graph.knobs.iter().map(by).collect() },
            given: vec![Given { to: Dur::ZERO, why: Why::Kept }; n],
            anchored: graph.knobs.iter().map(|knob| knob.need.is_some()).collect(),
            pushed: vec![false; n],
        }
    }

    fn anchor(&mut self, graph: &Graph<'_>, edge: usize) {
        let from = graph.points[graph.edges[edge].lower].knob().is_none_or(|knob| self.anchored[knob]);
        for part in graph.points[graph.edges[edge].upper].all() {
            if let Some(knob) = part.knob {
                self.pushed[knob] = true;
                self.anchored[knob] |= from && self.least.by[knob] == Bound::Edge(edge);
            }
        }
    }

    /// What no order, no work and no limit speaks of is nobody's business here.
    fn matters(&self, graph: &Graph<'_>, flow: &Flow, k: usize) -> bool {
        let knob = &graph.knobs[k];
        knob.must_move || knob.need.is_some() || self.pushed[k] || flow.pushed_by(k).next().is_some()
    }

    fn give(&mut self, k: usize, to: Dur, given: Given) {
        self.given[k] = given;
        self.least.at[k] = to;
    }
}

/// The greatest plan: from the top down, each as long as what lies above leaves it; what nothing bounds stays.
fn largest(graph: &Graph<'_>, flow: &Flow, lo: &Bounds, mut hi: Bounds) -> Bounds {
    for group in flow.groups.iter().rev() {
        for &k in group.iter().rev() {
            for edge in flow.pushed_by(k) {
                bounds::pull(graph, edge, k, &mut hi);
            }
            let knob = &graph.knobs[k];
            hi.at[k] = if hi.at[k] == Dur::MAX {
                knob.at.max(lo.at[k])
            } else {
                round::just_below(hi.at[k], lo.at[k], knob.grid).max(lo.at[k])
            };
        }
    }
    hi
}

/// Between the least and the greatest plan, further up the further along the edges.
fn spread(graph: &Graph<'_>, flow: &Flow, lo: &Bounds, top: &[Dur]) -> Vec<Dur> {
    let n = graph.knobs.len();
    let (mut below, mut above) = (vec![1u64; n], vec![1u64; n]);
    let targets = |k: usize| {
        flow.pushed_by(k).flat_map(|e| graph.points[graph.edges[e].upper].all()).filter_map(|part| part.knob)
    };
    for &k in flow.groups.iter().flatten() {
        for target in targets(k).filter(|target| *target != k) {
            below[target] = below[target].max(below[k] + 1);
        }
    }
    for &k in flow.groups.iter().flatten().collect::<Vec<_>>().into_iter().rev() {
        above[k] = targets(k).filter(|t| *t != k).map(|t| above[t] + 1).max().unwrap_or(1);
    }
    (0..n).map(|k| lo.at[k].plus(top[k].minus(lo.at[k]).scaled(below[k], below[k] + above[k]))).collect()
}
