//! The program in a folder of its own, as a user runs it.
#![allow(dead_code)]

use std::fs;
use std::process::Command;
use tempfile::TempDir;

pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    folder
}

/// `hoplint` with these arguments, 100 columns wide and without colour.
pub fn hoplint(folder: &TempDir, arguments: &str) -> Said {
    hoplint_in(folder, "100", "never", arguments)
}

pub fn hoplint_in(folder: &TempDir, columns: &str, color: &str, arguments: &str) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder.path())
        .args(["--color", color])
        .args(arguments.split_whitespace())
        .env_clear()
        .env("COLUMNS", columns)
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
