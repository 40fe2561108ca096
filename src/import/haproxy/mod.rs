//! `HAProxy`: the sections of a haproxy.cfg, with what `defaults` hand down, as hops from frontends to backends.
//!
//! What a keyword means stands in [`settings`] (times), [`proxy`] (what a section says, inherited included) and [`hops`].

mod hops;
mod proxy;
mod sections;
mod settings;
mod time;

use super::reader::is_code;
use super::template;
use super::{Given, Import, Includes, Match, Reader};
use crate::diag::{Diagnostic, Severity};
use crate::span::Span;
use crate::syntax::{MAX_ERRORS, SYNTAX, haproxy as syntax};

pub struct Haproxy;

impl Reader for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn summary(&self) -> &'static str {
        "HAProxy configuration (haproxy.cfg): frontends, backends and listens, with what their defaults hand down"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let cfg = |name: &str| name.strip_suffix(".cfg").is_some_and(|stem| !OTHER_CFG.contains(&stem));
        (name.contains("haproxy") && !is_code(&name))
            || cfg(&name)
            || TEMPLATE_ENDINGS.iter().any(|e| name.strip_suffix(e).is_some_and(cfg))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let (mut section, mut keyword) = (false, false);
        for line in text.lines().take(MOST_LINES_LOOKED_AT) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.ends_with(['{', ';', '}', ':', ',']) {
                continue;
            }
            let mut words = line.split_ascii_whitespace();
            let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            section |= SECTIONS.contains(&first) && second != "=";
            keyword |= match first {
                "timeout" => TIMEOUTS.contains(&second),
                "mode" => matches!(second, "http" | "tcp"),
                "bind" => second.contains(':') || second.starts_with('/'),
                "default_backend" | "use_backend" => !second.is_empty(),
                "server" => words.next().is_some_and(|address| address.contains(':')),
                "stats" => matches!(second, "socket" | "timeout" | "enable" | "uri"),
                "option" => matches!(second, "httplog" | "tcplog" | "httpchk" | "http-server-close" | "redispatch"),
                _ => false,
            };
            if section && keyword {
                return Match::Yes;
            }
        }
        let named = path.rsplit('/').next().is_some_and(|name| name.to_ascii_lowercase().contains("haproxy"));
        if keyword || (section && named) { Match::Maybe } else { Match::No }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let parsed = syntax::parse(given.text);
        out.comments.extend(parsed.comments.iter().map(|span| given.loc(*span)));
        if !template::note(given, out) {
            for error in &parsed.errors {
                let mut said = problem(given, Severity::Error, error.span, error.message.clone());
                said.help.clone_from(&error.help);
                out.problems.push(said);
            }
        }
        let sections = sections::split(given, &parsed.lines, out);
        for section in &sections {
            settings::all(given, section, out);
        }
        hops::all(given, &sections, out);
        out.show_first(MAX_ERRORS);
    }
}

/// Sections that hold what a timeout chain is about; a text without any of them is something else.
const SECTIONS: [&str; 6] = ["defaults", "frontend", "backend", "listen", "global", "resolvers"];

const TIMEOUTS: [&str; 13] = [
    "client",
    "server",
    "connect",
    "check",
    "queue",
    "http-request",
    "http-keep-alive",
    "tunnel",
    "tarpit",
    "client-fin",
    "server-fin",
    "resolve",
    "retry",
];

const MOST_LINES_LOOKED_AT: usize = 600;

/// Well-known files that end alike and are never `HAProxy`'s.
const OTHER_CFG: [&str; 4] = ["setup", "tox", "ansible", "zoo"];

const TEMPLATE_ENDINGS: [&str; 7] = [".j2", ".jinja", ".tmpl", ".tpl", ".template", ".erb", ".in"];

fn problem(given: &Given<'_>, severity: Severity, at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(SYNTAX, severity, message).label(given.loc(at), "")
}

#[cfg(test)]
mod tests;
