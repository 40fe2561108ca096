//! Services and routes as hops.

use super::entities::{Entities, Route, Service, name};
use crate::catalog::{Buffering, Unit};
use crate::import::deployed::unique;
use crate::import::tree::{self, MILLIS, Tree};
use crate::import::{Address, Call, Deployed, Import, Key, providers};
use crate::span::{Loc, Located};
use crate::syntax::{Entry, Kind, Node};

/// The timers of a service, and of the balancer of AI Proxy Advanced, which has the same.
const TIMERS: [&str; 3] = ["connect_timeout", "write_timeout", "read_timeout"];

const KEYS: &[Key] = &[
    Key { timer: "connect", key: "connect_timeout", unit: Unit::Millis },
    Key { timer: "send", key: "write_timeout", unit: Unit::Millis },
    Key { timer: "read", key: "read_timeout", unit: Unit::Millis },
];

pub fn of<'n>(tree: &'n Tree<'_>, root: &'n Node<'n>, out: &mut Import) {
    let entities = Entities::of(tree, root);
    let kong = Kong { tree, entities: &entities };
    let first = out.hops.len();
    for service in &entities.services {
        kong.service(service, out);
    }
    for route in &entities.free_routes {
        let acts = kong.acts(None, Some(route.node));
        if acts.ai.is_some() {
            out.hops.push(kong.hop(format!("routes{}", route.name), None, &[route], &acts));
        }
    }
    unique(&mut out.hops[first..]);
}

struct Kong<'e, 'n> {
    tree: &'n Tree<'n>,
    entities: &'e Entities<'n>,
}

/// What plugins and route settings do to a request.
#[derive(Clone, Copy, Default)]
struct Acts<'n> {
    /// AI Proxy, or AI Proxy Advanced.
    ai: Option<&'n Node<'n>>,
    /// A plugin that works on the whole answer.
    holds: Option<&'n Node<'n>>,
    /// `response_buffering: false` on the route.
    passes: Option<&'n Entry<'n>>,
}

impl Acts<'_> {
    fn same(&self, other: &Self) -> bool {
        let is = |a: Option<&Node<'_>>, b: Option<&Node<'_>>| a.map(|n| n.span) == b.map(|n| n.span);
        is(self.ai, other.ai)
            && self.holds.is_some() == other.holds.is_some()
            && self.passes.is_some() == other.passes.is_some()
    }
}

impl<'n> Kong<'_, 'n> {
    fn service(&self, service: &Service<'n>, out: &mut Import) {
        let own = self.acts(Some(service.node), None);
        let routes: Vec<(&Route<'n>, Acts<'n>)> =
            service.routes.iter().map(|route| (route, self.acts(Some(service.node), Some(route.node)))).collect();
        let selector = format!("services{}", service.name);
        let all: Vec<&Route<'n>> = service.routes.iter().collect();
        // What all routes do, the service does.
        let common = match routes.split_first() {
            Some(((_, first), rest)) if rest.iter().all(|(_, acts)| acts.same(first)) => *first,
            _ => own,
        };
        let mut hop = self.hop(selector.clone(), Some(service), &all, &common);
        hop.also.extend(short(&service.name));
        out.hops.push(hop);
        for (route, acts) in routes.iter().filter(|(_, acts)| !acts.same(&common)) {
            let selector = format!("{selector}/routes{}", route.name);
            let mut hop = self.hop(selector, Some(service), &[route], acts);
            hop.also.push(format!("routes{}", route.name));
            hop.also.extend(short(&route.name));
            out.hops.push(hop);
        }
    }

    fn acts(&self, service: Option<&'n Node<'n>>, route: Option<&'n Node<'n>>) -> Acts<'n> {
        let mut acts = Acts::default();
        for plugin in self.entities.plugins(self.tree, service, route) {
            match name(self.tree, plugin).as_deref() {
                Some("ai-proxy" | "ai-proxy-advanced") => acts.ai = Some(plugin),
                Some("ai-response-transformer") => acts.holds = Some(plugin),
                Some("pre-function" | "post-function") if says(plugin, "enable_buffering") => acts.holds = Some(plugin),
                _ => {}
            }
        }
        let buffering = route.and_then(|route| self.set(route, "route", "response_buffering"));
        acts.passes = buffering.filter(|entry| entry.value.kind == Kind::Bool(false));
        acts
    }

    fn hop(&self, selector: String, service: Option<&Service<'n>>, routes: &[&Route<'n>], acts: &Acts<'n>) -> Deployed {
        let platform = if acts.ai.is_some() { "kong-ai-proxy" } else { "kong" };
        let single = if selector.contains("routes") { routes.first().map(|r| r.node) } else { None };
        let body = service.map(|s| s.node).or(single);
        let place = |node: &Node<'n>| self.place(node);
        let at = single.or(body).map(place).unwrap_or_default();
        let mut hop = Deployed::new(platform, selector, at, body.map(|b| self.tree.node_loc(b)).unwrap_or_default());
        self.timers(&mut hop, service.map(|s| s.node), acts.ai);
        if let Some(plugin) = acts.holds {
            hop.with("buffering-plugin", "on", self.place(plugin));
        } else if let Some(entry) = acts.passes {
            hop.hop.buffers = Some(Located::new(Buffering::Never, self.tree.value_loc(&entry.value)));
        }
        hop.answers = routes.iter().flat_map(|route| self.hosts(route.node)).collect();
        match acts.ai {
            Some(plugin) => self.providers(&mut hop, plugin),
            None => self.calls(&mut hop, service.map(|s| s.node)),
        }
        hop
    }

    /// AI Proxy Advanced balances by itself, with timers and retries of its own.
    fn timers(&self, hop: &mut Deployed, service: Option<&'n Node<'n>>, ai: Option<&'n Node<'n>>) {
        let advanced = ai.filter(|plugin| name(self.tree, plugin).as_deref() == Some("ai-proxy-advanced"));
        let get = |key: &str| match (advanced, service) {
            (Some(plugin), _) => set_in(tree::at(plugin, &["config", "balancer"])?, key),
            (None, Some(service)) => self.set(service, "service", key),
            (None, None) => None,
        };
        for key in TIMERS {
            if let Some(entry) = get(key) {
                self.tree.time(hop, key, entry, MILLIS);
            }
        }
        if let Some(entry) = get("retries") {
            let at = self.tree.value_loc(&entry.value);
            if let Some(count) = self.tree.count(&entry.value) {
                hop.attempts(count.saturating_add(1), at);
            } else {
                hop.hide(Some("retries"), at, self.tree.uncounted(&entry.value));
            }
        }
        let map = match advanced {
            Some(plugin) => tree::at(plugin, &["config", "balancer"]),
            None => service,
        };
        hop.inserts.extend(map.and_then(|map| self.tree.insert(map, KEYS, false)));
    }

    /// A field of an entity, or what `_info.defaults` says of its kind.
    fn set(&self, entity: &'n Node<'n>, kind: &str, key: &str) -> Option<&'n Entry<'n>> {
        let defaults = || set_in(tree::at(self.entities.root, &["_info", "defaults", kind])?, key);
        set_in(entity, key).or_else(defaults)
    }

    fn hosts(&self, route: &'n Node<'n>) -> Vec<Address> {
        let hosts = tree::list(route, "hosts").iter().filter_map(|host| self.tree.scalar(host));
        hosts.filter(|host| !host.contains('*')).filter_map(|host| Address::parse(&host)).collect()
    }

    fn calls(&self, hop: &mut Deployed, service: Option<&'n Node<'n>>) {
        let Some(service) = service else { return };
        if let Some(url) = set_in(service, "url") {
            let to = self.tree.scalar(&url.value).and_then(|url| Address::parse(&url));
            let at = self.tree.value_loc(&url.value);
            if let Some(Address::Host { host, .. }) = &to
                && self.upstream(hop, host, at)
            {
                return;
            }
            hop.calls.extend(to.map(|to| Call { to, at }));
            return;
        }
        let Some(entry) = self.set(service, "service", "host") else { return };
        let at = self.tree.value_loc(&entry.value);
        let Some(host) = self.tree.scalar(&entry.value) else { return };
        if self.upstream(hop, &host, at) {
            return;
        }
        let port = self.set(service, "service", "port").and_then(|port| self.tree.scalar(&port.value)?.parse().ok());
        if Address::parse(&host).is_some() {
            hop.calls.push(Call { to: Address::host(&host, port), at });
        }
    }

    /// A host that is the name of an upstream stands for its targets.
    fn upstream(&self, hop: &mut Deployed, host: &str, at: Loc) -> bool {
        let Some(upstream) = self.entities.upstream(self.tree, host) else { return false };
        let targets = self.entities.targets(self.tree, upstream);
        if !targets.is_empty() {
            hop.hop.endpoints = u32::try_from(targets.len()).ok().map(|count| Located::new(count, at));
        }
        for target in targets {
            let node = target.get("target").unwrap_or(target);
            let to = self.tree.scalar(node).and_then(|target| Address::parse(&target));
            hop.calls.extend(to.map(|to| Call { to, at: self.tree.value_loc(node) }));
        }
        true
    }

    fn providers(&self, hop: &mut Deployed, plugin: &'n Node<'n>) {
        let Some(config) = plugin.get("config") else { return };
        let targets = tree::list(config, "targets");
        if targets.len() > 1 {
            hop.hop.endpoints = u32::try_from(targets.len()).ok().map(|count| Located::new(count, hop.hop.at));
        }
        for target in [config].into_iter().chain(targets) {
            let stated = tree::at(target, &["model", "options"]).and_then(|options| set_in(options, "upstream_url"));
            let stated = stated.map(|entry| &entry.value);
            let provider = tree::at(target, &["model", "provider"]);
            let to = match (stated, provider) {
                (Some(url), _) => self.tree.scalar(url).and_then(|url| Address::parse(&url)).map(|to| (to, url)),
                (None, Some(word)) => {
                    self.tree.scalar(word).and_then(|known| providers::address(&known)).map(|to| (to, word))
                }
                (None, None) => None,
            };
            hop.calls.extend(to.map(|(to, node)| Call { to, at: self.tree.value_loc(node) }));
        }
    }

    /// What to point at: the name where there is one, else the first key.
    fn place(&self, node: &Node<'_>) -> Loc {
        match node.get("name").or_else(|| node.get("id")) {
            Some(name) if name.kind != Kind::Null => self.tree.value_loc(name),
            _ => tree::entries(node).first().map_or_else(|| self.tree.node_loc(node), |e| self.tree.loc(e.key.span)),
        }
    }
}

/// A field that is set. `null` leaves the default.
fn set_in<'n>(map: &'n Node<'n>, key: &str) -> Option<&'n Entry<'n>> {
    tree::entry(map, key).filter(|entry| entry.value.kind != Kind::Null)
}

/// The word after `services`, where it is a name.
fn short(name: &str) -> Option<String> {
    name.strip_prefix('.').map(str::to_owned)
}

/// Whether some text inside a value holds a word.
fn says(node: &Node<'_>, word: &str) -> bool {
    match &node.kind {
        Kind::Str(text) => text.contains(word),
        Kind::Seq(items) => items.iter().any(|item| says(item, word)),
        Kind::Map(entries) => entries.iter().any(|entry| says(&entry.value, word)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::known_tests::assert_known;

    #[test]
    fn the_catalogue_knows_every_timer() {
        for platform in ["kong", "kong-ai-proxy"] {
            assert_known(platform, TIMERS.into_iter().chain(KEYS.iter().map(|key| key.timer)));
        }
    }
}
