//! `hoplint simulate --requests`: many requests, and what they are compared with.

use super::asked::{Asked, workload};
use super::fail::{Exit, Failure};
use super::run::{map, working};
use super::samples::samples;
use super::simulate::{Args, notes};
use super::term::{Layout, Term};
use crate::duration::Dur;
use crate::model::Order;
use crate::report::load::{self, Loaded, Prices};
use crate::report::simulate::Simulated;
use crate::resolve::Resolved;
use crate::simulate::{Behaviour, Draw, Fault, Load, Plan, Tally, World, many, replay};
use crate::workspace::chains;
use crate::workspace::planned::{Planned, planned};
use std::path::PathBuf;
use std::str::FromStr;

/// Many requests.
#[derive(Clone, Debug, clap::Args)]
pub struct Many {
    /// Run this many requests and say what they come to
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST), help_heading = "Many requests")]
    pub requests: Option<u64>,

    /// Half of the answers are whole after this long (log-normal)
    #[arg(long, value_name = "TIME", value_parser = super::asked::duration, requires_all = ["requests", "p99"], conflicts_with_all = ["duration", "samples", "never"], help_heading = "Many requests")]
    pub p50: Option<Dur>,

    /// 99 of 100 answers are whole after this long
    #[arg(long, value_name = "TIME", value_parser = super::asked::duration, requires_all = ["requests", "p50"], help_heading = "Many requests")]
    pub p99: Option<Dur>,

    /// Stream: half of the first tokens come after this long
    #[arg(long, value_name = "TIME", value_parser = super::asked::duration, requires_all = ["requests", "first_p99"], conflicts_with_all = ["first_byte", "buffered"], help_heading = "Many requests")]
    pub first_p50: Option<Dur>,

    /// Stream: 99 of 100 first tokens come after this long
    #[arg(long, value_name = "TIME", value_parser = super::asked::duration, requires_all = ["requests", "first_p50"], help_heading = "Many requests")]
    pub first_p99: Option<Dur>,

    /// Answers take as long as the lines of this file say: 12.5s, or bare numbers with :s or :ms behind the name
    #[arg(long, value_name = "FILE[:UNIT]", requires = "requests", conflicts_with_all = ["duration", "never"], help_heading = "Many requests")]
    pub samples: Option<String>,

    /// Share of the provider's calls that meet this: 503=1%, reset=0.1%, refused, no-connection or never; several may be given
    #[arg(long, value_name = "HOW=SHARE", requires = "requests", conflicts_with_all = ["fails", "never"], help_heading = "Many requests")]
    pub error_rate: Vec<Rate>,

    /// Each attempt takes another time; without it a long prompt stays long
    #[arg(long, requires = "requests", help_heading = "Many requests")]
    pub fresh: bool,

    /// The same seed draws the same requests
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Many requests")]
    pub seed: u64,

    /// Show the request of this number as a timeline
    #[arg(long, value_name = "N", requires = "requests", conflicts_with = "compare", help_heading = "Many requests")]
    pub replay: Option<u64>,

    /// Run the same requests through another chain file, too, or through the values that `hoplint plan` gives in the order
    /// inward or outward; several may be given
    #[arg(long, value_name = "FILE|ORDER", requires = "requests", help_heading = "Many requests")]
    pub compare: Vec<String>,

    /// Price of a million input tokens, in any currency
    #[arg(long, value_name = "PRICE", requires = "requests", value_parser = price, help_heading = "Many requests")]
    pub price_input: Option<u64>,

    /// Price of a million output tokens
    #[arg(long, value_name = "PRICE", requires = "requests", value_parser = price, help_heading = "Many requests")]
    pub price_output: Option<u64>,

    /// Price of a million input tokens that are read from the prompt cache
    #[arg(long, value_name = "PRICE", requires = "price_input", value_parser = price, help_heading = "Many requests")]
    pub price_cached: Option<u64>,
}

/// Each takes some bytes in memory until the percentiles are read.
const MOST: u64 = 100_000_000;
/// Requests that one thread runs at a time.
const PART: u64 = 1 << 14;

/// How often the provider meets something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    fault: super::asked::Fault,
    name: String,
    per_million: u32,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, share)) = text.split_once('=') else {
            return Err("write HOW=SHARE, such as 503=1%".to_owned());
        };
        let fault = super::asked::fault(name)?;
        if fault == super::asked::Fault::Ok {
            return Err("what is not said to fail goes well".to_owned());
        }
        let percent = share.strip_suffix('%').ok_or("the share ends in %, such as 503=1%")?;
        let per_million = decimal(percent, 4).and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 1_000_000);
        let per_million = per_million.ok_or("the share is a number from 0 to 100 with at most 4 decimals")?;
        Ok(Self { fault, name: name.to_owned(), per_million })
    }
}

/// A price in millionths.
fn price(text: &str) -> Result<u64, String> {
    decimal(text, 6).ok_or_else(|| "a price is a number such as 2.50, with at most 6 decimals".to_owned())
}

/// A decimal number times 10^`places`, exactly.
fn decimal(text: &str, places: usize) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > places || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

/// A chain under load, by itself or beside others.
struct Case {
    file: String,
    label: String,
    chain: Resolved,
}

pub fn run(args: &Args, chains: &[&(String, Resolved)], requests: u64, term: Term) -> Exit {
    let mut exit = Exit::default();
    let draw = match total(&args.many) {
        Ok(draw) => draw,
        Err(failure) => return Exit { failures: vec![failure], ..exit },
    };
    let mut cases: Vec<Case> = chains
        .iter()
        .map(|(file, chain)| Case { file: file.clone(), label: chain.name.clone(), chain: chain.clone() })
        .collect();
    for other in &args.many.compare {
        compared(args, other, &mut cases, &mut exit);
    }
    if !exit.failures.is_empty() || cases.is_empty() {
        return exit;
    }
    let worlds: Vec<World> = cases.iter().map(|case| World::usual(&case.chain)).collect();
    let loads: Vec<Load> = cases
        .iter()
        .zip(&worlds)
        .map(|(case, world)| load_of(&args.asked, &args.many, draw.as_ref(), &case.chain, world))
        .collect();
    let threads = args.common.threads.map(usize::from);
    let tallies: Vec<Tally> = cases
        .iter()
        .zip(worlds.iter().zip(&loads))
        .map(|(case, (world, load))| tally(&case.chain, world, load, requests, threads))
        .collect();
    let loaded: Vec<Loaded<'_>> = cases
        .iter()
        .zip(worlds.iter().zip(&loads))
        .zip(&tallies)
        .map(|((case, (world, load)), tally)| Loaded {
            path: &case.file,
            label: &case.label,
            chain: &case.chain,
            world,
            load,
            tally,
        })
        .collect();
    let Many { price_input: input, price_output: output, price_cached: cached, .. } = args.many;
    let prices = Prices { input, output, cached };
    let options = term.options(false);
    let printed = Term::print(|out| match args.format {
        Layout::Text => load::text(&loaded, prices, &options, out),
        Layout::Json => load::json(&loaded, prices, &options, out),
    });
    exit.failures.extend(printed.err());
    exit
}

/// One of the requests of each chain, with its story.
pub fn replayed<'a>(
    args: &Args,
    chains: &[&'a (String, Resolved)],
    number: u64,
) -> Result<Vec<Simulated<'a>>, Failure> {
    let draw = total(&args.many)?;
    let one = |(file, chain): &&'a (String, Resolved)| {
        let world = World::usual(chain);
        let load = load_of(&args.asked, &args.many, draw.as_ref(), chain, &world);
        let (run, takes) = replay(&Plan::new(chain, &world), &load, number);
        let takes = takes.map_or_else(|| "never answers".to_owned(), |takes| format!("takes {takes}"));
        let asked = format!("request {number} of seed {}, whose first call {takes}", load.seed);
        Simulated { file, chain, asked, assumed: world.assumed(chain), notes: notes(chain, &world), run }
    };
    Ok(chains.iter().map(one).collect())
}

/// Adds what the chains are compared with.
fn compared(args: &Args, other: &str, cases: &mut Vec<Case>, exit: &mut Exit) {
    let (settings, working) = (args.common.settings(), working());
    if let Some((_, order)) = Order::NAMES.iter().find(|(name, order)| *name == other && *order != Order::Unordered) {
        let (planned, failures) = planned(&args.paths, &settings, &working, *order, &|chain| args.asked.change(chain));
        exit.failures.extend(failures.iter().map(|(path, why)| Failure::read(path, why)));
        let chosen = |name: &String| args.chain.is_empty() || args.chain.contains(name);
        for Planned { file, chain, feasible } in planned.into_iter().filter(|planned| chosen(&planned.chain.name)) {
            if !feasible {
                exit.found = true;
                Term::say(&format!(
                    "{file}: {} has no values that agree in the order {other}; `hoplint plan` says why",
                    chain.name
                ));
                continue;
            }
            cases.push(Case { file, label: format!("{}, planned {other}", chain.name), chain });
        }
        return;
    }
    let read = chains::read(&[PathBuf::from(other)], &settings, &working, &|chain| args.asked.change(chain));
    exit.failures.extend(read.failures.iter().map(|(path, why)| Failure::read(path, why)));
    exit.found |= !read.problems.is_empty();
    for problem in &read.problems {
        Term::say(&format!("{other}: error: {}; `hoplint check` shows where", problem.message));
    }
    for (file, chain) in read.chains {
        let same = cases.iter().any(|case| case.label == chain.name);
        let label = if same { format!("{} of {file}", chain.name) } else { chain.name.clone() };
        cases.push(Case { file, label, chain });
    }
}

/// Where durations come from, unless they are those of the workload.
fn total(many: &Many) -> Result<Option<Draw>, Failure> {
    Ok(match (&many.samples, many.p50, many.p99) {
        (Some(file), ..) => Some(Draw::Samples(samples(file)?)),
        (None, Some(p50), Some(p99)) => Some(log_normal("--p50", p50, "--p99", p99)?),
        _ => None,
    })
}

fn log_normal(low: &str, p50: Dur, high: &str, p99: Dur) -> Result<Draw, Failure> {
    if p50.is_zero() || p99 < p50 {
        return Err(Failure::Usage(format!("{low} {p50} has to be above 0 and not above {high} {p99}")));
    }
    Ok(Draw::LogNormal { p50, p99 })
}

fn load_of(asked: &Asked, many: &Many, total: Option<&Draw>, chain: &Resolved, world: &World) -> Load {
    let workload = workload(chain);
    let last = chain.hops.len() - 1;
    let first = match (many.first_p50, many.first_p99) {
        (Some(p50), Some(p99)) => Some(Draw::LogNormal { p50, p99 }),
        _ => workload.first_byte.map(Draw::Always),
    };
    let mut faults: Vec<Fault> = many.error_rate.iter().map(|rate| fault(rate, asked.retry_after)).collect();
    if asked.never {
        faults = vec![Fault { name: "no answer".to_owned(), behaviour: Behaviour::silent(), per_million: 1_000_000 }];
    }
    Load {
        seed: many.seed,
        mode: chain.hops[last].mode,
        total: total
            .cloned()
            .unwrap_or_else(|| Draw::Always(workload.total.or(workload.first_byte).unwrap_or_default())),
        first_byte: first,
        gap: workload.gap,
        early_headers: world.sends_early(chain),
        faults,
        leaves: asked.leaves.map(Draw::Always),
        calls: chain.calls(),
        fresh: many.fresh,
    }
}

fn fault(rate: &Rate, retry_after: Option<Dur>) -> Fault {
    let behaviour = rate.fault.behaviour(retry_after).unwrap_or_else(Behaviour::silent);
    Fault { name: rate.name.clone(), behaviour, per_million: rate.per_million }
}

fn tally(chain: &Resolved, world: &World, load: &Load, requests: u64, threads: Option<usize>) -> Tally {
    let plan = Plan::new(chain, world);
    let parts = usize::try_from(requests.div_ceil(PART)).unwrap_or(usize::MAX);
    let part = |n: usize| many(&plan, load, n as u64 * PART..(n as u64 * PART + PART).min(requests));
    let sums = map(parts, threads, part);
    sums.into_iter().reduce(Tally::plus).unwrap_or_else(|| many(&plan, load, 0..0)).sorted()
}
