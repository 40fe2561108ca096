//! A case as a chain file.
//!
//! What somebody set is declared. What was left alone or is fixed is left to the catalogue where it knows the same
//! value, with the facets that its row asks for, and is declared where it does not. A platform without a profile becomes
//! `custom` with a role by the last general word of its id. A phase that a platform lacks means its principal timer.

use crate::case::{Case, CaseHop, State, Stated};
use crate::phrase::{self, Time};
use hoplint::catalog::facet::{self, Cond, When};
use hoplint::catalog::store::Catalog;
use hoplint::catalog::{Confidence, DefaultValue, Guard, Max, Phase, Platform, Role, Setting, Side, Timer};
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

/// A timer's value. What somebody set without the report saying to what, or only to more than something, is taken to have
/// been set with the work in mind.
fn time_of(stated: &Stated, need: Option<Dur>) -> Time {
    let waits = matches!(stated.phase.as_str(), "first-byte" | "between-bytes" | "total");
    let roomy = need.filter(|_| waits && stated.state == State::Set).map(|need| need.times(ROOM));
    match phrase::time(&stated.value) {
        Time::Unknown => roomy.map_or(Time::Unknown, Time::At),
        Time::At(at) if phrase::is_lower_bound(&stated.value) => Time::At(roomy.map_or(at, |roomy| at.max(roomy))),
        time => time,
    }
}

/// How many times the work fits into a timeout that somebody set to a value that the report does not say.
const ROOM: u64 = 2;

/// The longest time of the workload, if it states any.
fn longest_need(case: &Case) -> Option<Dur> {
    let times = case.workload.iter().map(|(_, value)| phrase::time(value));
    times.filter_map(|time| if let Time::At(at) = time { Some(at) } else { None }).max()
}

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
    endpoints: Option<u32>,
    idempotent: bool,
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
            idempotent: known.as_deref().is_some_and(|platform| idempotent(hop, platform)),
            endpoints: known.as_deref().and_then(|platform| endpoints(hop, platform)),
            timeouts: BTreeMap::new(),
            limits: BTreeMap::new(),
            retries: retries(hop, known.as_deref()),
        };
        let sides = keepalive_sides(case, i);
        let need = longest_need(case);
        for stated in &hop.timeouts {
            match &known {
                Some(platform) => text.on_platform(platform, stated, sides, need),
                None => text.on_custom(stated, need),
            }
        }
        text
    }

    fn on_custom(&mut self, stated: &Stated, need: Option<Dur>) {
        if stated.value == "unknown" {
            return;
        }
        let Some(value) = source(time_of(stated, need)) else { return };
        self.timeouts.insert(stated.phase.clone(), value.clone());
        if stated.state == State::Hard && value != "none" {
            self.limits.insert(stated.phase.clone(), value);
        }
    }

    fn on_platform(&mut self, platform: &Platform, stated: &Stated, sides: &[Side], need: Option<Dur>) {
        let time = time_of(stated, need);
        let Some(value) = source(time) else { return };
        for timers in candidates(platform, &stated.phase, sides) {
            let Some(timer) = timers.iter().find(|t| t.settable).or(timers.first()) else { continue };
            let alone = (stated.state != State::Set).then(|| self.left_alone(platform, &timers, time)).flatten();
            if let Some(facets) = alone {
                self.facets = facets;
            } else {
                for (facet, value) in facets_of(&timer.when) {
                    self.facets.entry(facet).or_insert(value);
                }
                self.declare(timer, &value);
            }
            if stated.state == State::Hard && !timers.iter().any(|t| stops_at(t, time)) {
                self.limits.insert(timer.id.clone(), value.clone());
            }
        }
    }

    /// The facets under which the catalogue has this very value for one of the timers, if there are any.
    fn left_alone(&self, platform: &Platform, timers: &[&Timer], time: Time) -> Option<BTreeMap<String, String>> {
        let setting = match time {
            Time::At(at) => Setting::At(at),
            Time::Endless => Setting::None,
            Time::Off => Setting::Off,
            Time::Unknown => return None,
        };
        let has = |facets: &BTreeMap<String, String>| {
            let facets: Vec<(String, String)> = facets.clone().into_iter().collect();
            facet::worlds(&platform.facets, &facets, platform.conditions()).iter().all(|world| {
                let live = timers.iter().filter(|t| t.when.holds(world));
                let mut defaults = live.filter_map(|t| t.defaults.iter().find(|row| row.when.holds(world)));
                defaults.any(|row| row.value == DefaultValue::Is(setting) && row.fact.checked > Confidence::Memory)
            })
        };
        let rows = timers.iter().flat_map(|t| t.defaults.iter().map(|row| (*t, row)));
        let stated = rows.filter(|(_, row)| row.value == DefaultValue::Is(setting)).map(|(timer, row)| {
            let mut facets: BTreeMap<String, String> = facets_of(&timer.when).chain(facets_of(&row.when)).collect();
            facets.extend(self.facets.clone());
            facets
        });
        std::iter::once(self.facets.clone()).chain(stated).find(has)
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
        lines.extend(self.idempotent.then(|| "method: GET".to_owned()));
        lines.extend(self.endpoints.map(|n| format!("endpoints: {n}")));
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

/// A value of each facet with which a condition holds.
fn facets_of(when: &When) -> impl Iterator<Item = (String, String)> {
    when.0.iter().map(|(facet, cond)| {
        let value = match cond {
            Cond::OneOf(options) => options[0].clone(),
            Cond::Version(_) => version(&cond.to_string()),
        };
        (facet.clone(), value)
    })
}

/// A version for which a condition such as `<1.29.7` or `>=2.0, <3.0` holds.
fn version(condition: &str) -> String {
    let first = condition.split(',').next().unwrap_or_default().trim();
    let number = first.trim_start_matches(['<', '>', '=']);
    if first.starts_with("<=") || !first.starts_with(['<', '>']) || first.starts_with(">=") {
        return number.to_owned();
    }
    if first.starts_with('>') {
        return format!("{number}.1");
    }
    let mut parts: Vec<u64> = number.split('.').filter_map(|part| part.parse().ok()).collect();
    while parts.last() == Some(&0) {
        parts.pop();
    }
    if let Some(last) = parts.last_mut() {
        *last -= 1;
    }
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// Whether the catalogue knows that nothing beyond this is possible.
fn stops_at(timer: &Timer, time: Time) -> bool {
    let Time::At(at) = time else { return true };
    timer.limits.iter().any(|limit| limit.max == Some(Max::At(at)))
        || !timer.settable && timer.defaults.iter().any(|row| row.value == DefaultValue::Is(Setting::At(at)))
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

/// A platform that tries each upstream server once repeats only where it has several.
fn endpoints(hop: &CaseHop, platform: &Platform) -> Option<u32> {
    let (value, _) = hop.retries.as_ref()?;
    let per_endpoint = platform.retries.iter().any(|row| row.value.endpoints);
    let repeats = value.parse::<u32>().unwrap_or(1);
    (per_endpoint && repeats > 0).then_some(repeats + 1)
}

/// Repetitions that a report counts on a platform that repeats only idempotent calls are of such a call.
fn idempotent(hop: &CaseHop, platform: &Platform) -> bool {
    let counted = hop.retries.as_ref().is_some_and(|(value, _)| value.parse::<u32>().is_ok_and(|n| n > 0));
    counted && platform.retries.last().is_some_and(|row| row.value.idempotent_only)
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
