//! What hoplint has to say, as plain data. No rendering, no file contents, no rule logic.

use crate::span::{Loc, Span};
use crate::text::grouped;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Note,
    Warning,
    Error,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding. The first label is the primary one: where the finding is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's name, or `syntax` and its kind for a file that cannot be read as a chain.
    pub rule: &'static str,
    pub severity: Severity,
    /// One line: what is wrong, with both values.
    pub message: String,
    pub labels: Vec<Label>,
    /// What the caller will see, where numbers come from, costs folded in. One sentence each.
    pub notes: Vec<String>,
    /// The value or change that repairs it.
    pub help: Option<String>,
    pub chain: Option<String>,
    /// The hop that must change or that fires.
    pub hop: Option<String>,
    pub related_hops: Vec<String>,
    pub fixes: Vec<Fix>,
    pub cost: Option<Cost>,
}

/// What one request of a user costs at worst where the finding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Calls of the provider.
    pub calls: u64,
    /// There can be more, and nobody knows how many.
    pub at_least: bool,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// With prompt caching, in hundredths of a percent of the input of one request.
    pub cached_input: Option<Bounds>,
    /// The same in tokens at the full price.
    pub cached_input_tokens: Option<Bounds>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub best: u64,
    pub worst: u64,
}

impl Diagnostic {
    pub fn new(rule: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            chain: None,
            hop: None,
            related_hops: Vec::new(),
            fixes: Vec::new(),
            cost: None,
        }
    }

    #[must_use]
    pub fn label(mut self, loc: Loc, text: impl Into<String>) -> Self {
        self.labels.push(Label { loc, text: text.into() });
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// One finding in place of `more` that nobody would read one by one, of which this is the first.
    #[must_use]
    pub fn and_more(mut self, more: usize) -> Self {
        self.message = if more == 1 {
            "1 more problem of this file is not shown".to_owned()
        } else {
            format!("{} more problems of this file are not shown", grouped(more as u64))
        };
        self.labels.truncate(1);
        self.labels.iter_mut().for_each(|label| "the first of them".clone_into(&mut label.text));
        (self.notes, self.fixes) = (Vec::new(), Vec::new());
        self.help("repair the ones that are shown first")
    }

    /// Where the finding is reported.
    pub fn primary(&self) -> Option<Loc> {
        self.labels.first().map(|label| label.loc)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub loc: Loc,
    /// May be empty: then the place alone is shown.
    pub text: String,
}

/// How much a fix may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    /// Changes no timer's value: spelling, units, removing what has no effect.
    Safe,
    /// Changes what a running system does; every change of a timeout value is one.
    Unsafe,
    /// Shown, never applied: it needs an answer from a person.
    Display,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub applicability: Applicability,
    pub edits: Vec<Edit>,
}

/// Replaces a byte range of a file. An empty range inserts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub loc: Loc,
    pub text: String,
}

impl Edit {
    pub fn insert(file: crate::span::FileId, at: u32, text: impl Into<String>) -> Self {
        Self { loc: Loc::new(file, Span::at(at)), text: text.into() }
    }
}

/// A rule that could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    pub rule: &'static str,
    pub chain: String,
    pub hop: String,
    pub why: String,
}
