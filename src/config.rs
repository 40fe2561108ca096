//! Settings as data: what `hoplint.toml` says. Finding the file is the workspace's job.

use crate::diag::Severity;
use crate::duration::Dur;
use crate::model::{Margin, Order};
use std::collections::BTreeMap;

/// One `hoplint.toml`, or nothing stated at all.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub order: Option<Order>,
    pub margin: Option<Margin>,
    /// Rule levels; `None` switches a rule off.
    pub levels: BTreeMap<String, Option<Severity>>,
    pub thresholds: Thresholds,
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
