//! Generated files for application servers, read by the real ones: Gunicorn checks its configuration, Uvicorn resolves
//! its own, a Node server gives its timers back, and each value is the chain's.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::generate::Options;
use hoplint::resolve::{Resolved, ResolvedHop};
use real::{FORMS, Folder, HOSTILE, compare, fixtures, made, program, renamed, resolve, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every fixture of a target in every form, and the first with every so-manieth hostile name.
fn cases(target: &str, every: usize) -> Vec<(String, Resolved, Options)> {
    let mut cases = Vec::new();
    for (name, text) in fixtures(target) {
        let chain = resolve(&text);
        cases.extend(FORMS.map(|form| (name.clone(), renamed(&chain, chain.hops[0].name()), form)));
    }
    let (name, text) = &fixtures(target)[0];
    for hostile in HOSTILE.iter().step_by(every) {
        cases.push((format!("{name} as {hostile:?}"), renamed(&resolve(text), hostile), FORMS[2]));
    }
    cases
}

/// What the chain says of a timer, in whole units; nothing where it says nothing or there is no such timer.
fn stated(hop: &ResolvedHop, timer: &str, unit: u64, no_limit: &Value) -> Option<Value> {
    let index = hop.platform.timers.iter().position(|t| t.id == timer).unwrap();
    let mut values = hop.cases.iter().filter_map(|case| case.timer_value(index));
    let value = values.find(|v| v.provenance.is_written())?;
    Some(match value.setting {
        Some(Setting::At(at)) => json!(at.as_nanos() / unit),
        Some(Setting::None) => no_limit.clone(),
        other => panic!("{timer}: {other:?}"),
    })
}

const SECOND: u64 = 1_000_000_000;

fn servers(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_SERVERS_PYTHON", "servers/bin/python", "");
    if found.is_none() {
        skip(what, "a Python with gunicorn and uvicorn (.cache/servers)");
    }
    found
}

fn read(python: &Path, files: &[(String, String)]) -> Vec<Value> {
    let folder = Folder::new("servers");
    let paths = files.iter().enumerate().map(|(n, (name, text))| folder.write(&format!("{n}-{name}"), text));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/app_servers.py");
    let out = Command::new(python).arg(script).args(paths).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn file_of(chain: &Resolved, target: &str, options: Options) -> (String, String) {
    let file = made(chain, target, options).1.files.remove(0);
    (file.name, file.text)
}

#[test]
fn gunicorn_takes_its_configuration_and_has_the_values() {
    let Some(python) = servers("Gunicorn") else { return };
    let cases = cases("gunicorn", 6);
    let mut files: Vec<_> = cases.iter().map(|(_, chain, options)| file_of(chain, "gunicorn", *options)).collect();
    files.push(("empty.gunicorn.conf.py".to_owned(), String::new()));
    files.push(("bad.gunicorn.conf.py".to_owned(), files[0].1.replace("timeout = 45", "timeout = -45")));
    let said = read(&python, &files);
    let (own, bad) = (&said[cases.len()], &said[cases.len() + 1]);
    assert!(bad["refused"].as_str().unwrap().contains("-45"), "the check itself must be able to fail: {bad}");
    for ((name, chain, _), said) in cases.iter().zip(&said) {
        assert_eq!(said.get("refused"), None, "{name}");
        let hop = &chain.hops[0];
        for (setting, timers) in [
            ("timeout", &["worker", "worker-heartbeat", "body-gap"][..]),
            ("graceful_timeout", &["drain"]),
            ("keepalive", &["client-keepalive"]),
            ("asgi_disconnect_grace_period", &["disconnect-grace"]),
        ] {
            let value = timers.iter().find_map(|timer| stated(hop, timer, SECOND, &json!(0)));
            // What is not stated stays the program's own, written or not.
            assert_eq!(said[setting], value.unwrap_or_else(|| own[setting].clone()), "{name}: {setting}");
        }
        let worker = hop.spec.with.iter().find(|(key, _)| key.value == "worker").map(|(_, v)| v.value.as_str());
        let class = match worker {
            Some("asgi") => "ASGIWorker",
            Some("gthread") => "ThreadWorker",
            Some("uvicorn") => "UvicornWorker",
            _ => "SyncWorker",
        };
        assert_eq!(said["worker"], class, "{name}");
    }
}

#[test]
fn uvicorn_has_the_values() {
    let Some(python) = servers("Uvicorn") else { return };
    let cases = cases("uvicorn", 1);
    let mut files: Vec<_> = cases.iter().map(|(_, chain, options)| file_of(chain, "uvicorn", *options)).collect();
    files.push(("empty.uvicorn.env".to_owned(), String::new()));
    let said = read(&python, &files);
    let own = &said[cases.len()];
    for ((name, chain, options), said) in cases.iter().zip(&said) {
        for (setting, timer) in [
            ("timeout_keep_alive", "client-keepalive"),
            ("timeout_graceful_shutdown", "drain"),
            ("timeout_worker_healthcheck", "worker-healthcheck"),
        ] {
            let value = stated(&chain.hops[0], timer, SECOND, &Value::Null);
            let wanted = value.unwrap_or_else(|| own[setting].clone());
            assert_eq!(said[setting], wanted, "{name}: {setting}, {options:?}");
        }
    }
}

/// The TypeScript compiler's strictest mode over generated modules.
struct Modules {
    folder: Folder,
    node: PathBuf,
    packages: PathBuf,
}

impl Modules {
    fn compiled(what: &str, texts: &[String]) -> Option<Modules> {
        let node = program("HOPLINT_NODE", "", "node");
        let packages = program("HOPLINT_NODE_MODULES", "npm/node_modules", "");
        let (Some(node), Some(packages)) = (node, packages.filter(|p| p.join("@types/node").exists())) else {
            skip(what, "Node with typescript and @types/node (.cache/npm)");
            return None;
        };
        let folder = Folder::new("node-server");
        folder.write("package.json", r#"{"type": "module"}"#);
        let config = r#"{
            "compilerOptions": {
                "strict": true, "noUnusedLocals": true, "noUnusedParameters": true, "exactOptionalPropertyTypes": true,
                "verbatimModuleSyntax": true, "target": "es2022", "module": "nodenext", "types": ["node"],
                "skipLibCheck": true, "noEmitOnError": true, "rootDir": "src", "outDir": "out"
            },
            "include": ["src"]
        }"#;
        folder.write("tsconfig.json", config);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&packages, folder.0.join("node_modules")).unwrap();
        std::fs::create_dir(folder.0.join("src")).unwrap();
        for (n, text) in texts.iter().enumerate() {
            folder.write(&format!("src/m{n}.ts"), text);
        }
        let modules = Modules { folder, node, packages };
        let compiler = modules.packages.join("typescript/bin/tsc");
        let out = Command::new(&modules.node).arg(compiler).arg("-p").arg(&modules.folder.0).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
        Some(modules)
    }

    fn run(&self, what: &str, count: usize) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/node_server.mjs");
        let paths = (0..count).map(|n| self.folder.0.join(format!("out/m{n}.js")));
        let out = Command::new(&self.node).arg(script).arg(what).args(paths).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

#[test]
fn a_node_server_gives_the_values_back() {
    let cases = cases("node-http", 1);
    let texts: Vec<_> = cases.iter().map(|(_, chain, options)| file_of(chain, "node-http", *options).1).collect();
    let Some(modules) = Modules::compiled("Node server", &texts) else { return };
    let said = modules.run("timers", texts.len());
    for ((name, chain, options), said) in cases.iter().zip(said.as_array().unwrap()) {
        let of = |timer: &str| stated(&chain.hops[0], timer, SECOND / 1000, &json!(0));
        for (setting, timer) in [
            ("timeout", "socket-idle"),
            ("requestTimeout", "client-request"),
            ("headersTimeout", "client-header"),
            ("keepAliveTimeout", "client-keepalive"),
        ] {
            let unset = said["unset"][setting].clone();
            let wanted = match (of(timer), of("client-request").and_then(|v| v.as_u64())) {
                (Some(value), _) => value,
                // Its own default is never longer than the time for the whole request.
                (None, Some(whole)) if setting == "headersTimeout" && whole > 0 => {
                    json!(whole.min(unset.as_u64().unwrap()))
                }
                _ => unset,
            };
            assert_eq!(said["set"][setting], wanted, "{name}: {setting}, {options:?}");
        }
    }
}

#[test]
fn a_request_whose_body_never_comes_ends_when_the_chain_says() {
    let chain = resolve(
        "version: 1\nhops:\n  - {name: api, platform: node-http, timeouts: {client-request: 1s}}\n  - {name: model, platform: openai}\n",
    );
    let text = file_of(&chain, "node-http", FORMS[0]).1;
    let Some(modules) = Modules::compiled("Node server: a stalled body", &[text]) else { return };
    let said = modules.run("stall", 1);
    assert_eq!(said["status"], "408");
    compare("node-http, requestTimeout", 1.0, said["seconds"].as_f64().unwrap());
}
