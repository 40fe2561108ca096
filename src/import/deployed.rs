//! One hop as a deployed file states it, with all that a repair of that file needs.

use super::{Address, Call};
use crate::catalog::{Setting as Value, Unit};
use crate::duration::Dur;
use crate::model::{Declared, Hop, RetrySpec};
use crate::span::{Loc, Located};
use std::collections::{HashMap, HashSet};

/// A hop of a deployed file.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// What stands behind `#` in `from:`, such as `server chat.example.com/location /v1/`; unique in its file.
    pub selector: String,
    /// Other words that mean it, where only one hop has them.
    pub also: Vec<String>,
    /// As a chain file would state it. Timers are named natively or by id; `timers` holds what was read, and
    /// [`Declared::Unseen`] where something stands that cannot be known.
    pub hop: Hop,
    /// How the value at a place is written, so that a repair writes it the same way. A value without one stays.
    pub units: Vec<(Loc, Unit)>,
    pub unseen: Vec<Unseen>,
    /// Where a setting that is not there yet would go.
    pub inserts: Vec<Insert>,
    pub answers: Vec<Address>,
    pub calls: Vec<Call>,
}

/// What stands in the file and cannot be known from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The timer by its native name or id; absent where anything may hide behind it (a missing include).
    pub timer: Option<String>,
    pub at: Loc,
    /// Why: "the variable $t", "the expression var.timeout * 2", "the include conf.d/*.conf is not here".
    pub why: String,
}

/// A place for settings that are not there yet. Its text is `before`, the key, `between`, the value, `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    pub at: Loc,
    /// Begins with the line break and indentation that the place needs.
    pub before: String,
    pub between: &'static str,
    pub after: &'static str,
    pub keys: &'static [Key],
}

/// A setting that may be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The timer's id in the catalogue.
    pub timer: &'static str,
    /// As the file writes it.
    pub key: &'static str,
    pub unit: Unit,
}

/// A value as a file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The number as written, 0 included: what 0 means is a fact of the platform.
    Time(Dur),
    /// A word for "no limit", where the format has one.
    Unlimited,
    /// It cannot be known, and why.
    Hidden(String),
}

/// One setting about time as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The native option: `proxy_read_timeout`, `timeout server`, `read_timeout`.
    pub option: String,
    /// Its text without quotes.
    pub value: String,
    /// Of the value, without quotes.
    pub at: Loc,
    /// Where it stands: enclosing blocks or the path of keys, outermost first, for people.
    pub context: String,
    /// No part of it is a variable, an expression or a template.
    pub plain: bool,
}

impl Deployed {
    /// `at` is what to point at, `body` the block or map that holds the settings.
    pub fn new(platform: &str, selector: impl Into<String>, at: Loc, body: Loc) -> Self {
        let selector = selector.into();
        let mut hop = Hop::bare(platform);
        hop.name.clone_from(&selector);
        (hop.at, hop.body, hop.platform.loc) = (at, body, at);
        Self {
            selector,
            also: Vec::new(),
            hop,
            units: Vec::new(),
            unseen: Vec::new(),
            inserts: Vec::new(),
            answers: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// States a timer by its native name or id; a later statement of the same name takes the place of an earlier one.
    pub fn set(&mut self, timer: &str, key: Loc, value: Loc, seen: Seen, unit: Unit) {
        self.forget(timer);
        let declared = match seen {
            Seen::Time(at) => Declared::Set(Value::At(at)),
            Seen::Unlimited => Declared::Set(Value::None),
            Seen::Hidden(why) => {
                self.unseen.push(Unseen { timer: Some(timer.to_owned()), at: value, why });
                Declared::Unseen
            }
        };
        self.units.push((value, unit));
        self.hop.timers.push((Located::new(timer.to_owned(), key), Located::new(declared, value)));
    }

    /// Takes back what was stated of a timer: an inner block that resets it.
    pub fn forget(&mut self, timer: &str) {
        self.hop.timers.retain(|(name, _)| name.value != timer);
        self.unseen.retain(|unseen| unseen.timer.as_deref() != Some(timer));
    }

    /// The value of a timer stands in several places that agree: another one in one of them would end that.
    pub fn stands_in_several_places(&mut self, timer: &str) {
        let place = self.hop.timers.iter().find(|(name, _)| name.value == timer).map(|(_, value)| value.loc);
        self.units.retain(|(at, _)| Some(*at) != place);
    }

    /// The number of attempts, the first counted, where it is stated and what it is.
    pub fn attempts(&mut self, count: u32, at: Loc) {
        self.retries(at).attempts = Some(Located::new(count, at));
    }

    /// What the file says of repeated attempts, to be filled in.
    pub fn retries(&mut self, at: Loc) -> &mut RetrySpec {
        self.hop.retries.get_or_insert(RetrySpec::at(at))
    }

    /// Marks something that cannot be known: a timer, or anything where none is named.
    pub fn hide(&mut self, timer: Option<&str>, at: Loc, why: impl Into<String>) {
        self.unseen.push(Unseen { timer: timer.map(str::to_owned), at, why: why.into() });
    }

    /// States a facet, such as `proxy-buffering: off`.
    pub fn with(&mut self, facet: &str, value: &str, at: Loc) {
        self.hop.with.retain(|(known, _)| known.value != facet);
        self.hop.with.push((Located::new(facet.to_owned(), at), Located::new(value.to_owned(), at)));
    }
}

/// Hops of one selector get numbers, from the second on.
pub fn unique(hops: &mut [Deployed]) {
    let mut taken: HashSet<String> = HashSet::with_capacity(hops.len());
    let mut counts: HashMap<String, usize> = HashMap::new();
    for hop in hops {
        if !taken.insert(hop.selector.clone()) {
            let count = counts.entry(hop.selector.clone()).or_insert(1);
            let numbered = loop {
                *count += 1;
                let numbered = format!("{}[{count}]", hop.selector);
                if taken.insert(numbered.clone()) {
                    break numbered;
                }
            };
            hop.selector = numbered;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_made_unique() {
        let hop = |selector: &str| Deployed::new("kong", selector, Loc::default(), Loc::default());
        let mut hops = [hop("a"), hop("a[2]"), hop("a"), hop("a"), hop("b")];
        unique(&mut hops);
        assert_eq!(hops.map(|hop| hop.selector), ["a", "a[2]", "a[3]", "a[4]", "b"]);
    }
}
