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
    /// Where each key stands in `list`; empty while the map is small.
    index: HashMap<Cow<'s, str>, usize>,
}

impl<'s> Entries<'s> {
    /// Where a key stands.
    pub(super) fn find(&self, key: &str) -> Option<Span> {
        if self.index.is_empty() {
            return self.list.iter().find(|e| e.key.text == key).map(|e| e.key.span);
        }
        self.index.get(key).map(|&i| self.list[i].key.span)
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn push(&mut self, entry: Entry<'s>) {
        if self.list.len() == SMALL {
            self.index = self.list.iter().enumerate().map(|(i, e)| (e.key.text.clone(), i)).collect();
        }
        if self.list.len() >= SMALL {
            self.index.insert(entry.key.text.clone(), self.list.len());
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
