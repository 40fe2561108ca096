//! Deployed configuration to hops: what the real files of each platform say, with the place of every value.
//!
//! One reader for each format, in a module of its own; [`READERS`] lists them. A reader states what stands in the text:
//! no defaults, no limits, no judgement. What cannot be known (variables, templates, missing includes) is marked unseen.

pub mod address;
mod apache;
pub mod bind;
mod caddy;
mod cloudformation;
mod command;
mod compose;
pub mod deployed;
mod dockerfile;
mod envoy;
pub mod fragments;
mod gunicorn;
mod haproxy;
pub mod insertion;
mod kong;
mod kubernetes;
mod litellm;
pub mod marks;
mod nginx;
mod procfile;
pub mod providers;
pub mod reader;
mod serverless;
pub mod skeleton;
pub mod store;
pub mod template;
mod terraform;
mod traefik;
pub mod tree;
pub mod units;

pub use address::{Address, Call};
pub use deployed::{Deployed, Insert, Key, Seen, Setting, Unseen};
pub use reader::{Given, Import, IncludeError, Included, Includes, Match, Reader, best};

/// The rule of a file that a template language makes.
pub const TEMPLATE: &str = "template";
/// The rule of an include that could not be followed.
pub const INCLUDE: &str = "include";

/// Every reader. The first of those that are surest of a text reads it.
pub static READERS: &[&dyn Reader] = &[
    // First, for their objects may hold files of the others.
    &kubernetes::Kubernetes,
    &kubernetes::Helm,
    &terraform::Terraform,
    // Its files may hold CloudFormation.
    &serverless::Serverless,
    &cloudformation::CloudFormation,
    &procfile::Procfile,
    &dockerfile::Dockerfile,
    &gunicorn::Gunicorn,
    &haproxy::Haproxy,
    &caddy::Caddy,
    &apache::Apache,
    &nginx::Nginx,
    &envoy::Envoy,
    &kong::Kong,
    &litellm::LiteLlm,
    &traefik::Traefik,
    &compose::Compose,
];

#[cfg(test)]
mod known_tests;
#[cfg(test)]
mod tree_tests;
