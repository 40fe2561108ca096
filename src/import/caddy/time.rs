//! Caddy's durations: Go's, with days.

use crate::duration::Dur;
use crate::import::units;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    Is(Dur),
    /// Caddy takes it all the same.
    Negative,
    Bad,
}

pub fn read(text: &str) -> Time {
    let (bare, negative) = match text.strip_prefix('-') {
        Some(bare) => (bare, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let read = if bare == "0" { Some(Dur::ZERO) } else { units::suffixed(bare, &units::GO_AND_DAYS) };
    match read {
        Some(_) if negative => Time::Negative,
        Some(at) => Time::Is(at),
        None => Time::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_go_units() {
        assert_eq!(read("1d12h"), Time::Is(Dur::from_secs(129_600)));
        assert_eq!(read("1.5d"), Time::Is(Dur::from_secs(129_600)));
        assert_eq!(read("0"), Time::Is(Dur::ZERO));
        assert_eq!(read("+1m30s"), Time::Is(Dur::from_secs(90)));
        assert_eq!(read("-5s"), Time::Negative);
        for bad in ["", "5", "s", "5xs", "1 s", "off", "5S"] {
            assert_eq!(read(bad), Time::Bad, "{bad}");
        }
    }
}
