//! `hoplint completions` and `hoplint man`: what shells and manual readers want, made from the arguments.

use super::args::Cli;
use super::fail::{Exit, Failure};
use super::term::Term;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

/// Print completions for a shell
#[derive(Clone, Debug, clap::Args)]
pub struct CompletionsArgs {
    pub shell: Shell,
}

/// Print a manual page
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// The command; without it the page of hoplint itself
    pub command: Option<String>,
}

pub fn completions(args: &CompletionsArgs) -> Exit {
    let text = completion(args.shell);
    Term::print(|out| out.write_all(&text)).into()
}

pub fn man(args: &ManArgs) -> Exit {
    let pages = pages();
    let wanted = args.command.as_ref().map_or_else(|| "hoplint".to_owned(), |command| format!("hoplint-{command}"));
    match pages.iter().find(|(name, _)| *name == wanted) {
        Some((_, page)) => Term::print(|out| out.write_all(page)).into(),
        None => Err(Failure::Usage(format!(
            "there is no manual page `{}`; pages are {}",
            super::term::plain(&wanted),
            pages.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        )))
        .into(),
    }
}

/// The completions of one shell.
pub fn completion(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hoplint", &mut text);
    text
}

/// Every manual page by name, that of the program first.
pub fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = Cli::command();
    root.build();
    let mut pages = vec![("hoplint".to_owned(), page(&root))];
    for command in root.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = format!("hoplint-{}", command.get_name());
        pages.push((name, page(command)));
    }
    pages
}

fn page(command: &clap::Command) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = Man::new(command.clone()).render(&mut text);
    text
}
