use super::problem::{self, Said};
use super::{Context, Findings, rule};
use crate::resolve::ProblemKind;

rule! {
    /// Two hops of a chain have the same name.
    ///
    /// ## What it does
    /// Reports a hop whose name another hop of the chain has already.
    ///
    /// ## Why it matters
    /// Findings, suppressions and generated files speak of hops by name.
    "duplicate-hop", Error, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    let found = problem::each(context, RULE.name, |problem, _| match &problem.kind {
        ProblemKind::DuplicateHop { first } => Some(Said {
            also: Some((*first, "the first one".to_owned())),
            ..Said::new(
                "another hop of this chain has the same name".to_owned(),
                "the same name again",
                "give one of them a `name:` of its own".to_owned(),
            )
        }),
        _ => None,
    });
    findings.found.extend(found);
}
