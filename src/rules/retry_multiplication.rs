use super::failure::{self, Tries, reported, tries};
use super::{Context, Finding, Findings, cost, rule, say};
use crate::catalog::Cause;
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::hop::Verdict;
use crate::resolve::{Resolved, ResolvedHop};

rule! {
    /// Retries of several hops multiply.
    ///
    /// ## What it does
    /// For each kind of failure at the innermost hop, follows it outwards: how often each hop tries again, what it
    /// reports when it gives up, and whether the next hop outside repeats that. Only failures that an outer hop repeats
    /// multiply. For a call that never gets an answer it counts what is started before the outermost hop leaves. A
    /// single hop with many attempts counts as well.
    ///
    /// ## Why it matters
    /// A provider that is overloaded gets a multiple of the load when it can bear it least, and every attempt after a
    /// timeout is paid for.
    ///
    /// ## What it costs
    /// With n attempts in all and T input tokens (`input-tokens` of the workload): **n x T** tokens at the full price.
    /// Where a chain works on a call that hangs and starts more calls so, n is their number. With prompt caching, at
    /// best the first attempt writes the prompt at a share w of the input price and each later one reads it at a share r:
    /// **T x (w + (n - 1) x r)**; where none finds anything, **T x n x w**. w and r stand in the catalogue, with source
    /// and date: the least of both for the first, the most of w for the second. Attempts that start after the prompt's
    /// lifetime count as writes. That an attempt that was cut has written anything is an assumption, and one that the
    /// provider refuses at once most likely costs nothing: this is what it can cost, not what it will. docs/cost.md says
    /// more, docs/platforms.md has the shares of each provider.
    ///
    /// ## Level
    /// Warning where one request can become more calls than the threshold (`calls`, 4 unless set).
    "retry-multiplication", Warning, fix: Some(Applicability::Unsafe), check
}

/// Failures of the innermost hop that are told apart. A connection that is refused costs no call.
pub(super) const CAUSES: [Cause; 6] =
    [Cause::Status(503), Cause::Status(429), Cause::Status(500), Cause::Status(502), Cause::Status(504), Cause::Reset];

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    if chain.hops.len() < 2 {
        return;
    }
    let products = CAUSES.iter().map(|cause| follow(chain, *cause));
    // Of equal products the first cause in the list is shown.
    let Some(worst) = products.reduce(|best, next| if next.calls() > best.calls() { next } else { best }) else {
        return;
    };
    if worst.calls() > context.thresholds.calls {
        findings.push(finding(context, &worst));
    }
}

/// One failure on its way outwards.
pub(super) struct Product {
    cause: Cause,
    /// The hops that repeat it, from client to provider, each with what it sees.
    factors: Vec<(usize, Tries, Cause)>,
    certain: bool,
}

impl Product {
    pub(super) fn calls(&self) -> u64 {
        self.factors.iter().fold(1u64, |n, (_, tries, _)| n.saturating_mul(tries.attempts.into()))
    }

    fn at_least(&self) -> bool {
        self.factors.iter().any(|(_, tries, _)| tries.at_least)
    }
}

pub(super) fn follow(chain: &Resolved, cause: Cause) -> Product {
    let mut product = Product { cause, factors: Vec::new(), certain: true };
    let mut seen = Some(cause);
    for i in (0..chain.hops.len() - 1).rev() {
        let Some(failure) = seen else { break };
        let hop = &chain.hops[i];
        let most = |hop: &ResolvedHop| hop.cases.iter().map(|case| tries(case, failure)).max();
        let mut found = most(hop).unwrap_or(Tries::ONE);
        product.certain &= hop.verdict(|case| tries(case, failure) == found) == Verdict::Always;
        found.attempts = found.attempts.saturating_mul(hop.cases.iter().map(|c| c.attempts.tails).max().unwrap_or(1));
        if found.attempts > 1 {
            product.factors.push((i, found, failure));
        }
        seen = reported(chain, i, failure);
    }
    product.factors.reverse();
    product
}

fn finding(context: &Context, product: &Product) -> Finding {
    let chain = context.chain;
    let target = chain.hops.last().map_or("", ResolvedHop::name);
    let calls = product.calls();
    let numbers: Vec<String> = product.factors.iter().map(|(_, tries, _)| tries.attempts.to_string()).collect();
    let at_least = if product.at_least() { "at least " } else { "" };
    let what = describe(product.cause);
    let message = if numbers.len() > 1 {
        format!("one request can become {} = {at_least}{calls} calls of {target} for {what}", numbers.join(" x "))
    } else {
        format!("one request can become {at_least}{calls} calls of {target} for {what}")
    };
    let culprit = product.factors[0].0;
    let mut diagnostic = say::about(RULE.name, Severity::Warning, chain, culprit, message);
    for (i, tries, seen) in &product.factors {
        let hop = &chain.hops[*i];
        let declared = hop.cases.first().is_some_and(|case| case.attempts.declared);
        let from = if declared { "declared".to_owned() } else { format!("default of {}", hop.platform.name) };
        let place = hop.spec.retries.as_ref().map_or(hop.spec.at, |r| r.at);
        let text = format!("{}: {} attempts after {} ({from})", hop.name(), tries.words(), describe(*seen));
        diagnostic = diagnostic.label(place, text);
        if *i != culprit {
            diagnostic.related_hops.push(hop.name().to_owned());
        }
    }
    if let Some(note) = hang_note(context, target) {
        diagnostic = diagnostic.note(note);
    }
    let innermost = product.factors.last().map_or(culprit, |factor| factor.0);
    let assumed = (culprit..innermost).find(|i| chain.same_process(*i) && failure::stated_mapping(chain, *i).is_none());
    if let Some(app) = assumed {
        diagnostic = diagnostic.note(format!(
            "hoplint takes it that the code of {} passes errors on; if it does not, state `maps-errors: 500` or `maps-errors: none` there.",
            chain.hops[app].name()
        ));
    }
    if !product.certain {
        let mut facets = Vec::new();
        for (i, tries, seen) in &product.factors {
            facets.extend(chain.hops[*i].deciding(|case| failure::tries(case, *seen) == *tries));
        }
        if let Some(note) = say::deciding(&facets) {
            diagnostic = diagnostic.note(note);
        }
    }
    let hop = &chain.hops[culprit];
    let once = failure::once(hop);
    diagnostic.help = Some(if product.factors.len() > 1 {
        let left = calls / u64::from(product.factors[0].1.attempts.max(1));
        format!("let one hop repeat: {once} and state `retries: {{attempts: 1}}`; {left} calls are left then")
    } else {
        format!("allow fewer attempts: state `retries: {{attempts: 3}}` and set it there, or {once}")
    });
    let repair = failure::try_once(hop);
    Finding::from(diagnostic).repair(repair).cost(cost::of(context, calls, product.at_least()))
}

fn describe(cause: Cause) -> String {
    match cause {
        Cause::Status(code) => format!("a {code}"),
        Cause::StatusClass(class) => format!("a {class}xx"),
        Cause::Connect => "a connect timeout".to_owned(),
        Cause::Refused => "a refused connection".to_owned(),
        Cause::Timeout => "a timeout".to_owned(),
        Cause::Reset => "a reset connection".to_owned(),
    }
}

/// What a call costs that never gets an answer.
fn hang_note(context: &Context, target: &str) -> Option<String> {
    let (chain, stuck) = (context.chain, context.stuck());
    let calls = context.calls_when_stuck();
    let leaves: Dur = stuck.first()?.answers?;
    let before = calls.iter().filter(|at| **at < leaves).count();
    let name = chain.hops[0].name();
    if calls.len() <= 1 {
        return None;
    }
    let after = calls.len() - before;
    let rest = if after > 0 {
        format!(", and {after} more start later, because a hop inside works on when its caller has left")
    } else {
        String::new()
    };
    Some(format!("If {target} hangs, {before} calls are made in the {leaves} until {name} learns of it{rest}."))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::lint;

    #[test]
    fn only_failures_that_the_outer_hop_repeats_multiply() {
        let text = |maps: &str| {
            format!(
                "version: 1\norder: unordered\nworkload: simple-qa\nhops:\n  - {{name: out, platform: openai-python, timeout: 60s}}\n  - {{name: app, platform: uvicorn, maps-errors: {maps}}}\n  - {{name: sdk, platform: openai-python, timeout: 10s}}\n  - {{name: model, platform: openai}}\n"
            )
        };
        let message =
            |maps: &str| lint(&text(maps)).into_iter().find(|d| d.rule == "retry-multiplication").map(|d| d.message);
        assert!(message("pass").is_some_and(|m| m.contains("3 x 3 = 9 calls of model")));
        assert!(message("500").is_some_and(|m| m.contains("3 x 3 = 9 calls of model")));
        assert_eq!(message("none"), None);
    }
}
