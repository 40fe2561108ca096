//! A complete consistent assignment for all chains of a file, or for each group that shares hops the proof that there
//! is none.

use super::assign::{self, Given, Objective, Why};
use super::bounds::{self, Bound, Flow};
use super::graph::{Graph, Kind, Part};
use super::knob::{Cap, Key, Need};
use super::proof::{Proof, proof};
use crate::catalog::Setting;
use crate::duration::Dur;
use crate::resolve::{Provenance, Resolved};
use crate::span::Loc;
use std::collections::{HashMap, HashSet};

/// Chains that share hops, and what came of them together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The chains, by their places in the file.
    pub chains: Vec<usize>,
    pub outcome: Result<Solved, Proof>,
}

#[derive(Clone, Debug, Default)]
pub struct Solved {
    /// For each chain of the group its timers, from the outermost hop inwards.
    pub rows: Vec<Vec<Row>>,
    pub changes: Vec<Change>,
    /// No plan has fewer changes; only said of the objective that asks for few.
    pub exact: bool,
    /// Pairs of values that nobody can change and that stand in the wrong order: outer and inner hop by chain.
    pub left: Vec<(usize, usize, usize)>,
    /// The plan keeps the order, but not everything beside it: keep-alive times and kill timers.
    pub only_order: bool,
}

/// One timer of one hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub hop: usize,
    pub timer: u16,
    pub now: Option<Setting>,
    /// Absent where nobody can change it.
    pub to: Option<Dur>,
    pub why: Reason,
    /// Its place among the changes, if it is changed.
    pub change: Option<usize>,
}

/// What set a value. The chains are places in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It agrees with the rest.
    Fits,
    /// Stated with `pin:`, claimed, or fixed by the platform.
    Pinned,
    Claimed,
    Fixed,
    /// The work has to fit.
    Work(Need),
    /// It must end after a hop that ends at that time.
    Above {
        chain: usize,
        hop: usize,
        at: Dur,
        kind: Kind,
    },
    /// It must end before a hop that ends at that time.
    Below {
        chain: usize,
        hop: usize,
        at: Dur,
        kind: Kind,
    },
    Limit {
        cap: Cap,
        at: Dur,
    },
    /// The least that the platform accepts.
    Floor(Dur),
    /// Between the least and the greatest that are possible.
    Between(Dur, Dur),
}

/// One text to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: Key,
    /// Chain, hop and timer of everything that reads it.
    pub uses: Vec<(usize, usize, u16)>,
    pub from: Option<Setting>,
    pub to: Dur,
}

/// Plans all chains of a file. `keepalive` is the margin between a pool and the server that closes its connections.
pub fn plan(chains: &[Resolved], objective: Objective, keepalive: Dur) -> Vec<Group> {
    groups(chains).into_iter().map(|places| group(chains, places, objective, keepalive)).collect()
}

fn group(chains: &[Resolved], places: Vec<usize>, objective: Objective, keepalive: Dur) -> Group {
    let members: Vec<&Resolved> = places.iter().map(|place| &chains[*place]).collect();
    let outcome = solve(&members, objective, keepalive)
        .map(|solved| solved.placed(&places))
        .map_err(|proof| proof.placed(&places));
    Group { chains: places, outcome }
}

/// Whether chains have a plan together.
pub fn feasible(chains: &[&Resolved], keepalive: Dur) -> bool {
    let mut graph = Graph::of(chains, keepalive);
    loop {
        let flow = Flow::of(&graph);
        if bounds::least(&graph, &flow, |k| graph.knobs[k].least()).is_ok() {
            return true;
        }
        if !graph.carry_by_least() && !graph.drop_beside() {
            return false;
        }
    }
}

fn solve(chains: &[&Resolved], objective: Objective, keepalive: Dur) -> Result<Solved, Proof> {
    let mut graph = Graph::of(chains, keepalive);
    let mut first: Option<Proof> = None;
    let mut only_order = false;
    loop {
        let flow = Flow::of(&graph);
        let (conflict, bounds) = match bounds::least(&graph, &flow, |k| graph.knobs[k].least()) {
            Ok(lo) => {
                let assigned = assign::assign(&graph, &flow, &lo, objective);
                return Ok(Solved { only_order, ..solved(&graph, &assigned) });
            }
            Err(found) => found,
        };
        let found = proof(&graph, &conflict, &bounds);
        // Another timer of a hop may take its upper bound, and the order comes before what stands beside it.
        if graph.carry_by_least() {
            first = first.or(Some(found));
        } else if graph.drop_beside() {
            (first, only_order) = (None, true);
        } else {
            return Err(first.unwrap_or(found));
        }
    }
}

/// Chains that are connected by something that both of them read.
fn groups(chains: &[Resolved]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..chains.len()).collect();
    let mut seen: HashMap<Loc, usize> = HashMap::new();
    for (c, chain) in chains.iter().enumerate().filter(|_| chains.len() > 1) {
        for hop in &chain.hops {
            let written = hop.cases.iter().flat_map(|case| &case.timers).filter_map(|value| value.provenance.loc());
            let unset = hop.spec.inserts.iter().map(|(_, at)| *at);
            for loc in written.chain(unset).chain([hop.spec.body]) {
                let other = *seen.entry(loc).or_insert(c);
                let (a, b) = (find(&mut root, c), find(&mut root, other));
                // The first chain of a group stands for it.
                root[a.max(b)] = a.min(b);
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut place: HashMap<usize, usize> = HashMap::new();
    for c in 0..chains.len() {
        let group = *place.entry(find(&mut root, c)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(c);
    }
    groups
}

fn find(root: &mut [usize], mut c: usize) -> usize {
    while root[c] != c {
        root[c] = root[root[c]];
        c = root[c];
    }
    c
}

fn solved(graph: &Graph<'_>, assigned: &assign::Assigned) -> Solved {
    let mut changes = Vec::new();
    let mut change_of: Vec<Option<usize>> = vec![None; graph.knobs.len()];
    for (k, (knob, given)) in graph.knobs.iter().zip(&assigned.given).enumerate() {
        // A default that a facet decides is made certain by writing it, whatever it is.
        let same =
            if knob.must_move { knob.written && knob.now == Some(Setting::At(given.to)) } else { given.to == knob.at };
        if !same {
            change_of[k] = Some(changes.len());
            changes.push(Change { key: knob.key, uses: knob.uses.clone(), from: knob.now, to: given.to });
        }
    }
    let rows = graph.timers.iter().enumerate().map(|(c, timers)| {
        timers.iter().map(|(hop, part)| row(graph, assigned, &change_of, (c, *hop), part)).collect()
    });
    let mut rows: Vec<Vec<Row>> = rows.collect();
    add_beside(graph, assigned, &change_of, &mut rows);
    let left = graph.fixed.iter().map(|edge| {
        let (a, b) = (graph.points[edge.lower].hop, graph.points[edge.upper].hop);
        (edge.chain, a.min(b), a.max(b))
    });
    Solved { rows, changes, exact: assigned.exact, left: left.collect(), only_order: false }
}

/// Rows of what changes without ending a request: idle connections, and written values beyond a limit.
fn add_beside(graph: &Graph<'_>, assigned: &assign::Assigned, change_of: &[Option<usize>], rows: &mut [Vec<Row>]) {
    let shown = rows.iter().enumerate().flat_map(|(c, rows)| rows.iter().map(move |row| (c, row)));
    let shown: HashSet<_> = shown.filter_map(|(c, row)| Some((c, row.hop, row.change?))).collect();
    for (k, knob) in graph.knobs.iter().enumerate() {
        let Some(change) = change_of[k] else { continue };
        for (c, hop, timer) in knob.uses.iter().filter(|(c, hop, _)| !shown.contains(&(*c, *hop, change))) {
            let (to, why) = (Some(assigned.given[k].to), reason(graph, &assigned.given, k));
            rows[*c].push(Row { hop: *hop, timer: *timer, now: knob.now, to, why, change: Some(change) });
            rows[*c].sort_by_key(|row| row.hop);
        }
    }
}

fn row(
    graph: &Graph<'_>,
    assigned: &assign::Assigned,
    change_of: &[Option<usize>],
    (c, h): (usize, usize),
    part: &Part,
) -> Row {
    let Some(k) = part.knob else {
        let hop = &graph.chains[c].hops[h];
        let values = hop.cases.iter().filter_map(|case| case.timer_value(part.timer.into()));
        let provenance = values.map(|value| value.provenance).next();
        let why = match provenance {
            Some(Provenance::Claimed(_)) => Reason::Claimed,
            _ if hop.spec.pin.as_ref().is_some_and(|pin| pin.value)
                && hop.platform.timers[usize::from(part.timer)].settable =>
            {
                Reason::Pinned
            }
            _ => Reason::Fixed,
        };
        return Row { hop: h, timer: part.timer, now: Some(Setting::At(part.at)), to: None, why, change: None };
    };
    let given = assigned.given[k];
    Row {
        hop: h,
        timer: part.timer,
        now: graph.knobs[k].now,
        to: Some(given.to),
        why: reason(graph, &assigned.given, k),
        change: change_of[k],
    }
}

fn reason(graph: &Graph<'_>, given: &[Given], k: usize) -> Reason {
    let knob = &graph.knobs[k];
    let edge = |index: usize| &graph.edges[index];
    match given[k].why {
        Why::Kept => Reason::Fits,
        Why::Least(Bound::Need) => knob.need.map_or(Reason::Floor(knob.floor), Reason::Work),
        Why::Least(Bound::Own) => Reason::Floor(knob.floor),
        Why::Least(Bound::Edge(index)) => {
            let lower = &graph.points[edge(index).lower];
            let at = lower.knob().map_or_else(
                || lower.parts.iter().map(|part| part.at).min().unwrap_or_default(),
                |knob| given[knob].to,
            );
            let at = bounds::low(graph, edge(index), at);
            Reason::Above { chain: lower.chain, hop: lower.hop, at, kind: edge(index).kind }
        }
        Why::Most(Bound::Edge(index)) => {
            let upper = &graph.points[edge(index).upper];
            let at = bounds::high(graph, edge(index), |knob| given[knob].to);
            let (chain, hop) = (upper.chain, upper.hop);
            Reason::Below { chain, hop, at: at.unwrap_or_default(), kind: edge(index).kind }
        }
        Why::Most(_) => match knob.ceiling {
            Some((at, cap)) if given[k].to <= at => Reason::Limit { cap, at },
            _ => Reason::Fits,
        },
        Why::Between => Reason::Between(knob.least(), knob.most()),
    }
}

impl Solved {
    /// With places in the file for places in the group.
    fn placed(mut self, places: &[usize]) -> Self {
        for row in self.rows.iter_mut().flatten() {
            match &mut row.why {
                Reason::Work(need) => need.chain = places[need.chain],
                Reason::Above { chain, .. } | Reason::Below { chain, .. } => *chain = places[*chain],
                Reason::Limit { cap, .. } => cap.chain = places[cap.chain],
                _ => {}
            }
        }
        for change in &mut self.changes {
            change.uses.iter_mut().for_each(|used| used.0 = places[used.0]);
        }
        self.left.iter_mut().for_each(|pair| pair.0 = places[pair.0]);
        self
    }
}
