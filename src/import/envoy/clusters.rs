//! What clusters say: how long a connection may take, how long it idles, and where the endpoints are.

use super::{at, entry, get, list};
use crate::import::tree::{self, PROTOBUF, Tree};
use crate::import::{Address, Call, Deployed};
use crate::span::Located;
use crate::syntax::{Entry, Node};

const PROTOCOL_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

pub fn connect<'n>(cluster: &'n Node<'n>) -> Option<&'n Entry<'n>> {
    entry(cluster, "connect_timeout")
}

/// The idle time of pooled connections: in the typed options, or in the cluster itself as older files have it.
pub fn idle<'n>(cluster: &'n Node<'n>) -> Option<&'n Entry<'n>> {
    let typed = get(cluster, "typed_extension_protocol_options").and_then(|map| map.get(PROTOCOL_OPTIONS));
    let options = typed.and_then(|typed| get(typed, "common_http_protocol_options"));
    let options = options.or_else(|| get(cluster, "common_http_protocol_options"))?;
    entry(options, "idle_timeout")
}

pub fn state<'n>(tree: &Tree<'n>, hop: &mut Deployed, cluster: &'n Node<'n>) {
    if let Some(entry) = connect(cluster) {
        tree.time(hop, "connect_timeout", entry, PROTOBUF);
    }
    if let Some(entry) = idle(cluster) {
        tree.time(hop, "upstream-keepalive", entry, PROTOBUF);
    }
    let addresses = addresses(cluster);
    if !addresses.is_empty() {
        let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        hop.hop.endpoints = Some(Located::new(count, tree.node_loc(get(cluster, "name").unwrap_or(cluster))));
    }
    for address in addresses {
        let Some(host) = address.get("address") else { continue };
        let port = get(address, "port_value").and_then(|port| tree.scalar(port)?.parse().ok());
        let Some(name) = tree.scalar(host).filter(|name| Address::parse(name).is_some() || name.contains(':')) else {
            continue;
        };
        hop.calls.push(Call { to: Address::host(&name, port), at: tree.value_loc(host) });
    }
}

/// The socket addresses of all endpoints.
fn addresses<'n>(cluster: &'n Node<'n>) -> Vec<&'n Node<'n>> {
    let groups = get(cluster, "load_assignment").map(|assignment| list(assignment, "endpoints")).unwrap_or_default();
    let endpoints = groups.iter().flat_map(|group| list(group, "lb_endpoints"));
    let new = endpoints.filter_map(|endpoint| at(endpoint, &["endpoint", "address", "socket_address"]));
    let old = list(cluster, "hosts").iter().filter_map(|host| get(host, "socket_address"));
    new.chain(old).collect()
}

/// The names of the clusters that a route calls, and where each is named; none where a header decides.
pub fn called<'n>(tree: &'n Tree<'n>, action: &'n Node<'n>) -> Option<Vec<(String, &'n Node<'n>)>> {
    if let Some(one) = get(action, "cluster") {
        return Some(vec![(tree.scalar(one)?.into_owned(), one)]);
    }
    let weighted = at(action, &["weighted_clusters", "clusters"])?;
    let names = tree::items(weighted).iter().filter_map(|item| get(item, "name"));
    let names: Vec<_> = names.filter_map(|node| Some((tree.scalar(node)?.into_owned(), node))).collect();
    (!names.is_empty()).then_some(names)
}
