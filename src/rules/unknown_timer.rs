use super::problem::{self, Said, list};
use super::{Context, Findings, rule};
use crate::diag::Applicability;
use crate::resolve::one::find_timer;
use crate::resolve::{Problem, ProblemKind, ResolvedHop};

rule! {
    /// A timer that the platform does not have.
    ///
    /// ## What it does
    /// Reports a key under `timeouts:` or `limits:` that is no timer, option name or phase of the hop's platform, a
    /// `timeout:` on a platform without a setting that takes one number, and a timer that does not exist with the
    /// facets that the hop states.
    ///
    /// ## Why it matters
    /// The value has no effect. The timer that really limits the request keeps its default, or its limit.
    "unknown-timer", Error, fix: Some(Applicability::Safe), check
}

fn check(context: &Context, findings: &mut Findings) {
    findings.found.extend(problem::each(context, RULE.name, said));
}

fn said(problem: &Problem, hop: Option<&ResolvedHop>) -> Option<Said> {
    Some(match &problem.kind {
        ProblemKind::UnknownTimer { typed, platform, near, known } => {
            let known = format!("{platform} has {}", list(known));
            let help = near.as_ref().map_or_else(|| known.clone(), |near| format!("did you mean `{near}`? {known}"));
            Said {
                instead: near.clone().filter(|near| hop.is_some_and(|hop| !is_set(hop, near))),
                ..Said::new(format!("{platform} has no timer `{typed}`"), "no such timer", help)
            }
        }
        ProblemKind::NoShorthand { platform, known } => Said::new(
            format!("{platform} has no setting that takes one number for all"),
            "which of its timers is meant?",
            format!("name the timer under `timeouts:`; {platform} has {}", list(known)),
        ),
        ProblemKind::NotInThisWorld { timer, platform, when } => Said::new(
            format!("{timer} of {platform} exists only with {when}"),
            "has no effect as the hop stands",
            format!("state under `with:` that it is {when}, or remove the timer"),
        ),
        _ => return None,
    })
}

/// The hop sets the timer already: with the right spelling there would be two values for it.
fn is_set(hop: &ResolvedHop, near: &str) -> bool {
    let knob = find_timer(&hop.platform, near).map(|timer| &timer.knob);
    let values = hop.cases.iter().flat_map(|case| &case.timers);
    values.into_iter().any(|v| v.provenance.loc().is_some() && Some(&hop.timer(v).knob) == knob)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::lint;

    #[test]
    fn a_limit_of_no_timer_is_reported_where_it_stands() {
        let text = "version: 1\nhops:\n  - {name: a, platform: nginx, limits: {raed: {max: 60s, reason: ours}}}\n";
        let found = lint(text);
        let unknown = found.iter().find(|d| d.rule == "unknown-timer").unwrap();
        assert_eq!(unknown.message, "nginx has no timer `raed`");
        assert_eq!(unknown.primary().unwrap().span.text(text), "raed");
        assert!(!lint(&text.replace("raed", "read")).iter().any(|d| d.rule == "unknown-timer"));
    }

    #[test]
    fn a_misspelt_timer_and_a_missing_shorthand_are_told_apart() {
        let found = lint(
            "version: 1\nhops:\n  - {name: a, platform: nginx, timeouts: {raed: 60s}}\n  - {name: b, platform: kong, timeout: 60s}\n  - {name: c, platform: openai}\n",
        );
        let messages: Vec<&str> =
            found.iter().filter(|d| d.rule == "unknown-timer").map(|d| d.message.as_str()).collect();
        assert_eq!(messages, ["nginx has no timer `raed`", "kong has no setting that takes one number for all",]);
    }
}
