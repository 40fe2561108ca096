//! `extends`: one platform on top of another, on the level of the tree.

use crate::syntax::{Entry, Kind, Node};

/// Head keys that a platform never inherits.
const OWN: [&str; 3] = ["aliases", "extends", "drop"];

/// The child on top of its parent. Spans of the child's parts stay true; those of inherited parts are not shown.
pub fn merged<'s>(parent: &Node<'s>, child: &Node<'s>) -> Node<'s> {
    let (Kind::Map(base), Kind::Map(own)) = (&parent.kind, &child.kind) else { return child.clone() };
    let dropped: Vec<&str> = match child.get("drop").map(|n| &n.kind) {
        Some(Kind::Seq(items)) => items.iter().filter_map(Node::as_str).collect(),
        _ => Vec::new(),
    };
    let mut entries: Vec<Entry<'s>> = base.iter().filter(|e| !OWN.contains(&e.key.text.as_ref())).cloned().collect();
    for entry in own {
        match entries.iter_mut().find(|e| e.key.text == entry.key.text) {
            Some(inherited) if matches!(entry.key.text.as_ref(), "timer" | "facet") => {
                inherited.value = by_id(&inherited.value, &entry.value);
            }
            Some(inherited) => *inherited = entry.clone(),
            None => entries.push(entry.clone()),
        }
    }
    if let Some(Kind::Seq(timers)) = entries.iter_mut().find(|e| e.key.text == "timer").map(|e| &mut e.value.kind) {
        timers.retain(|t| !t.get("id").and_then(Node::as_str).is_some_and(|id| dropped.contains(&id)));
    }
    Node { kind: Kind::Map(entries), ..child.clone() }
}

/// Tables with an `id`: those of the child replace the keys they give, the others are added.
fn by_id<'s>(parent: &Node<'s>, child: &Node<'s>) -> Node<'s> {
    let (Kind::Seq(base), Kind::Seq(own)) = (&parent.kind, &child.kind) else { return child.clone() };
    let mut items = base.clone();
    for table in own {
        let same =
            |item: &&mut Node<'s>| item.get("id").and_then(Node::as_str) == table.get("id").and_then(Node::as_str);
        match items.iter_mut().find(same) {
            Some(item) => *item = keys_over(item, table),
            None => items.push(table.clone()),
        }
    }
    Node { kind: Kind::Seq(items), ..child.clone() }
}

fn keys_over<'s>(parent: &Node<'s>, child: &Node<'s>) -> Node<'s> {
    let (Kind::Map(base), Kind::Map(own)) = (&parent.kind, &child.kind) else { return child.clone() };
    let mut entries = base.clone();
    for entry in own {
        match entries.iter_mut().find(|e| e.key.text == entry.key.text) {
            Some(inherited) => *inherited = entry.clone(),
            None => entries.push(entry.clone()),
        }
    }
    Node { kind: Kind::Map(entries), ..child.clone() }
}
