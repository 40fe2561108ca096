//! A walk over HCL text that knows strings, heredocs, comments and brackets, and nothing else. It finds the comments, and
//! the top-level pieces of a file that does not parse as a whole.

use crate::span::Span;

/// What a walk finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub comments: Vec<Span>,
    /// The top-level blocks and attributes, each whole.
    pub pieces: Vec<Span>,
}

pub fn scan(text: &str) -> Scan {
    let mut walker = Walker { text, bytes: text.as_bytes(), at: 0, found: Scan::default() };
    walker.top();
    walker.found
}

struct Walker<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    found: Scan,
}

impl Walker<'_> {
    fn top(&mut self) {
        let (mut depth, mut start, mut closed) = (0usize, None::<usize>, false);
        while let Some(&byte) = self.bytes.get(self.at) {
            let begin = self.at;
            match byte {
                b'#' => self.comment(),
                b'/' if self.starts_with("//") => self.comment(),
                b'/' if self.starts_with("/*") => self.block_comment(),
                b'"' => {
                    start.get_or_insert(begin);
                    self.string();
                }
                b'<' if self.starts_with("<<") => {
                    start.get_or_insert(begin);
                    self.heredoc();
                }
                b'{' | b'[' | b'(' => {
                    start.get_or_insert(begin);
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b')' => {
                    depth = depth.saturating_sub(1);
                    closed = depth == 0;
                    self.at += 1;
                }
                b'\n' => {
                    // A block that was never closed ends where the next one begins at the left edge.
                    if depth == 0 || (depth > 0 && start.is_some() && self.begins_a_block(begin + 1)) {
                        self.piece(&mut start, begin);
                        (depth, closed) = (0, false);
                    }
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => {
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
        self.at += 1;
        // Brackets of `${`, each with the strings inside it.
        let mut open = Vec::new();
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' if open.last() != Some(&b'{') => self.at += 1,
                b'\n' if open.is_empty() => return,
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
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn heredoc(&mut self) {
        let rest = self.text.get(self.at + 2..).unwrap_or_default();
        let word = rest.trim_start_matches('-').split(['\n', '\r', ' ', ',', ')']).next().unwrap_or_default();
        let named = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let Some(first) = rest.find('\n').filter(|_| named) else {
            self.at += 2;
            return;
        };
        let mut at = self.at + 2 + first + 1;
        while let Some(line) = self.text.get(at..).and_then(|rest| rest.split_inclusive('\n').next()) {
            if line.trim() == word {
                self.at = at + line.trim_end().len();
                return;
            }
            at += line.len();
        }
        self.at = self.bytes.len();
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

    proptest! {
        #[test]
        fn any_text_is_walked(text in "[a-z=\"{}$<\\-E#/*\\n\\\\ é]{0,80}") {
            let found = scan(&text);
            for span in found.comments.iter().chain(&found.pieces) {
                prop_assert!(text.get(span.range()).is_some(), "{span:?}");
            }
        }
    }
}
