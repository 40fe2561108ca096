//! A case as a chain file.
//!
//! What somebody set is declared. What was left alone or is fixed is left to the catalogue where it knows the same
//! value, with the facets that its row asks for, and is declared where it does not. A platform without a profile becomes
//! `custom` with a role by the last general word of its id. A phase that a platform lacks means its principal timer.

use crate::case::{Case, CaseHop, State, Stated};
use crate::phrase::{self, Time};
use hoplint::catalog::facet::{Cond, When};
use hoplint::catalog::store::Catalog;
use hoplint::catalog::{DefaultValue, Guard, Max, Phase, Platform, Role, Setting, Side, Timer};
use hoplint::duration::Dur;
use std::collections::BTreeMap;

pub fn text(case: &Case, order: &str, catalog: &Catalog) -> String {
    let workload = workload(case).map_or_else(String::new, |map| format!("workload: {map}\n"));
    let mut out = format!("version: 1\norder: {order}\n{workload}hops:\n");
    for i in 0..case.hops.len() {
        out += &HopText::new(case, i, catalog).write();
    }
    out
}

/// What work without an end is taken to need.
const ENDLESS: Dur = Dur::from_secs(86_400);

/// The workload as a map, or nothing where the case states neither a time nor a stream.
fn workload(case: &Case) -> Option<String> {
    let stated = |key: &str| match case.workload(key).map(phrase::time) {
        Some(Time::At(at)) => Some(at),
        Some(Time::Endless) => Some(ENDLESS),
        _ => None,
    };
    let (duration, first, gap, upload) = (stated("duration"), stated("ttfb"), stated("max_gap"), stated("upload"));
    let mut parts = Vec::new();
    if case.workload("streaming") == Some("false") {
        // A buffered answer is silent to its end, so each silence is a lower bound of the whole.
        parts.extend(duration.max(first).max(gap).map(|total| format!("total: {}", total.to_source())));
    } else {
        parts.push("mode: streaming".to_owned());
        let total = duration.map(|total| first.map_or(total, |first| total.max(first)));
        let times = [("first-byte", first), ("gap", gap), ("total", total)];
        parts.extend(times.into_iter().filter_map(|(key, at)| Some(format!("{key}: {}", at?.to_source()))));
    }
    parts.extend(upload.map(|at| format!("upload: {}", at.to_source())));
    (!parts.is_empty()).then(|| format!("{{{}}}", parts.join(", ")))
}

struct HopText<'a> {
    hop: &'a CaseHop,
    platform: String,
    role: Option<&'static str>,
    facets: BTreeMap<String, String>,
    timeouts: BTreeMap<String, String>,
    limits: BTreeMap<String, String>,
    retries: Option<String>,
}

impl<'a> HopText<'a> {
    fn new(case: &'a Case, i: usize, catalog: &Catalog) -> Self {
        let hop = &case.hops[i];
        let known = catalog.find(&hop.platform);
        let mut text = HopText {
            hop,
            platform: if known.is_some() { hop.platform.clone() } else { "custom".to_owned() },
            role: known.is_none().then(|| role(&hop.platform, i, case.hops.len())),
            facets: BTreeMap::new(),
            timeouts: BTreeMap::new(),
            limits: BTreeMap::new(),
            retries: retries(hop, known.as_deref()),
        };
        let sides = keepalive_sides(case, i);
        for stated in &hop.timeouts {
            match &known {
                Some(platform) => text.on_platform(platform, stated, sides),
                None => text.on_custom(stated),
            }
        }
        text
    }

    fn on_custom(&mut self, stated: &Stated) {
        let Some(value) = source(phrase::time(&stated.value)) else { return };
        self.timeouts.insert(stated.phase.clone(), value.clone());
        if stated.state == State::Hard && value != "none" {
            self.limits.insert(stated.phase.clone(), value);
        }
    }

    fn on_platform(&mut self, platform: &Platform, stated: &Stated, sides: &[Side]) {
        let time = phrase::time(&stated.value);
        let Some(value) = source(time) else { return };
        for timers in candidates(platform, &stated.phase, sides) {
            let Some(timer) = timers.iter().find(|t| t.settable).or(timers.first()) else { continue };
            if stated.state == State::Set {
                self.state_facets(&timer.when);
                self.declare(timer, &value);
                continue;
            }
            match timers.iter().find_map(|t| default_row(t, time).map(|when| (t, when))) {
                Some((same, when)) => {
                    self.state_facets(&same.when);
                    self.state_facets(when);
                }
                None => self.declare(timer, &value),
            }
            if stated.state == State::Hard && !timers.iter().any(|t| stops_at(t, time)) {
                self.limits.insert(timer.id.clone(), value.clone());
            }
        }
    }

    /// The shortest of several values for one knob.
    fn declare(&mut self, timer: &Timer, value: &str) {
        let shorter = |known: &String| match (Dur::parse(known), Dur::parse(value)) {
            (Ok(known), Ok(new)) => known <= new,
            (Ok(_), Err(_)) => true,
            _ => false,
        };
        if !self.timeouts.get(&timer.id).is_some_and(shorter) {
            self.timeouts.insert(timer.id.clone(), value.to_owned());
        }
    }

    fn state_facets(&mut self, when: &When) {
        for (facet, cond) in &when.0 {
            if let Cond::OneOf(options) = cond {
                self.facets.entry(facet.clone()).or_insert_with(|| options[0].clone());
            }
        }
    }

    fn write(&self) -> String {
        let mut lines =
            vec![format!("name: {}", quote(&self.hop.name)), format!("platform: {}", quote(&self.platform))];
        lines.extend(self.role.map(|role| format!("role: {role}")));
        for (key, map) in [("with", &self.facets), ("timeouts", &self.timeouts)] {
            if !map.is_empty() {
                let entries: Vec<String> = map.iter().map(|(k, v)| format!("{}: {}", quote(k), quote(v))).collect();
                lines.push(format!("{key}: {{{}}}", entries.join(", ")));
            }
        }
        if !self.limits.is_empty() {
            lines.push("limits:".to_owned());
            let limit = |(timer, max): (&String, &String)| format!("  {}: {{max: {max}, reason: fixed}}", quote(timer));
            lines.extend(self.limits.iter().map(limit));
        }
        lines.extend(self.retries.as_ref().map(|retries| format!("retries: {retries}")));
        let buffers = |held: bool| format!("buffers: {}", if held { "whole-answer" } else { "never" });
        lines.extend(self.hop.buffering.map(buffers));
        format!("  - {}\n", lines.join("\n    "))
    }
}

/// Text that no YAML reader takes for anything else.
fn quote(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(text, "on" | "off" | "yes" | "no" | "true" | "false" | "null");
    if plain && word { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

fn source(time: Time) -> Option<String> {
    match time {
        Time::At(at) => Some(at.to_source()),
        Time::Endless => Some("none".to_owned()),
        Time::Off => Some("off".to_owned()),
        Time::Unknown => None,
    }
}

/// The timers that a stated phase can mean: one group for each knob to set, the likeliest timer first.
fn candidates<'p>(platform: &'p Platform, phase: &str, sides: &[Side]) -> Vec<Vec<&'p Timer>> {
    let Some(phase) = Phase::NAMES.iter().find(|(name, _)| *name == phase).map(|(_, p)| *p) else { return Vec::new() };
    let of_phase = |t: &&Timer| t.phases.contains(&phase);
    let all = || platform.timers.iter();
    match phase {
        Phase::Keepalive => {
            sides.iter().map(|side| all().filter(of_phase).filter(|t| t.side.covers(*side)).collect()).collect()
        }
        Phase::Send => vec![all().filter(|t| of_phase(t) || t.guards.contains(&Guard::Upload)).collect()],
        Phase::FirstByte | Phase::BetweenBytes | Phase::Total => {
            let waits = |t: &&Timer| t.guards.contains(&Guard::WaitBuffered) || t.guards.contains(&Guard::Gap);
            let mut own: Vec<&Timer> = all().filter(of_phase).filter(waits).collect();
            if own.is_empty() {
                own = all().filter(waits).collect();
                // The principal timer: the first that somebody can set.
                own.sort_by_key(|t| !t.settable);
                own.truncate(1);
            }
            vec![own]
        }
        _ => vec![all().filter(of_phase).collect()],
    }
}

/// The condition of the row by which the catalogue has this very default.
fn default_row(timer: &Timer, time: Time) -> Option<&When> {
    let setting = match time {
        Time::At(at) => Setting::At(at),
        Time::Endless => Setting::None,
        Time::Off => Setting::Off,
        Time::Unknown => return None,
    };
    timer.defaults.iter().find(|row| row.value == DefaultValue::Is(setting)).map(|row| &row.when)
}

/// Whether the catalogue knows that nothing beyond this is possible.
fn stops_at(timer: &Timer, time: Time) -> bool {
    let Time::At(at) = time else { return true };
    timer.limits.iter().any(|limit| limit.max == Some(Max::At(at)))
        || !timer.settable && default_row(timer, time).is_some()
}

/// The sides of a hop's connections that a keep-alive value of it speaks of: towards neighbours that state one too, else
/// both.
fn keepalive_sides(case: &Case, i: usize) -> &'static [Side] {
    let states = |i: Option<usize>| {
        let hop = i.and_then(|i| case.hops.get(i));
        hop.is_some_and(|hop| hop.timeouts.iter().any(|t| t.phase == "keepalive"))
    };
    match (states(i.checked_sub(1)), states(Some(i + 1))) {
        (true, false) => &[Side::Downstream],
        (false, true) => &[Side::Upstream],
        _ => &[Side::Upstream, Side::Downstream],
    }
}

/// Attempts that are not known are left to a platform that has some of its own; else a hop that repeats makes two.
fn retries(hop: &CaseHop, known: Option<&Platform>) -> Option<String> {
    let (value, state) = hop.retries.as_ref()?;
    let own = known.into_iter().flat_map(|p| &p.retries).filter_map(|row| row.value.attempts);
    let own: Vec<u32> = own.collect();
    match value.parse::<u32>() {
        Ok(n) if *state == State::Default && own.contains(&(n + 1)) => None,
        Ok(n) => Some(format!("{{retries: {n}}}")),
        Err(_) if value == "none" || value == "off" => Some("{retries: 0}".to_owned()),
        Err(_) if own.iter().any(|n| *n > 1) => None,
        Err(_) => Some("{attempts: 2}".to_owned()),
    }
}

/// Words that say what a program is; in an id the last one is the noun.
const WORDS: [(&str, Role); 42] = [
    ("client", Role::Client),
    ("browser", Role::Client),
    ("sdk", Role::Client),
    ("cli", Role::Client),
    ("agent", Role::Client),
    ("ide", Role::Client),
    ("extension", Role::Client),
    ("script", Role::Client),
    ("fetch", Role::Client),
    ("bot", Role::Client),
    ("cdn", Role::Cdn),
    ("edge", Role::Cdn),
    ("waf", Role::Cdn),
    ("gateway", Role::Gateway),
    ("apigw", Role::Gateway),
    ("ingress", Role::Gateway),
    ("frontend", Role::Gateway),
    ("lb", Role::LoadBalancer),
    ("alb", Role::LoadBalancer),
    ("elb", Role::LoadBalancer),
    ("balancer", Role::LoadBalancer),
    ("nlb", Role::L4),
    ("nat", Role::L4),
    ("firewall", Role::L4),
    ("vpn", Role::L4),
    ("proxy", Role::Proxy),
    ("relay", Role::Proxy),
    ("mesh", Role::Proxy),
    ("sidecar", Role::Proxy),
    ("server", Role::AppServer),
    ("app", Role::AppServer),
    ("service", Role::AppServer),
    ("backend", Role::AppServer),
    ("origin", Role::AppServer),
    ("api", Role::AppServer),
    ("worker", Role::AppServer),
    ("function", Role::Function),
    ("functions", Role::Function),
    ("router", Role::Router),
    ("llm", Role::ModelServer),
    ("model", Role::ModelServer),
    ("provider", Role::Provider),
];

fn role(id: &str, i: usize, hops: usize) -> &'static str {
    let said =
        id.rsplit(['-', '_']).find_map(|part| WORDS.iter().find(|(word, _)| *word == part).map(|(_, role)| *role));
    let by_place = || match i {
        0 => Role::Client,
        i if i + 1 == hops => Role::AppServer,
        _ => Role::Proxy,
    };
    let role = said.unwrap_or_else(by_place);
    Role::NAMES.iter().find(|(_, r)| *r == role).map_or("proxy", |(name, _)| name)
}
