//! Byte offsets to lines and columns. Built once per file, then every lookup is a binary search.
//!
//! Columns count Unicode scalar values from 1, whatever their width on a screen; a byte order mark has no column.

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// LF and CRLF, as SARIF and the forges count.
    Lf,
    /// A lone CR too, as editors count.
    LfOrCr,
}

/// A place as people and machines name it: both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Where each line of one text starts. Lines count from 0 here.
#[derive(Clone, Debug)]
pub struct LineTable {
    starts: Vec<usize>,
}

const BYTE_ORDER_MARK: char = '\u{feff}';

impl LineTable {
    pub fn new(text: &str, ends: LineEnds) -> Self {
        #[cfg(test)]
        BUILDS.with(|builds| builds.set(builds.get() + 1));
        let bytes = text.as_bytes();
        let ends_line = |at: usize| match bytes[at] {
            b'\n' => true,
            b'\r' => ends == LineEnds::LfOrCr && bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let after_ends = (0..bytes.len()).filter(|&at| ends_line(at)).map(|at| at + 1);
        Self { starts: std::iter::once(0).chain(after_ends).collect() }
    }

    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line that holds this offset; an offset behind the text is on the last line.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// A line without what ends it.
    pub fn content(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let content = text.get(start..end).unwrap_or("");
        let content = match content.strip_suffix('\n') {
            Some(rest) => rest.strip_suffix('\r').unwrap_or(rest),
            None if line + 1 < self.count() => content.strip_suffix('\r').unwrap_or(content),
            None => content,
        };
        start..start + content.len()
    }

    /// An offset inside what ends a line is the place just behind the line's last character.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.line(offset);
        let content = self.content(text, line);
        let end = floor(text, offset.clamp(content.start, content.end));
        let before = text.get(content.start..end).unwrap_or("");
        let before = if line == 0 { before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before) } else { before };
        Position { line: line + 1, column: before.chars().count() + 1 }
    }
}

/// The border of a character at or before an offset.
pub fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The border of a character at or after an offset.
pub fn ceil(text: &str, offset: usize) -> usize {
    (offset..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
thread_local! {
    /// How many tables this thread has built: what the speed of a report on a large file hangs on.
    pub(super) static BUILDS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let position = LineTable::new(text, LineEnds::Lf).position(text, offset);
        (position.line, position.column)
    }

    #[test]
    fn columns_count_scalar_values() {
        let text = "näme: 漢字\r\ne\u{301}: 👩‍💻 x\n";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, text.find('字').unwrap()), (1, 8));
        assert_eq!(at(text, text.find('x').unwrap()), (2, 9));
        assert_eq!(at(text, 3), (1, 3), "behind a letter of two bytes");
        assert_eq!(at(text, 2), (1, 2), "inside a letter is at the letter");
    }

    #[test]
    fn a_line_end_belongs_to_its_line() {
        let text = "ab\r\ncd\n";
        assert_eq!(at(text, 2), (1, 3), "at CR");
        assert_eq!(at(text, 3), (1, 3), "between CR and LF");
        assert_eq!(at(text, 4), (2, 1));
        assert_eq!(at(text, 7), (3, 1), "end of file");
        assert_eq!(at(text, 999), (3, 1), "behind the end");
        assert_eq!(at("", 0), (1, 1));
    }

    #[test]
    fn a_lone_cr_ends_a_line_only_where_said() {
        let text = "a\rb\r\nc";
        assert_eq!(LineTable::new(text, LineEnds::Lf).count(), 2);
        let table = LineTable::new(text, LineEnds::LfOrCr);
        assert_eq!(table.count(), 3);
        assert_eq!(table.content(text, 0), 0..1);
        assert_eq!(table.content(text, 1), 2..3);
        assert_eq!(table.position(text, 2), Position { line: 2, column: 1 });
    }

    #[test]
    fn a_byte_order_mark_has_no_column() {
        assert_eq!(at("\u{feff}ab", 3), (1, 1));
        assert_eq!(at("\u{feff}ab", 4), (1, 2));
    }

    proptest! {
        #[test]
        fn agrees_with_counting_from_the_start(text in "[a\u{e9}漢\r\n]{0,40}", offset in 0usize..90) {
            let offset = floor(&text, offset);
            let before = &text[..offset];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let in_line_end = before.ends_with('\r') && text[offset..].starts_with('\n');
            prop_assert_eq!(at(&text, offset), (line, column - usize::from(in_line_end)));
        }
    }
}
