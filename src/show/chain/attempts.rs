//! Who repeats what, and who works on for nobody.

use super::Time;
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// One failure of the innermost hop, and the calls that one request becomes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Repeats {
    /// Such as `a 503` or `no answer at all`.
    pub failure: String,
    /// The hops that call more than once, from client to provider.
    pub factors: Vec<Factor>,
    /// Calls of the innermost hop.
    pub calls: u64,
    /// When the client knows; absent where it never does.
    pub ended: Option<Time>,
}

/// One hop that repeats.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Factor {
    /// By its place in `hops`.
    pub hop: usize,
    /// Calls of the next hop that reach it, for one call of this one; an average where they differ.
    pub times: f64,
}

/// Work that goes on when its caller has left.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Orphan {
    /// By its place in `hops`.
    pub hop: usize,
    /// When its caller leaves, from the click on.
    pub from: Time,
    /// Absent: without end.
    pub until: Option<Time>,
    /// Calls of the innermost hop that are at work or begin in that time.
    pub calls: u64,
    /// `works on for 471s after backend has left`.
    pub text: String,
}
