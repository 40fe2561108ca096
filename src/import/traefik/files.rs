//! The static file and the dynamic ones that its file provider names.

use super::{at, get, is_time, tree};
use crate::diag::{Diagnostic, Severity};
use crate::import::tree::Tree;
use crate::import::{Given, INCLUDE, Import, IncludeError, Included, Includes};
use crate::span::Loc;
use crate::syntax::{Document, Node};
use std::collections::HashSet;

/// A node, and the file that it stands in.
#[derive(Clone, Copy)]
pub struct In<'n> {
    pub tree: &'n Tree<'n>,
    pub node: &'n Node<'n>,
}

impl<'n> In<'n> {
    pub fn get(self, key: &str) -> Option<In<'n>> {
        get(self.node, key).map(|node| In { tree: self.tree, node })
    }
}

/// Everything that could be read.
pub struct Parts<'n> {
    pub roots: Vec<In<'n>>,
    /// Dynamic files that are not here, and why.
    pub missing: Vec<(Loc, String)>,
}

impl<'n> Parts<'n> {
    /// The static configuration.
    pub fn fixed(&self) -> Option<In<'n>> {
        let marks = ["entryPoints", "providers", "serversTransport"];
        self.roots.iter().copied().find(|root| marks.iter().any(|mark| get(root.node, mark).is_some()))
    }

    /// What a section of the dynamic configuration holds under a name.
    pub fn dynamic(&self, section: &str, name: &str) -> Option<In<'n>> {
        // A name may say which provider it comes from.
        let (name, provider) = name.split_once('@').map_or((name, "file"), |(name, provider)| (name, provider));
        let found = |root: &In<'n>| In { tree: root.tree, node: at(root.node, &["http", section])? }.get(name);
        self.roots.iter().filter(|_| provider == "file").find_map(found)
    }
}

pub fn with_all(
    given: &Given<'_>,
    includes: &dyn Includes,
    out: &mut Import,
    see: impl FnOnce(&Parts<'_>, &mut Import),
) {
    let mut missing = Vec::new();
    let included = gather(given, includes, out, &mut missing);
    let mut trees = vec![tree(given)];
    trees.extend(included.iter().map(|(path, i)| tree(&Given { file: i.file, path, text: &i.text })));
    let documents: Vec<Vec<Document<'_>>> = trees.iter().map(|tree| tree.documents(out)).collect();
    let mut parts = Parts { roots: Vec::new(), missing };
    for (tree, documents) in trees.iter().zip(&documents) {
        for node in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            tree.settings(node, out, is_time);
            parts.roots.push(In { tree, node });
        }
    }
    see(&parts, out);
}

/// The files that `providers.file` names.
fn gather(
    given: &Given<'_>,
    includes: &dyn Includes,
    out: &mut Import,
    missing: &mut Vec<(Loc, String)>,
) -> Vec<(String, Included)> {
    if !given.text.contains("providers") {
        return Vec::new();
    }
    let tree = tree(given);
    let documents = tree.documents(&mut Import::default());
    let Some(root) = documents.iter().find_map(|d| d.parsed.root.as_ref()) else { return Vec::new() };
    let Some(file) = at(root, &["providers", "file"]) else { return Vec::new() };
    let mut seen = HashSet::from([given.file]);
    let mut found = Vec::new();
    for (key, is_folder) in [("filename", false), ("directory", true)] {
        let Some(node) = get(file, key) else { continue };
        let Some(path) = tree.scalar(node) else { continue };
        let at = tree.value_loc(node);
        match paths(given, includes, &path, is_folder) {
            Ok(paths) => {
                for path in paths {
                    match includes.read(given.file, &path) {
                        Ok(one) if seen.insert(one.file) => found.push((path, one)),
                        Ok(_) => {}
                        Err(error) => not_read(&path, at, &error.to_string(), is_outside(&error), out, missing),
                    }
                }
            }
            Err(why) => not_read(&path, at, &why, false, out, missing),
        }
    }
    found
}

fn paths(given: &Given<'_>, includes: &dyn Includes, path: &str, is_folder: bool) -> Result<Vec<String>, String> {
    if path.starts_with('/') || path.contains(":\\") {
        return Err("it is a path of the machine that Traefik runs on".to_owned());
    }
    // The folder that the file stands in is where Traefik was started, as far as the file tells.
    let path = path.trim_end_matches('/').trim_start_matches("./");
    if !is_folder {
        return Ok(vec![path.to_owned()]);
    }
    let patterns = ["*.yml", "*.yaml", "*.toml", "*/*.yml", "*/*.yaml", "*/*.toml"];
    let mut found = Vec::new();
    for pattern in patterns {
        found.extend(includes.glob(given.file, &format!("{path}/{pattern}")).map_err(|error| error.to_string())?);
    }
    if found.is_empty() { Err("no file of it is here".to_owned()) } else { Ok(found) }
}

const fn is_outside(error: &IncludeError) -> bool {
    !matches!(error, IncludeError::File(_))
}

fn not_read(path: &str, at: Loc, why: &str, broken: bool, out: &mut Import, missing: &mut Vec<(Loc, String)>) {
    let path = crate::text::clip(path);
    let severity = if broken { Severity::Error } else { Severity::Note };
    let problem = Diagnostic::new(INCLUDE, severity, format!("the dynamic configuration `{path}` is not read: {why}"));
    out.problems.push(problem.label(at, "").help("name that file itself where a hop is bound to a router in it"));
    missing.push((at, format!("the dynamic configuration {path}, which is not here")));
}
