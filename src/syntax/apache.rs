//! The grammar of Apache's configuration: directives with arguments, and sections in angle brackets. Knows no directive.

use super::{MAX_BYTES, MAX_DEPTH, MAX_ERRORS, SyntaxError};
use crate::span::Span;
use std::borrow::Cow;

#[derive(Debug, Default)]
pub struct Parsed<'s> {
    pub items: Vec<Item<'s>>,
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
}

/// A directive, or a section with what stands in it.
#[derive(Debug)]
pub struct Item<'s> {
    /// The line, continued ones included; for a section to the end of its last line.
    pub span: Span,
    /// Of the first line without indentation and line break.
    pub line: Span,
    /// Without the bracket.
    pub name: Word<'s>,
    pub args: Vec<Word<'s>>,
    pub section: Option<Vec<Item<'s>>>,
}

#[derive(Clone, Debug)]
pub struct Word<'s> {
    /// Without quotes.
    pub span: Span,
    pub text: Cow<'s, str>,
}

impl Item<'_> {
    pub fn arg(&self, i: usize) -> &str {
        self.args.get(i).map_or("", |word| word.text.as_ref())
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }
}

pub fn parse(text: &str) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if text.len() > MAX_BYTES {
        let message = format!("{} MB is larger than any configuration", text.len() / 1_000_000);
        parsed.errors.push(SyntaxError::new(Span::default(), message));
        return parsed;
    }
    let mut tree = Tree::default();
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    while at < text.len() {
        let end = line_end(text, at);
        let start = at + (text[at..end].len() - text[at..end].trim_start().len());
        let stop = start + text[start.min(end)..end].trim_end().len();
        if text[start.min(stop)..stop].starts_with('#') {
            parsed.comments.push(Span::of(start..stop));
        } else if start < stop {
            tree.line(text, start, stop, &mut parsed);
        }
        at = end + 1;
    }
    tree.end(&mut parsed);
    parsed.errors.sort_by_key(|error| error.span);
    parsed.errors.truncate(MAX_ERRORS);
    parsed
}

/// The line break that ends a line: not those behind a backslash.
fn line_end(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let Some(end) = text[at..].find('\n').map(|i| at + i) else { return text.len() };
        if !text[start..end].trim_end_matches('\r').ends_with('\\') {
            return end;
        }
        at = end + 1;
    }
}

#[derive(Default)]
struct Tree<'s> {
    open: Vec<Item<'s>>,
    /// Sections beyond the depth that is read.
    ignored: usize,
}

impl<'s> Tree<'s> {
    fn line(&mut self, text: &'s str, start: usize, stop: usize, parsed: &mut Parsed<'s>) {
        let line = &text[start..stop];
        let span = Span::of(start..stop);
        if let Some(name) = line.strip_prefix("</") {
            let name = name.split('>').next().unwrap_or_default().trim();
            self.close(name, span, parsed);
            return;
        }
        let opens = line.starts_with('<') && !line.starts_with("<%") && !line.starts_with("<<");
        let (from, to) = if opens {
            let close = line.rfind('>');
            if close.is_none() {
                let name = line[1..].split_whitespace().next().unwrap_or_default();
                let error = SyntaxError::new(span, format!("<{name} has no closing bracket"));
                parsed.errors.push(error.help("end the line with `>`"));
            }
            (start + 1, close.map_or(stop, |i| start + i))
        } else {
            (start, stop)
        };
        let mut words = words(text, from, to);
        if words.is_empty() {
            return;
        }
        let item = Item { span, line: span, name: words.remove(0), args: words, section: opens.then(Vec::new) };
        if !opens {
            if self.ignored == 0 {
                self.add(item, parsed);
            }
        } else if self.open.len() < MAX_DEPTH {
            self.open.push(item);
        } else {
            if self.ignored == 0 {
                parsed.errors.push(SyntaxError::too_deep(span));
            }
            self.ignored += 1;
        }
    }

    fn add(&mut self, item: Item<'s>, parsed: &mut Parsed<'s>) {
        match self.open.last_mut().and_then(|open| open.section.as_mut()) {
            Some(items) => items.push(item),
            None => parsed.items.push(item),
        }
    }

    fn close(&mut self, name: &str, at: Span, parsed: &mut Parsed<'s>) {
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        let Some(opener) = self.open.iter().rposition(|open| open.is(name)) else {
            let message = match self.open.last() {
                Some(open) => format!("</{name}> closes nothing: <{}> is open here", open.name.text),
                None => format!("</{name}> closes nothing"),
            };
            parsed.errors.push(SyntaxError::new(at, message).help("remove it, or open the section above it"));
            return;
        };
        while self.open.len() > opener + 1 {
            self.unclosed(parsed);
        }
        self.take(Some(at), parsed);
    }

    fn unclosed(&mut self, parsed: &mut Parsed<'s>) {
        if let Some(open) = self.open.last() {
            let name = &open.name.text;
            let error = SyntaxError::new(open.line, format!("<{name}> is never closed"));
            parsed.errors.push(error.help(format!("add a line `</{name}>`")));
        }
        self.take(None, parsed);
    }

    fn take(&mut self, end: Option<Span>, parsed: &mut Parsed<'s>) {
        let Some(mut item) = self.open.pop() else { return };
        let last = item.section.as_ref().and_then(|items| items.last()).map(|item| item.span);
        if let Some(end) = end.or(last) {
            item.span = item.span.to(end);
        }
        self.add(item, parsed);
    }

    fn end(&mut self, parsed: &mut Parsed<'s>) {
        self.ignored = 0;
        while !self.open.is_empty() {
            self.unclosed(parsed);
        }
    }
}

/// Words in quotes of either kind, or up to a blank.
fn words(text: &str, from: usize, to: usize) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut at = from;
    loop {
        at += blank(&text[at..to]);
        let rest = &text[at..to];
        let Some(c) = rest.chars().next() else { return found };
        let (start, end, next) = match c {
            '"' | '\'' => {
                let length = quoted(&rest[1..], c);
                let close = at + 1 + length;
                (at + 1, close, (close + 1).min(to))
            }
            _ => {
                let end = at + bare(rest);
                (at, end, end)
            }
        };
        let raw = &text[start..end];
        found.push(Word { span: Span::of(start..end), text: unescaped(raw, c) });
        at = next;
    }
}

/// The length of blanks, backslashes at line ends among them.
fn blank(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") {
            at += 1;
        } else {
            break;
        }
    }
    at
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        if c == quote && !escaped {
            return i;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

fn bare(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            break;
        }
        let rest = &text[at..];
        at += one_piece(rest).unwrap_or(c.len_utf8());
        // A line break behind a backslash is as if it were not there.
        if c == '\\' && (text[at..].starts_with('\n') || text[at..].starts_with("\r\n")) {
            at += text[at..].find('\n').map_or(0, |i| i + 1);
        }
    }
    at
}

/// The length of a template's mark, with the blanks in it.
fn one_piece(rest: &str) -> Option<usize> {
    let close = match rest.get(..2)? {
        "{{" => "}}",
        "{%" => "%}",
        "<%" => "%>",
        _ => return None,
    };
    super::placeholder_end(rest, close)
}

fn unescaped(raw: &str, first: char) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = raw.replace("\\\r\n", "").replace("\\\n", "");
    if matches!(first, '"' | '\'') {
        text = text.replace(&format!("\\{first}"), &first.to_string()).replace("\\\\", "\\");
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(items: &[Item<'_>]) -> String {
        let one = |item: &Item<'_>| {
            let args: Vec<&str> = [""].into_iter().chain(item.args.iter().map(|word| word.text.as_ref())).collect();
            let inner = item.section.as_ref().map_or_else(String::new, |items| format!("<{}>", shown(items)));
            format!("[{}{}{inner}]", item.name.text, args.join("|"))
        };
        items.iter().map(one).collect()
    }

    fn tree(text: &str) -> String {
        shown(&parse(text).items)
    }

    #[test]
    fn directives_sections_and_continued_lines() {
        assert_eq!(tree("# c\nA b \"c d\" 'e'\n<S x>\n B\n</s>\nC"), "[A|b|c d|e][S|x<[B]>][C]");
        assert_eq!(tree("A \\\n  b\\\nc d\nE"), "[A|bc|d][E]");
        assert_eq!(tree("# c \\\nA b\nB"), "[B]");
        assert_eq!(tree("A \"x \\\" y\" z\"q"), "[A|x \" y|z\"q]");
        assert_eq!(tree("A {{ b | c }}s d\r\n"), "[A|{{ b | c }}s|d]");
        assert_eq!(tree("A \"open b"), "[A|open b]");
    }

    #[test]
    fn sections_that_do_not_match() {
        let errors = |text| parse(text).errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("; ");
        assert_eq!(errors("<A>\n</B>\n</A>"), "</B> closes nothing: <A> is open here");
        assert_eq!(errors("<A>\n<B>\n</A>"), "<B> is never closed");
        assert_eq!(errors("</A>"), "</A> closes nothing");
        assert_eq!(errors("<A x\n</A>"), "<A has no closing bracket");
        assert_eq!(parse(&"<A>\n".repeat(MAX_DEPTH + 9)).errors.len(), MAX_ERRORS);
    }
}
