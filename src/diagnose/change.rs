//! What decides whether a suspect did it, and what to change.

use super::symptom::Symptom;
use crate::catalog::{Guard, Max, Phase, Role, Setting, Timer};
use crate::duration::Dur;
use crate::resolve::{Resolved, ResolvedHop, TimerValue, WorkloadSource};
use crate::rules::keepalive_race::Race;
use crate::rules::{Context, say};

/// The one command or line of a log that decides.
pub fn confirm(chain: &Resolved, i: usize, timer: &Timer, value: Option<Dur>) -> String {
    let hop = &chain.hops[i];
    if let Some(confirm) = &timer.confirm {
        return confirm.to_string();
    }
    if let Some(log) = &timer.on_expiry.log {
        return format!("look for `{}` in what {} logged at that second", log.trim(), hop.name());
    }
    if let Some(exception) = timer.on_expiry.exception.as_ref().filter(|_| hop.platform.role == Role::Client) {
        return format!("the caller of {} gets {exception}; its traceback names it", hop.name());
    }
    let at = value.map(|at| format!(" after {at}")).unwrap_or_default();
    match chain.hops.get(i + 1) {
        Some(inner) if hop.platform.role != Role::Client => format!(
            "send the same request straight to {}, past {}: if it no longer ends{at}, it was {}",
            inner.name(),
            hop.name(),
            hop.name()
        ),
        _ if timer.settable => {
            let less = value.is_some_and(|at| at > Dur::from_secs(20));
            let (change, ends) = if less { ("5 s lower", "5 s earlier") } else { ("10 s higher", "10 s later") };
            format!(
                "set {} of {} {change} for one request: if that one ends {ends}, this is it",
                say::native(timer),
                hop.name()
            )
        }
        _ => format!("send the same request past {}: if it no longer ends{at}, it was {}", hop.name(), hop.name()),
    }
}

pub fn confirm_idle(pool: &ResolvedHop, server: &ResolvedHop, closes: Dur) -> String {
    format!(
        "{} logs nothing for the failed request, and it fails at once; `tcpdump` between {} and {} shows a FIN from {} about {closes} after the last request of that connection",
        server.name(),
        pool.name(),
        server.name(),
        server.name()
    )
}

/// The written value is not what runs.
pub fn deploy(hop: &ResolvedHop, value: &TimerValue, timer: &Timer) -> String {
    format!(
        "see whether {} of {} really runs with {}: reload it, and look for another file that sets it",
        say::native(timer),
        hop.name(),
        say::setting(value.setting)
    )
}

/// The value that the whole chain agrees with, or what stands in its way.
pub fn change(context: &Context<'_>, i: usize, value: &TimerValue, timer: &Timer, symptom: &Symptom) -> String {
    let chain = context.chain;
    let hop = &chain.hops[i];
    let name = say::native(timer);
    let ceiling = ceiling(value, timer);
    if let Some(to) = context.target(i, value.timer).filter(|to| symptom.after.is_none_or(|a| *to > a.greatest)) {
        return format!("set {name} of {} to {to}: with `hoplint plan` the whole chain agrees with it", hop.name());
    }
    if timer.phases.contains(&Phase::Connect) && timer.guards.is_empty() {
        return format!(
            "find out why {} cannot be reached in that time; a longer {name} only makes callers wait longer",
            chain.hops.get(i + 1).map_or("the next hop", ResolvedHop::name)
        );
    }
    if timer.phases.contains(&Phase::Queue) && timer.guards.is_empty() {
        return format!("give {} more room for requests at a time; a longer {name} makes the queue longer", hop.name());
    }
    if !timer.settable {
        let way = hop.platform.ways_out.first().map(|way| format!(": {way}")).unwrap_or_default();
        return format!("nobody can change it{way}");
    }
    if let Some(most) = ceiling
        && value.setting == Some(Setting::At(most))
    {
        let raise = value.limit_row.and_then(|row| timer.limits[usize::from(row)].raise.clone());
        let raise = raise.map(|raise| raise.strip_prefix("nothing: ").unwrap_or(&raise).to_owned());
        let way = raise.or_else(|| hop.platform.ways_out.first().cloned()).map(|way| format!(": {way}"));
        return format!("{name} of {} cannot be raised above {most}{}", hop.name(), way.unwrap_or_default());
    }
    let seen = symptom.after.map(super::symptom::After::middle).filter(|_| !timer.guards.is_empty());
    let need = match &chain.workload {
        WorkloadSource::Stated(workload, _) => workload.total,
        _ => None,
    };
    let longer = seen.zip(need).filter(|(seen, need)| seen >= need).map(|(_, need)| {
        format!("; the workload says {need}, and this answer took longer, so state what it really needs and run `hoplint plan`")
    });
    let most = ceiling.map(|at| format!(" (at most {at})")).unwrap_or_default();
    let what =
        if timer.guards == [Guard::Upload] { "the request takes to arrive" } else { "the slowest good answer takes" };
    let order =
        outside(chain, i, value).map(|names| format!("; then {names} must wait longer, too")).unwrap_or_default();
    format!("raise {name} of {} above what {what}{most}{}{order}", hop.name(), longer.unwrap_or_default())
}

/// Hops outside that give up no later than this one.
fn outside(chain: &Resolved, i: usize, value: &TimerValue) -> Option<String> {
    let hop = &chain.hops[i];
    let Setting::At(at) = value.setting? else { return None };
    let near = at.scaled(5, 4);
    let names: Vec<&str> = chain.hops[..i]
        .iter()
        .filter(|outer| outer.cases.iter().any(|c| c.wait(hop.mode).firing().is_some_and(|f| f.at <= near)))
        .map(ResolvedHop::name)
        .collect();
    (!names.is_empty()).then(|| crate::text::list(&names, "and"))
}

fn ceiling(value: &TimerValue, timer: &Timer) -> Option<Dur> {
    let limit = value.limit_row.map(|row| &timer.limits[usize::from(row)])?;
    match limit.max {
        Some(Max::At(at)) if at <= WORTH_SAYING => Some(at),
        _ => None,
    }
}

pub fn idle(context: &Context<'_>, race: &Race<'_>, pool: &ResolvedHop, server: &ResolvedHop, timer: &Timer) -> String {
    let name = say::native(timer);
    match race.kept {
        Some(kept) if timer.settable => format!(
            "set {name} of {} to {} or more, so that {} drops idle connections first",
            server.name(),
            kept.plus(context.thresholds.keepalive).ceil_to(timer.grid.unwrap_or_default()),
            pool.name()
        ),
        _ => format!(
            "let {} drop idle connections before {}, when {} closes them",
            pool.name(),
            race.closes,
            server.name()
        ),
    }
}

/// A ceiling beyond this stops nobody.
const WORTH_SAYING: Dur = Dur::from_secs(86_400);
