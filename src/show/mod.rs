//! The catalogue for readers: pages about a platform and its timers, as Markdown.
//!
//! The text comes from the platform files; only the words around it stand here. `explain`, the documentation and
//! the editor show the same pages.

pub mod platform;
pub mod timer;
mod words;
