//! `hoplint schema`: the JSON Schemas of every file that hoplint reads or writes.

use super::fail::{Exit, Failure};
use super::term::{Term, plain};
use crate::text::{list, nearest};

include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// Print a JSON Schema
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Which one; without it their names are printed
    pub name: Option<String>,
}

pub fn run(args: &Args) -> Exit {
    let names: Vec<&str> = SCHEMAS.iter().map(|(name, _)| *name).collect();
    let Some(name) = &args.name else {
        return Term::print_text(&(names.join("\n") + "\n")).into();
    };
    if let Some((_, text)) = SCHEMAS.iter().find(|(known, _)| known == name) {
        return Term::print_text(text).into();
    }
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", list(&names, "and")),
    };
    Err(Failure::Usage(format!("no schema is called `{}`; {hint}", plain(name)))).into()
}
