//! JSON to the spanned tree. Reads on after almost every error, so that one run shows them all.
//!
//! JSON is nearly a part of YAML, but the YAML parser takes much that JSON lacks and refuses long or broken keys
//! that JSON has, so it has a reader of its own.

use super::map::Entries;
use super::{Entry, Key, Kind, MAX_DEPTH, MAX_ERRORS, Node, Parsed, SyntaxError, scalar};
use crate::span::Span;
use std::borrow::Cow;

/// Of two equal keys the first stays, or with `last_wins` the last.
pub(super) fn parse<'s>(text: &'s str, parsed: &mut Parsed<'s>, last_wins: bool) {
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    Reader { text, at, parsed, stack: Vec::new(), last_wins }.document();
}

struct Reader<'s, 'p> {
    text: &'s str,
    at: usize,
    parsed: &'p mut Parsed<'s>,
    stack: Vec<Frame<'s>>,
    last_wins: bool,
}

struct Frame<'s> {
    start: usize,
    body: Body<'s>,
}

enum Body<'s> {
    List(Vec<Node<'s>>),
    /// With the key whose value comes next; none where the key cannot be used.
    Map(Entries<'s>, Option<Key<'s>>),
}

/// What may stand at this place.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    /// A key or item, or the end of its container if no comma (at this place) stands before it.
    Member(Option<usize>),
    Colon,
    /// A comma or the end of the container.
    Next,
    End,
}

impl<'s> Reader<'s, '_> {
    fn document(mut self) {
        let mut expect = Expect::Value;
        loop {
            self.skip_blank();
            let Some(next) = self.peek() else { break };
            if self.parsed.errors.len() >= MAX_ERRORS || self.stack.len() > MAX_DEPTH {
                self.parsed.truncated = true;
                break;
            }
            expect = match expect {
                Expect::Value => self.value(next),
                Expect::Member(comma) => self.member(next, comma),
                Expect::Colon => self.colon(next),
                Expect::Next => self.next(next),
                Expect::End => {
                    self.error(self.at..self.text.len().min(self.at + 1), "text after the end of the JSON value");
                    break;
                }
            };
        }
        self.end(expect);
    }

    /// What an early end of the text leaves open.
    fn end(&mut self, expect: Expect) {
        if self.stack.len() > MAX_DEPTH {
            let start = self.stack[MAX_DEPTH].start;
            self.parsed.errors.push(SyntaxError::too_deep(Span::of(start..start + 1)));
        } else if let Some(frame) = self.stack.last()
            && !self.parsed.truncated
        {
            let open = frame.start..frame.start + 1;
            let what = &self.text[open.clone()];
            let message = match expect {
                Expect::Value | Expect::Colon => "the file ends where a value should stand".to_owned(),
                _ => format!("the bracket `{what}` is never closed"),
            };
            let mut error = SyntaxError::new(Span::of(self.text.len()..self.text.len()), message);
            error.related = Some((Span::of(open), "opened here".to_owned()));
            self.parsed.errors.push(error);
        }
        self.parsed.truncated |= !self.stack.is_empty();
        while let Some(frame) = self.stack.last() {
            let last = match &frame.body {
                Body::List(items) => items.last().map(|n| n.span.end),
                Body::Map(entries, _) => entries.last().map(|e| e.value.span.end),
            };
            let end = last.map_or(frame.start + 1, |end| end as usize);
            self.close(end);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&mut self, range: std::ops::Range<usize>, message: impl Into<String>) -> &mut SyntaxError {
        let end = (range.end..=self.text.len()).find(|&i| self.text.is_char_boundary(i)).unwrap_or(range.end);
        let errors = &mut self.parsed.errors;
        errors.push(SyntaxError::new(Span::of(range.start..end), message));
        let last = errors.len() - 1;
        &mut errors[last]
    }

    /// White space, and the comments that JSON does not have.
    fn skip_blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.bytes().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
            self.at += blank;
            let rest = &rest[blank..];
            let length = if rest.starts_with("//") || rest.starts_with('#') {
                rest.find(['\n', '\r']).unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            let comment = self.at..self.at + length;
            if self.parsed.comments.is_empty() {
                self.error(comment.clone(), "JSON has no comments").help =
                    Some("remove them, or keep the file as YAML or TOML, which have comments".to_owned());
            }
            self.parsed.comments.push(Span::of(comment));
            self.at += length;
        }
    }

    fn value(&mut self, next: u8) -> Expect {
        match next {
            b'{' => {
                let entries = if self.last_wins { Entries::last_wins() } else { Entries::default() };
                self.open(Body::Map(entries, None))
            }
            b'[' => self.open(Body::List(Vec::new())),
            b'"' | b'\'' => {
                let start = self.at;
                let text = self.string(next);
                self.attach(Node { span: Span::of(start..self.at), def: None, kind: Kind::Str(text) })
            }
            b',' | b'}' | b']' => {
                self.error(self.at..self.at, "a value is missing here");
                if self.stack.is_empty() {
                    return self.stray();
                }
                self.attach(Node { span: Span::of(self.at..self.at), def: None, kind: Kind::Null })
            }
            b':' => self.stray(),
            _ => {
                let (start, word) = self.word(false);
                let kind = self.bare_value(start, word);
                self.attach(Node { span: Span::of(start..self.at), def: None, kind })
            }
        }
    }

    /// A character that belongs nowhere is passed over.
    fn stray(&mut self) -> Expect {
        let c = self.text[self.at..].chars().next().unwrap_or(' ');
        self.error(self.at..self.at + 1, format!("`{c}` has no place here"));
        self.at += c.len_utf8();
        if self.stack.is_empty() { Expect::Value } else { Expect::Member(None) }
    }

    fn open(&mut self, body: Body<'s>) -> Expect {
        self.stack.push(Frame { start: self.at, body });
        self.at += 1;
        Expect::Member(None)
    }

    fn member(&mut self, next: u8, comma: Option<usize>) -> Expect {
        match next {
            b'}' | b']' => {
                if let Some(comma) = comma {
                    self.error(comma..comma + 1, "JSON has no comma after the last value").help =
                        Some("remove the comma".to_owned());
                }
                self.end_bracket(next)
            }
            b',' => {
                self.error(self.at..self.at + 1, "a value is missing before this comma");
                self.at += 1;
                Expect::Member(None)
            }
            _ if matches!(self.stack.last(), Some(Frame { body: Body::List(_), .. })) => self.value(next),
            b':' | b'{' | b'[' => self.stray(),
            _ => self.key(next),
        }
    }

    fn key(&mut self, next: u8) -> Expect {
        let start = self.at;
        let text = if matches!(next, b'"' | b'\'') {
            self.string(next)
        } else {
            let (start, word) = self.word(true);
            self.error(start..start + word.len(), "a JSON key stands in double quotes").help =
                Some(format!("write {}", quoted(word)));
            Cow::Borrowed(word)
        };
        let span = Span::of(start..self.at);
        if let Some(Frame { body: Body::Map(entries, key), .. }) = self.stack.last_mut() {
            let first = entries.find(&text);
            self.parsed.errors.extend(first.map(|first| SyntaxError::duplicate(span, &text, first)));
            if first.is_none() || self.last_wins {
                *key = Some(Key { span, text });
            }
        }
        Expect::Colon
    }

    fn colon(&mut self, next: u8) -> Expect {
        if next == b':' {
            self.at += 1;
        } else {
            self.error(self.at..self.at, "expected `:` and a value after the key");
        }
        Expect::Value
    }

    fn next(&mut self, next: u8) -> Expect {
        match next {
            b',' => {
                self.at += 1;
                Expect::Member(Some(self.at - 1))
            }
            b'}' | b']' => self.end_bracket(next),
            b':' => self.stray(),
            _ => {
                self.error(self.at..self.at, "a comma is missing before this");
                Expect::Member(None)
            }
        }
    }

    fn end_bracket(&mut self, bracket: u8) -> Expect {
        let wants_map = bracket == b'}';
        let fits = |frame: &Frame<'_>| matches!(frame.body, Body::Map(..)) == wants_map;
        let Some(depth) = self.stack.iter().rposition(fits) else {
            self.error(self.at..self.at + 1, "this bracket closes nothing");
            self.at += 1;
            return if self.stack.is_empty() { Expect::End } else { Expect::Next };
        };
        while self.stack.len() > depth + 1 {
            let open = self.stack[self.stack.len() - 1].start;
            let message = format!("`{}` cannot close the bracket `{}`", char::from(bracket), &self.text[open..=open]);
            self.error(self.at..self.at + 1, message).related =
                Some((Span::of(open..open + 1), "opened here".to_owned()));
            self.close(self.at);
        }
        self.at += 1;
        self.close(self.at)
    }

    fn close(&mut self, end: usize) -> Expect {
        let Some(frame) = self.stack.pop() else { return Expect::End };
        let kind = match frame.body {
            Body::List(items) => Kind::Seq(items),
            Body::Map(entries, _) => Kind::Map(entries.into_list()),
        };
        self.attach(Node { span: Span::of(frame.start..end), def: None, kind })
    }

    fn attach(&mut self, node: Node<'s>) -> Expect {
        match self.stack.last_mut().map(|frame| &mut frame.body) {
            None => {
                self.parsed.root = Some(node);
                return Expect::End;
            }
            Some(Body::List(items)) => items.push(node),
            Some(Body::Map(entries, key)) => {
                if let Some(key) = key.take() {
                    entries.push(Entry { key, value: node });
                }
            }
        }
        Expect::Next
    }

    /// Text without quotes, up to what ends a value or key.
    fn word(&mut self, key: bool) -> (usize, &'s str) {
        let rest = &self.text[self.at..];
        let ends = |c: char| matches!(c, ',' | '{' | '}' | '[' | ']' | '\n' | '\r' | '"') || (key && c == ':');
        let length = rest.find(ends).unwrap_or(rest.len());
        let comment =
            rest[..length].find(" //").or_else(|| rest[..length].find(" #")).or_else(|| rest[..length].find("/*"));
        let word = rest[..comment.unwrap_or(length)].trim_end_matches([' ', '\t']);
        // A lone mark that is no word still has to be passed over.
        let word = if word.is_empty() { &rest[..rest.chars().next().map_or(0, char::len_utf8)] } else { word };
        let start = self.at;
        self.at += word.len();
        (start, word)
    }

    fn bare_value(&mut self, start: usize, word: &'s str) -> Kind<'s> {
        match word {
            "true" => return Kind::Bool(true),
            "false" => return Kind::Bool(false),
            "null" => return Kind::Null,
            _ if is_number(word) => return word.parse().map_or(Kind::Num(Cow::Borrowed(word)), Kind::Int),
            _ => {}
        }
        let kind = scalar::yaml(Cow::Borrowed(word));
        let (message, help) = match &kind {
            Kind::Int(_) | Kind::Num(_) => {
                ("not a number as JSON writes it", "no plus sign, leading zeros or other bases".to_owned())
            }
            Kind::Bool(_) | Kind::Null => {
                ("JSON writes this in small letters", format!("write {}", word.to_lowercase()))
            }
            _ => ("JSON text stands in double quotes", format!("write {}", quoted(word))),
        };
        self.error(start..start + word.len(), message).help = Some(help);
        kind
    }

    /// A quoted text, from its opening quote to behind its closing one.
    fn string(&mut self, quote: u8) -> Cow<'s, str> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let open = self.at;
        if quote == b'\'' {
            self.error(open..open + 1, "JSON text stands in double quotes, not single ones");
        }
        let mut own: Option<String> = None;
        let (mut from, mut at) = (open + 1, open + 1);
        loop {
            match bytes.get(at) {
                Some(&b) if b == quote => break,
                Some(b'\\') => {
                    let own = own.get_or_insert_default();
                    own.push_str(&text[from..at]);
                    at = self.escape(at, quote, own);
                    from = at;
                }
                None | Some(b'\n' | b'\r') => {
                    self.error(open..open + 1, "this quote is never closed");
                    self.at = at;
                    return finish(own, &text[from..at]);
                }
                Some(b'\t') => {
                    self.error(at..at + 1, "a tab inside JSON text").help = Some("write \\t".to_owned());
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        finish(own, &text[from..at])
    }

    /// Reads the escape at `at`; returns where the text goes on.
    fn escape(&mut self, at: usize, quote: u8, into: &mut String) -> usize {
        let rest = &self.text[at + 1..];
        let Some(c) = rest.chars().next().filter(|c| !matches!(c, '\n' | '\r')) else {
            return at + 1;
        };
        let plain = match c {
            '"' | '\\' | '/' => Some(c),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            _ => None,
        };
        if let Some(plain) = plain {
            into.push(plain);
            return at + 2;
        }
        if c == 'u' {
            if let Some((c, length)) = unicode(&self.text[at..]) {
                into.push(c);
                return at + length;
            }
            self.error(at..at + 2, "`\\u` needs four hexadecimal digits that name a character");
            into.push('\u{fffd}');
            return at + 2;
        }
        if u32::from(c) != u32::from(quote) {
            self.error(at..at + 1 + c.len_utf8(), "JSON does not know this escape").help =
                Some("write `\\\\` for a backslash".to_owned());
        }
        into.push(c);
        at + 1 + c.len_utf8()
    }
}

fn finish(own: Option<String>, rest: &str) -> Cow<'_, str> {
    match own {
        Some(own) => Cow::Owned(own + rest),
        None => Cow::Borrowed(rest),
    }
}

/// `\uXXXX`, or the two halves of a surrogate pair.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some((c, 6));
    }
    char::decode_utf16([first, unit(6)?]).next()?.ok().map(|c| (c, 12))
}

/// `-? (0 | [1-9] [0-9]*) (\. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(word: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = word.split_once(['e', 'E']).map_or((word, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

fn quoted(word: &str) -> String {
    let word: String = word.chars().take(40).collect();
    format!("`\"{}\"`", word.replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, parse};
    use super::*;

    fn messages(text: &str) -> Vec<(String, &str)> {
        parse(text, Format::Json).errors.into_iter().map(|e| (e.message, e.span.text(text))).collect()
    }

    fn root(text: &str) -> Node<'_> {
        let parsed = parse(text, Format::Json);
        assert_eq!(parsed.errors, vec![], "{text}");
        parsed.root.unwrap()
    }

    #[test]
    fn reads_json_with_byte_spans() {
        let text = "\u{feff}{\"é\"\r\n:\t[1, -0.5e3, true, null, \"\\ud83e\\udd80\\/\\u00e9\"], \"b\": {}}\n";
        let root = root(text);
        let list = root.get("é").unwrap();
        assert_eq!(list.span.text(text), "[1, -0.5e3, true, null, \"\\ud83e\\udd80\\/\\u00e9\"]");
        let Kind::Seq(items) = &list.kind else { panic!() };
        let kinds: Vec<_> = items.iter().map(|n| n.kind.clone()).collect();
        assert_eq!(
            kinds,
            [Kind::Int(1), Kind::Num("-0.5e3".into()), Kind::Bool(true), Kind::Null, Kind::Str("🦀/é".into())]
        );
        assert_eq!(items[1].span.text(text), "-0.5e3");
        assert_eq!(root.get("b").unwrap().span.text(text), "{}");
        assert!(parse(" \n", Format::Json).root.is_none());
    }

    #[test]
    fn refuses_what_json_lacks_and_reads_on() {
        let text = "{'a': 1,\n// note\n b: off, \"c\": +5, \"d\": [1, 2,], \"e\": True, \"f\": \"x\ty\" \"g\": &x 1, \"h\": 1,}";
        let found = messages(text);
        let expected = [
            ("JSON text stands in double quotes, not single ones", "'"),
            ("JSON has no comments", "// note"),
            ("a JSON key stands in double quotes", "b"),
            ("JSON text stands in double quotes", "off"),
            ("not a number as JSON writes it", "+5"),
            ("JSON has no comma after the last value", ","),
            ("JSON writes this in small letters", "True"),
            ("a tab inside JSON text", "\t"),
            ("a comma is missing before this", ""),
            ("JSON text stands in double quotes", "&x 1"),
            ("JSON has no comma after the last value", ","),
        ];
        assert_eq!(found, expected.map(|(m, s)| (m.to_owned(), s)));
        let parsed = parse(text, Format::Json);
        let root = parsed.root.unwrap();
        assert_eq!(root.get("g").unwrap().as_str(), Some("&x 1"));
        assert_eq!(root.get("h").unwrap().kind, Kind::Int(1));
    }

    #[test]
    fn brackets_that_do_not_fit_are_explained_once() {
        for (text, message) in [
            ("{\"a\": [1, 2}", "`}` cannot close the bracket `[`"),
            ("{\"a\": [1, 2", "the bracket `[` is never closed"),
            ("{\"a\":", "the file ends where a value should stand"),
            ("{\"a\"", "the file ends where a value should stand"),
            ("{\"a\": }", "a value is missing here"),
            ("{\"a\" 1}", "expected `:` and a value after the key"),
            ("{\"a\": \"x\n}", "this quote is never closed"),
            ("[1]]", "text after the end of the JSON value"),
            ("[1,,2]", "a value is missing before this comma"),
            ("[01]", "not a number as JSON writes it"),
            ("[\"\\x\"]", "JSON does not know this escape"),
            ("[\"\\ud800\"]", "`\\u` needs four hexadecimal digits that name a character"),
        ] {
            let found = messages(text);
            assert_eq!(found.len(), 1, "{text} {found:?}");
            assert_eq!(found[0].0, message, "{text}");
        }
    }

    #[test]
    fn duplicate_keys_deep_nesting_and_floods_are_errors() {
        let parsed = parse("{\"a\": 1, \"\\u0061\": 2}", Format::Json);
        assert_eq!(
            (parsed.errors[0].rule, parsed.errors[0].related.clone().unwrap().0),
            (super::super::DUPLICATE_KEY, Span::new(1, 4))
        );
        let text = "[".repeat(100_000);
        let deep = messages(&text);
        assert!(deep.len() == 1 && deep[0].0.contains("deep"), "{deep:?}");
        assert_eq!(parse(&("[".repeat(200) + &"]".repeat(200)), Format::Json).errors, vec![]);
        assert!(messages(&"x y, ".repeat(10_000)).len() <= MAX_ERRORS);
    }
}
