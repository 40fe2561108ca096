//! One file looked at for a request: its text and format, the settings that hold for it, its chains as they work.

use super::documents::Kind;
use super::state::State;
use crate::engine::{Engine, Source};
use crate::import::store::{DeployedFile, Store};
use crate::resolve::{Resolved, ResolvedHop};
use crate::span::{FileId, Loc, Span};
use crate::syntax::Format;
use crate::workspace::overlay::{Overlay, Texts};
use crate::workspace::settings::Settings;
use crate::workspace::{read, shown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct Look {
    pub path: PathBuf,
    /// As reports name it.
    pub shown: String,
    pub root: PathBuf,
    pub text: Arc<str>,
    pub format: Format,
    pub kind: Kind,
    pub settings: Arc<Settings>,
}

/// The chains of a file as they work, with the deployed files that they were read from.
pub struct Chains {
    pub all: Vec<Resolved>,
    pub files: Vec<DeployedFile>,
}

/// A chain file is the only file of its look that is no deployed one.
pub const OWN: FileId = FileId(0);

impl Look {
    pub fn engine(&self) -> Engine<'_> {
        Engine { catalog: &self.settings.catalog, config: &self.settings.config }
    }

    pub fn source(&self) -> Source {
        Source { path: self.shown.clone(), text: Arc::clone(&self.text) }
    }

    pub fn chains(&self, texts: &Texts) -> Chains {
        let overlay = Overlay { texts };
        let store = Store::new(&overlay, &self.root);
        let all = self.engine().resolve_file(OWN, &self.source(), &store);
        Chains { all, files: store.files() }
    }
}

impl Chains {
    /// The file and the text of a place.
    pub fn place<'a>(&'a self, look: &'a Look, at: Loc) -> Option<(&'a Path, &'a str)> {
        if at.file == OWN {
            return Some((&look.path, &look.text));
        }
        self.files.iter().find(|file| file.id == at.file).map(|file| (&*file.path, &*file.text))
    }

    /// The hops whose entry stands at a place, each with its chain and its place in it. A shared one has several chains;
    /// a fallback has no place.
    pub fn hops_at(&self, body: Span) -> Vec<(&Resolved, &ResolvedHop, Option<usize>)> {
        let mut found = Vec::new();
        for chain in &self.all {
            for (i, hop) in chain.hops.iter().enumerate() {
                if hop.spec.body == Loc::new(OWN, body) {
                    found.push((chain, hop, Some(i)));
                }
                inner(chain, hop, body, &mut found);
            }
        }
        found
    }
}

fn inner<'a>(
    chain: &'a Resolved,
    hop: &'a ResolvedHop,
    body: Span,
    found: &mut Vec<(&'a Resolved, &'a ResolvedHop, Option<usize>)>,
) {
    for fallback in hop.fallbacks.iter().flatten() {
        if fallback.spec.body == Loc::new(OWN, body) {
            found.push((chain, fallback, None));
        }
        inner(chain, fallback, body, found);
    }
}

impl State {
    /// A look at a file, open or not.
    pub fn look(&mut self, path: &Path) -> Option<Look> {
        let text = match self.texts.get(path) {
            Some(text) => Arc::clone(text),
            None => read::text(path).ok()?,
        };
        let project = self.project_of(path);
        let settings = project.settings(path);
        let root = project.root.clone();
        Some(Look {
            path: path.to_owned(),
            shown: shown(path, &root),
            root,
            text,
            format: Format::from_path(path).unwrap_or(Format::Yaml),
            kind: Kind::of(path),
            settings,
        })
    }
}
