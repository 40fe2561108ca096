//! Plans: what comes out is in order, changes as little as possible, and is missing only where nothing can work.

#[path = "properties/chains.rs"]
#[allow(dead_code)]
mod chains;
#[path = "plan/puzzle.rs"]
mod puzzle;
#[path = "properties/write.rs"]
mod write;

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::plan::{FilePlan, Wish};
use hoplint::engine::{Engine, Source};
use hoplint::solve::assign::Objective;
use hoplint::span::FileId;
use hoplint::syntax::Format;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::sync::OnceLock;

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(Catalog::default)
}

fn source(text: &str) -> Source {
    Source { path: "some.chain.yaml".to_owned(), text: text.into() }
}

fn plan(text: &str, objective: Objective) -> FilePlan {
    let config = Config::default();
    let engine = Engine { catalog: catalog(), config: &config };
    engine.plan_file(FileId(0), &source(text), None, &Wish { objective, ..Wish::default() })
}

/// What a plan is for.
const JUDGED: [&str; 7] = [
    "order-inverted",
    "margin-too-small",
    "limit-exceeded",
    "below-minimum",
    "limit-below-workload",
    "workload-exceeds",
    "stream-gap-too-short",
];

/// What is left to say of order, limits and work. Two values that nobody can change are a note.
fn left(text: &str) -> Vec<Diagnostic> {
    let config = Config::default();
    let engine = Engine { catalog: catalog(), config: &config };
    let mut findings = engine.check_file(FileId(0), &source(text)).findings;
    findings.retain(|d| JUDGED.contains(&d.rule) && d.severity > Severity::Note);
    findings
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

fn changes(plan: &FilePlan) -> usize {
    plan.groups.iter().map(|group| group.changes().len()).sum()
}

proptest! {
    #![proptest_config(config())]

    /// Small chains with every value tried: there is a plan exactly where some values work, it changes as few as any
    /// that work, and the linter agrees with it.
    #[test]
    fn the_fewest_changes_are_the_fewest(puzzle in puzzle::puzzle()) {
        let text = puzzle.text(&puzzle.now);
        let planned = plan(&text, Objective::Fewest);
        let best = puzzle.fewest();
        prop_assert_eq!(planned.is_feasible(), best.is_some(), "{}", text);
        if let Some(best) = best {
            // Where hops push each other in a circle the search is not exact, and says so.
            let exact = planned.groups.iter().all(|group| group.group.outcome.as_ref().is_ok_and(|s| s.exact));
            let as_few = if exact { changes(&planned) == best } else { changes(&planned) >= best };
            prop_assert!(as_few, "{} and not {best}: {}\n{:#?}", changes(&planned), text, planned.groups[0].group);
            let after = planned.text.as_deref().unwrap_or(&text);
            prop_assert!(left(after).is_empty(), "{}\nbecame\n{}\n{:?}", text, after, left(after));
        }
    }

    /// The judge of these tests and the linter are of one mind.
    #[test]
    fn the_puzzle_judges_as_the_linter_does(puzzle in puzzle::wild()) {
        let text = puzzle.text(&puzzle.now);
        prop_assert_eq!(puzzle.good(&puzzle.now), left(&text).is_empty(), "{}\n{:?}", text, left(&text));
    }

    /// Every objective ends in order, and planning again changes nothing.
    #[test]
    fn every_objective_ends_in_order(puzzle in puzzle::wild(), pick in 0..4usize) {
        let text = puzzle.text(&puzzle.now);
        let objective = Objective::NAMES[pick].1;
        let planned = plan(&text, objective);
        prop_assume!(planned.is_feasible());
        let after = planned.text.as_deref().unwrap_or(&text);
        prop_assert!(left(after).is_empty(), "{}\nbecame\n{}\n{:?}", text, after, left(after));
        let again = plan(after, Objective::Fewest);
        prop_assert_eq!(changes(&again), 0, "{}\nbecame\n{}", text, after);
    }

    /// Chains over the whole catalogue: whatever stands in them, a plan that could be written leaves nothing to say.
    #[test]
    fn plans_over_the_whole_catalogue_are_clean(chain in chains::chain(), pick in 0..4usize) {
        let text = write::chain(&chain, Format::Yaml);
        let planned = plan(&text, Objective::NAMES[pick].1);
        let written = planned.groups.iter().all(|group| group.unwritten.is_empty());
        if planned.problems.is_empty() && planned.is_feasible() && written {
            let after = planned.text.as_deref().unwrap_or(&text);
            prop_assert!(left(after).is_empty(), "{}\nbecame\n{}\n{:#?}", text, after, left(after));
        }
    }

    /// A pin stays, whatever it costs the others.
    #[test]
    fn pinned_values_stay(puzzle in puzzle::wild(), pick in 0..4usize) {
        let text = puzzle.text(&puzzle.now);
        let planned = plan(&text, Objective::NAMES[pick].1);
        let Some(after) = planned.text.as_deref() else { return Ok(()) };
        prop_assert_eq!(puzzle.pinned(&text), puzzle.pinned(after));
    }
}
