//! Contour: the routes of an `HTTPProxy`.

use super::objects::{Cluster, Object, port};
use super::values::{Field, envoy_causes, field, insert_under, repeats, state};
use crate::catalog::Unit;
use crate::import::tree::{Form, GO, at, items, list};
use crate::import::{Address, Call, Deployed, Import, Key, Seen};
use crate::model::RetrySpec;
use crate::span::Located;
use crate::syntax::Node;

/// Go's durations, and words for no limit.
pub const DURATION: Form = Form {
    unit: Unit::Go,
    what: "a duration such as 90s, or infinity",
    read: |t| if matches!(t, "infinity" | "infinite") { Some(Seen::Unlimited) } else { (GO.read)(t) },
};

const ROUTE: [Field; 4] = [
    field(&["timeoutPolicy", "response"], "timeoutPolicy.response", DURATION),
    field(&["timeoutPolicy", "idle"], "timeoutPolicy.idle", DURATION),
    field(&["timeoutPolicy", "idleConnection"], "timeoutPolicy.idleConnection", DURATION),
    field(&["retryPolicy", "perTryTimeout"], "retryPolicy.perTryTimeout", GO),
];
static KEYS: [Key; 3] = [
    Key { timer: "route-total", key: "response", unit: Unit::Go },
    Key { timer: "stream-idle", key: "idle", unit: Unit::Go },
    Key { timer: "upstream-keepalive", key: "idleConnection", unit: Unit::Go },
];

/// One hop for each route.
pub fn proxy(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let routes = object.get(&["spec", "routes"]).map(items).unwrap_or_default();
    for (i, route) in routes.iter().enumerate() {
        let mut hop = cluster.hop("contour", object, &format!("/route {i}"), route);
        if routes.len() == 1 {
            hop.also.push(object.title());
        }
        let prefixes = list(route, "conditions").iter().filter_map(|c| cluster.word(c.get("prefix")?));
        hop.also.extend(prefixes.map(|prefix| format!("{}{prefix}", object.title())));
        hop.hop.at = cluster.tree.node_loc(route.get("timeoutPolicy").unwrap_or(route));
        state(cluster, &mut hop, route, &ROUTE, out);
        hop.inserts.extend(insert_under(cluster.tree, route, "timeoutPolicy", &KEYS, false));
        retry(&mut hop, route, cluster);
        let host = object.get(&["spec", "virtualhost", "fqdn"]).and_then(|host| cluster.word(host));
        hop.answers.extend(host.map(|host| Address::host(host, None)));
        for service in list(route, "services") {
            let Some(name) = service.get("name") else { continue };
            let Some(text) = cluster.word(name) else { continue };
            let to = object.service(text, None, port(service.get("port")));
            hop.calls.push(Call { to, at: cluster.tree.value_loc(name) });
        }
        out.hops.push(hop);
    }
}

fn retry(hop: &mut Deployed, route: &Node<'_>, cluster: &Cluster<'_>) {
    let Some(node) = route.get("retryPolicy") else { return };
    let whole = cluster.tree.node_loc(node);
    let mut spec = RetrySpec::at(whole);
    spec.attempts = node.get("count").and_then(|count| match cluster.tree.scalar(count).as_deref() {
        Some("-1") => Some(Located::new(1, cluster.tree.value_loc(count))),
        _ => repeats(cluster.tree, count),
    });
    let on = at(node, &["retryOn"]).map(items).unwrap_or_default();
    let statuses = list(node, "retriableStatusCodes");
    let words: Vec<String> = on
        .iter()
        .chain(statuses)
        .filter_map(|word| cluster.tree.scalar(word).map(std::borrow::Cow::into_owned))
        .collect();
    if !words.is_empty() {
        spec.on = Some(Located::new(envoy_causes(words.iter().map(String::as_str)), whole));
    }
    hop.hop.retries = Some(spec);
}
