//! Generated files for an AWS load balancer, judged by cfn-lint, by the schemas of Kubernetes and by bash.
//!
//! None of them knows the ranges of the attributes, so those are refused before: tests/generate.rs.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::generate::Options;
use hoplint::resolve::{Resolved, ResolvedHop};
use real::{FORMS, HOSTILE, fixtures, judged, made, program, renamed, resolve, skip};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// Attribute and timer, by whose it is.
const BALANCER: [(&str, &str); 2] =
    [("idle_timeout.timeout_seconds", "idle"), ("client_keep_alive.seconds", "client-keepalive")];
const GROUP: [(&str, &str); 1] = [("deregistration_delay.timeout_seconds", "deregistration-delay")];

fn python(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_PYTHON", "venv/bin/python", "");
    if found.is_none() {
        skip(what, "a Python with cfn-lint and kubernetes-validate (.cache/venv)");
    }
    found
}

/// Every fixture of a target in every form, and the first with every so-manieth hostile name.
fn cases(target: &str, every: usize) -> Vec<(String, Resolved, Options)> {
    let mut cases = Vec::new();
    for (name, text) in fixtures(target) {
        let chain = resolve(&text);
        for options in FORMS {
            cases.push((name.clone(), renamed(&chain, chain.hops[0].name()), options));
        }
    }
    let (name, text) = &fixtures(target)[0];
    for hostile in HOSTILE.iter().step_by(every) {
        cases.push((format!("{name} as {hostile:?}"), renamed(&resolve(text), hostile), FORMS[2]));
    }
    cases
}

/// The attributes that a chain states, or all of them, in the service's own words.
fn expected(hop: &ResolvedHop, attributes: &[(&str, &str)], explicit: bool) -> BTreeMap<String, String> {
    let value = |timer: &str| {
        let index = hop.platform.timers.iter().position(|t| t.id == timer).unwrap();
        let value = hop.cases[0].timer_value(index).unwrap();
        let Some(Setting::At(at)) = value.setting else { panic!("{timer}") };
        (explicit || value.provenance.is_written()).then(|| (at.as_nanos() / 1_000_000_000).to_string())
    };
    attributes.iter().filter_map(|(name, timer)| Some(((*name).to_owned(), value(timer)?))).collect()
}

fn text_of(chain: &Resolved, target: &str, options: Options) -> String {
    made(chain, target, options).1.files[0].text.clone()
}

#[test]
fn cloudformation_is_taken_and_holds_the_values() {
    let Some(python) = python("CloudFormation: cfn-lint") else { return };
    // It takes its time over each file; the language itself is what tests/breakout.rs looks at.
    let cases = cases("alb-cloudformation", 6);
    let texts: Vec<_> =
        cases.iter().map(|(_, chain, options)| text_of(chain, "alb-cloudformation", *options)).collect();
    let read = judged(&python, "cloudformation", &texts).unwrap();
    for ((name, chain, options), read) in cases.iter().zip(read) {
        for (resource, key, attributes) in [
            ("LoadBalancer", "LoadBalancerAttributes", &BALANCER[..]),
            ("TargetGroup", "TargetGroupAttributes", &GROUP[..]),
        ] {
            let list = read["Resources"][resource]["Properties"][key].as_array().cloned().unwrap_or_default();
            // Values are texts there.
            let found = list.iter().map(|a| (a["Key"].as_str().unwrap().into(), a["Value"].as_str().unwrap().into()));
            assert_eq!(
                found.collect::<BTreeMap<_, _>>(),
                expected(&chain.hops[0], attributes, options.explicit),
                "{name}"
            );
        }
        let said = read["Description"].as_str().unwrap();
        assert!(said.ends_with(chain.hops[0].name()), "{name}: {said:?}");
    }
    let wrong = texts[0].replace("Subnets:", "Subnet:");
    assert!(judged(&python, "cloudformation", &[wrong]).is_err(), "the check itself must be able to fail");
}

#[test]
fn kubernetes_takes_it_and_annotations_are_texts() {
    let Some(python) = python("Kubernetes: its schemas") else { return };
    let cases = cases("alb-kubernetes", 1);
    let mut texts: Vec<_> =
        cases.iter().map(|(_, chain, options)| text_of(chain, "alb-kubernetes", *options)).collect();
    let nothing = resolve("version: 1\nhops: [{name: lb, platform: aws-alb}, {name: model, platform: openai}]\n");
    texts.push(text_of(&nothing, "alb-kubernetes", FORMS[0]));
    let read = judged(&python, "kubernetes", &texts).unwrap();
    for ((name, chain, options), read) in cases.iter().zip(&read) {
        for (annotation, attributes) in
            [("load-balancer-attributes", &BALANCER[..]), ("target-group-attributes", &GROUP)]
        {
            let text = &read["metadata"]["annotations"][format!("alb.ingress.kubernetes.io/{annotation}")];
            let pairs = text.as_str().unwrap_or_default().split(',').filter_map(|pair| pair.split_once('='));
            let found: BTreeMap<String, String> = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            assert_eq!(found, expected(&chain.hops[0], attributes, options.explicit), "{name}");
        }
        assert_eq!(read.get("spec").is_some(), options.full, "{name}");
    }
    // A patch with nothing in place of a map would delete the map.
    assert!(read.last().unwrap()["metadata"]["annotations"].as_object().unwrap().is_empty());
    let wrong = texts[0].replace(": \"idle_timeout.timeout_seconds=160,client_keep_alive.seconds=7200\"", ": 160");
    assert_ne!(wrong, texts[0]);
    assert!(judged(&python, "kubernetes", &[wrong]).is_err(), "the check itself must be able to fail");
}

#[test]
fn the_real_command_line_takes_its_arguments() {
    let Some(python) = program("HOPLINT_AWSCLI_PYTHON", "awscli/bin/python", "") else {
        return skip("the AWS command line", "a Python with awscli (.cache/awscli)");
    };
    // It checks the words and prints the form of the answer, without an account or a network.
    let checks = |text: &str| {
        let aws = "aws() { \"$PYTHON\" -m awscli \"$@\" --generate-cli-skeleton output >/dev/null; }\n";
        let out = Command::new("bash")
            .args(["-c", &format!("{aws}{text}")])
            .env("PYTHON", &python)
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("LOAD_BALANCER_ARN", "arn:lb")
            .env("TARGET_GROUP_ARN", "arn:tg")
            .output()
            .unwrap();
        (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let chain = resolve(&fixtures("alb-cli")[0].1);
    let text = text_of(&chain, "alb-cli", FORMS[1]);
    let (fine, said) = checks(&text);
    assert!(fine, "{said}");
    for (from, to) in [("Value=160", "Valeu=160"), ("--target-group-arn", "--target-groups-arn")] {
        assert!(!checks(&text.replacen(from, to, 1)).0, "the check itself must be able to fail: {to}");
    }
}

/// Runs in bash where `aws` is a stand-in that prints each of its words on a line of its own.
fn run(text: &str) -> (bool, Vec<String>) {
    let stand_in = "aws() { printf '%s\\n' \"$@\"; }\n";
    let out = Command::new("bash")
        .args(["-c", &format!("{stand_in}{text}")])
        .env("LOAD_BALANCER_ARN", "arn:lb 1")
        .env("TARGET_GROUP_ARN", "arn:tg 1")
        .output()
        .unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    (out.status.success(), said.lines().map(str::to_owned).collect())
}

#[test]
fn bash_calls_aws_with_the_values_and_nothing_else() {
    if program("", "", "bash").is_none() {
        return skip("the AWS command line: bash", "bash");
    }
    for (name, chain, options) in cases("alb-cli", 1) {
        let text = text_of(&chain, "alb-cli", options);
        let (fine, said) = run(&text);
        assert!(fine, "{name}\n{text}");
        let mut words = Vec::new();
        for (command, flag, arn, attributes) in [
            ("modify-load-balancer-attributes", "--load-balancer-arn", "arn:lb 1", &BALANCER[..]),
            ("modify-target-group-attributes", "--target-group-arn", "arn:tg 1", &GROUP[..]),
        ] {
            let expected: Vec<_> = attributes
                .iter()
                .flat_map(|one| expected(&chain.hops[0], &[*one], options.explicit))
                .map(|(key, value)| format!("Key={key},Value={value}"))
                .collect();
            if !expected.is_empty() {
                words.extend(["elbv2", command, flag, arn, "--attributes"].map(str::to_owned));
                words.extend(expected);
            }
        }
        assert_eq!(said, words, "{name}\n{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let unset = Command::new("bash").args(["-c", &lines]).env_clear().output().unwrap();
        assert_eq!(unset.status.code(), Some(2), "{name}: it says which variable is missing");
    }
}
