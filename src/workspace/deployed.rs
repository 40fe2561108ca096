//! The deployed files of a run: those that were named or found, and those that chains are bound to, as one result.

use super::settings::Settings;
use crate::diag::{Applicability, Diagnostic};
use crate::engine::{Engine, FileResult, Outcome};
use crate::fix::{applied_to, compatible};
use crate::import::Import;
use crate::import::store::{DeployedFile, Loaded, Store, is_deployed, parts};
use crate::rules::{suppression_without_reason, unused_suppression};
use crate::span::{FileId, Span};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A deployed file that a run checks as such.
pub struct Named {
    pub loaded: Loaded,
    /// Its place among the inputs.
    pub input: FileId,
    /// Which of the settings hold for it.
    pub settings: usize,
}

/// Checks the deployed files of a run, and takes out of the findings of chain files what comments in deployed files
/// accept. `results` are those of chain files with bindings, by their settings.
pub fn check(
    named: &[Named],
    all: &[Arc<Settings>],
    store: &Store<'_>,
    results: &mut [(usize, &mut FileResult)],
) -> Vec<FileResult> {
    let files: HashMap<FileId, DeployedFile> = store.files().into_iter().map(|file| (file.id, file)).collect();
    let ids: HashSet<FileId> = named.iter().map(|one| one.loaded.file).collect();
    let included = parts(named.iter().map(|one| &one.loaded));
    let mut found = Vec::new();
    for (i, settings) in all.iter().enumerate() {
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        let own = named.iter().filter(|one| one.settings == i);
        // What another file includes is a part of that one.
        let whole: Vec<Loaded> =
            own.filter(|one| !included.contains(&one.loaded.file)).map(|one| one.loaded.clone()).collect();
        let mut result = engine.check_deployed(&whole, store);
        let told: HashSet<_> = results
            .iter()
            .flat_map(|(_, r)| r.findings.iter().flat_map(|f| f.labels.iter().map(move |l| (f.rule, l.loc))))
            .collect();
        // A chain knows more of a hop than its file alone.
        result.findings.retain(|f| f.primary().is_none_or(|at| !told.contains(&(f.rule, at))));
        let comments = comments(&store.imports());
        engine.suppress_deployed(&mut result, &files, &comments, &ids);
        for (_, chains) in results.iter_mut().filter(|(settings, _)| *settings == i) {
            engine.suppress_deployed(chains, &files, &comments, &HashSet::new());
        }
        found.push(result);
    }
    once(found.iter_mut().chain(results.iter_mut().map(|(_, result)| &mut **result)));
    found
}

/// A comment in a deployed file speaks to the file's own check and to every chain that is bound to it; what is wrong with
/// the comment itself is told once.
fn once<'r>(results: impl Iterator<Item = &'r mut FileResult>) {
    let mut told = HashSet::new();
    for result in results {
        result.findings.retain(|finding| {
            let at = finding.primary().filter(|at| is_deployed(at.file) && is_about_a_suppression(finding.rule));
            at.is_none_or(|at| told.insert((finding.rule, at)))
        });
    }
}

/// Whether a rule is about suppressions themselves.
pub fn is_about_a_suppression(rule: &str) -> bool {
    [unused_suppression::RULE.name, suppression_without_reason::RULE.name].contains(&rule)
}

fn comments(imports: &[Arc<Import>]) -> HashMap<FileId, Vec<Span>> {
    let mut comments: HashMap<FileId, Vec<Span>> = HashMap::new();
    for comment in imports.iter().flat_map(|import| &import.comments) {
        comments.entry(comment.file).or_default().push(comment.span);
    }
    for spans in comments.values_mut() {
        spans.sort_unstable();
        spans.dedup();
    }
    comments
}

/// A file whose text fixes changed in this round.
pub struct Edited {
    pub path: PathBuf,
    pub text: Arc<str>,
    pub titles: Vec<String>,
}

/// Applies the fixes of a round that go together, in all files that they touch. `path` names the file of an id; a file
/// without one is left alone, and so is a fix that touches it.
pub fn apply(
    findings: &[&Diagnostic],
    allowed: Applicability,
    path: &dyn Fn(FileId) -> Option<(PathBuf, Arc<str>)>,
) -> Vec<Edited> {
    let known = |fix: &&crate::diag::Fix| fix.edits.iter().all(|edit| path(edit.loc.file).is_some());
    let fixes = compatible(findings.iter().flat_map(|f| f.fixes.iter().take(1)).filter(known), allowed);
    let mut touched: BTreeMap<FileId, Vec<String>> = BTreeMap::new();
    for fix in &fixes {
        let mut files: Vec<FileId> = fix.edits.iter().map(|edit| edit.loc.file).collect();
        files.dedup();
        for file in files {
            touched.entry(file).or_default().push(fix.title.clone());
        }
    }
    let edit = |(file, titles): (FileId, Vec<String>)| {
        let (path, text) = path(file)?;
        let changed = applied_to(file, &text, &path.to_string_lossy(), &fixes)?;
        Some(Edited { path, text: changed.into(), titles })
    };
    touched.into_iter().filter_map(edit).collect()
}

/// Gives the deployed files of an outcome their places among its sources.
pub fn place(outcome: &mut Outcome, store: &[DeployedFile], named: &[Named]) {
    let inputs = named.iter().map(|one| (one.loaded.file, one.input)).collect();
    outcome.place(store, &inputs);
}
