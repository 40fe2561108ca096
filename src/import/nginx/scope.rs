//! The blocks of a configuration with what is stated in each, and what nginx takes where a block states nothing.

use super::known::{Key, Takes};
use crate::import::Unseen;
use crate::span::{FileId, Loc, Span};
use crate::syntax::nginx::{Parsed, Word};
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// What a block is to nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The file itself: the main block, or whatever block a fragment is meant for.
    File,
    Http,
    Server,
    Location,
    If,
    LimitExcept,
    Upstream,
    Stream,
    StreamServer,
    /// Blocks of other modules. Nothing in them belongs to a hop.
    Other,
}

impl Kind {
    /// For sets of kinds; 0 where anything may stand.
    pub const fn bit(self) -> u16 {
        match self {
            Self::File | Self::Other => 0,
            Self::Http => 1,
            Self::Server => 2,
            Self::Location => 4,
            Self::If => 8,
            Self::LimitExcept => 16,
            Self::Upstream => 32,
            Self::Stream => 64,
            Self::StreamServer => 128,
        }
    }
}

/// One text with its tree.
pub struct Source {
    pub file: FileId,
    pub text: Arc<str>,
    pub tree: Parsed,
}

impl Source {
    pub fn loc(&self, span: Span) -> Loc {
        Loc::new(self.file, span)
    }
}

/// A directive as stated: its name and arguments, by their places among the words of a source.
#[derive(Clone)]
pub struct Stated {
    pub key: Key,
    pub source: Rc<Source>,
    pub words: Range<usize>,
    pub takes: Takes,
    /// Why its value cannot be known, where it cannot.
    pub hidden: Option<String>,
}

impl Stated {
    pub fn name(&self) -> Loc {
        self.source.loc(self.source.tree.words[self.words.start].span)
    }

    pub fn args(&self) -> &[Word] {
        &self.source.tree.words[self.words.start + 1..self.words.end]
    }

    /// An argument's text; nothing where there are not as many.
    pub fn arg(&self, n: usize) -> Cow<'_, str> {
        self.args().get(n).map_or(Cow::Borrowed(""), |word| word.text(&self.source.text))
    }

    pub fn texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.args().iter().map(|word| word.text(&self.source.text))
    }

    /// Where an argument stands; the name where there are not as many.
    pub fn at(&self, n: usize) -> Loc {
        self.args().get(n).map_or_else(|| self.name(), |word| self.source.loc(word.inner()))
    }

    /// From the first argument to the last.
    pub fn all(&self) -> Loc {
        match self.args() {
            [] => self.name(),
            [one] => self.source.loc(one.inner()),
            [first, .., last] => self.source.loc(first.span.to(last.span)),
        }
    }
}

pub struct Scope {
    pub kind: Kind,
    pub parent: Option<usize>,
    pub source: Rc<Source>,
    /// Its directive; none for a file.
    pub directive: Option<usize>,
    /// Its name and arguments, without what a missing semicolon puts before them.
    pub words: Range<usize>,
    /// What may stand once, in the order of the text.
    pub stated: Vec<Stated>,
    /// What may stand several times.
    pub many: Vec<Stated>,
    /// Includes that could not be read, and what else may hide settings of this block.
    pub unseen: Vec<Unseen>,
}

impl Scope {
    /// `location /v1/`, as it stands.
    pub fn title(&self) -> String {
        const LONGEST: usize = 200;
        let mut title = String::new();
        for word in &self.source.tree.words[self.words.clone()] {
            if !title.is_empty() {
                title.push(' ');
            }
            let text = word.span.text(&self.source.text);
            if title.len() + text.len() > LONGEST {
                title.extend(text.chars().take(LONGEST.saturating_sub(title.len())));
                title.push_str("...");
                break;
            }
            title.push_str(text);
        }
        title
    }

    pub fn args(&self) -> &[Word] {
        self.source.tree.words.get(self.words.start + 1..self.words.end).unwrap_or_default()
    }

    pub fn arg(&self, n: usize) -> Cow<'_, str> {
        self.args().get(n).map_or(Cow::Borrowed(""), |word| word.text(&self.source.text))
    }

    /// Name and arguments.
    pub fn at(&self) -> Loc {
        let words = &self.source.tree.words[self.words.clone()];
        match words {
            [] => self.source.loc(Span::default()),
            [first, .., last] => self.source.loc(first.span.to(last.span)),
            [one] => self.source.loc(one.span),
        }
    }

    pub fn body(&self) -> Loc {
        let span = self.directive.map(|i| self.source.tree.directives[i].span);
        self.source.loc(span.unwrap_or_else(|| Span::of(0..self.source.text.len())))
    }

    /// What this block itself states.
    pub fn own(&self, key: Key) -> Option<&Stated> {
        self.stated.iter().find(|stated| stated.key == key)
    }

    /// Every statement of a directive that may stand several times.
    pub fn every(&self, key: Key) -> impl Iterator<Item = &Stated> + '_ {
        self.many.iter().filter(move |stated| stated.key == key)
    }

    /// Keeps the first of what hides this block: more of it says no more.
    pub fn hide(&mut self, unseen: Unseen) {
        const MOST: usize = 20;
        if self.unseen.len() < MOST {
            self.unseen.push(unseen);
        }
    }
}

/// All blocks, outer ones before those inside them.
#[derive(Default)]
pub struct Scopes(pub Vec<Scope>);

impl Scopes {
    /// A block and those around it, innermost first.
    pub fn around(&self, scope: usize) -> impl Iterator<Item = &Scope> + '_ {
        std::iter::successors(Some(scope), |at| self.0[*at].parent).map(|at| &self.0[at])
    }

    /// What holds in a block: its own, else that of the nearest block around it.
    pub fn effective(&self, scope: usize, key: Key) -> Option<&Stated> {
        self.around(scope).find_map(|scope| scope.own(key))
    }

    /// Directives that may stand several times hold together, and hide all those of the blocks around.
    pub fn effective_all(&self, scope: usize, key: Key) -> impl Iterator<Item = &Stated> + '_ {
        let found = self.around(scope).find(|scope| scope.every(key).next().is_some());
        found.into_iter().flat_map(move |scope| scope.every(key))
    }

    /// Enclosing blocks for people, outermost first; of very many the inner ones.
    pub fn context(&self, scope: usize) -> String {
        const MOST: usize = 8;
        let blocks = self.around(scope).filter(|scope| scope.directive.is_some());
        let mut titles: Vec<String> = blocks.take(MOST).map(Scope::title).collect();
        titles.reverse();
        titles.join(" > ")
    }
}
