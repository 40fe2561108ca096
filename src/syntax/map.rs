//! Entries of a map while it is read, with the search for a key that stands twice.

use super::Entry;
use crate::span::Span;
use std::borrow::Cow;
use std::collections::HashMap;

/// Maps up to this size are searched one by one.
const SMALL: usize = 8;

#[derive(Default)]
pub(super) struct Entries<'s> {
    list: Vec<Entry<'s>>,
    /// Where each key stands in `list`, once the map is not small any more. In a box, since most maps never need it
    /// and all of them are moved.
    #[allow(clippy::box_collection)]
    index: Option<Box<HashMap<Cow<'s, str>, usize>>>,
    /// With this, a key that comes again takes the place of the first.
    replaced: Option<Vec<usize>>,
}

impl<'s> Entries<'s> {
    /// For files of other programs, most of which keep the last of two equal keys.
    pub(super) fn last_wins() -> Self {
        Self { replaced: Some(Vec::new()), ..Self::default() }
    }

    /// Where a key stands.
    pub(super) fn find(&self, key: &str) -> Option<Span> {
        self.position(key).map(|i| self.list[i].key.span)
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.list.iter().rposition(|e| e.key.text == key),
        }
    }

    /// Adds an entry. Its key is not there yet, unless the last one wins.
    pub(super) fn push(&mut self, entry: Entry<'s>) {
        if self.replaced.is_some() {
            let before = self.position(&entry.key.text);
            self.replaced.iter_mut().for_each(|replaced| replaced.extend(before));
        }
        if self.list.len() == SMALL {
            // Of equal keys the later one is kept.
            let keys = self.list.iter().enumerate().map(|(i, e)| (e.key.text.clone(), i));
            self.index = Some(Box::new(keys.collect()));
        }
        if let Some(index) = &mut self.index {
            index.insert(entry.key.text.clone(), self.list.len());
        }
        self.list.push(entry);
    }

    pub(super) fn last(&self) -> Option<&Entry<'s>> {
        self.list.last()
    }

    pub(super) fn into_list(self) -> Vec<Entry<'s>> {
        let Some(mut replaced) = self.replaced.filter(|r| !r.is_empty()) else { return self.list };
        replaced.sort_unstable();
        let entries = self.list.into_iter().enumerate();
        entries.filter(|(i, _)| replaced.binary_search(i).is_err()).map(|(_, entry)| entry).collect()
    }
}
