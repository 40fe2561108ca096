//! The two ends of the pipe: messages in from a thread that only reads, messages out from wherever they are made.

use lsp_server::{Message, RequestId, ResponseError};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::io::{self, BufReader, Write};
use std::sync::mpsc::Sender;
use std::thread;

/// What the server waits for.
#[derive(Debug)]
pub enum Event {
    Message(Message),
    /// A search of a workspace folder is over.
    Indexed(Box<super::index::Searched>),
    /// The client is gone.
    Closed,
}

/// Reads messages until the client is gone. A message that is no JSON-RPC ends the connection, for nobody knows where
/// the next one begins.
pub fn read_from_stdin(events: Sender<Event>) -> io::Result<()> {
    let read = move || {
        let mut input = BufReader::with_capacity(64 * 1024, io::stdin());
        while let Ok(Some(message)) = Message::read(&mut input) {
            if events.send(Event::Message(message)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::Closed);
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(read).map(drop)
}

/// Standard output without the buffer that breaks messages at their lines.
pub fn stdout() -> Box<dyn Write> {
    #[cfg(unix)]
    let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    match own {
        Ok(own) => Box::new(std::fs::File::from(own)),
        Err(_) => Box::new(io::stdout()),
    }
}

/// Where messages go. A client that is gone is noticed by the reader, so errors of writing are nobody's business.
pub struct Client {
    out: RefCell<Box<dyn Write>>,
    buffer: RefCell<Vec<u8>>,
    next: Cell<i32>,
}

#[derive(Serialize)]
struct Notice<'a, P> {
    jsonrpc: &'static str,
    method: &'a str,
    params: P,
}

#[derive(Serialize)]
struct Ask<'a, P> {
    jsonrpc: &'static str,
    id: i32,
    method: &'a str,
    params: P,
}

#[derive(Serialize)]
struct Answer<'a, R> {
    jsonrpc: &'static str,
    id: &'a RequestId,
    result: R,
}

#[derive(Serialize)]
struct Refusal<'a> {
    jsonrpc: &'static str,
    id: &'a RequestId,
    error: ResponseError,
}

const VERSION: &str = "2.0";

impl Client {
    pub fn new(out: Box<dyn Write>) -> Self {
        Self { out: RefCell::new(out), buffer: RefCell::default(), next: Cell::new(1) }
    }

    pub fn notify(&self, method: &str, params: impl Serialize) {
        self.send(&Notice { jsonrpc: VERSION, method, params });
    }

    /// Asks the client for something; the number of the question, to know its answer by.
    pub fn ask(&self, method: &str, params: impl Serialize) -> i32 {
        let id = self.next.replace(self.next.get().wrapping_add(1));
        self.send(&Ask { jsonrpc: VERSION, id, method, params });
        id
    }

    pub fn answer(&self, id: &RequestId, result: impl Serialize) {
        self.send(&Answer { jsonrpc: VERSION, id, result });
    }

    pub fn refuse(&self, id: &RequestId, code: i32, message: String) {
        self.send(&Refusal { jsonrpc: VERSION, id, error: ResponseError { code, message, data: None } });
    }

    fn send(&self, message: &impl Serialize) {
        let (mut buffer, mut out) = (self.buffer.borrow_mut(), self.out.borrow_mut());
        buffer.clear();
        if serde_json::to_writer(&mut *buffer, message).is_err() {
            return;
        }
        // One write for head and body: a client that reads in pieces is woken once.
        let head = format!("Content-Length: {}\r\n\r\n", buffer.len());
        buffer.splice(0..0, head.into_bytes());
        let _ = out.write_all(&buffer).and_then(|()| out.flush());
        buffer.shrink_to(MOST_KEPT);
    }
}

/// Room that is kept for the next message.
const MOST_KEPT: usize = 256 * 1024;
