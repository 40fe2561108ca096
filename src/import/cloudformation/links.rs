//! Which resource leads to which: the logical ids that `Ref`, `GetAtt` and `Sub` name where requests go.

use super::template::{Template, function};
use crate::import::tree::{entries, items};
use crate::import::{Address, Call};
use crate::syntax::{Kind, Node};

/// A chain of listeners and target groups is no longer than this.
const MOST_STEPS: usize = 6;

/// Resources that pass requests on to others without timers of their own.
const BETWEEN: [&str; 8] = [
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGateway::Resource",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
];

/// Properties that say where requests go.
const TARGETS: [&str; 8] =
    ["TargetGroupArn", "TargetId", "Id", "Uri", "IntegrationUri", "DomainName", "Targets", "TargetGroups"];

/// The property by which a resource belongs to another one.
const OWNERS: [&str; 3] = ["LoadBalancerArn", "RestApiId", "ApiId"];

/// Where a resource, or a part of it, sends requests.
pub fn calls(id: &str, part: &Node<'_>, template: &Template<'_>) -> Vec<Call> {
    let mut found = Vec::new();
    collect(id, part, template, MOST_STEPS, &mut found);
    found.retain(|call| call.to != Address::Resource(id.to_owned()));
    found.sort_by(|a, b| (&a.to, b.at).cmp(&(&b.to, a.at)));
    found.dedup_by(|a, b| a.to == b.to);
    found
}

/// The resources of a type that belong to one or that it leads to, through what stands between.
pub fn reached<'n>(id: &str, kind: &str, template: &Template<'n>) -> Vec<(&'n str, &'n Node<'n>)> {
    let (mut open, mut seen, mut found) = (vec![id.to_owned()], Vec::new(), Vec::new());
    while let Some(next) = open.pop() {
        if seen.contains(&next) {
            continue;
        }
        for entry in resources(template) {
            let belongs = owners(&entry.value).contains(&next);
            let is = entry.key.text == next;
            if is {
                let mut targets = Vec::new();
                named(&entry.value, &mut targets);
                open.extend(targets.into_iter().filter(|id| is_between(id, template)));
                if type_of(&entry.value) == kind {
                    found.push((entry.key.text.as_ref(), &entry.value));
                }
            } else if belongs {
                open.push(entry.key.text.to_string());
            }
        }
        seen.push(next);
    }
    found
}

fn collect(id: &str, part: &Node<'_>, template: &Template<'_>, steps: usize, calls: &mut Vec<Call>) {
    if steps == 0 {
        return;
    }
    let mut next = Vec::new();
    walk(part, &mut |key, value| {
        if !TARGETS.contains(&key) {
            return;
        }
        let at = template.tree.node_loc(value);
        let mut ids = Vec::new();
        named(value, &mut ids);
        for id in ids {
            if is_between(&id, template) {
                next.push(id);
            } else if template.root.get("Resources").and_then(|r| r.get(&id)).is_some() {
                calls.push(Call { to: Address::Resource(id), at });
            }
        }
        let text = value.as_str().filter(|text| text.contains("://") || (text.contains('.') && key == "DomainName"));
        calls.extend(text.and_then(Address::parse).map(|to| Call { to, at }));
    });
    let belonging = resources(template).iter().filter(|entry| owners(&entry.value).iter().any(|owner| owner == id));
    next.extend(belonging.map(|entry| entry.key.text.to_string()));
    for inner in next {
        let found = resources(template).iter().find(|entry| entry.key.text == inner && inner != id);
        if let Some(entry) = found {
            collect(&inner, &entry.value, template, steps - 1, calls);
        }
    }
}

fn resources<'n>(template: &Template<'n>) -> &'n [crate::syntax::Entry<'n>] {
    template.root.get("Resources").map(entries).unwrap_or_default()
}

pub fn type_of<'n>(resource: &'n Node<'n>) -> &'n str {
    resource.get("Type").and_then(Node::as_str).unwrap_or_default()
}

fn is_between(id: &str, template: &Template<'_>) -> bool {
    let resource = template.root.get("Resources").and_then(|resources| resources.get(id));
    resource.is_some_and(|resource| BETWEEN.contains(&type_of(resource)))
}

fn owners(resource: &Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for entry in resource.get("Properties").map(entries).unwrap_or_default() {
        if OWNERS.contains(&entry.key.text.as_ref()) {
            named(&entry.value, &mut found);
        }
    }
    found
}

fn walk<'n>(node: &'n Node<'n>, see: &mut impl FnMut(&'n str, &'n Node<'n>)) {
    for entry in entries(node) {
        see(&entry.key.text, &entry.value);
        walk(&entry.value, see);
    }
    for item in items(node) {
        walk(item, see);
    }
    if let Kind::Tagged(tagged) = &node.kind {
        walk(&tagged.value, see);
    }
}

/// The logical ids that a value names.
pub fn named<'n>(node: &'n Node<'n>, found: &mut Vec<String>) {
    if let Some(function) = function(node) {
        match (function.name, &function.argument.kind) {
            ("Ref", Kind::Str(id)) => found.push(id.to_string()),
            ("GetAtt", Kind::Str(path)) => found.extend(path.split('.').next().map(str::to_owned)),
            ("GetAtt", Kind::Seq(parts)) => found.extend(parts.first().and_then(Node::as_str).map(str::to_owned)),
            ("Sub", Kind::Str(text)) => substituted(text, found),
            ("Sub", Kind::Seq(parts)) => {
                if let Some(text) = parts.first().and_then(Node::as_str) {
                    substituted(text, found);
                }
                parts.iter().skip(1).for_each(|part| named(part, found));
            }
            _ => named(function.argument, found),
        }
        return;
    }
    for value in entries(node).iter().map(|entry| &entry.value).chain(items(node)) {
        named(value, found);
    }
}

/// The ids in `arn:aws:...:${Function.Arn}/invocations`; `${!Literal}` is none.
fn substituted(text: &str, found: &mut Vec<String>) {
    for part in text.split("${").skip(1) {
        let id = part.split(['}', '.']).next().unwrap_or_default();
        if !id.is_empty() && !id.starts_with('!') && !id.contains("::") {
            found.push(id.to_owned());
        }
    }
}
