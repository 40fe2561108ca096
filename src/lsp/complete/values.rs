//! What may stand at a place: platforms, timers, facets, hops, files with their selectors, words.

use super::durations;
use super::{Item, ItemKind};
use crate::catalog::facet::FacetKind;
use crate::catalog::{Platform, Timer};
use crate::import::store::Store;
use crate::lsp::actions::relative;
use crate::lsp::here::{Here, Step, Thing};
use crate::lsp::hover::platform_of;
use crate::lsp::look::Look;
use crate::lsp::schema::{Choice, Schema, Shape};
use crate::lsp::state::State;
use crate::rules;
use crate::show;
use crate::syntax::{Kind, parse};
use crate::workspace::overlay::Overlay;
use std::path::{Path, PathBuf};

/// A place with the mark in it.
pub struct Asked<'a> {
    pub look: &'a Look,
    pub here: &'a Here<'a>,
    /// The text with the mark.
    pub text: &'a str,
    /// What stands where the mark is.
    pub typed: &'a str,
}

/// Keys that the platform of the hop knows.
pub fn keys(asked: &Asked<'_>) -> Vec<Item> {
    let Some(platform) = platform_of(asked.look, asked.here) else { return Vec::new() };
    match asked.here.inside() {
        [Step::Key("timeouts" | "limits"), Step::Key(_)] => {
            platform.timers.iter().map(|timer| of_timer(&platform, timer)).collect()
        }
        [Step::Key("with"), Step::Key(_)] => platform
            .facets
            .iter()
            .map(|facet| {
                let about = show::words::sentence(&facet.summary);
                Item { about, rank: 1, ..Item::new(ItemKind::Key(Shape::Line), &facet.id) }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A timer with its default and range.
fn of_timer(platform: &Platform, timer: &Timer) -> Item {
    let default = show::timer::defaults(&timer.defaults);
    let range = show::timer::ranges(&timer.limits, show::timer::range);
    let range = if range.is_empty() { String::new() } else { format!(", {range}") };
    let native = if timer.native.starts_with('(') || timer.native == "-" { "" } else { &timer.native };
    Item {
        detail: format!("{native}{}default {default}{range}", if native.is_empty() { "" } else { ", " }),
        about: show::timer::page(platform, timer),
        also: std::iter::once(native).chain(timer.native_also.iter().map(String::as_str)).collect::<Vec<_>>().join(" "),
        rank: if timer.settable { 1 } else { 2 },
        ..Item::new(ItemKind::Key(Shape::Line), &timer.id)
    }
}

pub fn values(state: &mut State, asked: &Asked<'_>) -> Vec<Item> {
    let here = asked.here;
    match (here.thing(), here.inside()) {
        (Thing::Platform { .. }, _) => platforms(asked.look),
        (Thing::Timer { .. } | Thing::Deadline, [.., Step::Key(last)]) if *last != "reason" => {
            durations::durations(state, asked)
        }
        (Thing::Facet { key }, _) => facet(asked, key),
        (Thing::From { .. }, _) => sources(state, asked),
        (Thing::Shared { .. }, _) => shared(asked),
        (Thing::Rule { .. }, _) => rules().collect(),
        (Thing::File { .. }, _) => chains(state, asked.look),
        (_, [Step::Key("before" | "heartbeat")] | [Step::Key("retries"), Step::Key("window")]) => durations::plain(),
        _ => words(asked),
    }
}

pub fn rules() -> impl Iterator<Item = Item> {
    rules::ALL.iter().map(|rule| Item {
        detail: rule.summary.to_owned(),
        rank: 3,
        ..Item::new(ItemKind::Rule, rule.name)
    })
}

fn platforms(look: &Look) -> Vec<Item> {
    look.settings.catalog.ids().into_iter().map(|id| Item::new(ItemKind::Platform, id)).collect()
}

fn facet(asked: &Asked<'_>, key: &str) -> Vec<Item> {
    let platform = platform_of(asked.look, asked.here);
    let facet = platform.as_ref().and_then(|p| p.facets.iter().find(|facet| facet.id == key));
    match facet.map(|facet| (&facet.kind, &facet.default)) {
        Some((FacetKind::Choice(values), default)) => values
            .iter()
            .map(|value| {
                let detail = if default.as_ref() == Some(value) { "where nothing is stated" } else { "" };
                Item { detail: detail.to_owned(), rank: 1, ..Item::new(ItemKind::Word, value) }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Words of the form, and durations where the form takes one.
fn words(asked: &Asked<'_>) -> Vec<Item> {
    let schema = Schema::of(asked.look.kind);
    let words = schema.map(|schema| schema.words(&asked.here.steps)).unwrap_or_default();
    let mut items: Vec<Item> = words
        .into_iter()
        .map(|Choice { word, about, .. }| Item { about, rank: 1, ..Item::new(ItemKind::Word, word) })
        .collect();
    let time = [
        Step::Key("margin"),
        Step::Key("first-byte"),
        Step::Key("gap"),
        Step::Key("total"),
        Step::Key("upload"),
        Step::Key("initial"),
        Step::Key("max"),
    ];
    if asked.here.steps.last().is_some_and(|step| time.contains(step)) {
        items.extend(durations::plain());
    }
    items
}

/// The names under `shared:`.
fn shared(asked: &Asked<'_>) -> Vec<Item> {
    let parsed = parse(asked.text, asked.look.format);
    let Some(Kind::Map(entries)) = parsed.root.as_ref().and_then(|root| root.get("shared")).map(|node| &node.kind)
    else {
        return Vec::new();
    };
    entries
        .iter()
        .map(|entry| {
            let platform = entry.value.get("platform").and_then(|node| node.as_str()).unwrap_or_default();
            Item { detail: platform.to_owned(), rank: 1, ..Item::new(ItemKind::Hop, &*entry.key.text) }
        })
        .collect()
}

/// Deployed files with their selectors: those of the platform first. Behind a `#` the selectors of that file.
fn sources(state: &mut State, asked: &Asked<'_>) -> Vec<Item> {
    let look = asked.look;
    let folder = look.path.parent().unwrap_or(Path::new("")).to_owned();
    let named = asked.typed.split_once('#').map(|(file, _)| crate::lsp::uri::normal(&folder.join(file)));
    let files: Vec<PathBuf> = match &named {
        Some(file) => vec![file.clone()],
        None => state.project_of(&look.path).index.nearest(&look.path),
    };
    let wanted = platform_of(look, asked.here).map(|platform| platform.id.clone());
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let mut items = Vec::new();
    for path in files {
        let Ok(loaded) = store.import(&path, Some(&look.path)) else { continue };
        let hops = &loaded.import.hops;
        let file = relative(&path, &folder);
        if hops.len() == 1 && named.is_none() {
            let platform = &hops[0].hop.platform.value;
            let rank = if wanted.as_ref() == Some(platform) { 1 } else { 3 };
            items.push(Item { detail: platform.clone(), rank, ..Item::new(ItemKind::File, file) });
            continue;
        }
        for hop in hops {
            let platform = &hop.hop.platform.value;
            let rank = if wanted.as_ref() == Some(platform) { 1 } else { 3 };
            let text = format!("{file}#{}", hop.selector);
            items.push(Item { detail: platform.clone(), rank, ..Item::new(ItemKind::File, text) });
        }
    }
    items
}

fn chains(state: &mut State, look: &Look) -> Vec<Item> {
    let folder = look.path.parent().unwrap_or(Path::new("")).to_owned();
    let chains = state.project_of(&look.path).index.chains();
    chains.map(|path| Item::new(ItemKind::File, relative(path, &folder))).collect()
}
