//! The pages under `docs/rules/` are what the rules say, with an example that was run. `HOPLINT_BLESS=1` rewrites them.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::engine::{Engine, Source};
use hoplint::report::{self, Format, Options};
use hoplint::rules;
use hoplint::show;
use hoplint::span::FileId;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn rule_pages_are_fresh() {
    let folder = Path::new("docs/rules");
    let mut index = String::from(
        "# Rules\n\nGenerated from the rules themselves. `hoplint explain RULE` prints the same text.\n\n| rule | level | what |\n| --- | --- | --- |\n",
    );
    for rule in rules::ALL {
        let mut page = show::rule::page(rule);
        if let Some(example) = first_bad(rule.name) {
            page += &worked_example(&example);
        }
        index += &format!("| [`{0}`]({0}.md) | {1} | {2} |\n", rule.name, rule.level.name(), rule.summary);
        fresh(&folder.join(format!("{}.md", rule.name)), &page);
    }
    fresh(&folder.join("README.md"), &index);
    for entry in fs::read_dir(folder).expect("docs/rules is there") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
        assert!(name == "README" || rules::find(&name).is_some(), "{} is the page of no rule", path.display());
    }
}

fn first_bad(rule: &str) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(Path::new("fixtures/rules").join(rule))
        .ok()?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|p| {
            p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("bad-"))
                && p.extension().is_some_and(|e| e == "yaml")
        })
        .collect();
    found.sort();
    found.into_iter().next()
}

fn worked_example(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a fixture is UTF-8");
    let (catalog, config) = (Catalog::default(), Config::default());
    let engine = Engine { catalog: &catalog, config: &config };
    let source = Source { path: "example.chain.yaml".to_owned(), text: text.as_str().into() };
    let result = engine.check_file(FileId(0), &source);
    let outcome = engine.finish(vec![source], vec![result]);
    let mut out = Vec::new();
    report::write(Format::Text, &outcome, &Options::default(), &mut out).expect("writing to memory");
    let shown: Vec<&str> = std::str::from_utf8(&out).expect("UTF-8").lines().map(str::trim_end).collect();
    format!("\n## Example\n\n```yaml\n{}\n```\n\n```text\n{}\n```\n", text.trim_end(), shown.join("\n").trim_end())
}

fn fresh(path: &Path, wanted: &str) {
    if std::env::var_os("HOPLINT_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, wanted).expect("writable");
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{} is stale: run HOPLINT_BLESS=1 cargo test --test docs", path.display());
}
