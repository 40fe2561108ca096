//! Inlay hints of chain files: what holds where nothing is set, and how far a hop is from the next one.

use super::documents::Kind;
use super::look::{Look, OWN};
use super::state::State;
use super::uri;
use crate::catalog::Guard;
use crate::resolve::{GuardValue, Provenance, Resolved, ResolvedHop};
use crate::rules::say;
use crate::solve;
use crate::span::{Loc, Span};
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;

const GUARDS: [Guard; 4] = [Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap, Guard::StreamTotal];

/// What is written behind a place, and what is said of it.
type Hints = BTreeMap<u32, Vec<(String, String)>>;

pub fn hints(state: &mut State, params: &lsp::InlayHintParams) -> Option<Vec<Value>> {
    let options = state.options.hints;
    let path = uri::to_path(&params.text_document.uri)?;
    let look = state.look(&path)?;
    if !options.enable || look.kind != Kind::Chain {
        return Some(Vec::new());
    }
    let chains = look.chains(&state.texts);
    let mut hints = Hints::new();
    for chain in &chains.all {
        if options.defaults {
            chain.hops.iter().for_each(|hop| of_defaults(hop, &mut hints));
        }
        if options.margins {
            of_margins(&look, chain, &mut hints);
        }
    }
    let lines = state.documents.lines(&path, &look.text);
    let asked = lines.span(&look.text, params.range);
    let wanted = hints.into_iter().filter(|(at, _)| asked.start <= *at && *at <= asked.end);
    let one = |(at, said): (u32, Vec<(String, String)>)| {
        let label: Vec<String> = said.iter().map(|(label, _)| label.clone()).collect();
        let about: Vec<String> = said.into_iter().map(|(_, about)| about).collect();
        json!({
            "position": lines.position(&look.text, at),
            "label": label.join(", "),
            "paddingLeft": true,
            "tooltip": {"kind": "markdown", "value": about.join("\n\n")},
        })
    };
    Some(wanted.map(one).collect())
}

fn add(hints: &mut Hints, at: u32, label: String, about: String) {
    let here = hints.entry(at).or_default();
    // A shared hop stands in several chains; its text is one.
    if !here.iter().any(|(known, _)| *known == label) {
        here.push((label, about));
    }
}

/// The value that ends a wait where this file does not say it.
fn of_defaults(hop: &ResolvedHop, hints: &mut Hints) {
    let mut seen: Vec<u16> = Vec::new();
    for guard in GUARDS.into_iter().filter(|guard| solve::applies(*guard, hop.mode)) {
        let values = hop.cases.iter().map(|case| case.guard(guard));
        let firings: Vec<_> = values.clone().filter_map(GuardValue::firing).collect();
        let Some(first) = firings.first() else {
            let unlimited = !seen.is_empty() || hop.spec.platform.loc.file != OWN;
            if !unlimited && guard == GUARDS[0] && values.into_iter().all(|value| *value == GuardValue::None) {
                let at = hop.spec.platform.loc.span.end;
                let about = format!("No timer of {} ends {}.", hop.name(), super::hover::guard_name(guard));
                add(hints, at, "no limit".to_owned(), about);
            }
            continue;
        };
        let is_own = first.value.provenance.loc().is_some_and(|at| at.file == OWN);
        if is_own || hop.spec.platform.loc.file != OWN || seen.contains(&first.value.timer) {
            continue;
        }
        seen.push(first.value.timer);
        let mut times: Vec<String> = firings.iter().map(|firing| firing.at.to_string()).collect();
        times.dedup();
        let from = match first.value.provenance {
            Provenance::Bound(_) => "deployed",
            Provenance::Fixed => "fixed",
            _ => "default",
        };
        let native = say::native(hop.timer(&first.value));
        let about = format!(
            "{} ends {}: {}.",
            say::value(hop, &first.value),
            super::hover::guard_name(guard),
            if times.len() > 1 { "which of the values holds depends on what the hop does not state" } else { from }
        );
        let at = hop.spec.platform.loc.span.end;
        add(hints, at, format!("{native} {} ({from})", times.join(" or ")), about);
    }
}

/// How far a hop's value is from that of its neighbour.
fn of_margins(look: &Look, chain: &Resolved, hints: &mut Hints) {
    for guard in GUARDS {
        let path = solve::path(chain, guard);
        for place in 0..path.nodes.len() {
            let Some((lower, upper)) = path.pair(place) else { continue };
            let (low, high) = (lower.low(lower.firing.at), upper.high(upper.firing.at));
            let name = upper.resolved.name();
            let label = match low.cmp(&high) {
                Ordering::Less => format!("{} below {name}", high.minus(low)),
                Ordering::Equal => format!("equal to {name}"),
                Ordering::Greater => format!("{} above {name}", low.minus(high)),
            };
            let about = format!(
                "{} of {} is compared with {} of {name}: {} should stay {} below it.",
                say::value(lower.resolved, &lower.firing.value),
                lower.resolved.name(),
                say::value(upper.resolved, &upper.firing.value),
                lower.resolved.name(),
                path.margin,
            );
            let written = lower.firing.value.provenance.loc().filter(|at| at.file == OWN);
            let at = written.or(Some(lower.resolved.spec.platform.loc)).filter(|at| at.file == OWN);
            if let Some(Loc { span, .. }) = at {
                add(hints, line_part_end(&look.text, span), label, about);
            }
        }
    }
}

/// Behind a value and the quote that closes it.
fn line_part_end(text: &str, span: Span) -> u32 {
    let rest = text.get(span.end as usize..).unwrap_or_default();
    span.end + u32::from(rest.starts_with(['"', '\'']) && !span.text(text).ends_with(['"', '\'']))
}
