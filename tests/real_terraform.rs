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

fn text_of(chain: &Resolved, explicit: bool, full: bool) -> (&ResolvedHop, String) {
    let (hop, generated) = made(chain, "alb-terraform", Options { explicit, full });
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

/// The only map among the locals.
fn locals(file: &Value) -> &Value {
    let named = file["locals"][0].as_object().unwrap();
    assert_eq!(named.len(), 1);
    let map = named.values().next().unwrap();
    assert_eq!(map.as_object().unwrap().len(), 3);
    map
}

#[test]
fn the_parser_gives_back_the_values() {
    let Some(parser) = parser("Terraform: parsing generated files") else { return };
    let chains = fixtures("alb-terraform").into_iter().map(|(name, text)| (name, resolve(&text)));
    let chains: Vec<_> = chains.collect();
    let forms = [(true, true), (false, true), (true, false), (false, false)];
    let texts = chains.iter().flat_map(|(_, chain)| forms.map(|(explicit, full)| text_of(chain, explicit, full).1));
    let files = parsed(&parser, &texts.collect::<Vec<_>>()).unwrap();
    for ((name, chain), files) in chains.iter().zip(files.chunks(forms.len())) {
        let hop = &chain.hops[0];
        for (kind, attribute, timer) in [
            ("aws_lb", "idle_timeout", "idle"),
            ("aws_lb", "client_keep_alive", "client-keepalive"),
            ("aws_lb_target_group", "deregistration_delay", "deregistration-delay"),
        ] {
            for (file, (explicit, full)) in files.iter().zip(forms) {
                let read = if full { &resource(file, kind)[attribute] } else { &locals(file)[attribute] };
                let index = hop.platform.timers.iter().position(|t| t.id == timer).unwrap();
                let written = explicit || hop.cases[0].timer_value(index).unwrap().provenance.is_written();
                let expected = if written { Value::from(seconds(hop, timer)) } else { Value::Null };
                assert_eq!(*read, expected, "{name}: {attribute}, explicit {explicit}, full {full}");
            }
        }
    }
    assert!(parsed(&parser, &["a = = 1".to_owned()]).is_err(), "the check itself must be able to fail");
}

#[test]
fn no_name_leaves_its_place_in_terraform() {
    let Some(parser) = parser("Terraform: hostile names") else { return };
    let chain = resolve(&fixtures("alb-terraform")[0].1);
    let texts: Vec<String> = HOSTILE.iter().map(|name| text_of(&renamed(&chain, name), false, true).1).collect();
    let files = parsed(&parser, &texts).unwrap();
    for (name, file) in HOSTILE.iter().zip(&files) {
        let variables = file["variable"].as_object().unwrap();
        assert_eq!(variables.len(), 4, "{name:?}");
        let said: Vec<&str> = variables.values().map(|v| v[0]["description"].as_str().unwrap()).collect();
        // This parser gives a template back as `${` and the same characters as mere text as `$${`.
        let literal = name.replace("${", "$${").replace("%{", "%%{");
        assert!(said.iter().all(|text| text.ends_with(&literal)), "{name:?}: {said:?}");
        assert_eq!(resource(file, "aws_lb")["idle_timeout"], 160);
    }
}
