//! A file's plan: its chains solved, and the text with the planned values in it.

use super::{Engine, Source, stem};
use crate::catalog::Setting;
use crate::diag::{Diagnostic, Edit, Severity};
use crate::fix::{Fixer, Place};
use crate::import::bind::bind;
use crate::import::store::Store;
use crate::model::{self, Chain};
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::rules::drift;
use crate::solve::assign::Objective;
use crate::solve::knob::Key;
use crate::solve::plan::{Change, Group, plan};
use crate::solve::ways::{Way, ways};
use crate::span::{FileId, Located};
use crate::syntax::decode::Ctx;
use crate::syntax::edit::{Edited, apply};
use crate::syntax::edit_map::Editor;
use crate::syntax::{Format, parse};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What to plan for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub objective: Objective,
    /// Names of hops whose values stay.
    pub pins: Vec<String>,
}

/// The plan of one file.
pub struct FilePlan {
    /// What is wrong with the form of the file.
    pub problems: Vec<Diagnostic>,
    pub chains: Vec<Resolved>,
    pub groups: Vec<GroupPlan>,
    /// The file with every change that has a sure edit; absent where nothing changes.
    pub text: Option<Arc<str>>,
    /// How often the file was planned until nothing changed. Where a value takes the place of `none`, or of a default that
    /// a facet decides, a hop may have a limit then that it did not have before.
    pub rounds: usize,
}

/// Plans settle in two rounds; more would be a fault that must not hang.
const MOST_ROUNDS: usize = 4;

/// Chains that share hops.
pub struct GroupPlan {
    pub group: Group,
    /// Changes that no edit of this file makes, by their places.
    pub unwritten: Vec<usize>,
    /// Where there is no plan: what would have to give, the cheapest first.
    pub ways: Vec<Way>,
}

impl GroupPlan {
    pub fn changes(&self) -> &[Change] {
        self.group.outcome.as_ref().map_or(&[], |solved| &solved.changes)
    }
}

impl FilePlan {
    pub fn is_feasible(&self) -> bool {
        self.groups.iter().all(|group| group.group.outcome.is_ok())
    }
}

impl Engine<'_> {
    /// Values for every hop of a file that make its chains agree. What its hops are bound to is read from `store`; the
    /// edits are of the chain file alone.
    pub fn plan_file(&self, file: FileId, source: &Source, store: Option<&Store<'_>>, wish: &Wish) -> FilePlan {
        let mut first = self.plan_once(file, source, store, wish);
        let unset =
            |change: &Change| matches!(change.key, Key::Unset(..)) || !matches!(change.from, Some(Setting::At(_)));
        let mut new = first.groups.iter().flat_map(GroupPlan::changes).any(unset);
        let rest = Wish { objective: Objective::Fewest, pins: wish.pins.clone() };
        while let Some(text) = first.text.clone().filter(|_| new && first.rounds < MOST_ROUNDS) {
            let next = self.plan_once(file, &Source { path: source.path.clone(), text }, store, &rest);
            match next.text {
                Some(text) => first.text = Some(text),
                None => new = false,
            }
            first.rounds += usize::from(new);
        }
        first
    }

    fn plan_once(&self, file: FileId, source: &Source, store: Option<&Store<'_>>, wish: &Wish) -> FilePlan {
        let format = Format::from_path(Path::new(&source.path)).unwrap_or(Format::Yaml);
        let parsed = parse(&source.text, format);
        let mut ctx = Ctx::new(file, &source.text, format, &parsed);
        let mut chains = model::decode::file(parsed.root.as_ref(), stem(&source.path), &mut ctx);
        let mut problems = ctx.diagnostics;
        for chain in &mut chains {
            if let Some(store) = store {
                let bound = bind(chain.clone(), Path::new(&source.path), store);
                *chain = bound.chain;
                // That a file says something else than the chain is for `check` to tell.
                problems.extend(bound.problems.into_iter().filter(|problem| problem.rule != drift::RULE.name));
            }
            pin(chain, &wish.pins);
        }
        let defaults = ChainDefaults { order: self.config.order, margin: self.config.margin };
        let mut resolver = Resolver::new(self.catalog, defaults);
        let resolved: Vec<Resolved> = chains.iter().map(|chain| resolver.resolve(chain)).collect();
        let groups = plan(&resolved, wish.objective, self.config.thresholds.keepalive);

        let fixer = Fixer::new(Editor::new(file, &source.text, format, &parsed), &parsed);
        let (mut edits, mut planned) = (Vec::new(), Vec::new());
        for group in groups {
            let unwritten = match &group.outcome {
                Ok(solved) => written(&fixer, &resolved, &solved.changes, &mut edits),
                Err(_) => Vec::new(),
            };
            let ways = match &group.outcome {
                Ok(_) => Vec::new(),
                Err(proof) => ways(
                    &chains,
                    &resolved,
                    &group.chains,
                    proof,
                    &mut resolver,
                    (self.catalog, self.config.thresholds.keepalive),
                ),
            };
            planned.push(GroupPlan { group, unwritten, ways });
        }
        let Edited { text, .. } = apply(&source.text, &edits);
        // What could not be read may be set already.
        let whole = problems.iter().all(|problem| problem.severity < Severity::Error);
        let sound = whole && parse(&text, format).errors.is_empty() && text != *source.text;
        let text = sound.then(|| text.into());
        FilePlan { problems, chains: resolved, groups: planned, text, rounds: 1 }
    }
}

fn pin(chain: &mut Chain, names: &[String]) {
    for hop in chain.hops.iter_mut().filter(|hop| names.contains(&hop.name)) {
        let at = hop.at;
        Arc::make_mut(hop).pin = Some(Located::new(true, at));
    }
}

/// Adds the edits of the changes; gives back the places of those that have none.
fn written(fixer: &Fixer<'_>, chains: &[Resolved], changes: &[Change], edits: &mut Vec<Edit>) -> Vec<usize> {
    let mut unwritten = Vec::new();
    // All timers that one hop gets are added together.
    let mut added: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (i, change) in changes.iter().enumerate() {
        match change.key {
            Key::Written(at) => match fixer.write(at, change.to) {
                Some(edit) => edits.push(edit),
                None => unwritten.push(i),
            },
            Key::Unset(body, _) => added.entry(body).or_default().push(i),
        }
    }
    for places in added.into_values() {
        let timers: Vec<Place<'_>> = places
            .iter()
            .map(|i| {
                let (chain, hop, timer) = changes[*i].uses[0];
                let hop = &chains[chain].hops[hop];
                Place { hop, timer: &hop.platform.timers[usize::from(timer)], to: changes[*i].to }
            })
            .collect();
        match fixer.add_all(&timers) {
            Some(more) => edits.extend(more),
            None => unwritten.extend(places),
        }
    }
    unwritten.sort_unstable();
    unwritten
}
