//! What the readers of deployed configuration make of a file.
//!
//! `fixtures/import/<reader>/` holds files as people deploy them; the settings, hops and problems of each are kept as a
//! snapshot. A folder in it is a file with its includes: the one named `main.*` is read.

#[path = "support/folder.rs"]
mod folder;

use folder::sorted;
use hoplint::diag::Diagnostic;
use hoplint::files::FileError;
use hoplint::import::{
    Deployed, Given, Import, IncludeError, Included, Includes, Match, READERS, Reader, best, reader::NoIncludes,
};
use hoplint::model::Declared;
use hoplint::span::{FileId, Loc};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The files of one fixture folder.
struct Folder {
    texts: RefCell<Vec<(String, std::sync::Arc<str>)>>,
    root: PathBuf,
}

impl Includes for Folder {
    fn read(&self, _: FileId, path: &str) -> Result<Included, IncludeError> {
        let mut texts = self.texts.borrow_mut();
        let id = |i: usize| FileId(u32::try_from(i).expect("few files"));
        if let Some(i) = texts.iter().position(|(known, _)| known == path) {
            return Ok(Included { file: id(i), text: texts[i].1.clone() });
        }
        let text = std::fs::read_to_string(self.root.join(path));
        let text: std::sync::Arc<str> = text.map_err(|_| IncludeError::File(FileError::NotFound))?.into();
        texts.push((path.to_owned(), text.clone()));
        Ok(Included { file: id(texts.len() - 1), text })
    }

    fn glob(&self, _: FileId, pattern: &str) -> Result<Vec<String>, IncludeError> {
        let (folder, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
        let (before, after) = name.split_once('*').unwrap_or((name, ""));
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else { return Ok(Vec::new()) };
        let mut found: Vec<String> = entries
            .filter_map(|e| e.ok()?.file_name().into_string().ok())
            .filter(|n| n.starts_with(before) && n.ends_with(after))
            .map(|n| if folder == "." { n } else { format!("{folder}/{n}") })
            .collect();
        found.sort();
        Ok(found)
    }
}

fn line(texts: &[(String, std::sync::Arc<str>)], at: Loc) -> String {
    let (path, text) = &texts[at.file.0 as usize];
    let line = text[..at.span.start as usize].matches('\n').count() + 1;
    let name = if at.file.0 == 0 { String::new() } else { format!("{path}:") };
    format!("{name}{line} `{}`", at.span.text(text).lines().next().unwrap_or_default())
}

fn told(import: &Import, texts: &[(String, std::sync::Arc<str>)]) -> String {
    let mut out = String::new();
    if import.template {
        out.push_str("a template\n");
    }
    for setting in &import.settings {
        assert_eq!(text_at(texts, setting.at).trim(), setting.value.trim(), "a setting points at its own text");
        let mark = if setting.plain { "" } else { " (not plain)" };
        let _ = writeln!(out, "setting {} = {}{mark}  [{}]", setting.option, line(texts, setting.at), setting.context);
    }
    for hop in &import.hops {
        tell_hop(hop, texts, &mut out);
    }
    for problem in &import.problems {
        tell_problem(problem, texts, &mut out);
    }
    out
}

fn text_at(texts: &[(String, std::sync::Arc<str>)], at: Loc) -> String {
    at.span.text(&texts[at.file.0 as usize].1).to_owned()
}

fn tell_hop(deployed: &Deployed, texts: &[(String, std::sync::Arc<str>)], out: &mut String) {
    let hop = &deployed.hop;
    let _ = writeln!(out, "hop {} = {}  at {}", deployed.selector, hop.platform.value, line(texts, hop.at));
    for also in &deployed.also {
        let _ = writeln!(out, "  also {also}");
    }
    for (timer, value) in &hop.timers {
        let shown = match value.value {
            Declared::Set(setting) => format!("{setting:?}"),
            other => format!("{other:?}"),
        };
        let _ = writeln!(out, "  {} {shown}  at {}", timer.value, line(texts, value.loc));
    }
    for (facet, value) in &hop.with {
        let _ = writeln!(out, "  with {}={}  at {}", facet.value, value.value, line(texts, value.loc));
    }
    if let Some(retries) = &hop.retries {
        let _ = writeln!(
            out,
            "  retries attempts={:?} on={:?} window={:?}",
            retries.attempts.as_ref().map(|a| a.value),
            retries.on.as_ref().map(|a| &a.value),
            retries.window.as_ref().map(|a| a.value)
        );
    }
    if let Some(endpoints) = &hop.endpoints {
        let _ = writeln!(out, "  endpoints {}", endpoints.value);
    }
    for unseen in &deployed.unseen {
        let _ = writeln!(out, "  unseen {:?}: {}  at {}", unseen.timer, unseen.why, line(texts, unseen.at));
    }
    for answer in &deployed.answers {
        let _ = writeln!(out, "  answers {answer}");
    }
    for call in &deployed.calls {
        let _ = writeln!(out, "  calls {}  at {}", call.to, line(texts, call.at));
    }
    for insert in &deployed.inserts {
        let keys: Vec<String> = insert.keys.iter().map(|k| format!("{}={}", k.timer, k.key)).collect();
        let (_, text) = &texts[insert.at.file.0 as usize];
        let row = text[..insert.at.span.start as usize].matches('\n').count() + 1;
        let example = format!("{}KEY{}VALUE{}", insert.before, insert.between, insert.after);
        let _ = writeln!(out, "  insert at line {row} {example:?}: {}", keys.join(" "));
    }
}

fn tell_problem(problem: &Diagnostic, texts: &[(String, std::sync::Arc<str>)], out: &mut String) {
    let at = problem.primary().map(|at| line(texts, at)).unwrap_or_default();
    let _ = writeln!(out, "{} {}: {}  at {at}", problem.severity.name(), problem.rule, problem.message);
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "  help: {help}");
    }
}

fn read(reader: &dyn Reader, path: &Path) -> String {
    let folder = path.is_dir();
    let main = if folder {
        let is_main = |p: &PathBuf| p.file_stem().is_some_and(|stem| stem == "main");
        sorted(path).into_iter().find(is_main).unwrap_or_else(|| panic!("{}: no main file", path.display()))
    } else {
        path.to_owned()
    };
    let text: std::sync::Arc<str> = std::fs::read_to_string(&main).expect("a readable fixture").into();
    let name = main.file_name().expect("a name").to_string_lossy().into_owned();
    let includes = Folder {
        texts: RefCell::new(vec![(name.clone(), text.clone())]),
        root: main.parent().expect("a folder").to_owned(),
    };
    let given = Given { file: FileId(0), path: &name, text: &text };
    let mut import = Import::default();
    if folder {
        reader.read(&given, &includes, &mut import);
    } else {
        reader.read(&given, &NoIncludes, &mut import);
    }
    let texts = includes.texts.borrow();
    told(&import, &texts)
}

#[test]
fn every_fixture_is_read_as_kept() {
    for reader in READERS {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/import")).join(reader.name());
        let fixtures = sorted(&folder);
        assert!(!fixtures.is_empty(), "{} has fixtures", reader.name());
        for path in fixtures {
            let stem = path.file_name().expect("a name").to_string_lossy().replace('.', "_");
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("import__{}__{stem}", reader.name()), read(*reader, &path));
            });
        }
    }
}

#[test]
fn every_fixture_is_known_by_its_reader_alone() {
    for reader in READERS {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/import")).join(reader.name());
        for path in sorted(&folder).into_iter().filter(|p| p.is_file()) {
            let text = std::fs::read_to_string(&path).expect("a readable fixture");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let found = best(&name, &text, Match::Maybe).map(Reader::name);
            assert_eq!(found, Some(reader.name()), "{}", path.display());
            assert!(reader.may_be(&name), "{}: found in a search of a repository", path.display());
        }
    }
}
