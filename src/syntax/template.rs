//! Files that are templates: Helm, Jinja and ERB fill them in before anything reads them as YAML.

use super::SyntaxError;
use crate::span::Span;
use crate::text;
use std::ops::Range;

/// What opens and closes an expression of Go and Jinja, a statement of Jinja, and Ruby.
pub const MARKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("<%", "%>")];

/// The first place of a text that a template engine fills in.
pub fn mark(text: &str) -> Option<Range<usize>> {
    let first = MARKS.iter().filter_map(|(open, _)| text.find(open)).min()?;
    Some(expression(text, first))
}

/// From an opening mark to its closing one, on the same line.
fn expression(text: &str, at: usize) -> Range<usize> {
    let rest = &text[at..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    let close = MARKS.iter().find(|(open, _)| line.starts_with(open)).and_then(|(_, close)| line.find(close));
    at..at + close.map_or(line.len(), |close| close + 2)
}

/// A value that is filled in later.
pub(super) fn value(text: &str, at: u32) -> SyntaxError {
    let range = expression(text, at as usize);
    let message = format!("`{}` is filled in by a template engine, its value is not known here", clip(text, &range));
    SyntaxError::new(Span::of(range), message).help(RENDER)
}

/// Names the template where one explains an error. `from` is the start of the document.
pub(super) fn explain(text: &str, from: u32, mut error: SyntaxError) -> SyntaxError {
    let (from, at) = (from as usize, error.span.start as usize);
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let Some(region) = text.get(from..line_end) else { return error };
    let Some(last) = MARKS.iter().filter_map(|(open, _)| region.rfind(open)).max() else { return error };
    let range = expression(text, from + last);
    let between = text.get(range.end..at).unwrap_or("");
    if between.matches('\n').count() <= 1 {
        error.message = format!("the template `{}` is no YAML before it is filled in", clip(text, &range));
        error.span = Span::of(range);
        error.related = None;
    } else if error.related.is_none() {
        error.related = Some((Span::of(range), "a template is filled in here".to_owned()));
    }
    error.help(RENDER)
}

fn clip(text: &str, range: &Range<usize>) -> String {
    text::clip(&text[range.clone()])
}

const RENDER: &str = "render the template first (for Helm: `helm template`) and check what comes out";
