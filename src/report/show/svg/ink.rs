//! Elements of a picture as text: every name in it is escaped, and measured before it is placed.

use crate::report::xml::escape;
use std::fmt::Write as _;
use textwrap::core::display_width;

/// A drawing under way.
#[derive(Default)]
pub struct Ink {
    pub text: String,
}

impl Ink {
    /// `<name class="..." key="value" ...>`; values are escaped.
    pub fn open(&mut self, name: &str, class: &str, attributes: &[(&str, &str)]) {
        self.start(name, class, attributes);
        self.text.push_str(">\n");
    }

    pub fn close(&mut self, name: &str) {
        let _ = writeln!(self.text, "</{name}>");
    }

    pub fn empty(&mut self, name: &str, class: &str, attributes: &[(&str, &str)]) {
        self.start(name, class, attributes);
        self.text.push_str("/>\n");
    }

    fn start(&mut self, name: &str, class: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.text, "<{name}");
        if !class.is_empty() {
            let _ = write!(self.text, " class=\"{class}\"");
        }
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escape(value));
        }
    }

    pub fn title(&mut self, text: &str) {
        let _ = writeln!(self.text, "<title>{}</title>", escape(text));
    }

    pub fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64), round: f64) {
        if size.0 > 0.0 {
            let numbers = [at.0, at.1, size.0, size.1, round].map(number);
            let [x, y, width, height, rx] = numbers.each_ref().map(String::as_str);
            self.empty("rect", class, &[("x", x), ("y", y), ("width", width), ("height", height), ("rx", rx)]);
        }
    }

    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let numbers = [from.0, from.1, to.0, to.1].map(number);
        let [x1, y1, x2, y2] = numbers.each_ref().map(String::as_str);
        self.empty("line", class, &[("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)]);
    }

    pub fn path(&mut self, class: &str, d: &str) {
        self.empty("path", class, &[("d", d)]);
    }

    /// One line of text in one or more pieces, each with a class of its own.
    pub fn words(&mut self, class: &str, at: (f64, f64), anchor: Anchor, pieces: &[(&str, &str)]) {
        let (x, y) = (number(at.0), number(at.1));
        let _ = write!(self.text, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{}>", anchor.attribute());
        for (class, text) in pieces.iter().filter(|(_, text)| !text.is_empty()) {
            let text = escape(text);
            if class.is_empty() {
                self.text.push_str(&text);
            } else {
                let _ = write!(self.text, "<tspan class=\"{class}\">{text}</tspan>");
            }
        }
        self.text.push_str("</text>\n");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn attribute(self) -> &'static str {
        match self {
            Self::Start => "",
            Self::Middle => " text-anchor=\"middle\"",
            Self::End => " text-anchor=\"end\"",
        }
    }
}

/// Tenths of a pixel are enough, and equal pictures are equal bytes.
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// Fonts differ; a text may be this much wider than the measure.
const ROOM: f64 = 1.1;

/// About how wide a text is in a font without serifs. Rather too wide than too narrow.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let thousandths: f64 = text.chars().map(em).sum();
    thousandths / 1000.0 * size * ROOM * if bold { 1.08 } else { 1.0 }
}

/// Widths of the letters of a common font, in thousandths of the size.
fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 230.0,
        ' ' | '!' | ',' | '.' | '/' | ':' | ';' | 'I' | '[' | ']' | '\\' | 'f' | 't' => 290.0,
        '(' | ')' | '-' | '`' | 'r' | '{' | '}' | '"' | '*' => 370.0,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 510.0,
        'a'..='z' if c != 'm' && c != 'w' => 560.0,
        '0'..='9' | '_' | '?' | '#' | '$' | '+' | '<' | '=' | '>' | '~' | 'L' | '^' => 580.0,
        'm' | 'M' => 840.0,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' | 'G' | 'O' | 'Q' => 770.0,
        'A'..='Z' if c != 'W' => 670.0,
        'W' | '%' | '@' | '…' | '→' => 1010.0,
        c if c.is_ascii() => 600.0,
        c if display_width(c.encode_utf8(&mut [0; 4])) > 1 => 1150.0,
        c if c.is_alphabetic() => 720.0,
        _ => 800.0,
    }
}

/// As much of a text as fits, with a sign that there is more.
pub fn clip(text: &str, most: f64, size: f64, bold: bool) -> String {
    if width(text, size, bold) <= most {
        return text.to_owned();
    }
    let room = most - width("…", size, bold);
    let (mut used, mut kept) = (0.0, String::new());
    for c in text.chars() {
        used += width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.trim_end().to_owned() + "…"
}

/// Lines of words that fit; a word that is too long for any is clipped.
pub fn wrap(text: &str, most: f64, size: f64, bold: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, bold) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(clip(word, most, size, bold)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clipped_fits_and_says_so() {
        let long = "an-extremely-long-name-of-a-hop-".repeat(4);
        let kept = clip(&long, 120.0, 14.0, true);
        assert!(kept.ends_with('…') && width(&kept, 14.0, true) <= 120.0, "{kept}");
        assert_eq!(clip("edge", 120.0, 14.0, true), "edge");
        assert_eq!(wrap("a bb ccc", width("a bb", 12.0, false), 12.0, false), ["a bb", "ccc"]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([1.0, 1.25, -0.01, 12.34].map(number), ["1", "1.2", "0", "12.3"]);
    }
}
