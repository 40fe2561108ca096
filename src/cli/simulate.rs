//! `hoplint simulate`: one request run through chains, told as a timeline.

use super::asked::{Asked, workload};
use super::check::Common;
use super::fail::{Exit, Failure, known_chains};
use super::run::working;
use super::simulate_many::{self, Many};
use super::term::{Layout, Term};
use crate::model::workload::Mode;
use crate::report::simulate::{self, Files, Simulated};
use crate::resolve::{GuardValue, Resolved, WorkloadSource};
use crate::simulate::{World, run as simulated};
use crate::text::list;
use crate::workspace::chains::{self, Chains};
use std::path::PathBuf;

/// Run a request through chains
///
/// Says which timer fires first, what each hop answers, who tries again, what the client sees and when, which calls
/// the provider gets, and which work goes on for nobody. Without options the request is the workload of the chain.
/// Folders are searched for chain files; where there is none, for deployed configuration.
///
/// Exit code 0 whatever the client sees; 1 where a file has mistakes of form, 2 where one cannot be read.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Run only the chain of this name; several may be given
    #[arg(long, value_name = "NAME")]
    pub chain: Vec<String>,

    #[command(flatten)]
    pub asked: Asked,

    #[command(flatten)]
    pub many: Many,

    /// How to print the run
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: Layout,

    #[command(flatten)]
    pub common: Common,
}

pub fn run(args: &Args, term: Term) -> Exit {
    let mut exit = Exit::default();
    let read = chains::read(&args.paths, &args.common.settings(), &working(), &|chain| args.asked.change(chain));
    exit.failures.extend(read.failures.iter().map(|(path, why)| Failure::read(path, why)));
    if read.nothing && exit.failures.is_empty() {
        exit.failures.push(Failure::NothingToCheck { searched: read.folders });
        return exit;
    }
    let Chains { chains, problems, sources, deployed, .. } = read;
    let files = Files::new(sources, &deployed);
    for problem in &problems {
        exit.found = true;
        let place = files.place(problem).unwrap_or_default();
        let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        Term::say(&format!("{place}: error: {}{help}", problem.message));
    }
    let chosen = match choose(&args.chain, &chains) {
        Ok(chosen) => chosen,
        Err(unknown) => {
            exit.failures.push(unknown);
            return exit;
        }
    };
    let resolved: Vec<&Resolved> = chosen.iter().map(|(_, chain)| chain).collect();
    if let Some(why) = args.asked.misfit(&resolved) {
        exit.failures.push(Failure::Usage(why));
        return exit;
    }
    let runs: Vec<Simulated<'_>> = match (args.many.requests, args.many.replay) {
        (Some(requests), None) => {
            let Exit { found, failures } = simulate_many::run(args, &chosen, requests, term);
            exit.found |= found;
            exit.failures.extend(failures);
            return exit;
        }
        (Some(_), Some(number)) => match simulate_many::replayed(args, &chosen, number) {
            Ok(runs) => runs,
            Err(failure) => {
                exit.failures.push(failure);
                return exit;
            }
        },
        _ => chosen.iter().map(|(file, chain)| one(&args.asked, file, chain)).collect(),
    };
    let options = term.options(false);
    let printed = Term::print(|out| match args.format {
        Layout::Text => simulate::text(&files, &runs, &options, out),
        Layout::Json => simulate::json(&files, &runs, &options, out),
    });
    exit.failures.extend(printed.err());
    exit
}

fn one<'a>(asked: &Asked, file: &'a str, chain: &'a Resolved) -> Simulated<'a> {
    let world = World::usual(chain);
    let run = simulated(chain, &world, &asked.request(chain, &world));
    Simulated {
        file,
        chain,
        asked: asked.words(chain),
        assumed: world.assumed(chain),
        notes: notes(chain, &world),
        run,
    }
}

/// What is taken for given beside the facets.
pub(super) fn notes(chain: &Resolved, world: &World) -> Vec<String> {
    let mut notes = Vec::new();
    if !matches!(chain.workload, WorkloadSource::Stated(..)) {
        let total = workload(chain).total.unwrap_or_default();
        notes.push(format!("No workload is stated; answers are taken to last {total}. Add `workload:` to the chain."));
    }
    let last = chain.hops.len() - 1;
    if chain.hops[last].mode == Mode::Streaming && world.case(chain, last).headers.is_none() {
        notes.push(format!(
            "Nobody knows whether {} sends its headers before the first token; they are taken to come with it. State \
             `headers: early` or `headers: with-first-token` there.",
            chain.hops[last].name()
        ));
    }
    let unknown: Vec<&str> = (0..last)
        .filter(|i| *world.case(chain, *i).wait(chain.hops[*i].mode) == GuardValue::Unknown)
        .map(|i| chain.hops[i].name())
        .collect();
    if !unknown.is_empty() {
        let (how, it) = if unknown.len() == 1 { ("waits", "it is") } else { ("wait", "they are") };
        notes.push(format!("How long {} {how} is not known; {it} taken to wait for ever.", list(&unknown, "and")));
    }
    notes
}

/// The chains that were asked for.
fn choose<'a>(names: &[String], chains: &'a [(String, Resolved)]) -> Result<Vec<&'a (String, Resolved)>, Failure> {
    known_chains(names, chains.iter().map(|(_, chain)| chain.name.as_str()))?;
    Ok(chains.iter().filter(|(_, chain)| names.is_empty() || names.contains(&chain.name)).collect())
}
