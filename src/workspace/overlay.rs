//! The disk with some texts changed in memory: what a fix would write, what an editor has not saved.

use super::Disk;
use crate::files::{FileError, Files};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Changed texts, by absolute path.
pub type Texts = BTreeMap<PathBuf, Arc<str>>;

pub struct Overlay<'a> {
    pub texts: &'a Texts,
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> Result<Arc<str>, FileError> {
        self.texts.get(path).map_or_else(|| Disk.read(path), |text| Ok(Arc::clone(text)))
    }

    fn list(&self, folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FileError> {
        Disk.list(folder, extension)
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>, FileError> {
        Disk.names(folder)
    }

    fn exists(&self, path: &Path) -> bool {
        self.texts.contains_key(path) || Disk.exists(path)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, FileError> {
        Disk.real(path)
    }
}
