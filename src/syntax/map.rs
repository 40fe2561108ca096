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
}

impl<'s> Entries<'s> {
    /// Where a key stands.
    pub(super) fn find(&self, key: &str) -> Option<Span> {
        let found = match &self.index {
            Some(index) => index.get(key).map(|&i| &self.list[i]),
            None => self.list.iter().find(|e| e.key.text == key),
        };
        found.map(|e| e.key.span)
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn push(&mut self, entry: Entry<'s>) {
        if self.list.len() == SMALL {
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
        self.list
    }
}
