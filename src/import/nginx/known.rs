//! Which directives the reader looks at, what they take and where nginx allows them. No value of any of them.

use super::scope::Kind;
use super::time::Grain;

/// The modules that pass requests on. Each has directives of its own with the same endings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Proxy,
    Fastcgi,
    Uwsgi,
    Scgi,
    Grpc,
}

impl Family {
    pub const ALL: [Family; 5] = [Self::Proxy, Self::Fastcgi, Self::Uwsgi, Self::Scgi, Self::Grpc];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Fastcgi => "fastcgi",
            Self::Uwsgi => "uwsgi",
            Self::Scgi => "scgi",
            Self::Grpc => "grpc",
        }
    }
}

/// A directive, apart from the family that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub family: Option<Family>,
    pub name: &'static str,
}

impl Key {
    pub const fn of(family: Family, name: &'static str) -> Self {
        Self { family: Some(family), name }
    }

    pub const fn plain(name: &'static str) -> Self {
        Self { family: None, name }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.family {
            Some(family) => write!(f, "{}_{}", family.name(), self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One time, or two for the client's keep-alive.
    Time(Grain),
    /// `on` or `off`.
    Flag,
    /// One word.
    Word,
    /// Any number of words.
    Some,
    /// Any number of words; may stand several times.
    Words,
}

#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub key: Key,
    pub takes: Takes,
    /// Bits of [`Kind::bit`]; 0 where it is not checked.
    allowed: u16,
}

impl Known {
    pub const fn allows(&self, kind: Kind) -> bool {
        self.allowed == 0 || kind.bit() == 0 || self.allowed & kind.bit() != 0
    }

    /// How many arguments nginx takes, where that is checked.
    pub fn most(&self) -> Option<usize> {
        match self.takes {
            Takes::Time(_) if self.key.name == "keepalive_timeout" => Some(2),
            Takes::Time(_) | Takes::Flag | Takes::Word => Some(1),
            Takes::Some | Takes::Words => None,
        }
    }

    /// nginx refuses a second one in the same block.
    pub const fn once(&self) -> bool {
        !matches!(self.takes, Takes::Words)
    }
}

const H: u16 = Kind::Http.bit();
const S: u16 = Kind::Server.bit();
const L: u16 = Kind::Location.bit();
const I: u16 = Kind::If.bit();
const X: u16 = Kind::LimitExcept.bit();
const U: u16 = Kind::Upstream.bit();
const ST: u16 = Kind::Stream.bit() | Kind::StreamServer.bit();
const HSL: u16 = H | S | L;
const MILLIS: Takes = Takes::Time(Grain::Millis);
const SECONDS: Takes = Takes::Time(Grain::Seconds);

/// What each family has; `proxy` and others have more.
const OF_FAMILY: [(&str, Takes, u16); 12] = [
    ("pass", Takes::Word, L | I),
    ("read_timeout", MILLIS, HSL),
    ("connect_timeout", MILLIS, HSL),
    ("send_timeout", MILLIS, HSL),
    ("next_upstream", Takes::Words, HSL),
    ("next_upstream_tries", Takes::Word, HSL),
    ("next_upstream_timeout", MILLIS, HSL),
    ("buffering", Takes::Flag, HSL),
    ("ignore_client_abort", Takes::Flag, HSL),
    ("set_header", Takes::Words, HSL),
    ("http_version", Takes::Word, HSL),
    ("keep_conn", Takes::Flag, HSL),
];

/// These of the `proxy` family stand in `stream {}` as well.
const IN_STREAM: [&str; 3] = ["connect_timeout", "next_upstream_tries", "next_upstream_timeout"];

const OTHERS: [(&str, Takes, u16); 30] = [
    ("keepalive_timeout", MILLIS, HSL | U),
    ("client_body_timeout", MILLIS, HSL),
    ("client_header_timeout", MILLIS, H | S),
    ("send_timeout", MILLIS, HSL),
    ("keepalive_time", MILLIS, HSL | U),
    ("lingering_timeout", MILLIS, HSL),
    ("lingering_time", MILLIS, HSL),
    ("resolver_timeout", MILLIS, 0),
    ("ssl_session_timeout", SECONDS, 0),
    ("ssl_handshake_timeout", MILLIS, ST),
    ("worker_shutdown_timeout", MILLIS, 0),
    ("proxy_timeout", MILLIS, ST),
    ("proxy_protocol_timeout", MILLIS, ST),
    ("preread_timeout", MILLIS, ST),
    ("health_check_timeout", MILLIS, 0),
    ("http2_recv_timeout", MILLIS, H | S),
    ("http2_idle_timeout", MILLIS, H | S),
    ("keepalive", Takes::Some, U),
    ("server_name", Takes::Words, S),
    ("listen", Takes::Words, 0),
    ("server", Takes::Words, 0),
    ("set", Takes::Words, 0),
    ("zone", Takes::Words, 0),
    ("state", Takes::Words, 0),
    ("lua_check_client_abort", Takes::Flag, HSL),
    ("lua_socket_read_timeout", MILLIS, HSL),
    ("lua_socket_connect_timeout", MILLIS, HSL),
    ("lua_socket_send_timeout", MILLIS, HSL),
    ("lua_socket_keepalive_timeout", MILLIS, HSL),
    ("health_check", Takes::Words, 0),
];

pub fn known(name: &str) -> Option<Known> {
    let of = |(key, takes, allowed)| Known { key, takes, allowed };
    let family = name.split_once('_').and_then(|(family, rest)| {
        let family = Family::ALL.into_iter().find(|f| f.name() == family)?;
        OF_FAMILY.iter().find(|(name, ..)| *name == rest).map(|found| (family, *found))
    });
    if let Some((family, (name, takes, allowed))) = family {
        let more = match (family, name) {
            (Family::Proxy, "pass") => ST | X,
            (Family::Proxy, name) if IN_STREAM.contains(&name) => ST,
            _ => 0,
        };
        return Some(of((Key::of(family, name), takes, allowed | more)));
    }
    let other = OTHERS.iter().find(|(known, ..)| *known == name);
    other.map(|(name, takes, allowed)| of((Key::plain(name), *takes, *allowed)))
}

/// Whether a directive is listed among the settings: it is about time, connections that are kept, attempts or buffers.
pub fn is_setting(name: &str) -> bool {
    const ENDS: [&str; 6] =
        ["_timeout", "_buffering", "_next_upstream", "_next_upstream_tries", "_http_version", "_ignore_client_abort"];
    const WHOLE: [&str; 10] = [
        "keepalive",
        "keepalive_time",
        "keepalive_requests",
        "keepalive_disable",
        "keepalive_min_timeout",
        "lingering_time",
        "lingering_close",
        "fastcgi_keep_conn",
        "client_max_body_size",
        "proxy_max_temp_file_size",
    ];
    const SIZES: [&str; 5] = ["_buffers", "_buffer_size", "_buffers_size", "_header_buffers", "_max_temp_file_size"];
    // Most directives end with something else.
    let last = name.rsplit('_').next().unwrap_or_default();
    let may = matches!(
        last,
        "timeout"
            | "buffering"
            | "upstream"
            | "tries"
            | "version"
            | "abort"
            | "buffers"
            | "size"
            | "keepalive"
            | "time"
            | "requests"
            | "disable"
            | "close"
            | "conn"
    );
    may && (ENDS.iter().chain(&SIZES).any(|end| name.ends_with(end)) || WHOLE.contains(&name))
}

pub fn has_timed_parameters(directive: &str) -> bool {
    matches!(directive, "server" | "resolver" | "health_check" | "listen" | "sticky")
}

/// Parameters about time, `name=value`, and the directives that have them.
pub fn has_timed_parameter(directive: &str, parameter: &str) -> bool {
    match directive {
        "server" => matches!(parameter, "fail_timeout" | "slow_start"),
        "resolver" => parameter == "valid",
        "health_check" => matches!(parameter, "interval" | "jitter" | "keepalive_time"),
        "listen" => parameter == "so_keepalive",
        "sticky" => parameter == "timeout",
        _ => false,
    }
}

/// Included files that come with nginx or its packages and hold nothing about time.
pub fn is_harmless(path: &str) -> bool {
    const NAMES: [&str; 14] = [
        "mime.types",
        "fastcgi_params",
        "fastcgi.conf",
        "fastcgi-php.conf",
        "uwsgi_params",
        "scgi_params",
        "proxy_params",
        "koi-utf",
        "koi-win",
        "win-utf",
        "self-signed.conf",
        "options-ssl-nginx.conf",
        "ssl-params.conf",
        "ssl.conf",
    ];
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    NAMES.contains(&name)
        || matches!(parts.next(), Some("modules-enabled" | "modules" | "modules.d" | "modules.conf.d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_known_by_family() {
        let key = |name| known(name).map(|k| k.key.to_string());
        for name in ["proxy_read_timeout", "grpc_pass", "fastcgi_next_upstream_timeout", "keepalive_timeout", "listen"]
        {
            assert_eq!(key(name).as_deref(), Some(name));
        }
        assert_eq!(key("memcached_pass"), None);
        assert!(!known("proxy_read_timeout").unwrap().allows(Kind::If));
        assert!(!known("proxy_read_timeout").unwrap().allows(Kind::Stream));
        assert!(known("proxy_connect_timeout").unwrap().allows(Kind::StreamServer));
        assert!(!known("client_header_timeout").unwrap().allows(Kind::Location));
        assert!(known("keepalive_timeout").unwrap().allows(Kind::Upstream));
        assert!(known("proxy_read_timeout").unwrap().allows(Kind::File));
    }
}
