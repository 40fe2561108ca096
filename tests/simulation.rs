//! What always holds of a simulated request, whatever the chain, the answer and the user.

#[path = "properties/chains.rs"]
#[expect(dead_code, reason = "the generator is shared")]
mod chains;

use hoplint::catalog::store::Catalog;
use hoplint::duration::Dur;
use hoplint::model::decode;
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{Resolved, Resolver};
use hoplint::simulate::{
    Behaviour, Ending, Lateness, Machine, Plan, Request, Run, Script, Seen, Shape, Step, What, Worked, World, run,
    sweep,
};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(Catalog::default)
}

/// What of a text could be read, resolved.
fn resolved(text: &str) -> Vec<Resolved> {
    let parsed = parse(text, Format::Json);
    let mut ctx = Ctx::new(FileId(0), text, Format::Json, &parsed);
    let chains = parsed.root.as_ref().map(|root| decode::chains(root, "some", &mut ctx)).unwrap_or_default();
    let mut resolver = Resolver::new(catalog(), ChainDefaults::default());
    chains.iter().map(|chain| resolver.resolve(chain)).filter(|chain| !chain.hops.is_empty()).collect()
}

/// Chains with the text that they come from, which is what a failure shows.
#[derive(Clone)]
struct Chains(String, std::sync::Arc<Vec<Resolved>>);

impl std::fmt::Debug for Chains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn chain() -> impl Strategy<Value = Chains> {
    chains::chain().prop_map(|chain| {
        let text = chain.to_string();
        let chains = resolved(&text);
        Chains(text, chains.into())
    })
}

fn dur() -> impl Strategy<Value = Dur> {
    prop_oneof![
        1 => Just(Dur::ZERO),
        3 => (0..700_000u64).prop_map(Dur::from_millis),
        2 => prop::sample::select(vec![5u64, 10, 29, 30, 60, 100, 120, 300, 600, 900]).prop_map(Dur::from_secs),
        1 => (0..1u64 << 56).prop_map(Dur::from_nanos),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        4 => (prop::sample::select(vec![200u16, 429, 500, 503]), prop::option::of(dur()))
            .prop_map(|(status, retry_after)| What::Headers { status, retry_after }),
        4 => Just(What::Byte),
        4 => (dur(), 0..1000u64).prop_map(|(every, count)| What::Trickle { every, count }),
        2 => Just(What::End),
        1 => Just(What::Reset),
    ];
    (dur(), what).prop_map(|(after, what)| Step { after, what })
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        1 => Just(Behaviour::Refuses),
        1 => Just(Behaviour::NeverConnects),
        1 => Just(Behaviour::silent()),
        3 => dur().prop_map(Behaviour::whole),
        3 => (dur(), dur(), dur(), any::<bool>()).prop_map(|(a, b, c, early)| Behaviour::stream(a, b, c, early)),
        3 => prop::collection::vec(step(), 0..6).prop_map(Behaviour::Answers),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let late = prop_oneof![
        Just(Lateness::Earliest),
        Just(Lateness::Latest),
        any::<u16>().prop_map(Lateness::At),
        any::<u64>().prop_map(Lateness::Seeded),
    ];
    (prop::collection::vec(behaviour(), 1..4), prop::option::of(dur()), late)
        .prop_map(|(calls, leaves, late)| Request { script: Script { calls }, leaves, late })
}

/// The same cases in every run, as in `properties.rs`.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

const PATIENCE: Duration = Duration::from_secs(20);

fn answered(run: &Run) -> Option<Dur> {
    matches!(run.client, Seen::Answer { .. }).then_some(run.ended).flatten()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_run_ends_and_is_consistent(chains in chain(), request in request()) {
        for chain in chains.1.iter() {
            for world in World::all(chain, 3) {
                let began = Instant::now();
                let one = run(chain, &world, &request);
                prop_assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
                sound(chain, &request, &one)?;
                prop_assert_eq!(&one, &run(chain, &world, &request));
            }
        }
    }

    /// The short form for many requests says what the long one says, also in a machine that has run others before.
    #[test]
    fn the_short_form_says_the_same(chains in chain(), first in request(), second in request()) {
        for chain in chains.1.iter() {
            let world = World::usual(chain);
            let plan = Plan::new(chain, &world);
            let mut machine = Machine::new(&plan);
            for request in [&first, &second] {
                let outcome = machine.request(&request.script, request.leaves, request.late);
                let long = run(chain, &world, request);
                prop_assert_eq!(&machine.run(), &long);
                prop_assert_eq!(outcome.ended, long.ended);
                let work = Worked::of(&outcome, &machine, &|_| None);
                prop_assert_eq!(work.calls, long.provider.len() as u64);
                prop_assert_eq!(work.wanted, long.provider.iter().filter(|work| work.wanted).count() as u64);
                prop_assert!(work.worked >= work.worked_for_user);
                prop_assert_eq!(matches!(outcome.ending, Ending::Answered(_)), answered(&long).is_some());
            }
        }
    }

    #[test]
    fn a_later_answer_never_makes_the_success_earlier(chains in chain(), a in dur(), b in dur(), gap in dur()) {
        let (sooner, later) = (a.min(b), a.max(b));
        for chain in chains.1.iter() {
            let world = World::usual(chain);
            for shape in [Shape::Whole, Shape::Late { gap, lasts: gap, early: false }, Shape::Late { gap, lasts: gap, early: true }] {
                let end = |d: Dur| {
                    let mut script = Script::default();
                    shape.script(d, &mut script);
                    answered(&run(chain, &world, &Request { script, leaves: None, late: Lateness::Earliest }))
                };
                if let Some(late) = end(later) {
                    prop_assert!(end(sooner).is_some_and(|early| early <= late), "{sooner} {later} {shape:?}");
                }
            }
        }
    }

    /// Where the last span begins nothing was stepped over: any duration comes out as its span says.
    #[test]
    fn a_sweep_leaves_nothing_out(
        chains in chain(),
        shape in prop_oneof![
            Just(Shape::Whole),
            (dur(), dur(), any::<bool>()).prop_map(|(first, gap, early)| Shape::Stream { first, gap: gap.max(Dur::from_millis(500)), early }),
            (dur(), dur(), any::<bool>()).prop_map(|(gap, lasts, early)| Shape::Late { gap, lasts, early }),
            Just(Shape::Status { status: 503 }),
        ],
        samples in prop::collection::vec(0..700_000u64, 20),
    ) {
        let longest = Dur::from_secs(700);
        for chain in chains.1.iter() {
            let world = World::usual(chain);
            let began = Instant::now();
            let spans = sweep(chain, &world, &shape, longest);
            prop_assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
            prop_assert_eq!(spans[0].from, Dur::ZERO);
            prop_assert!(spans.windows(2).all(|pair| pair[0].to == Some(pair[1].from)));
            prop_assert_eq!(spans[spans.len() - 1].to, None);
            let edges = spans.iter().skip(1).take(50).flat_map(|span| [span.from, span.from.minus(Dur::from_nanos(1))]);
            for d in samples.iter().map(|ms| Dur::from_millis(*ms)).chain(edges) {
                let span = spans.iter().rev().find(|span| span.from <= d).expect("they begin at 0");
                let mut script = Script::default();
                shape.script(d, &mut script);
                let there = run(chain, &world, &Request { script, leaves: None, late: Lateness::Earliest });
                prop_assert_eq!(gist(&there), gist(&span.run), "{} in {}..{:?} of {:?}", d, span.from, span.to, shape);
            }
        }
    }
}

/// Who decided, what is seen, how many calls.
fn gist(run: &Run) -> String {
    let blame = run.blame.map(|blame| (run.fired[blame].hop, run.fired[blame].value.map(|value| value.timer)));
    let seen = match &run.client {
        Seen::Truncated { status, .. } => format!("truncated {status}"),
        seen => format!("{seen:?}"),
    };
    format!("{blame:?} {seen} {:?}", run.calls)
}

fn sound(chain: &Resolved, request: &Request, run: &Run) -> Result<(), TestCaseError> {
    prop_assert!(run.events.is_sorted_by_key(|event| event.at));
    prop_assert!(run.calls[0] <= 1);
    prop_assert!(run.calls.len() >= chain.hops.len());
    prop_assert!(run.blame.is_none_or(|blame| blame < run.fired.len()));
    prop_assert!(run.fired.iter().all(|fired| fired.since <= fired.at));
    if let (Some(leaves), Some(ended)) = (request.leaves, run.ended) {
        prop_assert!(ended <= leaves);
    }
    if let (Some(blame), Some(ended)) = (run.blame, run.ended) {
        prop_assert!(run.fired[blame].at <= ended);
    }
    for work in &run.provider {
        prop_assert!(work.ended.is_none_or(|ended| ended >= work.started));
        prop_assert!(!work.wanted || (work.finished && work.cancelled.is_none()), "{work:?}");
        prop_assert!(!work.wanted || answered(run).is_some());
    }
    let over = run.provider.iter().map(|work| work.ended).chain([run.ended]).max_by_key(|at| at.unwrap_or(Dur::MAX));
    for fired in &run.fired {
        prop_assert!(over.flatten().is_none_or(|over| fired.at <= over) || !run.orphans.is_empty(), "{fired:?}");
    }
    for orphan in &run.orphans {
        prop_assert!(orphan.until.is_none_or(|until| until > orphan.from));
    }
    Ok(())
}

#[test]
fn without_timers_nothing_fires() {
    let text = r#"{"version": 1, "hops": [{"platform": "custom", "name": "a"}, {"platform": "custom", "name": "b"}, {"platform": "custom", "name": "c"}]}"#;
    for chain in resolved(text) {
        for script in [Behaviour::silent(), Behaviour::NeverConnects, Behaviour::whole(Dur::from_secs(1_000_000))] {
            let wanted = matches!(&script, Behaviour::Answers(steps) if !steps.is_empty());
            let request = Request { script: Script::always(script), leaves: None, late: Lateness::Latest };
            let run = run(&chain, &World::usual(&chain), &request);
            assert!(run.fired.is_empty());
            assert_eq!(answered(&run).is_some(), wanted, "{run:#?}");
        }
    }
}

/// One hop in front of something that never answers: the run ends when the resolved hop says that it answers.
#[test]
fn alone_every_platform_ends_when_its_answer_is_due() {
    let mut compared = 0;
    for id in catalog().ids() {
        for mode in ["buffered", "streaming"] {
            let text = format!(
                r#"{{"version": 1, "workload": {{"mode": "{mode}", "total": "60s"}}, "hops": [{{"platform": "{id}", "name": "a"}}, {{"platform": "custom", "name": "b", "role": "provider"}}]}}"#
            );
            for chain in resolved(&text) {
                let hop = &chain.hops[0];
                for (i, case) in hop.cases.iter().enumerate() {
                    let Some(firing) = case.wait(hop.mode).firing() else { continue };
                    let due = case.attempts.answer(firing);
                    let world = World::usual(&chain).with(0, i);
                    let end = |late| {
                        let request = Request { script: Script::always(Behaviour::silent()), leaves: None, late };
                        run(&chain, &world, &request)
                    };
                    let (early, late) = (end(Lateness::Earliest), end(Lateness::Latest));
                    let whole_call = early.fired.iter().all(|fired| fired.value == Some(firing.value));
                    assert!(early.ended.is_some() && late.ended.is_some(), "{id}");
                    if whole_call && case.attempts.most.is_some() {
                        assert_eq!(
                            (early.ended, late.ended),
                            (Some(due.earliest), Some(due.latest)),
                            "{id} {mode} {i}"
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 120, "{compared}");
}
