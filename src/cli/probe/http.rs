//! The answer of one HTTP/1.1 request, piece by piece as it arrives: head, framing, and whether it is whole.

use crate::diagnose::probe::Probed;

/// Longer heads are no heads.
const MOST_HEAD: usize = 256 * 1024;
/// What is kept of a body, to recognise who wrote it.
const MOST_BODY: usize = 64 * 1024;

/// An answer that is being read.
#[derive(Debug)]
pub struct Answer {
    buffer: Vec<u8>,
    state: State,
    /// The answer to HEAD has no body, whatever its headers say.
    bodiless: bool,
    body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// So many bytes are to come.
    Length(u64),
    /// A line with the size of the next piece.
    Size,
    Chunk(u64),
    /// The line end after a piece.
    ChunkEnd,
    Trailers,
    /// The end of the connection is the end of the answer.
    UntilClose,
    Whole,
    Broken,
}

/// What some bytes brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    pub head: bool,
    pub body: bool,
}

impl Answer {
    pub fn new(method: &str) -> Self {
        Self { buffer: Vec::new(), state: State::Head, bodiless: method.eq_ignore_ascii_case("HEAD"), body: Vec::new() }
    }

    pub fn is_whole(&self) -> bool {
        self.state == State::Whole
    }

    /// Whether the end of the connection ends the answer in order.
    pub fn may_end(&self) -> bool {
        matches!(self.state, State::Whole | State::UntilClose)
    }

    pub fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    pub fn finish(self, probed: &mut Probed) {
        probed.body = String::from_utf8_lossy(&self.body).into_owned();
    }

    pub fn add(&mut self, bytes: &[u8], probed: &mut Probed) -> Brought {
        self.buffer.extend_from_slice(bytes);
        let (had_head, before) = (self.state != State::Head, probed.body_bytes);
        while self.step(probed) {}
        Brought { head: !had_head && self.state != State::Head, body: probed.body_bytes > before }
    }

    /// One step forward; false where more bytes are needed or nothing is left to do.
    fn step(&mut self, probed: &mut Probed) -> bool {
        match self.state {
            State::Head => self.head(probed),
            State::Length(0) => self.go(State::Whole),
            State::Length(left) => {
                let taken = self.take(left, probed);
                self.state = State::Length(left - taken);
                taken > 0
            }
            State::UntilClose => self.take(u64::MAX, probed) > 0,
            State::Size => {
                let Some(line) = self.line() else { return false };
                let size = line.split(';').next().unwrap_or_default().trim();
                match u64::from_str_radix(size, 16) {
                    Ok(0) => self.go(State::Trailers),
                    Ok(size) => self.go(State::Chunk(size)),
                    Err(_) => self.broken(),
                }
            }
            State::Chunk(0) => self.go(State::ChunkEnd),
            State::Chunk(left) => {
                let taken = self.take(left, probed);
                self.state = State::Chunk(left - taken);
                taken > 0
            }
            State::ChunkEnd => match self.line() {
                Some(line) if line.is_empty() => self.go(State::Size),
                Some(_) => self.broken(),
                None => false,
            },
            State::Trailers => match self.line() {
                Some(line) if line.is_empty() => self.go(State::Whole),
                Some(_) => true,
                None => false,
            },
            State::Whole | State::Broken => false,
        }
    }

    fn head(&mut self, probed: &mut Probed) -> bool {
        let Some(end) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") else {
            return self.buffer.len() > MOST_HEAD && self.broken();
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let status =
            lines.next().filter(|line| line.starts_with("HTTP/1.")).and_then(|line| line.get(9..12)?.parse().ok());
        let Some(status) = status else { return self.broken() };
        if (100..200).contains(&status) && status != 101 {
            return true;
        }
        probed.status = Some(status);
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        probed.headers = lines.filter_map(header).collect();
        let chunked =
            probed.header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
        let length = probed.header("content-length").and_then(|value| value.parse().ok());
        let none = self.bodiless || matches!(status, 204 | 304);
        self.go(match (none, chunked, length) {
            (true, ..) => State::Whole,
            (_, true, _) => State::Size,
            (_, _, Some(length)) => State::Length(length),
            _ => State::UntilClose,
        })
    }

    fn take(&mut self, most: u64, probed: &mut Probed) -> u64 {
        let size = self.buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let room = MOST_BODY.saturating_sub(self.body.len());
        self.body.extend_from_slice(&self.buffer[..size.min(room)]);
        self.buffer.drain(..size);
        probed.body_bytes += size as u64;
        size as u64
    }

    fn line(&mut self) -> Option<String> {
        let end = memchr::memchr(b'\n', &self.buffer)?;
        let line = String::from_utf8_lossy(&self.buffer[..end]).trim_end_matches('\r').to_owned();
        self.buffer.drain(..=end);
        Some(line)
    }

    const fn go(&mut self, state: State) -> bool {
        self.state = state;
        true
    }

    const fn broken(&mut self) -> bool {
        self.state = State::Broken;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in one piece and byte by byte.
    fn read(bytes: &[u8]) -> (Option<u16>, u64, String, bool, bool) {
        let whole = |size: usize| {
            let (mut answer, mut probed) = (Answer::new("GET"), Probed::default());
            for piece in bytes.chunks(size) {
                answer.add(piece, &mut probed);
            }
            let (may_end, broken) = (answer.may_end(), answer.is_broken());
            answer.finish(&mut probed);
            (probed.status, probed.body_bytes, probed.body, may_end, broken)
        };
        assert_eq!(whole(1), whole(bytes.len().max(1)));
        whole(1)
    }

    #[test]
    fn answers_are_whole_when_their_framing_says_so() {
        let cases: [(&str, &str, bool); 7] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "ok", false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nok\r\n0\r\nA: b\r\n\r\n", "ok", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "ok", false),
            ("HTTP/1.1 200 OK\r\n\r\nok", "ok", true),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "", true),
            ("HTTP/1.1 504 Gateway Time-out\r\nContent-Le", "", false),
        ];
        for (text, body, whole) in cases {
            let (_, _, read, may_end, broken) = read(text.as_bytes());
            assert_eq!((read.as_str(), may_end, broken), (body, whole, false), "{text}");
        }
        assert_eq!(read(b"HTTP/1.1 504 X\r\nServer: a\r\n\r\n").0, Some(504));
    }

    #[test]
    fn what_is_no_http_is_broken() {
        for text in
            ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 abc\r\n\r\n"]
        {
            assert!(read(text.as_bytes()).4, "{text}");
        }
        let mut answer = Answer::new("GET");
        answer.add(&vec![b'a'; MOST_HEAD + 1], &mut Probed::default());
        assert!(answer.is_broken());
    }
}
