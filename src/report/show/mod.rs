//! `hoplint show`: chains at a glance, as a table, a picture, a page, a diagram or data. All of them draw one view.

mod html;
mod json;
mod mermaid;
mod svg;
mod table;

use super::Options;
use super::places::{Numbered, Place, Places};
use crate::diag::Diagnostic;
use crate::engine::Source;
use crate::import::store::DeployedFile;
use crate::resolve::Resolved;
use crate::show::chain::{At, View, view};
use std::io::{self, Write};

/// The files that a run read, for the places of what is shown.
pub struct Files(Numbered);

impl Files {
    pub fn new(own: Vec<Source>, deployed: &[DeployedFile]) -> Self {
        Self(Numbered::new(own, deployed))
    }

    /// Chains with their findings, as they are shown.
    pub fn views(&self, of: &[(Vec<Resolved>, Vec<Diagnostic>)]) -> Vec<View> {
        let places = Places::new(&self.0.sources);
        let at = |loc| {
            let Place { path, start, .. } = self.0.find(&places, loc)?;
            Some(At { file: path.to_owned(), line: start.line, column: start.column })
        };
        let views = of.iter().flat_map(|(chains, findings)| chains.iter().map(|chain| view(chain, findings, &at)));
        views.collect()
    }

    /// `file:line:column` of a finding, or its file.
    pub fn place(&self, finding: &Diagnostic) -> Option<String> {
        let Place { path, start, .. } = self.0.find(&Places::new(&self.0.sources), finding.primary()?)?;
        Some(format!("{path}:{}:{}", start.line, start.column))
    }
}

pub fn json(views: &[View], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    json::write(views, options, out)
}

pub fn table(views: &[View], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    table::write(views, options, out)
}

pub fn html(views: &[View], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    html::write(views, options, out)
}

pub fn mermaid(views: &[View], out: &mut dyn Write) -> io::Result<()> {
    mermaid::write(views, out)
}

/// One chain as a picture; a file holds no more.
pub fn svg(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let canvas = svg::Canvas { layout: svg::Layout::Wide, id: "hl", alone: true };
    out.write_all(svg::picture(view, canvas).as_bytes())
}
