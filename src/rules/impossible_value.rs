use super::problem::{self, Said};
use super::{Context, Findings, rule};
use crate::resolve::ProblemKind;

rule! {
    /// A word that this setting cannot take.
    ///
    /// ## What it does
    /// Reports `none` on a setting that its platform cannot switch off, and `off` on a timer that is no keep-alive.
    ///
    /// ## Why it matters
    /// The configuration cannot be written. What people write instead, a zero for example, may end every request at
    /// once.
    "impossible-value", Error, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    findings.found.extend(problem::each(context, RULE.name, |problem, _| {
        Some(match &problem.kind {
            ProblemKind::CannotBeUnlimited { timer, native, platform } => Said {
                note: Some(format!("{platform} always limits it; there is no native way to write \"no limit\".")),
                ..Said::new(
                    format!("{timer} of {platform} cannot be without a limit"),
                    format!("{native} cannot be switched off"),
                    "write a time that no request reaches, such as `1h`, or `default`".to_owned(),
                )
            },
            ProblemKind::OffIsForKeepalive { timer, platform } => Said::new(
                format!("{timer} of {platform} cannot be off"),
                "`off` means that connections are not reused",
                "write `none` for no limit, or a time".to_owned(),
            ),
            _ => return None,
        })
    }));
}
