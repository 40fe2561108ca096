use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{Cause, Connection, Role, Setting, Side};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::hop::Verdict;
use crate::resolve::{HopCase, Resolved, ResolvedHop, TimerValue};

rule! {
    /// A connection pool keeps idle connections longer than the server behind it does.
    ///
    /// ## What it does
    /// Joins each hop that pools connections to the next hop inside it that closes idle ones, past load balancers
    /// that only pass bytes, and never inside one program. The pool must drop an idle connection before the server
    /// closes it, by the margin of this rule (1 s unless set). Equal is a race.
    ///
    /// ## Why it matters
    /// The pool sends a request into a connection that the server is closing just then. The request is lost: a 502 or a
    /// reset once in thousands of calls, on a server that is well, and a POST is usually not sent again. Where the
    /// idle connection is dropped without a word, the request hangs until a read timer ends it.
    ///
    /// ## What is passed over
    /// Sides without reuse, timers that end a connection by its age, and pools that follow the time which the server
    /// announces.
    ///
    /// ## Level
    /// Error where both sides are certain and somebody set one of them; warning between two defaults, where only the
    /// margin is missing and where an unstated facet decides; note where the pool's hop sends the request again.
    "keepalive-race", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    for race in races(context) {
        findings.push(finding(context, &race));
    }
}

/// Every connection whose pool may use it while the server closes it, from the outermost inwards.
pub fn races<'a>(context: &Context<'a>) -> Vec<Race<'a>> {
    let chain = context.chain;
    let mut found = Vec::new();
    for pool in 0..chain.hops.len() {
        if chain.hops[pool].platform.role == Role::L4 || chain.same_process(pool) {
            continue;
        }
        let (passed, server) = far_end(chain, pool);
        // A silent drop in between comes before the race at the far end: one finding for one connection.
        let dropped = passed.into_iter().find_map(|l4| race(context, pool, l4));
        if let Some(race) = dropped.or_else(|| race(context, pool, server?)) {
            found.push(race);
        }
    }
    found
}

/// The hops that only pass the connection's bytes, and the one where it ends.
fn far_end(chain: &Resolved, pool: usize) -> (Vec<usize>, Option<usize>) {
    let end = (pool + 1..chain.hops.len()).find(|i| chain.hops[*i].platform.role != Role::L4);
    ((pool + 1..end.unwrap_or(chain.hops.len())).collect(), end)
}

/// One such connection.
pub struct Race<'a> {
    pub pool: usize,
    pub server: usize,
    pool_case: &'a HopCase,
    server_case: &'a HopCase,
    /// Absent: never drops an idle connection.
    pub kept: Option<Dur>,
    pub closes: Dur,
    pub verdict: Verdict,
    /// The pool drops it before, but not by the margin.
    pub only_margin: bool,
}

impl<'a> Race<'a> {
    /// The timer by which the server closes it.
    pub fn closing(&self, chain: &'a Resolved) -> Option<&'a TimerValue> {
        side(&chain.hops[self.server], self.server_case, Side::Downstream)?.1
    }

    /// The pool sends a request again that met a closed connection.
    pub fn is_repeated(&self, chain: &Resolved) -> Option<bool> {
        side(&chain.hops[self.pool], self.pool_case, Side::Upstream)?.0.repeats_reset
    }
}

/// How long one side keeps an idle connection.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    For(Dur),
    Always,
}

fn race<'a>(context: &Context<'a>, pool: usize, server: usize) -> Option<Race<'a>> {
    let (outer, inner) = (&context.chain.hops[pool], &context.chain.hops[server]);
    let margin = context.thresholds.keepalive;
    let races = |p: &HopCase, s: &HopCase, margin: Dur| match (kept(outer, p), closes(inner, s)) {
        (Some(Kept::Always), Some(_)) => true,
        (Some(Kept::For(kept)), Some(closes)) => kept.plus(margin) > closes || kept >= closes,
        _ => false,
    };
    let pairs = || outer.cases.iter().flat_map(|p| inner.cases.iter().map(move |s| (p, s)));
    let outright = Verdict::of(pairs().map(|(p, s)| races(p, s, Dur::ZERO)));
    let (verdict, margin) = match outright {
        Verdict::Never => (Verdict::of(pairs().map(|(p, s)| races(p, s, margin))), margin),
        verdict => (verdict, Dur::ZERO),
    };
    let (pool_case, server_case) = pairs().find(|(p, s)| races(p, s, margin))?;
    let kept = match kept(outer, pool_case)? {
        Kept::For(at) => Some(at),
        Kept::Always => None,
    };
    let only_margin = outright == Verdict::Never;
    let closes = closes(inner, server_case)?;
    Some(Race { pool, server, pool_case, server_case, kept, closes, verdict, only_margin })
}

fn side<'a>(hop: &'a ResolvedHop, case: &'a HopCase, side: Side) -> Option<(&'a Connection, Option<&'a TimerValue>)> {
    hop.keepalive(case, side)
        .filter(|(connection, value)| connection.reuses && !value.is_some_and(|v| hop.timer(v).by_age))
}

/// How long the pool may still use an idle connection, at the latest.
fn kept(hop: &ResolvedHop, case: &HopCase) -> Option<Kept> {
    let (connection, value) = side(hop, case, Side::Upstream)?;
    if connection.obeys_hint {
        return None;
    }
    let Some(value) = value else {
        // The timer is not there in this case, or the catalogue says that nothing drops it.
        return connection.timer.is_none().then_some(Kept::Always);
    };
    match value.setting? {
        Setting::At(at) => Some(Kept::For(at.plus(hop.timer(value).late.1))),
        Setting::None => Some(Kept::Always),
        Setting::Off => None,
    }
}

/// When the server closes an idle connection, at the earliest.
fn closes(hop: &ResolvedHop, case: &HopCase) -> Option<Dur> {
    match side(hop, case, Side::Downstream)?.1?.setting? {
        Setting::At(at) => Some(at.plus(hop.timer(side(hop, case, Side::Downstream)?.1?).late.0)),
        _ => None,
    }
}

fn finding(context: &Context, race: &Race) -> Finding {
    let chain = context.chain;
    let (outer, inner) = (&chain.hops[race.pool], &chain.hops[race.server]);
    let (a, b) = (outer.name(), inner.name());
    let pool = side(outer, race.pool_case, Side::Upstream);
    let server = side(inner, race.server_case, Side::Downstream);
    let (pool_value, server_value) = (pool.and_then(|p| p.1), server.and_then(|s| s.1));
    let silent = server.is_some_and(|s| s.0.closes_silently);
    let repeats = pool.and_then(|p| p.0.repeats_reset);
    let verb = if silent { "drops" } else { "closes" };
    let quietly = if silent { " without a word" } else { "" };
    let message = match race.kept {
        Some(kept) if race.only_margin => format!(
            "{a} keeps idle connections for {kept} and {b} {verb} them after {}{quietly}: less than {} apart",
            race.closes, context.thresholds.keepalive
        ),
        Some(kept) => {
            format!("{a} reuses connections idle for up to {kept}, but {b} {verb} them after {}{quietly}", race.closes)
        }
        None => format!("{a} reuses idle connections for ever, but {b} {verb} them after {}{quietly}", race.closes),
    };
    let severity = severity(race, pool_value, server_value, repeats);
    let movable = |hop: &ResolvedHop, value: Option<&TimerValue>| {
        hop.known && value.is_some_and(|v| hop.timer(v).settable) && !hop.spec.pin.as_ref().is_some_and(|p| p.value)
    };
    let server_moves = movable(inner, server_value);
    let culprit = if server_moves || !movable(outer, pool_value) { race.server } else { race.pool };
    let mut diagnostic = say::about(RULE.name, severity, chain, culprit, message);
    diagnostic.related_hops = vec![if culprit == race.server { a.to_owned() } else { b.to_owned() }];
    let mut labels = vec![(inner, server_value), (outer, pool_value)];
    if culprit == race.pool {
        labels.reverse();
    }
    for (hop, value) in labels {
        let place = value.map_or(hop.spec.at, |v| say::place(hop, v));
        let text = value.map_or_else(|| format!("{} never drops one", hop.name()), |v| say::value(hop, v));
        diagnostic = diagnostic.label(place, text);
    }
    diagnostic = diagnostic.note(symptom(outer, inner, silent, repeats));
    if race.verdict == Verdict::Depends {
        let mut facets = outer.deciding(|case| kept(outer, case) == kept(outer, race.pool_case));
        facets.extend(inner.deciding(|case| closes(inner, case) == closes(inner, race.server_case)));
        if let Some(note) = say::deciding(&facets) {
            diagnostic = diagnostic.note(note);
        }
    }
    let raised = race
        .kept
        .zip(server_value.filter(|_| server_moves))
        .map(|(kept, v)| (v, kept.plus(context.thresholds.keepalive).ceil_to(inner.timer(v).grid.unwrap_or_default())));
    let raised = raised.filter(|(v, to)| say::allows(inner, v, *to));
    let lowered = pool_value.filter(|_| movable(outer, pool_value)).and_then(|v| {
        let to = race.closes.minus(context.thresholds.keepalive).floor_to(outer.timer(v).grid.unwrap_or_default());
        (!to.is_zero()).then_some((v, to))
    });
    let mut ways: Vec<String> = Vec::new();
    ways.extend(raised.map(|(v, to)| format!("set {} of {b} to {to} or more", say::native(inner.timer(v)))));
    ways.extend(lowered.map(|(v, to)| format!("set {} of {a} to {to} or less", say::native(outer.timer(v)))));
    if ways.is_empty() {
        ways.push(format!("switch reuse off on one side, or put a hop between {a} and {b} whose idle time can be set"));
    }
    diagnostic.help = Some(ways.join(", or "));
    let raise = raised.filter(|(v, _)| is_free(inner, v)).map(|(v, to)| (race.server, v, to));
    let lower = lowered.filter(|(v, _)| is_free(outer, v)).map(|(v, to)| (race.pool, v, to));
    let change = raise.or(lower);
    Finding::from(diagnostic).repair(change.map(|(hop, value, to)| Repair {
        title: format!("set {} of {} to {to}", say::native(chain.hops[hop].timer(value)), chain.hops[hop].name()),
        applicability: Applicability::Unsafe,
        changes: vec![Change::SetTimer { hop, timer: value.timer.into(), to }],
    }))
}

/// Whether a knob is nothing but a keep-alive: one that also limits requests is for the order and the workload to move.
fn is_free(hop: &ResolvedHop, value: &TimerValue) -> bool {
    let knob = &hop.timer(value).knob;
    hop.platform.timers.iter().filter(|timer| timer.knob == *knob).all(|timer| timer.guards.is_empty())
}

/// Error only where both sides are certain, somebody set one, and nothing is known to send the request again.
fn severity(race: &Race, pool: Option<&TimerValue>, server: Option<&TimerValue>, repeats: Option<bool>) -> Severity {
    let written = |value: Option<&TimerValue>| value.is_some_and(|v| v.provenance.is_written());
    let (pool_written, server_written) = (written(pool), written(server));
    let certain = race.verdict == Verdict::Always && !race.only_margin;
    let severity = match repeats {
        Some(true) => Severity::Note,
        Some(false) if certain && (pool_written || server_written) => Severity::Error,
        None if certain && pool_written && server_written => Severity::Error,
        _ => Severity::Warning,
    };
    let values: Vec<&TimerValue> = pool.into_iter().chain(server).collect();
    say::at_most_warning_if_weak(severity, &values)
}

fn symptom(outer: &ResolvedHop, inner: &ResolvedHop, silent: bool, repeats: Option<bool>) -> String {
    let (a, b) = (outer.name(), inner.name());
    if silent {
        return format!(
            "{b} tells neither side: a request that {a} sends into such a connection hangs until a read timer ends it."
        );
    }
    if repeats == Some(true) {
        return format!("{a} sends a request again when its connection turns out closed, so few callers notice.");
    }
    match outer.emits(Cause::Reset) {
        Some(status) if status > 0 => {
            format!("Now and then the caller of {a} gets {status} from a server that is well.")
        }
        _ => format!("Now and then a request of {a} ends with a reset connection on a server that is well."),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{fires, severity};

    const POOL: &str = "version: 1\norder: unordered\nhops:\n  - {name: a, platform: custom, timeouts: {upstream-keepalive: KEPT}}\n  - {name: b, platform: custom, timeouts: {downstream-keepalive: 60s}}\n";

    #[test]
    fn equal_is_a_race_and_a_margin_is_not() {
        let chain = |kept: &str| POOL.replace("KEPT", kept);
        assert_eq!(severity(&chain("60s"), "keepalive-race"), Some("error"));
        assert_eq!(severity(&chain("59500ms"), "keepalive-race"), Some("warning"));
        assert!(!fires(&chain("59s"), "keepalive-race"));
        assert!(!fires(&chain("off"), "keepalive-race"));
        assert!(fires(&chain("none"), "keepalive-race"));
    }
}
