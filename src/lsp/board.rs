//! The findings that the editor is shown: kept by what said them, put together by the file that they stand in.

use super::check::Files;
use super::documents::Documents;
use super::positions::Lines;
use crate::diag::{Diagnostic, Severity};
use crate::report::rule_url;
use crate::rules;
use crate::workspace::deployed::is_about_a_suppression;
use gen_lsp_types as lsp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A finding with the texts that it speaks of.
#[derive(Clone, Debug)]
pub struct Shown {
    pub finding: Diagnostic,
    pub files: Arc<Files>,
    /// Where it is reported; the file that was checked where it has no place of its own.
    pub target: PathBuf,
}

/// What said something, in the order of a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The settings of a folder.
    Settings(PathBuf),
    /// A deployed file as such.
    Deployed(PathBuf),
    /// A chain file, about itself and what it is bound to.
    Chain(PathBuf),
}

#[derive(Default)]
pub struct Board {
    said: BTreeMap<Origin, Vec<Shown>>,
    /// What each file was last published as.
    published: HashMap<PathBuf, u64>,
}

impl Board {
    /// Replaces what one origin says; the files that it speaks of now or did before.
    pub fn set(&mut self, origin: Origin, shown: Vec<Shown>) -> BTreeSet<PathBuf> {
        let mut targets: BTreeSet<PathBuf> = shown.iter().map(|one| one.target.clone()).collect();
        let old = if shown.is_empty() { self.said.remove(&origin) } else { self.said.insert(origin, shown) };
        targets.extend(old.into_iter().flatten().map(|one| one.target));
        targets
    }

    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.said.keys()
    }

    /// The findings of one file, in the order of a report.
    pub fn of(&self, target: &Path) -> Vec<&Shown> {
        let mut found: Vec<&Shown> = self.said.values().flatten().filter(|shown| shown.target == target).collect();
        let place = |shown: &Shown| shown.finding.primary().map(|at| at.span);
        found.sort_by(|a, b| {
            (place(a), a.finding.rule, &a.finding.hop).cmp(&(place(b), b.finding.rule, &b.finding.hop))
        });
        // Chains that were checked one by one each speak of the comments in what they are bound to.
        let about_comment = |shown: &Shown| is_about_a_suppression(shown.finding.rule);
        found.dedup_by(|a, b| about_comment(a) && a.finding.rule == b.finding.rule && place(a) == place(b));
        found
    }

    /// Whether a file's findings are others than those published last; from now on they are these.
    pub fn is_new(&mut self, target: &Path, diagnostics: &[lsp::Diagnostic]) -> bool {
        let hash = hash(diagnostics);
        let empty = diagnostics.is_empty();
        let old = if empty { self.published.remove(target) } else { self.published.insert(target.to_owned(), hash) };
        old != (!empty).then_some(hash)
    }
}

/// A number for a list of findings: equal lists have equal ones.
pub fn hash(diagnostics: &[lsp::Diagnostic]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for one in diagnostics {
        let lsp::Range { start, end } = one.range;
        (start.line, start.character, end.line, end.character).hash(&mut hasher);
        if let lsp::Message::String(text) = &one.message {
            text.hash(&mut hasher);
        }
        if let Some(lsp::Code::String(code)) = &one.code {
            code.hash(&mut hasher);
        }
        one.severity.is_some_and(|s| s == lsp::DiagnosticSeverity::Error).hash(&mut hasher);
        for related in one.related_information.iter().flatten() {
            related.location.uri.0.hash(&mut hasher);
            (related.location.range.start.line, related.location.range.start.character).hash(&mut hasher);
            related.message.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The findings of one file as the protocol writes them.
pub fn diagnostics(board: &Board, target: &Path, documents: &Documents, related: bool) -> Vec<lsp::Diagnostic> {
    let mut writer = Writer { documents, lines: HashMap::new(), related };
    board.of(target).into_iter().map(|shown| writer.diagnostic(shown)).collect()
}

/// One finding as the protocol writes it.
pub fn diagnostic(shown: &Shown, documents: &Documents, related: bool) -> lsp::Diagnostic {
    Writer { documents, lines: HashMap::new(), related }.diagnostic(shown)
}

struct Writer<'a> {
    documents: &'a Documents,
    /// Each text is looked through for its lines once.
    lines: HashMap<*const u8, Lines>,
    related: bool,
}

impl Writer<'_> {
    fn diagnostic(&mut self, shown: &Shown) -> lsp::Diagnostic {
        let Shown { finding, files, .. } = shown;
        let range = finding.primary().and_then(|at| Some(self.location(files, at)?.range)).unwrap_or_default();
        let told = self.related;
        let others = finding.labels.iter().skip(1).filter(|_| told);
        let related: Vec<lsp::DiagnosticRelatedInformation> = others
            .filter_map(|label| {
                let location = self.location(files, label.loc)?;
                let text = if label.text.is_empty() { "this belongs to it" } else { &label.text };
                Some(lsp::DiagnosticRelatedInformation { location, message: text.to_owned() })
            })
            .collect();
        lsp::Diagnostic {
            range,
            severity: Some(severity(finding.severity)),
            code: Some(lsp::Code::String(finding.rule.to_owned())),
            code_description: Some(lsp::CodeDescription { href: lsp::Uri(page_of(finding.rule)) }),
            source: Some("hoplint".to_owned()),
            message: lsp::Message::String(message(finding)),
            tags: tags(finding.rule),
            related_information: (!related.is_empty()).then_some(related),
            data: None,
        }
    }

    fn location(&mut self, files: &Files, at: crate::span::Loc) -> Option<lsp::Location> {
        let (path, text) = files.get(at.file)?;
        let documents = self.documents;
        let lines = self.lines.entry(text.as_ptr()).or_insert_with(|| documents.lines(path, text));
        Some(lsp::Location { uri: documents.uri(path), range: lines.range(text, at.span) })
    }
}

/// What is wrong, what the caller sees, and the repair: a line each.
fn message(finding: &Diagnostic) -> String {
    let mut text = finding.message.clone();
    for note in &finding.notes {
        text.push('\n');
        text.push_str(note);
    }
    if let Some(help) = &finding.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    text
}

/// Where a finding's rule is explained.
fn page_of(rule: &str) -> String {
    if rules::find(rule).is_some() { rule_url(rule) } else { rule_url("README") }
}

const fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp::DiagnosticSeverity::Error,
        Severity::Warning => lsp::DiagnosticSeverity::Warning,
        Severity::Note => lsp::DiagnosticSeverity::Information,
    }
}

/// What has no effect is shown faded.
fn tags(rule: &str) -> Option<Vec<lsp::DiagnosticTag>> {
    let idle = [rules::unused_suppression::RULE.name, rules::unreachable_timer::RULE.name];
    idle.contains(&rule).then(|| vec![lsp::DiagnosticTag::Unnecessary])
}
