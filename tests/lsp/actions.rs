//! Repairs one key away.

use crate::client::{Client, folder, place, position, uri};
use crate::sync::{INVERTED, rules};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A text after the edits that an answer has for it.
pub fn edited(text: &str, edit: &Value, of: &str) -> String {
    let of_file = |one: &&Value| one["textDocument"]["uri"] == *of;
    let versioned = edit["documentChanges"].as_array().into_iter().flatten().filter(of_file).map(|one| &one["edits"]);
    let edits: Vec<Value> = edit["changes"]
        .get(of)
        .into_iter()
        .chain(versioned)
        .flat_map(|edits| edits.as_array().unwrap().clone())
        .collect();
    let offset =
        |at: &Value| (0..=text.len()).find(|i| text.is_char_boundary(*i) && position(text, *i) == *at).unwrap();
    let mut pieces: Vec<(usize, usize, String)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap().to_owned())
        })
        .collect();
    pieces.sort();
    let mut out = text.to_owned();
    for (start, end, new) in pieces.into_iter().rev() {
        out.replace_range(start..end, &new);
    }
    out
}

fn actions(client: &mut Client, path: &Path, text: &str, word: &str, only: Option<&str>) -> Vec<Value> {
    let range = json!({"start": place(text, word, 0), "end": place(text, word, word.len())});
    let mut context = json!({"diagnostics": []});
    if let Some(only) = only {
        context["only"] = json!([only]);
    }
    let params = json!({"textDocument": {"uri": uri(path)}, "range": range, "context": context});
    let found = client.request("textDocument/codeAction", params);
    found.as_array().unwrap().clone()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|action| action["title"].as_str().unwrap()).collect()
}

#[test]
fn each_repair_and_accepting_a_finding_are_offered_where_it_stands() {
    let (_dir, root) = folder(&[]);
    let path = root.join("chat.chain.yaml");
    let mut client = Client::start(&root);
    client.open(&path, INVERTED);
    let found = client.findings(&path, 1);
    let wrong = found.iter().find(|one| one["code"] == "order-inverted").unwrap().clone();
    let params =
        json!({"textDocument": {"uri": uri(&path)}, "range": wrong["range"], "context": {"diagnostics": [wrong]}});
    let offered = client.request("textDocument/codeAction", params);
    let offered = offered.as_array().unwrap().clone();
    insta::assert_snapshot!("actions_of_a_finding", titles(&offered).join("\n"));
    let repair = offered.iter().find(|action| action["isPreferred"] == true).unwrap();
    assert_eq!(repair["diagnostics"][0]["code"], "order-inverted");
    let text = edited(INVERTED, &repair["edit"], &uri(&path));
    client.change(&path, 2, &text);
    assert!(!rules(&client.findings(&path, 2)).contains(&"order-inverted"), "{text}");
    client.change(&path, 3, INVERTED);
    let accept =
        offered.iter().find(|action| action["title"] == "Accept `order-inverted` here, with a reason").unwrap();
    let text = edited(INVERTED, &accept["edit"], &uri(&path));
    assert!(text.contains("# hoplint: ignore[order-inverted] say why, and until when\n"), "{text}");
    client.change(&path, 4, &text);
    assert!(!rules(&client.findings(&path, 4)).contains(&"order-inverted"), "{text}");
}

#[test]
fn all_repairs_are_those_of_the_command_line() {
    let text = "version: 1\nworkload: long-form\nhops:\n  - {name: a, platform: Kong, timeouts: {read: 300s}, ignore: {drift: none}}\n  - {platform: aws-alb, timeouts: {idle: 60s}}\n  - {platform: custom, timeouts: {total: 200s}}\n";
    let (_dir, root) = folder(&[("a.chain.yaml", text)]);
    let path = root.join("a.chain.yaml");
    let mut client = Client::start(&root);
    client.open(&path, text);
    for (kind, argument) in [("source.fixAll", "--fix"), ("source.hoplint.fixAllUnsafe", "--unsafe-fixes")] {
        let offered = actions(&mut client, &path, text, "version", Some(kind));
        assert_eq!(offered.len(), 1, "{kind}: {offered:#?}");
        let action = client.request("codeAction/resolve", offered[0].clone());
        let here = edited(text, &action["edit"], &uri(&path));
        std::fs::write(&path, text).unwrap();
        Command::new(env!("CARGO_BIN_EXE_hoplint"))
            .args(["check", "a.chain.yaml", "--quiet", argument])
            .current_dir(&root)
            .output()
            .unwrap();
        assert_eq!(here, std::fs::read_to_string(&path).unwrap(), "{kind}");
        assert_ne!(here, text, "{kind}");
    }
}

#[test]
fn the_plan_of_a_chain_is_one_action() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut client = Client::with(&root, json!({"workspace": {"workspaceEdit": {"documentChanges": true}}}), json!({}));
    client.open(&path, INVERTED);
    let offered = actions(&mut client, &path, INVERTED, "hops", Some("refactor"));
    let plan = offered.iter().find(|action| action["kind"] == "refactor.rewrite.plan").unwrap().clone();
    let plan = client.request("codeAction/resolve", plan);
    assert_eq!(plan["edit"]["documentChanges"][0]["textDocument"]["version"], 1);
    let text = edited(INVERTED, &plan["edit"], &uri(&path));
    client.change(&path, 2, &text);
    let found = client.findings(&path, 2);
    assert!(found.iter().all(|one| one["severity"] != 1), "{text}\n{found:#?}");
}

#[test]
fn json_is_accepted_at_its_hop() {
    let text = r#"{"version": 1, "workload": "long-form", "hops": [
  {"name": "gw", "platform": "kong", "timeouts": {"read": "300s"}},
  {"platform": "aws-alb", "timeouts": {"idle": "60s"}},
  {"platform": "custom", "timeouts": {"total": "200s"}}
]}
"#;
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.json");
    let mut client = Client::start(&root);
    client.open(&path, text);
    let found = client.findings(&path, 1);
    let wrong = found.iter().find(|one| one["code"] == "order-inverted").unwrap().clone();
    let params = json!({"textDocument": {"uri": uri(&path)}, "range": wrong["range"], "context": {"diagnostics": []}});
    let offered = client.request("textDocument/codeAction", params);
    let accept = offered
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["title"].as_str().unwrap().starts_with("Accept `order"))
        .unwrap()
        .clone();
    let text = edited(text, &accept["edit"], &uri(&path));
    client.change(&path, 2, &text);
    assert!(!rules(&client.findings(&path, 2)).contains(&"order-inverted"), "{text}");
}

#[test]
fn a_hop_is_bound_to_the_file_that_it_stands_for() {
    let nginx = "events {}\nhttp {\n  server {\n    listen 80;\n    server_name a.example;\n    location / {\n      proxy_pass http://app:8000;\n    }\n  }\n}\n";
    let chain =
        "version: 1\nhops:\n  - name: web\n    platform: nginx\n  - platform: custom\n    timeouts: {total: 300s}\n";
    let (_dir, root) = folder(&[("deploy/nginx.conf", nginx), ("chains/chat.chain.yaml", chain)]);
    let path = root.join("chains/chat.chain.yaml");
    let mut client = Client::start(&root);
    client.indexed();
    client.open(&path, chain);
    let offered = actions(&mut client, &path, chain, "platform: nginx", Some("refactor.rewrite.bind"));
    assert_eq!(titles(&offered), ["Bind this hop to ../deploy/nginx.conf"]);
    let text = edited(chain, &offered[0]["edit"], &uri(&path));
    assert!(text.contains("    from: \"../deploy/nginx.conf\"\n"), "{text}");
    client.change(&path, 2, &text);
    assert!(!rules(&client.findings(&path, 2)).contains(&"unresolved-binding"), "{text}");
}
