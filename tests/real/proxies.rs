//! Six proxies started with the files that are generated for them, with real addresses in place of the placeholders.

use super::Folder;
use super::loopback::Running;
use super::{program, skip};
use hoplint::generate::{Generated, Options};
use std::fmt::Write as _;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Whole files, which a program can run.
pub const FULL: Options = Options { explicit: false, full: true };

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proxy {
    Nginx,
    Haproxy,
    Envoy,
    Caddy,
    Traefik,
    Apache,
}

use Proxy::{Apache, Caddy, Envoy, Haproxy, Nginx, Traefik};

pub const ALL: [Proxy; 6] = [Nginx, Haproxy, Envoy, Caddy, Traefik, Apache];

impl Proxy {
    /// The name of its target, which is also that of its platform.
    pub const fn target(self) -> &'static str {
        match self {
            Nginx => "nginx",
            Haproxy => "haproxy",
            Envoy => "envoy",
            Caddy => "caddy",
            Traefik => "traefik",
            Apache => "apache-httpd",
        }
    }

    pub fn found(self) -> Option<PathBuf> {
        match self {
            Nginx => program("HOPLINT_NGINX", "", "nginx"),
            Haproxy => program("HOPLINT_HAPROXY", "", "haproxy"),
            Envoy => program("HOPLINT_ENVOY", "proxies/bin/envoy", "envoy"),
            Caddy => program("HOPLINT_CADDY", "proxies/bin/caddy", "caddy"),
            Traefik => program("HOPLINT_TRAEFIK", "proxies/bin/traefik", "traefik"),
            Apache => program("HOPLINT_APACHE", "", "apache2"),
        }
    }

    /// Its program, or a word that it is missing.
    pub fn program(self) -> Option<PathBuf> {
        let found = self.found();
        if found.is_none() {
            skip("timers of the real program", self.target());
        }
        found
    }

    /// The generated files with real addresses in place of the placeholders, and what the program needs around them.
    fn files(self, folder: &Folder, made: &Generated, own: SocketAddr, upstreams: &[SocketAddr]) -> PathBuf {
        let mut texts: Vec<String> = made.files.iter().map(|file| file.text.clone()).collect();
        for (n, upstream) in upstreams.iter().enumerate() {
            let (from, to) = match self {
                Envoy => (format!("port_value: {}}}", 9001 + n), format!("port_value: {}}}", upstream.port())),
                _ => (format!("127.0.0.1:{}", 9001 + n), upstream.to_string()),
            };
            assert!(texts.iter().any(|text| text.contains(&from)), "{from} is not in {texts:?}");
            for text in &mut texts {
                *text = text.replace(&from, &to);
            }
        }
        let (from, to) = match self {
            Envoy => ("port_value: 8080".to_owned(), format!("port_value: {}", own.port())),
            Caddy => (":8080".to_owned(), format!(":{}", own.port())),
            _ => ("127.0.0.1:8080".to_owned(), own.to_string()),
        };
        assert!(texts[0].contains(&from));
        let text = texts[0].replace(&from, &to);
        match self {
            Nginx => folder.write("main.conf", &nginx_main(&folder.0, &text)),
            Haproxy | Envoy => folder.write("main.yaml", &text),
            Caddy => folder.write("Caddyfile", &text.replacen("\n{\n", "\n{\n    admin off\n    auto_https off\n", 1)),
            Apache => folder.write("httpd.conf", &(apache_modules(&folder.0) + &text)),
            Traefik => {
                let dynamic = folder.write("dynamic.yaml", &texts[1]);
                let (before, _) = text.split_once("    filename:").unwrap();
                folder.write(
                    "static.yaml",
                    &format!(
                        "{before}    filename: \"{}\"\nglobal: {{checkNewVersion: false, sendAnonymousUsage: false}}\n\
                         log: {{level: DEBUG, format: json, filePath: \"{}/log\"}}\n",
                        dynamic.display(),
                        folder.0.display()
                    ),
                )
            }
        }
    }

    /// Starts it with the generated files; returns once it takes requests.
    pub fn start(self, program: &Path, made: &Generated, upstreams: &[SocketAddr]) -> Running {
        let folder = Folder::new(self.target());
        let address = free_address();
        let file = self.files(&folder, made, address, upstreams);
        let mut command = Command::new(program);
        match self {
            Nginx => command.arg("-p").arg(&folder.0).arg("-c"),
            Haproxy => command.args(["-db", "-q", "-f"]),
            Envoy => command.args(["--use-dynamic-base-id", "--concurrency", "1", "-l", "error", "-c"]),
            Caddy => command.env("HOME", &folder.0).args(["run", "--adapter", "caddyfile", "--config"]),
            Traefik => command.arg("--configfile"),
            Apache => command.args(["-X", "-f"]),
        };
        let out = File::create(folder.0.join("out")).unwrap();
        let child = command.arg(file).stdout(Stdio::null()).stderr(out).spawn().unwrap();
        let running = Running { child, address, folder }.listening();
        if self == Traefik {
            // The entry point listens before the router of the file is there.
            let until = Instant::now() + Duration::from_secs(20);
            let log = running.folder.0.join("log");
            while !std::fs::read_to_string(&log).is_ok_and(|text| text.contains("@file")) {
                assert!(Instant::now() < until, "Traefik has no router");
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        running
    }
}

/// An address of loopback where nobody listens, out of the range that connections take their own ports from.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    loop {
        let n = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 12_000 + u16::try_from(n % 18_000).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// A main file around what belongs in `http {}`; everything is written inside the folder.
pub fn nginx_main(folder: &Path, http: &str) -> String {
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

/// What an `httpd.conf` needs before the generated site.
pub fn apache_modules(folder: &Path) -> String {
    let at = folder.display();
    let mut main = format!(
        "ServerRoot \"/usr/lib/apache2\"\nServerName test\nPidFile \"{at}/pid\"\nErrorLog \"{at}/log\"\n\
         DefaultRuntimeDir \"{at}\"\n"
    );
    for module in [
        "mpm_event",
        "authz_core",
        "reqtimeout",
        "proxy",
        "proxy_http",
        "slotmem_shm",
        "lbmethod_byrequests",
        "proxy_balancer",
    ] {
        let _ = writeln!(main, "LoadModule {module}_module modules/mod_{module}.so");
    }
    main
}
