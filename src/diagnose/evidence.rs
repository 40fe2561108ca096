//! Which platforms' own words a body, a header or an exception carries.

use super::suspect::Score;
use super::symptom::Symptom;
use crate::catalog::store::Catalog;
use crate::catalog::{Platform, Says};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one text says about platforms.
#[derive(Debug, Default)]
pub struct Evidence {
    /// By the platform's id.
    by: BTreeMap<String, Match>,
}

/// A platform whose words were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub strength: Score,
    /// The timers that leave these words; where there are none they name the platform alone.
    pub timers: Vec<String>,
    pub says: Vec<(Says, Option<String>)>,
    pub name: String,
    /// What was found that says most, as the platform file writes it.
    pub found: String,
    /// Every pattern that was found, with how much of it is fixed text.
    all: Vec<(String, usize)>,
}

/// The evidence of all parts of a symptom.
#[derive(Debug, Default)]
pub struct Everything {
    pub body: Evidence,
    pub headers: Evidence,
    pub exception: Evidence,
    pub status: Evidence,
    pub flags: Evidence,
}

impl Everything {
    /// Looks through the whole catalogue, and through what chains bring with them.
    pub fn of(symptom: &Symptom, catalog: &Catalog, more: &[Arc<Platform>]) -> Self {
        let mut found = Self::default();
        let body = symptom.body.as_deref().map(folded);
        let text = symptom.exception.as_deref().map(folded);
        let headers: Vec<(String, String)> = symptom.headers.iter().map(|(n, v)| (folded(n), folded(v))).collect();
        let known: Vec<Arc<Platform>> = catalog.ids().into_iter().filter_map(|id| catalog.find(id)).collect();
        let own = more.iter().filter(|p| !known.iter().any(|k| k.id == p.id));
        for platform in known.iter().chain(own) {
            found.look(platform, symptom, body.as_deref(), text.as_deref(), &headers);
        }
        found
    }

    fn look(
        &mut self,
        platform: &Platform,
        symptom: &Symptom,
        body: Option<&str>,
        text: Option<&str>,
        headers: &[(String, String)],
    ) {
        for timer in &platform.timers {
            let expiry = &timer.on_expiry;
            let timers = std::slice::from_ref(&timer.id);
            if let Some(pattern) = &expiry.body {
                self.body.add(platform, pattern, timers, matches(pattern, body));
                self.exception.add(platform, pattern, timers, matches(pattern, text));
            }
            if let Some(pattern) = &expiry.exception {
                self.exception.add(platform, pattern, timers, names(pattern, text));
            }
            if let Some(pattern) = &expiry.log {
                self.exception.add(platform, pattern, timers, matches(pattern, text));
            }
        }
        for row in &platform.log_flags {
            let flag = &row.value;
            if symptom.flags.iter().any(|f| *f == flag.flag) {
                let own = symptom.logged_by.as_ref().is_none_or(|id| *id == platform.id);
                let found = format!("{}: {}", flag.flag, flag.meaning);
                let length = if own { CERTAIN } else { OF_ANOTHER };
                self.flags.add(platform, &found, &flag.timers, Some(length));
                let entry = self.flags.by.entry(platform.id.clone()).or_default();
                entry.says.extend(flag.says.map(|says| (says, None)));
            }
        }
        for row in &platform.signatures {
            let sign = &row.value;
            let status = sign.statuses.is_empty() || symptom.status.is_some_and(|s| sign.statuses.contains(&s));
            if !status {
                continue;
            }
            let says = sign.says.map(|says| (says, row.fact.note.as_ref().map(ToString::to_string)));
            let put = |evidence: &mut Evidence, pattern: &str, length: Option<usize>| {
                if length.is_some() {
                    evidence.add(platform, pattern, &sign.timers, length);
                    let entry = evidence.by.entry(platform.id.clone()).or_default();
                    entry.says.extend(says.clone());
                }
            };
            if let Some(pattern) = &sign.body {
                put(&mut self.body, pattern, matches(pattern, body));
                put(&mut self.exception, pattern, matches(pattern, text));
            }
            if let Some(pattern) = &sign.exception {
                put(&mut self.exception, pattern, matches(pattern, text).or_else(|| matches(pattern, body)));
            }
            if let Some(pattern) = &sign.header {
                put(&mut self.headers, pattern, header(pattern, headers));
            }
            if sign.body.is_none() && sign.exception.is_none() && sign.header.is_none() {
                put(&mut self.status, "status", Some(CERTAIN));
            }
        }
    }
}

impl Match {
    /// It names no timer, and says that the platform did not end the request by itself.
    pub fn blames_others(&self) -> bool {
        let own = |says: &Says| matches!(says, Says::Timeout | Says::Connect | Says::Refused);
        self.timers.is_empty() && !self.says.is_empty() && self.says.iter().all(|(says, _)| !own(says))
    }
}

impl Evidence {
    fn add(&mut self, platform: &Platform, pattern: &str, timers: &[String], length: Option<usize>) {
        let Some(length) = length else { return };
        let entry = self.by.entry(platform.id.clone()).or_default();
        entry.name.clone_from(&platform.name);
        let longest = entry.all.iter().map(|(_, length)| *length).max().unwrap_or_default();
        let names_timer = !timers.is_empty() && entry.timers.is_empty();
        if pattern == entry.found || (length == longest && !timers.is_empty() && !entry.timers.is_empty()) {
            entry.timers.extend(timers.iter().cloned());
        } else if names_timer || (length > longest && (!timers.is_empty() || entry.timers.is_empty())) {
            // What names a timer says more than what names the platform.
            entry.timers = timers.to_vec();
            pattern.clone_into(&mut entry.found);
        }
        if !entry.all.iter().any(|(known, _)| known == pattern) {
            entry.all.push((pattern.to_owned(), length));
            entry.strength = strength(entry.all.iter().map(|(_, length)| length).sum());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by.is_empty()
    }

    pub fn of(&self, platform: &str) -> Option<&Match> {
        self.by.get(platform)
    }

    /// The greatest strength that any platform has.
    pub fn strongest(&self) -> Score {
        self.by.values().map(|found| found.strength).max().unwrap_or_default()
    }

    /// Whether some platform's own timers are named.
    pub fn names_timers(&self) -> bool {
        self.by.values().any(|found| !found.timers.is_empty())
    }

    /// Names of the platforms that fit best, at most three.
    pub fn who(&self) -> Vec<&str> {
        let most = self.strongest();
        self.by.values().filter(|m| m.strength == most).map(|m| m.name.as_str()).take(3).collect()
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, &Match)> {
        self.by.iter().map(|(id, found)| (id.as_str(), found))
    }
}

/// In lower case, every run of spaces one space, quotes left out: how a body is printed differs.
fn folded(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '"' | '\'' | '`' | '\\')).take(MOST);
    let lower: String = kept.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

const MOST: usize = 64 * 1024;
/// Shorter words stand in too many texts.
const SHORTEST: usize = 4;
/// A flag that a platform shares with the one that wrote the log.
const OF_ANOTHER: usize = 16;
/// As much fixed text as leaves no doubt.
const CERTAIN: usize = 36;
/// How much the last part of a name proves, which several libraries share.
const LAST_PART: usize = 12;

/// Words that many programs say prove little; the more fixed text, the more.
const fn strength(length: usize) -> Score {
    match length {
        0..10 => 500,
        10..16 => 600,
        16..20 => 700,
        20..CERTAIN => 900,
        _ => 1000,
    }
}

/// How much fixed text of a pattern a text carries, if it carries all of it.
fn matches(pattern: &str, text: Option<&str>) -> Option<usize> {
    let (text, pattern) = (text?, folded(pattern));
    let parts: Vec<&str> = split(&pattern);
    let (mut rest, mut length) = (text, 0);
    for (i, part) in parts.iter().enumerate() {
        // Only the ends of a pattern end words; what fills a hole may touch the rest.
        let at = find_word(rest, part, i == 0, i + 1 == parts.len())?;
        rest = &rest[at + part.len()..];
        length += part.len();
    }
    (length >= SHORTEST).then_some(length)
}

/// The fixed parts of a pattern.
fn split(pattern: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split("...") {
        let mut rest = part;
        while let Some((before, after)) = rest.split_once('<') {
            // `<n>`, `<method>`; a tag such as `<center>` is text.
            match after.split_once('>') {
                Some((word, after)) if HOLES.contains(&word) => {
                    parts.push(before);
                    rest = after;
                }
                _ => break,
            }
        }
        parts.push(rest);
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

const HOLES: [&str; 4] = ["n", "url", "method", "name"];

/// Where a piece stands that is no part of a longer word at the ends that matter.
fn find_word(text: &str, piece: &str, first: bool, last: bool) -> Option<usize> {
    let inside = |near: Option<char>, edge: Option<char>| {
        near.is_some_and(char::is_alphanumeric) && edge.is_some_and(char::is_alphanumeric)
    };
    let whole = |at: usize| {
        let before = inside(text[..at].chars().next_back(), piece.chars().next());
        let after = inside(text[at + piece.len()..].chars().next(), piece.chars().next_back());
        !((first && before) || (last && after))
    };
    text.match_indices(piece).map(|(at, _)| at).find(|at| whole(*at))
}

/// An exception by its full name, or by its last part, which several libraries share.
fn names(pattern: &str, text: Option<&str>) -> Option<usize> {
    let text = text?;
    if let Some(length) = matches(pattern, Some(text)) {
        return Some(length + LAST_PART);
    }
    let folded = folded(pattern);
    let name = folded.split([' ', '(', ':']).next()?;
    let last = name.rsplit('.').next()?;
    (last.len() >= SHORTEST && last != name && find_word(text, last, true, true).is_some()).then_some(LAST_PART)
}

fn header(pattern: &str, headers: &[(String, String)]) -> Option<usize> {
    let pattern = folded(pattern);
    let (name, value) = pattern.split_once(':').map_or((pattern.as_str(), ""), |(n, v)| (n.trim(), v.trim()));
    let found = headers.iter().any(|(n, v)| n == name && (value.is_empty() || v.contains(value)));
    found.then_some(CERTAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_by_their_words() {
        let text =
            folded("<html>\r\n<head><title>504 Gateway  Time-out</title></head>\n<hr><center>nginx/1.22.1</center>");
        assert_eq!(matches("504 Gateway Time-out", Some(&text)), Some(20));
        assert_eq!(matches("<center>nginx", Some(&text)), Some(13));
        assert_eq!(matches("504 Gateway Timeout", Some(&text)), None);
        let text = folded("Error: timeout of 300000ms exceeded");
        assert_eq!(matches("timeout of <n>ms exceeded", Some(&text)), Some(21));
        assert_eq!(matches("mutex", Some("mutexes")), None);
        let text = Some("openai.apitimeouterror: request timed out.");
        assert!(names("openai.APITimeoutError", text) > names("groq.APITimeoutError", text));
        assert_eq!(names("groq.APITimeoutError", text), Some(LAST_PART));
        assert_eq!(names("httpx.ReadTimeout", text), None);
    }
}
