//! The table of predicted against observed, on the terminal and as a page.

use crate::perform::Ran;
use crate::predicted::Predicted;
use crate::scenario::Chain;
use hoplint::catalog::Setting;
use hoplint::model::Declared;
use hoplint::resolve::{Resolved, ResolvedHop};

/// The platforms of a chain with what is stated of their timers.
pub fn chain_words(chain: &Resolved) -> String {
    let hop = |hop: &ResolvedHop| {
        let timers = hop.spec.timers.iter().map(|(timer, value)| format!("{} {}", timer.value, declared(value.value)));
        let timers: Vec<String> = timers.collect();
        if timers.is_empty() { hop.platform.id.clone() } else { format!("{} ({})", hop.platform.id, timers.join(", ")) }
    };
    let inner = chain.hops.len() - 1;
    chain.hops[..inner].iter().map(hop).collect::<Vec<_>>().join(" → ")
}

fn declared(value: Declared) -> String {
    match value {
        Declared::Set(Setting::At(at)) => at.to_string(),
        Declared::Set(Setting::None) => "none".to_owned(),
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
        text.push_str(&format!("\n    DIFFERS   {}\n{}", outcome.differs.join("; "), scenario.text));
    }
    text
}

/// The rows of the page: what is predicted, as it stands after a run in which all agreed.
pub fn rows(chains: &[Chain], resolved: &[Resolved]) -> String {
    let mut page = String::new();
    let mut group = "";
    for (chain, resolved) in chains.iter().zip(resolved) {
        if group != chain.group {
            group = chain.group;
            page.push_str(&format!(
                "\n## {}\n\n| chain | upstream | predicted | observed |\n| --- | --- | --- | --- |\n",
                heading(group)
            ));
        }
        for play in &chain.runs {
            let predicted = Predicted::new(resolved, play).words();
            let script = play.said.replace('|', "\\|");
            page.push_str(&format!(
                "| {} | {script} | {predicted} | the same, times within tolerance |\n",
                chain_words(resolved)
            ));
        }
    }
    page
}

fn heading(group: &str) -> String {
    let words = group.replace('-', " ");
    words[..1].to_uppercase() + &words[1..]
}
