//! Reading one file: size, encoding, and what is wrong with either as a finding at its place.

use crate::diag::{Diagnostic, Severity};
use crate::files::FileError;
use crate::span::{FileId, Loc, Span};
use crate::syntax::SYNTAX;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// No configuration file is longer; one that is was named by mistake.
pub const LIMIT: u64 = 32_000_000;

/// A file's text, and why it is not the whole truth.
#[derive(Debug)]
pub struct Loaded {
    pub text: Arc<str>,
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text stands with a replacement mark for each bad byte.
    NotUtf8 {
        valid_up_to: usize,
        byte: u8,
    },
    Utf16,
    TooLarge,
}

/// Reads a file that a run checks. Only what leaves nothing to point at is an error.
pub fn load(path: &Path) -> Result<Loaded, FileError> {
    let file = File::open(path).map_err(|e| error(&e))?;
    let meta = file.metadata().ok();
    if meta.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(FileError::Other("is a folder".to_owned()));
    }
    // One byte more than the file, so that its end is seen without a larger buffer.
    let size = meta.map_or(0, |m| m.len().min(LIMIT)) + 1;
    read_all(file, usize::try_from(size).unwrap_or_default()).map_err(|e| error(&e))
}

/// The same for what comes through a pipe.
pub fn from_reader(reader: impl Read) -> io::Result<Loaded> {
    read_all(reader, 0)
}

fn read_all(reader: impl Read, size: usize) -> io::Result<Loaded> {
    let mut bytes = Vec::with_capacity(size);
    reader.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Ok(Loaded { text: Arc::from(""), problem: Some(Problem::TooLarge) });
    }
    Ok(decode(bytes))
}

fn decode(bytes: Vec<u8>) -> Loaded {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Loaded { text: Arc::from(""), problem: Some(Problem::Utf16) };
    }
    match String::from_utf8(bytes) {
        Ok(text) => Loaded { text: Arc::from(text), problem: None },
        Err(error) => {
            let valid_up_to = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(valid_up_to).copied().unwrap_or_default();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Loaded { text: Arc::from(text), problem: Some(Problem::NotUtf8 { valid_up_to, byte }) }
        }
    }
}

/// Reads a file for which only its exact text will do.
pub fn text(path: &Path) -> Result<Arc<str>, FileError> {
    let loaded = load(path)?;
    match loaded.problem {
        None => Ok(loaded.text),
        Some(Problem::NotUtf8 { valid_up_to, .. }) => Err(FileError::NotUtf8 { valid_up_to }),
        Some(Problem::Utf16) => Err(FileError::NotUtf8 { valid_up_to: 0 }),
        Some(Problem::TooLarge) => {
            let bytes = std::fs::metadata(path).map_or(LIMIT + 1, |m| m.len());
            Err(FileError::TooLarge { bytes, limit: LIMIT })
        }
    }
}

/// Refuses pipes, sockets and devices, which may never end: a file may name them, as an include or in a `from:`. What a
/// shell hands over as `<(...)` is a person's own.
pub fn regular(path: &Path) -> Result<(), FileError> {
    let of_shell = ["/dev/fd", "/dev/stdin", "/proc/self/fd"].iter().any(|own| path.starts_with(own));
    match std::fs::metadata(path) {
        Ok(meta) if !of_shell && !meta.is_file() && !meta.is_dir() => {
            Err(FileError::Other("is no regular file".to_owned()))
        }
        Ok(_) => Ok(()),
        Err(why) => Err(error(&why)),
    }
}

pub fn error(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound => FileError::NotFound,
        io::ErrorKind::PermissionDenied => FileError::Other("permission denied".to_owned()),
        io::ErrorKind::IsADirectory => FileError::Other("is a folder".to_owned()),
        _ => FileError::Other(error.to_string()),
    }
}

impl Problem {
    /// The problem as a finding.
    pub fn finding(self, file: FileId) -> Diagnostic {
        let (span, message, help) = match self {
            Self::NotUtf8 { valid_up_to, byte } => (
                // The replacement mark that stands for it is three bytes long.
                Span::of(valid_up_to..valid_up_to + '\u{fffd}'.len_utf8()),
                format!("the byte 0x{byte:02X} is not UTF-8 text"),
                "save the file as UTF-8; in an older encoding, convert it first (iconv -t utf-8)".to_owned(),
            ),
            Self::Utf16 => (
                Span::at(0),
                "the file is UTF-16 text, which hoplint does not read".to_owned(),
                "save it as UTF-8".to_owned(),
            ),
            Self::TooLarge => (
                Span::at(0),
                format!("the file is larger than {} MB and was not read", LIMIT / 1_000_000),
                "a chain file is small; split it into several, or name the right file".to_owned(),
            ),
        };
        Diagnostic::new(SYNTAX, Severity::Error, message).label(Loc::new(file, span), "").help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_byte_is_shown_where_it_stands() {
        let loaded = from_reader(&b"a: \xe9t\xe9\n"[..]).unwrap();
        let problem = loaded.problem.unwrap();
        assert_eq!(problem, Problem::NotUtf8 { valid_up_to: 3, byte: 0xe9 });
        let loc = problem.finding(FileId(0)).primary().unwrap();
        assert_eq!(loc.span.text(&loaded.text), "\u{fffd}");
    }

    #[test]
    fn what_is_no_text_is_refused_without_reading_it_as_one() {
        assert_eq!(from_reader(&b"\xff\xfea\0"[..]).unwrap().problem, Some(Problem::Utf16));
        assert_eq!(from_reader(io::repeat(b'a')).unwrap().problem, Some(Problem::TooLarge));
        assert!(from_reader(io::repeat(b'a').take(LIMIT)).unwrap().problem.is_none());
        assert_eq!(load(Path::new("/")).unwrap_err(), FileError::Other("is a folder".to_owned()));
    }
}
