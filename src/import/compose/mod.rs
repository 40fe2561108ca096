//! Compose files: the application server that each service starts, by its entry point, its command and its environment.
//! Images are not opened: what they start by themselves is not known here.

mod argv;
mod places;
#[cfg(test)]
mod tests;

use super::command::{self, Command, Form, words::Word};
use super::deployed::unique;
use super::tree::{Dialect, Place, Step, Tree, at, entries, entry, items};
use super::{Address, Deployed, Given, Import, Includes, Match, Reader};
use crate::span::Span;
use crate::syntax::{Entry, Kind, Node};
use argv::Argument;
use std::collections::HashSet;

pub struct Compose;

/// Programs and variables that make a file one with hops.
const SERVERS: [&str; 5] = ["gunicorn", "uvicorn", "hypercorn", "granian", "GUNICORN_CMD_ARGS"];

impl Reader for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn summary(&self) -> &'static str {
        "Compose files (compose.yaml, docker-compose.yml): gunicorn, uvicorn, hypercorn and granian of services"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let yaml = [".yml", ".yaml"].iter().find_map(|ending| name.strip_suffix(ending));
        yaml.is_some_and(|stem| {
            let stem = stem.to_ascii_lowercase();
            stem.split(['.', '-', '_']).any(|part| part == "compose") && !stem.contains("serverless")
        })
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let top = |key: &str| text.lines().any(|line| line.trim_end() == key);
        if !self.may_be(path) || !top("services:") {
            return Match::No;
        }
        if SERVERS.iter().any(|server| text.contains(server)) { Match::Yes } else { Match::Maybe }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, DIALECT);
        let documents = tree.documents(out);
        for root in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            tree.settings(root, out, is_time);
            let Some(services) = root.get("services") else { continue };
            for service in entries(services) {
                let service = Service { tree: &tree, given, services, entry: service };
                service.read(includes, out);
            }
        }
        unique(&mut out.hops);
        // What stands behind an anchor stands once and is read for each service.
        let mut seen = HashSet::new();
        out.settings.retain(|setting| seen.insert(setting.at));
    }
}

/// Compose fills in `${X}`; Swarm fills in `{{.Node.Hostname}}` and logging drivers `{{.Name}}`.
const DIALECT: Dialect = Dialect { own: &["{{.", "{{ ."], hides: |_| None };

/// Health checks, restarts, updates and stops.
fn is_time(place: &Place<'_, '_>) -> bool {
    let inside = match place.path.last() {
        Some(Step::Key(key)) => *key,
        _ => return false,
    };
    match place.key {
        "interval" | "timeout" | "start_period" | "start_interval" | "retries" => inside == "healthcheck",
        "delay" => matches!(inside, "restart_policy" | "update_config" | "rollback_config"),
        "window" | "max_attempts" => inside == "restart_policy",
        "monitor" => matches!(inside, "update_config" | "rollback_config"),
        key => key == "stop_grace_period",
    }
}

/// One service of a file.
struct Service<'a, 't, 'n> {
    tree: &'n Tree<'t>,
    given: &'a Given<'t>,
    services: &'n Node<'n>,
    entry: &'n Entry<'n>,
}

impl<'n> Service<'_, '_, 'n> {
    fn read(&self, includes: &dyn Includes, out: &mut Import) {
        let (entrypoint, command) = (self.field("entrypoint"), self.field("command"));
        let mut argv = Vec::new();
        // An entry point of the service's own leaves nothing of the image's command.
        for node in [entrypoint, command].into_iter().flatten() {
            argv.extend(argv::arguments(self.tree, node));
        }
        let environment = self.field("environment").and_then(|env| argv::variable(self.tree, env, GUNICORN_ARGS));
        let first = out.hops.len();
        for (mut words, form) in argv::commands(&argv) {
            if let (Some((variable, _)), Some(program)) = (&environment, gunicorn(&words)) {
                // Flags of the command line come last, and so win.
                words.splice((program + 1)..=program, variable.iter().cloned());
            }
            self.start(&words, form, includes, out);
        }
        if let (Some((variable, end)), true) = (&environment, argv.is_empty()) {
            self.start_of_image(variable, *end, includes, out);
        }
        for hop in &mut out.hops[first..] {
            self.finish(hop, &argv);
        }
    }

    fn start(&self, words: &[Word], form: Form, includes: &dyn Includes, out: &mut Import) {
        let name = self.selector();
        let at = self.entry.key.span;
        command::read(&Command { words, form, name: Some(&name), at }, self.given, includes, out);
    }

    /// The image's own command starts gunicorn, for its flags stand in the environment.
    fn start_of_image(&self, variable: &[Word], end: Span, includes: &dyn Includes, out: &mut Import) {
        let program = Word { text: "gunicorn".to_owned(), at: end, whole: end, plain: true };
        let words: Vec<Word> = [program].into_iter().chain(variable.iter().cloned()).collect();
        self.start(&words, Form::Shell, includes, out);
        if let Some(hop) = out.hops.last_mut() {
            hop.hide(None, self.given.loc(self.entry.key.span), "the command of the image");
        }
    }

    fn finish(&self, hop: &mut Deployed, argv: &[Argument<'_>]) {
        let server = hop.hop.platform.value.clone();
        hop.selector = self.selector();
        hop.hop.name.clone_from(&hop.selector);
        hop.hop.body = self.tree.node_loc(&self.entry.value);
        hop.also = vec![self.entry.key.text.clone().into_owned(), format!("{}/{server}", hop.selector)];
        if let Some(elsewhere) = self.extended_file().filter(|_| server == "gunicorn") {
            hop.hide(None, self.tree.node_loc(elsewhere), "the service of another file that it extends");
        }
        let bound = match hop.answers.pop() {
            Some(Address::Host { port, .. }) => port,
            _ => None,
        };
        hop.answers = places::answers(self, bound);
        hop.inserts = std::mem::take(&mut hop.inserts)
            .into_iter()
            .filter_map(|insert| argv::written(self.tree, insert, argv))
            .collect();
    }

    fn selector(&self) -> String {
        format!("services.{}", self.entry.key.text)
    }

    /// A field of the service, or of the one in this file that it extends.
    fn field(&self, key: &str) -> Option<&'n Node<'n>> {
        /// Nobody extends further; what extends itself ends here too.
        const MOST: usize = 10;
        let mut service = &self.entry.value;
        for _ in 0..MOST {
            if let Some(found) = entry(service, key).filter(|e| e.value.kind != Kind::Null) {
                return Some(bare(&found.value));
            }
            let extended = service.get("extends")?;
            let here = extended.get("file").is_none();
            let name = extended.as_str().or_else(|| extended.get("service")?.as_str()).filter(|_| here)?;
            service = self.services.get(name)?;
        }
        None
    }

    /// Where the service names another file whose service it extends.
    fn extended_file(&self) -> Option<&'n Node<'n>> {
        at(&self.entry.value, &["extends", "file"])
    }

    /// The words of a list under a key, numbers too.
    fn listed(&self, key: &str) -> impl Iterator<Item = String> {
        let list = self.field(key).map(items).unwrap_or_default();
        list.iter().filter_map(|item| self.tree.scalar(item)).map(std::borrow::Cow::into_owned)
    }
}

const GUNICORN_ARGS: &str = "GUNICORN_CMD_ARGS";

/// Where gunicorn stands among the words of a command.
fn gunicorn(words: &[Word]) -> Option<usize> {
    words.iter().position(|word| word.text.rsplit('/').next() == Some("gunicorn"))
}

/// What stands under tags of Compose's own: `!override`, `!reset`.
fn bare<'n>(node: &'n Node<'n>) -> &'n Node<'n> {
    node.as_tagged().map_or(node, |(_, value)| value)
}
