//! Reported by `baseline`, where findings meet their counts.

use super::{by_engine, rule};

rule! {
    /// The baseline allows more findings than there are.
    ///
    /// ## What it does
    /// With `hoplint check --baseline FILE`, reports each count of the baseline that is larger than what the run found in
    /// that file, and each file of it that does not exist any more. Files that were not checked are left alone.
    ///
    /// ## Why it matters
    /// Somebody repaired a chain. As long as the old count stands, the same finding can come back without anybody seeing
    /// it.
    ///
    /// ## Example
    /// ```json
    /// {"version": 1, "findings": {"chat.chain.yaml": {"order-inverted": 2}}}
    /// ```
    /// while `chat.chain.yaml` has one `order-inverted` left.
    ///
    /// ## Instead
    /// `hoplint baseline --prune` lowers the counts to what is there, and never raises one.
    "stale-baseline", Note, fix: None, by_engine
}
