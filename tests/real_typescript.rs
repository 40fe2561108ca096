//! Generated TypeScript with the real SDKs against a stub server: the compiler takes it in its strictest mode, and
//! attempts, waits, deadlines and streams are what the chain says.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Guard;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use real::stub::{Kind, Stub};
use real::{Folder, compare, compare_gap, fixtures, made, program, resolve, skip};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder in which the TypeScript compiler and Node find the packages.
struct Project {
    folder: Folder,
    node: PathBuf,
    packages: PathBuf,
}

impl Project {
    fn new(what: &str) -> Option<Project> {
        let node = program("HOPLINT_NODE", "", "node");
        let packages = program("HOPLINT_NODE_MODULES", "npm/node_modules", "");
        let (Some(node), Some(packages)) = (node, packages.filter(|p| p.join("typescript").exists())) else {
            skip(what, "Node with openai, @anthropic-ai/sdk, ai and typescript (.cache/npm)");
            return None;
        };
        let folder = Folder::new("typescript");
        folder.write("package.json", r#"{"type": "module"}"#);
        let config = r#"{
            "compilerOptions": {
                "strict": true, "noUnusedLocals": true, "noUnusedParameters": true, "noImplicitReturns": true,
                "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "verbatimModuleSyntax": true,
                "target": "es2022", "lib": ["es2022", "dom"], "module": "nodenext", "types": ["node"],
                "skipLibCheck": true, "removeComments": true, "noEmitOnError": true, "rootDir": "src", "outDir": "out"
            },
            "include": ["src"]
        }"#;
        folder.write("tsconfig.json", config);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&packages, folder.0.join("node_modules")).unwrap();
        std::fs::create_dir(folder.0.join("src")).unwrap();
        Some(Project { folder, node, packages })
    }

    fn add(&self, name: &str, text: &str) {
        self.folder.write(&format!("src/{name}.ts"), text);
    }

    fn compile(&self) {
        let compiler = self.packages.join("typescript/bin/tsc");
        let out = Command::new(&self.node).arg(compiler).arg("-p").arg(&self.folder.0).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    }

    fn compiled(&self, name: &str) -> PathBuf {
        self.folder.0.join(format!("out/{name}.js"))
    }
}

#[derive(Clone, Copy)]
struct Sdk {
    name: &'static str,
    target: &'static str,
    platform: &'static str,
}

const OPENAI: Sdk = Sdk { name: "openai", target: "ts-openai", platform: "openai-node" };
const ANTHROPIC: Sdk = Sdk { name: "anthropic", target: "ts-anthropic", platform: "anthropic-node" };
const VERCEL: Sdk = Sdk { name: "vercel", target: "ts-vercel-ai", platform: "vercel-ai-sdk" };

struct Ran {
    chain: Resolved,
    stub: Stub,
    seconds: f64,
    error: Option<String>,
    events: u64,
}

/// One call: what it shows, what the hop declares, the server, which function is called, and what must come of it.
struct Case {
    what: &'static str,
    declared: &'static str,
    kind: Kind,
    how: &'static str,
    check: fn(&str, &Ran),
}

fn chain(sdk: Sdk, declared: &str) -> Resolved {
    let platform = sdk.platform;
    resolve(&format!(
        "version: 1\nworkload: {{mode: buffered, total: 100ms}}\nhops:\n  - {{name: app, platform: {platform}, {declared}}}\n  - {{name: model, platform: openai}}\n"
    ))
}

/// Runs the cases a few at a time: most of their time is waiting.
fn run_all(sdk: Sdk, cases: &[Case]) {
    let Some(project) = Project::new(sdk.target) else { return };
    for (n, case) in cases.iter().enumerate() {
        let (_, generated) = made(&chain(sdk, case.declared), sdk.target, Options::default());
        project.add(&format!("case{n}"), &generated.files[0].text);
    }
    project.compile();
    let numbered: Vec<_> = cases.iter().enumerate().collect();
    for group in numbered.chunks(3) {
        std::thread::scope(|scope| {
            for (n, case) in group {
                let project = &project;
                scope.spawn(move || {
                    let ran = run(project, sdk, *n, case);
                    (case.check)(&format!("{}, {}", sdk.name, case.what), &ran);
                });
            }
        });
    }
}

fn run(project: &Project, sdk: Sdk, n: usize, case: &Case) -> Ran {
    let stub = Stub::new(case.kind);
    // The driver stands beside the packages' folder, where imports are looked up.
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/node_call.mjs");
    let local = project.folder.0.join(format!("call{n}.mjs"));
    std::fs::copy(driver, &local).unwrap();
    let out = Command::new(&project.node)
        .arg(local)
        .args([sdk.name, case.how])
        .arg(project.compiled(&format!("case{n}")))
        .arg(format!("http://127.0.0.1:{}", stub.port))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}: {}", case.what, String::from_utf8_lossy(&out.stderr));
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    Ran {
        chain: chain(sdk, case.declared),
        stub,
        seconds: said["seconds"].as_f64().unwrap(),
        error: said["error"].as_str().map(str::to_owned),
        events: said["events"].as_u64().unwrap(),
    }
}

/// It failed when the model says, after as many attempts as it says.
fn as_predicted(what: &str, ran: &Ran, error: &str) {
    let answer = ran.chain.hops[0].cases[0].answer(Guard::WaitBuffered).unwrap();
    // Node's own timers are late by up to 0.8 s each, and the chain knows it.
    let (earliest, latest) = (answer.earliest.as_secs_f64(), answer.latest.as_secs_f64());
    println!("{what:<46} predicted {earliest:6.3} to {latest:6.3} s  measured {:6.3} s", ran.seconds);
    assert!(ran.seconds >= earliest - 0.02 && ran.seconds <= latest * 1.2 + 0.7, "{what}: {}", ran.seconds);
    assert_eq!(ran.stub.attempts(), answer.attempts as usize, "{what}");
    assert_eq!(ran.error.as_deref(), Some(error), "{what}");
}

const TIMEOUT: &str = "APIConnectionTimeoutError";

/// What both SDKs do alike.
fn sister_sdk_cases() -> Vec<Case> {
    vec![
        Case {
            what: "hang, 1 s, 2 attempts of the SDK",
            declared: "timeout: 1s, retries: {attempts: 2}",
            kind: Kind::Hangs,
            how: "sdk",
            check: |what, ran| as_predicted(what, ran, TIMEOUT),
        },
        Case {
            what: "hang, headersTimeout 1 s before 5 s",
            declared: "timeout: 5s, timeouts: {undici-headers: 1s}, retries: {attempts: 1}",
            kind: Kind::Hangs,
            how: "sdk",
            check: |what, ran| as_predicted(what, ran, TIMEOUT),
        },
        Case {
            what: "hang, own waits 1 s, 0.5 s",
            declared: "timeout: 800ms, retries: {attempts: 3, backoff: [1s, 500ms]}",
            kind: Kind::Hangs,
            how: "call",
            check: |what, ran| {
                as_predicted(what, ran, TIMEOUT);
                compare_gap(&format!("{what}: request 1 to 2"), 1.8, ran.stub.gaps()[0]);
                compare_gap(&format!("{what}: request 2 to 3"), 1.3, ran.stub.gaps()[1]);
            },
        },
        Case {
            what: "hang, deadline 3 s",
            declared: "timeout: 1s, deadline: 3s, retries: {attempts: 5, backoff: [200ms]}",
            kind: Kind::Hangs,
            how: "call",
            check: |what, ran| {
                as_predicted(what, ran, TIMEOUT);
                compare_gap(&format!("{what}: connection closed"), 3.0, ran.stub.left_after());
            },
        },
        Case {
            what: "trickling body, 1.5 s an attempt",
            declared: "timeout: 1500ms, retries: {attempts: 1, backoff: [1s]}",
            kind: Kind::Trickles,
            how: "call",
            check: |what, ran| {
                compare(what, 1.5, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (1, Some(TIMEOUT)), "{what}");
                compare_gap(&format!("{what}: connection closed"), 1.5, ran.stub.left_after());
            },
        },
        Case {
            what: "hang, window 1.5 s",
            declared: "timeout: 800ms, retries: {attempts: 5, backoff: [300ms], window: 1500ms}",
            kind: Kind::Hangs,
            how: "call",
            check: |what, ran| as_predicted(what, ran, TIMEOUT),
        },
        Case {
            what: "Retry-After 1 s, own wait 3 s",
            declared: "timeout: 5s, retries: {attempts: 2, backoff: [3s]}",
            kind: Kind::Then(429, "Retry-After: 1\r\n"),
            how: "call",
            check: |what, ran| {
                compare(what, 1.0, ran.seconds);
                assert!(ran.seconds < 2.9, "{what}: the server's wait comes first: {}", ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (2, None), "{what}");
            },
        },
        Case {
            what: "Retry-After 60 s ignored, own wait 0.5 s",
            declared: "timeout: 5s, retries: {attempts: 2, backoff: [500ms], retry-after: ignore}",
            kind: Kind::Then(429, "Retry-After: 60\r\n"),
            how: "call",
            check: |what, ran| {
                compare(what, 0.5, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (2, None), "{what}");
            },
        },
        Case {
            what: "503 is repeated",
            declared: "timeout: 5s, retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}",
            kind: Kind::Always(503),
            how: "call",
            check: |what, ran| assert_eq!(ran.stub.attempts(), 3, "{what}"),
        },
        Case {
            what: "429 is not repeated where only 503 is stated",
            declared: "timeout: 5s, retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}",
            kind: Kind::Always(429),
            how: "call",
            check: |what, ran| assert_eq!(ran.stub.attempts(), 1, "{what}"),
        },
        Case {
            what: "exponential waits with jitter",
            declared: "timeout: 5s, retries: {attempts: 3, backoff: {initial: 800ms, factor: 2, max: 5s, jitter: 0.5}}",
            kind: Kind::Always(529),
            how: "call",
            check: |what, ran| {
                assert_eq!(ran.stub.attempts(), 3, "{what}");
                for (gap, (least, most)) in ran.stub.gaps().iter().zip([(0.4, 0.8), (0.8, 1.6)]) {
                    println!("{what:<46} predicted {least} to {most} s  measured {gap:6.3} s");
                    assert!(*gap >= least - 0.2 && *gap <= most + 0.7, "{what}: {gap} is outside {least} to {most}");
                }
            },
        },
        Case {
            what: "a steady stream outlives the attempt's timer",
            declared: "timeout: 1s, timeouts: {undici-body: 1s}, retries: {attempts: 2, backoff: [1s]}",
            kind: Kind::Events { count: 5, pause_ms: 400, ends: true },
            how: "stream",
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (1, None), "{what}");
                assert!(ran.events >= 5, "{what}: {} events", ran.events);
            },
        },
        Case {
            what: "stream silent after 3 events, gap 1.5 s",
            declared: "timeout: 5s, timeouts: {undici-body: 1500ms}, retries: {attempts: 2, backoff: [1s]}",
            kind: Kind::Events { count: 3, pause_ms: 100, ends: false },
            how: "stream",
            check: |what, ran| {
                compare(what, 1.8, ran.seconds);
                assert_eq!((ran.events, ran.error.as_deref()), (3, Some(TIMEOUT)), "{what}");
                assert_eq!(ran.stub.attempts(), 1, "{what}: what has begun is not repeated");
            },
        },
        Case {
            what: "endless stream, deadline 2 s",
            declared: "timeout: 1s, deadline: 2s, retries: {attempts: 2, backoff: [1s]}",
            kind: Kind::Events { count: 1000, pause_ms: 100, ends: true },
            how: "stream",
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert_eq!(ran.error.as_deref(), Some(TIMEOUT), "{what}: the SDK ends it in silence");
                compare_gap(&format!("{what}: connection closed"), 2.0, ran.stub.left_after());
            },
        },
        Case {
            what: "504, then a stream that outlives the timer",
            declared: "timeout: 800ms, retries: {attempts: 2, backoff: [300ms], on: [429], on-504: stream}",
            kind: Kind::EventsAfter504 { count: 5, pause_ms: 400 },
            how: "call",
            check: |what, ran| {
                compare(what, 2.3, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (2, None), "{what}");
            },
        },
        Case {
            what: "504, then an endless stream, deadline 2 s",
            declared: "timeout: 800ms, deadline: 2s, retries: {attempts: 2, backoff: [300ms], on-504: stream}",
            kind: Kind::EventsAfter504 { count: 1000, pause_ms: 100 },
            how: "call",
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (2, Some(TIMEOUT)), "{what}");
            },
        },
        Case {
            what: "stream without headers, repeated",
            declared: "timeout: 700ms, retries: {attempts: 2, backoff: [500ms]}",
            kind: Kind::Hangs,
            how: "stream",
            check: |what, ran| as_predicted(what, ran, TIMEOUT),
        },
    ]
}

#[test]
fn openai_calls_are_as_the_chain_says() {
    let mut cases = sister_sdk_cases();
    cases.push(Case {
        what: "Retry-After 61 s is too long, own wait 0.5 s",
        declared: "timeout: 5s, retries: {attempts: 2, backoff: [500ms]}",
        kind: Kind::Then(429, "Retry-After: 61\r\n"),
        how: "call",
        check: |what, ran| compare(what, 0.5, ran.seconds),
    });
    run_all(OPENAI, &cases);
}

#[test]
fn anthropic_calls_are_as_the_chain_says() {
    run_all(ANTHROPIC, &sister_sdk_cases());
}

#[test]
fn vercel_calls_are_as_the_chain_says() {
    run_all(VERCEL, &vercel_cases());
}

/// The timers of this SDK are of the whole call, so only fetch can end one attempt.
fn vercel_cases() -> Vec<Case> {
    vec![
        Case {
            what: "hang, total 1 s ends the call",
            declared: "with: {runtime: node}, timeout: 1s, retries: {attempts: 2}",
            kind: Kind::Hangs,
            how: "sdk",
            check: |what, ran| {
                compare(what, 1.0, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (1, Some("TimeoutError")), "{what}");
            },
        },
        Case {
            what: "hang, headersTimeout 1 s, 2 attempts of the SDK",
            declared: "with: {runtime: node}, timeouts: {undici-headers: 1s}, retries: {attempts: 2}",
            kind: Kind::Hangs,
            how: "sdk",
            check: |what, ran| as_predicted(what, ran, "AI_RetryError"),
        },
        Case {
            what: "hang, own waits 1 s, 0.5 s",
            declared: "with: {runtime: node}, timeouts: {undici-headers: 800ms}, retries: {attempts: 3, backoff: [1s, 500ms]}",
            kind: Kind::Hangs,
            how: "call",
            check: |what, ran| as_predicted(what, ran, "AI_APICallError"),
        },
        Case {
            what: "hang, deadline 2 s",
            declared: "deadline: 2s, retries: {attempts: 5, backoff: [200ms]}",
            kind: Kind::Hangs,
            how: "call",
            check: |what, ran| {
                as_predicted(what, ran, "TimeoutError");
                compare_gap(&format!("{what}: connection closed"), 2.0, ran.stub.left_after());
            },
        },
        Case {
            what: "trickling body, total 1.5 s over all attempts",
            declared: "with: {runtime: node}, timeout: 1500ms, retries: {attempts: 3, backoff: [200ms]}",
            kind: Kind::Trickles,
            how: "call",
            check: |what, ran| {
                compare(what, 1.5, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (1, Some("TimeoutError")), "{what}");
                compare_gap(&format!("{what}: connection closed"), 1.5, ran.stub.left_after());
            },
        },
        Case {
            what: "Retry-After 1 s, own wait 3 s",
            declared: "retries: {attempts: 2, backoff: [3s]}",
            kind: Kind::Then(429, "Retry-After: 1\r\n"),
            how: "call",
            check: |what, ran| {
                compare(what, 1.0, ran.seconds);
                assert!(ran.seconds < 2.9, "{what}: the server's wait comes first: {}", ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (2, None), "{what}");
            },
        },
        Case {
            what: "503 is repeated",
            declared: "retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}",
            kind: Kind::Always(503),
            how: "call",
            check: |what, ran| assert_eq!(ran.stub.attempts(), 3, "{what}"),
        },
        Case {
            what: "429 is not repeated where only 503 is stated",
            declared: "retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}",
            kind: Kind::Always(429),
            how: "call",
            check: |what, ran| assert_eq!(ran.stub.attempts(), 1, "{what}"),
        },
        Case {
            what: "a stream that cannot begin is repeated",
            declared: "retries: {attempts: 3, backoff: [500ms]}",
            kind: Kind::Always(529),
            how: "stream",
            check: |what, ran| {
                compare(what, 1.0, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (3, Some("AI_APICallError")), "{what}");
            },
        },
        Case {
            what: "stream silent after 3 events, chunkMs 1.5 s",
            declared: "timeouts: {chunk: 1500ms}",
            kind: Kind::Events { count: 3, pause_ms: 100, ends: false },
            how: "stream",
            check: |what, ran| {
                compare(what, 1.8, ran.seconds);
                assert_eq!(ran.error.as_deref(), Some("TimeoutError"), "{what}: the SDK ends it in silence");
                assert!(ran.events >= 3 && ran.stub.attempts() == 1, "{what}");
            },
        },
        Case {
            what: "a steady stream passes chunkMs 1 s",
            declared: "timeouts: {chunk: 1s}, retries: {attempts: 2, backoff: [1s]}",
            kind: Kind::Events { count: 5, pause_ms: 400, ends: true },
            how: "stream",
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert_eq!((ran.stub.attempts(), ran.error.as_deref()), (1, None), "{what}");
                assert!(ran.events >= 5, "{what}: {} events", ran.events);
            },
        },
        Case {
            what: "endless stream, deadline 2 s",
            declared: "deadline: 2s, retries: {attempts: 2, backoff: [1s]}",
            kind: Kind::Events { count: 1000, pause_ms: 100, ends: true },
            how: "stream",
            check: |what, ran| {
                compare(what, 2.0, ran.seconds);
                assert_eq!(ran.error.as_deref(), Some("TimeoutError"), "{what}");
                compare_gap(&format!("{what}: connection closed"), 2.0, ran.stub.left_after());
            },
        },
    ]
}

#[test]
fn the_compiler_takes_every_fixture_and_every_name() {
    let Some(project) = Project::new("strict TypeScript") else { return };
    for sdk in [OPENAI, ANTHROPIC, VERCEL] {
        for (n, (_, text)) in fixtures(sdk.target).iter().enumerate() {
            let chain = resolve(text);
            for explicit in [false, true] {
                let (_, generated) = made(&chain, sdk.target, Options { explicit, full: false });
                project.add(&format!("{}-{n}-{explicit}", sdk.name), &generated.files[0].text);
            }
            for (h, name) in real::HOSTILE.iter().enumerate() {
                let (_, generated) = made(&real::renamed(&chain, name), sdk.target, Options::default());
                project.add(&format!("{}-{n}-hostile-{h}", sdk.name), &generated.files[0].text);
            }
        }
    }
    project.compile();
    // The compiler drops comments, which is where names stand: what is left must be the same.
    for sdk in [OPENAI, ANTHROPIC, VERCEL] {
        for n in 0..fixtures(sdk.target).len() {
            let code = |name: &str| std::fs::read_to_string(project.compiled(name)).unwrap();
            let expected = code(&format!("{}-{n}-false", sdk.name));
            for h in 0..real::HOSTILE.len() {
                assert_eq!(code(&format!("{}-{n}-hostile-{h}", sdk.name)), expected, "{:?}", real::HOSTILE[h]);
            }
        }
    }
}
