//! What can be generated: the manifests of `templates/`, embedded or a user's own.

use crate::diag::Diagnostic;
use crate::span::FileId;
use crate::syntax::decode::{Ctx, Decode, INVALID_VALUE, one_of};
use crate::syntax::fields::Fields;
use crate::syntax::{Format, Kind, Node, parse};

/// One embedded folder of `templates/`.
pub struct Embedded {
    pub id: &'static str,
    pub manifest: &'static str,
    /// Name and text of each template.
    pub templates: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// How a language writes a comment of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    pub start: &'static str,
    /// What closes it; empty where the end of the line does.
    pub end: &'static str,
}

impl Comment {
    pub const HASH: Comment = Comment { start: "#", end: "" };
    pub const SLASHES: Comment = Comment { start: "//", end: "" };
    pub const XML: Comment = Comment { start: "<!--", end: "-->" };

    /// A line of its own. The text has been made harmless for this language before.
    pub fn line(self, text: &str) -> String {
        let space = if self.end.is_empty() { "" } else { " " };
        format!("{} {text}{space}{}", self.start, self.end)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: String,
    pub summary: String,
    /// The platforms whose hops it can write.
    pub platforms: Vec<String>,
    pub comment: Comment,
    /// The form to write where several targets write a platform and nobody chose.
    pub preferred: bool,
    pub files: Vec<TargetFile>,
    pub retries: RetryWords,
    /// A default of the first timer makes room for a longer second one that is stated.
    pub lifts: Vec<(String, String)>,
    pub within: Vec<Within>,
    /// Timers that have a place only beside repetition, and why.
    pub repeating: Vec<(String, String)>,
    /// What else a hop may state, and why it has no place here. Keys are timer ids and features.
    pub cannot: Vec<(String, String)>,
}

/// A timer that its platform takes only up to the length of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    pub timer: String,
    pub of: String,
    /// The platform shortens its own default of the first by itself.
    pub default_yields: bool,
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    pub template: String,
    /// The template's text.
    pub text: String,
    /// Where that text stands, for messages.
    pub origin: String,
    /// The file's name; `{hop}` stands for the hop.
    pub name: String,
    pub summary: String,
    pub when: When,
    /// Ids of the timers that it has a place for.
    pub timers: Vec<String>,
    /// Timers that another file of the same run writes: no note here.
    pub elsewhere: Vec<String>,
    /// Whether repetition has its place in this file.
    pub says_retries: bool,
    /// Blank lines in a row that the language's style allows.
    pub blank_lines: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    #[default]
    Always,
    /// Only the part to include.
    Part,
    /// Only as a whole file that runs.
    Full,
}

impl When {
    const NAMES: [(&'static str, When); 3] = [("always", Self::Always), ("part", Self::Part), ("full", Self::Full)];

    pub const fn applies(self, full: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Part => !full,
            Self::Full => full,
        }
    }
}

/// What a target can say of repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryWords {
    /// What its platform has settings for.
    pub native: Vec<Feature>,
    /// What the generated text itself does where the platform has no setting.
    pub own: Vec<Feature>,
    /// Of back-offs, only those that double, with full jitter, up to a longest wait have a place.
    pub doubles: bool,
    /// The timer that a window is.
    pub window_timer: Option<String>,
    /// The greatest number of attempts, and who says so.
    pub most: Option<(u64, String)>,
    /// The platform's words for each cause.
    pub causes: Vec<(String, Vec<String>)>,
    /// Causes that a word repeats after, beside those that it was chosen for.
    pub covers: Vec<(String, Vec<String>)>,
    /// What there is to say where a cause is stated.
    pub remarks: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    Attempts,
    Backoff,
    RetryAfter,
    On,
    On504,
    Window,
    Deadline,
    Fallbacks,
}

impl Feature {
    pub const NAMES: [(&'static str, Feature); 8] = [
        ("attempts", Self::Attempts),
        ("backoff", Self::Backoff),
        ("retry-after", Self::RetryAfter),
        ("on", Self::On),
        ("on-504", Self::On504),
        ("window", Self::Window),
        ("deadline", Self::Deadline),
        ("fallbacks", Self::Fallbacks),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, f)| *f == self).map_or("", |(name, _)| name)
    }
}

/// Every embedded target, by id.
pub fn all() -> Vec<Target> {
    let read = |e: &Embedded| {
        let template = |name: &str| e.templates.iter().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned());
        // A test reads each of them; a broken one can only be missing.
        decode(FileId::default(), e.id, e.manifest, &template).0
    };
    EMBEDDED.iter().filter_map(read).collect()
}

/// The comment marks of the languages that targets write.
const COMMENTS: [(&str, Comment); 3] = [("#", Comment::HASH), ("//", Comment::SLASHES), ("<!--", Comment::XML)];

/// Reads a manifest; `template` gives the text of a template by name.
pub fn decode(
    file: FileId,
    id: &str,
    manifest: &str,
    template: &dyn Fn(&str) -> Option<String>,
) -> (Option<Target>, Vec<Diagnostic>) {
    let parsed = parse(manifest, Format::Toml);
    let mut ctx = Ctx::new(file, manifest, Format::Toml, &parsed);
    let target = parsed.root.as_ref().and_then(|root| read(id, root, template, &mut ctx));
    let (problems, _) = ctx.problems();
    (target.filter(|_| problems.is_empty()), problems)
}

fn read(id: &str, root: &Node<'_>, template: &dyn Fn(&str) -> Option<String>, ctx: &mut Ctx<'_>) -> Option<Target> {
    let mut f = Fields::of(root, ctx, "a target")?;
    let summary = f.required("summary", ctx);
    let platforms = f.required("platforms", ctx);
    let comment =
        f.node("comment").and_then(|node| one_of(node, ctx, "a comment mark", &COMMENTS)).unwrap_or(Comment::HASH);
    let preferred = f.optional("preferred", ctx).unwrap_or(false);
    let files = items(f.node("file"), ctx, |node, ctx| read_file(id, node, template, ctx));
    let retries = f.node("retries").and_then(|node| read_retries(node, ctx)).unwrap_or_default();
    let lifts = entries(f.node("lifts"), ctx);
    let within = items(f.node("within"), ctx, read_within);
    let repeating = entries(f.node("repeating"), ctx);
    let cannot = entries(f.node("cannot"), ctx);
    f.finish(ctx);
    Some(Target {
        id: id.to_owned(),
        summary: summary?,
        platforms: platforms?,
        comment,
        preferred,
        files,
        retries,
        lifts,
        within,
        repeating,
        cannot,
    })
}

fn read_file(
    id: &str,
    node: &Node<'_>,
    template: &dyn Fn(&str) -> Option<String>,
    ctx: &mut Ctx<'_>,
) -> Option<TargetFile> {
    let mut f = Fields::of(node, ctx, "a file of a target")?;
    let name: Option<String> = f.required("template", ctx);
    let text = name.as_deref().and_then(|name| {
        let text = template(name);
        if let (None, Some(at)) = (&text, f.node("template")) {
            let missing =
                ctx.error(INVALID_VALUE, at.span, format!("there is no template `{name}` beside the manifest"));
            ctx.report(at, missing);
        }
        text
    });
    let blank_lines: Option<u64> = f.optional("blank-lines", ctx);
    let when = f.node("when").and_then(|n| one_of(n, ctx, "a case", &When::NAMES)).unwrap_or_default();
    let file = TargetFile {
        origin: format!("built-in template {id}/{}", name.as_deref().unwrap_or_default()),
        template: name?,
        text: text?,
        name: f.required("name", ctx)?,
        summary: f.required("summary", ctx)?,
        when,
        timers: f.required("timers", ctx)?,
        elsewhere: f.optional("elsewhere", ctx).unwrap_or_default(),
        says_retries: f.optional("retries", ctx).unwrap_or(true),
        blank_lines: blank_lines.and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
    };
    f.finish(ctx);
    Some(file)
}

fn read_within(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Within> {
    let mut f = Fields::of(node, ctx, "a bound of a target")?;
    let within = Within {
        timer: f.required("timer", ctx)?,
        of: f.required("of", ctx)?,
        default_yields: f.optional("default-yields", ctx).unwrap_or(false),
        source: f.required("source", ctx)?,
    };
    f.finish(ctx);
    Some(within)
}

fn read_retries(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<RetryWords> {
    let mut f = Fields::of(node, ctx, "the retries of a target")?;
    let features = |node: Option<&Node<'_>>, ctx: &mut Ctx<'_>| {
        items(node, ctx, |n, c| one_of(n, c, "a retry feature", &Feature::NAMES))
    };
    let native = features(f.node("native"), ctx);
    let own = features(f.node("own"), ctx);
    let most: Option<u64> = f.optional("most", ctx);
    let source: Option<String> = f.optional("most-source", ctx);
    let retries = RetryWords {
        native,
        own,
        doubles: f.optional("backoff-doubles", ctx).unwrap_or(false),
        window_timer: f.optional("window-timer", ctx),
        most: most.zip(source),
        causes: entries(f.node("causes"), ctx),
        covers: entries(f.node("covers"), ctx),
        remarks: entries(f.node("remarks"), ctx),
    };
    f.finish(ctx);
    Some(retries)
}

fn items<T>(
    node: Option<&Node<'_>>,
    ctx: &mut Ctx<'_>,
    mut read: impl FnMut(&Node<'_>, &mut Ctx<'_>) -> Option<T>,
) -> Vec<T> {
    match node.map(|n| &n.kind) {
        Some(Kind::Seq(items)) => items.iter().filter_map(|item| read(item, ctx)).collect(),
        _ => Vec::new(),
    }
}

fn entries<T: Decode>(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<(String, T)> {
    match node.map(|n| &n.kind) {
        Some(Kind::Map(entries)) => {
            entries.iter().filter_map(|e| Some((e.key.text.clone().into_owned(), T::decode(&e.value, ctx)?))).collect()
        }
        _ => Vec::new(),
    }
}

impl Target {
    /// Whether it writes hops of this platform.
    pub fn writes(&self, platform: &str) -> bool {
        self.platforms.iter().any(|p| p == platform)
    }

    pub(super) fn why_not(&self, what: &str) -> Option<&str> {
        self.cannot.iter().find(|(key, _)| key == what).map(|(_, why)| why.as_str())
    }
}
