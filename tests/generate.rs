//! What `generate` writes: a snapshot of every fixture, and what holds for every text in every target.

#![allow(clippy::unwrap_used)]

#[path = "support/hostile.rs"]
mod hostile;

use hoplint::catalog::store::Catalog;
use hoplint::generate::target::{self, Target};
use hoplint::generate::{Generated, Options, Refusal, generate};
use hoplint::resolve::chain::ChainDefaults;
use hoplint::resolve::{Resolved, Resolver};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

fn resolve(text: &str) -> Resolved {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId::default(), text, Format::Yaml, &parsed);
    let chains = hoplint::model::decode::chains(parsed.root.as_ref().unwrap(), "chat", &mut ctx);
    assert!(ctx.diagnostics.is_empty(), "{:#?}\n{text}", ctx.diagnostics);
    Resolver::new(&Catalog::default(), ChainDefaults::default()).resolve(&chains[0])
}

fn target(id: &str) -> Target {
    target::all().into_iter().find(|t| t.id == id).unwrap()
}

/// The first hop that the target writes.
fn made(text: &str, id: &str, options: Options) -> Result<Generated, Vec<Refusal>> {
    let (chain, target) = (resolve(text), target(id));
    let hop = chain.hops.iter().find(|hop| target.writes(&hop.platform.id)).unwrap();
    generate(&chain, hop, &target, options)
}

fn shown(generated: &Generated) -> String {
    let mut out = String::new();
    for file in &generated.files {
        let _ = write!(out, "==> {}\n{}", file.name, file.text);
    }
    for note in &generated.notes {
        let _ = writeln!(out, "note: {}", note.text);
    }
    out
}

#[test]
fn fixtures_are_written_as_ever() {
    for target in target::all() {
        let folder = Path::new("fixtures/generate").join(&target.id);
        let mut chains: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|_| panic!("{} has no fixtures", target.id))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".chain.yaml"))
            .collect();
        chains.sort();
        assert!(!chains.is_empty(), "{} has no fixtures", target.id);
        for path in chains {
            let text = std::fs::read_to_string(&path).unwrap();
            let stem = path.file_name().unwrap().to_string_lossy().replace(".chain.yaml", "");
            for (suffix, options) in [
                ("", Options::default()),
                (".explicit", Options { explicit: true, full: false }),
                (".full", Options { explicit: false, full: true }),
            ] {
                let generated = made(&text, &target.id, options).unwrap();
                let text = shown(&generated);
                if suffix == ".full"
                    && text
                        == shown(
                            &made(&std::fs::read_to_string(&path).unwrap(), &target.id, Options::default()).unwrap(),
                        )
                {
                    continue;
                }
                let folder = std::fs::canonicalize(&folder).unwrap();
                insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
                    insta::assert_snapshot!(format!("{stem}{suffix}"), text);
                });
            }
        }
    }
}

/// Every target that writes a hop of the examples we ship, so that a change of output is seen in review.
#[test]
fn examples_are_written_as_ever() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir("examples").unwrap() {
        let path = entry.unwrap().path();
        let Some(stem) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".chain.yaml")) else { continue };
        names.push(stem.to_owned());
        let mut chain = resolve(&std::fs::read_to_string(&path).unwrap());
        stem.clone_into(&mut chain.name);
        for target in target::all() {
            let mut out = String::new();
            for hop in chain.hops.iter().filter(|hop| target.writes(&hop.platform.id)) {
                for full in [false, true] {
                    let generated = generate(&chain, hop, &target, Options { explicit: false, full });
                    let text = generated.as_ref().map_or_else(|refusals| format!("{refusals:#?}"), shown);
                    if !out.contains(&text) {
                        out += &text;
                    }
                }
            }
            if !out.is_empty() {
                insta::with_settings!({snapshot_path => "snapshots/examples", prepend_module_to_snapshot => false, omit_expression => true}, {
                    insta::assert_snapshot!(format!("{stem}-{}", target.id), out);
                });
            }
        }
    }
    assert!(!names.is_empty(), "no examples");
}

fn refused(hop: &str, id: &str) -> String {
    let text = format!("version: 1\nhops:\n  - {{name: hop, {hop}}}\n  - {{name: model, platform: openai}}\n");
    let refusals = made(&text, id, Options::default()).expect_err("it is refused");
    let said = refusals.iter().map(|r| format!("{}\n  help: {}", r.message, r.help.as_deref().unwrap_or("none")));
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cannot_be_set_is_refused_with_the_range_and_its_source() {
    insta::assert_snapshot!(refused("platform: aws-alb, timeout: 29500ms", "alb-terraform"), @r"
    idle_timeout.timeout_seconds of hop `hop`: 29500ms cannot be said in steps of 1s
      help: use 29s or 30s (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html)
    ");
    let two = "platform: aws-alb, timeout: 5000s, timeouts: {client-keepalive: 30s}";
    insta::assert_snapshot!(refused(two, "alb-terraform"), @r"
    idle_timeout.timeout_seconds of hop `hop`: 5000s is outside its range, 1s to 4000s (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html)
      help: use 4000s or less
    client_keep_alive.seconds of hop `hop`: 30s is outside its range, 60s to 7d (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html)
      help: use 60s or more
    ");
    for target in ["alb-cloudformation", "alb-kubernetes", "alb-cli"] {
        assert_eq!(refused(two, target), refused(two, "alb-terraform"), "{target}: its own tools take any number");
    }
    insta::assert_snapshot!(refused("platform: kong, timeouts: {read: 0s, connect: 1500us}", "kong"), @r"
    connect_timeout of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://github.com/Kong/kong/blob/master/kong/db/schema/entities/services.lua)
    read_timeout of hop `hop`: 0s is outside its range, 1ms to 2147483.646s (https://github.com/Kong/kong/blob/master/kong/db/schema/entities/services.lua)
      help: use 1ms or more
    ");
    insta::assert_snapshot!(refused("platform: kong, retries: {attempts: 40000}", "kong"), @r"
    40000 attempts of hop `hop` are more than 32768 (the service schema of Kong 3 takes 0 to 32767 retries)
      help: use 32768 or fewer
    ");
    insta::assert_snapshot!(refused("platform: nginx, timeouts: {read: none, connect: 0s}", "nginx"), @r"
    proxy_connect_timeout of hop `hop`: 0 would end every request at once
      help: state the time that is meant
    proxy_read_timeout of hop `hop`: it cannot be switched off
      help: state a time that is long enough
    ");
    insta::assert_snapshot!(refused("platform: google-genai-python, timeouts: {request: 1500us}", "python-google-genai"), @r"
    http_options.timeout of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (PyPI google-genai 3.4.0, google/genai/_api_client.py)
    ");
    insta::assert_snapshot!(refused("platform: boto3-bedrock-runtime, timeouts: {read: 0s, connect: none}", "python-boto3-bedrock"), @r#"
    connect_timeout of hop `hop`: how "no limit" is written is not known
      help: state a duration
    read_timeout of hop `hop`: 0 is rejected
      help: state the time that is meant
    "#);
    insta::assert_snapshot!(refused("platform: litellm-proxy, timeouts: {upstream-read: none, keepalive: 1500ms}", "litellm-proxy"), @r#"
    router_settings.timeout of hop `hop`: how "no limit" is written is not known
      help: state a duration
    --keepalive_timeout of hop `hop`: 1500ms cannot be said in steps of 1s
      help: use 1s or 2s (PyPI litellm 1.109.1, litellm/proxy/proxy_cli.py)
    "#);
    let haproxy =
        "platform: haproxy, timeouts: {server: 25d, connect: 1500us, client: 0s, client-keepalive: none, tunnel: none}";
    insta::assert_snapshot!(refused(haproxy, "haproxy"), @r"
    timeout server of hop `hop`: 2160000s is outside its range, at most 2147483.647s (https://github.com/haproxy/haproxy/blob/master/doc/configuration.txt)
      help: use 2147483.647s or less
    timeout connect of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://github.com/haproxy/haproxy/blob/master/doc/configuration.txt)
    timeout client of hop `hop`: 0 would mean no limit
      help: write `none` if no limit is meant
    ");
    let envoy = r#"platform: envoy, timeout: 0s, with: {retry-policy: "on"}, timeouts: {connect: none, stream-idle: 1500us, flush: none, request: 9223372036s}"#;
    insta::assert_snapshot!(refused(envoy, "envoy"), @r#"
    timeout of hop `hop`: 0 would mean no limit
      help: write `none` if no limit is meant
    stream_idle_timeout of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto)
    connect_timeout of hop `hop`: it cannot be switched off
      help: state a time that is long enough
    request_timeout of hop `hop`: 9223372036s is outside its range, at most 9223372035s (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto)
      help: use 9223372035s or less
    stream_flush_timeout of hop `hop`: how "no limit" is written is not known
      help: state a duration
    "#);
    let caddy = "platform: caddy, timeouts: {first-byte: 0s, connect: 0s, client-keepalive: none, client-header: none}";
    insta::assert_snapshot!(refused(caddy, "caddy"), @r#"
    response_header_timeout of hop `hop`: 0 would mean no limit
      help: write `none` if no limit is meant
    dial_timeout of hop `hop`: 0 would count as not set
      help: state the time that is meant
    servers { timeouts { read_header } } of hop `hop`: how "no limit" is written is not known
      help: state a duration
    servers { timeouts { idle } } of hop `hop`: how "no limit" is written is not known
      help: state a duration
    "#);
    let traefik = "platform: traefik, timeouts: {first-byte: 0s, client-keepalive: none, drain: none, connect: 1500us}";
    insta::assert_snapshot!(refused(traefik, "traefik"), @r#"
    respondingTimeouts.idleTimeout of hop `hop`: how "no limit" is written is not known
      help: state a duration
    lifeCycle.graceTimeOut of hop `hop`: it cannot be switched off
      help: state a time that is long enough
    forwardingTimeouts.responseHeaderTimeout of hop `hop`: 0 would mean no limit
      help: write `none` if no limit is meant
    forwardingTimeouts.dialTimeout of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://github.com/traefik/traefik/blob/master/pkg/config/dynamic/http_config.go)
    "#);
    let apache =
        "platform: apache-httpd, timeouts: {read: 1500ms, connect: 0s, client-io: none, upstream-keepalive: none}";
    insta::assert_snapshot!(refused(apache, "apache-httpd"), @r#"
    ProxyPass timeout= of hop `hop`: 1500ms cannot be said in steps of 1s
      help: use 1s or 2s (https://httpd.apache.org/docs/2.4/mod/mod_proxy.html)
    ProxyPass connectiontimeout= of hop `hop`: 0s is outside its range, at least 1ms (https://httpd.apache.org/docs/2.4/mod/mod_proxy.html)
      help: use 1ms or more
    Timeout of hop `hop`: it cannot be switched off
      help: state a time that is long enough
    ProxyPass ttl= of hop `hop`: how "no limit" is written is not known
      help: state a duration
    "#);
    let granted = "platform: aws-alb, timeout: 90s, limits: {idle: {max: 80s, reason: our policy}}";
    insta::assert_snapshot!(refused(granted, "alb-terraform"), @r"
    idle_timeout.timeout_seconds of hop `hop`: 90s is outside its range, 1s to 80s (stated in the chain: our policy)
      help: use 80s or less
    ");
}

#[test]
fn what_a_target_says_otherwise_than_the_chain_is_noted() {
    let notes = |hop: &str| {
        let text = format!("version: 1\nhops:\n  - {{name: hop, {hop}}}\n  - {{name: model, platform: openai}}\n");
        let notes = made(&text, "ts-openai", Options::default()).unwrap().notes;
        notes.into_iter().map(|note| note.text).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(notes("platform: openai-node, timeout: 400s"), @"headersTimeout is raised from its default of 300s, which would end what timeout allows; say `undici-headers` in the chain, and the check counts with it.");
    assert_eq!(notes("platform: openai-node, timeout: 400s, timeouts: {undici-headers: 300s}"), "");
    assert_eq!(notes("platform: openai-node, timeout: 300s"), "");
    insta::assert_snapshot!(notes("platform: openai-node, retries: {attempts: 2, on: [connect, 503, 5xx]}"), @"`timeout` also repeats after timeout; nothing finer exists.");
    assert_eq!(notes("platform: openai-node, retries: {attempts: 2, on: [connect, timeout, 503]}"), "");
}

#[test]
fn the_hash_covers_what_the_hop_does_and_not_how_it_is_written() {
    let values = |hop: &str| {
        let text = format!("version: 1\nhops:\n  - {hop}\n  - {{name: model, platform: openai}}\n");
        let text = made(&text, "nginx", Options::default()).unwrap().files[0].text.clone();
        hoplint::generate::header::stated_values(&text).unwrap()
    };
    let first = values("{name: a, platform: nginx, timeouts: {read: 90s, connect: 2s}}");
    assert_eq!(first, values("{platform: nginx, name: other, timeouts: {connect: 2000ms, proxy_read_timeout: 1m30s}}"));
    assert_ne!(first, values("{name: a, platform: nginx, timeouts: {read: 91s, connect: 2s}}"));
    assert_ne!(first, values("{name: a, platform: nginx, timeouts: {read: 90s, connect: 2s}, retries: {attempts: 2}}"));
    assert_ne!(first, values("{name: a, platform: nginx, timeouts: {read: 90s}}"), "a default is not a statement");
}

#[test]
fn every_manifest_reads_and_names_real_platforms_and_timers() {
    let catalog = Catalog::default();
    for embedded in target::EMBEDDED {
        let template = |name: &str| embedded.templates.iter().find(|(n, _)| *n == name).map(|(_, t)| (*t).to_owned());
        let (target, problems) = target::decode(FileId::default(), embedded.id, embedded.manifest, &template);
        assert!(problems.is_empty(), "{}: {problems:#?}", embedded.id);
        let target = target.unwrap();
        for (name, _) in embedded.templates {
            assert!(target.files.iter().any(|f| f.template == *name), "{} never uses {name}", embedded.id);
        }
        for platform in &target.platforms {
            let platform = catalog.find(platform).unwrap_or_else(|| panic!("{}: {platform}", embedded.id));
            for timer in target.files.iter().flat_map(|f| f.timers.iter().chain(&f.elsewhere)) {
                assert!(platform.timer(timer).is_some(), "{}: {} has no timer {timer}", embedded.id, platform.id);
            }
        }
    }
}

#[test]
fn the_page_about_them_lists_every_target() {
    let page = std::fs::read_to_string("docs/generate.md").unwrap();
    let table = page.split("| hops | targets |").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut listed: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    listed.sort_unstable();
    let all = target::all();
    assert_eq!(listed, all.iter().map(|target| target.id.as_str()).collect::<Vec<_>>());
}

#[test]
fn what_targets_lists_is_what_templates_can_use() {
    use hoplint::generate::render::{FILTERS, VARIABLES};
    let mut text = String::new();
    for (name, _) in VARIABLES {
        let name = name.trim_end_matches(".NAME");
        let _ = writeln!(text, "{name} {{% if {name} is defined %}}1{{% endif %}}");
    }
    for (name, _) in FILTERS {
        let _ = writeln!(text, "{name} {{% if {name:?} is filter %}}1{{% endif %}}");
    }
    let manifest = "summary = \"a\"\nplatforms = [\"nginx\"]\n[[file]]\ntemplate = \"t\"\nname = \"t\"\nsummary = \"t\"\ntimers = []\n";
    let (target, problems) = target::decode(FileId::default(), "own", manifest, &|_| Some(text.clone()));
    assert!(problems.is_empty(), "{problems:#?}");
    let chain = resolve("version: 1\nhops: [{name: edge, platform: nginx}, {name: model, platform: openai}]\n");
    let made = generate(&chain, &chain.hops[0], &target.unwrap(), Options::default()).unwrap();
    let body = made.files[0].text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let missing: Vec<&str> = body.filter(|line| !line.ends_with(" 1")).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A file without what texts may change: no comments, strings empty, names made from a hop as one letter.
fn skeleton(text: &str) -> String {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out = String::new();
    for line in text.lines().filter(|line| !["#", "//", "<!--"].iter().any(|mark| line.starts_with(mark))) {
        let (mut masked, mut chars) = (String::new(), line.chars());
        while let Some(c) = chars.next() {
            masked.push(c);
            if c == '"' {
                while let Some(inside) = chars.next() {
                    match inside {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
                masked.push('"');
            }
        }
        for word in masked.split_inclusive(|c: char| !in_name(c)) {
            match word.strip_prefix(hostile::MARK) {
                Some(rest) => {
                    out.push('N');
                    out.push_str(rest.trim_start_matches(in_name));
                }
                None => out.push_str(word),
            }
        }
        out.push('\n');
    }
    out
}

const PLACES: &[(&str, &str)] = &[
    (
        "ts-vercel-ai",
        "platform: vercel-ai-sdk, method: POST, timeout: 5s, deadline: 9s, retries: {attempts: 2, backoff: [1s]}",
    ),
    (
        "go-openai",
        "platform: openai-go, method: POST, timeout: 5s, deadline: 9s, retries: {attempts: 2, backoff: [1s]}",
    ),
    (
        "nginx",
        r#"platform: nginx, method: POST, with: {proxy-buffering: "on", version: "1.26"}, timeouts: {read: 5s, upstream-keepalive: 5s}"#,
    ),
    (
        "haproxy",
        r#"platform: haproxy, method: POST, with: {abortonclose: "on"}, timeouts: {server: 5s, drain: 5s}, retries: {attempts: 2}"#,
    ),
    (
        "envoy",
        r#"platform: envoy, method: POST, with: {retry-policy: "on"}, timeout: 5s, timeouts: {connect: 5s, drain: 5s}, retries: {attempts: 2}"#,
    ),
    ("caddy", "platform: caddy, method: POST, timeouts: {first-byte: 5s, client-body: 5s}, retries: {attempts: 2}"),
    (
        "traefik-toml",
        "platform: traefik, method: POST, timeouts: {first-byte: 5s, client-read: 5s}, retries: {attempts: 2}",
    ),
    ("traefik", "platform: traefik, method: POST, timeouts: {first-byte: 5s, client-read: 5s}, retries: {attempts: 2}"),
    (
        "apache-httpd",
        r#"platform: apache-httpd, method: POST, endpoints: 2, with: {balancer: "on"}, timeouts: {read: 5s, client-body: 5s}"#,
    ),
    (
        "kong",
        r#"platform: kong, method: POST, with: {buffering-plugin: "on"}, timeouts: {read: 5s, upstream-keepalive: 5s}"#,
    ),
    ("alb-terraform", "platform: aws-alb, timeout: 90s, limits: {idle: {max: 95s, reason: because}}"),
    ("python-openai", "platform: openai-python, method: POST, timeout: 5s, retries: {attempts: 2, backoff: [1s]}"),
    (
        "ts-openai",
        "platform: openai-node, method: POST, timeout: 5s, deadline: 9s, retries: {attempts: 2, backoff: [1s]}",
    ),
    ("ts-anthropic", "platform: anthropic-node, method: POST, timeout: 5s, retries: {attempts: 2, on: [timeout, 503]}"),
    (
        "curl",
        "platform: curl, method: POST, timeouts: {total: 5s}, deadline: 9s, retries: {attempts: 2, backoff: [1s]}",
    ),
    (
        "python-anthropic",
        "platform: anthropic-python, method: POST, timeout: 5s, retries: {attempts: 2, on-504: stream}",
    ),
    (
        "python-boto3-bedrock",
        "platform: boto3-bedrock-runtime, with: {retry-mode: standard}, timeouts: {read: 5s}, retries: {attempts: 2}",
    ),
    (
        "python-google-genai",
        r#"platform: google-genai-python, with: {transport: sync, retry-options: "on"}, timeout: 5s, deadline: 9s"#,
    ),
    (
        "python-litellm",
        "platform: litellm-sdk, with: {route: openai-family, entry: router}, timeout: 5s, retries: {attempts: 2}",
    ),
    (
        "litellm-proxy",
        "platform: litellm-proxy, with: {server: uvicorn}, timeouts: {upstream-read: 5s, keepalive: 5s}, retries: {attempts: 2}",
    ),
    ("apigateway-rest-terraform", "platform: aws-apigateway-rest, method: POST, with: {mode: STREAM}, timeout: 5s"),
    (
        "apigateway-rest-cloudformation",
        "platform: aws-apigateway-rest, with: {endpoint: edge}, timeout: 5s, limits: {integration: {max: 9s, reason: because}}",
    ),
    ("apigateway-http-terraform", "platform: aws-apigateway-http, method: POST, timeout: 5s"),
    ("apigateway-http-cloudformation", "platform: aws-apigateway-http, timeout: 5s"),
    (
        "cloudfront-terraform",
        "platform: aws-cloudfront, with: {quota: granted}, timeouts: {origin-read: 5s, origin-connect: 2s}, retries: {attempts: 2}",
    ),
    ("cloudfront-cloudformation", "platform: aws-cloudfront, with: {quota: granted}, timeout: 5s"),
    ("lambda-terraform", "platform: aws-lambda, with: {invoke-mode: BUFFERED}, timeout: 5s"),
    ("lambda-cloudformation", "platform: aws-lambda, with: {invoke-mode: BUFFERED}, timeout: 5s"),
    (
        "nginx-ingress-annotations",
        r#"platform: nginx-ingress, with: {proxy-buffering: "on", retry-non-idempotent: "on"}, timeouts: {read: 5s, drain: 9s}, retries: {attempts: 2}"#,
    ),
    (
        "gateway-api",
        "platform: gateway-api, with: {implementation: istio}, timeouts: {request: 9s, backend-request: 5s}",
    ),
    (
        "istio",
        "platform: istio, with: {profile: edge}, timeouts: {route-total: 9s, per-try: 5s, connect: 1s}, retries: {attempts: 2, on: [503]}",
    ),
    (
        "azure-apim-policy",
        r#"platform: azure-api-management, with: {buffer-response: "false"}, timeout: 5s, limits: {forward-request: {max: 9s, reason: because}}"#,
    ),
    ("gunicorn", "platform: gunicorn, with: {worker: sync}, timeouts: {worker: 5s, drain: 9s}"),
    ("uvicorn", "platform: uvicorn, timeouts: {client-keepalive: 5s, drain: 9s}, method: POST"),
    (
        "node-http",
        r#"platform: node-http, with: {version: "24"}, timeouts: {client-request: 5s, client-keepalive: 9s}"#,
    ),
    (
        "gcp-backend-service",
        "platform: gcp-application-lb, with: {balancer: regional-internal, backend: instance}, timeouts: {backend-service: 5s, client-keepalive: 9s}",
    ),
];

thread_local! {
    /// Files with a harmless text, by target and shape.
    static HARMLESS: RefCell<BTreeMap<(&'static str, bool), Generated>> = const { RefCell::new(BTreeMap::new()) };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_leaves_its_place(text in hostile::texts(), full: bool) {
        for (id, hop) in PLACES {
            let chain = format!("version: 1\nhops:\n  - {{name: hop, {hop}}}\n  - {{name: model, platform: openai}}\n");
            let options = Options { explicit: false, full };
            let made = |text: &str| {
                let (chain, target) = (hostile::with_texts(resolve(&chain), text), target(id));
                generate(&chain, &chain.hops[0], &target, options).unwrap()
            };
            let bad = made(&text);
            let good = HARMLESS.with_borrow_mut(|known| known.entry((*id, full)).or_insert_with(|| made("x")).clone());
            prop_assert_eq!(bad.files.len(), good.files.len());
            for (bad, good) in bad.files.iter().zip(&good.files) {
                prop_assert_eq!(skeleton(&bad.text), skeleton(&good.text), "{}", bad.text);
                prop_assert!(bad.name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "{}", bad.name);
                // Go is indented with tabs.
                let layout = |c: char| c == '\n' || (c == '\t' && bad.name.rsplit_once('.').is_some_and(|(_, e)| e == "go"));
                let steers = |c: char| (c.is_control() && !layout(c)) || "\u{202e}\u{2028}\u{feff}\u{85}".contains(c);
                prop_assert!(!bad.text.contains(steers), "{:?}", bad.text);
                let cookie = bad.text.lines().take(2).any(|line| line.contains("coding"));
                prop_assert!(!cookie, "{}", bad.text);
            }
        }
    }
}
