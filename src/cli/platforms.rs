//! `hoplint platforms`: every platform in one line each.

use super::explain::catalogue;
use super::fail::Exit;
use super::term::{Layout, Term, columns};
use crate::catalog::{Platform, Role};
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

/// List the platforms that hoplint knows
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only those that stand at this place of a chain
    #[arg(long, value_name = "ROLE", value_parser = PossibleValuesParser::new(Role::NAMES.map(|(name, _)| name)))]
    pub role: Option<String>,

    /// How to print them
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Layout::Text)]
    pub format: Layout,
}

pub fn run(args: &Args, term: Term) -> Exit {
    let (settings, failures) = catalogue();
    let wanted = |platform: &Platform| args.role.as_deref().is_none_or(|role| role == role_name(platform));
    let ids = settings.catalog.ids();
    let platforms: Vec<_> =
        ids.iter().filter_map(|id| settings.catalog.find(id)).filter(|platform| wanted(platform)).collect();
    let text = match args.format {
        Layout::Text => {
            let row = |p: &Platform| [p.id.clone(), role_name(p).to_owned(), p.name.clone()];
            let rows: Vec<[String; 3]> = platforms.iter().map(|p| row(p)).collect();
            columns(&rows, term) + "\nhoplint explain PLATFORM says all that is known of one\n"
        }
        Layout::Json => {
            let all: Vec<Value> = platforms.iter().map(|platform| described(platform)).collect();
            format!("{:#}\n", json!({ "version": 1, "platforms": all }))
        }
    };
    let mut exit = Exit { found: false, failures };
    exit.failures.extend(Term::print_text(&text).err());
    exit
}

fn described(platform: &Platform) -> Value {
    json!({
        "id": platform.id,
        "name": platform.name,
        "vendor": platform.vendor,
        "role": role_name(platform),
        "aliases": platform.aliases,
        "summary": platform.summary,
        "documentation": platform.docs,
        "versions": platform.versions,
        "timers": platform.timers.iter().map(|t| json!({"id": t.id, "native": t.native})).collect::<Vec<_>>(),
        "facets": platform.facets.iter().map(|facet| facet.id.as_str()).collect::<Vec<_>>(),
    })
}

fn role_name(platform: &Platform) -> &'static str {
    Role::NAMES.iter().find(|(_, role)| *role == platform.role).map_or("", |(name, _)| name)
}
