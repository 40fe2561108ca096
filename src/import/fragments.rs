//! Parts of chains that deployed files state by themselves: who calls whom, as far as the files say it.

use super::address::Key;
use super::bind::Found;
use super::store::{DeployedFile, Loaded, Store};
use super::{Address, Deployed};
use crate::model::{Chain, Hop};
use crate::span::{FileId, Loc};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// A graph with more paths than this, or more hops in them, is judged by its first ones: each link is on one of them long
/// before.
const MOST_PATHS: usize = 2000;
const MOST_HOPS: usize = 20_000;

/// A part of a chain: its hops, and what each was read from.
pub struct Fragment {
    pub chain: Chain,
    pub found: Vec<Vec<Found>>,
}

/// One deployed hop among those of a run.
struct Site {
    found: Found,
    file: FileId,
}

impl Site {
    fn deployed(&self) -> &Deployed {
        self.found.deployed()
    }
}

/// The paths from every hop that nobody calls to where the calls end. `provider` names the platform that answers at
/// an address outside of all files.
pub fn fragments(loaded: &[Loaded], store: &Store<'_>, provider: &dyn Fn(&Address) -> Option<String>) -> Vec<Fragment> {
    let sites: Vec<Site> = loaded
        .iter()
        .flat_map(|one| {
            (0..one.import.hops.len()).map(|index| Site {
                found: Found { file: one.file, import: Arc::clone(&one.import), index },
                file: one.file,
            })
        })
        .collect();
    let links = Links::between(&sites, store);
    let called = links.called();
    let mut walk = Walk::new(&links, sites.len());
    for start in (0..sites.len()).filter(|i| !called[*i]) {
        walk.from(start);
    }
    // A circle of calls has no outermost hop; each hop of it is judged all the same.
    for start in 0..sites.len() {
        if !walk.covered[start] {
            walk.from(start);
        }
    }
    let paths = walk.paths;
    paths.iter().map(|path| fragment(path, &sites, store, provider)).collect()
}

/// All paths of calls, up to a number.
struct Walk<'a> {
    links: &'a Links,
    paths: Vec<Vec<usize>>,
    /// In all paths together.
    hops: usize,
    /// The hops that are on some path.
    covered: Vec<bool>,
    on_this_path: Vec<bool>,
    /// For each list of links, how many at its start are covered.
    done: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(links: &'a Links, hops: usize) -> Self {
        let (covered, on_this_path, done) = (vec![false; hops], vec![false; hops], vec![0; links.lists.len()]);
        Self { links, paths: Vec::new(), hops: 0, covered, on_this_path, done }
    }

    /// Adds the paths that start at a hop.
    fn from(&mut self, start: usize) {
        // Each hop of the path, where in its links the walk is, and whether the path ends there.
        let mut path = vec![(start, 0, true)];
        self.on_this_path[start] = true;
        while let Some((hop, at, ended)) = path.last_mut() {
            if let Some(next) = self.next(*hop, at) {
                *ended = false;
                self.on_this_path[next] = true;
                path.push((next, 0, true));
                continue;
            }
            let (hop, ended) = (*hop, *ended);
            if ended {
                self.add(path.iter().map(|(hop, ..)| *hop).collect());
            }
            self.on_this_path[hop] = false;
            path.pop();
        }
    }

    /// The next call of a hop to follow. Where there are too many paths, only one to a hop that no other path has.
    fn next(&mut self, hop: usize, at: &mut usize) -> Option<usize> {
        let list = self.links.of[hop]?;
        let links = &self.links.lists[list];
        if self.is_full() {
            let done = &mut self.done[list];
            *done += links[*done..].iter().take_while(|next| self.covered[**next]).count();
            *at = (*at).max(*done);
        }
        let full = self.is_full();
        let closed = |next: usize| self.on_this_path[next] || (full && self.covered[next]);
        let found = links[*at..].iter().position(|next| !closed(*next))?;
        *at += found + 1;
        Some(links[*at - 1])
    }

    fn is_full(&self) -> bool {
        self.paths.len() >= MOST_PATHS || self.hops >= MOST_HOPS
    }

    fn add(&mut self, mut path: Vec<usize>) {
        if self.is_full() {
            // What leads to the new hops stands in a path already, down to the one that calls them.
            let known = path.iter().take_while(|hop| self.covered[**hop]).count();
            path.drain(..known.saturating_sub(1));
        }
        for hop in &path {
            self.covered[*hop] = true;
        }
        self.hops += path.len();
        self.paths.push(path);
    }
}

/// For each hop the hops that it calls. Hops that call the same share the list.
struct Links {
    /// By hop, its place in `lists`.
    of: Vec<Option<usize>>,
    lists: Vec<Vec<usize>>,
}

impl Links {
    /// Of several hops that answer at one name those count that stand closest: the same word means another service in
    /// another folder.
    fn between(sites: &[Site], store: &Store<'_>) -> Self {
        let files: HashMap<FileId, DeployedFile> =
            sites.iter().filter_map(|site| Some((site.file, store.file(site.file)?))).collect();
        let folder = |i: usize| files.get(&sites[i].file).and_then(|f| f.path.parent()).unwrap_or(Path::new(""));
        let mut answering = Answering::default();
        for (i, site) in sites.iter().enumerate() {
            for answer in &site.deployed().answers {
                answering.add(answer, folder(i), i);
            }
        }
        let mut links = Self { of: Vec::new(), lists: Vec::new() };
        let mut known: HashMap<(&Address, &Path), Option<usize>> = HashMap::new();
        let mut joined: HashMap<Vec<usize>, usize> = HashMap::new();
        for (i, site) in sites.iter().enumerate() {
            let mut own: Vec<usize> = Vec::new();
            for call in &site.deployed().calls {
                let to = *known
                    .entry((&call.to, folder(i)))
                    .or_insert_with(|| links.list(answering.closest(&call.to, folder(i), None)));
                own.extend(match to {
                    // A hop does not call itself, so what answers elsewhere counts.
                    Some(list) if links.lists[list] == [i] => {
                        links.list(answering.closest(&call.to, folder(i), Some(i)))
                    }
                    to => to,
                });
            }
            own.sort_unstable();
            own.dedup();
            links.of.push(match own.as_slice() {
                [] => None,
                [one] => Some(*one),
                _ => Some(*joined.entry(own).or_insert_with_key(|own| {
                    let mut all: Vec<usize> = own.iter().flat_map(|list| &links.lists[*list]).copied().collect();
                    all.sort_unstable();
                    all.dedup();
                    links.lists.push(all);
                    links.lists.len() - 1
                })),
            });
        }
        links
    }

    fn list(&mut self, mut hops: Vec<usize>) -> Option<usize> {
        hops.sort_unstable();
        hops.dedup();
        (!hops.is_empty()).then(|| {
            self.lists.push(hops);
            self.lists.len() - 1
        })
    }

    /// Whether a hop is called by another one.
    fn called(&self) -> Vec<bool> {
        let mut called = vec![false; self.of.len()];
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.lists.len()];
        for (hop, list) in self.of.iter().enumerate().filter_map(|(hop, list)| Some((hop, (*list)?))) {
            // Two are enough to know that any of them has another.
            if users[list].len() < 2 {
                users[list].push(hop);
            }
        }
        for (list, users) in self.lists.iter().zip(&users) {
            for to in list.iter().filter(|to| users.iter().any(|user| user != *to)) {
                called[*to] = true;
            }
        }
        called
    }
}

/// Folders to climb, and to go down again, between two files that belong together.
const FAR: usize = 2;

/// What answers at an address, by the folders above it and how far above they are.
#[derive(Default)]
struct Answering<'a>(HashMap<(Key<'a>, &'a Path, usize), Vec<usize>>);

impl<'a> Answering<'a> {
    fn add(&mut self, answer: &'a Address, folder: &'a Path, i: usize) {
        for key in answer.offers() {
            for (down, above) in folder.ancestors().take(FAR + 1).enumerate() {
                let here = self.0.entry((key, above, down)).or_default();
                if here.last() != Some(&i) {
                    here.push(i);
                }
            }
        }
    }

    /// Looks ever wider, so that a name that stands in every folder is not compared with all of them.
    fn closest(&self, to: &Address, folder: &Path, without: Option<usize>) -> Vec<usize> {
        let keys = to.asks();
        let at = |distance: usize| {
            let above = folder.ancestors().take(FAR + 1).enumerate();
            let places = above.filter_map(move |(up, above)| Some((above, distance.checked_sub(up)?)));
            let places = places.flat_map(|(above, down)| keys.iter().map(move |key| (*key, above, down)));
            let near = places.filter_map(|place| self.0.get(&place)).flatten().copied();
            near.filter(|i| Some(*i) != without).collect::<Vec<_>>()
        };
        (0..=2 * FAR).map(at).find(|near| !near.is_empty()).unwrap_or_default()
    }
}

fn fragment(
    path: &[usize],
    sites: &[Site],
    store: &Store<'_>,
    provider: &dyn Fn(&Address) -> Option<String>,
) -> Fragment {
    let mut hops: Vec<Arc<Hop>> = Vec::new();
    let mut found = Vec::new();
    for &i in path {
        let site = &sites[i];
        let mut hop = site.deployed().hop.clone();
        let values = hop.timers.iter().map(|(_, value)| value.loc.file);
        hop.deployed = values.chain([hop.at.file, hop.body.file, site.file]).collect();
        hop.deployed.sort_unstable();
        hop.deployed.dedup();
        hop.partial = site.deployed().unseen.iter().any(|unseen| unseen.timer.is_none());
        if hops.iter().any(|known| known.name == hop.name) {
            hop.name = format!("{} ({})", hop.name, hops.len() + 1);
        }
        hops.push(Arc::new(hop));
        found.push(vec![site.found.clone()]);
    }
    let last = path.last().map(|i| sites[*i].deployed());
    let ends = last.and_then(|last| last.calls.iter().find_map(|call| Some((provider(&call.to)?, call.at))));
    if let Some((platform, at)) = ends {
        let mut hop = Hop::bare(&platform);
        (hop.at, hop.platform.loc) = (at, at);
        hops.push(Arc::new(hop));
        found.push(Vec::new());
    }
    let file = path.first().map_or(FileId::default(), |i| sites[*i].file);
    let at = hops.first().map_or(Loc::default(), |hop| hop.at);
    let name = store.file(file).map(|f| f.shown).unwrap_or_default();
    let chain = Chain { name, at, body: at, order: None, margin: None, workload: None, hops, fragment: true };
    Fragment { chain, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Folders to climb between two files; none where they have too few in common.
    fn distance(a: &Path, b: &Path) -> Option<usize> {
        let common = a.components().zip(b.components()).take_while(|(x, y)| x == y).count();
        let (up, down) = (a.components().count() - common, b.components().count() - common);
        (up <= FAR && down <= FAR).then_some(up + down)
    }

    fn graph(of: Vec<Vec<usize>>) -> Links {
        Links { of: (0..of.len()).map(|i| (!of[i].is_empty()).then_some(i)).collect(), lists: of }
    }

    /// Every path that cannot go on, one hop after another.
    fn recursive(of: &[Vec<usize>], path: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
        let mut ended = true;
        for next in &of[path[path.len() - 1]] {
            if !path.contains(next) {
                ended = false;
                path.push(*next);
                recursive(of, path, paths);
                path.pop();
            }
        }
        if ended {
            paths.push(path.clone());
        }
    }

    proptest! {
        #[test]
        fn a_walk_takes_every_path(of in prop::collection::vec(prop::collection::btree_set(0..5usize, 0..4), 5)) {
            let of: Vec<Vec<usize>> = of.into_iter().map(|list| list.into_iter().collect()).collect();
            let links = graph(of.clone());
            let mut walk = Walk::new(&links, of.len());
            let mut paths = Vec::new();
            for start in 0..of.len() {
                walk.from(start);
                recursive(&of, &mut vec![start], &mut paths);
            }
            prop_assert_eq!(walk.paths, paths);
            let called = |to: usize| of.iter().enumerate().any(|(from, list)| from != to && list.contains(&to));
            prop_assert_eq!(links.called(), (0..of.len()).map(called).collect::<Vec<_>>());
        }
    }

    #[test]
    fn thousands_that_answer_at_one_name_make_few_paths() {
        const HOPS: usize = 5_000;
        let all: Vec<usize> = (0..HOPS).collect();
        let leaves: Vec<usize> = (1..HOPS).collect();
        // Everybody calls everybody; all but the first stand at the end of one; one calls the next.
        let everybody = Links { of: vec![Some(0); HOPS], lists: vec![all] };
        let one = Links { of: std::iter::once(Some(0)).chain(vec![None; HOPS - 1]).collect(), lists: vec![leaves] };
        let row = graph((1..=HOPS).map(|i| if i < HOPS { vec![i] } else { Vec::new() }).collect());
        for links in [everybody, one, row] {
            let mut walk = Walk::new(&links, HOPS);
            for start in 0..HOPS {
                if !walk.covered[start] {
                    walk.from(start);
                }
            }
            let hops: usize = walk.paths.iter().map(Vec::len).sum();
            assert!(walk.covered.iter().all(|covered| *covered));
            assert!(hops <= MOST_HOPS + 2 * HOPS, "{hops}");
        }
        // Those that call the same share what they call.
        let (app, folder) = (Address::host("app", None), Path::new("/r"));
        let mut index = Answering::default();
        let ports: Vec<Address> = (0..5_000).map(|port| Address::host("app", Some(port))).collect();
        for (i, address) in ports.iter().enumerate() {
            index.add(address, folder, i);
        }
        assert_eq!(index.closest(&app, folder, None).len(), HOPS);
        assert!(ports.iter().enumerate().all(|(i, address)| index.closest(address, folder, None) == [i]));
    }

    #[test]
    fn a_name_means_what_stands_close() {
        let folder = |text: &'static str| Path::new(text);
        assert_eq!(distance(folder("/r/a/nginx"), folder("/r/a")), Some(1));
        assert_eq!(distance(folder("/r/a/nginx"), folder("/r/a/k8s/app")), Some(3));
        assert_eq!(distance(folder("/r/a/x/nginx"), folder("/r/b/x/nginx")), None);
        let app = Address::host("app", Some(80));
        let all = "/ /r /r/a /r/a/nginx /r/a/k8s /r/a/k8s/app /r/a/k8s/app/x /r/b /r/b/nginx /r/b/x/nginx /q/a";
        let all: Vec<&Path> = all.split(' ').map(Path::new).collect();
        for answering in (0..1 << all.len()).step_by(7) {
            let those: Vec<usize> = (0..all.len()).filter(|i| answering >> i & 1 == 1).collect();
            let mut index = Answering::default();
            for i in &those {
                index.add(&app, all[*i], *i);
            }
            for (i, from) in all.iter().enumerate() {
                let far = |j: usize| distance(from, all[j]).filter(|_| j != i);
                let least = those.iter().filter_map(|j| far(*j)).min();
                let expected: Vec<usize> =
                    those.iter().copied().filter(|j| least.is_some() && far(*j) == least).collect();
                let mut found = index.closest(&app, from, Some(i));
                found.sort_unstable();
                assert_eq!(found, expected, "from {} among {those:?}", from.display());
            }
        }
    }
}
