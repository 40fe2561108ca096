//! What the client tells: documents that open, change and close, files that changed on the disk, folders, settings.

use super::options::Options;
use super::state::State;
use super::uri;
use gen_lsp_types as lsp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;

pub fn notice(state: &mut State, method: &str, params: Value) {
    match method {
        "initialized" => initialized(state),
        "textDocument/didOpen" => with(params, |p: lsp::DidOpenTextDocumentParams| {
            let lsp::TextDocumentItem { uri, version, text, .. } = p.text_document;
            let path = state.documents.open(uri, version, text);
            changed(state, path);
        }),
        "textDocument/didChange" => with(params, |p: lsp::DidChangeTextDocumentParams| {
            let document = p.text_document;
            let path =
                state.documents.change(&document.text_document_identifier.uri, document.version, p.content_changes);
            changed(state, path);
        }),
        "textDocument/didClose" => with(params, |p: lsp::DidCloseTextDocumentParams| {
            if let Some(path) = state.documents.close(&p.text_document.uri) {
                state.texts.remove(&path);
                changed(state, Some(path));
            }
        }),
        "textDocument/didSave" => with(params, |p: lsp::DidSaveTextDocumentParams| {
            if let Some(path) = uri::to_path(&p.text_document.uri) {
                on_disk(state, path);
            }
        }),
        "workspace/didChangeWatchedFiles" => with(params, |p: lsp::DidChangeWatchedFilesParams| {
            for change in p.changes {
                if let Some(path) = uri::to_path(&change.uri) {
                    on_disk(state, path);
                }
            }
        }),
        "workspace/didChangeWorkspaceFolders" => with(params, |p: lsp::DidChangeWorkspaceFoldersParams| {
            let path = |folder: &lsp::WorkspaceFolder| uri::to_path(&folder.uri);
            for folder in p.event.removed.iter().filter_map(path) {
                state.remove_folder(&folder);
            }
            let added: Vec<PathBuf> = p.event.added.iter().filter_map(path).collect();
            for folder in &added {
                state.add_folder(folder.clone());
            }
            state.check_all();
            state.search(&added);
        }),
        "workspace/didChangeConfiguration" => {
            if state.capabilities.configuration {
                ask_for_options(state);
            } else {
                let settings = params.get("settings").unwrap_or(&Value::Null);
                state.options_changed(Options::of(settings.get("hoplint").unwrap_or(settings)));
            }
        }
        "$/setTrace" => state.trace = params.get("value").and_then(Value::as_str).is_some_and(|v| v != "off"),
        _ => {}
    }
}

fn with<P: DeserializeOwned>(params: Value, act: impl FnOnce(P)) {
    if let Ok(params) = serde_json::from_value(params) {
        act(params);
    }
}

fn initialized(state: &mut State) {
    if state.capabilities.configuration {
        ask_for_options(state);
    }
    let mut registrations = Vec::new();
    if state.capabilities.watches_files {
        let globs =
            ["**/hoplint.toml", "**/*.{yaml,yml,json,toml,tf,conf,cfg,py}", "**/{Caddyfile,Dockerfile,Procfile}*"];
        let watchers: Vec<Value> = globs.iter().map(|glob| json!({"globPattern": glob})).collect();
        registrations.push(json!({
            "id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": {"watchers": watchers}
        }));
    }
    if state.capabilities.registers_configuration {
        registrations.push(json!({
            "id": "settings", "method": "workspace/didChangeConfiguration", "registerOptions": {"section": "hoplint"}
        }));
    }
    if !registrations.is_empty() {
        state.client.ask("client/registerCapability", json!({"registrations": registrations}));
    }
    let folders = state.folders().to_vec();
    state.search(&folders);
}

fn ask_for_options(state: &mut State) {
    state.asked = Some(state.client.ask("workspace/configuration", json!({"items": [{"section": "hoplint"}]})));
}

/// The client answers a question; only the one about settings says anything.
pub fn answered(state: &mut State, id: Option<i64>, result: &Value) {
    if id.is_some() && id == state.asked.map(i64::from) {
        state.asked = None;
        if let Some(settings) = result.get(0).filter(|settings| settings.is_object()) {
            state.options_changed(Options::of(settings));
        }
    }
}

/// A document has another text, or is open, or is not any more.
fn changed(state: &mut State, path: Option<PathBuf>) {
    let Some(path) = path else { return };
    if let Some(document) = state.documents.get(&path) {
        state.texts.insert(path.clone(), std::sync::Arc::clone(&document.text));
    }
    if path.extension().is_some_and(|e| e == "toml") {
        state.settings_changed(&path);
    }
    state.touch(path);
}

/// A file of the disk is another one. What is open is not read from there.
fn on_disk(state: &mut State, path: PathBuf) {
    if state.is_open(&path) {
        return;
    }
    if path.extension().is_some_and(|e| e == "toml") {
        state.settings_changed(&path);
    }
    state.touch(path);
}
