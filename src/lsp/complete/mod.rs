//! Completion. What fits at the cursor is found by writing a mark there, in each way in which something could be written,
//! and asking where in the tree the mark came to stand: a half-typed line is no tree yet, with the mark it is one.

mod durations;
mod values;

use super::here::{self, Here};
use super::look::Look;
use super::schema::{Choice, Schema, Shape};
use super::state::State;
use super::uri;
use crate::show;
use crate::span::Span;
use crate::syntax::{Format, parse};
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::collections::HashSet;

/// What could be written, before it is one of the protocol's.
pub struct Item {
    pub label: String,
    pub detail: String,
    /// Markdown.
    pub about: String,
    /// As it stands in the file, without quotes or what follows a key.
    pub text: String,
    /// Other names that people type for it, with spaces between.
    pub also: String,
    pub kind: ItemKind,
    /// Items of one list stand in the order of this, then as they were found.
    pub rank: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    Key(Shape),
    Word,
    Platform,
    Duration,
    File,
    Hop,
    Rule,
}

impl Item {
    fn new(kind: ItemKind, text: impl Into<String>) -> Self {
        let text = text.into();
        let none = String::new;
        Self { label: text.clone(), detail: none(), about: none(), text, also: none(), kind, rank: 5 }
    }
}

pub fn provider() -> Value {
    json!({"triggerCharacters": [":", " ", "\"", "#", "[", "-", "/"], "resolveProvider": true})
}

pub fn complete(state: &mut State, params: &lsp::CompletionParams) -> Option<Value> {
    let at = &params.text_document_position_params;
    let path = uri::to_path(&at.text_document.uri)?;
    let look = state.look(&path)?;
    let lines = state.documents.lines(&path, &look.text);
    let offset = lines.offset(&look.text, at.position);
    let (items, place) = match in_suppression(&look, offset) {
        Some(found) => found,
        None => in_tree(state, &look, offset)?,
    };
    let range = lines.range(&look.text, place.span);
    let list: Vec<Value> =
        items.iter().enumerate().map(|(i, item)| place.written(item, i, &range, &at.text_document.uri)).collect();
    Some(json!({"isIncomplete": false, "items": list}))
}

/// The page of a platform or rule, when the editor shows it.
pub fn resolve(state: &mut State, mut item: Value) -> Value {
    let data = item.get("data").cloned().unwrap_or_default();
    let path = data.get("uri").and_then(Value::as_str).and_then(|uri| uri::to_path(&lsp::Uri(uri.to_owned())));
    let settings = path.map(|path| state.project_of(&path).settings(&path));
    let word = |key: &str| data.get(key).and_then(Value::as_str);
    let page = match (word("platform"), word("rule"), settings) {
        (Some(id), _, Some(settings)) => settings.catalog.find(id).map(|platform| {
            let page = show::platform::page(&platform);
            (platform.name.clone(), page.split("\n### ").next().unwrap_or_default().to_owned())
        }),
        (None, Some(name), _) => crate::rules::find(name).map(|rule| (String::new(), show::rule::page(rule))),
        _ => None,
    };
    if let (Some((detail, page)), Some(item)) = (page, item.as_object_mut()) {
        if !detail.is_empty() {
            item.insert("detail".to_owned(), json!(detail));
        }
        item.insert("documentation".to_owned(), json!({"kind": "markdown", "value": page}));
    }
    item
}

/// Where something is written, and how.
struct Place {
    span: Span,
    format: Format,
    /// The cursor stands between quotes, which stay.
    quoted: bool,
    /// What stands behind is the value of the key that is typed.
    has_value: bool,
}

impl Place {
    fn written(&self, item: &Item, order: usize, range: &lsp::Range, uri: &lsp::Uri) -> Value {
        let quote = !self.quoted && (self.format != Format::Yaml || needs_quotes(&item.text));
        let is_key = matches!(item.kind, ItemKind::Key(_));
        let quote = quote && !(is_key && self.format == Format::Toml);
        let mut text = if quote && !is_number(item) { format!("\"{}\"", item.text) } else { item.text.clone() };
        if let (ItemKind::Key(shape), false, false) = (item.kind, self.has_value, self.quoted) {
            text.push_str(match (self.format, shape) {
                (Format::Yaml, Shape::Map | Shape::List) => ":",
                (Format::Yaml, Shape::Line) | (Format::Json, _) => ": ",
                (Format::Toml, _) => " = ",
            });
        }
        let mut out = json!({
            "label": item.label,
            "kind": kind(item.kind),
            "sortText": format!("{}{order:04}", item.rank),
            "filterText": format!("{} {}", item.text, item.also).trim_end(),
            "textEdit": {"range": range, "newText": text},
        });
        if let Some(out) = out.as_object_mut() {
            if !item.detail.is_empty() {
                out.insert("detail".to_owned(), json!(item.detail));
            }
            match item.kind {
                ItemKind::Platform => drop(out.insert("data".to_owned(), json!({"platform": item.text, "uri": uri}))),
                ItemKind::Rule => drop(out.insert("data".to_owned(), json!({"rule": item.text, "uri": uri}))),
                _ if item.about.is_empty() => {}
                _ => {
                    let page = json!({"kind": "markdown", "value": item.about});
                    out.insert("documentation".to_owned(), page);
                }
            }
        }
        out
    }
}

/// Numbers and truth values stand without quotes everywhere.
fn is_number(item: &Item) -> bool {
    item.kind == ItemKind::Word && (item.text.parse::<f64>().is_ok() || matches!(&*item.text, "true" | "false"))
}

/// Whether YAML would read a text as something else without quotes.
fn needs_quotes(text: &str) -> bool {
    !crate::syntax::quote::text(Format::Yaml, text).starts_with(|c: char| c.is_alphanumeric() || c == '.')
        && text.contains([':', '#', '{', '}', '[', ']', ','])
        && (text.contains(": ") || text.contains(" #") || text.starts_with(['#', '{', '[']))
}

const fn kind(kind: ItemKind) -> u8 {
    match kind {
        ItemKind::Key(_) => 10,
        ItemKind::Word => 12,
        ItemKind::Platform => 9,
        ItemKind::Duration => 11,
        ItemKind::File => 17,
        ItemKind::Hop => 18,
        ItemKind::Rule => 20,
    }
}

/// The rules between the brackets of a suppression.
fn in_suppression(look: &Look, offset: u32) -> Option<(Vec<Item>, Place)> {
    let at = usize::try_from(offset).ok()?;
    let before = look.text.get(..at)?;
    let line = &before[before.rfind('\n').map_or(0, |start| start + 1)..];
    let inside = line.rsplit_once("hoplint: ignore[")?.1;
    if inside.contains(']') {
        return None;
    }
    let typed = inside.rsplit(',').next().unwrap_or_default().trim_start().len();
    let rest = look.text.get(at..)?;
    let more = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let items = values::rules().collect();
    let place = Place { span: Span::of(at - typed..at + more), format: Format::Yaml, quoted: true, has_value: false };
    Some((items, place))
}

/// No key or value is called so.
const MARK: &str = "hoplint0mark";

fn in_tree(state: &mut State, look: &Look, offset: u32) -> Option<(Vec<Item>, Place)> {
    Schema::of(look.kind)?;
    let typed = Typed::at(&look.text, usize::try_from(offset).ok()?, look.format);
    let mut best: Vec<(usize, String, bool)> = Vec::new();
    for (mark, is_key) in typed.marks(look.format) {
        let text = format!("{}{mark}{}", &look.text[..typed.start], &look.text[typed.end..]);
        let parsed = parse(&text, look.format);
        let at = Span::of(typed.start..typed.start + mark.find(MARK).unwrap_or_default() + 1).end;
        let stands = parsed.root.as_ref().and_then(|root| here::at(root, at)).is_some_and(|here| is_mark(&here));
        if stands {
            best.push((parsed.errors.len(), text, is_key));
        }
    }
    let least = best.iter().map(|(errors, ..)| *errors).min()?;
    let mut items: Vec<Item> = Vec::new();
    let mut has_value = false;
    for (_, text, _) in best.iter().filter(|(errors, ..)| *errors == least) {
        let parsed = parse(text, look.format);
        let at = text.find(MARK).map(|at| Span::of(at..at).start + 1)?;
        let Some(here) = parsed.root.as_ref().and_then(|root| here::at(root, at)) else { continue };
        // A mark in the place of a key whose value stands behind it already.
        has_value |= here.on_key && !text[at as usize..].starts_with(&format!("{}: 0", &MARK[1..]));
        let typed = &look.text[typed.start..typed.end];
        let asked = values::Asked { look, here: &here, text, typed };
        items.extend(if here.on_key { keys(&asked) } else { values::values(state, &asked) });
    }
    // What two marks have in common comes once.
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert((item.label.clone(), item.text.clone())));
    let has_value = has_value && typed.before_value;
    let place = Place { span: Span::of(typed.start..typed.end), format: look.format, quoted: typed.quoted, has_value };
    Some((items, place))
}

fn is_mark(here: &Here<'_>) -> bool {
    if here.on_key {
        matches!(here.steps.last(), Some(here::Step::Key(key)) if *key == MARK)
    } else {
        here.node.as_str() == Some(MARK)
    }
}

/// What is being typed: a word, or a value up to what ends it.
struct Typed {
    start: usize,
    end: usize,
    quoted: bool,
    /// A colon or an equals sign stands behind.
    before_value: bool,
}

impl Typed {
    fn at(text: &str, offset: usize, format: Format) -> Self {
        let line = text[..offset].rfind('\n').map_or(0, |start| start + 1);
        let before = &text[line..offset];
        let open = [b'"', b'\''].into_iter().find(|mark| before.bytes().filter(|byte| byte == mark).count() % 2 == 1);
        let start = if let Some(mark) = open {
            before.rfind(char::from(mark)).map_or(0, |at| at + 1)
        } else {
            let ends: [&str; 6] = [": ", "= ", "- ", "[", "{", ", "];
            let after = ends.iter().filter_map(|end| before.rfind(end).map(|at| at + end.len())).max();
            let after = after.unwrap_or_default().max(before.rfind(',').map_or(0, |at| at + 1));
            let tight = if format == Format::Yaml { 0 } else { before.rfind([':', '=']).map_or(0, |at| at + 1) };
            let start = after.max(tight);
            start + (before[start..].len() - before[start..].trim_start().len())
        };
        let rest = &text[offset..];
        let stop = |c: char| match open {
            Some(mark) => c == char::from(mark) || c == '\n' || c == '\r',
            None => matches!(c, '\n' | '\r' | ',' | ']' | '}' | ':' | '=') || (c == '#' && format != Format::Json),
        };
        let end = rest.find(stop).unwrap_or(rest.len());
        let end = offset + if open.is_some() { end } else { rest[..end].trim_end().len() };
        let behind = text[end..].trim_start_matches(['"', '\'', ' ']);
        let before_value = behind.starts_with([':', '=']);
        Self { start: line + start, end, quoted: open.is_some(), before_value }
    }

    /// The ways in which the mark may be written, and whether it is a key then.
    fn marks(&self, format: Format) -> Vec<(String, bool)> {
        if self.quoted || self.before_value {
            return vec![(MARK.to_owned(), self.before_value)];
        }
        match format {
            Format::Yaml => vec![(MARK.to_owned(), false), (format!("{MARK}: 0"), true)],
            Format::Json => vec![
                (format!("\"{MARK}\""), false),
                (format!("\"{MARK}\": 0"), true),
                (format!("\"{MARK}\": 0,"), true),
                (format!("\"{MARK}\","), false),
            ],
            Format::Toml => vec![(format!("\"{MARK}\""), false), (format!("{MARK} = 0"), true)],
        }
    }
}

/// The keys of the map that the mark stands in, but for those that are there.
fn keys(asked: &values::Asked<'_>) -> Vec<Item> {
    let here = asked.here;
    let mut items = values::keys(asked);
    let taken: Vec<String> = siblings(asked.text, here, asked.look.format);
    let known = Schema::of(asked.look.kind).map(|schema| schema.keys(&here.steps[..here.steps.len() - 1]));
    // Timers and facets are those of the platform; the form knows only names for all of them.
    let special = !items.is_empty();
    items.extend(known.into_iter().flatten().filter(|_| !special).map(|Choice { word, about, value }| {
        let is_rule = crate::rules::find(&word).is_some();
        let first =
            if matches!(&*word, "name" | "platform" | "timeout" | "timeouts" | "hops" | "version") { 1 } else { 2 };
        Item { about, rank: if is_rule { 3 } else { first }, ..Item::new(ItemKind::Key(value), word) }
    }));
    items.retain(|item| !taken.contains(&item.text));
    items
}

/// The other keys beside a place.
fn siblings(text: &str, here: &Here<'_>, format: Format) -> Vec<String> {
    let parsed = parse(text, format);
    let Some(mut node) = parsed.root.as_ref() else { return Vec::new() };
    for step in &here.steps[..here.steps.len() - 1] {
        let next = match (step, &node.kind) {
            (here::Step::Key(key), _) => node.get(key),
            (here::Step::Item(i), crate::syntax::Kind::Seq(items)) => items.get(*i),
            _ => None,
        };
        let Some(next) = next else { return Vec::new() };
        node = next;
    }
    match &node.kind {
        crate::syntax::Kind::Map(entries) => entries.iter().map(|entry| entry.key.text.to_string()).collect(),
        _ => Vec::new(),
    }
}
