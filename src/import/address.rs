//! Who calls whom, as files say it: where a hop answers and where it calls.

use crate::span::Loc;

/// A name by which one hop finds another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// A host as a URL, a server line or a compose service names it, in lower case; a Kubernetes Service is
    /// `name.namespace` (`name` where the namespace is not stated).
    Host { host: String, port: Option<u16> },
    /// A resource of an infrastructure template: `aws_lb.chat`, or the logical id of `CloudFormation`.
    Resource(String),
    /// A platform of the catalogue by its id, where a file names the provider itself: `openai`.
    Platform(String),
}

impl Address {
    pub fn host(host: &str, port: Option<u16>) -> Self {
        Self::Host { host: host.trim_end_matches('.').to_ascii_lowercase(), port }
    }

    /// From `host`, `host:port`, `[v6]:port` or a URL; the scheme gives the port where none is stated.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").map_or((None, text), |(s, r)| (Some(s), r));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, rest) = v6.split_once(']')?;
                (host, rest.strip_prefix(':'))
            }
            None => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => Some(port.parse().ok()?),
            None => match scheme {
                Some("http" | "ws" | "h2c") => Some(80),
                Some("https" | "wss" | "grpcs") => Some(443),
                _ => None,
            },
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        (!host.is_empty() && host.chars().all(plain)).then(|| Self::host(host, port))
    }

    /// Whether a call to `self` reaches what answers at `other`. A port that one of the two leaves open fits any.
    pub fn reaches(&self, other: &Address) -> bool {
        match (self, other) {
            (Self::Resource(a), Self::Resource(b)) => a == b,
            (Self::Host { host: a, port: p }, Self::Host { host: b, port: q }) => {
                (p == q || p.is_none() || q.is_none()) && same_host(a, b)
            }
            _ => false,
        }
    }
}

/// A host without the part that every Kubernetes Service of a cluster shares.
fn service(host: &str) -> &str {
    host.split_once(".svc").map_or(host, |(service, _)| service)
}

/// The name of a Service that says its namespace, and nothing else.
fn in_namespace(service: &str) -> Option<&str> {
    service.split_once('.').filter(|(_, namespace)| !namespace.contains('.')).map(|(name, _)| name)
}

/// `chat.default.svc.cluster.local`, `chat.default` and `chat` name one service, as far as both say.
fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (service(a), service(b));
    a == b || in_namespace(a) == Some(b) || in_namespace(b) == Some(a)
}

/// What a map of addresses is asked for, so that nobody has to be compared with everybody: `a.reaches(b)` exactly where
/// one of `a.asks()` is one of `b.offers()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key<'a> {
    name: &'a str,
    kind: Kind,
    port: Port,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Host,
    /// A service that says its namespace, by its name alone.
    InNamespace,
    Resource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Port {
    Any,
    Is(Option<u16>),
}

impl Address {
    /// Under which keys what answers here is found.
    pub fn offers(&self) -> Vec<Key<'_>> {
        match self {
            Self::Resource(name) => vec![Key { name, kind: Kind::Resource, port: Port::Any }],
            Self::Platform(_) => Vec::new(),
            Self::Host { host, port } => {
                let host = service(host);
                let names =
                    std::iter::once((host, Kind::Host)).chain(in_namespace(host).map(|n| (n, Kind::InNamespace)));
                names
                    .flat_map(|(name, kind)| [Port::Any, Port::Is(*port)].map(|port| Key { name, kind, port }))
                    .collect()
            }
        }
    }

    /// Under which keys everything is found that a call to this address reaches.
    pub fn asks(&self) -> Vec<Key<'_>> {
        match self {
            Self::Resource(name) => vec![Key { name, kind: Kind::Resource, port: Port::Any }],
            Self::Platform(_) => Vec::new(),
            Self::Host { host, port } => {
                let host = service(host);
                let mut names = vec![(host, Kind::Host)];
                names.extend(in_namespace(host).map(|name| (name, Kind::Host)));
                if !host.contains('.') {
                    names.push((host, Kind::InNamespace));
                }
                let ports = if port.is_some() { vec![Port::Is(*port), Port::Is(None)] } else { vec![Port::Any] };
                names
                    .iter()
                    .flat_map(|(name, kind)| ports.iter().map(|port| Key { name, kind: *kind, port: *port }))
                    .collect()
            }
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host { host, port: Some(port) } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host { host, port: Some(port) } => write!(f, "{host}:{port}"),
            Self::Host { host, port: None } => write!(f, "{host}"),
            Self::Resource(name) | Self::Platform(name) => write!(f, "{name}"),
        }
    }
}

/// A call inward, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub to: Address,
    pub at: Loc,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses() {
        let shown = |text: &str| Address::parse(text).map(|a| a.to_string());
        assert_eq!(shown("http://Chat.example.com/v1/"), Some("chat.example.com:80".to_owned()));
        assert_eq!(shown("https://u:p@api.openai.com?x"), Some("api.openai.com:443".to_owned()));
        assert_eq!(shown("app:8000"), Some("app:8000".to_owned()));
        assert_eq!(shown("http://[::1]:9000/"), Some("[::1]:9000".to_owned()));
        assert_eq!(shown("backend"), Some("backend".to_owned()));
        for bad in ["", "http://$host", "a:port", "[::1", "http:///x"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_service_has_several_names() {
        let reaches = |a: &str, b: &str| Address::parse(a).unwrap().reaches(&Address::parse(b).unwrap());
        assert!(reaches("http://chat.default.svc.cluster.local:80", "chat.default:80"));
        assert!(reaches("chat:80", "chat.default"));
        assert!(!reaches("chat:81", "chat.default:80"));
        assert!(!reaches("api.example.com", "api"));
        assert!(!reaches("chat.a", "chat.b"));
    }

    #[test]
    fn a_map_by_keys_finds_what_a_comparison_does() {
        let hosts =
            ["chat", "chat.a", "chat.b", "chat.a.svc", "chat.a.svc.cluster.local", "chat.a.b", "api", ".", "a.", ""];
        let ports = [None, Some(80), Some(81)];
        let mut all: Vec<Address> =
            hosts.iter().flat_map(|h| ports.map(|port| Address::Host { host: (*h).to_owned(), port })).collect();
        all.extend(["chat", "chat.a"].map(|name| Address::Resource(name.to_owned())));
        all.push(Address::Platform("chat".to_owned()));
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let offers = b.offers();
            assert_eq!(a.asks().iter().any(|key| offers.contains(key)), a.reaches(b), "{a} to {b}");
        }
    }
}
