//! Files of other programs: several documents, their own tags, templates, and text inside text.

#![allow(clippy::format_push_string, clippy::format_collect)]

use super::scalar_map::ScalarMap;
use super::*;
use proptest::prelude::*;

fn yaml(text: &str) -> Vec<Document<'_>> {
    parse_documents(text, Format::Yaml)
}

/// The one tree of a text that must be free of errors.
fn tree(text: &str) -> Node<'_> {
    let mut documents = yaml(text);
    assert_eq!(documents.len(), 1, "{text:?}");
    let parsed = documents.remove(0).parsed;
    assert_eq!(parsed.errors, vec![], "{text:?}");
    parsed.root.unwrap()
}

fn errors(text: &str) -> Vec<(String, String)> {
    let errors = yaml(text).into_iter().flat_map(|d| d.parsed.errors);
    errors.map(|e| (e.message, e.span.text(text).to_owned())).collect()
}

#[test]
fn every_document_of_a_stream_is_read() {
    let text = "# one\na: 1\n---\n# two\na: 2\n---\n\n---\n- 3\n...\n---\n";
    let documents = yaml(text);
    let roots: Vec<_> = documents.iter().map(|d| d.parsed.root.as_ref().map(|r| r.source(text))).collect();
    assert_eq!(roots, [Some("a: 1"), Some("a: 2"), Some(""), Some("- 3"), Some("")]);
    assert!(documents.iter().all(|d| d.parsed.errors.is_empty() && !d.parsed.truncated));
    let spans: Vec<_> = documents.iter().map(|d| d.span.text(text)).collect();
    assert_eq!(spans.concat(), text);
    assert_eq!(spans[1], "---\n# two\na: 2\n");
    let comments: Vec<_> = documents[1].parsed.comments.iter().map(|c| c.text(text)).collect();
    assert_eq!(comments, ["# two"]);
}

#[test]
fn an_empty_file_is_one_document_without_a_root() {
    for (text, format) in [("", Format::Yaml), ("# x\n", Format::Yaml), ("", Format::Toml)] {
        let documents = parse_documents(text, format);
        assert_eq!(documents.len(), 1);
        assert!(documents[0].parsed.errors.is_empty());
        assert_eq!(documents[0].span.text(text), text);
    }
    assert_eq!(yaml("# x\n")[0].parsed.comments.len(), 1);
}

#[test]
fn json_and_toml_are_one_document() {
    for (text, format) in [("{\"a\": 1}", Format::Json), ("a = 1\n", Format::Toml)] {
        let documents = parse_documents(text, format);
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].parsed.root.as_ref().unwrap().get("a").unwrap().kind, Kind::Int(1));
    }
}

#[test]
fn a_broken_document_keeps_its_start_and_its_followers() {
    let text = "a: 1\n---\nb: 2\nc: [1, 2\nd: 3\n---\ne: 4\n---\nf: \"x\n";
    let documents = yaml(text);
    assert_eq!(documents.len(), 4);
    let truncated: Vec<_> = documents.iter().map(|d| d.parsed.truncated).collect();
    assert_eq!(truncated, [false, true, false, true]);
    let root = |i: usize| documents[i].parsed.root.as_ref().unwrap();
    assert_eq!(root(1).get("b").unwrap().kind, Kind::Int(2));
    assert_eq!(root(1).get("c").unwrap().span.text(text), "[1");
    assert_eq!(root(2).get("e").unwrap().kind, Kind::Int(4));
    let counts: Vec<_> = documents.iter().map(|d| d.parsed.errors.len()).collect();
    assert_eq!(counts, [0, 1, 0, 1]);
    for broken in ["[".repeat(5_000), "[".repeat(9), "\"".to_owned(), "a: 1\n...\n[[".to_owned(), "%x\n%y".to_owned()] {
        let text = format!("{broken}\n---\na: 1\n");
        let documents = yaml(&text);
        let last = documents.last().unwrap();
        assert_eq!(last.parsed.root.as_ref().unwrap().source(&text), "a: 1", "{text:?}");
        assert!(last.parsed.errors.is_empty());
    }
    let text = "a: 1\n...\n[[\n---\na: 1\n";
    let spans: Vec<_> = yaml(text).iter().map(|d| (d.span.text(text), d.parsed.truncated)).collect();
    assert_eq!(spans, [("a: 1\n...", false), ("\n[[\n", true), ("---\na: 1\n", false)]);
}

#[test]
fn tags_of_other_programs_are_kept() {
    let text = "a: !Ref Name\nb: !Sub \"${x}-y\"\nc: !If [Fast, 5, !Ref Slow]\nd: !GetAtt\n  - A\n  - Arn\ne: !Ref\nf: !x\n  k: 1\ng: !!binary aGk=\nh: !!str 5\ni: &z !Ref Name\nj: *z\n";
    let root = tree(text);
    let kept = |key: &str| {
        let node = root.get(key).unwrap();
        let (tag, value) = node.as_tagged().unwrap_or_else(|| panic!("{key}: {node:?}"));
        (tag, node.source(text), value.source(text))
    };
    assert_eq!(kept("a"), ("!Ref", "!Ref Name", "Name"));
    assert_eq!(kept("b"), ("!Sub", "!Sub \"${x}-y\"", "\"${x}-y\""));
    assert_eq!(kept("c"), ("!If", "!If [Fast, 5, !Ref Slow]", "[Fast, 5, !Ref Slow]"));
    assert_eq!(kept("d"), ("!GetAtt", "!GetAtt\n  - A\n  - Arn", "- A\n  - Arn"));
    assert_eq!(kept("e"), ("!Ref", "!Ref", ""));
    assert_eq!(kept("f"), ("!x", "!x\n  k: 1", "k: 1"));
    assert_eq!(kept("g"), ("!!binary", "!!binary aGk=", "aGk="));
    assert_eq!(kept("i").0, "!Ref");
    assert_eq!(kept("j"), ("!Ref", "!Ref Name", "Name"));
    assert_eq!(root.get("j").unwrap().span.text(text), "*z");
    assert_eq!(root.get("h").unwrap().as_str(), Some("5"));
    // Nobody takes the name of a parameter for a value.
    assert_eq!(root.get("a").unwrap().as_str(), None);
    let Kind::Seq(items) = &root.get("c").unwrap().as_tagged().unwrap().1.kind else { panic!() };
    assert_eq!(items[2].as_tagged().unwrap().1.as_str(), Some("Slow"));
}

#[test]
fn of_equal_keys_the_last_one_stays() {
    for (text, format) in
        [("b: 0\na: 1\nc: 0\na: 2\n", Format::Yaml), ("{\"b\": 0, \"a\": 1, \"c\": 0, \"a\": 2}", Format::Json)]
    {
        let documents = parse_documents(text, format);
        let parsed = &documents[0].parsed;
        let rules: Vec<_> = parsed.errors.iter().map(|e| e.rule).collect();
        assert_eq!(rules, [DUPLICATE_KEY]);
        let Kind::Map(entries) = &parsed.root.as_ref().unwrap().kind else { panic!() };
        let keys: Vec<_> = entries.iter().map(|e| (e.key.text.as_ref(), &e.value.kind)).collect();
        assert_eq!(keys, [("b", &Kind::Int(0)), ("c", &Kind::Int(0)), ("a", &Kind::Int(2))]);
    }
    let many: String = (0..40).chain([3, 30, 3]).enumerate().map(|(i, n)| format!("k{n}: {i}\n")).collect();
    let parsed = yaml(&many).remove(0).parsed;
    assert_eq!(parsed.errors.len(), 3);
    let root = parsed.root.unwrap();
    assert_eq!((&root.get("k3").unwrap().kind, &root.get("k30").unwrap().kind), (&Kind::Int(42), &Kind::Int(41)));
    let Kind::Map(entries) = root.kind else { panic!() };
    assert_eq!(entries.len(), 40);
    // Own keys still win over merged ones.
    let text = "b: &b {x: 1}\nm: {x: 2, x: 3, <<: *b}\n";
    assert_eq!(yaml(text)[0].parsed.root.as_ref().unwrap().get("m").unwrap().get("x").unwrap().kind, Kind::Int(3));
}

#[test]
fn scalars_say_what_is_written() {
    let text = "a: 60\nb: \"60\"\nc: 0x10\nd: 60.0\ne: TRUE\nf: off\ng: 010\nh: !!int \"7\"\ni:\nj: |-\n  x\nk: &k 1e3\nl: *k\n";
    let root = tree(text);
    let written = |key: &str| root.get(key).unwrap().written(text).map(Cow::into_owned);
    let all: Vec<_> = "abcdefghijkl".chars().map(|c| written(&c.to_string())).collect();
    let expected = ["60", "60", "0x10", "60.0", "TRUE", "off", "010", "7", "", "x", "1e3", "1e3"];
    assert_eq!(all, expected.map(|w| (!w.is_empty()).then(|| w.to_owned())));
    assert_eq!(root.get("a").unwrap().kind, Kind::Int(60));
    assert_eq!(root.get("b").unwrap().kind, Kind::Str("60".into()));
    let text = "{\"a\": 6e1}";
    assert_eq!(parse(text, Format::Json).root.unwrap().get("a").unwrap().written(text).unwrap(), "6e1");
}

#[test]
fn a_template_is_named_as_one() {
    for (text, mark) in [
        ("a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n", "{{- if .Values.x }}"),
        ("a: 1\nb: {{ .Values.t }}s\n", "{{ .Values.t }}"),
        ("{% for x in y %}\n- a\n{% endfor %}\n", "{% for x in y %}"),
        ("a: {{ .Values.t }}\nb: {{ quote .x | default \"6\" }}\n", "{{ .Values.t }}"),
        ("a:\n  {{- toYaml .Values.a | nindent 2 }}\nb: 1\n", "{{- toYaml .Values.a | nindent 2 }}"),
        ("a: <%= x %>: <% y %>\n", "<% y %>"),
    ] {
        let documents = yaml(text);
        let error = &documents[0].parsed.errors[0];
        assert_eq!(error.span.text(text), mark, "{text:?} {error:?}");
        assert!(error.message.contains("filled in"), "{error:?}");
        assert!(error.help.as_ref().unwrap().contains("render"), "{error:?}");
    }
    let text = "a: {{ .Values.t }}\nb: 2\n";
    let documents = yaml(text);
    let parsed = &documents[0].parsed;
    assert!(!parsed.truncated);
    assert_eq!(parsed.errors.len(), 1);
    assert_eq!(parsed.root.as_ref().unwrap().get("a").unwrap().kind, Kind::Null);
    assert_eq!(parsed.root.as_ref().unwrap().get("b").unwrap().kind, Kind::Int(2));
    // A mark far above explains less.
    let text = "a: \"{{ $value }}\"\nb: 1\nc: [1\nd: 2\n";
    let found = errors(text);
    assert!(!found[0].0.contains("template"), "{found:?}");
    // And quoted marks are text.
    assert_eq!(errors("a: \"{{ x }}\"\nb: '{% y %}'\n"), []);
    assert_eq!(template::mark("a: 1"), None);
    assert_eq!(template::mark("a: {{ x }} {% y %}"), Some(3..10));
}

#[test]
fn floods_stay_bounded() {
    let broken = "a: [\n---\n".repeat(20_000);
    let documents = yaml(&broken);
    assert!(documents.len() <= MAX_DOCUMENTS);
    let count: usize = documents.iter().map(|d| d.parsed.errors.len()).sum();
    assert_eq!(count, MAX_ERRORS);
    let documents = yaml("---\n").len() + yaml(&"---\n".repeat(MAX_DOCUMENTS + 5)).len();
    assert_eq!(documents, 1 + MAX_DOCUMENTS);
    let templates = "a: {{ x }\n{% y\n---\n".repeat(20_000);
    assert!(yaml(&templates).len() <= MAX_DOCUMENTS);
    let bombs = "a: &a [x, x]\nb: &b [*a, *a]\n---\n".repeat(3_000);
    assert_eq!(yaml(&bombs).len(), 3_001);
}

/// Each character of a value and what stands at its place in the file.
fn mapped(text: &str, format: Format) -> Option<Vec<(String, String)>> {
    let root = parse_documents(text, format).remove(0).parsed.root.unwrap();
    let node = root.get("k").unwrap();
    let value = node.as_str().unwrap();
    let map = ScalarMap::of(node, text, format)?;
    let chars = value.char_indices().map(|(i, c)| (c.to_string(), map.span(i..i + c.len_utf8()).text(text).to_owned()));
    Some(chars.collect())
}

#[test]
fn offsets_in_a_value_lead_back_to_the_file() {
    for text in [
        "k: |\n  server {\n    x y;\n\n  }\n",
        "k: |2-\n    é🦀\n   b\n\n  c\nl: 1\n",
        "k: |+ # why\n  a\n   \n  b\n\n\n",
        "k: >\n  a b\n  c\n\n  d\n    e\n  f\n",
        "k: plain text\n",
        "k: 'single'\n",
        "k: \"double é\"\n",
        "a:\n  - &x |\n    one\n    two\nk: *x\n",
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            if text.starts_with("a:") {
                continue;
            }
            for (value, file) in mapped(&text, Format::Yaml).unwrap_or_else(|| panic!("{text:?}")) {
                if !matches!(value.as_str(), "\n" | " ") || !text.starts_with("k: >") && value != "\n" {
                    assert_eq!(value, file, "{text:?}");
                }
            }
        }
    }
    let pairs = mapped("k: 'it''s'\n", Format::Yaml).unwrap();
    assert_eq!(pairs[2], ("'".to_owned(), "''".to_owned()));
    let pairs = mapped(r#"{"k": "a\n\u00e9\ud83e\udd80z"}"#, Format::Json).unwrap();
    let files: Vec<_> = pairs.iter().map(|(_, f)| f.as_str()).collect();
    assert_eq!(files, ["a", "\\n", "\\u00e9", "\\ud83e\\udd80", "z"]);
    assert_eq!(mapped("k = 'a\\b'\n", Format::Toml).unwrap().len(), 3);
    assert_eq!(mapped("k: \"a\n  b\"\n", Format::Yaml), None);

    let text = "a: &x |\n    one\n    two\nk: *x\n";
    let root = tree(text);
    let map = ScalarMap::of(root.get("k").unwrap(), text, Format::Yaml).unwrap();
    assert_eq!(map.span(4..7).text(text), "two");
    assert_eq!(map.span(1..6).text(text), "ne\n    tw");
    assert_eq!(map.span(4..4), Span::at(u32::try_from(text.find("two").unwrap()).unwrap()));
    assert_eq!(map.span(8..8).end, map.span(7..8).end);
}

fn check(text: &str, node: &Node<'_>, format: Format, depth: usize) {
    assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
    assert!(node.def.is_none_or(|def| text.get(def.range()).is_some()));
    assert!(depth <= MAX_DEPTH + 1);
    let _ = node.written(text);
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|n| check(text, n, format, depth + 1)),
        Kind::Map(entries) => {
            for entry in entries {
                assert!(text.get(entry.key.span.range()).is_some());
                check(text, &entry.value, format, depth + 1);
            }
        }
        Kind::Tagged(tagged) => {
            assert!(tagged.tag.starts_with('!'), "{tagged:?}");
            assert!(node.def.is_some() || node.span.start < tagged.value.span.start);
            check(text, &tagged.value, format, depth);
        }
        Kind::Str(value) => {
            let Some(map) = ScalarMap::of(node, text, format) else { return };
            for (i, c) in value.char_indices() {
                let at = map.span(i..i + c.len_utf8());
                let there = text.get(at.range()).unwrap_or_else(|| panic!("{at:?}"));
                assert!(
                    c == '\n' || c == ' ' || there == c.to_string() || there.starts_with(['\\', '\'']),
                    "{c:?} {there:?}"
                );
            }
        }
        _ => {}
    }
}

fn check_documents(text: &str, format: Format) {
    let documents = parse_documents(text, format);
    let mut end = 0;
    for document in &documents {
        assert_eq!(document.span.start, end, "no gap");
        end = document.span.end;
        assert!(text.get(document.span.range()).is_some());
        let parsed = &document.parsed;
        assert!(parsed.errors.is_sorted_by_key(|e| e.span) && parsed.comments.is_sorted());
        assert!(parsed.comments.iter().all(|c| text.get(c.range()).is_some()));
        for error in &parsed.errors {
            let related = error.related.iter().map(|(span, _)| *span);
            assert!(related.chain([error.span]).all(|s| text.get(s.range()).is_some()), "{error:?}");
        }
        parsed.root.iter().for_each(|root| check(text, root, format, 0));
    }
    assert_eq!(end as usize, text.len());
}

proptest! {
    #[test]
    fn so_many_documents_are_read_as_were_written(values in prop::collection::vec(0i64..99, 1..12), ends in any::<bool>(), comments in any::<bool>()) {
        let mut text = String::new();
        for value in &values {
            text += "---\n";
            text += if comments { "# x\n" } else { "" };
            text += &format!("k: {value}\nl: |\n  --- x\n");
            text += if ends { "...\n" } else { "" };
        }
        let documents = yaml(&text);
        let read: Vec<_> = documents.iter().map(|d| d.parsed.root.as_ref().unwrap().get("k").unwrap().kind.clone()).collect();
        prop_assert_eq!(read, values.iter().map(|v| Kind::Int(*v)).collect::<Vec<_>>());
        prop_assert!(documents.iter().all(|d| d.parsed.errors.is_empty()));
        check_documents(&text, Format::Yaml);
    }

    #[test]
    fn literal_blocks_map_back_line_by_line(lines in prop::collection::vec("[a-c é{};#:-]{0,6}", 1..8), indent in 1usize..5, crlf in any::<bool>()) {
        let mut text = "k: |1\n".replace('1', &indent.to_string());
        for line in &lines {
            text += &format!("{}{line}\n", " ".repeat(indent));
        }
        text += "x: 1\n";
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let root = tree(&text);
        let node = root.get("k").unwrap();
        let value = node.as_str().unwrap();
        let map = ScalarMap::of(node, &text, Format::Yaml).expect("a literal block has a map");
        let mut at = 0;
        for line in value.split_inclusive('\n') {
            let line = line.trim_end_matches('\n');
            prop_assert_eq!(map.span(at..at + line.len()).text(&text), line);
            at += line.len() + 1;
        }
        check_documents(&text, Format::Yaml);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s)([a-c0-9é🦀 \t\r\n:,#'\"\\\\\\[\\]{}*&!|>%@?=.<~+_/\u{0}\u{85}\u{feff}\u{2028}-]|---\n|\n---|\\{\\{|\\}\\}|!Ref |<<: \\*a|&a |\\|\n  |>2\n  |\\\\ud83e|\\.\\.\\.\n){0,60}") {
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            check_documents(&text, format);
        }
    }
}
