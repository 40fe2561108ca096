//! Durations as platform files write them: also fractions of a second and nanoseconds, which measurements have.

use crate::duration::Dur;
use crate::syntax::Node;
use crate::syntax::decode::{Ctx, Decode};

/// A duration such as `60s`, `0.8s` or `1ns`.
pub struct Fine(pub Dur);

impl Decode for Fine {
    const WHAT: &'static str = "a duration such as 60s or 0.8s";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        node.as_str().and_then(fraction).or_else(|| Dur::decode(node, ctx)).map(Fine)
    }
}

fn fraction(text: &str) -> Option<Dur> {
    if let Some(nanos) = text.strip_suffix("ns") {
        return nanos.parse().ok().map(Dur::from_nanos);
    }
    let (whole, digits) = text.strip_suffix('s')?.split_once('.')?;
    let nanos: u64 = format!("{digits:0<9}").get(..9)?.parse().ok()?;
    Some(Dur::from_secs(whole.parse().ok()?).plus(Dur::from_nanos(nanos)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tenths_and_nanoseconds_exactly() {
        assert_eq!(fraction("0.8s"), Some(Dur::from_millis(800)));
        assert_eq!(fraction("300.05s"), Some(Dur::from_millis(300_050)));
        assert_eq!(fraction("1ns"), Some(Dur::from_nanos(1)));
        assert_eq!(fraction("60s"), None);
    }
}
