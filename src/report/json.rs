//! The JSON output, version 1. The types here are the contract: `schemas/hoplint-output.schema.json` is made from them.

use super::places::Place;
use super::{Run, clean, summary};
use crate::diag::{self, Applicability, Diagnostic, Edit, Fix, Label, Severity, Unchecked};
use crate::span::Loc;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

#[cfg(test)]
use schemars::JsonSchema;

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let outcome = run.outcome;
    let report = Report {
        version: 1,
        tool_version: run.options.version,
        findings: outcome.findings.iter().map(|found| finding(run, found)).collect(),
        unchecked: outcome.unchecked.iter().map(unjudged).collect(),
        summary: Summary {
            error: summary::count(outcome, Severity::Error),
            warning: summary::count(outcome, Severity::Warning),
            note: summary::count(outcome, Severity::Note),
            suppressed: outcome.counts.suppressed,
            not_shown: outcome.counts.not_shown,
            unchecked: outcome.unchecked.len(),
            files: outcome.counts.files,
            chains: outcome.counts.chains,
            deployed: outcome.formats.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
        },
    };
    write_pretty(&report, out)
}

/// Writes JSON that is safe to show in a terminal: what it would obey stands as an escape.
pub(super) fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    if text.contains(clean::is_obeyed) {
        // Outside strings there are no such characters, and all of them are in the basic plane.
        let mut escaped = String::with_capacity(text.len() + 64);
        for c in text.chars() {
            if clean::is_obeyed(c) {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            } else {
                escaped.push(c);
            }
        }
        text = escaped;
    }
    out.write_all(text.as_bytes())
}

/// What `hoplint check --format json` prints.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(title = "hoplint output, version 1"))]
pub(super) struct Report<'a> {
    /// The version of this format. A change that could break a reader raises it; a new field does not.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    version: u32,
    /// The hoplint that wrote this.
    tool_version: &'a str,
    /// In the order of files, places and rules.
    findings: Vec<Finding<'a>>,
    /// What could not be judged.
    unchecked: Vec<NotJudged<'a>>,
    summary: Summary,
}

/// One finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Finding<'a> {
    /// The name of the rule, or `syntax` for a file that cannot be read as a chain.
    rule: &'a str,
    severity: Level,
    /// What is wrong, on one line.
    message: &'a str,
    /// The value or change that repairs it.
    help: Option<&'a str>,
    /// What the caller sees, and where numbers come from. One sentence each.
    notes: &'a [String],
    chain: Option<&'a str>,
    /// The hop that must change or that fires.
    hop: Option<&'a str>,
    /// The other hops that the finding is about.
    related_hops: &'a [String],
    /// Where the finding is reported; null where there is no place, as for a file that cannot be read.
    location: Option<Location<'a>>,
    /// Places with what is to say about each; the first is where the finding is reported.
    labels: Vec<Labelled<'a>>,
    fixes: Vec<Repair<'a>>,
    /// What one request of a user costs at worst where the finding holds; null where that is no question of the finding.
    cost: Option<Cost>,
}

/// Calls and tokens at worst for one request of a user. Tokens are null where the workload does not state them.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Cost {
    /// Calls of the provider.
    calls: u64,
    /// There can be more calls, and nobody knows how many.
    at_least: bool,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    /// The input with prompt caching, in tokens at the full price.
    cached_input_tokens: Option<Bounds<u64>>,
    /// The same as a multiple of the input of one request; null where the provider's prices for it are not known.
    cached_input: Option<Bounds<f64>>,
}

/// `best`: every call finds in the cache what one before has written. `worst`: none does.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Bounds<T> {
    best: T,
    worst: T,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Level {
    Error,
    Warning,
    Note,
}

/// A range in a file. Lines and columns count from 1, columns in Unicode scalar values; the end is exclusive. A byte
/// order mark has no column. LF and CRLF end a line.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Location<'a> {
    /// Relative to the folder where hoplint ran, with `/`.
    file: &'a str,
    #[cfg_attr(test, schemars(range(min = 1)))]
    line: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    column: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    end_line: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    end_column: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Labelled<'a> {
    /// Empty where the place says enough.
    text: &'a str,
    location: Option<Location<'a>>,
}

/// One way to repair a finding. All of its edits belong together.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Repair<'a> {
    title: &'a str,
    applicability: Trust,
    edits: Vec<Change<'a>>,
}

/// `safe` changes no timer's value, `unsafe` changes what a running system does, `display` needs an answer from a person.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Trust {
    Safe,
    Unsafe,
    Display,
}

/// Replaces a range of a file with a text; an empty range inserts.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Change<'a> {
    /// The range in bytes from the start of the file.
    start: u32,
    /// Exclusive.
    end: u32,
    location: Option<Location<'a>>,
    text: &'a str,
}

/// A check without a verdict, and why.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct NotJudged<'a> {
    rule: &'a str,
    chain: &'a str,
    hop: &'a str,
    why: &'a str,
}

/// Counts of the whole run.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
struct Summary {
    error: usize,
    warning: usize,
    note: usize,
    /// Findings silenced by a suppression or the baseline.
    suppressed: usize,
    /// Problems of form beyond the first thousand of a file; one finding stands for them.
    not_shown: usize,
    unchecked: usize,
    files: usize,
    chains: usize,
    /// Deployed files that were read, by format.
    deployed: BTreeMap<String, usize>,
}

fn finding<'a>(run: &Run<'a>, found: &'a Diagnostic) -> Finding<'a> {
    let label = |label: &'a Label| Labelled { text: &label.text, location: locate(run, label.loc) };
    Finding {
        rule: found.rule,
        severity: level(found.severity),
        message: &found.message,
        help: found.help.as_deref(),
        notes: &found.notes,
        chain: found.chain.as_deref(),
        hop: found.hop.as_deref(),
        related_hops: &found.related_hops,
        location: found.primary().and_then(|loc| locate(run, loc)),
        labels: found.labels.iter().map(label).collect(),
        fixes: found.fixes.iter().map(|fix| repair(run, fix)).collect(),
        cost: found.cost.as_ref().map(cost),
    }
}

fn cost(cost: &diag::Cost) -> Cost {
    // Hundredths of a percent, far below what a float holds exactly.
    #[allow(clippy::cast_precision_loss)]
    let factor = |share: u64| share as f64 / 10_000.0;
    Cost {
        calls: cost.calls,
        at_least: cost.at_least,
        input_tokens: cost.input_tokens,
        output_tokens: cost.output_tokens,
        cached_input_tokens: cost.cached_input_tokens.map(|b| Bounds { best: b.best, worst: b.worst }),
        cached_input: cost.cached_input.map(|b| Bounds { best: factor(b.best), worst: factor(b.worst) }),
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Note,
    }
}

fn locate<'a>(run: &Run<'a>, loc: Loc) -> Option<Location<'a>> {
    let Place { path, start, end } = run.places.find(loc)?;
    Some(Location { file: path, line: start.line, column: start.column, end_line: end.line, end_column: end.column })
}

fn repair<'a>(run: &Run<'a>, fix: &'a Fix) -> Repair<'a> {
    let applicability = match fix.applicability {
        Applicability::Safe => Trust::Safe,
        Applicability::Unsafe => Trust::Unsafe,
        Applicability::Display => Trust::Display,
    };
    let change = |edit: &'a Edit| Change {
        start: edit.loc.span.start,
        end: edit.loc.span.end,
        location: locate(run, edit.loc),
        text: &edit.text,
    };
    Repair { title: &fix.title, applicability, edits: fix.edits.iter().map(change).collect() }
}

fn unjudged(unchecked: &Unchecked) -> NotJudged<'_> {
    NotJudged { rule: unchecked.rule, chain: &unchecked.chain, hop: &unchecked.hop, why: &unchecked.why }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Compares a schema in `schemas/` with the types that it is made from; `UPDATE_SCHEMAS=1` writes it anew.
    pub(in crate::report) fn check_schema<T: JsonSchema>(name: &str) {
        let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
        let schema = generator.into_root_schema_for::<T>();
        let made = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &made).expect("the schema is writable");
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(made == checked_in, "{} is stale: run this test with UPDATE_SCHEMAS=1", path.display());
    }

    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        check_schema::<Report<'_>>("hoplint-output.schema.json");
    }
}
