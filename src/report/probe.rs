//! One request that was sent and watched: its timeline for people, and the types of its part of
//! `schemas/hoplint-diagnose.schema.json`.

use super::paint::Paint;
use super::{Options, clean};
use crate::diagnose::probe::{End, Probed};
use crate::duration::Dur;
use serde::Serialize;
use std::io::{self, Write};

#[cfg(test)]
use schemars::JsonSchema;

/// One request that was really sent.
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Probe<'a> {
    pub method: &'a str,
    /// Values of the query are left out: they may be keys.
    pub url: &'a str,
    pub address: Option<&'a str>,
    /// How far it came, in seconds since the start.
    pub steps: Vec<Reached>,
    pub status: Option<u16>,
    /// As `name: value`; cookies are left out.
    pub headers: Vec<String>,
    pub body_bytes: u64,
    /// How often bytes of the body arrived.
    pub pieces: u64,
    /// The longest silences between them.
    pub gaps: Vec<Silence>,
    /// In seconds, between the last byte and the end, where the answer did not end by itself.
    pub silence: Option<f64>,
    /// `whole`, `closed` or `reset` (before the answer was whole), `failed` (nothing could be sent), `gave-up` (--max).
    pub end: &'static str,
    pub why: Option<&'a str>,
    /// In seconds.
    pub took: f64,
    /// The place of its diagnosis; absent where nothing went wrong.
    pub diagnosis: Option<usize>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Reached {
    /// `name`, `connect`, `tls`, `sent`, `first-byte`, `headers` or `body`.
    pub step: &'static str,
    pub at: f64,
    #[serde(skip)]
    words: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Silence {
    /// Seconds since the start.
    pub from: f64,
    pub seconds: f64,
}

/// What nobody needs for telling who answered.
const UNTOLD: [&str; 4] = ["set-cookie", "set-cookie2", "www-authenticate", "proxy-authenticate"];

pub(super) fn probe(probed: &Probed, diagnosis: Option<usize>) -> Probe<'_> {
    let (end, why) = match &probed.end {
        End::Whole => ("whole", None),
        End::Closed { reset: false } => ("closed", None),
        End::Closed { reset: true } => ("reset", None),
        End::Failed { why } => ("failed", Some(why.as_str())),
        End::GaveUp => ("gave-up", None),
    };
    Probe {
        method: &probed.method,
        url: &probed.url,
        address: probed.address.as_deref(),
        steps: probed
            .steps
            .iter()
            .map(|(step, at)| Reached { step: step.name(), at: seconds(*at), words: step.words() })
            .collect(),
        status: probed.status,
        headers: probed
            .headers
            .iter()
            .filter(|(name, _)| !UNTOLD.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect(),
        body_bytes: probed.body_bytes,
        pieces: probed.pieces,
        gaps: probed.gaps.iter().map(|gap| Silence { from: seconds(gap.from), seconds: seconds(gap.length) }).collect(),
        silence: probed.silence.map(seconds),
        end,
        why,
        took: seconds(probed.took),
        diagnosis,
    }
}

/// To the millisecond.
fn seconds(time: Dur) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Headers that name a program or a reason come first; the rest tells little.
const TELLING: [&str; 17] = [
    "server",
    "via",
    "x-powered-by",
    "cf-ray",
    "x-cache",
    "x-amz-cf-pop",
    "x-amzn-requestid",
    "x-amzn-errortype",
    "x-envoy-upstream-service-time",
    "x-kong-upstream-latency",
    "x-kong-proxy-latency",
    "x-request-id",
    "retry-after",
    "content-type",
    "content-length",
    "transfer-encoding",
    "location",
];

pub(super) fn text(probe: &Probe<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: options.color };
    let address = probe.address.map(|address| format!(" ({address})")).unwrap_or_default();
    let title = format!("{} {}{address}", probe.method, probe.url);
    writeln!(out, "{}", paint.bold(&clean::line(&title)))?;
    let mut before = 0.0;
    for step in &probe.steps {
        writeln!(out, "  {:>9}  {}{}", shown(step.at), step.words, since(step, before))?;
        before = step.at;
    }
    if probe.pieces > 0 {
        let pieces = if probe.pieces == 1 { "one piece".to_owned() } else { format!("{} pieces", probe.pieces) };
        writeln!(out, "  {:>9}  {} bytes of body in {pieces}", "", probe.body_bytes)?;
    }
    for gap in &probe.gaps {
        writeln!(out, "  {:>9}  silence of {} inside the body", shown(gap.from), shown(gap.seconds))?;
    }
    let end = end(probe);
    let end = if probe.end == "whole" { paint.green(&end) } else { paint.red(&clean::line(&end)) };
    writeln!(out, "  {:>9}  {end}", shown(probe.took))?;
    if let Some(status) = probe.status {
        let status_text = format!("status {status}");
        writeln!(out, "  {}", if status >= 400 { paint.red(&status_text) } else { status_text })?;
    }
    let name = |header: &str| header.split(':').next().unwrap_or_default().to_owned();
    for telling in TELLING {
        for header in probe.headers.iter().filter(|header| name(header) == telling) {
            writeln!(out, "  {}", clean::line(header))?;
        }
    }
    Ok(())
}

fn since(step: &Reached, before: f64) -> String {
    // A first step of no time, such as the name of an address that is a number.
    let took = step.at - before;
    if before > 0.0 && took >= 0.001 { format!(" ({} later)", shown(took)) } else { String::new() }
}

fn end(probe: &Probe<'_>) -> String {
    let silence =
        probe.silence.filter(|silence| *silence >= 0.2).map(|s| format!(", {} after the last byte", shown(s)));
    let silence = silence.unwrap_or_default();
    match (probe.end, probe.status) {
        ("whole", _) => "the answer is whole".to_owned(),
        ("closed", Some(_)) => format!("cut: the connection was closed before the answer was whole{silence}"),
        ("closed", None) => "the connection was closed without an answer".to_owned(),
        ("reset", Some(_)) => format!("cut: the connection was reset inside the answer{silence}"),
        ("reset", None) => "the connection was reset without an answer".to_owned(),
        ("gave-up", _) => format!("the probe gave up (--max){silence}"),
        _ => probe.why.unwrap_or_default().to_owned(),
    }
}

fn shown(seconds: f64) -> String {
    format!("{seconds:.3}s")
}
