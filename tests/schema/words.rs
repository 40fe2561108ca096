//! Words and small values of the schemas. Every list of words comes from the table that the decoder reads; what a
//! word means is a `match`, so a new word does not compile without its meaning.

use hoplint::catalog::decode::{BUFFERING, HEADERS};
use hoplint::catalog::store::Catalog;
use hoplint::catalog::{Buffering, Headers, Phase, Role, Setting};
use hoplint::config::LEVELS;
use hoplint::diag::Severity;
use hoplint::duration::UNITS;
use hoplint::model::workload::{Mode, PRESETS};
use hoplint::model::{Declared, MapsErrors, ON_504, Order, RETRY_AFTER};
use hoplint::rules;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A type of a schema that is built, not derived.
macro_rules! built {
    ($($name:ident => $build:expr;)+) => {$(
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $build
            }
        }
    )+};
}

built! {
    Duration => duration("A length of time: whole numbers with a unit, from large to small, such as 90s, 1m30s or 500ms.");
    TimerValue => timer_value();
    LimitCeiling => ceiling();
    Percent => json_schema!({
        "description": "A share of the inner value, such as 10%.",
        "type": "string",
        "pattern": "^0*[0-9]{1,2} ?%$",
        "examples": ["10%"],
    });
    PlatformName => platform();
    OrderName => words("Which way timeouts grow.", &Order::NAMES, |order| match order {
        Order::Inward => "The outermost hop, which knows the user's patience, gives up first (the usual choice).",
        Order::Outward => "The innermost hop gives up first, so that it is the one that reports.",
        Order::Unordered => "No order; limits, workload, keep-alive and attempts are still checked.",
    });
    PresetName => words(
        "A named workload: the upper end of what such requests take.",
        &PRESETS.each_ref().map(|p| (p.name, p)),
        |preset| match preset.first_byte {
            Some(first) => format!("{}: {}, first byte after {first}.", preset.summary, preset.total),
            None => format!("{}: {}.", preset.summary, preset.total),
        },
    );
    ModeName => words("How the answer comes.", &Mode::NAMES, |mode| match mode {
        Mode::Buffered => "The whole answer at once; nothing is heard before it is ready.",
        Mode::Streaming => "Token by token, as server-sent events or chunks.",
    });
    RoleName => words("What a hop is; only for `platform: custom`.", &Role::NAMES, |role| match role {
        Role::Client => "Calls on: an SDK, an HTTP client, a browser.",
        Role::Cdn => "An edge network in front of the origin.",
        Role::Gateway => "An API gateway.",
        Role::LoadBalancer => "An HTTP load balancer.",
        Role::L4 => "A load balancer or tunnel for connections, blind to requests.",
        Role::Proxy => "A reverse proxy.",
        Role::AppServer => "Runs application code, as gunicorn and Node do.",
        Role::Function => "Runs application code for one request, as Lambda does.",
        Role::Router => "Chooses among models and providers.",
        Role::ModelServer => "Runs a model of your own.",
        Role::Provider => "A hosted model.",
    });
    BufferingName => words("What the hop does with a streamed answer.", &BUFFERING, |buffering| match buffering {
        Buffering::Never => "Passes on every piece at once.",
        Buffering::Delays => "Passes pieces on late, but before the answer ends.",
        Buffering::WholeAnswer => "Holds the answer back until it is complete.",
    });
    HeadersName => words("When response headers are sent.", &HEADERS, |headers| match headers {
        Headers::Early => "Before the first token, so timers that end at the headers do not see the wait for it.",
        Headers::WithFirstToken => "Together with the first token.",
    });
    RetryAfterName => words("What a Retry-After header does.", &RETRY_AFTER, |obeys| match obeys {
        true => "The wait that the header asks for is kept.",
        false => "The back-off alone counts.",
    });
    On504Name => words("How a call that ended in 504 is repeated.", &ON_504, |streams| match streams {
        true => "As a stream, in which bytes flow before the answer is whole.",
        false => "As it was.",
    });
    MapsErrorsName => maps_errors();
    CauseName => json_schema!({
        "description": "Why an attempt failed: connect, refused, timeout, reset, a status such as 504, or 4xx or 5xx.",
        "anyOf": [
            {"enum": ["timeout", "connect", "refused", "reset", "4xx", "5xx"]},
            {"type": "integer", "minimum": 100, "maximum": 599},
            {"type": "string", "pattern": "^[1-5][0-9]{2}$"},
        ],
    });
    FacetValue => json_schema!({
        "description": "The value of a facet, such as a plan or a version.",
        "type": ["string", "number", "boolean"],
    });
    Timers => timers();
    Ignores => ignores();
    Levels => levels();
    RuleName => words("A rule.", &rules::names().into_iter().map(|name| (name, name)).collect::<Vec<_>>(), |name| summary(name));
    Calls => whole(0, i64::MAX.unsigned_abs());
}

const BARE: &str = "A duration needs a unit: 90s, 1m30s or 500ms.";

/// All that `Dur::parse` takes, except that a pattern cannot count to 584 years.
fn pattern() -> String {
    let units = UNITS.map(|(unit, _)| format!("([0-9]+{unit})?"));
    format!("^{}$", units.concat())
}

fn duration(description: &str) -> Schema {
    let mut schema = bare_duration();
    schema.insert("description".to_owned(), description.into());
    schema.insert("examples".to_owned(), json!(["30s", "90s", "5m", "500ms"]));
    schema
}

/// Without a description, because editors show that of the innermost schema, and the key around it has a better one.
fn bare_duration() -> Schema {
    json_schema!({
        "type": "string",
        "pattern": pattern(),
        "minLength": 2,
        "patternErrorMessage": BARE,
    })
}

fn declared_doc(declared: &Declared) -> &'static str {
    match declared {
        Declared::Set(Setting::None) => "No limit.",
        Declared::Set(Setting::Off) => "Keep-alive only: connections are not reused.",
        Declared::Set(Setting::At(_)) | Declared::Unseen => "",
        Declared::Default => "The platform's default, on purpose.",
    }
}

fn timer_value() -> Schema {
    json_schema!({
        "anyOf": [bare_duration(), undescribed(words("", &Declared::WORDS, declared_doc))],
        "examples": ["30s", "90s", "none", "default"],
    })
}

fn ceiling() -> Schema {
    let none: Vec<_> = Declared::WORDS.into_iter().filter(|(_, word)| *word == Declared::Set(Setting::None)).collect();
    json_schema!({
        "description": "The longest value that can be set, or none where there is no ceiling.",
        "examples": ["300s", "none"],
        "anyOf": [bare_duration(), undescribed(words("", &none, declared_doc))],
    })
}

fn undescribed(mut schema: Schema) -> Schema {
    schema.remove("description");
    schema
}

/// Any text, for a team may bring platforms of its own; the known ones first.
fn platform() -> Schema {
    let catalog = Catalog::default();
    let ids = catalog.ids();
    let name = |id: &&str| catalog.find(id).map_or_else(|| (*id).to_owned(), |platform| platform.name.clone());
    let names: Vec<String> = ids.iter().map(name).collect();
    let custom = "custom";
    json_schema!({
        "description": "The platform of the hop, such as nginx or openai-python. `hoplint platforms` lists them; `custom` needs only timers.",
        "anyOf": [
            {"enum": ids, "enumDescriptions": names},
            {"const": custom, "description": "A program that hoplint does not know; name its timers by phase."},
            {"type": "string"},
        ],
    })
}

/// A word or, as YAML reads it, the number 500.
fn maps_errors() -> Schema {
    let named = words(
        "What application code between a server and its SDK makes of an error of the SDK.",
        &MapsErrors::NAMES,
        |maps| match maps {
            MapsErrors::Pass => "The status of the SDK's error is passed on.",
            MapsErrors::To500 => "Every failure becomes a 500.",
            MapsErrors::None => "Failures are answered as a success.",
        },
    );
    let numbers: Vec<u64> = MapsErrors::NAMES.iter().filter_map(|(name, _)| name.parse().ok()).collect();
    json_schema!({"description": named.get("description"), "anyOf": [named, {"enum": numbers}]})
}

fn timers() -> Schema {
    let phase = |phase: Phase| match phase {
        Phase::Connect => "Setting up TCP and TLS to the next hop.",
        Phase::Send => "Writing the request.",
        Phase::FirstByte => "From the request to the response headers.",
        Phase::BetweenBytes => "Silence between two pieces of the response.",
        Phase::Total => "From the request's start to the response's end.",
        Phase::Keepalive => "How long an idle connection is kept.",
        Phase::Queue => "Waiting for a worker, slot or connection.",
        Phase::WriteStall => "While the peer does not read.",
        Phase::Lifecycle => "Drain, supervision, age of a connection.",
    };
    let properties: Map<String, Value> = Phase::NAMES
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!({"description": phase(*value), "$ref": "#/$defs/TimerValue"})))
        .collect();
    json_schema!({
        "description": "Timers by their id or native name on the platform, or by phase (then the platform's principal timer of that phase).",
        "type": "object",
        "properties": properties,
        "additionalProperties": {"$ref": "#/$defs/TimerValue"},
        "examples": [{"connect": "5s", "proxy_read_timeout": "90s"}],
    })
}

fn ignores() -> Schema {
    let reason = json!({"enum": [null]});
    let properties: Map<String, Value> = rules::names()
        .into_iter()
        .map(|name| (name.to_owned(), json!({"description": summary(name), "anyOf": [{"type": "string"}, reason]})))
        .collect();
    json_schema!({
        "description": "Rules that are not reported on this hop, each with the reason why.",
        "type": "object",
        "properties": properties,
        "additionalProperties": {"description": "Why the rule does not count here.", "anyOf": [{"type": "string"}, reason]},
        "examples": [{"order-inverted": "migrating in May"}],
    })
}

fn levels() -> Schema {
    let level = words("The level of a rule.", &LEVELS, |level| match level {
        None => "Not checked.",
        Some(Severity::Note) => "Shown, never fails a run by default.",
        Some(Severity::Warning) => "Shown as a warning.",
        Some(Severity::Error) => "Fails the run.",
    });
    let properties: Map<String, Value> = rules::names()
        .into_iter()
        .map(|name| {
            let mut level = level.clone();
            level.insert("description".to_owned(), summary(name).into());
            (name.to_owned(), level.into())
        })
        .collect();
    json_schema!({
        "description": "Rules and how severe each is.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "examples": [{"default-relied-on": "off", "keepalive-race": "error"}],
    })
}

fn summary(name: &str) -> String {
    rules::find(name).map_or_else(|| "A finding of hoplint.".to_owned(), |rule| rule.summary.to_owned())
}

/// One word of a table of the code.
pub fn words<T, D: Into<String>>(what: &str, table: &[(&str, T)], doc: impl Fn(&T) -> D) -> Schema {
    let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    let docs: Vec<String> = table.iter().map(|(_, value)| doc(value).into()).collect();
    json_schema!({"description": what, "type": "string", "enum": names, "enumDescriptions": docs})
}

/// Words that need no explanation.
pub fn choices(values: &[String]) -> Value {
    json!({"enum": values})
}

/// A whole number within limits.
pub fn whole(least: u64, most: u64) -> Schema {
    json_schema!({"type": "integer", "minimum": least, "maximum": most})
}
