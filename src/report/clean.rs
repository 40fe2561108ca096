//! Makes text from linted files harmless for terminals and logs: what they would obey is shown by its code instead.

use std::borrow::Cow;
use std::fmt::Write as _;

/// On one line: line ends are shown too, tabs become spaces.
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, |c| is_obeyed(c) || c == '\n', |c| c == '\t')
}

/// Lines stay lines.
pub fn block(text: &str) -> Cow<'_, str> {
    replace(text, is_obeyed, |_| false)
}

/// Control characters, and characters that change the direction or the lines of what follows.
pub fn is_obeyed(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `<U+001B>`.
pub fn show(c: char, out: &mut String) {
    let _ = write!(out, "<U+{:04X}>", u32::from(c));
}

fn replace(text: &str, shown: impl Fn(char) -> bool, blank: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(|c| shown(c) || blank(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if shown(c) {
            show(c, &mut out);
        } else {
            out.push(if blank(c) { ' ' } else { c });
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_what_a_terminal_would_obey() {
        assert_eq!(line("a\u{1b}[31mb\r\n\tc"), "a<U+001B>[31mb<U+000D><U+000A> c");
        assert_eq!(line("\u{9b}1m \u{202e}x\u{7f}\0"), "<U+009B>1m <U+202E>x<U+007F><U+0000>");
        assert_eq!(block("a\n\tb\u{7}"), "a\n\tb<U+0007>");
        assert!(matches!(line("plain é 漢 👩‍💻"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_obeyed_is_left(text in "\\PC*|[\\x00-\\x9f\u{202a}-\u{202e}]*") {
            prop_assert!(!line(&text).contains(|c| is_obeyed(c) || c == '\n' || c == '\t'));
            prop_assert!(!block(&text).contains(is_obeyed));
        }
    }
}
