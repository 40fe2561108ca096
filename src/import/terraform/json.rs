//! Terraform as JSON: `.tf.json`, and a plan as `terraform show -json` prints it, in the shape of HCL.

use super::hcl::{Attribute, Block, Body, Expr, Hcl, Value};
use crate::span::Span;
use crate::syntax::{self, Format, Kind, Node};

pub fn parse(text: &str) -> Hcl {
    let parsed = syntax::parse(text, Format::Json);
    let mut hcl = Hcl { errors: parsed.errors, ..Hcl::default() };
    let Some(root) = &parsed.root else { return hcl };
    if let Some(module) = root.get("planned_values").and_then(|planned| planned.get("root_module")) {
        planned(module, text, &mut hcl.body);
        return hcl;
    }
    for (kind, of_kind) in entries(root) {
        match kind {
            "resource" | "data" => {
                for (resource, named) in entries(of_kind) {
                    for (name, body) in entries(named) {
                        each(body, &mut |body| hcl.body.blocks.push(block(kind, &[resource, name], body, text)));
                    }
                }
            }
            "variable" | "module" => {
                for (name, body) in entries(of_kind) {
                    each(body, &mut |body| hcl.body.blocks.push(block(kind, &[name], body, text)));
                }
            }
            "locals" => each(of_kind, &mut |body| hcl.body.blocks.push(block(kind, &[], body, text))),
            _ => {}
        }
    }
    hcl
}

/// The resources of a module and of those that it calls, by their full addresses.
fn planned(module: &Node<'_>, text: &str, out: &mut Body) {
    for resource in items(module.get("resources")) {
        let word = |key: &str| resource.get(key).and_then(Node::as_str);
        let (Some(kind), Some(address)) = (word("type"), word("address")) else { continue };
        if let Some(values) = resource.get("values").filter(|_| word("mode").is_none_or(|mode| mode == "managed")) {
            let name = address.split_once(&format!("{kind}.")).map_or(address, |(_, name)| name);
            let module = address.split_once(kind).map_or("", |(module, _)| module);
            let label = format!("{module}{name}");
            out.blocks.push(block("resource", &[kind, &label], values, text));
        }
    }
    for child in items(module.get("child_modules")) {
        planned(child, text, out);
    }
}

fn block(kind: &str, labels: &[&str], body: &Node<'_>, text: &str) -> Block {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    // Its brace; in a broken file anything may stand there.
    let first = body.span.text(text).chars().next().map_or(0, char::len_utf8);
    let start = body.span.start as usize;
    let head = Span::of(start..start + first);
    Block { kind: kind.to_owned(), labels, head, at: body.span, body: body_of(body, text) }
}

/// Maps and lists of maps are blocks and values both: which of the two, only the provider's schema says.
fn body_of(node: &Node<'_>, text: &str) -> Body {
    let mut out = Body::default();
    if let Kind::Map(entries) = &node.kind {
        for entry in entries {
            let name = entry.key.text.to_string();
            each_map(&entry.value, &mut |map| out.blocks.push(block(&name, &[], map, text)));
            if matches!(entry.value.kind, Kind::Map(_) | Kind::Seq(_)) {
                continue;
            }
            out.attributes.push(Attribute { name, name_at: entry.key.span, value: expr(&entry.value, text) });
        }
    }
    out
}

fn expr(node: &Node<'_>, text: &str) -> Expr {
    let value = match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Int(_) | Kind::Num(_) => Value::Number(node.span.text(text).to_owned()),
        Kind::Str(value) => reference(value).unwrap_or_else(|| Value::Str(value.to_string())),
        _ => Value::Other,
    };
    Expr { at: node.span, value }
}

/// `${var.x}` alone is an expression; in JSON all of them are written so.
fn reference(text: &str) -> Option<Value> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    let path: Vec<String> = inner.trim().split('.').map(str::to_owned).collect();
    let word = |part: &String| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    Some(if path.iter().all(word) { Value::Path(path) } else { Value::Other })
}

fn entries<'n, 's>(node: &'n Node<'s>) -> Vec<(&'n str, &'n Node<'s>)> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().map(|e| (e.key.text.as_ref(), &e.value)).collect(),
        // A list of maps says the same in several pieces.
        Kind::Seq(items) => items.iter().flat_map(entries).collect(),
        _ => Vec::new(),
    }
}

fn items<'n, 's>(node: Option<&'n Node<'s>>) -> &'n [Node<'s>] {
    match node.map(|n| &n.kind) {
        Some(Kind::Seq(items)) => items,
        _ => &[],
    }
}

fn each<'n, 's>(node: &'n Node<'s>, see: &mut impl FnMut(&'n Node<'s>)) {
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(see),
        _ => see(node),
    }
}

fn each_map<'n, 's>(node: &'n Node<'s>, see: &mut impl FnMut(&'n Node<'s>)) {
    match &node.kind {
        Kind::Map(_) => see(node),
        Kind::Seq(items) => items.iter().filter(|item| matches!(item.kind, Kind::Map(_))).for_each(see),
        _ => {}
    }
}
