//! Values as logs write them: durations in any unit, lists of upstream attempts, statuses.

use super::{Answer, Attempts};
use crate::duration::Dur;

/// What a bare number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Nanos,
    Micros,
    Millis,
    Seconds,
}

impl Unit {
    pub const NAMES: [(&'static str, Unit); 4] =
        [("ns", Self::Nanos), ("us", Self::Micros), ("ms", Self::Millis), ("s", Self::Seconds)];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, unit)| *unit == self).map_or("", |(name, _)| name)
    }

    pub const fn nanos(self) -> u64 {
        match self {
            Self::Nanos => 1,
            Self::Micros => 1_000,
            Self::Millis => 1_000_000,
            Self::Seconds => 1_000_000_000,
        }
    }
}

/// A bare number in `unit`, or one with its own unit such as `1.5s` or `2m3s`. Nothing for `-` and for what is below
/// zero, which says that there was no such time.
pub fn duration(text: &str, unit: Unit) -> Option<Dur> {
    let text = text.trim_matches(['"', ' ', '+']);
    let (nanos, rest) = decimal(text, unit.nanos())?;
    if rest.is_empty() {
        return Some(Dur::from_nanos(nanos));
    }
    if rest.starts_with(['e', 'E']) {
        return scientific(text, unit);
    }
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let (_, after) = decimal(rest, 1)?;
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let size = match &after[..letters] {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total = total.saturating_add(decimal(rest, size)?.0);
        rest = &after[letters..];
    }
    Some(Dur::from_nanos(total))
}

/// A decimal number times `size`, and what follows it. Exact as far as a nanosecond.
fn decimal(text: &str, size: u64) -> Option<(u64, &str)> {
    let bytes = text.as_bytes();
    let (mut whole, mut at) = (0_u64, 0);
    while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
        whole = whole.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        at += 1;
    }
    if at == 0 {
        return None;
    }
    let mut total = whole.saturating_mul(size);
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let mut part = size;
        while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
            // Below a nanosecond nothing is left of it.
            total = total.saturating_add((part * u64::from(digit - b'0')) / 10);
            part /= 10;
            at += 1;
        }
    }
    Some((total, &text[at..]))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "clamped")]
fn scientific(text: &str, unit: Unit) -> Option<Dur> {
    let nanos = text.parse::<f64>().ok()? * unit.nanos() as f64;
    (0.0..1e19).contains(&nanos).then(|| Dur::from_nanos(nanos as u64))
}

/// The times of the attempts at upstreams: `60.001, 60.002 : 0.004`. A `-` is an attempt that has no time.
pub fn attempts(text: &str, unit: Unit) -> Attempts {
    let mut attempts = Attempts::default();
    for part in items(text) {
        attempts.push(duration(part, unit));
    }
    attempts
}

/// What the last upstream answered, of a list such as `504, 200`.
pub fn answer(text: &str) -> Answer {
    match items(text).next_back() {
        None => Answer::Unknown,
        Some(last) => match status(last) {
            Some(0) | None => Answer::Nothing,
            Some(code) => Answer::Status(code),
        },
    }
}

/// Attempts are divided by commas, groups of servers by colons.
fn items(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split([',', ' ']).map(|part| part.trim_matches('"')).filter(|part| !part.is_empty() && *part != ":")
}

/// Three digits, or 0 where none was sent.
pub fn status(text: &str) -> Option<u16> {
    match text.trim_matches(['"', ' ']) {
        "-" | "0" | "-1" | "000" => Some(0),
        // nginx writes 009 for a connection that sent no whole request.
        text if text.len() == 3 => text.parse().ok(),
        _ => None,
    }
}

/// A count of bytes or tokens.
pub fn count(text: &str) -> Option<u64> {
    text.trim_matches(['"', ' ', '+']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_spelling() {
        let read = |text, unit| duration(text, unit).map(Dur::as_nanos);
        for (text, unit, nanos) in [
            ("60.001", Unit::Seconds, 60_001_000_000),
            ("0.000", Unit::Seconds, 0),
            ("29003", Unit::Millis, 29_003_000_000),
            ("\"12\"", Unit::Micros, 12_000),
            ("29003000001", Unit::Nanos, 29_003_000_001),
            ("1.5s", Unit::Millis, 1_500_000_000),
            ("2m3.5s", Unit::Millis, 123_500_000_000),
            ("30001ms", Unit::Seconds, 30_001_000_000),
            ("12.5\u{b5}s", Unit::Seconds, 12_500),
            ("1.5e-03", Unit::Seconds, 1_500_000),
            ("+14", Unit::Millis, 14_000_000),
            ("99999999999999999999999", Unit::Seconds, u64::MAX),
        ] {
            assert_eq!(read(text, unit), Some(nanos), "{text}");
        }
        for text in ["-", "-1", "", "ms", "1.2parsecs", "1s2", "nan"] {
            assert_eq!(read(text, Unit::Seconds), None, "{text}");
        }
    }

    #[test]
    fn lists_of_attempts() {
        let read = attempts("60.001, 60.002 : 0.004", Unit::Seconds);
        assert_eq!((read.count, read.last()), (3, Some(Dur::from_millis(4))));
        assert_eq!(read.longest(), Some(Dur::from_millis(60_002)));
        let refused = attempts("-", Unit::Seconds);
        assert_eq!((refused.count, refused.last()), (1, None));
        assert_eq!(attempts("", Unit::Seconds).count, 0);
        assert_eq!(answer("504, 200"), Answer::Status(200));
        assert_eq!(answer("502, -"), Answer::Nothing);
        assert_eq!(answer(""), Answer::Unknown);
    }

    #[test]
    fn statuses() {
        let read: Vec<_> = ["200", "\"504\"", "000", "-", "-1", "009", "20", "2000", "abc"].map(status).to_vec();
        assert_eq!(read, [Some(200), Some(504), Some(0), Some(0), Some(0), Some(9), None, None, None]);
    }
}
