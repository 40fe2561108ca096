//! Byte offsets to the positions of the protocol and back. The only place that knows UTF-16.

use crate::span::Span;
use gen_lsp_types::{Position, PositionEncodingKind, Range};

/// What a `character` of a position counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// The one that costs least of those that a client offers; UTF-16 where it offers none.
    pub fn negotiate(offered: &[String]) -> Self {
        let has = |name: &str| offered.iter().any(|known| known == name);
        if has("utf-8") {
            Self::Utf8
        } else if has("utf-16") || !has("utf-32") {
            Self::Utf16
        } else {
            Self::Utf32
        }
    }

    pub const fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin. LF, CRLF and a lone CR end one, as the protocol says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
    /// Then a character is a byte in every encoding.
    ascii: bool,
    encoding: Encoding,
    /// A byte order mark that the editor will not see.
    mark: usize,
}

impl Lines {
    /// The lines of a text that an editor has.
    pub fn of(text: &str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(i + 1);
            }
        }
        Self { starts, ascii: text.is_ascii(), encoding, mark: 0 }
    }

    /// The lines of a file of the disk: editors take a byte order mark away.
    pub fn of_disk(text: &str, encoding: Encoding) -> Self {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { mark, ..Self::of(text, encoding) }
    }

    /// The line of an offset, from 0.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// The bytes of a line without what ends it.
    pub fn bytes(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let body = text.get(start..end).unwrap_or_default();
        start..start + body.trim_end_matches('\n').trim_end_matches('\r').len()
    }

    pub fn position(&self, text: &str, offset: u32) -> Position {
        let mut offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(offset);
        // What ends a line has no place of its own.
        offset = offset.min(self.bytes(text, line).end);
        let mut start = self.starts[line];
        if line == 0 {
            start = self.mark.min(offset);
        }
        let character = if self.ascii || self.encoding == Encoding::Utf8 {
            offset - start
        } else {
            text[start..offset].chars().map(|c| self.encoding.width(c)).sum()
        };
        Position { line: small(line), character: small(character) }
    }

    pub fn range(&self, text: &str, span: Span) -> Range {
        Range { start: self.position(text, span.start), end: self.position(text, span.end.max(span.start)) }
    }

    /// A position beyond its line means the line's end; one inside a character its beginning.
    pub fn offset(&self, text: &str, position: Position) -> u32 {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        if line >= self.starts.len() {
            return small(text.len());
        }
        let std::ops::Range { start, end } = self.bytes(text, line);
        let start = if line == 0 { self.mark.min(end) } else { start };
        let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
        if self.ascii {
            return small(start.saturating_add(wanted).min(end));
        }
        let mut passed = 0;
        for (at, c) in text[start..end].char_indices() {
            passed += self.encoding.width(c);
            if passed > wanted {
                return small(start + at);
            }
        }
        small(end)
    }

    pub fn span(&self, text: &str, range: Range) -> Span {
        let (start, end) = (self.offset(text, range.start), self.offset(text, range.end));
        Span::new(start.min(end), end.max(start))
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn counts_what_the_encoding_counts() {
        let text = "a\u{1f600}é: x\r\nb\rc\n";
        let byte = u32::try_from(text.find(':').unwrap()).unwrap();
        for (encoding, character) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            let lines = Lines::of(text, encoding);
            assert_eq!(lines.position(text, byte), at(0, character));
            assert_eq!(lines.offset(text, at(0, character)), byte);
            assert_eq!(lines.starts.len(), 4, "CRLF, CR and LF end lines");
            assert_eq!(lines.offset(text, at(0, 99)), 10, "the end of the line, before CRLF");
            assert_eq!(lines.offset(text, at(9, 0)), 16);
        }
        let lines = Lines::of(text, Encoding::Utf16);
        assert_eq!(lines.offset(text, at(0, 2)), 1, "inside a surrogate pair is its beginning");
    }

    #[test]
    fn a_mark_on_the_disk_has_no_column() {
        let text = "\u{feff}ab\n";
        let lines = Lines::of_disk(text, Encoding::Utf16);
        assert_eq!((lines.position(text, 3), lines.position(text, 0)), (at(0, 0), at(0, 0)));
        assert_eq!(lines.offset(text, at(0, 1)), 4);
        assert_eq!(Lines::of(text, Encoding::Utf16).position(text, 3), at(0, 1));
    }

    #[test]
    fn the_cheapest_encoding_is_taken() {
        let pick = |names: &[&str]| Encoding::negotiate(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(pick(&[]), Encoding::Utf16);
        assert_eq!(pick(&["utf-16", "utf-8"]), Encoding::Utf8);
        assert_eq!(pick(&["utf-32", "utf-16"]), Encoding::Utf16);
        assert_eq!(pick(&["utf-32"]), Encoding::Utf32);
    }

    proptest! {
        #[test]
        fn every_character_has_a_position_of_its_own(text in "[a-z\u{e9}\u{1f600}\u{feff}\r\n:]{0,40}") {
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let lines = Lines::of(&text, encoding);
                for (at, c) in text.char_indices() {
                    let offset = u32::try_from(at).unwrap();
                    // What ends a line is reached from its first byte.
                    if c != '\n' || at == 0 || text.as_bytes()[at - 1] != b'\r' {
                        prop_assert_eq!(lines.offset(&text, lines.position(&text, offset)), offset);
                    }
                }
            }
        }
    }
}
