//! What each format writes, over one handmade run.

#[path = "report/sample.rs"]
mod sample;

use hoplint::engine::Outcome;
use hoplint::report::{self, Format, Options};

fn render(format: Format, outcome: &Outcome, options: &Options) -> String {
    let mut out = Vec::new();
    report::write(format, outcome, options, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// The version stays out of snapshots.
fn options() -> Options {
    Options { version: "0.0.0", ..Options::default() }
}

fn snapshot(format: Format) {
    insta::with_settings!({ snapshot_path => "report/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format.name(), render(format, &sample::outcome(), &options()));
        insta::assert_snapshot!(format!("{}-clean", format.name()), render(format, &sample::clean(), &options()));
    });
}

#[test]
fn text() {
    snapshot(Format::Text);
    insta::with_settings!({ snapshot_path => "report/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        let narrow = Options { color: true, links: true, unicode: false, width: 60, verbose: true, ..options() };
        let drawn = render(Format::Text, &sample::outcome(), &narrow);
        insta::assert_snapshot!("text-narrow-ascii-color", drawn.replace('\u{1b}', "ESC"));
    });
}

#[test]
fn compact() {
    snapshot(Format::Compact);
}

#[test]
fn json() {
    snapshot(Format::Json);
}

/// Whether a document keeps to a schema; says what does not.
fn violations(schema: &str, document: &str) -> Vec<String> {
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let document = serde_json::from_str(document).expect("the report is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn json_keeps_to_its_schema() {
    let schema = include_str!("../schemas/hoplint-output.schema.json");
    for outcome in [sample::outcome(), sample::clean()] {
        let report = render(Format::Json, &outcome, &options());
        assert_eq!(violations(schema, &report), Vec::<String>::new());
    }
    let broken = render(Format::Json, &sample::outcome(), &options())
        .replace("\"severity\": \"error\"", "\"severity\": \"bad\"");
    assert_ne!(violations(schema, &broken), Vec::<String>::new());
}
