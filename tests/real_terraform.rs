//! Generated Terraform through the parser of its makers: it takes it and gives back the values of the chain.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::generate::Options;
use hoplint::resolve::{Resolved, ResolvedHop};
use real::{Folder, HOSTILE, fixtures, made, program, renamed, resolve, skip};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn parser(what: &str) -> Option<(PathBuf, PathBuf)> {
    let node = program("HOPLINT_NODE", "", "node");
    let package = program("HOPLINT_HCL2JSON", "npm/node_modules/@cdktf/hcl2json", "");
    if node.is_none() || package.is_none() {
        skip(what, "node with @cdktf/hcl2json (.cache/npm)");
    }
    node.zip(package)
}

fn parsed((node, package): &(PathBuf, PathBuf), texts: &[String]) -> Result<Vec<Value>, String> {
    let folder = Folder::new("hcl");
    let paths: Vec<_> = texts.iter().enumerate().map(|(n, text)| folder.write(&format!("{n}.tf"), text)).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/hcl_to_json.js");
    let out = Command::new(node).arg(script).arg(package).args(paths).output().unwrap();
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&out.stdout).unwrap())
}

fn text_of(chain: &Resolved, explicit: bool) -> (&ResolvedHop, String) {
    let (hop, generated) = made(chain, "alb-terraform", Options { explicit, full: false });
    (hop, generated.files[0].text.clone())
}

fn seconds(hop: &ResolvedHop, timer: &str) -> u64 {
    let index = hop.platform.timers.iter().position(|t| t.id == timer).unwrap();
    match hop.cases[0].timer_value(index).unwrap().setting {
        Some(Setting::At(at)) => at.as_nanos() / 1_000_000_000,
        other => panic!("{timer}: {other:?}"),
    }
}

/// The only resource of a kind.
fn resource<'v>(file: &'v Value, kind: &str) -> &'v Value {
    let named = file["resource"][kind].as_object().unwrap();
    assert_eq!(named.len(), 1);
    &named.values().next().unwrap()[0]
}

#[test]
fn the_parser_gives_back_the_values() {
    let Some(parser) = parser("Terraform: parsing generated files") else { return };
    for (name, text) in fixtures("alb-terraform") {
        let chain = resolve(&text);
        let (hop, explicit) = text_of(&chain, true);
        let (_, plain) = text_of(&chain, false);
        let files = parsed(&parser, &[explicit, plain]).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (kind, attribute, timer) in [
            ("aws_lb", "idle_timeout", "idle"),
            ("aws_lb", "client_keep_alive", "client-keepalive"),
            ("aws_lb_target_group", "deregistration_delay", "deregistration-delay"),
        ] {
            assert_eq!(resource(&files[0], kind)[attribute], seconds(hop, timer), "{name}: {attribute}");
        }
        assert_eq!(resource(&files[1], "aws_lb")["idle_timeout"], seconds(hop, "idle"));
        assert!(resource(&files[1], "aws_lb_target_group").get("deregistration_delay").is_none(), "only a comment");
    }
    assert!(parsed(&parser, &["a = = 1".to_owned()]).is_err(), "the check itself must be able to fail");
}

#[test]
fn no_name_leaves_its_place_in_terraform() {
    let Some(parser) = parser("Terraform: hostile names") else { return };
    let chain = resolve(&fixtures("alb-terraform")[0].1);
    let texts: Vec<String> = HOSTILE.iter().map(|name| text_of(&renamed(&chain, name), false).1).collect();
    let files = parsed(&parser, &texts).unwrap();
    for (name, file) in HOSTILE.iter().zip(&files) {
        let variables = file["variable"].as_object().unwrap();
        assert_eq!(variables.len(), 3, "{name:?}");
        let said: Vec<&str> = variables.values().map(|v| v[0]["description"].as_str().unwrap()).collect();
        // This parser gives a template back as `${` and the same characters as mere text as `$${`.
        let literal = name.replace("${", "$${").replace("%{", "%%{");
        assert!(said.iter().all(|text| text.ends_with(&literal)), "{name:?}: {said:?}");
        assert_eq!(resource(file, "aws_lb")["idle_timeout"], 160);
    }
}
