//! Schema and decoder of `hoplint.toml` accept and reject the same documents, but for what the schema cannot know.

use super::{broken, config, made, text};
use hoplint::rules;
use hoplint::span::FileId;
use hoplint::syntax::Format;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What only the decoder can know, by a part of its message.
const DECODER_ALONE: [&str; 4] = [
    "is no version requirement",
    "this repository needs hoplint",
    "is longer than hoplint can count",
    // JSON Schema knows values, not spellings: 2.0 is a whole number to it.
    "found the number 2.0",
];

fn full() -> Value {
    json!({
        "required-version": ">=0.1",
        "order": "outward",
        "margin": "10%",
        "platforms": ["ops/platforms"],
        "templates": "ops/templates",
        "rules": {"order-inverted": "off", "margin-too-small": "note"},
        "thresholds": {"orphaned-work": "30s", "retry-multiplication": 9, "keepalive-race": "2s"},
        "generate": [{"target": "nginx", "chain": "a.chain.yaml", "out": "nginx.conf", "hop": "edge", "full": true, "explicit": false}],
        "ignore": [{"rule": "order-inverted", "path": "legacy/**", "hop": "edge", "reason": "goes away in May"}],
    })
}

/// The decoder's problems; none at all where TOML cannot say the document.
fn decoder(document: &Value) -> Option<Vec<String>> {
    let text = text::write(document, Format::Toml)?;
    let (_, problems) = hoplint::config::decode(FileId(0), &text, &rules::names());
    Some(problems.into_iter().map(|d| d.message).collect())
}

#[test]
fn config_schema_and_decoder_agree() {
    let schema = jsonschema::validator_for(&made::schema::<config::Settings>()).expect("the schema is one");
    let documents = broken::all(&full()).into_iter().chain([
        ("all".to_owned(), full()),
        ("nothing".to_owned(), json!({})),
        ("too long".to_owned(), json!({"margin": "999999999999h"})),
        ("too new".to_owned(), json!({"required-version": ">=99"})),
        ("spelling".to_owned(), json!({"thresholds": {"retry-multiplication": 2.0}})),
    ]);
    let (mut differences, mut seen, mut count) = (Vec::new(), BTreeSet::new(), 0);
    for (what, document) in documents {
        let Some(problems) = decoder(&document) else { continue };
        count += 1;
        let alone = |problem: &String| DECODER_ALONE.iter().position(|part| problem.contains(part));
        match (schema.is_valid(&document), problems.as_slice()) {
            (true, []) | (false, [_, ..]) => {}
            (true, problems) if problems.iter().all(|p| alone(p).is_some()) => {
                seen.extend(problems.iter().filter_map(alone));
            }
            (accepted, problems) => differences.push(format!("{what}: schema {accepted}, decoder {problems:?}")),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(seen.len(), DECODER_ALONE.len(), "the list has what no document needs");
    assert!(count > 1_000, "{count}");
    assert_eq!(decoder(&full()), Some(vec![]));
}
