//! What the rules about the chain file itself share: problems of the resolution as findings.

use super::{Change, Context, Finding, Repair};
use crate::diag::{Applicability, Diagnostic, Severity};
use crate::resolve::{Problem, ResolvedHop};
use crate::span::Loc;
use std::collections::HashMap;

/// Turns each problem of the chain that `say` knows into a finding. It also gets the hop that the problem is about.
pub fn each<'a>(
    context: &'a Context,
    rule: &'static str,
    say: impl Fn(&'a Problem, Option<&'a ResolvedHop>) -> Option<Said> + 'a,
) -> impl Iterator<Item = Finding> + 'a {
    let hops = if context.chain.problems.is_empty() { HashMap::new() } else { by_name(context) };
    context.chain.problems.iter().filter_map(move |problem| {
        let said = say(problem, hops.get(problem.hop.as_str()).copied())?;
        Some(finding(context, rule, problem, said))
    })
}

/// Every hop, those of fallback tails included. Of two with one name the first, as for all that names hops.
fn by_name<'a>(context: &'a Context) -> HashMap<&'a str, &'a ResolvedHop> {
    let mut found = HashMap::new();
    let mut left: Vec<&ResolvedHop> = context.chain.hops.iter().rev().collect();
    while let Some(hop) = left.pop() {
        found.entry(hop.name()).or_insert(hop);
        left.extend(hop.fallbacks.iter().flatten());
    }
    found
}

/// A problem in words.
pub struct Said {
    pub message: String,
    pub label: String,
    pub also: Option<(Loc, String)>,
    pub note: Option<String>,
    pub help: String,
    /// The text to put in the place of what was typed, if it is certain enough to offer.
    pub instead: Option<String>,
    /// Remove the entry altogether.
    pub remove: bool,
}

impl Said {
    pub fn new(message: String, label: impl Into<String>, help: String) -> Self {
        Self { message, label: label.into(), also: None, note: None, help, instead: None, remove: false }
    }
}

fn finding(context: &Context, rule: &'static str, problem: &Problem, said: Said) -> Finding {
    let mut diagnostic = Diagnostic::new(rule, Severity::Error, said.message).label(problem.at, said.label);
    diagnostic.chain = Some(context.chain.name.clone());
    diagnostic.hop = Some(problem.hop.clone());
    if let Some((at, text)) = said.also {
        diagnostic = diagnostic.label(at, text);
    }
    diagnostic.notes.extend(said.note);
    let replace = said.instead.map(|text| Repair {
        title: format!("write {text}"),
        applicability: Applicability::Safe,
        changes: vec![Change::Replace { at: problem.at, text }],
    });
    let remove = said.remove.then(|| Repair {
        title: "remove it".to_owned(),
        applicability: Applicability::Unsafe,
        changes: vec![Change::RemoveEntry { key: problem.at }],
    });
    Finding::from(diagnostic.help(said.help)).repair(replace).repair(remove)
}

/// "`a`, `b` and `c`", shortened where there are many.
pub fn list(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST);
    match (shown.as_slice(), more) {
        ([], _) => "none".to_owned(),
        ([one], _) => one.clone(),
        ([rest @ .., last], 0) => format!("{} and {last}", rest.join(", ")),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}
