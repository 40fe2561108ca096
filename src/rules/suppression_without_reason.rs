//! Reported by `suppress`, where findings meet suppressions.

use super::{by_engine, rule};

rule! {
    /// A suppression that does not say why.
    ///
    /// ## What it does
    /// Reports suppressions that silence a finding and give no reason: a comment with nothing behind its bracket, a hop's
    /// `ignore: {rule: }` without a value, an `[[ignore]]` without `reason`.
    ///
    /// ## Why it matters
    /// Timeouts are changed during incidents, by people who did not write the file. Without the reason nobody dares to
    /// remove a suppression, and nobody knows when it has had its day.
    ///
    /// ## Example
    /// ```yaml
    /// timeouts: {read: 60s}   # hoplint: ignore[order-inverted]
    /// ```
    ///
    /// ## Instead
    /// ```yaml
    /// timeouts: {read: 60s}   # hoplint: ignore[order-inverted] nightly batch only, retried by the queue
    /// ```
    "suppression-without-reason", Warning, fix: None, by_engine
}
