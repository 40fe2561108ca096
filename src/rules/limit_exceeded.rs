use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::{Confidence, Enforced, Max, Setting, TimerLimit};
use crate::diag::{Applicability, Severity};
use crate::duration::Dur;
use crate::resolve::hop::Verdict;
use crate::resolve::one::find_timer;
use crate::resolve::{HopCase, ResolvedHop, TimerValue};

rule! {
    /// A value is above what the platform can do.
    ///
    /// ## What it does
    /// Compares each written value with the highest that its platform accepts or keeps to, for the plan, mode or quota
    /// that the hop states. A limit of the hop's own `limits:` takes the place of the catalogue's.
    ///
    /// ## Why it matters
    /// The platform rejects the configuration, or accepts it and stops at its limit all the same. Requests then end
    /// earlier than the file says.
    ///
    /// ## Level
    /// Error for limits that are documented, measured or read in source; warning for limits that a vendor only advises,
    /// that are known at second hand, or that depend on a facet which the hop does not state.
    "limit-exceeded", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    for (index, hop) in context.chain.hops.iter().enumerate() {
        let mut knobs: Vec<&str> = Vec::new();
        for (timer, data) in hop.platform.timers.iter().enumerate() {
            let exceeds = |case: &HopCase| case.timer_value(timer).is_some_and(|v| excess(hop, v).is_some());
            let verdict = hop.verdict(exceeds);
            if verdict == Verdict::Never || knobs.contains(&data.knob.as_str()) {
                continue;
            }
            knobs.push(&data.knob);
            let value = hop.case_where(exceeds).and_then(|case| case.timer_value(timer));
            if let Some((value, excess)) = value.and_then(|v| Some((v, excess(hop, v)?))) {
                let facets = hop.deciding(exceeds);
                findings.push(finding(context, index, value, &excess, verdict, &facets));
            }
        }
    }
}

/// A written value beyond a limit.
struct Excess<'a> {
    written: Setting,
    most: Dur,
    /// Absent where the hop states the limit itself.
    limit: Option<&'a TimerLimit>,
    /// Nothing enforces it, or it is known at second hand.
    soft: bool,
}

fn excess<'a>(hop: &'a ResolvedHop, value: &TimerValue) -> Option<Excess<'a>> {
    value.provenance.loc()?;
    let timer = hop.timer(value);
    let limit = value.limit_row.map(|row| &timer.limits[usize::from(row)]);
    if let (Some(written), Some(Setting::At(most))) = (value.clipped_from, value.setting) {
        let own = own_limit(hop, &timer.id).is_some();
        return Some(Excess { written, most, limit: limit.filter(|_| !own), soft: false });
    }
    let limit = limit.filter(|_| own_limit(hop, &timer.id).is_none())?;
    let Some(Max::At(most)) = limit.max else { return None };
    let soft = limit.enforced == Enforced::Advisory || limit.fact.checked == Confidence::Secondary;
    let written = value.setting.filter(|setting| match setting {
        Setting::At(at) => *at > most,
        // An advised maximum says nothing of switching the timer off.
        Setting::None => limit.enforced != Enforced::Advisory,
        Setting::Off => false,
    })?;
    soft.then_some(Excess { written, most, limit: Some(limit), soft })
}

/// The reason of a limit that the hop states itself.
fn own_limit<'a>(hop: &'a ResolvedHop, timer: &str) -> Option<&'a crate::model::LimitOverride> {
    let of = |limit: &&crate::model::LimitOverride| {
        find_timer(&hop.platform, &limit.timer.value).is_some_and(|t| t.id == timer)
    };
    hop.spec.limits.iter().filter(|limit| limit.max.is_some()).find(of)
}

fn finding(
    context: &Context,
    index: usize,
    value: &TimerValue,
    excess: &Excess,
    verdict: Verdict,
    facets: &[(String, Vec<String>)],
) -> Finding {
    let chain = context.chain;
    let hop = &chain.hops[index];
    let (name, timer, most) = (hop.name(), hop.timer(value), excess.most);
    let native = say::native(timer);
    let written = match excess.written {
        Setting::At(at) => at.to_string(),
        _ => "no limit".to_owned(),
    };
    let whose = match excess.limit {
        Some(limit) if limit.enforced == Enforced::Advisory => format!("{} advises at most {most}", hop.platform.name),
        Some(_) => format!("{} allows at most {most}", hop.platform.name),
        None => format!("this hop's own `limits:` allow at most {most}"),
    };
    let message = format!("{native} of {name} is set to {written}, but {whose}");
    let severity = if excess.soft || verdict == Verdict::Depends { Severity::Warning } else { Severity::Error };
    let mut diagnostic = say::about(RULE.name, severity, chain, index, message)
        .label(say::place(hop, value), format!("{native} {written}, the limit is {most}"));
    match (excess.limit, own_limit(hop, &timer.id)) {
        (Some(limit), _) => {
            diagnostic = diagnostic.note(consequence(hop, limit.enforced, most));
            diagnostic = diagnostic.note(format!(
                "The limit is {} ({}, {}).",
                limit.fact.checked.name(),
                limit.fact.source,
                limit.fact.date
            ));
        }
        (None, Some(own)) => {
            diagnostic = diagnostic.label(own.timer.loc, format!("the limit: {}", own.reason.value));
        }
        (None, None) => {}
    }
    if let Some(note) = say::deciding(facets) {
        diagnostic = diagnostic.note(note);
    }
    let mut ways = vec![format!("set {native} of {name} to {most} or less")];
    let raised = excess.limit.filter(|limit| !limit.raised_by.is_empty());
    if let Some(limit) = raised {
        let facets: Vec<String> = limit.raised_by.iter().map(|(f, v)| format!("{f}: {v}")).collect();
        ways.push(format!("where more was granted, state `with: {{{}}}`", facets.join(", ")));
    }
    if let Some(raise) = excess.limit.and_then(|limit| limit.raise.as_ref()) {
        ways.push(raise.clone());
    }
    diagnostic.help = Some(ways.join("; or "));
    let to = most.floor_to(timer.grid.unwrap_or_default());
    let lower = (timer.settable && !to.is_zero()).then(|| Repair {
        title: format!("set {native} of {name} to {to}"),
        applicability: Applicability::Unsafe,
        changes: vec![Change::SetTimer { hop: index, timer: value.timer.into(), to }],
    });
    let state = raised.and_then(|limit| limit.raised_by.first()).map(|(facet, granted)| Repair {
        title: format!("state {facet} {granted}"),
        applicability: Applicability::Display,
        changes: vec![Change::AddKey {
            body: hop.spec.body,
            path: vec!["with"],
            key: facet.clone(),
            value: granted.clone(),
        }],
    });
    Finding::from(diagnostic).repair(lower).repair(state)
}

fn consequence(hop: &ResolvedHop, enforced: Enforced, most: Dur) -> String {
    let name = &hop.platform.name;
    match enforced {
        Enforced::Refused => format!("{name} rejects such a configuration; what runs has at most {most}."),
        Enforced::Clipped => format!("{name} accepts the value and uses {most}."),
        Enforced::Ceiling => format!("{name} stops at {most} whatever is set."),
        Enforced::Advisory => format!("Nothing stops a larger value, but {name} does not work with it as one expects."),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::severity;

    #[test]
    fn the_ceiling_itself_is_allowed_and_more_is_not() {
        let chain = |with: &str, at: &str| {
            format!(
                "version: 1\nworkload: simple-qa\nhops:\n  - {{name: api, platform: aws-apigateway-rest, with: {{{with}}}, timeouts: {{integration: {at}}}}}\n  - {{name: edge, platform: nginx, timeouts: {{read: 20m}}}}\n"
            )
        };
        let rule = "limit-exceeded";
        assert_eq!(severity(&chain("endpoint: regional", "29s"), rule), None);
        assert_eq!(severity(&chain("endpoint: regional", "29001ms"), rule), Some("error"));
        assert_eq!(severity(&chain("quota: granted, endpoint: regional", "300s"), rule), None);
        assert_eq!(severity(&chain("mode: STREAM", "900s"), rule), None);
    }
}
