//! What holds for every text, and for every tree in every format.

use super::edit::apply;
use super::edit_map::Editor;
use super::{Entry, Format, Key, Kind, Node, parse, quote};
use crate::span::{FileId, Span};
use proptest::prelude::*;
use std::borrow::Cow;
use std::fmt::Write as _;

const FORMATS: [Format; 3] = [Format::Yaml, Format::Toml, Format::Json];

/// A tree without places.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Bool(bool),
    Int(i64),
    Num(String),
    Str(String),
    Seq(Vec<Tree>),
    /// Sorted by key: formats may order differently.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    fn of(node: &Node<'_>) -> Option<Self> {
        Some(match &node.kind {
            Kind::Null | Kind::Tagged(_) => return None,
            Kind::Bool(value) => Self::Bool(*value),
            Kind::Int(n) => Self::Int(*n),
            Kind::Num(text) => Self::Num(text.to_string()),
            Kind::Str(text) => Self::Str(text.to_string()),
            Kind::Seq(items) => Self::Seq(items.iter().map(Self::of).collect::<Option<_>>()?),
            Kind::Map(entries) => {
                let pairs = entries.iter().map(|e| Some((e.key.text.to_string(), Self::of(&e.value)?)));
                Self::map(pairs.collect::<Option<_>>()?)
            }
        })
    }

    fn map(mut pairs: Vec<(String, Self)>) -> Self {
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|a, b| a.0 == b.0);
        Self::Map(pairs)
    }

    fn scalar(&self, format: Format) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(n) => Some(n.to_string()),
            Self::Num(text) => Some(text.clone()),
            Self::Str(text) => Some(quote::text(format, text)),
            Self::Seq(_) | Self::Map(_) => None,
        }
    }
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9_-]{0,6}",
        1 => "[a-zäé🦀 .:#'\"\\\\\\[{,*&!|>%@\t\n\r-]{0,8}",
        1 => prop::sample::select(vec!["", "null", "true", "off", "1", "1.5", "0x1f", "<<", "~", "- a", "a: b", "\u{1}", "\u{feff}", "\u{2028}", "---"])
            .prop_map(str::to_owned),
    ]
}

fn scalars() -> impl Strategy<Value = Tree> {
    prop_oneof![
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        (0u32..1000, 0u32..1000).prop_map(|(a, b)| Tree::Num(format!("{a}.{b}"))),
        words().prop_map(Tree::Str),
    ]
}

fn maps_of(values: impl Strategy<Value = Tree>, most: usize) -> impl Strategy<Value = Tree> {
    prop::collection::vec((words(), values), 1..=most).prop_map(Tree::map)
}

fn trees() -> impl Strategy<Value = Tree> {
    trees_of(11)
}

/// Maps with up to so many keys.
fn trees_of(most: usize) -> impl Strategy<Value = Tree> {
    let values = scalars().prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::Seq), maps_of(inner, most)]
    });
    maps_of(values, most)
}

/// How a document looks, apart from what it says.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)]
struct Look {
    crlf: bool,
    bom: bool,
    comments: bool,
    /// Containers deeper than this are written in braces and brackets.
    block_depth: usize,
    /// Braces over several lines, where the format allows.
    tall: bool,
}

fn looks() -> impl Strategy<Value = Look> {
    (any::<bool>(), any::<bool>(), any::<bool>(), 0usize..5, any::<bool>())
        .prop_map(|(crlf, bom, comments, block_depth, tall)| Look { crlf, bom, comments, block_depth, tall })
}

struct Writer {
    format: Format,
    look: Look,
    out: String,
}

fn write(tree: &Tree, format: Format, look: Look) -> String {
    let mut writer = Writer { format, look, out: String::new() };
    match (format, tree) {
        (Format::Toml, Tree::Map(pairs)) => writer.tables(pairs, &[]),
        (Format::Yaml, _) if look.block_depth > 0 => writer.block(tree, 0),
        _ => writer.flow(tree, 0),
    }
    let text = writer.out + "\n";
    let text = if look.crlf { text.replace('\n', "\r\n") } else { text };
    if look.bom { format!("\u{feff}{text}") } else { text }
}

impl Writer {
    fn comment(&mut self) {
        if self.look.comments && self.format != Format::Json {
            self.out.push_str(" # ü } , ]");
        }
    }

    fn flow(&mut self, tree: &Tree, depth: usize) {
        if let Some(scalar) = tree.scalar(self.format) {
            self.out.push_str(&scalar);
            return;
        }
        let tall = self.look.tall && (self.format != Format::Toml || matches!(tree, Tree::Seq(_)));
        let (open, close) = if matches!(tree, Tree::Seq(_)) { ('[', ']') } else { ('{', '}') };
        let separator = if self.format == Format::Toml { " = " } else { ": " };
        let items: Vec<(Option<&str>, &Tree)> = match tree {
            Tree::Map(pairs) => pairs.iter().map(|(k, v)| (Some(k.as_str()), v)).collect(),
            Tree::Seq(items) => items.iter().map(|v| (None, v)).collect(),
            _ => vec![],
        };
        self.out.push(open);
        let count = items.len();
        for (i, (key, value)) in items.into_iter().enumerate() {
            if tall {
                self.out.push('\n');
                self.out.push_str(&"  ".repeat(depth + 1));
            }
            if let Some(key) = key {
                self.out.push_str(&quote::key(self.format, key));
                self.out.push_str(separator);
            }
            self.flow(value, depth + 1);
            if i + 1 < count {
                self.out.push_str(if tall { "," } else { ", " });
            }
            if tall {
                self.comment();
            }
        }
        if tall && count > 0 {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(depth));
        }
        self.out.push(close);
    }

    /// A YAML value after its key or dash.
    fn block(&mut self, tree: &Tree, depth: usize) {
        let indent = "  ".repeat(depth);
        match tree {
            Tree::Map(pairs) if depth < self.look.block_depth && !pairs.is_empty() => {
                for (i, (key, value)) in pairs.iter().enumerate() {
                    if i > 0 {
                        self.out.push('\n');
                        self.out.push_str(&indent);
                    }
                    self.out.push_str(&quote::key(self.format, key));
                    self.out.push(':');
                    self.block_child(value, depth);
                }
            }
            Tree::Seq(items) if depth < self.look.block_depth && !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.push('\n');
                        self.out.push_str(&indent);
                    }
                    self.out.push_str("- ");
                    self.block(item, depth + 1);
                }
            }
            other => {
                self.flow(other, depth);
                self.comment();
            }
        }
    }

    fn block_child(&mut self, value: &Tree, depth: usize) {
        let nested = match value {
            Tree::Map(pairs) => !pairs.is_empty(),
            Tree::Seq(items) => !items.is_empty(),
            _ => false,
        };
        if nested && depth + 1 < self.look.block_depth {
            self.comment();
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(depth + 1));
        } else {
            self.out.push(' ');
        }
        self.block(value, depth + 1);
    }

    fn tables(&mut self, pairs: &[(String, Tree)], path: &[String]) {
        let deep = path.len() >= self.look.block_depth;
        let is_table = |value: &Tree| !deep && matches!(value, Tree::Map(_));
        for (key, value) in pairs.iter().filter(|(_, v)| !is_table(v)) {
            let key = quote::key(self.format, key);
            let _ = write!(self.out, "{key} = ");
            self.flow(value, 0);
            self.comment();
            self.out.push('\n');
        }
        for (key, value) in pairs {
            if let (true, Tree::Map(inner)) = (is_table(value), value) {
                let path: Vec<String> = path.iter().cloned().chain([quote::key(self.format, key)]).collect();
                let _ = writeln!(self.out, "[{}]", path.join("."));
                self.tables(inner, &path);
            }
        }
    }
}

fn read(text: &str, format: Format) -> Tree {
    let parsed = parse(text, format);
    assert_eq!(parsed.errors, vec![], "{text}");
    Tree::of(&parsed.root.unwrap()).unwrap()
}

/// Every span lies in the text, on character boundaries, inside its parent, and in order.
fn check_spans(text: &str, node: &Node<'_>, format: Format) {
    let valid = |span: Span| assert!(span.start <= span.end && text.get(span.range()).is_some(), "{span:?}");
    valid(node.span);
    if let Some(def) = node.def {
        valid(def);
        return;
    }
    let inside = |child: &Node<'_>| {
        assert!(
            node.span.start <= child.span.start && child.span.end <= node.span.end,
            "{:?} {:?}",
            node.span,
            child.span
        );
        check_spans(text, child, format);
    };
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(inside),
        Kind::Map(entries) => {
            for Entry { key: Key { span, .. }, value } in entries {
                valid(*span);
                if value.def.is_none() {
                    inside(value);
                    assert!(format == Format::Toml || span.end <= value.span.start, "{span:?} {:?}", value.span);
                }
            }
        }
        _ => {}
    }
}

/// A scalar's own text says the same again, alone in a document of its format.
fn check_scalars(text: &str, node: &Node<'_>, format: Format) {
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|n| check_scalars(text, n, format)),
        Kind::Map(entries) => entries.iter().for_each(|e| check_scalars(text, &e.value, format)),
        kind => {
            let source = node.span.text(text);
            let alone = match format {
                Format::Toml => format!("k = {source}\n"),
                Format::Yaml | Format::Json => format!("{{\"k\": {source}}}"),
            };
            let parsed = parse(&alone, format);
            assert_eq!(parsed.root.as_ref().and_then(|r| r.get("k")).map(|n| &n.kind), Some(kind), "{alone}");
        }
    }
}

/// All maps of a tree that were not expanded from elsewhere.
fn maps<'t, 's>(node: &'t Node<'s>, found: &mut Vec<&'t Node<'s>>) {
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|n| maps(n, found)),
        Kind::Map(entries) => {
            found.push(node);
            for entry in entries {
                maps(&entry.value, found);
            }
        }
        _ => {}
    }
}

/// The tree after `change` on the map at this span.
fn changed(node: &Node<'_>, at: &Node<'_>, change: &impl Fn(&mut Vec<(String, Tree)>)) -> Tree {
    match &node.kind {
        Kind::Seq(items) => Tree::Seq(items.iter().map(|n| changed(n, at, change)).collect()),
        Kind::Map(entries) => {
            let mut pairs: Vec<_> =
                entries.iter().map(|e| (e.key.text.to_string(), changed(&e.value, at, change))).collect();
            if std::ptr::eq(node, at) {
                change(&mut pairs);
            }
            Tree::map(pairs)
        }
        _ => Tree::of(node).unwrap(),
    }
}

proptest! {
    #[test]
    fn one_tree_reads_the_same_in_every_format(tree in trees(), look in looks()) {
        for format in FORMATS {
            let text = write(&tree, format, look);
            prop_assert_eq!(read(&text, format), tree.clone(), "{}", text);
        }
    }

    #[test]
    fn spans_hold_and_scalars_say_the_same_again(tree in trees(), look in looks()) {
        for format in FORMATS {
            let text = write(&tree, format, look);
            let parsed = parse(&text, format);
            let root = parsed.root.unwrap();
            check_spans(&text, &root, format);
            check_scalars(&text, &root, format);
            let commented = parsed.comments.iter().all(|c| c.text(&text).starts_with("# ü"));
            prop_assert!(commented);
        }
    }

    #[test]
    fn a_key_is_added_and_removed_and_nothing_else_changes(tree in trees(), look in looks(), pick in any::<prop::sample::Index>()) {
        for format in FORMATS {
            let text = write(&tree, format, look);
            let parsed = parse(&text, format);
            let root = parsed.root.as_ref().unwrap();
            let mut found = Vec::new();
            maps(root, &mut found);
            let map = found[pick.index(found.len())];
            let editor = Editor::new(FileId(0), &text, format, &parsed);

            let key = "new key";
            let edits = editor.insert(map, key, "7").expect("a map that is written out takes a key");
            let after = apply(&text, &edits);
            prop_assert!(after.skipped.is_empty());
            let expected = changed(root, map, &|pairs| pairs.push((key.to_owned(), Tree::Int(7))));
            prop_assert_eq!(read(&after.text, format), expected, "{}\n{}", text, after.text);
            prop_assert_eq!(after.text.matches('\r').count() > 0, look.crlf);
            let comments = |t: &str| parse(t, format).comments.len();
            prop_assert_eq!(comments(&after.text), comments(&text));

            // Adding and removing gives the same tree again.
            let again = parse(&after.text, format);
            let again_root = again.root.as_ref().unwrap();
            let mut found = Vec::new();
            maps(again_root, &mut found);
            let grown = found.into_iter().find(|m| m.get(key).is_some()).unwrap();
            let editor = Editor::new(FileId(0), &after.text, format, &again);
            let edits = editor.remove(grown, key).expect("what was added can be removed");
            let back = apply(&after.text, &edits);
            prop_assert_eq!(read(&back.text, format), tree.clone(), "{}\n{}", after.text, back.text);
        }
    }

    #[test]
    fn an_old_entry_is_removed_and_nothing_else_changes(tree in trees(), look in looks(), pick in any::<prop::sample::Index>(), which in any::<prop::sample::Index>()) {
        for format in FORMATS {
            let text = write(&tree, format, look);
            let parsed = parse(&text, format);
            let root = parsed.root.as_ref().unwrap();
            let mut found = Vec::new();
            maps(root, &mut found);
            let map = found[pick.index(found.len())];
            let Kind::Map(entries) = &map.kind else { continue };
            if entries.is_empty() {
                continue;
            }
            let key = entries[which.index(entries.len())].key.text.to_string();
            let editor = Editor::new(FileId(0), &text, format, &parsed);
            let Some(edits) = editor.remove(map, &key) else { continue };
            let after = apply(&text, &edits);
            prop_assert!(after.skipped.is_empty());
            let expected = changed(root, map, &|pairs| pairs.retain(|(k, _)| *k != key));
            if format == Format::Toml && expected == Tree::Map(vec![]) {
                continue;
            }
            prop_assert_eq!(read(&after.text, format), expected, "{}\n{}", text, after.text);
        }
    }

    #[test]
    fn a_scalar_is_replaced_and_nothing_else_changes(tree in trees(), look in looks(), new in words(), pick in any::<prop::sample::Index>()) {
        for format in FORMATS {
            let text = write(&tree, format, look);
            let parsed = parse(&text, format);
            let root = parsed.root.as_ref().unwrap();
            let mut found = Vec::new();
            maps(root, &mut found);
            let map = found[pick.index(found.len())];
            let Kind::Map(entries) = &map.kind else { continue };
            let Some(entry) = entries.iter().find(|e| !matches!(e.value.kind, Kind::Seq(_) | Kind::Map(_))) else { continue };
            let edit = Editor::new(FileId(0), &text, format, &parsed).set_text(&entry.value, &new).unwrap();
            let after = apply(&text, &[edit]);
            let expected = changed(root, map, &|pairs| {
                for (key, value) in pairs {
                    if *key == entry.key.text {
                        *value = Tree::Str(new.clone());
                    }
                }
            });
            prop_assert_eq!(read(&after.text, format), expected, "{}\n{}", text, after.text);
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "[a-c0-9äé🦀 \t\r\n:,#'\"\\\\\\[\\]{}*&!|>%@?=.<~+_/\u{0}\u{1}\u{7f}\u{85}\u{feff}\u{2028}-]{0,80}") {
        for format in FORMATS {
            let parsed = parse(&text, format);
            for error in &parsed.errors {
                prop_assert!(text.get(error.span.range()).is_some(), "{:?}", error);
                if let Some((related, _)) = &error.related {
                    prop_assert!(text.get(related.range()).is_some(), "{:?}", error);
                }
            }
            prop_assert!(parsed.comments.iter().all(|c| text.get(c.range()).is_some()));
            prop_assert!(parsed.errors.is_sorted_by_key(|e| e.span));
            if let Some(root) = &parsed.root {
                check_spans(&text, root, format);
                try_edits(&text, format, &parsed, root);
            }
        }
    }

    #[test]
    fn no_mutated_file_makes_a_parser_panic(tree in trees_of(3), look in looks(), cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, "[a :,\\[\\]{}*&!|>'\"#=.\n-]{0,4}"), 1..4)) {
        for format in FORMATS {
            let mut text = write(&tree, format, look);
            for (at, len, new) in &cuts {
                let boundary = |i: usize| (0..=i.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
                let at = at.index(text.len() + 1);
                let (from, to) = (boundary(at), boundary(at + len));
                text.replace_range(from..to.max(from), new);
            }
            let parsed = parse(&text, format);
            if let Some(root) = &parsed.root {
                check_spans(&text, root, format);
                try_edits(&text, format, &parsed, root);
            }
        }
    }
}

/// Edits of a clean file never break it and always do what they say; of a broken file they only must not panic.
fn try_edits(text: &str, format: Format, parsed: &super::Parsed<'_>, root: &Node<'_>) {
    let mut found = Vec::new();
    maps(root, &mut found);
    let editor = Editor::new(FileId(0), text, format, parsed);
    for map in found {
        let Kind::Map(entries) = &map.kind else { continue };
        let mut all = vec![editor.insert(map, "new key", "7")];
        for entry in entries {
            all.push(editor.remove(map, &entry.key.text));
            all.push(editor.set_text(&entry.value, "x").map(|e| vec![e]));
        }
        for edits in all.into_iter().flatten() {
            let after = apply(text, &edits);
            assert!(after.skipped.is_empty());
            if parsed.errors.is_empty() {
                let broken = parse(&after.text, format).errors;
                assert_eq!(broken, vec![], "{text:?}\n{:?}", after.text);
            }
        }
    }
}

#[test]
fn borrowed_text_stays_borrowed() {
    for (text, format) in [
        ("a: plain\nb: 'single'\nc: \"double\"\n", Format::Yaml),
        ("a = 'single'\nb = \"double\"\n", Format::Toml),
        ("{\"a\": \"double\"}", Format::Json),
    ] {
        let root = parse(text, format).root.unwrap();
        let Kind::Map(entries) = root.kind else { panic!() };
        for Entry { key, value } in entries {
            assert!(matches!(key.text, Cow::Borrowed(_)), "{key:?}");
            assert!(matches!(value.kind, Kind::Str(Cow::Borrowed(_))), "{value:?}");
        }
    }
}
