//! One test per trap of YAML.

#![allow(clippy::format_push_string, clippy::format_collect)]

use super::*;

fn yaml(text: &str) -> Parsed<'_> {
    parse(text, Format::Yaml)
}

/// The tree of a text that must be free of errors.
fn tree(text: &str) -> Node<'_> {
    let parsed = yaml(text);
    assert_eq!(parsed.errors, vec![], "{text:?}");
    parsed.root.unwrap()
}

fn at<'t, 's>(root: &'t Node<'s>, path: &str) -> &'t Node<'s> {
    path.split('.').fold(root, |node, step| match &node.kind {
        Kind::Seq(items) => &items[step.parse::<usize>().unwrap()],
        _ => node.get(step).unwrap_or_else(|| panic!("no {step} in {path}")),
    })
}

fn messages(text: &str) -> Vec<(String, &str)> {
    yaml(text).errors.into_iter().map(|e| (e.message, e.span.text(text))).collect()
}

#[test]
fn spans_are_bytes_also_with_bom_crlf_and_multi_byte_text() {
    let text = "\u{feff}hôps:\r\n  - näme: \"é🦀\"\r\n    list: [ä, {ö: ü}]  # ß\r\n";
    let root = tree(text);
    let value = at(&root, "hôps.0.näme");
    assert_eq!(value.span.text(text), "\"é🦀\"");
    assert_eq!(value.as_str(), Some("é🦀"));
    assert_eq!(at(&root, "hôps.0.list").span.text(text), "[ä, {ö: ü}]");
    assert_eq!(at(&root, "hôps.0.list.1").span.text(text), "{ö: ü}");
    assert_eq!(at(&root, "hôps.0.list.1.ö").span.text(text), "ü");
    assert_eq!(at(&root, "hôps.0").span.text(text), "näme: \"é🦀\"\r\n    list: [ä, {ö: ü}]");
    let Kind::Map(entries) = &root.kind else { panic!() };
    assert_eq!(entries[0].key.span.text(text), "hôps");
    assert_eq!(yaml(text).comments.iter().map(|c| c.text(text)).collect::<Vec<_>>(), ["# ß"]);
}

#[test]
fn a_block_scalar_has_its_header_and_no_trailing_blank_lines() {
    for (text, span) in [
        ("a: |\n  x\n  y\n\n\nb: 1", "|\n  x\n  y"),
        ("a: &q !!str |2- # c | >\n\n   x\n \t \n# z\nb: 1", "|2- # c | >\n\n   x"),
        ("a:\n  # why | not\n  >+\n  x\r\n\r\n", ">+\n  x"),
        ("a: |", "|"),
        ("a: |\n\nb: 1", "|"),
        ("a: |-\n  x\n # z\n\n # y\nb: 1", "|-\n  x"),
        ("a: |\n  é  \n", "|\n  é  "),
    ] {
        assert_eq!(at(&tree(text), "a").span.text(text), span, "{text:?}");
    }
    let text = "- |\n  x\n- - >\n   y\n-\n  |\n  z";
    let root = tree(text);
    assert_eq!(at(&root, "0").span.text(text), "|\n  x");
    assert_eq!(at(&root, "1.0").span.text(text), ">\n   y");
    assert_eq!(at(&root, "2").span.text(text), "|\n  z");
    let text = "--- |\n x\n";
    assert_eq!(tree(text).span.text(text), "|\n x");
    let text = "? |\n  k\n: |\n  v\n";
    let root = tree(text);
    assert_eq!(at(&root, "k\n").span.text(text), "|\n  v");
}

#[test]
fn a_missing_value_is_an_empty_span_behind_its_colon() {
    let text = "a:\nb : \nc: {d:, e }\nf:\n- \n-\n";
    let root = tree(text);
    for (path, start) in [("a", 2), ("b", 6), ("c.d", 14), ("c.e", 17), ("f.0", 25), ("f.1", 27)] {
        let node = at(&root, path);
        assert_eq!((&node.kind, node.span), (&Kind::Null, Span::at(start)), "{path}");
    }
}

#[test]
fn comments_come_in_file_order() {
    let text = "# a\nk: |2 # b\n   x\n# c\nl: # d\n  1\n";
    let parsed = yaml(text);
    assert_eq!(parsed.comments.iter().map(|c| c.text(text)).collect::<Vec<_>>(), ["# a", "# b", "# c", "# d"]);
    let many = format!("a:\n{}  b: 1\n", "  # note\n".repeat(5_000));
    assert_eq!(yaml(&many).comments.len(), 5_000);
    assert_eq!(yaml(&many).errors, vec![]);
}

#[test]
fn an_alias_stands_at_its_use_and_remembers_its_definition() {
    let text = "base: &b {x: 1s, l: [p]}\nuse: *b\n";
    let root = tree(text);
    let (x, p) = (at(&root, "use.x"), at(&root, "use.l.0"));
    assert_eq!((x.span.text(text), x.def.unwrap().text(text)), ("*b", "1s"));
    assert_eq!((p.span.text(text), p.def.unwrap().text(text)), ("*b", "p"));
    assert_eq!(at(&root, "use").def.unwrap().text(text), "{x: 1s, l: [p]}");
    assert_eq!(at(&root, "base.x").def, None);
    let text = "a: &x k\n*x : v\n";
    assert_eq!(at(&tree(text), "k").as_str(), Some("v"));
}

#[test]
fn a_merge_key_adds_what_the_map_does_not_say_itself() {
    let text = "b1: &b1 {x: 1, y: 1}\nb2: &b2 {x: 2, y: 2, z: 2}\nm:\n  <<: [*b1, *b2]\n  x: 0\nn: {<<: *b2, w: 9}\n";
    let root = tree(text);
    let values = |path: &str| match &at(&root, path).kind {
        Kind::Map(entries) => entries.iter().map(|e| (e.key.text.to_string(), e.value.kind.clone())).collect(),
        _ => vec![],
    };
    assert_eq!(values("m"), [("x".into(), Kind::Int(0)), ("y".into(), Kind::Int(1)), ("z".into(), Kind::Int(2))]);
    assert_eq!(values("n").len(), 4);
    assert_eq!(at(&root, "m.z").span.text(text), "*b2");
    assert_eq!(at(&root, "m.z").def.unwrap().text(text), "2");
    assert_eq!(tree("'<<': 1").get("<<").unwrap().kind, Kind::Int(1));
    assert_eq!(messages("<<: 5"), [("`<<` needs a map or a list of maps, found a number".into(), "5")]);
}

#[test]
fn aliases_that_cannot_be_expanded_are_errors_at_the_alias() {
    assert_eq!(messages("a: *u"), [("no anchor `&u` stands before this alias".into(), "*u")]);
    assert_eq!(messages("a: &a [*a]"), [("this alias stands inside its own anchor".into(), "*a")]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(9);
        bomb += &format!("a{level}: &a{level} [{alias}]\n");
    }
    let found = messages(&bomb);
    assert_eq!(found.len(), 1);
    assert!(found[0].0.contains("more values than any real one has") && found[0].1.starts_with('*'), "{found:?}");
    let mut tower = "a0: &a0 [x]\n".to_owned();
    for level in 1..400 {
        tower += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert!(messages(&tower)[0].0.contains("deep"), "{:?}", messages(&tower));
}

#[test]
fn long_text_behind_many_aliases_stays_small() {
    let text = format!("a: &a \"\\t{}\"\nl: [{}]\n", "x".repeat(100_000), "*a, ".repeat(20_000));
    let parsed = yaml(&text);
    assert_eq!(parsed.errors.len(), 1);
    let text = format!("a: &a \"{}\"\nl: [{}]\n", "x".repeat(100_000), "*a, ".repeat(20_000));
    assert_eq!(yaml(&text).errors, vec![]);
}

#[test]
fn a_key_that_stands_twice_names_the_first() {
    let text = "a: 1\nb: 2\n'a': 3\n1: x\n1: y\n";
    let parsed = yaml(text);
    let found: Vec<_> =
        parsed.errors.iter().map(|e| (e.rule, e.span.text(text), e.related.clone().unwrap().0)).collect();
    assert_eq!(found, [(DUPLICATE_KEY, "'a'", Span::new(0, 1)), (DUPLICATE_KEY, "1", Span::new(17, 18))]);
    assert_eq!(parsed.root.unwrap().get("a").unwrap().kind, Kind::Int(1));
    let many: String = (0..50).chain([3, 30]).map(|n| format!("k{n}: 1\n")).collect();
    assert_eq!(yaml(&many).errors.len(), 2);
}

#[test]
fn keys_are_text() {
    let root = tree("1: a\ntrue: b\n1.50: c\n0x1F: d\n~: e\n!!str f: g\n");
    for (key, value) in [("1", "a"), ("true", "b"), ("1.50", "c"), ("0x1F", "d"), ("~", "e"), ("f", "g")] {
        assert_eq!(root.get(key).unwrap().as_str(), Some(value));
    }
    assert_eq!(messages("? [a]\n: b\nc: 1"), [("a key must be text, found a list".into(), "[a]")]);
    assert_eq!(messages("{a: 1, : b}"), [("a key is missing before this `:`".into(), "")]);
}

#[test]
fn tags_are_honoured_or_refused() {
    let root = tree("a: !!str 5\nb: !!int 7\nc: ! 8\nd: !!map {x: 1}\ne: !!str\nf: !!null\n");
    assert_eq!(at(&root, "a").as_str(), Some("5"));
    assert_eq!(at(&root, "b").kind, Kind::Int(7));
    assert_eq!(at(&root, "c").as_str(), Some("8"));
    assert_eq!(at(&root, "e").as_str(), Some(""));
    assert_eq!(at(&root, "f").kind, Kind::Null);
    assert_eq!(
        messages("a: !Ref x\nb: !x [1]\nc: 1"),
        [("unknown tag `!Ref`".into(), "!Ref"), ("unknown tag `!x`".into(), "!x"),]
    );
    assert_eq!(messages("a: !!int x"), [("its tag asks for an integer, but this is text".into(), "x")]);
    assert_eq!(messages("a: !!seq {b: 1}"), [("the tag `!!seq` does not fit its value".into(), "!!seq")]);
}

#[test]
fn what_was_read_before_an_error_is_kept() {
    let text = "hops:\n  - name: a\n    timeout: 5s\n  - name: b: c\nmore: 1\n";
    let parsed = yaml(text);
    assert!(parsed.truncated);
    assert_eq!(parsed.errors.len(), 1);
    let root = parsed.root.unwrap();
    assert_eq!(at(&root, "hops.0.timeout").as_str(), Some("5s"));
    assert_eq!(at(&root, "hops.1.name").as_str(), Some("b"));
    let text = "a: [1, 2\nb: 3\n";
    let parsed = yaml(text);
    assert_eq!(parsed.errors[0].related, Some((Span::new(3, 4), "opened here".into())));
    assert_eq!(parsed.root.unwrap().get("a").unwrap().span.text(text), "[1");
}

#[test]
fn floods_of_errors_are_cut() {
    assert_eq!(yaml(&"a: 1\n".repeat(1_000)).errors.len(), MAX_ERRORS);
}

#[test]
fn errors_before_a_syntax_error_are_all_reported() {
    let text = "a: 1\na: 2\nb: !x 1\nc: *u\nd: \"\\y\"\n";
    assert_eq!(yaml(text).errors.len(), 4);
}

#[test]
fn one_file_is_one_document() {
    let text = "---\na: 1\n...\n---\nb: 2\n---\n";
    let parsed = yaml(text);
    assert_eq!(parsed.errors.len(), 1);
    assert_eq!(parsed.errors[0].span, Span::new(13, 16));
    assert!(parsed.root.unwrap().get("a").is_some());
    assert_eq!(yaml("---\na: 1\n...\n").errors, vec![]);
}

#[test]
fn an_empty_file_has_no_root_and_no_error() {
    for text in ["", "\n\n", "# only a comment\n", "\u{feff}", "\r\n"] {
        let parsed = yaml(text);
        assert!(parsed.root.is_none() && parsed.errors.is_empty(), "{text:?}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for (text, fine) in [
        ("[".repeat(100_000), false),
        ("- ".repeat(100_000) + "x", false),
        ("{a: ".repeat(100_000), false),
        ((0..300).fold(String::new(), |t, i| t + &" ".repeat(i) + "a:\n"), false),
        ("- ".repeat(150) + &"[".repeat(150) + &"]".repeat(150), false),
        ("[".repeat(100_000) + &"]".repeat(100_000), false),
        ("[".repeat(200) + &"]".repeat(200), true),
    ] {
        let parsed = yaml(&text);
        let deep = parsed.errors.iter().any(|e| e.message.contains("deep"));
        assert_eq!(deep, !fine, "{} {:?}", &text[..20], parsed.errors);
    }
}

#[test]
fn control_characters_are_named_where_they_stand() {
    let found = messages("a: x\0y\nb: \"\u{7f}\"\n");
    assert_eq!(found[0].0, "a NUL byte has no place in a configuration file");
    assert_eq!(found[1].0, "the control character U+007F has no place in a configuration file");
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn the_format_is_known_by_the_name() {
    for (name, format) in [
        ("a.chain.yaml", Some(Format::Yaml)),
        ("a.YML", Some(Format::Yaml)),
        ("d/a.toml", Some(Format::Toml)),
        ("a.json", Some(Format::Json)),
        ("yaml", None),
        ("a.txt", None),
    ] {
        assert_eq!(Format::from_path(Path::new(name)), format, "{name}");
    }
}

#[test]
fn a_list_starts_at_its_first_dash() {
    for (text, start) in [
        ("k:\n- x\n- z", 3),
        ("k:\n- - x\n  - y\n- z", 3),
        ("k: # - not\n- x\n- z", 11),
        ("k: &a-b\n- x\n- z", 8),
        ("k:\n  - - x\n  - z", 5),
        ("k: [x]\n", 3),
    ] {
        assert_eq!(at(&tree(text), "k").span.start, start, "{text:?}");
    }
}
