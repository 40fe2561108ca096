//! From the tree to values. Every problem of a file is reported, not only the first: a value that cannot be read
//! is missing in the result, and its neighbours are read all the same.

use super::{Format, Kind, MAX_PROBLEMS, Node, Parsed, quote};
use crate::diag::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::span::{FileId, Loc, Span};
use crate::text;
use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

pub const UNKNOWN_KEY: &str = "unknown-key";
pub const INVALID_VALUE: &str = "invalid-value";
pub const MISSING_KEY: &str = "missing-key";

/// Reads a value from a node. `None` means that it is reported in `ctx`.
pub trait Decode: Sized {
    /// What a file has to say here, as a message puts it: "a duration such as 90s".
    const WHAT: &'static str;

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self>;
}

/// One file while it is decoded, and what is wrong with it.
pub struct Ctx<'s> {
    pub file: FileId,
    pub text: &'s str,
    pub format: Format,
    /// At most [`MAX_PROBLEMS`], and what stands for those beyond.
    pub diagnostics: Vec<Diagnostic>,
    /// A part of the file could not be read, so a key that is missing may stand there.
    truncated: bool,
    /// Where the parser has already said what is wrong.
    blamed: HashSet<u32>,
    /// An anchored value is decoded once for each use; its problems are told once.
    told: HashSet<(&'static str, Span, String)>,
    /// The first problem beyond those that are shown, and every one by a hash of its rule and place.
    beyond: Option<Diagnostic>,
    not_shown: HashSet<u64>,
}

impl<'s> Ctx<'s> {
    /// Starts with the errors of the parser.
    pub fn new(file: FileId, text: &'s str, format: Format, parsed: &Parsed<'_>) -> Self {
        let mut ctx = Self {
            file,
            text,
            format,
            diagnostics: Vec::new(),
            truncated: parsed.truncated,
            blamed: parsed.errors.iter().map(|error| error.span.start).collect(),
            told: HashSet::new(),
            beyond: None,
            not_shown: HashSet::new(),
        };
        for error in &parsed.errors {
            let mut diagnostic = ctx.error(error.rule, error.span, error.message.clone());
            if let Some((span, label)) = &error.related {
                diagnostic = diagnostic.label(ctx.loc(*span), label.clone());
            }
            diagnostic.help.clone_from(&error.help);
            ctx.diagnostics.push(diagnostic);
        }
        ctx
    }

    pub const fn loc(&self, span: Span) -> Loc {
        Loc::new(self.file, span)
    }

    /// An error at a place, not yet reported.
    pub fn error(&self, rule: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(rule, Severity::Error, message).label(self.loc(span), "")
    }

    /// Reports a problem of a node, with the place of its text if that is elsewhere.
    pub fn report(&mut self, node: &Node<'_>, mut diagnostic: Diagnostic) {
        // Nothing stands here because the parser could not read what does.
        if node.kind == Kind::Null && self.blamed.contains(&node.span.start) {
            return;
        }
        let origin = node.def.unwrap_or(node.span);
        if node.def.is_some() {
            diagnostic = diagnostic.label(self.loc(origin), "this is its text");
        }
        self.report_at(origin, diagnostic);
    }

    /// Reports a problem whose text stands at `origin`.
    pub fn report_at(&mut self, origin: Span, diagnostic: Diagnostic) {
        let told = (diagnostic.rule, origin, diagnostic.message.clone());
        if !self.is_full() {
            if self.told.insert(told) {
                self.diagnostics.push(diagnostic);
            }
        } else if !self.told.contains(&told) {
            let mut hasher = DefaultHasher::new();
            (diagnostic.rule, origin).hash(&mut hasher);
            self.not_shown.insert(hasher.finish());
            self.beyond.get_or_insert(diagnostic);
        }
    }

    /// What is reported from now on is counted and not shown, so that its words need no care.
    pub const fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_PROBLEMS
    }

    /// Every problem, and how many the last one stands for.
    pub fn problems(mut self) -> (Vec<Diagnostic>, usize) {
        let more = self.not_shown.len();
        self.diagnostics.extend(self.beyond.map(|first| first.and_more(more)));
        (self.diagnostics, more)
    }

    /// Reports that a value cannot be used.
    pub fn invalid(&mut self, node: &Node<'_>, message: impl Into<String>) {
        let diagnostic = self.error(INVALID_VALUE, node.span, message);
        self.report(node, diagnostic);
    }

    /// Reports a value of the wrong kind.
    pub fn expected(&mut self, what: &str, node: &Node<'_>) {
        let message = format!("expected {what}, found {}", self.found(node));
        self.invalid(node, message);
    }

    /// A value as a message shows it: "the number 90", "a list".
    pub fn found(&self, node: &Node<'_>) -> String {
        match &node.kind {
            Kind::Str(value) => format!("the text `{}`", text::clip(value)),
            Kind::Int(_) | Kind::Num(_) => format!("the number {}", text::clip(self.source(node))),
            Kind::Bool(value) => value.to_string(),
            other => other.what().to_owned(),
        }
    }

    /// The text of a node as it stands in the file.
    pub fn source(&self, node: &Node<'_>) -> &'s str {
        node.def.unwrap_or(node.span).text(self.text)
    }

    /// A fix that writes another text in the place of a scalar; none where an alias stands for it.
    pub fn rewrite(&self, node: &Node<'_>, to: &str, applicability: Applicability) -> Option<Fix> {
        if node.def.is_some() {
            return None;
        }
        let source = quote::text_like(self.format, self.source(node), to);
        Some(self.replace(node, format!("write {source}"), source, applicability))
    }

    fn replace(&self, node: &Node<'_>, title: String, source: String, applicability: Applicability) -> Fix {
        Fix { title, applicability, edits: vec![Edit { loc: self.loc(node.span), text: source }] }
    }

    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// A value with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T: Decode> Decode for Spanned<T> {
    const WHAT: &'static str = T::WHAT;

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        T::decode(node, ctx).map(|value| Self { value, span: node.span })
    }
}

impl Decode for String {
    const WHAT: &'static str = "text";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        if let Kind::Str(value) = &node.kind {
            return Some(value.clone().into_owned());
        }
        let message = format!("expected text, found {}", ctx.found(node));
        let mut diagnostic = ctx.error(INVALID_VALUE, node.span, message);
        if matches!(node.kind, Kind::Int(_) | Kind::Num(_) | Kind::Bool(_)) {
            let quoted = format!("\"{}\"", ctx.source(node));
            diagnostic = diagnostic.help(format!("put it in quotes: {quoted}"));
            if node.def.is_none() {
                diagnostic = diagnostic.fix(ctx.replace(node, format!("write {quoted}"), quoted, Applicability::Safe));
            }
        }
        ctx.report(node, diagnostic);
        None
    }
}

impl Decode for Cow<'static, str> {
    const WHAT: &'static str = String::WHAT;

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        String::decode(node, ctx).map(Cow::Owned)
    }
}

/// Text that may look like a number or a truth value, as versions do: `1.27` is taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain(pub String);

impl Decode for Plain {
    const WHAT: &'static str = "text or a number";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Str(value) => Some(Self(value.clone().into_owned())),
            Kind::Int(_) | Kind::Num(_) | Kind::Bool(_) => Some(Self(ctx.source(node).to_owned())),
            _ => {
                ctx.expected(Self::WHAT, node);
                None
            }
        }
    }
}

impl Decode for bool {
    const WHAT: &'static str = "true or false";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        if let Kind::Bool(value) = node.kind {
            return Some(value);
        }
        let message = format!("expected {}, found {}", Self::WHAT, ctx.found(node));
        let mut diagnostic = ctx.error(INVALID_VALUE, node.span, message);
        let meant = node.as_str().and_then(|word| match word.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => Some("true"),
            "no" | "off" | "n" | "false" => Some("false"),
            _ => None,
        });
        if let Some(meant) = meant {
            diagnostic = diagnostic.help(format!("write {meant}"));
            if node.def.is_none() {
                let fix = ctx.replace(node, format!("write {meant}"), meant.to_owned(), Applicability::Safe);
                diagnostic = diagnostic.fix(fix);
            }
        }
        ctx.report(node, diagnostic);
        None
    }
}

impl Decode for u64 {
    const WHAT: &'static str = "a whole number of zero or more";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let value = match &node.kind {
            Kind::Int(n) => Self::try_from(*n).ok(),
            Kind::Num(text) => text.parse().ok(),
            _ => None,
        };
        if value.is_none() {
            ctx.expected(Self::WHAT, node);
        }
        value
    }
}

impl Decode for f64 {
    const WHAT: &'static str = "a number";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let value = match &node.kind {
            // A ratio has few digits; one with more than 53 bits is no ratio.
            #[allow(clippy::cast_precision_loss)]
            Kind::Int(n) => Some(*n as Self),
            Kind::Num(text) => text.parse().ok().filter(|n: &Self| n.is_finite()),
            _ => None,
        };
        if value.is_none() {
            ctx.expected(Self::WHAT, node);
        }
        value
    }
}

/// Items that cannot be read are reported and left out.
impl<T: Decode> Decode for Vec<T> {
    const WHAT: &'static str = "a list";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let Kind::Seq(items) = &node.kind else {
            ctx.expected(Self::WHAT, node);
            return None;
        };
        Some(items.iter().filter_map(|item| T::decode(item, ctx)).collect())
    }
}

/// One word of a fixed list.
pub fn one_of<T: Clone>(node: &Node<'_>, ctx: &mut Ctx<'_>, what: &str, words: &[(&str, T)]) -> Option<T> {
    let Some(value) = node.as_str() else {
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        ctx.expected(&format!("{what} ({})", text::list(&known, "or")), node);
        return None;
    };
    if let Some((_, found)) = words.iter().find(|(word, _)| *word == value) {
        return Some(found.clone());
    }
    let message = format!("`{}` is not {what}", text::clip(value));
    let diagnostic = ctx.error(INVALID_VALUE, node.span, message);
    let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    let diagnostic = suggest(diagnostic, value, &known, |to, how| ctx.rewrite(node, to, how));
    ctx.report(node, diagnostic);
    None
}

/// Adds the word that was probably meant, or all words there are.
pub(crate) fn suggest(
    diagnostic: Diagnostic,
    word: &str,
    known: &[&str],
    fix: impl FnOnce(&str, Applicability) -> Option<Fix>,
) -> Diagnostic {
    let Some(near) = text::nearest(word, known.iter().copied()) else {
        return match known {
            [] => diagnostic,
            _ => diagnostic.help(format!("known here: {}", known.join(", "))),
        };
    };
    let how = if text::same_word(word, near) { Applicability::Safe } else { Applicability::Display };
    let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    match fix(near, how) {
        Some(fix) => diagnostic.fix(fix),
        None => diagnostic,
    }
}
