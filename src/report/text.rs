//! The report for people: each finding with its source lines, its reasons and its repair; then one line of summary.
//! miette draws; texts from linted files are made harmless before they reach it.

use super::excerpt::{CONTEXT, Excerpt};
use super::{Run, about, clean, compact, rule_url, summary};
use crate::diag::{Applicability, Diagnostic, Label, Severity};
use crate::span::FileId;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles};
use std::fmt;
use std::io::{self, Write};

/// Narrower terminals are treated as this wide.
const LEAST_WIDTH: usize = 40;

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut drawn = String::new();
    for finding in &run.outcome.findings {
        drawn.clear();
        draw(run, finding, &mut drawn).map_err(io::Error::other)?;
        out.write_all(drawn.as_bytes())?;
    }
    if run.options.verbose {
        for unchecked in &run.outcome.unchecked {
            writeln!(out, "{}", compact::unjudged(unchecked))?;
        }
        for path in &run.outcome.unread {
            writeln!(out, "not read: {} is of no format that hoplint knows", clean::line(path))?;
        }
        if !(run.outcome.unchecked.is_empty() && run.outcome.unread.is_empty()) {
            writeln!(out)?;
        }
    }
    writeln!(out, "{}", summary::line(run.outcome, run.options.verbose))
}

fn draw(run: &Run, finding: &Diagnostic, out: &mut String) -> fmt::Result {
    let (mine, others) = by_file(finding);
    let head = Drawing {
        message: clean::line(&finding.message).into_owned(),
        code: Some(code(finding)),
        url: rules_page(finding),
        ..Drawing::new(run, finding.severity, &mine)
    };
    head.draw(run, out)?;
    for labels in others {
        let elsewhere = Drawing::new(run, Severity::Note, &labels);
        let path = elsewhere.excerpt.as_ref().and(run.places.file(labels[0].loc.file)).map_or("", |file| file.path);
        Drawing { message: format!("and in {}", clean::line(path)), ..elsewhere }.draw(run, out)?;
    }
    for note in &finding.notes {
        footer(run, "note", note, out);
    }
    if let Some(help) = &finding.help {
        footer(run, "help", help, out);
    }
    for fix in &finding.fixes {
        footer(run, &format!("fix ({})", applied(fix.applicability)), &fix.title, out);
    }
    out.push('\n');
    Ok(())
}

/// The labels in the primary label's file, and those of every other file.
fn by_file(finding: &Diagnostic) -> (Vec<&Label>, Vec<Vec<&Label>>) {
    let mut groups: Vec<(FileId, Vec<&Label>)> = Vec::new();
    for label in &finding.labels {
        match groups.iter_mut().find(|(file, _)| *file == label.loc.file) {
            Some((_, labels)) => labels.push(label),
            None => groups.push((label.loc.file, vec![label])),
        }
    }
    let mut groups = groups.into_iter().map(|(_, labels)| labels);
    (groups.next().unwrap_or_default(), groups.collect())
}

/// `error[order-inverted] hop gateway of chain chat`.
fn code(finding: &Diagnostic) -> String {
    let about = about(finding).map(|about| format!(" {about}")).unwrap_or_default();
    clean::line(&format!("{}[{}]{about}", finding.severity.name(), finding.rule)).into_owned()
}

/// Only rules have a page.
fn rules_page(finding: &Diagnostic) -> Option<String> {
    crate::rules::find(finding.rule).map(|rule| rule_url(rule.name))
}

pub(super) fn applied(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::Display => "by hand",
    }
}

fn footer(run: &Run, word: &str, text: &str, out: &mut String) {
    let indent = " ".repeat(word.len() + 4);
    let start = if run.options.color { format!("  \u{1b}[36m{word}:\u{1b}[0m ") } else { format!("  {word}: ") };
    let wrap = textwrap::Options::new(width(run)).initial_indent(&start).subsequent_indent(&indent);
    out.push_str(&textwrap::fill(&clean::block(text), wrap));
    out.push('\n');
}

fn width(run: &Run) -> usize {
    run.options.width.max(LEAST_WIDTH)
}

/// ANSI, the same as in the drawn reports.
pub(super) const fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\u{1b}[31m",
        Severity::Warning => "\u{1b}[33m",
        Severity::Note => "\u{1b}[36m",
    }
}

/// What miette draws: a message over source lines of one file.
#[derive(Debug)]
struct Drawing {
    message: String,
    code: Option<String>,
    url: Option<String>,
    severity: Severity,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    /// Which of `labels` is the primary one.
    primary: usize,
}

impl Drawing {
    /// Over the lines of labels that stand in one file; the first is the primary one.
    fn new(run: &Run, severity: Severity, labels: &[&Label]) -> Self {
        let file = labels.first().and_then(|label| run.places.file(label.loc.file));
        let ellipsis = if run.options.unicode { "…" } else { "..." };
        let excerpt = file.map(|file| {
            let ranges: Vec<_> = labels.iter().map(|label| file.range(label.loc)).collect();
            Excerpt::new(file, &ranges, ellipsis)
        });
        let ranges = excerpt.as_ref().map(|excerpt| excerpt.labels.as_slice()).unwrap_or_default();
        let mut spans: Vec<(bool, LabeledSpan)> = Vec::with_capacity(ranges.len());
        for (at, (label, range)) in labels.iter().zip(ranges).enumerate() {
            let text = (!label.text.is_empty()).then(|| clean::line(&label.text).into_owned());
            let span = (range.start, range.len());
            spans.push((
                at == 0,
                match at {
                    0 => LabeledSpan::new_primary_with_span(text, span),
                    _ => LabeledSpan::new_with_span(text, span),
                },
            ));
        }
        // miette gives out colours in this order.
        spans.sort_by_key(|(_, span)| span.offset());
        let primary = spans.iter().position(|(primary, _)| *primary).unwrap_or(0);
        let labels = spans.into_iter().map(|(_, span)| span).collect();
        Self { message: String::new(), code: None, url: None, severity, excerpt, labels, primary }
    }

    fn draw(&self, run: &Run, out: &mut String) -> fmt::Result {
        GraphicalReportHandler::new_themed(self.theme(run))
            .with_width(width(run))
            .with_context_lines(CONTEXT)
            .with_links(run.options.links)
            .with_urls(run.options.links)
            .with_link_display_text("(why)")
            .render_report(out, self)
    }

    /// The primary label has the colour of the severity.
    fn theme(&self, run: &Run) -> GraphicalTheme {
        let characters = if run.options.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        let mut styles = if run.options.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        if run.options.color {
            let own = match self.severity {
                Severity::Error => styles.error,
                Severity::Warning => styles.warning,
                Severity::Note => styles.advice,
            };
            let second = styles.help;
            styles.highlights = vec![second; self.labels.len().max(1)];
            styles.highlights[self.primary] = own;
        }
        GraphicalTheme { characters, styles }
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
