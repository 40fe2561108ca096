//! Generated shell functions with the real curl against a stub server: attempts, waits and totals are what the chain
//! says.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Guard;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use real::stub::{Kind, Stub};
use real::{Folder, compare, compare_gap, fixtures, made, program, resolve, skip};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

fn bash(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_BASH", "", "bash");
    if found.is_none() || program("HOPLINT_CURL", "", "curl").is_none() {
        skip(what, "curl or bash");
        return None;
    }
    found
}

fn chain(declared: &str) -> Resolved {
    resolve(&format!(
        "version: 1\nworkload: {{mode: buffered, total: 100ms}}\nhops:\n  - {{name: app, platform: curl, {declared}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

struct Ran {
    seconds: f64,
    code: i32,
    out: String,
}

fn run(bash: &PathBuf, chain: &Resolved, port: u16) -> Ran {
    let (_, generated) = made(chain, "curl", Options::default());
    let folder = Folder::new("curl");
    let path = folder.write(&generated.files[0].name, &generated.files[0].text);
    let request = folder.write("request.json", "{}");
    let started = Instant::now();
    let out = Command::new(bash)
        .args(["-euo", "pipefail", "-c", "source \"$1\"; app_curl --noproxy '*' -d @\"$2\" \"$3\"", "test"])
        .arg(path)
        .arg(request)
        .arg(format!("http://127.0.0.1:{port}/v1/chat/completions"))
        .output()
        .unwrap();
    let seconds = started.elapsed().as_secs_f64();
    Ran { seconds, code: out.status.code().unwrap(), out: String::from_utf8(out.stdout).unwrap() }
}

fn against(bash: &PathBuf, declared: &str, kind: Kind) -> (Ran, Stub) {
    let stub = Stub::new(kind);
    (run(bash, &chain(declared), stub.port), stub)
}

/// curl's code for a timer that fired.
const TIMED_OUT: i32 = 28;
/// curl's code for an error status.
const ERROR_STATUS: i32 = 22;

fn hangs(bash: &PathBuf, what: &str, declared: &str) -> Stub {
    let answer = chain(declared).hops[0].cases[0].answer(Guard::WaitBuffered).unwrap();
    let (ran, stub) = against(bash, declared, Kind::Hangs);
    compare(what, answer.earliest.as_secs_f64(), ran.seconds);
    assert_eq!((stub.attempts(), ran.code), (answer.attempts as usize, TIMED_OUT), "{what}");
    stub
}

#[test]
fn curl_repeats_by_itself_as_the_chain_says() {
    let Some(bash) = bash("curl: --retry") else { return };
    hangs(&bash, "curl, hang, --max-time 1, 2 attempts", "timeouts: {total: 1s}, retries: {attempts: 2}");
    hangs(&bash, "curl, hang, --max-time 0.7, 1 attempt", "timeouts: {total: 700ms}, retries: {attempts: 1}");
    hangs(&bash, "curl, hang, --speed-time 2", "timeouts: {speed: 2s}, retries: {attempts: 1}");
    let (ran, stub) = against(&bash, "timeouts: {total: 5s}, retries: {attempts: 3}", Kind::Always(529));
    assert_eq!((stub.attempts(), ran.code), (1, ERROR_STATUS), "curl does not know 529");
}

#[test]
fn the_loop_waits_as_the_chain_says() {
    let Some(bash) = bash("curl: own waits") else { return };
    let stub = hangs(
        &bash,
        "curl, hang, own waits 1 s, 0.5 s",
        "timeouts: {total: 800ms}, retries: {attempts: 3, backoff: [1s, 500ms]}",
    );
    compare_gap("  from request 1 to 2", 1.8, stub.gaps()[0]);
    compare_gap("  from request 2 to 3", 1.3, stub.gaps()[1]);
    hangs(
        &bash,
        "curl, hang, window 1.5 s",
        "timeouts: {total: 800ms}, retries: {attempts: 5, backoff: [300ms], window: 1500ms}",
    );
    let stub = hangs(
        &bash,
        "curl, hang, deadline 3 s",
        "timeouts: {total: 1s}, deadline: 3s, retries: {attempts: 5, backoff: [200ms]}",
    );
    compare_gap("  connection closed", 3.0, stub.left_after());
    let declared =
        "timeouts: {total: 5s}, retries: {attempts: 3, backoff: {initial: 800ms, factor: 2, max: 5s, jitter: 0.5}}";
    let (_, stub) = against(&bash, declared, Kind::Always(503));
    assert_eq!(stub.attempts(), 3);
    for (gap, (least, most)) in stub.gaps().iter().zip([(0.4, 0.8), (0.8, 1.6)]) {
        println!("curl, exponential wait                         predicted {least} to {most} s  measured {gap:6.3} s");
        assert!(*gap >= least - 0.2 && *gap <= most + 0.7, "{gap} is outside {least} to {most}");
    }
}

#[test]
fn only_stated_causes_are_repeated() {
    let Some(bash) = bash("curl: causes") else { return };
    let declared = "timeouts: {total: 5s}, retries: {attempts: 3, backoff: [100ms], on: [refused, 529]}";
    for (status, attempts) in [(529, 3), (503, 1), (400, 1)] {
        let (ran, stub) = against(&bash, declared, Kind::Always(status));
        assert_eq!((stub.attempts(), ran.code), (attempts, ERROR_STATUS), "{status}");
        assert_eq!(ran.out, "", "the body of an error is not written");
    }
    let (ran, stub) = against(&bash, declared, Kind::Then(529, ""));
    assert_eq!((stub.attempts(), ran.code), (2, 0));
    assert!(ran.out.starts_with("{\"id\"") && ran.out.ends_with('}'), "{}", ran.out);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ran = run(&bash, &chain("timeouts: {total: 5s}, retries: {attempts: 3, backoff: [400ms]}"), nobody);
    assert_eq!(ran.code, 7, "curl itself does not repeat a refused connection");
    assert!(ran.seconds < 0.4, "{}", ran.seconds);
    let ran =
        run(&bash, &chain("timeouts: {total: 5s}, retries: {attempts: 3, backoff: [400ms], on: [refused]}"), nobody);
    compare("curl, refused, own waits 0.4 s", 0.8, ran.seconds);
    assert_eq!(ran.code, 7);
}

#[test]
fn retry_after_comes_first() {
    let Some(bash) = bash("curl: Retry-After") else { return };
    let obey = "timeouts: {total: 5s}, retries: {attempts: 2, backoff: [3s]}";
    let (ran, stub) = against(&bash, obey, Kind::Then(429, "Retry-After: 1\r\n"));
    compare("curl, Retry-After 1 s, own wait 3 s", 1.0, ran.seconds);
    assert!(ran.seconds < 2.9, "the server's wait comes first: {}", ran.seconds);
    assert_eq!((stub.attempts(), ran.code), (2, 0));
    let ignore = "timeouts: {total: 5s}, retries: {attempts: 2, backoff: [500ms], retry-after: ignore}";
    let (ran, stub) = against(&bash, ignore, Kind::Then(429, "Retry-After: 60\r\n"));
    compare("curl, Retry-After 60 s ignored, wait 0.5 s", 0.5, ran.seconds);
    assert_eq!((stub.attempts(), ran.code), (2, 0));
}

#[test]
fn what_has_begun_is_limited_and_not_repeated() {
    let Some(bash) = bash("curl: streams") else { return };
    let declared = "timeouts: {total: 1500ms}, retries: {attempts: 3, backoff: [100ms]}";
    let (ran, stub) = against(&bash, declared, Kind::Trickles);
    compare("curl, trickling body, --max-time 1.5", 1.5, ran.seconds);
    assert_eq!((stub.attempts(), ran.code), (1, TIMED_OUT));
    let declared = "timeouts: {speed: 2s}, retries: {attempts: 3, backoff: [100ms]}";
    let steady = Kind::Events { count: 5, pause_ms: 600, ends: true };
    let (ran, stub) = against(&bash, declared, steady);
    compare("curl, steady stream, --speed-time 2", 3.0, ran.seconds);
    assert_eq!((stub.attempts(), ran.code), (1, 0));
    assert!(ran.out.contains("[DONE]"), "{}", ran.out);
    let silent = Kind::Events { count: 3, pause_ms: 100, ends: false };
    let (ran, stub) = against(&bash, declared, silent);
    // The average speed needs a while to fall: the chain knows this timer to be 2 to 6.5 s late.
    println!("curl, silent stream, --speed-time 2             predicted 4.3 to 8.8 s  measured {:6.3} s", ran.seconds);
    assert_eq!((stub.attempts(), ran.code), (1, TIMED_OUT));
    assert!(ran.seconds >= 4.3 && ran.seconds <= 9.5, "{}", ran.seconds);
}

#[test]
fn bash_reads_every_fixture_and_every_name() {
    let Some(bash) = bash("curl: syntax") else { return };
    let folder = Folder::new("bash");
    for (n, (_, text)) in fixtures("curl").iter().enumerate() {
        let chain = resolve(text);
        for (h, name) in real::HOSTILE.iter().enumerate() {
            let (_, generated) =
                made(&real::renamed(&chain, name), "curl", Options { explicit: h % 2 == 0, full: false });
            let path = folder.write(&format!("{n}-{h}.sh"), &generated.files[0].text);
            // Sourcing defines functions and does nothing else: no output, no other command, and nothing fails.
            let code = "PATH= ; source \"$1\" && compgen -A function | { n=0; while read -r f; do n=$((n + 1)); [[ $f =~ ^[a-z][a-z0-9_]*_(curl|now|seconds)$ ]] || exit 9; done; ((n > 0)); }";
            let out = Command::new(&bash)
                .args(["--norc", "--noprofile", "-euo", "pipefail", "-c", code, "test"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{name:?}: {out:?}");
            let out = Command::new(&bash).arg("-n").arg(&path).output().unwrap();
            assert!(out.status.success() && out.stderr.is_empty(), "{name:?}: {out:?}");
        }
    }
}
