//! The real SDKs as clients: one process for Python and one for Node, which take calls as lines of JSON.

use crate::clock::now;
use crate::observed::{Observed, Saw};
use crate::real::{Folder, program};
use crate::stage::files;
use hoplint::catalog::Setting;
use hoplint::generate::Options;
use hoplint::resolve::{Resolved, ResolvedHop};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Who waits longer than this gives up the test.
const PATIENCE: Duration = Duration::from_secs(12);
/// Stands for an outcome that never came.
const NOTHING: &str = "nothing";

/// The client of a chain, by its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Python,
    Node,
}

/// A client: its language, its name in the driver, and the target that writes its module.
pub struct Sdk {
    pub language: Language,
    name: &'static str,
    target: Option<&'static str>,
}

pub fn of(platform: &str) -> Option<Sdk> {
    let sdk = |language, name, target| Some(Sdk { language, name, target });
    match platform {
        "openai-python" => sdk(Language::Python, "openai", Some("python-openai")),
        "anthropic-python" => sdk(Language::Python, "anthropic", Some("python-anthropic")),
        "openai-node" => sdk(Language::Node, "openai", Some("ts-openai")),
        "anthropic-node" => sdk(Language::Node, "anthropic", Some("ts-anthropic")),
        "vercel-ai-sdk" => sdk(Language::Node, "vercel", Some("ts-vercel-ai")),
        "node-fetch-builtin" => sdk(Language::Node, "fetch", None),
        _ => None,
    }
}

/// The Python in which the SDKs are installed.
pub fn python() -> Option<PathBuf> {
    program("HOPLINT_PYTHON", "venv/bin/python", "")
}

type Waiting = Arc<Mutex<HashMap<u32, Sender<Value>>>>;

/// A process that runs calls.
pub struct Driver {
    child: Child,
    stdin: Mutex<ChildStdin>,
    waiting: Waiting,
    pub folder: Folder,
}

impl Driver {
    /// Absent: a program is missing.
    pub fn start(language: Language) -> Option<Driver> {
        let folder = Folder::new("sdk");
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
        let mut command = match language {
            Language::Python => {
                let mut command = Command::new(python()?);
                command.arg(own.join("sdk.py")).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "*");
                command
            }
            Language::Node => {
                let packages = program("HOPLINT_NODE_MODULES", "npm/node_modules", "")?;
                // The driver stands beside the packages' folder, where imports are looked up.
                #[cfg(unix)]
                std::os::unix::fs::symlink(packages, folder.0.join("node_modules")).unwrap();
                let local = folder.0.join("sdk.mjs");
                std::fs::copy(own.join("sdk.mjs"), &local).unwrap();
                let mut command = Command::new(program("HOPLINT_NODE", "", "node")?);
                command.arg(local);
                command
            }
        };
        let errors = std::fs::File::create(folder.0.join("err")).unwrap();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().is_some_and(|line| line.is_ok_and(|line| line.contains("\"ready\"")));
        assert!(ready, "{language:?}: {}", std::fs::read_to_string(folder.0.join("err")).unwrap());
        let waiting = Waiting::default();
        let told = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for said in lines.map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok()) {
                let id = u32::try_from(said["id"].as_u64().unwrap_or_default()).unwrap();
                if let Some(sender) = told.lock().unwrap().remove(&id) {
                    let _ = sender.send(said);
                }
            }
        });
        let stdin = Mutex::new(child.stdin.take().unwrap());
        Some(Driver { child, stdin, waiting, folder })
    }

    /// Writes the module of the chain's client and lets the process load it.
    pub fn prepare(&self, sdk: &Sdk, chain: &Resolved, module: &str, id: u32) {
        let Some(target) = sdk.target else { return };
        let made = files(chain, 0, target, Options::default());
        let ending = if sdk.language == Language::Python { "py" } else { "ts" };
        self.folder.write(&format!("{module}.{ending}"), &made.files[0].text);
        self.ask(&json!({
            "id": id, "sdk": sdk.name, "folder": self.folder.0, "module": self.module(sdk, module), "url": "",
            "prepares": true,
        }));
    }

    fn module(&self, sdk: &Sdk, module: &str) -> String {
        match sdk.language {
            Language::Python => module.to_owned(),
            Language::Node => self.folder.0.join(format!("{module}.ts")).to_string_lossy().into_owned(),
        }
    }

    fn ask(&self, job: &Value) -> Value {
        let (sender, receiver): (Sender<Value>, Receiver<Value>) = channel();
        let id = u32::try_from(job["id"].as_u64().unwrap()).unwrap();
        self.waiting.lock().unwrap().insert(id, sender);
        writeln!(self.stdin.lock().unwrap(), "{job}").unwrap();
        receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            eprint!("{}", std::fs::read_to_string(self.folder.0.join("err")).unwrap_or_default());
            let clicked = now() - PATIENCE.as_secs_f64();
            json!({"clicked": clicked, "ended": now(), "error": NOTHING})
        })
    }

    /// One call of the chain's client to `url`.
    pub fn call(&self, sdk: &Sdk, hop: &ResolvedHop, module: &str, id: u32, url: &str, streams: bool) -> Observed {
        let said = self.ask(&json!({
            "id": id, "sdk": sdk.name, "folder": self.folder.0, "module": self.module(sdk, module), "url": url,
            "streams": streams, "limits": limits(hop),
        }));
        let status = said["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let clicked = said["clicked"].as_f64().unwrap();
        let saw = match (said["error"].as_str(), status) {
            (Some(NOTHING), _) => Saw::Nothing,
            (Some(class), status) => Saw::Raised(class.to_owned(), status),
            (None, status) => Saw::Answer(status.unwrap_or_default()),
        };
        Observed {
            clicked,
            saw,
            ended: said["ended"].as_f64().unwrap() - clicked,
            first: said["first"].as_f64().map(|at| at - clicked),
            text: said["text"].as_str().unwrap_or_default().to_owned(),
            calls: Vec::new(),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the chain says of the timers of plain fetch, in milliseconds.
fn limits(hop: &ResolvedHop) -> Value {
    let of = |id: &str| {
        let index = hop.platform.timers.iter().position(|timer| timer.id == id)?;
        match hop.cases[0].timer_value(index)?.setting? {
            Setting::At(at) => Some(at.as_nanos() / 1_000_000),
            _ => None,
        }
    };
    json!({"headers": of("headers"), "body": of("body"), "connect": of("connect"), "signal": of("signal")})
}
