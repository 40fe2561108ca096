//! What a reader of one format is given, and what it gives.

use super::dockerfile::Dockerfile;
use super::gunicorn::Gunicorn;
use super::procfile::Procfile;
use super::{Deployed, READERS, Setting};
use crate::diag::Diagnostic;
use crate::files::FileError;
use crate::span::{FileId, Loc, Span};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One format of deployed configuration.
pub trait Reader: Sync {
    /// As users name it, and the folder of its fixtures: `nginx`, `kubernetes`.
    fn name(&self) -> &'static str;

    /// What it reads, for the list of formats: one line.
    fn summary(&self) -> &'static str;

    /// Whether a file of this path (always with `/`) is worth opening in a search of a repository. Looks at no text.
    fn may_be(&self, path: &str) -> bool;

    /// Whether this text is of the format. Cheap: markers and the first lines, no parse.
    fn knows(&self, path: &str, text: &str) -> Match;

    /// Reads one file. Never panics and always ends; what is wrong with the text goes to `out.problems`.
    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import);
}

/// How sure a reader is of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    No,
    /// Read when a person names the file, not in a search.
    Maybe,
    Yes,
}

/// One text to read.
#[derive(Clone, Copy, Debug)]
pub struct Given<'t> {
    pub file: FileId,
    /// As reports name it, with `/`.
    pub path: &'t str,
    pub text: &'t str,
}

impl Given<'_> {
    pub const fn loc(&self, span: Span) -> Loc {
        Loc::new(self.file, span)
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        file_name(self.path)
    }
}

/// Other files that a text includes. Paths are relative to the including file's folder.
pub trait Includes {
    /// The file at a path; each is read once, and a chain of includes that returns to itself is an error of its own.
    fn read(&self, from: FileId, path: &str) -> Result<Included, IncludeError>;

    /// The same for a file that is not a part of the text, and only looked at: another file of a Terraform module.
    fn look_at(&self, from: FileId, path: &str) -> Result<Included, IncludeError> {
        self.read(from, path)
    }

    /// The files that a pattern with `*` and `?` matches, sorted by name; empty where nothing does.
    fn glob(&self, from: FileId, pattern: &str) -> Result<Vec<String>, IncludeError>;
}

#[derive(Clone, Debug)]
pub struct Included {
    pub file: FileId,
    pub text: Arc<str>,
}

/// Why an include could not be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncludeError {
    /// It lies outside of the folder that hoplint may read.
    Outside {
        root: PathBuf,
    },
    /// More files than any configuration has.
    TooMany {
        limit: usize,
    },
    File(FileError),
}

impl std::fmt::Display for IncludeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outside { root } => write!(f, "it lies outside of {}", root.display()),
            Self::TooMany { limit } => write!(f, "more than {limit} files are included"),
            Self::File(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for IncludeError {}

/// No file but the given one.
pub struct NoIncludes;

impl Includes for NoIncludes {
    fn read(&self, _: FileId, _: &str) -> Result<Included, IncludeError> {
        Err(IncludeError::File(FileError::NotFound))
    }

    fn glob(&self, _: FileId, _: &str) -> Result<Vec<String>, IncludeError> {
        Ok(Vec::new())
    }
}

/// What one deployed file says, its includes taken in.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// What a hop can be bound to, in file order.
    pub hops: Vec<Deployed>,
    /// Every setting about time as it stands, whether or not a hop has it.
    pub settings: Vec<Setting>,
    pub problems: Vec<Diagnostic>,
    /// Comments, from the comment mark to the end of their text, for suppressions. Includes have theirs as well.
    pub comments: Vec<Loc>,
    /// Marks of a template language make the text something that no program reads as it stands.
    pub template: bool,
    /// How many problems the last one stands for.
    pub not_shown: usize,
}

impl Import {
    /// Shows the first problems only; the last one stands for the others.
    pub fn show_first(&mut self, most: usize) {
        if self.problems.len() <= most {
            return;
        }
        let mut beyond = self.problems.drain(most..);
        if let Some(first) = beyond.next() {
            let more = 1 + beyond.count();
            self.not_shown += more;
            self.problems.push(first.and_more(more));
        }
    }
}

/// The reader that is surest of a text, if it is at least this sure.
pub fn best(path: &str, text: &str, least: Match) -> Option<&'static dyn Reader> {
    let sure = |reader: &&&dyn Reader| reader.knows(path, text);
    let mut best: Option<(&'static dyn Reader, Match)> = None;
    for reader in READERS {
        let found = sure(&reader);
        if found >= least && found > best.map_or(Match::No, |(_, m)| m) {
            best = Some((*reader, found));
        }
        if found == Match::Yes {
            break;
        }
    }
    best.map(|(reader, _)| reader)
}

/// The reader of a file that a search came across: one that is sure of the text. What is YAML, JSON or TOML by its name
/// is shown to the readers of such files only.
pub fn sure(path: &str, text: &str) -> Option<&'static dyn Reader> {
    let data = matches!(ending(file_name(path)), Some("yaml" | "yml" | "json" | "toml"));
    let asked = READERS.iter().filter(|reader| !data || reader.may_be(path));
    asked.copied().find(|reader| reader.knows(path, text) == Match::Yes)
}

/// Whether a search opens a file of this path (always with `/`).
pub fn worth_opening(path: &str) -> bool {
    let name = file_name(path);
    match ending(name) {
        Some("yaml" | "yml") => !matches!(name, "pnpm-lock.yaml" | "mkdocs.yml"),
        Some("json") => !is_package_file(name),
        // Most files of a repository. `Dockerfile.go` and `gunicorn.conf.py` end like code.
        Some(ending) if is_no_configuration(ending) => {
            let beginning = name.starts_with(|c: char| c.is_ascii_uppercase());
            (beginning || ending == "py") && NAMED_LIKE_CODE.iter().any(|reader| reader.may_be(path))
        }
        _ => READERS.iter().any(|reader| reader.may_be(path)),
    }
}

const NAMED_LIKE_CODE: [&dyn Reader; 3] = [&Dockerfile, &Gunicorn, &Procfile];

/// What package managers and compilers write or read under one name.
fn is_package_file(name: &str) -> bool {
    matches!(name, "package.json" | "package-lock.json" | "npm-shrinkwrap.json" | "composer.json" | "jsconfig.json")
        || name.starts_with("tsconfig.")
}

/// Endings of code, prose, pictures, tables, archives and what compilers make.
#[rustfmt::skip]
fn is_no_configuration(ending: &str) -> bool {
    matches!(
        ending,
        "c" | "cc" | "cpp" | "cs" | "css" | "dart" | "ex" | "exs" | "go" | "graphql" | "h" | "hpp" | "html" | "ipynb"
            | "java" | "js" | "jsx" | "kt" | "less" | "lua" | "m" | "mjs" | "php" | "pl" | "proto" | "ps1" | "py" | "pyi"
            | "rb" | "rs" | "scala" | "scss" | "sh" | "sql" | "svelte" | "swift" | "ts" | "tsx" | "vue"
            | "csv" | "lock" | "log" | "map" | "md" | "mdx" | "rst" | "svg" | "tsv" | "xml"
            | "avif" | "eot" | "gif" | "ico" | "jpeg" | "jpg" | "mp3" | "mp4" | "otf" | "pdf" | "png" | "ttf" | "wav"
            | "webm" | "webp" | "woff" | "woff2"
            | "7z" | "a" | "bin" | "bz2" | "class" | "dll" | "dylib" | "exe" | "gz" | "jar" | "o" | "parquet" | "pyc"
            | "so" | "tar" | "tgz" | "wasm" | "xz" | "zip" | "zst"
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending)
}

/// Whether a name in lower case is one of program code or prose, which may well name a program and configures none.
pub fn is_code(name: &str) -> bool {
    const ENDINGS: [&str; 16] =
        ["c", "css", "go", "h", "html", "java", "js", "json", "lua", "md", "py", "rb", "rs", "rst", "sh", "ts"];
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

/// For files beside the disk: the folder of a path with `/`.
pub fn folder(path: &str) -> &Path {
    Path::new(path).parent().unwrap_or(Path::new(""))
}
