//! The form of a chain file as types. Only their schema is used: the decoder reads the tree itself, and the
//! differential test keeps the two equal.
#![allow(dead_code, reason = "nothing builds these types; the schema is what they are for")]
#![allow(clippy::zero_sized_map_values, clippy::struct_field_names, reason = "the keys of the file")]

use super::by_platform::ByPlatform;
use super::words::*;
use hoplint::model::MAX_COUNT;
use hoplint::model::decode::VERSION;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One or several timeout chains, each from client to provider, as `hoplint check` reads them.
#[derive(JsonSchema)]
#[schemars(title = "hoplint chain file", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["hops"]}, {"required": ["chains"]}]))]
#[schemars(example = chain_example())]
pub struct ChainFile {
    /// The version of this form.
    version: Version,
    /// What the file is about; hoplint only passes over it.
    description: Option<String>,
    /// The name of the chain in findings; without it the file's name.
    name: Option<String>,
    /// Which way timeouts grow, for all chains of the file.
    #[schemars(extend("default" = "inward"))]
    order: Option<OrderName>,
    /// How far apart two neighbours must be. Without it: 1s or 5 %, whichever is more.
    margin: Option<Margin>,
    /// What a request needs. Timeouts must leave room for it.
    workload: Option<Workload>,
    /// Hops by name, for several chains that pass through them. Each is complete; a chain may override its keys.
    shared: Option<BTreeMap<String, SharedHop>>,
    /// The hops of the only chain, from client to provider.
    hops: Option<Hops>,
    /// Several chains by name, in the place of `hops`.
    #[schemars(extend("minProperties" = 1))]
    chains: Option<BTreeMap<String, Chain>>,
}

/// One of several chains. What it does not say itself, the top of the file says for all.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Chain {
    /// What the chain is about.
    description: Option<String>,
    /// Which way timeouts grow in this chain.
    order: Option<OrderName>,
    /// How far apart two neighbours must be in this chain.
    margin: Option<Margin>,
    /// What a request of this chain needs.
    workload: Option<Workload>,
    /// The hops, from client to provider.
    hops: Hops,
}

pub struct Version;

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "const": VERSION})
    }
}

/// How far apart two neighbours must be: a duration, a share of the inner value, or a ratio.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[schemars(example = json!("5s"), example = json!("10%"), example = json!({"ratio": 6}))]
pub enum Margin {
    Absolute(Duration),
    Percent(Percent),
    Ratio(Ratio),
}

/// The larger value is at least so many times the smaller.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ratio {
    /// How many times.
    #[schemars(range(min = 1, max = 1000))]
    ratio: f64,
}

/// What a request needs: a preset, or times of your own.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Workload {
    Preset(PresetName),
    Own(OwnWorkload),
}

/// Times of your own, or a preset with changes.
#[derive(JsonSchema)]
#[schemars(title = "workload", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(example = json!({"mode": "streaming", "first-byte": "30s", "gap": "20s", "total": "5m"}))]
pub struct OwnWorkload {
    /// What holds where nothing is stated here.
    preset: Option<PresetName>,
    /// Whether the answer comes whole or as a stream. Without it: buffered.
    #[schemars(extend("default" = "buffered"))]
    mode: Option<ModeName>,
    /// The longest wait for the first byte (for a stream, the first token).
    first_byte: Option<Duration>,
    /// The longest silence inside a stream.
    gap: Option<Duration>,
    /// From the request's start to the answer's end, such as a p99.
    total: Option<Duration>,
    /// The longest time that sending the request body takes.
    upload: Option<Duration>,
    /// Tokens of the request, for the cost of repeated calls; where a hop has `calls: N`, those of all N calls together.
    input_tokens: Option<Tokens>,
    /// Tokens of the answer, likewise.
    output_tokens: Option<Tokens>,
}

/// A list of hops, from client to provider.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Hops(#[schemars(length(min = 1))] Vec<HopEntry>);

/// A hop, or the name of one under `shared`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum HopEntry {
    /// The name of a hop under `shared`, taken as it stands.
    Shared(String),
    Hop(Box<Hop>),
}

/// One hop of a chain.
#[derive(JsonSchema)]
#[schemars(title = "hop", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["platform"]}, {"required": ["use"]}]))]
#[schemars(extend("allOf" = [{"$ref": "#/$defs/ByPlatform"}]))]
#[schemars(example = json!({"name": "edge", "platform": "nginx", "timeouts": {"proxy_read_timeout": "90s"}}))]
pub struct Hop {
    /// The hop in findings; without it the platform's name.
    name: Option<String>,
    /// The platform of the hop.
    platform: Option<PlatformName>,
    /// The name of a hop under `shared` whose keys hold where this one is silent. Maps such as `timeouts` are joined.
    r#use: Option<String>,
    /// What the hop is for; hoplint only passes over it.
    description: Option<String>,
    /// What a custom hop is.
    role: Option<RoleName>,
    /// Facets that decide defaults and limits: plan, version, worker and the like. Each platform has its own.
    #[schemars(example = json!({"plan": "enterprise"}))]
    with: Option<BTreeMap<String, FacetValue>>,
    /// The platform's own single-number setting, with all that it sets.
    timeout: Option<TimerValue>,
    /// Bounds the whole call, attempts and back-offs included.
    deadline: Option<TimerValue>,
    /// Timers by id, native name or phase.
    timeouts: Option<Timers>,
    /// Limits that this hop knows better than the catalogue, such as a granted quota, by timer.
    limits: Option<BTreeMap<String, Limit>>,
    /// How calls are repeated.
    retries: Option<Retries>,
    /// How many upstream servers the hop can choose from.
    endpoints: Option<Count>,
    /// The HTTP method of the calls. Without it: POST.
    #[schemars(example = json!("GET"))]
    #[schemars(extend("default" = "POST"))]
    method: Option<String>,
    /// How many calls, one after the other, the hop makes for one request.
    calls: Option<Count>,
    /// Work before the call inward.
    before: Option<Duration>,
    /// Whether this hop's answer comes whole or as a stream, where that differs from the workload.
    mode: Option<ModeName>,
    /// At most so long is silence while the answer is worked on: pings or comments are sent.
    heartbeat: Option<Duration>,
    /// What the hop does with a streamed answer, where the catalogue can't know.
    buffers: Option<BufferingName>,
    /// When the hop sends response headers, where the catalogue can't know.
    headers: Option<HeadersName>,
    /// Whether work inward stops when the caller leaves, where the catalogue can't know.
    cancels: Option<bool>,
    /// What application code makes of an error of its SDK.
    maps_errors: Option<MapsErrorsName>,
    /// Whether the next hop inward runs in the same program.
    same_process: Option<bool>,
    /// Keeps the values of this hop from `plan` and fixes.
    pin: Option<bool>,
    /// Rules that do not count on this hop.
    ignore: Option<Ignores>,
    /// Alternative tails, tried in turn after the main one: each a list of hops, or one hop.
    fallbacks: Option<Vec<Tail>>,
    /// Deployed files that hold the real values, relative to this one.
    from: Option<Sources>,
}

/// A hop under `shared`, complete by itself.
pub struct SharedHop;

impl JsonSchema for SharedHop {
    fn schema_name() -> Cow<'static, str> {
        "SharedHop".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<ByPlatform>();
        let mut schema = Hop::json_schema(generator);
        schema.insert("description".to_owned(), "A hop under `shared`, complete by itself.".into());
        schema.remove("anyOf");
        schema.insert("required".to_owned(), json!(["platform"]));
        if let Some(properties) = schema.get_mut("properties").and_then(|p| p.as_object_mut()) {
            properties.shift_remove("use");
        }
        schema
    }
}

/// An alternative for all hops inward.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Tail {
    Hops(Hops),
    Hop(HopEntry),
}

/// A limit in the place of the catalogue's.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["min"]}, {"required": ["max"]}]))]
#[schemars(example = json!({"max": "300s", "reason": "quota granted in March"}))]
pub struct Limit {
    /// The shortest value that can be set.
    min: Option<Duration>,
    /// The longest value that can be set.
    max: Option<LimitCeiling>,
    /// Who granted it, or where it is written.
    reason: String,
}

/// How calls are repeated.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("not" = {"required": ["attempts", "retries"]}))]
#[schemars(example = json!({"attempts": 3, "backoff": ["2s", "5s"]}))]
pub struct Retries {
    /// All attempts, the first included. Write this or `retries`.
    attempts: Option<Count>,
    /// Repetitions, the first attempt not counted. Write this or `attempts`.
    retries: Option<Repeats>,
    /// The waits between attempts.
    backoff: Option<Backoff>,
    /// Whether a Retry-After header is obeyed.
    retry_after: Option<RetryAfterName>,
    /// What is repeated.
    #[schemars(example = json!(["timeout", "connect", 429, "5xx"]))]
    on: Option<Vec<CauseName>>,
    /// How a call that ended in 504 is repeated. `stream` adds 504 to what is repeated.
    on_504: Option<On504Name>,
    /// After this time no new attempt starts.
    window: Option<Duration>,
}

/// The waits between attempts: a list (the last repeats), or growing ones.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Backoff {
    List(Waits),
    Exponential(Exponential),
}

/// One wait after the other; the last repeats.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Waits(#[schemars(length(min = 1))] Vec<Duration>);

/// Waits that grow by a factor.
#[derive(JsonSchema)]
#[schemars(title = "exponential back-off", deny_unknown_fields)]
#[schemars(example = json!({"initial": "500ms", "factor": 2, "max": "8s", "jitter": 0.25}))]
pub struct Exponential {
    /// The first wait.
    initial: Duration,
    /// How much longer each wait is than the one before. Without it: 2.
    #[schemars(range(min = 1, max = 100))]
    #[schemars(extend("default" = 2))]
    factor: Option<f64>,
    /// The longest wait.
    max: Option<Duration>,
    /// How much of a wait is random: 0 is none, 1 is all of it. Without it: 0.
    #[schemars(range(min = 0, max = 1))]
    #[schemars(extend("default" = 0))]
    jitter: Option<f64>,
}

/// A path, or several; `#` and an address choose a part of the file.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[schemars(example = json!(["infra/alb.tf#aws_lb.chat"]))]
pub enum Sources {
    One(String),
    Several(Vec<String>),
}

/// Declares whole numbers by their limits.
macro_rules! numbers {
    ($($name:ident: $least:expr, $most:expr;)+) => {$(
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                whole($least, $most)
            }
        }
    )+};
}

numbers! {
    Count: 1, MAX_COUNT.into();
    Repeats: 0, MAX_COUNT.into();
    Tokens: 0, u64::MAX;
}

fn chain_example() -> serde_json::Value {
    json!({
        "version": VERSION,
        "order": "inward",
        "workload": "reasoning",
        "hops": [
            {"name": "app", "platform": "openai-python", "timeout": "130s", "retries": {"attempts": 1}},
            {"name": "proxy", "platform": "nginx", "timeouts": {"proxy_read_timeout": "140s"}},
            {"name": "provider", "platform": "openai", "timeout": "300s"},
        ],
    })
}
