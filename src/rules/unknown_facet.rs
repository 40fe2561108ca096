use super::problem::{self, Said, list};
use super::{Context, Findings, rule};
use crate::diag::Applicability;
use crate::resolve::{Problem, ProblemKind, ResolvedHop};

rule! {
    /// A fact under `with:` that the platform does not know.
    ///
    /// ## What it does
    /// Reports a key under `with:` that is no facet of the hop's platform, and a value that the facet does not have.
    ///
    /// ## Why it matters
    /// A plan, version or quota that is misspelt changes nothing: the hop keeps the limits and defaults of an unstated
    /// one.
    "unknown-facet", Error, fix: Some(Applicability::Safe), check
}

fn check(context: &Context, findings: &mut Findings) {
    findings.found.extend(problem::each(context, RULE.name, said));
}

fn said(problem: &Problem, hop: Option<&ResolvedHop>) -> Option<Said> {
    Some(match &problem.kind {
        ProblemKind::UnknownFacet { typed, platform, near, known } => {
            let known = match known.as_slice() {
                [] => format!("{platform} has no facets; remove it"),
                known => format!("{platform} has {}", list(known)),
            };
            let help = near.as_ref().map_or_else(|| known.clone(), |near| format!("did you mean `{near}`? {known}"));
            Said {
                instead: near.clone().filter(|near| hop.is_some_and(|hop| !is_stated(hop, near))),
                ..Said::new(format!("{platform} has no facet `{typed}`"), "no such facet", help)
            }
        }
        ProblemKind::UnknownFacetValue { facet, typed, platform, known } => {
            let near = crate::text::nearest(typed, known.iter().map(String::as_str));
            let known = format!("it can be {}", list(known));
            let help = near.map_or_else(|| known.clone(), |near| format!("did you mean `{near}`? {known}"));
            Said {
                instead: near.map(str::to_owned),
                ..Said::new(format!("{facet} of {platform} cannot be `{typed}`"), "no such value", help)
            }
        }
        _ => return None,
    })
}

/// The hop states the facet already.
fn is_stated(hop: &ResolvedHop, near: &str) -> bool {
    hop.spec.with.iter().any(|(key, _)| key.value == near)
}
