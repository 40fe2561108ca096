//! Generated Terraform and `CloudFormation` for the services of AWS and Google: the parser of Terraform's makers and
//! cfn-lint take it, the schemas of the providers know every attribute, and the values are the chain's.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::generate::Options;
use hoplint::resolve::{Resolved, ResolvedHop};
use real::{FORMS, Folder, HOSTILE, fixtures, judged, made, program, renamed, resolve, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One setting in a file: where it stands and whose it is.
struct Place {
    target: &'static str,
    /// The end of the kind of resource.
    resource: &'static str,
    /// Blocks, then the attribute.
    path: &'static [&'static str],
    timer: &'static str,
    /// Nanoseconds.
    unit: u64,
}

const SECOND: u64 = 1_000_000_000;

const fn place(
    target: &'static str,
    resource: &'static str,
    path: &'static [&'static str],
    timer: &'static str,
    unit: u64,
) -> Place {
    Place { target, resource, path, timer, unit }
}

const TERRAFORM: [Place; 10] = [
    place("apigateway-rest-terraform", "_integration", &["timeout_milliseconds"], "integration", SECOND / 1000),
    place("apigateway-http-terraform", "_integration", &["timeout_milliseconds"], "integration", SECOND / 1000),
    place("cloudfront-terraform", "_distribution", &["origin", "connection_timeout"], "origin-connect", SECOND),
    place(
        "cloudfront-terraform",
        "_distribution",
        &["origin", "response_completion_timeout"],
        "response-completion",
        SECOND,
    ),
    place(
        "cloudfront-terraform",
        "_distribution",
        &["origin", "custom_origin_config", "origin_read_timeout"],
        "origin-read",
        SECOND,
    ),
    place(
        "cloudfront-terraform",
        "_distribution",
        &["origin", "custom_origin_config", "origin_keepalive_timeout"],
        "origin-keepalive",
        SECOND,
    ),
    place("lambda-terraform", "_function", &["timeout"], "function", SECOND),
    place("gcp-backend-service", "_backend_service", &["timeout_sec"], "backend-service", SECOND),
    place("gcp-backend-service", "_backend_service", &["connection_draining_timeout_sec"], "drain", SECOND),
    place("gcp-backend-service", "_https_proxy", &["http_keep_alive_timeout_sec"], "client-keepalive", SECOND),
];

const CLOUDFORMATION: [Place; 7] = [
    place(
        "apigateway-rest-cloudformation",
        "::Method",
        &["Integration", "TimeoutInMillis"],
        "integration",
        SECOND / 1000,
    ),
    place("apigateway-http-cloudformation", "::Integration", &["TimeoutInMillis"], "integration", SECOND / 1000),
    place(
        "cloudfront-cloudformation",
        "::Distribution",
        &["DistributionConfig", "Origins", "ConnectionTimeout"],
        "origin-connect",
        SECOND,
    ),
    place(
        "cloudfront-cloudformation",
        "::Distribution",
        &["DistributionConfig", "Origins", "ResponseCompletionTimeout"],
        "response-completion",
        SECOND,
    ),
    place(
        "cloudfront-cloudformation",
        "::Distribution",
        &["DistributionConfig", "Origins", "CustomOriginConfig", "OriginReadTimeout"],
        "origin-read",
        SECOND,
    ),
    place(
        "cloudfront-cloudformation",
        "::Distribution",
        &["DistributionConfig", "Origins", "CustomOriginConfig", "OriginKeepaliveTimeout"],
        "origin-keepalive",
        SECOND,
    ),
    place("lambda-cloudformation", "::Function", &["Timeout"], "function", SECOND),
];

/// The number that a file must hold: what the chain states, or the default where all is written.
fn expected(hop: &ResolvedHop, place: &Place, explicit: bool) -> Value {
    let index = hop.platform.timers.iter().position(|t| t.id == place.timer).unwrap();
    let values: Vec<_> = hop.cases.iter().filter_map(|case| case.timer_value(index)).collect();
    let stated = values.iter().find(|v| v.provenance.is_written());
    let same = values.windows(2).all(|pair| pair[0].setting == pair[1].setting);
    let setting = match stated.or(values.first().filter(|_| explicit && same)) {
        Some(value) => value.setting,
        None => None,
    };
    // A classic balancer of Google has its own time, which nobody can write.
    let fixed = hop.spec.with.iter().any(|(_, v)| v.value == "classic") && place.timer == "client-keepalive";
    match setting.filter(|_| !fixed) {
        Some(Setting::At(at)) => json!(at.as_nanos() / place.unit),
        _ => Value::Null,
    }
}

/// What stands at a path; lists of blocks hold one.
fn at<'v>(block: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().fold(block, |block, key| {
        let block = if block.is_array() { &block[0] } else { block };
        &block[*key]
    })
}

/// The resources of a Terraform file, with their kinds.
fn resources(file: &Value) -> Vec<(String, &Value)> {
    let kinds = file["resource"].as_object().into_iter().flatten();
    kinds.flat_map(|(kind, named)| named.as_object().unwrap().values().map(|list| (kind.clone(), &list[0]))).collect()
}

struct Terraform {
    node: PathBuf,
    parser: PathBuf,
}

impl Terraform {
    fn find(what: &str) -> Option<Terraform> {
        let node = program("HOPLINT_NODE", "", "node");
        let parser = program("HOPLINT_HCL2JSON", "npm/node_modules/@cdktf/hcl2json", "");
        if node.is_none() || parser.is_none() {
            skip(what, "node with @cdktf/hcl2json (.cache/npm)");
        }
        node.zip(parser).map(|(node, parser)| Terraform { node, parser })
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(name));
        command
    }

    fn parse(&self, texts: &[String]) -> Vec<Value> {
        let folder = Folder::new("hcl");
        let paths = texts.iter().enumerate().map(|(n, text)| folder.write(&format!("{n}.tf"), text));
        let out = self.script("hcl_to_json.js").arg(&self.parser).args(paths).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

/// Every fixture of a target in every form, and the first with hostile names.
fn cases(target: &str, forms: &[Options], every: usize) -> Vec<(String, Resolved, Options)> {
    let mut cases = Vec::new();
    for (name, text) in fixtures(target) {
        let chain = resolve(&text);
        cases.extend(forms.iter().map(|form| (name.clone(), renamed(&chain, chain.hops[0].name()), *form)));
    }
    let (name, text) = &fixtures(target)[0];
    for hostile in HOSTILE.iter().step_by(every) {
        cases.push((format!("{name} as {hostile:?}"), renamed(&resolve(text), hostile), forms[forms.len() - 1]));
    }
    cases
}

fn targets(places: &[Place]) -> Vec<&'static str> {
    let mut targets: Vec<_> = places.iter().map(|place| place.target).collect();
    targets.dedup();
    targets
}

fn text_of(chain: &Resolved, target: &str, options: Options) -> String {
    made(chain, target, options).1.files[0].text.clone()
}

#[test]
fn terraform_gives_back_the_values() {
    let Some(terraform) = Terraform::find("Terraform: parsing generated files") else { return };
    for target in targets(&TERRAFORM) {
        let cases = cases(target, &FORMS, 1);
        let texts: Vec<_> = cases.iter().map(|(_, chain, options)| text_of(chain, target, *options)).collect();
        for ((name, chain, options), file) in cases.iter().zip(terraform.parse(&texts)) {
            for place in TERRAFORM.iter().filter(|place| place.target == target) {
                let attribute = place.path[place.path.len() - 1];
                let read = if options.full {
                    let resources = resources(&file);
                    let (_, block) = resources.iter().find(|(kind, _)| kind.ends_with(place.resource)).unwrap();
                    at(block, place.path).clone()
                } else {
                    let locals = file["locals"][0].as_object().unwrap();
                    let own = locals.values().next().unwrap().as_object().unwrap();
                    assert!(locals.len() == 1 && own.contains_key(attribute), "{target}, {name}: {attribute}");
                    own[attribute].clone()
                };
                let wanted = expected(&chain.hops[0], place, options.explicit);
                assert_eq!(read, wanted, "{target}, {name}: {attribute}, {options:?}");
            }
        }
    }
}

#[test]
fn the_schemas_of_the_providers_know_every_attribute() {
    let what = "Terraform: the providers' schemas";
    let Some(terraform) = Terraform::find(what) else { return };
    let bindings = program("HOPLINT_TERRAFORM_BINDINGS", "terraform", "");
    let typescript = program("HOPLINT_TYPESCRIPT", "npm/node_modules/typescript", "");
    let Some((bindings, typescript)) = bindings.zip(typescript) else {
        return skip(what, "bindings of Terraform's providers (.cache/terraform)");
    };
    let compare = |found: &[(String, Value)]| {
        let folder = Folder::new("terraform-types");
        let list = folder.write("resources.json", &json!(found).to_string());
        let mut command = terraform.script("terraform_types.js");
        let out = command.arg(&typescript).arg(&bindings).arg(list).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    for target in targets(&TERRAFORM).into_iter().chain(["alb-terraform"]) {
        let cases = cases(target, &FORMS[2..], 24);
        let texts: Vec<_> = cases.iter().map(|(_, chain, options)| text_of(chain, target, *options)).collect();
        let files = terraform.parse(&texts);
        let found: Vec<(String, Value)> =
            files.iter().flat_map(resources).map(|(kind, block)| (kind, block.clone())).collect();
        assert!(found.len() >= cases.len(), "{target}");
        assert_eq!(compare(&found), "", "{target}");
    }
    let wrong = json!({"load_balancer_type": "application", "subnets": "${var.a}", "idle_timeout": "60", "idle": 1});
    let said = compare(&[("aws_lb".to_owned(), wrong)]);
    assert_eq!(said, "aws_lb.idle_timeout: number, not \"60\"\naws_lb: no attribute idle");
}

#[test]
fn cloudformation_is_taken_and_holds_the_values() {
    let Some(python) = program("HOPLINT_PYTHON", "venv/bin/python", "") else {
        return skip("CloudFormation: cfn-lint", "a Python with cfn-lint (.cache/venv)");
    };
    for target in targets(&CLOUDFORMATION) {
        // cfn-lint takes its time over each file; the language itself is what tests/breakout.rs looks at.
        let cases = cases(target, &FORMS[..2], 12);
        let texts: Vec<_> = cases.iter().map(|(_, chain, options)| text_of(chain, target, *options)).collect();
        let read = judged(&python, "cloudformation", &texts).unwrap_or_else(|why| panic!("{target}: {why}"));
        for ((name, chain, options), read) in cases.iter().zip(read) {
            for place in CLOUDFORMATION.iter().filter(|place| place.target == target) {
                let resources = read["Resources"].as_object().unwrap();
                let kind = |r: &&Value| r["Type"].as_str().unwrap().ends_with(place.resource);
                let block = resources.values().find(kind).unwrap();
                let wanted = expected(&chain.hops[0], place, options.explicit);
                assert_eq!(*at(&block["Properties"], place.path), wanted, "{target}, {name}: {}", place.timer);
            }
            assert!(read["Description"].as_str().unwrap().ends_with(chain.hops[0].name()), "{name}");
        }
        let wrong = texts[0].replacen("Description: ", "Descriptoin: ", 1);
        assert!(judged(&python, "cloudformation", &[wrong]).is_err(), "the check itself must be able to fail");
    }
}
