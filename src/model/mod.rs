//! A chain as somebody declared it: hops, timers, retries, workload, each with its place in the file.
//!
//! Nothing is resolved here: no defaults, no limits, no platform looked up. [`decode`] reads it from a tree.

pub mod decode;
mod hop;
pub mod workload;

use crate::catalog::{Buffering, Cause, Headers, Role, Setting};
use crate::duration::Dur;
use crate::span::{FileId, Loc, Located};
use std::sync::Arc;
use workload::{Mode, Workload};

/// One chain, from client to provider. A file holds one or several.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its key under `chains:`, else its `name:`, else the file's name without its ending.
    pub name: String,
    /// What to point at where a finding belongs to the chain as a whole.
    pub at: Loc,
    /// The whole map, where a missing key could be added.
    pub body: Loc,
    pub order: Option<Located<Order>>,
    pub margin: Option<Located<Margin>>,
    pub workload: Option<Located<Workload>>,
    /// Shared with what is resolved from them.
    pub hops: Vec<Arc<Hop>>,
    /// Read out of deployed files: a part of a chain whose ends nobody knows.
    pub fragment: bool,
}

/// Which way timeouts must grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The outermost hop gives up first.
    #[default]
    Inward,
    /// The innermost hop reports first.
    Outward,
    Unordered,
}

impl Order {
    pub const NAMES: [(&'static str, Order); 3] =
        [("inward", Self::Inward), ("outward", Self::Outward), ("unordered", Self::Unordered)];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, o)| *o == self).map_or("", |(name, _)| name)
    }
}

/// How far apart two neighbours must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margin {
    Absolute(Dur),
    /// Percent of the inner value.
    Percent(u32),
    /// The larger value is at least this many times the smaller; in thousandths.
    Ratio(u32),
    /// The larger of the two: what holds where nothing is stated.
    Either(Dur, u32),
}

impl Margin {
    /// DESIGN: 1 s or 5 %, whichever is more.
    pub const DEFAULT: Margin = Margin::Either(Dur::from_secs(1), 5);

    /// The greatest value that stays a margin below `upper`. `order` says which of the two is the inner one, for
    /// percentages are of the inner value. Always below `upper` itself: equal values race, whatever the margin.
    pub fn below(self, upper: Dur, order: Order) -> Dur {
        let most = match self {
            Self::Absolute(margin) => upper.minus(margin),
            // The inner value is the lower one under outward: lower + p% of lower <= upper.
            Self::Percent(p) if order == Order::Outward => floor_scaled(upper, 100, 100 + u64::from(p)),
            Self::Percent(p) => upper.minus(upper.scaled(u64::from(p), 100)),
            Self::Ratio(thousandths) => floor_scaled(upper, 1000, u64::from(thousandths.max(1))),
            Self::Either(margin, p) => {
                Self::Absolute(margin).below(upper, order).min(Self::Percent(p).below(upper, order))
            }
        };
        most.min(upper.minus(Dur::from_nanos(1)))
    }

    /// The least value that is a margin above `lower`: the smallest `x` with `lower <= below(x)`.
    pub fn above(self, lower: Dur, order: Order) -> Dur {
        let mut x = match self {
            Self::Absolute(margin) => lower.plus(margin),
            Self::Percent(p) if order == Order::Outward => lower.scaled(100 + u64::from(p), 100),
            Self::Percent(p) => lower.scaled(100, u64::from(100u32.saturating_sub(p).max(1))),
            Self::Ratio(thousandths) => lower.scaled(u64::from(thousandths), 1000),
            Self::Either(margin, p) => {
                Self::Absolute(margin).above(lower, order).max(Self::Percent(p).above(lower, order))
            }
        };
        // Two roundings may leave a nanosecond, and so does a margin of nothing.
        while self.below(x, order) < lower && x < Dur::MAX {
            x = x.plus(Dur::from_nanos(1));
        }
        x
    }
}

fn floor_scaled(value: Dur, numerator: u64, denominator: u64) -> Dur {
    let n = u128::from(value.as_nanos()) * u128::from(numerator) / u128::from(denominator);
    Dur::from_nanos(u64::try_from(n).unwrap_or(u64::MAX))
}

impl std::fmt::Display for Margin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absolute(margin) => write!(f, "{margin}"),
            Self::Percent(percent) => write!(f, "{percent} % of the inner value"),
            Self::Ratio(thousandths) if thousandths.is_multiple_of(1000) => {
                write!(f, "a ratio of {}", thousandths / 1000)
            }
            Self::Ratio(thousandths) => {
                write!(f, "a ratio of {}.{:03}", thousandths / 1000, thousandths % 1000)
            }
            Self::Either(margin, percent) => write!(f, "{margin} or {percent} %, whichever is more"),
        }
    }
}

/// More attempts, calls or servers than this are a slip of the keyboard.
pub const MAX_COUNT: u32 = 1_000_000;

/// What a chain file may say of one timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    Set(Setting),
    /// The word `default`: leave it alone, on purpose.
    Default,
    /// Set in a deployed file, to something that cannot be known from it.
    Unseen,
}

impl Declared {
    /// What may stand in the place of a duration.
    pub const WORDS: [(&'static str, Declared); 3] =
        [("none", Self::Set(Setting::None)), ("off", Self::Set(Setting::Off)), ("default", Self::Default)];
}

#[derive(Clone, Debug)]
pub struct Hop {
    /// The stated name, else the platform; made unique within the chain by the decoder.
    pub name: String,
    /// What to point at: the name where there is one, else the platform.
    pub at: Loc,
    /// The whole entry, where a missing key could be added.
    pub body: Loc,
    pub platform: Located<String>,
    /// Only for `platform: custom`.
    pub role: Option<Located<Role>>,
    pub with: Vec<(Located<String>, Located<String>)>,
    /// The platform's own one-number setting.
    pub timeout: Option<Located<Declared>>,
    /// Bounds the whole call, attempts and back-offs included.
    pub deadline: Option<Located<Declared>>,
    /// Keys as written: a timer's id, native name or phase.
    pub timers: Vec<(Located<String>, Located<Declared>)>,
    pub limits: Vec<LimitOverride>,
    pub retries: Option<RetrySpec>,
    /// How many upstream servers it can choose from.
    pub endpoints: Option<Located<u32>>,
    /// The HTTP method of the calls; POST unless said.
    pub method: Option<Located<String>>,
    /// Sequential calls that this hop makes for one request.
    pub calls: Option<Located<u32>>,
    /// Work before the call inward.
    pub before: Option<Located<Dur>>,
    pub mode: Option<Located<Mode>>,
    pub heartbeat: Option<Located<Dur>>,
    pub buffers: Option<Located<Buffering>>,
    pub headers: Option<Located<Headers>>,
    pub cancels: Option<Located<bool>>,
    pub maps_errors: Option<Located<MapsErrors>>,
    /// Whether the next hop inward runs in the same program.
    pub same_process: Option<Located<bool>>,
    pub pin: Option<Located<bool>>,
    pub ignores: Vec<Ignore>,
    /// Alternative tails, tried in turn after the main one.
    pub fallbacks: Vec<Vec<Hop>>,
    /// Deployed files that hold the real values.
    pub from: Vec<Located<String>>,
    /// The deployed files that values of this hop were read from.
    pub deployed: Vec<FileId>,
    /// Where a deployed file takes a setting that it does not have yet, by the timer's id.
    pub inserts: Vec<(&'static str, Loc)>,
    /// The hop as the chain file states it, where deployed files have the say.
    pub expected: Option<Arc<Hop>>,
    /// Not all of what is deployed could be read: what is missing may be set elsewhere.
    pub partial: bool,
}

impl Hop {
    /// Whether what stands at a place was read from a deployed file.
    pub fn is_deployed(&self, at: Loc) -> bool {
        self.deployed.contains(&at.file)
    }

    /// Sequential calls that it makes for one request.
    pub fn calls_each(&self) -> u32 {
        self.calls.as_ref().map_or(1, |calls| calls.value)
    }

    /// A hop that states nothing but its platform.
    pub fn bare(platform: &str) -> Hop {
        Hop {
            name: platform.to_owned(),
            at: Loc::default(),
            body: Loc::default(),
            platform: Located::new(platform.to_owned(), Loc::default()),
            role: None,
            with: Vec::new(),
            timeout: None,
            deadline: None,
            timers: Vec::new(),
            limits: Vec::new(),
            retries: None,
            endpoints: None,
            method: None,
            calls: None,
            before: None,
            mode: None,
            heartbeat: None,
            buffers: None,
            headers: None,
            cancels: None,
            maps_errors: None,
            same_process: None,
            pin: None,
            ignores: Vec::new(),
            fallbacks: Vec::new(),
            from: Vec::new(),
            deployed: Vec::new(),
            inserts: Vec::new(),
            expected: None,
            partial: false,
        }
    }
}

/// A limit that this hop knows better than the catalogue, such as a granted quota.
#[derive(Clone, Debug)]
pub struct LimitOverride {
    pub timer: Located<String>,
    pub min: Option<Located<Dur>>,
    pub max: Option<Located<Setting>>,
    pub reason: Located<String>,
}

/// The words of `retry-after`, and whether each obeys the header.
pub const RETRY_AFTER: [(&str, bool); 2] = [("obey", true), ("ignore", false)];

/// How a call that ended in 504 is repeated.
pub const ON_504: [(&str, bool); 2] = [("stream", true), ("repeat", false)];

#[derive(Clone, Debug)]
pub struct RetrySpec {
    pub at: Loc,
    /// Counts the first, however it was written.
    pub attempts: Option<Located<u32>>,
    pub backoff: Option<Located<BackoffSpec>>,
    pub obeys_retry_after: Option<Located<bool>>,
    pub on: Option<Located<Vec<Cause>>>,
    /// A 504 is repeated, and as a stream.
    pub streams_504: Option<Located<bool>>,
    pub window: Option<Located<Dur>>,
}

impl RetrySpec {
    /// Nothing stated yet.
    pub const fn at(at: Loc) -> Self {
        Self { at, attempts: None, backoff: None, obeys_retry_after: None, on: None, streams_504: None, window: None }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum BackoffSpec {
    List(Vec<Dur>),
    Exponential { initial: Dur, factor_percent: u32, max: Option<Dur>, jitter_percent: (u32, u32) },
}

/// What application code between a server and its SDK makes of an SDK error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapsErrors {
    Pass,
    /// Every failure becomes a 500.
    To500,
    /// Failures are answered as a success.
    None,
}

impl MapsErrors {
    pub const NAMES: [(&'static str, MapsErrors); 3] =
        [("pass", Self::Pass), ("500", Self::To500), ("none", Self::None)];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    pub rule: Located<String>,
    pub reason: Option<String>,
}
