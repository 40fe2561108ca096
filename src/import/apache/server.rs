//! What a virtual host, or the main server around them, says of the requests through it.

use crate::catalog::Unit;
use crate::import::{Seen, Unseen};
use crate::span::Loc;
use std::collections::HashMap;

/// A value as it stands, with its directive.
#[derive(Clone, Debug)]
pub struct Stated {
    pub key: Loc,
    pub at: Loc,
    pub seen: Seen,
    pub unit: Unit,
}

/// A word after variables.
#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    pub at: Loc,
    pub hidden: Option<String>,
}

#[derive(Debug)]
pub struct Server {
    /// As the selector begins; empty for the main server.
    pub address: Option<String>,
    pub names: Vec<Word>,
    /// `Timeout`, `ProxyTimeout`, `KeepAliveTimeout`, `RequestReadTimeout body=` ...
    pub times: HashMap<&'static str, Stated>,
    /// `KeepAlive`.
    pub keepalive: Option<(bool, Loc)>,
    pub workers: Vec<Worker>,
    /// The workers of each host, in lower case.
    by_host: HashMap<String, Vec<usize>>,
    pub balancers: Vec<Balancer>,
    pub targets: Vec<Target>,
    pub unseen: Vec<Unseen>,
    /// Below its first line, with the indentation of its lines.
    pub inside: Option<(Loc, String)>,
}

/// A connection pool to one URL; every later `ProxyPass` to a URL below it shares it.
#[derive(Clone, Debug)]
pub struct Worker {
    pub url: String,
    /// Where its URL stands.
    pub at: Loc,
    pub parameters: HashMap<String, Stated>,
    /// `keepalive`, `disablereuse` and the like, as written.
    pub flags: HashMap<String, (String, Loc)>,
    /// Behind the last word of the line that made it.
    pub end: Loc,
}

#[derive(Clone, Debug, Default)]
pub struct Balancer {
    pub name: String,
    pub members: Vec<Worker>,
    pub maxattempts: Option<Stated>,
}

/// A place where requests are passed on.
#[derive(Clone, Debug)]
pub struct Target {
    /// Below the server: `Location /v1/`, `ProxyPass /v1/`.
    pub selector: String,
    pub url: Word,
    pub at: Loc,
    pub body: Loc,
    /// Passed on by a rewrite rule, through no worker of its own.
    pub rewritten: bool,
    pub under: Option<String>,
    pub end: Loc,
    pub indent: String,
}

impl Server {
    pub fn new(address: Option<String>, inside: Option<(Loc, String)>) -> Server {
        Server {
            address,
            names: Vec::new(),
            times: HashMap::new(),
            keepalive: None,
            workers: Vec::new(),
            by_host: HashMap::new(),
            balancers: Vec::new(),
            targets: Vec::new(),
            unseen: Vec::new(),
            inside,
        }
    }

    pub fn add_worker(&mut self, worker: Worker) {
        let host = split(&worker.url).0.to_ascii_lowercase();
        self.by_host.entry(host).or_default().push(self.workers.len());
        self.workers.push(worker);
    }

    /// The worker that a URL belongs to: the longest that it begins with.
    pub fn worker(&self, url: &str) -> Option<usize> {
        let (host, path) = split(url);
        let of_host = self.by_host.get(&host.to_ascii_lowercase())?.iter().copied();
        let fits = |i: &usize| path.starts_with(split(&self.workers[*i].url).1);
        of_host.filter(fits).max_by_key(|i| self.workers[*i].url.len())
    }

    pub fn balancer(&mut self, name: &str) -> &mut Balancer {
        let i = self.balancers.iter().position(|b| b.name.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
            self.balancers.push(Balancer { name: name.to_owned(), ..Balancer::default() });
            self.balancers.len() - 1
        });
        &mut self.balancers[i]
    }

    /// `chat.example.com:443`, or its address.
    pub fn title(&self) -> Option<String> {
        let address = self.address.as_ref()?;
        let port =
            address.rsplit_once(':').map(|(_, port)| port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
        Some(match (self.names.first().filter(|name| name.hidden.is_none()), port) {
            (Some(name), Some(port)) if !name.text.contains(':') => format!("{}:{port}", name.text),
            (Some(name), _) => name.text.clone(),
            (None, _) => address.clone(),
        })
    }
}

/// `http://app:8000` and `/v1/`.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |i| i + 3);
    let end = url[host..].find('/').map_or(url.len(), |i| host + i);
    url.split_at(end)
}

/// The name of `balancer://name/path`.
pub fn balancer_of(url: &str) -> Option<&str> {
    let scheme = url.get(..11).filter(|scheme| scheme.eq_ignore_ascii_case("balancer://"))?;
    url[scheme.len()..].split('/').next().filter(|name| !name.is_empty())
}
