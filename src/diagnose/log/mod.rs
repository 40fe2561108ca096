//! Access logs: one line in, one record out, whichever program wrote it. The readers are pure and keep nothing of a line;
//! which one fits is found out from the first lines of a log. What flags mean is data of the platforms.

pub mod clock;
pub mod detect;
mod dialect;
mod error_log;
mod field;
mod json;
pub mod known;
mod names;
pub mod nginx_conf;
mod pattern;
pub mod reading;
mod tail;
mod value;

#[cfg(test)]
mod tests;

use crate::duration::Dur;
use clock::Time;
pub use detect::{Detected, detect};
pub use field::Field;
use pattern::Pattern;
use std::borrow::Cow;
pub use value::Unit;

/// A line that is longer is not read: no server writes such a one, and a hostile one takes memory.
pub const LONGEST_LINE: usize = 64 * 1024;

/// What one line says about one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'l> {
    pub started: Option<Time>,
    pub ended: Option<Time>,
    pub duration: Option<Dur>,
    pub attempts: Attempts,
    /// 0 where nothing was sent.
    pub status: Option<u16>,
    /// What the last upstream answered.
    pub answer: Answer,
    pub sent: Option<u64>,
    /// Bytes or tokens of the request.
    pub received: Option<u64>,
    /// How the program itself says that the request ended: response flags, termination state, error text.
    pub flags: Cow<'l, str>,
    pub path: Cow<'l, str>,
    pub agent: Cow<'l, str>,
    /// A part of the duration is missing, so the sum of the others is none.
    pub(in crate::diagnose) partial: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The log does not tell.
    #[default]
    Unknown,
    /// The upstream sent no answer.
    Nothing,
    Status(u16),
}

/// The attempts at upstreams that one request took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// 0 where the log does not tell.
    pub count: u8,
    last: Option<Dur>,
    longest: Option<Dur>,
}

impl Attempts {
    pub fn push(&mut self, time: Option<Dur>) {
        self.count = self.count.saturating_add(1);
        self.last = time;
        self.longest = self.longest.max(time);
    }

    pub const fn last(&self) -> Option<Dur> {
        self.last
    }

    pub const fn longest(&self) -> Option<Dur> {
        self.longest
    }
}

impl Record<'_> {
    /// Whether a line of names and values was about a request at all.
    fn is_request(&self) -> bool {
        self.status.is_some() || self.duration.is_some() || !self.flags.is_empty()
    }

    fn add_part(&mut self, part: Option<Dur>) {
        match part {
            Some(part) if !self.partial => self.duration = Some(self.duration.unwrap_or_default().plus(part)),
            Some(_) => {}
            None => (self.partial, self.duration) = (true, None),
        }
    }

    /// What follows from the other fields.
    fn complete(&mut self) {
        if self.duration.is_none()
            && let (Some(from), Some(to)) = (self.started, self.ended)
        {
            self.duration = u64::try_from(to.millis - from.millis).ok().map(Dur::from_millis);
        }
    }

    /// When the request came, as far as the log lets one know.
    pub fn start(&self) -> Option<Time> {
        self.started.or_else(|| {
            let millis = self.duration.map_or(0, |d| i64::try_from(d.as_nanos() / 1_000_000).unwrap_or(i64::MAX));
            self.ended.map(|end| Time { millis: end.millis.saturating_sub(millis), ..end })
        })
    }

    pub fn end(&self) -> Option<Time> {
        self.ended.or_else(|| {
            let millis = self.duration.map_or(0, |d| i64::try_from(d.as_nanos() / 1_000_000).unwrap_or(i64::MAX));
            self.started.map(|start| Time { millis: start.millis.saturating_add(millis), ..start })
        })
    }
}

/// How the lines of a log are read.
#[derive(Clone, Debug)]
pub struct Format {
    pub name: String,
    /// The platform that writes such logs, where only one does.
    pub platform: Option<&'static str>,
    shape: Shape,
    /// Decisions that a reader of the result should know of.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
enum Shape {
    Line(Pattern),
    /// A line whose end was looked at to find out what it means.
    Tail(Pattern, tail::Tail),
    Json(names::Keys),
    Logfmt(names::Keys),
    NginxError,
}

impl Format {
    /// A record, or nothing for a line of another shape.
    pub fn read<'l>(&self, line: &'l str) -> Option<Record<'l>> {
        let mut record = Record::default();
        match &self.shape {
            Shape::Line(pattern) => {
                pattern.read(line, &mut record).or_else(|| {
                    record = Record::default();
                    pattern.read(past_prefix(line)?, &mut record)
                })?;
            }
            Shape::Tail(pattern, tail) => tail.read(pattern.read(line, &mut record)?, &mut record),
            Shape::Json(keys) => json::read(line, keys, &mut record)?,
            Shape::Logfmt(keys) => tail::read_pairs(line, keys, &mut record)?,
            Shape::NginxError => error_log::read(line, &mut record)?,
        }
        if matches!(self.platform, Some("haproxy")) {
            termination(&mut record);
        }
        record.complete();
        Some(record)
    }

    /// Whether its lines tell how long a request took.
    pub fn has_duration(&self) -> bool {
        match &self.shape {
            Shape::Line(pattern) => has_duration(pattern),
            Shape::Tail(pattern, tail) => has_duration(pattern) || tail.has(Field::is_duration),
            Shape::Json(keys) | Shape::Logfmt(keys) => keys.has_duration(),
            Shape::NginxError => false,
        }
    }
}

fn has_duration(pattern: &Pattern) -> bool {
    pattern.has(Field::is_duration) || pattern.has(|f| f == Field::Started) && pattern.has(|f| f == Field::Ended)
}

/// `HAProxy`'s state has two more letters about cookies; two dashes say that all went well.
fn termination(record: &mut Record<'_>) {
    if record.flags.len() == 4 {
        let state = record.flags.get(..2).unwrap_or_default().to_owned();
        // What HAProxy answers by itself, a redirect or its statistics, is no failure.
        let fine = state == "--" || state.starts_with('L');
        record.flags = if fine { Cow::Borrowed("") } else { Cow::Owned(state) };
    }
}

/// What syslog puts before a line: `Nov 22 07:30:42 host haproxy[123]: `.
fn past_prefix(line: &str) -> Option<&str> {
    const FARTHEST: usize = 160;
    let head = &line.as_bytes()[..line.len().min(FARTHEST)];
    let at = memchr::memmem::find(head, b"]: ")
        .map(|at| at + 3)
        .or_else(|| memchr::memmem::find(head, b": ").map(|at| at + 2))?;
    line.get(at..)
}
