//! Native spellings of durations to exact ones, as the platforms' units name them.

use crate::catalog::Unit;
use crate::duration::Dur;
use std::fmt::Write as _;

/// Reads a plain value. [`Unit::Text`] is the form of each platform's own and is read by its reader.
pub fn parse(unit: Unit, text: &str) -> Option<Dur> {
    match unit {
        Unit::Seconds => decimal(text, 1_000_000_000),
        Unit::Millis => decimal(text, 1_000_000),
        Unit::Micros => decimal(text, 1_000),
        Unit::Minutes => decimal(text, 60_000_000_000),
        Unit::Go => go(text),
        Unit::Gep2257 => gep2257(text),
        Unit::Iso8601 => iso8601(text),
        Unit::Protobuf => decimal(text.strip_suffix('s')?, 1_000_000_000),
        Unit::Text | Unit::None => None,
    }
}

/// A duration the way a unit writes it, where it has an exact form. Suffixed forms use one unit, which every platform
/// reads.
pub fn write(unit: Unit, at: Dur) -> Option<String> {
    let nanos = at.as_nanos();
    let whole = |size: u64| nanos.is_multiple_of(size).then(|| (nanos / size).to_string());
    match unit {
        Unit::Seconds => Some(seconds(at)),
        Unit::Millis => whole(1_000_000),
        Unit::Micros => whole(1_000),
        Unit::Minutes => whole(60_000_000_000),
        Unit::Iso8601 => Some(format!("PT{}S", seconds(at))),
        Unit::Protobuf => Some(format!("{}s", seconds(at))),
        Unit::Text | Unit::Go => {
            let suffixed = |size: u64, suffix: &str| whole(size).map(|n| n + suffix);
            suffixed(1_000_000_000, "s").or_else(|| suffixed(1_000_000, "ms")).or_else(|| suffixed(1_000, "us"))
        }
        Unit::Gep2257 => written_gep2257(at),
        Unit::None => None,
    }
}

/// Seconds as an exact decimal: `90`, `1.5`.
pub fn seconds(at: Dur) -> String {
    let (whole, rest) = (at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:09}").trim_end_matches('0').to_owned() }
}

/// A decimal number of `unit` nanoseconds, exact: `60`, `1.5`. Nothing finer than a nanosecond.
pub fn decimal(text: &str, unit: u64) -> Option<Dur> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) {
        return None;
    }
    let mut total: u128 = if whole.is_empty() { 0 } else { whole.parse::<u128>().ok()?.checked_mul(unit.into())? };
    let mut step = u128::from(unit);
    for digit in part.trim_end_matches('0').bytes() {
        if !step.is_multiple_of(10) {
            return None;
        }
        step /= 10;
        total += step * u128::from(digit - b'0');
    }
    u64::try_from(total).ok().map(Dur::from_nanos)
}

/// Go's `time.ParseDuration` without signs: `1h15m30.5s`, `300ms`, `0`.
pub fn go(text: &str) -> Option<Dur> {
    if text == "0" {
        return Some(Dur::ZERO);
    }
    suffixed(text, &GO)
}

const GO: [(&str, u64); 8] = {
    let [go @ .., _days] = GO_AND_DAYS;
    go
};

/// Go's units, and days as some programs have them in addition.
pub const GO_AND_DAYS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// A duration of the Gateway API: one to four whole numbers of at most five digits with h, m, s or ms.
fn gep2257(text: &str) -> Option<Dur> {
    let numbers = || text.split(|c: char| c.is_ascii_alphabetic()).filter(|n| !n.is_empty());
    let fits = numbers().count() <= 4 && numbers().all(|n| n.len() <= 5 && n.bytes().all(|b| b.is_ascii_digit()));
    let units = [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];
    if fits { suffixed(text, &units) } else { None }
}

/// The other way. One unit reads best, where its number is short enough.
fn written_gep2257(at: Dur) -> Option<String> {
    const FIVE_DIGITS: u64 = 99_999;
    let millis = at.as_nanos().is_multiple_of(1_000_000).then_some(at.as_nanos() / 1_000_000)?;
    if millis.is_multiple_of(1_000) && millis / 1_000 <= FIVE_DIGITS {
        return Some(format!("{}s", millis / 1_000));
    }
    if millis <= FIVE_DIGITS {
        return Some(format!("{millis}ms"));
    }
    let (hours, rest) = (millis / 3_600_000, millis % 3_600_000);
    let parts = [(hours, "h"), (rest / 60_000, "m"), (rest % 60_000 / 1_000, "s"), (rest % 1_000, "ms")];
    let mut text = String::new();
    for (n, unit) in parts.into_iter().filter(|(n, _)| *n > 0) {
        let _ = write!(text, "{n}{unit}");
    }
    (hours <= FIVE_DIGITS).then_some(text)
}

/// Numbers with suffixes in any order and number, summed: what Go, nginx and others build on.
pub fn suffixed(text: &str, units: &[(&str, u64)]) -> Option<Dur> {
    let mut rest = text;
    let mut total = 0u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let word_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (word, after) = tail.split_at(word_end);
        let unit = units.iter().find(|(name, _)| *name == word)?.1;
        total = total.checked_add(decimal(number, unit)?.as_nanos())?;
        rest = after;
    }
    (!text.is_empty()).then(|| Dur::from_nanos(total))
}

/// `PT1M30S`, `PT0.5S`, `P1DT2H`; years and months have no length and are refused.
pub fn iso8601(text: &str) -> Option<Dur> {
    let body = text.strip_prefix('P')?;
    let (days, time) = body.split_once('T').unwrap_or((body, ""));
    let days = if days.is_empty() { Dur::ZERO } else { suffixed(days, &[("D", 86_400_000_000_000)])? };
    if time.is_empty() {
        return (!body.is_empty() && !body.ends_with('T')).then_some(days);
    }
    let units = [("H", 3_600_000_000_000), ("M", 60_000_000_000), ("S", 1_000_000_000)];
    Some(days.plus(suffixed(time, &units)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for nanos in [0, 1_000, 1_500_000, 60_000_000_000, 90_000_000_000, 1_234_567_000] {
            let at = Dur::from_nanos(nanos);
            for unit in
                [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Minutes, Unit::Go, Unit::Iso8601, Unit::Protobuf]
            {
                if let Some(text) = write(unit, at) {
                    assert_eq!(parse(unit, &text), Some(at), "{text}");
                }
            }
        }
        assert_eq!(write(Unit::Text, Dur::from_secs(150)).as_deref(), Some("150s"));
        assert_eq!(write(Unit::Millis, Dur::from_nanos(1)), None);
    }

    #[test]
    fn native_spellings_are_exact() {
        let nanos = |unit, text: &str| parse(unit, text).map(Dur::as_nanos);
        assert_eq!(nanos(Unit::Seconds, "60"), Some(60_000_000_000));
        assert_eq!(nanos(Unit::Seconds, "0.1"), Some(100_000_000));
        assert_eq!(nanos(Unit::Millis, "1.5"), Some(1_500_000));
        assert_eq!(nanos(Unit::Go, "1h15m30.918s"), Some(4_530_918_000_000));
        assert_eq!(nanos(Unit::Go, "0"), Some(0));
        assert_eq!(nanos(Unit::Protobuf, "3.5s"), Some(3_500_000_000));
        assert_eq!(nanos(Unit::Iso8601, "PT1M30S"), Some(90_000_000_000));
        assert_eq!(nanos(Unit::Iso8601, "P1DT0.5S"), Some(86_400_500_000_000));
        assert_eq!(nanos(Unit::Protobuf, "1.5"), None);
        assert_eq!(nanos(Unit::Gep2257, "1h1m1s1ms"), Some(3_661_001_000_000));
        assert_eq!(nanos(Unit::Gep2257, "99999s"), Some(99_999_000_000_000));
        for (unit, bad) in [
            (Unit::Gep2257, "100000s"),
            (Unit::Gep2257, "1.5s"),
            (Unit::Gep2257, "90"),
            (Unit::Gep2257, "1h1m1s1ms1ms"),
            (Unit::Gep2257, ""),
            (Unit::Seconds, ""),
            (Unit::Seconds, "."),
            (Unit::Seconds, "-1"),
            (Unit::Seconds, "1e3"),
            (Unit::Seconds, "99999999999999999999"),
            (Unit::Micros, "0.0001"),
            (Unit::Protobuf, "1m"),
            (Unit::Protobuf, "s"),
            (Unit::Go, ""),
            (Unit::Go, "5"),
            (Unit::Go, "s"),
            (Unit::Go, "1 s"),
            (Unit::Iso8601, "P"),
            (Unit::Iso8601, "PT"),
            (Unit::Iso8601, "P1M"),
        ] {
            assert_eq!(nanos(unit, bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_of_the_gateway_api_have_five_digits_at_most() {
        for (text, spelled) in [
            ("0s", Some("0s")),
            ("1ms", Some("1ms")),
            ("29500ms", Some("29500ms")),
            ("99999s", Some("99999s")),
            ("99999ms", Some("99999ms")),
            ("100000s", Some("27h46m40s")),
            ("100001ms", Some("1m40s1ms")),
            ("99999h59m59s999ms", Some("99999h59m59s999ms")),
            ("100000h", None),
            ("1500us", None),
        ] {
            assert_eq!(write(Unit::Gep2257, Dur::parse(text).unwrap()).as_deref(), spelled, "{text}");
        }
    }
}
