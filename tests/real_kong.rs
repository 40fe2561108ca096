//! Generated Kong files against the rules of its declarative format: restated here, and the published schema where
//! `HOPLINT_KONG_SCHEMA` names a copy of it.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use hoplint::syntax::{Format, Kind, Node, parse};
use real::{Folder, HOSTILE, fixtures, made, program, renamed, resolve, skip};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// What Kong 3 takes in the parts that are generated: types, ranges, and no other keys.
fn rules() -> Value {
    let millis = json!({"type": "integer", "minimum": 1, "maximum": 2_147_483_646u32});
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["_format_version", "services"],
        "properties": {
            "_format_version": {"type": "string", "const": "3.0"},
            "services": {"type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "host"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[0-9A-Za-z.\\-_~]+$"},
                    "host": {"type": "string", "pattern": "^[0-9A-Za-z.\\-]+$"},
                    "port": {"type": "integer", "minimum": 0, "maximum": 65535},
                    "protocol": {"enum": ["http", "https"]},
                    "connect_timeout": millis, "write_timeout": millis, "read_timeout": millis,
                    "retries": {"type": "integer", "minimum": 0, "maximum": 32767},
                    "routes": {"type": "array", "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {
                            "name": {"type": "string", "pattern": "^[0-9A-Za-z.\\-_~]+$"},
                            "paths": {"type": "array", "items": {"type": "string", "pattern": "^/"}},
                            "response_buffering": {"type": "boolean"},
                        },
                    }},
                },
            }},
        },
    })
}

fn json_of(node: &Node<'_>) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(b) => json!(b),
        Kind::Int(n) => json!(n),
        Kind::Num(text) => json!(text.parse::<f64>().unwrap()),
        Kind::Str(text) => json!(text),
        Kind::Seq(items) => items.iter().map(json_of).collect(),
        Kind::Map(entries) => entries.iter().map(|e| (e.key.text.to_string(), json_of(&e.value))).collect(),
        Kind::Tagged(tagged) => json_of(&tagged.value),
    }
}

fn text_of(chain: &Resolved, explicit: bool) -> String {
    made(chain, "kong", Options { explicit, full: false }).1.files[0].text.clone()
}

fn read(text: &str) -> Value {
    let parsed = parse(text, Format::Yaml);
    assert!(parsed.errors.is_empty(), "{:?}\n{text}", parsed.errors);
    json_of(parsed.root.as_ref().unwrap())
}

/// A schema as its makers publish it: one JSON file.
fn schema_at(path: &Path) -> jsonschema::Validator {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("HOPLINT_KONG_SCHEMA {}: {e}", path.display()));
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn validators() -> Vec<jsonschema::Validator> {
    let mut all = vec![jsonschema::validator_for(&rules()).unwrap()];
    match std::env::var_os("HOPLINT_KONG_SCHEMA") {
        Some(path) => all.push(schema_at(Path::new(&path))),
        None => eprintln!("SKIPPED Kong: the published schema; HOPLINT_KONG_SCHEMA names no copy of it"),
    }
    all
}

#[test]
fn fixtures_follow_the_rules_and_hold_the_values() {
    let validators = validators();
    for (name, text) in fixtures("kong") {
        let chain = resolve(&text);
        let hop = &chain.hops[0];
        for explicit in [false, true] {
            let file = read(&text_of(&chain, explicit));
            for validator in &validators {
                let problems: Vec<String> = validator.iter_errors(&file).map(|e| e.to_string()).collect();
                assert!(problems.is_empty(), "{name}: {problems:?}");
            }
            let service = &file["services"][0];
            for (key, timer) in [("connect_timeout", "connect"), ("write_timeout", "send"), ("read_timeout", "read")] {
                let index = hop.platform.timers.iter().position(|t| t.id == timer).unwrap();
                let value = hop.cases[0].timer_value(index).unwrap();
                let Some(Setting::At(at)) = value.setting else { panic!("{timer}") };
                let written = explicit || value.provenance.is_written();
                assert_eq!(
                    service.get(key),
                    written.then(|| json!(at.as_nanos() / 1_000_000)).as_ref(),
                    "{name} {key}"
                );
            }
            assert_eq!(service["retries"], hop.cases[0].attempts.most.unwrap() - 1, "{name}");
        }
    }
    for wrong in ["read_timeout: \"10m\"", "conect_timeout: 1", "retries: 32768", "read_timeout: 0"] {
        let text = format!("_format_version: \"3.0\"\nservices:\n  - name: a\n    host: b\n    {wrong}\n");
        assert!(!validators[0].is_valid(&read(&text)), "{wrong}");
    }
}

#[test]
fn a_schema_from_a_file_is_asked_too() {
    // Small, and written as the published one is: by reference, draft 7, milliseconds with the same ends.
    let own = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["_format_version"],
        "properties": {"services": {"type": "array", "items": {"$ref": "#/definitions/FService"}}},
        "definitions": {
            "FService": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "name": {"type": "string"}, "host": {"type": "string"}, "port": {"type": "integer"},
                    "protocol": {"type": "string"}, "retries": {"type": "integer"},
                    "connect_timeout": {"$ref": "#/definitions/Millis"},
                    "write_timeout": {"$ref": "#/definitions/Millis"},
                    "read_timeout": {"$ref": "#/definitions/Millis"},
                    "routes": {"type": "array"},
                },
            },
            "Millis": {"type": "integer", "maximum": 2_147_483_646u32, "minimum": 1},
        },
    });
    let folder = Folder::new("kong-schema");
    let validator = schema_at(&folder.write("schema.json", &own.to_string()));
    for (name, text) in fixtures("kong") {
        assert!(validator.is_valid(&read(&text_of(&resolve(&text), true))), "{name}");
    }
    let wrong = text_of(&resolve(&fixtures("kong")[0].1), true).replace("read_timeout: ", "read_timeout: 1m");
    assert!(!validator.is_valid(&read(&wrong)), "{wrong}");
}

#[test]
fn no_name_leaves_its_place_in_yaml() {
    let chain = resolve(&fixtures("kong")[0].1);
    let validator = jsonschema::validator_for(&rules()).unwrap();
    let python = program("HOPLINT_PYTHON", "venv/bin/python", "");
    if python.is_none() {
        skip("Kong: a second YAML reader", "a Python with PyYAML (.cache/venv)");
    }
    for name in HOSTILE {
        let text = text_of(&renamed(&chain, name), false);
        let file = read(&text);
        assert!(validator.is_valid(&file), "{name:?}\n{text}");
        if let Some(python) = &python {
            let code = "import sys, json, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))";
            let out = Command::new(python).args(["-c", code, &text]).output().unwrap();
            assert!(out.status.success(), "{name:?}: {}", String::from_utf8_lossy(&out.stderr));
            assert_eq!(serde_json::from_slice::<Value>(&out.stdout).unwrap(), file, "{name:?}");
        }
    }
}
