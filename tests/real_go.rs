//! Generated Go against a stub server: it is formatted, passes vet, and attempts, waits and totals are what the chain
//! says. It needs the standard library alone, so the SDK is not needed here.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Guard;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use real::stub::{Kind, Stub};
use real::{Folder, compare, compare_gap, fixtures, made, program, resolve, skip};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Go module with one package for each client.
struct Project {
    folder: Folder,
    go: PathBuf,
}

impl Project {
    fn new(what: &str) -> Option<Project> {
        let Some(go) = program("HOPLINT_GO", "", "go") else {
            skip(what, "a Go toolchain");
            return None;
        };
        let folder = Folder::new("go");
        folder.write("go.mod", "module test\n\ngo 1.19\n");
        Some(Project { folder, go })
    }

    fn add(&self, package: &str, name: &str, text: &str) {
        std::fs::create_dir_all(self.folder.0.join(package)).unwrap();
        self.folder.write(&format!("{package}/{name}"), text);
    }

    fn go(&self, arguments: &[&str]) -> String {
        let out = Command::new(&self.go)
            .current_dir(&self.folder.0)
            .args(arguments)
            .envs([("GOPROXY", "off"), ("GOFLAGS", "-mod=mod"), ("GO111MODULE", "on"), ("CGO_ENABLED", "0")])
            .output()
            .unwrap();
        assert!(out.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }
}

fn chain(declared: &str) -> Resolved {
    resolve(&format!(
        "version: 1\nworkload: {{mode: buffered, total: 100ms}}\nhops:\n  - {{name: app, platform: openai-go, {declared}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

struct Ran {
    chain: Resolved,
    stub: Stub,
    seconds: f64,
    error: String,
    status: u64,
    text: String,
}

/// One call: what it shows, what the hop declares, the server, and what must come of it.
struct Case {
    what: &'static str,
    declared: &'static str,
    kind: Kind,
    check: fn(&str, &Ran),
}

fn run_all(cases: &[Case]) {
    let Some(project) = Project::new("go: calls") else { return };
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/go_call.go");
    let (mut imports, mut clients) = (String::new(), String::new());
    for (n, case) in cases.iter().enumerate() {
        let (_, generated) = made(&chain(case.declared), "go-openai", Options::default());
        project.add(&format!("case{n}"), &generated.files[0].name, &generated.files[0].text);
        let _ = writeln!(imports, "\tcase{n} \"test/case{n}\"");
        let _ = writeln!(clients, "\t\"{n}\": case{n}.New,");
    }
    let main = std::fs::read_to_string(driver).unwrap();
    let main = main.replace("\t\"time\"\n", &format!("\t\"time\"\n{imports}")).replace("\t// clients\n", &clients);
    project.folder.write("main.go", &main);
    project.go(&["vet", "./..."]);
    project.go(&["build", "-o", "calls", "."]);
    let numbered: Vec<_> = cases.iter().enumerate().collect();
    for group in numbered.chunks(4) {
        std::thread::scope(|scope| {
            for (n, case) in group {
                let program = project.folder.0.join("calls");
                scope.spawn(move || {
                    let stub = Stub::new(case.kind);
                    let url = format!("http://127.0.0.1:{}", stub.port);
                    let out = Command::new(program).args([&n.to_string(), &url]).env("NO_PROXY", "*").output().unwrap();
                    assert!(out.status.success(), "{}: {}", case.what, String::from_utf8_lossy(&out.stderr));
                    let said: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
                    let ran = Ran {
                        chain: chain(case.declared),
                        stub,
                        seconds: said["seconds"].as_f64().unwrap(),
                        error: said["error"].as_str().unwrap().to_owned(),
                        status: said["status"].as_u64().unwrap(),
                        text: said["text"].as_str().unwrap().to_owned(),
                    };
                    (case.check)(&format!("go, {}", case.what), &ran);
                });
            }
        });
    }
}

/// It failed when the model says, after as many attempts as it says.
fn as_predicted(what: &str, ran: &Ran, error: &str) {
    let answer = ran.chain.hops[0].cases[0].answer(Guard::WaitBuffered).unwrap();
    compare(what, answer.earliest.as_secs_f64(), ran.seconds);
    assert_eq!(ran.stub.attempts(), answer.attempts as usize, "{what}");
    assert!(ran.error.contains(error), "{what}: {}", ran.error);
}

const NO_HEADERS: &str = "timeout awaiting response headers";
const DEADLINE: &str = "exceeded";

/// A reader of the body sees the deadline itself or the connection that it closed, whichever comes first.
fn cut_at_the_deadline(ran: &Ran) -> bool {
    ran.error.contains("context deadline exceeded") || ran.error.contains("(Client.Timeout or context cancellation")
}

#[test]
fn calls_are_as_the_chain_says() {
    run_all(&[
        Case {
            what: "hang, headers 1 s, no repetition",
            declared: "timeouts: {response-header: 1s}, retries: {attempts: 1}",
            kind: Kind::Hangs,
            check: |what, ran| as_predicted(what, ran, NO_HEADERS),
        },
        Case {
            what: "hang, headers 0.8 s, waits 1 s, 0.5 s",
            declared: "timeouts: {response-header: 800ms}, retries: {attempts: 3, backoff: [1s, 500ms]}",
            kind: Kind::Hangs,
            check: |what, ran| {
                as_predicted(what, ran, NO_HEADERS);
                compare_gap(&format!("{what}: request 1 to 2"), 1.8, ran.stub.gaps()[0]);
                compare_gap(&format!("{what}: request 2 to 3"), 1.3, ran.stub.gaps()[1]);
            },
        },
        Case {
            what: "hang, request timeout 1 s ends the call",
            declared: "timeout: 1s, retries: {attempts: 3, backoff: [200ms]}",
            kind: Kind::Hangs,
            check: |what, ran| {
                compare(what, 1.0, ran.seconds);
                assert_eq!(ran.stub.attempts(), 1, "{what}");
                assert!(ran.error.contains("deadline exceeded"), "{what}: {}", ran.error);
            },
        },
        Case {
            what: "trickling body, request timeout 1.5 s",
            declared: "timeout: 1500ms, retries: {attempts: 3, backoff: [200ms]}",
            kind: Kind::Trickles,
            check: |what, ran| {
                compare(what, 1.5, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.status), (1, 200), "{what}");
                assert!(cut_at_the_deadline(ran), "{what}: {}", ran.error);
                compare_gap(&format!("{what}: connection closed"), 1.5, ran.stub.left_after());
            },
        },
        Case {
            what: "hang, deadline 3 s",
            declared: "timeouts: {response-header: 1s}, deadline: 3s, retries: {attempts: 5, backoff: [200ms]}",
            kind: Kind::Hangs,
            check: |what, ran| {
                as_predicted(what, ran, DEADLINE);
                compare_gap(&format!("{what}: connection closed"), 3.0, ran.stub.left_after());
            },
        },
        Case {
            what: "endless stream, deadline 2 s",
            declared: "timeouts: {response-header: 1s}, deadline: 2s, retries: {attempts: 2, backoff: [200ms]}",
            kind: Kind::Events { count: 1000, pause_ms: 100, ends: true },
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert!(cut_at_the_deadline(ran) && ran.text.contains("data:"), "{what}: {}", ran.error);
                compare_gap(&format!("{what}: connection closed"), 2.0, ran.stub.left_after());
            },
        },
        Case {
            what: "a steady stream outlives the wait for headers",
            declared: "timeouts: {response-header: 1s}, retries: {attempts: 2, backoff: [200ms]}",
            kind: Kind::Events { count: 5, pause_ms: 400, ends: true },
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_str()), (1, ""), "{what}");
            },
        },
        Case {
            what: "hang, window 1.5 s",
            declared: "timeouts: {response-header: 800ms}, retries: {attempts: 5, backoff: [300ms], window: 1500ms}",
            kind: Kind::Hangs,
            check: |what, ran| as_predicted(what, ran, NO_HEADERS),
        },
        Case {
            what: "Retry-After 1 s, own wait 3 s",
            declared: "retries: {attempts: 2, backoff: [3s]}",
            kind: Kind::Then(429, "Retry-After: 1\r\n"),
            check: |what, ran| {
                compare(what, 1.0, ran.seconds);
                assert!(ran.seconds < 2.9, "{what}: the server's wait comes first: {}", ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.status), (2, 200), "{what}");
            },
        },
        Case {
            what: "Retry-After 60 s ignored, own wait 0.5 s",
            declared: "retries: {attempts: 2, backoff: [500ms], retry-after: ignore}",
            kind: Kind::Then(429, "Retry-After: 60\r\n"),
            check: |what, ran| {
                compare(what, 0.5, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.status), (2, 200), "{what}");
            },
        },
        Case {
            what: "503 is repeated",
            declared: "retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}",
            kind: Kind::Always(503),
            check: |what, ran| assert_eq!((ran.stub.attempts(), ran.status), (3, 503), "{what}"),
        },
        Case {
            what: "429 is not repeated where only 503 is stated",
            declared: "retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}",
            kind: Kind::Always(429),
            check: |what, ran| assert_eq!((ran.stub.attempts(), ran.status), (1, 429), "{what}"),
        },
        Case {
            what: "exponential waits with jitter",
            declared: "retries: {attempts: 3, backoff: {initial: 800ms, factor: 2, max: 5s, jitter: 0.5}}",
            kind: Kind::Always(529),
            check: |what, ran| {
                assert_eq!(ran.stub.attempts(), 3, "{what}");
                for (gap, (least, most)) in ran.stub.gaps().iter().zip([(0.4, 0.8), (0.8, 1.6)]) {
                    println!("{what:<46} predicted {least} to {most} s  measured {gap:6.3} s");
                    assert!(*gap >= least - 0.2 && *gap <= most + 0.7, "{what}: {gap} is outside {least} to {most}");
                }
            },
        },
    ]);
}

#[test]
fn every_fixture_is_formatted_and_passes_vet() {
    let Some(project) = Project::new("go: fixtures") else { return };
    let mut files = Vec::new();
    for (n, (_, text)) in fixtures("go-openai").iter().enumerate() {
        let chain = resolve(text);
        for explicit in [false, true] {
            let (_, generated) = made(&chain, "go-openai", Options { explicit, full: false });
            let (package, name) = (format!("f{n}{explicit}"), &generated.files[0].name);
            project.add(&package, name, &generated.files[0].text);
            files.push(format!("{package}/{name}"));
        }
        for (h, name) in real::HOSTILE.iter().enumerate() {
            let (_, generated) = made(&real::renamed(&chain, name), "go-openai", Options::default());
            project.add(&format!("f{n}hostile{h}"), &generated.files[0].name, &generated.files[0].text);
        }
    }
    project.go(&["vet", "./..."]);
    let mut arguments = vec!["-d".to_owned()];
    arguments.extend(files);
    let out = Command::new(project.go.with_file_name("gofmt"))
        .current_dir(&project.folder.0)
        .args(arguments)
        .output()
        .unwrap();
    assert!(out.status.success() && out.stdout.is_empty(), "{}", String::from_utf8_lossy(&out.stdout));
}
