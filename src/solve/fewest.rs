//! Which knobs may stay as they are: the most of them that agree with each other.
//!
//! Two values conflict where the lower one, pushed along the edges, ends above the upper one. Conflicts are transitive,
//! so the most knobs that can stay are a greatest antichain: on a path the longest consistent subsequence, elsewhere
//! what a greatest matching leaves. Where that would be too much work, each knob stays that still can.

use super::bounds::{Bounds, Flow, pull, push};
use super::graph::{Graph, Point};
use crate::duration::Dur;
use crate::model::{Margin, Order};
use std::collections::{BTreeSet, HashMap};

/// Knobs in conflict that are still matched exactly.
const MOST_MATCHED: usize = 1_000;
/// Steps along edges that the search for conflicts may take.
const MOST_STEPS: usize = 3_000_000;

/// Which knobs stay, and whether no other choice keeps more.
pub struct Kept {
    pub keep: Vec<bool>,
    pub exact: bool,
}

pub fn keep(graph: &Graph<'_>, flow: &Flow, lo: &Bounds, hi: &Bounds) -> Kept {
    let n = graph.knobs.len();
    let may = |k: usize| {
        let knob = &graph.knobs[k];
        !knob.must_move && lo.at[k] <= knob.at && knob.at <= hi.at[k]
    };
    let mut kept = Kept { keep: (0..n).map(may).collect(), exact: true };
    for group in flow.groups.iter().filter(|group| flow.is_circle(group)) {
        // In a circle every knob bears on every other: they stay together or not at all.
        let stays = group.iter().all(|k| kept.keep[*k]) && group.iter().all(|k| agrees(graph, flow, *k));
        kept.exact &= stays;
        for knob in group {
            kept.keep[*knob] = stays;
        }
    }
    let order: Vec<usize> = flow.groups.iter().flatten().copied().collect();
    let (involved, free) = involved(graph, flow, &kept.keep, &order);
    if involved.is_empty() {
        return kept;
    }
    let shape = Shape::of(graph, flow, &involved);
    for part in shape.parts(&order, &involved) {
        let chosen =
            if shape.is_path(&part.all) { on_a_path(graph, flow, &part) } else { matched(graph, flow, &part, &free) };
        let chosen = chosen.unwrap_or_else(|| {
            kept.exact = false;
            greedy(graph, flow, &part, &kept.keep)
        });
        for knob in &part.involved {
            kept.keep[*knob] = false;
        }
        for knob in chosen {
            kept.keep[knob] = true;
        }
    }
    kept
}

/// Whether what a knob pushes now is high enough already.
fn agrees(graph: &Graph<'_>, flow: &Flow, knob: usize) -> bool {
    flow.pushed_by(knob).all(|edge| super::bounds::holds(graph, &graph.edges[edge]))
}

/// The knobs that conflict with some other, of those that may stay, and how much each may ask without a conflict above.
fn involved(graph: &Graph<'_>, flow: &Flow, may: &[bool], order: &[usize]) -> (BTreeSet<usize>, Bounds) {
    let mut found = BTreeSet::new();
    let now = |k: usize| graph.knobs[k].at;
    let n = graph.knobs.len();
    let mut pushed = Bounds { at: vec![Dur::ZERO; n], by: vec![super::bounds::Bound::Own; n] };
    for &k in order {
        if may[k] {
            if pushed.at[k] > now(k) {
                found.insert(k);
            }
            pushed.at[k] = pushed.at[k].max(now(k));
        }
        for edge in flow.pushed_by(k) {
            push(graph, edge, &mut pushed);
        }
    }
    let mut pulled = Bounds { at: vec![Dur::MAX; n], by: pushed.by };
    for &k in order.iter().rev() {
        for edge in flow.pushed_by(k) {
            pull(graph, edge, k, &mut pulled);
        }
        if may[k] {
            if pulled.at[k] < now(k) {
                found.insert(k);
            }
            pulled.at[k] = pulled.at[k].min(now(k));
        }
    }
    (found, pulled)
}

/// Which knobs push which, of those that push any or are in conflict. The others only follow.
struct Shape {
    /// Of each knob that pushes exactly one: that one. Else whether it pushes any.
    next: Vec<Next>,
    incoming: Vec<u32>,
    /// The part of the graph that hangs together with each knob.
    part_of: Vec<usize>,
    core: Vec<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    None,
    One(usize),
    Several,
}

/// One part of the graph, in the order of its pushes.
struct Section {
    all: Vec<usize>,
    involved: Vec<usize>,
}

impl Shape {
    fn of(graph: &Graph<'_>, flow: &Flow, involved: &BTreeSet<usize>) -> Self {
        let n = graph.knobs.len();
        let core: Vec<bool> = (0..n).map(|k| flow.pushed_by(k).next().is_some() || involved.contains(&k)).collect();
        let (mut next, mut incoming) = (vec![Next::None; n], vec![0; n]);
        let mut root: Vec<usize> = (0..n).collect();
        for (k, next) in next.iter_mut().enumerate() {
            let targets = flow.pushed_by(k).flat_map(|e| graph.points[graph.edges[e].upper].all());
            for target in targets.filter_map(|part| part.knob).filter(|target| core[*target]) {
                if *next == Next::One(target) {
                    continue;
                }
                incoming[target] += 1;
                *next = if *next == Next::None { Next::One(target) } else { Next::Several };
                let (a, b) = (find(&mut root, k), find(&mut root, target));
                root[a] = b;
            }
        }
        let part_of = (0..n).map(|k| find(&mut root, k)).collect();
        Self { next, incoming, part_of, core }
    }

    fn parts(&self, order: &[usize], involved: &BTreeSet<usize>) -> Vec<Section> {
        let mut place: HashMap<usize, usize> = HashMap::new();
        let mut parts: Vec<Section> = Vec::new();
        for k in involved {
            place.entry(self.part_of[*k]).or_insert_with(|| {
                parts.push(Section { all: Vec::new(), involved: Vec::new() });
                parts.len() - 1
            });
        }
        for &k in order.iter().filter(|k| self.core[**k]) {
            let Some(&part) = place.get(&self.part_of[k]) else { continue };
            parts[part].all.push(k);
            if involved.contains(&k) {
                parts[part].involved.push(k);
            }
        }
        parts
    }

    fn is_path(&self, all: &[usize]) -> bool {
        all.windows(2).all(|pair| self.next[pair[0]] == Next::One(pair[1]) && self.incoming[pair[1]] == 1)
    }
}

fn find(root: &mut [usize], mut k: usize) -> usize {
    while root[k] != k {
        root[k] = root[root[k]];
        k = root[k];
    }
    k
}

/// The end of a consistent subsequence: what it asks of the knob at `place`.
#[derive(Clone, Copy)]
struct End {
    /// The last knob of the subsequence, by its place on the path.
    last: usize,
    place: usize,
    asks: Dur,
}

/// The longest consistent subsequence of a path. Of all subsequences of one length, only the one that asks least of
/// the knobs to come matters; how much that is, is worked out when somebody compares it.
fn on_a_path(graph: &Graph<'_>, flow: &Flow, part: &Section) -> Option<Vec<usize>> {
    let place_of: HashMap<usize, usize> = part.all.iter().enumerate().map(|(i, k)| (*k, i)).collect();
    let mut steps = 0usize;
    let sum = Sums::of(graph, flow, &part.all);
    let mut asked_at = |end: &mut End, place: usize| {
        if let Some(sum) = &sum {
            end.asks = sum.moved(end.asks, end.place, place);
        } else {
            for at in end.place..place {
                steps += 1;
                end.asks = pushed(graph, flow, part.all[at], part.all[at + 1], end.asks);
            }
        }
        end.place = place;
        (end.asks, steps)
    };
    let mut ends: Vec<End> = Vec::new();
    let mut before: HashMap<usize, Option<usize>> = HashMap::new();
    for knob in &part.involved {
        let (place, now) = (place_of[knob], graph.knobs[*knob].at);
        // The first end that asks for more than this knob is.
        let (mut low, mut high) = (0, ends.len());
        while low < high {
            // Most chains are nearly in order: the last one first.
            let middle = if high == ends.len() { high - 1 } else { low + (high - low) / 2 };
            let (asks, steps) = asked_at(&mut ends[middle], place);
            if steps > MOST_STEPS {
                return None;
            }
            if asks <= now { low = middle + 1 } else { high = middle }
        }
        before.insert(place, low.checked_sub(1).map(|i| ends[i].last));
        let end = End { last: place, place, asks: now };
        if low == ends.len() {
            ends.push(end);
        } else {
            ends[low] = end;
        }
    }
    let mut chosen = Vec::new();
    let mut at = ends.last().map(|end| end.last);
    while let Some(place) = at {
        chosen.push(part.all[place]);
        at = before.get(&place).copied().flatten();
    }
    Some(chosen)
}

/// What one knob asks of the next on a path.
fn pushed(graph: &Graph<'_>, flow: &Flow, from: usize, to: usize, at: Dur) -> Dur {
    let mut asks = Dur::ZERO;
    for edge in flow.pushed_by(from) {
        let edge = &graph.edges[edge];
        let target = edge.margin.above(super::bounds::low(graph, edge, at), edge.order);
        let upper = &graph.points[edge.upper];
        for part in upper.all().filter(|part| part.knob == Some(to)) {
            asks = asks.max(super::bounds::least_part(upper, edge, part, target));
        }
    }
    asks.ceil_to(graph.knobs[to].grid)
}

/// On a path where each step only adds, what is asked a thousand hops on is one subtraction.
struct Sums(Vec<u64>);

impl Sums {
    fn of(graph: &Graph<'_>, flow: &Flow, all: &[usize]) -> Option<Self> {
        let coarsest = all.iter().map(|k| graph.knobs[*k].grid).max()?;
        let on = |at: Dur| at.is_on(coarsest);
        if all.len() < 64 || !all.iter().all(|k| on(graph.knobs[*k].at) && coarsest.is_on(graph.knobs[*k].grid)) {
            return None;
        }
        // Two far apart probes tell a step that adds from one that scales.
        let (near, far) = (Dur::from_secs(86_400), Dur::from_secs(86_400 * 1_000));
        let mut sums = vec![0u64];
        for pair in all.windows(2) {
            let step = |at: Dur| pushed(graph, flow, pair[0], pair[1], at).as_nanos().checked_sub(at.as_nanos());
            let adds = step(near).filter(|by| step(far) == Some(*by) && on(Dur::from_nanos(*by)))?;
            if !only_adds(graph, flow, pair[0]) {
                return None;
            }
            sums.push(sums.last()?.checked_add(adds)?);
        }
        Some(Self(sums))
    }

    fn moved(&self, at: Dur, from: usize, to: usize) -> Dur {
        at.plus(Dur::from_nanos(self.0[to] - self.0[from]))
    }
}

/// Whether the push of a knob is a sum for every value: no cap at its lower end, one attempt, one call, a plain margin.
fn only_adds(graph: &Graph<'_>, flow: &Flow, knob: usize) -> bool {
    flow.pushed_by(knob).all(|edge| {
        let edge = &graph.edges[edge];
        let (lower, upper) = (&graph.points[edge.lower], &graph.points[edge.upper]);
        let free = |point: &Point<'_>| point.once && point.parts.iter().all(|part| part.knob.is_some());
        let plain = matches!(edge.margin, Margin::Absolute(_)) && edge.calls == 1 && edge.order != Order::Outward;
        plain && free(lower) && free(upper)
    })
}

/// A greatest antichain of the conflicts, by a greatest matching.
fn matched(graph: &Graph<'_>, flow: &Flow, part: &Section, free: &Bounds) -> Option<Vec<usize>> {
    let n = part.involved.len();
    if n > MOST_MATCHED {
        return None;
    }
    let place: HashMap<usize, usize> = part.all.iter().enumerate().map(|(i, k)| (*k, i)).collect();
    let mut number = vec![usize::MAX; part.all.len()];
    for (i, knob) in part.involved.iter().enumerate() {
        number[place[knob]] = i;
    }
    // What each knob pushes, as places.
    let mut targets: Vec<Vec<usize>> = Vec::with_capacity(part.all.len());
    for &knob in &part.all {
        let uppers = flow.pushed_by(knob).flat_map(|edge| graph.points[graph.edges[edge].upper].all());
        let mut pushes: Vec<usize> =
            uppers.filter_map(|part| part.knob).filter_map(|knob| place.get(&knob).copied()).collect();
        pushes.sort_unstable();
        pushes.dedup();
        targets.push(pushes);
    }
    let mut conflicts: Vec<Vec<usize>> = vec![Vec::new(); n];
    let mut asks = vec![Dur::ZERO; part.all.len()];
    let mut steps = 0;
    for (i, knob) in part.involved.iter().enumerate() {
        let first = place[knob];
        let mut last = first;
        asks[first..].fill(Dur::ZERO);
        asks[first] = graph.knobs[*knob].at;
        for at in first..part.all.len() {
            let (from, value) = (part.all[at], asks[at]);
            if at > last {
                break;
            }
            if value.is_zero() {
                continue;
            }
            if number[at] != usize::MAX && number[at] != i && value > graph.knobs[from].at {
                conflicts[i].push(number[at]);
            }
            // What conflicts with nobody from here on needs no further look.
            if value <= free.at[from] {
                continue;
            }
            for &target in &targets[at] {
                steps += 1;
                asks[target] = asks[target].max(pushed(graph, flow, from, part.all[target], value));
                last = last.max(target);
            }
        }
        if steps > MOST_STEPS {
            return None;
        }
    }
    Some(antichain(&conflicts).into_iter().map(|i| part.involved[i]).collect())
}

/// The greatest set without a conflict inside, for conflicts that are transitive.
fn antichain(conflicts: &[Vec<usize>]) -> Vec<usize> {
    let n = conflicts.len();
    let (mut of_right, mut of_left): (Vec<Option<usize>>, Vec<Option<usize>>) = (vec![None; n], vec![None; n]);
    let mut came = vec![(usize::MAX, 0); n];
    for root in 0..n {
        // Most find a partner that nobody has.
        match conflicts[root].iter().find(|j| of_right[**j].is_none()) {
            Some(&j) => (of_left[root], of_right[j]) = (Some(j), Some(root)),
            None => augment(conflicts, root, (&mut of_left, &mut of_right), &mut came),
        }
    }
    // What a least cover does not take on either side.
    let (mut left, mut right) = (vec![false; n], vec![false; n]);
    let mut open: Vec<usize> = (0..n).filter(|i| of_left[*i].is_none()).collect();
    while let Some(i) = open.pop() {
        if std::mem::replace(&mut left[i], true) {
            continue;
        }
        for &j in &conflicts[i] {
            if !std::mem::replace(&mut right[j], true) {
                open.extend(of_right[j]);
            }
        }
    }
    (0..n).filter(|i| left[*i] && !right[*i]).collect()
}

/// One more pair, by the first alternating path from `root`.
fn augment(
    conflicts: &[Vec<usize>],
    root: usize,
    (of_left, of_right): (&mut [Option<usize>], &mut [Option<usize>]),
    came: &mut [(usize, usize)],
) {
    let mut open = std::collections::VecDeque::from([root]);
    while let Some(i) = open.pop_front() {
        for &j in &conflicts[i] {
            if came[j].0 == root {
                continue;
            }
            came[j] = (root, i);
            let Some(next) = of_right[j] else {
                let mut at = Some(j);
                while let Some(j) = at {
                    let i = came[j].1;
                    at = of_left[i];
                    (of_left[i], of_right[j]) = (Some(j), Some(i));
                }
                return;
            };
            open.push_back(next);
        }
    }
}

/// Each knob stays that agrees with those that stay already: once from below, once from above, the better of both.
fn greedy(graph: &Graph<'_>, flow: &Flow, part: &Section, may: &[bool]) -> Vec<usize> {
    let n = graph.knobs.len();
    let involved: BTreeSet<usize> = part.involved.iter().copied().collect();
    let own = || vec![super::bounds::Bound::Own; n];
    let now = |k: usize| graph.knobs[k].at;
    let mut pushed = Bounds { at: vec![Dur::ZERO; n], by: own() };
    let mut upwards = Vec::new();
    for &k in &part.all {
        if may[k] && pushed.at[k] <= now(k) {
            pushed.at[k] = now(k);
            upwards.push(k);
        }
        for edge in flow.pushed_by(k) {
            push(graph, edge, &mut pushed);
        }
    }
    let mut pulled = Bounds { at: vec![Dur::MAX; n], by: own() };
    let mut downwards = Vec::new();
    for &k in part.all.iter().rev() {
        for edge in flow.pushed_by(k) {
            pull(graph, edge, k, &mut pulled);
        }
        if may[k] && pulled.at[k] >= now(k) {
            pulled.at[k] = now(k);
            downwards.push(k);
        }
    }
    let better = if downwards.len() > upwards.len() { downwards } else { upwards };
    better.into_iter().filter(|k| involved.contains(k)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Points of a plane conflict where one is left of and above the other: transitive, as on chains.
        #[test]
        fn an_antichain_is_a_greatest_one(points in prop::collection::vec((0..6u8, 0..6u8), 0..10)) {
            let above = |i: usize, j: usize| points[i].0 < points[j].0 && points[i].1 < points[j].1;
            let n = points.len();
            let conflicts: Vec<Vec<usize>> = (0..n).map(|i| (0..n).filter(|j| above(i, *j)).collect()).collect();
            let free = |set: &[usize]| set.iter().all(|i| set.iter().all(|j| !above(*i, *j)));
            let found = antichain(&conflicts);
            let best = (0..1u32 << n)
                .map(|bits| (0..n).filter(|i| bits >> i & 1 == 1).collect::<Vec<_>>())
                .filter(|set| free(set))
                .map(|set| set.len())
                .max();
            prop_assert!(free(&found), "{:?}", found);
            prop_assert_eq!(Some(found.len()), best);
        }
    }
}
