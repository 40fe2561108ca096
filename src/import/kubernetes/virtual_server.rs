//! Objects with upstreams or routes of their own: `VirtualServer` of NGINX Inc., routes of APISIX and of Traefik.

use super::objects::{Cluster, Object, port};
use super::policies::APISIX;
use super::values::{Field, NGINX, attempts, field, insert, state};
use crate::catalog::{Cause, Unit};
use crate::import::tree::{Tree, items, list};
use crate::import::{Address, Call, Deployed, Import, Key};
use crate::model::RetrySpec;
use crate::span::Located;
use crate::syntax::{Kind, Node};

const UPSTREAM: [Field; 4] = [
    field(&["read-timeout"], "proxy_read_timeout", NGINX),
    field(&["send-timeout"], "proxy_send_timeout", NGINX),
    field(&["connect-timeout"], "proxy_connect_timeout", NGINX),
    field(&["next-upstream-timeout"], "proxy_next_upstream_timeout", NGINX),
];
static UPSTREAM_KEYS: [Key; 4] = [
    Key { timer: "read", key: "read-timeout", unit: Unit::Text },
    Key { timer: "send", key: "send-timeout", unit: Unit::Text },
    Key { timer: "connect", key: "connect-timeout", unit: Unit::Text },
    Key { timer: "retry-window", key: "next-upstream-timeout", unit: Unit::Text },
];

/// One hop for each upstream.
pub fn virtual_server(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let upstreams = object.get(&["spec", "upstreams"]).map(items).unwrap_or_default();
    for upstream in upstreams {
        let Some(name) = upstream.get("name").and_then(|name| cluster.word(name)) else { continue };
        let mut hop = cluster.hop("nginx", object, &format!("/upstream {name}"), upstream);
        hop.hop.at = cluster.tree.node_loc(upstream.get("name").unwrap_or(upstream));
        if upstreams.len() == 1 {
            hop.also.push(object.title());
        }
        state(cluster, &mut hop, upstream, &UPSTREAM, out);
        hop.inserts.extend(insert(cluster.tree, upstream, &UPSTREAM_KEYS, false));
        next_upstream(&mut hop, upstream, cluster.tree);
        facets(&mut hop, upstream, cluster.tree);
        let host = object.get(&["spec", "host"]).and_then(|host| cluster.word(host));
        hop.answers.extend(host.filter(|host| !host.contains('*')).map(|host| Address::host(host, None)));
        if let Some(service) = upstream.get("service")
            && let Some(text) = cluster.word(service)
        {
            let (namespace, name) = text.split_once('/').map_or((None, text), |(ns, name)| (Some(ns), name));
            let to = object.service(name, namespace, port(upstream.get("port")));
            hop.calls.push(Call { to, at: cluster.tree.value_loc(service) });
        }
        out.hops.push(hop);
    }
}

fn facets(hop: &mut Deployed, upstream: &Node<'_>, tree: &Tree<'_>) {
    if let Some(buffering) = upstream.get("buffering")
        && let Kind::Bool(on) = buffering.kind
    {
        hop.with("proxy-buffering", if on { "on" } else { "off" }, tree.value_loc(buffering));
    }
    if let Some(pool) = upstream.get("keepalive") {
        let on = tree.count(pool).is_some_and(|n| n > 0);
        hop.with("upstream-keepalive", if on { "on" } else { "off" }, tree.value_loc(pool));
    }
}

fn next_upstream(hop: &mut Deployed, upstream: &Node<'_>, tree: &Tree<'_>) {
    if let Some(tries) = upstream.get("next-upstream-tries") {
        let spec = hop.hop.retries.get_or_insert_with(|| RetrySpec::at(tree.value_loc(tries)));
        spec.attempts = attempts(tree, tries);
    }
    let Some(node) = upstream.get("next-upstream") else { return };
    let Some(text) = tree.scalar(node) else { return };
    let at = tree.value_loc(node);
    let causes = nginx_causes(&text);
    if text.split_whitespace().any(|word| word == "non_idempotent") {
        hop.with("non-idempotent", "on", at);
    }
    let spec = hop.retries(at);
    if text.split_whitespace().any(|word| word == "off") {
        spec.attempts = Some(Located::new(1, at));
    }
    spec.on = Some(Located::new(causes, at));
}

/// The causes that the words of `proxy_next_upstream` mean.
pub fn nginx_causes(text: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for word in text.split_whitespace() {
        match word {
            "error" => causes.extend([Cause::Connect, Cause::Refused, Cause::Reset]),
            "timeout" => causes.push(Cause::Timeout),
            _ => causes.extend(word.strip_prefix("http_").and_then(Cause::parse)),
        }
    }
    causes
}

/// One hop for each HTTP route of an `ApisixRoute`.
pub fn apisix_route(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let routes = object.get(&["spec", "http"]).map(items).unwrap_or_default();
    for (i, route) in routes.iter().enumerate() {
        let name = route.get("name").and_then(|name| cluster.word(name));
        let part = name.map_or_else(|| format!("/route {i}"), |name| format!("/route {name}"));
        let mut hop = cluster.hop("apisix", object, &part, route);
        hop.hop.at = cluster.tree.node_loc(route.get("name").unwrap_or(route));
        if routes.len() == 1 {
            hop.also.push(object.title());
        }
        state(cluster, &mut hop, route, &APISIX, out);
        let hosts = route.get("match").map(|m| list(m, "hosts")).unwrap_or_default();
        let hosts = hosts.iter().filter_map(|host| cluster.word(host)).filter(|host| !host.contains('*'));
        hop.answers.extend(hosts.map(|host| Address::host(host, None)));
        let calls = list(route, "backends").iter().filter_map(|backend| {
            let name = backend.get("serviceName")?;
            let to = object.service(cluster.word(name)?, None, port(backend.get("servicePort")));
            Some(Call { to, at: cluster.tree.value_loc(name) })
        });
        hop.calls.extend(calls);
        out.hops.push(hop);
    }
}

/// One hop for each route of an `IngressRoute` of Traefik, with the transports of its services where they stand here.
pub fn ingress_route(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let routes = object.get(&["spec", "routes"]).map(items).unwrap_or_default();
    for (i, route) in routes.iter().enumerate() {
        let mut hop = cluster.hop("traefik", object, &format!("/route {i}"), route);
        hop.hop.at = cluster.tree.node_loc(route.get("match").unwrap_or(route));
        if routes.len() == 1 {
            hop.also.push(object.title());
        }
        let rule = route.get("match").and_then(|rule| cluster.word(rule)).unwrap_or_default();
        hop.answers.extend(hosts_of_rule(rule).map(|host| Address::host(host, None)));
        for service in list(route, "services") {
            let Some(name) = service.get("name") else { continue };
            let Some(text) = cluster.word(name) else { continue };
            let namespace = service.get("namespace").and_then(|ns| cluster.word(ns));
            let to = object.service(text, namespace, port(service.get("port")));
            hop.calls.push(Call { to, at: cluster.tree.value_loc(name) });
        }
        let named = |list_key: &'static str, key: &'static str| {
            list(route, list_key).iter().filter_map(move |item| cluster.word(item.get(key)?))
        };
        for (kind, name) in named("services", "serversTransport")
            .map(|name| ("ServersTransport", name))
            .chain(named("middlewares", "name").map(|name| ("Middleware", name)))
        {
            let groups = ["traefik.io", "traefik.containo.us"];
            let is = |o: &&Object<'_>| groups.contains(&o.group) && o.kind == kind && object.refers_to(o, name, None);
            if let Some(other) = cluster.objects.iter().find(is) {
                // Its problems are told where it is read itself.
                let mut read = Import::default();
                super::policies::read(other, cluster, &mut read);
                for deployed in read.hops {
                    hop.hop.timers.extend(deployed.hop.timers);
                    hop.units.extend(deployed.units);
                    hop.unseen.extend(deployed.unseen);
                    hop.inserts.extend(deployed.inserts);
                    hop.hop.retries = deployed.hop.retries.or(hop.hop.retries);
                }
            }
        }
        out.hops.push(hop);
    }
}

/// The names in ``Host(`chat.example.com`)``.
fn hosts_of_rule(rule: &str) -> impl Iterator<Item = &str> {
    let calls = rule.match_indices("Host(").filter(|(at, _)| !rule[..*at].ends_with(|c: char| c.is_alphanumeric()));
    calls.flat_map(|(at, _)| {
        let arguments = rule[at + "Host(".len()..].split(')').next().unwrap_or_default();
        arguments.split(',').map(|name| name.trim().trim_matches(['`', '"']))
    })
}
