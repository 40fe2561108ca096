//! What the JSON Schemas say of keys and words: the same text that editors without this server show. Only the form is
//! kept; what each platform adds comes from the catalogue.

use super::documents::Kind;
use super::here::{Here, Step};
use crate::cli::schema::SCHEMAS;
use serde_json::Value;
use std::sync::OnceLock;

pub struct Schema {
    root: Value,
}

/// A key that may stand in a map, or a word that may stand as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub word: String,
    pub about: String,
    /// A key's value is a map, a list, or something on the line.
    pub value: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Line,
    Map,
    List,
}

/// The schemas that were asked for, each read once.
static CHAIN: OnceLock<Option<Schema>> = OnceLock::new();
static CONFIG: OnceLock<Option<Schema>> = OnceLock::new();

impl Schema {
    /// The schema of a kind of file.
    pub fn of(kind: Kind) -> Option<&'static Self> {
        match kind {
            Kind::Chain => CHAIN.get_or_init(|| Self::read("chain")).as_ref(),
            Kind::Settings => CONFIG.get_or_init(|| Self::read("config")).as_ref(),
            Kind::Other => None,
        }
    }

    fn read(name: &str) -> Option<Self> {
        let (_, text) = SCHEMAS.iter().find(|(known, _)| *known == name)?;
        let mut root: Value = serde_json::from_str(text).ok()?;
        // Nine tenths of it, and the catalogue knows more.
        if let Some(defs) = root.get_mut("$defs").and_then(Value::as_object_mut) {
            defs.remove("ByPlatform");
        }
        Some(Self { root })
    }

    /// What a place is for, as Markdown.
    pub fn about(&self, here: &Here<'_>) -> Option<String> {
        if here.on_key {
            let Some(Step::Key(key)) = here.steps.last() else { return None };
            let choice =
                self.keys(&here.steps[..here.steps.len() - 1]).into_iter().find(|choice| choice.word == *key)?;
            return Some(format!("**{key}**\n\n{}", choice.about));
        }
        let choice = self.words(&here.steps).into_iter().find(|choice| choice.word == here.text())?;
        (!choice.about.is_empty()).then(|| format!("**{}**\n\n{}", choice.word, choice.about))
    }

    /// The keys of the map at the end of some steps.
    pub fn keys(&self, steps: &[Step<'_>]) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for form in self.at(steps) {
            for (key, value) in form.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if !choices.iter().any(|choice| choice.word == *key) {
                    choices.push(Choice { word: key.clone(), about: about(value), value: self.shape(value) });
                }
            }
        }
        choices
    }

    /// The words that may stand as a value.
    pub fn words(&self, steps: &[Step<'_>]) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for form in self.at(steps) {
            let described = form.get("enumDescriptions").and_then(Value::as_array);
            let words = form.get("enum").and_then(Value::as_array).into_iter().flatten().enumerate();
            let more = form.get("const").into_iter().map(|word| (usize::MAX, word));
            let more = more.chain(
                is_bool(form).then_some([(0, &Value::Bool(true)), (0, &Value::Bool(false))]).into_iter().flatten(),
            );
            for (i, word) in words.chain(more) {
                let text = match word {
                    Value::String(text) => text.clone(),
                    Value::Null => continue,
                    other => other.to_string(),
                };
                let about = described.and_then(|all| all.get(i)).and_then(Value::as_str).unwrap_or_default();
                if !choices.iter().any(|choice| choice.word == text) {
                    choices.push(Choice { word: text, about: about.to_owned(), value: Shape::Line });
                }
            }
        }
        choices
    }

    /// Every form that what stands at the end of some steps may have.
    fn at(&self, steps: &[Step<'_>]) -> Vec<&Value> {
        let mut forms = self.opened(&self.root);
        for step in steps {
            let mut next = Vec::new();
            for form in forms {
                let inner = match step {
                    Step::Key(key) => {
                        let own = form.get("properties").and_then(|all| all.get(*key));
                        own.or_else(|| form.get("additionalProperties").filter(|more| more.is_object()))
                    }
                    Step::Item(_) => form.get("items"),
                };
                next.extend(inner.into_iter().flat_map(|inner| self.opened(inner)));
            }
            forms = next;
        }
        forms
    }

    /// A form, and those that it refers to or chooses from.
    fn opened<'v>(&'v self, form: &'v Value) -> Vec<&'v Value> {
        let (mut open, mut found): (Vec<&Value>, Vec<&Value>) = (vec![form], Vec::new());
        while let Some(form) = open.pop() {
            if found.iter().any(|known| std::ptr::eq(*known, form)) {
                continue;
            }
            found.push(form);
            if let Some(name) = form.get("$ref").and_then(Value::as_str) {
                open.extend(name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)));
            }
            for several in ["anyOf", "oneOf", "allOf"] {
                open.extend(form.get(several).and_then(Value::as_array).into_iter().flatten().rev());
            }
        }
        found
    }

    fn shape(&self, form: &Value) -> Shape {
        let types: Vec<&str> =
            self.opened(form).iter().filter_map(|form| form.get("type").and_then(Value::as_str)).collect();
        match types.first() {
            _ if types.iter().any(|kind| matches!(*kind, "string" | "integer" | "boolean" | "number")) => Shape::Line,
            Some(&"object") => Shape::Map,
            Some(&"array") => Shape::List,
            _ => Shape::Line,
        }
    }
}

fn is_bool(form: &Value) -> bool {
    form.get("type").and_then(Value::as_str) == Some("boolean")
}

/// The description of a form, with its default and examples.
fn about(form: &Value) -> String {
    let mut text = form.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(default) = form.get("default") {
        text.push_str(&format!("\n\nDefault: `{}`", plain(default)));
    }
    if let Some(examples) = form.get("examples").and_then(Value::as_array) {
        let shown: Vec<String> = examples.iter().map(|example| format!("`{}`", plain(example))).collect();
        text.push_str(&format!("\n\nSuch as {}", shown.join(", ")));
    }
    text
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_words_are_those_of_the_form() {
        let schema = Schema::of(Kind::Chain).unwrap();
        let words = |choices: Vec<Choice>| choices.into_iter().map(|choice| choice.word).collect::<Vec<_>>();
        assert!(words(schema.keys(&[])).contains(&"workload".to_owned()));
        let hop = [Step::Key("hops"), Step::Item(0)];
        assert!(words(schema.keys(&hop)).contains(&"platform".to_owned()));
        assert_eq!(words(schema.words(&[Step::Key("order")])), ["inward", "outward", "unordered"]);
        assert!(words(schema.words(&[Step::Key("workload")])).contains(&"reasoning".to_owned()));
        let pin = [hop[0], hop[1], Step::Key("pin")];
        assert_eq!(words(schema.words(&pin)), ["true", "false"]);
        let shapes = schema.keys(&hop);
        let shape = |word: &str| shapes.iter().find(|choice| choice.word == word).unwrap().value;
        assert_eq!((shape("timeouts"), shape("timeout"), shape("platform")), (Shape::Map, Shape::Line, Shape::Line));
        let config = Schema::of(Kind::Settings).unwrap();
        assert_eq!(words(config.words(&[Step::Key("rules"), Step::Key("drift")])), ["off", "note", "warning", "error"]);
        assert!(config.keys(&[Step::Key("rules")]).iter().all(|choice| !choice.about.is_empty()));
    }
}
