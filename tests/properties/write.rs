//! One chain in three spellings.

use hoplint::syntax::Format;
use serde_json::Value;

pub fn chain(chain: &Value, format: Format) -> String {
    match format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(chain).expect("a value is JSON")),
        Format::Yaml => {
            let mut out = String::new();
            block(chain, 0, &mut out);
            out
        }
        Format::Toml => {
            let Value::Object(entries) = chain else { return String::new() };
            entries
                .iter()
                .map(|(key, value)| format!("{} = {}\n", quoted(key), inline(value)))
                .collect::<Vec<_>>()
                .concat()
        }
    }
}

/// Block style for maps and lists of maps, flow style below.
fn block(value: &Value, indent: usize, out: &mut String) {
    let Value::Object(entries) = value else { return };
    let pad = " ".repeat(indent);
    for (key, value) in entries {
        match value {
            Value::Array(items) if items.iter().all(Value::is_object) && !items.is_empty() => {
                *out += &format!("{pad}{key}:\n");
                for item in items {
                    let mut entry = String::new();
                    block(item, indent + 4, &mut entry);
                    *out += &format!("{pad}  - {}", entry.trim_start());
                }
            }
            Value::Object(inner) if !inner.is_empty() && indent < 6 => {
                *out += &format!("{pad}{key}:\n");
                block(value, indent + 2, out);
            }
            _ => *out += &format!("{pad}{key}: {value}\n"),
        }
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let pairs: Vec<String> = entries.iter().map(|(k, v)| format!("{} = {}", quoted(k), inline(v))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}
