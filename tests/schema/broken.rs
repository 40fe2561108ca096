//! One document in many broken ways: every place, every kind of mistake.

use serde_json::{Value, json};

/// Every document that differs from `whole` at one place, with what was done.
pub fn all(whole: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for place in places(whole) {
        for value in replacements() {
            let mut document = whole.clone();
            let old = document.pointer_mut(&place).expect("a place of the document");
            if *old == value {
                continue;
            }
            let what = format!("{place} = {value}");
            *old = value;
            found.push((what, document));
        }
        found.extend(around(whole, &place));
    }
    found
}

/// What may be put in the place of any value.
fn replacements() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(90),
        json!(500),
        json!(2.5),
        json!(1_000_001),
        json!(1e300),
        json!(""),
        json!("90"),
        json!("90s"),
        json!("1.5s"),
        json!("-5s"),
        json!("30s1m"),
        json!("1m 30s"),
        json!("s"),
        json!("50%"),
        json!("100%"),
        json!("5 %"),
        json!("none"),
        json!("default"),
        json!("off"),
        json!("inward"),
        json!("streaming"),
        json!("agent"),
        json!("early"),
        json!("504"),
        json!("+50"),
        json!("0504"),
        json!("gw"),
        json!([]),
        json!(["90s"]),
        json!([[]]),
        json!({}),
        json!({"x": "90s"}),
        json!({"x": 90}),
        json!({"platform": "nginx"}),
        json!({"use": "gw"}),
        json!({"use": "gw", "platform": "nginx"}),
        json!({"preset": "agent"}),
        json!({"ratio": 0.5}),
        json!({"attempts": 1, "retries": 0}),
        json!({"initial": "1s", "factor": 0}),
        json!({"max": "5s", "reason": ""}),
        json!({"reason": ""}),
    ]
}

/// A key less, a key more, a key misspelled; an item less or twice.
fn around(whole: &Value, place: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut change = |what: String, edit: &dyn Fn(&mut Value)| {
        let mut document = whole.clone();
        edit(document.pointer_mut(place).expect("a place of the document"));
        found.push((format!("{place}: {what}"), document));
    };
    match whole.pointer(place) {
        Some(Value::Object(map)) => {
            for key in ["timout", "hops", "chains", "use", "platform", "name", "retries", "reason"] {
                change(format!("key {key} added"), &|value| value[key] = json!("90s"));
            }
            for key in map.keys() {
                change(format!("key {key} removed"), &|value| {
                    value.as_object_mut().expect("a map").shift_remove(key);
                });
                change(format!("key {key} misspelled"), &|value| {
                    let map = value.as_object_mut().expect("a map");
                    let moved = map.shift_remove(key).expect("the key");
                    map.insert(format!("{key}s"), moved);
                });
            }
        }
        Some(Value::Array(items)) => {
            for i in 0..items.len() {
                change(format!("item {i} removed"), &|value| {
                    value.as_array_mut().expect("a list").remove(i);
                });
            }
            change("item null added".to_owned(), &|value| value.as_array_mut().expect("a list").push(json!(null)));
        }
        _ => {}
    }
    found
}

/// JSON pointers of every value, the document itself included.
pub fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut inner = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        found.extend(places(value).into_iter().map(|place| format!("/{key}{place}")));
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| inner(key, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| inner(&i.to_string(), value)),
        _ => {}
    }
    found
}
