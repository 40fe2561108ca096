//! The grammar of Caddyfiles: lines of words, with blocks in braces. Knows no directive.

use super::{MAX_BYTES, MAX_DEPTH, MAX_ERRORS, SyntaxError};
use crate::span::Span;
use std::borrow::Cow;

/// A text as directives; what stands between lines is left out.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    pub items: Vec<Directive<'s>>,
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
    /// Blocks that the end of the text closes, from the outermost.
    pub open: Vec<Span>,
}

/// A line and, where it ends in a brace, the block below it.
#[derive(Debug)]
pub struct Directive<'s> {
    /// From the first word to the end of the block.
    pub span: Span,
    /// Empty for a block without a line, as global options are.
    pub words: Vec<Word<'s>>,
    pub block: Option<Block<'s>>,
}

#[derive(Debug)]
pub struct Block<'s> {
    /// Both braces included.
    pub span: Span,
    pub items: Vec<Directive<'s>>,
}

#[derive(Clone, Debug)]
pub struct Word<'s> {
    /// Without quotes.
    pub span: Span,
    pub text: Cow<'s, str>,
    pub quoted: bool,
}

impl Directive<'_> {
    pub fn word(&self, i: usize) -> &str {
        self.words.get(i).map_or("", |word| word.text.as_ref())
    }
}

pub fn parse(text: &str) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if text.len() > MAX_BYTES {
        let message = format!("{} MB is larger than any configuration", text.len() / 1_000_000);
        parsed.errors.push(SyntaxError::new(Span::default(), message));
        return parsed;
    }
    let mut lexer = Lexer { text, at: text.len() - text.trim_start_matches('\u{feff}').len() };
    let mut tree = Tree::default();
    while let Some(words) = lexer.line(&mut parsed) {
        tree.line(words, &mut parsed);
    }
    tree.end(text.len(), &mut parsed);
    parsed.errors.sort_by_key(|error| error.span);
    parsed.errors.truncate(MAX_ERRORS);
    parsed
}

/// Directives that are still open, from the outermost.
#[derive(Default)]
struct Tree<'s> {
    open: Vec<Directive<'s>>,
    /// Opening braces beyond the depth that is read.
    ignored: usize,
}

impl<'s> Tree<'s> {
    fn line(&mut self, mut words: Vec<Word<'s>>, parsed: &mut Parsed<'s>) {
        let is = |word: &Word<'_>, brace: &str| !word.quoted && word.text == brace;
        while words.first().is_some_and(|word| is(word, "}")) {
            self.close(words.remove(0).span, parsed);
        }
        let Some(first) = words.first().map(|word| word.span) else { return };
        let open = words.last().filter(|word| is(word, "{")).map(|word| word.span);
        if open.is_some() {
            words.pop();
        }
        if let Some(stray) = words.iter().find(|word| is(word, "{")) {
            parsed.errors.push(
                SyntaxError::new(stray.span, "something stands behind this brace on its line")
                    .help("a block begins on the line after its brace, and ends with a brace on a line of its own"),
            );
        }
        let span = words.last().map_or(first, |word| first.to(word.span));
        let mut directive = Directive { span, words, block: None };
        match open {
            Some(brace) if self.open.len() < MAX_DEPTH => {
                directive.block = Some(Block { span: brace, items: Vec::new() });
                self.open.push(directive);
            }
            Some(brace) => {
                if self.ignored == 0 {
                    parsed.errors.push(SyntaxError::too_deep(brace));
                }
                self.ignored += 1;
            }
            None if self.ignored > 0 => {}
            None => self.add(directive, parsed),
        }
    }

    fn add(&mut self, directive: Directive<'s>, parsed: &mut Parsed<'s>) {
        match self.open.last_mut().and_then(|open| open.block.as_mut()) {
            Some(block) => block.items.push(directive),
            None => parsed.items.push(directive),
        }
    }

    fn close(&mut self, brace: Span, parsed: &mut Parsed<'s>) {
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        let Some(mut directive) = self.open.pop() else {
            parsed.errors.push(SyntaxError::new(brace, "this brace closes nothing").help("remove it"));
            return;
        };
        if let Some(block) = &mut directive.block {
            block.span = block.span.to(brace);
            directive.span = directive.span.to(brace);
        }
        self.add(directive, parsed);
    }

    fn end(&mut self, end: usize, parsed: &mut Parsed<'s>) {
        parsed.open = self.open.iter().filter_map(|open| open.block.as_ref()).map(|block| block.span).collect();
        self.ignored = 0;
        while !self.open.is_empty() {
            self.close(Span::of(end..end), parsed);
        }
    }
}

struct Lexer<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    /// The words up to the next line break that is not escaped; none at the end of the text.
    fn line(&mut self, parsed: &mut Parsed<'s>) -> Option<Vec<Word<'s>>> {
        let mut words = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else { return (!words.is_empty()).then_some(words) };
            if c == '\n' {
                self.at += 1;
                if !words.is_empty() {
                    return Some(words);
                }
            } else if c.is_whitespace() {
                self.at += c.len_utf8();
            } else if c == '#' {
                let end = rest.find('\n').unwrap_or(rest.len());
                let comment = rest[..end].trim_end();
                parsed.comments.push(Span::of(self.at..self.at + comment.len()));
                self.at += end;
            } else if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") {
                self.at += rest.find('\n').map_or(1, |i| i + 1);
            } else {
                words.push(match c {
                    '"' => self.quoted(parsed),
                    '`' => self.raw(parsed),
                    _ => self.bare(parsed),
                });
            }
        }
    }

    /// In double quotes only a quote is escaped.
    fn quoted(&mut self, parsed: &mut Parsed<'s>) -> Word<'s> {
        let (open, mut escapes) = (self.at, false);
        let start = open + 1;
        let mut at = start;
        let bytes = self.text.as_bytes();
        while at < bytes.len() && bytes[at] != b'"' {
            let escape = bytes[at] == b'\\' && at + 1 < bytes.len() && bytes[at + 1].is_ascii();
            escapes |= escape && bytes[at + 1] == b'"';
            at += if escape { 2 } else { 1 };
        }
        let end = at.min(bytes.len());
        let raw = self.text.get(start..end).unwrap_or_default();
        self.at = (end + 1).min(bytes.len());
        if end == bytes.len() {
            unclosed("quote", open, 1, parsed);
        }
        let text = if escapes { Cow::Owned(raw.replace("\\\"", "\"")) } else { Cow::Borrowed(raw) };
        Word { span: Span::of(start..start + raw.len()), text, quoted: true }
    }

    fn raw(&mut self, parsed: &mut Parsed<'s>) -> Word<'s> {
        let start = self.at + 1;
        let length = self.text[start..].find('`');
        if length.is_none() {
            unclosed("backtick", self.at, 1, parsed);
        }
        let end = length.map_or(self.text.len(), |n| start + n);
        self.at = (end + 1).min(self.text.len());
        Word { span: Span::of(start..end), text: Cow::Borrowed(&self.text[start..end]), quoted: true }
    }

    fn bare(&mut self, parsed: &mut Parsed<'s>) -> Word<'s> {
        let start = self.at;
        let mut at = start;
        while let Some(c) = self.text[at..].chars().next() {
            let rest = &self.text[at..];
            if c.is_whitespace() {
                break;
            }
            if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") {
                break;
            }
            at += one_piece(rest).unwrap_or(c.len_utf8());
        }
        let word = &self.text[start..at];
        self.at = at;
        if let Some(marker) = word.strip_prefix("<<").filter(|m| is_marker(m))
            && self.text[at..].trim_start_matches(['\r', ' ', '\t']).starts_with('\n')
        {
            return self.heredoc(start, marker, parsed);
        }
        Word { span: Span::of(start..at), text: Cow::Borrowed(word), quoted: false }
    }

    fn heredoc(&mut self, open: usize, marker: &str, parsed: &mut Parsed<'s>) -> Word<'s> {
        let start = self.text[self.at..].find('\n').map_or(self.text.len(), |i| self.at + i + 1);
        let mut at = start;
        for line in self.text[start..].split_inclusive('\n') {
            let bare = line.trim_start();
            if bare.starts_with(marker) {
                self.at = at + (line.len() - bare.len()) + marker.len();
                let text = Cow::Borrowed(&self.text[start..at]);
                return Word { span: Span::of(start..at), text, quoted: true };
            }
            at += line.len();
        }
        unclosed("heredoc", open, 2 + marker.len(), parsed);
        self.at = self.text.len();
        Word { span: Span::of(start..at), text: Cow::Borrowed(&self.text[start..at]), quoted: true }
    }
}

fn unclosed(what: &str, from: usize, width: usize, parsed: &mut Parsed<'_>) {
    let error = SyntaxError::new(Span::of(from..from + width), format!("this {what} is never closed"));
    parsed.errors.push(error.help("close it"));
}

/// The length of a placeholder that is one piece with the blanks in it: of the environment, or of a template.
fn one_piece(rest: &str) -> Option<usize> {
    let close = match rest.get(..2)? {
        "{$" => "}",
        "{{" => "}}",
        "{%" => "%}",
        "<%" => "%>",
        _ => return None,
    };
    super::placeholder_end(rest, close)
}

fn is_marker(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(items: &[Directive<'_>]) -> String {
        let one = |d: &Directive<'_>| {
            let words: Vec<&str> = d.words.iter().map(|w| w.text.as_ref()).collect();
            let block = d.block.as_ref().map_or_else(String::new, |b| format!("{{{}}}", shown(&b.items)));
            format!("[{}{block}]", words.join("|"))
        };
        items.iter().map(one).collect()
    }

    fn tree(text: &str) -> String {
        shown(&parse(text).items)
    }

    #[test]
    fn words_lines_and_blocks() {
        assert_eq!(
            tree("{\n a 1\n}\nx.com, y.com {\n b \"c d\" `e\"f` # g\n}\n"),
            "[{[a|1]}][x.com,|y.com{[b|c d|e\"f]}]"
        );
        assert_eq!(tree("a \\\n b\nc#d \"e\\\"f\\g\"\n"), "[a|b][c#d|e\"f\\g]");
        assert_eq!(tree("a {$B:c d} {\n e\n}"), "[a|{$B:c d}{[e]}]");
        assert_eq!(tree("a <<X\n b }\n X 2\nc"), "[a| b }\n|2][c]");
        assert_eq!(tree("respond \"{\"\n x"), "[respond|{][x]");
        assert_eq!(tree("a {\r\n b\r\n}\r\n"), "[a{[b]}]");
    }

    #[test]
    fn what_is_open_and_what_is_too_much() {
        let errors = |text| parse(text).errors.iter().map(|e| (e.span.start, e.span.end)).collect::<Vec<_>>();
        assert_eq!(errors("a {\n}\n}"), [(6, 7)]);
        assert_eq!(errors("a { b }\n"), [(2, 3)]);
        assert_eq!(errors("a \"b\n"), [(2, 3)]);
        assert_eq!(errors("a `b\n"), [(2, 3)]);
        assert_eq!(errors("a <<E\nb"), [(2, 5)]);
        assert_eq!(parse("a {\n b {\n c\n}").open.len(), 1);
        let deep = "a {\n".repeat(MAX_DEPTH + 50);
        assert_eq!(parse(&deep).errors.len(), 1);
    }
}
