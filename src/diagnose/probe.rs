//! What one request showed to whoever sent it: when each step was over, what came back, and how it ended. Plain data;
//! the request itself is the shell's.

use super::symptom::{After, Symptom};
use crate::duration::Dur;
use crate::model::workload::Mode;

/// One request, from the name of the host to the last byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    pub method: String,
    /// Without what may be secret.
    pub url: String,
    pub address: Option<String>,
    /// How far it came; each at its time since the start.
    pub steps: Vec<(Step, Dur)>,
    pub status: Option<u16>,
    /// Names in lower case, in the order of the answer.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: String,
    pub body_bytes: u64,
    /// Arrivals of the body: count, and the longest silences between them, each with its start.
    pub pieces: u64,
    pub gaps: Vec<Gap>,
    /// Between the last byte and the end.
    pub silence: Option<Dur>,
    pub end: End,
    pub took: Dur,
    /// Asked for as a stream.
    pub streaming: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The name of the host has an address.
    Name,
    Connected,
    /// TLS is agreed on.
    Tls,
    /// The request is written.
    Sent,
    /// The first byte of the answer.
    FirstByte,
    /// Its headers are whole.
    Headers,
    /// The first byte of its body.
    Body,
}

impl Step {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connected => "connect",
            Self::Tls => "tls",
            Self::Sent => "sent",
            Self::FirstByte => "first-byte",
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Name => "name resolved",
            Self::Connected => "connected",
            Self::Tls => "TLS agreed on",
            Self::Sent => "request sent",
            Self::FirstByte => "first byte of the answer",
            Self::Headers => "headers whole",
            Self::Body => "first byte of the body",
        }
    }
}

/// A silence inside the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: Dur,
    pub length: Dur,
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// The answer is whole.
    #[default]
    Whole,
    /// The connection was closed before the answer was whole, in order or by a reset.
    Closed { reset: bool },
    /// Nothing could be sent: the name, the connection or TLS.
    Failed { why: String },
    /// The probe itself gave up.
    GaveUp,
}

/// So many of the longest silences are kept.
const GAPS: usize = 3;
/// Shorter ones are no silences.
const SHORTEST: Dur = Dur::from_millis(200);

impl Probed {
    pub fn at(&self, step: Step) -> Option<Dur> {
        self.steps.iter().find(|(s, _)| *s == step).map(|(_, at)| *at)
    }

    /// The body goes on at `at`, after `silent` without a byte.
    pub fn piece(&mut self, at: Dur, silent: Dur) {
        self.pieces += 1;
        if self.pieces > 1 && silent >= SHORTEST {
            self.gaps.push(Gap { from: at.minus(silent), length: silent });
            self.gaps.sort_by_key(|gap| std::cmp::Reverse(gap.length));
            self.gaps.truncate(GAPS);
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A status that says that something went wrong, or no whole answer.
    pub fn failed(&self) -> bool {
        self.end != End::Whole || self.status.is_none_or(|status| status >= 400)
    }

    pub fn symptom(&self) -> Symptom {
        let event_stream = self.header("content-type").is_some_and(|t| t.starts_with("text/event-stream"));
        let begun = self.status.is_some();
        let cut = begun && matches!(self.end, End::Closed { .. } | End::GaveUp);
        let exception = match &self.end {
            End::Failed { why } => Some(why.clone()),
            End::Closed { reset: true } if !begun => Some("connection reset by peer".to_owned()),
            End::Closed { reset: false } if !begun => {
                Some("the server closed the connection without an answer".to_owned())
            }
            _ => None,
        };
        Symptom {
            status: self.status,
            after: (self.end != End::GaveUp).then(|| After::exactly(self.took)),
            body: (!self.body.is_empty()).then(|| self.body.clone()),
            // A cookie names nobody, and may be a secret.
            headers: self.headers.iter().filter(|(name, _)| !name.starts_with("set-cookie")).cloned().collect(),
            mode: (self.streaming || event_stream).then_some(Mode::Streaming),
            cut: cut && self.end != End::GaveUp,
            silence: self.silence.filter(|silence| cut && *silence >= SHORTEST).map(After::exactly),
            exception,
            ..Symptom::default()
        }
    }
}
