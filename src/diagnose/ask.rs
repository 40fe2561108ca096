//! The one more fact that would tell the first two suspects apart.

use super::suspect::Suspect;
use super::symptom::Symptom;
use crate::duration::Dur;

/// Suspects further apart than this need nothing more.
const CLOSE: u32 = 700;

pub fn ask(symptom: &Symptom, suspects: &[Suspect]) -> Option<String> {
    let [first, second, ..] = suspects else { return None };
    if second.score < first.score * CLOSE / 1000 {
        return None;
    }
    let same = first.hop == second.hop;
    let name = |s: &Suspect| if same { s.native.clone() } else { s.hop.clone() };
    let (a, b) = (name(first), name(second));
    let at = |at: Dur| if at.is_zero() { "once".to_owned() } else { at.to_string() };
    if symptom.after.is_none()
        && let (Some(x), Some(y)) = (first.expected, second.expected)
        && (x.1 < y.0 || y.1 < x.0)
    {
        return Some(format!("how long it took (--after): {a} ends it at {}, {b} at {}", at(x.0), at(y.0)));
    }
    if let (Some(x), Some(y), Some(seen)) = (first.expected, second.expected, symptom.after)
        && (x.1 < y.0 || y.1 < x.0)
        && seen.greatest.minus(seen.least) > Dur::from_millis(100)
        && x.0.max(y.0).minus(x.1.min(y.1)) > Dur::from_millis(100)
    {
        return Some(format!(
            "the time to a tenth of a second (--after): {a} ends it at {}, {b} at {}",
            at(x.0),
            at(y.0)
        ));
    }
    if symptom.status.is_none() && symptom.exception.is_none() {
        return Some(format!("the status or the exception (--status, --exception): whether {a} or {b} answered"));
    }
    if same && symptom.exception.is_none() {
        return Some(format!("the log of {} at that second, for --exception: whether {a} or {b} fired", first.hop));
    }
    if same {
        return None;
    }
    if symptom.body.is_none() {
        return Some(format!("the body of the answer (--body): whose page it is, that of {a} or of {b}"));
    }
    if symptom.headers.is_empty() {
        return Some(format!("the headers of the answer (--header), `server` and `via` first: {a} or {b}"));
    }
    if symptom.when.is_none() {
        return Some("when it happens (--when always|long-prompts|peak|intermittent|idle)".to_owned());
    }
    None
}
