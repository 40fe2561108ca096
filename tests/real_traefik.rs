//! Generated files of Traefik in the real program. It has no check of its own: it is started on loopback, and its API
//! and its log say what it read.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::{Setting, Unit};
use hoplint::generate::{Generated, Options};
use hoplint::import::{Deployed, Given, Import, Key, READERS, reader::NoIncludes, units};
use hoplint::model::Declared;
use hoplint::span::FileId;
use real::loopback::free;
use real::{Folder, HOSTILE, fixtures, made, program, renamed, resolve, skip};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const EVERY: [Options; 4] = [
    Options { explicit: false, full: false },
    Options { explicit: true, full: false },
    Options { explicit: false, full: true },
    Options { explicit: true, full: true },
];

fn traefik() -> Option<PathBuf> {
    let found = program("HOPLINT_TRAEFIK", "proxies/bin/traefik", "traefik");
    if found.is_none() {
        skip("generated files in the real program", "traefik");
    }
    found
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: SocketAddr, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// What Traefik read: its entry points, and the configuration that it received from the file.
struct Seen {
    entry_points: Value,
    received: Value,
}

/// Starts Traefik with the static file and the dynamic one.
fn start(traefik: &Path, folder: &Folder, fixed: &str, dynamic: &str) -> Result<Seen, String> {
    let (own, api) = (free(), free());
    let toml = fixed.contains("\n[entryPoints.");
    let ending = if toml { "toml" } else { "yaml" };
    let dynamic = folder.write(&format!("dynamic.{ending}"), dynamic);
    let around = concat!(
        "\nglobal: {checkNewVersion: false, sendAnonymousUsage: false}\nlog: {level: DEBUG, format: json}\n",
        "api: {insecure: true, dashboard: false}\n"
    );
    let fixed = fixed.replace("127.0.0.1:8080", &own.to_string());
    // The entry point of that name serves the API.
    let fixed = if toml {
        let (without, _) = fixed.split_once("\n[providers.").unwrap_or((&fixed, ""));
        format!(
            "{without}\n[entryPoints.traefik]\naddress = \"{api}\"\n[providers.file]\nfilename = \"{}\"\n[global]\n\
             checkNewVersion = false\nsendAnonymousUsage = false\n[log]\nlevel = \"DEBUG\"\nformat = \"json\"\n[api]\n\
             insecure = true\ndashboard = false\n",
            dynamic.display()
        )
    } else {
        let fixed = fixed.replacen("entryPoints:\n", &format!("entryPoints:\n  traefik: {{address: \"{api}\"}}\n"), 1);
        let (without, _) = fixed.split_once("\nproviders:").unwrap_or((&fixed, ""));
        format!("{without}\nproviders: {{file: {{filename: \"{}\"}}}}{around}", dynamic.display())
    };
    let fixed = folder.write(&format!("static.{ending}"), &fixed);
    let (log, out) = (folder.0.join("log"), |file: &Path| std::fs::File::create(file).unwrap());
    let file = out(&log);
    let child = Command::new(traefik)
        .arg(format!("--configFile={}", fixed.display()))
        .stdout(Stdio::from(file.try_clone().unwrap()))
        .stderr(Stdio::from(file))
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(&log).unwrap();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if let Some(error) = lines.iter().find(|line| line["level"] == "error") {
            return Err(error.to_string());
        }
        let of_file = |line: &&Value| line["providerName"] == "file" && line["config"].is_object();
        if let Some(received) = lines.iter().find(of_file)
            && let Some(entry_points) = get(api, "/api/entrypoints")
        {
            return Ok(Seen { entry_points, received: received["config"].clone() });
        }
        if let Some(status) = running.0.try_wait().unwrap() {
            return Err(format!("{status}: {text}"));
        }
        assert!(Instant::now() < until, "Traefik says nothing: {text}");
        std::thread::sleep(Duration::from_millis(15));
    }
}

fn judged(traefik: &Path, folder: &Folder, made: &Generated, what: &str) -> Seen {
    let [fixed, dynamic] = &made.files[..] else { panic!("{what}: two files") };
    start(traefik, folder, &fixed.text, &dynamic.text)
        .unwrap_or_else(|e| panic!("{what}: {e}\n{}\n{}", fixed.text, dynamic.text))
}

#[test]
fn traefik_takes_every_file() {
    takes_every_file("traefik");
}

#[test]
fn traefik_takes_every_file_of_toml() {
    takes_every_file("traefik-toml");
}

fn takes_every_file(target: &str) {
    let Some(traefik) = traefik() else { return };
    let folder = Folder::new(target);
    let fixtures = fixtures(target);
    for (name, text) in &fixtures {
        let chain = resolve(text);
        for options in EVERY {
            judged(&traefik, &folder, &made(&chain, target, options).1, &format!("{name}, {options:?}"));
        }
    }
    let chain = resolve(&fixtures.iter().max_by_key(|(_, text)| text.len()).unwrap().1);
    for name in HOSTILE {
        judged(&traefik, &folder, &made(&renamed(&chain, name), target, EVERY[2]).1, &format!("{name:?}"));
    }
}

#[test]
fn traefik_reads_the_values_of_the_chain() {
    reads_the_values(
        "traefik",
        [
            ("dialTimeout: 2s", "dialTimeout: 2sec"),
            ("readTimeout: 45500ms", "readTimout: 45500ms"),
            ("idleTimeout: 75s", "idleTimeout: 75sec"),
        ],
    );
    reads_the_values(
        "traefik-toml",
        [("dialTimeout = \"2s", "dialTimeout = \"2sec"), ("readTimeout =", "readTimout ="), ("\"75s", "\"75sec")],
    );
}

fn reads_the_values(target: &str, [of_dynamic, misspelt, unit]: [(&str, &str); 3]) {
    let Some(traefik) = traefik() else { return };
    let folder = Folder::new("traefik-values");
    let (_, text) = fixtures(target).into_iter().find(|(name, _)| name.starts_with("streaming")).unwrap();
    let chain = resolve(&text);
    let (_, files) = made(&chain, target, EVERY[2]);
    let seen = judged(&traefik, &folder, &files, "streaming");
    let entry = seen.entry_points.as_array().unwrap().iter().find(|e| e["name"] == "edge-proxy-entry").unwrap();
    let transport = serde_json::json!({
        "lifeCycle": {"graceTimeOut": "30s"},
        "respondingTimeouts": {"readTimeout": "45.5s", "writeTimeout": "6m40s", "idleTimeout": "1m15s"},
    });
    assert_eq!(entry["transport"], transport);
    let http = &seen.received["http"];
    let forwarding = serde_json::json!({
        "dialTimeout": "2s", "responseHeaderTimeout": "2m30s", "idleConnTimeout": "4s", "readIdleTimeout": "20s",
        "pingTimeout": "15s",
    });
    assert_eq!(http["serversTransports"]["edge-proxy"]["forwardingTimeouts"], forwarding);
    let retry = &http["middlewares"]["edge-proxy"]["retry"];
    assert_eq!((&retry["attempts"], &retry["timeout"]), (&serde_json::json!(2), &serde_json::json!("3s")));
    assert_eq!(http["services"]["edge-proxy"]["loadBalancer"]["servers"].as_array().unwrap().len(), 2);

    let [fixed, dynamic] = &files.files[..] else { panic!("two files") };
    for (good, bad) in [misspelt, unit] {
        assert!(fixed.text.contains(good));
        let bad = start(&traefik, &folder, &fixed.text.replace(good, bad), &dynamic.text);
        assert!(bad.is_err(), "the check must be able to fail");
    }
    let bad = start(&traefik, &folder, &fixed.text, &dynamic.text.replace(of_dynamic.0, of_dynamic.1));
    assert!(bad.is_err(), "the check must be able to fail");
}

fn read(name: &str, text: &str) -> Import {
    let reader = READERS.iter().find(|reader| reader.name() == "traefik").unwrap();
    let mut import = Import::default();
    reader.read(&Given { file: FileId(0), path: name, text }, &NoIncludes, &mut import);
    import
}

/// The text with every timer that a hop lacks, where the reader would write it.
fn completed(text: &str, import: &Import) -> (String, usize) {
    let mut edits: Vec<(usize, String)> = Vec::new();
    for deployed in &import.hops {
        for insert in &deployed.inserts {
            // One key for each place: maps that are missing are written once.
            let there = |key: &&Key| deployed.hop.timers.iter().any(|(name, _)| name.value.ends_with(key.key));
            let Some(key) = insert.keys.iter().find(|key| !there(key)) else { continue };
            let edit = (
                insert.at.span.range().start,
                format!("{}{}{}7s{}", insert.before, key.key, insert.between, insert.after),
            );
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut out = text.to_owned();
    for (at, line) in &edits {
        out.insert_str(*at, line);
    }
    (out, edits.len())
}

/// Every value that a hop states under `respondingTimeouts` or the like is what Traefik took.
fn compare(deployed: &Deployed, took: &Value) -> usize {
    let mut compared = 0;
    for (name, value) in &deployed.hop.timers {
        let (map, key) = name.value.split_once('.').unwrap();
        let (Declared::Set(Setting::At(read)), Some(took)) = (value.value, took.get(map)) else { continue };
        // Its JSON leaves 0 out.
        let took = units::parse(Unit::Go, took[key].as_str().unwrap_or("0")).unwrap();
        assert_eq!(took, read, "{}: {}", deployed.selector, name.value);
        compared += 1;
    }
    compared
}

#[test]
fn traefik_takes_the_values_that_hoplint_reads() {
    let Some(traefik) = traefik() else { return };
    let folder = Folder::new("traefik-import");
    let fixture = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import/traefik").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let local = |text: &str| {
        // What is added around the file says this already.
        let text = text.replace("global:\n  checkNewVersion: false\n", "");
        let text = text.replace("\":80\"", &format!("\"{}\"", free()));
        text.replace("\":443\"", &format!("\"{}\"", free()))
    };
    let (fixed, dynamic) = (fixture("traefik.yml"), fixture("chat.yml"));
    let (more_fixed, static_inserts) = completed(&fixed, &read("traefik.yml", &fixed));
    let (more_dynamic, dynamic_inserts) = completed(&dynamic, &read("chat.yml", &dynamic));
    assert!(static_inserts >= 3 && dynamic_inserts >= 1, "{static_inserts} {dynamic_inserts}");
    let mut compared = 0;
    for (fixed, dynamic) in [(&fixed, &dynamic), (&more_fixed, &more_dynamic)] {
        let seen =
            start(&traefik, &folder, &local(fixed), dynamic).unwrap_or_else(|e| panic!("{e}\n{fixed}\n{dynamic}"));
        for deployed in &read("traefik.yml", fixed).hops {
            let name = deployed.selector.strip_prefix("entryPoints.").unwrap();
            let points = seen.entry_points.as_array().unwrap();
            let point = points.iter().find(|point| point["name"] == name).unwrap();
            compared += compare(deployed, &point["transport"]);
        }
        for deployed in &read("chat.yml", dynamic).hops {
            let router = deployed.selector.strip_prefix("routers.").unwrap();
            let http = &seen.received["http"];
            let service = http["routers"][router]["service"].as_str().unwrap();
            let balancer = &http["services"][service]["loadBalancer"];
            let transport = balancer["serversTransport"].as_str().unwrap();
            compared += compare(deployed, &http["serversTransports"][transport]);
            let servers = balancer["servers"].as_array().unwrap().len();
            assert_eq!(deployed.hop.endpoints.map(|n| n.value as usize), Some(servers));
        }
    }
    println!("traefik import: {compared} values are those that Traefik took");
    assert!(compared >= 12, "{compared}");
}
