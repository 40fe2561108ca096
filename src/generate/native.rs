//! Timer values in the spelling of their platform, and every reason why a value has none.

use super::target::{Target, TargetFile};
use super::{Note, Options, Refusal, pairs};
use crate::catalog::{Confidence, Enforced, Max, Phase, Setting, Timer, TimerLimit, Unlimited, Zero};
use crate::duration::Dur;
use crate::import::units;
use crate::resolve::one::find_timer;
use crate::resolve::{Provenance, ResolvedHop, TimerValue};
use crate::span::Loc;

/// A timer as a template sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NativeTimer {
    pub id: String,
    /// What to write.
    pub value: Option<String>,
    /// What holds without a word, for a comment.
    pub default: Option<String>,
    /// Somebody stated it, and `value` is that.
    pub stated: bool,
    /// The value, or the default, is no limit.
    pub unlimited: bool,
}

/// The timers that a file has a place for, spelled; what has no spelling is refused.
pub fn timers(
    hop: &ResolvedHop,
    target: &Target,
    file: &TargetFile,
    options: Options,
    refusals: &mut Vec<Refusal>,
) -> Vec<NativeTimer> {
    file.timers
        .iter()
        .map(|id| {
            let mut out = NativeTimer { id: id.clone(), ..NativeTimer::default() };
            let Some((timer, values)) = values(hop, id) else { return out };
            if pairs::alone(hop, target, id).is_some() {
                return out;
            }
            let is_none = |setting: Option<Setting>| setting == Some(Setting::None);
            if let Some(value) = values.iter().find(|v| v.provenance.is_written()) {
                out.stated = true;
                out.unlimited = is_none(value.clipped_from.or(value.setting));
                out.value = stated(hop, timer, value, &values, refusals);
            } else if let Some(window) = window(hop, target, id).filter(|_| !values.is_empty()) {
                out.stated = true;
                out.value = spelled(hop, timer, Setting::At(window.0), Some(window.1), refusals);
            } else {
                // A default is what the platform has, so it needs no check; without a spelling it stays unsaid.
                let default = same(values.iter().map(|v| v.setting)).flatten();
                if let Some(lifted) = default.and_then(|setting| lifted(hop, target, id, setting)) {
                    out.unlimited = is_none(Some(lifted.setting));
                    out.value = spelled(hop, timer, lifted.setting, lifted.at, refusals);
                    return out;
                }
                out.unlimited = is_none(default);
                let default = default.and_then(|setting| spell(timer, setting).ok());
                if pairs::yields(hop, target, id) {
                    return out;
                }
                if options.explicit && timer.settable { out.value = default } else { out.default = default }
            }
            out
        })
        .collect()
}

/// A timer of the hop's platform, and its value in every case.
pub(super) fn values<'h>(hop: &'h ResolvedHop, id: &str) -> Option<(&'h Timer, Vec<&'h TimerValue>)> {
    let (index, timer) = hop.platform.timers.iter().enumerate().find(|(_, t)| t.id == *id)?;
    Some((timer, hop.cases.iter().filter_map(|case| case.timer_value(index)).collect()))
}

/// What a default must make room for.
struct Lifted<'h> {
    /// The timer that somebody stated.
    by: &'h Timer,
    setting: Setting,
    at: Option<Loc>,
}

/// A default that would end what a stated, longer timer allows is written as long as that one.
fn lifted<'h>(hop: &'h ResolvedHop, target: &Target, id: &str, default: Setting) -> Option<Lifted<'h>> {
    let by = target.lifts.iter().filter(|(timer, _)| timer == id);
    // One setting may be another timer in another version.
    let knobs = by.filter_map(|(_, by)| Some(hop.platform.timer(by)?.knob.as_str()));
    let by = knobs.flat_map(|knob| hop.platform.timers.iter().filter(move |timer| timer.knob == knob));
    let stated = by.filter_map(|timer| {
        let (timer, values) = values(hop, &timer.id)?;
        let value = values.into_iter().find(|v| v.provenance.is_written())?;
        Some(Lifted { by: timer, setting: value.clipped_from.or(value.setting)?, at: value.provenance.loc() })
    });
    let Setting::At(limit) = default else { return None };
    let longer = |l: &Lifted<'_>| match l.setting {
        Setting::At(at) => at > limit,
        Setting::None => true,
        Setting::Off => false,
    };
    stated.filter(longer).max_by_key(|l| match l.setting {
        Setting::At(at) => at,
        _ => Dur::from_nanos(u64::MAX),
    })
}

/// Says each lifted default: the chain does not have it, and the check does not count with it.
fn lift_notes(hop: &ResolvedHop, target: &Target, file: &TargetFile) -> Vec<Note> {
    let say = |id: &String| {
        let (timer, values) = values(hop, id)?;
        if values.iter().any(|v| v.provenance.is_written()) {
            return None;
        }
        let default = same(values.iter().map(|v| v.setting)).flatten()?;
        let lifted = lifted(hop, target, id, default)?;
        let limit = match default {
            Setting::At(at) => at.to_string(),
            _ => return None,
        };
        let text = format!(
            "{} is raised from its default of {limit}, which would end what {} allows; say `{id}` in the chain, and the check counts with it.",
            timer.native, lifted.by.native
        );
        Some(Note { at: lifted.at, text })
    };
    file.timers.iter().filter_map(say).collect()
}

/// `retries.window` where the platform has a timer for it.
fn window(hop: &ResolvedHop, target: &Target, timer: &str) -> Option<(Dur, Loc)> {
    let window = hop.spec.retries.as_ref()?.window.as_ref()?;
    (target.retries.window_timer.as_deref() == Some(timer)).then_some((window.value, window.loc))
}

pub(super) fn same<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|v| v == first).then_some(first)
}

fn stated(
    hop: &ResolvedHop,
    timer: &Timer,
    value: &TimerValue,
    all: &[&TimerValue],
    refusals: &mut Vec<Refusal>,
) -> Option<String> {
    let setting = value.clipped_from.or(value.setting)?;
    let at = value.provenance.loc();
    let broken = |v: &&TimerValue| {
        let row = v.limit_row.and_then(|row| timer.limits.get(usize::from(row)));
        beyond(hop, timer, setting, row)
    };
    // A limit that holds only under some unstated facet is the linter's business; here only what is certain stops.
    let certain: Vec<(String, String)> = all.iter().filter_map(broken).collect();
    if certain.len() == all.len()
        && let Some((why, help)) = certain.into_iter().next()
    {
        refusals.push(Refusal { at, message: format!("{}: {why}", named(hop, timer)), help: Some(help) });
        return None;
    }
    spelled(hop, timer, setting, at, refusals)
}

fn spelled(
    hop: &ResolvedHop,
    timer: &Timer,
    setting: Setting,
    at: Option<Loc>,
    refusals: &mut Vec<Refusal>,
) -> Option<String> {
    match spell(timer, setting) {
        Ok(text) => Some(text),
        Err((why, help)) => {
            refusals.push(Refusal { at, message: format!("{}: {why}", named(hop, timer)), help });
            None
        }
    }
}

fn named(hop: &ResolvedHop, timer: &Timer) -> String {
    format!("{} of hop `{}`", timer.native, hop.name())
}

/// Why a value is outside the range that its platform takes, if it is, and what would do.
fn beyond(hop: &ResolvedHop, timer: &Timer, setting: Setting, row: Option<&TimerLimit>) -> Option<(String, String)> {
    let granted =
        hop.spec.limits.iter().find(|l| find_timer(&hop.platform, &l.timer.value).is_some_and(|t| t.id == timer.id));
    let hard = row.filter(|r| r.enforced != Enforced::Advisory && r.fact.checked >= Confidence::Documented);
    let min = granted.and_then(|g| g.min.as_ref().map(|m| m.value)).or_else(|| hard.and_then(|r| r.min));
    let max = match granted.and_then(|g| g.max.as_ref()) {
        Some(max) => match max.value {
            Setting::At(at) => Some(at),
            _ => None,
        },
        None => hard.and_then(|r| match r.max {
            Some(Max::At(at)) => Some(at),
            _ => None,
        }),
    };
    let source = || match (granted, hard) {
        (Some(granted), _) => format!("stated in the chain: {}", granted.reason.value),
        (None, Some(row)) => row.fact.source.to_string(),
        (None, None) => String::new(),
    };
    let range = match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return None,
    };
    let (said, help) = match (setting, min, max) {
        (Setting::At(at), Some(min), _) if at < min => (at.to_source(), format!("use {min} or more")),
        (Setting::At(at), _, Some(max)) if at > max => (at.to_source(), format!("use {max} or less")),
        (Setting::None, _, Some(max)) if granted.is_some() || !row.is_some_and(|r| r.numbers_only) => {
            ("no limit".to_owned(), format!("use {max} or less"))
        }
        _ => return None,
    };
    let too_short = matches!((setting, min), (Setting::At(at), Some(min)) if at < min);
    let raise = row.filter(|_| granted.is_none() && !too_short).and_then(|r| r.raise.as_ref());
    let help = raise.map_or(help.clone(), |raise| format!("{help}; {raise}"));
    Some((format!("{said} is outside its range, {range} ({})", source()), help))
}

/// A setting in the platform's spelling, or why there is none and what would do.
pub fn spell(timer: &Timer, setting: Setting) -> Result<String, (String, Option<String>)> {
    match setting {
        Setting::At(at) => {
            // A grace period of nothing is a wish like any other.
            let graceless = timer.zero == Some(Zero::Instant) && timer.phases[..] == [Phase::Lifecycle];
            if at.is_zero()
                && !graceless
                && let Some(meaning) = zero_means(timer.zero)
            {
                return Err((format!("0 {meaning}"), Some(zero_help(timer.zero).to_owned())));
            }
            on_grid(timer, at)?;
            units::write(timer.unit, at)
                .ok_or_else(|| (format!("{at} has no spelling in its unit"), Some("state a shorter time".to_owned())))
        }
        Setting::None => match &timer.unlimited {
            Some(Unlimited::Written(text)) => Ok(text.clone()),
            Some(Unlimited::Impossible) => {
                Err(("it cannot be switched off".to_owned(), Some("state a time that is long enough".to_owned())))
            }
            None => Err(("how \"no limit\" is written is not known".to_owned(), Some("state a duration".to_owned()))),
        },
        Setting::Off if timer.zero == Some(Zero::Off) => Ok("0".to_owned()),
        Setting::Off => Err(("it has no value for \"no reuse\"".to_owned(), None)),
    }
}

const fn zero_means(zero: Option<Zero>) -> Option<&'static str> {
    match zero {
        Some(Zero::Instant) => Some("would end every request at once"),
        Some(Zero::None) => Some("would mean no limit"),
        Some(Zero::Unset) => Some("would count as not set"),
        Some(Zero::Rejected) => Some("is rejected"),
        Some(Zero::Off) => Some("would switch it off"),
        None => None,
    }
}

const fn zero_help(zero: Option<Zero>) -> &'static str {
    match zero {
        Some(Zero::None) => "write `none` if no limit is meant",
        Some(Zero::Off) => "write `off` if that is meant",
        _ => "state the time that is meant",
    }
}

fn on_grid(timer: &Timer, at: Dur) -> Result<(), (String, Option<String>)> {
    let Some(grid) = timer.grid.filter(|g| !g.is_zero()) else { return Ok(()) };
    let over = at.as_nanos() % grid.as_nanos();
    if over == 0 {
        return Ok(());
    }
    let below = Dur::from_nanos(at.as_nanos() - over);
    let above = below.plus(grid);
    Err((
        format!("{} cannot be said in steps of {grid}", at.to_source()),
        Some(format!("use {} or {} ({})", below.to_source(), above.to_source(), timer.fact.source)),
    ))
}

/// A decimal number of seconds in milliseconds, as exact: `1.5` is `1500`.
pub fn millis(seconds: &str) -> Option<String> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let part = format!("{part:0<3}");
    let (thousandths, rest) = part.split_at(3);
    let whole = format!("{whole}{thousandths}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = rest.trim_end_matches('0');
    Some(if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") })
}

/// A duration, or a decimal number of seconds, as an expression of Go: `2500 * time.Millisecond`.
pub fn go(text: &str) -> Option<String> {
    let decimal = || {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let nanos = format!("{whole}{part:0<9}");
        nanos.parse().ok().filter(|_| part.len() <= 9).map(Dur::from_nanos)
    };
    let nanos = decimal().or_else(|| Dur::parse(text).ok())?.as_nanos();
    let units = [(60_000_000_000, "Minute"), (1_000_000_000, "Second"), (1_000_000, "Millisecond"), (1, "Nanosecond")];
    let (size, unit) = units.into_iter().find(|(size, _)| nanos.is_multiple_of(*size))?;
    Some(if nanos == 0 { "0 * time.Second".to_owned() } else { format!("{} * time.{unit}", nanos / size) })
}

/// What the hop states and this file has no place for.
pub fn notes(hop: &ResolvedHop, target: &Target, file: &TargetFile) -> Vec<Note> {
    let knob = |id: &String| hop.platform.timer(id).map(|t| t.knob.as_str());
    let alone = |id: &str| pairs::alone(hop, target, id);
    let placed = file.timers.iter().filter(|id| alone(id).is_none()).chain(&file.elsewhere);
    let placed: Vec<&str> = placed.filter_map(knob).collect();
    let mut told: Vec<&str> = Vec::new();
    let mut notes = lift_notes(hop, target, file);
    for (index, timer) in hop.platform.timers.iter().enumerate() {
        let mut values = hop.cases.iter().filter_map(|case| case.timer_value(index));
        let stated = |v: &&TimerValue| v.provenance.is_written() || matches!(v.provenance, Provenance::Claimed(_));
        let Some(value) = values.find(stated) else { continue };
        let is_deadline = timer.id == crate::resolve::custom::DEADLINE;
        if placed.contains(&timer.knob.as_str()) || told.contains(&timer.knob.as_str()) || is_deadline {
            continue;
        }
        told.push(&timer.knob);
        let said = match value.clipped_from.or(value.setting) {
            Some(Setting::At(at)) => at.to_string(),
            Some(Setting::None) => "none".to_owned(),
            Some(Setting::Off) => "off".to_owned(),
            None => "unknown".to_owned(),
        };
        let why = alone(&timer.id).or_else(|| target.why_not(&timer.id)).unwrap_or("this file has no place for it");
        notes
            .push(Note { at: value.provenance.loc(), text: format!("{} {said} is not written: {why}.", timer.native) });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_become_expressions_of_go() {
        for (text, expression) in [
            ("90", "90 * time.Second"),
            ("0.5", "500 * time.Millisecond"),
            ("2500ms", "2500 * time.Millisecond"),
            ("1m10s", "70 * time.Second"),
            ("120", "2 * time.Minute"),
            ("0", "0 * time.Second"),
            ("0.0000015", "1500 * time.Nanosecond"),
        ] {
            assert_eq!(go(text).as_deref(), Some(expression), "{text}");
        }
        assert_eq!(go("none"), None);
    }

    #[test]
    fn seconds_become_milliseconds_exactly() {
        for (seconds, ms) in [
            ("0", "0"),
            ("90", "90000"),
            ("0.5", "500"),
            ("1.25", "1250"),
            ("0.0015", "1.5"),
            ("0.000000001", "0.000001"),
        ] {
            assert_eq!(millis(seconds).as_deref(), Some(ms));
        }
        for text in ["", ".5", "1e3", "-1", "none", "1.2.3"] {
            assert_eq!(millis(text), None, "{text:?}");
        }
    }
}
