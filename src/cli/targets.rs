//! `hoplint targets`: what `hoplint generate` can write, and what a template can use.

use super::fail::{Exit, Failure};
use super::run::working;
use super::term::{Term, plain};
use crate::catalog::store::Catalog;
use crate::generate::render::{FILTERS, VARIABLES};
use crate::generate::target::Target;
use crate::span::FileId;
use crate::text::nearest;
use crate::workspace::settings::{Choice, Finder, NAME};
use crate::workspace::templates::{self, Folder};
use std::fmt::Write as _;
use std::path::PathBuf;

/// List what `hoplint generate` can write
///
/// With a name: also the variables and filters that its templates can use. Targets of your own, from the `templates` of
/// hoplint.toml or from --templates, are listed with the built-in ones.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only this target, with its variables
    #[arg(value_name = "TARGET")]
    pub name: Option<String>,

    /// Folders with targets of your own
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub templates: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Exit {
    let working = working();
    let mut finder = Finder::new(Choice::Closest, &working, 0);
    let settings = finder.of(&working.join(NAME));
    let settings = finder.get(settings);
    let mut folders = settings.templates();
    folders.extend(args.templates.iter().map(|path| Folder { path: path.clone(), named: None }));
    let targets = templates::load(&folders, &working, FileId::default());
    let mut failures: Vec<Failure> = targets.failures.iter().map(|(path, why)| Failure::read(path, why)).collect();
    let mut out = String::new();
    match &args.name {
        None => targets.all.iter().for_each(|target| out += &summary(target)),
        Some(name) => {
            if let Some(target) = targets.all.iter().find(|target| target.id == *name) {
                out = summary(target) + &variables(target, &settings.catalog);
            } else {
                let near = nearest(name, targets.all.iter().map(|target| target.id.as_str()));
                let help =
                    near.map_or("`hoplint targets` lists all".to_owned(), |near| format!("did you mean {near}?"));
                failures.push(Failure::Usage(format!("there is no target {}; {help}", plain(name))));
            }
        }
    }
    for finding in &targets.findings {
        // The commands that use them say where.
        Term::say(&plain(&format!("error: {}; `hoplint generate` says where", finding.message)));
    }
    failures.extend(Term::print_text(&out).err());
    Exit { found: !targets.findings.is_empty(), failures }
}

fn summary(target: &Target) -> String {
    let mut out = format!("{}\n  {}\n  platforms: {}\n", target.id, target.summary, target.platforms.join(", "));
    for file in &target.files {
        let own = if file.origin.starts_with("built-in") { String::new() } else { format!(" ({})", file.origin) };
        let _ = writeln!(out, "  {}: {}{own}", file.name, file.summary);
    }
    out
}

fn variables(target: &Target, catalog: &Catalog) -> String {
    let mut out = String::from("\nVariables of its templates\n");
    let timers = target.files.iter().flat_map(|file| &file.timers);
    let mut told: Vec<&String> = Vec::new();
    for id in timers {
        if told.contains(&id) {
            continue;
        }
        told.push(id);
        let mut platforms = target.platforms.iter().filter_map(|platform| catalog.find(platform));
        let about = platforms.find_map(|p| p.timer(id).map(|t| format!("{}: {}", t.native, t.summary)));
        let _ = writeln!(out, "  timers.{}  {}", id.replace('-', "_"), about.unwrap_or_default());
    }
    out += "    .value is what to write, .default what holds unsaid, .stated whether the chain says it\n";
    for (name, about) in VARIABLES {
        let _ = writeln!(out, "  {name}  {about}");
    }
    out += "\nFilters; a text can be printed through one of them only\n";
    for (name, about) in FILTERS {
        let _ = writeln!(out, "  {name}  {about}");
    }
    out
}
