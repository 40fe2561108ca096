//! Generated Python modules with the real SDK against a stub server: attempts, waits and totals are what the chain
//! says.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Guard;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use real::{Folder, compare, compare_gap, fixtures, made, program, resolve, skip};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn python(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_PYTHON", "venv/bin/python", "");
    if found.is_none() {
        skip(what, "a Python with openai (.cache/venv)");
    }
    found
}

#[derive(Clone, Copy)]
enum Stub {
    Hangs,
    /// The head and then a byte now and then, for ever.
    Trickles,
    /// This status and head first, then an answer.
    Then(u16, &'static str),
    /// This status always.
    Always(u16),
}

/// Arrival times of the requests.
type Log = Arc<Mutex<Vec<Instant>>>;

fn stub(kind: Stub) -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let seen = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || while serve(&stream, kind, &seen).is_some() {});
        }
    });
    (port, log)
}

/// Answers one request; `None` where the connection is over.
fn serve(mut stream: &TcpStream, kind: Stub, log: &Log) -> Option<()> {
    read_request(stream)?;
    let n = {
        let mut log = log.lock().unwrap();
        log.push(Instant::now());
        log.len()
    };
    let body = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[]}"#;
    let answer = |status: u16, head: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{head}Content-Length: {length}\r\n\r\n{body}")
    };
    let text = match kind {
        Stub::Hangs => {
            let _ = stream.read(&mut [0; 64]);
            return None;
        }
        Stub::Trickles => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
                .ok()?;
            loop {
                stream.write_all(b" ").ok()?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Stub::Then(status, head) if n == 1 => answer(status, head),
        Stub::Then(..) => answer(200, ""),
        Stub::Always(status) => answer(status, ""),
    };
    stream.write_all(text.as_bytes()).ok()
}

fn read_request(mut stream: &TcpStream) -> Option<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length =
                text.split("content-length:").nth(1).and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok());
            if request.len() >= end + 4 + length.unwrap_or(0usize) {
                return Some(());
            }
        }
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}

struct Ran {
    seconds: f64,
    error: Option<String>,
    /// Seconds between the arrivals of the requests.
    gaps: Vec<f64>,
    attempts: usize,
}

fn chain(declared: &str) -> Resolved {
    resolve(&format!(
        "version: 1\nworkload: {{mode: buffered, total: 100ms}}\nhops:\n  - {{name: app, platform: openai-python, {declared}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

fn run(python: &Path, chain: &Resolved, kind: Stub, how: &str) -> Ran {
    let (_, generated) = made(chain, "python-openai", Options::default());
    let folder = Folder::new("openai");
    let file = &generated.files[0];
    folder.write(&file.name, &file.text);
    let (port, log) = stub(kind);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/openai_call.py");
    let out = Command::new(python)
        .arg(script)
        .arg(&folder.0)
        .arg(file.name.trim_end_matches(".py"))
        .arg(format!("http://127.0.0.1:{port}/v1"))
        .arg(how)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}\n{}", String::from_utf8_lossy(&out.stderr), file.text);
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let log = log.lock().unwrap();
    Ran {
        seconds: said["seconds"].as_f64().unwrap(),
        error: said["error"].as_str().map(str::to_owned),
        gaps: log.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect(),
        attempts: log.len(),
    }
}

/// When the model says that the call fails, earliest and latest, and after how many attempts.
fn predicted(chain: &Resolved) -> (f64, f64, u32) {
    let answer = chain.hops[0].cases[0].answer(Guard::WaitBuffered).unwrap();
    (answer.earliest.as_secs_f64(), answer.latest.as_secs_f64(), answer.attempts)
}

fn hangs(python: &Path, what: &str, declared: &str, how: &str, error: &str) -> Ran {
    let chain = chain(declared);
    let (earliest, latest, attempts) = predicted(&chain);
    let ran = run(python, &chain, Stub::Hangs, how);
    compare(&format!("{what} (to {latest:.3})"), earliest, ran.seconds);
    assert_eq!(ran.attempts, attempts as usize, "{what}");
    assert_eq!(ran.error.as_deref(), Some(error), "{what}");
    ran
}

#[test]
fn the_sdk_repeats_as_the_chain_says() {
    let Some(python) = python("openai: SDK retries") else { return };
    let declared = "timeouts: {read: 1s}, retries: {attempts: 2}";
    hangs(&python, "openai, hang, read 1 s, 2 attempts", declared, "sdk", "APITimeoutError");
    let one = "timeouts: {read: 700ms}, retries: {attempts: 1}";
    hangs(&python, "openai, hang, read 0.7 s, 1 attempt", one, "sdk", "APITimeoutError");
}

#[test]
fn a_list_of_waits_is_kept() {
    let Some(python) = python("openai: own waits") else { return };
    let declared = "timeouts: {read: 800ms}, retries: {attempts: 3, backoff: [1s, 500ms]}";
    for how in ["call", "async"] {
        let ran = hangs(&python, &format!("openai, {how}, waits 1 s, 0.5 s"), declared, how, "APITimeoutError");
        compare_gap("  from request 1 to 2", 1.8, ran.gaps[0]);
        compare_gap("  from request 2 to 3", 1.3, ran.gaps[1]);
    }
}

#[test]
fn a_deadline_cuts_the_running_attempt() {
    let Some(python) = python("openai: deadline") else { return };
    let declared = "timeouts: {read: 1s}, deadline: 3s, retries: {attempts: 5, backoff: [200ms]}";
    hangs(&python, "openai, call, deadline 3 s", declared, "call", "APITimeoutError");
    hangs(&python, "openai, async, deadline 3 s", declared, "async", "TimeoutError");
    let ran = run(&python, &chain("deadline: 1500ms, retries: {attempts: 1}"), Stub::Trickles, "async");
    compare("openai, async, trickle, deadline 1.5 s", 1.5, ran.seconds);
    assert_eq!(ran.error.as_deref(), Some("TimeoutError"));
}

#[test]
fn a_window_stops_new_attempts_only() {
    let Some(python) = python("openai: window") else { return };
    let declared = "timeouts: {read: 800ms}, retries: {attempts: 5, backoff: [300ms], window: 1500ms}";
    hangs(&python, "openai, call, window 1.5 s", declared, "call", "APITimeoutError");
}

#[test]
fn retry_after_comes_first() {
    let Some(python) = python("openai: Retry-After") else { return };
    let obey = chain("timeouts: {read: 5s}, retries: {attempts: 2, backoff: [3s]}");
    let ran = run(&python, &obey, Stub::Then(429, "Retry-After: 1\r\n"), "call");
    compare("openai, Retry-After 1 s, own wait 3 s", 1.0, ran.seconds);
    assert!(ran.seconds < 2.9, "the server's wait comes first: {}", ran.seconds);
    assert_eq!((ran.attempts, ran.error), (2, None));
    let ignore = chain("timeouts: {read: 5s}, retries: {attempts: 2, backoff: [500ms], retry-after: ignore}");
    let ran = run(&python, &ignore, Stub::Then(429, "Retry-After: 60\r\n"), "call");
    compare("openai, Retry-After 60 s ignored, wait 0.5 s", 0.5, ran.seconds);
    let long = run(&python, &obey, Stub::Then(429, "Retry-After: 121\r\n"), "call");
    assert_eq!((long.attempts, long.error.as_deref()), (1, Some("RateLimitError")));
}

#[test]
fn only_stated_causes_are_repeated() {
    let Some(python) = python("openai: causes") else { return };
    let declared = chain("timeouts: {read: 5s}, retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}");
    let runs = [(503, 3, "InternalServerError"), (429, 1, "RateLimitError"), (400, 1, "BadRequestError")];
    for (status, attempts, error) in runs {
        let ran = run(&python, &declared, Stub::Always(status), "call");
        assert_eq!((ran.attempts, ran.error.as_deref()), (attempts, Some(error)), "{status}");
    }
}

#[test]
fn jitter_stays_inside_its_bounds() {
    let Some(python) = python("openai: jitter") else { return };
    let declared =
        "timeouts: {read: 5s}, retries: {attempts: 3, backoff: {initial: 800ms, factor: 2, max: 5s, jitter: 0.5}}";
    let ran = run(&python, &chain(declared), Stub::Always(503), "call");
    assert_eq!(ran.attempts, 3);
    for (gap, (least, most)) in ran.gaps.iter().zip([(0.4, 0.8), (0.8, 1.6)]) {
        println!("openai, exponential wait                     predicted {least} to {most} s  measured {gap:6.3} s");
        assert!(*gap >= least - 0.2 && *gap <= most + 0.7, "{gap} is outside {least} to {most}");
    }
}

#[test]
fn every_fixture_imports() {
    let Some(python) = python("openai: import of generated modules") else { return };
    for (name, text) in fixtures("python-openai") {
        let chain = resolve(&text);
        for explicit in [false, true] {
            let (_, generated) = made(&chain, "python-openai", Options { explicit, full: false });
            let folder = Folder::new("import");
            let file = &generated.files[0];
            folder.write(&file.name, &file.text);
            let module = file.name.trim_end_matches(".py");
            let code = format!("import {module} as m; m.client(api_key='x'); m.async_client(api_key='x')");
            let out = Command::new(&python).current_dir(&folder.0).args(["-W", "error", "-c", &code]).output().unwrap();
            assert!(out.status.success(), "{name}: {}\n{}", String::from_utf8_lossy(&out.stderr), file.text);
        }
    }
}

#[test]
fn no_name_leaves_its_place_in_python() {
    let Some(python) = python("openai: hostile names") else { return };
    let chain = chain("timeout: 5s, retries: {attempts: 2, backoff: [1s]}");
    // The docstring is the name; nothing else of the module depends on it.
    let code = "import ast, sys\nfor path in sys.argv[1:]:\n    text = open(path, 'rb').read()\n    tree = ast.parse(text)\n    doc = ast.get_docstring(tree, clean=False)\n    body = ast.dump(ast.Module(tree.body[1:], []))\n    print(ascii(doc), hash(body), sep='\\t')";
    let folder = Folder::new("hostile");
    let mut paths = Vec::new();
    for (n, name) in real::HOSTILE.iter().enumerate() {
        let chain = real::renamed(&chain, name);
        let (_, generated) = made(&chain, "python-openai", Options::default());
        paths.push(folder.write(&format!("m{n}.py"), &generated.files[0].text));
    }
    let out = Command::new(&python).args(["-c", code]).args(&paths).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<(&str, &str)> = said.lines().map(|line| line.split_once('\t').unwrap()).collect();
    assert_eq!(lines.len(), real::HOSTILE.len());
    assert!(lines.iter().all(|(_, body)| *body == lines[0].1), "{said}");
    let docs: std::collections::HashSet<&str> = lines.iter().map(|(doc, _)| *doc).collect();
    assert_eq!(docs.len(), lines.len(), "each docstring holds its own name");
    assert!(docs.contains("'Timeouts and retries of hop $${evil} of chain $${evil}.'"), "{said}");
}
