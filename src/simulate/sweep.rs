//! How the outcome depends on how long the answer takes, exactly.
//!
//! A run notes how much later the answer may come until any of its decisions falls otherwise. The answer is moved by
//! that much, divided by the calls in a row that could add up, until a run differs: no span is stepped over.

use super::machine::Machine;
use super::tape::Slack;
use super::{Lateness, Plan, Run, Script, Shape, World};
use crate::duration::Dur;
use crate::resolve::Resolved;

/// Answers that take from `from` up to, not including, `to` all come out alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub from: Dur,
    /// Absent: however long it takes.
    pub to: Option<Dur>,
    /// The run at a point inside.
    pub run: Run,
}

/// Consecutive spans without holes, from 0 to `longest`; the last one is open.
pub fn sweep(chain: &Resolved, world: &World, shape: &Shape, longest: Dur) -> Vec<Span> {
    let plan = Plan::new(chain, world);
    let mut machine = Machine::new(&plan);
    let mut script = Script::default();
    let mut starts: Vec<Dur> = Vec::new();
    let mut last = None;
    let (mut at, mut probed) = (Dur::ZERO, false);
    for _ in 0..MOST_STEPS {
        shape.script(at, &mut script);
        let outcome = machine.request(&script, None, Lateness::Earliest);
        let key = machine.key(&outcome);
        if last.as_ref() != Some(&key) {
            starts.push(at);
            last = Some(key);
        }
        let Slack(slack) = machine.slack;
        let steps = u64::from(machine.served.max(1));
        // A tie may be one at every duration; whether it is shows at the next one.
        probed = machine.tie && !probed;
        let step = if probed { 1 } else { (slack / steps).max(1) };
        let next = at.plus(Dur::from_nanos(step));
        if (slack == u64::MAX && !probed) || next > longest {
            break;
        }
        at = next;
    }
    let ends = starts.iter().skip(1).map(|end| Some(*end)).chain([None]);
    let spans = starts.iter().zip(ends);
    spans
        .map(|(from, to)| {
            let inside = to
                .map_or(from.plus(Dur::from_secs(1)), |to| from.plus(Dur::from_nanos(to.minus(*from).as_nanos() / 2)));
            shape.script(inside, &mut script);
            machine.request(&script, None, Lateness::Earliest);
            Span { from: *from, to, run: machine.run() }
        })
        .collect()
}

/// More decisions than any chain makes.
const MOST_STEPS: u32 = 200_000;
