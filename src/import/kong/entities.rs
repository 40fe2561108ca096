//! What stands in a declarative file: services, their routes, the plugins that act on them, upstreams with their targets.
//! Children stand inside their parents or in lists of their own that name the parent.

use crate::import::tree::{self, Tree};
use crate::syntax::{Kind, Node};
use std::borrow::Cow;

pub struct Entities<'n> {
    pub root: &'n Node<'n>,
    pub services: Vec<Service<'n>>,
    /// Routes that name no service.
    pub free_routes: Vec<Route<'n>>,
    global_plugins: Vec<&'n Node<'n>>,
    scoped_plugins: Vec<&'n Node<'n>>,
}

pub struct Service<'n> {
    pub node: &'n Node<'n>,
    /// `.llm`: its name, else its id; `[0]`, its place, where it has neither.
    pub name: String,
    pub routes: Vec<Route<'n>>,
}

pub struct Route<'n> {
    pub node: &'n Node<'n>,
    pub name: String,
}

impl<'n> Entities<'n> {
    pub fn of(tree: &'n Tree<'_>, root: &'n Node<'n>) -> Self {
        let mut services: Vec<Service<'n>> = Vec::new();
        for (i, node) in tree::list(root, "services").iter().enumerate() {
            let inside = |(j, route)| Route { node: route, name: step(tree, route, j) };
            let routes = tree::list(node, "routes").iter().enumerate().map(inside).collect();
            services.push(Service { node, name: step(tree, node, i), routes });
        }
        let mut free_routes = Vec::new();
        for (i, node) in tree::list(root, "routes").iter().enumerate() {
            let route = Route { node, name: step(tree, node, i) };
            match node.get("service").filter(|_| states(node, "service")) {
                Some(service) => {
                    if let Some(owner) = services.iter_mut().find(|owner| refers(tree, service, owner.node)) {
                        owner.routes.push(route);
                    }
                }
                None => free_routes.push(route),
            }
        }
        let scopes = ["service", "route", "consumer", "consumer_group"];
        let has_scope = |plugin: &&Node<'n>| scopes.iter().any(|scope| states(plugin, scope));
        let plugins = tree::list(root, "plugins").iter().filter(|p| is_enabled(p));
        let (scoped_plugins, global_plugins) = plugins.partition(has_scope);
        Self { root, services, free_routes, global_plugins, scoped_plugins }
    }

    /// The plugins that act on every request to a service, or on those of one of its routes. Where one plugin stands
    /// on several levels, the innermost comes last, and counts.
    pub fn plugins(
        &self,
        tree: &Tree<'_>,
        service: Option<&'n Node<'n>>,
        route: Option<&'n Node<'n>>,
    ) -> Vec<&'n Node<'n>> {
        // A plugin of one consumer does not act on everybody's requests.
        let for_all = |plugin: &&&Node<'n>| !states(plugin, "consumer") && !states(plugin, "consumer_group");
        let scoped = |key: &'static str, owner: Option<&'n Node<'n>>| {
            let names = move |plugin: &&&'n Node<'n>| match (plugin.get(key), owner) {
                (Some(named), Some(owner)) => refers(tree, named, owner),
                _ => false,
            };
            self.scoped_plugins.iter().copied().filter(move |p| for_all(&p) && names(&p))
        };
        let inside = |owner: Option<&'n Node<'n>>| {
            owner.map(|o| tree::list(o, "plugins")).unwrap_or_default().iter().filter(|p| is_enabled(p))
        };
        let mut all = self.global_plugins.clone();
        all.extend(inside(service));
        all.extend(scoped("service", service).filter(|p| !states(p, "route")));
        all.extend(inside(route));
        all.extend(scoped("route", route));
        all
    }

    /// The targets of an upstream that take requests.
    pub fn targets(&self, tree: &Tree<'_>, upstream: &'n Node<'n>) -> Vec<&'n Node<'n>> {
        let apart = tree::list(self.root, "targets").iter();
        let apart = apart.filter(|t| t.get("upstream").is_some_and(|named| refers(tree, named, upstream)));
        let weighs = |target: &&Node<'n>| target.get("weight").is_none_or(|weight| weight.kind != Kind::Int(0));
        tree::list(upstream, "targets").iter().chain(apart).filter(weighs).collect()
    }

    /// The upstream of a name.
    pub fn upstream(&self, tree: &Tree<'_>, host: &str) -> Option<&'n Node<'n>> {
        tree::list(self.root, "upstreams").iter().find(|u| name(tree, u).as_deref() == Some(host))
    }
}

fn states(entity: &Node<'_>, key: &str) -> bool {
    entity.get(key).is_some_and(|value| value.kind != Kind::Null)
}

/// The name of an entity, else its id.
pub fn name(tree: &Tree<'_>, node: &Node<'_>) -> Option<String> {
    let text = |key| node.get(key).and_then(|n| tree.scalar(n)).map(Cow::into_owned);
    text("name").or_else(|| text("id")).filter(|name| !name.is_empty())
}

fn step(tree: &Tree<'_>, node: &Node<'_>, index: usize) -> String {
    name(tree, node).map_or_else(|| format!("[{index}]"), |name| format!(".{name}"))
}

/// Whether a reference (`llm`, `{name: llm}`, `{id: ...}`) means an entity.
fn refers(tree: &Tree<'_>, reference: &Node<'_>, entity: &Node<'_>) -> bool {
    let text = |node: &Node<'_>| tree.scalar(node).map(Cow::into_owned);
    let is = |named: Option<String>, key: &str| named.is_some() && named == entity.get(key).and_then(text);
    is(text(reference), "name")
        || is(text(reference), "id")
        || is(reference.get("name").and_then(text), "name")
        || is(reference.get("id").and_then(text), "id")
}

fn is_enabled(entity: &Node<'_>) -> bool {
    entity.get("enabled").is_none_or(|enabled| enabled.kind != Kind::Bool(false))
}
