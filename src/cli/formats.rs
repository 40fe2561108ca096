//! `--format FORMAT[:FILE]`: which reports a run writes, and where to.

use super::fail::Failure;
use super::term::Term;
use crate::engine::Outcome;
use crate::report::{self, Format, Options};
use crate::text;
use crate::workspace::{walk, write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub format: Format,
    /// Standard output where there is none.
    pub file: Option<PathBuf>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once(':') {
            Some((_, "")) => return Err("after the colon stands the file to write".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let known: Vec<&str> = Format::NAMES.iter().map(|(name, _)| *name).collect();
        let format = Format::find(name).ok_or_else(|| match text::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("formats are {}", text::list(&known, "and")),
        })?;
        Ok(Self { format, file })
    }
}

/// What a run writes, text on standard output where nothing is asked for.
pub fn wanted(stated: &[Wanted]) -> Result<Vec<Wanted>, Failure> {
    if stated.is_empty() {
        return Ok(vec![Wanted { format: Format::Text, file: None }]);
    }
    if stated.iter().filter(|w| w.file.is_none()).count() > 1 {
        let text = "only one --format can go to standard output; give the others a file: --format json:report.json";
        return Err(Failure::Usage(text.to_owned()));
    }
    let twice = stated.iter().enumerate().find_map(|(i, want)| {
        let file = want.file.as_ref()?;
        stated[..i].iter().any(|other| other.file.as_deref().is_some_and(|o| same(o, file))).then_some(file)
    });
    match twice {
        Some(file) => Err(Failure::Usage(format!("two reports cannot be one file: {}", file.display()))),
        None => Ok(stated.to_vec()),
    }
}

/// Two names of one regular place. What is no file, such as /dev/null, takes any number of reports.
fn same(a: &Path, b: &Path) -> bool {
    walk::absolute(a) == walk::absolute(b) && !std::fs::metadata(a).is_ok_and(|m| !m.is_file())
}

/// Where the report goes that has no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
    Nowhere,
}

/// Writes every report of a run; one that fails does not keep the others back. `nothing` to tell is told to machines
/// alone.
pub fn write_all(
    wanted: &[Wanted],
    outcome: &Outcome,
    options: &Options,
    (stream, nothing): (Stream, bool),
    failures: &mut Vec<Failure>,
) {
    for want in wanted {
        let for_people = matches!(want.format, Format::Text | Format::Compact);
        let written = match (&want.file, stream) {
            (None, Stream::Nowhere) => Ok(()),
            (None, _) if for_people && nothing => Ok(()),
            (None, Stream::Stdout) => Term::print(|out| report::write(want.format, outcome, options, out)),
            (None, Stream::Stderr) => {
                let options = Options { color: false, links: false, ..*options };
                // Standard error has nobody to complain to.
                let _ = report::write(want.format, outcome, &options, &mut std::io::stderr().lock());
                Ok(())
            }
            (Some(path), _) => {
                let options = Options { color: false, links: false, unicode: true, width: FILE_WIDTH, ..*options };
                let mut bytes = Vec::new();
                report::write(want.format, outcome, &options, &mut bytes)
                    .and_then(|()| write::atomic(path, &bytes))
                    .map_err(|error| Failure::write(path, &error))
            }
        };
        failures.extend(written.err());
    }
}

/// Columns of a report in a file.
const FILE_WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_one_report() {
        let ask = |stated: &[&str]| wanted(&stated.iter().map(|s| s.parse().unwrap()).collect::<Vec<_>>()).is_ok();
        assert!(ask(&["text", "json:a.json", "sarif:b.json"]));
        assert!(!ask(&["json:a.json", "sarif:./a.json"]));
        assert!(!ask(&["json", "sarif"]));
        assert!(ask(&["json:/dev/null", "sarif:/dev/null"]) || cfg!(windows));
    }

    #[test]
    fn reads_a_format_and_its_file() {
        let read = |text: &str| text.parse::<Wanted>().map(|w| (w.format.name(), w.file));
        assert_eq!(read("json"), Ok(("json", None)));
        assert_eq!(read(r"json:C:\out.json"), Ok(("json", Some(PathBuf::from(r"C:\out.json")))));
        assert_eq!(read("jsn"), Err("did you mean json?".to_owned()));
        assert!(read("json:").is_err());
        assert!(read("pdf:x").unwrap_err().starts_with("formats are text, "));
    }
}
