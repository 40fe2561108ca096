//! The lines of a file that one finding shows: around its labels, harmless for a terminal, and of bounded length.
//!
//! An excerpt holds a few lines, so drawing it costs the same in a file of any size. Stock source types walk the file
//! from its start for every label.

use super::clean;
use super::lines::{ceil, floor};
use super::places::File;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;

/// Lines shown before and after each label.
pub(super) const CONTEXT: usize = 1;
/// A label over more lines than this points at its first line.
const MOST_LINES: usize = 6;
/// A line of more bytes than this is shown around its labels only.
const LONG: usize = 240;
/// What is shown of a long line on either side of where a label starts or ends.
const AROUND: usize = 60;

/// A part of a file as it is drawn.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
    /// The labels' ranges in `text`, in the order given.
    pub labels: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Line {
    start: usize,
    /// In the file, from 0.
    number: usize,
    /// Columns of the borders of labels on this line, by their offset in `text`.
    columns: Vec<(usize, usize)>,
}

impl Excerpt {
    pub fn new(file: &File, labels: &[Range<usize>], ellipsis: &str) -> Self {
        let labels: Vec<Range<usize>> = labels.iter().map(|label| within_reason(file, label)).collect();
        let mut numbers: Vec<usize> = labels.iter().flat_map(|label| shown_lines(file, label)).collect();
        numbers.sort_unstable();
        numbers.dedup();

        let mut borders: Vec<usize> = labels.iter().flat_map(|label| [label.start, label.end]).collect();
        borders.sort_unstable();
        borders.dedup();
        let mut excerpt = Self {
            name: clean::line(file.path).into_owned(),
            text: String::new(),
            lines: Vec::with_capacity(numbers.len()),
            labels: Vec::new(),
        };
        let mut drawn: Vec<(usize, usize)> = Vec::with_capacity(borders.len());
        for number in numbers {
            excerpt.add_line(file, number, &borders, &mut drawn, ellipsis);
        }
        let place = |offset: usize| drawn.iter().find(|(from, _)| *from == offset).map_or(0, |(_, to)| *to);
        excerpt.labels = labels.iter().map(|label| place(label.start)..place(label.end)).collect();
        excerpt
    }

    fn add_line(
        &mut self,
        file: &File,
        number: usize,
        borders: &[usize],
        drawn: &mut Vec<(usize, usize)>,
        ellipsis: &str,
    ) {
        let table = file.lines();
        let content = table.content(file.text, number);
        let next = if number + 1 < table.count() { table.content(file.text, number + 1).start } else { usize::MAX };
        let here: Vec<usize> = borders.iter().copied().filter(|b| content.start <= *b && *b < next).collect();
        let mut line = Line { start: self.text.len(), number, columns: Vec::with_capacity(here.len()) };
        let mut at = content.start;
        for piece in pieces(file.text, &content, &here) {
            if piece.start > at {
                self.text.push_str(ellipsis);
            }
            let inside = here.iter().copied().filter(|b| piece.contains(b));
            at = piece.start;
            for border in inside.chain([piece.end]) {
                self.draw(&file.text[at..border]);
                at = border;
                drawn.push((border, self.text.len()));
            }
        }
        if at < content.end {
            self.text.push_str(ellipsis);
        }
        // A border in what ends the line, or behind the last line.
        for border in here.iter().copied().filter(|b| *b > content.end) {
            drawn.push((border, self.text.len()));
        }
        for border in here {
            if let Some((_, to)) = drawn.iter().find(|(from, _)| *from == border) {
                line.columns.push((*to, table.position(file.text, border).column));
            }
        }
        self.text.push('\n');
        self.lines.push(line);
    }

    fn draw(&mut self, part: &str) {
        for c in part.chars() {
            if clean::is_obeyed(c) { clean::show(c, &mut self.text) } else { self.text.push(c) }
        }
    }

    fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }
}

/// A label that ends with a line's end stays on that line, and one over many lines is drawn at its first line.
fn within_reason(file: &File, label: &Range<usize>) -> Range<usize> {
    let table = file.lines();
    let (first, last) = (table.line(label.start), table.line(last_offset(label)));
    let line = if last - first < MOST_LINES { last } else { first };
    if line == table.line(label.end) {
        return label.clone();
    }
    label.start..table.content(file.text, line).end.max(label.start)
}

/// A range that ends with a line's end does not reach the next line.
fn last_offset(label: &Range<usize>) -> usize {
    if label.is_empty() { label.start } else { label.end - 1 }
}

fn shown_lines(file: &File, label: &Range<usize>) -> Range<usize> {
    let table = file.lines();
    let mut end = (table.line(last_offset(label)) + 1 + CONTEXT).min(table.count());
    // Behind the last line end there is a line only for a label that stands there.
    if end == table.count()
        && label.start < file.text.len()
        && table.content(file.text, end - 1).start == file.text.len()
    {
        end -= 1;
    }
    table.line(label.start).saturating_sub(CONTEXT)..end
}

/// The parts of a line to draw: all of it, or the surroundings of its borders.
fn pieces(text: &str, content: &Range<usize>, borders: &[usize]) -> Vec<Range<usize>> {
    if content.len() <= LONG {
        return vec![content.clone()];
    }
    let start_of_line = [content.start];
    let borders = if borders.is_empty() { &start_of_line } else { borders };
    let mut pieces: Vec<Range<usize>> = Vec::with_capacity(borders.len());
    for border in borders {
        let border = (*border).min(content.end);
        let start = floor(text, border.saturating_sub(AROUND).max(content.start));
        let end = ceil(text, (border + AROUND).min(content.end));
        match pieces.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => pieces.push(start..end),
        }
    }
    pieces
}

impl SourceCode for Excerpt {
    /// Fails for a span over a gap between shown lines, so that miette draws its two sides apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let (first, last) = (self.line_at(start), self.line_at(last_offset(&(start..end))));
        let joined = |a: usize, b: usize| self.lines[b].number - self.lines[a].number == b - a;
        if self.lines.is_empty() || end > self.text.len() || !joined(first, last) {
            return Err(MietteError::OutOfBounds);
        }
        let column = |line: &Line| line.columns.iter().find(|(at, _)| *at == start).map_or(0, |(_, column)| column - 1);
        let from = (first.saturating_sub(before)..=first).find(|&line| joined(line, first)).unwrap_or(first);
        let to = (last..=(last + after).min(self.lines.len() - 1)).rev().find(|&line| joined(last, line));
        let to = to.unwrap_or(last);
        let until = self.lines.get(to + 1).map_or(self.text.len(), |line| line.start);
        let (offset, column) =
            if before == 0 { (start, column(&self.lines[first])) } else { (self.lines[from].start, 0) };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[offset..until],
            (offset, until - offset).into(),
            self.lines[from].number,
            column,
            to - from + 1,
        )))
    }
}
