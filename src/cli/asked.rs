//! The request that `hoplint simulate` is asked for: what the provider does, when the user leaves, in which world.

use crate::duration::Dur;
use crate::model::workload::{Mode, Workload};
use crate::model::{Chain, Hop};
use crate::resolve::{ProblemKind, Resolved, WorkloadSource};
use crate::simulate::{Behaviour, Lateness, Request, Script, Step, What, World};
use crate::span::{Loc, Located};
use crate::text::{list, nearest};
use clap::ValueEnum;
use std::sync::Arc;

/// What the provider does and the user.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Asked {
    /// The whole answer takes this long, instead of what the workload says
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "never", help_heading = "Request")]
    pub duration: Option<Dur>,

    /// The provider never answers
    #[arg(long, conflicts_with_all = ["fails", "first_byte", "gap"], help_heading = "Request")]
    pub never: bool,

    /// Stream the answer, with its first byte after this long
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Request")]
    pub first_byte: Option<Dur>,

    /// Stream the answer, with a silence of this length between any two bytes
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Request")]
    pub gap: Option<Dur>,

    /// What each call of the provider meets in turn, and all others like the last: a status, reset, refused,
    /// no-connection, never or ok
    #[arg(long, value_name = "HOW,...", value_delimiter = ',', value_parser = fault, help_heading = "Request")]
    pub fails: Vec<Fault>,

    /// The provider's error answers say Retry-After
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "fails", help_heading = "Request")]
    pub retry_after: Option<Dur>,

    /// The user closes the page after this long
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Request")]
    pub leaves: Option<Dur>,

    /// Ask for the answer as a stream
    #[arg(long, conflicts_with = "buffered", help_heading = "Request")]
    pub streaming: bool,

    /// Ask for the answer as a whole
    #[arg(long, conflicts_with_all = ["first_byte", "gap"], help_heading = "Request")]
    pub buffered: bool,

    /// Where timers fire at some time, and back-offs last some time: the earliest or the latest
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Late::Earliest, help_heading = "Request")]
    pub late: Late,

    /// Take a facet of a hop for this, such as edge.version=1.29.7; several may be given
    #[arg(long, value_name = "HOP.FACET=VALUE", value_parser = facet, help_heading = "Request")]
    pub with: Vec<Facet>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Late {
    #[default]
    Earliest,
    Latest,
}

/// What one call of the provider meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    Reset,
    Refused,
    NoConnection,
    Never,
    Ok,
}

/// A facet of one hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    hop: String,
    id: String,
    value: String,
}

pub fn duration(text: &str) -> Result<Dur, String> {
    Dur::parse(text).map_err(|error| format!("it {error}"))
}

pub fn fault(text: &str) -> Result<Fault, String> {
    Ok(match text {
        "reset" => Fault::Reset,
        "refused" => Fault::Refused,
        "no-connection" => Fault::NoConnection,
        "never" => Fault::Never,
        "ok" => Fault::Ok,
        _ => {
            let status = text.parse().ok().filter(|status| (400..600).contains(status));
            let known = "a status from 400 to 599, reset, refused, no-connection, never or ok";
            Fault::Status(status.ok_or_else(|| format!("it must be {known}"))?)
        }
    })
}

fn facet(text: &str) -> Result<Facet, String> {
    let parts = text.split_once('=').and_then(|(key, value)| Some((key.rsplit_once('.')?, value)));
    let Some(((hop, facet), value)) = parts.filter(|((hop, facet), value)| ![*hop, facet, value].contains(&"")) else {
        return Err("write HOP.FACET=VALUE, such as edge.version=1.29.7".to_owned());
    };
    Ok(Facet { hop: hop.to_owned(), id: facet.to_owned(), value: value.to_owned() })
}

impl Asked {
    fn mode(&self) -> Option<Mode> {
        let streams = self.streaming || self.first_byte.is_some() || self.gap.is_some();
        match (streams, self.buffered) {
            (true, _) => Some(Mode::Streaming),
            (_, true) => Some(Mode::Buffered),
            _ => None,
        }
    }

    /// Puts what is asked into a chain before it is resolved.
    pub fn change(&self, chain: &mut Chain) {
        for wanted in &self.with {
            for hop in chain.hops.iter_mut().filter(|hop| hop.name == wanted.hop) {
                with_facet(Arc::make_mut(hop), wanted);
            }
        }
        if self.mode().is_none() && self.duration.is_none() {
            return;
        }
        let stated = chain.workload.as_ref().map(|w| w.value.clone());
        let at = chain.workload.as_ref().map_or(chain.at, |w| w.loc);
        let mut workload = Workload { preset: None, ..stated.unwrap_or_else(Workload::assumed) };
        workload.mode = self.mode().unwrap_or(workload.mode);
        workload.total = self.duration.or(workload.total);
        workload.first_byte = self.first_byte.or(workload.first_byte);
        workload.gap = self.gap.or(workload.gap);
        if let (Some(first), None) = (self.first_byte, self.duration) {
            workload.total = workload.total.map(|total| total.max(first));
        }
        chain.workload = Some(Located::new(workload, at));
    }

    /// What of it does not fit the chains: a hop that none of them has, a facet that its platform does not know.
    pub fn misfit(&self, chains: &[&Resolved]) -> Option<String> {
        for wanted in &self.with {
            let hops = || chains.iter().flat_map(|chain| &chain.hops);
            if !hops().any(|hop| hop.name() == wanted.hop) {
                let mut names: Vec<&str> = hops().map(crate::resolve::ResolvedHop::name).collect();
                names.sort_unstable();
                names.dedup();
                return Some(format!("no chain has a hop {}; {}", wanted.hop, meant(&wanted.hop, &names)));
            }
            let problems = chains.iter().flat_map(|chain| &chain.problems).filter(|p| p.hop == wanted.hop);
            for problem in problems {
                match &problem.kind {
                    ProblemKind::UnknownFacet { typed, platform, known, .. } if *typed == wanted.id => {
                        let known: Vec<&str> = known.iter().map(String::as_str).collect();
                        return Some(format!("{platform} has no facet {typed}; {}", meant(typed, &known)));
                    }
                    ProblemKind::UnknownFacetValue { facet, typed, known, .. }
                        if *facet == wanted.id && *typed == wanted.value =>
                    {
                        let known: Vec<&str> = known.iter().map(String::as_str).collect();
                        return Some(format!("{facet} of {} is never {typed}; {}", wanted.hop, meant(typed, &known)));
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// The request for one chain.
    pub fn request(&self, chain: &Resolved, world: &World) -> Request {
        let workload = workload(chain);
        let ok = Script::of(&workload, chain, world);
        let script = match (&self.fails[..], self.never) {
            (_, true) => Script::always(Behaviour::silent()),
            ([], false) => ok,
            (faults, false) => Script { calls: faults.iter().map(|fault| self.behaviour(*fault, &ok)).collect() },
        };
        let late = match self.late {
            Late::Earliest => Lateness::Earliest,
            Late::Latest => Lateness::Latest,
        };
        Request { script, leaves: self.leaves, late }
    }

    fn behaviour(&self, fault: Fault, ok: &Script) -> Behaviour {
        let well = || ok.calls.first().cloned().unwrap_or_else(Behaviour::silent);
        fault.behaviour(self.retry_after).unwrap_or_else(well)
    }

    /// The request in words.
    pub fn words(&self, chain: &Resolved) -> String {
        let provider = chain.hops.last().map_or("the provider", |hop| hop.name());
        let mut text = if self.never {
            format!("{provider} never answers")
        } else if self.fails.is_empty() {
            answer(provider, chain)
        } else {
            let each: Vec<String> = self.fails.iter().map(|fault| fault.words()).collect();
            let after = self.retry_after.map(|d| format!(" with Retry-After {d}")).unwrap_or_default();
            format!("{provider} in turn: {}{after}", each.join(", "))
        };
        if let Some(leaves) = self.leaves {
            text += &format!("; the user leaves after {leaves}");
        }
        text
    }
}

impl Fault {
    /// Absent: it goes well.
    pub fn behaviour(self, retry_after: Option<Dur>) -> Option<Behaviour> {
        Some(match self {
            Self::Status(status) => Behaviour::status(Dur::ZERO, status, retry_after),
            Self::Reset => Behaviour::Answers(vec![Step::new(Dur::ZERO, What::Reset)]),
            Self::Refused => Behaviour::Refuses,
            Self::NoConnection => Behaviour::NeverConnects,
            Self::Never => Behaviour::silent(),
            Self::Ok => return None,
        })
    }

    fn words(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Reset => "a reset connection".to_owned(),
            Self::Refused => "a refused connection".to_owned(),
            Self::NoConnection => "no connection".to_owned(),
            Self::Never => "no answer".to_owned(),
            Self::Ok => "the answer".to_owned(),
        }
    }
}

/// The workload of a chain, else what a chain that ends at a model is taken to do.
pub fn workload(chain: &Resolved) -> Workload {
    chain.workload.workload().cloned().unwrap_or_else(Workload::assumed)
}

fn answer(provider: &str, chain: &Resolved) -> String {
    let workload = workload(chain);
    let stated = if matches!(chain.workload, WorkloadSource::Stated(..)) { "" } else { " (nobody stated a workload)" };
    let total = workload.total.or(workload.first_byte).unwrap_or_default();
    let innermost = chain.hops.last().map_or(workload.mode, |hop| hop.mode);
    match innermost {
        Mode::Buffered => format!("{provider} answers whole after {total}{stated}"),
        Mode::Streaming => {
            let first = workload.first_byte.unwrap_or_default().min(total);
            let gap = workload.gap.map(|gap| format!(", then every {gap}")).unwrap_or_default();
            format!("{provider} streams from {first}{gap} until {total}{stated}")
        }
    }
}

fn with_facet(hop: &mut Hop, wanted: &Facet) {
    let at: Loc = hop.at;
    hop.with.retain(|(key, _)| key.value != wanted.id);
    hop.with.push((Located::new(wanted.id.clone(), at), Located::new(wanted.value.clone(), at)));
}

fn meant(typed: &str, known: &[&str]) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => "it has none".to_owned(),
        None => format!("there are {}", list(known, "and")),
    }
}
