//! Finding a platform by what somebody typed. Only the platforms that a chain names are ever read.

use super::Platform;
use super::packed::{Packed, Packet};
use super::view::Views;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The catalogue: the embedded platforms, extended or overridden by a user's own.
pub struct Catalog {
    own: Vec<Arc<Platform>>,
    /// By the place in [`EMBEDDED`], each read when it is first asked for.
    read: Box<[OnceLock<Option<Known>>]>,
    views: Mutex<HashMap<ViewsKey, Arc<Views>>>,
}

/// An embedded platform, and its views for a hop that states no facet.
type Known = (Arc<Platform>, Arc<Views>);

/// The address of a platform that lives as long as the catalogue, and the facets that a hop states.
type ViewsKey = (usize, Vec<(String, String)>);

/// One embedded platform file.
pub struct Embedded {
    pub id: &'static str,
    pub aliases: &'static [&'static str],
    pub hosts: &'static [&'static str],
    pub extends: Option<&'static str>,
    pub text: &'static str,
    /// What the text says, and what of it counts for a hop that states nothing, as `build.rs` packs them.
    pub packed: Packet,
}

embedded_platforms!();

impl Default for Catalog {
    fn default() -> Self {
        Self::with_own(Vec::new())
    }
}

impl Catalog {
    /// The embedded platforms; `own` come first and hide embedded ones with the same id.
    pub fn with_own(own: Vec<Platform>) -> Self {
        Self {
            own: own.into_iter().map(Arc::new).collect(),
            read: EMBEDDED.iter().map(|_| OnceLock::new()).collect(),
            views: Mutex::default(),
        }
    }

    /// A platform by id or alias.
    pub fn find(&self, typed: &str) -> Option<Arc<Platform>> {
        let own = self
            .own
            .iter()
            .find(|p| p.id == typed)
            .or_else(|| self.own.iter().find(|p| p.aliases.iter().any(|alias| alias == typed)));
        if let Some(platform) = own {
            return Some(Arc::clone(platform));
        }
        self.read(place(typed)?).map(|(platform, _)| Arc::clone(platform))
    }

    /// The id of the platform whose public service answers at a host.
    pub fn at_host(&self, host: &str) -> Option<String> {
        let own = self.own.iter().find(|p| p.hosts.iter().any(|pattern| is_host(pattern, host))).map(|p| p.id.clone());
        own.or_else(|| {
            let embedded = EMBEDDED.iter().find(|e| e.hosts.iter().any(|pattern| is_host(pattern, host)));
            embedded.map(|e| e.id.to_owned())
        })
    }

    /// Every id, own and embedded, sorted.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.own.iter().map(|p| p.id.as_str()).collect();
        ids.extend(EMBEDDED.iter().map(|e| e.id));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Every id and alias.
    pub fn names(&self) -> Vec<&str> {
        let mut names = self.ids();
        names.extend(self.own.iter().flat_map(|p| p.aliases.iter().map(String::as_str)));
        names.extend(EMBEDDED.iter().flat_map(|e| e.aliases.iter().copied()));
        names
    }

    /// How many embedded platforms have been read so far.
    pub fn parsed_count(&self) -> usize {
        self.read.iter().filter(|platform| platform.get().is_some()).count()
    }

    /// The views of a platform of this catalogue, looked at once for all hops that state the same.
    pub fn views(&self, platform: &Arc<Platform>, stated: &[(String, String)]) -> Arc<Views> {
        if stated.is_empty()
            && let Some((known, views)) = place(&platform.id).and_then(|place| self.read(place))
            && Arc::ptr_eq(known, platform)
        {
            return Arc::clone(views);
        }
        let key = (Arc::as_ptr(platform).addr(), stated.to_vec());
        let mut known = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key).or_insert_with(|| Arc::new(Views::of(platform, stated))))
    }

    fn read(&self, place: usize) -> Option<&Known> {
        let unpack = || {
            let mut packet = EMBEDDED[place].packed;
            Some((Arc::new(Packed::unpack(&mut packet)?), Arc::new(Packed::unpack(&mut packet)?)))
        };
        // The build has read every file; a broken one can only be missing.
        self.read[place].get_or_init(unpack).as_ref()
    }
}

/// Label by label; `*` stands for any one label, `bedrock-runtime.*` style prefixes included.
fn is_host(pattern: &str, host: &str) -> bool {
    let (mut pattern, mut host) = (pattern.split('.'), host.split('.'));
    loop {
        match (pattern.next(), host.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || a.strip_prefix('*').is_some_and(|end| b.ends_with(end)) => {}
            _ => return false,
        }
    }
}

/// An embedded platform by id or alias.
pub fn embedded(typed: &str) -> Option<&'static Embedded> {
    place(typed).map(|i| &EMBEDDED[i])
}

fn place(typed: &str) -> Option<usize> {
    let by_id = EMBEDDED.binary_search_by_key(&typed, |e| e.id).ok();
    by_id.or_else(|| EMBEDDED.iter().position(|e| e.aliases.contains(&typed)))
}
