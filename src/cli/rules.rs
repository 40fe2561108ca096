//! `hoplint rules`: every rule in one line each.

use super::fail::Exit;
use super::term::{Layout, Term, columns};
use crate::diag::Applicability;
use crate::report::rule_url;
use crate::rules::{ALL, Rule};
use serde_json::{Value, json};

/// List the rules
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How to print them
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Layout::Text)]
    pub format: Layout,
}

pub fn run(args: &Args, term: Term) -> Exit {
    let text = match args.format {
        Layout::Text => {
            let rows: Vec<[String; 3]> =
                ALL.iter().map(|r| [r.name.to_owned(), r.level.name().to_owned(), r.summary.to_owned()]).collect();
            columns(&rows, term) + "\nhoplint explain RULE says more about one\n"
        }
        Layout::Json => {
            let rules: Vec<Value> = ALL.iter().map(|rule| described(rule)).collect();
            format!("{:#}\n", json!({ "version": 1, "rules": rules }))
        }
    };
    Term::print_text(&text).into()
}

fn described(rule: &Rule) -> Value {
    json!({
        "name": rule.name,
        "level": rule.level.name(),
        "summary": rule.summary,
        "fix": rule.fix.map(|fix| match fix {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Display => "display",
        }),
        "documentation": rule_url(rule.name),
    })
}
