//! Proxies to hops: each `reverse_proxy` or `php_fastcgi` of a site, with the timeouts of the site's server.

use super::expand::{MISSING, Node, Word};
use super::sites::{Config, Options, Site, unseen};
use super::time;
use crate::catalog::{Setting, Unit};
use crate::import::deployed::unique;
use crate::import::{Address, Call, Deployed, Import, Insert, Key, Seen, Unseen};
use crate::model::{BackoffSpec, Declared, MAX_COUNT, RetrySpec};
use crate::span::{Loc, Located, Span};
use crate::syntax::MAX_DEPTH;

pub const PLATFORM: &str = "caddy";

/// The server's timeouts by their ids in the catalogue.
pub const SERVER: [(&str, &str); 4] = [
    ("read_body", "client-body"),
    ("read_header", "client-header"),
    ("write", "client-write"),
    ("idle", "client-keepalive"),
];
/// The transport's that a chain knows.
pub const TRANSPORT: [&str; 6] =
    ["dial_timeout", "tls_timeout", "response_header_timeout", "read_timeout", "write_timeout", "keepalive"];
pub const PROXY: [&str; 2] = ["lb_try_duration", "stream_timeout"];

pub const TRANSPORT_KEYS: &[Key] = &[
    Key { timer: "first-byte", key: "response_header_timeout", unit: Unit::Go },
    Key { timer: "read", key: "read_timeout", unit: Unit::Go },
    Key { timer: "send", key: "write_timeout", unit: Unit::Go },
    Key { timer: "connect", key: "dial_timeout", unit: Unit::Go },
    Key { timer: "upstream-keepalive", key: "keepalive", unit: Unit::Go },
];
/// A second block would take the place of the first, so a block of its own is for one key alone.
const NEW_TRANSPORT_KEYS: &[Key] = TRANSPORT_KEYS.split_at(1).0;
pub const SERVER_KEYS: &[Key] = &[
    Key { timer: "client-keepalive", key: "idle", unit: Unit::Go },
    Key { timer: "client-body", key: "read_body", unit: Unit::Go },
    Key { timer: "client-header", key: "read_header", unit: Unit::Go },
    Key { timer: "client-write", key: "write", unit: Unit::Go },
];

const PROXIES: [&str; 2] = ["reverse_proxy", "php_fastcgi"];

pub fn all(config: &Config, out: &mut Import) {
    let mut hops = Vec::new();
    for site in &config.sites {
        let mut path = Vec::new();
        let start = hops.len();
        below(config, site, &site.items, &mut path, &mut hops);
        if hops.len() == start + 1 {
            hops[start].also =
                site.keys.iter().filter(|key| key.hidden.is_none()).map(|key| key.text.clone()).collect();
        }
    }
    unique(&mut hops);
    out.hops.append(&mut hops);
}

fn below(config: &Config, site: &Site, items: &[Node], path: &mut Vec<String>, hops: &mut Vec<Deployed>) {
    for item in items {
        if PROXIES.contains(&item.word(0)) {
            hops.push(hop(config, site, item, path));
        }
        if path.len() > MAX_DEPTH {
            continue;
        }
        let invoked = config.routes.iter().find(|(name, _)| item.word(0) == "invoke" && item.word(1) == name);
        let inner = invoked.map_or(item.items(), |(_, route)| route.items());
        let known = path.iter().any(|step| invoked.is_some() && *step == label(item, 2));
        if !inner.is_empty() && !known {
            path.push(label(item, 2));
            below(config, site, inner, path, hops);
            path.pop();
        }
    }
}

/// The first words of a line.
fn label(node: &Node, words: usize) -> String {
    let words: Vec<&str> = node.words.iter().take(words).map(|word| word.text.as_str()).collect();
    words.join(" ")
}

fn hop(config: &Config, site: &Site, proxy: &Node, path: &[String]) -> Deployed {
    let first = site.keys.first().map_or("", |key| key.text.as_str());
    let steps = [first.to_owned()].into_iter().chain(path.iter().cloned()).chain([label(proxy, 3)]);
    let selector = steps.collect::<Vec<_>>().join("/");
    let mut made = Deployed::new(PLATFORM, selector, proxy.line(), proxy.at);
    client_side(config, site, &mut made);
    upstreams(proxy, &mut made);
    let mut transport = None;
    for option in proxy.items() {
        match option.word(0) {
            // A later transport takes the place of an earlier one.
            "transport" => transport = Some(option),
            MISSING => made.unseen.extend(unseen(option)),
            key if PROXY.contains(&key) => timer(option, &mut made),
            key if proxy.word(0) == "php_fastcgi" && TRANSPORT.contains(&key) => timer(option, &mut made),
            _ => {}
        }
    }
    for option in transport.map_or(&[][..], Node::items) {
        match option.word(0) {
            MISSING => made.unseen.extend(unseen(option)),
            key if TRANSPORT.contains(&key) => timer(option, &mut made),
            _ => {}
        }
    }
    retries(proxy, &mut made);
    if proxy.word(0) == "reverse_proxy" {
        made.inserts.push(insert(proxy, transport));
    }
    for key in site.keys.iter().filter(|key| key.hidden.is_none()) {
        made.answers.extend(answer(&key.text));
    }
    made
}

fn timer(option: &Node, made: &mut Deployed) {
    let Some(value) = option.words.get(1) else { return };
    named(option.word(0), option, value, made);
}

fn named(name: &str, option: &Node, value: &Word, made: &mut Deployed) {
    let key = option.words.first().map_or(option.at, |word| word.at);
    let seen = match (&value.hidden, time::read(&value.text)) {
        (Some(why), _) => Seen::Hidden(why.clone()),
        (None, time::Time::Is(at)) => Seen::Time(at),
        (None, time::Time::Negative) => Seen::Hidden("it is negative".to_owned()),
        (None, time::Time::Bad) if value.text == "off" && name == "keepalive" => {
            made.forget(name);
            let off = Located::new(Declared::Set(Setting::Off), value.at);
            made.hop.timers.push((Located::new(name.to_owned(), key), off));
            return;
        }
        (None, time::Time::Bad) => return,
    };
    made.set(name, key, value.at, seen, Unit::Go);
}

fn client_side(config: &Config, site: &Site, made: &mut Deployed) {
    made.unseen.extend(config.unseen.iter().cloned());
    let servers = match config.options(site) {
        Options::None => return,
        Options::One(servers) => servers,
        Options::Hidden(why) => {
            for (_, id) in SERVER {
                let at = site.at();
                made.unseen.push(Unseen { timer: Some(id.to_owned()), at, why: why.clone() });
                made.hop.timers.push((Located::new(id.to_owned(), at), Located::new(Declared::Unseen, at)));
            }
            return;
        }
    };
    made.unseen.extend(servers.unseen.iter().cloned());
    for option in &servers.timers {
        let id = SERVER.iter().find(|(key, _)| *key == option.word(0)).map(|(_, id)| *id);
        if let (Some(id), Some(value)) = (id, option.words.get(1)) {
            named(id, option, value, made);
        }
    }
    if let Some(block) = &servers.block {
        let at = Loc::new(block.at.file, Span::at(block.at.span.start + 1));
        made.inserts.push(Insert { at, before: block.indent.clone(), between: " ", after: "", keys: SERVER_KEYS });
    }
}

/// Where the requests go, and among how many.
fn upstreams(proxy: &Node, made: &mut Deployed) {
    let is_matcher = |word: &Word| word.text.starts_with(['/', '@', '*']);
    let own = proxy.words.iter().skip(1).enumerate().filter(|(i, word)| *i > 0 || !is_matcher(word)).map(|(_, w)| w);
    let to = proxy.items().iter().filter(|item| item.word(0) == "to").flat_map(|item| item.words.iter().skip(1));
    let (mut count, mut open) = (0u32, proxy.items().iter().any(|item| matches!(item.word(0), "dynamic" | MISSING)));
    let mut first = None;
    for word in own.chain(to) {
        first.get_or_insert(word.at);
        if word.hidden.is_some() {
            open = true;
            continue;
        }
        count = count.saturating_add(ports(&word.text));
        made.calls.extend(each_port(&word.text).filter_map(|one| upstream(&one)).map(|to| Call { to, at: word.at }));
    }
    if let (Some(at), false) = (first, open) {
        made.hop.endpoints = Some(Located::new(count.max(1), at));
    }
}

/// The first and last port of `:8001-8005`.
fn range(address: &str) -> Option<(&str, u32, u32)> {
    let (host, ports) = address.rsplit_once(':')?;
    let (from, to) = ports.split_once('-')?;
    Some((host, from.parse().ok()?, to.parse().ok()?))
}

/// How many addresses it is.
fn ports(address: &str) -> u32 {
    range(address).map_or(1, |(_, from, to)| to.saturating_sub(from).saturating_add(1).min(MAX_COUNT))
}

/// Each of them, as far as it makes sense to list them.
fn each_port(address: &str) -> impl Iterator<Item = String> {
    const SHOWN: usize = 16;
    let range = range(address);
    let several = range.into_iter().flat_map(|(host, from, to)| (from..=to).map(move |port| format!("{host}:{port}")));
    several.take(SHOWN).chain(range.is_none().then(|| address.to_owned()))
}

fn upstream(address: &str) -> Option<Address> {
    if address.contains("unix") && address.contains('/') && !address.contains("://") {
        return None;
    }
    let address = if address.starts_with(':') { format!("localhost{address}") } else { address.to_owned() };
    let known = Address::parse(&address)?;
    match known {
        Address::Host { host, port: None } => Some(Address::Host { host, port: Some(80) }),
        known => Some(known),
    }
}

/// The host and port that a site's address stands for.
fn answer(key: &str) -> Option<Address> {
    if key.contains('*') || key.starts_with(':') || key.ends_with("://") {
        return None;
    }
    let https = if key.contains("://") { key.to_owned() } else { format!("https://{key}") };
    Address::parse(&https)
}

fn retries(proxy: &Node, made: &mut Deployed) {
    let last = |key: &str| {
        let found = proxy.items().iter().rev().find(|item| item.word(0) == key);
        found.and_then(|item| item.words.get(1)).cloned()
    };
    let mut known = |word: Option<Word>| match word {
        Some(Word { hidden: Some(why), at, text }) => {
            made.unseen.push(Unseen { timer: None, at, why: format!("{text}: {why}") });
            None
        }
        word => word,
    };
    let count = known(last("lb_retries"));
    let (window, interval) = (last("lb_try_duration"), last("lb_try_interval"));
    let time = |word: &Option<Word>| {
        let word = word.as_ref().filter(|word| word.hidden.is_none())?;
        match time::read(&word.text) {
            time::Time::Is(at) if !at.is_zero() => Some(Located::new(at, word.at)),
            _ => None,
        }
    };
    let (window, interval) = (time(&window), time(&interval));
    let stated = count.and_then(|word| Some(Located::new(word.text.parse::<u32>().ok()?.saturating_add(1), word.at)));
    // Without a number of retries the window alone ends them, one after each interval.
    let within = window.zip(interval).map(|(window, interval)| {
        let n = window.value.as_nanos() / interval.value.as_nanos() + 1;
        Located::new(u32::try_from(n).unwrap_or(MAX_COUNT).min(MAX_COUNT), window.loc)
    });
    let Some(at) = stated.map(|n| n.loc).or(window.map(|w| w.loc)) else { return };
    made.hop.retries = Some(RetrySpec {
        attempts: stated.or(within),
        // Without a window Caddy tries the next at once.
        backoff: window.and(interval).map(|i| Located::new(BackoffSpec::List(vec![i.value]), i.loc)),
        window,
        ..RetrySpec::at(at)
    });
}

/// Inside of the transport's block, else with a block of its own.
fn insert(proxy: &Node, transport: Option<&Node>) -> Insert {
    if let Some(block) = transport.and_then(|t| t.block.as_ref()) {
        let at = Loc::new(block.at.file, Span::at(block.at.span.start + 1));
        return Insert { at, before: block.indent.clone(), between: " ", after: "", keys: TRANSPORT_KEYS };
    }
    if let Some(block) = &proxy.block {
        let at = Loc::new(block.at.file, Span::at(block.at.span.start + 1));
        let indent = &block.indent;
        let step = if indent.trim_start_matches(['\r', '\n']).starts_with(' ') { "    " } else { "\t" };
        let before = format!("{indent}transport http {{{indent}{step}");
        return Insert { at, before, between: " ", after: "\n\t\t}", keys: NEW_TRANSPORT_KEYS };
    }
    let end = proxy.line().span.end;
    let at = Loc::new(proxy.line().file, Span::at(end));
    Insert {
        at,
        before: " {\n\t\ttransport http {\n\t\t\t".to_owned(),
        between: " ",
        after: "\n\t\t}\n\t}",
        keys: NEW_TRANSPORT_KEYS,
    }
}
