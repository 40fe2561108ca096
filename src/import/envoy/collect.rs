//! The parts of a configuration, wherever they stand: connection managers, route configurations, clusters.

use super::{at, get};
use crate::import::tree::Tree;
use crate::syntax::{Kind, Node};
use std::collections::HashMap;

#[derive(Default)]
pub struct Collected<'n> {
    /// Each with the listener that it stands in.
    pub managers: Vec<&'n Node<'n>>,
    /// Route configurations that stand outside of connection managers.
    pub routes: Vec<&'n Node<'n>>,
    pub clusters: HashMap<String, &'n Node<'n>>,
}

impl<'n> Collected<'n> {
    pub fn of(tree: &Tree<'_>, roots: &[&'n Node<'n>]) -> Self {
        let mut found = Self::default();
        for root in roots {
            found.search(tree, root);
        }
        found
    }

    fn search(&mut self, tree: &Tree<'_>, node: &'n Node<'n>) {
        match &node.kind {
            Kind::Seq(items) => items.iter().for_each(|item| self.search(tree, item)),
            Kind::Map(entries) => {
                if is_manager(node) {
                    self.managers.push(node);
                    return;
                }
                if get(node, "virtual_hosts").is_some() {
                    self.routes.push(node);
                    return;
                }
                if is_cluster(node)
                    && let Some(name) = get(node, "name").and_then(|name| tree.scalar(name))
                {
                    self.clusters.entry(name.into_owned()).or_insert(node);
                    return;
                }
                for entry in entries {
                    self.search(tree, &entry.value);
                }
            }
            Kind::Tagged(tagged) => self.search(tree, &tagged.value),
            _ => {}
        }
    }

    /// The routes of a connection manager: its own, or those that it asks for by a name that stands here.
    pub fn routes_of(&self, tree: &Tree<'_>, manager: &'n Node<'n>) -> Option<&'n Node<'n>> {
        if let Some(own) = get(manager, "route_config") {
            return Some(own);
        }
        let name = at(manager, &["rds", "route_config_name"]).and_then(|name| tree.scalar(name))?;
        let is_named = |routes: &Node<'n>| match routes.get("name").map(|n| &n.kind) {
            Some(Kind::Str(own)) => *own == name,
            _ => false,
        };
        self.routes.iter().copied().find(|routes| is_named(routes))
    }
}

fn is_manager(node: &Node<'_>) -> bool {
    let typed = node.get("@type").and_then(Node::as_str).is_some_and(|t| t.ends_with(".HttpConnectionManager"));
    let has = |snake: &str| node.get(snake).is_some() || node.get(&super::camel(snake)).is_some();
    typed || (has("http_filters") && (has("route_config") || has("rds")))
}

/// Clusters have a type of their own, or what only clusters have.
fn is_cluster(node: &Node<'_>) -> bool {
    let typed = node.get("@type").and_then(Node::as_str).is_some_and(|t| t.ends_with(".Cluster"));
    let has = |snake: &str| node.get(snake).is_some() || node.get(&super::camel(snake)).is_some();
    let marks = ["connect_timeout", "load_assignment", "lb_policy", "eds_cluster_config", "load_balancing_policy"];
    typed || (has("name") && marks.iter().any(|mark| has(mark)))
}
