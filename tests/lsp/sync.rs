//! The life of a server, and that it has the text that the editor has.

use crate::client::{Client, folder, place, uri};
use serde_json::{Value, json};

pub const INVERTED: &str = "version: 1\nworkload: long-form\nhops:\n  - name: gw\n    platform: kong\n    timeouts: {connect: 5s, write: 60s, read: 300s}\n  - name: lb\n    platform: aws-alb\n    timeouts: {idle: 60s}\n  - platform: custom\n    timeouts: {total: 400s}\n";

pub fn rules(found: &[Value]) -> Vec<&str> {
    found.iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn a_server_says_what_it_can_do_and_leaves_when_it_is_told() {
    let (_dir, root) = folder(&[]);
    let mut client = Client::spawn(&root);
    let early = client.ask("textDocument/hover", json!({}));
    assert_eq!(client.answer(early)["error"]["code"], -32002);
    let encodings = json!({"general": {"positionEncodings": ["utf-32", "utf-8"]}});
    let said = client.request("initialize", json!({"capabilities": encodings, "rootUri": uri(&root)}));
    assert_eq!(said["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(said["serverInfo"]["name"], "hoplint");
    client.notify("initialized", json!({}));
    let unknown = client.ask("textDocument/selectionRange", json!({}));
    assert_eq!(client.answer(unknown)["error"]["code"], -32601);
    let broken = client.ask("textDocument/hover", json!({"position": 7}));
    assert_eq!(client.answer(broken)["error"]["code"], -32602);
    client.request("shutdown", Value::Null);
    let late = client.ask("textDocument/hover", json!({}));
    assert_eq!(client.answer(late)["error"]["code"], -32600);
    let (_dir, root) = folder(&[]);
    assert_eq!(Client::start(&root).stop(), Some(0));
}

#[test]
fn findings_follow_the_text_and_go_with_the_document() {
    let (_dir, root) = folder(&[]);
    let path = root.join("chat.chain.yaml");
    let mut client = Client::start(&root);
    client.open(&path, INVERTED);
    let found = client.findings(&path, 1);
    let wrong = found.iter().find(|one| one["code"] == "order-inverted").unwrap();
    assert!(wrong["codeDescription"]["href"].as_str().unwrap().ends_with("docs/rules/order-inverted.md"));
    assert_eq!(wrong["source"], "hoplint");
    let start = place(INVERTED, "300s", 0);
    client.changes(&path, 2, json!([{"range": {"start": start, "end": place(INVERTED, "300s", 4)}, "text": "50s"}]));
    assert!(!rules(&client.findings(&path, 2)).contains(&"order-inverted"));
    // A broken file still gets its other findings.
    let broken = INVERTED.replace("workload: long-form", "workload: [long-form");
    client.change(&path, 3, &broken.replace("kong", "kongg"));
    let found = client.findings(&path, 3);
    assert!(rules(&found).contains(&"syntax"), "{found:#?}");
    client.close(&path);
    client.settle();
    assert!(client.published[&uri(&path)].1.is_empty());
}

#[test]
fn an_edit_means_the_same_in_every_encoding() {
    let text = "# \u{1f600} caf\u{e9}\r\nversion: 1\r\nhops:\r\n  - {name: \"\u{1f600}\", platform: kongg}\r\n  - platform: custom\r\n    timeouts: {total: 1s}\r\n";
    for (encoding, before) in [("utf-8", 29), ("utf-16", 27), ("utf-32", 26)] {
        let (_dir, root) = folder(&[]);
        let path = root.join("a.chain.yaml");
        let offered = json!({"general": {"positionEncodings": [encoding]}});
        let mut client = Client::with(&root, offered, json!({}));
        assert_eq!(client.initialized["capabilities"]["positionEncoding"], encoding);
        client.open(&path, text);
        let found = client.findings(&path, 1);
        let unknown = found.iter().find(|one| one["code"] == "unknown-platform").unwrap();
        assert_eq!(unknown["range"]["start"], json!({"line": 3, "character": before}), "{encoding}");
        let range = unknown["range"].clone();
        client.changes(&path, 2, json!([{"range": range, "text": "kong"}]));
        assert!(!rules(&client.findings(&path, 2)).contains(&"unknown-platform"), "{encoding}");
    }
}

#[test]
fn changes_that_wait_are_checked_together() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut client = Client::start(&root);
    client.open(&path, INVERTED);
    for version in 2..200 {
        client.change(&path, version, INVERTED);
    }
    client.change(&path, 200, "version: 1\nhops: []\n");
    assert!(!client.findings(&path, 200).is_empty());
    let published = client.heard.iter().filter(|m| m["method"] == "textDocument/publishDiagnostics").count();
    assert!(published < 200, "{published} times");
}

#[test]
fn a_deployed_file_is_checked_with_the_chains_that_bind_it() {
    let nginx = "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://app:8000;\n      proxy_read_timeout 600s;\n    }\n  }\n}\n";
    let chain = "version: 1\nworkload: long-form\nhops:\n  - name: web\n    platform: nginx\n    from: nginx.conf\n  - platform: custom\n    timeouts: {total: 300s}\n";
    let (_dir, root) = folder(&[("nginx.conf", nginx), ("chat.chain.yaml", chain)]);
    let mut client = Client::start(&root);
    client.indexed();
    let (conf, chat) = (root.join("nginx.conf"), root.join("chat.chain.yaml"));
    client.open(&conf, nginx);
    let found = client.findings(&conf, 1);
    assert!(rules(&found).contains(&"order-inverted"), "the chain is not open: {found:#?}");
    // What is typed into the chain counts before it is saved.
    client.open(&chat, &chain.replace("300s", "700s"));
    client.findings(&chat, 1);
    client.settle();
    assert!(!rules(&client.published[&uri(&conf)].1).contains(&"order-inverted"));
    // And what is typed into the deployed file counts for the chain.
    client.change(&conf, 2, &nginx.replace("600s", "900s"));
    assert!(rules(&client.findings(&conf, 2)).contains(&"order-inverted"));
    client.close(&chat);
    client.settle();
    assert!(rules(&client.published[&uri(&conf)].1).contains(&"order-inverted"));
    client.close(&conf);
    client.settle();
    assert!(client.published[&uri(&conf)].1.is_empty());
}

#[test]
fn settings_hold_as_they_are_typed_and_as_they_change_on_the_disk() {
    let (_dir, root) = folder(&[]);
    let (chain, settings) = (root.join("a/x.chain.yaml"), root.join("hoplint.toml"));
    let mut client = Client::start(&root);
    client.open(&chain, INVERTED);
    assert!(rules(&client.findings(&chain, 1)).contains(&"order-inverted"));
    client.open(&settings, "[rules]\norder-inverted = \"off\"\nnone-such = \"off\"\n");
    assert_eq!(client.findings(&settings, 1).len(), 1, "a rule that is none");
    client.settle();
    assert!(!rules(&client.published[&uri(&chain)].1).contains(&"order-inverted"));
    client.close(&settings);
    client.settle();
    assert!(rules(&client.published[&uri(&chain)].1).contains(&"order-inverted"));
    std::fs::write(&settings, "order = \"unordered\"\n").unwrap();
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(&settings), "type": 1}]}));
    client.settle();
    assert!(!rules(&client.published[&uri(&chain)].1).contains(&"order-inverted"));
    std::fs::write(root.join("other.toml"), "[rules]\norder-inverted = \"note\"\n").unwrap();
    let own = json!({"settings": {"hoplint": {"configuration": "other.toml"}}});
    client.notify("workspace/didChangeConfiguration", own);
    client.settle();
    let found = &client.published[&uri(&chain)].1;
    assert!(found.iter().any(|one| one["code"] == "order-inverted" && one["severity"] == 3), "{found:#?}");
}

#[test]
fn a_client_that_asks_is_pushed_nothing_of_what_is_open() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut client = Client::with(&root, json!({"textDocument": {"diagnostic": {}}}), json!({}));
    assert_eq!(client.initialized["capabilities"]["diagnosticProvider"]["interFileDependencies"], true);
    client.open(&path, INVERTED);
    let ask = json!({"textDocument": {"uri": uri(&path)}});
    let full = client.request("textDocument/diagnostic", ask.clone());
    assert!(rules(full["items"].as_array().unwrap()).contains(&"order-inverted"));
    let again = json!({"textDocument": {"uri": uri(&path)}, "previousResultId": full["resultId"]});
    let same = client.request("textDocument/diagnostic", again);
    assert_eq!(same["kind"], "unchanged");
    client.change(&path, 2, "version: 1\nhops: []\n");
    let other = client.request("textDocument/diagnostic", ask);
    assert_ne!(other["resultId"], full["resultId"]);
    assert!(client.published.is_empty());
}

#[test]
fn a_request_that_is_called_off_gets_no_answer_but_that() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut client = Client::start(&root);
    client.open(&path, INVERTED);
    let mut cancelled = 0;
    for _ in 0..50 {
        let at = json!({"textDocument": {"uri": uri(&path)}, "position": {"line": 0, "character": 0}});
        let ids: Vec<i64> = (0..20).map(|_| client.ask("textDocument/hover", at.clone())).collect();
        for id in &ids {
            client.notify("$/cancelRequest", json!({"id": id}));
        }
        for id in ids {
            let answer = client.answer(id);
            cancelled += usize::from(answer["error"]["code"] == -32800);
        }
    }
    assert!(cancelled > 0, "of 1000 none was called off in time");
}

#[test]
fn folders_come_and_go() {
    let (_dir, root) = folder(&[("one/hoplint.toml", "order = \"unordered\"\n"), ("two/nothing", "")]);
    let mut client = Client::start(&root.join("two"));
    client.indexed();
    let folder = |name: &str| json!({"uri": uri(&root.join(name)), "name": name});
    let event = json!({"event": {"added": [folder("one")], "removed": [folder("two")]}});
    client.notify("workspace/didChangeWorkspaceFolders", event);
    assert_eq!(client.indexed()["folder"], json!(uri(&root.join("one"))));
    let path = root.join("one/x.chain.yaml");
    client.open(&path, INVERTED);
    assert!(!rules(&client.findings(&path, 1)).contains(&"order-inverted"));
}

#[test]
fn files_that_come_to_be_on_the_disk_count() {
    let compose =
        "services:\n  app:\n    image: python\n    command: gunicorn --timeout 20 --bind 0.0.0.0:8000 app:app\n";
    let nginx = "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://app:8000;\n      proxy_read_timeout 600s;\n    }\n  }\n}\n";
    let (_dir, root) = folder(&[("hoplint.toml", ""), ("nginx.conf", nginx)]);
    let conf = root.join("nginx.conf");
    let mut client = Client::start(&root);
    client.indexed();
    client.open(&conf, nginx);
    let alone = client.findings(&conf, 1);
    let other = root.join("compose.yaml");
    std::fs::write(&other, compose).unwrap();
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(&other), "type": 1}]}));
    client.settle();
    let printed = crate::equality::of_command_line(&root);
    let shown = crate::equality::of_protocol(&client.published);
    // The file that is not open is not shown; what it means for the open one is.
    assert_eq!(shown[&uri(&conf)].len(), printed[&uri(&conf)].len(), "{alone:#?}\n{shown:#?}\n{printed:#?}");
    assert!(shown[&uri(&conf)].len() > alone.len(), "{shown:#?}");
    std::fs::remove_file(&other).unwrap();
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(&other), "type": 3}]}));
    client.settle();
    assert_eq!(client.published[&uri(&conf)].1.len(), alone.len());
}

#[test]
fn a_comment_in_a_file_of_two_chains_is_told_about_once() {
    let nginx = "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://app:8000; # hoplint: ignore[no-such-rule] x\n      proxy_read_timeout 600s;\n    }\n  }\n}\n";
    let chain = "version: 1\nworkload: long-form\nhops:\n  - platform: nginx\n    from: nginx.conf\n  - platform: custom\n    timeouts: {total: 900s}\n";
    let files = [("hoplint.toml", ""), ("nginx.conf", nginx), ("a.chain.yaml", chain), ("b.chain.yaml", chain)];
    let (_dir, root) = folder(&files);
    let printed = crate::equality::of_command_line(&root);
    let told = printed[&uri(&root.join("nginx.conf"))].iter().filter(|line| line.contains("no-such-rule")).count();
    assert_eq!(told, 1, "{printed:#?}");
    let mut client = Client::start(&root);
    client.indexed();
    for name in ["a.chain.yaml", "b.chain.yaml"] {
        client.open(&root.join(name), chain);
    }
    client.settle();
    let shown = crate::equality::of_protocol(&client.published);
    assert_eq!(shown[&uri(&root.join("nginx.conf"))].iter().filter(|line| line.contains("no-such-rule")).count(), 1);
}
