//! Traefik's static and dynamic files, YAML and TOML: a hop for each entry point and for each router. A static file that
//! names its dynamic ones gives routers with all that acts on their requests.

mod files;
mod hops;
mod services;

use super::tree::{Dialect, Form, Place, Tree};
use super::{Given, Import, Includes, Match, Reader, Seen, units};
use crate::catalog::Unit;
use crate::duration::Dur;
use crate::syntax::{Entry, Format, Node};
use std::path::Path;

pub struct Traefik;

impl Reader for Traefik {
    fn name(&self) -> &'static str {
        "traefik"
    }

    fn summary(&self) -> &'static str {
        "Traefik static and dynamic configuration (entry points, routers, services, transports)"
    }

    fn may_be(&self, path: &str) -> bool {
        [".yaml", ".yml", ".toml"].iter().any(|ending| path.ends_with(ending))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let named = path.rsplit('/').next().unwrap_or(path);
        if !self.may_be(path) && named.contains('.') && !path.contains("traefik") {
            return Match::No;
        }
        if !path.contains("traefik") && !WORDS.iter().any(|word| text.contains(word)) {
            return Match::No;
        }
        let marks = Marks::of(text);
        match () {
            () if marks.object => Match::No,
            () if marks.toml || marks.entry_points || marks.section && marks.parts => Match::Yes,
            () if marks.transport || path.contains("traefik") && (marks.section || marks.parts) => Match::Maybe,
            () => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let first = out.hops.len();
        files::with_all(given, includes, out, hops::of);
        super::deployed::unique(&mut out.hops[first..]);
    }
}

/// Every text that has the marks of Traefik has one of these words.
const WORDS: [&str; 8] =
    ["routers", "services", "middlewares", "loadBalancer", "ransport", "address", "entryPoints", "respondingTimeouts"];

/// What the lines of a text begin with.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)]
struct Marks {
    /// An object of Kubernetes, which has a reader of its own.
    object: bool,
    /// Tables that no other program has.
    toml: bool,
    entry_points: bool,
    /// `http:`, `tcp:` or `udp:`.
    section: bool,
    /// What stands in such a section.
    parts: bool,
    transport: bool,
}

impl Marks {
    fn of(text: &str) -> Self {
        let mut marks = Self::default();
        // Other programs have entry points too; those of Traefik have addresses.
        let mut in_points = false;
        for line in text.lines() {
            let inner = line.trim_start();
            if let Some(table) = inner.strip_prefix('[') {
                let table = table.trim_start_matches('[').trim_start();
                let known =
                    ["entryPoints", "http.routers", "http.services", "http.middlewares", "http.serversTransports"];
                let more =
                    ["serversTransport", "tcp.routers", "tcp.services", "tcp.serversTransports", "respondingTimeouts"];
                marks.toml |= known.iter().chain(&more).any(|name| table.starts_with(name));
                continue;
            }
            let Some((key, _)) = inner.split_once(':') else { continue };
            let top = inner.len() == line.len();
            if top && !inner.starts_with('#') {
                in_points = key.eq_ignore_ascii_case("entryPoints");
            }
            // A map may stand on one line: `web: {address: ":80"}`.
            marks.entry_points |= in_points && !top && (key == "address" || inner.contains("{address:"));
            match key {
                "apiVersion" if top => marks.object = true,
                "http" | "tcp" | "udp" if top => marks.section = true,
                "serversTransport" | "tcpServersTransport" if top => marks.transport = true,
                "routers" | "loadBalancer" | "serversTransports" | "middlewares" if !top => marks.parts = true,
                _ => {}
            }
        }
        marks
    }
}

fn tree<'t>(given: &Given<'t>) -> Tree<'t> {
    let by_name = Format::from_path(Path::new(given.path));
    // TOML begins with a table or with a key and its value.
    let is_toml = || {
        let lines = given.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.take(1).any(|line| line.starts_with('[') || line.split_once('=').is_some_and(|(k, _)| !k.contains(':')))
    };
    let format = by_name.unwrap_or_else(|| if is_toml() { Format::Toml } else { Format::Yaml });
    Tree::of(given, format, Dialect::PLAIN)
}

/// Go's durations; a number without a unit counts seconds.
const DURATION: Form = Form {
    unit: Unit::Go,
    what: "a duration such as 90s, or a whole number of seconds",
    read: |text| match text.parse::<u64>() {
        Ok(seconds) => Some(Seen::Time(Dur::from_secs(seconds))),
        Err(_) => units::parse(Unit::Go, text).map(Seen::Time),
    },
};

/// Timeouts, intervals, delays, attempts and ages of every section.
fn is_time(place: &Place<'_, '_>) -> bool {
    let key = place.key.to_ascii_lowercase();
    key.contains("timeout")
        || ["interval", "delay", "duration", "attempts", "period", "retries"].iter().any(|end| key.ends_with(end))
        || matches!(key.as_str(), "keepalivemaxtime" | "dialkeepalive")
}

/// The entry of a key, in whatever case: Traefik does not look at it.
fn entry<'n>(map: &'n Node<'n>, key: &str) -> Option<&'n Entry<'n>> {
    let entries = super::tree::entries(map);
    entries.iter().find(|e| e.key.text == key).or_else(|| entries.iter().find(|e| e.key.text.eq_ignore_ascii_case(key)))
}

fn get<'n>(map: &'n Node<'n>, key: &str) -> Option<&'n Node<'n>> {
    entry(map, key).map(|entry| &entry.value)
}

fn at<'n>(mut node: &'n Node<'n>, path: &[&str]) -> Option<&'n Node<'n>> {
    for key in path {
        node = get(node, key)?;
    }
    Some(node)
}

fn list<'n>(map: &'n Node<'n>, key: &str) -> &'n [Node<'n>] {
    get(map, key).map(super::tree::items).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_traefik_files_are_known() {
        for (path, text, expected) in [
            ("traefik.yml", "entryPoints:\n  web:\n    address: ':80'\n", Match::Yes),
            ("x.toml", "[entryPoints]\n  [entryPoints.web]\n", Match::Yes),
            ("dynamic.yml", "http:\n  routers:\n    a: {}\n", Match::Yes),
            ("x.toml", "[http.services.a.loadBalancer]\n", Match::Yes),
            ("x.yaml", "apiVersion: traefik.io/v1alpha1\nhttp:\n  routers: {}\n", Match::No),
            ("x.yml", "entrypoints:\n  web: {address: ':80'}\n", Match::Yes),
            ("x.yml", "entrypoints:\n  - name: a\naddress: b\n", Match::No),
            ("openapi.yaml", "http:\n  url: x\n", Match::No),
            ("Cargo.toml", "[package]\nname = \"http\"\n", Match::No),
            ("x.yaml", "serversTransport:\n  forwardingTimeouts: {}\n", Match::Maybe),
        ] {
            assert_eq!(Traefik.knows(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn numbers_are_seconds() {
        let seen = |text: &str| (DURATION.read)(text);
        assert_eq!(seen("42"), Some(Seen::Time(Dur::from_secs(42))));
        assert_eq!(seen("1m30s"), Some(Seen::Time(Dur::from_secs(90))));
        assert_eq!(seen("0"), Some(Seen::Time(Dur::ZERO)));
        assert_eq!(seen("1.5"), None);
        assert_eq!(seen("5 s"), None);
    }
}
