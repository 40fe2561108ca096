//! What is said of the thing under the cursor.

use crate::client::{Client, folder, place, uri};
use serde_json::{Value, json};
use std::path::Path;

const CHAIN: &str = "version: 1\nworkload: reasoning\nshared:\n  edge: {platform: cloudflare, with: {plan: pro}}\nchains:\n  chat:\n    hops:\n      - edge\n      - name: gw\n        platform: kong\n        timeouts: {read: 300s} # hoplint: ignore[order-inverted] until May\n        ignore: {drift: known}\n      - name: lb\n        platform: nginx\n        from: nginx.conf\n      - platform: openai\n        timeout: 60s\n";
const NGINX: &str = "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://app:8000;\n      proxy_read_timeout 600s;\n    }\n  }\n}\n";

fn hover(client: &mut Client, path: &Path, at: &Value) -> String {
    let answer = client.request("textDocument/hover", json!({"textDocument": {"uri": uri(path)}, "position": at}));
    answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

/// The first lines, with the folder of the test taken out.
fn head(text: &str, root: &Path, lines: usize) -> String {
    let text = text.replace(&uri(root), "file://ROOT");
    text.lines().take(lines).collect::<Vec<_>>().join("\n")
}

#[test]
fn hops_timers_rules_and_keys_have_pages() {
    let (_dir, root) = folder(&[("nginx.conf", NGINX), ("a.chain.yaml", CHAIN)]);
    let path = root.join("a.chain.yaml");
    let mut client = Client::start(&root);
    client.open(&path, CHAIN);
    let mut say =
        |word: &str, n: usize, lines: usize| head(&hover(&mut client, &path, &place(CHAIN, word, n)), &root, lines);
    insta::assert_snapshot!("hover_hop", say("name: lb", 6, 12));
    insta::assert_snapshot!("hover_shared_hop", say("- edge", 3, 8));
    insta::assert_snapshot!("hover_timer", say("read: 300s", 1, 12));
    assert_eq!(say("read: 300s", 7, 12), say("read: 300s", 1, 12), "a key and its value are one");
    insta::assert_snapshot!("hover_shorthand", say("timeout: 60s", 1, 4));
    insta::assert_snapshot!("hover_facet", say("plan: pro", 1, 9));
    insta::assert_snapshot!("hover_platform", say("platform: kong", 11, 6));
    assert!(say("order-inverted", 3, 1).starts_with("# order-inverted"));
    assert!(say("drift", 3, 1).starts_with("# drift"));
    insta::assert_snapshot!("hover_key", say("workload", 3, 9));
    insta::assert_snapshot!("hover_preset", say("reasoning", 3, 9));
}

#[test]
fn deployed_settings_are_explained_where_they_stand() {
    let (_dir, root) = folder(&[("nginx.conf", NGINX), ("a.chain.yaml", CHAIN)]);
    let path = root.join("nginx.conf");
    let mut client = Client::start(&root);
    client.indexed();
    client.open(&path, NGINX);
    let page = hover(&mut client, &path, &place(NGINX, "600s", 1));
    assert!(page.starts_with("# `read` of"), "{page}");
    assert!(page.contains("Bound by [a.chain.yaml]("), "{page}");
    let block = hover(&mut client, &path, &place(NGINX, "location", 1));
    insta::assert_snapshot!("hover_block", head(&block, &root, 9));
}
