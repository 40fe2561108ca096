//! One hop of a resolved chain as the native configuration of its platform.
//!
//! A target is a folder under `templates/`: a manifest that says what its files can express, and the files' texts
//! with holes. What a hop states is spelled natively and checked here; what the target has no word for becomes a
//! note, never another setting. Pure: reading and writing files is the command's work.

pub mod diff;
mod effective;
pub mod header;
mod native;
mod pairs;
mod quote;
pub mod render;
mod retries;
pub mod target;

use crate::resolve::{Resolved, ResolvedHop};
use crate::span::Loc;
use target::{Comment, Target};

/// What to write of one hop.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Write the defaults too, not only as comments.
    pub explicit: bool,
    /// A whole file that runs, not a part to include.
    pub full: bool,
}

/// One generated text, header included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// A plain file name, safe on every file system.
    pub name: String,
    pub text: String,
    /// How a comment begins in it.
    pub comment: Comment,
}

/// Something that the reader of a generated file must know, also said in the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Option<Loc>,
    pub text: String,
}

/// Why a hop cannot be generated, with the place of the value and what would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub at: Option<Loc>,
    pub message: String,
    pub help: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    pub files: Vec<File>,
    pub notes: Vec<Note>,
}

/// The files of one hop for one target, or every reason why not.
pub fn generate(
    chain: &Resolved,
    hop: &ResolvedHop,
    target: &Target,
    options: Options,
) -> Result<Generated, Vec<Refusal>> {
    let mut out = Generated::default();
    let mut refusals = Vec::new();
    let values_hash = header::hash(effective::lines(hop, target).as_bytes());
    for file in target.files.iter().filter(|f| f.when.applies(options.full)) {
        let timers = native::timers(hop, target, file, options, &mut refusals);
        refusals.extend(pairs::refusals(hop, target, file));
        let retries = retries::of(hop, target, &mut refusals);
        let mut notes = native::notes(hop, target, file);
        if file.says_retries {
            notes.extend(retries::notes(hop, target));
        }
        let body = match render::body(chain, hop, (file, target.comment), &timers, &retries, options) {
            Ok(body) => body,
            Err(error) => {
                refusals.push(Refusal {
                    at: None,
                    message: error,
                    help: Some(format!("`hoplint targets {}` lists what a template can use", target.id)),
                });
                continue;
            }
        };
        if body.trim().is_empty() {
            continue;
        }
        let text = header::with_header(target.comment, &target.id, values_hash, &intro(chain, hop, &notes), &body);
        let stem = file_stem(chain, hop);
        let name = file.name.replace("{hop}", &stem).replace("{hop_}", &stem.replace('-', "_"));
        out.files.push(File { name, text, comment: target.comment });
        for note in notes {
            if !out.notes.contains(&note) {
                out.notes.push(note);
            }
        }
    }
    if !refusals.is_empty() {
        refusals.dedup();
        return Err(refusals);
    }
    Ok(out)
}

/// A text as the name of a file or folder.
pub fn file_name(text: &str) -> String {
    quote::slug(text, '-')
}

/// The hop's name, with a number where another hop of the chain would get the same file name.
fn file_stem(chain: &Resolved, hop: &ResolvedHop) -> String {
    let own = quote::slug(hop.name(), '-');
    let before = chain.hops.iter().take_while(|other| !std::ptr::eq(*other, hop));
    match before.filter(|other| quote::slug(other.name(), '-') == own).count() {
        0 => own,
        n => format!("{own}-{}", n + 1),
    }
}

/// What stands above the body: whose values these are, where defaults come from, what is missing.
fn intro(chain: &Resolved, hop: &ResolvedHop, notes: &[Note]) -> Vec<String> {
    let mut lines = vec![format!("Hop \"{}\" of chain \"{}\": {}.", hop.name(), chain.name, hop.platform.name)];
    if let Some(versions) = &hop.platform.versions {
        lines.push(format!("Defaults, where shown: {versions}."));
    }
    lines.extend(notes.iter().map(|note| format!("Note: {}", note.text)));
    lines
}
