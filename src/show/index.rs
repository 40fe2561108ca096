//! The table of all platforms with the figures that people look up: when each gives up if nobody sets anything.

use super::words;
use crate::catalog::bill::{Billed, CacheKind};
use crate::catalog::store::Catalog;
use crate::catalog::{Cause, Guard, Role, Setting, Side};
use crate::duration::Dur;
use crate::model::Hop;
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{GuardValue, HopCase, ResolvedHop, Resolver};

const HEAD: &str = "\
| platform | whole answer | start of a stream | silence in a stream | stream in all | idle to the next hop | idle from callers | attempts after a timeout |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

/// One section for each role, one row for each platform.
pub fn page(catalog: &Catalog) -> String {
    let mut resolver = Resolver::new(catalog, ChainDefaults::default());
    let hops: Vec<ResolvedHop> = catalog.ids().iter().map(|id| resolver.alone(&Hop::bare(id))).collect();
    let mut out = format!(
        "# Platforms\n\nWhat the {} platforms of the catalogue do when nobody sets anything: when they give up, how long \
         they keep unused connections, how often they try a POST. Several values mean that a plan, version or mode \
         decides. `hoplint explain <platform>` shows everything that is known, with its sources.\n",
        hops.len()
    );
    for (role, of) in Role::NAMES {
        let of: Vec<&ResolvedHop> = hops.iter().filter(|hop| hop.platform.role == of).collect();
        if of.is_empty() {
            continue;
        }
        words::put(&mut out, format_args!("\n## {}\n\n{HEAD}", title(role)));
        for hop in of {
            row(&mut out, hop);
        }
        if role == Role::Provider.name() {
            prices(&mut out, &hops);
        }
    }
    out
}

const PRICES: &str = "
What repeated prompts cost, as shares of the input price, and what is billed of a call whose caller has left. Ranges are
those of a provider's models; empty is not known. [cost.md](cost.md) says how findings count with it.

| platform | prompt caching | read | written | from tokens | kept for | left: stream | left: whole answer |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

/// What is known of the prices of each provider.
fn prices(out: &mut String, hops: &[ResolvedHop]) {
    out.push_str(PRICES);
    for hop in hops.iter().filter(|hop| hop.cases.iter().any(|case| case.prompt_cache.is_some() || billed(case))) {
        let caches = || hop.cases.iter().filter_map(|case| case.prompt_cache);
        let word = |text: Option<String>| text.map_or(Value::Nothing, Value::Word);
        let cells = [
            several(caches().map(|cache| Value::Word(cache_kind(cache.kind).to_owned()))),
            several(caches().map(|cache| word(cache.read.map(|share| share.to_string())))),
            several(caches().map(|cache| word(cache.write.map(|share| share.to_string())))),
            several(caches().map(|cache| word(cache.minimum.map(|tokens| tokens.to_string())))),
            several(caches().map(|cache| word(cache.lifetime.map(|kept| kept.to_string())))),
            several(hop.cases.iter().map(|case| word(case.billed.1.map(|what| left(what).to_owned())))),
            several(hop.cases.iter().map(|case| word(case.billed.0.map(|what| left(what).to_owned())))),
        ];
        let name = format!("{} ({})", words::cell(&hop.platform.name), words::code(&hop.platform.id));
        words::put(out, format_args!("| {name} | {} |\n", cells.join(" | ")));
    }
}

fn billed(case: &HopCase) -> bool {
    case.billed.0.is_some() || case.billed.1.is_some()
}

fn cache_kind(kind: CacheKind) -> &'static str {
    match kind {
        CacheKind::Automatic => "by itself",
        CacheKind::Asked => "if asked for",
        CacheKind::Both => "by itself or if asked for",
    }
}

fn left(billed: Billed) -> &'static str {
    match billed {
        Billed::Nothing => "nothing",
        Billed::UntilThen => "until then",
        Billed::Whole => "all of it",
    }
}

fn title(role: &str) -> String {
    match role {
        "cdn" => "CDN".to_owned(),
        "l4" => "Load balancer that passes bytes".to_owned(),
        _ => words::sentence(&role.replace('-', " ")).trim_end_matches('.').to_owned(),
    }
}

fn row(out: &mut String, hop: &ResolvedHop) {
    let guards = [Guard::WaitBuffered, Guard::WaitStreaming, Guard::Gap, Guard::StreamTotal];
    let mut cells = vec![format!("{} ({})", words::cell(&hop.platform.name), words::code(&hop.platform.id))];
    cells.extend(guards.map(|guard| several(hop.cases.iter().map(|case| value(case.guard(guard))))));
    cells.extend([Side::Upstream, Side::Downstream].map(|side| idle(hop, side)));
    let attempts = hop.cases.iter().map(|case| {
        let known = case.attempts.most.is_some();
        if known { Value::Word(case.attempts.for_cause(Cause::Timeout).to_string()) } else { Value::Nothing }
    });
    cells.push(several(attempts));
    words::put(out, format_args!("| {} |\n", cells.join(" | ")));
}

/// One figure in one world.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// Nothing to tell: no timer, or nobody knows.
    Nothing,
    At(Dur),
    Word(String),
}

fn value(guard: &GuardValue) -> Value {
    match guard {
        GuardValue::Absent => Value::Nothing,
        GuardValue::None => Value::Word("no limit".to_owned()),
        GuardValue::Unknown => Value::Word("not known".to_owned()),
        GuardValue::Limited(firing) => Value::At(firing.at),
    }
}

fn idle(hop: &ResolvedHop, side: Side) -> String {
    several(hop.cases.iter().map(|case| match hop.keepalive(case, side) {
        None => Value::Nothing,
        Some((connection, _)) if !connection.reuses => Value::Word("no reuse".to_owned()),
        Some((_, None)) => Value::Word("no limit".to_owned()),
        Some((_, Some(value))) => match value.setting {
            Some(Setting::At(at)) => Value::At(at),
            Some(Setting::None) => Value::Word("no limit".to_owned()),
            Some(Setting::Off) => Value::Word("no reuse".to_owned()),
            None => Value::Word("not known".to_owned()),
        },
    }))
}

/// Every value that some world gives, the durations first.
fn several(values: impl Iterator<Item = Value>) -> String {
    let mut values: Vec<Value> = values.filter(|v| *v != Value::Nothing).collect();
    values.sort();
    values.dedup();
    let texts: Vec<String> = values
        .into_iter()
        .map(|value| match value {
            Value::Nothing => String::new(),
            Value::At(at) => at.to_string(),
            Value::Word(word) => word,
        })
        .collect();
    crate::text::list(&texts, "or")
}
