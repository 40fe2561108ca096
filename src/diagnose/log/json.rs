//! One JSON object to a line: its leaves by path, and of these the ones that a record is made of. Reads only as much of
//! the grammar as it takes to find the leaves; numbers keep the text that the log has.

use super::Record;
use super::names::Keys;
use std::borrow::Cow;

/// Deeper values are passed over.
const MAX_DEPTH: usize = 12;

pub fn read<'l>(line: &'l str, keys: &Keys, record: &mut Record<'l>) -> Option<()> {
    let mut fits = true;
    leaves(line, &mut |path, raw| {
        if let Some(field) = keys.find(path)
            && raw != "null"
        {
            fits &= field.set_text(text(raw), record);
        }
    })?;
    (fits && record.is_request()).then_some(())
}

/// Calls `leaf` with the path of each leaf (`request.headers.User-Agent.0`) and its raw text. Nothing where the line is
/// no JSON object.
pub fn leaves<'l>(line: &'l str, leaf: &mut dyn FnMut(&str, &'l str)) -> Option<()> {
    let mut scanner = Scanner { line, at: 0, path: String::new(), leaf };
    scanner.blank();
    // A collector may put its own words before the object.
    if scanner.peek() != Some(b'{') {
        scanner.at = line.find('{').filter(|at| *at < 200)?;
    }
    scanner.value(0)?;
    Some(())
}

/// The text of a raw leaf, without quotes and escapes.
pub fn text(raw: &str) -> Cow<'_, str> {
    let Some(inner) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else { return Cow::Borrowed(raw) };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str::<String>(raw).map_or(Cow::Borrowed(inner), Cow::Owned)
}

struct Scanner<'l, 'f> {
    line: &'l str,
    at: usize,
    path: String,
    leaf: &'f mut dyn FnMut(&str, &'l str),
}

impl Scanner<'_, '_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        self.blank();
        match self.peek()? {
            b'{' => self.members(depth),
            b'[' => self.items(depth),
            b'"' => {
                let from = self.at;
                self.string()?;
                self.found(from, depth);
                Some(())
            }
            _ => {
                let from = self.at;
                let rest = &self.line.as_bytes()[from..];
                let size = rest.iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'));
                self.at = from + size?;
                (self.at > from).then(|| self.found(from, depth))
            }
        }
    }

    fn found(&mut self, from: usize, depth: usize) {
        if depth <= MAX_DEPTH {
            (self.leaf)(&self.path, &self.line[from..self.at]);
        }
    }

    fn members(&mut self, depth: usize) -> Option<()> {
        self.nested(depth)?;
        loop {
            self.blank();
            match self.peek()? {
                b'}' => break,
                b',' => self.at += 1,
                b'"' => {
                    let from = self.at + 1;
                    self.string()?;
                    let (key, size) = (&self.line[from..self.at - 1], self.path.len());
                    self.enter(key);
                    self.blank();
                    if self.peek()? != b':' {
                        return None;
                    }
                    self.at += 1;
                    self.value(depth + 1)?;
                    self.path.truncate(size);
                }
                _ => return None,
            }
        }
        self.at += 1;
        Some(())
    }

    fn items(&mut self, depth: usize) -> Option<()> {
        self.nested(depth)?;
        let mut i = 0_u32;
        loop {
            self.blank();
            match self.peek()? {
                b']' => break,
                b',' => self.at += 1,
                _ => {
                    let size = self.path.len();
                    // Nothing is read from later places of a list.
                    self.enter(if i == 0 { "0" } else { "n" });
                    self.value(depth + 1)?;
                    self.path.truncate(size);
                    i = i.saturating_add(1);
                }
            }
        }
        self.at += 1;
        Some(())
    }

    /// The opening brace, unless there are too many: recursion has an end.
    fn nested(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        (depth < 4 * MAX_DEPTH).then_some(())
    }

    fn enter(&mut self, key: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }

    fn string(&mut self) -> Option<()> {
        let bytes = self.line.as_bytes();
        let mut at = self.at + 1;
        loop {
            at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Some(());
            }
            // An escape is two characters at least, and neither of them ends the string.
            at = (at + 2).min(bytes.len());
        }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        leaves(line, &mut |path, raw| found.push((path.to_owned(), text(raw).into_owned())))?;
        Some(found)
    }

    #[test]
    fn leaves_have_paths_and_numbers_their_text() {
        let line = r#" {"a": 1.50, "b": {"c": ["x", "y"], "d": null, "e\"": true}, "f": "\u00e9\n"} rest"#;
        let found = all(line).unwrap();
        let found: Vec<(&str, &str)> = found.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
        let wanted =
            [("a", "1.50"), ("b.c.0", "x"), ("b.c.n", "y"), ("b.d", "null"), ("b.e\\\"", "true"), ("f", "\u{e9}\n")];
        assert_eq!(found, wanted);
        assert_eq!(all("2026 stdout F {\"a\":1}").unwrap().len(), 1);
    }

    #[test]
    fn broken_objects_are_nothing() {
        for line in
            ["", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":\"x", "{\"a\":\"x\\", "[1]x", "{a:1}", "{\"a\" 1}"]
        {
            assert_eq!(all(line), None, "{line}");
        }
        let deep = "{\"a\":".repeat(10_000);
        assert_eq!(all(&deep), None);
    }
}
