//! A whole log, from its first lines to what is counted of all.

use super::detect::{self, Wish};
use super::{Format, Record};
use crate::diagnose::cliffs::Tally;
use std::borrow::Cow;

/// Lines from which the format is found out.
pub const SAMPLE: usize = 400;

/// Lines that were no records, for showing the first of them.
const SHOWN: usize = 3;
const SHOWN_LENGTH: usize = 120;

/// What was read of the logs of one format.
#[derive(Clone, Debug)]
pub struct Reading {
    pub format: Format,
    /// As the user named them.
    pub files: Vec<String>,
    pub tally: Tally,
    /// Without blank lines and comments.
    pub lines: u64,
    pub broken: u64,
    pub first_broken: Vec<Broken>,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub file: String,
    pub number: u64,
    /// Its beginning.
    pub text: String,
}

impl Reading {
    /// The format of a log by its first lines; nothing where none fits.
    pub fn of(sample: &[Cow<'_, str>], wish: &Wish<'_>) -> Option<Reading> {
        let lines: Vec<&str> = sample.iter().map(AsRef::as_ref).collect();
        let format = detect::detect(&lines, wish)?.format;
        Some(Reading::with(format))
    }

    pub fn with(format: Format) -> Reading {
        let (files, tally, first_broken) = (Vec::new(), Tally::default(), Vec::new());
        Reading { format, files, tally, lines: 0, broken: 0, first_broken }
    }

    /// The next line of the last of the files.
    pub fn add(&mut self, number: u64, bytes: &[u8], cut: bool) {
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim_ascii_end();
        // A comment, as the logs of CloudFront and IIS begin with.
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        self.lines += 1;
        let record: Option<Record<'_>> = if cut { None } else { self.format.read(line) };
        if let Some(record) = record {
            return self.tally.add(&record);
        }
        self.broken += 1;
        if self.first_broken.len() < SHOWN {
            let file = self.files.last().cloned().unwrap_or_default();
            let text = line.chars().take(SHOWN_LENGTH).collect();
            self.first_broken.push(Broken { file, number, text });
        }
    }

    pub const fn records(&self) -> u64 {
        self.lines - self.broken
    }
}
