//! Generated nginx files in a real nginx: it takes them, and the timer that the model names fires when the model
//! says, with the status that the model says.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::{Cause, Guard};
use hoplint::generate::Options;
use hoplint::model::workload::Mode;
use hoplint::resolve::{Resolved, ResolvedHop};
use real::{Folder, compare, fixtures, made, program, resolve, skip};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const FULL: Options = Options { explicit: false, full: true };

fn nginx(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_NGINX", "", "nginx");
    if found.is_none() {
        skip(what, "nginx");
    }
    found
}

/// A main file around what belongs in `http {}`; everything is written inside the folder.
fn main_file(folder: &Path, http: &str) -> String {
    let at = folder.display();
    let mut temp = String::new();
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(temp, "    {name}_temp_path {at}/{name};");
    }
    format!(
        "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/error.log info;\nevents {{}}\n\
         http {{\n    access_log off;\n{temp}{http}\n}}\n"
    )
}

fn check(nginx: &Path, folder: &Folder, http: &str) -> Result<(), String> {
    let main = folder.write("main.conf", &main_file(&folder.0, http));
    let out = Command::new(nginx).arg("-t").arg("-c").arg(main).arg("-p").arg(&folder.0).output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

#[test]
fn nginx_takes_every_fixture() {
    let Some(nginx) = nginx("nginx -t on generated files") else { return };
    let folder = Folder::new("nginx-t");
    for (name, text) in fixtures("nginx") {
        let chain = resolve(&text);
        for explicit in [false, true] {
            let (_, full) = made(&chain, "nginx", Options { explicit, full: true });
            check(&nginx, &folder, &full.files[0].text).unwrap_or_else(|e| panic!("{name}, full: {e}"));
            let (_, parts) = made(&chain, "nginx", Options { explicit, full: false });
            let part = |kind: &str| {
                let found = parts.files.iter().find(|f| f.name.ends_with(kind));
                found.map_or(String::new(), |f| f.text.clone())
            };
            let http = format!(
                "upstream u {{\nserver 127.0.0.1:9;\n{}}}\nserver {{\nlisten 127.0.0.1:8080;\nlocation / {{\n\
                 proxy_pass http://u;\n{}}}\n}}\n",
                part(".upstream.conf"),
                part(".location.conf")
            );
            check(&nginx, &folder, &http).unwrap_or_else(|e| panic!("{name}, parts: {e}"));
        }
    }
    assert!(check(&nginx, &folder, "proxy_read_timeout 5sec;").is_err(), "the check itself must be able to fail");
}

/// What an upstream server does with each connection.
#[derive(Clone, Copy, PartialEq)]
enum Upstream {
    /// Reads the request and never answers.
    Hangs,
    /// Sends the head and one event, then nothing.
    Stalls,
}

/// Starts an upstream; gives its address and counts its requests.
fn upstream(kind: Upstream, requests: &Arc<AtomicU32>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::clone(requests);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let requests = Arc::clone(&requests);
            std::thread::spawn(move || serve(stream, kind, &requests));
        }
    });
    address
}

fn serve(mut stream: TcpStream, kind: Upstream, requests: &AtomicU32) {
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).is_ok_and(|n| n > 0) {
        requests.fetch_add(1, Ordering::SeqCst);
        if kind == Upstream::Stalls {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = stream.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes());
        }
        // Until nginx gives up.
        let _ = stream.read(&mut buffer);
    }
}

/// A port where connections are neither taken nor refused: its queue is full.
struct Dead {
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
    address: SocketAddr,
}

fn dead() -> Option<Dead> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    for _ in 0..900 {
        match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            Ok(stream) => queue.push(stream),
            Err(_) => return Some(Dead { _listener: listener, _queue: queue, address }),
        }
    }
    None
}

struct Running {
    child: Child,
    address: SocketAddr,
    _folder: Folder,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The generated server, with real addresses in place of the placeholders.
fn run(nginx: &Path, text: &str, upstreams: &[SocketAddr]) -> Running {
    let folder = Folder::new("nginx");
    let own = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = own.local_addr().unwrap();
    drop(own);
    let mut http = text.replace("127.0.0.1:8080", &address.to_string());
    for (n, upstream) in upstreams.iter().enumerate() {
        let placeholder = format!("127.0.0.1:{}", 9001 + n);
        assert!(http.contains(&placeholder), "{placeholder} is not in\n{http}");
        http = http.replace(&placeholder, &upstream.to_string());
    }
    let main = folder.write("main.conf", &main_file(&folder.0, &http));
    let child = Command::new(nginx).arg("-c").arg(main).arg("-p").arg(&folder.0).stderr(Stdio::null()).spawn().unwrap();
    let running = Running { child, address, _folder: folder };
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < until, "nginx does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

struct Seen {
    status: u16,
    whole: bool,
    seconds: f64,
}

fn request(address: SocketAddr, method: &str) -> Seen {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let started = Instant::now();
    let head = format!("{method} / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let seconds = started.elapsed().as_secs_f64();
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let whole = !answer.to_ascii_lowercase().contains("chunked") || answer.ends_with("0\r\n\r\n");
    Seen { status, whole, seconds }
}

fn chain(mode: &str, nginx: &str) -> Resolved {
    let work = if mode == "streaming" {
        "{mode: streaming, first-byte: 100ms, gap: 100ms}"
    } else {
        "{mode: buffered, total: 100ms}"
    };
    resolve(&format!(
        "version: 1\nworkload: {work}\nhops:\n  - {{name: edge, platform: nginx, {nginx}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

fn wait_of(hop: &ResolvedHop, guard: Guard) -> (f64, u32) {
    let answers: Vec<_> = hop.cases.iter().map(|case| case.answer(guard).unwrap()).collect();
    assert!(answers.iter().all(|a| a == &answers[0]), "the prediction is one value: {answers:?}");
    // The earliest end: the servers here take connections at once.
    (answers[0].earliest.as_secs_f64(), answers[0].attempts)
}

fn hang(nginx: &Path, what: &str, declared: &str, method: &str, servers: usize) {
    let chain = chain("buffered", declared);
    let (hop, generated) = made(&chain, "nginx", FULL);
    assert_eq!(hop.mode, Mode::Buffered);
    let (predicted, attempts) = wait_of(hop, Guard::WaitBuffered);
    let requests = Arc::new(AtomicU32::new(0));
    let upstreams: Vec<_> = (0..servers).map(|_| upstream(Upstream::Hangs, &requests)).collect();
    let running = run(nginx, &generated.files[0].text, &upstreams);
    let seen = request(running.address, method);
    compare(what, predicted, seen.seconds);
    assert_eq!(Some(seen.status), hop.emits(Cause::Timeout), "{what}");
    assert_eq!(requests.load(Ordering::SeqCst), attempts, "{what}");
}

#[test]
fn a_silent_upstream_gives_504_when_predicted() {
    let Some(nginx) = nginx("nginx: silent upstream") else { return };
    hang(&nginx, "nginx, hang, read 1.2 s", "timeouts: {read: 1200ms, connect: 5s}", "POST", 1);
}

#[test]
fn attempts_are_as_predicted() {
    let Some(nginx) = nginx("nginx: attempts") else { return };
    let two = "endpoints: 2, timeouts: {read: 1s}, retries: {attempts: 2}";
    hang(&nginx, "nginx, 2 servers, GET, read 1 s", &format!("method: GET, {two}"), "GET", 2);
    hang(&nginx, "nginx, 2 servers, POST, read 1 s", two, "POST", 2);
    let repeated = format!("with: {{non-idempotent: \"on\"}}, {two}");
    hang(&nginx, "nginx, 2 servers, POST non_idempotent", &repeated, "POST", 2);
    let window = "method: GET, endpoints: 3, timeouts: {read: 900ms}, retries: {attempts: 3, window: 1500ms}";
    hang(&nginx, "nginx, 3 servers, GET, window 1.5 s", window, "GET", 3);
    let none = "method: GET, endpoints: 2, timeouts: {read: 1s}, retries: {attempts: 1}";
    hang(&nginx, "nginx, 2 servers, GET, one attempt", none, "GET", 2);
}

#[test]
fn a_stalled_stream_is_cut_when_predicted() {
    let Some(nginx) = nginx("nginx: stalled stream") else { return };
    let chain = chain("streaming", "timeouts: {read: 1300ms}");
    let (hop, generated) = made(&chain, "nginx", FULL);
    let (predicted, _) = wait_of(hop, Guard::Gap);
    let requests = Arc::new(AtomicU32::new(0));
    let running = run(&nginx, &generated.files[0].text, &[upstream(Upstream::Stalls, &requests)]);
    let seen = request(running.address, "POST");
    compare("nginx, stalled stream, read 1.3 s", predicted, seen.seconds);
    assert_eq!((seen.status, seen.whole), (200, false));
}

#[test]
fn a_dead_upstream_gives_504_after_the_connect_time() {
    let Some(nginx) = nginx("nginx: dead upstream") else { return };
    let Some(dead) = dead() else {
        eprintln!("SKIPPED nginx: dead upstream: the queue of a port could not be filled here");
        return;
    };
    let chain = chain("buffered", "timeouts: {connect: 1100ms, read: 5s}");
    let (hop, generated) = made(&chain, "nginx", FULL);
    let running = run(&nginx, &generated.files[0].text, &[dead.address]);
    let seen = request(running.address, "POST");
    compare("nginx, dead upstream, connect 1.1 s", 1.1, seen.seconds);
    assert_eq!(Some(seen.status), hop.emits(Cause::Connect));
}

#[test]
fn no_name_leaves_its_place_in_nginx() {
    let Some(nginx) = nginx("nginx -t with hostile names") else { return };
    let folder = Folder::new("nginx-hostile");
    let (_, text) = &fixtures("nginx")[1];
    let chain = resolve(text);
    for name in real::HOSTILE {
        let chain = real::renamed(&chain, name);
        let (_, full) = made(&chain, "nginx", FULL);
        check(&nginx, &folder, &full.files[0].text).unwrap_or_else(|e| panic!("{name:?}: {e}"));
    }
}
