//! What a user is told about values, keys and durations, in full.

use super::decode::{Ctx, Decode, Plain, Spanned, one_of};
use super::fields::Fields;
use super::{Format, parse};
use crate::diag::Diagnostic;
use crate::duration::Dur;
use crate::span::FileId;
use std::fmt::Write as _;

#[derive(Debug, Default)]
struct Hop {
    name: Option<String>,
    timeout: Option<Spanned<Dur>>,
    attempts: Option<u64>,
    version: Option<Plain>,
    pin: Option<bool>,
    ratio: Option<f64>,
    mode: Option<u8>,
}

impl Decode for Hop {
    const WHAT: &'static str = "a hop";

    fn decode(node: &super::Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let mut fields = Fields::of(node, ctx, Self::WHAT)?;
        let hop = Self {
            name: fields.required("name", ctx),
            timeout: fields.optional("timeout", ctx),
            attempts: fields.optional("attempts", ctx),
            version: fields.optional("version", ctx),
            pin: fields.optional("pin", ctx),
            ratio: fields.optional("ratio", ctx),
            mode: fields
                .node("mode")
                .and_then(|node| one_of(node, ctx, "a mode", &[("buffered", 0), ("streaming", 1)])),
        };
        fields.finish(ctx);
        Some(hop)
    }
}

fn hops(text: &str, format: Format) -> (Vec<Hop>, Vec<Diagnostic>) {
    let parsed = parse(text, format);
    let mut ctx = Ctx::new(FileId(0), text, format, &parsed);
    let mut hops = Vec::new();
    if let Some(root) = &parsed.root
        && let Some(mut fields) = Fields::of(root, &mut ctx, "a chain file")
    {
        fields.node("base");
        hops = fields.required("hops", &mut ctx).unwrap_or_default();
        fields.finish(&mut ctx);
    }
    (hops, ctx.diagnostics)
}

/// One line per finding: rule, text at each label, message, help, fixes.
fn told(text: &str) -> String {
    let mut out = String::new();
    for d in hops(text, Format::Yaml).1 {
        let labels: Vec<_> = d.labels.iter().map(|l| l.loc.span.text(text)).collect();
        write!(out, "{} {labels:?} {}", d.rule, d.message).unwrap();
        if let Some(help) = d.help {
            write!(out, " | {help}").unwrap();
        }
        for fix in d.fixes {
            write!(out, " | {:?}: {}", fix.applicability, fix.title).unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn a_good_file_is_read_without_a_word() {
    let text =
        "hops:\n  - {name: a, timeout: 1m30s, attempts: 3, version: 1.20, pin: true, ratio: 6, mode: streaming}\n";
    let (hops, diagnostics) = hops(text, Format::Yaml);
    assert_eq!(diagnostics, vec![]);
    let hop = &hops[0];
    assert_eq!(hop.name.as_deref(), Some("a"));
    let timeout = hop.timeout.unwrap();
    assert_eq!((timeout.value, timeout.span.text(text)), (Dur::from_secs(90), "1m30s"));
    assert_eq!((hop.attempts, hop.pin, hop.mode), (Some(3), Some(true), Some(1)));
    assert_eq!(hop.version, Some(Plain("1.20".into())));
    assert!(hop.ratio.is_some_and(|r| (r - 6.0).abs() < f64::EPSILON));
}

#[test]
fn every_problem_of_a_file_is_told() {
    let text = "\
hops:
  - timeout: 90
    attempts: -1
    pin: off
  - name: 5
    timeout: [5s]
    ratio: .inf
    mode: streming
    Version: 1
    retrys: 2
  - name: c
    name: d
    timeout: 1.5s
    mode: fast
  - nothing
more: 1
";
    let expected = r#"duplicate-key ["name", "name"] the key `name` stands twice in one map | keep one of the two
missing-key ["timeout"] a hop needs the key `name` | add `name`: text
invalid-value ["90"] `90` has no unit: 90 what? Write 90s for seconds or 90ms for milliseconds | Display: write 90s | Display: write 90ms | Display: write 90m
invalid-value ["-1"] expected a whole number of zero or more, found the number -1
invalid-value ["off"] expected true or false, found the text `off` | write false | Safe: write false
invalid-value ["5"] expected text, found the number 5 | put it in quotes: "5" | Safe: write "5"
invalid-value ["[5s]"] expected a duration such as 90s, found a list
invalid-value [".inf"] expected a number, found the number .inf
invalid-value ["streming"] `streming` is not a mode | did you mean `streaming`? | Display: write streaming
unknown-key ["Version"] a hop has no key `Version` | did you mean `version`? | Safe: rename the key to `version`
unknown-key ["retrys"] a hop has no key `retrys` | known here: name, timeout, attempts, version, pin, ratio, mode
invalid-value ["1.5s"] `1.5s` has a fraction; use a smaller unit, such as 1500ms for 1.5 s | write 1500ms | Safe: write 1500ms
invalid-value ["fast"] `fast` is not a mode | known here: buffered, streaming
invalid-value ["nothing"] expected a hop (a map), found the text `nothing`
unknown-key ["more"] a chain file has no key `more` | known here: base, hops
"#;
    assert_eq!(told(text), expected);
}

#[test]
fn an_anchored_mistake_is_told_once_and_at_its_use() {
    let text = "base: &b {timeout: 5, tiemout: 6s}\nhops:\n  - {<<: *b, name: a}\n  - {<<: *b, name: b}\n";
    let found = told(text);
    assert_eq!(found.lines().count(), 2, "{found}");
    assert!(found.starts_with("invalid-value [\"*b\", \"5\"]"), "{found}");
    assert!(found.contains("unknown-key [\"tiemout\"]"), "{found}");
}

#[test]
fn a_key_that_an_error_may_hide_is_not_called_missing() {
    let found = told("hops:\n  - timeout: 5s: 6s\n    name: x\n");
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn fixes_are_quoted_as_the_format_needs() {
    for (text, format, expected) in [
        ("[[hops]]\nname = 'a'\ntimeout = 90\n", Format::Toml, "\"90s\""),
        ("[[hops]]\nname = 'a'\ntimeout = '90'\n", Format::Toml, "'90s'"),
        ("{\"hops\": [{\"name\": \"a\", \"timeout\": 90}]}", Format::Json, "\"90s\""),
        ("hops: [{name: a, timeout: \"90\"}]", Format::Yaml, "\"90s\""),
    ] {
        let (_, diagnostics) = hops(text, format);
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].fixes[0].edits[0].text, expected);
    }
}
