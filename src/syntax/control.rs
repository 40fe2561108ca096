//! Characters that no configuration file has: NUL and other control characters. Parsers treat them differently,
//! some stop in silence, and a terminal may obey them, so they are found before any parser runs.

use super::SyntaxError;
use crate::span::Span;

/// More than this many are one problem, not many: the file is binary.
const SHOWN: usize = 20;

pub(super) fn check(text: &str) -> Vec<SyntaxError> {
    let bytes = text.as_bytes();
    // The common file has none: one pass that the compiler can make wide.
    if !bytes.iter().any(|&b| is_suspect(b)) {
        return Vec::new();
    }
    let suspects = bytes.iter().enumerate().filter(|(_, b)| is_suspect(**b));
    let controls = suspects.filter_map(|(at, _)| text.get(at..)?.chars().next().map(|c| (at, c)));
    let controls = controls.filter(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'));
    controls.take(SHOWN).map(|(at, c)| explain(at, c)).collect()
}

/// Adds what was found; what the parser says of the same place is dropped.
pub(super) fn merge(found: Vec<SyntaxError>, errors: &mut Vec<SyntaxError>) {
    if found.is_empty() {
        return;
    }
    errors.retain(|e| !found.iter().any(|c| e.span.start <= c.span.start && c.span.start <= e.span.end));
    errors.extend(found);
}

/// The first byte of a control character, or of a few harmless ones behind the same lead byte.
const fn is_suspect(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f || byte == 0xc2
}

fn explain(at: usize, c: char) -> SyntaxError {
    let name =
        if c == '\0' { "a NUL byte".to_owned() } else { format!("the control character U+{:04X}", u32::from(c)) };
    SyntaxError::new(Span::of(at..at + c.len_utf8()), format!("{name} has no place in a configuration file"))
        .help("remove it, or write it as an escape inside double quotes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_control_characters_and_nothing_else() {
        let found = |text| check(text).iter().map(|e| e.span.range()).collect::<Vec<_>>();
        assert!(found("a:\tb\r\n\u{a0}é\u{85}\u{feff}ü").is_empty());
        assert_eq!(found("a\0b"), vec![1..2]);
        assert_eq!(found("é\u{1b}[31m\u{7f}\u{9b}"), vec![2..3, 7..8, 8..10]);
        assert_eq!(check(&"\0".repeat(1000)).len(), SHOWN);
    }
}
