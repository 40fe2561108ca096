//! From what somebody saw to the timers that may have done it, best first. A symptom goes in ([`Symptom`]), a
//! [`Diagnosis`] comes out; both are plain data. Knows no file, no clock and no number about a platform.

mod ask;
mod change;
pub mod cliffs;
pub mod elsewhere;
mod evidence;
pub mod facts;
mod fit;
pub mod from_log;
pub mod histogram;
pub mod log;
mod moments;
mod origin;
mod predicted;
pub mod probe;
pub mod reading;
pub mod suspect;
pub mod symptom;

pub use suspect::{Aspect, Diagnosis, Elsewhere, Fit, Kind, Suspect};
pub use symptom::{After, Symptom, When};

use crate::catalog::Role;
use crate::catalog::store::Catalog;
use crate::config::Thresholds;
use crate::model::Hop;
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::rules::Context;
use evidence::Everything;
use origin::Scene;
use std::sync::Arc;

/// A suspect below this explains nothing.
pub const FITS: suspect::Score = 350;
/// Worse ones are not worth a line.
const WORTH: suspect::Score = 30;
const MOST: usize = 12;
/// The least unlikely ones are told where nothing fits.
const LEAST: usize = 3;
/// Among all platforms many have the same value.
const MOST_OF_ALL: usize = 60;
const MOST_HIDDEN: usize = 5;
/// A platform that nobody named must fit this well, or be recognised by its words.
const CERTAIN: suspect::Score = 700;

/// Ranks the timers of the chains, or of every platform where there is no chain.
pub fn rank(symptom: &Symptom, chains: &[Resolved], catalog: &Catalog, thresholds: Thresholds) -> Diagnosis {
    let symptom = symptom.completed();
    let own: Vec<_> = chains.iter().flat_map(|chain| &chain.hops).map(|hop| Arc::clone(&hop.platform)).collect();
    let evidence = Everything::of(&symptom, catalog, &own);
    let mut suspects = Vec::new();
    for chain in chains {
        let context = Context::new(chain, thresholds);
        let at = symptom.at.as_ref().and_then(|name| chain.hops.iter().position(|hop| hop.name() == name));
        let scene = Scene {
            context: &context,
            symptom: &symptom,
            evidence: &evidence,
            at: at.unwrap_or(0),
            named: true,
            predictions: if at.is_none() { predicted::predictions(chain, &symptom) } else { Vec::new() },
        };
        suspects.extend(scene.suspects());
    }
    let mut suspects = sorted(suspects, MOST);
    let best = suspects.first().map_or(0, |s| s.score);
    let mut hidden = Vec::new();
    if best < FITS && !symptom.is_empty() {
        let named: Vec<&str> = own.iter().map(|platform| platform.id.as_str()).collect();
        let found = of_catalog(&symptom, catalog, thresholds, &evidence, |id, role| {
            chains.is_empty() || (can_hide(role) && !named.contains(&id))
        });
        if chains.is_empty() {
            suspects = sorted(found, MOST_OF_ALL);
        } else {
            let better = found.into_iter().filter(|s| s.score > best && (s.score >= CERTAIN || is_recognised(s)));
            hidden = sorted(better.collect(), MOST_HIDDEN);
        }
    }
    let elsewhere = elsewhere::elsewhere(&symptom, &evidence);
    let ask = ask::ask(&symptom, &suspects);
    let best = suspects.iter().chain(&hidden).map(|s| s.score).max().unwrap_or(0);
    let fits = best >= FITS || !elsewhere.is_empty();
    let chains = chains.iter().map(|chain| chain.name.clone()).collect();
    Diagnosis { symptom, chains, suspects, hidden, elsewhere, ask, fits }
}

fn is_recognised(suspect: &Suspect) -> bool {
    let words = [Aspect::Body, Aspect::Headers, Aspect::Exception];
    suspect.score >= FITS && words.iter().any(|aspect| suspect.fit(*aspect).is_some_and(|fit| fit.score >= CERTAIN))
}

/// Stands in front of or between other hops without being named in a chain.
const fn can_hide(role: Role) -> bool {
    !matches!(role, Role::Provider | Role::ModelServer)
}

/// Every platform by itself.
fn of_catalog(
    symptom: &Symptom,
    catalog: &Catalog,
    thresholds: Thresholds,
    evidence: &Everything,
    takes: impl Fn(&str, Role) -> bool,
) -> Vec<Suspect> {
    let mut resolver = Resolver::new(catalog, ChainDefaults::default());
    let mut found = Vec::new();
    for id in catalog.ids() {
        let mut hop = resolver.alone(&Hop::bare(id));
        // Sentences speak of it by its name.
        Arc::make_mut(&mut hop.spec).name.clone_from(&hop.platform.name);
        if !takes(id, hop.platform.role) {
            continue;
        }
        let chain = Resolved::alone(hop);
        let context = Context::new(&chain, thresholds);
        let scene = Scene { context: &context, symptom, evidence, at: 0, named: false, predictions: Vec::new() };
        found.extend(scene.suspects());
    }
    found
}

/// Best first; of equals those that stand further out, then by name. Only what is worth a line.
fn sorted(mut suspects: Vec<Suspect>, most: usize) -> Vec<Suspect> {
    // Stable, so that hops stay in the order of their chain.
    suspects.sort_by_key(|s| std::cmp::Reverse(s.score));
    // A hop that several chains share is one suspect.
    let mut seen = Vec::new();
    suspects.retain(|s| {
        let key = (s.at, s.hop.clone(), s.timer.clone(), s.kind);
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
    let worth = suspects.iter().take_while(|s| s.score >= WORTH).count();
    suspects.truncate(worth.max(LEAST));
    suspects.truncate(most);
    suspects
}
