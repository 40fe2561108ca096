//! The language server over its pipes: what an editor sends and what it gets.
#![allow(clippy::unwrap_used, reason = "tests")]

mod actions;
mod anywhere;
mod client;
mod complete;
mod equality;
mod fresh;
mod hover;
mod navigate;
mod page;
mod sync;
mod torture;
