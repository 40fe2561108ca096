//! Kubernetes: objects in YAML and JSON that set timers of ingress controllers, gateways, meshes and load balancers.
//!
//! [`objects`] finds the objects of a file, [`settings`] keeps everything about time in them, and one module for each
//! family of kinds makes hops of them.

mod annotations;
mod balancer;
mod config_map;
mod contour;
mod gateway;
mod helm;
mod ingress;
mod inner;
mod istio;
mod objects;
mod pods;
mod policies;
pub(super) mod settings;
mod values;
mod virtual_server;

use super::tree::{Dialect, Tree};
use super::{Given, Import, Includes, Match, Reader};
use crate::syntax::Node;
use objects::{Cluster, Object};
use std::collections::HashMap;

pub use helm::Helm;

pub struct Kubernetes;

impl Reader for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn summary(&self) -> &'static str {
        "Kubernetes objects: Ingress, Gateway API, Istio, Contour, load balancer annotations"
    }

    fn may_be(&self, path: &str) -> bool {
        [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
    }

    fn knows(&self, _: &str, text: &str) -> Match {
        // Most texts of a repository have no such word at all.
        let object = text.contains("apiVersion") && has_key(text, "apiVersion") && has_key(text, "kind");
        if object { Match::Yes } else { Match::No }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, Dialect::PLAIN);
        let documents = tree.documents(out);
        let roots: Vec<&Node<'_>> = documents.iter().filter_map(|d| d.parsed.root.as_ref()).collect();
        let cluster = Cluster::of(&tree, roots.iter().copied());
        for root in roots {
            settings::keep(&tree, root, out);
        }
        for object in &cluster.objects {
            for entry in object.annotations() {
                values::must_be_text(&tree, entry, "annotations", out);
            }
            read(object, &cluster, out);
            pods::read(given, object, &cluster, out);
        }
        inner::read(given, &cluster, out);
        name_apart(&mut out.hops);
    }
}

/// A key of YAML or JSON at the start of a line, in quotes or behind a dash or brace.
fn has_key(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let after = text[at + key.len()..].trim_start_matches(['"', '\'']);
        let before = text[..at].trim_end_matches(['"', '\'', ' ', '-', '{', '\u{feff}']);
        after.trim_start_matches(' ').starts_with(':') && (before.is_empty() || before.ends_with(['\n', ',', '\t']))
    })
}

fn read(object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    match (object.group, object.kind) {
        _ if ingress::is_ingress(object) => ingress::read(object, cluster, out),
        ("", "ConfigMap") => config_map::read(object, cluster, out),
        ("", "Service") => balancer::service(object, cluster, out),
        ("elbv2.k8s.aws", "IngressClassParams")
        | ("gateway.k8s.aws", "LoadBalancerConfiguration" | "TargetGroupConfiguration") => {
            balancer::aws_attributes(object, cluster, out);
        }
        ("cloud.google.com", "BackendConfig") => balancer::backend_config(object, cluster, out),
        ("networking.gke.io", "GCPBackendPolicy") => balancer::backend_policy(object, cluster, out),
        ("gateway.networking.k8s.io", "HTTPRoute") => gateway::route(object, cluster, out),
        ("networking.istio.io", "VirtualService") => istio::virtual_service(object, cluster, out),
        ("networking.istio.io", "DestinationRule") => istio::destination_rule(object, cluster, out),
        ("projectcontour.io", "HTTPProxy") => contour::proxy(object, cluster, out),
        ("k8s.nginx.org", "VirtualServer" | "VirtualServerRoute") => {
            virtual_server::virtual_server(object, cluster, out);
        }
        ("apisix.apache.org", "ApisixRoute") => virtual_server::apisix_route(object, cluster, out),
        ("traefik.io" | "traefik.containo.us", "IngressRoute") => virtual_server::ingress_route(object, cluster, out),
        ("route.openshift.io", "Route") => policies::openshift_route(object, cluster, out),
        _ => {
            policies::read(object, cluster, out);
        }
    }
}

/// Selectors are unique: of objects with one name the long form counts, which says the namespace; what is still equal
/// is numbered. Short forms that several hops have are dropped.
fn name_apart(hops: &mut [super::Deployed]) {
    let mut count: HashMap<String, usize> = HashMap::new();
    for hop in hops.iter() {
        *count.entry(hop.selector.clone()).or_default() += 1;
    }
    for hop in hops.iter_mut().filter(|hop| count[&hop.selector] > 1) {
        if let Some(long) = hop.also.first().filter(|long| long.len() > hop.selector.len()).cloned() {
            hop.selector = long;
        }
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for hop in hops.iter_mut() {
        let n = seen.entry(hop.selector.clone()).or_default();
        *n += 1;
        if *n > 1 {
            hop.selector = format!("{} ({n})", hop.selector);
        }
        hop.hop.name.clone_from(&hop.selector);
    }
    count.clear();
    for hop in hops.iter() {
        hop.also.iter().chain([&hop.selector]).for_each(|word| *count.entry(word.clone()).or_default() += 1);
    }
    for hop in hops {
        let selector = &hop.selector;
        hop.also.retain(|word| word != selector && count[word] == 1);
    }
}
