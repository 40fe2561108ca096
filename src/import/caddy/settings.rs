//! Every time that stands in a Caddyfile, each once, where it is written.

use super::time;
use crate::diag::{Diagnostic, Severity};
use crate::import::{Given, Import, Setting, template};
use crate::span::Span;
use crate::syntax::SYNTAX;
use crate::syntax::caddyfile::{Directive, Word};
use crate::text;

pub const TIMEOUTS: [&str; 4] = ["read_body", "read_header", "write", "idle"];
pub const TRANSPORT: [&str; 9] = [
    "dial_timeout",
    "dial_fallback_delay",
    "response_header_timeout",
    "expect_continue_timeout",
    "tls_timeout",
    "read_timeout",
    "write_timeout",
    "keepalive",
    "keepalive_interval",
];
const PROXY: [&str; 10] = [
    "lb_try_duration",
    "lb_try_interval",
    "lb_retries",
    "fail_duration",
    "unhealthy_latency",
    "health_interval",
    "health_timeout",
    "flush_interval",
    "stream_timeout",
    "stream_close_delay",
];
const SERVERS: [&str; 2] = ["keepalive_interval", "keepalive_idle"];
const GLOBAL: [&str; 2] = ["grace_period", "shutdown_delay"];
const DYNAMIC: [&str; 4] = ["refresh", "dial_timeout", "dial_fallback_delay", "grace_period"];
const FASTCGI: [&str; 3] = ["dial_timeout", "read_timeout", "write_timeout"];

pub fn all(given: &Given<'_>, items: &[Directive<'_>], out: &mut Import) {
    for item in items {
        walk(given, item, &mut Vec::new(), out);
    }
}

fn walk<'d>(given: &Given<'_>, item: &'d Directive<'_>, above: &mut Vec<&'d Directive<'d>>, out: &mut Import) {
    setting(given, item, above, out);
    let Some(block) = &item.block else { return };
    above.push(item);
    for inner in &block.items {
        walk(given, inner, above, out);
    }
    above.pop();
}

/// Which options of a block are times: those of its directive, and any in a text that is put elsewhere.
fn times(above: &[&Directive<'_>], key: &str) -> bool {
    let any = || {
        let lists: [&[&str]; 5] = [&TIMEOUTS, &TRANSPORT, &PROXY, &SERVERS, &DYNAMIC];
        lists.iter().any(|list| list.contains(&key))
    };
    // A file for the inside of another one's block.
    let Some(outer) = above.last() else { return any() };
    match outer.word(0) {
        "timeouts" => TIMEOUTS.contains(&key),
        "transport" => TRANSPORT.contains(&key),
        "reverse_proxy" | "forward_auth" => PROXY.contains(&key),
        "php_fastcgi" => PROXY.contains(&key) || FASTCGI.contains(&key),
        "dynamic" => DYNAMIC.contains(&key),
        "servers" => SERVERS.contains(&key),
        "" => GLOBAL.contains(&key),
        "import" => any(),
        name => name.starts_with('(') && any(),
    }
}

fn setting(given: &Given<'_>, item: &Directive<'_>, above: &[&Directive<'_>], out: &mut Import) {
    let key = item.word(0);
    if misplaced(given, item, above, out) || !times(above, key) {
        return;
    }
    let Some(value) = item.words.get(1) else {
        if !out.template {
            say(given, Severity::Error, item.span, format!("`{key}` has no value"), format!("write `{key} 30s`"), out);
        }
        return;
    };
    let text = value.span.text(given.text);
    let plain = !text.contains('{') && template::mark(text, 0).is_none();
    let context: Vec<String> = above.iter().map(|d| text::clip(&words(d))).filter(|words| !words.is_empty()).collect();
    out.settings.push(Setting {
        option: key.to_owned(),
        value: text.to_owned(),
        at: given.loc(value.span),
        context: context.join("/"),
        plain,
    });
    if plain && !out.template {
        check(given, key, value, out);
    }
}

/// Options that stand where Caddy knows no such option.
fn misplaced(given: &Given<'_>, item: &Directive<'_>, above: &[&Directive<'_>], out: &mut Import) -> bool {
    let Some(outer) = above.last().filter(|_| !out.template) else { return false };
    let key = item.word(0);
    match outer.word(0) {
        "timeouts" if above.len() > 1 && above[above.len() - 2].word(0) == "servers" => {
            let known = TIMEOUTS.contains(&key) || key == "import" || key.starts_with('{');
            if !known {
                let near = text::nearest(key, TIMEOUTS).map(|near| format!("did you mean `{near}`?"));
                let help = near.unwrap_or_else(|| format!("it knows {}", text::list(&TIMEOUTS, "and")));
                say(given, Severity::Error, item.span, format!("Caddy knows no `{key}` in timeouts"), help, out);
            }
            !known
        }
        "reverse_proxy" if TRANSPORT.contains(&key) => {
            let message = format!("`{key}` does not stand in reverse_proxy itself: Caddy refuses the file");
            let help = format!("put it into `transport http {{ ... }}`: it is an option of the transport (`{key}`)");
            say(given, Severity::Error, item.span, message, help, out);
            true
        }
        _ => false,
    }
}

fn check(given: &Given<'_>, key: &str, value: &Word<'_>, out: &mut Import) {
    let bad = match (key, value.text.as_ref()) {
        ("lb_retries", number) => number.parse::<u32>().is_err(),
        ("keepalive" | "keepalive_interval", "off") | ("flush_interval", "-1") => false,
        (_, text) => match time::read(text) {
            time::Time::Is(_) => false,
            time::Time::Negative => {
                let message = format!("`{text}` is a negative time, and Caddy takes it all the same");
                let help = "write a time above zero, such as 30s".to_owned();
                say(given, Severity::Warning, value.span, message, help, out);
                false
            }
            time::Time::Bad => true,
        },
    };
    if bad {
        let message = format!("`{}` is no value for `{key}`", text::clip(&value.text));
        let help = match key {
            "lb_retries" => "write a whole number",
            _ => "write a number with ns, us, ms, s, m, h or d, such as 30s or 1m30s",
        };
        say(given, Severity::Error, value.span, message, help.to_owned(), out);
    }
}

fn words(directive: &Directive<'_>) -> String {
    let words: Vec<&str> = directive.words.iter().map(|word| word.text.as_ref()).collect();
    words.join(" ")
}

fn say(given: &Given<'_>, severity: Severity, at: Span, message: String, help: String, out: &mut Import) {
    out.problems.push(Diagnostic::new(SYNTAX, severity, message).label(given.loc(at), "").help(help));
}
