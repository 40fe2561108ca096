//! Requests of our own: the chain at a place as a picture, its plan, and the page of a name.

use super::actions;
use super::documents::Kind;
use super::features::Refusal;
use super::look::{Look, OWN};
use super::outline::chain_at;
use super::state::State;
use super::uri;
use crate::engine::plan::Wish;
use crate::import::Match;
use crate::import::store::Store;
use crate::report::Options;
use crate::report::plan::{Planned, text};
use crate::report::show::{Files, json as show_json, mermaid, svg, table};
use crate::resolve::Resolved;
use crate::rules;
use crate::show;
use crate::workspace::overlay::Overlay;
use crate::workspace::plan::Planner;
use gen_lsp_types as lsp;
use serde::Deserialize;
use serde_json::{Value, json};

/// A document, and a place in it where it has several chains.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct At {
    text_document: lsp::TextDocumentIdentifier,
    position: Option<lsp::Position>,
    /// Change deployed files, too: what `hoplint plan --unsafe-fixes` does.
    #[serde(default)]
    deployed: bool,
}

#[derive(Deserialize)]
pub struct Name {
    name: String,
    #[serde(rename = "textDocument")]
    text_document: Option<lsp::TextDocumentIdentifier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accept {
    text_document: lsp::TextDocumentIdentifier,
    range: lsp::Range,
    rule: String,
    reason: String,
}

fn look(state: &mut State, document: &lsp::TextDocumentIdentifier) -> Result<Look, Refusal> {
    let path = uri::to_path(&document.uri);
    path.and_then(|path| state.look(&path)).ok_or_else(|| Refusal::invalid("the file cannot be read"))
}

/// `hoplint/show`: the chain at a place, or every chain of the file, as pictures and data.
pub fn show(state: &mut State, at: &At) -> Result<Value, Refusal> {
    let look = look(state, &at.text_document)?;
    let wanted = at.position.and_then(|position| {
        let offset = state.documents.lines(&look.path, &look.text).offset(&look.text, position);
        chain_at(&look, offset)
    });
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let source = look.source();
    let engine = look.engine();
    let (findings, all) = if look.kind == Kind::Chain {
        (engine.check_file_in(OWN, &source, &store).findings, engine.resolve_file(OWN, &source, &store))
    } else {
        let loaded = store.import_named(&look.path, Match::Maybe);
        let loaded = [loaded.map_err(|why| Refusal::invalid(why.to_string()))?];
        (engine.check_deployed(&loaded, &store).findings, engine.resolve_deployed(&loaded, &store))
    };
    let chains: Vec<Resolved> =
        all.into_iter().filter(|chain| wanted.as_ref().is_none_or(|name| chain.name == *name)).collect();
    let files = Files::new(vec![source], &store.files());
    let views = files.views(&[(chains, findings)]);
    let text = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).map(|()| String::from_utf8_lossy(&out).into_owned()).unwrap_or_default()
    };
    let options = Options::default();
    let pictures: Vec<Value> =
        views.iter().map(|view| json!({"chain": view.name, "svg": text(&|out| svg(view, out))})).collect();
    Ok(json!({
        "chains": pictures,
        "table": text(&|out| table(&views, &options, out)),
        "mermaid": text(&|out| mermaid(&views, out)),
        "data": serde_json::from_str::<Value>(&text(&|out| show_json(&views, &options, out))).unwrap_or_default(),
    }))
}

/// `hoplint/plan`: the plan of a file as text, and the edit that makes it.
pub fn plan(state: &mut State, at: &At) -> Result<Value, Refusal> {
    let look = look(state, &at.text_document)?;
    if look.kind != Kind::Chain {
        return Err(Refusal::invalid("only a chain file has a plan; bind a hop to this file, and plan the chain"));
    }
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let wish = Wish { deployed: at.deployed, ..Wish::default() };
    let mut planner = Planner { working: &look.root, store: &store, wish: &wish, texts: state.texts.clone() };
    let source = look.source();
    let (plan, _) = planner.file(&look.engine(), &source);
    let mut out = Vec::new();
    let planned = [Planned::new(&source, &plan, &store.files())];
    let written = text(&planned, wish.objective, &Options::default(), &mut out);
    let text = written.map(|()| String::from_utf8_lossy(&out).into_owned()).unwrap_or_default();
    let (feasible, changes) = (plan.is_feasible(), plan.is_change());
    let edit = changes.then(|| {
        let changes = actions::planned(state, &look, at.deployed);
        changes.edit(&state.documents, state.capabilities.versioned_edits)
    });
    Ok(json!({"feasible": feasible, "text": text, "edit": edit}))
}

/// `hoplint/explain`: the page of a rule, a platform, or a platform's timer, as `hoplint explain` prints it.
pub fn explain(state: &mut State, asked: &Name) -> Result<Value, Refusal> {
    let name = asked.name.trim();
    let page = |text: String| Ok(json!({"name": name, "markdown": text}));
    if let Some(rule) = rules::find(name) {
        return page(show::rule::page(rule));
    }
    if let Some(about) = rules::form_of_a_file(name) {
        return page(format!("# {name}\n\n{about}\n"));
    }
    let path = asked.text_document.as_ref().and_then(|document| uri::to_path(&document.uri));
    let path = path.or_else(|| state.folders().first().map(|folder| folder.join("any"))).unwrap_or_default();
    let settings = state.project_of(&path).settings(&path);
    if let Some(platform) = settings.catalog.find(name) {
        return page(show::platform::page(&platform));
    }
    for (at, _) in name.match_indices('.') {
        let (platform, timer) = (&name[..at], &name[at + 1..]);
        let found = settings.catalog.find(platform);
        let timer = found.as_ref().and_then(|p| crate::resolve::one::find_timer(p, timer).map(|timer| (p, timer)));
        if let Some((platform, timer)) = timer {
            return page(show::timer::page(platform, timer));
        }
    }
    Err(Refusal::invalid(format!("nothing is called `{name}`")))
}

/// `hoplint/accept`: the edit that accepts a finding with a reason that somebody typed.
pub fn accept(state: &mut State, asked: &Accept) -> Result<Value, Refusal> {
    let look = look(state, &asked.text_document)?;
    let span = state.documents.lines(&look.path, &look.text).span(&look.text, asked.range);
    let found = state.board.of(&look.path).into_iter().find(|shown| {
        shown.finding.rule == asked.rule
            && shown.finding.primary().is_some_and(|at| at.span.start <= span.end && span.start <= at.span.end)
    });
    let finding = found.map(|shown| shown.finding.clone());
    let finding = finding.ok_or_else(|| Refusal::invalid(format!("there is no `{}` here", asked.rule)))?;
    let reason = asked.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let changes = actions::accept(state, &look, &finding, &reason);
    let changes = changes.ok_or_else(|| Refusal::invalid("this finding cannot be accepted where it stands"))?;
    Ok(json!({"edit": changes.edit(&state.documents, state.capabilities.versioned_edits)}))
}

/// `hoplint/text`: the text and version that the server has of an open document, to compare with the editor's.
pub fn text_of(state: &State, at: &At) -> Result<Value, Refusal> {
    let path = uri::to_path(&at.text_document.uri);
    let document = path.and_then(|path| state.documents.get(&path));
    let document = document.ok_or_else(|| Refusal::invalid("the document is not open"))?;
    Ok(json!({"version": document.version, "text": &*document.text}))
}
