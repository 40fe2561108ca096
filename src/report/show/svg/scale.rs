//! The axis of time: from zero, and so that half a second stays readable beside an hour.

/// A point in time has a place on the axis; near zero it grows evenly, far out by factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub left: f64,
    pub right: f64,
    /// Seconds up to which it grows about evenly.
    pub knee: f64,
    /// Seconds at the right end.
    pub longest: f64,
}

/// Seconds that people count in, with their names.
const ROUND: [(f64, &str); 26] = [
    (0.001, "1ms"),
    (0.01, "10ms"),
    (0.1, "100ms"),
    (0.5, "0.5s"),
    (1.0, "1s"),
    (2.0, "2s"),
    (5.0, "5s"),
    (10.0, "10s"),
    (20.0, "20s"),
    (30.0, "30s"),
    (60.0, "1m"),
    (120.0, "2m"),
    (180.0, "3m"),
    (300.0, "5m"),
    (600.0, "10m"),
    (900.0, "15m"),
    (1_800.0, "30m"),
    (3_600.0, "1h"),
    (7_200.0, "2h"),
    (14_400.0, "4h"),
    (28_800.0, "8h"),
    (86_400.0, "1d"),
    (604_800.0, "7d"),
    (2_592_000.0, "30d"),
    (31_536_000.0, "1y"),
    (315_360_000.0, "10y"),
];

/// So many times as long as the next shorter one is off the page.
const BROKEN: f64 = 60.0;

impl Scale {
    /// The axis for these times, in seconds.
    pub fn new(times: impl Iterator<Item = f64>, left: f64, right: f64) -> Self {
        let mut times: Vec<f64> = times.filter(|time| *time > 0.0).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        // A time far beyond all others would press them together: it is drawn as a broken bar.
        while let [.., before, last] = times[..] {
            if last <= before * BROKEN {
                break;
            }
            times.pop();
        }
        let (shortest, longest) = (times.first().copied().unwrap_or(60.0), times.last().copied().unwrap_or(60.0));
        // A knee far below the longest time would give all the room to what nobody waits for.
        Self { left, right, knee: shortest.max(longest / 50_000.0), longest }
    }

    /// Whether a time lies beyond the axis.
    pub fn is_beyond(&self, seconds: f64) -> bool {
        seconds > self.longest
    }

    pub fn x(&self, seconds: f64) -> f64 {
        let place = (seconds.clamp(0.0, self.longest) / self.knee).ln_1p() / (self.longest / self.knee).ln_1p();
        self.left + place * (self.right - self.left)
    }

    /// Ticks with room for their names between them.
    pub fn ticks(&self, room: f64) -> Vec<(f64, &'static str)> {
        let mut ticks = vec![(self.left, "0")];
        for (seconds, name) in ROUND {
            let x = self.x(seconds);
            if seconds <= self.longest && x - ticks[ticks.len() - 1].0 >= room {
                ticks.push((x, name));
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_second_is_readable_beside_an_hour() {
        let scale = Scale::new([0.5, 30.0, 600.0, 3600.0].into_iter(), 0.0, 700.0);
        assert!(scale.x(0.5) > 40.0 && scale.x(3600.0) > 699.0, "{}", scale.x(0.5));
        let ticks = scale.ticks(40.0);
        assert!(ticks.len() > 8 && ticks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 40.0), "{ticks:?}");
    }

    #[test]
    fn a_time_far_beyond_the_others_leaves_them_their_room() {
        let scale = Scale::new([30.0, 600.0, 2_147_483_647.0].into_iter(), 0.0, 700.0);
        assert!(scale.is_beyond(2_147_483_647.0) && !scale.is_beyond(600.0));
        assert!((scale.x(2_147_483_647.0) - 700.0).abs() < 0.1);
    }

    #[test]
    fn later_is_further_right() {
        for times in [vec![], vec![29.0], vec![0.001, 0.05, 1.0, 50.0], vec![60.0, 60.0]] {
            let scale = Scale::new(times.into_iter(), 10.0, 90.0);
            let places: Vec<f64> = (0..200).map(|n| scale.x(f64::from(n) * scale.longest / 200.0)).collect();
            assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
            assert!(places.iter().all(|x| (10.0..=90.0).contains(x)), "{places:?}");
        }
    }
}
