//! Caddy: the sites of a Caddyfile, its snippets and imports put in place, as hops at each `reverse_proxy`.
//!
//! Imports are in [`expand`], sites and the servers that they listen at in [`sites`], proxies in [`hops`].

mod expand;
mod hops;
mod settings;
mod sites;
mod time;

use super::reader::is_code;
use super::{Given, Import, Includes, Match, Reader};
use crate::syntax::MAX_ERRORS;

pub struct Caddy;

impl Reader for Caddy {
    fn name(&self) -> &'static str {
        "caddy"
    }

    fn summary(&self) -> &'static str {
        "Caddyfiles: reverse_proxy and php_fastcgi of each site, with the server's timeouts, snippets and imports"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        (name.contains("caddyfile") && !is_code(&name)) || name.strip_suffix(".caddy").is_some()
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let (mut proxy, mut block, mut other) = (false, false, false);
        for line in text.lines().take(MOST_LINES_LOOKED_AT) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let first = line.split_ascii_whitespace().next().unwrap_or_default();
            proxy |= DIRECTIVES.contains(&first) && !line.ends_with(';');
            block |= line.ends_with('{');
            other |= line.ends_with(';') && !line.contains('"');
        }
        let named = self.may_be(path);
        match () {
            () if other => Match::No,
            () if (named && (proxy || block)) || (proxy && block) => Match::Yes,
            () if named || proxy => Match::Maybe,
            () => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let nodes = expand::Expander::new(includes, out).file(given);
        let config = sites::Config::of(&nodes, out);
        hops::all(&config, out);
        out.show_first(MAX_ERRORS);
    }
}

/// Directives that no other format has.
const DIRECTIVES: [&str; 6] = ["reverse_proxy", "php_fastcgi", "file_server", "handle_path", "forward_auth", "encode"];

const MOST_LINES_LOOKED_AT: usize = 600;

#[cfg(test)]
mod tests;
