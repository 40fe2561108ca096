//! Hops without a platform file: `platform: custom`, platforms that nobody knows, claims and declared deadlines.
//!
//! They get timers made from what the hop states, with the guards that their phase usually has.

use crate::catalog::facet::When;
use crate::catalog::{
    Confidence, Default, DefaultValue, Expiry, Fact, Guard, OnExpiry, Phase, Platform, Role, Scope, Side, Timer, Unit,
    Words,
};
use crate::duration::Dur;
use crate::model::Hop;
use std::sync::Arc;

pub const ID: &str = "custom";
/// The timer behind `deadline:` on a platform that has no call-wide timer of its own.
pub const DEADLINE: &str = "deadline";
/// The timer behind `timeout:` on a platform without any knob.
pub const CLAIM: &str = "timeout";

/// A platform made from the phases that a hop sets.
pub fn platform(spec: &Hop) -> Platform {
    let named = |phase: &str| spec.timers.iter().any(|(key, _)| key.value == phase);
    let timers = PHASES
        .iter()
        .map(|(id, phase, side)| {
            let guards = match phase {
                // An idle timer runs before the headers too, unless the hop has another for that.
                Phase::BetweenBytes if !named("first-byte") => {
                    vec![Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap]
                }
                Phase::BetweenBytes => vec![Guard::Gap],
                Phase::FirstByte => vec![Guard::WaitBuffered, Guard::WaitStreaming],
                Phase::Total => vec![Guard::WaitBuffered, Guard::WaitStreaming, Guard::StreamTotal],
                Phase::Send => vec![Guard::Upload],
                _ => Vec::new(),
            };
            let mut timer = timer(id, *phase, *side, guards, Scope::Attempt);
            if *phase == Phase::Keepalive && named("keepalive") {
                // The bare phase speaks of both sides.
                "keepalive".clone_into(&mut timer.knob);
            }
            timer
        })
        .collect();
    Platform {
        id: spec.platform.value.clone(),
        name: spec.platform.value.clone(),
        vendor: String::new(),
        role: spec.role.as_ref().map_or(Role::Proxy, |r| r.value),
        aliases: Vec::new(),
        hosts: Vec::new(),
        summary: "".into(),
        docs: None,
        versions: None,
        shorthand: vec!["total".to_owned()],
        shorthand_native: None,
        traps: Vec::new(),
        ways_out: Vec::new(),
        facets: Vec::new(),
        timers,
        retries: Vec::new(),
        emits: Vec::new(),
        buffering: Vec::new(),
        streaming: Vec::new(),
        headers: Vec::new(),
        cancellation: Vec::new(),
        connection: Vec::new(),
        heartbeat: Vec::new(),
        truncation: Vec::new(),
        prompt_cache: Vec::new(),
        billing: Vec::new(),
        signatures: Vec::new(),
        log_flags: Vec::new(),
        history: Vec::new(),
    }
}

const PHASES: [(&str, Phase, Side); 8] = [
    ("total", Phase::Total, Side::Both),
    ("first-byte", Phase::FirstByte, Side::Upstream),
    ("between-bytes", Phase::BetweenBytes, Side::Both),
    ("connect", Phase::Connect, Side::Upstream),
    ("send", Phase::Send, Side::Both),
    ("queue", Phase::Queue, Side::Both),
    ("upstream-keepalive", Phase::Keepalive, Side::Upstream),
    ("downstream-keepalive", Phase::Keepalive, Side::Downstream),
];

/// The platform's own timer over the whole call, if somebody can set it.
pub fn deadline_timer(platform: &Platform) -> Option<&Timer> {
    platform.timers.iter().find(|t| {
        t.settable
            && t.scope == Scope::Call
            && t.phases.contains(&Phase::Total)
            && t.guards.contains(&Guard::WaitBuffered)
    })
}

/// Whether `timeout:` on this platform is a claim: there is nothing that anybody could set.
pub fn takes_claims(platform: &Platform) -> bool {
    platform.shorthand.is_empty() && !platform.timers.iter().any(|t| t.settable && !t.guards.is_empty())
}

/// Adds the timers that only the hop knows of.
pub fn with_stated_timers(platform: Arc<Platform>, spec: &Hop) -> Arc<Platform> {
    let deadline = spec.deadline.is_some() && deadline_timer(&platform).is_none();
    let claim = spec.timeout.is_some() && takes_claims(&platform);
    if !deadline && !claim {
        return platform;
    }
    let mut platform = Platform::clone(&platform);
    let all = vec![Guard::WaitBuffered, Guard::WaitStreaming, Guard::StreamTotal];
    if deadline {
        platform.timers.push(timer(DEADLINE, Phase::Total, Side::Upstream, all.clone(), Scope::Call));
    }
    if claim {
        platform
            .timers
            .push(Timer { settable: false, ..timer(CLAIM, Phase::Total, Side::Downstream, all, Scope::Attempt) });
    }
    Arc::new(platform)
}

fn timer(id: &str, phase: Phase, side: Side, guards: Vec<Guard>, scope: Scope) -> Timer {
    let fact = Fact::new(Confidence::Required, Words { source: "the chain file".into(), ..Words::default() });
    Timer {
        id: id.to_owned(),
        native: id.to_owned(),
        native_also: Vec::new(),
        summary: "".into(),
        phases: vec![phase],
        side,
        scope,
        guards,
        expiry: Expiry::Error,
        knob: id.to_owned(),
        settable: true,
        unit: Unit::Text,
        grid: None,
        zero: None,
        unlimited: None,
        late: (Dur::ZERO, Dur::ZERO),
        upload_total: true,
        at_next_write: false,
        lazy: Dur::ZERO,
        any_body: false,
        by_age: false,
        on_expiry: OnExpiry::default(),
        confirm: None,
        when: When::default(),
        // Nothing is known of what is not stated, and nothing follows from it: absent, not unlimited.
        defaults: vec![Default { when: When::default(), value: DefaultValue::Unknown, fact: fact.clone() }],
        limits: Vec::new(),
        fact,
    }
}
