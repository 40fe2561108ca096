//! What is known of each platform, as data: the types of a platform file.
//!
//! The files are in `platforms/`; `docs/platform-format.md` explains every key. No number about a platform stands
//! in code. Reading is in [`decode`], finding a platform by id or alias in [`store`], conditions in [`facet`].

pub mod bill;
pub mod decode;
mod decode_timer;
mod extend;
pub mod facet;
mod fact;
mod fine;
pub mod packed;
mod retries;
mod signature;
pub mod store;
mod verify;
pub mod view;

use crate::duration::Dur;
use bill::{Billing, PromptCache};
use facet::{Facet, When};

pub use fact::{Fact, Words};
pub use retries::{Backoff, BeyondCap, Retries};
pub use signature::{LogFlag, Says, Signature};
use std::borrow::Cow;

/// Prose of a platform file: borrowed from the program for an embedded platform.
pub type Prose = Cow<'static, str>;

/// One platform file.
#[derive(Clone, Debug, PartialEq)]
pub struct Platform {
    pub id: String,
    pub name: String,
    pub vendor: String,
    pub role: Role,
    pub aliases: Vec<String>,
    /// Host names of its public service, `*` for any one label: how deployed files name a provider.
    pub hosts: Vec<String>,
    pub summary: Prose,
    pub docs: Option<String>,
    pub versions: Option<String>,
    /// Timers set by the one-number form `timeout: 90s`; empty where the platform has none.
    pub shorthand: Vec<String>,
    pub shorthand_native: Option<String>,
    pub traps: Vec<String>,
    pub ways_out: Vec<String>,
    pub facets: Vec<Facet>,
    pub timers: Vec<Timer>,
    pub retries: Vec<Row<Retries>>,
    pub emits: Vec<Row<Emits>>,
    pub buffering: Vec<Row<Buffering>>,
    pub streaming: Vec<Row<bool>>,
    pub headers: Vec<Row<Headers>>,
    pub cancellation: Vec<Row<bool>>,
    pub connection: Vec<Row<Connection>>,
    pub heartbeat: Vec<Row<Dur>>,
    pub truncation: Vec<Row<Truncation>>,
    pub prompt_cache: Vec<Row<PromptCache>>,
    pub billing: Vec<Row<Billing>>,
    pub signatures: Vec<Row<Signature>>,
    pub log_flags: Vec<Row<LogFlag>>,
    pub history: Vec<History>,
}

impl Platform {
    pub fn timer(&self, id: &str) -> Option<&Timer> {
        self.timers.iter().find(|t| t.id == id)
    }

    /// Every condition of the file.
    pub fn conditions(&self) -> impl Iterator<Item = &When> {
        fn of<T>(rows: &[Row<T>]) -> impl Iterator<Item = &When> {
            rows.iter().map(|row| &row.when)
        }
        let timers = self.timers.iter().flat_map(|t| {
            let defaults = t.defaults.iter().map(|d| &d.when);
            std::iter::once(&t.when).chain(defaults).chain(t.limits.iter().map(|l| &l.when))
        });
        timers
            .chain(of(&self.retries))
            .chain(of(&self.emits))
            .chain(of(&self.buffering))
            .chain(of(&self.streaming))
            .chain(of(&self.headers))
            .chain(of(&self.cancellation))
            .chain(of(&self.connection))
            .chain(of(&self.heartbeat))
            .chain(of(&self.truncation))
            .chain(of(&self.prompt_cache))
            .chain(of(&self.billing))
            .chain(of(&self.signatures))
            .chain(of(&self.log_flags))
    }

    /// A hosted or self-hosted model: the end of an LLM chain.
    pub fn is_llm(&self) -> bool {
        matches!(self.role, Role::Provider | Role::ModelServer)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Client,
    Cdn,
    Gateway,
    LoadBalancer,
    L4,
    Proxy,
    AppServer,
    Function,
    Router,
    ModelServer,
    Provider,
}

impl Role {
    pub const NAMES: [(&'static str, Role); 11] = [
        ("client", Self::Client),
        ("cdn", Self::Cdn),
        ("gateway", Self::Gateway),
        ("load-balancer", Self::LoadBalancer),
        ("l4", Self::L4),
        ("proxy", Self::Proxy),
        ("app-server", Self::AppServer),
        ("function", Self::Function),
        ("router", Self::Router),
        ("model-server", Self::ModelServer),
        ("provider", Self::Provider),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, r)| *r == self).map_or("", |(name, _)| name)
    }

    /// Runs application code, which may call on: followed by a client it is one program.
    pub const fn runs_code(self) -> bool {
        matches!(self, Self::AppServer | Self::Function)
    }
}

/// Lowest first: only [`Confidence::Documented`] and above can cause an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    Memory,
    Secondary,
    Documented,
    SourceCode,
    Measured,
    /// A limit that the product's requirements name as an error whatever newer documentation says.
    Required,
}

impl Confidence {
    pub const NAMES: [(&'static str, Confidence); 6] = [
        ("memory", Self::Memory),
        ("secondary", Self::Secondary),
        ("documented", Self::Documented),
        ("source-code", Self::SourceCode),
        ("measured", Self::Measured),
        ("required", Self::Required),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, c)| *c == self).map_or("", |(name, _)| name)
    }
}

/// A behaviour with its condition; of several the first that holds counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    pub when: When,
    pub value: T,
    pub fact: Fact,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    pub id: String,
    pub native: String,
    pub native_also: Vec<String>,
    pub summary: Prose,
    pub phases: Vec<Phase>,
    pub side: Side,
    pub scope: Scope,
    pub guards: Vec<Guard>,
    pub expiry: Expiry,
    /// Timers with the same knob are one setting.
    pub knob: String,
    pub settable: bool,
    pub unit: Unit,
    pub grid: Option<Dur>,
    pub zero: Option<Zero>,
    /// How "no limit" is written natively.
    pub unlimited: Option<Unlimited>,
    /// It fires between value + `.0` and value + `.1`.
    pub late: (Dur, Dur),
    /// For the upload guard: bounds the whole body rather than the silence between two pieces.
    pub upload_total: bool,
    /// A keep-alive timer that ends a connection by its age, idle or not.
    pub by_age: bool,
    /// It ends nothing by itself: the first write after it fails.
    pub at_next_write: bool,
    /// A byte that comes sooner than this after the one that set the timer does not set it again.
    pub lazy: Dur,
    /// A timer of gaps that watches every body, a stream or not, from the headers on.
    pub any_body: bool,
    pub on_expiry: OnExpiry,
    /// The one command or line of a log that shows whether it fired.
    pub confirm: Option<Prose>,
    pub when: When,
    pub defaults: Vec<Default>,
    pub limits: Vec<TimerLimit>,
    pub fact: Fact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    Connect,
    Send,
    FirstByte,
    BetweenBytes,
    Total,
    Keepalive,
    Queue,
    WriteStall,
    Lifecycle,
}

impl Phase {
    pub const NAMES: [(&'static str, Phase); 9] = [
        ("connect", Self::Connect),
        ("send", Self::Send),
        ("first-byte", Self::FirstByte),
        ("between-bytes", Self::BetweenBytes),
        ("total", Self::Total),
        ("keepalive", Self::Keepalive),
        ("queue", Self::Queue),
        ("write-stall", Self::WriteStall),
        ("lifecycle", Self::Lifecycle),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, p)| *p == self).map_or("", |(name, _)| name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Upstream,
    Downstream,
    Both,
}

impl Side {
    pub const NAMES: [(&'static str, Side); 3] =
        [("upstream", Self::Upstream), ("downstream", Self::Downstream), ("both", Self::Both)];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, s)| *s == self).map_or("", |(name, _)| name)
    }

    pub const fn covers(self, other: Side) -> bool {
        matches!(
            (self, other),
            (Side::Both, _) | (_, Side::Both) | (Side::Upstream, Side::Upstream) | (Side::Downstream, Side::Downstream)
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Attempt,
    Call,
}

impl Scope {
    pub const NAMES: [(&'static str, Scope); 2] = [("attempt", Self::Attempt), ("call", Self::Call)];
}

/// When a hop gives up, by what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guard {
    WaitBuffered,
    WaitStreaming,
    Gap,
    StreamTotal,
    Upload,
}

impl Guard {
    pub const NAMES: [(&'static str, Guard); 5] = [
        ("wait.buffered", Self::WaitBuffered),
        ("wait.streaming", Self::WaitStreaming),
        ("gap", Self::Gap),
        ("stream-total", Self::StreamTotal),
        ("upload", Self::Upload),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, g)| *g == self).map_or("", |(name, _)| name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expiry {
    Error,
    Close,
    Kill,
}

impl Expiry {
    pub const NAMES: [(&'static str, Expiry); 3] =
        [("error", Self::Error), ("close", Self::Close), ("kill", Self::Kill)];
}

/// The native spelling of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Seconds,
    Millis,
    Micros,
    Minutes,
    /// A number with a suffix, as nginx and `HAProxy` write it.
    Text,
    Go,
    /// Hours, minutes, seconds and milliseconds, five digits each at most: durations of the Gateway API.
    Gep2257,
    Iso8601,
    /// Seconds with an `s`, as JSON and YAML spell a protobuf duration.
    Protobuf,
    None,
}

impl Unit {
    pub const NAMES: [(&'static str, Unit); 10] = [
        ("s", Self::Seconds),
        ("ms", Self::Millis),
        ("us", Self::Micros),
        ("min", Self::Minutes),
        ("text", Self::Text),
        ("go", Self::Go),
        ("gep2257", Self::Gep2257),
        ("iso8601", Self::Iso8601),
        ("protobuf", Self::Protobuf),
        ("none", Self::None),
    ];
}

/// What a native 0 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zero {
    Instant,
    None,
    Unset,
    Rejected,
    Off,
}

impl Zero {
    pub const NAMES: [(&'static str, Zero); 5] = [
        ("instant", Self::Instant),
        ("none", Self::None),
        ("unset", Self::Unset),
        ("rejected", Self::Rejected),
        ("off", Self::Off),
    ];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlimited {
    Written(String),
    Impossible,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OnExpiry {
    pub status: Option<u16>,
    pub body: Option<String>,
    pub exception: Option<String>,
    pub log: Option<String>,
    pub after_headers: Option<String>,
    /// Whether the platform itself tries again after this timer, where that differs from its retries in general.
    pub retried: Option<bool>,
}

/// A timer's value when nobody set it.
#[derive(Clone, Debug, PartialEq)]
pub struct Default {
    pub when: When,
    pub value: DefaultValue,
    pub fact: Fact,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    Is(Setting),
    /// Inherited from another timer of the platform.
    From(String),
    Unknown,
}

/// What a timer can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    At(Dur),
    /// No limit.
    None,
    /// Keep-alive only: no reuse.
    Off,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TimerLimit {
    pub when: When,
    pub min: Option<Dur>,
    pub max: Option<Max>,
    /// The maximum bounds written numbers; no limit at all can be written beside it.
    pub numbers_only: bool,
    pub enforced: Enforced,
    pub raise: Option<String>,
    /// The facets that state that more was granted.
    pub raised_by: Vec<(String, String)>,
    pub fact: Fact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Max {
    At(Dur),
    /// Documented or measured that there is no ceiling.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enforced {
    Refused,
    Clipped,
    Ceiling,
    Advisory,
}

impl Enforced {
    pub const NAMES: [(&'static str, Enforced); 4] = [
        ("refused", Self::Refused),
        ("clipped", Self::Clipped),
        ("ceiling", Self::Ceiling),
        ("advisory", Self::Advisory),
    ];
}

/// What a caller sees of an answer that breaks off after its headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Truncation {
    /// How much later than the hop its caller learns of it.
    pub delay: Dur,
    /// What is held back of an answer goes out when it breaks off, its status first; otherwise an error takes its place.
    pub passes_held: bool,
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    Connect,
    Refused,
    Timeout,
    Reset,
    Status(u16),
    /// `5xx` and the like: the first digit.
    StatusClass(u8),
}

impl Cause {
    pub fn parse(text: &str) -> Option<Cause> {
        Some(match text {
            "connect" => Self::Connect,
            "refused" => Self::Refused,
            "timeout" => Self::Timeout,
            "reset" => Self::Reset,
            "4xx" => Self::StatusClass(4),
            "5xx" => Self::StatusClass(5),
            _ if text.len() != 3 => return None,
            _ => Self::Status(text.parse().ok().filter(|n| (100..600).contains(n))?),
        })
    }

    /// Whether a list of causes that holds `self` covers `other`.
    pub const fn covers(self, other: Cause) -> bool {
        match (self, other) {
            (Self::StatusClass(class), Self::Status(code)) => code / 100 == class as u16,
            (Self::Connect, Self::Connect)
            | (Self::Refused, Self::Refused)
            | (Self::Timeout, Self::Timeout)
            | (Self::Reset, Self::Reset) => true,
            (Self::Status(a), Self::Status(b)) => a == b,
            (Self::StatusClass(a), Self::StatusClass(b)) => a == b,
            _ => false,
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect => write!(f, "connect"),
            Self::Refused => write!(f, "refused"),
            Self::Timeout => write!(f, "timeout"),
            Self::Reset => write!(f, "reset"),
            Self::Status(code) => write!(f, "{code}"),
            Self::StatusClass(class) => write!(f, "{class}xx"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emits {
    pub cause: Cause,
    pub status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buffering {
    Never,
    Delays,
    WholeAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Headers {
    Early,
    WithFirstToken,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub side: Side,
    pub reuses: bool,
    pub timer: Option<Prose>,
    pub obeys_hint: bool,
    pub repeats_reset: Option<bool>,
    pub closes_silently: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub date: Prose,
    pub text: Prose,
}
