//! Serverless Framework files for AWS: a hop for each function, and one for each kind of API Gateway that calls it.
//! Variables (`${...}`) are unseen; functions that another file holds are told and not read.

use super::deployed::unique;
use super::tree::{Dialect, MILLIS, Place, SECONDS, Step, Tree, at, entries, entry, list};
use super::{Address, Call, Deployed, Given, INCLUDE, Import, Includes, Key, Match, Reader};
use crate::catalog::Unit;
use crate::diag::{Diagnostic, Severity};
use crate::syntax::{Entry, Kind, Node};
use crate::text::clip;

pub struct Serverless;

impl Reader for Serverless {
    fn name(&self) -> &'static str {
        "serverless"
    }

    fn summary(&self) -> &'static str {
        "Serverless Framework (serverless.yml) for AWS: Lambda functions and the API Gateways that call them"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = [".yml", ".yaml", ".json"].iter().find_map(|ending| name.strip_suffix(ending));
        stem.is_some_and(|stem| stem.split(['.', '-', '_']).any(|part| part == "serverless"))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        if !self.may_be(path) {
            return Match::No;
        }
        let yaml = |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|r| r.starts_with(':')));
        let json = |key: &str| path.strip_suffix(".json").is_some() && text.contains(&format!("\"{key}\""));
        let has = |key: &str| yaml(key) || json(key);
        match has("provider") {
            true if has("functions") => Match::Yes,
            true if has("service") => Match::Maybe,
            _ => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, DIALECT);
        let documents = tree.documents(out);
        for root in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            tree.settings(root, out, is_time);
            let app = App { tree: &tree, path: given.path, provider: root.get("provider") };
            if !app.is_aws() {
                continue;
            }
            let Some(functions) = entry(root, "functions") else { continue };
            // A list joins maps, most of them of other files.
            let parts = match &functions.value.kind {
                Kind::Seq(parts) => parts.iter().collect(),
                _ => vec![&functions.value],
            };
            for part in parts {
                for function in entries(part) {
                    app.function(function, out);
                }
                app.tell_elsewhere(part, out);
            }
        }
        unique(&mut out.hops);
    }
}

/// `CloudFormation` looks up `{{resolve:...}}`.
const DIALECT: Dialect = Dialect { own: &["{{resolve:"], hides: |_| None };

/// Timeouts, and how often and how long an event is tried. What a program finds in its environment is its own.
fn is_time(place: &Place<'_, '_>) -> bool {
    let key = place.key.to_ascii_lowercase();
    let own = || place.path.iter().any(|step| matches!(step, Step::Key("environment" | "Environment")));
    let is = key.contains("timeout")
        || matches!(&*key, "maximumeventage" | "maximumretryattempts" | "batchwindow" | "maximumbatchingwindow");
    is && !own()
}

const TIMEOUT: &[Key] = &[Key { timer: "function", key: "timeout", unit: Unit::Seconds }];

/// Events that are an API Gateway, and its platform.
const GATEWAYS: [(&str, &str); 3] =
    [("httpApi", "aws-apigateway-http"), ("http", "aws-apigateway-rest"), ("websocket", "aws-apigateway-websocket")];

const TRANSFER_MODE: &[&str] = &["response", "transferMode"];

/// Whether the gateway of an event passes the answer on as it comes.
fn streams(event: Option<&Node<'_>>) -> bool {
    let mode = event.and_then(|event| at(event, TRANSFER_MODE)?.as_str());
    mode.is_some_and(|mode| mode.eq_ignore_ascii_case("stream"))
}

/// One file.
struct App<'a, 't, 'n> {
    tree: &'n Tree<'t>,
    path: &'a str,
    provider: Option<&'n Node<'n>>,
}

impl<'n> App<'_, '_, 'n> {
    /// A provider that is a variable may be any, and mostly is this one.
    fn is_aws(&self) -> bool {
        let Some(provider) = self.provider else { return false };
        let name = provider.get("name").unwrap_or(provider);
        self.tree.hidden(name).is_some() || name.as_str() == Some("aws")
    }

    fn function(&self, function: &'n Entry<'n>, out: &mut Import) {
        let tree = self.tree;
        let (name, loc) = (&*function.key.text, tree.loc(function.key.span));
        let selector = format!("functions.{name}");
        let mut hop = Deployed::new("aws-lambda", &selector, loc, tree.node_loc(&function.value));
        hop.also.push(name.to_owned());
        hop.with("deployed-by", "serverless-framework", loc);
        self.timeout(function, &mut hop);
        self.mode(function, &mut hop);
        let address = Address::Resource(format!("{}#{selector}", self.path));
        hop.answers.push(address.clone());
        hop.inserts.extend(tree.insert(&function.value, TIMEOUT, false));
        out.hops.push(hop);
        let mut called: Vec<&str> = Vec::new();
        for event in list(&function.value, "events") {
            for (kind, platform) in GATEWAYS {
                // A string alone is an event without words of its own.
                let word = (event.as_str() == Some(kind)).then_some((event, None));
                let Some((place, body)) = word.or_else(|| entry(event, kind).map(|e| (&e.value, Some(e)))) else {
                    continue;
                };
                let gateway = self.gateway(function, (kind, platform), place, body, &address);
                // Routes without words of their own are one integration.
                let plain = gateway.hop.timers.is_empty() && !streams(event.get(kind));
                if !(plain && called.contains(&kind)) {
                    out.hops.push(gateway);
                }
                called.extend(plain.then_some(kind));
            }
        }
    }

    /// The function's own timeout, else that of all functions.
    fn timeout(&self, function: &Entry<'_>, hop: &mut Deployed) {
        let tree = self.tree;
        if let Some(why) = tree.hidden(&function.value) {
            hop.hide(None, tree.node_loc(&function.value), why);
            return;
        }
        let stated = |e: &&Entry<'_>| e.value.kind != Kind::Null;
        let shared = || self.provider.and_then(|provider| entry(provider, "timeout"));
        match entry(&function.value, "timeout").filter(stated).or_else(shared) {
            Some(timeout) => tree.time(hop, "Timeout", timeout, SECONDS),
            None => {
                if let Some((provider, why)) = self.provider.and_then(|p| Some((p, tree.hidden(p)?))) {
                    let at = tree.node_loc(provider);
                    hop.set("Timeout", at, at, super::Seen::Hidden(why), Unit::Seconds);
                }
            }
        }
    }

    /// How the function is invoked: as its URL says, or as all of its gateways do.
    fn mode(&self, function: &Entry<'_>, hop: &mut Deployed) {
        if let Some(mode) = at(&function.value, &["url", "invokeMode"]) {
            match self.tree.word(mode) {
                Some(word @ ("BUFFERED" | "RESPONSE_STREAM")) => {
                    hop.with("invoke-mode", word, self.tree.value_loc(mode));
                }
                _ => hop.hide(None, self.tree.value_loc(mode), "the mode of the function's URL"),
            }
            return;
        }
        let events = list(&function.value, "events");
        let mut gateways = events.iter().filter_map(|event| GATEWAYS.iter().find_map(|(kind, _)| event.get(kind)));
        if gateways.clone().next().is_some() && gateways.all(|event| streams(Some(event))) {
            hop.with("invoke-mode", "RESPONSE_STREAM", self.tree.loc(function.key.span));
        }
    }

    fn gateway(
        &self,
        function: &Entry<'_>,
        (kind, platform): (&str, &str),
        place: &Node<'_>,
        event: Option<&Entry<'_>>,
        calls: &Address,
    ) -> Deployed {
        let tree = self.tree;
        let selector = format!("functions.{}.{kind}", function.key.text);
        let loc = event.map_or_else(|| tree.node_loc(place), |event| tree.loc(event.key.span));
        let mut hop = Deployed::new(platform, selector, loc, tree.node_loc(place));
        hop.calls.push(Call { to: calls.clone(), at: loc });
        if kind != "http" {
            return hop;
        }
        if let Some(timeout) = entry(place, "timeoutInMillis") {
            tree.time(&mut hop, "integration", timeout, MILLIS);
        }
        if let (true, Some(mode)) = (streams(Some(place)), at(place, TRANSFER_MODE)) {
            hop.with("mode", "STREAM", tree.value_loc(mode));
        }
        let endpoint = self.provider.and_then(|provider| provider.get("endpointType"));
        if let Some((endpoint, word)) = endpoint.and_then(|node| Some((node, tree.word(node)?.to_ascii_lowercase())))
            && matches!(&*word, "edge" | "regional" | "private")
        {
            hop.with("endpoint", &word, tree.value_loc(endpoint));
        }
        hop
    }

    /// Functions that a variable brings in.
    fn tell_elsewhere(&self, part: &Node<'_>, out: &mut Import) {
        if self.tree.hidden(part).is_none() {
            return;
        }
        let source = clip(part.source(self.tree.text()));
        let help = "run hoplint on what `serverless print` writes, which has them in their place";
        let note = Diagnostic::new(INCLUDE, Severity::Note, format!("the functions of {source} are not read"));
        out.problems.push(note.label(self.tree.value_loc(part), "").help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::NoIncludes;
    use crate::span::FileId;

    #[test]
    fn only_serverless_files_are_known() {
        let app = "service: chat\nprovider:\n  name: aws\nfunctions:\n  a: {handler: b.c}\n";
        for (path, text, expected) in [
            ("serverless.yml", app, Match::Yes),
            ("api/serverless.prod.yaml", app, Match::Yes),
            ("serverless.json", "{\"provider\": {}, \"functions\": {}}", Match::Yes),
            ("serverless.yml", "service: chat\nprovider: ${file(p.yml)}\n", Match::Maybe),
            ("serverless-compose.yml", "services:\n  a:\n    path: b\n", Match::No),
            ("functions.yml", app, Match::No),
        ] {
            assert_eq!(Serverless.knows(path, text), expected, "{path}: {text}");
        }
    }

    fn read(text: &str) -> Import {
        let mut out = Import::default();
        Serverless.read(&Given { file: FileId(0), path: "serverless.yml", text }, &NoIncludes, &mut out);
        out
    }

    #[test]
    fn functions_of_other_clouds_are_no_hops() {
        assert!(read("provider: {name: google}\nfunctions:\n  a: {timeout: 60}\n").hops.is_empty());
        assert_eq!(read("provider: aws\nfunctions:\n  a: {timeout: 60}\n").hops.len(), 1);
    }

    #[test]
    fn the_timeout_of_all_functions_holds_where_one_has_none() {
        let text = "provider: {name: aws, timeout: 30}\nfunctions:\n  a: {timeout: 60}\n  b:\n    handler: c\n  d:\n    timeout:\n";
        let out = read(text);
        let values: Vec<&str> = out.hops.iter().map(|h| h.hop.timers[0].1.loc.span.text(text)).collect();
        assert_eq!(values, ["60", "30", "30"]);
    }

    #[test]
    fn routes_without_words_of_their_own_are_one_integration() {
        let events =
            "[{http: GET /a}, {http: {path: b, response: {transferMode: stream}}}, {http: POST /a}, {httpApi: '*'}]";
        let out = read(&format!("provider: aws\nfunctions:\n  f:\n    handler: c\n    events: {events}\n"));
        let found: Vec<&str> = out.hops.iter().map(|hop| hop.selector.as_str()).collect();
        assert_eq!(found, ["functions.f", "functions.f.http", "functions.f.http[2]", "functions.f.httpApi"]);
        assert!(out.hops[1..].iter().all(|hop| hop.calls[0].to.reaches(&out.hops[0].answers[0])));
    }
}
