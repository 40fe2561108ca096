//! A whole chain: every hop resolved, what could not be, and the workload carried along the links.

use super::hop::ResolvedHop;
use super::{needs, one::resolve_hop};
use crate::catalog::Role;
use crate::catalog::store::Catalog;
use crate::catalog::view::Views;
use crate::model::workload::Workload;
use crate::model::{Chain, Hop, Margin, Order};
use crate::span::Loc;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Resolved {
    pub name: String,
    /// What to point at where a finding belongs to the chain as a whole.
    pub at: Loc,
    pub body: Loc,
    pub order: Order,
    /// Somebody wrote the order, in the chain or in the settings.
    pub order_stated: bool,
    pub margin: Margin,
    pub workload: WorkloadSource,
    pub hops: Vec<ResolvedHop>,
    pub problems: Vec<Problem>,
    /// A part of a chain, read out of deployed files: nobody knows what stands at its ends.
    pub fragment: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkloadSource {
    Stated(Workload, Loc),
    /// Nobody stated one, and the chain ends at a model.
    Assumed(Workload),
    Unknown,
}

impl WorkloadSource {
    pub const fn workload(&self) -> Option<&Workload> {
        match self {
            Self::Stated(workload, _) | Self::Assumed(workload) => Some(workload),
            Self::Unknown => None,
        }
    }
}

/// Something in the chain file that does not fit the catalogue. The rules of the same name report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub hop: String,
    pub at: Loc,
    pub kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    UnknownPlatform {
        typed: String,
        near: Option<String>,
    },
    UnknownTimer {
        typed: String,
        platform: String,
        near: Option<String>,
        known: Vec<String>,
    },
    UnknownFacet {
        typed: String,
        platform: String,
        near: Option<String>,
        known: Vec<String>,
    },
    UnknownFacetValue {
        facet: String,
        typed: String,
        platform: String,
        known: Vec<String>,
    },
    /// `timeout:` on a platform without a single-number setting.
    NoShorthand {
        platform: String,
        known: Vec<String>,
    },
    /// Two keys mean one knob and say different things.
    TwoValuesForOneKnob {
        knob: String,
        platform: String,
        other: Loc,
    },
    /// A timer that does not exist with the facets as stated.
    NotInThisWorld {
        timer: String,
        platform: String,
        when: String,
    },
    /// `none` on a knob that cannot be switched off.
    CannotBeUnlimited {
        timer: String,
        native: String,
        platform: String,
    },
    /// `off` on a timer that is no keep-alive.
    OffIsForKeepalive {
        timer: String,
        platform: String,
    },
    DuplicateHop {
        first: Loc,
    },
}

/// What the settings say where a chain is silent.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChainDefaults {
    pub order: Option<Order>,
    pub margin: Option<Margin>,
}

/// Resolves chains against one catalogue.
pub struct Resolver<'a> {
    catalog: &'a Catalog,
    defaults: ChainDefaults,
}

impl<'a> Resolver<'a> {
    pub fn new(catalog: &'a Catalog, defaults: ChainDefaults) -> Self {
        Self { catalog, defaults }
    }

    pub fn resolve(&mut self, chain: &Chain) -> Resolved {
        let mut problems = duplicate_hops(chain);
        let mut hops: Vec<ResolvedHop> = chain.hops.iter().map(|hop| self.hop(hop, &mut problems)).collect();
        let workload = match &chain.workload {
            Some(stated) => WorkloadSource::Stated(stated.value.clone(), stated.loc),
            None if !chain.fragment && hops.last().is_some_and(|hop| hop.platform.is_llm()) => {
                WorkloadSource::Assumed(Workload::assumed())
            }
            None => WorkloadSource::Unknown,
        };
        needs::fill(&mut hops, workload.workload());
        let stated = chain.order.as_ref().map(|o| o.value).or(self.defaults.order);
        Resolved {
            name: chain.name.clone(),
            at: chain.at,
            body: chain.body,
            order: stated.unwrap_or_default(),
            order_stated: stated.is_some(),
            margin: chain.margin.as_ref().map(|m| m.value).or(self.defaults.margin).unwrap_or(Margin::DEFAULT),
            workload,
            hops,
            problems,
            fragment: chain.fragment,
        }
    }

    /// One hop outside any chain; what does not fit the catalogue is passed over.
    pub fn alone(&mut self, spec: &Hop) -> ResolvedHop {
        self.hop(&Arc::new(spec.clone()), &mut Vec::new())
    }

    fn hop(&mut self, spec: &Arc<Hop>, problems: &mut Vec<Problem>) -> ResolvedHop {
        let typed = spec.platform.value.as_str();
        let found = if typed == super::custom::ID { None } else { self.catalog.find(typed) };
        let known = found.is_some();
        if !known && typed != super::custom::ID {
            let near = crate::text::nearest(typed, self.catalog.names()).map(str::to_owned);
            problems.push(Problem {
                hop: spec.name.clone(),
                at: spec.platform.loc,
                kind: ProblemKind::UnknownPlatform { typed: typed.to_owned(), near },
            });
        }
        let platform = found.unwrap_or_else(|| Arc::new(super::custom::platform(spec)));
        let stated = super::one::stated_facets(spec, &platform, known, problems);
        let views =
            if known { self.catalog.views(&platform, &stated) } else { Arc::new(Views::of(&platform, &stated)) };
        let mut hop = resolve_hop(spec, platform, known, views, problems);
        for tail in &spec.fallbacks {
            let tail = tail.iter().map(|hop| self.hop(&Arc::new(hop.clone()), problems));
            hop.fallbacks.push(tail.collect());
        }
        hop
    }
}

impl Resolved {
    /// Calls of the innermost hop that one request needs.
    pub fn calls(&self) -> u64 {
        self.hops.iter().fold(1, |calls, hop| calls.saturating_mul(hop.spec.calls_each().into()))
    }

    /// One hop by itself, of which nobody knows what stands around it.
    pub fn alone(hop: ResolvedHop) -> Self {
        Self {
            name: hop.name().to_owned(),
            at: hop.spec.at,
            body: hop.spec.body,
            order: Order::default(),
            order_stated: false,
            margin: Margin::DEFAULT,
            workload: WorkloadSource::Unknown,
            hops: vec![hop],
            problems: Vec::new(),
            fragment: true,
        }
    }

    /// Whether hops `i` and `i + 1` are one program: a server and the client that its code calls with, or a function host
    /// and the server that runs in it.
    pub fn same_process(&self, i: usize) -> bool {
        let (Some(outer), Some(inner)) = (self.hops.get(i), self.hops.get(i + 1)) else { return false };
        outer.spec.same_process.as_ref().map_or_else(
            || match inner.platform.role {
                Role::Client => outer.platform.role.runs_code(),
                Role::AppServer => outer.platform.role == Role::Function,
                _ => false,
            },
            |stated| stated.value,
        )
    }
}

fn duplicate_hops(chain: &Chain) -> Vec<Problem> {
    let mut seen: HashMap<&str, Loc> = HashMap::with_capacity(chain.hops.len());
    let mut problems = Vec::new();
    for hop in &chain.hops {
        if let Some(first) = seen.get(hop.name.as_str()) {
            problems.push(Problem {
                hop: hop.name.clone(),
                at: hop.at,
                kind: ProblemKind::DuplicateHop { first: *first },
            });
        } else {
            seen.insert(&hop.name, hop.at);
        }
    }
    problems
}
