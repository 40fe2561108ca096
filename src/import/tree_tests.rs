//! Documents, settings, values and places of YAML, JSON and TOML files.

use super::tree::{self, Dialect, Form, GO, MILLIS, PROTOBUF, SECONDS, Tree};
use super::{Deployed, Given, Import, Key, Seen};
use crate::catalog::Unit;
use crate::duration::Dur;
use crate::span::FileId;
use crate::syntax::{Format, parse_documents};

const VAULT: Dialect =
    Dialect { own: &["${{"], hides: |text| text.starts_with("{vault://").then(|| "the secret".to_owned()) };

fn given<'t>(path: &'t str, text: &'t str) -> Given<'t> {
    Given { file: FileId(0), path, text }
}

/// The settings whose key holds `timeout`, one for each line.
fn settings(path: &str, text: &str) -> (Import, String) {
    let tree = Tree::new(&given(path, text), VAULT);
    let mut out = Import::default();
    let documents = tree.documents(&mut out);
    for document in &documents {
        let root = document.parsed.root.iter();
        root.for_each(|root| tree.settings(root, &mut out, |place| place.key.contains("timeout")));
    }
    let lines: Vec<String> = out
        .settings
        .iter()
        .map(|s| {
            assert_eq!(s.at.span.text(text), s.value);
            let plain = if s.plain { "" } else { " hidden" };
            let line = text[..s.at.span.start as usize].matches('\n').count() + 1;
            format!("{line}: {} = {}{plain}", s.context, s.value)
        })
        .collect();
    (out, lines.join("\n"))
}

#[test]
fn settings_have_paths_and_places_without_quotes() {
    let yaml =
        "a:\n  - b.c/d: {timeout: '30s'}\n    timeout_x: 60\n  - &t\n    timeout: \"1m\" # why\n---\ne: *t\ntimeout:\n";
    let (out, told) = settings("x.yaml", yaml);
    assert_eq!(told, "2: a[0][\"b.c/d\"].timeout = 30s\n3: a[0].timeout_x = 60\n5: a[1].timeout = 1m");
    assert_eq!(out.comments.len(), 1);
    let json = "{\"a\": [{\"timeout\": \"5\\u0073\"}, {\"timeout\": 7}]}";
    assert_eq!(settings("x.json", json).1, "1: a[0].timeout = 5\\u0073\n1: a[1].timeout = 7");
    assert_eq!(settings("no-ending", json).1, settings("x.json", json).1);
    let toml = "[a.b]\ntimeout = \"30s\"\n[[c]]\ntimeout = '''1s'''\n[[c]]\ntimeout = 1_000\n";
    assert_eq!(settings("x.toml", toml).1, "2: a.b.timeout = 30s\n4: c[0].timeout = 1s\n6: c[1].timeout = 1_000");
    assert_eq!(settings("x.yaml", "timeout: |\n  60s\n\n").1, "2: timeout = 60s");
}

#[test]
fn expressions_are_not_plain() {
    let yaml = "a:\n  timeout: ${T}\nb: {timeout: '{vault://env/t}'}\nc: {timeout: '{{ t }}s'}\nd: {timeout: !env T}\n";
    let (out, told) = settings("x.yaml", yaml);
    assert_eq!(told.matches("hidden").count(), 4, "{told}");
    assert!(!out.template, "{:?}", out.problems);
}

#[test]
fn a_template_is_read_as_far_as_it_makes_sense() {
    let helm = "{{- if .Values.on }}\na:\n  timeout: 60\n  {{- toYaml .b | nindent 2 }}\n  {{ .k }}: 1\n  b:\n    timeout: {{ .t }}\n    # {{ c }}\n{{- end }}\n";
    let (out, told) = settings("x.yaml", helm);
    assert_eq!(told, "3: a.timeout = 60\n7: a.b.timeout = {{ .t }} hidden");
    assert!(out.template);
    assert_eq!(out.problems.len(), 1, "{:?}", out.problems);
    assert_eq!(out.problems[0].labels[0].loc.span.start, 0);
    let json = "{\"timeout\": {{.T}}, \"b\": {\"timeout\": 5}}";
    let (out, told) = settings("x.json", json);
    assert_eq!((told.as_str(), out.problems.len()), ("1: timeout = {{.T}} hidden\n1: b.timeout = 5", 1));
    for (text, template) in [
        ("a: \"{{ .x }}\"\n", true),
        ("a: {{ .x }}\n", true),
        ("a: b-{{ .x }}\n", true),
        ("a: \"{{ .x }}.{{ .y }}\"\n", true),
        ("a: Say {{x}} loud.\n", false),
        ("a: 'Write {{x}} to {{y}}.'\n", false),
        ("a: |\n  {{ x }}\n", false),
        ("# {{ x }}\na: 1\n", false),
        ("a: ${{ env \"T\" }}\n", false),
    ] {
        let (out, _) = settings("x.yaml", text);
        assert_eq!((out.template, out.problems.len()), (template, usize::from(template)), "{text}: {:?}", out.problems);
    }
}

#[test]
fn a_broken_file_keeps_what_stands_before() {
    let (out, told) = settings("x.yaml", "a:\n  timeout: 60\n  b: [1\n  c: 2\n---\nd:\n  timeout: 5\n");
    assert_eq!(told, "2: a.timeout = 60\n7: d.timeout = 5");
    assert_eq!(out.problems.len(), 1);
    assert_eq!((out.problems[0].rule, out.template), ("syntax", false));
    let (out, told) = settings("x.yaml", "timeout: 1\ntimeout: 2\n");
    assert_eq!((told.as_str(), out.problems.len()), ("2: timeout = 2", 1));
}

#[test]
fn durations_are_read_in_each_form() {
    let seen = |form: Form, text: &str| {
        let text = format!("t: {text}\n");
        let given = given("x.yaml", &text);
        let tree = Tree::new(&given, VAULT);
        let documents = tree.documents(&mut Import::default());
        let root = documents[0].parsed.root.as_ref().unwrap();
        tree.seen(&tree::entry(root, "t").unwrap().value, form)
    };
    let millis = |n| Some(Seen::Time(Dur::from_millis(n)));
    assert_eq!(seen(SECONDS, "1.5"), millis(1500));
    assert_eq!(seen(SECONDS, "'60'"), millis(60_000));
    assert_eq!(seen(MILLIS, "60000"), millis(60_000));
    assert_eq!(seen(GO, "1m30s"), millis(90_000));
    assert_eq!(seen(PROTOBUF, "3.5s"), millis(3_500));
    assert_eq!(seen(PROTOBUF, "0s"), millis(0));
    assert_eq!(seen(GO, ""), None);
    assert_eq!(seen(GO, "null"), None);
    for (form, text, why) in [
        (PROTOBUF, "1m", "`1m`, which is not a duration in seconds such as 90s"),
        (MILLIS, "-5", "`-5`, which is not a number of milliseconds"),
        (GO, "[5s]", "`[5s]`, which is not a duration such as 90s or 1m30s"),
        (GO, "${T}", "the variable `${T}`"),
        (GO, "'{vault://env/t}'", "the secret"),
        (GO, "!x 5s", "the tag `!x`"),
    ] {
        assert_eq!(seen(form, text), Some(Seen::Hidden(why.to_owned())), "{text}");
    }
}

#[test]
fn a_timer_is_stated_with_its_places() {
    let text = "t: '60'\nt2: {{ x }}\n";
    let given = given("x.yaml", text);
    let tree = Tree::new(&given, VAULT);
    let documents = tree.documents(&mut Import::default());
    let root = documents[0].parsed.root.as_ref().unwrap();
    let mut hop = Deployed::new("nginx", "x", tree.node_loc(root), tree.node_loc(root));
    tree.time(&mut hop, "read", tree::entry(root, "t").unwrap(), SECONDS);
    tree.time(&mut hop, "send", tree::entry_of(root, &["t9", "t2"]).unwrap(), SECONDS);
    let (key, value) = &hop.hop.timers[0];
    assert_eq!((key.loc.span.text(text), value.loc.span.text(text)), ("t", "60"));
    assert_eq!(hop.unseen.len(), 1);
    assert_eq!(hop.unseen[0].why, "the template `{{ x }}`");
}

/// Inserts `read: 5` into the map at a path, and reads it back.
fn inserted(path: &str, text: &str, keys: &[&str], quoted: bool) -> Option<String> {
    const KEYS: &[Key] = &[Key { timer: "read", key: "read", unit: Unit::Seconds }];
    let given = given(path, text);
    let tree = Tree::new(&given, VAULT);
    let documents = tree.documents(&mut Import::default());
    let map = tree::at(documents[0].parsed.root.as_ref().unwrap(), keys).unwrap();
    let insert = tree.insert(map, KEYS, quoted)?;
    let at = insert.at.span.start as usize;
    let line = format!("{}{}{}5{}", insert.before, KEYS[0].key, insert.between, insert.after);
    let result = format!("{}{line}{}", &text[..at], &text[at..]);
    let format = Format::from_path(std::path::Path::new(path)).unwrap();
    let documents = parse_documents(&result, format);
    assert_eq!(documents[0].parsed.errors, [], "{result}");
    let map = tree::at(documents[0].parsed.root.as_ref().unwrap(), keys).unwrap();
    let read = map.get("read").unwrap_or_else(|| panic!("not in its map: {result}"));
    assert_eq!(read.written(&result).as_deref(), Some("5"), "{result}");
    assert_eq!(read.as_str().is_some(), quoted, "{result}");
    Some(result)
}

#[test]
fn a_missing_key_goes_where_its_neighbours_stand() {
    for (path, text, keys, expected) in [
        ("x.yaml", "a:\n  b: 1 # c\nd: 2\n", &["a"][..], "a:\n  b: 1 # c\n  read: 5\nd: 2\n"),
        ("x.yaml", "a:\n  b:\n    - 1\n\nd: 2", &["a"], "a:\n  b:\n    - 1\n  read: 5\n\nd: 2"),
        ("x.yaml", "a:\n  b: 1\n  c:\n    - 1\nd: 2", &["a"], "a:\n  b: 1\n  read: 5\n  c:\n    - 1\nd: 2"),
        ("x.yaml", "a: {b: 1}\n", &["a"], "a: {b: 1, read: 5}\n"),
        ("x.yaml", "a: {}\n", &["a"], "a: {read: 5}\n"),
        ("x.yaml", "a:\r\n  b: 1\r\n", &["a"], "a:\r\n  b: 1\r\n  read: 5\r\n"),
        ("x.yaml", "a: 1", &[], "a: 1\nread: 5"),
        ("x.yaml", "a:\n  b: |\n    x\n    y\nc: 1\n", &["a"], "a:\n  b: |\n    x\n    y\n  read: 5\nc: 1\n"),
        ("x.yaml", "x: &x {b: 1}\na:\n  <<: *x\n  c: 2\n", &["a"], "x: &x {b: 1}\na:\n  <<: *x\n  c: 2\n  read: 5\n"),
        ("x.json", "{\"a\": {\"b\": 1}}", &["a"], "{\"a\": {\"b\": 1, \"read\": 5}}"),
        (
            "x.json",
            "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
            &["a"],
            "{\n  \"a\": {\n    \"b\": 1,\n    \"read\": 5\n  }\n}\n",
        ),
        ("x.json", "{\"a\": {}}", &["a"], "{\"a\": {\"read\": 5}}"),
        ("x.toml", "[a]\n  b = 1 # c\n[d]\n", &["a"], "[a]\n  b = 1 # c\n  read = 5\n[d]\n"),
        ("x.toml", "a = {b = 1}\n", &["a"], "a = {b = 1, read = 5}\n"),
        ("x.toml", "[a]\nb = 1\n[a.c]\nd = 2\n", &["a"], "[a]\nb = 1\nread = 5\n[a.c]\nd = 2\n"),
    ] {
        assert_eq!(inserted(path, text, keys, false).as_deref(), Some(expected), "{text}");
        inserted(path, text, keys, true);
    }
    assert_eq!(inserted("x.yaml", "x: &x {b: 1}\na: *x\n", &["a"], false), None);
    assert_eq!(inserted("x.toml", "[a.c]\nd = 2\n", &["a"], false), None);
}

#[test]
fn maps_that_are_missing_are_written_too() {
    for (text, expected) in [
        ("a:\n  x: 1\n", "a:\n  x: 1\n  b:\n    c:\n      KEY: 5\n"),
        ("a:\n  B:\n    x: 1\n", "a:\n  B:\n    x: 1\n    c:\n      KEY: 5\n"),
        ("a:\n  b:\n    c:\n      x: 1\n", "a:\n  b:\n    c:\n      x: 1\n      KEY: 5\n"),
    ] {
        let given = given("x.yaml", text);
        let tree = Tree::new(&given, VAULT);
        let documents = tree.documents(&mut Import::default());
        let map = tree::at(documents[0].parsed.root.as_ref().unwrap(), &["a"]).unwrap();
        let insert = tree.insert_under(map, &["b", "c"], &[], false).unwrap();
        let at = insert.at.span.start as usize;
        let result = format!("{}{}KEY{}5{}", &text[..at], insert.before, insert.between, &text[at..]);
        assert_eq!(result, expected);
    }
    let text = "a = {x = 1}\nb = 1\n";
    let given = given("x.toml", text);
    let tree = Tree::new(&given, VAULT);
    let documents = tree.documents(&mut Import::default());
    assert!(tree.insert_under(documents[0].parsed.root.as_ref().unwrap(), &["c"], &[], false).is_none());
}

#[test]
fn a_key_after_a_dash_sets_the_indentation() {
    let text = "a:\n  - b: 1\n  - c: 2\n";
    let given = given("x.yaml", text);
    let tree = Tree::new(&given, VAULT);
    let documents = tree.documents(&mut Import::default());
    let map = &tree::list(documents[0].parsed.root.as_ref().unwrap(), "a")[0];
    let insert = tree.insert(map, &[], false).unwrap();
    assert_eq!((insert.at.span.start, insert.before.as_str()), (11, "\n    "));
}
