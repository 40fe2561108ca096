//! What the runs came to: case by case, and in all.

use crate::Judged;
use crate::case::{Case, Expected};
use hoplint::rules;
use std::collections::BTreeMap;

/// The rules that answer a kind of label.
pub fn rules_for(kind: &str) -> Vec<&str> {
    match kind {
        "inversion" => vec!["order-inverted", "margin-too-small", "killed-before-timeout", "orphaned-work"],
        "hard-limit" => vec!["limit-exceeded", "limit-below-workload"],
        "default-too-low" | "workload-exceeds" => {
            vec!["workload-exceeds", "limit-below-workload", "stream-gap-too-short", "default-relied-on"]
        }
        "stream-idle" => vec!["stream-gap-too-short"],
        "retry-amplification" => vec!["futile-retry", "retry-multiplication"],
        "missing-hop-timeout" => vec!["timer-missing", "orphaned-work"],
        "buffering" => vec!["stream-buffered", "stream-unsupported"],
        "unit-mistake" => vec!["unit-suspicious", "below-minimum", "resolution-lost", "impossible-value"],
        other => vec![other],
    }
}

#[derive(Default)]
pub struct Score {
    /// Required findings by kind: answered and all.
    kinds: BTreeMap<String, (usize, usize)>,
    optional: BTreeMap<String, (usize, usize)>,
    /// Positive cases: all required findings, at least one, all cases.
    positive: (usize, usize, usize),
    high: (usize, usize),
    negatives: (usize, usize),
    /// Fixes given as edits: required findings gone, no error left, of those that are called clean.
    fixes: (usize, usize, usize),
    unread: Vec<String>,
    /// Errors that no label names, by rule.
    unlabelled: BTreeMap<&'static str, usize>,
}

impl Score {
    pub fn add(&mut self, case: &Case, judged: &Judged, fixed: Option<&Judged>) {
        self.problems(case, judged);
        if case.positive {
            self.positive(case, judged);
        } else {
            self.negative(case, judged);
        }
        if let Some(fixed) = fixed {
            self.fix(case, fixed);
        }
    }

    /// A text that the decoder or the catalogue does not understand is a fault of the mapping.
    fn problems(&mut self, case: &Case, judged: &Judged) {
        let known = |rule: &str| rules::ALL.iter().any(|r| r.name == rule) && !rule.starts_with("unknown-");
        for finding in judged.errors().filter(|d| !known(d.rule)) {
            self.unread.push(format!("{}: [{}] {}", case.id, finding.rule, finding.message));
        }
    }

    fn positive(&mut self, case: &Case, judged: &Judged) {
        let required: Vec<&Expected> = case.expected.iter().filter(|e| e.required).collect();
        for label in &case.expected {
            let map = if label.required { &mut self.kinds } else { &mut self.optional };
            let count = map.entry(label.kind.clone()).or_default();
            count.1 += 1;
            count.0 += usize::from(judged.answers(label));
        }
        let missed: Vec<String> =
            required.iter().filter(|e| !judged.answers(e)).map(|e| format!("{} on {}", e.kind, e.hop)).collect();
        let (all, some) = (missed.is_empty(), missed.len() < required.len());
        self.positive =
            (self.positive.0 + usize::from(all), self.positive.1 + usize::from(all || some), self.positive.2 + 1);
        if case.high_confidence {
            self.high = (self.high.0 + usize::from(all), self.high.1 + 1);
        }
        let word = if all {
            "caught"
        } else if some {
            "partly"
        } else {
            "missed"
        };
        let said: Vec<String> =
            judged.runs[0].findings.iter().map(|d| format!("{}@{}", d.rule, d.hop.as_deref().unwrap_or("-"))).collect();
        println!(
            "{word:<12} {}{}",
            case.id,
            if all { String::new() } else { format!(": no {}; said: {}", missed.join(", "), said.join(" ")) }
        );
        for finding in judged.errors() {
            let about = |label: &&Expected| {
                rules_for(&label.kind).contains(&finding.rule)
                    && (finding.hop.as_deref() == Some(&label.hop) || finding.related_hops.contains(&label.hop))
            };
            if !case.expected.iter().any(|label| about(&label)) {
                *self.unlabelled.entry(finding.rule).or_default() += 1;
                println!("{:<12}   unlabelled error [{}] {}", "", finding.rule, finding.message);
            }
        }
    }

    fn negative(&mut self, case: &Case, judged: &Judged) {
        let alarms: Vec<String> = judged.errors().map(|d| format!("[{}] {}", d.rule, d.message)).collect();
        self.negatives = (self.negatives.0 + usize::from(!alarms.is_empty()), self.negatives.1 + 1);
        let word = if alarms.is_empty() { "quiet" } else { "false alarm" };
        println!("{word:<12} {} {}", case.id, alarms.join("; "));
        for d in &judged.runs[0].findings {
            println!("{:<12}   {} [{}] {}", "", d.severity.name(), d.rule, d.message);
        }
    }

    fn fix(&mut self, case: &Case, fixed: &Judged) {
        let left: Vec<String> = case
            .expected
            .iter()
            .filter(|e| e.required && fixed.answers(e))
            .map(|e| format!("{} on {}", e.kind, e.hop))
            .collect();
        let errors: Vec<String> = fixed.errors().map(|d| format!("[{}] {}", d.rule, d.message)).collect();
        let clean = case.patch_clean == Some(true);
        if clean {
            self.fixes = (
                self.fixes.0 + usize::from(left.is_empty()),
                self.fixes.1 + usize::from(errors.is_empty()),
                self.fixes.2 + 1,
            );
        }
        let called = if clean { "clean" } else { "not clean" };
        println!(
            "{:<12}   fix called {called}; {}; {}",
            "",
            if left.is_empty() {
                "required findings are gone".to_owned()
            } else {
                format!("still {}", left.join(", "))
            },
            if errors.is_empty() { "no error".to_owned() } else { errors.join("; ") }
        );
    }

    pub fn print(&self) {
        println!("\nrequired findings by kind");
        for (kind, (answered, all)) in &self.kinds {
            println!("  {kind:<22} {answered:>3} of {all}");
        }
        println!("optional findings by kind");
        for (kind, (answered, all)) in &self.optional {
            println!("  {kind:<22} {answered:>3} of {all}");
        }
        let (all, some, cases) = self.positive;
        println!("positive cases: {all} with all required findings, {some} with at least one, of {cases}");
        println!("  of high confidence: {} of {} ({:.1} %)", self.high.0, self.high.1, self.percent());
        println!("true negatives with an error: {} of {}", self.negatives.0, self.negatives.1);
        let (gone, quiet, fixes) = self.fixes;
        println!("fixes called clean: required findings gone in {gone}, without any error {quiet}, of {fixes}");
        println!("errors on positives that no label names: {:?}", self.unlabelled);
        println!("texts not understood: {}", self.unread.len());
        for line in &self.unread {
            println!("  {line}");
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn percent(&self) -> f64 {
        if self.high.1 == 0 { 100.0 } else { self.high.0 as f64 * 100.0 / self.high.1 as f64 }
    }

    pub fn assert_goal(&self) {
        assert!(self.percent() >= 95.0, "{:.1} % of the positive cases of high confidence", self.percent());
        assert_eq!(self.negatives.0, 0, "errors on true negatives");
        assert!(self.unread.is_empty(), "texts that the pipeline does not understand");
    }
}
