//! Lines of a fixed shape: texts that stand in every line, and the fields between them.

use super::Record;
use super::field::Field;

/// What a line looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What every line begins with.
    pub head: Box<str>,
    pub pieces: Vec<Piece>,
}

/// A field, and the text that ends it; an empty one where the field goes to the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub field: Field,
    pub until: Box<str>,
}

impl Pattern {
    /// From texts and fields in turn. Fields without a text between them cannot be told apart.
    pub fn new(parts: Vec<Part>) -> Option<Pattern> {
        let mut pattern = Pattern { head: Box::default(), pieces: Vec::new() };
        for part in parts {
            match (part, pattern.pieces.last_mut()) {
                (Part::Text(text), None) => pattern.head = (pattern.head.into_string() + &text).into(),
                (Part::Text(text), Some(piece)) => {
                    piece.until = (std::mem::take(&mut piece.until).into_string() + &text).into();
                }
                (Part::Field(_), Some(piece)) if piece.until.is_empty() => return None,
                (Part::Field(field), _) => pattern.pieces.push(Piece { field, until: Box::default() }),
            }
        }
        // A line is read without its end.
        if let Some(last) = pattern.pieces.last_mut() {
            last.until = last.until.trim_end_matches(['\n', '\r']).into();
        }
        pattern.pieces.iter().any(|piece| piece.field != Field::Skip).then_some(pattern)
    }

    /// Reads a line; gives what follows the pattern's end.
    pub fn read<'l>(&self, line: &'l str, record: &mut Record<'l>) -> Option<&'l str> {
        let mut rest = line.strip_prefix(&*self.head)?;
        for piece in &self.pieces {
            let end = end_of(rest, &piece.until, piece.field.is_list())?;
            if !piece.field.set(&rest[..end], record) {
                return None;
            }
            rest = &rest[end + piece.until.len()..];
        }
        Some(rest)
    }

    pub fn has(&self, wanted: impl Fn(Field) -> bool) -> bool {
        self.pieces.iter().any(|piece| wanted(piece.field))
    }
}

pub enum Part {
    Text(String),
    Field(Field),
}

/// Where a field ends: at its text, which escapes and, in lists, commas and colons keep from being the end.
fn end_of(rest: &str, until: &str, list: bool) -> Option<usize> {
    let Some(first) = until.as_bytes().first() else { return Some(rest.len()) };
    let bytes = rest.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(*first, &bytes[from..])?;
        let escaped = *first == b'"' && backslashes(&bytes[..at]) % 2 == 1;
        let inside = list
            && *first == b' '
            && (bytes[..at].ends_with(b",") || bytes[..at].ends_with(b" :") || bytes[at + 1..].starts_with(b": "));
        if !escaped && !inside && bytes[at..].starts_with(until.as_bytes()) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn backslashes(text: &[u8]) -> usize {
    text.iter().rev().take_while(|b| **b == b'\\').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(rest: &str, until: &str, list: bool) -> Option<&'static str> {
        end_of(rest, until, list).map(|at| rest[..at].to_owned().leak() as &str)
    }

    #[test]
    fn a_field_ends_where_its_text_begins() {
        assert_eq!(ends("abc def", " ", false), Some("abc"));
        assert_eq!(ends(r#"a \" b" x"#, "\"", false), Some(r#"a \" b"#));
        assert_eq!(ends(r#"a \\" x"#, "\"", false), Some(r"a \\"));
        assert_eq!(ends("60.0, 1.0 : 2.0 504", " ", true), Some("60.0, 1.0 : 2.0"));
        assert_eq!(ends("60.0, 1.0 504", " ", false), Some("60.0,"));
        assert_eq!(ends("\u{e9}\u{1f980}]", "]", false), Some("\u{e9}\u{1f980}"));
        assert_eq!(ends("abc", "]", false), None);
        assert_eq!(ends("abc", "", false), Some("abc"));
    }
}
