//! Kong's declarative configuration, YAML or JSON, as Kong itself and decK read it: a hop for each service, and one for
//! each route that plugins make differ from its service.

mod entities;
mod hops;

use super::tree::{Dialect, Place, Step, Tree};
use super::{Given, Import, Includes, Match, Reader};

pub struct Kong;

impl Reader for Kong {
    fn name(&self) -> &'static str {
        "kong"
    }

    fn summary(&self) -> &'static str {
        "Kong declarative configuration (kong.yml, decK state files)"
    }

    fn may_be(&self, path: &str) -> bool {
        [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        if !self.may_be(path) && path.contains('.') {
            return Match::No;
        }
        let starts = |line: &str, key: &str| line.trim_start_matches(['{', ' ', '\t', '"', '\'']).starts_with(key);
        let has = |key: &str| text.lines().take(MOST_LINES).any(|line| starts(line, key));
        let top = |key: &str| text.lines().take(MOST_LINES).any(|line| line.trim_end() == key);
        let services = || top("services:") || top("routes:") || top("upstreams:");
        if text.contains("_format_version") && has("_format_version")
            || text.contains("_info:") && top("_info:") && services()
        {
            Match::Yes
        } else if path.contains("kong") && top("services:") && (top("routes:") || text.contains(" routes:")) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, DIALECT);
        let documents = tree.documents(out);
        for root in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            tree.settings(root, out, is_time);
            hops::of(&tree, root, out);
        }
    }
}

/// The version stands among the first lines of what people write, and anywhere in what decK dumps as JSON.
const MOST_LINES: usize = 20_000;

/// decK fills in `${{ env "DECK_X" }}`; Kong itself looks up `{vault://...}`.
const DIALECT: Dialect = Dialect {
    own: &["${{"],
    hides: |text| text.starts_with("{vault://").then(|| format!("the secret `{}`", crate::text::clip(text))),
};

/// Timers of services, of plugins and of health checks.
fn is_time(place: &Place<'_, '_>) -> bool {
    let key = place.key;
    let word = |part: &str| key.split('_').any(|word| word == part);
    if key == "interval" {
        return place.path.contains(&Step::Key("healthchecks"));
    }
    key.ends_with("timeout")
        || word("retries")
        || word("keepalive") && !word("pool") && !word("backlog")
        || word("delay")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kong_files_are_known() {
        for (path, text, expected) in [
            ("kong.yml", "_format_version: \"3.0\"\nservices: []\n", Match::Yes),
            ("x.json", "{\"_format_version\": \"1.1\"}", Match::Yes),
            ("dump.json", "{\n  \"services\": [],\n  \"_format_version\": \"1.1\"\n}", Match::Yes),
            ("x.yaml", "# no _format_version here\nservices:\n", Match::No),
            ("docker-compose.yml", "services:\n  kong:\n    image: kong\n", Match::No),
            ("kong/services.yaml", "services:\n- name: a\n  routes:\n  - name: b\n", Match::Maybe),
            ("x.md", "_format_version: '3.0'\n", Match::No),
        ] {
            assert_eq!(Kong.knows(path, text), expected, "{path}: {text}");
        }
    }
}
