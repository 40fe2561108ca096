//! Valid chain documents, by chance, and one that uses every key.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A document that says everything that can be said.
pub fn full() -> Value {
    let text = r#"{
        "version": 1,
        "description": "all keys",
        "name": "chat",
        "order": "outward",
        "margin": {"ratio": 6},
        "workload": {
            "preset": "reasoning", "mode": "streaming", "first-byte": "30s", "gap": "20s", "total": "5m",
            "upload": "2s", "input-tokens": 8000, "output-tokens": 900
        },
        "shared": {
            "gw": {"platform": "kong", "timeouts": {"read": "60s"}, "retries": {"attempts": 3}},
            "llm": {"platform": "openai", "timeout": "300s"}
        },
        "chains": {
            "a": {"description": "one", "order": "inward", "margin": "10%", "workload": "agent", "hops": ["gw", "llm"]},
            "b": {"margin": "5s", "hops": [
                {
                    "name": "app", "platform": "custom", "description": "ours", "role": "app-server",
                    "with": {"plan": "pro", "version": 1.27, "worker": true},
                    "timeout": "130s", "deadline": "none",
                    "timeouts": {"connect": "5s", "total": "default", "keepalive": "off"},
                    "limits": {"total": {"min": "1s", "max": "300s", "reason": "granted"}, "send": {"max": "none", "reason": "r"}},
                    "retries": {
                        "retries": 0, "backoff": {"initial": "500ms", "factor": 2, "max": "8s", "jitter": 0.25},
                        "retry-after": "obey", "on": ["timeout", 429, "5xx", "504"], "on-504": "stream", "window": "60s"
                    },
                    "endpoints": 2, "method": "POST", "calls": 3, "before": "40s", "mode": "buffered",
                    "heartbeat": "15s", "buffers": "whole-answer", "headers": "early", "cancels": true,
                    "maps-errors": 500, "same-process": false, "pin": true,
                    "ignore": {"order-inverted": "migrating", "margin-too-small": null},
                    "fallbacks": [["llm"], "llm", {"use": "llm", "timeout": "60s"}, [{"platform": "ollama"}]],
                    "from": ["infra/alb.tf#aws_lb.chat"]
                },
                {"use": "gw", "retries": {"backoff": ["2s", "5s"]}, "from": "kong.yaml"},
                "llm"
            ]}
        }
    }"#;
    serde_json::from_str(text).expect("JSON")
}

/// The single-chain form with few keys.
pub fn small() -> Value {
    json!({"version": 1, "hops": [{"platform": "nginx", "timeouts": {"proxy_read_timeout": "90s"}}]})
}

pub fn document() -> impl Strategy<Value = Value> {
    let head = (of(order()), of(margin()), of(workload()), of("[a-zé ]{0,6}"));
    (any::<bool>(), head, vec(hop("shared"), 1..3), vec(chain(), 1..3)).prop_map(|(single, head, shared, chains)| {
        let mut top = map([("version", Some(json!(1))), ("description", head.3.clone().map(Value::from))]);
        top.extend(head_keys(&head));
        let names = shared.into_iter().enumerate().map(|(i, hop)| (format!("s{i}"), hop));
        top.insert("shared".into(), Value::Object(names.collect()));
        let mut chains = chains.into_iter();
        if single {
            let Some(Value::Object(only)) = chains.next() else { unreachable!("at least one chain") };
            top.insert("hops".into(), only["hops"].clone());
        } else {
            top.insert("chains".into(), chains.enumerate().map(|(i, c)| (format!("c{i}"), c)).collect());
        }
        Value::Object(top)
    })
}

type Head = (Option<Value>, Option<Value>, Option<Value>, Option<String>);

fn head_keys((order, margin, workload, _): &Head) -> Map<String, Value> {
    map([("order", order.clone()), ("margin", margin.clone()), ("workload", workload.clone())])
}

fn map<const N: usize>(entries: [(&str, Option<Value>); N]) -> Map<String, Value> {
    entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn chain() -> impl Strategy<Value = Value> {
    let entry = prop_oneof![hop("platform"), hop("use"), Just(json!("s0")),];
    ((of(order()), of(margin()), of(workload()), Just(None)), vec(entry, 1..4)).prop_map(|(head, hops)| {
        let mut chain = head_keys(&head);
        chain.insert("hops".into(), hops.into());
        Value::Object(chain)
    })
}

fn duration() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0u32..5000, prop::sample::select(vec!["us", "ms", "s", "m", "h", "d"]))
            .prop_map(|(n, unit)| format!("{n}{unit}")),
        (1u32..90, 0u32..60).prop_map(|(m, s)| format!("{m}m{s}s")),
        Just("1d2h3m4s5ms6us".to_owned()),
        Just("007s".to_owned()),
    ]
    .prop_map(Value::from)
}

fn timer() -> impl Strategy<Value = Value> {
    prop_oneof![4 => duration(), 1 => prop::sample::select(vec![json!("none"), json!("off"), json!("default")])]
}

fn order() -> impl Strategy<Value = Value> {
    prop::sample::select(hoplint::model::Order::NAMES.map(|(name, _)| json!(name)).to_vec())
}

fn margin() -> impl Strategy<Value = Value> {
    prop_oneof![
        duration(),
        (0u32..100, any::<bool>()).prop_map(|(n, space)| json!(format!("{n}{}%", if space { " " } else { "" }))),
        (1.0f64..1000.0).prop_map(|n| json!({"ratio": n})),
        (1u32..1000).prop_map(|n| json!({"ratio": n})),
    ]
}

fn workload() -> impl Strategy<Value = Value> {
    let presets = hoplint::model::workload::PRESETS.map(|p| json!(p.name)).to_vec();
    let own = (of(any::<bool>()), of(0u32..60), of(duration()), of(60u32..900), of(any::<u64>())).prop_map(
        |(streaming, first, gap, total, tokens)| {
            Value::Object(map([
                ("mode", streaming.map(|s| json!(if s { "streaming" } else { "buffered" }))),
                ("first-byte", first.map(|n| json!(format!("{n}s")))),
                ("gap", gap),
                ("total", total.map(|n| json!(format!("{n}s")))),
                ("input-tokens", tokens.map(Value::from)),
            ]))
        },
    );
    prop_oneof![prop::sample::select(presets), own]
}

fn retries() -> impl Strategy<Value = Value> {
    let backoff = prop_oneof![
        vec(duration(), 1..4).prop_map(Value::from),
        (duration(), of(1.0f64..100.0), of(0.0f64..=1.0)).prop_map(|(i, f, j)| Value::Object(map([
            ("initial", Some(i)),
            ("factor", f.map(Value::from)),
            ("jitter", j.map(Value::from))
        ]))),
    ];
    let cause = prop::sample::select(vec![json!("timeout"), json!("5xx"), json!(429), json!("504"), json!("refused")]);
    (any::<bool>(), 1u32..9, of(backoff), of(vec(cause, 0..3)), of(duration())).prop_map(
        |(all, n, backoff, on, window)| {
            Value::Object(map([
                (if all { "attempts" } else { "retries" }, Some(json!(n))),
                ("backoff", backoff),
                ("on", on.map(Value::from)),
                ("window", window),
            ]))
        },
    )
}

/// A hop with a platform, or one that uses `s0`; one under `shared` has no fallbacks.
fn hop(kind: &'static str) -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec!["edge", "ünder", "kå 2", "100", "null", ""]);
    let facet = prop_oneof![Just(json!("pro")), Just(json!(1.27)), Just(json!(true)), Just(json!(7))];
    let timers = prop::collection::hash_map("[a-z_]{1,9}", timer(), 0..4);
    (
        of(names),
        of(timer()),
        of(timers),
        of(retries()),
        of(facet),
        of(any::<bool>()),
        of(prop::sample::select(vec![json!("pass"), json!("500"), json!(500)])),
        of(1u32..1_000_000),
    )
        .prop_map(move |(name, timeout, timers, retries, facet, cancels, maps, calls)| {
            let mut hop = map([
                ("name", name.map(Value::from)),
                ("timeout", timeout),
                ("timeouts", timers.map(|t| t.into_iter().collect())),
                ("retries", retries),
                ("with", facet.map(|f| json!({"plan": f}))),
                ("cancels", cancels.map(Value::from)),
                ("maps-errors", maps),
                ("calls", calls.map(Value::from)),
            ]);
            match kind {
                "use" => hop.insert("use".into(), json!("s0")),
                _ => hop.insert("platform".into(), json!("nginx")),
            };
            if kind == "platform" && calls.is_some_and(|n| n.is_multiple_of(2)) {
                hop.insert("fallbacks".into(), json!(["s0", [{"platform": "openai"}]]));
            }
            Value::Object(hop)
        })
}
