//! `gunicorn.conf.py`: plain assignments at the left edge. A value that Python computes is unseen.

use super::command::worker;
use super::{Address, Deployed, Given, Import, Includes, Insert, Key, Match, Reader, Seen, Setting, Unseen, units};
use crate::catalog::Unit;
use crate::span::{Span, offset};

pub struct Gunicorn;

/// Settings that are timers.
const TIMERS: [&str; 4] = ["timeout", "keepalive", "graceful_timeout", "asgi_disconnect_grace_period"];

impl Reader for Gunicorn {
    fn name(&self) -> &'static str {
        "gunicorn"
    }

    fn summary(&self) -> &'static str {
        "gunicorn.conf.py: plain assignments"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.contains("gunicorn") && (name.strip_suffix(".py").is_some() || name.strip_suffix(".conf").is_some())
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let assigns = |line: &str| {
            let name = line.split_once('=').map(|(name, _)| name.trim());
            name.is_some_and(|name| TIMERS.contains(&name) || matches!(name, "bind" | "workers" | "worker_class"))
        };
        // A `.conf` of that name may be of nginx or of supervisor, whose lines end in `;` or begin with it.
        let python = path.strip_suffix(".py").is_some();
        match () {
            () if !self.may_be(path) => Match::No,
            () if (python || !text.contains(';')) && text.lines().any(assigns) => Match::Yes,
            // One that leaves every default alone is still a configuration.
            () if path.strip_suffix(".conf.py").is_some() => Match::Maybe,
            () => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let whole = given.loc(Span::of(0..given.text.len()));
        let mut hop = Deployed::new("gunicorn", "gunicorn", given.loc(Span::at(0)), whole);
        let bind = assignments(given, &mut hop, out).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
        hop.answers.extend(Address::parse(&bind));
        out.hops.push(hop);
    }
}

const KEYS: [Key; 2] = [
    Key { timer: "worker", key: "timeout", unit: Unit::Seconds },
    Key { timer: "client-keepalive", key: "keepalive", unit: Unit::Seconds },
];

/// Reads the assignments of a file into a hop; gives the address it binds to.
pub(super) fn assignments(given: &Given<'_>, hop: &mut Deployed, out: &mut Import) -> Option<String> {
    let mut bind = None;
    for line in lines(given.text) {
        let text = line.text(given.text);
        if let Some(at) = comment(text) {
            out.comments.push(given.loc(Span::new(line.start + at, line.start + offset(text.trim_end().len()))));
        }
        let Some(found) = assignment(text, line.start) else { continue };
        let value = found.value.text(given.text);
        if TIMERS.contains(&found.name) {
            timer(&found, value, given, hop, out);
        } else if found.indented && matches!(found.name, "worker_class" | "threads") {
            let why = "it is set under a condition".to_owned();
            hop.unseen.push(Unseen { timer: None, at: given.loc(found.value), why });
        } else if found.name == "bind" {
            bind = literal(value).map(str::to_owned).or(bind);
        } else if found.name == "worker_class" {
            match literal(value).and_then(worker) {
                Some(worker) => hop.with("worker", worker, given.loc(found.value)),
                None => hop.unseen.push(Unseen {
                    timer: None,
                    at: given.loc(found.value),
                    why: format!("the worker class {value}"),
                }),
            }
        } else if found.name == "threads"
            && !hop.hop.with.iter().any(|(facet, _)| facet.value == "worker")
            && value.parse::<u32>().is_ok_and(|n| n > 1)
        {
            hop.with("worker", "gthread", given.loc(found.value));
        }
    }
    let end = given.loc(Span::at(offset(given.text.len())));
    let before = if given.text.is_empty() || given.text.ends_with('\n') { "" } else { "\n" };
    hop.inserts.push(Insert { at: end, before: before.to_owned(), between: " = ", after: "\n", keys: &KEYS });
    bind
}

fn timer(found: &Assignment<'_>, value: &str, given: &Given<'_>, hop: &mut Deployed, out: &mut Import) {
    let number = value.replace('_', "");
    let time = units::parse(Unit::Seconds, &number).filter(|_| !found.indented);
    out.settings.push(Setting {
        option: found.name.to_owned(),
        value: value.to_owned(),
        at: given.loc(found.value),
        context: String::new(),
        plain: time.is_some(),
    });
    let seen = match time {
        Some(at) => Seen::Time(at),
        None if found.indented => Seen::Hidden("it is set under a condition".to_owned()),
        None => Seen::Hidden(format!("the expression `{value}`")),
    };
    hop.set(found.name, given.loc(found.key), given.loc(found.value), seen, Unit::Seconds);
}

struct Assignment<'t> {
    name: &'t str,
    key: Span,
    value: Span,
    indented: bool,
}

/// `name = value` of one line.
fn assignment(line: &str, start: u32) -> Option<Assignment<'_>> {
    let code = comment(line).map_or(line, |at| &line[..at as usize]);
    let (left, right) = code.split_once('=')?;
    let name = left.trim();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) || right.starts_with('=') {
        return None;
    }
    let value = right.trim();
    let span = |part: &str| {
        let at = start + offset(part.as_ptr() as usize - line.as_ptr() as usize);
        Span::new(at, at + offset(part.len()))
    };
    let indented = line.starts_with([' ', '\t']);
    (!value.is_empty()).then(|| Assignment { name, key: span(name), value: span(value), indented })
}

/// Where a comment begins, outside of quotes.
fn comment(line: &str) -> Option<u32> {
    let mut quote = None;
    for (i, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return Some(offset(i)),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The text of a plain string.
fn literal(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains([quote, '\\'])).then_some(inner)
}

/// The lines outside of triple quotes.
fn lines(text: &str) -> Vec<Span> {
    let (mut found, mut start, mut open) = (Vec::new(), 0, None::<&str>);
    for line in text.split_inclusive('\n') {
        let was = open;
        let mut rest = line;
        while let Some(i) = ["\"\"\"", "'''"].iter().filter_map(|q| Some((rest.find(q)?, *q))).min() {
            match open {
                None => open = Some(i.1),
                Some(quote) if quote == i.1 => open = None,
                Some(_) => {}
            }
            rest = &rest[i.0 + 3..];
        }
        if was.is_none() {
            found.push(Span::of(start..start + line.trim_end_matches(['\n', '\r']).len()));
        }
        start += line.len();
    }
    found
}
