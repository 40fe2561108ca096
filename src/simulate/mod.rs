//! The model of a request run forward in time: which timer fires, what each hop answers, who tries again, what the
//! client sees and when, and which work goes on for nobody.
//!
//! No IO, no clock, no chance of its own: the same chain, world and request give the same run. A chain is prepared once
//! as a [`Plan`]; a [`Machine`] runs requests through it and reuses its memory; [`run`] does both for one request and
//! tells the story as events. Nothing here is text for a reader: that is for the reports.

mod draw;
mod events;
mod load;
mod machine;
mod plan;
mod read;
mod script;
mod sweep;
mod tally;
mod tape;
#[cfg(test)]
mod tests;
mod turn;
mod world;

pub use draw::Draw;
pub use events::{Event, EventKind, Fired, Orphan, Run, Seen, Then, Work};
pub use load::{Fault, Load, many, replay};
pub use machine::{Ending, Exchange, Machine, Outcome};
pub use plan::Plan;
pub use script::{Behaviour, Script, Shape, Step, What, gap_of};
pub use sweep::{Span, sweep};
pub use tally::{End, Percentiles, Tally, WHOLE, Worked};
pub use world::{Assumed, World, hop_at};

use crate::duration::Dur;
use crate::resolve::Resolved;

/// One request from its user's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub script: Script,
    /// When the user closes the page.
    pub leaves: Option<Dur>,
    pub late: Lateness,
}

/// Where in its interval a timer fires, and where in its jitter a back-off ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lateness {
    #[default]
    Earliest,
    /// Everything takes as long as it may, declared connect and queue times included.
    Latest,
    /// At so many thousandths of each interval.
    At(u16),
    /// Anywhere, decided by this number: the same number gives the same run.
    Seeded(u64),
}

/// One request through a chain, with its story.
pub fn run(chain: &Resolved, world: &World, request: &Request) -> Run {
    let plan = Plan::new(chain, world);
    let mut machine = Machine::new(&plan);
    machine.request(&request.script, request.leaves, request.late);
    machine.run()
}
