//! What must hold for any bytes at all. Called by the fuzz targets and by `tests/fuzz_smoke.rs`.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::Diagnostic;
use hoplint::diagnose::from_log;
use hoplint::diagnose::log::detect::Wish;
use hoplint::diagnose::log::reading::Reading;
use hoplint::diagnose::log::{known, nginx_conf};
use hoplint::engine::{Engine, Source};
use hoplint::import::reader::NoIncludes;
use hoplint::import::{Given, Import, READERS};
use hoplint::model::{Hop, decode};
use hoplint::report::{self, Options, logs};
use hoplint::span::{FileId, Loc, Span};
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::scalar_map::ScalarMap;
use hoplint::syntax::{Format, Kind, MAX_DEPTH, Node, Parsed, parse, parse_documents};
use std::sync::LazyLock;

const FORMATS: [(Format, &str); 3] =
    [(Format::Yaml, "fuzz.chain.yaml"), (Format::Toml, "fuzz.chain.toml"), (Format::Json, "fuzz.chain.json")];

/// Text to tree.
pub fn syntax(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for (format, _) in FORMATS {
        one_document(&parse(&text, format), &text, format);
        let mut end = 0;
        for document in parse_documents(&text, format) {
            assert_eq!(document.span.start, end, "documents without a gap");
            end = document.span.end;
            inside(document.span, &text);
            one_document(&document.parsed, &text, format);
            document.parsed.root.iter().for_each(|root| maps(root, &text, format));
        }
        assert_eq!(end as usize, text.len(), "documents up to the end");
    }
}

fn one_document(parsed: &Parsed<'_>, text: &str, format: Format) {
    assert!(parsed.errors.iter().map(|e| e.span).is_sorted(), "errors in order");
    assert!(parsed.comments.is_sorted(), "comments in order");
    parsed.comments.iter().for_each(|span| inside(*span, text));
    for error in &parsed.errors {
        inside(error.span, text);
        error.related.iter().for_each(|(span, _)| inside(*span, text));
        assert!(!error.message.is_empty(), "an error without words");
    }
    if let Some(root) = &parsed.root {
        node(root, text, 0);
    } else {
        let blank = text.trim_start_matches('\u{feff}').trim().is_empty();
        assert!(blank || format != Format::Json || !parsed.errors.is_empty(), "JSON lost without a word");
    }
}

/// Every character of a text has a place in the file.
fn maps(node: &Node<'_>, text: &str, format: Format) {
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| maps(item, text, format)),
        Kind::Map(entries) => entries.iter().for_each(|entry| maps(&entry.value, text, format)),
        Kind::Tagged(tagged) => maps(&tagged.value, text, format),
        Kind::Str(value) => {
            let Some(map) = ScalarMap::of(node, text, format) else { return };
            value.char_indices().for_each(|(i, c)| inside(map.span(i..i + c.len_utf8()), text));
        }
        _ => {}
    }
}

fn node(node_: &Node<'_>, text: &str, depth: usize) {
    assert!(depth <= MAX_DEPTH + 1, "deeper than the limit");
    inside(node_.span, text);
    node_.def.iter().for_each(|span| inside(*span, text));
    match &node_.kind {
        Kind::Seq(items) => items.iter().for_each(|item| node(item, text, depth + 1)),
        Kind::Map(entries) => {
            for entry in entries {
                inside(entry.key.span, text);
                node(&entry.value, text, depth + 1);
            }
        }
        Kind::Tagged(tagged) => node(&tagged.value, text, depth),
        _ => {}
    }
}

/// Tree to chains.
pub fn model(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for (format, _) in FORMATS {
        let parsed = parse(&text, format);
        let mut ctx = Ctx::new(FileId(0), &text, format, &parsed);
        let chains = decode::file(parsed.root.as_ref(), "fuzz", &mut ctx);
        assert!(!chains.is_empty() || !ctx.diagnostics.is_empty(), "nothing read and nothing said");
        ctx.diagnostics.iter().for_each(|diagnostic| said(diagnostic, &text));
        for chain in &chains {
            within(chain.at, &text);
            within(chain.body, &text);
            assert!(!chain.hops.is_empty(), "a chain without hops");
            chain.hops.iter().for_each(|h| hop(h, &text));
        }
    }
}

fn hop(hop: &Hop, text: &str) {
    within(hop.at, text);
    within(hop.body, text);
    within(hop.platform.loc, text);
    for (key, value) in &hop.timers {
        within(key.loc, text);
        within(value.loc, text);
    }
    hop.fallbacks.iter().flatten().for_each(|inner| self::hop(inner, text));
}

/// File to findings and reports.
pub fn engine(data: &[u8]) {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::default);
    let text = String::from_utf8_lossy(data);
    for (_, path) in FORMATS {
        let engine = Engine { catalog: &CATALOG, config: &Config::default() };
        let source = Source { path: path.to_owned(), text: text.as_ref().into() };
        let result = engine.check_file(FileId(0), &source);
        result.findings.iter().for_each(|diagnostic| said(diagnostic, &text));
        let again = engine.check_file(FileId(0), &source);
        assert_eq!(result.findings, again.findings, "the same file says something else");
        let outcome = engine.finish(vec![source], vec![result]);
        for (_, format) in report::Format::NAMES {
            let mut out = Vec::new();
            report::write(format, &outcome, &Options::default(), &mut out).expect("writing to memory");
            let written = String::from_utf8(out).expect("reports are UTF-8");
            let obeyed = written.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
            assert_eq!(obeyed, None, "a control character in a report");
        }
    }
}

/// Deployed nginx configuration to hops, settings and problems.
pub fn nginx(data: &[u8]) {
    deployed("nginx", &String::from_utf8_lossy(data));
}

/// A haproxy.cfg to hops, settings and problems.
pub fn haproxy(data: &[u8]) {
    deployed("haproxy", &String::from_utf8_lossy(data));
}

/// A Caddyfile to hops, settings and problems.
pub fn caddy(data: &[u8]) {
    deployed("caddy", &String::from_utf8_lossy(data));
}

/// Apache's configuration to hops, settings and problems.
pub fn apache(data: &[u8]) {
    deployed("apache-httpd", &String::from_utf8_lossy(data));
}

/// Terraform, native and JSON, to hops, settings and problems.
pub fn terraform(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for path in ["fuzz.tf", "fuzz.tf.json", "fuzz.tfvars"] {
        deployed_at(path, "terraform", &text);
    }
}

/// Deployed file of any format to hops and settings.
pub fn import(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for reader in READERS {
        for path in ["fuzz.conf", "values.yaml", "fuzz.toml", "fuzz.json"] {
            deployed_at(path, reader.name(), &text);
        }
    }
}

fn deployed(reader: &str, text: &str) {
    deployed_at("fuzz.conf", reader, text);
}

/// Some readers take the format of a text from its name.
fn deployed_at(path: &str, reader: &str, text: &str) {
    let reader = READERS.iter().find(|r| r.name() == reader).expect("a reader of this name");
    let given = Given { file: FileId(0), path, text };
    let mut import = Import::default();
    reader.read(&given, &NoIncludes, &mut import);
    reader.knows(given.path, text);
    import.comments.iter().for_each(|at| within(*at, text));
    import.problems.iter().for_each(|diagnostic| said(diagnostic, text));
    for setting in &import.settings {
        within(setting.at, text);
        assert_eq!(setting.at.span.text(text), setting.value, "a setting points at its own text");
    }
    let mut selectors: Vec<&str> = import.hops.iter().map(|hop| hop.selector.as_str()).collect();
    selectors.sort_unstable();
    assert!(selectors.windows(2).all(|two| two[0] != two[1]), "two hops of one name");
    for one in &import.hops {
        hop(&one.hop, text);
        one.calls.iter().for_each(|call| within(call.at, text));
        one.unseen.iter().for_each(|unseen| within(unseen.at, text));
        one.inserts.iter().for_each(|insert| within(insert.at, text));
    }
}

/// Lines of any log to records, cliffs and a report, in the format that is found and in every known one; the first line is
/// tried as a format of its own, and the whole as an nginx.conf.
pub fn logs(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    let sample: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
    let mut given: Vec<_> = nginx_conf::formats(&text);
    given.extend(known::custom(sample[0].as_ref()));
    let names = known::names().into_iter().map(Some).chain([None]);
    for name in names {
        let wish = Wish { name, given: if name.is_none() { &given } else { &[] }, unit: None };
        let Some(mut reading) = Reading::of(&sample, &wish) else { continue };
        reading.files.push("fuzz.log".to_owned());
        for (i, line) in lines.iter().enumerate() {
            reading.add(i as u64, line, false);
        }
        let tally = &reading.tally;
        assert_eq!(reading.records(), tally.all.count, "every record is counted");
        assert_eq!(tally.rows.iter().sum::<u64>(), tally.timed, "every duration has a row");
        assert!(from_log::failed(tally) <= tally.all.count, "more failures than requests");
        let events = from_log::events(&reading, None);
        let answer = report::diagnose::Answer {
            logs: &[logs::Found { reading: &reading, events: &events }],
            ..Default::default()
        };
        let files = report::diagnose::Files::new(Vec::new(), &[]);
        let mut out = Vec::new();
        report::diagnose::text(&answer, &files, &Options::default(), &mut out).expect("writing to memory");
        let written = String::from_utf8(out).expect("reports are UTF-8");
        let obeyed = written.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(obeyed, None, "a control character in a report");
        report::diagnose::json(&answer, &files, &Options::default(), &mut Vec::new()).expect("writing to memory");
    }
}

fn said(diagnostic: &Diagnostic, text: &str) {
    assert!(!diagnostic.message.is_empty(), "a finding without words");
    assert!(!diagnostic.labels.is_empty(), "a finding without a place: {}", diagnostic.message);
    diagnostic.labels.iter().for_each(|label| within(label.loc, text));
    for edit in diagnostic.fixes.iter().flat_map(|fix| &fix.edits) {
        within(edit.loc, text);
    }
}

fn within(loc: Loc, text: &str) {
    inside(loc.span, text);
}

fn inside(span: Span, text: &str) {
    assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} is no part of the text");
}
