//! The values that would make a chain agree: bounds from workload, limits and order, and the nearest solution.
//!
//! Unknowns are knobs. Along one guard the limited hops form a path, each edge a monotone function, so exact bounds
//! come from one pass in each direction: `greatest` from the end that must be highest, then every knob as near to
//! its present value as the bounds allow.

mod path;

pub use path::{Node, Path, ceiling, path, readable_grid};

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
    pub from: Option<Dur>,
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

/// The knobs to move so that every ordered guard agrees, or the first proof that nothing can.
pub fn solve(chain: &Resolved) -> Result<Vec<Target>, Infeasible> {
    let mut targets: Vec<Target> = Vec::new();
    for guard in [Guard::WaitBuffered, Guard::WaitStreaming, Guard::StreamTotal, Guard::Gap] {
        if guard != Guard::WaitBuffered && chain.hops.iter().all(|hop| hop.mode == Mode::Buffered) {
            continue;
        }
        let path = path(chain, guard);
        for (node, value) in path.nodes.iter().zip(path.nearest(&targets)?) {
            for (timer, from) in node.timers_below(value, &targets) {
                targets.retain(|t| t.hop != node.hop || t.timer != timer);
                targets.push(Target { hop: node.hop, timer, from, to: value });
            }
        }
    }
    targets.sort_by_key(|t| (t.hop, t.timer));
    Ok(targets)
}
