//! A command line as its shell splits it: words with their places, command by command.

use crate::span::Span;

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without quotes and escapes.
    pub text: String,
    /// Of the text: inside the quotes where the whole word is quoted.
    pub at: Span,
    /// The whole word, quotes included.
    pub whole: Span,
    /// Nothing in it is filled in later (`$PORT`, backticks).
    pub plain: bool,
}

/// The commands in `span`: what stands between `;`, `&`, `|`, line ends and the like.
pub fn commands(text: &str, span: Span) -> Vec<Vec<Word>> {
    split(Reader::new(text, span, true))
}

/// As [`commands`], of a text whose line ends became blanks before a shell reads it. A `#` begins no comment then.
pub fn folded(text: &str, span: Span) -> Vec<Vec<Word>> {
    split(Reader::new(text, span, false))
}

fn split(mut reader: Reader<'_>) -> Vec<Vec<Word>> {
    let mut found = vec![Vec::new()];
    while let Some(piece) = reader.next() {
        match piece {
            Piece::Word(word) => {
                if let Some(last) = found.last_mut() {
                    last.push(word);
                }
            }
            Piece::End => found.push(Vec::new()),
        }
    }
    found.retain(|words| !words.is_empty());
    found
}

enum Piece {
    Word(Word),
    End,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    base: usize,
    /// Nothing but blanks and comments since a backslash at a line's end.
    continued: bool,
    /// A shell reads it: a line is a command.
    lines: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, span: Span, lines: bool) -> Self {
        Self { text: span.text(text), at: 0, base: span.start as usize, continued: false, lines }
    }

    fn next(&mut self) -> Option<Piece> {
        loop {
            let rest = &self.text[self.at..];
            let c = rest.chars().next()?;
            if let Some(length) = continuation(rest) {
                self.at += length;
                self.continued = true;
            } else if matches!(c, ' ' | '\t' | '\r') || c == '\n' && !self.lines {
                self.at += 1;
            } else if matches!(c, ';' | '&' | '|' | '\n' | '(' | ')') {
                self.at += 1;
                return Some(Piece::End);
            } else if c == '#' && self.lines {
                // Between continued lines a comment line is as if it were not there.
                let past = usize::from(self.continued);
                self.at += rest.find('\n').map_or(rest.len(), |end| end + past);
            } else {
                self.continued = false;
                return Some(Piece::Word(self.word()));
            }
        }
    }

    fn word(&mut self) -> Word {
        let (start, mut text, mut plain, mut quoted) = (self.at, String::new(), true, None);
        while let Some(c) = self.text[self.at..].chars().next() {
            if let Some(length) = continuation(&self.text[self.at..]) {
                self.at += length;
                continue;
            }
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' => break,
                '\'' | '"' => {
                    let inner = self.quoted(c, &mut text, &mut plain);
                    quoted = (inner.0 == start + 1).then_some(inner);
                }
                '\\' => {
                    self.at += 1;
                    if let Some(next) = self.text[self.at..].chars().next() {
                        text.push(next);
                        self.at += next.len_utf8();
                    }
                }
                _ => {
                    plain &= !matches!(c, '$' | '`');
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        let place = |range: std::ops::Range<usize>| Span::of(self.base + range.start..self.base + range.end);
        let whole = place(start..self.at);
        let at = quoted.filter(|inner| inner.1 + 1 == self.at).map_or(whole, |inner| place(inner.0..inner.1));
        Word { text, at, whole, plain }
    }

    /// What stands in quotes, and where.
    fn quoted(&mut self, quote: char, text: &mut String, plain: &mut bool) -> (usize, usize) {
        self.at += 1;
        let start = self.at;
        while let Some(c) = self.text[self.at..].chars().next() {
            if c == quote {
                let end = self.at;
                self.at += 1;
                return (start, end);
            }
            self.at += c.len_utf8();
            let escaped = self.text[self.at..].chars().next().filter(|next| matches!(next, '"' | '\\' | '$' | '`'));
            if let (true, '\\', Some(next)) = (quote == '"', c, escaped) {
                text.push(next);
                self.at += 1;
                continue;
            }
            *plain &= quote == '\'' || !matches!(c, '$' | '`');
            text.push(c);
        }
        (start, self.at)
    }
}

/// The length of a backslash before a line end.
fn continuation(rest: &str) -> Option<usize> {
    ["\\\n", "\\\r\n"].iter().find(|end| rest.starts_with(**end)).map(|end| end.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<Vec<String>> {
        let all = commands(text, Span::of(0..text.len()));
        all.iter().map(|words| words.iter().map(|w| w.text.clone()).collect()).collect()
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        assert_eq!(split("a -t 5 'b c' \"d\\\"e\" f\\ g"), [["a", "-t", "5", "b c", "d\"e", "f g"]]);
        assert_eq!(split("a && b \\\n  c; d # e"), [vec!["a"], vec!["b", "c"], vec!["d"]]);
        assert_eq!(split("a ''"), [["a", ""]]);
    }

    #[test]
    fn folded_lines_are_one_command() {
        let text = "a\n  -t 5\n#x ; b";
        let found = folded(text, Span::of(0..text.len()));
        let found: Vec<Vec<&str>> = found.iter().map(|words| words.iter().map(|w| &*w.text).collect()).collect();
        assert_eq!(found, [vec!["a", "-t", "5", "#x"], vec!["b"]]);
    }

    #[test]
    fn places_are_inside_the_quotes() {
        let text = "x --t=\"5\" '120' $P";
        let words = &commands(text, Span::of(0..text.len()))[0];
        assert_eq!(words[2].at.text(text), "120");
        assert_eq!(words[2].whole.text(text), "'120'");
        assert_eq!(words[1].at.text(text), "--t=\"5\"");
        assert!(!words[3].plain && words[2].plain);
    }

    proptest! {
        #[test]
        fn any_text_is_split(text in "[ -~\\n\\\\'\"é]{0,60}") {
            for word in commands(&text, Span::of(0..text.len())).iter().flatten() {
                prop_assert!(text.get(word.at.range()).is_some());
                prop_assert!(word.whole.start <= word.at.start && word.at.end <= word.whole.end);
            }
        }
    }
}
