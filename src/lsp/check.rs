//! One run of the engine over files that belong together, as `hoplint check` makes it over all of them.

use super::index::{self, Links, Scope};
use super::project::Project;
use crate::diag::Diagnostic;
use crate::engine::{Engine, FileResult, Source};
use crate::import::Match;
use crate::import::store::Store;
use crate::span::FileId;
use crate::workspace::deployed::{self, Named};
use crate::workspace::overlay::{Overlay, Texts};
use crate::workspace::settings::Settings;
use crate::workspace::{candidate, read, shown};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files that findings speak of.
#[derive(Debug, Default)]
pub struct Files(Vec<(FileId, PathBuf, Arc<str>)>);

impl Files {
    pub fn get(&self, id: FileId) -> Option<(&Path, &Arc<str>)> {
        let (_, path, text) = &self.0[self.0.binary_search_by_key(&id, |(id, ..)| *id).ok()?];
        Some((path, text))
    }
}

/// What a run found.
#[derive(Default)]
pub struct Checked {
    pub files: Arc<Files>,
    pub chains: Vec<(PathBuf, Vec<Diagnostic>)>,
    pub deployed: Vec<Diagnostic>,
    /// The links of the deployed files as they are now.
    pub links: Vec<(PathBuf, Links)>,
    /// Files that a panic kept from being checked: what is known of them stays.
    pub failed: Vec<PathBuf>,
}

/// Checks the files of a scope.
pub fn run(project: &mut Project, texts: &Texts, scope: &Scope) -> Checked {
    project.count_check();
    let chain_settings: Vec<usize> = scope.chains.iter().map(|path| project.settings_of(path)).collect();
    let deployed_settings: Vec<usize> = scope.deployed.iter().map(|path| project.settings_of(path)).collect();
    let (all, root) = (project.all(), &*project.root);
    let overlay = Overlay { texts };
    let store = Store::new(&overlay, root);
    let (mut checked, mut files, mut results) = (Checked::default(), Vec::new(), Vec::new());
    for (i, (path, settings)) in scope.chains.iter().zip(&chain_settings).enumerate() {
        let id = FileId(u32::try_from(i).unwrap_or(u32::MAX));
        let Some((text, result)) = chain(id, path, root, texts, &all[*settings], &store) else {
            // A file that is gone says nothing more.
            if texts.contains_key(path) || path.is_file() {
                checked.failed.push(path.clone());
            }
            continue;
        };
        files.push((id, path.clone(), text));
        results.push((path.clone(), *settings, result));
    }
    let mut named = Vec::new();
    for (i, (path, settings)) in scope.deployed.iter().zip(&deployed_settings).enumerate() {
        let sure = match texts.get(path) {
            Some(text) => index::is_sure(&shown(path, root), text),
            // One that the search has not seen is new.
            None => project.index.is_deployed(path) || candidate::is_worth_reading(path, &shown(path, root)),
        };
        let least = if sure { Match::Yes } else { Match::Maybe };
        match catch_unwind(AssertUnwindSafe(|| store.import_named(path, least))) {
            Ok(Ok(loaded)) => {
                checked.links.push((path.clone(), index::links(&loaded, &store, sure)));
                // What no search would take is read for the chains that name it.
                if sure {
                    let input = FileId(u32::try_from(scope.chains.len() + i).unwrap_or(u32::MAX));
                    named.push(Named { loaded, input, settings: *settings });
                }
            }
            Ok(Err(_)) => checked.links.push((path.clone(), Links::default())),
            Err(_) => checked.failed.push(path.clone()),
        }
    }
    let mut bound: Vec<(usize, &mut FileResult)> = results
        .iter_mut()
        .filter(|(_, _, result)| result.bound)
        .map(|(_, settings, result)| (*settings, result))
        .collect();
    if !named.is_empty() || !bound.is_empty() {
        let found = catch_unwind(AssertUnwindSafe(|| deployed::check(&named, all, &store, &mut bound)));
        match found {
            Ok(found) => checked.deployed = found.into_iter().flat_map(|result| result.findings).collect(),
            Err(_) => checked.failed.extend(scope.deployed.iter().cloned()),
        }
    }
    checked.chains = results.into_iter().map(|(path, _, result)| (path, result.findings)).collect();
    files.extend(store.files().into_iter().map(|file| (file.id, file.path, file.text)));
    files.sort_by_key(|(id, ..)| *id);
    checked.files = Arc::new(Files(files));
    checked
}

/// One chain file. A rule that panics costs the file its findings, not the editor its server.
fn chain(
    id: FileId,
    path: &Path,
    root: &Path,
    texts: &Texts,
    settings: &Settings,
    store: &Store<'_>,
) -> Option<(Arc<str>, FileResult)> {
    let (text, problem) = if let Some(text) = texts.get(path) {
        (Arc::clone(text), None)
    } else {
        let loaded = read::load(path).ok()?;
        (loaded.text, loaded.problem)
    };
    let engine = Engine { catalog: &settings.catalog, config: &settings.config };
    let source = Source { path: shown(path, root), text };
    let checked = catch_unwind(AssertUnwindSafe(|| engine.check_file_in(id, &source, store)));
    let mut result = checked.ok()?;
    if let Some(problem) = problem {
        if source.text.is_empty() {
            result = FileResult::default();
        }
        result.findings.insert(0, problem.finding(id));
    }
    Some((source.text, result))
}

/// What is wrong with the settings of a project themselves, with their files.
pub fn settings(project: &Project) -> (Arc<Files>, Vec<Diagnostic>) {
    let (mut files, mut findings) = (Vec::new(), Vec::new());
    for settings in project.all() {
        for (source, i) in settings.sources.iter().zip(0..) {
            let path = super::uri::normal(&project.root.join(&source.path));
            files.push((FileId(settings.first.0 + i), path, Arc::clone(&source.text)));
        }
        findings.extend(settings.findings.iter().cloned());
    }
    files.sort_by_key(|(id, ..)| *id);
    (Arc::new(Files(files)), findings)
}
