//! Application servers on command lines: gunicorn, uvicorn, hypercorn and granian in Procfiles, Dockerfiles, compose files
//! and pod specs. Literal flags only; a variable is unseen.

mod servers;
pub mod words;

pub use servers::worker;

use super::{Address, Deployed, Given, INCLUDE, Import, Includes, Insert, Seen, Setting, Unseen, gunicorn, units};
use crate::diag::{Diagnostic, Severity};
use crate::span::Span;
use servers::{SERVERS, Server};
use words::Word;

/// How a command is written, which decides how a flag is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Shell,
    /// A list of quoted words: `["gunicorn", "-t", "120"]`.
    List,
}

/// What a command line stands for: the hop it starts, if it starts a server that hoplint knows.
pub struct Command<'a> {
    pub words: &'a [Word],
    pub form: Form,
    /// The name in front of it, such as the process of a Procfile; the server's own without one.
    pub name: Option<&'a str>,
    /// What to point at.
    pub at: Span,
}

/// A shell, by name or path.
pub fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh"))
}

/// `-c` and the like: what follows is a script.
pub fn takes_script(flag: &str) -> bool {
    flag.starts_with('-') && flag.ends_with('c')
}

/// Reads a command. Its settings and its hop are added to `out`; the place of the hop in it is returned.
pub fn read(command: &Command<'_>, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) -> Option<usize> {
    let (program, server) = program(command.words)?;
    let selector = command.name.map_or_else(|| server.name.to_owned(), |name| format!("{name}/{}", server.name));
    let mut hop = Deployed::new(server.name, selector, given.loc(command.at), given.loc(command.at));
    if let Some(name) = command.name {
        hop.also.extend([name.to_owned(), server.name.to_owned()]);
    }
    let words = &command.words[program + 1..];
    let mut bound = Bound { host: server.answers.0.to_owned(), port: Some(server.answers.1) };
    if let Some(config) = last_value_of(words, server.config) {
        configured(server, &config, given, includes, &mut hop, &mut bound, out);
    }
    for flag in server.flags {
        if let Some(found) = last_value_of(words, flag.names) {
            set(flag.names[0], &found, flag.unit, given, &mut hop, out);
        }
    }
    if server.name == "gunicorn" {
        worker_of(words, given, &mut hop);
    }
    bound.read(words, server);
    hop.answers.push(Address::host(&bound.host, bound.port));
    hop.inserts.extend(insert(command, &command.words[program], server, given));
    out.hops.push(hop);
    Some(out.hops.len() - 1)
}

/// Where the server listens.
struct Bound {
    host: String,
    port: Option<u16>,
}

impl Bound {
    fn read(&mut self, words: &[Word], server: &Server) {
        let port = |value: &Value| value.word.plain.then(|| value.text.parse().ok()).flatten();
        if let Some(value) = last_value_of(words, server.bind) {
            self.set(&value.text, value.word.plain);
        }
        if let Some(value) = server.host.and_then(|flag| last_value_of(words, &[flag])) {
            self.host = value.text;
        }
        if let Some(value) = server.port.and_then(|flag| last_value_of(words, &[flag])) {
            self.port = port(&value);
        }
    }

    fn set(&mut self, bind: &str, plain: bool) {
        match Address::parse(bind).filter(|_| plain) {
            Some(Address::Host { host, port }) => (self.host, self.port) = (host, port),
            // `:8000`, a socket, or a port that is filled in later.
            _ => self.port = bind.rsplit_once(':').and_then(|(_, port)| port.parse().ok()),
        }
    }
}

fn configured(
    server: &Server,
    config: &Value,
    given: &Given<'_>,
    includes: &dyn Includes,
    hop: &mut Deployed,
    bound: &mut Bound,
    out: &mut Import,
) {
    let path = config.text.strip_prefix("file:").unwrap_or(&config.text);
    let at = given.loc(config.word.at);
    let hidden = |why: String| Unseen { timer: None, at, why };
    if server.name != "gunicorn" || path.starts_with("python:") || !config.word.plain {
        hop.unseen.push(hidden(format!("the configuration {}", config.text)));
        return;
    }
    match includes.read(given.file, path) {
        Ok(included) if included.file == given.file => {
            let message = format!("the configuration `{path}` is the file that names it");
            let problem = Diagnostic::new(INCLUDE, Severity::Error, message).label(at, "included here");
            out.problems.push(problem.help("name the file of gunicorn's settings, such as gunicorn.conf.py"));
        }
        Ok(included) => {
            let inner = Given { file: included.file, path, text: &included.text };
            if let Some(bind) = gunicorn::assignments(&inner, hop, out) {
                bound.set(&bind, true);
            }
        }
        Err(why) => hop.unseen.push(hidden(format!("the configuration {path}: {why}"))),
    }
}

fn worker_of(words: &[Word], given: &Given<'_>, hop: &mut Deployed) {
    let class = last_value_of(words, &["--worker-class", "-k"]);
    let threads = last_value_of(words, &["--threads"]);
    match (&class, &threads) {
        (Some(class), _) => match worker(&class.text).filter(|_| class.word.plain) {
            Some(worker) => hop.with("worker", worker, given.loc(class.at)),
            None => hop.unseen.push(Unseen {
                timer: None,
                at: given.loc(class.at),
                why: format!("the worker class {}", class.text),
            }),
        },
        // gunicorn turns sync workers with several threads into gthread ones.
        (None, Some(threads)) if threads.text.parse::<u32>().is_ok_and(|n| n > 1) => {
            hop.with("worker", "gthread", given.loc(threads.at));
        }
        _ => {}
    }
}

/// The value of a flag.
struct Value<'w> {
    text: String,
    at: Span,
    word: &'w Word,
}

fn set(
    name: &str,
    value: &Value<'_>,
    unit: crate::catalog::Unit,
    given: &Given<'_>,
    hop: &mut Deployed,
    out: &mut Import,
) {
    let at = given.loc(value.at);
    out.settings.push(Setting {
        option: name.to_owned(),
        value: value.at.text(given.text).to_owned(),
        at,
        context: hop.selector.clone(),
        plain: value.word.plain,
    });
    let seen = match units::parse(unit, &value.text).filter(|_| value.word.plain) {
        Some(at) => Seen::Time(at),
        None => Seen::Hidden(format!("`{}`", value.text)),
    };
    hop.set(name, given.loc(value.word.whole), at, seen, unit);
}

/// The program among the words: behind variables, wrappers and `python -m`.
fn program(words: &[Word]) -> Option<(usize, &'static Server)> {
    /// A program that starts others, and words of its own, do not take more than this.
    const WRAPPERS: usize = 12;
    words.iter().take(WRAPPERS).enumerate().find_map(|(i, word)| {
        let name = word.text.rsplit('/').next().unwrap_or(&word.text);
        let server = SERVERS.iter().find(|server| server.name == name)?;
        // `pip install gunicorn` starts none.
        let before = words[..i].iter().any(|w| matches!(w.text.as_str(), "install" | "add" | "show" | "uninstall"));
        (!before).then_some((i, server))
    })
}

fn last_value_of<'w>(words: &'w [Word], names: &[&str]) -> Option<Value<'w>> {
    values_of(words, names).last()
}

/// `--name value`, `--name=value`, `-n value` and `-nvalue`.
fn values_of<'w>(words: &'w [Word], names: &[&str]) -> impl Iterator<Item = Value<'w>> {
    words.iter().enumerate().filter_map(move |(i, word)| {
        let name = names.iter().find(|name| word.text.starts_with(**name))?;
        let rest = &word.text[name.len()..];
        let attached = match rest.strip_prefix('=') {
            Some(value) if name.starts_with("--") => Some(value),
            None if rest.is_empty() => None,
            _ if !name.starts_with("--") => Some(rest),
            _ => return None,
        };
        let Some(text) = attached else {
            let next = words.get(i + 1)?;
            return Some(Value { text: next.text.clone(), at: next.at, word: next });
        };
        let length = u32::try_from(text.len()).ok()?;
        // Quotes inside a word make its text shorter than its place; then the whole word stands for the value.
        let same = word.at.len() == word.text.len();
        let at = if same { Span::new(word.at.end - length, word.at.end) } else { word.at };
        Some(Value { text: text.to_owned(), at, word })
    })
}

fn insert(command: &Command<'_>, program: &Word, server: &Server, given: &Given<'_>) -> Option<Insert> {
    let (before, between, after): (String, &'static str, &'static str) = match command.form {
        Form::Shell => (" ".to_owned(), " ", ""),
        Form::List => (", \"".to_owned(), "\", \"", "\""),
    };
    let at = given.loc(Span::at(program.whole.end));
    (!server.inserts.is_empty()).then_some(Insert { at, before, between, after, keys: server.inserts })
}
