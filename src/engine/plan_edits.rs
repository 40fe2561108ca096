//! A plan as text edits: of the chain file, and of the deployed files that its hops are bound to.
//!
//! Nothing here decides a value. What has no sure edit stays for a person.

use crate::diag::{Applicability, Edit, Fix};
use crate::fix::{Fixer, Place, applied_to, deployed, inserted};
use crate::import::bind::Found;
use crate::import::insertion::{self, Addition};
use crate::import::store::Store;
use crate::resolve::Resolved;
use crate::resolve::deployed::expectations;
use crate::solve::knob::Key;
use crate::solve::plan::Change;
use crate::span::{FileId, Loc};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What the edits of a file's plan are made from.
pub struct Edits<'a> {
    pub fixer: &'a Fixer<'a>,
    pub chains: &'a [Resolved],
    /// What each hop of each chain is bound to.
    pub bound: &'a [Vec<Vec<Found>>],
}

/// The edit of a deployed file.
#[derive(Clone)]
pub enum Piece<'a> {
    Value(Edit),
    Added(Addition<'a>),
}

impl Piece<'_> {
    pub const fn at(&self) -> Loc {
        match self {
            Self::Value(edit) => edit.loc,
            Self::Added(addition) => addition.at(),
        }
    }
}

/// Where the changes of one group go, by their places.
#[derive(Default)]
pub struct Written<'a> {
    /// Of the chain file.
    pub own: Vec<Edit>,
    /// Of deployed files.
    pub deployed: BTreeMap<usize, Piece<'a>>,
    /// Without a sure edit.
    pub unwritten: Vec<usize>,
}

impl<'a> Edits<'a> {
    pub fn of(&self, changes: &[Change]) -> Written<'a> {
        let mut written = Written::default();
        // All timers that one hop gets are added together.
        let mut added: BTreeMap<Loc, Vec<usize>> = BTreeMap::new();
        for (i, change) in changes.iter().enumerate() {
            let edit = match change.key {
                _ if self.is_deployed(change) => {
                    self.deployed(change).map(|edit| written.deployed.insert(i, edit)).is_some()
                }
                Key::Written(at) => self.fixer.write(at, change.to).map(|edit| written.own.push(edit)).is_some(),
                Key::Unset(body, _) => {
                    added.entry(body).or_default().push(i);
                    true
                }
            };
            if !edit {
                written.unwritten.push(i);
            }
        }
        for places in added.into_values() {
            let timers: Vec<Place<'_>> = places
                .iter()
                .map(|i| {
                    let (chain, hop, timer) = changes[*i].uses[0];
                    let hop = &self.chains[chain].hops[hop];
                    Place { hop, timer: &hop.platform.timers[usize::from(timer)], to: changes[*i].to }
                })
                .collect();
            match self.fixer.add_all(&timers) {
                Some(more) => written.own.extend(more),
                None => written.unwritten.extend(places),
            }
        }
        written.unwritten.sort_unstable();
        written
    }

    /// Whether a change is one of a deployed file.
    pub fn is_deployed(&self, change: &Change) -> bool {
        change.uses.iter().any(|(chain, hop, _)| {
            let spec = &self.chains[*chain].hops[*hop].spec;
            match change.key {
                Key::Written(at) => spec.is_deployed(at),
                Key::Unset(..) => !spec.deployed.is_empty(),
            }
        })
    }

    /// The edit of a deployed file: the value as it is spelled there, or a setting that was not there.
    fn deployed(&self, change: &Change) -> Option<Piece<'a>> {
        change.uses.iter().find_map(|(chain, hop, timer)| {
            let bound = self.bound.get(*chain)?.get(*hop)?;
            match change.key {
                Key::Written(at) => deployed(bound, at, change.to).map(Piece::Value),
                Key::Unset(..) => {
                    let timers = &self.chains[*chain].hops[*hop].platform.timers;
                    let own = timers.get(usize::from(*timer))?;
                    let same = timers.iter().filter(|other| other.knob == own.knob && other.id != own.id);
                    [own].into_iter().chain(same).find_map(|timer| inserted(bound, timer, change.to)).map(Piece::Added)
                }
            }
        })
    }

    /// What the chain file expects of a value that changes in a deployed file is then expected to be the new one.
    pub fn expected(&self, change: &Change) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (chain, hop, timer) in &change.uses {
            let hop = &self.chains[*chain].hops[*hop];
            let Some(expected) = &hop.spec.expected else { continue };
            let knob = &hop.platform.timers[usize::from(*timer)].knob;
            let stated = expectations(expected, &hop.platform);
            for own in stated.iter().filter(|one| one.timer.knob == *knob) {
                // One number for several settings cannot follow one of them.
                let alone = stated.iter().all(|other| other.value.loc != own.value.loc || other.timer.knob == *knob);
                edits.extend(alone.then(|| self.fixer.write(own.value.loc, change.to)).flatten());
            }
        }
        edits
    }
}

/// The deployed files with these edits, by path, and the files among them that would be read worse than before.
pub fn texts<'a>(
    pieces: impl Iterator<Item = Piece<'a>>,
    store: &Store<'_>,
) -> (BTreeMap<PathBuf, Arc<str>>, Vec<FileId>) {
    let (mut by_file, mut texts, mut refused) =
        (BTreeMap::<FileId, (Vec<Edit>, Vec<Addition<'a>>)>::new(), BTreeMap::new(), Vec::new());
    for piece in pieces {
        let (edits, added) = by_file.entry(piece.at().file).or_default();
        match piece {
            Piece::Value(edit) => edits.push(edit),
            Piece::Added(addition) => added.push(addition),
        }
    }
    for (id, (mut edits, added)) in by_file {
        let Some(added) = insertion::edits(added) else {
            refused.push(id);
            continue;
        };
        edits.extend(added);
        edits.sort();
        edits.dedup();
        let fix = Fix { title: String::new(), applicability: Applicability::Unsafe, edits };
        let changed = store.file(id).and_then(|file| {
            let text = applied_to(id, &file.text, &file.path.to_string_lossy(), &[&fix])?;
            Some((file.path, Arc::from(text)))
        });
        match changed {
            Some((path, text)) => drop(texts.insert(path, text)),
            None => refused.push(id),
        }
    }
    (texts, refused)
}
