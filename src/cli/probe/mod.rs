//! `hoplint diagnose --probe URL`: one real request, watched step by step. The only place of hoplint that opens a
//! connection, and only when it is asked to by name.

mod http;
mod tls;
mod url;

use super::fail::Failure;
use crate::diagnose::probe::{End, Probed, Step};
use crate::duration::Dur;
use http::Answer;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
pub use url::Url;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub url: Url,
    pub method: String,
    /// As `name: value`.
    pub headers: Vec<String>,
    pub body: Option<Vec<u8>>,
    /// The probe gives up then.
    pub most: Dur,
    pub streaming: bool,
}

impl Request {
    /// Refuses what would not be one request.
    pub fn check(&self) -> Result<(), Failure> {
        let token = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        };
        if !token(&self.method) {
            return Err(Failure::Usage(format!("{} is no method; GET and POST are", self.method)));
        }
        for header in &self.headers {
            let (name, value) = header.split_once(':').unwrap_or((header, "\n"));
            if !token(name) || value.contains(|c: char| c.is_control() && c != '\t') {
                // The value may be a secret.
                return Err(Failure::Usage(format!(
                    "a header is written as 'name: value'; what begins with {name:?} is none"
                )));
            }
        }
        Ok(())
    }

    fn bytes(&self) -> Vec<u8> {
        let has = |name: &str| {
            self.headers.iter().any(|header| header.split(':').next().is_some_and(|n| n.eq_ignore_ascii_case(name)))
        };
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.url.target);
        let mut line = |name: &str, value: &str| {
            if !has(name) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        };
        line("host", &self.url.authority());
        line("user-agent", concat!("hoplint/", env!("CARGO_PKG_VERSION")));
        line("accept", if self.streaming { "text/event-stream" } else { "*/*" });
        line("connection", "close");
        if let Some(body) = &self.body {
            line("content-type", "application/json");
            line("content-length", &body.len().to_string());
        }
        for header in &self.headers {
            head.push_str(&format!("{}\r\n", header.trim()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

/// A connection that bytes go over, with or without TLS.
trait Wire: Read + Write {
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

/// Sends the request and watches what comes back. Whatever goes wrong on the way is a part of the result.
pub fn probe(request: &Request) -> Probed {
    let mut run =
        Run { started: Instant::now(), most: Duration::from_nanos(request.most.as_nanos()), probed: Probed::default() };
    run.probed.method.clone_from(&request.method);
    run.probed.url = request.url.to_string();
    run.probed.streaming = request.streaming;
    run.probed.end = run.whole(request).unwrap_or_else(|end| end);
    run.probed.took = run.now();
    run.probed
}

struct Run {
    started: Instant,
    most: Duration,
    probed: Probed,
}

impl Run {
    fn whole(&mut self, request: &Request) -> Result<End, End> {
        let stream = self.connect(&request.url)?;
        if request.url.tls {
            let mut wire = tls::agree(stream, &request.url.host).map_err(|why| self.failed(&why, "TLS"))?;
            self.step(Step::Tls);
            self.exchange(&mut wire, request)
        } else {
            let mut wire = stream;
            self.exchange(&mut wire, request)
        }
    }

    fn connect(&mut self, url: &Url) -> Result<TcpStream, End> {
        let what = format!("no address for {}", url.host);
        let addresses = (url.host.as_str(), url.port)
            .to_socket_addrs()
            .map_err(|why| End::Failed { why: format!("{what}: {why}") })?;
        let addresses: Vec<SocketAddr> = addresses.collect();
        self.step(Step::Name);
        let mut last = End::Failed { why: what };
        for address in addresses {
            let left = self.left()?;
            match TcpStream::connect_timeout(&address, left) {
                Ok(stream) => {
                    self.probed.address = Some(address.to_string());
                    self.step(Step::Connected);
                    let set = stream.set_read_timeout(Some(left)).and_then(|()| stream.set_write_timeout(Some(left)));
                    // Small requests go out at once.
                    set.and_then(|()| stream.set_nodelay(true)).map_err(|why| self.failed(&why, "the connection"))?;
                    return Ok(stream);
                }
                Err(why) => last = self.failed(&why, &format!("connect to {address}")),
            }
        }
        Err(last)
    }

    fn exchange(&mut self, wire: &mut dyn Wire, request: &Request) -> Result<End, End> {
        let sent = wire.write_all(&request.bytes()).and_then(|()| wire.flush());
        match sent {
            Ok(()) => self.step(Step::Sent),
            // A server may answer before it has read all, and close: its answer tells more than the error.
            Err(why) if matches!(why.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
            Err(why) => return Err(self.failed(&why, "sending the request")),
        }
        let mut answer = Answer::new(&request.method);
        let end = self.read(wire, &mut answer);
        answer.finish(&mut self.probed);
        end
    }

    fn read(&mut self, wire: &mut dyn Wire, answer: &mut Answer) -> Result<End, End> {
        let mut buffer = vec![0; 64 * 1024];
        let (mut last, mut last_body) = (self.now(), None);
        loop {
            let left = self.left()?;
            wire.socket().set_read_timeout(Some(left)).map_err(|why| self.failed(&why, "the connection"))?;
            let read = wire.read(&mut buffer);
            let now = self.now();
            match read {
                Ok(0) => {
                    self.probed.silence = Some(now.minus(last));
                    return Ok(if answer.may_end() { End::Whole } else { End::Closed { reset: false } });
                }
                Ok(n) => {
                    if self.probed.at(Step::FirstByte).is_none() {
                        self.step(Step::FirstByte);
                    }
                    let brought = answer.add(&buffer[..n], &mut self.probed);
                    if brought.head {
                        self.step(Step::Headers);
                    }
                    if brought.body {
                        if last_body.is_none() {
                            self.step(Step::Body);
                        }
                        self.probed.piece(now, now.minus(last_body.unwrap_or(now)));
                        last_body = Some(now);
                    }
                    last = now;
                    if answer.is_whole() {
                        return Ok(End::Whole);
                    }
                    if answer.is_broken() {
                        return Ok(End::Failed { why: "the answer is no HTTP/1.1".to_owned() });
                    }
                }
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if is_timeout(&why) => {
                    self.probed.silence = Some(now.minus(last));
                    return Ok(End::GaveUp);
                }
                Err(why) => {
                    self.probed.silence = Some(now.minus(last));
                    let reset = why.kind() != ErrorKind::UnexpectedEof;
                    // Without a farewell of TLS the end may be the end all the same.
                    return Ok(if !reset && answer.may_end() { End::Whole } else { End::Closed { reset } });
                }
            }
        }
    }

    fn now(&self) -> Dur {
        Dur::from_nanos(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn step(&mut self, step: Step) {
        let now = self.now();
        self.probed.steps.push((step, now));
    }

    fn left(&self) -> Result<Duration, End> {
        self.most.checked_sub(self.started.elapsed()).filter(|left| !left.is_zero()).ok_or(End::GaveUp)
    }

    fn failed(&self, why: &io::Error, what: &str) -> End {
        if is_timeout(why) && self.left().is_err() {
            return End::GaveUp;
        }
        let words = match why.kind() {
            ErrorKind::ConnectionRefused => "connection refused (ECONNREFUSED)".to_owned(),
            ErrorKind::ConnectionReset => "connection reset by peer (ECONNRESET)".to_owned(),
            ErrorKind::TimedOut => "timed out".to_owned(),
            _ => why.to_string(),
        };
        End::Failed { why: format!("{what}: {words}") }
    }
}

fn is_timeout(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
