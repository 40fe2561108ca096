//! The schemas of the files that people write: made from types, checked in, and equal to the decoder.

#[path = "schema/broken.rs"]
mod broken;
#[path = "schema/by_platform.rs"]
mod by_platform;
#[path = "schema/chain.rs"]
mod chain;
#[path = "schema/config.rs"]
mod config;
#[path = "schema/config_differential.rs"]
mod config_differential;
#[path = "schema/differential.rs"]
mod differential;
#[path = "schema/documents.rs"]
mod documents;
#[path = "schema/made.rs"]
mod made;
#[path = "schema/text.rs"]
mod text;
#[path = "schema/words.rs"]
mod words;

#[test]
fn the_chain_schema_is_up_to_date() {
    made::assert_checked_in("hoplint-chain.schema.json", &made::schema::<chain::ChainFile>());
}

#[test]
fn the_config_schema_is_up_to_date() {
    made::assert_checked_in("hoplint-config.schema.json", &made::schema::<config::Settings>());
}

/// The schemas of files that people write, as they are checked in.
fn written() -> Vec<(&'static str, serde_json::Value)> {
    ["chain", "config", "platform"]
        .into_iter()
        .map(|name| {
            let path = format!("{}/schemas/hoplint-{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            (name, serde_json::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("JSON"))
        })
        .collect()
}

#[test]
fn a_catalogue_of_schemas_would_take_them() {
    for (name, schema) in written() {
        assert!(jsonschema::meta::is_valid(&schema), "{name} is no schema of the version that it names");
        let id = schema["$id"].as_str().expect("an id");
        assert!(id.starts_with("https://") && id.ends_with(&format!("schemas/hoplint-{name}.schema.json")), "{id}");
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{name}");
    }
}

/// What an editor shows beside a key that it offers.
#[test]
fn every_key_is_described() {
    let mut bare = Vec::new();
    let one =
        serde_json::json!({"properties": {"a": {"description": "A."}, "b": {"properties": {"c": {"type": "string"}}}}});
    undescribed(&one, &one, "x", &mut bare);
    assert_eq!(bare, ["x.b", "x.properties.b.c"], "the search finds them");

    for (name, schema) in written().into_iter().filter(|(name, _)| *name != "platform") {
        let mut bare = Vec::new();
        undescribed(&schema, &schema, name, &mut bare);
        assert_eq!(bare, Vec::<String>::new());
    }
}

fn undescribed(whole: &serde_json::Value, part: &serde_json::Value, place: &str, bare: &mut Vec<String>) {
    let described = |schema: &serde_json::Value| schema["description"].as_str().is_some_and(|text| !text.is_empty());
    for (key, schema) in part["properties"].as_object().into_iter().flatten() {
        let named = schema["$ref"].as_str().and_then(|path| whole.pointer(path.trim_start_matches('#')));
        if !described(schema) && !named.is_some_and(described) {
            bare.push(format!("{place}.{key}"));
        }
    }
    match part {
        serde_json::Value::Object(map) => {
            // A condition describes nothing, and what it adds to a hop is described there.
            for (key, inside) in map.iter().filter(|(key, _)| *key != "if") {
                match inside["properties"].as_object().filter(|_| key == "then") {
                    Some(adds) => adds.iter().for_each(|(to, what)| undescribed(whole, what, to, bare)),
                    None => undescribed(whole, inside, &format!("{place}.{key}"), bare),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|inside| undescribed(whole, inside, place, bare)),
        _ => {}
    }
}

/// An editor writes a default as it stands here.
#[test]
fn a_default_of_a_timer_can_be_written() {
    let (_, chain) = written().into_iter().find(|(name, _)| *name == "chain").expect("it is one");
    let platforms = chain.pointer("/$defs/ByPlatform/allOf").and_then(serde_json::Value::as_array).expect("a list");
    let timers = platforms.iter().filter_map(|one| one.pointer("/then/properties/timeouts/properties")?.as_object());
    let defaults: Vec<&str> = timers.flat_map(|all| all.values()).filter_map(|one| one["default"].as_str()).collect();
    assert!(defaults.len() > 200, "{}", defaults.len());
    for default in defaults {
        assert!(hoplint::duration::Dur::parse(default).is_ok(), "{default}");
    }
}
