//! Cliffs: durations at which unusually many requests end. One pass over the records in constant memory.
//!
//! A timer that fires leaves many requests of one length, whatever the lengths of the others are. Durations are counted
//! in cells of equal ratio, separately for each status and flag; a cliff is a narrow window that holds far more than
//! the cells around it let one expect.

use super::facts::{Facts, clipped};
use super::log::Record;
use crate::duration::Dur;

/// Cells per doubling of the duration, as a power of two: a cell is 0.4 % wide at most.
const FINE: u32 = 8;
const PER_DOUBLING: usize = 1 << FINE;
/// Cells begin at 2^20 ns, about a millisecond; shorter times share the first.
const FIRST: u32 = 20;
/// Up to about three days.
const LAST: u32 = 48;
const CELLS: usize = (LAST - FIRST) as usize * PER_DOUBLING;
/// No timer that a user sets is shorter, and short answers crowd on the log's own grid.
const SHORTEST: Dur = Dur::from_millis(200);
/// Status and flags together; what comes later is counted under its status alone.
const MOST_GROUPS: usize = 48;
/// And what comes later still is counted without its status.
const MOST_STATUSES: usize = 96;
/// Requests of one status and flags.
#[derive(Clone, Debug)]
pub struct Group {
    /// 0 where nothing was sent; absent where the log does not tell.
    pub status: Option<u16>,
    pub flags: String,
    pub facts: Facts,
    cells: Cells,
}

/// Counts for each cell, and facts for those that may be part of a cliff.
#[derive(Clone, Debug, Default)]
struct Cells {
    counts: Vec<u32>,
    places: Vec<u32>,
    facts: Vec<Facts>,
}

impl Cells {
    fn add(&mut self, took: Dur, record: &Record<'_>, pause: Dur) {
        let cell = cell_of(took);
        if self.counts.is_empty() {
            (self.counts, self.places) = (vec![0; CELLS], vec![0; CELLS]);
        }
        self.counts[cell] = self.counts[cell].saturating_add(1);
        if took >= SHORTEST {
            if self.places[cell] == 0 {
                self.facts.push(Facts::default());
                self.places[cell] = u32::try_from(self.facts.len()).unwrap_or(u32::MAX);
            }
            self.facts[self.places[cell] as usize - 1].add(record, pause);
        }
    }

    fn facts(&self, cell: usize) -> Option<&Facts> {
        self.places.get(cell).filter(|place| **place > 0).map(|place| &self.facts[*place as usize - 1])
    }

    fn sum(&self, from: usize, to: usize) -> u64 {
        self.counts.get(from.min(CELLS)..to.min(CELLS)).map_or(0, |part| part.iter().map(|n| u64::from(*n)).sum())
    }
}

/// Cells grow with the duration, so that all have the same width in proportion.
fn cell_of(took: Dur) -> usize {
    let nanos = took.as_nanos();
    if nanos < 1 << FIRST {
        return 0;
    }
    let doubling = nanos.ilog2();
    if doubling >= LAST {
        return CELLS - 1;
    }
    let fine = usize::try_from(nanos >> (doubling - FINE)).unwrap_or_default() & (PER_DOUBLING - 1);
    (doubling - FIRST) as usize * PER_DOUBLING + fine
}

/// The shortest duration of a cell.
fn start_of(cell: usize) -> Dur {
    let doubling = u32::try_from(cell >> FINE).unwrap_or_default() + FIRST;
    let fine = (cell & (PER_DOUBLING - 1)) as u64;
    Dur::from_nanos((1 << doubling) + (fine << (doubling - FINE)))
}

/// Everything that is counted of a log.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub all: Facts,
    groups: Vec<Group>,
    /// The group of the last record: most have the one before's.
    recent: usize,
    /// When the last request so far was over.
    busy_until: Option<i64>,
    grid: Grid,
    /// Records whose duration is known.
    pub timed: u64,
    /// How many took at least as long as each of [`ROWS`] and less than the next.
    pub rows: [u64; ROWS.len()],
}

/// Bounds that people know.
pub const ROWS: [Dur; 20] = {
    const MILLIS: [u64; 20] = [
        0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        1_200_000, 1_800_000, 3_600_000,
    ];
    let (mut rows, mut i) = ([Dur::ZERO; 20], 0);
    while i < rows.len() {
        rows[i] = Dur::from_millis(MILLIS[i]);
        i += 1;
    }
    rows
};

/// The finest step of the durations in the log.
#[derive(Clone, Debug)]
struct Grid {
    /// How many durations were no whole number of each step.
    off: [u64; STEPS.len()],
}

const STEPS: [Dur; 4] = [Dur::from_secs(1), Dur::from_millis(100), Dur::from_millis(10), Dur::from_millis(1)];

impl Default for Grid {
    fn default() -> Self {
        Self { off: [0; STEPS.len()] }
    }
}

impl Grid {
    fn add(&mut self, took: Dur) {
        for (off, step) in self.off.iter_mut().zip(STEPS) {
            if took.is_on(step) {
                break;
            }
            *off += 1;
        }
    }

    /// The largest step that nearly all are on.
    fn step(&self, timed: u64) -> Dur {
        STEPS
            .iter()
            .zip(self.off)
            .find(|(_, off)| off.saturating_mul(1_000) <= timed)
            .map_or(Dur::ZERO, |(step, _)| *step)
    }
}

impl Tally {
    pub fn add(&mut self, record: &Record<'_>) {
        let pause = self.pause(record);
        self.all.add(record, pause);
        let group = self.group(record);
        self.recent = group;
        let group = &mut self.groups[group];
        group.facts.add(record, pause);
        if let Some(took) = record.duration {
            group.cells.add(took, record, pause);
            self.grid.add(took);
            self.rows[ROWS.partition_point(|row| *row <= took) - 1] += 1;
            self.timed += 1;
        }
    }

    /// How long the log was silent before this request came.
    fn pause(&mut self, record: &Record<'_>) -> Dur {
        let (Some(start), Some(end)) = (record.start(), record.end()) else { return Dur::ZERO };
        let silent = self.busy_until.map_or(0, |busy| start.millis.saturating_sub(busy));
        self.busy_until = self.busy_until.max(Some(end.millis));
        Dur::from_millis(u64::try_from(silent).unwrap_or_default())
    }

    fn group(&mut self, record: &Record<'_>) -> usize {
        let is = |group: &Group| group.status == record.status && group.flags == record.flags;
        if self.groups.get(self.recent).is_some_and(is) {
            return self.recent;
        }
        let find = |status, flags: &str| self.groups.iter().position(|g| g.status == status && g.flags == flags);
        let flags = clipped(&record.flags);
        let (status, flags) = match self.groups.len() {
            0..MOST_GROUPS => (record.status, flags),
            _ if find(record.status, flags).is_some() => (record.status, flags),
            MOST_GROUPS..MOST_STATUSES => (record.status, ""),
            _ if find(record.status, "").is_some() => (record.status, ""),
            _ => (None, ""),
        };
        find(status, flags).unwrap_or_else(|| {
            let (flags, facts, cells) = (flags.to_owned(), Facts::default(), Cells::default());
            self.groups.push(Group { status, flags, facts, cells });
            self.groups.len() - 1
        })
    }

    /// Most frequent first.
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by(|a, b| b.facts.count.cmp(&a.facts.count).then(a.status.cmp(&b.status)));
        groups
    }

    /// The cliffs of all groups, most requests first.
    pub fn cliffs(&self) -> Vec<Cliff> {
        let grid = self.grid.step(self.timed);
        let mut cliffs: Vec<Cliff> = self.groups.iter().flat_map(|group| cliffs_of(group, grid)).collect();
        cliffs.sort_by(|a, b| b.facts.count.cmp(&a.facts.count).then(a.from.cmp(&b.from)));
        cliffs.truncate(MOST_CLIFFS);
        cliffs
    }
}

/// More than anybody reads.
const MOST_CLIFFS: usize = 12;

/// Many requests of one length.
#[derive(Clone, Debug)]
pub struct Cliff {
    pub status: Option<u16>,
    pub flags: String,
    pub from: Dur,
    pub to: Dur,
    pub facts: Facts,
    /// How many there would be without a cause.
    pub expected: f64,
    /// The coarseness of the log: a time may be this much more.
    pub step: Dur,
}

impl Cliff {
    /// How many times as many as expected, at most a thousand.
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn ratio(&self) -> f64 {
        (self.facts.count as f64 / self.expected.max(0.001)).min(1000.0)
    }
}

/// Widths of windows, in cells: 0.4 %, 1.2 % and 3 %.
const WIDTHS: [usize; 3] = [1, 3, 8];
/// How late timers fire on a busy machine.
const JITTER: Dur = Dur::from_millis(100);
/// Cells on each side that tell what is ordinary: about a sixth of the duration, in blocks.
const SIDE: usize = 48;
const BLOCKS: usize = 6;
/// Cells next to a window that belong to neither: timers fire late.
const GAP: usize = 3;
/// The windows of a whole log are many; below this one of them is by chance what it is. A natural logarithm.
const SURPRISE: f64 = 12.0;

struct Window {
    from: usize,
    to: usize,
    expected: f64,
    score: f64,
}

fn cliffs_of(group: &Group, grid: Dur) -> Vec<Cliff> {
    let mut cells = group.cells.clone();
    let mut found = Vec::new();
    while found.len() < MOST_CLIFFS
        && let Some(window) = best(&cells, group, grid)
    {
        let (from, to) = grown(&cells, &window);
        let mut facts = Facts::default();
        (from..to).filter_map(|cell| cells.facts(cell)).for_each(|cell| facts.merge(cell));
        // What stays of it would stand out again, and hide its neighbours.
        let rest = ordinary(&cells, from, to);
        cells.counts[from..to].fill(rest);
        let (status, flags, expected) = (group.status, group.flags.clone(), window.expected);
        found.push(Cliff { status, flags, from: facts.least, to: facts.greatest, facts, expected, step: grid });
    }
    found
}

fn best(cells: &Cells, group: &Group, grid: Dur) -> Option<Window> {
    let first = cell_of(SHORTEST);
    let mut best: Option<Window> = None;
    for from in (first..cells.counts.len()).filter(|cell| cells.counts[*cell] > 0) {
        // One step of a coarse log is one window at least.
        let start = start_of(from);
        let of_grid = if grid.is_zero() { 1 } else { cell_of(start.plus(grid)).saturating_sub(from).max(1) };
        // Failures of short timers spread by what a busy machine needs to fire them.
        let jitter = if group.is_failure() { cell_of(start.plus(JITTER)).saturating_sub(from) } else { 0 };
        for width in WIDTHS.into_iter().chain([jitter]).map(|width| width.max(of_grid)) {
            let window = judged(cells, group, from, (from + width).min(CELLS));
            if let Some(window) = window
                && best.as_ref().is_none_or(|best| window.score > best.score)
            {
                best = Some(window);
            }
        }
    }
    best
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
fn judged(cells: &Cells, group: &Group, from: usize, to: usize) -> Option<Window> {
    let count = cells.sum(from, to);
    let failed = group.is_failure();
    if count < if failed { 3 } else { 6 } {
        return None;
    }
    let width = (to - from) as f64;
    // Nothing is quite empty: a few requests spread over eleven doublings.
    let floor = group.facts.count as f64 * width / (8 * PER_DOUBLING) as f64;
    let expected = (density(cells, from, to) * width).max(floor).max(0.01);
    let count = count as f64;
    let ratio = count / expected;
    let score = count * ratio.ln() - (count - expected);
    let enough = if failed { 2.5 } else { 4.0 };
    (ratio >= enough && score >= SURPRISE).then_some(Window { from, to, expected, score })
}

/// Requests per cell around a window, on the denser side: as many as there may well be, not as there happen to be. A
/// block that stands out of its side is another cliff and does not count.
#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
fn density(cells: &Cells, from: usize, to: usize) -> f64 {
    let side = |start: usize| {
        let size = SIDE / BLOCKS;
        let blocks = (0..BLOCKS).map(|i| cells.sum(start + i * size, start + (i + 1) * size));
        let (sum, most) = blocks.fold((0, 0), |(sum, most), block| (sum + block, block.max(most)));
        let rest = sum - most;
        let stands_out = most > 2 + 3 * rest / (BLOCKS as u64 - 1);
        let (count, among) = if stands_out { (rest, SIDE - size) } else { (sum, SIDE) };
        let count = count as f64;
        (count + 2.0 * count.sqrt() + 0.5) / among as f64
    };
    let before = from.saturating_sub(GAP + SIDE);
    side(before).max(side(to + GAP))
}

fn ordinary(cells: &Cells, from: usize, to: usize) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests")]
    let rest = density(cells, from, to) as u32;
    rest
}

/// A window with the cells beside it that are still far above what is ordinary: late timers.
#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
fn grown(cells: &Cells, window: &Window) -> (usize, usize) {
    let usual = window.expected / (window.to - window.from) as f64;
    let above = |cell: usize| cells.counts.get(cell).is_some_and(|n| f64::from(*n) > (usual * 3.0).max(0.5));
    let (mut from, mut to) = (window.from, window.to);
    while from > window.from.saturating_sub(GAP) && from > 0 && above(from - 1) {
        from -= 1;
    }
    while to < window.to + 2 * GAP && above(to) {
        to += 1;
    }
    (from, to)
}

impl Group {
    /// An answer that is no success, or none at all, or a success that was cut off.
    pub fn is_failure(&self) -> bool {
        self.status.is_none_or(|status| !(100..400).contains(&status)) || !self.flags.is_empty()
    }
}

#[cfg(test)]
mod tests;
