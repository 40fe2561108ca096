//! Points in time as logs write them: the common log format, ISO 8601, slashes, and counts since 1970.

/// A point in time with the hour that the log's own clock showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Milliseconds since 1970, UTC. A log without a zone counts as UTC.
    pub millis: i64,
    /// Minutes east of UTC.
    pub zone: i16,
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Time {
    /// The hour of the day where the log was written.
    pub fn hour(self) -> usize {
        usize::try_from(self.local().rem_euclid(DAY) / HOUR).unwrap_or_default()
    }

    fn local(self) -> i64 {
        self.millis.saturating_add(i64::from(self.zone) * MINUTE)
    }
}

/// `2026-11-22 07:30:42`, as the log's own clock showed it.
impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, rest) = (self.local().div_euclid(DAY), self.local().rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / 1000);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// Any of the forms; brackets and quotes around it do not count.
pub fn parse(text: &str) -> Option<Time> {
    let text = text.trim_matches(['[', ']', '"', ' ']);
    let bytes = text.as_bytes();
    match (bytes.get(2), bytes.get(4)) {
        (Some(b'/'), _) => common(bytes),
        (_, Some(b'-' | b'/')) if bytes.len() >= 19 => iso(bytes),
        _ => since_1970(text),
    }
}

/// `22/Nov/2026:07:30:42 +0100`, `HAProxy`'s `22/Nov/2026:07:30:42.123`.
fn common(text: &[u8]) -> Option<Time> {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = MONTHS.chunks(3).position(|name| text.get(3..6) == Some(name))?;
    let (day, year) = (number(text, 0, 2)?, number(text, 7, 11)?);
    let (clock, rest) = clock(text.get(12..)?)?;
    let month = i64::try_from(month).ok()? + 1;
    Some(at(days(year, month, day), clock, zone(rest)))
}

/// `2026-11-22T07:30:42.123Z`, with a blank or slashes, with or without a zone.
fn iso(text: &[u8]) -> Option<Time> {
    let (year, month, day) = (number(text, 0, 4)?, number(text, 5, 7)?, number(text, 8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (clock, rest) = clock(text.get(11..)?)?;
    Some(at(days(year, month, day), clock, zone(rest)))
}

/// Seconds, milliseconds, microseconds or nanoseconds: the size tells which.
fn since_1970(text: &str) -> Option<Time> {
    let whole = text.split('.').next()?;
    let fraction = text.get(whole.len() + 1..).unwrap_or_default();
    if whole.len() < 9 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return text.contains(['e', 'E']).then(|| text.parse::<f64>().ok()).flatten().and_then(float);
    }
    let n: i64 = whole.parse().ok()?;
    let millis = match whole.len() {
        ..=11 => {
            let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
            n.checked_mul(1000)? + digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
        }
        12..=14 => n,
        15..=17 => n / 1000,
        _ => n / 1_000_000,
    };
    Some(Time { millis, zone: 0 })
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn float(seconds: f64) -> Option<Time> {
    (1e8..1e11).contains(&seconds).then_some(Time { millis: (seconds * 1000.0) as i64, zone: 0 })
}

/// Milliseconds of the day, and what follows them.
fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, minute, second) = (number(text, 0, 2)?, number(text, 3, 5)?, number(text, 6, 8)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(8..)?;
    let mut millis = 0;
    if let [b'.' | b',', more @ ..] = rest {
        let digits = more.iter().take_while(|b| b.is_ascii_digit()).count();
        for i in 0..3 {
            millis = millis * 10 + more.get(i).filter(|b| b.is_ascii_digit()).map_or(0, |b| i64::from(b - b'0'));
        }
        rest = &more[digits..];
    }
    Some((hour * HOUR + minute * MINUTE + second * 1000 + millis, rest))
}

/// `Z`, `+0100`, ` +01:00`; nothing is UTC.
fn zone(text: &[u8]) -> i16 {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, digits) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return 0,
    };
    let minutes = if digits.get(2) == Some(&b':') { number(digits, 3, 5) } else { number(digits, 2, 4) };
    let minutes = number(digits, 0, 2).unwrap_or_default() * 60 + minutes.unwrap_or_default();
    sign * i16::try_from(minutes).unwrap_or_default()
}

fn at(days: i64, clock: i64, zone: i16) -> Time {
    Time { millis: days * DAY + clock - i64::from(zone) * MINUTE, zone }
}

fn number(text: &[u8], from: usize, to: usize) -> Option<i64> {
    let digits = text.get(from..to)?;
    digits.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0')))
}

/// Days since 1970 in the Gregorian calendar; years begin in March, so that the leap day is the last one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The other way round.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i64, i16)> {
        parse(text).map(|time| (time.millis, time.zone))
    }

    #[test]
    fn one_moment_in_every_form() {
        let moment = 1_795_332_642_123;
        for (text, millis, zone) in [
            ("22/Nov/2026:07:30:42.123", moment, 0),
            ("[22/Nov/2026:08:30:42 +0100]", moment - 123, 60),
            ("2026-11-22T07:30:42.123Z", moment, 0),
            ("2026-11-22T07:30:42.123456Z", moment, 0),
            ("2026-11-22 04:00:42,123-03:30", moment, -210),
            ("2026/11/22 07:30:42", moment - 123, 0),
            ("1795332642.123", moment, 0),
            ("1795332642", moment - 123, 0),
            ("1795332642123", moment, 0),
            ("1795332642123456", moment, 0),
            ("1795332642123456789", moment, 0),
            ("1.795332642123e9", moment, 0),
        ] {
            assert_eq!(read(text), Some((millis, zone)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "-", "soon", "60.001", "22/Nop/2026:07:30:42", "2026-13-22T07:30:42Z", "2026-11-22T25:30:42Z", "12/34"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn days_lead_back() {
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
        let time = parse("22/Nov/2026:23:30:42 +0100").unwrap();
        assert_eq!((time.to_string().as_str(), time.hour()), ("2026-11-22 23:30:42", 23));
    }
}
