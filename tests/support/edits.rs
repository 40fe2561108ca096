//! The fixtures of the readers of deployed files, and every edit that a repair may make of them.
#![allow(dead_code)]

#[path = "folder.rs"]
mod folder;

use folder::sorted;
use hoplint::catalog::Setting;
use hoplint::catalog::store::Catalog;
use hoplint::diag::Edit;
use hoplint::duration::Dur;
use hoplint::files::FileError;
use hoplint::import::insertion::{self, Addition};
use hoplint::import::{Deployed, Given, Import, IncludeError, Included, Includes, READERS, Reader, units};
use hoplint::model::Declared;
use hoplint::resolve::one::find_timer;
use hoplint::span::{FileId, Loc, Span};
use hoplint::syntax::edit::{apply, line_ending};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file with its includes, held in memory.
#[derive(Clone)]
pub struct Fixture {
    pub reader: &'static dyn Reader,
    /// The path of the file that is read.
    pub main: String,
    /// Where includes are.
    pub root: PathBuf,
    /// What was read, the main file first: ids of files are places here.
    pub texts: Vec<(String, Arc<str>)>,
    follows: bool,
}

struct Reading<'f> {
    fixture: &'f Fixture,
    read: RefCell<Vec<(String, Arc<str>)>>,
}

impl Includes for Reading<'_> {
    fn read(&self, _: FileId, path: &str) -> Result<Included, IncludeError> {
        let missing = || IncludeError::File(FileError::NotFound);
        if !self.fixture.follows {
            return Err(missing());
        }
        let mut read = self.read.borrow_mut();
        let id = |i: usize| FileId(u32::try_from(i).unwrap());
        if let Some(i) = read.iter().position(|(known, _)| known == path) {
            return Ok(Included { file: id(i), text: read[i].1.clone() });
        }
        let held = self.fixture.texts.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone());
        let from_disk = || std::fs::read_to_string(self.fixture.root.join(path)).ok().map(Arc::from);
        let text: Arc<str> = held.or_else(from_disk).ok_or_else(missing)?;
        read.push((path.to_owned(), text.clone()));
        Ok(Included { file: id(read.len() - 1), text })
    }

    fn glob(&self, _: FileId, pattern: &str) -> Result<Vec<String>, IncludeError> {
        let (folder, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
        let (before, after) = name.split_once('*').unwrap_or((name, ""));
        let entries = std::fs::read_dir(self.fixture.root.join(folder)).ok().filter(|_| self.fixture.follows);
        let mut found: Vec<String> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with(before) && name.ends_with(after))
            .map(|name| if folder == "." { name } else { format!("{folder}/{name}") })
            .collect();
        found.sort();
        Ok(found)
    }
}

impl Fixture {
    /// Every fixture of every reader.
    pub fn all() -> Vec<Fixture> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import");
        let of = |reader: &'static dyn Reader| {
            let paths = sorted(&root.join(reader.name()));
            paths.into_iter().map(move |path| Fixture::open(reader, &path)).collect::<Vec<_>>()
        };
        READERS.iter().flat_map(|reader| of(*reader)).collect()
    }

    pub fn open(reader: &'static dyn Reader, path: &Path) -> Fixture {
        let follows = path.is_dir();
        let is_main = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == "main");
        let main = if follows { sorted(path).into_iter().find(is_main).unwrap() } else { path.to_owned() };
        let text: Arc<str> = std::fs::read_to_string(&main).unwrap().into();
        let name = main.file_name().unwrap().to_str().unwrap().to_owned();
        let root = main.parent().unwrap().to_owned();
        let mut fixture = Fixture { reader, main: name.clone(), root, texts: vec![(name, text)], follows };
        fixture.texts = fixture.read_all().1;
        fixture
    }

    /// For messages.
    pub fn name(&self) -> String {
        let folder = self.root.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import")).unwrap();
        format!("{}/{}", folder.display(), self.main)
    }

    pub fn read(&self) -> Import {
        self.read_all().0
    }

    fn read_all(&self) -> (Import, Vec<(String, Arc<str>)>) {
        let (path, text) = &self.texts[0];
        let reading = Reading { fixture: self, read: RefCell::new(vec![(path.clone(), text.clone())]) };
        let mut import = Import::default();
        self.reader.read(&Given { file: FileId(0), path, text }, &reading, &mut import);
        (import, reading.read.into_inner())
    }

    /// The same with every text changed.
    pub fn map(&self, change: impl Fn(&str) -> String) -> Fixture {
        let mut other = self.clone();
        for (_, text) in &mut other.texts {
            *text = change(text).into();
        }
        other
    }

    /// The same after edits as a repair makes them.
    pub fn edited(&self, edits: &[Edit]) -> Fixture {
        let mut other = self.clone();
        for (i, (_, text)) in other.texts.iter_mut().enumerate() {
            let here: Vec<Edit> = edits.iter().filter(|edit| edit.loc.file.0 as usize == i).cloned().collect();
            let edited = apply(text, &here);
            assert!(edited.skipped.is_empty(), "{}: {:?}", self.name(), edited.skipped);
            *text = edited.text.into();
        }
        other
    }
}

/// An edit of one fixture and what it is to bring about.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub edits: Vec<Edit>,
    pub to: Dur,
    /// The timer of each hop, by selector, as the catalogue names it.
    pub timers: Vec<(String, String)>,
    pub inserts: bool,
}

impl Wanted {
    pub fn name(&self) -> String {
        let timers: Vec<String> = self.timers.iter().map(|(hop, timer)| format!("{hop}: {timer}")).collect();
        format!("{} {} = {}", if self.inserts { "insert" } else { "set" }, timers.join(", "), self.to.to_source())
    }
}

/// Other values in the place of each that hops state.
pub fn replacements(catalog: &Catalog, import: &Import, values: &[Dur]) -> Vec<Wanted> {
    let mut places: BTreeMap<Loc, Vec<(String, String)>> = BTreeMap::new();
    let mut spelled = BTreeMap::new();
    for hop in &import.hops {
        for (timer, value) in &hop.hop.timers {
            let unit = hop.units.iter().find(|(at, _)| *at == value.loc);
            let (Some((_, unit)), Declared::Set(_)) = (unit, value.value) else { continue };
            places.entry(value.loc).or_default().push((hop.selector.clone(), timer.value.clone()));
            spelled.entry(value.loc).or_insert(*unit);
        }
    }
    let mut all = Vec::new();
    for (at, timers) in places {
        for to in values {
            let hop = |selector: &str| import.hops.iter().find(|hop| hop.selector == selector).unwrap();
            let possible = timers.iter().all(|(selector, timer)| can_be(catalog, hop(selector), timer, *to));
            let Some(text) = units::write(spelled[&at], *to).filter(|_| possible) else { continue };
            all.push(Wanted { edits: vec![Edit { loc: at, text }], to: *to, timers: timers.clone(), inserts: false });
        }
    }
    all
}

/// What a repair would insert, one timer at a time.
pub fn inserts(catalog: &Catalog, import: &Import, values: &[Dur]) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for hop in &import.hops {
        for timer in missing(catalog, hop) {
            for to in values.iter().filter(|to| can_be(catalog, hop, timer, **to)) {
                let Some(addition) = Addition::new(import, hop, timer, *to) else { continue };
                let edits = insertion::edits(vec![addition]).unwrap();
                let timer = (hop.selector.clone(), timer.to_owned());
                match all.iter_mut().find(|wanted| wanted.to == *to && wanted.edits == edits) {
                    Some(wanted) => wanted.timers.push(timer),
                    None => all.push(Wanted { edits, to: *to, timers: vec![timer], inserts: true }),
                }
            }
        }
    }
    all
}

/// All that a hop lacks at once, as one repair may.
pub fn all_missing(catalog: &Catalog, import: &Import, to: Dur) -> Vec<Wanted> {
    let mut all = Vec::new();
    for hop in &import.hops {
        let found = missing(catalog, hop).into_iter().filter(|timer| can_be(catalog, hop, timer, to));
        let (timers, additions): (Vec<_>, Vec<_>) =
            found.filter_map(|timer| Some((timer, Addition::new(import, hop, timer, to)?))).unzip();
        let Some(edits) = insertion::edits(additions).filter(|_| timers.len() > 1) else { continue };
        let timers = timers.into_iter().map(|timer| (hop.selector.clone(), timer.to_owned())).collect();
        all.push(Wanted { edits, to, timers, inserts: true });
    }
    all
}

/// The timers that a hop does not state and has a place for.
fn missing(catalog: &Catalog, hop: &Deployed) -> Vec<&'static str> {
    let platform = catalog.find(&hop.hop.platform.value).unwrap();
    let knob = |name: &str| find_timer(&platform, name).map(|timer| &timer.knob);
    let stated: Vec<_> = hop.hop.timers.iter().filter_map(|(name, _)| knob(&name.value)).collect();
    let mut found = Vec::new();
    for key in hop.inserts.iter().flat_map(|insert| insert.keys) {
        let timer = platform.timer(key.timer).unwrap_or_else(|| panic!("{}: {}", platform.id, key.timer));
        if !stated.contains(&&timer.knob) && !found.contains(&key.timer) {
            found.push(key.timer);
        }
    }
    found
}

/// Whether the platform's own steps allow a value: rules propose no other.
fn can_be(catalog: &Catalog, hop: &Deployed, timer: &str, to: Dur) -> bool {
    let platform = catalog.find(&hop.hop.platform.value).unwrap();
    let grid = find_timer(&platform, timer).and_then(|timer| timer.grid);
    grid.is_none_or(|grid| to.as_nanos().is_multiple_of(grid.as_nanos()))
}

/// What a hop has for a timer, however it names it.
pub fn value_of(catalog: &Catalog, hop: &Deployed, timer: &str) -> Option<Declared> {
    let platform = catalog.find(&hop.hop.platform.value)?;
    let id = |name: &str| find_timer(&platform, name).map(|timer| timer.id.clone());
    let wanted = id(timer)?;
    hop.hop.timers.iter().find(|(name, _)| id(&name.value).as_ref() == Some(&wanted)).map(|(_, value)| value.value)
}

pub const fn set(to: Dur) -> Declared {
    Declared::Set(Setting::At(to))
}

/// An edit as it is made: with the line breaks of its file.
pub fn made(fixture: &Fixture, edit: &Edit) -> Edit {
    let text = &fixture.texts[edit.loc.file.0 as usize].1;
    let text = edit.text.replace("\r\n", "\n").replace('\n', line_ending(text));
    Edit { loc: edit.loc, text }
}

/// Where a place of the old text is after edits; one that an edit takes the place of holds the new text.
pub fn moved(at: Loc, edits: &[Edit]) -> Loc {
    let shift = |position: u32, end: bool| {
        let mut moved = i64::from(position);
        for edit in edits.iter().filter(|edit| edit.loc.file == at.file) {
            let span = edit.loc.span;
            // What is inserted at the end of a place lies behind it, at its start before it.
            let before = span.end < position || span.end == position && !(end && span.is_empty());
            if before {
                moved += i64::try_from(edit.text.len()).unwrap() - i64::try_from(span.len()).unwrap();
            }
        }
        u32::try_from(moved).unwrap()
    };
    Loc::new(at.file, Span::new(shift(at.span.start, false), shift(at.span.end, true)))
}
