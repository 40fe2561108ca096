//! `hoplint generate` as a program: files, exit codes, and what happens to files that somebody changed.

#![allow(clippy::unwrap_used)]

mod real;

use real::Folder;
use std::process::Command;

const CHAIN: &str = "version: 1
workload: {mode: buffered, total: 20s}
hops:
  - name: app
    platform: openai-python
    timeout: 30s
    retries: {attempts: 1}
  - name: edge
    platform: nginx
    with: {version: 1.26.3}
    timeouts: {read: 40s, connect: 2s}
  - name: model
    platform: openai
    timeout: 300s
";

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn hoplint(folder: &Folder, arguments: &[&str]) -> Said {
    let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(&folder.0)
        .args(["--color", "never", "generate"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: out.status.code().unwrap(), out: text(out.stdout), err: text(out.stderr) }
}

fn folder(chain: &str) -> Folder {
    let folder = Folder::new("generate");
    folder.write("chat.chain.yaml", chain);
    folder
}

#[test]
fn files_are_written_once_and_checked() {
    let folder = folder(CHAIN);
    let missing = hoplint(&folder, &["--out", "gen", "--check"]);
    assert_eq!(missing.code, 1, "{}", missing.err);
    assert!(missing.err.contains("missing"), "{}", missing.err);

    let first = hoplint(&folder, &["--out", "gen"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(folder.0.join("gen/edge.location.conf").exists() && folder.0.join("gen/app_client.py").exists());
    assert_eq!(hoplint(&folder, &["--out", "gen", "--check"]).code, 0);
    let again = hoplint(&folder, &["--out", "gen"]);
    assert_eq!((again.code, again.err.as_str()), (0, ""), "nothing is written where nothing changed");

    folder.write("chat.chain.yaml", &CHAIN.replace("40s", "45s"));
    let stale = hoplint(&folder, &["--out", "gen", "--check"]);
    assert_eq!(stale.code, 1);
    assert!(stale.err.contains("edge.location.conf: stale, lines 2, 9: made from other values"), "{}", stale.err);
    assert!(stale.err.contains("+proxy_read_timeout 45s;"), "{}", stale.err);
    let diff = hoplint(&folder, &["--out", "gen", "--diff", "--hop", "edge"]);
    assert!(diff.code == 1 && diff.out.contains("-proxy_read_timeout 40s;"), "{}", diff.out);
    assert_eq!(hoplint(&folder, &["--out", "gen"]).code, 0);
    assert_eq!(hoplint(&folder, &["--out", "gen", "--check"]).code, 0);
}

#[test]
fn line_ends_of_a_checkout_are_no_change() {
    let folder = folder(CHAIN);
    assert_eq!(hoplint(&folder, &["--out", "edge.conf", "--hop", "edge"]).code, 0);
    let text = std::fs::read_to_string(folder.0.join("edge.conf")).unwrap();
    folder.write("edge.conf", &text.replace('\n', "\r\n"));
    assert_eq!(hoplint(&folder, &["--out", "edge.conf", "--hop", "edge", "--check"]).code, 0);
}

#[test]
fn what_somebody_changed_or_wrote_stays() {
    let folder = folder(CHAIN);
    let edge = ["--out", "edge.conf", "--hop", "edge"];
    assert_eq!(hoplint(&folder, &edge).code, 0);
    let path = folder.0.join("edge.conf");
    let edited = std::fs::read_to_string(&path).unwrap().replace("40s", "41s");
    std::fs::write(&path, &edited).unwrap();
    let kept = hoplint(&folder, &edge);
    assert_eq!(kept.code, 1);
    assert!(kept.err.contains("was changed by hand") && kept.err.contains("-proxy_read_timeout 41s;"), "{}", kept.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), edited);
    std::fs::write(&path, "mine\n").unwrap();
    let foreign = hoplint(&folder, &edge);
    assert!(foreign.code == 1 && foreign.err.contains("was not written by hoplint"), "{}", foreign.err);
    let forced = hoplint(&folder, &["--out", "edge.conf", "--hop", "edge", "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.err);
    assert!(std::fs::read_to_string(&path).unwrap().contains("proxy_read_timeout 40s;"));
}

#[test]
fn a_chain_with_errors_is_not_written() {
    let folder = folder(&CHAIN.replace("timeout: 30s", "timeout: 10s"));
    let said = hoplint(&folder, &["--out", "gen"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("error[workload-exceeds]") && said.err.contains("--force"), "{}", said.err);
    assert!(!folder.0.join("gen").exists());
    assert_eq!(hoplint(&folder, &["--out", "gen", "--force"]).code, 0);
}

#[test]
fn a_value_that_cannot_be_said_names_its_place() {
    let chain = CHAIN.replace("connect: 2s", "connect: 1500us");
    let said = hoplint(&folder(&chain), &["--hop", "edge"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.starts_with("chat.chain.yaml:11:36: error: proxy_connect_timeout"), "{}", said.err);
    assert!(said.err.contains("use 1ms or 2ms"), "{}", said.err);
}

#[test]
fn misspelt_arguments_are_usage_errors() {
    let folder = folder(CHAIN);
    for (arguments, help) in [
        (["--target", "ngnix"], "did you mean nginx?"),
        (["--hop", "egde"], "did you mean edge?"),
        (["--hop", "model"], "no target writes any of these hops"),
    ] {
        let said = hoplint(&folder, &arguments);
        assert!(said.code == 2 && said.err.contains(help), "{arguments:?}: {} {}", said.code, said.err);
    }
    let stdout = hoplint(&folder, &["--target", "nginx"]);
    assert!(stdout.code == 0 && stdout.out.contains("proxy_read_timeout 40s;"), "{}", stdout.err);
}
