//! Files to servers: includes, `Define` and conditional sections taken in, in the order in which Apache reads them.
//!
//! Modules are taken to be loaded, so `<IfModule x>` holds and `<IfModule !x>` does not.

use super::server::{Server, Stated, Target, Word, Worker, balancer_of};
use super::settings::{self, How, PARAMETERS, parameter};
use super::time::{self, Time};
use crate::catalog::Unit;
use crate::diag::{Diagnostic, Severity};
use crate::duration::Dur;
use crate::import::{Given, INCLUDE, Import, IncludeError, Includes, Seen, Unseen, template};
use crate::span::{FileId, Loc, Span};
use crate::syntax::apache::{self, Item};
use crate::syntax::{MAX_DEPTH, SYNTAX};
use crate::text::clip;
use std::collections::HashMap;
use std::sync::Arc;

pub struct Loader<'x> {
    main: FileId,
    includes: &'x dyn Includes,
    out: &'x mut Import,
    /// The main server, then the virtual hosts.
    pub servers: Vec<Server>,
    current: usize,
    defines: HashMap<String, Word>,
    root: Option<String>,
    /// The paths that are being read.
    open: Vec<String>,
    /// The files of these, the main file first.
    reading: Vec<FileId>,
    known: Vec<FileId>,
    depth: usize,
    lines: usize,
}

/// Where a directive stands.
#[derive(Clone, Default)]
struct Ctx {
    /// `Location /v1/`: the innermost section of requests, and its path as written.
    section: Option<(String, Loc)>,
    /// The URL of `<Proxy "balancer://x">`.
    proxy: Option<String>,
    under: Option<String>,
}

/// More directives than any configuration has, each include counted anew.
const MOST_LINES: usize = 200_000;
const MOST_INCLUDES: usize = 30;

impl<'x> Loader<'x> {
    pub fn new(given: &Given<'_>, includes: &'x dyn Includes, out: &'x mut Import) -> Self {
        Self {
            main: given.file,
            includes,
            out,
            servers: vec![Server::new(None, None)],
            current: 0,
            defines: HashMap::new(),
            root: None,
            open: Vec::new(),
            reading: Vec::new(),
            known: Vec::new(),
            depth: 0,
            lines: 0,
        }
    }

    pub fn main(&mut self, given: &Given<'_>) {
        self.reading.push(given.file);
        self.file(given, &Ctx::default());
    }

    fn file(&mut self, given: &Given<'_>, ctx: &Ctx) {
        let parsed = apache::parse(given.text);
        if !self.known.contains(&given.file) {
            self.known.push(given.file);
            self.out.comments.extend(parsed.comments.iter().map(|span| given.loc(*span)));
            if !template::note(given, self.out) {
                for error in &parsed.errors {
                    let said = Diagnostic::new(SYNTAX, Severity::Error, error.message.clone());
                    let mut said = said.label(given.loc(error.span), "");
                    said.help.clone_from(&error.help);
                    self.out.problems.push(said);
                }
            }
            settings::all(given, &parsed.items, self.out);
        }
        self.items(given, &parsed.items, ctx);
    }

    fn items(&mut self, given: &Given<'_>, items: &[Item<'_>], ctx: &Ctx) {
        let mut branches: Vec<String> = Vec::new();
        for item in items {
            self.lines += 1;
            if self.lines > MOST_LINES || self.depth > MAX_DEPTH {
                return;
            }
            let line = item.line.text(given.text);
            if self.out.template && template::mark(line, 0).is_some_and(|mark| mark.start == 0) {
                for control in template::controls(line) {
                    match control {
                        template::Control::Open => branches.push(line.to_owned()),
                        template::Control::Else => {}
                        template::Control::Close => drop(branches.pop()),
                    }
                }
                continue;
            }
            let mut ctx = ctx.clone();
            if let Some(branch) = branches.last() {
                ctx.under = Some(format!("it stands under `{}`", clip(branch)));
            }
            match &item.section {
                Some(inner) => self.section(given, item, inner, ctx),
                None => self.directive(given, item, &ctx),
            }
        }
    }

    fn section(&mut self, given: &Given<'_>, item: &Item<'_>, inner: &[Item<'_>], mut ctx: Ctx) {
        let name = item.name.text.to_ascii_lowercase();
        let first = item.arg(0);
        match name.as_str() {
            "virtualhost" if self.current == 0 => {
                let address: Vec<&str> = item.args.iter().map(|word| word.text.as_ref()).collect();
                let inside = inside(given, item, inner);
                let server = Server::new(Some(address.join(" ")), Some(inside));
                self.current = self.servers.len();
                self.servers.push(server);
                self.deeper(given, inner, &Ctx::default());
                self.current = 0;
                return;
            }
            "macro" => return,
            "ifmodule" if first.starts_with('!') => return,
            "ifdefine" => match (first.strip_prefix('!'), self.defines.contains_key(first.trim_start_matches('!'))) {
                (None, true) => {}
                (Some(_), true) => return,
                (_, false) => ctx.under = Some(format!("it stands under <IfDefine {}>", clip(first))),
            },
            "ifversion" => match version(item) {
                Some(true) => {}
                Some(false) => return,
                None => ctx.under = Some("it stands under a condition on the version".to_owned()),
            },
            "iffile" | "if" | "elseif" | "else" => {
                ctx.under = Some(format!("it stands under <{}>", settings::title(item)));
            }
            "location" | "locationmatch" | "directory" | "directorymatch" | "files" | "filesmatch" => {
                ctx.section = Some((settings::title(item), given.loc(item.span)));
            }
            "proxy" => ctx.proxy = item.args.first().map(|word| self.word(given, word).text),
            _ => {}
        }
        self.deeper(given, inner, &ctx);
    }

    fn deeper(&mut self, given: &Given<'_>, inner: &[Item<'_>], ctx: &Ctx) {
        self.depth += 1;
        self.items(given, inner, ctx);
        self.depth -= 1;
    }

    fn directive(&mut self, given: &Given<'_>, item: &Item<'_>, ctx: &Ctx) {
        let args: Vec<Word> = item.args.iter().map(|word| self.word(given, word)).collect();
        let Some(first) = args.first().cloned() else { return };
        let key = given.loc(item.name.span);
        match item.name.text.to_ascii_lowercase().as_str() {
            "timeout" => self.time("Timeout", key, &first, How::Seconds { zero: true }, ctx),
            "proxytimeout" => self.time("ProxyTimeout", key, &first, How::Seconds { zero: false }, ctx),
            "keepalivetimeout" => {
                self.time("KeepAliveTimeout", key, &first, How::Unit { default: Unit::Seconds, zero: true }, ctx);
            }
            "keepalive" => {
                let on = first.text.eq_ignore_ascii_case("on");
                self.server().keepalive = Some((on, first.at)).filter(|_| first.hidden.is_none());
            }
            "requestreadtimeout" => self.request_read(given, item, key, ctx),
            "servername" => self.server().names.insert(0, first),
            "serveralias" => self.server().names.extend(args),
            "serverroot" => self.root = Some(first.text.trim_end_matches('/').to_owned()),
            "define" => {
                let mut value = args.get(1).cloned().unwrap_or_else(|| Word { text: String::new(), ..first.clone() });
                value.hidden = value.hidden.or_else(|| ctx.under.clone());
                self.defines.insert(first.text, value);
            }
            "undefine" => drop(self.defines.remove(&first.text)),
            "include" | "includeoptional" => self.include(given, &first, ctx),
            "proxypass" | "proxypassmatch" => self.proxy_pass(given, item, &args, ctx),
            "balancermember" => self.member(given, item, &args, ctx),
            "proxyset" => self.proxy_set(given, item, &args, ctx),
            "rewriterule" => self.rewrite(given, item, &args, ctx),
            "sethandler" => self.handler(given, item, &first, ctx),
            "use" => {
                let why = format!("the macro {} is used here", clip(&first.text));
                self.server().unseen.push(Unseen { timer: None, at: first.at, why });
            }
            _ => {}
        }
    }

    fn server(&mut self) -> &mut Server {
        let current = self.current;
        &mut self.servers[current]
    }

    /// A word with the value of a variable in its place where the word is nothing else.
    fn word(&self, given: &Given<'_>, word: &apache::Word<'_>) -> Word {
        self.resolved(Word { text: word.text.to_string(), at: given.loc(word.span), hidden: None })
    }

    fn resolved(&self, word: Word) -> Word {
        if let Some(mark) = template::mark(&word.text, 0) {
            let why = format!("the template {}", clip(mark.text(&word.text)));
            return Word { hidden: Some(why), ..word };
        }
        let Some(from) = word.text.find("${") else { return word };
        let name = word.text[from + 2..].split('}').next().unwrap_or_default().to_owned();
        match self.defines.get(&name) {
            Some(value) if word.text.len() == name.len() + 3 => value.clone(),
            _ => Word { hidden: Some(format!("the variable {}", clip(&name))), ..word },
        }
    }

    fn stated(key: Loc, value: &Word, how: How, ctx: &Ctx) -> Option<Stated> {
        let (seen, unit) = match (value.hidden.as_ref().or(ctx.under.as_ref()), how) {
            (Some(why), _) => (Seen::Hidden(why.clone()), Unit::Seconds),
            (None, How::Unit { default, .. }) => match time::with_unit(&value.text, default) {
                Time::Is(at, unit) => (Seen::Time(at), unit),
                _ => return None,
            },
            (None, _) => match time::number(&value.text) {
                Time::Is(at, unit) => (Seen::Time(at), unit),
                Time::Cut(at) => (Seen::Time(at), Unit::Seconds),
                Time::Negative => (Seen::Hidden("it is negative".to_owned()), Unit::Seconds),
                Time::Bad => (Seen::Time(Dur::ZERO), Unit::Seconds),
            },
        };
        Some(Stated { key, at: value.at, seen, unit })
    }

    fn time(&mut self, name: &'static str, key: Loc, value: &Word, how: How, ctx: &Ctx) {
        if let Some(stated) = Self::stated(key, value, how, ctx) {
            self.server().times.insert(name, stated);
        }
    }

    /// The first number of `body=20-40,MinRate=500`.
    fn request_read(&mut self, given: &Given<'_>, item: &Item<'_>, key: Loc, ctx: &Ctx) {
        for word in &item.args {
            let Some((kind, span)) = parameter(given, word) else { continue };
            let name = match kind.to_ascii_lowercase().as_str() {
                "body" => "RequestReadTimeout body=",
                "header" => "RequestReadTimeout header=",
                _ => continue,
            };
            let value = span.text(given.text);
            let length = if value.starts_with("${") {
                value.find('}').map_or(value.len(), |i| i + 1)
            } else {
                value.find(['-', ',']).unwrap_or(value.len())
            };
            let start = span.range().start;
            let first = Span::of(start..start + length);
            let is_range = value[length..].starts_with('-');
            let value = self.resolved(Word { text: value[..length].to_owned(), at: given.loc(first), hidden: None });
            self.time(name, key, &value, How::Seconds { zero: true }, ctx);
            // Another number might be past the end of its range, and Apache refuses that.
            if let Some(stated) = self.server().times.get_mut(name).filter(|_| is_range) {
                stated.unit = Unit::None;
            }
        }
    }

    fn proxy_pass(&mut self, given: &Given<'_>, item: &Item<'_>, args: &[Word], ctx: &Ctx) {
        let (path, rest) = match (&ctx.section, args) {
            (Some(_), _) => (None, args),
            (None, [path, rest @ ..]) => (Some(path), rest),
            (None, []) => return,
        };
        let Some(url) = rest.first().filter(|url| url.text != "!") else { return };
        let selector = match (&ctx.section, path) {
            (Some((title, _)), _) => title.clone(),
            (None, Some(path)) => format!("{} {}", item.name.text, path.text),
            (None, None) => return,
        };
        let made = self.worker_of(given, item, url, ctx);
        match balancer_of(&url.text) {
            Some(name) => {
                let balancer = self.server().balancer(name);
                if let Some(most) = made.parameters.get("maxattempts") {
                    balancer.maxattempts = Some(most.clone());
                }
            }
            None => match self.server().worker(&url.text) {
                Some(i) => self.shared(i, &made),
                None => self.server().add_worker(made),
            },
        }
        self.target(given, item, selector, url.clone(), false, ctx);
    }

    fn target(&mut self, given: &Given<'_>, item: &Item<'_>, selector: String, url: Word, rewritten: bool, ctx: &Ctx) {
        let target = Target {
            selector,
            url,
            at: given.loc(item.line),
            body: ctx.section.as_ref().map_or_else(|| given.loc(item.line), |(_, at)| *at),
            rewritten,
            under: ctx.under.clone(),
            end: given.loc(Span::at(item.line.end)),
            indent: indent(given.text, item.line),
        };
        self.server().targets.push(target);
    }

    /// Parameters that a second line to the same URL states are passed over.
    fn shared(&mut self, worker: usize, made: &Worker) {
        if self.out.template {
            return;
        }
        let url = self.server().workers[worker].url.clone();
        for stated in made.parameters.values() {
            let message =
                format!("this has no effect: `{}` has a line of its own above, and its settings hold", clip(&url));
            let help = "write it on that line, which is the one that makes the connections";
            let said = Diagnostic::new(SYNTAX, Severity::Warning, message).label(stated.at, "").help(help);
            self.out.problems.push(said);
        }
    }

    fn worker_of(&self, given: &Given<'_>, item: &Item<'_>, url: &Word, ctx: &Ctx) -> Worker {
        let mut worker = Worker {
            url: url.text.clone(),
            at: url.at,
            parameters: HashMap::new(),
            flags: HashMap::new(),
            end: given.loc(Span::at(item.line.end)),
        };
        self.parameters(given, item, &mut worker, ctx);
        worker
    }

    fn parameters(&self, given: &Given<'_>, item: &Item<'_>, worker: &mut Worker, ctx: &Ctx) {
        for word in &item.args {
            let Some((key, span)) = parameter(given, word) else { continue };
            let key_at = given.loc(Span::of(word.span.range().start..word.span.range().start + key.len()));
            let key = key.to_ascii_lowercase();
            let value =
                self.resolved(Word { text: span.text(given.text).to_owned(), at: given.loc(span), hidden: None });
            match PARAMETERS.iter().find(|(known, _)| *known == key) {
                Some((_, how)) => {
                    let how = if *how == How::Any { How::Seconds { zero: true } } else { *how };
                    worker.parameters.extend(Self::stated(key_at, &value, how, ctx).map(|stated| (key, stated)));
                }
                None if value.hidden.is_none() => drop(worker.flags.insert(key, (value.text, value.at))),
                None => {}
            }
        }
    }

    fn member(&mut self, given: &Given<'_>, item: &Item<'_>, args: &[Word], ctx: &Ctx) {
        let (balancer, url) = match (ctx.proxy.as_deref().and_then(balancer_of), args) {
            (Some(name), [url, ..]) => (name.to_owned(), url),
            (None, [balancer, url, ..]) => match balancer_of(&balancer.text) {
                Some(name) => (name.to_owned(), url),
                None => return,
            },
            _ => return,
        };
        let worker = self.worker_of(given, item, url, ctx);
        self.server().balancer(&balancer).members.push(worker);
    }

    fn proxy_set(&mut self, given: &Given<'_>, item: &Item<'_>, args: &[Word], ctx: &Ctx) {
        let named = args.first().filter(|word| word.text.contains("://"));
        let Some(url) = named.map(|word| word.text.clone()).or_else(|| ctx.proxy.clone()) else { return };
        if let Some(name) = balancer_of(&url) {
            let made = self.worker_of(given, item, &args[0], ctx);
            let balancer = self.server().balancer(name);
            if let Some(most) = made.parameters.get("maxattempts") {
                balancer.maxattempts = Some(most.clone());
            }
            return;
        }
        if !url.contains("://") || url.contains('*') {
            return;
        }
        let i = self.server().worker(&url).unwrap_or_else(|| {
            let end = given.loc(Span::at(item.line.end));
            let at = given.loc(item.line);
            let worker = Worker { url: url.clone(), at, parameters: HashMap::new(), flags: HashMap::new(), end };
            self.server().add_worker(worker);
            self.server().workers.len() - 1
        });
        let mut worker = self.server().workers[i].clone();
        self.parameters(given, item, &mut worker, ctx);
        self.server().workers[i] = worker;
    }

    /// `RewriteRule ^/(.*) http://app/$1 [P,L]`.
    fn rewrite(&mut self, given: &Given<'_>, item: &Item<'_>, args: &[Word], ctx: &Ctx) {
        let [pattern, url, flags] = args else { return };
        let flags = flags.text.trim_start_matches('[').trim_end_matches(']');
        let passes = flags.split(',').any(|flag| matches!(flag.trim(), "P" | "proxy" | "p"));
        if passes {
            let rule = format!("RewriteRule {}", pattern.text);
            let selector = ctx.section.as_ref().map_or(rule.clone(), |(title, _)| format!("{title}/{rule}"));
            self.target(given, item, selector, url.clone(), true, ctx);
        }
    }

    /// `SetHandler "proxy:fcgi://php:9000"`.
    fn handler(&mut self, given: &Given<'_>, item: &Item<'_>, handler: &Word, ctx: &Ctx) {
        let Some(url) = handler.text.strip_prefix("proxy:") else { return };
        let url = Word { text: url.to_owned(), ..handler.clone() };
        let selector = ctx.section.as_ref().map_or_else(|| "SetHandler".to_owned(), |(title, _)| title.clone());
        self.target(given, item, selector, url, true, ctx);
    }

    fn include(&mut self, given: &Given<'_>, name: &Word, ctx: &Ctx) {
        if let Some(why) = &name.hidden {
            self.missing(name, format!("the include {} is not known: {why}", clip(&name.text)));
            return;
        }
        let below_root = self.root.as_deref().and_then(|root| name.text.strip_prefix(root)?.strip_prefix('/'));
        let path = below_root.unwrap_or(&name.text).to_owned();
        if self.open.len() >= MOST_INCLUDES || self.open.contains(&path) {
            return self.circle(name);
        }
        match self.files_of(&path) {
            Ok(files) => {
                let pattern = path.contains(['*', '?', '[']);
                for (file, path, text) in files.into_iter().filter(|(file, ..)| !pattern || *file != given.file) {
                    if self.reading.contains(&file) {
                        self.circle(name);
                        continue;
                    }
                    self.open.push(path.clone());
                    self.reading.push(file);
                    self.file(&Given { file, path: &path, text: &text }, ctx);
                    self.open.pop();
                    self.reading.pop();
                }
            }
            // Files of the machine that Apache runs on are no part of the project, and no mistake.
            Err(error) if matches!(error, IncludeError::File(_)) || name.text.starts_with('/') => {
                self.missing(name, format!("the include {} is not here: {error}", clip(&name.text)));
            }
            Err(error) => {
                let message = format!("the include `{}` is not read: {error}", clip(&name.text));
                self.error(name.at, message, "include files of the same folder tree");
                let why = format!("the include {} is not read", clip(&name.text));
                self.server().unseen.push(Unseen { timer: None, at: name.at, why });
            }
        }
    }

    fn files_of(&self, path: &str) -> Result<Vec<(FileId, String, Arc<str>)>, IncludeError> {
        let paths = if path.contains(['*', '?', '[']) {
            let found = self.includes.glob(self.main, path)?;
            if found.is_empty() {
                return Err(IncludeError::File(crate::files::FileError::NotFound));
            }
            found
        } else {
            vec![path.to_owned()]
        };
        let read = |path: String| {
            let included = self.includes.read(self.main, &path)?;
            Ok((included.file, path, included.text))
        };
        paths.into_iter().map(read).collect()
    }

    fn circle(&mut self, name: &Word) {
        let message = format!("the include `{}` returns to itself", clip(&name.text));
        self.error(name.at, message, "break the circle: let one of the two files stand without the include");
    }

    fn missing(&mut self, name: &Word, why: String) {
        let said = Diagnostic::new(INCLUDE, Severity::Note, why.clone()).label(name.at, "");
        let said = said.help("run hoplint where the included files are; what they set is counted as unseen");
        if !self.out.problems.contains(&said) {
            self.out.problems.push(said);
        }
        self.server().unseen.push(Unseen { timer: None, at: name.at, why });
    }

    fn error(&mut self, at: Loc, message: String, help: &str) {
        self.out.problems.push(Diagnostic::new(INCLUDE, Severity::Error, message).label(at, "").help(help));
    }
}

/// Whether `<IfVersion >= 2.4>` holds: every Apache that is in use is a 2.4.
fn version(item: &Item<'_>) -> Option<bool> {
    let (op, number) = if item.args.len() > 1 { (item.arg(0), item.arg(1)) } else { ("=", item.arg(0)) };
    let major: Vec<u32> = number.split('.').take(2).map(str::parse).collect::<Result<_, _>>().ok()?;
    let exact = number.split('.').count() > 2;
    let ordering = major.as_slice().cmp(&[2, 4]);
    match (op.trim_start_matches('!'), ordering) {
        (">=" | ">", std::cmp::Ordering::Less) => Some(true),
        (">=", std::cmp::Ordering::Equal) if !exact => Some(true),
        ("<" | "<=", std::cmp::Ordering::Less) => Some(false),
        ("<", std::cmp::Ordering::Equal) if !exact => Some(false),
        _ => None,
    }
    .map(|holds| holds != op.starts_with('!'))
}

/// Below the first line of a section, indented as its first directive.
fn inside(given: &Given<'_>, item: &Item<'_>, inner: &[Item<'_>]) -> (Loc, String) {
    let at = given.loc(Span::at(item.line.end));
    match inner.first() {
        Some(first) => (at, indent(given.text, first.line)),
        None => (at, format!("{}    ", indent(given.text, item.line))),
    }
}

/// The line break and the indentation of a line.
fn indent(text: &str, line: Span) -> String {
    let before = &text[..line.start as usize];
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let crlf = before[..start].ends_with("\r\n");
    format!("{}{}", if crlf { "\r\n" } else { "\n" }, &before[start..])
}
