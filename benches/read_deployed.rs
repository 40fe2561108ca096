//! What reading deployed configuration costs: every file of a folder, or one file, with one reader, without includes.
//! Prints the milliseconds of the fastest round. `scripts/bench.sh` compares it with other parsers. Files are spread over
//! the processors as `hoplint check` does; `RAYON_NUM_THREADS=1` takes one.

use hoplint::import::reader::NoIncludes;
use hoplint::import::{Given, Import, READERS};
use hoplint::span::FileId;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

const USAGE: &str = "usage: read_deployed READER ROUNDS FOLDER-OR-FILE";

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [reader, rounds, path] = args.as_slice() else { panic!("{USAGE}") };
    let reader = READERS.iter().find(|r| r.name() == reader).expect("a reader of this name");
    let rounds: usize = rounds.parse().expect(USAGE);
    let paths = files(Path::new(path));
    let (mut least, mut settings, mut hops) = (f64::MAX, 0, 0);
    for _ in 0..rounds {
        let started = Instant::now();
        let read = |path: &PathBuf| {
            let bytes = fs::read(path).expect("a readable file");
            let text = String::from_utf8_lossy(&bytes);
            let mut import = Import::default();
            let given = Given { file: FileId(0), path: "nginx.conf", text: &text };
            reader.read(&given, &NoIncludes, &mut import);
            (import.settings.len(), import.hops.len())
        };
        (settings, hops) = match paths.as_slice() {
            [one] => read(one),
            many => many.par_iter().map(read).reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        };
        least = least.min(started.elapsed().as_secs_f64() * 1e3);
    }
    println!("{least:.3} ms for {settings} settings and {hops} hops in {} files", paths.len());
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.is_file()).collect();
    paths.sort();
    paths
}
