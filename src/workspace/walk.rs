//! Which files a run checks: those named, and the chain files and deployed configuration of folders.

use super::shown;
use crate::files::FileError;
use crate::import::reader::worth_opening;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// One file to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub path: PathBuf,
    /// As reports name it.
    pub shown: String,
    pub kind: Kind,
}

/// What is known of a file before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chain file, by its name.
    Chain,
    /// A person named it: deployed configuration if some reader knows it, else a chain file.
    Named,
    /// Found in a folder, and named like deployed configuration: checked if its text is some.
    Candidate,
}

/// What the paths of a run stand for.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of their names, each once.
    pub inputs: Vec<Input>,
    /// Folders that were searched.
    pub folders: Vec<PathBuf>,
    /// Folders below them that have settings of their own.
    pub settings: Vec<PathBuf>,
    pub failures: Vec<(PathBuf, FileError)>,
}

/// Finds the files of a run. A named file is taken whatever it is called and whatever ignores it; folders are searched
/// for chain files and deployed configuration that no `.gitignore` excludes, on as many threads.
pub fn find(paths: &[PathBuf], working: &Path, threads: Option<usize>) -> Found {
    let mut found = Found::default();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => folder(path, working, threads, &mut found),
            Ok(_) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let kind = if is_chain_file(&name) { Kind::Chain } else { Kind::Named };
                found.inputs.push(Input { path: path.clone(), shown: shown(path, working), kind });
            }
            Err(error) => found.failures.push((path.clone(), super::read::error(&error))),
        }
    }
    // One path alone names no file twice.
    if paths.len() > 1 {
        let mut seen = HashSet::new();
        found.inputs.retain(|input| seen.insert(absolute(&input.path)));
    }
    found.inputs.sort_by(|a, b| a.shown.cmp(&b.shown));
    found
}

/// Whether a folder is searched for a file of this name.
pub fn is_chain_file(name: &str) -> bool {
    [".chain.yaml", ".chain.yml", ".chain.toml", ".chain.json"].iter().any(|ending| name.ends_with(ending))
}

/// What a search came across.
enum Entry {
    File(PathBuf, Kind),
    Settings(PathBuf),
    Unreadable(PathBuf, FileError),
}

fn folder(folder: &Path, working: &Path, threads: Option<usize>, found: &mut Found) {
    found.folders.push(folder.to_owned());
    // A .gitignore counts outside of a repository as well: build contexts and archives have no .git.
    let mut walk = ignore::WalkBuilder::new(folder);
    walk.require_git(false);
    let failed = found.failures.len();
    let mut keep = |entry| match entry {
        Entry::File(path, kind) => {
            let shown = shown(&path, working);
            found.inputs.push(Input { path, shown, kind });
        }
        Entry::Settings(folder) => found.settings.push(folder),
        Entry::Unreadable(path, why) => found.failures.push((path, why)),
    };
    if threads == Some(1) {
        walk.build().filter_map(|entry| look_at(folder, entry)).for_each(keep);
    } else {
        let (send, entries) = mpsc::channel();
        walk.threads(threads.unwrap_or(0)).build_parallel().run(|| {
            let send = send.clone();
            Box::new(move |entry| {
                let kept = look_at(folder, entry).is_none_or(|entry| send.send(entry).is_ok());
                if kept { ignore::WalkState::Continue } else { ignore::WalkState::Quit }
            })
        });
        drop(send);
        entries.into_iter().for_each(&mut keep);
    }
    // Threads come across them in any order.
    found.failures[failed..].sort_by(|(a, _), (b, _)| a.cmp(b));
    found.settings.sort();
}

fn look_at(folder: &Path, entry: Result<ignore::DirEntry, ignore::Error>) -> Option<Entry> {
    match entry {
        Ok(entry) => {
            if entry.file_name() == OsStr::new(super::settings::NAME) {
                return entry.path().parent().map(|folder| Entry::Settings(folder.to_owned()));
            }
            let kind = kind_of(&entry)?;
            let is_file = match entry.file_type() {
                Some(kind) if !kind.is_symlink() => kind.is_file(),
                _ => entry.path().is_file(),
            };
            is_file.then(|| Entry::File(entry.into_path(), kind))
        }
        Err(error) => {
            let (path, why) = unreadable(folder, error);
            Some(Entry::Unreadable(path, why))
        }
    }
}

/// What a file of a searched folder may be, by its path alone.
fn kind_of(entry: &ignore::DirEntry) -> Option<Kind> {
    if is_chain_file(&entry.file_name().to_string_lossy()) {
        return Some(Kind::Chain);
    }
    worth_opening(&entry.path().to_string_lossy()).then_some(Kind::Candidate)
}

/// Which path a search could not look at, and why.
fn unreadable(folder: &Path, error: ignore::Error) -> (PathBuf, FileError) {
    match error {
        ignore::Error::WithDepth { err, .. } => unreadable(folder, *err),
        ignore::Error::WithPath { path, err } => unreadable(&path, *err),
        ignore::Error::Io(error) => (folder.to_owned(), super::read::error(&error)),
        other => (folder.to_owned(), FileError::Other(other.to_string())),
    }
}

/// A path that means the same from every folder, without a look at the disk.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_unicode_is_searched_too() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.chain.yaml");
        std::fs::write(dir.path().join(name), "").unwrap();
        let found = find(&[dir.path().to_owned()], dir.path(), None);
        assert_eq!(found.inputs[0].path, dir.path().join(name));
        assert_eq!(found.inputs[0].shown, "caf\u{fffd}.chain.yaml");
    }

    #[test]
    fn folders_are_searched_for_chain_files_that_nothing_ignores() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("sub/build")).unwrap();
        for name in ["b.chain.yaml", "a.chain.toml", "sub/c.chain.json", "sub/build/d.chain.yml", "x.yaml"] {
            std::fs::write(root.join(name), "").unwrap();
        }
        std::fs::write(root.join(".gitignore"), "build/\n").unwrap();
        let found = find(&[root.to_owned(), root.join("x.yaml"), root.join("b.chain.yaml")], root, None);
        let names: Vec<_> = found.inputs.iter().map(|i| i.shown.as_str()).collect();
        assert_eq!(names, ["a.chain.toml", "b.chain.yaml", "sub/c.chain.json", "x.yaml"]);
        assert_eq!(found.folders, [root]);
        let named = find(&[root.join("sub/build/d.chain.yml"), root.join("none")], root, None);
        assert_eq!((named.inputs.len(), named.failures.len()), (1, 1));
    }
}
