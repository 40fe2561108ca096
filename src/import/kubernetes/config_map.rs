//! `ConfigMap`s of ingress controllers: what holds for all their Ingresses.

use super::annotations::{Family, HAPROXY_TECH, HAPROXY_TIMERS, key, nginx_rest};
use super::objects::{Cluster, Object};
use super::values::{HAPROXY, NGINX, WHOLE_SECONDS, Wrong, must_be_text};
use crate::catalog::Unit;
use crate::import::Import;
use crate::import::tree::{Form, entries};
use crate::syntax::Entry;

pub fn read(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let Some(data) = object.get(&["data"]) else { return };
    let entries = entries(data);
    for entry in entries {
        must_be_text(cluster.tree, entry, "the data of a ConfigMap", out);
    }
    let Some(family) = family(object, entries) else { return };
    let mut hop = cluster.hop(family.platform, object, "", object.node);
    family.state(&mut hop, entries, cluster.tree, out);
    hop.inserts.extend(cluster.tree.insert(data, family.keys, true));
    out.hops.push(hop);
}

/// Whose it is, by what it sets.
fn family(object: &Object<'_>, entries: &[Entry<'_>]) -> Option<&'static Family> {
    let has = |family: &Family| entries.iter().any(|e| family.timers.iter().any(|(known, ..)| *known == e.key.text));
    if has(&HAPROXY_CONFIG) {
        return Some(&HAPROXY_CONFIG);
    }
    let retries = entries.iter().any(|e| e.key.text == "retry-non-idempotent");
    if !has(&INGRESS_NGINX) && !has(&NGINX_INC) && !retries {
        return None;
    }
    Some(if is_nginx_inc(object, entries) { &NGINX_INC } else { &INGRESS_NGINX })
}

/// NGINX Inc. writes units and calls its namespace and map otherwise than the Kubernetes project does.
fn is_nginx_inc(object: &Object<'_>, entries: &[Entry<'_>]) -> bool {
    let label = object.text(&["metadata", "labels", "app.kubernetes.io/name"]).unwrap_or_default();
    let named =
        |word: &str| [object.name, object.namespace.unwrap_or_default(), label].iter().any(|name| name.contains(word));
    let own = |e: &Entry<'_>| {
        let unit = e.key.text.starts_with("proxy-")
            && e.key.text.ends_with("-timeout")
            && e.value.as_str().is_some_and(|v| v.ends_with(|c: char| c.is_ascii_alphabetic()));
        unit || OF_NGINX_INC.contains(&&*e.key.text)
    };
    !named("ingress-nginx") && (object.namespace == Some("nginx-ingress") || entries.iter().any(own))
}

const OF_NGINX_INC: [&str; 8] = [
    "main-snippets",
    "http-snippets",
    "location-snippets",
    "server-snippets",
    "proxy-hide-headers",
    "fail-timeout",
    "client-max-body-size",
    "lb-method",
];

const SECONDS: Form = WHOLE_SECONDS;

static INGRESS_NGINX: Family = Family {
    prefix: "",
    platform: "nginx-ingress",
    timers: &[
        ("proxy-read-timeout", "proxy-read-timeout", SECONDS),
        ("proxy-send-timeout", "proxy-send-timeout", SECONDS),
        ("proxy-connect-timeout", "proxy-connect-timeout", SECONDS),
        ("proxy-next-upstream-timeout", "proxy-next-upstream-timeout", SECONDS),
        ("client-body-timeout", "client-body-timeout", SECONDS),
        ("client-header-timeout", "client-header-timeout", SECONDS),
        ("keep-alive", "keep-alive", SECONDS),
        ("upstream-keepalive-timeout", "upstream-keepalive-timeout", SECONDS),
        ("upstream-keepalive-time", "upstream-keepalive-time", NGINX),
        ("worker-shutdown-timeout", "worker-shutdown-timeout", NGINX),
    ],
    wrong: Wrong::Ignored("ingress-nginx does not take it as it is, and its default counts"),
    keys: &[
        key("read", "proxy-read-timeout", Unit::Seconds),
        key("send", "proxy-send-timeout", Unit::Seconds),
        key("connect", "proxy-connect-timeout", Unit::Seconds),
        key("client-keepalive", "keep-alive", Unit::Seconds),
        key("upstream-keepalive", "upstream-keepalive-timeout", Unit::Seconds),
        key("client-body", "client-body-timeout", Unit::Seconds),
    ],
    rest: nginx_rest,
};

static NGINX_INC: Family = Family {
    prefix: "",
    platform: "nginx",
    timers: &[
        ("proxy-read-timeout", "proxy_read_timeout", NGINX),
        ("proxy-send-timeout", "proxy_send_timeout", NGINX),
        ("proxy-connect-timeout", "proxy_connect_timeout", NGINX),
        ("proxy-next-upstream-timeout", "proxy_next_upstream_timeout", NGINX),
    ],
    wrong: Wrong::Ignored("the controller does not take it as it is, and its default counts"),
    keys: &[
        key("read", "proxy-read-timeout", Unit::Text),
        key("send", "proxy-send-timeout", Unit::Text),
        key("connect", "proxy-connect-timeout", Unit::Text),
    ],
    rest: nginx_rest,
};

static HAPROXY_CONFIG: Family = Family {
    prefix: "",
    platform: "haproxy",
    timers: &HAPROXY_TIMERS,
    wrong: HAPROXY_TECH.wrong,
    keys: &[
        key("server", "timeout-server", Unit::Text),
        key("connect", "timeout-connect", Unit::Text),
        key("client", "timeout-client", Unit::Text),
    ],
    rest: |_, hop, entry, tree| {
        if &*entry.key.text == "hard-stop-after"
            && let Some(seen) = tree.seen(&entry.value, HAPROXY)
        {
            hop.set("hard-stop-after", tree.loc(entry.key.span), tree.value_loc(&entry.value), seen, HAPROXY.unit);
        }
    },
};
