//! Marks of template languages in texts that have no such thing. What they stand for is never guessed.

use super::{Given, Import, TEMPLATE};
use crate::diag::{Diagnostic, Severity};
use crate::span::Span;
use crate::syntax::placeholder_end;

/// Where a template mark begins and ends first at or after `from`.
pub fn mark(text: &str, from: usize) -> Option<Span> {
    let mut at = from;
    while let Some(i) = text.get(at..)?.find(['{', '<']) {
        let start = at + i;
        let close = match text.as_bytes().get(start..start + 2) {
            Some(b"{{") => Some("}}"),
            Some(b"{%") if template_space(text, start) => Some("%}"),
            Some(b"<%") => Some("%>"),
            _ => None,
        };
        if let Some(close) = close {
            let end = start + placeholder_end(&text[start..], close).unwrap_or(2);
            return Some(Span::of(start..end));
        }
        at = start + 1;
    }
    None
}

/// `{%` alone also opens some formats' own variables, as in `{%[src]}`.
fn template_space(text: &str, start: usize) -> bool {
    matches!(text.as_bytes().get(start + 2), Some(b' ' | b'-' | b'+' | b'\n'))
}

/// Marks a text with template marks as such, with one note at the first. True where it is one.
pub fn note(given: &Given<'_>, out: &mut Import) -> bool {
    let Some(at) = mark(given.text, 0) else { return false };
    tell(given, at, out);
    true
}

/// Marks a text as a template, with a note at one mark.
pub fn tell(given: &Given<'_>, at: Span, out: &mut Import) {
    out.template = true;
    let first = Span::of(at.range().start..at.range().start + 2);
    out.problems.push(
        Diagnostic::new(TEMPLATE, Severity::Note, "this file is a template: what stands in its marks is not known")
            .label(given.loc(first), "")
            .help("run hoplint on the file that the template makes"),
    );
}

/// What a line of a template does to the lines after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Open,
    Else,
    Close,
}

/// The branches and loops of a template that begin or end on a line, in order.
pub fn controls(line: &str) -> Vec<Control> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(span) = mark(line, at) {
        let inside = span.text(line).trim_start_matches(['{', '%', '<', '-', '+', ' ', '\t']);
        let word = inside.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        match word {
            "if" | "for" | "range" | "with" | "define" | "block" | "macro" | "unless" | "each" => {
                found.push(Control::Open);
            }
            "else" | "elif" | "elsif" => found.push(Control::Else),
            "end" | "endif" | "endfor" | "endblock" | "endmacro" => found.push(Control::Close),
            _ => {}
        }
        at = span.range().end.max(at + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_controls() {
        let found = |text: &str| mark(text, 0).map(|s| s.text(text).to_owned());
        assert_eq!(found("a {{ x }} b").as_deref(), Some("{{ x }}"));
        assert_eq!(found("a <%= x %>").as_deref(), Some("<%= x %>"));
        assert_eq!(found("{%[src]} {%- if x %}").as_deref(), Some("{%- if x %}"));
        assert_eq!(found("{{ open").as_deref(), Some("{{"));
        assert_eq!(found("%{+Q}o { a } é<"), None);
        assert_eq!(
            controls("{{- if .X }} y {{ else }}{{ .Z }}{{- end }}"),
            [Control::Open, Control::Else, Control::Close]
        );
        assert_eq!(controls("{% endfor -%}"), [Control::Close]);
    }
}
