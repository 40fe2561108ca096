//! A first look at files that a search came across: most that are named like configuration are something else, and are
//! let go with one short read into a buffer that the next one uses again.

use super::read::{self, LIMIT};
use super::walk::{Input, Kind};
use crate::files::FileError;
use crate::import::Match;
use crate::import::reader::sure;
use crate::import::store::{Loaded, Store};
use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files up to this size, nearly all, are seen whole.
const SEEN: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SEEN]);
}

/// Leaves what is shown as chains: in a folder with chain files the deployed files are a part of those.
pub fn without_parts(inputs: &mut Vec<Input>) {
    let has_chain = inputs.iter().any(|input| input.kind == Kind::Chain);
    inputs.retain(|input| match input.kind {
        Kind::Chain | Kind::Named => true,
        Kind::Candidate => !has_chain && is_worth_reading(&input.path, &input.shown),
    });
}

/// What a file turns out to be.
pub enum Opened {
    Deployed(Loaded),
    /// A chain file, or what should be one.
    Text(read::Loaded),
    /// Named like configuration, and none.
    Nothing,
}

/// Opens what is shown as chains.
pub fn open(input: &Input, store: &Store<'_>) -> Result<Opened, FileError> {
    let least = match input.kind {
        Kind::Chain => return read::load(&input.path).map(Opened::Text),
        Kind::Named => Match::Maybe,
        Kind::Candidate => Match::Yes,
    };
    match store.import_named(&input.path, least) {
        Ok(loaded) => Ok(Opened::Deployed(loaded)),
        Err(_) if input.kind == Kind::Candidate => Ok(Opened::Nothing),
        // What no reader knows may be a chain file of any name.
        Err(_) => read::load(&input.path).map(Opened::Text),
    }
}

/// Whether a reader may be sure of a file. What cannot be read is none; of a large file only the beginning is judged.
pub fn is_worth_reading(path: &Path, shown: &str) -> bool {
    BUFFER.with_borrow_mut(|buffer| {
        let Ok(mut file) = File::open(path) else { return false };
        let Some(seen) = fill(&mut file, buffer) else { return false };
        if seen.len() < SEEN {
            return std::str::from_utf8(seen).is_ok_and(|text| sure(shown, text).is_some());
        }
        is_text(seen) && file.metadata().is_ok_and(|meta| meta.len() <= LIMIT)
    })
}

fn fill<'b>(file: &mut File, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(&buffer[..filled])
}

/// The beginning of a text in UTF-8; its last character may be cut.
fn is_text(beginning: &[u8]) -> bool {
    std::str::from_utf8(beginning).map_or_else(|error| error.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_reader_knows_is_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let look = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            is_worth_reading(&path, name)
        };
        let long = |begins: &[u8]| [begins, "é".repeat(SEEN).as_bytes()].concat();
        assert!(look("a.conf", b"server { listen 80; location / { proxy_pass http://a; } }"));
        assert!(!look("b.conf", b"[loggers]\nkeys=root\n"));
        assert!(!look("c.conf", b"server { listen 80; location / { proxy_pass http://\xe9; } }"));
        assert!(look("d.yaml", &long(b"# ")) && look("e.yaml", &long(b"#")), "the end may hold more");
        assert!(!look("f.yaml", &long(b"\xff\xfe")));
        assert!(!is_worth_reading(&dir.path().join("gone.yaml"), "gone.yaml"));
    }
}
