//! What each format writes, over one handmade run.

#[path = "report/sample.rs"]
mod sample;

use hoplint::engine::Outcome;
use hoplint::report::{self, Format, Options};
use hoplint::rules;

fn render(format: Format, outcome: &Outcome, options: &Options) -> String {
    let mut out = Vec::new();
    report::write(format, outcome, options, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// The version stays out of snapshots, and so do the words of rules: each may change without its reports.
fn options() -> Options {
    Options { version: "0.0.0", ..Options::default() }
}

fn snapshot_of(name: &str, report: &str) {
    let words = rules::find("order-inverted").expect("the sample names it");
    let quoted = serde_json::to_string(&words.text()).expect("a text");
    let report =
        report.replace(&quoted, "\"(the rule's documentation)\"").replace(words.summary, "(the rule's summary)");
    insta::with_settings!({ snapshot_path => "report/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, report);
    });
}

fn snapshot(format: Format) {
    snapshot_of(format.name(), &render(format, &sample::outcome(), &options()));
    snapshot_of(&format!("{}-clean", format.name()), &render(format, &sample::clean(), &options()));
}

#[test]
fn text() {
    snapshot(Format::Text);
    let narrow = Options { color: true, links: true, unicode: false, width: 60, verbose: true, ..options() };
    let drawn = render(Format::Text, &sample::outcome(), &narrow);
    snapshot_of("text-narrow-ascii-color", &drawn.replace('\u{1b}', "ESC"));
}

#[test]
fn compact() {
    snapshot(Format::Compact);
}

#[test]
fn machine_formats() {
    for (_, format) in Format::NAMES.into_iter().filter(|(_, f)| !matches!(f, Format::Text | Format::Compact)) {
        snapshot(format);
    }
}
