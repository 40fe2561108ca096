//! `hoplint plan` as a program: tables, proofs, files that it writes, exit codes, and the JSON with its schema.

#[path = "support/program.rs"]
mod program;

use program::{Said, folder, hoplint};
use serde_json::Value;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// One timer too short for the work, and an SDK that nobody has configured.
const SHORT: &str = "version: 1
order: inward
workload: reasoning
hops:
  - name: app      # the caller
    platform: openai-python
    timeout: 130s
    retries: {attempts: 1}
  - name: proxy
    platform: nginx
  - name: provider
    platform: openai
    timeout: 600s
";

/// A gateway that cannot wait as long as the work takes.
const STUCK: &str = "version: 1
order: inward
workload: reasoning
hops:
  - {name: app, platform: openai-python, timeout: 130s, retries: {attempts: 1}}
  - {name: edge, platform: aws-apigateway-rest, timeouts: {integration: 29s}}
  - {name: provider, platform: openai, timeout: 600s}
";

fn plan(folder: &TempDir, arguments: &str) -> Said {
    hoplint(folder, &format!("plan {arguments}"))
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("is there")
}

#[test]
fn a_table_says_what_set_each_value() {
    let folder = folder(&[("a.chain.yaml", SHORT)]);
    let said = plan(&folder, "a.chain.yaml");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.out);
}

#[test]
fn shared_hops_get_one_value_for_all_chains() {
    let text = "version: 1
order: outward
margin: 5s
workload: {total: 40s}
shared:
  lb: {platform: aws-alb}
chains:
  chat:
    hops: [lb, {name: app, platform: kong, timeouts: {read: 90s}, retries: {attempts: 1}}]
  embed:
    hops: [{name: sdk, platform: openai-node, timeout: 100s}, lb, {name: worker, platform: envoy, timeouts: {route-total: 70s}}]
";
    let folder = folder(&[("a.chain.yaml", text)]);
    let said = plan(&folder, "");
    assert_eq!(said.code, Some(0));
    insta::assert_snapshot!(said.out);
}

#[test]
fn a_proof_has_places_and_ways_out() {
    let folder = folder(&[("a.chain.yaml", STUCK)]);
    let said = plan(&folder, "");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    insta::assert_snapshot!(said.out);
}

#[test]
fn a_circle_is_its_own_proof() {
    let text = "version: 1
order: inward
shared:
  a: {platform: kong, timeouts: {read: 60s}}
  b: {platform: nginx, timeouts: {read: 70s}}
chains:
  one: {hops: [a, b]}
  two: {hops: [b, a]}
";
    let folder = folder(&[("a.chain.yaml", text)]);
    let said = plan(&folder, "");
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!(said.out);
}

#[test]
fn write_keeps_what_a_person_wrote_and_then_there_is_nothing_to_do() {
    let crlf = SHORT.replace('\n', "\r\n");
    let folder = folder(&[("a.chain.yaml", &crlf)]);
    let diff = plan(&folder, "--diff");
    assert_eq!(diff.code, Some(1));
    assert!(diff.out.contains("+    timeouts: {read: 150s}"), "{}", diff.out);
    assert_eq!(read(&folder, "a.chain.yaml"), crlf);
    assert_eq!(plan(&folder, "--check").code, Some(1));

    let said = plan(&folder, "--write");
    assert_eq!((said.code, said.err.as_str()), (Some(0), "a.chain.yaml: written\n"));
    let after = crlf.replace("platform: nginx\r\n", "platform: nginx\r\n    timeouts: {read: 150s}\r\n");
    assert_eq!(read(&folder, "a.chain.yaml"), after);
    assert_eq!((plan(&folder, "--check").code, plan(&folder, "--diff").out.as_str()), (Some(0), ""));
}

#[test]
fn toml_and_json_are_written_as_they_are() {
    let toml = "version = 1\norder = \"inward\"\nworkload = \"reasoning\"\n\n[[hops]]\nname = \"app\" # caller\nplatform = \"kong\"\ntimeouts = { read = \"60s\" }\n\n[[hops]]\nname = \"proxy\"\nplatform = \"nginx\"\n";
    let json = "{\"version\": 1, \"order\": \"inward\", \"workload\": \"reasoning\",\n \"hops\": [{\"name\": \"app\", \"platform\": \"kong\", \"timeouts\": {\"read\": \"60s\"}}, {\"name\": \"proxy\", \"platform\": \"nginx\"}]}\n";
    let folder = folder(&[("a.chain.toml", toml), ("b.chain.json", json)]);
    assert_eq!(plan(&folder, "--write").code, Some(0));
    let after = [read(&folder, "a.chain.toml"), read(&folder, "b.chain.json")];
    assert!(after[0].contains("name = \"app\" # caller") && !after[0].contains("60s"), "{}", after[0]);
    assert!(
        after[1].starts_with("{\"version\": 1, \"order\": \"inward\"") && !after[1].contains("60s"),
        "{}",
        after[1]
    );
    assert_eq!(plan(&folder, "--check").code, Some(0), "{after:?}");
}

#[test]
fn several_files_are_planned_and_the_worst_decides() {
    let folder = folder(&[("a.chain.yaml", SHORT), ("b.chain.yaml", STUCK)]);
    let said = plan(&folder, "--write");
    assert_eq!(said.code, Some(1));
    assert!(said.out.ends_with("1 change to make: 2 chains in 2 files; 1 chain without a plan\n"), "{}", said.out);
    assert!(read(&folder, "a.chain.yaml").contains("timeouts: {read: 150s}"));
    assert_eq!(read(&folder, "b.chain.yaml"), STUCK);
}

#[test]
fn a_pinned_hop_stays_and_an_unknown_one_is_told() {
    let folder = folder(&[("a.chain.yaml", SHORT)]);
    let said = plan(&folder, "--pin app --objective smallest");
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("130s     keep  pinned"), "{}", said.out);
    // Pinned, nginx stays at its default, which is too short for the work.
    let said = plan(&folder, "--pin proxy");
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("but proxy_read_timeout of proxy is 60s, and it is pinned"), "{}", said.out);
    assert!(said.out.contains("1. take the pin off proxy"), "{}", said.out);
    let said = plan(&folder, "--pin poxy");
    assert_eq!(said.code, Some(2));
    assert_eq!(said.err, "hoplint: error: no chain has a hop poxy; did you mean proxy?\n");
}

#[test]
fn what_cannot_be_planned_is_told() {
    let folder = folder(&[("a.chain.yaml", "version: 1\nhops:\n  - {platform: nginx, timeouts: {read: 90}}\n")]);
    let said = plan(&folder, "");
    assert_eq!(said.code, Some(1));
    assert!(said.out.starts_with("a.chain.yaml:3:40: error: "), "{}", said.out);
    assert_eq!(plan(&folder, "missing.chain.yaml").code, Some(2));
    assert_eq!(plan(&self::folder(&[]), "").code, Some(2));
    assert_eq!(plan(&folder, "--write --diff").code, Some(2));
    fs::write(folder.path().join("nginx.conf"), "events {}\n").expect("writable");
    let said = plan(&folder, "nginx.conf");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("nginx.conf: is no chain file"), "{}", said.err);
}

#[test]
fn deployed_values_are_taken_into_account_and_left_alone() {
    let chain = "version: 1
order: inward
workload: reasoning
hops:
  - {name: app, platform: openai-python, timeout: 130s, retries: {attempts: 1}}
  - {name: proxy, platform: haproxy, from: haproxy.cfg}
  - {name: provider, platform: openai, timeout: 600s}
";
    let conf = "defaults\n  mode http\n  timeout connect 5s\n  timeout client 400s\n  timeout server 75s\n\nbackend app\n  server one 10.0.0.1:80\n";
    let folder = folder(&[("a.chain.yaml", chain), ("haproxy.cfg", conf)]);
    let said = plan(&folder, "--write");
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(
        said.out.contains(
            "set timeout server of proxy to 150s by hand in haproxy.cfg:5:18, or let `--write --unsafe-fixes` do it"
        ),
        "{}",
        said.out
    );
    assert_eq!((read(&folder, "a.chain.yaml").as_str(), read(&folder, "haproxy.cfg").as_str()), (chain, conf));
}

/// Three formats in a row, each with its own unit, a comment at the value, and one value that is only a default.
const BOUND: &str = "version: 1
order: inward
workload: reasoning
hops:
  - {name: app, platform: openai-python, timeout: 130s, retries: {attempts: 1}}
  - name: edge
    platform: aws-alb
    from: infra/alb.tf#aws_lb.chat
    timeouts: {idle: 90s}   # what we believe
  - {name: balancer, platform: haproxy, from: infra/haproxy.cfg}
  - {name: proxy, platform: nginx, from: infra/nginx.conf#location /v1/}
  - {name: provider, platform: openai, timeout: 600s}
";
const ALB: &str = "resource \"aws_lb\" \"chat\" {
  name         = \"chat\"
  idle_timeout = 90 # seconds
}
";
const HAPROXY: &str = "defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 75000   # most pages are quick

backend app
  server one 10.0.0.1:80
";
const NGINX: &str = "server {
    listen 80;
    location /v1/ {
        # answers come slowly
        proxy_pass http://127.0.0.1:4000;
    }
}
";

fn bound() -> TempDir {
    let folder = folder(&[("chat.chain.yaml", BOUND)]);
    fs::create_dir(folder.path().join("infra")).expect("writable");
    for (name, text) in [("alb.tf", ALB), ("haproxy.cfg", HAPROXY), ("nginx.conf", NGINX)] {
        fs::write(folder.path().join("infra").join(name), text).expect("writable");
    }
    folder
}

const BOUND_FILES: [&str; 4] = ["chat.chain.yaml", "infra/alb.tf", "infra/haproxy.cfg", "infra/nginx.conf"];

/// The rules of which `hoplint check` reports something.
fn found(folder: &TempDir) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder.path())
        .args(["check", "--format", "json", "."])
        .env_clear()
        .output()
        .expect("the binary runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.filter_map(|finding| finding["rule"].as_str().map(str::to_owned)).collect()
}

/// What a plan is for.
const JUDGED: [&str; 8] = [
    "drift",
    "order-inverted",
    "margin-too-small",
    "limit-exceeded",
    "below-minimum",
    "limit-below-workload",
    "workload-exceeds",
    "stream-gap-too-short",
];

fn judged(folder: &TempDir) -> Vec<String> {
    found(folder).into_iter().filter(|rule| JUDGED.contains(&rule.as_str())).collect()
}

#[test]
fn deployed_files_are_written_in_their_own_units_and_then_all_agrees() {
    let folder = bound();
    let before = BOUND_FILES.map(|name| read(&folder, name));
    assert!(!judged(&folder).is_empty());
    let diff = plan(&folder, "--diff --unsafe-fixes");
    assert_eq!((diff.code, diff.err.as_str()), (Some(1), ""));
    for name in BOUND_FILES {
        assert!(diff.out.contains(&format!("+++ b/{name}\n")), "{}", diff.out);
    }
    assert_eq!(plan(&folder, "--check --unsafe-fixes").code, Some(1));
    assert_eq!(BOUND_FILES.map(|name| read(&folder, name)), before);

    let said = plan(&folder, "--write --unsafe-fixes");
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(said.err, BOUND_FILES.map(|name| format!("{name}: written\n")).concat());
    insta::assert_snapshot!(said.out + &BOUND_FILES.map(|name| read(&folder, name)).join("----\n"));
    assert_eq!(judged(&folder), Vec::<String>::new());
    assert_eq!(plan(&folder, "--check --unsafe-fixes").code, Some(0));
    assert_eq!(plan(&folder, "--diff --unsafe-fixes").out, "");
}

#[test]
fn without_unsafe_fixes_the_lines_to_change_are_told() {
    let folder = bound();
    let said = plan(&folder, "--write");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for place in ["infra/alb.tf:3:18", "infra/haproxy.cfg:5:18", "infra/nginx.conf:"] {
        let told = said.out.lines().any(|line| line.contains("by hand in") && line.contains(place));
        assert!(told && said.out.contains("or let `--write --unsafe-fixes` do it"), "{}", said.out);
    }
    assert_eq!(read(&folder, "infra/alb.tf"), ALB);
    let said = plan(&folder, "--diff");
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains("3 changes of deployed files are not shown"), "{}", said.err);
}

#[test]
fn a_deployed_value_of_several_hops_is_one_text() {
    let hop = |app: &str, wait: u32| {
        format!(
            "  {app}:\n    workload: {{total: {wait}s}}\n    hops:\n      - {{name: {app}, platform: openai-python, timeout: {}s, retries: {{attempts: 1}}}}\n      - {{name: proxy, platform: nginx, from: nginx.conf}}\n",
            wait + 10
        )
    };
    let chains = format!("version: 1\norder: inward\nchains:\n{}{}", hop("fast", 20), hop("slow", 120));
    let stated = NGINX.replace("location", "proxy_read_timeout 60s;\n    location");
    for conf in [NGINX, &stated] {
        let folder = folder(&[("a.chain.yaml", &chains), ("nginx.conf", conf)]);
        let said = plan(&folder, "--write --unsafe-fixes");
        assert_eq!((said.code, said.err.as_str()), (Some(0), "nginx.conf: written\n"), "{}", said.out);
        let after = read(&folder, "nginx.conf");
        assert_eq!(after.matches("proxy_read_timeout").count(), 1, "{after}");
        assert!(after.contains("# answers come slowly"), "{after}");
        assert_eq!(judged(&folder), Vec::<String>::new(), "{after}");
        assert_eq!(plan(&folder, "--check --unsafe-fixes").code, Some(0));
    }
}

#[test]
fn chain_files_that_share_a_deployed_file_agree_on_it_or_nothing_is_written() {
    let chain = |timeout: &str, more: &str| {
        format!(
            "version: 1\norder: inward\nhops:\n  - {{name: app, platform: openai-python, timeout: {timeout}, retries: {{attempts: 1}}, pin: true}}\n  - {{name: proxy, platform: nginx, from: nginx.conf}}\n{more}"
        )
    };
    let (low, high) = (chain("30s", ""), chain("130s", ""));
    let agreeing = folder(&[("a.chain.yaml", &low), ("b.chain.yaml", &high), ("nginx.conf", NGINX)]);
    let said = plan(&agreeing, "--write --unsafe-fixes --objective smallest");
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(judged(&agreeing), Vec::<String>::new(), "{}", read(&agreeing, "nginx.conf"));
    assert_eq!(plan(&agreeing, "--check --unsafe-fixes").code, Some(0));

    let capped = chain("30s", "  - {name: provider, platform: custom, timeouts: {total: 60s}, pin: true}\n");
    let split = folder(&[("a.chain.yaml", &capped), ("b.chain.yaml", &high), ("nginx.conf", NGINX)]);
    let said = plan(&split, "--write --unsafe-fixes");
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("different values in one deployed file"), "{}", said.err);
    assert_eq!(read(&split, "nginx.conf"), NGINX);
}

#[test]
fn json_keeps_to_its_schema() {
    let schema = fs::read_to_string("schemas/hoplint-plan.schema.json").expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let folder =
        folder(&[("a.chain.yaml", SHORT), ("b.chain.yaml", STUCK), ("c.chain.yaml", "version: 1\nhops: [{}]\n")]);
    let said = plan(&folder, "--format json");
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    let violations: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(violations, Vec::<String>::new());
    let broken = said.out.replace("\"changed\": true", "\"changed\": \"yes\"");
    assert!(!validator.is_valid(&serde_json::from_str(&broken).expect("JSON")), "a change goes unnoticed");

    let values = &report["files"][0]["chains"][0]["values"];
    let row = values.as_array().and_then(|rows| rows.iter().find(|row| row["hop"] == "proxy")).expect("a row");
    assert_eq!((&row["now"], &row["planned"], &row["changed"]), (&"60s".into(), &"150s".into(), &true.into()));
    assert_eq!(report["summary"]["infeasible"], 1);
    assert_eq!(report["files"][1]["chains"][0]["ways_out"][0]["kind"], "stream");
}

#[test]
fn names_from_a_file_cannot_command_the_terminal() {
    let text = SHORT.replace("name: proxy", "name: \"pro\\e[31mxy\"");
    let folder = folder(&[("a.chain.yaml", &text)]);
    for format in ["text", "json"] {
        let said = plan(&folder, &format!("--format {format}"));
        assert!(!said.out.contains('\u{1b}') && said.out.contains("pro"), "{}", said.out);
    }
}

#[test]
fn a_default_that_a_facet_decides_has_its_place_in_the_order() {
    let text = "version: 1
order: inward
margin: 56%
workload: {total: 120s}
hops:
  - platform: contour
  - platform: google-gemini
";
    let folder = folder(&[("a.chain.yaml", text)]);
    let said = plan(&folder, "");
    assert_eq!(said.code, Some(0));
    let gemini = said.out.lines().find(|line| line.contains("google-gemini")).expect("a row");
    assert!(gemini.contains("600s") && gemini.contains("ends after contour"), "{}", said.out);
}

#[test]
fn every_change_has_a_row() {
    let text = "version: 1
order: outward
workload: simple-qa
hops:
  - {name: outer, platform: custom, timeouts: {total: 60s, upstream-keepalive: 90s}}
  - {name: inner, platform: custom, timeouts: {total: 30s, downstream-keepalive: 60s}}
";
    let folder = folder(&[("a.chain.yaml", text)]);
    let said = plan(&folder, "");
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("1 of 3 values change"), "{}", said.out);
    assert!(said.out.ends_with("1 change to make: 1 chain in 1 file\n"), "{}", said.out);
    assert!(
        said.out.contains("upstream-keepalive  90s") && said.out.contains("before inner closes them"),
        "{}",
        said.out
    );
}
