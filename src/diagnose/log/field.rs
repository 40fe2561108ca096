//! What a field of a log means, and how its text becomes a part of a record.

use super::value::{self, Unit};
use super::{Record, clock};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Says nothing about time.
    Skip,
    /// When the request came.
    Started,
    /// When the answer was over.
    Ended,
    Duration(Unit),
    /// One of several times that together are the duration.
    Part(Unit),
    /// The times of all attempts.
    Upstream(Unit),
    Status,
    /// The statuses of all attempts.
    UpstreamStatus,
    /// How often the request was sent again.
    Retries,
    /// How often it was sent.
    Attempts,
    Sent,
    /// Bytes or tokens of the request.
    Received,
    Flags,
    /// More about how the request ended, beside the flags.
    Detail,
    /// `GET /path HTTP/1.1`.
    Request,
    Path,
    Agent,
}

impl Field {
    /// Its text may hold blanks after commas.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Upstream(_) | Self::UpstreamStatus | Self::Skip)
    }

    pub const fn is_duration(self) -> bool {
        matches!(self, Self::Duration(_) | Self::Part(_))
    }

    /// Puts a text into the record; false where the text cannot be this field, so that the line has another shape.
    pub fn set<'l>(self, text: &'l str, record: &mut Record<'l>) -> bool {
        self.set_text(Cow::Borrowed(text), record)
    }

    pub fn set_text<'l>(self, text: Cow<'l, str>, record: &mut Record<'l>) -> bool {
        match self {
            Self::Skip => {}
            Self::Started => record.started = clock::parse(&text),
            Self::Ended => record.ended = clock::parse(&text),
            Self::Duration(unit) => record.duration = value::duration(&text, unit),
            Self::Part(unit) => record.add_part(value::duration(&text, unit)),
            Self::Upstream(unit) => record.attempts = value::attempts(&text, unit),
            Self::Status => record.status = value::status(&text),
            Self::UpstreamStatus => record.answer = value::answer(&text),
            Self::Retries => record.attempts.count = attempts(&text).map_or(0, |n| n.saturating_add(1)),
            Self::Attempts => record.attempts.count = attempts(&text).unwrap_or(0),
            Self::Sent => record.sent = value::count(&text),
            Self::Received => record.received = value::count(&text),
            Self::Flags => record.flags = flags(text),
            Self::Detail => detail(&text, record),
            Self::Request => record.path = path_of(text),
            Self::Path => record.path = text,
            Self::Agent => record.agent = text,
        }
        match self {
            Self::Started => record.started.is_some(),
            Self::Ended => record.ended.is_some(),
            Self::Status => record.status.is_some(),
            _ => true,
        }
    }
}

/// An answer that came from the upstream needs no more words.
fn detail(text: &str, record: &mut Record<'_>) {
    if !matches!(text, "" | "-" | "via_upstream") {
        let flags = std::mem::take(&mut record.flags).into_owned();
        record.flags = Cow::Owned(if flags.is_empty() { text.to_owned() } else { format!("{flags},{text}") });
    }
}

fn attempts(text: &str) -> Option<u8> {
    value::count(text).map(|n| u8::try_from(n).unwrap_or(u8::MAX))
}

/// What stands in the place of flags where all went well: nothing at all, a connection that stays open, Google's words.
const FINE: [&str; 6] = ["-", "--", "----", "+", "response_sent_by_backend", "response_from_cache"];

/// A word that all went well says that there are none.
fn flags(text: Cow<'_, str>) -> Cow<'_, str> {
    if FINE.contains(&&*text) { Cow::Borrowed("") } else { text }
}

/// The second word of a request line.
fn path_of(text: Cow<'_, str>) -> Cow<'_, str> {
    let words = |text: &str| {
        let mut ends = text.match_indices(' ').map(|(at, _)| at);
        let from = ends.next().map_or(0, |at| at + 1);
        from..ends.next().unwrap_or(text.len())
    };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[words(text)]),
        Cow::Owned(text) => Cow::Owned(text[words(&text)].to_owned()),
    }
}
