//! A file's plan: its chains solved, and the text with the planned values in it.

use super::plan_edits::{Edits, Piece, Written, texts};
use super::{Engine, Source, stem};
use crate::catalog::Setting;
use crate::diag::{Diagnostic, Severity};
use crate::fix::Fixer;
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
use crate::span::{FileId, Loc, Located};
use crate::syntax::decode::Ctx;
use crate::syntax::edit::{Edited, apply};
use crate::syntax::edit_map::Editor;
use crate::syntax::{Format, parse};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to plan for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub objective: Objective,
    /// Names of hops whose values stay.
    pub pins: Vec<String>,
    /// Change what stands in deployed files, too.
    pub deployed: bool,
}

/// The plan of one file.
pub struct FilePlan {
    /// What is wrong with the form of the file.
    pub problems: Vec<Diagnostic>,
    pub chains: Vec<Resolved>,
    pub groups: Vec<GroupPlan>,
    /// The file with every change that has a sure edit; absent where nothing changes.
    pub text: Option<Arc<str>>,
    /// The deployed files that change, by path.
    pub deployed: BTreeMap<PathBuf, Arc<str>>,
    /// How often the file was planned until nothing changed. Where a value takes the place of `none`, or of a default that
    /// a facet decides, a hop may have a limit then that it did not have before.
    pub rounds: usize,
}

/// Plans settle in two rounds; more would be a fault that must not hang.
const MOST_ROUNDS: usize = 4;

/// Chains that share hops.
pub struct GroupPlan {
    pub group: Group,
    /// Changes that no edit makes, by their places.
    pub unwritten: Vec<usize>,
    /// Changes of deployed files that have a sure edit, with its place; they are made only where that was wished.
    pub deployed: BTreeMap<usize, Loc>,
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

    /// Whether some text is another one with this plan.
    pub fn is_change(&self) -> bool {
        self.text.is_some() || !self.deployed.is_empty()
    }

    /// Takes over the texts of a plan that began where this one ended.
    pub fn then(&mut self, next: Self) {
        self.text = next.text.or(self.text.take());
        self.deployed.extend(next.deployed);
    }

    /// Plans again until nothing changes. `again` plans the texts that the plan so far comes to.
    pub fn settled(mut self, wish: &Wish, again: &dyn Fn(&Self, &Wish) -> Self) -> Self {
        let unset =
            |change: &Change| matches!(change.key, Key::Unset(..)) || !matches!(change.from, Some(Setting::At(_)));
        let mut new = self.groups.iter().flat_map(GroupPlan::changes).any(unset);
        let rest = Wish { objective: Objective::Fewest, ..wish.clone() };
        while new && self.is_change() && self.rounds < MOST_ROUNDS {
            let next = again(&self, &rest);
            new = next.is_change();
            self.rounds += usize::from(new);
            self.then(next);
        }
        self
    }
}

impl Engine<'_> {
    /// Values for every hop of a file that make its chains agree. What its hops are bound to is read from `store` and left
    /// as it is.
    pub fn plan_file(&self, file: FileId, source: &Source, store: Option<&Store<'_>>, wish: &Wish) -> FilePlan {
        let wish = Wish { deployed: false, ..wish.clone() };
        let again = |so_far: &FilePlan, rest: &Wish| self.plan_once(file, &source.planned(so_far), store, rest);
        self.plan_once(file, source, store, &wish).settled(&wish, &again)
    }

    /// The same without a look at what the changed texts come to.
    pub fn plan_once(&self, file: FileId, source: &Source, store: Option<&Store<'_>>, wish: &Wish) -> FilePlan {
        let format = Format::from_path(Path::new(&source.path)).unwrap_or(Format::Yaml);
        let parsed = parse(&source.text, format);
        let mut ctx = Ctx::new(file, &source.text, format, &parsed);
        let mut chains = model::decode::file(parsed.root.as_ref(), stem(&source.path), &mut ctx);
        let (mut problems, _) = ctx.problems();
        let mut found = Vec::new();
        for chain in &mut chains {
            if let Some(store) = store {
                let bound = bind(chain.clone(), Path::new(&source.path), store);
                *chain = bound.chain;
                found.push(bound.found);
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
        let edits_of = Edits { fixer: &fixer, chains: &resolved, bound: &found };
        let (mut edits, mut planned) = (Vec::new(), Vec::new());
        let mut deployed: Vec<(usize, usize, Piece<'_>)> = Vec::new();
        for group in groups {
            let Written { own, deployed: bound, unwritten } = match &group.outcome {
                Ok(solved) => edits_of.of(&solved.changes),
                Err(_) => Written::default(),
            };
            edits.extend(own);
            let places = bound.iter().map(|(change, edit)| (*change, edit.at())).collect();
            deployed.extend(bound.into_iter().map(|(change, edit)| (planned.len(), change, edit)));
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
            planned.push(GroupPlan { group, unwritten, deployed: places, ways });
        }
        // What could not be read may be set already.
        let whole = problems.iter().all(|problem| problem.severity < Severity::Error);
        let writes = store.filter(|_| wish.deployed && whole);
        let (changed, refused) =
            writes.map(|store| texts(deployed.iter().map(|(.., edit)| edit.clone()), store)).unwrap_or_default();
        for (group, change, edit) in deployed {
            let group = &mut planned[group];
            if refused.contains(&edit.at().file) {
                group.deployed.remove(&change);
            }
            if writes.is_some() && !refused.contains(&edit.at().file) {
                edits.extend(edits_of.expected(&group.changes()[change]));
            } else {
                group.unwritten.push(change);
                group.unwritten.sort_unstable();
            }
        }
        edits.sort();
        edits.dedup();
        let Edited { text, .. } = apply(&source.text, &edits);
        let sound = whole && parse(&text, format).errors.is_empty() && text != *source.text;
        let text = sound.then(|| text.into());
        FilePlan { problems, chains: resolved, groups: planned, text, deployed: changed, rounds: 1 }
    }
}

impl Source {
    /// The file with its plan in it.
    pub fn planned(&self, plan: &FilePlan) -> Self {
        Self { path: self.path.clone(), text: Arc::clone(plan.text.as_ref().unwrap_or(&self.text)) }
    }
}

fn pin(chain: &mut Chain, names: &[String]) {
    for hop in chain.hops.iter_mut().filter(|hop| names.contains(&hop.name)) {
        let at = hop.at;
        Arc::make_mut(hop).pin = Some(Located::new(true, at));
    }
}
