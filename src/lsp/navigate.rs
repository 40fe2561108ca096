//! Going from a place to what it means: definitions, references, links, and new names for hops.

use super::documents::Kind;
use super::edits::Changes;
use super::features::Refusal;
use super::here::{self, Here, Step, Thing};
use super::look::{Look, OWN};
use super::state::State;
use super::{hover, uri};
use crate::import::Match;
use crate::import::store::Store;
use crate::report::rule_url;
use crate::rules;
use crate::span::{Loc, Span};
use crate::syntax::{Kind as NodeKind, Node, parse, quote};
use crate::workspace::overlay::Overlay;
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A place in a file.
struct Place {
    path: PathBuf,
    text: String,
    span: Span,
}

impl Place {
    fn location(&self, state: &State) -> Value {
        let range = state.documents.lines(&self.path, &self.text).range(&self.text, self.span);
        json!({"uri": state.documents.uri(&self.path), "range": range})
    }
}

fn asked(state: &mut State, at: &lsp::TextDocumentPositionParams) -> Option<(Look, u32)> {
    let path = uri::to_path(&at.text_document.uri)?;
    let look = state.look(&path)?;
    let offset = state.documents.lines(&path, &look.text).offset(&look.text, at.position);
    Some((look, offset))
}

pub fn definition(state: &mut State, params: &lsp::DefinitionParams) -> Option<Vec<Value>> {
    let (look, offset) = asked(state, &params.text_document_position_params)?;
    if look.kind == Kind::Other {
        return None;
    }
    let parsed = parse(&look.text, look.format);
    let root = parsed.root.as_ref()?;
    let here = here::at(root, offset)?;
    let places = match here.thing() {
        Thing::From { value } => deployed(state, &look, value),
        Thing::Shared { name } => shared_key(root, name).map(|span| own(&look, span)).into_iter().collect(),
        Thing::Platform { name } => own_platform(&look, name),
        Thing::Hop { .. } | Thing::Timer { .. } => bound_value(state, &look, &here),
        Thing::File { value } => file(&look, value),
        _ => Vec::new(),
    };
    Some(places.iter().map(|place| place.location(state)).collect())
}

fn own(look: &Look, span: Span) -> Place {
    Place { path: look.path.clone(), text: look.text.to_string(), span }
}

/// The deployed hop of a `from:`, or the start of its file.
fn deployed(state: &State, look: &Look, value: &str) -> Vec<Place> {
    let (name, selector) =
        value.split_once('#').map_or((value, None), |(file, selector)| (file, Some(selector.trim())));
    let path = uri::normal(&look.path.parent().unwrap_or(Path::new("")).join(name));
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let Ok(loaded) = store.import(&path, Some(&look.path)) else { return file(look, name) };
    let fits = |hop: &&crate::import::Deployed| match selector {
        Some(selector) => {
            hop.selector == selector || hop.also.iter().any(|also| also == selector) || hop.selector.ends_with(selector)
        }
        None => loaded.import.hops.len() == 1,
    };
    let places: Vec<Place> = loaded
        .import
        .hops
        .iter()
        .filter(fits)
        .filter_map(|hop| {
            let file = store.file(hop.hop.at.file)?;
            Some(Place { path: file.path, text: file.text.to_string(), span: hop.hop.at.span })
        })
        .collect();
    if places.is_empty() { file(look, name) } else { places }
}

/// The start of a file that stands relative to another one.
fn file(look: &Look, name: &str) -> Vec<Place> {
    let path = uri::normal(&look.path.parent().unwrap_or(Path::new("")).join(name));
    let text = crate::workspace::read::text(&path);
    text.map(|text| Place { path, text: text.to_string(), span: Span::default() }).into_iter().collect()
}

/// The file of a platform of one's own.
fn own_platform(look: &Look, name: &str) -> Vec<Place> {
    let Some(platform) = look.settings.catalog.find(name) else { return Vec::new() };
    let of_it = |source: &&crate::engine::Source| {
        let parsed = parse(&source.text, crate::syntax::Format::Toml);
        parsed.root.as_ref().and_then(|root| root.get("id")?.as_str().map(|id| id == platform.id)).unwrap_or(false)
    };
    let found = look.settings.sources.iter().skip(1).find(of_it);
    let place = |source: &crate::engine::Source| Place {
        path: uri::normal(&look.root.join(&source.path)),
        text: source.text.to_string(),
        span: Span::default(),
    };
    found.map(place).into_iter().collect()
}

/// Where a deployed file sets what holds for a bound hop.
fn bound_value(state: &State, look: &Look, here: &Here<'_>) -> Vec<Place> {
    let Some(site) = &here.hop else { return Vec::new() };
    let chains = look.chains(&state.texts);
    let key = match here.thing() {
        Thing::Timer { key } => Some(key),
        _ => None,
    };
    let mut places: Vec<Loc> = Vec::new();
    for (_, hop, _) in chains.hops_at(site.node.span) {
        let wanted = key.and_then(|key| crate::resolve::one::find_timer(&hop.platform, key));
        for value in hop.cases.iter().flat_map(|case| &case.timers) {
            let is = wanted.is_none_or(|timer| hop.timer(value).knob == timer.knob);
            places.extend(value.provenance.loc().filter(|at| is && at.file != OWN && !places.contains(at)));
        }
    }
    let place = |at: Loc| {
        let (path, text) = chains.place(look, at)?;
        Some(Place { path: path.to_owned(), text: text.to_owned(), span: at.span })
    };
    places.into_iter().filter_map(place).collect()
}

fn shared_key(root: &Node<'_>, name: &str) -> Option<Span> {
    let NodeKind::Map(entries) = &root.get("shared")?.kind else { return None };
    entries.iter().find(|entry| entry.key.text == name).map(|entry| entry.key.span)
}

/// Every place that names a shared hop: its key, `use:`, and items of `hops:` that are its name alone.
fn shared_names(root: &Node<'_>, name: &str) -> (Option<Span>, Vec<Span>) {
    fn collect(node: &Node<'_>, steps: &mut Vec<Step<'static>>, name: &str, found: &mut Vec<Span>) {
        if node.def.is_some() {
            return;
        }
        match &node.kind {
            NodeKind::Map(entries) => {
                for entry in entries {
                    let key = match &*entry.key.text {
                        "hops" => "hops",
                        "fallbacks" => "fallbacks",
                        "use" => "use",
                        _ => "",
                    };
                    steps.push(Step::Key(key));
                    collect(&entry.value, steps, name, found);
                    steps.pop();
                }
            }
            NodeKind::Seq(items) => {
                for (i, item) in items.iter().enumerate() {
                    steps.push(Step::Item(i));
                    collect(item, steps, name, found);
                    steps.pop();
                }
            }
            NodeKind::Str(text) if text == name && (here::is_hop(steps) || steps.last() == Some(&Step::Key("use"))) => {
                found.push(node.span);
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(root, &mut Vec::new(), name, &mut found);
    (shared_key(root, name), found)
}

pub fn references(state: &mut State, params: &lsp::ReferenceParams) -> Option<Vec<Value>> {
    let (look, offset) = asked(state, &params.text_document_position_params)?;
    if look.kind == Kind::Other {
        return Some(bindings(state, &look, offset).iter().map(|place| place.location(state)).collect());
    }
    let parsed = parse(&look.text, look.format);
    let root = parsed.root.as_ref()?;
    let here = here::at(root, offset)?;
    let mut places: Vec<Place> = Vec::new();
    match here.thing() {
        Thing::Hop { name } | Thing::Shared { name } => {
            let (key, uses) = shared_names(root, name);
            let with_key = key.filter(|_| params.context.include_declaration);
            places.extend(with_key.into_iter().chain(uses).map(|span| own(&look, span)));
        }
        Thing::From { value } => {
            let file = uri::normal(&look.path.parent()?.join(value.split('#').next()?));
            places = sources_of(state, &file, |named| named == value);
        }
        Thing::Platform { name } => {
            let same = here::hops(root).into_iter().filter_map(|(_, hop)| hop.get("platform"));
            places.extend(same.filter(|node| node.as_str() == Some(name)).map(|node| own(&look, node.span)));
        }
        Thing::Rule { name } => {
            let named = here::hops(root).into_iter().filter_map(|(_, hop)| hop.get("ignore"));
            for node in named {
                if let NodeKind::Map(entries) = &node.kind {
                    let same = entries.iter().filter(|entry| entry.key.text == name);
                    places.extend(same.map(|entry| own(&look, entry.key.span)));
                }
            }
        }
        _ => {}
    }
    Some(places.iter().map(|place| place.location(state)).collect())
}

/// The `from:` of chains that mean the deployed hop at a place.
fn bindings(state: &mut State, look: &Look, offset: u32) -> Vec<Place> {
    let selectors: Vec<String> = {
        let overlay = Overlay { texts: &state.texts };
        let store = Store::new(&overlay, &look.root);
        let Ok(loaded) = store.import_named(&look.path, Match::Maybe) else { return Vec::new() };
        let at = |loc: Loc| loc.file == loaded.file && loc.span.start <= offset && offset <= loc.span.end;
        let hops = loaded.import.hops.iter();
        let inner = hops.filter(|hop| at(hop.hop.body) || at(hop.hop.at)).min_by_key(|hop| hop.hop.body.span.len());
        inner.map(|hop| std::iter::once(hop.selector.clone()).chain(hop.also.clone()).collect()).unwrap_or_default()
    };
    sources_of(state, &look.path, |named| match named.split_once('#') {
        Some((_, selector)) => selectors.iter().any(|known| known == selector || known.ends_with(selector)),
        None => true,
    })
}

/// The `from:` of all chains of the workspace that name a file.
fn sources_of(state: &mut State, file: &Path, fits: impl Fn(&str) -> bool) -> Vec<Place> {
    let chains: Vec<PathBuf> = state.project_of(file).index.chains_of(file).cloned().collect();
    let mut places = Vec::new();
    for chain in chains {
        let Some(look) = state.look(&chain) else { continue };
        let folder = chain.parent().unwrap_or(Path::new(""));
        let parsed = parse(&look.text, look.format);
        let Some(root) = parsed.root.as_ref() else { continue };
        for node in sources(root) {
            let text = node.as_str().unwrap_or_default();
            let named = uri::normal(&folder.join(text.split('#').next().unwrap_or_default()));
            if named == file && fits(text) {
                places.push(own(&look, node.span));
            }
        }
    }
    places
}

/// Every `from:` of a tree.
fn sources<'t>(root: &'t Node<'t>) -> Vec<&'t Node<'t>> {
    let mut found = Vec::new();
    for (_, hop) in here::hops(root) {
        match hop.get("from").map(|node| (node, &node.kind)) {
            Some((_, NodeKind::Seq(items))) => found.extend(items.iter().filter(|item| item.as_str().is_some())),
            Some((node, NodeKind::Str(_))) => found.push(node),
            _ => {}
        }
    }
    found
}

pub fn links(state: &mut State, params: &lsp::DocumentLinkParams) -> Option<Vec<Value>> {
    let path = uri::to_path(&params.text_document.uri)?;
    let look = state.look(&path)?;
    let lines = state.documents.lines(&path, &look.text);
    let mut links = Vec::new();
    let mut add = |span: Span, target: String, tooltip: String| {
        links.push(json!({"range": lines.range(&look.text, span), "target": target, "tooltip": tooltip}));
    };
    if look.kind == Kind::Chain {
        let parsed = parse(&look.text, look.format);
        let root = parsed.root.as_ref()?;
        for node in sources(root) {
            for place in deployed(state, &look, node.as_str().unwrap_or_default()).into_iter().take(1) {
                let line = state.documents.lines(&place.path, &place.text).line(place.span.start as usize) + 1;
                let target = format!("{}#L{line}", state.documents.uri(&place.path).0);
                add(node.span, target, "what is deployed".to_owned());
            }
        }
        for node in here::hops(root).into_iter().filter_map(|(_, hop)| hop.get("platform")) {
            let platform = node.as_str().and_then(|name| look.settings.catalog.find(name));
            if let Some((docs, name)) = platform.and_then(|p| Some((p.docs.clone()?, p.name.clone()))) {
                add(node.span, docs, format!("the documentation of {name}"));
            }
        }
    }
    for (at, _) in look.text.match_indices("hoplint: ignore[") {
        let mut offset = Span::of(at..at + "hoplint: ignore[".len()).end;
        while let Some((rule, span)) = hover::rule_in_comment(&look, offset) {
            if rules::find(&rule).is_some() {
                add(span, rule_url(&rule), format!("what {rule} means"));
            }
            let next = look.text[span.end as usize..].find(|c: char| c.is_ascii_alphanumeric());
            let Some(next) = next.filter(|next| *next <= 3) else { break };
            offset = span.end + Span::of(next..next).start;
        }
    }
    Some(links)
}

/// What a new name would replace.
struct Named<'t> {
    name: &'t str,
    span: Span,
    /// It stands under `shared:`, and every use of it goes along.
    is_shared: bool,
}

fn named<'t>(root: &'t Node<'t>, offset: u32) -> Option<Named<'t>> {
    let here = here::at(root, offset)?;
    match here.thing() {
        Thing::Hop { name } => Some(Named { name, span: here.span, is_shared: here.on_key }),
        Thing::Shared { name } => Some(Named { name, span: here.span, is_shared: shared_key(root, name).is_some() }),
        _ => None,
    }
}

/// The name itself, without its quotes.
fn bare(text: &str, span: Span) -> Span {
    let source = span.text(text);
    let quoted = source.len() >= 2 && source.starts_with(['"', '\'']) && source.ends_with(['"', '\'']);
    if quoted { Span::new(span.start + 1, span.end - 1) } else { span }
}

pub fn prepare_rename(state: &mut State, params: &lsp::TextDocumentPositionParams) -> Result<Value, Refusal> {
    let (look, offset) = asked(state, params).ok_or_else(|| Refusal::invalid("the file is not known"))?;
    let parsed = parse(&look.text, look.format);
    let named = parsed.root.as_ref().filter(|_| look.kind == Kind::Chain).and_then(|root| named(root, offset));
    let named = named.ok_or_else(|| Refusal::invalid("names of hops can be changed, here is none"))?;
    let range = state.documents.lines(&look.path, &look.text).range(&look.text, bare(&look.text, named.span));
    Ok(json!({"range": range, "placeholder": named.name}))
}

pub fn rename(state: &mut State, params: &lsp::RenameParams) -> Result<Value, Refusal> {
    let at = &params.text_document_position_params;
    let (look, offset) = asked(state, at).ok_or_else(|| Refusal::invalid("the file is not known"))?;
    let parsed = parse(&look.text, look.format);
    let root = parsed.root.as_ref().filter(|_| look.kind == Kind::Chain);
    let found = root.and_then(|root| Some((root, named(root, offset)?)));
    let Some((root, named)) = found else { return Err(Refusal::invalid("names of hops can be changed, here is none")) };
    let new = params.new_name.trim();
    if new.is_empty() || new.contains(['\n', '\r']) {
        return Err(Refusal::invalid("a hop needs a name of one line"));
    }
    let mut changes = Changes::default();
    let mut write = |span: Span, is_key: bool| {
        let old = span.text(&look.text);
        let text = if is_key { quote::key(look.format, new) } else { quote::text_like(look.format, old, new) };
        changes.add(&state.documents, &look.path, &look.text, span, text);
    };
    if named.is_shared {
        let (key, uses) = shared_names(root, named.name);
        if shared_key(root, new).is_some() && new != named.name {
            return Err(Refusal::invalid(format!("there is a shared hop called {new} already")));
        }
        if let Some(span) = key {
            write(span, true);
        }
        for span in uses {
            write(span, false);
        }
    } else {
        write(named.span, false);
    }
    Ok(changes.edit(&state.documents, state.capabilities.versioned_edits))
}
