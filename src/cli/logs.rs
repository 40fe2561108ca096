//! `hoplint diagnose --log`: the logs that are read, each in its format.

use super::fail::Failure;
use crate::diagnose::log::detect::Wish;
use crate::diagnose::log::reading::{Reading, SAMPLE};
use crate::diagnose::log::{Format, Unit, known, nginx_conf};
use crate::resolve::Resolved;
use crate::text::{list, nearest};
use crate::workspace::log::{self, Log};
use crate::workspace::read;
use clap::ValueEnum;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Logs {
    /// Access logs to search for cliffs, gzip or plain; - is standard input. Repeat it, or put a comma between files
    #[arg(long, value_name = "FILE", value_delimiter = ',', value_hint = clap::ValueHint::FilePath, help_heading = "From logs")]
    pub log: Vec<PathBuf>,

    /// The format of the logs: a name such as combined or envoy, a format as nginx, Apache, Envoy or HAProxy write it, or an
    /// nginx.conf with log_format lines; found out where it is not given
    #[arg(long, value_name = "FORMAT", requires = "log", help_heading = "From logs")]
    pub log_format: Option<String>,

    /// What durations without a unit count
    #[arg(long, value_enum, value_name = "UNIT", requires = "log", help_heading = "From logs")]
    pub log_unit: Option<Counts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Counts {
    Ns,
    Us,
    Ms,
    S,
}

impl From<Counts> for Unit {
    fn from(counts: Counts) -> Self {
        match counts {
            Counts::Ns => Self::Nanos,
            Counts::Us => Self::Micros,
            Counts::Ms => Self::Millis,
            Counts::S => Self::Seconds,
        }
    }
}

/// Reads all logs; those of one format are one reading. `configurations` are deployed files that may define formats.
pub fn read<'t>(
    args: &Logs,
    configurations: impl Iterator<Item = &'t str>,
    failures: &mut Vec<Failure>,
) -> Vec<Reading> {
    let (name, given) = match stated(args) {
        Ok(stated) => stated,
        Err(failure) => {
            failures.push(failure);
            return Vec::new();
        }
    };
    let mut formats = given;
    formats.extend(configurations.filter(|text| text.contains("log_format")).flat_map(nginx_conf::formats));
    let wish = Wish { name, given: &formats, unit: args.log_unit.map(Unit::from) };
    let mut readings: Vec<Reading> = Vec::new();
    for path in &args.log {
        if let Err(failure) = one(path, &wish, &mut readings) {
            failures.push(failure);
        }
    }
    readings
}

/// What the user says about the format: a name of ours, or formats of theirs.
fn stated(args: &Logs) -> Result<(Option<&str>, Vec<Format>), Failure> {
    let Some(text) = args.log_format.as_deref() else { return Ok((None, Vec::new())) };
    if known::names().contains(&text) {
        return Ok((Some(text), Vec::new()));
    }
    if text.contains(['$', '%']) {
        let format = known::custom(text).ok_or_else(|| {
            let why = "names no field that tells of time or status; fields need a text between them";
            Failure::Usage(format!("the log format {text:?} {why}"))
        })?;
        return Ok((Some("custom"), vec![format]));
    }
    let path = Path::new(text);
    if path.exists() {
        let conf = read::text(path).map_err(|why| Failure::read(path, &why))?;
        let formats = nginx_conf::formats(&conf);
        if formats.is_empty() {
            return Err(Failure::Usage(format!("{text} has no log_format")));
        }
        return Ok((None, formats));
    }
    let help = match nearest(text, known::names()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("formats are {}, a text with $ or % in it, or an nginx.conf", list(&known::names(), "and")),
    };
    Err(Failure::Usage(format!("{text} is no log format; {help}")))
}

fn one(path: &Path, wish: &Wish<'_>, readings: &mut Vec<Reading>) -> Result<(), Failure> {
    let io = |why: &std::io::Error| Failure::read(path, &read::error(why));
    let mut log = log::open(path).map_err(|why| Failure::read(path, &why))?;
    let sample = sample(&mut log).map_err(|why| io(&why))?;
    let texts: Vec<Cow<'_, str>> = sample.iter().map(|(line, _)| String::from_utf8_lossy(line)).collect();
    let Some(new) = Reading::of(&texts, wish) else {
        let why = match texts.iter().find(|line| !line.trim().is_empty()) {
            None => "has no lines".to_owned(),
            Some(line) => {
                let line: String = line.chars().take(100).collect();
                format!(
                    "is in no format that is known; --log-format takes {}, a format as it stands in nginx.conf, or an \
                     nginx.conf. It begins with: {line}",
                    list(&known::names(), "or")
                )
            }
        };
        return Err(Failure::Read { path: path.to_owned(), why });
    };
    let at = readings.iter().position(|reading| same(&reading.format, &new.format)).unwrap_or_else(|| {
        readings.push(new);
        readings.len() - 1
    });
    let reading = &mut readings[at];
    reading.files.push(path.display().to_string());
    for (i, (line, cut)) in sample.iter().enumerate() {
        reading.add(i as u64 + 1, line, *cut);
    }
    log.lines(|line| {
        reading.add(line.number, line.bytes, line.cut);
        true
    })
    .map_err(|why| io(&why))
}

/// The first lines, to find out the format.
fn sample(log: &mut Log) -> std::io::Result<Vec<(Vec<u8>, bool)>> {
    let mut sample = Vec::new();
    log.lines(|line| {
        sample.push((line.bytes.to_vec(), line.cut));
        sample.len() < SAMPLE
    })?;
    Ok(sample)
}

/// Two logs in one format are one log.
fn same(a: &Format, b: &Format) -> bool {
    (&a.name, a.platform, &a.notes) == (&b.name, b.platform, &b.notes)
}

/// The hop that wrote a log, where the chains have just one of its platform.
pub fn written_by(format: &Format, chains: &[Resolved]) -> Option<String> {
    let platform = format.platform?;
    let flags = chains.iter().flat_map(|chain| &chain.hops).find(|hop| hop.platform.id == platform);
    let flags = flags.map(|hop| &hop.platform.log_flags).filter(|flags| !flags.is_empty());
    let of = |hop: &crate::resolve::ResolvedHop| hop.platform.id == platform || Some(&hop.platform.log_flags) == flags;
    let mut names: Vec<&str> = chains
        .iter()
        .flat_map(|chain| chain.hops.iter().filter(|hop| of(hop)))
        .map(crate::resolve::ResolvedHop::name)
        .collect();
    names.dedup();
    match names[..] {
        [one] => Some(one.to_owned()),
        _ => None,
    }
}
