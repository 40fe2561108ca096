//! Checkstyle XML: findings by file. Each file of the run is listed, so a clean one is seen to have been checked.

use super::Run;
use super::xml::{DECLARATION, escape};
use crate::diag::{Diagnostic, Severity};
use std::io::{self, Write};

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{DECLARATION}")?;
    writeln!(out, "<checkstyle version=\"8.0\">")?;
    for (path, findings) in run.by_file() {
        file(run, path, &findings, out)?;
    }
    writeln!(out, "</checkstyle>")
}

fn file(run: &Run, path: &str, findings: &[&Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  <file name=\"{}\">", escape(path))?;
    for finding in findings {
        write!(out, "    <error ")?;
        if let Some(place) = run.place(finding) {
            write!(out, "line=\"{}\" column=\"{}\" ", place.start.line, place.start.column)?;
        }
        let severity = match finding.severity {
            Severity::Note => "info",
            other => other.name(),
        };
        let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        let message = escape(&format!("{}{help}", finding.message));
        let source = escape(&format!("hoplint.{}", finding.rule));
        writeln!(out, "severity=\"{severity}\" message=\"{message}\" source=\"{source}\"/>")?;
    }
    writeln!(out, "  </file>")
}
