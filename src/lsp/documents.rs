//! The open documents: their texts as the client has them, to the character.

use super::positions::{Encoding, Lines};
use super::uri;
use crate::workspace::settings;
use crate::workspace::walk::is_chain_file;
use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One open document.
pub struct Document {
    /// As the client writes it.
    pub uri: Uri,
    pub version: i32,
    pub text: Arc<str>,
    pub lines: Lines,
    pub kind: Kind,
}

/// What a document is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Chain,
    /// `hoplint.toml`.
    Settings,
    /// Deployed configuration, if a reader knows it; or nothing to hoplint.
    Other,
}

impl Kind {
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match &*name {
            settings::NAME => Self::Settings,
            name if is_chain_file(name) => Self::Chain,
            _ => Self::Other,
        }
    }
}

/// All open documents, by path.
#[derive(Default)]
pub struct Documents {
    open: BTreeMap<PathBuf, Document>,
    encoding: Encoding,
}

impl Documents {
    pub fn new(encoding: Encoding) -> Self {
        Self { open: BTreeMap::new(), encoding }
    }

    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.open.iter()
    }

    pub fn open(&mut self, uri: Uri, version: i32, text: String) -> Option<PathBuf> {
        let path = uri::to_path(&uri)?;
        let lines = Lines::of(&text, self.encoding);
        let kind = Kind::of(&path);
        self.open.insert(path.clone(), Document { uri, version, text: text.into(), lines, kind });
        Some(path)
    }

    /// Makes the changes one after the other, each to the text that the one before it left.
    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) -> Option<PathBuf> {
        let path = uri::to_path(uri)?;
        let document = self.open.get_mut(&path)?;
        let mut text = String::from(&*document.text);
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let span = document.lines.span(&text, part.range);
                    text.replace_range(span.range(), &part.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => text = whole.text,
            }
            document.lines = Lines::of(&text, self.encoding);
        }
        document.text = text.into();
        document.version = version;
        Some(path)
    }

    pub fn close(&mut self, uri: &Uri) -> Option<PathBuf> {
        let path = uri::to_path(uri)?;
        self.open.remove(&path).map(|_| path)
    }

    /// The address of a file: the client's own where it is open.
    pub fn uri(&self, path: &Path) -> Uri {
        self.open.get(path).map_or_else(|| uri::of(path), |document| document.uri.clone())
    }

    /// The lines of a text that was read of a file.
    pub fn lines(&self, path: &Path, text: &str) -> Lines {
        match self.open.get(path) {
            Some(document) if &*document.text == text => document.lines.clone(),
            _ => Lines::of_disk(text, self.encoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gen_lsp_types::{Position, Range, TextDocumentContentChangePartial};

    #[test]
    #[cfg(unix)]
    fn changes_build_on_each_other() {
        let mut documents = Documents::new(Encoding::Utf16);
        let uri = Uri("file:///a.chain.yaml".to_owned());
        documents.open(uri.clone(), 1, "a: \u{1f600}1\r\nb: 2".to_owned());
        let change = |from: (u32, u32), to: (u32, u32), text: &str| {
            let position = |(line, character)| Position { line, character };
            let range = Range { start: position(from), end: position(to) };
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(TextDocumentContentChangePartial {
                range,
                text: text.to_owned(),
                ..TextDocumentContentChangePartial::default()
            })
        };
        let path = documents.change(&uri, 2, vec![change((0, 5), (0, 6), "x\n"), change((2, 3), (2, 4), "é")]).unwrap();
        assert_eq!(&*documents.get(&path).unwrap().text, "a: \u{1f600}x\n\r\nb: é");
        documents.change(&uri, 3, vec![change((2, 3), (9, 9), "z")]);
        assert_eq!(&*documents.get(&path).unwrap().text, "a: \u{1f600}x\n\r\nb: z");
    }
}
