//! What edits do to files as people write them.

use super::edit::apply;
use super::edit_map::Editor;
use super::{Format, Kind, Node, parse};
use crate::diag::Edit;
use crate::span::FileId;

/// The text after an edit of the node at `path`, which must still be read without error.
fn edited(
    text: &str,
    format: Format,
    path: &str,
    edit: impl Fn(Editor<'_>, &Node<'_>) -> Option<Vec<Edit>>,
) -> Option<String> {
    let parsed = parse(text, format);
    assert_eq!(parsed.errors, vec![], "{text}");
    let mut node = parsed.root.as_ref().unwrap();
    for step in path.split('.').filter(|s| !s.is_empty()) {
        node = match &node.kind {
            Kind::Seq(items) => &items[step.parse::<usize>().unwrap()],
            _ => node.get(step).unwrap(),
        };
    }
    let edits = edit(Editor::new(FileId(0), text, format, &parsed), node)?;
    let edited = apply(text, &edits);
    assert_eq!(edited.skipped, vec![]);
    assert_eq!(parse(&edited.text, format).errors, vec![], "{}", edited.text);
    Some(edited.text)
}

fn set(text: &str, format: Format, path: &str) -> Option<String> {
    edited(text, format, path, |editor, node| editor.set_text(node, "9s").map(|e| vec![e]))
}

fn insert(text: &str, format: Format, path: &str) -> Option<String> {
    edited(text, format, path, |editor, node| editor.insert(node, "k", "9"))
}

fn remove(text: &str, format: Format, path: &str, key: &str) -> Option<String> {
    edited(text, format, path, |editor, node| editor.remove(node, key))
}

#[test]
fn a_scalar_is_replaced_in_its_own_style() {
    use Format::{Json, Toml, Yaml};
    for (text, format, path, after) in [
        ("a: 5s # c\r\nb: 1\r\n", Yaml, "a", "a: 9s # c\r\nb: 1\r\n"),
        ("a: {b: '5s', c: \"é\"}\n", Yaml, "a.b", "a: {b: '9s', c: \"é\"}\n"),
        ("a: {b: '5s', c: \"é\"}\n", Yaml, "a.c", "a: {b: '5s', c: \"9s\"}\n"),
        ("a:\nb: 1\n", Yaml, "a", "a: 9s\nb: 1\n"),
        ("a: |\n  x\n\nb: 1\n", Yaml, "a", "a: 9s\n\nb: 1\n"),
        ("- 5s\n-\n", Yaml, "1", "- 5s\n- 9s\n"),
        ("a = '5s' # c\n", Toml, "a", "a = '9s' # c\n"),
        ("a = 5\n", Toml, "a", "a = \"9s\"\n"),
        ("{\"a\": 5}", Json, "a", "{\"a\": \"9s\"}"),
    ] {
        assert_eq!(set(text, format, path).as_deref(), Some(after), "{text:?}");
    }
    assert_eq!(set("a: &x 5s\nb: *x\n", Format::Yaml, "b"), None);
    assert_eq!(set("a: [5s]\n", Format::Yaml, "a"), None);
}

#[test]
fn a_key_is_added_in_the_style_of_its_map() {
    use Format::{Json, Toml, Yaml};
    for (text, format, path, after) in [
        ("a: 1\n", Yaml, "", "a: 1\nk: 9\n"),
        ("\u{feff}a: 1", Yaml, "", "\u{feff}a: 1\nk: 9"),
        (
            "h:\r\n  - n: x # c\r\n    t: 5s # d\r\n  - n: y\r\n",
            Yaml,
            "h.0",
            "h:\r\n  - n: x # c\r\n    t: 5s # d\r\n    k: 9\r\n  - n: y\r\n",
        ),
        ("a:\n  b:\n    c: 1\nd: 2\n", Yaml, "a", "a:\n  k: 9\n  b:\n    c: 1\nd: 2\n"),
        ("a: |+\n  x\n\n", Yaml, "", "k: 9\na: |+\n  x\n\n"),
        ("- - a: [1,\n     2]\n", Yaml, "0.0", "- - k: 9\n    a: [1,\n     2]\n"),
        ("a: {}\n", Yaml, "a", "a: {k: 9}\n"),
        ("a: {x: 1, y: [2] }\n", Yaml, "a", "a: {x: 1, y: [2], k: 9 }\n"),
        ("a: {x: 1,}\n", Yaml, "a", "a: {x: 1, k: 9}\n"),
        ("a: {\n  x: 1 # c, }\n  # d\n}\n", Yaml, "a", "a: {\n  x: 1, # c, }\n  k: 9\n  # d\n}\n"),
        ("a: &q {x: 1}\nb: {<<: *q}\n", Yaml, "b", "a: &q {x: 1}\nb: {<<: *q, k: 9}\n"),
        ("{\"a\": {\n\t\"b\": 1\n}}\n", Json, "a", "{\"a\": {\n\t\"b\": 1,\n\t\"k\": 9\n}}\n"),
        ("a: {\n  x: 1 # c \n}", Yaml, "a", "a: {\n  x: 1, # c \n  k: 9\n}"),
        ("{}", Json, "", "{\"k\": 9}"),
        ("[]", Json, "", ""),
        ("a = 1 # c\n[t]\n", Toml, "", "a = 1 # c\nk = 9\n[t]\n"),
        ("# top\n[t]\nx = 1\n", Toml, "", "k = 9\n# top\n[t]\nx = 1\n"),
        ("[t] # c\n[u]\ny = 1\n", Toml, "t", "[t] # c\nk = 9\n[u]\ny = 1\n"),
        ("[t]\n  x = [\n 1,\n]\n[t.u]\ny = 1\n", Toml, "t", "[t]\n  x = [\n 1,\n]\n  k = 9\n[t.u]\ny = 1\n"),
        (
            "[[h]]\nn = 1\n[h.with]\nz = 1\n[[h]]\nn = 2\n",
            Toml,
            "h.0",
            "[[h]]\nn = 1\nk = 9\n[h.with]\nz = 1\n[[h]]\nn = 2\n",
        ),
        ("[t]\nx.y = 1\n", Toml, "t.x", "[t]\nx.y = 1\nx.k = 9\n"),
        ("[t]\nx.y = 1\n", Toml, "t", "[t]\nk = 9\nx.y = 1\n"),
        ("x.y = 1\r\n", Toml, "", "k = 9\r\nx.y = 1\r\n"),
        ("a = {x = 1}\n", Toml, "a", "a = {x = 1, k = 9}\n"),
        ("[a.b]\nx = 1\n", Toml, "a", ""),
        ("[\n  a: 1\n]\n", Yaml, "0", ""),
    ] {
        assert_eq!(insert(text, format, path).unwrap_or_default(), after, "{text:?} {path}");
    }
    assert_eq!(insert("k: 1\n", Format::Yaml, ""), None);
}

#[test]
fn an_entry_goes_with_its_line() {
    use Format::{Json, Toml, Yaml};
    for (text, format, path, key, after) in [
        ("a: 1\r\nx: # c\r\n  y: 2 # d\r\nb: 3\r\n", Yaml, "", "x", "a: 1\r\nb: 3\r\n"),
        ("- x: 1\n  # c\n  b: 2\n", Yaml, "0", "x", "- b: 2\n"),
        ("- a: 1\n  x: 1", Yaml, "0", "x", "- a: 1\n"),
        ("a:\n  x: 1\n", Yaml, "a", "x", "a:\n  {}\n"),
        ("x: |+\n  y\n\n\nb: 1\n", Yaml, "", "x", "b: 1\n"),
        ("a: {x: 1, b: 2}", Yaml, "a", "x", "a: {b: 2}"),
        ("a: {b: 2, x: [1, 2] }", Yaml, "a", "x", "a: {b: 2 }"),
        ("a: {x: 1}", Yaml, "a", "x", "a: {}"),
        ("a: {\n  b,x: 1, # c\n  d: 2\n}", Yaml, "a", "x", "a: {\n  b, # c\n  d: 2\n}"),
        ("{\n  \"a\": 1, \n  \"x\": 2\n}\n", Json, "", "x", "{\n  \"a\": 1 \n}\n"),
        ("{\n  \"x\": 1,\n  \"b\": 2\n}\n", Json, "", "x", "{\n  \"b\": 2\n}\n"),
        ("a = {x = 1, b = 2}\n", Toml, "a", "x", "a = {b = 2}\n"),
        ("[t]\nx = [\n 1,\n] # c\ny = 2\n", Toml, "t", "x", "[t]\ny = 2\n"),
        ("x = 1\n[t]\n", Toml, "", "x", "[t]\n"),
        ("[x]\ny = 1\n", Toml, "", "x", ""),
        ("x: &q 1\nb: *q\n", Yaml, "", "x", ""),
        ("q: &q {x: 1}\nb:\n  <<: *q\n  c: 1\n", Yaml, "b", "x", ""),
    ] {
        assert_eq!(remove(text, format, path, key).unwrap_or_default(), after, "{text:?} {path}");
    }
}
