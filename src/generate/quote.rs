//! Text from a chain in its place in a generated file: one filter per kind of place.
//!
//! Templates can print a text only through one of these, so nothing gets out of its place by oversight.

use super::target::Comment;
use std::fmt::Write as _;

/// Characters that end a line somewhere, steer a terminal, hide, or turn the reading direction.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
}

/// One line of plain text: for comments, and for messages on a terminal.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// One line of plain text in a comment of this language: its end mark does not appear in it.
pub fn comment(text: &str, language: Comment) -> String {
    let text = line(text);
    if language.end.is_empty() { without_templates(&text) } else { in_xml_comment(&text) }
}

/// XML forbids two dashes in a comment. A service that looks for `{{name}}` or `@(expression)` in the file's text, as
/// policies of API Management do, must not find one either.
fn in_xml_comment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let steers = match c {
            '-' => out.ends_with('-'),
            '{' => out.ends_with('{'),
            '@' => matches!(chars.peek(), Some('(' | '{')),
            _ => false,
        };
        if steers {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Some programs read their files as templates first, comments too: Traefik runs what stands between two braces, Caddy
/// puts a variable of the environment in the place of `{$NAME}`.
fn without_templates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '{' && chars.peek().is_some_and(|next| "{%$#".contains(*next)) {
            out.push_str("\\u{7b}");
        } else {
            out.push(c);
        }
    }
    out
}

/// A parameter of an nginx directive. nginx has no escape for `$` and none for line ends, so such text has no
/// spelling: `None`.
pub fn nginx(text: &str) -> Option<String> {
    if text.chars().any(|c| c == '$' || is_unsafe(c)) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A YAML scalar: always in double quotes, so that no text is a number, a tag or an anchor.
pub fn yaml(text: &str) -> String {
    quoted(text, |out, c| match u32::from(c) {
        n @ 0..=0xffff => write!(out, "\\u{n:04x}"),
        n => write!(out, "\\U{n:08x}"),
    })
}

/// An HCL string without templates. `$` and `%` before a brace are written as escapes: the doubled form `$${` of
/// the language is ambiguous after another `$`.
pub fn hcl(text: &str) -> String {
    let plain = quoted(text, |out, c| match u32::from(c) {
        n @ 0..=0xffff => write!(out, "\\u{n:04x}"),
        n => write!(out, "\\U{n:08x}"),
    });
    plain.replace("${", "\\u0024{").replace("%{", "\\u0025{")
}

/// One word of a POSIX shell, for people to read: what is unsafe is shown, as in a comment.
pub fn shell(text: &str) -> String {
    format!("'{}'", line(text).replace('\'', "'\\''"))
}

/// A Python string literal, in ASCII whatever the text.
pub fn python(text: &str) -> String {
    let literal = quoted(text, python_escape);
    literal.chars().fold(String::with_capacity(literal.len()), |mut out, c| {
        if c.is_ascii() {
            out.push(c);
        } else {
            let _ = python_escape(&mut out, c);
        }
        out
    })
}

fn python_escape(out: &mut String, c: char) -> std::fmt::Result {
    match u32::from(c) {
        n @ 0..=0xff => write!(out, "\\x{n:02x}"),
        n @ 0x100..=0xffff => write!(out, "\\u{n:04x}"),
        n => write!(out, "\\U{n:08x}"),
    }
}

fn quoted(text: &str, escape: impl Fn(&mut String, char) -> std::fmt::Result) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                let _ = escape(&mut out, c);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A name made of `a-z`, `0-9` and the joint: for identifiers and file names. Never empty, begins with a letter.
pub fn slug(text: &str, joint: char) -> String {
    const LONGEST: usize = 48;
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with(joint) {
            out.push(joint);
        }
        if out.len() == LONGEST {
            break;
        }
    }
    let out = out.trim_end_matches(joint);
    let begins_well = out.starts_with(|c: char| c.is_ascii_lowercase());
    if begins_well && !is_taken(out) {
        out.to_owned()
    } else {
        format!("hop{joint}{out}").trim_end_matches(joint).to_owned()
    }
}

/// Device names, which some file systems do not give to files.
fn is_taken(name: &str) -> bool {
    matches!(name, "con" | "prn" | "aux" | "nul")
        || ["com", "lpt"].iter().any(|device| {
            name.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
        })
}

/// Words that a template itself brings, such as a directive's name.
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(line("a\nb\r\u{85}\u{2028}c"), "a\\u{a}b\\u{d}\\u{85}\\u{2028}c");
        assert_eq!(line("\u{1b}[31m\u{202e}x"), "\\u{1b}[31m\\u{202e}x");
        assert_eq!(line("häß 東京 #{x}"), "häß 東京 #{x}");
    }

    #[test]
    fn a_comment_in_xml_holds_no_end_mark_and_nothing_to_evaluate() {
        let shown = |text: &str| comment(text, Comment::XML);
        assert_eq!(shown("a-b --> c ---"), "a-b -\\u{2d}> c -\\u{2d}-");
        assert_eq!(shown("{{secret}} @(evil) @{evil} a@b"), "{\\u{7b}secret}} \\u{40}(evil) \\u{40}{evil} a@b");
        assert_eq!(comment("a--b {c} ${d}", Comment::HASH), "a--b {c} ${d}");
        let hash = comment("{{{ env }}} {$HOME} {% x %}", Comment::HASH);
        assert_eq!(hash, "\\u{7b}\\u{7b}{ env }}} \\u{7b}$HOME} \\u{7b}% x %}");
    }

    #[test]
    fn each_language_gets_its_own_escapes() {
        assert_eq!(nginx("a \"b\" \\;{}#").as_deref(), Some("\"a \\\"b\\\" \\\\;{}#\""));
        assert_eq!(nginx("$host"), None);
        assert_eq!(nginx("a\nb"), None);
        assert_eq!(yaml("!!python/x\n\u{1b}"), "\"!!python/x\\n\\u001b\"");
        assert_eq!(hcl("${a} $${b} %{if} $c"), "\"\\u0024{a} $\\u0024{b} \\u0025{if} $c\"");
        assert_eq!(shell("it's $(evil) `evil`\n"), "'it'\\''s $(evil) `evil`\\u{a}'");
        assert_eq!(python("é\"\\\u{1f600}\0"), "\"\\xe9\\\"\\\\\\U0001f600\\x00\"");
    }

    #[test]
    fn a_slug_is_a_name_everywhere() {
        for (text, name) in [
            ("Edge Proxy", "edge-proxy"),
            ("../../etc/passwd", "etc-passwd"),
            ("con", "hop-con"),
            ("LPT1", "hop-lpt1"),
            ("1st", "hop-1st"),
            ("", "hop"),
            ("東京", "hop"),
            ("a--b__", "a-b"),
        ] {
            assert_eq!(slug(text, '-'), name, "{text:?}");
        }
        assert!(slug(&"x".repeat(500), '_').len() <= 48);
    }
}
