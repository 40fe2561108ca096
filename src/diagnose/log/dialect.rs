//! Log formats in the languages of the programs that write them: nginx's `$request_time`, Apache's `%D`, Envoy's
//! `%DURATION%`, `HAProxy`'s `%Ta`.

use super::field::Field;
use super::pattern::{Part, Pattern};
use super::value::Unit;

/// A format in whichever language it is written in, and the platform that speaks it.
pub fn compile(format: &str) -> Option<(Pattern, Option<&'static str>)> {
    // In Apache's own files quotes are escaped.
    let format = format.replace("\\\"", "\"");
    let has = |marks: &[&str]| marks.iter().any(|mark| format.contains(mark));
    if has(&["$"]) {
        let platform = if has(&["$context."]) { None } else { Some("nginx") };
        return Pattern::new(dollars(&format)).map(|pattern| (pattern, platform));
    }
    if has(&["%START_TIME", "%RESPONSE_CODE%", "%DURATION%", "%REQ(", "%RESPONSE_FLAGS%"]) {
        return Pattern::new(envoy(&format)?).map(|pattern| (pattern, Some("envoy")));
    }
    if has(&["%ci", "%ST", "%Ta", "%TR", "%Tt", "%tsc", "%ts", "%["]) {
        return Pattern::new(haproxy(&format)).map(|pattern| (pattern, Some("haproxy")));
    }
    Pattern::new(apache(&format)).map(|pattern| (pattern, Some("apache-httpd")))
}

/// The parts of a format, its texts joined.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    fn field(&mut self, field: Field) {
        self.0.push(Part::Field(field));
    }
}

/// `$name` and `${name}`, of nginx, of API Gateway (`$context.name`), and our own names for fields.
fn dollars(format: &str) -> Vec<Part> {
    let mut parts = Parts::default();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once('$') {
        parts.text(text);
        let braced = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let (name, after) = braced.unwrap_or_else(|| {
            let dots = after.starts_with("context.");
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || dots && c == '.'));
            after.split_at(end.unwrap_or(after.len()))
        });
        parts.field(variable(name));
        rest = after;
    }
    parts.text(rest);
    parts.0
}

fn variable(name: &str) -> Field {
    match name {
        "time_local" | "time_iso8601" | "msec" | "ended" => Field::Ended,
        "started" | "context.requestTime" | "context.requestTimeEpoch" => Field::Started,
        "request_time" | "duration_s" => Field::Duration(Unit::Seconds),
        "duration_ms" | "context.responseLatency" => Field::Duration(Unit::Millis),
        "duration_us" => Field::Duration(Unit::Micros),
        "duration_ns" => Field::Duration(Unit::Nanos),
        "part_s" => Field::Part(Unit::Seconds),
        "upstream_response_time" => Field::Upstream(Unit::Seconds),
        "context.integrationLatency" => Field::Upstream(Unit::Millis),
        "status" | "context.status" => Field::Status,
        "upstream_status" | "context.integrationStatus" => Field::UpstreamStatus,
        "retries" => Field::Retries,
        "attempts" => Field::Attempts,
        "body_bytes_sent" | "bytes_sent" | "sent" | "context.responseLength" => Field::Sent,
        "request_length" | "received" => Field::Received,
        "flags" => Field::Flags,
        "request" => Field::Request,
        "request_uri" | "uri" | "path" | "context.path" => Field::Path,
        "http_user_agent" | "agent" | "context.identity.userAgent" => Field::Agent,
        _ => Field::Skip,
    }
}

/// `%COMMAND%`, `%COMMAND(argument)%`, `%COMMAND(argument):9%`.
fn envoy(format: &str) -> Option<Vec<Part>> {
    let mut parts = Parts::default();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once('%') {
        parts.text(text);
        if let Some(after) = after.strip_prefix('%') {
            parts.text("%");
            rest = after;
            continue;
        }
        // A time's own format holds percent signs.
        let from = after.find(['(', '%'])?;
        let open = after[from..].starts_with('(');
        let argument = if open { after[from..].find(")%").or_else(|| after[from..].find("):"))? + from } else { from };
        let end = after[argument..].find('%')? + argument;
        parts.field(command(&after[..end]));
        rest = &after[end + 1..];
    }
    parts.text(rest);
    Some(parts.0)
}

fn command(text: &str) -> Field {
    let (name, argument) = text.split_once('(').unwrap_or((text, ""));
    let argument = argument.split(')').next().unwrap_or_default();
    match (name, argument.to_ascii_lowercase().as_str()) {
        ("START_TIME", "") => Field::Started,
        ("RESPONSE_CODE", _) => Field::Status,
        ("RESPONSE_FLAGS", _) => Field::Flags,
        ("RESPONSE_CODE_DETAILS", _) => Field::Detail,
        ("DURATION", _) => Field::Duration(Unit::Millis),
        ("BYTES_RECEIVED", _) => Field::Received,
        ("BYTES_SENT", _) => Field::Sent,
        ("UPSTREAM_REQUEST_ATTEMPT_COUNT", _) => Field::Attempts,
        ("REQ", "user-agent") => Field::Agent,
        ("REQ", path) if path.ends_with(":path") => Field::Path,
        ("PATH", _) => Field::Path,
        _ => Field::Skip,
    }
}

/// `%Ta`, `%{+Q}r`, `%[sample]`.
fn haproxy(format: &str) -> Vec<Part> {
    let mut parts = Parts::default();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once('%') {
        parts.text(text);
        let (flags, after) = after.strip_prefix('{').and_then(|after| after.split_once('}')).unwrap_or(("", after));
        if let Some((_, after)) = after.strip_prefix('[').and_then(|after| after.split_once(']')) {
            parts.field(Field::Skip);
            rest = after;
            continue;
        }
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let quoted = flags.contains("+Q");
        parts.text(if quoted { "\"" } else { "" });
        parts.field(alias(&after[..end]));
        parts.text(if quoted { "\"" } else { "" });
        rest = &after[end..];
    }
    parts.text(rest);
    parts.0
}

fn alias(name: &str) -> Field {
    match name {
        "t" | "tr" | "T" | "Ts" | "trl" | "trg" => Field::Started,
        "Ta" | "Tt" => Field::Duration(Unit::Millis),
        "ST" => Field::Status,
        "ts" | "tsc" => Field::Flags,
        "rc" => Field::Retries,
        "B" => Field::Sent,
        "U" => Field::Received,
        "r" => Field::Request,
        "HP" | "HU" | "HPO" => Field::Path,
        _ => Field::Skip,
    }
}

/// `%D`, `%>s`, `%{User-agent}i`.
fn apache(format: &str) -> Vec<Part> {
    let mut parts = Parts::default();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once('%') {
        parts.text(text);
        if let Some(after) = after.strip_prefix('%') {
            parts.text("%");
            rest = after;
            continue;
        }
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '<' | '>' | '!' | ','));
        let (argument, after) = after.strip_prefix('{').and_then(|after| after.split_once('}')).unwrap_or(("", after));
        let size = after.chars().next().map_or(0, char::len_utf8) + usize::from(after.starts_with('^')) * 2;
        let (letter, after) = after.split_at(size.min(after.len()));
        // A time without a format of its own stands in brackets.
        let bracketed = letter == "t" && argument.is_empty();
        parts.text(if bracketed { "[" } else { "" });
        parts.field(directive(letter, argument));
        parts.text(if bracketed { "]" } else { "" });
        rest = after;
    }
    parts.text(rest);
    parts.0
}

fn directive(letter: &str, argument: &str) -> Field {
    match (letter, argument.to_ascii_lowercase().as_str()) {
        ("t", "" | "sec" | "msec" | "usec" | "begin:sec" | "begin:msec" | "begin:usec") => Field::Started,
        ("t", "end:sec" | "end:msec" | "end:usec") => Field::Ended,
        ("D", _) | ("T", "us") => Field::Duration(Unit::Micros),
        ("T", "ms") => Field::Duration(Unit::Millis),
        ("T", _) => Field::Duration(Unit::Seconds),
        ("s", _) => Field::Status,
        ("b" | "B" | "O", _) => Field::Sent,
        ("I", _) => Field::Received,
        ("X", _) => Field::Flags,
        ("r", _) => Field::Request,
        ("U", _) => Field::Path,
        ("i", "user-agent") => Field::Agent,
        _ => Field::Skip,
    }
}
