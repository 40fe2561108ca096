//! Who repeats what, and who works on for nobody.

use super::Time;
use crate::duration::Dur;
use crate::resolve::Resolved;
use crate::simulate::{self, Behaviour, Lateness, Request, Run, Script, Step, What, World};
use crate::text::list;
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// A failure of the innermost hop, and the calls that one request becomes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Repeats {
    /// Such as `a 503 or 429` or `no answer at all`.
    pub failure: String,
    /// The hops that call more than once, from client to provider.
    pub factors: Vec<Factor>,
    /// Calls of the innermost hop.
    pub calls: u64,
    /// When the client knows; absent where it never does.
    pub ended: Option<Time>,
}

/// One hop that repeats.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Factor {
    /// By its place in `hops`.
    pub hop: usize,
    /// Calls of the next hop for one call of this one; an average where they differ.
    pub times: f64,
}

/// Work that goes on when its caller has left.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Orphan {
    /// By its place in `hops`.
    pub hop: usize,
    /// When its caller leaves, from the click on.
    pub from: Time,
    /// Absent: without end.
    pub until: Option<Time>,
    /// Calls of the innermost hop that are at work or begin in that time.
    pub calls: u64,
    /// Whether it really goes on is not known.
    pub assumed: bool,
    /// `works on for nobody from 130s to 600s`.
    pub text: String,
}

/// Failures that are told apart, with what the innermost hop does.
fn failures() -> Vec<(&'static str, Behaviour)> {
    let status = |status| Behaviour::status(Dur::ZERO, status, None);
    vec![
        ("429", status(429)),
        ("500", status(500)),
        ("502", status(502)),
        ("503", status(503)),
        ("504", status(504)),
        ("reset", Behaviour::Answers(vec![Step::new(Dur::ZERO, What::Reset)])),
        ("", Behaviour::silent()),
    ]
}

fn run(chain: &Resolved, behaviour: Behaviour) -> Run {
    let request = Request { script: Script::always(behaviour), leaves: None, late: Lateness::Latest };
    simulate::run(chain, &World::usual(chain), &request)
}

/// Whether one request becomes more calls than anybody follows: the rest of them would be left out.
pub fn is_beyond_counting(chain: &Resolved) -> bool {
    failures().into_iter().any(|(_, behaviour)| run(chain, behaviour).cut_short)
}

/// Every failure that some hop repeats, those with the most calls first; failures that come to the same are one.
pub fn repeats(chain: &Resolved) -> Vec<Repeats> {
    let mut found: Vec<(Vec<&'static str>, Repeats)> = Vec::new();
    for (name, behaviour) in failures() {
        let run = run(chain, behaviour);
        let calls = u64::try_from(run.provider.len()).unwrap_or(u64::MAX);
        if calls < 2 {
            continue;
        }
        let repeats = Repeats {
            failure: String::new(),
            factors: factors(chain, &run.calls, calls),
            calls,
            ended: run.ended.map(Time::from),
        };
        let same = |other: &Repeats| (&other.factors, other.calls) == (&repeats.factors, repeats.calls);
        match found.iter_mut().find(|(names, other)| !name.is_empty() && !names[0].is_empty() && same(other)) {
            Some((names, _)) => names.push(name),
            None => found.push((vec![name], repeats)),
        }
    }
    found.sort_by_key(|(_, repeats)| std::cmp::Reverse(repeats.calls));
    found.into_iter().map(|(names, repeats)| Repeats { failure: failure(&names), ..repeats }).collect()
}

fn failure(names: &[&str]) -> String {
    match names {
        [""] => "no answer at all".to_owned(),
        ["reset"] => "a reset connection".to_owned(),
        names => format!("a {}", list(names, "or")),
    }
}

fn factors(chain: &Resolved, calls: &[u64], provider: u64) -> Vec<Factor> {
    let last = chain.hops.len() - 1;
    let of = |hop: usize| if hop == last { provider } else { calls.get(hop).copied().unwrap_or(0) };
    let factor = |hop: usize| {
        #[expect(clippy::cast_precision_loss, reason = "calls of one request")]
        let times = of(hop + 1) as f64 / of(hop).max(1) as f64;
        (times > 1.0).then_some(Factor { hop, times })
    };
    (0..last).filter_map(factor).collect()
}

/// Work that is told of: a shorter time is the way of a cancellation through the chain.
const WORTH_TELLING: Dur = Dur::from_secs(1);

/// Who works on when the innermost hop never answers: one entry for each hop, over all its attempts.
pub fn orphans(chain: &Resolved) -> Vec<Orphan> {
    let run = run(chain, Behaviour::silent());
    let mut found: Vec<simulate::Orphan> = Vec::new();
    for orphan in run.orphans.iter().filter(|orphan| orphan.hop < chain.hops.len()) {
        let long = orphan.until.is_none_or(|until| until.minus(orphan.from) >= WORTH_TELLING);
        match found.iter_mut().find(|known| known.hop == orphan.hop) {
            _ if !long => {}
            Some(known) => {
                known.until = known.until.zip(orphan.until).map(|(a, b)| a.max(b));
                known.from = known.from.min(orphan.from);
                known.calls = known.calls.saturating_add(orphan.calls);
                known.assumed &= orphan.assumed;
            }
            None => found.push(*orphan),
        }
    }
    found.sort_by_key(|orphan| orphan.hop);
    found.iter().map(told).collect()
}

fn told(orphan: &simulate::Orphan) -> Orphan {
    let may = if orphan.assumed { "may work on" } else { "works on" };
    let until = orphan.until.map_or("without end".to_owned(), |until| format!("until {until}"));
    Orphan {
        hop: orphan.hop,
        from: orphan.from.into(),
        until: orphan.until.map(Time::from),
        calls: orphan.calls,
        assumed: orphan.assumed,
        text: format!("{may} for nobody from {} {until}", orphan.from),
    }
}
