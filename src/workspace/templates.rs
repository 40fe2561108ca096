//! The targets of a run: the built-in ones, and a user's own from folders with one folder for each target.
//!
//! A folder with a `target.toml` is a target, in place of a built-in one of the same name. A folder without one may
//! replace single templates of the built-in target that it is named after.

use super::{Disk, shown};
use crate::diag::{Diagnostic, Severity};
use crate::engine::Source;
use crate::files::{FileError, Files};
use crate::generate::target::{self, EMBEDDED, Target};
use crate::span::{FileId, Loc};
use crate::syntax::decode::INVALID_VALUE;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MANIFEST: &str = "target.toml";
const ENDING: &str = "j2";

/// A folder of targets, and where it was named.
#[derive(Clone, Debug)]
pub struct Folder {
    pub path: PathBuf,
    pub named: Option<Loc>,
}

/// What can be generated in a run.
#[derive(Default)]
pub struct Targets {
    /// By name.
    pub all: Vec<Target>,
    /// The manifests of the user's own, with ids that follow each other from the first given one.
    pub sources: Vec<Source>,
    pub findings: Vec<Diagnostic>,
    /// What was named on the command line and cannot be read.
    pub failures: Vec<(PathBuf, FileError)>,
    pub read: Vec<PathBuf>,
}

/// The built-in targets and those of the folders; a later folder wins over an earlier one.
pub fn load(folders: &[Folder], working: &Path, first: FileId) -> Targets {
    let mut out = Targets { all: target::all(), ..Targets::default() };
    for folder in folders {
        out.read.push(folder.path.clone());
        match below(&folder.path) {
            Ok(own) => own.iter().for_each(|own| one(own, working, first, &mut out)),
            Err(error) => match folder.named {
                Some(at) => out.findings.push(
                    Diagnostic::new(INVALID_VALUE, Severity::Error, format!("the templates cannot be read: {error}"))
                        .label(at, "")
                        .help(format!("the folder is looked for at {}", shown(&folder.path, working))),
                ),
                None => out.failures.push((folder.path.clone(), error)),
            },
        }
    }
    out.all.sort_by(|a, b| a.id.cmp(&b.id));
    out
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = std::fs::read_dir(folder).map_err(|e| super::read::error(&e))?;
    let mut folders: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}

fn one(folder: &Path, working: &Path, first: FileId, out: &mut Targets) {
    let Some(id) = folder.file_name().and_then(|name| name.to_str()) else { return };
    let Ok(paths) = Disk.list(folder, ENDING) else { return };
    let mut own: BTreeMap<String, (PathBuf, Arc<str>)> = BTreeMap::new();
    for path in paths {
        match Disk.read(&path) {
            Ok(text) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                own.insert(name, (path.clone(), text));
                out.read.push(path);
            }
            Err(error) => out.failures.push((path, error)),
        }
    }
    let embedded = EMBEDDED.iter().find(|target| target.id == id);
    let template = |name: &str| {
        let built_in = || embedded?.templates.iter().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned());
        own.get(name).map(|(_, text)| text.to_string()).or_else(built_in)
    };
    let path = folder.join(MANIFEST);
    let file = FileId(first.0 + u32::try_from(out.sources.len()).unwrap_or(u32::MAX));
    let (target, problems) = match (Disk.read(&path), embedded) {
        (Ok(text), _) => {
            let read = target::decode(file, id, &text, &template);
            out.sources.push(Source { path: shown(&path, working), text });
            out.read.push(path);
            read
        }
        (Err(FileError::NotFound), Some(embedded)) if !own.is_empty() => {
            target::decode(file, id, embedded.manifest, &template)
        }
        // A folder for something else.
        (Err(FileError::NotFound), _) if own.is_empty() => return,
        (Err(error), _) => {
            out.failures.push((path, error));
            return;
        }
    };
    out.findings.extend(problems);
    if let Some(mut target) = target {
        for file in &mut target.files {
            if let Some((path, _)) = own.get(&file.template) {
                file.origin = shown(path, working);
            }
        }
        out.all.retain(|other| other.id != target.id);
        out.all.push(target);
    }
}
