//! Exact durations and the text form that chain files use.
//!
//! The crates for human durations accept what a linter must refuse (bare numbers, fractions, signs, months), so
//! the parser is our own. Native spellings (NGINX, Go, protobuf ...) belong to the generators and importers.

use std::fmt;

/// A length of time in whole nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dur(u64);

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// The units of the text form, largest first: a duration names each at most once, in this order.
pub const UNITS: [(&str, u64); 6] =
    [("d", 86_400 * SECOND), ("h", 3_600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", MILLI), ("us", MICRO)];

/// Why a text is no duration. The wording is what a user reads after the quoted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurError {
    Empty,
    /// A number without a unit, with the number.
    NoUnit(String),
    Fraction,
    Negative,
    UnknownUnit(String),
    /// Units repeated or not from large to small.
    UnitOrder,
    TooLarge,
    NotADuration,
}

impl fmt::Display for DurError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty; write a number with a unit, such as 30s"),
            Self::NoUnit(number) => {
                write!(f, "has no unit: {number} what? Write {number}s for seconds or {number}ms for milliseconds")
            }
            Self::Fraction => write!(f, "has a fraction; use a smaller unit, such as 1500ms for 1.5 s"),
            Self::Negative => write!(f, "is negative; a timeout is never below zero"),
            Self::UnknownUnit(unit) => write!(f, "has the unknown unit `{unit}`; units are d, h, m, s, ms and us"),
            Self::UnitOrder => write!(f, "must name each unit once, from large to small, such as 1m30s"),
            Self::TooLarge => write!(f, "is longer than hoplint can count (about 584 years)"),
            Self::NotADuration => write!(f, "is not a duration; write a number with a unit, such as 90s or 1m30s"),
        }
    }
}

impl Dur {
    pub const ZERO: Dur = Dur(0);
    pub const MAX: Dur = Dur(u64::MAX);

    pub const fn from_nanos(n: u64) -> Self {
        Self(n)
    }

    pub const fn from_millis(n: u64) -> Self {
        Self(n.saturating_mul(MILLI))
    }

    pub const fn from_secs(n: u64) -> Self {
        Self(n.saturating_mul(SECOND))
    }

    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds, for ratios and rates only; comparisons stay exact.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn plus(self, other: Dur) -> Dur {
        Dur(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    pub const fn minus(self, other: Dur) -> Dur {
        Dur(self.0.saturating_sub(other.0))
    }

    pub const fn times(self, n: u64) -> Dur {
        Dur(self.0.saturating_mul(n))
    }

    /// `self * numerator / denominator`, rounded up, exact for all inputs.
    pub fn scaled(self, numerator: u64, denominator: u64) -> Dur {
        let product = u128::from(self.0) * u128::from(numerator);
        Dur(u64::try_from(product.div_ceil(u128::from(denominator.max(1)))).unwrap_or(u64::MAX))
    }

    /// The next value on the grid, this one included.
    pub const fn ceil_to(self, grid: Dur) -> Dur {
        if grid.0 == 0 {
            return self;
        }
        match self.0.checked_next_multiple_of(grid.0) {
            Some(n) => Dur(n),
            None => self,
        }
    }

    /// The last value on the grid, this one included.
    pub const fn floor_to(self, grid: Dur) -> Dur {
        if grid.0 == 0 { self } else { Dur(self.0 - self.0 % grid.0) }
    }

    pub const fn is_on(self, grid: Dur) -> bool {
        grid.0 == 0 || self.0.is_multiple_of(grid.0)
    }

    /// Parses `90s`, `1m30s`, `500ms`. Units are required, whole numbers only, large to small.
    pub fn parse(text: &str) -> Result<Dur, DurError> {
        if text.is_empty() {
            return Err(DurError::Empty);
        }
        if text.starts_with('-') {
            return Err(DurError::Negative);
        }
        let (mut rest, mut total, mut last_unit) = (text, 0u64, None);
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 {
                let fraction = rest.starts_with('.') && last_unit.is_none();
                return Err(if fraction { DurError::Fraction } else { DurError::NotADuration });
            }
            let (number, tail) = rest.split_at(digits);
            if tail.is_empty() {
                return Err(DurError::NoUnit(number.to_owned()));
            }
            if tail.starts_with('.') {
                return Err(DurError::Fraction);
            }
            let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_alphabetic()).len();
            if letters == 0 {
                return Err(DurError::NotADuration);
            }
            let (name, after) = tail.split_at(letters);
            let Some(unit) = UNITS.iter().position(|(unit, _)| *unit == name) else {
                return Err(DurError::UnknownUnit(name.to_owned()));
            };
            if last_unit.is_some_and(|last| unit <= last) {
                return Err(DurError::UnitOrder);
            }
            total = number
                .parse::<u64>()
                .ok()
                .and_then(|n| n.checked_mul(UNITS[unit].1))
                .and_then(|n| n.checked_add(total))
                .ok_or(DurError::TooLarge)?;
            (rest, last_unit) = (after, Some(unit));
        }
        Ok(Dur(total))
    }

    /// The text form that [`Dur::parse`] reads back to the same value, in one unit where it can be: `90s`, `1500ms`.
    pub fn to_source(self) -> String {
        let (unit, size) = match self.0 {
            n if n.is_multiple_of(SECOND) => ("s", SECOND),
            n if n.is_multiple_of(MILLI) => ("ms", MILLI),
            _ => ("us", MICRO),
        };
        format!("{}{unit}", self.0.div_ceil(size))
    }
}

/// For people: `90s`, `2.2s`, `500ms`, `1h`, `10m`.
impl fmt::Display for Dur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        let (day, hour) = (86_400 * SECOND, 3_600 * SECOND);
        if n >= 2 * day && n.is_multiple_of(day) {
            write!(f, "{}d", n / day)
        } else if n >= 2 * hour && n.is_multiple_of(hour) {
            write!(f, "{}h", n / hour)
        } else if n >= SECOND || n == 0 {
            // Milliseconds are enough for a reader; exact comparisons never go through this text.
            let millis = (n % SECOND) / MILLI;
            let fraction = format!(".{millis:03}");
            write!(f, "{}{}s", n / SECOND, if millis == 0 { "" } else { fraction.trim_end_matches('0') })
        } else if n >= MILLI {
            write!(f, "{}ms", n / MILLI)
        } else {
            write!(f, "{}us", n.div_ceil(MICRO))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_numbers_with_units_from_large_to_small() {
        assert_eq!(Dur::parse("90s"), Ok(Dur::from_secs(90)));
        assert_eq!(Dur::parse("1m30s"), Ok(Dur::from_secs(90)));
        assert_eq!(Dur::parse("1h2m3s4ms5us"), Ok(Dur::from_nanos(3_723_004_005_000)));
        assert_eq!(Dur::parse("0s"), Ok(Dur::ZERO));
    }

    #[test]
    fn refuses_what_other_parsers_let_through() {
        for (text, error) in [
            ("", DurError::Empty),
            ("90", DurError::NoUnit("90".into())),
            ("1m30", DurError::NoUnit("30".into())),
            ("1.5s", DurError::Fraction),
            (".5s", DurError::Fraction),
            ("-5s", DurError::Negative),
            ("1M", DurError::UnknownUnit("M".into())),
            ("3w", DurError::UnknownUnit("w".into())),
            ("30s1m", DurError::UnitOrder),
            ("1s1s", DurError::UnitOrder),
            ("1m 30s", DurError::NotADuration),
            ("soon", DurError::NotADuration),
            ("99999999999999999999s", DurError::TooLarge),
            ("300000000d", DurError::TooLarge),
        ] {
            assert_eq!(Dur::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn source_text_reads_back_to_the_same_value() {
        for n in [0, 1_000, 1_500_000_000, 90_000_000_000, 123_456_789_000] {
            let d = Dur::from_nanos(n);
            assert_eq!(Dur::parse(&d.to_source()), Ok(d));
        }
    }

    #[test]
    fn shows_what_a_reader_expects() {
        let shown = |n: u64| Dur::from_millis(n).to_string();
        assert_eq!(shown(29_000), "29s");
        assert_eq!(shown(2_200), "2.2s");
        assert_eq!(shown(300), "300ms");
        assert_eq!(shown(3_600_000), "3600s");
        assert_eq!(shown(7_200_000), "2h");
        assert_eq!(shown(0), "0s");
    }
}
