//! Nested configurations in a real `HAProxy` and a real Apache: at each place the timer that fires is the one that the
//! reader says.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::import::{Deployed, Given, Import, READERS, reader::NoIncludes};
use hoplint::model::Declared;
use hoplint::span::FileId;
use real::loopback::free;
use real::stub::{Kind, Stub};
use real::{Folder, compare, program, skip};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn read(reader: &str, text: &str) -> Import {
    let reader = READERS.iter().find(|known| known.name() == reader).unwrap();
    let mut import = Import::default();
    reader.read(&Given { file: FileId(0), path: "deployed.conf", text }, &NoIncludes, &mut import);
    import
}

/// Seconds of the first of these timers that the hop has.
fn seconds(hop: &Deployed, timers: &[&str]) -> f64 {
    let stated = |name: &&str| hop.hop.timers.iter().find(|(timer, _)| timer.value == **name);
    let (_, value) = timers.iter().find_map(stated).unwrap_or_else(|| panic!("{}: no timer", hop.selector));
    match value.value {
        Declared::Set(Setting::At(at)) => at.as_secs_f64(),
        other => panic!("{}: {other:?}", hop.selector),
    }
}

/// Each `PORT` of the text as a port of its own.
fn with_ports(text: &str) -> String {
    let mut ports = HashSet::new();
    let mut parts = text.split("PORT");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let port = loop {
            let port = free().port();
            if ports.insert(port) {
                break port;
            }
        };
        out.push_str(&port.to_string());
        out.push_str(part);
    }
    out
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command, port: u16) -> Running {
    let mut running = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(running.0.try_wait().unwrap().is_none(), "the program ended");
        assert!(Instant::now() < until, "nothing listens");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

/// Status, and seconds until the answer began.
fn ask(port: u16, path: &str) -> (u16, f64) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let from = Instant::now();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    let after = from.elapsed().as_secs_f64();
    (String::from_utf8_lossy(&head[9..12]).parse().unwrap(), after)
}

/// Asks at every hop at once and compares.
fn judge(import: &Import, timers: &[&str], status: u16, place: impl Fn(&Deployed) -> (u16, String) + Sync) {
    std::thread::scope(|scope| {
        for hop in &import.hops {
            let (port, path) = place(hop);
            scope.spawn(move || {
                let (answered, measured) = ask(port, &path);
                assert_eq!(answered, status, "{}", hop.selector);
                compare(&hop.selector, seconds(hop, timers), measured);
            });
        }
    });
}

/// The port after a mark in the text.
fn port_after(text: &str, mark: &str) -> u16 {
    let rest = &text[text.find(mark).unwrap_or_else(|| panic!("no {mark}")) + mark.len()..];
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

const HAPROXY: &str = r#"
defaults plain
    mode http
    timeout connect 3s
    timeout client 30s
    timeout server 400

defaults slow from plain
    timeout server 1600ms

defaults
    mode http
    timeout connect 3s
    timeout client 30s
    timeout server 0
    timeout server 1s

frontend f1 from plain
    bind 127.0.0.1:PORT
    timeout server 100ms
    default_backend inherits-plain
backend inherits-plain from plain
    server s 127.0.0.1:UP

frontend f2 from slow
    bind 127.0.0.1:PORT
    default_backend inherits-slow
backend inherits-slow from slow
    server s 127.0.0.1:UP

frontend f3
    bind 127.0.0.1:PORT
    default_backend inherits-last
backend inherits-last
    server s 127.0.0.1:UP

frontend f4 from slow
    bind 127.0.0.1:PORT
    default_backend own
backend own from slow
    timeout server "700ms"
    server s 127.0.0.1:UP

frontend f5
    bind 127.0.0.1:PORT
    default_backend rule
backend rule
    http-request set-timeout server 1300ms
    server s 127.0.0.1:UP

frontend f6
    bind 127.0.0.1:PORT
    default_backend conditions
backend conditions
    .if 0
    timeout server 100ms
    .elif 1
    timeout server 500000us
    .else
    timeout server 200ms
    .endif
    server s 127.0.0.1:UP

frontend f7
    bind 127.0.0.1:PORT
    use_backend cut if TRUE
    default_backend own
backend cut
    timeout server 2s # 100ms
    timeout server 9'0'0ms
    server s 127.0.0.1:UP

listen f8
    bind 127.0.0.1:PORT
    timeout server 1200
    server s 127.0.0.1:UP

listen f9 from plain
    bind 127.0.0.1:PORT
    default_backend inherits-slow
    server s 127.0.0.1:UP
"#;

#[test]
fn the_server_timer_that_fires_in_haproxy_is_the_one_that_is_read() {
    let Some(haproxy) = program("HOPLINT_HAPROXY", "", "haproxy") else {
        return skip("timers of nested sections in HAProxy", "haproxy");
    };
    let upstream = Stub::new(Kind::Hangs);
    let text = with_ports(HAPROXY).replace(":UP", &format!(":{}", upstream.port));
    let import = read("haproxy", &text);
    let front = |hop: &Deployed| hop.selector.split('/').next().unwrap().to_owned();
    // The second way of f7 is not taken.
    let mut asked = import.clone();
    asked.hops.retain(|hop| hop.selector != "frontend f7/backend own");
    assert_eq!(asked.hops.len(), 9);
    let folder = Folder::new("haproxy-timers");
    let file = folder.write("haproxy.cfg", &text);
    let port = |hop: &Deployed| {
        let section = text.find(&format!("\n{}", front(hop))).unwrap();
        port_after(&text[section..], "bind 127.0.0.1:")
    };
    let _running = start(Command::new(haproxy).arg("-db").arg("-f").arg(file), port(&asked.hops[0]));
    judge(&asked, &["timeout server"], 504, |hop| (port(hop), "/".to_owned()));
}

const APACHE: &str = r#"
Timeout 4
<IfModule !mod_proxy.c>
    Timeout 9
</IfModule>
Define SHORT 1
<Proxy "http://127.0.0.1:UP/set">
    ProxySet timeout=3
</Proxy>
<VirtualHost 127.0.0.1:PORT>
    ServerName main-timeout
    ProxyPass /a http://127.0.0.1:UP/
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
    ServerName own-timeout
    Timeout 2
    ProxyPass /a http://127.0.0.1:UP/
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
    ServerName proxy-timeout
    Timeout 1
    ProxyTimeout 3ms
    ProxyPass /a http://127.0.0.1:UP/
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
    ServerName worker
    ProxyTimeout 3
    ProxyPass /a http://127.0.0.1:UP/x timeout=${SHORT}
    ProxyPass /b http://127.0.0.1:UP/x/y timeout=4
    <Location /c>
        ProxyPass http://127.0.0.1:UP/z timeout=2
    </Location>
    RewriteEngine On
    RewriteRule ^/d http://127.0.0.1:UP/d [P]
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
    ServerName in-proxy
    <Proxy "http://127.0.0.1:UP/w">
        ProxySet timeout=2
    </Proxy>
    ProxyPass /a http://127.0.0.1:UP/w timeout=4
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
    ServerName balancer
    <Proxy "balancer://two">
        BalancerMember http://127.0.0.1:UP timeout=2
        BalancerMember http://127.0.0.2:UP timeout=2
    </Proxy>
    ProxyPass /a balancer://two/ timeout=1
</VirtualHost>
"#;

#[test]
fn the_proxy_timer_that_fires_in_apache_is_the_one_that_is_read() {
    let apache = program("HOPLINT_APACHE", "", "apache2").or_else(|| program("HOPLINT_APACHE", "", "httpd"));
    let Some(apache) = apache else { return skip("timers of nested sections in Apache", "apache2") };
    let upstream = Stub::new(Kind::Hangs);
    let text = with_ports(APACHE).replace(":UP", &format!(":{}", upstream.port));
    let import = read("apache-httpd", &text);
    assert_eq!(import.hops.len(), 9);
    let folder = Folder::new("apache-timers");
    let modules = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];
    let modules = modules.iter().find(|path| std::path::Path::new(path).is_dir()).unwrap();
    let at = folder.0.display();
    let mut main = format!("ServerRoot {at}\nServerName localhost\nPidFile {at}/pid\nErrorLog {at}/error.log\n");
    for line in text.lines() {
        if let Some(address) = line.strip_prefix("<VirtualHost ") {
            main.push_str(&format!("Listen {}\n", address.trim_end_matches('>')));
        }
    }
    let names = ["mpm_event", "authz_core", "proxy", "proxy_http", "proxy_balancer", "lbmethod_byrequests"];
    for name in names.iter().chain(&["slotmem_shm", "rewrite"]) {
        main.push_str(&format!("LoadModule {name}_module {modules}/mod_{name}.so\n"));
    }
    let file = folder.write("httpd.conf", &format!("{main}{text}"));
    let place = |hop: &Deployed| {
        let (host, rest) = hop.selector.strip_prefix("VirtualHost ").unwrap().split_once('/').unwrap();
        let path = rest.rsplit(['/', '^']).next().unwrap();
        (host.rsplit_once(':').unwrap().1.parse().unwrap(), format!("/{path}"))
    };
    let _running = start(Command::new(apache).arg("-X").arg("-f").arg(file), place(&import.hops[0]).0);
    judge(&import, &["ProxyPass timeout=", "ProxyTimeout", "Timeout"], 502, place);
}
