//! A chain file's tree to chains. Every problem is reported at its place; what can be read is read all the same.

use super::hop::hop;
use super::{Chain, Hop, Margin, Order};
use crate::model::workload::{Mode, PRESETS, Workload};
use crate::span::{Loc, Located, Span};
use crate::syntax::decode::{Ctx, Decode, INVALID_VALUE, MISSING_KEY, one_of};
use crate::syntax::fields::Fields;
use crate::syntax::{Entry, Kind, Node};
use crate::text;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The only version of the form so far.
pub const VERSION: u64 = 1;

/// The chains of one file; `root` is missing where the file holds no value. `stem` names a chain that has no name.
pub fn file(root: Option<&Node<'_>>, stem: &str, ctx: &mut Ctx<'_>) -> Vec<Chain> {
    if root.is_none() && ctx.diagnostics.is_empty() {
        no_hops(Span::default(), ctx);
    }
    root.map(|root| chains(root, stem, ctx)).unwrap_or_default()
}

/// The chains of a file that holds a value.
pub fn chains(root: &Node<'_>, stem: &str, ctx: &mut Ctx<'_>) -> Vec<Chain> {
    let Some(mut f) = Fields::of(root, ctx, "a chain file") else { return Vec::new() };
    version(&mut f, ctx);
    f.optional::<String>("description", ctx);
    let name = f.optional::<String>("name", ctx);
    let base = Head::read(&mut f, ctx);
    let shared = Shared::read(f.node("shared"), ctx);
    let mut found = Vec::new();
    match (f.entry("hops"), f.node("chains")) {
        (Some(hops), None) => {
            let name = name.unwrap_or_else(|| stem.to_owned());
            found.extend(chain(name, ctx.loc(hops.key.span), root, hops, &base, &shared, ctx));
        }
        (None, Some(node)) => found = several(node, &base, &shared, ctx),
        (Some(hops), Some(_)) => {
            let both = ctx.error(INVALID_VALUE, hops.key.span, "a file has either `hops` or `chains`, not both");
            ctx.diagnostics.push(both.help("move these hops under a name of their own in `chains`"));
        }
        // What is missing may stand in the part that could not be read.
        (None, None) if ctx.is_truncated() => {}
        (None, None) => no_hops(f.place(), ctx),
    }
    shared.check(ctx);
    f.finish(ctx);
    found
}

fn no_hops(at: Span, ctx: &mut Ctx<'_>) {
    let missing = ctx.error(MISSING_KEY, at, "a chain file needs `hops`, or `chains` with several of them");
    ctx.diagnostics.push(missing.help("add `hops:` with a list of hops from client to provider"));
}

fn version(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) {
    let Some(node) = f.node("version") else {
        f.required::<u64>("version", ctx);
        return;
    };
    if u64::decode(node, ctx).is_some_and(|version| version != VERSION) {
        ctx.invalid(node, format!("this version of the form is not known here; hoplint reads version {VERSION}"));
    }
}

/// What a chain says apart from its hops; a file with several chains says it once for all.
#[derive(Clone, Default)]
struct Head {
    order: Option<Located<Order>>,
    margin: Option<Located<Margin>>,
    workload: Option<Located<Workload>>,
}

impl Head {
    fn read(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>) -> Self {
        Self {
            order: located_word(f, ctx, "order", "an order", &Order::NAMES),
            margin: located(f, ctx, "margin"),
            workload: located(f, ctx, "workload"),
        }
    }

    fn over(self, base: &Self) -> Self {
        Self {
            order: self.order.or(base.order),
            margin: self.margin.or(base.margin),
            workload: self.workload.or_else(|| base.workload.clone()),
        }
    }
}

/// A key's value with the place where its text stands.
pub(super) fn located<T: Decode>(f: &mut Fields<'_, '_>, ctx: &mut Ctx<'_>, key: &'static str) -> Option<Located<T>> {
    let node = f.node(key)?;
    T::decode(node, ctx).map(|value| Located::new(value, place(node, ctx)))
}

pub(super) fn located_word<T: Clone>(
    f: &mut Fields<'_, '_>,
    ctx: &mut Ctx<'_>,
    key: &'static str,
    what: &str,
    words: &[(&str, T)],
) -> Option<Located<T>> {
    let node = f.node(key)?;
    one_of(node, ctx, what, words).map(|value| Located::new(value, place(node, ctx)))
}

/// Where the text of a node stands: behind an alias or merge key that is where it was defined.
pub(super) fn place(node: &Node<'_>, ctx: &Ctx<'_>) -> Loc {
    ctx.loc(node.def.unwrap_or(node.span))
}

fn several(node: &Node<'_>, base: &Head, shared: &Shared<'_, '_>, ctx: &mut Ctx<'_>) -> Vec<Chain> {
    let Kind::Map(entries) = &node.kind else {
        ctx.expected("a map of chains by name", node);
        return Vec::new();
    };
    if entries.is_empty() {
        ctx.invalid(node, "`chains` needs at least one chain");
    }
    let mut found = Vec::new();
    for entry in entries {
        let Some(mut f) = Fields::of(&entry.value, ctx, "a chain") else { continue };
        f.optional::<String>("description", ctx);
        let head = Head::read(&mut f, ctx).over(base);
        match f.entry("hops") {
            Some(hops) => {
                let name = entry.key.text.to_string();
                found.extend(chain(name, ctx.loc(entry.key.span), &entry.value, hops, &head, shared, ctx));
            }
            None => {
                f.required::<Vec<String>>("hops", ctx);
            }
        }
        f.finish(ctx);
    }
    found
}

fn chain(
    name: String,
    at: Loc,
    body: &Node<'_>,
    hops: &Entry<'_>,
    head: &Head,
    shared: &Shared<'_, '_>,
    ctx: &mut Ctx<'_>,
) -> Option<Chain> {
    let read = hop_list(&hops.value, shared, ctx)?;
    if read.is_empty() {
        return None;
    }
    let head = head.clone();
    Some(Chain {
        name,
        at,
        body: place(body, ctx),
        order: head.order,
        margin: head.margin,
        workload: head.workload,
        hops: read.into_iter().map(Arc::new).collect(),
        fragment: false,
    })
}

/// A list of hops: full ones, names of shared ones, or shared ones with overrides.
pub(super) fn hop_list(node: &Node<'_>, shared: &Shared<'_, '_>, ctx: &mut Ctx<'_>) -> Option<Vec<Hop>> {
    let Kind::Seq(items) = &node.kind else {
        ctx.expected("a list of hops, from client to provider", node);
        return None;
    };
    if items.is_empty() {
        ctx.invalid(node, "a chain needs at least one hop");
    }
    let mut hops: Vec<Hop> = items.iter().filter_map(|item| hop(item, shared, ctx)).collect();
    name_unnamed(&mut hops);
    Some(hops)
}

/// A hop without a name is called like its platform; the second of a kind gets a number.
pub(super) fn name_unnamed(hops: &mut [Hop]) {
    let stated: HashSet<String> = hops.iter().filter(|h| !h.name.is_empty()).map(|h| h.name.clone()).collect();
    let mut seen: HashMap<String, u32> = HashMap::new();
    for hop in hops.iter_mut().filter(|h| h.name.is_empty()) {
        let platform = &hop.platform.value;
        let count = seen.entry(platform.clone()).or_insert(0);
        hop.name = loop {
            *count += 1;
            let name = if *count == 1 { platform.clone() } else { format!("{platform}-{count}") };
            if !stated.contains(&name) {
                break name;
            }
        };
    }
}

/// The `shared:` map of a file.
pub(super) struct Shared<'n, 's> {
    entries: &'n [Entry<'s>],
    by_name: HashMap<&'n str, usize>,
    /// How many values each hop consists of.
    weights: Vec<usize>,
    progress: RefCell<Progress>,
}

struct Progress {
    /// Which hops a chain took as they stand: those are read already.
    read: Vec<bool>,
    /// The hops that are being read, each inside the fallbacks of the one before.
    open: Vec<usize>,
    /// How many more values the uses of shared hops may copy; none once that was too much.
    budget: Option<usize>,
}

/// Fallbacks may stand this deep inside each other.
const MAX_TAILS: usize = 8;

impl<'n, 's> Shared<'n, 's> {
    fn read(node: Option<&'n Node<'s>>, ctx: &mut Ctx<'_>) -> Self {
        let entries = match node.map(|n| (n, &n.kind)) {
            Some((_, Kind::Map(entries))) => entries.as_slice(),
            Some((node, _)) => {
                ctx.expected("a map of hops by name", node);
                &[]
            }
            None => &[],
        };
        // A reference takes a few bytes, what it stands for may be long: no honest file comes near this product.
        let budget = 10_000 + 10 * ctx.text.len();
        Self {
            entries,
            by_name: entries.iter().enumerate().map(|(i, e)| (e.key.text.as_ref(), i)).collect(),
            weights: entries.iter().map(|e| weight(&e.value)).collect(),
            progress: RefCell::new(Progress {
                read: vec![false; entries.len()],
                open: Vec::new(),
                budget: Some(budget),
            }),
        }
    }

    /// Reads with `read` the hop that `name` at `node` stands for; `whole` where nothing of it is overridden.
    pub fn with<T>(
        &self,
        name: &str,
        node: &Node<'_>,
        whole: bool,
        ctx: &mut Ctx<'_>,
        read: impl FnOnce(&'n Entry<'s>, &mut Ctx<'_>) -> Option<T>,
    ) -> Option<T> {
        let Some(&i) = self.by_name.get(name) else {
            self.unknown(name, node, ctx);
            return None;
        };
        let problem = {
            let mut progress = self.progress.borrow_mut();
            progress.read[i] |= whole;
            if progress.open.contains(&i) {
                Some(format!("`{name}` stands inside its own fallbacks"))
            } else if progress.open.len() >= MAX_TAILS {
                Some(format!("fallbacks stand more than {MAX_TAILS} deep inside each other"))
            } else {
                let left = progress.budget?.checked_sub(self.weights[i]);
                progress.budget = left;
                if left.is_some() {
                    progress.open.push(i);
                }
                left.is_none().then(|| "shared hops expand this file to more values than any real one has".to_owned())
            }
        };
        if let Some(problem) = problem {
            ctx.invalid(node, problem);
            return None;
        }
        let result = read(&self.entries[i], ctx);
        self.progress.borrow_mut().open.pop();
        result
    }

    fn unknown(&self, name: &str, node: &Node<'_>, ctx: &mut Ctx<'_>) {
        let message = format!("no hop under `shared` is called `{}`", text::clip(name));
        let mut problem = ctx.error(INVALID_VALUE, node.span, message);
        let names: Vec<&str> = self.entries.iter().map(|e| e.key.text.as_ref()).collect();
        problem.help = Some(match text::nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "the file has no `shared` hops; write the hop out as a map".to_owned(),
            None => format!("shared hops: {}; a hop of its own is a map: {{platform: ...}}", names.join(", ")),
        });
        ctx.report(node, problem);
    }

    /// A shared hop that no chain took as it stands is read all the same, so that its own mistakes are seen.
    fn check(&self, ctx: &mut Ctx<'_>) {
        for (i, entry) in self.entries.iter().enumerate() {
            if let Some(used) = entry.value.get("use") {
                ctx.invalid(used, "a shared hop is written out; only a hop of a chain can `use` another");
            }
            if !self.progress.borrow().read[i] {
                self.progress.borrow_mut().open.push(i);
                super::hop::alone(&entry.value, self, ctx);
                self.progress.borrow_mut().open.pop();
            }
        }
    }
}

fn weight(node: &Node<'_>) -> usize {
    1 + match &node.kind {
        Kind::Seq(items) => items.iter().map(weight).sum(),
        Kind::Map(entries) => entries.iter().map(|e| weight(&e.value)).sum(),
        _ => 0,
    }
}

impl Decode for Margin {
    const WHAT: &'static str = "a margin such as 5s, 10% or {ratio: 6}";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => {
                let mut f = Fields::of(node, ctx, "a margin")?;
                let ratio = f.required::<f64>("ratio", ctx);
                f.finish(ctx);
                let ratio = ratio?;
                if !(1.0..=1000.0).contains(&ratio) {
                    ctx.invalid(node, "a ratio is between 1 and 1000: the larger value is that many times the smaller");
                    return None;
                }
                Some(Self::Ratio(crate::catalog::decode::percent(ratio) * 10))
            }
            Kind::Str(text) if text.trim_end().ends_with('%') => {
                let number = text.strip_suffix('%').map(|n| n.strip_suffix(' ').unwrap_or(n)).unwrap_or_default();
                let digits = number.bytes().all(|b| b.is_ascii_digit());
                match number.parse::<u32>() {
                    Ok(percent) if digits && percent < 100 => Some(Self::Percent(percent)),
                    _ => {
                        ctx.invalid(
                            node,
                            format!("`{text}` is no percentage of a margin: a whole number from 0% to 99%"),
                        );
                        None
                    }
                }
            }
            _ => crate::duration::Dur::decode(node, ctx).map(Self::Absolute),
        }
    }
}

impl Decode for Workload {
    const WHAT: &'static str = "a preset such as reasoning, or {mode: streaming, first-byte: 30s, gap: 20s, total: 5m}";

    fn decode(node: &Node<'_>, ctx: &mut Ctx<'_>) -> Option<Self> {
        let presets = PRESETS.map(|p| (p.name, p.name));
        if node.as_str().is_some() {
            return one_of(node, ctx, "a workload", &presets).and_then(Self::preset);
        }
        let mut f = Fields::of(node, ctx, "a workload")?;
        let preset = f.node("preset").and_then(|n| one_of(n, ctx, "a workload", &presets));
        let base = preset.and_then(Self::preset).unwrap_or_default();
        let mode = f.node("mode").and_then(|n| one_of(n, ctx, "a mode", &Mode::NAMES));
        let workload = Self {
            preset,
            mode: mode.unwrap_or(base.mode),
            first_byte: f.optional("first-byte", ctx).or(base.first_byte),
            gap: f.optional("gap", ctx),
            total: f.optional("total", ctx).or(base.total),
            upload: f.optional("upload", ctx),
            input_tokens: f.optional("input-tokens", ctx),
            output_tokens: f.optional("output-tokens", ctx),
        };
        f.finish(ctx);
        if let (Some(first), Some(total)) = (workload.first_byte, workload.total)
            && first > total
        {
            ctx.invalid(node, format!("the first byte ({first}) cannot come after the whole answer ({total})"));
        }
        Some(workload)
    }
}
