//! Annotations of ingress controllers and load balancers: which of them are timers, and of which platform.

use super::objects::{Cluster, Object};
use super::settings::attribute_list;
use super::values::{HAPROXY, NGINX, WHOLE_SECONDS, Wrong, attempts, envoy_causes, insert_under, repeats, time};
use super::virtual_server::nginx_causes;
use crate::catalog::Unit;
use crate::import::tree::{Form, GO, MILLIS, SECONDS, Tree};
use crate::import::{Deployed, Import, Insert, Key, Seen};
use crate::span::{Loc, Located, Span};
use crate::syntax::{Entry, Node};

/// The annotations of one controller.
pub struct Family {
    /// With the `/`.
    pub prefix: &'static str,
    pub platform: &'static str,
    /// The annotation without the prefix, the timer it is, and how it is written.
    pub timers: &'static [(&'static str, &'static str, Form)],
    pub wrong: Wrong,
    /// Timers that can be added.
    pub keys: &'static [Key],
    /// What else they say.
    pub rest: fn(&Family, &mut Deployed, &Entry<'_>, &Tree<'_>),
}

pub const fn key(timer: &'static str, key: &'static str, unit: Unit) -> Key {
    Key { timer, key, unit }
}

pub static INGRESS_NGINX: Family = Family {
    prefix: "nginx.ingress.kubernetes.io/",
    platform: "nginx-ingress",
    timers: &[
        ("proxy-read-timeout", "nginx.ingress.kubernetes.io/proxy-read-timeout", WHOLE_SECONDS),
        ("proxy-send-timeout", "nginx.ingress.kubernetes.io/proxy-send-timeout", WHOLE_SECONDS),
        ("proxy-connect-timeout", "nginx.ingress.kubernetes.io/proxy-connect-timeout", WHOLE_SECONDS),
        ("proxy-next-upstream-timeout", "nginx.ingress.kubernetes.io/proxy-next-upstream-timeout", WHOLE_SECONDS),
    ],
    wrong: Wrong::Ignored("ingress-nginx ignores it as it is, and the value of its ConfigMap or the default counts"),
    keys: &[
        key("read", "nginx.ingress.kubernetes.io/proxy-read-timeout", Unit::Seconds),
        key("send", "nginx.ingress.kubernetes.io/proxy-send-timeout", Unit::Seconds),
        key("connect", "nginx.ingress.kubernetes.io/proxy-connect-timeout", Unit::Seconds),
        key("retry-window", "nginx.ingress.kubernetes.io/proxy-next-upstream-timeout", Unit::Seconds),
    ],
    rest: nginx_rest,
};

/// The controller of NGINX Inc., now F5: nginx itself, with units.
pub static NGINX_INC: Family = Family {
    prefix: "nginx.org/",
    platform: "nginx",
    timers: &[
        ("proxy-read-timeout", "proxy_read_timeout", NGINX),
        ("proxy-send-timeout", "proxy_send_timeout", NGINX),
        ("proxy-connect-timeout", "proxy_connect_timeout", NGINX),
        ("proxy-next-upstream-timeout", "proxy_next_upstream_timeout", NGINX),
        ("client-body-timeout", "client_body_timeout", NGINX),
    ],
    wrong: Wrong::Ignored("the controller refuses the Ingress or leaves the annotation out"),
    keys: &[
        key("read", "nginx.org/proxy-read-timeout", Unit::Text),
        key("send", "nginx.org/proxy-send-timeout", Unit::Text),
        key("connect", "nginx.org/proxy-connect-timeout", Unit::Text),
    ],
    rest: nginx_rest,
};

pub static KONG: Family = Family {
    prefix: "konghq.com/",
    platform: "kong",
    timers: &[
        ("read-timeout", "read_timeout", MILLIS),
        ("write-timeout", "write_timeout", MILLIS),
        ("connect-timeout", "connect_timeout", MILLIS),
    ],
    wrong: Wrong::Ignored("Kong leaves the annotation out"),
    keys: &[
        key("read", "konghq.com/read-timeout", Unit::Millis),
        key("send", "konghq.com/write-timeout", Unit::Millis),
        key("connect", "konghq.com/connect-timeout", Unit::Millis),
    ],
    rest: |_, hop, entry, tree| {
        if &*entry.key.text == "konghq.com/retries" {
            let at = tree.value_loc(&entry.value);
            hop.retries(at).attempts = repeats(tree, &entry.value);
        }
    },
};

pub static ALB: Family = Family {
    prefix: "alb.ingress.kubernetes.io/",
    platform: "aws-alb",
    timers: &[],
    wrong: Wrong::Refused,
    keys: &[key("idle", ATTRIBUTE_LIST, Unit::Seconds)],
    rest: |_, hop, entry, tree| load_balancer_attributes(hop, entry, tree),
};

pub static AZURE: Family = Family {
    prefix: "appgw.ingress.kubernetes.io/",
    platform: "azure-application-gateway",
    timers: &[("request-timeout", "appgw.ingress.kubernetes.io/request-timeout", SECONDS)],
    wrong: Wrong::Ignored("the controller leaves the annotation out"),
    keys: &[key("backend-request", "appgw.ingress.kubernetes.io/request-timeout", Unit::Seconds)],
    rest: |_, _, _, _| (),
};

pub static CONTOUR: Family = Family {
    prefix: "projectcontour.io/",
    platform: "contour",
    timers: &[
        ("response-timeout", "timeoutPolicy.response", super::contour::DURATION),
        ("per-try-timeout", "retryPolicy.perTryTimeout", GO),
    ],
    wrong: Wrong::Ignored("Contour leaves the annotation out"),
    keys: &[key("route-total", "projectcontour.io/response-timeout", Unit::Go)],
    rest: contour_rest,
};

pub static HAPROXY_TECH: Family = Family { prefix: "haproxy.org/", ..HAPROXY_FAMILY };
pub static HAPROXY_INGRESS: Family = Family { prefix: "haproxy-ingress.github.io/", ..HAPROXY_FAMILY };
pub static OPENSHIFT: Family = Family {
    prefix: "haproxy.router.openshift.io/",
    timers: &[("timeout", "timeout server", HAPROXY), ("timeout-tunnel", "timeout tunnel", HAPROXY)],
    keys: &[key("server", "haproxy.router.openshift.io/timeout", Unit::Text)],
    ..HAPROXY_FAMILY
};
const HAPROXY_FAMILY: Family = Family {
    prefix: "",
    platform: "haproxy",
    timers: &HAPROXY_TIMERS,
    wrong: Wrong::Ignored("the controller leaves the annotation out"),
    keys: &[],
    rest: |_, _, _, _| (),
};
pub const HAPROXY_TIMERS: [(&str, &str, Form); 10] = [
    ("timeout-server", "timeout server", HAPROXY),
    ("timeout-connect", "timeout connect", HAPROXY),
    ("timeout-queue", "timeout queue", HAPROXY),
    ("timeout-client", "timeout client", HAPROXY),
    ("timeout-http-request", "timeout http-request", HAPROXY),
    ("timeout-http-keep-alive", "timeout http-keep-alive", HAPROXY),
    ("timeout-keep-alive", "timeout http-keep-alive", HAPROXY),
    ("timeout-tunnel", "timeout tunnel", HAPROXY),
    ("timeout-client-fin", "timeout client-fin", HAPROXY),
    ("timeout-server-fin", "timeout server-fin", HAPROXY),
];

pub static APISIX: Family = Family {
    prefix: "k8s.apisix.apache.org/",
    platform: "apisix",
    timers: &[
        ("upstream-read-timeout", "timeout.read", GO),
        ("upstream-send-timeout", "timeout.send", GO),
        ("upstream-connect-timeout", "timeout.connect", GO),
    ],
    wrong: Wrong::Ignored("the controller leaves the annotation out"),
    keys: &[],
    rest: |_, _, _, _| (),
};

/// Those that an Ingress may carry.
pub static OF_INGRESSES: [&Family; 10] =
    [&INGRESS_NGINX, &NGINX_INC, &ALB, &KONG, &CONTOUR, &HAPROXY_TECH, &HAPROXY_INGRESS, &OPENSHIFT, &AZURE, &APISIX];

impl Family {
    /// Whether an annotation of this family says anything about time.
    pub fn is_timer(&self, entry: &Entry<'_>) -> bool {
        let Some(name) = entry.key.text.strip_prefix(self.prefix) else { return false };
        self.timers.iter().any(|(known, ..)| *known == name)
            || name.ends_with("-attributes")
            || name.contains("retries")
    }

    /// States what the annotations of an object say.
    pub fn state(&self, hop: &mut Deployed, annotations: &[Entry<'_>], tree: &Tree<'_>, out: &mut Import) {
        for entry in annotations {
            let Some(name) = entry.key.text.strip_prefix(self.prefix) else { continue };
            match self.timers.iter().find(|(known, ..)| *known == name) {
                Some((_, timer, form)) => time(tree, hop, entry, timer, *form, self.wrong, out),
                None => (self.rest)(self, hop, entry, tree),
            }
        }
    }

    /// Where more of them would go.
    pub fn insert(&self, hop: &mut Deployed, object: &Object<'_>, cluster: &Cluster<'_>) {
        if let Some(metadata) = object.get(&["metadata"]) {
            self.insert_into(hop, metadata, cluster.tree);
        }
    }

    /// `around` is the map that has the annotations or takes them.
    pub fn insert_into(&self, hop: &mut Deployed, around: &Node<'_>, tree: &Tree<'_>) {
        let list = around.get("annotations").and_then(|annotations| annotations.get(ATTRIBUTE_LIST));
        if self.platform == "aws-alb"
            && let Some(list) = list
        {
            let end = tree.value_loc(list);
            let at = Loc::new(end.file, Span::at(end.span.end));
            let (before, keys) = (",".to_owned(), &ATTRIBUTE_KEYS);
            hop.inserts.push(Insert { at, before, between: "=", after: "", keys });
            return;
        }
        let insert = insert_under(tree, around, "annotations", self.keys, true).filter(|_| !self.keys.is_empty());
        hop.inserts.extend(insert.map(|insert| match (self.platform, insert.between) {
            ("aws-alb", ": \"") => Insert { between: ": \"idle_timeout.timeout_seconds=", ..insert },
            ("aws-alb", _) => Insert { between: "\": \"idle_timeout.timeout_seconds=", ..insert },
            _ => insert,
        }));
    }
}

/// One annotation holds all attributes of an ALB.
const ATTRIBUTE_LIST: &str = "alb.ingress.kubernetes.io/load-balancer-attributes";
static ATTRIBUTE_KEYS: [Key; 2] = [
    key("idle", "idle_timeout.timeout_seconds", Unit::Seconds),
    key("client-keepalive", "client_keep_alive.seconds", Unit::Seconds),
];

pub fn nginx_rest(family: &Family, hop: &mut Deployed, entry: &Entry<'_>, tree: &Tree<'_>) {
    let Some(text) = tree.scalar(&entry.value) else { return };
    let at = tree.value_loc(&entry.value);
    let name = entry.key.text.strip_prefix(family.prefix).unwrap_or(&entry.key.text);
    let on = |text: &str| if matches!(text.to_ascii_lowercase().as_str(), "on" | "true") { "on" } else { "off" };
    match name {
        "proxy-buffering" => hop.with("proxy-buffering", on(&text), at),
        "proxy-http-version" if matches!(&*text, "1.0" | "1.1") => hop.with("proxy-http-version", &text, at),
        "keepalive" if family.platform == "nginx" => {
            let pool = tree.count(&entry.value).is_some_and(|n| n > 0);
            hop.with("upstream-keepalive", if pool { "on" } else { "off" }, at);
        }
        "retry-non-idempotent" => hop.with("retry-non-idempotent", on(&text), at),
        "proxy-next-upstream-tries" => {
            hop.retries(at).attempts = attempts(tree, &entry.value);
        }
        "proxy-next-upstream" => next_upstream(family, hop, &text, entry, tree),
        _ => {}
    }
}

/// The words of `proxy_next_upstream` as causes.
fn next_upstream(family: &Family, hop: &mut Deployed, text: &str, entry: &Entry<'_>, tree: &Tree<'_>) {
    let at = tree.value_loc(&entry.value);
    let facet = if family.platform == "nginx" { "non-idempotent" } else { "retry-non-idempotent" };
    let has = |known: &str| text.split_whitespace().any(|word| word == known);
    if has("non_idempotent") {
        hop.with(facet, "on", at);
    }
    let spec = hop.retries(at);
    if has("off") {
        spec.attempts = Some(Located::new(1, at));
    }
    spec.on = Some(Located::new(nginx_causes(text), at));
}

fn contour_rest(family: &Family, hop: &mut Deployed, entry: &Entry<'_>, tree: &Tree<'_>) {
    let at = tree.value_loc(&entry.value);
    match entry.key.text.strip_prefix(family.prefix) {
        Some("num-retries") => {
            hop.retries(at).attempts = repeats(tree, &entry.value);
        }
        Some("retry-on") => {
            let Some(text) = tree.scalar(&entry.value) else { return };
            let causes = envoy_causes(text.split(','));
            hop.retries(at).on = Some(Located::new(causes, at));
        }
        _ => {}
    }
}

/// The attributes that are timers of a platform.
const ATTRIBUTES: [(&str, &[&str]); 2] = [
    ("aws-alb", &["idle_timeout.timeout_seconds", "client_keep_alive.seconds", "deregistration_delay.timeout_seconds"]),
    ("aws-nlb", &["tcp.idle_timeout.seconds"]),
];

/// The timers among the attributes of a load balancer, its target groups and its listeners.
pub fn load_balancer_attributes(hop: &mut Deployed, entry: &Entry<'_>, tree: &Tree<'_>) {
    for attribute in attribute_list(tree, &entry.value) {
        let hidden = tree.hidden(&entry.value).map(Seen::Hidden);
        let Some(timer) = attribute_timer(hop, attribute.name) else { continue };
        let Some(seen) = hidden.or_else(|| (WHOLE_SECONDS.read)(attribute.value)) else { continue };
        hop.set(timer, attribute.name_at, attribute.value_at, seen, Unit::Seconds);
    }
}

/// The timer of the hop's platform that an attribute is.
pub fn attribute_timer(hop: &Deployed, name: &str) -> Option<&'static str> {
    let (_, known) = ATTRIBUTES.iter().find(|(platform, _)| *platform == hop.hop.platform.value)?;
    known.iter().find(|known| **known == name).copied()
}
