//! Pictures and pages of `hoplint show` in a real browser: nothing overlaps, nothing is fetched, everything can be read and
//! used by keyboard, light and dark, wide and on a phone. Screenshots go to target/show-screenshots.

#![allow(clippy::unwrap_used)]

mod real;

use real::{Folder, program, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const STREAM: &str = "version: 1
order: inward
workload: {mode: streaming, first-byte: 30s, gap: 20s, total: 5m}
hops:
  - {name: web, platform: openai-node, timeout: 130s}
  - {name: edge, platform: aws-alb, timeouts: {idle: 60s}}
  - {name: proxy, platform: nginx, with: {version: '1.29.7'}, timeouts: {read: 75s}}
  - {name: app, platform: uvicorn}
  - {name: sdk, platform: openai-python, timeout: 200s}
  - {name: provider, platform: openai}
";

/// Fourteen hops, half a second beside an hour, long and hostile names, no limits, unknown ones, ranges.
const LONG: &str = "version: 1
order: outward
workload: agent
hops:
  - {name: browser-with-a-remarkably-long-name-that-nobody-can-read-at-once, platform: custom, timeouts: {total: 500ms}}
  - {name: cdn, platform: cloudflare}
  - {name: waf, platform: custom, timeouts: {first-byte: 500ms, between-bytes: 15s}}
  - {name: edge, platform: aws-alb, timeouts: {idle: 3600s}}
  - {name: '<script>alert(1)</script>', platform: haproxy}
  - {name: ingress, platform: nginx}
  - {name: mesh, platform: envoy}
  - {name: api, platform: gunicorn}
  - {name: sdk, platform: openai-python, timeout: 40s, retries: {attempts: 4}}
  - {name: router, platform: litellm-proxy}
  - {name: caddy, platform: caddy}
  - {name: '\"><img src=x onerror=alert(2)>', platform: apache-httpd, timeouts: {first-byte: none}}
  - {name: WWWWWWWWWWWWWWWWWWWWWWWW, platform: traefik}
  - {name: provider, platform: openai}
";

const TWO: &str = "version: 1\nhops: [{name: app, platform: openai-python}, {name: model, platform: openai}]\n";

#[test]
fn a_browser_finds_nothing_wrong() {
    let browser = program("HOPLINT_CHROMIUM", "", "chromium");
    let node = program("HOPLINT_NODE", "", "node");
    let playwright = program("HOPLINT_PLAYWRIGHT", "npm/node_modules/playwright-core", "");
    let (Some(browser), Some(node), Some(playwright)) = (browser, node, playwright) else {
        return skip("pictures in a browser", "Chromium, Node or playwright-core (.cache/npm)");
    };
    let folder = Folder::new("show");
    let chat = std::fs::read_to_string("examples/chat.chain.yaml").unwrap();
    let mut files: Vec<Value> = Vec::new();
    let mut draw = |format: &str, name: &str, chains: &[&PathBuf], steps: &Value| {
        let file = folder.0.join(format!("{name}.{format}"));
        let show = ["show", "--format", format, "--out"];
        let out = Command::new(env!("CARGO_BIN_EXE_hoplint")).args(show).arg(&file).args(chains).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        files.push(json!({"file": file, "steps": steps}));
    };
    let none = json!(null);
    let chains = [("chat", chat.as_str()), ("stream", STREAM), ("long", LONG), ("two", TWO)];
    let [chat, stream, long, two] = chains.map(|(name, text)| {
        let path = folder.write(&format!("{name}.chain.yaml"), text);
        draw("svg", name, &[&path], &none);
        path
    });
    draw("html", "chat", &[&chat], &chat_steps());
    draw("html", "stream", &[&stream], &stream_steps());
    draw("html", "long", &[&long], &none);
    draw("html", "several", &[&chat, &stream, &two], &chat_steps());
    let cases = folder.write("cases.json", &json!({"files": files}).to_string());
    let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/show-screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/show/browser.mjs");
    let out = Command::new(node).args([&script, &playwright, &browser, &shots, &cases]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let problems: Vec<String> = serde_json::from_slice(&out.stdout).unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What to press or type, and what is said then.
fn chat_steps() -> Value {
    json!([
        ["type 45s", "^45s: edge ends it after 29s \\(timeoutInMillis\\), the client sees 504", 1],
        ["type 20s", "^20s: the answer arrives\\.$", null],
        ["type 1m30s", "^90s: edge ends it after 29s"],
        ["type 90", "^Write a time with its unit"],
        ["type 29s", "^29s: edge ends it"],
        ["ArrowLeft", "^28s: the answer arrives"],
        ["ArrowRight", "^29s: edge ends it"],
        ["Home", "^0s: the answer arrives"],
        ["End", "^900s: edge ends it after 29s"],
    ])
}

fn stream_steps() -> Value {
    json!([
        ["Home", "^0s: the stream arrives whole"],
        ["End", "s: .* ends it after .* the client sees 504"],
        ["choose 1", "ends it|arrives whole"],
        ["choose 2", "ends it|the answer arrives"],
    ])
}
