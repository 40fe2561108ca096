//! The deployed files of one run: each is read once, through [`Files`], and keeps one id however often it is named.

use super::reader::{best, sure};
use super::{Given, Import, IncludeError, Included, Includes, Match, Reader};
use crate::config::glob;
use crate::files::{FileError, Files, shown};
use crate::span::FileId;
use crate::syntax::MAX_PROBLEMS;
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ids of deployed files start here, above those of the files that a run was given.
const FIRST: u32 = 1 << 24;

/// More files than this are included by nothing that a person wrote.
pub const MOST_INCLUDES: usize = 2000;

/// Files that mark the root of a project: nothing outside of it is read for one inside.
const ROOT_MARKS: [&str; 2] = [".git", "hoplint.toml"];

/// One text of the run.
#[derive(Clone, Debug)]
pub struct DeployedFile {
    pub id: FileId,
    /// Absolute, without `.` and `..`.
    pub path: PathBuf,
    /// As reports name it.
    pub shown: String,
    pub text: Arc<str>,
}

/// Why a file gave no hops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    File(FileError),
    /// It lies outside of the project that names it.
    Outside {
        root: PathBuf,
    },
    /// No reader knows what it is.
    Unknown,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(error) => write!(f, "{error}"),
            Self::Outside { root } => write!(f, "it lies outside of the project {}", root.display()),
            Self::Unknown => write!(f, "it is no configuration that hoplint knows"),
        }
    }
}

impl std::error::Error for ReadError {}

/// A file, read.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub file: FileId,
    pub reader: &'static str,
    pub import: Arc<Import>,
    /// The files that it includes, in the order of reading.
    pub includes: Arc<[FileId]>,
}

/// Which files are a part of another one. Of those that include each other the first stands for all.
pub fn parts<'l>(loaded: impl Iterator<Item = &'l Loaded> + Clone) -> HashSet<FileId> {
    let mut by: HashMap<FileId, Vec<usize>> = HashMap::new();
    for (place, one) in loaded.clone().enumerate() {
        one.includes.iter().for_each(|part| by.entry(*part).or_default().push(place));
    }
    let all: Vec<&Loaded> = loaded.collect();
    let is_part = |(place, one): (usize, &&Loaded)| {
        let mut whole = by.get(&one.file).into_iter().flatten().filter(|at| all[**at].file != one.file);
        whole.any(|at| *at < place || !one.includes.contains(&all[*at].file)).then_some(one.file)
    };
    all.iter().enumerate().filter_map(is_part).collect()
}

pub struct Store<'f> {
    files: &'f dyn Files,
    working: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    files: Vec<DeployedFile>,
    by_path: HashMap<PathBuf, Result<usize, FileError>>,
    imports: HashMap<PathBuf, Result<Loaded, ReadError>>,
    roots: HashMap<PathBuf, PathBuf>,
    /// The closest marked folder at or above each one.
    marked: HashMap<PathBuf, Option<PathBuf>>,
}

impl<'f> Store<'f> {
    /// `working` is the folder that reports name files from.
    pub fn new(files: &'f dyn Files, working: &Path) -> Self {
        Self { files, working: working.to_owned(), inner: Mutex::new(Inner::default()) }
    }

    /// Reads a deployed file that `by` names, or that a person named where there is no `by`.
    pub fn import(&self, path: &Path, by: Option<&Path>) -> Result<Loaded, ReadError> {
        let path = self.absolute(path);
        let root = self.root_of(&by.map_or_else(|| path.clone(), |by| self.absolute(by)));
        if by.is_some() && !self.is_inside(&path, &root) {
            return Err(ReadError::Outside { root });
        }
        if let Some(known) = self.lock().imports.get(&path) {
            return known.clone();
        }
        let read = self.read_import(&path, &root);
        // Two threads may read one file; the first answer is everybody's.
        self.lock().imports.entry(path).or_insert(read).clone()
    }

    /// Reads a file of a run. One that was only found is left alone, and its text forgotten, where no reader is this sure
    /// of it.
    pub fn import_named(&self, path: &Path, least: Match) -> Result<Loaded, ReadError> {
        let path = self.absolute(path);
        if !self.lock().by_path.contains_key(&path) {
            let text = self.files.read(&path).map_err(ReadError::File)?;
            let shown = shown(&path, &self.working);
            let known = if least == Match::Yes { sure(&shown, &text) } else { best(&shown, &text, least) };
            if known.is_none() {
                return Err(ReadError::Unknown);
            }
            self.keep(&path, Ok(text)).map_err(ReadError::File)?;
        }
        self.import(&path, None)
    }

    /// Every file that was read, by id.
    pub fn files(&self) -> Vec<DeployedFile> {
        self.lock().files.clone()
    }

    /// Every import, in no order.
    pub fn imports(&self) -> Vec<Arc<Import>> {
        self.lock().imports.values().filter_map(|read| read.as_ref().ok()).map(|one| Arc::clone(&one.import)).collect()
    }

    /// The text of a file that was read.
    pub fn text(&self, id: FileId) -> Option<Arc<str>> {
        self.file(id).map(|file| file.text)
    }

    pub fn file(&self, id: FileId) -> Option<DeployedFile> {
        self.lock().files.get(place(id)?).cloned()
    }

    fn read_import(&self, path: &Path, root: &Path) -> Result<Loaded, ReadError> {
        let file = self.open(path).map_err(ReadError::File)?;
        let reader: &dyn Reader = best(&file.shown, &file.text, Match::Maybe).ok_or(ReadError::Unknown)?;
        let mut import = Import::default();
        let session = Session { store: self, root, read: Mutex::new(Vec::new()) };
        reader.read(&Given { file: file.id, path: &file.shown, text: &file.text }, &session, &mut import);
        import.show_first(MAX_PROBLEMS);
        let includes = session.read.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Loaded { file: file.id, reader: reader.name(), import: Arc::new(import), includes: includes.into() })
    }

    fn open(&self, path: &Path) -> Result<DeployedFile, FileError> {
        let inner = self.lock();
        if let Some(known) = inner.by_path.get(path).cloned() {
            return known.map(|i| inner.files[i].clone());
        }
        drop(inner);
        self.keep(path, self.files.read(path))
    }

    fn keep(&self, path: &Path, read: Result<Arc<str>, FileError>) -> Result<DeployedFile, FileError> {
        let mut inner = self.lock();
        if let Some(known) = inner.by_path.get(path).cloned() {
            return known.map(|i| inner.files[i].clone());
        }
        let opened = read.map(|text| {
            let i = inner.files.len();
            let id = FileId(FIRST.saturating_add(u32::try_from(i).unwrap_or(u32::MAX)));
            inner.files.push(DeployedFile { id, path: path.to_owned(), shown: shown(path, &self.working), text });
            i
        });
        inner.by_path.insert(path.to_owned(), opened.clone());
        opened.map(|i| inner.files[i].clone())
    }

    /// The closest folder above that is marked as the root of a project; else the working folder, or the file's own.
    fn root_of(&self, path: &Path) -> PathBuf {
        let folder = path.parent().unwrap_or(path).to_owned();
        if let Some(known) = self.lock().roots.get(&folder) {
            return known.clone();
        }
        let root = match self.marked_above(&folder) {
            Some(root) => root,
            None if folder.starts_with(&self.working) => self.working.clone(),
            None => folder.clone(),
        };
        self.lock().roots.entry(folder).or_insert(root).clone()
    }

    fn marked_above(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.lock().marked.get(folder) {
            return known.clone();
        }
        let marked = ROOT_MARKS.iter().any(|mark| self.files.exists(&folder.join(mark)));
        let found = if marked { Some(folder.to_owned()) } else { self.marked_above(folder.parent()?) };
        self.lock().marked.insert(folder.to_owned(), found.clone());
        found
    }

    /// Links count as what they lead to. What is not there lies where its path says.
    fn is_inside(&self, path: &Path, root: &Path) -> bool {
        let real = self.files.real(path).unwrap_or_else(|_| path.to_owned());
        let real_root = self.files.real(root).unwrap_or_else(|_| root.to_owned());
        path.starts_with(root) && real.starts_with(real_root)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.working.join(path))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A reader that panicked left whole entries behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(id: FileId) -> Option<usize> {
    id.0.checked_sub(FIRST).and_then(|i| usize::try_from(i).ok())
}

/// Whether a file is one of a store.
pub const fn is_deployed(id: FileId) -> bool {
    id.0 >= FIRST
}

/// Without `.` and `..`, as the text says it; links are looked at elsewhere.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The includes of one import.
struct Session<'s, 'f> {
    store: &'s Store<'f>,
    root: &'s Path,
    read: Mutex<Vec<FileId>>,
}

impl Session<'_, '_> {
    fn path(&self, from: FileId, path: &str) -> PathBuf {
        let folder = self.store.file(from).and_then(|file| file.path.parent().map(Path::to_owned));
        normal(&folder.unwrap_or_default().join(path))
    }

    fn checked(&self, path: PathBuf) -> Result<PathBuf, IncludeError> {
        if self.store.is_inside(&path, self.root) {
            return Ok(path);
        }
        Err(IncludeError::Outside { root: self.root.to_owned() })
    }
}

impl Includes for Session<'_, '_> {
    fn look_at(&self, from: FileId, path: &str) -> Result<Included, IncludeError> {
        let path = self.checked(self.path(from, path))?;
        let file = self.store.open(&path).map_err(IncludeError::File)?;
        Ok(Included { file: file.id, text: file.text })
    }

    fn read(&self, from: FileId, path: &str) -> Result<Included, IncludeError> {
        let Included { file, text } = self.look_at(from, path)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.contains(&file) {
            if read.len() >= MOST_INCLUDES {
                return Err(IncludeError::TooMany { limit: MOST_INCLUDES });
            }
            read.push(file);
        }
        Ok(Included { file, text })
    }

    fn glob(&self, from: FileId, pattern: &str) -> Result<Vec<String>, IncludeError> {
        // Only the last part of a pattern and one folder above it may hold marks: what include files use.
        let mut found = vec![String::new()];
        for part in pattern.split('/').filter(|p| *p != ".") {
            let mut next = Vec::new();
            for folder in found {
                let join = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                if !glob::is_pattern(part) {
                    next.push(if part.is_empty() && folder.is_empty() { "/".to_owned() } else { join(part) });
                    continue;
                }
                let at = self.checked(self.path(from, &folder))?;
                let names = self.store.files.names(&at).unwrap_or_default();
                next.extend(names.iter().filter(|name| glob::matches(part, name)).map(|name| join(name)));
                if next.len() > MOST_INCLUDES {
                    return Err(IncludeError::TooMany { limit: MOST_INCLUDES });
                }
            }
            found = next;
        }
        found.sort();
        if !glob::is_pattern(pattern) {
            found.retain(|path| self.store.files.exists(&self.path(from, path)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of a map; folders are what stands before a slash.
    struct Memory(Vec<(&'static str, &'static str)>);

    impl Files for Memory {
        fn read(&self, path: &Path) -> Result<Arc<str>, FileError> {
            let found = self.0.iter().find(|(known, _)| Path::new(known) == path);
            found.map(|(_, text)| Arc::from(*text)).ok_or(FileError::NotFound)
        }

        fn list(&self, _: &Path, _: &str) -> Result<Vec<PathBuf>, FileError> {
            Ok(Vec::new())
        }

        fn names(&self, folder: &Path) -> Result<Vec<String>, FileError> {
            let inside = |path: &str| {
                let rest = Path::new(path).strip_prefix(folder).ok()?;
                Some(rest.components().next()?.as_os_str().to_string_lossy().into_owned())
            };
            let mut names: Vec<String> = self.0.iter().filter_map(|(path, _)| inside(path)).collect();
            names.sort();
            names.dedup();
            Ok(names)
        }

        fn exists(&self, path: &Path) -> bool {
            self.0.iter().any(|(known, _)| Path::new(known).starts_with(path))
        }

        fn real(&self, path: &Path) -> Result<PathBuf, FileError> {
            match path.file_name() {
                Some(name) if name == "link.conf" => Ok(PathBuf::from("/etc/shadow")),
                _ => Ok(path.to_owned()),
            }
        }
    }

    fn memory() -> Memory {
        Memory(vec![
            ("/repo/.git/HEAD", ""),
            ("/repo/web/nginx.conf", "main"),
            ("/repo/web/conf.d/b.conf", "b"),
            ("/repo/web/conf.d/a.conf", "a"),
            ("/repo/web/conf.d/a.txt", ""),
            ("/repo/web/sites/x/site.conf", ""),
            ("/repo/web/link.conf", ""),
            ("/etc/passwd", "root"),
        ])
    }

    #[test]
    fn includes_stay_inside_the_project_and_patterns_are_sorted() {
        let files = memory();
        let store = Store::new(&files, Path::new("/repo"));
        let main = store.open(Path::new("/repo/web/nginx.conf")).unwrap();
        let session = Session { store: &store, root: Path::new("/repo"), read: Mutex::default() };
        assert_eq!(session.glob(main.id, "conf.d/*.conf").unwrap(), ["conf.d/a.conf", "conf.d/b.conf"]);
        assert_eq!(session.glob(main.id, "sites/*/*.conf").unwrap(), ["sites/x/site.conf"]);
        assert_eq!(session.glob(main.id, "none/*.conf").unwrap(), Vec::<String>::new());
        assert_eq!(&*session.read(main.id, "conf.d/a.conf").unwrap().text, "a");
        let outside = IncludeError::Outside { root: PathBuf::from("/repo") };
        assert_eq!(session.read(main.id, "../../etc/passwd").unwrap_err(), outside);
        assert_eq!(session.read(main.id, "/etc/passwd").unwrap_err(), outside);
        assert_eq!(session.read(main.id, "link.conf").unwrap_err(), outside);
        assert_eq!(session.read(main.id, "gone.conf").unwrap_err(), IncludeError::File(FileError::NotFound));
    }

    #[test]
    fn of_files_that_include_each_other_one_stands_for_all() {
        let loaded = |file: u32, includes: &[u32]| Loaded {
            file: FileId(file),
            reader: "nginx",
            import: Arc::default(),
            includes: includes.iter().map(|id| FileId(*id)).collect(),
        };
        for (files, expected) in [
            (vec![loaded(1, &[2]), loaded(2, &[])], vec![2]),
            (vec![loaded(2, &[]), loaded(1, &[2])], vec![2]),
            (vec![loaded(1, &[1])], vec![]),
            (vec![loaded(1, &[2, 1]), loaded(2, &[1, 2])], vec![2]),
            (vec![loaded(3, &[2, 1]), loaded(2, &[1, 3]), loaded(1, &[3, 2]), loaded(4, &[3, 2, 1])], vec![3, 2, 1]),
        ] {
            let expected: HashSet<FileId> = expected.into_iter().map(FileId).collect();
            assert_eq!(parts(files.iter()), expected, "{files:?}");
        }
    }

    #[test]
    fn a_chain_names_files_of_its_project_only() {
        let files = memory();
        let store = Store::new(&files, Path::new("/repo"));
        let chain = Path::new("/repo/web/chat.chain.yaml");
        let refused = store.import(Path::new("/etc/passwd"), Some(chain)).unwrap_err();
        assert_eq!(refused, ReadError::Outside { root: PathBuf::from("/repo") });
        let missing = store.import(Path::new("/repo/x.conf"), Some(chain)).unwrap_err();
        assert_eq!(missing, ReadError::File(FileError::NotFound));
    }
}
