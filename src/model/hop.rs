//! One hop of a chain file.

use super::decode::{Shared, hop_list, located, located_word, name_unnamed, place};
use super::{BackoffSpec, Declared, Hop, Ignore, LimitOverride, MAX_COUNT, MapsErrors, ON_504, RETRY_AFTER, RetrySpec};
use crate::catalog::decode::{BUFFERING, HEADERS, percent};
use crate::catalog::{Cause, Role, Setting};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::span::Located;
use crate::syntax::decode::{Ctx, Decode, INVALID_VALUE, MISSING_KEY, Plain};
use crate::syntax::fields::Fields;
use crate::syntax::{Entry, Kind, Node};
use std::collections::HashMap;

/// A full hop, the name of a shared one, or a shared one with overrides (`use: name`).
pub(super) fn hop(node: &Node<'_>, shared: &Shared<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Hop> {
    if let Some(name) = node.as_str() {
        return shared
            .with(name, node, true, ctx, |entry, ctx| read(&entry.value, &entry.value, Some(entry), shared, ctx));
    }
    let Some(used) = node.get("use") else { return read(node, node, None, shared, ctx) };
    let Some(name) = used.as_str() else {
        ctx.expected("the name of a hop under `shared`", used);
        return None;
    };
    shared.with(name, used, false, ctx, |entry, ctx| read(&over(&entry.value, node), node, Some(entry), shared, ctx))
}

/// Reads a hop for its mistakes alone.
pub(super) fn alone(node: &Node<'_>, shared: &Shared<'_, '_>, ctx: &mut Ctx<'_>) {
    read(node, node, None, shared, ctx);
}

/// The overriding map on top of the shared one. Maps inside (`timeouts`, `with`, `retries` ...) are joined key by
/// key; what stands deeper is replaced whole.
fn over<'s>(base: &Node<'s>, own: &Node<'s>) -> Node<'s> {
    joined(base, own, |key, base, own| match key {
        "retries" => joined(&without_rival(base, own), own, |_, _, own| own.clone()),
        _ => joined(base, own, |_, _, own| own.clone()),
    })
}

fn joined<'s>(base: &Node<'s>, own: &Node<'s>, join: impl Fn(&str, &Node<'s>, &Node<'s>) -> Node<'s>) -> Node<'s> {
    let (Kind::Map(shared), Kind::Map(overrides)) = (&base.kind, &own.kind) else { return own.clone() };
    let mut entries = shared.clone();
    let known: HashMap<&str, usize> = shared.iter().enumerate().map(|(i, e)| (e.key.text.as_ref(), i)).collect();
    for entry in overrides {
        match known.get(entry.key.text.as_ref()) {
            Some(&i) => {
                let value = join(&entry.key.text, &shared[i].value, &entry.value);
                entries[i] = Entry { key: entry.key.clone(), value };
            }
            None => entries.push(entry.clone()),
        }
    }
    Node { kind: Kind::Map(entries), ..own.clone() }
}

/// `attempts` and `retries` are two words for one number: the override's word takes the place of the other.
fn without_rival<'s>(base: &Node<'s>, own: &Node<'s>) -> Node<'s> {
    let Kind::Map(entries) = &base.kind else { return base.clone() };
    let words = ["attempts", "retries"];
    if !words.iter().any(|word| own.get(word).is_some()) {
        return base.clone();
    }
    let kept = entries.iter().filter(|e| !words.contains(&e.key.text.as_ref())).cloned().collect();
    Node { kind: Kind::Map(kept), ..base.clone() }
}

fn read(
    node: &Node<'_>,
    body: &Node<'_>,
    used: Option<&Entry<'_>>,
    shared: &Shared<'_, '_>,
    ctx: &mut Ctx<'_>,
) -> Option<Hop> {
    let mut f = Fields::of(node, ctx, "a hop")?;
    let uses = f.node("use").is_some();
    f.optional::<String>("description", ctx);
    let name: Option<Located<String>> = located(&mut f, ctx, "name");
    let platform: Option<Located<String>> = match f.node("platform") {
        Some(_) => located(&mut f, ctx, "platform"),
        // Then the shared hop has none either, and it is reported there.
        None if uses => None,
        None => {
            f.missing("platform", "such as nginx or openai-python; `hoplint platforms` lists them all", ctx);
            None
        }
    };
    let shared_name = used.map(|entry| Located::new(entry.key.text.to_string(), ctx.loc(entry.key.span)));
    let at = name.as_ref().or(shared_name.as_ref()).map(|n| n.loc);
    let hop = Hop {
        name: name.or(shared_name).map(|n| n.value).unwrap_or_default(),
        at: at.or(platform.as_ref().map(|p| p.loc)).unwrap_or_else(|| place(node, ctx)),
        body: place(body, ctx),
        role: located_word(&mut f, ctx, "role", "a role", &Role::NAMES),
        with: facets(f.node("with"), ctx),
        timeout: located(&mut f, ctx, "timeout"),
        deadline: located(&mut f, ctx, "deadline"),
        timers: timers(f.node("timeouts"), ctx),
        limits: limits(f.node("limits"), ctx),
        retries: f.node("retries").and_then(|node| retries(node, ctx)),
        endpoints: count(&mut f, ctx, "endpoints", 1),
        method: located(&mut f, ctx, "method"),
        calls: count(&mut f, ctx, "calls", 1),
        before: located(&mut f, ctx, "before"),
        mode: located_word(&mut f, ctx, "mode", "a mode", &Mode::NAMES),
        heartbeat: located(&mut f, ctx, "heartbeat"),
        buffers: located_word(&mut f, ctx, "buffers", "a kind of buffering", &BUFFERING),
        headers: located_word(&mut f, ctx, "headers", "a time for headers", &HEADERS),
        cancels: located(&mut f, ctx, "cancels"),
        maps_errors: located(&mut f, ctx, "maps-errors"),
        same_process: located(&mut f, ctx, "same-process"),
        pin: located(&mut f, ctx, "pin"),
        ignores: ignores(f.node("ignore"), ctx),
        fallbacks: fallbacks(f.node("fallbacks"), shared, ctx),
        from: from(f.node("from"), ctx),
        deployed: Vec::new(),
        inserts: Vec::new(),
        expected: None,
        partial: false,
        platform: Located::new(String::new(), place(node, ctx)),
    };
    f.finish(ctx);
    Some(Hop { platform: platform?, ..hop })
}

/// A whole number from `least` to [`MAX_COUNT`].
fn count(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>, key: &'static str, least: u32) -> Option<Located<u32>> {
    let node = f.node(key)?;
    let n = u64::decode(node, ctx)?;
    match u32::try_from(n) {
        Ok(n) if (least..=MAX_COUNT).contains(&n) => Some(Located::new(n, place(node, ctx))),
        _ => {
            ctx.invalid(node, format!("`{key}` is a whole number from {least} to {MAX_COUNT}"));
            None
        }
    }
}

/// The entries of a map whose keys are free.
fn entries<'n, 's>(node: Option<&'n Node<'s>>, ctx: &mut Ctx<'_>, what: &str) -> &'n [Entry<'s>] {
    match node.map(|n| (n, &n.kind)) {
        Some((_, Kind::Map(entries))) => entries,
        Some((node, _)) => {
            ctx.expected(what, node);
            &[]
        }
        None => &[],
    }
}

fn key(entry: &Entry<'_>, ctx: &Ctx<'_>) -> Located<String> {
    Located::new(entry.key.text.to_string(), ctx.loc(entry.key.span))
}

fn facets(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<(Located<String>, Located<String>)> {
    entries(node, ctx, "a map such as {plan: pro}")
        .iter()
        .filter_map(|entry| {
            let value = Plain::decode(&entry.value, ctx)?.0;
            Some((key(entry, ctx), Located::new(value, place(&entry.value, ctx))))
        })
        .collect()
}

fn timers(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<(Located<String>, Located<Declared>)> {
    entries(node, ctx, "a map of timers such as {connect: 5s, read: 60s}")
        .iter()
        .filter_map(|entry| {
            let value = Declared::decode(&entry.value, ctx)?;
            Some((key(entry, ctx), Located::new(value, place(&entry.value, ctx))))
        })
        .collect()
}

impl Decode for Declared {
    const WHAT: &'static str = "a duration such as 90s, or none, off or default";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let word = Self::WORDS.iter().find(|(word, _)| node.as_str() == Some(*word));
        match word {
            Some((_, declared)) => Some(*declared),
            None => Dur::decode(node, ctx).map(|d| Self::Set(Setting::At(d))),
        }
    }
}

fn limits(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<LimitOverride> {
    let mut limits = Vec::new();
    for entry in entries(node, ctx, "a map of timers, each with max and reason") {
        let Some(mut f) = Fields::of(&entry.value, ctx, "a limit") else { continue };
        let min = located(&mut f, ctx, "min");
        let max = f.node("max").and_then(|node| ceiling(node, ctx));
        if f.node("min").is_none() && f.node("max").is_none() {
            let nothing = ctx.error(MISSING_KEY, entry.key.span, "this limit has neither `min` nor `max`");
            ctx.report_at(entry.key.span, nothing.help("add `max`: the longest value that can be set, such as 300s"));
        }
        let reason: Option<Located<String>> = located(&mut f, ctx, "reason");
        if f.node("reason").is_none() {
            f.missing("reason", "who granted it, or where it is written", ctx);
        }
        f.finish(ctx);
        if let Some(reason) = reason {
            limits.push(LimitOverride { timer: key(entry, ctx), min, max, reason });
        }
    }
    limits
}

/// The most that a timer can be set to: `default` and `off` say nothing of that.
fn ceiling(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Located<Setting>> {
    if matches!(node.as_str(), Some("default" | "off")) {
        ctx.expected("a duration such as 300s, or none where there is no ceiling", node);
        return None;
    }
    match Declared::decode(node, ctx)? {
        Declared::Set(setting) => Some(Located::new(setting, place(node, ctx))),
        Declared::Default | Declared::Unseen => None,
    }
}

fn retries(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<RetrySpec> {
    if let Kind::Int(n) = node.kind {
        ctx.invalid(
            node,
            format!(
                "{n} attempts or {n} repetitions? Write {{attempts: {n}}}, which counts the first, or {{retries: {n}}}"
            ),
        );
        return None;
    }
    let mut f = Fields::of(node, ctx, "retries")?;
    let attempts = count(&mut f, ctx, "attempts", 1);
    let repeats = count(&mut f, ctx, "retries", 0).map(|n| Located::new(n.value + 1, n.loc));
    if let (Some(_), Some(second)) = (&attempts, &repeats) {
        let both = ctx.error(INVALID_VALUE, second.loc.span, "`attempts` and `retries` say the same thing twice");
        ctx.report_at(second.loc.span, both.help("keep one: attempts counts the first try, retries does not"));
    }
    let spec = RetrySpec {
        at: place(node, ctx),
        attempts: attempts.or(repeats),
        backoff: located(&mut f, ctx, "backoff"),
        obeys_retry_after: located_word(&mut f, ctx, "retry-after", "obey or ignore", &RETRY_AFTER),
        on: f.node("on").and_then(|node| causes(node, ctx)),
        streams_504: located_word(&mut f, ctx, "on-504", "stream or repeat", &ON_504),
        window: located(&mut f, ctx, "window"),
    };
    f.finish(ctx);
    Some(spec)
}

fn causes(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Located<Vec<Cause>>> {
    let Kind::Seq(items) = &node.kind else {
        ctx.expected("a list of causes such as [timeout, connect, 429, 5xx]", node);
        return None;
    };
    let mut causes = Vec::new();
    for item in items {
        let Some(word) = Plain::decode(item, ctx) else { continue };
        match Cause::parse(&word.0) {
            Some(cause) => causes.push(cause),
            None => ctx.expected("connect, refused, timeout, reset, a status such as 504, 4xx or 5xx", item),
        }
    }
    Some(Located::new(causes, place(node, ctx)))
}

impl Decode for BackoffSpec {
    const WHAT: &'static str = "a list such as [2s, 5s, 15s], or {initial: 500ms, factor: 2, max: 8s, jitter: 0.25}";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        if let Kind::Seq(items) = &node.kind {
            if items.is_empty() {
                ctx.invalid(node, "a list of waits needs at least one");
            }
            let list = Vec::<Dur>::decode(node, ctx)?;
            return (!list.is_empty()).then_some(Self::List(list));
        }
        let mut f = Fields::of(node, ctx, "a back-off")?;
        let initial = f.required::<Dur>("initial", ctx);
        let factor = f.optional::<f64>("factor", ctx).unwrap_or(2.0);
        let max = f.optional("max", ctx);
        let jitter = f.optional::<f64>("jitter", ctx).unwrap_or(0.0);
        f.finish(ctx);
        if !(1.0..=100.0).contains(&factor) || !(0.0..=1.0).contains(&jitter) {
            ctx.invalid(
                node,
                "a factor is from 1 to 100 and jitter from 0 (none) to 1 (anything from zero to the full wait)",
            );
            return None;
        }
        let jitter_percent = (100 - percent(jitter).min(100), 100);
        Some(Self::Exponential { initial: initial?, factor_percent: percent(factor), max, jitter_percent })
    }
}

impl Decode for MapsErrors {
    const WHAT: &'static str = "pass, 500 or none";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let word = Plain::decode(node, ctx)?;
        let known = Self::NAMES.iter().find(|(name, _)| *name == word.0);
        if known.is_none() {
            ctx.expected(Self::WHAT, node);
        }
        known.map(|(_, maps)| *maps)
    }
}

fn ignores(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<Ignore> {
    entries(node, ctx, "a map of rules with reasons, such as {order-inverted: migrating in May}")
        .iter()
        .map(|entry| {
            let reason = match &entry.value.kind {
                Kind::Null => None,
                _ => String::decode(&entry.value, ctx),
            };
            Ignore { rule: key(entry, ctx), reason: reason.filter(|r| !r.trim().is_empty()) }
        })
        .collect()
}

fn fallbacks(node: Option<&Node<'_>>, shared: &Shared<'_, '_>, ctx: &mut Ctx<'_>) -> Vec<Vec<Hop>> {
    let Some(node) = node else { return Vec::new() };
    let Kind::Seq(items) = &node.kind else {
        ctx.expected("a list of tails, each a list of hops", node);
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| match &item.kind {
            Kind::Seq(_) => hop_list(item, shared, ctx),
            // One hop stands for a tail of one.
            _ => hop(item, shared, ctx).map(|hop| {
                let mut tail = vec![hop];
                name_unnamed(&mut tail);
                tail
            }),
        })
        .collect()
}

fn from(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<Located<String>> {
    let Some(node) = node else { return Vec::new() };
    let items = match &node.kind {
        Kind::Seq(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().filter_map(|item| String::decode(item, ctx).map(|path| Located::new(path, place(item, ctx)))).collect()
}
