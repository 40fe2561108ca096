//! Editors as people use them: the schemas in yaml-language-server and Taplo, and the extension for VS Code.
//! `scripts/test-vscode.sh` runs the extension in a real VS Code.

#![allow(clippy::unwrap_used)]

mod real;

use real::{Folder, program, skip};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a command prints; a panic with everything it said where it fails.
fn output(command: &mut Command) -> String {
    let ran = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{command:?}: {}\n{out}\n{err}", ran.status);
    out.into_owned()
}

/// Runs a script of `tests/editors` with a schema; none where something is not installed.
fn schema_in_editor(script: &str, schema: &str, needs: &[&str]) -> Option<String> {
    let node = program("", "", "node");
    let missing = needs.iter().find(|path| !root().join(".cache").join(path).exists());
    let (Some(node), None) = (node, missing) else {
        skip(script, missing.copied().unwrap_or("node"));
        return None;
    };
    let folder = Folder::new("schema");
    let schema = root().join("schemas").join(schema);
    Some(output(Command::new(node).arg(root().join("tests/editors").join(script)).arg(&folder.0).arg(schema)))
}

#[test]
fn the_schema_alone_marks_completes_and_explains_a_chain_file() {
    let needs = ["editors/node_modules/yaml-language-server", "editors/node_modules/vscode-jsonrpc"];
    schema_in_editor("yaml_schema.mjs", "hoplint-chain.schema.json", &needs);
}

#[test]
fn the_schema_alone_marks_completes_and_explains_the_settings() {
    let needs = ["taplo/bin/taplo", "editors/node_modules/@taplo/lsp", "editors/node_modules/vscode-jsonrpc"];
    schema_in_editor("toml_schema.mjs", "hoplint-config.schema.json", &needs);
}

/// The folder of the extension, where its packages are installed.
fn extension() -> Option<(PathBuf, PathBuf)> {
    let folder = root().join("editors/vscode");
    let Some(npm) = program("", "", "npm").filter(|_| folder.join("node_modules/.package-lock.json").exists()) else {
        skip("the extension for VS Code", "editors/vscode/node_modules");
        return None;
    };
    Some((npm, folder))
}

#[test]
fn the_extension_for_vs_code_compiles_passes_its_tests_and_is_packaged() {
    let Some((npm, folder)) = extension() else { return };
    let run = |script: &str| output(Command::new(&npm).args(["run", "--silent", script]).current_dir(&folder));
    run("check");
    assert!(run("test").contains("# fail 0"));
    let packaged = run("package");
    assert!(packaged.contains("hoplint-chain.schema.json") && packaged.contains("extension.js"), "{packaged}");
}

/// The first block of a language in a page, as a reader would copy it.
fn snippet(page: &str, language: &str) -> String {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let (_, rest) = text.split_once(&format!("\n```{language}\n")).unwrap_or_else(|| panic!("{page}: no {language}"));
    rest.split_once("\n```").unwrap().0.to_owned()
}

/// Runs an editor with the snippet of the documentation on a broken chain: the text after its quick fix.
fn repaired_in(editor: &str, language: &str, command: impl FnOnce(&mut Command)) -> Option<String> {
    let Some(found) = program("", "", editor) else {
        skip("the language server in an editor", editor);
        return None;
    };
    let folder = Folder::new(editor);
    let chain = folder.write("chat.chain.yaml", &broken());
    let snippet = folder.write(&format!("snippet.{language}"), &snippet("docs/editors.md", language));
    let hoplint = Path::new(env!("CARGO_BIN_EXE_hoplint")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(hoplint.to_owned()).chain(std::env::split_paths(&path))).unwrap();
    let mut run = Command::new(found);
    run.env("PATH", path).env("SNIPPET", snippet).env("CHAIN", &chain).env("HOME", &folder.0).current_dir(&folder.0);
    command(&mut run);
    output(&mut run);
    Some(std::fs::read_to_string(chain).unwrap())
}

fn broken() -> String {
    std::fs::read_to_string(root().join("examples/chat.chain.yaml")).unwrap()
}

#[test]
fn neovim_shows_the_findings_and_takes_a_quick_fix() {
    let script = root().join("tests/editors/neovim.lua");
    let after = repaired_in("nvim", "lua", |run| {
        run.args(["--headless", "-u", "NONE", "-c"]).arg(format!("luafile {}", script.display()));
    });
    if let Some(after) = after {
        assert_eq!(after, broken().replace("integration: 60s", "integration: 29s"));
    }
}

#[test]
fn emacs_shows_the_findings_and_takes_a_quick_fix() {
    let after = repaired_in("emacs", "elisp", |run| {
        run.args(["--batch", "--load"]).arg(root().join("tests/editors/emacs.el"));
    });
    if let Some(after) = after {
        assert_eq!(after, broken().replace("integration: 60s", "integration: 29s"));
    }
}
