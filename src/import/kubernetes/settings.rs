//! Every setting about time in objects and in the values of Helm charts, whether or not a hop has it.

use super::objects::Object;
use crate::import::tree::{Step, Tree, shown};
use crate::import::{Import, Setting};
use crate::span::{Loc, Span};
use crate::syntax::{Entry, Kind, Node};

/// A key that holds one of these words and a number is about time.
const WORDS: [&str; 32] = [
    "attempts",
    "backoff",
    "deadline",
    "delay",
    "drain",
    "draining",
    "duration",
    "idle",
    "interval",
    "keep",
    "keepalive",
    "lifetime",
    "millis",
    "milliseconds",
    "minutes",
    "ms",
    "period",
    "retries",
    "retry",
    "sec",
    "seconds",
    "secs",
    "shutdown",
    "time",
    "timeout",
    "timeouts",
    "timeoutsec",
    "timer",
    "tries",
    "try",
    "ttl",
    "wait",
];
/// Under these keys every number is one.
const PARENTS: [&str; 5] = ["timeout", "timeouts", "retry", "retries", "keepalive"];
/// What the schema of a custom resource or a chart says of a field is no setting.
const SCHEMAS: [&str; 3] = ["openAPIV3Schema", "properties", "additionalProperties"];

/// Keeps the settings of one document.
pub fn keep(tree: &Tree<'_>, root: &Node<'_>, out: &mut Import) {
    let mut path = Vec::new();
    go(tree, root, "", &mut path, out);
}

fn go<'n>(tree: &Tree<'_>, node: &'n Node<'n>, title: &str, path: &mut Vec<Step<'n>>, out: &mut Import) {
    match &node.kind {
        Kind::Map(entries) => {
            // People look for an object, wherever in the file it stands.
            let object = Object::of(tree, node).map(|object| object.title());
            let (title, path) = match &object {
                Some(object) => (object.as_str(), &mut Vec::new()),
                None => (title, path),
            };
            if let Some((name, value)) = named(node)
                && is_time(name, value, &[])
            {
                setting(tree, name, value, title, &shown(path, "value"), out);
            }
            for entry in entries {
                let key = &*entry.key.text;
                if SCHEMAS.contains(&key) {
                    continue;
                }
                if scalar(&entry.value) {
                    let context = || shown(path, key);
                    if is_time(key, &entry.value, path) {
                        setting(tree, key, &entry.value, title, &context(), out);
                    } else if key.ends_with("-attributes") || key.contains("-attributes.") {
                        attributes(tree, entry, title, &context(), out);
                    }
                }
                path.push(Step::Key(key));
                go(tree, &entry.value, title, path, out);
                path.pop();
            }
        }
        Kind::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                path.push(Step::Index(i));
                go(tree, item, title, path, out);
                path.pop();
            }
        }
        Kind::Tagged(tagged) => go(tree, &tagged.value, title, path, out),
        _ => {}
    }
}

const fn scalar(node: &Node<'_>) -> bool {
    !matches!(node.kind, Kind::Null | Kind::Seq(_) | Kind::Map(_))
}

/// An item of a list such as `- {key: idle_timeout.timeout_seconds, value: "120"}`.
fn named<'n>(map: &'n Node<'n>) -> Option<(&'n str, &'n Node<'n>)> {
    let name = ["key", "name"].iter().find_map(|key| map.get(key)?.as_str())?;
    let value = map.get("value").filter(|value| scalar(value))?;
    Some((name, value))
}

fn setting(tree: &Tree<'_>, option: &str, value: &Node<'_>, title: &str, place: &str, out: &mut Import) {
    tree.setting(out, option, value, &context(title, place));
}

fn context(title: &str, place: &str) -> String {
    if title.is_empty() { place.to_owned() } else { format!("{title}: {place}") }
}

/// `idle_timeout.timeout_seconds=600,routing.http2.enabled=true`: the text as a whole, and each part about time.
fn attributes(tree: &Tree<'_>, entry: &Entry<'_>, title: &str, place: &str, out: &mut Import) {
    let parts: Vec<_> = attribute_list(tree, &entry.value).into_iter().filter(|a| about_time(a.name)).collect();
    if parts.is_empty() {
        return;
    }
    setting(tree, &entry.key.text, &entry.value, title, place, out);
    for part in parts {
        out.settings.push(Setting {
            option: part.name.to_owned(),
            value: part.value.to_owned(),
            at: part.value_at,
            context: context(title, place),
            plain: tree.hidden(&entry.value).is_none(),
        });
    }
}

/// One `name=value` of a list of attributes.
pub struct Attribute<'t> {
    pub name: &'t str,
    pub name_at: Loc,
    pub value: &'t str,
    pub value_at: Loc,
}

/// The attributes in a text, each where it stands.
pub fn attribute_list<'t>(tree: &'t Tree<'_>, value: &Node<'_>) -> Vec<Attribute<'t>> {
    if !matches!(value.kind, Kind::Str(_)) {
        return Vec::new();
    }
    let whole = tree.value_loc(value);
    let text = whole.span.text(tree.text());
    let at = |part: &str| {
        let start = whole.span.start as usize + (part.as_ptr() as usize - text.as_ptr() as usize);
        Loc::new(whole.file, Span::of(start..start + part.len()))
    };
    let parts = text.split(',').filter_map(|part| part.split_once('='));
    parts
        .map(|(name, value)| (name.trim(), value.trim()))
        .map(|(name, value)| Attribute { name, name_at: at(name), value, value_at: at(value) })
        .collect()
}

fn is_time(key: &str, value: &Node<'_>, path: &[Step<'_>]) -> bool {
    if matches!(value.kind, Kind::Bool(_)) {
        return false;
    }
    let bare = key.rsplit('/').next().unwrap_or(key);
    if bare.to_ascii_lowercase().contains("timeout") || key.starts_with("timeout.") {
        return true;
    }
    let parent = path.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(*key) } else { None });
    let in_timeouts = || {
        let parent = parent.map(str::to_ascii_lowercase).unwrap_or_default();
        PARENTS.iter().any(|word| parent.starts_with(word))
    };
    (about_time(bare) || in_timeouts()) && is_number(value)
}

fn about_time(key: &str) -> bool {
    words(key).any(|word| WORDS.contains(&word.as_str()))
}

/// A number, perhaps with a unit or filled in by a template.
fn is_number(value: &Node<'_>) -> bool {
    match &value.kind {
        Kind::Int(_) | Kind::Num(_) | Kind::Tagged(_) => true,
        Kind::Str(text) => {
            let text = text.trim();
            let plain = text.len() <= 24 && text.starts_with(|c: char| c.is_ascii_digit());
            let word = matches!(text, "infinity" | "infinite" | "unlimited");
            plain && !text.contains([' ', '/', ':']) || word || text.starts_with("{{") || text.starts_with("${")
        }
        _ => false,
    }
}

/// The words of `perTryTimeout`, `proxy-read-timeout`, `idle_timeout.timeout_seconds` and `GUNICORN_TIMEOUT`, in
/// lower case.
fn words(key: &str) -> impl Iterator<Item = String> {
    key.split(|c: char| !c.is_ascii_alphanumeric()).flat_map(|part| {
        let mut words = vec![String::new()];
        let mut after_lower = false;
        for c in part.chars() {
            if c.is_ascii_uppercase() && after_lower {
                words.push(String::new());
            }
            after_lower = !c.is_ascii_uppercase();
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fall_into_words() {
        let of = |key: &str| words(key).collect::<Vec<_>>().join(" ");
        assert_eq!(of("perTryTimeout"), "per try timeout");
        assert_eq!(of("GUNICORN_TIMEOUT"), "gunicorn timeout");
        assert_eq!(of("idle_timeout.timeout_seconds"), "idle timeout timeout seconds");
        assert_eq!(of("proxy-read-timeout"), "proxy read timeout");
        assert!(about_time("terminationGracePeriodSeconds"));
        assert!(about_time("keep-alive"));
        assert!(!about_time("timezone"));
        assert!(!about_time("replicas"));
    }
}
