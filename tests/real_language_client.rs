//! The client library that VS Code is built on, against the language server.
#![allow(clippy::unwrap_used, reason = "tests")]

mod real;

use std::path::Path;
use std::process::Command;

const CHAIN: &str = "version: 1\nworkload: simple-qa\nhops:\n  - name: app\n    platform: openai-python\n    timeout: 700s\n    retries: {attempts: 1}\n  - name: web\n    platform: nginx\n    from: nginx.conf\n";
const NGINX: &str = "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://app:8000;\n      proxy_read_timeout 60s;\n    }\n  }\n}\n";

#[test]
fn the_library_of_vs_code_gets_an_answer_to_every_request() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/editors/node_modules/vscode-jsonrpc");
    let Some(node) = real::program("NODE", "", "node").filter(|_| library.is_dir()) else {
        return real::skip("the language server with vscode-jsonrpc", "node or vscode-jsonrpc");
    };
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    std::fs::write(root.join("a.chain.yaml"), CHAIN).unwrap();
    std::fs::write(root.join("nginx.conf"), NGINX).unwrap();
    let output = Command::new(node)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/language_client.mjs"))
        .args([Path::new(env!("CARGO_BIN_EXE_hoplint")), &library, &root])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("language_client", said);
}
