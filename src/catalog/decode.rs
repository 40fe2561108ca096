//! A platform file to its types. Every problem is reported at its place, for the embedded files by a test and for a
//! user's own files as findings.

use super::bill;
use super::decode_timer::timer;
use super::facet::{Cond, Facet, FacetKind, When};
use super::fine::Fine;
use super::{
    Backoff, BeyondCap, Buffering, Cause, Confidence, Connection, Emits, Fact, Headers, History, LogFlag, Platform,
    Retries, Role, Row, Says, Side, Signature, Truncation, Words,
};
use crate::diag::Diagnostic;
use crate::span::FileId;
use crate::syntax::decode::{Ctx, Decode, INVALID_VALUE, one_of};
use crate::syntax::fields::Fields;
use crate::syntax::{Format, Kind, Node, Parsed, parse};

/// Reads one platform file; `parent` is the text of the platform that it extends.
pub fn platform(file: FileId, text: &str, parent: Option<&str>) -> (Option<Platform>, Vec<Diagnostic>) {
    let parsed = parse(text, Format::Toml);
    let mut ctx = Ctx::new(file, text, Format::Toml, &parsed);
    let base = parent.map(|parent| parse(parent, Format::Toml));
    let platform = match (parsed.root.as_ref(), base.as_ref().and_then(|p| p.root.as_ref())) {
        (Some(root), Some(base)) => read(&super::extend::merged(base, root), &mut ctx),
        (Some(root), None) => read(root, &mut ctx),
        (None, _) => None,
    };
    let platform = platform.inspect(|platform| super::verify::verify(platform, root_of(&parsed), &mut ctx));
    (platform, ctx.problems().0)
}

/// Which platform a file extends, read without the rest.
pub fn extends(text: &str) -> Option<String> {
    parse(text, Format::Toml).root?.get("extends")?.as_str().map(str::to_owned)
}

fn root_of<'p, 's>(parsed: &'p Parsed<'s>) -> Option<&'p Node<'s>> {
    parsed.root.as_ref()
}

fn read(root: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Platform> {
    let mut f = Fields::of(root, ctx, "a platform")?;
    let id = f.required::<String>("id", ctx);
    let name = f.required::<String>("name", ctx);
    let role = required_word(&mut f, ctx, "role", "a role", &Role::NAMES);
    // Consumed by `extend`; named here so that they are known keys.
    f.optional::<String>("extends", ctx);
    f.optional::<Vec<String>>("drop", ctx);
    let platform = Platform {
        vendor: f.optional("vendor", ctx).unwrap_or_default(),
        aliases: f.optional("aliases", ctx).unwrap_or_default(),
        hosts: f.optional("hosts", ctx).unwrap_or_default(),
        summary: f.required("summary", ctx).unwrap_or_default(),
        docs: f.optional("docs", ctx),
        versions: f.optional("versions", ctx),
        shorthand: f.optional("shorthand", ctx).unwrap_or_default(),
        shorthand_native: f.optional("shorthand-native", ctx),
        traps: f.optional("traps", ctx).unwrap_or_default(),
        ways_out: f.optional("ways-out", ctx).unwrap_or_default(),
        facets: tables(f.node("facet"), ctx, facet),
        timers: tables(f.node("timer"), ctx, timer),
        retries: tables(f.node("retries"), ctx, |n, c| row(n, c, "a retries row", |f, c| Some(retries(f, c)))),
        emits: tables(f.node("emits"), ctx, |n, c| row(n, c, "an emits row", emits)),
        buffering: tables(f.node("buffering"), ctx, |n, c| row(n, c, "a buffering row", buffering)),
        streaming: tables(f.node("streaming"), ctx, |n, c| {
            row(n, c, "a streaming row", |f, c| f.required("supported", c))
        }),
        headers: tables(f.node("headers"), ctx, |n, c| row(n, c, "a headers row", headers)),
        cancellation: tables(f.node("cancellation"), ctx, |n, c| row(n, c, "a cancellation row", cancellation)),
        connection: tables(f.node("connection"), ctx, |n, c| row(n, c, "a connection row", connection)),
        heartbeat: tables(f.node("heartbeat"), ctx, |n, c| {
            row(n, c, "a heartbeat row", |f, c| f.required::<Fine>("interval", c).map(|d| d.0))
        }),
        truncation: tables(f.node("truncation"), ctx, |n, c| {
            row(n, c, "a truncation row", |f, c| Some(truncation(f, c)))
        }),
        prompt_cache: tables(f.node("prompt-cache"), ctx, |n, c| row(n, c, "a prompt-cache row", bill::prompt_cache)),
        billing: tables(f.node("billing"), ctx, |n, c| row(n, c, "a billing row", bill::billing)),
        signatures: tables(f.node("signature"), ctx, |n, c| row(n, c, "a signature row", signature)),
        log_flags: tables(f.node("log-flag"), ctx, |n, c| row(n, c, "a log-flag row", log_flag)),
        history: tables(f.node("history"), ctx, history),
        id: String::new(),
        name: String::new(),
        role: Role::Proxy,
    };
    f.finish(ctx);
    Some(Platform { id: id?, name: name?, role: role?, ..platform })
}

/// An array of tables; what cannot be read is reported and left out.
fn tables<T>(
    node: Option<&Node<'_>>,
    ctx: &mut Ctx<'_>,
    mut read: impl FnMut(&Node<'_>, &mut Ctx<'_>) -> Option<T>,
) -> Vec<T> {
    match node.map(|n| (n, &n.kind)) {
        None => Vec::new(),
        Some((_, Kind::Seq(items))) => items.iter().filter_map(|item| read(item, ctx)).collect(),
        Some((node, _)) => {
            ctx.expected("an array of tables, written [[...]]", node);
            Vec::new()
        }
    }
}

fn row<T>(
    node: &Node<'_>,
    ctx: &mut Ctx<'_>,
    what: &'static str,
    value: impl FnOnce(&mut Fields<'_, '_>, &mut Ctx<'_>) -> Option<T>,
) -> Option<Row<T>> {
    let mut f = Fields::of(node, ctx, what)?;
    let when = when(&mut f, ctx);
    let value = value(&mut f, ctx);
    let fact = fact(&mut f, ctx);
    f.finish(ctx);
    Some(Row { when, value: value?, fact: fact? })
}

/// Source, confidence, date and method: all four or nothing.
pub(super) fn fact(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Fact> {
    let source = f.required("source", ctx);
    let checked = required_word(f, ctx, "checked", "a way of checking", &Confidence::NAMES);
    let date = f.required("date", ctx);
    let how = f.required("how", ctx);
    let note = f.optional("note", ctx);
    Some(Fact::new(checked?, Words { source: source?, date: date?, how: how?, note }))
}

/// The fact of a row inside a timer: what it does not say, the timer says.
pub(super) fn fact_over(base: &Fact, f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Fact {
    let words = Words {
        source: f.optional("source", ctx).unwrap_or_else(|| base.source.clone()),
        date: f.optional("date", ctx).unwrap_or_else(|| base.date.clone()),
        how: f.optional("how", ctx).unwrap_or_else(|| base.how.clone()),
        note: f.optional("note", ctx),
    };
    Fact::new(checked(f, ctx).unwrap_or(base.checked), words)
}

fn checked(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Confidence> {
    f.node("checked").and_then(|node| one_of(node, ctx, "a way of checking", &Confidence::NAMES))
}

pub(super) fn when(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> When {
    let Some(node) = f.node("when") else { return When::default() };
    let Kind::Map(entries) = &node.kind else {
        ctx.expected("a table of facets and values", node);
        return When::default();
    };
    let conditions = entries.iter().filter_map(|entry| {
        let cond = match &entry.value.kind {
            Kind::Seq(_) => Vec::<String>::decode(&entry.value, ctx).map(Cond::OneOf),
            Kind::Str(text) if text.starts_with(['<', '>', '=']) => {
                let cond = Cond::parse_version(text);
                if cond.is_none() {
                    ctx.expected("a version condition such as <1.29.7 or >=2.0, <3.0", &entry.value);
                }
                cond
            }
            _ => String::decode(&entry.value, ctx).map(|value| Cond::OneOf(vec![value])),
        };
        cond.map(|cond| (entry.key.text.to_string(), cond))
    });
    When(conditions.collect())
}

fn facet(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Facet> {
    let mut f = Fields::of(node, ctx, "a facet")?;
    let id = f.required("id", ctx);
    let summary = f.required("summary", ctx);
    let kind = f.required::<String>("kind", ctx);
    let values: Option<Vec<String>> = f.optional("values", ctx);
    let default = f.optional("default", ctx);
    let kind = match (kind.as_deref(), values) {
        (Some("version"), None) => Some(FacetKind::Version),
        (Some("choice"), Some(values)) => Some(FacetKind::Choice(values)),
        (None, _) => None,
        _ => {
            let at = f.place();
            let problem = ctx.error(INVALID_VALUE, at, "a facet is a `version`, or a `choice` with its `values`");
            ctx.diagnostics.push(problem);
            None
        }
    };
    f.finish(ctx);
    Some(Facet { id: id?, summary: summary?, kind: kind?, default })
}

fn retries(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Retries {
    let on: Option<Vec<String>> = f.optional("on", ctx);
    let mut causes = Vec::new();
    for word in on.unwrap_or_default() {
        match Cause::parse(&word) {
            Some(cause) => causes.push(cause),
            None => {
                problem_at(f, ctx, "on", "is no cause: connect, refused, timeout, reset, a status or 4xx, 5xx", &word);
            }
        }
    }
    let word = |f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>, key, what, words: &[(&str, bool)]| {
        f.node(key).and_then(|node| one_of(node, ctx, what, words))
    };
    Retries {
        attempts: number(f, ctx, "attempts"),
        connect_attempts: number(f, ctx, "connect-attempts"),
        endpoints: f.optional("endpoints", ctx).unwrap_or(false),
        on: causes,
        idempotent_only: word(f, ctx, "methods", "a set of methods", &[("all", false), ("idempotent", true)])
            .unwrap_or(false),
        backoff: f.node("backoff").and_then(|node| backoff(node, ctx)).unwrap_or(Backoff::None),
        obeys_retry_after: word(f, ctx, "retry-after", "obey or ignore", &[("obey", true), ("ignore", false)]),
        retry_after_cap: f.optional::<Fine>("retry-after-cap", ctx).map(|d| d.0),
        beyond_cap: f
            .node("retry-after-beyond")
            .and_then(|node| one_of(node, ctx, "what becomes of the call", &BeyondCap::NAMES))
            .unwrap_or_default(),
        deadline: f.optional::<Fine>("deadline", ctx).map(|d| d.0),
        window: f.optional::<Fine>("window", ctx).map(|d| d.0),
        refused_wait: f.optional::<Fine>("refused-wait", ctx).map(|d| d.0),
        refused_wait_timer: f.optional("refused-wait-timer", ctx),
        window_timer: f.optional("window-timer", ctx),
        trailing_sleep: f.optional("trailing-sleep", ctx).unwrap_or(false),
        settable: f.optional("settable", ctx).unwrap_or(false),
        native: f.optional("native", ctx),
        native_counts_retries: word(f, ctx, "native-counts", "a count", &[("retries", true), ("attempts", false)])
            .unwrap_or(false),
    }
}

fn number(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>, key: &'static str) -> Option<u32> {
    f.optional::<u64>(key, ctx).and_then(|n| u32::try_from(n).ok())
}

fn problem_at(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>, key: &'static str, what: &str, word: &str) {
    if let Some(node) = f.node(key) {
        ctx.invalid(node, format!("`{word}` {what}"));
    }
}

fn backoff(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Backoff> {
    let mut f = Fields::of(node, ctx, "a back-off")?;
    let list: Option<Vec<Fine>> = f.optional("list", ctx);
    let initial = f.optional::<Fine>("initial", ctx).map(|d| d.0);
    let factor = f.optional::<f64>("factor", ctx).unwrap_or(1.0);
    let max = f.optional::<Fine>("max", ctx).map(|d| d.0);
    let jitter: Option<Vec<f64>> = f.optional("jitter", ctx);
    f.finish(ctx);
    if let Some(list) = list {
        return Some(Backoff::List(list.into_iter().map(|d| d.0).collect()));
    }
    let jitter_percent = match jitter.as_deref() {
        Some([low, high]) => (percent(*low), percent(*high)),
        None => (100, 100),
        Some(_) => {
            ctx.invalid(node, "jitter is two factors, such as [0.75, 1.0]");
            return None;
        }
    };
    Some(Backoff::Exponential { initial: initial?, factor_percent: percent(factor), max, jitter_percent })
}

/// A factor with at most two digits after the point, as data files write them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn percent(factor: f64) -> u32 {
    (factor * 100.0).round().clamp(0.0, 1_000_000.0) as u32
}

fn emits(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Emits> {
    let cause: Option<String> = f.required("cause", ctx);
    let status = f.required::<u64>("status", ctx).and_then(|n| u16::try_from(n).ok());
    let parsed = cause.as_deref().and_then(Cause::parse);
    if let (Some(word), None) = (&cause, parsed) {
        problem_at(f, ctx, "cause", "is no cause: connect, refused, timeout or reset", word);
    }
    Some(Emits { cause: parsed?, status: status? })
}

/// One word of a list under a key that must be there.
pub(super) fn required_word<T: Clone>(
    f: &mut Fields<'_, '_>,
    ctx: &mut Ctx<'_>,
    key: &'static str,
    what: &str,
    words: &[(&str, T)],
) -> Option<T> {
    match f.node(key) {
        Some(node) => one_of(node, ctx, what, words),
        None => f.required::<String>(key, ctx).and(None),
    }
}

pub const BUFFERING: [(&str, Buffering); 3] =
    [("never", Buffering::Never), ("delays", Buffering::Delays), ("whole-answer", Buffering::WholeAnswer)];
pub const HELD: [(&str, bool); 2] = [("replaced", false), ("passed-on", true)];
pub const HEADERS: [(&str, Headers); 2] = [("early", Headers::Early), ("with-first-token", Headers::WithFirstToken)];

fn buffering(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Buffering> {
    required_word(f, ctx, "value", "a kind of buffering", &BUFFERING)
}

fn headers(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Headers> {
    required_word(f, ctx, "value", "a time for headers", &HEADERS)
}

fn truncation(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Truncation {
    let held = f.node("held").and_then(|node| one_of(node, ctx, "what becomes of what is held", &HELD));
    let delay = f.optional::<Fine>("delay", ctx).map(|d| d.0);
    Truncation { delay: delay.unwrap_or_default(), passes_held: held.unwrap_or(false) }
}

fn cancellation(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<bool> {
    required_word(f, ctx, "value", "yes or no", &[("yes", true), ("no", false)])
}

fn connection(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Connection> {
    let side = required_word(f, ctx, "side", "a side", &Side::NAMES);
    let closes =
        f.node("closes").and_then(|node| one_of(node, ctx, "a way to close", &[("fin", false), ("silent", true)]));
    Some(Connection {
        reuses: f.required("reuses", ctx)?,
        timer: f.optional("timer", ctx),
        obeys_hint: f.optional("obeys-hint", ctx).unwrap_or(false),
        repeats_reset: f.optional("repeats-reset", ctx),
        closes_silently: closes.unwrap_or(false),
        side: side?,
    })
}

fn signature(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Signature> {
    let signature = Signature {
        body: f.optional("body", ctx),
        header: f.optional("header", ctx),
        exception: f.optional("exception", ctx),
        statuses: f
            .optional::<Vec<u64>>("status", ctx)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|n| u16::try_from(n).ok())
            .collect(),
        timers: f.optional("timers", ctx).unwrap_or_default(),
        says: f.node("says").and_then(|node| one_of(node, ctx, "what an answer says", &Says::NAMES)),
    };
    if signature.body.is_none()
        && signature.header.is_none()
        && signature.exception.is_none()
        && signature.statuses.is_empty()
    {
        let at = f.place();
        let problem = ctx.error(INVALID_VALUE, at, "a signature needs a `body`, `header`, `exception` or `status`");
        ctx.diagnostics.push(problem);
        return None;
    }
    Some(signature)
}

fn log_flag(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Option<LogFlag> {
    let (flag, meaning) = (f.required("flag", ctx), f.required("meaning", ctx));
    let timers = f.optional("timers", ctx).unwrap_or_default();
    let says = f.node("says").and_then(|node| one_of(node, ctx, "what a flag says", &Says::NAMES));
    Some(LogFlag { flag: flag?, timers, says, meaning: meaning? })
}

fn history(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<History> {
    let mut f = Fields::of(node, ctx, "a history row")?;
    let (date, text) = (f.required("date", ctx), f.required("text", ctx));
    f.finish(ctx);
    Some(History { date: date?, text: text? })
}
