//! Which resource is which platform, and which of its properties are timers. The numbers stand in the catalogue.

use super::links::{calls, named, reached, type_of};
use super::template::Template;
use crate::catalog::Unit;
use crate::import::tree::{Form, MILLIS, SECONDS, entries, entry, items};
use crate::import::{Address, Call, Deployed, Given, Import, Key};
use crate::model::RetrySpec;
use crate::span::Located;
use crate::syntax::{Entry, Node};

/// A type of resource that stands for a hop.
struct Resource {
    kind: &'static str,
    platform: &'static str,
    /// Property, timer of the catalogue, and form.
    timers: &'static [(&'static [&'static str], &'static str, Form)],
    inserts: &'static [Key],
}

const fn key(timer: &'static str, key: &'static str, unit: Unit) -> Key {
    Key { timer, key, unit }
}

const RESOURCES: &[Resource] = &[
    Resource {
        kind: "AWS::ElasticLoadBalancing::LoadBalancer",
        platform: "aws-elb-classic",
        timers: &[(&["ConnectionSettings", "IdleTimeout"], "idle", SECONDS)],
        inserts: &[],
    },
    Resource {
        kind: "AWS::ApiGateway::Method",
        platform: "aws-apigateway-rest",
        timers: &[(&["Integration", "TimeoutInMillis"], "integration", MILLIS)],
        inserts: &[],
    },
    Resource {
        kind: "AWS::ApiGatewayV2::Integration",
        platform: "aws-apigateway-http",
        timers: &[(&["TimeoutInMillis"], "integration", MILLIS)],
        inserts: &[key("integration", "TimeoutInMillis", Unit::Millis)],
    },
    Resource {
        kind: "AWS::Lambda::Function",
        platform: "aws-lambda",
        timers: &[(&["Timeout"], "function", SECONDS)],
        inserts: &[key("function", "Timeout", Unit::Seconds)],
    },
    Resource {
        kind: "AWS::Serverless::Function",
        platform: "aws-lambda",
        timers: &[(&["Timeout"], "function", SECONDS)],
        inserts: &[key("function", "Timeout", Unit::Seconds)],
    },
];

/// Attributes of a load balancer by their keys.
const BALANCER: [(&str, &str); 2] =
    [("idle_timeout.timeout_seconds", "idle"), ("client_keep_alive.seconds", "client-keepalive")];
const DRAINING: [(&str, &str); 1] = [("deregistration_delay.timeout_seconds", "deregistration-delay")];
const TCP_IDLE: [(&str, &str); 1] = [("tcp.idle_timeout.seconds", "idle")];

/// What an origin of a distribution may set.
const ORIGIN: [(&[&str], &str); 5] = [
    (&["CustomOriginConfig", "OriginReadTimeout"], "origin-read"),
    (&["CustomOriginConfig", "OriginKeepaliveTimeout"], "origin-keepalive"),
    (&["VpcOriginConfig", "OriginReadTimeout"], "origin-read"),
    (&["ConnectionTimeout"], "origin-connect"),
    (&["ResponseCompletionTimeout"], "response-completion"),
];
const ORIGIN_KEYS: [Key; 1] = [key("origin-connect", "ConnectionTimeout", Unit::Seconds)];

/// The hops that a resource stands for.
pub fn hops<'n>(of: &'n Entry<'n>, template: &Template<'n>, given: &Given<'_>, out: &mut Import) {
    let (id, resource) = (of.key.text.as_ref(), &of.value);
    let kind = type_of(resource);
    match kind {
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => out.hops.extend(balancer(of, template, given)),
        "AWS::CloudFront::Distribution" => distribution(of, template, given, out),
        _ => {
            let Some(known) = RESOURCES.iter().find(|known| known.kind == kind) else { return };
            let mut hop = hop(known.platform, id.to_owned(), of, template, given);
            for (path, timer, form) in known.timers {
                if let Some(found) = resource.get("Properties").and_then(|properties| under(properties, path)) {
                    set(&mut hop, timer, found, *form, template);
                }
            }
            if let Some(properties) = resource.get("Properties").filter(|_| !known.inserts.is_empty()) {
                hop.inserts.extend(template.tree.insert(properties, known.inserts, false));
            }
            facets(&mut hop, of, template);
            if kind == "AWS::Serverless::Function" {
                serverless(of, template, given, hop, out);
                return;
            }
            if kind == "AWS::ApiGatewayV2::Integration" && is_websocket(resource, template) {
                "aws-apigateway-websocket".clone_into(&mut hop.hop.platform.value);
            }
            for owner in ["RestApiId", "ApiId"] {
                let mut apis = Vec::new();
                if let Some(api) = resource.get("Properties").and_then(|properties| properties.get(owner)) {
                    named(api, &mut apis);
                }
                hop.answers.extend(apis.into_iter().map(Address::Resource));
            }
            out.hops.push(hop);
        }
    }
}

/// How an answer is passed on, and by which kind of endpoint.
fn facets<'n>(hop: &mut Deployed, of: &'n Entry<'n>, template: &Template<'n>) {
    let properties = of.value.get("Properties");
    match type_of(&of.value) {
        "AWS::ApiGateway::Method" => {
            let mode = properties.and_then(|p| under(p, &["Integration", "ResponseTransferMode"]));
            facet(hop, "mode", mode.map(|mode| &mode.value), template);
            let mut apis = Vec::new();
            if let Some(api) = properties.and_then(|p| p.get("RestApiId")) {
                named(api, &mut apis);
            }
            let api = apis.first().and_then(|api| template.root.get("Resources")?.get(api)?.get("Properties"));
            let types = api.and_then(|api| api.get("EndpointConfiguration")?.get("Types")).map(items);
            if let Some(kind) = types.and_then(<[_]>::first)
                && let Some(word) = template.word(kind)
            {
                hop.with("endpoint", &word.to_ascii_lowercase(), template.tree.node_loc(kind));
            }
        }
        "AWS::Lambda::Function" => {
            let url = function_url(of.key.text.as_ref(), template);
            facet(hop, "invoke-mode", url.and_then(|url| url.get("InvokeMode")), template);
        }
        "AWS::Serverless::Function" => {
            let url = properties.and_then(|p| under(p, &["FunctionUrlConfig", "InvokeMode"]));
            facet(hop, "invoke-mode", url.map(|mode| &mode.value), template);
        }
        _ => {}
    }
}

fn facet<'n>(hop: &mut Deployed, facet: &str, value: Option<&'n Node<'n>>, template: &Template<'n>) {
    if let Some(value) = value
        && let Some(word) = template.word(value)
    {
        hop.with(facet, word, template.tree.node_loc(value));
    }
}

/// The URL of a function, where the template has one.
fn function_url<'n>(id: &str, template: &Template<'n>) -> Option<&'n Node<'n>> {
    let resources = template.root.get("Resources").map(entries).unwrap_or_default();
    resources.iter().filter(|other| type_of(&other.value) == "AWS::Lambda::Url").find_map(|url| {
        let properties = url.value.get("Properties")?;
        let mut functions = Vec::new();
        named(properties.get("TargetFunctionArn")?, &mut functions);
        functions.iter().any(|function| function == id).then_some(properties)
    })
}

fn hop(platform: &str, selector: String, of: &Entry<'_>, template: &Template<'_>, given: &Given<'_>) -> Deployed {
    let id = of.key.text.as_ref();
    let mut hop = Deployed::new(platform, selector, given.loc(of.key.span), template.tree.node_loc(&of.value));
    hop.answers.push(Address::Resource(id.to_owned()));
    hop.calls = calls(id, &of.value, template);
    hop
}

fn under<'n>(node: &'n Node<'n>, path: &[&str]) -> Option<&'n Entry<'n>> {
    let (last, first) = path.split_last()?;
    let mut node = node;
    for key in first {
        node = node.get(key)?;
    }
    entry(node, last)
}

fn set<'n>(hop: &mut Deployed, timer: &str, found: &'n Entry<'n>, form: Form, template: &Template<'n>) {
    set_at(hop, timer, found, &found.value, form, template);
}

fn set_at<'n>(
    hop: &mut Deployed,
    timer: &str,
    key: &Entry<'_>,
    value: &'n Node<'n>,
    form: Form,
    template: &Template<'n>,
) {
    if let Some((seen, at)) = template.time(value, form) {
        hop.set(timer, template.tree.loc(key.key.span), at, seen, form.unit);
    }
}

fn balancer<'n>(of: &'n Entry<'n>, template: &Template<'n>, given: &Given<'_>) -> Option<Deployed> {
    let (id, properties) = (of.key.text.as_ref(), of.value.get("Properties"));
    let kind = properties.and_then(|p| p.get("Type")).and_then(|kind| template.word(kind)).unwrap_or("application");
    match kind {
        "network" => {
            let mut hop = hop("aws-nlb", id.to_owned(), of, template, given);
            for (_, listener) in reached(id, "AWS::ElasticLoadBalancingV2::Listener", template) {
                attributes(&mut hop, listener, "ListenerAttributes", &TCP_IDLE, template);
            }
            Some(hop)
        }
        "gateway" => None,
        _ => {
            let mut hop = hop("aws-alb", id.to_owned(), of, template, given);
            attributes(&mut hop, &of.value, "LoadBalancerAttributes", &BALANCER, template);
            let groups = reached(id, "AWS::ElasticLoadBalancingV2::TargetGroup", template);
            for (_, group) in groups.into_iter().take(1) {
                attributes(&mut hop, group, "TargetGroupAttributes", &DRAINING, template);
            }
            Some(hop)
        }
    }
}

fn attributes<'n>(
    hop: &mut Deployed,
    resource: &'n Node<'n>,
    list: &str,
    known: &[(&str, &str)],
    template: &Template<'n>,
) {
    let found = resource.get("Properties").and_then(|properties| properties.get(list)).map(items);
    for item in found.unwrap_or_default() {
        let (Some(name), Some(value)) = (entry(item, "Key"), item.get("Value")) else { continue };
        let option = name.value.as_str().unwrap_or_default();
        if let Some((_, timer)) = known.iter().find(|(key, _)| *key == option) {
            set_at(hop, timer, name, value, SECONDS, template);
        }
    }
}

fn distribution<'n>(of: &'n Entry<'n>, template: &Template<'n>, given: &Given<'_>, out: &mut Import) {
    let id = of.key.text.as_ref();
    let config = of.value.get("Properties").and_then(|properties| properties.get("DistributionConfig"));
    let origins = config.and_then(|config| config.get("Origins")).map(items).unwrap_or_default();
    for (i, origin) in origins.iter().enumerate() {
        let name = origin.get("Id").and_then(|id| template.word(id));
        let name = name.map_or_else(|| i.to_string(), str::to_owned);
        let mut hop = hop("aws-cloudfront", format!("{id}/origin {name}"), of, template, given);
        hop.also.push(id.to_owned());
        (hop.hop.at, hop.hop.body) = (template.tree.node_loc(origin), template.tree.node_loc(origin));
        hop.calls = calls(id, origin, template);
        for (path, timer) in ORIGIN {
            if let Some(found) = under(origin, path) {
                set(&mut hop, timer, found, SECONDS, template);
            }
        }
        hop.hop.retries = entry(origin, "ConnectionAttempts").and_then(|attempts| connections(attempts, template));
        hop.inserts.extend(template.tree.insert(origin, &ORIGIN_KEYS, false));
        out.hops.push(hop);
    }
}

fn connections<'n>(of: &'n Entry<'n>, template: &Template<'n>) -> Option<RetrySpec> {
    let literal = template.literal(&of.value).ok()?;
    let attempts = template.tree.count(literal).filter(|n| *n > 0)?;
    Some(RetrySpec {
        attempts: Some(Located::new(attempts, template.tree.value_loc(literal))),
        ..RetrySpec::at(template.tree.loc(of.key.span))
    })
}

/// A function of SAM takes what `Globals` sets, and its events stand for an API in front of it.
fn serverless<'n>(
    of: &'n Entry<'n>,
    template: &Template<'n>,
    given: &Given<'_>,
    mut function: Deployed,
    out: &mut Import,
) {
    let id = of.key.text.as_ref();
    let properties = of.value.get("Properties");
    if properties.is_none_or(|properties| entry(properties, "Timeout").is_none())
        && let Some(global) = under(template.root, &["Globals", "Function", "Timeout"])
    {
        set(&mut function, "function", global, SECONDS, template);
    }
    let events = properties.and_then(|properties| properties.get("Events")).map(entries).unwrap_or_default();
    for event in events {
        let platform = match type_of(&event.value) {
            "Api" => "aws-apigateway-rest",
            "HttpApi" => "aws-apigateway-http",
            _ => continue,
        };
        let name = format!("{id}/event {}", event.key.text);
        let mut api = Deployed::new(platform, name, given.loc(event.key.span), template.tree.node_loc(&event.value));
        let timeout = under(&event.value, &["Properties", "TimeoutInMillis"]);
        let global = under(template.root, &["Globals", "HttpApi", "TimeoutInMillis"]);
        if let Some(timeout) = timeout.or(global).filter(|_| platform == "aws-apigateway-http") {
            set(&mut api, "integration", timeout, MILLIS, template);
        }
        api.calls.push(Call { to: Address::Resource(id.to_owned()), at: given.loc(event.key.span) });
        out.hops.push(api);
    }
    out.hops.push(function);
}

fn is_websocket<'n>(integration: &'n Node<'n>, template: &Template<'n>) -> bool {
    let mut apis = Vec::new();
    if let Some(api) = integration.get("Properties").and_then(|properties| properties.get("ApiId")) {
        named(api, &mut apis);
    }
    apis.iter().any(|api| {
        let resource = template.root.get("Resources").and_then(|resources| resources.get(api));
        let protocol = resource.and_then(|r| r.get("Properties")).and_then(|p| p.get("ProtocolType"));
        protocol.and_then(|protocol| template.word(protocol)) == Some("WEBSOCKET")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::known_tests::assert_known;

    #[test]
    fn the_catalogue_knows_every_timer() {
        for resource in RESOURCES {
            assert_known(resource.platform, resource.timers.iter().map(|(_, timer, _)| *timer));
            assert_known(resource.platform, resource.inserts.iter().map(|key| key.timer));
        }
        assert_known("aws-alb", BALANCER.iter().chain(&DRAINING).map(|(_, timer)| *timer));
        assert_known("aws-nlb", TCP_IDLE.iter().map(|(_, timer)| *timer));
        assert_known("aws-cloudfront", ORIGIN.iter().map(|(_, timer)| *timer));
    }
}
