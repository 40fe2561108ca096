//! Lines to sections, and which of their lines stand under a condition. Knows no keyword but those that begin a section.

use super::problem;
use crate::diag::Severity;
use crate::import::template::{self, Control};
use crate::import::{Given, Import};
use crate::span::Span;
use crate::syntax::haproxy::{Line, Word};

pub struct Section<'a, 's> {
    pub kind: Kind,
    pub header: &'a Line<'s>,
    pub body: Vec<Statement<'a, 's>>,
    /// The whole section, to the end of its last line.
    pub span: Span,
}

/// A line of a section.
pub struct Statement<'a, 's> {
    pub line: &'a Line<'s>,
    /// The condition that it stands under and its section does not.
    pub under: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Global,
    Defaults,
    Frontend,
    Backend,
    Listen,
    /// A section that no request passes through: resolvers, peers, mailers ...
    Other,
}

const OTHER: [&str; 15] = [
    "acme",
    "cache",
    "crt-store",
    "fcgi-app",
    "healthcheck",
    "http-errors",
    "log-forward",
    "log-profile",
    "mailers",
    "peers",
    "program",
    "resolvers",
    "ring",
    "traces",
    "userlist",
];

impl Kind {
    fn of(word: &str) -> Option<Kind> {
        Some(match word {
            "global" => Self::Global,
            "defaults" => Self::Defaults,
            "frontend" => Self::Frontend,
            "backend" => Self::Backend,
            "listen" => Self::Listen,
            _ if OTHER.contains(&word) => Self::Other,
            _ => return None,
        })
    }
}

impl<'s> Section<'_, 's> {
    pub fn name(&self) -> Option<&Word<'s>> {
        self.header.words.get(1).filter(|word| word.text != "from")
    }

    /// The defaults section that it names.
    pub fn from(&self) -> Option<&Word<'s>> {
        let from = self.header.words.iter().skip(1).position(|word| word.text == "from")?;
        self.header.words.get(from + 2)
    }

    /// `backend llm`.
    pub fn title(&self) -> String {
        let keyword = self.header.word(0);
        self.name().map_or_else(|| keyword.to_owned(), |name| format!("{keyword} {}", name.text))
    }

    /// Where its name stands, or its keyword.
    pub fn at(&self) -> Span {
        self.name().map_or_else(|| self.header.words_span(), |name| name.span)
    }
}

/// Only branches that are certainly skipped are left out.
pub fn split<'a, 's>(given: &Given<'_>, lines: &'a [Line<'s>], out: &mut Import) -> Vec<Section<'a, 's>> {
    let mut sections: Vec<(Section<'a, 's>, Option<Span>)> = Vec::new();
    let mut conditions = Conditions::default();
    for line in lines {
        if conditions.take(given, line, out) || conditions.skips() {
            continue;
        }
        let under = conditions.innermost();
        if let Some(kind) = Kind::of(line.word(0)) {
            sections.push((Section { kind, header: line, body: Vec::new(), span: line.span }, under));
        } else if let Some((section, outer)) = sections.last_mut() {
            section.span = section.span.to(line.span);
            section.body.push(Statement { line, under: under.filter(|_| under != *outer) });
        } else if !out.template {
            let message = format!("`{}` stands in no section", crate::text::clip(line.word(0)));
            let help = "begin one above it, such as `defaults` or `backend app`";
            out.problems.push(problem(given, Severity::Error, line.words[0].span, message).help(help));
            // One such line means a file of another kind or a part of one: the others say no more.
            sections.push((Section { kind: Kind::Other, header: line, body: Vec::new(), span: line.span }, under));
        }
    }
    for open in conditions.open.iter().filter(|c| !c.template) {
        out.problems
            .push(problem(given, Severity::Error, open.at, "this `.if` is never closed").help("add a line `.endif`"));
    }
    sections.into_iter().map(|(section, _)| section).collect()
}

/// The conditions that a line stands under.
#[derive(Default)]
struct Conditions {
    open: Vec<Condition>,
}

struct Condition {
    at: Span,
    branch: Branch,
    /// Of a template, not of `HAProxy`.
    template: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    Taken,
    Skipped,
    /// No branch was taken so far and this one is not.
    NotYet,
    Unknown,
}

impl Conditions {
    /// Whether the line is about conditions alone.
    fn take(&mut self, given: &Given<'_>, line: &Line<'_>, out: &mut Import) -> bool {
        let word = &line.words[0];
        match word.text.as_ref() {
            ".if" => {
                let branch = match truth(line) {
                    Some(true) => Branch::Taken,
                    Some(false) => Branch::NotYet,
                    None => Branch::Unknown,
                };
                self.open.push(Condition { at: line.words_span(), branch, template: false });
            }
            ".elif" | ".else" | ".endif" => {
                let Some(open) = self.open.last_mut().filter(|c| !c.template) else {
                    if !out.template {
                        let message = format!("this `{}` has no `.if` above it", word.text);
                        out.problems.push(problem(given, Severity::Error, word.span, message).help("remove it"));
                    }
                    return true;
                };
                let holds = if word.text == ".else" { Some(true) } else { truth(line) };
                open.at = line.words_span();
                open.branch = match (open.branch, holds) {
                    (Branch::Taken | Branch::Skipped, _) => Branch::Skipped,
                    (Branch::NotYet, Some(true)) => Branch::Taken,
                    (Branch::NotYet, Some(false)) => Branch::NotYet,
                    _ => Branch::Unknown,
                };
                if word.text == ".endif" {
                    self.open.pop();
                }
            }
            ".notice" | ".warning" | ".alert" | ".diag" => {}
            _ if out.template => return self.template(given, line),
            _ => return false,
        }
        true
    }

    fn template(&mut self, given: &Given<'_>, line: &Line<'_>) -> bool {
        let text = line.span.text(given.text);
        for control in template::controls(text) {
            match control {
                Control::Open if self.open.len() < crate::syntax::MAX_DEPTH => {
                    let at = line.words_span();
                    self.open.push(Condition { at, branch: Branch::Unknown, template: true });
                }
                Control::Else => {
                    if let Some(open) = self.open.last_mut().filter(|c| c.template) {
                        open.at = line.words_span();
                    }
                }
                Control::Close if self.open.last().is_some_and(|c| c.template) => drop(self.open.pop()),
                _ => {}
            }
        }
        let rest = text.trim();
        template::mark(rest, 0).is_some_and(|mark| mark.range() == (0..rest.len()))
    }

    fn skips(&self) -> bool {
        self.open.iter().any(|c| matches!(c.branch, Branch::Skipped | Branch::NotYet))
    }

    fn innermost(&self) -> Option<Span> {
        self.open.iter().rev().find(|c| c.branch == Branch::Unknown).map(|c| c.at)
    }
}

/// Whether a condition holds, where its text alone says it: `1`, `0`, `!1` or nothing.
fn truth(line: &Line<'_>) -> Option<bool> {
    let [_, words @ ..] = line.words.as_slice() else { return None };
    match words {
        [] => Some(false),
        [one] if one.variable.is_none() => {
            let bare = one.text.trim_start_matches('!');
            let negated = (one.text.len() - bare.len()) % 2 == 1;
            let number = bare.bytes().all(|b| b.is_ascii_digit()) && !bare.is_empty();
            number.then(|| (bare.bytes().any(|b| b != b'0')) != negated)
        }
        _ => None,
    }
}
