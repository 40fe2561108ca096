//! Every setting about time in a file, whatever block it stands in.

use super::hcl::{Attribute, Body, Expr, Value};
use crate::import::{Given, Import, Setting};

/// Keeps them all.
pub fn all(body: &Body, given: &Given<'_>, out: &mut Import) {
    let mut path = Vec::new();
    walk(body, &mut path, given, out);
    out.settings.sort_by_key(|setting| setting.at);
}

fn walk(body: &Body, path: &mut Vec<String>, given: &Given<'_>, out: &mut Import) {
    for attribute in &body.attributes {
        let Attribute { name, value, .. } = attribute;
        entry(name, value, path, given, out);
    }
    for block in &body.blocks {
        // Terraform's own limits on its operations are no timers of what it makes.
        if block.kind == "timeouts" {
            continue;
        }
        let depth = path.len();
        path.push(block.kind.clone());
        path.extend(block.labels.iter().cloned());
        walk(&block.body, path, given, out);
        path.truncate(depth);
    }
}

fn entry(name: &str, value: &Expr, path: &mut Vec<String>, given: &Given<'_>, out: &mut Import) {
    match &value.value {
        Value::Object(entries) => {
            path.push(name.to_owned());
            for (key, _, value) in entries {
                entry(key, value, path, given, out);
            }
            path.pop();
        }
        Value::List(items) => {
            for item in items {
                if matches!(item.value, Value::Object(_) | Value::List(_)) {
                    entry(name, item, path, given, out);
                }
            }
        }
        _ if is_time(name) => {
            let at = value.inner(given.text);
            let plain = matches!(value.value, Value::Number(_) | Value::Str(_) | Value::Bool(_) | Value::Null);
            out.settings.push(Setting {
                option: name.to_owned(),
                value: at.text(given.text).to_owned(),
                at: given.loc(at),
                context: path.join("."),
                plain,
            });
        }
        _ => {}
    }
}

/// Whether an attribute is about time.
fn is_time(name: &str) -> bool {
    let words = ["timeout", "keep_alive", "keepalive", "deregistration_delay", "slow_start", "draining"];
    words.iter().any(|word| name.contains(word)) || matches!(name, "connection_attempts" | "max_retries")
}
