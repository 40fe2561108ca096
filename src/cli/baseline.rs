//! `hoplint baseline`: accepts the findings of today, so that only new ones count.

use super::check::Common;
use super::fail::{Exit, Failure};
use super::run::{self, Request};
use super::term::Term;
use crate::baseline::{Baseline, View};
use crate::engine::{Outcome, Source};
use crate::span::FileId;
use crate::workspace::{self, read, walk, write};
use std::path::{Path, PathBuf};

/// Accept the findings of today
///
/// Writes how many findings of each rule every file has. `hoplint check --baseline FILE` then hides as many of them and
/// reports what is new. Files that cannot be read are not accepted.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "hoplint-baseline.json", value_hint = clap::ValueHint::FilePath)]
    pub out: PathBuf,

    /// Only take out of an existing file what is not found any more
    #[arg(long)]
    pub prune: bool,

    #[command(flatten)]
    pub common: Common,
}

pub fn run(args: &Args, term: Term) -> Exit {
    let request = Request {
        paths: args.paths.clone(),
        settings: args.common.settings(),
        threads: args.common.threads.map(usize::from),
        ..Request::default()
    };
    let done = run::run(&request, term);
    let mut exit = Exit { found: false, failures: done.failures };
    if let Some(searched) = done.empty {
        exit.failures.push(Failure::NothingToCheck { searched });
    }
    if !exit.failures.is_empty() {
        // Half a baseline would report the other half as new.
        return exit;
    }
    let folder = Folder::of(&args.out);
    let (local, is_gone) = (|path: &str| folder.local(path), |path: &str| folder.is_gone(path));
    let view = View { local: &local, is_gone: &is_gone };
    let baseline = if args.prune {
        match load(&args.out) {
            Ok(old) => old.pruned(&done.outcome, &view),
            Err(failure) => {
                exit.failures.push(failure);
                return exit;
            }
        }
    } else {
        Baseline::of(&done.outcome, &view)
    };
    match write::atomic(&args.out, baseline.to_json().as_bytes()) {
        Ok(()) => {
            let total = baseline.total();
            let what = if total == 1 { "finding" } else { "findings" };
            Term::say(&format!("{total} {what} accepted in {}", args.out.display()));
        }
        Err(error) => exit.failures.push(Failure::write(&args.out, &error)),
    }
    exit
}

/// Hides what a baseline accepts; its own problems become findings.
pub fn apply(path: &Path, outcome: &mut Outcome) -> Result<(), Failure> {
    let text = read::text(path).map_err(|error| Failure::read(path, &error))?;
    let file = FileId::nth(outcome.sources.len());
    let (baseline, problems) = Baseline::decode(file, &text);
    let folder = Folder::of(path);
    let (local, is_gone) = (|path: &str| folder.local(path), |path: &str| folder.is_gone(path));
    outcome.sources.push(Source { path: workspace::shown(path, &run::working()), text });
    baseline.apply(outcome, file, &View { local: &local, is_gone: &is_gone });
    outcome.findings.extend(problems);
    outcome.sort();
    Ok(())
}

fn load(path: &Path) -> Result<Baseline, Failure> {
    let text = read::text(path).map_err(|error| Failure::read(path, &error))?;
    let (baseline, problems) = Baseline::decode(FileId(0), &text);
    match problems.first() {
        // Writing it anew would lose what could not be read.
        Some(problem) => Err(Failure::Read { path: path.to_owned(), why: problem.message.clone() }),
        None => Ok(baseline),
    }
}

/// The folder of a baseline: its paths are relative to it, so that it means the same from everywhere.
struct Folder(PathBuf);

impl Folder {
    fn of(baseline: &Path) -> Self {
        Self(walk::absolute(baseline).parent().map(Path::to_owned).unwrap_or_default())
    }

    fn local(&self, path: &str) -> String {
        let absolute: PathBuf = walk::absolute(Path::new(path)).components().collect();
        workspace::shown(&absolute, &self.0)
    }

    fn is_gone(&self, path: &str) -> bool {
        !self.0.join(path).exists()
    }
}
