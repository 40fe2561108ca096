//! Whole runs of small chains.

use super::{Behaviour, Lateness, Request, Run, Script, Seen, World, run};
use crate::catalog::store::Catalog;
use crate::duration::Dur;
use crate::model::decode::chains;
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::span::FileId;
use crate::syntax::decode::Ctx;
use crate::syntax::{Format, parse};

fn chain(text: &str) -> Resolved {
    let text = format!("version: 1\n{text}");
    let parsed = parse(&text, Format::Yaml);
    let mut ctx = Ctx::new(FileId(0), &text, Format::Yaml, &parsed);
    let chains = parsed.root.as_ref().map(|root| chains(root, "test", &mut ctx)).unwrap_or_default();
    assert!(ctx.diagnostics.is_empty(), "{:#?}", ctx.diagnostics);
    Resolver::new(&Catalog::default(), ChainDefaults::default()).resolve(&chains[0])
}

fn of(text: &str, behaviour: Behaviour) -> Run {
    let chain = chain(text);
    let request = Request { script: Script::always(behaviour), leaves: None, late: Lateness::Earliest };
    run(&chain, &World::usual(&chain), &request)
}

const SDK_AND_NGINX: &str = "hops:\n  - {name: sdk, platform: openai-python, timeout: 600s}\n  - {name: edge, platform: nginx}\n  - {name: model, platform: openai}\n";

#[test]
fn an_answer_in_time_is_seen_whole() {
    let run = of(SDK_AND_NGINX, Behaviour::whole(Dur::from_secs(20)));
    assert_eq!(run.client, Seen::Answer { status: 200 });
    assert_eq!(run.ended, Some(Dur::from_secs(20)));
    assert_eq!(run.calls, [1, 1, 1]);
    assert!(run.provider.iter().all(|work| work.wanted && work.finished));
}

#[test]
fn a_proxy_that_gives_up_is_asked_again() {
    let run = of(SDK_AND_NGINX, Behaviour::silent());
    assert_eq!(run.calls, [1, 3, 3], "{run:#?}");
    // Three times 60 s, and the least of the back-offs 0.5 s and 1 s with their jitter.
    assert_eq!(run.ended, Some(Dur::from_millis(181_125)));
    assert_eq!(run.blame.map(|b| run.fired[b].hop), Some(1));
    assert!(matches!(run.client, Seen::Error { status: Some(504), .. }), "{:?}", run.client);
}

#[test]
fn what_happens_at_one_moment_is_told_in_order() {
    let run = of(SDK_AND_NGINX, Behaviour::status(Dur::ZERO, 503, None));
    let hops: Vec<usize> = run.events.iter().take(6).map(|event| event.hop).collect();
    assert_eq!(hops, [0, 1, 2, 2, 1, 0], "{:#?}", run.events);
}

/// An answer that asks for a wait of 150 s: what each client makes of it, as measured.
#[test]
fn a_retry_after_beyond_the_cap_is_what_each_client_makes_of_it() {
    let ended = |platform: &str| {
        let text = format!("hops: [{{platform: {platform}}}, {{name: model, platform: openai}}]\n");
        let run = of(&text, Behaviour::status(Dur::ZERO, 429, Some(Dur::from_secs(150))));
        (run.calls[1], run.ended)
    };
    assert_eq!(ended("openai-python"), (1, Some(Dur::ZERO)));
    assert_eq!(ended("openai-node"), (3, Some(Dur::from_millis(1_125))));
    assert_eq!(ended("cohere-python"), (3, Some(Dur::from_secs(120))));
    assert_eq!(ended("anthropic-python"), (3, Some(Dur::from_secs(300))));
}

#[test]
fn a_heartbeat_keeps_an_idle_timer_from_firing() {
    let chain = |beat: &str| {
        format!(
            "workload: {{mode: streaming, first-byte: 90s, total: 120s}}\nhops:\n  - {{name: user, platform: custom, role: client, timeouts: {{between-bytes: 30s}}}}\n  - {{name: app, platform: custom, role: app-server{beat}}}\n  - {{name: model, platform: custom, role: provider}}\n"
        )
    };
    let stream = || Behaviour::stream(Dur::from_secs(90), Dur::from_secs(1), Dur::from_secs(120), false);
    let without = of(&chain(""), stream());
    assert_eq!((without.ended, without.blame.map(|b| without.fired[b].hop)), (Some(Dur::from_secs(30)), Some(0)));
    let with = of(&chain(", heartbeat: 15s"), stream());
    assert_eq!((with.client, with.ended), (Seen::Answer { status: 200 }, Some(Dur::from_secs(120))));
}

#[test]
fn headers_that_are_out_make_a_failure_a_truncation() {
    let text = "workload: {mode: streaming, first-byte: 20s, total: 60s}\nhops:\n  - {name: user, platform: custom, role: client}\n  - {name: app, platform: custom, role: app-server, headers: early}\n  - {name: sdk, platform: openai-python, timeout: 10s, retries: {attempts: 2}}\n  - {name: model, platform: openai}\n";
    let run = of(text, Behaviour::silent());
    assert_eq!(run.calls, [1, 1, 1, 2]);
    assert!(matches!(run.client, Seen::Truncated { status: 200, first_byte: Dur::ZERO, .. }), "{:?}", run.client);
    assert_eq!(run.ended, Some(Dur::from_millis(20_375)));
}

#[test]
fn calls_follow_each_other_after_the_work_before_them() {
    let text = "hops:\n  - {name: app, platform: custom, role: app-server, before: 5s, calls: 3}\n  - {name: model, platform: custom, role: provider}\n";
    let run = of(text, Behaviour::whole(Dur::from_secs(10)));
    assert_eq!((run.ended, run.calls), (Some(Dur::from_secs(35)), vec![1, 3]));
    assert!(run.provider.iter().all(|work| work.wanted));
    let starts: Vec<Dur> = run.provider.iter().map(|work| work.started).collect();
    assert_eq!(starts, [5, 15, 25].map(Dur::from_secs));
}

#[test]
fn a_fallback_takes_over_when_the_tail_before_it_has_failed() {
    let text = "hops:\n  - name: router\n    platform: custom\n    role: router\n    timeouts: {total: 30s}\n    fallbacks: [[{name: second, platform: openai}]]\n  - {name: first, platform: openai}\n";
    let chain = chain(text);
    let script = Script { calls: vec![Behaviour::silent(), Behaviour::whole(Dur::from_secs(4))] };
    let request = Request { script, leaves: None, late: Lateness::Earliest };
    let run = run(&chain, &World::usual(&chain), &request);
    assert_eq!((&run.client, run.ended), (&Seen::Answer { status: 200 }, Some(Dur::from_secs(34))), "{run:#?}");
    assert_eq!(run.calls, [1, 1, 1]);
    assert_eq!(crate::simulate::hop_at(&chain, 2).name(), "second");
}

#[test]
fn a_killed_program_takes_its_calls_along_and_others_work_on() {
    let text = "hops:\n  - {name: user, platform: custom, role: client, timeouts: {total: 5s}}\n  - {name: app, platform: gunicorn, with: {worker: sync}, timeouts: {worker: 20s}}\n  - {name: sdk, platform: openai-python}\n  - {name: model, platform: openai}\n";
    let run = of(text, Behaviour::whole(Dur::from_secs(60)));
    assert_eq!(run.ended, Some(Dur::from_secs(5)));
    let orphan = run.orphans.iter().find(|orphan| orphan.hop == 1).expect("the app works on");
    assert_eq!((orphan.from, orphan.until, orphan.calls), (Dur::from_secs(5), Some(Dur::from_secs(20)), 1));
    // The provider learns of the closed connection, and stops.
    assert_eq!(run.provider[0].cancelled, Some(Dur::from_secs(20)));
    assert!(!run.provider[0].wanted && !run.provider[0].finished);
}

mod many {
    use super::*;
    use crate::model::workload::Mode;
    use crate::simulate::{Draw, Fault, Load, Plan, Tally, many};

    fn load() -> Load {
        Load {
            seed: 1,
            mode: Mode::Buffered,
            total: Draw::LogNormal { p50: Dur::from_secs(20), p99: Dur::from_secs(120) },
            first_byte: None,
            gap: None,
            early_headers: false,
            faults: Vec::new(),
            leaves: None,
            calls: 1,
            fresh: false,
        }
    }

    fn tally(text: &str, load: &Load, requests: u64) -> Tally {
        let chain = chain(text);
        let world = World::usual(&chain);
        let plan = Plan::new(&chain, &world);
        many(&plan, load, 0..requests).sorted()
    }

    #[test]
    fn who_takes_longer_than_the_proxy_waits_is_what_fails() {
        let tally = tally(SDK_AND_NGINX, &load(), 20_000);
        // The share of a log-normal above 60 s: z = ln(3) / (ln(6) / z99) = 1.426, so 7.7 %.
        let failed = tally.requests - tally.answered;
        assert!((1_420..1_660).contains(&failed), "{failed}");
        assert_eq!(tally.ends.len(), 1);
        assert_eq!(tally.ends[0].blame.map(|(hop, _)| hop), Some(1));
        assert_eq!(tally.most_calls, [1, 3, 3]);
        assert_eq!(tally.work.calls, tally.answered + 3 * failed);
        assert_eq!(tally.work.wanted, tally.answered);
        assert!(tally.until_answered().is_some_and(|p| p.max < Dur::from_secs(60)));
        assert!(tally.until_failed().is_some_and(|p| p.p50 > Dur::from_secs(181)));
    }

    #[test]
    fn attempts_that_take_another_time_succeed_where_others_would_not() {
        let again = tally(SDK_AND_NGINX, &Load { fresh: true, ..load() }, 20_000);
        let alike = tally(SDK_AND_NGINX, &load(), 20_000);
        assert!(again.requests - again.answered < 30, "{}", again.requests - again.answered);
        assert!(again.answered > alike.answered);
    }

    #[test]
    fn faults_are_repeated_and_not_billed() {
        let fault = Fault {
            name: "503".to_owned(),
            behaviour: Behaviour::status(Dur::from_millis(100), 503, None),
            per_million: 100_000,
        };
        let load = Load { total: Draw::Always(Dur::from_secs(5)), faults: vec![fault], ..load() };
        let tally = tally(SDK_AND_NGINX, &load, 20_000);
        // Three attempts fail in a row: one in a thousand.
        assert!((5..60).contains(&(tally.requests - tally.answered)), "{tally:?}");
        assert_eq!(tally.work.accepted, tally.answered);
        assert!(tally.work.calls > tally.work.accepted + 1_800);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let chain = chain(SDK_AND_NGINX);
        let world = World::usual(&chain);
        let plan = Plan::new(&chain, &world);
        let load = load();
        let whole = many(&plan, &load, 0..3_000).sorted();
        let parts = many(&plan, &load, 1_000..3_000).plus(many(&plan, &load, 0..1_000)).sorted();
        assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
    }
}
