//! No text of a chain gets out of its place in any generated file, by the judgement of parsers that know nothing of
//! hoplint: what they read of a file with hostile names has the shape of the file with a harmless one.
//!
//! Every target joins by its fixtures. Each parser runs once, over all files of its language.

#![allow(clippy::unwrap_used)]

#[path = "support/hostile.rs"]
mod hostile;
mod real;

use hoplint::generate::{Options, generate, target};
use hostile::{MARK, with_texts};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use real::{Folder, HOSTILE, fixtures, program, renamed, resolve, skip};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Random texts for each fixture, on top of the fixed ones.
const RANDOM: usize = 24;

/// One file with a harmless text, and the same file with a hostile one.
struct Pair {
    what: String,
    good: PathBuf,
    bad: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Parser {
    Python,
    Hcl,
    TypeScript,
    Go,
}

fn parser(name: &str) -> Parser {
    match name.rsplit_once('.').unwrap().1 {
        "cfg" | "toml" | "caddy" | "Caddyfile" | "conf" | "yaml" | "yml" | "py" | "xml" | "sh" | "env" => {
            Parser::Python
        }
        "tf" => Parser::Hcl,
        "ts" => Parser::TypeScript,
        "go" => Parser::Go,
        _ => panic!("no parser here judges {name}"),
    }
}

impl Parser {
    fn command(self) -> Option<Command> {
        let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(name);
        let node = |name: &str, variable: &str, package: &str| {
            let node = program("HOPLINT_NODE", "", "node");
            let package = program(variable, &format!("npm/node_modules/{package}"), "");
            node.zip(package).map(|(node, package)| {
                let mut command = Command::new(node);
                command.arg(script(name)).arg(package);
                command
            })
        };
        match self {
            Self::Python => program("HOPLINT_PYTHON", "venv/bin/python", "").map(|python| {
                let mut command = Command::new(python);
                command.arg(script("parsers.py"));
                command
            }),
            Self::Hcl => node("hcl_to_json.js", "HOPLINT_HCL2JSON", "@cdktf/hcl2json"),
            Self::TypeScript => node("typescript_tree.js", "HOPLINT_TYPESCRIPT", "typescript"),
            Self::Go => program("HOPLINT_GO", "", "go").map(|go| {
                let mut command = Command::new(go);
                // The dash ends the list of sources to run.
                command.arg("run").arg(script("go_tree.go")).arg("-");
                command
            }),
        }
    }

    /// What the parser reads in each file.
    fn read(mut command: Command, paths: &[&Path]) -> Vec<Value> {
        let out = command.args(paths).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

fn texts() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let random = (0..RANDOM).map(|_| hostile::texts().new_tree(&mut runner).unwrap().current());
    HOSTILE.iter().map(ToString::to_string).chain(random).collect()
}

/// Every file of every target: each fixture, with the harmless text and with each hostile one.
fn pairs(folder: &Folder) -> BTreeMap<Parser, Vec<Pair>> {
    let (mut pairs, mut count) = (BTreeMap::<Parser, Vec<Pair>>::new(), 0);
    let texts = texts();
    for target in target::all() {
        for (fixture, chain) in fixtures(&target.id) {
            let chain = resolve(&chain);
            for full in [false, true] {
                let made = |text: &str| {
                    let chain = with_texts(renamed(&chain, ""), text);
                    let hop = chain.hops.iter().find(|hop| target.writes(&hop.platform.id)).unwrap();
                    generate(&chain, hop, &target, Options { explicit: false, full }).unwrap().files
                };
                let good = made("x");
                let harmless: Vec<PathBuf> = good
                    .iter()
                    .map(|file| {
                        count += 1;
                        folder.write(&format!("{count}-{}", file.name), &file.text)
                    })
                    .collect();
                for text in &texts {
                    let bad = made(text);
                    assert_eq!(bad.len(), good.len(), "{} with {text:?}", target.id);
                    for (file, good) in bad.iter().zip(&harmless) {
                        count += 1;
                        let bad = folder.write(&format!("{count}-{}", file.name), &file.text);
                        let what = format!("{}, {fixture}, full {full}, {text:?}", target.id);
                        pairs.entry(parser(&file.name)).or_default().push(Pair { what, good: good.clone(), bad });
                    }
                }
            }
        }
    }
    pairs
}

/// Whether two trees differ in nothing but the texts that hold a text of the chain.
fn same_shape(good: &Value, bad: &Value) -> bool {
    match (good, bad) {
        (Value::String(good), Value::String(bad)) if good.contains(MARK) => bad.contains(MARK),
        (Value::Array(good), Value::Array(bad)) => {
            good.len() == bad.len() && good.iter().zip(bad).all(|(good, bad)| same_shape(good, bad))
        }
        (Value::Object(good), Value::Object(bad)) => {
            // Names made from a text are keys in some languages.
            let of_chain = |key: &&String| key.contains(MARK);
            let own = |map: &serde_json::Map<String, Value>| map.keys().filter(of_chain).count();
            let values = |map: &serde_json::Map<String, Value>| -> Vec<Value> {
                map.iter().filter(|(key, _)| of_chain(key)).map(|(_, value)| value.clone()).collect()
            };
            good.len() == bad.len()
                && own(good) == own(bad)
                && good
                    .iter()
                    .filter(|(key, _)| !of_chain(key))
                    .all(|(key, value)| bad.get(key).is_some_and(|bad| same_shape(value, bad)))
                && values(good).iter().zip(&values(bad)).all(|(good, bad)| same_shape(good, bad))
        }
        (good, bad) => good == bad,
    }
}

#[test]
fn no_text_leaves_its_place_by_the_parsers_of_others() {
    let folder = Folder::new("breakout");
    for (parser, pairs) in pairs(&folder) {
        let Some(command) = parser.command() else {
            skip("texts that try to leave their place", &format!("a parser for {parser:?}"));
            continue;
        };
        let mut paths: Vec<&Path> = pairs.iter().flat_map(|pair| [&*pair.good, &*pair.bad]).collect();
        paths.sort();
        paths.dedup();
        let read: BTreeMap<&Path, Value> = paths.iter().copied().zip(Parser::read(command, &paths)).collect();
        for Pair { what, good, bad } in &pairs {
            let text = || std::fs::read_to_string(bad).unwrap();
            let (good, bad) = (&read[&**good], &read[&**bad]);
            assert!(good.get("cannot be read").is_none(), "{what}: {good}");
            assert!(same_shape(good, bad), "{what}\n{bad}\n{}", text());
        }
        println!("{parser:?}: {} files", paths.len());
    }
}

#[test]
fn the_comparison_can_fail() {
    let tree = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert!(same_shape(&tree(r#"["a", {"qqzzx": "is qqzzx"}]"#), &tree(r#"["a", {"qqzz_evil": "is qqzz; evil"}]"#)));
    for bad in [r#"["b", {"qqzz": "qqzz"}]"#, r#"["a", {"qqzz": "qqzz", "evil": 1}]"#, r#"["a", {"qqzz": ["qqzz"]}]"#] {
        assert!(!same_shape(&tree(r#"["a", {"qqzzx": "is qqzzx"}]"#), &tree(bad)), "{bad}");
    }
}
