//! Upstreams that misbehave on purpose, and a client that watches what a proxy makes of them, all on loopback.

use super::Folder;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// An address at which nobody listens.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// What an upstream server does with each connection.
#[derive(Clone, Copy, PartialEq)]
pub enum Upstream {
    /// Reads the request and never answers.
    Hangs,
    /// Sends the head and one event, then nothing.
    Stalls,
    /// Reads the request and closes the connection.
    Closes,
    /// Answers 503 at once.
    Says503,
    /// Answers at once.
    Answers,
    /// Sends an event every 0.4 s, five in all, in chunks.
    Trickles,
    /// Sends one event and 0.9 s later the rest; the end of the connection is the end of the answer.
    Unframed,
}

/// Starts an upstream; gives its address and counts its requests.
pub fn upstream(kind: Upstream, requests: &Arc<AtomicU32>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::clone(requests);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let requests = Arc::clone(&requests);
            std::thread::spawn(move || serve(stream, kind, &requests));
        }
    });
    address
}

fn serve(mut stream: TcpStream, kind: Upstream, requests: &AtomicU32) {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const EVENT: &str = "9\r\ndata: 1\n\n\r\n";
    // A proxy may send several requests over one connection.
    while whole_request(&mut stream) {
        requests.fetch_add(1, Ordering::SeqCst);
        let mut say = |text: &str| drop(stream.write_all(text.as_bytes()));
        match kind {
            Upstream::Hangs => {}
            Upstream::Closes => return,
            Upstream::Stalls => say(&format!("{CHUNKED}{EVENT}")),
            Upstream::Says503 => say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
            Upstream::Answers => say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            Upstream::Trickles => {
                say(CHUNKED);
                for _ in 0..5 {
                    say(EVENT);
                    std::thread::sleep(Duration::from_millis(400));
                }
                say("0\r\n\r\n");
            }
            Upstream::Unframed => {
                say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
                std::thread::sleep(Duration::from_millis(900));
                say("data: 2\n\n");
                return;
            }
        }
    }
}

/// Reads a request with the body that [`request`] sends; false at the end of the connection.
pub fn whole_request(stream: &mut TcpStream) -> bool {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(n @ 1..) => text.extend_from_slice(&buffer[..n]),
            _ => return false,
        }
        let end: &[u8] = if text.starts_with(b"GET") { b"\r\n\r\n" } else { b"\r\n\r\nhi" };
        if text.ends_with(end) {
            return true;
        }
    }
}

/// A port where connections are neither taken nor refused: its queue is full.
pub struct Dead {
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
    pub address: SocketAddr,
}

pub fn dead() -> Option<Dead> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    for _ in 0..900 {
        match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            Ok(stream) => queue.push(stream),
            Err(_) => return Some(Dead { _listener: listener, _queue: queue, address }),
        }
    }
    None
}

/// A started proxy; it ends with the value.
pub struct Running {
    pub child: Child,
    pub address: SocketAddr,
    pub folder: Folder,
}

impl Running {
    /// Returns once the proxy takes connections.
    pub fn listening(self) -> Running {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < until, "nothing listens at {}", self.address);
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Seen {
    pub status: u16,
    pub whole: bool,
    /// When the first event was there.
    pub first: Option<f64>,
    pub seconds: f64,
}

pub fn request(address: SocketAddr, method: &str) -> Seen {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let started = Instant::now();
    // What has a body is not repeated by some proxies, and a GET has none.
    let rest = if method == "GET" { "\r\n" } else { "Content-Length: 2\r\n\r\nhi" };
    let head = format!("{method} / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{rest}");
    stream.write_all(head.as_bytes()).unwrap();
    let (mut answer, mut buffer, mut first) = (Vec::new(), [0; 4096], None);
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..n]);
        if first.is_none() && answer.windows(7).any(|part| part == b"data: 1") {
            first = Some(started.elapsed().as_secs_f64());
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let whole = !answer.to_ascii_lowercase().contains("chunked") || answer.ends_with("0\r\n\r\n");
    Seen { status, whole, first, seconds }
}
