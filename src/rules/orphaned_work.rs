use super::failure::{self, Stuck, calls_when_stuck, certainly_works_on, first_to_leave, wait_guard};
use super::{Context, Finding, Findings, cost, rule, say};
use crate::diag::Severity;
use crate::duration::Dur;
use crate::model::Order;
use crate::resolve::hop::Firing;
use crate::resolve::{GuardValue, HopCase, Resolved, ResolvedHop};

rule! {
    /// Work goes on long after the caller has left.
    ///
    /// ## What it does
    /// Finds hops that surely do not stop when their caller leaves, and compares when the first hop outside leaves with
    /// when the work ends: at the hop's own answer after all its attempts, or never where no limit is on. A hop whose
    /// behaviour is not known is no finding; state `cancels: true` or `cancels: false` where you know it.
    ///
    /// ## Why it matters
    /// Abandoned requests hold workers, connections and model capacity and are paid for. When callers send again, the
    /// copies queue in front of the new request.
    ///
    /// ## What it costs
    /// All calls of the provider that one request can start while the innermost hop never answers, those after the
    /// caller has left included: n calls of T input tokens are **n x T**, each with its output where the model works on.
    /// With prompt caching **T x (w + (n - 1) x r)** at best and **T x n x w** where nothing is found, as for
    /// `retry-multiplication`.
    ///
    /// ## Level
    /// Warning where the work can go on for longer than the threshold (`orphan`, 60 s unless set). Where the order of the
    /// same hops is a finding already, it is told there.
    "orphaned-work", Warning, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    let states = context.stuck();
    let mut worst: Option<Orphan> = None;
    let leaving = first_to_leave(chain);
    let endless = endless(chain, states);
    for i in (0..chain.hops.len()).filter(|i| certainly_works_on(&chain.hops[*i])) {
        let Some((outer, left)) = leaving[i] else { continue };
        let window = match states[i].answers {
            _ if endless[i] => None,
            Some(ends) => Some(ends.minus(left)),
            None => continue,
        };
        let longer = |w: &Orphan| w.window.is_some_and(|have| window.is_none_or(|new| new > have));
        if window.is_none_or(|w| w > context.thresholds.orphan) && worst.as_ref().is_none_or(longer) {
            worst = Some(Orphan { hop: i, outer, left, window, origin: states[i].origin });
        }
    }
    if let Some(orphan) = worst {
        report(context, &orphan, findings);
    }
}

struct Orphan {
    hop: usize,
    outer: usize,
    left: Dur,
    /// Absent: without end.
    window: Option<Dur>,
    origin: usize,
}

/// For each hop, whether nothing from it on ends the work, in one of its cases at least, although a timer for it exists.
/// What an app server without any such timer does by itself is not known.
fn endless(chain: &Resolved, states: &[Stuck]) -> Vec<bool> {
    let is = |case: &HopCase, hop: &ResolvedHop, value: GuardValue| *case.wait(hop.mode) == value;
    let mut inside_is_off = false;
    let mut found: Vec<bool> = Vec::with_capacity(chain.hops.len());
    for (i, hop) in chain.hops.iter().enumerate().rev() {
        let inside_ends = states.get(i + 1).is_some_and(|inner| inner.answers.is_some() || !inner.known);
        let off = hop.cases.iter().any(|case| is(case, hop, GuardValue::None));
        let absent = hop.cases.iter().all(|case| is(case, hop, GuardValue::Absent));
        found.push(!inside_ends && (off || (absent && inside_is_off)));
        inside_is_off |= off;
    }
    found.reverse();
    found
}

/// One try instead of several, a lower limit, or both: what keeps the window within the threshold. Nothing where the
/// work would not fit any more.
fn shorter(context: &Context, orphan: &Orphan, states: &[Stuck], limit: &Firing) -> Option<String> {
    let chain = context.chain;
    let origin = &chain.hops[orphan.origin];
    let repeats = (orphan.hop..=orphan.origin).find(|i| states[*i].tries.attempts > 1);
    let most = orphan.left.plus(context.thresholds.orphan).floor_to(Dur::from_secs(1));
    let mut ways: Vec<String> = repeats.map(|i| failure::once(&chain.hops[i])).into_iter().collect();
    if limit.latest() > most {
        if origin.needs.wait.is_some_and(|need| chain.margin.above(need.at, Order::Inward) > most) {
            return None;
        }
        ways.push(format!("lower {} of {} to {most}", say::native(origin.timer(&limit.value)), origin.name()));
    }
    (!ways.is_empty()).then(|| ways.join(" and "))
}

fn report(context: &Context, orphan: &Orphan, findings: &mut Findings) {
    let chain = context.chain;
    let (hop, outer, origin) = (&chain.hops[orphan.hop], &chain.hops[orphan.outer], &chain.hops[orphan.origin]);
    let (a, b, left) = (outer.name(), hop.name(), orphan.left);
    let message = match orphan.window {
        Some(window) => format!("{b} can work on for {window} after {a} has left at {left}"),
        None => format!("{b} can work on without end after {a} has left at {left}"),
    };
    let mut diagnostic = say::about(RULE.name, Severity::Warning, chain, orphan.hop, message)
        .label(hop.spec.at, format!("{b} does not stop when its caller leaves"));
    diagnostic.related_hops = vec![a.to_owned()];
    if let Some(firing) = outer.cases.first().and_then(|case| case.wait(outer.mode).firing()) {
        let text = format!("{a}: {}", say::value(outer, &firing.value));
        diagnostic = diagnostic.label(say::place(outer, &firing.value), text);
    }
    let limit = origin.cases.iter().find_map(|case| case.wait(origin.mode).firing());
    if let (Some(firing), true) = (limit, orphan.window.is_some()) {
        let text = format!("{}: {}", origin.name(), say::value(origin, &firing.value));
        diagnostic = diagnostic.label(say::place(origin, &firing.value), text);
    }
    let later = calls_when_stuck(chain, context.stuck(), orphan.hop).iter().filter(|at| **at >= left).count();
    let target = chain.hops.last().map_or("", ResolvedHop::name);
    diagnostic = diagnostic.note(match later {
        0 => "Workers and connections stay busy for nobody, and what a model writes then is paid for.".to_owned(),
        1 => format!("One more call of {target} can start in that time, for nobody."),
        _ => format!("Up to {later} more calls of {target} start in that time, for nobody."),
    });
    if orphan.window.is_none() {
        let facets = hop.deciding(|case| *case.wait(hop.mode) == GuardValue::None);
        if let Some(note) = say::deciding(&facets) {
            diagnostic = diagnostic.note(note);
        }
    }
    let limited = match (limit, orphan.window) {
        (Some(firing), Some(_)) if origin.timer(&firing.value).settable => {
            shorter(context, orphan, context.stuck(), firing)
        }
        _ => hop.principal(wait_guard(hop.mode)).filter(|timer| timer.settable).map(|timer| match chain.order {
            Order::Outward => format!("set {} of {b} below {left}", say::native(timer)),
            _ => format!("set {} of {b} a little above {left}", say::native(timer)),
        }),
    };
    let stop = format!("stop the work when the caller leaves and state `cancels: true` on {b}");
    diagnostic.help = Some(limited.into_iter().chain([stop]).collect::<Vec<_>>().join(", or "));
    findings.push(Finding::from(diagnostic).cost(cost::of(context, 1, false)));
}
