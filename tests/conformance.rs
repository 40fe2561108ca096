//! What `hoplint simulate` says of a chain is what real programs do: chains of nginx, `HAProxy`, Caddy, Envoy, Traefik,
//! Apache, application servers and SDKs on loopback, in front of an upstream that misbehaves by a script. The scenarios
//! stand in `conformance/scenarios`, the table of all is docs/conformance.md (`HOPLINT_BLESS=1` writes it).

#![allow(clippy::unwrap_used)]

#[path = "conformance/clock.rs"]
mod clock;
#[path = "conformance/observed.rs"]
mod observed;
#[path = "conformance/perform.rs"]
mod perform;
#[path = "conformance/predicted.rs"]
mod predicted;
#[path = "conformance/random.rs"]
mod random;
mod real;
#[path = "conformance/scenario.rs"]
mod scenario;
#[path = "conformance/sdk.rs"]
mod sdk;
#[path = "conformance/stage.rs"]
mod stage;
#[path = "conformance/table.rs"]
mod table;
#[path = "conformance/upstream.rs"]
mod upstream;
#[path = "conformance/user.rs"]
mod user;

use hoplint::model::MapsErrors;
use hoplint::resolve::Resolved;
use predicted::Predicted;
use scenario::Chain;

const FILES: [(&str, &str); 9] = [
    ("one-proxy-streams", include_str!("conformance/scenarios/one-proxy-streams.yaml")),
    ("one-proxy-whole", include_str!("conformance/scenarios/one-proxy-whole.yaml")),
    ("two-proxies", include_str!("conformance/scenarios/two-proxies.yaml")),
    ("three-proxies", include_str!("conformance/scenarios/three-proxies.yaml")),
    ("leaving", include_str!("conformance/scenarios/leaving.yaml")),
    ("python", include_str!("conformance/scenarios/python.yaml")),
    ("node", include_str!("conformance/scenarios/node.yaml")),
    ("made-up", include_str!("conformance/scenarios/made-up.yaml")),
    ("servers", include_str!("conformance/scenarios/servers.yaml")),
];

fn scenarios() -> Vec<Chain> {
    let wanted = std::env::var("HOPLINT_SCENARIOS").unwrap_or_default();
    let all = FILES.iter().flat_map(|(group, file)| scenario::chains(group, file));
    all.filter(|chain| chain.group.contains(&wanted)).collect()
}

/// What the application between server hop `i` and its client makes of errors.
pub fn maps_errors(chain: &Resolved, i: usize) -> MapsErrors {
    let stated = chain.hops[i].spec.maps_errors.as_ref().or_else(|| chain.hops.get(i + 1)?.spec.maps_errors.as_ref());
    stated.map_or(MapsErrors::Pass, |m| m.value)
}

fn resolved(chains: &[Chain]) -> Vec<Resolved> {
    chains.iter().map(|chain| real::resolve(&chain.text)).collect()
}

#[test]
fn real_chains_do_what_is_simulated() {
    run(&scenarios());
}

/// Not part of every run: `HOPLINT_RANDOM=seed:count` runs so many chains that are made up from the seed.
#[test]
fn chains_that_nobody_thought_of() {
    let Ok(wanted) = std::env::var("HOPLINT_RANDOM") else { return };
    let (seed, count) = wanted.split_once(':').unwrap();
    let mut chains = random::chains(seed.parse().unwrap(), count.parse().unwrap());
    for chain in &mut chains {
        let resolved = real::resolve(&chain.text);
        chain.runs.retain(|play| Predicted::is_clear(&resolved, play));
    }
    chains.retain(|chain| !chain.runs.is_empty());
    run(&chains);
}

fn run(chains: &[Chain]) {
    let resolved = resolved(chains);
    let ran = perform::all(chains, &resolved);
    for row in &ran {
        println!("{}", table::row(&resolved[row.chain], &chains[row.chain], row));
    }
    let outcomes: Vec<_> = ran.iter().filter_map(|ran| ran.outcome.as_ref()).collect();
    let agree = outcomes.iter().filter(|outcome| outcome.differs.is_empty()).count();
    println!("{} scenarios, {agree} agree", outcomes.len());
    assert_eq!(agree, outcomes.len(), "some chains do something else than was simulated: see DIFFERS above");
}

const PAGE: &str = "docs/conformance.md";
const BEGIN: &str = "<!-- The rest is written by HOPLINT_BLESS=1 cargo test --test conformance. -->\n";

/// Fast and without any program: what the page and the README say is what is run and predicted today.
#[test]
fn the_page_and_the_readme_know_every_scenario() {
    let chains: Vec<Chain> = FILES.iter().flat_map(|(group, file)| scenario::chains(group, file)).collect();
    let count: usize = chains.iter().map(|chain| chain.runs.len()).sum();
    let rows = table::rows(&chains, &resolved(&chains));
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (words, _) = page.split_once(BEGIN).unwrap();
    let readme = std::fs::read_to_string("README.md").unwrap();
    let fresh = [(PAGE, format!("{}{BEGIN}{rows}", counted(words, count))), ("README.md", counted(&readme, count))];
    for ((file, fresh), old) in fresh.iter().zip([page, readme.clone()]) {
        if std::env::var_os("HOPLINT_BLESS").is_some() {
            std::fs::write(file, fresh).unwrap();
        } else {
            assert!(*fresh == old, "{file} is stale: HOPLINT_BLESS=1 cargo test --test conformance the_page");
        }
    }
}

/// The text with this number where it says how many scenarios there are; it must say so.
fn counted(text: &str, count: usize) -> String {
    let (before, after) = text.split_once(" scenarios").expect("the number of scenarios");
    format!("{}{count} scenarios{after}", before.trim_end_matches(|c: char| c.is_ascii_digit()))
}
