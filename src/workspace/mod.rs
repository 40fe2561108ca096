//! Disk: which files a run checks, which settings hold for each, reading and writing them. Both shells use it; it
//! prints nothing and knows no command line.

pub mod generated;
pub mod read;
pub mod settings;
pub mod templates;
pub mod walk;
pub mod write;

use crate::engine::Source;
use crate::files::{FileError, Files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file more folders up than this is named from the root.
const FAR: usize = 6;

/// A path as people and machines read it: relative to `folder` where it lies inside or right above, always with `/`.
pub fn shown(path: &Path, folder: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    let path = path.strip_prefix(".").unwrap_or(path);
    let up = path.parent().and_then(|parent| folder.strip_prefix(parent).ok());
    let up = up.filter(|up| path.is_absolute() && !up.as_os_str().is_empty() && up.components().count() < FAR);
    let above =
        up.map(|up| Path::new(&"../".repeat(up.components().count())).join(path.file_name().unwrap_or_default()));
    let text = above.as_deref().unwrap_or(path).to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// The files of the disk, for everything below the shells.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Arc<str>, FileError> {
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
}

/// A source that could not be had, or is not there any more: its name without a text.
pub fn empty_source(path: String) -> Source {
    Source { path, text: Arc::from("") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_paths_relative_to_the_folder_they_are_in() {
        let folder = Path::new("/repo");
        assert_eq!(shown(Path::new("/repo/a/b.chain.yaml"), folder), "a/b.chain.yaml");
        assert_eq!(shown(Path::new("./a.chain.yaml"), folder), "a.chain.yaml");
        assert_eq!(shown(Path::new("../a.chain.yaml"), folder), "../a.chain.yaml");
        assert_eq!(shown(Path::new("/etc/a.chain.yaml"), folder), "/etc/a.chain.yaml");
        assert_eq!(shown(Path::new("/repo/hoplint.toml"), Path::new("/repo/a/b")), "../../hoplint.toml");
    }
}
