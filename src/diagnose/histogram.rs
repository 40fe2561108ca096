//! How long requests took, in rows whose bounds people know: 1, 2, 5, 10, 20, 50 ...

use super::cliffs::{Cliff, ROWS, Tally};
use crate::duration::Dur;

/// The requests that took at least `from` and less than `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub from: Dur,
    /// Absent: however long.
    pub to: Option<Dur>,
    pub count: u64,
    /// Which of the cliffs lie in it.
    pub cliffs: Vec<usize>,
}

/// The rows between the shortest and the longest request.
pub fn histogram(tally: &Tally, cliffs: &[Cliff]) -> Vec<Bar> {
    let bars = ROWS.iter().enumerate().map(|(i, from)| {
        let to = ROWS.get(i + 1).copied();
        let inside = |cliff: &Cliff| cliff.from >= *from && to.is_none_or(|to| cliff.from < to);
        let cliffs = cliffs.iter().enumerate().filter(|(_, cliff)| inside(cliff)).map(|(i, _)| i).collect();
        Bar { from: *from, to, count: tally.rows[i], cliffs }
    });
    let bars: Vec<Bar> = bars.collect();
    let first = bars.iter().position(|bar| bar.count > 0);
    let last = bars.iter().rposition(|bar| bar.count > 0);
    match (first, last) {
        (Some(first), Some(last)) => bars[first..=last].to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::log::Record;

    #[test]
    fn every_request_is_in_one_row() {
        let mut tally = Tally::default();
        let times = [0, 1, 5, 15, 999, 1_000, 29_003, 29_004, 60_000, 7_200_000, 400_000_000];
        for millis in times {
            let duration = Some(Dur::from_millis(millis));
            tally.add(&Record { duration, status: Some(200), ..Record::default() });
        }
        let bars = histogram(&tally, &[]);
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), times.len() as u64, "{bars:#?}");
        assert_eq!((bars[0].from, bars.last().unwrap().to), (Dur::ZERO, None));
        assert!(histogram(&Tally::default(), &[]).is_empty());
    }
}
