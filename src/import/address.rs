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

/// `chat.default.svc.cluster.local`, `chat.default` and `chat` name one service, as far as both say.
fn same_host(a: &str, b: &str) -> bool {
    let short = |name: &str| name.split_once(".svc").map_or(name.to_owned(), |(service, _)| service.to_owned());
    let (a, b) = (short(a), short(b));
    a == b
        || (a.split_once('.').map(|(name, _)| name) == Some(b.as_str()) && a.matches('.').count() == 1)
        || (b.split_once('.').map(|(name, _)| name) == Some(a.as_str()) && b.matches('.').count() == 1)
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
}
