//! Small files of chains whose every assignment can be tried: few knobs, few values, all in milliseconds. What is good
//! is worked out here, without the solver and without the linter.

use proptest::prelude::*;

/// The greatest value that stands in a file at first.
const VALUES: u64 = 5;

#[derive(Clone, Debug)]
pub struct Puzzle {
    order: &'static str,
    workload: Option<u64>,
    /// Hops by name: each has one or two knobs, in a row in `now`.
    hops: Vec<Hop>,
    /// Chains as lists of hops.
    chains: Vec<Vec<usize>>,
    /// The values of all knobs, in milliseconds.
    pub now: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Hop {
    pin: bool,
    max: Option<u64>,
    min: Option<u64>,
    attempts: u64,
    calls: u64,
    /// A second timer of the same wait.
    two: bool,
}

/// One hop that multiplies is enough, and keeps the values small.
pub fn puzzle() -> impl Strategy<Value = Puzzle> {
    wild().prop_map(|mut puzzle| {
        let mut seen = false;
        for hop in &mut puzzle.hops {
            if seen {
                (hop.attempts, hop.calls) = (1, 1);
            }
            seen |= hop.attempts * hop.calls > 1;
        }
        puzzle
    })
}

pub fn wild() -> impl Strategy<Value = Puzzle> {
    let hop = (
        prop::bool::weighted(0.15),
        prop::option::weighted(0.2, 1..=VALUES),
        prop::option::weighted(0.1, 1..=VALUES),
        prop_oneof![6 => Just(1u64), 1 => Just(2u64)],
        prop_oneof![9 => Just(1u64), 1 => Just(2u64)],
        prop::bool::weighted(0.08),
    );
    let hop = hop.prop_map(|(pin, max, min, attempts, calls, two)| Hop { pin, max, min, attempts, calls, two });
    let order = prop_oneof![3 => Just("inward"), 2 => Just("outward"), 1 => Just("unordered")];
    let shape = (1..=4usize).prop_flat_map(|n| {
        let one = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
        let some = (one, 1..=n).prop_map(|(mut hops, keep)| {
            hops.truncate(keep);
            hops
        });
        (Just(n), prop::collection::vec(some, 1..=2))
    });
    (
        order,
        prop::option::weighted(0.4, 1..4u64),
        shape,
        prop::collection::vec(hop, 4),
        prop::collection::vec(1..=VALUES, 8),
    )
        .prop_map(|(order, workload, (n, chains), hops, values)| {
            let hops: Vec<Hop> = hops.into_iter().take(n).collect();
            let knobs = hops.iter().map(|hop| 1 + usize::from(hop.two)).sum();
            Puzzle { order, workload, hops, chains, now: values.into_iter().take(knobs).collect() }
        })
}

impl Puzzle {
    pub fn text(&self, values: &[u64]) -> String {
        let mut out = format!("version: 1\norder: {}\nmargin: 1ms\n", self.order);
        if let Some(total) = self.workload {
            out += &format!("workload: {{total: {total}ms}}\n");
        }
        out += "shared:\n";
        let mut values = values.iter();
        let mut next = || values.next().copied().unwrap_or(1);
        for (i, hop) in self.hops.iter().enumerate() {
            out += &format!("  hop-{i}:\n    platform: custom\n    timeouts:\n      total: {}ms\n", next());
            if hop.two {
                out += &format!("      first-byte: {}ms\n", next());
            }
            if hop.pin {
                out += "    pin: true\n";
            }
            if hop.attempts > 1 {
                out += &format!("    retries: {{attempts: {}, on: [timeout]}}\n", hop.attempts);
            }
            if hop.calls > 1 {
                out += &format!("    calls: {}\n", hop.calls);
            }
            if hop.max.is_some() || hop.min.is_some() {
                let bound = |key: &str, at: Option<u64>| at.map(|at| format!("{key}: {at}ms, ")).unwrap_or_default();
                let (min, max) = (bound("min", hop.min), bound("max", hop.max));
                out += &format!("    limits: {{total: {{{min}{max}reason: agreed}}}}\n");
            }
        }
        out += "chains:\n";
        for (i, chain) in self.chains.iter().enumerate() {
            let hops: Vec<String> = chain.iter().map(|hop| format!("hop-{hop}")).collect();
            out += &format!("  chain-{i}: {{hops: [{}]}}\n", hops.join(", "));
        }
        out
    }

    /// Whether values agree with order, limits and work.
    pub fn good(&self, values: &[u64]) -> bool {
        let mut first = 0;
        let timers: Vec<&[u64]> = self
            .hops
            .iter()
            .map(|hop| {
                let own = &values[first..=first + usize::from(hop.two)];
                first += own.len();
                own
            })
            .collect();
        let limits = |hop: usize| {
            let (at, hop) = (timers[hop][0], &self.hops[hop]);
            hop.max.is_none_or(|max| at <= max) && hop.min.is_none_or(|min| at >= min)
        };
        let wait = |hop: usize| timers[hop].iter().copied().min().unwrap_or(0);
        let answer = |hop: usize| wait(hop) * self.hops[hop].attempts;
        self.chains.iter().all(|chain| {
            let ordered = chain.windows(2).all(|pair| {
                let (outer, inner) = (pair[0], pair[1]);
                let inside = answer(inner) * self.hops[outer].calls;
                let fixed = self.hops[outer].pin && self.hops[inner].pin;
                match self.order {
                    // Two values that nobody can change are a note.
                    _ if fixed => true,
                    "inward" => wait(outer) < inside,
                    "outward" => inside < wait(outer),
                    _ => true,
                }
            });
            let mut share = 1;
            let fits = chain.iter().all(|hop| {
                share *= self.hops[*hop].calls;
                self.workload.is_none_or(|total| wait(*hop) > total.div_ceil(share))
            });
            ordered && fits && chain.iter().all(|hop| limits(*hop))
        })
    }

    /// The least number of knobs to change so that the file is good, over all values; none where no values are.
    pub fn fewest(&self) -> Option<usize> {
        let used: Vec<bool> = (0..self.hops.len()).map(|hop| self.chains.iter().any(|c| c.contains(&hop))).collect();
        let mut free = Vec::new();
        for (i, hop) in self.hops.iter().enumerate() {
            let first = self.hops[..i].iter().map(|hop| 1 + usize::from(hop.two)).sum::<usize>();
            free.extend((first..=first + usize::from(hop.two)).filter(|_| used[i] && !hop.pin));
        }
        // Fewer changes first.
        let mut sets: Vec<u32> = (0..1u32 << free.len()).collect();
        sets.sort_by_key(|set| set.count_ones());
        sets.into_iter().find(|set| self.any(&free, *set)).map(u32::count_ones).map(|n| n as usize)
    }

    fn any(&self, free: &[usize], set: u32) -> bool {
        let moved: Vec<usize> = free.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, k)| *k).collect();
        let most = self.most();
        let mut values = self.now.clone();
        for k in &moved {
            values[*k] = 1;
        }
        loop {
            if self.good(&values) {
                return true;
            }
            // The next assignment of the moved ones.
            let Some(k) = moved.iter().find(|k| values[**k] < most) else { return false };
            let k = *k;
            for low in moved.iter().take_while(|low| **low != k) {
                values[*low] = 1;
            }
            values[k] += 1;
        }
    }

    /// A value beyond which nothing new can happen: from the greatest of now up the longest way.
    fn most(&self) -> u64 {
        let factor =
            if self.order == "outward" { self.hops.iter().map(|hop| hop.attempts * hop.calls).product() } else { 1 };
        (VALUES + 4) * factor
    }

    /// The lines of pinned hops.
    pub fn pinned<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let lines: Vec<&str> = text.lines().collect();
        let starts = self.hops.iter().enumerate().filter(|(_, hop)| hop.pin).map(|(i, _)| format!("  hop-{i}:"));
        starts
            .filter_map(|start| lines.iter().position(|line| *line == start))
            .flat_map(|at| lines[at..].iter().take(4).copied())
            .collect()
    }
}
