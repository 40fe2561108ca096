//! What hops are called, and where servers answer.

use super::inserts;
use super::known::Key;
use super::pool::socket;
use super::scope::{Kind, Scope, Scopes};
use crate::import::{Address, Deployed, Insert};
use std::collections::HashMap;

/// So many names and addresses of a server are kept.
const MOST_NAMES: usize = 50;

/// The words for every server block, unique in the configuration: its first usable name, with the port where two share it.
pub struct Servers {
    labels: HashMap<usize, String>,
    /// Where a directive of the server itself would go.
    inserts: HashMap<usize, Insert>,
}

impl Servers {
    pub fn new(scopes: &Scopes) -> Self {
        let servers: Vec<usize> = (0..scopes.0.len()).filter(|i| scopes.0[*i].kind == Kind::Server).collect();
        let mut labels: HashMap<usize, String> = servers.iter().map(|i| (*i, label(&scopes.0[*i], false))).collect();
        let counts = count(labels.values());
        for i in &servers {
            if counts[&labels[i]] > 1 {
                labels.insert(*i, label(&scopes.0[*i], true));
            }
        }
        let mut seen: HashMap<String, usize> = HashMap::new();
        let inserts = servers.iter().map(|i| (*i, inserts::server(&scopes.0[*i]))).collect();
        for i in servers {
            let n = seen.entry(labels[&i].clone()).or_default();
            *n += 1;
            if *n > 1 {
                let label = format!("{} ({n})", labels[&i]);
                labels.insert(i, label);
            }
        }
        Self { labels, inserts }
    }

    pub fn insert(&self, server: usize) -> Option<Insert> {
        self.inserts.get(&server).cloned()
    }

    /// `server chat.example.com/location /v1/`.
    pub fn selector(&self, scopes: &Scopes, scope: usize) -> String {
        let mut parts = Vec::new();
        let mut at = Some(scope);
        while let Some(i) = at {
            match scopes.0[i].kind {
                Kind::Server => parts.push(self.labels.get(&i).cloned().unwrap_or_default()),
                Kind::Location | Kind::If | Kind::LimitExcept => parts.push(scopes.0[i].title()),
                _ => {}
            }
            at = scopes.0[i].parent;
        }
        parts.reverse();
        parts.join("/")
    }
}

fn count<'s>(labels: impl Iterator<Item = &'s String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for label in labels {
        *counts.entry(label.clone()).or_default() += 1;
    }
    counts
}

fn label(server: &Scope, with_port: bool) -> String {
    let name = names(server).find(|name| !name.is_empty() && name != "_" && !name.starts_with('~'));
    let listen = || server.every(Key::plain("listen")).next().map(|listen| listen.arg(0).into_owned());
    match name {
        Some(name) if with_port => {
            let port =
                listen().map_or_else(|| "80".to_owned(), |l| l.rsplit(':').next().unwrap_or_default().to_owned());
            format!("server {name}:{port}")
        }
        Some(name) => format!("server {name}"),
        None => listen().map_or_else(|| "server".to_owned(), |listen| format!("server {listen}")),
    }
}

fn names(server: &Scope) -> impl Iterator<Item = String> + '_ {
    let all = server.every(Key::plain("server_name"));
    all.flat_map(|stated| stated.texts().map(std::borrow::Cow::into_owned)).take(MOST_NAMES)
}

/// A name that a client can write into a URL.
fn is_host(name: &str) -> bool {
    !name.is_empty() && name != "_" && !name.starts_with(['~', '.']) && !name.contains(['*', '$', '%', '{', '@'])
}

/// Names and ports at which a server answers.
pub fn answers(scopes: &Scopes, scope: usize) -> Vec<Address> {
    let Some(server) = scopes.around(scope).find(|scope| scope.kind == Kind::Server) else { return Vec::new() };
    let (mut out, mut ports) = (Vec::new(), Vec::new());
    for listen in server.every(Key::plain("listen")).take(MOST_NAMES) {
        let text = listen.arg(0);
        if text.contains(['$', '{', '%', '<']) {
            continue;
        }
        if let Some(path) = text.strip_prefix("unix:") {
            out.push(socket(path));
            continue;
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ if text.bytes().all(|b| b.is_ascii_digit()) => ("", &*text),
            _ => (&*text, "80"),
        };
        let Ok(port) = port.parse::<u16>() else { continue };
        if !ports.contains(&port) {
            ports.push(port);
        }
        let host = host.trim_matches(['[', ']']);
        if !matches!(host, "" | "*" | "0.0.0.0" | "::") {
            out.push(Address::host(host, Some(port)));
        }
    }
    if server.every(Key::plain("listen")).next().is_none() {
        ports.push(80);
    }
    for name in names(server).filter(|name| is_host(name)) {
        out.extend(ports.iter().map(|port| Address::host(&name, Some(*port))));
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|address| seen.insert(address.clone()));
    out
}

/// Shorter words for a hop, not yet compared with those of the others.
pub fn also(scopes: &Scopes, scope: usize, group: Option<usize>) -> Vec<String> {
    let own = &scopes.0[scope];
    let mut out = Vec::new();
    let server = scopes.around(scope).find(|scope| scope.kind == Kind::Server);
    if own.kind == Kind::Location {
        out.push(own.title());
        let path = own.args().last().map(|word| word.text(&own.source.text).into_owned()).unwrap_or_default();
        if path.starts_with('/') {
            out.push(path.clone());
        }
        for name in server.into_iter().flat_map(names).filter(|name| is_host(name)) {
            out.push(format!("server {name}/{}", own.title()));
            if path.starts_with('/') {
                out.push(format!("{name}{path}"));
            }
        }
    }
    for name in server.into_iter().flat_map(names).filter(|name| is_host(name)) {
        out.push(format!("server {name}"));
        out.push(name);
    }
    if let Some(group) = group {
        out.push(scopes.0[group].title());
        out.push(scopes.0[group].arg(0).into_owned());
    }
    out
}

/// Makes selectors unique, and keeps of the short words those that only one hop has.
pub fn settle(hops: &mut [Deployed]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for hop in hops.iter_mut() {
        let n = seen.entry(hop.selector.clone()).or_default();
        *n += 1;
        if *n > 1 {
            hop.selector = format!("{} ({n})", hop.selector);
            hop.hop.name.clone_from(&hop.selector);
        }
        hop.also.sort_by_key(String::len);
        hop.also.dedup();
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for hop in hops.iter() {
        *counts.entry(&hop.selector).or_default() += 2;
        for word in &hop.also {
            *counts.entry(word).or_default() += 1;
        }
    }
    let alone = |word: &String| !word.is_empty() && counts[word.as_str()] == 1;
    let kept: Vec<Vec<bool>> = hops.iter().map(|hop| hop.also.iter().map(alone).collect()).collect();
    for (hop, kept) in hops.iter_mut().zip(kept) {
        let mut kept = kept.into_iter();
        hop.also.retain(|_| kept.next() == Some(true));
    }
}
