//! The JSON Schema of platform files: built from the words that the decoder knows, checked in, and as strict as it.
//! `HOPLINT_BLESS=1 cargo test --test platform_schema` rewrites it.

use hoplint::catalog::bill::{Billed, CacheKind, MODES, Readable};
use hoplint::catalog::decode::{self, BUFFERING, HEADERS, HELD};
use hoplint::catalog::store::EMBEDDED;
use hoplint::catalog::{Confidence, Enforced, Expiry, Guard, Phase, Role, Says, Scope, Side, Unit, Zero};
use hoplint::span::FileId;
use serde_json::{Map, Value, json};
use std::path::Path;

const FILE: &str = "schemas/hoplint-platform.schema.json";

/// Keys of one table: name, schema, whether it must be there, what it means.
type Keys = Vec<(&'static str, Value, bool, &'static str)>;

fn table(keys: Keys) -> Value {
    let required: Vec<&str> = keys.iter().filter(|k| k.2).map(|k| k.0).collect();
    let mut properties = Map::new();
    for (name, mut schema, _, meaning) in keys {
        if let (Value::Object(schema), false) = (&mut schema, meaning.is_empty()) {
            schema.insert("description".to_owned(), json!(meaning));
        }
        properties.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn words<T, const N: usize>(names: [(&'static str, T); N]) -> Value {
    json!({"enum": names.map(|(name, _)| name).as_slice()})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn texts() -> Value {
    json!({"type": "array", "items": text()})
}

fn boolean() -> Value {
    json!({"type": "boolean"})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn number() -> Value {
    json!({"type": "number"})
}

fn tables(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

fn named(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn fact(required: bool) -> Keys {
    vec![
        (
            "source",
            text(),
            required,
            "Where the number comes from: an address, or a package with its version and file.",
        ),
        ("checked", named("confidence"), required, "How somebody made sure."),
        ("date", text(), required, "The day of the check, YYYY-MM-DD."),
        ("how", text(), required, "What was run or read, in one line."),
        ("note", text(), false, ""),
    ]
}

fn row(mut keys: Keys) -> Value {
    keys.insert(0, ("when", named("when"), false, "The row holds only then."));
    keys.extend(fact(true));
    table(keys)
}

fn timer() -> Value {
    let on_expiry = table(vec![
        ("status", count(), false, "The HTTP status that the caller gets."),
        ("body", text(), false, ""),
        ("exception", text(), false, "Its full name."),
        ("log", text(), false, "What the operator finds."),
        ("after-headers", text(), false, "What the caller sees when it fires inside a body."),
        ("retried", boolean(), false, "Whether the platform tries again after it, where its retries say otherwise."),
    ]);
    let mut keys: Keys = vec![
        ("id", text(), true, "Kebab-case, unique within the file."),
        ("native", text(), true, "The option as users write it; `(fixed)` where there is none."),
        ("native-also", texts(), false, "The same knob under other names."),
        ("summary", text(), true, "What it measures, in one sentence."),
        ("phases", json!({"type": "array", "items": words(Phase::NAMES)}), true, "What runs while it counts."),
        ("guards", json!({"type": "array", "items": words(Guard::NAMES)}), true, "The only way into a comparison."),
        ("side", named("side"), true, ""),
        ("scope", words(Scope::NAMES), false, "Whether it starts again with every retry."),
        ("expiry", words(Expiry::NAMES), false, ""),
        ("knob", text(), false, "Timers with the same knob are one setting."),
        ("kind", json!({"enum": ["idle", "age"]}), false, "Keep-alive timers: idle time or age."),
        ("upload", json!({"enum": ["idle", "total"]}), false, "For the upload guard: whole body, or silence in it."),
        ("acts", json!({"enum": ["at-once", "next-write"]}), false, "Whether only the next write after it fails."),
        ("bodies", json!({"enum": ["streams", "all"]}), false, "A timer of gaps: which bodies it watches."),
        (
            "lazy",
            named("duration"),
            false,
            "A byte sooner than this after the one that set the timer does not set it again.",
        ),
        ("settable", boolean(), false, ""),
        ("unit", words(Unit::NAMES), false, "The native spelling of a value."),
        ("grid", named("duration"), false, "The finest step that the option can express."),
        ("zero", words(Zero::NAMES), false, "What a native 0 means."),
        ("unlimited", text(), false, "How no limit is written natively, or `impossible`."),
        (
            "late",
            json!({"type": "array", "items": named("duration"), "minItems": 2, "maxItems": 2}),
            false,
            "It fires between the value plus the first and the value plus the second.",
        ),
        ("on-expiry", on_expiry, false, ""),
        ("confirm", text(), false, "The one command or line of a log that shows whether it fired."),
        ("when", named("when"), false, "It exists only then."),
        ("default", tables(&named("default")), false, "Its value when nobody set it; the first row that holds counts."),
        ("limit", tables(&named("limit")), false, "Its range; the first row that holds counts."),
    ];
    keys.extend(fact(true));
    table(keys)
}

fn default() -> Value {
    let value = json!({"anyOf": [named("duration"), {"enum": ["none", "off", "unknown"]}]});
    let mut keys: Keys = vec![
        ("when", named("when"), false, ""),
        ("value", value, false, "A duration, or none, off, unknown."),
        ("from", text(), false, "Another timer of the file, whose value holds."),
    ];
    keys.extend(fact(false));
    let mut default = table(keys);
    default["oneOf"] = json!([{"required": ["value"]}, {"required": ["from"]}]);
    default
}

fn limit() -> Value {
    let mut keys: Keys = vec![
        ("when", named("when"), false, ""),
        ("min", named("duration"), false, ""),
        ("max", json!({"anyOf": [named("duration"), {"const": "none"}]}), false, "`none`: there is no ceiling."),
        ("numbers-only", boolean(), false, "The maximum bounds numbers; no limit at all can be written beside it."),
        ("enforced", words(Enforced::NAMES), false, "What happens beyond it."),
        ("raise", text(), false, "How a user gets more."),
        (
            "raised-by",
            json!({"type": "object", "additionalProperties": text()}),
            false,
            "The facet that states that more was granted.",
        ),
    ];
    keys.extend(fact(false));
    table(keys)
}

fn behaviours() -> Vec<(&'static str, Value)> {
    let cause = || named("cause");
    let backoff = table(vec![
        ("list", tables(&named("duration")), false, "The last entry repeats."),
        ("initial", named("duration"), false, ""),
        ("factor", number(), false, ""),
        ("max", named("duration"), false, ""),
        ("jitter", json!({"type": "array", "items": number(), "minItems": 2, "maxItems": 2}), false, ""),
    ]);
    let retries = vec![
        ("attempts", count(), false, "Counts the first."),
        ("connect-attempts", count(), false, "Where different for connect failures."),
        ("endpoints", boolean(), false, "At most one attempt for each upstream endpoint."),
        ("on", tables(&cause()), false, "The causes after which it tries again."),
        ("methods", json!({"enum": ["all", "idempotent"]}), false, "For causes after the request was sent."),
        ("backoff", backoff, false, ""),
        ("retry-after", json!({"enum": ["obey", "ignore"]}), false, ""),
        ("retry-after-cap", named("duration"), false, "The longest wait that is obeyed."),
        (
            "retry-after-beyond",
            json!({"enum": ["own-wait", "capped", "fails"]}),
            false,
            "What a longer one leads to: the own back-off (what holds where nothing is said), a wait of the cap, or the end of the call.",
        ),
        ("deadline", named("duration"), false, "Cuts a running attempt."),
        ("window", named("duration"), false, "Only stops new attempts."),
        ("window-timer", text(), false, "The timer that is this window."),
        ("refused-wait", named("duration"), false, "The pause after a refused connection, instead of the back-off."),
        ("refused-wait-timer", text(), false, "The timer that is this pause where it is shorter."),
        ("trailing-sleep", boolean(), false, "Sleeps once more after the last failure."),
        ("settable", boolean(), false, ""),
        ("native", text(), false, ""),
        ("native-counts", json!({"enum": ["retries", "attempts"]}), false, ""),
    ];
    let connection = vec![
        ("side", named("side"), true, ""),
        ("reuses", boolean(), true, ""),
        ("timer", text(), false, "The keepalive timer that ends an idle one."),
        ("obeys-hint", boolean(), false, ""),
        ("repeats-reset", boolean(), false, ""),
        ("closes", json!({"enum": ["fin", "silent"]}), false, ""),
    ];
    let truncation = vec![
        ("delay", named("duration"), false, "How much later than the hop its caller learns that an answer breaks off."),
        ("held", words(HELD), false, "What becomes of what a hop holds back of an answer that breaks off."),
    ];
    let share = json!({"type": "string", "pattern": "^[0-9]{1,3}(\\.[0-9]{1,2})? ?%$"});
    let ends = |one: Value| {
        let two = json!({"type": "array", "items": one, "minItems": 2, "maxItems": 2});
        json!({"anyOf": [one, two]})
    };
    let prompt_cache = vec![
        ("kind", words(CacheKind::NAMES), true, "What makes the provider keep a prompt."),
        ("read", ends(share.clone()), false, "Of the input price, for tokens that are read from the cache."),
        ("write", ends(share), false, "Of the input price, for tokens that are written into it."),
        ("minimum", ends(count()), false, "Shorter prompts are not kept: tokens."),
        ("lifetime", ends(named("duration")), false, "How long a prompt is kept after its last use."),
        ("readable", words(Readable::NAMES), false, "From when on another call can use what this one has written."),
    ];
    let billing = vec![
        ("mode", words(MODES), false, "For streams only, or for whole answers only."),
        ("value", words(Billed::NAMES), true, "How much of a call is billed whose caller has left."),
    ];
    vec![
        ("retries", row(retries)),
        ("emits", row(vec![("cause", cause(), true, ""), ("status", count(), true, "")])),
        ("buffering", row(vec![("value", words(BUFFERING), true, "")])),
        ("streaming", row(vec![("supported", boolean(), true, "")])),
        ("headers", row(vec![("value", words(HEADERS), true, "")])),
        ("cancellation", row(vec![("value", json!({"enum": ["yes", "no"]}), true, "")])),
        ("connection", row(connection)),
        ("heartbeat", row(vec![("interval", named("duration"), true, "")])),
        ("truncation", row(truncation)),
        ("prompt-cache", row(prompt_cache)),
        ("billing", row(billing)),
        ("signature", signature()),
        (
            "log-flag",
            row(vec![
                ("flag", text(), true, "As the access log has it."),
                ("meaning", text(), true, "What it says, half a sentence."),
                ("timers", texts(), false, "The timers that leave it; without them no timer does."),
                ("says", words(Says::NAMES), false, "What it says in one word."),
            ]),
        ),
    ]
}

fn signature() -> Value {
    let mut row = row(vec![
        ("body", text(), false, "A piece of a body; `...` and `<n>` stand for any text."),
        ("header", text(), false, "`name` or `name: value`, the value a piece of the whole."),
        ("exception", text(), false, "A piece of an exception or of a line of a log."),
        ("status", json!({"type": "array", "items": count()}), false, "Only with these."),
        ("timers", texts(), false, "The timers that leave it; without them it names the platform alone."),
        ("says", words(Says::NAMES), false, "What the platform says with it."),
    ]);
    let keys = ["body", "header", "exception", "status"];
    row["anyOf"] = keys.map(|key| json!({"required": [key]})).as_slice().into();
    row
}

fn schema() -> Value {
    let facet = table(vec![
        ("id", text(), true, ""),
        ("kind", json!({"enum": ["version", "choice"]}), true, ""),
        ("values", texts(), false, "For a choice."),
        ("default", text(), false, "What holds where a hop states nothing; leave it out where nobody can know."),
        ("summary", text(), true, ""),
    ]);
    let history = table(vec![("date", text(), true, ""), ("text", text(), true, "")]);
    let mut keys: Keys = vec![
        ("id", text(), true, "Kebab-case, unique over the catalogue."),
        ("name", text(), true, ""),
        ("vendor", text(), false, ""),
        ("role", words(Role::NAMES), true, ""),
        ("aliases", texts(), false, "What people also type."),
        ("hosts", texts(), false, "Host names of its public service; * stands for one label."),
        ("summary", text(), true, ""),
        ("docs", text(), false, ""),
        ("versions", text(), false, "What the facts speak of."),
        ("extends", text(), false, "Start from this platform."),
        ("drop", texts(), false, "Inherited timers that this platform has not."),
        ("shorthand", texts(), false, "Timers set by the one-number form `timeout: 90s`."),
        ("shorthand-native", text(), false, ""),
        ("traps", texts(), false, "What surprises people, one sentence each."),
        ("ways-out", texts(), false, "What to do when work takes longer than the platform can ever wait."),
        ("facet", tables(&facet), false, "What a hop may state under `with:`."),
        ("timer", tables(&named("timer")), false, ""),
        ("history", tables(&history), false, "Numbers that changed over time."),
    ];
    let behaviours = behaviours();
    keys.extend(behaviours.iter().map(|(name, row)| (*name, tables(row), false, "")));
    let mut schema = table(keys);
    // A platform that extends another gives only what differs.
    let full =
        json!({"required": schema["required"], "properties": {"timer": {"items": {"required": timer()["required"]}}}});
    schema["required"] = json!(["id"]);
    let mut part = timer();
    part["required"] = json!(["id"]);
    let versions = "^(<|<=|=|==|>=|>) ?v?[0-9]+(\\.[0-9]+)*( *, *(<|<=|=|==|>=|>) ?v?[0-9]+(\\.[0-9]+)*)*$";
    let value = json!({"anyOf": [
        {"type": "array", "items": text()},
        {"type": "string", "pattern": versions},
        {"type": "string", "pattern": "^[^<>=]"},
    ]});
    let statuses = "^(connect|refused|timeout|reset|4xx|5xx|[1-5][0-9][0-9])$";
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/schemas/hoplint-platform.schema.json"),
        "title": "hoplint platform file",
        "description": "What is known of one platform: its timers, their defaults and limits, and how it behaves. docs/platform-format.md explains every key.",
        "type": "object",
        "additionalProperties": false,
        "required": schema["required"],
        "properties": schema["properties"],
        "if": {"not": {"required": ["extends"]}},
        "then": full,
        "$defs": {
            "timer": part,
            "default": default(),
            "limit": limit(),
            "side": words(Side::NAMES),
            "confidence": words(Confidence::NAMES),
            "cause": {"type": "string", "pattern": statuses},
            "when": {"type": "object", "additionalProperties": value},
            "duration": {
                "type": "string",
                "pattern": "^([0-9]+(d|h|m|s|ms|us))+$|^[0-9]+\\.[0-9]+s$|^[0-9]+ns$",
            },
        },
    })
}

#[test]
fn the_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let wanted = serde_json::to_string_pretty(&schema()).expect("a schema is JSON") + "\n";
    if std::env::var_os("HOPLINT_BLESS").is_some() {
        std::fs::write(&path, &wanted).expect("schemas/ is writable");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{FILE} is stale: run HOPLINT_BLESS=1 cargo test --test platform_schema");
}

fn violations(document: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let document: toml::Table = toml::from_str(document).expect("TOML");
    let document = serde_json::to_value(document).expect("TOML without dates is JSON");
    validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn every_platform_file_keeps_to_the_schema() {
    let mut problems = Vec::new();
    for entry in EMBEDDED {
        problems.extend(violations(entry.text).into_iter().map(|p| format!("platforms/{}.toml {p}", entry.id)));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

const SOUND: &str = r#"
id = "own-gateway"
name = "Our gateway"
role = "gateway"
summary = "Waits for a while."

[[facet]]
id = "plan"
kind = "choice"
values = ["free", "paid"]
summary = "the plan"

[[timer]]
id = "read"
native = "read_timeout"
summary = "Silence."
phases = ["first-byte", "between-bytes"]
side = "upstream"
guards = ["wait.buffered", "wait.streaming", "gap"]
unit = "s"
source = "our wiki"
checked = "documented"
date = "2026-11-22"
how = "read there"

  [[timer.default]]
  when = { plan = "paid" }
  value = "90s"

  [[timer.default]]
  value = "60s"

  [[timer.limit]]
  min = "1s"
  max = "4000s"
  enforced = "refused"

[[prompt-cache]]
kind = "asked"
read = ["2.5%", "10%"]
write = "125%"
minimum = 512
lifetime = ["5m", "1h"]
readable = "first-byte"
source = "our wiki"
checked = "documented"
date = "2026-11-22"
how = "read there"

[[billing]]
mode = "streaming"
value = "until-then"
source = "our wiki"
checked = "documented"
date = "2026-11-22"
how = "read there"

[[retries]]
attempts = 2
on = ["connect", "503"]
source = "our wiki"
checked = "documented"
date = "2026-11-22"
how = "read there"
"#;

/// What the decoder refuses the schema refuses, and the other way round.
#[test]
fn the_schema_is_as_strict_as_the_decoder() {
    let decoder = |text: &str| !decode::platform(FileId(0), text, None).1.is_empty();
    assert_eq!(violations(SOUND), Vec::<String>::new());
    assert!(!decoder(SOUND));
    for (good, broken) in [
        ("role = \"gateway\"", "role = \"gatewy\""),
        ("role = \"gateway\"\n", ""),
        ("summary = \"Waits for a while.\"\n", ""),
        ("id = \"own-gateway\"", "id = \"own-gateway\"\nnmae = \"x\""),
        ("kind = \"choice\"", "kind = \"version-range\""),
        ("phases = [\"first-byte\"", "phases = [\"firstbyte\""),
        ("guards = [\"wait.buffered\"", "guards = [\"wait\""),
        ("phases = [\"first-byte\", \"between-bytes\"]\n", ""),
        ("side = \"upstream\"", "side = \"up\""),
        ("unit = \"s\"", "unit = \"seconds\""),
        ("unit = \"s\"", "unit = \"s\"\nupload = \"whole\""),
        ("unit = \"s\"", "unit = \"s\"\nlate = [\"1s\"]"),
        ("unit = \"s\"", "unit = \"s\"\nsettable = \"yes\""),
        ("unit = \"s\"", "unit = \"s\"\non-expiry = { statu = 504 }"),
        ("checked = \"documented\"", "checked = \"sure\""),
        ("how = \"read there\"\n", ""),
        ("value = \"60s\"", "value = \"60\""),
        ("value = \"60s\"", "value = 60"),
        ("value = \"60s\"", "note = \"x\""),
        ("max = \"4000s\"", "max = \"for ever\""),
        ("enforced = \"refused\"", "enforced = \"hard\""),
        ("when = { plan = \"paid\" }", "when = { plan = \"<x\" }"),
        ("on = [\"connect\", \"503\"]", "on = [\"connect\", \"slow\"]"),
        ("attempts = 2", "attempts = \"two\""),
        ("attempts = 2", "attempts = 2\nbackoff = { first = \"1s\" }"),
        ("kind = \"asked\"", "kind = \"sometimes\""),
        ("kind = \"asked\"\n", ""),
        ("read = [\"2.5%\", \"10%\"]", "read = [\"2.5%\"]"),
        ("read = [\"2.5%\", \"10%\"]", "read = \"2.555%\""),
        ("read = [\"2.5%\", \"10%\"]", "read = 0.1"),
        ("minimum = 512", "minimum = \"512\""),
        ("lifetime = [\"5m\", \"1h\"]", "lifetime = \"a while\""),
        ("readable = \"first-byte\"", "readable = \"soon\""),
        ("value = \"until-then\"", "value = \"half\""),
        ("mode = \"streaming\"", "mode = \"both\""),
    ] {
        assert!(SOUND.contains(good), "{good}");
        let text = SOUND.replacen(good, broken, 1);
        assert!(decoder(&text), "the decoder takes {broken:?}");
        assert!(!violations(&text).is_empty(), "the schema takes {broken:?}");
    }
}
