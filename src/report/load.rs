//! Simulations of many requests as data: what the tables for people and the JSON for programs both show. The types are the
//! contract of the JSON: `schemas/hoplint-simulate-many.schema.json` is made from them.

use super::Options;
use super::json::write_pretty;
use crate::catalog::Setting;
use crate::duration::Dur;
use crate::resolve::{Resolved, ResolvedHop};
use crate::rules::say;
use crate::simulate::{Draw, End, Ending, Load, Percentiles, Tally, WHOLE, World, hop_at};
use serde::Serialize;
use std::io::{self, Write};

#[cfg(test)]
use schemars::JsonSchema;

/// One chain with what many requests through it came to.
pub struct Loaded<'a> {
    /// Relative to the folder where hoplint ran.
    pub path: &'a str,
    /// What tells it from what it is compared with; the chain's name where there is nothing to tell.
    pub label: &'a str,
    pub chain: &'a Resolved,
    pub world: &'a World,
    pub load: &'a Load,
    /// Sorted.
    pub tally: &'a Tally,
}

/// In millionths of the currency for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    pub input: Option<u64>,
    pub output: Option<u64>,
    /// Input that a repeated call finds in the provider's prompt cache.
    pub cached: Option<u64>,
}

pub fn json(loads: &[Loaded<'_>], prices: Prices, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&report(loads, prices, options), out)
}

/// For people: who fails and why, times, calls, cost; and what is compared, side by side.
pub fn text(loads: &[Loaded<'_>], prices: Prices, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    super::load_text::write(&report(loads, prices, options), options, out)
}

/// What `hoplint simulate --requests N --format json` prints.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(title = "hoplint simulate --requests, version 1"))]
pub(super) struct Report<'a> {
    /// The version of this format. A change that could break a reader raises it; a new field does not.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// The hoplint that wrote this.
    pub tool_version: &'a str,
    /// In the order in which they were named; the first one is what the others are compared with.
    pub simulations: Vec<Simulation<'a>>,
}

/// One chain under load.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Simulation<'a> {
    /// Relative to the folder where hoplint ran, with `/`.
    pub file: &'a str,
    pub chain: &'a str,
    /// What tells it from the others of this run.
    pub label: &'a str,
    pub requests: u64,
    /// The same seed draws the same requests.
    pub seed: u64,
    /// `buffered` or `streaming`.
    pub mode: &'static str,
    /// In words: where the durations of answers come from.
    pub answers_take: String,
    /// Facets that no hop states, and what they were taken to be.
    pub assumed: Vec<Assumption<'a>>,
    pub answered: Share,
    /// The other requests by what users see and which timer decided it, the most frequent first.
    pub failures: Vec<Failure<'a>>,
    /// Until users have the whole answer.
    pub until_answered: Option<Times>,
    /// Streaming: until the answer begins, of those that came to their end.
    pub until_first_byte: Option<Times>,
    /// Until users know that they get no answer.
    pub until_failed: Option<Times>,
    pub hops: Vec<Hop<'a>>,
    pub provider: Provider,
    /// Absent where the workload states no tokens.
    pub tokens: Option<Tokens>,
    /// Absent without prices, or where the workload states no tokens.
    pub cost: Option<Cost>,
    pub notes: Vec<&'static str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Assumption<'a> {
    pub hop: &'a str,
    pub facet: String,
    pub value: String,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Share {
    pub requests: u64,
    /// Of all requests, 0 to 1.
    pub share: f64,
}

/// One way of ending without an answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Failure<'a> {
    #[serde(flatten)]
    pub share: Share,
    /// `error`, `truncated`, `left` or `nothing`.
    pub sees: &'static str,
    /// The status that the user gets, where there is one.
    pub status: Option<u16>,
    /// What the outermost hop raises where there is no status, if its own timer decided it.
    pub exception: Option<&'a str>,
    /// The hop whose timer decided it; absent where no timer did.
    pub hop: Option<&'a str>,
    /// Its native name.
    pub timer: Option<&'a str>,
    /// The value with where it comes from.
    pub because: Option<String>,
    /// Seconds after the click, the least and the greatest; absent where users never know.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// The number of a request that ends so: `--replay` shows it.
    pub example: u64,
}

/// Seconds.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Times {
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Hop<'a> {
    #[serde(rename = "hop")]
    pub name: &'a str,
    /// Calls that reached it.
    pub calls: u64,
    pub calls_per_request: f64,
    /// Of one request.
    pub most: u64,
}

/// The work of the innermost hop.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Provider {
    pub calls: u64,
    pub calls_per_request: f64,
    /// Of one request.
    pub most: u64,
    /// Without those that it refused or answered with an error.
    pub accepted: u64,
    /// Accepted calls whose answer never reached a user.
    pub for_nobody: u64,
    pub seconds: f64,
    pub seconds_for_nobody: f64,
}

/// Tokens of accepted calls. Output grows evenly with the time that the provider works.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Tokens {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub input_for_nobody: Option<u64>,
    pub output_for_nobody: Option<u64>,
}

/// In the currency of the prices.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Cost {
    /// Every prompt at the full price.
    pub total: f64,
    pub for_nobody: f64,
    /// Where every repeated call finds its prompt in the cache; absent without a price for that.
    pub with_caching: Option<f64>,
}

fn report<'a>(loads: &[Loaded<'a>], prices: Prices, options: &Options) -> Report<'a> {
    let simulations = loads.iter().map(|load| simulation(load, prices)).collect();
    Report { version: 1, tool_version: options.version, simulations }
}

fn simulation<'a>(loaded: &Loaded<'a>, prices: Prices) -> Simulation<'a> {
    let Loaded { path, label, chain, world, load, tally } = *loaded;
    let tokens = tokens(chain, load, tally);
    Simulation {
        file: path,
        chain: &chain.name,
        label,
        requests: tally.requests,
        seed: load.seed,
        mode: load.mode.name(),
        answers_take: answers_take(load),
        assumed: world
            .assumed(chain)
            .into_iter()
            .map(|assumed| Assumption {
                hop: hop_at(chain, assumed.hop).name(),
                facet: assumed.facet,
                value: assumed.value,
            })
            .collect(),
        answered: share(tally.answered, tally),
        failures: tally.ends.iter().map(|end| failure(chain, end, tally)).collect(),
        until_answered: tally.until_answered().map(times),
        until_first_byte: tally.until_first_byte().filter(|_| load.is_stream()).map(times),
        until_failed: tally.until_failed().map(times),
        hops: hops(chain, tally),
        provider: provider(tally),
        tokens,
        cost: tokens.and_then(|tokens| cost(chain, load, tally, tokens, prices)),
        notes: notes(chain, load, prices),
    }
}

/// What the user could add for a better answer.
fn notes(chain: &Resolved, load: &Load, prices: Prices) -> Vec<&'static str> {
    let mut notes = Vec::new();
    let stated = chain.workload.workload().is_some_and(|w| w.input_tokens.is_some() || w.output_tokens.is_some());
    if prices != Prices::default() && !stated {
        notes.push(
            "No tokens are stated: add `input-tokens` and `output-tokens` to the chain's `workload:` for the cost.",
        );
    }
    if matches!(load.total, Draw::Always(_)) && !load.fresh {
        notes.push("All answers take the same time; --p50 and --p99, or --samples, say how they really spread.");
    }
    notes
}

fn answers_take(load: &Load) -> String {
    let mut text = draw(&load.total);
    if let Some(first) = load.first_byte.as_ref().filter(|_| load.is_stream()) {
        text += &format!("; first token {}", draw(first));
    }
    for fault in &load.faults {
        text += &format!("; {} in {} % of the calls", fault.name, f64::from(fault.per_million) / 10_000.0);
    }
    if let Some(leaves) = &load.leaves {
        text += &format!("; users leave {}", draw(leaves));
    }
    if load.fresh {
        text += "; each attempt takes another time";
    }
    text
}

fn draw(draw: &Draw) -> String {
    match draw {
        Draw::Always(at) => format!("after {at}"),
        Draw::LogNormal { p50, p99 } => format!("log-normal, p50 {p50}, p99 {p99}"),
        Draw::Samples(samples) => format!("as in {} samples", samples.len()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people, who want no more than four figures")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn share(requests: u64, tally: &Tally) -> Share {
    Share { requests, share: ratio(requests, tally.requests) }
}

fn times(p: Percentiles) -> Times {
    let [p50, p90, p95, p99, max] = [p.p50, p.p90, p.p95, p.p99, p.max].map(Dur::as_secs_f64);
    Times { p50, p90, p95, p99, max }
}

fn failure<'a>(chain: &'a Resolved, end: &End, tally: &Tally) -> Failure<'a> {
    let (sees, status) = match end.ending {
        Ending::Answered(status) | Ending::Failed(Some(status)) => ("error", Some(status)),
        Ending::Failed(None) => ("error", None),
        Ending::Truncated(status) => ("truncated", Some(status)),
        Ending::Left => ("left", None),
        Ending::Nothing => ("nothing", None),
    };
    let hop = end.blame.map(|(hop, _)| hop_at(chain, hop));
    let timer = end.blame.and_then(|(_, timer)| hop?.platform.timers.get(usize::from(timer?)));
    let because = end.blame.and_then(|(place, timer)| {
        let hop = hop?;
        let value = hop.cases.iter().find_map(|case| case.timer_value(usize::from(timer?)))?;
        let shown = matches!(value.setting, Some(Setting::At(_)));
        (shown && place < usize::MAX).then(|| say::value(hop, value))
    });
    let raised = timer.filter(|_| end.ending == Ending::Failed(None) && end.blame.is_some_and(|(hop, _)| hop == 0));
    let known = (end.latest != Dur::MAX).then_some(());
    Failure {
        share: share(end.requests, tally),
        sees,
        status,
        exception: raised.and_then(|timer| timer.on_expiry.exception.as_deref()),
        hop: hop.map(ResolvedHop::name),
        timer: timer.map(say::native),
        because,
        from: known.map(|()| end.earliest.as_secs_f64()),
        to: known.map(|()| end.latest.as_secs_f64()),
        example: end.example,
    }
}

fn hops<'a>(chain: &'a Resolved, tally: &Tally) -> Vec<Hop<'a>> {
    let counted = tally.calls.iter().zip(&tally.most_calls).enumerate();
    counted
        .map(|(i, (calls, most))| Hop {
            name: hop_at(chain, i).name(),
            calls: *calls,
            calls_per_request: ratio(*calls, tally.requests),
            most: *most,
        })
        .collect()
}

fn provider(tally: &Tally) -> Provider {
    let work = tally.work;
    #[expect(clippy::cast_precision_loss, reason = "seconds for people")]
    let seconds = |nanos: u128| nanos as f64 / 1e9;
    Provider {
        calls: work.calls,
        calls_per_request: ratio(work.calls, tally.requests),
        most: work.most,
        accepted: work.accepted,
        for_nobody: work.accepted - work.wanted,
        seconds: seconds(work.worked),
        seconds_for_nobody: seconds(work.worked - work.worked_for_user),
    }
}

/// Each of several calls for one request brings its share of the input.
fn tokens(chain: &Resolved, load: &Load, tally: &Tally) -> Option<Tokens> {
    let workload = chain.workload.workload()?;
    let (work, calls) = (tally.work, u128::from(load.calls.max(1)));
    let whole = |n: u128| u64::try_from(n).unwrap_or(u64::MAX);
    let input = |accepted: u64| workload.input_tokens.map(|n| whole(u128::from(n) * u128::from(accepted) / calls));
    let output = |made: u128| workload.output_tokens.map(|n| whole(u128::from(n) * made / u128::from(WHOLE) / calls));
    (workload.input_tokens.is_some() || workload.output_tokens.is_some()).then(|| Tokens {
        input: input(work.accepted),
        output: output(work.generated),
        input_for_nobody: input(work.accepted - work.wanted),
        output_for_nobody: output(work.generated - work.generated_for_user),
    })
}

fn cost(chain: &Resolved, load: &Load, tally: &Tally, tokens: Tokens, prices: Prices) -> Option<Cost> {
    #[expect(clippy::cast_precision_loss, reason = "money to six figures")]
    let paid = |tokens: Option<u64>, price: Option<u64>| tokens.unwrap_or(0) as f64 * price.unwrap_or(0) as f64 / 1e12;
    (prices.input.is_some() || prices.output.is_some()).then(|| {
        let total = paid(tokens.input, prices.input) + paid(tokens.output, prices.output);
        let workload = chain.workload.workload();
        let again = u128::from(tally.work.accepted.saturating_sub(tally.work.first)) / u128::from(load.calls.max(1));
        let repeated =
            workload.and_then(|w| w.input_tokens).map(|n| u64::try_from(u128::from(n) * again).unwrap_or(u64::MAX));
        Cost {
            total,
            for_nobody: paid(tokens.input_for_nobody, prices.input) + paid(tokens.output_for_nobody, prices.output),
            with_caching: prices
                .cached
                .map(|cached| total - paid(repeated, prices.input) + paid(repeated, Some(cached))),
        }
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        crate::report::json::tests::check_schema::<super::Report<'_>>("hoplint-simulate-many.schema.json");
    }
}
