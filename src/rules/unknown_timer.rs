use super::problem::{self, Said, list};
use super::{Context, Findings, rule};
use crate::diag::Applicability;
use crate::resolve::ProblemKind;

rule! {
    /// A timer that the platform does not have.
    ///
    /// ## What it does
    /// Reports a key under `timeouts:` that is no timer, option name or phase of the hop's platform, a `timeout:` on a
    /// platform without a setting that takes one number, and a timer that does not exist with the facets that the hop
    /// states.
    ///
    /// ## Why it matters
    /// The value has no effect. The timer that really limits the request keeps its default.
    "unknown-timer", Error, fix: Some(Applicability::Safe), check
}

fn check(context: &Context, findings: &mut Findings) {
    findings.found.extend(problem::each(context, RULE.name, said));
}

fn said(kind: &ProblemKind) -> Option<Said> {
    Some(match kind {
        ProblemKind::UnknownTimer { typed, platform, near, known } => {
            let known = format!("{platform} has {}", list(known));
            let help = near.as_ref().map_or_else(|| known.clone(), |near| format!("did you mean `{near}`? {known}"));
            Said {
                instead: near.clone(),
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

#[cfg(test)]
mod tests {
    use crate::rules::testing::lint;

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
