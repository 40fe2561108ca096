//! One hop against its platform: declared settings onto knobs, defaults and limits around them, world by world.

use super::attempts::Attempts;
use super::chain::{Problem, ProblemKind};
use super::deployed::{Expectation, expectations, meaning};
use super::hop::{GuardValue, HopCase, Provenance, ResolvedHop, TimerValue};
use super::needs::Needs;
use crate::catalog::facet::{FacetKind, Version};
use crate::catalog::view::{View, Views};
use crate::catalog::{
    Confidence, Connection, DefaultValue, Enforced, Guard, Max, Phase, Platform, Retries, Row, Scope, Setting, Side,
    Timer, TimerLimit, Unlimited,
};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::model::{Declared, Hop};
use crate::span::{Loc, Located};
use crate::text::nearest;
use std::sync::Arc;

/// What somebody set one knob to.
struct KnobSetting<'p> {
    knob: &'p str,
    declared: Declared,
    provenance: Provenance,
}

pub fn resolve_hop(
    spec: &Arc<Hop>,
    platform: Arc<Platform>,
    known: bool,
    views: Arc<Views>,
    problems: &mut Vec<Problem>,
) -> ResolvedHop {
    let platform = super::custom::with_stated_timers(platform, spec);
    let knobs = knob_settings(spec, &platform, known, problems);
    check_settings(spec, &platform, &knobs, &views, problems);
    let mut cases: Vec<HopCase> = Vec::with_capacity(views.all.len());
    let case_of_view = views.all.iter().map(|view| {
        let case = build_case(spec, &platform, &knobs, view);
        cases.iter().position(|known| *known == case).unwrap_or_else(|| {
            cases.push(case);
            cases.len() - 1
        })
    });
    let case_of_view = case_of_view.collect();
    ResolvedHop {
        spec: Arc::clone(spec),
        platform,
        known,
        cases,
        views,
        case_of_view,
        mode: Mode::default(),
        needs: Needs::default(),
        fallbacks: Vec::new(),
    }
}

/// The facets that a hop states, checked against what the platform knows.
pub fn stated_facets(
    spec: &Hop,
    platform: &Platform,
    known: bool,
    problems: &mut Vec<Problem>,
) -> Vec<(String, String)> {
    let mut stated = Vec::new();
    for (key, value) in spec.with.iter().filter(|_| known) {
        let mut problem = |at: Loc, kind| problems.push(Problem { hop: spec.name.clone(), at, kind });
        let Some(facet) = platform.facets.iter().find(|f| f.id == key.value) else {
            // A deployed file may decide what only another platform asks for; nobody typed it here.
            if spec.is_deployed(key.loc) {
                continue;
            }
            problem(
                key.loc,
                ProblemKind::UnknownFacet {
                    typed: key.value.clone(),
                    platform: platform.id.clone(),
                    near: nearest(&key.value, platform.facets.iter().map(|f| f.id.as_str())).map(str::to_owned),
                    known: platform.facets.iter().map(|f| f.id.clone()).collect(),
                },
            );
            continue;
        };
        let found = match &facet.kind {
            FacetKind::Choice(values) => values.iter().find(|v| v.eq_ignore_ascii_case(&value.value)).cloned(),
            FacetKind::Version => Version::parse(&value.value).map(|_| value.value.clone()),
        };
        match found {
            Some(found) => stated.push((facet.id.clone(), found)),
            None => problem(
                value.loc,
                ProblemKind::UnknownFacetValue {
                    facet: facet.id.clone(),
                    typed: value.value.clone(),
                    platform: platform.id.clone(),
                    known: match &facet.kind {
                        FacetKind::Choice(values) => values.clone(),
                        FacetKind::Version => vec!["a version such as 1.29.7".to_owned()],
                    },
                },
            ),
        }
    }
    stated
}

/// The timer that a key under `timeouts:` or `limits:` means: its id, a native name, or a phase.
pub fn find_timer<'p>(platform: &'p Platform, key: &str) -> Option<&'p Timer> {
    let by_name = platform.timers.iter().find(|t| t.id == key || t.native == key);
    let by_other_name = || platform.timers.iter().find(|t| t.native_also.iter().any(|name| name == key));
    let by_short_name = || platform.timers.iter().find(|t| without_timeout(&t.native) == key);
    by_name.or_else(by_other_name).or_else(by_short_name).or_else(|| {
        let (side, phase) = match key.split_once('-') {
            Some(("upstream", rest)) => (Side::Upstream, rest),
            Some(("downstream", rest)) => (Side::Downstream, rest),
            _ => (Side::Both, key),
        };
        let phase = Phase::NAMES.iter().find(|(name, _)| *name == phase)?.1;
        let of_phase = || platform.timers.iter().filter(|t| t.phases.contains(&phase) && t.side.covers(side));
        of_phase().find(|t| t.settable).or_else(|| of_phase().next())
    })
}

/// `write_timeout` is what people call `write`.
fn without_timeout(native: &str) -> &str {
    native.strip_suffix("_timeout").or_else(|| native.strip_prefix("timeout.")).unwrap_or(native)
}

fn knob_settings<'p>(
    spec: &Hop,
    platform: &'p Platform,
    known: bool,
    problems: &mut Vec<Problem>,
) -> Vec<KnobSetting<'p>> {
    let mut knobs: Vec<(KnobSetting<'p>, Loc)> = Vec::new();
    let mut problem = |at: Loc, kind| problems.push(Problem { hop: spec.name.clone(), at, kind });
    let has_timers = known || spec.platform.value == super::custom::ID;
    let unknown = |key: &Located<String>| ProblemKind::UnknownTimer {
        typed: key.value.clone(),
        platform: platform.id.clone(),
        near: nearest(&key.value, timer_names(platform)).map(str::to_owned),
        known: platform.timers.iter().map(|t| t.id.clone()).collect(),
    };
    for limit in spec.limits.iter().filter(|_| has_timers) {
        if find_timer(platform, &limit.timer.value).is_none() {
            problem(limit.timer.loc, unknown(&limit.timer));
        }
    }
    for (key, declared) in &spec.timers {
        let Some(timer) = find_timer(platform, &key.value) else {
            if has_timers {
                problem(key.loc, unknown(key));
            }
            continue;
        };
        if let Some((other, at)) = knobs.iter().find(|(k, _)| k.knob == timer.knob) {
            if other.declared != declared.value {
                problem(
                    key.loc,
                    ProblemKind::TwoValuesForOneKnob {
                        knob: timer.native.clone(),
                        platform: platform.id.clone(),
                        other: *at,
                    },
                );
            }
            continue;
        }
        let provenance = match declared.value {
            Declared::Unseen => Provenance::Unseen(declared.loc),
            _ if !timer.settable => Provenance::Claimed(declared.loc),
            _ if spec.is_deployed(declared.loc) => Provenance::Bound(declared.loc),
            _ => Provenance::Declared(declared.loc),
        };
        let declared =
            if matches!(provenance, Provenance::Bound(_)) { meaning(timer, declared.value) } else { declared.value };
        knobs.push((KnobSetting { knob: &timer.knob, declared, provenance }, key.loc));
    }
    if let Some(expected) = &spec.expected {
        for Expectation { timer, key, value } in expectations(expected, platform) {
            let setting =
                KnobSetting { knob: &timer.knob, declared: value.value, provenance: Provenance::Declared(value.loc) };
            match knobs.iter_mut().find(|(known, _)| known.knob == timer.knob) {
                Some((known, _)) if known.declared == Declared::Unseen => *known = setting,
                None if spec.partial => knobs.push((setting, key)),
                Some(_) | None => {}
            }
        }
    }
    if let Some(timeout) = &spec.timeout {
        shorthand(spec, platform, timeout, &mut knobs, &mut problem);
    }
    if let Some(deadline) = &spec.deadline {
        let knob = super::custom::deadline_timer(platform).map_or(super::custom::DEADLINE, |t| t.knob.as_str());
        if !knobs.iter().any(|(k, _)| k.knob == knob) {
            let setting =
                KnobSetting { knob, declared: deadline.value, provenance: Provenance::Declared(deadline.loc) };
            knobs.push((setting, deadline.loc));
        }
    }
    knobs.into_iter().map(|(knob, _)| knob).collect()
}

/// `timeout: 90s`: all that the platform's one-number setting sets, except what is set by name.
fn shorthand<'p>(
    spec: &Hop,
    platform: &'p Platform,
    timeout: &Located<Declared>,
    knobs: &mut Vec<(KnobSetting<'p>, Loc)>,
    problem: &mut impl FnMut(Loc, ProblemKind),
) {
    let (timers, provenance): (Vec<&str>, _) = if platform.shorthand.is_empty() {
        if !super::custom::takes_claims(platform) {
            let known = platform.timers.iter().filter(|t| t.settable).map(|t| t.id.clone()).collect();
            problem(timeout.loc, ProblemKind::NoShorthand { platform: spec.platform.value.clone(), known });
            return;
        }
        (vec![super::custom::CLAIM], Provenance::Claimed(timeout.loc))
    } else {
        (platform.shorthand.iter().map(String::as_str).collect(), Provenance::Shorthand(timeout.loc))
    };
    for id in timers {
        let knob = platform.timer(id).map_or(id, |t| t.knob.as_str());
        if !knobs.iter().any(|(k, _)| k.knob == knob) {
            let setting = KnobSetting { knob, declared: timeout.value, provenance };
            knobs.push((setting, timeout.loc));
        }
    }
}

fn timer_names(platform: &Platform) -> impl Iterator<Item = &str> {
    platform.timers.iter().flat_map(|t| [t.id.as_str(), t.native.as_str()])
}

/// What can be said of a setting without looking at other hops.
fn check_settings(
    spec: &Hop,
    platform: &Platform,
    knobs: &[KnobSetting<'_>],
    views: &Views,
    problems: &mut Vec<Problem>,
) {
    for knob in knobs {
        let (Provenance::Declared(at) | Provenance::Bound(at)) = knob.provenance else { continue };
        let Declared::Set(setting) = knob.declared else { continue };
        let mut timers = platform.timers.iter().enumerate().filter(|(_, t)| t.knob == knob.knob);
        let Some((_, timer)) = timers.clone().next() else { continue };
        let mut problem = |kind| problems.push(Problem { hop: spec.name.clone(), at, kind });
        if !timers.clone().any(|(i, _)| views.all.iter().any(|view| view.timer(i).live)) {
            problem(ProblemKind::NotInThisWorld {
                timer: timer.id.clone(),
                platform: platform.id.clone(),
                when: timer.when.to_string(),
            });
        }
        if setting == Setting::None && timer.unlimited == Some(Unlimited::Impossible) {
            problem(ProblemKind::CannotBeUnlimited {
                timer: timer.id.clone(),
                native: timer.native.clone(),
                platform: platform.id.clone(),
            });
        }
        if setting == Setting::Off && !timers.any(|(_, t)| t.phases.contains(&Phase::Keepalive)) {
            problem(ProblemKind::OffIsForKeepalive { timer: timer.id.clone(), platform: platform.id.clone() });
        }
    }
}

fn build_case(spec: &Hop, platform: &Platform, knobs: &[KnobSetting<'_>], view: &View) -> HopCase {
    let mut timers = Vec::with_capacity(platform.timers.len());
    timers.extend(
        (0u16..)
            .zip(&platform.timers)
            .filter(|(i, _)| view.timer(usize::from(*i)).live)
            .map(|(i, timer)| timer_value(i, timer, spec, platform, knobs, view)),
    );
    let (guards, wait_before_headers) = guards(platform, &timers);
    let mut attempts = Attempts::new(view.retries.map(|row| &platform.retries[row].value), spec);
    complete_attempts(&mut attempts, platform, &timers);
    let named = |timer: fn(&Retries) -> Option<&String>| {
        let id = view.retries.and_then(|row| timer(&platform.retries[row].value))?;
        match timers.iter().find(|value| platform.timers[usize::from(value.timer)].id == *id)?.setting {
            Some(Setting::At(at)) => Some(at),
            _ => None,
        }
    };
    attempts.window = attempts.window.or_else(|| named(|retries| retries.window_timer.as_ref()));
    let least = named(|retries| retries.refused_wait_timer.as_ref());
    attempts.refused_wait = attempts.refused_wait.map(|wait| least.map_or(wait, |least| wait.min(least)));
    let billed = |row| value(&platform.billing, row).map(|billing| billing.billed);
    HopCase {
        guards,
        wait_before_headers,
        attempts,
        buffering: spec.buffers.as_ref().map(|b| b.value).or_else(|| value(&platform.buffering, view.buffering)),
        streaming: value(&platform.streaming, view.streaming),
        headers: spec.headers.as_ref().map(|h| h.value).or_else(|| value(&platform.headers, view.headers)),
        cancels: spec.cancels.as_ref().map(|c| c.value).or_else(|| value(&platform.cancellation, view.cancellation)),
        upstream: connection(platform, &timers, view.upstream, Side::Upstream),
        downstream: connection(platform, &timers, view.downstream, Side::Downstream),
        truncation: value(&platform.truncation, view.truncation).unwrap_or_default(),
        heartbeat: spec.heartbeat.as_ref().map(|h| h.value).or_else(|| value(&platform.heartbeat, view.heartbeat)),
        prompt_cache: value(&platform.prompt_cache, view.prompt_cache),
        billed: (billed(view.billing.0), billed(view.billing.1)),
        timers,
    }
}

fn value<T: Copy>(rows: &[Row<T>], row: Option<usize>) -> Option<T> {
    row.map(|row| rows[row].value)
}

fn timer_value(
    index: u16,
    timer: &Timer,
    spec: &Hop,
    platform: &Platform,
    knobs: &[KnobSetting<'_>],
    view: &View,
) -> TimerValue {
    let set = knobs.iter().find(|k| k.knob == timer.knob);
    let (setting, provenance, confidence) = match set {
        Some(KnobSetting { declared: Declared::Set(setting), provenance, .. }) => {
            (Some(*setting), *provenance, Confidence::Required)
        }
        Some(KnobSetting { declared: Declared::Unseen, provenance, .. }) => (None, *provenance, Confidence::Required),
        _ => default_value(usize::from(index), platform, knobs, view, 0),
    };
    let limit_row = view.timer(usize::from(index)).limit;
    let mut value = TimerValue {
        timer: index,
        setting,
        provenance,
        clipped_from: None,
        confidence,
        limit_row: limit_row.and_then(|row| u8::try_from(row).ok()),
    };
    let limit = limit_row.map(|row| &timer.limits[row]);
    if let Some(max) = ceiling(timer, spec, platform, limit) {
        let over = match setting {
            Some(Setting::At(at)) => at > max,
            Some(Setting::None) => {
                granted_max(timer, spec, platform).is_some() || !limit.is_some_and(|l| l.numbers_only)
            }
            _ => false,
        };
        if over {
            value.clipped_from = setting;
            value.setting = Some(Setting::At(max));
        }
    }
    value
}

/// The most that a timer can really be, where that is certain.
pub fn ceiling(timer: &Timer, spec: &Hop, platform: &Platform, limit: Option<&TimerLimit>) -> Option<Dur> {
    if let Some(max) = granted_max(timer, spec, platform) {
        return match max {
            Setting::At(max) => Some(max),
            _ => None,
        };
    }
    let limit = limit?;
    match limit.max? {
        Max::At(max) if limit.enforced != Enforced::Advisory && limit.fact.checked >= Confidence::Documented => {
            Some(max)
        }
        _ => None,
    }
}

/// The maximum that the hop states itself.
fn granted_max(timer: &Timer, spec: &Hop, platform: &Platform) -> Option<Setting> {
    let granted = spec.limits.iter().find(|l| find_timer(platform, &l.timer.value).is_some_and(|t| t.id == timer.id));
    granted.and_then(|l| l.max.as_ref()).map(|max| max.value)
}

fn default_value(
    index: usize,
    platform: &Platform,
    knobs: &[KnobSetting<'_>],
    view: &View,
    depth: u8,
) -> (Option<Setting>, Provenance, Confidence) {
    let timer = &platform.timers[index];
    let provenance = if timer.settable { Provenance::Default } else { Provenance::Fixed };
    let Some(default) = view.timer(index).default.map(|row| &timer.defaults[row]) else {
        return (None, provenance, Confidence::Memory);
    };
    let confidence = default.fact.checked;
    match &default.value {
        // A fact from memory never fires, so its value is as good as unknown.
        DefaultValue::Is(setting) if confidence > Confidence::Memory => (Some(*setting), provenance, confidence),
        DefaultValue::From(other) if depth < 4 => {
            let Some(other) = platform.timers.iter().position(|t| t.id == *other) else {
                return (None, provenance, confidence);
            };
            let set = knobs.iter().find(|k| k.knob == platform.timers[other].knob);
            if let Some(KnobSetting { declared: Declared::Set(setting), .. }) = set {
                (Some(*setting), Provenance::Inherited, confidence)
            } else {
                let (setting, _, inner) = default_value(other, platform, knobs, view, depth + 1);
                (setting, Provenance::Inherited, confidence.min(inner))
            }
        }
        _ => (None, provenance, confidence),
    }
}

/// Every guard, and the streaming wait without the timers that bound the whole stream.
fn guards(platform: &Platform, timers: &[TimerValue]) -> ([GuardValue; 5], GuardValue) {
    let (mut guards, mut wait_before_headers) = ([GuardValue::Absent; 5], GuardValue::Absent);
    for value in timers {
        let timer = &platform.timers[usize::from(value.timer)];
        for guard in &timer.guards {
            // A timer that restarts with every piece of the body says nothing about the length of an upload.
            if *guard != Guard::Upload || timer.upload_total {
                guards[*guard as usize].enter(timer, value);
            }
        }
        if timer.guards.contains(&Guard::WaitStreaming) && !timer.guards.contains(&Guard::StreamTotal) {
            wait_before_headers.enter(timer, value);
        }
    }
    (guards, wait_before_headers)
}

/// The parts of the retry behaviour that timers decide: overall deadlines, and declared connect and queue time.
fn complete_attempts(attempts: &mut Attempts, platform: &Platform, timers: &[TimerValue]) {
    for value in timers {
        let timer = &platform.timers[usize::from(value.timer)];
        let Some(Setting::At(at)) = value.setting else { continue };
        let bounds_the_call = timer.scope == Scope::Call && timer.guards.contains(&Guard::WaitBuffered);
        if bounds_the_call && attempts.deadline.is_none_or(|d| at < d) {
            (attempts.deadline, attempts.deadline_late) = (Some(at), timer.late.1);
        }
        // A default connect limit is a bound for dead servers, not time that a slow answer also costs.
        // One timer over connect and wait together is no lead: it would count twice.
        let leads =
            timer.guards.is_empty() && (timer.phases.contains(&Phase::Connect) || timer.phases.contains(&Phase::Queue));
        if leads
            && timer.side.covers(Side::Upstream)
            && matches!(value.provenance, Provenance::Declared(_) | Provenance::Bound(_))
        {
            attempts.lead = attempts.lead.plus(at);
        }
    }
}

fn connection(platform: &Platform, timers: &[TimerValue], row: Option<usize>, side: Side) -> Option<Connection> {
    let known = row.map(|row| platform.connection[row].value.clone());
    let value_of = |id: &str| timers.iter().find(|v| platform.timers[usize::from(v.timer)].id == id);
    let declared = timers.iter().find(|value| {
        let timer = &platform.timers[usize::from(value.timer)];
        timer.phases.contains(&Phase::Keepalive) && timer.side.covers(side) && value.provenance.is_written()
    });
    let mut connection = match (known, declared) {
        (Some(known), _) => known,
        // Whoever sets a keep-alive time has keep-alive.
        (None, Some(declared)) => Connection {
            side,
            reuses: true,
            timer: Some(platform.timers[usize::from(declared.timer)].id.clone().into()),
            obeys_hint: false,
            repeats_reset: None,
            closes_silently: false,
        },
        (None, None) => return None,
    };
    let setting = connection.timer.as_deref().and_then(value_of).and_then(|v| v.setting);
    if setting == Some(Setting::Off) {
        connection.reuses = false;
    }
    Some(connection)
}
