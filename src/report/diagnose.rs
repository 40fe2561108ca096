//! Diagnoses as data: what the page for people and the JSON for programs both show. The types are the contract of the
//! JSON: `schemas/hoplint-diagnose.schema.json` is made from them.

use super::Options;
use super::json::write_pretty;
use super::logs::{self, Found, Log};
use super::places::{At, Numbered, Places};
use super::probe::{self, Probe};
use crate::diagnose::probe::Probed;
use crate::diagnose::{Diagnosis, FITS, Fit, Suspect, Symptom};
use crate::duration::Dur;
use crate::engine::Source;
use crate::import::store::DeployedFile;
use crate::model::workload::Mode;
use crate::span::Loc;
use serde::Serialize;
use std::io::{self, Write};

#[cfg(test)]
use schemars::JsonSchema;

/// The files of a run, for the places of suspects.
pub struct Files(Numbered);

impl Files {
    pub fn new(own: Vec<Source>, deployed: &[DeployedFile]) -> Self {
        Self(Numbered::new(own, deployed))
    }
}

/// What a run found.
#[derive(Default)]
pub struct Answer<'a> {
    pub diagnoses: &'a [Diagnosis],
    pub logs: &'a [Found<'a>],
    pub probe: Option<&'a Probed>,
}

pub fn json(answer: &Answer<'_>, files: &Files, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&report(answer, files, options), out)
}

/// For people.
pub fn text(answer: &Answer<'_>, files: &Files, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    super::diagnose_text::write(&report(answer, files, options), options, out)
}

/// What `hoplint diagnose --format json` prints.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(title = "hoplint diagnose, version 1"))]
pub(super) struct Report<'a> {
    /// The version of this format. A change that could break a reader raises it; a new field does not.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// The hoplint that wrote this.
    pub tool_version: &'a str,
    /// One for each symptom.
    pub diagnoses: Vec<Told<'a>>,
    /// What logs showed; those of one format are one.
    pub logs: Vec<Log<'a>>,
    pub probe: Option<Probe<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Told<'a> {
    pub symptom: Seen<'a>,
    /// The chains that it was compared with; none: with every platform of the catalogue.
    pub chains: &'a [String],
    /// Best first.
    pub suspects: Vec<Named<'a>>,
    /// Where nothing in the chain fits: platforms that would, if they stood somewhere without being named.
    pub hidden: Vec<Named<'a>>,
    /// What to look at where a timeout is not the cause.
    pub elsewhere: Vec<Other<'a>>,
    /// The one more fact that would tell the first two suspects apart.
    pub ask: Option<&'a str>,
    /// Whether anything explains what was seen.
    pub fits: bool,
}

/// What was seen, with what the text of an exception says besides.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Seen<'a> {
    #[cfg_attr(test, schemars(range(min = 100, max = 599)))]
    pub status: Option<u16>,
    /// How long it took, at least and at most.
    pub after: Option<Span>,
    #[serde(skip)]
    pub took: Option<String>,
    pub body: Option<&'a str>,
    /// As `name: value`.
    pub headers: Vec<String>,
    /// `streaming` or `buffered`.
    pub mode: Option<&'static str>,
    /// The answer had begun and broke off.
    pub cut: bool,
    /// `always`, `long-prompts`, `peak`, `intermittent` or `idle`.
    pub when: Option<&'static str>,
    pub exception: Option<&'a str>,
    /// How long nothing came before the answer broke off.
    pub silence: Option<Span>,
    /// Flags of an access log.
    pub flags: &'a [String],
    /// The hop that wrote it down.
    pub at: Option<&'a str>,
}

/// Two durations such as `29s`.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Span {
    pub from: String,
    /// Absent: any time after `from`.
    pub to: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Named<'a> {
    /// How well everything fits together, in thousandths of all that one could ask for.
    #[cfg_attr(test, schemars(range(min = 0, max = 1000)))]
    pub score: u32,
    /// `timer`: it ended the request. `idle-close`: it closes idle connections that the hop outside still uses.
    pub kind: &'static str,
    pub chain: Option<&'a str>,
    /// The platform's id where there is no chain.
    pub hop: &'a str,
    pub platform: &'a str,
    pub platform_name: &'a str,
    /// By id.
    pub timer: &'a str,
    /// As users of the platform write it.
    pub native: &'a str,
    /// A duration such as `60s`.
    pub value: Option<String>,
    pub provenance: &'a str,
    pub location: Option<At<'a>>,
    /// When it would be seen.
    pub expected: Option<Span>,
    pub fits: Vec<Part<'a>>,
    /// The one command or line of a log that decides.
    pub confirm: &'a str,
    pub change: &'a str,
    /// What `hoplint check` says of the hop.
    pub finding: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Part<'a> {
    /// `time`, `status`, `body`, `headers`, `exception`, `flags`, `streaming`, `when` or `chain`.
    pub aspect: &'static str,
    #[cfg_attr(test, schemars(range(min = 0, max = 1000)))]
    pub score: u32,
    pub words: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Other<'a> {
    /// Such as `rate-limit`.
    pub name: &'static str,
    pub text: &'a str,
    pub look: &'a str,
}

/// Worth a block of its own.
pub(super) const FIT: u32 = FITS;

fn report<'a>(answer: &'a Answer<'a>, files: &'a Files, options: &Options) -> Report<'a> {
    let places = Places::new(&files.0.sources);
    let at = |loc: Loc| Some(files.0.find(&places, loc)?.at());
    let diagnoses = answer.diagnoses.iter().map(|diagnosis| Told {
        symptom: seen(&diagnosis.symptom),
        chains: &diagnosis.chains,
        suspects: diagnosis.suspects.iter().map(|suspect| named(suspect, &at)).collect(),
        hidden: diagnosis.hidden.iter().map(|suspect| named(suspect, &at)).collect(),
        elsewhere: diagnosis
            .elsewhere
            .iter()
            .map(|other| Other { name: other.name, text: &other.text, look: &other.look })
            .collect(),
        ask: diagnosis.ask.as_deref(),
        fits: diagnosis.fits,
    });
    let logs = answer.logs.iter().map(logs::log).collect();
    let probe = answer.probe.map(|probed| probe::probe(probed, (!answer.diagnoses.is_empty()).then_some(0)));
    Report { version: 1, tool_version: options.version, diagnoses: diagnoses.collect(), logs, probe }
}

fn seen(symptom: &Symptom) -> Seen<'_> {
    Seen {
        status: symptom.status,
        after: symptom.after.map(|after| span((after.least, after.greatest))),
        took: symptom.after.map(crate::diagnose::After::words),
        body: symptom.body.as_deref(),
        headers: symptom.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
        mode: symptom.mode.map(|mode| match mode {
            Mode::Buffered => "buffered",
            Mode::Streaming => "streaming",
        }),
        cut: symptom.cut,
        when: symptom.when.map(crate::diagnose::When::name),
        exception: symptom.exception.as_deref(),
        silence: symptom.silence.map(|silence| span((silence.least, silence.greatest))),
        flags: &symptom.flags,
        at: symptom.at.as_deref(),
    }
}

fn span((from, to): (Dur, Dur)) -> Span {
    Span { from: from.to_string(), to: (to < Dur::MAX).then(|| to.to_string()) }
}

fn named<'a>(suspect: &'a Suspect, at: &impl Fn(Loc) -> Option<At<'a>>) -> Named<'a> {
    Named {
        score: suspect.score,
        kind: suspect.kind.name(),
        chain: suspect.chain.as_deref(),
        hop: &suspect.hop,
        platform: &suspect.platform,
        platform_name: &suspect.platform_name,
        timer: &suspect.timer,
        native: &suspect.native,
        value: suspect.value.map(|value| value.to_string()),
        provenance: &suspect.provenance,
        location: suspect.at.and_then(at),
        expected: suspect.expected.map(span),
        fits: suspect.fits.iter().map(part).collect(),
        confirm: &suspect.confirm,
        change: &suspect.change,
        finding: suspect.finding.as_deref(),
    }
}

fn part(fit: &Fit) -> Part<'_> {
    Part { aspect: fit.aspect.name(), score: fit.score, words: &fit.words }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        crate::report::json::tests::check_schema::<super::Report<'_>>("hoplint-diagnose.schema.json");
    }
}
