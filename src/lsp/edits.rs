//! Changes of texts as the protocol writes them: edits of byte ranges, and whole new texts as the lines that differ.

use super::check::Files;
use super::documents::Documents;
use crate::diag::Edit;
use crate::span::{FileId, Loc, Span};
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use similar::{DiffOp, TextDiff};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Changes of several files.
#[derive(Default)]
pub struct Changes(BTreeMap<PathBuf, Vec<lsp::TextEdit>>);

impl Changes {
    /// Adds a change of one file that has this text now.
    pub fn add(&mut self, documents: &Documents, path: &Path, text: &str, span: Span, new_text: String) {
        let range = documents.lines(path, text).range(text, span);
        self.0.entry(path.to_owned()).or_default().push(lsp::TextEdit { range, new_text });
    }

    /// The edits of a repair; `None` where a file of it is not known.
    pub fn of(documents: &Documents, files: &Files, edits: &[Edit]) -> Option<Self> {
        let mut changes = Self::default();
        for Edit { loc: Loc { file, span }, text: new } in edits {
            let (path, text) = files.get(*file)?;
            changes.add(documents, path, text, *span, new.clone());
        }
        Some(changes)
    }

    /// A whole new text: the lines that differ are replaced, so that the cursor and folds stay where they are.
    pub fn replace(&mut self, documents: &Documents, path: &Path, old: &str, new: &str) {
        let diff = TextDiff::from_lines(old, new);
        let starts = |slices: &[&str]| {
            let mut at = 0;
            let mut starts = vec![0];
            for slice in slices {
                at += slice.len();
                starts.push(at);
            }
            starts
        };
        let (old_at, new_at) = (starts(diff.old_slices()), starts(diff.new_slices()));
        for op in diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
            let (from, to) = (op.old_range(), op.new_range());
            let span = Span::of(old_at[from.start]..old_at[from.end]);
            let text = &new[new_at[to.start]..new_at[to.end]];
            self.add(documents, path, old, span, text.to_owned());
        }
    }

    /// As a `WorkspaceEdit`: for the versions that they were made for, where the client knows such.
    pub fn edit(self, documents: &Documents, versioned: bool) -> Value {
        let files = self.0.into_iter().filter(|(_, edits)| !edits.is_empty());
        if versioned {
            let changes: Vec<Value> = files
                .map(|(path, edits)| {
                    let version = documents.get(&path).map(|document| document.version);
                    json!({"textDocument": {"uri": documents.uri(&path), "version": version}, "edits": edits})
                })
                .collect();
            return json!({"documentChanges": changes});
        }
        let changes: BTreeMap<String, Vec<lsp::TextEdit>> =
            files.map(|(path, edits)| (documents.uri(&path).0, edits)).collect();
        json!({"changes": changes})
    }
}

/// The edits of one text, for a file that is known by its path.
pub fn own(documents: &Documents, path: &Path, text: &str, file: FileId, edits: &[Edit]) -> Changes {
    let mut changes = Changes::default();
    for edit in edits.iter().filter(|edit| edit.loc.file == file) {
        changes.add(documents, path, text, edit.loc.span, edit.text.clone());
    }
    changes
}
