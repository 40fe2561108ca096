//! The embedded platforms as bytes that need no reading of TOML, no look-up of keys and no checks: each field in the
//! order of its type. `build.rs` writes them with this module, through the decoder that also reads a user's own files,
//! and the program reads them back: the one-shot check of a chain has no time for more.
//!
//! There is one form, that of this very build, so nothing says which.

use super::facet::{Comparison, Cond, Facet, FacetKind, When};
use super::{
    Backoff, Buffering, Cause, Confidence, Connection, Default, DefaultValue, Emits, Enforced, Expiry, Fact, Guard,
    Headers, History, Max, OnExpiry, Phase, Platform, Retries, Role, Row, Scope, Setting, Side, Timer, TimerLimit,
    Unit, Unlimited, Zero,
};
use crate::duration::Dur;
use std::borrow::Cow;

/// A value with a packed form. Reading gives `None` only for bytes that [`Packed::pack`] did not write.
pub trait Packed: Sized {
    fn pack(&self, out: &mut Vec<u8>);
    fn unpack(bytes: &mut &'static [u8]) -> Option<Self>;
}

/// Structs, by their fields. One that is missing here does not compile.
macro_rules! fields {
    ($($type:ident $(<$generic:ident>)? { $($field:ident),+ $(,)? })+) => {
        $(impl $(<$generic: Packed>)? Packed for $type $(<$generic>)? {
            fn pack(&self, out: &mut Vec<u8>) {
                let $type { $($field),+ } = self;
                $($field.pack(out);)+
            }

            fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
                Some(Self { $($field: Packed::unpack(bytes)?),+ })
            }
        })+
    };
}

/// Enums, by a letter for each variant. One that is missing here does not compile.
macro_rules! variants {
    ($($type:ident { $($tag:literal $variant:ident $(($value:ident))? $({$($field:ident),+})?),+ $(,)? })+) => {
        $(impl Packed for $type {
            fn pack(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($value))? $({$($field),+})? => {
                        out.push($tag);
                        $($value.pack(out);)?
                        $($($field.pack(out);)+)?
                    })+
                }
            }

            fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
                match u8::unpack(bytes)? {
                    $($tag => {
                        $(let $value = Packed::unpack(bytes)?;)?
                        $($(let $field = Packed::unpack(bytes)?;)+)?
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
        id, name, vendor, role, aliases, summary, docs, versions, shorthand, shorthand_native, traps, ways_out, facets,
        timers, retries, emits, buffering, streaming, headers, cancellation, connection, heartbeat, history,
    }
    Timer {
        id, native, native_also, summary, phases, side, scope, guards, expiry, knob, settable, unit, grid, zero,
        unlimited, late, upload_total, by_age, on_expiry, when, defaults, limits, fact,
    }
    OnExpiry { status, body, exception, log, after_headers, retried }
    Default { when, value, fact }
    TimerLimit { when, min, max, enforced, raise, raised_by, fact }
    Row<T> { when, value, fact }
    Fact { source, checked, date, how, note }
    Retries {
        attempts, connect_attempts, endpoints, on, idempotent_only, backoff, obeys_retry_after, retry_after_cap,
        deadline, window, trailing_sleep, settable, native, native_counts_retries,
    }
    Emits { cause, status }
    Connection { side, reuses, timer, obeys_hint, repeats_reset, closes_silently }
    History { date, text }
    Facet { id, summary, kind, default }
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
        b's' Seconds, b'm' Millis, b'u' Micros, b'i' Minutes, b't' Text, b'g' Go, b'8' Iso8601, b'n' None,
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
    Buffering { b'n' Never, b'd' Delays, b'w' WholeAnswer }
    Headers { b'e' Early, b't' WithFirstToken }
    FacetKind { b'c' Choice(values), b'v' Version }
    Cond { b'o' OneOf(values), b'v' Version(clauses) }
    Comparison { b'<' Less, b'l' LessOrEqual, b'=' Equal, b'g' GreaterOrEqual, b'>' Greater }
}

impl Packed for When {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        Packed::unpack(bytes).map(Self)
    }
}

impl Packed for u8 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        Some(*first)
    }
}

/// Seven bits to a byte, the lowest first, the eighth where more follow: most numbers here are small.
impl Packed for u64 {
    fn pack(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
            rest >>= 7;
        }
        out.push(u8::try_from(rest).unwrap_or_default());
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = u8::unpack(bytes)?;
            value |= Self::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

impl Packed for u32 {
    fn pack(&self, out: &mut Vec<u8>) {
        u64::from(*self).pack(out);
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        u64::unpack(bytes)?.try_into().ok()
    }
}

impl Packed for u16 {
    fn pack(&self, out: &mut Vec<u8>) {
        u64::from(*self).pack(out);
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        u64::unpack(bytes)?.try_into().ok()
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push((*self).into());
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        u8::unpack(bytes).map(|byte| byte != 0)
    }
}

impl Packed for Dur {
    fn pack(&self, out: &mut Vec<u8>) {
        self.as_nanos().pack(out);
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        u64::unpack(bytes).map(Self::from_nanos)
    }
}

impl Packed for Cow<'static, str> {
    fn pack(&self, out: &mut Vec<u8>) {
        (self.len() as u64).pack(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        let size = u64::unpack(bytes)?;
        let (text, rest) = bytes.split_at_checked(usize::try_from(size).ok()?)?;
        *bytes = rest;
        std::str::from_utf8(text).ok().map(Cow::Borrowed)
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Vec<u8>) {
        (self.len() as u64).pack(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        Cow::unpack(bytes).map(Cow::into_owned)
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(self.is_some().into());
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        if bool::unpack(bytes)? { T::unpack(bytes).map(Some) } else { Some(None) }
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        (self.len() as u64).pack(out);
        for value in self {
            value.pack(out);
        }
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        let count = usize::try_from(u64::unpack(bytes)?).ok()?;
        // A value takes a byte at least, so what is not there is not made room for.
        let mut values = Self::with_capacity(count.min(bytes.len()));
        for _ in 0..count {
            values.push(T::unpack(bytes)?);
        }
        Some(values)
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(bytes: &mut &'static [u8]) -> Option<Self> {
        Some((A::unpack(bytes)?, B::unpack(bytes)?))
    }
}
