//! What of a platform counts in which world. Conditions are looked at once for all hops of a platform that state the
//! same facets; worlds in which the same rows count are one view.

use super::bill::Billing;
use super::facet::{World, worlds};
use super::{Confidence, Platform, Row, Side};

/// The rows of a platform that count, by their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub(super) timers: Vec<TimerView>,
    pub retries: Option<usize>,
    pub buffering: Option<usize>,
    pub streaming: Option<usize>,
    pub headers: Option<usize>,
    pub cancellation: Option<usize>,
    pub heartbeat: Option<usize>,
    pub truncation: Option<usize>,
    pub upstream: Option<usize>,
    pub downstream: Option<usize>,
    pub prompt_cache: Option<usize>,
    /// For whole answers and for streams.
    pub billing: (Option<usize>, Option<usize>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerView {
    /// The timer exists.
    pub live: bool,
    pub default: Option<usize>,
    pub limit: Option<usize>,
}

/// Every view of a platform under the facets that a hop states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// Never empty.
    pub all: Vec<View>,
    /// Each world: what had to be assumed, and the view it leads to.
    pub worlds: Vec<(Vec<(String, String)>, usize)>,
}

impl Views {
    pub fn of(platform: &Platform, stated: &[(String, String)]) -> Self {
        let mut views = Self { all: Vec::new(), worlds: Vec::new() };
        for world in worlds(&platform.facets, stated, platform.conditions()) {
            let view = View::new(platform, &world);
            let index = views.all.iter().position(|known| *known == view).unwrap_or_else(|| {
                views.all.push(view);
                views.all.len() - 1
            });
            views.worlds.push((world.assumed, index));
        }
        views
    }
}

impl View {
    fn new(platform: &Platform, world: &World) -> Self {
        let timers = platform.timers.iter().map(|timer| TimerView {
            live: timer.when.holds(world),
            default: timer.defaults.iter().position(|row| row.when.holds(world)),
            limit: timer.limits.iter().position(|row| row.when.holds(world)),
        });
        let connection = |side| {
            let counts = |row: &Row<_>| row.fact.checked > Confidence::Memory && row.when.holds(world);
            platform.connection.iter().position(|row| row.value.side == side && counts(row))
        };
        let billed = |streaming| {
            let of = |row: &Row<Billing>| row.value.streaming.is_none_or(|only| only == streaming);
            let counts = |row: &Row<_>| of(row) && row.fact.checked > Confidence::Memory && row.when.holds(world);
            platform.billing.iter().position(counts)
        };
        Self {
            timers: timers.collect(),
            retries: first(&platform.retries, world),
            buffering: first(&platform.buffering, world),
            streaming: first(&platform.streaming, world),
            headers: first(&platform.headers, world),
            cancellation: first(&platform.cancellation, world),
            heartbeat: first(&platform.heartbeat, world),
            truncation: first(&platform.truncation, world),
            upstream: connection(Side::Upstream),
            downstream: connection(Side::Downstream),
            prompt_cache: first(&platform.prompt_cache, world),
            billing: (billed(false), billed(true)),
        }
    }

    /// The view of one timer. Those that a hop adds to its platform stand behind the others and hold always.
    pub fn timer(&self, index: usize) -> TimerView {
        const ADDED: TimerView = TimerView { live: true, default: Some(0), limit: None };
        self.timers.get(index).copied().unwrap_or(ADDED)
    }
}

/// The first row that holds, where it is more than a memory.
fn first<T>(rows: &[Row<T>], world: &World) -> Option<usize> {
    let first = rows.iter().position(|row| row.when.holds(world))?;
    (rows[first].fact.checked > Confidence::Memory).then_some(first)
}
