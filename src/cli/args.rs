//! The arguments of the program, as clap reads them. The text of `--help`, the man page, the completions and
//! docs/cli.md all come from here.

use super::{
    baseline, check, diagnose, explain, generate, import, init, lsp, plan, platforms, rules, schema, shells, show,
    simulate, targets,
};
use clap::{Parser, Subcommand, ValueEnum};

/// Lints timeout chains from client to LLM provider.
///
/// Reads the chain of timeouts that a request crosses, proves whether they agree, and says at the exact place what is
/// wrong and which value repairs it.
///
/// Exit codes: 0 nothing to report; 1 findings at or above --fail-on, or a change that would be made; 2 what has no
/// place in a file (usage, a missing file, nothing to check).
#[derive(Debug, Parser)]
#[command(name = "hoplint", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Colours in the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(check::Args),
    Generate(generate::Args),
    Import(import::Args),
    Plan(plan::Args),
    Show(show::Args),
    Simulate(Box<simulate::Args>),
    Diagnose(Box<diagnose::Args>),
    Explain(explain::Args),
    Rules(rules::Args),
    Platforms(platforms::Args),
    Targets(targets::Args),
    Init(init::Args),
    Baseline(baseline::Args),
    Schema(schema::Args),
    Lsp(lsp::Args),
    Completions(shells::CompletionsArgs),
    Man(shells::ManArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    Auto,
    Always,
    Never,
}
