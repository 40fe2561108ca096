//! The values that would make a chain agree: bounds from workload, limits and order, and the nearest solution.
//!
//! Unknowns are knobs. Along one guard the limited hops form a path, each edge a monotone function, so exact bounds
//! come from one pass in each direction: `greatest` from the end that must be highest, then every knob as near to
//! its present value as the bounds allow.

mod answer;
pub mod assign;
mod beside;
pub mod bounds;
mod fewest;
pub mod graph;
mod groups;
pub mod knob;
mod path;
pub mod plan;
pub mod proof;
mod round;
pub mod ways;

pub use answer::greatest;
pub use path::{Node, Path, Standing, applies, ceiling, kept_alive, ordered, path, readable_grid};

use crate::catalog::Guard;
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::resolve::Resolved;

/// One knob moved to a new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub hop: usize,
    /// A timer of the knob, by its place in the platform.
    pub timer: usize,
    pub to: Dur,
}

/// Why there is no solution: a hop that must be at least one value and can be at most another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infeasible {
    pub guard: Guard,
    pub hop: usize,
    pub least: Dur,
    pub greatest: Dur,
}

/// The knobs to move so that every ordered guard agrees, sorted by hop and timer, or the first proof that nothing can.
pub fn solve(chain: &Resolved) -> Result<Vec<Target>, Infeasible> {
    let mut targets = Targets { by_hop: vec![Vec::new(); chain.hops.len()] };
    for guard in [Guard::WaitBuffered, Guard::WaitStreaming, Guard::StreamTotal, Guard::Gap] {
        if guard != Guard::WaitBuffered && chain.hops.iter().all(|hop| hop.mode == Mode::Buffered) {
            continue;
        }
        let path = path(chain, guard);
        for (node, value) in path.nodes.iter().zip(path.nearest(&targets)?) {
            for timer in node.timers_below(value, &targets) {
                targets.set(Target { hop: node.hop, timer, to: value });
            }
        }
    }
    Ok(targets.by_hop.into_iter().flatten().collect())
}

/// What is moved so far, where each hop finds its own at once.
struct Targets {
    by_hop: Vec<Vec<Target>>,
}

impl Targets {
    fn of(&self, hop: usize) -> &[Target] {
        &self.by_hop[hop]
    }

    fn set(&mut self, target: Target) {
        let moved = &mut self.by_hop[target.hop];
        match moved.binary_search_by_key(&target.timer, |t| t.timer) {
            Ok(i) => moved[i] = target,
            Err(i) => moved.insert(i, target),
        }
    }
}
