//! Generated nginx files in a real nginx: it takes them, and the timer that the model names fires when the model
//! says, with the status that the model says.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::{Buffering, Cause, Guard, Setting, Side};
use hoplint::generate::Options;
use hoplint::model::workload::Mode;
use hoplint::resolve::{Resolved, ResolvedHop};
use real::loopback::{Seen, Upstream, dead, free, request, upstream};
use real::proxies::{FULL, Proxy, nginx_main};
use real::{Folder, compare, compare_gap, fixtures, made, program, resolve, skip};

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

fn nginx(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_NGINX", "", "nginx");
    if found.is_none() {
        skip(what, "nginx");
    }
    found
}

fn check(nginx: &Path, folder: &Folder, http: &str) -> Result<(), String> {
    let main = folder.write("main.conf", &nginx_main(&folder.0, http));
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
    let running = Proxy::Nginx.start(nginx, &generated, &upstreams);
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
    let running = Proxy::Nginx.start(&nginx, &generated, &[upstream(Upstream::Stalls, &requests)]);
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
    let running = Proxy::Nginx.start(&nginx, &generated, &[dead.address]);
    let seen = request(running.address, "POST");
    compare("nginx, dead upstream, connect 1.1 s", 1.1, seen.seconds);
    assert_eq!(Some(seen.status), hop.emits(Cause::Connect));
}

#[test]
fn dead_upstreams_each_take_their_connect_time() {
    let Some(nginx) = nginx("nginx: two dead upstreams") else { return };
    let (Some(one), Some(two)) = (dead(), dead()) else {
        eprintln!("SKIPPED nginx: two dead upstreams: the queue of a port could not be filled here");
        return;
    };
    // A failed connect moves on for every method: nothing was sent.
    let chain = chain("buffered", "endpoints: 2, timeouts: {connect: 800ms, read: 5s}, retries: {attempts: 2}");
    let (hop, generated) = made(&chain, "nginx", FULL);
    let attempts = hop.cases[0].attempts.for_cause(Cause::Connect);
    assert_eq!(attempts, 2);
    let running = Proxy::Nginx.start(&nginx, &generated, &[one.address, two.address]);
    let seen = request(running.address, "POST");
    compare("nginx, 2 dead upstreams, connect 0.8 s", 0.8 * f64::from(attempts), seen.seconds);
    assert_eq!(Some(seen.status), hop.emits(Cause::Connect));
}

/// Two upstreams that fail at once: as many requests as the model says for this cause, and its status.
fn fails(nginx: &Path, what: &str, declared: &str, method: &str, (kind, cause): (Upstream, Cause)) -> u32 {
    let chain = chain("buffered", declared);
    let (hop, generated) = made(&chain, "nginx", FULL);
    let requests = Arc::new(AtomicU32::new(0));
    let servers = hop.spec.endpoints.as_ref().map_or(1, |n| n.value);
    let upstreams: Vec<_> = (0..servers).map(|_| upstream(kind, &requests)).collect();
    let running = Proxy::Nginx.start(nginx, &generated, &upstreams);
    let seen = request(running.address, method);
    compare(what, 0.0, seen.seconds);
    let status = if let Cause::Status(code) = cause { Some(code) } else { hop.emits(cause) };
    assert_eq!(Some(seen.status), status, "{what}");
    let attempts = hop.cases[0].attempts.for_cause(cause);
    assert_eq!(requests.load(Ordering::SeqCst), attempts, "{what}");
    attempts
}

#[test]
fn failures_at_once_are_told_or_repeated_as_predicted() {
    let Some(nginx) = nginx("nginx: failures at once") else { return };
    let closes = (Upstream::Closes, Cause::Reset);
    let two = "endpoints: 2, timeouts: {read: 5s}, retries: {attempts: 2}";
    let get = format!("method: GET, {two}");
    assert_eq!(fails(&nginx, "nginx, closed", "timeouts: {read: 5s}", "POST", closes), 1);
    assert_eq!(fails(&nginx, "nginx, closed, GET, 2 servers", &get, "GET", closes), 2);
    assert_eq!(fails(&nginx, "nginx, closed, POST, 2 servers", two, "POST", closes), 1);
    let busy = (Upstream::Says503, Cause::Status(503));
    let repeated = get.replace("attempts: 2", "attempts: 2, on: [503]");
    assert_eq!(fails(&nginx, "nginx, 503 repeated", &repeated, "GET", busy), 2);
    assert_eq!(fails(&nginx, "nginx, 503 passed on", &get, "GET", busy), 1);
}

#[test]
fn a_refused_connection_gives_502_at_once() {
    let Some(nginx) = nginx("nginx: refused") else { return };
    let chain = chain("buffered", "timeouts: {connect: 5s, read: 5s}");
    let (hop, generated) = made(&chain, "nginx", FULL);
    let closed = free();
    let running = Proxy::Nginx.start(&nginx, &generated, &[closed]);
    let seen = request(running.address, "POST");
    compare("nginx, refused", 0.0, seen.seconds);
    assert_eq!(Some(seen.status), hop.emits(Cause::Refused));
}

#[test]
fn a_stream_that_never_begins_gives_504_when_predicted() {
    let Some(nginx) = nginx("nginx: stream without a first byte") else { return };
    let chain = chain("streaming", "timeouts: {read: 1200ms}");
    let (hop, generated) = made(&chain, "nginx", FULL);
    let (predicted, attempts) = wait_of(hop, Guard::WaitStreaming);
    let requests = Arc::new(AtomicU32::new(0));
    let running = Proxy::Nginx.start(&nginx, &generated, &[upstream(Upstream::Hangs, &requests)]);
    let seen = request(running.address, "POST");
    compare("nginx, stream without a first byte, read 1.2 s", predicted, seen.seconds);
    assert_eq!((Some(seen.status), requests.load(Ordering::SeqCst)), (hop.emits(Cause::Timeout), attempts));
}

/// One answer of an upstream, passed through the generated server, and how the model says that it is passed on.
fn passed(nginx: &Path, mode: &str, declared: &str, kind: Upstream) -> (Seen, Option<Buffering>) {
    let chain = chain(mode, declared);
    let (hop, generated) = made(&chain, "nginx", FULL);
    let requests = Arc::new(AtomicU32::new(0));
    let running = Proxy::Nginx.start(nginx, &generated, &[upstream(kind, &requests)]);
    let seen = request(running.address, "POST");
    assert_eq!(seen.status, 200);
    (seen, hop.cases[0].buffering)
}

#[test]
fn a_stream_is_passed_on_event_by_event_and_no_timer_counts_its_length() {
    let Some(nginx) = nginx("nginx: streams") else { return };
    // Two seconds of stream under a read timeout of one: silence counts, not length.
    let (trickle, _) = passed(&nginx, "streaming", "timeouts: {read: 1s}", Upstream::Trickles);
    compare("nginx, stream of 2 s, read 1 s", 2.0, trickle.seconds);
    compare("nginx, stream of 2 s, first event", 0.0, trickle.first.unwrap());
    assert!(trickle.whole);
    // Without buffering even an answer that only the end of the connection frames is passed on as it comes.
    let off = "with: {proxy-buffering: \"off\"}, timeouts: {read: 2s}";
    let (unframed, buffering) = passed(&nginx, "streaming", off, Upstream::Unframed);
    assert_eq!(buffering, Some(Buffering::Never));
    compare("nginx, unframed stream, first event", 0.0, unframed.first.unwrap());
    assert!(unframed.seconds - unframed.first.unwrap() > 0.5, "the event came with the end of the answer");
    // With HTTP/1.0 and buffering it is held to its end.
    let on = "with: {proxy-http-version: \"1.0\", proxy-buffering: \"on\"}, timeouts: {read: 2s}";
    let (whole, buffering) = passed(&nginx, "buffered", on, Upstream::Unframed);
    assert_eq!(buffering, Some(Buffering::WholeAnswer));
    compare("nginx, HTTP/1.0 with buffering, first event", 0.9, whole.first.unwrap());
}

#[test]
fn a_client_that_stops_sending_is_closed_when_predicted() {
    let Some(nginx) = nginx("nginx: client body") else { return };
    let chain = chain("buffered", "timeouts: {read: 5s, client-body: 1200ms}");
    let (_, generated) = made(&chain, "nginx", FULL);
    let requests = Arc::new(AtomicU32::new(0));
    let running = Proxy::Nginx.start(&nginx, &generated, &[upstream(Upstream::Hangs, &requests)]);
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
    let started = Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    compare("nginx, client body 1.2 s", 1.2, started.elapsed().as_secs_f64());
    // The access log says 408; the client sees the end of the connection alone.
    assert_eq!((answer.len(), requests.load(Ordering::SeqCst)), (0, 0));
}

#[test]
fn a_pooled_connection_is_closed_after_its_idle_time() {
    let Some(nginx) = nginx("nginx: pooled connection") else { return };
    let chain = chain("streaming", "with: {upstream-keepalive: \"on\"}, timeouts: {upstream-keepalive: 1200ms}");
    let (hop, generated) = made(&chain, "nginx", FULL);
    let (_, timer) = hop.keepalive(&hop.cases[0], Side::Upstream).unwrap();
    let Some(Setting::At(idle)) = timer.unwrap().setting else { panic!("a pool has an idle time") };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = Proxy::Nginx.start(&nginx, &generated, &[listener.local_addr().unwrap()]);
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        for _ in 0..2 {
            assert!(stream.read(&mut buffer).unwrap() > 0, "both requests come over one connection");
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        }
        let answered = Instant::now();
        assert_eq!(stream.read(&mut buffer).unwrap(), 0, "closed, and no third request");
        answered.elapsed().as_secs_f64()
    });
    for _ in 0..2 {
        assert_eq!(request(running.address, "POST").status, 200);
    }
    compare_gap("nginx, pooled connection, idle 1.2 s", idle.as_secs_f64(), server.join().unwrap());
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
