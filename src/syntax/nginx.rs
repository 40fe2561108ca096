//! The grammar of nginx: directives, words, blocks and comments, as a flat tree of spans. Knows no directive but Lua's
//! blocks, whose text is no nginx at all.
//!
//! Words are read as nginx reads them: a quote counts only at the start of a word, `{` ends a bare word unless it follows
//! `$`, a backslash takes the next character with it. Marks of template languages outside of quotes are words or, where
//! a statement would begin, nothing.

use super::template::MARKS;
use super::{MAX_BYTES, MAX_DEPTH, MAX_ERRORS, SyntaxError};
use crate::span::Span;
use std::borrow::Cow;
use std::ops::Range;

/// One file. The words of all directives stand in one list, the directives in the order of the text.
#[derive(Debug, Default)]
pub struct Parsed {
    pub directives: Vec<Directive>,
    pub words: Vec<Word>,
    /// From the mark to the end of their text.
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
    /// The first mark of a template language.
    pub mark: Option<Span>,
}

/// A name with its arguments, and the directives inside where it opens a block.
#[derive(Clone, Debug)]
pub struct Directive {
    words: (u32, u32),
    /// From the name to the semicolon or closing brace.
    pub span: Span,
    /// What stands between the braces, without them.
    pub block: Option<Span>,
    /// The block is program text and holds no directives.
    pub raw: bool,
    /// The index after the last directive inside.
    next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// With its quotes.
    pub span: Span,
    pub quoted: bool,
    escaped: bool,
    /// A mark of a template language stands in it.
    pub template: bool,
}

impl Word {
    /// Without quotes.
    pub const fn inner(&self) -> Span {
        if self.quoted { Span::new(self.span.start + 1, self.span.end - 1) } else { self.span }
    }

    /// As nginx takes it: without quotes, escapes resolved.
    pub fn text<'s>(&self, source: &'s str) -> Cow<'s, str> {
        let raw = self.inner().text(source);
        if self.escaped { Cow::Owned(unescaped(raw)) } else { Cow::Borrowed(raw) }
    }
}

fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let taken = match (c, chars.peek()) {
            ('\\', Some(&next @ ('"' | '\'' | '\\'))) => next,
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some('n')) => '\n',
            _ => {
                out.push(c);
                continue;
            }
        };
        out.push(taken);
        chars.next();
    }
    out
}

impl Parsed {
    /// The outermost directives.
    pub fn all(&self) -> Range<usize> {
        0..self.directives.len()
    }

    /// The range of those inside a directive.
    pub fn inside(&self, directive: usize) -> Range<usize> {
        directive + 1..self.directives[directive].next as usize
    }

    /// Those of a range that stand side by side, not what is inside them.
    pub fn list(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let here = at;
            (here < range.end).then(|| {
                at = self.directives[here].next as usize;
                here
            })
        })
    }

    /// The places of its name and arguments among all words.
    pub fn word_range(&self, directive: usize) -> Range<usize> {
        let (start, end) = self.directives[directive].words;
        start as usize..end as usize
    }

    /// Name and arguments; empty only where a block stands without a name.
    pub fn words(&self, directive: usize) -> &[Word] {
        &self.words[self.word_range(directive)]
    }
}

/// Reads a whole text. Always ends and never fails: what is wrong is told beside the tree of the rest.
pub fn parse(text: &str) -> Parsed {
    let mut out = Parsed::default();
    if text.len() > MAX_BYTES {
        let (size, limit) = (text.len() / 1_000_000, MAX_BYTES / 1_000_000);
        out.errors.push(SyntaxError::new(Span::default(), format!("{size} MB is larger than the limit of {limit} MB")));
        return out;
    }
    // About as many as configurations have, so that the lists grow seldom.
    out.words.reserve(text.len() / 12);
    out.directives.reserve(text.len() / 30);
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, out, open: Vec::new(), ..Parser::default() };
    parser.file();
    parser.out.errors.sort_by_key(|e| e.span);
    parser.out.errors.truncate(MAX_ERRORS);
    parser.out
}

/// A longer mark is none.
const MAX_MARK: usize = 1_000;

#[derive(Default)]
struct Parser<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    out: Parsed,
    /// The open blocks, outermost first.
    open: Vec<usize>,
    /// Where the words of the statement begin that is being read.
    first_word: usize,
    /// No `'`, no `"` closes a word behind this place.
    unclosed: [bool; 2],
    /// Up to here no mark of a kind is closed: searches that would find nothing again.
    no_close: [usize; 4],
    too_deep: bool,
}

impl Parser<'_> {
    fn file(&mut self) {
        if self.text.starts_with('\u{feff}') {
            let error =
                SyntaxError::new(Span::new(0, 3), "the file begins with a byte order mark, which nginx refuses");
            self.error(error.help("save the file as UTF-8 without a byte order mark"));
            self.at = 3;
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    let rest = &self.bytes[self.at + 1..];
                    let more = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
                    self.at += 1 + more;
                }
                b'#' => self.comment(),
                b';' => self.semicolon(),
                b'}' => self.close(),
                b'{' | b'<' if self.mark_end(self.at).is_some() => self.template(),
                b'{' => self.open(),
                b'"' | b'\'' => self.quoted(byte),
                _ => self.bare(),
            }
        }
        self.end();
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let text = self.text[self.at..self.at + length].trim_ascii_end();
        let span = Span::of(self.at..self.at + text.len());
        if has_mark(text) {
            self.out.mark.get_or_insert(span);
        }
        self.out.comments.push(span);
        self.at += length;
    }

    fn quoted(&mut self, quote: u8) {
        let start = self.at;
        let kind = usize::from(quote == b'"');
        let mut escaped = false;
        let mut at = start + 1;
        let mut closed = false;
        while !self.unclosed[kind] {
            match self.bytes.get(at) {
                None => self.unclosed[kind] = true,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(b) if *b == quote => {
                    closed = true;
                    break;
                }
                Some(_) => at += 1,
            }
        }
        if !closed {
            return self.never_closed(quote);
        }
        let raw = &self.text[start + 1..at];
        self.at = at + 1;
        let template = has_mark(raw);
        if template {
            self.out.mark.get_or_insert(Span::of(start..self.at));
        }
        self.out.words.push(Word { span: Span::of(start..self.at), quoted: true, escaped, template });
        if let Some(next) = self.bytes.get(self.at)
            && !matches!(next, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')')
        {
            let message = "a word follows a quote without a space between them, which nginx refuses";
            let length = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
            let span = Span::of(self.at..self.at + length);
            self.error(SyntaxError::new(span, message).help("add a space or `;` here"));
        }
    }

    /// The rest of the line is the word, so that the lines below it are read.
    fn never_closed(&mut self, quote: u8) {
        let start = self.at;
        let line = self.text[start + 1..].lines().next().unwrap_or_default();
        let length = line.find([';', '{']).unwrap_or(line.len());
        self.at = start + 1 + length;
        let span = Span::of(start..self.at);
        let what = char::from(quote);
        let error = SyntaxError::new(Span::of(start..start + 1), format!("this {what} is never closed"));
        self.error(error.help(format!("close the word with {what}")));
        self.out.words.push(Word { span, quoted: false, escaped: false, template: false });
    }

    fn bare(&mut self) {
        let start = self.at;
        let (mut at, mut escaped, mut template) = (start, false, false);
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' => break,
                b'\\' => {
                    escaped = true;
                    at += 2;
                }
                b'{' | b'<' => {
                    let opens = matches!(self.bytes.get(at + 1), Some(b'{' | b'%'));
                    if let Some(end) = Some(at).filter(|_| opens).and_then(|at| self.mark_end(at)) {
                        self.out.mark.get_or_insert(Span::of(at..end));
                        template = true;
                        at = end;
                    } else if byte == b'<' || (at > start && self.bytes[at - 1] == b'$') {
                        at += 1;
                    } else {
                        break;
                    }
                }
                _ => at += 1,
            }
        }
        // A backslash may have stood at the end of the text, or before a character of several bytes.
        at = at.min(self.bytes.len());
        while !self.text.is_char_boundary(at) {
            at += 1;
        }
        self.at = at;
        self.out.words.push(Word { span: Span::of(start..at), quoted: false, escaped, template });
    }

    /// Where a mark of a template language that begins here ends, if one does. It ends on its line.
    fn mark_end(&mut self, at: usize) -> Option<usize> {
        let (kind, close) = match self.bytes.get(at..at + 2)? {
            b"{{" => (0, b"}}"),
            b"{%" => (1, b"%}"),
            b"<%" => (2, b"%>"),
            // Behind a word it is a block that begins with a comment.
            b"{#" if at == self.at && self.first_word == self.out.words.len() => (3, b"#}"),
            _ => return None,
        };
        if at < self.no_close[kind] {
            return None;
        }
        let rest = &self.bytes[at + 2..];
        let line = &rest[..rest.iter().take(MAX_MARK).position(|b| *b == b'\n').unwrap_or(MAX_MARK.min(rest.len()))];
        let Some(n) = line.windows(2).position(|pair| pair == close) else {
            self.no_close[kind] = at + 2 + line.len();
            return None;
        };
        let triple = self.bytes[at..].starts_with(b"{{{") && rest.get(n + 2) == Some(&b'}');
        Some(at + 2 + n + 2 + usize::from(triple))
    }

    /// A mark where a word may begin. Where a statement may begin too, what only steers the template is passed over.
    fn template(&mut self) {
        let start = self.at;
        let Some(end) = self.mark_end(start) else { return };
        self.out.mark.get_or_insert(Span::of(start..end));
        let statement = self.first_word == self.out.words.len();
        let after = self.bytes[end..].iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r'));
        if statement && (after.is_none_or(|b| *b == b'\n') || steers(&self.text[start..end])) {
            self.at = end;
        } else {
            self.bare();
        }
    }

    fn semicolon(&mut self) {
        if self.first_word == self.out.words.len() {
            let error = SyntaxError::new(Span::of(self.at..self.at + 1), "nothing stands before this `;`");
            self.error(error.help("remove it"));
            self.at += 1;
            return;
        }
        self.at += 1;
        self.statement(self.at, None);
    }

    /// Takes the words read so far as a directive.
    fn statement(&mut self, end: usize, block: Option<Span>) -> usize {
        let words = (small(self.first_word), small(self.out.words.len()));
        let start = self.out.words.get(self.first_word).map_or(end - 1, |word| word.span.start as usize);
        self.first_word = self.out.words.len();
        let index = self.out.directives.len();
        let span = Span::of(start..end);
        self.out.directives.push(Directive { words, span, block, raw: false, next: small(index + 1) });
        index
    }

    fn open(&mut self) {
        if self.first_word == self.out.words.len() {
            let error = SyntaxError::new(Span::of(self.at..self.at + 1), "a block stands here without a name");
            self.error(error.help("write its name before `{`, such as `location / {`"));
        }
        let lua = self.out.words.get(self.first_word);
        let lua = lua.is_some_and(|name| name.span.text(self.text).ends_with("_by_lua_block"));
        self.at += 1;
        let index = self.statement(self.at, Some(Span::of(self.at..self.at)));
        if lua {
            return self.program(index);
        }
        if self.open.len() >= MAX_DEPTH && !self.too_deep {
            self.too_deep = true;
            let message = format!("blocks stand more than {MAX_DEPTH} deep inside each other");
            self.error(SyntaxError::new(self.out.directives[index].span, message));
        }
        self.open.push(index);
    }

    fn close(&mut self) {
        self.missing_semicolon();
        let at = self.at;
        self.at += 1;
        let Some(index) = self.open.pop() else {
            let error = SyntaxError::new(Span::of(at..at + 1), "this `}` closes nothing");
            return self.error(error.help("remove it, or look above for a block that is closed too early"));
        };
        self.closed(index, at, at + 1);
    }

    /// The block ends at `at`. What stands deeper than anything may is left out.
    fn closed(&mut self, index: usize, at: usize, end: usize) {
        if self.open.len() >= MAX_DEPTH {
            self.out.directives.truncate(index + 1);
        }
        let next = small(self.out.directives.len());
        let directive = &mut self.out.directives[index];
        directive.next = next;
        directive.span.end = small(end);
        directive.block = directive.block.map(|block| Span::new(block.start, small(at)));
    }

    fn missing_semicolon(&mut self) {
        let Some(last) = self.out.words.get(self.first_word..).and_then(<[Word]>::last) else { return };
        let at = last.span.end;
        self.error(SyntaxError::new(Span::at(at), "`;` is missing here").help("end the directive with `;`"));
        self.statement(at as usize, None);
    }

    fn end(&mut self) {
        self.missing_semicolon();
        let end = self.bytes.len();
        if let Some(&outermost) = self.open.first() {
            let name = self.out.words(outermost).first().map_or("", |word| word.span.text(self.text));
            let missing = match self.open.len() {
                1 => "a `}` is".to_owned(),
                n => format!("{n} `}}` are"),
            };
            let message = format!("the block `{name}` is not closed: {missing} missing before the end of the file");
            let words = self.out.words(outermost);
            let at = words.first().map_or(Span::at(small(end)), |word| word.span);
            self.error(SyntaxError::new(at, message).help("add `}` where the block ends"));
        }
        while let Some(index) = self.open.pop() {
            self.closed(index, end, end);
        }
    }

    /// Lua up to the brace that closes it; braces in its strings and comments do not count.
    fn program(&mut self, index: usize) {
        let start = self.at;
        let mut depth = 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += match byte {
                b'{' => {
                    depth += 1;
                    1
                }
                b'}' => {
                    depth -= 1;
                    1
                }
                b'-' if self.bytes[self.at..].starts_with(b"--") => match self.long_bracket(self.at + 2) {
                    Some(length) => 2 + length,
                    None => {
                        self.bytes[self.at..].iter().position(|b| *b == b'\n').unwrap_or(self.bytes.len() - self.at)
                    }
                },
                b'[' => self.long_bracket(self.at).unwrap_or(1),
                b'"' | b'\'' => lua_string(&self.bytes[self.at..]),
                _ => 1,
            };
            if depth == 0 {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
        let end = if depth == 0 { self.at - 1 } else { self.at };
        if depth > 0 {
            let error = SyntaxError::new(self.out.directives[index].span, "this Lua block is not closed");
            self.error(error.help("add `}` where the program text ends"));
        }
        let directive = &mut self.out.directives[index];
        directive.raw = true;
        directive.span.end = small(self.at);
        directive.block = Some(Span::of(start..end));
    }

    /// The length of `[[...]]` or `[==[...]==]`, if one begins here.
    fn long_bracket(&self, at: usize) -> Option<usize> {
        let rest = self.bytes.get(at..)?.strip_prefix(b"[")?;
        let level = rest.iter().take_while(|b| **b == b'=').count();
        if rest.get(level) != Some(&b'[') {
            return None;
        }
        let text = &self.bytes[at..];
        let mut from = level + 2;
        while let Some(n) = text[from..].iter().position(|b| *b == b']') {
            from += n + 1;
            let equals = text[from..].iter().take_while(|b| **b == b'=').count();
            if equals == level && text.get(from + equals) == Some(&b']') {
                return Some(from + equals + 1);
            }
            from += equals;
        }
        Some(text.len())
    }

    fn error(&mut self, error: SyntaxError) {
        if self.out.errors.len() < 2 * MAX_ERRORS {
            self.out.errors.push(error);
        }
    }
}

/// The length of a Lua string that begins here; it ends with its quote or with the line.
fn lua_string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => return at,
            _ if byte == text[0] => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Whether a text that nginx would take as it stands holds a mark of a template language.
pub fn has_mark(text: &str) -> bool {
    if !text.bytes().any(|byte| matches!(byte, b'{' | b'<')) {
        return false;
    }
    let named = |mark: &str| {
        let inner = mark.trim_start_matches(['-', '=', ' ', '#', '/']);
        inner.starts_with(|c: char| c.is_ascii_alphabetic() || "_.$'@".contains(c))
    };
    MARKS.into_iter().any(|(open, close)| {
        let mut marks = text.match_indices(open).peekable();
        let last = marks.peek().and_then(|_| text.rfind(close));
        last.is_some_and(|last| marks.any(|(at, _)| at < last && named(&text[at + 2..])))
    })
}

/// Whether a mark writes nothing into the text: conditions, loops, definitions, comments.
fn steers(mark: &str) -> bool {
    const WORDS: [&str; 14] = [
        "if", "else", "elsif", "elif", "end", "range", "with", "define", "block", "template", "include", "for", "each",
        "unless",
    ];
    if !mark.starts_with("{{") {
        return !mark.starts_with("<%=");
    }
    let inner = mark[2..].trim_start_matches(['-', ' ']);
    let word = inner.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let assigns = inner.starts_with('$') && (inner.contains(":=") || inner.contains(" = "));
    assigns || inner.starts_with(['#', '/', '!']) || WORDS.contains(&word)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "nginx_tests.rs"]
mod tests;
