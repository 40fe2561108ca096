//! What the server can do, and which module answers which request.

use super::options::Capabilities;
use super::state::State;
use super::{actions, board, hover};
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
        "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
    });
    if client.pulls {
        capabilities["diagnosticProvider"] =
            json!({"identifier": "hoplint", "interFileDependencies": true, "workspaceDiagnostics": false});
    }
    capabilities
}

pub fn request(state: &mut State, method: &str, params: Value) -> Result<Value, Refusal> {
    match method {
        "textDocument/codeAction" => with(params, |p| Ok(actions::actions(state, &p))),
        "codeAction/resolve" => with(params, |p| actions::resolve(state, p)),
        "textDocument/hover" => with(params, |p| Ok(hover::hover(state, &p))),
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
