//! What a section says of the traffic through it, what its defaults say included: the last word on each thing counts.

use super::sections::{Kind, Section, Statement};
use super::{settings, time};
use crate::catalog::{Cause, Unit};
use crate::import::{Given, Seen, template};
use crate::span::Span;
use crate::syntax::haproxy::{Line, Word};
use std::collections::BTreeMap;

/// Inherited statements stand where they are written: in the defaults.
#[derive(Clone, Default)]
pub struct Proxy {
    /// By keyword: `timeout server`, `http-request set-timeout server`.
    pub times: BTreeMap<String, Time>,
    pub retries: Option<Told<u32>>,
    /// `retry-on`; the causes that the model knows.
    pub retry_on: Option<Told<Vec<Cause>>>,
    /// `option X`, `no option X`.
    pub options: BTreeMap<String, (bool, Span)>,
    /// `mode tcp`: bytes are passed on as they come, by timers of connections alone.
    pub tcp: Option<bool>,
    pub servers: Servers,
    pub links: Vec<Link>,
    pub default_backend: Option<Link>,
    /// `bind` addresses.
    pub binds: Vec<String>,
    /// Conditions by name that hold for single hosts, with the hosts.
    pub hosts: BTreeMap<String, Vec<String>>,
    /// What cannot be known of the section as a whole.
    pub unseen: Vec<(String, Span)>,
}

#[derive(Clone)]
pub struct Time {
    pub key: Span,
    pub at: Span,
    pub seen: Seen,
    pub unit: Unit,
}

/// A statement that may be hidden by a variable or a condition.
#[derive(Clone)]
pub struct Told<T> {
    pub at: Span,
    pub value: Result<T, String>,
}

#[derive(Clone, Default)]
pub struct Servers {
    pub list: Vec<Server>,
    /// A template, variable or condition makes more or fewer of them.
    pub open: bool,
    /// `default-server pool-purge-delay`, for the servers after it.
    pub default_purge: Option<Time>,
}

#[derive(Clone)]
pub struct Server {
    pub address: String,
    pub at: Span,
    pub backup: bool,
    pub disabled: bool,
    pub purge: Option<Time>,
}

/// A way from a frontend to a backend.
#[derive(Clone)]
pub struct Link {
    pub backend: String,
    pub at: Span,
    /// An expression chooses the backend.
    pub dynamic: bool,
    /// The positive conditions of the line.
    pub conditions: Vec<String>,
}

impl Proxy {
    /// A section on top of what it inherits.
    pub fn read(given: &Given<'_>, section: &Section<'_, '_>, base: &Proxy) -> Proxy {
        let mut proxy = base.clone();
        for statement in &section.body {
            proxy.take(given, section.kind, statement);
        }
        proxy
    }

    fn take(&mut self, given: &Given<'_>, kind: Kind, statement: &Statement<'_, '_>) {
        let line = statement.line;
        let hidden = |word: Option<&Word<'_>>| hidden(given, line, word, statement.under);
        match line.word(0) {
            "no" if line.word(1) == "option" => self.option(line.word(2), Some(false), line.words_span()),
            "default" if line.word(1) == "option" => self.option(line.word(2), None, line.words_span()),
            "option" => self.option(line.word(1), Some(true), line.words_span()),
            "mode" => self.tcp = Some(line.word(1) != "http"),
            "retries" => {
                let word = line.words.get(1);
                let value = hidden(word).map_or_else(|| line.word(1).parse().map_err(|_| "no number".to_owned()), Err);
                self.retries = word.map(|word| Told { at: word.span, value });
            }
            "retry-on" => {
                let value = hidden(line.words.iter().skip(1).find(|w| w.variable.is_some()));
                let causes = || line.words.iter().skip(1).flat_map(|word| causes(&word.text)).collect();
                self.retry_on = Some(Told { at: line.words_span(), value: value.map_or_else(|| Ok(causes()), Err) });
            }
            "http-request" if line.word(1) == "set-timeout" => self.set_timeout(given, statement),
            "server" => self.server(given, statement),
            "server-template" => self.servers.open = true,
            "default-server" => {
                let own = purge(given, statement);
                self.servers.default_purge = own.or(self.servers.default_purge.take());
            }
            "default_backend" => self.default_backend = link(given, line, 1),
            "use_backend" if kind != Kind::Defaults => self.links.extend(link(given, line, 1)),
            "bind" => self.binds.push(line.word(1).to_owned()),
            "acl" => {
                let host = host_of(&line.words[2.min(line.words.len())..]);
                if let Some(host) = host {
                    self.hosts.entry(line.word(1).to_owned()).or_default().push(host);
                }
            }
            _ => self.time(given, statement),
        }
    }

    /// `option httpclose` and the like are one setting with several words.
    fn option(&mut self, name: &str, state: Option<bool>, at: Span) {
        const MODES: [&str; 5] = ["httpclose", "forceclose", "http-server-close", "http-keep-alive", "http-tunnel"];
        let name = if name == "forceclose" { "httpclose" } else { name };
        if MODES.contains(&name) && state == Some(true) {
            self.options.retain(|known, _| !MODES.contains(&known.as_str()));
        }
        self.options.remove(name);
        self.options.extend(state.map(|on| (name.to_owned(), (on, at))));
    }

    fn time(&mut self, given: &Given<'_>, statement: &Statement<'_, '_>) {
        let line = statement.line;
        let Some((option, i)) = settings::of_line(line) else { return };
        let option = match option.as_str() {
            "clitimeout" => "timeout client".to_owned(),
            "contimeout" => "timeout connect".to_owned(),
            "srvtimeout" => "timeout server".to_owned(),
            _ => option,
        };
        let Some(word) = line.words.get(i) else { return };
        let key = line.words[0].span.to(line.words[i - 1].span);
        if let Some(time) = read(given, statement, key, word) {
            self.times.insert(option, time);
        }
    }

    /// A rule that replaces a timer for the requests it meets: all of them, or nobody knows which.
    fn set_timeout(&mut self, given: &Given<'_>, statement: &Statement<'_, '_>) {
        let line = statement.line;
        let Some(word) = line.words.get(3) else { return };
        let key = line.words[0].span.to(line.words[2].span);
        let some = line.words.len() > 4;
        let known = (!some).then(|| read(given, statement, key, word)).flatten();
        let time = known.unwrap_or_else(|| {
            let why = if some { "a rule sets it for some requests" } else { "an expression gives it" };
            Time { key, at: word.span, seen: Seen::Hidden(why.to_owned()), unit: Unit::Text }
        });
        self.times.insert(format!("http-request set-timeout {}", line.word(2)), time);
    }

    fn server(&mut self, given: &Given<'_>, statement: &Statement<'_, '_>) {
        let line = statement.line;
        let Some(address) = line.words.get(2) else { return };
        if template::mark(line.span.text(given.text), 0).is_some() {
            self.servers.open = true;
            return;
        }
        self.servers.open |= statement.under.is_some();
        let has = |word: &str| line.words.iter().skip(3).any(|w| w.text == word);
        self.servers.list.push(Server {
            address: if address.variable.is_some() { String::new() } else { address.text.to_string() },
            at: address.span,
            backup: has("backup"),
            disabled: has("disabled"),
            purge: purge(given, statement).or_else(|| self.servers.default_purge.clone()),
        });
    }

    pub fn is_on(&self, option: &str) -> Option<(bool, Span)> {
        self.options.get(option).copied()
    }
}

fn purge(given: &Given<'_>, statement: &Statement<'_, '_>) -> Option<Time> {
    let words = &statement.line.words;
    let i = words.iter().position(|word| word.text == "pool-purge-delay")?;
    read(given, statement, words[i].span, words.get(i + 1)?)
}

/// None where the value is none that `HAProxy` takes.
fn read(given: &Given<'_>, statement: &Statement<'_, '_>, key: Span, word: &Word<'_>) -> Option<Time> {
    let (seen, unit) = match hidden(given, statement.line, Some(word), statement.under) {
        Some(why) => (Seen::Hidden(why), Unit::Text),
        None => match time::read(&word.text) {
            time::Time::Is(at, unit) => (Seen::Time(at), unit),
            time::Time::Cut { takes, .. } => (Seen::Time(takes), Unit::Text),
            time::Time::Bad => return None,
        },
    };
    Some(Time { key, at: settings::value_span(given, statement.line, word), seen, unit })
}

/// Why a word of a line cannot be known.
fn hidden(given: &Given<'_>, line: &Line<'_>, word: Option<&Word<'_>>, under: Option<Span>) -> Option<String> {
    if let Some(word) = word {
        if let Some(variable) = word.variable {
            return Some(format!("the environment variable {variable}"));
        }
        let value = settings::value_span(given, line, word).text(given.text);
        if template::mark(value, 0).is_some() {
            return Some(format!("the template {}", crate::text::clip(value)));
        }
    }
    under.map(|at| format!("it stands under `{}`", crate::text::clip(at.text(given.text))))
}

fn link(given: &Given<'_>, line: &Line<'_>, i: usize) -> Option<Link> {
    let word = line.words.get(i)?;
    let templated = template::mark(settings::value_span(given, line, word).text(given.text), 0).is_some();
    let tests = line.words.get(i + 2..).filter(|_| line.word(i + 1) == "if").unwrap_or_default();
    let mut conditions: Vec<String> = tests.iter().map(|w| w.text.to_string()).collect();
    // `if { hdr(host) -i a.example.com }` is a condition without a name.
    for (open, _) in tests.iter().enumerate().filter(|(_, word)| word.text == "{") {
        conditions.extend(host_of(&tests[open + 1..]).map(|host| format!("={host}")));
    }
    let dynamic = word.variable.is_some() || word.text.contains('%') || templated;
    Some(Link { backend: word.text.to_string(), at: word.span, dynamic, conditions })
}

/// The one host name of `hdr(host) -i chat.example.com`.
fn host_of(words: &[Word<'_>]) -> Option<String> {
    let fetch = words.first()?.text.split(',').next().unwrap_or_default().to_ascii_lowercase();
    let of_host =
        matches!(fetch.as_str(), "hdr(host)" | "req.hdr(host)" | "ssl_fc_sni" | "req_ssl_sni" | "req.ssl_sni");
    let mut names = words[1..].iter().map(|w| w.text.as_ref()).take_while(|w| *w != "}" && *w != "if");
    let plain = |name: &&str| !name.starts_with('-');
    let name = of_host.then(|| names.find(plain)).flatten()?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c)).then(|| name.to_ascii_lowercase())
}

/// The causes behind a word of `retry-on`.
fn causes(word: &str) -> Vec<Cause> {
    match word {
        "conn-failure" => vec![Cause::Connect, Cause::Refused],
        "empty-response" => vec![Cause::Reset],
        "response-timeout" => vec![Cause::Timeout],
        "all-retryable-errors" => vec![
            Cause::Connect,
            Cause::Refused,
            Cause::Reset,
            Cause::Timeout,
            Cause::Status(500),
            Cause::Status(502),
            Cause::Status(503),
            Cause::Status(504),
        ],
        // A junk response and refused early data have no place in the model.
        _ => word.parse().ok().filter(|n| (100..600).contains(n)).map(Cause::Status).into_iter().collect(),
    }
}
