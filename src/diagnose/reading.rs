//! What the text of an exception or a log line says by itself, whichever program wrote it: statuses, durations, and the
//! words of operating systems and protocols. What only one program says stands in its platform file.

use super::symptom::After;
use crate::duration::Dur;

/// Facts taken out of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub status: Option<u16>,
    /// Times that the text names as limits: `timeout of 300000ms exceeded`, `(read timeout=60)`.
    pub limits: Vec<Dur>,
    /// How long it took, where the text says so: `after 31.2 seconds`.
    pub took: Option<After>,
    /// The answer had begun.
    pub cut: bool,
    pub sees: Vec<Sees>,
}

/// What a program says went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sees {
    Timeout,
    ConnectTimeout,
    Queue,
    Reset,
    Refused,
    Dns,
    Tls,
    RateLimit,
    TooLarge,
    OutOfMemory,
    /// Somebody gave up from outside.
    Cancelled,
}

/// Words that mean the same wherever they stand; the text is compared in lower case.
const WORDS: [(&str, Sees); 50] = [
    ("connect timeout", Sees::ConnectTimeout),
    ("connecttimeout", Sees::ConnectTimeout),
    ("connection timed out", Sees::ConnectTimeout),
    ("connect etimedout", Sees::ConnectTimeout),
    ("dial tcp", Sees::ConnectTimeout),
    ("while connecting to upstream", Sees::ConnectTimeout),
    ("pool timeout", Sees::Queue),
    ("pooltimeout", Sees::Queue),
    ("queue full", Sees::Queue),
    ("queue is full", Sees::Queue),
    ("connection pool is full", Sees::Queue),
    ("too many connections", Sees::Queue),
    ("timed out", Sees::Timeout),
    ("timeout", Sees::Timeout),
    ("time-out", Sees::Timeout),
    ("deadline exceeded", Sees::Timeout),
    ("deadline_exceeded", Sees::Timeout),
    ("econnreset", Sees::Reset),
    ("connection reset", Sees::Reset),
    ("reset by peer", Sees::Reset),
    ("socket hang up", Sees::Reset),
    ("other side closed", Sees::Reset),
    ("server disconnected", Sees::Reset),
    ("broken pipe", Sees::Reset),
    ("epipe", Sees::Reset),
    ("unexpected eof", Sees::Reset),
    ("unexpected end of file", Sees::Reset),
    ("premature close", Sees::Reset),
    ("incomplete chunked read", Sees::Reset),
    ("peer closed connection", Sees::Reset),
    ("prematurely closed connection", Sees::Reset),
    ("econnrefused", Sees::Refused),
    ("connection refused", Sees::Refused),
    ("enotfound", Sees::Dns),
    ("eai_again", Sees::Dns),
    ("no such host", Sees::Dns),
    ("name or service not known", Sees::Dns),
    ("name resolution", Sees::Dns),
    ("nodename nor servname", Sees::Dns),
    ("getaddrinfo", Sees::Dns),
    ("certificate", Sees::Tls),
    ("tls handshake", Sees::Tls),
    ("ssl handshake", Sees::Tls),
    ("handshake failure", Sees::Tls),
    ("rate limit", Sees::RateLimit),
    ("too many requests", Sees::RateLimit),
    ("entity too large", Sees::TooLarge),
    ("out of memory", Sees::OutOfMemory),
    ("context canceled", Sees::Cancelled),
    ("cancelled by the client", Sees::Cancelled),
];

/// Said of an answer that had begun.
const CUT: [&str; 6] = [
    "incomplete chunked read",
    "without sending complete message body",
    "incompleteread",
    "premature close",
    "stream disconnected",
    "typeerror: terminated",
];

/// Longer texts are read up to here: what matters of a traceback stands at its ends, and both are looked at.
const MOST: usize = 64 * 1024;

pub fn read(text: &str) -> Reading {
    let text = ends(text).to_lowercase();
    let mut sees: Vec<Sees> = WORDS.iter().filter(|(word, _)| text.contains(word)).map(|(_, sees)| *sees).collect();
    sees.sort_unstable();
    sees.dedup();
    if sees.contains(&Sees::Dns) || sees.contains(&Sees::Tls) || sees.contains(&Sees::Refused) {
        // `dial tcp: lookup x: no such host` is no slow connection.
        sees.retain(|s| *s != Sees::ConnectTimeout);
    }
    let (limits, took) = times(&text);
    Reading { status: status(&text), limits, took, cut: CUT.iter().any(|word| text.contains(word)), sees }
}

fn ends(text: &str) -> String {
    if text.len() <= MOST {
        return text.to_owned();
    }
    let (mut head, mut tail) = (MOST / 2, text.len() - MOST / 2);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}\n{}", &text[..head], &text[tail..])
}

/// What stands before the three digits of a status.
const BEFORE_STATUS: [&str; 9] = [
    "error code: ",
    "status code ",
    "status code: ",
    "status: ",
    "status=",
    "status_code=",
    "http ",
    "statuscode: ",
    "code=",
];

/// A status that is named as one, or a line such as `504 Gateway Time-out`.
fn status(text: &str) -> Option<u16> {
    let three = |rest: &str| -> Option<u16> {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|n| digits.len() == 3 && (400..600).contains(n))
    };
    let named = BEFORE_STATUS
        .iter()
        .find_map(|before| text.match_indices(before).find_map(|(at, _)| three(&text[at + before.len()..])));
    let phrase = || {
        const PHRASES: [(&str, u16); 9] = [
            ("504 gateway", 504),
            ("502 bad gateway", 502),
            ("503 service", 503),
            ("500 internal", 500),
            ("408 request time", 408),
            ("429 too many", 429),
            ("413 request entity", 413),
            ("413 payload", 413),
            ("413 content", 413),
        ];
        PHRASES.iter().find(|(phrase, _)| text.contains(phrase)).map(|(_, status)| *status)
    };
    named.or_else(phrase)
}

/// Durations with a unit, and numbers after `timeout=`, which are seconds. A time after `after` is both: how long it
/// took, and most often the limit.
fn times(text: &str) -> (Vec<Dur>, Option<After>) {
    let (mut limits, mut took) = (Vec::new(), None);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
            at += 1;
        }
        let joined =
            start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || matches!(bytes[start - 1], b'.' | b'_' | b':'));
        if joined {
            continue;
        }
        let number = text[start..at].trim_end_matches('.');
        let rest = &text[at..];
        let before = &text[..start];
        let unit = unit(rest).or_else(|| before.ends_with("timeout=").then_some(Dur::from_secs(1)));
        let Some(found) = unit.and_then(|unit| scaled(number, unit)).filter(|at| !at.is_zero()) else { continue };
        let near = before.char_indices().rev().nth(NEAR).map_or(before, |(i, _)| &before[i..]);
        let limit =
            near.contains("time") || near.contains("deadline") || rest.contains("timeout") && near.contains("after");
        if limit && !limits.contains(&found) && limits.len() < MOST_TIMES {
            limits.push(found);
        }
        if took.is_none() && near.trim_end().ends_with("after") {
            let step = number
                .split_once('.')
                .map_or(1, |(_, fraction)| 10u64.saturating_pow(u32::try_from(fraction.len()).unwrap_or(9).min(9)));
            let unit = unit.unwrap_or(Dur::from_secs(1));
            let half = Dur::from_nanos(unit.as_nanos() / step / 2);
            took = Some(After { least: found.minus(half), greatest: found.plus(half).plus(half), stated: Some(found) });
        }
    }
    (limits, took)
}

/// How far before a number a word still speaks of it.
const NEAR: usize = 40;
const MOST_TIMES: usize = 8;

fn unit(rest: &str) -> Option<Dur> {
    let rest = rest.strip_prefix([' ', '-']).unwrap_or(rest);
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    Some(match word.as_str() {
        "ms" | "milliseconds" | "millisecond" | "millis" => Dur::from_millis(1),
        "s" | "sec" | "secs" | "seconds" | "second" => Dur::from_secs(1),
        "m" | "min" | "minutes" | "minute" => Dur::from_secs(60),
        _ => return None,
    })
}

fn scaled(number: &str, unit: Dur) -> Option<Dur> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let fraction: String = fraction.chars().take(9).collect();
    let scale = 10u64.pow(u32::try_from(fraction.len()).ok()?);
    let parts: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = u64::try_from(u128::from(unit.as_nanos()) * u128::from(parts) / u128::from(scale)).ok()?;
    Some(unit.times(whole).plus(Dur::from_nanos(part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_exceptions_say() {
        let limits = |text: &str| read(text).limits;
        assert_eq!(limits("AxiosError: timeout of 300000ms exceeded"), [Dur::from_secs(300)]);
        assert_eq!(
            limits("HTTPConnectionPool(host='x', port=11434): Read timed out. (read timeout=60)"),
            [Dur::from_secs(60)]
        );
        assert_eq!(limits("Task timed out after 3.01 seconds"), [Dur::from_millis(3010)]);
        assert_eq!(limits("line 600, in send"), []);
        assert_eq!(read("Error code: 504 - {'message': 'x'}").status, Some(504));
        assert_eq!(read("<title>504 Gateway Time-out</title>").status, Some(504));
        assert_eq!(read("port 5042, code 12").status, None);
        assert!(read("peer closed connection without sending complete message body (incomplete chunked read)").cut);
        assert_eq!(read("connect ECONNREFUSED 127.0.0.1:8000").sees, [Sees::Refused]);
        assert_eq!(read("dial tcp: lookup api.x: no such host").sees, [Sees::Dns]);
    }

    proptest! {
        #[test]
        fn reads_any_text(text in "\\PC*|([0-9.]{0,30}(ms|s| seconds)?(timeout=|after |status: |é)?){0,20}") {
            let reading = read(&text);
            prop_assert!(reading.limits.len() <= MOST_TIMES);
            prop_assert!(reading.status.is_none_or(|s| (400..600).contains(&s)));
        }
    }
}
