//! What a platform adds to a hop: the names of its timers with defaults and ranges, and its facets with their values.
//! Nothing here refuses a document, for a team may bring platforms of its own and a wrong name is a finding, which says
//! more than a schema can. It is what an editor completes from that knows only the schema.

use super::words::choices;
use hoplint::catalog::facet::{Facet, FacetKind};
use hoplint::catalog::store::Catalog;
use hoplint::catalog::{DefaultValue, Platform, Setting, Timer};
use hoplint::show::{timer, words};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

pub struct ByPlatform;

impl JsonSchema for ByPlatform {
    fn schema_name() -> Cow<'static, str> {
        "ByPlatform".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let catalog = Catalog::default();
        let all: Vec<Value> = catalog.ids().iter().filter_map(|id| catalog.find(id)).filter_map(|p| when(&p)).collect();
        json_schema!({"description": "What each platform adds to a hop.", "allOf": all})
    }
}

fn when(platform: &Platform) -> Option<Value> {
    let mut adds = Map::new();
    if !platform.timers.is_empty() {
        adds.insert("timeouts".to_owned(), json!({"properties": timers(platform)}));
    }
    if !platform.facets.is_empty() {
        let facets: Map<String, Value> = platform.facets.iter().map(|f| (f.id.clone(), facet(f))).collect();
        adds.insert("with".to_owned(), json!({"properties": facets}));
    }
    let names: Vec<&String> = std::iter::once(&platform.id).chain(&platform.aliases).collect();
    (!adds.is_empty()).then(|| {
        json!({
            "if": {"properties": {"platform": {"enum": names}}, "required": ["platform"]},
            "then": {"properties": adds},
        })
    })
}

/// By id, then by the native name where that can be typed as a key. No name stands for two timers.
fn timers(platform: &Platform) -> Map<String, Value> {
    let mut found = Map::new();
    for timer in &platform.timers {
        found.insert(timer.id.clone(), value(&described(timer, true), timer));
    }
    for timer in platform.timers.iter().filter(|t| is_key(&t.native)) {
        found.entry(timer.native.clone()).or_insert_with(|| value(&described(timer, false), timer));
    }
    found
}

fn value(description: &str, timer: &Timer) -> Value {
    let mut schema = json!({"description": description, "$ref": "#/$defs/TimerValue"});
    if let [only] = timer.defaults.as_slice()
        && let DefaultValue::Is(Setting::At(default)) = only.value
        && only.when.is_always()
    {
        schema["default"] = json!(default.to_source());
    }
    schema
}

fn described(of: &Timer, by_id: bool) -> String {
    let native = if by_id && is_key(&of.native) { format!("`{}`. ", of.native) } else { String::new() };
    let default = format!(" Default: {}.", timer::defaults(&of.defaults));
    let range = if of.limits.is_empty() {
        String::new()
    } else {
        format!(" Range: {}.", timer::ranges(&of.limits, timer::range))
    };
    format!("{native}{}{default}{range}", words::sentence(&of.summary))
}

fn is_key(name: &str) -> bool {
    !name.is_empty() && name != "-" && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn facet(facet: &Facet) -> Value {
    let unstated = match &facet.default {
        Some(default) => format!("Where nothing is stated: {default}."),
        None => "Where nothing is stated, anything is possible.".to_owned(),
    };
    let description = format!("{} {unstated}", words::sentence(&facet.summary));
    let mut schema = match &facet.kind {
        FacetKind::Choice(values) => {
            json!({"description": description, "anyOf": [choices(values), {"$ref": "#/$defs/FacetValue"}]})
        }
        FacetKind::Version => json!({"description": description, "$ref": "#/$defs/FacetValue"}),
    };
    if let Some(default) = &facet.default {
        schema["default"] = json!(default);
    }
    schema
}
