//! What readers of YAML, JSON and TOML files share: the documents of a text, its settings about time with their paths,
//! values as they are written, and where a key that is missing would go. Knows no format of any program.

use super::marks::{self, Marks};
use super::{Deployed, Given, Import, Insert, Key, Seen, Setting, template, units};
use crate::catalog::Unit;
use crate::diag::{Diagnostic, Severity};
use crate::span::{Loc, Span};
use crate::syntax::{self, Document, Entry, Format, Kind, Node};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// What a format has beyond its syntax.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// How expressions of the format itself begin, which make no template of a file: `${{`, `{{resolve:`.
    pub own: &'static [&'static str],
    /// Why a value cannot be known, such as "a secret".
    pub hides: fn(&str) -> Option<String>,
}

impl Dialect {
    /// A format without expressions.
    pub const PLAIN: Self = Self { own: &[], hides: |_| None };
}

/// A text that is a tree. It stays beside the documents that are read from it.
#[derive(Debug)]
pub struct Tree<'t> {
    given: Given<'t>,
    format: Format,
    dialect: Dialect,
    marks: Marks,
    /// The text without the template expressions that keep it from being read.
    masked: String,
}

/// One step on the way to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'n> {
    Key(&'n str),
    Index(usize),
}

/// A value under a key, and what encloses it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p, 'n> {
    /// From the root to the map that holds the key.
    pub path: &'p [Step<'n>],
    pub key: &'n str,
    pub value: &'n Node<'n>,
}

/// How a format writes durations.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub unit: Unit,
    /// "a whole number of milliseconds", as a message puts it.
    pub what: &'static str,
    pub read: fn(&str) -> Option<Seen>,
}

/// A number of seconds, perhaps with a fraction.
pub const SECONDS: Form =
    Form { unit: Unit::Seconds, what: "a number of seconds", read: |t| units::parse(Unit::Seconds, t).map(Seen::Time) };
pub const MILLIS: Form = Form {
    unit: Unit::Millis,
    what: "a number of milliseconds",
    read: |t| units::parse(Unit::Millis, t).map(Seen::Time),
};
/// As Go's `time.ParseDuration` reads it: `1m30s`, `500ms`. Istio and Gateway API take the same words.
pub const GO: Form = Form {
    unit: Unit::Go,
    what: "a duration such as 90s or 1m30s",
    read: |t| units::parse(Unit::Go, t).map(Seen::Time),
};
/// As Protocol Buffers write durations in JSON: `3.5s`, and no other unit.
pub const PROTOBUF: Form = Form {
    unit: Unit::Protobuf,
    what: "a duration in seconds such as 90s",
    read: |t| units::parse(Unit::Protobuf, t).map(Seen::Time),
};

impl<'t> Tree<'t> {
    /// The format is what the name ends in, else what the text begins like.
    pub fn new(given: &Given<'t>, dialect: Dialect) -> Self {
        let by_name = Format::from_path(Path::new(given.path));
        let by_text = || if given.text.trim_start().starts_with('{') { Format::Json } else { Format::Yaml };
        Self::of(given, by_name.unwrap_or_else(by_text), dialect)
    }

    pub fn of(given: &Given<'t>, format: Format, dialect: Dialect) -> Self {
        let marks = Marks::of(given.text, dialect.own);
        let masked = if marks.is_empty() { String::new() } else { marks.mask(given.text, format) };
        Self { given: *given, format, dialect, marks, masked }
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    pub const fn text(&self) -> &'t str {
        self.given.text
    }

    /// Every document of the text. Errors, comments and the note about a template go to `out`.
    pub fn documents(&self, out: &mut Import) -> Vec<Document<'_>> {
        let mut documents = syntax::parse_documents(self.given.text, self.format);
        let broken = documents.iter().any(|d| d.parsed.errors.iter().any(|e| e.rule == syntax::SYNTAX));
        if broken && !self.marks.is_empty() {
            documents = syntax::parse_documents(&self.masked, self.format);
        }
        let comments: Vec<Span> = documents.iter().flat_map(|d| d.parsed.comments.iter().copied()).collect();
        out.comments.extend(comments.iter().map(|span| self.loc(*span)));
        let mark = if self.marks.is_empty() { None } else { self.template_mark(&documents, &comments, broken) };
        if let Some(mark) = mark {
            template::tell(&self.given, mark, out);
            return documents;
        }
        for error in documents.iter().flat_map(|d| &d.parsed.errors) {
            // Other programs take equal keys, each in its way; nothing is broken by them.
            let severity = if error.rule == syntax::SYNTAX { Severity::Error } else { Severity::Warning };
            let mut problem = Diagnostic::new(error.rule, severity, &error.message).label(self.loc(error.span), "");
            if let Some((span, label)) = &error.related {
                problem = problem.label(self.loc(*span), label.clone());
            }
            problem.help.clone_from(&error.help);
            out.problems.push(problem);
        }
        documents
    }

    /// The first mark that makes the text a template: outside of comments and of prose that merely quotes one.
    fn template_mark(&self, documents: &[Document<'_>], comments: &[Span], broken: bool) -> Option<Span> {
        let mut prose = Vec::new();
        for root in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            self.collect_prose(root, &mut prose);
        }
        prose.sort_unstable();
        let inside = |spans: &[Span], mark: Span| {
            let after = spans.partition_point(|span| span.start <= mark.start);
            spans[..after].last().is_some_and(|span| mark.start < span.end)
        };
        let counts = |mark: Span| !inside(comments, mark) && !inside(&prose, mark);
        let outside_comments = || self.marks.first(|mark| broken && !inside(comments, mark));
        self.marks.first(counts).or_else(outside_comments)
    }

    /// Quoted text and block text that holds more than an expression.
    fn collect_prose(&self, node: &Node<'_>, prose: &mut Vec<Span>) {
        match &node.kind {
            Kind::Str(_) => {
                let source = node.source(self.given.text);
                let quoted = source.starts_with(['"', '\'']);
                let place = self.inner(node);
                let is_prose = if quoted {
                    !self.marks.are_all_of(place, self.given.text)
                } else {
                    self.marks.stand_in_prose(place, self.given.text)
                };
                if source.starts_with(['|', '>']) || is_prose {
                    prose.push(node.def.unwrap_or(node.span));
                }
            }
            Kind::Seq(items) => items.iter().for_each(|item| self.collect_prose(item, prose)),
            Kind::Map(entries) => entries.iter().for_each(|entry| self.collect_prose(&entry.value, prose)),
            Kind::Tagged(tagged) => self.collect_prose(&tagged.value, prose),
            _ => {}
        }
    }

    /// Keeps every setting for which `is_time` holds, as it stands. Values that are no scalars are gone through.
    pub fn settings<'n>(&self, root: &'n Node<'n>, out: &mut Import, mut is_time: impl FnMut(&Place<'_, 'n>) -> bool) {
        let mut path = Vec::new();
        walk(root, &mut path, &mut |place| {
            if is_time(place) && !matches!(place.value.kind, Kind::Null | Kind::Seq(_) | Kind::Map(_)) {
                self.setting(out, place.key, place.value, &shown(place.path, place.key));
            }
        });
    }

    /// Keeps one setting as it stands.
    pub fn setting(&self, out: &mut Import, option: &str, value: &Node<'_>, context: &str) {
        let at = self.inner(value);
        out.settings.push(Setting {
            option: option.to_owned(),
            value: at.text(self.given.text).to_owned(),
            at: self.loc(at),
            context: context.to_owned(),
            plain: self.hidden(value).is_none(),
        });
    }

    /// States a timer of a hop as an entry sets it. An entry without a value states nothing.
    pub fn time(&self, hop: &mut Deployed, timer: &str, entry: &Entry<'_>, form: Form) {
        if let Some(seen) = self.seen(&entry.value, form) {
            hop.set(timer, self.loc(entry.key.span), self.value_loc(&entry.value), seen, form.unit);
        }
    }

    /// A duration, or why it cannot be known; none where nothing stands.
    pub fn seen(&self, value: &Node<'_>, form: Form) -> Option<Seen> {
        if value.kind == Kind::Null {
            return None;
        }
        if let Some(why) = self.hidden(value) {
            return Some(Seen::Hidden(why));
        }
        let read = self.scalar(value).and_then(|text| (form.read)(text.trim()));
        Some(read.unwrap_or_else(|| {
            let found = crate::text::clip(value.source(self.given.text));
            Seen::Hidden(format!("`{found}`, which is not {}", form.what))
        }))
    }

    /// A scalar as it is written, without quotes, however its format types it. None for an expression.
    pub fn scalar<'n>(&'n self, value: &'n Node<'n>) -> Option<Cow<'n, str>> {
        if self.hidden(value).is_some() { None } else { value.written(self.given.text) }
    }

    /// A text as its format reads it. None for anything else and for an expression.
    pub fn word<'n>(&self, value: &'n Node<'_>) -> Option<&'n str> {
        value.as_str().filter(|_| self.hidden(value).is_none())
    }

    /// A whole number.
    pub fn count(&self, value: &Node<'_>) -> Option<u32> {
        self.scalar(value)?.parse().ok()
    }

    /// Why a value is no whole number.
    pub fn uncounted(&self, value: &Node<'_>) -> String {
        let found = || crate::text::clip(value.source(self.given.text));
        self.hidden(value).unwrap_or_else(|| format!("`{}`, which is no whole number", found()))
    }

    /// Why a value cannot be known, as a thing that it depends on: a tag, a template, an expression.
    pub fn hidden(&self, value: &Node<'_>) -> Option<String> {
        match &value.kind {
            Kind::Tagged(tagged) => Some(format!("the tag `{}`", tagged.tag)),
            Kind::Seq(_) | Kind::Map(_) | Kind::Null => None,
            _ => {
                let place = self.inner(value);
                let text = place.text(self.given.text);
                let branch = || self.marks.branch(place).map(|decides| decides.text(self.given.text));
                let decided =
                    || branch().map(|by| format!("the condition `{}` of the template", crate::text::clip(by)));
                marks::expression(text).or_else(|| (self.dialect.hides)(text)).or_else(decided)
            }
        }
    }

    pub const fn loc(&self, span: Span) -> Loc {
        self.given.loc(span)
    }

    /// Of a whole node; behind an alias, of the text that it stands for.
    pub fn node_loc(&self, node: &Node<'_>) -> Loc {
        self.loc(node.def.unwrap_or(node.span))
    }

    /// Of a scalar without its quotes.
    pub fn value_loc(&self, value: &Node<'_>) -> Loc {
        self.loc(self.inner(value))
    }

    fn inner(&self, value: &Node<'_>) -> Span {
        let span = value.def.unwrap_or(value.span);
        if !matches!(value.kind, Kind::Str(_)) {
            return span;
        }
        let text = span.text(self.given.text);
        for quote in ["\"\"\"", "'''", "\"", "'"] {
            let inside = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
            if let Some(inside) = inside {
                let start = span.start as usize + quote.len();
                return Span::of(start..start + inside.len());
            }
        }
        let content = match text.split_once('\n') {
            Some((_, content)) if text.starts_with(['|', '>']) => content.trim(),
            _ => return span,
        };
        let start = span.start as usize + (content.as_ptr() as usize - text.as_ptr() as usize);
        Span::of(start..start + content.len())
    }

    /// Where keys would be added to a map: after the last of its own entries, written as its neighbours are. `quoted`
    /// where the format wants a value as text. None where the map stands elsewhere, behind an alias.
    pub fn insert(&self, map: &Node<'_>, keys: &'static [Key], quoted: bool) -> Option<Insert> {
        let Kind::Map(entries) = &map.kind else { return None };
        if map.def.is_some() {
            return None;
        }
        let text = self.given.text;
        let source = map.span.text(text);
        let place = |at: usize, before: String, between, after| {
            Some(Insert { at: self.loc(Span::of(at..at)), before, between, after, keys })
        };
        let own = |e: &&Entry<'_>| e.value.def.is_none() && map.span.start <= e.key.span.start;
        let last = entries.iter().filter(own).max_by_key(|e| e.key.span.start);
        if source.starts_with('{') {
            let brace = map.span.start as usize + 1;
            let json = self.format == Format::Json;
            let open = if json { "\"" } else { "" };
            let (between, after) = match (self.format, quoted) {
                (Format::Json, true) => ("\": \"", "\""),
                (Format::Json, false) => ("\": ", ""),
                (Format::Yaml, true) => (": \"", "\""),
                (Format::Yaml, false) => (": ", ""),
                (Format::Toml, true) => (" = \"", "\""),
                (Format::Toml, false) => (" = ", ""),
            };
            let Some(last) = last else { return place(brace, open.to_owned(), between, after) };
            let lead = &text[line_start(text, last.key.span.start as usize)..last.key.span.start as usize];
            let alone = lead.trim().is_empty() && source.contains('\n');
            let gap = if alone { format!("\n{lead}") } else { " ".to_owned() };
            return place(last.value.span.end as usize, format!(",{gap}{open}"), between, after);
        }
        let fits = |e: &&Entry<'_>| self.format != Format::Toml || self.is_toml_line(e);
        let among = |wanted: &dyn Fn(&Entry<'_>) -> bool| {
            entries.iter().filter(own).filter(fits).filter(|e| wanted(e)).max_by_key(|e| e.key.span.start)
        };
        let is_line = |e: &Entry<'_>| !e.value.span.text(text).contains('\n');
        let is_kin = |e: &Entry<'_>| is_line(e) && keys.iter().any(|key| key.key == e.key.text);
        let is_scalar = |e: &Entry<'_>| is_line(e) && !matches!(e.value.kind, Kind::Seq(_) | Kind::Map(_));
        let last = among(&is_kin).or_else(|| among(&is_scalar)).or_else(|| among(&|_| true))?;
        let (start, end) = (last.key.span.start as usize, last.value.span.end as usize);
        // A key may follow a dash on its line.
        let indent: String =
            text[line_start(text, start)..start].chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
        let line_end = text[end..].find('\n').map_or(text.len(), |n| end + n);
        let line_end = end + text[end..line_end].trim_end_matches('\r').len();
        // The line's own end; on the last line that of the line above.
        let above = line_start(text, line_end);
        let crlf =
            text[line_end..].starts_with("\r\n") || text[line_end..].is_empty() && text[..above].ends_with("\r\n");
        let newline = if crlf { "\r\n" } else { "\n" };
        let (between, after) = match (self.format, quoted) {
            (Format::Toml, true) => (" = \"", "\""),
            (Format::Toml, false) => (" = ", ""),
            (_, true) => (": \"", "\""),
            (_, false) => (": ", ""),
        };
        place(line_end, format!("{newline}{indent}"), between, after)
    }

    /// As [`Self::insert`], in the map at the end of a path of keys. Maps that are not there yet are written before the
    /// key, in YAML's block style; in the other styles there is no place then.
    pub fn insert_under(&self, map: &Node<'_>, path: &[&str], keys: &'static [Key], quoted: bool) -> Option<Insert> {
        let mut map = map;
        let mut left = path;
        while let Some((key, rest)) = left.split_first() {
            let found = entries(map).iter().find(|e| e.key.text.eq_ignore_ascii_case(key));
            match found.map(|e| &e.value).filter(|value| matches!(value.kind, Kind::Map(_))) {
                Some(inner) => (map, left) = (inner, rest),
                None if found.is_some() => return None,
                None => break,
            }
        }
        let mut place = self.insert(map, keys, quoted)?;
        let block = self.format == Format::Yaml && place.before.trim().is_empty();
        if !left.is_empty() && !block {
            return None;
        }
        let newline = place.before.clone();
        for (depth, key) in left.iter().enumerate() {
            place.before.push_str(key);
            place.before.push(':');
            place.before.push_str(&newline);
            place.before.push_str(&"  ".repeat(depth + 1));
        }
        Some(place)
    }

    /// `key = value` on lines of its own, with a key of one part: no table and no part of a header.
    fn is_toml_line(&self, entry: &Entry<'_>) -> bool {
        let text = self.given.text;
        let (start, end) = (entry.key.span.start as usize, entry.value.span.end as usize);
        let lead = &text[line_start(text, start)..start];
        let between = text.get(entry.key.span.end as usize..entry.value.span.start as usize).unwrap_or("[");
        lead.trim().is_empty() && between.trim() == "=" && end > start
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Calls `see` for every key of a tree, outer ones first.
fn walk<'n>(node: &'n Node<'n>, path: &mut Vec<Step<'n>>, see: &mut impl FnMut(&Place<'_, 'n>)) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                see(&Place { path, key: &entry.key.text, value: &entry.value });
                path.push(Step::Key(&entry.key.text));
                walk(&entry.value, path, see);
                path.pop();
            }
        }
        Kind::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                path.push(Step::Index(i));
                walk(item, path, see);
                path.pop();
            }
        }
        Kind::Tagged(tagged) => walk(&tagged.value, path, see),
        _ => {}
    }
}

/// A path for people: `services[0].read_timeout`.
pub fn shown(path: &[Step<'_>], key: &str) -> String {
    let mut out = String::new();
    for step in path.iter().chain([&Step::Key(key)]) {
        let simple = |key: &str| key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let _ = match step {
            Step::Index(i) => write!(out, "[{i}]"),
            Step::Key(key) if !simple(key) => write!(out, "[\"{key}\"]"),
            Step::Key(key) if out.is_empty() => write!(out, "{key}"),
            Step::Key(key) => write!(out, ".{key}"),
        };
    }
    out
}

/// The entry of a key.
pub fn entry<'n, 's>(map: &'n Node<'s>, key: &str) -> Option<&'n Entry<'s>> {
    entries(map).iter().find(|e| e.key.text == key)
}

/// The entry of a key that has several spellings.
pub fn entry_of<'n, 's>(map: &'n Node<'s>, keys: &[&str]) -> Option<&'n Entry<'s>> {
    keys.iter().find_map(|key| entry(map, key))
}

/// The value at the end of a path of keys.
pub fn at<'n, 's>(mut node: &'n Node<'s>, keys: &[&str]) -> Option<&'n Node<'s>> {
    for key in keys {
        node = node.get(key)?;
    }
    Some(node)
}

/// The entries of a map; none of anything else.
pub fn entries<'n, 's>(node: &'n Node<'s>) -> &'n [Entry<'s>] {
    match &node.kind {
        Kind::Map(entries) => entries,
        _ => &[],
    }
}

/// The items of a list; none of anything else.
pub fn items<'n, 's>(node: &'n Node<'s>) -> &'n [Node<'s>] {
    match &node.kind {
        Kind::Seq(items) => items,
        _ => &[],
    }
}

/// The items of the list under a key.
pub fn list<'n, 's>(map: &'n Node<'s>, key: &str) -> &'n [Node<'s>] {
    map.get(key).map(items).unwrap_or_default()
}
