//! What always holds of a diagnosis, whatever was seen, and the page about it.

use hoplint::catalog::store::Catalog;
use hoplint::config::Config;
use hoplint::diagnose::suspect::together;
use hoplint::diagnose::{After, Aspect, Diagnosis, Fit, Symptom, When, elsewhere, rank};
use hoplint::duration::Dur;
use hoplint::engine::{Engine, Source};
use hoplint::import::store::Store;
use hoplint::model::workload::Mode;
use hoplint::resolve::Resolved;
use hoplint::span::FileId;
use hoplint::workspace::Disk;
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::default);

fn chains() -> Vec<Resolved> {
    let text = std::fs::read_to_string("fixtures/diagnose/chat.chain.yaml").expect("the fixture");
    let config = Config::default();
    let engine = Engine { catalog: &CATALOG, config: &config };
    let source = Source { path: "chat.chain.yaml".to_owned(), text: text.as_str().into() };
    engine.resolve_file(FileId(0), &source, &Store::new(&Disk, Path::new(".")))
}

fn diagnose(symptom: &Symptom, chains: &[Resolved]) -> Diagnosis {
    rank(symptom, chains, &CATALOG, Config::default().thresholds)
}

fn words() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "openai.APITimeoutError: Request timed out.",
        "httpx.ReadTimeout",
        "timeout of 300000ms exceeded",
        "(read timeout=60)",
        "upstream request timeout",
        "stream timeout",
        "UND_ERR_BODY_TIMEOUT",
        "context deadline exceeded",
        "peer closed connection without sending complete message body (incomplete chunked read)",
        "ECONNRESET",
        "<center>nginx/1.26.3</center>",
        "504 Gateway Time-out",
        "Error code: 524",
        "after 31.2 seconds",
        "\u{202e}\u{0}\u{1b}[31m",
        "99999999999999999999s",
    ]);
    prop::collection::vec(prop_oneof![known.prop_map(str::to_owned), "\\PC{0,40}"], 0..6)
        .prop_map(|parts| parts.join("\n"))
}

fn symptoms() -> impl Strategy<Value = Symptom> {
    let after = prop::option::of((0u64..4_000_000, 0u64..3000));
    let when = prop::option::of(prop::sample::select(When::NAMES.map(|(_, when)| when).to_vec()));
    let mode = prop::option::of(prop::sample::select(vec![Mode::Buffered, Mode::Streaming]));
    let header = prop::option::of(prop::sample::select(vec!["server: awselb/2.0", "cf-ray: 1", "Server: nginx", "x"]));
    (
        prop::option::of(100u16..600),
        after,
        prop::option::of(words()),
        prop::option::of(words()),
        when,
        mode,
        any::<bool>(),
        header,
    )
        .prop_map(|(status, after, body, exception, when, mode, cut, header)| {
            let symptom = Symptom {
                status,
                after: after.map(|(at, width)| After::between(Dur::from_millis(at), Dur::from_millis(at + width))),
                body,
                exception,
                when,
                mode,
                cut,
                ..Symptom::default()
            };
            header.into_iter().fold(symptom, Symptom::with_header)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_symptom_has_one_answer(symptom in symptoms()) {
        let chains = chains();
        for chains in [&chains[..], &[]] {
            let found = diagnose(&symptom, chains);
            prop_assert_eq!(&found, &diagnose(&symptom, chains));
            prop_assert!(found.suspects.is_sorted_by(|a, b| a.score >= b.score));
            prop_assert!(found.hidden.is_sorted_by(|a, b| a.score >= b.score));
            for suspect in found.suspects.iter().chain(&found.hidden) {
                prop_assert!(suspect.score <= 1000);
                prop_assert_eq!(suspect.score, together(&suspect.fits));
                prop_assert!(suspect.fits.iter().all(|fit| fit.score <= 1000 && !fit.words.is_empty()));
                prop_assert!(!suspect.confirm.is_empty() && !suspect.change.is_empty() && !suspect.native.is_empty());
            }
        }
    }

    #[test]
    fn a_better_fit_never_makes_a_worse_whole(scores in prop::collection::vec(0u32..=1000, 1..8), which: prop::sample::Index, more in 0u32..=1000) {
        let aspects = [Aspect::Time, Aspect::Status, Aspect::Body, Aspect::Headers, Aspect::Exception, Aspect::Stream, Aspect::When];
        let fits: Vec<Fit> = scores
            .iter()
            .zip(aspects)
            .map(|(score, aspect)| Fit { aspect, score: *score, words: String::new() })
            .collect();
        let mut better = fits.clone();
        let i = which.index(better.len());
        better[i].score = (better[i].score + more).min(1000);
        prop_assert!(together(&better) >= together(&fits));
    }

    /// The nearer a time is to the value of a timer, the better that timer fits.
    #[test]
    fn a_nearer_time_never_fits_worse(near in 0u64..5000, further in 0u64..60_000) {
        let chains = chains();
        let score = |late: u64| {
            let after = Some(After::exactly(Dur::from_millis(125_000 + late)));
            let found = diagnose(&Symptom { status: Some(524), after, ..Symptom::default() }, &chains);
            let edge = found.suspects.iter().find(|s| s.timer == "proxy-read");
            edge.map_or(0, |s| s.fit(Aspect::Time).map_or(0, |fit| fit.score))
        };
        prop_assert!(score(near) >= score(near + further));
    }
}

#[test]
fn what_a_hop_wrote_down_speaks_of_hops_inside_it() {
    let chains = chains();
    let symptom = Symptom { status: Some(504), at: Some("proxy".to_owned()), ..Symptom::default() };
    let found = diagnose(&symptom, &chains);
    let outside = |hop: &str| ["app", "edge", "lb"].contains(&hop);
    assert!(found.suspects.iter().all(|s| !outside(&s.hop)), "{:#?}", found.suspects);
    let left = Symptom { status: Some(499), at: Some("proxy".to_owned()), ..Symptom::default() };
    assert!(outside(&diagnose(&left, &chains).suspects[0].hop));
}

#[test]
fn a_value_that_may_not_run_is_compared_by_its_default() {
    let text = "version: 1\nhops:\n  - {name: proxy, platform: nginx, timeouts: {read: 300s}}\n  - {name: m, platform: openai}\n";
    let config = Config::default();
    let engine = Engine { catalog: &CATALOG, config: &config };
    let source = Source { path: "a.chain.yaml".to_owned(), text: text.into() };
    let chains = engine.resolve_file(FileId(0), &source, &Store::new(&Disk, Path::new(".")));
    let after = Some(After::parse("60.1s").expect("a time"));
    let found = diagnose(&Symptom { status: Some(504), after, ..Symptom::default() }, &chains);
    let first = &found.suspects[0];
    assert_eq!((first.timer.as_str(), first.value), ("read", Some(Dur::from_secs(60))));
    assert!(first.fit(Aspect::Chain).is_some_and(|fit| fit.words.contains("300s")), "{first:#?}");
}

#[test]
fn the_page_lists_what_is_no_timeout() {
    let path = "docs/diagnose.md";
    let page = std::fs::read_to_string(path).expect("the page");
    let (before, rest) = page.split_once("<!-- patterns -->\n").expect("a mark");
    let (_, after) = rest.split_once("<!-- end of patterns -->").expect("a mark");
    let fresh = format!("{before}<!-- patterns -->\n{}<!-- end of patterns -->{after}", elsewhere::page());
    if std::env::var_os("HOPLINT_BLESS").is_some() {
        std::fs::write(path, &fresh).expect("writable");
    } else {
        assert!(page == fresh, "{path} is stale: run HOPLINT_BLESS=1 cargo test --test diagnose");
    }
}
