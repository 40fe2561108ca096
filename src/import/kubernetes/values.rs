//! Values of objects as timers of a hop, and what is wrong with them.

use super::objects::Cluster;
use crate::catalog::{Cause, Unit};
use crate::diag::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::import::tree::{self, Form, Tree, entry};
use crate::import::{Deployed, Import, Insert, Key, Seen, Setting, units};
use crate::span::{Loc, Located, Span};
use crate::syntax::decode::INVALID_VALUE;
use crate::syntax::{Entry, Format, Kind, Node};
use crate::text::clip;
use std::borrow::Cow;

/// A field of an object that is a timer.
#[derive(Clone, Copy)]
pub struct Field {
    /// From the node that holds the fields.
    pub path: &'static [&'static str],
    /// As the platform file names it.
    pub timer: &'static str,
    pub form: Form,
}

pub const fn field(path: &'static [&'static str], timer: &'static str, form: Form) -> Field {
    Field { path, timer, form }
}

/// A whole number of seconds and nothing else.
pub const WHOLE_SECONDS: Form = Form {
    unit: Unit::Seconds,
    what: "a whole number of seconds without a unit",
    read: |t| if t.bytes().all(|b| b.is_ascii_digit()) { (tree::SECONDS.read)(t) } else { None },
};
/// As Gateway API limits Go's durations: no fractions, no other units than these.
pub const GATEWAY: Form = Form {
    unit: Unit::Go,
    what: "a duration such as 90s, 1m30s or 500ms (h, m, s and ms, no fractions)",
    read: |t| {
        let fits = t.len() > 1 && t.bytes().all(|b| b.is_ascii_digit() || b"hms".contains(&b));
        if fits { (tree::GO.read)(t) } else { None }
    },
};
/// As nginx writes time: `60`, `60s`, `1h 30m`.
pub const NGINX: Form =
    Form { unit: Unit::Text, what: "a time of nginx such as 60s", read: |t| nginx(t).map(Seen::Time) };
/// As `HAProxy` writes time: a number without a unit is of milliseconds.
pub const HAPROXY: Form =
    Form { unit: Unit::Text, what: "a time of HAProxy such as 60s", read: |t| haproxy(t).map(Seen::Time) };

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;
const DAY: u64 = 86_400 * SECOND;

fn nginx(text: &str) -> Option<crate::duration::Dur> {
    let joined: String = text.split_whitespace().collect();
    units::decimal(&joined, SECOND).filter(|_| !joined.contains('.')).or_else(|| {
        let names = [("ms", MILLI), ("s", SECOND), ("m", 60 * SECOND), ("h", 3_600 * SECOND), ("d", DAY)];
        let more = [("w", 7 * DAY), ("M", 30 * DAY), ("y", 365 * DAY)];
        units::suffixed(&joined, &[&names[..], &more[..]].concat()).filter(|_| !joined.contains('.'))
    })
}

fn haproxy(text: &str) -> Option<crate::duration::Dur> {
    let names = [("us", 1_000), ("ms", MILLI), ("s", SECOND), ("m", 60 * SECOND), ("h", 3_600 * SECOND), ("d", DAY)];
    let whole = |text: &str| !text.contains(['.', '+']);
    units::decimal(text, MILLI).or_else(|| units::suffixed(text, &names)).filter(|_| whole(text))
}

/// Who refuses a value that is wrong, and what happens then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The object is not taken.
    Refused,
    /// The object is taken and the value counts for nothing.
    Ignored(&'static str),
}

/// States the timers of a hop that a node sets.
pub fn state(cluster: &Cluster<'_>, hop: &mut Deployed, node: &Node<'_>, fields: &[Field], out: &mut Import) {
    for field in fields {
        if let Some(entry) = entry_at(node, field.path) {
            time(cluster.tree, hop, entry, field.timer, field.form, Wrong::Refused, out);
        }
    }
}

pub fn entry_at<'n>(mut node: &'n Node<'n>, path: &[&str]) -> Option<&'n Entry<'n>> {
    let (last, parents) = path.split_last()?;
    for key in parents {
        node = node.get(key)?;
    }
    entry(node, last)
}

/// States one timer. A value that nobody can read is told and not stated: the platform does not take it either.
pub fn time(
    tree: &Tree<'_>,
    hop: &mut Deployed,
    entry: &Entry<'_>,
    timer: &str,
    form: Form,
    wrong: Wrong,
    out: &mut Import,
) {
    let Some(seen) = tree.seen(&entry.value, form) else { return };
    let known = tree.hidden(&entry.value).is_some() || !matches!(seen, Seen::Hidden(_));
    if known {
        hop.set(timer, tree.loc(entry.key.span), tree.value_loc(&entry.value), seen, form.unit);
        return;
    }
    let at = tree.value_loc(&entry.value);
    // A word where a time is wanted is not found by its look.
    if out.settings.iter().all(|setting| setting.at != at) {
        let (option, value) = (entry.key.text.to_string(), at.span.text(tree.text()).to_owned());
        out.settings.push(Setting { option, value, at, context: hop.selector.clone(), plain: true });
    }
    let shown = match tree.scalar(&entry.value) {
        Some(text) if text.is_empty() => "empty".to_owned(),
        Some(text) => format!("`{}`", clip(&text)),
        None => entry.value.kind.what().to_owned(),
    };
    let message = format!("`{}` is {shown}, which is not {}", named(entry), form.what);
    let (severity, help) = match wrong {
        Wrong::Refused => (Severity::Error, format!("write {}: the object is refused as it is", form.what)),
        Wrong::Ignored(then) => (Severity::Warning, format!("write {}: {then}", form.what)),
    };
    out.problems.push(Diagnostic::new(INVALID_VALUE, severity, message).label(at, "").help(help));
}

/// A key as messages name it. Annotations are longer than what messages cut.
fn named<'e>(entry: &'e Entry<'_>) -> Cow<'e, str> {
    if entry.key.text.len() <= LONGEST_KEY { Cow::Borrowed(&entry.key.text) } else { clip(&entry.key.text).into() }
}

const LONGEST_KEY: usize = 120;

/// What the YAML of Kubernetes reads as true or false where it has no quotes.
const TRUTH: [&str; 6] = ["on", "off", "yes", "no", "y", "n"];

/// Annotations, labels and the data of a `ConfigMap` are text for the API server, whatever they say.
pub fn must_be_text(tree: &Tree<'_>, entry: &Entry<'_>, what: &str, out: &mut Import) {
    text_only(tree, &named(entry), &entry.value, what, out);
}

/// A value that the API server takes only as text; `name` is whose it is, `what` are all of them.
pub fn text_only(tree: &Tree<'_>, name: &str, value: &Node<'_>, what: &str, out: &mut Import) {
    let at = tree.value_loc(value);
    let found = match &value.kind {
        Kind::Int(_) | Kind::Num(_) | Kind::Bool(_) => value.kind.what(),
        Kind::Str(_) if TRUTH.iter().any(|word| word.eq_ignore_ascii_case(value.source(tree.text()))) => {
            "true or false to Kubernetes"
        }
        _ => return,
    };
    let Some(shown) = tree.scalar(value) else { return };
    let message = format!("`{name}` is {found}, and the API server takes {what} only as text");
    let quote = |place: u32| Edit { loc: Loc::new(at.file, Span::at(place)), text: "\"".to_owned() };
    let fix = Fix {
        title: format!("write \"{shown}\""),
        applicability: Applicability::Safe,
        edits: vec![quote(at.span.start), quote(at.span.end)],
    };
    let help = format!("write it in quotes: \"{shown}\"");
    let mut problem = Diagnostic::new(INVALID_VALUE, Severity::Error, message).label(at, "no text").help(help);
    if value.def.is_none() {
        problem = problem.fix(fix);
    }
    out.problems.push(problem);
}

/// A number of repeats as the number of attempts, the first one counted.
pub fn repeats(tree: &Tree<'_>, value: &Node<'_>) -> Option<Located<u32>> {
    let n = tree.count(value)?;
    Some(Located::new(n.checked_add(1)?, tree.value_loc(value)))
}

pub fn attempts(tree: &Tree<'_>, value: &Node<'_>) -> Option<Located<u32>> {
    tree.count(value).filter(|n| *n > 0).map(|n| Located::new(n, tree.value_loc(value)))
}

/// The causes that Envoy's words for `retry_on` mean, with its rule that a reset, a failed connect and a slow attempt
/// count as answers of the 5xx class.
pub fn envoy_causes<'w>(words: impl Iterator<Item = &'w str>) -> Vec<Cause> {
    const BROKEN: [Cause; 4] = [Cause::Connect, Cause::Refused, Cause::Timeout, Cause::Reset];
    let mut causes: Vec<Cause> = Vec::new();
    for word in words {
        match word.trim() {
            "5xx" => causes.extend(BROKEN.into_iter().chain([Cause::StatusClass(5)])),
            "gateway-error" => causes.extend(BROKEN.into_iter().chain([502, 503, 504].map(Cause::Status))),
            "reset" => causes.extend(BROKEN),
            "connect-failure" => causes.extend([Cause::Connect, Cause::Refused]),
            "retriable-4xx" => causes.push(Cause::Status(409)),
            status => causes.extend(Cause::parse(status).filter(|c| matches!(c, Cause::Status(_)))),
        }
    }
    let mut seen = Vec::new();
    causes.retain(|cause| !seen.contains(cause) && (seen.push(*cause), true).1);
    causes
}

/// Where keys would be added to a map. JSON has no text without quotes.
pub fn insert(tree: &Tree<'_>, map: &Node<'_>, keys: &'static [Key], quoted: bool) -> Option<Insert> {
    let word = keys.iter().any(|key| matches!(key.unit, Unit::Go | Unit::Text));
    tree.insert(map, keys, quoted || word && tree.format() == Format::Json)
}

/// Where keys would go that stand under `parent` in `map`, which may be missing. A missing parent is written with the
/// first of them only: a second one would write it twice.
pub fn insert_under(
    tree: &Tree<'_>,
    map: &Node<'_>,
    parent: &str,
    keys: &'static [Key],
    quoted: bool,
) -> Option<Insert> {
    if let Some(inner) = map.get(parent) {
        return self::insert(tree, inner, keys, quoted);
    }
    let mut insert = self::insert(tree, map, &keys[..1.min(keys.len())], quoted)?;
    let indent = insert.before.trim_start_matches(['\r', '\n']);
    if indent.len() == insert.before.len() || !indent.chars().all(|c| c == ' ') {
        return None;
    }
    insert.before = format!("{}{parent}:{}  ", insert.before, insert.before);
    Some(insert)
}
