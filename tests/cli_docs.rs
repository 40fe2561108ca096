//! What is made from the arguments is checked in and fresh. `HOPLINT_BLESS=1 cargo test --test cli_docs` rewrites it.

use clap_complete::Shell;
use hoplint::cli::{reference, shells};
use std::fs;
use std::path::Path;

#[test]
fn the_reference_is_fresh() {
    fresh(Path::new("docs/cli.md"), reference::markdown().as_bytes());
}

#[test]
fn the_manual_pages_are_fresh() {
    let pages = shells::pages();
    for (name, page) in &pages {
        fresh(&Path::new("docs/man").join(format!("{name}.1")), page);
    }
    only("docs/man", |file| pages.iter().any(|(name, _)| format!("{name}.1") == file));
}

#[test]
fn the_completions_are_fresh() {
    let files = [
        (Shell::Bash, "hoplint.bash"),
        (Shell::Zsh, "_hoplint"),
        (Shell::Fish, "hoplint.fish"),
        (Shell::PowerShell, "_hoplint.ps1"),
        (Shell::Elvish, "hoplint.elv"),
    ];
    for (shell, name) in files {
        fresh(&Path::new("docs/completions").join(name), &shells::completion(shell));
    }
    only("docs/completions", |file| files.iter().any(|(_, name)| *name == file));
}

fn fresh(path: &Path, wanted: &[u8]) {
    if fs::read(path).is_ok_and(|there| there == wanted) {
        return;
    }
    assert!(
        std::env::var_os("HOPLINT_BLESS").is_some(),
        "{} is stale: run HOPLINT_BLESS=1 cargo test --test cli_docs",
        path.display()
    );
    fs::create_dir_all(path.parent().expect("a folder")).expect("can be made");
    fs::write(path, wanted).expect("can be written");
}

fn only(folder: &str, known: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).expect("is there") {
        let name = entry.expect("readable").file_name().into_string().expect("UTF-8");
        assert!(known(&name), "{folder}/{name} belongs to nothing");
    }
}
