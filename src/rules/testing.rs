//! Chains as text to findings, for the small tests of the rules.

use super::{ALL, Context, Findings, fold};
use crate::catalog::store::Catalog;
use crate::config::Thresholds;
use crate::diag::{Diagnostic, Severity};
use crate::model::decode::chains;
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::span::FileId;
use crate::syntax::decode::Ctx;
use crate::syntax::{Format, parse};

/// Every finding on the chains of a YAML text, which must be sound.
pub fn lint(text: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for chain in resolve(text) {
        let context = Context::new(&chain, Thresholds::default());
        let mut findings = Findings::default();
        for rule in ALL {
            (rule.check)(&context, &mut findings);
        }
        fold::fold(&mut findings);
        found.extend(findings.found.into_iter().map(|finding| finding.diagnostic));
    }
    found
}

/// The only chain of a YAML text.
pub fn resolved(text: &str) -> Resolved {
    resolve(text).pop().expect("a chain")
}

fn resolve(text: &str) -> Vec<Resolved> {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId(0), text, Format::Yaml, &parsed);
    let chains = parsed.root.as_ref().map(|root| chains(root, "test", &mut ctx)).unwrap_or_default();
    assert!(ctx.diagnostics.is_empty(), "{:#?}", ctx.diagnostics);
    let catalog = Catalog::default();
    let mut resolver = Resolver::new(&catalog, ChainDefaults::default());
    chains.iter().map(|chain| resolver.resolve(chain)).collect()
}

/// The chains of a text that may have mistakes.
pub fn chains_in(text: &str) -> Vec<Resolved> {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId(0), text, Format::Yaml, &parsed);
    let chains = parsed.root.as_ref().map(|root| chains(root, "test", &mut ctx)).unwrap_or_default();
    let catalog = Catalog::default();
    let mut resolver = Resolver::new(&catalog, ChainDefaults::default());
    chains.iter().map(|chain| resolver.resolve(chain)).filter(|chain| !chain.hops.is_empty()).collect()
}

/// Whether a rule reports anything on a text.
pub fn fires(text: &str, rule: &str) -> bool {
    lint(text).iter().any(|d| d.rule == rule)
}

/// The severity of a rule's first finding on a text.
pub fn severity(text: &str, rule: &str) -> Option<&'static str> {
    lint(text).iter().find(|d| d.rule == rule).map(|d| Severity::name(d.severity))
}
