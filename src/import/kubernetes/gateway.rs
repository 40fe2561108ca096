//! Gateway API: the rules of an `HTTPRoute`, and which implementation serves them.

use super::objects::{Cluster, Object, port};
use super::values::{Field, GATEWAY, field, insert_under, repeats, state};
use crate::catalog::{Cause, Unit};
use crate::import::tree::{entry, items, list};
use crate::import::{Address, Call, Deployed, Import, Key, Seen};
use crate::model::{BackoffSpec, RetrySpec};
use crate::span::Located;
use crate::syntax::Node;

pub const GROUP: &str = "gateway.networking.k8s.io";

const TIMEOUTS: [Field; 2] = [
    field(&["timeouts", "request"], "timeouts.request", GATEWAY),
    field(&["timeouts", "backendRequest"], "timeouts.backendRequest", GATEWAY),
];
static KEYS: [Key; 2] = [
    Key { timer: "request", key: "request", unit: Unit::Go },
    Key { timer: "backend-request", key: "backendRequest", unit: Unit::Go },
];

/// By what a class or its controller is called; the first word that fits.
const IMPLEMENTATIONS: [(&str, &str); 14] = [
    ("envoyproxy", "envoy-gateway"),
    ("envoy", "envoy-gateway"),
    ("kgateway", "kgateway"),
    ("istio", "istio"),
    ("cilium", "cilium"),
    ("gke", "gke"),
    ("kong", "kong"),
    ("traefik", "traefik"),
    ("contour", "contour"),
    ("nginx", "nginx-gateway-fabric"),
    ("solo.io", "kgateway"),
    ("gloo", "kgateway"),
    ("eg", "envoy-gateway"),
    ("avi", "other"),
];

/// One hop for each rule.
pub fn route(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let rules = object.get(&["spec", "rules"]).map(items).unwrap_or_default();
    let implementation = implementation(object, cluster);
    for (i, rule) in rules.iter().enumerate() {
        let mut hop = cluster.hop("gateway-api", object, &format!("/rule {i}"), rule);
        hop.hop.at = cluster.tree.node_loc(rule.get("timeouts").unwrap_or(rule));
        let name = rule.get("name").and_then(|name| cluster.word(name));
        hop.also.extend(name.map(|name| format!("{}/{name}", object.title())));
        if rules.len() == 1 {
            hop.also.push(object.title());
        }
        if let Some((name, at)) = implementation {
            hop.with("implementation", name, at);
        }
        state(cluster, &mut hop, rule, &TIMEOUTS, out);
        hop.inserts.extend(insert_under(cluster.tree, rule, "timeouts", &KEYS, false));
        retry(&mut hop, rule, cluster);
        let hosts = object.get(&["spec", "hostnames"]).map(items).unwrap_or_default();
        let hosts = hosts.iter().filter_map(|host| cluster.word(host)).filter(|host| !host.contains('*'));
        hop.answers.extend(hosts.map(|host| Address::host(host, None)));
        hop.calls.extend(list(rule, "backendRefs").iter().filter_map(|backend| call(backend, object, cluster)));
        out.hops.push(hop);
    }
}

/// `retry`: codes, attempts and back-off. Failures of the connection are repeated wherever it stands.
fn retry(hop: &mut Deployed, rule: &Node<'_>, cluster: &Cluster<'_>) {
    let Some(retry) = entry(rule, "retry") else { return };
    let at = cluster.tree.node_loc(&retry.value);
    let mut spec = RetrySpec::at(at);
    spec.attempts = retry.value.get("attempts").and_then(|n| repeats(cluster.tree, n));
    let codes = list(&retry.value, "codes");
    if let Some(first) = codes.first() {
        let statuses = codes.iter().filter_map(|code| cluster.tree.scalar(code).and_then(|code| Cause::parse(&code)));
        let causes = [Cause::Connect, Cause::Refused, Cause::Reset].into_iter().chain(statuses);
        spec.on = Some(Located::new(causes.collect(), cluster.tree.node_loc(first)));
    }
    if let Some(node) = retry.value.get("backoff")
        && let Some(Seen::Time(wait)) = cluster.tree.seen(node, GATEWAY)
    {
        spec.backoff = Some(Located::new(BackoffSpec::List(vec![wait]), cluster.tree.value_loc(node)));
    }
    hop.hop.retries = Some(spec);
}

fn call(backend: &Node<'_>, object: &Object<'_>, cluster: &Cluster<'_>) -> Option<Call> {
    let name = backend.get("name")?;
    let kind = backend.get("kind").and_then(Node::as_str).unwrap_or("Service");
    let namespace = backend.get("namespace").and_then(|ns| cluster.word(ns));
    let to = match kind {
        "Service" => object.service(cluster.word(name)?, namespace, port(backend.get("port"))),
        // An InferencePool and the like: a name that nothing else has.
        _ => Address::Resource(format!("{kind} {}", cluster.word(name)?)),
    };
    Some(Call { to, at: cluster.tree.value_loc(name) })
}

/// Which controller serves a route, as far as the Gateways of this file tell, and where it says so.
pub fn implementation(route: &Object<'_>, cluster: &Cluster<'_>) -> Option<(&'static str, crate::span::Loc)> {
    let parents = route.get(&["spec", "parentRefs"]).map(items).unwrap_or_default();
    parents.iter().find_map(|parent| {
        let name = parent.get("name")?.as_str()?;
        let namespace = parent.get("namespace").and_then(Node::as_str);
        let gateway = cluster.of_kind(GROUP, "Gateway").find(|gateway| route.refers_to(gateway, name, namespace))?;
        let class = gateway.get(&["spec", "gatewayClassName"])?;
        let declared = cluster.of_kind(GROUP, "GatewayClass").find(|o| Some(o.name) == class.as_str());
        let controller = declared.and_then(|o| o.get(&["spec", "controllerName"]));
        let known = |node: &Node<'_>| {
            let text = node.as_str()?;
            let (_, name) = IMPLEMENTATIONS.iter().find(|(word, _)| match *word {
                "eg" => text == "eg",
                word => text.contains(word),
            })?;
            Some((*name, cluster.tree.value_loc(node)))
        };
        controller.and_then(known).or_else(|| known(class))
    })
}
