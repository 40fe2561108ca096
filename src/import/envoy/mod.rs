//! Envoy's configuration: bootstraps and lists of xDS resources, YAML and JSON, in either spelling of the keys. A hop for
//! each route that calls a cluster, with what its connection manager and its cluster say.

mod clusters;
mod collect;
mod hops;
mod retries;

use super::tree::{Dialect, Place, Tree};
use super::{Given, Import, Includes, Match, Reader};
use crate::syntax::{Entry, Node};

pub struct Envoy;

impl Reader for Envoy {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn summary(&self) -> &'static str {
        "Envoy bootstraps and xDS resources (listeners, routes, clusters)"
    }

    fn may_be(&self, path: &str) -> bool {
        [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let named = path.rsplit('/').next().unwrap_or(path);
        if !self.may_be(path) && named.contains('.') {
            return Match::No;
        }
        if !["envoy", "static_resources", "staticResources"].iter().any(|mark| text.contains(mark)) {
            return Match::No;
        }
        // An object of Kubernetes may hold a whole configuration; its own reader knows it.
        let object = |line: &str| {
            let line = line.trim_start_matches(['-', ' ', '"']);
            line.strip_prefix("apiVersion").is_some_and(|rest| rest.trim_start_matches('"').starts_with(':'))
        };
        let key = |line: &str| {
            let line = line.trim_start_matches(['{', ' ', '\t']).trim_start_matches(['"', '\'']);
            line.starts_with("static_resources") || line.starts_with("staticResources")
        };
        if text.lines().any(object) {
            Match::No
        } else if text.contains("type.googleapis.com/envoy.") || text.lines().any(key) {
            Match::Yes
        } else if text.contains("envoy") && (text.contains("connect_timeout") || text.contains("connectTimeout")) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, Dialect::PLAIN);
        let documents = tree.documents(out);
        for root in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            tree.settings(root, out, is_time);
        }
        let roots: Vec<&Node<'_>> = documents.iter().filter_map(|d| d.parsed.root.as_ref()).collect();
        let first = out.hops.len();
        hops::of(&tree, &collect::Collected::of(&tree, &roots), out);
        super::deployed::unique(&mut out.hops[first..]);
    }
}

/// Timeouts, durations, intervals and counts of retries, in `snake_case` and `camelCase`.
fn is_time(place: &Place<'_, '_>) -> bool {
    let key = place.key.to_ascii_lowercase().replace('_', "");
    // `max_retries` of a circuit breaker counts what runs at once.
    key.contains("timeout")
        || key != "maxretries"
            && ["duration", "interval", "retries", "refreshrate", "refreshdelay", "keepalivetime"]
                .iter()
                .any(|end| key.ends_with(end))
}

/// The entry of a key in either spelling.
fn entry<'n>(map: &'n Node<'n>, snake: &str) -> Option<&'n Entry<'n>> {
    super::tree::entry(map, snake).or_else(|| super::tree::entry(map, &camel(snake)))
}

fn get<'n>(map: &'n Node<'n>, snake: &str) -> Option<&'n Node<'n>> {
    entry(map, snake).map(|entry| &entry.value)
}

fn at<'n>(mut node: &'n Node<'n>, path: &[&str]) -> Option<&'n Node<'n>> {
    for key in path {
        node = get(node, key)?;
    }
    Some(node)
}

fn list<'n>(map: &'n Node<'n>, snake: &str) -> &'n [Node<'n>] {
    get(map, snake).map(super::tree::items).unwrap_or_default()
}

fn camel(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    let mut upper = false;
    for c in snake.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_envoy_files_are_known() {
        for (path, text, expected) in [
            ("envoy.yaml", "admin: {}\nstatic_resources:\n  listeners: []\n", Match::Yes),
            ("x.json", "{\"staticResources\": {}}", Match::Yes),
            ("cds.yaml", "resources:\n- \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n", Match::Yes),
            ("x.yaml", "apiVersion: v1\ndata:\n  envoy.yaml: |\n    static_resources:\n", Match::No),
            ("x.yaml", "services:\n  envoy: {connect_timeout: 5}\n", Match::Maybe),
            ("x.yaml", "envoys:\n- apiVersion: v1\n  connectTimeout: 5s\n", Match::No),
            ("x.yaml", "static: 1\n", Match::No),
            ("x.md", "static_resources:\n", Match::No),
        ] {
            assert_eq!(Envoy.knows(path, text), expected, "{path}: {text}");
        }
        assert_eq!(camel("common_http_protocol_options"), "commonHttpProtocolOptions");
    }
}
