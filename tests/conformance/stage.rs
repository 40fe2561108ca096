//! The real chain: every hop between the client and the upstream as a process of its own, with the files that are
//! generated from the chain.

use crate::real::loopback::Running;
use crate::real::proxies::{ALL, FULL, Proxy, free_address};
use crate::real::{Folder, program};
use crate::sdk;
use hoplint::generate::{Generated, Options, generate, target};
use hoplint::model::MapsErrors;
use hoplint::resolve::Resolved;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The running hops; they end with the value.
pub struct Stage {
    hops: Vec<Hop>,
    /// Where the outermost process listens, or else the upstream.
    pub entry: SocketAddr,
    /// What the module of the chain's client is called.
    pub module: String,
}

enum Hop {
    Proxy { _running: Running },
    Server(Running),
}

impl Drop for Hop {
    fn drop(&mut self) {
        if let Hop::Server(running) = self {
            // The master ends its workers, which a kill would leave behind.
            let _ = Command::new("kill").arg("-INT").arg(running.child.id().to_string()).status();
            for _ in 0..100 {
                if !matches!(running.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    }
}

/// What is not installed, of all that the chain needs.
pub fn missing(chain: &Resolved) -> Option<String> {
    let absent = |id: &str| match proxy(id) {
        Some(proxy) => proxy.found().is_none(),
        None if id == "gunicorn" || id == "uvicorn" => servers().is_none() || sdk::python().is_none(),
        None => false,
    };
    chain.hops.iter().map(|hop| hop.platform.id.clone()).find(|id| absent(id))
}

fn proxy(platform: &str) -> Option<Proxy> {
    ALL.into_iter().find(|proxy| proxy.target() == platform)
}

fn servers() -> Option<PathBuf> {
    program("HOPLINT_SERVERS_PYTHON", "servers/bin/python", "")
}

impl Stage {
    /// Starts the hops from the inside to the outside; `runs` is how many requests come at once.
    pub fn start(chain: &Resolved, upstreams: &[SocketAddr], runs: usize) -> Stage {
        let mut stage = Stage { hops: Vec::new(), entry: upstreams[0], module: String::new() };
        for i in (0..chain.hops.len() - 1).rev() {
            let hop = &chain.hops[i];
            if let Some(proxy) = proxy(&hop.platform.id) {
                let files = files(chain, i, proxy.target(), FULL);
                let endpoints = hop.spec.endpoints.as_ref().map_or(1, |n| n.value as usize);
                let to = if stage.hops.is_empty() { &upstreams[..endpoints] } else { &[stage.entry] };
                let running = proxy.start(&proxy.found().unwrap(), &files, to);
                stage.entry = running.address;
                stage.hops.push(Hop::Proxy { _running: running });
            } else if hop.platform.role.runs_code() {
                let running = serve(chain, i, stage.entry, runs);
                stage.entry = running.address;
                stage.hops.push(Hop::Server(running));
            }
        }
        stage.hops.reverse();
        stage
    }
}

/// What the target writes for one hop.
pub fn files(chain: &Resolved, hop: usize, id: &str, options: Options) -> Generated {
    let target = target::all().into_iter().find(|t| t.id == id).unwrap();
    generate(chain, &chain.hops[hop], &target, options).unwrap()
}

/// The application of `app.py` in the server of hop `i`, with the client of the next hop.
fn serve(chain: &Resolved, i: usize, upstream: SocketAddr, runs: usize) -> Running {
    let folder = Folder::new("server");
    let address = free_address();
    let hop = &chain.hops[i];
    let client = files(chain, i + 1, "python-openai", Options::default());
    let module = folder.write("hop_client.py", &client.files[0].text);
    let mut command = Command::new(servers().unwrap());
    if hop.platform.id == "gunicorn" {
        let own = files(chain, i, "gunicorn", FULL);
        let config = folder.write("gunicorn.conf.py", &own.files[0].text);
        let worker = hop.spec.with.iter().find(|(key, _)| key.value == "worker").map_or("sync", |(_, v)| &v.value);
        let (workers, threads) =
            if worker == "sync" { (runs.to_string(), "1".to_owned()) } else { ("1".to_owned(), runs.to_string()) };
        let app = if matches!(worker, "asgi" | "uvicorn") { "app:asgi" } else { "app:wsgi" };
        command.args(["-m", "gunicorn", "--preload", "--workers", &workers, "--threads", &threads]);
        command.args(["--log-level", "warning", "--worker-tmp-dir", "/dev/shm"]);
        command.arg("--bind").arg(address.to_string()).arg("--config").arg(config).arg(app);
    } else {
        let own = files(chain, i, "uvicorn", Options::default());
        command.args(["-m", "uvicorn", "--log-level", "warning", "--host", "127.0.0.1"]);
        command.arg("--port").arg(address.port().to_string()).arg("app:asgi");
        for (name, value) in own.files[0].text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('='))
        {
            command.env(name, value);
        }
    }
    let errors = match crate::maps_errors(chain, i) {
        MapsErrors::To500 => "500",
        _ => "pass",
    };
    let out = File::create(folder.0.join("out")).unwrap();
    let child = command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"))
        .env("PYTHONPATH", packages_of(&sdk::python().unwrap()))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .env("APP_MODULE", module)
        .env("APP_UPSTREAM", format!("http://{upstream}"))
        .env("APP_ERRORS", errors)
        .stdout(Stdio::null())
        .stderr(out)
        .spawn()
        .unwrap();
    Running { child, address, folder }.listening()
}

/// Where a Python keeps its packages.
fn packages_of(python: &Path) -> String {
    let code = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
    let out = Command::new(python).args(["-c", code]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}
