//! Reported by the workspace, which reads the files that `hoplint.toml` lists.

use super::{by_engine, rule};

rule! {
    /// A generated file is not what its chain says.
    ///
    /// ## What it does
    /// For each `[[generate]]` of `hoplint.toml` whose chain file is checked, compares what the chain generates now with
    /// the file that is there: missing, made from older values, or changed by hand. Repositories without such entries
    /// have nothing to compare. Chains with errors are left out, because nothing is generated from them.
    ///
    /// ## Why it matters
    /// Somebody changed a timeout in the chain, the check was happy, and the proxy went on with the old number: the file
    /// that is deployed was never written again.
    ///
    /// ## Example
    /// ```toml
    /// [[generate]]
    /// target = "nginx"
    /// chain = "chat.chain.yaml"
    /// out = "nginx/timeouts.conf"
    /// ```
    /// while `nginx/timeouts.conf` still holds yesterday's `proxy_read_timeout`.
    ///
    /// ## Instead
    /// `hoplint generate` writes all files that are listed; `hoplint generate --diff` shows first what would change.
    "generated-stale", Error, fix: None, by_engine
}
