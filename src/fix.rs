//! Repairs to text edits: what a rule wants changed in the chain becomes the smallest change of the file.
//!
//! A repair that the text allows no sure edit for (an entry behind an alias, a hop written as a bare name) gives no
//! fix; its finding keeps its help.

use crate::catalog::Timer;
use crate::diag::{Applicability, Edit, Fix, Severity};
use crate::duration::Dur;
use crate::import::bind::Found;
use crate::import::insertion::{self, Addition};
use crate::import::reader::NoIncludes;
use crate::import::{Given, Import, Match, best, units};
use crate::resolve::one::find_timer;
use crate::resolve::{Resolved, ResolvedHop};
use crate::rules::{Change, Repair};
use crate::span::{FileId, Loc, Span};
use crate::syntax::edit::{Edited, apply};
use crate::syntax::edit_map::Editor;
use crate::syntax::{Format, Kind, Node, Parsed, parse, quote};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// The tree of one file, with its nodes by place.
pub struct Fixer<'t> {
    editor: Editor<'t>,
    nodes: HashMap<Span, &'t Node<'t>>,
    /// The map that holds the entry whose key stands at a place.
    owners: HashMap<Span, &'t Node<'t>>,
    /// What aliases and merge keys repeat.
    repeated: HashSet<Span>,
}

impl<'t> Fixer<'t> {
    pub fn new(editor: Editor<'t>, parsed: &'t Parsed<'t>) -> Self {
        let mut fixer = Self { editor, nodes: HashMap::new(), owners: HashMap::new(), repeated: HashSet::new() };
        let mut open: Vec<&'t Node<'t>> = parsed.root.iter().collect();
        while let Some(node) = open.pop() {
            match node.def {
                None => {
                    fixer.nodes.entry(node.span).or_insert(node);
                }
                Some(def) => {
                    fixer.repeated.insert(def);
                }
            }
            match &node.kind {
                Kind::Map(entries) => {
                    for entry in entries {
                        fixer.owners.entry(entry.key.span).or_insert(node);
                        open.push(&entry.value);
                    }
                }
                Kind::Seq(items) => open.extend(items),
                _ => {}
            }
        }
        fixer
    }

    /// The fix of a repair, if every change of it has a sure edit. `bound` is what each hop is bound to.
    pub fn fix(&self, repair: &Repair, chain: &Resolved, bound: &[Vec<Found>]) -> Option<Fix> {
        let mut edits: Vec<Edit> = Vec::new();
        let mut added: Vec<(usize, &Timer, Dur)> = Vec::new();
        let mut inserts: Vec<Addition<'_>> = Vec::new();
        for change in &repair.changes {
            match change {
                Change::SetTimer { hop, timer, to } => {
                    let resolved = &chain.hops[*hop];
                    match written(resolved, *timer) {
                        // One text cannot hold the two values that order needs.
                        Some(at) if self.repeated.contains(&at.span) && used_by_another(chain, *hop, at) => {
                            return None;
                        }
                        Some(at) if resolved.spec.is_deployed(at) => edits.push(deployed(bound.get(*hop)?, at, *to)?),
                        Some(at) => edits.push(self.set(at, &to.to_source())?),
                        None if !resolved.spec.deployed.is_empty() => {
                            inserts.push(inserted(bound.get(*hop)?, &resolved.platform.timers[*timer], *to)?);
                        }
                        None => added.push((*hop, &resolved.platform.timers[*timer], *to)),
                    }
                }
                Change::Replace { at, text } => edits.push(self.set(*at, text)?),
                Change::AddKey { body, path, key, value } => edits.extend(self.add(*body, path, key, value)?),
                Change::RemoveEntry { key } => edits.extend(self.remove(*key)?),
            }
        }
        for (i, (hop, _, _)) in added.iter().enumerate() {
            // All timers that a hop gets are added together: two inserts of `timeouts` would be one too many.
            if added[..i].iter().any(|(other, _, _)| other == hop) {
                continue;
            }
            let timers: Vec<(&str, Dur)> = added
                .iter()
                .filter(|(other, _, _)| other == hop)
                .map(|(_, timer, to)| (timer.id.as_str(), *to))
                .collect();
            edits.extend(self.add_timers(&chain.hops[*hop], &timers)?);
        }
        edits.extend(insertion::edits(inserts)?);
        edits.sort();
        edits.dedup();
        // Two hops that share one text cannot have two values.
        if edits.windows(2).any(|pair| pair[0].loc == pair[1].loc) {
            return None;
        }
        Some(Fix { title: repair.title.clone(), applicability: repair.applicability, edits })
    }

    /// Without the entry whose key stands here.
    pub fn remove(&self, key: Loc) -> Option<Vec<Edit>> {
        let owner = self.owners.get(&key.span)?;
        let name = key.span.text(self.editor.text);
        self.editor.remove(owner, name.trim_matches(['"', '\'']))
    }

    /// Another value in the place of a scalar or key.
    fn set(&self, at: Loc, text: &str) -> Option<Edit> {
        if at.file != self.editor.file {
            return None;
        }
        if let Some(node) = self.nodes.get(&at.span) {
            return self.editor.set_text(node, text);
        }
        self.owners.contains_key(&at.span).then(|| Edit { loc: at, text: quote::key(self.editor.format, text) })
    }

    fn add(&self, body: Loc, path: &[&'static str], key: &str, value: &str) -> Option<Vec<Edit>> {
        let mut map = *self.nodes.get(&body.span)?;
        for (depth, step) in path.iter().enumerate() {
            let Some(inner) = map.get(step) else {
                let inner = format!("{key}: {value}");
                let nested = path[depth + 1..].iter().rev().fold(inner, |value, key| format!("{key}: {{{value}}}"));
                return self.editor.insert(map, step, &source(self.editor.format, &format!("{{{nested}}}")));
            };
            map = inner;
        }
        self.editor.insert(map, key, &source(self.editor.format, value))
    }

    /// Another time in the place of a value.
    pub fn write(&self, at: Loc, to: Dur) -> Option<Edit> {
        self.set(at, &to.to_source())
    }

    /// Times for timers of one hop that nobody has set.
    pub fn add_all(&self, timers: &[Place<'_>]) -> Option<Vec<Edit>> {
        let hop = timers.first()?.hop;
        if hop.spec.body.file != self.editor.file || !hop.spec.deployed.is_empty() {
            return None;
        }
        let (mut edits, mut new) = (Vec::new(), Vec::new());
        for place in timers {
            // The word `default` stands there already.
            let stated = hop.spec.timers.iter().find(|(key, _)| {
                find_timer(&hop.platform, &key.value).is_some_and(|timer| timer.knob == place.timer.knob)
            });
            match stated {
                Some((_, value)) => edits.push(self.write(value.loc, place.to)?),
                None => new.push((place.timer.id.as_str(), place.to)),
            }
        }
        let map = self.nodes.get(&hop.spec.body.span)?;
        match map.get("timeouts") {
            _ if new.is_empty() => {}
            Some(known) if matches!(&known.kind, Kind::Map(entries) if !entries.is_empty()) => {
                for (id, to) in new {
                    edits.extend(self.editor.insert(known, id, &source(self.editor.format, &to.to_source()))?);
                }
            }
            _ => edits.extend(self.add_timers(hop, &new)?),
        }
        Some(edits)
    }

    fn add_timers(&self, hop: &ResolvedHop, timers: &[(&str, Dur)]) -> Option<Vec<Edit>> {
        if hop.spec.body.file != self.editor.file {
            return None;
        }
        let map = self.nodes.get(&hop.spec.body.span)?;
        if let (Some(known), [(id, to)]) = (map.get("timeouts"), timers) {
            return self.editor.insert(known, id, &source(self.editor.format, &to.to_source()));
        }
        if map.get("timeouts").is_some() {
            return None;
        }
        let all: Vec<String> = timers.iter().map(|(id, to)| format!("{id}: {}", to.to_source())).collect();
        self.editor.insert(map, "timeouts", &source(self.editor.format, &format!("{{{}}}", all.join(", "))))
    }
}

/// Another value at a place of a deployed file, spelled as it is there. A variable or an expression is left alone.
pub fn deployed(bound: &[Found], at: Loc, to: Dur) -> Option<Edit> {
    if bound.iter().flat_map(|found| &found.deployed().unseen).any(|unseen| unseen.at == at) {
        return None;
    }
    let units = bound.iter().flat_map(|found| &found.deployed().units);
    let unit = units.into_iter().find(|(place, _)| *place == at)?.1;
    Some(Edit { loc: at, text: units::write(unit, to)? })
}

/// A setting that a deployed file does not have yet.
pub fn inserted<'f>(bound: &'f [Found], timer: &Timer, to: Dur) -> Option<Addition<'f>> {
    bound.iter().find_map(|found| Addition::new(&found.import, found.deployed(), &timer.id, to))
}

/// A timer that nobody has set, and what it is to be.
pub struct Place<'a> {
    pub hop: &'a ResolvedHop,
    pub timer: &'a Timer,
    pub to: Dur,
}

/// Another hop of the chain takes the same text, through an alias.
fn used_by_another(chain: &Resolved, hop: usize, at: Loc) -> bool {
    let others = chain.hops.iter().enumerate().filter(|(i, _)| *i != hop);
    let values = others.flat_map(|(_, other)| &other.cases).flat_map(|case| &case.timers);
    values.into_iter().any(|value| value.provenance.loc() == Some(at))
}

/// Where the value of a timer is written, if it is.
fn written(hop: &ResolvedHop, timer: usize) -> Option<Loc> {
    hop.cases.iter().filter_map(|case| case.timer_value(timer)).find_map(|value| value.provenance.loc())
}

/// One-line YAML as source of another format.
fn source(format: Format, yaml: &str) -> String {
    if format == Format::Yaml {
        return yaml.to_owned();
    }
    match parse(yaml, Format::Yaml).root {
        Some(node) => rendered(format, &node),
        None => quote::text(format, yaml),
    }
}

fn rendered(format: Format, node: &Node<'_>) -> String {
    let (open, close, colon) = if format == Format::Toml { ("{ ", " }", " = ") } else { ("{", "}", ": ") };
    match &node.kind {
        Kind::Map(entries) => {
            let pairs: Vec<String> = entries
                .iter()
                .map(|e| format!("{}{colon}{}", quote::key(format, &e.key.text), rendered(format, &e.value)))
                .collect();
            format!("{open}{}{close}", pairs.join(", "))
        }
        Kind::Seq(items) => {
            format!("[{}]", items.iter().map(|item| rendered(format, item)).collect::<Vec<_>>().join(", "))
        }
        Kind::Bool(value) => value.to_string(),
        Kind::Int(value) => value.to_string(),
        Kind::Num(text) => text.to_string(),
        Kind::Str(text) => quote::text(format, text),
        Kind::Tagged(tagged) => rendered(format, &tagged.value),
        Kind::Null => quote::text(format, "none"),
    }
}

/// The fixes of a file that can be applied together: none touches what an earlier one changes in another way.
pub fn compatible<'f>(fixes: impl Iterator<Item = &'f Fix>, allowed: Applicability) -> Vec<&'f Fix> {
    let mut chosen: Vec<&Fix> = Vec::new();
    // By file and start: what is taken so far, no two of them touching.
    let mut taken: BTreeMap<(FileId, u32), &Edit> = BTreeMap::new();
    for fix in fixes.filter(|fix| fix.applicability <= allowed && !fix.edits.is_empty()) {
        let free = |edit: &Edit| {
            let Loc { file, span } = edit.loc;
            let before = taken.range((file, 0)..=(file, span.end)).next_back().map(|(_, other)| *other);
            before.is_none_or(|other| other == edit || !touch(other.loc.span, span))
        };
        if fix.edits.iter().all(free) {
            taken.extend(fix.edits.iter().map(|edit| ((edit.loc.file, edit.loc.span.start), edit)));
            chosen.push(fix);
        }
    }
    chosen
}

/// Overlapping ranges, or two that begin at one place.
const fn touch(a: Span, b: Span) -> bool {
    a.start == b.start || (a.start < b.end && b.start < a.end)
}

/// The text of any file with these fixes, if it is read as well as before.
pub fn applied_to(file: FileId, text: &str, path: &str, fixes: &[&Fix]) -> Option<String> {
    let Some(reader) = best(path, text, Match::Maybe) else {
        return applied(file, text, Format::from_path(Path::new(path)).unwrap_or(Format::Yaml), fixes);
    };
    let edits: Vec<Edit> =
        fixes.iter().flat_map(|fix| fix.edits.iter()).filter(|e| e.loc.file == file).cloned().collect();
    let Edited { text: changed, .. } = apply(text, &edits);
    let errors = |text: &str| {
        let mut import = Import::default();
        reader.read(&Given { file, path, text }, &NoIncludes, &mut import);
        import.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    };
    (changed != text && errors(&changed) <= errors(text)).then_some(changed)
}

/// The text of a file with these fixes, if it still parses as well as before.
pub fn applied(file: FileId, text: &str, format: Format, fixes: &[&Fix]) -> Option<String> {
    let edits: Vec<Edit> =
        fixes.iter().flat_map(|fix| fix.edits.iter()).filter(|e| e.loc.file == file).cloned().collect();
    let Edited { text: changed, .. } = apply(text, &edits);
    let before = parse(text, format).errors.len();
    (parse(&changed, format).errors.len() <= before && changed != text).then_some(changed)
}
