use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{Confidence, Enforced, Setting, Zero};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::hop::Verdict;
use crate::resolve::one::find_timer;
use crate::resolve::{HopCase, ResolvedHop, TimerValue};

rule! {
    /// A value is below what the platform accepts, or a zero that does not mean what it seems to.
    ///
    /// ## What it does
    /// Compares each written value with the least that its platform accepts. A zero is judged by what the platform makes
    /// of it: an instant failure, no limit, the default again, or a rejected configuration.
    ///
    /// ## Why it matters
    /// Zero means "no limit" to most people. On some platforms every request fails at once with it, on others it is
    /// refused when the configuration is loaded, and in the file it looks the same.
    ///
    /// ## Level
    /// Error where the value is rejected, replaced, or ends every request at once; warning where a vendor only advises
    /// the minimum, where it is known at second hand, where a facet decides, and for a zero that has a clearer name.
    "below-minimum", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    for (index, hop) in context.chain.hops.iter().enumerate() {
        let mut knobs: Vec<&str> = Vec::new();
        for (timer, data) in hop.platform.timers.iter().enumerate() {
            let below = |case: &HopCase| case.timer_value(timer).is_some_and(|v| problem(hop, v).is_some());
            let verdict = hop.verdict(below);
            if verdict == Verdict::Never || knobs.contains(&data.knob.as_str()) {
                continue;
            }
            knobs.push(&data.knob);
            let value = hop.case_where(below).and_then(|case| case.timer_value(timer));
            if let Some((value, problem)) = value.and_then(|v| Some((v, problem(hop, v)?))) {
                let facets = hop.deciding(below);
                findings.push(finding(context, index, value, &problem, verdict, &facets));
            }
        }
    }
}

enum Problem {
    Zero(Zero),
    Below { at: Dur, least: Dur, enforced: Enforced, soft: bool },
}

fn problem(hop: &ResolvedHop, value: &TimerValue) -> Option<Problem> {
    if !value.provenance.is_written() {
        return None;
    }
    let Some(Setting::At(at)) = value.clipped_from.or(value.setting) else { return None };
    let timer = hop.timer(value);
    if at.is_zero()
        && let Some(zero) = timer.zero
    {
        return Some(Problem::Zero(zero));
    }
    let own = hop
        .spec
        .limits
        .iter()
        .find(|limit| find_timer(&hop.platform, &limit.timer.value).is_some_and(|t| t.id == timer.id))
        .and_then(|limit| limit.min.as_ref());
    if let Some(least) = own {
        return (at < least.value).then_some(Problem::Below {
            at,
            least: least.value,
            enforced: Enforced::Refused,
            soft: false,
        });
    }
    let limit = value.limit_row.map(|row| &timer.limits[usize::from(row)])?;
    let least = limit.min?;
    let soft = limit.enforced == Enforced::Advisory || limit.fact.checked < Confidence::Documented;
    (at < least && limit.fact.checked > Confidence::Memory).then_some(Problem::Below {
        at,
        least,
        enforced: limit.enforced,
        soft,
    })
}

fn finding(
    context: &Context,
    index: usize,
    value: &TimerValue,
    problem: &Problem,
    verdict: Verdict,
    facets: &[(String, Vec<String>)],
) -> Finding {
    let chain = context.chain;
    let hop = &chain.hops[index];
    let (name, timer, platform) = (hop.name(), hop.timer(value), &hop.platform.name);
    let native = say::native(timer);
    let place = say::place(hop, value);
    let word = |text: &str, title: &str| Repair {
        title: title.to_owned(),
        applicability: Applicability::Unsafe,
        changes: vec![Change::Replace { at: place, text: text.to_owned() }],
    };
    let (severity, message, note, help, repair) = match problem {
        Problem::Zero(Zero::Instant) => (
            Severity::Error,
            format!("{native} 0s of {name} ends every request at once"),
            match timer.on_expiry.status.filter(|s| *s > 0) {
                Some(status) => {
                    format!("On {platform} zero is not \"no limit\": the caller of {name} gets {status} immediately.")
                }
                None => format!("On {platform} zero is not \"no limit\": the request fails immediately."),
            },
            format!("set {native} of {name} to how long it may really take"),
            None,
        ),
        Problem::Zero(Zero::Rejected) => (
            Severity::Error,
            format!("{native} of {name} cannot be 0s"),
            format!("{platform} rejects a configuration with a zero here."),
            format!("set {native} of {name} to a longer time, or leave it out"),
            None,
        ),
        Problem::Zero(Zero::None) => (
            Severity::Warning,
            format!("{native} 0s of {name} means no limit"),
            format!("{platform} takes a zero here as \"no limit\", but hoplint counts 0s as no time at all."),
            "write `none`".to_owned(),
            Some(word("none", "write none")),
        ),
        Problem::Zero(Zero::Unset) => (
            Severity::Warning,
            format!("{native} 0s of {name} means that its default holds"),
            format!("{platform} takes a zero here as \"not set\"."),
            "write `default`".to_owned(),
            Some(word("default", "write default")),
        ),
        Problem::Zero(Zero::Off) => (
            Severity::Warning,
            format!("{native} 0s of {name} means off"),
            format!("{platform} takes a zero here as \"switched off\"."),
            "write `off`".to_owned(),
            Some(word("off", "write off")),
        ),
        Problem::Below { at, least, enforced, soft } => (
            if *soft { Severity::Warning } else { Severity::Error },
            match enforced {
                Enforced::Advisory => {
                    format!("{native} of {name} is set to {at}, but {platform} advises at least {least}")
                }
                _ => format!("{native} of {name} is set to {at}, but {platform} accepts no less than {least}"),
            },
            match enforced {
                Enforced::Clipped | Enforced::Ceiling => format!("{platform} uses {least} instead."),
                Enforced::Refused => format!("{platform} rejects such a configuration."),
                Enforced::Advisory => "Nothing enforces it.".to_owned(),
            },
            format!("set {native} of {name} to {least} or more"),
            Some(Repair {
                title: format!("set {native} of {name} to {least}"),
                applicability: Applicability::Unsafe,
                changes: vec![Change::SetTimer {
                    hop: index,
                    timer: value.timer.into(),
                    to: least.ceil_to(timer.grid.unwrap_or_default()),
                }],
            }),
        ),
    };
    let severity = if verdict == Verdict::Depends { severity.min(Severity::Warning) } else { severity };
    let mut diagnostic =
        say::about(RULE.name, severity, chain, index, message).label(place, say::value(hop, value)).note(note);
    if let Some(note) = say::deciding(facets) {
        diagnostic = diagnostic.note(note);
    }
    Finding::from(diagnostic.help(help)).repair(repair)
}
