//! `hoplint explain`: the page of a rule, a platform or one of its timers.

use super::fail::{Exit, Failure};
use super::run::working;
use super::term::{Term, plain};
use crate::rules;
use crate::show;
use crate::text::nearest;
use crate::workspace::settings::{Choice, Finder, Settings};
use std::sync::Arc;

/// Explain a rule, a platform or a timer
///
/// Prints what a rule looks for and why, or all that is known of a platform or one of its timers, with the source of
/// every number: hoplint explain order-inverted, hoplint explain nginx, hoplint explain nginx.read
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A rule, a platform, or a platform and a timer joined by a dot
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

pub fn run(args: &Args, term: Term) -> Exit {
    let (settings, failures) = catalogue();
    let mut exit = Exit { found: false, failures };
    let mut pages = Vec::new();
    for name in &args.names {
        match page(name, &settings) {
            Ok(page) => pages.push(page),
            Err(failure) => exit.failures.push(failure),
        }
    }
    let text = pages.join("\n");
    exit.failures.extend(Term::print_text(&if term.color { painted(&text) } else { text }).err());
    exit
}

/// The platforms as the folder of the run sees them: its settings may add some.
pub fn catalogue() -> (Arc<Settings>, Vec<Failure>) {
    let working = working();
    let mut finder = Finder::new(Choice::Closest, &working, 0);
    let settings = finder.of(&working.join("any"));
    let failures = finder.failures.iter().map(|(path, why)| Failure::read(path, why)).collect();
    (finder.get(settings), failures)
}

fn page(name: &str, settings: &Settings) -> Result<String, Failure> {
    if let Some(rule) = rules::find(name) {
        return Ok(show::rule::page(rule));
    }
    if let Some(about) = rules::form_of_a_file(name) {
        return Ok(format!("# {name}\n\n{about}\n"));
    }
    if let Some(platform) = settings.catalog.find(name) {
        return Ok(show::platform::page(&platform));
    }
    // A platform's name may hold a dot, a timer's native name as well.
    for (at, _) in name.match_indices('.') {
        let (platform, timer) = (&name[..at], &name[at + 1..]);
        let Some(platform) = settings.catalog.find(platform) else { continue };
        let is =
            |t: &&crate::catalog::Timer| t.id == timer || t.native == timer || t.native_also.iter().any(|n| n == timer);
        if let Some(found) = platform.timers.iter().find(is) {
            return Ok(show::timer::page(&platform, found));
        }
        let known: Vec<&str> = platform.timers.iter().map(|t| t.id.as_str()).collect();
        let native = platform.timers.iter().map(|t| t.native.as_str());
        let near = nearest(timer, known.iter().copied().chain(native)).map(|near| format!("; did you mean {near}?"));
        return Err(Failure::Usage(format!(
            "{} has no timer `{}`{} Its timers are {}",
            platform.id,
            plain(timer),
            near.unwrap_or_else(|| ".".to_owned()),
            known.join(", ")
        )));
    }
    let known = rules::names().into_iter().chain(settings.catalog.names());
    Err(Failure::Usage(match nearest(name, known) {
        Some(near) => format!("nothing is called `{}`; did you mean {near}?", plain(name)),
        None => {
            format!("nothing is called `{}`; `hoplint rules` and `hoplint platforms` list what there is", plain(name))
        }
    }))
}

/// Markdown with its headings in bold.
fn painted(text: &str) -> String {
    let paint =
        |line: &str| if line.starts_with('#') { format!("\u{1b}[1m{line}\u{1b}[0m\n") } else { format!("{line}\n") };
    text.lines().map(paint).collect::<Vec<_>>().concat()
}
