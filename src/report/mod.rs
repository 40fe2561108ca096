//! Reporters: what a run found, as bytes. One file per format; nothing here filters, sorts, reads a file or knows the
//! command line.

mod checkstyle;
pub mod clean;
mod compact;
pub mod diagnose;
mod diagnose_text;
mod excerpt;
mod fingerprint;
mod github;
mod gitlab;
mod json;
mod junit;
pub mod lines;
pub mod load;
mod load_text;
pub mod logs;
mod logs_text;
mod markdown;
pub mod paint;
mod places;
pub mod plan;
mod plan_text;
mod probe;
mod sarif;
pub mod show;
pub mod simulate;
mod summary;
pub mod table;
mod text;
mod xml;

use crate::diag::Diagnostic;
use crate::engine::Outcome;
use places::{Place, Places};
use std::io::{self, Write};

/// How a run is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people: each finding with its source lines.
    Text,
    /// One line per finding.
    Compact,
    /// Everything, for programs; `schemas/hoplint-output.schema.json` describes it.
    Json,
    /// For code scanning.
    Sarif,
    /// Annotations by GitHub workflow commands.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    Junit,
    Checkstyle,
    /// For the summary page of a CI step.
    Markdown,
}

impl Format {
    /// By name, in the order in which help lists them.
    pub const NAMES: [(&'static str, Format); 9] = [
        ("text", Self::Text),
        ("compact", Self::Compact),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("junit", Self::Junit),
        ("checkstyle", Self::Checkstyle),
        ("markdown", Self::Markdown),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    pub fn find(name: &str) -> Option<Format> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }
}

/// What the shell knows about where the report goes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, made by a flag or the terminal")]
pub struct Options {
    /// ANSI colours, in `text` and `compact`.
    pub color: bool,
    /// Columns of the terminal, for `text`.
    pub width: usize,
    /// Draw with Unicode characters, else ASCII.
    pub unicode: bool,
    /// List what could not be judged.
    pub verbose: bool,
    /// Terminal links to the documentation of rules.
    pub links: bool,
    pub version: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            unicode: true,
            verbose: false,
            links: false,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Writes the report of a run.
pub fn write(format: Format, outcome: &Outcome, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let run = Run { outcome, options, places: Places::new(&outcome.sources) };
    match format {
        Format::Text => text::write(&run, out),
        Format::Compact => compact::write(&run, out),
        Format::Json => json::write(&run, out),
        Format::Sarif => sarif::write(&run, out),
        Format::Github => github::write(&run, out),
        Format::Gitlab => gitlab::write(&run, out),
        Format::Junit => junit::write(&run, out),
        Format::Checkstyle => checkstyle::write(&run, out),
        Format::Markdown => markdown::write(&run, out),
    }
}

/// Where the documentation of a rule stands.
pub fn rule_url(rule: &str) -> String {
    format!("{}/blob/main/docs/rules/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// What every format writes from.
struct Run<'a> {
    outcome: &'a Outcome,
    options: &'a Options,
    places: Places<'a>,
}

impl<'a> Run<'a> {
    /// Where a finding is reported. A finding about a file that could not be read has no place.
    fn place(&self, finding: &Diagnostic) -> Option<Place<'a>> {
        finding.primary().and_then(|loc| self.places.find(loc))
    }

    /// Every file of the run with its findings; those without a place come first, under the tool's own name.
    fn by_file(&self) -> Vec<(&'a str, Vec<&'a Diagnostic>)> {
        let mut files: Vec<(&str, Vec<&Diagnostic>)> = vec![("hoplint", Vec::new())];
        files.extend(self.outcome.sources.iter().map(|source| (source.path.as_str(), Vec::new())));
        for finding in &self.outcome.findings {
            let at = finding.primary().map_or(0, |loc| loc.file.0 as usize + 1);
            let at = if at < files.len() { at } else { 0 };
            files[at].1.push(finding);
        }
        if files[0].1.is_empty() {
            files.remove(0);
        }
        files
    }
}

/// "hop gateway of chain chat", as far as a finding names them.
fn about(finding: &Diagnostic) -> Option<String> {
    match (&finding.hop, &finding.chain) {
        (Some(hop), Some(chain)) => Some(format!("hop {hop} of chain {chain}")),
        (Some(hop), None) => Some(format!("hop {hop}")),
        (None, Some(chain)) => Some(format!("chain {chain}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Severity;
    use crate::engine::Source;
    use crate::span::{FileId, Loc, Span};

    /// A thousand findings with two labels each, all over a file of a megabyte.
    fn large(line_end: &str) -> Outcome {
        let hop = format!("  - name: hop{line_end}    platform: nginx # \u{6f22}\u{5b57}{line_end}");
        let text = hop.repeat(1_000_000 / hop.len());
        let at =
            |n: usize| Loc::new(FileId(0), Span::of(n * (text.len() / 1_000) / 4 * 4..n * (text.len() / 1_000) + 12));
        let finding = |n: usize| {
            Diagnostic::new("order-inverted", Severity::Error, "m").label(at(n), "here").label(at(999 - n), "there")
        };
        let findings = (0..1_000).map(finding).collect();
        let source = Source { path: "large.chain.yaml".to_owned(), text: text.into() };
        Outcome { sources: vec![source], findings, ..Outcome::default() }
    }

    #[test]
    fn a_file_is_scanned_for_lines_once_and_a_report_shows_little_of_it() {
        for line_end in ["\n", " "] {
            let outcome = large(line_end);
            for (name, format) in Format::NAMES {
                let before = lines::BUILDS.get();
                let mut out = Vec::new();
                write(format, &outcome, &Options::default(), &mut out).unwrap();
                assert_eq!(lines::BUILDS.get() - before, 1, "{name}: line tables");
                assert!(out.len() < 3_000_000, "{name}: {} bytes", out.len());
            }
        }
    }

    #[test]
    fn names_lead_back() {
        for (name, format) in Format::NAMES {
            assert_eq!((Format::find(name), format.name()), (Some(format), name));
        }
        assert_eq!(Format::find("Text"), None);
    }
}
