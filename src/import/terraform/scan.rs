//! A walk over HCL text that knows strings, heredocs, comments and brackets, and nothing else. It finds the comments, and
//! the top-level pieces of a file that does not parse as a whole, and the objects that are too wide to be parsed.

use crate::span::Span;

/// What a walk finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub comments: Vec<Span>,
    /// The top-level blocks and attributes, each whole.
    pub pieces: Vec<Span>,
    /// Objects with more entries than [`MOST_ENTRIES`], an inner one before the one around it.
    pub wide: Vec<Span>,
}

/// hcl-edit compares each key of an object with all the others: 80,000 keys take it half a minute.
const MOST_ENTRIES: usize = 2_000;

/// The text with another value of the same length where an object is too wide: a call, which nobody can know.
pub fn without_wide(text: &str, wide: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in wide {
        bytes[span.range()].fill(b' ');
        bytes[span.start as usize..span.start as usize + 3].copy_from_slice(b"f()");
    }
    String::from_utf8(bytes).unwrap_or_default()
}

pub fn scan(text: &str) -> Scan {
    let mut walker =
        Walker { text, bytes: text.as_bytes(), at: 0, last: b'\n', frames: Vec::new(), found: Scan::default() };
    walker.top();
    walker.found
}

struct Walker<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// The last byte that was no blank and in no comment.
    last: u8,
    /// The brackets that are open.
    frames: Vec<Frame>,
    found: Scan,
}

struct Frame {
    start: usize,
    /// Not the body of a block.
    value: bool,
    /// Commas and line breaks.
    entries: usize,
}

impl Walker<'_> {
    fn top(&mut self) {
        let (mut depth, mut start, mut closed) = (0usize, None::<usize>, false);
        while let Some(&byte) = self.bytes.get(self.at) {
            let begin = self.at;
            self.count(byte);
            match byte {
                b'#' => self.comment(),
                b'/' if self.starts_with("//") => self.comment(),
                b'/' if self.starts_with("/*") => self.block_comment(),
                b'"' => {
                    start.get_or_insert(begin);
                    self.string();
                    self.last = b'"';
                }
                b'<' if self.starts_with("<<") => {
                    start.get_or_insert(begin);
                    self.heredoc();
                }
                b'{' | b'[' | b'(' => {
                    start.get_or_insert(begin);
                    depth += 1;
                    self.open(byte);
                    self.last = byte;
                    self.at += 1;
                }
                b'}' | b']' | b')' => {
                    depth = depth.saturating_sub(1);
                    closed = depth == 0;
                    self.at += 1;
                    self.last = byte;
                    self.close();
                }
                b'\n' => {
                    // A block that was never closed ends where the next one begins at the left edge.
                    if depth == 0 || (depth > 0 && start.is_some() && self.begins_a_block(begin + 1)) {
                        self.piece(&mut start, begin);
                        (depth, closed) = (0, false);
                        self.close_all();
                    }
                    self.last = byte;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => {
                    self.last = byte;
                    if closed && depth == 0 && start.is_some() {
                        self.piece(&mut start, begin);
                        closed = false;
                    }
                    start.get_or_insert(begin);
                    self.at += 1;
                }
            }
        }
        self.piece(&mut start, self.bytes.len());
        self.close_all();
    }

    fn count(&mut self, byte: u8) {
        if matches!(byte, b',' | b'\n')
            && let Some(frame) = self.frames.last_mut()
        {
            frame.entries += 1;
        }
    }

    /// A brace behind a name or label opens a block, unless a value stands around it.
    fn open(&mut self, byte: u8) {
        let named = self.last.is_ascii_alphanumeric() || matches!(self.last, b'_' | b'-' | b'"' | 0x80..);
        let value = byte != b'{' || !named || self.frames.last().is_some_and(|around| around.value);
        self.frames.push(Frame { start: self.at, value, entries: 0 });
    }

    /// Ends the innermost bracket, behind its closing one.
    fn close(&mut self) {
        if let Some(frame) = self.frames.pop()
            && frame.value
            && frame.entries > MOST_ENTRIES
            && self.bytes[frame.start] == b'{'
        {
            self.found.wide.push(Span::of(frame.start..self.at));
        }
    }

    fn close_all(&mut self) {
        while !self.frames.is_empty() {
            self.close();
        }
    }

    fn piece(&mut self, start: &mut Option<usize>, end: usize) {
        if let Some(start) = start.take()
            && let Some(text) = self.text.get(start..end)
        {
            self.found.pieces.push(Span::of(start..start + text.trim_end().len()));
        }
    }

    /// `resource "`, `module "` and the like at the left edge.
    fn begins_a_block(&self, at: usize) -> bool {
        const KINDS: [&str; 8] =
            ["resource ", "data ", "module ", "variable ", "output ", "locals ", "provider ", "terraform "];
        let rest = self.text.get(at..).unwrap_or_default();
        KINDS.iter().any(|kind| rest.starts_with(kind))
    }

    fn starts_with(&self, what: &str) -> bool {
        self.bytes[self.at..].starts_with(what.as_bytes())
    }

    fn comment(&mut self) {
        let end = self.bytes[self.at..].iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |i| self.at + i);
        let shown = self.text.get(self.at..end).map_or(end, |text| self.at + text.trim_end().len());
        self.found.comments.push(Span::of(self.at..shown));
        self.at = end;
    }

    fn block_comment(&mut self) {
        let end =
            self.text.get(self.at..).and_then(|rest| rest.find("*/")).map_or(self.bytes.len(), |i| self.at + i + 2);
        self.found.comments.push(Span::of(self.at..end));
        self.at = end;
    }

    /// A string, with the expressions in it. It ends at the line's end where nobody closed it.
    fn string(&mut self) {
        let start = self.at;
        let entries = self.inside_string();
        self.wide_text(start, entries);
    }

    /// Objects in the expressions of a text are not told apart: all of it is passed over.
    fn wide_text(&mut self, start: usize, entries: usize) {
        if entries > MOST_ENTRIES {
            self.found.wide.push(Span::of(start..self.at));
        }
    }

    /// Gives the commas and line breaks of the expressions.
    fn inside_string(&mut self) -> usize {
        let mut entries = 0;
        self.at += 1;
        // Brackets of `${`, each with the strings inside it.
        let mut open = Vec::new();
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' if open.last() != Some(&b'{') => self.at += 1,
                b'\n' if open.is_empty() => return entries,
                b',' | b'\n' if !open.is_empty() => entries += 1,
                b'$' | b'%' if self.bytes.get(self.at + 1) == Some(&b'{') && open.last() != Some(&b'{') => {
                    open.push(b'{');
                    self.at += 1;
                }
                b'{' if open.last() == Some(&b'{') => open.push(b'{'),
                b'}' if open.last() == Some(&b'{') => {
                    open.pop();
                }
                b'"' if open.last() == Some(&b'{') => open.push(b'"'),
                b'"' if open.pop().is_none() => {
                    self.at += 1;
                    return entries;
                }
                _ => {}
            }
            self.at += 1;
        }
        // A backslash at the end of the text was taken for two bytes.
        self.at = self.bytes.len();
        entries
    }

    fn heredoc(&mut self) {
        let start = self.at;
        let rest = self.text.get(self.at + 2..).unwrap_or_default();
        let word = rest.trim_start_matches('-').split(['\n', '\r', ' ', ',', ')']).next().unwrap_or_default();
        let named = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let Some(first) = rest.find('\n').filter(|_| named) else {
            self.at += 2;
            return;
        };
        let mut at = self.at + 2 + first + 1;
        let (mut depth, mut entries) = (0usize, 0);
        while let Some(line) = self.text.get(at..).and_then(|rest| rest.split_inclusive('\n').next()) {
            if line.trim() == word {
                self.at = at + line.trim_end().len();
                self.wide_text(start, entries);
                return;
            }
            for (i, byte) in line.bytes().enumerate() {
                match byte {
                    b'{' if depth > 0 || line[..i].ends_with(['$', '%']) => depth += 1,
                    b'}' => depth = depth.saturating_sub(1),
                    b',' | b'\n' if depth > 0 => entries += 1,
                    _ => {}
                }
            }
            at += line.len();
        }
        self.at = self.bytes.len();
        self.wide_text(start, entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(text: &str) -> Vec<&str> {
        scan(text).pieces.iter().map(|span| span.text(text)).collect()
    }

    #[test]
    fn pieces_are_whole_blocks() {
        let text = "# c\na = 1 // d\nresource \"x\" \"y\" {\n  s = \"}${f(\"}\")}\" /* } */\n  h = <<-EOT\n  }\n  EOT\n}\nb = [\n1,\n]\n";
        let found = pieces(text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[1].starts_with("resource") && found[1].ends_with('}'));
        assert_eq!(scan(text).comments.len(), 3);
    }

    #[test]
    fn a_block_that_nobody_closed_ends_before_the_next() {
        let found = pieces("resource \"a\" \"b\" {\n  x = {\n\nresource \"c\" \"d\" {\n  y = 1\n}\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1], "resource \"c\" \"d\" {\n  y = 1\n}");
    }

    #[test]
    fn wide_objects_are_found_and_wide_blocks_are_not() {
        let entries = "k = 1\n".repeat(MOST_ENTRIES + 1);
        let wide = |text: &str| scan(text).wide.iter().map(|span| span.text(text).len()).collect::<Vec<_>>();
        for object in [
            format!("{{\n{entries}}}"),
            format!("\"${{ {{\n{entries}}} }}\""),
            format!("<<E\n${{ {{\n{entries}}} }}\nE"),
            format!("[x, {{\n{entries}}}]"),
            format!("{{ a = {{\n{entries}}} }}"),
        ] {
            let text = format!("a = 1\nv = {object}\nw = 2\n");
            assert_eq!(wide(&text).len(), 1, "{}", &object[..9]);
            let without = without_wide(&text, &scan(&text).wide);
            assert_eq!(without.len(), text.len());
            assert!(without.contains("f()") && !without.contains("k = 1") && without.contains("w = 2"));
        }
        assert_eq!(wide(&format!("a {{\n{entries}}}\nb \"c\" {{\n{entries}}}\n")).len(), 0);
        assert_eq!(wide(&format!("v = <<E\n{entries}{entries}E\n")).len(), 0);
        assert_eq!(wide(&format!("v = {{\n{entries}")).len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_walked(text in "[a-z=\"{}$<\\-E#/*\\n\\\\ é]{0,80}") {
            let found = scan(&text);
            for span in found.comments.iter().chain(&found.pieces).chain(&found.wide) {
                prop_assert!(text.get(span.range()).is_some(), "{span:?}");
            }
        }
    }
}
