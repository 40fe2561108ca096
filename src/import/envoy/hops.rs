//! Routes as hops: what the route, its virtual host, its connection manager and its cluster say together.

use super::collect::Collected;
use super::{at, clusters, entry, get, list, retries};
use crate::catalog::Unit;
use crate::import::tree::{PROTOBUF, Tree};
use crate::import::{Address, Deployed, Import, Key, Seen};
use crate::span::Loc;
use crate::syntax::{Entry, Format, Kind, Node};

const PLATFORM: &str = "envoy";

/// Timers of a connection manager: its keys, and the names in the catalogue.
const MANAGER: [(&[&str], &str); 8] = [
    (&["stream_idle_timeout"], "stream_idle_timeout"),
    (&["request_timeout"], "request_timeout"),
    (&["request_headers_timeout"], "request_headers_timeout"),
    (&["drain_timeout"], "drain_timeout"),
    (&["stream_flush_timeout"], "stream_flush_timeout"),
    (&["common_http_protocol_options", "idle_timeout"], "client-keepalive"),
    (&["common_http_protocol_options", "max_stream_duration"], "max_stream_duration"),
    (&["common_http_protocol_options", "max_connection_duration"], "max_connection_duration"),
];

/// Those of them that end connections, not calls.
const OF_CONNECTIONS: [&str; 3] = ["drain_timeout", "stream_flush_timeout", "max_connection_duration"];

/// Timers of a route action; they take the place of what the connection manager says.
const ROUTE: [(&[&str], &str); 3] = [
    (&["timeout"], "timeout"),
    (&["idle_timeout"], "stream_idle_timeout"),
    (&["max_stream_duration", "max_stream_duration"], "max_stream_duration"),
];

const fn key(timer: &'static str, key: &'static str) -> Key {
    Key { timer, key, unit: Unit::Protobuf }
}

/// What may be added to a route action, a connection manager, a cluster and a retry policy, in both spellings.
const ADDED: [[&[Key]; 2]; 4] = [
    [
        &[key("route-total", "timeout"), key("stream-idle", "idle_timeout")],
        &[key("route-total", "timeout"), key("stream-idle", "idleTimeout")],
    ],
    [
        &[key("request", "request_timeout"), key("request-headers", "request_headers_timeout")],
        &[key("request", "requestTimeout"), key("request-headers", "requestHeadersTimeout")],
    ],
    [&[key("connect", "connect_timeout")], &[key("connect", "connectTimeout")]],
    [
        &[key("per-try", "per_try_timeout"), key("per-try-idle", "per_try_idle_timeout")],
        &[key("per-try", "perTryTimeout"), key("per-try-idle", "perTryIdleTimeout")],
    ],
];

const DIFFER: &str = "clusters of this route that differ";

pub fn of<'n>(tree: &'n Tree<'n>, found: &Collected<'n>, out: &mut Import) {
    // Names of one word say nothing of the spelling: then the rest of the file does.
    let is_camel = ["virtualHosts", "staticResources"].iter().any(|key| tree.text().contains(key));
    let envoy = Routes { tree, found, is_camel };
    let mut joined = Vec::new();
    for manager in &found.managers {
        if let Some(routes) = found.routes_of(tree, manager) {
            joined.push(routes.span);
            envoy.config(routes, Some(manager), out);
        }
    }
    for routes in found.routes.iter().filter(|routes| !joined.contains(&routes.span)) {
        envoy.config(routes, None, out);
    }
}

struct Routes<'c, 'n> {
    tree: &'n Tree<'n>,
    found: &'c Collected<'n>,
    is_camel: bool,
}

impl<'n> Routes<'_, 'n> {
    fn config(&self, config: &'n Node<'n>, manager: Option<&'n Node<'n>>, out: &mut Import) {
        for (i, host) in list(config, "virtual_hosts").iter().enumerate() {
            for (j, route) in list(host, "routes").iter().enumerate() {
                if let Some(action) = get(route, "route") {
                    let hop = self.route((i, host), (j, route), action, manager);
                    out.hops.push(hop);
                }
            }
        }
    }

    fn route(
        &self,
        (i, host): (usize, &'n Node<'n>),
        (j, route): (usize, &'n Node<'n>),
        action: &'n Node<'n>,
        manager: Option<&'n Node<'n>>,
    ) -> Deployed {
        let text = |map: &'n Node<'n>, key: &str| Some(self.tree.scalar(get(map, key)?)?.into_owned());
        let host_name = text(host, "name").unwrap_or_else(|| format!("virtual host {i}"));
        let name = text(route, "name").filter(|name| !name.is_empty());
        let step = name.clone().or_else(|| self.matched(route)).unwrap_or_else(|| format!("route {j}"));
        let mut hop =
            Deployed::new(PLATFORM, format!("{host_name}/{step}"), self.place(route), self.tree.node_loc(action));
        hop.also.extend(name);
        if let Some(manager) = manager {
            self.timers(&mut hop, manager, &MANAGER);
        } else {
            let why = "the connection manager of these routes, which is not in this file";
            let of_chains = MANAGER.iter().filter(|(_, timer)| !OF_CONNECTIONS.contains(timer));
            for (_, timer) in of_chains {
                hide(&mut hop, timer, self.tree.node_loc(get(host, "name").unwrap_or(host)), why);
            }
        }
        self.timers(&mut hop, action, &ROUTE);
        if let Some(policy) = [action, host].iter().find_map(|map| set(get(map, "retry_policy"))) {
            retries::state(self.tree, &mut hop, policy);
            self.insert(&mut hop, policy, 3);
        }
        self.clusters(&mut hop, action);
        hop.answers = self.domains(host);
        self.insert(&mut hop, action, 0);
        if let Some(manager) = manager {
            self.insert(&mut hop, manager, 1);
        }
        hop
    }

    fn timers(&self, hop: &mut Deployed, map: &'n Node<'n>, timers: &[(&[&str], &str)]) {
        for (path, timer) in timers {
            let Some((last, before)) = path.split_last() else { continue };
            let entry = at(map, before).and_then(|map| entry(map, last)).filter(|e| e.value.kind != Kind::Null);
            if let Some(entry) = entry {
                self.tree.time(hop, timer, entry, PROTOBUF);
            }
        }
    }

    fn clusters(&self, hop: &mut Deployed, action: &'n Node<'n>) {
        let both = ["connect_timeout", "upstream-keepalive"];
        let Some(names) = clusters::called(self.tree, action) else {
            let why = "the cluster, which each request decides";
            for timer in both {
                hide(hop, timer, self.tree.node_loc(action), why);
            }
            return;
        };
        let mut found: Vec<&'n Node<'n>> = Vec::new();
        for (name, node) in &names {
            if let Some(cluster) = self.found.clusters.get(name) {
                found.push(cluster);
            } else {
                let why = format!("the cluster {name}, which is not in this file");
                for timer in both {
                    hide(hop, timer, self.tree.value_loc(node), &why);
                }
            }
        }
        if found.len() < names.len() {
            return;
        }
        for cluster in &found {
            clusters::state(self.tree, hop, cluster);
        }
        if found.len() > 1 {
            hop.hop.endpoints = None;
        }
        if let [one] = found[..] {
            self.insert(hop, one, 2);
        }
        let differ = |get: fn(&'n Node<'n>) -> Option<&'n Entry<'n>>| {
            let mut seen = found.iter().map(|cluster| get(cluster).and_then(|e| self.tree.seen(&e.value, PROTOBUF)));
            let first = seen.next();
            seen.any(|other| Some(other) != first)
        };
        for (timer, get) in
            [("connect_timeout", clusters::connect as fn(_) -> _), ("upstream-keepalive", clusters::idle)]
        {
            if found.len() > 1 {
                hop.stands_in_several_places(timer);
            }
            if differ(get)
                && let Some(entry) = found.iter().find_map(|cluster| get(cluster))
            {
                hide(hop, timer, self.tree.value_loc(&entry.value), DIFFER);
            }
        }
    }

    /// What a route matches, in words: `prefix /v1/`.
    fn matched(&self, route: &'n Node<'n>) -> Option<String> {
        let criteria = get(route, "match")?;
        for key in ["prefix", "path", "path_separated_prefix"] {
            if let Some(text) = get(criteria, key).and_then(|node| self.tree.scalar(node)) {
                let word = if key == "path" { "path" } else { "prefix" };
                return Some(format!("{word} {text}"));
            }
        }
        let regex = at(criteria, &["safe_regex", "regex"])?;
        Some(format!("regex {}", self.tree.scalar(regex)?))
    }

    /// What to point at: the name, else the match, else the first key.
    fn place(&self, route: &'n Node<'n>) -> Loc {
        if let Some(name) = set(get(route, "name")) {
            return self.tree.value_loc(name);
        }
        let first = crate::import::tree::entries(route).first();
        entry(route, "match").or(first).map_or_else(|| self.tree.node_loc(route), |e| self.tree.loc(e.key.span))
    }

    fn domains(&self, host: &'n Node<'n>) -> Vec<Address> {
        let domains = list(host, "domains").iter().filter_map(|domain| self.tree.scalar(domain));
        domains.filter(|domain| !domain.contains('*')).filter_map(|domain| Address::parse(&domain)).collect()
    }

    fn insert(&self, hop: &mut Deployed, map: &'n Node<'n>, which: usize) {
        let upper = |e: &Entry<'_>| e.key.text.contains(char::is_uppercase) && !e.key.text.contains('@');
        let camel = crate::import::tree::entries(map).iter().any(upper) || self.is_camel;
        let keys = ADDED[which][usize::from(camel)];
        hop.inserts.extend(self.tree.insert(map, keys, self.tree.format() == Format::Json));
    }
}

fn hide(hop: &mut Deployed, timer: &str, at: Loc, why: &str) {
    hop.set(timer, at, at, Seen::Hidden(why.to_owned()), Unit::Protobuf);
}

fn set<'n>(node: Option<&'n Node<'n>>) -> Option<&'n Node<'n>> {
    node.filter(|node| node.kind != Kind::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::known_tests::assert_known;

    #[test]
    fn the_catalogue_knows_every_timer() {
        let fixed = ["connect_timeout", "upstream-keepalive", "retry_policy.per_try_timeout"];
        let others = ["retry_policy.per_try_idle_timeout"];
        let tables = MANAGER.iter().map(|(_, timer)| *timer).chain(ROUTE.iter().map(|(_, timer)| *timer));
        let added = ADDED.iter().flatten().flat_map(|keys| keys.iter().map(|key| key.timer));
        assert_known(PLATFORM, fixed.into_iter().chain(others).chain(tables).chain(added));
    }
}
