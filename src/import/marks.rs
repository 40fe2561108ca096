//! Files that a template engine fills in before any program reads them: Helm, Jinja, ERB.
//!
//! Such a text is no YAML as it stands. [`Marks`] finds the expressions; [`Marks::mask`] puts something harmless of the
//! same length in their place, so that the rest can be read and every place stays where it was.

use super::template;
use crate::span::Span;
use crate::syntax::Format;
use crate::syntax::template::MARKS;
use crate::text;

/// Longer expressions are not looked for: an opening mark without its end is not worth the whole text.
const LONGEST: usize = 20_000;

/// The template expressions of a text, in file order.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    spans: Vec<Span>,
    /// What stands under a condition or in a loop, and the expression that decides; the outermost ones alone.
    branches: Vec<(Span, Span)>,
}

impl Marks {
    /// Of a text in which `own` begin expressions of the format itself, such as `{{resolve:`.
    pub fn of(text: &str, own: &[&str]) -> Self {
        let mut spans = Vec::new();
        let mut at = 0;
        while let Some(found) = next(text, at) {
            at = found.end;
            let is_own = own.iter().any(|begin| {
                let before = begin.find("{{").unwrap_or(0);
                found.start.checked_sub(before).and_then(|s| text.get(s..)).is_some_and(|t| t.starts_with(begin))
            });
            if !is_own {
                spans.push(Span::of(found));
            }
        }
        let branches = branches(text, &spans);
        Self { spans, branches }
    }

    /// The condition or loop that decides whether something stands in a place. One around a whole document does not
    /// count: it decides whether the document is there, not what it says.
    pub fn branch(&self, place: Span) -> Option<Span> {
        let first = self.branches.partition_point(|(inside, _)| inside.end < place.end);
        self.branches.get(first).filter(|(inside, _)| inside.start <= place.start).map(|(_, decides)| *decides)
    }

    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The expression that stands in a place, if one does.
    pub fn within(&self, place: Span) -> Option<Span> {
        let first = self.spans.partition_point(|mark| mark.end <= place.start);
        self.spans.get(first).copied().filter(|mark| mark.start < place.end)
    }

    /// Whether a place holds expressions and nothing else that counts.
    pub fn are_all_of(&self, place: Span, text: &str) -> bool {
        self.rest(place, text).is_some_and(|rest| !rest.chars().any(char::is_alphanumeric))
    }

    /// Whether a place holds expressions among words, as a prompt does that some program fills in later.
    pub fn stand_in_prose(&self, place: Span, text: &str) -> bool {
        self.rest(place, text).is_some_and(|rest| rest.trim().contains(char::is_whitespace))
    }

    /// What a place holds beside expressions; none where it holds no expression.
    fn rest(&self, place: Span, text: &str) -> Option<String> {
        let first = self.spans.partition_point(|mark| mark.end <= place.start);
        let inside: Vec<Span> = self.spans[first..].iter().copied().take_while(|m| m.start < place.end).collect();
        let mut at = place.start;
        let mut rest = String::new();
        for mark in &inside {
            rest.push_str(text.get(at as usize..mark.start.max(at) as usize).unwrap_or_default());
            at = mark.end.max(at);
        }
        rest.push_str(text.get(at as usize..place.end as usize).unwrap_or_default());
        (!inside.is_empty()).then_some(rest)
    }

    /// The first expression for which something holds.
    pub fn first(&self, fits: impl Fn(Span) -> bool) -> Option<Span> {
        self.spans.iter().copied().find(|mark| fits(*mark))
    }

    /// The text with something harmless of the same length in the place of each expression.
    pub fn mask(&self, text: &str, format: Format) -> String {
        // A word in YAML, a number where a word would need quotes.
        let filler = if format == Format::Yaml { b'x' } else { b'1' };
        let mut bytes = text.as_bytes().to_vec();
        for mark in &self.spans {
            let fill = if self.fills_its_lines(text, *mark) { b' ' } else { filler };
            let inside = bytes.get_mut(mark.range()).into_iter().flatten();
            inside.filter(|b| !matches!(b, b'\n' | b'\r')).for_each(|b| *b = fill);
        }
        String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
    }

    /// Nothing but expressions stands on the lines of this one.
    fn fills_its_lines(&self, text: &str, mark: Span) -> bool {
        let (start, end) = (mark.start as usize, mark.end as usize);
        let line = text[..start].rfind('\n').map_or(0, |n| n + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |n| end + n);
        let mut at = line;
        while at < line_end {
            if let Some(inside) = self.within(Span::of(at..at + 1)) {
                at = inside.end as usize;
            } else if text.as_bytes()[at].is_ascii_whitespace() {
                at += 1;
            } else {
                return false;
            }
        }
        true
    }
}

/// The next expression, to its closing mark or else to the end of its line.
fn next(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let start = template::mark(text, from)?.range().start;
    let (_, close) = MARKS.iter().find(|(open, _)| text[start..].starts_with(open))?;
    let mut most = (start + LONGEST).min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    let end = match text[start..most].find(close) {
        Some(found) => start + found + close.len(),
        None => text[start..].find('\n').map_or(text.len(), |n| start + n),
    };
    Some(start..end)
}

enum Role {
    Opens,
    Closes,
    Neither,
}

/// What an expression does, as Go's templates, Jinja and ERB word it.
fn role(expression: &str) -> Role {
    let words = expression.trim_start_matches(['{', '%', '<']).trim_start_matches(['-', '+', '~']).trim_start();
    let word = words.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let opens: &[&str] = match expression.get(..2) {
        Some("{{") => &["if", "range", "with", "define", "block"],
        Some("{%") => &["if", "for", "block", "macro", "filter", "call", "with", "raw"],
        _ => &["if", "unless", "case", "while", "for"],
    };
    let block = || expression.starts_with("<%") && words.split_whitespace().any(|w| w == "do");
    match word {
        _ if opens.contains(&word) || block() => Role::Opens,
        "end" => Role::Closes,
        _ if expression.starts_with("{%") && word.starts_with("end") => Role::Closes,
        _ => Role::Neither,
    }
}

fn branches(text: &str, spans: &[Span]) -> Vec<(Span, Span)> {
    let mut open: Vec<Span> = Vec::new();
    let mut found = Vec::new();
    // Where the text that no expression wrote was last looked at, and whether the document has said anything.
    let (mut seen, mut begun) = (0, false);
    let mut around_all = Vec::new();
    for span in spans {
        for line in text[seen..span.start as usize].lines().map(str::trim) {
            begun = if line == "---" { false } else { begun || !(line.is_empty() || line.starts_with('#')) };
        }
        seen = span.end as usize;
        match role(span.text(text)) {
            Role::Opens => {
                open.push(*span);
                around_all.push(!begun);
            }
            Role::Closes => {
                let (Some(opener), Some(around)) = (open.pop(), around_all.pop()) else { continue };
                if !around && around_all.iter().all(|around| *around) {
                    found.push((Span::new(opener.end, span.start), opener));
                }
            }
            Role::Neither => {}
        }
    }
    found
}

/// Why a value that holds an expression of a template or shell cannot be known.
pub fn expression(value: &str) -> Option<String> {
    if let Some(found) = next(value, 0) {
        return Some(format!("the template `{}`", text::clip(&value[found])));
    }
    let at = value.find("${")?;
    let end = value[at..].find('}').map_or(value.len(), |n| at + n + 1);
    Some(format!("the variable `{}`", text::clip(&value[at..end])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        Marks::of(text, &["${{", "{{resolve:"]).mask(text, Format::Yaml)
    }

    #[test]
    fn what_is_masked_keeps_its_length() {
        for (text, expected) in [
            ("a: {{ .b }}\n", "a: xxxxxxxx\n"),
            ("  {{- if .c }}\na: 1\n{{ end }}", "              \na: 1\n         "),
            ("{{ a }} {% b %}\n", "               \n"),
            ("a: \"{{ é }}s\"\n", "a: \"xxxxxxxxs\"\n"),
            ("a: {{ b\n  c }}d\n", "a: xxxx\nxxxxxxd\n"),
            ("a: {{ b\nc: 1\n", "a: xxxx\nc: 1\n"),
            ("a: ${{ env \"DECK_B\" }}\nb: '{{resolve:ssm:c}}'", "a: ${{ env \"DECK_B\" }}\nb: '{{resolve:ssm:c}}'"),
            ("<% if a %>\nb: <%= c %>\n", "          \nb: xxxxxxxx\n"),
            ("plain: {a: 1}\n", "plain: {a: 1}\n"),
        ] {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    #[test]
    fn expressions_are_named() {
        assert_eq!(expression("{{ .Values.t }}s").as_deref(), Some("the template `{{ .Values.t }}`"));
        assert_eq!(expression("${TIMEOUT:-30}s").as_deref(), Some("the variable `${TIMEOUT:-30}`"));
        assert_eq!(expression("30s"), None);
    }

    #[test]
    fn what_a_condition_decides_is_known() {
        for (text, decided) in [
            ("a: 1\n{{- if .b }}\nX: 1\n{{- else }}\nc: 1\n{{- end }}\n", true),
            ("a: 1\n{{- if .b }}\n{{- end }}\nX: 1\n", false),
            ("# c\n{{- if .b }}\na: 1\nX: 1\n{{- end }}\n", false),
            ("a: 1\n---\n{{ with .b }}\nX: 1\n{{ end }}\n", false),
            ("a: 1\n{% for b in c %}\nX: {{ b }}\n{% endfor %}\n", true),
            ("a: 1\n<% b.each do |c| %>\nX: 1\n<% end %>\n", true),
            ("a: 1\n{{ .if }}\nX: 1\n{{ end }}\n", false),
        ] {
            let at = text.find('X').unwrap();
            assert_eq!(Marks::of(text, &[]).branch(Span::of(at..at + 1)).is_some(), decided, "{text}");
        }
    }

    #[test]
    fn many_open_marks_take_no_time() {
        let text = "{{".repeat(200_000);
        assert_eq!(masked(&text).len(), text.len());
    }
}
