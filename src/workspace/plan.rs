//! Plans of chain files together with the deployed files that they are bound to: one text is one value, in whichever
//! chain file it is planned first.

use super::overlay::{Overlay, Texts};
use crate::engine::plan::{FilePlan, Wish};
use crate::engine::{Engine, Source};
use crate::import::store::{DeployedFile, Store};
use crate::solve::assign::Objective;
use crate::span::FileId;
use std::path::Path;

/// Plans of several files settle in two rounds; files that ask for different values never do.
const MOST_ROUNDS: usize = 4;

/// The files of a run, as the plans so far change them.
pub struct Planner<'a> {
    pub working: &'a Path,
    /// The deployed files as they are on the disk.
    pub store: &'a Store<'a>,
    pub wish: &'a Wish,
    /// The deployed files that change, by path.
    pub texts: Texts,
}

impl Planner<'_> {
    /// The plan of one file, and the deployed files that it was made from where these are not those of the disk.
    pub fn file(&mut self, engine: &Engine<'_>, source: &Source) -> (FilePlan, Option<Vec<DeployedFile>>) {
        let (first, read) = if self.texts.is_empty() {
            (engine.plan_once(FileId::default(), source, Some(self.store), self.wish), None)
        } else {
            let overlay = Overlay { texts: &self.texts };
            let store = Store::new(&overlay, self.working);
            let first = engine.plan_once(FileId::default(), source, Some(&store), self.wish);
            (first, Some(store.files()))
        };
        let again = |so_far: &FilePlan, rest: &Wish| {
            let mut texts = self.texts.clone();
            texts.extend(so_far.deployed.clone());
            self.once(engine, &source.planned(so_far), &texts, rest)
        };
        (first.settled(self.wish, &again), read)
    }

    /// Plans the files again until what one does to a deployed file suits all others; false if that never comes.
    pub fn agree(&mut self, files: &mut [(Engine<'_>, &Source, &mut FilePlan)]) -> bool {
        let rest = Wish { objective: Objective::Fewest, ..self.wish.clone() };
        for _ in 0..MOST_ROUNDS {
            let mut agreed = true;
            for (engine, source, plan) in files.iter_mut() {
                let next = self.once(engine, &source.planned(plan), &self.texts, &rest);
                agreed &= !next.is_change();
                self.texts.extend(next.deployed.clone());
                plan.then(next);
            }
            if agreed {
                return true;
            }
        }
        false
    }

    fn once(&self, engine: &Engine<'_>, source: &Source, texts: &Texts, wish: &Wish) -> FilePlan {
        let overlay = Overlay { texts };
        let store = Store::new(&overlay, self.working);
        engine.plan_once(FileId::default(), source, Some(&store), wish)
    }
}
