//! Text inside XML 1.0, which has no way to write most control characters: they are shown by their code.

use super::clean;
use std::fmt::Write as _;

/// For attributes and for text: quotes, markup and line ends are references.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean::block(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_stay_text() {
        assert_eq!(escape("<a b=\"c\">'&\n"), "&lt;a b=&quot;c&quot;&gt;&apos;&amp;&#10;");
        assert_eq!(escape("\u{1b}\r\u{ffff}"), "&lt;U+001B&gt;&lt;U+000D&gt;\u{fffd}");
    }
}
