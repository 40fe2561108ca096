//! From types to the checked-in files.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use std::path::Path;

/// The schema of `T`. An optional key may be absent, never `null`: the decoder takes no `null` in its place.
pub fn schema<T: JsonSchema>() -> Value {
    let mut made = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_null).transform(&mut made);
    RecursiveTransform(in_reading_order).transform(&mut made);
    made.into()
}

/// Where the schema of a file can be fetched; catalogues of schemas know it by this name.
fn id(file: &str) -> String {
    format!("{}/raw/main/schemas/{file}", env!("CARGO_PKG_REPOSITORY"))
}

/// What a reader looks for comes first, the definitions last.
fn in_reading_order(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let rank = |key: &str| match key {
        "$schema" => 0,
        "title" => 1,
        "description" => 2,
        "$ref" | "type" => 3,
        "properties" => 4,
        "required" => 5,
        "examples" => 7,
        "$defs" => 8,
        _ => 6,
    };
    let mut keys: Vec<_> = std::mem::take(object).into_iter().collect();
    keys.sort_by_key(|(key, _)| rank(key));
    object.extend(keys);
}

fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    let before = choices.len();
    choices.retain(|choice| *choice != json!({"type": "null"}));
    if let ([Value::Object(only)], 2) = (choices.as_slice(), before) {
        let only = only.clone();
        schema.remove("anyOf");
        for (key, value) in only {
            schema.as_object_mut().expect("an object").entry(key).or_insert(value);
        }
    }
}

/// Indented, but with what a platform adds on one line for each platform: so a change of a platform is a change of a line.
fn pretty(mut schema: Value) -> String {
    let mut lines = Vec::new();
    for platform in schema.pointer_mut("/$defs/ByPlatform/allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        let place = json!(format!("platform {}", lines.len()));
        lines.push((place.to_string(), std::mem::replace(platform, place).to_string()));
    }
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    lines.iter().fold(text, |text, (place, line)| text.replacen(place, line, 1))
}

/// Compares a schema with its file. `HOPLINT_BLESS=1` writes the file anew.
pub fn assert_checked_in(name: &str, schema: &Value) {
    let mut schema = schema.clone();
    let keys = schema.as_object_mut().expect("a schema is an object");
    keys.shift_insert(1, "$id".to_owned(), id(name).into());
    let made = pretty(schema);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    if std::env::var_os("HOPLINT_BLESS").is_some() {
        std::fs::write(&path, &made).expect("the folder exists");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(made == checked_in, "schemas/{name} is stale: run `HOPLINT_BLESS=1 cargo test --test schema`");
}
