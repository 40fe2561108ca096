//! What the client can do, and what its user set.

use super::positions::Encoding;
use crate::workspace::settings::Choice;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What the client says it can do, as far as anything here depends on it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability of its own")]
pub struct Capabilities {
    pub encoding: Encoding,
    /// It asks for the findings of open documents.
    pub pulls: bool,
    /// It can be told to ask again.
    pub refreshes_diagnostics: bool,
    pub refreshes_hints: bool,
    pub related_information: bool,
    /// It answers `workspace/configuration`.
    pub configuration: bool,
    pub watches_files: bool,
    pub registers_configuration: bool,
    /// Edits may name the version of a document that they are for.
    pub versioned_edits: bool,
}

impl Capabilities {
    pub fn of(params: &Value) -> Self {
        let at = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let says = |path: &str| at(path).and_then(Value::as_bool).unwrap_or(false);
        let words = |path: &str| -> Vec<String> {
            let list = at(path).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|word| word.as_str().map(str::to_owned)).collect()
        };
        let pushed = params.pointer("/initializationOptions/diagnostics").and_then(Value::as_str) == Some("push");
        Self {
            encoding: Encoding::negotiate(&words("general/positionEncodings")),
            pulls: at("textDocument/diagnostic").is_some_and(Value::is_object) && !pushed,
            refreshes_diagnostics: says("workspace/diagnostics/refreshSupport"),
            refreshes_hints: says("workspace/inlayHint/refreshSupport"),
            related_information: says("textDocument/publishDiagnostics/relatedInformation")
                || says("textDocument/diagnostic/relatedInformation"),
            configuration: says("workspace/configuration"),
            watches_files: says("workspace/didChangeWatchedFiles/dynamicRegistration"),
            registers_configuration: says("workspace/didChangeConfiguration/dynamicRegistration"),
            versioned_edits: says("workspace/workspaceEdit/documentChanges"),
        }
    }
}

/// What the user set in the editor, under `hoplint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `hoplint.configuration`: settings for all files, instead of the closest hoplint.toml above each.
    pub configuration: Option<PathBuf>,
    pub hints: Hints,
}

/// `hoplint.inlayHints`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hints {
    pub enable: bool,
    /// What holds where nothing is set.
    pub defaults: bool,
    /// How far a hop is from the next.
    pub margins: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { configuration: None, hints: Hints { enable: true, defaults: true, margins: true } }
    }
}

impl Options {
    /// From what stands under `hoplint`; what is missing or of another kind keeps its default.
    pub fn of(value: &Value) -> Self {
        let standard = Self::default();
        let says = |path: &str, otherwise: bool| value.pointer(path).and_then(Value::as_bool).unwrap_or(otherwise);
        let path = value.pointer("/configuration").and_then(Value::as_str).filter(|path| !path.trim().is_empty());
        Self {
            configuration: path.map(PathBuf::from),
            hints: Hints {
                enable: says("/inlayHints/enable", standard.hints.enable),
                defaults: says("/inlayHints/defaults", standard.hints.defaults),
                margins: says("/inlayHints/margins", standard.hints.margins),
            },
        }
    }

    /// Where the settings of files in a folder come from.
    pub fn choice(&self, root: &Path) -> Choice {
        match &self.configuration {
            Some(path) => Choice::File(root.join(path)),
            None => Choice::Closest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_set_keeps_its_default() {
        assert_eq!(Options::of(&Value::Null), Options::default());
        let set =
            Options::of(&json!({"configuration": "ci/hoplint.toml", "inlayHints": {"margins": false, "enable": 3}}));
        assert_eq!(set.choice(Path::new("/repo")), Choice::File("/repo/ci/hoplint.toml".into()));
        assert_eq!(set.hints, Hints { enable: true, defaults: true, margins: false });
        assert_eq!(Options::of(&json!({"configuration": " "})).choice(Path::new("/")), Choice::Closest);
    }

    #[test]
    fn findings_are_pushed_to_who_does_not_ask() {
        let pulls = |params: Value| Capabilities::of(&params).pulls;
        assert!(!pulls(json!({"capabilities": {}})));
        let asks = json!({"textDocument": {"diagnostic": {}}});
        assert!(pulls(json!({"capabilities": asks})));
        assert!(!pulls(json!({"capabilities": asks, "initializationOptions": {"diagnostics": "push"}})));
    }
}
