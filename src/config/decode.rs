//! `hoplint.toml` to settings. Every problem is reported at its place; what can be read holds all the same.

use super::{Config, Generate, Silenced, Thresholds};
use crate::catalog::facet::{Comparison, Cond, Version};
use crate::diag::{Diagnostic, Edit, Fix, Severity};
use crate::duration::Dur;
use crate::model::Order;
use crate::span::{FileId, Loc, Located};
use crate::syntax::decode::{Ctx, Decode, INVALID_VALUE, UNKNOWN_KEY, one_of, suggest};
use crate::syntax::fields::Fields;
use crate::syntax::{Format, Kind, Node, parse, quote};
use crate::text;

/// Reads a `hoplint.toml`. `rules` are the names that a rule can have.
pub fn decode(file: FileId, text: &str, rules: &[&str]) -> (Config, Vec<Diagnostic>) {
    let parsed = parse(text, Format::Toml);
    let mut ctx = Ctx::new(file, text, Format::Toml, &parsed);
    let config = parsed.root.as_ref().and_then(|root| read(root, rules, &mut ctx));
    (config.unwrap_or_default(), ctx.problems().0)
}

fn read(root: &Node<'_>, rules: &[&str], ctx: &mut Ctx<'_>) -> Option<Config> {
    let mut f = Fields::of(root, ctx, "hoplint.toml")?;
    required_version(f.node("required-version"), ctx);
    let mut config = Config {
        order: f.node("order").and_then(|node| one_of(node, ctx, "an order", &Order::NAMES)),
        margin: f.optional("margin", ctx),
        platforms: folders(f.node("platforms"), ctx),
        templates: folders(f.node("templates"), ctx),
        ..Config::default()
    };
    if let Some(node) = f.node("rules") {
        levels(node, rules, &mut config, ctx);
    }
    if let Some(node) = f.node("thresholds") {
        config.thresholds = thresholds(node, ctx);
    }
    config.generate = tables(f.node("generate"), ctx, generate);
    config.ignores = tables(f.node("ignore"), ctx, |node, ctx| silenced(node, rules, ctx));
    f.finish(ctx);
    Some(config)
}

/// What a rule can be set to.
pub const LEVELS: [(&str, Option<Severity>); 4] = [
    ("off", None),
    ("note", Some(Severity::Note)),
    ("warning", Some(Severity::Warning)),
    ("error", Some(Severity::Error)),
];

fn levels(node: &Node<'_>, rules: &[&str], config: &mut Config, ctx: &mut Ctx<'_>) {
    let Kind::Map(entries) = &node.kind else {
        ctx.expected("a table of rules and levels", node);
        return;
    };
    for entry in entries {
        let name = entry.key.text.as_ref();
        if !rules.contains(&name) {
            let diagnostic = ctx.error(UNKNOWN_KEY, entry.key.span, format!("`{}` is no rule", text::clip(name)));
            let diagnostic = suggest(diagnostic, name, rules, |to, applicability| {
                let source = quote::key(ctx.format, to);
                let edits = vec![Edit { loc: ctx.loc(entry.key.span), text: source }];
                Some(Fix { title: format!("write `{to}`"), applicability, edits })
            });
            ctx.report_at(entry.key.span, all_rules(diagnostic));
        } else if let Some(level) = one_of(&entry.value, ctx, "a level", &LEVELS) {
            config.levels.insert(name.to_owned(), level);
        }
    }
}

/// The list of all rules is long; the command that prints it is not.
fn all_rules(mut diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.help.as_deref().is_none_or(|help| help.starts_with("known here")) {
        diagnostic.help = Some("`hoplint rules` lists them".to_owned());
    }
    diagnostic
}

fn thresholds(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Thresholds {
    let base = Thresholds::default();
    let Some(mut f) = Fields::of(node, ctx, "the table of thresholds") else { return base };
    let read = Thresholds {
        orphan: f.optional::<Dur>("orphaned-work", ctx).unwrap_or(base.orphan),
        calls: f.optional::<u64>("retry-multiplication", ctx).unwrap_or(base.calls),
        keepalive: f.optional::<Dur>("keepalive-race", ctx).unwrap_or(base.keepalive),
    };
    f.finish(ctx);
    read
}

fn generate(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Generate> {
    let mut f = Fields::of(node, ctx, "a [[generate]]")?;
    let target = located(&mut f, "target", ctx);
    let chain = located(&mut f, "chain", ctx);
    let hop_at = f.node("hop").map(|node| ctx.loc(node.span));
    let hop = f.optional::<String>("hop", ctx).zip(hop_at).map(|(name, at)| Located::new(name, at));
    let out = located(&mut f, "out", ctx);
    let (full, explicit) = (f.optional("full", ctx).unwrap_or(false), f.optional("explicit", ctx).unwrap_or(false));
    f.finish(ctx);
    Some(Generate { target: target?, chain: chain?, hop, out: out?, full, explicit })
}

fn silenced(node: &Node<'_>, rules: &[&str], ctx: &mut Ctx<'_>) -> Option<Silenced> {
    let mut f = Fields::of(node, ctx, "an [[ignore]]")?;
    let at = ctx.loc(f.place());
    let rule = f.node("rule");
    let known: Vec<(&str, &str)> = rules.iter().map(|rule| (*rule, *rule)).collect();
    let found = match rule {
        Some(node) => one_of(node, ctx, "a rule", &known).map(|name| Located::new(name.to_owned(), ctx.loc(node.span))),
        None => f.required::<String>("rule", ctx).and(None),
    };
    let silenced = (f.optional("path", ctx), f.optional("hop", ctx), f.optional::<String>("reason", ctx));
    f.finish(ctx);
    let (path, hop, reason) = silenced;
    Some(Silenced { at, rule: found?, path, hop, reason: reason.filter(|r| !r.trim().is_empty()) })
}

fn located(f: &mut Fields<'_, '_>, key: &'static str, ctx: &mut Ctx<'_>) -> Option<Located<String>> {
    let loc = f.node(key).map(|node| ctx.loc(node.span));
    f.required::<String>(key, ctx).zip(loc).map(|(value, loc)| Located::new(value, loc))
}

fn folders(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) -> Vec<Located<String>> {
    match node.map(|node| (node, &node.kind)) {
        None => Vec::new(),
        Some((_, Kind::Seq(items))) => items.iter().filter_map(|item| folder(item, ctx)).collect(),
        Some((node, Kind::Str(_))) => folder(node, ctx).into_iter().collect(),
        Some((node, _)) => {
            ctx.expected("a list of folders", node);
            Vec::new()
        }
    }
}

fn folder(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Located<String>> {
    String::decode(node, ctx).map(|path| Located::new(path, Loc::new(ctx.file, node.span)))
}

fn tables<T>(
    node: Option<&Node<'_>>,
    ctx: &mut Ctx<'_>,
    mut read: impl FnMut(&Node<'_>, &mut Ctx<'_>) -> Option<T>,
) -> Vec<T> {
    match node.map(|node| (node, &node.kind)) {
        None => Vec::new(),
        Some((_, Kind::Seq(items))) => items.iter().filter_map(|item| read(item, ctx)).collect(),
        Some((node, _)) => {
            ctx.expected("an array of tables, written with two brackets on each side", node);
            Vec::new()
        }
    }
}

/// A repository may need a hoplint that knows what it uses.
fn required_version(node: Option<&Node<'_>>, ctx: &mut Ctx<'_>) {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    let Some(node) = node else { return };
    let Some(stated) = String::decode(node, ctx) else { return };
    match satisfied(&stated, OURS) {
        Some(true) => {}
        Some(false) => {
            let message = format!("this repository needs hoplint {stated}; this is {OURS}");
            let diagnostic = ctx.error(INVALID_VALUE, node.span, message);
            ctx.report(node, diagnostic.help("install a version that fits, or change the requirement"));
        }
        None => {
            let message = format!("`{}` is no version requirement, such as >=0.1 or >=0.1, <1.0", text::clip(&stated));
            ctx.invalid(node, message);
        }
    }
}

/// Whether a version meets a requirement; `None` where that cannot be read. A bare version means it and its patches.
fn satisfied(requirement: &str, version: &str) -> Option<bool> {
    let ours = Version::parse(version)?;
    let Cond::Version(clauses) = Cond::parse_version(requirement)? else { return None };
    Some(clauses.iter().all(|(comparison, wanted)| match comparison {
        Comparison::Less => ours < *wanted,
        Comparison::LessOrEqual => ours <= *wanted,
        Comparison::Equal => format!("{ours}.").starts_with(&format!("{wanted}.")),
        Comparison::GreaterOrEqual => ours >= *wanted,
        Comparison::Greater => ours > *wanted,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Margin;

    const RULES: [&str; 2] = ["order-inverted", "keepalive-race"];

    fn read(text: &str) -> (Config, Vec<String>) {
        let (config, found) = decode(FileId(3), text, &RULES);
        let lines = found.iter().map(|d| match &d.help {
            Some(help) => format!("{}: {} ({help})", d.rule, d.message),
            None => format!("{}: {}", d.rule, d.message),
        });
        (config, lines.collect())
    }

    #[test]
    fn reads_everything_there_is_to_say() {
        let (config, problems) = read(
            r#"
required-version = ">=0.1"
order = "outward"
margin = "10%"
platforms = ["ops/platforms"]
templates = "ops/templates"
[rules]
order-inverted = "off"
keepalive-race = "note"
[thresholds]
orphaned-work = "30s"
retry-multiplication = 9
[[generate]]
target = "nginx"
chain = "a.chain.yaml"
out = "nginx.conf"
[[ignore]]
rule = "keepalive-race"
path = "legacy/**"
reason = "goes away in May"
"#,
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((config.order, config.margin), (Some(Order::Outward), Some(Margin::Percent(10))));
        assert!(!config.is_on("order-inverted") && config.is_on("keepalive-race"));
        assert_eq!(config.levels["keepalive-race"], Some(Severity::Note));
        assert_eq!((config.thresholds.orphan, config.thresholds.calls), (Dur::from_secs(30), 9));
        assert_eq!(config.thresholds.keepalive, Thresholds::default().keepalive);
        assert_eq!((config.platforms.len(), config.templates.len(), config.generate.len()), (1, 1, 1));
        assert!(config.ignores[0].covers("legacy/a.chain.yaml") && !config.ignores[0].covers("a.chain.yaml"));
    }

    #[test]
    fn tells_every_problem_with_what_was_meant() {
        let (config, problems) = read(
            r#"
required-version = ">=99"
ordr = "inward"
order = "inwards"
[rules]
order-invrted = "off"
whatever = "off"
keepalive-race = "warn"
[thresholds]
orphaned-work = 30
[[ignore]]
reason = "none"
[[generate]]
target = "nginx"
"#,
        );
        assert_eq!(config.order, None);
        let expected = [
            "this repository needs hoplint >=99",
            "`inwards` is not an order (did you mean `inward`?)",
            "`order-invrted` is no rule (did you mean `order-inverted`?)",
            "`whatever` is no rule (`hoplint rules` lists them)",
            "`warn` is not a level",
            "`30` has no unit",
            "an [[ignore]] needs the key `rule`",
            "a [[generate]] needs the key `chain`",
            "a [[generate]] needs the key `out`",
            "hoplint.toml has no key `ordr` (did you mean `order`?)",
        ];
        for text in expected {
            assert!(problems.iter().any(|p| p.contains(text)), "{text} not in {problems:#?}");
        }
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    }

    #[test]
    fn a_bare_version_means_it_and_its_patches() {
        assert_eq!(satisfied("0.1", "0.1.4"), Some(true));
        assert_eq!(satisfied("0.1", "0.10.0"), Some(false));
        assert_eq!(satisfied(">=0.1, <0.2", "0.2.0"), Some(false));
        assert_eq!(satisfied("newest", "0.2.0"), None);
    }

    #[test]
    fn paths_are_seen_from_the_folder_of_the_settings() {
        let config = Config {
            moves: vec![("/repo/sub/".into(), String::new()), (String::new(), "x/".into())],
            ..Config::default()
        };
        assert_eq!(config.local("/repo/sub/a"), "a");
        assert_eq!(config.local("a"), "x/a");
    }
}
