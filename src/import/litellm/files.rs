//! The main file and what it includes, as the proxy joins them: lists grow, anything else of a later file takes the
//! place of the same section before.

use super::{is_time, tree};
use crate::diag::{Diagnostic, Severity};
use crate::import::tree::{self as trees, Tree};
use crate::import::{Given, INCLUDE, Import, IncludeError, Included, Includes};
use crate::span::{FileId, Loc};
use crate::syntax::{Document, Kind, Node};
use std::collections::{HashSet, VecDeque};

/// A node, and the file that it stands in.
#[derive(Clone, Copy)]
pub struct In<'n> {
    pub tree: &'n Tree<'n>,
    pub node: &'n Node<'n>,
}

/// The sections of all files.
pub struct Parts<'n> {
    roots: Vec<In<'n>>,
}

impl<'n> Parts<'n> {
    /// The items of a list, of all files.
    pub fn items(&self, key: &str) -> Vec<In<'n>> {
        let lists = self.roots.iter().map(|root| (root.tree, trees::list(root.node, key)));
        lists.flat_map(|(tree, items)| items.iter().map(move |node| In { tree, node })).collect()
    }

    /// A section, of the last file that has it.
    pub fn section(&self, key: &str) -> Option<In<'n>> {
        self.roots.iter().rev().find_map(|root| Some(In { tree: root.tree, node: root.node.get(key)? }))
    }
}

/// Something that may hide anything, and why.
pub type Missing = (Loc, String);

/// Reads all files and gives them to `see`.
pub fn with_all(
    given: &Given<'_>,
    includes: &dyn Includes,
    out: &mut Import,
    see: impl FnOnce(&Parts<'_>, &mut Import),
) -> Vec<Missing> {
    let mut missing = Vec::new();
    let included = gather(given, includes, out, &mut missing);
    let mut trees = vec![tree(given)];
    trees.extend(included.iter().map(|i| tree(&Given { file: i.file, path: "include.yaml", text: &i.text })));
    let documents: Vec<Vec<Document<'_>>> = trees.iter().map(|tree| tree.documents(out)).collect();
    let mut parts = Parts { roots: Vec::new() };
    for (tree, documents) in trees.iter().zip(&documents) {
        // PyYAML takes one document.
        let Some(node) = documents.iter().find_map(|d| d.parsed.root.as_ref()) else { continue };
        tree.settings(node, out, is_time);
        parts.roots.push(In { tree, node });
    }
    see(&parts, out);
    missing
}

/// The texts of everything that is included, the main file's own includes first.
fn gather(given: &Given<'_>, includes: &dyn Includes, out: &mut Import, missing: &mut Vec<Missing>) -> Vec<Included> {
    let mut found: Vec<Included> = Vec::new();
    let mut read = HashSet::from([given.file]);
    let mut pending: VecDeque<(FileId, String, Loc)> = entries_of(given).into();
    while let Some((from, path, at)) = pending.pop_front() {
        // A path that is not there beside the file that names it is looked for beside the main file.
        let one = includes.read(from, &path).or_else(|error| match error {
            IncludeError::File(_) if from != given.file => includes.read(given.file, &path),
            error => Err(error),
        });
        match one {
            Ok(one) if read.insert(one.file) => {
                pending.extend(entries_of(&Given { file: one.file, path: &path, text: &one.text }));
                found.push(one);
            }
            Ok(_) => {}
            Err(error) => {
                out.problems.push(problem(&path, at, &error));
                missing.push((at, format!("the include {path}, which is not here")));
            }
        }
    }
    found
}

/// What a file includes.
fn entries_of(given: &Given<'_>) -> Vec<(FileId, String, Loc)> {
    if !given.text.contains("include") {
        return Vec::new();
    }
    let tree = tree(given);
    let documents = tree.documents(&mut Import::default());
    let Some(root) = documents.iter().find_map(|d| d.parsed.root.as_ref()) else { return Vec::new() };
    let texts = trees::list(root, "include").iter().filter(|node| matches!(node.kind, Kind::Str(_)));
    texts.filter_map(|n| Some((given.file, tree.scalar(n)?.into_owned(), tree.value_loc(n)))).collect()
}

fn problem(path: &str, at: Loc, error: &IncludeError) -> Diagnostic {
    let path = crate::text::clip(path);
    match error {
        IncludeError::File(_) => Diagnostic::new(INCLUDE, Severity::Note, format!("`{path}` is included, but {error}"))
            .label(at, "")
            .help("values that it may set are not known here"),
        _ => Diagnostic::new(INCLUDE, Severity::Error, format!("`{path}` cannot be included: {error}"))
            .label(at, "")
            .help("keep included files in the project"),
    }
}
