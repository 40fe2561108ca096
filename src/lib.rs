//! The hoplint engine. ARCHITECTURE.md has the map; `tests/layers.rs` keeps imports pointing down.
#![forbid(unsafe_code)]

/// The platforms that `build.rs` embeds. A macro, since the script compiles the catalogue too, before there are any.
macro_rules! embedded_platforms {
    () => {
        include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
    };
}

pub mod baseline;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod diag;
pub mod diagnose;
pub mod duration;
pub mod engine;
pub mod files;
pub mod fix;
pub mod generate;
pub mod import;
pub mod lsp;
pub mod model;
pub mod report;
pub mod resolve;
pub mod rules;
pub mod show;
pub mod simulate;
pub mod solve;
pub mod span;
pub mod suppress;
pub mod syntax;
pub mod text;
pub mod workspace;
