//! Simulated requests: the timeline for people, and everything for programs. Both say things in the same words.

mod data;
mod text;
mod words;

use super::Options;
use super::json::write_pretty;
use super::places::{Numbered, Place, Places};
use crate::diag::Diagnostic;
use crate::engine::Source;
use crate::import::store::DeployedFile;
use crate::resolve::Resolved;
use crate::simulate::{Assumed, Run};
use crate::span::Loc;
use std::io::{self, Write};

/// One request through one chain.
pub struct Simulated<'a> {
    /// The path of its file.
    pub file: &'a str,
    pub chain: &'a Resolved,
    /// What the provider does and the user, in words.
    pub asked: String,
    /// What unstated facets were taken to be.
    pub assumed: Vec<Assumed>,
    /// What else was taken for given, a sentence each.
    pub notes: Vec<String>,
    pub run: Run,
}

/// The files that a run read, for the places of what is shown.
pub struct Files(Numbered);

impl Files {
    pub fn new(own: Vec<Source>, deployed: &[DeployedFile]) -> Self {
        Self(Numbered::new(own, deployed))
    }

    /// `file:line:column` of a finding.
    pub fn place(&self, finding: &Diagnostic) -> Option<String> {
        let Place { path, start, .. } = self.0.find(&Places::new(&self.0.sources), finding.primary()?)?;
        Some(format!("{path}:{}:{}", start.line, start.column))
    }

    fn at<'a>(&'a self, places: &Places<'a>, loc: Loc) -> Option<Place<'a>> {
        self.0.find(places, loc)
    }
}

pub fn json(files: &Files, all: &[Simulated<'_>], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&data::report(files, all, options), out)
}

pub fn text(files: &Files, all: &[Simulated<'_>], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    text::write(files, all, options, out)
}
