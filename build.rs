//! Embeds `platforms/*.toml`: an index of ids and aliases, the text of each file, and the platform itself in the packed
//! form of `src/catalog/packed.rs`, so that a run parses no TOML and reads only the platforms that a chain names. Embeds
//! the folders of `templates/` and the schemas too.
//!
//! The files are read by the program's own decoder, which is compiled into this script; a file that it cannot read
//! stops the build with every problem at its line.

// The script uses a part of the modules that it shares with the program; they are linted there.
#![allow(dead_code, unused_imports, unused_macros, clippy::struct_field_names)]

use catalog::packed::{Packed, Packer};
use catalog::view::Views;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Nothing is embedded in the script that embeds it.
macro_rules! embedded_platforms {
    () => {
        pub static EMBEDDED: &[Embedded] = &[];
    };
}

#[path = "src/catalog/mod.rs"]
mod catalog;
#[path = "src/diag.rs"]
mod diag;
#[path = "src/duration.rs"]
mod duration;
#[path = "src/span.rs"]
mod span;
#[path = "src/syntax/mod.rs"]
mod syntax;
#[path = "src/text.rs"]
mod text;

fn main() {
    templates();
    platforms();
    schemas();
}

/// Each folder of `templates/`: its manifest and its templates by name. A folder `_name` holds parts for the others.
fn templates() {
    println!("cargo:rerun-if-changed=templates");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::from("/// By id.\npub static EMBEDDED: &[Embedded] = &[\n");
    let mut shared = String::from(
        "/// Parts that several targets include, as `_folder/file`.\npub static SHARED: &[(&str, &str)] = &[\n",
    );
    for folder in sorted(&root.join("templates")) {
        if name(&folder).starts_with('_') {
            for file in sorted(&folder).iter().filter(|path| path.extension().is_some_and(|e| e == "j2")) {
                let (id, path) = (format!("{}/{}", name(&folder), name(file)), file.display().to_string());
                writeln!(shared, "    ({id:?}, include_str!({path:?})),").expect("writing to a string");
            }
            continue;
        }
        let manifest = folder.join("target.toml").display().to_string();
        let id = name(&folder);
        writeln!(code, "    Embedded {{ id: {id:?}, manifest: include_str!({manifest:?}), templates: &[")
            .expect("writing to a string");
        for file in sorted(&folder).iter().filter(|path| path.extension().is_some_and(|e| e == "j2")) {
            let path = file.display().to_string();
            writeln!(code, "        ({:?}, include_str!({path:?})),", name(file)).expect("writing to a string");
        }
        code.push_str("    ] },\n");
    }
    code.push_str("];\n");
    shared.push_str("];\n");
    fs::write(out.join("templates.rs"), code + &shared).expect("OUT_DIR is writable");
}

/// `schemas/hoplint-NAME.schema.json` by name.
fn schemas() {
    println!("cargo:rerun-if-changed=schemas");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::from("/// By name.\npub static SCHEMAS: &[(&str, &str)] = &[\n");
    for path in sorted(&root.join("schemas")) {
        let short = name(&path).strip_prefix("hoplint-").and_then(|n| n.strip_suffix(".schema.json"));
        if let Some(short) = short {
            let path = path.display().to_string();
            writeln!(code, "    ({short:?}, include_str!({path:?})),").expect("writing to a string");
        }
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("schemas.rs"), code).expect("OUT_DIR is writable");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|s| s.to_str()).expect("a file name is UTF-8")
}

/// Each platform in its packed form, and an index of them.
fn platforms() {
    for input in
        ["platforms", "src/catalog", "src/syntax", "src/diag.rs", "src/duration.rs", "src/span.rs", "src/text.rs"]
    {
        println!("cargo:rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let files = platform_files(&root.join("platforms"));
    let mut problems = String::new();
    let mut code = String::from("/// By id.\npub static EMBEDDED: &[Embedded] = &[\n");
    for (id, (path, text)) in &files {
        let extends = catalog::decode::extends(text);
        let parent = extends.as_ref().and_then(|parent| files.get(parent)).map(|(_, text)| text.as_str());
        let (platform, found) = catalog::decode::platform(span::FileId(0), text, parent);
        for problem in &found {
            let at = problem.primary().map_or(0, |loc| loc.span.start as usize);
            let line = text[..at].matches('\n').count() + 1;
            let help = problem.help.as_deref().unwrap_or_default();
            writeln!(problems, "{}:{line}: {} {help}", path.display(), problem.message).expect("writing to a string");
        }
        if let Some(platform) = platform {
            let (packed, texts) = (out.join(format!("{id}.packed")), out.join(format!("{id}.texts")));
            let mut packer = Packer::default();
            platform.pack(&mut packer);
            Views::of(&platform, &[]).pack(&mut packer);
            fs::write(&packed, packer.bytes).expect("OUT_DIR is writable");
            fs::write(&texts, packer.texts).expect("OUT_DIR is writable");
            let [path, packed, texts] = [path, &packed, &texts].map(|path| path.display().to_string());
            writeln!(
                code,
                "    Embedded {{ id: {id:?}, aliases: &{:?}, hosts: &{:?}, extends: {extends:?}, text: include_str!({path:?}), packed: Packet {{ bytes: include_bytes!({packed:?}), texts: include_str!({texts:?}) }} }},",
                platform.aliases, platform.hosts
            )
            .expect("writing to a string");
        }
    }
    assert!(problems.is_empty(), "platform files that cannot be read:\n{problems}");
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code).expect("OUT_DIR is writable");
}

/// Path and text by id, in the order in which the index is searched.
fn platform_files(folder: &Path) -> BTreeMap<String, (PathBuf, String)> {
    let entries = fs::read_dir(folder).expect("platforms/ is readable");
    let paths = entries.filter_map(|entry| entry.ok().map(|e| e.path()));
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let id = path.file_stem().and_then(|s| s.to_str()).expect("a platform file name is UTF-8").to_owned();
            let text = fs::read_to_string(&path).expect("a platform file is UTF-8");
            (id, (path, text))
        })
        .collect()
}
