//! Values that a person would write: round where that costs little, always on the grid and inside the bounds.

use crate::duration::Dur;

/// Roundest first, in milliseconds.
const STEPS: [u64; 19] = [
    3_600_000, 1_800_000, 900_000, 600_000, 300_000, 60_000, 30_000, 10_000, 5_000, 1_000, 500, 250, 100, 50, 25, 10,
    5, 2, 1,
];
const FINE: &[u64] = STEPS.split_at(9).1;

/// A value from `least` upwards: the roundest that is at most an eighth longer.
pub fn up(least: Dur, most: Dur, grid: Dur) -> Dur {
    up_in(&STEPS, least, most, grid)
}

/// A value from `most` downwards: the roundest that is at most an eighth shorter.
pub fn down(most: Dur, least: Dur, grid: Dur) -> Dur {
    down_in(&STEPS, most, least, grid)
}

/// The least value, in whole seconds where it has many.
pub fn just_above(least: Dur, most: Dur, grid: Dur) -> Dur {
    up_in(FINE, least, most, grid)
}

/// The greatest value, in whole seconds where it has many.
pub fn just_below(most: Dur, least: Dur, grid: Dur) -> Dur {
    down_in(FINE, most, least, grid)
}

fn up_in(steps: &[u64], least: Dur, most: Dur, grid: Dur) -> Dur {
    let near = |at: Dur| at.minus(least).times(8) <= least;
    let fits = |at: &Dur| *at >= least && *at <= most && at.is_on(grid) && near(*at);
    steps.iter().map(|ms| least.ceil_to(Dur::from_millis(*ms))).find(fits).unwrap_or_else(|| least.ceil_to(grid))
}

fn down_in(steps: &[u64], most: Dur, least: Dur, grid: Dur) -> Dur {
    let near = |at: Dur| most.minus(at).times(8) <= most;
    let fits = |at: &Dur| *at >= least && !at.is_zero() && at.is_on(grid) && near(*at);
    steps.iter().map(|ms| most.floor_to(Dur::from_millis(*ms))).find(fits).unwrap_or_else(|| most.floor_to(grid))
}

/// The value nearest to `wanted` that a person would write, inside the bounds.
pub fn near(wanted: Dur, least: Dur, most: Dur, grid: Dur) -> Dur {
    if wanted <= least { up(least, most, grid) } else { down(wanted.min(most), least, grid) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounds_as_a_person_would() {
        let (s, ms) = (Dur::from_secs(1), Dur::from_millis(1));
        let up = |at: u64| up(Dur::from_millis(at), Dur::MAX, ms).to_string();
        assert_eq!(
            [up(126_316), up(63_158), up(601_000), up(1_234), up(31_579)],
            ["130s", "70s", "660s", "1.25s", "35s"]
        );
        let down = |at: u64| down(Dur::from_millis(at), Dur::ZERO, s).to_string();
        assert_eq!([down(28_000), down(593_750), down(57_000)], ["25s", "540s", "50s"]);
    }

    proptest! {
        #[test]
        fn stays_inside_and_on_the_grid(least in 1..9_000u64, room in 0..9_000u64, grid in 1..60u64, wanted in 0..20_000u64) {
            let grid = Dur::from_millis(grid);
            let (least, most) = (Dur::from_millis(least).ceil_to(grid), Dur::from_millis(least + room).floor_to(grid));
            prop_assume!(least <= most);
            let at = near(Dur::from_millis(wanted), least, most, grid);
            prop_assert!(at >= least && at <= most && at.is_on(grid), "{at} in {least}..{most}");
        }
    }
}
