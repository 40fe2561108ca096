//! Entry points and routers as hops.

use super::files::{In, Parts};
use super::services::{Servers, middlewares};
use super::{DURATION, at, entry, get, list};
use crate::catalog::{Buffering, Unit};
use crate::import::tree;
use crate::import::{Address, Call, Deployed, Import, Key, Seen};
use crate::model::BackoffSpec;
use crate::span::{Loc, Located};
use crate::syntax::{Entry, Format, Kind};

const PLATFORM: &str = "traefik";

/// Timers of an entry point under `transport`, and their names in the catalogue.
const RESPONDING: [(&[&str], &str); 4] = [
    (&["respondingTimeouts", "readTimeout"], "respondingTimeouts.readTimeout"),
    (&["respondingTimeouts", "writeTimeout"], "respondingTimeouts.writeTimeout"),
    (&["respondingTimeouts", "idleTimeout"], "respondingTimeouts.idleTimeout"),
    (&["lifeCycle", "graceTimeOut"], "lifeCycle.graceTimeOut"),
];

/// Timers of a servers transport.
const FORWARDING: [(&[&str], &str); 4] = [
    (&["forwardingTimeouts", "dialTimeout"], "forwardingTimeouts.dialTimeout"),
    (&["forwardingTimeouts", "responseHeaderTimeout"], "forwardingTimeouts.responseHeaderTimeout"),
    (&["forwardingTimeouts", "idleConnTimeout"], "forwardingTimeouts.idleConnTimeout"),
    (&["forwardingTimeouts", "readIdleTimeout"], "forwardingTimeouts.readIdleTimeout"),
];

const RESPONDING_KEYS: &[Key] = &[
    Key { timer: "client-read", key: "readTimeout", unit: Unit::Go },
    Key { timer: "client-write", key: "writeTimeout", unit: Unit::Go },
    Key { timer: "client-keepalive", key: "idleTimeout", unit: Unit::Go },
];

const FORWARDING_KEYS: &[Key] = &[
    Key { timer: "connect", key: "dialTimeout", unit: Unit::Go },
    Key { timer: "first-byte", key: "responseHeaderTimeout", unit: Unit::Go },
    Key { timer: "upstream-keepalive", key: "idleConnTimeout", unit: Unit::Go },
];

/// The entry point of Traefik's own pages.
const INTERNAL: &str = "traefik";

pub fn of(parts: &Parts<'_>, out: &mut Import) {
    let traefik = Traefik { parts, fixed: parts.fixed() };
    for (name, point) in traefik.entry_points() {
        out.hops.push(traefik.entry_point(name, point));
    }
    for root in &parts.roots {
        let Some(routers) = at(root.node, &["http", "routers"]) else { continue };
        for router in tree::entries(routers) {
            out.hops.push(traefik.router(root, router));
        }
    }
    if out.hops.is_empty() {
        // A file that only holds transports is one of several.
        for root in &parts.roots {
            let transports = at(root.node, &["http", "serversTransports"]).map(tree::entries).unwrap_or_default();
            out.hops.extend(transports.iter().map(|transport| Traefik::transport(root, transport)));
        }
    }
}

struct Traefik<'p, 'n> {
    parts: &'p Parts<'n>,
    fixed: Option<In<'n>>,
}

impl<'n> Traefik<'_, 'n> {
    fn entry_points(&self) -> Vec<(&'n Entry<'n>, In<'n>)> {
        let Some(points) = self.fixed.and_then(|fixed| fixed.get("entryPoints")) else { return Vec::new() };
        tree::entries(points.node).iter().map(|e| (e, In { tree: points.tree, node: &e.value })).collect()
    }

    fn entry_point(&self, name: &'n Entry<'n>, point: In<'n>) -> Deployed {
        let at = point.tree.loc(name.key.span);
        let selector = format!("entryPoints.{}", name.key.text);
        let mut hop = Deployed::new(PLATFORM, selector, at, point.tree.node_loc(point.node));
        hop.also.push(name.key.text.to_string());
        state(&mut hop, point.get("transport"), &RESPONDING);
        hop.inserts.extend(insert(point, &["transport", "respondingTimeouts"], RESPONDING_KEYS));
        self.default_transport(&mut hop);
        for (at, why) in &self.parts.missing {
            hop.hide(None, *at, why.clone());
        }
        hop
    }

    /// What services without a transport of their own use.
    fn default_transport(&self, hop: &mut Deployed) {
        let Some(fixed) = self.fixed else { return };
        state(hop, fixed.get("serversTransport"), &FORWARDING);
        hop.inserts.extend(insert(fixed, &["serversTransport", "forwardingTimeouts"], FORWARDING_KEYS));
    }

    fn transport(root: &In<'n>, transport: &'n Entry<'n>) -> Deployed {
        let own = In { tree: root.tree, node: &transport.value };
        let selector = format!("serversTransports.{}", transport.key.text);
        let at = root.tree.loc(transport.key.span);
        let mut hop = Deployed::new(PLATFORM, selector, at, root.tree.node_loc(&transport.value));
        state(&mut hop, Some(own), &FORWARDING);
        hop.inserts.extend(insert(own, &["forwardingTimeouts"], FORWARDING_KEYS));
        hop.hide(None, at, "the routers that use this transport, which are not in this file");
        hop
    }

    fn router(&self, root: &In<'n>, router: &'n Entry<'n>) -> Deployed {
        let own = In { tree: root.tree, node: &router.value };
        let at = root.tree.loc(router.key.span);
        let selector = format!("routers.{}", router.key.text);
        let mut hop = Deployed::new(PLATFORM, selector, at, root.tree.node_loc(&router.value));
        hop.also.push(router.key.text.to_string());
        let points = self.points_of(own);
        Self::responding(&mut hop, own, &points);
        self.service(&mut hop, own);
        let mut names: Vec<In<'n>> = Vec::new();
        for point in &points {
            let of_point = at_in(*point, &["http", "middlewares"]).map(|m| items(m)).unwrap_or_default();
            names.extend(of_point);
        }
        names.extend(own.get("middlewares").map(items).unwrap_or_default());
        self.middlewares(&mut hop, own, &names);
        hop.answers = hosts(own);
        hop
    }

    /// The entry points that lead to a router: those it names, else all that are no default of others.
    fn points_of(&self, router: In<'n>) -> Vec<In<'n>> {
        let named = list(router.node, "entryPoints").iter().filter_map(|name| router.tree.scalar(name));
        let named: Vec<String> = named.map(std::borrow::Cow::into_owned).collect();
        let all = self.entry_points();
        let is_default = |point: &In<'n>| get(point.node, "asDefault").is_some_and(|d| d.kind == Kind::Bool(true));
        let some_default = all.iter().any(|(_, point)| is_default(point));
        let leads = |(name, point): &(&'n Entry<'n>, In<'n>)| {
            if named.is_empty() {
                name.key.text != INTERNAL && (!some_default || is_default(point))
            } else {
                named.iter().any(|n| *n == name.key.text)
            }
        };
        all.into_iter().filter(leads).map(|(_, point)| point).collect()
    }

    fn responding(hop: &mut Deployed, router: In<'n>, points: &[In<'n>]) {
        let Some((first, rest)) = points.split_first() else {
            hop.hide(
                None,
                router.tree.node_loc(router.node),
                "the entry points, which are in the static configuration",
            );
            return;
        };
        let transport = |point: &In<'n>| point.get("transport");
        let differ = |path: &[&str]| rest.iter().any(|p| seen(transport(p), path) != seen(transport(first), path));
        for (path, timer) in RESPONDING {
            if differ(path) {
                let at = router.tree.node_loc(router.node);
                let why = Seen::Hidden("entry points of this router that differ".to_owned());
                hop.set(timer, at, at, why, Unit::Go);
            } else {
                state(hop, transport(first), &[(path, timer)]);
                if !rest.is_empty() {
                    hop.stands_in_several_places(timer);
                }
            }
        }
        if rest.is_empty() {
            hop.inserts.extend(insert(*first, &["transport", "respondingTimeouts"], RESPONDING_KEYS));
        }
    }

    fn service(&self, hop: &mut Deployed, router: In<'n>) {
        let Some(service) = router.get("service") else { return };
        let Some(name) = service.tree.scalar(service.node) else { return };
        let servers = Servers::of(self.parts, &name);
        let at = service.tree.value_loc(service.node);
        for unknown in &servers.unknown {
            hop.hide(None, at, format!("the service {}, which is not in these files", crate::text::clip(unknown)));
        }
        let mut count = 0u32;
        for balancer in &servers.balancers {
            for server in list(balancer.node, "servers") {
                count = count.saturating_add(1);
                let Some(url) = get(server, "url") else { continue };
                let to = balancer.tree.scalar(url).and_then(|url| Address::parse(&url));
                hop.calls.extend(to.map(|to| Call { to, at: balancer.tree.value_loc(url) }));
            }
        }
        if count > 0 {
            hop.hop.endpoints = Some(Located::new(count, at));
        }
        self.transports(hop, &servers, at);
    }

    fn transports(&self, hop: &mut Deployed, servers: &Servers<'n>, at: Loc) {
        let names: Vec<Option<String>> = servers
            .balancers
            .iter()
            .map(|b| b.get("serversTransport").and_then(|name| Some(name.tree.scalar(name.node)?.into_owned())))
            .collect();
        let Some(first) = names.first() else { return };
        if names.iter().any(|name| name != first) {
            for (_, timer) in FORWARDING {
                let why = Seen::Hidden("services of this router with different transports".to_owned());
                hop.set(timer, at, at, why, Unit::Go);
            }
            return;
        }
        let Some(name) = first else {
            if self.fixed.is_some() {
                self.default_transport(hop);
            } else {
                hop.hide(None, at, "the default transport, which is in the static configuration");
            }
            return;
        };
        match self.parts.dynamic("serversTransports", name) {
            Some(transport) => {
                state(hop, Some(transport), &FORWARDING);
                hop.inserts.extend(insert(transport, &["forwardingTimeouts"], FORWARDING_KEYS));
            }
            None => {
                hop.hide(None, at, format!("the transport {}, which is not in these files", crate::text::clip(name)));
            }
        }
    }

    fn middlewares(&self, hop: &mut Deployed, router: In<'n>, names: &[In<'n>]) {
        let (found, unknown) = middlewares(self.parts, names);
        for name in unknown {
            let at = router.get("middlewares").map_or(router, |m| m);
            let why = format!("the middleware {}, which is not in these files", crate::text::clip(&name));
            hop.hide(None, at.tree.node_loc(at.node), why);
        }
        for middleware in found {
            if let Some(retry) = middleware.get("retry") {
                retries(hop, retry);
            }
            // It waits for the end of the answer before it sends the first byte.
            if let Some(buffering) = middleware.get("buffering") {
                let at = buffering.tree.node_loc(buffering.node);
                hop.hop.buffers = Some(Located::new(Buffering::WholeAnswer, at));
            }
        }
    }
}

fn retries(hop: &mut Deployed, retry: In<'_>) {
    if let Some(entry) = entry(retry.node, "timeout") {
        retry.tree.time(hop, "retry.timeout", entry, DURATION);
    }
    let Some(attempts) = get(retry.node, "attempts") else { return };
    let at = retry.tree.value_loc(attempts);
    let Some(count) = retry.tree.count(attempts) else {
        hop.hide(Some("retry.attempts"), at, retry.tree.uncounted(attempts));
        return;
    };
    hop.attempts(count.max(1), at);
    let first = get(retry.node, "initialInterval").and_then(|node| retry.tree.seen(node, DURATION));
    if let Some(Seen::Time(initial)) = first
        && count > 1
    {
        // Pauses grow to twice the first one over all attempts, each half as long to half as long again.
        let factor = 2f64.powf(1.0 / f64::from(count - 1));
        let factor_percent = crate::catalog::decode::percent(factor);
        let backoff = BackoffSpec::Exponential {
            initial,
            factor_percent,
            max: Some(initial.scaled(2, 1)),
            jitter_percent: (50, 150),
        };
        hop.retries(at).backoff = Some(Located::new(backoff, at));
    }
}

fn state(hop: &mut Deployed, map: Option<In<'_>>, timers: &[(&[&str], &str)]) {
    let Some(map) = map else { return };
    for (path, timer) in timers {
        if let Some(entry) = stated(map, path) {
            map.tree.time(hop, timer, entry, DURATION);
            // A number of TOML could only become another number, and durations are text, in quotes.
            let quoted = entry.value.span.text(map.tree.text()).starts_with(['"', '\'']);
            if map.tree.format() == Format::Toml && !quoted {
                hop.units.retain(|(at, _)| *at != map.tree.value_loc(&entry.value));
            }
        }
    }
}

fn stated<'n>(map: In<'n>, path: &[&str]) -> Option<&'n Entry<'n>> {
    let (last, before) = path.split_last()?;
    entry(at(map.node, before)?, last)
}

fn seen(map: Option<In<'_>>, path: &[&str]) -> Option<Seen> {
    let map = map?;
    map.tree.seen(&stated(map, path)?.value, DURATION)
}

fn at_in<'n>(place: In<'n>, path: &[&str]) -> Option<In<'n>> {
    at(place.node, path).map(|node| In { tree: place.tree, node })
}

fn items(list: In<'_>) -> Vec<In<'_>> {
    tree::items(list.node).iter().map(|node| In { tree: list.tree, node }).collect()
}

/// A place in the map at the end of a path, as much of which as is missing is written too.
fn insert(map: In<'_>, path: &[&str], keys: &'static [Key]) -> Option<crate::import::Insert> {
    let quoted = map.tree.format() != crate::syntax::Format::Yaml;
    map.tree.insert_under(map.node, path, keys, quoted)
}

/// The hosts that a rule names: `Host(`a.example.com`) || Host(`b.example.com`)`.
fn hosts(router: In<'_>) -> Vec<Address> {
    let Some(rule) = router.get("rule").and_then(|rule| rule.tree.scalar(rule.node)) else { return Vec::new() };
    let mut found = Vec::new();
    for part in rule.split("Host(").skip(1) {
        let inside = part.split(')').next().unwrap_or_default();
        let names = inside.split(',').map(|name| name.trim().trim_matches(['`', '"', '\'']));
        found.extend(names.filter(|name| !name.contains(['{', '*'])).filter_map(Address::parse));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::known_tests::assert_known;

    #[test]
    fn the_catalogue_knows_every_timer() {
        let tables = RESPONDING.iter().chain(&FORWARDING).map(|(_, timer)| *timer);
        let added = RESPONDING_KEYS.iter().chain(FORWARDING_KEYS).map(|key| key.timer);
        assert_known(PLATFORM, tables.chain(added).chain(["retry.timeout"]));
    }
}
