//! What parsing alone costs: reads the same files as `hoplint check` on as many threads, and takes every event of the
//! YAML parser without doing anything with it. `scripts/bench.sh` compares the two.

use granit_parser::Parser;
use rayon::prelude::*;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let mut args = env::args().skip(1);
    let threads = args.next().and_then(|n| n.parse().ok()).expect("usage: parse_only THREADS FOLDER");
    let folder = args.next().expect("usage: parse_only THREADS FOLDER");
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    paths.sort();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let events: usize = pool.install(|| paths.par_iter().map(events).sum());
    println!("{events} events in {} files", paths.len());
}

fn events(path: &PathBuf) -> usize {
    let text = fs::read_to_string(path).expect("a readable file");
    Parser::new_from_str(&text).inspect(|event| assert!(event.is_ok())).count()
}
