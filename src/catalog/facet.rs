//! Facets and conditions: which facts hold for a hop that states its plan, version, worker ... or does not.
//!
//! A hop with an unstated facet that has no default lives in several [`World`]s; everything is decided inside one.

use super::Prose;
use super::packed::{Packed, Packer, Packet};
use std::cmp::Ordering;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    pub id: String,
    pub summary: Prose,
    pub kind: FacetKind,
    pub default: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FacetKind {
    Choice(Vec<String>),
    Version,
}

/// All entries must hold. Empty: always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When(pub Vec<(String, Cond)>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cond {
    OneOf(Vec<String>),
    Version(Vec<(Comparison, Version)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// Dotted numbers, compared part by part; missing parts are zero.
#[derive(Clone, Debug, Eq)]
pub struct Version(Vec<u64>);

impl Version {
    /// `1.29.7`, `v3`, `2.0.4-rc1` (what follows the numbers is passed over).
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim().trim_start_matches('v');
        let numbers = text.split(['-', '+']).next()?;
        let parts: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        parts.map(Version)
    }

    /// A version after this one and before any that differs in the parts given here.
    fn just_above(&self) -> Version {
        let mut parts = self.0.clone();
        parts.push(1);
        Version(parts)
    }

    /// A version before this one.
    fn just_below(&self) -> Version {
        let mut parts = self.0.clone();
        for i in (0..parts.len()).rev() {
            if parts[i] > 0 {
                parts[i] -= 1;
                parts.truncate(i + 1);
                parts.push(u64::from(u32::MAX));
                return Version(parts);
            }
        }
        Version(vec![0])
    }
}

impl Packed for Version {
    fn pack(&self, out: &mut Packer) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        Packed::unpack(from).map(Self)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let part = |v: &Version, i: usize| v.0.get(i).copied().unwrap_or(0);
        (0..self.0.len().max(other.0.len()))
            .map(|i| part(self, i).cmp(&part(other, i)))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "{}", parts.join("."))
    }
}

impl Comparison {
    fn holds(self, left: &Version, right: &Version) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
        }
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }
}

impl Cond {
    /// Reads `<1.29.7` or `>=2.0, <3.0`.
    pub fn parse_version(text: &str) -> Option<Cond> {
        let clause = |part: &str| {
            let part = part.trim();
            let rest = part.trim_start_matches(['<', '>', '=']);
            let comparison = match &part[..part.len() - rest.len()] {
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                "=" | "==" | "" => Comparison::Equal,
                ">=" => Comparison::GreaterOrEqual,
                ">" => Comparison::Greater,
                _ => return None,
            };
            Some((comparison, Version::parse(rest)?))
        };
        text.split(',').map(clause).collect::<Option<Vec<_>>>().map(Cond::Version)
    }

    fn holds(&self, value: &FacetValue) -> bool {
        match (self, value) {
            (Cond::OneOf(options), FacetValue::Choice(value)) => options.contains(value),
            (Cond::Version(clauses), FacetValue::Version(value)) => {
                clauses.iter().all(|(comparison, version)| comparison.holds(value, version))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(options) => write!(f, "{}", options.join(" or ")),
            Self::Version(clauses) => {
                let clauses: Vec<String> = clauses.iter().map(|(c, v)| format!("{}{v}", c.symbol())).collect();
                write!(f, "{}", clauses.join(", "))
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(facet, cond)| format!("{facet} {cond}")).collect();
        write!(f, "{}", parts.join(" and "))
    }
}

/// A facet's value in one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FacetValue {
    Choice(String),
    Version(Version),
}

impl fmt::Display for FacetValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(value) => write!(f, "{value}"),
            Self::Version(version) => write!(f, "{version}"),
        }
    }
}

/// One full assignment of the facets that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    pub facets: Vec<(String, FacetValue)>,
    /// What had to be assumed: the unstated facets, in words such as `version <1.29.7`.
    pub assumed: Vec<(String, String)>,
}

impl When {
    pub fn holds(&self, world: &World) -> bool {
        self.0.iter().all(|(facet, cond)| {
            world.facets.iter().find(|(id, _)| id == facet).is_some_and(|(_, value)| cond.holds(value))
        })
    }

    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }
}

/// At most this many worlds for one hop; beyond it the later facets keep their first value.
const MOST_WORLDS: usize = 64;

/// The worlds of a hop: one for each combination of values that the unstated, default-less facets can have.
/// Only facets that occur in `conditions` are enumerated.
pub fn worlds<'a>(
    facets: &[Facet],
    stated: &[(String, String)],
    conditions: impl Iterator<Item = &'a When>,
) -> Vec<World> {
    let conditions: Vec<&(String, Cond)> = conditions.flat_map(|when| when.0.iter()).collect();
    let mut worlds = vec![World::default()];
    for facet in facets {
        if !conditions.iter().any(|(id, _)| *id == facet.id) {
            continue;
        }
        let known = stated.iter().find(|(id, _)| *id == facet.id).map(|(_, v)| v).or(facet.default.as_ref());
        let options = match known {
            Some(value) => vec![(facet.value(value), None)],
            None => facet.possible(&conditions),
        };
        let options = if worlds.len() * options.len() > MOST_WORLDS { &options[..1] } else { &options[..] };
        worlds = worlds
            .iter()
            .flat_map(|world| {
                options.iter().map(|(value, words)| {
                    let mut world = world.clone();
                    world.facets.push((facet.id.clone(), value.clone()));
                    if let Some(words) = words {
                        world.assumed.push((facet.id.clone(), words.clone()));
                    }
                    world
                })
            })
            .collect();
    }
    worlds
}

impl Facet {
    fn value(&self, text: &str) -> FacetValue {
        match self.kind {
            FacetKind::Choice(_) => FacetValue::Choice(text.to_owned()),
            // An unreadable version was reported where it was written; here it is older than every other.
            FacetKind::Version => FacetValue::Version(Version::parse(text).unwrap_or(Version(vec![0]))),
        }
    }

    /// Every value that some condition can tell apart, with the words for it.
    fn possible(&self, conditions: &[&(String, Cond)]) -> Vec<(FacetValue, Option<String>)> {
        match &self.kind {
            FacetKind::Choice(values) => {
                values.iter().map(|v| (FacetValue::Choice(v.clone()), Some(v.clone()))).collect()
            }
            FacetKind::Version => {
                let mut breaks: Vec<Version> = conditions
                    .iter()
                    .filter(|(id, _)| *id == self.id)
                    .flat_map(|(_, cond)| match cond {
                        Cond::Version(clauses) => clauses.iter().map(|(_, v)| v.clone()).collect(),
                        Cond::OneOf(_) => Vec::new(),
                    })
                    .collect();
                breaks.sort();
                breaks.dedup();
                let mut options = Vec::new();
                for version in &breaks {
                    options.push((FacetValue::Version(version.just_below()), Some(format!("before {version}"))));
                    options.push((FacetValue::Version(version.clone()), Some(version.to_string())));
                    options.push((FacetValue::Version(version.just_above()), Some(format!("after {version}"))));
                }
                options
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(facet: &str, cond: Cond) -> When {
        When(vec![(facet.into(), cond)])
    }

    #[test]
    fn versions_compare_by_part() {
        let v = |text: &str| Version::parse(text).unwrap();
        assert!(v("1.9") < v("1.29.7"));
        assert_eq!(v("1.2"), v("1.2.0"));
        assert!(v("1.29.7").just_below() < v("1.29.7"));
        assert!(v("1.29.0").just_below() > v("1.28.99"));
        assert!(v("1.29.7").just_above() > v("1.29.7"));
        assert!(v("v2.0.4-rc1") == v("2.0.4"));
        assert!(Version::parse("latest").is_none());
    }

    #[test]
    fn an_unstated_version_gives_a_world_on_each_side_of_a_break() {
        let facet = Facet { id: "version".into(), summary: "".into(), kind: FacetKind::Version, default: None };
        let old = when("version", Cond::parse_version("<1.29.7").unwrap());
        let all = worlds(std::slice::from_ref(&facet), &[], [&old].into_iter());
        assert!(all.iter().any(|w| old.holds(w)) && all.iter().any(|w| !old.holds(w)));
        let one = worlds(&[facet], &[("version".into(), "1.22.1".into())], [&old].into_iter());
        assert_eq!(one.len(), 1);
        assert!(old.holds(&one[0]) && one[0].assumed.is_empty());
    }

    #[test]
    fn a_default_makes_a_facet_certain() {
        let facet = Facet {
            id: "mode".into(),
            summary: "".into(),
            kind: FacetKind::Choice(vec!["BUFFERED".into(), "STREAM".into()]),
            default: Some("BUFFERED".into()),
        };
        let stream = when("mode", Cond::OneOf(vec!["STREAM".into()]));
        assert_eq!(worlds(&[facet], &[], [&stream].into_iter()).len(), 1);
    }
}
