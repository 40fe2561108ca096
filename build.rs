//! Embeds `platforms/*.toml` with an index of ids and aliases, so that a run parses only what a chain names.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=platforms");
    let mut paths: Vec<_> = fs::read_dir("platforms")
        .expect("platforms/ is readable")
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort_by_key(|path| path.file_stem().map(std::ffi::OsStr::to_owned));

    let mut code = String::from("/// By id.\npub static EMBEDDED: &[Embedded] = &[\n");
    for path in paths {
        let text = fs::read_to_string(&path).expect("a platform file is UTF-8");
        let head: toml::Table = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let id = path.file_stem().and_then(|s| s.to_str()).expect("a platform file name is UTF-8");
        let empty = Vec::new();
        let aliases: Vec<&str> = head
            .get("aliases")
            .and_then(|a| a.as_array())
            .unwrap_or(&empty)
            .iter()
            .filter_map(|a| a.as_str())
            .collect();
        let extends = head.get("extends").and_then(|e| e.as_str());
        let absolute = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join(&path);
        let path = absolute.to_str().expect("the path of the sources is UTF-8");
        writeln!(
            code,
            "    Embedded {{ id: {id:?}, aliases: &{aliases:?}, extends: {extends:?}, text: include_str!({path:?}) }},"
        )
        .expect("writing to a string");
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("embedded.rs"), code)
        .expect("OUT_DIR is writable");
}
