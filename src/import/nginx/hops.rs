//! From blocks to hops: every place that passes requests on, with the values that hold there.

use super::inserts;
use super::known::{Family, Key, Takes};
use super::names::{self, Servers};
use super::scope::{Kind, Scope, Stated};
use super::time::{self, Grain};
use super::walk::Walk;
use crate::catalog::{Buffering, Cause, Unit};
use crate::diag::{Diagnostic, Severity};
use crate::import::{Deployed, Seen, Unseen};
use crate::model::{MAX_COUNT, RetrySpec};
use crate::span::{Loc, Located};
use crate::syntax::SYNTAX;

/// More than any configuration has.
const MOST_HOPS: usize = 5_000;

/// States a time under a timer's name. `keepalive_timeout` has a second value that only fills a header.
pub fn state(hop: &mut Deployed, timer: &str, stated: &Stated) {
    hop.set(timer, stated.name(), stated.at(0), seen(stated), Unit::Text);
}

fn seen(stated: &Stated) -> Seen {
    let grain = if let Takes::Time(grain) = stated.takes { grain } else { Grain::Millis };
    match (&stated.hidden, time::parse(&stated.arg(0), grain)) {
        (None, Some(time)) => Seen::Time(time),
        (Some(why), _) => Seen::Hidden(why.clone()),
        (None, None) => Seen::Hidden(format!("`{}`", stated.arg(0))),
    }
}

impl Walk<'_> {
    /// Every hop, in the order of the blocks.
    pub fn hops(&mut self) {
        self.find_groups();
        let servers = Servers::new(&self.scopes);
        let mut hops = Vec::new();
        for scope in 0..self.scopes.0.len() {
            if hops.len() >= MOST_HOPS {
                self.too_many(scope);
                break;
            }
            let own = &self.scopes.0[scope];
            if !matches!(own.kind, Kind::Location | Kind::If | Kind::LimitExcept | Kind::File) {
                continue;
            }
            // The last one counts, as each takes the request from the one before.
            let pass = own.stated.iter().rev().find(|stated| stated.key.name == "pass");
            if let Some(pass) = pass
                && let Some(family) = pass.key.family
            {
                hops.push(self.hop(scope, family, Some(pass), &servers));
            } else if own.own(Key::plain("content_by_lua")).is_some_and(reaches_out) {
                hops.push(self.lua_hop(scope, &servers));
            }
        }
        if hops.is_empty()
            && self.fragment
            && let Some(family) = self.bare_family()
        {
            hops.push(self.hop(0, family, None, &servers));
        }
        names::settle(&mut hops);
        self.out.hops = hops;
    }

    fn too_many(&mut self, scope: usize) {
        let message = format!("more than {MOST_HOPS} blocks pass requests on; from here on none is read");
        let error = Diagnostic::new(SYNTAX, Severity::Error, message).label(self.scopes.0[scope].at(), "");
        self.out.problems.push(error.help("split the file"));
    }

    /// The family of bare directives that are meant for a location elsewhere.
    fn bare_family(&self) -> Option<Family> {
        let stated = &self.scopes.0[0].stated;
        let has = |family: &Family| stated.iter().any(|s| s.key.family == Some(*family));
        Family::ALL.into_iter().find(has)
    }

    const fn platform(&self) -> &'static str {
        if self.lua { "openresty" } else { "nginx" }
    }

    fn bare(&self, scope: usize, servers: &Servers) -> Deployed {
        let own = &self.scopes.0[scope];
        let selector = servers.selector(&self.scopes, scope);
        let selector = if selector.is_empty() { "directives".to_owned() } else { selector };
        let at = if own.directive.is_some() { own.at() } else { first_line(own) };
        let mut hop = Deployed::new(self.platform(), selector, at, own.body());
        for scope in self.scopes.around(scope) {
            hop.unseen.extend(scope.unseen.iter().cloned());
        }
        hop.answers = names::answers(&self.scopes, scope);
        hop
    }

    fn hop(&self, scope: usize, family: Family, pass: Option<&Stated>, servers: &Servers) -> Deployed {
        let mut hop = self.bare(scope, servers);
        for name in ["read_timeout", "connect_timeout", "send_timeout"] {
            let key = Key::of(family, name);
            if let Some(stated) = self.scopes.effective(scope, key) {
                state(&mut hop, &key.to_string(), stated);
            }
        }
        self.client_side(&mut hop, scope);
        self.buffers(&mut hop, scope, family, pass);
        self.retries(&mut hop, scope, family);
        let group = pass.and_then(|pass| self.target(pass).group);
        if let Some(pass) = pass {
            self.pool(&mut hop, scope, family, pass);
        }
        hop.also = names::also(&self.scopes, scope, group);
        self.inserts(&mut hop, scope, family, group, servers);
        if let Some(balancer) = group.and_then(|group| self.scopes.0[group].own(Key::plain("balancer_by_lua"))) {
            balanced(&mut hop, balancer, family);
        }
        hop
    }

    fn client_side(&self, hop: &mut Deployed, scope: usize) {
        for name in ["client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout"] {
            if let Some(stated) = self.scopes.effective(scope, Key::plain(name)) {
                state(hop, name, stated);
            }
        }
    }

    fn buffers(&self, hop: &mut Deployed, scope: usize, family: Family, pass: Option<&Stated>) {
        if family == Family::Grpc {
            // HTTP/2, and the module has no buffering at all.
            if let Some(pass) = pass {
                hop.with("proxy-http-version", "2", pass.name());
                hop.with("proxy-buffering", "off", pass.name());
            }
        } else {
            self.flag(hop, scope, Key::of(family, "buffering"), "proxy-buffering");
        }
        self.flag(hop, scope, Key::of(family, "ignore_client_abort"), "ignore-client-abort");
        if family == Family::Proxy {
            if let Some(version) = self.scopes.effective(scope, Key::of(family, "http_version")) {
                let value = version.arg(0);
                match &*value {
                    "1.0" | "1.1" | "2" => hop.with("proxy-http-version", &value, version.at(0)),
                    _ => hop.unseen.push(hidden(version)),
                }
            }
        } else if let Some(pass) = pass.filter(|_| family != Family::Grpc) {
            self.framing(hop, scope, family, pass);
        }
        if self.lua {
            self.flag(hop, scope, Key::plain("lua_check_client_abort"), "check-client-abort");
        }
    }

    /// Answers of these protocols end with the connection, so that buffers hold them; only `FastCGI` with kept connections
    /// is taken record by record.
    fn framing(&self, hop: &mut Deployed, scope: usize, family: Family, pass: &Stated) {
        let is = |name: &'static str, word: &str| {
            self.scopes.effective(scope, Key::of(family, name)).is_some_and(|s| s.arg(0).eq_ignore_ascii_case(word))
        };
        let passed_on = is("buffering", "off") || (family == Family::Fastcgi && is("keep_conn", "on"));
        let buffering = if passed_on { Buffering::Never } else { Buffering::WholeAnswer };
        hop.hop.buffers = Some(Located::new(buffering, pass.name()));
    }

    fn flag(&self, hop: &mut Deployed, scope: usize, key: Key, facet: &str) {
        let Some(stated) = self.scopes.effective(scope, key) else { return };
        match stated.arg(0).to_ascii_lowercase().as_str() {
            word @ ("on" | "off") if stated.hidden.is_none() => hop.with(facet, word, stated.at(0)),
            _ => hop.unseen.push(hidden(stated)),
        }
    }

    fn retries(&self, hop: &mut Deployed, scope: usize, family: Family) {
        let next: Vec<&Stated> = self.scopes.effective_all(scope, Key::of(family, "next_upstream")).collect();
        let tries = self.scopes.effective(scope, Key::of(family, "next_upstream_tries"));
        let window = self.scopes.effective(scope, Key::of(family, "next_upstream_timeout"));
        let Some(first) = next.first().copied().or(tries).or(window) else { return };
        let mut spec = RetrySpec::at(first.all());
        if let Some(first) = next.first() {
            let words: Vec<String> = next.iter().flat_map(|n| n.texts()).map(|w| w.to_ascii_lowercase()).collect();
            if words.iter().any(|word| word.contains('$') || word.contains("{{")) {
                hop.unseen.push(hidden(first));
            } else {
                spec.on = Some(Located::new(causes(&words), first.all()));
                if words.iter().any(|word| word == "off") {
                    spec.attempts = Some(Located::new(1, first.all()));
                }
                if words.iter().any(|word| word == "non_idempotent") {
                    hop.with("non-idempotent", "on", first.all());
                }
            }
        }
        if let Some(tries) = tries {
            match tries.arg(0).parse::<u32>() {
                // No limit but the number of servers.
                Ok(0) => {}
                Ok(n) if spec.attempts.is_none() => spec.attempts = Some(Located::new(n.min(MAX_COUNT), tries.at(0))),
                Ok(_) => {}
                Err(_) => hop.unseen.push(hidden(tries)),
            }
        }
        if let Some(window) = window {
            match seen(window) {
                Seen::Time(time) if !time.is_zero() => {
                    spec.window = Some(Located::new(time, window.at(0)));
                    hop.units.push((window.at(0), Unit::Text));
                }
                Seen::Hidden(_) => hop.unseen.push(hidden(window)),
                _ => {}
            }
        }
        hop.hop.retries = Some(spec);
    }

    fn inserts(&self, hop: &mut Deployed, scope: usize, family: Family, group: Option<usize>, servers: &Servers) {
        // Times are refused in `if` and `limit_except`: they go into the location around.
        let mut around = self.scopes.around(scope);
        let place = around.find(|scope| matches!(scope.kind, Kind::Location | Kind::File));
        hop.inserts.extend(place.map(|place| inserts::location(place, family)));
        let server = std::iter::successors(Some(scope), |at| self.scopes.0[*at].parent)
            .find(|at| self.scopes.0[*at].kind == Kind::Server);
        hop.inserts.extend(server.and_then(|server| servers.insert(server)));
        hop.inserts.extend(group.and_then(|group| inserts::pool(&self.scopes.0[group])));
    }

    /// A location whose Lua code makes the calls itself.
    fn lua_hop(&self, scope: usize, servers: &Servers) -> Deployed {
        let mut hop = self.bare(scope, servers);
        let code = self.scopes.0[scope].own(Key::plain("content_by_lua"));
        if let Some(code) = code {
            hop.with("handler", "cosocket", code.name());
            let why = "Lua code may give its sockets other timeouts".to_owned();
            hop.unseen.push(Unseen { timer: None, at: code.name(), why });
        }
        let of = ["lua_socket_read_timeout", "lua_socket_connect_timeout", "lua_socket_send_timeout"];
        for name in of {
            if let Some(stated) = self.scopes.effective(scope, Key::plain(name)) {
                state(&mut hop, name, stated);
            }
        }
        self.client_side(&mut hop, scope);
        self.flag(&mut hop, scope, Key::plain("lua_check_client_abort"), "check-client-abort");
        hop.also = names::also(&self.scopes, scope, None);
        hop
    }
}

fn first_line(file: &Scope) -> Loc {
    file.stated.first().map_or_else(|| file.body(), Stated::name)
}

fn hidden(stated: &Stated) -> Unseen {
    let why = stated.hidden.clone().unwrap_or_else(|| format!("`{}`", stated.arg(0)));
    Unseen { timer: Some(stated.key.to_string()), at: stated.all(), why }
}

/// The text of a Lua block, or the file that it stands in.
fn code(stated: &Stated) -> String {
    let (all, start) = (&stated.source.tree.directives, stated.name().span.start);
    let directive = all.get(all.partition_point(|d| d.span.start < start)).filter(|d| d.raw);
    let block = directive.and_then(|d| d.block).map(|block| block.text(&stated.source.text).to_owned());
    block.unwrap_or_else(|| stated.texts().collect::<Vec<_>>().join(" "))
}

fn is_file(stated: &Stated) -> bool {
    stated.name().span.text(&stated.source.text).ends_with("_file")
}

/// Whether Lua code may call somebody.
fn reaches_out(stated: &Stated) -> bool {
    let code = code(stated);
    is_file(stated) || ["socket", "resty.http", "capture", "require"].iter().any(|word| code.contains(word))
}

/// Code that balances may set the times of each attempt.
fn balanced(hop: &mut Deployed, balancer: &Stated, family: Family) {
    if !is_file(balancer) && !code(balancer).contains("set_timeouts") {
        return;
    }
    for name in ["read_timeout", "connect_timeout", "send_timeout"] {
        let why = "the Lua code of the balancer may set it".to_owned();
        let timer = Key::of(family, name).to_string();
        hop.set(&timer, balancer.name(), balancer.name(), Seen::Hidden(why), Unit::Text);
    }
}

/// What `*_next_upstream` repeats. `error` is a connection refused or broken, `timeout` one that ran into a timer.
fn causes(words: &[String]) -> Vec<Cause> {
    let mut out = Vec::new();
    for word in words {
        match word.as_str() {
            "error" => out.extend([Cause::Refused, Cause::Reset]),
            "timeout" => out.extend([Cause::Connect, Cause::Timeout]),
            _ => out.extend(word.strip_prefix("http_").and_then(Cause::parse)),
        }
    }
    out
}
