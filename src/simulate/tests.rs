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
