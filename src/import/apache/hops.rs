//! Targets to hops: what holds where Apache passes requests on, the worker's parameters before the server's timeouts.

use super::server::{Balancer, Server, Stated, Target, Worker, balancer_of};
use crate::catalog::{Setting, Unit};
use crate::import::deployed::unique;
use crate::import::{Address, Call, Deployed, Import, Insert, Key, Seen, Unseen};
use crate::model::{Declared, RetrySpec};
use crate::span::{Loc, Located};

pub const PLATFORM: &str = "apache-httpd";

/// Parameters of a worker by the names of the catalogue.
pub const WORKER: [(&str, &str); 4] = [
    ("timeout", "ProxyPass timeout="),
    ("connectiontimeout", "ProxyPass connectiontimeout="),
    ("ttl", "ProxyPass ttl="),
    ("acquire", "ProxyPass acquire="),
];
pub const SERVER: [&str; 4] = ["Timeout", "KeepAliveTimeout", "RequestReadTimeout body=", "RequestReadTimeout header="];
pub const PROXY_TIMEOUT: &str = "ProxyTimeout";

pub const WORKER_KEYS: &[Key] = &[
    Key { timer: "read", key: "timeout", unit: Unit::Seconds },
    Key { timer: "connect", key: "connectiontimeout", unit: Unit::Text },
    Key { timer: "upstream-keepalive", key: "ttl", unit: Unit::Seconds },
];
pub const SERVER_KEYS: &[Key] = &[
    Key { timer: "client-io", key: "Timeout", unit: Unit::Seconds },
    Key { timer: "client-keepalive", key: "KeepAliveTimeout", unit: Unit::Text },
];
/// Where no worker of its own takes parameters.
pub const PROXY_KEYS: &[Key] = &[Key { timer: "read", key: "ProxyTimeout", unit: Unit::Seconds }];

/// `htaccess`: the server around the file is not here, and none of its settings may stand in the file.
pub fn all(servers: &[Server], htaccess: bool, out: &mut Import) {
    let Some((main, _)) = servers.split_first() else { return };
    let mut hops: Vec<Deployed> = Vec::new();
    for server in servers {
        let start = hops.len();
        hops.extend(server.targets.iter().map(|target| hop(servers, main, server, target)));
        if hops.len() == start + 1 && server.address.is_some() {
            let named = server.names.iter().filter(|name| name.hidden.is_none()).map(|name| name.text.clone());
            hops[start].also = named.collect();
        }
    }
    for hop in hops.iter_mut().filter(|_| htaccess) {
        hop.inserts.clear();
        let why = "the server's own configuration is not in this file".to_owned();
        hop.unseen.push(Unseen { timer: None, at: hop.hop.at, why });
    }
    unique(&mut hops);
    out.hops.append(&mut hops);
}

fn hop(servers: &[Server], main: &Server, server: &Server, target: &Target) -> Deployed {
    let selector = match server.title() {
        Some(title) => format!("VirtualHost {title}/{}", target.selector),
        None => target.selector.clone(),
    };
    let mut made = Deployed::new(PLATFORM, selector, target.at, target.body);
    client_side(servers, main, server, target, &mut made);
    match balancer_of(&target.url.text) {
        Some(name) => balanced(main, server, target, name, &mut made),
        None => single(main, server, target, &mut made),
    }
    made.unseen.extend(main.unseen.iter().cloned());
    if server.address.is_some() {
        made.unseen.extend(server.unseen.iter().cloned());
    }
    if let Some(why) = &target.under {
        made.unseen.push(Unseen { timer: None, at: target.at, why: why.clone() });
    }
    let port = server.address.as_deref().and_then(|a| a.rsplit_once(':')).and_then(|(_, port)| port.parse().ok());
    for name in server.names.iter().filter(|name| name.hidden.is_none() && !name.text.contains('*')) {
        let known = Address::parse(&name.text);
        made.answers.extend(known.map(|address| match address {
            Address::Host { host, port: None } => Address::Host { host, port },
            known => known,
        }));
    }
    made
}

fn set(name: &str, stated: &Stated, made: &mut Deployed) {
    made.set(name, stated.key, stated.at, stated.seen.clone(), stated.unit);
}

/// No connection is kept. The place holds no value that a repair could change.
fn off(name: &str, at: Loc, made: &mut Deployed) {
    made.forget(name);
    made.hop.timers.push((Located::new(name.to_owned(), at), Located::new(Declared::Set(Setting::Off), at)));
}

/// A virtual host takes from the main server what it does not say itself.
fn client_side(servers: &[Server], main: &Server, server: &Server, target: &Target, made: &mut Deployed) {
    for name in SERVER {
        // The first host of an address decides how long an idle connection is kept, where the host says nothing.
        let first = servers.iter().find(|s| s.address.is_some() && s.address == server.address);
        let first = first.filter(|_| name == "KeepAliveTimeout").and_then(|s| s.times.get(name));
        if let Some(stated) = server.times.get(name).or(first).or_else(|| main.times.get(name)) {
            set(name, stated, made);
        }
    }
    if let Some((false, at)) = server.keepalive.or(main.keepalive) {
        off("KeepAliveTimeout", at, made);
    }
    let (at, before) = server.inside.clone().unwrap_or_else(|| (target.end, target.indent.clone()));
    // Below a section of requests Apache takes none of them.
    if server.inside.is_some() || target.at == target.body {
        made.inserts.push(Insert { at, before, between: " ", after: "", keys: SERVER_KEYS });
    }
}

fn proxy_timeout<'s>(main: &'s Server, server: &'s Server) -> Option<&'s Stated> {
    server.times.get(PROXY_TIMEOUT).or_else(|| main.times.get(PROXY_TIMEOUT))
}

fn single(main: &Server, server: &Server, target: &Target, made: &mut Deployed) {
    let url = &target.url.text;
    if let Some(why) = &target.url.hidden {
        made.unseen.push(Unseen { timer: None, at: target.url.at, why: why.clone() });
    }
    let own = server.worker(url).map(|i| &server.workers[i]);
    let worker = own.or_else(|| main.worker(url).map(|i| &main.workers[i]));
    if let Some(worker) = worker {
        parameters(worker, made);
        let at = worker.end;
        made.inserts.push(Insert { at, before: " ".to_owned(), between: "=", after: "", keys: WORKER_KEYS });
    } else if target.rewritten {
        off("ProxyPass ttl=", target.at, made);
        proxy_insert(server, target, made);
    }
    fall_back(main, server, made);
    let known = target.url.hidden.is_none() && !url.contains('$') && !url.contains('%');
    made.calls.extend(Address::parse(url).filter(|_| known).map(|to| Call { to, at: target.url.at }));
}

fn proxy_insert(server: &Server, target: &Target, made: &mut Deployed) {
    let (at, before) = server.inside.clone().unwrap_or_else(|| (target.end, target.indent.clone()));
    if server.inside.is_some() || target.at == target.body {
        made.inserts.push(Insert { at, before, between: " ", after: "", keys: PROXY_KEYS });
    }
}

/// `ProxyTimeout` where no worker says otherwise.
fn fall_back(main: &Server, server: &Server, made: &mut Deployed) {
    let said = made.hop.timers.iter().any(|(name, _)| name.value == "ProxyPass timeout=");
    if let Some(stated) = proxy_timeout(main, server).filter(|_| !said) {
        set(PROXY_TIMEOUT, stated, made);
    }
}

fn parameters(worker: &Worker, made: &mut Deployed) {
    for (key, name) in WORKER {
        if let Some(stated) = worker.parameters.get(key) {
            set(name, stated, made);
        }
    }
    let flag = |key: &str, value: &str| {
        worker.flags.get(key).filter(|(text, _)| text.eq_ignore_ascii_case(value)).map(|(_, at)| *at)
    };
    if let Some(at) = flag("disablereuse", "on").or_else(|| flag("enablereuse", "off")) {
        off("ProxyPass ttl=", at, made);
    }
}

/// A balancer tries its members in turn; their own parameters hold, and those of the balancer do not.
fn balanced(main: &Server, server: &Server, target: &Target, name: &str, made: &mut Deployed) {
    made.with("balancer", "on", target.url.at);
    let find = |of: &'_ Server| of.balancers.iter().find(|b| b.name.eq_ignore_ascii_case(name)).cloned();
    let own = find(server).filter(|balancer| !balancer.members.is_empty());
    let Some(balancer) = own.or_else(|| find(main)).filter(|balancer| !balancer.members.is_empty()) else {
        let why = format!("the balancer {name} has no members here");
        made.unseen.push(Unseen { timer: None, at: target.url.at, why });
        return;
    };
    for (key, name) in WORKER {
        if let Some(stated) = common(&balancer, key) {
            set(name, &stated, made);
            if balancer.members.len() > 1 {
                made.stands_in_several_places(name);
            }
        }
    }
    fall_back(main, server, made);
    proxy_insert(server, target, made);
    let spare = |worker: &&Worker| {
        worker.flags.get("status").is_some_and(|(status, _)| status.contains(['D', 'H', 'S', 'd', 'h', 's']))
    };
    let usable = balancer.members.len() - balancer.members.iter().filter(spare).count();
    made.hop.endpoints = u32::try_from(usable.max(1)).ok().map(|n| Located::new(n, target.url.at));
    for member in &balancer.members {
        made.calls.extend(Address::parse(&member.url).map(|to| Call { to, at: member.at }));
    }
    if let Some(most) = &balancer.maxattempts
        && let Seen::Time(n) = most.seen
    {
        let attempts = u32::try_from(n.as_nanos() / 1_000_000_000).unwrap_or(u32::MAX).saturating_add(1);
        let attempts = Some(Located::new(attempts, most.at));
        made.hop.retries = Some(RetrySpec { attempts, ..RetrySpec::at(most.at) });
    }
}

/// The value of a parameter, where every member has the same.
fn common(balancer: &Balancer, key: &str) -> Option<Stated> {
    let all = || balancer.members.iter().map(|member| member.parameters.get(key));
    let mut first = all().flatten().next()?.clone();
    if all().any(|other| other.is_none_or(|other| other.seen != first.seen)) {
        first.seen = Seen::Hidden("the members of the balancer differ".to_owned());
    }
    Some(first)
}
