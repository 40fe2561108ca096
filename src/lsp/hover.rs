//! What is shown for the thing under the cursor: a hop with what guards it and where that comes from, a timer with what
//! it measures, a rule with its page, a key with what it is for.

use super::here::{self, Here, Thing};
use super::look::{Chains, Look};
use super::positions::Lines;
use super::schema::Schema;
use super::state::State;
use super::uri;
use crate::catalog::facet::FacetKind;
use crate::catalog::{Guard, Platform, Setting, Timer};
use crate::import::Match;
use crate::import::store::Store;
use crate::resolve::one::find_timer;
use crate::resolve::{GuardValue, HopCase, Resolved, ResolvedHop, TimerValue};
use crate::rules::{self, say};
use crate::show::{self, words};
use crate::solve;
use crate::span::{Loc, Span};
use crate::suppress::comment;
use crate::syntax::{Parsed, parse};
use crate::workspace::overlay::Overlay;
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::path::Path;

/// A page about a place, and the place.
struct Page {
    text: String,
    span: Span,
}

pub fn hover(state: &mut State, params: &lsp::HoverParams) -> Option<Value> {
    let at = &params.text_document_position_params;
    let path = uri::to_path(&at.text_document.uri)?;
    let look = state.look(&path)?;
    let lines = state.documents.lines(&path, &look.text);
    let offset = lines.offset(&look.text, at.position);
    let page = of_comment(&look, offset).or_else(|| match look.kind {
        super::documents::Kind::Other => of_deployed(state, &look, offset),
        _ => of_chain(state, &look, offset),
    })?;
    let range = lines.range(&look.text, page.span);
    Some(json!({"contents": {"kind": "markdown", "value": page.text}, "range": range}))
}

/// The name of a rule in a suppression.
fn of_comment(look: &Look, offset: u32) -> Option<Page> {
    let (rule, span) = rule_in_comment(look, offset)?;
    Some(Page { text: of_rule(&rule)?, span })
}

/// The rule that a comment of a file names at an offset. Every format marks comments with `#` or `//`.
pub fn rule_in_comment(look: &Look, offset: u32) -> Option<(String, Span)> {
    let at = usize::try_from(offset).ok()?.min(look.text.len());
    let start = look.text.get(..at)?.rfind('\n').map_or(0, |line| line + 1);
    let end = look.text.get(at..)?.find('\n').map_or(look.text.len(), |end| at + end);
    let mark = start + look.text.get(start..end)?.find("hoplint:")?;
    let before = look.text[start..mark].trim_end();
    if !before.ends_with(['#', '/', ';']) {
        return None;
    }
    let comment = comment::read(Span::of(start + before.len() - 1..end), &look.text)?;
    let rule = comment.rules.into_iter().find(|rule| rule.span.start <= offset && offset <= rule.span.end)?;
    Some((rule.name, rule.span))
}

fn of_rule(name: &str) -> Option<String> {
    match rules::find(name) {
        Some(rule) => Some(show::rule::page(rule)),
        None => rules::form_of_a_file(name).map(|about| format!("# {name}\n\n{about}\n")),
    }
}

fn of_chain(state: &State, look: &Look, offset: u32) -> Option<Page> {
    let parsed: Parsed<'_> = parse(&look.text, look.format);
    let here = here::at(parsed.root.as_ref()?, offset)?;
    let (thing, span) = (here.thing(), here.span);
    let text = match &thing {
        Thing::Rule { name } => of_rule(name),
        Thing::Platform { name } => look.settings.catalog.find(name).map(|platform| of_platform(&platform)),
        Thing::Facet { key } => platform_of(look, &here).and_then(|platform| of_facet(&platform, key)),
        Thing::Hop { .. } | Thing::Shared { .. } | Thing::From { .. } => {
            let chains = look.chains(&state.texts);
            hop_pages(state, look, &chains, &here)
        }
        Thing::Timer { key } => {
            let chains = look.chains(&state.texts);
            let hop = here.hop.as_ref().map(|site| chains.hops_at(site.node.span)).unwrap_or_default();
            match hop.first() {
                Some((_, hop, _)) => of_timer(hop, key),
                None => platform_of(look, &here).and_then(|p| find_timer(&p, key).map(|t| show::timer::page(&p, t))),
            }
        }
        _ => None,
    };
    let text = text.or_else(|| Schema::of(look.kind)?.about(&here))?;
    Some(Page { text, span })
}

/// The platform of the hop that a place is in.
pub fn platform_of(look: &Look, here: &Here<'_>) -> Option<std::sync::Arc<Platform>> {
    let name = here.hop.as_ref()?.node.get("platform")?.as_str()?;
    look.settings.catalog.find(name)
}

/// The head of a platform's page, and the table of its timers.
fn of_platform(platform: &Platform) -> String {
    let page = show::platform::page(platform);
    page.split("\n### ").next().unwrap_or(&page).to_owned()
}

fn of_facet(platform: &Platform, key: &str) -> Option<String> {
    let facet = platform.facets.iter().find(|facet| facet.id == key)?;
    let values = match &facet.kind {
        FacetKind::Choice(values) => values.iter().map(|v| words::code(v)).collect::<Vec<_>>().join(", "),
        FacetKind::Version => "a version such as 1.29.7".to_owned(),
    };
    let default = match &facet.default {
        Some(default) => format!("{} where nothing is stated", words::code(default)),
        None => "anything is possible where nothing is stated".to_owned(),
    };
    let summary = words::sentence(&facet.summary);
    Some(format!("**{key}** of {}\n\n{summary}\n\n- Values: {values}\n- Default: {default}\n", platform.name))
}

/// A hop in each chain that passes through it.
fn hop_pages(state: &State, look: &Look, chains: &Chains, here: &Here<'_>) -> Option<String> {
    let body = here.hop.as_ref()?.node;
    let mut found = chains.hops_at(body.span);
    if found.is_empty() {
        // The name of a shared hop: its entry stands elsewhere.
        let name = here.text();
        found = chains
            .all
            .iter()
            .flat_map(|chain| chain.hops.iter().enumerate().map(move |(i, hop)| (chain, hop, Some(i))))
            .filter(|(_, hop, _)| hop.name() == name)
            .collect();
    }
    let pages: Vec<String> =
        found.iter().map(|(chain, hop, at)| of_hop(state, look, chains, chain, hop, *at)).collect();
    (!pages.is_empty()).then(|| pages.join("\n---\n"))
}

fn of_hop(
    state: &State,
    look: &Look,
    chains: &Chains,
    chain: &Resolved,
    hop: &ResolvedHop,
    at: Option<usize>,
) -> String {
    let place = match at {
        Some(i) => format!("hop {} of {}", i + 1, chain.hops.len()),
        None => "a fallback".to_owned(),
    };
    let mut out = format!("**{}** ({}), {place} in chain {}\n\n", hop.name(), hop.platform.name, chain.name);
    let mut rows = String::new();
    for guard in GUARDS {
        if guard != Guard::Upload && !solve::applies(guard, hop.mode) {
            continue;
        }
        if let Some((when, by)) = guarded(hop, guard, &|at: Loc| link(state, look, chains, at)) {
            words::put(&mut rows, format_args!("| {} | {when} | {by} |\n", capital(guard_name(guard))));
        }
    }
    if rows.is_empty() {
        out.push_str("No timer of this hop ends a request.\n");
    } else {
        out.push_str("| it ends | after | by |\n| --- | --- | --- |\n");
        out.push_str(&rows);
    }
    let wait =
        if hop.mode == crate::model::workload::Mode::Streaming { Guard::WaitStreaming } else { Guard::WaitBuffered };
    let case = hop.cases.iter().find_map(|case| Some((case, case.answer(wait)?)));
    if let Some((_, answer)) = case.filter(|(_, answer)| answer.attempts > 1) {
        let attempts = answer.attempts;
        words::put(&mut out, format_args!("\nIts caller hears of it after {attempts} attempts: {}.\n", answer.latest));
    }
    if let Some((case, firing)) = hop.cases.iter().find_map(|case| Some((case, case.guard(wait).firing()?))) {
        words::put(&mut out, format_args!("\n{}\n", say::symptom(hop, case, wait, firing)));
    }
    out
}

pub const GUARDS: [Guard; 5] =
    [Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap, Guard::StreamTotal, Guard::Upload];

pub const fn guard_name(guard: Guard) -> &'static str {
    match guard {
        Guard::WaitBuffered => "the wait for a whole answer",
        Guard::WaitStreaming => "the wait for the start of a stream",
        Guard::Gap => "a silence inside a stream",
        Guard::StreamTotal => "a stream as a whole",
        Guard::Upload => "the upload of the request",
    }
}

/// When a guard ends and what ends it, in every case that is left open.
fn guarded(hop: &ResolvedHop, guard: Guard, link: &dyn Fn(Loc) -> Option<String>) -> Option<(String, String)> {
    let mut whens: Vec<String> = Vec::new();
    let mut bys: Vec<String> = Vec::new();
    for case in &hop.cases {
        let (when, by) = match case.guard(guard) {
            GuardValue::Absent => continue,
            GuardValue::None => ("no limit".to_owned(), String::new()),
            GuardValue::Unknown => ("not known".to_owned(), String::new()),
            GuardValue::Limited(firing) => (firing.at.to_string(), source(hop, &firing.value, link)),
        };
        if !whens.contains(&when) {
            whens.push(when);
        }
        if !by.is_empty() && !bys.contains(&by) {
            bys.push(by);
        }
    }
    (!whens.is_empty()).then(|| (whens.join(" or "), bys.join(" or ")))
}

/// `` `read_timeout`, deployed at infra/kong.yml:12 ``.
fn source(hop: &ResolvedHop, value: &TimerValue, link: &dyn Fn(Loc) -> Option<String>) -> String {
    let place = value.provenance.loc().and_then(link).map(|link| format!(" at {link}")).unwrap_or_default();
    format!("{}, {}{place}", words::code(say::native(hop.timer(value))), say::provenance(hop, value))
}

/// A link to a place: `[nginx.conf:12](file:///...#L12)`.
fn link(state: &State, look: &Look, chains: &Chains, at: Loc) -> Option<String> {
    let (path, text) = chains.place(look, at)?;
    let line = Lines::of(text, super::positions::Encoding::Utf8).line(at.span.start as usize) + 1;
    let name = crate::workspace::shown(path, &look.root);
    Some(format!("[{name}:{line}]({}#L{line})", state.documents.uri(path).0))
}

/// A timer of a hop: what it is set to here, and the catalogue's page about it.
fn of_timer(hop: &ResolvedHop, key: &str) -> Option<String> {
    let timers: Vec<&Timer> = if key.is_empty() {
        hop.platform.shorthand.iter().filter_map(|id| hop.platform.timer(id)).collect()
    } else {
        find_timer(&hop.platform, key).into_iter().collect()
    };
    let pages: Vec<String> = timers
        .iter()
        .map(|timer| {
            let index = hop.platform.timers.iter().position(|known| known.id == timer.id);
            let here = index.map(|index| in_force(hop, index)).unwrap_or_default();
            let page = show::timer::page(&hop.platform, timer);
            // The sentence about this hop comes right below the heading.
            match page.split_once("\n\n") {
                Some((head, rest)) if !here.is_empty() => format!("{head}\n\n{here}\n\n{rest}"),
                _ => page,
            }
        })
        .collect();
    (!pages.is_empty()).then(|| pages.join("\n---\n"))
}

/// What a timer comes to in a hop, and what the caller sees when it fires.
fn in_force(hop: &ResolvedHop, timer: usize) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut symptoms: Vec<String> = Vec::new();
    for case in &hop.cases {
        let Some(value) = case.timer_value(timer) else { continue };
        let text = match value.setting {
            Some(Setting::At(at)) => format!("**{at}** in hop {} ({})", hop.name(), say::provenance(hop, value)),
            other => format!("**{}** in hop {} ({})", say::setting(other), hop.name(), say::provenance(hop, value)),
        };
        if !said.contains(&text) {
            said.push(text);
        }
        symptoms.extend(symptom(hop, case, timer).filter(|symptom| !symptoms.contains(symptom)));
    }
    let symptom = symptoms.first().map(|symptom| format!(". {symptom}")).unwrap_or_default();
    format!("{}{symptom}", said.join(" or "))
}

fn symptom(hop: &ResolvedHop, case: &HopCase, timer: usize) -> Option<String> {
    GUARDS.iter().filter(|guard| solve::applies(**guard, hop.mode)).find_map(|guard| {
        let firing = case.guard(*guard).firing().filter(|firing| usize::from(firing.value.timer) == timer)?;
        Some(say::symptom(hop, case, *guard, firing))
    })
}

/// A setting or a block of a deployed file.
fn of_deployed(state: &mut State, look: &Look, offset: u32) -> Option<Page> {
    let overlay = Overlay { texts: &state.texts };
    let store = Store::new(&overlay, &look.root);
    let loaded = store.import_named(&look.path, Match::Maybe).ok()?;
    let inside = |at: Loc| at.file == loaded.file && at.span.start <= offset && offset <= at.span.end;
    for deployed in &loaded.import.hops {
        let Some(platform) = look.settings.catalog.find(&deployed.hop.platform.value) else { continue };
        for (key, value) in &deployed.hop.timers {
            if inside(key.loc) || inside(value.loc) {
                let timer = find_timer(&platform, &key.value)?;
                let span = if inside(key.loc) { key.loc.span } else { value.loc.span };
                let mut text = show::timer::page(&platform, timer);
                text.push_str(&bound_by(state, look, &look.path));
                return Some(Page { text, span });
            }
        }
    }
    let found = loaded.import.hops.iter().find(|deployed| inside(deployed.hop.at))?;
    let chain = |hop: crate::model::Hop| crate::model::Chain {
        name: look.shown.clone(),
        at: hop.at,
        body: hop.body,
        order: None,
        margin: None,
        workload: None,
        hops: vec![std::sync::Arc::new(hop)],
        fragment: true,
    };
    let mut hop = found.hop.clone();
    hop.deployed = hop.timers.iter().map(|(_, value)| value.loc.file).chain([loaded.file]).collect();
    let defaults = crate::resolve::chain::ChainDefaults::default();
    let resolved = crate::resolve::Resolver::new(&look.settings.catalog, defaults).resolve(&chain(hop));
    let chains = Chains { all: Vec::new(), files: store.files() };
    let hop = resolved.hops.first()?;
    let mut out =
        format!("**{}** ({})\n\n| it ends | after | by |\n| --- | --- | --- |\n", found.selector, hop.platform.name);
    for guard in GUARDS {
        if let Some((when, by)) = guarded(hop, guard, &|at: Loc| link(state, look, &chains, at)) {
            words::put(&mut out, format_args!("| {} | {when} | {by} |\n", capital(guard_name(guard))));
        }
    }
    out.push_str(&bound_by(state, look, &look.path));
    Some(Page { text: out, span: found.hop.at.span })
}

/// The chains that a deployed file is a part of.
fn bound_by(state: &mut State, look: &Look, path: &Path) -> String {
    let chains: Vec<_> = state.project_of(path).index.chains_of(path).cloned().collect();
    if chains.is_empty() {
        return String::new();
    }
    let links: Vec<String> = chains
        .iter()
        .map(|chain| {
            let name = crate::workspace::shown(chain, &look.root);
            format!("[{name}]({})", state.documents.uri(chain).0)
        })
        .collect();
    format!("\nBound by {}.\n", links.join(", "))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
