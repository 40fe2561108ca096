//! The pipeline: texts to findings. Pure: same input, same output; it cannot fail.

use crate::diag::{Diagnostic, Unchecked};
use std::sync::Arc;

/// One file of a run. A `FileId` is its place in the list.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown to people and machines: relative to the working folder, with `/`.
    pub path: String,
    pub text: Arc<str>,
}

/// What a run found. Findings are sorted by file, place and rule; reporters neither filter nor sort.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub sources: Vec<Source>,
    pub findings: Vec<Diagnostic>,
    pub unchecked: Vec<Unchecked>,
    pub counts: Counts,
}

/// Work done, for the summary and for tests that guard the speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub files: usize,
    pub chains: usize,
    pub hops: usize,
    /// Findings silenced by a suppression or the baseline.
    pub suppressed: usize,
    pub platforms_parsed: usize,
    pub rule_calls: usize,
}
