//! Terraform: load balancers, gateways, functions and CDNs of a module, from `.tf`, `.tf.json` and a plan as JSON.
//!
//! [`hcl`] parses, [`json`] brings the JSON forms into the same shape, [`values`] knows variables and locals, [`resources`]
//! which resource is which platform, [`links`] who calls whom.

mod hcl;
mod json;
mod links;
mod resources;
mod scan;
mod settings;
mod values;

use super::{Given, Import, Includes, Match, Reader, template};
use crate::diag::{Diagnostic, Severity};
use hcl::{Block, Hcl};
use std::collections::{HashMap, HashSet};
use values::Values;

pub struct Terraform;

impl Reader for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn summary(&self) -> &'static str {
        "Terraform: aws_lb, API Gateway, Lambda, CloudFront, Google, Azure and Cloudflare resources; .tf, .tf.json, plan JSON"
    }

    fn may_be(&self, path: &str) -> bool {
        let ends = |end: &str| path.strip_suffix(end).is_some();
        ends(".tf") || ends(".tf.json") || ends(".tofu") || ends(".tfvars") || (ends(".json") && path.contains("plan"))
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let ends = |end: &str| path.strip_suffix(end).is_some();
        if ends(".tf") || ends(".tf.json") || ends(".tofu") || ends(".tfvars") {
            return Match::Yes;
        }
        if ends(".json") && text.contains("\"planned_values\"") && text.contains("\"format_version\"") {
            return Match::Yes;
        }
        if text.lines().any(|line| line.starts_with("resource \"") && line.trim_end().ends_with('{')) {
            return Match::Maybe;
        }
        Match::No
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let is_json = given.text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        let template = !is_json && is_template(given.text);
        if template {
            template::note(given, out);
        }
        let hcl = if is_json { json::parse(given.text) } else { hcl::parse(given.text) };
        out.comments.extend(hcl.comments.iter().map(|span| given.loc(*span)));
        if !template {
            problems(&hcl, given, out);
        }
        settings::all(&hcl.body, given, out);
        let mut values = Values::of(&hcl.body, given);
        if !is_json {
            values.read_module(given, includes);
        }
        let resources: Vec<&Block> =
            hcl.body.blocks_of("resource").filter(|block| block.labels.len() == 2 || is_json).collect();
        let links = links::Links::of(&resources, given.text);
        for block in &resources {
            resources::hops(block, &resources, given, &values, &links, out);
        }
        unique(out);
    }
}

/// Terraform refuses two resources of one name, and a file may hold them all the same.
fn unique(out: &mut Import) {
    let mut taken: HashSet<String> = out.hops.iter().map(|hop| hop.selector.clone()).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for hop in &mut out.hops {
        let count = seen.entry(hop.selector.clone()).or_default();
        *count += 1;
        if *count == 1 {
            continue;
        }
        let base = hop.selector.clone();
        while !taken.insert(hop.selector.clone()) {
            hop.selector = format!("{base} ({count})");
            *count += 1;
        }
        *count -= 1;
        hop.hop.name.clone_from(&hop.selector);
    }
}

/// `{{` and `<%` never open an expression of Terraform; inside strings and comments they are text.
fn is_template(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let marked = line.starts_with("{{") || line.starts_with("<%") || line.contains("= {{") || line.contains("<%=");
        marked && !line.starts_with('#')
    })
}

fn problems(hcl: &Hcl, given: &Given<'_>, out: &mut Import) {
    for error in &hcl.errors {
        let mut problem =
            Diagnostic::new(error.rule, Severity::Error, error.message.clone()).label(given.loc(error.span), "");
        problem.help.clone_from(&error.help);
        out.problems.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::NoIncludes;
    use crate::span::FileId;

    #[test]
    fn two_resources_of_one_name_are_told_apart() {
        let one = |name: &str| format!("resource \"aws_lb\" \"{name}\" {{\n  idle_timeout = 60\n}}\n");
        let text = [one("a"), one("a"), one("a (2)"), one("a")].concat();
        let mut out = Import::default();
        Terraform.read(&Given { file: FileId(0), path: "m.tf", text: &text }, &NoIncludes, &mut out);
        let selectors: Vec<&str> = out.hops.iter().map(|hop| hop.selector.as_str()).collect();
        assert_eq!(selectors, ["aws_lb.a", "aws_lb.a (3)", "aws_lb.a (2)", "aws_lb.a (4)"]);
        assert!(out.hops.iter().all(|hop| hop.hop.name == hop.selector));
    }
}
