//! What happens to a request, by how long its answer takes.

use super::{Time, Which};
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// All durations of one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Sweep {
    /// `buffered` or `streaming`.
    pub mode: &'static str,
    /// It is the mode of the workload; else it is what would be if the answers came the other way.
    pub stated: bool,
    /// What takes long is the start of a stream; else it is the whole answer or stream.
    pub of_start: bool,
    /// The lane in which the length of the answer has its place.
    pub lane: Option<Which>,
    /// What takes long, such as `the answer`.
    pub subject: String,
    /// The same for a heading.
    pub title: String,
    /// What unstated facets are taken to be, such as `version of proxy: 1.29.7`.
    pub assumed: Vec<String>,
    /// The longest answer that is looked at.
    pub longest: Time,
    /// From the shortest answers to the longest, without holes.
    pub spans: Vec<Span>,
}

/// Answers that fare alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Span {
    /// Answers that take this long or longer.
    pub from: Time,
    /// But less than this; absent for any longer one.
    pub to: Option<Time>,
    pub seen: Seen,
    /// What the client sees, in a few words: `the answer`, `504`, `APITimeoutError`.
    pub sees: String,
    /// When the client knows; absent where that is when the answer is there, or never.
    pub at: Option<Time>,
    /// The timer that decides.
    pub fires: Option<Fires>,
    /// Hops that work on for nobody.
    pub runs_on: Vec<RunsOn>,
    /// Calls of the innermost hop.
    pub calls: u64,
    /// All of it in one sentence or two.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    Answer,
    Error,
    /// A part of the answer.
    Truncated,
    /// It waits for ever.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Fires {
    /// By its place in `hops`; one of a fallback is past their end.
    pub hop: usize,
    pub hop_name: String,
    pub timer: String,
    pub at: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct RunsOn {
    /// By its place in `hops`; one of a fallback is past their end.
    pub hop: usize,
    pub hop_name: String,
    pub from: Time,
    /// Absent: for ever, or until the answer is there.
    pub until: Option<Time>,
    pub for_ever: bool,
    /// Whether it really goes on is not known.
    pub assumed: bool,
}
