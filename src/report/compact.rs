//! One line per finding: `path:line:col: error[rule]: message (hop)`, for grep and for editors that jump to places.

use super::{Run, clean, summary};
use crate::diag::{Diagnostic, Unchecked};
use std::io::{self, Write};

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for finding in &run.outcome.findings {
        line(run, finding, out)?;
    }
    if run.options.verbose {
        for unchecked in &run.outcome.unchecked {
            writeln!(out, "{}", unjudged(unchecked))?;
        }
    }
    writeln!(out, "{}", summary::line(run.outcome, run.options.verbose))
}

fn line(run: &Run, finding: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    match run.place(finding) {
        Some(place) => write!(out, "{}:{}:{}: ", clean::line(place.path), place.start.line, place.start.column)?,
        None => write!(out, "hoplint: ")?,
    }
    let name = finding.severity.name();
    let (on, off) = if run.options.color { (super::text::color(finding.severity), "\u{1b}[0m") } else { ("", "") };
    write!(out, "{on}{name}[{}]{off}: {}", clean::line(finding.rule), clean::line(&finding.message))?;
    if let Some(hop) = &finding.hop {
        write!(out, " ({})", clean::line(hop))?;
    }
    writeln!(out)
}

/// `unchecked[rule]: why (hop of chain)`.
pub(super) fn unjudged(unchecked: &Unchecked) -> String {
    let Unchecked { rule, chain, hop, why } = unchecked;
    clean::line(&format!("unchecked[{rule}]: {why} (hop {hop} of chain {chain})")).into_owned()
}
