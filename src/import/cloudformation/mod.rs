//! `CloudFormation` and SAM: load balancers, gateways, functions and distributions of a template in YAML or JSON.
//!
//! [`template`] knows parameters, mappings and the functions that lead to them, [`resources`] which resource is which
//! platform, [`links`] who calls whom.

mod links;
mod resources;
mod settings;
mod template;

use super::tree::{Dialect, Tree, entries};
use super::{Given, Import, Includes, Match, Reader};
use template::Template;

pub struct CloudFormation;

/// `{{resolve:ssm:name}}` is a reference that the service fills in, and no mark of a template language.
const DIALECT: Dialect = Dialect { own: &["{{resolve:"], hides: dynamic_reference };

fn dynamic_reference(text: &str) -> Option<String> {
    text.contains("{{resolve:").then(|| "a dynamic reference".to_owned())
}

impl Reader for CloudFormation {
    fn name(&self) -> &'static str {
        "cloudformation"
    }

    fn summary(&self) -> &'static str {
        "CloudFormation and SAM templates: load balancers, API Gateway, Lambda, CloudFront"
    }

    fn may_be(&self, path: &str) -> bool {
        [".yaml", ".yml", ".json", ".template"].iter().any(|ending| path.ends_with(ending))
    }

    fn knows(&self, _: &str, text: &str) -> Match {
        if !text.contains("Resources") && !text.contains("AWS::") {
            return Match::No;
        }
        let resources = text.contains("Resources:") || text.contains("\"Resources\"");
        let types = text.contains("AWS::") || text.contains("Type: Custom::");
        match () {
            () if resources && text.contains("AWSTemplateFormatVersion") => Match::Yes,
            () if resources && types && text.contains("Type") => Match::Yes,
            () if text.contains("AWS::Serverless") => Match::Maybe,
            () => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, DIALECT);
        for document in &tree.documents(out) {
            let Some(root) = &document.parsed.root else { continue };
            settings::keep(&tree, root, out);
            let template = Template::of(root, &tree);
            for entry in root.get("Resources").map(entries).unwrap_or_default() {
                resources::hops(entry, &template, given, out);
            }
        }
        out.settings.sort_by_key(|setting| setting.at);
    }
}
