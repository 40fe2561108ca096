//! The table of predicted against observed, on the terminal and as a page.

use crate::perform::Ran;
use crate::scenario::Chain;
use hoplint::resolve::Resolved;

/// The platforms of a chain with what is stated of their timers.
pub fn chain_words(chain: &Resolved) -> String {
    let hop = |hop: &hoplint::resolve::ResolvedHop| {
        let timers = hop.spec.timers.iter().map(|(timer, value)| format!("{} {}", timer.value, declared(value.value)));
        let timers: Vec<String> = timers.collect();
        if timers.is_empty() { hop.platform.id.clone() } else { format!("{} ({})", hop.platform.id, timers.join(", ")) }
    };
    let inner = chain.hops.len() - 1;
    chain.hops[..inner].iter().map(hop).collect::<Vec<_>>().join(" → ")
}

fn declared(value: hoplint::model::Declared) -> String {
    use hoplint::catalog::Setting;
    match value {
        hoplint::model::Declared::Set(Setting::At(at)) => at.to_string(),
        hoplint::model::Declared::Set(Setting::None) => "none".to_owned(),
        other => format!("{other:?}"),
    }
}

/// What is printed of one run.
pub fn row(chain: &Resolved, scenario: &Chain, ran: &Ran) -> String {
    let script = &scenario.runs[ran.play].said;
    let Some(outcome) = &ran.outcome else { return format!("SKIPPED  {} | {script}", chain_words(chain)) };
    let verdict = if outcome.differs.is_empty() { "agrees" } else { "DIFFERS" };
    let again = if outcome.repeated { " (alone)" } else { "" };
    let mut text = format!(
        "{verdict}{again}  {} | {script}\n    predicted {}\n    observed  {}",
        chain_words(chain),
        ran.predicted.words(),
        outcome.observed.words(),
    );
    if !outcome.differs.is_empty() {
        text.push_str(&format!("\n    DIFFERS   {}", outcome.differs.join("; ")));
    }
    text
}
