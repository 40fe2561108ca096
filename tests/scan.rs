//! A search of a folder finds what a plain look into every file finds, and opens few files for it.

use hoplint::import::reader::worth_opening;
use hoplint::import::{Match, READERS, best};
use hoplint::workspace::candidate::is_worth_reading;
use hoplint::workspace::walk::{self, Kind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            // Nobody searches what is hidden.
        } else if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    hoplint::workspace::shown(path, Path::new(ROOT))
}

/// Every file that any reader would open by its name, and that some reader is sure of.
fn plain(folder: &Path) -> BTreeSet<String> {
    let mut all = Vec::new();
    files(folder, &mut all);
    let known = |path: &PathBuf| {
        let name = shown(path);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        READERS.iter().any(|reader| reader.may_be(&name))
            && !walk::is_chain_file(&name)
            && best(&name, &text, Match::Yes).is_some()
    };
    all.iter().filter(|path| known(path)).map(|path| shown(path)).collect()
}

fn found(folder: &Path, threads: usize) -> BTreeSet<String> {
    let found = walk::find(&[folder.to_owned()], Path::new(ROOT), Some(threads));
    let candidates = found.inputs.iter().filter(|input| input.kind == Kind::Candidate);
    let known = candidates.filter(|input| is_worth_reading(&input.path, &input.shown));
    known.map(|input| input.shown.clone()).collect()
}

#[test]
fn a_search_finds_what_a_plain_look_into_every_file_finds() {
    for folder in ["fixtures", "examples", "platforms", "docs", "tests"] {
        let folder = Path::new(ROOT).join(folder);
        let expected = plain(&folder);
        for threads in [1, 4] {
            assert_eq!(found(&folder, threads), expected, "{} with {threads} threads", folder.display());
        }
    }
    assert!(found(&Path::new(ROOT).join("fixtures/import"), 1).len() > 80, "the fixtures are deployed files");
}

#[test]
fn what_is_never_configuration_is_not_opened() {
    let never =
        "package.json web/package-lock.json tsconfig.build.json src/nginx.rs haproxy.tsx docs/nginx.md nginx/a.png
        sites-available/logo.svg web/pnpm-lock.yaml Cargo.lock app.min.js LICENSE src/Deploy.go nginx-exporter.proto";
    for path in never.split_whitespace() {
        assert!(!worth_opening(path), "{path}");
    }
    let perhaps = "a.json a/b.yml Dockerfile Dockerfile.go Containerfile.py Procfile.rb gunicorn.conf.py gunicorn_config.py
        nginx.conf x.conf.j2 nginx/sites-available/chat haproxy.cfg Caddyfile main.tf a.template values.yaml traefik.toml
        web.Dockerfile .htaccess tsconfig.yaml";
    for path in perhaps.split_whitespace() {
        assert!(worth_opening(path), "{path}");
    }
}
