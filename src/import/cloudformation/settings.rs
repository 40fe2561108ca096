//! Every setting about time in a template.

use crate::import::Import;
use crate::import::tree::Tree;
use crate::syntax::{Kind, Node};

/// Lists of keys and values that hold attributes: the key is the option.
const LISTS: [&str; 3] = ["LoadBalancerAttributes", "TargetGroupAttributes", "ListenerAttributes"];

pub fn keep<'n>(tree: &Tree<'_>, root: &'n Node<'n>, out: &mut Import) {
    tree.settings(root, out, |place| is_time(place.key));
    attributes(tree, root, &mut Vec::new(), out);
}

/// Whether a property is about time.
fn is_time(key: &str) -> bool {
    ["Timeout", "KeepAlive"].iter().any(|word| key.contains(word))
        || matches!(key, "ConnectionAttempts" | "timeoutInMillis" | "DeregistrationDelay" | "timeout")
}

fn attributes<'n>(tree: &Tree<'_>, node: &'n Node<'n>, path: &mut Vec<&'n str>, out: &mut Import) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                path.push(&entry.key.text);
                if LISTS.contains(&entry.key.text.as_ref()) {
                    pairs(tree, &entry.value, path, out);
                } else {
                    attributes(tree, &entry.value, path, out);
                }
                path.pop();
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| attributes(tree, item, path, out)),
        Kind::Tagged(tagged) => attributes(tree, &tagged.value, path, out),
        _ => {}
    }
}

fn pairs(tree: &Tree<'_>, list: &Node<'_>, path: &[&str], out: &mut Import) {
    let Kind::Seq(items) = &list.kind else { return };
    for item in items {
        let (Some(key), Some(value)) = (item.get("Key").and_then(Node::as_str), item.get("Value")) else { continue };
        let timed = ["timeout", "keep_alive", "duration", "seconds"].iter().any(|word| key.contains(word));
        if timed && !matches!(value.kind, Kind::Map(_) | Kind::Seq(_) | Kind::Null) {
            tree.setting(out, key, value, &path.join("."));
        }
    }
}
