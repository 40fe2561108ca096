//! How long requests take: always the same, log-normal, or as measured. Seeded, so that a run can be repeated.

use crate::duration::Dur;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;
use std::sync::Arc;

/// The quantile of the standard normal distribution at 0.99: what divides p99 and p50 of a logarithm
/// (<https://www.itl.nist.gov/div898/handbook/eda/section3/eda3671.htm>).
const Z99: f64 = 2.326_347_874_040_841;

/// Where durations come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Draw {
    Always(Dur),
    /// The logarithm is normal: half of all are below `p50`, one in a hundred is above `p99`.
    LogNormal {
        p50: Dur,
        p99: Dur,
    },
    /// One of these, each as likely as the others; never empty.
    Samples(Arc<[Dur]>),
}

impl Draw {
    pub fn sample(&self, dice: &mut Dice) -> Dur {
        match self {
            Self::Always(dur) => *dur,
            Self::LogNormal { p50, p99 } => log_normal(*p50, *p99, StandardNormal.sample(&mut dice.0)),
            Self::Samples(samples) => samples[dice.below(samples.len())],
        }
    }
}

/// `p50 * (p99 / p50) ^ (z / z99)`, to the microsecond: the last bits of a power differ between machines.
fn log_normal(p50: Dur, p99: Dur, z: f64) -> Dur {
    let (median, tail) = (p50.as_secs_f64(), p99.as_secs_f64());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
    let micros = (median * (tail / median).powf(z / Z99) * 1e6).round() as u64;
    Dur::from_nanos(micros.saturating_mul(1_000))
}

/// Chance with a seed. Each request has dice of its own: it comes out the same however many run beside it, and in
/// whatever order.
pub struct Dice(Pcg64Mcg);

impl Dice {
    pub fn new(seed: u64, request: u64) -> Self {
        Self(Pcg64Mcg::new(u128::from(mixed(seed)) << 64 | u128::from(mixed(request ^ seed.rotate_left(32)))))
    }

    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Below `n`, which is not 0; the bias is below n / 2^64.
    pub fn below(&mut self, n: usize) -> usize {
        let scaled = (u128::from(self.number()) * n as u128) >> 64;
        usize::try_from(scaled).unwrap_or_default()
    }

    pub fn one_in_a_million(&mut self, times: u32) -> bool {
        times > 0 && self.below(1_000_000) < times as usize
    }
}

/// Neighbouring numbers lead far apart (`SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>).
const fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(draw: &Draw) -> Vec<Dur> {
        let mut all: Vec<Dur> = (0..100_000).map(|i| draw.sample(&mut Dice::new(7, i))).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_log_normal_has_the_quantiles_that_it_was_given() {
        let all = drawn(&Draw::LogNormal { p50: Dur::from_secs(8), p99: Dur::from_secs(60) });
        let close = |at: usize, secs: f64| (all[at].as_secs_f64() / secs - 1.0).abs() < 0.03;
        assert!(close(50_000, 8.0), "{}", all[50_000]);
        assert!(close(99_000, 60.0), "{}", all[99_000]);
        // Below the median it mirrors: p1 = p50^2 / p99.
        assert!(close(1_000, 64.0 / 60.0), "{}", all[1_000]);
    }

    #[test]
    fn samples_come_equally_often() {
        let samples: Vec<Dur> = (1..=4).map(Dur::from_secs).collect();
        let all = drawn(&Draw::Samples(samples.into()));
        for n in 1..=4 {
            let often = all.iter().filter(|d| **d == Dur::from_secs(n)).count();
            assert!((24_000..26_000).contains(&often), "{n}: {often}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let number = |seed, request| Dice::new(seed, request).number();
        assert_eq!(number(1, 5), number(1, 5));
        assert_ne!(number(1, 5), number(2, 5));
        assert_ne!(number(1, 5), number(1, 6));
    }

    #[test]
    fn shares_come_as_often_as_they_say() {
        let often = (0..100_000).filter(|i| Dice::new(3, *i).one_in_a_million(20_000)).count();
        assert!((1_800..2_200).contains(&often), "{often}");
        assert!(!(0..1_000).any(|i| Dice::new(3, i).one_in_a_million(0)));
    }
}
