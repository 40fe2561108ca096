//! Pages for readers, as Markdown: a platform, its timers, a rule.
//!
//! The text comes from the platform files and the rules; only the words around it stand here. `explain`, the documentation and
//! the editor show the same pages.

pub mod index;
pub mod platform;
pub mod rule;
pub mod timer;
pub mod words;
