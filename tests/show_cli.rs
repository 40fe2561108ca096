//! `hoplint show` as a program: tables, pictures, diagrams and data of good, bad, deployed and hostile chains.

#[path = "support/program.rs"]
mod program;

use program::{Said, folder, hoplint_in};
use serde_json::Value;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// Two programs, retries, a default, a hard limit, a claim, and a value that a version decides.
const CHAIN: &str = "version: 1
order: inward
workload: reasoning
hops:
  - {name: backend, platform: openai-python, timeout: 130s}
  - {name: edge, platform: aws-apigateway-rest, timeouts: {integration: 60s}}
  - {name: proxy, platform: nginx}
  - {name: app, platform: gunicorn, with: {worker: sync}}
  - {name: sdk, platform: openai-python, timeout: 40s, retries: {attempts: 2}}
  - {name: provider, platform: openai, timeout: 600s}
";

const STREAM: &str = "version: 1
order: outward
margin: 5s
workload: {mode: streaming, first-byte: 30s, gap: 20s, total: 10m}
hops:
  - {name: app, platform: openai-node, timeout: 200s, retries: {attempts: 1}}
  - {name: edge, platform: aws-alb, timeouts: {idle: 90s}}
  - {name: proxy, platform: haproxy, timeouts: {server: 60s}}
  - {name: provider, platform: anthropic}
";

fn show_in(folder: &TempDir, columns: &str, color: &str, arguments: &str) -> Said {
    hoplint_in(folder, columns, color, &format!("show {arguments}"))
}

fn show(folder: &TempDir, arguments: &str) -> Said {
    show_in(folder, "80", "never", arguments)
}

#[test]
fn a_table_fits_a_terminal_and_names_every_source() {
    let folder = folder(&[("a.chain.yaml", CHAIN)]);
    let said = show(&folder, "");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.out);
    for columns in ["60", "80", "120"] {
        let said = show_in(&folder, columns, "never", "");
        let most: usize = columns.parse().expect("a number");
        let wide = said.out.lines().find(|line| textwrap::core::display_width(line) > most);
        assert_eq!(wide, None, "in {columns} columns");
    }
}

#[test]
fn a_stream_has_a_table_for_each_thing_that_is_waited_for() {
    let folder = folder(&[("a.chain.yaml", STREAM)]);
    insta::assert_snapshot!(show(&folder, "").out);
}

#[test]
fn colours_add_nothing_but_colour() {
    let folder = folder(&[("a.chain.yaml", CHAIN)]);
    let coloured = show_in(&folder, "80", "always", "").out;
    assert!(coloured.contains("\u{1b}[31m"), "{coloured}");
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        rest = after.split_once('m').expect("a colour ends").1;
    }
    assert_eq!(plain + rest, show(&folder, "").out);
}

#[test]
fn a_diagram_for_a_readme() {
    let folder = folder(&[("a.chain.yaml", CHAIN)]);
    insta::assert_snapshot!(show(&folder, "--format mermaid").out);
}

#[test]
fn several_chains_are_one_diagram_and_one_picture_each() {
    let text = "version: 1
shared:
  lb: {platform: aws-alb}
chains:
  chat: {hops: [lb, {name: app, platform: kong}]}
  ../up: {hops: [lb, {name: app, platform: kong}]}
";
    let folder = folder(&[("a.chain.yaml", text)]);
    let said = show(&folder, "--format mermaid");
    assert_eq!(said.out.matches("subgraph").count(), 2, "{}", said.out);

    let said = show(&folder, "--format svg");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("there are 2 chains (chat and ../up); pick one with --chain"), "{}", said.err);
    assert!(show(&folder, "--format svg --chain chat").out.starts_with("<svg "));
    let said = show(&folder, "--chain chta");
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(2), "hoplint: error: no chain is called chta; did you mean chat?\n")
    );

    let said = show(&folder, "--format svg --out pictures");
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""));
    let mut made: Vec<String> = fs::read_dir(folder.path().join("pictures"))
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    made.sort();
    assert_eq!(made, ["chat.svg", "up.svg"]);
}

#[test]
fn the_json_keeps_to_its_schema() {
    let text = fs::read_to_string("schemas/hoplint-show.schema.json").expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let folder = folder(&[("a.chain.yaml", CHAIN), ("b.chain.yaml", STREAM)]);
    let said = show(&folder, "--format json");
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    let problems: Vec<String> = validator.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(problems, Vec::<String>::new());
    let broken: Value = serde_json::from_str(&said.out.replace("\"kept\"", "\"fine-by-me\"")).expect("JSON");
    assert!(!validator.is_valid(&broken));

    let chain = &report["chains"][0];
    let bar = &chain["lanes"][0]["bars"][1];
    assert_eq!(bar["gives_up"]["to"]["text"], "29s");
    assert_eq!(
        (&bar["source"], &bar["limit"], &bar["need"]["fits"]),
        (&"fixed".into(), &"limited".into(), &"inverted".into())
    );
    assert_eq!(chain["lanes"][0]["margins"][0]["stands"], "inverted");
    assert_eq!(chain["hops"][3]["same_process"], true);
}

#[test]
fn a_picture_is_well_formed_and_brings_all_of_itself() {
    let folder = folder(&[("a.chain.yaml", CHAIN)]);
    let picture = show(&folder, "--format svg").out;
    let parsed = roxmltree::Document::parse(&picture).expect("XML");
    let outside = ["href", "src", "onload", "style"];
    for node in parsed.descendants() {
        assert!(!["script", "image", "foreignObject", "use", "a"].contains(&node.tag_name().name()), "{node:?}");
        let named = node.attributes().find(|a| outside.contains(&a.name()) || a.value().contains("://"));
        assert!(named.is_none(), "{named:?}");
    }
    let hops = parsed.descendants().filter(|node| node.attribute("class") == Some("hop")).count();
    assert_eq!(hops, 6);
    assert!(!picture.contains("@import") && !picture.contains("@font-face"));
    assert_eq!(picture, show(&folder, "--format svg").out, "equal chains are equal bytes");
}

#[test]
fn names_from_files_stay_text() {
    let text = "version: 1
chains:
  '</title><script>alert(1)</script>':
    hops:
      - {name: '\"]; click c0h0 \"javascript:alert(1)\"', platform: nginx}
      - {name: \"\\e[31mred\\nline ]]> <img src=x onerror=alert(1)>\", platform: '<b>custom</b>'}
      - {name: '--> <!-- {{ 7 * 7 }} &amp; %7B', platform: openai}
";
    let folder = folder(&[("a.chain.yaml", text)]);
    for format in ["table", "svg", "mermaid", "json"] {
        let said = show(&folder, &format!("--format {format}"));
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(!said.out.contains('\u{1b}'), "{format}");
        if format == "svg" {
            let parsed = roxmltree::Document::parse(&said.out).expect("XML");
            assert!(!parsed.descendants().any(|n| ["script", "img", "b"].contains(&n.tag_name().name())));
        }
        if format == "mermaid" {
            assert!(!said.out.contains("<script") && !said.out.contains("\"javascript"), "{}", said.out);
            assert!(said.out.lines().all(|line| line.matches('"').count() % 2 == 0), "{}", said.out);
        }
    }
}

#[test]
fn deployed_files_are_shown_without_a_chain_and_in_one() {
    let conf = "server { listen 80; location /v1/ { proxy_pass http://app; proxy_read_timeout 75s; } }\n";
    let chain = "version: 1\nhops:\n  - {name: sdk, platform: openai-python, timeout: 60s}\n  - {name: proxy, platform: nginx, from: nginx.conf#location /v1/}\n";
    let folder = folder(&[("nginx.conf", conf)]);
    let said = show(&folder, "");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.contains("proxy_read_timeout, deployed :1"), "{}", said.out);
    fs::write(folder.path().join("a.chain.yaml"), chain).expect("writable");
    let said = show(&folder, "");
    assert!(said.out.contains("proxy_read_timeout, deployed nginx.conf:1"), "{}", said.out);
    assert_eq!(said.out.matches("Wait for").count(), 1, "deployed files are a part of the chain:\n{}", said.out);
}

#[test]
fn what_cannot_be_shown_is_told() {
    let folder = folder(&[("a.chain.yaml", "version: 1\nhops:\n  - {platform: nginx, timeouts: {read: 90}}\n")]);
    let said = show(&folder, "");
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("a.chain.yaml:3:40: error: "), "{}", said.err);
    assert!(said.out.contains("proxy_read_timeout, default"), "{}", said.out);
    assert_eq!(show(&folder, "missing.chain.yaml").code, Some(2));
    assert_eq!(show(&self::folder(&[]), "").code, Some(2));
}

#[test]
fn a_file_that_is_written_has_neither_colours_nor_the_width_of_the_terminal() {
    let folder = folder(&[("a.chain.yaml", CHAIN)]);
    let said = show_in(&folder, "40", "always", "--out chains.txt");
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(0), "", "chains.txt: written\n"));
    let text = fs::read_to_string(folder.path().join("chains.txt")).expect("written");
    assert!(!text.contains('\u{1b}') && text.lines().any(|line| line.chars().count() > 40), "{text}");
}

#[test]
fn the_picture_is_the_same_in_every_run_and_release() {
    let folder = folder(&[("a.chain.yaml", CHAIN)]);
    insta::assert_snapshot!(show(&folder, "--format svg").out);
}

#[test]
fn the_data_of_a_short_chain() {
    let text = "version: 1\nhops:\n  - {name: app, platform: openai-python, timeout: 90s}\n  - {name: model, platform: openai}\n";
    let folder = folder(&[("a.chain.yaml", text)]);
    let said = show(&folder, "--format json").out;
    insta::assert_snapshot!(said.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

/// Drawn in the folder of the repository, as the documentation says.
fn drawn(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .arg("show")
        .args(arguments.split_whitespace())
        .env_clear()
        .output()
        .expect("the binary runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What the rules find between two hops is drawn between them.
fn each_finding_of_the_order_has_its_margin(chain: &Value) {
    let lanes = chain["lanes"].as_array().expect("a list");
    let margins: Vec<&Value> = lanes.iter().flat_map(|lane| lane["margins"].as_array().expect("a list")).collect();
    for finding in chain["findings"].as_array().expect("a list").iter().filter(|f| !f["hop"].is_null()) {
        let wanted = match finding["rule"].as_str() {
            Some("order-inverted") => "inverted",
            Some("margin-too-small") => "too-small",
            _ => continue,
        };
        let hop = &finding["hop"];
        let drawn = margins.iter().any(|m| m["stands"] == wanted && (&m["outer"] == hop || &m["inner"] == hop));
        assert!(drawn, "{}: {}", chain["location"], finding["message"]);
    }
}

#[test]
fn every_chain_of_the_fixtures_can_be_drawn() {
    let report: Value = serde_json::from_str(&drawn("--format json fixtures examples")).expect("JSON");
    let chains = report["chains"].as_array().expect("a list");
    assert!(chains.len() > 250, "{}", chains.len());
    for chain in chains {
        each_finding_of_the_order_has_its_margin(chain);
        let spans =
            chain["sweeps"].as_array().expect("a list").iter().map(|sweep| sweep["spans"].as_array().expect("a list"));
        for spans in spans {
            assert_eq!(spans[0]["from"]["seconds"], 0.0, "{}", chain["chain"]);
            assert!(spans.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{}", chain["chain"]);
            assert!(spans[spans.len() - 1]["to"].is_null(), "{}", chain["chain"]);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    drawn(&format!("--format svg fixtures examples --out {out}"));
    let pictures: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    assert_eq!(pictures.len(), chains.len());
    for path in pictures {
        let text = fs::read_to_string(&path).expect("UTF-8");
        roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!text.contains("NaN") && !text.contains("inf\""), "{}", path.display());
    }
    let page = drawn("--format html fixtures/rules");
    assert!(page.ends_with("</html>\n"), "{}", &page[page.len() - 40..]);
}
