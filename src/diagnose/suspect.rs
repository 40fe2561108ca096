//! The answer of a diagnosis, as plain data.

use super::symptom::Symptom;
use crate::diag::{Diagnostic, Severity};
use crate::duration::Dur;
use crate::span::Loc;

/// How well something fits, in thousandths; 1000 is all that one could ask for.
pub type Score = u32;

/// Everything that can be said of one symptom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// With what its exception says besides.
    pub symptom: Symptom,
    /// The chains that it was compared with; none: with every platform of the catalogue.
    pub chains: Vec<String>,
    /// Best first.
    pub suspects: Vec<Suspect>,
    /// Where nothing in the chain fits: what would, if it stood somewhere without being named.
    pub hidden: Vec<Suspect>,
    /// What to look at where a timeout is not the cause, the likeliest first.
    pub elsewhere: Vec<Elsewhere>,
    /// The one more fact that would tell the first two suspects apart.
    pub ask: Option<String>,
    /// Some suspect, or an explanation without one, fits what was seen.
    pub fits: bool,
}

/// One timer of one hop that may have done it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub score: Score,
    pub kind: Kind,
    /// Absent without a chain.
    pub chain: Option<String>,
    /// The hop's name; the platform's id without a chain.
    pub hop: String,
    pub platform: String,
    pub platform_name: String,
    /// By id.
    pub timer: String,
    /// As users of the platform write it.
    pub native: String,
    pub value: Option<Dur>,
    /// Where the value comes from, in words.
    pub provenance: String,
    /// Where the value stands.
    pub at: Option<Loc>,
    /// When whoever saw it would see it: from and to. Absent: at any time.
    pub expected: Option<(Dur, Dur)>,
    pub fits: Vec<Fit>,
    /// The one command or line of a log that decides.
    pub confirm: String,
    pub change: String,
    /// What the checks say of the hop, with the rule's name.
    pub finding: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// It ended the request.
    Timer,
    /// It closes idle connections that the hop outside still uses.
    IdleClose,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::IdleClose => "idle-close",
        }
    }
}

/// How one part of what was seen fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    pub aspect: Aspect,
    pub score: Score,
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    Time,
    Status,
    Body,
    Headers,
    Exception,
    /// Flags of an access log.
    Flags,
    Stream,
    When,
    /// What else of the chain would have ended the request before.
    Chain,
}

impl Aspect {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Status => "status",
            Self::Body => "body",
            Self::Headers => "headers",
            Self::Exception => "exception",
            Self::Flags => "flags",
            Self::Stream => "streaming",
            Self::When => "when",
            Self::Chain => "chain",
        }
    }

    /// What is left of a suspect that fits in everything but this.
    pub const fn floor(self) -> Score {
        match self {
            Self::Time => 20,
            Self::Status | Self::Exception | Self::Flags => 120,
            Self::Body | Self::Headers | Self::Stream => 150,
            Self::When => 400,
            Self::Chain => 250,
        }
    }
}

/// All fits together: a product, so that a better fit of one part never makes a worse whole.
pub fn together(fits: &[Fit]) -> Score {
    fits.iter().fold(1000, |score, fit| score * fit.score.clamp(fit.aspect.floor(), 1000) / 1000)
}

impl Suspect {
    pub fn fit(&self, aspect: Aspect) -> Option<&Fit> {
        self.fits.iter().find(|fit| fit.aspect == aspect)
    }
}

/// An explanation without a timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// A name for programs, such as `rate-limit`.
    pub name: &'static str,
    pub text: String,
    pub look: String,
}

/// Rules whose findings tell of a timer that ends requests too early, or of a connection that is closed too early.
const TELLING: [&str; 10] = [
    "workload-exceeds",
    "limit-below-workload",
    "stream-gap-too-short",
    "keepalive-race",
    "killed-before-timeout",
    "limit-exceeded",
    "order-inverted",
    "unreachable-timer",
    "default-relied-on",
    "futile-retry",
];

impl Diagnosis {
    /// Adds what the checks say of the hops, where it explains a suspect.
    #[must_use]
    pub fn with_findings(mut self, findings: &[Diagnostic]) -> Self {
        let mut told_of: Vec<(String, bool)> = Vec::new();
        for suspect in &mut self.suspects {
            let idle = suspect.kind == Kind::IdleClose;
            if told_of.contains(&(suspect.hop.clone(), idle)) {
                continue;
            }
            told_of.push((suspect.hop.clone(), idle));
            let of = |finding: &&Diagnostic| {
                finding.chain == suspect.chain
                    && finding.hop.as_ref() == Some(&suspect.hop)
                    && (finding.rule == "keepalive-race") == idle
                    && finding.severity >= Severity::Warning
            };
            let telling = TELLING.iter().filter_map(|rule| findings.iter().filter(of).find(|f| f.rule == *rule));
            let told = telling.clone().next();
            suspect.finding = told.map(|finding| format!("{}: {}", finding.rule, finding.message));
        }
        self
    }
}
