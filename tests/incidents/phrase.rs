//! How reports write times: `300s`, `> 60s`, `180s to 600s`, `about 30s under load`, `p99 153s, max 246s`, `unbounded`.
//!
//! Of several numbers the highest counts. A number that is only a bound becomes a value just beyond it: 5 %, the
//! smallest step that a default margin still tells apart.

use hoplint::duration::Dur;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    At(Dur),
    /// No limit, no end.
    Endless,
    /// Switched off: no reuse of connections.
    Off,
    Unknown,
}

/// How much "more than" adds and "less than" takes, in percent.
const JUST: u64 = 5;

pub fn time(text: &str) -> Time {
    let text = text.trim().to_lowercase().replace('_', "").replace('≥', ">=").replace('≤', "<");
    if let Ok(seconds) = text.parse::<f64>() {
        return Time::At(duration(seconds, 1_000_000_000));
    }
    match text.as_str() {
        "none" | "no limit" | "unlimited" | "infinite" | "infinity" => return Time::Endless,
        "off" | "disabled" => return Time::Off,
        _ => {}
    }
    match numbers(&text).into_iter().max() {
        Some(most) => Time::At(most),
        None if ["unbounded", "endless", "unlimited", "forever"].iter().any(|word| text.contains(word)) => {
            Time::Endless
        }
        None => Time::Unknown,
    }
}

/// Every time in a text, moved beyond itself where it is only a bound.
fn numbers(text: &str) -> Vec<Dur> {
    let mut found: Vec<Dur> = Vec::new();
    let mut waiting: Vec<(f64, usize)> = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|i| at + i) {
        let rest = &text[start..];
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
        let digits = rest[..length].trim_end_matches(['.', ',']);
        at = start + length;
        // A number inside a word, such as p99 or o1, is a name.
        let inside_word =
            text[..start].chars().next_back().is_some_and(char::is_alphabetic) && !ends_with_unit(&text[..start]);
        let Ok(number) = digits.replace(',', "").parse::<f64>() else { continue };
        if inside_word {
            continue;
        }
        let after = text[start + digits.len()..].trim_start_matches([' ', '(', '+']);
        let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
        match unit(&word) {
            Some(nanos) => {
                at = start + digits.len() + (text[start + digits.len()..].len() - after.len()) + word.len();
                // "20-30 min": the first number has the unit of the second.
                // "1m30s" is one time.
                if waiting.is_empty()
                    && ends_with_unit(&text[..start])
                    && let Some(last) = found.last_mut()
                {
                    *last = last.plus(duration(number, nanos));
                    continue;
                }
                for (number, start) in waiting.drain(..).chain([(number, start)]) {
                    found.push(beyond(duration(number, nanos), &text[..start]));
                }
            }
            None if after.starts_with(['-', '–']) || word == "to" || word == "or" || word == "and" => {
                waiting.push((number, start));
            }
            None => waiting.clear(),
        }
    }
    found
}

/// Whether a text says only what a time is longer than.
pub fn is_lower_bound(text: &str) -> bool {
    let text = text.to_lowercase();
    text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| &text[..at]).any(ends_in_more)
}

/// What the words right before a number make of it.
fn beyond(at: Dur, before: &str) -> Dur {
    let before = trimmed(before);
    let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    if ends_in_more(before) {
        step(at, 100 + JUST)
    } else if ends(&["<", "less than", "shorter than", "below", "under", "within"]) {
        step(at, 100 - JUST)
    } else {
        at
    }
}

fn ends_in_more(before: &str) -> bool {
    const MORE: [&str; 10] =
        [">", ">=", "more than", "longer than", "over", "above", "beyond", "at least", "exceeds", "exceeding"];
    MORE.iter().any(|word| trimmed(before).ends_with(word))
}

fn trimmed(before: &str) -> &str {
    before.trim_end_matches([' ', '"', '\'', '~', '('])
}

/// In whole milliseconds, so that a text can say it.
fn step(at: Dur, percent: u64) -> Dur {
    at.scaled(percent, 100).ceil_to(Dur::from_millis(1))
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn duration(number: f64, unit: u64) -> Dur {
    Dur::from_nanos((number * unit as f64).round() as u64)
}

fn unit(word: &str) -> Option<u64> {
    const SECOND: u64 = 1_000_000_000;
    Some(match word {
        "ms" | "msec" | "millisecond" | "milliseconds" => SECOND / 1000,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600 * SECOND,
        "d" | "day" | "days" => 86_400 * SECOND,
        _ => return None,
    })
}

/// `1m30s` is two times in a row; the second number follows a unit, not a name.
fn ends_with_unit(before: &str) -> bool {
    let word: String =
        before.chars().rev().take_while(|c| c.is_alphabetic()).collect::<Vec<_>>().into_iter().rev().collect();
    let number = before[..before.len() - word.len()].ends_with(|c: char| c.is_ascii_digit());
    number && unit(&word).is_some()
}

#[test]
fn reads_times_as_people_write_them() {
    let at = |ms: u64| Time::At(Dur::from_millis(ms));
    for (text, meant) in [
        ("300s", at(300_000)),
        ("0.2s", at(200)),
        ("36000s", at(36_000_000)),
        ("> 60s", at(63_000)),
        ("sometimes \"> 5s\"", at(5_250)),
        ("more than 2 minutes", at(126_000)),
        ("180s to 600s", at(600_000)),
        ("60s-90s", at(90_000)),
        ("long requests, builds of 20-30 min", at(1_800_000)),
        ("about 30s under load", at(30_000)),
        ("~45s", at(45_000)),
        ("p99 153s, max 246s", at(246_000)),
        ("up to 1198s", at(1_198_000)),
        ("1,298 s", at(1_298_000)),
        ("below 125s", at(118_750)),
        ("under 8s normally", at(7_600)),
        ("500 ms", at(500)),
        ("1m30s", at(90_000)),
        ("1h30m at most", at(5_400_000)),
        ("300 (ms)", at(300)),
        ("10_000ms", at(10_000)),
        ("≥ 60s", at(63_000)),
        ("90", at(90_000)),
        ("2 h", at(7_200_000)),
        ("o1 answers in 40s", at(40_000)),
        ("unbounded", Time::Endless),
        ("none", Time::Endless),
        ("off", Time::Off),
        ("unknown", Time::Unknown),
        ("long", Time::Unknown),
        ("short with one worker", Time::Unknown),
        ("3 tries", Time::Unknown),
        ("", Time::Unknown),
    ] {
        assert_eq!(time(text), meant, "{text}");
    }
}
