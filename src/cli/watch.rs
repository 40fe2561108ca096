//! `check --watch`: runs again when a file changed. Polls: chain files are few, and polling works on every file system.

use crate::workspace::walk;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const PAUSE: Duration = Duration::from_millis(300);
/// Looking takes at most this part of the time, however large the folders are.
const SHARE: u32 = 10;

/// What can be seen of a file without reading it.
type Stamp = (PathBuf, Option<(SystemTime, u64)>);

/// Calls `run` now and after every change, for ever. `run` returns what it read beside the given paths.
pub fn forever(paths: &[PathBuf], working: &Path, mut run: impl FnMut() -> Vec<PathBuf>) -> ! {
    let mut others = Vec::new();
    loop {
        // Taken before the run, so that a change in the middle of it is seen.
        let before = stamps(&chains(paths, working));
        let known: HashMap<_, _> = stamps(&others).into_iter().collect();
        others = run();
        let mut other_stamps = stamps(&others);
        for (path, seen) in &mut other_stamps {
            if let Some(earlier) = known.get(path) {
                *seen = *earlier;
            }
        }
        loop {
            let start = Instant::now();
            let changed = stamps(&chains(paths, working)) != before || stamps(&others) != other_stamps;
            if changed {
                break;
            }
            std::thread::sleep(PAUSE.max(start.elapsed() * SHARE));
        }
    }
}

/// The files of a run by their names. Those that only look like deployed configuration are watched once they were read.
fn chains(paths: &[PathBuf], working: &Path) -> Vec<PathBuf> {
    let inputs = walk::find(paths, working, Some(1)).inputs.into_iter();
    inputs.filter(|input| input.kind != walk::Kind::Candidate).map(|input| input.path).collect()
}

fn stamps(paths: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |path: &PathBuf| {
        let meta = std::fs::metadata(path).ok();
        (path.clone(), meta.and_then(|m| Some((m.modified().ok()?, m.len()))))
    };
    paths.iter().map(stamp).collect()
}
