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
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, site) in sites.iter().enumerate() {
        for answer in &site.deployed().answers {
            by_name.entry(name(answer)).or_default().push(i);
        }
    }
    let files: HashMap<FileId, DeployedFile> =
        sites.iter().filter_map(|site| Some((site.file, store.file(site.file)?))).collect();
    let folder = |i: usize| files.get(&sites[i].file).and_then(|f| f.path.parent()).unwrap_or(Path::new(""));
    let of = |i: usize| {
        let mut found: Vec<usize> = Vec::new();
        for call in &sites[i].deployed().calls {
            let candidates = by_name.get(&name(&call.to)).map_or(&[][..], Vec::as_slice);
            let answers = |j: usize| sites[j].deployed().answers.iter().any(|answer| call.to.reaches(answer));
            let near: Vec<(usize, usize)> = candidates
                .iter()
                .filter(|j| **j != i && answers(**j))
                .filter_map(|j| Some((distance(folder(i), folder(*j))?, *j)))
                .collect();
            let least = near.iter().map(|(d, _)| *d).min();
            found.extend(near.iter().filter(|(d, _)| Some(*d) == least).map(|(_, j)| *j));
        }
        found.sort_unstable();
        found.dedup();
        found
    };
    (0..sites.len()).map(of).collect()
}

/// What two addresses that reach each other have in common.
fn name(address: &Address) -> String {
    match address {
        Address::Host { host, .. } => host.split('.').next().unwrap_or(host).to_owned(),
        Address::Resource(name) | Address::Platform(name) => name.clone(),
    }
}

/// Folders to climb between two files; none where they have no folder in common but the outermost ones.
fn distance(a: &Path, b: &Path) -> Option<usize> {
    let common = a.components().zip(b.components()).take_while(|(x, y)| x == y).count();
    let (up, down) = (a.components().count() - common, b.components().count() - common);
    (up <= 2 && down <= 2).then_some(up + down)
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

    #[test]
    fn a_name_means_what_stands_close() {
        let folder = |text: &'static str| Path::new(text);
        assert_eq!(distance(folder("/r/a/nginx"), folder("/r/a")), Some(1));
        assert_eq!(distance(folder("/r/a/nginx"), folder("/r/a/k8s/app")), Some(3));
        assert_eq!(distance(folder("/r/a/x/nginx"), folder("/r/b/x/nginx")), None);
    }
}
