//! Objects that are timers and little else: policies of gateways, transports, parameters of proxies. One table.

use super::objects::{Cluster, Object};
use super::values::{
    Field, GATEWAY, NGINX, WHOLE_SECONDS, attempts, entry_at, envoy_causes, field, insert_under, repeats, state,
};
use crate::catalog::Unit;
use crate::import::tree::{Form, GO, MILLIS, SECONDS, Tree, at, items};
use crate::import::{Call, Deployed, Import, Key, Seen};
use crate::model::{BackoffSpec, RetrySpec};
use crate::span::Located;
use crate::syntax::{Kind, Node};

/// A kind of object.
struct Policy {
    group: &'static str,
    kind: &'static str,
    platform: &'static str,
    /// From the object.
    root: &'static [&'static str],
    fields: &'static [Field],
    /// The map, from the root, that takes further timers, and which.
    inserts: &'static [(&'static str, &'static [Key])],
    rest: fn(&mut Deployed, &Node<'_>, &Tree<'_>),
}

const fn key(timer: &'static str, key: &'static str, unit: Unit) -> Key {
    Key { timer, key, unit }
}

const NOTHING: fn(&mut Deployed, &Node<'_>, &Tree<'_>) = |_, _, _| ();

const ENVOY_GATEWAY: &str = "gateway.envoyproxy.io";
const KGATEWAY: &str = "gateway.kgateway.dev";
const NGINX_GATEWAY: &str = "gateway.nginx.org";

/// As Traefik takes a duration: Go's words, or a number of seconds.
const TRAEFIK: Form = Form {
    unit: Unit::Go,
    what: "a duration such as 90s or 1m30s, or a number of seconds",
    read: |t| (GO.read)(t).or_else(|| (SECONDS.read)(t)),
};

static POLICIES: [Policy; 16] = [
    Policy {
        group: ENVOY_GATEWAY,
        kind: "BackendTrafficPolicy",
        platform: "envoy-gateway",
        root: &["spec"],
        fields: &[
            field(&["timeout", "tcp", "connectTimeout"], "timeout.tcp.connectTimeout", GATEWAY),
            field(&["timeout", "http", "requestTimeout"], "timeout.http.requestTimeout", GATEWAY),
            field(&["timeout", "http", "connectionIdleTimeout"], "timeout.http.connectionIdleTimeout", GATEWAY),
            field(&["timeout", "http", "maxConnectionDuration"], "timeout.http.maxConnectionDuration", GATEWAY),
            field(&["timeout", "http", "maxStreamDuration"], "timeout.http.maxStreamDuration", GATEWAY),
            field(&["timeout", "http", "streamIdleTimeout"], "timeout.http.streamIdleTimeout", GATEWAY),
            field(&["retry", "perRetry", "timeout"], "retry.perRetry.timeout", GO),
        ],
        inserts: &[],
        rest: envoy_gateway_retry,
    },
    Policy {
        group: ENVOY_GATEWAY,
        kind: "ClientTrafficPolicy",
        platform: "envoy-gateway",
        root: &["spec"],
        fields: &[
            field(&["timeout", "http", "requestReceivedTimeout"], "timeout.http.requestReceivedTimeout", GATEWAY),
            field(&["timeout", "http", "idleTimeout"], "timeout.http.idleTimeout", GATEWAY),
            field(&["timeout", "http", "streamIdleTimeout"], "timeout.http.streamIdleTimeout", GATEWAY),
        ],
        inserts: &[],
        rest: NOTHING,
    },
    Policy {
        group: KGATEWAY,
        kind: "TrafficPolicy",
        platform: "kgateway",
        root: &["spec"],
        fields: &[
            field(&["timeouts", "request"], "timeouts.request", GO),
            field(&["timeouts", "streamIdle"], "timeouts.streamIdle", GO),
            field(&["retry", "perTryTimeout"], "retry.perTryTimeout", GO),
        ],
        inserts: &[(
            "timeouts",
            &[key("route-total", "request", Unit::Text), key("stream-idle", "streamIdle", Unit::Text)],
        )],
        rest: kgateway_retry,
    },
    Policy {
        group: KGATEWAY,
        kind: "BackendConfigPolicy",
        platform: "kgateway",
        root: &["spec"],
        fields: &[
            field(&["connectTimeout"], "connectTimeout", GO),
            field(&["commonHttpProtocolOptions", "idleTimeout"], "commonHttpProtocolOptions.idleTimeout", GO),
            field(
                &["commonHttpProtocolOptions", "maxStreamDuration"],
                "commonHttpProtocolOptions.maxStreamDuration",
                GO,
            ),
        ],
        inserts: &[],
        rest: NOTHING,
    },
    Policy {
        group: KGATEWAY,
        kind: "HTTPListenerPolicy",
        platform: "kgateway",
        root: &["spec"],
        fields: &[field(&["streamIdleTimeout"], "HTTPListenerPolicy.spec.streamIdleTimeout", GO)],
        inserts: &[],
        rest: NOTHING,
    },
    Policy {
        group: NGINX_GATEWAY,
        kind: "ClientSettingsPolicy",
        platform: "nginx",
        root: &["spec"],
        fields: &[
            field(&["body", "timeout"], "client_body_timeout", NGINX),
            field(&["keepAlive", "timeout", "server"], "keepalive_timeout", NGINX),
        ],
        inserts: &[("body", &[key("client-body", "timeout", Unit::Text)])],
        rest: NOTHING,
    },
    Policy {
        group: NGINX_GATEWAY,
        kind: "UpstreamSettingsPolicy",
        platform: "nginx",
        root: &["spec"],
        fields: &[
            field(&["keepAlive", "timeout"], "keepalive_timeout (in upstream {})", NGINX),
            field(&["keepAlive", "time"], "keepalive_time", NGINX),
        ],
        inserts: &[],
        rest: |hop, spec, tree| {
            if let Some(pool) = at(spec, &["keepAlive", "connections"]) {
                let on = tree.count(pool).is_some_and(|n| n > 0);
                hop.with("upstream-keepalive", if on { "on" } else { "off" }, tree.value_loc(pool));
            }
        },
    },
    Policy {
        group: NGINX_GATEWAY,
        kind: "ProxySettingsPolicy",
        platform: "nginx",
        root: &["spec"],
        fields: &[],
        inserts: &[],
        rest: |hop, spec, tree| {
            if let Some(disable) = at(spec, &["buffering", "disable"]) {
                let off = disable.kind == Kind::Bool(true);
                hop.with("proxy-buffering", if off { "off" } else { "on" }, tree.value_loc(disable));
            }
        },
    },
    Policy {
        group: "traefik.io",
        kind: "ServersTransport",
        platform: "traefik",
        root: &["spec"],
        fields: &[
            field(&["forwardingTimeouts", "dialTimeout"], "forwardingTimeouts.dialTimeout", TRAEFIK),
            field(
                &["forwardingTimeouts", "responseHeaderTimeout"],
                "forwardingTimeouts.responseHeaderTimeout",
                TRAEFIK,
            ),
            field(&["forwardingTimeouts", "idleConnTimeout"], "forwardingTimeouts.idleConnTimeout", TRAEFIK),
            field(&["forwardingTimeouts", "readIdleTimeout"], "forwardingTimeouts.readIdleTimeout", TRAEFIK),
        ],
        inserts: &[(
            "forwardingTimeouts",
            &[
                key("first-byte", "responseHeaderTimeout", Unit::Go),
                key("connect", "dialTimeout", Unit::Go),
                key("upstream-keepalive", "idleConnTimeout", Unit::Go),
            ],
        )],
        rest: NOTHING,
    },
    Policy {
        group: "traefik.io",
        kind: "Middleware",
        platform: "traefik",
        root: &["spec", "retry"],
        fields: &[field(&["timeout"], "retry.timeout", TRAEFIK)],
        inserts: &[],
        rest: |hop, retry, tree| {
            let spec = hop.hop.retries.insert(RetrySpec::at(tree.node_loc(retry)));
            spec.attempts = retry.get("attempts").and_then(|n| attempts(tree, n));
        },
    },
    Policy {
        group: "configuration.konghq.com",
        kind: "KongIngress",
        platform: "kong",
        root: &["proxy"],
        fields: &[
            field(&["read_timeout"], "read_timeout", MILLIS),
            field(&["write_timeout"], "write_timeout", MILLIS),
            field(&["connect_timeout"], "connect_timeout", MILLIS),
        ],
        inserts: &[],
        rest: |hop, proxy, tree| {
            if let Some(n) = proxy.get("retries") {
                hop.hop.retries.insert(RetrySpec::at(tree.value_loc(n))).attempts = repeats(tree, n);
            }
        },
    },
    Policy {
        group: "serving.knative.dev",
        kind: "Service",
        platform: "knative",
        root: &["spec", "template", "spec"],
        fields: &KNATIVE,
        inserts: &[("", &KNATIVE_KEYS)],
        rest: NOTHING,
    },
    Policy {
        group: "serving.knative.dev",
        kind: "Revision",
        platform: "knative",
        root: &["spec"],
        fields: &KNATIVE,
        inserts: &[("", &KNATIVE_KEYS)],
        rest: NOTHING,
    },
    Policy {
        group: "serving.kserve.io",
        kind: "InferenceService",
        platform: "kserve",
        root: &["spec", "predictor"],
        fields: &[field(&["timeout"], "timeout", WHOLE_SECONDS)],
        inserts: &[("", &[key("timeout", "timeout", Unit::Seconds)])],
        rest: NOTHING,
    },
    Policy {
        group: "projectcontour.io",
        kind: "ContourConfiguration",
        platform: "contour",
        root: &["spec", "envoy", "timeouts"],
        fields: &[
            field(&["requestTimeout"], "timeouts.request-timeout", super::contour::DURATION),
            field(&["connectionIdleTimeout"], "timeouts.connection-idle-timeout", super::contour::DURATION),
            field(&["streamIdleTimeout"], "timeouts.stream-idle-timeout", super::contour::DURATION),
            field(&["maxConnectionDuration"], "timeouts.max-connection-duration", super::contour::DURATION),
            field(
                &["connectionShutdownGracePeriod"],
                "timeouts.connection-shutdown-grace-period",
                super::contour::DURATION,
            ),
            field(&["connectTimeout"], "timeouts.connect-timeout", GO),
        ],
        inserts: &[],
        rest: NOTHING,
    },
    Policy {
        group: "apisix.apache.org",
        kind: "ApisixUpstream",
        platform: "apisix",
        root: &["spec"],
        fields: &APISIX,
        inserts: &[],
        rest: NOTHING,
    },
];

const KNATIVE: [Field; 3] = [
    field(&["timeoutSeconds"], "timeoutSeconds", WHOLE_SECONDS),
    field(&["responseStartTimeoutSeconds"], "responseStartTimeoutSeconds", WHOLE_SECONDS),
    field(&["idleTimeoutSeconds"], "idleTimeoutSeconds", WHOLE_SECONDS),
];
const KNATIVE_KEYS: [Key; 3] = [
    key("timeout", "timeoutSeconds", Unit::Seconds),
    key("response-start", "responseStartTimeoutSeconds", Unit::Seconds),
    key("idle", "idleTimeoutSeconds", Unit::Seconds),
];
pub const APISIX: [Field; 3] = [
    field(&["timeout", "read"], "timeout.read", GO),
    field(&["timeout", "send"], "timeout.send", GO),
    field(&["timeout", "connect"], "timeout.connect", GO),
];

/// Reads an object of a kind in the table; whether it is one.
pub fn read(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) -> bool {
    let group = if object.group == "traefik.containo.us" { "traefik.io" } else { object.group };
    let Some(policy) = POLICIES.iter().find(|p| p.group == group && p.kind == object.kind) else { return false };
    let Some(root) = object.get(policy.root) else { return true };
    let mut hop = cluster.hop(policy.platform, object, "", object.node);
    state(cluster, &mut hop, root, policy.fields, out);
    (policy.rest)(&mut hop, root, cluster.tree);
    for (parent, keys) in policy.inserts {
        let insert = match *parent {
            "" => super::values::insert(cluster.tree, root, keys, false),
            parent => insert_under(cluster.tree, root, parent, keys, false),
        };
        hop.inserts.extend(insert);
    }
    targets(&mut hop, object, cluster);
    out.hops.push(hop);
    true
}

/// The Services that a policy is for.
fn targets(hop: &mut Deployed, object: &Object<'_>, cluster: &Cluster<'_>) {
    let one = object.get(&["spec", "targetRef"]);
    let many = object.get(&["spec", "targetRefs"]).map(items).unwrap_or_default();
    for target in one.into_iter().chain(many) {
        let is_service = target.get("kind").and_then(Node::as_str) == Some("Service");
        if let Some(name) = target.get("name").filter(|_| is_service)
            && let Some(text) = cluster.word(name)
        {
            hop.calls.push(Call { to: object.service(text, None, None), at: cluster.tree.value_loc(name) });
        }
    }
}

fn envoy_gateway_retry(hop: &mut Deployed, spec: &Node<'_>, tree: &Tree<'_>) {
    let Some(retry) = spec.get("retry") else { return };
    hop.with("retry-policy", "on", tree.node_loc(retry));
    let retries = hop.hop.retries.insert(RetrySpec::at(tree.node_loc(retry)));
    retries.attempts = retry.get("numRetries").and_then(|n| repeats(tree, n));
    causes(retries, retry, &["retryOn", "triggers"], &["retryOn", "httpStatusCodes"], tree);
    let wait = |key: &str| {
        let entry = entry_at(retry, &["perRetry", "backOff", key])?;
        match tree.seen(&entry.value, GO)? {
            Seen::Time(wait) => Some((wait, tree.value_loc(&entry.value))),
            _ => None,
        }
    };
    // Without the longest wait the platform's own factor decides, which is not written here.
    if let (Some((initial, at)), Some((max, _))) = (wait("baseInterval"), wait("maxInterval")) {
        let backoff =
            BackoffSpec::Exponential { initial, factor_percent: 200, max: Some(max), jitter_percent: (0, 100) };
        retries.backoff = Some(Located::new(backoff, at));
    }
}

fn kgateway_retry(hop: &mut Deployed, spec: &Node<'_>, tree: &Tree<'_>) {
    let Some(retry) = spec.get("retry") else { return };
    hop.with("retry", "on", tree.node_loc(retry));
    let retries = hop.hop.retries.insert(RetrySpec::at(tree.node_loc(retry)));
    retries.attempts = retry.get("attempts").and_then(|n| repeats(tree, n));
    causes(retries, retry, &["retryOn"], &["statusCodes"], tree);
}

/// Words and statuses that lists name.
fn causes(spec: &mut RetrySpec, retry: &Node<'_>, words: &[&str], statuses: &[&str], tree: &Tree<'_>) {
    let lists = [at(retry, words), at(retry, statuses)];
    let named = lists.iter().flatten().flat_map(|list| items(list));
    let named: Vec<String> = named.filter_map(|word| Some(tree.scalar(word)?.into_owned())).collect();
    if let (Some(first), false) = (lists.into_iter().flatten().next(), named.is_empty()) {
        spec.on = Some(Located::new(envoy_causes(named.iter().map(String::as_str)), tree.node_loc(first)));
    }
}

/// A Route of `OpenShift`: its annotations, and who calls whom.
pub fn openshift_route(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let family = &super::annotations::OPENSHIFT;
    let mut hop = cluster.hop(family.platform, object, "", object.node);
    family.state(&mut hop, object.annotations(), cluster.tree, out);
    family.insert(&mut hop, object, cluster);
    let host = object.get(&["spec", "host"]).and_then(|host| cluster.word(host));
    hop.answers.extend(host.map(|host| crate::import::Address::host(host, None)));
    if let Some(name) = object.get(&["spec", "to", "name"])
        && let Some(text) = cluster.word(name)
    {
        hop.calls.push(Call { to: object.service(text, None, None), at: cluster.tree.value_loc(name) });
    }
    out.hops.push(hop);
}
