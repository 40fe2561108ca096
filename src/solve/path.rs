//! One guard along one chain: which hops it relates, what each can be, and the nearest values that agree.

use super::{Infeasible, Targets};
use crate::catalog::{Guard, Role, Setting};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::model::{Margin, Order};
use crate::resolve::hop::Firing;
use crate::resolve::{GuardValue, HopCase, Resolved, ResolvedHop};

/// The limited hops of one guard in the order in which values must grow.
pub struct Path<'a> {
    pub guard: Guard,
    pub margin: Margin,
    pub order: Order,
    pub nodes: Vec<Node<'a>>,
}

/// How the lower value of a pair stands to the upper one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Apart,
    /// In order, but closer than the margin.
    Close,
    /// Equal or the wrong way round.
    Inverted,
}

/// A hop on the path.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub hop: usize,
    pub resolved: &'a ResolvedHop,
    /// The case that is judged: the first in which the hop limits this guard.
    pub case: &'a HopCase,
    pub firing: Firing,
    guard: Guard,
    order: Order,
    /// Sequential calls between this hop and the one before it on the path, and work before them.
    pub calls: u64,
    pub before: Dur,
    /// The hop limits this guard whatever its unstated facets are.
    pub sure: bool,
    /// Whether the order relates it to the node before; see [`ordered`].
    pub ordered_with_previous: bool,
    /// The least that the workload asks for, margin included.
    pub need: Option<Dur>,
    pub movable: bool,
    /// The most that the hop can be set to.
    pub ceiling: Option<Dur>,
    pub floor: Option<Dur>,
    pub grid: Dur,
}

/// The hops that a guard orders, those without a limit passed over.
pub fn path(chain: &Resolved, guard: Guard) -> Path<'_> {
    let mut nodes: Vec<Node> = Vec::new();
    let (mut calls, mut before) = (1u64, Dur::ZERO);
    let mut last = None;
    for (i, hop) in chain.hops.iter().enumerate() {
        let limited = applies(guard, hop.mode)
            .then(|| hop.cases.iter().find_map(|case| Some((case, *ordered_value(case, guard).firing()?))))
            .flatten();
        if let Some((case, firing)) = limited {
            let mut node = node(chain, i, case, firing, guard);
            (node.calls, node.before) = (calls, before);
            node.ordered_with_previous = last.is_some_and(|l| ordered(chain, l, i));
            nodes.push(node);
            (calls, before, last) = (1, Dur::ZERO, Some(i));
        }
        calls = calls.saturating_mul(hop.spec.calls.as_ref().map_or(1, |c| c.value.into()));
        before = before.plus(hop.spec.before.as_ref().map_or(Dur::ZERO, |b| b.value));
    }
    Path { guard, margin: chain.margin, order: chain.order, nodes }
}

/// Whether the order of two hops means anything: not inside one program, which has a rule of its own, and under inward
/// not from a hop that only passes bytes, for it hands on whatever comes from inside.
pub fn ordered(chain: &Resolved, outer: usize, inner: usize) -> bool {
    let one_program = (outer..inner).all(|i| chain.same_process(i));
    let hands_on = chain.order == Order::Inward && chain.hops[outer].platform.role == Role::L4;
    !(one_program || hands_on)
}

/// Whether a guard means anything for a hop that calls in this mode.
pub fn applies(guard: Guard, mode: Mode) -> bool {
    match guard {
        Guard::WaitBuffered => mode == Mode::Buffered,
        Guard::WaitStreaming | Guard::Gap | Guard::StreamTotal => mode == Mode::Streaming,
        Guard::Upload => false,
    }
}

/// A heartbeat inside both re-arms both timers, with room to spare.
pub fn kept_alive(chain: &Resolved, outer: &Node, inner: &Node) -> bool {
    let least = outer.firing.at.min(inner.firing.at);
    let silence = |hop: &ResolvedHop| hop.spec.heartbeat.as_ref().map(|beat| beat.value);
    chain.hops[inner.hop..].iter().filter_map(silence).any(|beat| chain.margin.above(beat, Order::Inward) <= least)
}

/// What the order compares: for a streaming wait the timers that end with the headers, not those over the whole call.
pub fn ordered_value(case: &HopCase, guard: Guard) -> &GuardValue {
    match guard {
        Guard::WaitStreaming => &case.wait_before_headers,
        _ => case.guard(guard),
    }
}

fn node<'a>(chain: &'a Resolved, i: usize, case: &'a HopCase, firing: Firing, guard: Guard) -> Node<'a> {
    let hop = &chain.hops[i];
    let need = match guard {
        Guard::WaitBuffered | Guard::WaitStreaming => hop.needs.wait,
        Guard::Gap => hop.needs.gap,
        Guard::StreamTotal => hop.needs.stream_total,
        Guard::Upload => hop.needs.upload,
    };
    let timer = hop.timer(&firing.value);
    let pinned = hop.spec.pin.as_ref().is_some_and(|p| p.value);
    Node {
        hop: i,
        resolved: hop,
        case,
        firing,
        guard,
        order: chain.order,
        calls: 1,
        before: Dur::ZERO,
        sure: hop.cases.iter().all(|case| ordered_value(case, guard).firing().is_some()),
        ordered_with_previous: true,
        need: need.map(|n| chain.margin.above(n.at, Order::Inward)),
        movable: !pinned && timer.settable && firing.value.clipped_from.is_none(),
        ceiling: ceiling(hop, case, guard),
        floor: timer.limits.get(usize::from(firing.value.limit_row.unwrap_or(0))).and_then(|l| l.min),
        grid: readable_grid(timer.grid, firing.at),
    }
}

/// The step in which a repair is proposed: what the option can express, and whole seconds for values of many seconds.
pub fn readable_grid(grid: Option<Dur>, at: Dur) -> Dur {
    let finest = grid.unwrap_or(Dur::from_millis(1)).max(Dur::from_nanos(1));
    let second = Dur::from_secs(1);
    if at >= Dur::from_secs(5) && second.is_on(finest) { second } else { finest }
}

/// The most that a guard of a hop can ever be: the least ceiling of its timers, and the fixed ones among them.
pub fn ceiling(hop: &ResolvedHop, case: &HopCase, guard: Guard) -> Option<Dur> {
    let timers = case.timers.iter().filter(|v| {
        let timer = hop.timer(v);
        timer.guards.contains(&guard) && !(guard == Guard::WaitStreaming && timer.guards.contains(&Guard::StreamTotal))
    });
    timers
        .filter_map(|value| {
            let timer = hop.timer(value);
            let limit = value.limit_row.map(|row| &timer.limits[usize::from(row)]);
            let most = crate::resolve::one::ceiling(timer, &hop.spec, &hop.platform, limit);
            let fixed = match value.setting {
                Some(Setting::At(at)) if !timer.settable => Some(at),
                _ => None,
            };
            most.into_iter().chain(fixed).min()
        })
        .min()
}

impl Path<'_> {
    /// How two times stand, of which the order wants the first to be the lower one.
    pub fn standing(&self, low: Dur, high: Dur) -> Standing {
        if low >= high {
            Standing::Inverted
        } else if low > self.margin.below(high, self.order) {
            Standing::Close
        } else {
            Standing::Apart
        }
    }

    /// A node and the next one where the order relates them: the one that must be lower, the one that must be higher.
    pub fn pair(&self, place: usize) -> Option<(&Node<'_>, &Node<'_>)> {
        let (outer, inner) = (self.nodes.get(place)?, self.nodes.get(place + 1)?);
        let pair = if self.order == Order::Outward { (inner, outer) } else { (outer, inner) };
        inner.ordered_with_previous.then_some(pair)
    }

    /// The pairs in which a hop stands: with the one outside it and the one inside it.
    pub fn pairs_of(&self, hop: usize) -> impl Iterator<Item = (&Node<'_>, &Node<'_>)> {
        let place = self.nodes.binary_search_by_key(&hop, |node| node.hop).ok();
        let places = place.into_iter().flat_map(|at| at.checked_sub(1).into_iter().chain([at]));
        places.filter_map(|place| self.pair(place))
    }

    /// The pair around the hop behind `place`, with that hop, where it may have no limit: neighbours if it has none.
    pub fn pair_around(&self, place: usize) -> Option<(Node<'_>, Node<'_>, &Node<'_>)> {
        let [outer, middle, inner] = self.nodes.get(place..place + 3)? else { return None };
        let calls = middle.calls.saturating_mul(inner.calls);
        let inner = Node { calls, before: middle.before.plus(inner.before), ..*inner };
        let pair = if self.order == Order::Outward { (inner, *outer) } else { (*outer, inner) };
        (!middle.sure).then_some((pair.0, pair.1, middle))
    }

    /// Values that satisfy order, needs and limits, each as near as possible to the present one.
    pub(super) fn nearest(&self, done: &Targets) -> Result<Vec<Dur>, Infeasible> {
        let current: Vec<Dur> = self.nodes.iter().map(|n| n.current(done)).collect();
        if self.order == Order::Unordered {
            return Ok(self.nodes.iter().zip(&current).map(|(n, at)| n.at_least_needed(*at)).collect());
        }
        if let Some((node, least, greatest)) = self.nodes.iter().find_map(Node::own_conflict) {
            return Err(Infeasible { guard: self.guard, hop: node.hop, least, greatest });
        }
        // Positions from the lowest to the highest value.
        let upwards: Vec<usize> = match self.order {
            Order::Outward => (0..self.nodes.len()).rev().collect(),
            _ => (0..self.nodes.len()).collect(),
        };
        let greatest = self.greatest(&upwards, &current);
        let current = self.lowered(&upwards, current);
        let mut values = current.clone();
        let mut below: Option<usize> = None;
        for &i in &upwards {
            let node = &self.nodes[i];
            let target = below
                .filter(|&b| self.related(b, i))
                .map(|b| self.margin.above(self.nodes[b].low(values[b]), self.order));
            let pushed = match target.map(|target| node.least_reaching(target).ok_or(target)).transpose() {
                Ok(pushed) => pushed,
                Err(target) => {
                    let greatest = node.high(Dur::MAX);
                    return Err(Infeasible { guard: self.guard, hop: node.hop, least: target, greatest });
                }
            };
            let least = pushed.into_iter().chain(node.need).chain(node.floor).max().unwrap_or(Dur::ZERO);
            let least = if node.movable { least.ceil_to(node.grid) } else { least };
            let value = if node.movable { current[i].max(least).min(greatest[i]) } else { current[i] };
            let misses = |bound: Option<Dur>| bound.is_some_and(|bound| value < bound);
            if value < least && (misses(pushed) || misses(node.need) || (node.movable && misses(node.floor))) {
                return Err(Infeasible { guard: self.guard, hop: node.hop, least, greatest: value });
            }
            values[i] = value;
            below = Some(i);
        }
        Ok(values)
    }

    /// Present values, each lowered under the one above it where the work fits in both: raising is for what the
    /// workload needs, and a value below a limit that fires first takes nothing away.
    fn lowered(&self, upwards: &[usize], mut values: Vec<Dur>) -> Vec<Dur> {
        for pair in upwards.windows(2).rev() {
            let ((lower, i), (upper, above)) = ((&self.nodes[pair[0]], pair[0]), (&self.nodes[pair[1]], pair[1]));
            if !lower.movable || !self.related(i, above) || upper.need.is_some_and(|need| values[above] < need) {
                continue;
            }
            let room = self.margin.below(upper.high(values[above]), self.order);
            let cap = lower.greatest_staying_under(room).floor_to(lower.grid);
            let enough = lower.need.into_iter().chain(lower.floor).max().unwrap_or(Dur::ZERO);
            if values[i] > cap && cap >= enough && !cap.is_zero() {
                values[i] = cap;
            }
        }
        values
    }

    /// The most that each node can be so that those above it still can be higher.
    fn greatest(&self, upwards: &[usize], current: &[Dur]) -> Vec<Dur> {
        let mut greatest = vec![Dur::MAX; self.nodes.len()];
        let mut above: Option<usize> = None;
        for &i in upwards.iter().rev() {
            let node = &self.nodes[i];
            let own = if node.movable { node.ceiling.unwrap_or(Dur::MAX) } else { current[i] };
            let from_above = above.filter(|&a| self.related(i, a) && greatest[a] < Dur::MAX).map(|a| {
                let top = self.nodes[a].high(greatest[a]);
                node.greatest_staying_under(self.margin.below(top, self.order))
            });
            let most = from_above.map_or(own, |limit| own.min(limit));
            greatest[i] = if most == Dur::MAX { most } else { most.floor_to(node.grid) };
            above = Some(i);
        }
        greatest
    }

    fn related(&self, lower: usize, upper: usize) -> bool {
        self.nodes[lower.max(upper)].ordered_with_previous
    }
}

impl<'a> Node<'a> {
    pub const fn guard(&self) -> Guard {
        self.guard
    }

    /// The same hop in another of its cases, if it limits the guard there.
    pub fn in_case(&self, case: &'a HopCase) -> Option<Node<'a>> {
        let firing = *ordered_value(case, self.guard).firing()?;
        Some(Node { case, firing, ..*self })
    }

    /// The greatest time that a lower neighbour reaches when set to `value`.
    pub fn low(&self, value: Dur) -> Dur {
        let firing = Firing { at: value, ..self.firing };
        match self.order {
            Order::Outward => self.answer(&firing).1.times(self.calls).plus(self.before),
            _ => firing.latest(),
        }
    }

    /// The least time that an upper neighbour leaves when set to `value`.
    pub fn high(&self, value: Dur) -> Dur {
        let firing = Firing { at: value, ..self.firing };
        match self.order {
            Order::Outward => firing.earliest(),
            _ => self.answer(&firing).0.times(self.calls).plus(self.before),
        }
    }

    /// S at its earliest and latest.
    pub fn answer(&self, firing: &Firing) -> (Dur, Dur) {
        match self.guard {
            Guard::WaitBuffered | Guard::WaitStreaming => {
                let answer = self.case.attempts.answer(firing);
                (answer.earliest, answer.latest)
            }
            _ => (firing.earliest(), firing.latest()),
        }
    }

    /// The present value, or what an earlier guard already moved its knob to.
    fn current(&self, done: &Targets) -> Dur {
        let knob = &self.resolved.timer(&self.firing.value).knob;
        let mut moved = done.of(self.hop).iter();
        moved.find(|t| self.resolved.platform.timers[t.timer].knob == *knob).map_or(self.firing.at, |t| t.to)
    }

    /// Where the workload alone asks for more than the hop can be: least and greatest.
    fn own_conflict(&self) -> Option<(&Self, Dur, Dur)> {
        let greatest = if self.movable { self.ceiling? } else { self.firing.at };
        let need = self.need.filter(|need| *need > greatest)?;
        Some((self, need.ceil_to(self.grid), greatest))
    }

    fn at_least_needed(&self, at: Dur) -> Dur {
        let wanted = self.need.map_or(at, |need| at.max(need.ceil_to(self.grid)));
        if self.movable { self.ceiling.map_or(wanted, |c| wanted.min(c.max(at))) } else { at }
    }

    /// The least setting whose `high` is at least `target`; none where a deadline ends the call before that.
    pub fn least_reaching(&self, target: Dur) -> Option<Dur> {
        least(|value| self.high(value) >= target)
    }

    /// The greatest setting whose `low` is at most `target`.
    pub fn greatest_staying_under(&self, target: Dur) -> Dur {
        least(|value| self.low(value) > target).map_or(Dur::MAX, |over| over.minus(Dur::from_nanos(1)))
    }

    /// The timers of this guard that must move when it is set to `value`: the one that fires, and each other that
    /// would now fire before it.
    pub(super) fn timers_below(&self, value: Dur, done: &Targets) -> Vec<usize> {
        let current = self.current(done);
        if !self.movable || value == current {
            return Vec::new();
        }
        let mut moved: Vec<usize> = vec![self.firing.value.timer.into()];
        for other in &self.case.timers {
            let timer = self.resolved.timer(other);
            let same_knob = timer.knob == self.resolved.timer(&self.firing.value).knob;
            if let Some(Setting::At(at)) = other.setting
                && at < value
                && timer.guards.contains(&self.guard)
                && timer.settable
                && !same_knob
            {
                moved.push(other.timer.into());
            }
        }
        moved
    }
}

/// The least value for which a monotone condition holds, exact to the nanosecond, if it ever does.
fn least(holds: impl Fn(Dur) -> bool) -> Option<Dur> {
    if !holds(Dur::MAX) {
        return None;
    }
    let (mut low, mut high) = (0u64, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(Dur::from_nanos(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(Dur::from_nanos(low))
}
