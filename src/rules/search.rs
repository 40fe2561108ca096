//! Exact search over durations.

use crate::duration::Dur;

/// The greatest duration for which a condition holds that holds up to some value and never beyond it.
pub fn greatest(holds: impl Fn(Dur) -> bool) -> Option<Dur> {
    if !holds(Dur::ZERO) {
        return None;
    }
    let (mut low, mut high) = (0u64, u64::MAX);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if holds(Dur::from_nanos(middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(Dur::from_nanos(low))
}

#[cfg(test)]
mod tests {
    use super::greatest;
    use crate::duration::Dur;

    #[test]
    fn finds_the_last_value_that_holds() {
        assert_eq!(greatest(|at| at <= Dur::from_secs(9)), Some(Dur::from_secs(9)));
        assert_eq!(greatest(|_| true), Some(Dur::MAX));
        assert_eq!(greatest(|_| false), None);
    }
}
