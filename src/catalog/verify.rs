//! What must hold inside one platform file beyond its form: facets that exist, timers that exist, defaults within limits.

use super::facet::{Cond, FacetKind, World, worlds};
use super::{DefaultValue, Enforced, Max, Phase, Platform, Retries, Setting, Timer};
use crate::duration::Dur;
use crate::span::Span;
use crate::syntax::decode::{Ctx, INVALID_VALUE};
use crate::syntax::{Kind, Node};

/// Reports every inconsistency of a platform that was read.
pub fn verify(platform: &Platform, root: Option<&Node<'_>>, ctx: &mut Ctx<'_>) {
    let mut problems: Vec<(Option<&str>, String)> = Vec::new();
    conditions(platform, &mut problems);
    if root.is_none_or(|root| root.get("extends").is_none()) {
        unused_facets(platform, &mut problems);
    }
    names(platform, &mut problems);
    for timer in &platform.timers {
        guards(timer, &mut problems);
        values(platform, timer, &mut problems);
    }
    for (timer, message) in problems {
        let span = place(root, timer);
        let message = match timer {
            Some(timer) => format!("timer `{timer}`: {message}"),
            None => message,
        };
        let diagnostic = ctx.error(INVALID_VALUE, span, message);
        ctx.diagnostics.push(diagnostic);
    }
}

type Problems<'p> = Vec<(Option<&'p str>, String)>;

fn conditions<'p>(platform: &'p Platform, problems: &mut Problems<'p>) {
    for when in platform.conditions() {
        for (facet, cond) in &when.0 {
            let Some(known) = platform.facets.iter().find(|f| f.id == *facet) else {
                problems.push((None, format!("a `when` names the facet `{facet}`, which the file does not declare")));
                continue;
            };
            match (&known.kind, cond) {
                (FacetKind::Choice(values), Cond::OneOf(options)) => {
                    for option in options.iter().filter(|o| !values.contains(o)) {
                        problems.push((None, format!("facet `{facet}` has no value `{option}`")));
                    }
                }
                (FacetKind::Version, Cond::Version(_)) => {}
                _ => problems.push((None, format!("the condition on facet `{facet}` does not fit its kind"))),
            }
        }
    }
    for facet in &platform.facets {
        if let (Some(default), FacetKind::Choice(values)) = (&facet.default, &facet.kind)
            && !values.contains(default)
        {
            problems.push((None, format!("facet `{}` has no value `{default}`", facet.id)));
        }
    }
}

/// A facet that decides nothing only asks people questions. An extended platform inherits some that it has no use for.
fn unused_facets<'p>(platform: &'p Platform, problems: &mut Problems<'p>) {
    for facet in &platform.facets {
        if !platform.conditions().any(|when| when.0.iter().any(|(id, _)| *id == facet.id)) {
            problems.push((None, format!("no condition uses the facet `{}`", facet.id)));
        }
    }
}

fn names<'p>(platform: &'p Platform, problems: &mut Problems<'p>) {
    for (i, timer) in platform.timers.iter().enumerate() {
        if platform.timers[..i].iter().any(|t| t.id == timer.id) {
            problems.push((Some(&timer.id), "the id is used twice".to_owned()));
        }
    }
    for id in &platform.shorthand {
        if platform.timer(id).is_none() {
            problems.push((None, format!("`shorthand` names the timer `{id}`, which does not exist")));
        }
    }
    for id in platform.signatures.iter().flat_map(|row| &row.value.timers) {
        if platform.timer(id).is_none() {
            problems.push((None, format!("a signature names the timer `{id}`, which does not exist")));
        }
    }
    for row in &platform.log_flags {
        for id in row.value.timers.iter().filter(|id| platform.timer(id).is_none()) {
            let flag = &row.value.flag;
            problems.push((None, format!("the log flag `{flag}` names the timer `{id}`, which does not exist")));
        }
    }
    let of_retries = platform.retries.iter().flat_map(|row| {
        let Retries { window_timer, refused_wait_timer, .. } = &row.value;
        window_timer.iter().chain(refused_wait_timer)
    });
    for id in of_retries.filter(|id| platform.timer(id).is_none()) {
        problems.push((None, format!("a retries row names the timer `{id}`, which does not exist")));
    }
    for row in &platform.connection {
        match row.value.timer.as_deref().map(|id| (id, platform.timer(id))) {
            Some((id, None)) => {
                problems.push((None, format!("a connection names the timer `{id}`, which does not exist")));
            }
            Some((id, Some(timer))) if !timer.phases.contains(&Phase::Keepalive) => {
                problems.push((None, format!("a connection names the timer `{id}`, which is no keepalive timer")));
            }
            _ => {}
        }
    }
}

/// Phases that may never enter a guard.
const NEVER_GUARD: [Phase; 5] = [Phase::Connect, Phase::Keepalive, Phase::Queue, Phase::WriteStall, Phase::Lifecycle];

fn guards<'p>(timer: &'p Timer, problems: &mut Problems<'p>) {
    if timer.phases.is_empty() {
        problems.push((Some(&timer.id), "has no phase".to_owned()));
    }
    if !timer.guards.is_empty() && timer.phases.iter().all(|p| NEVER_GUARD.contains(p)) {
        problems.push((Some(&timer.id), "enters a guard although none of its phases can end a request".to_owned()));
    }
    if timer.late.1 > Dur::from_secs(60) {
        problems.push((Some(&timer.id), "fires more than a minute late, which no measurement showed".to_owned()));
    }
}

/// In every world: min <= default <= max, and values on the grid.
fn values<'p>(platform: &'p Platform, timer: &'p Timer, problems: &mut Problems<'p>) {
    if timer.defaults.is_empty() {
        problems
            .push((Some(&timer.id), "has no default; write \"none\" or \"unknown\" where there is none".to_owned()));
    }
    for default in &timer.defaults {
        if let DefaultValue::From(other) = &default.value
            && platform.timer(other).is_none()
        {
            problems.push((Some(&timer.id), format!("takes its default from `{other}`, which does not exist")));
        }
    }
    for limit in &timer.limits {
        if let (Some(min), Some(Max::At(max))) = (limit.min, limit.max)
            && min > max
        {
            problems.push((Some(&timer.id), format!("min {min} is above max {max}")));
        }
    }
    let mut said = Vec::new();
    for world in worlds(&platform.facets, &[], conditions_of(timer)) {
        if let Some(message) = out_of_range(timer, &world)
            && !said.contains(&message)
        {
            said.push(message.clone());
            problems.push((Some(&timer.id), message));
        }
    }
}

fn conditions_of(timer: &Timer) -> impl Iterator<Item = &super::facet::When> {
    timer.defaults.iter().map(|d| &d.when).chain(timer.limits.iter().map(|l| &l.when)).chain([&timer.when])
}

fn out_of_range(timer: &Timer, world: &World) -> Option<String> {
    let default = timer.defaults.iter().find(|d| d.when.holds(world))?;
    let DefaultValue::Is(Setting::At(at)) = default.value else { return None };
    if timer.grid.is_some_and(|grid| !at.is_on(grid)) {
        return Some(format!("the default {at} is not a multiple of the grid"));
    }
    let limit = timer.limits.iter().find(|l| l.when.holds(world) && l.enforced != Enforced::Advisory)?;
    if limit.min.is_some_and(|min| at < min) {
        return Some(format!("the default {at} is below the minimum"));
    }
    match limit.max {
        // A default above the platform's own ceiling exists (and is clipped); only a refused one contradicts itself.
        Some(Max::At(max)) if at > max && limit.enforced == Enforced::Refused => {
            Some(format!("the default {at} is above the maximum {max}"))
        }
        _ => None,
    }
}

/// The id of a timer's table, else the start of the file.
fn place(root: Option<&Node<'_>>, timer: Option<&str>) -> Span {
    let timers = root.and_then(|r| r.get("timer")).map(|n| &n.kind);
    match (timers, timer) {
        (Some(Kind::Seq(tables)), Some(id)) => tables
            .iter()
            .filter_map(|table| table.get("id"))
            .find(|node| node.as_str() == Some(id))
            .map_or(Span::at(0), |node| node.span),
        _ => Span::at(0),
    }
}
