//! Workflow commands: GitHub shows each finding as an annotation on its line. A clean run prints nothing.

use super::{Run, clean};
use crate::diag::{Diagnostic, Severity};
use std::io::{self, Write};

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for finding in &run.outcome.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        write!(out, "::{command} ")?;
        if let Some(place) = run.place(finding) {
            write!(out, "file={},line={},", property(place.path), place.start.line)?;
            write!(out, "endLine={},", place.last_line())?;
            // Columns of a range over several lines are refused.
            if place.start.line == place.end.line {
                write!(out, "col={},endColumn={},", place.start.column, place.end.column)?;
            }
        }
        writeln!(out, "title={}::{}", property(&title(finding)), data(&message(finding)))?;
    }
    Ok(())
}

fn title(finding: &Diagnostic) -> String {
    let hop = finding.hop.as_ref().map(|hop| format!(" ({hop})")).unwrap_or_default();
    format!("{}{hop}", finding.rule)
}

fn message(finding: &Diagnostic) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(finding.notes.iter().cloned());
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

/// The log shows the message and obeys colours, so control characters are neutralised first.
fn data(text: &str) -> String {
    clean::block(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%\n::error::x"), "100%25%0A::error::x");
        assert_eq!(property("a,b:c%0A"), "a%2Cb%3Ac%250A");
        assert_eq!(data("a\r\u{1b}[31m"), "a<U+000D><U+001B>[31m");
    }
}
