//! Application servers by their flags.

use crate::catalog::Unit;
use crate::import::Key;

/// A server whose timers stand on its command line.
pub struct Server {
    /// The program, and the platform's id.
    pub name: &'static str,
    pub flags: &'static [Flag],
    /// What takes a value and is no timer: passed over together with it.
    pub bind: &'static [&'static str],
    pub host: Option<&'static str>,
    pub port: Option<&'static str>,
    pub config: &'static [&'static str],
    /// The default address.
    pub answers: (&'static str, u16),
    /// Timers that can be added, by their flag.
    pub inserts: &'static [Key],
}

pub struct Flag {
    pub names: &'static [&'static str],
    pub unit: Unit,
}

const fn seconds(names: &'static [&'static str]) -> Flag {
    Flag { names, unit: Unit::Seconds }
}

const fn key(timer: &'static str, key: &'static str) -> Key {
    Key { timer, key, unit: Unit::Seconds }
}

pub const SERVERS: [Server; 4] = [
    Server {
        name: "gunicorn",
        flags: &[
            seconds(&["--timeout", "-t"]),
            seconds(&["--keep-alive"]),
            seconds(&["--graceful-timeout"]),
            seconds(&["--asgi-disconnect-grace-period"]),
        ],
        bind: &["--bind", "-b"],
        host: None,
        port: None,
        config: &["--config", "-c"],
        answers: ("127.0.0.1", 8000),
        inserts: &[key("worker", "--timeout"), key("client-keepalive", "--keep-alive")],
    },
    Server {
        name: "uvicorn",
        flags: &[
            seconds(&["--timeout-keep-alive"]),
            seconds(&["--timeout-graceful-shutdown"]),
            seconds(&["--timeout-worker-healthcheck"]),
        ],
        bind: &[],
        host: Some("--host"),
        port: Some("--port"),
        config: &[],
        answers: ("127.0.0.1", 8000),
        inserts: &[key("client-keepalive", "--timeout-keep-alive")],
    },
    Server {
        name: "hypercorn",
        flags: &[seconds(&["--keep-alive"]), seconds(&["--graceful-timeout"]), seconds(&["--read-timeout"])],
        bind: &["--bind", "-b"],
        host: None,
        port: None,
        config: &["--config", "-c"],
        answers: ("127.0.0.1", 8000),
        inserts: &[key("client-keepalive", "--keep-alive"), key("client-read", "--read-timeout")],
    },
    Server {
        name: "granian",
        flags: &[
            Flag { names: &["--http1-header-read-timeout"], unit: Unit::Millis },
            seconds(&["--workers-kill-timeout"]),
            seconds(&["--http2-keep-alive-timeout"]),
        ],
        bind: &[],
        host: Some("--host"),
        port: Some("--port"),
        config: &[],
        answers: ("127.0.0.1", 8000),
        inserts: &[],
    },
];

/// The facet `worker` of gunicorn, as a worker class names it.
pub fn worker(class: &str) -> Option<&'static str> {
    let class = class.rsplit('.').next().unwrap_or(class).to_ascii_lowercase();
    ["sync", "gthread", "gevent", "eventlet", "tornado", "asgi", "uvicorn"]
        .into_iter()
        .find(|known| class == *known || class == format!("{known}worker") || class == format!("{known}h11worker"))
        .or_else(|| class.starts_with("thread").then_some("gthread"))
        .or_else(|| class.starts_with("gevent").then_some("gevent"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::store::Catalog;

    #[test]
    fn the_catalogue_knows_every_flag() {
        let catalog = Catalog::default();
        for server in &SERVERS {
            let platform = catalog.find(server.name).unwrap();
            for name in server.flags.iter().filter_map(|flag| flag.names.first()) {
                let known = |t: &crate::catalog::Timer| t.native_also.iter().any(|also| also == name);
                assert!(platform.timers.iter().any(known), "{} {name}", server.name);
            }
            for key in server.inserts {
                assert!(platform.timer(key.timer).is_some(), "{} {}", server.name, key.timer);
            }
        }
    }

    #[test]
    fn worker_classes_are_facets() {
        assert_eq!(worker("uvicorn.workers.UvicornWorker"), Some("uvicorn"));
        assert_eq!(worker("gthread"), Some("gthread"));
        assert_eq!(worker("my.Own"), None);
    }
}
