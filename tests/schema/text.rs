//! Documents as text: one value written as JSON, as YAML in block style and as TOML.

use hoplint::syntax::Format;
use serde_json::Value;

/// The document in a format; none where the format cannot say it (TOML has no null).
pub fn write(value: &Value, format: Format) -> Option<String> {
    match format {
        Format::Json => Some(value.to_string()),
        Format::Yaml => {
            let mut out = String::new();
            yaml(value, 0, &mut out);
            Some(out)
        }
        Format::Toml => {
            let mut out = String::new();
            for (key, value) in value.as_object()? {
                out += &format!("{} = {}\n", Value::from(key.as_str()), toml(value)?);
            }
            Some(out)
        }
    }
}

/// Block style. Text is plain where it stays text, so that both the plain and the quoted way are read.
fn yaml(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            for (key, value) in map {
                *out += &format!("{pad}{}:", text(key));
                yaml(value, indent + 2, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                *out += &format!("{pad}-");
                yaml(item, indent + 2, out);
            }
        }
        Value::String(value) => *out += &format!(" {}\n", text(value)),
        other => *out += &format!(" {other}\n"),
    }
}

fn text(value: &str) -> String {
    let first = value.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let digits = value.bytes().next().is_some_and(|b| b.is_ascii_digit()) && value.ends_with(['s', 'm', 'h', 'd']);
    let simple = value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let word = matches!(value, "true" | "false" | "null");
    if (first || digits) && simple && !word { value.to_owned() } else { Value::from(value).to_string() }
}

fn toml(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Option<Vec<_>>>()?.join(", ")),
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| Some(format!("{} = {}", Value::from(key.as_str()), toml(value)?));
            format!("{{{}}}", map.iter().map(entry).collect::<Option<Vec<_>>>()?.join(", "))
        }
        other => other.to_string(),
    })
}
