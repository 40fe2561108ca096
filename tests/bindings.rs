//! Chains whose hops are bound to deployed files, and deployed files without a chain, as users meet them.

#![allow(clippy::unwrap_used, reason = "what fails in a test panics")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PROXY: &str = "# Passes prompts on.
defaults
    mode http
    timeout connect 5s
    timeout client 60s

frontend web
    bind :80
    default_backend llm

backend llm
    timeout server 90s   # long answers
    server a 10.0.0.1:8000
";

const CHAIN: &str = "version: 1
workload: {mode: buffered, total: 20s}
hops:
  - name: app
    platform: custom
    role: client
    timeouts: {total: 100s}
  - name: proxy
    platform: haproxy
    from: haproxy.cfg
  - name: origin
    platform: custom
    role: proxy
    timeouts: {first-byte: 95s}
";

struct Here(tempfile::TempDir);

struct Ran {
    out: String,
    err: String,
    code: i32,
}

impl Here {
    fn new(files: &[(&str, &str)]) -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        // The root of a project: nothing outside of it is read.
        fs::create_dir(here.path(".git")).unwrap();
        for (name, text) in files {
            let path = here.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        here
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hoplint"));
        command.current_dir(self.0.path()).args(args).env_clear().env("NO_COLOR", "1").stdin(Stdio::null());
        let output = command.output().unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// `rule file:line` of each finding.
    fn findings(&self, args: &[&str]) -> Vec<String> {
        let ran = self.run(&[&["check", "--format", "json"], args].concat());
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
        let one = |f: &serde_json::Value| {
            let at = &f["location"];
            format!("{} {}:{}", f["rule"].as_str().unwrap(), at["file"].as_str().unwrap(), at["line"])
        };
        report["findings"].as_array().unwrap().iter().map(one).collect()
    }
}

#[test]
fn a_binding_brings_the_deployed_values_and_their_places() {
    let here = Here::new(&[("haproxy.cfg", PROXY), ("chat.chain.yaml", CHAIN)]);
    // 90 s of the proxy against 100 s outside and 95 s inside it: the outer one must be the smaller.
    let found = here.findings(&["chat.chain.yaml"]);
    assert!(found.contains(&"order-inverted chat.chain.yaml:7".to_owned()), "{found:?}");
    let told = here.run(&["check", "chat.chain.yaml"]).out;
    assert!(told.contains("timeout server 90s (deployed)"), "{told}");
    assert!(told.contains("haproxy.cfg:12:20"), "{told}");
}

#[test]
fn a_repair_edits_the_deployed_file_where_the_value_stands() {
    let chain = CHAIN.replace("total: 100s", "total: 80s").replace("first-byte: 95s", "first-byte: 90s");
    let pinned = chain.replace("    timeouts: {first-byte: 90s}", "    timeouts: {first-byte: 90s}\n    pin: true");
    let here = Here::new(&[("haproxy.cfg", PROXY), ("chat.chain.yaml", &pinned)]);
    let diff = here.run(&["check", "--unsafe-fixes", "--diff", "chat.chain.yaml"]);
    assert_eq!(diff.code, 1, "{}", diff.err);
    assert_eq!(here.read("haproxy.cfg"), PROXY, "--diff writes nothing");
    let fixed = here.run(&["check", "--fix", "--unsafe-fixes", "chat.chain.yaml"]);
    assert_eq!(fixed.code, 0, "{}{}", fixed.out, fixed.err);
    let text = here.read("haproxy.cfg");
    let line = text.lines().find(|line| line.contains("timeout server")).unwrap();
    assert!(line.ends_with("s   # long answers") && !line.contains(" 90s"), "{line}");
    assert_eq!(text.lines().count(), PROXY.lines().count());
    assert_eq!(here.read("chat.chain.yaml"), pinned, "the chain file has no value to change");
    assert!(here.findings(&["chat.chain.yaml"]).iter().all(|f| !f.starts_with("order-inverted")));
}

#[test]
fn a_default_is_repaired_by_a_new_line_in_the_right_block() {
    let proxy = PROXY
        .replace("    timeout server 90s   # long answers\n", "    timeout server 300s\n")
        .replace("    timeout client 60s\n", "");
    let here = Here::new(&[("haproxy.cfg", &proxy), ("chat.chain.yaml", CHAIN)]);
    let fixed = here.run(&["check", "--fix", "--unsafe-fixes", "chat.chain.yaml"]);
    assert_eq!(fixed.code, 0, "{}{}", fixed.out, fixed.err);
    assert!(here.findings(&["chat.chain.yaml"]).iter().all(|f| !f.starts_with("order-inverted")));
}

#[test]
fn what_the_chain_expects_is_compared_with_what_is_deployed() {
    let expects =
        CHAIN.replace("    from: haproxy.cfg\n", "    from: haproxy.cfg\n    timeouts: {server: 120s, client: 60s}\n");
    let here = Here::new(&[("haproxy.cfg", PROXY), ("chat.chain.yaml", &expects)]);
    let found = here.findings(&["chat.chain.yaml"]);
    assert_eq!(found.iter().filter(|f| f.starts_with("drift")).collect::<Vec<_>>(), ["drift chat.chain.yaml:11"]);
    let told = here.run(&["check", "chat.chain.yaml"]);
    assert!(told.out.contains("timeout server of proxy is 90s in the deployed file, not 120s"), "{}", told.out);
    assert_eq!(told.code, 1);
}

#[test]
fn a_value_that_cannot_be_known_is_expected_or_unchecked() {
    let proxy = PROXY.replace("timeout server 90s", "timeout server \"${LLM_TIMEOUT}\"");
    let here = Here::new(&[("haproxy.cfg", &proxy), ("chat.chain.yaml", CHAIN)]);
    let ran = here.run(&["check", "--verbose", "chat.chain.yaml"]);
    assert!(ran.out.contains("unchecked[drift]: timeout server is deployed"), "{}", ran.out);
    let expects = CHAIN.replace("    from: haproxy.cfg\n", "    from: haproxy.cfg\n    timeouts: {server: 98s}\n");
    fs::write(here.path("chat.chain.yaml"), expects).unwrap();
    let told = here.run(&["check", "chat.chain.yaml"]).out;
    assert!(told.contains("cannot be known from the deployed file, so the 98s stated here stand"), "{told}");
    assert!(told.contains("order-inverted"), "98s stand in and are compared: {told}");
}

#[test]
fn a_binding_that_leads_nowhere_is_an_error_with_what_would_do() {
    let to = |from: &str| CHAIN.replace("from: haproxy.cfg", &format!("from: {from}"));
    let two = PROXY.to_owned() + "\nfrontend admin\n    bind :81\n    default_backend llm\n";
    let here = Here::new(&[("haproxy.cfg", &two), ("x.txt", "hello\n")]);
    for (from, words) in [
        ("gone.cfg", "`gone.cfg` cannot be read: no such file"),
        ("../../etc/passwd", "outside of the project"),
        ("x.txt", "no configuration that hoplint knows"),
        ("haproxy.cfg", "holds 2 hops, and nothing says which one is meant"),
        ("'haproxy.cfg#frontend wbe/backend llm'", "did you mean `frontend web/backend llm`?"),
    ] {
        fs::write(here.path("chat.chain.yaml"), to(from)).unwrap();
        let ran = here.run(&["check", "chat.chain.yaml"]);
        let told = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("unresolved-binding") && told.contains(words), "{from}: {}", ran.out);
        assert_eq!(ran.code, 1, "{from}");
    }
    fs::write(here.path("chat.chain.yaml"), to("'haproxy.cfg#frontend web/backend llm'")).unwrap();
    assert!(here.findings(&["chat.chain.yaml"]).iter().all(|f| !f.starts_with("unresolved")));
}

#[test]
fn a_folder_is_searched_for_what_is_deployed_and_a_comment_accepts_a_finding() {
    let short = PROXY.replace("timeout server 90s", "timeout server 90");
    let here = Here::new(&[("infra/haproxy.cfg", &short), ("notes.txt", ""), ("values.yaml", "a: 1\n")]);
    assert_eq!(here.findings(&["."]), ["unit-suspicious infra/haproxy.cfg:12"]);
    let ran = here.run(&["check", "."]);
    assert!(ran.out.ends_with("in 1 file (1 deployed hop in 1 haproxy file)\n"), "{}", ran.out);
    let accepted = short.replace("# long answers", "# hoplint: ignore[unit-suspicious] a stub that answers at once");
    fs::write(here.path("infra/haproxy.cfg"), accepted).unwrap();
    assert_eq!(here.findings(&["."]), Vec::<String>::new());
    let unused = PROXY.replace("# long answers", "# hoplint: ignore[unit-suspicious] a stub that answers at once");
    fs::write(here.path("infra/haproxy.cfg"), unused).unwrap();
    assert_eq!(here.findings(&["."]), ["unused-suppression infra/haproxy.cfg:12"]);
}

#[test]
fn an_imported_skeleton_is_a_chain_file_bound_to_its_source() {
    let here = Here::new(&[("infra/haproxy.cfg", PROXY)]);
    let ran = here.run(&["import", "infra/haproxy.cfg", "--out", "chains/llm.chain.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = here.read("chains/llm.chain.yaml");
    assert!(text.contains("from: \"../infra/haproxy.cfg#frontend web/backend llm\""), "{text}");
    assert!(text.contains("# timeout server 90s  (../infra/haproxy.cfg:12)"), "{text}");
    assert_eq!(here.findings(&["chains"]), Vec::<String>::new());
    let again = here.run(&["import", "infra/haproxy.cfg", "--out", "chains/llm.chain.yaml"]);
    assert!(again.code == 2 && again.err.contains("--force"), "{}", again.err);
    let listed = here.run(&["import", "--list", "infra"]).out;
    assert_eq!(listed, "infra/haproxy.cfg#frontend web/backend llm  (haproxy)\n");
}

#[test]
fn what_is_piped_through_comes_back_repaired() {
    let here = Here::new(&[]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoplint"));
    command.current_dir(here.0.path()).args(["check", "-", "--stdin-filename", "ingress.yaml", "--fix"]).env_clear();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ingress = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: chat
  annotations:
    nginx.ingress.kubernetes.io/proxy-read-timeout: 600
spec:
  ingressClassName: nginx
";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), ingress.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, ingress.replace("600", "\"600\""), "{}", String::from_utf8_lossy(&output.stderr));
}
