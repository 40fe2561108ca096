//! The shape of a file: its chains, hops and timers as symbols, and what can be folded.

use super::documents::Kind;
use super::here::{self, Step, hull};
use super::look::Look;
use super::positions::Lines;
use super::state::State;
use super::uri;
use crate::import::Match;
use crate::import::store::Store;
use crate::span::Span;
use crate::syntax::{Kind as NodeKind, Node, Parsed, parse};
use crate::workspace::overlay::Overlay;
use gen_lsp_types as lsp;
use serde_json::{Value, json};

const CHAIN: u8 = 3;
const HOP: u8 = 19;
const SHARED: u8 = 5;
const TIMER: u8 = 7;

struct Writer<'a> {
    text: &'a str,
    lines: Lines,
}

impl Writer<'_> {
    fn symbol(&self, name: &str, detail: &str, kind: u8, whole: Span, named: Span, children: &[Value]) -> Value {
        let whole = whole.to(named);
        json!({
            "name": if name.trim().is_empty() { "?" } else { name },
            "detail": detail,
            "kind": kind,
            "range": self.lines.range(self.text, whole),
            "selectionRange": self.lines.range(self.text, named),
            "children": children,
        })
    }

    fn hop(&self, node: &Node<'_>, named: Option<(&str, Span)>) -> Value {
        let platform = node.get("platform").and_then(|node| node.as_str()).unwrap_or_default();
        let own = node.get("name").and_then(|name| Some((name.as_str()?, name.span)));
        let uses = node.get("use").and_then(|name| Some((name.as_str()?, name.span)));
        let of_platform = node.get("platform").map(|node| (platform, node.span));
        let first = Span::at(hull(node).start);
        let (name, at) = own.or(named).or(uses).or(of_platform).unwrap_or((node.as_str().unwrap_or("hop"), first));
        let mut children = Vec::new();
        for key in ["timeout", "deadline"] {
            children.extend(self.value(node, key));
        }
        if let Some(timers) = node.get("timeouts").map(|node| &node.kind)
            && let NodeKind::Map(entries) = timers
        {
            for entry in entries {
                let whole = entry.key.span.to(hull(&entry.value));
                let detail = entry.value.source(self.text);
                children.push(self.symbol(&entry.key.text, detail, TIMER, whole, entry.key.span, &[]));
            }
        }
        let kind = if named.is_some() { SHARED } else { HOP };
        self.symbol(name, platform, kind, hull(node), at, &children)
    }

    fn value(&self, node: &Node<'_>, key: &str) -> Option<Value> {
        let NodeKind::Map(entries) = &node.kind else { return None };
        let entry = entries.iter().find(|entry| entry.key.text == key)?;
        let whole = entry.key.span.to(hull(&entry.value));
        Some(self.symbol(key, entry.value.source(self.text), TIMER, whole, entry.key.span, &[]))
    }

    fn hops(&self, node: Option<&Node<'_>>) -> Vec<Value> {
        match node.map(|node| &node.kind) {
            Some(NodeKind::Seq(items)) => items.iter().map(|item| self.hop(item, None)).collect(),
            _ => Vec::new(),
        }
    }

    /// The entries of a map with what they hold.
    fn entries(&self, root: &Node<'_>, key: &str, kind: u8) -> Vec<Value> {
        let Some(NodeKind::Map(entries)) = root.get(key).map(|node| &node.kind) else { return Vec::new() };
        entries
            .iter()
            .map(|entry| {
                let whole = entry.key.span.to(hull(&entry.value));
                if kind == SHARED {
                    return self.hop(&entry.value, Some((&entry.key.text, entry.key.span)));
                }
                let hops = self.hops(entry.value.get("hops"));
                self.symbol(&entry.key.text, "chain", CHAIN, whole, entry.key.span, &hops)
            })
            .collect()
    }
}

pub fn symbols(state: &mut State, params: &lsp::DocumentSymbolParams) -> Option<Vec<Value>> {
    let path = uri::to_path(&params.text_document.uri)?;
    let look = state.look(&path)?;
    let writer = Writer { text: &look.text, lines: state.documents.lines(&path, &look.text) };
    match look.kind {
        Kind::Chain => Some(of_chains(&look, &writer)),
        Kind::Settings => {
            let parsed = parse(&look.text, look.format);
            let NodeKind::Map(entries) = &parsed.root.as_ref()?.kind else { return None };
            let one = |entry: &crate::syntax::Entry<'_>| {
                let whole = entry.key.span.to(hull(&entry.value));
                writer.symbol(&entry.key.text, "", TIMER, whole, entry.key.span, &[])
            };
            Some(entries.iter().map(one).collect())
        }
        Kind::Other => of_deployed(state, &look, &writer),
    }
}

fn of_chains(look: &Look, writer: &Writer<'_>) -> Vec<Value> {
    let parsed = parse(&look.text, look.format);
    let Some(root) = parsed.root.as_ref() else { return Vec::new() };
    let mut all = writer.entries(root, "shared", SHARED);
    all.extend(writer.entries(root, "chains", CHAIN));
    if let NodeKind::Map(entries) = &root.kind
        && let Some(hops) = entries.iter().find(|entry| entry.key.text == "hops")
    {
        let named = root.get("name").and_then(|node| node.as_str());
        let name = named.unwrap_or_else(|| look.shown.rsplit('/').next().unwrap_or_default());
        let whole = hops.key.span.to(hull(&hops.value));
        all.push(writer.symbol(name, "chain", CHAIN, whole, hops.key.span, &writer.hops(Some(&hops.value))));
    }
    all
}

/// The hops that a deployed file states.
fn of_deployed(state: &State, look: &Look, writer: &Writer<'_>) -> Option<Vec<Value>> {
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let loaded = store.import_named(&look.path, Match::Yes).ok()?;
    let own = loaded.import.hops.iter().filter(|hop| hop.hop.at.file == loaded.file);
    let one = |deployed: &crate::import::Deployed| {
        let timers = deployed.hop.timers.iter().filter(|(key, _)| key.loc.file == loaded.file);
        let children: Vec<Value> = timers
            .map(|(key, value)| {
                let whole = key.loc.span.to(value.loc.span);
                let detail = value.loc.span.text(writer.text);
                writer.symbol(&key.value, detail, TIMER, whole, key.loc.span, &[])
            })
            .collect();
        let (at, body) = (deployed.hop.at.span, deployed.hop.body.span);
        writer.symbol(&deployed.selector, &deployed.hop.platform.value, HOP, body, at, &children)
    };
    Some(own.map(one).collect())
}

/// Maps and lists of several lines, and comments.
pub fn folds(state: &mut State, params: &lsp::FoldingRangeParams) -> Option<Vec<Value>> {
    let path = uri::to_path(&params.text_document.uri)?;
    let look = state.look(&path)?;
    if look.kind == Kind::Other {
        return None;
    }
    let lines = state.documents.lines(&path, &look.text);
    let parsed: Parsed<'_> = parse(&look.text, look.format);
    let mut folds: Vec<(usize, usize, &str)> = Vec::new();
    if let Some(root) = &parsed.root {
        of_node(root, &lines, &mut folds);
    }
    for (_, hop) in parsed.root.as_ref().map(here::hops).unwrap_or_default() {
        let span = hull(hop);
        folds.push((lines.line(span.start as usize), lines.line(span.end as usize), "region"));
    }
    let mut comments: Vec<(usize, usize)> = Vec::new();
    for comment in &parsed.comments {
        let line = lines.line(comment.start as usize);
        match comments.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => comments.push((line, line)),
        }
    }
    folds.extend(comments.into_iter().map(|(first, last)| (first, last, "comment")));
    folds.retain(|(first, last, _)| first < last);
    folds.sort_unstable();
    folds.dedup_by_key(|(first, last, _)| (*first, *last));
    Some(folds.iter().map(|(first, last, kind)| json!({"startLine": first, "endLine": last, "kind": kind})).collect())
}

fn of_node(node: &Node<'_>, lines: &Lines, folds: &mut Vec<(usize, usize, &'static str)>) {
    let mut add = |start: u32, whole: Span| {
        folds.push((lines.line(start as usize), lines.line(whole.end as usize), "region"));
    };
    match &node.kind {
        NodeKind::Map(entries) if node.def.is_none() => {
            for entry in entries {
                if matches!(entry.value.kind, NodeKind::Map(_) | NodeKind::Seq(_)) {
                    add(entry.key.span.start, hull(&entry.value));
                }
            }
            for entry in entries {
                of_node(&entry.value, lines, folds);
            }
        }
        NodeKind::Seq(items) if node.def.is_none() => items.iter().for_each(|item| of_node(item, lines, folds)),
        _ => {}
    }
}

/// The name of the chain that a place is in, where a file has several.
pub fn chain_at(look: &Look, offset: u32) -> Option<String> {
    let parsed = parse(&look.text, look.format);
    let here = here::at(parsed.root.as_ref()?, offset)?;
    match here.steps[..] {
        [Step::Key("chains"), Step::Key(name), ..] => Some(name.to_owned()),
        _ => None,
    }
}
