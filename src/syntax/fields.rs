//! Reading a map with known keys: what is missing, what is unknown, what was probably meant.

use super::decode::{Ctx, Decode, MISSING_KEY, UNKNOWN_KEY, suggest};
use super::{Entry, Key, Kind, Node, quote};
use crate::diag::{Edit, Fix};
use crate::span::Span;
use crate::text;

/// No map of any file has more keys that are known.
const MOST_KEYS: usize = 32;

/// A map while it is read. End with [`Fields::finish`], or unknown keys go unseen.
pub struct Fields<'n, 's> {
    node: &'n Node<'s>,
    entries: &'n [Entry<'s>],
    /// "a hop", for messages.
    what: &'static str,
    /// In the order in which they were asked for, perhaps more than once.
    known: Vec<&'static str>,
}

impl<'n, 's> Fields<'n, 's> {
    /// The fields of a node, which must be a map.
    pub fn of(node: &'n Node<'s>, ctx: &mut Ctx<'_>, what: &'static str) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            ctx.expected(&format!("{what} (a map)"), node);
            return None;
        };
        Some(Self { node, entries, what, known: Vec::with_capacity(MOST_KEYS) })
    }

    /// A key that may be absent.
    pub fn optional<T: Decode>(&mut self, key: &'static str, ctx: &mut Ctx<'_>) -> Option<T> {
        T::decode(self.node(key)?, ctx)
    }

    /// A key that must be there.
    pub fn required<T: Decode>(&mut self, key: &'static str, ctx: &mut Ctx<'_>) -> Option<T> {
        if let Some(node) = self.node(key) {
            return T::decode(node, ctx);
        }
        self.missing(key, T::WHAT, ctx);
        None
    }

    /// Reports that a key is missing, unless it may stand in a part of the file that could not be read.
    pub fn missing(&self, key: &str, what: &str, ctx: &mut Ctx<'_>) {
        if !ctx.is_truncated() {
            let message = format!("{} needs the key `{key}`", self.what);
            let diagnostic = ctx.error(MISSING_KEY, self.place(), message).help(format!("add `{key}`: {what}"));
            ctx.report(self.node, diagnostic);
        }
    }

    /// The value of a key, read by the caller.
    pub fn node(&mut self, key: &'static str) -> Option<&'n Node<'s>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Key and value, read by the caller.
    pub fn entry(&mut self, key: &'static str) -> Option<&'n Entry<'s>> {
        self.known.push(key);
        self.entries.iter().find(|e| e.key.text == key)
    }

    /// All entries, for maps whose keys are free.
    pub fn entries(&self) -> &'n [Entry<'s>] {
        self.entries
    }

    /// Where a problem of the whole map is shown: its first key, not all its lines.
    pub fn place(&self) -> Span {
        match self.entries.first() {
            Some(entry) if self.node.def.is_none() => entry.key.span,
            _ => self.node.span,
        }
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self, ctx: &mut Ctx<'_>) {
        for entry in self.entries {
            if !self.known.iter().any(|known| *known == entry.key.text) {
                self.unknown(entry, ctx);
            }
        }
    }

    fn unknown(&self, entry: &Entry<'_>, ctx: &mut Ctx<'_>) {
        let Key { span, text } = &entry.key;
        let message = format!("{} has no key `{}`", self.what, text::clip(text));
        let diagnostic = ctx.error(UNKNOWN_KEY, *span, message);
        if ctx.is_full() {
            return ctx.report_at(*span, diagnostic);
        }
        let has = |key: &str| self.entries.iter().any(|e| e.key.text == key);
        let mut known: Vec<&str> = Vec::new();
        self.known.iter().for_each(|key| {
            if !known.contains(key) {
                known.push(key);
            }
        });
        let diagnostic = suggest(diagnostic, text, &known, |to, applicability| {
            let source = quote::key(ctx.format, to);
            let edits = vec![Edit { loc: ctx.loc(*span), text: source }];
            (!has(to)).then(|| Fix { title: format!("rename the key to `{to}`"), applicability, edits })
        });
        ctx.report_at(*span, diagnostic);
    }
}
