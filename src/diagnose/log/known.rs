//! The formats that programs write when nobody says otherwise, each in the language of its program.

use super::dialect;
use super::{Format, Shape};

/// A format that is tried on every log.
struct Known {
    name: &'static str,
    platform: Option<&'static str>,
    text: &'static str,
}

/// In the order in which they are preferred where several fit.
const KNOWN: &[Known] = &[
    Known {
        name: "haproxy",
        platform: Some("haproxy"),
        // What is captured of headers stands before the request line, or nothing does.
        text: r#"%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr"%r""#,
    },
    Known {
        name: "haproxy-tcp",
        platform: Some("haproxy"),
        text: "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq",
    },
    Known {
        name: "istio",
        platform: Some("envoy"),
        text: r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "#,
    },
    Known {
        name: "envoy",
        platform: Some("envoy"),
        text: r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "#,
    },
    Known {
        name: "aws-alb",
        platform: Some("aws-alb"),
        text: r#"$type $ended $elb $client $target $part_s $part_s $part_s $status $upstream_status $received $sent "$request" "$agent" $cipher $protocol $group "$trace" "$domain" "$certificate" $priority $started "#,
    },
    Known {
        name: "aws-elb-classic",
        platform: Some("aws-elb-classic"),
        text: r#"$started $elb $client $backend $part_s $part_s $part_s $status $upstream_status $received $sent "$request""#,
    },
    Known {
        name: "aws-nlb",
        platform: Some("aws-nlb"),
        text: "tls $version $ended $elb $listener $client $destination $duration_ms $handshake $received $sent ",
    },
    Known {
        name: "traefik",
        platform: Some("traefik"),
        text: r#"$client - $user [$started] "$request" $status $sent "$referrer" "$agent" $count "$router" "$server" ${duration_ms}ms"#,
    },
    Known {
        name: "ingress-nginx",
        platform: Some("nginx-ingress"),
        text: r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#,
    },
];

/// Lines of these may go on with fields of one's own.
const OPEN: &[Known] = &[
    Known {
        name: "combined",
        platform: None,
        text: r#"$remote_addr $logname $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
    },
    Known {
        name: "common",
        platform: None,
        text: r#"$remote_addr $logname $remote_user [$time_local] "$request" $status $sent"#,
    },
];

/// The names that are no shapes of text lines.
const OTHERS: [&str; 3] = ["json", "logfmt", "nginx-error"];

/// Every name that `--log-format` takes.
pub fn names() -> Vec<&'static str> {
    KNOWN.iter().chain(OPEN).map(|known| known.name).chain(OTHERS).collect()
}

pub(super) fn closed() -> impl Iterator<Item = Format> {
    KNOWN.iter().filter_map(format)
}

pub(super) fn open() -> impl Iterator<Item = Format> {
    OPEN.iter().filter_map(format)
}

fn format(known: &Known) -> Option<Format> {
    let (pattern, _) = dialect::compile(known.text)?;
    let (name, platform) = (known.name.to_owned(), known.platform);
    Some(Format { name, platform, shape: Shape::Line(pattern), notes: Vec::new() })
}

/// A format that a user writes out.
pub fn custom(text: &str) -> Option<Format> {
    let (pattern, platform) = dialect::compile(text)?;
    Some(Format { name: "custom".to_owned(), platform, shape: Shape::Line(pattern), notes: Vec::new() })
}

/// A `log_format` of nginx.
pub(super) fn nginx(name: &str, text: &str) -> Option<Format> {
    custom(text).map(|format| Format { name: name.to_owned(), platform: Some("nginx"), ..format })
}
