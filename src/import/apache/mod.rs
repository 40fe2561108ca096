//! Apache: virtual hosts and the main server around them, as hops where `ProxyPass`, rewrite rules and handlers pass
//! requests on.
//!
//! [`load`] follows includes and conditions, [`server`] is what it makes, [`hops`] what holds for each target.

mod hops;
mod load;
mod server;
mod settings;
mod time;

use super::{Given, Import, Includes, Match, Reader};
use crate::syntax::MAX_ERRORS;

pub struct Apache;

impl Reader for Apache {
    fn name(&self) -> &'static str {
        "apache-httpd"
    }

    fn summary(&self) -> &'static str {
        "Apache httpd: virtual hosts with ProxyPass, balancers and timeouts, includes, and .htaccess files"
    }

    fn may_be(&self, path: &str) -> bool {
        let path = path.to_ascii_lowercase();
        let name = path.rsplit('/').next().unwrap_or(&path);
        let bare = TEMPLATE_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        let folder = ["apache", "httpd", "sites-available", "sites-enabled"].iter().any(|part| path.contains(part));
        [".conf", ".vhost", ".htaccess"].iter().any(|ending| bare.ends_with(ending)) || (folder && !bare.contains('.'))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let (mut marks, mut other) = (0usize, 0usize);
        for line in text.lines().take(MOST_LINES_LOOKED_AT) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.ends_with([';', '{', '}']) && !line.starts_with('<') {
                other += 1;
            }
            let first = line.split([' ', '\t']).next().unwrap_or_default();
            let known = |names: &[&str], word: &str| names.iter().any(|name| name.eq_ignore_ascii_case(word));
            let section = first.strip_prefix('<').is_some_and(|word| known(&SECTIONS, word) && line.ends_with('>'));
            marks += usize::from(section || known(&DIRECTIVES, first));
        }
        match (marks, self.may_be(path)) {
            (0, _) => Match::No,
            (marks, _) if other > marks => Match::No,
            (_, true) => Match::Yes,
            (_, false) => Match::Maybe,
        }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let mut loader = load::Loader::new(given, includes, out);
        loader.main(given);
        let servers = loader.servers;
        hops::all(&servers, given.file_name() == ".htaccess", out);
        out.show_first(MAX_ERRORS);
    }
}

const SECTIONS: [&str; 7] = ["VirtualHost", "IfModule", "Location", "LocationMatch", "Directory", "Proxy", "IfDefine"];

/// Directives that no other format has.
const DIRECTIVES: [&str; 18] = [
    "ProxyPass",
    "ProxyPassMatch",
    "ProxyPassReverse",
    "ProxyTimeout",
    "ProxyPreserveHost",
    "ProxyRequests",
    "BalancerMember",
    "RewriteEngine",
    "RewriteRule",
    "RewriteCond",
    "DocumentRoot",
    "ServerRoot",
    "ServerName",
    "LoadModule",
    "KeepAliveTimeout",
    "RequestReadTimeout",
    "IncludeOptional",
    "MaxKeepAliveRequests",
];

const TEMPLATE_ENDINGS: [&str; 7] = [".j2", ".jinja", ".tmpl", ".tpl", ".template", ".erb", ".in"];

const MOST_LINES_LOOKED_AT: usize = 600;

#[cfg(test)]
mod tests;
