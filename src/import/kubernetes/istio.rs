//! Istio: the routes of a `VirtualService`, and the connections of a `DestinationRule`.

use super::objects::{Cluster, Object, port};
use super::values::{Field, envoy_causes, field, insert, insert_under, repeats, state};
use crate::catalog::Unit;
use crate::import::tree::{GO, at, items, list};
use crate::import::{Address, Call, Deployed, Import, Key};
use crate::model::RetrySpec;
use crate::span::Located;
use crate::syntax::Node;

pub const GROUP: &str = "networking.istio.io";

const ROUTE: [Field; 2] = [
    field(&["timeout"], "http[].timeout", GO),
    field(&["retries", "perTryTimeout"], "http[].retries.perTryTimeout", GO),
];
const POOL: [Field; 2] = [
    field(&["connectionPool", "tcp", "connectTimeout"], "connectionPool.tcp.connectTimeout", GO),
    field(&["connectionPool", "http", "idleTimeout"], "connectionPool.http.idleTimeout", GO),
];
static ROUTE_KEYS: [Key; 1] = [Key { timer: "route-total", key: "timeout", unit: Unit::Go }];
static RETRY_KEYS: [Key; 1] = [Key { timer: "per-try", key: "perTryTimeout", unit: Unit::Go }];
static CONNECT_KEYS: [Key; 1] = [Key { timer: "connect", key: "connectTimeout", unit: Unit::Go }];
static IDLE_KEYS: [Key; 1] = [Key { timer: "upstream-keepalive", key: "idleTimeout", unit: Unit::Go }];

/// One hop for each HTTP route.
pub fn virtual_service(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let routes = object.get(&["spec", "http"]).map(items).unwrap_or_default();
    for (i, route) in routes.iter().enumerate() {
        let name = route.get("name").and_then(|name| cluster.word(name));
        let part = name.map_or_else(|| format!("/route {i}"), |name| format!("/route {name}"));
        let mut hop = cluster.hop("istio", object, &part, route);
        if name.is_some() {
            hop.also.push(format!("{}/route {i}", object.title()));
        }
        if routes.len() == 1 {
            hop.also.push(object.title());
        }
        hop.hop.at = cluster.tree.node_loc(route.get("name").or_else(|| route.get("timeout")).unwrap_or(route));
        state(cluster, &mut hop, route, &ROUTE, out);
        hop.inserts.extend(insert(cluster.tree, route, &ROUTE_KEYS, false));
        retry(&mut hop, route, cluster);
        let hosts = object.get(&["spec", "hosts"]).map(items).unwrap_or_default();
        let hosts = hosts.iter().filter_map(|host| cluster.word(host)).filter(|host| !host.contains('*'));
        hop.answers.extend(hosts.map(|host| address(host, None, object)));
        for destination in list(route, "route").iter().filter_map(|r| r.get("destination")) {
            let Some(host) = destination.get("host") else { continue };
            let Some(name) = cluster.word(host) else { continue };
            let to = address(name, port(at(destination, &["port", "number"])), object);
            hop.calls.push(Call { to, at: cluster.tree.value_loc(host) });
        }
        pool_of_destinations(&mut hop, object, route, cluster);
        out.hops.push(hop);
    }
}

fn retry(hop: &mut Deployed, route: &Node<'_>, cluster: &Cluster<'_>) {
    let Some(node) = route.get("retries") else { return };
    let mut spec = RetrySpec::at(cluster.tree.node_loc(node));
    spec.attempts = node.get("attempts").and_then(|n| repeats(cluster.tree, n));
    if let Some(on) = node.get("retryOn")
        && let Some(text) = cluster.tree.scalar(on)
    {
        spec.on = Some(Located::new(envoy_causes(text.split(',')), cluster.tree.value_loc(on)));
    }
    hop.hop.retries = Some(spec);
    hop.inserts.extend(insert(cluster.tree, node, &RETRY_KEYS, false));
}

/// A host as the registry knows it: a short name is a Service of the object's own namespace.
fn address(host: &str, port: Option<u16>, object: &Object<'_>) -> Address {
    if host.contains('.') { Address::host(host, port) } else { object.service(host, None, port) }
}

/// What the `DestinationRule`s of this file set for the hosts of a route, where they agree.
fn pool_of_destinations(hop: &mut Deployed, object: &Object<'_>, route: &Node<'_>, cluster: &Cluster<'_>) {
    let destinations: Vec<&Node<'_>> = list(route, "route").iter().filter_map(|r| r.get("destination")).collect();
    let [destination] = destinations[..] else { return };
    let Some(host) = destination.get("host").and_then(Node::as_str) else { return };
    let to = address(host, None, object);
    let rule = cluster.of_kind(GROUP, "DestinationRule").find(|rule| {
        let named = rule.text(&["spec", "host"]);
        named.is_some_and(|host| address(host, None, rule).reaches(&to))
    });
    let Some(spec) = rule.and_then(|rule| rule.get(&["spec"])) else { return };
    let subset = destination.get("subset").and_then(Node::as_str);
    let subset =
        list(spec, "subsets").iter().find(|s| s.get("name").and_then(Node::as_str) == subset && subset.is_some());
    for policy in [Some(spec), subset].into_iter().flatten().filter_map(|node| node.get("trafficPolicy")) {
        // Its problems are told where it is read itself.
        state(cluster, hop, policy, &POOL, &mut Import::default());
    }
}

pub fn destination_rule(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let Some(spec) = object.get(&["spec"]) else { return };
    let subsets = list(spec, "subsets").iter().filter(|subset| subset.get("trafficPolicy").is_some());
    let named = subsets.filter_map(|s| Some((format!("/subset {}", s.get("name")?.as_str()?), Some(s))));
    for (part, subset) in [(String::new(), None)].into_iter().chain(named) {
        let mut hop = cluster.hop("istio", object, &part, subset.unwrap_or(spec));
        // A subset overrides what it states itself; what the host states is told once.
        let whole = spec.get("trafficPolicy").filter(|_| subset.is_some());
        if let Some(policy) = whole {
            state(cluster, &mut hop, policy, &POOL, &mut Import::default());
        }
        let own = subset.unwrap_or(spec).get("trafficPolicy");
        if let Some(policy) = own {
            state(cluster, &mut hop, policy, &POOL, out);
        }
        let pool = own.and_then(|policy| policy.get("connectionPool"));
        hop.inserts.extend(pool.and_then(|pool| insert_under(cluster.tree, pool, "tcp", &CONNECT_KEYS, false)));
        hop.inserts.extend(pool.and_then(|pool| insert_under(cluster.tree, pool, "http", &IDLE_KEYS, false)));
        if let Some(host) = spec.get("host")
            && let Some(name) = cluster.word(host)
        {
            hop.calls.push(Call { to: address(name, None, object), at: cluster.tree.value_loc(host) });
        }
        out.hops.push(hop);
    }
}
