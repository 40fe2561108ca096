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
    #[test]
    fn the_checked_in_schema_is_the_one_of_these_types() {
        crate::report::json::tests::check_schema::<super::Report<'_>>("hoplint-show.schema.json");
    }
}
