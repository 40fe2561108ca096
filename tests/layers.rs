//! The shape of the source: imports point down only, the core does no IO, files stay readable.

#[path = "support/folder.rs"]
mod folder;

use folder::sorted;
use std::path::{Path, PathBuf};

/// The module map: a file or folder of `src/` and its level. An import goes to a strictly lower one, or stays inside
/// the module. The tens are the levels of the map in the design; the units order the modules that share one.
const LEVELS: [(&str, u32); 25] = [
    ("span", 0),
    ("duration", 0),
    ("text", 0),
    ("diag", 10),
    ("files", 10),
    ("syntax", 20),
    ("catalog", 30),
    ("model", 31),
    ("config", 32),
    ("import", 40),
    ("resolve", 50),
    ("solve", 60),
    ("simulate", 61),
    ("rules", 70),
    ("fix", 71),
    ("suppress", 71),
    ("generate", 72),
    ("diagnose", 72),
    ("show", 72),
    ("engine", 80),
    ("baseline", 81),
    ("report", 90),
    ("workspace", 91),
    ("cli", 100),
    ("lsp", 101),
];

/// What only the shells may touch.
const CORE_ENDS: u32 = 90;
const FOR_SHELLS: [&str; 10] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "println!",
    "print!",
    "dbg!",
];

const MOST_LINES: usize = 600;

struct File {
    /// From `src/`, with `/`.
    path: String,
    /// The whole text.
    text: String,
    /// Its code outside tests, without comments.
    code: Vec<(usize, String)>,
}

impl File {
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn level(&self) -> Option<u32> {
        match self.module() {
            "lib" | "main" => Some(110),
            module => level_of(module),
        }
    }

    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs" || name.ends_with("_tests.rs") || self.path.contains("/tests/")
    }
}

fn level_of(module: &str) -> Option<u32> {
    LEVELS.iter().find(|(name, _)| *name == module).map(|(_, level)| *level)
}

fn files() -> Vec<File> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    rust_files(&src, &mut paths);
    assert!(paths.len() > 20, "the walk found only {} files", paths.len());
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).expect("a source file is text");
            let relative = path.strip_prefix(&src).expect("inside src").to_string_lossy().replace('\\', "/");
            let code = code(&text);
            File { path: relative, text, code }
        })
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The numbered lines of a file without comments and without `#[cfg(test)]` modules.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut kept = Vec::new();
    let (mut in_tests, mut after_cfg) = (false, false);
    for (i, line) in text.lines().enumerate() {
        if in_tests {
            in_tests = line != "}";
            continue;
        }
        if after_cfg && line.trim_start_matches("pub(super) ").starts_with("mod ") && line.ends_with('{') {
            (in_tests, after_cfg) = (true, false);
            continue;
        }
        after_cfg = line.trim() == "#[cfg(test)]";
        let bare = line.split("//").next().unwrap_or_default();
        if !bare.trim().is_empty() {
            kept.push((i + 1, bare.to_owned()));
        }
    }
    kept
}

/// The modules that a line names as `crate::module`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, found)| {
        let rest = &line[at + found.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_file_is_in_the_module_map() {
    let strays = files()
        .iter()
        .filter(|f| f.level().is_none())
        .map(|f| format!("src/{}: in no module", f.path))
        .collect::<Vec<_>>();
    report(&strays);
}

#[test]
fn imports_point_down() {
    let mut problems = Vec::new();
    for file in files() {
        let (module, level) = (file.module().to_owned(), file.level().unwrap_or(0));
        for (line, text) in &file.code {
            for other in named(text).filter(|other| *other != module && !file.is_test()) {
                let below = level_of(other).is_some_and(|other| other < level);
                // A macro at the crate's root has no level.
                let is_module = level_of(other).is_some() || other.chars().all(|c| c.is_lowercase() || c == '_');
                if is_module && !below {
                    problems.push(format!("src/{}:{line}: {module} may not use {other}", file.path));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn the_core_does_no_io() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|f| f.level().is_some_and(|level| level < CORE_ENDS)) {
        for (line, text) in &file.code {
            // `use std::{env, fs};` names them too.
            let grouped = text.split_once("std::{").map(|(_, list)| list.split(|c: char| !c.is_alphanumeric()));
            let grouped = grouped.into_iter().flatten().map(|name| format!("std::{name}"));
            let names = std::iter::once(text.clone()).chain(grouped);
            for name in names {
                for word in FOR_SHELLS.iter().filter(|word| name.contains(*word)) {
                    problems.push(format!("src/{}:{line}: the core may not use {word}", file.path));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn files_are_readable() {
    let mut problems = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            problems.push(format!("src/{}: {lines} lines are more than one idea (at most {MOST_LINES})", file.path));
        }
        // The doc comment of a rule's file is the text that users read; it stands on the rule.
        let is_rule = file.text.contains("\nrule! {");
        if !file.text.starts_with("//! ") && !is_rule {
            problems.push(format!("src/{}:1: says at its head what lives here: `//! ...`", file.path));
        }
        for (i, line) in file.text.lines().enumerate() {
            for word in ["TODO", "FIXME", "XXX"] {
                if line.split(|c: char| !c.is_alphanumeric()).any(|w| w == word) {
                    problems.push(format!("src/{}:{}: {word}", file.path, i + 1));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn nothing_panics_on_purpose() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|f| !f.is_test()) {
        for (line, text) in &file.code {
            for word in [".unwrap()", "panic!(", "todo!(", "unimplemented!("] {
                if text.contains(word) {
                    problems.push(format!("src/{}:{line}: {word} outside tests", file.path));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn the_checks_see_what_they_look_for() {
    let code = code(
        "use crate::rules::{self};\n// crate::engine\n#[cfg(test)]\nmod tests {\n    x.unwrap();\n}\nlet a = crate::text::nearest();\n",
    );
    let lines: Vec<usize> = code.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 3, 7]);
    assert_eq!(named(&code[0].1).collect::<Vec<_>>(), ["rules"]);
    assert_eq!(named(&code[2].1).collect::<Vec<_>>(), ["text"]);
}
