//! Every time that stands in a file, and what Apache will make of it.

use super::time::{self, Time};
use crate::catalog::Unit;
use crate::diag::{Diagnostic, Severity};
use crate::import::{Given, Import, Setting, template};
use crate::span::Span;
use crate::syntax::SYNTAX;
use crate::syntax::apache::{Item, Word};
use crate::text;

/// How a value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A number of seconds; what follows is not looked at. `zero`: whether 0 is taken.
    Seconds { zero: bool },
    /// With a unit.
    Unit { default: Unit, zero: bool },
    /// Not a time, or not one that is checked.
    Any,
}

const PLAIN: [(&str, How); 3] = [
    ("Timeout", How::Seconds { zero: true }),
    ("ProxyTimeout", How::Seconds { zero: false }),
    ("KeepAliveTimeout", How::Unit { default: Unit::Seconds, zero: true }),
];

/// Parameters of `ProxyPass`, `BalancerMember` and `ProxySet` that are about time or attempts.
pub const PARAMETERS: [(&str, How); 8] = [
    ("timeout", How::Seconds { zero: false }),
    ("connectiontimeout", How::Unit { default: Unit::Seconds, zero: false }),
    ("ttl", How::Seconds { zero: false }),
    ("retry", How::Seconds { zero: true }),
    ("acquire", How::Unit { default: Unit::Millis, zero: false }),
    ("ping", How::Unit { default: Unit::Seconds, zero: false }),
    ("flushwait", How::Any),
    ("maxattempts", How::Any),
];

pub const WITH_PARAMETERS: [&str; 4] = ["ProxyPass", "ProxyPassMatch", "BalancerMember", "ProxySet"];

/// Sections of requests, in which Apache takes no timeout of its own.
const FOR_REQUESTS: [&str; 12] = [
    "Location",
    "LocationMatch",
    "Directory",
    "DirectoryMatch",
    "Files",
    "FilesMatch",
    "Proxy",
    "ProxyMatch",
    "If",
    "ElseIf",
    "Else",
    "Limit",
];

pub fn all(given: &Given<'_>, items: &[Item<'_>], out: &mut Import) {
    walk(given, items, &mut Vec::new(), out);
}

fn walk<'i>(given: &Given<'_>, items: &'i [Item<'i>], above: &mut Vec<&'i Item<'i>>, out: &mut Import) {
    for item in items {
        if let Some(inner) = &item.section {
            above.push(item);
            walk(given, inner, above, out);
            above.pop();
        } else {
            directive(given, item, above, out);
        }
    }
}

fn directive(given: &Given<'_>, item: &Item<'_>, above: &[&Item<'_>], out: &mut Import) {
    let place = Place { given, above };
    let name = item.name.text.as_ref();
    if let Some(name) = WITH_PARAMETERS.into_iter().find(|known| item.is(known)) {
        for word in &item.args {
            let Some((key, span)) = parameter(given, word) else { continue };
            let Some((key, how)) = PARAMETERS.iter().find(|(known, _)| key.eq_ignore_ascii_case(known)) else {
                continue;
            };
            place.push(&format!("{name} {key}="), span, *how, out);
        }
    } else if item.is("RequestReadTimeout") {
        for word in &item.args {
            let Some((key, span)) = parameter(given, word) else { continue };
            let option = format!("RequestReadTimeout {}=", key.to_ascii_lowercase());
            place.push(&option, span, How::Any, out);
            place.read_timeout(span, &option, out);
        }
    } else if matches!(name.to_ascii_lowercase().as_str(), "php_value" | "php_admin_value") {
        if let Some(value) =
            item.args.get(1).filter(|_| item.arg(0).ends_with("_time") || item.arg(0).ends_with("_timeout"))
        {
            place.push(&format!("{name} {}", item.arg(0)), value.span, How::Any, out);
        }
    } else if name.to_ascii_lowercase().ends_with("timeout") {
        place.plain(item, out);
    }
}

/// The key of `key=value` and where the value stands.
pub fn parameter<'t>(given: &Given<'t>, word: &Word<'_>) -> Option<(&'t str, Span)> {
    let raw = given.text.get(word.span.range())?;
    let (key, value) = raw.split_once('=')?;
    let end = word.span.range().end;
    Some((key, Span::of(end - value.len()..end)))
}

struct Place<'p, 't> {
    given: &'p Given<'t>,
    above: &'p [&'p Item<'p>],
}

impl Place<'_, '_> {
    fn plain(&self, item: &Item<'_>, out: &mut Import) {
        let known = PLAIN.iter().find(|(name, _)| item.is(name));
        let Some(value) = item.args.first() else {
            if !out.template {
                let message = format!("`{}` has no value", item.name.text);
                self.say(Severity::Error, item.span, message, &format!("write `{} 60`", item.name.text), out);
            }
            return;
        };
        let how = known.map_or(How::Any, |(_, how)| *how);
        self.push(known.map_or(&item.name.text, |(name, _)| name), value.span, how, out);
        let Some((name, _)) = known.filter(|_| !out.template) else { return };
        if let Some(more) = item.args.get(1) {
            let message = format!("`{name}` takes one value: Apache refuses the file");
            let help = "remove what stands behind it; a comment needs a line of its own";
            self.say(Severity::Error, more.span, message, help, out);
        }
        if let Some(section) = self.above.iter().find(|s| FOR_REQUESTS.iter().any(|known| s.is(known))) {
            let message = format!("`{name}` has no place in <{}>: Apache refuses the file", section.name.text);
            self.say(
                Severity::Error,
                item.name.span,
                message,
                "move it to the <VirtualHost> or out of all sections",
                out,
            );
        }
    }

    fn push(&self, option: &str, span: Span, how: How, out: &mut Import) {
        let value = span.text(self.given.text);
        let macro_value = value.contains(['$', '@']) && self.above.iter().any(|section| section.is("Macro"));
        let plain = !value.contains("${") && !macro_value && template::mark(value, 0).is_none();
        let titles: Vec<String> = self.above.iter().map(|section| title(section)).collect();
        out.settings.push(Setting {
            option: option.to_owned(),
            value: value.to_owned(),
            at: self.given.loc(span),
            context: titles.join("/"),
            plain,
        });
        if plain && !out.template {
            self.check(option, value, span, how, out);
        }
    }

    fn check(&self, option: &str, value: &str, span: Span, how: How, out: &mut Import) {
        let refused = |this: &Self, help: &str, out: &mut Import| {
            let message = format!("`{}` is no value for `{option}`: Apache refuses the file", text::clip(value));
            this.say(Severity::Error, span, message, help, out);
        };
        match how {
            How::Any => {}
            How::Unit { default, zero } => match time::with_unit(value, default) {
                Time::Is(at, _) if at.is_zero() && !zero => refused(self, "write a time above zero", out),
                Time::Is(..) => {}
                _ => refused(self, "write a whole number, with ms, s, min or h where it is another unit", out),
            },
            How::Seconds { zero } => match time::number(value) {
                Time::Is(at, _) if at.is_zero() && !zero => refused(self, "write at least 1", out),
                Time::Is(..) => {}
                Time::Cut(at) if at.is_zero() && !zero => refused(self, "write a whole number of seconds", out),
                // The unit that it has anyway.
                Time::Cut(_) if ["s", "sec", "seconds"].iter().any(|unit| ends_in(value, unit)) => {}
                Time::Cut(at) => {
                    let message = format!("Apache takes `{}` as {at}: it looks at the number alone", text::clip(value));
                    let help = format!("write whole seconds without a unit: `{option}` knows no other");
                    self.say(Severity::Warning, span, message, &help, out);
                }
                Time::Negative | Time::Bad if !zero => refused(self, "write a whole number of seconds", out),
                Time::Negative | Time::Bad => {
                    let message = format!("`{}` is no time, and Apache takes it all the same", text::clip(value));
                    self.say(Severity::Warning, span, message, "write a whole number of seconds", out);
                }
            },
        }
    }

    /// `20`, or `20-40,MinRate=500`.
    fn read_timeout(&self, span: Span, option: &str, out: &mut Import) {
        let value = span.text(self.given.text);
        if out.template || value.contains("${") {
            return;
        }
        let (times, rate) = value.split_once(',').map_or((value, None), |(times, rate)| (times, Some(rate)));
        let number = |text: &str| text.parse::<u64>().ok();
        let good = match times.split_once('-') {
            Some((from, to)) => rate.is_some() && number(from).zip(number(to)).is_some_and(|(from, to)| from < to),
            None => number(times).is_some(),
        };
        if !good {
            let message = format!("`{}` is no value for `{option}`: Apache refuses the file", text::clip(value));
            self.say(
                Severity::Error,
                span,
                message,
                "write seconds, such as 20, or a range with a rate: 20-40,MinRate=500",
                out,
            );
        }
    }

    fn say(&self, severity: Severity, at: Span, message: String, help: &str, out: &mut Import) {
        out.problems.push(Diagnostic::new(SYNTAX, severity, message).label(self.given.loc(at), "").help(help));
    }
}

/// Whether a value is a number and this word.
fn ends_in(value: &str, unit: &str) -> bool {
    value.strip_suffix(unit).is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// `VirtualHost *:443`.
pub fn title(section: &Item<'_>) -> String {
    let args: Vec<&str> = section.args.iter().map(|word| word.text.as_ref()).collect();
    text::clip(format!("{} {}", section.name.text, args.join(" ")).trim_end())
}
