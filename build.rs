//! Embeds `platforms/*.toml`: an index of ids and aliases, the text of each file, and its tree in the packed form that
//! `src/catalog/packed.rs` reads, so that a run parses no TOML and reads only the platforms that a chain names. Embeds the folders of `templates/` and the
//! schemas too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    templates();
    platforms();
    schemas();
}

/// Each folder of `templates/`: its manifest and its templates by name.
fn templates() {
    println!("cargo:rerun-if-changed=templates");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::from("/// By id.\npub static EMBEDDED: &[Embedded] = &[\n");
    for folder in sorted(&root.join("templates")) {
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
    fs::write(out.join("templates.rs"), code).expect("OUT_DIR is writable");
}

/// `schemas/hoplint-NAME.schema.json` by name.
fn schemas() {
    println!("cargo:rerun-if-changed=schemas");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::from("/// By name.\nstatic SCHEMAS: &[(&str, &str)] = &[\n");
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

fn platforms() {
    println!("cargo:rerun-if-changed=platforms");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut code = String::from("/// By id.\npub static EMBEDDED: &[Embedded] = &[\n");
    for path in platform_files(&root.join("platforms")) {
        let text = fs::read_to_string(&path).expect("a platform file is UTF-8");
        let table: toml::Table = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let id = path.file_stem().and_then(|s| s.to_str()).expect("a platform file name is UTF-8");
        let packed = out.join(format!("{id}.packed"));
        let mut bytes = Vec::new();
        pack(&toml::Value::Table(table.clone()), &mut bytes);
        fs::write(&packed, bytes).expect("OUT_DIR is writable");
        entry(&mut code, id, &table, &path, &packed);
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code).expect("OUT_DIR is writable");
}

fn platform_files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("platforms/ is readable")
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    // By stem, as the index is searched: with endings, `kong.toml` would come after `kong-ai-proxy.toml`.
    paths.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    paths
}

fn entry(code: &mut String, id: &str, head: &toml::Table, text: &Path, packed: &Path) {
    let empty = Vec::new();
    let aliases = head.get("aliases").and_then(|a| a.as_array()).unwrap_or(&empty);
    let aliases: Vec<&str> = aliases.iter().filter_map(|a| a.as_str()).collect();
    let extends = head.get("extends").and_then(|e| e.as_str());
    let (text, packed) = (text.display().to_string(), packed.display().to_string());
    writeln!(
        code,
        "    Embedded {{ id: {id:?}, aliases: &{aliases:?}, extends: {extends:?}, text: include_str!({text:?}), packed: include_bytes!({packed:?}) }},"
    )
    .expect("writing to a string");
}

/// A tag byte, then a length as four bytes and that many bytes or items. Keys are strings without a tag.
fn pack(value: &toml::Value, out: &mut Vec<u8>) {
    match value {
        toml::Value::String(text) => tagged(b's', text, out),
        toml::Value::Integer(n) => tagged(b'i', &n.to_string(), out),
        toml::Value::Float(n) => tagged(b'n', &n.to_string(), out),
        toml::Value::Boolean(yes) => out.push(if *yes { b't' } else { b'f' }),
        toml::Value::Datetime(date) => tagged(b's', &date.to_string(), out),
        toml::Value::Array(items) => {
            out.push(b'a');
            length(items.len(), out);
            for item in items {
                pack(item, out);
            }
        }
        toml::Value::Table(table) => {
            out.push(b'm');
            length(table.len(), out);
            for (key, value) in table {
                string(key, out);
                pack(value, out);
            }
        }
    }
}

fn tagged(tag: u8, text: &str, out: &mut Vec<u8>) {
    out.push(tag);
    string(text, out);
}

fn string(text: &str, out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn length(n: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(n).expect("platform files are small").to_le_bytes());
}
