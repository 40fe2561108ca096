//! What somebody saw of one request, as far as they know it.

use super::reading::{Reading, read};
use crate::duration::{Dur, DurError};
use crate::model::workload::Mode;

/// Every part may be missing. What is missing weighs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symptom {
    /// Of the answer. Absent where there was none, or where nobody looked.
    pub status: Option<u16>,
    /// From the start of the request to its end.
    pub after: Option<After>,
    pub body: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub mode: Option<Mode>,
    /// The answer had begun and broke off.
    pub cut: bool,
    pub when: Option<When>,
    /// The text of an exception, a traceback or a line of a log.
    pub exception: Option<String>,
    /// How long nothing came before it broke off.
    pub silence: Option<After>,
    /// Flags of an access log, as its program writes them.
    pub flags: Vec<String>,
    /// The platform that writes such logs, where it is known.
    pub logged_by: Option<String>,
    /// The log says that no upstream answered: whoever wrote it made the answer itself.
    pub unanswered: bool,
    /// The hop that wrote this down: it speaks of what that hop answered. Absent: it was seen outside of the chain.
    pub at: Option<String>,
}

/// How long it took, as exactly as somebody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    pub least: Dur,
    pub greatest: Dur,
    /// What was said or measured, where that is one number.
    pub stated: Option<Dur>,
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Every time.
    Always,
    LongPrompts,
    Peak,
    Intermittent,
    /// The first request after a pause.
    Idle,
}

impl When {
    pub const NAMES: [(&'static str, When); 5] = [
        ("always", Self::Always),
        ("long-prompts", Self::LongPrompts),
        ("peak", Self::Peak),
        ("intermittent", Self::Intermittent),
        ("idle", Self::Idle),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, w)| *w == self).map_or("", |(name, _)| name)
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Always => "every time",
            Self::LongPrompts => "only with long prompts",
            Self::Peak => "at peak hours",
            Self::Intermittent => "now and then",
            Self::Idle => "on the first request after a pause",
        }
    }
}

impl After {
    pub const fn exactly(at: Dur) -> Self {
        Self { least: at, greatest: at, stated: Some(at) }
    }

    pub fn between(a: Dur, b: Dur) -> Self {
        Self { least: a.min(b), greatest: a.max(b), stated: None }
    }

    /// `29s`, `29.0s`, `1m30s`, `300000ms`, `0.4 s`: what somebody read off a screen. The last digit says how exact it is:
    /// it may have been rounded to it or cut off after it.
    pub fn parse(text: &str) -> Result<After, DurError> {
        let text: String = text.split_whitespace().collect();
        let Some((whole, rest)) = text.split_once('.') else {
            let at = Dur::parse(&text)?;
            return Ok(Self::to_the_last(at, last_unit(&text)));
        };
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (fraction, unit) = rest.split_at(digits);
        if digits == 0 || digits > 9 || fraction.is_empty() {
            return Err(DurError::NotADuration);
        }
        let before = Dur::parse(&format!("{whole}{unit}"))?;
        let one = Dur::parse(&format!("1{unit}"))?;
        let scale = 10u64.pow(u32::try_from(digits).unwrap_or(9));
        let parts: u64 = fraction.parse().map_err(|_| DurError::NotADuration)?;
        let part = Dur::from_nanos(
            u64::try_from(u128::from(one.as_nanos()) * u128::from(parts) / u128::from(scale)).unwrap_or(0),
        );
        Ok(Self::to_the_last(before.plus(part), Dur::from_nanos(one.as_nanos() / scale)))
    }

    fn to_the_last(at: Dur, step: Dur) -> Self {
        // Minutes and hours are counted in whole seconds by whoever reads them off a clock.
        let step = step.min(Dur::from_secs(1));
        let half = Dur::from_nanos(step.as_nanos() / 2);
        Self { least: at.minus(half), greatest: at.plus(step.minus(Dur::from_nanos(1).min(step))), stated: Some(at) }
    }

    /// The value that stands for it in a sentence.
    pub fn middle(self) -> Dur {
        self.stated.unwrap_or_else(|| Dur::from_nanos(self.least.as_nanos() / 2 + self.greatest.as_nanos() / 2))
    }

    pub fn words(self) -> String {
        self.stated.map_or_else(|| format!("{} to {}", self.least, self.greatest), |at| at.to_string())
    }
}

/// The unit that a duration ends with.
fn last_unit(text: &str) -> Dur {
    let unit: String =
        text.chars().rev().take_while(char::is_ascii_alphabetic).collect::<Vec<_>>().into_iter().rev().collect();
    Dur::parse(&format!("1{unit}")).unwrap_or(Dur::from_secs(1))
}

impl Symptom {
    /// Nothing was seen that could weigh anything.
    pub fn is_empty(&self) -> bool {
        *self == Self { at: self.at.clone(), ..Self::default() }
    }

    /// What the text of the exception and the body say besides.
    pub fn reading(&self) -> Reading {
        read(self.exception.as_deref().unwrap_or_default())
    }

    /// The same with what its exception says where nobody stated it.
    #[must_use]
    pub fn completed(&self) -> Self {
        let reading = self.reading();
        let mut symptom = self.clone();
        symptom.status = symptom.status.or(reading.status);
        symptom.after = symptom.after.or(reading.took);
        symptom.cut |= reading.cut;
        symptom
    }

    /// `name: value` as a header line has it.
    #[must_use]
    pub fn with_header(mut self, line: &str) -> Self {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        self.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_exact_as_its_last_digit() {
        let between = |text: &str| {
            let After { least, greatest, .. } = After::parse(text).expect(text);
            format!("{least} to {}", greatest.ceil_to(Dur::from_nanos(100_000)))
        };
        assert_eq!(between("29.0s"), "28.95s to 29.1s");
        assert_eq!(between("29s"), "28.5s to 30s");
        assert_eq!(between("300000ms"), "299.999s to 300.001s");
        assert_eq!(between("1m30s"), "89.5s to 91s");
        assert_eq!(between("5m"), "299.5s to 301s");
        assert_eq!(between("0.25 s"), "245ms to 260ms");
        for wrong in ["", "29", "29.s", ".5s", "1.5", "x", "-1s", "1.2.3s", "1.0000000000s"] {
            assert!(After::parse(wrong).is_err(), "{wrong}");
        }
    }
}
