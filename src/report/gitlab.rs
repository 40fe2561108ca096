//! GitLab's code quality report: a list, empty for a clean run. Fingerprints are unique, or GitLab drops findings.

use super::{Run, fingerprint, json};
use crate::diag::Severity;
use serde::Serialize;
use std::io::{self, Write};

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<Issue> = run
        .outcome
        .findings
        .iter()
        .zip(fingerprint::all(run))
        .map(|(finding, fingerprint)| {
            let place = run.place(finding);
            let (begin, end) = place.as_ref().map_or((1, 1), |place| (place.start.line, place.last_line()));
            let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            Issue {
                description: format!("{}{help}", finding.message),
                check_name: finding.rule,
                fingerprint,
                severity: match finding.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                // GitLab asks for a path; a finding about no file is about the folder.
                location: Location { path: place.map_or(".", |place| place.path), lines: Lines { begin, end } },
            }
        })
        .collect();
    json::write_pretty(&issues, out)
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}
