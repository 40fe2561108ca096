//! Schema and decoder accept and reject the same documents, but for a short list.

use super::{broken, documents, made, text};
use hoplint::model::decode;
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What only the decoder can know, by a part of its message. Nothing else may differ.
const DECODER_ALONE: [(&str, &str); 7] = [
    ("first byte", "cannot come after the whole answer"),
    ("584 years", "is longer than hoplint can count"),
    ("unknown shared hop", "no hop under `shared` is called"),
    ("fallback of itself", "stands inside its own fallbacks"),
    ("depth of fallbacks", "deep inside each other"),
    ("expansion", "more values than any real one has"),
    // JSON Schema knows values, not spellings: 2.0 is a whole number to it.
    ("spelling of numbers", ".0"),
];

static SCHEMA: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&made::schema::<super::chain::ChainFile>()).expect("the schema is one"));

/// What the decoder says of a document in a format; none where the format cannot say it.
fn decoder(document: &Value, format: Format) -> Option<Vec<String>> {
    let text = text::write(document, format)?;
    let parsed = parse(&text, format);
    assert_eq!(parsed.errors, vec![], "{text}");
    let mut ctx = Ctx::new(FileId(0), &text, format, &parsed);
    decode::file(parsed.root.as_ref(), "file", &mut ctx);
    Some(ctx.diagnostics.into_iter().map(|d| d.message).collect())
}

/// Why schema and decoder differ, if they do; else nothing. A name of the list above where that is allowed.
fn difference(document: &Value) -> Result<Option<&'static str>, String> {
    let schema = SCHEMA.is_valid(document);
    let json = decoder(document, Format::Json).expect("JSON says everything");
    for format in [Format::Yaml, Format::Toml] {
        let other = decoder(document, format);
        if other.as_ref().is_some_and(|other| other.is_empty() != json.is_empty()) {
            return Err(format!("{format:?} and JSON differ: {other:?} {json:?}"));
        }
    }
    match (schema, json.as_slice()) {
        (false, []) => {
            let why: Vec<_> = SCHEMA.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
            Err(format!("only the schema refuses: {why:?}"))
        }
        (true, []) | (false, _) => Ok(None),
        (true, problems) => {
            let says =
                |problem: &String, part: &str| problem.contains(part) && (part != ".0" || problem.ends_with(part));
            let known = |problem: &String| DECODER_ALONE.iter().find(|(_, part)| says(problem, part));
            let names: Option<Vec<_>> = problems.iter().map(known).collect();
            match names.as_deref() {
                Some([first, ..]) => Ok(Some(first.0)),
                _ => Err(format!("only the decoder refuses: {problems:?}")),
            }
        }
    }
}

#[test]
fn the_documents_to_break_are_good() {
    for document in [documents::full(), documents::small()] {
        assert_eq!(difference(&document), Ok(None));
        assert_eq!(decoder(&document, Format::Json), Some(vec![]));
    }
}

#[test]
fn broken_documents_are_judged_alike() {
    let mut differences = Vec::new();
    let (mut count, mut refused) = (0, 0);
    for whole in [documents::full(), documents::small()] {
        for (what, document) in broken::all(&whole) {
            count += 1;
            refused += u32::from(!SCHEMA.is_valid(&document));
            if let Err(why) = difference(&document) {
                differences.push(format!("{what}\n    {why}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} of {count} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(count > 5_000 && refused > 4_000, "{count} {refused}");
}

/// Each entry of the list has a document, so that none stays without need.
#[test]
fn the_list_of_differences_is_exact() {
    let hop = json!({"platform": "nginx"});
    let nested = |depth: usize| {
        let shared: serde_json::Map<_, _> = (0..depth)
            .map(|i| (format!("s{i}"), json!({"platform": "x", "fallbacks": [format!("s{}", i + 1)]})))
            .chain([(format!("s{depth}"), hop.clone())])
            .collect();
        json!({"version": 1, "shared": shared, "hops": ["s0"]})
    };
    let twenty: serde_json::Map<_, _> = (0..6)
        .map(|i| (format!("s{i}"), json!({"platform": "x", "fallbacks": vec![format!("s{}", i + 1); 20]})))
        .chain([("s6".to_owned(), hop.clone())])
        .collect();
    let found: BTreeSet<_> = [
        json!({"version": 1, "workload": {"first-byte": "5s", "total": "1s"}, "hops": [hop]}),
        json!({"version": 1, "margin": "999999999999h", "hops": [hop]}),
        json!({"version": 1, "hops": ["gone"]}),
        json!({"version": 1, "shared": {"a": {"platform": "x", "fallbacks": ["a"]}}, "hops": ["a"]}),
        nested(12),
        json!({"version": 1, "shared": twenty, "hops": ["s0"]}),
        json!({"version": 1, "hops": [{"platform": "x", "calls": 2.0}]}),
    ]
    .iter()
    .map(|document| difference(document).expect("a difference of the list").expect("a difference"))
    .collect();
    assert_eq!(found, DECODER_ALONE.iter().map(|(name, _)| *name).collect());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn valid_documents_are_accepted_by_both(document in documents::document()) {
        prop_assert_eq!(decoder(&document, Format::Json), Some(vec![]));
        prop_assert_eq!(difference(&document), Ok(None));
    }

    #[test]
    fn durations_match_the_pattern_exactly(text in "[0-9]{0,3}(d|h|m|s|ms|us|w|M|\\.5s| s|µs)?[0-9]{0,2}(h|m|s|ms|us)?") {
        let document = json!({"version": 1, "margin": text, "hops": [{"platform": "x"}]});
        prop_assert_eq!(SCHEMA.is_valid(&document), hoplint::duration::Dur::parse(&text).is_ok());
    }

    #[test]
    fn a_valid_document_broken_anywhere_is_judged_alike(
        document in documents::document(),
        place in any::<prop::sample::Index>(),
        other in documents::document(),
        taken in any::<prop::sample::Index>(),
    ) {
        let (places, others) = (broken::places(&document), broken::places(&other));
        let value = other.pointer(others[taken.index(others.len())].as_str()).expect("a place").clone();
        let mut document = document;
        *document.pointer_mut(&places[place.index(places.len())]).expect("a place") = value;
        prop_assert!(difference(&document).is_ok(), "{:?} {document}", difference(&document));
    }
}
