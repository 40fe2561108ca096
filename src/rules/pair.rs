//! Two neighbours on a path and how their values stand: what `order-inverted` and `margin-too-small` share.

use super::{Context, say};
use crate::catalog::Guard;
use crate::diag::Severity;
use crate::duration::Dur;
use crate::model::Order;
use crate::resolve::hop::Verdict;
use crate::resolve::{HopCase, Resolved, ResolvedHop};
use crate::solve::{Node, Path, kept_alive, ordered};
use std::collections::HashSet;

pub use crate::solve::Standing;

/// The guards that have an order, each once.
pub const ORDERED: [Guard; 4] = [Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap, Guard::StreamTotal];

/// A pair that is not apart, by the place of its outer hop on the path of a guard.
pub struct Uneven {
    guard: Guard,
    place: usize,
    /// The pair stands around the hop between the two.
    around: bool,
    standing: Standing,
    verdict: Verdict,
}

/// Every pair of every path of the chain that is `standing`, with how certain that is, where the order of the two means
/// anything. One timer for wait and gap makes one pair.
pub fn each(context: &Context, standing: Standing, mut found: impl FnMut(&Path, &Pair)) {
    let mut seen: HashSet<[(usize, u16); 2]> = HashSet::new();
    let mut once = |path: &Path, pair: &Pair| {
        let timers = [pair.outer(), pair.inner()].map(|node| (node.hop, node.firing.value.timer));
        if relates(context.chain, pair) && !(pair.guard == Guard::Gap && seen.contains(&timers)) {
            seen.insert(timers);
            found(path, pair);
        }
    };
    for uneven in context.uneven.get_or_init(|| all(context)).iter().filter(|uneven| uneven.standing == standing) {
        let path = context.path(uneven.guard);
        let (guard, verdict) = (uneven.guard, uneven.verdict);
        if !uneven.around {
            if let Some((lower, upper)) = path.pair(uneven.place) {
                once(path, &Pair { lower, upper, guard, verdict, around: None });
            }
        } else if let Some((lower, upper, middle)) = path.pair_around(uneven.place) {
            once(path, &Pair { lower: &lower, upper: &upper, guard, verdict, around: Some(middle) });
        }
    }
}

/// Whether the order of a pair means anything to somebody.
fn relates(chain: &Resolved, pair: &Pair) -> bool {
    let re_armed = pair.guard == Guard::Gap && kept_alive(chain, pair.outer(), pair.inner());
    ordered(chain, pair.outer().hop, pair.inner().hop) && !re_armed
}

fn all(context: &Context) -> Vec<Uneven> {
    let mut found = Vec::new();
    if context.chain.order == Order::Unordered {
        return found;
    }
    for guard in ORDERED {
        let path = context.path(guard);
        let mut inverted = vec![false; path.nodes.len()];
        for place in 0..path.nodes.len() {
            let Some((lower, upper)) = path.pair(place) else { continue };
            let pair = Pair { lower, upper, guard, verdict: Verdict::Never, around: None };
            let standing = pair.standing(path, lower.case, upper.case);
            if standing == Standing::Apart {
                continue;
            }
            if standing == Standing::Inverted {
                inverted[place..=place + 1].fill(true);
            }
            let uppers = |l| upper.resolved.cases.iter().map(move |u| (l, u));
            let cases = lower.resolved.cases.iter().flat_map(uppers);
            let verdict = Verdict::of(cases.map(|(l, u)| pair.standing(path, l, u) == standing));
            found.push(Uneven { guard, place, around: false, standing, verdict });
        }
        for place in 0..path.nodes.len() {
            let Some((lower, upper, middle)) = path.pair_around(place) else { continue };
            let verdict = Verdict::Depends;
            let pair = Pair { lower: &lower, upper: &upper, guard, verdict, around: Some(middle) };
            let standing = pair.standing(path, lower.case, upper.case);
            // Where the hop in the middle is out of order itself, that is the cause.
            if standing != Standing::Apart && !inverted[place + 1] {
                found.push(Uneven { guard, place, around: true, standing, verdict });
            }
        }
    }
    found
}

/// A pair: under inward `lower` is the outer hop, under outward the inner one.
pub struct Pair<'a> {
    pub lower: &'a Node<'a>,
    pub upper: &'a Node<'a>,
    pub guard: Guard,
    pub verdict: Verdict,
    /// A hop between the two that may have no limit; they are neighbours only if it has none.
    pub around: Option<&'a Node<'a>>,
}

impl Pair<'_> {
    fn standing(&self, path: &Path, lower: &HopCase, upper: &HopCase) -> Standing {
        let (Some(low), Some(high)) = (
            self.lower.in_case(lower).map(|n| n.low(n.firing.at)),
            self.upper.in_case(upper).map(|n| n.high(n.firing.at)),
        ) else {
            return Standing::Apart;
        };
        path.standing(low, high)
    }

    pub fn outer(&self) -> &Node<'_> {
        if self.lower.hop < self.upper.hop { self.lower } else { self.upper }
    }

    pub fn inner(&self) -> &Node<'_> {
        if self.lower.hop < self.upper.hop { self.upper } else { self.lower }
    }

    /// The hop to report at: the movable one, what somebody wrote before what nobody did, else the outer one.
    pub fn culprit(&self) -> &Node<'_> {
        let rank = |node: &Node| (node.movable, node.firing.value.provenance.is_written());
        if rank(self.inner()) > rank(self.outer()) { self.inner() } else { self.outer() }
    }

    pub fn other(&self) -> &Node<'_> {
        if self.culprit().hop == self.outer().hop { self.inner() } else { self.outer() }
    }

    /// Error where somebody chose an order or wrote one of the values; a note where nobody can change either.
    pub fn severity(&self, chain: &Resolved, worst: Severity) -> Severity {
        if !self.outer().movable && !self.inner().movable {
            return Severity::Note;
        }
        let written = |node: &Node| node.firing.value.provenance.is_written();
        let chosen = chain.order_stated || written(self.outer()) || written(self.inner());
        // Which way the timeouts of a deployed part should grow is not even somebody's choice yet.
        let assumed = chain.fragment && !chain.order_stated;
        let severity = if self.guard == Guard::Gap || self.verdict == Verdict::Depends || !chosen || assumed {
            worst.min(Severity::Warning)
        } else {
            worst
        };
        say::at_most_warning_if_weak(severity, &[&self.outer().firing.value, &self.inner().firing.value])
    }

    /// What each side could be set to so that this pair alone agrees: the lower one down to, the upper one up to.
    pub fn repairs(&self, path: &Path) -> (Option<Dur>, Option<Dur>) {
        let (low, high) = (self.lower.low(self.lower.firing.at), self.upper.high(self.upper.firing.at));
        let down = self
            .lower
            .movable
            .then(|| self.lower.greatest_staying_under(path.margin.below(high, path.order)).floor_to(self.lower.grid));
        let up = self
            .upper
            .movable
            .then(|| self.upper.least_reaching(path.margin.above(low, path.order)))
            .flatten()
            .map(|at| at.ceil_to(self.upper.grid));
        let fits = |at: &Dur| self.upper.ceiling.is_none_or(|ceiling| *at <= ceiling);
        let allowed = |at: &Dur| !at.is_zero() && self.lower.floor.is_none_or(|floor| *at >= floor);
        (down.filter(allowed), up.filter(fits))
    }

    /// "Raise A to x, or lower B to y": first what the solution of the whole chain does.
    pub fn help(&self, context: &Context, path: &Path) -> Option<String> {
        let (down, up) = self.repairs(path);
        // The pair's own value may break the next pair, so the solution's is the one to name where there is one.
        let solved = |node: &Node| context.target(node.hop, node.firing.value.timer);
        let (solved_down, solved_up) = (
            solved(self.lower).filter(|at| *at < self.lower.firing.at),
            solved(self.upper).filter(|at| *at > self.upper.firing.at),
        );
        let raise = solved_up.or(up).map(|at| format!("raise {} to {at}", knob(self.upper)));
        let lower = solved_down.or(down).map(|at| {
            let too_short = self.lower.resolved.needs.wait.filter(|_| self.lower.need.is_some_and(|need| at < need));
            let but = too_short.map(|need| format!(", though work of {} does not fit in that", need.at));
            format!("lower {} to {at}{}", knob(self.lower), but.unwrap_or_default())
        });
        if let (None, Err(proof)) = (&raise, context.solution()) {
            let stuck = context.chain.hops[proof.hop].name();
            return Some(format!(
                "first {stuck} must be able to wait {}, and it can wait {} at most; see the finding there",
                proof.least, proof.greatest
            ));
        }
        let mut ways: Vec<String> = raise.into_iter().chain(lower).collect();
        if solved_down.is_some() && solved_up.is_none() {
            ways.reverse();
        }
        (!ways.is_empty()).then(|| ways.join(", or "))
    }

    /// The facets of either hop that decide whether the pair stands like this.
    pub fn deciding(&self, path: &Path, standing: Standing) -> Option<String> {
        let upper = |l: &HopCase| self.upper.resolved.cases.iter().any(|u| self.standing(path, l, u) == standing);
        let lower = |u: &HopCase| self.lower.resolved.cases.iter().any(|l| self.standing(path, l, u) == standing);
        let mut facets = self.lower.resolved.deciding(upper);
        facets.extend(self.upper.resolved.deciding(lower));
        if let Some(middle) = self.around {
            let note = say::deciding(&middle.resolved.deciding(|case| middle.in_case(case).is_none()));
            let between = format!("{} stands between the two and may have no limit.", middle.resolved.name());
            return Some(note.map_or_else(|| between.clone(), |note| format!("{between} {note}")));
        }
        say::deciding(&facets)
    }
}

fn knob(node: &Node) -> String {
    format!("{} of {}", say::native(node.resolved.timer(&node.firing.value)), node.resolved.name())
}

/// `app: timeout 600s (default of ...); 3 attempts with back-off take up to 1801.5s`
pub fn describe(hop: &ResolvedHop, node: &Node) -> String {
    let answer = node.case.attempts.answer(&node.firing);
    let waits = matches!(node.guard(), Guard::WaitBuffered | Guard::WaitStreaming);
    let attempts = if waits && answer.attempts > 1 {
        format!("; {} attempts with back-off take up to {}", answer.attempts, answer.latest)
    } else {
        String::new()
    };
    format!("{}: {}{attempts}", hop.name(), say::value(hop, &node.firing.value))
}

#[cfg(test)]
mod tests {
    use super::super::testing::lint;

    #[test]
    fn a_deadline_that_keeps_a_hop_from_waiting_is_the_bound_that_is_named() {
        let chain = |pin: &str| {
            format!(
                "version: 1\norder: inward\nmargin: 5s\nworkload: {{total: 20s}}\nhops:\n  - {{name: app, platform: openai-node, timeout: 100s, retries: {{attempts: 1}}{pin}}}\n  - {{name: sdk, platform: custom, timeouts: {{first-byte: 40s}}, deadline: 90s, retries: {{attempts: 3}}}}\n"
            )
        };
        let help = |pin: &str| {
            let found = lint(&chain(pin)).into_iter().find(|finding| finding.rule == "order-inverted");
            found.and_then(|finding| finding.help).unwrap_or_default()
        };
        assert_eq!(
            help(", pin: true"),
            "first sdk must be able to wait 105s, and it can wait 90s at most; see the finding there"
        );
        assert_eq!(help(""), "lower timeout of app to 85s");
    }
}
