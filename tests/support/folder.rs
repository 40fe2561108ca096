//! Folders of fixtures.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// What stands in a folder, in order.
pub fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}
