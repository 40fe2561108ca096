use super::{Change, Context, Finding, Findings, Repair, rule, say};
use crate::catalog::Setting;
use crate::diag::{Applicability, Diagnostic, Severity};
use crate::model::{Declared, Hop};
use crate::resolve::deployed::{Expectation, expectations, meaning};
use crate::resolve::{Provenance, Resolved, TimerValue};
use crate::span::Loc;

rule! {
    /// The deployed file says something else than the chain file expects.
    ///
    /// ## What it does
    /// A value beside `from:` is what somebody believes is deployed. Reports each timer, number of attempts and facet where
    /// the deployed file, or the default that holds because the file is silent, is another one. All other rules
    /// count with what is deployed.
    ///
    /// ## Why it matters
    /// The chain was right once. Then somebody changed the proxy at night, and every review since has looked at a number
    /// that is not true any more.
    ///
    /// ## Level
    /// Error. A note where the deployed value cannot be known (a variable, a template, an include that is not there):
    /// then the value of the chain file stands in for it.
    "drift", Error, fix: Some(Applicability::Display), check
}

fn check(context: &Context, findings: &mut Findings) {
    for (i, hop) in context.chain.hops.iter().enumerate() {
        let spec = &*hop.spec;
        if let Some(expected) = &spec.expected {
            for expectation in expectations(expected, &hop.platform) {
                timer(context.chain, i, &expectation, findings);
            }
            facets(context.chain, i, expected, findings);
            attempts(context.chain, i, expected, findings);
        }
        if spec.deployed.is_empty() {
            continue;
        }
        let values = hop.cases.first().map_or(&[][..], |case| &case.timers);
        for value in values.iter().filter(|value| matches!(value.provenance, Provenance::Unseen(_))) {
            let why = format!(
                "{} is deployed, but its value cannot be known from the file; state it beside `from:` to have it counted",
                say::native(hop.timer(value))
            );
            findings.unchecked(RULE.name, context.chain, i, why);
        }
    }
}

fn timer(chain: &Resolved, i: usize, expected: &Expectation<'_>, findings: &mut Findings) {
    let hop = &chain.hops[i];
    let Declared::Set(wanted) = meaning(expected.timer, expected.value.value) else { return };
    let of_knob = |value: &&TimerValue| hop.timer(value).knob == expected.timer.knob;
    let real: Vec<&TimerValue> = hop.cases.iter().filter_map(|case| case.timers.iter().find(of_knob)).collect();
    let Some(first) = real.first() else { return };
    let native = say::native(expected.timer);
    if first.provenance.loc() == Some(expected.value.loc) {
        let message = format!(
            "{native} of {} cannot be known from the deployed file, so the {} stated here stand in",
            hop.name(),
            say::setting(Some(wanted))
        );
        let note = about(chain, i, Severity::Note, message).label(expected.value.loc, "stands in for what is deployed");
        findings.push(note);
        return;
    }
    let setting = |value: &TimerValue| value.clipped_from.or(value.setting);
    // A default that nobody knows, or that an unstated version decides, contradicts nothing for certain.
    let differs = |value: &&TimerValue| setting(value).is_some_and(|real| real != wanted);
    if !real.iter().all(differs) {
        return;
    }
    let (wanted, is) = (say::setting(Some(wanted)), say::setting(setting(first)));
    let (message, place) = match first.provenance {
        Provenance::Bound(at) => {
            (format!("{native} of {} is {is} in the deployed file, not {wanted}", hop.name()), Some(at))
        }
        _ => (
            format!(
                "{native} of {} is not set in the deployed file, so it is {is} ({}), not {wanted}",
                hop.name(),
                say::provenance(hop, first)
            ),
            None,
        ),
    };
    let mut finding = differing(chain, i, message, (expected.value.loc, &wanted), place.map(|at| (at, is.as_str())));
    finding.repairs = either(chain, i, expected, setting(first));
    findings.push(finding);
}

/// Both ways to make the two agree. Which of them is right, only a person knows.
fn either(chain: &Resolved, i: usize, expected: &Expectation<'_>, real: Option<Setting>) -> Vec<Repair> {
    let (hop, native) = (&chain.hops[i], say::native(expected.timer));
    let mut repairs = Vec::new();
    if let Some(Setting::At(real)) = real {
        repairs.push(Repair {
            title: format!("expect the deployed {real} for {native} of {}", hop.name()),
            applicability: Applicability::Display,
            changes: vec![Change::Replace { at: expected.value.loc, text: real.to_source() }],
        });
    }
    let timer = hop.platform.timers.iter().position(|timer| timer.id == expected.timer.id);
    if let (Declared::Set(Setting::At(to)), Some(timer)) = (expected.value.value, timer) {
        repairs.push(Repair {
            title: format!("set {native} to {to} in the deployed file"),
            applicability: Applicability::Display,
            changes: vec![Change::SetTimer { hop: i, timer, to }],
        });
    }
    repairs
}

fn facets(chain: &Resolved, i: usize, expected: &Hop, findings: &mut Findings) {
    let hop = &chain.hops[i];
    for (facet, wanted) in &expected.with {
        let deployed = |at: Loc| hop.spec.is_deployed(at);
        let real = hop.spec.with.iter().find(|(known, value)| known.value == facet.value && deployed(value.loc));
        let Some((_, real)) = real.filter(|(_, real)| !real.value.eq_ignore_ascii_case(&wanted.value)) else { continue };
        let message =
            format!("{} of {} is {} in the deployed file, not {}", facet.value, hop.name(), real.value, wanted.value);
        findings.push(differing(chain, i, message, (wanted.loc, &wanted.value), Some((real.loc, &real.value))));
    }
}

fn attempts(chain: &Resolved, i: usize, expected: &Hop, findings: &mut Findings) {
    let hop = &chain.hops[i];
    let attempts = |hop: &Hop| hop.retries.as_ref().and_then(|retries| retries.attempts);
    let (Some(wanted), Some(real)) = (attempts(expected), attempts(&hop.spec)) else { return };
    if wanted.value == real.value || !hop.spec.is_deployed(real.loc) {
        return;
    }
    let (wanted_text, is) = (wanted.value.to_string(), real.value.to_string());
    let message = format!("{} makes {is} attempts as deployed, not {wanted_text}", hop.name());
    findings.push(differing(chain, i, message, (wanted.loc, &wanted_text), Some((real.loc, &is))));
}

fn differing(
    chain: &Resolved,
    i: usize,
    message: String,
    (at, wanted): (Loc, &str),
    real: Option<(Loc, &str)>,
) -> Finding {
    let mut diagnostic = about(chain, i, RULE.level, message).label(at, format!("{wanted} is expected here"));
    if let Some((at, is)) = real {
        diagnostic = diagnostic.label(at, format!("{is} is deployed"));
    }
    diagnostic = diagnostic.note("Every other rule counts with what is deployed.");
    let help = "write what is deployed into the chain file, or remove the value there; or deploy what it says";
    Finding::from(diagnostic.help(help))
}

fn about(chain: &Resolved, i: usize, severity: Severity, message: String) -> Diagnostic {
    say::about(RULE.name, severity, chain, i, message)
}
