//! Disk: which files a run checks, which settings hold for each, reading and writing them. Both shells use it; it
//! prints nothing and knows no command line.

pub mod candidate;
pub mod chains;
pub mod deployed;
pub mod generated;
pub mod log;
pub mod overlay;
pub mod plan;
pub mod planned;
pub mod read;
pub mod settings;
pub mod show;
pub mod templates;
pub mod walk;
pub mod write;

use crate::engine::Source;
pub use crate::files::shown;
use crate::files::{FileError, Files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of the disk, for everything below the shells.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Arc<str>, FileError> {
        read::regular(path)?;
        read::text(path)
    }

    fn list(&self, folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FileError> {
        let entries = std::fs::read_dir(folder).map_err(|e| read::error(&e))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| read::error(&e))?.path();
            if path.extension().is_some_and(|e| e == extension) && path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>, FileError> {
        let entries = std::fs::read_dir(folder).map_err(|e| read::error(&e))?;
        let mut names = Vec::new();
        for entry in entries {
            // A name that is no Unicode stands in no include.
            names.extend(entry.map_err(|e| read::error(&e))?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn real(&self, path: &Path) -> Result<PathBuf, FileError> {
        std::fs::canonicalize(path).map_err(|e| read::error(&e))
    }
}

/// A source that could not be had, or is not there any more: its name without a text.
pub fn empty_source(path: String) -> Source {
    Source { path, text: Arc::from("") }
}
