//! Edges beside the order: a program must be done before its server kills it, and a pool must let go of a connection
//! before the server closes it. They bind a plan where they can be kept; the order comes first.

use super::graph::{Edge, Graph, Kind, Part, Point, part};
use super::knob::Keys;
use crate::catalog::{Expiry, Guard, Role, Setting, Side, Timer};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::model::{Margin, Order};
use crate::resolve::{HopCase, Resolved, ResolvedHop, TimerValue};

pub fn edges(graph: &mut Graph<'_>, chain: usize, keys: &mut [Keys]) {
    let resolved = graph.chains[chain];
    for hop in 0..resolved.hops.len() {
        killed(graph, chain, hop, keys);
        keepalive(graph, chain, hop, keys);
    }
}

/// A server's kill timer, and the wait of the client that its code calls with.
fn killed(graph: &mut Graph<'_>, c: usize, server: usize, keys: &mut [Keys]) {
    let chain = graph.chains[c];
    let Some(client) = own_client(chain, server) else { return };
    let (outer, inner) = (&chain.hops[server], &chain.hops[client]);
    let guard = match inner.mode {
        Mode::Buffered => Guard::WaitBuffered,
        Mode::Streaming => Guard::WaitStreaming,
    };
    let kills = |value: &TimerValue| {
        let timer = outer.timer(value);
        timer.expiry == Expiry::Kill && timer.guards.contains(&guard)
    };
    let at = |value: &&TimerValue| matches!(value.setting, Some(Setting::At(_)));
    let killer = outer.cases.iter().find_map(|case| {
        let value =
            case.timers.iter().filter(at).filter(|value| kills(value)).min_by_key(|value| value.setting.map(time));
        value.map(|value| (case, value))
    });
    let waits = |case: &&HopCase| case.wait(inner.mode).firing().is_some();
    let (Some((case, value)), Some(inside)) = (killer, inner.cases.iter().find(waits)) else { return };
    let program = &chain.hops[server..client];
    let calls = program.iter().map(|hop| u64::from(hop.spec.calls_each()));
    let before = program.iter().filter_map(|hop| hop.spec.before.as_ref()).fold(Dur::ZERO, |sum, b| sum.plus(b.value));
    graph.turn(c, server, (case, value), &mut keys[server]);
    let upper = single(graph, (c, server), guard, part(outer, value, &keys[server]));
    let lower = whole_wait(graph, (c, client), (guard, inside), &keys[client]);
    let calls = calls.fold(1, u64::saturating_mul);
    let margin = chain.margin;
    graph.edge(Edge { chain: c, lower, upper, order: Order::Outward, margin, calls, before, kind: Kind::Killed });
}

/// The client that a server's own code calls with.
fn own_client(chain: &Resolved, server: usize) -> Option<usize> {
    (server..chain.hops.len()).take_while(|i| chain.same_process(*i)).map(|i| i + 1).last()
}

/// An upstream pool, and the hop that closes its connections when they are idle.
fn keepalive(graph: &mut Graph<'_>, c: usize, pool: usize, keys: &mut [Keys]) {
    let chain = graph.chains[c];
    if chain.hops[pool].platform.role == Role::L4 || chain.same_process(pool) {
        return;
    }
    let Some(server) = (pool + 1..chain.hops.len()).find(|i| chain.hops[*i].platform.role != Role::L4) else { return };
    let (outer, inner) = (&chain.hops[pool], &chain.hops[server]);
    let ends = |hop: &ResolvedHop, side: Side, late: fn(&Timer) -> Dur| -> Vec<Option<Dur>> {
        let end = |value: &TimerValue| value.setting.map(|at| time(at).plus(late(hop.timer(value))));
        hop.cases.iter().map(|case| idle(hop, case, side).and_then(end)).collect()
    };
    let (pools, servers) =
        (ends(outer, Side::Upstream, |timer| timer.late.1), ends(inner, Side::Downstream, |timer| timer.late.0));
    let margin = graph.keepalive;
    let races = |(kept, closes): (Option<Dur>, Option<Dur>)| Some(kept?.plus(margin) > closes?);
    let mut pairs = pools.iter().flat_map(|kept| servers.iter().map(|closes| (*kept, *closes))).map(races);
    let first = pairs.next().flatten();
    // What a facet decides, a plan leaves alone.
    if first.is_none() || pairs.any(|other| other != first) {
        return;
    }
    let (Some(kept_case), Some(closes_case)) = (outer.cases.first(), inner.cases.first()) else { return };
    let (Some(kept), Some(closes)) =
        (idle(outer, kept_case, Side::Upstream), idle(inner, closes_case, Side::Downstream))
    else {
        return;
    };
    // A pair that agrees stays so where nothing but a race could move either: a pool only down, a server only up.
    let settled = |hop: &ResolvedHop, value: &TimerValue, side: Side| {
        let knob = &hop.timer(value).knob;
        let timers = hop.platform.timers.iter().filter(|timer| timer.knob == *knob);
        timers.into_iter().all(|timer| timer.guards.is_empty() && timer.side == side)
    };
    if first == Some(false) && settled(outer, kept, Side::Upstream) && settled(inner, closes, Side::Downstream) {
        return;
    }
    graph.turn(c, pool, (kept_case, kept), &mut keys[pool]);
    graph.turn(c, server, (closes_case, closes), &mut keys[server]);
    let lower = single(graph, (c, pool), Guard::Upload, part(outer, kept, &keys[pool]));
    let upper = single(graph, (c, server), Guard::Upload, part(inner, closes, &keys[server]));
    let margin = Margin::Absolute(margin);
    let (calls, before) = (1, Dur::ZERO);
    graph.edge(Edge { chain: c, lower, upper, order: Order::Inward, margin, calls, before, kind: Kind::Keepalive });
}

/// The timer of an idle connection, where reuse can end in a race.
fn idle<'a>(hop: &'a ResolvedHop, case: &'a HopCase, side: Side) -> Option<&'a TimerValue> {
    let (connection, value) = hop.keepalive(case, side)?;
    // A pool that sends its request again is not hurt.
    let hinted = side == Side::Upstream && connection.obeys_hint;
    let value = value.filter(|value| {
        connection.reuses && connection.repeats_reset != Some(true) && !hinted && !hop.timer(value).by_age
    })?;
    matches!(value.setting, Some(Setting::At(_))).then_some(value)
}

fn time(setting: Setting) -> Dur {
    match setting {
        Setting::At(at) => at,
        Setting::None | Setting::Off => Dur::MAX,
    }
}

/// A point of one timer.
fn single(graph: &mut Graph<'_>, (chain, hop): (usize, usize), guard: Guard, part: Part) -> usize {
    let carrier = part.knob.map(|_| 0);
    let (parts, deadlines) = (vec![part], Vec::new());
    graph.points.push(Point { chain, hop, guard, parts, deadlines, attempts: None, once: true, carrier });
    graph.points.len() - 1
}

/// A client's wait with all that ends it, for the whole call.
fn whole_wait<'a>(
    graph: &mut Graph<'a>,
    (chain, hop): (usize, usize),
    (guard, case): (Guard, &'a HopCase),
    keys: &Keys,
) -> usize {
    let resolved = graph.chains[chain];
    let mut point = super::graph::point(resolved, chain, hop, case, guard, keys);
    // For a stream, the timers over the whole call end its wait as well.
    point.parts.append(&mut point.deadlines);
    let turned = point.parts.iter().enumerate().filter(|(_, part)| part.knob.is_some());
    point.once = point
        .attempts
        .is_none_or(|attempts| point.parts.iter().all(|part| attempts.after_timeout(part.wait.retried) == 1));
    point.carrier = turned.min_by_key(|(_, part)| part.at).map(|(i, _)| i);
    graph.points.push(point);
    graph.points.len() - 1
}
