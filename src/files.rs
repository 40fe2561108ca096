//! How code below the shells asks for files. Implemented over disk and unsaved buffers in `workspace`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    NotFound,
    NotUtf8 { valid_up_to: usize },
    TooLarge { bytes: u64, limit: u64 },
    Other(String),
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => write!(f, "no such file"),
            Self::NotUtf8 { valid_up_to } => write!(f, "not UTF-8 text (first bad byte at offset {valid_up_to})"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "{} MB is larger than the limit of {} MB", bytes / 1_000_000, limit / 1_000_000)
            }
            Self::Other(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for FileError {}

/// Reading, and nothing else.
pub trait Files: Sync {
    fn read(&self, path: &Path) -> Result<Arc<str>, FileError>;
    /// Files of a folder with the given ending, sorted.
    fn list(&self, folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FileError>;
    /// The names of what stands in a folder, sorted.
    fn names(&self, folder: &Path) -> Result<Vec<String>, FileError>;
    fn exists(&self, path: &Path) -> bool;
    /// The path with every link followed.
    fn real(&self, path: &Path) -> Result<PathBuf, FileError>;
}

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
