//! What the server can do, and which module answers which request.

use super::options::Capabilities;
use super::state::State;
use super::{actions, board, complete, hints, hover, navigate, outline, requests};
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Why a request has no answer.
#[derive(Debug)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: String,
}

impl Refusal {
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidParams, message: message.into() }
    }
}

pub fn capabilities(client: Capabilities) -> Value {
    let mut capabilities = json!({
        "positionEncoding": client.encoding.kind(),
        "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
        "codeActionProvider": actions::provider(),
        "hoverProvider": true,
        "completionProvider": complete::provider(),
        "inlayHintProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "renameProvider": {"prepareProvider": true},
        "documentSymbolProvider": true,
        "documentLinkProvider": {"resolveProvider": false},
        "foldingRangeProvider": true,
        "experimental": {"hoplint": {"requests": OWN}},
        "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
    });
    if client.pulls {
        capabilities["diagnosticProvider"] =
            json!({"identifier": "hoplint", "interFileDependencies": true, "workspaceDiagnostics": false});
    }
    capabilities
}

/// Requests beside those of the protocol.
const OWN: [&str; 5] = ["hoplint/show", "hoplint/plan", "hoplint/explain", "hoplint/accept", "hoplint/text"];

pub fn request(state: &mut State, method: &str, params: Value) -> Result<Value, Refusal> {
    match method {
        "textDocument/codeAction" => with(params, |p| Ok(actions::actions(state, &p))),
        "codeAction/resolve" => with(params, |p| actions::resolve(state, p)),
        "textDocument/hover" => with(params, |p| Ok(hover::hover(state, &p))),
        "textDocument/completion" => with(params, |p| Ok(complete::complete(state, &p))),
        "completionItem/resolve" => with(params, |p| Ok(complete::resolve(state, p))),
        "textDocument/inlayHint" => with(params, |p| Ok(hints::hints(state, &p))),
        "textDocument/definition" => with(params, |p| Ok(navigate::definition(state, &p))),
        "textDocument/references" => with(params, |p| Ok(navigate::references(state, &p))),
        "textDocument/prepareRename" => with(params, |p| navigate::prepare_rename(state, &p)),
        "textDocument/rename" => with(params, |p| navigate::rename(state, &p)),
        "textDocument/documentSymbol" => with(params, |p| Ok(outline::symbols(state, &p))),
        "textDocument/documentLink" => with(params, |p| Ok(navigate::links(state, &p))),
        "textDocument/foldingRange" => with(params, |p| Ok(outline::folds(state, &p))),
        "hoplint/show" => with(params, |p| requests::show(state, &p)),
        "hoplint/plan" => with(params, |p| requests::plan(state, &p)),
        "hoplint/explain" => with(params, |p| requests::explain(state, &p)),
        "hoplint/text" => with(params, |p| requests::text_of(state, &p)),
        "hoplint/accept" => with(params, |p| requests::accept(state, &p)),
        "textDocument/diagnostic" => with(params, |p| Ok(pulled(state, &p))),
        _ => Err(Refusal { code: ErrorCode::MethodNotFound, message: format!("`{method}` is not answered here") }),
    }
}

fn with<P: DeserializeOwned, R: Serialize>(
    params: Value,
    answer: impl FnOnce(P) -> Result<R, Refusal>,
) -> Result<Value, Refusal> {
    let params = serde_json::from_value(params).map_err(|error| Refusal::invalid(error.to_string()))?;
    serde_json::to_value(answer(params)?).map_err(|error| Refusal::invalid(error.to_string()))
}

/// The findings of one document for a client that asks; short where it has them already.
fn pulled(state: &State, params: &lsp::DocumentDiagnosticParams) -> Value {
    let path = super::uri::to_path(&params.text_document.uri);
    let diagnostics = path.map(|path| state.diagnostics(&path)).unwrap_or_default();
    let id = format!("{:x}", board::hash(&diagnostics));
    if params.previous_result_id.as_ref() == Some(&id) {
        return json!({"kind": "unchanged", "resultId": id});
    }
    json!({"kind": "full", "resultId": id, "items": diagnostics})
}
