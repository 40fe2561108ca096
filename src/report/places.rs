//! Places of findings: the files of a run with their line tables, each built when first asked for.

use super::lines::{LineEnds, LineTable, Position, ceil, floor};
use crate::engine::Source;
use crate::import::store::DeployedFile;
use crate::span::{FileId, Loc};
use serde::Serialize;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

#[cfg(test)]
use schemars::JsonSchema;

/// The files of a run by the numbers that the engine gave them: its own files, and after them the deployed files that
/// were read, whose numbers are elsewhere.
pub struct Numbered {
    pub sources: Vec<Source>,
    deployed: HashMap<FileId, usize>,
}

impl Numbered {
    pub fn new(own: Vec<Source>, files: &[DeployedFile]) -> Self {
        let (mut sources, mut deployed) = (own, HashMap::new());
        for file in files {
            deployed.insert(file.id, sources.len());
            sources.push(Source { path: file.shown.clone(), text: Arc::clone(&file.text) });
        }
        Self { sources, deployed }
    }

    pub fn find<'a>(&self, places: &Places<'a>, loc: Loc) -> Option<Place<'a>> {
        let place = self.deployed.get(&loc.file);
        let file = place.map_or(loc.file, |place| FileId::nth(*place));
        places.find(Loc { file, ..loc })
    }
}

pub struct Places<'a> {
    files: Vec<File<'a>>,
}

pub struct File<'a> {
    pub path: &'a str,
    pub text: &'a str,
    lines: OnceCell<LineTable>,
}

/// A label's range as lines and columns; the end is exclusive.
pub struct Place<'a> {
    pub path: &'a str,
    pub start: Position,
    pub end: Position,
}

/// Where something begins in a file. Lines and columns count from 1, columns in Unicode scalar values.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct At<'a> {
    pub file: &'a str,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub line: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column: usize,
}

impl<'a> Place<'a> {
    pub const fn at(&self) -> At<'a> {
        At { file: self.path, line: self.start.line, column: self.start.column }
    }

    /// A range that ends with a line's end does not reach the next line.
    pub fn last_line(&self) -> usize {
        if self.end.column == 1 && self.end.line > self.start.line { self.end.line - 1 } else { self.end.line }
    }
}

impl<'a> Places<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        let file = |s: &'a Source| File { path: &s.path, text: &s.text, lines: OnceCell::new() };
        Self { files: sources.iter().map(file).collect() }
    }

    pub fn file(&self, id: FileId) -> Option<&File<'a>> {
        self.files.get(id.0 as usize)
    }

    pub fn find(&self, loc: Loc) -> Option<Place<'a>> {
        let file = self.file(loc.file)?;
        let range = file.range(loc);
        Some(Place { path: file.path, start: file.position(range.start), end: file.position(range.end) })
    }
}

impl File<'_> {
    pub fn lines(&self) -> &LineTable {
        self.lines.get_or_init(|| LineTable::new(self.text, LineEnds::Lf))
    }

    /// A range that is certain to lie inside the text, on the borders of characters.
    pub fn range(&self, loc: Loc) -> Range<usize> {
        let start = floor(self.text, loc.span.start as usize);
        let end = ceil(self.text, loc.span.end as usize);
        start..end.max(start)
    }

    fn position(&self, offset: usize) -> Position {
        self.lines().position(self.text, offset)
    }
}
