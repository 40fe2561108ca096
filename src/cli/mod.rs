//! The command line: arguments in, files read, bytes and an exit code out. One file per command; no rule, no platform
//! and no format of a report is known here.
#![allow(clippy::doc_markdown, reason = "the comments of arguments are the text of --help")]

pub mod args;
mod asked;
mod baseline;
mod check;
mod diagnose;
mod explain;
mod fail;
mod formats;
mod generate;
mod import;
mod init;
mod logs;
pub mod lsp;
mod plan;
mod platforms;
mod probe;
mod progress;
pub mod reference;
mod rules;
mod run;
mod samples;
pub mod schema;
pub mod shells;
mod show;
mod simulate;
mod simulate_many;
mod targets;
mod term;
mod watch;

use crate::report::clean;
use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;
use term::Term;

/// Runs the program; `serve` is the language server, which stands beside this shell.
pub fn run(serve: fn(&lsp::Args) -> ExitCode) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if std::env::args_os().any(|argument| argument.to_string_lossy().contains(clean::is_obeyed)) {
                // It may repeat what would command the terminal; colours are the smaller loss.
                Term::say(error.render().to_string().trim_end());
            } else {
                // Help that nobody reads any more is no failure.
                let _ = error.print();
            }
            return ExitCode::from(if error.use_stderr() { fail::NO_PLACE } else { fail::CLEAN });
        }
    };
    let term = Term::new(cli.color);
    let exit = match &cli.command {
        Command::Lsp(args) => return serve(args),
        Command::Check(args) => check::run(args, term),
        Command::Plan(args) => plan::run(args, term),
        Command::Show(args) => show::run(args, term),
        Command::Simulate(args) => simulate::run(args, term),
        Command::Diagnose(args) => diagnose::run(args, term),
        Command::Baseline(args) => baseline::run(args, term),
        Command::Rules(args) => rules::run(args, term),
        Command::Explain(args) => explain::run(args, term),
        Command::Platforms(args) => platforms::run(args, term),
        Command::Init(args) => init::run(args, term),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => shells::completions(args),
        Command::Man(args) => shells::man(args),
        Command::Generate(args) => generate::run(args),
        Command::Import(args) => import::run(args),
        Command::Targets(args) => targets::run(args),
    };
    term.report(&exit.failures);
    exit.code()
}
