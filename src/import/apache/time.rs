//! The two ways in which Apache reads a time: a whole number whatever stands behind it, and a number with a unit.

use crate::catalog::Unit;
use crate::duration::Dur;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    /// The value, and how it is written.
    Is(Dur, Unit),
    /// It reads the number and passes over the rest in silence.
    Cut(Dur),
    Negative,
    Bad,
}

/// `Timeout`, `ProxyTimeout`, `timeout=`, `ttl=`, `retry=`: seconds, and the rest is not looked at.
pub fn number(text: &str) -> Time {
    let bare = text.trim_start().strip_prefix('+').unwrap_or(text.trim_start());
    if bare.starts_with('-') {
        return Time::Negative;
    }
    let digits = bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match (bare[..digits].parse::<u64>(), digits == bare.len()) {
        (Ok(n), true) => Time::Is(Dur::from_secs(n), Unit::Seconds),
        (Ok(n), false) => Time::Cut(Dur::from_secs(n)),
        (Err(_), _) => Time::Bad,
    }
}

/// `KeepAliveTimeout`, `connectiontimeout=`, `acquire=`, `ping=`: `ms`, `s`, `mi` and `h` begin the unit.
pub fn with_unit(text: &str, default: Unit) -> Time {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let Ok(n) = text[..digits].parse::<u64>() else { return Time::Bad };
    let millis = match &text[digits..] {
        "" if default == Unit::Millis => return Time::Is(Dur::from_millis(n), Unit::Millis),
        // Another value may need a unit: no fraction is read.
        "" => return Time::Is(Dur::from_secs(n), Unit::Text),
        unit if unit.starts_with("ms") => 1,
        unit if unit.starts_with('s') => 1_000,
        unit if unit.starts_with("mi") => 60_000,
        unit if unit.starts_with('h') => 3_600_000,
        _ => return Time::Bad,
    };
    n.checked_mul(millis).map_or(Time::Bad, |n| Time::Is(Dur::from_millis(n), Unit::Text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_seconds_whatever_follows() {
        assert_eq!(number("60"), Time::Is(Dur::from_secs(60), Unit::Seconds));
        assert_eq!(number("5ms"), Time::Cut(Dur::from_secs(5)));
        assert_eq!(number("1.5"), Time::Cut(Dur::from_secs(1)));
        assert_eq!(number("1h"), Time::Cut(Dur::from_secs(1)));
        assert_eq!(number("-5"), Time::Negative);
        assert_eq!(number("abc"), Time::Bad);
        assert_eq!(number(""), Time::Bad);
    }

    #[test]
    fn units_where_they_count() {
        let is =
            |text, millis, unit| assert_eq!(with_unit(text, Unit::Seconds), Time::Is(Dur::from_millis(millis), unit));
        is("5", 5_000, Unit::Text);
        is("500ms", 500, Unit::Text);
        is("5s", 5_000, Unit::Text);
        is("1min", 60_000, Unit::Text);
        is("5mi", 300_000, Unit::Text);
        is("1h", 3_600_000, Unit::Text);
        assert_eq!(with_unit("300", Unit::Millis), Time::Is(Dur::from_millis(300), Unit::Millis));
        for bad in ["", "1m", "1.5", "-1", "5S", "5us", "1d"] {
            assert_eq!(with_unit(bad, Unit::Seconds), Time::Bad, "{bad}");
        }
    }
}
