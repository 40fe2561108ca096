//! Ingress: which controller serves it, what its annotations set, and who calls whom through it.

use super::annotations::{
    ALB, APISIX, AZURE, CONTOUR, Family, HAPROXY_INGRESS, HAPROXY_TECH, INGRESS_NGINX, KONG, NGINX_INC, OF_INGRESSES,
    OPENSHIFT,
};
use super::balancer;
use super::objects::{Cluster, Object, port};
use crate::import::tree::{items, list};
use crate::import::{Address, Call, Deployed, Import};
use crate::syntax::{Entry, Node};

const GROUPS: [&str; 2] = ["networking.k8s.io", "extensions"];

pub fn is_ingress(object: &Object<'_>) -> bool {
    object.kind == "Ingress" && GROUPS.contains(&object.group)
}

/// Who serves an Ingress.
enum Controller {
    Annotated(&'static Family),
    /// Its timers stand in objects of their own.
    Platform(&'static str),
}

/// By what a class or its controller is called; the first word that fits.
const CLASSES: [(&str, Controller); 17] = [
    ("nginx.org/", Controller::Annotated(&NGINX_INC)),
    ("ingress-nginx", Controller::Annotated(&INGRESS_NGINX)),
    ("webapprouting", Controller::Annotated(&INGRESS_NGINX)),
    ("nginx", Controller::Annotated(&INGRESS_NGINX)),
    ("alb", Controller::Annotated(&ALB)),
    ("kong", Controller::Annotated(&KONG)),
    ("contour", Controller::Annotated(&CONTOUR)),
    ("haproxy-ingress", Controller::Annotated(&HAPROXY_INGRESS)),
    ("haproxy.org", Controller::Annotated(&HAPROXY_TECH)),
    ("openshift", Controller::Annotated(&OPENSHIFT)),
    ("haproxy", Controller::Annotated(&HAPROXY_TECH)),
    ("application-gateway", Controller::Annotated(&AZURE)),
    ("apisix", Controller::Annotated(&APISIX)),
    ("traefik", Controller::Platform("traefik")),
    ("gce", Controller::Platform("gcp-application-lb")),
    ("istio", Controller::Platform("istio")),
    ("envoy", Controller::Platform("envoy")),
];

pub fn read(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let class = class(object);
    let named = class.and_then(|class| by_class(class, cluster));
    if let Some(Controller::Platform(platform)) = named {
        let mut hop = bare(platform, object, cluster);
        balancer::apply_backend_config(&mut hop, object, cluster);
        out.hops.push(hop);
        return;
    }
    let families = served_by(named, object.annotations());
    for (i, family) in families.iter().enumerate() {
        let mut hop = bare(family.platform, object, cluster);
        family.state(&mut hop, object.annotations(), cluster.tree, out);
        inherit(family, &mut hop, object, cluster, out);
        family.insert(&mut hop, object, cluster);
        if i > 0 {
            hop.selector = format!("{} ({})", hop.selector, family.platform);
            hop.hop.name.clone_from(&hop.selector);
        }
        out.hops.push(hop);
    }
}

/// The hop of an Ingress before anything is stated of its timers.
fn bare(platform: &str, object: &Object<'_>, cluster: &Cluster<'_>) -> Deployed {
    let mut hop = cluster.hop(platform, object, "", object.node);
    let spec = object.get(&["spec"]);
    for rule in spec.map(|spec| list(spec, "rules")).unwrap_or_default() {
        let host = rule.get("host").and_then(|host| cluster.word(host)).filter(|host| !host.contains('*'));
        hop.answers.extend(host.map(|host| Address::host(host, None)));
        let paths = rule.get("http").map(|http| list(http, "paths")).unwrap_or_default();
        for path in paths {
            hop.calls.extend(path.get("backend").and_then(|backend| call(backend, object, cluster)));
            let path = path.get("path").and_then(|path| cluster.word(path)).unwrap_or("/");
            if object.name.is_empty() {
                continue;
            }
            let place = host.map_or_else(|| path.to_owned(), |host| format!("/{host} {path}"));
            hop.also.push(format!("{}{place}", hop.selector));
        }
    }
    let default = spec.and_then(|s| s.get("defaultBackend").or_else(|| s.get("backend")));
    hop.calls.extend(default.and_then(|backend| call(backend, object, cluster)));
    hop.calls.dedup_by(|a, b| a.to == b.to);
    hop
}

/// A backend, in the form of `networking.k8s.io/v1` or the older one.
fn call(backend: &Node<'_>, object: &Object<'_>, cluster: &Cluster<'_>) -> Option<Call> {
    let service = backend.get("service");
    let name = match service {
        Some(service) => service.get("name")?,
        None => backend.get("serviceName")?,
    };
    let port = match service {
        Some(service) => port(service.get("port").and_then(|port| port.get("number"))),
        None => port(backend.get("servicePort")),
    };
    let to = object.service(cluster.word(name)?, None, port);
    Some(Call { to, at: cluster.tree.value_loc(name) })
}

/// The class that an Ingress names.
fn class<'n>(object: &Object<'n>) -> Option<&'n str> {
    let annotated = || object.annotation("kubernetes.io/ingress.class")?.value.as_str();
    object.text(&["spec", "ingressClassName"]).or_else(annotated)
}

/// By the `IngressClass` of this file, else by how the class is called.
fn by_class(class: &str, cluster: &Cluster<'_>) -> Option<&'static Controller> {
    let declared = cluster.of_kind("networking.k8s.io", "IngressClass").find(|o| o.name == class);
    let controller = declared.and_then(|o| o.text(&["spec", "controller"]));
    controller.and_then(called).or_else(|| called(class))
}

/// The families of annotations that a class of this name reads.
pub fn families(class: Option<&str>, annotations: &[Entry<'_>]) -> Vec<&'static Family> {
    match class.and_then(called) {
        Some(Controller::Platform(_)) => Vec::new(),
        named => served_by(named, annotations),
    }
}

fn served_by(named: Option<&'static Controller>, annotations: &[Entry<'_>]) -> Vec<&'static Family> {
    let families = annotated(annotations);
    let Some(Controller::Annotated(family)) = named else { return families };
    // One class serves the controllers of NGINX Inc. and of the Kubernetes project; their annotations tell.
    let either = family.prefix == INGRESS_NGINX.prefix && !families.is_empty();
    let theirs = either && families.iter().all(|f| f.prefix == NGINX_INC.prefix);
    vec![if theirs { &NGINX_INC } else { family }]
}

fn called(name: &str) -> Option<&'static Controller> {
    CLASSES.iter().find(|(word, _)| name.contains(word)).map(|(_, controller)| controller)
}

/// The families whose annotations stand here: those with timers, else one without.
fn annotated(annotations: &[Entry<'_>]) -> Vec<&'static Family> {
    let carries = |family: &Family, timers: bool| {
        annotations.iter().any(|e| e.key.text.starts_with(family.prefix) && (!timers || family.is_timer(e)))
    };
    let timed: Vec<&Family> = OF_INGRESSES.into_iter().filter(|f| carries(f, true)).collect();
    if !timed.is_empty() {
        return timed;
    }
    OF_INGRESSES.into_iter().filter(|f| carries(f, false)).take(1).collect()
}

const MERGE: &str = "nginx.org/mergeable-ingress-type";

/// What a controller takes from other objects: Kong from the Service, the controller of AWS from the parameters of the
/// class, NGINX Inc. from the master of a merged Ingress.
fn inherit(family: &Family, hop: &mut Deployed, object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    if family.platform == "kong"
        && let Some(service) = only_service(object, cluster)
    {
        family.state(hop, service.annotations(), cluster.tree, out);
    }
    if family.platform == "aws-alb"
        && let Some(class) = class(object)
        && let Some(class) = cluster.of_kind("networking.k8s.io", "IngressClass").find(|o| o.name == class)
        && let Some(name) = class.text(&["spec", "parameters", "name"])
        && let Some(params) = cluster.of_kind("elbv2.k8s.aws", "IngressClassParams").find(|o| o.name == name)
    {
        balancer::attributes(hop, params.node, cluster, &mut Import::default());
    }
    let kind = |o: &Object<'_>| o.annotation(MERGE).and_then(|e| e.value.as_str().map(str::to_owned));
    if kind(object).as_deref() == Some("minion") {
        let host = |o: &Object<'_>| {
            let rules = o.get(&["spec", "rules"]).map(items).unwrap_or_default();
            rules.first().and_then(|rule| rule.get("host")?.as_str().map(str::to_owned))
        };
        let is_master =
            |o: &&Object<'_>| is_ingress(o) && kind(o).as_deref() == Some("master") && host(o) == host(object);
        if let Some(master) = cluster.objects.iter().find(is_master) {
            let mut whole = bare(family.platform, object, cluster);
            // Its problems are told where it is read itself.
            family.state(&mut whole, master.annotations(), cluster.tree, &mut Import::default());
            family.state(&mut whole, object.annotations(), cluster.tree, &mut Import::default());
            *hop = whole;
        }
    }
}

/// The Service behind an Ingress, where it is one and stands in this file.
pub fn only_service<'c, 'n>(object: &Object<'_>, cluster: &'c Cluster<'n>) -> Option<&'c Object<'n>> {
    let hop = bare("", object, cluster);
    let (first, others) = hop.calls.split_first()?;
    let same = |a: &Address, b: &Address| matches!((a, b), (Address::Host { host: a, .. }, Address::Host { host: b, .. }) if a == b);
    if others.iter().any(|call| !same(&call.to, &first.to)) {
        return None;
    }
    let Address::Host { host, .. } = &first.to else { return None };
    let name = host.split_once('.').map_or(host.as_str(), |(name, _)| name);
    cluster.of_kind("", "Service").find(|service| object.refers_to(service, name, None))
}
