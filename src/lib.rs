//! The hoplint engine. ARCHITECTURE.md has the map; `tests/layers.rs` keeps imports pointing down.
#![forbid(unsafe_code)]

pub mod diag;
pub mod duration;
pub mod files;
pub mod span;
pub mod syntax;
