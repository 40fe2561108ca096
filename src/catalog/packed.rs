//! The embedded platforms in a form that needs no reading of TOML, no look-up of keys and no checks: each field in the
//! order of its type as bytes, and beside them all texts in one, each once. `build.rs` writes them with this module, through the decoder that also reads a user's own files,
//! and the program reads them back: the one-shot check of a chain has no time for more.
//!
//! There is one form, that of this very build, so nothing says which.

use super::bill::{Between, Billed, Billing, CacheKind, PromptCache, Readable, Share};
use super::facet::{Comparison, Cond, Facet, FacetKind, When};
use super::view::{TimerView, View, Views};
use super::{
    Backoff, BeyondCap, Buffering, Cause, Confidence, Connection, Default, DefaultValue, Emits, Enforced, Expiry,
    Guard, Headers, History, LogFlag, Max, OnExpiry, Phase, Platform, Retries, Role, Row, Says, Scope, Setting, Side,
    Signature, Timer, TimerLimit, Truncation, Unit, Unlimited, Words, Zero,
};
use crate::duration::Dur;
use std::borrow::Cow;
use std::collections::HashMap;

/// What is packed.
#[derive(Default)]
pub struct Packer {
    pub bytes: Vec<u8>,
    pub texts: String,
    /// Where each text stands.
    places: HashMap<String, usize>,
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    pub bytes: &'static [u8],
    /// Checked to be UTF-8 when the program was compiled, so that no run has to.
    pub texts: &'static str,
}

/// A value with a packed form. Reading gives `None` only for what [`Packed::pack`] did not write.
pub trait Packed: Sized {
    fn pack(&self, out: &mut Packer);
    fn unpack(from: &mut Packet) -> Option<Self>;
}

/// Structs, by their fields. One that is missing here does not compile.
macro_rules! fields {
    ($($type:ident $(<$generic:ident>)? { $($field:ident),+ $(,)? })+) => {
        $(impl $(<$generic: Packed>)? Packed for $type $(<$generic>)? {
            fn pack(&self, out: &mut Packer) {
                let $type { $($field),+ } = self;
                $($field.pack(out);)+
            }

            fn unpack(from: &mut Packet) -> Option<Self> {
                Some(Self { $($field: Packed::unpack(from)?),+ })
            }
        })+
    };
}

/// Enums, by a letter for each variant. One that is missing here does not compile.
macro_rules! variants {
    ($($type:ident { $($tag:literal $variant:ident $(($value:ident))? $({$($field:ident),+})?),+ $(,)? })+) => {
        $(impl Packed for $type {
            fn pack(&self, out: &mut Packer) {
                match self {
                    $(Self::$variant $(($value))? $({$($field),+})? => {
                        out.bytes.push($tag);
                        $($value.pack(out);)?
                        $($($field.pack(out);)+)?
                    })+
                }
            }

            fn unpack(from: &mut Packet) -> Option<Self> {
                match u8::unpack(from)? {
                    $($tag => {
                        $(let $value = Packed::unpack(from)?;)?
                        $($(let $field = Packed::unpack(from)?;)+)?
                        Some(Self::$variant $(($value))? $({$($field),+})?)
                    })+
                    _ => None,
                }
            }
        })+
    };
}

fields! {
    Platform {
        id, name, vendor, role, aliases, hosts, summary, docs, versions, shorthand, shorthand_native, traps, ways_out, facets,
        timers, retries, emits, buffering, streaming, headers, cancellation, connection, heartbeat, truncation,
        prompt_cache, billing, signatures, log_flags, history,
    }
    Timer {
        id, native, native_also, summary, phases, side, scope, guards, expiry, knob, settable, unit, grid, zero,
        unlimited, late, upload_total, by_age, at_next_write, lazy, any_body, on_expiry, confirm, when, defaults, limits, fact,
    }
    OnExpiry { status, body, exception, log, after_headers, retried }
    Default { when, value, fact }
    TimerLimit { when, min, max, numbers_only, enforced, raise, raised_by, fact }
    Row<T> { when, value, fact }
    Words { source, date, how, note }
    Retries {
        attempts, connect_attempts, endpoints, on, idempotent_only, backoff, obeys_retry_after, retry_after_cap, beyond_cap,
        deadline, window, refused_wait, refused_wait_timer, window_timer, trailing_sleep, settable, native, native_counts_retries,
    }
    Truncation { delay, passes_held }
    Emits { cause, status }
    Connection { side, reuses, timer, obeys_hint, repeats_reset, closes_silently }
    Signature { body, header, exception, statuses, timers, says }
    LogFlag { flag, timers, says, meaning }
    History { date, text }
    Between<T> { least, most }
    PromptCache { kind, read, write, minimum, lifetime, readable }
    Billing { streaming, billed }
    Facet { id, summary, kind, default }
    Views { all, worlds }
    View {
        timers, retries, buffering, streaming, headers, cancellation, heartbeat, truncation, upstream, downstream, prompt_cache,
        billing,
    }
    TimerView { live, default, limit }
}

variants! {
    Role {
        b'c' Client, b'd' Cdn, b'g' Gateway, b'b' LoadBalancer, b'4' L4, b'x' Proxy, b'a' AppServer, b'f' Function,
        b'r' Router, b'm' ModelServer, b'p' Provider,
    }
    Confidence {
        b'm' Memory, b's' Secondary, b'd' Documented, b'c' SourceCode, b'e' Measured, b'r' Required,
    }
    Phase {
        b'c' Connect, b's' Send, b'f' FirstByte, b'b' BetweenBytes, b't' Total, b'k' Keepalive, b'q' Queue,
        b'w' WriteStall, b'l' Lifecycle,
    }
    Side { b'u' Upstream, b'd' Downstream, b'b' Both }
    Scope { b'a' Attempt, b'c' Call }
    Guard { b'b' WaitBuffered, b's' WaitStreaming, b'g' Gap, b't' StreamTotal, b'u' Upload }
    Expiry { b'e' Error, b'c' Close, b'k' Kill }
    Unit {
        b's' Seconds, b'm' Millis, b'u' Micros, b'i' Minutes, b't' Text, b'g' Go, b'5' Gep2257, b'8' Iso8601,
        b'p' Protobuf, b'n' None,
    }
    Zero { b'i' Instant, b'n' None, b'u' Unset, b'r' Rejected, b'o' Off }
    Unlimited { b'w' Written(text), b'i' Impossible }
    DefaultValue { b'i' Is(setting), b'f' From(timer), b'u' Unknown }
    Setting { b'a' At(at), b'n' None, b'o' Off }
    Max { b'a' At(at), b'n' None }
    Enforced { b'r' Refused, b'c' Clipped, b'l' Ceiling, b'a' Advisory }
    Cause {
        b'c' Connect, b'r' Refused, b't' Timeout, b'x' Reset, b's' Status(status), b'l' StatusClass(class),
    }
    Backoff {
        b'n' None, b'l' List(list), b'e' Exponential { initial, factor_percent, max, jitter_percent },
    }
    BeyondCap { b'o' OwnWait, b'c' Capped, b'f' Fails }
    Buffering { b'n' Never, b'd' Delays, b'w' WholeAnswer }
    Headers { b'e' Early, b't' WithFirstToken }
    CacheKind { b'a' Automatic, b'q' Asked, b'b' Both }
    Readable { b'f' FirstByte, b'a' Answer }
    Billed { b'n' Nothing, b'u' UntilThen, b'w' Whole }
    Says {
        b't' Timeout, b'c' Connect, b'r' Refused, b'x' Reset, b'o' Overload, b'l' RateLimit, b'b' TooLarge,
        b'q' CallerLeft, b'k' Crash, b'd' Dns, b's' Tls,
    }
    FacetKind { b'c' Choice(values), b'v' Version }
    Cond { b'o' OneOf(values), b'v' Version(clauses) }
    Comparison { b'<' Less, b'l' LessOrEqual, b'=' Equal, b'g' GreaterOrEqual, b'>' Greater }
}

impl Packed for When {
    fn pack(&self, out: &mut Packer) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        Packed::unpack(from).map(Self)
    }
}

impl Packed for Share {
    fn pack(&self, out: &mut Packer) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        Packed::unpack(from).map(Self)
    }
}

impl Packed for u8 {
    fn pack(&self, out: &mut Packer) {
        out.bytes.push(*self);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        let (first, rest) = from.bytes.split_first()?;
        from.bytes = rest;
        Some(*first)
    }
}

/// Seven bits to a byte, the lowest first, the eighth where more follow: most numbers here are small.
impl Packed for u64 {
    fn pack(&self, out: &mut Packer) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.bytes.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
            rest >>= 7;
        }
        out.bytes.push(u8::try_from(rest).unwrap_or_default());
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        let (mut value, mut shift) = (0, 0);
        while shift < Self::BITS {
            let byte = u8::unpack(from)?;
            value |= Self::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
        None
    }
}

impl Packed for u32 {
    fn pack(&self, out: &mut Packer) {
        u64::from(*self).pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        u64::unpack(from)?.try_into().ok()
    }
}

impl Packed for u16 {
    fn pack(&self, out: &mut Packer) {
        u64::from(*self).pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        u64::unpack(from)?.try_into().ok()
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Packer) {
        out.bytes.push((*self).into());
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        u8::unpack(from).map(|byte| byte != 0)
    }
}

impl Packed for Dur {
    fn pack(&self, out: &mut Packer) {
        self.as_nanos().pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        u64::unpack(from).map(Self::from_nanos)
    }
}

impl Packed for usize {
    fn pack(&self, out: &mut Packer) {
        (*self as u64).pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        u64::unpack(from)?.try_into().ok()
    }
}

impl Packed for Cow<'static, str> {
    fn pack(&self, out: &mut Packer) {
        let end = out.texts.len();
        let place = *out.places.entry(self.to_string()).or_insert(end);
        if place == end {
            out.texts.push_str(self);
        }
        place.pack(out);
        self.len().pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        let (place, size) = (usize::unpack(from)?, usize::unpack(from)?);
        from.texts.get(place..place.checked_add(size)?).map(Cow::Borrowed)
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Packer) {
        Cow::<'static, str>::Owned(self.clone()).pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        Cow::unpack(from).map(Cow::into_owned)
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Packer) {
        out.bytes.push(self.is_some().into());
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        if bool::unpack(from)? { T::unpack(from).map(Some) } else { Some(None) }
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Packer) {
        self.len().pack(out);
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        let count = usize::unpack(from)?;
        // A value takes a byte at least, so what is not there is not made room for.
        let mut values = Self::with_capacity(count.min(from.bytes.len()));
        for _ in 0..count {
            values.push(T::unpack(from)?);
        }
        Some(values)
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Packer) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(from: &mut Packet) -> Option<Self> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}
