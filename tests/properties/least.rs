//! Chains of plain timers in the order that is asked for, worked out without the solver.
//!
//! All values are whole milliseconds, so every margin is exact.

use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Clone, Copy, Debug)]
enum Margin {
    /// Nothing stated: 1 s or 5 % of the inner value, whichever is more.
    Default,
    Millis(u64),
    Percent(u64),
    /// In tenths.
    Ratio(u64),
}

#[derive(Clone, Debug)]
pub struct Puzzle {
    inward: bool,
    margin: Margin,
    /// The lowest value of the chain.
    start: u64,
    /// Attempts of each hop, and the wait before each repetition.
    attempts: Vec<(u64, u64)>,
}

pub fn puzzle() -> impl Strategy<Value = Puzzle> {
    let margin = prop_oneof![
        Just(Margin::Default),
        (0..20_000u64).prop_map(Margin::Millis),
        (0..60u64).prop_map(Margin::Percent),
        (10..40u64).prop_map(Margin::Ratio),
    ];
    let attempts = prop_oneof![3 => Just((1, 0)), 1 => (2..4u64, 0..3_000u64)];
    let hops = prop::collection::vec(attempts, 2..7);
    (any::<bool>(), margin, 1..120_000u64, hops).prop_map(|(inward, margin, start, attempts)| Puzzle {
        inward,
        margin,
        start,
        attempts,
    })
}

impl Puzzle {
    pub fn hops(&self) -> usize {
        self.attempts.len()
    }

    /// When a hop set to `at` answers its caller.
    fn answer(&self, hop: usize, at: u64) -> u64 {
        let (attempts, wait) = self.attempts[hop];
        attempts * at + (attempts - 1) * wait
    }

    /// Whether the lower value keeps the margin to the upper one; percents are of the inner of the two.
    fn apart(&self, lower: u64, upper: u64) -> bool {
        let inner = if self.inward { upper } else { lower };
        let percent = |p: u64| lower * 100 + inner * p <= upper * 100;
        match self.margin {
            Margin::Default => lower + 1_000 <= upper && percent(5),
            Margin::Millis(margin) => lower + margin <= upper,
            Margin::Percent(p) => percent(p),
            Margin::Ratio(tenths) => lower * tenths <= upper * 10,
        }
    }

    /// Whether two neighbours stand as the order asks.
    fn agree(&self, outer: usize, values: &[u64]) -> bool {
        let (own, inside) = (values[outer], self.answer(outer + 1, values[outer + 1]));
        let (lower, upper) = if self.inward { (own, inside) } else { (inside, own) };
        // Equal values race, whatever the margin.
        lower < upper && self.apart(lower, upper)
    }

    /// The least values that agree, from the lowest end of the chain to the highest.
    pub fn least(&self) -> Vec<u64> {
        let mut values = vec![0; self.hops()];
        let last = self.hops() - 1;
        let order: Vec<usize> = if self.inward { (0..=last).collect() } else { (0..=last).rev().collect() };
        values[order[0]] = self.start;
        for pair in order.windows(2) {
            let (known, next) = (pair[0], pair[1]);
            values[next] = self.least_of(next, known.min(next), &values);
        }
        values
    }

    fn least_of(&self, hop: usize, outer: usize, values: &[u64]) -> u64 {
        let holds = |at: u64| {
            let mut values = values.to_vec();
            values[hop] = at;
            self.agree(outer, &values)
        };
        let (mut low, mut high) = (0, 1);
        while !holds(high) {
            (low, high) = (high, high * 2);
        }
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if holds(middle) { high = middle } else { low = middle }
        }
        high
    }

    /// Puts one hop on the wrong side of a neighbour: its place, and the names of the pair in sorted order.
    pub fn spoil(&self, values: &mut [u64], place: Index) -> (usize, String, String) {
        let outer = place.index(self.hops() - 1);
        let inner = outer + 1;
        let hop = if self.inward {
            // At least one attempt at or below the outer value: the answer comes no later.
            let (attempts, wait) = self.attempts[inner];
            let room = values[outer].saturating_sub((attempts - 1) * wait) / attempts;
            if room == 0 {
                values[outer] = self.answer(inner, values[inner]);
                outer
            } else {
                values[inner] = room;
                inner
            }
        } else {
            values[outer] = self.answer(inner, values[inner]);
            outer
        };
        (hop, name(outer), name(inner))
    }

    /// Takes a millisecond off a hop that stands at its least value, if the two are still apart then.
    pub fn shorten(&self, values: &mut [u64], place: Index) -> bool {
        let outer = place.index(self.hops() - 1);
        let hop = if self.inward { outer + 1 } else { outer };
        values[hop] -= 1;
        let (own, inside) = (values[outer], self.answer(outer + 1, values[outer + 1]));
        let (lower, upper) = if self.inward { (own, inside) } else { (inside, own) };
        values[hop] > 0 && lower < upper && !self.apart(lower, upper)
    }

    pub fn text(&self, values: &[u64]) -> String {
        let order = if self.inward { "inward" } else { "outward" };
        let mut out = format!("version: 1\norder: {order}\n");
        match self.margin {
            Margin::Default => {}
            Margin::Millis(ms) => out += &format!("margin: {ms}ms\n"),
            Margin::Percent(p) => out += &format!("margin: {p}%\n"),
            Margin::Ratio(tenths) => out += &format!("margin: {{ratio: {}.{}}}\n", tenths / 10, tenths % 10),
        }
        out += "hops:\n";
        for (i, (at, (attempts, wait))) in values.iter().zip(&self.attempts).enumerate() {
            out += &format!("  - name: {}\n    platform: custom\n    timeouts: {{total: {at}ms}}\n", name(i));
            if *attempts > 1 {
                out += &format!("    retries: {{attempts: {attempts}, backoff: [{wait}ms], on: [timeout]}}\n");
            }
        }
        out
    }
}

fn name(hop: usize) -> String {
    format!("hop-{hop}")
}
