//! A stub of every provider's HTTP interface on loopback: it answers as told and logs what arrives.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Clone, Copy)]
pub enum Stub {
    Answers,
    Hangs,
    /// The head and then a byte now and then, for ever.
    Trickles,
    /// This status and head first, then an answer.
    Then(u16, &'static str),
    /// This status always.
    Always(u16),
    /// 504 first, then a stream of three events with half a second before each.
    StreamsAfter504,
    /// 504 first, then a stream that falls silent after its first event.
    StallsAfter504,
}

#[derive(Default)]
pub struct Seen {
    /// Arrival times of the requests.
    pub came: Vec<Instant>,
    /// For each request, whether a stream was asked for.
    pub streamed: Vec<bool>,
    /// When those who got no answer had gone.
    pub left: Vec<Instant>,
}

pub type Log = Arc<Mutex<Seen>>;

pub fn stub(kind: Stub) -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let seen = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || while serve(&stream, kind, &seen).is_some() {});
        }
    });
    (port, log)
}

/// Answers one request; `None` where the connection is over.
fn serve(mut stream: &TcpStream, kind: Stub, log: &Log) -> Option<()> {
    let request = read_request(stream)?;
    let streams = request.contains("\"stream\":true")
        || request.contains("\"stream\": true")
        || request.lines().next()?.to_ascii_lowercase().contains("stream");
    let n = {
        let mut log = log.lock().unwrap();
        log.came.push(Instant::now());
        log.streamed.push(streams);
        log.came.len()
    };
    let wire = Wire::of(request.lines().next()?);
    let answer = |status: u16, head: &str| {
        let body = wire.answer();
        let length = body.len();
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{head}Content-Length: {length}\r\n\r\n{body}")
    };
    let text = match kind {
        Stub::Hangs => {
            let _ = stream.read(&mut [0; 64]);
            log.lock().unwrap().left.push(Instant::now());
            return None;
        }
        Stub::Trickles => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
                .ok()?;
            loop {
                stream.write_all(b" ").ok()?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Stub::Then(status, head) if n == 1 => answer(status, head),
        Stub::StreamsAfter504 | Stub::StallsAfter504 if n == 1 => answer(504, ""),
        Stub::StreamsAfter504 if streams => {
            return wire.stream(stream, [500; 3].map(Duration::from_millis).as_slice(), true);
        }
        Stub::StallsAfter504 if streams => {
            wire.stream(stream, &[Duration::ZERO], false);
            let _ = stream.read(&mut [0; 64]);
            return None;
        }
        Stub::Always(status) => answer(status, ""),
        Stub::Then(..) | Stub::Answers | Stub::StreamsAfter504 | Stub::StallsAfter504 => answer(200, ""),
    };
    stream.write_all(text.as_bytes()).ok()
}

fn read_request(mut stream: &TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let lower = text.to_ascii_lowercase();
            let length =
                lower.split("content-length:").nth(1).and_then(|rest| rest.split("\r\n").next()?.trim().parse().ok());
            if request.len() >= end + 4 + length.unwrap_or(0usize) {
                return Some(text);
            }
        }
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}

#[derive(Clone, Copy)]
enum Wire {
    OpenAi,
    Anthropic,
    Bedrock,
    Gemini,
}

impl Wire {
    fn of(request_line: &str) -> Wire {
        match request_line {
            line if line.contains("/chat/completions") => Self::OpenAi,
            line if line.contains("/messages") => Self::Anthropic,
            line if line.contains("/converse") => Self::Bedrock,
            _ => Self::Gemini,
        }
    }

    fn answer(self) -> &'static str {
        match self {
            Self::OpenAi => {
                r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hi"}}]}"#
            }
            Self::Anthropic => {
                r#"{"id":"x","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}"#
            }
            Self::Bedrock => {
                r#"{"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}"#
            }
            Self::Gemini => {
                r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP"}]}"#
            }
        }
    }

    /// A head, what opens a stream, an event after each wait and, at the end, what closes it.
    fn stream(self, mut to: &TcpStream, waits: &[Duration], ends: bool) -> Option<()> {
        let kind = match self {
            Self::Bedrock => "application/vnd.amazon.eventstream",
            _ => "text/event-stream",
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
        to.write_all(head.as_bytes()).ok()?;
        let (open, event, close): (Vec<u8>, Vec<u8>, Vec<u8>) = match self {
            Self::OpenAi => {
                let chunk = |delta: &str, finish: &str| {
                    format!(
                        "data: {{\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
                    )
                };
                let close = chunk("{}", "\"stop\"") + "data: [DONE]\n\n";
                (
                    chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null").into(),
                    chunk("{\"content\":\"hi\"}", "null").into(),
                    close.into(),
                )
            }
            Self::Anthropic => (
                concat!(
                    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
                    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
                )
                .into(),
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n".into(),
                concat!(
                    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
                    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\n",
                    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
                )
                .into(),
            ),
            Self::Bedrock => (
                frame("messageStart", r#"{"role":"assistant"}"#),
                frame("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"hi"}}"#),
                frame("messageStop", r#"{"stopReason":"end_turn"}"#),
            ),
            Self::Gemini => {
                let event = format!("data: {}\n\n", self.answer());
                (Vec::new(), event.into(), Vec::new())
            }
        };
        to.write_all(&open).ok()?;
        for wait in waits {
            std::thread::sleep(*wait);
            to.write_all(&event).ok()?;
        }
        if ends {
            to.write_all(&close).ok()?;
            let _ = to.shutdown(std::net::Shutdown::Both);
        }
        None
    }
}

/// One message of Amazon's event stream.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":message-type", "event"), (":event-type", event), (":content-type", "application/json")] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend(name.bytes());
        headers.push(7);
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.bytes());
    }
    let size = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
    let mut out = Vec::new();
    out.extend(size(16 + headers.len() + payload.len()));
    out.extend(size(headers.len()));
    out.extend(crc32(&out).to_be_bytes());
    out.extend(headers);
    out.extend(payload.bytes());
    out.extend(crc32(&out).to_be_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
