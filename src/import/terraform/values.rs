//! What an expression is worth without running Terraform: literals, variables with a default or a line in
//! `terraform.tfvars`, and locals that lead to one.

use super::hcl::{Body, Expr, Value, parse};
use crate::import::{Given, Includes};
use crate::span::{FileId, Loc, Span};
use std::collections::HashMap;

/// Locals that lead to locals are followed this far.
const MOST_STEPS: usize = 8;

/// A plain value and the place where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    /// The number or text as written, without quotes.
    pub text: String,
    pub at: Loc,
}

/// The variables and locals of a module.
#[derive(Debug, Default)]
pub struct Values {
    known: HashMap<String, (FileId, Expr, Span)>,
}

impl Values {
    pub fn of(body: &Body, given: &Given<'_>) -> Self {
        let mut values = Self::default();
        values.take(body, given);
        values
    }

    /// The other files of the folder are the same module; `terraform.tfvars` and `*.auto.tfvars` set its variables.
    pub fn read_module(&mut self, given: &Given<'_>, includes: &dyn Includes) {
        let mut set = Vec::new();
        for pattern in ["*.tf", "terraform.tfvars", "*.auto.tfvars"] {
            for path in includes.glob(given.file, pattern).unwrap_or_default() {
                let Ok(included) = includes.look_at(given.file, &path) else { continue };
                if included.file == given.file {
                    continue;
                }
                let hcl = parse(&included.text);
                let other = Given { file: included.file, path: &path, text: &included.text };
                if pattern == "*.tf" {
                    self.take(&hcl.body, &other);
                } else {
                    set.extend(hcl.body.attributes.iter().map(|attribute| {
                        let inner = attribute.value.inner(&included.text);
                        (format!("var.{}", attribute.name), (included.file, attribute.value.clone(), inner))
                    }));
                }
            }
        }
        self.known.extend(set);
    }

    fn take(&mut self, body: &Body, given: &Given<'_>) {
        let mut keep = |name: String, value: &Expr| {
            self.known.entry(name).or_insert_with(|| (given.file, value.clone(), value.inner(given.text)));
        };
        for block in body.blocks_of("variable") {
            if let (Some(name), Some(default)) = (block.labels.first(), block.body.get("default")) {
                keep(format!("var.{name}"), &default.value);
            }
        }
        for attribute in body.blocks_of("locals").flat_map(|block| &block.body.attributes) {
            keep(format!("local.{}", attribute.name), &attribute.value);
        }
    }

    /// The plain value of an expression, or why there is none.
    pub fn plain(&self, expr: &Expr, given: &Given<'_>) -> Result<Option<Plain>, String> {
        let (mut file, mut expr, mut inner) = (given.file, expr, expr.inner(given.text));
        let written = expr.at.text(given.text);
        for _ in 0..MOST_STEPS {
            match &expr.value {
                Value::Number(text) | Value::Str(text) => {
                    return Ok(Some(Plain { text: text.clone(), at: Loc::new(file, inner) }));
                }
                Value::Null => return Ok(None),
                Value::Path(path) if path.len() == 2 => {
                    let Some((of, value, at)) = self.known.get(&path.join(".")) else { break };
                    (file, expr, inner) = (*of, value, *at);
                }
                _ => break,
            }
        }
        let what = if matches!(expr.value, Value::Path(_)) { "the reference" } else { "the expression" };
        Err(format!("{what} {}", crate::text::clip(written)))
    }
}
