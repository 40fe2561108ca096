//! Exact search over durations.

use crate::duration::Dur;

/// The greatest duration for which a condition holds that holds up to some value and never beyond it.
pub fn greatest(holds: impl Fn(Dur) -> bool) -> Option<Dur> {
    holds(Dur::ZERO).then(|| crate::solve::greatest(Dur::ZERO, Dur::MAX, holds))
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
