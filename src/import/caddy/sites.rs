//! Sites and the servers that they listen at: each server takes the first of the `servers` options that is for its
//! address, else those for all.

use super::expand::{Block, MISSING, Node, Word};
use crate::diag::{Diagnostic, Severity};
use crate::import::{Import, Unseen, template};
use crate::span::Loc;
use crate::syntax::SYNTAX;
use std::rc::Rc;

pub struct Config {
    pub sites: Vec<Site>,
    pub servers: Vec<Servers>,
    /// Routes that sites invoke by name.
    pub routes: Vec<(String, Node)>,
    /// What the global options import and nobody sees.
    pub unseen: Vec<Unseen>,
}

pub struct Site {
    pub keys: Vec<Word>,
    pub items: Vec<Node>,
    pub body: Loc,
    /// Addresses as servers have them: `:443`, `127.0.0.1:80`.
    pub listens: Vec<String>,
    /// A variable decides the address.
    pub hidden: bool,
}

/// One `servers` block of the global options.
pub struct Servers {
    /// Empty for all servers.
    pub listen: String,
    pub hidden: bool,
    pub timers: Vec<Node>,
    pub block: Option<Rc<Block>>,
    pub unseen: Vec<Unseen>,
}

/// Which options hold for a site.
pub enum Options<'c> {
    None,
    One(&'c Servers),
    /// Why nobody knows which.
    Hidden(String),
}

struct Ports {
    http: String,
    https: String,
    bind: Vec<String>,
}

impl Config {
    pub fn of(nodes: &[Node], out: &mut Import) -> Config {
        let mut config = Config { sites: Vec::new(), servers: Vec::new(), routes: Vec::new(), unseen: Vec::new() };
        let mut ports = Ports { http: "80".to_owned(), https: "443".to_owned(), bind: vec![String::new()] };
        let mut rest = nodes;
        if let [global, after @ ..] = nodes
            && global.words.is_empty()
        {
            config.global(global, &mut ports, out);
            rest = after;
        }
        let mut keys: Vec<Word> = Vec::new();
        while let [node, after @ ..] = rest {
            rest = after;
            if node.words.is_empty() {
                let said = Diagnostic::new(SYNTAX, Severity::Error, "a block without a site address in front of it");
                let help = "write the address before the brace; global options stand before all sites";
                out.problems.push(said.label(node.at, "").help(help));
                continue;
            }
            // A line that a template fills in is no address.
            if node.block.is_none() && node.words.iter().all(|word| template::mark(&word.text, 0).is_some()) {
                continue;
            }
            // It holds sites of its own, and no option of these.
            if node.word(0) == MISSING {
                continue;
            }
            if let Some(name) = node.word(0).strip_prefix("&(").and_then(|name| name.strip_suffix(')')) {
                config.routes.push((name.to_owned(), node.clone()));
                continue;
            }
            let more = node.words.last().is_some_and(|word| word.text.ends_with(',')) && node.block.is_none();
            keys.extend(node.words.iter().flat_map(split_keys));
            if more {
                continue;
            }
            let keys = std::mem::take(&mut keys);
            let (items, body) = match &node.block {
                Some(block) => (block.items.clone(), block.at),
                // The first site without braces has the rest of the file.
                None => (std::mem::take(&mut rest).to_vec(), node.at),
            };
            config.sites.push(Site::new(keys, items, body, &ports));
        }
        config.servers.sort_by_key(|servers| servers.listen.is_empty());
        config
    }

    fn global(&mut self, global: &Node, ports: &mut Ports, out: &mut Import) {
        for option in global.items() {
            match option.word(0) {
                "http_port" => option.word(1).clone_into(&mut ports.http),
                "https_port" => option.word(1).clone_into(&mut ports.https),
                "default_bind" => ports.bind = option.words[1..].iter().map(|w| w.text.clone()).collect(),
                "servers" => self.servers(option, out),
                MISSING => self.unseen.extend(unseen(option)),
                _ => {}
            }
        }
    }

    fn servers(&mut self, option: &Node, out: &mut Import) {
        let listen = option.words.get(1);
        let mut servers = Servers {
            listen: listen.map_or_else(String::new, |word| word.text.clone()),
            hidden: listen.is_some_and(|word| word.hidden.is_some()),
            timers: Vec::new(),
            block: None,
            unseen: Vec::new(),
        };
        for inner in option.items() {
            match inner.word(0) {
                "timeouts" => {
                    servers.timers.extend(inner.items().iter().cloned());
                    servers.block.clone_from(&inner.block);
                }
                MISSING => servers.unseen.extend(unseen(inner)),
                _ => {}
            }
        }
        servers.unseen.extend(servers.timers.iter().filter(|node| node.word(0) == MISSING).filter_map(unseen));
        if self.servers.iter().any(|known| known.listen == servers.listen) {
            let what = if servers.listen.is_empty() { "all addresses" } else { servers.listen.as_str() };
            let said = Diagnostic::new(SYNTAX, Severity::Error, format!("`servers` stands twice for {what}"));
            out.problems.push(said.label(option.line(), "").help("join the two blocks: Caddy refuses the file"));
            return;
        }
        self.servers.push(servers);
    }

    pub fn options(&self, site: &Site) -> Options<'_> {
        let find = |listen: &String| {
            self.servers.iter().position(|servers| servers.listen.is_empty() || servers.listen == *listen)
        };
        let certain = !site.hidden && !self.servers.iter().any(|servers| servers.hidden);
        if !certain && self.servers.iter().any(|servers| !servers.listen.is_empty()) {
            return Options::Hidden("a variable decides at which server the site listens".to_owned());
        }
        let mut found = site.listens.iter().map(find);
        let first = found.next().flatten();
        if found.any(|other| other != first) {
            return Options::Hidden("its addresses belong to servers with different timeouts".to_owned());
        }
        first.map_or(Options::None, |i| Options::One(&self.servers[i]))
    }
}

impl Site {
    fn new(keys: Vec<Word>, items: Vec<Node>, body: Loc, ports: &Ports) -> Site {
        let binds: Vec<String> = items
            .iter()
            .filter(|item| item.word(0) == "bind")
            .flat_map(|item| item.words[1..].iter().map(|word| word.text.clone()))
            .collect();
        let binds = if binds.is_empty() { ports.bind.clone() } else { binds };
        let mut listens = Vec::new();
        for key in &keys {
            let port = port(&key.text, ports);
            listens.extend(
                binds.iter().map(|bind| if bind.contains('/') { bind.clone() } else { format!("{bind}:{port}") }),
            );
        }
        listens.sort();
        listens.dedup();
        let hidden = keys.iter().any(|key| key.hidden.is_some());
        Site { keys, items, body, listens, hidden }
    }

    /// Where the site is written.
    pub fn at(&self) -> Loc {
        self.keys.first().map_or(self.body, |key| key.at)
    }
}

/// `a.example.com,b.example.com`.
fn split_keys(word: &Word) -> Vec<Word> {
    let keys = word.text.split(',').map(str::trim).filter(|key| !key.is_empty());
    keys.map(|key| Word { text: key.to_owned(), ..word.clone() }).collect()
}

fn port(key: &str, ports: &Ports) -> String {
    let (scheme, rest) = key.split_once("://").map_or(("", key), |(scheme, rest)| (scheme, rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let after_v6 = authority.rsplit(']').next().unwrap_or_default();
    match after_v6.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() => port.to_owned(),
        _ if scheme == "http" => ports.http.clone(),
        _ => ports.https.clone(),
    }
}

pub fn unseen(missing: &Node) -> Option<Unseen> {
    let why = missing.words.get(1)?;
    Some(Unseen { timer: None, at: why.at, why: why.text.clone() })
}
