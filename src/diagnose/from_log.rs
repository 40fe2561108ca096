//! From what was counted of a log to symptoms that can be ranked: one for each cliff, and one for each kind of failure
//! that has no common duration.

use super::cliffs::{Cliff, Group, Tally};
use super::facts::{Facts, Pattern};
use super::log::reading::Reading;
use super::symptom::{After, Symptom, When};
use crate::duration::Dur;

/// Something in a log that has a cause.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which of the cliffs; absent for failures without a common duration.
    pub cliff: Option<usize>,
    pub status: Option<u16>,
    pub flags: String,
    pub facts: Facts,
    pub pattern: Option<Pattern>,
    pub symptom: Symptom,
    /// The place of its diagnosis, once it has one.
    pub diagnosis: Option<usize>,
}

impl Event {
    /// Whether anything was seen that names a timer or rules one out: failures at any time, without a word, do not.
    pub fn can_be_ranked(&self) -> bool {
        self.symptom.after.is_some() || !self.symptom.flags.is_empty() || self.pattern.is_some()
    }
}

/// Fewer failures are no pattern.
const FEWEST: u64 = 3;
/// More than anybody reads.
const MOST_FAILURES: usize = 6;

/// The cliffs, most requests first, then the failures outside of them.
pub fn events(reading: &Reading, at: Option<&str>) -> Vec<Event> {
    let tally = &reading.tally;
    let cliffs = tally.cliffs();
    let of_cliffs = cliffs.iter().enumerate().map(|(i, cliff)| of_cliff(reading, i, cliff, at));
    let mut events: Vec<Event> = of_cliffs.collect();
    let rest = tally.groups().into_iter().filter(|group| is_worth_telling(group));
    let rest = rest.filter(|group| {
        let same = |cliff: &&Cliff| cliff.status == group.status && cliff.flags == group.flags;
        let told: u64 = cliffs.iter().filter(same).map(|cliff| cliff.facts.count).sum();
        let left = group.facts.count.saturating_sub(told);
        // What is left beside a cliff of the same kind is its fringe.
        left >= FEWEST && (told == 0 || left * 4 > group.facts.count)
    });
    events.extend(rest.take(MOST_FAILURES).map(|group| of_group(reading, group, at)));
    events
}

/// Statuses of requests that the caller got wrong say nothing about time.
fn is_worth_telling(group: &Group) -> bool {
    let status = group.status.unwrap_or_default();
    group.is_failure() && !(matches!(status, 400..499) && status != 408 && status != 460 && group.flags.is_empty())
}

fn of_cliff(reading: &Reading, i: usize, cliff: &Cliff, at: Option<&str>) -> Event {
    let pattern = cliff.facts.pattern(&reading.tally.all);
    let after = After::between(cliff.from, cliff.to.plus(cliff.step.minus(Dur::from_nanos(1).min(cliff.step))));
    let mut symptom = symptom(reading, cliff.status, &cliff.flags, Some(after), pattern, at);
    symptom.unanswered = cliff.facts.unanswered();
    let (flags, facts) = (cliff.flags.clone(), cliff.facts.clone());
    Event { cliff: Some(i), status: cliff.status, flags, facts, pattern, symptom, diagnosis: None }
}

fn of_group(reading: &Reading, group: &Group, at: Option<&str>) -> Event {
    let pattern = group.facts.pattern(&reading.tally.all);
    // Durations that have nothing in common name no timer, unless all are short.
    let quick = group.facts.greatest < Dur::from_secs(1) && group.facts.mean().is_some();
    let exact = group.facts.greatest.minus(group.facts.least) < Dur::from_millis(1);
    let greatest = if exact { group.facts.least } else { group.facts.greatest };
    let after = quick.then(|| After::between(group.facts.least, greatest));
    let mut symptom = symptom(reading, group.status, &group.flags, after, pattern, at);
    symptom.unanswered = group.facts.unanswered();
    let (flags, facts) = (group.flags.clone(), group.facts.clone());
    Event { cliff: None, status: group.status, flags, facts, pattern, symptom, diagnosis: None }
}

fn symptom(
    reading: &Reading,
    status: Option<u16>,
    flags: &str,
    after: Option<After>,
    pattern: Option<Pattern>,
    at: Option<&str>,
) -> Symptom {
    let when = pattern.map(|pattern| match pattern {
        Pattern::AfterPause { .. } => When::Idle,
        Pattern::Hours { .. } => When::Peak,
        Pattern::LongRequests { .. } => When::LongPrompts,
    });
    // An error log writes sentences, an access log lists of short flags.
    let flags = if flags.contains(' ') { vec![flags.to_owned()] } else { split(flags) };
    Symptom {
        status: status.filter(|status| *status >= 100),
        after,
        cut: status.is_some_and(|status| (200..400).contains(&status)) && !flags.is_empty(),
        when,
        flags,
        logged_by: reading.format.platform.map(str::to_owned),
        at: at.map(str::to_owned),
        ..Symptom::default()
    }
}

fn split(flags: &str) -> Vec<String> {
    flags.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

/// Requests that did not end well, of all.
pub fn failed(tally: &Tally) -> u64 {
    tally.groups().into_iter().filter(|group| is_worth_telling(group)).map(|group| group.facts.count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::log::known;

    fn reading(lines: &[String]) -> Reading {
        let format = known::custom("$ended $status $duration_s $flags").unwrap();
        let mut reading = Reading::with(format);
        lines.iter().enumerate().for_each(|(i, line)| reading.add(i as u64, line.as_bytes(), false));
        assert_eq!(reading.broken, 0);
        reading
    }

    fn line(i: u32, status: u16, seconds: f64, flags: &str) -> String {
        format!("{} {status} {seconds:.3} {flags}", 1_795_000_000 + i)
    }

    #[test]
    fn cliffs_come_first_and_failures_without_one_follow() {
        let mut lines = Vec::new();
        for i in 0..200_u32 {
            lines.push(line(i, 200, 1.0 + f64::from(i * 37 % 101) / 10.0, "-"));
            if i % 5 == 0 {
                lines.push(line(i, 504, 29.0 + f64::from(i % 7) / 1000.0, "UT,response_timeout"));
            }
            if i % 20 == 0 {
                lines.push(line(i, 502, 0.003 + f64::from(i % 9) / 1000.0, "UC"));
                lines.push(line(i, 404, 0.001, "-"));
            }
        }
        let events = events(&reading(&lines), Some("edge"));
        assert_eq!(events.len(), 2, "{events:#?}");
        let cliff = &events[0];
        assert_eq!((cliff.cliff, cliff.symptom.status, cliff.facts.count), (Some(0), Some(504), 40));
        assert_eq!(cliff.symptom.flags, ["UT", "response_timeout"]);
        assert_eq!((cliff.symptom.at.as_deref(), cliff.symptom.cut), (Some("edge"), false));
        assert_eq!(events[1].symptom.after.map(|after| after.greatest < Dur::from_secs(1)), Some(true));
        assert_eq!(failed(&reading(&lines).tally), 50);
    }

    #[test]
    fn a_good_status_with_a_flag_is_a_cut_answer() {
        let lines: Vec<String> = (0..20).map(|i| line(i, 200, 15.0, "SI")).collect();
        let events = events(&reading(&lines), None);
        assert!(events[0].symptom.cut && events[0].symptom.status == Some(200));
    }
}
