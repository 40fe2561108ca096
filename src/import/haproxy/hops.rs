//! Sections to hops: each way from a frontend to a backend, and each listen with servers of its own.
//!
//! The client's timers are the frontend's, the server's timers the backend's.

use super::problem;
use super::proxy::{Proxy, Time};
use super::sections::{Kind, Section};
use crate::catalog::{Setting, Unit};
use crate::diag::Severity;
use crate::import::deployed::unique;
use crate::import::{Address, Call, Deployed, Given, Import, Insert, Key, Seen, Unseen};
use crate::model::{Declared, RetrySpec};
use crate::span::{Located, Span};
use std::collections::{HashMap, HashSet};

pub const PLATFORM: &str = "haproxy";

/// Timers of the client's side, where they are written in the frontend, and of them what is for HTTP alone.
pub const CLIENT: [(&str, bool); 4] = [
    ("timeout client", false),
    ("timeout http-request", true),
    ("timeout http-keep-alive", true),
    ("timeout client-fin", false),
];
pub const SERVER: [&str; 5] =
    ["timeout connect", "timeout queue", "timeout server", "timeout tunnel", "timeout server-fin"];

pub const POOL: &str = "pool-purge-delay";
pub const DRAIN: &str = "hard-stop-after";

pub const CLIENT_KEYS: &[Key] = &[
    Key { timer: "client", key: "timeout client", unit: Unit::Text },
    Key { timer: "client-header", key: "timeout http-request", unit: Unit::Text },
    Key { timer: "client-keepalive", key: "timeout http-keep-alive", unit: Unit::Text },
];
const TCP_CLIENT_KEYS: &[Key] = CLIENT_KEYS.split_at(1).0;
pub const SERVER_KEYS: &[Key] = &[
    Key { timer: "server", key: "timeout server", unit: Unit::Text },
    Key { timer: "connect", key: "timeout connect", unit: Unit::Text },
    Key { timer: "queue", key: "timeout queue", unit: Unit::Text },
    Key { timer: "tunnel", key: "timeout tunnel", unit: Unit::Text },
];

/// A section with what it says.
struct Read<'x, 'a, 's> {
    section: &'x Section<'a, 's>,
    proxy: Proxy,
    name: String,
}

pub fn all(given: &Given<'_>, sections: &[Section<'_, '_>], out: &mut Import) {
    let global = Proxy::default();
    let global = sections
        .iter()
        .filter(|s| s.kind == Kind::Global)
        .fold(global, |so_far, section| Proxy::read(given, section, &so_far));
    let read = read_all(given, sections, out);
    let mut hops: Vec<Deployed> = Vec::new();
    let mut reached = vec![false; read.len()];
    let backends = read.iter().enumerate().filter(|(_, r)| matches!(r.section.kind, Kind::Backend | Kind::Listen));
    let backends: HashMap<&str, usize> = backends.map(|(i, r)| (r.name.as_str(), i)).collect();
    for front in read.iter().filter(|r| matches!(r.section.kind, Kind::Frontend | Kind::Listen)) {
        let links = links(front);
        if front.section.kind == Kind::Listen && front.proxy.default_backend.is_none() {
            hops.push(hop(given, Some(front), Some(front), &global));
        }
        for (name, at) in &links {
            match backends.get(name.as_str()) {
                Some(&i) => {
                    reached[i] = true;
                    hops.push(hop(given, Some(front), Some(&read[i]), &global));
                }
                None => hops.push(elsewhere(given, front, name, *at, &global)),
            }
        }
        if front.section.kind == Kind::Frontend && links.is_empty() {
            hops.push(hop(given, Some(front), None, &global));
        }
    }
    for both in read.iter().filter(|r| r.section.kind == Kind::Defaults) {
        hops.push(hop(given, Some(both), Some(both), &global));
    }
    for (i, back) in read.iter().enumerate().filter(|(_, r)| r.section.kind == Kind::Backend) {
        if !reached[i] {
            hops.push(hop(given, None, Some(back), &global));
        }
    }
    hops.sort_by_key(|hop| hop.hop.body.span.start);
    short_names(&mut hops);
    unique(&mut hops);
    out.hops.append(&mut hops);
}

/// Each proxy section on top of its defaults: those that it names, else the last before it.
fn read_all<'x, 'a, 's>(given: &Given<'_>, sections: &'x [Section<'a, 's>], out: &mut Import) -> Vec<Read<'x, 'a, 's>> {
    let mut last = Proxy::default();
    let mut named: HashMap<String, Proxy> = HashMap::new();
    let mut seen: HashMap<(Kind, String), usize> = HashMap::new();
    let mut read: Vec<Read<'x, 'a, 's>> = Vec::new();
    // Without a word on it the mode is tcp; a part of a file may have the word elsewhere.
    // Defaults alone are for proxies in another file, and stand for any of them.
    let is_proxy = |s: &Section<'_, '_>| matches!(s.kind, Kind::Frontend | Kind::Backend | Kind::Listen);
    let only_defaults = !sections.iter().any(is_proxy);
    let whole = sections.iter().any(|s| matches!(s.kind, Kind::Global | Kind::Defaults));
    for section in sections.iter().filter(|s| !matches!(s.kind, Kind::Global | Kind::Other)) {
        let name = section.name().map_or_else(String::new, |word| word.text.to_string());
        let mut base = match (section.from(), section.kind) {
            (Some(from), _) => named.get(from.text.as_ref()).cloned().unwrap_or_else(|| {
                let why = format!("the defaults `{}` stand in no text above it", from.text);
                Proxy { unseen: vec![(why, from.span)], ..Proxy::default() }
            }),
            (None, Kind::Defaults) => Proxy::default(),
            (None, _) => last.clone(),
        };
        base.links.clear();
        let proxy = Proxy::read(given, section, &base);
        if section.kind == Kind::Defaults {
            if only_defaults {
                read.push(Read { section, proxy: proxy.clone(), name: name.clone() });
            }
            if !name.is_empty() {
                named.insert(name, proxy.clone());
            }
            last = proxy;
            continue;
        }
        if name.is_empty() && !out.template {
            let message = format!("this {} has no name", section.header.word(0));
            let help = format!("write one behind it: `{} app`", section.header.word(0));
            out.problems.push(problem(given, Severity::Error, section.header.words_span(), message).help(help));
        }
        ignored(given, section, out);
        if let Some(&first) = seen.get(&(section.kind, name.clone())) {
            twice(given, section, first, &mut read, out);
            continue;
        }
        seen.insert((section.kind, name.clone()), read.len());
        let mut proxy = proxy;
        proxy.tcp = proxy.tcp.or(whole.then_some(true));
        read.push(Read { section, proxy, name });
    }
    read
}

/// Two sections of one kind and name: one of two branches, or a file that `HAProxy` refuses.
fn twice<'x, 'a, 's>(
    given: &Given<'_>,
    section: &'x Section<'a, 's>,
    first: usize,
    read: &mut [Read<'x, 'a, 's>],
    out: &mut Import,
) {
    let conditional = out.template || given.text.contains(".if");
    if conditional {
        let why = format!("a second `{}` stands in another branch", section.title());
        read[first].proxy.unseen.push((why, section.at()));
        return;
    }
    let message = format!("`{}` stands twice", section.title());
    let mut said = problem(given, Severity::Error, section.at(), message).help("give one of the two another name");
    said = said.label(given.loc(read[first].section.at()), "first here");
    out.problems.push(said);
}

/// Timers on the side that has no use for them, which `HAProxy` passes over with a warning.
fn ignored(given: &Given<'_>, section: &Section<'_, '_>, out: &mut Import) {
    let (useless, other): (&[&str], _) = match section.kind {
        Kind::Frontend => (&SERVER, "backend"),
        Kind::Backend => (&["timeout client", "timeout client-fin"], "frontend"),
        _ => return,
    };
    for statement in &section.body {
        let line = statement.line;
        let keyword = format!("{} {}", line.word(0), line.word(1));
        if line.words.len() > 1 && useless.contains(&keyword.as_str()) {
            let message = format!("`{keyword}` has no effect in a {}: HAProxy passes over it", line_kind(section.kind));
            let at = line.words[0].span.to(line.words[1].span);
            let help = format!("move it to the {other}, or to `defaults`");
            out.problems.push(problem(given, Severity::Warning, at, message).help(help));
        }
    }
}

const fn line_kind(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Frontend) { "frontend" } else { "backend" }
}

/// The backends that a frontend names, each once.
fn links(front: &Read<'_, '_, '_>) -> Vec<(String, Span)> {
    let mut seen: HashSet<&str> = HashSet::new();
    let links = front.proxy.links.iter().chain(&front.proxy.default_backend).filter(|link| !link.dynamic);
    links.filter(|link| seen.insert(&link.backend)).map(|link| (link.backend.clone(), link.at)).collect()
}

/// One hop. At least one of the two sides is there; a listen is both.
fn hop(
    given: &Given<'_>,
    front: Option<&Read<'_, '_, '_>>,
    back: Option<&Read<'_, '_, '_>>,
    global: &Proxy,
) -> Deployed {
    let same = front.zip(back).is_some_and(|(f, b)| std::ptr::eq(f.section, b.section));
    let titles: Vec<String> =
        front.into_iter().chain(back.filter(|_| !same)).map(|read| read.section.title()).collect();
    let section = back.or(front).map_or(Span::default(), |r| r.section.span);
    let at = back.or(front).map_or(Span::default(), |r| r.section.at());
    let mut made = Deployed::new(PLATFORM, titles.join("/"), given.loc(at), given.loc(section));
    if titles.len() > 1 {
        made.also = titles.into_iter().rev().collect();
    }
    let tcp = front.into_iter().chain(back).any(|read| read.proxy.tcp == Some(true));
    if let Some(front) = front {
        client_side(given, front, tcp, &mut made);
    } else {
        let why = "no frontend here leads to this backend";
        for (key, _) in CLIENT.iter().take(3).filter(|(_, http)| !(tcp && *http)) {
            hide(given, key, at, why, &mut made);
        }
    }
    match back {
        Some(back) => server_side(given, back, tcp, &mut made),
        None => unknown_backend(given, &mut made, front.map(|read| &read.proxy), at),
    }
    facets(given, front.map(|r| &r.proxy), back.map(|r| &r.proxy), tcp, &mut made);
    if let Some(drain) = global.times.get(DRAIN) {
        set(given, DRAIN, drain, &mut made);
    }
    if let (Some(front), Some(back)) = (front, back) {
        made.answers.extend(hosts(front, &back.name));
    }
    made
}

/// The other side of a backend that an expression chooses.
fn unknown_backend(given: &Given<'_>, made: &mut Deployed, client: Option<&Proxy>, at: Span) {
    let links = client.into_iter().flat_map(|client| client.links.iter().chain(&client.default_backend));
    let dynamic = links.into_iter().find(|link| link.dynamic);
    let (at, why) = match dynamic {
        Some(link) => (link.at, format!("`{}` chooses the backend", crate::text::clip(&link.backend))),
        None => (at, "it names no backend".to_owned()),
    };
    for key in SERVER {
        hide(given, key, at, &why, made);
    }
}

/// A timer whose place is not known either.
fn hide(given: &Given<'_>, timer: &str, at: Span, why: &str, made: &mut Deployed) {
    let at = given.loc(at);
    made.unseen.push(Unseen { timer: Some(timer.to_owned()), at, why: why.to_owned() });
    made.hop.timers.push((Located::new(timer.to_owned(), at), Located::new(Declared::Unseen, at)));
}

/// A hop to a backend that is not in this file: `HAProxy` may be given several.
fn elsewhere(given: &Given<'_>, front: &Read<'_, '_, '_>, name: &str, at: Span, global: &Proxy) -> Deployed {
    let mut made = hop(given, Some(front), None, global);
    made.also = vec![format!("backend {name}")];
    made.selector = format!("{}/backend {name}", front.section.title());
    made.hop.name.clone_from(&made.selector);
    for timer in SERVER {
        made.forget(timer);
    }
    let why = format!("the backend `{name}` stands in no text here");
    made.unseen.push(Unseen { timer: None, at: given.loc(at), why });
    made
}

fn set(given: &Given<'_>, timer: &str, time: &Time, made: &mut Deployed) {
    made.set(timer, given.loc(time.key), given.loc(time.at), time.seen.clone(), time.unit);
}

fn client_side(given: &Given<'_>, front: &Read<'_, '_, '_>, tcp: bool, made: &mut Deployed) {
    for (key, http) in CLIENT {
        if let Some(time) = front.proxy.times.get(key).filter(|_| !(tcp && http)) {
            set(given, key, time, made);
        }
    }
    unseen_section(given, &front.proxy, made);
    made.inserts.extend(insert(given, front.section, if tcp { TCP_CLIENT_KEYS } else { CLIENT_KEYS }));
    for bind in front.proxy.binds.iter().flat_map(|bind| bind.split(',')) {
        let bare = bind.trim_start_matches("ipv4@").trim_start_matches("ipv6@");
        let any = bare.starts_with([':', '*']) || bare.starts_with("0.0.0.0") || bare.starts_with("[::]");
        made.answers.extend(Address::parse(bare).filter(|_| !any && !listen_all(bare)));
    }
}

fn listen_all(bind: &str) -> bool {
    bind.starts_with("::") || bind.contains('@') || bind.starts_with('/')
}

fn server_side(given: &Given<'_>, back: &Read<'_, '_, '_>, tcp: bool, made: &mut Deployed) {
    let proxy = &back.proxy;
    for key in SERVER {
        let rule = key
            .strip_prefix("timeout ")
            .and_then(|name| proxy.times.get(&format!("http-request set-timeout {name}")).filter(|_| !tcp));
        if let Some(time) = rule.or_else(|| proxy.times.get(key)) {
            set(given, key, time, made);
        }
    }
    pool(given, proxy, tcp, back.section.at(), made);
    retries(given, proxy, made);
    if !proxy.servers.open && !proxy.servers.list.is_empty() {
        let usable = proxy.servers.list.iter().filter(|s| !s.backup && !s.disabled).count().max(1);
        let at = proxy.servers.list.first().map_or(Span::default(), |s| s.at);
        made.hop.endpoints = u32::try_from(usable).ok().map(|n| Located::new(n, given.loc(at)));
    }
    for server in &proxy.servers.list {
        let bare = server.address.trim_start_matches("ipv4@").trim_start_matches("ipv6@");
        let to = Address::parse(bare).filter(|_| !bare.contains('@') && !bare.starts_with('/'));
        made.calls.extend(to.map(|to| Call { to, at: given.loc(server.at) }));
    }
    made.inserts.extend(insert(given, back.section, SERVER_KEYS));
    if made.selector != back.section.title() || made.unseen.is_empty() {
        unseen_section(given, proxy, made);
    }
}

fn unseen_section(given: &Given<'_>, proxy: &Proxy, made: &mut Deployed) {
    for (why, at) in &proxy.unseen {
        made.unseen.push(Unseen { timer: None, at: given.loc(*at), why: why.clone() });
    }
}

/// How long idle connections to the servers stay, where their lines say it. There are none where bytes are passed on.
fn pool(given: &Given<'_>, proxy: &Proxy, tcp: bool, at: Span, made: &mut Deployed) {
    if tcp {
        off(given, POOL, at, made);
        return;
    }
    if proxy.servers.list.is_empty()
        && let Some(default) = proxy.servers.default_purge.as_ref()
    {
        // Its servers stand elsewhere: under a `server-template`, or in a proxy that takes these defaults.
        set(given, POOL, default, made);
        return;
    }
    let mut times = proxy.servers.list.iter().filter_map(|server| server.purge.as_ref());
    let Some(first) = times.next() else { return };
    let all = proxy.servers.list.iter().all(|server| server.purge.is_some());
    let several = times.clone().any(|other| other.at != first.at);
    let mut time = first.clone();
    if !all || times.any(|other| other.seen != first.seen) {
        time.seen = Seen::Hidden("its servers differ".to_owned());
    }
    set(given, POOL, &time, made);
    if several {
        made.stands_in_several_places(POOL);
    }
}

fn retries(given: &Given<'_>, proxy: &Proxy, made: &mut Deployed) {
    let at = proxy.retries.as_ref().map(|r| r.at).or(proxy.retry_on.as_ref().map(|r| r.at));
    let Some(at) = at else { return };
    let mut hide = |at, what: &str, why: &String| {
        let why = format!("{what}: {why}");
        made.unseen.push(Unseen { timer: None, at: given.loc(at), why });
    };
    let attempts = match &proxy.retries {
        Some(told) => match &told.value {
            Ok(n) => Some(Located::new(n.saturating_add(1), given.loc(told.at))),
            Err(why) => {
                hide(told.at, "retries", why);
                None
            }
        },
        None => None,
    };
    let on = match &proxy.retry_on {
        Some(told) => match &told.value {
            Ok(causes) => Some(Located::new(causes.clone(), given.loc(told.at))),
            Err(why) => {
                hide(told.at, "retry-on", why);
                None
            }
        },
        None => None,
    };
    made.hop.retries = Some(RetrySpec { attempts, on, ..RetrySpec::at(given.loc(at)) });
}

/// What options decide. An option of either side holds for the hop.
fn facets(given: &Given<'_>, front: Option<&Proxy>, back: Option<&Proxy>, tcp: bool, made: &mut Deployed) {
    if let Some((on, at)) = back.and_then(|b| b.is_on("abortonclose")) {
        made.with("abortonclose", if on { "on" } else { "off" }, given.loc(at));
    }
    let either = |option| {
        let told = [front, back].into_iter().flatten().filter_map(|p| p.is_on(option));
        told.max_by_key(|(on, _)| *on)
    };
    if let Some((on, at)) = either("http-no-delay") {
        made.with("http-no-delay", if on { "on" } else { "off" }, given.loc(at));
    }
    let mode = ["httpclose", "http-server-close"]
        .into_iter()
        .find_map(|option| either(option).filter(|(on, _)| *on).map(|(_, at)| (option, at)));
    let Some((option, at)) = mode.filter(|_| !tcp) else { return };
    off(given, POOL, at, made);
    if option == "httpclose" {
        off(given, "timeout http-keep-alive", at, made);
    }
}

/// A connection that is closed after each answer. The place holds no value that a repair could change.
fn off(given: &Given<'_>, timer: &str, at: Span, made: &mut Deployed) {
    made.forget(timer);
    let (key, value) = (Located::new(timer.to_owned(), given.loc(at)), Declared::Set(Setting::Off));
    made.hop.timers.push((key, Located::new(value, given.loc(at))));
}

/// Host names that the frontend sends to this backend.
fn hosts(front: &Read<'_, '_, '_>, backend: &str) -> Vec<Address> {
    let mut found = Vec::new();
    for link in front.proxy.links.iter().filter(|link| link.backend == backend) {
        for condition in &link.conditions {
            if let Some(host) = condition.strip_prefix('=') {
                found.extend(Address::parse(host));
            }
            let hosts = front.proxy.hosts.get(condition).into_iter().flatten();
            found.extend(hosts.filter_map(|host| Address::parse(host)));
        }
    }
    found.dedup();
    found
}

/// Below the section's first line, indented as the line after it.
fn insert(given: &Given<'_>, section: &Section<'_, '_>, keys: &'static [Key]) -> Option<Insert> {
    let end = section.header.span.end;
    let crlf = given.text.get(end as usize..)?.starts_with('\r');
    let indent = section.body.first().map_or("    ", |statement| {
        let line = statement.line.span.text(given.text);
        &line[..line.len() - line.trim_start().len()]
    });
    let before = format!("{}{indent}", if crlf { "\r\n" } else { "\n" });
    Some(Insert { at: given.loc(Span::at(end)), before, between: " ", after: "", keys })
}

/// Of `backend llm` and `frontend web`, those that only one hop has stay.
fn short_names(hops: &mut [Deployed]) {
    let mut count: HashMap<String, usize> = HashMap::new();
    for name in hops.iter().flat_map(|hop| hop.also.iter().chain([&hop.selector])) {
        *count.entry(name.clone()).or_default() += 1;
    }
    for hop in hops {
        hop.also.retain(|name| count.get(name) == Some(&1));
    }
}
