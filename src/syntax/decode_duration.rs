//! Durations in files: with a unit, or a question. The one number that means nothing here is a bare one.

use super::decode::{Ctx, Decode, INVALID_VALUE};
use super::{Kind, Node, quote};
use crate::diag::Applicability;
use crate::duration::{Dur, DurError};
use crate::text;

impl Decode for Dur {
    const WHAT: &'static str = "a duration such as 90s";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let value = match &node.kind {
            Kind::Str(value) => value.as_ref(),
            Kind::Int(_) | Kind::Num(_) => ctx.source(node),
            _ => {
                ctx.expected(Self::WHAT, node);
                return None;
            }
        };
        match Self::parse(value) {
            Ok(duration) => Some(duration),
            Err(error) => {
                refuse(node, value, &error, ctx);
                None
            }
        }
    }
}

/// Says why, and offers what was probably meant.
fn refuse(node: &Node<'_>, value: &str, error: &DurError, ctx: &mut Ctx<'_>) {
    let mut diagnostic = ctx.error(INVALID_VALUE, node.span, format!("`{}` {error}", text::clip(value)));
    let mut candidates = Vec::new();
    if matches!(error, DurError::NoUnit(_)) {
        // Which of them it is, only a person knows.
        candidates.extend(["s", "ms", "m"].map(|unit| (format!("{value}{unit}"), Applicability::Display)));
    } else if let Some(spelled) = respell(value).filter(|spelled| Dur::parse(spelled).is_ok()) {
        diagnostic = diagnostic.help(format!("write {}", quote::text(ctx.format, &spelled)));
        candidates.push((spelled, Applicability::Safe));
    }
    candidates.retain(|(candidate, _)| Dur::parse(candidate).is_ok());
    for (candidate, applicability) in candidates {
        if let Some(fix) = ctx.rewrite(node, &candidate, applicability) {
            diagnostic = diagnostic.fix(fix);
        }
    }
    ctx.report(node, diagnostic);
}

/// The same length in our own spelling, for what other programs write: `1.5s`, `90 sec`, `5 minutes`.
fn respell(value: &str) -> Option<String> {
    let value = value.trim();
    let digits = value.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = value.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        // A capital M is a month to some, a minute to others.
        "m" if unit.trim() == "m" => "m",
        "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    let Some((whole, fraction)) = number.split_once('.') else {
        return Some(format!("{number}{unit}"));
    };
    if fraction.is_empty() || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let one = Dur::parse(&format!("1{unit}")).ok()?.as_nanos();
    let scale = 10u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(one);
    // Only what can be said exactly, in whole microseconds.
    if part % (u128::from(scale) * 1_000) != 0 {
        return None;
    }
    let part = u64::try_from(part / u128::from(scale)).ok()?;
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    Some(Dur::from_nanos(whole.checked_mul(one)?.checked_add(part)?).to_source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn respells_what_others_write() {
        for (theirs, ours) in [
            ("1.5s", Some("1500ms")),
            ("0.5m", Some("30s")),
            (".25s", Some("250ms")),
            ("90 s", Some("90s")),
            ("90sec", Some("90s")),
            ("5 Minutes", Some("5m")),
            ("90S", Some("90s")),
            ("5M", None),
            ("1.0000001s", None),
            ("1.2.3s", None),
            ("soon", None),
            ("5", None),
        ] {
            assert_eq!(respell(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
