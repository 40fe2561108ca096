//! What is generated from a chain is read back as the chain stated it: by the project's own readers, which other tests
//! hold against the real programs.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::facet::FacetKind;
use hoplint::catalog::store::Catalog;
use hoplint::catalog::{Max, Platform, Setting, Timer};
use hoplint::generate::target::{self, Feature, Target, TargetFile};
use hoplint::generate::{File, Options, generate};
use hoplint::import::bind::bind;
use hoplint::import::store::Store;
use hoplint::import::{Match, best};
use hoplint::model::Chain;
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{Resolved, ResolvedHop, Resolver};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use hoplint::workspace::Disk;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use real::{Folder, fixtures, resolve};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The targets whose files have a reader.
const READ: [&str; 26] = [
    "alb-cloudformation",
    "alb-kubernetes",
    "alb-terraform",
    "apache-httpd",
    "apigateway-http-cloudformation",
    "apigateway-http-terraform",
    "apigateway-rest-cloudformation",
    "apigateway-rest-terraform",
    "azure-apim-policy",
    "caddy",
    "cloudfront-cloudformation",
    "cloudfront-terraform",
    "envoy",
    "gateway-api",
    "gcp-backend-service",
    "gunicorn",
    "haproxy",
    "istio",
    "kong",
    "lambda-cloudformation",
    "lambda-terraform",
    "litellm-proxy",
    "nginx",
    "nginx-ingress-annotations",
    "traefik",
    "traefik-toml",
];

/// Those that no reader reads, and why.
const UNREAD: [(&str, &str); 13] = [
    ("alb-cli", "a script that sets attributes of a balancer: what was done, not what is there"),
    ("curl", "a shell function: a program, not configuration"),
    ("go-openai", "program code"),
    ("node-http", "program code"),
    ("python-anthropic", "program code"),
    ("python-boto3-bedrock", "program code"),
    ("python-google-genai", "program code"),
    ("python-litellm", "program code"),
    ("python-openai", "program code"),
    ("ts-anthropic", "program code"),
    ("ts-openai", "program code"),
    ("ts-vercel-ai", "program code"),
    ("uvicorn", "variables of an environment that a command may get from anywhere, or program code"),
];

/// The files of the targets above that no reader takes, or that hold no hop, and why.
const UNREAD_FILES: [(&str, &str, &str); 17] = [
    ("alb-terraform", "locals.tf.j2", LOCALS),
    ("apigateway-http-terraform", "locals.tf.j2", LOCALS),
    ("apigateway-rest-terraform", "locals.tf.j2", LOCALS),
    ("caddy", "proxy.caddy.j2", "lines for the inside of a reverse_proxy: no site is there"),
    ("caddy", "servers.caddy.j2", "lines for the inside of the global options: no site is there"),
    ("cloudfront-terraform", "locals.tf.j2", LOCALS),
    ("envoy", "cluster.yaml.j2", "a cluster that no route leads to"),
    ("envoy", "manager.yaml.j2", "lines for the inside of a connection manager: nothing in them names Envoy"),
    ("envoy", "route.yaml.j2", "lines for the inside of a route: nothing in them names Envoy"),
    ("gateway-api", "patch.yaml.j2", JSON_PATCH),
    ("gcp-backend-service", "locals.tf.j2", LOCALS),
    ("istio", "destinationrule-patch.yaml.j2", "half of an object, beside a JSON patch of another one"),
    ("istio", "virtualservice-patch.yaml.j2", JSON_PATCH),
    ("kong", "kong.conf.j2", "the settings of the program, which has no hop of its own"),
    ("lambda-terraform", "locals.tf.j2", LOCALS),
    ("litellm-proxy", "env.j2", "variables of an environment that a command may get from anywhere"),
    ("nginx", "upstream.conf.j2", "lines for the inside of an upstream block: nothing passes requests to it"),
];

const LOCALS: &str = "locals that resources of the user refer to: by themselves they are no hop";
const JSON_PATCH: &str = "a JSON patch names no object: kubectl is told which";

/// The facets that the files of a target say, in both forms.
const FACETS: [(&str, &[&str]); 10] = [
    ("apigateway-rest-cloudformation", &["mode", "endpoint"]),
    ("apigateway-rest-terraform", &["mode"]),
    ("azure-apim-policy", &["buffer-response"]),
    ("gcp-backend-service", &["balancer"]),
    ("gunicorn", &["worker"]),
    ("haproxy", &["abortonclose", "http-no-delay"]),
    ("lambda-cloudformation", &["invoke-mode"]),
    ("lambda-terraform", &["invoke-mode"]),
    ("nginx", &["proxy-buffering", "proxy-http-version", "ignore-client-abort", "non-idempotent"]),
    ("nginx-ingress-annotations", &["proxy-buffering", "proxy-http-version", "retry-non-idempotent"]),
];

/// What a part says of repetition and no reader can tie to a hop.
const UNTIED: [(&str, &str); 2] = [
    ("traefik", "a middleware repeats for the routers that take it"),
    ("traefik-toml", "a middleware repeats for the routers that take it"),
];

const FORMS: [(&str, Options); 2] =
    [("part", Options { explicit: false, full: false }), ("--full", Options { explicit: false, full: true })];

fn readable() -> Vec<Target> {
    target::all().into_iter().filter(|target| READ.contains(&target.id.as_str())).collect()
}

fn is_unread(target: &Target, file: &TargetFile) -> bool {
    UNREAD_FILES.iter().any(|(id, template, _)| *id == target.id && *template == file.template)
}

fn facets_of(target: &Target) -> &'static [&'static str] {
    FACETS.iter().find(|(id, _)| *id == target.id).map_or(&[], |(_, facets)| facets)
}

/// The manifest's entry that a generated file comes from.
fn entry<'t>(target: &'t Target, file: &File, full: bool) -> &'t TargetFile {
    let named = |t: &&TargetFile| file.name.ends_with(t.name.trim_start_matches("{hop}").trim_start_matches("{hop_}"));
    target.files.iter().filter(|t| t.when.applies(full)).find(named).unwrap()
}

/// The values of these timers, the facets and the repetition that the target says, one line for each.
fn shown(hop: &ResolvedHop, target: &Target, timers: &BTreeSet<usize>, stated: &ResolvedHop) -> String {
    let mut out = String::new();
    let window = hop.spec.retries.as_ref().and_then(|r| r.window.as_ref()).map(|w| Setting::At(w.value));
    for index in timers {
        let value = hop.cases.iter().find_map(|case| case.timer_value(*index));
        // A reader states such a timer as what it is: the window of the retries.
        let of_retries = target.retries.window_timer.as_ref() == Some(&hop.platform.timers[*index].id);
        let window = window.filter(|_| of_retries);
        let text = match window.or_else(|| value.and_then(|v| v.clipped_from.or(v.setting))) {
            Some(Setting::At(at)) => at.to_source(),
            Some(other) => format!("{other:?}"),
            None => "nothing".to_owned(),
        };
        let _ = writeln!(out, "{} {text}", hop.platform.timers[*index].id);
    }
    for (facet, _) in stated.spec.with.iter().filter(|(facet, _)| facets_of(target).contains(&facet.value.as_str())) {
        let read = hop.spec.with.iter().find(|(known, _)| known.value == facet.value);
        let default = hop.platform.facets.iter().find(|f| f.id == facet.value).and_then(|f| f.default.as_deref());
        let value = read.map(|(_, value)| value.value.as_str()).or(default);
        let _ = writeln!(out, "{} {value:?}", facet.value);
    }
    out
}

/// The attempts, and the causes in the words of the platform.
fn repetition(hop: &ResolvedHop, target: &Target, stated: &ResolvedHop) -> String {
    let mut out = String::new();
    let Some(said) = &stated.spec.retries else { return out };
    let read = hop.spec.retries.as_ref();
    if said.attempts.is_some() && target.retries.native.contains(&Feature::Attempts) {
        let attempts = read.and_then(|r| r.attempts.as_ref()).map(|a| a.value);
        let _ = writeln!(out, "attempts {attempts:?}");
    }
    out
}

/// Traefik's static file also leads to the routers of the dynamic one.
fn selected(name: &str) -> String {
    match name.strip_suffix(".static.yaml").or_else(|| name.strip_suffix(".static.toml")) {
        Some(hop) => format!("{name}#entryPoints.{hop}-entry"),
        None => name.to_owned(),
    }
}

/// A policy stands inside of the resource that gives it to an API.
fn wrapped(target: &Target, file: &File) -> (String, String) {
    if target.id != "azure-apim-policy" {
        return (file.name.clone(), file.text.clone());
    }
    let resource = "resource \"azurerm_api_management_api_policy\" \"edge\" {\n  xml_content = <<XML\n";
    (format!("{}.tf", file.name), format!("{resource}{}XML\n}}\n", file.text))
}

fn decoded(text: &str) -> Chain {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId::default(), text, Format::Yaml, &parsed);
    let chain = hoplint::model::decode::chains(parsed.root.as_ref().unwrap(), "chat", &mut ctx).remove(0);
    assert!(ctx.diagnostics.is_empty(), "{:#?}\n{text}", ctx.diagnostics);
    chain
}

/// What the hop states, and what is read of it in the generated files; nothing where they say the same. `None` where
/// the target writes no such hop.
fn differs(catalog: &Catalog, target: &Target, chain: &Resolved, options: Options) -> Option<Result<(), String>> {
    let hop = chain.hops.iter().find(|hop| target.writes(&hop.platform.id)).unwrap();
    let files = generate(chain, hop, target, options).ok()?;
    let folder = Folder::new("round-trip");
    // The root of a project: nothing outside of it is read.
    std::fs::create_dir(folder.0.join(".git")).unwrap();
    let untied = !options.full && UNTIED.iter().any(|(id, _)| *id == target.id);
    let once = hop.spec.retries.as_ref().and_then(|r| r.attempts.as_ref()).is_none_or(|a| a.value == 1);
    let stated = |id: &String| {
        let index = hop.platform.timers.iter().position(|timer| timer.id == *id)?;
        let only_beside_repetition = once && target.repeating.iter().any(|(timer, _)| timer == id);
        let of_repetition = target.retries.window_timer.as_ref() == Some(id);
        let written = hop.cases.iter().filter_map(|case| case.timer_value(index)).any(|v| v.provenance.is_written());
        (written && !only_beside_repetition && !(untied && of_repetition)).then_some(index)
    };
    let servers = files.notes.iter().any(|note| note.text.contains("attempts need as many servers"));
    let (mut names, mut timers, mut says_retries) = (Vec::new(), BTreeSet::new(), false);
    for file in &files.files {
        let entry = entry(target, file, options.full);
        if is_unread(target, entry) {
            continue;
        }
        let placed: Vec<usize> = entry.timers.iter().filter_map(stated).collect();
        let repeats = entry.says_retries && !untied && !servers;
        let says = !placed.is_empty() || !facets_of(target).is_empty() || repeats && hop.spec.retries.is_some();
        let (name, text) = wrapped(target, file);
        let known = best(&name, &text, Match::Maybe).is_some();
        // Where nothing is stated a part is empty, and there is nothing to read.
        let empty = !says || file.text.contains("annotations: {}");
        if empty && !(options.full && known) {
            continue;
        }
        timers.extend(placed);
        says_retries |= repeats;
        if !known {
            return Some(Err(format!("no reader takes {name}\n{text}")));
        }
        folder.write(&name, &text);
        names.push(format!("{:?}", selected(&name)));
    }
    let show = |of: &ResolvedHop| {
        let repetition = if says_retries { repetition(of, target, hop) } else { String::new() };
        shown(of, target, &timers, hop) + &repetition
    };
    let first = show(hop);
    if names.is_empty() || first.is_empty() && !options.full {
        return None;
    }
    // What no file says, the chain file still has to.
    let beside = hop.spec.with.iter().filter(|(facet, _)| !facets_of(target).contains(&facet.value.as_str()));
    let beside: Vec<String> = beside.map(|(facet, value)| format!("{}: {:?}", facet.value, value.value)).collect();
    let bound = format!(
        "version: 1\nhops:\n  - {{name: edge, platform: {}, with: {{{}}}, from: [{}]}}\n  - {{name: model, platform: openai}}\n",
        hop.platform.id,
        beside.join(", "),
        names.join(", ")
    );
    let path = folder.write("a.chain.yaml", &bound);
    let read = decoded(&bound);
    let store = Store::new(&Disk, &folder.0);
    let read = bind(read, &path, &store);
    let again = Resolver::new(catalog, ChainDefaults::default()).resolve(&read.chain);
    let second = show(&again.hops[0]);
    let text = files.files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>().join("\n");
    if first == second && read.problems.is_empty() && again.problems.is_empty() {
        return Some(Ok(()));
    }
    let problems = format!("{:#?}{:#?}", read.problems, again.problems);
    Some(Err(format!("--- stated\n{first}--- read\n{second}--- files\n{text}{problems}")))
}

#[test]
fn every_target_is_read_back_or_says_why_not() {
    let targets = target::all();
    for target in &targets {
        let unread = UNREAD.iter().any(|(id, _)| *id == target.id);
        let read = READ.contains(&target.id.as_str());
        assert!(read != unread, "{} must stand in one of the two lists", target.id);
    }
    let is = |id: &str| targets.iter().any(|target| target.id == id);
    assert!(READ.iter().chain(UNREAD.iter().map(|(id, _)| id)).all(|id| is(id)), "a target that is no more");
    for (id, template, _) in UNREAD_FILES {
        let target = targets.iter().find(|target| target.id == id).unwrap();
        assert!(target.files.iter().any(|file| file.template == template), "{id} has no {template} any more");
    }
}

#[test]
fn what_is_generated_from_the_fixtures_is_read_back() {
    let catalog = Catalog::default();
    let mut wrong = String::new();
    for target in readable() {
        let mut compared = 0;
        for (name, text) in fixtures(&target.id) {
            for (form, options) in FORMS {
                match differs(&catalog, &target, &resolve(&text), options) {
                    Some(Err(differs)) => drop(writeln!(wrong, "{} {name} {form}:\n{differs}", target.id)),
                    Some(Ok(())) => compared += 1,
                    None => {}
                }
            }
        }
        assert!(compared > 0 || !wrong.is_empty(), "nothing of {} was compared", target.id);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A value that the platform takes, out of any number.
fn within(timer: &Timer, any: u64) -> String {
    const MS: u64 = 1_000_000;
    let grid = timer.grid.map_or(1, |grid| grid.as_nanos().div_ceil(MS)).max(1);
    let most = timer.limits.iter().filter_map(|limit| match limit.max {
        Some(Max::At(max)) => Some(max.as_nanos() / MS),
        _ => None,
    });
    let least = timer.limits.iter().filter_map(|limit| limit.min).map(|min| min.as_nanos().div_ceil(MS));
    let least = least.max().unwrap_or(0).div_ceil(grid).max(1);
    let most = most.min().unwrap_or(u64::MAX).min(4_000_000).max(least * grid) / grid;
    format!("{}ms", (least + any % (most - least + 1)) * grid)
}

/// A hop with any values and facets.
fn chain(
    target: &Target,
    platform: &Platform,
    values: &[Option<u64>],
    facets: &[usize],
    attempts: Option<u32>,
) -> String {
    let timers = platform.timers.iter().filter(|t| t.settable).zip(values);
    let timers = timers.filter_map(|(timer, value)| Some(format!("{}: {}", timer.id, within(timer, (*value)?))));
    let most = target.retries.most.as_ref().map_or(u32::MAX, |(most, _)| u32::try_from(*most).unwrap());
    let repeated =
        attempts.map_or(String::new(), |n| format!(", endpoints: 5, retries: {{attempts: {}}}", n.min(most)));
    let mut with: BTreeMap<&str, &str> = match platform.id.as_str() {
        "envoy" => [("retry-policy", "on")].into(),
        "nginx" => [("version", "1.26"), ("upstream-keepalive", "on")].into(),
        "apache-httpd" => [("balancer", "on")].into(),
        "traefik" => [("version", "3.7")].into(),
        _ => BTreeMap::new(),
    };
    for (facet, pick) in platform.facets.iter().zip(facets) {
        if let FacetKind::Choice(values) = &facet.kind
            && let Some(value) = values.get(*pick).filter(|value| *value != "default")
        {
            with.entry(facet.id.as_str()).or_insert(value);
        }
    }
    let with: Vec<String> = with.iter().map(|(facet, value)| format!("{facet}: {value:?}")).collect();
    format!(
        "version: 1\nhops:\n  - {{name: edge, platform: {}, with: {{{}}}, timeouts: {{{}}}{repeated}}}\n  - {{name: model, platform: openai}}\n",
        platform.id,
        with.join(", "),
        timers.collect::<Vec<_>>().join(", ")
    )
}

#[test]
fn whatever_a_chain_states_is_read_back() {
    let catalog = Catalog::default();
    let targets = readable();
    let compared: RefCell<BTreeSet<&str>> = RefCell::default();
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    let any = (
        prop::collection::vec(prop::option::of(1_u64..4_000_000), 24),
        prop::collection::vec(0_usize..8, 8),
        prop::option::of(1_u32..5),
    );
    // The shortest chain of each target that comes back as another one.
    let wrong: RefCell<BTreeMap<&str, String>> = RefCell::default();
    let outcome = TestRunner::new(config).run(&any, |(values, facets, attempts)| {
        for target in &targets {
            let platform = catalog.find(&target.platforms[0]).unwrap();
            let text = chain(target, &platform, &values, &facets, attempts);
            let chain = Resolver::new(&catalog, ChainDefaults::default()).resolve(&decoded(&text));
            // A timer that another facet takes away is a mistake of its own, and nothing to generate.
            if !chain.problems.is_empty() {
                continue;
            }
            for (form, options) in FORMS {
                let Some(read) = differs(&catalog, target, &chain, options) else { continue };
                compared.borrow_mut().insert(target.id.as_str());
                let Err(differs) = read else { continue };
                let told = format!("{} {form}\n{text}{differs}", target.id);
                let mut wrong = wrong.borrow_mut();
                let known = wrong.entry(target.id.as_str()).or_insert_with(|| told.clone());
                if told.len() < known.len() {
                    *known = told;
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    let wrong: Vec<String> = wrong.into_inner().into_values().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let never: Vec<&Target> = targets.iter().filter(|t| !compared.borrow().contains(t.id.as_str())).collect();
    assert!(never.is_empty(), "never compared: {:?}", never.iter().map(|t| &t.id).collect::<Vec<_>>());
}
