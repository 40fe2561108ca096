//! Effective values as the reader gives them beside a real nginx: in a family of nested configurations the timer that fires
//! at each place is the one that the reader says, and what nginx refuses the reader calls wrong.

#![allow(clippy::unwrap_used)]

#[path = "real_nginx_inheritance/family.rs"]
mod family;
mod real;

use family::{LEVELS, Made, Place};
use hoplint::catalog::Setting;
use hoplint::diag::Severity;
use hoplint::import::store::Store;
use hoplint::import::{Deployed, Import};
use hoplint::model::Declared;
use hoplint::workspace::Disk;
use real::loopback::free;
use real::{Folder, program, skip};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn nginx(what: &str) -> Option<PathBuf> {
    let found = program("HOPLINT_NGINX", "", "nginx");
    if found.is_none() {
        skip(what, "nginx");
    }
    found
}

/// The main file around what belongs in `http {}`, so that nginx writes inside the folder alone.
fn main_file(folder: &Path, http: &str) -> String {
    let at = folder.display();
    let temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {at}/{name};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log {at}/error.log error;\n\
         events {{ worker_connections 1024; }}\nhttp {{\naccess_log off;\n{temp}{http}}}\n"
    )
}

fn write(folder: &Folder, made: &Made) -> PathBuf {
    for (name, text) in &made.files {
        let path = folder.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if name == "nginx.conf" { main_file(&folder.0, text) } else { text.clone() };
        std::fs::write(path, text).unwrap();
    }
    folder.0.join("nginx.conf")
}

fn import(main: &Path) -> Arc<Import> {
    let store = Store::new(&Disk, main.parent().unwrap());
    store.import(main, None).unwrap().import
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(nginx: &Path, main: &Path, address: SocketAddr) -> Running {
    let folder = main.parent().unwrap();
    let mut command = Command::new(nginx);
    let running = Running(command.arg("-c").arg(main).arg("-p").arg(folder).stderr(Stdio::null()).spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < until, "nginx does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

fn check(nginx: &Path, main: &Path) -> Result<(), String> {
    let folder = main.parent().unwrap();
    let out = Command::new(nginx).arg("-t").arg("-c").arg(main).arg("-p").arg(folder).output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

/// Takes connections and says nothing on any of them; counts them.
fn silent() -> (SocketAddr, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            kept.push(stream);
        }
    });
    (address, count)
}

/// The status and after how many seconds it came.
fn ask(address: SocketAddr, place: &Place) -> (u16, f64) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        place.method, place.uri, place.host
    );
    let started = Instant::now();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    (answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0), started.elapsed().as_secs_f64())
}

fn read_time(hop: &Deployed, family: &str) -> Option<f64> {
    let name = format!("{family}_read_timeout");
    hop.hop.timers.iter().find(|(timer, _)| timer.value == name).and_then(|(_, value)| match value.value {
        Declared::Set(Setting::At(time)) => Some(time.as_secs_f64()),
        _ => None,
    })
}

fn predicted(import: &Import, place: &Place) -> f64 {
    let server = format!("server {}/", place.host);
    let fits = |hop: &&Deployed| hop.selector.starts_with(&server) && hop.selector.ends_with(&place.selector);
    // Of the three deep ones all have the same last part.
    let outer = place.uri.split('/').nth(1).unwrap_or_default();
    let mut found: Vec<&Deployed> = import.hops.iter().filter(fits).collect();
    if found.len() > 1 {
        found.retain(|hop| hop.selector.contains(&format!("location /{outer}/")));
    }
    assert_eq!(found.len(), 1, "{} {} in {:#?}", place.host, place.selector, selectors(import));
    read_time(found[0], place.family).unwrap()
}

fn selectors(import: &Import) -> Vec<&String> {
    import.hops.iter().map(|hop| &hop.selector).collect()
}

/// A machine with much to do is late; it is never early, and never late every time.
const LATE: f64 = 0.4;

#[test]
fn the_timer_that_fires_is_the_one_that_is_read() {
    let Some(nginx) = nginx("nginx: inheritance") else { return };
    let (silent, _) = silent();
    let address = free();
    let folder = Folder::new("nginx-inherits");
    let made = family::make(0x6e67_696e_785f_3031, address, silent, 7);
    let main = write(&folder, &made);
    let import = import(&main);
    let errors: Vec<_> = import.problems.iter().map(|p| &p.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    check(&nginx, &main).unwrap();
    let _running = start(&nginx, &main, address);
    assert!(made.places.len() >= 100, "{} places", made.places.len());
    let expected: Vec<f64> = made.places.iter().map(|place| predicted(&import, place)).collect();
    for level in LEVELS {
        let same = |seconds: &&f64| (**seconds - Duration::from_millis(level).as_secs_f64()).abs() < 1e-6;
        assert!(expected.iter().filter(same).count() >= 5, "{level} ms is hardly tried");
    }
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (place, expected) in made.places.iter().zip(&expected) {
            let wrong = &wrong;
            scope.spawn(move || {
                let mut seen = Vec::new();
                for _ in 0..3 {
                    let (status, seconds) = ask(address, place);
                    seen.push((status, seconds));
                    if status == 504 && seconds >= expected - 0.02 && seconds <= expected + LATE {
                        return;
                    }
                }
                let what =
                    format!("{} {} {}: {expected} s is read, seen {seen:?}", place.host, place.uri, place.family);
                wrong.lock().unwrap().push(what);
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{} places, {} wrong", made.places.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A configuration of one server around these texts.
fn one(folder: &Folder, http: &str, location: &str) -> PathBuf {
    let text = format!("{http}\nserver {{\nlisten 127.0.0.1:8080;\nlocation / {{\n{location}\n}}\n}}\n");
    folder.write("nginx.conf", &main_file(&folder.0, &text))
}

fn refused(import: &Import) -> bool {
    import.problems.iter().any(|problem| problem.severity == Severity::Error)
}

#[test]
fn nginx_and_the_reader_agree_on_what_is_right() {
    let Some(nginx) = nginx("nginx -t beside the reader") else { return };
    let folder = Folder::new("nginx-agrees");
    folder.write("again.conf", "proxy_read_timeout 5s;\n");
    let times = [
        "60",
        "60s",
        "1m30s",
        "\"1m 30s\"",
        "500ms",
        "1h30m",
        "\"1h 30\"",
        "1d",
        "2w",
        "1M",
        "1y",
        "\"1M 1d\"",
        "5sec",
        "1.5s",
        "-1",
        "1s1m",
        "1s1s",
        "60S",
        "1us",
        "0",
        "007",
        "'60 '",
        "\"1s 30\"",
        "1s30",
        "99999999999999999999",
        "9223372036854775807",
        "9223372036854775",
        "1ms2s",
        "\"\"",
        "s",
        "\" 60\"",
        "1m 30s",
        "60s;;",
        "\"60s\" ",
        "60\\s",
        "1s500ms",
        "\"60s",
        "${t}",
    ];
    let mut cases: Vec<(String, String)> = Vec::new();
    for time in times {
        cases.push((String::new(), format!("proxy_read_timeout {time};")));
        cases.push((String::new(), format!("send_timeout {time};")));
        cases.push((format!("ssl_session_timeout {time};"), String::new()));
        cases.push((format!("keepalive_timeout {time};"), String::new()));
    }
    for location in [
        "proxy_read_timeout 5s; proxy_read_timeout 5s;",
        "proxy_read_timeout 5s; include again.conf;",
        "include again.conf; location /x { include again.conf; }",
        "proxy_buffering off; proxy_buffering on;",
        "proxy_buffering OFF;",
        "proxy_buffering no;",
        "proxy_next_upstream error; proxy_next_upstream timeout;",
        "proxy_next_upstream_tries 1; proxy_next_upstream_tries 2;",
        "proxy_set_header A b; proxy_set_header A b;",
        "if ($arg_x) { proxy_read_timeout 5s; }",
        "limit_except GET { proxy_read_timeout 5s; }",
        "if ($arg_x) { proxy_pass http://127.0.0.1:9; }",
        "limit_except GET { proxy_pass http://127.0.0.1:9; }",
        "limit_except GET { fastcgi_pass 127.0.0.1:9; }",
        "limit_except GET { grpc_pass 127.0.0.1:9; }",
        "limit_except GET { scgi_pass 127.0.0.1:9; }",
        "if ($arg_x) { grpc_pass 127.0.0.1:9; }",
        "if ($arg_x) { uwsgi_pass 127.0.0.1:9; }",
        "client_header_timeout 5s;",
        "client_body_timeout 5s;",
        "keepalive_timeout 5s 6s;",
        "keepalive_timeout 5s; keepalive_timeout 6s;",
        "proxy_pass http://127.0.0.1:9; proxy_pass http://127.0.0.1:9;",
        "proxy_timeout 5s;",
        "keepalive 5;",
        "proxy_read_timeout 5s }",
        "proxy_read_timeout\n5s\n;",
        "proxy_read_timeout 5s\nproxy_send_timeout 5s;",
        "proxy_set_header A \"b\"c;",
        "proxy_set_header A \"b;",
        "; ",
        "{ }",
        "} location /y {",
        "# } {\n",
        "proxy_set_header A 'b\nc';",
        "proxy_set_header A b\\;c;",
        "proxy_set_header A b}c;",
    ] {
        cases.push((String::new(), location.to_owned()));
    }
    for http in [
        "proxy_pass http://127.0.0.1:9;",
        "upstream u { server 127.0.0.1:9; keepalive 5; keepalive_timeout 5s; keepalive_time 1h; }",
        "upstream u { server 127.0.0.1:9; keepalive 5; keepalive 6; }",
        "upstream u { server 127.0.0.1:9; proxy_read_timeout 5s; }",
        "client_header_timeout 5s;",
        "server { client_header_timeout 5s; proxy_read_timeout 5s; }",
        "server { server { } }",
        "include none-*.conf;",
        "types { proxy_read_timeout a; }",
        "map $uri $x { proxy_read_timeout 1; proxy_send_timeout 1; }",
    ] {
        cases.push((http.to_owned(), String::new()));
    }
    let (mut right, mut differ) = (0, Vec::new());
    for (http, location) in &cases {
        let main = one(&folder, http, location);
        let nginx_says = check(&nginx, &main);
        let read = import(&main);
        right += usize::from(nginx_says.is_ok());
        // What nginx takes is never called wrong. What it refuses for a value or place is; a template is told as such.
        if nginx_says.is_ok() == (refused(&read) || read.template) {
            let told: Vec<_> = read.problems.iter().map(|p| &p.message).collect();
            differ.push(format!("{http:?} {location:?}: nginx says {nginx_says:?}, the reader {told:?}"));
        }
    }
    println!("{} cases, {right} of them right", cases.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(right > 20 && cases.len() - right > 20);
}

/// Attempts of one request at a group of silent servers, as the real one makes them and as the reader counts them.
#[test]
fn backup_servers_are_tried_and_those_that_are_down_are_not() {
    let Some(nginx) = nginx("nginx: backup servers") else { return };
    for (flags, expected) in
        [(["", "", ""], 3), (["", "backup", ""], 3), (["", "down", ""], 2), (["", "backup", "down"], 2)]
    {
        let folder = Folder::new("nginx-backup");
        let address = free();
        let servers: Vec<_> = (0..3).map(|_| silent()).collect();
        let lines: Vec<_> = servers.iter().zip(flags).map(|((at, _), flag)| format!("server {at} {flag};\n")).collect();
        let text = format!(
            "upstream u {{\n{}}}\nserver {{\nlisten {address};\nserver_name b.test;\nlocation / {{\nproxy_pass http://u;\n\
             proxy_read_timeout 150ms;\n}}\n}}\n",
            lines.concat()
        );
        let main = folder.write("nginx.conf", &main_file(&folder.0, &text));
        let read = import(&main);
        let _running = start(&nginx, &main, address);
        let place = Place {
            host: "b.test".to_owned(),
            uri: "/".to_owned(),
            method: "GET",
            selector: String::new(),
            family: "proxy",
        };
        let (status, _) = ask(address, &place);
        let made: u32 = servers.iter().map(|(_, count)| count.load(Ordering::SeqCst)).sum();
        assert_eq!((status, made), (504, expected), "{flags:?}");
        assert_eq!(read.hops[0].hop.endpoints.as_ref().map(|n| n.value), Some(made), "{flags:?}");
    }
}
