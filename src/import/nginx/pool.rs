//! Where a location passes requests on to: the servers behind the name, how many there are, and what is kept open to them.

use super::known::{Family, Key};
use super::scope::{Kind, Scope, Stated};
use super::walk::Walk;
use crate::import::{Address, Call, Deployed, Unseen};
use crate::span::{Loc, Located};

/// The target of a `*_pass`, taken apart.
pub struct Target {
    /// As written, without scheme and path; none where a variable decides.
    pub host: Option<String>,
    /// The block of that name.
    pub group: Option<usize>,
}

/// So many servers of one group are named.
const MOST_CALLS: usize = 200;

const SERVER: Key = Key::plain("server");
const KEEPALIVE: Key = Key::plain("keepalive");

impl Walk<'_> {
    pub fn target(&self, pass: &Stated) -> Target {
        let value = pass.arg(0);
        let rest = value.split_once("://").map_or(&*value, |(_, rest)| rest);
        // A socket's path ends at a colon.
        let end = if rest.starts_with("unix:") { rest.len() } else { rest.find(['/', '?']).unwrap_or(rest.len()) };
        // `http://llm$request_uri`: the path is decided later, the host stands here.
        let host = &rest[..end];
        let host = match host.find('$') {
            Some(0) => None,
            Some(n) if value.contains("://") && !host[..n].ends_with([':', '.', '-']) => {
                let decides = ["$request_uri", "$uri", "$is_args", "$document_uri"];
                decides.iter().any(|path| host[n..].starts_with(path)).then(|| &host[..n])
            }
            Some(_) => None,
            None => Some(host),
        };
        let template = pass.args().first().is_some_and(|word| word.template);
        let host = host.filter(|host| !host.is_empty() && !template).map(str::to_owned);
        let group = host.as_deref().and_then(|host| self.group(host));
        Target { host, group }
    }

    fn group(&self, name: &str) -> Option<usize> {
        self.groups.get(&name.to_ascii_lowercase()).copied()
    }

    /// Looks up once what every hop asks for: upstream blocks by name, and whether a variable may name one.
    pub fn find_groups(&mut self) {
        for (i, scope) in self.scopes.0.iter().enumerate() {
            if scope.kind == Kind::Upstream {
                self.groups.entry(scope.arg(0).to_ascii_lowercase()).or_insert(i);
            }
        }
        let host = |value: &str| {
            let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
            rest.split(['/', ':']).next().unwrap_or_default().to_owned()
        };
        self.variable_names_group = self.literals.iter().any(|value| self.group(&host(value)).is_some());
    }

    /// States whom the hop calls, among how many it chooses and whether connections are kept.
    pub fn pool(&self, hop: &mut Deployed, scope: usize, family: Family, pass: &Stated) {
        let target = self.target(pass);
        match (&target.host, target.group) {
            (_, Some(group)) => {
                hop.with("upstream-block", "on", self.scopes.0[group].at());
                servers(hop, &self.scopes.0[group]);
                for (key, timer) in
                    [("keepalive_timeout", "upstream-keepalive"), ("keepalive_time", "upstream-connection-age")]
                {
                    if let Some(stated) = self.scopes.0[group].own(Key::plain(key)) {
                        super::hops::state(hop, timer, stated);
                    }
                }
            }
            (Some(host), None) => self.one_host(hop, host, pass),
            (None, _) => {
                let when = if self.out.template { "the template is filled in" } else { "a request is there" };
                let why = format!("where `{}` leads is known only when {when}", pass.arg(0));
                hop.unseen.push(Unseen { timer: Some(pass.key.to_string()), at: pass.at(0), why });
                if !self.out.template && !self.variable_names_group {
                    hop.with("upstream-block", "off", pass.at(0));
                }
            }
        }
        self.kept(hop, scope, family, pass, target.group.map(|group| &self.scopes.0[group]));
    }

    fn one_host(&self, hop: &mut Deployed, host: &str, pass: &Stated) {
        // A fragment's upstream blocks may stand in another file: a bare name can be one of theirs.
        if !self.fragment || host.contains(['.', ':']) || host == "localhost" {
            hop.with("upstream-block", "off", pass.at(0));
        }
        let url = pass.arg(0);
        let to = match host.strip_prefix("unix:") {
            Some(path) => Some(socket(path)),
            None => Address::parse(&without_variables(&url)),
        };
        hop.calls.extend(to.map(|to| Call { to, at: pass.at(0) }));
    }

    /// The facet for the pool. Where nothing says enough, none: then the version decides.
    fn kept(&self, hop: &mut Deployed, scope: usize, family: Family, pass: &Stated, group: Option<&Scope>) {
        const FACET: &str = "upstream-keepalive";
        if matches!(family, Family::Uwsgi | Family::Scgi) {
            return hop.with(FACET, "off", pass.name());
        }
        let directive = group.and_then(|group| group.own(KEEPALIVE));
        let is_on = |key: &'static str| {
            self.scopes.effective(scope, Key::of(family, key)).filter(|s| s.arg(0).eq_ignore_ascii_case("on"))
        };
        if family == Family::Fastcgi && is_on("keep_conn").is_none() {
            return hop.with(FACET, "off", pass.name());
        }
        let Some(directive) = directive else {
            if family == Family::Proxy && self.connection_header(scope).is_some_and(|(value, _)| closes(&value)) {
                hop.with(FACET, "off", pass.name());
            }
            return;
        };
        if directive.arg(0) == "0" {
            return hop.with(FACET, "off", directive.at(0));
        }
        if family != Family::Proxy {
            return hop.with(FACET, "on", directive.at(0));
        }
        let version = self.scopes.effective(scope, Key::of(Family::Proxy, "http_version"));
        let reuses = version.is_some_and(|version| matches!(&*version.arg(0), "1.1" | "2"));
        match self.connection_header(scope) {
            Some((value, _)) if closes(&value) => hop.with(FACET, "off", directive.at(0)),
            Some((value, at)) if value.contains('$') => {
                let why = format!("the header Connection is `{value}`, which decides whether connections are kept");
                hop.unseen.push(Unseen { timer: Some("proxy_set_header".to_owned()), at, why });
            }
            Some(_) if reuses => hop.with(FACET, "on", directive.at(0)),
            _ => {}
        }
    }

    /// The header `Connection` as `proxy_set_header` writes it.
    fn connection_header(&self, scope: usize) -> Option<(String, Loc)> {
        let mut headers = self.scopes.effective_all(scope, Key::of(Family::Proxy, "set_header"));
        let found = headers.find(|header| header.arg(0).eq_ignore_ascii_case("connection"))?;
        Some((found.arg(1).into_owned(), found.at(1)))
    }
}

fn servers(hop: &mut Deployed, group: &Scope) {
    hop.unseen.extend(group.unseen.iter().cloned());
    let hidden = group.own(Key::plain("balancer_by_lua")).or_else(|| group.every(Key::plain("state")).next());
    if let Some(hidden) = hidden {
        let why = "the upstream's servers are chosen while it runs".to_owned();
        return hop.unseen.push(Unseen { timer: Some("server".to_owned()), at: hidden.name(), why });
    }
    let mut count = 0;
    let all: Vec<&Stated> = group.every(SERVER).collect();
    for server in &all {
        let word = server.arg(0);
        let parameters: Vec<_> = server.texts().skip(1).collect();
        if parameters.iter().any(|p| p == "down") {
            continue;
        }
        count += 1;
        let to = match word.strip_prefix("unix:") {
            Some(path) => Some(socket(path)),
            // Without a port nginx takes 80, whatever the scheme.
            None => Address::parse(&format!("http://{word}")),
        };
        if hop.calls.len() < MOST_CALLS {
            hop.calls.extend(to.map(|to| Call { to, at: server.at(0) }));
        }
    }
    if count > 0 && group.unseen.is_empty() {
        hop.hop.endpoints = Some(Located::new(count, all[0].at(0)));
    }
}

fn closes(value: &str) -> bool {
    value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"))
}

/// A socket is known by its path alone.
pub fn socket(path: &str) -> Address {
    let path = path.split_once(".sock:").map_or(path.to_owned(), |(path, _)| format!("{path}.sock"));
    Address::Resource(format!("unix:{path}"))
}

fn without_variables(url: &str) -> String {
    url.split('$').next().unwrap_or_default().to_owned()
}
