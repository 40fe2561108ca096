//! A server on loopback that misbehaves as told, and remembers when requests came and when their senders left.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Takes the request and never answers.
    Hangs,
    /// The head and then a byte now and then, for ever.
    Trickles,
    /// This status and head first, then an answer.
    Then(u16, &'static str),
    /// This status always.
    Always(u16),
    /// A stream of so many events, one after each pause; then its end, or silence.
    Events { count: u32, pause_ms: u64, ends: bool },
    /// A 504 first, then a whole stream.
    EventsAfter504 { count: u32, pause_ms: u64 },
}

#[derive(Default)]
struct Seen {
    came: Vec<Instant>,
    left: Vec<Instant>,
}

pub struct Stub {
    pub port: u16,
    kind: Kind,
    seen: Arc<Mutex<Seen>>,
}

impl Stub {
    pub fn new(kind: Kind) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Seen>>::default();
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || while serve(&stream, kind, &log).is_some() {});
            }
        });
        Stub { port, kind, seen }
    }

    pub fn attempts(&self) -> usize {
        self.seen.lock().unwrap().came.len()
    }

    /// Seconds between the arrivals of the requests.
    pub fn gaps(&self) -> Vec<f64> {
        self.seen.lock().unwrap().came.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect()
    }

    /// Seconds from the first request to the moment when the sender of the last one was gone.
    pub fn left_after(&self) -> f64 {
        assert!(!matches!(self.kind, Kind::Then(..) | Kind::Always(_)), "an answered request is not watched");
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let seen = self.seen.lock().unwrap();
            if seen.left.len() == seen.came.len() && !seen.left.is_empty() {
                return (*seen.left.iter().max().unwrap() - seen.came[0]).as_secs_f64();
            }
            assert!(Instant::now() < until, "a client stayed connected after its call had ended");
            drop(seen);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

const ANSWER: &str = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","type":"message","role":"assistant","content":[],"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"input_tokens":1,"output_tokens":1}}"#;
const OPENAI_START: &str = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
const OPENAI_EVENT: &str = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n";
const OPENAI_END: &str = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const ANTHROPIC_EVENT: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n";
const ANTHROPIC_START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
const ANTHROPIC_END: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// Answers one request; `None` where the connection is over.
fn serve(mut stream: &TcpStream, kind: Kind, log: &Mutex<Seen>) -> Option<()> {
    let head = read_request(stream)?;
    let n = {
        let mut log = log.lock().unwrap();
        log.came.push(Instant::now());
        log.came.len()
    };
    let answer = |status: u16, head: &str| {
        let length = ANSWER.len();
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{head}Content-Length: {length}\r\n\r\n{ANSWER}"
        )
    };
    let (kind, whole) = match kind {
        Kind::EventsAfter504 { .. } if n == 1 => (Kind::Always(504), false),
        Kind::EventsAfter504 { count, pause_ms } => (Kind::Events { count, pause_ms, ends: true }, true),
        other => (other, false),
    };
    let text = match kind {
        Kind::Hangs => {
            while stream.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
            log.lock().unwrap().left.push(Instant::now());
            return None;
        }
        Kind::Trickles => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n";
            let mut going = stream.write_all(head.as_bytes()).is_ok();
            while going {
                std::thread::sleep(Duration::from_millis(50));
                going = stream.write_all(b" ").is_ok();
            }
            log.lock().unwrap().left.push(Instant::now());
            return None;
        }
        Kind::Events { count, pause_ms, ends } => {
            let anthropic = head.contains("/messages");
            let (event, end) = if anthropic { (ANTHROPIC_EVENT, ANTHROPIC_END) } else { (OPENAI_EVENT, OPENAI_END) };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            let mut going = stream.write_all(head.as_bytes()).is_ok();
            let mut send = |text: &str| stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).is_ok();
            if whole {
                going = going && send(if anthropic { ANTHROPIC_START } else { OPENAI_START });
            }
            for _ in 0..count {
                std::thread::sleep(Duration::from_millis(pause_ms));
                going = going && send(event);
                if !going {
                    break;
                }
            }
            if ends && going {
                send(end);
                return stream.write_all(b"0\r\n\r\n").ok();
            }
            while stream.read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
            log.lock().unwrap().left.push(Instant::now());
            return None;
        }
        Kind::Then(status, head) if n == 1 => answer(status, head),
        Kind::Then(..) => answer(200, ""),
        Kind::Always(status) => answer(status, ""),
        Kind::EventsAfter504 { .. } => return None,
    };
    stream.write_all(text.as_bytes()).ok()
}

/// Reads one request and gives its head.
fn read_request(mut stream: &TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length =
                text.split("content-length:").nth(1).and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok());
            if request.len() >= end + 4 + length.unwrap_or(0usize) {
                return Some(text[..end].to_owned());
            }
        }
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}
