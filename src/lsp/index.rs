//! Which files of a workspace folder belong together: what chains are bound to, what deployed files include, and who
//! calls whom by name. A change is checked together with these and with no others.

use crate::import::Address;
use crate::import::store::{Loaded, Store};
use crate::import::{Match, reader};
use crate::model::{self, Hop};
use crate::span::FileId;
use crate::syntax::decode::Ctx;
use crate::syntax::{Format, parse};
use crate::workspace::walk::{self, Kind};
use crate::workspace::{Disk, candidate, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a search of a folder came across.
#[derive(Debug)]
pub struct Searched {
    pub root: PathBuf,
    pub index: Index,
}

/// The links of one deployed file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    answers: BTreeSet<String>,
    calls: BTreeSet<String>,
    includes: Vec<PathBuf>,
    /// A search takes it for deployed configuration; others are read where a chain names them.
    pub sure: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The files that the hops of each chain file are bound to.
    chains: BTreeMap<PathBuf, Vec<PathBuf>>,
    deployed: BTreeMap<PathBuf, Links>,
}

/// Files that are checked in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub chains: BTreeSet<PathBuf>,
    pub deployed: BTreeSet<PathBuf>,
}

impl Scope {
    pub fn extend(&mut self, other: Scope) {
        self.chains.extend(other.chains);
        self.deployed.extend(other.deployed);
    }
}

/// Searches a folder as `hoplint check` does.
pub fn search(root: &Path) -> Index {
    let mut index = Index::default();
    // One thread beside the editor's own work, and the memory of one.
    let found = walk::find(&[root.to_owned()], root, Some(1));
    for input in &found.inputs {
        match input.kind {
            Kind::Chain => {
                if let Ok(loaded) = read::load(&input.path) {
                    index.chains.insert(input.path.clone(), bound_files(&input.path, &loaded.text));
                }
            }
            Kind::Candidate | Kind::Named => {
                if candidate::is_worth_reading(&input.path, &input.shown) {
                    index.look_at(&input.path, root, Match::Yes);
                }
            }
        }
    }
    let bound: BTreeSet<PathBuf> = index.chains.values().flatten().cloned().collect();
    for path in bound {
        if !index.deployed.contains_key(&path) {
            index.look_at(&path, root, Match::Maybe);
        }
    }
    index
}

impl Index {
    fn look_at(&mut self, path: &Path, root: &Path, least: Match) {
        // A store of its own: the texts of a whole repository are not kept.
        let store = Store::new(&Disk, root);
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.import_named(path, least)));
        if let Ok(Ok(loaded)) = read {
            self.deployed.insert(path.to_owned(), links(&loaded, &store, least == Match::Yes));
        }
    }

    pub fn set_chain(&mut self, path: &Path, binds: Vec<PathBuf>) {
        self.chains.insert(path.to_owned(), binds);
    }

    /// Whether the links of a deployed file are others now.
    pub fn set_deployed(&mut self, path: &Path, links: Links) -> bool {
        let same = self.deployed.get(path) == Some(&links);
        if !same {
            self.deployed.insert(path.to_owned(), links);
        }
        !same
    }

    pub fn forget(&mut self, path: &Path) {
        self.chains.remove(path);
        self.deployed.remove(path);
    }

    pub fn chains(&self) -> impl Iterator<Item = &PathBuf> {
        self.chains.keys()
    }

    pub fn deployed(&self) -> impl Iterator<Item = &PathBuf> {
        self.deployed.keys()
    }

    /// The deployed files that stand nearest to a file: those that its hops can be bound to without a long way.
    pub fn nearest(&self, path: &Path) -> Vec<PathBuf> {
        /// Each of them is read for the hops in it.
        const MOST: usize = 32;
        let shared = |other: &PathBuf| path.components().zip(other.components()).take_while(|(a, b)| a == b).count();
        let mut found: Vec<(usize, &PathBuf)> = self.deployed.keys().map(|other| (shared(other), other)).collect();
        found.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
        found.into_iter().take(MOST).map(|(_, path)| path.clone()).collect()
    }

    /// Whether a search takes a file for deployed configuration.
    pub fn is_deployed(&self, path: &Path) -> bool {
        self.deployed.get(path).is_some_and(|links| links.sure)
    }

    /// What a chain is bound to, and what that includes.
    pub fn files_of(&self, chain: &Path) -> BTreeSet<&Path> {
        let bound = self.chains.get(chain).into_iter().flatten();
        bound.flat_map(|path| self.with_includes(path)).collect()
    }

    fn with_includes<'a>(&'a self, path: &'a PathBuf) -> impl Iterator<Item = &'a Path> {
        let included = self.deployed.get(path).into_iter().flat_map(|links| &links.includes);
        std::iter::once(path).chain(included).map(PathBuf::as_path)
    }

    /// The chains that are bound to a file.
    pub fn chains_of<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        let binds =
            move |bound: &Vec<PathBuf>| bound.iter().any(|one| self.with_includes(one).any(|file| file == path));
        self.chains.iter().filter(move |(_, bound)| binds(bound)).map(|(chain, _)| chain)
    }

    /// All that what is said of a deployed file may depend on.
    pub fn around(&self, path: &Path) -> Scope {
        let mut scope = Scope::default();
        let mut open = vec![path.to_owned()];
        while let Some(next) = open.pop() {
            if !scope.deployed.insert(next.clone()) {
                continue;
            }
            let own = self.deployed.get(&next);
            let belongs = |other: &PathBuf, links: &Links| {
                links.includes.contains(&next)
                    || own.is_some_and(|own| {
                        own.includes.contains(other)
                            || (are_near(&next, other)
                                && (!own.answers.is_disjoint(&links.calls) || !own.calls.is_disjoint(&links.answers)))
                    })
            };
            let more = self.deployed.iter().filter(|(other, links)| belongs(other, links)).map(|(other, _)| other);
            open.extend(more.filter(|other| !scope.deployed.contains(*other)).cloned());
        }
        scope.chains = self.chains_of(path).cloned().collect();
        scope
    }
}

/// Whether a name in one file can mean something in the other: see `import::fragments`.
fn are_near(a: &Path, b: &Path) -> bool {
    const FAR: usize = 2;
    let above = |path: &Path| -> Vec<PathBuf> {
        let folder = path.parent().unwrap_or(Path::new(""));
        folder.ancestors().take(FAR + 1).map(Path::to_owned).collect()
    };
    let of_b = above(b);
    above(a).iter().any(|folder| of_b.contains(folder))
}

/// The files that the hops of a chain file name.
pub fn bound_files(path: &Path, text: &str) -> Vec<PathBuf> {
    if !text.contains("from") {
        return Vec::new();
    }
    let format = Format::from_path(path).unwrap_or(Format::Yaml);
    let parsed = parse(text, format);
    let mut ctx = Ctx::new(FileId::default(), text, format, &parsed);
    let chains = model::decode::file(parsed.root.as_ref(), "", &mut ctx);
    let mut named = BTreeSet::new();
    for hop in chains.iter().flat_map(|chain| &chain.hops) {
        collect(hop, &mut named);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    named.iter().map(|name| super::uri::normal(&folder.join(name))).collect()
}

fn collect(hop: &Hop, named: &mut BTreeSet<String>) {
    for from in &hop.from {
        named.insert(from.value.split('#').next().unwrap_or_default().to_owned());
    }
    hop.fallbacks.iter().flatten().for_each(|inner| collect(inner, named));
}

/// The links of a file that was read.
pub fn links(loaded: &Loaded, store: &Store<'_>, sure: bool) -> Links {
    let hops = &loaded.import.hops;
    let first = |address: &Address| match address {
        Address::Host { host, .. } => host.split('.').next().unwrap_or(host).to_owned(),
        Address::Resource(name) | Address::Platform(name) => name.clone(),
    };
    Links {
        answers: hops.iter().flat_map(|hop| &hop.answers).map(first).collect(),
        calls: hops.iter().flat_map(|hop| &hop.calls).map(|call| first(&call.to)).collect(),
        includes: loaded.includes.iter().filter_map(|id| store.file(*id)).map(|file| file.path).collect(),
        sure,
    }
}

/// Whether the text of an open document is what a search would take for deployed configuration.
pub fn is_sure(shown: &str, text: &str) -> bool {
    reader::worth_opening(shown) && reader::sure(shown, text).is_some()
}
