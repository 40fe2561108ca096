//! What is offered at the cursor, in all three formats.

use crate::client::{Client, folder, position, uri};
use serde_json::{Value, json};
use std::path::Path;

/// A text without its `|`, which is the cursor.
pub fn cursor(marked: &str) -> (String, Value) {
    let at = marked.find('|').expect("a cursor");
    let text = marked.replacen('|', "", 1);
    let place = position(&text, at);
    (text, place)
}

struct Editor {
    client: Client,
    version: i64,
}

impl Editor {
    fn offers(&mut self, path: &Path, marked: &str) -> Vec<Value> {
        let (text, place) = cursor(marked);
        self.version += 1;
        if self.version == 1 {
            self.client.open(path, &text);
        } else {
            self.client.change(path, self.version, &text);
        }
        let params = json!({"textDocument": {"uri": uri(path)}, "position": place});
        let answer = self.client.request("textDocument/completion", params);
        let mut items = answer["items"].as_array().cloned().unwrap_or_default();
        items.sort_by_key(|item| item["sortText"].as_str().unwrap().to_owned());
        items
    }

    fn labels(&mut self, path: &Path, marked: &str) -> Vec<String> {
        self.offers(path, marked).iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    /// The text after the item of this name was taken.
    fn taken(&mut self, path: &Path, marked: &str, label: &str) -> String {
        let items = self.offers(path, marked);
        let item = items.iter().find(|item| item["label"] == label);
        let item = item.unwrap_or_else(|| panic!("no {label} in {items:#?}"));
        let edit = json!({"changes": {"x": [item["textEdit"]]}});
        crate::actions::edited(&cursor(marked).0, &edit, "x")
    }
}

fn editor(root: &Path) -> Editor {
    Editor { client: Client::start(root), version: 0 }
}

#[test]
fn platforms_keys_timers_and_facets_fit_their_place() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut ed = editor(&root);
    assert!(ed.labels(&path, "version: 1\n|").contains(&"workload".to_owned()));
    assert!(!ed.labels(&path, "version: 1\n|").contains(&"version".to_owned()), "it is there");
    assert_eq!(ed.labels(&path, "version: 1\norder: |\n"), ["inward", "outward", "unordered"]);
    assert!(ed.labels(&path, "version: 1\nworkload: rea|\nhops: []\n").contains(&"reasoning".to_owned()));
    let hops = "version: 1\nhops:\n  - platform: kong\n";
    assert!(ed.labels(&path, "version: 1\nhops:\n  - platform: ko|\n").contains(&"kong".to_owned()));
    let keys = ed.labels(&path, &format!("{hops}    |\n"));
    assert!(keys.contains(&"timeouts".to_owned()) && !keys.contains(&"platform".to_owned()), "{keys:?}");
    assert_eq!(ed.taken(&path, &format!("{hops}    time|"), "timeout"), format!("{hops}    timeout: "));
    let items = ed.offers(&path, &format!("{hops}    timeouts:\n      re|\n"));
    let read = items.iter().find(|item| item["label"] == "read").unwrap();
    assert!(read["detail"].as_str().unwrap().starts_with("read_timeout, default 60s"), "{read:#?}");
    assert!(read["documentation"]["value"].as_str().unwrap().starts_with("# `read` of Kong"));
    assert!(ed.labels(&path, &format!("{hops}    with: {{|}}\n")).contains(&"buffering-plugin".to_owned()));
    let plans = "version: 1\nhops:\n  - platform: cloudflare\n    with: {plan: |}\n";
    assert_eq!(ed.labels(&path, plans), ["free", "pro", "business", "enterprise"]);
    let both = "version: 1\nshared:\n  edge: {platform: cloudflare}\nchains:\n  a:\n    hops:\n      - |\n";
    let both = ed.labels(&path, both);
    assert!(both.contains(&"edge".to_owned()) && both.contains(&"platform".to_owned()), "{both:?}");
    let rules = ed.labels(&path, &format!("{hops}    timeout: 5s # hoplint: ignore[dri|\n"));
    assert!(rules.contains(&"drift".to_owned()));
    // A page is worked out when the editor shows it.
    let items = ed.offers(&path, "version: 1\nhops:\n  - platform: ko|\n");
    let kong = items.iter().find(|item| item["label"] == "kong").unwrap().clone();
    let kong = ed.client.request("completionItem/resolve", kong);
    assert_eq!(kong["detail"], "Kong Gateway");
}

#[test]
fn toml_and_json_are_completed_alike() {
    let (_dir, root) = folder(&[]);
    let toml = root.join("a.chain.toml");
    let mut ed = editor(&root);
    assert_eq!(
        ed.taken(&toml, "version = 1\n[[hops]]\nplatform = \"ko|\"\n", "kong"),
        "version = 1\n[[hops]]\nplatform = \"kong\"\n"
    );
    assert_eq!(
        ed.taken(&toml, "version = 1\n[[hops]]\nplatform = |\n", "kong"),
        "version = 1\n[[hops]]\nplatform = \"kong\"\n"
    );
    assert_eq!(
        ed.taken(&toml, "version = 1\n[[hops]]\nplatform = \"kong\"\ntimeo|\n", "timeouts"),
        "version = 1\n[[hops]]\nplatform = \"kong\"\ntimeouts = \n"
    );
    assert!(
        ed.labels(&toml, "version = 1\n[[hops]]\nplatform = \"kong\"\ntimeouts = {|}\n").contains(&"read".to_owned())
    );
    let json = root.join("a.chain.json");
    let mut ed = editor(&root);
    assert_eq!(
        ed.taken(&json, "{\"version\": 1, \"hops\": [{\"platform\": |}]}", "kong"),
        "{\"version\": 1, \"hops\": [{\"platform\": \"kong\"}]}"
    );
    assert_eq!(
        ed.taken(&json, "{\"version\": 1, \"hops\": [{\"platform\": \"|\"}]}", "kong"),
        "{\"version\": 1, \"hops\": [{\"platform\": \"kong\"}]}"
    );
    assert_eq!(
        ed.taken(&json, "{\"version\": 1, \"hops\": [{\"platform\": \"kong\", |}]}", "timeout"),
        "{\"version\": 1, \"hops\": [{\"platform\": \"kong\", \"timeout\": }]}"
    );
    assert!(
        ed.labels(&json, "{\"version\": 1, \"hops\": [{\"platform\": \"kong\", \"timeouts\": {\"|\"}}]}")
            .contains(&"read".to_owned())
    );
    let settings = root.join("hoplint.toml");
    let mut ed = editor(&root);
    assert!(ed.labels(&settings, "[rules]\nord|\n").contains(&"order-inverted".to_owned()));
    assert_eq!(ed.labels(&settings, "[rules]\ndrift = \"|\"\n"), ["off", "note", "warning", "error"]);
}

#[test]
fn durations_that_keep_the_order_come_first() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut ed = editor(&root);
    let chain = "version: 1\nworkload: simple-qa\nhops:\n  - {platform: custom, name: app, timeouts: {total: 30s}}\n  - platform: kong\n    timeouts: {read: |}\n  - {platform: custom, name: backend, timeouts: {total: 100s}}\n";
    let items = ed.offers(&path, chain);
    let shown: Vec<String> = items
        .iter()
        .take(5)
        .map(|item| format!("{} ({})", item["label"].as_str().unwrap(), item["detail"].as_str().unwrap_or_default()))
        .collect();
    insta::assert_snapshot!("completed_durations", shown.join("\n"));
    for item in items.iter().filter(|item| item["detail"].as_str().is_some_and(|d| d.contains("margin"))) {
        let text = cursor(chain).0.replace("{read: }", &format!("{{read: {}}}", item["label"].as_str().unwrap()));
        ed.version += 1;
        ed.client.change(&path, ed.version, &text);
        let found = ed.client.findings(&path, ed.version);
        let rules = crate::sync::rules(&found);
        assert!(!rules.contains(&"order-inverted") && !rules.contains(&"margin-too-small"), "{text}\n{found:#?}");
    }
}

#[test]
fn selectors_are_read_from_the_file() {
    let nginx = "events {}\nhttp {\n  server {\n    listen 80;\n    location /a/ { proxy_pass http://a:8000; }\n    location /b/ { proxy_pass http://b:8000; }\n  }\n}\n";
    let (_dir, root) = folder(&[("conf/nginx.conf", nginx)]);
    let path = root.join("a.chain.yaml");
    let mut ed = editor(&root);
    ed.client.indexed();
    let all = ed.labels(&path, "version: 1\nhops:\n  - platform: nginx\n    from: |\n");
    assert_eq!(all, ["conf/nginx.conf#server 80/location /a/", "conf/nginx.conf#server 80/location /b/"]);
    let text = ed.taken(&path, "version: 1\nhops:\n  - platform: nginx\n    from: [conf/nginx.conf#ser|]\n", &all[1]);
    assert!(text.ends_with("    from: [conf/nginx.conf#server 80/location /b/]\n"), "{text}");
}

#[test]
fn a_timer_is_offered_once_and_found_by_the_name_that_the_platform_gives_it() {
    let (_dir, root) = folder(&[]);
    let path = root.join("a.chain.yaml");
    let mut ed = editor(&root);
    for place in ["timeouts: {pro|}", "timeouts:\n      pro|"] {
        let items = ed.offers(&path, &format!("version: 1\nhops:\n  - platform: nginx\n    {place}\n"));
        let read: Vec<_> = items.iter().filter(|item| item["label"] == "read").collect();
        let [read] = read.as_slice() else { panic!("{place}: {read:#?}") };
        let words: Vec<&str> = read["filterText"].as_str().unwrap().split(' ').collect();
        assert_eq!(words[..2], ["read", "proxy_read_timeout"], "{words:?}");
        assert!(words.contains(&"grpc_read_timeout"), "{words:?}");
    }
}
