//! Copies of anchored nodes, for the aliases that stand for them.

use super::{Entry, Kind, Node, Tagged};
use crate::span::Span;
use std::borrow::Cow;

/// Makes a copy of an anchored node stand at its alias.
pub(super) fn place(node: &mut Node<'_>, at: Span) {
    node.def = Some(node.def.unwrap_or(node.span));
    node.span = at;
    match &mut node.kind {
        Kind::Seq(items) => items.iter_mut().for_each(|n| place(n, at)),
        Kind::Map(entries) => entries.iter_mut().for_each(|e| place(&mut e.value, at)),
        Kind::Tagged(tagged) => place(&mut tagged.value, at),
        _ => {}
    }
}

/// A clone that stops when the budget is used up. Text of our own counts by its length, borrowed text is free.
pub(super) fn copy<'s>(node: &Node<'s>, budget: &mut usize) -> Option<Node<'s>> {
    let cost = 1 + match &node.kind {
        Kind::Str(Cow::Owned(text)) => text.len() / 16,
        _ => 0,
    };
    *budget = budget.checked_sub(cost)?;
    let kind = match &node.kind {
        Kind::Seq(items) => {
            let mut copies = Vec::new();
            for item in items {
                copies.push(copy(item, budget)?);
            }
            Kind::Seq(copies)
        }
        Kind::Map(entries) => {
            let mut copies = Vec::new();
            for Entry { key, value } in entries {
                *budget = budget.checked_sub(key.text.len() / 16)?;
                copies.push(Entry { key: key.clone(), value: copy(value, budget)? });
            }
            Kind::Map(copies)
        }
        Kind::Tagged(tagged) => {
            let value = copy(&tagged.value, budget)?;
            Kind::Tagged(Box::new(Tagged { tag: tagged.tag, value }))
        }
        other => other.clone(),
    };
    Some(Node { span: node.span, def: node.def, kind })
}

pub(super) fn height(node: &Node<'_>) -> usize {
    match &node.kind {
        Kind::Seq(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Kind::Map(entries) => 1 + entries.iter().map(|e| height(&e.value)).max().unwrap_or(0),
        Kind::Tagged(tagged) => height(&tagged.value),
        _ => 0,
    }
}
