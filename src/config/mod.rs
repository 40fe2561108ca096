//! Settings as data: what `hoplint.toml` says. Finding the file is the workspace's job.

mod decode;
pub mod glob;

pub use decode::{LEVELS, decode};

use crate::diag::Severity;
use crate::duration::Dur;
use crate::model::{Margin, Order};
use crate::span::{Loc, Located};
use std::collections::BTreeMap;

/// One `hoplint.toml`, or nothing stated at all.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub order: Option<Order>,
    pub margin: Option<Margin>,
    /// Rule levels; `None` switches a rule off.
    pub levels: BTreeMap<String, Option<Severity>>,
    pub thresholds: Thresholds,
    /// Folders with platform files of one's own, relative to the file's folder.
    pub platforms: Vec<Located<String>>,
    /// Folders with templates of one's own, likewise.
    pub templates: Vec<Located<String>>,
    pub generate: Vec<Generate>,
    pub ignores: Vec<Silenced>,
    /// How a source's path becomes one relative to the file's folder: the first prefix that fits is replaced.
    pub moves: Vec<(String, String)>,
}

/// One `[[generate]]`: a file to be kept equal to what a target generates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generate {
    pub target: Located<String>,
    /// Chain file, relative to the file's folder.
    pub chain: Located<String>,
    /// One hop; without it every hop that the target writes.
    pub hop: Option<Located<String>>,
    /// A file or folder, likewise.
    pub out: Located<String>,
    /// A whole file that runs.
    pub full: bool,
    /// The defaults too.
    pub explicit: bool,
}

/// One `[[ignore]]`: findings that a team accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silenced {
    pub at: Loc,
    pub rule: Located<String>,
    /// A glob over paths relative to the file's folder; every file where absent.
    pub path: Option<String>,
    pub hop: Option<String>,
    pub reason: Option<String>,
}

impl Silenced {
    /// Whether it speaks of a file, by its path relative to the settings' folder.
    pub fn covers(&self, path: &str) -> bool {
        self.path.as_deref().is_none_or(|pattern| glob::matches(pattern, path))
    }
}

impl Config {
    /// A source's path as seen from the folder of the settings.
    pub fn local<'p>(&self, path: &'p str) -> std::borrow::Cow<'p, str> {
        match self.moves.iter().find_map(|(from, to)| path.strip_prefix(from.as_str()).map(|rest| (to, rest))) {
            Some((to, rest)) => format!("{to}{rest}").into(),
            None => path.into(),
        }
    }

    /// Whether a rule runs at all.
    pub fn is_on(&self, rule: &str) -> bool {
        self.levels.get(rule) != Some(&None)
    }
}

/// Thresholds that a team can set.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// `orphaned-work`: how long work may go on for nobody.
    pub orphan: Dur,
    /// `retry-multiplication`: provider calls for one click.
    pub calls: u64,
    /// `keepalive-race`: how much longer the closing side must keep a connection.
    pub keepalive: Dur,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { orphan: Dur::from_secs(60), calls: 4, keepalive: Dur::from_secs(1) }
    }
}
