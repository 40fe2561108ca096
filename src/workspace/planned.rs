//! The chains of a run in another order, with the values that a plan gives them for it: what a comparison of orders needs.

use super::chains::{Chains, read};
use super::settings::Choice;
use crate::catalog::Setting;
use crate::config::Thresholds;
use crate::duration::Dur;
use crate::files::FileError;
use crate::model::{Chain, Declared, Hop, Order};
use crate::resolve::Resolved;
use crate::solve::assign::Objective;
use crate::solve::plan::plan;
use crate::span::{Loc, Located};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A chain with the values that a plan gives it.
pub struct Planned {
    pub file: String,
    pub chain: Resolved,
    /// Without one it is as it was.
    pub feasible: bool,
}

/// The same chains in another order, with the values of a plan for it.
pub fn planned(
    paths: &[PathBuf],
    choice: &Choice,
    working: &Path,
    order: Order,
    change: &dyn Fn(&mut Chain),
) -> (Vec<Planned>, Vec<(PathBuf, FileError)>) {
    let mut values = Values::new();
    // A value in the place of none may ask for others.
    let mut read = in_order(paths, choice, working, order, change, &values);
    for _ in 0..MOST_ROUNDS {
        if !values.plan(&read.chains) {
            break;
        }
        read = in_order(paths, choice, working, order, change, &values);
    }
    let planned = read.chains.into_iter().map(|(file, chain)| {
        let feasible = !values.infeasible.contains(&(file.clone(), chain.name.clone()));
        Planned { file, chain, feasible }
    });
    (planned.collect(), read.failures)
}

const MOST_ROUNDS: usize = 4;

fn in_order(
    paths: &[PathBuf],
    choice: &Choice,
    working: &Path,
    order: Order,
    change: &dyn Fn(&mut Chain),
    values: &Values,
) -> Chains {
    read(paths, choice, working, &|chain| {
        change(chain);
        chain.order = Some(Located::new(order, chain.at));
        values.set(chain);
    })
}

/// Planned values by chain and hop: the timer's id and its value.
struct Values {
    of: HashMap<(Loc, usize), Vec<(String, Dur)>>,
    infeasible: Vec<(String, String)>,
}

impl Values {
    fn new() -> Self {
        Self { of: HashMap::new(), infeasible: Vec::new() }
    }

    /// Plans the chains of each file together; true where something is new.
    fn plan(&mut self, chains: &[(String, Resolved)]) -> bool {
        let mut new = false;
        for file in chains.chunk_by(|a, b| a.0 == b.0) {
            let resolved: Vec<Resolved> = file.iter().map(|(_, chain)| chain.clone()).collect();
            for group in plan(&resolved, Objective::Fewest, Thresholds::default().keepalive) {
                let Ok(solved) = group.outcome else {
                    let places = group.chains.iter();
                    self.infeasible.extend(places.map(|i| (file[*i].0.clone(), resolved[*i].name.clone())));
                    continue;
                };
                new |= !solved.changes.is_empty();
                for change in &solved.changes {
                    change.uses.iter().for_each(|used| self.keep(&resolved, *used, change.to));
                }
            }
        }
        new
    }

    fn keep(&mut self, chains: &[Resolved], (chain, hop, timer): (usize, usize, u16), to: Dur) {
        let id = &chains[chain].hops[hop].platform.timers[usize::from(timer)].id;
        let values = self.of.entry((chains[chain].at, hop)).or_default();
        values.retain(|(known, _)| known != id);
        values.push((id.clone(), to));
    }

    fn set(&self, chain: &mut Chain) {
        let at = chain.at;
        for (i, hop) in chain.hops.iter_mut().enumerate() {
            for (timer, to) in self.of.get(&(at, i)).into_iter().flatten() {
                set(Arc::make_mut(hop), timer, *to);
            }
        }
    }
}

/// Before what the hop states for the same knob, so that it is the one that counts.
fn set(hop: &mut Hop, timer: &str, to: Dur) {
    let value = Declared::Set(Setting::At(to));
    hop.timers.insert(0, (Located::new(timer.to_owned(), hop.at), Located::new(value, hop.at)));
}
