//! Reported by `suppress`, where findings meet suppressions.

use super::{by_engine, rule};
use crate::diag::Applicability;

rule! {
    /// A suppression that silences nothing, or names no rule.
    ///
    /// ## What it does
    /// Reports every suppression that did not silence a finding in this run: a comment `# hoplint: ignore[rule] reason`,
    /// an entry under a hop's `ignore:`, or an `[[ignore]]` in `hoplint.toml` whose folder was checked as a whole. A
    /// name that is no rule, and a comment that looks like a suppression but is none, are reported too. Suppressions of
    /// a rule that is switched off are left alone, and so are all in a file that could not be read to its end.
    ///
    /// ## Why it matters
    /// What it was written for is gone: the next finding of that rule at this place would be hidden by a sentence about
    /// something else. A misspelt one never worked.
    ///
    /// ## Example
    /// ```yaml
    /// - name: edge
    ///   platform: nginx
    ///   # hoplint: ignore[order-inverted] until the SDK is upgraded
    ///   timeouts: {read: 150s}        # the SDK has been upgraded
    /// ```
    ///
    /// ## Instead
    /// Remove it; `hoplint check --fix` does.
    "unused-suppression", Warning, fix: Some(Applicability::Safe), by_engine
}
