//! `hoplint show`: chains at a glance, on the terminal or as a file.

use super::check::Common;
use super::fail::{Exit, Failure, known_chains};
use super::run::working;
use super::term::Term;
use crate::report::Options;
use crate::report::show::{self, Files};
use crate::show::chain::View;
use crate::text::list;
use crate::workspace::show::gather;
use crate::workspace::write;
use clap::ValueEnum;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Show whole chains at a glance
///
/// Draws each chain with what every hop waits for and where that comes from, what the work needs, the margins between
/// neighbours, findings at their place, repeated calls, work that goes on for nobody, and what happens to a request by
/// how long its answer takes: as a table, a picture (svg), a page that needs no network (html), a diagram for a
/// README (mermaid) or data (json). Folders are searched for chain files; where there is none, for deployed
/// configuration.
///
/// Findings do not change the exit code; `hoplint check` is for that. It is 1 where a file has mistakes of form, and
/// 2 where one cannot be read.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// How to draw it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub format: Format,

    /// Write to this file instead of standard output; into this folder, with a file for each chain where the format
    /// holds one only
    #[arg(long, value_name = "FILE|FOLDER", value_hint = clap::ValueHint::AnyPath)]
    pub out: Option<PathBuf>,

    /// Show only the chain of this name; several may be given
    #[arg(long, value_name = "NAME")]
    pub chain: Vec<String>,

    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Svg,
    Html,
    Mermaid,
    Json,
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Svg => "svg",
            Self::Html => "html",
            Self::Mermaid => "mmd",
            Self::Json => "json",
        }
    }
}

pub fn run(args: &Args, term: Term) -> Exit {
    let mut exit = Exit::default();
    let found = gather(&args.paths, &args.common.settings(), &working());
    exit.failures.extend(found.failures.iter().map(|(path, why)| Failure::read(path, why)));
    if found.nothing && exit.failures.is_empty() {
        exit.failures.push(Failure::NothingToCheck { searched: found.folders });
        return exit;
    }
    let files = Files::new(found.sources, &found.deployed);
    for problem in &found.problems {
        exit.found = true;
        let place = files.place(problem).unwrap_or_default();
        let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        Term::say(&format!("{place}: error: {}{help}", problem.message));
    }
    let mut views = files.views(&found.chains);
    if let Err(unknown) = choose(&args.chain, &mut views) {
        exit.failures.push(unknown);
        return exit;
    }
    exit.failures.extend(put(args, &views, term).err());
    exit
}

/// Leaves the chains that were asked for.
fn choose(names: &[String], views: &mut Vec<View>) -> Result<(), Failure> {
    known_chains(names, views.iter().map(|view| view.name.as_str()))?;
    views.retain(|view| names.is_empty() || names.contains(&view.name));
    Ok(())
}

fn put(args: &Args, views: &[View], term: Term) -> Result<(), Failure> {
    let one_each = matches!(args.format, Format::Svg);
    let Some(out) = &args.out else {
        if one_each && views.len() != 1 {
            let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
            let which = format!("there are {} chains ({})", views.len(), list(&names, "and"));
            return Err(Failure::Usage(format!("{which}; pick one with --chain, or name a folder with --out")));
        }
        let options = term.options(false);
        return Term::print(|out| draw(args.format, views, &options, out));
    };
    // A file holds no colours, and is as wide as is easy to read.
    let options = Options { width: 100, ..Options::default() };
    let folder =
        out.is_dir() || out.as_os_str().to_string_lossy().ends_with(['/', '\\']) || (one_each && views.len() > 1);
    if !folder {
        return written(out, args.format, views, &options);
    }
    std::fs::create_dir_all(out).map_err(|error| Failure::write(out, &error))?;
    if !one_each {
        let name = if args.format == Format::Html { "index" } else { "chains" };
        return written(&out.join(format!("{name}.{}", args.format.ending())), args.format, views, &options);
    }
    let mut taken = HashSet::new();
    for view in views {
        let path = out.join(format!("{}.{}", file_name(&view.name, &mut taken), args.format.ending()));
        written(&path, args.format, std::slice::from_ref(view), &options)?;
    }
    Ok(())
}

fn written(path: &Path, format: Format, views: &[View], options: &Options) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    draw(format, views, options, &mut bytes).map_err(|error| Failure::write(path, &error))?;
    write::atomic(path, &bytes).map_err(|error| Failure::write(path, &error))?;
    Term::say(&format!("{}: written", crate::workspace::shown(path, &working())));
    Ok(())
}

fn draw(format: Format, views: &[View], options: &Options, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    match format {
        Format::Table => show::table(views, options, out),
        Format::Svg => views.iter().try_for_each(|view| show::svg(view, out)),
        Format::Html => show::html(views, options, out),
        Format::Mermaid => show::mermaid(views, out),
        Format::Json => show::json(views, options, out),
    }
}

/// A name of a chain as a name of a file: it leads nowhere else, and no two are equal, whatever the case.
fn file_name(name: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let kept: String = name.chars().map(plain).take(80).collect();
    let kept = kept.trim_matches(['.', '-']);
    let base = if kept.is_empty() { "chain" } else { kept };
    let mut free = base.to_owned();
    let mut n = 1;
    while !taken.insert(free.to_lowercase()) {
        n += 1;
        free = format!("{base}-{n}");
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_no_other_folder_and_none_is_written_twice() {
        let mut taken = HashSet::new();
        let mut of = |name: &str| file_name(name, &mut taken);
        assert_eq!(of("chat"), "chat");
        assert_eq!(of("Chat"), "Chat-2");
        assert_eq!(of("../../etc/passwd"), "etc-passwd");
        assert_eq!(of("a/b\\c"), "a-b-c");
        assert_eq!((of(".."), of("日本"), of("")), ("chain".to_owned(), "chain-2".to_owned(), "chain-3".to_owned()));
    }
}
