//! `# hoplint: ignore[rule, rule] reason`: reading the comment, and which line it speaks of.

use crate::span::Span;
use crate::text;

/// A comment that speaks to hoplint.
#[derive(Clone, Debug)]
pub struct Comment {
    pub span: Span,
    pub rules: Vec<Named>,
    pub reason: Option<String>,
    /// Why it is no suppression.
    pub problem: Option<String>,
}

/// A rule where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub span: Span,
}

/// Words for the same thing in other tools.
const ELSEWHERE: [&str; 7] = ["ignore", "disable", "noqa", "suppress", "allow", "skip", "nolint"];

/// Reads a comment; `None` where it is not for hoplint.
pub fn read(span: Span, source: &str) -> Option<Comment> {
    let whole = span.text(source);
    let body = whole.trim_start_matches(['#', '/', ' ', '\t']);
    let rest = body.strip_prefix("hoplint:")?.trim_start();
    let word_len = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(rest.len());
    let (word, rest) = rest.split_at(word_len);
    let broken = |problem: String| Some(Comment { span, rules: Vec::new(), reason: None, problem: Some(problem) });
    if word != "ignore" {
        // Prose that happens to begin with the name of the program is left alone.
        text::nearest(word, ELSEWHERE)?;
        return broken(format!("`{}` is no instruction to hoplint", text::clip(word)));
    }
    let Some(list) = rest.trim_start().strip_prefix('[') else {
        return broken("this suppression names no rule".to_owned());
    };
    let Some((list, reason)) = list.split_once(']') else {
        return broken("this suppression has no closing bracket".to_owned());
    };
    // The list is a part of the comment's text, so its place is found by its address.
    let start = span.start as usize + whole.len() - list.len() - 1 - reason.len();
    let rules = named(list, start);
    if rules.is_empty() {
        return broken("this suppression names no rule".to_owned());
    }
    let reason = reason.trim_start_matches([' ', '\t', ':', '-', '\u{2014}']).trim();
    Some(Comment { span, rules, reason: (!reason.is_empty()).then(|| reason.to_owned()), problem: None })
}

fn named(list: &str, start: usize) -> Vec<Named> {
    let mut at = start;
    let mut rules = Vec::new();
    for part in list.split(',') {
        let name = part.trim();
        let from = at + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            rules.push(Named { name: name.to_owned(), span: Span::of(from..from + name.len()) });
        }
        at += part.len() + 1;
    }
    rules
}

/// Where lines begin.
pub struct Lines(Vec<u32>);

impl Lines {
    pub fn of(source: &str) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let starts = ends.map(|(at, _)| Span::of(at + 1..at + 1).start);
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The line of an offset, from 0.
    pub fn at(&self, offset: u32) -> usize {
        self.0.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn text<'s>(&self, line: usize, source: &'s str) -> Option<&'s str> {
        let start = *self.0.get(line)? as usize;
        let end = self.0.get(line + 1).map_or(source.len(), |next| *next as usize);
        source.get(start..end)
    }

    fn start(&self, line: usize) -> u32 {
        self.0.get(line).copied().unwrap_or_default()
    }
}

/// The line a comment speaks of: its own, or, where it stands alone, the next one that is no comment.
pub fn target(comment: Span, source: &str, comments: &[Span], lines: &Lines) -> Option<usize> {
    let own = lines.at(comment.start);
    let alone = |line: usize| {
        let start = lines.start(line);
        let first = comments.partition_point(|c| c.start < start);
        comments.get(first).is_some_and(|c| {
            lines.at(c.start) == line && source.get(start as usize..c.start as usize).is_some_and(is_blank)
        })
    };
    if !alone(own) {
        return Some(own);
    }
    let next = (own + 1..lines.0.len()).find(|line| !alone(*line))?;
    // A blank line in between takes the comment away from what follows.
    lines.text(next, source).filter(|text| !is_blank(text)).map(|_| next)
}

fn is_blank(text: &str) -> bool {
    text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty()
}

/// What goes when a comment goes: its line where it stands alone, else the blanks before it too.
pub fn without(comment: Span, source: &str) -> Span {
    let (start, end) = (comment.start as usize, comment.end as usize);
    let line = source[..start].rfind('\n').map_or(0, |at| at + 1);
    if source[line..start].trim_matches([' ', '\t']).is_empty() {
        let next = source[end..].find('\n').map_or(source.len(), |at| end + at + 1);
        return Span::of(line..next);
    }
    let before = source[line..start].trim_end_matches([' ', '\t']).len();
    Span::of(line + before..end)
}

/// What goes when one of several rules goes: its name with the comma beside it.
pub fn without_rule(rule: &Named, rules: &[Named]) -> Span {
    let i = rules.iter().position(|other| other.span == rule.span).unwrap_or_default();
    match (rules.get(i + 1), i.checked_sub(1).and_then(|before| rules.get(before))) {
        (Some(next), _) => Span::new(rule.span.start, next.span.start),
        (None, Some(before)) => Span::new(before.span.end, rule.span.end),
        (None, None) => rule.span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<Comment> {
        read(Span::of(0..text.len()), text)
    }

    #[test]
    fn reads_rules_with_their_places_and_the_reason() {
        let text = "# hoplint: ignore[order-inverted,  keepalive-race ] until May";
        let comment = one(text).unwrap();
        let names: Vec<_> = comment.rules.iter().map(|r| (r.name.as_str(), r.span.text(text))).collect();
        assert_eq!(names, [("order-inverted", "order-inverted"), ("keepalive-race", "keepalive-race")]);
        assert_eq!(comment.reason.as_deref(), Some("until May"));
        assert_eq!(one("#hoplint:ignore[a]: why").unwrap().reason.as_deref(), Some("why"));
        assert_eq!(one("# hoplint: ignore[a] -").unwrap().reason, None);
    }

    #[test]
    fn tells_what_only_looks_like_one() {
        let problem = |text: &str| one(text).and_then(|c| c.problem);
        assert_eq!(problem("# hoplint: ignore"), Some("this suppression names no rule".into()));
        assert_eq!(problem("# hoplint: ignore[]"), Some("this suppression names no rule".into()));
        assert_eq!(problem("# hoplint: ignore[a"), Some("this suppression has no closing bracket".into()));
        assert_eq!(problem("# hoplint: ignroe[a]"), Some("`ignroe` is no instruction to hoplint".into()));
        assert_eq!(problem("# hoplint: disable a"), Some("`disable` is no instruction to hoplint".into()));
        assert!(one("# hoplint: see the wiki").is_none());
        assert!(one("# we run hoplint: ignore it").is_none());
    }

    #[test]
    fn a_comment_speaks_of_its_line_or_of_the_next_that_is_none() {
        let text = "a: 1 # x\n# y\n  # z\nb: 2\n# w\n\nc: 3\n# end";
        let comments: Vec<Span> = ["# x", "# y", "# z", "# w", "# end"]
            .iter()
            .map(|c| text.find(c).map(|at| Span::of(at..at + c.len())).unwrap())
            .collect();
        let lines = Lines::of(text);
        let targets: Vec<_> = comments.iter().map(|c| target(*c, text, &comments, &lines)).collect();
        assert_eq!(targets, [Some(0), Some(3), Some(3), None, None]);
    }

    #[test]
    fn goes_with_its_line_or_with_the_blanks_before_it() {
        let removed = |text: &str, comment: &str| {
            let at = text.find(comment).unwrap();
            let span = without(Span::of(at..at + comment.len()), text);
            format!("{}{}", &text[..span.start as usize], &text[span.end as usize..])
        };
        assert_eq!(removed("a: 1  # x\nb: 2\n", "# x"), "a: 1\nb: 2\n");
        assert_eq!(removed("a: 1\n  # x\r\nb: 2\n", "# x"), "a: 1\nb: 2\n");
        assert_eq!(removed("a: 1\n# x", "# x"), "a: 1\n");
    }
}
