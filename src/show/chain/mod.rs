//! The effective chain at a glance: one view of a resolved chain, which every format of `hoplint show` draws.
//!
//! Everything that a reader may see is worked out here; what draws it adds places on a page and nothing else. The types are
//! the contract of the JSON as well: `schemas/hoplint-show.schema.json` is made from them.

mod attempts;
mod lanes;
mod outcome;
mod sweep;
mod view;

pub use attempts::{Factor, Orphan, Repeats};
pub use lanes::{Bar, Interval, Lane, Limit, Margin, Need, Source, Stands, Which};
pub use outcome::{Fires, RunsOn, Seen, Span, Sweep};
pub use view::view;

use crate::duration::Dur;
use crate::span::Loc;
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// One chain with all that is to be shown of it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct View {
    #[serde(rename = "chain")]
    pub name: String,
    pub location: Option<At>,
    /// Read out of deployed files: nobody knows what stands at its ends.
    pub part: bool,
    /// `inward`, `outward` or `unordered`.
    pub order: &'static str,
    /// In words, such as `5s`.
    pub margin: String,
    /// Absent where nobody knows what the chain is for.
    pub workload: Option<Work>,
    /// The whole in one line.
    pub verdict: Verdict,
    /// From client to provider.
    pub hops: Vec<Hop>,
    /// What hops wait for, each with the bar of every hop.
    pub lanes: Vec<Lane>,
    pub findings: Vec<Found>,
    /// Who works on for nobody when the provider never answers.
    pub orphans: Vec<Orphan>,
    /// Failures that some hop repeats, the worst first.
    pub repeats: Vec<Repeats>,
    /// What happens, by how long the answer takes; one for each mode that applies.
    pub sweeps: Vec<Sweep>,
    /// What is not shown, and why.
    pub notes: Vec<String>,
}

/// A duration for readers and for programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Time {
    /// Such as `90s`, `2.2s` or `500ms`.
    pub text: String,
    pub seconds: f64,
}

impl From<Dur> for Time {
    fn from(dur: Dur) -> Self {
        Self { text: dur.to_string(), seconds: dur.as_secs_f64() }
    }
}

/// A place in a file. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct At {
    /// Relative to the folder where hoplint ran, with `/`.
    pub file: String,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub line: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column: usize,
}

impl At {
    /// `chat.chain.yaml:9`.
    pub fn line(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// What the chain is for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Work {
    /// `buffered` or `streaming`.
    pub mode: &'static str,
    /// Nobody stated it; it is assumed because the chain ends at a model.
    pub assumed: bool,
    pub preset: Option<&'static str>,
    pub first_byte: Option<Time>,
    /// The longest silence inside a stream.
    pub gap: Option<Time>,
    pub total: Option<Time>,
    pub location: Option<At>,
    /// One line, such as `reasoning: whole answers of up to 120s`.
    pub text: String,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Verdict {
    pub level: Level,
    pub text: String,
}

/// The worst finding; `fine` where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Fine,
    Note,
    Warning,
    Error,
}

/// One hop.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Hop {
    #[serde(rename = "hop")]
    pub name: String,
    /// The id in the catalogue.
    pub platform: String,
    pub platform_name: String,
    /// `client`, `proxy`, `provider` and so on.
    pub role: &'static str,
    /// How it calls the next hop: `buffered` or `streaming`.
    pub mode: &'static str,
    /// It and the next hop are one program.
    pub same_process: bool,
    /// Whether it stops the hop inside when its caller leaves; absent where nobody knows.
    pub cancels: Option<bool>,
    /// Attempts after its own timeout, the first included.
    pub attempts: u32,
    /// The worst finding at this hop.
    pub level: Level,
    pub location: Option<At>,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Found {
    pub rule: &'static str,
    pub level: Level,
    pub message: String,
    /// The value or change that repairs it.
    pub help: Option<String>,
    pub notes: Vec<String>,
    /// By its place in `hops`; absent for a finding about the chain.
    pub hop: Option<usize>,
    pub location: Option<At>,
}

/// Where something of a file stands, as people read it.
pub type Places<'a> = dyn Fn(Loc) -> Option<At> + 'a;

impl View {
    /// The rules that found something at a hop, each once with its worst level, the worst first.
    pub fn rules_at(&self, hop: usize) -> Vec<(Level, &'static str)> {
        let mut found: Vec<(Level, &'static str)> =
            self.findings.iter().filter(|f| f.hop == Some(hop)).map(|f| (f.level, f.rule)).collect();
        found.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        let mut once: Vec<(Level, &'static str)> = Vec::new();
        for (level, rule) in found {
            if !once.iter().any(|(_, known)| *known == rule) {
                once.push((level, rule));
            }
        }
        once
    }
}
