//! Generated Python modules with the real SDKs against stub servers: attempts, waits and totals are what the chain says.

#![allow(clippy::unwrap_used)]

mod real;
#[path = "real/python_stub.rs"]
mod stub;

use hoplint::catalog::Guard;
use hoplint::generate::Options;
use hoplint::resolve::Resolved;
use real::{Folder, compare, compare_gap, fixtures, made, program, resolve, skip};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use stub::{Log, Stub, stub};

fn python(what: &str, venv: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_PYTHON", &format!("{venv}/bin/python"), "");
    if found.is_none() {
        skip(what, &format!("a Python with the SDKs (.cache/{venv})"));
    }
    found
}

/// One way to call a model from Python.
struct Sdk {
    /// Its name in `tests/real/python_call.py`.
    name: &'static str,
    target: &'static str,
    /// The hop: its platform and facets.
    hop: &'static str,
    venv: &'static str,
    /// What its read timeout is called in a chain.
    read: &'static str,
    timeout_error: &'static str,
    has_async: bool,
    /// The SDK itself can repeat.
    repeats: bool,
    /// Whether a stream that breaks is a failure that `call()` sees.
    sees_broken_stream: bool,
}

const OPENAI: Sdk = Sdk {
    name: "openai",
    target: "python-openai",
    hop: "platform: openai-python",
    venv: "venv",
    read: "read",
    timeout_error: "APITimeoutError",
    has_async: true,
    repeats: true,
    sees_broken_stream: true,
};
const ANTHROPIC: Sdk = Sdk {
    name: "anthropic",
    target: "python-anthropic",
    hop: "platform: anthropic-python",
    sees_broken_stream: false,
    ..OPENAI
};
const BOTO3: Sdk = Sdk {
    name: "boto3",
    target: "python-boto3-bedrock",
    hop: "platform: boto3-bedrock-runtime",
    timeout_error: "ReadTimeoutError",
    has_async: false,
    sees_broken_stream: false,
    ..OPENAI
};
const GENAI: Sdk = Sdk {
    name: "genai",
    target: "python-google-genai",
    hop: "platform: google-genai-python, with: {transport: sync}",
    read: "request",
    timeout_error: "ReadTimeout",
    repeats: false,
    ..OPENAI
};
const LITELLM: Sdk = Sdk {
    name: "litellm",
    target: "python-litellm",
    hop: "platform: litellm-sdk, with: {route: openai-family}",
    venv: "litellm",
    timeout_error: "Timeout",
    repeats: false,
    ..OPENAI
};
const LITELLM_OWN: Sdk = Sdk { name: "litellm-own", hop: "platform: litellm-sdk, with: {route: own-http}", ..LITELLM };

type Check = Box<dyn Fn(&Ran, &str)>;

/// One call and what must come of it.
struct Job {
    what: String,
    chain: Resolved,
    stub: Stub,
    how: &'static str,
    check: Check,
}

struct Ran {
    seconds: f64,
    error: Option<String>,
    text: String,
    /// Seconds between the arrivals of the requests.
    gaps: Vec<f64>,
    /// For each request, whether a stream was asked for.
    streamed: Vec<bool>,
    /// Seconds from the first request to the moment when the last one's sender was gone.
    left: Option<f64>,
}

impl Ran {
    fn attempts(&self) -> usize {
        self.streamed.len()
    }

    fn ended(&self, what: &str, attempts: usize, error: Option<&str>) {
        assert_eq!(self.attempts(), attempts, "{what}: {:?} {}", self.error, self.text);
        assert_eq!(self.error.as_deref(), error, "{what}: {}", self.text);
    }
}

impl Sdk {
    fn chain(&self, declared: &str) -> Resolved {
        resolve(&format!(
            "version: 1\nworkload: {{mode: buffered, total: 100ms}}\nhops:\n  - {{name: app, {}, {declared}}}\n  - {{name: model, platform: openai}}\n",
            self.hop
        ))
    }

    fn job(&self, how: &'static str, stub: Stub, declared: &str, check: impl Fn(&Ran, &str) + 'static) -> Job {
        let declared = declared.replace("read:", &format!("{}:", self.read));
        let what = format!("{}, {how}, {declared}", self.name);
        Job { what, chain: self.chain(&declared), stub, how, check: Box::new(check) }
    }

    /// A server that never answers: the call ends when the chain says.
    fn hangs(&self, how: &'static str, declared: &str, error: &'static str, gaps: &'static [f64]) -> Job {
        let mut job = self.job(how, Stub::Hangs, declared, |_, _| {});
        let answer = job.chain.hops[0].cases[0].answer(Guard::WaitBuffered).unwrap();
        let (earliest, attempts) = (answer.earliest.as_secs_f64(), answer.attempts as usize);
        job.check = Box::new(move |ran, what| {
            ran.ended(what, attempts, Some(error));
            compare(what, earliest, ran.seconds);
            for (predicted, measured) in gaps.iter().zip(&ran.gaps) {
                compare_gap("  between two requests", *predicted, *measured);
            }
        });
        job
    }

    fn ways(&self) -> &'static [&'static str] {
        if self.has_async { &["call", "async"] } else { &["call"] }
    }

    fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        if self.repeats {
            let twice = "timeouts: {read: 1s}, retries: {attempts: 2}";
            jobs.push(self.hangs("sdk", twice, self.timeout_error, &[]));
        }
        jobs.push(self.hangs("sdk", "timeouts: {read: 700ms}, retries: {attempts: 1}", self.timeout_error, &[]));
        for how in self.ways() {
            let waits = "timeouts: {read: 800ms}, retries: {attempts: 3, backoff: [1s, 500ms], on: [timeout]}";
            jobs.push(self.hangs(how, waits, self.timeout_error, &[1.8, 1.3]));
            jobs.push(self.deadline(how));
            jobs.extend(self.after_504(how));
        }
        let window = "timeouts: {read: 800ms}, retries: {attempts: 5, backoff: [300ms], window: 1500ms, on: [timeout]}";
        jobs.push(self.hangs("call", window, self.timeout_error, &[]));
        if self.has_async {
            let trickle = "timeouts: {read: 500ms}, deadline: 1500ms, retries: {attempts: 2, backoff: [1s]}";
            jobs.push(self.job("async", Stub::Trickles, trickle, |ran, what| {
                ran.ended(what, 1, Some("TimeoutError"));
                compare(what, 1.5, ran.seconds);
            }));
        }
        jobs.extend(self.statuses());
        jobs
    }

    /// The last attempt is cut where the deadline is, not where its own timeout would end.
    fn deadline(&self, how: &'static str) -> Job {
        let declared = "timeouts: {read: 1s}, deadline: 3s, retries: {attempts: 5, backoff: [200ms], on: [timeout]}";
        let error = if how == "async" { "TimeoutError" } else { self.timeout_error };
        let Job { what, chain, stub, how, check } = self.hangs(how, declared, error, &[1.2, 1.2]);
        let check: Check = Box::new(move |ran, what| {
            check(ran, what);
            compare_gap("  until the connection was closed", 3.0, ran.left.unwrap());
        });
        Job { what, chain, stub, how, check }
    }

    fn after_504(&self, how: &'static str) -> Vec<Job> {
        let declared = "timeouts: {read: 800ms}, retries: {attempts: 2, backoff: [300ms], on: [429], on-504: stream}";
        let steady = self.job(how, Stub::StreamsAfter504, declared, |ran, what| {
            ran.ended(what, 2, None);
            assert_eq!(ran.streamed, [false, true], "{what}");
            // Longer than the read timeout: in a stream that one is for silence.
            compare(what, 0.3 + 3.0 * 0.5, ran.seconds);
        });
        let stalled = self.job(how, Stub::StallsAfter504, declared, |ran, what| {
            assert_eq!(ran.streamed, [false, true], "{what}: {:?} {}", ran.error, ran.text);
            assert!(ran.error.is_some(), "{what}");
            compare(&format!("{what} (silence)"), 0.3 + 0.8, ran.seconds);
        });
        let more = declared.replace("attempts: 2", "attempts: 3").replace("[429]", "[timeout]");
        let again = if self.sees_broken_stream { 3 } else { 2 };
        let broken = self.job(how, Stub::StallsAfter504, &more, move |ran, what| {
            assert_eq!(ran.attempts(), again, "{what}: {:?} {}", ran.error, ran.text);
        });
        vec![steady, stalled, broken]
    }

    fn statuses(&self) -> Vec<Job> {
        let obey =
            "timeouts: {read: 5s}, deadline: 60s, retries: {attempts: 2, backoff: [3s], retry-after: obey, on: [429]}";
        let ignore = "timeouts: {read: 5s}, retries: {attempts: 2, backoff: [500ms], retry-after: ignore, on: [429]}";
        let some = "timeouts: {read: 5s}, retries: {attempts: 3, backoff: [100ms], on: [timeout, 503]}";
        let jitter = "timeouts: {read: 5s}, retries: {attempts: 3, backoff: {initial: 800ms, factor: 2, max: 5s, jitter: 0.5}, on: [5xx]}";
        let mut jobs = vec![
            self.job("call", Stub::Then(429, "Retry-After: 1\r\n"), obey, |ran, what| {
                ran.ended(what, 2, None);
                compare(what, 1.0, ran.seconds);
                assert!(ran.seconds < 2.9, "{what}: the server's wait comes first: {}", ran.seconds);
            }),
            self.job("call", Stub::Then(429, "Retry-After: 61\r\n"), obey, |ran, what| {
                assert_eq!(ran.attempts(), 1, "{what}: it would end after the deadline");
                assert!(ran.error.is_some() && ran.seconds < 2.0, "{what}: {}", ran.seconds);
            }),
            self.job("call", Stub::Then(429, "Retry-After: 60\r\n"), ignore, |ran, what| {
                ran.ended(what, 2, None);
                compare(what, 0.5, ran.seconds);
            }),
            self.job("call", Stub::Always(503), jitter, |ran, what| {
                assert_eq!(ran.attempts(), 3, "{what}: {:?} {}", ran.error, ran.text);
                for (gap, (least, most)) in ran.gaps.iter().zip([(0.4, 0.8), (0.8, 1.6)]) {
                    println!("{what}: wait predicted {least} to {most} s, measured {gap:.3} s");
                    assert!(*gap >= least - 0.2 && *gap <= most + 0.7, "{what}: {gap} is outside {least} to {most}");
                }
            }),
        ];
        for (status, attempts) in [(503, 3), (429, 1), (400, 1)] {
            jobs.push(self.job("call", Stub::Always(status), some, move |ran, what| {
                assert_eq!(ran.attempts(), attempts, "{what}, {status}: {:?} {}", ran.error, ran.text);
                assert!(ran.error.is_some(), "{what}, {status}");
            }));
        }
        jobs
    }

    /// Runs all jobs in one Python, one after the other; its first calls only warm it up.
    fn run(&self, jobs: Vec<Job>) {
        let Some(python) = python(self.target, self.venv) else { return };
        let warm = |how| {
            self.job(how, Stub::Answers, "timeouts: {read: 30s}, retries: {attempts: 2, backoff: [1s]}", |ran, what| {
                ran.ended(what, 1, None);
            })
        };
        let jobs: Vec<Job> = self.ways().iter().copied().map(warm).chain(jobs).collect();
        let folder = Folder::new(self.name);
        let mut logs: Vec<Log> = Vec::new();
        let mut asked = Vec::new();
        for (n, job) in jobs.iter().enumerate() {
            let (_, generated) = made(&job.chain, self.target, Options::default());
            let module = format!("m{n}");
            folder.write(&format!("{module}.py"), &generated.files[0].text);
            let (port, log) = stub(job.stub);
            logs.push(log);
            asked.push(serde_json::json!({"sdk": self.name, "folder": folder.0, "module": module, "port": port, "how": job.how}));
        }
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/python_call.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NO_PROXY", "*")
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(serde_json::to_string(&asked).unwrap().as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let said = String::from_utf8(out.stdout).unwrap();
        let said: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(said.len(), jobs.len());
        for ((job, log), said) in jobs.iter().zip(logs).zip(said) {
            let log = log.lock().unwrap();
            let ran = Ran {
                seconds: said["seconds"].as_f64().unwrap(),
                error: said["error"].as_str().map(str::to_owned),
                text: said["text"].as_str().unwrap().to_owned(),
                gaps: log.came.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect(),
                streamed: log.streamed.clone(),
                left: log.left.iter().max().map(|left| (*left - log.came[0]).as_secs_f64()),
            };
            (job.check)(&ran, &job.what);
        }
    }
}

#[test]
fn openai() {
    OPENAI.run(OPENAI.jobs());
}

#[test]
fn anthropic() {
    ANTHROPIC.run(ANTHROPIC.jobs());
}

#[test]
fn boto3_for_bedrock() {
    BOTO3.run(BOTO3.jobs());
}

#[test]
fn google_genai() {
    let mut jobs = GENAI.jobs();
    let aiohttp =
        Sdk { hop: "platform: google-genai-python, with: {transport: async-aiohttp}", read: "request-total", ..GENAI };
    // Through aiohttp the number is a total, which cuts an answer that flows.
    let declared = "timeouts: {read: 1s}, retries: {attempts: 1}";
    jobs.push(aiohttp.job("sdk-async", Stub::Trickles, declared, |ran, what| {
        ran.ended(what, 1, Some("TimeoutError"));
        compare(what, 1.0, ran.seconds);
    }));
    let twice = "timeouts: {read: 800ms}, retries: {attempts: 2, backoff: [300ms], on: [timeout]}";
    jobs.push(aiohttp.hangs("async", twice, "TimeoutError", &[1.1]));
    GENAI.run(jobs);
}

#[test]
fn litellm() {
    LITELLM.run(LITELLM.jobs());
}

#[test]
fn litellm_with_its_own_http_client() {
    LITELLM_OWN.run(LITELLM_OWN.jobs());
}

/// The limits of a call hold in a Router too, whose own retries are off then.
#[test]
fn litellm_router() {
    let router = Sdk { name: "litellm-router", hop: "platform: litellm-sdk, with: {entry: router}", ..LITELLM };
    let waits = "timeouts: {read: 800ms}, retries: {attempts: 3, backoff: [1s, 500ms], on: [timeout]}";
    let jobs = router.ways().iter().flat_map(|&how| {
        [router.hangs(how, waits, "Timeout", &[1.8, 1.3]), router.deadline(how)]
            .into_iter()
            .chain(router.after_504(how))
    });
    router.run(jobs.collect());
}

const ALL: [&Sdk; 5] = [&OPENAI, &ANTHROPIC, &BOTO3, &GENAI, &LITELLM];

/// Every fixture of these targets as a module, in one folder.
fn modules(targets: &[&Sdk]) -> (Folder, Vec<PathBuf>) {
    let folder = Folder::new("modules");
    let mut paths = Vec::new();
    for sdk in targets {
        for (name, text) in fixtures(sdk.target) {
            for explicit in [false, true] {
                let (_, generated) = made(&resolve(&text), sdk.target, Options { explicit, full: false });
                let stem = format!("{}_{}_{explicit}", sdk.target, name.replace(".chain.yaml", "")).replace('-', "_");
                paths.push(folder.write(&format!("{stem}.py"), &generated.files[0].text));
            }
        }
    }
    (folder, paths)
}

#[test]
fn every_fixture_satisfies_mypy_strict() {
    let Some(mypy) = python("mypy", "venv") else { return };
    for venv in ["venv", "litellm"] {
        let Some(python) = python("mypy", venv) else { return };
        let sdks: Vec<&Sdk> = ALL.into_iter().filter(|sdk| sdk.venv == venv).collect();
        let (folder, paths) = modules(&sdks);
        assert!(paths.len() >= 4, "{venv}");
        let out = Command::new(&mypy)
            .args(["-m", "mypy", "--strict", "--cache-dir"])
            .arg(format!("{}/.cache/mypy-{venv}", env!("CARGO_MANIFEST_DIR")))
            .arg("--python-executable")
            .arg(&python)
            .args(&paths)
            .current_dir(&folder.0)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn every_fixture_imports() {
    for venv in ["venv", "litellm"] {
        let Some(python) = python("import of generated modules", venv) else { return };
        let sdks: Vec<&Sdk> = ALL.into_iter().filter(|sdk| sdk.venv == venv).collect();
        let (folder, paths) = modules(&sdks);
        let code = "import runpy, sys\nfor path in sys.argv[1:]:\n    m = runpy.run_path(path)\n    if 'anthropic' in m or 'openai' in m and 'client' in m:\n        m['client'](api_key='x'); m['async_client'](api_key='x')\n    elif 'genai' in m:\n        m['client'](api_key='x')\n    elif 'boto3' in m:\n        m['client'](region_name='eu-central-1')\n    else:\n        assert m['LIMITS']";
        let out = Command::new(&python).current_dir(&folder.0).args(["-c", code]).args(&paths).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn no_name_leaves_its_place_in_python() {
    let Some(python) = python("hostile names", "venv") else { return };
    for sdk in ALL {
        let chain = sdk.chain("retries: {attempts: 2, backoff: [1s]}, deadline: 9s");
        // The docstring is the name; nothing else of the module depends on it.
        let code = "import ast, sys\nfor path in sys.argv[1:]:\n    text = open(path, 'rb').read()\n    tree = ast.parse(text)\n    doc = ast.get_docstring(tree, clean=False)\n    body = ast.dump(ast.Module(tree.body[1:], []))\n    print(ascii(doc), hash(body), sep='\\t')";
        let folder = Folder::new("hostile");
        let mut paths = Vec::new();
        for (n, name) in real::HOSTILE.iter().enumerate() {
            let chain = real::renamed(&chain, name);
            let (_, generated) = made(&chain, sdk.target, Options::default());
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
}
