//! `hoplint check`: findings of chain files, and their fixes.

use super::baseline;
use super::fail::{Exit, Failure};
use super::formats::{self, Stream, Wanted};
use super::run::{self, Changed, Done, Request};
use super::term::{Term, plain};
use super::watch;
use crate::diag::{Applicability, Severity};
use crate::engine::Outcome;
use crate::report::clean;
use crate::workspace::settings::Choice;
use clap::ValueEnum;
use similar::TextDiff;
use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;

/// Check chain files
///
/// Checks the files and folders named, and without any the folder it runs in. Folders are searched for
/// *.chain.yaml, *.chain.yml, *.chain.toml and *.chain.json, except what .gitignore excludes.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Files and folders; - is standard input
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Name of what comes through standard input: decides its format, its settings and its name in reports
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub stdin_filename: Option<PathBuf>,

    /// Make the fixes that change no timeout: spelling, units, what has no effect
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,

    /// Make the fixes that change a timeout, too; implies --fix, and with --diff shows them
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,

    /// Show what --fix would change, and write nothing; exit code 1 if there is something
    #[arg(long, help_heading = "Fixes", conflicts_with = "watch")]
    pub diff: bool,

    /// How to report, and where to: text, or json:report.json; several may be given
    #[arg(long, value_name = "FORMAT[:FILE]", help_heading = "Output")]
    pub format: Vec<Wanted>,

    /// List what could not be judged
    #[arg(long, short, help_heading = "Output", conflicts_with = "quiet")]
    pub verbose: bool,

    /// Say nothing where nothing is found
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,

    /// What makes the exit code 1
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = FailOn::Error)]
    pub fail_on: FailOn,

    /// Hide the findings that this file accepts (see hoplint baseline)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,

    /// Be content when there is no chain file
    #[arg(long)]
    pub allow_empty: bool,

    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,

    #[command(flatten)]
    pub common: Common,
}

/// Arguments of every command that checks.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Settings for all files, instead of the closest hoplint.toml above each
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Settings")]
    pub config: Option<PathBuf>,

    /// Look for no hoplint.toml
    #[arg(long, conflicts_with = "config", help_heading = "Settings")]
    pub no_config: bool,

    /// Threads to use; one per processor without it
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl Common {
    pub fn settings(&self) -> Choice {
        match (&self.config, self.no_config) {
            (Some(path), _) => Choice::File(path.clone()),
            (None, true) => Choice::BuiltIn,
            (None, false) => Choice::Closest,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Error,
    /// Warnings and errors
    Warning,
    /// Any finding
    Note,
    /// Any finding, and rules that could not be judged
    Unchecked,
    /// No finding
    Never,
}

impl FailOn {
    fn reached(self, outcome: &Outcome) -> bool {
        let at = |least| outcome.findings.iter().any(|finding| finding.severity >= least);
        match self {
            Self::Error => at(Severity::Error),
            Self::Warning => at(Severity::Warning),
            Self::Note => at(Severity::Note),
            Self::Unchecked => at(Severity::Note) || !outcome.unchecked.is_empty(),
            Self::Never => false,
        }
    }
}

pub fn run(args: &Args, term: Term) -> Exit {
    let wanted = match args.usage().and_then(|()| formats::wanted(&args.format)) {
        Ok(wanted) => wanted,
        Err(failure) => return Exit { found: false, failures: vec![failure] },
    };
    if !args.watch {
        return once(args, &wanted, term).0;
    }
    watch::forever(&args.paths, &run::working(), || {
        if term.stdout_terminal {
            // Clears the window and what was scrolled away.
            let _ = Term::print_text("\u{1b}[2J\u{1b}[3J\u{1b}[H");
        }
        let (exit, read) = once(args, &wanted, term);
        term.report(&exit.failures);
        read
    })
}

impl Args {
    fn usage(&self) -> Result<(), Failure> {
        let stdin = self.paths.iter().filter(|path| run::is_stdin(path)).count();
        let problem = match () {
            () if stdin > 1 => "standard input (-) can be read once only",
            () if stdin == 1 && self.watch => "standard input (-) cannot be watched",
            () if stdin == 0 && self.stdin_filename.is_some() => "--stdin-filename needs - among the paths",
            () => return Ok(()),
        };
        Err(Failure::Usage(problem.to_owned()))
    }

    const fn fixes(&self) -> bool {
        self.fix || self.unsafe_fixes
    }

    fn request(&self) -> Request {
        let level = if self.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
        Request {
            paths: self.paths.clone(),
            stdin_filename: self.stdin_filename.clone(),
            settings: self.common.settings(),
            threads: self.common.threads.map(usize::from),
            fix: (self.fixes() || self.diff).then_some(level),
        }
    }
}

/// One run, and the files it read beside the given ones.
fn once(args: &Args, wanted: &[Wanted], term: Term) -> (Exit, Vec<PathBuf>) {
    let Done { mut outcome, changed, mut failures, mut read, empty, stdin, settings } = run::run(&args.request(), term);
    if let Some(path) = &args.baseline {
        read.push(path.clone());
        failures.extend(baseline::apply(path, &mut outcome).err());
    }
    let mut found = args.fail_on.reached(&outcome);
    let nothing = outcome.findings.is_empty() && (args.quiet || outcome.counts.files == 0);

    // Standard output holds one thing: the difference, the fixed text, or the report.
    let mut report = Stream::Stdout;
    if args.diff {
        found |= !changed.is_empty();
        failures.extend(Term::print(|out| changed.iter().try_for_each(|c| diff(c, term, out))).err());
        report = Stream::Nowhere;
        Term::say(&summary(&changed, "would be made"));
    } else if args.fixes() {
        let piped = stdin.as_ref().map(|(at, _)| *at);
        let made: Vec<Changed> = changed
            .into_iter()
            .filter(|c| Some(c.source) == piped || c.write().map_err(|failure| failures.push(failure)).is_ok())
            .collect();
        if let Some((at, bytes)) = &stdin {
            // Whoever pipes a text through wants it back, changed or not.
            let fixed = made.iter().find(|c| c.source == *at).map(|c| c.after.as_bytes());
            failures.extend(Term::print(|out| out.write_all(fixed.unwrap_or(bytes))).err());
            report = Stream::Stderr;
        }
        if !made.is_empty() {
            Term::say(&summary(&made, "made"));
        }
    }
    formats::write_all(wanted, &outcome, &term.options(args.verbose), (report, nothing), &mut failures);

    if let Some(searched) = empty.filter(|_| !args.allow_empty) {
        failures.push(Failure::NothingToCheck { searched });
    }
    if !args.watch {
        // The program ends here, and the system takes its memory back in one piece.
        std::mem::forget((outcome, settings));
    }
    (Exit { found, failures }, read)
}

/// `3 fixes made in 2 files: ...`
fn summary(changed: &[Changed], what: &str) -> String {
    let mut lines = Vec::new();
    for change in changed {
        lines.extend(change.titles.iter().map(|title| clean::line(&format!("{}: {title}", change.shown)).into_owned()));
    }
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let head = match lines.len() {
        0 => return format!("no fix {what}"),
        n => format!("{} {what} in {}:", plural(n, "fix").replace("fixs", "fixes"), plural(changed.len(), "file")),
    };
    lines.insert(0, head);
    lines.join("\n  ")
}

pub fn diff(change: &Changed, term: Term, out: &mut dyn Write) -> std::io::Result<()> {
    let diff = TextDiff::from_lines(&*change.before, &*change.after);
    let shown = change.shown.trim_start_matches('/');
    let (from, to) = (format!("a/{shown}"), format!("b/{shown}"));
    let text = diff.unified_diff().context_radius(3).header(&from, &to).to_string();
    for line in text.split_inclusive('\n') {
        // A pipe to `patch` gets the bytes; a terminal obeys none of them.
        let line = if term.stdout_terminal {
            Cow::Owned(plain(line.trim_end_matches(['\n', '\r'])) + "\n")
        } else {
            Cow::Borrowed(line)
        };
        let paint = match line.as_bytes() {
            _ if !term.color => None,
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some("1"),
            [b'@', ..] => Some("36"),
            [b'+', ..] => Some("32"),
            [b'-', ..] => Some("31"),
            _ => None,
        };
        match paint {
            Some(code) => writeln!(out, "\u{1b}[{code}m{}\u{1b}[0m", line.trim_end_matches('\n'))?,
            None => out.write_all(line.as_bytes())?,
        }
    }
    Ok(())
}
