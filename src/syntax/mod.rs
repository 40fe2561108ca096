//! Text to spanned tree, the same tree for YAML, TOML and JSON. Knows nothing of chains or platforms.
//!
//! Parsing never fails: it returns the tree of what could be read and the errors beside it.

use crate::span::Span;
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Yaml,
    Toml,
    Json,
}

/// One parsed file.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    pub root: Option<Node<'s>>,
    /// In file order, each span from the comment mark to the end of its text.
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub span: Span,
    pub message: String,
    /// A second place that explains it (the first of two equal keys, the anchor of an alias).
    pub related: Option<(Span, String)>,
    pub help: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node<'s> {
    /// Where it is used. For a block scalar or container the whole text, without trailing blank lines.
    pub span: Span,
    /// Where its text stands, if that is elsewhere: the anchored node behind an alias or merge key.
    pub def: Option<Span>,
    pub kind: Kind<'s>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'s> {
    Null,
    Bool(bool),
    Int(i64),
    /// A number that is no 64-bit integer; kept as text so that nothing is rounded.
    Num(Cow<'s, str>),
    Str(Cow<'s, str>),
    Seq(Vec<Node<'s>>),
    Map(Vec<Entry<'s>>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'s> {
    pub key: Key<'s>,
    pub value: Node<'s>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key<'s> {
    pub span: Span,
    pub text: Cow<'s, str>,
}

impl Kind<'_> {
    /// What a user would call it: "a map", "text".
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Num(_) => "a number",
            Self::Str(_) => "text",
            Self::Seq(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl<'s> Node<'s> {
    pub fn get(&self, key: &str) -> Option<&Node<'s>> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|e| e.key.text == key).map(|e| &e.value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }
}
