//! Text to spanned tree, the same tree for YAML, TOML and JSON. Knows nothing of chains or platforms.
//!
//! Parsing never fails: it returns the tree of what could be read and the errors beside it.

mod alias;
pub mod apache;
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
pub mod scalar_map;
pub mod template;
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

/// So many problems of one file are shown. The others are counted.
pub const MAX_PROBLEMS: usize = 1_000;

/// So many documents are read of one YAML stream.
pub const MAX_DOCUMENTS: usize = 10_000;

/// A longer text is no file that a person wrote, and is not read.
pub const MAX_BYTES: usize = 32_000_000;

/// Where a placeholder that begins a text ends: behind `close`, on its line and not far away.
pub fn placeholder_end(text: &str, close: &str) -> Option<usize> {
    const FAR: usize = 1_000;
    let near = &text.as_bytes()[..text.len().min(FAR)];
    let line = near.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.windows(close.len()).position(|bytes| bytes == close.as_bytes()).map(|at| at + close.len())
}

/// The tree of a text, and what is wrong with it.
pub fn parse(text: &str, format: Format) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if let Some(error) = too_large(text) {
        parsed.errors.push(error);
        parsed.truncated = true;
        return parsed;
    }
    let unprintable = control::check(text);
    match format {
        Format::Yaml => yaml::parse(text, &mut parsed),
        Format::Toml => toml::parse(text, &mut parsed),
        Format::Json => json::parse(text, &mut parsed, false),
    }
    parsed.tidy(unprintable);
    parsed
}

/// All documents of a file that another program reads. The list is never empty, so that errors and comments have a
/// place; an empty document has no root or a [`Kind::Null`].
///
/// Unlike [`parse`] it takes what those programs take: several YAML documents, tags of their own ([`Kind::Tagged`]),
/// and equal keys, where an error says so and the last one stays. A broken document keeps what stands before the
/// error, and the documents after it are read all the same.
pub fn parse_documents(text: &str, format: Format) -> Vec<Document<'_>> {
    if let Some(error) = too_large(text) {
        let parsed = Parsed { errors: vec![error], truncated: true, ..Parsed::default() };
        return vec![Document { span: Span::default(), parsed }];
    }
    let parts = match format {
        Format::Yaml => yaml::documents(text),
        Format::Toml | Format::Json => {
            let mut parsed = Parsed::default();
            match format {
                Format::Toml => toml::parse(text, &mut parsed),
                _ => json::parse(text, &mut parsed, true),
            }
            vec![(0, parsed)]
        }
    };
    let mut unprintable = control::check(text);
    let mut errors = MAX_ERRORS;
    let ends: Vec<u32> = parts.iter().skip(1).map(|(start, _)| *start).chain([Span::of(0..text.len()).end]).collect();
    let mut documents = Vec::with_capacity(parts.len());
    for ((start, mut parsed), end) in parts.into_iter().zip(ends) {
        let later = unprintable.partition_point(|e| e.span.start < end);
        let later = unprintable.split_off(later);
        parsed.tidy(std::mem::replace(&mut unprintable, later));
        parsed.errors.truncate(errors);
        errors -= parsed.errors.len();
        documents.push(Document { span: Span::new(start, end), parsed });
    }
    documents
}

/// One document of a file.
#[derive(Debug)]
pub struct Document<'s> {
    /// From its `---`, or the start of the file, to the next document.
    pub span: Span,
    pub parsed: Parsed<'s>,
}

fn too_large(text: &str) -> Option<SyntaxError> {
    let (size, limit) = (text.len() / 1_000_000, MAX_BYTES / 1_000_000);
    let message = format!("{size} MB is larger than the limit of {limit} MB");
    (text.len() > MAX_BYTES).then(|| SyntaxError::new(Span::default(), message).help("split the file"))
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

impl Parsed<'_> {
    fn tidy(&mut self, unprintable: Vec<SyntaxError>) {
        control::merge(unprintable, &mut self.errors);
        self.errors.sort_by_key(|e| e.span);
        self.errors.truncate(MAX_ERRORS);
        if !self.comments.is_sorted() {
            self.comments.sort_unstable();
        }
    }
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
    /// A value under a tag that the program which reads it understands, as `!Ref Name`. Never from [`parse`].
    Tagged(Box<Tagged<'s>>),
}

/// Its node starts at the tag. A tag is no level of depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged<'s> {
    /// As written: `!Ref`.
    pub tag: &'s str,
    pub value: Node<'s>,
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
            Self::Tagged(_) => "a value with a tag",
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

    /// The tag and the value under it.
    pub fn as_tagged(&self) -> Option<(&'s str, &Node<'s>)> {
        match &self.kind {
            Kind::Tagged(tagged) => Some((tagged.tag, &tagged.value)),
            _ => None,
        }
    }

    /// Its text as it stands in the file, where an alias or merge key brought it in from elsewhere too.
    pub fn source<'t>(&self, file: &'t str) -> &'t str {
        self.def.unwrap_or(self.span).text(file)
    }

    /// What a scalar says, without quotes: text by its value, numbers and truth values as they are written, so
    /// `0x10`, `1_000` and `60.0` stay apart from `16`, `1000` and `60`.
    pub fn written<'n>(&'n self, file: &'n str) -> Option<Cow<'n, str>> {
        let word = || {
            let source = self.source(file);
            let plain =
                source.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_' | b':'));
            plain.then_some(source)
        };
        match &self.kind {
            Kind::Str(text) => Some(Cow::Borrowed(text)),
            Kind::Num(text) => Some(Cow::Borrowed(word().unwrap_or(text))),
            Kind::Int(n) => Some(word().map_or_else(|| n.to_string().into(), Cow::Borrowed)),
            Kind::Bool(b) => Some(word().map_or_else(|| b.to_string().into(), Cow::Borrowed)),
            Kind::Null | Kind::Seq(_) | Kind::Map(_) | Kind::Tagged(_) => None,
        }
    }
}

#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod yaml_tests;
