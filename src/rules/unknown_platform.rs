use super::problem::{self, Said};
use super::{Context, Findings, rule};
use crate::diag::Applicability;
use crate::resolve::ProblemKind;

rule! {
    /// A platform that nobody has described.
    ///
    /// ## What it does
    /// Reports a `platform:` that is neither in the catalogue nor in a folder of your own, with the nearest name.
    ///
    /// ## Why it matters
    /// Without its platform a hop has no defaults, no limits and no retries, and most rules say nothing of it.
    "unknown-platform", Error, fix: Some(Applicability::Safe), check
}

fn check(context: &Context, findings: &mut Findings) {
    let found = problem::each(context, RULE.name, |problem, _| match &problem.kind {
        ProblemKind::UnknownPlatform { typed, near } => Some(said(typed, near.as_deref())),
        _ => None,
    });
    findings.found.extend(found);
}

fn said(typed: &str, near: Option<&str>) -> Said {
    let own =
        "`hoplint platforms` lists what is known; `platform: custom` takes timers under the names of their phases";
    let help = near.map_or_else(|| own.to_owned(), |near| format!("did you mean `{near}`? Otherwise: {own}"));
    Said {
        instead: near.map(str::to_owned),
        note: Some("Nothing is known of the hop's defaults, limits and retries.".to_owned()),
        ..Said::new(format!("there is no platform `{typed}`"), "not in the catalogue", help)
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::lint;

    #[test]
    fn the_nearest_name_is_offered() {
        let found = lint("version: 1\nhops:\n  - {name: a, platform: ngnix}\n  - {name: b, platform: openai}\n");
        let about = found.iter().find(|d| d.rule == "unknown-platform").expect("a finding");
        assert!(about.help.as_ref().is_some_and(|help| help.contains("`nginx`")), "{about:?}");
    }
}
