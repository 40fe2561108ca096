//! Where a service answers: its names in the networks of its project, and the ports that the host publishes.

use super::{Service, bare};
use crate::import::Address;
use crate::import::tree::{entries, items, list};

/// A port of a service: in its container, and on the host where it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    pub container: u16,
    pub published: Option<u16>,
}

/// The addresses of a service whose server listens on a port; what it exposes where that is not known.
pub fn answers(service: &Service<'_, '_, '_>, bound: Option<u16>) -> Vec<Address> {
    let ports = ports(service);
    let mut inside: Vec<Option<u16>> = match bound {
        Some(port) => vec![Some(port)],
        None => ports.iter().map(|port| Some(port.container)).collect(),
    };
    if inside.is_empty() {
        inside.push(None);
    }
    let mut found = Vec::new();
    for name in names(service) {
        found.extend(inside.iter().map(|port| Address::host(&name, *port)));
    }
    let published = ports.iter().filter(|port| bound.is_none_or(|bound| bound == port.container));
    for port in published.filter_map(|port| port.published) {
        found.extend(["localhost", "127.0.0.1"].map(|host| Address::host(host, Some(port))));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|address| seen.insert(address.clone()));
    found
}

fn names(service: &Service<'_, '_, '_>) -> Vec<String> {
    let own = ["container_name", "hostname"].into_iter().filter_map(|key| service.tree.word(service.field(key)?));
    let networks = service.field("networks").map(entries).unwrap_or_default();
    let aliases = networks.iter().flat_map(|network| list(bare(&network.value), "aliases"));
    let aliases = aliases.filter_map(|alias| service.tree.word(alias));
    let names = [&*service.entry.key.text].into_iter().chain(own).chain(aliases);
    names.map(str::to_owned).collect()
}

fn ports(service: &Service<'_, '_, '_>) -> Vec<Port> {
    let mut found = Vec::new();
    for item in service.field("ports").map(items).unwrap_or_default() {
        let number = |key: &str| service.tree.scalar(item.get(key)?)?.parse().ok();
        match number("target") {
            Some(container) => found.push(Port { container, published: number("published") }),
            None => found.extend(service.tree.scalar(item).and_then(|text| short(&text))),
        }
    }
    let exposed = service.listed("expose").filter_map(|text| short(&text));
    found.extend(exposed.map(|port| Port { published: None, ..port }));
    found
}

/// `8000`, `8080:8000`, `127.0.0.1:8080:8000`, each perhaps with `/tcp`. Ranges stand for no single port.
fn short(text: &str) -> Option<Port> {
    let text = text.strip_suffix("/tcp").unwrap_or(text);
    let (rest, container) = text.rsplit_once(':').map_or((None, text), |(rest, port)| (Some(rest), port));
    let published = rest.and_then(|rest| rest.rsplit(':').next()?.parse().ok());
    Some(Port { container: container.parse().ok()?, published })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ports_are_read() {
        let port = |container, published| Some(Port { container, published });
        assert_eq!(short("8000"), port(8000, None));
        assert_eq!(short("8080:8000/tcp"), port(8000, Some(8080)));
        assert_eq!(short("127.0.0.1:8080:8000"), port(8000, Some(8080)));
        assert_eq!(short("127.0.0.1::8000"), port(8000, None));
        for none in ["8000-8010", "5353:5353/udp", "", "a:b"] {
            assert_eq!(short(none), None, "{none}");
        }
    }
}
