//! What chains generate, and where it belongs: for `hoplint generate`, and for the rule about files that are stale.

use super::templates::Targets;
use super::{read, shown};
use crate::config::Generate;
use crate::diag::{Diagnostic, Severity};
use crate::engine::{Engine, Source};
use crate::files::FileError;
use crate::generate::header::{self, Found};
use crate::generate::target::Target;
use crate::generate::{File, Options, diff, file_name, generate};
use crate::import::store::Store;
use crate::resolve::Resolved;
use crate::rules::generated_stale;
use crate::span::{FileId, Loc, Span};
use crate::text::nearest;
use crate::workspace::Disk;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to write of a chain file.
pub struct Wanted<'a> {
    pub targets: Vec<&'a Target>,
    /// One form of each hop is enough.
    pub one_form: bool,
    /// Every hop where empty.
    pub hops: &'a [String],
    pub options: Options,
    /// From chains with errors too.
    pub force: bool,
}

/// One text of one hop.
pub struct Made {
    pub chain: String,
    pub hop: String,
    pub file: File,
}

/// What chain files gave, before anything is written.
#[derive(Default)]
pub struct Gathered {
    pub made: Vec<Made>,
    /// Errors and notes with their places, a line each.
    pub said: Vec<String>,
    pub refused: bool,
    /// Every hop there is.
    pub hops: BTreeSet<String>,
}

pub fn of_file(wanted: &Wanted<'_>, engine: &Engine<'_>, id: FileId, source: &Source, out: &mut Gathered) {
    let working = std::env::current_dir().unwrap_or_default();
    let store = Store::new(&Disk, &working);
    let located = |at: Option<Loc>| match at.and_then(|at| store.file(at.file)) {
        Some(file) => located(&Source { path: file.shown, text: file.text }, at),
        None => located(source, at),
    };
    let findings = engine.check_file_in(id, source, &store).findings;
    let errors = |chain: Option<&str>| -> Vec<_> {
        findings.iter().filter(|f| f.severity == Severity::Error && f.chain.as_deref() == chain).collect()
    };
    let broken = errors(None);
    if let (Some(first), false) = (broken.first(), wanted.force) {
        out.refused = true;
        out.said.push(format!("{}: error: {}", located(first.primary()), first.message));
        out.said.push("  nothing is written from a file with errors; --force does it all the same".to_owned());
        return;
    }
    for chain in engine.resolve_file(id, source, &store) {
        out.hops.extend(chain.hops.iter().map(|hop| hop.name().to_owned()));
        let wrong = errors(Some(&chain.name));
        let touched = chain
            .hops
            .iter()
            .any(|hop| wanted.asks(hop.name()) && wanted.targets.iter().any(|target| target.writes(&hop.platform.id)));
        if let (Some(first), false, true) = (wrong.first(), wanted.force, touched) {
            out.refused = true;
            let at = located(first.primary());
            out.said.push(format!("{at}: error[{}]: {}", first.rule, first.message));
            out.said.push(format!(
                "  chain {} has {}, so nothing is written from it; `hoplint check` shows how to repair it, --force \
                 writes all the same",
                chain.name,
                if wrong.len() == 1 { "an error".to_owned() } else { format!("{} errors", wrong.len()) }
            ));
            continue;
        }
        of_chain(wanted, &chain, &located, out);
    }
}

impl Wanted<'_> {
    fn asks(&self, hop: &str) -> bool {
        self.hops.is_empty() || self.hops.iter().any(|name| name == hop)
    }
}

fn of_chain(wanted: &Wanted<'_>, chain: &Resolved, located: &dyn Fn(Option<Loc>) -> String, out: &mut Gathered) {
    for hop in chain.hops.iter().filter(|hop| wanted.asks(hop.name())) {
        let mut fitting: Vec<&Target> =
            wanted.targets.iter().copied().filter(|target| target.writes(&hop.platform.id)).collect();
        if wanted.one_form {
            fitting.sort_by_key(|target| !target.preferred);
            fitting.truncate(1);
        }
        for target in fitting {
            match generate(chain, hop, target, wanted.options) {
                Ok(generated) => {
                    out.said.extend(
                        generated
                            .notes
                            .iter()
                            .map(|note| format!("{}: note: {}: {}", located(note.at), hop.name(), note.text)),
                    );
                    out.made.extend(generated.files.into_iter().map(|file| Made {
                        chain: chain.name.clone(),
                        hop: hop.name().to_owned(),
                        file,
                    }));
                }
                Err(refusals) => {
                    out.refused = true;
                    for refusal in refusals {
                        // What has no place in the chain names its own, as a template does.
                        let at = refusal.at.map(|at| format!("{}: ", located(Some(at)))).unwrap_or_default();
                        out.said.push(format!("{at}error: {}", refusal.message));
                        out.said.extend(refusal.help.map(|help| format!("  help: {help}")));
                    }
                }
            }
        }
    }
}

/// Where each text goes. A folder has one folder below it for each chain where there are several.
pub fn places(out: &Path, made: &[Made]) -> Result<Vec<PathBuf>, String> {
    let ends_as_folder = out.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    if made.len() == 1 && !ends_as_folder && !out.is_dir() {
        return Ok(vec![out.to_owned()]);
    }
    if out.is_file() {
        return Err(format!(
            "{} is a file, and {} are to be written; name a folder, or choose a hop and a target",
            out.display(),
            made.len()
        ));
    }
    let several = made.iter().any(|m| m.chain != made[0].chain);
    let mut places = Vec::new();
    for m in made {
        let path = if several { out.join(file_name(&m.chain)).join(&m.file.name) } else { out.join(&m.file.name) };
        if places.contains(&path) {
            return Err(format!("two hops would be written to {}; choose a hop, or rename one", path.display()));
        }
        places.push(path);
    }
    Ok(places)
}

/// The text that stands where a file is to be written; `None` where nothing does.
pub fn standing(path: &Path) -> Result<Option<String>, FileError> {
    match read::text(path) {
        Ok(text) => Ok(Some(header::normal(&text))),
        Err(FileError::NotFound) => Ok(None),
        // What is there is no text of ours.
        Err(FileError::NotUtf8 { .. } | FileError::TooLarge { .. }) => Ok(Some(String::new())),
        Err(why) => Err(why),
    }
}

/// Why a file is not what the chain says.
pub fn why_stale(made: &Made, old: Option<&str>) -> String {
    let Some(old) = old else {
        return format!("missing; `hoplint generate` writes it for hop {}", made.hop);
    };
    let lines: Vec<String> = diff::stale_lines(old, &made.file.text).iter().map(ToString::to_string).collect();
    let lines = format!("line{} {}", if lines.len() == 1 { "" } else { "s" }, lines.join(", "));
    match header::inspect(old, made.file.comment) {
        Found::Foreign => "not written by hoplint".to_owned(),
        Found::Edited => format!("changed by hand, {lines}"),
        _ if header::stated_values(old) == header::stated_values(&made.file.text) => {
            format!("stale, {lines}: same values, other text")
        }
        _ => format!("stale, {lines}: made from other values than the chain has now"),
    }
}

/// What one `[[generate]]` asks for, or the place in the settings that cannot be followed and why.
pub fn of_entry(
    entry: &Generate,
    targets: &Targets,
    engine: &Engine<'_>,
    (id, source): (FileId, &Source),
    force: bool,
) -> Result<Gathered, (Loc, String)> {
    let Some(target) = targets.all.iter().find(|target| target.id == entry.target.value) else {
        let near = nearest(&entry.target.value, targets.all.iter().map(|target| target.id.as_str()));
        let help =
            near.map_or("`hoplint targets` lists what there is".to_owned(), |near| format!("did you mean {near}?"));
        return Err((entry.target.loc, format!("there is no target {}; {help}", entry.target.value)));
    };
    let hops: Vec<String> = entry.hop.iter().map(|hop| hop.value.clone()).collect();
    let options = Options { explicit: entry.explicit, full: entry.full };
    let wanted = Wanted { targets: vec![target], one_form: false, hops: &hops, options, force };
    let mut gathered = Gathered::default();
    of_file(&wanted, engine, id, source, &mut gathered);
    if let Some(hop) = entry.hop.as_ref().filter(|hop| !gathered.refused && !gathered.hops.contains(&hop.value)) {
        let near = nearest(&hop.value, gathered.hops.iter().map(String::as_str));
        let help = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err((hop.loc, format!("no chain of {} has a hop {}{help}", source.path, hop.value)));
    }
    if gathered.made.is_empty() && !gathered.refused {
        let why = format!("{} has no hop that {} writes", source.path, target.id);
        return Err((entry.hop.as_ref().map_or(entry.target.loc, |hop| hop.loc), why));
    }
    Ok(gathered)
}

/// Findings about the files of one `[[generate]]` that are not what the chain says. `next` is the id of the first
/// source that is added to `sources`.
pub fn stale(
    entry: &Generate,
    folder: &Path,
    targets: &Targets,
    engine: &Engine<'_>,
    chain: (FileId, &Source),
    (working, next): (&Path, FileId),
) -> (Vec<Source>, Vec<Diagnostic>) {
    let (mut sources, mut findings) = (Vec::new(), Vec::new());
    let finding = |message: String| generated_stale::RULE.finding(message);
    let gathered = match of_entry(entry, targets, engine, chain, false) {
        Ok(gathered) => gathered,
        Err((at, why)) => return (sources, vec![finding(why).label(at, "")]),
    };
    // A chain with errors has its own findings, and nothing is generated from it.
    if gathered.refused {
        return (sources, findings);
    }
    let places = match places(&folder.join(&entry.out.value), &gathered.made) {
        Ok(places) => places,
        Err(why) => return (sources, vec![finding(why).label(entry.out.loc, "")]),
    };
    for (made, path) in gathered.made.iter().zip(places) {
        let name = shown(&path, working);
        let found = match standing(&path) {
            Ok(Some(old)) if old == made.file.text => continue,
            Ok(Some(old)) => {
                let file = FileId(next.0 + u32::try_from(sources.len()).unwrap_or(u32::MAX));
                let why = why_stale(made, Some(&old));
                let found = finding(format!("{name} is not what chain {} says: {why}", made.chain))
                    .label(Loc::new(file, first_difference(&old, &made.file.text)), "the first line that differs")
                    .label(entry.out.loc, "kept equal by this entry");
                // Shown as it stands on the disk, so that the line is the one of the editor.
                sources.push(Source { path: name, text: Arc::from(old) });
                found
            }
            Ok(None) => finding(format!("{name} is missing")).label(entry.out.loc, "to be written by this entry"),
            Err(why) => finding(format!("{name} cannot be read: {why}")).label(entry.out.loc, ""),
        };
        let mut found = found.help("run `hoplint generate`; with --diff it shows what changes");
        found.chain = Some(made.chain.clone());
        found.hop = Some(made.hop.clone());
        findings.push(found);
    }
    (sources, findings)
}

/// The first line of the old text that is not in the new one.
fn first_difference(old: &str, new: &str) -> Span {
    // The header says that something changed; below it stands what.
    const HEADER: usize = 2;
    let lines = diff::stale_lines(old, new);
    let line = lines.iter().copied().find(|line| *line > HEADER).or(lines.first().copied()).unwrap_or(1);
    let start: usize = old.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let end = start + old[start..].lines().next().unwrap_or_default().len();
    Span::of(start..end)
}

/// `file:line:column` of a place, or the file.
pub fn located(source: &Source, loc: Option<Loc>) -> String {
    let Some(before) = loc.and_then(|loc| source.text.get(..loc.span.start as usize)) else {
        return source.path.clone();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{}:{line}:{column}", source.path)
}
