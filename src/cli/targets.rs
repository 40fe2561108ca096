//! `hoplint targets`: what `hoplint generate` can write.

use super::fail::Exit;
use super::term::Term;
use crate::generate::target;
use std::fmt::Write as _;

/// List what `hoplint generate` can write
#[derive(Clone, Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: &Args) -> Exit {
    let mut out = String::new();
    for target in target::all() {
        let _ = writeln!(out, "{}\n  {}\n  platforms: {}", target.id, target.summary, target.platforms.join(", "));
        for file in &target.files {
            let _ = writeln!(out, "  {}: {}", file.name, file.summary);
        }
    }
    Exit::from(Term::print_text(&out))
}
