//! Plans as data: what the table for people and the JSON for programs both show. The types are the contract of the
//! JSON: `schemas/hoplint-plan.schema.json` is made from them.

use super::Options;
use super::json::write_pretty;
use super::places::{Numbered, Place, Places};
use crate::catalog::{Guard, Setting};
use crate::diag::Severity;
use crate::duration::Dur;
use crate::engine::Source;
use crate::engine::plan::{FilePlan, GroupPlan};
use crate::import::store::DeployedFile;
use crate::model::Order;
use crate::model::workload::Mode;
use crate::resolve::{GuardValue, Resolved, ResolvedHop, WorkloadSource};
use crate::rules::say;
use crate::solve::assign::Objective;
use crate::solve::graph::Kind;
use crate::solve::plan::{Reason, Row, Solved};
use crate::solve::proof::{From, Proof, Step, To};
use crate::span::Loc;
use serde::Serialize;
use std::io::{self, Write};

#[cfg(test)]
use schemars::JsonSchema;

/// One file of a run: its text and its plan.
pub struct Planned<'a> {
    pub plan: &'a FilePlan,
    /// The chain file, and the deployed files that were read.
    files: Numbered,
}

impl<'a> Planned<'a> {
    pub fn new(source: &Source, plan: &'a FilePlan, files: &[DeployedFile]) -> Self {
        Self { plan, files: Numbered::new(vec![source.clone()], files) }
    }
}

pub fn json(files: &[Planned<'_>], objective: Objective, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&report(files, objective, options), out)
}

/// For people: a table for each chain.
pub fn text(files: &[Planned<'_>], objective: Objective, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    super::plan_text::write(&report(files, objective, options), options, out)
}

/// What `hoplint plan --format json` prints.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(title = "hoplint plan, version 1"))]
pub(super) struct Report<'a> {
    /// The version of this format. A change that could break a reader raises it; a new field does not.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// The hoplint that wrote this.
    pub tool_version: &'a str,
    /// `fewest`, `smallest`, `largest` or `even`.
    pub objective: &'static str,
    pub files: Vec<File<'a>>,
    pub summary: Summary,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct File<'a> {
    /// Relative to the folder where hoplint ran, with `/`.
    #[serde(rename = "file")]
    pub path: &'a str,
    /// What is wrong with the form of the file; what could be read is planned all the same.
    pub problems: Vec<Said<'a>>,
    pub chains: Vec<Chain<'a>>,
    /// How often the file was planned until nothing changed: more than once where a value takes the place of `none` or of
    /// a default that some facet decides. The values here are those of the first time; `--write` writes the last.
    pub rounds: usize,
}

/// One chain with its plan, or with the proof that there is none.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Chain<'a> {
    #[serde(rename = "chain")]
    pub name: &'a str,
    pub order: &'static str,
    /// In words, such as `5s`.
    pub margin: String,
    /// Whether there are values that work. Chains that share hops have a plan together or none.
    pub feasible: bool,
    /// No plan has fewer changes; false too where the search was cut short, and for other objectives.
    pub fewest: bool,
    /// From the outermost hop inwards; empty where there is no plan.
    pub values: Vec<Value<'a>>,
    pub proof: Option<Argument<'a>>,
    /// What would have to give, the cheapest first; each was solved again and leads to a plan.
    pub ways_out: Vec<WayOut<'a>>,
    pub notes: Vec<String>,
}

/// One timer of one hop.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Value<'a> {
    pub hop: &'a str,
    /// By its native name; `-` for a hop that ends no request.
    pub timer: &'a str,
    /// A duration such as `90s`, or `none`, `off` or `unknown`.
    pub now: String,
    /// A duration such as `90s`; the present one where it stays.
    pub planned: String,
    pub changed: bool,
    /// Whether `--write` makes this change, as this run was asked to; false too where nothing changes.
    pub writable: bool,
    /// Where a deployed file changes, which only `--unsafe-fixes` does.
    pub deployed: Option<At<'a>>,
    /// What set the value.
    pub why: String,
    /// Where the value stands, or the hop that does not state it.
    pub location: Option<At<'a>>,
}

/// A change with which there is a plan.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct WayOut<'a> {
    /// What gives: `unpin`, `margin`, `claim`, `unshare`, `stream`, `heartbeat`, `quota`, `facet`, `order`, `platform`, `workload`
    /// or `asynchronous`.
    pub kind: &'static str,
    pub text: &'a str,
}

/// Two bounds that cannot both hold, and the way from one to the other.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Argument<'a> {
    /// The bound from below.
    pub from: Said<'a>,
    /// What each hop must be because of the one before.
    pub steps: Vec<Said<'a>>,
    /// The bound from above.
    pub to: Said<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Said<'a> {
    pub text: String,
    pub location: Option<At<'a>>,
}

/// A range in a file. Lines and columns count from 1, columns in Unicode scalar values; the end is exclusive.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct At<'a> {
    pub file: &'a str,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub line: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_line: usize,
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_column: usize,
}

/// Counts of the whole run.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Summary {
    pub files: usize,
    pub chains: usize,
    /// Values that change; one that several chains share counts once.
    pub changes: usize,
    /// Chains without a plan.
    pub infeasible: usize,
    /// Changes that `--write` does not make, as this run was asked to.
    pub unwritable: usize,
}

fn report<'a>(files: &'a [Planned<'_>], objective: Objective, options: &Options) -> Report<'a> {
    let groups = || files.iter().flat_map(|file| &file.plan.groups);
    Report {
        version: 1,
        tool_version: options.version,
        objective: objective.name(),
        files: files.iter().map(|file| of_file(file, objective)).collect(),
        summary: Summary {
            files: files.len(),
            chains: files.iter().map(|file| file.plan.chains.len()).sum(),
            changes: groups().map(|group| group.changes().len()).sum(),
            infeasible: groups()
                .filter(|group| group.group.outcome.is_err())
                .map(|group| group.group.chains.len())
                .sum(),
            unwritable: groups().map(|group| group.unwritten.len()).sum(),
        },
    }
}

fn of_file<'a>(planned: &'a Planned<'_>, objective: Objective) -> File<'a> {
    let places = Places::new(&planned.files.sources);
    let of = Of { places, chains: &planned.plan.chains, files: &planned.files };
    let problems = planned.plan.problems.iter().filter(|problem| problem.severity == Severity::Error).map(|problem| {
        let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        Said { text: format!("{}{help}", problem.message), location: problem.primary().and_then(|loc| of.at(loc)) }
    });
    let mut chains: Vec<(usize, Chain<'a>)> = Vec::new();
    for group in &planned.plan.groups {
        for (i, chain) in group.group.chains.iter().enumerate() {
            chains.push((*chain, of.chain(*chain, i, group, objective)));
        }
    }
    chains.sort_by_key(|(place, _)| *place);
    File {
        path: &planned.files.sources[0].path,
        problems: problems.collect(),
        chains: chains.into_iter().map(|(_, chain)| chain).collect(),
        rounds: planned.plan.rounds,
    }
}

/// The chains of one file, in words.
struct Of<'a> {
    places: Places<'a>,
    chains: &'a [Resolved],
    files: &'a Numbered,
}

impl<'a> Of<'a> {
    fn at(&self, loc: Loc) -> Option<At<'a>> {
        let Place { path, start, end } = self.files.find(&self.places, loc)?;
        Some(At { file: path, line: start.line, column: start.column, end_line: end.line, end_column: end.column })
    }

    fn hop(&self, chain: usize, hop: usize) -> &'a ResolvedHop {
        &self.chains[chain].hops[hop]
    }

    /// The name of a hop, with its chain where that is another one.
    fn name(&self, here: usize, chain: usize, hop: usize) -> String {
        let name = self.hop(chain, hop).name();
        if here == chain { name.to_owned() } else { format!("{name} (chain {})", self.chains[chain].name) }
    }

    /// Where a timer of a hop is set, else the hop.
    fn place(&self, chain: usize, hop: usize, timer: Option<u16>) -> Loc {
        let hop = self.hop(chain, hop);
        let mut values = hop.cases.iter().filter_map(|case| case.timer_value(timer?.into()));
        values.find_map(|value| value.provenance.loc()).unwrap_or(hop.spec.at)
    }

    fn chain(&self, place: usize, i: usize, group: &'a GroupPlan, objective: Objective) -> Chain<'a> {
        let chain = &self.chains[place];
        let mut told = Chain {
            name: &chain.name,
            order: chain.order.name(),
            margin: chain.margin.to_string(),
            feasible: group.group.outcome.is_ok(),
            fewest: false,
            values: Vec::new(),
            proof: None,
            ways_out: group.ways.iter().map(|way| WayOut { kind: way.kind.name(), text: &way.text }).collect(),
            notes: Vec::new(),
        };
        match &group.group.outcome {
            Ok(solved) => {
                told.fewest = solved.exact && objective == Objective::Fewest;
                let mut rows = solved.rows[i].iter().peekable();
                for hop in 0..chain.hops.len() {
                    if rows.peek().is_none_or(|row| row.hop != hop) {
                        told.values.push(self.without(place, hop));
                    }
                    while let Some(row) = rows.next_if(|row| row.hop == hop) {
                        told.values.push(self.value(place, row, group));
                    }
                }
                told.notes = self.notes(place, solved, group, objective);
            }
            Err(proof) => told.proof = Some(self.argument(place, proof)),
        }
        if matches!(chain.workload, WorkloadSource::Assumed(_)) {
            told.notes.push(
                "the chain states no `workload:`, so answers of up to 60s are assumed, not streamed"
                    .replace("60s", &chain.workload.workload().and_then(|w| w.total).unwrap_or_default().to_string()),
            );
        }
        told
    }

    fn notes(&self, place: usize, solved: &Solved, group: &GroupPlan, objective: Objective) -> Vec<String> {
        let mut notes = Vec::new();
        if !solved.exact && objective == Objective::Fewest {
            notes.push("a plan with fewer changes may exist: there are too many to try them all".to_owned());
        }
        if solved.only_order {
            notes.push(
                "order, limits and work agree, but keep-alive times or kill timers cannot: see `hoplint check`"
                    .to_owned(),
            );
        }
        for (_, outer, inner) in solved.left.iter().filter(|(chain, ..)| *chain == place) {
            let (outer, inner) = (self.hop(place, *outer).name(), self.hop(place, *inner).name());
            notes.push(format!("{outer} and {inner} stand in the wrong order, and nobody can change either"));
        }
        for (i, change) in group.unwritten.iter().filter_map(|i| Some((i, solved.changes.get(*i)?))) {
            let Some((chain, hop, timer)) = change.uses.iter().find(|used| used.0 == place) else { continue };
            let hop = self.hop(*chain, *hop);
            let native = say::native(&hop.platform.timers[usize::from(*timer)]);
            let set = format!("set {native} of {} to {} by hand", hop.name(), change.to);
            notes.push(match group.deployed.get(i).and_then(|at| self.at(*at)) {
                Some(At { file, line, column, .. }) => {
                    format!("{set} in {file}:{line}:{column}, or let `--write --unsafe-fixes` do it")
                }
                None => format!("{set}: there is no sure edit for it"),
            });
        }
        notes
    }

    /// A hop that ends no request.
    fn without(&self, place: usize, index: usize) -> Value<'a> {
        let hop = self.hop(place, index);
        let guards = hop.cases.iter().map(|case| case.wait(hop.mode));
        let unknown = guards.into_iter().any(|guard| *guard == GuardValue::Unknown);
        Value {
            hop: hop.name(),
            timer: "-",
            now: if unknown { "unknown" } else { "none" }.to_owned(),
            planned: if unknown { "unknown" } else { "none" }.to_owned(),
            changed: false,
            writable: false,
            deployed: None,
            why: if unknown { "nobody knows when it gives up" } else { "ends no request" }.to_owned(),
            location: self.at(hop.spec.at),
        }
    }

    fn value(&self, place: usize, row: &Row, group: &GroupPlan) -> Value<'a> {
        let hop = self.hop(place, row.hop);
        let now = source(row.now);
        let to = row.to.map_or(row.now, |to| Some(Setting::At(to))).filter(|_| row.change.is_some()).or(row.now);
        Value {
            hop: hop.name(),
            timer: say::native(&hop.platform.timers[usize::from(row.timer)]),
            planned: source(to),
            now,
            changed: row.change.is_some(),
            writable: row.change.is_some_and(|change| !group.unwritten.contains(&change)),
            deployed: row.change.and_then(|change| self.at(*group.deployed.get(&change)?)),
            why: self.why(place, row),
            location: self.at(self.place(place, row.hop, Some(row.timer))),
        }
    }

    fn why(&self, here: usize, row: &Row) -> String {
        let platform = &self.hop(here, row.hop).platform.name;
        match row.why {
            Reason::Fits => String::new(),
            Reason::Pinned => "pinned".to_owned(),
            Reason::Claimed => format!("claimed; {platform} has no such setting"),
            Reason::Fixed => format!("fixed by {platform}"),
            Reason::Work(need) => work(need.guard, self.hop(need.chain, need.hop).mode, need.work),
            Reason::Above { chain, hop, at, kind } => {
                let name = self.name(here, chain, hop);
                match (kind, self.chains[chain].order) {
                    (Kind::Keepalive, _) => format!("keeps connections longer than {name} ({at})"),
                    (Kind::Killed, _) => format!("must not kill {name}, which may need {at}"),
                    (Kind::Order, Order::Outward) => format!("ends after {name}, which may need {at} to report"),
                    (Kind::Order, _) => format!("ends after {name}, which gives up after {at}"),
                }
            }
            Reason::Below { chain, hop, at, kind } => {
                let name = self.name(here, chain, hop);
                match kind {
                    Kind::Keepalive => format!("lets go of connections before {name} closes them after {at}"),
                    Kind::Killed => format!("ends before {name} is killed after {at}"),
                    Kind::Order if self.chains[chain].order == Order::Outward => {
                        format!("ends before {name}, which gives up after {at}")
                    }
                    Kind::Order => format!("ends before {name}, which answers after {at}"),
                }
            }
            Reason::Limit { cap, at } => {
                let word = if cap.advised { "advises" } else { "allows" };
                if cap.row.is_some() {
                    format!("{platform} {word} at most {at}")
                } else {
                    format!("its own `limits:` allow at most {at}")
                }
            }
            Reason::Floor(at) => format!("{platform} accepts no less than {at}"),
            Reason::Between(least, Dur::MAX) => format!("anything from {least}"),
            Reason::Between(least, most) => format!("between {least} and {most}"),
        }
    }

    fn argument(&self, here: usize, proof: &Proof) -> Argument<'a> {
        let said = |text: String, at: Loc| Said { text, location: self.at(at) };
        let from = match proof.from {
            From::Need(need) => {
                let chain = &self.chains[need.chain];
                let at = match &chain.workload {
                    WorkloadSource::Stated(_, at) => *at,
                    _ => chain.at,
                };
                let work = work(need.guard, self.hop(need.chain, need.hop).mode, need.work);
                said(format!("{work}, with the margin {}", need.wanted), at)
            }
            From::Fixed { chain, hop, timer, at } => {
                let value = self.timer(here, chain, hop, Some(timer));
                said(format!("{value} is {at}, and nobody can change it"), self.place(chain, hop, Some(timer)))
            }
            From::Floor { chain, hop, timer, at } => {
                let value = self.timer(here, chain, hop, Some(timer));
                said(format!("{value} cannot be less than {at}"), self.place(chain, hop, Some(timer)))
            }
            From::Circle => said("chains that share hops ask for a circle".to_owned(), self.chains[here].at),
        };
        let steps = match proof.from {
            From::Circle => self.circle(here, &proof.steps),
            _ => proof.steps.iter().map(|step| self.step(here, step)).collect(),
        };
        Argument { from, steps, to: self.to(here, proof) }
    }

    /// Each hop of a circle after the one before it, the first after the last.
    fn circle(&self, here: usize, steps: &[Step]) -> Vec<Said<'a>> {
        let before = steps.iter().cycle().skip(steps.len().saturating_sub(1));
        let pairs = steps.iter().zip(before);
        let said = pairs.map(|(step, before)| {
            let value = self.timer(here, step.chain, step.hop, step.timer);
            let other = self.timer(here, before.chain, before.hop, before.timer);
            let at = self.place(step.chain, step.hop, step.timer);
            Said { text: format!("{value} must end after {other}"), location: self.at(at) }
        });
        said.collect()
    }

    fn step(&self, here: usize, step: &Step) -> Said<'a> {
        let value = self.timer(here, step.chain, step.hop, step.timer);
        let text = if step.least == Dur::MAX {
            format!("so {value} would have to be longer still")
        } else {
            format!("so {value} must be at least {}", step.least)
        };
        Said { text, location: self.at(self.place(step.chain, step.hop, step.timer)) }
    }

    fn to(&self, here: usize, proof: &Proof) -> Said<'a> {
        let (text, at) = match proof.to {
            To::Limit { cap, at } => {
                let hop = self.hop(cap.chain, cap.hop);
                let timer = &hop.platform.timers[usize::from(cap.timer)];
                let (value, platform) = (self.timer(here, cap.chain, cap.hop, Some(cap.timer)), &hop.platform.name);
                let place = self.place(cap.chain, cap.hop, Some(cap.timer));
                match cap.row.map(|row| &timer.limits[usize::from(row)]) {
                    Some(limit) => {
                        let word = if cap.advised { "advises" } else { "allows" };
                        let (checked, date) = (limit.fact.checked.name(), &limit.fact.date);
                        (
                            format!("but {value} can be {at} at most: {platform} {word} no more ({checked}, {date})"),
                            place,
                        )
                    }
                    None => (format!("but {value} can be {at} at most by its own `limits:`"), place),
                }
            }
            To::Fixed { chain, hop, timer, at } => {
                let pinned = self.hop(chain, hop).spec.pin.as_ref().is_some_and(|pin| pin.value);
                let why = if pinned { "it is pinned" } else { "nobody can change it" };
                let value = self.timer(here, chain, hop, Some(timer));
                (format!("but {value} is {at}, and {why}"), self.place(chain, hop, Some(timer)))
            }
            To::Deadline { chain, hop, at } => {
                let name = self.name(here, chain, hop);
                (format!("but {name} ends all its attempts after {at}"), self.place(chain, hop, None))
            }
            To::Circle => ("which no values can do".to_owned(), self.chains[here].at),
        };
        Said { text, location: self.at(at) }
    }

    fn timer(&self, here: usize, chain: usize, hop: usize, timer: Option<u16>) -> String {
        let name = self.name(here, chain, hop);
        let Some(timer) = timer else { return name };
        format!("{} of {name}", say::native(&self.hop(chain, hop).platform.timers[usize::from(timer)]))
    }
}

fn work(guard: Guard, mode: Mode, at: Dur) -> String {
    match guard {
        Guard::WaitStreaming => format!("the first token takes up to {at}"),
        Guard::Gap => format!("silences last up to {at}"),
        Guard::StreamTotal => format!("the stream takes up to {at}"),
        Guard::Upload => format!("sending the request takes up to {at}"),
        Guard::WaitBuffered if mode == Mode::Streaming => format!("the answer takes up to {at}"),
        Guard::WaitBuffered => format!("an answer takes up to {at}"),
    }
}

fn source(setting: Option<Setting>) -> String {
    match setting {
        Some(Setting::At(at)) => at.to_source(),
        Some(Setting::None) => "none".to_owned(),
        Some(Setting::Off) => "off".to_owned(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        crate::report::json::tests::check_schema::<super::Report<'_>>("hoplint-plan.schema.json");
    }
}
