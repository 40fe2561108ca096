//! The form of `hoplint.toml` as types. Only their schema is used.
#![allow(dead_code, reason = "nothing builds these types; the schema is what they are for")]

use super::chain::Margin;
use super::words::*;
use schemars::JsonSchema;
use serde_json::json;

/// Settings of a repository: the closest `hoplint.toml` in the folder of a chain file or above.
#[derive(JsonSchema)]
#[schemars(title = "hoplint settings", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(example = json!({"order": "inward", "rules": {"default-relied-on": "off"}}))]
pub struct Settings {
    /// The versions of hoplint that may read this repository.
    #[schemars(example = json!(">=0.1"), example = json!(">=0.1, <1.0"))]
    required_version: Option<String>,
    /// Which way timeouts grow where a chain does not say.
    #[schemars(extend("default" = "inward"))]
    order: Option<OrderName>,
    /// How far apart two neighbours must be where a chain does not say.
    margin: Option<Margin>,
    /// Folders with platform files of your own, relative to this file.
    platforms: Option<Folders>,
    /// Folders with templates of your own, relative to this file.
    templates: Option<Folders>,
    /// Levels of rules.
    rules: Option<Levels>,
    /// From which figure on some rules report.
    thresholds: Option<Limits>,
    /// Files that `hoplint generate` keeps equal to what a chain needs.
    generate: Option<Vec<Generate>>,
    /// Findings that the team accepts.
    ignore: Option<Vec<Silenced>>,
}

/// A folder, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[schemars(example = json!(["ops/platforms"]))]
pub enum Folders {
    One(String),
    Several(Vec<String>),
}

/// From which figure on some rules report.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Limits {
    /// How long work may go on for nobody. Without it: 60s.
    #[schemars(extend("default" = "60s"))]
    orphaned_work: Option<Duration>,
    /// How many provider calls one click may cause. Without it: 4.
    #[schemars(extend("default" = 4))]
    retry_multiplication: Option<Calls>,
    /// How much longer the closing side must keep a connection. Without it: 1s.
    #[schemars(extend("default" = "1s"))]
    keepalive_race: Option<Duration>,
}

/// A file that is kept equal to what a target generates.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(example = json!({"target": "nginx", "chain": "chat.chain.yaml", "out": "nginx/timeouts.conf"}))]
pub struct Generate {
    /// What to generate; `hoplint targets` lists them.
    target: String,
    /// The chain file, relative to this file.
    chain: String,
    /// Which hop. Without it: all that the target writes.
    hop: Option<String>,
    /// A file or folder, relative to this file.
    out: String,
    /// A whole file that runs, with placeholders for addresses. Without it: false.
    #[schemars(extend("default" = false))]
    full: Option<bool>,
    /// The defaults too. Without it: false.
    #[schemars(extend("default" = false))]
    explicit: Option<bool>,
}

/// Findings that the team accepts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(example = json!({"rule": "keepalive-race", "path": "legacy/**", "reason": "goes away in May"}))]
pub struct Silenced {
    /// Which rule.
    rule: RuleName,
    /// In which files, as a glob relative to this file. Without it: all.
    path: Option<String>,
    /// On which hop. Without it: all.
    hop: Option<String>,
    /// Why.
    reason: Option<String>,
}
