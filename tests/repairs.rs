//! `hoplint check --fix --unsafe-fixes` on chains that are bound to deployed files: the deployed file gets the value, and
//! keeps all else that people wrote in it.

#![allow(clippy::unwrap_used, reason = "what fails in a test panics")]

use std::fs;
use std::process::{Command, Stdio};

const NGINX: &str = "# The edge.
events {}
http {
    server {
        listen 80;
        server_name chat.example.com;
        location /v1/ {
            proxy_pass http://10.0.0.1:8000;   # the model
            proxy_read_timeout   90s;  # long answers
        }
    }
}
";

const KONG: &str = "_format_version: \"3.0\"
# Milliseconds.
services:
  - name: llm
    url: http://10.0.0.1:8000
    read_timeout:  90000   # long answers
    retries: 0
";

const TERRAFORM: &str = "# The balancer.
resource \"aws_lb\" \"chat\" {
  name         = \"chat\"
  idle_timeout = 90 # long answers
}
";

const INGRESS: &str = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: chat
  annotations:
    # Seconds.
    nginx.ingress.kubernetes.io/proxy-read-timeout: \"90\"   # long answers
    nginx.ingress.kubernetes.io/proxy-next-upstream: \"off\"
spec:
  ingressClassName: nginx
  rules:
    - host: chat.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: chat, port: {number: 80}}}
";

const LITELLM: &str = "# Our models.
model_list:
  - model_name: chat
    litellm_params:
      model: openai/gpt-4o
      timeout:   90   # long answers
      max_retries: 0
litellm_settings:
  num_retries: 0
";

/// Name of the file, its text, the hop in it, and the words before the value that is to change.
const FILES: [(&str, &str, &str, &str); 5] = [
    ("nginx.conf", NGINX, "nginx", "proxy_read_timeout"),
    ("kong.yml", KONG, "kong", "read_timeout:"),
    ("alb.tf", TERRAFORM, "aws-alb", "idle_timeout ="),
    ("ingress.yaml", INGRESS, "ingress-nginx", "proxy-read-timeout:"),
    ("litellm.yaml", LITELLM, "litellm", "timeout:"),
];

fn chain(platform: &str, file: &str) -> String {
    format!(
        "version: 1
workload: {{mode: buffered, total: 20s}}
hops:
  - {{name: app, platform: custom, role: client, timeouts: {{total: 80s}}, pin: true}}
  - {{name: middle, platform: {platform}, from: {file}}}
  - {{name: origin, platform: custom, role: proxy, timeouts: {{first-byte: 90s}}, pin: true}}
"
    )
}

struct Here(tempfile::TempDir);

impl Here {
    fn new(files: &[(&str, &str)]) -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        fs::create_dir(here.0.path().join(".git")).unwrap();
        for (name, text) in files {
            fs::write(here.0.path().join(name), text).unwrap();
        }
        here
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hoplint"));
        command.current_dir(self.0.path()).args(args).env_clear().env("NO_COLOR", "1").stdin(Stdio::null());
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }

    /// The rules of the findings.
    fn rules(&self) -> Vec<String> {
        let told = self.run(&["check", "--format", "json", "chat.chain.yaml"]);
        let report: serde_json::Value = serde_json::from_str(&told).unwrap_or_else(|e| panic!("{e}: {told}"));
        report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
    }

    fn fix(&self) -> String {
        self.run(&["check", "--fix", "--unsafe-fixes", "chat.chain.yaml"])
    }
}

#[test]
fn a_value_is_repaired_where_it_stands_and_all_else_stays() {
    for windows in [false, true] {
        for (file, text, platform, words) in FILES {
            let text = if windows { text.replace('\n', "\r\n") } else { text.to_owned() };
            let chain = chain(platform, file);
            let here = Here::new(&[(file, &text), ("chat.chain.yaml", &chain)]);
            assert!(here.rules().contains(&"order-inverted".to_owned()), "{file}: {}", here.run(&["check"]));
            let told = here.fix();
            let fixed = here.read(file);
            let (old, new): (Vec<&str>, Vec<&str>) = (text.split('\n').collect(), fixed.split('\n').collect());
            assert_eq!(old.len(), new.len(), "{file}\n{fixed}\n{told}");
            let changed: Vec<_> = old.iter().zip(&new).filter(|(old, new)| old != new).collect();
            let [(old, new)] = changed[..] else { panic!("{file}: {changed:?}\n{told}") };
            let start = old.find(words).unwrap() + words.len();
            let start = start + old[start..].find('9').unwrap();
            let end = start + old[start..].find(|c: char| !c.is_ascii_digit()).unwrap();
            assert!(new.starts_with(&old[..start]) && new.ends_with(&old[end..]), "{file}: {old:?} {new:?}");
            assert_eq!(here.read("chat.chain.yaml"), chain, "{file}: the chain file has no value to change");
            assert!(!here.rules().contains(&"order-inverted".to_owned()), "{file}\n{}", here.run(&["check"]));
            here.fix();
            assert_eq!(here.read(file), fixed, "{file}: a second run changes nothing");
        }
    }
}

#[test]
fn a_default_is_repaired_by_one_new_line_in_its_block() {
    for windows in [false, true] {
        for (file, text, platform, words) in FILES {
            let lines = text.lines().filter(|line| !line.contains(words)).map(|line| format!("{line}\n"));
            let text: String = if windows { lines.collect::<String>().replace('\n', "\r\n") } else { lines.collect() };
            // No default of theirs is between what is before and what is behind.
            let chain = chain(platform, file).replace("total: 80s", "total: 500s").replace("90s", "700s");
            let here = Here::new(&[(file, &text), ("chat.chain.yaml", &chain)]);
            let before = here.rules();
            let told = here.fix();
            let fixed = here.read(file);
            let added: Vec<&str> = fixed.split_inclusive('\n').filter(|line| !text.contains(*line)).collect();
            let [line] = added[..] else { panic!("{file} {before:?}: {added:?}\n{told}") };
            assert!(line.contains(words.trim_end_matches([':', '=', ' '])), "{file}: {line:?}");
            assert_eq!(fixed.replacen(line, "", 1), text, "{file}");
            assert_eq!(line.ends_with("\r\n"), windows, "{file}: {line:?}");
            assert_eq!(here.read("chat.chain.yaml"), chain, "{file}");
            assert!(!here.rules().contains(&"order-inverted".to_owned()), "{file}\n{}", here.run(&["check"]));
            here.fix();
            assert_eq!(here.read(file), fixed, "{file}: a second run changes nothing");
        }
    }
}
