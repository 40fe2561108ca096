//! TOML to the spanned tree. The parser crate recovers by itself and reports several errors per file; comments
//! come from its tokens, the first of two equal keys from its events.

use super::toml_keys;
use super::{Entry, Key, Kind, MAX_DEPTH, MAX_ERRORS, Node, Parsed, SyntaxError};
use crate::span::Span;
use ::toml::de::{DeTable, DeValue};
use std::borrow::Cow;
use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

pub(super) fn parse<'s>(text: &'s str, parsed: &mut Parsed<'s>) {
    let tokens = Source::new(text).lex().into_vec();
    let comments = tokens.iter().filter(|t| t.kind() == TokenKind::Comment);
    parsed.comments = comments.map(|t| Span::of(t.span().start()..t.span().end())).collect();
    if let Some(at) = too_deep(&tokens) {
        parsed.errors.push(SyntaxError::too_deep(at));
        parsed.truncated = true;
        return;
    }
    drop(tokens);

    let (table, errors) = DeTable::parse_recoverable(text);
    let entries = entries(text, table.into_inner());
    let span = entries.iter().map(|e| e.key.span.to(e.value.span)).reduce(Span::to);
    parsed.root = span.map(|span| Node { span, def: None, kind: Kind::Map(entries) });

    let duplicates = errors.iter().any(is_duplicate);
    let first_keys = if duplicates { toml_keys::first_keys(text) } else { toml_keys::FirstKeys::new() };
    for error in errors {
        if parsed.errors.len() == MAX_ERRORS {
            break;
        }
        parsed.truncated |= !is_duplicate(&error);
        let explained = explain(text, &error, &first_keys);
        if parsed.errors.last() != Some(&explained) {
            parsed.errors.push(explained);
        }
    }
}

fn entries<'s>(text: &'s str, table: DeTable<'s>) -> Vec<Entry<'s>> {
    let entries = table.into_iter().map(|(key, value)| {
        let key = Key { span: Span::of(key.span()), text: key.into_inner() };
        Entry { key, value: node(text, Span::of(value.span()), value.into_inner()) }
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|e| e.key.span);
    entries
}

fn node<'s>(text: &'s str, span: Span, value: DeValue<'s>) -> Node<'s> {
    let mut span = span;
    let kind = match value {
        // What the parser puts where a value is missing.
        DeValue::String(_) if span.is_empty() => Kind::Null,
        DeValue::String(value) => Kind::Str(value),
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(n) => Kind::Int(n),
            Err(_) => Kind::Num(number(span.text(text), n.as_str())),
        },
        // Words that begin like `inf` and `nan` do.
        DeValue::Float(_) if is_word(span.text(text)) => Kind::Str(Cow::Borrowed(span.text(text))),
        DeValue::Float(n) => Kind::Num(number(span.text(text), n.as_str())),
        DeValue::Boolean(value) => Kind::Bool(value),
        DeValue::Datetime(_) => Kind::Str(Cow::Borrowed(span.text(text))),
        DeValue::Array(items) => {
            let items: Vec<_> = items.into_iter().map(|n| node(text, Span::of(n.span()), n.into_inner())).collect();
            // The parser's span of an array of tables is its first header.
            span = items.iter().map(|n| n.span).fold(span, Span::to);
            Kind::Seq(items)
        }
        DeValue::Table(table) => {
            // The parser's span of a table is its header, or the key of a dotted one.
            let entries = entries(text, table);
            span = entries.iter().map(|e| e.key.span.to(e.value.span)).fold(span, Span::to);
            Kind::Map(entries)
        }
    };
    Node { span, def: None, kind }
}

/// The number as it stands in the text, without `_`.
fn number<'s>(source: &'s str, digits: &str) -> Cow<'s, str> {
    if source.contains('_') { Cow::Owned(digits.to_owned()) } else { Cow::Borrowed(source) }
}

fn is_word(source: &str) -> bool {
    source.starts_with(|c: char| c.is_alphabetic()) && !matches!(source, "inf" | "nan")
}

fn is_duplicate(error: &::toml::de::Error) -> bool {
    error.message().starts_with("duplicate key")
}

fn explain(text: &str, error: &::toml::de::Error, first_keys: &toml_keys::FirstKeys) -> SyntaxError {
    let span = Span::of(error.span().unwrap_or(text.len()..text.len()));
    if is_duplicate(error)
        && let Some(first) = first_keys.get(&span.start)
    {
        return SyntaxError::duplicate(span, span.text(text).trim_matches(['"', '\'']), *first);
    }
    let message = error.message();
    if message.contains("recurs") {
        return SyntaxError::new(span, "lists and tables stand too deep inside each other");
    }
    let explained = SyntaxError::new(span, message);
    if message.starts_with("string values must be quoted")
        || (message.starts_with("invalid float") && is_word(span.text(text)))
    {
        let found = span.text(text);
        if found.is_empty() {
            return SyntaxError::new(span, "a value is missing here");
        }
        let found: String = found.chars().filter(|c| *c != '"' && !c.is_control()).take(40).collect();
        return SyntaxError::new(span, "TOML text stands in quotes").help(format!("write `\"{found}\"`"));
    }
    explained
}

/// The first key or bracket that stands deeper than we follow. The parser limits brackets and dotted keys one by
/// one; together they could still build a tree that is too deep to walk.
fn too_deep(tokens: &[Token]) -> Option<Span> {
    let (mut header, mut line_start, mut in_header) = (0, true, false);
    // One number per open bracket, and one for the line: the dots of the key before it.
    let mut dots = vec![0];
    let mut depth = 0;
    for token in tokens {
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::Newline if dots.len() == 1 => {
                depth -= dots[0];
                dots[0] = 0;
                (line_start, in_header) = (true, false);
                continue;
            }
            TokenKind::LeftSquareBracket if line_start => {
                (header, in_header) = (0, true);
                depth = 0;
                dots[0] = 0;
            }
            TokenKind::LeftSquareBracket if in_header => {}
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                dots.push(0);
                depth += 1;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket if dots.len() > 1 => {
                depth -= 1 + dots.pop().unwrap_or(0);
            }
            TokenKind::Dot if in_header => header += 1,
            TokenKind::Dot => {
                depth += 1;
                if let Some(last) = dots.last_mut() {
                    *last += 1;
                }
            }
            TokenKind::Comma => {
                if let Some(last) = dots.last_mut() {
                    depth -= *last;
                    *last = 0;
                }
            }
            _ => {}
        }
        line_start = false;
        if header + depth >= MAX_DEPTH {
            return Some(Span::of(token.span().start()..token.span().end()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{DUPLICATE_KEY, Format, parse};
    use super::*;

    fn toml(text: &str) -> Parsed<'_> {
        parse(text, Format::Toml)
    }

    fn root(text: &str) -> Node<'_> {
        let parsed = toml(text);
        assert_eq!(parsed.errors, vec![], "{text}");
        parsed.root.unwrap()
    }

    #[test]
    fn tables_span_their_whole_text() {
        let text = "\u{feff}# é\nversion = 1\r\n[a]\nx = \"é\" # c\n[[hops]]\nname = 'p'\n[hops.with]\nplan.tier = 'b'\n\n[[hops]]\nname = 'q'\n";
        let root = root(text);
        assert_eq!(root.get("a").unwrap().span.text(text), "[a]\nx = \"é\"");
        let Kind::Seq(hops) = &root.get("hops").unwrap().kind else { panic!() };
        assert_eq!(hops[0].span.text(text), "[[hops]]\nname = 'p'\n[hops.with]\nplan.tier = 'b'");
        assert_eq!(hops[0].get("with").unwrap().get("plan").unwrap().span.text(text), "plan.tier = 'b'");
        assert_eq!(hops[1].span.text(text), "[[hops]]\nname = 'q'");
        assert!(root.span.text(text).starts_with("version") && root.span.text(text).ends_with("'q'"));
        let Kind::Map(entries) = &root.kind else { panic!() };
        assert_eq!(entries.iter().map(|e| e.key.text.as_ref()).collect::<Vec<_>>(), ["version", "a", "hops"]);
        assert_eq!(toml(text).comments.iter().map(|c| c.text(text)).collect::<Vec<_>>(), ["# é", "# c"]);
    }

    #[test]
    fn scalars_keep_their_exact_text() {
        let root = root("a = 0xff\nb = 99999999999999999999\nc = 1_0.5\nd = 1979-05-27\ne = inf\nf = true\ng = 1_000");
        let kind = |key| root.get(key).unwrap().kind.clone();
        assert_eq!(kind("a"), Kind::Int(255));
        assert_eq!(kind("b"), Kind::Num("99999999999999999999".into()));
        assert_eq!(kind("c"), Kind::Num("10.5".into()));
        assert_eq!(kind("d"), Kind::Str("1979-05-27".into()));
        assert_eq!(kind("e"), Kind::Num("inf".into()));
        assert_eq!(kind("f"), Kind::Bool(true));
        assert_eq!(kind("g"), Kind::Int(1000));
        assert!(toml("# nothing\n").root.is_none());
    }

    #[test]
    fn several_errors_are_reported_and_the_rest_is_read() {
        let text = "a = off\nb =\nc = 1\nd = 'x' 'y'\n[e]\nf = 2\n";
        let parsed = toml(text);
        let found: Vec<_> = parsed.errors.iter().map(|e| (e.message.as_str(), e.span.start)).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], ("TOML text stands in quotes", 4));
        assert_eq!(found[1], ("a value is missing here", 11));
        let root = parsed.root.unwrap();
        assert_eq!(root.get("c").unwrap().kind, Kind::Int(1));
        assert_eq!(root.get("e").unwrap().get("f").unwrap().kind, Kind::Int(2));
        assert!(parsed.truncated);
    }

    #[test]
    fn a_key_that_stands_twice_names_the_first() {
        let text = "a = 1\n'a' = 2\n[b]\nx = {y = 1, y = 2}\n[b]\n[[c]]\nq = 1\n[[c]]\nq = 1\nq = 2\n[c.d]\n[c.d]\n";
        let parsed = toml(text);
        let found: Vec<_> =
            parsed.errors.iter().map(|e| (e.rule, e.span.start, e.related.clone().map(|r| r.0.start))).collect();
        let line = |n: usize| u32::try_from(text.split_inclusive('\n').take(n).map(str::len).sum::<usize>()).unwrap();
        assert_eq!(
            found,
            [
                (DUPLICATE_KEY, line(1), Some(0)),
                (DUPLICATE_KEY, line(3) + 12, Some(line(3) + 5)),
                (DUPLICATE_KEY, line(4) + 1, Some(line(2) + 1)),
                (DUPLICATE_KEY, line(9), Some(line(8))),
                (DUPLICATE_KEY, line(11) + 3, Some(line(10) + 3)),
            ]
        );
        assert!(!parsed.truncated);
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let key = vec!["a"; 79].join(".");
        let inline = format!("{key} = {{ ").repeat(70) + "x = 1" + &" }".repeat(70);
        for text in [
            format!("[{}]\n{inline}\n", vec!["a"; 300].join(".")),
            inline,
            format!("{} = 1", vec!["a"; 5_000].join(".")),
            format!("a = {}", "[".repeat(100_000)),
            format!("a = {}", "{a=".repeat(100_000)),
        ] {
            let parsed = toml(&text);
            assert!(parsed.errors.iter().any(|e| e.message.contains("deep")), "{:?}", parsed.errors);
        }
        assert_eq!(toml("[a.b.c]\nx = [[1.5, 2.5], [1.5]]\n").errors, vec![]);
        let long = format!("x = [{}]", "1.5, ".repeat(1_000));
        assert_eq!(toml(&long).errors, vec![]);
    }

    #[test]
    fn floods_of_errors_are_cut() {
        assert!(toml(&"a b c\n".repeat(10_000)).errors.len() <= MAX_ERRORS);
        assert_eq!(toml("a = 'x\0y'\n").errors[0].message, "a NUL byte has no place in a configuration file");
        assert_eq!(toml("a = 'x\0y'\n").errors.len(), 1);
    }
}
