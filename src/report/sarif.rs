//! SARIF 2.1.0, for code scanning. A finding without a place is a notification of the run: forges refuse a whole
//! report over one result that stands nowhere.

use super::places::Place;
use super::{Run, fingerprint, json, rule_url, text};
use crate::diag::{Diagnostic, Fix, Label, Severity, Unchecked};
use crate::rules;
use crate::span::FileId;
use crate::syntax::SYNTAX;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Stands for the folder that hoplint ran in.
const ROOT: &str = "%SRCROOT%";
const FINGERPRINT: &str = "hoplint/v1";

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let used = rules_used(&run.outcome.findings);
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    for (finding, fingerprint) in run.outcome.findings.iter().zip(fingerprint::all(run)) {
        match run.place(finding) {
            Some(place) => results.push(result(run, finding, &place, &used, fingerprint)),
            None => notifications.push(Notification::of(finding)),
        }
    }
    let failed = notifications.iter().any(|n| n.level == "error");
    notifications.extend(run.outcome.unchecked.iter().map(Notification::unjudged));
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [RunObject {
            tool: Tool {
                driver: Driver {
                    name: "hoplint",
                    version: run.options.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: used.iter().map(|rule| descriptor(rule)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(
                ROOT,
                UriBase { description: Message { text: "The folder that hoplint ran in.".to_owned() } },
            )]),
            invocations: [Invocation { execution_successful: !failed, tool_execution_notifications: notifications }],
            results,
        }],
    };
    json::write_pretty(&log, out)
}

/// Each rule of a result once, in order of first use.
fn rules_used(findings: &[Diagnostic]) -> Vec<&'static str> {
    let mut used = Vec::new();
    for finding in findings {
        if !used.contains(&finding.rule) {
            used.push(finding.rule);
        }
    }
    used
}

fn descriptor(name: &'static str) -> Descriptor {
    let known = rules::find(name);
    let summary = match known {
        Some(rule) => rule.summary,
        None if name == SYNTAX => "A file cannot be read as what it should be.",
        None => name,
    };
    let full = known.map_or_else(|| summary.to_owned(), rules::Rule::text);
    Descriptor {
        id: name,
        short_description: Message { text: summary.to_owned() },
        full_description: Message { text: summary.to_owned() },
        help: Help { text: full.clone(), markdown: full },
        help_uri: known.map(|rule| rule_url(rule.name)),
        default_configuration: Configuration { level: known.map_or("error", |rule| rule.level.name()) },
    }
}

fn result(run: &Run, finding: &Diagnostic, place: &Place, used: &[&str], fingerprint: String) -> ResultObject {
    let label = |label: &Label| {
        let message = (!label.text.is_empty()).then(|| Message::of(&label.text));
        run.places.find(label.loc).map(|place| Location::at(&place, message, Vec::new()))
    };
    let hop = finding.hop.as_ref().map(|hop| LogicalLocation {
        name: hop.clone(),
        fully_qualified_name: format!("{}/{hop}", finding.chain.as_deref().unwrap_or("")),
        kind: "member",
    });
    ResultObject {
        rule_id: finding.rule,
        rule_index: used.iter().position(|rule| *rule == finding.rule).unwrap_or(0),
        level: finding.severity.name(),
        message: Message::of(&whole_message(finding)),
        locations: vec![Location::at(place, None, hop.into_iter().collect())],
        related_locations: finding.labels.iter().skip(1).filter_map(label).collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
        fixes: finding.fixes.iter().filter_map(|fix| fix_object(run, fix)).collect(),
    }
}

/// Forges show the message only, so it carries reasons and repair.
fn whole_message(finding: &Diagnostic) -> String {
    let mut message = finding.message.clone();
    for note in &finding.notes {
        let _ = write!(message, "\n{note}");
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nHelp: {help}");
    }
    message
}

/// A fix without edits is words only, which SARIF has no place for.
fn fix_object(run: &Run, fix: &Fix) -> Option<FixObject> {
    let mut changes: Vec<(FileId, ArtifactChange)> = Vec::new();
    for edit in &fix.edits {
        let place = run.places.find(edit.loc)?;
        let replacement = Replacement {
            deleted_region: Region::of(&place),
            inserted_content: (!edit.text.is_empty()).then(|| Message { text: edit.text.clone() }),
        };
        match changes.iter_mut().find(|(file, _)| *file == edit.loc.file) {
            Some((_, change)) => change.replacements.push(replacement),
            None => changes.push((
                edit.loc.file,
                ArtifactChange { artifact_location: ArtifactLocation::of(place.path), replacements: vec![replacement] },
            )),
        }
    }
    let description = Message::of(&format!("{} ({})", fix.title, text::applied(fix.applicability)));
    let artifact_changes: Vec<_> = changes.into_iter().map(|(_, change)| change).collect();
    (!artifact_changes.is_empty()).then_some(FixObject { description, artifact_changes })
}

/// A path as a URI reference: relative to the root, or absolute where the file lies outside of it.
fn uri(path: &str) -> (String, bool) {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let absolute = drive || path.starts_with('/');
    let mut uri = match (drive, absolute) {
        (true, _) => "file:///".to_owned(),
        (_, true) => "file://".to_owned(),
        _ => String::with_capacity(path.len()),
    };
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' if drive => uri.push('/'),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    (uri, absolute)
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [RunObject; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunObject {
    tool: Tool,
    column_kind: &'static str,
    original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    invocations: [Invocation; 1],
    results: Vec<ResultObject>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    /// Viewers make `[text](address)` a link, so a name from a file must not read like one.
    fn of(text: &str) -> Self {
        Self { text: text.replace("](", "] (") }
    }
}

#[derive(Serialize)]
struct UriBase {
    description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    level: &'static str,
    message: Message,
    associated_rule: RuleReference,
}

#[derive(Serialize)]
struct RuleReference {
    id: &'static str,
}

impl Notification {
    fn of(finding: &Diagnostic) -> Self {
        Self {
            level: finding.severity.name(),
            message: Message::of(&whole_message(finding)),
            associated_rule: RuleReference { id: finding.rule },
        }
    }

    fn unjudged(unchecked: &Unchecked) -> Self {
        let Unchecked { rule, chain, hop, why } = unchecked;
        Self {
            level: Severity::Note.name(),
            message: Message::of(&format!("not judged: {why} (hop {hop} of chain {chain})")),
            associated_rule: RuleReference { id: rule },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixObject>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SARIF's")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

impl Location {
    fn at(place: &Place, message: Option<Message>, logical_locations: Vec<LogicalLocation>) -> Self {
        let physical_location =
            PhysicalLocation { artifact_location: ArtifactLocation::of(place.path), region: Region::of(place) };
        Self { physical_location, logical_locations, message }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl ArtifactLocation {
    fn of(path: &str) -> Self {
        let (uri, absolute) = uri(path);
        Self { uri, uri_base_id: (!absolute).then_some(ROOT) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

impl Region {
    fn of(place: &Place) -> Self {
        Self {
            start_line: place.start.line,
            start_column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixObject {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted_content: Option<Message>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris() {
        let relative = |uri: &str| (uri.to_owned(), false);
        assert_eq!(uri("a b/\u{e9}%:,.yaml"), relative("a%20b/%C3%A9%25%3A%2C.yaml"));
        assert_eq!(uri("../x.yaml"), relative("../x.yaml"));
        assert_eq!(uri("/etc/x#1"), ("file:///etc/x%231".to_owned(), true));
        assert_eq!(uri("C:\\x.yaml"), ("file:///C%3A/x.yaml".to_owned(), true));
    }
}
