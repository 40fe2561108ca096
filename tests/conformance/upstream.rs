//! The upstream of all chains: one server whose script stands in the path of the request, and which remembers what came
//! and when its callers left.

use crate::clock::now;
use crate::scenario::{Step, What};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One call that reached the upstream.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub came: f64,
    /// When the script ended by itself: an answer that was whole, or a connection that it broke.
    pub finished: Option<f64>,
    /// When the caller closed the connection before that.
    pub left: Option<f64>,
}

type Scripts = Mutex<HashMap<u32, (Vec<Vec<Step>>, Vec<Call>)>>;

pub struct Upstream {
    /// Several, for hops with several endpoints.
    pub addresses: Vec<SocketAddr>,
    scripts: Arc<Scripts>,
}

/// As many as any chain here has.
pub const ENDPOINTS: usize = 3;

impl Upstream {
    pub fn new() -> Upstream {
        let scripts = Arc::<Scripts>::default();
        let listen = |_| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let known = Arc::clone(&scripts);
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let known = Arc::clone(&known);
                    std::thread::spawn(move || serve(stream, &known));
                }
            });
            address
        };
        Upstream { addresses: (0..ENDPOINTS).map(listen).collect(), scripts }
    }

    /// From now on requests below `/s<id>/` follow this script.
    pub fn follow(&self, id: u32, script: Vec<Vec<Step>>) {
        self.scripts.lock().unwrap().insert(id, (script, Vec::new()));
    }

    /// What came to this script so far.
    pub fn calls(&self, id: u32) -> Vec<Call> {
        self.scripts.lock().unwrap().get(&id).map(|(_, calls)| calls.clone()).unwrap_or_default()
    }
}

/// The number in `/s<id>/`.
fn script_id(head: &str) -> Option<u32> {
    let path = head.split(' ').nth(1)?;
    path.split('/').find_map(|part| part.strip_prefix('s')?.parse().ok())
}

fn serve(mut stream: TcpStream, scripts: &Scripts) {
    let Some((head, body)) = read_request(&mut stream) else { return };
    let Some(id) = script_id(&head) else { return };
    let came = now();
    let (n, steps) = {
        let mut scripts = scripts.lock().unwrap();
        let Some((script, calls)) = scripts.get_mut(&id) else { return };
        calls.push(Call { came, ..Call::default() });
        let n = calls.len() - 1;
        (n, script[n.min(script.len() - 1)].clone())
    };
    let resets = steps.iter().any(|step| matches!(step.what, What::Reset));
    if !resets {
        let _ = stream.read_exact(&mut [0]);
    }
    let (end, at) = answer(&stream, &Wire::of(&head, &body), &steps, resets);
    let mut scripts = scripts.lock().unwrap();
    let Some((_, calls)) = scripts.get_mut(&id) else { return };
    match end {
        Ended::Finished => calls[n].finished = Some(at),
        Ended::CallerLeft => calls[n].left = Some(at),
    }
}

enum Ended {
    Finished,
    CallerLeft,
}

/// How bytes of an answer look to this caller.
struct Wire {
    /// Chunks, or else the end of the connection frames the body.
    chunked: bool,
    event: &'static str,
    close: &'static str,
    kind: &'static str,
    no_body: bool,
}

impl Wire {
    fn of(head: &str, body: &str) -> Wire {
        let line = head.lines().next().unwrap_or_default();
        let streams = body.contains("\"stream\":true") || body.contains("\"stream\": true");
        let anthropic = line.contains("/messages");
        let (event, close) = match (streams, anthropic) {
            (false, _) => (" ", ANSWER),
            (true, false) => (OPENAI_EVENT, OPENAI_END),
            (true, true) => (ANTHROPIC_EVENT, ANTHROPIC_END),
        };
        let kind = if streams { "text/event-stream" } else { "application/json" };
        Wire { chunked: !line.ends_with("HTTP/1.0"), event, close, kind, no_body: line.starts_with("HEAD ") }
    }

    fn head(&self, status: u16, retry_after: Option<u64>) -> String {
        // Errors are JSON for every SDK.
        let kind = if status == 200 { self.kind } else { "application/json" };
        let wait = retry_after.map_or(String::new(), |seconds| format!("Retry-After: {seconds}\r\n"));
        let framing = if self.chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
        format!("HTTP/1.1 {status} Scripted\r\nContent-Type: {kind}\r\n{wait}{framing}Connection: close\r\n\r\n")
    }

    fn piece(&self, text: &str) -> String {
        match (self.no_body, self.chunked) {
            (true, _) => String::new(),
            (_, true) => format!("{:x}\r\n{text}\r\n", text.len()),
            (_, false) => text.to_owned(),
        }
    }
}

/// Goes through the steps. While a byte is left for a reset nobody can see the caller go.
fn answer(mut stream: &TcpStream, wire: &Wire, steps: &[Step], resets: bool) -> (Ended, f64) {
    // Counted from the beginning, so that no pause makes the later ones late.
    let (begun, mut at) = (Instant::now(), 0);
    let mut pause = |nanos: u64| {
        at += nanos;
        let until = begun + Duration::from_nanos(at);
        if resets {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
        resets || stays(stream, until)
    };
    let mut status_sent = 0;
    for step in steps {
        if !pause(step.after.as_nanos()) {
            return (Ended::CallerLeft, now());
        }
        let text = match step.what {
            What::Status { status, retry_after } => {
                status_sent = status;
                wire.head(status, retry_after.map(|wait| wait.as_nanos() / 1_000_000_000))
            }
            What::Byte => wire.piece(wire.event),
            What::Bytes { count, every } => {
                for n in 0..count {
                    if n > 0 && !pause(every.as_nanos()) {
                        return (Ended::CallerLeft, now());
                    }
                    if stream.write_all(wire.piece(wire.event).as_bytes()).is_err() {
                        return (Ended::CallerLeft, now());
                    }
                }
                continue;
            }
            What::End => {
                let close = if status_sent == 200 { wire.close } else { ERROR };
                let last = if wire.chunked { "0\r\n\r\n" } else { "" };
                let sent = stream.write_all((wire.piece(close) + last).as_bytes());
                let (at, _) = (now(), stream.shutdown(Shutdown::Write));
                // Who is still there reads the end before the connection goes.
                pause(200_000_000);
                return (if sent.is_ok() { Ended::Finished } else { Ended::CallerLeft }, at);
            }
            What::Close => {
                let _ = stream.shutdown(Shutdown::Both);
                return (Ended::Finished, now());
            }
            What::Reset => return (Ended::Finished, now()),
        };
        if stream.write_all(text.as_bytes()).is_err() {
            return (Ended::CallerLeft, now());
        }
    }
    pause(60_000_000_000);
    (Ended::CallerLeft, now())
}

/// A read times out later than asked by up to this.
const GRAIN: Duration = Duration::from_millis(12);

/// Waits; false once the caller is gone.
fn stays(mut stream: &TcpStream, until: Instant) -> bool {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let Some(read) = left.checked_sub(GRAIN).filter(|read| !read.is_zero()) else {
            std::thread::sleep(left);
            return true;
        };
        stream.set_read_timeout(Some(read)).unwrap();
        match stream.read(&mut [0; 512]) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(_) => return false,
        }
    }
}

/// Waits for a whole request and takes all of it but the last byte, with which the kernel resets a closed connection.
fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut buffer = vec![0; 65_536];
    let (mut seen, until) = (0, Instant::now() + Duration::from_secs(30));
    loop {
        let n = stream.peek(&mut buffer).ok().filter(|n| *n > 0)?;
        if let Some((head, body)) = whole(&String::from_utf8_lossy(&buffer[..n])) {
            stream.read_exact(&mut buffer[..n - 1]).ok()?;
            return Some((head, body));
        }
        // The rest is on its way.
        if n == seen {
            std::thread::sleep(Duration::from_millis(2));
        }
        seen = n;
        if Instant::now() > until {
            return None;
        }
    }
}

fn whole(text: &str) -> Option<(String, String)> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let lower = head.to_ascii_lowercase();
    let length = lower.split("content-length:").nth(1);
    let length: Option<usize> = length.and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok());
    let whole = match length {
        Some(length) => body.len() >= length,
        None => !lower.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
    };
    whole.then(|| (head.to_owned(), body.to_owned()))
}

const ANSWER: &str = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","type":"message","role":"assistant","content":[],"stop_reason":"end_turn","stop_sequence":null,"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"input_tokens":1,"output_tokens":1}}"#;
const ERROR: &str = r#"{"error":{"message":"scripted","type":"scripted","code":"scripted"}}"#;
const OPENAI_EVENT: &str = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n";
const OPENAI_END: &str = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const ANTHROPIC_EVENT: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n";
const ANTHROPIC_END: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
