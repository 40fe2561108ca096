//! nginx's own spelling of times: `60`, `1m30s`, `"1h 30m"`, `500ms`. Units go from large to small, a number without one
//! means seconds.

use crate::duration::Dur;

/// How fine a directive counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Years and months are refused.
    Millis,
    /// `ms` is refused.
    Seconds,
}

/// What nginx's parser makes of a value; none where it refuses it.
pub fn parse(text: &str, grain: Grain) -> Option<Dur> {
    const DAY: u64 = 86_400_000;
    // Their order is that of the units, so that each may only be followed by a later one.
    const UNITS: [(&str, u64); 9] = [
        ("y", 365 * DAY),
        ("M", 30 * DAY),
        ("w", 7 * DAY),
        ("d", DAY),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
        // A space after a bare number ends it.
        (" ", 1_000),
    ];
    let mut next = match grain {
        Grain::Seconds => 0,
        Grain::Millis => 2,
    };
    let (mut rest, mut total, mut any) = (text, 0u128, false);
    let mut number = 0u128;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (value, tail) = rest.split_at(digits);
        if !value.is_empty() {
            (number, any) = (value.parse::<u64>().ok()?.into(), true);
        }
        if tail.is_empty() {
            break;
        }
        let unit = if tail.starts_with("ms") { "ms" } else { tail.get(..1)? };
        let place = UNITS.iter().position(|(name, _)| *name == unit)?;
        // A space may not stand where seconds may not.
        let last = if unit == " " { 6 } else { place };
        if last < next || (unit == "ms" && grain == Grain::Seconds) {
            return None;
        }
        next = place + 1;
        total += number * u128::from(UNITS[place].1);
        (number, rest) = (0, tail[unit.len()..].trim_start_matches(' '));
    }
    total += number * 1_000;
    // nginx counts in 63 bits of its own grain.
    let most = i64::MAX as u128 * if grain == Grain::Seconds { 1_000 } else { 1 };
    (any && total <= most).then(|| Dur::from_millis(u64::try_from(total).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        let millis = |text| parse(text, Grain::Millis).map(|d| d.as_nanos() / 1_000_000);
        for (text, expected) in [
            ("60", 60_000),
            ("60s", 60_000),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("1h30m", 5_400_000),
            ("1h 30", 3_630_000),
            ("500ms", 500),
            ("1s500ms", 1_500),
            ("0", 0),
            ("2w", 1_209_600_000),
            ("30d", 2_592_000_000),
            ("60 ", 60_000),
            ("1s 30", 31_000),
            ("007", 7_000),
        ] {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "s",
            "5sec",
            "1.5s",
            "-1",
            "1s1m",
            "1M",
            "1y",
            "1s1s",
            "60S",
            "1us",
            "99999999999999999999",
            " ",
            "1ms2s",
        ] {
            assert_eq!(millis(bad), None, "{bad}");
        }
        let seconds = |text| parse(text, Grain::Seconds).map(Dur::as_nanos);
        assert_eq!(seconds("1M"), Some(30 * 86_400 * 1_000_000_000));
        assert_eq!(seconds("1y 1d"), Some(366 * 86_400 * 1_000_000_000));
        assert_eq!(seconds("500ms"), None);
    }
}
