//! A declared chain joined with the catalogue: effective timers, guards `w` and answers `S`, with provenance.
//!
//! Knows no file format and judges nothing; the rules do.

pub mod attempts;
pub mod chain;
pub mod cost;
pub mod custom;
pub mod deployed;
pub mod failure;
pub mod hop;
pub mod needs;
pub mod one;

pub use chain::{Problem, ProblemKind, Resolved, Resolver, WorkloadSource};
pub use hop::{GuardValue, HopCase, Provenance, ResolvedHop, TimerValue};
pub use needs::{Need, Needs};
