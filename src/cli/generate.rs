//! `hoplint generate`: chains as native configuration, on standard output, in files, or compared with files.

use super::check::Common;
use super::fail::{Exit, Failure};
use super::run::working;
use super::term::{Term, plain};
use crate::config::Generate;
use crate::diag::{Diagnostic, Severity};
use crate::engine::{Engine, Source};
use crate::generate::header::{self, Found};
use crate::generate::{Options, diff};
use crate::span::FileId;
use crate::text::nearest;
use crate::workspace::generated::{self, Gathered, Made, Wanted, located};
use crate::workspace::settings::{Finder, NAME, Settings};
use crate::workspace::templates::{self, Folder, Targets};
use crate::workspace::{read, shown, walk, write};
use std::path::{Path, PathBuf};

/// Write the configuration of a chain's hops
///
/// Writes what the chain states, in the native form of each hop; defaults stand there as comments. What a target has
/// no word for is said, in the file and here. A file that somebody changed by hand is not overwritten.
///
/// Without any argument it writes what the [[generate]] entries of hoplint.toml list.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Chain files and folders with chain files; the folder it runs in without any
    #[arg(value_hint = clap::ValueHint::AnyPath)]
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

    /// Write nothing; exit code 1 where a file is missing or no longer what the chain says
    #[arg(long)]
    pub check: bool,

    /// Write nothing; show what would change, exit code 1 if there is something
    #[arg(long, conflicts_with = "check")]
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

    /// Folders with targets of your own, one folder for each, in place of or beside the built-in ones
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub templates: Vec<PathBuf>,

    #[command(flatten)]
    pub common: Common,
}

pub fn run(args: &Args) -> Exit {
    let working = working();
    let mut finder = Finder::new(args.common.settings(), &working, 0);
    if args.names_nothing() {
        let settings = finder.of(&working.join(NAME));
        let settings = finder.get(settings);
        if !settings.config.generate.is_empty() {
            return listed(args, &settings, &working);
        }
    }
    if args.out.is_none() && (args.check || args.diff) {
        let flag = if args.check { "--check" } else { "--diff" };
        let why = format!("{flag} compares with files: name them with --out, or list them as [[generate]] in {NAME}");
        return Exit::from(Err(Failure::Usage(why)));
    }
    named(args, finder, &working)
}

impl Args {
    /// Whether `hoplint.toml` alone says what to do.
    fn names_nothing(&self) -> bool {
        let chosen = self.target.is_empty() && self.hop.is_empty() && !self.full && !self.explicit;
        self.paths.is_empty() && self.out.is_none() && chosen
    }

    fn folders(&self, settings: &Settings) -> Vec<Folder> {
        let mut folders = settings.templates();
        folders.extend(self.templates.iter().map(|path| Folder { path: path.clone(), named: None }));
        folders
    }
}

/// The targets that hold for settings; what is wrong with a user's own is said.
fn targets(args: &Args, settings: &Settings, working: &Path, exit: &mut Exit) -> Targets {
    let first = FileId(settings.first.0 + u32::try_from(settings.sources.len()).unwrap_or(u32::MAX));
    let targets = templates::load(&args.folders(settings), working, first);
    let of = |finding: &Diagnostic| {
        let file = finding.primary()?.file.0.checked_sub(settings.first.0)? as usize;
        settings.sources.iter().chain(&targets.sources).nth(file)
    };
    // What cannot be read in the settings may be the very entry that is missed.
    let own = settings.findings.iter().filter(|_| args.names_nothing());
    for finding in own.filter(|finding| finding.severity == Severity::Error).chain(&targets.findings) {
        let at = of(finding).map(|source| format!("{}: ", located(source, finding.primary()))).unwrap_or_default();
        say(&format!("{at}{}: {}", finding.severity.name(), finding.message));
        finding.help.iter().for_each(|help| say(&format!("  help: {help}")));
        exit.found |= finding.severity == Severity::Error;
    }
    exit.failures.extend(targets.failures.iter().map(|(path, why)| Failure::read(path, why)));
    targets
}

fn say(line: &str) {
    Term::say(&plain(line));
}

/// What `[[generate]]` lists.
fn listed(args: &Args, settings: &Settings, working: &Path) -> Exit {
    let mut exit = Exit::default();
    let targets = targets(args, settings, working, &mut exit);
    let (Some(folder), Some(own)) = (settings.folder(), settings.sources.first()) else { return exit };
    let mut all: Vec<(Made, PathBuf)> = Vec::new();
    for entry in &settings.config.generate {
        let problem = match of_entry(args, entry, settings, &targets, (&folder, working)) {
            Ok((gathered, places)) => {
                gathered.said.iter().for_each(|line| say(line));
                exit.found |= gathered.refused;
                let twice = places.iter().find(|place| all.iter().any(|(_, path)| path == *place));
                let twice = twice.map(|path| format!("another entry writes {} too", shown(path, working)));
                if twice.is_none() {
                    all.extend(gathered.made.into_iter().zip(places));
                }
                twice.map(|why| (entry.out.loc, why))
            }
            Err(problem) => Some(problem),
        };
        if let Some((at, why)) = problem {
            exit.found = true;
            say(&format!("{}: error: {why}", located(own, Some(at))));
        }
    }
    finish(args, &all, exit, (true, working))
}

type Problem = (crate::span::Loc, String);

fn of_entry(
    args: &Args,
    entry: &Generate,
    settings: &Settings,
    targets: &Targets,
    (folder, working): (&Path, &Path),
) -> Result<(Gathered, Vec<PathBuf>), Problem> {
    let path = folder.join(&entry.chain.value);
    let text =
        read::text(&path).map_err(|why| (entry.chain.loc, format!("cannot read {}: {why}", entry.chain.value)))?;
    let source = Source { path: shown(&path, working), text };
    let engine = Engine { catalog: &settings.catalog, config: &settings.config };
    let gathered = generated::of_entry(entry, targets, &engine, (FileId::default(), &source), args.force)?;
    let places = generated::places(&folder.join(&entry.out.value), &gathered.made);
    places.map(|places| (gathered, places)).map_err(|why| (entry.out.loc, why))
}

/// What the arguments name.
fn named(args: &Args, mut finder: Finder, working: &Path) -> Exit {
    let mut exit = Exit::default();
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let walk::Found { mut inputs, failures, folders, .. } = walk::find(paths, working, None);
    inputs.retain(|input| input.kind != walk::Kind::Candidate);
    exit.failures.extend(failures.iter().map(|(path, why)| Failure::read(path, why)));
    if inputs.is_empty() && exit.failures.is_empty() {
        exit.failures.push(Failure::NothingToCheck { searched: folders });
    }
    let mut gathered = Gathered::default();
    let mut loaded: Vec<(usize, Targets)> = Vec::new();
    for input in &inputs {
        let at = finder.of(&input.path);
        let settings = finder.get(at);
        if !loaded.iter().any(|(of, _)| *of == at) {
            let targets = targets(args, &settings, working, &mut exit);
            if let Some(unknown) = unknown_target(&args.target, &targets) {
                exit.failures.push(unknown);
                return exit;
            }
            loaded.push((at, targets));
        }
        let Some((_, targets)) = loaded.iter().find(|(of, _)| *of == at) else { continue };
        let text = match read::text(&input.path) {
            Ok(text) => text,
            Err(why) => {
                exit.failures.push(Failure::read(&input.path, &why));
                continue;
            }
        };
        let wanted = Wanted {
            targets: targets.all.iter().filter(|t| args.target.is_empty() || args.target.contains(&t.id)).collect(),
            one_form: args.target.is_empty(),
            hops: &args.hop,
            options: Options { explicit: args.explicit, full: args.full },
            force: args.force,
        };
        let source = Source { path: input.shown.clone(), text };
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        generated::of_file(&wanted, &engine, FileId::default(), &source, &mut gathered);
    }
    exit.failures.extend(finder.failures.iter().map(|(path, why)| Failure::read(path, why)));
    gathered.said.iter().for_each(|line| say(line));
    exit.found |= gathered.refused;
    let usage = usage(args, &gathered, &exit);
    exit.failures.extend(usage);
    let places = match &args.out {
        Some(out) => generated::places(out, &gathered.made),
        None => Ok(gathered.made.iter().map(|made| PathBuf::from(&made.file.name)).collect()),
    };
    match places {
        Ok(places) => finish(
            args,
            &gathered.made.into_iter().zip(places).collect::<Vec<_>>(),
            exit,
            (args.out.is_some(), working),
        ),
        Err(why) => {
            exit.failures.push(Failure::Usage(why));
            exit
        }
    }
}

fn unknown_target(names: &[String], targets: &Targets) -> Option<Failure> {
    let known = || targets.all.iter().map(|target| target.id.as_str());
    let name = names.iter().find(|name| !known().any(|id| id == **name))?;
    let near = nearest(name, known());
    let help = near.map_or_else(
        || format!("there are {}", known().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean {near}?"),
    );
    Some(Failure::Usage(format!("there is no target {}; {help}", plain(name))))
}

/// What the arguments ask for and no chain has.
fn usage(args: &Args, gathered: &Gathered, exit: &Exit) -> Option<Failure> {
    let unknown = args.hop.iter().find(|name| !gathered.hops.contains(*name));
    if let (Some(name), false) = (unknown, gathered.hops.is_empty()) {
        let near = nearest(name, gathered.hops.iter().map(String::as_str));
        let known: Vec<&str> = gathered.hops.iter().map(String::as_str).collect();
        let help = near.map_or_else(|| format!("there are {}", known.join(", ")), |n| format!("did you mean {n}?"));
        return Some(Failure::Usage(plain(&format!("no chain has a hop {name}; {help}"))));
    }
    let nothing = gathered.made.is_empty() && !exit.found && exit.failures.is_empty();
    nothing.then(|| {
        Failure::Usage("no target writes any of these hops; `hoplint targets` lists what can be written".into())
    })
}

/// Prints the texts, or writes, shows or checks each file.
fn finish(args: &Args, all: &[(Made, PathBuf)], mut exit: Exit, (to_files, working): (bool, &Path)) -> Exit {
    if args.stdout || !to_files {
        let texts: Vec<&str> = all.iter().map(|(made, _)| made.file.text.as_str()).collect();
        exit.failures.extend(Term::print_text(&texts.join("\n")).err());
        return exit;
    }
    for (made, path) in all {
        exit.found |= place(args, made, path, working, &mut exit.failures);
    }
    exit
}

/// Writes, shows or checks one file. True where something has to be told by the exit code.
fn place(args: &Args, made: &Made, path: &Path, working: &Path, failures: &mut Vec<Failure>) -> bool {
    let old = match generated::standing(path) {
        Ok(old) => old,
        Err(why) => {
            failures.push(Failure::read(path, &why));
            return false;
        }
    };
    let name = shown(path, working);
    let before = old.as_deref().unwrap_or_default();
    if old.is_some() && before == made.file.text {
        return false;
    }
    let difference = diff::unified(before, &made.file.text);
    if args.diff {
        let text = format!("--- {name}\n+++ {name}\n{difference}");
        failures.extend(Term::print_text(&plain_lines(&text)).err());
        return true;
    }
    let found = old.as_deref().map_or(Found::Nothing, |text| header::inspect(text, made.file.comment));
    if args.check {
        say(&format!("{name}: {}", generated::why_stale(made, old.as_deref())));
        Term::say(&plain_lines(&difference));
        return true;
    }
    if let (Found::Edited | Found::Foreign, false) = (found, args.force) {
        let why = if found == Found::Edited { "was changed by hand" } else { "was not written by hoplint" };
        say(&format!("{name}: {why} and stays as it is; --force overwrites it. The difference:"));
        Term::say(&plain_lines(&difference));
        return true;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written =
        folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| write::atomic(path, made.file.text.as_bytes()));
    match written {
        Ok(()) => say(&format!("{name}: {}", if old.is_some() { "updated" } else { "written" })),
        Err(why) => failures.push(Failure::write(path, &why)),
    }
    false
}

/// Each line without what would steer a terminal.
fn plain_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| line.strip_suffix('\n').map_or_else(|| plain(line), |l| plain(l) + "\n"))
        .collect()
}
