//! The JSON of `hoplint show`, version 1: the views as they are.

use crate::report::Options;
use crate::report::json::write_pretty;
use crate::show::chain::View;
use serde::Serialize;
use std::io::{self, Write};

#[cfg(test)]
use schemars::JsonSchema;

/// What `hoplint show --format json` prints.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(title = "hoplint show, version 1"))]
struct Report<'a> {
    /// The version of this format. A change that could break a reader raises it; a new field does not.
    #[cfg_attr(test, schemars(range(min = 1, max = 1)))]
    version: u32,
    /// The hoplint that wrote this.
    tool_version: &'a str,
    chains: &'a [View],
}

pub(super) fn write(views: &[View], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&Report { version: 1, tool_version: options.version, chains: views }, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::generate::SchemaSettings;

    /// Set `UPDATE_SCHEMAS=1` to write the schema anew.
    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let schema = generator.into_root_schema_for::<Report>();
        let made = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/hoplint-show.schema.json");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(made == checked_in, "{} is stale: run this test with UPDATE_SCHEMAS=1", path.display());
    }
}
