//! The readers of deployed files beside the programs that the files are for: what a program takes the reader calls right,
//! what it refuses the reader calls wrong, and a setting written where the reader says is taken.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::diag::Severity;
use hoplint::import::{Deployed, Given, Import, READERS, reader::NoIncludes, units};
use hoplint::model::{Declared, RetrySpec};
use hoplint::span::FileId;
use real::apache::{apache, main_file, modules};
use real::{Folder, program, skip};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn read(reader: &str, path: &str, text: &str) -> Import {
    let reader = READERS.iter().find(|r| r.name() == reader).unwrap();
    let mut out = Import::default();
    reader.read(&Given { file: FileId(0), path, text }, &NoIncludes, &mut out);
    out
}

fn fixture(reader: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(reader).join(name);
    std::fs::read_to_string(path).unwrap()
}

fn has_errors(import: &Import) -> bool {
    import.problems.iter().any(|problem| problem.severity == Severity::Error)
}

/// The text with each timer that a hop lacks written where the reader says, and how many were written.
fn completed(text: &str, hops: &[Deployed]) -> (String, usize) {
    let mut edits: Vec<(usize, String)> = Vec::new();
    for deployed in hops {
        for insert in &deployed.inserts {
            for key in insert.keys {
                let there =
                    deployed.hop.timers.iter().any(|(name, _)| name.value == key.timer || name.value == key.key);
                let value = units::write(key.unit, hoplint::duration::Dur::from_secs(7)).unwrap();
                let line = format!("{}{}{}{value}{}", insert.before, key.key, insert.between, insert.after);
                let edit = (insert.at.span.range().start, line);
                if !there && !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
    }
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut out = text.to_owned();
    for (at, line) in &edits {
        out.insert_str(*at, line);
    }
    (out, edits.len())
}

fn haproxy_takes(haproxy: &Path, folder: &Folder, text: &str) -> Result<(), String> {
    let file = folder.write("haproxy.cfg", text);
    let out = Command::new(haproxy).args(["-c", "-f"]).arg(file).env("HOST_B", "127.0.0.1").output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

#[test]
fn haproxy_and_the_reader_agree_on_what_is_right() {
    let Some(haproxy) = program("HOPLINT_HAPROXY", "", "haproxy") else {
        return skip("haproxy -c on fixtures of its reader", "haproxy");
    };
    let folder = Folder::new("haproxy-read");
    for name in ["chat.cfg", "crlf.cfg", "resolvers.cfg", "traps.cfg"] {
        let text = fixture("haproxy", name);
        let import = read("haproxy", name, &text);
        assert!(!has_errors(&import), "{name}: {:#?}", import.problems);
        haproxy_takes(&haproxy, &folder, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (more, count) = completed(&text, &import.hops);
        assert!(count > 0, "{name}: nothing could be added");
        haproxy_takes(&haproxy, &folder, &more).unwrap_or_else(|e| panic!("{name} with more timers: {e}\n{more}"));
        let again = read("haproxy", name, &more);
        assert_eq!(again.hops.len(), import.hops.len());
        let (_, left) = completed(&more, &again.hops);
        assert_eq!(left, 0, "{name}: what was added is read");
    }
    let broken = fixture("haproxy", "broken.cfg");
    assert!(haproxy_takes(&haproxy, &folder, &broken).is_err());
    assert!(has_errors(&read("haproxy", "broken.cfg", &broken)));
}

/// Lines of a backend, and what both should think of them.
#[test]
fn haproxy_refuses_what_the_reader_calls_an_error() {
    let Some(haproxy) = program("HOPLINT_HAPROXY", "", "haproxy") else {
        return skip("haproxy -c on single lines", "haproxy");
    };
    let folder = Folder::new("haproxy-lines");
    let lines = [
        "timeout server 5s",
        "timeout server 5",
        "timeout server \"5s\"",
        "timeout server '5s'",
        "timeout server 1\"0\"s",
        "timeout server 5s#c",
        "timeout server 10us",
        "timeout server 1m30s",
        "timeout server 60sec",
        "timeout server 0",
        "timeout server \"${NOBODY_SETS_THIS-7s}\"",
        "timeout server 1.5s",
        "timeout server 5S",
        "timeout server +5s",
        "timeout server -5",
        "timeout server 5 s",
        "timeout server",
        "timeout serv 5s",
        "timeout server \"5s",
        "timeout server '5s",
        "timeout server \"${A:-7s\"",
        "timeout server ${A}",
        "timeout server \\",
        ".if 1\n timeout server 5s\n .else\n timeout serverx 5s\n .endif",
        ".if 0\n timeout serverx 5s\n .endif",
        ".if\n timeout serverx 5s\n .endif",
        ".if !0\n timeout serverx 5s\n .endif",
        ".endif",
        ".if 1",
    ];
    for line in lines {
        let text = format!(
            "defaults\n mode http\n timeout client 1s\n timeout connect 1s\nfrontend f\n bind 127.0.0.1:8123\n \
             default_backend b\nbackend b\n server s 127.0.0.1:9\n {line}\n"
        );
        let takes = haproxy_takes(&haproxy, &folder, &text);
        let import = read("haproxy", "haproxy.cfg", &text);
        assert_eq!(takes.is_ok(), !has_errors(&import), "{line}: {takes:?}\n{:#?}", import.problems);
    }
}

/// What Caddy makes of a text: its own JSON.
fn adapted(caddy: &Path, folder: &Folder, text: &str) -> Result<serde_json::Value, String> {
    let file = folder.write("Caddyfile", text);
    let out = Command::new(caddy).args(["adapt", "--adapter", "caddyfile", "--config"]).arg(file).output().unwrap();
    if out.status.success() {
        Ok(serde_json::from_slice(&out.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&out.stderr).into_owned())
    }
}

/// The effective times of each proxy of each server, as Caddy's JSON has them.
fn caddy_proxies(json: &serde_json::Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for server in json["apps"]["http"]["servers"].as_object().into_iter().flat_map(|servers| servers.values()) {
        let mut proxies = Vec::new();
        handlers(server, &mut proxies);
        for proxy in proxies {
            let transport = &proxy["transport"];
            let times = [
                ("read_timeout", "client-body", server),
                ("read_header_timeout", "client-header", server),
                ("write_timeout", "client-write", server),
                ("idle_timeout", "client-keepalive", server),
                ("dial_timeout", "dial_timeout", transport),
                ("response_header_timeout", "response_header_timeout", transport),
                ("read_timeout", "read_timeout", transport),
                ("write_timeout", "write_timeout", transport),
                ("idle_timeout", "keepalive", &transport["keep_alive"]),
                ("handshake_timeout", "tls_timeout", &transport["tls"]),
                ("try_duration", "lb_try_duration", &proxy["load_balancing"]),
                ("stream_timeout", "stream_timeout", proxy),
            ];
            let mut told: Vec<String> =
                times.iter().filter_map(|(key, name, of)| Some(format!("{name}={}", of[*key].as_u64()?))).collect();
            if transport["keep_alive"]["enabled"] == false {
                told.push("keepalive=off".to_owned());
            }
            if let Some(retries) = proxy["load_balancing"]["retries"].as_u64() {
                told.push(format!("retries={retries}"));
            }
            told.push(format!("upstreams={}", proxy["upstreams"].as_array().map_or(0, Vec::len)));
            told.sort();
            found.insert(told.join(" "));
        }
    }
    found
}

fn handlers<'j>(json: &'j serde_json::Value, found: &mut Vec<&'j serde_json::Value>) {
    if json["handler"] == "reverse_proxy" {
        found.push(json);
    }
    match json {
        serde_json::Value::Object(map) => map.values().for_each(|inner| handlers(inner, found)),
        serde_json::Value::Array(list) => list.iter().for_each(|inner| handlers(inner, found)),
        _ => {}
    }
}

/// The same of the reader. A time of 0 is absent in Caddy's JSON.
fn read_proxies(import: &Import) -> BTreeSet<String> {
    let one = |deployed: &Deployed| {
        let mut told: Vec<String> = Vec::new();
        for (timer, value) in &deployed.hop.timers {
            match value.value {
                Declared::Set(Setting::At(at)) if !at.is_zero() => {
                    told.push(format!("{}={}", timer.value, at.as_nanos()));
                }
                Declared::Set(Setting::Off) => told.push(format!("{}=off", timer.value)),
                _ => {}
            }
        }
        // Else the number is made from the window.
        let stated = |r: &RetrySpec| r.attempts.filter(|n| r.window.is_none_or(|window| window.loc != n.loc));
        let counted = deployed.hop.retries.as_ref().and_then(stated);
        told.extend(counted.map(|n| format!("retries={}", n.value - 1)));
        told.push(format!("upstreams={}", deployed.hop.endpoints.map_or(0, |n| n.value)));
        told.sort();
        told.join(" ")
    };
    import.hops.iter().map(one).collect()
}

#[test]
fn caddy_and_the_reader_take_the_same_values() {
    let Some(caddy) = program("HOPLINT_CADDY", "proxies/bin/caddy", "caddy") else {
        return skip("caddy adapt beside its reader", "caddy");
    };
    let folder = Folder::new("caddy-read");
    for name in ["Caddyfile", "short.Caddyfile"] {
        let text = fixture("caddy", name);
        let import = read("caddy", name, &text);
        assert!(!has_errors(&import), "{name}: {:#?}", import.problems);
        let json = adapted(&caddy, &folder, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read_proxies(&import), caddy_proxies(&json), "{name}");
        let (more, count) = completed(&text, &import.hops);
        assert!(count > 0, "{name}: nothing could be added");
        let json = adapted(&caddy, &folder, &more).unwrap_or_else(|e| panic!("{name} with more timers: {e}\n{more}"));
        let again = read("caddy", name, &more);
        assert_eq!(read_proxies(&again), caddy_proxies(&json), "{name} with more timers\n{more}");
    }
    let broken = fixture("caddy", "broken.Caddyfile");
    assert!(adapted(&caddy, &folder, &broken).is_err());
    assert!(has_errors(&read("caddy", "broken.Caddyfile", &broken)));
}

/// Small files, and what both should think of them.
#[test]
fn caddy_refuses_what_the_reader_calls_an_error() {
    let Some(caddy) = program("HOPLINT_CADDY", "proxies/bin/caddy", "caddy") else {
        return skip("caddy adapt on single lines", "caddy");
    };
    let folder = Folder::new("caddy-lines");
    let transport = |line: &str| format!(":80\nreverse_proxy a:1 {{\n transport http {{\n  {line}\n }}\n}}\n");
    let proxy = |line: &str| format!(":80\nreverse_proxy a:1 {{\n {line}\n}}\n");
    let servers = |text: &str| {
        format!("{{\n{text}\n}}\nfoo.com {{\n reverse_proxy a:1\n}}\n:8080 {{\n reverse_proxy b:1 c:1\n}}\n")
    };
    let texts = [
        transport("dial_timeout 5s"),
        transport("dial_timeout 1d12h"),
        transport("dial_timeout 1.5h"),
        transport("dial_timeout 0"),
        transport("dial_timeout 5"),
        transport("dial_timeout 5xs"),
        transport("dial_timeout 5s\n  dial_timeout 6s"),
        transport("dial_timeout \"7s\""),
        transport("dial_timeout \\\n 7s"),
        transport("keepalive off"),
        transport("tls_timeout 3s\n expect_continue_timeout 4s"),
        transport("dial_timeout"),
        proxy("lb_try_duration 3s\n lb_try_interval 1s"),
        proxy("lb_retries 4"),
        proxy("lb_retries x"),
        proxy("read_timeout 5s"),
        proxy("transport http {\n  dial_timeout 5s\n }\n transport http {\n  read_timeout 6s\n }"),
        proxy("to b:2 c:3\n to :9000-9003"),
        ":80\nreverse_proxy a:1 { lb_retries 5 }\n".to_owned(),
        ":80 {\nreverse_proxy a:1 {\nlb_retries 2\n}\n".to_owned(),
        ":80 {\nreverse_proxy a:1 {\nlb_retries 2\n}\n}\n}\n".to_owned(),
        "(p) {\nreverse_proxy a:1 {\nlb_try_duration {args[0]}\nlb_retries {args.1}\n}\n}\n:80 {\nimport p 5s 3\n}\n"
            .to_owned(),
        "(p) {\nreverse_proxy a:1 {\n{block}\n}\n}\n:80 {\nimport p {\nlb_try_duration 4s\n}\n}\n".to_owned(),
        "(p) {\nreverse_proxy a:1 {\n{blocks.x}\n}\n}\n:80 {\nimport p {\nx {\nlb_try_duration 4s\n}\n}\n}\n"
            .to_owned(),
        "a.com,\nb.com {\nreverse_proxy a:1 {\nlb_try_duration 3s\n}\n}\n".to_owned(),
        servers("servers :443 {\ntimeouts {\nidle 1s\n}\n}\nservers {\ntimeouts {\nwrite 2s\n}\n}"),
        servers("servers {\ntimeouts {\nwrite 2s\n}\n}\nservers :443 {\ntimeouts {\nidle 1s\n}\n}"),
        servers("https_port 9443\nservers :9443 {\ntimeouts {\nidle 1s\n}\n}"),
        servers("default_bind 127.0.0.1\nservers :443 {\ntimeouts {\nidle 1s\n}\n}"),
        servers("servers {\ntimeouts {\nidle 1s\n}\n}\nservers {\ntimeouts {\nwrite 2s\n}\n}"),
        servers("servers {\ntimeouts {\nread 2s\n}\n}"),
        ":80 {\nreverse_proxy a:1\n}\n{\ngrace_period 3s\n}\n".to_owned(),
    ];
    for text in texts {
        let adapted = adapted(&caddy, &folder, &text);
        let import = read("caddy", "Caddyfile", &text);
        assert_eq!(adapted.is_ok(), !has_errors(&import), "{text}: {adapted:?}\n{:#?}", import.problems);
        if let Ok(json) = adapted {
            assert_eq!(read_proxies(&import), caddy_proxies(&json), "{text}");
        }
    }
}

fn nginx_takes(nginx: &Path, folder: &Folder, text: &str) -> Result<(), String> {
    let http = if text.contains("http {") { text.to_owned() } else { format!("events {{}}\nhttp {{\n{text}\n}}\n") };
    let at = folder.0.display();
    let file = folder.write("nginx.conf", &format!("pid {at}/pid;\nerror_log {at}/error.log;\n{http}"));
    folder.write("mime.types", "types { text/html html; }\n");
    let out = Command::new(nginx).arg("-t").arg("-c").arg(file).arg("-p").arg(&folder.0).output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

#[test]
fn nginx_takes_what_its_reader_calls_right_and_what_it_would_add() {
    let Some(nginx) = program("HOPLINT_NGINX", "", "nginx") else {
        return skip("nginx -t on fixtures of its reader", "nginx");
    };
    let folder = Folder::new("nginx-read");
    for name in [
        "buffering.conf",
        "families.conf",
        "nested.conf",
        "server.conf",
        "upstream-without-keepalive.conf",
        "windows.conf",
    ] {
        let text = fixture("nginx", name);
        // Names would be looked up; the reader does not ask whether they exist.
        let text =
            text.replace("model.internal", "127.0.0.1").replace("fastcgi_pass app;", "fastcgi_pass 127.0.0.1:9;");
        let import = read("nginx", name, &text);
        assert!(!has_errors(&import), "{name}: {:#?}", import.problems);
        let whole = |text: &str| {
            if text.contains("events {}") { text.to_owned() } else { text.replacen("http {", "events {}\nhttp {", 1) }
        };
        nginx_takes(&nginx, &folder, &whole(&text)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (more, count) = completed(&text, &import.hops);
        assert!(count > 0, "{name}: nothing could be added");
        nginx_takes(&nginx, &folder, &whole(&more)).unwrap_or_else(|e| panic!("{name} with more timers: {e}\n{more}"));
        let again = read("nginx", name, &more);
        assert_eq!(again.hops.len(), import.hops.len());
        let (_, left) = completed(&more, &again.hops);
        assert_eq!(left, 0, "{name}: what was added is read");
    }
    for name in ["broken.conf", "duplicate.conf"] {
        let text = fixture("nginx", name);
        assert!(nginx_takes(&nginx, &folder, &text).is_err(), "{name}");
        assert!(has_errors(&read("nginx", name, &text)), "{name}");
    }
}

fn apache_takes(apache: &Path, folder: &Folder, text: &str) -> Result<(), String> {
    folder.write("site.conf", text);
    let main = main_file(folder, modules().unwrap(), "Listen 127.0.0.1:8199\n", "site.conf");
    let out = Command::new(apache).arg("-t").arg("-f").arg(main).output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

#[test]
fn apache_and_the_reader_agree_on_what_is_right() {
    let Some(apache) = apache() else { return skip("apache2 -t on fixtures of its reader", "apache2") };
    let folder = Folder::new("apache-read");
    for name in ["chat.conf", "traps.conf"] {
        let text = fixture("apache-httpd", name);
        let import = read("apache-httpd", name, &text);
        assert!(!has_errors(&import), "{name}: {:#?}", import.problems);
        // Only the environment has a value for this variable.
        let text = text.replace("${NOT_DEFINED}", "11");
        let import_again = read("apache-httpd", name, &text);
        apache_takes(&apache, &folder, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (more, count) = completed(&text, &import_again.hops);
        assert!(count > 0, "{name}: nothing could be added");
        apache_takes(&apache, &folder, &more).unwrap_or_else(|e| panic!("{name} with more timers: {e}\n{more}"));
        assert_eq!(read("apache-httpd", name, &more).hops.len(), import.hops.len());
    }
    let broken = fixture("apache-httpd", "broken.conf");
    assert!(apache_takes(&apache, &folder, &broken).is_err());
    assert!(has_errors(&read("apache-httpd", "broken.conf", &broken)));
}

/// Single directives, and what both should think of them.
#[test]
fn apache_refuses_what_the_reader_calls_an_error() {
    let Some(apache) = apache() else { return skip("apache2 -t on single lines", "apache2") };
    let folder = Folder::new("apache-lines");
    let mut texts: Vec<String> = [
        "Timeout 5",
        "Timeout 5ms",
        "Timeout -5",
        "Timeout abc",
        "Timeout 5 6",
        "Timeout",
        "Timeout 5 # x",
        "Timeout \"5\"",
        "Timeout '5'",
        "Timeout \"5",
        "TIMEOUT 5",
        "Timeout \\\n 5",
        "# foo \\\nTimeoutx 5",
        "ProxyTimeout 0",
        "ProxyTimeout 5ms",
        "ProxyTimeout 1.5",
        "ProxyTimeout -1",
        "ProxyTimeout abc",
        "KeepAliveTimeout 500ms",
        "KeepAliveTimeout 1min",
        "KeepAliveTimeout 5mi",
        "KeepAliveTimeout 1m",
        "KeepAliveTimeout 1h",
        "KeepAliveTimeout 0",
        "KeepAliveTimeout 1.5",
        "KeepAliveTimeout -1",
        "KeepAliveTimeout 5S",
        "KeepAliveTimeout 5us",
        "RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500",
        "RequestReadTimeout header=20 body=0",
        "RequestReadTimeout header=20s",
        "RequestReadTimeout body=10-20",
        "RequestReadTimeout header=40-20,MinRate=500",
        "<Location />\nTimeout 5\n</Location>",
        "<Location />\nProxyTimeout 5\n</Location>",
        "<Directory />\nKeepAliveTimeout 5\n</Directory>",
        "<VirtualHost *:8199>\nTimeout 5",
        "<VirtualHost *:8199>\nTimeout 5\n</Location>",
        "</VirtualHost>",
        "<virtualhost *:8199>\nTimeout 5\n</VirtualHost>",
        "<VirtualHost *:8199\nTimeout 5\n</VirtualHost>",
        "<IfModule nope>\nTimeout 5\n</IfModule>",
        "Define T 7\nTimeout ${T}",
        "ProxyPass /a http://127.0.0.1:9/ timeout=5\nProxyPass /b http://127.0.0.1:9/ timeout=7",
    ]
    .map(str::to_owned)
    .to_vec();
    for parameter in [
        "timeout=5",
        "timeout=0",
        "timeout=5ms",
        "timeout=-1",
        "TIMEOUT=5",
        "\"timeout=5\"",
        "timeout=\"5\"",
        "connectiontimeout=500ms",
        "connectiontimeout=1mi",
        "connectiontimeout=0",
        "connectiontimeout=1.5",
        "ttl=60",
        "ttl=0",
        "ttl=60s",
        "retry=0",
        "acquire=3s",
        "acquire=0",
        "ping=500ms",
        "ping=0",
    ] {
        texts.push(format!("ProxyPass \"/\" \"http://127.0.0.1:9/\" {parameter}"));
    }
    for text in texts {
        let takes = apache_takes(&apache, &folder, &format!("{text}\n"));
        let import = read("apache-httpd", "site.conf", &text);
        assert_eq!(takes.is_ok(), !has_errors(&import), "{text}: {takes:?}\n{:#?}", import.problems);
    }
}
