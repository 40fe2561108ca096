//! Generated files of proxies in the real programs: they take them, at good and at edge values, with any name.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::generate::{Generated, Options};
use real::proxies::apache_modules;
use real::{Folder, HOSTILE, fixtures, made, program, renamed, resolve, skip};
use std::path::{Path, PathBuf};
use std::process::Command;

const FULL: Options = Options { explicit: false, full: true };

/// What a program says of the files of one hop.
type Judge<'a> = dyn Fn(&Folder, &Generated, Options) -> Result<(), String> + 'a;

/// Every fixture of the target in every form, and the longest one with hostile names.
fn judged(target: &str, judge: &Judge<'_>) {
    let folder = Folder::new(target);
    let every: Vec<Options> =
        [false, true].into_iter().flat_map(|full| [false, true].map(|explicit| Options { explicit, full })).collect();
    let fixtures = fixtures(target);
    for (name, text) in &fixtures {
        let chain = resolve(text);
        for options in &every {
            let (_, files) = made(&chain, target, *options);
            judge(&folder, &files, *options).unwrap_or_else(|e| panic!("{name}, {options:?}: {e}\n{files:#?}"));
        }
    }
    let (_, longest) = fixtures.iter().max_by_key(|(_, text)| text.len()).unwrap();
    let chain = resolve(longest);
    for name in HOSTILE {
        let chain = renamed(&chain, name);
        for full in [false, true] {
            let options = Options { explicit: false, full };
            let (_, files) = made(&chain, target, options);
            judge(&folder, &files, options).unwrap_or_else(|e| panic!("{name:?}: {e}\n{files:#?}"));
        }
    }
}

fn found(variable: &str, cached: &str, name: &str) -> Option<PathBuf> {
    let found = program(variable, cached, name);
    if found.is_none() {
        skip("generated files in the real program", name);
    }
    found
}

/// What the command prints, as an error where it fails.
fn run(command: &mut Command) -> Result<String, String> {
    let out = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    if out.status.success() { Ok(text) } else { Err(text) }
}

/// `haproxy -c`, where a warning of any other kind than an unset timeout is an error too.
fn haproxy(program: &Path, files: &[PathBuf]) -> Result<(), String> {
    let mut command = Command::new(program);
    command.arg("-c");
    for file in files {
        command.arg("-f").arg(file);
    }
    let text = run(&mut command)?;
    let strange = text.lines().find(|line| line.contains("WARNING") && !line.contains("missing timeouts"));
    strange.map_or(Ok(()), |line| Err(line.to_owned()))
}

/// The text further to the right.
fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines().flat_map(|line| [&margin, line, "\n"]).collect()
}

fn envoy(program: &Path, file: &Path) -> Result<(), String> {
    run(Command::new(program).args(["--mode", "validate", "-l", "error", "-c"]).arg(file)).map(drop)
}

/// A bootstrap around the parts.
fn bootstrap(made: &Generated) -> String {
    let part = |kind: &str, by: usize| {
        let found = made.files.iter().find(|file| file.name.ends_with(kind));
        found.map_or(String::new(), |file| indented(&file.text, by))
    };
    format!(
        "static_resources:\n  listeners:\n    - name: l\n      address: {{socket_address: {{address: 127.0.0.1, port_value: 8080}}}}\n      \
         filter_chains:\n        - filters:\n            - name: envoy.filters.network.http_connection_manager\n              \
         typed_config:\n                \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\n                \
         stat_prefix: l\n{}                \
         route_config:\n                  virtual_hosts:\n                    - name: v\n                      domains: [\"*\"]\n                      \
         routes:\n                        -\n{}  clusters:\n    -\n{}",
        part(".manager.yaml", 16),
        part(".route.yaml", 26),
        part(".cluster.yaml", 6)
    )
}

#[test]
fn envoy_takes_every_file() {
    let Some(program) = found("HOPLINT_ENVOY", "proxies/bin/envoy", "envoy") else { return };
    judged("envoy", &|folder, made, options| {
        let text = if options.full { made.files[0].text.clone() } else { bootstrap(made) };
        envoy(&program, &folder.write("envoy.yaml", &text))
    });
    let folder = Folder::new("envoy-bad");
    let chain =
        resolve("version: 1\nhops: [{platform: envoy, timeout: 30s, timeouts: {connect: 2s}}, {platform: openai}]\n");
    let text = made(&chain, "envoy", FULL).1.files[0].text.clone();
    assert!(envoy(&program, &folder.write("good.yaml", &text)).is_ok());
    for (good, bad) in
        [("timeout: 30s", "timeout: 9223372036s"), ("timeout: 30s", "timeout: 30000ms"), (": 2s", ": 0s")]
    {
        assert!(text.contains(good));
        let bad = folder.write("bad.yaml", &text.replace(good, bad));
        assert!(envoy(&program, &bad).is_err(), "{bad:?}: the check must be able to fail");
    }
}

fn caddy(program: &Path, file: &Path) -> Result<serde_json::Value, String> {
    let at = |verb: &str| {
        let mut command = Command::new(program);
        command.args([verb, "--adapter", "caddyfile", "--config"]).arg(file).env("HOME", file.parent().unwrap());
        run(&mut command)
    };
    at("validate")?;
    let adapted = at("adapt")?;
    let json = adapted.lines().find(|line| line.starts_with("{\"apps\"")).ok_or(adapted.clone())?;
    serde_json::from_str(json).map_err(|e| e.to_string())
}

/// The first value of this name, at any depth.
fn deep<'v>(value: &'v serde_json::Value, name: &str) -> Option<&'v serde_json::Value> {
    let inside: Vec<&serde_json::Value> = match value {
        serde_json::Value::Object(map) => {
            if let Some(found) = map.get(name) {
                return Some(found);
            }
            map.values().collect()
        }
        serde_json::Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    inside.into_iter().find_map(|value| deep(value, name))
}

#[test]
fn caddy_takes_every_file_and_reads_the_values_of_the_chain() {
    let Some(program) = found("HOPLINT_CADDY", "proxies/bin/caddy", "caddy") else { return };
    judged("caddy", &|folder, made, options| {
        let mut text = made.files[0].text.clone();
        if !options.full {
            let global = made.files.get(1).map_or(String::new(), |file| {
                folder.write("b.caddy", &file.text);
                "{\n    import b.caddy\n}\n".to_owned()
            });
            folder.write("a.caddy", &text);
            text = format!(
                "{global}http://:8080 {{\n    reverse_proxy 127.0.0.1:9 {{\n        import a.caddy\n    }}\n}}\n"
            );
        }
        caddy(&program, &folder.write("Caddyfile", &text)).map(drop)
    });
    let folder = Folder::new("caddy-values");
    let (_, text) = fixtures("caddy").into_iter().find(|(name, _)| name.starts_with("streaming")).unwrap();
    let chain = resolve(&text);
    let (_, full) = made(&chain, "caddy", FULL);
    let read = caddy(&program, &folder.write("Caddyfile", &full.files[0].text)).unwrap();
    for (name, value) in [
        ("response_header_timeout", 150_000),
        ("dial_timeout", 2_000),
        ("handshake_timeout", 1_500),
        ("stream_timeout", 3_600_000),
        ("try_duration", 3_000),
        ("read_header_timeout", 15_000),
    ] {
        assert_eq!(deep(&read, name).and_then(serde_json::Value::as_u64), Some(value * 1_000_000), "{name} in {read}");
    }
    let transport = deep(&read, "transport").unwrap();
    assert_eq!(transport["read_timeout"], 45_500_000_000_u64);
    assert_eq!(transport["write_timeout"], 25_000_000_000_u64);
    assert_eq!(transport["keep_alive"]["idle_timeout"], 4_000_000_000_u64);
    let server = deep(&read, "srv0").unwrap();
    assert_eq!(server["read_timeout"], 50_000_000_000_u64);
    assert_eq!(server["write_timeout"], 400_000_000_000_u64);
    assert_eq!(server["idle_timeout"], 20_000_000_000_u64);
    assert_eq!(deep(&read, "retries"), Some(&serde_json::json!(1)));
    let bad = full.files[0].text.replace("dial_timeout 2s", "dial_timeout 2xs");
    assert!(caddy(&program, &folder.write("bad", &bad)).is_err(), "the check must be able to fail");
}

/// `apache2 -t` on a main file with the modules that the parts need.
fn apache(program: &Path, folder: &Folder, site: &str) -> Result<(), String> {
    let file = folder.write("httpd.conf", &(apache_modules(&folder.0) + site));
    run(Command::new(program).arg("-t").arg("-f").arg(file)).map(drop)
}

#[test]
fn apache_takes_every_file() {
    let Some(program) = found("HOPLINT_APACHE", "", "apache2") else { return };
    judged("apache-httpd", &|folder, made, options| {
        let text = &made.files[0].text;
        let vhost = format!("Listen 127.0.0.1:8080\n<VirtualHost 127.0.0.1:8080>\n{text}</VirtualHost>\n");
        apache(&program, folder, if options.full { text } else { &vhost })
    });
    let folder = Folder::new("apache-bad");
    for bad in [
        "ProxyPass / http://127.0.0.1:9/ timeout=0",
        "ProxyPass / http://127.0.0.1:9/ ttl=0",
        "ProxyPass / http://127.0.0.1:9/ connectiontimeout=1.5",
        "RequestReadTimeout header=20-40",
    ] {
        let text = format!("Listen 127.0.0.1:8080\n{bad}\n");
        assert!(apache(&program, &folder, &text).is_err(), "{bad}: the check must be able to fail");
    }
}

#[test]
fn haproxy_takes_every_file() {
    let Some(program) = found("HOPLINT_HAPROXY", "", "haproxy") else { return };
    judged("haproxy", &|folder, made, options| {
        let text = &made.files[0].text;
        let mut files = vec![folder.write("a.cfg", text)];
        if !options.full {
            let name = text.lines().find_map(|line| line.strip_prefix("defaults ")).unwrap();
            let proxies = format!(
                "frontend f from {name}\n bind 127.0.0.1:8080\n default_backend b\nbackend b from {name}\n server s 127.0.0.1:9\n"
            );
            files.push(folder.write("b.cfg", &proxies));
        }
        haproxy(&program, &files)
    });
    let folder = Folder::new("haproxy-bad");
    for bad in ["timeout server 600x", "timeout server 2147483648ms", "retry-on 429", "timeout server 60sec"] {
        let text = format!("defaults\n mode http\n {bad}\nlisten l\n bind 127.0.0.1:8080\n server s 127.0.0.1:9\n");
        assert!(haproxy(&program, &[folder.write("bad.cfg", &text)]).is_err(), "{bad}: the check must be able to fail");
    }
}
