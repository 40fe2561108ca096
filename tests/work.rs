//! How much work a run does, as counts: a change that reads more than it needs is seen here before anybody times it.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diag::Severity;
use hoplint::engine::{Counts, Engine, Source};
use hoplint::rules;
use hoplint::span::FileId;

const SMALL: &str = "version: 1
hops:
  - platform: openai-python
  - platform: nginx
  - platform: openai
";

const SHARED: &str = "version: 1
shared:
  edge: {platform: cloudflare}
chains:
  chat:
    hops: [{platform: openai-python}, edge, {platform: openai}]
  embed:
    hops: [{platform: openai-node}, edge, {platform: openai}]
";

const MISSPELT: &str = "version: 1
hops:
  - platform: ngnix
  - platform: openai
";

fn run(texts: &[&str], config: &Config) -> Counts {
    let catalog = Catalog::default();
    let engine = Engine { catalog: &catalog, config };
    let sources: Vec<Source> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| Source { path: format!("{i}.chain.yaml"), text: (*text).into() })
        .collect();
    let results = (0..).zip(&sources).map(|(i, source)| engine.check_file(FileId(i), source)).collect();
    engine.finish(sources, results).counts
}

#[test]
fn counts_of_a_run() {
    let counts = run(&[SMALL, SHARED, MISSPELT], &Config::default());
    // Each rule is asked once for each chain.
    assert_eq!(counts.rule_calls, counts.chains * rules::ALL.len());
    // openai-python, nginx, openai, cloudflare, openai-node: each once, and a near miss reads nothing.
    insta::assert_debug_snapshot!(Counts { rule_calls: 0, ..counts }, @r"
    Counts {
        files: 3,
        chains: 4,
        hops: 11,
        deployed: 0,
        suppressed: 0,
        not_shown: 0,
        platforms_parsed: 5,
        rule_calls: 0,
    }
    ");
}

#[test]
fn a_rule_that_is_off_is_not_asked() {
    let mut config = Config::default();
    config.levels.insert("order-inverted".to_owned(), None);
    config.levels.insert("workload-exceeds".to_owned(), Some(Severity::Note));
    assert_eq!(run(&[SMALL], &config).rule_calls, rules::ALL.len() - 1);
}

#[test]
fn what_holds_no_chain_costs_nothing() {
    let counts = run(&["", "- 1\n", "version: 1\n", "{"], &Config::default());
    assert_eq!((counts.chains, counts.hops, counts.platforms_parsed, counts.rule_calls), (0, 0, 0, 0));
}
