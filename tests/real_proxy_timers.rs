//! Generated files of proxies in the real programs, on loopback: the timer that the model names fires when the model
//! says, with the status and after the attempts that it says. nginx has a file of its own.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::{Cause, Guard, Setting, Side};
use hoplint::resolve::{Resolved, ResolvedHop};
use real::loopback::{Dead, Seen, Upstream, dead, free, request, upstream, whole_request};
use real::proxies::{FULL, Proxy};
use real::{compare, compare_gap, made, resolve};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use Proxy::{Apache, Caddy, Envoy, Haproxy, Traefik};

fn chain(proxy: Proxy, mode: &str, declared: &str) -> Resolved {
    let work = if mode == "streaming" {
        "{mode: streaming, first-byte: 100ms, gap: 100ms}"
    } else {
        "{mode: buffered, total: 100ms}"
    };
    let platform = proxy.target();
    resolve(&format!(
        "version: 1\nworkload: {work}\nhops:\n  - {{name: edge, platform: {platform}, {declared}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

fn hop(chain: &Resolved) -> &ResolvedHop {
    &chain.hops[0]
}

/// When the hop answers, at its earliest, and after how many attempts.
fn predicted(hop: &ResolvedHop, guard: Guard) -> (f64, u32) {
    let answers: Vec<_> = hop.cases.iter().map(|case| case.answer(guard).unwrap()).collect();
    assert!(answers.iter().all(|a| a == &answers[0]), "the prediction is one value: {answers:?}");
    (answers[0].earliest.as_secs_f64(), answers[0].attempts)
}

/// One request through the generated proxy.
fn asked(proxy: Proxy, program: &Path, chain: &Resolved, method: &str, upstreams: &[SocketAddr]) -> Seen {
    let (_, files) = made(chain, proxy.target(), FULL);
    let running = proxy.start(program, &files, upstreams);
    request(running.address, method)
}

fn hang(proxy: Proxy, declared: &str, method: &str, servers: usize, attempts: u32) {
    let Some(program) = proxy.program() else { return };
    let what = format!("{proxy:?}, silent upstream, {declared}");
    let chain = chain(proxy, "buffered", declared);
    let (seconds, counted) = predicted(hop(&chain), Guard::WaitBuffered);
    let requests = Arc::new(AtomicU32::new(0));
    let upstreams: Vec<_> = (0..servers).map(|_| upstream(Upstream::Hangs, &requests)).collect();
    let seen = asked(proxy, &program, &chain, method, &upstreams);
    compare(&what, seconds, seen.seconds);
    assert_eq!(Some(seen.status), hop(&chain).emits(Cause::Timeout), "{what}");
    assert_eq!((counted, requests.load(Ordering::SeqCst)), (attempts, attempts), "{what}");
}

#[test]
fn a_silent_upstream_is_given_up_when_predicted() {
    hang(Haproxy, "timeouts: {server: 1200ms, connect: 5s, client: 30s}", "POST", 1, 1);
    hang(Envoy, "timeouts: {route-total: 1200ms}", "POST", 1, 1);
    hang(Envoy, "timeouts: {stream-idle: 1100ms}", "POST", 1, 1);
    hang(Envoy, "timeouts: {max-stream-duration: 1300ms}", "POST", 1, 1);
    hang(Caddy, "timeouts: {first-byte: 1200ms}", "POST", 1, 1);
    hang(Caddy, "timeouts: {read: 1200ms}", "POST", 1, 1);
    hang(Traefik, "timeouts: {first-byte: 1200ms}", "POST", 1, 1);
    hang(Apache, "timeouts: {read: 2s}", "POST", 1, 1);
    hang(Apache, "timeouts: {client-io: 1s}", "POST", 1, 1);
}

#[test]
fn a_silent_upstream_is_repeated_as_predicted() {
    let haproxy = "timeouts: {server: 900ms, connect: 5s, client: 30s}, retries: {attempts: 3, on: [timeout]}";
    hang(Haproxy, haproxy, "POST", 1, 3);
    let unsaid = "timeouts: {server: 900ms, connect: 5s, client: 30s}, retries: {attempts: 3}";
    hang(Haproxy, unsaid, "POST", 1, 1);
    let envoy = "with: {retry-policy: \"on\"}, timeouts: {per-try: 900ms}, retries: {attempts: 3, on: [timeout]}";
    hang(Envoy, envoy, "POST", 1, 3);
    let cut =
        "with: {retry-policy: \"on\"}, timeouts: {route-total: 1s, per-try: 5s}, retries: {attempts: 3, on: [timeout]}";
    hang(Envoy, cut, "POST", 1, 1);
    hang(Caddy, "method: GET, timeouts: {first-byte: 900ms}, retries: {attempts: 3}", "GET", 1, 3);
    hang(Caddy, "timeouts: {first-byte: 900ms}, retries: {attempts: 3}", "POST", 1, 1);
    hang(Traefik, "method: GET, timeouts: {first-byte: 900ms}, retries: {attempts: 3}", "GET", 1, 1);
    let apache = "with: {balancer: \"on\"}, endpoints: 2, timeouts: {read: 1s}, retries: {attempts: 2}";
    hang(Apache, apache, "POST", 2, 1);
}

fn stall(proxy: Proxy, declared: &str) {
    let Some(program) = proxy.program() else { return };
    let what = format!("{proxy:?}, stalled stream, {declared}");
    let chain = chain(proxy, "streaming", declared);
    let (seconds, _) = predicted(hop(&chain), Guard::Gap);
    let requests = Arc::new(AtomicU32::new(0));
    let seen = asked(proxy, &program, &chain, "POST", &[upstream(Upstream::Stalls, &requests)]);
    compare(&what, seconds, seen.seconds);
    compare(&format!("{what}, first event"), 0.0, seen.first.unwrap());
    assert_eq!((seen.status, seen.whole, requests.load(Ordering::SeqCst)), (200, false, 1), "{what}");
}

#[test]
fn a_stalled_stream_is_cut_when_predicted() {
    stall(Haproxy, "timeouts: {server: 1300ms, connect: 5s, client: 30s}");
    stall(Envoy, "timeouts: {stream-idle: 1300ms}");
    stall(Caddy, "timeouts: {read: 1300ms}");
    stall(Apache, "timeouts: {read: 2s}");
}

fn trickle(proxy: Proxy, declared: &str) -> Option<(Resolved, Seen)> {
    let program = proxy.program()?;
    let chain = chain(proxy, "streaming", declared);
    let requests = Arc::new(AtomicU32::new(0));
    let seen = asked(proxy, &program, &chain, "POST", &[upstream(Upstream::Trickles, &requests)]);
    assert_eq!(seen.status, 200);
    compare(&format!("{proxy:?}, stream, first event"), 0.0, seen.first.unwrap());
    Some((chain, seen))
}

#[test]
fn a_stream_that_moves_passes_and_only_a_total_cuts_it() {
    // Two seconds of stream, an event every 0.4 s.
    for (proxy, declared) in [
        (Haproxy, "timeouts: {server: 1s, connect: 5s, client: 30s}"),
        (Envoy, "timeouts: {stream-idle: 1s}"),
        (Caddy, "timeouts: {read: 1s, first-byte: 1s}"),
        (Traefik, "timeouts: {first-byte: 1s}"),
        (Apache, "timeouts: {read: 1s}"),
    ] {
        let Some((_, seen)) = trickle(proxy, declared) else { continue };
        compare(&format!("{proxy:?}, stream of 2 s"), 2.0, seen.seconds);
        assert!(seen.whole, "{proxy:?}");
    }
    for (proxy, declared) in [
        (Envoy, "timeouts: {route-total: 1s}"),
        (Envoy, "timeouts: {max-stream-duration: 1s}"),
        (Caddy, "timeouts: {client-write: 1s}"),
        (Traefik, "timeouts: {client-write: 1s}"),
    ] {
        let Some((chain, seen)) = trickle(proxy, declared) else { continue };
        let (seconds, _) = predicted(hop(&chain), Guard::StreamTotal);
        assert!(!seen.whole, "{proxy:?}");
        // Go looks at the next write, and Envoy may let its client wait a second more.
        assert!(seen.seconds >= seconds - 0.02 && seen.seconds < seconds + 1.4, "{proxy:?}: {}", seen.seconds);
    }
}

fn unreachable(proxy: Proxy, declared: &str, each: f64, servers: usize) {
    let Some(program) = proxy.program() else { return };
    let what = format!("{proxy:?}, dead upstream, {declared}");
    let all: Option<Vec<Dead>> = (0..servers).map(|_| dead()).collect();
    let Some(all) = all else {
        eprintln!("SKIPPED {what}: the queue of a port could not be filled here");
        return;
    };
    let chain = chain(proxy, "buffered", declared);
    let attempts = hop(&chain).cases[0].attempts.for_cause(Cause::Connect);
    let addresses: Vec<_> = all.iter().map(|dead| dead.address).collect();
    let seen = asked(proxy, &program, &chain, "POST", &addresses);
    compare(&what, each * f64::from(attempts), seen.seconds);
    assert_eq!(Some(seen.status), hop(&chain).emits(Cause::Connect), "{what}");
}

#[test]
fn a_dead_upstream_takes_the_connect_time_of_every_attempt() {
    unreachable(Haproxy, "timeouts: {connect: 300ms, server: 9s, client: 30s}", 0.3, 1);
    unreachable(Haproxy, "timeouts: {connect: 600ms, server: 9s, client: 30s}, retries: {attempts: 1}", 0.6, 1);
    unreachable(Envoy, "timeouts: {connect: 1100ms}", 1.1, 1);
    let envoy = "with: {retry-policy: \"on\"}, timeouts: {connect: 700ms}, retries: {attempts: 2, on: [connect]}";
    unreachable(Envoy, envoy, 0.7, 1);
    unreachable(Caddy, "timeouts: {connect: 1100ms}", 1.1, 1);
    unreachable(Caddy, "timeouts: {connect: 600ms}, retries: {attempts: 2}", 0.6, 1);
    unreachable(Traefik, "timeouts: {connect: 1100ms}", 1.1, 1);
    unreachable(Traefik, "timeouts: {connect: 600ms}, retries: {attempts: 2}", 0.6, 1);
    unreachable(Apache, "timeouts: {connect: 1100ms}", 1.1, 1);
    let apache = "with: {balancer: \"on\"}, endpoints: 2, timeouts: {connect: 700ms}, retries: {attempts: 2}";
    unreachable(Apache, apache, 0.7, 2);
    unreachable(Apache, "endpoints: 2, timeouts: {connect: 700ms}", 0.7, 2);
}

fn fails(proxy: Proxy, declared: &str, (kind, cause): (Option<Upstream>, Cause), attempts: u32) {
    let Some(program) = proxy.program() else { return };
    let what = format!("{proxy:?}, {cause}, {declared}");
    let chain = chain(proxy, "buffered", declared);
    let requests = Arc::new(AtomicU32::new(0));
    let server = kind.map_or_else(free, |kind| upstream(kind, &requests));
    let seen = asked(proxy, &program, &chain, "POST", &[server]);
    let status = if let Cause::Status(code) = cause { Some(code) } else { hop(&chain).emits(cause) };
    assert_eq!(Some(seen.status), status, "{what}");
    let counted = hop(&chain).cases[0].attempts.for_cause(cause);
    assert_eq!(counted, attempts, "{what}");
    if kind.is_some() {
        assert_eq!(requests.load(Ordering::SeqCst), attempts, "{what}");
    }
}

#[test]
fn failures_at_once_are_told_or_repeated_as_predicted() {
    let refused = (None, Cause::Refused);
    let reset = (Some(Upstream::Closes), Cause::Reset);
    let busy = (Some(Upstream::Says503), Cause::Status(503));
    let haproxy = "timeouts: {connect: 5s, server: 9s, client: 30s}";
    fails(Haproxy, haproxy, refused, 4);
    fails(Haproxy, haproxy, reset, 1);
    fails(Haproxy, &format!("{haproxy}, retries: {{attempts: 2, on: [reset, 503]}}"), reset, 2);
    fails(Haproxy, &format!("{haproxy}, retries: {{attempts: 2, on: [reset, 503]}}"), busy, 2);
    fails(Haproxy, &format!("{haproxy}, retries: {{attempts: 2, on: [reset]}}"), busy, 1);
    fails(Envoy, "timeout: 9s", refused, 1);
    fails(Envoy, "timeout: 9s", reset, 1);
    fails(Envoy, "timeout: 9s, with: {retry-policy: \"on\"}, retries: {attempts: 3, on: [reset]}", reset, 3);
    fails(Envoy, "timeout: 9s, with: {retry-policy: \"on\"}, retries: {attempts: 3, on: [503]}", busy, 3);
    fails(Envoy, "timeout: 9s, with: {retry-policy: \"on\"}, retries: {attempts: 2, on: [5xx]}", busy, 2);
    fails(Envoy, "timeout: 9s, retries: {attempts: 2}", busy, 2);
    fails(Envoy, "timeout: 9s, with: {retry-policy: \"on\"}, retries: {attempts: 3, on: [connect]}", busy, 1);
    for proxy in [Caddy, Traefik, Apache] {
        fails(proxy, "timeouts: {connect: 5s}", refused, 1);
        fails(proxy, "timeouts: {connect: 5s}", reset, 1);
        fails(proxy, "timeouts: {connect: 5s}", busy, 1);
    }
    fails(Caddy, "timeouts: {connect: 5s}, retries: {attempts: 3}", reset, 1);
    fails(Traefik, "timeouts: {connect: 5s}, retries: {attempts: 3}", busy, 1);
}

/// How long an idle connection of this side lives, as the model says.
fn idle(hop: &ResolvedHop, side: Side) -> f64 {
    let (_, timer) = hop.keepalive(&hop.cases[0], side).unwrap();
    let Some(Setting::At(idle)) = timer.unwrap().setting else { panic!("an idle time") };
    idle.as_secs_f64()
}

#[test]
fn an_idle_client_connection_is_closed_when_predicted() {
    for (proxy, declared) in [
        // HAProxy 2.6 takes the smaller one of this and timeout client.
        (Haproxy, "timeouts: {client-keepalive: 1300ms, client: 30s, server: 9s, connect: 5s}"),
        (Caddy, "timeouts: {client-keepalive: 1300ms}"),
        (Traefik, "timeouts: {client-keepalive: 1300ms}"),
        (Apache, "timeouts: {client-keepalive: 1300ms}"),
    ] {
        let Some(program) = proxy.program() else { continue };
        let chain = chain(proxy, "buffered", declared);
        let requests = Arc::new(AtomicU32::new(0));
        let (_, files) = made(&chain, proxy.target(), FULL);
        let running = proxy.start(&program, &files, &[upstream(Upstream::Answers, &requests)]);
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
        let mut buffer = [0; 4096];
        assert!(stream.read(&mut buffer).unwrap() > 0);
        let answered = Instant::now();
        while stream.read(&mut buffer).unwrap() > 0 {}
        compare_gap(
            &format!("{proxy:?}, idle client"),
            idle(hop(&chain), Side::Downstream),
            answered.elapsed().as_secs_f64(),
        );
    }
}

/// A client that stops in the middle, and how long the proxy waits for the rest.
fn stops(proxy: Proxy, timer: &str, seconds: f64, others: &str, sent: &str) {
    let Some(program) = proxy.program() else { return };
    let what = format!("{proxy:?}, {timer}");
    let ms = (seconds * 1000.0).round();
    let chain = chain(proxy, "buffered", &format!("timeouts: {{{timer}: {ms}ms{others}}}"));
    let requests = Arc::new(AtomicU32::new(0));
    let (hop, files) = made(&chain, proxy.target(), FULL);
    let running = proxy.start(&program, &files, &[upstream(Upstream::Answers, &requests)]);
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(sent.as_bytes()).unwrap();
    let (started, mut answer) = (Instant::now(), [0; 64]);
    let n = stream.read(&mut answer).unwrap_or(0);
    compare(&what, seconds, started.elapsed().as_secs_f64());
    let status = String::from_utf8_lossy(&answer[..n]).split(' ').nth(1).and_then(|s| s.parse().ok());
    let expected = hop.platform.timer(timer).unwrap().on_expiry.status.filter(|status| *status != 0);
    if proxy == Traefik {
        // Two of its own goroutines race for the answer.
        assert!(matches!((status, expected), (Some(499 | 504), Some(499 | 504))), "{what}: {status:?}");
    } else {
        assert_eq!(status, expected, "{what}");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0, "{what}");
}

#[test]
fn a_client_that_stops_sending_is_given_up_when_predicted() {
    const BODY: &str = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf";
    const HEAD: &str = "POST / HTTP/1.1\r\nHost: test\r\n";
    stops(Haproxy, "client-header", 1.2, ", client: 30s, server: 9s, connect: 5s", HEAD);
    stops(Envoy, "request", 1.2, "", BODY);
    stops(Envoy, "request-headers", 1.2, "", HEAD);
    stops(Caddy, "client-header", 1.2, "", HEAD);
    stops(Traefik, "client-read", 1.2, "", BODY);
    stops(Apache, "client-header", 2.0, "", HEAD);
    stops(Apache, "client-body", 2.0, "", BODY);
    stops(Apache, "client-io", 1.0, ", read: 9s", BODY);
}

#[test]
fn a_body_that_stalls_ends_the_request_to_the_backend() {
    // Caddy tells a client that has stopped sending nothing at all.
    let Some(program) = Caddy.program() else { return };
    let chain = chain(Caddy, "buffered", "timeouts: {client-body: 1200ms}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_, files) = made(&chain, Caddy.target(), FULL);
    let running = Caddy.start(&program, &files, &[listener.local_addr().unwrap()]);
    let mut client = TcpStream::connect(running.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
    let started = Instant::now();
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
    compare("Caddy, client-body, at the backend", 1.2, started.elapsed().as_secs_f64());
}

#[test]
fn a_pooled_connection_is_closed_after_its_idle_time() {
    for (proxy, declared) in [
        (Envoy, "timeouts: {upstream-keepalive: 1200ms}"),
        (Caddy, "timeouts: {upstream-keepalive: 1200ms}"),
        (Traefik, "timeouts: {upstream-keepalive: 1200ms}"),
    ] {
        let Some(program) = proxy.program() else { continue };
        let chain = chain(proxy, "streaming", declared);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (_, files) = made(&chain, proxy.target(), FULL);
        let running = proxy.start(&program, &files, &[listener.local_addr().unwrap()]);
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..2 {
                assert!(whole_request(&mut stream), "both requests come over one connection");
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            }
            let answered = Instant::now();
            assert_eq!(stream.read(&mut [0; 64]).unwrap(), 0, "closed, and no third request");
            answered.elapsed().as_secs_f64()
        });
        for _ in 0..2 {
            assert_eq!(request(running.address, "GET").status, 200);
        }
        compare_gap(
            &format!("{proxy:?}, pooled connection"),
            idle(hop(&chain), Side::Upstream),
            server.join().unwrap(),
        );
    }
}
