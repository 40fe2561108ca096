//! Every request at places of every kind, in whole and in broken files: it is answered, whatever stands there.

use crate::client::{Client, position, uri};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const AT_A_PLACE: [&str; 5] = ["hover", "completion", "definition", "references", "prepareRename"];
const OF_A_FILE: [&str; 4] = ["documentSymbol", "foldingRange", "documentLink", "inlayHint"];

fn fixtures() -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &mut found);
    found.sort();
    found
}

/// -32603 is a panic that was caught.
fn answered(client: &mut Client, method: &str, params: Value, what: &str) -> Value {
    let id = client.ask(method, params);
    let answer = client.answer(id);
    let code = answer["error"]["code"].as_i64();
    assert!(code.is_none_or(|code| code == -32602), "{method} {what}: {answer}");
    answer["result"].clone()
}

#[test]
fn every_request_is_answered_wherever_it_is_asked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut client = Client::start(&root);
    client.indexed();
    let all = fixtures();
    assert!(all.len() > 300, "{}", all.len());
    // All of them take minutes without optimisation.
    let step = if std::env::var_os("HOPLINT_ANYWHERE").is_some() { 1 } else { 7 };
    for (n, path) in all.iter().enumerate().step_by(step) {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        // Every other file is cut off in the middle.
        let cut = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let text = if n % 2 == 0 { text[..cut].to_owned() } else { text };
        client.open(path, &text);
        let document = json!({"uri": uri(path)});
        let what = path.display().to_string();
        for place in 0..4 {
            let offset = (text.len() * (2 * place + 1) / 8 + n % 7).min(text.len());
            let offset = (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let at = position(&text, offset);
            let what = format!("{what} at {at}");
            for method in AT_A_PLACE {
                let context = json!({"includeDeclaration": true});
                let params = json!({"textDocument": document, "position": at, "context": context});
                answered(&mut client, &format!("textDocument/{method}"), params, &what);
            }
            let range = json!({"start": at, "end": at});
            let params = json!({"textDocument": document, "range": range, "context": {"diagnostics": []}});
            let actions = answered(&mut client, "textDocument/codeAction", params, &what);
            for action in actions.as_array().into_iter().flatten().filter(|action| action["data"].is_object()) {
                answered(&mut client, "codeAction/resolve", action.clone(), &what);
            }
        }
        let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}});
        for method in OF_A_FILE {
            let params = json!({"textDocument": document, "range": whole});
            answered(&mut client, &format!("textDocument/{method}"), params, &what);
        }
        for method in ["hoplint/show", "hoplint/plan"] {
            if what.contains(".chain.") {
                answered(&mut client, method, json!({"textDocument": document}), &what);
            }
        }
        client.close(path);
        client.heard.clear();
    }
    assert_eq!(client.stop(), Some(0));
}
