//! The language server over its pipes: what an editor sends and what it gets.
#![allow(clippy::unwrap_used, reason = "tests")]

mod actions;
mod client;
mod equality;
mod hover;
mod sync;
