//! From a place to what it means, new names, the shape of a file, hints, and the requests of our own.

use crate::actions::edited;
use crate::client::{Client, folder, place, uri};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const CHAIN: &str = "# chains\n# of the shop\nversion: 1\nworkload: simple-qa\nshared:\n  edge:\n    platform: cloudflare\nchains:\n  chat:\n    hops:\n      - edge\n      - name: web\n        platform: nginx\n        from: nginx.conf#location /a/\n      - platform: kong\n        timeouts: {read: 300s}\n  other:\n    hops:\n      - use: edge\n        timeouts: {read: 50s}\n      - platform: openai\n";
const NGINX: &str = "events {}\nhttp {\n  server {\n    listen 80;\n    location /a/ {\n      proxy_pass http://a:8000;\n      proxy_read_timeout 70s;\n    }\n    location /b/ { proxy_pass http://b:8000; }\n  }\n}\n";

fn start() -> (tempfile::TempDir, PathBuf, Client) {
    let (dir, root) = folder(&[("nginx.conf", NGINX), ("a.chain.yaml", CHAIN)]);
    let mut client = Client::start(&root);
    client.indexed();
    client.open(&root.join("a.chain.yaml"), CHAIN);
    (dir, root, client)
}

fn at(path: &Path, text: &str, word: &str, n: usize) -> Value {
    json!({"textDocument": {"uri": uri(path)}, "position": place(text, word, n), "context": {"includeDeclaration": true}})
}

/// `file:line` of each location, lines from 1.
fn places(found: &Value) -> Vec<String> {
    let one = |place: &Value| {
        let name = place["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        format!("{name}:{}", place["range"]["start"]["line"].as_u64().unwrap() + 1)
    };
    found.as_array().map(|all| all.iter().map(one).collect()).unwrap_or_default()
}

#[test]
fn definitions_and_references_lead_across_files() {
    let (_dir, root, mut client) = start();
    let (path, conf) = (root.join("a.chain.yaml"), root.join("nginx.conf"));
    let mut go = |method: &str, word: &str, n: usize| {
        places(&client.request(&format!("textDocument/{method}"), at(&path, CHAIN, word, n)))
    };
    assert_eq!(go("definition", "nginx.conf#", 3), ["nginx.conf:5"]);
    assert_eq!(go("definition", "- edge", 3), ["a.chain.yaml:6"]);
    assert_eq!(go("definition", "name: web", 7), ["nginx.conf:7"]);
    assert_eq!(go("references", "  edge:", 3), ["a.chain.yaml:6", "a.chain.yaml:11", "a.chain.yaml:19"]);
    let back = client.request("textDocument/references", at(&conf, NGINX, "location /a/", 2));
    assert_eq!(places(&back), ["a.chain.yaml:14"]);
    let none = client.request("textDocument/references", at(&conf, NGINX, "location /b/", 2));
    assert!(places(&none).is_empty());
}

#[test]
fn hops_get_new_names_everywhere() {
    let (_dir, root, mut client) = start();
    let path = root.join("a.chain.yaml");
    let mut rename = |word: &str, n: usize, new: &str| {
        let mut params = at(&path, CHAIN, word, n);
        params["newName"] = json!(new);
        let edit = client.request("textDocument/rename", params);
        edited(CHAIN, &edit, &uri(&path))
    };
    let expected = CHAIN.replace("  edge:", "  cdn:").replace("- edge", "- cdn").replace("use: edge", "use: cdn");
    assert_eq!(rename("use: edge", 6, "cdn"), expected);
    assert_eq!(rename("name: web", 7, "a: b"), CHAIN.replace("name: web", "name: \"a: b\""));
    let prepared = client.request("textDocument/prepareRename", at(&path, CHAIN, "name: web", 7));
    assert_eq!(prepared["placeholder"], "web");
    let id = client.ask("textDocument/prepareRename", at(&path, CHAIN, "workload", 2));
    assert_eq!(client.answer(id)["error"]["code"], -32602);
    let json = "{\"version\": 1, \"hops\": [{\"name\": \"gw\", \"platform\": \"kong\"}]}";
    let path = root.join("b.chain.json");
    client.open(&path, json);
    let mut params = at(&path, json, "gw", 1);
    params["newName"] = json!("say \"hi\"");
    let edit = client.request("textDocument/rename", params);
    assert_eq!(edited(json, &edit, &uri(&path)), json.replace("\"gw\"", "\"say \\\"hi\\\"\""));
}

fn tree(symbols: &Value, depth: usize, out: &mut String) {
    for one in symbols.as_array().into_iter().flatten() {
        let line = one["range"]["start"]["line"].as_u64().unwrap() + 1;
        let (name, detail) = (one["name"].as_str().unwrap(), one["detail"].as_str().unwrap());
        out.push_str(&format!("{}{line} {name} ({detail})\n", "  ".repeat(depth)));
        tree(&one["children"], depth + 1, out);
    }
}

#[test]
fn symbols_folds_and_links_show_the_shape() {
    let (_dir, root, mut client) = start();
    let path = root.join("a.chain.yaml");
    let document = json!({"textDocument": {"uri": uri(&path)}});
    let mut shape = String::new();
    tree(&client.request("textDocument/documentSymbol", document.clone()), 0, &mut shape);
    insta::assert_snapshot!("symbols_of_a_chain_file", shape);
    let folds = client.request("textDocument/foldingRange", document.clone());
    let folds: Vec<String> = folds
        .as_array()
        .unwrap()
        .iter()
        .map(|fold| format!("{}-{} {}", fold["startLine"], fold["endLine"], fold["kind"].as_str().unwrap()))
        .collect();
    insta::assert_snapshot!("folds_of_a_chain_file", folds.join("\n"));
    let links = client.request("textDocument/documentLink", document);
    let targets: Vec<String> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["target"].as_str().unwrap().replace(&uri(&root), "file://ROOT"))
        .collect();
    assert!(targets.contains(&"file://ROOT/nginx.conf#L5".to_owned()), "{targets:?}");
    let conf = root.join("nginx.conf");
    client.open(&conf, NGINX);
    let mut shape = String::new();
    let deployed = client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": uri(&conf)}}));
    tree(&deployed, 0, &mut shape);
    assert!(shape.starts_with("5 server 80/location /a/ (nginx)\n  7 proxy_read_timeout (70s)\n"), "{shape}");
}

#[test]
fn hints_tell_defaults_and_margins_and_can_be_switched_off() {
    let (_dir, root, mut client) = start();
    let path = root.join("a.chain.yaml");
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let params = json!({"textDocument": {"uri": uri(&path)}, "range": whole});
    let ask = |client: &mut Client| -> Vec<String> {
        let hints = client.request("textDocument/inlayHint", params.clone());
        let one = |hint: &Value| {
            format!("{}: {}", hint["position"]["line"].as_u64().unwrap() + 1, hint["label"].as_str().unwrap())
        };
        hints.as_array().unwrap().iter().map(one).collect()
    };
    insta::assert_snapshot!("inlay_hints", ask(&mut client).join("\n"));
    let set = |client: &mut Client, hints: Value| {
        client.notify("workspace/didChangeConfiguration", json!({"settings": {"hoplint": {"inlayHints": hints}}}));
    };
    set(&mut client, json!({"defaults": false}));
    assert!(ask(&mut client).iter().all(|hint| !hint.contains("default")));
    set(&mut client, json!({"enable": false}));
    assert!(ask(&mut client).is_empty());
}

#[test]
fn pictures_plans_pages_and_reasons_are_asked_for_by_name() {
    let (_dir, root, mut client) = start();
    let path = root.join("b.chain.yaml");
    client.open(&path, crate::sync::INVERTED);
    let document = json!({"uri": uri(&path)});
    let shown = client.request("hoplint/show", json!({"textDocument": document}));
    assert!(shown["chains"][0]["svg"].as_str().unwrap().starts_with("<svg"), "{shown:#}");
    assert_eq!(shown["chains"][0]["chain"], "b");
    let one = client.request("hoplint/show", at(&root.join("a.chain.yaml"), CHAIN, "use: edge", 2));
    assert_eq!(one["chains"].as_array().unwrap().len(), 1);
    assert_eq!(one["chains"][0]["chain"], "other");
    let conf = json!({"uri": uri(&root.join("nginx.conf"))});
    let part = client.request("hoplint/show", json!({"textDocument": conf}));
    assert_eq!(part["chains"].as_array().unwrap().len(), 2, "a part of a chain for each location");
    let id = client.ask("hoplint/plan", json!({"textDocument": conf}));
    assert_eq!(client.answer(id)["error"]["code"], -32602);
    let plan = client.request("hoplint/plan", json!({"textDocument": document}));
    assert_eq!(plan["feasible"], true);
    assert_ne!(edited(crate::sync::INVERTED, &plan["edit"], &uri(&path)), crate::sync::INVERTED);
    for (name, head) in [("order-inverted", "# order-inverted"), ("kong", "# Kong"), ("kong.read", "# `read` of Kong")]
    {
        let page = client.request("hoplint/explain", json!({"name": name}));
        assert!(page["markdown"].as_str().unwrap().starts_with(head), "{name}");
    }
    let found = client.findings(&path, 1);
    let wrong = found.iter().find(|one| one["code"] == "order-inverted").unwrap();
    let params = json!({
        "textDocument": document, "range": wrong["range"], "rule": "order-inverted", "reason": "until\nMay"
    });
    let accepted = client.request("hoplint/accept", params);
    let text = edited(crate::sync::INVERTED, &accepted["edit"], &uri(&path));
    assert!(text.contains("# hoplint: ignore[order-inverted] until May\n"), "{text}");
}
