//! The page of one rule: its doc comment, and what it is by default.

use super::words;
use crate::rules::Rule;

/// A rule's page as Markdown. The text is the doc comment that stands in the rule's file.
pub fn page(rule: &Rule) -> String {
    let fix = match rule.fix {
        Some(crate::diag::Applicability::Safe) => "safe",
        Some(crate::diag::Applicability::Unsafe) => "unsafe: it changes a value",
        Some(crate::diag::Applicability::Display) => "shown, not applied",
        None => "none",
    };
    let rest = rule.text();
    let rest = rest.strip_prefix(rule.summary).unwrap_or(&rest).trim();
    let mut out = format!("# {}\n\n{}\n\n", rule.name, words::sentence(rule.summary));
    words::put(
        &mut out,
        format_args!("- **Level**: {} at most, by default\n- **Fix**: {fix}\n\n{rest}\n", rule.level.name()),
    );
    out
}
