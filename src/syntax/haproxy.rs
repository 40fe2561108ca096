//! The grammar of haproxy.cfg: lines of words, with quotes, escapes, comments and environment variables. Knows nothing
//! of sections or keywords.
//!
//! There is no continuation of lines: a backslash at the end of one is a backslash.

use super::{MAX_BYTES, MAX_ERRORS, SyntaxError};
use crate::span::Span;
use std::borrow::Cow;

/// A text as lines of words; lines without a word are left out.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    pub lines: Vec<Line<'s>>,
    /// From the mark to the end of the text.
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
}

#[derive(Debug)]
pub struct Line<'s> {
    /// From the first character of the line, indentation included, to its last; without the line break.
    pub span: Span,
    /// Never empty.
    pub words: Vec<Word<'s>>,
}

#[derive(Clone, Debug)]
pub struct Word<'s> {
    /// Without the quotes where the whole word stands in them.
    pub span: Span,
    /// What the program takes it for, with variables as written.
    pub text: Cow<'s, str>,
    /// The first environment variable in it.
    pub variable: Option<&'s str>,
}

impl Line<'_> {
    /// The text of a word, or nothing.
    pub fn word(&self, i: usize) -> &str {
        self.words.get(i).map_or("", |word| word.text.as_ref())
    }

    /// From the first word to the last.
    pub fn words_span(&self) -> Span {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.span,
        }
    }
}

pub fn parse(text: &str) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    if text.len() > MAX_BYTES {
        let message = format!("{} MB is larger than any configuration", text.len() / 1_000_000);
        parsed.errors.push(SyntaxError::new(Span::default(), message));
        return parsed;
    }
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
        line(text, at, end, &mut parsed);
        at = end + 1;
    }
    parsed.errors.truncate(MAX_ERRORS);
    parsed
}

fn line<'s>(text: &'s str, start: usize, end: usize, parsed: &mut Parsed<'s>) {
    let end = start + text[start..end].trim_end_matches('\r').len();
    let mut words = Vec::new();
    let mut at = start;
    while at < end {
        let rest = &text[at..end];
        let blank = rest.len() - rest.trim_start_matches(is_blank).len();
        at += blank;
        if at >= end {
            break;
        }
        if text[at..end].starts_with('#') {
            parsed.comments.push(Span::of(at..at + text[at..end].trim_end().len()));
            break;
        }
        let mut reader = Reader { text, at, end, out: None, variable: None };
        if let Err(error) = reader.word() {
            parsed.errors.push(error);
        }
        words.push(reader.finish(at));
        at = reader.at;
    }
    if !words.is_empty() {
        parsed.lines.push(Line { span: Span::of(start..end), words });
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\x0b' | '\x0c')
}

/// One word being read.
struct Reader<'s> {
    text: &'s str,
    at: usize,
    end: usize,
    /// What the word means, once that differs from its text.
    out: Option<String>,
    variable: Option<&'s str>,
}

impl<'s> Reader<'s> {
    /// Up to the first blank or comment outside of quotes.
    fn word(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let mut quote: Option<(char, usize)> = None;
        while let Some(c) = self.text[self.at..self.end].chars().next() {
            let here = self.at;
            match (c, quote) {
                ('"' | '\'', None) => {
                    self.drop_from(start, 1);
                    quote = Some((c, here));
                }
                (_, Some((open, _))) if c == open => {
                    self.drop_from(start, 1);
                    quote = None;
                }
                ('\\', None | Some(('"', _))) => self.escape(start, quote.is_some()),
                ('$', Some(('"', _))) => self.variable(start)?,
                ('#', None) => break,
                (_, None) if is_blank(c) => break,
                _ => self.keep(c),
            }
        }
        let Some((c, at)) = quote else { return Ok(()) };
        Err(SyntaxError::new(Span::of(at..at + 1), format!("this {c} is never closed"))
            .help("close it on the same line: quotes do not reach over lines"))
    }

    fn keep(&mut self, c: char) {
        if let Some(out) = &mut self.out {
            out.push(c);
        }
        self.at += c.len_utf8();
    }

    /// Passes over bytes that do not belong to the meaning.
    fn drop_from(&mut self, start: usize, bytes: usize) {
        let (text, at) = (self.text, self.at);
        self.out.get_or_insert_with(|| text[start..at].to_owned());
        self.at += bytes;
    }

    fn escape(&mut self, start: usize, quoted: bool) {
        let mut rest = self.text[self.at..self.end].chars().skip(1);
        let meant = match rest.next() {
            Some(c @ (' ' | '\\' | '#' | '"' | '\'')) => Some((c, 1)),
            Some('$') if quoted => Some(('$', 1)),
            Some('n') => Some(('\n', 1)),
            Some('r') => Some(('\r', 1)),
            Some('t') => Some(('\t', 1)),
            Some('x') => {
                let digits: String = rest.take(2).collect();
                let digits = Some(digits).filter(|d| d.len() == 2);
                digits.and_then(|d| u8::from_str_radix(&d, 16).ok()).map(|byte| (char::from(byte), 3))
            }
            _ => None,
        };
        match meant {
            Some((c, bytes)) => {
                self.drop_from(start, 1);
                if let Some(out) = &mut self.out {
                    out.push(c);
                }
                self.at += bytes;
            }
            None => self.keep('\\'),
        }
    }

    /// `$NAME` or `${NAME-default}`, kept in the text as it stands.
    fn variable(&mut self, start: usize) -> Result<(), SyntaxError> {
        let from = self.at;
        let rest = &self.text[from + 1..self.end];
        let braced = rest.starts_with('{');
        let body = rest.trim_start_matches('{');
        let name_end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len());
        let length = if braced {
            let Some(close) = rest.find('}') else {
                self.keep('$');
                return Err(SyntaxError::new(Span::of(from..from + 2), "this brace of a variable is never closed")
                    .help("write \"${NAME}\", or \"${NAME-30s}\" with a default"));
            };
            close + 2
        } else {
            name_end + 1
        };
        self.variable.get_or_insert(&body[..name_end]);
        let stands = &self.text[from..from + length];
        self.drop_from(start, length);
        if let Some(out) = &mut self.out {
            out.push_str(stands);
        }
        Ok(())
    }

    fn finish(&mut self, start: usize) -> Word<'s> {
        let raw = &self.text[start..self.at];
        let quoted = |q: char| raw.len() >= 2 && raw.starts_with(q) && raw.ends_with(q) && raw.matches(q).count() == 2;
        let inner = usize::from(quoted('"') || quoted('\''));
        let text = self.out.take().map_or(Cow::Borrowed(raw), Cow::Owned);
        Word { span: Span::of(start + inner..self.at - inner), text, variable: self.variable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let shown = |w: &Word<'_>| format!("{}|{}", w.text, w.span.text(text));
        parse(text).lines.iter().map(|l| l.words.iter().map(shown).collect()).collect()
    }

    #[test]
    fn words_are_quoted_escaped_and_commented() {
        assert_eq!(words("a b\tc # d\n\n  #e\nf\r\n"), [vec!["a|a", "b|b", "c|c"], vec!["f|f"]]);
        assert_eq!(words(r#"x "10s" '5 #' 5s#c"#), [vec!["x|x", "10s|10s", "5 #|5 #", "5s|5s"]]);
        assert_eq!(
            words(r#"1"0"s a\ b \#c \q "\"""#),
            [vec!["10s|1\"0\"s", "a b|a\\ b", "#c|\\#c", "\\q|\\q", "\"|\"\\\"\""]]
        );
        assert_eq!(words("'$A' $A \\x41 b\\\n c"), [vec!["$A|$A", "$A|$A", "A|\\x41", "b\\|b\\"], vec!["c|c"]]);
    }

    #[test]
    fn variables_are_kept_as_they_stand() {
        let text = r#"t "${A-7s}" "$B" "${C[*]}" '${D}' ${E}"#;
        let parsed = parse(text);
        let found: Vec<_> = parsed.lines[0].words.iter().map(|w| (w.text.as_ref(), w.variable)).collect();
        let expected = [("t", None), ("${A-7s}", Some("A")), ("$B", Some("B")), ("${C[*]}", Some("C")), ("${D}", None)];
        assert_eq!(found[..5], expected);
        assert_eq!(found[5], ("${E}", None), "outside of double quotes it is plain text");
    }

    #[test]
    fn open_quotes_and_braces_are_errors_of_their_line_alone() {
        let parsed = parse("a \"b c\nd 'e\nf \"${G\nh i");
        let errors: Vec<_> = parsed.errors.iter().map(|e| e.span.range()).collect();
        assert_eq!(errors, [2..3, 9..10, 15..17]);
        assert_eq!(parsed.lines.len(), 4);
        assert_eq!(parsed.lines[3].word(1), "i");
    }
}
