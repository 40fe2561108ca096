//! Addresses as users type them: `http://host:port/path?query`, and nothing that a probe would not send.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub tls: bool,
    /// Without the brackets of IPv6.
    pub host: String,
    pub port: u16,
    /// With the query.
    pub target: String,
}

impl Url {
    pub fn parse(text: &str) -> Result<Url, String> {
        let (scheme, rest) = text.split_once("://").ok_or("an address begins with http:// or https://")?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other => return Err(format!("{other}:// is neither http:// nor https://")),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            return Err(
                "a name and password in the address would be seen by everybody; send them with --header".to_owned()
            );
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']').ok_or("the address of IPv6 has no closing bracket")?;
                (host, after.strip_prefix(':'))
            }
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            None => {
                if tls {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("{port} is no port"))?,
        };
        let sane = |text: &str| !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if host.is_empty() || !sane(host) || !sane(target) || !target.is_ascii() {
            return Err("the address has no host, or characters that must be written as %XX".to_owned());
        }
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Url { tls, host: host.to_owned(), port, target })
    }

    /// What the `Host` header says.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }
}

/// For people: values of the query may be keys.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, query) = self.target.split_once('?').map_or((self.target.as_str(), None), |(p, q)| (p, Some(q)));
        write!(f, "{}://{}{path}", if self.tls { "https" } else { "http" }, self.authority())?;
        match query {
            Some(query) => {
                let names: Vec<String> = query
                    .split('&')
                    .map(|part| part.split_once('=').map_or(part.to_owned(), |(n, _)| format!("{n}=...")))
                    .collect();
                write!(f, "?{}", names.join("&"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_secrets() {
        let url = Url::parse("https://api.example.com/v1/x?key=SECRET&n=1#frag").unwrap();
        assert_eq!(
            (url.tls, url.host.as_str(), url.port, url.target.as_str()),
            (true, "api.example.com", 443, "/v1/x?key=SECRET&n=1")
        );
        assert_eq!(url.to_string(), "https://api.example.com/v1/x?key=...&n=...");
        let v6 = Url::parse("http://[::1]:8080?a").unwrap();
        assert_eq!(
            (v6.host.as_str(), v6.port, v6.authority().as_str(), v6.target.as_str()),
            ("::1", 8080, "[::1]:8080", "/?a")
        );
        assert_eq!(Url::parse("http://a").unwrap().to_string(), "http://a/");
    }

    #[test]
    fn what_would_not_be_sent_is_refused() {
        for text in [
            "a",
            "ftp://a",
            "http://",
            "http://a:0",
            "http://a:x",
            "http://u:p@a",
            "http://a/x y",
            "http://a/\r\nX: y",
            "http://[::1",
            "https://:443",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
