//! docs/lsp.md says what the server does: its examples are sent, its lists compared.

use crate::client::{Client, folder, uri};
use serde_json::{Value, json};
use std::path::Path;

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lsp.md")).unwrap()
}

/// The blocks of one language, in order.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("```{language}\n");
    page.split(&*fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Whether an answer has all that an example shows; `...` ends a text that goes on.
fn shows(example: &Value, answer: &Value) -> bool {
    match (example, answer) {
        (Value::Object(a), Value::Object(b)) => {
            a.iter().all(|(key, value)| b.get(key).is_some_and(|other| shows(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| shows(a, b)),
        (Value::String(a), Value::String(b)) => match a.strip_suffix("...") {
            Some(start) => b.starts_with(start),
            None => a == b,
        },
        (a, b) => a == b,
    }
}

#[test]
fn the_examples_are_answered_as_the_page_says() {
    let page = page();
    let chain = blocks(&page, "yaml")[0];
    let (_dir, root) = folder(&[]);
    let mut client = Client::start(&root);
    client.open(&root.join("chat.chain.yaml"), chain);
    let examples: Vec<Value> = blocks(&page, "json")
        .iter()
        .map(|text| serde_json::from_str(&text.replace("file:///repo", &uri(&root))).unwrap())
        .collect();
    let mut answered = 0;
    for pair in examples.windows(2).filter(|pair| pair[0]["method"].is_string() && pair[1]["method"].is_null()) {
        let method = pair[0]["method"].as_str().unwrap();
        let answer = client.request(method, pair[0]["params"].clone());
        assert!(shows(&pair[1], &answer), "{method}\n{}\n{answer:#}", pair[1]);
        answered += 1;
    }
    let own = client.initialized["capabilities"]["experimental"]["hoplint"]["requests"].as_array().unwrap().clone();
    assert_eq!(answered, own.len(), "each request of our own has an example");
    for name in own {
        assert!(page.contains(&format!("`{}`", name.as_str().unwrap())), "{name}");
    }
}

#[test]
fn the_lists_are_those_of_the_server() {
    let page = page();
    let (_dir, root) = folder(&[]);
    let client = Client::with(&root, json!({"textDocument": {"diagnostic": {}}}), json!({}));
    let said = &client.initialized["capabilities"];
    for (capability, _) in said.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("Provider")) {
        let method = format!("`textDocument/{}`", capability.trim_end_matches("Provider"));
        assert!(page.contains(&method), "{method} is not on the page");
    }
    for kind in said["codeActionProvider"]["codeActionKinds"].as_array().unwrap() {
        assert!(page.contains(&format!("- `{}`:", kind.as_str().unwrap())), "{kind} is not on the page");
    }
}
