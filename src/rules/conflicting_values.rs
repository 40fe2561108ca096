use super::problem::{self, Said};
use super::{Context, Findings, rule};
use crate::diag::Applicability;
use crate::resolve::ProblemKind;

rule! {
    /// Two keys set the same knob to different values.
    ///
    /// ## What it does
    /// Reports two keys of one hop that mean one setting of its platform, such as a timer's id and its native name, or
    /// two timers that one option sets, where their values differ.
    ///
    /// ## Why it matters
    /// Only one of them can be true. hoplint goes on with the first, and the other is a belief about the system that
    /// does not hold.
    "conflicting-values", Error, fix: Some(Applicability::Unsafe), check
}

fn check(context: &Context, findings: &mut Findings) {
    let found = problem::each(context, RULE.name, |problem, _| match &problem.kind {
        ProblemKind::TwoValuesForOneKnob { knob, platform, other } => Some(Said {
            also: Some((*other, "the first value".to_owned())),
            remove: true,
            ..Said::new(
                format!("two different values for {knob}, which is one setting of {platform}"),
                "another value for the same setting",
                "remove one of the two".to_owned(),
            )
        }),
        _ => None,
    });
    findings.found.extend(found);
}
