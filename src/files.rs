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
pub trait Files {
    fn read(&self, path: &Path) -> Result<Arc<str>, FileError>;
    /// Files of a folder with the given ending, sorted.
    fn list(&self, folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FileError>;
}
