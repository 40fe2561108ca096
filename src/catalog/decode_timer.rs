//! The `[[timer]]` tables of a platform file.

use super::decode::{fact, fact_over, when};
use super::fine::Fine;
use super::{
    Default, DefaultValue, Enforced, Expiry, Fact, Guard, Max, OnExpiry, Phase, Scope, Setting, Side, Timer,
    TimerLimit, Unit, Unlimited, Zero,
};
use crate::duration::Dur;
use crate::syntax::decode::{Ctx, Decode, INVALID_VALUE, one_of};
use crate::syntax::fields::Fields;
use crate::syntax::{Kind, Node};

const KINDS: [(&str, bool); 2] = [("idle", false), ("age", true)];

pub(super) fn timer(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Timer> {
    let mut f = Fields::of(node, ctx, "a timer")?;
    let id: Option<String> = f.required("id", ctx);
    let native = f.required("native", ctx);
    let summary = f.required("summary", ctx);
    let phases = words(&mut f, ctx, "phases", "a phase", &Phase::NAMES);
    let guards = words(&mut f, ctx, "guards", "a guard", &Guard::NAMES);
    let side = word(&mut f, ctx, "side", "a side", &Side::NAMES);
    let scope = word(&mut f, ctx, "scope", "a scope", &Scope::NAMES);
    let expiry = word(&mut f, ctx, "expiry", "an expiry", &Expiry::NAMES);
    let unit = word(&mut f, ctx, "unit", "a unit", &Unit::NAMES);
    let zero = word(&mut f, ctx, "zero", "a meaning of zero", &Zero::NAMES);
    let by_age = word(&mut f, ctx, "kind", "idle or age", &KINDS);
    let knob = f.optional("knob", ctx);
    let settable = f.optional("settable", ctx);
    let native_also = f.optional("native-also", ctx);
    let grid = f.optional::<Fine>("grid", ctx).map(|d| d.0);
    let unlimited = f.optional::<String>("unlimited", ctx);
    let upload_total = word(&mut f, ctx, "upload", "idle or total", &[("idle", false), ("total", true)]);
    let at_next_write = word(&mut f, ctx, "acts", "a moment", &[("at-once", false), ("next-write", true)]);
    let any_body = word(&mut f, ctx, "bodies", "streams or all", &[("streams", false), ("all", true)]);
    let lazy = f.optional::<Fine>("lazy", ctx).map(|d| d.0);
    let late = f.node("late").and_then(|node| late(node, ctx));
    let on_expiry = f.node("on-expiry").and_then(|node| expiry_table(node, ctx));
    let confirm = f.optional("confirm", ctx);
    let when = when(&mut f, ctx);
    let fact = fact(&mut f, ctx);
    let default_rows = f.node("default");
    let limit_rows = f.node("limit");
    f.finish(ctx);
    let (id, fact) = (id?, fact?);
    Some(Timer {
        knob: knob.unwrap_or_else(|| id.clone()),
        native: native?,
        native_also: native_also.unwrap_or_default(),
        summary: summary?,
        phases,
        side: side?,
        scope: scope.unwrap_or(Scope::Attempt),
        guards,
        expiry: expiry.unwrap_or(Expiry::Error),
        settable: settable.unwrap_or(true),
        unit: unit.unwrap_or(Unit::None),
        grid,
        zero,
        unlimited: unlimited.map(|text| match text.as_str() {
            "impossible" => Unlimited::Impossible,
            _ => Unlimited::Written(text),
        }),
        upload_total: upload_total.unwrap_or(false),
        late: late.unwrap_or_default(),
        by_age: by_age.unwrap_or(false),
        at_next_write: at_next_write.unwrap_or(false),
        lazy: lazy.unwrap_or_default(),
        any_body: any_body.unwrap_or(false),
        on_expiry: on_expiry.unwrap_or_default(),
        confirm,
        when,
        defaults: rows(default_rows, ctx, |n, c| default(n, c, &fact)),
        limits: rows(limit_rows, ctx, |n, c| limit(n, c, &fact)),
        fact,
        id,
    })
}

fn rows<T>(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>, read: impl Fn(&Node<'_>, &mut Ctx<'_>) -> Option<T>) -> Vec<T> {
    let Some(node) = node else { return Vec::new() };
    let Kind::Seq(items) = &node.kind else {
        ctx.expected("an array of tables, written [[timer...]]", node);
        return Vec::new();
    };
    items.iter().filter_map(|item| read(item, ctx)).collect()
}

fn word<T: Clone>(
    f: &mut Fields<'_, '_>,
    ctx: &mut Ctx<'_>,
    key: &'static str,
    what: &str,
    words: &[(&str, T)],
) -> Option<T> {
    f.node(key).and_then(|node| one_of(node, ctx, what, words))
}

fn words<T: Clone>(
    f: &mut Fields<'_, '_>,
    ctx: &mut Ctx<'_>,
    key: &'static str,
    what: &str,
    words: &[(&str, T)],
) -> Vec<T> {
    match f.node(key).map(|node| (node, &node.kind)) {
        Some((_, Kind::Seq(items))) => items.iter().filter_map(|item| one_of(item, ctx, what, words)).collect(),
        Some((node, _)) => {
            ctx.expected("a list", node);
            Vec::new()
        }
        None => {
            let missing =
                ctx.error(INVALID_VALUE, f.place(), format!("a timer needs `{key}`; write [] where there is none"));
            ctx.diagnostics.push(missing);
            Vec::new()
        }
    }
}

fn late(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<(Dur, Dur)> {
    match Vec::<Fine>::decode(node, ctx)?.as_slice() {
        [first, last] if first.0 <= last.0 => Some((first.0, last.0)),
        _ => {
            ctx.expected("two durations, the earliest and the latest", node);
            None
        }
    }
}

fn expiry_table(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<OnExpiry> {
    let mut f = Fields::of(node, ctx, "on-expiry")?;
    let on_expiry = OnExpiry {
        status: f.optional::<u64>("status", ctx).and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0),
        body: f.optional("body", ctx),
        exception: f.optional("exception", ctx),
        log: f.optional("log", ctx),
        after_headers: f.optional("after-headers", ctx),
        retried: f.optional("retried", ctx),
    };
    f.finish(ctx);
    Some(on_expiry)
}

fn default(node: &Node<'_>, ctx: &mut Ctx<'_>, base: &Fact) -> Option<Default> {
    let mut f = Fields::of(node, ctx, "a default")?;
    let when = when(&mut f, ctx);
    let from = f.optional::<String>("from", ctx).map(DefaultValue::From);
    let value = match f.node("value") {
        Some(value) => default_value(value, ctx),
        None => None,
    };
    if from.is_none() && f.node("value").is_none() {
        f.required::<Fine>("value", ctx);
    }
    let fact = fact_over(base, &mut f, ctx);
    f.finish(ctx);
    Some(Default { when, value: from.or(value)?, fact })
}

fn default_value(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<DefaultValue> {
    match node.as_str() {
        Some("none") => Some(DefaultValue::Is(Setting::None)),
        Some("off") => Some(DefaultValue::Is(Setting::Off)),
        Some("unknown") => Some(DefaultValue::Unknown),
        _ => Fine::decode(node, ctx).map(|d| DefaultValue::Is(Setting::At(d.0))),
    }
}

fn limit(node: &Node<'_>, ctx: &mut Ctx<'_>, base: &Fact) -> Option<TimerLimit> {
    let mut f = Fields::of(node, ctx, "a limit")?;
    let when = when(&mut f, ctx);
    let min = f.optional::<Fine>("min", ctx).map(|d| d.0);
    let max = f.node("max").and_then(|node| match node.as_str() {
        Some("none") => Some(Max::None),
        _ => Fine::decode(node, ctx).map(|d| Max::At(d.0)),
    });
    let numbers_only = f.optional("numbers-only", ctx).unwrap_or(false);
    let enforced = word(&mut f, ctx, "enforced", "a way of enforcing", &Enforced::NAMES).unwrap_or(Enforced::Refused);
    let raise = f.optional("raise", ctx);
    let raised_by = match f.node("raised-by").map(|n| &n.kind) {
        Some(Kind::Map(entries)) => {
            entries.iter().filter_map(|e| Some((e.key.text.to_string(), String::decode(&e.value, ctx)?))).collect()
        }
        _ => Vec::new(),
    };
    let fact = fact_over(base, &mut f, ctx);
    f.finish(ctx);
    Some(TimerLimit { when, min, max, numbers_only, enforced, raise, raised_by, fact })
}
