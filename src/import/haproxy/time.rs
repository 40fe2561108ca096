//! `HAProxy`'s times: a number with one unit, milliseconds where none is written.

use crate::catalog::Unit;
use crate::duration::Dur;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    /// What it waits, in whole milliseconds, and how that is written.
    Is(Dur, Unit),
    /// It reads the first number and unit and passes over the rest, with a warning.
    Cut { takes: Dur, rest: String },
    /// It refuses the file.
    Bad,
}

const UNITS: [(&str, u64); 6] = [
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

pub fn read(text: &str) -> Time {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, tail) = text.split_at(digits);
    let Ok(number) = number.parse::<u64>() else { return Time::Bad };
    if tail.is_empty() {
        return Time::Is(Dur::from_millis(number), Unit::Millis);
    }
    let Some((unit, nanos)) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit)) else { return Time::Bad };
    let Some(total) = number.checked_mul(*nanos) else { return Time::Bad };
    // A microsecond still is a millisecond: it rounds up.
    let takes = Dur::from_nanos(total).ceil_to(Dur::from_millis(1));
    match &tail[unit.len()..] {
        "" => Time::Is(takes, Unit::Text),
        rest => Time::Cut { takes, rest: rest.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_numbers_are_milliseconds_and_only_one_unit_counts() {
        let is = |text, millis, unit| assert_eq!(read(text), Time::Is(Dur::from_millis(millis), unit), "{text}");
        is("30", 30, Unit::Millis);
        is("0", 0, Unit::Millis);
        is("5s", 5_000, Unit::Text);
        is("100ms", 100, Unit::Text);
        is("2m", 120_000, Unit::Text);
        is("1h", 3_600_000, Unit::Text);
        is("1d", 86_400_000, Unit::Text);
        is("10us", 1, Unit::Text);
        is("005s", 5_000, Unit::Text);
        assert_eq!(read("1m30s"), Time::Cut { takes: Dur::from_secs(60), rest: "30s".into() });
        assert_eq!(read("60sec"), Time::Cut { takes: Dur::from_secs(60), rest: "ec".into() });
        for bad in ["", "s", "1.5s", "-5", "+5s", "5S", "5M", "99999999999999999999", "infinite"] {
            assert_eq!(read(bad), Time::Bad, "{bad}");
        }
    }
}
