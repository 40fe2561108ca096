//! What would have to give where no values can work: changes of the chains, the cheapest first, each solved again before
//! it is offered.

use super::plan::feasible;
use super::proof::{From, Proof, To};
use crate::catalog::facet::FacetKind;
use crate::catalog::store::Catalog;
use crate::catalog::{Guard, Platform, Role, Setting};
use crate::duration::Dur;
use crate::model::workload::{Mode, PRESETS, Workload};
use crate::model::{Chain, Declared, Hop, Margin, Order};
use crate::resolve::{Resolved, Resolver, WorkloadSource};
use crate::span::{FileId, Loc, Located};
use std::sync::Arc;

/// A change of the chains with which there is a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub kind: Kind,
    pub text: String,
}

/// By what it costs, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Unpin,
    Margin,
    Claim,
    Unshare,
    Stream,
    Heartbeat,
    Quota,
    Facet,
    Order,
    Platform,
    Workload,
    Asynchronous,
}

impl Kind {
    pub const NAMES: [(&'static str, Kind); 12] = [
        ("unpin", Self::Unpin),
        ("margin", Self::Margin),
        ("claim", Self::Claim),
        ("unshare", Self::Unshare),
        ("stream", Self::Stream),
        ("heartbeat", Self::Heartbeat),
        ("quota", Self::Quota),
        ("facet", Self::Facet),
        ("order", Self::Order),
        ("platform", Self::Platform),
        ("workload", Self::Workload),
        ("asynchronous", Self::Asynchronous),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// Hops that may be solved in the search for ways out, over all tries.
const MOST_HOPS: usize = 1_000_000;
/// Platforms that one way out names.
const MOST_NAMED: usize = 4;

pub fn ways(
    chains: &[Chain],
    resolved: &[Resolved],
    group: &[usize],
    proof: &Proof,
    resolver: &mut Resolver<'_>,
    (catalog, keepalive): (&Catalog, Dur),
) -> Vec<Way> {
    let hops: usize = group.iter().map(|chain| chains[*chain].hops.len()).sum();
    let left = MOST_HOPS / hops.max(1);
    let mut search = Search { chains, resolved, group, proof, resolver, keepalive, left, found: Vec::new() };
    search.unpin();
    search.claim();
    search.unshare();
    search.stream();
    search.heartbeat();
    search.facets();
    search.margin();
    search.order();
    search.platform(catalog);
    search.workload();
    search.asynchronous();
    search.found.sort_by_key(|way| way.kind);
    search.found
}

struct Search<'a, 'r> {
    chains: &'a [Chain],
    resolved: &'a [Resolved],
    group: &'a [usize],
    proof: &'a Proof,
    resolver: &'a mut Resolver<'r>,
    keepalive: Dur,
    /// How many more tries there are.
    left: usize,
    found: Vec<Way>,
}

impl Search<'_, '_> {
    fn offer(&mut self, kind: Kind, text: String) {
        self.found.push(Way { kind, text });
    }

    /// Whether the group has a plan with its chains changed.
    fn works(&mut self, change: impl Fn(usize, &mut Chain)) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let mut changed: Vec<Resolved> = Vec::new();
        for place in self.group {
            let mut chain = self.chains[*place].clone();
            change(*place, &mut chain);
            changed.push(self.resolver.resolve(&chain));
        }
        feasible(&changed.iter().collect::<Vec<_>>(), self.keepalive)
    }

    /// The same with a change of one hop, in every chain that shares it.
    fn works_with(&mut self, body: Loc, change: impl Fn(&mut Hop)) -> bool {
        self.works(|_, chain| {
            for hop in chain.hops.iter_mut().filter(|hop| hop.body == body) {
                change(Arc::make_mut(hop));
            }
        })
    }

    /// The hop that would have to be able to do more.
    fn stuck(&self) -> Option<(Arc<Hop>, Arc<Platform>)> {
        let (chain, hop) = self.proof.hop()?;
        let hop = &self.resolved[chain].hops[hop];
        Some((Arc::clone(&hop.spec), Arc::clone(&hop.platform)))
    }

    /// The greatest time for which something works, in steps that a person would write.
    fn most(&mut self, most: Dur, works: impl Fn(&mut Self, Dur) -> bool) -> Option<Dur> {
        let step = if most >= Dur::from_secs(5) { Dur::from_secs(1) } else { Dur::from_millis(100) };
        let (mut low, mut high) = (0, most.as_nanos() / step.as_nanos());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if works(self, step.times(middle)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        (low > 0 && self.left > 0).then(|| step.times(low))
    }

    fn unpin(&mut self) {
        let pinned = |(chain, hop): (usize, usize)| {
            let hop = &self.resolved[chain].hops[hop].spec;
            hop.pin.as_ref().is_some_and(|pin| pin.value).then(|| (hop.body, hop.name.clone()))
        };
        let lower = match self.proof.from {
            From::Fixed { chain, hop, .. } => Some((chain, hop)),
            _ => None,
        };
        let ends: Vec<(Loc, String)> = self.proof.hop().into_iter().chain(lower).filter_map(pinned).collect();
        for (body, name) in ends {
            if self.works_with(body, |hop| hop.pin = None) {
                self.offer(Kind::Unpin, format!("take the pin off {name}"));
            }
        }
    }

    /// A claim may be wrong: nobody set it.
    fn claim(&mut self) {
        let (To::Fixed { timer, .. }, Some((hop, platform))) = (self.proof.to, self.stuck()) else { return };
        if platform.timers[usize::from(timer)].settable {
            return;
        }
        let least = match (self.proof.steps.last(), self.proof.from) {
            (Some(step), _) => step.least,
            (None, From::Need(need)) => need.wanted,
            _ => return,
        };
        let least = least.ceil_to(Dur::from_secs(1));
        let name = hop.name.clone();
        let claimed = |hop: &mut Hop| {
            if let Some(timeout) = &mut hop.timeout {
                timeout.value = Declared::Set(Setting::At(least));
            }
        };
        if hop.timeout.is_some() && self.works_with(hop.body, claimed) {
            self.offer(Kind::Claim, format!("find out whether {name} really ends so early; {least} would be enough"));
        }
    }

    /// A hop of its own for one of the chains that share it.
    fn unshare(&mut self) {
        let mut seen: Vec<Loc> = Vec::new();
        for step in &self.proof.steps {
            let hop = Arc::clone(&self.chains[step.chain].hops[step.hop]);
            let uses = |chain: &usize| self.chains[*chain].hops.iter().any(|other| other.body == hop.body);
            if seen.contains(&hop.body) || self.group.iter().filter(|chain| uses(chain)).count() < 2 {
                continue;
            }
            seen.push(hop.body);
            let works = self.works(|place, chain| {
                if place == step.chain {
                    chain
                        .hops
                        .iter_mut()
                        .filter(|other| other.body == hop.body)
                        .for_each(|other| copy(Arc::make_mut(other)));
                }
            });
            if works {
                let (name, chain) = (&hop.name, &self.chains[step.chain].name);
                self.offer(Kind::Unshare, format!("give chain {chain} a hop of its own in the place of {name}"));
            }
        }
    }

    fn margin(&mut self) {
        let here = self.proof.chain;
        let (margin, at) = (self.resolved[here].margin, self.chains[here].at);
        let set = |search: &mut Self, to: Dur| {
            search.works(|place, chain| {
                if place == here {
                    chain.margin = Some(Located::new(Margin::Absolute(to), at));
                }
            })
        };
        let most = Dur::from_secs(60);
        if !set(self, Dur::from_millis(100)) {
            return;
        }
        if let Some(to) = self.most(most, set) {
            self.offer(Kind::Margin, format!("`margin: {}` instead of {margin}", to.to_source()));
        }
    }

    fn stream(&mut self) {
        let Some(workload) = self.stated().filter(|workload| workload.mode == Mode::Buffered) else { return };
        let streamed = Workload { mode: Mode::Streaming, preset: None, ..workload };
        let line = "stream the answer (`mode: streaming` in the workload)";
        let judged = match (streamed.first_byte, streamed.gap) {
            (Some(_), Some(_)) => "",
            (Some(_), None) => "; how long it is silent is not stated, so that was not judged",
            _ => "; when its first byte comes and how long it is silent is not stated, so that was not judged",
        };
        if self.works(|_, chain| put(chain, &streamed)) {
            self.offer(Kind::Stream, format!("{line}{judged}"));
            return;
        }
        let Some((hop, platform)) = self.stuck() else { return };
        for (facet, value) in choices(&hop, &platform) {
            let works = self.works(|_, chain| {
                put(chain, &streamed);
                for hop in chain.hops.iter_mut().filter(|other| other.body == hop.body) {
                    state(Arc::make_mut(hop), &facet, &value);
                }
            });
            if works {
                let name = &hop.name;
                self.offer(Kind::Stream, format!("{line} and set `with: {{{facet}: {value}}}` on {name}{judged}"));
                return;
            }
        }
    }

    fn heartbeat(&mut self) {
        let (Guard::Gap, From::Need(need)) = (self.proof.guard, self.proof.from) else { return };
        let Some(last) = self.chains[self.proof.chain].hops.last() else { return };
        let (body, name) = (last.body, last.name.clone());
        let beats = |search: &mut Self, every: Dur| {
            search.works_with(body, |hop| hop.heartbeat = Some(Located::new(every, body)))
        };
        if let Some(every) = self.most(need.work, beats) {
            let text = format!(
                "send something into the stream at least every {every}, and state `heartbeat: {}` on {name}",
                every.to_source()
            );
            self.offer(Kind::Heartbeat, text);
        }
    }

    /// Another plan, mode, quota or version of the hop that cannot do more.
    fn facets(&mut self) {
        let (Some((hop, platform)), To::Limit { cap, .. }) = (self.stuck(), self.proof.to) else { return };
        let limit = cap.row.map(|row| &platform.timers[usize::from(cap.timer)].limits[usize::from(row)]);
        let raised = limit.map(|limit| limit.raised_by.clone()).unwrap_or_default();
        for (facet, value) in choices(&hop, &platform) {
            if !self.works_with(hop.body, |hop| state(hop, &facet, &value)) {
                continue;
            }
            let line = format!("`with: {{{facet}: {value}}}` on {}", hop.name);
            if raised.contains(&(facet.clone(), value.clone())) {
                let how =
                    limit.and_then(|limit| limit.raise.clone()).unwrap_or_else(|| "have the limit raised".to_owned());
                self.offer(Kind::Quota, format!("{}; then state {line}", how.trim_end_matches('.')));
            } else {
                self.offer(Kind::Facet, format!("{line}, if that is what runs or what you can move to"));
            }
        }
    }

    fn order(&mut self) {
        let now = self.resolved[self.proof.chain].order;
        let at = self.chains[self.proof.chain].at;
        let choices = [
            (Order::Outward, "the innermost hop then reports first, and nothing runs on for nobody"),
            (Order::Inward, "the outermost hop then gives up first"),
            (Order::Unordered, "any hop may then give up first"),
        ];
        for (order, means) in choices.into_iter().filter(|(order, _)| *order != now) {
            if self.works(|_, chain| chain.order = Some(Located::new(order, at))) {
                self.offer(Kind::Order, format!("`order: {}`: {means}", order.name()));
                return;
            }
        }
    }

    /// Another product in the same place.
    fn platform(&mut self, catalog: &Catalog) {
        let Some((hop, platform)) = self.stuck().filter(|(_, platform)| !platform.is_llm()) else { return };
        let mut names: Vec<String> = Vec::new();
        for id in catalog.ids() {
            if names.len() == MOST_NAMED || self.left == 0 {
                break;
            }
            let Some(other) = catalog.find(id).filter(|other| other.id != platform.id) else { continue };
            let fits = takes_the_place(platform.role, other.role) && other.timers.iter().any(|timer| timer.settable);
            if fits && self.works_with(hop.body, |hop| replace(hop, id)) {
                names.push(other.id.clone());
            }
        }
        if !names.is_empty() {
            let text = format!("another platform in the place of {}, such as {}", hop.name, names.join(", "));
            self.offer(Kind::Platform, text);
        }
    }

    fn workload(&mut self) {
        let Some(workload) = self.stated() else { return };
        let Some(total) = workload.total else { return };
        let shorter = |search: &mut Self, total: Dur| {
            let first_byte = workload.first_byte.map(|first| first.min(total));
            let gap = workload.gap.map(|gap| gap.min(total));
            let workload = Workload { preset: None, total: Some(total), first_byte, gap, ..workload.clone() };
            search.works(|_, chain| put(chain, &workload))
        };
        if let Some(most) = self.most(total, shorter).filter(|most| *most < total) {
            self.offer(
                Kind::Workload,
                format!("shorten the work: up to {most} fits (`workload: {{total: {}}}`)", most.to_source()),
            );
        }
    }

    fn asynchronous(&mut self) {
        // Handing over a job takes no longer than the shortest work that there is a name for.
        let Some(total) = PRESETS.iter().map(|preset| preset.total).min() else { return };
        if self.stated().is_none_or(|workload| workload.total.is_none_or(|now| now <= total)) {
            return;
        }
        let short = Workload { total: Some(total), ..Workload::default() };
        if self.works(|_, chain| put(chain, &short)) {
            let text = format!(
                "make it asynchronous: answer at once with a job's id and let the caller ask for the result; calls of up to {total} fit"
            );
            self.offer(Kind::Asynchronous, text);
        }
    }

    fn stated(&self) -> Option<Workload> {
        match &self.resolved[self.proof.chain].workload {
            WorkloadSource::Unknown => None,
            WorkloadSource::Stated(workload, _) | WorkloadSource::Assumed(workload) => Some(workload.clone()),
        }
    }
}

/// The same hop, written somewhere else.
fn copy(hop: &mut Hop) {
    let elsewhere = |loc: &mut Loc| loc.file = ELSEWHERE;
    elsewhere(&mut hop.body);
    for value in hop.timeout.iter_mut().chain(&mut hop.deadline).chain(hop.timers.iter_mut().map(|(_, value)| value)) {
        elsewhere(&mut value.loc);
    }
}

/// A file that no run has.
const ELSEWHERE: FileId = FileId(u32::MAX);

fn put(chain: &mut Chain, workload: &Workload) {
    let at = chain.workload.as_ref().map_or(chain.at, |known| known.loc);
    chain.workload = Some(Located::new(workload.clone(), at));
}

/// What a hop could state of its facets and does not.
fn choices(hop: &Hop, platform: &Platform) -> Vec<(String, String)> {
    let stated = |facet: &str, value: &str| {
        hop.with.iter().any(|(key, known)| key.value == facet && known.value.eq_ignore_ascii_case(value))
    };
    let mut choices = Vec::new();
    for facet in &platform.facets {
        if let FacetKind::Choice(values) = &facet.kind {
            let others = values.iter().filter(|value| !stated(&facet.id, value));
            choices.extend(others.map(|value| (facet.id.clone(), value.clone())));
        }
    }
    choices
}

fn state(hop: &mut Hop, facet: &str, value: &str) {
    let at = hop.at;
    hop.with.retain(|(key, _)| key.value != facet);
    hop.with.push((Located::new(facet.to_owned(), at), Located::new(value.to_owned(), at)));
}

fn replace(hop: &mut Hop, platform: &str) {
    let Hop { name, at, body, calls, before, mode, same_process, .. } = hop.clone();
    *hop = Hop { name, at, body, calls, before, mode, same_process, ..Hop::bare(platform) };
}

/// Whether products of one kind stand where those of another do.
fn takes_the_place(role: Role, other: Role) -> bool {
    let passes = |role: Role| matches!(role, Role::Gateway | Role::LoadBalancer | Role::Proxy);
    role == other || (passes(role) && passes(other))
}
