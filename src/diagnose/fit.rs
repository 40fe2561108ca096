//! How well one timer fits one part of what was seen, in thousandths and in words.

use super::evidence::Evidence;
use super::moments::Moment;
use super::suspect::{Aspect, Fit, Score};
use super::symptom::{After, Symptom, When};
use crate::catalog::{Cause, Expiry, Guard, Phase, Role, Timer};
use crate::duration::Dur;
use crate::model::workload::Mode;

pub fn fit(aspect: Aspect, score: Score, words: impl Into<String>) -> Fit {
    Fit { aspect, score, words: words.into() }
}

/// Timers fire on time or late; what comes before and after them on the way takes a little longer with longer timers.
const LEAST_SLACK: Dur = Dur::from_millis(300);
const SLACK_PER_MILLE: u64 = 15;
/// Clocks that started later make a time look shorter by this at most.
const EARLY_PER_MILLE: u64 = 20;
/// What no clock tells apart.
const ALL_BUT: Score = 980;
/// A gap can open at any time in a stream.
const ANY_TIME: Score = 450;

/// How well an observed time fits a moment.
pub fn time_score(seen: After, moment: &Moment) -> Score {
    let exact = match moment.to {
        None if seen.greatest >= moment.from => late(seen.least.minus(moment.from), moment.from).max(ANY_TIME),
        Some(to) if seen.least > to => late(seen.least.minus(to), to),
        _ if seen.greatest < moment.from => early(moment.from.minus(seen.greatest), moment.from),
        _ => 1000,
    };
    exact * moment.weight / 1000
}

/// From all of it at no excess to nothing, without a step.
fn late(excess: Dur, at: Dur) -> Score {
    let slack = u128::from(LEAST_SLACK.max(at.scaled(SLACK_PER_MILLE, 1000)).as_nanos());
    let excess = u128::from(excess.as_nanos());
    let (slack, excess) = (slack * slack, excess.saturating_mul(excess));
    u32::try_from(1000 * slack / slack.saturating_add(excess).max(1)).unwrap_or(0)
}

fn early(missing: Dur, at: Dur) -> Score {
    let most = u128::from(at.scaled(EARLY_PER_MILLE, 1000).as_nanos()).max(1);
    let missing = u128::from(missing.as_nanos());
    u32::try_from(700 * most.saturating_sub(missing) / most).unwrap_or(0)
}

/// The moment that fits best, with its fit.
pub fn time(seen: After, moments: &[Moment]) -> Option<(Fit, Moment)> {
    let best = moments.iter().max_by_key(|m| (time_score(seen, m), std::cmp::Reverse(m.attempts.len())))?;
    let score = time_score(seen, best);
    Some((fit(Aspect::Time, score, time_words(seen, best)), best.clone()))
}

fn time_words(seen: After, moment: &Moment) -> String {
    let expected = match moment.to {
        None => format!("{} or more", moment.from),
        Some(to) if to == moment.from => moment.from.to_string(),
        Some(to) => format!("{} to {to}", moment.from),
    };
    let attempts = moment.words().map(|words| format!(" ({words})")).unwrap_or_default();
    let off = match moment.to {
        Some(to) if seen.least > to && late(seen.least.minus(to), to) >= ALL_BUT => ": exactly".to_owned(),
        Some(to) if seen.least > to => format!(": seen {} later", rounded(seen.least.minus(to))),
        _ if seen.greatest < moment.from => format!(": seen {} too early", rounded(moment.from.minus(seen.greatest))),
        Some(_) if seen.greatest.minus(seen.least) <= Dur::from_millis(200) => ": exactly".to_owned(),
        Some(_) => ": within what was measured".to_owned(),
        None => ": possible at any time after it".to_owned(),
    };
    format!("expected at {expected}{attempts}{off}")
}

/// Coarse enough to read.
fn rounded(by: Dur) -> Dur {
    let grid = if by >= Dur::from_secs(10) {
        Dur::from_secs(1)
    } else if by >= Dur::from_secs(1) {
        Dur::from_millis(100)
    } else {
        Dur::from_millis(1)
    };
    by.ceil_to(grid)
}

/// `hop` words what the caller gets.
pub fn status(seen: u16, cause: Option<Cause>, hop: &str, cut: bool, after_headers: bool) -> Fit {
    let say = |score, words: String| fit(Aspect::Status, score, words);
    if (200..400).contains(&seen) {
        return if after_headers {
            say(1000, format!("the {seen} was out before it fired"))
        } else {
            say(100, format!("{hop} would not have answered {seen}"))
        };
    }
    if cut && after_headers {
        return say(700, "the answer had begun, so the status says nothing of it".to_owned());
    }
    match cause {
        Some(Cause::Status(status)) if status == seen => say(1000, format!("{hop} answers {status}")),
        Some(Cause::Status(status)) if status / 100 == seen / 100 => {
            say(250, format!("{hop} answers {status}, not {seen}"))
        }
        Some(Cause::Status(status)) => say(100, format!("{hop} answers {status}, not {seen}")),
        Some(Cause::Reset) if matches!(seen, 500 | 502 | 503) => {
            say(400, format!("{hop} closes the connection; something outside of it may make {seen} of that"))
        }
        Some(Cause::Reset) => say(150, format!("{hop} closes the connection and answers nothing")),
        Some(_) => say(120, format!("{hop} raises an exception and has no status")),
        None => say(500, format!("nobody knows what {hop} answers")),
    }
}

/// What the words of a body or header make of a platform and one of its timers.
pub struct Worded<'a> {
    pub platform: &'a str,
    pub name: &'a str,
    /// The hop that words the answer is the one of the timer.
    pub own: Option<&'a str>,
    pub known: bool,
}

pub fn body(evidence: &Evidence, by: &Worded<'_>, expected: Option<&str>) -> Fit {
    let say = |score, words: String| fit(Aspect::Body, score, words);
    match evidence.of(by.platform) {
        Some(found) if found.strength + 200 >= evidence.strongest() => match by.own {
            Some(timer) if found.timers.iter().any(|t| t == timer) => {
                say(found.strength, format!("`{}` is what it sends then", found.found))
            }
            Some(_) if found.blames_others() => {
                say(200, format!("`{}` is what {} sends when it was something else", found.found, by.name))
            }
            _ if found.timers.is_empty() => say(found.strength * 9 / 10, format!("`{}` is its own", found.found)),
            Some(_) => {
                say(300, format!("`{}` is what {} sends with {}", found.found, by.name, found.timers.join(", ")))
            }
            None => say(700, format!("`{}` is what {} sends", found.found, by.name)),
        },
        _ if !evidence.is_empty() && evidence.strongest() >= 900 => {
            say(150, format!("it is the body of {}", crate::text::list(&evidence.who(), "or")))
        }
        _ => match expected {
            Some(expected) if by.own.is_some() => say(350, format!("it sends `{}`", crate::text::clip(expected))),
            _ => say(600, "nobody knows what it sends".to_owned()),
        },
    }
}

pub fn headers(evidence: &Evidence, by: &Worded<'_>) -> Option<Fit> {
    if evidence.is_empty() {
        return None;
    }
    Some(match evidence.of(by.platform) {
        Some(found) => fit(Aspect::Headers, found.strength, format!("`{}` is its own", found.found)),
        None if by.known => {
            fit(Aspect::Headers, 300, format!("they are those of {}", crate::text::list(&evidence.who(), "or")))
        }
        None => fit(Aspect::Headers, 600, "nobody knows which it sends"),
    })
}

/// What the flags of a log say of a timer. Those of one hop say nothing of the timers of another, but that hop's own
/// word for a timeout speaks against them.
pub fn flags(evidence: &Evidence, platform: &str, timer: &str, wrote: bool) -> Fit {
    let say = |score, words: String| fit(Aspect::Flags, score, words);
    match evidence.of(platform) {
        Some(found) if found.timers.iter().any(|t| t == timer) => say(found.strength, found.found.clone()),
        Some(found) if !found.timers.is_empty() => {
            say(150, format!("{}: that is {}", found.found, crate::text::list(&found.timers, "or")))
        }
        Some(found) if wrote => say(250, format!("{}: none of its own timers", found.found)),
        _ if evidence.names_timers() => {
            say(300, format!("the log speaks of {}", crate::text::list(&evidence.who(), "or")))
        }
        _ => say(900, "the log says that it was something outside of its hop".to_owned()),
    }
}

/// How a stream or a whole answer could have ended by this timer.
pub fn stream(symptom: &Symptom, mode: Option<Mode>, timer: &Timer) -> Option<Fit> {
    let say = |score, words: &str| Some(fit(Aspect::Stream, score, words));
    let has = |guard: Guard| timer.guards.contains(&guard);
    let total = has(Guard::StreamTotal) || timer.phases.contains(&Phase::Total);
    if symptom.cut {
        return match () {
            () if has(Guard::Gap) => say(1000, "it ends an answer that falls silent after it began"),
            () if total => say(1000, "it ends an answer that has begun"),
            () if timer.expiry == Expiry::Kill => say(900, "it kills what sends the answer"),
            () if timer.phases.contains(&Phase::WriteStall) => say(800, "it ends an answer that nobody reads"),
            () => say(100, "it is over once an answer has begun"),
        };
    }
    let link = timer.guards.is_empty() || timer.guards == [Guard::Upload];
    match mode? {
        _ if link => None,
        Mode::Buffered if has(Guard::WaitBuffered) => say(1000, "it waits for a whole answer"),
        Mode::Buffered => say(120, "it runs only inside a stream"),
        Mode::Streaming if has(Guard::WaitStreaming) => say(1000, "it waits for the start of a stream"),
        Mode::Streaming if has(Guard::Gap) || total => {
            say(800, "it runs inside a stream, where headers are sent early")
        }
        Mode::Streaming => say(150, "it does not run on a stream"),
    }
}

/// What kind of failure happens at such times.
pub fn when(when: When, timer: &Timer, idle_close: bool) -> Fit {
    let phase = |phase: Phase| timer.phases.contains(&phase);
    let link = phase(Phase::Connect) || phase(Phase::Queue);
    let waits = !timer.guards.is_empty() && timer.guards != [Guard::Upload];
    let score = match when {
        When::Always | When::LongPrompts if idle_close => 300,
        When::Intermittent | When::Idle if idle_close => 1000,
        When::Always | When::LongPrompts if waits => 1000,
        When::Always => 700,
        When::LongPrompts if timer.guards.contains(&Guard::Upload) => 900,
        When::LongPrompts => 300,
        When::Peak if phase(Phase::Queue) => 1000,
        When::Peak if waits => 900,
        When::Peak | When::Intermittent if link => 900,
        When::Peak | When::Intermittent => 600,
        When::Idle if link => 700,
        When::Idle => 350,
    };
    let words = match score {
        900.. => format!("as one expects of it {}", when.words()),
        600.. => format!("possible {}", when.words()),
        _ => format!("not what happens {}", when.words()),
    };
    fit(Aspect::When, score, words)
}

/// Clients raise, servers answer.
pub const fn raises(role: Role) -> bool {
    matches!(role, Role::Client)
}
