//! Real incidents the other way round: from what people saw to the hop that turned out to be to blame.
//!
//! `HOPLINT_INCIDENTS` names a file of cases; without it the cases in `tests/data/incidents.yaml` run, which say less of
//! what was seen. A case counts if it says what was seen and whom the thread blames. Nothing here knows a case.
//! `HOPLINT_INCIDENTS_SHOW` prints the suspects of the cases whose id contains its text.

#[path = "incidents/case.rs"]
#[allow(dead_code, reason = "a part of what the cases say")]
mod case;
#[path = "incidents/chain.rs"]
mod chain;
#[path = "incidents/phrase.rs"]
mod phrase;

use case::Case;
use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diagnose::{After, Diagnosis, Symptom, When, rank};
use hoplint::engine::{Engine, Source};
use hoplint::import::store::Store;
use hoplint::model::workload::Mode;
use hoplint::span::FileId;
use hoplint::workspace::Disk;
use std::path::Path;

/// What was reached on the cases at hand, less a little for others.
const LEAST_FIRST: f64 = 0.8;
const LEAST_THREE: f64 = 0.9;

#[test]
fn the_hop_that_a_thread_blames_is_among_the_first_suspects() {
    let Ok(path) = std::env::var("HOPLINT_INCIDENTS") else {
        println!("skipped: HOPLINT_INCIDENTS names no file of incidents");
        return;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let show = std::env::var("HOPLINT_INCIDENTS_SHOW").ok();
    let catalog = Catalog::default();
    let (mut of, mut first, mut three) = (0usize, 0usize, 0usize);
    let (mut known, mut without) = (0usize, 0usize);
    for case in case::read(&text).iter().filter(|case| case.positive) {
        let Some(symptom) = symptom(case) else { continue };
        let blamed = blamed(case);
        if blamed.is_empty() {
            continue;
        }
        let diagnosis = diagnose(case, &symptom, &catalog);
        let hops: Vec<&str> = distinct(&diagnosis);
        let at = hops.iter().position(|hop| blamed.contains(hop));
        of += 1;
        let platforms: Vec<String> = blamed_platforms(case, &blamed, &catalog);
        if !platforms.is_empty() {
            known += 1;
            let all = rank(&symptom, &[], &catalog, Config::default().thresholds);
            let best = all.suspects.first().map_or(0, |s| s.score);
            let equal = all.suspects.iter().filter(|s| s.score + 20 >= best);
            without += usize::from(equal.into_iter().any(|s| platforms.contains(&s.platform)));
        }
        first += usize::from(at == Some(0));
        three += usize::from(at.is_some_and(|at| at < 3));
        let mark = at.map_or_else(|| "-".to_owned(), |at| (at + 1).to_string());
        println!("{mark:>3}  {:45} blamed {blamed:?}, suspects {:?}", case.id, &hops[..hops.len().min(3)]);
        if show.as_ref().is_some_and(|part| case.id.contains(part.as_str())) {
            println!("{symptom:#?}");
            for suspect in &diagnosis.suspects {
                println!("  {} {} {} {:?}", suspect.score, suspect.hop, suspect.native, suspect.value);
                for fit in &suspect.fits {
                    println!("      {:>4} {}: {}", fit.score, fit.aspect.name(), fit.words);
                }
            }
        }
    }
    assert!(of > 0, "{path} has no case that says what was seen and whom it blames");
    #[allow(clippy::cast_precision_loss)]
    let rate = |n: usize| n as f64 / of as f64;
    println!(
        "{of} cases: first {first} ({:.0} %), among three {three} ({:.0} %)",
        100.0 * rate(first),
        100.0 * rate(three)
    );
    println!("without the chain: {without} of {known} platforms among those that fit best");
    assert!(rate(first) >= LEAST_FIRST && rate(three) >= LEAST_THREE);
}

/// The hops of the required findings: those that had to change.
fn blamed(case: &Case) -> Vec<&str> {
    case.expected.iter().filter(|e| e.required).map(|e| e.hop.as_str()).collect()
}

/// The ids of the blamed hops' platforms, where the catalogue knows them.
fn blamed_platforms(case: &Case, blamed: &[&str], catalog: &Catalog) -> Vec<String> {
    let hops = case.hops.iter().filter(|hop| blamed.contains(&hop.name.as_str()));
    hops.filter_map(|hop| Some(catalog.find(&hop.platform)?.id.clone())).collect()
}

/// The hops of the suspects, each once, best first.
fn distinct(diagnosis: &Diagnosis) -> Vec<&str> {
    let mut hops: Vec<&str> = Vec::new();
    for suspect in &diagnosis.suspects {
        if !hops.contains(&suspect.hop.as_str()) {
            hops.push(&suspect.hop);
        }
    }
    hops
}

/// What somebody who saw it would type.
fn symptom(case: &Case) -> Option<Symptom> {
    let of = |key: &str| case.symptom.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    let status = of("status").unwrap_or_default();
    let number = status.split_whitespace().find_map(|word| word.parse::<u16>().ok()).filter(|n| (100..600).contains(n));
    let words = status.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    let words = if ["not shown", "none", "unknown", ""].contains(&words) { None } else { Some(words) };
    let text = [words, of("text")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let after = of("after").and_then(|text| After::parse(text).ok());
    let when = of("after").filter(|text| text.contains("intermittent")).map(|_| When::Intermittent);
    let streaming = of("streaming") == Some("true");
    let symptom = Symptom {
        status: number,
        after,
        exception: (!text.is_empty()).then_some(text),
        mode: match of("streaming") {
            Some("true") => Some(Mode::Streaming),
            Some("false") => Some(Mode::Buffered),
            _ => None,
        },
        cut: streaming && matches!(number, Some(200)),
        when,
        ..Symptom::default()
    };
    let weighs = symptom.status.is_some() || symptom.after.is_some() || symptom.when.is_some();
    weighs.then_some(symptom)
}

fn diagnose(case: &Case, symptom: &Symptom, catalog: &Catalog) -> Diagnosis {
    let config = Config::default();
    let engine = Engine { catalog, config: &config };
    let text = chain::text(case, "unordered", catalog);
    let source = Source { path: format!("{}.chain.yaml", case.id), text: text.as_str().into() };
    let store = Store::new(&Disk, Path::new("."));
    let chains = engine.resolve_file(FileId(0), &source, &store);
    rank(symptom, &chains, catalog, config.thresholds)
}
