//! What a repair may write into a deployed file is read again as meant, and nothing else of the file has changed.
//!
//! Over all fixtures of all readers, as they are, with line breaks of Windows and without a last line break.

#![allow(clippy::unwrap_used, reason = "what fails in a test panics")]

#[path = "support/edits.rs"]
mod edits;

use edits::{Fixture, Wanted, all_missing, inserts, made, moved, replacements, set, value_of};
use hoplint::catalog::store::Catalog;
use hoplint::diag::{Edit, Severity};
use hoplint::duration::Dur;
use hoplint::import::{Deployed, Import};
use hoplint::model::Declared;
use hoplint::span::Loc;
use std::fmt::Write as _;

fn values() -> [Dur; 4] {
    ["1s", "90s", "150s", "1500ms"].map(|text| Dur::parse(text).unwrap())
}

/// The kinds of text that one fixture stands for.
fn variants(fixture: &Fixture) -> Vec<(&'static str, Fixture)> {
    let windows = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
    let unended = |text: &str| text.strip_suffix('\n').map_or(text, |t| t.strip_suffix('\r').unwrap_or(t)).to_owned();
    vec![
        ("as it is", fixture.clone()),
        ("with CRLF", fixture.map(windows)),
        ("without a last line break", fixture.map(unended)),
        ("with CRLF and without a last one", fixture.map(|text| unended(&windows(text)))),
    ]
}

/// All that was read of one thing, with the places where it stands, moved as the edits move them. What stands where an
/// edit is made is left out.
struct Told<'e> {
    edits: &'e [Edit],
    /// Whether places have to be moved: those of the text before.
    before: bool,
    /// The text after, for those places that are to be left out.
    lines: Vec<String>,
}

impl Told<'_> {
    fn place(&self, at: Loc) -> Loc {
        if self.before { moved(at, self.edits) } else { at }
    }

    /// A value may be a part of a longer one: `65s 60s`.
    fn is_replaced(&self, at: Loc) -> bool {
        let holds = |edit: &Edit| {
            let there = if self.before { edit.loc } else { moved(edit.loc, self.edits) };
            there.file == at.file && at.span.start <= there.span.start && there.span.end <= at.span.end
        };
        self.edits.iter().any(|edit| !edit.loc.span.is_empty() && holds(edit))
    }

    fn is_longer(&self, at: Loc) -> bool {
        let holds = |edit: &Edit| {
            let there = if self.before { edit.loc } else { moved(edit.loc, self.edits) }.span.end;
            edit.loc.file == at.file && at.span.start < there && there <= at.span.end
        };
        self.edits.iter().any(|edit| edit.loc.span.is_empty() && holds(edit))
    }

    /// Hops that share a block share what is inserted there.
    fn is_new(&self, at: Loc) -> bool {
        let holds = |edit: &Edit| {
            let end = moved(edit.loc, self.edits).span.start;
            let start = end - u32::try_from(edit.text.len()).unwrap();
            edit.loc.file == at.file && start <= at.span.start && at.span.end <= end
        };
        !self.before && self.edits.iter().any(|edit| edit.loc.span.is_empty() && holds(edit))
    }

    fn line(&mut self, at: Loc, text: &str) {
        if self.is_new(at) {
            return;
        }
        let place = self.place(at);
        if self.is_longer(at) {
            self.lines.push(text.to_owned());
        } else if !self.is_replaced(at) {
            self.lines.push(format!("{text} at {}:{}..{}", place.file.0, place.span.start, place.span.end));
        }
    }
}

/// One hop without the timers that the edits are about.
fn told_hop(deployed: &Deployed, edits: &[Edit], before: bool, but: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut told = Told { edits, before, lines: Vec::new() };
    let hop = &deployed.hop;
    told.lines.push(format!("{} also {:?}", deployed.selector, deployed.also));
    told.lines.push(format!("platform {}", hop.platform.value));
    for (name, value) in hop.timers.iter().filter(|(name, _)| !but(&name.value)) {
        told.line(value.loc, &format!("{} {:?}", name.value, value.value));
    }
    for (facet, value) in &hop.with {
        told.line(value.loc, &format!("with {}={}", facet.value, value.value));
    }
    if let Some(retries) = &hop.retries {
        if let Some(attempts) = &retries.attempts {
            told.line(attempts.loc, &format!("attempts {}", attempts.value));
        }
        if let Some(window) = &retries.window {
            told.line(window.loc, &format!("window {}", window.value.to_source()));
        }
        if let Some(on) = &retries.on {
            told.line(on.loc, &format!("on {:?}", on.value));
        }
    }
    if let Some(endpoints) = &hop.endpoints {
        told.line(endpoints.loc, &format!("endpoints {}", endpoints.value));
    }
    for unseen in deployed.unseen.iter().filter(|unseen| unseen.timer.as_deref().is_none_or(|timer| !but(timer))) {
        told.line(unseen.at, &format!("unseen {:?} {}", unseen.timer, unseen.why));
    }
    for call in &deployed.calls {
        told.line(call.at, &format!("calls {}", call.to));
    }
    told.lines.push(format!("answers {:?}", deployed.answers));
    told.lines.sort();
    told.lines
}

/// Errors, and whether an edit changes the value that each is about.
fn errors(import: &Import, edits: &[Edit], before: bool) -> Vec<(String, bool)> {
    let told = Told { edits, before, lines: Vec::new() };
    let bad = import.problems.iter().filter(|problem| problem.severity == Severity::Error);
    bad.map(|problem| (problem.message.clone(), problem.primary().is_some_and(|at| told.is_replaced(at)))).collect()
}

fn settings(import: &Import, edits: &[Edit], before: bool) -> Vec<String> {
    let mut told = Told { edits, before, lines: Vec::new() };
    for setting in &import.settings {
        if told.is_longer(setting.at) && setting.option.ends_with("-attributes") {
            continue;
        }
        told.line(
            setting.at,
            &format!("{} = {} in {} {}", setting.option, setting.value, setting.context, setting.plain),
        );
    }
    told.lines.sort();
    told.lines
}

/// What is wrong with one edit.
fn judge(catalog: &Catalog, fixture: &Fixture, before: &Import, wanted: &Wanted) -> Option<String> {
    let edited = fixture.edited(&wanted.edits);
    let edits: Vec<Edit> = wanted.edits.iter().map(|edit| made(fixture, edit)).collect();
    let after = edited.read();
    let mut wrong = String::new();
    let name = |import: &Import| import.hops.iter().map(|hop| hop.selector.clone()).collect::<Vec<_>>();
    if name(before) != name(&after) {
        let _ = writeln!(wrong, "hops {:?} became {:?}", name(before), name(&after));
    }
    for hop in &before.hops {
        let Some(again) = after.hops.iter().find(|other| other.selector == hop.selector) else { continue };
        let mine: Vec<&String> = wanted.timers.iter().filter(|(s, _)| *s == hop.selector).map(|(_, t)| t).collect();
        for timer in &mine {
            let found = value_of(catalog, again, timer);
            if found != Some(set(wanted.to)) {
                let _ = writeln!(wrong, "{}: {timer} is {found:?}", hop.selector);
            }
        }
        let same = |name: &str, timer: &str| {
            let platform = catalog.find(&hop.hop.platform.value).unwrap();
            let id = |name| hoplint::resolve::one::find_timer(&platform, name).map(|timer| timer.id.clone());
            id(name) == id(timer)
        };
        // What several places say together is unseen where they differ, and an edit may begin or end that.
        let unseen = |hop: &Deployed, timer: &str| value_of(catalog, hop, timer) == Some(Declared::Unseen);
        let shared = |name: &str| {
            mine.iter().any(|timer| same(name, timer))
                || wanted.timers.iter().any(|(_, timer)| same(name, timer)) && unseen(hop, name) != unseen(again, name)
        };
        let (old, new) = (told_hop(hop, &edits, true, &shared), told_hop(again, &edits, false, &shared));
        differences(&old, &new, &mut wrong);
    }
    let (old, new) = (errors(before, &edits, true), errors(&after, &edits, false));
    for (message, _) in new.iter().filter(|(message, _)| old.iter().all(|(other, _)| other != message)) {
        let _ = writeln!(wrong, "new error: {message}");
    }
    // What was wrong with a value may be right now.
    for (message, _) in old.iter().filter(|(message, gone)| !gone && new.iter().all(|(other, _)| other != message)) {
        let _ = writeln!(wrong, "no longer an error: {message}");
    }
    let (old, new) = (settings(before, &edits, true), settings(&after, &edits, false));
    if wanted.inserts && after.settings.len() <= before.settings.len() {
        let _ = writeln!(wrong, "the new setting is not among the settings");
    }
    differences(&old, &new, &mut wrong);
    for (path, text) in &edited.texts {
        if text.contains("\r\n") && text.replace("\r\n", "").contains('\n') {
            let was = &fixture.texts.iter().find(|(known, _)| known == path).unwrap().1;
            if !was.replace("\r\n", "").contains('\n') {
                let _ = writeln!(wrong, "{path}: line breaks are mixed");
            }
        }
    }
    (!wrong.is_empty()).then_some(wrong)
}

fn differences(old: &[String], new: &[String], wrong: &mut String) {
    for line in old.iter().filter(|line| !new.contains(line)) {
        let _ = writeln!(wrong, "  - {line}");
    }
    for line in new.iter().filter(|line| !old.contains(line)) {
        let _ = writeln!(wrong, "  + {line}");
    }
}

/// Judges edits of every variant of every fixture, and says how many there were.
fn all(edits: impl Fn(&Catalog, &Import) -> Vec<Wanted>) -> usize {
    let catalog = Catalog::default();
    let (mut count, mut wrong) = (0, Vec::new());
    for fixture in Fixture::all() {
        for (variant, fixture) in variants(&fixture) {
            let before = fixture.read();
            for wanted in edits(&catalog, &before) {
                count += 1;
                if let Some(why) = judge(&catalog, &fixture, &before, &wanted) {
                    wrong.push(format!("{} {variant}: {}\n{why}{:?}", fixture.name(), wanted.name(), wanted.edits));
                }
            }
        }
    }
    let told = wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} of {count} edits:\n{told}", wrong.len());
    count
}

#[test]
fn another_value_in_the_place_of_one_is_read_and_nothing_else_changes() {
    let count = all(|catalog, import| replacements(catalog, import, &values()));
    assert!(count > 4_000, "{count}");
}

#[test]
fn a_setting_that_is_inserted_is_read_and_nothing_else_changes() {
    let count = all(|catalog, import| inserts(catalog, import, &values()));
    assert!(count > 4_000, "{count}");
}

#[test]
fn all_that_a_hop_lacks_may_be_inserted_at_once() {
    let count = all(|catalog, import| all_missing(catalog, import, Dur::from_secs(7)));
    assert!(count > 250, "{count}");
}
