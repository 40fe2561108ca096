//! Logs made by a seeded generator: cliffs that are there are found, and none that are not.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "made-up times"
)]

use super::*;
use crate::diagnose::facts::{PAUSES, Pattern};
use crate::diagnose::log::clock::Time;
use proptest::prelude::*;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Log-normal with this median and spread.
    fn seconds(&mut self, median: f64, spread: f64) -> f64 {
        let normal: f64 = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        median * (normal * spread).exp()
    }
}

fn add(tally: &mut Tally, status: u16, seconds: f64, at: i64) {
    let duration = Some(Dur::from_nanos((seconds * 1e9) as u64));
    let ended = Some(Time { millis: at, zone: 0 });
    tally.add(&Record { status: Some(status), duration, ended, ..Record::default() });
}

/// `count` ordinary answers; those that would take longer than `limit` end there with 504, a little late.
fn cut(count: u64, median: f64, spread: f64, limit: f64, seed: u64) -> Tally {
    let (mut random, mut tally) = (Random(seed | 1), Tally::default());
    for i in 0..count {
        let takes = random.seconds(median, spread);
        let late = random.unit() * 0.02;
        let at = i64::try_from(i).unwrap() * 1000;
        if takes >= limit { add(&mut tally, 504, limit + late, at) } else { add(&mut tally, 200, takes, at) }
    }
    tally
}

fn at(cliffs: &[Cliff]) -> Vec<(u16, f64)> {
    cliffs.iter().map(|cliff| (cliff.status.unwrap(), (cliff.from.as_secs_f64() * 10.0).round() / 10.0)).collect()
}

#[test]
fn a_timer_is_found_in_a_short_and_in_a_long_log() {
    for (count, seed) in [(30, 5), (1_000, 6), (100_000, 7)] {
        let tally = cut(count, 12.0, 1.0, 29.0, seed);
        let cliffs = tally.cliffs();
        assert_eq!(at(&cliffs), [(504, 29.0)], "{count} requests");
        assert!(cliffs[0].to <= Dur::from_millis(29_020));
        assert_eq!(cliffs[0].facts.count, tally.groups.iter().find(|g| g.status == Some(504)).unwrap().facts.count);
    }
}

#[test]
fn several_cliffs_are_told_apart() {
    let (mut random, mut tally) = (Random(77), Tally::default());
    for i in 0..3_000 {
        add(&mut tally, 200, random.seconds(3.0, 1.2), i * 500);
        let (status, seconds) = match i % 30 {
            0 => (504, 60.0),
            1 => (504, 61.5),
            2 => (502, 30.0),
            3 => (504, 120.0),
            4 => (499, 45.0),
            _ => continue,
        };
        add(&mut tally, status, seconds + random.unit() * 0.01, i * 500);
    }
    let mut found = at(&tally.cliffs());
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(found, [(499, 45.0), (502, 30.0), (504, 60.0), (504, 61.5), (504, 120.0)]);
}

#[test]
fn cut_streams_stand_out_among_whole_ones() {
    let (mut random, mut tally) = (Random(9), Tally::default());
    for i in 0..5_000 {
        let takes = random.seconds(20.0, 0.8);
        add(&mut tally, 200, takes.min(100.0 + random.unit() * 0.05), i);
    }
    assert_eq!(at(&tally.cliffs()), [(200, 100.0)]);
}

#[test]
fn a_log_of_whole_seconds_has_no_cliff_at_each_of_them() {
    let (mut random, mut tally) = (Random(10), Tally::default());
    for i in 0..20_000 {
        add(&mut tally, 200, random.seconds(8.0, 0.9).floor(), i);
    }
    assert!(tally.cliffs().is_empty(), "{:?}", at(&tally.cliffs()));
    for i in 0..60 {
        add(&mut tally, 504, 60.0, i);
    }
    assert_eq!(at(&tally.cliffs()), [(504, 60.0)]);
}

#[test]
fn hours_pauses_and_long_requests_are_seen() {
    let (mut random, mut tally) = (Random(11), Tally::default());
    for i in 0..2_880 {
        let at = i * 60_000;
        add(&mut tally, 200, random.seconds(0.5, 0.4), at);
        if (14..16).contains(&Time { millis: at, zone: 0 }.hour()) && i % 6 == 0 {
            add(&mut tally, 504, 60.0, at);
        }
    }
    let cliffs = tally.cliffs();
    let count = cliffs[0].facts.count;
    assert_eq!(cliffs[0].facts.pattern(&tally.all), Some(Pattern::Hours { from: 14, to: 16, count }));

    let mut tally = Tally::default();
    for i in 0..200 {
        for n in 0..20 {
            let status = if n == 0 { 502 } else { 200 };
            add(&mut tally, status, 0.002, i * 600_000 + n * 1000);
        }
    }
    let group = tally.groups().into_iter().find(|group| group.status == Some(502)).unwrap();
    assert!(matches!(group.facts.pattern(&tally.all), Some(Pattern::AfterPause { pause, .. }) if pause == PAUSES[2]));

    let mut tally = Tally::default();
    for i in 0..100 {
        let (status, seconds, received) = if i % 10 == 0 { (504, 29.0, 90_000) } else { (200, 2.0, 900) };
        let duration = Some(Dur::from_millis(seconds as u64 * 1000));
        tally.add(&Record { status: Some(status), duration, received: Some(received), ..Record::default() });
    }
    let cliffs = tally.cliffs();
    let pattern = cliffs.iter().find(|c| c.status == Some(504)).unwrap().facts.pattern(&tally.all);
    assert!(matches!(pattern, Some(Pattern::LongRequests { own: 90_000, .. })), "{pattern:?}");
}

#[test]
fn most_have_one_path_and_memory_has_an_end() {
    let mut tally = Tally::default();
    for i in 0..10_000_u32 {
        let path = if i % 3 == 0 { format!("/x/{i}") } else { "/v1/chat?key=1".to_owned() };
        let flags = format!("flag {i}");
        let status = Some(u16::try_from(i % 600).unwrap());
        let record = Record {
            status,
            duration: Some(Dur::from_secs(9)),
            path: path.into(),
            flags: flags.into(),
            ..Record::default()
        };
        tally.add(&record);
    }
    assert_eq!(tally.all.path(), Some("/v1/chat"));
    assert!(tally.groups.len() <= MOST_STATUSES + 1, "{}", tally.groups.len());
}

#[test]
fn cells_are_in_order_and_narrow() {
    let mut last = 0;
    for exponent in 0..630 {
        let took = Dur::from_nanos((1.07_f64.powi(exponent)).min(1e18) as u64);
        let cell = cell_of(took);
        assert!(cell >= last);
        last = cell;
    }
    for cell in 0..CELLS - 1 {
        let (start, next) = (start_of(cell), start_of(cell + 1));
        assert_eq!(cell_of(start), cell);
        let width = (next.as_nanos() - start.as_nanos()) as f64 / start.as_nanos() as f64;
        assert!(width <= 0.004, "{width}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ordinary_answers_have_no_cliff(seed in 1..u64::MAX, count in 20..4_000_u64, median in 0.05..60.0, spread in 0.3..1.6) {
        let tally = cut(count, median, spread, 1e9, seed);
        prop_assert!(tally.cliffs().is_empty(), "{:?}", at(&tally.cliffs()));
    }

    #[test]
    fn a_limit_that_cuts_some_is_found(seed in 1..u64::MAX, count in 60..3_000_u64, limit in 1.0..300.0_f64) {
        let tally = cut(count, limit / 2.0, 0.8, limit, seed);
        let hit = tally.groups().into_iter().find(|g| g.status == Some(504)).map_or(0, |g| g.facts.count);
        prop_assume!(hit >= 4);
        let cliffs = tally.cliffs();
        prop_assert_eq!(cliffs.len(), 1, "{:?}", at(&cliffs));
        let from = cliffs[0].from.as_secs_f64();
        prop_assert!(from >= limit - 0.001 && from <= limit * 1.02, "{} of {}", from, limit);
        prop_assert_eq!(cliffs[0].facts.count, hit);
    }
}
