//! Parts of chains that deployed files state by themselves: who calls whom, as far as the files say it.

use super::bind::Found;
use super::store::{DeployedFile, Loaded, Store};
use super::{Address, Deployed};
use crate::model::{Chain, Hop};
use crate::span::{FileId, Loc};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// A graph with more paths than this is judged by its first ones: each link is on one of them long before.
const MOST_PATHS: usize = 2000;

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
    let links = links(&sites, store);
    let mut called = vec![false; sites.len()];
    for to in links.iter().flatten() {
        called[*to] = true;
    }
    let mut walk = Walk { links: &links, paths: Vec::new(), covered: HashSet::new() };
    for start in (0..sites.len()).filter(|i| !called[*i]) {
        walk.from(&mut vec![start]);
    }
    // A circle of calls has no outermost hop; each hop of it is judged all the same.
    for start in 0..sites.len() {
        if !walk.covered.contains(&start) {
            walk.from(&mut vec![start]);
        }
    }
    let paths = walk.paths;
    paths.iter().map(|path| fragment(path, &sites, store, provider)).collect()
}

struct Walk<'a> {
    links: &'a [Vec<usize>],
    paths: Vec<Vec<usize>>,
    covered: HashSet<usize>,
}

impl Walk<'_> {
    fn from(&mut self, path: &mut Vec<usize>) {
        let Some(&last) = path.last() else { return };
        let mut ended = true;
        for &next in &self.links[last] {
            if path.contains(&next) {
                continue;
            }
            // Where there are too many paths, only those to hops that no other path has.
            if self.paths.len() >= MOST_PATHS && self.covered.contains(&next) {
                continue;
            }
            ended = false;
            path.push(next);
            self.from(path);
            path.pop();
        }
        if ended {
            self.covered.extend(path.iter().copied());
            self.paths.push(path.clone());
        }
    }
}

/// For each hop the hops that it calls. Of several that answer at one name those count that stand closest: the same
/// word means another service in another folder.
fn links(sites: &[Site], store: &Store<'_>) -> Vec<Vec<usize>> {
    let files: HashMap<FileId, DeployedFile> =
        sites.iter().filter_map(|site| Some((site.file, store.file(site.file)?))).collect();
    let folder = |i: usize| files.get(&sites[i].file).and_then(|f| f.path.parent()).unwrap_or(Path::new(""));
    let mut answering = Answering::default();
    for (i, site) in sites.iter().enumerate() {
        for name in site.deployed().answers.iter().map(name).collect::<HashSet<_>>() {
            answering.add(name, folder(i), i);
        }
    }
    let of = |i: usize| {
        let mut found: Vec<usize> = Vec::new();
        for call in &sites[i].deployed().calls {
            let answers = |j: usize| sites[j].deployed().answers.iter().any(|answer| call.to.reaches(answer));
            found.extend(answering.closest(name(&call.to), folder(i), |j| j != i && answers(j)));
        }
        found.sort_unstable();
        found.dedup();
        found
    };
    (0..sites.len()).map(of).collect()
}

/// Folders to climb, and to go down again, between two files that belong together.
const FAR: usize = 2;

/// What answers at a name, by the folders above it and how far above they are.
#[derive(Default)]
struct Answering<'a>(HashMap<(&'a str, &'a Path, usize), Vec<usize>>);

impl<'a> Answering<'a> {
    fn add(&mut self, name: &'a str, folder: &'a Path, i: usize) {
        for (down, above) in folder.ancestors().take(FAR + 1).enumerate() {
            self.0.entry((name, above, down)).or_default().push(i);
        }
    }

    /// Looks ever wider, so that a name that stands in every folder is not compared with all of them.
    fn closest(&self, name: &'a str, folder: &'a Path, fits: impl Fn(usize) -> bool) -> Vec<usize> {
        let at = |distance: usize| {
            let above = folder.ancestors().take(FAR + 1).enumerate();
            let places = above.filter_map(move |(up, above)| Some((name, above, distance.checked_sub(up)?)));
            let near = places.filter_map(|place| self.0.get(&place)).flatten().copied();
            near.filter(|i| fits(*i)).collect::<Vec<_>>()
        };
        (0..=2 * FAR).map(at).find(|near| !near.is_empty()).unwrap_or_default()
    }
}

/// What two addresses that reach each other have in common.
fn name(address: &Address) -> &str {
    match address {
        Address::Host { host, .. } => host.split('.').next().unwrap_or(host),
        Address::Resource(name) | Address::Platform(name) => name,
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

    /// Folders to climb between two files; none where they have too few in common.
    fn distance(a: &Path, b: &Path) -> Option<usize> {
        let common = a.components().zip(b.components()).take_while(|(x, y)| x == y).count();
        let (up, down) = (a.components().count() - common, b.components().count() - common);
        (up <= FAR && down <= FAR).then_some(up + down)
    }

    #[test]
    fn a_name_means_what_stands_close() {
        let folder = |text: &'static str| Path::new(text);
        assert_eq!(distance(folder("/r/a/nginx"), folder("/r/a")), Some(1));
        assert_eq!(distance(folder("/r/a/nginx"), folder("/r/a/k8s/app")), Some(3));
        assert_eq!(distance(folder("/r/a/x/nginx"), folder("/r/b/x/nginx")), None);
        let all = "/ /r /r/a /r/a/nginx /r/a/k8s /r/a/k8s/app /r/a/k8s/app/x /r/b /r/b/nginx /r/b/x/nginx /q/a";
        let all: Vec<&Path> = all.split(' ').map(Path::new).collect();
        for answering in (0..1 << all.len()).step_by(7) {
            let those: Vec<usize> = (0..all.len()).filter(|i| answering >> i & 1 == 1).collect();
            let mut index = Answering::default();
            for i in &those {
                index.add("app", all[*i], *i);
            }
            for (i, from) in all.iter().enumerate() {
                let far = |j: usize| distance(from, all[j]).filter(|_| j != i);
                let least = those.iter().filter_map(|j| far(*j)).min();
                let expected: Vec<usize> =
                    those.iter().copied().filter(|j| least.is_some() && far(*j) == least).collect();
                let mut found = index.closest("app", from, |j| j != i);
                found.sort_unstable();
                assert_eq!(found, expected, "from {} among {those:?}", from.display());
            }
        }
    }
}
