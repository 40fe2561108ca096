//! What a walk alone costs: visits every entry of a folder as `hoplint check` does, on as many threads, and counts the
//! files. `scripts/bench.sh` compares the two.

use ignore::{DirEntry, Error, WalkBuilder, WalkState};
use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    let mut args = env::args().skip(1);
    let threads = args.next().and_then(|n| n.parse().ok()).expect("usage: walk_only THREADS FOLDER");
    let folder = args.next().expect("usage: walk_only THREADS FOLDER");
    let mut walk = WalkBuilder::new(folder);
    walk.require_git(false);
    let files = if threads == 1 { walk.build().filter(is_file).count() } else { parallel(&mut walk, threads) };
    println!("{files} files");
}

fn parallel(walk: &mut WalkBuilder, threads: usize) -> usize {
    let files = AtomicUsize::new(0);
    walk.threads(threads).build_parallel().run(|| {
        Box::new(|entry| {
            files.fetch_add(usize::from(is_file(&entry)), Ordering::Relaxed);
            WalkState::Continue
        })
    });
    files.into_inner()
}

fn is_file(entry: &Result<DirEntry, Error>) -> bool {
    entry.as_ref().expect("a readable folder").file_type().is_some_and(|kind| kind.is_file())
}
