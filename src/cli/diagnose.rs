//! `hoplint diagnose`: from what somebody saw to the timer that did it.

use super::check::Common;
use super::fail::{Exit, Failure};
use super::run::working;
use super::term::{Layout, Term};
use super::{logs, probe};
use crate::diagnose::{After, Diagnosis, Symptom, When, from_log, rank};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::report::diagnose::{self, Answer, Files};
use crate::report::logs::Found;
use crate::resolve::Resolved;
use crate::text::{list, nearest};
use crate::workspace::settings::Finder;
use crate::workspace::show::{Gathered, gather};
use clap::ValueEnum;
use std::io::Read;
use std::path::PathBuf;

/// Find the timer that ended a request
///
/// Takes what was seen of a request that failed (status, duration, body, headers, the text of an exception) and ranks the
/// timers that may have done it: those of the chains in the files named or in this folder, and without a chain those of
/// every platform of the catalogue. Each suspect says how well every part fits, where its value stands, the one command or
/// line of a log that decides, and what to change. Where a timeout is not the cause, it says what to look at instead.
///
/// Exit code 0 with a ranked answer, 1 where nothing fits, 2 for wrong usage.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Chain files, deployed files and folders
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Compare with every platform of the catalogue instead of a chain
    #[arg(long)]
    pub no_chain: bool,

    /// The status of the answer, as the caller saw it
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(100..600), help_heading = "What was seen")]
    pub status: Option<u16>,

    /// How long it took, as exactly as you know: 29s, 29.0s, 1m30s, 300000ms
    #[arg(long, value_name = "TIME", value_parser = after, help_heading = "What was seen")]
    pub after: Option<After>,

    /// The body of the answer, or a piece of it; @FILE reads a file, - standard input
    #[arg(long, value_name = "TEXT", help_heading = "What was seen")]
    pub body: Option<String>,

    /// A header of the answer, such as 'server: awselb/2.0'; with --probe one of the request. Several may be given, @FILE
    /// reads them from a file
    #[arg(long, value_name = "NAME: VALUE", help_heading = "What was seen")]
    pub header: Vec<String>,

    /// The answer was streamed
    #[arg(long, conflicts_with = "buffered", help_heading = "What was seen")]
    pub streaming: bool,

    /// The answer was not streamed
    #[arg(long, help_heading = "What was seen")]
    pub buffered: bool,

    /// The answer had begun and broke off
    #[arg(long, conflicts_with = "buffered", help_heading = "What was seen")]
    pub cut: bool,

    /// When it happens
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "What was seen")]
    pub when: Option<Occurs>,

    /// The text of an exception, a traceback or a line of a log; @FILE reads a file, - standard input
    #[arg(long, value_name = "TEXT", help_heading = "What was seen")]
    pub exception: Option<String>,

    /// The hop that wrote it down, where it comes from that hop's log: it speaks of what that hop answered
    #[arg(long, value_name = "HOP", conflicts_with = "no_chain", help_heading = "What was seen")]
    pub at: Option<String>,

    /// How to print the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: Layout,

    /// Show every suspect in full
    #[arg(long, short, help_heading = "Output")]
    pub verbose: bool,

    #[command(flatten)]
    pub logs: logs::Logs,

    #[command(flatten)]
    pub sent: Sent,

    #[command(flatten)]
    pub common: Common,
}

/// What a probe sends.
#[derive(Clone, Debug, clap::Args)]
pub struct Sent {
    /// Send one real request to this address and say what ended it; nothing else of hoplint uses the network
    #[arg(long, value_name = "URL", conflicts_with_all = ["log", "status", "after", "body", "cut", "exception", "at"], help_heading = "Probe")]
    pub probe: Option<String>,

    /// The method of the request; POST where there is --data
    #[arg(long, value_name = "METHOD", requires = "probe", help_heading = "Probe")]
    pub method: Option<String>,

    /// The body of the request; @FILE reads a file, @- standard input
    #[arg(long, value_name = "TEXT", requires = "probe", help_heading = "Probe")]
    pub data: Option<String>,

    /// Give up after this time
    #[arg(long, value_name = "TIME", requires = "probe", default_value = "10m", value_parser = most, help_heading = "Probe")]
    pub max: Dur,

    /// Ask for a stream of events
    #[arg(long, requires = "probe", help_heading = "Probe")]
    pub stream: bool,
}

fn most(text: &str) -> Result<Dur, String> {
    match Dur::parse(text) {
        Ok(Dur::ZERO) => Err("is no time at all".to_owned()),
        other => other.map_err(|why| why.to_string()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Occurs {
    /// Every time, or always at the same duration
    Always,
    /// Only with long prompts or long answers
    LongPrompts,
    /// At peak hours
    Peak,
    /// Now and then
    Intermittent,
    /// On the first request after a pause
    Idle,
}

impl From<Occurs> for When {
    fn from(occurs: Occurs) -> Self {
        match occurs {
            Occurs::Always => Self::Always,
            Occurs::LongPrompts => Self::LongPrompts,
            Occurs::Peak => Self::Peak,
            Occurs::Intermittent => Self::Intermittent,
            Occurs::Idle => Self::Idle,
        }
    }
}

fn after(text: &str) -> Result<After, String> {
    After::parse(text).map_err(|why| why.to_string())
}

pub fn run(args: &Args, term: Term) -> Exit {
    if !args.logs.log.is_empty() {
        return run_logs(args, term);
    }
    if let Some(address) = &args.sent.probe {
        return run_probe(args, address, term);
    }
    let mut exit = Exit::default();
    let symptom = match symptom(args) {
        Ok(symptom) if symptom.is_empty() => {
            let why = "say what was seen: --status, --after, --body, --header, --exception, --when; or let it look: --log, --probe; `hoplint diagnose \
                       --help` lists them";
            exit.failures.push(Failure::Usage(why.to_owned()));
            return exit;
        }
        Ok(symptom) => symptom,
        Err(failure) => {
            exit.failures.push(failure);
            return exit;
        }
    };
    let scene = Scene::new(args, &mut exit);
    if !exit.failures.is_empty() {
        return exit;
    }
    if let Some(unknown) = scene.unknown_hop(args.at.as_deref()) {
        exit.failures.push(unknown);
        return exit;
    }
    let diagnosis = scene.rank(&symptom);
    exit.found = !diagnosis.fits;
    let answer = Answer { diagnoses: &[diagnosis], ..Answer::default() };
    exit.failures.extend(scene.print(&answer, args, term).err());
    exit
}

/// Reads logs and ranks what they show.
fn run_logs(args: &Args, term: Term) -> Exit {
    let mut exit = Exit::default();
    let scene = Scene::new(args, &mut exit);
    if let Some(unknown) = scene.unknown_hop(args.at.as_deref()) {
        exit.failures.push(unknown);
        return exit;
    }
    let configurations = scene.found.deployed.iter().map(|file| &*file.text);
    let readings = logs::read(&args.logs, configurations, &mut exit.failures);
    let mut events = Vec::new();
    let mut diagnoses = Vec::new();
    for reading in &readings {
        let at = args.at.clone().or_else(|| logs::written_by(&reading.format, &scene.chains));
        let mut found = from_log::events(reading, at.as_deref());
        for event in &mut found {
            event.symptom.when = args.when.map(When::from).or(event.symptom.when);
            if event.can_be_ranked() {
                event.diagnosis = Some(diagnoses.len());
                diagnoses.push(scene.rank(&event.symptom));
            }
        }
        events.push(found);
    }
    exit.found = diagnoses.iter().any(|diagnosis| !diagnosis.fits);
    let read: Vec<Found<'_>> =
        readings.iter().zip(&events).map(|(reading, events)| Found { reading, events }).collect();
    if !read.is_empty() {
        let answer = Answer { diagnoses: &diagnoses, logs: &read, ..Answer::default() };
        exit.failures.extend(scene.print(&answer, args, term).err());
    }
    exit
}

/// Sends one request and ranks what came of it.
fn run_probe(args: &Args, address: &str, term: Term) -> Exit {
    let mut exit = Exit::default();
    let request = match request(args, address) {
        Ok(request) => request,
        Err(failure) => {
            exit.failures.push(failure);
            return exit;
        }
    };
    let scene = Scene::new(args, &mut exit);
    if !exit.failures.is_empty() {
        return exit;
    }
    let probed = probe::probe(&request);
    let mut symptom = probed.symptom();
    symptom.when = args.when.map(When::from);
    let diagnoses: Vec<Diagnosis> = probed.failed().then(|| scene.rank(&symptom)).into_iter().collect();
    exit.found = diagnoses.iter().any(|diagnosis| !diagnosis.fits);
    let answer = Answer { diagnoses: &diagnoses, probe: Some(&probed), ..Answer::default() };
    exit.failures.extend(scene.print(&answer, args, term).err());
    exit
}

fn request(args: &Args, address: &str) -> Result<probe::Request, Failure> {
    let url = probe::Url::parse(address).map_err(Failure::Usage)?;
    let sent = &args.sent;
    let mut headers = Vec::new();
    for header in &args.header {
        match header.strip_prefix('@') {
            Some(_) => headers.extend(content(header)?.lines().filter(|line| !line.is_empty()).map(str::to_owned)),
            None => headers.push(header.clone()),
        }
    }
    let body = match sent.data.as_deref() {
        Some("@-") => Some(content("-")?),
        Some(data) if data.starts_with('@') => Some(content(data)?),
        data => data.map(str::to_owned),
    };
    let method = sent.method.clone().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    let streaming = sent.stream || args.streaming;
    let body = body.map(String::into_bytes);
    let request = probe::Request { url, method, headers, body, most: sent.max, streaming };
    request.check().map(|()| request)
}

/// The chains of a run, and what holds for them.
pub struct Scene {
    found: Gathered,
    chains: Vec<Resolved>,
    settings: std::sync::Arc<crate::workspace::settings::Settings>,
}

impl Scene {
    pub fn new(args: &Args, exit: &mut Exit) -> Self {
        let working = working();
        let mut found = Gathered::default();
        if !args.no_chain {
            found = gather(&args.paths, &args.common.settings(), &working);
            exit.failures.extend(found.failures.iter().map(|(path, why)| Failure::read(path, why)));
        }
        let mut finder = Finder::new(args.common.settings(), &working, 0);
        let at = finder.of(&args.paths.first().map_or_else(|| working.clone(), |path| working.join(path)).join("x"));
        let settings = finder.get(at);
        let chains = found.chains.iter_mut().flat_map(|(chains, _)| std::mem::take(chains)).collect();
        Self { found, chains, settings }
    }

    pub fn rank(&self, symptom: &Symptom) -> Diagnosis {
        let thresholds = self.settings.config.thresholds;
        let diagnosis = rank(symptom, &self.chains, &self.settings.catalog, thresholds);
        let findings: Vec<_> = self.found.chains.iter().flat_map(|(_, findings)| findings.iter().cloned()).collect();
        diagnosis.with_findings(&findings)
    }

    pub fn unknown_hop(&self, name: Option<&str>) -> Option<Failure> {
        let hops = || self.chains.iter().flat_map(|chain| &chain.hops).map(crate::resolve::ResolvedHop::name);
        let name = name.filter(|name| !hops().any(|hop| hop == *name))?;
        let help = nearest(name, hops()).map_or_else(
            || {
                let mut names: Vec<&str> = hops().collect();
                names.dedup();
                if names.is_empty() {
                    "there is no chain".to_owned()
                } else {
                    format!("there are {}", list(&names, "and"))
                }
            },
            |near| format!("did you mean {near}?"),
        );
        Some(Failure::Usage(format!("no chain has a hop {name}; {help}")))
    }

    pub fn print(&self, answer: &Answer<'_>, args: &Args, term: Term) -> Result<(), Failure> {
        let files = Files::new(self.found.sources.clone(), &self.found.deployed);
        let options = term.options(args.verbose);
        Term::print(|out| match args.format {
            Layout::Text => diagnose::text(answer, &files, &options, out),
            Layout::Json => diagnose::json(answer, &files, &options, out),
        })
    }
}

fn symptom(args: &Args) -> Result<Symptom, Failure> {
    let text = |text: &Option<String>| text.as_deref().map(content).transpose();
    if args.body.as_deref() == Some("-") && args.exception.as_deref() == Some("-") {
        return Err(Failure::Usage("only one of --body and --exception can come through standard input".to_owned()));
    }
    let mode = match (args.streaming || args.cut, args.buffered) {
        (true, _) => Some(Mode::Streaming),
        (_, true) => Some(Mode::Buffered),
        _ => None,
    };
    let symptom = Symptom {
        status: args.status,
        after: args.after,
        body: text(&args.body)?,
        mode,
        cut: args.cut,
        when: args.when.map(When::from),
        exception: text(&args.exception)?,
        at: args.at.clone(),
        ..Symptom::default()
    };
    Ok(args.header.iter().fold(symptom, |symptom, line| symptom.with_header(line)))
}

/// Longer texts have said what they say before.
const MOST_READ: u64 = 1024 * 1024;

/// The text itself, a file's (`@FILE`), or what comes through standard input (`-`).
fn content(text: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if text == "-" {
        std::io::stdin().lock().take(MOST_READ).read_to_end(&mut bytes).map_err(Failure::Input)?;
    } else if let Some(path) = text.strip_prefix('@') {
        let mut read = |path: &str| {
            std::fs::File::open(path).and_then(|file| file.take(MOST_READ).read_to_end(&mut bytes).map(|_| ()))
        };
        read(path).map_err(|why| Failure::Read { path: path.into(), why: why.to_string() })?;
    } else {
        return Ok(text.to_owned());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
