//! What the platform behind a target asks of two settings together: one timer up to the length of another, and timers
//! that exist only beside repetition. The manifest of the target states it, with its source.

use super::native::{same, values};
use super::target::{Target, TargetFile};
use super::{Refusal, retries};
use crate::catalog::{Setting, Timer};
use crate::duration::Dur;
use crate::resolve::ResolvedHop;
use crate::span::Loc;

/// A timer's length as the generated file leaves it.
struct Length<'h> {
    timer: &'h Timer,
    at: Dur,
    stated: bool,
    loc: Option<Loc>,
}

fn length<'h>(hop: &'h ResolvedHop, id: &str) -> Option<Length<'h>> {
    let (timer, values) = values(hop, id)?;
    let stated = values.iter().find(|v| v.provenance.is_written());
    let setting = match stated {
        Some(value) => value.clipped_from.or(value.setting),
        None => same(values.iter().map(|v| v.setting)).flatten(),
    };
    let Some(Setting::At(at)) = setting else { return None };
    Some(Length { timer, at, stated: stated.is_some(), loc: stated.and_then(|v| v.provenance.loc()) })
}

/// Timers of a file that are longer than the one that they must fit in.
pub fn refusals(hop: &ResolvedHop, target: &Target, file: &TargetFile) -> Vec<Refusal> {
    let here = target.within.iter().filter(|rule| file.timers.contains(&rule.timer));
    let broken = here.filter_map(|rule| {
        let (inner, outer) = (length(hop, &rule.timer)?, length(hop, &rule.of)?);
        let judged = inner.stated || (outer.stated && !rule.default_yields);
        (judged && inner.at > outer.at).then_some((rule, inner, outer))
    });
    let said = |length: &Length<'_>| {
        let whose = if length.stated { "" } else { "the default of " };
        format!("{whose}{}", length.at)
    };
    broken
        .map(|(rule, inner, outer)| Refusal {
            at: inner.loc.or(outer.loc),
            message: format!(
                "{} of hop `{}`: {} is longer than {}, {} ({})",
                inner.timer.native,
                hop.name(),
                said(&inner),
                outer.timer.native,
                said(&outer),
                rule.source
            ),
            help: Some(format!(
                "use {} or less, or {} or more for {}",
                outer.at.to_source(),
                inner.at.to_source(),
                outer.timer.native
            )),
        })
        .collect()
}

/// Whether a default does not hold, because the platform shortens it to another, shorter timer by itself.
pub fn yields(hop: &ResolvedHop, target: &Target, id: &str) -> bool {
    target.within.iter().filter(|rule| rule.timer == id && rule.default_yields).any(|rule| {
        let lengths = length(hop, id).zip(length(hop, &rule.of));
        lengths.is_some_and(|(inner, outer)| !inner.stated && inner.at > outer.at)
    })
}

/// Why a timer has no place where nothing is repeated.
pub fn alone<'t>(hop: &ResolvedHop, target: &'t Target, id: &str) -> Option<&'t str> {
    let (_, why) = target.repeating.iter().find(|(timer, _)| timer == id)?;
    (!retries::repeats(hop)).then_some(why.as_str())
}
