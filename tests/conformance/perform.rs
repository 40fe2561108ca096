//! Runs all scenarios: a few chains at a time, the runs of one chain all at once.

use crate::clock::now;
use crate::observed::Observed;
use crate::predicted::Predicted;
use crate::real;
use crate::real::loopback::{Dead, dead};
use crate::real::proxies::free_address;
use crate::scenario::{self, Chain, Play, Upstream as Kind};
use crate::sdk::{self, Driver, Language};
use crate::stage::{self, Stage};
use crate::upstream::{ENDPOINTS, Upstream};
use crate::user;
use hoplint::model::workload::Mode;
use hoplint::resolve::Resolved;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// What all chains share.
pub struct Theatre {
    upstream: Upstream,
    refused: Vec<SocketAddr>,
    dead: Option<Vec<Dead>>,
    python: Option<Driver>,
    node: Option<Driver>,
    scripts: AtomicU32,
}

impl Theatre {
    fn new(chains: &[Resolved]) -> Theatre {
        let needs = |language| {
            let of = |chain: &Resolved| sdk::of(&chain.hops[0].platform.id).is_some_and(|sdk| sdk.language == language);
            chains.iter().any(of).then(|| Driver::start(language)).flatten()
        };
        std::thread::scope(|scope| {
            let python = scope.spawn(|| needs(Language::Python));
            let node = scope.spawn(|| needs(Language::Node));
            Theatre {
                upstream: Upstream::new(),
                refused: (0..ENDPOINTS).map(|_| free_address()).collect(),
                dead: (0..ENDPOINTS).map(|_| dead()).collect(),
                python: python.join().unwrap(),
                node: node.join().unwrap(),
                scripts: AtomicU32::new(0),
            }
        })
    }

    const fn driver(&self, language: Language) -> Option<&Driver> {
        match language {
            Language::Python => self.python.as_ref(),
            Language::Node => self.node.as_ref(),
        }
    }

    /// Where the innermost process finds this upstream: an address for each endpoint.
    fn addresses(&self, kind: &Kind) -> Option<Vec<SocketAddr>> {
        match kind {
            Kind::Scripted(_) => Some(self.upstream.addresses.clone()),
            Kind::Refused => Some(self.refused.clone()),
            Kind::Dead => Some(self.dead.as_ref()?.iter().map(|dead| dead.address).collect()),
        }
    }

    /// Why this chain cannot be run here.
    fn cannot(&self, chain: &Resolved) -> Option<String> {
        let client = sdk::of(&chain.hops[0].platform.id);
        let absent = client
            .filter(|sdk| self.driver(sdk.language).is_none())
            .map(|sdk| format!("{:?} with the SDKs", sdk.language));
        absent.or_else(|| stage::missing(chain))
    }

    /// What a program does only once must not be part of a measured time: the client's module is loaded, and every worker
    /// of a server answers a request.
    fn warm(&self, chain: &Resolved, stage: &mut Stage, act: &Act) {
        let id = || self.scripts.fetch_add(1, Ordering::Relaxed);
        if let Some(sdk) = sdk::of(&chain.hops[0].platform.id) {
            stage.module = format!("chain{}_{}", act.chain, id());
            self.driver(sdk.language).unwrap().prepare(&sdk, chain, &stage.module, id());
        }
        if chain.hops.iter().any(|hop| hop.platform.role.runs_code()) {
            std::thread::scope(|scope| {
                for _ in &act.plays {
                    let (id, entry) = (id(), stage.entry);
                    self.upstream.follow(id, scenario::script("+100ms 200, end"));
                    scope.spawn(move || user::ask(entry, id, "POST", false, None));
                }
            });
        }
    }

    fn run(&self, chain: &Resolved, stage: &Stage, play: &Play, predicted: &Predicted) -> Observed {
        let id = self.scripts.fetch_add(1, Ordering::Relaxed);
        if let Kind::Scripted(script) = &play.upstream {
            self.upstream.follow(id, script.clone());
        }
        let streams = chain.hops[0].mode == Mode::Streaming;
        let mut observed = match sdk::of(&chain.hops[0].platform.id) {
            None => {
                let method = chain.hops[0].spec.method.as_ref().map_or("POST", |m| m.value.as_str());
                user::ask(stage.entry, id, method, streams, play.leaves)
            }
            Some(sdk) => {
                let driver = self.driver(sdk.language).unwrap();
                driver.call(&sdk, &chain.hops[0], &stage.module, id, &format!("http://{}/s{id}", stage.entry), streams)
            }
        };
        // What goes on for nobody is watched for as long as it should.
        let (expected, settles) = (predicted.calls_expected(), predicted.settles().max(observed.ended + 0.3));
        while now() < observed.clicked + settles {
            let calls = self.upstream.calls(id);
            let over = calls.iter().all(|call| call.finished.or(call.left).is_some());
            if over && calls.len() >= expected && now() > observed.clicked + observed.ended + 0.3 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        observed.calls = self.upstream.calls(id);
        observed
    }
}

/// One run: the chain, its place there, what should come of it and what did; nothing where a program is missing.
pub struct Ran {
    pub chain: usize,
    pub play: usize,
    pub predicted: Predicted,
    pub outcome: Option<Outcome>,
}

pub struct Outcome {
    pub observed: Observed,
    pub differs: Vec<String>,
    /// The first time, among others, it differed; this is what it does alone.
    pub repeated: bool,
}

/// The runs of a chain that share an upstream, and so a stage.
struct Act {
    chain: usize,
    plays: Vec<usize>,
}

fn acts(chains: &[Chain], resolved: &[Resolved]) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for (c, chain) in chains.iter().enumerate() {
        // A proxy remembers that a server was not there, and of several servers which one failed.
        let several = resolved[c].hops.iter().any(|hop| hop.spec.endpoints.is_some());
        let shares = |n: &usize| !several && matches!(chain.runs[*n].upstream, Kind::Scripted(_));
        let (together, alone): (Vec<usize>, Vec<usize>) = (0..chain.runs.len()).partition(shares);
        if !together.is_empty() {
            acts.push(Act { chain: c, plays: together });
        }
        acts.extend(alone.into_iter().map(|n| Act { chain: c, plays: vec![n] }));
    }
    acts
}

pub fn all(chains: &[Chain], resolved: &[Resolved]) -> Vec<Ran> {
    let theatre = Theatre::new(resolved);
    let (acts, next, ran) = (acts(chains, resolved), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let at_once = 2 * std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(act) = acts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let done = perform(&theatre, &resolved[act.chain], &chains[act.chain], act);
                    ran.lock().unwrap().extend(done);
                }
            });
        }
    });
    let mut ran = ran.into_inner().unwrap();
    // The machine may have been busy: once more, alone. What differs then is different.
    for ran in ran.iter_mut().filter(|ran| ran.outcome.as_ref().is_some_and(|o| !o.differs.is_empty())) {
        let act = Act { chain: ran.chain, plays: vec![ran.play] };
        if let Some(mut again) = perform(&theatre, &resolved[ran.chain], &chains[ran.chain], &act).pop() {
            again.outcome.iter_mut().for_each(|outcome| outcome.repeated = true);
            *ran = again;
        }
    }
    ran.sort_by_key(|ran| (ran.chain, ran.play));
    ran
}

fn perform(theatre: &Theatre, chain: &Resolved, scenario: &Chain, act: &Act) -> Vec<Ran> {
    let predicted = |play: usize| Predicted::new(chain, &scenario.runs[play]);
    let nothing = |play: &usize| Ran { chain: act.chain, play: *play, predicted: predicted(*play), outcome: None };
    if let Some(missing) = theatre.cannot(chain) {
        real::skip(&format!("chains of {}", scenario.group), &missing);
        return act.plays.iter().map(nothing).collect();
    }
    let Some(addresses) = theatre.addresses(&scenario.runs[act.plays[0]].upstream) else {
        eprintln!("SKIPPED {}: the queue of a port could not be filled here", scenario.group);
        return act.plays.iter().map(nothing).collect();
    };
    let mut stage = Stage::start(chain, &addresses, act.plays.len());
    theatre.warm(chain, &mut stage, act);
    let stage = stage;
    let run = |play: usize| {
        let predicted = predicted(play);
        let observed = theatre.run(chain, &stage, &scenario.runs[play], &predicted);
        let differs = predicted.differs(&observed);
        Ran { chain: act.chain, play, predicted, outcome: Some(Outcome { observed, differs, repeated: false }) }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = act.plays.iter().map(|play| scope.spawn(|| run(*play))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
