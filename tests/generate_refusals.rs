//! What `generate` refuses of the hosted services, the Kubernetes objects and the application servers: a value that has
//! no place, with its range and its source, and the value that would do.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::generate::{Options, Refusal, generate, target};
use real::resolve;

fn tried(hop: &str, id: &str) -> Result<String, Vec<Refusal>> {
    let text = format!("version: 1\nhops:\n  - {{name: hop, {hop}}}\n  - {{name: model, platform: openai}}\n");
    let (chain, target) = (resolve(&text), target::all().into_iter().find(|t| t.id == id).unwrap());
    let made = generate(&chain, &chain.hops[0], &target, Options::default())?;
    Ok(made.files.into_iter().map(|file| file.text).collect())
}

fn refused(hop: &str, id: &str) -> String {
    let refusals = tried(hop, id).expect_err("it is refused");
    let said = refusals.iter().map(|r| format!("{}\n  help: {}", r.message, r.help.as_deref().unwrap_or("none")));
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_value_that_a_service_does_not_take_is_refused() {
    let mut all = String::new();
    for (thing, hop) in [
        ("apigateway-rest", "platform: aws-apigateway-rest, timeout: 30s"),
        ("apigateway-http", "platform: aws-apigateway-http, timeout: 49ms"),
        ("lambda", "platform: aws-lambda, timeout: 901s"),
        (
            "cloudfront",
            "platform: aws-cloudfront, timeouts: {origin-read: 130s, origin-connect: 1500ms}, retries: {attempts: 4}",
        ),
    ] {
        let said = refused(hop, &format!("{thing}-terraform"));
        assert_eq!(said, refused(hop, &format!("{thing}-cloudformation")));
        all += &said;
        all.push('\n');
    }
    all += &refused(
        "platform: gcp-application-lb, with: {balancer: classic, backend: instance}, timeouts: {client-keepalive: 700s}",
        "gcp-backend-service",
    );
    insta::assert_snapshot!(all, @r#"
    timeoutInMillis of hop `hop`: 30s is outside its range, 50ms to 29s (https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html)
      help: use 29s or less; request the quota "Maximum integration timeout in milliseconds" (Regional and private APIs, up to 300 s; AWS may lower the account's throttle quota in exchange), or set responseTransferMode to STREAM (up to 900 s, every endpoint type)
    TimeoutInMillis of hop `hop`: 49ms is outside its range, 50ms to 30s (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)
      help: use 50ms or more
    Timeout of hop `hop`: 901s is outside its range, 1s to 900s (https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html)
      help: use 900s or less; nothing for a caller that waits; split the work or make it asynchronous
    OriginReadTimeout of hop `hop`: 130s is outside its range, 1s to 120s (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html)
      help: use 120s or less; request the quota "Response timeout per origin" from AWS Support
    ConnectionTimeout of hop `hop`: 1500ms cannot be said in steps of 1s
      help: use 1s or 2s (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html)
    4 attempts of hop `hop` are more than 3 (the service takes 1 to 3 for ConnectionAttempts)
      help: use 3 or fewer
    httpKeepAliveTimeoutSec of hop `hop`: 700s is outside its range, 610s to 610s (npm @cdktf/provider-google 16.12.1, compute-target-https-proxy)
      help: use 610s or less; a global external balancer takes 5 s to 1200 s
    "#);
}

#[test]
fn a_value_that_an_application_server_does_not_take_is_refused() {
    insta::assert_snapshot!(refused("platform: gunicorn, with: {worker: sync}, timeouts: {worker: 1500ms}", "gunicorn"), @r"
    timeout of hop `hop`: 1500ms cannot be said in steps of 1s
      help: use 1s or 2s (PyPI gunicorn 27.0.1, gunicorn/config.py)
    ");
    insta::assert_snapshot!(refused("platform: uvicorn, timeouts: {client-keepalive: none, drain: 500ms}", "uvicorn"), @r#"
    timeout_keep_alive of hop `hop`: how "no limit" is written is not known
      help: state a duration
    timeout_graceful_shutdown of hop `hop`: 500ms cannot be said in steps of 1s
      help: use 0s or 1s (PyPI uvicorn 0.54.0, uvicorn/config.py)
    "#);
    let node = "platform: node-http, timeouts: {client-header: 400s, client-keepalive: 30d, socket-idle: 1500us}";
    insta::assert_snapshot!(refused(node, "node-http"), @r"
    server.timeout of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://nodejs.org/api/http.html#servertimeout)
    server.keepAliveTimeout of hop `hop`: 2592000s is outside its range, at most 2147483.647s (https://nodejs.org/api/http.html#serverkeepalivetimeout)
      help: use 2147483.647s or less
    server.headersTimeout of hop `hop`: 400s is longer than server.requestTimeout, the default of 300s (https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener)
      help: use 300s or less, or 400s or more for server.requestTimeout
    ");
    let grace = "platform: gunicorn, with: {worker: asgi}, timeouts: {disconnect-grace: 0s}";
    assert!(tried(grace, "gunicorn").unwrap().contains("\nasgi_disconnect_grace_period = 0\n"));
}

#[test]
fn a_value_that_a_kubernetes_object_does_not_take_is_refused() {
    let ingress = "platform: nginx-ingress, timeouts: {read: 1500ms, connect: 0s}";
    insta::assert_snapshot!(refused(ingress, "nginx-ingress-annotations"), @r"
    nginx.ingress.kubernetes.io/proxy-connect-timeout of hop `hop`: 0 would end every request at once
      help: state the time that is meant
    nginx.ingress.kubernetes.io/proxy-read-timeout of hop `hop`: 1500ms cannot be said in steps of 1s
      help: use 1s or 2s (https://github.com/kubernetes/ingress-nginx/blob/main/internal/ingress/controller/config/config.go)
    ");
    let route = "platform: gateway-api, timeouts: {request: 400000000s, backend-request: 1500us}";
    insta::assert_snapshot!(refused(route, "gateway-api"), @r"
    rules[].timeouts.request of hop `hop`: 400000000s has no spelling in its unit
      help: state a shorter time
    rules[].timeouts.backendRequest of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://github.com/kubernetes-sigs/gateway-api/blob/main/apis/v1/httproute_types.go)
    ");
    let longer = "platform: gateway-api, timeouts: {request: 10s, backend-request: 20s}";
    insta::assert_snapshot!(refused(longer, "gateway-api"), @r"
    rules[].timeouts.backendRequest of hop `hop`: 20s is longer than rules[].timeouts.request, 10s (https://gateway-api.sigs.k8s.io/geps/gep-1742/)
      help: use 10s or less, or 20s or more for rules[].timeouts.request
    ");
    let mesh = "platform: istio, timeouts: {route-total: 0s, connect: 0s, per-try: 1500us}";
    insta::assert_snapshot!(refused(mesh, "istio"), @r"
    http[].timeout of hop `hop`: 0s is outside its range, at least 1ms (https://github.com/istio/istio/blob/master/pkg/config/validation/virtualservice.go)
      help: use 1ms or more
    http[].retries.perTryTimeout of hop `hop`: 1500us cannot be said in steps of 1ms
      help: use 1ms or 2ms (https://istio.io/latest/docs/reference/config/networking/virtual-service/)
    connectionPool.tcp.connectTimeout of hop `hop`: 0s is outside its range, at least 1ms (https://istio.io/latest/docs/reference/config/networking/destination-rule/)
      help: use 1ms or more
    ");
    tried("platform: gateway-api, timeouts: {request: none, backend-request: 20s}", "gateway-api").unwrap();
}

#[test]
fn a_timer_that_must_fit_in_another_one_is_refused_beyond_it() {
    let completion = |hop: &str| refused(&format!("platform: aws-cloudfront, timeouts: {hop}"), "cloudfront-terraform");
    insta::assert_snapshot!(completion("{origin-read: 50s, response-completion: 40s}"), @r"
    OriginReadTimeout of hop `hop`: 50s is longer than ResponseCompletionTimeout, 40s (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html)
      help: use 40s or less, or 50s or more for ResponseCompletionTimeout
    ");
    insta::assert_snapshot!(completion("{response-completion: 20s}"), @r"
    OriginReadTimeout of hop `hop`: the default of 30s is longer than ResponseCompletionTimeout, 20s (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html)
      help: use 20s or less, or 30s or more for ResponseCompletionTimeout
    ");
    for fine in ["{origin-read: 40s, response-completion: 40s}", "{origin-read: 100s}", "{response-completion: none}"] {
        tried(&format!("platform: aws-cloudfront, timeouts: {fine}"), "cloudfront-terraform").unwrap();
    }
}
