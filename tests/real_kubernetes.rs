//! Generated Kubernetes objects and patches: the schemas of Kubernetes, Gateway API and Istio take them, patched into an
//! object that says something else they change what the chain states, and the values are the chain's.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::generate::{Options, header};
use hoplint::resolve::Resolved;
use real::{FORMS, Folder, HOSTILE, fixtures, judged, made, program, renamed, resolve, skip};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn python(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_PYTHON", "venv/bin/python", "");
    if found.is_none() {
        skip(what, "a Python with kubernetes-validate and jsonpatch (.cache/venv)");
    }
    found
}

/// One generated file: whose, its name and its text.
struct Made {
    case: String,
    name: String,
    text: String,
}

/// Every file of a target: each fixture in every form, and the first with hostile names.
fn files(target: &str) -> Vec<Made> {
    let mut chains: Vec<(String, Resolved, Options)> = Vec::new();
    for (name, text) in fixtures(target) {
        let chain = resolve(&text);
        chains.extend(FORMS.map(|form| (format!("{name} {form:?}"), renamed(&chain, chain.hops[0].name()), form)));
    }
    let (name, text) = &fixtures(target)[0];
    for (n, hostile) in HOSTILE.iter().enumerate() {
        chains.push((format!("{name} as {hostile:?}"), renamed(&resolve(text), hostile), FORMS[2 * (n % 2)]));
    }
    let of = |(case, chain, form): &(String, Resolved, Options)| {
        let files = made(chain, target, *form).1.files;
        files.into_iter().map(|f| Made { case: case.clone(), name: f.name, text: f.text }).collect::<Vec<_>>()
    };
    chains.iter().flat_map(of).collect()
}

fn text(chain: &str, target: &str, form: Options) -> Vec<String> {
    let chain =
        resolve(&format!("version: 1\nhops:\n  - {{name: hop, {chain}}}\n  - {{name: model, platform: openai}}\n"));
    made(&chain, target, form).1.files.into_iter().map(|file| file.text).collect()
}

#[test]
fn kubernetes_takes_ingresses_and_configmaps_whose_values_are_texts() {
    let Some(python) = python("ingress-nginx") else { return };
    let files = files("nginx-ingress-annotations");
    let texts: Vec<_> = files.iter().map(|file| file.text.clone()).collect();
    let read = judged(&python, "kubernetes", &texts).unwrap();
    for (file, read) in files.iter().zip(&read) {
        let data = if read["kind"] == "ConfigMap" { &read["data"] } else { &read["metadata"]["annotations"] };
        for (key, value) in data.as_object().unwrap() {
            // Whatever is no bare number of seconds is dropped by the controller without a word.
            let plain = value.as_str().unwrap();
            let seconds = ["proxy-connect", "proxy-send", "proxy-read", "upstream-timeout", "client-"];
            if seconds.iter().any(|name| key.contains(name)) {
                assert!(plain.bytes().all(|b| b.is_ascii_digit()), "{}: {key} {plain}", file.case);
            }
        }
    }
    let chat = "platform: nginx-ingress, with: {retry-non-idempotent: 'on'}, timeouts: {read: 600s, drain: 5m}, retries: {attempts: 2, on: [503], window: 9s}";
    let read = judged(&python, "read", &text(chat, "nginx-ingress-annotations", FORMS[0])).unwrap();
    let own = "nginx.ingress.kubernetes.io/";
    assert_eq!(
        read[0]["metadata"]["annotations"],
        json!({
            format!("{own}proxy-read-timeout"): "600",
            format!("{own}proxy-next-upstream"): "http_503 non_idempotent",
            format!("{own}proxy-next-upstream-timeout"): "9",
            format!("{own}proxy-next-upstream-tries"): "2",
        })
    );
    assert_eq!(read[1]["data"], json!({"retry-non-idempotent": "true", "worker-shutdown-timeout": "300s"}));
    let wrong = texts[0].replace("annotations:", "anotations:");
    assert!(judged(&python, "kubernetes", &[wrong]).is_err(), "the check itself must be able to fail");
}

/// An object of each kind that says something else about time.
fn base(kind: &str) -> Value {
    let meta = json!({"name": "mine"});
    match kind {
        "HTTPRoute" => json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": meta,
            "spec": {"parentRefs": [{"name": "g"}], "rules": [
                {"backendRefs": [{"name": "s", "port": 80}], "timeouts": {"request": "7s", "backendRequest": "3s"}},
            ]},
        }),
        "VirtualService" => json!({
            "apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": meta,
            "spec": {"hosts": ["s"], "http": [{"route": [{"destination": {"host": "s"}}], "timeout": "7s"}]},
        }),
        _ => json!({
            "apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": meta,
            "spec": {"host": "s", "trafficPolicy": {"connectionPool": {"tcp": {"maxConnections": 9}}}},
        }),
    }
}

fn kind_of(name: &str) -> &'static str {
    ["HTTPRoute", "VirtualService", "DestinationRule"]
        .into_iter()
        .find(|kind| name.contains(&format!(".{}", kind.to_ascii_lowercase())))
        .unwrap()
}

/// The objects that files are, or make of an object that is there.
fn objects(python: &Path, files: &[Made]) -> Vec<Value> {
    let mut out = vec![Value::Null; files.len()];
    for kind in ["HTTPRoute", "VirtualService", "DestinationRule"] {
        for patch in [false, true] {
            let chosen: Vec<usize> = (0..files.len())
                .filter(|n| kind_of(&files[*n].name) == kind && files[*n].name.contains("-patch.") == patch)
                .collect();
            let mut texts: Vec<_> = chosen.iter().map(|n| files[*n].text.clone()).collect();
            if patch {
                texts.insert(0, base(kind).to_string());
            }
            let read = judged(python, if patch { "patched" } else { "read" }, &texts).unwrap();
            for (n, object) in chosen.into_iter().zip(read) {
                out[n] = object;
            }
        }
    }
    out
}

struct Schemas {
    node: PathBuf,
    packages: PathBuf,
}

impl Schemas {
    fn find(what: &str) -> Option<Schemas> {
        let node = program("HOPLINT_NODE", "", "node");
        let packages = program("HOPLINT_NODE_MODULES", "npm/node_modules", "");
        let packages = packages.filter(|p| p.join("@kubernetes-models/istio").exists());
        if node.is_none() || packages.is_none() {
            skip(what, "Node with @kubernetes-models/gateway-api and istio (.cache/npm)");
        }
        node.zip(packages).map(|(node, packages)| Schemas { node, packages })
    }

    /// What the schemas have against objects.
    fn against(&self, objects: &[Value]) -> String {
        let folder = Folder::new("kubernetes");
        let list = folder.write("objects.json", &json!(objects).to_string());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/kubernetes_objects.mjs");
        let out = Command::new(&self.node).arg(script).arg(&self.packages).arg(list).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    /// What the compiler has against objects as literals of the types made from the schemas: unknown fields.
    fn unknown_fields(&self, objects: &[Value]) -> String {
        let folder = Folder::new("kubernetes-types");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&self.packages, folder.0.join("node_modules")).unwrap();
        let mut code = String::new();
        for (kind, path) in [
            ("HTTPRoute", "gateway-api/gateway.networking.k8s.io/v1"),
            ("VirtualService", "istio/networking.istio.io/v1"),
            ("DestinationRule", "istio/networking.istio.io/v1"),
        ] {
            let _ = writeln!(code, "import type {{ I{kind} }} from \"@kubernetes-models/{path}/{kind}\";");
        }
        for (n, object) in objects.iter().enumerate() {
            let kind = object["kind"].as_str().unwrap();
            let _ = writeln!(code, "export const o{n}: I{kind} = {object};");
        }
        let file = folder.write("objects.mts", &code);
        let out = Command::new(&self.node)
            .current_dir(&folder.0)
            .arg(self.packages.join("typescript/bin/tsc"))
            .args(["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"])
            .args(["--types", "node"])
            .arg(file)
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    }
}

#[test]
fn the_schemas_of_gateway_api_and_istio_take_the_objects() {
    let what = "Gateway API and Istio: their schemas";
    let (Some(python), Some(schemas)) = (python(what), Schemas::find(what)) else { return };
    let files: Vec<Made> = ["gateway-api", "istio"].into_iter().flat_map(files).collect();
    let objects = objects(&python, &files);
    assert_eq!(schemas.against(&objects), "");
    assert_eq!(schemas.unknown_fields(&objects), "");
    let mut wrong = vec![base("HTTPRoute"), base("HTTPRoute"), base("VirtualService"), base("VirtualService")];
    wrong[0]["spec"]["rules"][0]["timeouts"]["request"] = json!("100000s");
    wrong[1]["spec"]["rules"][0]["timeouts"]["backendRequest"] = json!("8s");
    wrong[2]["spec"]["http"][0]["timeout"] = json!("0s");
    wrong[3]["spec"]["http"][0]["retries"] = json!({"attempts": 0, "perTryTimeout": "3s"});
    let said = schemas.against(&wrong);
    for (n, why) in
        ["must match pattern", "longer than request", "less than 1ms", "without attempts"].iter().enumerate()
    {
        assert!(said.lines().any(|line| line.starts_with(&n.to_string()) && line.contains(why)), "{why}: {said}");
    }
    let mut misspelt = base("VirtualService");
    misspelt["spec"]["http"][0]["timout"] = json!("3s");
    assert!(schemas.unknown_fields(&[misspelt]).contains("timout"), "it must be able to fail");
}

#[test]
fn what_is_written_is_what_the_chain_states() {
    let Some(python) = python("Gateway API and Istio: values") else { return };
    let of = |target: &str, hop: &str, form: Options| {
        let chain = format!("version: 1\nhops:\n  - {{name: hop, {hop}}}\n  - {{name: model, platform: openai}}\n");
        let files = made(&resolve(&chain), target, form).1.files;
        let files: Vec<_> =
            files.into_iter().map(|f| Made { case: String::new(), name: f.name, text: f.text }).collect();
        objects(&python, &files)
    };
    let both = "platform: gateway-api, timeouts: {request: 200000s, backend-request: 1500ms}";
    for form in FORMS {
        let made = of("gateway-api", both, form);
        let wanted = json!({"request": "55h33m20s", "backendRequest": "1500ms"});
        assert_eq!(made[0]["spec"]["rules"][0]["timeouts"], wanted, "{form:?}");
    }
    let one = of("gateway-api", "platform: gateway-api, timeouts: {request: none}", FORMS[0]);
    assert_eq!(one[0]["spec"]["rules"][0]["timeouts"], json!({"request": "0s"}), "the other one is taken away");

    let mesh = "platform: istio, timeouts: {route-total: 90s, per-try: 29500ms, connect: 3s, upstream-keepalive: 1m}, retries: {attempts: 3, on: [connect, 503]}";
    for form in FORMS {
        let made = of("istio", mesh, form);
        let http = &made[0]["spec"]["http"][0];
        assert_eq!(http["timeout"], "90s", "{form:?}");
        let retries = json!({"attempts": 2, "perTryTimeout": "29500ms", "retryOn": "connect-failure,503"});
        assert_eq!(http["retries"], retries, "{form:?}");
        let pool = &made[1]["spec"]["trafficPolicy"]["connectionPool"];
        assert_eq!(pool["tcp"]["connectTimeout"], "3s");
        assert_eq!(pool["http"]["idleTimeout"], "60s");
        assert_eq!(pool["tcp"].get("maxConnections").is_some(), !form.full, "a patch leaves the rest");
    }
    let endless = of("istio", "platform: istio, timeouts: {route-total: none, per-try: 30s}", FORMS[0]);
    assert_eq!(endless[0]["spec"]["http"][0].get("timeout"), None, "a timeout that was there is taken away");
    assert_eq!(endless[0]["spec"]["http"][0]["retries"], json!({"attempts": 2, "perTryTimeout": "30s"}));
    let nothing = of("istio", "platform: istio", FORMS[0]);
    assert_eq!(nothing, [base("VirtualService")], "what is not stated stays");
}

#[test]
fn a_policy_of_api_management_is_xml_and_its_head_is_known_again() {
    let Some(python) = program("HOPLINT_PYTHON", "venv/bin/python", "") else {
        return skip("API Management: XML", "a Python (.cache/venv)");
    };
    let files = files("azure-apim-policy");
    let folder = Folder::new("apim");
    let paths = files.iter().enumerate().map(|(n, file)| folder.write(&format!("{n}.xml"), &file.text));
    let code = "import json, sys, xml.etree.ElementTree as tree\nfor path in sys.argv[1:]:\n    print(json.dumps([e.attrib for e in tree.parse(path).getroot().iter('forward-request')]))";
    let out = Command::new(&python).args(["-c", code]).args(paths).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let read: Vec<Value> =
        String::from_utf8(out.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), files.len());
    for (file, read) in files.iter().zip(&read) {
        assert_eq!(read.as_array().unwrap().len(), 1, "{}", file.case);
        let found = header::inspect(&file.text, hoplint::generate::target::Comment::XML);
        assert!(matches!(found, header::Found::Ours { .. }), "{}: {found:?}", file.case);
    }
    let of = |name: &str| {
        let known = files.iter().zip(&read).filter(|(file, _)| file.case.starts_with(name));
        known.map(|(_, read)| read[0].clone()).collect::<Vec<_>>()
    };
    assert!(of("chat.chain.yaml Options").iter().all(|read| *read == json!({"timeout": "120"})));
    let stream = json!({"timeout-ms": "29500", "continue-timeout": "5", "buffer-response": "false"});
    assert!(of("stream.chain.yaml").iter().all(|read| *read == stream), "{:?}", of("stream.chain.yaml"));
}
