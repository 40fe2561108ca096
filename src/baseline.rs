//! A baseline: how many findings of each rule every file had on the day a team began. They are counted, not listed by
//! line, so that an edit above a finding changes nothing.

use crate::diag::Diagnostic;
use crate::engine::Outcome;
use crate::rules::stale_baseline;
use crate::span::{FileId, Loc, Span};
use crate::syntax::decode::{Ctx, Decode};
use crate::syntax::fields::Fields;
use crate::syntax::{Format, Kind, Node, SYNTAX, parse};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// The only version of the form so far.
const VERSION: u64 = 1;

/// Counts by file, as seen from the baseline's folder, and rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    pub files: BTreeMap<String, BTreeMap<String, Count>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub n: u64,
    /// Where it is written.
    pub at: Span,
}

/// How a baseline sees the files of a run.
pub struct View<'a> {
    /// A source's path as seen from the baseline's folder.
    pub local: &'a dyn Fn(&str) -> String,
    /// Whether a file of the baseline is there no more.
    pub is_gone: &'a dyn Fn(&str) -> bool,
}

impl Baseline {
    /// Counts what a run found. A file that cannot be read is no state to begin with, so its syntax errors stay.
    pub fn of(outcome: &Outcome, view: &View<'_>) -> Self {
        let mut baseline = Self::default();
        for finding in &outcome.findings {
            if let Some(path) = source(finding, outcome).filter(|_| counts(finding)) {
                let file = baseline.files.entry((view.local)(path)).or_default();
                file.entry(finding.rule.to_owned()).or_default().n += 1;
            }
        }
        baseline
    }

    /// Reads a baseline; every problem is reported at its place.
    pub fn decode(file: FileId, text: &str) -> (Self, Vec<Diagnostic>) {
        let parsed = parse(text, Format::Json);
        let mut ctx = Ctx::new(file, text, Format::Json, &parsed);
        let baseline = parsed.root.as_ref().and_then(|root| read(root, &mut ctx));
        (baseline.unwrap_or_default(), ctx.problems().0)
    }

    /// The text of the file: sorted, one count per line.
    pub fn to_json(&self) -> String {
        let counts = |rules: &BTreeMap<String, Count>| -> Value {
            rules.iter().map(|(rule, count)| (rule.clone(), json!(count.n))).collect::<Map<_, _>>().into()
        };
        let files: Map<String, Value> = self.files.iter().map(|(path, rules)| (path.clone(), counts(rules))).collect();
        // Writing plain values cannot fail.
        let text = serde_json::to_string_pretty(&json!({ "version": VERSION, "findings": files })).unwrap_or_default();
        text + "\n"
    }

    /// How many findings it allows in all.
    pub fn total(&self) -> u64 {
        self.files.values().flat_map(BTreeMap::values).map(|count| count.n).sum()
    }

    /// Hides the findings that were there before, the first ones of each file and rule, and notes what is better now.
    /// `file` is the baseline's own id.
    pub fn apply(&self, outcome: &mut Outcome, file: FileId, view: &View<'_>) {
        let now = Self::of(outcome, view);
        let mut left: HashMap<(String, &str), u64> = HashMap::new();
        for (path, rules) in &self.files {
            left.extend(rules.iter().map(|(rule, count)| ((path.clone(), rule.as_str()), count.n)));
        }
        let mut kept = Vec::new();
        for finding in std::mem::take(&mut outcome.findings) {
            let path = source(&finding, outcome).filter(|_| counts(&finding)).map(view.local);
            match path.and_then(|path| left.get_mut(&(path, finding.rule))).filter(|n| **n > 0) {
                Some(n) => {
                    *n -= 1;
                    outcome.counts.suppressed += 1;
                }
                None => kept.push(finding),
            }
        }
        kept.extend(self.stale(&now, outcome, file, view));
        outcome.findings = kept;
        outcome.sort();
    }

    /// The same with nothing in it that is not needed any more; counts never grow.
    pub fn pruned(&self, outcome: &Outcome, view: &View<'_>) -> Self {
        let now = Self::of(outcome, view);
        let seen = seen(outcome, view);
        let mut pruned = Self::default();
        for (path, rules) in &self.files {
            for (rule, count) in rules {
                let n = match (seen.contains(path), (view.is_gone)(path)) {
                    (true, _) => now.count(path, rule).min(count.n),
                    (false, true) => 0,
                    (false, false) => count.n,
                };
                if n > 0 {
                    pruned.files.entry(path.clone()).or_default().insert(rule.clone(), Count { n, at: count.at });
                }
            }
        }
        pruned
    }

    fn stale(&self, now: &Self, outcome: &Outcome, file: FileId, view: &View<'_>) -> Vec<Diagnostic> {
        let seen = seen(outcome, view);
        let mut found = Vec::new();
        for (path, rules) in &self.files {
            let gone = !seen.contains(path) && (view.is_gone)(path);
            for (rule, count) in rules {
                let is = now.count(path, rule);
                let message = match (gone, seen.contains(path)) {
                    (true, _) => format!("`{path}` is gone, the baseline still allows {} of `{rule}` in it", count.n),
                    (_, true) if is < count.n => {
                        format!("`{path}` has {is} of `{rule}`, the baseline allows {}", count.n)
                    }
                    _ => continue,
                };
                let finding = stale_baseline::RULE.finding(message).label(Loc::new(file, count.at), "");
                found.push(finding.help("hoplint baseline --prune takes it out, so that it cannot come back unseen"));
            }
        }
        found
    }

    fn count(&self, path: &str, rule: &str) -> u64 {
        self.files.get(path).and_then(|rules| rules.get(rule)).map_or(0, |count| count.n)
    }
}

/// Whether a baseline may hold a finding.
fn counts(finding: &Diagnostic) -> bool {
    finding.rule != SYNTAX && finding.rule != stale_baseline::RULE.name
}

fn source<'o>(finding: &Diagnostic, outcome: &'o Outcome) -> Option<&'o str> {
    let file = finding.primary()?.file;
    outcome.sources.get(file.0 as usize).map(|source| source.path.as_str())
}

fn seen(outcome: &Outcome, view: &View<'_>) -> std::collections::HashSet<String> {
    outcome.sources.iter().map(|source| (view.local)(&source.path)).collect()
}

fn read(root: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Baseline> {
    let mut f = Fields::of(root, ctx, "a baseline")?;
    let version = f.node("version");
    if f.required::<u64>("version", ctx).is_some_and(|version| version != VERSION)
        && let Some(node) = version
    {
        ctx.invalid(node, format!("this version of a baseline is not known here; hoplint reads version {VERSION}"));
    }
    let mut baseline = Baseline::default();
    for (path, rules, _) in map(f.node("findings"), ctx) {
        let file = baseline.files.entry(path).or_default();
        for (rule, node, at) in map(Some(rules), ctx) {
            if let Some(n) = u64::decode(node, ctx) {
                file.insert(rule, Count { n, at });
            }
        }
    }
    f.finish(ctx);
    Some(baseline)
}

fn map<'n, 's>(node: Option<&'n Node<'s>>, ctx: &mut Ctx<'_>) -> Vec<(String, &'n Node<'s>, Span)> {
    match node.map(|node| (node, &node.kind)) {
        Some((_, Kind::Map(entries))) => {
            entries.iter().map(|e| (e.key.text.to_string(), &e.value, e.key.span)).collect()
        }
        Some((node, _)) => {
            ctx.expected("a map of counts", node);
            Vec::new()
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Severity;
    use crate::engine::Source;

    fn outcome(rules: &[&'static str]) -> Outcome {
        let source = Source { path: "sub/a.chain.yaml".into(), text: "".into() };
        let found = |rule| Diagnostic::new(rule, Severity::Error, "").label(Loc::default(), "");
        Outcome {
            sources: vec![source],
            findings: rules.iter().map(|rule| found(rule)).collect(),
            ..Outcome::default()
        }
    }

    const VIEW: View<'static> =
        View { local: &|path| path.replace("sub/", ""), is_gone: &|path| path == "gone.chain.yaml" };

    fn decoded(text: &str) -> Baseline {
        let (baseline, problems) = Baseline::decode(FileId(1), text);
        assert_eq!(problems, []);
        baseline
    }

    #[test]
    fn counts_are_written_sorted_and_read_back() {
        let text = Baseline::of(&outcome(&["b", "a", "b", SYNTAX]), &VIEW).to_json();
        assert_eq!(
            text,
            "{\n  \"version\": 1,\n  \"findings\": {\n    \"a.chain.yaml\": {\n      \"a\": 1,\n      \"b\": 2\n    }\n  }\n}\n"
        );
        let baseline = decoded(&text);
        assert_eq!((baseline.to_json(), baseline.total()), (text, 3));
    }

    #[test]
    fn hides_what_was_there_and_shows_what_is_new() {
        let baseline = Baseline::of(&outcome(&["a", "b"]), &VIEW);
        let mut now = outcome(&["a", "a", "b", SYNTAX]);
        baseline.apply(&mut now, FileId(1), &VIEW);
        let rules: Vec<_> = now.findings.iter().map(|f| f.rule).collect();
        assert_eq!((rules, now.counts.suppressed), (vec!["a", SYNTAX], 2));
    }

    #[test]
    fn what_is_better_now_is_noted_and_pruned() {
        let text = r#"{"version": 1, "findings": {"a.chain.yaml": {"a": 3, "b": 1}, "gone.chain.yaml": {"a": 1},
            "elsewhere.chain.yaml": {"a": 1}}}"#;
        let baseline = decoded(text);
        let mut now = outcome(&["a", "b"]);
        let pruned = baseline.pruned(&now, &VIEW);
        assert_eq!(pruned.count("a.chain.yaml", "a"), 1);
        assert_eq!((pruned.count("gone.chain.yaml", "a"), pruned.count("elsewhere.chain.yaml", "a")), (0, 1));
        baseline.apply(&mut now, FileId(1), &VIEW);
        let messages: Vec<_> = now.findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "`a.chain.yaml` has 1 of `a`, the baseline allows 3",
                "`gone.chain.yaml` is gone, the baseline still allows 1 of `a` in it"
            ]
        );
        assert!(now.findings.iter().all(|f| f.severity == Severity::Note));
        assert_eq!(now.findings[0].primary().map(|loc| loc.span.text(text)), Some("\"a\""));
    }

    #[test]
    fn tells_what_is_wrong_with_the_file() {
        let problems = |text| Baseline::decode(FileId(1), text).1.len();
        assert_eq!(problems(r#"{"version": 2, "findings": {}}"#), 1);
        assert_eq!(problems(r#"{"findings": {"a": {"b": -1, "c": "x"}}, "extra": 1}"#), 4);
        assert_eq!(problems("[]"), 1);
    }
}
