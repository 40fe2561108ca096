//! What some requests of a log have in common: when they came, how long they took, where they went, and what sets them
//! apart from the others. Constant in size, whatever the number of requests.

use super::log::clock::Time;
use super::log::{Answer, Record};
use crate::duration::Dur;

/// Text that is kept of a path or program.
const LONGEST_TEXT: usize = 100;
const HOURS: usize = 24;

/// Silence before a request, from which on it is counted as one after a pause.
pub const PAUSES: [Dur; 3] = [Dur::from_secs(10), Dur::from_secs(60), Dur::from_secs(300)];

/// What some requests have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub count: u64,
    nanos: u128,
    pub least: Dur,
    pub greatest: Dur,
    pub first: Option<Time>,
    pub last: Option<Time>,
    hours: [u32; HOURS],
    /// After pauses of at least these.
    after: [u32; PAUSES.len()],
    attempts: [u32; 5],
    /// Of the last attempt at the upstream.
    upstream: (u64, u128),
    received: (u64, u128),
    no_answer: u64,
    path: Majority,
    agent: Majority,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            count: 0,
            nanos: 0,
            least: Dur::MAX,
            greatest: Dur::ZERO,
            first: None,
            last: None,
            hours: [0; HOURS],
            after: [0; PAUSES.len()],
            attempts: [0; 5],
            upstream: (0, 0),
            received: (0, 0),
            no_answer: 0,
            path: Majority::default(),
            agent: Majority::default(),
        }
    }
}

/// The text that most have, if one has the majority (the vote of Boyer and Moore).
#[derive(Clone, Debug, Default, PartialEq)]
struct Majority {
    text: String,
    votes: u64,
}

impl Majority {
    fn add(&mut self, text: &str) {
        if self.votes == 0 {
            self.text.clear();
            self.text.push_str(clipped(text));
            self.votes = 1;
        } else if self.text == clipped(text) {
            self.votes += 1;
        } else {
            self.votes -= 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        if self.text == other.text {
            self.votes += other.votes;
        } else if other.votes > self.votes {
            *self = Self { text: other.text.clone(), votes: other.votes - self.votes };
        } else {
            self.votes -= other.votes;
        }
    }

    fn text(&self) -> Option<&str> {
        (self.votes > 0 && !self.text.is_empty()).then_some(&self.text)
    }
}

pub(super) fn clipped(text: &str) -> &str {
    let end = (0..=LONGEST_TEXT.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    &text[..end]
}

impl Facts {
    pub(super) fn add(&mut self, record: &Record<'_>, pause: Dur) {
        self.count += 1;
        if let Some(took) = record.duration {
            self.nanos += u128::from(took.as_nanos());
            self.least = self.least.min(took);
            self.greatest = self.greatest.max(took);
        }
        if let Some(end) = record.end() {
            self.first = Some(self.first.map_or(end, |first| first.min(end)));
            self.last = self.last.max(Some(end));
            self.hours[end.hour()] += 1;
        }
        for (count, _) in self.after.iter_mut().zip(PAUSES).filter(|(_, least)| pause >= *least) {
            *count += 1;
        }
        let attempts = usize::from(record.attempts.count).min(self.attempts.len() - 1);
        self.attempts[attempts] += 1;
        if let Some(last) = record.attempts.longest() {
            self.upstream = (self.upstream.0 + 1, self.upstream.1 + u128::from(last.as_nanos()));
        }
        if let Some(received) = record.received {
            self.received = (self.received.0 + 1, self.received.1 + u128::from(received));
        }
        self.no_answer += u64::from(record.answer == Answer::Nothing);
        self.path.add(record.path.split('?').next().unwrap_or_default());
        self.agent.add(&record.agent);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.nanos += other.nanos;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last = self.last.max(other.last);
        let counts = |to: &mut [u32], from: &[u32]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        counts(&mut self.hours, &other.hours);
        counts(&mut self.after, &other.after);
        counts(&mut self.attempts, &other.attempts);
        self.upstream = (self.upstream.0 + other.upstream.0, self.upstream.1 + other.upstream.1);
        self.received = (self.received.0 + other.received.0, self.received.1 + other.received.1);
        self.no_answer += other.no_answer;
        self.path.merge(&other.path);
        self.agent.merge(&other.agent);
    }

    pub fn mean(&self) -> Option<Dur> {
        mean(self.count, self.nanos).filter(|_| self.least <= self.greatest)
    }

    /// How often the request was sent to an upstream, where the log tells and most agree.
    pub fn attempts(&self) -> Option<u32> {
        let most = (1..self.attempts.len()).max_by_key(|i| self.attempts[*i])?;
        (u64::from(self.attempts[most]) * 2 > self.count).then(|| u32::try_from(most).unwrap_or_default())
    }

    /// The longest attempt at an upstream, on average.
    pub fn upstream(&self) -> Option<Dur> {
        mean(self.upstream.0, self.upstream.1)
    }

    pub fn path(&self) -> Option<&str> {
        self.path.text()
    }

    pub fn agent(&self) -> Option<&str> {
        self.agent.text().filter(|agent| *agent != "-")
    }

    /// Whether no upstream answered most of them.
    pub const fn unanswered(&self) -> bool {
        self.no_answer * 2 > self.count
    }

    /// What kind of moment these requests have in common that the others do not.
    pub fn pattern(&self, all: &Facts) -> Option<Pattern> {
        const FEWEST: u64 = 5;
        if self.count < FEWEST {
            return None;
        }
        let received = |facts: &Facts| mean(facts.received.0, facts.received.1).map(Dur::as_nanos);
        if let (Some(own), Some(usual)) = (received(self), received(all))
            && own >= usual.saturating_mul(LONGER)
            && own > 0
        {
            return Some(Pattern::LongRequests { own, usual });
        }
        let pause = (0..PAUSES.len()).rev().find(|i| {
            let (own, usual) = (u64::from(self.after[*i]), u64::from(all.after[*i]));
            // Three of four of these, and of the others at most a third as many.
            own * 4 >= self.count * 3 && own * all.count >= usual * self.count * 3
        });
        if let Some(i) = pause {
            return Some(Pattern::AfterPause { pause: PAUSES[i], count: u64::from(self.after[i]) });
        }
        self.peak(all)
    }

    /// The fewest hours in a row that hold four of five, if the traffic there is not as dense.
    fn peak(&self, all: &Facts) -> Option<Pattern> {
        const LONGEST_PEAK: usize = 6;
        let sum = |hours: &[u32; HOURS], from: usize, length: usize| {
            (from..from + length).map(|hour| u64::from(hours[hour % HOURS])).sum::<u64>()
        };
        let lasts = all.first.zip(all.last).map_or(0, |(first, last)| last.millis - first.millis);
        if lasts < 12 * 3_600_000 {
            return None;
        }
        (1..=LONGEST_PEAK).find_map(|length| {
            let from = (0..HOURS).max_by_key(|from| (sum(&self.hours, *from, length), HOURS - from))?;
            let (own, usual) = (sum(&self.hours, from, length), sum(&all.hours, from, length));
            let holds = own * 5 >= self.count * 4 && own * all.count >= usual * self.count * 2;
            holds.then_some(Pattern::Hours { from, to: (from + length) % HOURS, count: own })
        })
    }
}

/// How much longer requests are before their length is a pattern.
const LONGER: u64 = 3;

fn mean(count: u64, sum: u128) -> Option<Dur> {
    sum.checked_div(u128::from(count)).and_then(|mean| u64::try_from(mean).ok()).map(Dur::from_nanos)
}

/// When such requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The log was silent for that long before most of them.
    AfterPause { pause: Dur, count: u64 },
    /// Most came within these hours of the day, more than the traffic explains.
    Hours { from: usize, to: usize, count: u64 },
    /// Their requests were that many bytes (or tokens) long on average.
    LongRequests { own: u64, usual: u64 },
}
