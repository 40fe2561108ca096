//! Which resource is which platform, and which of its attributes are timers. The numbers stand in the catalogue.

use super::hcl::{Block, Value};
use super::links::{Links, name};
use super::values::Values;
use crate::catalog::Unit;
use crate::import::{Address, Deployed, Given, Import, Insert, Key, Seen, Unseen, units};
use crate::model::RetrySpec;
use crate::span::{Located, Span};

/// A type of resource that stands for a hop.
struct Resource {
    types: &'static [&'static str],
    platform: &'static str,
    /// Blocks inside it that are a hop each, and the attribute that names them.
    each: Option<(&'static str, &'static str)>,
    timers: &'static [Timer],
    inserts: &'static [Key],
}

/// An attribute that is a timer; `path` leads to it through blocks, from the resource or from the block that is the hop.
struct Timer {
    path: &'static [&'static str],
    id: &'static str,
    unit: Unit,
}

const fn timer(path: &'static [&'static str], id: &'static str, unit: Unit) -> Timer {
    Timer { path, id, unit }
}

const fn seconds(path: &'static [&'static str], id: &'static str) -> Timer {
    timer(path, id, Unit::Seconds)
}

const fn key(timer: &'static str, key: &'static str, unit: Unit) -> Key {
    Key { timer, key, unit }
}

const RESOURCES: &[Resource] = &[
    Resource {
        types: &["aws_lb", "aws_alb"],
        platform: "aws-alb",
        each: None,
        timers: &[seconds(&["idle_timeout"], "idle"), seconds(&["client_keep_alive"], "client-keepalive")],
        inserts: &[
            key("idle", "idle_timeout", Unit::Seconds),
            key("client-keepalive", "client_keep_alive", Unit::Seconds),
        ],
    },
    Resource {
        types: &["aws_elb"],
        platform: "aws-elb-classic",
        each: None,
        timers: &[seconds(&["idle_timeout"], "idle")],
        inserts: &[key("idle", "idle_timeout", Unit::Seconds)],
    },
    Resource {
        types: &["aws_api_gateway_integration"],
        platform: "aws-apigateway-rest",
        each: None,
        timers: &[timer(&["timeout_milliseconds"], "integration", Unit::Millis)],
        inserts: &[key("integration", "timeout_milliseconds", Unit::Millis)],
    },
    Resource {
        types: &["aws_apigatewayv2_integration"],
        platform: "aws-apigateway-http",
        each: None,
        timers: &[timer(&["timeout_milliseconds"], "integration", Unit::Millis)],
        inserts: &[key("integration", "timeout_milliseconds", Unit::Millis)],
    },
    Resource {
        types: &["aws_lambda_function"],
        platform: "aws-lambda",
        each: None,
        timers: &[seconds(&["timeout"], "function")],
        inserts: &[key("function", "timeout", Unit::Seconds)],
    },
    Resource {
        types: &["aws_cloudfront_distribution"],
        platform: "aws-cloudfront",
        each: Some(("origin", "origin_id")),
        timers: &[
            seconds(&["custom_origin_config", "origin_read_timeout"], "origin-read"),
            seconds(&["custom_origin_config", "origin_keepalive_timeout"], "origin-keepalive"),
            seconds(&["vpc_origin_config", "origin_read_timeout"], "origin-read"),
            seconds(&["vpc_origin_config", "origin_keepalive_timeout"], "origin-keepalive"),
            seconds(&["connection_timeout"], "origin-connect"),
            seconds(&["response_completion_timeout"], "response-completion"),
        ],
        inserts: &[key("origin-connect", "connection_timeout", Unit::Seconds)],
    },
    Resource {
        types: &["google_compute_backend_service", "google_compute_region_backend_service"],
        platform: "gcp-application-lb",
        each: None,
        timers: &[seconds(&["timeout_sec"], "backend-service"), seconds(&["connection_draining_timeout_sec"], "drain")],
        inserts: &[key("backend-service", "timeout_sec", Unit::Seconds)],
    },
    Resource {
        types: &["google_cloud_run_service"],
        platform: "gcp-cloud-run",
        each: None,
        timers: &[seconds(&["template", "spec", "timeout_seconds"], "request")],
        inserts: &[],
    },
    Resource {
        types: &["google_cloud_run_v2_service"],
        platform: "gcp-cloud-run",
        each: None,
        timers: &[timer(&["template", "timeout"], "request", Unit::Protobuf)],
        inserts: &[],
    },
    Resource {
        types: &["google_cloudfunctions_function"],
        platform: "gcp-cloud-functions",
        each: None,
        timers: &[seconds(&["timeout"], "execution")],
        inserts: &[key("execution", "timeout", Unit::Seconds)],
    },
    Resource {
        types: &["google_cloudfunctions2_function"],
        platform: "gcp-cloud-functions",
        each: None,
        timers: &[seconds(&["service_config", "timeout_seconds"], "execution")],
        inserts: &[],
    },
    Resource {
        types: &["azurerm_application_gateway"],
        platform: "azure-application-gateway",
        each: Some(("backend_http_settings", "name")),
        timers: &[seconds(&["request_timeout"], "backend-request")],
        inserts: &[key("backend-request", "request_timeout", Unit::Seconds)],
    },
    Resource {
        types: &["azurerm_frontdoor"],
        platform: "azure-front-door",
        each: None,
        timers: &[
            seconds(&["backend_pool_settings", "backend_pools_send_receive_timeout_seconds"], "origin-response"),
            seconds(&["backend_pools_send_receive_timeout_seconds"], "origin-response"),
        ],
        inserts: &[],
    },
    Resource {
        types: &["azurerm_cdn_frontdoor_profile"],
        platform: "azure-front-door",
        each: None,
        timers: &[seconds(&["response_timeout_seconds"], "origin-response")],
        inserts: &[key("origin-response", "response_timeout_seconds", Unit::Seconds)],
    },
    Resource {
        types: &[
            "azurerm_api_management_api_policy",
            "azurerm_api_management_api_operation_policy",
            "azurerm_api_management_policy",
            "azurerm_api_management_product_policy",
        ],
        platform: "azure-api-management",
        each: None,
        timers: &[],
        inserts: &[],
    },
    Resource {
        types: &["cloudflare_zone_settings_override"],
        platform: "cloudflare",
        each: None,
        timers: &[seconds(&["settings", "proxy_read_timeout"], "proxy-read")],
        inserts: &[],
    },
    Resource {
        types: &["cloudflare_ruleset"],
        platform: "cloudflare",
        each: None,
        timers: &[seconds(&["rules", "action_parameters", "read_timeout"], "proxy-read")],
        inserts: &[],
    },
];

/// The hops that a resource stands for.
pub fn hops(
    block: &Block,
    resources: &[&Block],
    given: &Given<'_>,
    values: &Values,
    links: &Links<'_>,
    out: &mut Import,
) {
    let kind = block.labels.first().map_or("", String::as_str);
    if kind == "cloudflare_zone_setting" {
        out.hops.extend(zone_setting(block, given, values));
        return;
    }
    let Some(resource) = RESOURCES.iter().find(|resource| resource.types.contains(&kind)) else { return };
    let Some((inner, named)) = resource.each else {
        out.hops.push(hop(block, block, resource, name(block), (given, values, links)));
        finish(block, resources, given, values, links, out);
        return;
    };
    for (i, part) in block.body.blocks_of(inner).enumerate() {
        let label = part.body.get(named).and_then(|attribute| attribute.value.as_str());
        let label = label.map_or_else(|| i.to_string(), str::to_owned);
        let mut hop = hop(block, part, resource, format!("{}/{inner} {label}", name(block)), (given, values, links));
        hop.also.push(name(block));
        out.hops.push(hop);
    }
}

fn hop(
    block: &Block,
    part: &Block,
    resource: &Resource,
    selector: String,
    (given, values, links): (&Given<'_>, &Values, &Links<'_>),
) -> Deployed {
    let mut hop = Deployed::new(resource.platform, selector, given.loc(part.head), given.loc(part.at));
    for timer in resource.timers {
        for at in blocks_at(part, &timer.path[..timer.path.len() - 1]) {
            set(&mut hop, at, timer, given, values);
        }
    }
    hop.inserts.extend(insert(part, resource.inserts, given));
    if resource.platform == "aws-cloudfront" {
        hop.hop.retries = connection_attempts(part, given, values);
    }
    hop.answers.push(Address::Resource(name(block)));
    hop.calls = links.calls(part, given);
    if !std::ptr::eq(block, part) {
        hop.calls.retain(|call| call.to != Address::Resource(name(block)));
    }
    hop
}

/// What depends on other resources.
fn finish(
    block: &Block,
    resources: &[&Block],
    given: &Given<'_>,
    values: &Values,
    links: &Links<'_>,
    out: &mut Import,
) {
    let Some(hop) = out.hops.last_mut() else { return };
    match block.labels.first().map_or("", String::as_str) {
        "aws_lb" | "aws_alb" => {
            let kind = block.body.get("load_balancer_type").map(|attribute| &attribute.value);
            let kind = kind.map(|expr| values.plain(expr, given));
            match kind.as_ref().map(|kind| kind.as_ref().map(|plain| plain.as_ref().map(|p| p.text.as_str()))) {
                Some(Ok(Some("network"))) => network(block, given, values, links, hop),
                Some(Ok(Some("gateway"))) => {
                    out.hops.pop();
                }
                _ => application(block, given, values, links, hop),
            }
        }
        "aws_apigatewayv2_integration" => {
            let api = block.body.get("api_id").map(|attribute| &attribute.value.value);
            let Some(Value::Path(path)) = api else { return };
            let owner = path.iter().take(2).cloned().collect::<Vec<_>>().join(".");
            let protocol = resources
                .iter()
                .find(|other| name(other) == owner)
                .and_then(|api| api.body.get("protocol_type")?.value.as_str().map(str::to_owned));
            if protocol.as_deref() == Some("WEBSOCKET") {
                "aws-apigateway-websocket".clone_into(&mut hop.hop.platform.value);
            }
            hop.answers.push(Address::Resource(owner));
        }
        "aws_api_gateway_integration" => {
            facet(hop, "mode", block, "response_transfer_mode", given, values);
            if let Some(Value::Path(path)) = block.body.get("rest_api_id").map(|attribute| &attribute.value.value) {
                hop.answers.push(Address::Resource(path.iter().take(2).cloned().collect::<Vec<_>>().join(".")));
            }
        }
        "google_compute_backend_service" | "google_compute_region_backend_service" => {
            google_balancer(block, given, values, links, hop);
        }
        "aws_lambda_function" => {
            let own = name(block);
            let is_url = |other: &&&Block| other.labels.first().is_some_and(|kind| kind == "aws_lambda_function_url");
            let leads = |url: &&&Block| match url.body.get("function_name").map(|attribute| &attribute.value.value) {
                Some(Value::Path(path)) => path.iter().take(2).cloned().collect::<Vec<_>>().join(".") == own,
                _ => false,
            };
            if let Some(url) = resources.iter().filter(is_url).find(leads) {
                facet(hop, "invoke-mode", url, "invoke_mode", given, values);
            }
        }
        kind if kind.starts_with("azurerm_api_management") => policy(block, given, hop),
        _ => {}
    }
}

/// Which of Google's balancers a scheme makes, and the timer of the proxy in front.
fn google_balancer(block: &Block, given: &Given<'_>, values: &Values, links: &Links<'_>, hop: &mut Deployed) {
    const KEEPALIVE: Timer = seconds(&["http_keep_alive_timeout_sec"], "client-keepalive");
    let regional = block.labels.first().is_some_and(|kind| kind.contains("_region_"));
    let scheme = block.body.get("load_balancing_scheme").map(|attribute| values.plain(&attribute.value, given));
    if let Some(Ok(Some(scheme))) = scheme {
        let balancer = match (scheme.text.as_str(), regional) {
            ("EXTERNAL_MANAGED", false) => Some("global-external"),
            ("EXTERNAL_MANAGED", true) => Some("regional-external"),
            ("INTERNAL_MANAGED", false) => Some("cross-region-internal"),
            ("INTERNAL_MANAGED", true) => Some("regional-internal"),
            ("EXTERNAL", false) => Some("classic"),
            _ => None,
        };
        if let Some(balancer) = balancer {
            hop.with("balancer", balancer, scheme.at);
        }
    }
    // Several proxies may share a backend service; where they differ the first one counts, as its place shows.
    let stated = links.proxies(block).into_iter().find(|proxy| proxy.body.get(KEEPALIVE.path[0]).is_some());
    if let Some(proxy) = stated {
        set(hop, proxy, &KEEPALIVE, given, values);
    }
}

/// A word that an attribute says, as the catalogue writes it.
fn facet(hop: &mut Deployed, facet: &str, block: &Block, attribute: &str, given: &Given<'_>, values: &Values) {
    if let Some(attribute) = block.body.get(attribute)
        && let Ok(Some(plain)) = values.plain(&attribute.value, given)
    {
        hop.with(facet, &plain.text, plain.at);
    }
}

fn application(block: &Block, given: &Given<'_>, values: &Values, links: &Links<'_>, hop: &mut Deployed) {
    const DELAY: Timer = seconds(&["deregistration_delay"], "deregistration-delay");
    for kind in ["aws_lb_target_group", "aws_alb_target_group"] {
        for group in links.reached(block, kind, given.text).into_iter().take(1) {
            set(hop, group, &DELAY, given, values);
        }
    }
}

fn network(block: &Block, given: &Given<'_>, values: &Values, links: &Links<'_>, hop: &mut Deployed) {
    const IDLE: Timer = seconds(&["tcp_idle_timeout_seconds"], "idle");
    "aws-nlb".clone_into(&mut hop.hop.platform.value);
    hop.hop.timers.clear();
    hop.unseen.clear();
    hop.inserts.clear();
    for listener in links.reached(block, "aws_lb_listener", given.text) {
        set(hop, listener, &IDLE, given, values);
        if let Some(protocol) = listener.body.get("protocol").filter(|p| p.value.as_str() == Some("TLS")) {
            hop.with("listener", "tls", given.loc(protocol.value.at));
        }
    }
}

/// `<forward-request timeout="60" />` inside the text of a policy.
fn policy(block: &Block, given: &Given<'_>, hop: &mut Deployed) {
    let Some(content) = block.body.get("xml_content") else { return };
    let text = content.value.at.text(given.text);
    for (start, _) in text.match_indices("<forward-request") {
        let tag = &text[start..text[start..].find('>').map_or(text.len(), |end| start + end)];
        if let Some((at, value @ ("true" | "false"))) = xml_attribute(tag, "buffer-response") {
            let base = content.value.at.start as usize + start + at;
            hop.with("buffer-response", value, given.loc(Span::of(base..base + value.len())));
        }
        for (attribute, timer, unit) in [
            ("timeout", "forward-request", Unit::Seconds),
            ("timeout-ms", "forward-request", Unit::Millis),
            ("continue-timeout", "continue", Unit::Seconds),
        ] {
            let Some((at, value)) = xml_attribute(tag, attribute) else { continue };
            let base = content.value.at.start as usize + start + at;
            let seen = match units::parse(unit, value) {
                Some(at) => Seen::Time(at),
                None => Seen::Hidden(format!("the policy expression {}", crate::text::clip(value))),
            };
            let loc = given.loc(Span::of(base..base + value.len()));
            hop.set(timer, loc, loc, seen, unit);
        }
    }
    if !matches!(content.value.value, Value::Str(_) | Value::Other) {
        hop.unseen.push(Unseen {
            timer: None,
            at: given.loc(content.value.at),
            why: "the policy is in another file".to_owned(),
        });
    }
}

/// Where the value of an XML attribute stands in a tag, and what it is. Quotes may be escaped in a string of HCL.
fn xml_attribute<'t>(tag: &'t str, name: &str) -> Option<(usize, &'t str)> {
    let mut from = 0;
    while let Some(i) = tag[from..].find(name) {
        let at = from + i;
        from = at + name.len();
        let rest = &tag[from..];
        let begins = tag[..at].ends_with(char::is_whitespace);
        let Some(value) = rest.trim_start().strip_prefix('=').filter(|_| begins) else { continue };
        let value = value.trim_start().trim_start_matches('\\');
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let inner = &value[1..];
        let end = inner.find([quote, '\\'])?;
        return Some((tag.len() - inner.len(), &inner[..end]));
    }
    None
}

fn zone_setting(block: &Block, given: &Given<'_>, values: &Values) -> Option<Deployed> {
    const READ: Timer = seconds(&["value"], "proxy-read");
    block.body.get("setting_id").filter(|id| id.value.as_str() == Some("proxy_read_timeout"))?;
    let mut hop = Deployed::new("cloudflare", name(block), given.loc(block.head), given.loc(block.at));
    set(&mut hop, block, &READ, given, values);
    hop.answers.push(Address::Resource(name(block)));
    Some(hop)
}

/// The blocks that a path of kinds leads to.
fn blocks_at<'b>(block: &'b Block, path: &'b [&str]) -> Vec<&'b Block> {
    let mut found = vec![block];
    for kind in path {
        found = found.into_iter().flat_map(|block| block.body.blocks_of(kind)).collect();
    }
    found
}

fn set(hop: &mut Deployed, block: &Block, timer: &Timer, given: &Given<'_>, values: &Values) {
    let Some(attribute) = timer.path.last().and_then(|name| block.body.get(name)) else { return };
    let key = given.loc(attribute.name_at);
    let own = given.loc(attribute.value.inner(given.text));
    match values.plain(&attribute.value, given) {
        Ok(None) => {}
        Ok(Some(plain)) => {
            let seen = match units::parse(timer.unit, &plain.text) {
                Some(at) => Seen::Time(at),
                None => Seen::Hidden(format!("`{}` is no duration", crate::text::clip(&plain.text))),
            };
            hop.set(timer.id, key, plain.at, seen, timer.unit);
        }
        Err(why) => hop.set(timer.id, key, own, Seen::Hidden(why), timer.unit),
    }
}

/// Behind the comment that ends a value's line, where nothing else follows it.
fn past(at: u32, text: &str) -> u32 {
    let rest = &text[at as usize..];
    let line = rest.lines().next().unwrap_or_default().trim_end();
    let only = line.trim_start();
    if only.starts_with('#') || only.starts_with("//") {
        return at + u32::try_from(line.len()).unwrap_or_default();
    }
    at
}

/// Attempts to connect, the first included, as `CloudFront` counts them.
fn connection_attempts(part: &Block, given: &Given<'_>, values: &Values) -> Option<RetrySpec> {
    let attribute = part.body.get("connection_attempts")?;
    let plain = values.plain(&attribute.value, given).ok()??;
    let attempts = Located::new(plain.text.parse().ok().filter(|n| *n > 0)?, plain.at);
    Some(RetrySpec { attempts: Some(attempts), ..RetrySpec::at(given.loc(attribute.name_at)) })
}

/// Behind the last attribute of a block, or its brace.
fn insert(block: &Block, keys: &'static [Key], given: &Given<'_>) -> Option<Insert> {
    if keys.is_empty() || given.text.trim_start().starts_with('{') {
        return None;
    }
    let line_of = |at: u32| given.text[..at as usize].rfind('\n').map_or(0, |i| i + 1);
    let indent = |at: u32| {
        let line = &given.text[line_of(at)..];
        line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
    };
    if let Some(last) = block.body.attributes.last() {
        let before = format!("\n{}", indent(last.name_at.start));
        return Some(Insert {
            at: given.loc(Span::at(past(last.value.at.end, given.text))),
            before,
            between: " = ",
            after: "",
            keys,
        });
    }
    let brace = block.head.end as usize + given.text[block.head.range().end..block.at.range().end].find('{')? + 1;
    let before = format!("\n{}  ", indent(block.head.start));
    let closes = given.text[brace..].trim_start_matches([' ', '\t']).starts_with('}');
    let after = if closes { "\n" } else { "" };
    let at = given.loc(Span::of(brace..brace));
    Some(Insert { at, before, between: " = ", after, keys })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::store::Catalog;

    #[test]
    fn the_catalogue_knows_every_timer() {
        let catalog = Catalog::default();
        for resource in RESOURCES {
            let platform = catalog.find(resource.platform).unwrap();
            let timers = resource.timers.iter().map(|t| t.id).chain(resource.inserts.iter().map(|k| k.timer));
            for timer in timers {
                assert!(platform.timer(timer).is_some(), "{} {timer}", resource.platform);
            }
        }
        for (platform, timer) in [
            ("aws-nlb", "idle"),
            ("azure-api-management", "forward-request"),
            ("aws-alb", "deregistration-delay"),
            ("azure-api-management", "continue"),
            ("gcp-application-lb", "client-keepalive"),
        ] {
            assert!(catalog.find(platform).unwrap().timer(timer).is_some(), "{platform} {timer}");
        }
    }

    #[test]
    fn attributes_of_a_policy_are_found_where_they_stand() {
        assert_eq!(xml_attribute("<forward-request timeout=\"60\" ", "timeout"), Some((26, "60")));
        assert_eq!(xml_attribute("<forward-request timeout-ms='5'", "timeout"), None);
        assert_eq!(xml_attribute("<forward-request timeout=\\\"60\\\" ", "timeout").map(|(_, v)| v), Some("60"));
    }
}
