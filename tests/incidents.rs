//! Real incidents against the whole pipeline: which reported causes the rules name, and what they say of chains that
//! were all right.
//!
//! `tests/data/incidents.yaml` always runs and must reach the goals. `HOPLINT_INCIDENTS` names a further file of cases.
//! `HOPLINT_INCIDENTS_GOAL=1` makes the goals of the project fail the test: every required finding on its hop in at
//! least 95 % of the positive cases of high confidence, and no error on a true negative. `HOPLINT_INCIDENTS_SHOW`
//! prints chain and findings of the cases whose id contains its text.
//!
//! No rule and no mapping knows a case: what `incidents/` does to one depends on its form alone.

#[path = "incidents/case.rs"]
mod case;
#[path = "incidents/chain.rs"]
mod chain;
#[path = "incidents/phrase.rs"]
mod phrase;
#[path = "incidents/score.rs"]
mod score;

use case::{Case, Direction, Expected};
use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::{Engine, Source};
use hoplint::span::FileId;
use score::Score;

#[test]
fn our_own_incidents_reach_the_goals() {
    let score = scored(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/incidents.yaml"));
    score.assert_goal();
}

#[test]
fn incidents() {
    let Ok(path) = std::env::var("HOPLINT_INCIDENTS") else {
        println!("skipped: HOPLINT_INCIDENTS names no file of incidents");
        return;
    };
    let score = scored(&path);
    if std::env::var("HOPLINT_INCIDENTS_GOAL").is_ok_and(|v| v == "1") {
        score.assert_goal();
    }
}

/// Every case of a file, judged and printed.
fn scored(path: &str) -> Score {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let show = std::env::var("HOPLINT_INCIDENTS_SHOW").ok();
    let cases = case::read(&text);
    assert!(!cases.is_empty(), "{path} has no cases");
    let catalog = Catalog::default();
    let mut score = Score::default();
    for case in &cases {
        let judged = judge(case, &catalog);
        if show.as_ref().is_some_and(|part| case.id.contains(part.as_str())) {
            judged.runs.iter().for_each(Run::print);
        }
        let fixed = case.patched().map(|fixed| judge(&fixed, &catalog));
        score.add(case, &judged, fixed.as_ref());
    }
    score.print();
    score
}

/// A case after its runs, one for each order that it speaks of.
pub struct Judged {
    pub runs: Vec<Run>,
}

/// One chain text and what was said of it.
pub struct Run {
    pub order: &'static str,
    pub text: String,
    pub findings: Vec<Diagnostic>,
}

fn judge(case: &Case, catalog: &Catalog) -> Judged {
    Judged { runs: orders(case).into_iter().map(|order| run(case, order, catalog)).collect() }
}

/// The orders that a case asks for: what its required inversions imply, else what the others imply, else none.
fn orders(case: &Case) -> Vec<&'static str> {
    let mut orders: Vec<&'static str> = Vec::new();
    let mut required_first: Vec<&Expected> = case.expected.iter().collect();
    required_first.sort_by_key(|e| !e.required);
    for direction in required_first.iter().filter_map(|e| e.direction) {
        for order in implied(direction) {
            if !orders.contains(order) {
                orders.push(order);
            }
        }
    }
    if orders.is_empty() {
        orders.push("unordered");
    }
    orders
}

pub fn implied(direction: Direction) -> &'static [&'static str] {
    match direction {
        Direction::OuterLonger => &["inward"],
        Direction::OuterShorter => &["outward"],
        Direction::Equal => &["inward", "outward"],
    }
}

fn run(case: &Case, order: &'static str, catalog: &Catalog) -> Run {
    let text = chain::text(case, order, catalog);
    let config = Config::default();
    let engine = Engine { catalog, config: &config };
    let source = Source { path: format!("{}.chain.yaml", case.id), text: text.as_str().into() };
    let result = engine.check_file(FileId(0), &source);
    Run { order, findings: engine.finish(vec![source], vec![result]).findings, text }
}

impl Judged {
    /// Whether a rule that answers the label speaks of its hop, under each order that the label implies.
    pub fn answers(&self, expected: &Expected) -> bool {
        let rules = score::rules_for(&expected.kind);
        let says = |run: &Run| {
            let names =
                |d: &Diagnostic| d.hop.as_deref() == Some(&expected.hop) || d.related_hops.contains(&expected.hop);
            run.findings.iter().any(|d| rules.contains(&d.rule) && names(d))
        };
        match expected.direction {
            Some(direction) => self.runs.iter().filter(|r| implied(direction).contains(&r.order)).all(says),
            None => self.runs.first().is_some_and(says),
        }
    }

    /// The errors that stand without any order but the one the case implies.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.runs.iter().flat_map(|run| &run.findings).filter(|d| d.severity == Severity::Error)
    }
}

impl Run {
    fn print(&self) {
        println!("--- under {}\n{}", self.order, self.text);
        for d in &self.findings {
            let hop = d.hop.as_deref().unwrap_or("-");
            println!("{} [{}] {hop} {:?}: {}", d.severity.name(), d.rule, d.related_hops, d.message);
            for note in &d.notes {
                println!("    note: {note}");
            }
            println!("    help: {}", d.help.as_deref().unwrap_or("-"));
        }
    }
}
