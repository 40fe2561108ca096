//! What calls of a provider cost, in tokens: formulas in whole numbers, for findings and simulations alike.
//!
//! With T input tokens for one piece of work that is done n times: **n x T** without prompt caching. With it, the calls
//! that find nothing in the cache write it, at a share w of the input price, and the others read it, at a share r. If h
//! of the n calls can find what one before them has written, at best **T x ((n - h) x w + h x r)** with the least w and
//! r that the provider has, and where no call finds anything **T x n x w** with the most. Both are given in tokens at
//! the full input price, rounded up.

use crate::catalog::bill::{PromptCache, Share};
use crate::duration::Dur;
use crate::model::workload::Workload;

use super::hop::ResolvedHop;

/// The calls of a provider that one request of a user can become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// How often the provider is called in all.
    pub count: u64,
    /// How often the work is done, the first time included: as many as the calls unless a hop makes several for one
    /// piece of work.
    pub repeats: u64,
    /// There can be more, and nobody knows how many.
    pub at_least: bool,
}

/// What they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub calls: Calls,
    /// Tokens of the work done once, where the workload states them.
    pub input: Option<u64>,
    pub output: Option<u64>,
    /// What prompt caching changes. Absent: not known.
    pub caching: Option<Caching>,
}

/// What prompt caching changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// The prompt is shorter than any that is kept.
    TooShort {
        minimum: u64,
    },
    Possible(Cached),
}

/// The work done several times with prompt caching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cached {
    /// How often the prompt is written at best.
    pub writes: u64,
    /// How often it is read at best.
    pub reads: u64,
    /// Of the input price, at best.
    pub write: Share,
    pub read: Share,
    /// The most that writing costs: what each call pays that finds nothing.
    pub miss: Share,
}

impl Cached {
    /// How often the whole input is paid for at best, in hundredths of a percent.
    pub const fn best(&self) -> u64 {
        let writes = self.writes.saturating_mul(self.write.0 as u64);
        writes.saturating_add(self.reads.saturating_mul(self.read.0 as u64))
    }

    /// The same where no call finds anything.
    pub const fn worst(&self) -> u64 {
        self.writes.saturating_add(self.reads).saturating_mul(self.miss.0 as u64)
    }
}

impl Cost {
    /// Of `calls` to a provider. `starts` says when they start, in order, where that is known.
    pub fn of(provider: &ResolvedHop, workload: Option<&Workload>, calls: Calls, starts: Option<&[Dur]>) -> Cost {
        let input = workload.and_then(|workload| workload.input_tokens);
        let output = workload.and_then(|workload| workload.output_tokens);
        // What one of several calls for the same work brings with it, at most.
        let in_a_call = input.map(|input| input.div_ceil((calls.count / calls.repeats.max(1)).max(1)));
        let caching = cache_of(provider).and_then(|cache| caching(&cache, calls.repeats, in_a_call, starts));
        Cost { calls, input, output, caching }
    }

    /// Without prompt caching.
    pub fn input_tokens(&self) -> Option<u64> {
        self.input.map(|input| input.saturating_mul(self.calls.repeats))
    }

    pub fn output_tokens(&self) -> Option<u64> {
        self.output.map(|output| output.saturating_mul(self.calls.repeats))
    }
}

/// Tokens at the full price: a share in hundredths of a percent of some tokens, rounded up.
pub fn priced(tokens: u64, share: u64) -> u64 {
    let exact = (u128::from(tokens) * u128::from(share)).div_ceil(u128::from(Share::WHOLE.0));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// What is known of a provider's prompt cache in each of its cases.
fn cache_of(provider: &ResolvedHop) -> Option<PromptCache> {
    let mut caches = provider.cases.iter().map(|case| case.prompt_cache);
    let first = caches.next()??;
    caches.try_fold(first, |known, other| other.map(|other| known.or(other)))
}

/// What prompt caching changes where the same prompt is sent `repeats` times.
pub fn caching(cache: &PromptCache, repeats: u64, prompt: Option<u64>, starts: Option<&[Dur]>) -> Option<Caching> {
    let (read, again) = (cache.read?, repeats.checked_sub(1).filter(|again| *again > 0)?);
    if let (Some(minimum), Some(prompt)) = (cache.minimum, prompt)
        && prompt < minimum.least
    {
        return Some(Caching::TooShort { minimum: minimum.least });
    }
    let (least, most) = cache.write.map_or((Share::WHOLE, Share::WHOLE), |write| (write.least, write.most));
    let kept = cache.lifetime.map(|lifetime| lifetime.most);
    let reads = match (starts, kept) {
        (Some(starts), Some(kept)) if starts.len() as u64 == repeats => in_time(starts, kept),
        _ => again,
    };
    Some(Caching::Possible(Cached { writes: repeats - reads, reads, write: least, read: read.least, miss: most }))
}

/// How many calls start while the prompt of the one before is still kept.
fn in_time(starts: &[Dur], kept: Dur) -> u64 {
    starts.windows(2).filter(|pair| pair[1].minus(pair[0]) <= kept).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::bill::{Between, CacheKind};
    use proptest::prelude::*;

    fn one<T: Copy>(value: T) -> Between<T> {
        Between { least: value, most: value }
    }

    fn cache(read: u32, write: u32) -> PromptCache {
        PromptCache {
            kind: CacheKind::Automatic,
            read: Some(one(Share(read))),
            write: Some(one(Share(write))),
            minimum: Some(one(1024)),
            lifetime: Some(one(Dur::from_secs(300))),
            readable: None,
        }
    }

    fn cached(found: Option<Caching>) -> Cached {
        match found {
            Some(Caching::Possible(cached)) => cached,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn calls_after_the_lifetime_find_nothing() {
        let starts = |seconds: &[u64]| seconds.iter().map(|s| Dur::from_secs(*s)).collect::<Vec<_>>();
        for (seconds, reads) in [(&[0, 300, 600][..], 2), (&[0, 301, 602], 0), (&[0, 0, 400], 1)] {
            let found = cached(caching(&cache(1_000, 12_500), 3, None, Some(&starts(seconds))));
            assert_eq!((found.reads, found.writes), (reads, 3 - reads), "{seconds:?}");
        }
        // Known for some of the calls only, so none is ruled out.
        assert_eq!(cached(caching(&cache(1_000, 12_500), 9, None, Some(&starts(&[0, 900])))).reads, 8);
    }

    #[test]
    fn a_prompt_that_is_sent_once_or_too_short_or_at_an_unknown_price_saves_nothing() {
        assert_eq!(caching(&cache(1_000, 10_000), 1, Some(9_000), None), None);
        assert_eq!(caching(&cache(1_000, 10_000), 3, Some(1_023), None), Some(Caching::TooShort { minimum: 1_024 }));
        assert_eq!(caching(&PromptCache { read: None, ..cache(0, 0) }, 3, None, None), None);
    }

    #[test]
    fn tokens_are_rounded_up_and_do_not_overflow() {
        assert_eq!(priced(8_000, 12_500 + 8 * 1_000), 16_400);
        assert_eq!(priced(1, 1), 1);
        assert_eq!(priced(0, 20_000), 0);
        assert_eq!(priced(u64::MAX, u64::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn more_repeats_cost_more_and_a_cache_that_works_no_more_than_one_that_does_not(
            repeats in 2..u64::MAX, more in 0..u64::MAX, read in 0..20_000u32, write in 10_000..20_000u32, tokens in any::<u64>(),
        ) {
            let of = |repeats| cached(caching(&cache(read, write), repeats, None, None));
            let (less, more) = (of(repeats), of(repeats.saturating_add(more)));
            prop_assert!(less.best() <= more.best() && less.worst() <= more.worst());
            prop_assert!(priced(tokens, less.best()) <= priced(tokens, more.best()));
            if read <= write {
                prop_assert!(less.best() <= less.worst());
            }
            prop_assert!(priced(tokens, less.worst()) <= priced(tokens.saturating_add(1), less.worst()));
        }
    }
}
