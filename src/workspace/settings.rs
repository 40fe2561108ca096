//! Which settings hold for a file: the closest `hoplint.toml` above it, with the platform files that it names.

use super::overlay::{Overlay, Texts};
use super::{read, shown, templates, walk};
use crate::catalog::Platform;
use crate::catalog::decode as platform_file;
use crate::catalog::store::{self, Catalog};
use crate::config::{self, Config};
use crate::diag::{Applicability, Diagnostic, Severity};
use crate::engine::Source;
use crate::files::{FileError, Files};
use crate::fix;
use crate::rules;
use crate::span::{FileId, Located};
use crate::suppress;
use crate::syntax::decode::INVALID_VALUE;
use crate::syntax::{Format, Kind, parse};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const NAME: &str = "hoplint.toml";

/// Where settings come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The closest file above each chain file.
    #[default]
    Closest,
    /// One file for all.
    File(PathBuf),
    /// The built-in settings alone.
    BuiltIn,
}

/// Settings that hold for one or more files.
#[derive(Default)]
pub struct Settings {
    /// The `hoplint.toml` they come from.
    pub path: Option<PathBuf>,
    pub config: Config,
    pub catalog: Catalog,
    /// The id of the first of the settings' own files.
    pub first: FileId,
    /// The settings' own files, and what is wrong with them. Their ids follow each other from the first one.
    pub sources: Vec<Source>,
    pub findings: Vec<Diagnostic>,
    /// Every file that was read or looked for.
    pub read: Vec<PathBuf>,
    /// The text before its fixes, and what they did.
    pub before: Option<(Arc<str>, Vec<String>)>,
}

/// Finds settings, each file read once.
pub struct Finder {
    choice: Choice,
    working: PathBuf,
    by_folder: HashMap<PathBuf, Option<PathBuf>>,
    loaded: HashMap<Option<PathBuf>, usize>,
    all: Vec<Arc<Settings>>,
    next: u32,
    fix: Option<Applicability>,
    /// Unsaved texts of settings and platform files.
    texts: Texts,
    pub failures: Vec<(PathBuf, FileError)>,
}

impl Finder {
    /// `first` is the id of the first file that settings may take.
    pub fn new(choice: Choice, working: &Path, first: u32) -> Self {
        Self {
            choice,
            working: working.to_owned(),
            by_folder: HashMap::new(),
            loaded: HashMap::new(),
            all: Vec::new(),
            next: first,
            fix: None,
            texts: Texts::new(),
            failures: Vec::new(),
        }
    }

    /// Applies fixes up to this one to the settings' own files, in memory.
    #[must_use]
    pub fn fixing(self, allowed: Option<Applicability>) -> Self {
        Self { fix: allowed, ..self }
    }

    /// Reads these texts in the place of what the disk has.
    #[must_use]
    pub fn over(self, texts: Texts) -> Self {
        Self { texts, ..self }
    }

    /// The settings of a file, by their place in [`Finder::into_all`].
    pub fn of(&mut self, file: &Path) -> usize {
        let path = match &self.choice {
            Choice::BuiltIn => None,
            Choice::File(path) => Some(path.clone()),
            Choice::Closest => {
                let file = walk::absolute(file);
                file.parent().and_then(|folder| self.above(folder))
            }
        };
        if let Some(&known) = self.loaded.get(&path) {
            return known;
        }
        let settings = match &path {
            None => Settings::default(),
            Some(path) => match self.read(path) {
                Ok(loaded) => self.load(path, &loaded),
                Err(error) => {
                    self.failures.push((path.clone(), error));
                    Settings { read: vec![path.clone()], ..Settings::default() }
                }
            },
        };
        self.next += u32::try_from(settings.sources.len()).unwrap_or(u32::MAX);
        self.all.push(Arc::new(settings));
        self.loaded.insert(path, self.all.len() - 1);
        self.all.len() - 1
    }

    /// All settings in the order in which they were first asked for.
    pub fn into_all(self) -> Vec<Arc<Settings>> {
        self.all
    }

    pub fn get(&self, i: usize) -> Arc<Settings> {
        Arc::clone(&self.all[i])
    }

    /// The settings that were asked for so far.
    pub fn all(&self) -> &[Arc<Settings>] {
        &self.all
    }

    /// Where settings are or would be, were there any.
    pub fn looked_for(&self) -> Vec<PathBuf> {
        self.by_folder.keys().map(|folder| folder.join(NAME)).collect()
    }

    fn above(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.by_folder.get(folder) {
            return known.clone();
        }
        let here = folder.join(NAME);
        let found = if self.texts.contains_key(&here) || here.is_file() {
            Some(here)
        } else {
            folder.parent().and_then(|parent| self.above(parent))
        };
        self.by_folder.insert(folder.to_owned(), found.clone());
        found
    }

    fn read(&self, path: &Path) -> Result<read::Loaded, FileError> {
        match self.texts.get(&walk::absolute(path)) {
            Some(text) => Ok(read::Loaded { text: Arc::clone(text), problem: None }),
            None => read::load(path),
        }
    }

    fn load(&mut self, path: &Path, loaded: &read::Loaded) -> Settings {
        let file = FileId(self.next);
        // What was not read exactly is not written back.
        let allowed = self.fix.filter(|_| loaded.problem.is_none());
        let (text, titles) = fixed(file, &loaded.text, allowed);
        let before = (!titles.is_empty()).then(|| (Arc::clone(&loaded.text), titles));
        let (mut config, mut findings) = config::decode(file, &text, &rules::names());
        let source = Source { path: shown(path, &self.working), text };
        findings.extend(loaded.problem.map(|problem| problem.finding(file)));
        let absolute = walk::absolute(path);
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        config.moves = moves(&folder, &self.working);
        let mut settings = Settings {
            path: Some(path.to_owned()),
            config,
            catalog: Catalog::default(),
            first: file,
            sources: vec![source],
            findings,
            read: vec![path.to_owned()],
            before,
        };
        let files = Overlay { texts: &self.texts };
        let own = OwnPlatforms { folder: &folder, working: &self.working, first: file, files: &files };
        own.load(&mut settings);
        let ignores = &settings.config.ignores;
        let unexplained = ignores.iter().filter(|ignore| ignore.reason.is_none());
        let found = unexplained.map(|ignore| suppress::without_reason(ignore.at, "write it as `reason`"));
        settings.findings.extend(found.filter_map(|finding| at_level(finding, &settings.config)));
        settings
    }
}

impl Settings {
    /// The folder that paths in the settings are relative to.
    pub fn folder(&self) -> Option<PathBuf> {
        Some(walk::absolute(self.path.as_deref()?).parent()?.to_owned())
    }

    /// The folders with targets of one's own.
    pub fn templates(&self) -> Vec<templates::Folder> {
        let Some(folder) = self.folder() else { return Vec::new() };
        let named = self.config.templates.iter();
        named.map(|own| templates::Folder { path: folder.join(&own.value), named: Some(own.loc) }).collect()
    }

    /// Findings about `[[ignore]]` entries that silenced nothing, where all that they could silence was checked:
    /// `used` are those that did, `searched` the folders that were.
    pub fn unused_ignores(&self, used: &HashSet<usize>, searched: &[PathBuf]) -> Vec<Diagnostic> {
        let folder = self.path.as_deref().map(walk::absolute);
        let Some(folder) = folder.as_deref().and_then(Path::parent) else { return Vec::new() };
        if !searched.iter().any(|root| folder.starts_with(tidy(&walk::absolute(root)))) {
            return Vec::new();
        }
        let ignores = self.config.ignores.iter().enumerate();
        let idle = ignores.filter(|(i, ignore)| !used.contains(i) && self.config.is_on(&ignore.rule.value));
        let found = idle.map(|(_, ignore)| suppress::unused(&ignore.rule.value, ignore.rule.loc));
        found.filter_map(|finding| at_level(finding, &self.config)).collect()
    }
}

/// The text of settings after their fixes, and what was done.
fn fixed(file: FileId, text: &Arc<str>, allowed: Option<Applicability>) -> (Arc<str>, Vec<String>) {
    /// One fix may make room for the next, but not for ever.
    const ROUNDS: usize = 10;
    let (mut text, mut done) = (Arc::clone(text), Vec::new());
    let Some(allowed) = allowed else { return (text, done) };
    for _ in 0..ROUNDS {
        let (_, findings) = config::decode(file, &text, &rules::names());
        let fixes = fix::compatible(findings.iter().flat_map(|finding| finding.fixes.iter().take(1)), allowed);
        let Some(next) = fix::applied(file, &text, Format::Toml, &fixes) else { break };
        done.extend(fixes.iter().map(|fix| fix.title.clone()));
        text = next.into();
    }
    (text, done)
}

/// A path without `.` parts, as `/repo/.` has.
fn tidy(path: &Path) -> PathBuf {
    path.components().collect()
}

/// The level that the settings give a finding about themselves.
fn at_level(mut finding: Diagnostic, config: &Config) -> Option<Diagnostic> {
    match config.levels.get(finding.rule) {
        Some(None) => return None,
        Some(Some(level)) => finding.severity = *level,
        None => {}
    }
    Some(finding)
}

/// How a source's path, relative to the working folder or absolute, becomes one relative to the settings' folder.
fn moves(folder: &Path, working: &Path) -> Vec<(String, String)> {
    let slashed = |path: &Path| {
        let text = shown(path, Path::new(""));
        if text.is_empty() || text.ends_with('/') { text } else { format!("{text}/") }
    };
    let absolute = (slashed(folder), String::new());
    match (folder.strip_prefix(working), working.strip_prefix(folder)) {
        (Ok(below), _) => vec![absolute, (slashed(below), String::new())],
        (_, Ok(above)) => vec![absolute, (String::new(), slashed(above))],
        _ => vec![absolute],
    }
}

/// The platform files of a `hoplint.toml`.
struct OwnPlatforms<'a> {
    folder: &'a Path,
    working: &'a Path,
    first: FileId,
    files: &'a dyn Files,
}

impl OwnPlatforms<'_> {
    fn load(&self, settings: &mut Settings) {
        let mut texts: Vec<(FileId, Arc<str>)> = Vec::new();
        for folder in settings.config.platforms.clone() {
            let path = self.folder.join(&folder.value);
            settings.read.push(path.clone());
            let files = match self.files.list(&path, "toml") {
                Ok(files) => files,
                Err(error) => {
                    settings.findings.push(self.unreadable(&folder, &error));
                    continue;
                }
            };
            for file in files {
                match self.files.read(&file) {
                    Ok(text) => {
                        let id = FileId(self.first.0 + u32::try_from(settings.sources.len()).unwrap_or(u32::MAX));
                        texts.push((id, Arc::clone(&text)));
                        settings.sources.push(Source { path: shown(&file, self.working), text });
                        settings.read.push(file);
                    }
                    Err(error) => settings.findings.push(
                        self.unreadable(&folder, &error).note(format!("the file is {}", shown(&file, self.working))),
                    ),
                }
            }
        }
        settings.catalog = Catalog::with_own(own_platforms(&texts, &mut settings.findings));
    }

    fn unreadable(&self, folder: &Located<String>, error: &FileError) -> Diagnostic {
        let message = format!("the platforms in `{}` cannot be read: {error}", folder.value);
        Diagnostic::new(INVALID_VALUE, Severity::Error, message)
            .label(folder.loc, "")
            .help(format!("the folder is looked for in {}", self.folder.display()))
    }
}

/// The platforms of these files. One may build on another of them, or on the embedded one that it replaces.
fn own_platforms(texts: &[(FileId, Arc<str>)], findings: &mut Vec<Diagnostic>) -> Vec<Platform> {
    let by_id = |id: &str| texts.iter().find(|(_, text)| platform_id(text).as_deref() == Some(id)).map(|t| &*t.1);
    let mut platforms = Vec::new();
    for (file, text) in texts {
        let parent = platform_file::extends(text);
        // A file that replaces an embedded platform may build on the very one it hides.
        let own = parent.as_deref().filter(|id| platform_id(text).as_deref() != Some(id)).and_then(by_id);
        let base = own.or_else(|| parent.as_deref().and_then(store::embedded).map(|e| e.text));
        let (platform, problems) = platform_file::platform(*file, text, base);
        if problems.iter().all(|d| d.severity != Severity::Error) {
            platforms.extend(platform);
        }
        findings.extend(problems);
    }
    platforms
}

fn platform_id(text: &str) -> Option<String> {
    let parsed = parse(text, Format::Toml);
    match &parsed.root?.get("id")?.kind {
        Kind::Str(id) => Some(id.clone().into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_move_between_the_working_folder_and_the_settings() {
        let local = |folder: &str, path: &str| {
            let moves = moves(Path::new(folder), Path::new("/w/x"));
            Config { moves, ..Config::default() }.local(path).into_owned()
        };
        assert_eq!(local("/w/x", "a/b"), "a/b");
        assert_eq!(local("/w/x/a", "a/b"), "b");
        assert_eq!(local("/w", "a/b"), "x/a/b");
        assert_eq!(local("/w", "/w/y/b"), "y/b");
        assert_eq!(local("/other", "/other/b"), "b");
    }

    #[test]
    fn the_closest_settings_hold_and_are_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("hoplint.toml"), "order = \"outward\"").unwrap();
        std::fs::write(root.join("a/hoplint.toml"), "order = \"unordered\"").unwrap();
        let mut finder = Finder::new(Choice::Closest, root, 10);
        let ids: Vec<usize> =
            ["x.chain.yaml", "a/x.chain.yaml", "a/b/x.chain.yaml", "y"].map(|p| finder.of(&root.join(p))).into();
        assert_eq!(ids, [0, 1, 1, 0]);
        assert!(finder.looked_for().contains(&root.join("a/b/hoplint.toml")), "one that comes to be is settings, too");
        let all = finder.into_all();
        assert_eq!((all.len(), all[1].sources[0].path.as_str()), (2, "a/hoplint.toml"));
    }
}
