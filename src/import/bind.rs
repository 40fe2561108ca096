//! `from:` of a hop: which deployed hop it means, and the hop with the values that are really deployed.
//!
//! What the chain file states beside it is an expectation: it is kept as such, for the rule `drift`, and stands in only
//! where the deployed value cannot be known.

use super::store::Store;
use super::{Deployed, Import};
use crate::diag::{Diagnostic, Severity};
use crate::model::{Chain, Hop};
use crate::span::{FileId, Located};
use crate::text::{clip, list, nearest};
use std::path::Path;
use std::sync::Arc;

/// The rule of a `from:` that leads to no hop, or to several.
pub const UNRESOLVED_BINDING: &str = "unresolved-binding";

/// So many selectors are listed where none fits.
const SHOWN: usize = 12;

/// A hop of a deployed file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file that was read; what it includes are others.
    pub file: FileId,
    pub import: Arc<Import>,
    pub index: usize,
}

impl Found {
    pub fn deployed(&self) -> &Deployed {
        &self.import.hops[self.index]
    }
}

/// A chain whose hops have their deployed values.
pub struct Bound {
    pub chain: Chain,
    /// What each hop is bound to.
    pub found: Vec<Vec<Found>>,
    pub problems: Vec<Diagnostic>,
}

/// Reads what the hops of a chain are bound to. `path` is the chain file.
pub fn bind(mut chain: Chain, path: &Path, store: &Store<'_>) -> Bound {
    let mut problems = Vec::new();
    let mut all = Vec::with_capacity(chain.hops.len());
    for hop in &mut chain.hops {
        let mut found = Vec::new();
        if has_binding(hop) {
            let (bound, of) = bind_hop(hop, path, store, &chain.name, &mut problems);
            (*hop, found) = (Arc::new(bound), of);
        }
        all.push(found);
    }
    Bound { chain, found: all, problems }
}

/// Whether a hop, or one of its fallbacks, names deployed files.
pub fn has_binding(hop: &Hop) -> bool {
    !hop.from.is_empty() || hop.fallbacks.iter().flatten().any(has_binding)
}

fn bind_hop(
    hop: &Hop,
    path: &Path,
    store: &Store<'_>,
    chain: &str,
    problems: &mut Vec<Diagnostic>,
) -> (Hop, Vec<Found>) {
    let mut found = Vec::new();
    for from in &hop.from {
        match find(from, path, store) {
            Ok(one) => found.push(one),
            Err(mut problem) => {
                (problem.chain, problem.hop) = (Some(chain.to_owned()), Some(hop.name.clone()));
                problems.push(*problem);
            }
        }
    }
    let mut bound = if found.is_empty() { hop.clone() } else { joined(hop, &found, found.len() < hop.from.len()) };
    for inner in bound.fallbacks.iter_mut().flatten().filter(|inner| has_binding(inner)) {
        *inner = bind_hop(inner, path, store, chain, problems).0;
    }
    (bound, found)
}

/// The deployed hop that a `from:` means.
fn find(from: &Located<String>, chain_file: &Path, store: &Store<'_>) -> Result<Found, Box<Diagnostic>> {
    let (file, selector) = from.value.split_once('#').map_or((from.value.as_str(), None), |(f, s)| (f, Some(s)));
    let problem = |message: String, help: String| {
        let problem = Diagnostic::new(UNRESOLVED_BINDING, Severity::Error, message);
        Box::new(problem.label(from.loc, "bound here").help(help))
    };
    let path = chain_file.parent().unwrap_or(Path::new("")).join(file);
    let loaded = store.import(&path, Some(chain_file)).map_err(|error| {
        problem(
            format!("`{}` cannot be read: {error}", clip(file)),
            "a path in `from:` is relative to the chain file; `hoplint import FILE` shows what hoplint reads"
                .to_owned(),
        )
    })?;
    let hops = &loaded.import.hops;
    let name = store.file(loaded.file).map_or_else(|| file.to_owned(), |f| f.shown);
    if hops.is_empty() {
        return Err(problem(
            format!("{name} holds no hop that hoplint can read ({} configuration)", loaded.reader),
            "bind the hop to the file whose block passes the requests on".to_owned(),
        ));
    }
    let fits = match selector.map(str::trim).filter(|s| !s.is_empty()) {
        Some(selector) => matching(hops, selector),
        None => (0..hops.len()).collect(),
    };
    match fits[..] {
        [index] => Ok(Found { file: loaded.file, import: loaded.import, index }),
        [] => {
            let typed = selector.unwrap_or_default();
            let words: Vec<&str> = hops.iter().map(|hop| hop.selector.as_str()).collect();
            let near = nearest(typed, words.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            Err(problem(
                format!("{name} has no hop `{}`", clip(typed)),
                format!("{}it has {}", near.unwrap_or_default(), shown(&words)),
            ))
        }
        _ => {
            let words: Vec<&str> = fits.iter().map(|i| hops[*i].selector.as_str()).collect();
            let message = match selector {
                Some(typed) => format!("`{}` fits {} hops of {name}", clip(typed), words.len()),
                None => format!("{name} holds {} hops, and nothing says which one is meant", words.len()),
            };
            Err(problem(message, format!("write {file}#SELECTOR with one of {}", shown(&words))))
        }
    }
}

fn shown(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().take(SHOWN).map(|word| format!("`{word}`")).collect();
    match words.len().saturating_sub(SHOWN) {
        0 => list(&quoted, "and"),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// Which hops a selector means: by their own words, then by the short ones, then by the end of their own.
fn matching(hops: &[Deployed], selector: &str) -> Vec<usize> {
    let ends = |whole: &str| {
        whole.strip_suffix(selector).is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', ' ', '.']))
    };
    let steps: [&dyn Fn(&Deployed) -> bool; 3] =
        [&|hop| hop.selector == selector, &|hop| hop.also.iter().any(|also| also == selector), &|hop| {
            ends(&hop.selector)
        }];
    for fits in steps {
        let found: Vec<usize> = hops.iter().enumerate().filter(|(_, hop)| fits(hop)).map(|(i, _)| i).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The hop with the deployed values; what the chain says of them stays as what is expected.
fn joined(hop: &Hop, found: &[Found], unread: bool) -> Hop {
    let mut bound = hop.clone();
    (bound.timers, bound.timeout, bound.deadline) = (Vec::new(), None, None);
    bound.partial = unread;
    bound.expected = Some(Arc::new(hop.clone()));
    for deployed in found.iter().map(Found::deployed) {
        let real = &deployed.hop;
        bound.partial |= deployed.unseen.iter().any(|unseen| unseen.timer.is_none());
        bound.timers.extend(real.timers.iter().cloned());
        let stated = |facet: &str| real.with.iter().any(|(known, _)| known.value == facet);
        bound.with.retain(|(facet, _)| !stated(&facet.value));
        bound.with.extend(real.with.iter().cloned());
        bound.timeout = real.timeout.or(bound.timeout);
        bound.deadline = real.deadline.or(bound.deadline);
        bound.retries = real.retries.clone().or(bound.retries);
        bound.endpoints = real.endpoints.or(bound.endpoints);
        bound.buffers = real.buffers.or(bound.buffers);
        bound.heartbeat = real.heartbeat.or(bound.heartbeat);
        bound.headers = real.headers.or(bound.headers);
        bound.cancels = real.cancels.or(bound.cancels);
        bound.same_process = real.same_process.or(bound.same_process);
        bound
            .inserts
            .extend(deployed.inserts.iter().flat_map(|place| place.keys.iter().map(|key| (key.timer, place.at))));
        let values = real.timers.iter().map(|(_, value)| value.loc.file);
        let facets = real.with.iter().map(|(_, value)| value.loc.file);
        bound.deployed.extend(values.chain(facets).chain([real.at.file, real.body.file]));
    }
    bound.deployed.sort_unstable();
    bound.deployed.dedup();
    bound
}
