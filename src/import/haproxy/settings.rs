//! Every time that stands in a section, whether or not a hop has it.

use super::sections::{Section, Statement};
use super::{TIMEOUTS, problem, time};
use crate::diag::Severity;
use crate::import::{Given, Import, Setting, template};
use crate::span::Span;
use crate::syntax::haproxy::{Line, Word};
use crate::text;

pub fn all(given: &Given<'_>, section: &Section<'_, '_>, out: &mut Import) {
    for Statement { line, .. } in &section.body {
        statement(given, section, line, out);
    }
}

/// The keyword of a time and which of the line's words is its value, where the line is such a one.
pub fn of_line(line: &Line<'_>) -> Option<(String, usize)> {
    let (first, second) = (line.word(0), line.word(1));
    let one = |i| Some((first.to_owned(), i));
    let two = |i| Some((format!("{first} {second}"), i));
    match (first, second) {
        ("timeout" | "hold", _) | ("stats", "timeout") | ("tcp-request" | "tcp-response", "inspect-delay") => two(2),
        (
            "hard-stop-after" | "grace" | "retries" | "resolve_retries" | "clitimeout" | "contimeout" | "srvtimeout",
            _,
        ) => one(1),
        ("http-request", "wait-for-body") if line.word(2) == "time" => Some(("http-request wait-for-body".into(), 3)),
        ("http-request", "set-timeout") => Some((format!("http-request set-timeout {}", line.word(2)), 3)),
        _ => None,
    }
}

/// Times among the words of a server line.
pub const OF_SERVERS: [&str; 7] =
    ["inter", "fastinter", "downinter", "agent-inter", "slowstart", "pool-purge-delay", "tcp-ut"];

fn statement(given: &Given<'_>, section: &Section<'_, '_>, line: &Line<'_>, out: &mut Import) {
    if matches!(line.word(0), "server" | "default-server" | "server-template") {
        for (i, key) in line.words.iter().enumerate().filter(|(_, word)| OF_SERVERS.contains(&word.text.as_ref())) {
            if let Some(value) = line.words.get(i + 1) {
                let context = match line.word(0) {
                    "default-server" => format!("{}/default-server", section.title()),
                    keyword => format!("{}/{keyword} {}", section.title(), line.word(1)),
                };
                push(given, key.text.to_string(), value_span(given, line, value), value, context, out);
                check(given, &key.text, value, out);
            }
        }
        return;
    }
    let Some((option, i)) = of_line(line) else { return };
    let Some(value) = line.words.get(i) else {
        if !out.template {
            let message = format!("`{option}` has no value");
            let said = problem(given, Severity::Error, line.words_span(), message);
            out.problems.push(said.help(format!("write a time behind it: `{option} 30s`")));
        }
        return;
    };
    if line.word(0) == "timeout" && !known_timeout(line.word(1)) && !out.template {
        let message = format!("HAProxy knows no `timeout {}`", text::clip(line.word(1)));
        let near = text::nearest(line.word(1), TIMEOUTS).map(|near| format!("did you mean `timeout {near}`?"));
        let help = near.unwrap_or_else(|| format!("it knows {}", text::list(&TIMEOUTS[..11], "and")));
        out.problems.push(problem(given, Severity::Error, line.words[1].span, message).help(help));
    }
    if line.word(0) == "timeout" && line.words.len() > 3 && !out.template {
        let message = format!("`{}` after the value: HAProxy refuses the file", text::clip(line.word(3)));
        let help = "write the number and its unit as one word, and one value on the line, such as `30s`";
        out.problems.push(problem(given, Severity::Error, line.words[3].span, message).help(help));
    }
    push(given, option.clone(), value_span(given, line, value), value, section.title(), out);
    match option.as_str() {
        "retries" | "resolve_retries" => {}
        // May also be an expression.
        _ if option.starts_with("http-request set-timeout") => {}
        _ => check(given, &option, value, out),
    }
    if let Some((now, old)) = [("client", "clitimeout"), ("connect", "contimeout"), ("server", "srvtimeout")]
        .iter()
        .find(|(_, old)| *old == option)
    {
        let message = format!("HAProxy refuses `{old}` since 2.1");
        let said = problem(given, Severity::Warning, line.words[0].span, message);
        out.problems.push(said.help(format!("write `timeout {now} {}`", value.text)));
    }
}

fn known_timeout(name: &str) -> bool {
    TIMEOUTS.contains(&name) || matches!(name, "mail" | "client-hs")
}

fn push(given: &Given<'_>, option: String, at: Span, word: &Word<'_>, context: String, out: &mut Import) {
    let value = at.text(given.text).to_owned();
    let plain = word.variable.is_none() && template::mark(&value, 0).is_none();
    out.settings.push(Setting { option, value, at: given.loc(at), context, plain });
}

/// The word, or the whole mark of a template that begins in it.
pub fn value_span(given: &Given<'_>, line: &Line<'_>, word: &Word<'_>) -> Span {
    let line = line.span.text(given.text).len() + line.span.range().start;
    let rest = given.text.get(word.span.range().start..line).unwrap_or_default();
    match template::mark(rest, 0) {
        Some(mark) if mark.range().start < word.span.len() => {
            let start = word.span.range().start;
            Span::of(start..(start + mark.range().end).max(word.span.range().end))
        }
        _ => word.span,
    }
}

/// Says what `HAProxy` will make of a time that is not written as it wants it.
fn check(given: &Given<'_>, option: &str, word: &Word<'_>, out: &mut Import) {
    if word.variable.is_some() || out.template {
        return;
    }
    match time::read(&word.text) {
        time::Time::Is(..) => {}
        time::Time::Cut { takes, rest } => {
            let message = format!("HAProxy takes `{}` as {takes}: it passes over `{}`", word.text, text::clip(&rest));
            out.problems.push(
                problem(given, Severity::Warning, word.span, message)
                    .help("write one number and one unit, such as 90s for 1m30s; later versions refuse it"),
            );
        }
        time::Time::Bad => {
            let message = format!("`{}` is no time for `{option}`", text::clip(&word.text));
            out.problems
                .push(problem(given, Severity::Error, word.span, message).help(
                    "write a whole number with us, ms, s, m, h or d, such as 30s; a bare number is milliseconds",
                ));
        }
    }
}
