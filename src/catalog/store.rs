//! Finding a platform by what somebody typed. Only the platforms that a chain names are ever parsed.

use super::Platform;
use super::packed::Packed;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The catalogue: the embedded platforms, extended or overridden by a user's own.
pub struct Catalog {
    own: Vec<Arc<Platform>>,
    parsed: Mutex<HashMap<&'static str, Option<Arc<Platform>>>>,
}

/// One embedded platform file.
pub struct Embedded {
    pub id: &'static str,
    pub aliases: &'static [&'static str],
    pub extends: Option<&'static str>,
    pub text: &'static str,
    /// What the text says, as `build.rs` packs it.
    pub packed: &'static [u8],
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
        Self { own: own.into_iter().map(Arc::new).collect(), parsed: Mutex::default() }
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
        embedded(typed).and_then(|entry| self.parse(entry))
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

    /// How many embedded platforms have been parsed so far.
    pub fn parsed_count(&self) -> usize {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn parse(&self, entry: &'static Embedded) -> Option<Arc<Platform>> {
        if let Some(known) = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(entry.id) {
            return known.clone();
        }
        let platform = Platform::unpack(&mut &*entry.packed).map(Arc::new);
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).entry(entry.id).or_insert(platform).clone()
    }
}

/// An embedded platform by id or alias.
pub fn embedded(typed: &str) -> Option<&'static Embedded> {
    let by_id = EMBEDDED.binary_search_by_key(&typed, |e| e.id).ok();
    by_id.or_else(|| EMBEDDED.iter().position(|e| e.aliases.contains(&typed))).map(|i| &EMBEDDED[i])
}
