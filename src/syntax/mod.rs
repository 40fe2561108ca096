//! Text to spanned tree, the same tree for YAML, TOML and JSON. Knows nothing of chains or platforms.
//!
//! Parsing never fails: it returns the tree of what could be read and the errors beside it.

pub mod caddyfile;
mod control;
pub mod decode;
mod decode_duration;
pub mod edit;
pub mod edit_map;
pub mod fields;
pub mod haproxy;
mod json;
mod map;
pub mod nginx;
pub mod quote;
mod scalar;
mod toml;
mod toml_keys;
mod yaml;
mod yaml_error;

use crate::span::Span;
use std::borrow::Cow;
use std::path::Path;

/// Containers may stand this deep inside each other. Everything that walks a tree may recurse.
pub const MAX_DEPTH: usize = 200;

/// So many errors are kept of one file. A text with more is something else than its name says.
pub const MAX_ERRORS: usize = 50;

/// A longer text is no file that a person wrote, and is not read.
pub const MAX_BYTES: usize = 32_000_000;

/// The tree of a text, and what is wrong with it.
pub fn parse(text: &str, format: Format) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if text.len() > MAX_BYTES {
        let (size, limit) = (text.len() / 1_000_000, MAX_BYTES / 1_000_000);
        let message = format!("{size} MB is larger than the limit of {limit} MB");
        parsed.errors.push(SyntaxError::new(Span::default(), message).help("split the file"));
        parsed.truncated = true;
        return parsed;
    }
    let unprintable = control::check(text);
    match format {
        Format::Yaml => yaml::parse(text, &mut parsed),
        Format::Toml => toml::parse(text, &mut parsed),
        Format::Json => json::parse(text, &mut parsed),
    }
    control::merge(unprintable, &mut parsed.errors);
    parsed.errors.sort_by_key(|e| e.span);
    parsed.errors.truncate(MAX_ERRORS);
    if !parsed.comments.is_sorted() {
        parsed.comments.sort_unstable();
    }
    parsed
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Yaml,
    Toml,
    Json,
}

impl Format {
    /// By the ending of its name.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        let is = |name| extension.eq_ignore_ascii_case(name);
        match () {
            () if is("yaml") || is("yml") => Some(Self::Yaml),
            () if is("toml") => Some(Self::Toml),
            () if is("json") => Some(Self::Json),
            () => None,
        }
    }
}

/// One parsed file.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    pub root: Option<Node<'s>>,
    /// In file order, each span from the comment mark to the end of its text.
    pub comments: Vec<Span>,
    /// In file order.
    pub errors: Vec<SyntaxError>,
    /// An error hides a part of the file: what is missing in the tree may well stand in the text.
    pub truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// [`SYNTAX`] or [`DUPLICATE_KEY`].
    pub rule: &'static str,
    pub span: Span,
    pub message: String,
    /// A second place that explains it (the first of two equal keys, the anchor of an alias).
    pub related: Option<(Span, String)>,
    pub help: Option<String>,
}

/// The rule of a text that cannot be read.
pub const SYNTAX: &str = "syntax";
/// The rule of a key that stands twice in one map.
pub const DUPLICATE_KEY: &str = "duplicate-key";

impl SyntaxError {
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { rule: SYNTAX, span, message: message.into(), related: None, help: None }
    }

    fn duplicate(span: Span, key: &str, first: Span) -> Self {
        let mut error = Self::new(span, format!("the key `{key}` stands twice in one map"));
        error.rule = DUPLICATE_KEY;
        error.related = Some((first, "first here".to_owned()));
        error.help("keep one of the two")
    }

    fn too_deep(span: Span) -> Self {
        Self::new(span, format!("lists and maps stand more than {MAX_DEPTH} deep inside each other"))
    }

    #[must_use]
    fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
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

#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod yaml_tests;
