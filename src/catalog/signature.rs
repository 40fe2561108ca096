//! The words by which a platform is recognised.

use super::Prose;

/// What tells this platform's answers and exceptions from those of others. Texts are compared without regard to case
/// and spaces; `...` and `<n>` stand for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// A piece of a body.
    pub body: Option<Prose>,
    /// `name` or `name: value`, the value a piece of the whole.
    pub header: Option<Prose>,
    /// A piece of an exception or of a line of a log.
    pub exception: Option<Prose>,
    /// Only with these; any where there are none.
    pub statuses: Vec<u16>,
    /// The timers that leave it; where there are none it names the platform alone.
    pub timers: Vec<String>,
    /// What the platform says with it.
    pub says: Option<Says>,
}

/// A word that the platform writes into its access log where a request did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFlag {
    /// As the log has it: a response flag, a termination state, a code.
    pub flag: Prose,
    /// The timers that leave it; where there are none no timer does.
    pub timers: Vec<String>,
    pub says: Option<Says>,
    pub meaning: Prose,
}

/// What an answer means, by the word of whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Says {
    Timeout,
    Connect,
    Refused,
    Reset,
    Overload,
    RateLimit,
    TooLarge,
    CallerLeft,
    Crash,
    Dns,
    Tls,
}

impl Says {
    pub const NAMES: [(&'static str, Says); 11] = [
        ("timeout", Self::Timeout),
        ("connect", Self::Connect),
        ("refused", Self::Refused),
        ("reset", Self::Reset),
        ("overload", Self::Overload),
        ("rate-limit", Self::RateLimit),
        ("too-large", Self::TooLarge),
        ("caller-left", Self::CallerLeft),
        ("crash", Self::Crash),
        ("dns", Self::Dns),
        ("tls", Self::Tls),
    ];
}
