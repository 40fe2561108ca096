//! Aligned columns for terminals. Cells are cleaned here; the last column wraps under itself.

use super::clean;
use super::paint::Paint;
use std::fmt::Write as _;
use textwrap::core::display_width;

/// Between two columns, and before the first.
const GAP: &str = "  ";
/// A last column narrower than this is not wrapped: it would be one word a line.
const NARROWEST: usize = 20;

/// How a row is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
}

pub struct Table<const N: usize> {
    heads: [&'static str; N],
    /// Whether a column is aligned to the right: numbers and durations.
    right: [bool; N],
    rows: Vec<Row<N>>,
}

enum Row<const N: usize> {
    Cells([String; N], Look),
    /// A line of its own below a row, as it is: clean, painted and short enough.
    Under(String),
}

impl<const N: usize> Table<N> {
    pub fn new(heads: [&'static str; N], right: [bool; N]) -> Self {
        Self { heads, right, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: [&str; N], look: Look) {
        self.rows.push(Row::Cells(cells.map(|cell| clean::line(cell).into_owned()), look));
    }

    /// A line across all columns, below the last row: clean, painted and short enough already.
    pub fn under(&mut self, line: String) {
        self.rows.push(Row::Under(line));
    }

    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table with a line end after each line; nothing where there is no row.
    pub fn text(&self, paint: Paint, width: usize) -> String {
        let mut out = String::new();
        if self.rows.is_empty() {
            return out;
        }
        let widths = self.widths();
        if self.heads.iter().any(|head| !head.is_empty()) {
            self.line(&mut out, &self.heads.map(str::to_owned), Look::Dim, &widths, (paint, width));
        }
        for row in &self.rows {
            match row {
                Row::Cells(cells, look) => self.line(&mut out, cells, *look, &widths, (paint, width)),
                Row::Under(line) => {
                    let _ = writeln!(out, "{GAP}{line}");
                }
            }
        }
        out
    }

    fn widths(&self) -> [usize; N] {
        std::array::from_fn(|i| {
            let cells = self.rows.iter().filter_map(|row| match row {
                Row::Cells(cells, _) => Some(display_width(&cells[i])),
                Row::Under(_) => None,
            });
            cells.chain([display_width(self.heads[i])]).max().unwrap_or(0)
        })
    }

    fn line(&self, out: &mut String, cells: &[String; N], look: Look, widths: &[usize; N], page: (Paint, usize)) {
        let (paint, width) = page;
        let last = N - 1;
        let mut start = String::new();
        // A column without a text takes no room.
        for i in (0..last).filter(|i| widths[*i] > 0) {
            let pad = " ".repeat(widths[i].saturating_sub(display_width(&cells[i])));
            let (before, after) = if self.right[i] { (pad.as_str(), "") } else { ("", pad.as_str()) };
            let _ = write!(start, "{GAP}{before}{}{after}", cells[i]);
        }
        start += GAP;
        let left = display_width(&start);
        let room = width.saturating_sub(left);
        let pad = if self.right[last] { widths[last].saturating_sub(display_width(&cells[last])) } else { 0 };
        let wrapped = if room < NARROWEST || self.right[last] {
            vec![cells[last].as_str().into()]
        } else {
            textwrap::wrap(&cells[last], in_words(room))
        };
        for (i, piece) in wrapped.iter().enumerate() {
            let text = if i == 0 {
                format!("{start}{}{piece}", " ".repeat(pad))
            } else {
                format!("{}{piece}", " ".repeat(left))
            };
            let text = text.trim_end();
            let _ = match look {
                Look::Plain => writeln!(out, "{text}"),
                Look::Bold => writeln!(out, "{}", paint.bold(text)),
                Look::Dim => writeln!(out, "{}", paint.dim(text)),
                Look::Red => writeln!(out, "{}", paint.red(text)),
                Look::Yellow => writeln!(out, "{}", paint.yellow(text)),
            };
        }
    }
}

/// Paths and options stay whole, so that they can be copied.
pub fn in_words(width: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(width)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_last_one_wraps_under_itself() {
        let mut table = Table::new(["hop", "after", "why"], [false, true, false]);
        table.row(["漢字", "9s", "it is the shortest timer of the whole chain"], Look::Plain);
        table.row(["proxy\u{1b}", "120s", "late"], Look::Plain);
        let text = table.text(Paint { on: false }, 46);
        let expected = "  hop            after  why
  漢字              9s  it is the shortest
                        timer of the whole
                        chain
  proxy<U+001B>   120s  late
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_line_may_stand_under_a_row_and_an_empty_column_takes_no_room() {
        let mut table = Table::new(["hop", "", "why"], [false, true, false]);
        table.row(["app", "", "it is first"], Look::Plain);
        table.under("| 5s apart".to_owned());
        assert_eq!(table.text(Paint { on: false }, 80), "  hop  why\n  app  it is first\n  | 5s apart\n");
    }

    #[test]
    fn a_table_without_rows_is_no_table() {
        assert_eq!(Table::new(["a"], [false]).text(Paint { on: true }, 80), "");
    }
}
