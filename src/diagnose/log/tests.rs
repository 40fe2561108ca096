//! Lines as the programs write them, and what is read from them.

use super::*;

/// Format, then duration in milliseconds, status, flags, attempts and path of the first line.
fn reads(lines: &[&str]) -> (String, Option<u64>, Option<u16>, String, u8, String) {
    let found = detect(lines, &detect::Wish::default()).unwrap_or_else(|| panic!("no format for {lines:?}"));
    assert_eq!(found.read, lines.len(), "{:?}", found.format);
    let record = found.format.read(lines[0]).unwrap();
    let millis = record.duration.map(|d| d.as_nanos() / 1_000_000);
    (
        found.format.name,
        millis,
        record.status,
        record.flags.into_owned(),
        record.attempts.count,
        record.path.into_owned(),
    )
}

fn case(lines: &[&str], name: &str, millis: Option<u64>, status: u16, flags: &str, attempts: u8, path: &str) {
    let wanted = (name.to_owned(), millis, Some(status), flags.to_owned(), attempts, path.to_owned());
    assert_eq!(reads(lines), wanted);
}

const COMBINED: &str =
    r#"10.0.0.1 - - [22/Nov/2026:07:30:42 +0000] "POST /v1/chat HTTP/1.1" 504 167 "-" "OpenAI/Python 1.2""#;

#[test]
fn nginx_and_its_relatives() {
    case(&[COMBINED], "combined", None, 504, "", 0, "/v1/chat");
    case(&[&format!("{COMBINED} 60.001 60.000")], "combined", Some(60_001), 504, "", 1, "/v1/chat");
    let two = format!("{COMBINED} rt=120.004 uct=\"0.000, 0.001\" uht=\"-, -\" urt=\"60.001, 60.002\"");
    case(&[&two], "combined", Some(120_004), 504, "", 2, "/v1/chat");
    let ingress =
        format!("{COMBINED} 812 180.009 [app-chat-80] [] 10.1.0.2:80, 10.1.0.3:80 0, 0 60.003, 60.004 504, 504 5f1c");
    case(&[&ingress], "ingress-nginx", Some(180_009), 504, "", 2, "/v1/chat");
    let json = r#"{"time_iso8601":"2026-11-22T07:30:42+00:00","request_time":"60.001","upstream_response_time":"60.000","status":"504","request_uri":"/v1/chat","http_user_agent":"x"}"#;
    case(&[json], "nginx-json", Some(60_001), 504, "", 1, "/v1/chat");
    let kong = format!("{COMBINED} kong_request_id: \"5f1c\"");
    case(&[&kong], "combined", None, 504, "", 0, "/v1/chat");
}

#[test]
fn apache_and_its_guesses() {
    let (name, millis, ..) = reads(&[&format!("{COMBINED} 60002345")]);
    assert_eq!((name.as_str(), millis), ("combined", Some(60_002)));
    let format = known::custom(r#"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %{ms}T %X"#).unwrap();
    assert_eq!(format.platform, Some("apache-httpd"));
    let line = format!("{COMBINED} 60002 X");
    let record = format.read(&line).unwrap();
    assert_eq!((record.duration, &*record.flags), (Some(Dur::from_millis(60_002)), "X"));
    assert_eq!(record.started.unwrap().to_string(), "2026-11-22 07:30:42");
}

#[test]
fn envoy_and_istio() {
    let envoy = r#"[2026-11-22T07:30:42.123Z] "POST /v1/chat HTTP/1.1" 504 UT 812 24 15001 - "-" "curl/8" "5f1c" "api" "10.0.0.2:80""#;
    case(&[envoy], "envoy", Some(15_001), 504, "UT", 0, "/v1/chat");
    let istio = r#"[2026-11-22T07:30:42.123Z] "POST /v1/chat HTTP/1.1" 504 UT response_timeout - "-" 812 24 15001 - "-" "curl/8" "5f1c" "api" "10.0.0.2:80" outbound|80||chat - - - - -"#;
    case(&[istio], "istio", Some(15_001), 504, "UT,response_timeout", 0, "/v1/chat");
    let good = r#"[2026-11-22T07:30:42.123Z] "GET / HTTP/2" 200 - 0 24 12 11 "-" "curl/8" "5f1c" "api" "10.0.0.2:80""#;
    case(&[good], "envoy", Some(12), 200, "", 0, "/");
    let json = r#"{"start_time":"2026-11-22T07:30:42.123Z","duration":15001,"response_code":504,"response_flags":"UT","path":"/v1/chat","bytes_received":1}"#;
    case(&[json], "envoy-json", Some(15_001), 504, "UT", 0, "/v1/chat");
}

#[test]
fn haproxy_with_and_without_syslog() {
    let line = r#"127.0.0.1:40000 [22/Nov/2026:07:30:42.123] web app/s1 0/0/1/-1/50003 504 198 - - sH-- 1/1/0/0/0 0/0 "POST /v1/chat HTTP/1.1""#;
    case(&[line], "haproxy", Some(50_003), 504, "sH", 1, "/v1/chat");
    case(&[&format!("Nov 22 07:31:32 lb1 haproxy[1234]: {line}")], "haproxy", Some(50_003), 504, "sH", 1, "/v1/chat");
    let captured = r#"127.0.0.1:4 [22/Nov/2026:07:30:42.123] web~ app/s1 0/0/1/12/+14 200 198 - - ---- 1/1/0/0/+2 0/0 {a.example|x} {} "GET / HTTP/1.1""#;
    case(&[captured], "haproxy", Some(14), 200, "", 3, "/");
    let tcp = "127.0.0.1:4 [22/Nov/2026:07:30:42.123] in out/s1 0/1/50004 120 sD 1/1/0/0/0 0/0";
    let found = detect(&[tcp], &detect::Wish::default()).unwrap();
    let record = found.format.read(tcp).unwrap();
    assert_eq!((found.format.name.as_str(), &*record.flags, record.status), ("haproxy-tcp", "sD", None));
}

#[test]
fn load_balancers_of_aws() {
    let alb = |times: &str, status: &str| {
        format!(
            r#"https 2026-11-22T07:31:42.123456Z app/chat/50dc 192.0.2.1:2817 10.0.0.1:80 {times} {status} 812 207 "POST https://api.example.com:443/v1/chat HTTP/1.1" "OpenAI/JS 4" ECDHE TLSv1.2 arn:aws:tg "Root=1-5" "api.example.com" "arn:aws:cert" 0 2026-11-22T07:30:42.120000Z "forward" "-" "-" "10.0.0.1:80" "-" "-" "-""#
        )
    };
    let path = "https://api.example.com:443/v1/chat";
    case(&[&alb("0.001 0.500 0.002", "200 200")], "aws-alb", Some(503), 200, "", 0, path);
    // Without the time of the target the two clocks of the line tell.
    case(&[&alb("0.001 -1 -1", "504 -")], "aws-alb", Some(60_003), 504, "", 0, path);
    let line = alb("0.001 -1 -1", "504 -");
    let record = detect(&[&line], &detect::Wish::default()).unwrap().format.read(&line).map(|r| r.answer);
    assert_eq!(record, Some(Answer::Nothing));
    let elb =
        r#"2026-11-22T07:30:42.123456Z lb 192.0.2.1:2817 - -1 -1 -1 504 0 0 0 "GET http://a:80/x HTTP/1.1" "curl" - -"#;
    case(&[elb], "aws-elb-classic", None, 504, "", 0, "http://a:80/x");
}

#[test]
fn json_of_many_programs() {
    let caddy = r#"{"level":"info","ts":1795332642.5,"logger":"http.log.access.log0","msg":"handled request","request":{"method":"POST","uri":"/v1/chat","headers":{"User-Agent":["curl"]}},"bytes_read":5,"duration":30.0005,"size":0,"status":504}"#;
    case(&[caddy], "caddy", Some(30_000), 504, "", 0, "/v1/chat");
    let traefik = r#"{"ClientAddr":"127.0.0.1:4","DownstreamStatus":504,"Duration":30000512345,"OriginDuration":30000100000,"OriginStatus":504,"RequestPath":"/v1/chat","RetryAttempts":2,"StartUTC":"2026-11-22T07:30:42.1Z","time":"2026-11-22T07:31:12Z"}"#;
    case(&[traefik], "traefik-json", Some(30_000), 504, "", 3, "/v1/chat");
    let kong = r#"{"latencies":{"request":60005,"kong":1,"proxy":60003},"response":{"status":504},"request":{"uri":"/v1/chat","size":9},"started_at":1795332642123}"#;
    case(&[kong], "kong-json", Some(60_005), 504, "", 1, "/v1/chat");
    let gateway = r#"{"requestTime":"22/Nov/2026:07:30:42 +0000","status":"504","integrationLatency":"29000","responseLatency":"29003","resourcePath":"/v1/chat"}"#;
    case(&[gateway], "apigateway-json", Some(29_003), 504, "", 1, "/v1/chat");
    let gcp = r#"{"httpRequest":{"latency":"30.000534s","status":502,"requestUrl":"https://a/x"},"jsonPayload":{"statusDetails":"backend_timeout"},"timestamp":"2026-11-22T07:30:42.5Z"}"#;
    case(&[gcp], "gcp-lb-json", Some(30_000), 502, "backend_timeout", 0, "https://a/x");
    let heroku = r#"2026-11-22T07:30:42+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=POST path="/v1/chat" dyno=web.1 connect=1ms service=30001ms status=503 bytes=0"#;
    case(&[heroku], "heroku", Some(30_001), 503, "H12", 0, "/v1/chat");
}

#[test]
fn units_come_from_names_then_from_sizes_and_are_said() {
    let unit = |lines: &[&str]| {
        let found = detect(lines, &detect::Wish::default()).unwrap();
        (found.format.read(lines[0]).unwrap().duration.unwrap(), found.format.notes)
    };
    for (line, nanos) in [
        (r#"{"took_ms":1500,"code":1}"#, 1_500_000_000),
        (r#"{"durationMs":1500}"#, 1_500_000_000),
        (r#"{"elapsed_seconds":1.5}"#, 1_500_000_000),
        (r#"{"latency_us":1500}"#, 1_500_000),
        (r#"{"latency":"1.5s"}"#, 1_500_000_000),
        (r#"{"duration":29.003,"status":504}"#, 29_003_000_000),
        (r#"{"duration":29003,"status":504}"#, 29_003_000_000),
        (r#"{"duration":29003000,"status":504}"#, 29_003_000_000),
        (r#"{"duration":29003000000,"status":504}"#, 29_003_000_000),
    ] {
        let (read, notes) = unit(&[line]);
        assert_eq!(read.as_nanos(), nanos, "{line}");
        assert!(notes[0].starts_with("durations are read from"), "{notes:?}");
        assert_eq!(
            notes[0].contains("overrules the guess"),
            line.contains("\"duration\""),
            "{line}: a guess is said: {notes:?}"
        );
    }
    let wish = detect::Wish { unit: Some(Unit::Millis), ..detect::Wish::default() };
    let line = r#"{"duration":29003000,"status":504}"#;
    let read = detect(&[line], &wish).unwrap().format.read(line).unwrap();
    assert_eq!(read.duration, Some(Dur::from_millis(29_003_000)));
}

#[test]
fn names_of_formats_are_names_of_formats() {
    for name in known::names() {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
    }
    assert_eq!(known::closed().count() + known::open().count() + 3, known::names().len());
    let wish = detect::Wish { name: Some("envoy"), ..detect::Wish::default() };
    assert!(detect(&[COMBINED], &wish).is_none(), "a format that was asked for is not replaced");
}
