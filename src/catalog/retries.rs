//! What a platform repeats by itself, and the waits between attempts.

use super::Cause;
use crate::duration::Dur;

#[derive(Clone, Debug, PartialEq)]
pub struct Retries {
    /// Counts the first; absent where only conditions are known.
    pub attempts: Option<u32>,
    pub connect_attempts: Option<u32>,
    pub endpoints: bool,
    pub on: Vec<Cause>,
    pub idempotent_only: bool,
    pub backoff: Backoff,
    pub obeys_retry_after: Option<bool>,
    pub retry_after_cap: Option<Dur>,
    pub beyond_cap: BeyondCap,
    pub deadline: Option<Dur>,
    pub window: Option<Dur>,
    /// The pause after a refused connection, which the timer beside it holds down.
    pub refused_wait: Option<Dur>,
    pub refused_wait_timer: Option<String>,
    /// The timer that is this window.
    pub window_timer: Option<String>,
    pub trailing_sleep: bool,
    pub settable: bool,
    pub native: Option<String>,
    pub native_counts_retries: bool,
}

/// What becomes of a call whose error answer asks for a longer wait than is obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BeyondCap {
    /// The header is passed over, and the usual back-off counts.
    #[default]
    OwnWait,
    /// It waits for the most that it obeys.
    Capped,
    /// It gives up.
    Fails,
}

impl BeyondCap {
    pub const NAMES: [(&'static str, BeyondCap); 3] =
        [("own-wait", Self::OwnWait), ("capped", Self::Capped), ("fails", Self::Fails)];
}

/// The waits between attempts.
#[derive(Clone, Debug, PartialEq)]
pub enum Backoff {
    None,
    /// The last entry repeats.
    List(Vec<Dur>),
    Exponential {
        initial: Dur,
        factor_percent: u32,
        max: Option<Dur>,
        jitter_percent: (u32, u32),
    },
}
