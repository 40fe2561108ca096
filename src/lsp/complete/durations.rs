//! Durations for a timer: those with which the order, the workload and the limits hold come first, and say so.

use super::values::Asked;
use super::{Item, ItemKind, MARK};
use crate::catalog::Guard;
use crate::duration::Dur;
use crate::engine::Source;
use crate::import::store::Store;
use crate::lsp::look::OWN;
use crate::lsp::state::State;
use crate::model::Order;
use crate::resolve::{Resolved, ResolvedHop};
use crate::solve;
use crate::span::Loc;
use crate::syntax::parse;
use crate::workspace::overlay::Overlay;
use std::sync::Arc;

/// What people write.
const USUAL: [u64; 14] = [1, 5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900];

/// What stands in the place of the mark while the neighbours are looked at: any value will do.
const PROBE: &str = "1m";

/// Which values the neighbours and the work leave.
struct Room {
    least: Option<(Dur, String)>,
    most: Option<(Dur, String)>,
}

pub fn plain() -> Vec<Item> {
    USUAL.iter().map(|seconds| item(Dur::from_secs(*seconds), "", 5)).collect()
}

fn item(at: Dur, detail: &str, rank: u8) -> Item {
    Item { detail: detail.to_owned(), rank, ..Item::new(ItemKind::Duration, at.to_source()) }
}

pub fn durations(state: &State, asked: &Asked<'_>) -> Vec<Item> {
    let room = room(state, asked);
    let mut items: Vec<Item> = Vec::new();
    if let Some(Room { least, most }) = &room {
        let fits = |at: Dur| {
            least.as_ref().is_none_or(|(least, _)| at >= *least) && most.as_ref().is_none_or(|(most, _)| at <= *most)
        };
        let words = match (least, most) {
            (Some((least, why)), Some((most, and))) if least <= most => format!("{why}, {and}"),
            (Some((least, _)), Some((most, _))) => {
                return conflicting(*least, *most);
            }
            (Some((_, why)), None) | (None, Some((_, why))) => why.clone(),
            (None, None) => String::new(),
        };
        if let Some((least, why)) = least {
            items.push(item(*least, &format!("the least: {why}"), 0));
        }
        items.extend(USUAL.iter().map(|s| Dur::from_secs(*s)).filter(|at| fits(*at)).map(|at| item(at, &words, 1)));
        if let Some((most, why)) = most {
            items.push(item(*most, &format!("the most: {why}"), 2));
        }
        let mut seen: Vec<String> = Vec::new();
        items.retain(|item| {
            !seen.contains(&item.text) && {
                seen.push(item.text.clone());
                true
            }
        });
    } else {
        items = plain();
    }
    for (word, detail) in
        [("none", "no limit"), ("default", "the platform's default, on purpose"), ("off", "no reuse of connections")]
    {
        items.push(Item { detail: detail.to_owned(), rank: 6, ..Item::new(ItemKind::Word, word) });
    }
    items
}

/// No value suits both sides: each side's own is offered, with what stays wrong.
fn conflicting(least: Dur, most: Dur) -> Vec<Item> {
    vec![
        item(least, "what the inside needs; the hop outside is too short for it", 1),
        item(most, "what the outside leaves; the inside needs more", 2),
    ]
}

/// Looks at the chain as it would be with some value at the mark.
fn room(state: &State, asked: &Asked<'_>) -> Option<Room> {
    let text: Arc<str> = asked.text.replacen(MARK, PROBE, 1).into();
    let parsed = parse(&text, asked.look.format);
    let at = asked.here.span.start;
    let hop = crate::lsp::here::at(parsed.root.as_ref()?, at)?.hop?.node.span;
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &asked.look.root);
    let source = Source { path: asked.look.shown.clone(), text: Arc::clone(&text) };
    let chains = asked.look.engine().resolve_file(OWN, &source, &store);
    let mut room = Room { least: None, most: None };
    let mut any = false;
    for chain in &chains {
        for (i, resolved) in chain.hops.iter().enumerate().filter(|(_, h)| h.spec.body == Loc::new(OWN, hop)) {
            any = true;
            of_chain(chain, i, resolved, at, &mut room);
        }
    }
    any.then_some(room)
}

fn of_chain(chain: &Resolved, i: usize, hop: &ResolvedHop, at: u32, room: &mut Room) {
    let mut least = |at: Dur, why: String| {
        if room.least.as_ref().is_none_or(|(known, _)| at > *known) {
            room.least = Some((at, why));
        }
    };
    let mut most: Vec<(Dur, String)> = Vec::new();
    for guard in [Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap, Guard::StreamTotal] {
        let path = solve::path(chain, guard);
        // Only a guard that this very value ends.
        let Some(node) = path.nodes.iter().find(|node| node.hop == i) else { continue };
        let is_here = node
            .firing
            .value
            .provenance
            .loc()
            .is_some_and(|loc| loc.file == OWN && loc.span.start <= at && at <= loc.span.end);
        if !is_here {
            continue;
        }
        let grid = solve::readable_grid(hop.timer(&node.firing.value).grid, Dur::from_secs(60));
        if chain.order != Order::Unordered {
            for (lower, upper) in path.pairs_of(i) {
                if upper.hop == i {
                    let target = path.margin.above(lower.low(lower.firing.at), path.order);
                    if let Some(reached) = upper.least_reaching(target) {
                        let name = lower.resolved.name();
                        least(reached.ceil_to(grid), format!("a margin above {name} ({})", lower.firing.at));
                    }
                } else {
                    let target = path.margin.below(upper.high(upper.firing.at), path.order);
                    let name = upper.resolved.name();
                    let greatest = lower.greatest_staying_under(target);
                    most.push((greatest.floor_to(grid), format!("a margin below {name} ({})", upper.firing.at)));
                }
            }
        }
        let need = match guard {
            Guard::WaitBuffered | Guard::WaitStreaming => hop.needs.wait,
            Guard::Gap => hop.needs.gap,
            Guard::StreamTotal => hop.needs.stream_total,
            Guard::Upload => hop.needs.upload,
        };
        if let Some(need) = need {
            least(chain.margin.above(need.at, Order::Inward).ceil_to(grid), format!("the work takes {}", need.at));
        }
        if let Some(ceiling) = node.ceiling {
            most.push((ceiling, format!("a limit of {}", hop.platform.name)));
        }
    }
    for (at, why) in most {
        if room.most.as_ref().is_none_or(|(known, _)| at < *known) {
            room.most = Some((at, why));
        }
    }
}
