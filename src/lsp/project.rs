//! One workspace folder: its settings, and which of its files belong together.

use super::index::Index;
use super::options::Options;
use crate::workspace::overlay::Texts;
use crate::workspace::settings::{Finder, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ids of the settings' own files: above those of chain files, below those of deployed ones.
const FIRST_OF_SETTINGS: u32 = 1 << 20;

/// Catalogues remember every combination of facets that they were asked for; half-typed versions are many.
const MOST_CHECKS: u32 = 4096;

pub struct Project {
    /// The folder that names of files are relative to, as in a report of the command line.
    pub root: PathBuf,
    pub index: Index,
    finder: Finder,
    choice: crate::workspace::settings::Choice,
    texts: Texts,
    checks: u32,
}

impl Project {
    pub fn new(root: PathBuf, options: &Options, texts: Texts) -> Self {
        let choice = options.choice(&root);
        let finder = finder(&root, &choice, &texts);
        Self { root, index: Index::default(), finder, choice, texts, checks: 0 }
    }

    /// Reads the settings anew; `texts` are the open files that may be some.
    pub fn forget_settings(&mut self, options: &Options, texts: Texts) {
        self.choice = options.choice(&self.root);
        self.texts = texts;
        self.renew();
    }

    fn renew(&mut self) {
        self.finder = finder(&self.root, &self.choice, &self.texts);
        self.checks = 0;
    }

    /// The settings of a file, by their place among [`Project::all`].
    pub fn settings_of(&mut self, path: &Path) -> usize {
        self.finder.of(path)
    }

    pub fn settings(&mut self, path: &Path) -> Arc<Settings> {
        let i = self.finder.of(path);
        self.finder.get(i)
    }

    pub fn all(&self) -> &[Arc<Settings>] {
        self.finder.all()
    }

    /// To be called for each check, before it asks for settings.
    pub fn count_check(&mut self) {
        self.checks += 1;
        if self.checks > MOST_CHECKS {
            self.renew();
        }
    }

    /// Whether settings that were read come from a file, or would.
    pub fn has_settings_at(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == crate::workspace::settings::NAME)
            || self.all().iter().flat_map(|settings| &settings.read).any(|read| {
                let read = crate::workspace::walk::absolute(read);
                // Of a folder of platforms any file counts.
                read == path || (path.extension().is_some_and(|e| e == "toml") && path.parent() == Some(&read))
            })
    }
}

fn finder(root: &Path, choice: &crate::workspace::settings::Choice, texts: &Texts) -> Finder {
    Finder::new(choice.clone(), root, FIRST_OF_SETTINGS).over(texts.clone())
}
