//! What `hoplint show` looks at: the chains of files and folders with their findings, and the parts of chains that
//! deployed files state.

use super::candidate::{self, Opened};
use super::deployed::{self, Named};
use super::settings::{Choice, Finder};
use super::{Disk, empty_source, walk};
use crate::diag::{Diagnostic, Severity};
use crate::engine::{Engine, FileResult, Source};
use crate::files::FileError;
use crate::import::store::{DeployedFile, Loaded, Store, parts};
use crate::resolve::Resolved;
use crate::span::FileId;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a run found.
#[derive(Default)]
pub struct Gathered {
    /// The chains of each file, with the findings of that file.
    pub chains: Vec<(Vec<Resolved>, Vec<Diagnostic>)>,
    /// What is wrong with the form of files; what could be read of them is shown.
    pub problems: Vec<Diagnostic>,
    pub sources: Vec<Source>,
    pub deployed: Vec<DeployedFile>,
    pub folders: Vec<PathBuf>,
    pub failures: Vec<(PathBuf, FileError)>,
    /// There was no file to show.
    pub nothing: bool,
}

pub fn gather(paths: &[PathBuf], choice: &Choice, working: &Path) -> Gathered {
    let walk::Found { mut inputs, folders, failures, .. } = walk::find(paths, working, None);
    let mut out = Gathered { folders, failures, ..Gathered::default() };
    candidate::without_parts(&mut inputs);
    let mut finder = Finder::new(choice.clone(), working, u32::try_from(inputs.len()).unwrap_or(u32::MAX));
    let store = Store::new(&Disk, working);
    let mut named: Vec<Named> = Vec::new();
    let mut results: Vec<(usize, FileResult, Vec<Resolved>)> = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        let (id, of) = (FileId::nth(i), finder.of(&input.path));
        out.sources.push(empty_source(input.shown.clone()));
        match candidate::open(input, &store) {
            Ok(Opened::Deployed(loaded)) => named.push(Named { loaded, input: id, settings: of }),
            Ok(Opened::Text(loaded)) => {
                out.sources[i].text = Arc::clone(&loaded.text);
                let settings = finder.get(of);
                let engine = Engine { catalog: &settings.catalog, config: &settings.config };
                let mut result = engine.check_file_in(id, &out.sources[i], &store);
                result.findings.extend(loaded.problem.map(|problem| problem.finding(id)));
                results.push((of, result, engine.resolve_file(id, &out.sources[i], &store)));
            }
            Ok(Opened::Nothing) => {}
            Err(why) => out.failures.push((input.path.clone(), why)),
        }
    }
    out.nothing = results.is_empty() && named.is_empty();
    out.failures.append(&mut finder.failures);
    let all = finder.into_all();
    // What another file includes is a part of that one.
    let included = parts(named.iter().map(|one| &one.loaded));
    let mut bound: Vec<(usize, &mut FileResult)> = results.iter_mut().map(|(of, result, _)| (*of, result)).collect();
    let found = deployed::check(&named, &all, &store, &mut bound);
    for (i, (settings, result)) in all.iter().zip(found).enumerate() {
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        let own = named.iter().filter(|one| one.settings == i && !included.contains(&one.loaded.file));
        let own: Vec<Loaded> = own.map(|one| one.loaded.clone()).collect();
        if !own.is_empty() {
            results.push((i, result, engine.resolve_deployed(&own, &store)));
        }
    }
    out.deployed = store.files();
    for (_, result, chains) in results {
        let of_form = |finding: &Diagnostic| finding.chain.is_none() && finding.severity == Severity::Error;
        let (problems, findings) = result.findings.into_iter().partition(of_form);
        out.problems.extend::<Vec<Diagnostic>>(problems);
        out.chains.push((chains, findings));
    }
    out
}
