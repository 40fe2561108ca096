//! Every `$ hoplint ...` in the documentation is run, and shows what stands there. `HOPLINT_BLESS=1` rewrites them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn console_examples_show_what_the_binary_says() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page is UTF-8");
        let fresh = rerun(&text);
        if std::env::var_os("HOPLINT_BLESS").is_some() && fresh != text {
            fs::write(&page, &fresh).expect("writable");
        } else {
            assert!(fresh == text, "{} is stale: HOPLINT_BLESS=1 cargo test --test readme\n{fresh}", page.display());
        }
    }
}

#[test]
fn pictures_and_diagrams_show_what_the_binary_draws() {
    for name in ["chat", "stream"] {
        let picture = run(&format!("show --format svg examples/{name}.chain.yaml"));
        fresh(&format!("docs/img/{name}.svg"), &picture);
    }
    let page = fs::read_to_string("docs/show.md").expect("the page");
    let (before, rest) = page.split_once("```mermaid\n").expect("a diagram");
    let (_, after) = rest.split_once("```\n").expect("its end");
    let diagram = run("show --format mermaid examples/chat.chain.yaml");
    fresh("docs/show.md", &format!("{before}```mermaid\n{diagram}```\n{after}"));
}

fn fresh(path: &str, wanted: &str) {
    let found = fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("HOPLINT_BLESS").is_some() && found != wanted {
        fs::write(path, wanted).expect("writable");
    } else {
        assert!(found == wanted, "{path} is stale: HOPLINT_BLESS=1 cargo test --test readme");
    }
}

#[test]
fn the_example_of_the_readme_is_the_shipped_one() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let shipped = fs::read_to_string("examples/chat.chain.yaml").expect("the example");
    let body = shipped.split_once("version:").map(|(_, rest)| rest.trim_end()).expect("a version");
    assert!(readme.contains(body), "the chain in the README differs from examples/chat.chain.yaml");
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page is UTF-8");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or("");
            if path.is_empty() || path.contains("://") || path.contains(' ') {
                continue;
            }
            let target = page.parent().unwrap_or(Path::new("")).join(path);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
}

#[test]
fn the_settings_of_the_page_about_them_are_read_without_a_word() {
    let page = fs::read_to_string("docs/configuration.md").expect("the page");
    let rules = hoplint::rules::names_of_findings();
    let mut seen = 0;
    for block in page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let (_, problems) = hoplint::config::decode(hoplint::span::FileId(0), block, &rules);
        assert!(problems.is_empty(), "{block}\n{problems:#?}");
        seen += 1;
    }
    assert!(seen > 0, "the page shows no settings");
}

#[test]
fn the_chains_of_the_pages_have_no_mistakes_of_form() {
    let catalog = hoplint::catalog::store::Catalog::default();
    let config = hoplint::config::Config::default();
    let engine = hoplint::engine::Engine { catalog: &catalog, config: &config };
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page is UTF-8");
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            if !block.starts_with("version: 1") {
                continue;
            }
            let source = hoplint::engine::Source { path: "page.chain.yaml".to_owned(), text: block.into() };
            let result = engine.check_file(hoplint::span::FileId(0), &source);
            let form = ["syntax", "unknown-key", "invalid-value", "missing-key", "unknown-platform", "unknown-timer"];
            let wrong = result.findings.iter().find(|finding| form.contains(&finding.rule));
            assert!(wrong.is_none(), "{}: {wrong:#?}", page.display());
        }
    }
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(PathBuf::from).into();
    for entry in fs::read_dir("docs").expect("docs/").flatten() {
        if entry.path().extension().is_some_and(|e| e == "md") {
            pages.push(entry.path());
        }
    }
    pages.sort();
    pages
}

/// The page with the output of each console block as the binary gives it now.
fn rerun(text: &str) -> String {
    let mut fresh = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        fresh += line;
        fresh.push('\n');
        if line != "```console" {
            continue;
        }
        for line in lines.by_ref().take_while(|line| *line != "```") {
            if let Some(command) = line.strip_prefix("$ hoplint ") {
                fresh += line;
                fresh.push('\n');
                fresh += &run(command);
            }
        }
        fresh += "```\n";
    }
    fresh
}

fn run(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .args(command.split_whitespace())
        .env_clear()
        .env("COLUMNS", "100")
        .output()
        .expect("the binary runs");
    let shown = [output.stdout, output.stderr].concat();
    let lines: Vec<String> =
        String::from_utf8(shown).expect("UTF-8").lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    lines.concat()
}
