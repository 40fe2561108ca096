//! `hoplint plan`: values that make chains agree, shown, written or compared.

use super::check::{self, Common};
use super::fail::{Exit, Failure};
use super::run::{Changed, working};
use super::term::{Layout, Term};
use crate::diag::Severity;
use crate::engine::plan::{FilePlan, Wish};
use crate::engine::{Engine, Source};
use crate::import::store::{DeployedFile, Store};
use crate::report::plan::{self, Planned};
use crate::resolve::ResolvedHop;
use crate::solve::assign::Objective;
use crate::span::FileId;
use crate::text::{list, nearest};
use crate::workspace::overlay::Texts;
use crate::workspace::plan::Planner;
use crate::workspace::settings::{Finder, Settings};
use crate::workspace::walk::{self, Kind};
use crate::workspace::{Disk, read, shown};
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Find values that make whole chains agree
///
/// Takes the hops, limits, margins and the workload of each chain file and gives every timer a value: in order, a
/// margin apart, within the limits, long enough for the work. Chains that share hops are solved together. Hops with
/// `pin: true`, claims and what a platform fixes stay as they are. Where no values can work it shows why, and what
/// would have to give.
///
/// Exit code 1 where a chain has no plan, and with --diff or --check where something would change.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Which of the plans that work
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Which::Fewest)]
    pub objective: Which,

    /// Leave the values of this hop as they are
    #[arg(long, value_name = "HOP")]
    pub pin: Vec<String>,

    /// Write the planned values into the chain files; with --unsafe-fixes into the deployed files, too
    #[arg(long, conflicts_with_all = ["diff", "check"])]
    pub write: bool,

    /// Change what stands in deployed files, too, where hops are bound to them (`from:`)
    #[arg(long)]
    pub unsafe_fixes: bool,

    /// Show what --write would change, and write nothing; exit code 1 if there is something
    #[arg(long, conflicts_with = "check")]
    pub diff: bool,

    /// Write nothing; exit code 1 if a plan would change something
    #[arg(long)]
    pub check: bool,

    /// How to print the plan
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Layout,

    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Change as few values as can be
    Fewest,
    /// The shortest values that the work fits into
    Smallest,
    /// The longest values that the limits allow
    Largest,
    /// What room there is, shared out evenly between neighbours
    Even,
}

impl From<Which> for Objective {
    fn from(which: Which) -> Self {
        match which {
            Which::Fewest => Self::Fewest,
            Which::Smallest => Self::Smallest,
            Which::Largest => Self::Largest,
            Which::Even => Self::Even,
        }
    }
}

/// One file that was read.
struct One {
    path: PathBuf,
    source: Source,
    plan: FilePlan,
    settings: Arc<Settings>,
    /// The deployed files that the plan was made from, where those are not the ones of the disk.
    read: Option<Vec<DeployedFile>>,
    /// The text is not what stands in the file, so nothing is written back.
    unreadable: bool,
}

pub fn run(args: &Args, term: Term) -> Exit {
    let mut exit = Exit::default();
    let working = working();
    let store = Store::new(&Disk, &working);
    let wish = Wish { objective: args.objective.into(), pins: args.pin.clone(), deployed: args.unsafe_fixes };
    let mut planner = Planner { working: &working, store: &store, wish: &wish, texts: Texts::new() };
    let mut files = planned(args, &mut planner, &mut exit);
    if let Some(unknown) = unknown_pin(&args.pin, &files) {
        exit.failures.push(unknown);
        return exit;
    }
    if !agree(&mut planner, &mut files) {
        let why = "chain files of this run ask for different values in one deployed file; put their chains into one \
                   file (`chains:`), or plan them one by one";
        exit.failures.push(Failure::Usage(why.to_owned()));
        return exit;
    }
    let mut changed: Vec<Changed> = files.iter().enumerate().filter_map(|(i, file)| file.changed(i)).collect();
    changed.extend(planner.texts.iter().filter_map(|(path, text)| deployed(path, text, &working)));
    let changes = files.iter().flat_map(|file| &file.plan.groups).any(|group| !group.changes().is_empty());
    exit.found |= files.iter().any(|file| !file.plan.is_feasible());
    exit.found |= (args.diff || args.check) && changes;
    if args.diff {
        exit.failures.extend(Term::print(|out| changed.iter().try_for_each(|c| check::diff(c, term, out))).err());
        if let Some(hidden) = hidden(&files) {
            Term::say(&hidden);
        }
        return exit;
    }
    exit.failures.extend(report(args, &files, &store.files(), term).err());
    // The program ends here, and the system takes its memory back in one piece.
    std::mem::forget(files);
    if args.write {
        for change in &changed {
            match change.write() {
                Ok(()) => Term::say(&format!("{}: written", change.shown)),
                Err(failure) => exit.failures.push(failure),
            }
        }
    }
    exit
}

fn planned(args: &Args, planner: &mut Planner<'_>, exit: &mut Exit) -> Vec<One> {
    let working = planner.working;
    let mut finder = Finder::new(args.common.settings(), working, 0);
    let walk::Found { mut inputs, failures, folders, .. } = walk::find(&args.paths, working, None);
    exit.failures.extend(failures.iter().map(|(path, why)| Failure::read(path, why)));
    for input in inputs.iter().filter(|input| input.kind == Kind::Named) {
        let why = "is no chain file; bind a hop to it with `from:`, and plan the chain".to_owned();
        exit.failures.push(Failure::Read { path: input.path.clone(), why });
    }
    inputs.retain(|input| input.kind == Kind::Chain);
    if inputs.is_empty() && exit.failures.is_empty() {
        exit.failures.push(Failure::NothingToCheck { searched: folders });
    }
    let mut files = Vec::new();
    for input in inputs {
        let at = finder.of(&input.path);
        let settings = finder.get(at);
        let loaded = match read::load(&input.path) {
            Ok(loaded) => loaded,
            Err(why) => {
                exit.failures.push(Failure::read(&input.path, &why));
                continue;
            }
        };
        let source = Source { path: input.shown, text: Arc::clone(&loaded.text) };
        let engine = Engine { catalog: &settings.catalog, config: &settings.config };
        let (mut plan, read) = planner.file(&engine, &source);
        let unreadable = loaded.problem.is_some();
        if let Some(problem) = loaded.problem {
            plan.problems.insert(0, problem.finding(FileId::default()));
            (plan.text, plan.deployed) = (None, BTreeMap::new());
        }
        planner.texts.extend(plan.deployed.clone());
        exit.found |= plan.problems.iter().any(|problem| problem.severity == Severity::Error);
        let settings = Arc::clone(&settings);
        files.push(One { path: input.path, source, plan, settings, read, unreadable });
    }
    exit.failures.extend(finder.failures.iter().map(|(path, why)| Failure::read(path, why)));
    files
}

/// Whether what each plan does to deployed files suits the others.
fn agree(planner: &mut Planner<'_>, files: &mut [One]) -> bool {
    let bound = |plan: &FilePlan| plan.chains.iter().flat_map(|c| &c.hops).any(|hop| !hop.spec.deployed.is_empty());
    let mut bound: Vec<_> = files
        .iter_mut()
        .filter(|file| !file.unreadable && bound(&file.plan))
        .map(|One { source, plan, settings, .. }| {
            (Engine { catalog: &settings.catalog, config: &settings.config }, &*source, plan)
        })
        .collect();
    planner.texts.is_empty() || bound.len() < 2 || planner.agree(&mut bound)
}

/// What is left out of the difference because it stands in deployed files.
fn hidden(files: &[One]) -> Option<String> {
    let groups = files.iter().flat_map(|file| &file.plan.groups);
    let left = groups.flat_map(|group| group.unwritten.iter().filter(|i| group.deployed.contains_key(*i))).count();
    let changes =
        if left == 1 { "1 change of a deployed file is" } else { &format!("{left} changes of deployed files are") };
    (left > 0).then(|| format!("{changes} not shown; --unsafe-fixes shows what it would make of them"))
}

/// A deployed file with the planned values, if that is another text than on the disk.
fn deployed(path: &Path, after: &Arc<str>, working: &Path) -> Option<Changed> {
    let (before, shown) = (read::text(path).ok()?, shown(path, working));
    let (path, after, titles) = (path.to_owned(), Arc::clone(after), Vec::new());
    (before != after).then_some(Changed { path, source: usize::MAX, shown, before, after, titles })
}

impl One {
    fn changed(&self, source: usize) -> Option<Changed> {
        Some(Changed {
            path: self.path.clone(),
            source,
            shown: self.source.path.clone(),
            before: Arc::clone(&self.source.text),
            after: Arc::clone(self.plan.text.as_ref()?),
            titles: Vec::new(),
        })
    }
}

fn report(args: &Args, files: &[One], deployed: &[DeployedFile], term: Term) -> Result<(), Failure> {
    let files: Vec<Planned<'_>> = files
        .iter()
        .map(|file| Planned::new(&file.source, &file.plan, file.read.as_deref().unwrap_or(deployed)))
        .collect();
    let options = term.options(false);
    Term::print(|out| match args.format {
        Layout::Text => plan::text(&files, args.objective.into(), &options, out),
        Layout::Json => plan::json(&files, args.objective.into(), &options, out),
    })
}

fn unknown_pin(pins: &[String], files: &[One]) -> Option<Failure> {
    let hops = || files.iter().flat_map(|file| &file.plan.chains).flat_map(|chain| &chain.hops).map(ResolvedHop::name);
    let name = pins.iter().find(|pin| !hops().any(|hop| hop == **pin)).filter(|_| !files.is_empty())?;
    let help = nearest(name, hops()).map_or_else(
        || {
            let mut names: Vec<&str> = hops().collect();
            names.sort_unstable();
            names.dedup();
            format!("there are {}", list(&names, "and"))
        },
        |near| format!("did you mean {near}?"),
    );
    Some(Failure::Usage(format!("no chain has a hop {name}; {help}")))
}
