//! Generated files of the `LiteLLM` proxy, read by its own loader: the values are the chain's, and its router keeps
//! them.

#![allow(clippy::unwrap_used)]

mod real;
#[path = "real/python_stub.rs"]
mod stub;

use hoplint::catalog::Guard;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use real::{Folder, HOSTILE, made, program, renamed, resolve, skip};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use stub::{Stub, stub};

/// What the proxy makes of the generated file; `ports` of a model that answers and one to call.
fn loaded(what: &str, chain: &Resolved, ports: Option<(u16, u16)>) -> Option<Value> {
    loaded_as(what, chain, Options::default(), ports)
}

fn loaded_as(what: &str, chain: &Resolved, form: Options, ports: Option<(u16, u16)>) -> Option<Value> {
    let Some(python) = program("HOPLINT_LITELLM_PYTHON", "litellm/bin/python", "") else {
        skip(what, "a Python with litellm[proxy] (.cache/litellm)");
        return None;
    };
    let (_, generated) = made(chain, "litellm-proxy", form);
    let folder = Folder::new("litellm-proxy");
    folder.write("generated.yaml", &generated.files[0].text);
    let model = |name: &str, port: u16| json!({"model_name": name, "litellm_params": {"model": "openai/x", "api_key": "none", "api_base": format!("http://127.0.0.1:{port}/v1")}});
    let (answers, called) = ports.unwrap_or((9, 9));
    let models = json!({"include": ["generated.yaml"], "model_list": [model("warm", answers), model("m", called)]});
    folder.write("config.yaml", &models.to_string());
    let out = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/litellm_proxy.py"))
        .arg(&folder.0)
        .args(ports.map(|_| "call"))
        .env("NO_PROXY", "*")
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    Some(serde_json::from_str(said.trim_end().lines().last().unwrap()).unwrap())
}

fn chain(declared: &str) -> Resolved {
    resolve(&format!(
        "version: 1\nworkload: {{mode: buffered, total: 100ms}}\nhops:\n  - {{name: gateway, platform: litellm-proxy, {declared}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

#[test]
fn the_loader_gives_back_the_values_of_the_chain() {
    let both = chain("timeouts: {upstream-read: 110s, upstream-stream: 22500ms}, retries: {attempts: 3}");
    let Some(said) = loaded("litellm proxy: loader", &both, None) else { return };
    let mut said = said;
    said.as_object_mut().unwrap().remove("yaml");
    assert_eq!(said, json!({"request_timeout": 110, "timeout": 110, "stream_timeout": 22.5, "num_retries": 2}));
    let one = loaded("litellm proxy: loader", &chain("timeout: 90s, retries: {attempts: 1}"), None).unwrap();
    assert_eq!(one["timeout"], 90);
    assert_eq!(one["num_retries"], 0);
}

#[test]
fn the_program_reads_its_environment() {
    let Some(python) = program("HOPLINT_LITELLM_PYTHON", "litellm/bin/python", "") else {
        return skip("litellm proxy: environment", "a Python with litellm[proxy] (.cache/litellm)");
    };
    let (_, generated) =
        made(&chain("timeouts: {stream-total: 300s, keepalive: 75s}"), "litellm-proxy", Options::default());
    let file = &generated.files[1];
    let stated = file.text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    let code = "import json\nfrom litellm.constants import LITELLM_MAX_STREAMING_DURATION_SECONDS as most\nfrom litellm.proxy.proxy_cli import run_server\nprint(json.dumps([most, run_server.make_context('litellm', []).params['keepalive_timeout']]))";
    let out = Command::new(python)
        .args(["-c", code])
        .envs(stated)
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let read: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap_or(Value::Null);
    assert_eq!(read, json!([300.0, 75]), "{said}{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn the_defaults_that_are_written_are_those_of_the_program() {
    let nothing = chain("endpoints: 1");
    let forms = [false, true].map(|explicit| Options { explicit, full: false });
    let said = forms.map(|form| loaded_as("litellm proxy: defaults", &nothing, form, None));
    let [Some(unsaid), Some(written)] = said else { return };
    assert_eq!(unsaid["yaml"], Value::Null, "nothing is stated");
    let own = json!({"litellm_settings": {"request_timeout": 6000}, "router_settings": {"timeout": 6000, "stream_timeout": 6000, "num_retries": 2}});
    assert_eq!(written["yaml"], own);
    for setting in ["request_timeout", "timeout", "num_retries"] {
        assert_eq!(unsaid[setting].as_f64(), written[setting].as_f64(), "{setting}");
    }
}

#[test]
fn the_router_waits_and_repeats_as_the_chain_says() {
    let (answers, _) = stub(Stub::Answers);
    let (hangs, log) = stub(Stub::Hangs);
    let chain = chain("timeout: 1s, retries: {attempts: 2}");
    let Some(said) = loaded("litellm proxy: router", &chain, Some((answers, hangs))) else { return };
    let answer = chain.hops[0].cases[0].answer(Guard::WaitBuffered).unwrap();
    let (earliest, latest) = (answer.earliest.as_secs_f64(), answer.latest.as_secs_f64());
    let seconds = said["seconds"].as_f64().unwrap();
    println!("litellm proxy, hang: predicted {earliest:.3} to {latest:.3} s, measured {seconds:.3} s");
    assert_eq!(log.lock().unwrap().came.len(), answer.attempts as usize, "{said}");
    assert_eq!(said["error"], "Timeout");
    assert!(seconds >= earliest - 0.02 && seconds <= latest * 1.2 + 0.7, "{seconds}");
}

#[test]
fn no_name_leaves_its_place_for_pyyaml() {
    let Some(python) = program("HOPLINT_PYTHON", "venv/bin/python", "") else {
        return skip("litellm proxy: hostile names", "a Python with PyYAML (.cache/venv)");
    };
    let chain = chain("timeout: 90s, retries: {attempts: 2}");
    let folder = Folder::new("litellm-hostile");
    let paths = HOSTILE.iter().enumerate().map(|(n, name)| {
        let chain = renamed(&chain, name);
        let (_, generated) = made(&chain, "litellm-proxy", Options::default());
        folder.write(&format!("m{n}.yaml"), &generated.files[0].text)
    });
    let code = "import json, sys, yaml\nfor path in sys.argv[1:]:\n    print(json.dumps(yaml.safe_load(open(path, encoding='utf-8'))))";
    let out = Command::new(python).args(["-c", code]).args(paths).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(said.lines().count(), HOSTILE.len());
    for line in said.lines() {
        let read: Value = serde_json::from_str(line).unwrap();
        let expected =
            json!({"litellm_settings": {"request_timeout": 90}, "router_settings": {"timeout": 90, "num_retries": 1}});
        assert_eq!(read, expected);
    }
}
