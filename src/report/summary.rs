//! What a run comes to: how many findings of each severity, and the line that ends a report for people.

use crate::diag::Severity;
use crate::engine::Outcome;
use crate::text::{grouped, list};
use std::fmt::Write as _;

pub fn count(outcome: &Outcome, severity: Severity) -> usize {
    outcome.findings.iter().filter(|finding| finding.severity == severity).count()
}

/// `2 errors, 1 warning`, or `no findings`.
pub fn findings(outcome: &Outcome) -> String {
    let counted = Severity::ALL.map(|severity| (count(outcome, severity), severity.name()));
    let parts: Vec<String> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, name)| plural(*n, name)).collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}

/// `2 errors in 3 files (4 chains); 1 finding suppressed; 3 checks could not be judged (--verbose)`.
pub fn line(outcome: &Outcome, verbose: bool) -> String {
    let counts = outcome.counts;
    let (found, all, chains) = (findings(outcome), plural(counts.files, "file"), plural(counts.chains, "chain"));
    let formats: Vec<String> = outcome.formats.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let files = if outcome.formats.values().sum::<usize>() == 1 { "file" } else { "files" };
    let formats = if formats.is_empty() { String::new() } else { format!(" in {} {files}", list(&formats, "and")) };
    let deployed = format!("{}{formats}", plural(counts.deployed, "deployed hop"));
    let mut line = match (counts.chains, counts.deployed) {
        (_, 0) if outcome.formats.is_empty() => format!("{found} in {all} ({chains})"),
        (0, _) => format!("{found} in {all} ({deployed})"),
        _ => format!("{found} in {all} ({chains}, {deployed})"),
    };
    if verbose && !outcome.unread.is_empty() {
        let _ = write!(line, "; {} of no format that hoplint reads", plural(outcome.unread.len(), "file"));
    }
    if counts.suppressed > 0 {
        let _ = write!(line, "; {} suppressed", plural(counts.suppressed, "finding"));
    }
    if counts.not_shown > 0 {
        let _ = write!(line, "; {} not shown", more(counts.not_shown));
    }
    if !outcome.unchecked.is_empty() {
        let _ = write!(line, "; {} could not be judged", plural(outcome.unchecked.len(), "check"));
        if !verbose {
            line.push_str(" (--verbose)");
        }
    }
    line
}

fn more(n: usize) -> String {
    format!("{} more {}", grouped(n as u64), if n == 1 { "problem" } else { "problems" })
}

pub fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Diagnostic, Unchecked};
    use crate::engine::Counts;

    #[test]
    fn says_what_there_is_and_nothing_else() {
        let mut outcome = Outcome { counts: Counts { files: 1, chains: 1, ..Counts::default() }, ..Outcome::default() };
        assert_eq!(line(&outcome, false), "no findings in 1 file (1 chain)");
        let found = |severity| Diagnostic::new("rule", severity, "");
        outcome.findings = vec![found(Severity::Warning), found(Severity::Error), found(Severity::Error)];
        outcome.counts = Counts { files: 3, chains: 4, suppressed: 1, ..Counts::default() };
        let unjudged = Unchecked { rule: "rule", chain: "c".to_owned(), hop: "h".to_owned(), why: "w".to_owned() };
        outcome.unchecked = vec![unjudged; 3];
        outcome.counts.not_shown = 2_300;
        assert_eq!(
            line(&outcome, false),
            "2 errors, 1 warning in 3 files (4 chains); 1 finding suppressed; 2,300 more problems not shown; 3 checks could not be judged (--verbose)"
        );
    }
}
