//! A user with nothing but a socket: sends one request and watches what comes back, and when.

use crate::clock::now;
use crate::observed::{Observed, Saw};
use hoplint::duration::Dur;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Who waits longer than this gives up the test.
const PATIENCE: Duration = Duration::from_secs(9);

pub fn ask(address: SocketAddr, id: u32, method: &str, streams: bool, leaves: Option<Dur>) -> Observed {
    let mut stream = TcpStream::connect(address).unwrap();
    let body = format!("{{\"model\": \"m\", \"messages\": [], \"stream\": {streams}}}");
    let (length, body) = if method == "GET" {
        (String::new(), "")
    } else {
        (format!("Content-Length: {}\r\n", body.len()), body.as_str())
    };
    let request = format!(
        "{method} /s{id}/v1/chat/completions HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{length}\r\n{body}"
    );
    let clicked = now();
    let until = Instant::now() + leaves.map_or(PATIENCE, |at| Duration::from_nanos(at.as_nanos()));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Answer::default();
    let mut buffer = [0; 16_384];
    let end = loop {
        if answer.is_whole() {
            break End::Whole;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break if leaves.is_some() { End::Left } else { End::Nothing };
        }
        stream.set_read_timeout(Some(left)).unwrap();
        match stream.read(&mut buffer) {
            Ok(n @ 1..) => answer.take(&buffer[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Ok(_) => break End::Closed,
            Err(_) => break End::Reset,
        }
    };
    let ended = now() - clicked;
    drop(stream);
    let saw = match (end, answer.status()) {
        (End::Left, _) => Saw::Left,
        (End::Nothing, _) => Saw::Nothing,
        (_, None) => Saw::Closed,
        (End::Whole, Some(status)) => Saw::Answer(status),
        (End::Closed, Some(status)) if answer.ends_with_the_connection() => Saw::Answer(status),
        (End::Closed | End::Reset, Some(status)) => Saw::Truncated(status),
    };
    let first = answer.first.map(|at| at - clicked);
    Observed { clicked, saw, ended, first, text: answer.text(), calls: Vec::new() }
}

enum End {
    Whole,
    Closed,
    Reset,
    Left,
    Nothing,
}

/// The bytes of an answer so far.
#[derive(Default)]
struct Answer {
    bytes: Vec<u8>,
    first: Option<f64>,
}

impl Answer {
    fn take(&mut self, bytes: &[u8]) {
        self.first.get_or_insert_with(now);
        self.bytes.extend_from_slice(bytes);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn head_and_body(&self) -> Option<(String, &[u8])> {
        let at = self.bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
        Some((String::from_utf8_lossy(&self.bytes[..at]).to_ascii_lowercase(), &self.bytes[at + 4..]))
    }

    fn status(&self) -> Option<u16> {
        self.head_and_body()?.0.split(' ').nth(1)?.parse().ok()
    }

    fn ends_with_the_connection(&self) -> bool {
        self.head_and_body()
            .is_some_and(|(head, _)| !head.contains("\ncontent-length:") && !head.contains("\ntransfer-encoding:"))
    }

    fn is_whole(&self) -> bool {
        let Some((head, body)) = self.head_and_body() else { return false };
        if head.contains("\ntransfer-encoding: chunked") {
            return body.ends_with(b"0\r\n\r\n");
        }
        let length = head.split("\ncontent-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        length.is_some_and(|length: usize| body.len() >= length)
    }
}
