//! Many requests: each drawn from distributions by its number and the seed, run through one plan, and counted.

use super::draw::{Dice, Draw};
use super::machine::{Machine, Outcome};
use super::script::{Behaviour, Script};
use super::tally::Tally;
use super::{Lateness, Plan, Run};
use crate::duration::Dur;
use crate::model::workload::Mode;
use std::ops::Range;

/// What many requests are like.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    pub seed: u64,
    /// How the innermost hop answers.
    pub mode: Mode,
    /// From the moment when the innermost hop has the request to the answer's end.
    pub total: Draw,
    /// Streaming: until the first token; never later than the end.
    pub first_byte: Option<Draw>,
    /// Streaming: between two pieces.
    pub gap: Option<Dur>,
    /// The headers of a stream are sent before its first token.
    pub early_headers: bool,
    /// What goes wrong at the innermost hop, for each call by itself; the first that comes up counts.
    pub faults: Vec<Fault>,
    /// When users close the page.
    pub leaves: Option<Draw>,
    /// Calls of the innermost hop that one request needs, each with its share of the time and of the tokens.
    pub calls: u64,
    /// Each attempt takes another time. Otherwise the time belongs to the request: a long prompt stays long.
    pub fresh: bool,
}

/// What goes wrong, and in how many of a million calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// As the user wrote it: `503`, `reset`.
    pub name: String,
    pub behaviour: Behaviour,
    pub per_million: u32,
}

impl Load {
    /// Whether calls of one request may differ.
    fn varies(&self) -> bool {
        self.fresh || !self.faults.is_empty()
    }

    pub const fn is_stream(&self) -> bool {
        matches!(self.mode, Mode::Streaming)
    }

    /// A call that goes well.
    fn answer(&self, dice: &mut Dice) -> Behaviour {
        let total = self.total.sample(dice).scaled(1, self.calls.max(1));
        match self.mode {
            Mode::Buffered => Behaviour::whole(total),
            Mode::Streaming => {
                let first = self.first_byte.as_ref().map_or(Dur::ZERO, |draw| draw.sample(dice)).min(total);
                Behaviour::flowing(first, self.gap, total, self.early_headers)
            }
        }
    }

    fn call(&self, well: &Behaviour, dice: &mut Dice) -> Behaviour {
        for fault in &self.faults {
            if dice.one_in_a_million(fault.per_million) {
                return fault.behaviour.clone();
            }
        }
        if self.fresh { self.answer(dice) } else { well.clone() }
    }
}

/// Runs the requests with these numbers. Whoever splits the numbers may add the tallies up in any order.
pub fn many(plan: &Plan<'_>, load: &Load, requests: Range<u64>) -> Tally {
    let mut machine = Machine::new(plan);
    let mut tally = Tally::new(plan, requests.end - requests.start);
    let mut script = Script::default();
    for request in requests {
        let (outcome, well) = play(&mut machine, load, request, &mut script);
        // One that never ends would have taken as long as a good one.
        let whole = |call: usize| script.entry(call).and_then(Behaviour::lasts).or(well);
        tally.add(&outcome, &machine, request, &whole);
    }
    tally
}

/// One of the requests by its number, with its story, and how long its first call takes.
pub fn replay(plan: &Plan<'_>, load: &Load, request: u64) -> (Run, Option<Dur>) {
    let (mut machine, mut script) = (Machine::new(plan), Script::default());
    play(&mut machine, load, request, &mut script);
    (machine.run(), script.entry(0).and_then(Behaviour::lasts))
}

/// Runs one request, and says how long a call takes that goes well.
fn play(machine: &mut Machine<'_>, load: &Load, request: u64, script: &mut Script) -> (Outcome, Option<Dur>) {
    let mut dice = Dice::new(load.seed, request);
    let leaves = load.leaves.as_ref().map(|draw| draw.sample(&mut dice));
    let late = Lateness::Seeded(dice.number());
    let well = load.answer(&mut dice);
    let lasts = well.lasts();
    script.calls.clear();
    if !load.varies() {
        script.calls.push(well);
        return (machine.request(script, leaves, late), lasts);
    }
    script.calls.push(load.call(&well, &mut dice));
    let mut outcome = machine.request(script, leaves, late);
    // As many more are drawn as the attempts turn out to need.
    while machine.served() > script.calls.len() && script.calls.len() < MOST_CALLS {
        while script.calls.len() < machine.served().min(MOST_CALLS) {
            script.calls.push(load.call(&well, &mut dice));
        }
        outcome = machine.request(script, leaves, late);
    }
    (outcome, lasts)
}

/// From here on calls of one request are alike.
const MOST_CALLS: usize = 10_000;
