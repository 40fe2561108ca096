//! What the unstated facets of every hop are taken to be, and where the hops of a chain with fallbacks are.

use crate::catalog::Headers;
use crate::resolve::{HopCase, Resolved, ResolvedHop};

/// One case per hop. Hops are counted through the chain first, then through the fallback tails in the order in which
/// they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    cases: Vec<usize>,
}

/// A facet that nobody stated, and what it is taken to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    pub hop: usize,
    pub facet: String,
    pub value: String,
}

impl World {
    /// The first case of each hop: where a facet lists its values, the first listed one.
    pub fn usual(chain: &Resolved) -> World {
        World { cases: vec![0; hops(chain).len()] }
    }

    /// Every combination of cases, the usual one first, but not more than `at_most`.
    pub fn all(chain: &Resolved, at_most: usize) -> Vec<World> {
        let counts: Vec<usize> = hops(chain).iter().map(|hop| hop.cases.len()).collect();
        let mut worlds = vec![World::usual(chain)];
        while worlds.len() < at_most {
            let mut next = worlds[worlds.len() - 1].cases.clone();
            let Some(place) = (0..counts.len()).rev().find(|i| next[*i] + 1 < counts[*i]) else { break };
            next[place] += 1;
            next[place + 1..].fill(0);
            worlds.push(World { cases: next });
        }
        worlds
    }

    /// The same world with another case of one hop.
    #[must_use]
    pub fn with(mut self, hop: usize, case: usize) -> World {
        if let Some(place) = self.cases.get_mut(hop) {
            *place = case;
        }
        self
    }

    /// Whether the innermost hop sends the headers of a stream before its first token.
    pub fn sends_early(&self, chain: &Resolved) -> bool {
        self.case(chain, chain.hops.len() - 1).headers == Some(Headers::Early)
    }

    pub fn case<'a>(&self, chain: &'a Resolved, hop: usize) -> &'a HopCase {
        self.of(hop_at(chain, hop), hop)
    }

    pub(super) fn of<'a>(&self, hop: &'a ResolvedHop, place: usize) -> &'a HopCase {
        let case = self.cases.get(place).copied().unwrap_or_default();
        hop.cases.get(case).unwrap_or(&hop.cases[0])
    }

    /// What had to be taken for given, where it makes a difference.
    pub fn assumed(&self, chain: &Resolved) -> Vec<Assumed> {
        let mut assumed = Vec::new();
        for (place, hop) in hops(chain).into_iter().enumerate().filter(|(_, hop)| hop.cases.len() > 1) {
            let chosen = self.of(hop, place);
            let deciding = hop.deciding(|case| std::ptr::eq(case, chosen));
            let world = hop.views.worlds.iter().find(|(_, view)| {
                let case = hop.case_of_view.get(*view).and_then(|case| hop.cases.get(*case));
                case.is_some_and(|case| std::ptr::eq(case, chosen))
            });
            let Some((facets, _)) = world else { continue };
            let said = facets.iter().filter(|(facet, _)| deciding.iter().any(|(name, _)| name == facet));
            assumed.extend(said.map(|(facet, value)| Assumed {
                hop: place,
                facet: facet.clone(),
                value: value.clone(),
            }));
        }
        assumed
    }
}

/// Every hop: those of the chain, then those of its fallback tails.
pub(super) fn hops(chain: &Resolved) -> Vec<&ResolvedHop> {
    let mut found: Vec<&ResolvedHop> = chain.hops.iter().collect();
    let mut next = 0;
    while next < found.len() {
        let tails = &found[next].fallbacks;
        found.extend(tails.iter().flatten());
        next += 1;
    }
    found
}

/// The hop behind an index of a run: past the end of the chain they are those of fallback tails.
pub fn hop_at(chain: &Resolved, hop: usize) -> &ResolvedHop {
    chain.hops.get(hop).unwrap_or_else(|| {
        let all = hops(chain);
        all[hop.min(all.len() - 1)]
    })
}
