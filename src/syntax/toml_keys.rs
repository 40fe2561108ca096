//! Where each TOML key stands first. Only read when a key stands twice: the parser names the second alone.

use crate::span::Span;
use std::borrow::Cow;
use std::collections::HashMap;
use toml_parser::Source;
use toml_parser::parser::{Event, EventKind};

/// From the start of each key to the first key of the same path.
pub(super) type FirstKeys = HashMap<u32, Span>;

type Path = Vec<String>;

pub(super) fn first_keys(text: &str) -> FirstKeys {
    let source = Source::new(text);
    let mut events: Vec<Event> = Vec::new();
    toml_parser::parser::parse_document(&source.lex().into_vec(), &mut events, &mut ());

    let mut walk = Walk::default();
    for event in &events {
        walk.event(source, event);
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: FirstKeys,
    seen: HashMap<Path, Span>,
    /// How many elements each array of tables has.
    arrays: HashMap<Path, usize>,
    /// The table of the last header.
    table: Path,
    /// The paths of the open brackets.
    open: Vec<Path>,
    /// The key that is being read, from the root.
    key: Path,
    header: Option<EventKind>,
    anonymous: usize,
}

impl Walk {
    fn event(&mut self, source: Source<'_>, event: &Event) {
        match event.kind() {
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                self.header = Some(event.kind());
                self.key = Path::new();
            }
            EventKind::StdTableClose => {
                self.table = std::mem::take(&mut self.key);
                self.header = None;
            }
            EventKind::ArrayTableClose => {
                let key = std::mem::take(&mut self.key);
                let count = self.arrays.entry(key.clone()).or_insert(0);
                *count += 1;
                self.table = key;
                self.table.push(element(*count));
                self.header = None;
            }
            EventKind::SimpleKey => self.simple_key(source, event),
            EventKind::InlineTableOpen => self.open.push(std::mem::take(&mut self.key)),
            EventKind::ArrayOpen => {
                self.anonymous += 1;
                let mut path = std::mem::take(&mut self.key);
                path.push(element(self.anonymous));
                self.open.push(path);
            }
            EventKind::InlineTableClose | EventKind::ArrayClose => {
                self.open.pop();
                self.key = Path::new();
            }
            EventKind::Newline | EventKind::ValueSep => self.key = Path::new(),
            _ => {}
        }
    }

    fn simple_key(&mut self, source: Source<'_>, event: &Event) {
        if self.key.is_empty() && self.header.is_none() {
            self.key.clone_from(self.open.last().unwrap_or(&self.table));
        } else if let Some(count) = self.arrays.get(&self.key) {
            self.key.push(element(*count));
        }
        let mut text = Cow::Borrowed("");
        if let Some(raw) = source.get(event) {
            raw.decode_key(&mut text, &mut ());
        }
        self.key.push(text.into_owned());
        let span = Span::of(event.span().start()..event.span().end());
        let first = *self.seen.entry(self.key.clone()).or_insert(span);
        self.found.insert(span.start, first);
    }
}

/// A path step that no key can be equal to.
fn element(n: usize) -> String {
    format!("\0{n}")
}
