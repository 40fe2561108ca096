//! `hoplint generate`: chains as native configuration, on standard output, in files, or compared with files.

use super::check::Common;
use super::fail::{Exit, Failure};
use super::run::working;
use super::term::{Term, plain};
use crate::diag::Severity;
use crate::engine::{Engine, Source};
use crate::files::FileError;
use crate::generate::header::{self, Found};
use crate::generate::target::{self, Target};
use crate::generate::{File, Options, diff, generate};
use crate::resolve::Resolved;
use crate::span::{FileId, Loc};
use crate::text::nearest;
use crate::workspace::settings::Finder;
use crate::workspace::{read, walk, write};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Write the configuration of a chain's hops
///
/// Writes what the chain states, in the native form of each hop; defaults stand there as comments. What a target has
/// no word for is said, in the file and here. A file that somebody changed by hand is not overwritten.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Chain files and folders with chain files
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// What to write; without it, one form of each hop (see `hoplint targets`)
    #[arg(long, short, value_name = "TARGET")]
    pub target: Vec<String>,

    /// Only these hops
    #[arg(long, value_name = "NAME")]
    pub hop: Vec<String>,

    /// Where to write: a folder, or a file where there is one only; standard output without it
    #[arg(long, short, value_name = "DIR|FILE", value_hint = clap::ValueHint::AnyPath)]
    pub out: Option<PathBuf>,

    /// Print to standard output, whatever --out says
    #[arg(long, conflicts_with_all = ["check", "diff"])]
    pub stdout: bool,

    /// Write nothing; exit code 1 where a file in --out is missing or no longer what the chain says
    #[arg(long, requires = "out")]
    pub check: bool,

    /// Write nothing; show what would change in --out, exit code 1 if there is something
    #[arg(long, requires = "out", conflicts_with = "check")]
    pub diff: bool,

    /// Write the defaults too
    #[arg(long)]
    pub explicit: bool,

    /// A whole file that runs, with placeholders for addresses, not a part to include
    #[arg(long)]
    pub full: bool,

    /// Write from a chain with errors, and over files changed by hand
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub common: Common,
}

/// One text and where it belongs below --out.
struct Made {
    chain: String,
    hop: String,
    file: File,
}

/// What a run gathers before anything is written.
#[derive(Default)]
struct Gathered {
    made: Vec<Made>,
    /// `error: ...` and `note: ...` with their places.
    said: Vec<String>,
    refused: bool,
    hops: BTreeSet<String>,
    failures: Vec<Failure>,
}

pub fn run(args: &Args) -> Exit {
    let targets = match wanted(&args.target) {
        Ok(targets) => targets,
        Err(failure) => return Exit { found: false, failures: vec![failure] },
    };
    let mut gathered = gather(args, &targets);
    for line in &gathered.said {
        Term::say(line);
    }
    gathered.failures.extend(usage(args, &gathered));
    let mut exit = Exit { found: gathered.refused, failures: gathered.failures };
    match &args.out {
        Some(out) if !args.stdout => match places(out, &gathered.made) {
            Ok(places) => {
                for (made, path) in gathered.made.iter().zip(places) {
                    exit.found |= place(args, made, &path, &mut exit.failures);
                }
            }
            Err(failure) => exit.failures.push(failure),
        },
        _ => {
            let texts: Vec<&str> = gathered.made.iter().map(|made| made.file.text.as_str()).collect();
            exit.failures.extend(Term::print_text(&texts.join("\n")).err());
        }
    }
    exit
}

fn wanted(names: &[String]) -> Result<Vec<Target>, Failure> {
    let all = target::all();
    let unknown = names.iter().find(|name| !all.iter().any(|t| t.id == **name));
    if let Some(name) = unknown {
        let near = nearest(name, all.iter().map(|t| t.id.as_str()));
        let help = near.map_or_else(
            || format!("there are {}", all.iter().map(|t| t.id.as_str()).collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean {near}?"),
        );
        return Err(Failure::Usage(format!("there is no target {}; {help}", plain(name))));
    }
    Ok(all.into_iter().filter(|t| names.is_empty() || names.contains(&t.id)).collect())
}

fn gather(args: &Args, targets: &[Target]) -> Gathered {
    let mut out = Gathered::default();
    let working = working();
    let walk::Found { inputs, failures, folders } = walk::find(&args.paths, &working);
    out.failures.extend(failures.iter().map(|(path, why)| Failure::read(path, why)));
    if inputs.is_empty() && out.failures.is_empty() {
        out.failures.push(Failure::NothingToCheck { searched: folders });
    }
    let mut finder = Finder::new(args.common.settings(), &working, u32::try_from(inputs.len()).unwrap_or(u32::MAX));
    for (id, input) in (0u32..).zip(&inputs) {
        let settings = finder.of(&input.path);
        let settings = finder.get(settings);
        let text = match read::text(&input.path) {
            Ok(text) => text,
            Err(why) => {
                out.failures.push(Failure::read(&input.path, &why));
                continue;
            }
        };
        let source = Source { path: input.shown.clone(), text };
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        one_file(args, targets, &engine, FileId(id), &source, &mut out);
    }
    out.failures.extend(finder.failures.iter().map(|(path, why)| Failure::read(path, why)));
    out
}

fn one_file(args: &Args, targets: &[Target], engine: &Engine<'_>, id: FileId, source: &Source, out: &mut Gathered) {
    let findings = engine.check_file(id, source).findings;
    let errors = |chain: Option<&str>| -> Vec<_> {
        findings.iter().filter(|f| f.severity == Severity::Error && f.chain.as_deref() == chain).collect()
    };
    let at = |loc: Option<Loc>| located(source, loc);
    let broken = errors(None);
    if let (Some(first), false) = (broken.first(), args.force) {
        out.refused = true;
        let message = format!("error: {}", first.message);
        out.said.push(format!("{}: {message}", at(first.primary())));
        out.said.push("  nothing is written from a file with errors; --force does it all the same".to_owned());
        return;
    }
    for chain in engine.resolve_file(id, source) {
        out.hops.extend(chain.hops.iter().map(|hop| hop.name().to_owned()));
        let wrong = errors(Some(&chain.name));
        let touched = chain.hops.iter().any(|hop| asked(args, hop.name()) && fits(targets, &hop.platform.id));
        if let (Some(first), false, true) = (wrong.first(), args.force, touched) {
            out.refused = true;
            out.said.push(format!("{}: error[{}]: {}", at(first.primary()), first.rule, plain(&first.message)));
            out.said.push(format!(
                "  chain {} has {}, so nothing is written from it; `hoplint check` shows how to repair it, --force \
                 writes all the same",
                plain(&chain.name),
                if wrong.len() == 1 { "an error".to_owned() } else { format!("{} errors", wrong.len()) }
            ));
            continue;
        }
        one_chain(args, targets, &chain, source, out);
    }
}

fn asked(args: &Args, hop: &str) -> bool {
    args.hop.is_empty() || args.hop.iter().any(|name| name == hop)
}

fn fits(targets: &[Target], platform: &str) -> bool {
    targets.iter().any(|target| target.writes(platform))
}

fn one_chain(args: &Args, targets: &[Target], chain: &Resolved, source: &Source, out: &mut Gathered) {
    let options = Options { explicit: args.explicit, full: args.full };
    for hop in chain.hops.iter().filter(|hop| asked(args, hop.name())) {
        let mut fitting: Vec<&Target> = targets.iter().filter(|t| t.writes(&hop.platform.id)).collect();
        if args.target.is_empty() {
            // One form of each hop is enough.
            fitting.sort_by_key(|target| !target.preferred);
            fitting.truncate(1);
        }
        for target in fitting {
            match generate(chain, hop, target, options) {
                Ok(generated) => {
                    for note in &generated.notes {
                        let text = format!("{}: note: {}: {}", located(source, note.at), hop.name(), note.text);
                        out.said.push(plain(&text));
                    }
                    out.made.extend(generated.files.into_iter().map(|file| Made {
                        chain: chain.name.clone(),
                        hop: hop.name().to_owned(),
                        file,
                    }));
                }
                Err(refusals) => {
                    out.refused = true;
                    for refusal in refusals {
                        out.said.push(plain(&format!("{}: error: {}", located(source, refusal.at), refusal.message)));
                        out.said.extend(refusal.help.map(|help| plain(&format!("  help: {help}"))));
                    }
                }
            }
        }
    }
}

/// What the arguments ask for and no chain has.
fn usage(args: &Args, gathered: &Gathered) -> Option<Failure> {
    let unknown = args.hop.iter().find(|name| !gathered.hops.contains(*name));
    if let (Some(name), false) = (unknown, gathered.hops.is_empty()) {
        let near = nearest(name, gathered.hops.iter().map(String::as_str));
        let known: Vec<&str> = gathered.hops.iter().map(String::as_str).collect();
        let help = near.map_or_else(|| format!("there are {}", known.join(", ")), |n| format!("did you mean {n}?"));
        return Some(Failure::Usage(plain(&format!("no chain has a hop {name}; {help}"))));
    }
    let nothing = gathered.made.is_empty() && !gathered.refused && gathered.failures.is_empty();
    nothing.then(|| {
        Failure::Usage("no target writes any of these hops; `hoplint targets` lists what can be written".into())
    })
}

/// Where each text goes. A folder has one folder below it for each chain where there are several.
fn places(out: &Path, made: &[Made]) -> Result<Vec<PathBuf>, Failure> {
    let ends_as_folder = out.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    if made.len() == 1 && !ends_as_folder && !out.is_dir() {
        return Ok(vec![out.to_owned()]);
    }
    if out.is_file() {
        return Err(Failure::Usage(format!(
            "{} is a file, and {} are to be written; name a folder, or choose with --hop and --target",
            out.display(),
            made.len()
        )));
    }
    let several = made.iter().any(|m| m.chain != made[0].chain);
    let mut places = Vec::new();
    for m in made {
        let path = if several { out.join(folder_name(&m.chain)).join(&m.file.name) } else { out.join(&m.file.name) };
        if places.contains(&path) {
            let message = format!("two hops would be written to {}; choose with --hop, or rename one", path.display());
            return Err(Failure::Usage(message));
        }
        places.push(path);
    }
    Ok(places)
}

fn folder_name(chain: &str) -> String {
    crate::generate::file_name(chain)
}

/// Writes, shows or checks one file. True where something has to be told by the exit code.
fn place(args: &Args, made: &Made, path: &Path, failures: &mut Vec<Failure>) -> bool {
    let old = match read::text(path) {
        Ok(text) => Some(header::normal(&text)),
        Err(FileError::NotFound) => None,
        // What is there is no text of ours.
        Err(FileError::NotUtf8 { .. } | FileError::TooLarge { .. }) => Some(String::new()),
        Err(why) => {
            failures.push(Failure::read(path, &why));
            return false;
        }
    };
    let shown = plain(&path.display().to_string());
    let before = old.as_deref().unwrap_or_default();
    if old.is_some() && before == made.file.text {
        return false;
    }
    let difference = diff::unified(before, &made.file.text);
    if args.diff {
        let text = format!("--- {shown}\n+++ {shown}\n{}", plain(&difference));
        failures.extend(Term::print_text(&text).err());
        return true;
    }
    let found = old.as_deref().map_or(Found::Nothing, |text| header::inspect(text, made.file.comment));
    if args.check {
        Term::say(&stale(&shown, made, old.as_deref(), found));
        Term::say(&plain(&difference));
        return true;
    }
    if let (Found::Edited | Found::Foreign, false) = (found, args.force) {
        let why = if found == Found::Edited { "was changed by hand" } else { "was not written by hoplint" };
        Term::say(&format!("{shown}: {why} and stays as it is; --force overwrites it. The difference:"));
        Term::say(&plain(&difference));
        return true;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written =
        folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| write::atomic(path, made.file.text.as_bytes()));
    match written {
        Ok(()) => Term::say(&format!("{shown}: {}", if old.is_some() { "updated" } else { "written" })),
        Err(why) => failures.push(Failure::write(path, &why)),
    }
    false
}

/// What --check says of a file that is not what the chain says.
fn stale(shown: &str, made: &Made, old: Option<&str>, found: Found) -> String {
    let Some(old) = old else {
        return format!("{shown}: missing; `hoplint generate` writes it for hop {}", plain(&made.hop));
    };
    let lines: Vec<String> = diff::stale_lines(old, &made.file.text).iter().map(ToString::to_string).collect();
    let lines = format!("line{} {}", if lines.len() == 1 { "" } else { "s" }, lines.join(", "));
    match found {
        Found::Foreign => format!("{shown}: not written by hoplint"),
        Found::Edited => format!("{shown}: changed by hand, {lines}"),
        _ if header::stated_values(old) == header::stated_values(&made.file.text) => {
            format!("{shown}: stale, {lines}: same values, other text")
        }
        _ => format!("{shown}: stale, {lines}: made from other values than the chain has now"),
    }
}

/// `file:line:column` of a place, or the file.
fn located(source: &Source, loc: Option<Loc>) -> String {
    let path = plain(&source.path);
    let Some(before) = loc.and_then(|loc| source.text.get(..loc.span.start as usize)) else { return path };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{path}:{line}:{column}")
}
