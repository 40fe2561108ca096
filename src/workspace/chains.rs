//! The chains that files and folders state, resolved, for commands that run or compare them.

use super::candidate::{self, Opened};
use super::settings::{Choice, Finder, Settings};
use super::{Disk, walk};
use crate::diag::{Diagnostic, Severity};
use crate::engine::{Engine, Source};
use crate::files::FileError;
use crate::import::store::{DeployedFile, Loaded, Store, parts};
use crate::model::Chain;
use crate::resolve::Resolved;
use crate::span::FileId;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was read.
#[derive(Default)]
pub struct Chains {
    /// Each chain with the path of its file.
    pub chains: Vec<(String, Resolved)>,
    /// Errors of form; what could be read is there all the same.
    pub problems: Vec<Diagnostic>,
    pub sources: Vec<Source>,
    pub deployed: Vec<DeployedFile>,
    pub folders: Vec<PathBuf>,
    pub failures: Vec<(PathBuf, FileError)>,
    /// There was no file to read.
    pub nothing: bool,
}

/// Reads the chains of what is named, each changed before it is resolved. In a folder with chain files the deployed files
/// are a part of those.
pub fn read(paths: &[PathBuf], choice: &Choice, working: &Path, change: &dyn Fn(&mut Chain)) -> Chains {
    let walk::Found { mut inputs, folders, failures, .. } = walk::find(paths, working, None);
    let mut out = Chains { folders, failures, ..Chains::default() };
    candidate::without_parts(&mut inputs);
    let mut finder = Finder::new(choice.clone(), working, u32::try_from(inputs.len()).unwrap_or(u32::MAX));
    let store = Store::new(&Disk, working);
    let mut named: Vec<(Loaded, String, Arc<Settings>)> = Vec::new();
    for input in &inputs {
        let at = finder.of(&input.path);
        let loaded = match candidate::open(input, &store) {
            Ok(Opened::Text(loaded)) => loaded,
            Ok(Opened::Deployed(loaded)) => {
                named.push((loaded, input.shown.clone(), finder.get(at)));
                continue;
            }
            Ok(Opened::Nothing) => continue,
            Err(why) => {
                out.failures.push((input.path.clone(), why));
                continue;
            }
        };
        let id = FileId::nth(out.sources.len());
        let source = Source { path: input.shown.clone(), text: Arc::clone(&loaded.text) };
        let settings = finder.get(at);
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        let (chains, problems) = engine.chains_of(id, &source, &store, change);
        out.problems.extend(loaded.problem.map(|problem| problem.finding(id)));
        out.problems.extend(problems.into_iter().filter(|problem| problem.severity == Severity::Error));
        out.chains.extend(chains.into_iter().map(|chain| (input.shown.clone(), chain)));
        out.sources.push(source);
    }
    out.nothing = out.sources.is_empty() && named.is_empty();
    // What another file includes is a part of that one.
    let included = parts(named.iter().map(|(loaded, ..)| loaded));
    for (loaded, shown, settings) in named.iter().filter(|(loaded, ..)| !included.contains(&loaded.file)) {
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        let chains = engine.deployed_chains(std::slice::from_ref(loaded), &store, change);
        out.chains.extend(chains.into_iter().map(|chain| (shown.clone(), chain)));
    }
    out.failures.append(&mut finder.failures);
    out.deployed = store.files();
    out
}
