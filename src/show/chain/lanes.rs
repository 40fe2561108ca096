//! What hops wait for, as bars: how long each waits, where that comes from, what the work needs, and how far apart two
//! neighbours are.

use super::{At, Places, Time};
use crate::catalog::{Guard, Setting};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::model::{Margin as Stated, Order};
use crate::resolve::hop::Firing;
use crate::resolve::{GuardValue, HopCase, Provenance, Resolved, ResolvedHop, TimerValue};
use crate::rules::say;
use crate::solve::{self, Path, Standing, kept_alive};
use serde::Serialize;

#[cfg(test)]
use schemars::JsonSchema;

/// One thing that hops wait for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Lane {
    #[serde(rename = "lane")]
    pub which: Which,
    /// In words.
    pub title: String,
    /// One for each hop, from client to provider.
    pub bars: Vec<Bar>,
    /// Between hops that the order relates; empty where the chain is unordered.
    pub margins: Vec<Margin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// For the whole answer, or for the start of a stream.
    Wait,
    /// In silence, inside a stream.
    Gap,
    /// For a stream to end.
    StreamTotal,
    /// While the request is sent.
    Upload,
}

impl Which {
    const ALL: [Self; 4] = [Self::Wait, Self::Gap, Self::StreamTotal, Self::Upload];

    /// The guard of a hop that calls in this mode.
    const fn guard(self, mode: Mode) -> Option<Guard> {
        match (self, mode) {
            (Self::Wait, Mode::Buffered) => Some(Guard::WaitBuffered),
            (Self::Wait, Mode::Streaming) => Some(Guard::WaitStreaming),
            (Self::Gap, Mode::Streaming) => Some(Guard::Gap),
            (Self::StreamTotal, Mode::Streaming) => Some(Guard::StreamTotal),
            (Self::Upload, _) => Some(Guard::Upload),
            _ => None,
        }
    }
}

/// How long one hop waits.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Bar {
    /// By its place in `hops`.
    pub hop: usize,
    pub limit: Limit,
    /// By its native name; absent where no timer ends this.
    pub timer: Option<String>,
    /// When it abandons the hop inside: one attempt. A range where a version, a plan or the timer itself leaves it open.
    pub gives_up: Option<Interval>,
    /// When it answers its own caller, after all attempts.
    pub answers: Option<Interval>,
    /// When each attempt starts if each one ends by this timer, at the latest; as many as fit on a page.
    pub starts: Vec<Time>,
    /// The first included.
    pub attempts: u32,
    /// In some of the cases that unstated facets leave open the hop has no limit here.
    pub maybe_unlimited: bool,
    /// The facets that decide between several values, in words.
    pub depends_on: Option<String>,
    pub source: Source,
    /// The same in words, such as `default of Kong`.
    pub source_text: String,
    pub location: Option<At>,
    /// The most that it can be raised to.
    pub ceiling: Option<Time>,
    /// What the work inside needs.
    pub need: Option<Need>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// It gives up at some time.
    Limited,
    /// Its timer is off: it waits for ever.
    None,
    /// A timer is there whose value nobody knows.
    Unknown,
    /// No timer of it ends this.
    Absent,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Written in the chain file.
    Declared,
    /// Read from a deployed file.
    Deployed,
    /// Nobody set it.
    Default,
    /// Nobody can set it, or a hard limit holds it down.
    Fixed,
    /// Stated of a platform that has no such setting.
    Claimed,
    /// Deployed, but not to be known from the file; or no timer at all.
    Unseen,
}

/// From the earliest to the latest; equal where it is exact.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Interval {
    pub from: Time,
    pub to: Time,
}

impl Interval {
    pub fn new(from: Dur, to: Dur) -> Self {
        Self { from: from.into(), to: to.into() }
    }

    /// `60s`, or `60s to 75s`.
    pub fn words(&self) -> String {
        if self.from.text == self.to.text {
            self.to.text.clone()
        } else {
            format!("{} to {}", self.from.text, self.to.text)
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Need {
    pub at: Time,
    /// False where it hangs on whether the server sends its headers before the first token.
    pub certain: bool,
    /// Whether it fits with the margin, without it, or not; absent where the hop has no known limit.
    pub fits: Option<Stands>,
}

/// How two times stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// A margin apart.
    Kept,
    /// In order, but closer than the margin.
    TooSmall,
    /// Equal or the wrong way round.
    Inverted,
}

impl From<Standing> for Stands {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Apart => Self::Kept,
            Standing::Close => Self::TooSmall,
            Standing::Inverted => Self::Inverted,
        }
    }
}

/// Two neighbours, and what lies between the time of the one and the time of the other.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct Margin {
    /// The outer hop, by its place in `hops`.
    pub outer: usize,
    pub inner: usize,
    pub stands: Stands,
    /// The time of the outer hop that is compared.
    pub outer_at: Time,
    pub inner_at: Time,
    /// How far apart, whichever is the longer one.
    pub apart: Time,
    /// The least that the margin asks for.
    pub wanted: Time,
    /// `10s apart`, `2s apart, 6.5s wanted`, `101s the wrong way round`.
    pub text: String,
}

/// The lanes in which some hop has a timer.
pub(super) fn lanes(chain: &Resolved, places: &Places<'_>) -> Vec<Lane> {
    let streams = chain.hops.iter().any(|hop| hop.mode == Mode::Streaming);
    let whole = chain.hops.iter().any(|hop| hop.mode == Mode::Buffered);
    let mut lanes: Vec<Lane> = Vec::new();
    for which in Which::ALL {
        let bars: Vec<Bar> = chain
            .hops
            .iter()
            .enumerate()
            .map(|(i, hop)| bar(chain, i, which.guard(hop.mode), places).unwrap_or(absent(i)))
            .collect();
        let asked = bars.iter().any(|bar| bar.need.is_some());
        let worth = match which {
            Which::Wait => true,
            Which::Upload => asked,
            Which::Gap | Which::StreamTotal => bars.iter().any(|bar| bar.limit == Limit::Limited),
        };
        if worth {
            let title = match (which, streams, whole) {
                (Which::Wait, false, _) => "Wait for the whole answer",
                (Which::Wait, true, false) => "Wait for the start of the stream",
                (Which::Wait, true, true) => "Wait for the start of the stream, or for the whole answer",
                (Which::Gap, ..) => "Silence inside the stream",
                (Which::StreamTotal, ..) => "The stream from its start to its end",
                (Which::Upload, ..) => "The request on its way in",
            };
            lanes.push(Lane { which, title: title.to_owned(), bars, margins: margins(chain, which) });
        }
    }
    lanes
}

fn absent(hop: usize) -> Bar {
    Bar {
        hop,
        limit: Limit::Absent,
        timer: None,
        gives_up: None,
        answers: None,
        starts: Vec::new(),
        attempts: 1,
        maybe_unlimited: false,
        depends_on: None,
        source: Source::Unseen,
        source_text: "no timer for this".to_owned(),
        location: None,
        ceiling: None,
        need: None,
    }
}

fn bar(chain: &Resolved, index: usize, guard: Option<Guard>, places: &Places<'_>) -> Option<Bar> {
    let (hop, guard) = (&chain.hops[index], guard?);
    let limited = || hop.cases.iter().filter_map(|case| Some((case, case.guard(guard).firing()?)));
    let need = need(chain, hop, guard, limited().map(|(_, firing)| firing.earliest()).min());
    let is = |value: GuardValue| hop.cases.iter().any(|case| *case.guard(guard) == value);
    let Some((case, firing)) = limited().min_by_key(|(_, firing)| firing.at) else {
        let limit = match () {
            () if is(GuardValue::None) => Limit::None,
            () if is(GuardValue::Unknown) => Limit::Unknown,
            () => Limit::Absent,
        };
        let entering = hop.cases.iter().flat_map(|case| &case.timers).find(|v| hop.timer(v).guards.contains(&guard));
        let told = entering.filter(|_| limit != Limit::Absent);
        return Some(Bar {
            limit,
            timer: told.map(|value| say::native(hop.timer(value)).to_owned()),
            source: told.map_or(Source::Unseen, source),
            source_text: told.map_or("no timer for this".to_owned(), |value| say::provenance(hop, value)),
            location: told.and_then(|value| places(value.provenance.loc()?)),
            need,
            ..absent(index)
        });
    };
    let answers = hop.cases.iter().filter_map(|case| case.answer(guard));
    let (earliest, latest) = (answers.clone().map(|a| a.earliest).min(), answers.clone().map(|a| a.latest).max());
    let (from, to) = (limited().map(|(_, f)| f.earliest()).min(), limited().map(|(_, f)| f.latest()).max());
    let attempts = answers.map(|a| a.attempts).max().unwrap_or(1);
    Some(Bar {
        hop: index,
        limit: Limit::Limited,
        timer: Some(say::native(hop.timer(&firing.value)).to_owned()),
        gives_up: from.zip(to).map(|(from, to)| Interval::new(from, to)),
        answers: earliest.zip(latest).map(|(from, to)| Interval::new(from, to)),
        starts: starts(case, firing, attempts),
        attempts,
        maybe_unlimited: is(GuardValue::None),
        depends_on: depends_on(hop, guard),
        source: source(&firing.value),
        source_text: say::provenance(hop, &firing.value),
        location: firing.value.provenance.loc().and_then(places),
        ceiling: solve::ceiling(hop, case, guard).map(Time::from),
        need,
    })
}

/// More attempts than anybody can tell apart on a page.
const MOST_STARTS: u32 = 24;

fn starts(case: &HopCase, firing: &Firing, attempts: u32) -> Vec<Time> {
    let mut at = Dur::ZERO;
    let mut starts = vec![Time::from(at)];
    for n in 1..attempts.min(MOST_STARTS) {
        at = at.plus(case.attempts.lead).plus(firing.latest()).plus(case.attempts.wait_before(n).1);
        starts.push(at.into());
    }
    starts
}

/// `version` or `version and plan`, where several values are left open.
fn depends_on(hop: &ResolvedHop, guard: Guard) -> Option<String> {
    let mut facets: Vec<String> = Vec::new();
    for case in &hop.cases {
        for (facet, _) in hop.deciding(|other| other.guard(guard) == case.guard(guard)) {
            if !facets.contains(&facet) {
                facets.push(facet);
            }
        }
    }
    (!facets.is_empty()).then(|| crate::text::list(&facets, "and"))
}

fn source(value: &TimerValue) -> Source {
    match value.provenance {
        _ if value.clipped_from.is_some() => Source::Fixed,
        Provenance::Declared(_) | Provenance::Shorthand(_) => Source::Declared,
        Provenance::Bound(_) => Source::Deployed,
        Provenance::Unseen(_) => Source::Unseen,
        Provenance::Claimed(_) => Source::Claimed,
        Provenance::Default | Provenance::Inherited if value.setting == Some(Setting::Off) => Source::Default,
        Provenance::Default | Provenance::Inherited => Source::Default,
        Provenance::Fixed => Source::Fixed,
    }
}

fn need(chain: &Resolved, hop: &ResolvedHop, guard: Guard, earliest: Option<Dur>) -> Option<Need> {
    let need = match guard {
        Guard::WaitBuffered | Guard::WaitStreaming => hop.needs.wait,
        Guard::Gap => hop.needs.gap,
        Guard::StreamTotal => hop.needs.stream_total,
        Guard::Upload => hop.needs.upload,
    }?;
    let fits = earliest.map(|earliest| match () {
        () if earliest < need.at => Stands::Inverted,
        () if earliest < chain.margin.above(need.at, Order::Inward) => Stands::TooSmall,
        () => Stands::Kept,
    });
    Some(Need { at: need.at.into(), certain: need.certain, fits })
}

fn margins(chain: &Resolved, which: Which) -> Vec<Margin> {
    if chain.order == Order::Unordered {
        return Vec::new();
    }
    let guards = [Mode::Buffered, Mode::Streaming].into_iter().filter_map(|mode| which.guard(mode));
    let mut found: Vec<Margin> = guards.flat_map(|guard| of_path(chain, &solve::path(chain, guard))).collect();
    found.sort_by_key(|margin| (margin.outer, margin.inner));
    found.dedup_by_key(|margin| (margin.outer, margin.inner));
    found
}

fn of_path(chain: &Resolved, path: &Path<'_>) -> Vec<Margin> {
    let pairs = (0..path.nodes.len()).filter_map(|place| path.pair(place));
    let of_pair = |(lower, upper): (&solve::Node<'_>, &solve::Node<'_>)| {
        let (low, high) = (lower.low(lower.firing.at), upper.high(upper.firing.at));
        let stands = Stands::from(path.standing(low, high));
        let least = match path.margin {
            Stated::Absolute(margin) => margin,
            margin => high.minus(margin.below(high, path.order)),
        };
        let ((outer, outer_at), (inner, inner_at)) =
            if lower.hop < upper.hop { ((lower, low), (upper, high)) } else { ((upper, high), (lower, low)) };
        if path.guard == Guard::Gap && kept_alive(chain, outer, inner) {
            return None;
        }
        let apart = if low < high { high.minus(low) } else { low.minus(high) };
        let text = match stands {
            Stands::Kept => format!("{apart} apart"),
            Stands::TooSmall => format!("{apart} apart, {least} wanted"),
            Stands::Inverted if apart.is_zero() => "equal: they race".to_owned(),
            Stands::Inverted => format!("{apart} the wrong way round"),
        };
        Some(Margin {
            outer: outer.hop,
            inner: inner.hop,
            stands,
            outer_at: outer_at.into(),
            inner_at: inner_at.into(),
            apart: apart.into(),
            wanted: least.into(),
            text,
        })
    };
    pairs.filter_map(of_pair).collect()
}
