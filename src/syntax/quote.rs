//! Text as a scalar of each format: plain where that is safe, else in quotes.

use super::{Format, Kind, scalar};
use std::borrow::Cow;

/// The source of a scalar that reads back as this text.
pub fn text(format: Format, value: &str) -> String {
    if format == Format::Yaml && is_plain_yaml(value) { value.to_owned() } else { double_quoted(value) }
}

/// As [`text`], in the quotes that stand there now.
pub fn text_like(format: Format, old: &str, value: &str) -> String {
    let fits_single = |c: char| c != '\'' && !must_escape(c);
    match old.as_bytes().first() {
        Some(b'\'') if format != Format::Json && value.chars().all(fits_single) => format!("'{value}'"),
        Some(b'"' | b'\'') => double_quoted(value),
        _ => text(format, value),
    }
}

/// The source of a key.
pub fn key(format: Format, key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match format {
        Format::Toml if !key.is_empty() && key.chars().all(bare) => key.to_owned(),
        Format::Yaml if is_plain_yaml(key) => key.to_owned(),
        _ => double_quoted(key),
    }
}

fn double_quoted(value: &str) -> String {
    use std::fmt::Write as _;
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if must_escape(c) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Characters that some format or editor does not show as they are. All of them fit four hexadecimal digits.
fn must_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Plain text that YAML 1.2 and 1.1 both read as text, in block and flow style.
fn is_plain_yaml(value: &str) -> bool {
    let bytes = value.as_bytes();
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'@' | b'%' | b'+' | b' ');
    let ends_well = bytes.first().is_some_and(u8::is_ascii_alphanumeric) && bytes.last() != Some(&b' ');
    let old_number = bytes.first().is_some_and(u8::is_ascii_digit) && value.contains('_');
    let word = ["y", "n", "yes", "no", "on", "off"].iter().any(|w| value.eq_ignore_ascii_case(w));
    ends_well
        && bytes.iter().all(|&b| safe(b))
        && !old_number
        && !word
        && matches!(scalar::yaml(Cow::Borrowed(value)), Kind::Str(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_text_is_plain_where_it_is_safe() {
        for plain in ["90s", "1m30s", "aws-alb", "infra/alb.tf", "a b", "v1.2.3"] {
            assert_eq!(text(Format::Yaml, plain), plain);
        }
        for quoted in
            ["", "5", "1.5", "true", "no", "off", "12:30", "1_000s", "a: b", "a #b", "- a", "*a", " a", "a ", "é"]
        {
            assert_eq!(text(Format::Yaml, quoted), format!("\"{quoted}\""));
        }
    }

    #[test]
    fn quotes_stay_as_they_are() {
        assert_eq!(text_like(Format::Yaml, "'5s'", "9s"), "'9s'");
        assert_eq!(text_like(Format::Yaml, "\"5s\"", "9s"), "\"9s\"");
        assert_eq!(text_like(Format::Yaml, "5s", "9s"), "9s");
        assert_eq!(text_like(Format::Toml, "5", "9s"), "\"9s\"");
        assert_eq!(text_like(Format::Toml, "'5s'", "it's"), "\"it's\"");
        assert_eq!(text_like(Format::Json, "'5s'", "9s"), "\"9s\"");
        assert_eq!(text(Format::Json, "a\"\\\n\u{1b}"), r#""a\"\\\n\u001b""#);
    }

    #[test]
    fn keys_are_bare_where_the_format_allows() {
        assert_eq!(key(Format::Toml, "read-timeout"), "read-timeout");
        assert_eq!(key(Format::Toml, "a.b"), "\"a.b\"");
        assert_eq!(key(Format::Toml, "5"), "5");
        assert_eq!(key(Format::Yaml, "5"), "\"5\"");
        assert_eq!(key(Format::Json, "a"), "\"a\"");
    }
}
