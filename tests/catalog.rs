//! The embedded platform files: every one is read without a word, every fact says where it comes from, and what they
//! predict is what was measured.

mod support;

use hoplint::catalog::store::{Catalog, EMBEDDED, embedded};
use hoplint::catalog::{Buffering, Cause, Confidence, Fact, Guard, Max, Phase, Platform, Row, Unit, decode};
use hoplint::duration::Dur;
use hoplint::resolve::GuardValue;
use hoplint::span::FileId;
use std::collections::BTreeMap;
use std::sync::Arc;
use support::{ends, held_to, hop};

fn all() -> Vec<Arc<Platform>> {
    let catalog = Catalog::default();
    let find = |id: &str| catalog.find(id).unwrap_or_else(|| panic!("{id} is not sound"));
    catalog.ids().into_iter().map(find).collect()
}

/// Every fact of a platform, with where it stands.
fn facts(platform: &Platform) -> Vec<(String, &Fact)> {
    fn of<'p, T>(id: &'p str, kind: &'p str, rows: &'p [Row<T>]) -> impl Iterator<Item = (String, &'p Fact)> {
        rows.iter().enumerate().map(move |(i, row)| (format!("{id}: {kind} {i}"), &row.fact))
    }
    let id = platform.id.as_str();
    let mut facts: Vec<(String, &Fact)> = Vec::new();
    for timer in &platform.timers {
        facts.push((format!("{id}.{}", timer.id), &timer.fact));
        facts.extend(timer.defaults.iter().map(|row| (format!("{id}.{} default", timer.id), &row.fact)));
        facts.extend(timer.limits.iter().map(|row| (format!("{id}.{} limit", timer.id), &row.fact)));
    }
    facts.extend(of(id, "retries", &platform.retries));
    facts.extend(of(id, "emits", &platform.emits));
    facts.extend(of(id, "buffering", &platform.buffering));
    facts.extend(of(id, "streaming", &platform.streaming));
    facts.extend(of(id, "headers", &platform.headers));
    facts.extend(of(id, "cancellation", &platform.cancellation));
    facts.extend(of(id, "connection", &platform.connection));
    facts.extend(of(id, "heartbeat", &platform.heartbeat));
    facts.extend(of(id, "truncation", &platform.truncation));
    facts.extend(of(id, "prompt-cache", &platform.prompt_cache));
    facts.extend(of(id, "billing", &platform.billing));
    facts
}

#[test]
fn every_platform_file_is_sound() {
    let mut problems = String::new();
    for entry in EMBEDDED {
        let parent = entry.extends.map(|id| embedded(id).unwrap_or_else(|| panic!("{}: extends {id}", entry.id)).text);
        let (platform, diagnostics) = decode::platform(FileId(0), entry.text, parent);
        for diagnostic in diagnostics {
            let at = diagnostic.primary().map_or(0, |loc| loc.span.start as usize);
            let line = entry.text[..at.min(entry.text.len())].lines().count().max(1);
            let help = diagnostic.help.unwrap_or_default();
            problems += &format!("platforms/{}.toml:{line}: {} {help}\n", entry.id, diagnostic.message);
        }
        if let Some(platform) = platform
            && platform.id != entry.id
        {
            problems += &format!("platforms/{}.toml: the id is {}\n", entry.id, platform.id);
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn a_packed_platform_equals_its_text() {
    let catalog = Catalog::default();
    for entry in EMBEDDED {
        let parent = entry.extends.and_then(embedded).map(|p| p.text);
        let (from_text, _) = decode::platform(FileId(0), entry.text, parent);
        assert!(catalog.find(entry.id).as_deref() == from_text.as_ref(), "{} differs", entry.id);
    }
}

#[test]
fn ids_and_aliases_are_unique() {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in EMBEDDED {
        for name in std::iter::once(&entry.id).chain(entry.aliases) {
            if let Some(other) = seen.insert(name, entry.id) {
                panic!("`{name}` is claimed by {other} and {}", entry.id);
            }
        }
    }
}

#[test]
fn a_host_has_one_platform() {
    let catalog = Catalog::default();
    for (host, platform) in [
        ("api.openai.com", Some("openai")),
        ("us-central1-aiplatform.googleapis.com", Some("google-vertex")),
        ("bedrock-runtime.eu-west-1.amazonaws.com", Some("aws-bedrock")),
        ("ours.openai.azure.com", Some("azure-openai")),
        ("openai.com", None),
        ("api.openai.com.example.com", None),
    ] {
        assert_eq!(catalog.at_host(host).as_deref(), platform, "{host}");
    }
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in EMBEDDED {
        for host in entry.hosts {
            assert!(seen.insert(host, entry.id).is_none(), "{host} is claimed twice");
        }
    }
}

/// Digits where a date has digits: `2026-11-22`, and for history also `2026-11` or `2026`.
fn is_date(text: &str, parts: std::ops::RangeInclusive<usize>) -> bool {
    let numbers: Vec<&str> = text.split('-').collect();
    let fits = |(i, part): (usize, &&str)| {
        let digits = part.chars().all(|c| c.is_ascii_digit()) && part.len() == if i == 0 { 4 } else { 2 };
        let most = [9999, 12, 31][i];
        digits && part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n))
    };
    parts.contains(&numbers.len()) && numbers.iter().enumerate().all(fits)
}

#[test]
fn every_fact_says_where_it_comes_from_and_who_looked_when() {
    let mut problems = Vec::new();
    for platform in all() {
        for (place, fact) in facts(&platform) {
            if !is_date(&fact.date, 3..=3) {
                problems.push(format!("{place}: the date {} is no YYYY-MM-DD", fact.date));
            }
            if fact.source.trim().is_empty() {
                problems.push(format!("{place}: no source"));
            }
            if fact.how.trim().split(' ').count() < 2 {
                problems.push(format!("{place}: how says nothing: {:?}", fact.how));
            }
        }
        for row in platform.history.iter().filter(|row| !is_date(&row.date, 1..=3)) {
            problems.push(format!("{}: history has the date {}", platform.id, row.date));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Sources name a package and its version; the address of a registry says nothing about which release was read.
#[test]
fn no_file_names_a_package_registry() {
    // In two parts, so that this file names none either.
    const HOSTS: [(&str, &str); 12] = [
        ("crates", ".io"),
        ("py", "pi.org"),
        ("python", "hosted.org"),
        ("npm", "js"),
        ("rubygems", ".org"),
        ("proxy.golang", ".org"),
        ("nuget", ".org"),
        ("maven", ".org"),
        ("mvn", "repository"),
        ("packagist", ".org"),
        ("hub.docker", ".com"),
        ("ghcr", ".io"),
    ];
    for entry in EMBEDDED {
        let host = HOSTS.iter().find(|(name, rest)| entry.text.contains(&format!("{name}{rest}")));
        assert!(host.is_none(), "platforms/{}.toml names {host:?}", entry.id);
    }
}

/// A limit is never surer than the timer that it belongs to.
#[test]
fn a_timer_from_memory_has_no_certain_limit() {
    for platform in all() {
        for timer in platform.timers.iter().filter(|t| t.fact.checked == Confidence::Memory) {
            let sure = timer.limits.iter().find(|l| l.fact.checked > Confidence::Memory);
            assert!(sure.is_none(), "{}.{}: {sure:?}", platform.id, timer.id);
        }
    }
}

const FROM_MEMORY: &str = r#"
id = "remembered"
name = "Remembered"
role = "proxy"
summary = "Every fact is from memory."

[[timer]]
id = "read"
native = "read"
summary = "Silence."
phases = ["first-byte", "between-bytes"]
side = "upstream"
guards = ["wait.buffered", "wait.streaming", "gap"]
unit = "s"
source = "nowhere"
checked = "CHECKED"
date = "2026-11-22"
how = "written for a test"

  [[timer.default]]
  value = "20s"

  [[timer.limit]]
  max = "30s"
  enforced = "ceiling"

[[retries]]
attempts = 3
on = ["timeout"]
source = "nowhere"
checked = "CHECKED"
date = "2026-11-22"
how = "written for a test"

[[buffering]]
value = "whole-answer"
source = "nowhere"
checked = "CHECKED"
date = "2026-11-22"
how = "written for a test"

[[connection]]
side = "upstream"
reuses = true
source = "nowhere"
checked = "CHECKED"
date = "2026-11-22"
how = "written for a test"
"#;

#[test]
fn what_is_only_remembered_is_as_good_as_unknown() {
    let with = |checked: &str| {
        let (platform, problems) = decode::platform(FileId(0), &FROM_MEMORY.replace("CHECKED", checked), None);
        assert!(problems.is_empty(), "{problems:#?}");
        Catalog::with_own(vec![platform.expect("a platform")])
    };
    let known = with("documented");
    let case = &hop(&known, "remembered", "", "").cases[0];
    assert_eq!(ends(&hop(&known, "remembered", "", ""), Guard::Gap), ["20s"]);
    assert_eq!(held_to(&known, "remembered", "", "read"), [Some(Dur::from_secs(30))]);
    assert_eq!((case.attempts.most, case.buffering), (Some(3), Some(Buffering::WholeAnswer)));
    assert!(case.upstream.is_some());

    let memory = with("memory");
    let case = &hop(&memory, "remembered", "", "").cases[0];
    assert_eq!(ends(&hop(&memory, "remembered", "", ""), Guard::Gap), ["unknown"]);
    assert_eq!(held_to(&memory, "remembered", "", "read"), [None]);
    assert_eq!((case.attempts.most, case.buffering), (None, None));
    assert!(case.upstream.is_none());
}

/// A value that the option cannot express would be written wrongly by every generator.
#[test]
fn defaults_and_limits_can_be_written_in_the_unit() {
    let step = |unit: Unit| match unit {
        Unit::Minutes => Dur::from_secs(60),
        Unit::Millis => Dur::from_millis(1),
        _ => Dur::from_nanos(1),
    };
    let mut problems = Vec::new();
    for platform in all() {
        for timer in &platform.timers {
            let place = format!("{}.{}", platform.id, timer.id);
            let grid = timer.grid.unwrap_or(step(timer.unit));
            if !grid.is_on(step(timer.unit)) {
                problems.push(format!("{place}: the grid {grid} is finer than its unit"));
            }
            if timer.settable && !timer.guards.is_empty() && timer.unit == Unit::None {
                problems.push(format!("{place}: can be set, and nobody says how it is written"));
            }
            for limit in &timer.limits {
                let max = if let Some(Max::At(max)) = limit.max { Some(max) } else { None };
                for value in [limit.min, max].into_iter().flatten().filter(|v| timer.settable && !v.is_on(grid)) {
                    problems.push(format!("{place}: the limit {value} is off the grid {grid}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// `retried` overrides the retries, the method and what a chain declares; written without need it would be wrong for
/// a POST.
#[test]
fn retried_is_written_only_where_the_retries_say_otherwise() {
    for platform in all() {
        for timer in &platform.timers {
            let Some(retried) = timer.on_expiry.retried else { continue };
            let cause = if timer.phases.contains(&Phase::Connect) { Cause::Connect } else { Cause::Timeout };
            let mut habits = platform.retries.iter().map(|row| row.value.on.iter().any(|on| on.covers(cause)));
            let needed = platform.retries.is_empty() || habits.any(|habit| habit != retried);
            assert!(needed, "{}.{}: the retries already say so", platform.id, timer.id);
        }
    }
}

/// A timer in no guard is never compared with anything, so the list is looked at whenever it changes.
#[test]
fn timers_in_no_guard() {
    let mut lines = Vec::new();
    for platform in all() {
        for timer in platform.timers.iter().filter(|t| t.guards.is_empty()) {
            let phases: Vec<&str> = timer.phases.iter().map(|p| p.name()).collect();
            let looked = timer.phases.iter().any(|p| {
                matches!(p, Phase::FirstByte | Phase::BetweenBytes | Phase::Total | Phase::Send | Phase::Lifecycle)
            });
            let mark = if looked { "*" } else { " " };
            lines.push(format!("{mark} {}.{}: {}", platform.id, timer.id, phases.join(", ")));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredTable {
    row: Vec<Measured>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    platform: String,
    #[serde(default)]
    with: String,
    #[serde(default)]
    hop: String,
    guard: String,
    attempts: Option<u32>,
    took: serde_json::Value,
    /// How long a call without an end was waited for.
    #[serde(default)]
    waited: u32,
    source: String,
}

/// Start-up, loopback and scheduling: what a measurement has and a model has not.
const OVERHEAD: f64 = 0.35;

#[test]
fn what_was_measured_is_what_the_catalogue_predicts() {
    let table: MeasuredTable = toml::from_str(include_str!("data/measured.toml")).expect("a table of measurements");
    let catalog = Catalog::default();
    let mut problems = Vec::new();
    for row in &table.row {
        let guard = Guard::NAMES.iter().find(|(name, _)| *name == row.guard).expect("a guard").1;
        let more = parts(&row.hop).iter().fold(String::new(), |more, part| more + "    " + part.trim() + "\n");
        let hop = hop(&catalog, &row.platform, &row.with, &more);
        let mut wrong = |what: String| {
            problems.push(format!("{} {{{}}} {}: {what}; measured: {}", row.platform, row.with, row.hop, row.source));
        };
        if let Some(word) = row.took.as_str() {
            assert!(word == "absent" || row.waited > 0, "{}: say how long it was waited", row.source);
            if ends(&hop, guard) != [word] {
                wrong(format!("predicted {:?}", ends(&hop, guard)));
            }
            continue;
        }
        let took = row.took.as_f64().expect("seconds");
        for case in &hop.cases {
            let (GuardValue::Limited(_), Some(answer)) = (case.guard(guard), case.answer(guard)) else {
                wrong(format!("predicted {:?}", ends(&hop, guard)));
                continue;
            };
            let (first, last) = (answer.earliest.as_secs_f64(), answer.latest.as_secs_f64());
            if took < first - 0.01 || took > last + OVERHEAD + took / 500.0 {
                wrong(format!("took {took} s, predicted {first} to {last} s"));
            }
            if row.attempts != Some(answer.attempts) {
                wrong(format!("predicted {} attempts", answer.attempts));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The keys of a hop, split at the commas outside braces.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}
