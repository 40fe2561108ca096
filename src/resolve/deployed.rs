//! Hops whose values were read from deployed files: what a native 0 means, and what the chain file expects of them.

use super::one::find_timer;
use crate::catalog::{Platform, Setting, Timer, Zero};
use crate::model::{Declared, Hop};
use crate::span::{Loc, Located};

/// What a value of a deployed file means: 0 is a word of its own on most platforms.
pub fn meaning(timer: &Timer, declared: Declared) -> Declared {
    match (declared, timer.zero) {
        (Declared::Set(Setting::At(at)), Some(zero)) if at.is_zero() => match zero {
            Zero::None => Declared::Set(Setting::None),
            Zero::Off => Declared::Set(Setting::Off),
            Zero::Unset => Declared::Default,
            Zero::Instant | Zero::Rejected => declared,
        },
        _ => declared,
    }
}

/// One value that the chain file states beside `from:`.
pub struct Expectation<'p> {
    pub timer: &'p Timer,
    /// The key as the chain file writes it.
    pub key: Loc,
    pub value: Located<Declared>,
}

/// What a chain file states of the timers of a hop that is bound to deployed files.
pub fn expectations<'p>(expected: &Hop, platform: &'p Platform) -> Vec<Expectation<'p>> {
    let mut found: Vec<Expectation<'p>> = Vec::new();
    for (key, value) in &expected.timers {
        if let Some(timer) = find_timer(platform, &key.value) {
            found.push(Expectation { timer, key: key.loc, value: *value });
        }
    }
    if let Some(timeout) = &expected.timeout {
        let named: Vec<&str> = found.iter().map(|e| e.timer.knob.as_str()).collect();
        let of_shorthand = platform.shorthand.iter().filter_map(|id| platform.timer(id));
        let more: Vec<_> = of_shorthand
            .filter(|timer| !named.contains(&timer.knob.as_str()))
            .map(|timer| Expectation { timer, key: timeout.loc, value: *timeout })
            .collect();
        found.extend(more);
    }
    let deadline = expected.deadline.as_ref().zip(super::custom::deadline_timer(platform));
    found.extend(deadline.map(|(value, timer)| Expectation { timer, key: value.loc, value: *value }));
    found
}
