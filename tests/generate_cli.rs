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

const LISTED: &str = r#"
templates = "ops/templates"

[[generate]]
target = "nginx"
chain = "chat.chain.yaml"
hop = "edge"
out = "ops/edge.conf"

[[generate]]
target = "python-openai"
chain = "chat.chain.yaml"
out = "clients/"
"#;

fn repository(settings: &str) -> Folder {
    let folder = folder(CHAIN);
    std::fs::create_dir_all(folder.0.join("ops/templates")).unwrap();
    folder.write("hoplint.toml", settings);
    folder
}

fn checked(folder: &Folder, arguments: &[&str]) -> Said {
    let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(&folder.0)
        .args(["--color", "never"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: out.status.code().unwrap(), out: text(out.stdout), err: text(out.stderr) }
}

#[test]
fn a_bare_generate_does_a_repository() {
    let folder = repository(LISTED);
    let first = hoplint(&folder, &[]);
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{}", first.err);
    assert!(first.err.contains("ops/edge.conf: written\nclients/app_client.py: written"), "{}", first.err);
    assert_eq!(hoplint(&folder, &["--check"]).code, 0);

    // From a folder below too.
    std::fs::create_dir_all(folder.0.join("deep/down")).unwrap();
    let below = Folder(folder.0.join("deep/down"));
    assert_eq!(hoplint(&below, &["--check"]).code, 0);

    folder.write("chat.chain.yaml", &CHAIN.replace("40s", "45s"));
    let stale = hoplint(&folder, &["--check"]);
    assert_eq!(stale.code, 1);
    assert!(stale.err.contains("ops/edge.conf: stale, lines 2, 9: made from other values"), "{}", stale.err);
    assert!(!stale.err.contains("app_client"), "{}", stale.err);
    let diff = hoplint(&folder, &["--diff"]);
    assert!(diff.code == 1 && diff.out.contains("--- ops/edge.conf\n+++ ops/edge.conf\n@@"), "{}", diff.out);
    assert_eq!(hoplint(&folder, &[]).code, 0);
    assert_eq!(hoplint(&folder, &["--check"]).code, 0);
}

#[test]
fn a_stale_file_is_a_finding_of_check_at_its_line() {
    let folder = repository(LISTED);
    let missing = checked(&folder, &["check", "--format", "compact"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("hoplint.toml:8:7: error[generated-stale]"), "{}", missing.out);
    assert!(missing.out.contains("ops/edge.conf is missing"), "{}", missing.out);

    assert_eq!(hoplint(&folder, &[]).code, 0);
    let fresh = checked(&folder, &["check", "--format", "compact"]);
    assert!(fresh.code == 0 && !fresh.out.contains("generated-stale"), "{}", fresh.out);

    folder.write("chat.chain.yaml", &CHAIN.replace("40s", "45s"));
    let stale = checked(&folder, &["check"]);
    assert_eq!(stale.code, 1);
    assert!(stale.out.contains("ops/edge.conf:9:1") && stale.out.contains("proxy_read_timeout 40s;"), "{}", stale.out);
    assert!(stale.out.contains("run `hoplint generate`"), "{}", stale.out);
    let json = checked(&folder, &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let found: Vec<_> =
        report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "generated-stale").collect();
    assert_eq!(found.len(), 1, "{report}");
    assert_eq!((&found[0]["location"]["file"], &found[0]["hop"]), (&"ops/edge.conf".into(), &"edge".into()));

    // Levels hold for it, and other chains are not looked at.
    folder.write("hoplint.toml", &format!("{LISTED}\n[rules]\ngenerated-stale = \"note\"\n"));
    assert_eq!(checked(&folder, &["check"]).code, 0);
    folder.write("hoplint.toml", LISTED);
    folder.write("other.chain.yaml", CHAIN);
    assert_eq!(checked(&folder, &["check", "other.chain.yaml"]).code, 0);
}

#[test]
fn what_is_wrong_in_the_list_is_told_at_its_place() {
    for (from, to, told) in [
        ("\"nginx\"", "\"ngnix\"", "hoplint.toml:5:10: error: there is no target ngnix; did you mean nginx?"),
        (
            "\"edge\"",
            "\"egde\"",
            "hoplint.toml:7:7: error: no chain of chat.chain.yaml has a hop egde; did you mean edge?",
        ),
        ("\"edge\"", "\"model\"", "hoplint.toml:7:7: error: chat.chain.yaml has no hop that nginx writes"),
        ("chat.chain", "chta.chain", "hoplint.toml:6:9: error: cannot read chta.chain.yaml: no such file"),
        ("\"clients/\"", "\"ops/edge.conf\"", "hoplint.toml:13:7: error: another entry writes ops/edge.conf too"),
    ] {
        let folder = repository(&LISTED.replacen(from, to, 1));
        let said = hoplint(&folder, &[]);
        assert_eq!(said.code, 1, "{told}: {}", said.err);
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
    let folder = repository(&LISTED.replace("out = \"clients/\"", ""));
    let said = hoplint(&folder, &[]);
    assert_eq!(said.code, 1, "an entry that cannot be read is not passed over");
    assert!(said.err.contains("hoplint.toml:11:1: error: a [[generate]] needs the key `out`"), "{}", said.err);
    assert!(folder.0.join("ops/edge.conf").exists());
    let said = hoplint(&self::folder(CHAIN), &["--check"]);
    assert!(said.code == 2 && said.err.contains("--check compares with files"), "{}", said.err);
}

#[test]
fn own_templates_replace_and_add_targets() {
    let folder = repository(LISTED);
    let own = folder.0.join("ops/templates");
    std::fs::create_dir_all(own.join("nginx")).unwrap();
    std::fs::create_dir_all(own.join("caddy-note")).unwrap();
    std::fs::write(own.join("nginx/location.conf.j2"), "proxy_read_timeout {{ timers.read.value }}; # ours\n").unwrap();
    let manifest = "summary = \"a note\"\nplatforms = [\"nginx\"]\n[[file]]\ntemplate = \"note.txt.j2\"\nname = \
                    \"{hop}.txt\"\nsummary = \"a text\"\ntimers = [\"read\"]\n";
    std::fs::write(own.join("caddy-note/target.toml"), manifest).unwrap();
    std::fs::write(own.join("caddy-note/note.txt.j2"), "Hop {{ hop | comment }}: {{ timers.read.value }}\n").unwrap();

    let replaced = hoplint(&folder, &["chat.chain.yaml", "--target", "nginx"]);
    assert!(replaced.code == 0 && replaced.out.ends_with("\nproxy_read_timeout 40s; # ours\n"), "{}", replaced.out);
    let added = hoplint(&folder, &["chat.chain.yaml", "--target", "caddy-note"]);
    assert!(added.code == 0 && added.out.ends_with("\nHop edge: 40s\n"), "{} {}", added.out, added.err);

    let listed = checked(&folder, &["targets"]).out;
    assert!(listed.contains("caddy-note\n  a note\n  platforms: nginx\n"), "{listed}");
    assert!(listed.contains("to include in location {}, beside proxy_pass (ops/templates/nginx/location.conf.j2)"));
    let variables = checked(&folder, &["targets", "caddy-note"]).out;
    for told in ["timers.read  proxy_read_timeout: Silence", "  chain  the chain's name", "  yaml  a YAML scalar"] {
        assert!(variables.contains(told), "{told}: {variables}");
    }
    let misspelt = checked(&folder, &["targets", "cady-note"]);
    assert!(misspelt.code == 2 && misspelt.err.contains("did you mean caddy-note?"), "{}", misspelt.err);

    // The command line reaches where the settings do not.
    let elsewhere = checked(&folder, &["generate", "--no-config", "chat.chain.yaml", "-t", "caddy-note"]);
    assert_eq!(elsewhere.code, 2);
    let arguments = ["generate", "--no-config", "--templates", "ops/templates", "chat.chain.yaml", "-t", "caddy-note"];
    assert_eq!(checked(&folder, &arguments).code, 0);
}

#[test]
fn a_mistake_in_a_template_is_told_with_its_file_and_line() {
    for (text, told) in [
        ("# fine\nproxy_read_timeout {{ timers.raed.value }};\n", "location.conf.j2:2: undefined value"),
        (
            "# fine\n\n{{ hop }}\n",
            "location.conf.j2:3: invalid operation: a text needs a quoting filter: edge; the line is `{{ hop }}`",
        ),
        ("# fine\n{% if streaming %}\n", "location.conf.j2:"),
        ("{{ hop | yml }}\n", "location.conf.j2:1: unknown filter"),
    ] {
        let folder = repository(LISTED);
        let own = folder.0.join("ops/templates/nginx");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join("location.conf.j2"), text).unwrap();
        let said = hoplint(&folder, &["chat.chain.yaml", "--target", "nginx"]);
        assert_eq!(said.code, 1, "{told}");
        assert!(said.err.contains(&format!("error: ops/templates/nginx/{told}")), "{told}: {}", said.err);
        assert!(said.err.contains("help: `hoplint targets nginx` lists what a template can use"), "{}", said.err);
    }
    let folder = repository(LISTED);
    let own = folder.0.join("ops/templates/mine");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("target.toml"), "summary = \"x\"\nplatform = [\"nginx\"]\n").unwrap();
    let said = hoplint(&folder, &["chat.chain.yaml"]);
    assert!(said.code == 1 && said.err.contains("ops/templates/mine/target.toml:2:1: error:"), "{}", said.err);
    assert!(said.err.contains("did you mean `platforms`?"), "{}", said.err);
    // Also where other settings were read before.
    std::fs::create_dir_all(folder.0.join("above")).unwrap();
    folder.write("above/a.chain.yaml", CHAIN);
    folder.write("above/hoplint.toml", "order = \"inward\"\ntemplates = \"nowhere\"\n");
    let said = hoplint(&folder, &["chat.chain.yaml", "above/a.chain.yaml"]);
    assert!(said.err.contains("above/hoplint.toml:2:13: error: the templates cannot be read"), "{}", said.err);
}
