use super::stream;
use super::{Context, Findings, rule, say};
use crate::diag::Severity;
use crate::resolve::HopCase;
use crate::resolve::hop::Verdict;

rule! {
    /// A stream has to pass a hop that cannot stream.
    ///
    /// ## What it does
    /// On a chain whose workload is streamed, looks for platforms, plans or modes that are known not to support a streamed
    /// answer at all.
    ///
    /// ## Why it matters
    /// The answer arrives whole or not at all, and every limit of the hop then counts against the whole answer.
    ///
    /// ## Level
    /// Error where it is certain; warning where it depends on a facet that the hop does not state.
    "stream-unsupported", Error, fix: None, check
}

fn check(context: &Context, findings: &mut Findings) {
    let chain = context.chain;
    let cannot = |case: &HopCase| case.streaming == Some(false);
    for hop in stream::expected(chain) {
        let resolved = &chain.hops[hop];
        let verdict = resolved.verdict(cannot);
        if verdict == Verdict::Never {
            continue;
        }
        let severity = if verdict == Verdict::Always { Severity::Error } else { Severity::Warning };
        let message = format!(
            "{} {} stream ({}), but the workload is streamed",
            resolved.name(),
            if verdict == Verdict::Always { "cannot" } else { "may not be able to" },
            resolved.platform.name
        );
        let mut diagnostic =
            say::about(RULE.name, severity, chain, hop, message).label(resolved.spec.at, "passes whole answers only");
        if let Some(at) = stream::stated_at(chain) {
            diagnostic = diagnostic.label(at, "the workload is streamed");
        }
        diagnostic = diagnostic.note(format!(
            "The caller of {} gets the answer in one piece at its end, within this hop's limit for a whole answer.",
            resolved.name()
        ));
        if let Some(note) = say::deciding(&resolved.deciding(cannot)) {
            diagnostic = diagnostic.note(note);
        }
        let mut ways = resolved.platform.ways_out.clone();
        ways.truncate(2);
        ways.push(
            "take this hop out of the streamed route, or state `mode: buffered` where the stream is collected"
                .to_owned(),
        );
        diagnostic.help = Some(ways.join(" Or: "));
        findings.push(diagnostic);
    }
}
