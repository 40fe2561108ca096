//! What people look at: pages as Markdown (a platform, its timers, a rule), and the view of a whole chain.
//!
//! The text comes from the platform files and the rules; only the words around it stand here. `explain`, the documentation and
//! the editor show the same pages.

pub mod chain;
pub mod index;
pub mod platform;
pub mod rule;
pub mod timer;
pub mod words;
