//! What a provider bills, as data: prompts that it knows from a call before, and calls whose caller has left.

use crate::duration::Dur;
use crate::syntax::decode::{Ctx, Decode, one_of};
use crate::syntax::fields::Fields;
use crate::syntax::{Kind, Node};
use std::fmt;

/// A figure that differs from model to model, or by what the request asks for: its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<T> {
    pub least: T,
    pub most: T,
}

impl<T: Ord> Between<T> {
    /// Both ranges in one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }
}

impl<T: Decode + PartialOrd + Copy> Decode for Between<T> {
    const WHAT: &'static str = T::WHAT;

    /// One figure, or a list of the least and the most.
    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let Kind::Seq(ends) = &node.kind else {
            return T::decode(node, ctx).map(|one| Self { least: one, most: one });
        };
        match ends.iter().map(|end| T::decode(end, ctx)).collect::<Option<Vec<T>>>()?.as_slice() {
            [least, most] if least <= most => Some(Self { least: *least, most: *most }),
            _ => {
                ctx.invalid(node, "a range is two values, the least and the most");
                None
            }
        }
    }
}

impl<T: fmt::Display + PartialEq> fmt::Display for Between<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most { self.least.fmt(f) } else { write!(f, "{} to {}", self.least, self.most) }
    }
}

/// A share of the price of an input token, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

impl Share {
    /// The price itself.
    pub const WHOLE: Share = Share(10_000);

    fn parse(text: &str) -> Option<Share> {
        let number = text.strip_suffix('%')?;
        let number = number.strip_suffix(' ').unwrap_or(number);
        let (whole, digits) = number.split_once('.').unwrap_or((number, "0"));
        let numeric = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !numeric(whole, 3) || !numeric(digits, 2) {
            return None;
        }
        let fine: u32 = format!("{digits:0<2}").parse().ok()?;
        Some(Share(whole.parse::<u32>().ok()? * 100 + fine))
    }
}

impl Decode for Share {
    const WHAT: &'static str = "a share such as 10% or 2.5%";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let share = node.as_str().and_then(Self::parse);
        if share.is_none() {
            ctx.expected(Self::WHAT, node);
        }
        share
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", f64::from(self.0) / 100.0)
    }
}

/// What makes a provider keep a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// Every request that is long enough.
    Automatic,
    /// The request asks for it.
    Asked,
    /// By itself, and more reliably where the request asks for it.
    Both,
}

impl CacheKind {
    pub const NAMES: [(&'static str, CacheKind); 3] =
        [("automatic", Self::Automatic), ("asked", Self::Asked), ("both", Self::Both)];
}

/// From when on another call can use what this one has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Once its answer has begun.
    FirstByte,
    /// Once its answer is complete.
    Answer,
}

impl Readable {
    pub const NAMES: [(&'static str, Readable); 2] = [("first-byte", Self::FirstByte), ("answer", Self::Answer)];
}

/// What a prompt costs whose beginning the provider has read before. What is absent is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptCache {
    pub kind: CacheKind,
    /// Of the input price, for tokens that are read from the cache.
    pub read: Option<Between<Share>>,
    /// Of the input price, for tokens that are written into it.
    pub write: Option<Between<Share>>,
    /// Shorter prompts are not kept.
    pub minimum: Option<Between<u64>>,
    /// How long it is kept after its last use.
    pub lifetime: Option<Between<Dur>>,
    pub readable: Option<Readable>,
}

impl PromptCache {
    /// What holds if nobody knows which of two rows holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        fn join<T: Ord>(a: Option<Between<T>>, b: Option<Between<T>>) -> Option<Between<T>> {
            Some(a?.or(b?))
        }
        Self {
            kind: if self.kind == other.kind { self.kind } else { CacheKind::Both },
            read: join(self.read, other.read),
            write: join(self.write, other.write),
            minimum: join(self.minimum, other.minimum),
            lifetime: join(self.lifetime, other.lifetime),
            readable: self.readable.filter(|readable| other.readable == Some(*readable)),
        }
    }
}

/// How much of a call is billed whose caller has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billed {
    Nothing,
    /// The input, and what was written until then.
    UntilThen,
    /// All of it: the model works on.
    Whole,
}

impl Billed {
    pub const NAMES: [(&'static str, Billed); 3] =
        [("nothing", Self::Nothing), ("until-then", Self::UntilThen), ("whole", Self::Whole)];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billing {
    /// For streams only, or for whole answers only; absent: both.
    pub streaming: Option<bool>,
    pub billed: Billed,
}

pub const MODES: [(&str, bool); 2] = [("streaming", true), ("buffered", false)];

pub(super) fn prompt_cache(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<PromptCache> {
    let kind = super::decode::required_word(f, ctx, "kind", "a kind of prompt caching", &CacheKind::NAMES);
    Some(PromptCache {
        read: f.optional("read", ctx),
        write: f.optional("write", ctx),
        minimum: f.optional("minimum", ctx),
        lifetime: f.optional("lifetime", ctx),
        readable: f.node("readable").and_then(|node| one_of(node, ctx, "a time", &Readable::NAMES)),
        kind: kind?,
    })
}

pub(super) fn billing(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Billing> {
    let streaming = f.node("mode").and_then(|node| one_of(node, ctx, "a mode", &MODES));
    let billed = super::decode::required_word(f, ctx, "value", "what is billed", &Billed::NAMES);
    Some(Billing { streaming, billed: billed? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_exactly() {
        for (text, share) in [
            ("10%", 1_000),
            ("2.5%", 250),
            ("3.34 %", 334),
            ("125%", 12_500),
            ("0%", 0),
            ("0.05%", 5),
            ("999.99%", 99_999),
        ] {
            assert_eq!(Share::parse(text), Some(Share(share)), "{text}");
        }
        for text in
            ["10", "%", ".5%", "1.234%", "-1%", "1e2%", "1000%", "10.%", "10  %", "ten%", "1.2.3%", "99999999999%"]
        {
            assert_eq!(Share::parse(text), None, "{text}");
        }
        assert_eq!(Share(250).to_string(), "2.5 %");
        assert_eq!(Between { least: Share(1_000), most: Share(5_000) }.to_string(), "10 % to 50 %");
    }
}
