//! What really happened in one run.

use crate::upstream::Call;
use std::fmt;

/// What the outermost hop's user saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Saw {
    /// A whole answer with this status, the upstream's or that of a hop between.
    Answer(u16),
    /// A head with this status and a body without its end.
    Truncated(u16),
    /// The end of the connection and not one byte.
    Closed,
    /// The exception of an SDK, by its class, and the status that it carries.
    Raised(String, Option<u16>),
    /// The user went first.
    Left,
    /// Nothing, for longer than anybody waits here.
    Nothing,
}

impl fmt::Display for Saw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(status) => write!(f, "{status}"),
            Self::Truncated(status) => write!(f, "{status}, cut off"),
            Self::Closed => f.write_str("closed without a word"),
            Self::Raised(class, Some(status)) => write!(f, "{class} ({status})"),
            Self::Raised(class, None) => f.write_str(class),
            Self::Left => f.write_str("left"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Observed {
    /// When the user clicked, by the common clock; all else counts from there.
    pub clicked: f64,
    pub saw: Saw,
    pub ended: f64,
    /// When the first byte was there.
    pub first: Option<f64>,
    /// The answer, or what an exception says.
    pub text: String,
    /// What reached the upstream.
    pub calls: Vec<Call>,
}

impl Observed {
    /// In one line, as the table shows it.
    pub fn words(&self) -> String {
        let mut words = format!("{} at {:.2} s, {} calls", self.saw, self.ended, self.calls.len());
        for call in &self.calls {
            let at = |at: f64| at - self.clicked;
            words.push_str(&match (call.finished, call.left) {
                (Some(end), _) => format!(", {:.2} to its end at {:.2} s", at(call.came), at(end)),
                (None, Some(left)) => format!(", {:.2} stopped at {:.2} s", at(call.came), at(left)),
                (None, None) => format!(", {:.2} still running", at(call.came)),
            });
        }
        words
    }

    /// The proxy that wrote the body of an error itself, by its words.
    pub fn author(&self) -> Option<&'static str> {
        const WORDS: [(&str, &str); 9] = [
            ("<center>nginx", "nginx"),
            ("The server didn't respond in time.", "haproxy"),
            ("No server is available to handle this request.", "haproxy"),
            ("The server returned an invalid or incomplete response.", "haproxy"),
            ("upstream request timeout", "envoy"),
            ("stream timeout", "envoy"),
            ("downstream duration timeout", "envoy"),
            ("upstream connect error", "envoy"),
            ("<hr>\n<address>Apache", "apache-httpd"),
        ];
        let (_, body) = self.text.split_once("\r\n\r\n")?;
        let plain = |words: &str| (body.trim() == words).then_some("traefik");
        let by_words = WORDS.iter().find(|(words, _)| body.contains(words)).map(|(_, platform)| *platform);
        by_words.or_else(|| plain("Gateway Timeout")).or_else(|| plain("Bad Gateway"))
    }
}
