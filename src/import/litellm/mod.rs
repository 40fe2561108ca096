//! The configuration of the `LiteLLM` proxy: a hop for each model name, with the values that its router takes.

mod files;
mod models;
mod settings;

use super::tree::{Dialect, Place, Tree};
use super::{Given, Import, Includes, Match, Reader};

pub struct LiteLlm;

impl Reader for LiteLlm {
    fn name(&self) -> &'static str {
        "litellm"
    }

    fn summary(&self) -> &'static str {
        "LiteLLM proxy configuration (model_list, router_settings, litellm_settings)"
    }

    fn may_be(&self, path: &str) -> bool {
        [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        if !self.may_be(path)
            && path.rsplit('/').next().is_some_and(|name| name.contains('.') && !path.contains("litellm"))
        {
            return Match::No;
        }
        let top = |key: &str| {
            text.contains(key)
                && text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')))
        };
        let settings = || top("litellm_settings") || top("router_settings");
        match () {
            () if top("model_list") && text.contains("litellm_params") => Match::Yes,
            () if settings() => Match::Yes,
            () if top("model_list") => Match::Maybe,
            () => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let missing = files::with_all(given, includes, out, models::of);
        for hop in &mut out.hops {
            for (at, why) in &missing {
                hop.hide(None, *at, why.clone());
            }
        }
    }
}

/// Values may name environment variables.
const DIALECT: Dialect = Dialect {
    own: &[],
    hides: |text| {
        let name = text.trim().strip_prefix("os.environ/")?;
        Some(format!("the environment variable {}", crate::text::clip(name)))
    },
};

fn tree<'t>(given: &Given<'t>) -> Tree<'t> {
    Tree::of(given, crate::syntax::Format::Yaml, DIALECT)
}

/// Timeouts, retries, cool-downs and intervals of every section.
fn is_time(place: &Place<'_, '_>) -> bool {
    let key = place.key;
    key.contains("timeout")
        || key.to_ascii_lowercase().ends_with("retries")
        || key.ends_with("_interval")
        || matches!(key, "retry_after" | "cooldown_time" | "alerting_threshold")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxy_files_are_known() {
        for (path, text, expected) in [
            ("config.yaml", "model_list:\n  - model_name: a\n    litellm_params: {}\n", Match::Yes),
            ("x.yml", "# c\nrouter_settings:\n  timeout: 5\n", Match::Yes),
            ("x.yml", "model_list: [a, b]\n", Match::Maybe),
            ("x.yml", "data:\n  config.yaml: |\n    model_list:\n    - litellm_params: {}\n", Match::No),
            ("x.yml", "model_lists:\n", Match::No),
            ("x.py", "litellm_settings: int\n", Match::No),
        ] {
            assert_eq!(LiteLlm.knows(path, text), expected, "{path}: {text}");
        }
    }
}
