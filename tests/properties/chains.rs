//! Random chains over the whole catalogue, with the mistakes that people make.

use hoplint::catalog::store::Catalog;
use hoplint::model::{Declared, Hop, decode};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub fn chain() -> impl Strategy<Value = Value> {
    let head = (
        option::of(prop::sample::select(vec!["inward", "outward", "unordered"])),
        option::of(prop_oneof![
            3 => duration().prop_map(Value::from),
            1 => (0..100u32).prop_map(|p| json!(format!("{p}%"))),
            1 => (1..9u32).prop_map(|r| json!({ "ratio": r })),
        ]),
        option::of(workload()),
        prop::collection::vec(hop(), 1..6),
    );
    head.prop_map(|(order, margin, workload, hops)| {
        let mut chain = Map::new();
        chain.insert("version".into(), json!(1));
        insert(&mut chain, "order", order.map(Value::from));
        insert(&mut chain, "margin", margin);
        insert(&mut chain, "workload", workload);
        chain.insert("hops".into(), Value::Array(hops));
        Value::Object(chain)
    })
}

fn insert(map: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(key.into(), value);
    }
}

fn duration() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["5s", "29s", "30s", "60s", "100s", "120s", "300s", "600s", "15m", "1h"]).prop_map(str::to_owned),
        2 => (1..4000u32).prop_map(|s| format!("{s}s")),
        1 => (1..90_000u32).prop_map(|ms| format!("{ms}ms")),
        1 => (1..60u32, 1..60u32).prop_map(|(m, s)| format!("{m}m{s}s")),
    ]
}

fn setting() -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => duration().prop_map(Value::from),
        1 => Just(json!("none")),
        1 => Just(json!("off")),
        1 => Just(json!("default")),
        // Mistakes.
        1 => prop::sample::select(vec![json!("1.5s"), json!("90"), json!(30), json!("soon"), json!("0s"), json!(true)]),
    ]
}

fn workload() -> impl Strategy<Value = Value> {
    let stated = (
        option::of(prop::sample::select(vec!["buffered", "streaming"])),
        option::of(duration()),
        option::of(duration()),
        option::of(duration()),
        option::of(duration()),
    );
    let stated = stated.prop_map(|(mode, first, gap, total, upload)| {
        let mut map = Map::new();
        for (key, value) in [("first-byte", first), ("gap", gap), ("total", total), ("upload", upload)] {
            insert(&mut map, key, value.map(Value::from));
        }
        insert(&mut map, "mode", mode.map(Value::from));
        Value::Object(map)
    });
    let presets = prop::sample::select(vec!["simple-qa", "reasoning", "agent", "resoning"]).prop_map(Value::from);
    prop_oneof![3 => stated, 1 => presets]
}

fn platform() -> impl Strategy<Value = String> {
    let known: Vec<String> = Catalog::default().ids().into_iter().map(str::to_owned).collect();
    prop_oneof![
        12 => prop::sample::select(known),
        2 => Just("custom".to_owned()),
        1 => prop::sample::select(vec!["ngnix", "my-own-thing"]).prop_map(str::to_owned),
    ]
}

fn hop() -> impl Strategy<Value = Value> {
    let retries = prop_oneof![
        (1..6u32).prop_map(|n| json!({ "attempts": n })),
        (0..4u32).prop_map(|n| json!({ "retries": n, "backoff": ["1s", "2s"] })),
        (1..6u32).prop_map(|n| json!({ "attempts": n, "backoff": { "initial": "500ms", "factor": 2, "max": "8s" }, "on": ["timeout", "5xx"] })),
    ];
    let more = (
        option::weighted(0.2, setting()),
        option::weighted(0.1, setting()),
        option::weighted(0.2, retries),
        option::weighted(0.1, duration()),
        option::weighted(0.1, 1..5u32),
        option::weighted(0.1, any::<bool>()),
    );
    (
        platform(),
        prop::collection::vec((any::<prop::sample::Index>(), setting()), 0..4),
        option::weighted(0.3, any::<prop::sample::Index>()),
        more,
    )
        .prop_map(|(id, timers, facet, (timeout, deadline, retries, before, calls, pin))| {
            let mut hop = Map::new();
            let platform = Catalog::default().find(&id);
            let timeouts =
                timers.into_iter().map(|(pick, value)| (key(platform.as_deref(), pick), value)).collect::<Map<_, _>>();
            let with = facet.and_then(|pick| {
                let facets = &platform.as_ref()?.facets;
                (!facets.is_empty()).then(|| pick.get(facets).clone())
            });
            hop.insert("platform".into(), json!(id));
            if let Some(facet) = with {
                hop.insert("with".into(), json!({ facet.id.clone(): value(&facet) }));
            }
            if !timeouts.is_empty() {
                hop.insert("timeouts".into(), Value::Object(timeouts));
            }
            insert(&mut hop, "timeout", timeout);
            insert(&mut hop, "deadline", deadline);
            insert(&mut hop, "retries", retries);
            insert(&mut hop, "before", before.map(Value::from));
            insert(&mut hop, "calls", calls.map(Value::from));
            insert(&mut hop, "pin", pin.map(Value::from));
            Value::Object(hop)
        })
}

/// A timer by id, by its native name, by phase, or misspelt.
fn key(platform: Option<&hoplint::catalog::Platform>, pick: prop::sample::Index) -> String {
    let phases = ["connect", "first-byte", "between-bytes", "total", "keepalive", "send", "conect"];
    let mut keys: Vec<String> = phases.iter().map(|p| (*p).to_owned()).collect();
    for timer in platform.into_iter().flat_map(|p| &p.timers) {
        keys.extend([timer.id.clone(), timer.id.clone(), timer.native.clone()]);
    }
    pick.get(&keys).clone()
}

fn value(facet: &hoplint::catalog::facet::Facet) -> String {
    match &facet.kind {
        hoplint::catalog::facet::FacetKind::Choice(values) => values.first().cloned().unwrap_or_default(),
        hoplint::catalog::facet::FacetKind::Version => "1.29.0".to_owned(),
    }
}

/// The settings that could be read, hop by hop.
pub fn written(text: &str, format: Format) -> Vec<Vec<Declared>> {
    let parsed = parse(text, format);
    let mut ctx = Ctx::new(FileId(0), text, format, &parsed);
    let chains = parsed.root.as_ref().map(|root| decode::chains(root, "some", &mut ctx)).unwrap_or_default();
    let hops = chains.iter().flat_map(|chain| &chain.hops);
    let settings = |hop: &Hop| {
        let timers = hop.timers.iter().map(|(_, value)| value.value);
        timers.chain(hop.timeout.iter().chain(&hop.deadline).map(|value| value.value)).collect()
    };
    hops.map(|hop| settings(hop)).collect()
}
