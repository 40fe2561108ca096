//! `JUnit` XML: a suite per file, a failed test per error or warning. A file without findings is one test that passed,
//! since readers refuse a report without tests. Notes pass, with their text as output.

use super::xml::{DECLARATION, escape};
use super::{Run, clean, summary};
use crate::diag::{Diagnostic, Severity};
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = run.by_file();
    if suites.is_empty() {
        suites.push(("hoplint", Vec::new()));
    }
    let tests: usize = suites.iter().map(|(_, found)| found.len().max(1)).sum();
    let failures = summary::count(run.outcome, Severity::Error) + summary::count(run.outcome, Severity::Warning);
    writeln!(out, "{DECLARATION}")?;
    writeln!(out, "<testsuites name=\"hoplint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    for (path, found) in suites {
        suite(run, path, &found, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(run: &Run, path: &str, found: &[&Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    let failures = found.iter().filter(|finding| fails(finding)).count();
    let (path, tests) = (escape(path), found.len().max(1));
    writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"
    )?;
    if found.is_empty() {
        writeln!(out, "    <testcase name=\"no findings\" classname=\"{path}\"/>")?;
    }
    for finding in found {
        let hop = finding.hop.as_ref().map(|hop| format!(" ({hop})")).unwrap_or_default();
        let name = escape(&format!("{}{hop}", finding.rule));
        writeln!(out, "    <testcase name=\"{name}\" classname=\"{path}\">")?;
        let (message, text) = (escape(&finding.message), escape(&body(run, finding)).replace("&#10;", "\n"));
        if fails(finding) {
            let kind = finding.severity.name();
            writeln!(out, "      <failure message=\"{message}\" type=\"{kind}\">{text}</failure>")?;
        } else {
            writeln!(out, "      <system-out>{text}</system-out>")?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

fn fails(finding: &Diagnostic) -> bool {
    finding.severity >= Severity::Warning
}

fn body(run: &Run, finding: &Diagnostic) -> String {
    let place = run.place(finding).map(|p| format!("{}:{}:{}: ", clean::line(p.path), p.start.line, p.start.column));
    let mut body = place.unwrap_or_default();
    let _ = write!(body, "{}[{}]: {}", finding.severity.name(), finding.rule, finding.message);
    for note in &finding.notes {
        let _ = write!(body, "\nnote: {note}");
    }
    if let Some(help) = &finding.help {
        let _ = write!(body, "\nhelp: {help}");
    }
    body
}
