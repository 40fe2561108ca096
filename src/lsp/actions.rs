//! Code actions: each repair of a finding, all of them, accepting a finding with a reason, the plan of a chain, and
//! binding a hop to the deployed file that it stands for.

use super::check;
use super::documents::Kind;
use super::edits::{self, Changes};
use super::features::Refusal;
use super::here;
use super::index::Scope;
use super::look::{Look, OWN};
use super::state::State;
use super::{board, uri};
use crate::diag::{Applicability, Diagnostic};
use crate::engine::MOST_ROUNDS;
use crate::engine::plan::Wish;
use crate::import::store::Store;
use crate::import::{Match, reader};
use crate::span::{FileId, Span};
use crate::syntax::edit_map::Editor;
use crate::syntax::{Format, parse, quote};
use crate::workspace::deployed;
use crate::workspace::overlay::{Overlay, Texts};
use crate::workspace::plan::Planner;
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `source.fixAll` stands for here, so that an editor can make it on saving.
const FIX_ALL: &str = "source.fixAll.hoplint";
/// The same with changed timeouts: asked for by name only.
const FIX_ALL_UNSAFE: &str = "source.hoplint.fixAllUnsafe";
const KINDS: [&str; 5] = ["quickfix", FIX_ALL, FIX_ALL_UNSAFE, "refactor.rewrite.plan", "refactor.rewrite.bind"];

/// What a person is to replace by the reason.
pub const REASON: &str = "say why, and until when";

pub fn provider() -> Value {
    json!({"codeActionKinds": KINDS, "resolveProvider": true})
}

/// The actions of a range.
pub fn actions(state: &mut State, params: &lsp::CodeActionParams) -> Vec<Value> {
    let Some(path) = uri::to_path(&params.text_document.uri) else { return Vec::new() };
    let Some(look) = state.look(&path) else { return Vec::new() };
    let only: Option<Vec<String>> =
        serde_json::to_value(&params.context.only).ok().and_then(|only| serde_json::from_value(only).ok());
    let wants = |kind: &str| {
        only.as_ref().is_none_or(|only| {
            only.iter().any(|asked| asked.is_empty() || kind == asked || kind.starts_with(&format!("{asked}.")))
        })
    };
    let span = state.documents.lines(&path, &look.text).span(&look.text, params.range);
    let mut actions = Vec::new();
    if wants("quickfix") {
        repairs(state, &look, span, &mut actions);
    }
    for (kind, allowed) in [(FIX_ALL, Applicability::Safe), (FIX_ALL_UNSAFE, Applicability::Unsafe)] {
        // A list of all actions shows them where there is something to repair; they are worked out when chosen.
        let fits = |fix: &crate::diag::Fix| fix.applicability <= allowed && !fix.edits.is_empty();
        let any = state.board.of(&path).iter().any(|shown| shown.finding.fixes.first().is_some_and(fits));
        if wants(kind) && any && (kind == FIX_ALL || has_unsafe(state, &path)) {
            let title = match allowed {
                Applicability::Safe => "Make all repairs that change no timeout",
                _ => "Make all repairs, changed timeouts too",
            };
            actions.push(json!({"title": title, "kind": kind, "data": {"uri": params.text_document.uri, "do": kind}}));
        }
    }
    if look.kind == Kind::Chain {
        if wants("refactor.rewrite.plan") {
            plans(state, &look, &params.text_document.uri, &mut actions);
        }
        if wants("refactor.rewrite.bind") {
            bindings(state, &look, span, &mut actions);
        }
    }
    actions
}

fn has_unsafe(state: &State, path: &Path) -> bool {
    let is_unsafe = |shown: &&board::Shown| {
        shown.finding.fixes.first().is_some_and(|fix| fix.applicability == Applicability::Unsafe)
    };
    state.board.of(path).iter().any(is_unsafe)
}

/// The repairs of the findings in a range, and accepting each.
fn repairs(state: &State, look: &Look, span: Span, actions: &mut Vec<Value>) {
    let meets = |at: Span| at.start <= span.end && span.start <= at.end;
    let here: Vec<board::Shown> = state
        .board
        .of(&look.path)
        .into_iter()
        .filter(|shown| shown.finding.primary().is_some_and(|at| meets(at.span)))
        .cloned()
        .collect();
    let mut accepted: Vec<Value> = Vec::new();
    for shown in &here {
        let diagnostic = board::diagnostic(shown, &state.documents, state.capabilities.related_information);
        for (i, fix) in shown.finding.fixes.iter().filter(|fix| !fix.edits.is_empty()).enumerate() {
            let Some(changes) = Changes::of(&state.documents, &shown.files, &fix.edits) else { continue };
            actions.push(json!({
                "title": capital(&fix.title),
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "isPreferred": i == 0 && fix.applicability != Applicability::Display,
                "edit": changes.edit(&state.documents, state.capabilities.versioned_edits),
            }));
        }
        if let Some(changes) = accept(state, look, &shown.finding, REASON) {
            let action = json!({
                "title": format!("Accept `{}` here, with a reason", shown.finding.rule),
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "edit": changes.edit(&state.documents, state.capabilities.versioned_edits),
            });
            if !accepted.iter().any(|known| known["edit"] == action["edit"]) {
                accepted.push(action);
            }
        }
    }
    actions.append(&mut accepted);
}

/// A suppression of a finding: a comment above its line, or an entry of its hop where there are no comments.
pub fn accept(state: &State, look: &Look, finding: &Diagnostic, reason: &str) -> Option<Changes> {
    // What is wrong with the form of a file, or with a suppression, cannot be accepted by one.
    crate::rules::find(finding.rule)?;
    if finding.rule.contains("suppression") {
        return None;
    }
    let at = finding.primary()?.span;
    let deployed = reader::best(&look.shown, &look.text, Match::Yes).is_some() && look.kind == Kind::Other;
    let is_json = Format::from_path(&look.path) == Some(Format::Json);
    if is_json && deployed {
        return None;
    }
    if is_json {
        let parsed = parse(&look.text, Format::Json);
        let hop = here::hop_around(parsed.root.as_ref()?, at.start)?;
        let editor = Editor::new(OWN, &look.text, Format::Json, &parsed);
        let reason = quote::text(Format::Json, reason);
        let edits = match hop.get("ignore") {
            Some(known) => editor.insert(known, finding.rule, &reason)?,
            None => {
                editor.insert(hop, "ignore", &format!("{{{}: {reason}}}", quote::key(Format::Json, finding.rule)))?
            }
        };
        return Some(edits::own(&state.documents, &look.path, &look.text, OWN, &edits));
    }
    let start = look.text[..at.start as usize].rfind('\n').map_or(0, |line| line + 1);
    let line = &look.text[start..];
    let indentation = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    // A byte order mark stays the first character.
    let start = if start == 0 && look.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start };
    let end = crate::syntax::edit::line_ending(&look.text);
    let comment = format!("{indentation}# hoplint: ignore[{}] {reason}{end}", finding.rule);
    let mut changes = Changes::default();
    changes.add(&state.documents, &look.path, &look.text, Span::of(start..start), comment);
    Some(changes)
}

/// The plan of a file with chains that do not agree.
fn plans(state: &State, look: &Look, uri: &lsp::Uri, actions: &mut Vec<Value>) {
    let shown = state.board.of(&look.path);
    let mut chains: Vec<&str> = shown.iter().filter_map(|one| one.finding.chain.as_deref()).collect();
    chains.sort_unstable();
    chains.dedup();
    if chains.is_empty() {
        return;
    }
    let bound = look.text.contains("from");
    let wishes = [("plan", "Apply the plan of this file: values that make its chains agree")];
    let deployed = [("plan-deployed", "Apply the plan, in the deployed files too")];
    for (what, title) in wishes.into_iter().chain(deployed.into_iter().filter(|_| bound)) {
        actions.push(json!({"title": title, "kind": "refactor.rewrite.plan", "data": {"uri": uri, "do": what}}));
    }
}

const MOST_BINDINGS: usize = 8;

/// Deployed hops of the platform of the hop under the cursor, for its `from:`.
fn bindings(state: &mut State, look: &Look, span: Span, actions: &mut Vec<Value>) {
    let parsed = parse(&look.text, look.format);
    let Some(hop) = parsed.root.as_ref().and_then(|root| here::hop_around(root, span.start)) else { return };
    let Some(platform) = hop.get("platform").and_then(|node| node.as_str()) else { return };
    if hop.get("from").is_some() {
        return;
    }
    let Some(platform) = look.settings.catalog.find(platform) else { return };
    let editor = Editor::new(OWN, &look.text, look.format, &parsed);
    let candidates: Vec<PathBuf> = state.project_of(&look.path).index.nearest(&look.path);
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let folder = look.path.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for path in candidates {
        let Ok(loaded) = store.import(&path, Some(&look.path)) else { continue };
        let single = loaded.import.hops.len() == 1;
        for deployed in loaded.import.hops.iter().filter(|one| one.hop.platform.value == platform.id) {
            let file = relative(&path, folder);
            let from = if single { file } else { format!("{file}#{}", deployed.selector) };
            found.push(from);
        }
    }
    // The closest file first.
    found.sort_by_key(|from| (from.matches('/').count(), from.clone()));
    for from in found.into_iter().take(MOST_BINDINGS) {
        let value = quote::text(look.format, &from);
        let Some(edits) = editor.insert(hop, "from", &value) else { continue };
        let changes = edits::own(&state.documents, &look.path, &look.text, OWN, &edits);
        actions.push(json!({
            "title": format!("Bind this hop to {from}"),
            "kind": "refactor.rewrite.bind",
            "edit": changes.edit(&state.documents, state.capabilities.versioned_edits),
        }));
    }
}

/// A path as a chain file in a folder names it.
pub fn relative(path: &Path, folder: &Path) -> String {
    let common = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - common;
    let down: PathBuf = path.components().skip(common).collect();
    format!("{}{}", "../".repeat(up), down.to_string_lossy().replace('\\', "/"))
}

/// Works out what an action does.
pub fn resolve(state: &mut State, mut action: Value) -> Result<Value, Refusal> {
    let data = action.get("data").cloned().unwrap_or_default();
    let path = data.get("uri").and_then(Value::as_str).and_then(|uri| uri::to_path(&lsp::Uri(uri.to_owned())));
    let (Some(path), Some(what)) = (path, data.get("do").and_then(Value::as_str)) else { return Ok(action) };
    let look = state.look(&path).ok_or_else(|| Refusal::invalid("the file is gone"))?;
    let changes = match what {
        FIX_ALL => fix_all(state, &path, Applicability::Safe),
        FIX_ALL_UNSAFE => fix_all(state, &path, Applicability::Unsafe),
        _ => planned(state, &look, what == "plan-deployed"),
    };
    if let Some(action) = action.as_object_mut() {
        let edit = changes.edit(&state.documents, state.capabilities.versioned_edits);
        action.insert("edit".to_owned(), edit);
    }
    Ok(action)
}

/// What `hoplint check --fix` would make of a file and of what it is bound to.
fn fix_all(state: &mut State, path: &Path, allowed: Applicability) -> Changes {
    let scope = match Kind::of(path) {
        Kind::Chain => Scope { chains: [path.to_owned()].into(), ..Scope::default() },
        _ => state.project_of(path).index.around(path),
    };
    let before = state.texts.clone();
    let mut texts = before.clone();
    for _ in 0..MOST_ROUNDS {
        let checked = check::run(state.project_of(path), &texts, &scope);
        let own = |finding: &&Diagnostic| {
            let file = finding.primary().and_then(|at| checked.files.get(at.file));
            file.is_some_and(|(file, _)| file == path || Kind::of(path) == Kind::Chain)
        };
        let findings: Vec<&Diagnostic> =
            checked.chains.iter().flat_map(|(_, found)| found).chain(&checked.deployed).filter(own).collect();
        let known = |id: FileId| checked.files.get(id).map(|(path, text)| (path.to_owned(), Arc::clone(text)));
        let edited = deployed::apply(&findings, allowed, &known);
        if edited.is_empty() {
            break;
        }
        texts.extend(edited.into_iter().map(|one| (one.path, one.text)));
    }
    between(state, &before, &texts)
}

/// What the plan of a file changes.
pub fn planned(state: &State, look: &Look, in_deployed: bool) -> Changes {
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let wish = Wish { deployed: in_deployed, ..Wish::default() };
    let mut planner = Planner { working: &look.root, store: &store, wish: &wish, texts: state.texts.clone() };
    let source = look.source();
    let (plan, _) = planner.file(&look.engine(), &source);
    let mut texts = state.texts.clone();
    texts.extend(plan.deployed.clone());
    texts.insert(look.path.clone(), source.planned(&plan).text);
    let before = state.texts.clone();
    between(state, &before, &texts)
}

/// The differences of two sets of texts; what is not open has stood on the disk before.
fn between(state: &State, before: &Texts, after: &Texts) -> Changes {
    let mut changes = Changes::default();
    for (path, new) in after {
        let old = before.get(path).map(Arc::clone).or_else(|| crate::workspace::read::text(path).ok());
        if let Some(old) = old.filter(|old| old != new) {
            changes.replace(&state.documents, path, &old, new);
        }
    }
    changes
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
