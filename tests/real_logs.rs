//! Logs that real proxies wrote on loopback: `hoplint diagnose --log` finds the cliff in them and names the timer that
//! made it.

#![allow(clippy::unwrap_used)]

mod real;

use real::{Folder, program, skip};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An upstream that answers `/fast` at once, never answers `/slow`, and falls silent inside `/stall`.
fn upstream() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

fn serve(mut stream: TcpStream) {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    while !text.ends_with(b"\r\n\r\nhi") {
        match stream.read(&mut buffer) {
            Ok(n @ 1..) => text.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&text);
    let path = text.split(' ').nth(1).unwrap();
    if path.contains("fast") {
        // Not two answers take the same time.
        let number: u64 = path.rsplit('-').next().unwrap().parse().unwrap();
        std::thread::sleep(Duration::from_millis(5 + number * number * 3));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        return;
    }
    if path.contains("stall") {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let _ = stream.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes());
    }
    while let Ok(1..) = stream.read(&mut buffer) {}
}

/// Sends a request and waits for the end of its answer.
fn ask(port: u16, path: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: test\r\nUser-Agent: OpenAI/Python 1.0\r\nConnection: close\r\n");
    stream.write_all(format!("{head}Content-Length: 2\r\n\r\nhi").as_bytes()).unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Eight requests that end in the timer among twelve good ones, a few at a time.
fn load(port: u16, path: &'static str) {
    std::thread::scope(|scope| {
        for i in 0..8 {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(i * 40));
                ask(port, path);
            });
        }
        scope.spawn(move || (0..12).for_each(|i| ask(port, &format!("/fast-{i}"))));
    });
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free() -> u16 {
    real::loopback::free().port()
}

fn start(command: &mut Command, out: &Path, port: u16) -> Running {
    let file = std::fs::File::create(out).unwrap();
    let mut running = Running(command.stdout(Stdio::from(file)).stderr(Stdio::null()).spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(running.0.try_wait().unwrap().is_none(), "the program ended");
        assert!(Instant::now() < until, "nothing listens");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

/// What diagnose says of a log, with a chain whose hop `edge` is `hop`.
fn diagnosed(folder: &Folder, log: &Path, hop: &str, more: &[&str]) -> Value {
    let chain = folder.write(
        "logs.chain.yaml",
        &format!(
            "version: 1\nworkload: {{mode: buffered, total: 500ms}}\nhops:\n  - {{name: app, platform: openai-python, \
             timeout: 20s, retries: {{retries: 0}}}}\n  - {{name: edge, {hop}}}\n  - {{name: provider, platform: openai}}\n"
        ),
    );
    // The program writes a line when the connection is over, which may be a moment after its client knows.
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
            .arg("diagnose")
            .arg(&chain)
            .arg("--log")
            .arg(log)
            .args(["--format", "json"])
            .args(more)
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&out.stdout).unwrap_or(Value::Null);
        let whole = json["logs"][0]["requests"].as_u64().unwrap_or(0) >= 20;
        if whole || Instant::now() > until {
            assert!(
                whole,
                "{}\n{}\n{json:#}",
                String::from_utf8_lossy(&out.stderr),
                std::fs::read_to_string(log).unwrap()
            );
            return json;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The first cliff has this format, status and number of requests, and its first suspect is this timer of the edge.
fn names(json: &Value, format: &str, status: u16, timer: &str) {
    let log = &json["logs"][0];
    let event = &log["events"][0];
    let at = usize::try_from(event["diagnosis"].as_u64().unwrap_or(0)).unwrap();
    let suspect = &json["diagnoses"][at]["suspects"][0];
    let found = (log["format"].as_str(), event["kind"].as_str(), event["status"].as_u64());
    assert_eq!(found, (Some(format), Some("cliff"), Some(u64::from(status))), "{json:#}");
    // A busy machine may spread one or two of the eight too far.
    assert!(event["requests"].as_u64().unwrap() >= 6, "{json:#}");
    let named = (suspect["hop"].as_str(), suspect["timer"].as_str());
    assert_eq!(named, (Some("edge"), Some(timer)), "{json:#}");
    assert!(suspect["score"].as_u64().unwrap() > 600, "{suspect:#}");
    println!("{format}: {} at {} is {timer}", event["status"], event["from"]);
}

fn found(variable: &str, cached: &str, name: &str) -> Option<PathBuf> {
    let found = program(variable, cached, name);
    if found.is_none() {
        skip("diagnose of a real log", name);
    }
    found
}

#[test]
fn nginx() {
    let Some(nginx) = found("HOPLINT_NGINX", "", "nginx") else { return };
    let (folder, up, port) = (Folder::new("log-nginx"), upstream(), free());
    let at = folder.0.display().to_string();
    let conf = folder.write(
        "nginx.conf",
        &format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/error.log;\nevents {{}}\nhttp {{\n  log_format own '$remote_addr \
             [$time_iso8601] \"$request\" $status '\n    '$request_time ($upstream_response_time) \"$http_user_agent\"';\n  \
             access_log {at}/access.log own;\n  client_body_temp_path {at}/b;\n  proxy_temp_path {at}/p;\n  \
             fastcgi_temp_path {at}/f;\n  uwsgi_temp_path {at}/u;\n  scgi_temp_path {at}/s;\n  server {{\n    listen \
             127.0.0.1:{port};\n    location / {{ proxy_pass http://127.0.0.1:{up}; proxy_read_timeout 1200ms; }}\n  }}\n}}\n"
        ),
    );
    let _running =
        start(Command::new(nginx).arg("-p").arg(&folder.0).arg("-c").arg(&conf), &folder.0.join("out"), port);
    load(port, "/slow");
    let hop = "platform: nginx, timeouts: {read: 1200ms, connect: 1s}";
    let json = diagnosed(&folder, &folder.0.join("access.log"), hop, &["--log-format", conf.to_str().unwrap()]);
    names(&json, "own", 504, "read");
    // The error log has no durations; its words name the timer.
    let chain = folder.0.join("logs.chain.yaml");
    let out = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .arg("diagnose")
        .arg(chain)
        .arg("--log")
        .arg(folder.0.join("error.log"))
        .args(["--format", "json"])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&out.stdout).unwrap();
    let suspect = &json["diagnoses"][0]["suspects"][0];
    assert_eq!((suspect["hop"].as_str(), suspect["timer"].as_str()), (Some("edge"), Some("read")), "{json:#}");
}

fn haproxy_with(path: &'static str, status: u16) {
    let Some(haproxy) = found("HOPLINT_HAPROXY", "", "haproxy") else { return };
    let (folder, up, port) = (Folder::new("log-haproxy"), upstream(), free());
    let conf = folder.write(
        "haproxy.cfg",
        &format!(
            "global\n  log stdout format raw local0\ndefaults\n  mode http\n  log global\n  option httplog\n  timeout connect \
             2s\n  timeout client 30s\n  timeout server 1200ms\nfrontend web\n  bind 127.0.0.1:{port}\n  default_backend \
             app\nbackend app\n  server s1 127.0.0.1:{up}\n"
        ),
    );
    let log = folder.0.join("haproxy.log");
    let _running = start(Command::new(haproxy).arg("-db").arg("-f").arg(&conf), &log, port);
    load(port, path);
    let hop = "platform: haproxy, timeouts: {server: 1200ms, connect: 2s, client: 30s}";
    names(&diagnosed(&folder, &log, hop, &[]), "haproxy", status, "server");
}

#[test]
fn haproxy() {
    haproxy_with("/slow", 504);
}

#[test]
fn haproxy_cuts_a_stream() {
    haproxy_with("/stall", 200);
}

fn envoy_with(path: &'static str, status: u16, format: &str, access_log: &str, route: &str, hop: &str, timer: &str) {
    let Some(envoy) = found("HOPLINT_ENVOY", "proxies/bin/envoy", "envoy") else { return };
    let (folder, up, port) = (Folder::new("log-envoy"), upstream(), free());
    let log = folder.0.join("access.log");
    let conf = folder.write(
        "envoy.yaml",
        &format!(
            "static_resources:\n  listeners:\n  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}\n    \
             filter_chains:\n    - filters:\n      - name: envoy.filters.network.http_connection_manager\n        typed_config:\n          \
             \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n          \
             stat_prefix: i\n          access_log:\n          - name: envoy.access_loggers.file\n            typed_config:\n              \
             \"@type\": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog\n              path: {}\n{access_log}          \
             route_config: {{virtual_hosts: [{{name: v, domains: [\"*\"], routes: [{{match: {{prefix: /}}, route: {{cluster: c, {route}}}}}]}}]}}\n          \
             http_filters:\n          - name: envoy.filters.http.router\n            typed_config: {{\"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}\n  \
             clusters:\n  - name: c\n    connect_timeout: 2s\n    load_assignment: {{cluster_name: c, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {up}}}}}}}}}]}}]}}\n",
            log.display()
        ),
    );
    let mut command = Command::new(envoy);
    command.arg("-c").arg(&conf).args([
        "--use-dynamic-base-id",
        "--concurrency",
        "2",
        "--log-level",
        "error",
        "--file-flush-interval-msec",
        "100",
    ]);
    let _running = start(&mut command, &folder.0.join("out"), port);
    load(port, path);
    names(&diagnosed(&folder, &log, hop, &[]), format, status, timer);
}

#[test]
fn envoy_in_its_own_words() {
    let hop = "platform: envoy, timeouts: {route-total: 1200ms, stream-idle: 5m}";
    envoy_with("/slow", 504, "envoy", "", "timeout: 1.2s", hop, "route-total");
}

#[test]
fn envoy_as_json_tells_the_idle_timer_from_the_total() {
    let json = "              log_format: {json_format: {start_time: \"%START_TIME%\", path: \"%REQ(:PATH)%\", response_code: \
                \"%RESPONSE_CODE%\", response_flags: \"%RESPONSE_FLAGS%\", duration: \"%DURATION%\"}}\n";
    let hop = "platform: envoy, timeouts: {route-total: 4s, stream-idle: 1200ms}";
    envoy_with("/stall", 200, "envoy-json", json, "timeout: 4s, idle_timeout: 1.2s", hop, "stream-idle");
}

#[test]
fn caddy() {
    let Some(caddy) = found("HOPLINT_CADDY", "proxies/bin/caddy", "caddy") else { return };
    let (folder, up, port) = (Folder::new("log-caddy"), upstream(), free());
    let log = folder.0.join("access.log");
    let conf = folder.write(
        "Caddyfile",
        &format!(
            "{{\n  admin off\n  auto_https off\n}}\nhttp://:{port} {{\n  bind 127.0.0.1\n  log {{\n    output file {}\n  }}\n  reverse_proxy \
             127.0.0.1:{up} {{\n    transport http {{\n      response_header_timeout 1200ms\n    }}\n  }}\n}}\n",
            log.display()
        ),
    );
    let mut command = Command::new(caddy);
    command.env("HOME", &folder.0).args(["run", "--adapter", "caddyfile", "--config"]).arg(&conf);
    let _running = start(&mut command, &folder.0.join("out"), port);
    load(port, "/slow");
    names(
        &diagnosed(&folder, &log, "platform: caddy, timeouts: {first-byte: 1200ms}", &[]),
        "caddy",
        504,
        "first-byte",
    );
}

fn traefik_with(format: &str, name: &str) {
    let Some(traefik) = found("HOPLINT_TRAEFIK", "proxies/bin/traefik", "traefik") else { return };
    let (folder, up, port) = (Folder::new("log-traefik"), upstream(), free());
    let log = folder.0.join("access.log");
    let dynamic = folder.write(
        "dynamic.yaml",
        &format!(
            "http:\n  routers: {{r: {{rule: \"PathPrefix(`/`)\", service: s}}}}\n  services: {{s: {{loadBalancer: {{serversTransport: t, \
             servers: [{{url: \"http://127.0.0.1:{up}\"}}]}}}}}}\n  serversTransports: {{t: {{forwardingTimeouts: {{responseHeaderTimeout: 1200ms}}}}}}\n"
        ),
    );
    let fixed = folder.write(
        "traefik.yaml",
        &format!(
            "global: {{checkNewVersion: false, sendAnonymousUsage: false}}\nentryPoints: {{web: {{address: \"127.0.0.1:{port}\"}}}}\n\
             accessLog: {{filePath: \"{}\", format: {format}}}\nproviders: {{file: {{filename: \"{}\"}}}}\n",
            log.display(),
            dynamic.display()
        ),
    );
    let mut command = Command::new(traefik);
    command.arg(format!("--configFile={}", fixed.display()));
    let _running = start(&mut command, &folder.0.join("out"), port);
    wait_for_route(port);
    load(port, "/slow");
    names(&diagnosed(&folder, &log, "platform: traefik, timeouts: {first-byte: 1200ms}", &[]), name, 504, "first-byte");
}

/// Traefik listens before it has read its routes.
fn wait_for_route(port: u16) {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let head = "POST /fast-0 HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        if answer.starts_with("HTTP/1.1 200") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no route");
}

#[test]
fn traefik_as_json() {
    traefik_with("json", "traefik-json");
}

#[test]
fn traefik_in_common_words() {
    traefik_with("common", "traefik");
}

#[test]
fn apache() {
    let (Some(apache), Some(modules)) = (real::apache::apache(), real::apache::modules()) else {
        return skip("diagnose of a real log", "apache2");
    };
    let (folder, up, port) = (Folder::new("log-apache"), upstream(), free());
    let log = folder.0.join("access.log");
    let site = format!(
        "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{{Referer}}i\\\" \\\"%{{User-Agent}}i\\\" %D\" timed\nCustomLog {} \
         timed\nProxyPass / http://127.0.0.1:{up}/ timeout=1\n",
        log.display()
    );
    folder.write("site.conf", &site);
    let conf = real::apache::main_file(&folder, modules, &format!("Listen 127.0.0.1:{port}\n"), "site.conf");
    let _running = start(Command::new(apache).arg("-X").arg("-f").arg(&conf), &folder.0.join("out"), port);
    load(port, "/slow");
    let json = diagnosed(&folder, &log, "platform: apache-httpd, timeouts: {read: 1s}", &[]);
    names(&json, "combined", 502, "read");
}
