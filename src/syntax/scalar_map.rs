//! From an offset inside the value of a text to its place in the file: for text that holds another language, such as
//! an nginx.conf inside a `ConfigMap`.

use super::{Format, Kind, Node};
use crate::span::Span;
use std::ops::Range;

/// Where each part of a value stands in the file. Built when somebody asks, not while parsing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalarMap {
    /// In order, without gaps in the value.
    segments: Vec<Segment>,
}

/// Parts of the same length are the same text; an escape or a line break is a segment of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    value: Range<usize>,
    file: Range<usize>,
}

impl ScalarMap {
    /// For a text of one line, plain or in quotes, and for literal and folded blocks of YAML. `None` for other values
    /// (texts in quotes that go over several lines): their problems are shown at the whole node.
    pub fn of(node: &Node<'_>, file: &str, format: Format) -> Option<Self> {
        let Kind::Str(value) = &node.kind else { return None };
        let start = node.def.unwrap_or(node.span).start as usize;
        let source = node.source(file);
        let mut walk = Walk { value, source, start, at: 0, segments: Vec::new() };
        let (first, yaml) = (source.as_bytes().first().copied(), format == Format::Yaml);
        match first {
            Some(b'|' | b'>') if yaml && start_of_block(source) => {
                // The span of a node leaves blank lines at the end out, the value may hold them.
                walk.source = &file[start..];
                walk.block(first == Some(b'>'))?;
            }
            _ if source.contains(['\n', '\r']) => return None,
            Some(b'"') => walk.quoted(b'"', '\\')?,
            Some(b'\'') if yaml => walk.quoted(b'\'', '\'')?,
            Some(b'\'') => walk.piece(1..source.len().checked_sub(1)?)?,
            _ => walk.piece(0..source.len())?,
        }
        (walk.at == value.len()).then_some(Self { segments: walk.segments })
    }

    /// Where a part of the value stands in the file. Lines that it holds whole come with their indentation.
    pub fn span(&self, value: Range<usize>) -> Span {
        let start = self.start(value.start);
        let end = if value.is_empty() { start } else { self.end(value.end).max(start) };
        Span::of(start..end)
    }

    fn start(&self, at: usize) -> usize {
        let i = self.segments.partition_point(|s| s.value.end <= at);
        match self.segments.get(i) {
            Some(s) if s.value.len() == s.file.len() => s.file.start + at.saturating_sub(s.value.start),
            Some(s) => s.file.start,
            None => self.segments.last().map_or(0, |s| s.file.end),
        }
    }

    fn end(&self, at: usize) -> usize {
        let i = self.segments.partition_point(|s| s.value.end < at);
        match self.segments.get(i) {
            Some(s) if s.value.len() == s.file.len() => s.file.start + at.saturating_sub(s.value.start),
            Some(s) => s.file.end,
            None => self.segments.last().map_or(0, |s| s.file.end),
        }
    }
}

/// `|`, `>` and what may follow them on their line.
fn start_of_block(source: &str) -> bool {
    let header = source[1..].lines().next().unwrap_or("");
    let header = header.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    header.is_empty() || header.starts_with([' ', '\t'])
}

/// Value and source side by side. Every step checks that both say the same, so a wrong map is never handed out.
struct Walk<'t> {
    value: &'t str,
    /// The scalar in the file, and where it starts there.
    source: &'t str,
    start: usize,
    /// How much of the value is found.
    at: usize,
    segments: Vec<Segment>,
}

impl Walk<'_> {
    /// A part of the source that stands in the value unchanged.
    fn piece(&mut self, range: Range<usize>) -> Option<()> {
        let text = self.source.get(range.clone())?;
        self.value[self.at..].starts_with(text).then(|| self.push(range, text.len()))
    }

    fn push(&mut self, range: Range<usize>, length: usize) {
        let file = self.start + range.start..self.start + range.end;
        if length > 0 {
            self.segments.push(Segment { value: self.at..self.at + length, file });
        }
        self.at += length;
    }

    fn quoted(&mut self, quote: u8, escape: char) -> Option<()> {
        let end = self.source.len().checked_sub(1).filter(|&end| end > 0)?;
        if self.source.as_bytes()[end] != quote {
            return None;
        }
        let mut at = 1;
        while at < end {
            let plain = self.source[at..end].find(escape).map_or(end, |i| at + i);
            self.piece(at..plain)?;
            at = plain;
            if at < end {
                let length = escape_length(&self.source[at..end])?;
                let c = self.value[self.at..].chars().next()?;
                self.push(at..at + length, c.len_utf8());
                at += length;
            }
        }
        Some(())
    }

    /// The lines below the header. Those of a folded block may be joined by a space.
    fn block(&mut self, folded: bool) -> Option<()> {
        let mut at = line_end(self.source, 0).1;
        let mut indent = None;
        while at < self.source.len() && self.at < self.value.len() {
            let (end, next) = line_end(self.source, at);
            let line = &self.source[at..end];
            let spaces = line.len() - line.trim_start_matches(' ').len();
            let rest = &self.value[self.at..];
            // A line of nothing but spaces is at most as long as the indentation, or text.
            let indent = match indent {
                _ if line.len() == spaces && rest.starts_with('\n') => spaces,
                Some(known) => known,
                None => {
                    // With an indentation indicator the first line may start with spaces of its own.
                    let own = rest.len() - rest.trim_start_matches(' ').len();
                    *indent.insert(spaces.checked_sub(own)?)
                }
            };
            self.piece(at + indent.min(line.len())..end)?;
            let breaks = match self.value.as_bytes().get(self.at) {
                Some(b'\n') => 1,
                Some(b' ') if folded => 1,
                None | Some(_) => 0,
            };
            self.push(end..next, breaks);
            at = next;
        }
        // A file that ends inside its last line.
        let rest = &self.value[self.at..];
        if rest == "\n" {
            self.push(at..at, 1);
        }
        Some(())
    }
}

/// Where the line at `at` ends, and where the next one starts.
fn line_end(text: &str, at: usize) -> (usize, usize) {
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |i| at + i);
    let width = if text[end..].starts_with("\r\n") { 2 } else { usize::from(end < text.len()) };
    (end, end + width)
}

fn escape_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let high = |at: usize| matches!(rest.get(at..at + 2)?, "\\u").then(|| rest.get(at + 2..at + 6)).flatten();
    let is_surrogate = |at| {
        high(at).is_some_and(|hex| hex.starts_with(['d', 'D']) && hex[1..].starts_with(['8', '9', 'a', 'A', 'b', 'B']))
    };
    let length = match (bytes.first()?, bytes.get(1)?) {
        (b'\'', b'\'') => 2,
        (b'\'', _) => return None,
        (_, b'x') => 4,
        (_, b'u') if is_surrogate(0) && high(6).is_some() => 12,
        (_, b'u') => 6,
        (_, b'U') => 10,
        _ => 1 + rest[1..].chars().next()?.len_utf8(),
    };
    rest.is_char_boundary(length).then_some(length)
}
