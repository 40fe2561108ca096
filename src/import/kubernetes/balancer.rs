//! Load balancers of clouds: the objects and annotations that set their timers.

use super::annotations::{Family, KONG, attribute_timer, key, load_balancer_attributes};
use super::ingress::only_service;
use super::objects::{Cluster, Object, port};
use super::values::{Field, WHOLE_SECONDS, Wrong, field, state};
use crate::catalog::Unit;
use crate::import::tree::{Form, GO, SECONDS, entries, entry, items};
use crate::import::{Address, Call, Deployed, Import, Key, units};
use crate::syntax::{Entry, Node};

const MINUTES: Form = Form {
    unit: Unit::Minutes,
    what: "a number of minutes",
    read: |t| units::parse(Unit::Minutes, t).map(crate::import::Seen::Time),
};

/// A classic load balancer of AWS.
static CLASSIC: Family = Family {
    prefix: "service.beta.kubernetes.io/",
    platform: "aws-elb-classic",
    timers: &[(
        "aws-load-balancer-connection-idle-timeout",
        "service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout",
        WHOLE_SECONDS,
    )],
    wrong: Wrong::Ignored("the controller refuses the annotation"),
    keys: &[key("idle", "service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout", Unit::Seconds)],
    rest: |_, _, _, _| (),
};
static NETWORK: Family = Family {
    prefix: "service.beta.kubernetes.io/",
    platform: "aws-nlb",
    timers: &[],
    wrong: Wrong::Refused,
    keys: &[],
    rest: |_, hop, entry, tree| load_balancer_attributes(hop, entry, tree),
};
static AZURE: Family = Family {
    prefix: "service.beta.kubernetes.io/",
    platform: "azure-load-balancer",
    timers: &[(
        "azure-load-balancer-tcp-idle-timeout",
        "service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout",
        MINUTES,
    )],
    wrong: Wrong::Ignored("the controller refuses the annotation"),
    keys: &[key("flow-idle", "service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout", Unit::Minutes)],
    rest: |_, _, _, _| (),
};
static LINKERD: Family = Family {
    prefix: "timeout.linkerd.io/",
    platform: "linkerd",
    timers: &[
        ("request", "timeout.linkerd.io/request", GO),
        ("response", "timeout.linkerd.io/response", GO),
        ("idle", "timeout.linkerd.io/idle", GO),
    ],
    wrong: Wrong::Ignored("the proxy leaves the annotation out"),
    keys: &[key("request-total", "timeout.linkerd.io/request", Unit::Text)],
    rest: |_, _, _, _| (),
};

const AWS: &str = "service.beta.kubernetes.io/aws-load-balancer-";
const AZURE_PREFIX: &str = "service.beta.kubernetes.io/azure-load-balancer-";

/// A Service that stands for a load balancer, or whose annotations a proxy obeys.
pub fn service(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let balancer = object.text(&["spec", "type"]);
    let class = object.text(&["spec", "loadBalancerClass"]);
    let network = class == Some("service.k8s.aws/nlb");
    let Some(family) = family_of(object.annotations(), balancer.map(|kind| kind == "LoadBalancer")) else { return };
    let family = if network && family.prefix == CLASSIC.prefix { &NETWORK } else { family };
    let mut hop = cluster.hop(family.platform, object, "", object.node);
    family.state(&mut hop, object.annotations(), cluster.tree, out);
    family.insert(&mut hop, object, cluster);
    if family.prefix == CLASSIC.prefix {
        let names = object.annotation("external-dns.alpha.kubernetes.io/hostname").and_then(|e| e.value.as_str());
        let names = names.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        hop.answers.extend(names.map(|name| Address::host(name, None)));
    }
    let ports = object.get(&["spec", "ports"]).map(items).unwrap_or_default();
    let at = cluster.loc(object.at);
    hop.calls.extend(ports.iter().map(|p| Call { to: object.service(object.name, None, port(p.get("port"))), at }));
    out.hops.push(hop);
}

/// Whose annotations of a Service count: those of the load balancer come first, it stands outermost. `balancer` says
/// whether the Service is one, where that is known.
pub fn family_of(annotations: &[Entry<'_>], balancer: Option<bool>) -> Option<&'static Family> {
    let carries = |prefix: &str| annotations.iter().any(|e| e.key.text.starts_with(prefix));
    let value = |name: &str| annotations.iter().find(|e| e.key.text == name).and_then(|e| e.value.as_str());
    let balancer = balancer.unwrap_or(true);
    match () {
        () if carries(AWS) && balancer => {
            let kind = value("service.beta.kubernetes.io/aws-load-balancer-type");
            let network = kind.is_some_and(|k| matches!(k, "nlb" | "nlb-ip" | "external"))
                || annotations.iter().any(|e| e.key.text.contains("listener-attributes"));
            Some(if network { &NETWORK } else { &CLASSIC })
        }
        () if carries(AZURE_PREFIX) && balancer => Some(&AZURE),
        () if annotations.iter().any(|e| KONG.is_timer(e)) => Some(&KONG),
        () if carries("timeout.linkerd.io/") => Some(&LINKERD),
        () => None,
    }
}

/// What an AWS load balancer controller makes of a class of Ingresses, a Gateway or a target group: lists of
/// attributes as `{key, value}`.
pub fn aws_attributes(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let network = object.kind == "LoadBalancerConfiguration"
        && object.get(&["spec"]).is_some_and(|spec| mentions(spec, "tcp.idle_timeout.seconds"));
    let platform = if network { "aws-nlb" } else { "aws-alb" };
    let mut hop = cluster.hop(platform, object, "", object.node);
    if let Some(spec) = object.get(&["spec"]) {
        attributes(&mut hop, spec, cluster, out);
    }
    out.hops.push(hop);
}

fn mentions(node: &Node<'_>, name: &str) -> bool {
    let inside = entries(node).iter().map(|e| &e.value).chain(items(node));
    node.as_str() == Some(name) || inside.into_iter().any(|inner| mentions(inner, name))
}

/// States the timers in lists of `{key, value}`, wherever in a node they stand.
pub fn attributes(hop: &mut Deployed, node: &Node<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let name = node.get("key").and_then(Node::as_str);
    if let Some(timer) = name.and_then(|name| attribute_timer(hop, name))
        && let Some(value) = entry(node, "value")
    {
        super::values::time(cluster.tree, hop, value, timer, WHOLE_SECONDS, Wrong::Refused, out);
    }
    for inner in entries(node).iter().map(|e| &e.value).chain(items(node)) {
        attributes(hop, inner, cluster, out);
    }
}

const BACKEND_CONFIG: [Field; 2] = [
    field(&["timeoutSec"], "BackendConfig spec.timeoutSec", SECONDS),
    field(&["connectionDraining", "drainingTimeoutSec"], "drainingTimeoutSec", SECONDS),
];
const BACKEND_POLICY: [Field; 2] = [
    field(&["timeoutSec"], "GCPBackendPolicy spec.default.timeoutSec", SECONDS),
    field(&["connectionDraining", "drainingTimeoutSec"], "drainingTimeoutSec", SECONDS),
];
static BACKEND_KEYS: [Key; 1] = [key("backend-service", "timeoutSec", Unit::Seconds)];

/// GKE: `BackendConfig` of an Ingress.
pub fn backend_config(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let mut hop = cluster.hop("gcp-application-lb", object, "", object.node);
    if let Some(spec) = object.get(&["spec"]) {
        state(cluster, &mut hop, spec, &BACKEND_CONFIG, out);
        hop.inserts.extend(cluster.tree.insert(spec, &BACKEND_KEYS, false));
    }
    for service in cluster.of_kind("", "Service").filter(|service| uses(service, object.name)) {
        hop.calls.push(Call { to: service.service(service.name, None, None), at: cluster.loc(service.at) });
    }
    out.hops.push(hop);
}

/// GKE: policy of a Service behind a Gateway.
pub fn backend_policy(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let mut hop = cluster.hop("gcp-application-lb", object, "", object.node);
    if let Some(default) = object.get(&["spec", "default"]) {
        state(cluster, &mut hop, default, &BACKEND_POLICY, out);
        hop.inserts.extend(cluster.tree.insert(default, &BACKEND_KEYS, false));
    }
    let target = object.get(&["spec", "targetRef"]);
    if let Some(name) =
        target.filter(|t| t.get("kind").and_then(Node::as_str) == Some("Service")).and_then(|t| t.get("name"))
        && let Some(text) = name.as_str()
    {
        hop.calls.push(Call { to: object.service(text, None, None), at: cluster.tree.value_loc(name) });
    }
    out.hops.push(hop);
}

/// Whether a Service names a `BackendConfig` in its annotation, which holds JSON.
fn uses(service: &Object<'_>, config: &str) -> bool {
    let names = ["cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"];
    let annotation = names.iter().find_map(|name| service.annotation(name)?.value.as_str());
    annotation.is_some_and(|json| json.split('"').any(|word| word == config))
}

/// The timers that an Ingress of GKE gets from the `BackendConfig` of its Service.
pub fn apply_backend_config(hop: &mut Deployed, object: &Object<'_>, cluster: &Cluster<'_>) {
    if hop.hop.platform.value != "gcp-application-lb" {
        return;
    }
    let Some(service) = only_service(object, cluster) else { return };
    let config = cluster.of_kind("cloud.google.com", "BackendConfig").find(|config| uses(service, config.name));
    if let Some(spec) = config.and_then(|config| config.get(&["spec"])) {
        // Its problems are told where it is read itself.
        state(cluster, hop, spec, &BACKEND_CONFIG, &mut Import::default());
        hop.inserts.extend(cluster.tree.insert(spec, &BACKEND_KEYS, false));
    }
}
