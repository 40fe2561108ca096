//! Which resource leads to which: references in the attributes that say where requests go.

use super::hcl::{Block, Expr, Value};
use crate::import::{Address, Call, Given};
use crate::span::Span;
use std::collections::HashMap;

/// A chain of listeners and target groups is no longer than this.
const MOST_STEPS: usize = 6;

/// Resources that pass requests on to others without timers of their own.
const BETWEEN: [&str; 9] = [
    "aws_lb_listener",
    "aws_alb_listener",
    "aws_lb_target_group",
    "aws_alb_target_group",
    "aws_apigatewayv2_api",
    "aws_apigatewayv2_stage",
    "aws_api_gateway_rest_api",
    "aws_api_gateway_stage",
    "aws_api_gateway_deployment",
];

/// Attributes that say where requests go.
const TARGETS: [&str; 12] = [
    "target_group_arn",
    "target_id",
    "uri",
    "integration_uri",
    "domain_name",
    "backend_service",
    "group",
    "host",
    "fqdns",
    "fqdn",
    "service_url",
    "arn",
];

/// Google's proxies have timers of their own and lead through a URL map to backend services.
const URL_MAPS: [&str; 2] = ["google_compute_url_map", "google_compute_region_url_map"];
const PROXIES: [&str; 4] = [
    "google_compute_target_https_proxy",
    "google_compute_target_http_proxy",
    "google_compute_region_target_https_proxy",
    "google_compute_region_target_http_proxy",
];

pub struct Links<'b> {
    blocks: HashMap<String, &'b Block>,
    /// The URL maps that name a backend service, and the proxies that name a URL map.
    in_front: HashMap<String, Vec<String>>,
    /// What leads on behalf of a resource: listeners of a load balancer, attachments of a target group, integrations.
    behind: HashMap<String, Vec<String>>,
}

impl<'b> Links<'b> {
    pub fn of(resources: &[&'b Block], text: &str) -> Self {
        let mut links = Self { blocks: HashMap::new(), in_front: HashMap::new(), behind: HashMap::new() };
        for block in resources {
            let own = name(block);
            links.blocks.insert(own.clone(), block);
            let kind = block.labels.first().map_or("", String::as_str);
            if URL_MAPS.contains(&kind) || PROXIES.contains(&kind) {
                expressions(block, &mut |_, value| {
                    for reference in references(value, text) {
                        links.in_front.entry(reference).or_default().push(own.clone());
                    }
                });
            }
            for owner in ["load_balancer_arn", "target_group_arn", "api_id", "rest_api_id"] {
                // A target group under `default_action` is where a listener leads, not what it belongs to.
                if let Some(attribute) = block.body.get(owner) {
                    for reference in references(&attribute.value, text) {
                        links.behind.entry(reference).or_default().push(own.clone());
                    }
                }
            }
        }
        links
    }

    /// Where a block sends requests. Listeners and target groups between are passed through.
    pub fn calls(&self, block: &Block, given: &Given<'_>) -> Vec<Call> {
        let mut calls = Vec::new();
        self.collect(block, given, MOST_STEPS, &mut calls);
        calls.sort_by(|a, b| (a.at, &a.to).cmp(&(b.at, &b.to)));
        calls.dedup();
        calls
    }

    /// The proxies whose URL maps name a backend service.
    pub fn proxies(&self, service: &Block) -> Vec<&'b Block> {
        let before = |name: &String| self.in_front.get(name).into_iter().flatten();
        let maps = before(&name(service));
        maps.flat_map(before).filter_map(|proxy| self.blocks.get(proxy).copied()).collect()
    }

    /// The resources of a type that a block leads to, through what stands between.
    pub fn reached(&self, block: &Block, kind: &str, text: &str) -> Vec<&'b Block> {
        let mut open = vec![name(block)];
        let (mut seen, mut found) = (Vec::new(), Vec::new());
        while let Some(next) = open.pop() {
            if seen.contains(&next) {
                continue;
            }
            open.extend(self.behind.get(&next).into_iter().flatten().cloned());
            if let Some(block) = self.blocks.get(&next) {
                let mut targets = Vec::new();
                expressions(block, &mut |_, value| targets.extend(references(value, text)));
                open.extend(targets.into_iter().filter(|target| BETWEEN.iter().any(|kind| is_of(target, kind))));
                if block.labels.first().is_some_and(|label| label == kind) {
                    found.push(*block);
                }
            }
            seen.push(next);
        }
        found
    }

    fn collect(&self, block: &Block, given: &Given<'_>, steps: usize, calls: &mut Vec<Call>) {
        if steps == 0 {
            return;
        }
        let mut next = Vec::new();
        expressions(block, &mut |attribute, value| {
            if !TARGETS.contains(&attribute) {
                return;
            }
            let at = given.loc(value.at);
            for reference in references(value, given.text) {
                if BETWEEN.iter().any(|kind| is_of(&reference, kind)) {
                    next.push(reference);
                } else {
                    calls.push(Call { to: Address::Resource(reference), at });
                }
            }
            calls.extend(value.as_str().and_then(address).map(|to| Call { to, at }));
        });
        next.extend(self.behind.get(&name(block)).into_iter().flatten().cloned());
        for resource in next {
            if let Some(inner) = self.blocks.get(&resource) {
                self.collect(inner, given, steps - 1, calls);
            }
        }
    }
}

/// A URL, or a host with dots.
fn address(text: &str) -> Option<Address> {
    (text.contains("://") || (text.contains('.') && !text.contains([' ', '/', ':']))).then(|| Address::parse(text))?
}

/// `aws_lb.chat`.
pub fn name(block: &Block) -> String {
    block.labels.join(".")
}

fn is_of(reference: &str, kind: &str) -> bool {
    reference.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'))
}

fn expressions(block: &Block, see: &mut impl FnMut(&str, &Expr)) {
    let mut open = vec![&block.body];
    while let Some(body) = open.pop() {
        for attribute in &body.attributes {
            see(&attribute.name, &attribute.value);
        }
        open.extend(body.blocks.iter().map(|block| &block.body));
    }
}

/// The resources that an expression names, wherever in it.
fn references(expr: &Expr, text: &str) -> Vec<String> {
    if let Value::Path(path) = &expr.value {
        return match &path[..] {
            [kind, name, ..] if kind.contains('_') => vec![format!("{kind}.{name}")],
            _ => Vec::new(),
        };
    }
    if matches!(expr.value, Value::Number(_) | Value::Bool(_) | Value::Null) {
        return Vec::new();
    }
    within(expr.at, text)
}

/// `type.name` wherever it stands in a text, outside of `var.` and `local.`.
fn within(at: Span, text: &str) -> Vec<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut found = Vec::new();
    for part in at.text(text).split(|c: char| !word(c)) {
        let mut steps = part.split('.');
        let (Some(kind), Some(name)) = (steps.next(), steps.next()) else { continue };
        let providers = ["aws_", "google_", "azurerm_", "cloudflare_"];
        if providers.iter().any(|provider| kind.starts_with(provider)) && !name.is_empty() {
            found.push(format!("{kind}.{name}"));
        }
    }
    found.dedup();
    found
}
