//! Reporters: what a run found, as bytes. One file per format; nothing here filters, sorts, reads a file or knows the
//! command line.

mod clean;
mod compact;
mod excerpt;
mod json;
pub mod lines;
mod places;
mod summary;
mod text;

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
    Json,
}

impl Format {
    /// By name, in the order in which help lists them.
    pub const NAMES: [(&'static str, Format); 3] =
        [("text", Self::Text), ("compact", Self::Compact), ("json", Self::Json)];

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
