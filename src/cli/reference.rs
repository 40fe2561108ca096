//! docs/cli.md, made from the arguments.

use super::args::Cli;
use clap::{Arg, Command, CommandFactory};
use std::fmt::Write as _;

/// The whole reference as Markdown.
pub fn markdown() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out = String::from("# The command line\n\nMade from `hoplint --help`; a test keeps it fresh.\n\n");
    put(&mut out, &long(&root));
    out.push_str("\n\n| command | what |\n| --- | --- |\n");
    for command in commands(&root) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = command.get_name();
        put(&mut out, &format!("| [`hoplint {name}`](#hoplint-{name}) | {} |\n", cell(&about)));
    }
    let global: Vec<&Arg> = root.get_arguments().filter(|a| a.is_global_set()).collect();
    out.push_str("\nWith every command:\n\n");
    arguments(&mut out, &global);
    for command in commands(&root) {
        put(&mut out, &format!("\n## hoplint {}\n\n{}\n\n", command.get_name(), long(command)));
        let usage = command.clone().render_usage().to_string();
        put(&mut out, &format!("```text\n{}\n```\n", usage.trim_start_matches("Usage: ")));
        let own: Vec<&Arg> = command
            .get_arguments()
            .filter(|a| !a.is_global_set() && !a.is_hide_set() && !["help", "version"].contains(&a.get_id().as_str()))
            .collect();
        if !own.is_empty() {
            out.push('\n');
            arguments(&mut out, &own);
        }
    }
    out
}

fn commands(root: &Command) -> impl Iterator<Item = &Command> {
    root.get_subcommands().filter(|command| command.get_name() != "help")
}

fn long(command: &Command) -> String {
    command
        .get_long_about()
        .or_else(|| command.get_about())
        .map(ToString::to_string)
        .unwrap_or_default()
        .replace('*', "\\*")
}

fn arguments(out: &mut String, arguments: &[&Arg]) {
    out.push_str("| argument | what |\n| --- | --- |\n");
    for argument in arguments {
        let mut what = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|_| argument.get_action().takes_values())
            .map(|value| match value.get_help() {
                Some(help) => format!("`{}` ({help})", value.get_name()),
                None => format!("`{}`", value.get_name()),
            })
            .collect();
        if !values.is_empty() {
            let _ = write!(what, ": {}", values.join(", "));
        }
        let defaults: Vec<_> = argument.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        if !defaults.is_empty() && argument.get_action().takes_values() {
            let _ = write!(what, ". Default: `{}`", defaults.join(" "));
        }
        put(out, &format!("| `{}` | {} |\n", cell(&spelled(argument)), cell(&what)));
    }
}

fn spelled(argument: &Arg) -> String {
    let names = [argument.get_short().map(|c| format!("-{c}")), argument.get_long().map(|name| format!("--{name}"))];
    let names: Vec<String> = names.into_iter().flatten().collect();
    let values: Vec<String> = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    match (names.is_empty(), argument.get_action().takes_values()) {
        (true, _) => values.join(" "),
        (false, true) => format!("{} {}", names.join(", "), values.join(" ")),
        (false, false) => names.join(", "),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn put(out: &mut String, text: &str) {
    out.push_str(text);
}
