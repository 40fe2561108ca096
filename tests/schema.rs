//! The schemas of the files that people write: made from types, checked in, and equal to the decoder.

#[path = "schema/broken.rs"]
mod broken;
#[path = "schema/by_platform.rs"]
mod by_platform;
#[path = "schema/chain.rs"]
mod chain;
#[path = "schema/config.rs"]
mod config;
#[path = "schema/config_differential.rs"]
mod config_differential;
#[path = "schema/differential.rs"]
mod differential;
#[path = "schema/documents.rs"]
mod documents;
#[path = "schema/made.rs"]
mod made;
#[path = "schema/text.rs"]
mod text;
#[path = "schema/words.rs"]
mod words;

#[test]
fn the_chain_schema_is_up_to_date() {
    made::assert_checked_in("hoplint-chain.schema.json", &made::schema::<chain::ChainFile>());
}

#[test]
fn the_config_schema_is_up_to_date() {
    made::assert_checked_in("hoplint-config.schema.json", &made::schema::<config::Settings>());
}
