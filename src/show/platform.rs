//! The page of one platform.

use super::{timer, words};
use crate::catalog::bill::{Billed, Billing, CacheKind, PromptCache, Readable};
use crate::catalog::facet::FacetKind;
use crate::catalog::{
    Backoff, BeyondCap, Buffering, Connection, Headers, Platform, Retries, Role, Row, Side, Signature, Truncation,
};
use crate::text::grouped;

/// Everything that is known of a platform, as Markdown.
pub fn page(platform: &Platform) -> String {
    let mut out = format!("# {}\n\n{}\n\n", platform.name, words::sentence(&platform.summary));
    head(&mut out, platform);
    facets(&mut out, platform);
    overview(&mut out, platform);
    for timer in &platform.timers {
        words::put(&mut out, format_args!("\n### {}\n\n", words::code(&timer.id)));
        timer::body(&mut out, platform, timer);
    }
    behaviour(&mut out, platform);
    words::list(&mut out, "What surprises people", &platform.traps);
    words::list(&mut out, "When work takes longer", &platform.ways_out);
    let history: Vec<String> = platform.history.iter().map(|row| format!("{}: {}", row.date, row.text)).collect();
    words::list(&mut out, "What changed", &history);
    out
}

fn head(out: &mut String, platform: &Platform) {
    let mut say = |label: &str, text: String| words::put(out, format_args!("- **{label}**: {text}\n"));
    say("Id", words::code(&platform.id));
    if !platform.aliases.is_empty() {
        let aliases: Vec<String> = platform.aliases.iter().map(|alias| words::code(alias)).collect();
        say("Also known as", aliases.join(", "));
    }
    say("Role", platform.role.name().to_owned());
    if !platform.vendor.is_empty() {
        say("Vendor", words::line(&platform.vendor));
    }
    if let Some(versions) = &platform.versions {
        say("These facts speak of", words::line(versions));
    }
    if !platform.shorthand.is_empty() {
        let timers: Vec<String> = platform.shorthand.iter().map(|id| words::code(id)).collect();
        let native = platform.shorthand_native.as_ref().map(|n| format!(" ({})", words::code(n))).unwrap_or_default();
        say("timeout: 90s", format!("sets {}{native}", timers.join(", ")));
    }
    if let Some(docs) = &platform.docs {
        say("Documentation", format!("<{docs}>"));
    }
}

fn facets(out: &mut String, platform: &Platform) {
    if platform.facets.is_empty() {
        return;
    }
    out.push_str("\n## What a hop can state under `with:`\n\n");
    for facet in &platform.facets {
        let values = match &facet.kind {
            FacetKind::Choice(values) => values.iter().map(|v| words::code(v)).collect::<Vec<_>>().join(", "),
            FacetKind::Version => "a version".to_owned(),
        };
        let default = match &facet.default {
            Some(default) => format!("; {} where nothing is stated", words::code(default)),
            None => "; anything is possible where nothing is stated".to_owned(),
        };
        words::put(
            out,
            format_args!("- {}: {} ({values}{default})\n", words::code(&facet.id), words::line(&facet.summary)),
        );
    }
}

/// The table that most readers came for.
fn overview(out: &mut String, platform: &Platform) {
    out.push_str("\n## Timers\n\n");
    if platform.timers.is_empty() {
        out.push_str("None.\n");
        return;
    }
    out.push_str("| timer | setting | default | range |\n| --- | --- | --- | --- |\n");
    for timer in &platform.timers {
        words::put(
            out,
            format_args!(
                "| {} | {} | {} | {} |\n",
                words::code(&timer.id),
                native(&timer.native),
                timer::defaults(&timer.defaults).replace('|', "\\|"),
                timer::ranges(&timer.limits, timer::range).replace('|', "\\|"),
            ),
        );
    }
}

fn native(native: &str) -> String {
    if native.starts_with('(') { words::cell(native) } else { words::code(native).replace('|', "\\|") }
}

fn behaviour(out: &mut String, platform: &Platform) {
    let mut said: Vec<String> = Vec::new();
    said.extend(rows("Retries", &platform.retries, retries));
    said.extend(rows("Answers its caller", &platform.emits, |row| {
        format!("{} when the next hop fails by {}", row.status, row.cause)
    }));
    said.extend(rows("Buffering", &platform.buffering, |value| {
        match value {
            Buffering::Never => "passes each piece on at once",
            Buffering::Delays => "may hold pieces back for a moment",
            Buffering::WholeAnswer => "holds the whole answer before it sends any of it",
        }
        .to_owned()
    }));
    said.extend(rows("Streaming", &platform.streaming, |yes| {
        if *yes { "supported" } else { "not supported" }.to_owned()
    }));
    said.extend(rows("Headers of a stream", &platform.headers, |value| {
        match value {
            Headers::Early => "sent before the first token",
            Headers::WithFirstToken => "sent with the first token",
        }
        .to_owned()
    }));
    said.extend(rows("When its caller leaves", &platform.cancellation, |yes| {
        if *yes { "the hop inside is stopped" } else { "the hop inside works on" }.to_owned()
    }));
    said.extend(rows("Connections", &platform.connection, connection));
    said.extend(rows("Heartbeat", &platform.heartbeat, |interval| format!("sends something every {interval}")));
    said.extend(rows("An answer that breaks off after its headers", &platform.truncation, truncation));
    said.extend(rows("Recognised by", &platform.signatures, signature));
    said.extend(rows("Prompt caching", &platform.prompt_cache, prompt_cache));
    said.extend(rows("Bill for a call whose caller has left", &platform.billing, |row| billing(*row)));
    if platform.role == Role::Provider && platform.billing.is_empty() {
        said.push("**Bill for a call whose caller has left**: not known.".to_owned());
    }
    if said.is_empty() {
        return;
    }
    out.push_str("\n## Behaviour\n\n");
    for line in said {
        words::put(out, format_args!("- {line}\n"));
    }
}

fn rows<T>(label: &str, rows: &[Row<T>], text: impl Fn(&T) -> String) -> Vec<String> {
    rows.iter()
        .map(|row| {
            let note = row.fact.note.as_ref().map(|note| format!(" {}", words::sentence(note))).unwrap_or_default();
            let when = words::condition(&row.when);
            format!("**{label}**: {}{when}.{note} ({})", text(&row.value), words::fact(&row.fact))
        })
        .collect()
}

fn retries(retries: &Retries) -> String {
    let mut parts = vec![match retries.attempts {
        Some(1) => "one attempt, nothing is repeated".to_owned(),
        Some(n) => format!("up to {n} attempts"),
        None => "a number of attempts that is not known".to_owned(),
    }];
    if let Some(n) = retries.connect_attempts.filter(|n| Some(*n) != retries.attempts) {
        parts.push(format!("up to {n} when the connection cannot be set up"));
    }
    if retries.endpoints {
        parts.push("at most one per upstream endpoint".to_owned());
    }
    if !retries.on.is_empty() {
        let causes: Vec<String> = retries.on.iter().map(ToString::to_string).collect();
        parts.push(format!("after {}", causes.join(", ")));
    }
    if retries.idempotent_only {
        parts.push("once the request was sent only for idempotent methods, so not for POST".to_owned());
    }
    if let Some(text) = backoff(&retries.backoff) {
        parts.push(text);
    }
    match retries.obeys_retry_after {
        Some(true) => parts.push("obeys Retry-After".to_owned()),
        Some(false) => parts.push("ignores Retry-After".to_owned()),
        None => {}
    }
    if let Some(cap) = retries.retry_after_cap {
        let beyond = match retries.beyond_cap {
            BeyondCap::OwnWait => "a longer one is passed over",
            BeyondCap::Capped => "a longer one is cut to that",
            BeyondCap::Fails => "a longer one ends the call",
        };
        parts.push(format!("up to {cap}; {beyond}"));
    }
    if let Some(deadline) = retries.deadline {
        parts.push(format!("all of it ends after {deadline}"));
    }
    if let Some(window) = retries.window {
        parts.push(format!("no new attempt after {window}"));
    }
    if retries.trailing_sleep {
        parts.push("waits once more after the last failure".to_owned());
    }
    if let Some(native) = &retries.native {
        let counts = if retries.native_counts_retries { "counts the repeats" } else { "counts all attempts" };
        parts.push(format!("set with {}, which {counts}", words::code(native)));
    }
    parts.join("; ")
}

fn backoff(backoff: &Backoff) -> Option<String> {
    match backoff {
        Backoff::None => None,
        Backoff::List(list) => {
            let waits: Vec<String> = list.iter().map(ToString::to_string).collect();
            Some(format!("waits of {}", waits.join(", ")))
        }
        Backoff::Exponential { initial, factor_percent, max, jitter_percent } => {
            let factor = f64::from(*factor_percent) / 100.0;
            let grows = if *factor_percent == 100 { String::new() } else { format!(", times {factor} each time") };
            let max = max.map(|max| format!(", at most {max}")).unwrap_or_default();
            let jitter = match jitter_percent {
                (100, 100) => String::new(),
                (low, high) => format!(", shaken to {low} to {high} %"),
            };
            Some(format!("first wait {initial}{grows}{max}{jitter}"))
        }
    }
}

fn prompt_cache(cache: &PromptCache) -> String {
    let mut parts = vec![
        match cache.kind {
            CacheKind::Automatic => "by itself",
            CacheKind::Asked => "where the request asks for it",
            CacheKind::Both => "by itself, and where the request asks for it",
        }
        .to_owned(),
    ];
    parts.push(match &cache.read {
        Some(share) => format!("what is read costs {share} of the input price"),
        None => "what reading costs is not known".to_owned(),
    });
    parts.extend(cache.write.map(|share| format!("what is written {share}")));
    parts.extend(cache.minimum.map(|tokens| match (grouped(tokens.least), grouped(tokens.most)) {
        (least, most) if least == most => format!("from {least} tokens"),
        (least, most) => format!("from {least} to {most} tokens, by model"),
    }));
    parts.extend(cache.lifetime.map(|lifetime| format!("kept for {lifetime} after the last use")));
    parts.extend(cache.readable.map(|readable| {
        match readable {
            Readable::FirstByte => "there for other calls once the first answer begins",
            Readable::Answer => "there for other calls once the first answer is complete",
        }
        .to_owned()
    }));
    parts.join("; ")
}

fn truncation(row: &Truncation) -> String {
    let mut parts = Vec::new();
    if !row.delay.is_zero() {
        parts.push(format!("its caller learns of it {} later", row.delay));
    }
    if row.passes_held {
        parts.push("what was held back of it is sent, its status first".to_owned());
    }
    parts.join("; ")
}

fn billing(billing: Billing) -> String {
    let what = match billing.billed {
        Billed::Nothing => "nothing",
        Billed::UntilThen => "its input and what was written until then",
        Billed::Whole => "all of it, the model works on",
    };
    match billing.streaming {
        Some(true) => format!("of a stream {what}"),
        Some(false) => format!("of a whole answer {what}"),
        None => what.to_owned(),
    }
}

fn signature(signature: &Signature) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(signature.header.as_ref().map(|header| format!("the header {}", words::code(header))));
    parts.extend(signature.body.as_ref().map(|body| format!("the body {}", words::code(body))));
    parts.extend(signature.exception.as_ref().map(|text| format!("the text {}", words::code(text))));
    if !signature.statuses.is_empty() {
        let statuses: Vec<String> = signature.statuses.iter().map(u16::to_string).collect();
        parts.push(format!("status {}", crate::text::list(&statuses, "or")));
    }
    let timers: Vec<String> = signature.timers.iter().map(|timer| words::code(timer)).collect();
    let by = if timers.is_empty() { String::new() } else { format!("; left by {}", crate::text::list(&timers, "or")) };
    format!("{}{by}", parts.join(" with "))
}

fn connection(connection: &Connection) -> String {
    let whose = match connection.side {
        Side::Upstream => "connections to the next hop",
        Side::Downstream => "connections from its callers",
        Side::Both => "connections on both sides",
    };
    if !connection.reuses {
        return format!("{whose} serve one request each");
    }
    let mut parts = vec![format!("{whose} are kept for more requests")];
    match &connection.timer {
        Some(timer) => parts.push(format!("an unused one ends by {}", words::code(timer))),
        None => parts.push("an unused one has no limit of its own".to_owned()),
    }
    if connection.obeys_hint {
        parts.push("sooner where the server's Keep-Alive header says so".to_owned());
    }
    match connection.repeats_reset {
        Some(true) => parts.push("a request that meets a closed one is sent again".to_owned()),
        Some(false) => parts.push("a request that meets a closed one fails".to_owned()),
        None => {}
    }
    if connection.closes_silently {
        parts.push("it is dropped without telling the peer".to_owned());
    }
    parts.join("; ")
}
