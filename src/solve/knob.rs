//! What one edit changes, and what holds of it whatever the other hops do.

use crate::catalog::{Confidence, DefaultValue, Enforced, Guard, Max, Setting, Timer};
use crate::duration::Dur;
use crate::model::LimitOverride;
use crate::resolve::one::find_timer;
use crate::resolve::{HopCase, Provenance, ResolvedHop, TimerValue};
use crate::span::Loc;

/// Which text a knob is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A value where it stands.
    Written(Loc),
    /// An option that nobody has set, by the place where it would go (in a deployed file, else the hop's entry) and the
    /// first timer of its knob.
    Unset(Loc, u16),
}

/// The knobs of one hop, by timer.
#[derive(Default)]
pub struct Keys(Vec<Option<u32>>);

impl Keys {
    pub fn of(&self, value: &TimerValue) -> Option<usize> {
        self.0.get(usize::from(value.timer)).copied().flatten().map(|knob| knob as usize)
    }

    pub fn put(&mut self, timer: usize, knob: usize) {
        if self.0.len() <= timer {
            self.0.resize(timer + 1, None);
        }
        self.0[timer] = u32::try_from(knob).ok();
    }
}

/// The text behind a value that can be changed.
pub fn key(hop: &ResolvedHop, case: &HopCase, value: &TimerValue) -> Option<Key> {
    if hop.spec.pin.as_ref().is_some_and(|pin| pin.value) {
        return None;
    }
    source(hop, case, usize::from(value.timer), Some(value), 0)
}

/// Follows a value that is taken from another timer to the text that sets both.
fn source(hop: &ResolvedHop, case: &HopCase, timer: usize, value: Option<&TimerValue>, depth: u8) -> Option<Key> {
    let data = &hop.platform.timers[timer];
    let provenance = value.map_or(Provenance::Default, |value| value.provenance);
    if provenance == Provenance::Inherited && depth < 4 {
        let other = data.defaults.iter().find_map(|row| match &row.value {
            DefaultValue::From(other) => hop.platform.timers.iter().position(|t| t.id == *other),
            _ => None,
        });
        return source(hop, case, other?, case.timer_value(other?), depth + 1);
    }
    if !data.settable || matches!(provenance, Provenance::Claimed(_) | Provenance::Unseen(_) | Provenance::Fixed) {
        return None;
    }
    if let Some(at) = provenance.loc() {
        return Some(Key::Written(at));
    }
    let first = hop.platform.timers.iter().position(|t| t.knob == data.knob)?;
    // Hops that are bound to one block have one text, though each has an entry of its own.
    let inserts = |id: &str| hop.platform.timer(id).is_some_and(|timer| timer.knob == data.knob);
    let place = hop.spec.inserts.iter().find(|(id, _)| inserts(id)).map_or(hop.spec.body, |(_, at)| *at);
    Some(Key::Unset(place, u16::try_from(first).ok()?))
}

/// A time that a guard must not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub chain: usize,
    pub hop: usize,
    pub guard: Guard,
    pub work: Dur,
    /// With the margin.
    pub wanted: Dur,
}

/// Why a knob goes no higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    pub chain: usize,
    pub hop: usize,
    pub timer: u16,
    /// The catalogue's row; absent where the hop states the limit itself.
    pub row: Option<u8>,
    pub advised: bool,
}

#[derive(Clone, Debug)]
pub struct Knob {
    pub key: Key,
    /// Chain, hop and timer of everything that reads it, the first of each hop.
    pub uses: Vec<(usize, usize, u16)>,
    pub now: Option<Setting>,
    /// What it amounts to now.
    pub at: Dur,
    pub written: bool,
    pub floor: Dur,
    pub ceiling: Option<(Dur, Cap)>,
    pub grid: Dur,
    pub need: Option<Need>,
    /// As it is, it breaks a limit or is too short for the work.
    pub must_move: bool,
}

impl Knob {
    pub fn new(key: Key, chain: usize, hop: usize, value: &TimerValue) -> Self {
        Self {
            key,
            uses: vec![(chain, hop, value.timer)],
            now: value.clipped_from.or(value.setting),
            at: effective(value),
            written: matches!(key, Key::Written(_)),
            floor: Dur::ZERO,
            ceiling: None,
            grid: Dur::ZERO,
            need: None,
            must_move: false,
        }
    }

    pub fn used(&mut self, chain: usize, hop: usize, resolved: &ResolvedHop, value: &TimerValue) {
        if !self.uses.iter().rev().take_while(|u| u.0 == chain).any(|u| u.1 == hop) {
            self.uses.push((chain, hop, value.timer));
        }
        // What ends a guard speaks for the knob, before what it sets beside.
        let own = self.uses.iter_mut().find(|u| u.0 == chain && u.1 == hop);
        if let Some(own) = own.filter(|u| resolved.platform.timers[usize::from(u.2)].guards.is_empty()) {
            own.2 = value.timer;
        }
    }

    /// Its value in another case: where a facet decides whether it is known, the one that is.
    pub fn seen(&mut self, value: &TimerValue) {
        if self.at == Dur::MAX && matches!(value.setting, Some(Setting::At(_))) {
            (self.now, self.at) = (value.clipped_from.or(value.setting), effective(value));
        }
    }

    pub fn needed(&mut self, need: Need, now: Dur) {
        self.must_move |= now < need.wanted;
        if self.need.is_none_or(|known| known.wanted < need.wanted) {
            self.need = Some(need);
        }
    }

    /// What the platform allows of one of its timers.
    pub fn limited(&mut self, hop: &ResolvedHop, value: &TimerValue) {
        let timer = hop.timer(value);
        self.grid = common_grid(self.grid, timer.grid.unwrap_or_default());
        let (chain, index) = (self.uses.last().map_or(0, |u| u.0), self.uses.last().map_or(0, |u| u.1));
        let row = value.limit_row.map(|row| &timer.limits[usize::from(row)]);
        let own = |has: fn(&LimitOverride) -> bool| {
            let of_timer =
                |l: &&LimitOverride| find_timer(&hop.platform, &l.timer.value).is_some_and(|t| t.id == timer.id);
            hop.spec.limits.iter().filter(|l| has(l)).find(of_timer)
        };
        let mut cap = Cap { chain, hop: index, timer: value.timer, row: value.limit_row, advised: false };
        let most = if let Some(own) = own(|l| l.max.is_some()) {
            cap.row = None;
            match own.max.as_ref().map(|max| max.value) {
                Some(Setting::At(most)) => Some(most),
                _ => None,
            }
        } else {
            row.and_then(|limit| {
                let advisory = limit.enforced == Enforced::Advisory;
                cap.advised = advisory || limit.fact.checked < Confidence::Documented;
                match limit.max {
                    Some(Max::At(most)) if advisory || limit.fact.checked > Confidence::Memory => Some(most),
                    _ => None,
                }
            })
        };
        let least = match own(|l| l.min.is_some()) {
            Some(own) => own.min.as_ref().map(|min| min.value),
            None => row.filter(|limit| limit.fact.checked > Confidence::Memory).and_then(|limit| limit.min),
        };
        if let Some(most) = most.filter(|most| self.ceiling.is_none_or(|(known, _)| *most < known)) {
            self.ceiling = Some((most, cap));
        }
        self.floor = self.floor.max(least.unwrap_or_default());
        if self.written {
            let unlimited = value.clipped_from == Some(Setting::None)
                || (cap.advised && row.is_some_and(|row| row.enforced != Enforced::Advisory && !row.numbers_only));
            self.must_move |= breaks(timer, value.clipped_from.or(value.setting), least, most, unlimited);
        }
    }

    /// Bounds on the grid, once all are known.
    pub fn settle(&mut self) {
        if self.grid.is_zero() {
            self.grid = Dur::from_millis(1);
        }
        self.floor = self.floor.max(self.grid).ceil_to(self.grid);
        if let Some((most, _)) = &mut self.ceiling {
            *most = most.floor_to(self.grid);
        }
        if !self.written && !self.must_move {
            // What nobody set is judged only once somebody sets it.
            self.floor = self.floor.min(self.at);
            if let Some((most, _)) = &mut self.ceiling {
                *most = (*most).max(self.at);
            }
        }
    }

    /// The least that it can be on its own account.
    pub fn least(&self) -> Dur {
        self.need.map_or(self.floor, |need| self.floor.max(need.wanted.ceil_to(self.grid)))
    }

    pub fn most(&self) -> Dur {
        self.ceiling.map_or(Dur::MAX, |(most, _)| most)
    }
}

fn breaks(timer: &Timer, written: Option<Setting>, least: Option<Dur>, most: Option<Dur>, unlimited: bool) -> bool {
    match written {
        Some(Setting::At(at)) => {
            let zero = at.is_zero() && timer.zero.is_some();
            zero || least.is_some_and(|least| at < least) || most.is_some_and(|most| at > most)
        }
        Some(Setting::None) => most.is_some() && unlimited,
        _ => false,
    }
}

fn effective(value: &TimerValue) -> Dur {
    match value.setting {
        Some(Setting::At(at)) => at,
        _ => Dur::MAX,
    }
}

/// The least grid on which a value is on both.
fn common_grid(a: Dur, b: Dur) -> Dur {
    let (x, y) = (a.as_nanos(), b.as_nanos());
    if x == 0 || y == 0 {
        return a.max(b);
    }
    let gcd = |mut x: u64, mut y: u64| {
        while y != 0 {
            (x, y) = (y, x % y);
        }
        x
    };
    (x / gcd(x, y)).checked_mul(y).map_or(a.max(b), Dur::from_nanos)
}
