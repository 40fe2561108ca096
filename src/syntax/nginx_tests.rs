//! Words, spans, what is broken, and what no text may do.

use super::*;

/// The tree in short: words between bars, blocks in braces.
fn shown(text: &str) -> String {
    let parsed = parse(text);
    let mut out = String::new();
    show(&parsed, text, parsed.all(), &mut out);
    out.push('\n');
    for error in &parsed.errors {
        let line = text[..error.span.start as usize].matches('\n').count() + 1;
        out.push_str(&format!("!{line}: {}\n", error.message));
    }
    out
}

fn show(parsed: &Parsed, text: &str, range: Range<usize>, out: &mut String) {
    for i in parsed.list(range) {
        let words: Vec<_> = parsed.words(i).iter().map(|w| w.text(text).into_owned()).collect();
        out.push_str(&words.join("|"));
        match parsed.directives[i].block {
            Some(block) if parsed.directives[i].raw => out.push_str(&format!(" <{}>", block.text(text))),
            Some(_) => {
                out.push_str(" {");
                show(parsed, text, parsed.inside(i), out);
                out.push('}');
            }
            None => {}
        }
        out.push(';');
    }
    if out.ends_with(';') {
        out.pop();
    }
}

fn tree(text: &str) -> String {
    shown(text).replace('\n', "")
}

#[test]
fn words_are_read_as_nginx_reads_them() {
    for (text, expected) in [
        ("a b  c;", "a|b|c"),
        ("a \"b c\" 'd;e';", "a|b c|d;e"),
        (r#"a "say \"hi\"" 'it\'s' "tab\there" "a\.b";"#, "a|say \"hi\"|it's|tab\there|a\\.b"),
        // A quote inside a bare word is a character like any other.
        ("a b\"c d;", "a|b\"c|d"),
        ("a ${b}c $d;", "a|${b}c|$d"),
        (r"rewrite ^/a\;b$ /c\ d;", r"rewrite|^/a\;b$|/c\ d"),
        ("a # comment ; {\n b;", "a|b"),
        ("a b#c;", "a|b#c"),
        ("if ($a = \"x\") { b; }", "if|($a|=|x|) {b}"),
        ("location ~ \"^/x{2}$\" { }", "location|~|^/x{2}$ {}"),
        ("a}b c;", "a}b|c"),
        ("a {b c;}d;", "a {b|c};d"),
        ("événement ü;", "événement|ü"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "http {\n  a 'b c' d; # end  \n}\n";
    let parsed = parse(text);
    let words: Vec<_> = parsed.words(1).iter().map(|w| w.span.text(text)).collect();
    assert_eq!(words, ["a", "'b c'", "d"]);
    assert_eq!(parsed.words(1)[1].inner().text(text), "b c");
    assert_eq!(parsed.directives[1].span.text(text), "a 'b c' d;");
    assert_eq!(parsed.directives[0].span.text(text), text.trim_end());
    assert_eq!(parsed.directives[0].block.unwrap().text(text), "\n  a 'b c' d; # end  \n");
    assert_eq!(parsed.comments[0].text(text), "# end");
}

#[test]
fn lua_is_no_nginx() {
    let text = r#"location / {
  content_by_lua_block {
    local t = {a = "}"} -- }
    --[==[ } ]] ]==]
    s = [[ } ]]
    x = 'it\'s }'
  }
  proxy_pass http://a;
}"#;
    let told = shown(text);
    assert!(told.contains("proxy_pass|http://a}"), "{told}");
    assert!(!told.contains('!'), "{told}");
    assert!(shown("access_by_lua_block { if x then { }").contains("is not closed"));
    assert!(!shown("content_by_lua 'x = {}'; a b;").contains('!'));
}

#[test]
fn a_broken_file_gives_errors_and_the_good_rest() {
    for (text, kept, error) in [
        ("a b;\n}\nc d;", "a|b;c|d", "!2: this `}` closes nothing"),
        ("a { b c }\nd e;", "a {b|c};d|e", "!1: `;` is missing here"),
        ("a {\n b c;\n", "a {b|c}", "!1: the block `a` is not closed: a `}` is missing before the end of the file"),
        ("a { b { c d", "a {b {c|d}}", "!1: `;` is missing here"),
        ("a \"b;\nc d;", "a|\"b;c|d", "!1: this \" is never closed"),
        ("a 'b'c;", "a|b|c", "!1: a word follows a quote without a space between them, which nginx refuses"),
        (";a;", "a", "!1: nothing stands before this `;`"),
        ("{ a b; } c;", " {a|b};c", "!1: a block stands here without a name"),
        ("\u{feff}a b;", "a|b", "!1: the file begins with a byte order mark, which nginx refuses"),
    ] {
        let told = shown(text);
        assert!(told.starts_with(kept), "{text}: {told}");
        assert!(told.contains(error), "{text}: {told}");
    }
}

#[test]
fn marks_of_templates_do_not_hide_the_rest() {
    for (text, expected) in [
        ("{% if x %}\na b;\n{% endif %}", "a|b"),
        ("{{ if .X }}a b;{{ end }} c d;", "a|b;c|d"),
        ("a {{ x }};", "a|{{ x }}"),
        ("listen {{ip}}:{{ port }} ssl;", "listen|{{ip}}:{{ port }}|ssl"),
        ("{{ .Name }} 60s;", "{{ .Name }}|60s"),
        ("<% if a %>\nb <%= c %>;\n<% end %>", "b|<%= c %>"),
        ("location {{ url }} { a b; }", "location|{{ url }} {a|b}"),
        ("{# a comment; { #}\na b;", "a|b"),
        ("location / {# no mark\n a b;\n}", "location|/ {a|b}"),
        ("events{# no mark #}\n}", "events {}"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
        assert_eq!(parse(text).mark.is_some(), !text.contains("no mark"), "{text}");
    }
    assert!(parse("# {{ ansible_managed }}\na b;").mark.is_some());
    assert!(parse("return 200 '{{\"a\":1}}';").mark.is_none());
    assert!(parse("server_name \"{{ name }}\";").mark.is_some());
}

#[test]
fn depth_and_time_are_bounded() {
    let deep = "a {".repeat(100_000);
    let parsed = parse(&deep);
    assert!(parsed.errors.iter().any(|e| e.message.contains("deep")), "{:?}", parsed.errors.first());
    let mut most = 0;
    let mut stack: Vec<(usize, Range<usize>)> = vec![(0, parsed.all())];
    while let Some((depth, range)) = stack.pop() {
        most = most.max(depth);
        stack.extend(parsed.list(range).map(|i| (depth + 1, parsed.inside(i))));
    }
    assert!(most <= MAX_DEPTH + 1, "{most}");
    for piece in
        ["{{", "{%a", "{{a}}", "\"", "'\\", "a {{ ", "[=[", "}", "{\"", "<%", "a'b\n", "x_by_lua_block { [[ ", "# {{a "]
    {
        // A search that begins anew at each piece would not end here in a day.
        parse(&piece.repeat(300_000));
    }
}

proptest::proptest! {
    /// Every word, directive and comment lies in the text, and what is inside a block lies between its braces.
    #[test]
    fn whatever_the_text_the_tree_fits_it(text in "([a-z;{}#\"'\\\\ \n$é%<>-]|\\{\\{|\\}\\}|_by_lua_block \\{|--\\[\\[){0,60}") {
        let parsed = parse(&text);
        for word in &parsed.words {
            proptest::prop_assert!(text.get(word.span.range()).is_some() && text.get(word.inner().range()).is_some());
        }
        for (i, directive) in parsed.directives.iter().enumerate() {
            proptest::prop_assert!(text.get(directive.span.range()).is_some());
            let inside = parsed.inside(i);
            proptest::prop_assert!(inside.start <= inside.end && inside.end <= parsed.directives.len());
            if let Some(block) = directive.block {
                for inner in &parsed.directives[inside] {
                    proptest::prop_assert!(block.start <= inner.span.start && inner.span.end <= block.end);
                }
            } else {
                proptest::prop_assert!(inside.is_empty());
            }
        }
        for span in parsed.comments.iter().chain(parsed.errors.iter().map(|e| &e.span)).chain(&parsed.mark) {
            proptest::prop_assert!(text.get(span.range()).is_some());
        }
    }
}
