//! What a finding costs: the numbers on it, and the one sentence that tells them.

use super::{Context, Findings};
use crate::catalog::Role;
use crate::diag;
use crate::resolve::cost::{Cached, Caching, Calls, Cost, priced};
use crate::text::grouped;

/// The cost of one click that becomes `attempts` pieces of work at the innermost hop, or more where that never answers.
/// Nothing where a chain does not end at a model and states no tokens.
pub fn of(context: &Context, attempts: u64, at_least: bool) -> Option<Cost> {
    let chain = context.chain;
    let provider = chain.hops.last()?;
    let workload = chain.workload.workload();
    let stated = workload.is_some_and(|workload| workload.input_tokens.is_some());
    if !stated && !provider.platform.is_llm() && provider.platform.role != Role::Router {
        return None;
    }
    let hanging = context.calls_when_stuck();
    if hanging.len() as u64 > attempts {
        // A call that hangs is the first of its piece of work, whatever else would follow.
        let count = hanging.len() as u64;
        return Some(Cost::of(provider, workload, Calls { count, repeats: count, at_least }, Some(hanging)));
    }
    let calls = Calls { count: attempts.saturating_mul(chain.calls()), repeats: attempts, at_least };
    Some(Cost::of(provider, workload, calls, None))
}

/// Puts the costs into the findings, after costs that share a cause were joined.
pub fn tell(findings: &mut Findings) {
    for finding in &mut findings.found {
        let Some(cost) = &finding.cost else { continue };
        finding.diagnostic.notes.push(words(cost));
        finding.diagnostic.cost = Some(numbers(cost));
    }
}

fn numbers(cost: &Cost) -> diag::Cost {
    let cached = match cost.caching {
        Some(Caching::Possible(cached)) => Some(diag::Bounds { best: cached.best(), worst: cached.worst() }),
        _ => None,
    };
    let tokens = |bounds: diag::Bounds, input| diag::Bounds {
        best: priced(input, bounds.best),
        worst: priced(input, bounds.worst),
    };
    diag::Cost {
        calls: cost.calls.count,
        at_least: cost.calls.at_least,
        input_tokens: cost.input_tokens(),
        output_tokens: cost.output_tokens(),
        cached_input: cached,
        cached_input_tokens: cached.zip(cost.input).map(|(bounds, input)| tokens(bounds, input)),
    }
}

/// `At worst one click costs 9 calls and 9 x 8,000 = 72,000 input tokens; with prompt caching ...`
fn words(cost: &Cost) -> String {
    let Calls { count, repeats, at_least } = cost.calls;
    let least = if at_least { "at least " } else { "" };
    let calls = if count == 1 { "1 call".to_owned() } else { format!("{} calls", grouped(count)) };
    let input = match (cost.input, cost.input_tokens()) {
        (Some(once), Some(all)) if repeats > 1 => {
            format!("{} x {} = {} input tokens", grouped(repeats), grouped(once), grouped(all))
        }
        (Some(once), _) => format!("{} input tokens", grouped(once)),
        _ if repeats > 1 => format!("{} x its input tokens", grouped(repeats)),
        _ => "its input tokens".to_owned(),
    };
    let output = cost.output_tokens().map(|all| format!(", and up to {} of output", grouped(all))).unwrap_or_default();
    let caching = match &cost.caching {
        Some(Caching::TooShort { minimum }) => {
            format!("; prompt caching starts at {} tokens", grouped(*minimum))
        }
        Some(Caching::Possible(cached)) => with_caching(cached, cost.input),
        None => String::new(),
    };
    format!("At worst one click costs {least}{calls} and {input}{output}{caching}.")
}

fn with_caching(cached: &Cached, input: Option<u64>) -> String {
    let share = |share: u32| times(share.into());
    let many = |n: u64, of: u32| if n == 1 { share(of) } else { format!("{} x {}", grouped(n), share(of)) };
    let result = |factor: u64| match input {
        Some(input) => grouped(priced(input, factor)),
        None => format!("{} x", times(factor)),
    };
    let of_input = |formula: String| match input {
        Some(input) if formula.contains('+') => format!("{} x ({formula})", grouped(input)),
        Some(input) => format!("{} x {formula}", grouped(input)),
        None => formula,
    };
    let calls = cached.writes + cached.reads;
    let missed = format!("{} ({})", result(cached.worst()), of_input(many(calls, cached.miss.0)));
    if cached.reads == 0 {
        return format!("; prompt caching ends between these calls: {missed}");
    }
    let formula = format!("{} + {}", many(cached.writes, cached.write.0), many(cached.reads, cached.read.0));
    let best = format!("; with prompt caching {} at best ({})", result(cached.best()), of_input(formula));
    if cached.miss.0 > 10_000 { format!("{best}, {missed} where nothing is found") } else { best }
}

/// Hundredths of a percent as a factor: `0.1`, `1.25`, `18`.
fn times(share: u64) -> String {
    let (whole, rest) = (share / 10_000, share % 10_000);
    let digits = format!("{rest:04}");
    match digits.trim_end_matches('0') {
        "" => grouped(whole),
        digits => format!("{}.{digits}", grouped(whole)),
    }
}
