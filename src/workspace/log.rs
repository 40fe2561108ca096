//! Logs of any size, line by line, packed or not, in constant memory.

use super::read;
use crate::diagnose::log::LONGEST_LINE;
use crate::files::FileError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Read at once; larger ones are no faster.
const BUFFER: usize = 1 << 18;

/// One line of a log, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'b> {
    pub number: u64,
    pub bytes: &'b [u8],
    /// Its end was thrown away: no program writes lines of that length.
    pub cut: bool,
}

/// A log that is being read.
pub struct Log {
    reader: Box<dyn BufRead>,
    number: u64,
}

/// Opens a file, gzip or plain; `-` is standard input.
pub fn open(path: &Path) -> Result<Log, FileError> {
    let reader: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        let file = File::open(path).map_err(|e| read::error(&e))?;
        if file.metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(FileError::Other("is a folder; name the log files in it".to_owned()));
        }
        Box::new(file)
    };
    of(reader)
}

/// The marks that packed files begin with.
const GZIP: &[u8] = &[0x1f, 0x8b];
const OTHERS: [(&[u8], &str); 4] = [
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    (b"BZh", "bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
    (b"PK\x03\x04", "zip"),
];

fn of(reader: Box<dyn Read>) -> Result<Log, FileError> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    let head = reader.fill_buf().map_err(|e| read::error(&e))?;
    if let Some((_, name)) = OTHERS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Err(FileError::Other(format!(
            "is packed with {name}; unpack it and pass it through a pipe (`--log -`)"
        )));
    }
    let packed = head.starts_with(GZIP);
    let reader: Box<dyn BufRead> = if packed {
        Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(reader)))
    } else {
        Box::new(reader)
    };
    Ok(Log { reader, number: 0 })
}

impl Log {
    /// Calls `each` for every line until it says false; what is left can be read later.
    pub fn lines(&mut self, mut each: impl FnMut(Line<'_>) -> bool) -> io::Result<()> {
        // The beginning of a line whose end is not read yet.
        let mut begun: Vec<u8> = Vec::new();
        let mut cut = false;
        loop {
            let buffer = self.reader.fill_buf()?;
            let Some(end) = memchr::memchr(b'\n', buffer) else {
                let size = buffer.len();
                if size == 0 {
                    if !begun.is_empty() {
                        self.number += 1;
                        each(Line { number: self.number, bytes: without_return(&begun), cut });
                    }
                    return Ok(());
                }
                cut |= begin(&mut begun, buffer);
                self.reader.consume(size);
                continue;
            };
            self.number += 1;
            let number = self.number;
            let goes_on = if begun.is_empty() {
                let (bytes, cut) = (&buffer[..end.min(LONGEST_LINE)], end > LONGEST_LINE);
                each(Line { number, bytes: without_return(bytes), cut })
            } else {
                cut |= begin(&mut begun, &buffer[..end]);
                let goes_on = each(Line { number, bytes: without_return(&begun), cut });
                begun.clear();
                cut = false;
                goes_on
            };
            self.reader.consume(end + 1);
            if !goes_on {
                return Ok(());
            }
        }
    }
}

/// Adds to the beginning of a line; true if some of it finds no room.
fn begin(begun: &mut Vec<u8>, more: &[u8]) -> bool {
    let room = LONGEST_LINE - begun.len().min(LONGEST_LINE);
    begun.extend_from_slice(&more[..more.len().min(room)]);
    more.len() > room
}

fn without_return(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn all(bytes: Vec<u8>) -> Vec<(u64, Vec<u8>, bool)> {
        let mut log = of(Box::new(io::Cursor::new(bytes))).unwrap();
        let mut found = Vec::new();
        log.lines(|line| {
            found.push((line.number, line.bytes.to_vec(), line.cut));
            true
        })
        .unwrap();
        found
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn lines_are_the_same_packed_or_not_and_over_every_end_of_a_buffer() {
        let mut text = Vec::new();
        for i in 0..40_000 {
            text.extend_from_slice(format!("line {i} {}\r\n", "x".repeat(i % 97)).as_bytes());
        }
        text.extend_from_slice(b"no end");
        let plain = all(text.clone());
        assert_eq!(plain.len(), 40_001);
        for (i, (number, line, cut)) in plain.iter().enumerate().take(40_000) {
            assert_eq!((*number, *cut), (i as u64 + 1, false));
            assert_eq!(line, format!("line {i} {}", "x".repeat(i % 97)).as_bytes());
        }
        assert_eq!(plain[40_000].1, b"no end");
        // Logs that were joined are several packed parts.
        let mut joined = packed(&text[..100_000]);
        joined.extend(packed(&text[100_000..]));
        assert_eq!(all(joined), plain);
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory() {
        let mut text = vec![b'a'; 3_000_000];
        text.extend_from_slice(b"\nb\n");
        let found = all(text);
        assert_eq!((found.len(), found[0].1.len(), found[0].2), (2, LONGEST_LINE, true));
        assert_eq!(found[1], (2, b"b".to_vec(), false));
    }

    #[test]
    fn what_cannot_be_unpacked_is_told() {
        let refused = of(Box::new(io::Cursor::new(b"\x28\xb5\x2f\xfdxx".to_vec()))).err().unwrap();
        assert!(refused.to_string().contains("zstd"));
        let mut broken = packed(b"a\nb\n");
        broken.truncate(14);
        let mut log = of(Box::new(io::Cursor::new(broken))).unwrap();
        assert!(log.lines(|_| true).is_err());
    }

    #[test]
    fn reading_goes_on_where_it_stopped() {
        let mut log = of(Box::new(io::Cursor::new(b"1\n2\n3\n".to_vec()))).unwrap();
        let mut seen = Vec::new();
        log.lines(|line| {
            seen.push(line.number);
            false
        })
        .unwrap();
        log.lines(|line| {
            seen.push(line.number);
            true
        })
        .unwrap();
        assert_eq!(seen, [1, 2, 3]);
    }
}
