//! The objects of a file: one for each document, the items of a `List`, and those that stand inside of others.

use crate::import::tree::{Tree, at, entries};
use crate::import::{Address, Deployed};
use crate::span::{Loc, Span};
use crate::syntax::{Entry, Kind, Node};
use std::collections::HashMap;

/// One Kubernetes object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'n> {
    /// Of `apiVersion`, without the version; empty for the core group.
    pub group: &'n str,
    pub kind: &'n str,
    pub name: &'n str,
    pub namespace: Option<&'n str>,
    pub node: &'n Node<'n>,
    /// Of its name, else of its kind.
    pub at: Span,
}

/// Everything that a file holds, for objects that speak of each other.
pub struct Cluster<'n> {
    pub tree: &'n Tree<'n>,
    pub objects: Vec<Object<'n>>,
    by_kind: HashMap<&'n str, Vec<usize>>,
}

impl<'n> Object<'n> {
    /// What a map is, if it says so. A name that a template fills in is none.
    pub fn of(tree: &Tree<'_>, node: &'n Node<'n>) -> Option<Self> {
        let version = node.get("apiVersion")?.as_str()?;
        let kind_node = node.get("kind")?;
        let kind = kind_node.as_str().filter(|kind| kind.starts_with(|c: char| c.is_ascii_uppercase()))?;
        node.get("metadata").filter(|_| !kind.ends_with("List"))?;
        let name = at(node, &["metadata", "name"]);
        let text = |path: &[&str]| tree.word(at(node, path)?);
        Some(Self {
            group: version.split_once('/').map_or("", |(group, _)| group),
            kind,
            name: name.and_then(|name| tree.word(name)).unwrap_or_default(),
            namespace: text(&["metadata", "namespace"]).filter(|ns| !ns.is_empty()),
            node,
            at: name.unwrap_or(kind_node).span,
        })
    }

    /// As selectors name it: `Ingress chat`.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.kind.to_owned() } else { format!("{} {}", self.kind, self.name) }
    }

    pub fn get(&self, path: &[&str]) -> Option<&'n Node<'n>> {
        at(self.node, path)
    }

    pub fn text(&self, path: &[&str]) -> Option<&'n str> {
        self.get(path).and_then(Node::as_str)
    }

    pub fn annotations(&self) -> &'n [Entry<'n>] {
        self.get(&["metadata", "annotations"]).map(entries).unwrap_or_default()
    }

    pub fn annotation(&self, name: &str) -> Option<&'n Entry<'n>> {
        self.annotations().iter().find(|e| e.key.text == name)
    }

    /// Whether a reference from `self` by this name and namespace means the other object.
    pub fn refers_to(&self, other: &Object<'_>, name: &str, namespace: Option<&str>) -> bool {
        let here = namespace.or(self.namespace);
        other.name == name && (here == other.namespace || here.is_none() || other.namespace.is_none())
    }

    /// A Service as this object names it.
    pub fn service(&self, name: &str, namespace: Option<&str>, port: Option<u16>) -> Address {
        match namespace.or(self.namespace) {
            Some(namespace) => Address::host(&format!("{name}.{namespace}"), port),
            None => Address::host(name, port),
        }
    }
}

impl<'n> Cluster<'n> {
    pub fn of(tree: &'n Tree<'n>, roots: impl Iterator<Item = &'n Node<'n>>) -> Self {
        let mut objects = Vec::new();
        roots.for_each(|root| collect(tree, root, &mut objects));
        let mut by_kind: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, object) in objects.iter().enumerate() {
            by_kind.entry(object.kind).or_default().push(i);
        }
        Self { tree, objects, by_kind }
    }

    pub fn of_kind<'c>(&'c self, group: &'c str, kind: &'c str) -> impl Iterator<Item = &'c Object<'n>> {
        let found = self.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default();
        found.iter().map(|i| &self.objects[*i]).filter(move |o| o.group == group)
    }

    /// A text that is no expression.
    pub fn word<'a>(&self, node: &'a Node<'_>) -> Option<&'a str> {
        self.tree.word(node)
    }

    pub fn loc(&self, span: Span) -> Loc {
        self.tree.loc(span)
    }

    /// A hop that an object stands for, or a part of it: `/rule 0`. Its first short form is the one with the namespace.
    pub fn hop(&self, platform: &str, object: &Object<'_>, part: &str, body: &Node<'_>) -> Deployed {
        let title = object.title();
        let at = self.loc(object.at);
        let mut hop = Deployed::new(platform, format!("{title}{part}"), at, self.tree.node_loc(body));
        hop.also.extend(object.namespace.map(|namespace| format!("{title}.{namespace}{part}")));
        hop
    }
}

/// Outer objects first.
fn collect<'n>(tree: &Tree<'_>, node: &'n Node<'n>, objects: &mut Vec<Object<'n>>) {
    match &node.kind {
        Kind::Map(entries) => {
            objects.extend(Object::of(tree, node));
            for entry in entries {
                collect(tree, &entry.value, objects);
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| collect(tree, item, objects)),
        _ => {}
    }
}

/// A port as a reference gives it; a name means no number.
pub fn port(node: Option<&Node<'_>>) -> Option<u16> {
    match node?.kind {
        Kind::Int(n) => u16::try_from(n).ok(),
        _ => None,
    }
}
