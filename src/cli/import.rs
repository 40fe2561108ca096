//! `hoplint import`: a first chain file from the configuration that is deployed.

use super::fail::{Exit, Failure};
use super::run::working;
use super::term::{Term, plain};
use crate::diag::Severity;
use crate::engine::{Engine, Source};
use crate::import::READERS;
use crate::import::store::{Loaded, ReadError, Store, parts};
use crate::import::{Match, skeleton::skeleton};
use crate::workspace::generated::located;
use crate::workspace::settings::{Choice, Finder};
use crate::workspace::walk::{self, Kind};
use crate::workspace::{Disk, write};
use std::path::{Component, Path, PathBuf};

/// Write a chain file from deployed configuration
///
/// Reads NGINX, Kong, Kubernetes, Terraform and other files, and writes a chain with a hop for each block that passes
/// requests on, bound to its place. Folders are searched for files that hoplint knows. What cannot be known from
/// the files (variables, templates, includes that are not there) is told in comments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(value_hint = clap::ValueHint::AnyPath, required_unless_present = "formats")]
    pub paths: Vec<PathBuf>,

    /// The file to write; paths in it are relative to its folder
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub out: Option<PathBuf>,

    /// Write over a file that exists
    #[arg(long)]
    pub force: bool,

    /// List what each file can be bound to (PATH#SELECTOR), and write nothing
    #[arg(long)]
    pub list: bool,

    /// List the formats that hoplint reads
    #[arg(long)]
    pub formats: bool,
}

pub fn run(args: &Args) -> Exit {
    if args.formats {
        let lines: Vec<String> = READERS.iter().map(|r| format!("{:<16}{}\n", r.name(), r.summary())).collect();
        return Term::print_text(&lines.concat()).into();
    }
    let working = working();
    let store = Store::new(&Disk, &working);
    let mut exit = Exit::default();
    let loaded = read(args, &store, &working, &mut exit);
    tell(&loaded, &store, &mut exit);
    if loaded.iter().all(|one| one.import.hops.is_empty()) {
        if exit.failures.is_empty() && !exit.found {
            let paths: Vec<String> = args.paths.iter().map(|path| plain(&path.to_string_lossy())).collect();
            exit.failures.push(Failure::Usage(format!(
                "nothing in {} that a hop can be bound to; `hoplint import --formats` lists what hoplint reads",
                paths.join(", ")
            )));
        }
        return exit;
    }
    if args.list {
        exit.failures.extend(Term::print_text(&listed(&loaded, &store)).err());
        return exit;
    }
    let (mut finder, folder) = (Finder::new(Choice::BuiltIn, &working, 0), out_folder(args, &working));
    let settings = finder.of(&working);
    let settings = finder.get(settings);
    let engine = Engine { catalog: &settings.catalog, config: &settings.config };
    let text = skeleton(&engine.fragments(&loaded, &store), &store, &|path| relative(path, &folder));
    exit.failures.extend(written(args, &text).err());
    exit
}

/// The files, each once; what another one includes is read with that one.
fn read(args: &Args, store: &Store<'_>, working: &Path, exit: &mut Exit) -> Vec<Loaded> {
    let found = walk::find(&args.paths, working, None);
    exit.failures.extend(found.failures.iter().map(|(path, why)| Failure::read(path, why)));
    let mut loaded: Vec<Loaded> = Vec::new();
    for input in found.inputs.iter().filter(|input| input.kind != Kind::Chain) {
        let least = if input.kind == Kind::Named { Match::Maybe } else { Match::Yes };
        match store.import_named(&input.path, least) {
            Ok(one) => loaded.push(one),
            Err(ReadError::Unknown) if input.kind == Kind::Candidate => {}
            Err(why) => exit.failures.push(Failure::Read { path: input.path.clone(), why: why.to_string() }),
        }
    }
    let included = parts(loaded.iter());
    loaded.retain(|one| !included.contains(&one.file));
    loaded
}

/// What is wrong with the files themselves. An error makes the skeleton a part of the truth only.
fn tell(loaded: &[Loaded], store: &Store<'_>, exit: &mut Exit) {
    for problem in loaded.iter().flat_map(|one| &one.import.problems) {
        exit.found |= problem.severity == Severity::Error;
        let file = problem.primary().and_then(|at| store.file(at.file));
        let at = file.map(|f| located(&Source { path: f.shown, text: f.text }, problem.primary())).unwrap_or_default();
        Term::say(&plain(&format!("{at}: {}: {}", problem.severity.name(), problem.message)));
        if let Some(help) = &problem.help {
            Term::say(&plain(&format!("  help: {help}")));
        }
    }
}

fn listed(loaded: &[Loaded], store: &Store<'_>) -> String {
    let mut out = String::new();
    for one in loaded {
        let name = store.file(one.file).map(|file| file.shown).unwrap_or_default();
        for hop in &one.import.hops {
            out.push_str(&format!("{}#{}  ({})\n", plain(&name), plain(&hop.selector), hop.hop.platform.value));
        }
    }
    out
}

fn out_folder(args: &Args, working: &Path) -> PathBuf {
    let out = args.out.as_deref().filter(|out| out.as_os_str() != "-");
    let folder = out.and_then(Path::parent).map_or_else(|| working.to_owned(), |folder| working.join(folder));
    walk::absolute(&folder)
}

/// A path as seen from a folder, with `/`.
fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (path.components().collect(), folder.components().filter(|c| *c != Component::CurDir).collect());
    let common = path.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), folder.len() - common);
    let down = path[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn written(args: &Args, text: &str) -> Result<(), Failure> {
    let Some(out) = args.out.as_deref().filter(|out| out.as_os_str() != "-") else {
        return Term::print_text(text);
    };
    if !args.force && out.symlink_metadata().is_ok() {
        let why = "it exists already; --force writes over it".to_owned();
        return Err(Failure::Write { path: out.to_owned(), why });
    }
    write::atomic(out, text.as_bytes()).map_err(|error| Failure::write(out, &error))?;
    let shown = crate::workspace::shown(out, &working());
    Term::say(&format!("wrote {shown}; put client and provider around it, then run hoplint check {shown}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_chain_file() {
        let seen = |path: &str, folder: &str| relative(Path::new(path), Path::new(folder));
        assert_eq!(seen("/r/nginx/chat.conf", "/r"), "nginx/chat.conf");
        assert_eq!(seen("/r/nginx/chat.conf", "/r/chains/a"), "../../nginx/chat.conf");
    }
}
