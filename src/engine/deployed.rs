//! Deployed files without a chain file: what can be said of each hop, and of those that the files themselves join.

use super::{Engine, FileResult, Outcome, Source};
use crate::diag::Diagnostic;
use crate::fix::Fixer;
use crate::import::fragments::{Fragment, fragments};
use crate::import::store::{Loaded, Store, is_deployed};
use crate::import::{Address, store::DeployedFile};
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::rules::{self, Finding};
use crate::span::{FileId, Loc, Span};
use crate::suppress::{self, Own};
use crate::syntax::edit_map::Editor;
use crate::syntax::{Format, Parsed};
use std::collections::{HashMap, HashSet};

impl Engine<'_> {
    /// Checks deployed files that were named or found. Of two findings that say the same of the same place one is kept.
    pub fn check_deployed(&self, loaded: &[Loaded], store: &Store<'_>) -> FileResult {
        let mut result = FileResult::default();
        result.counts.files = loaded.len();
        result.counts.deployed = loaded.iter().map(|one| one.import.hops.len()).sum();
        result.counts.not_shown = loaded.iter().map(|one| one.import.not_shown).sum();
        for one in loaded {
            result.findings.extend(one.import.problems.iter().filter_map(|problem| self.at_level(problem.clone())));
        }
        let mut resolver =
            Resolver::new(self.catalog, ChainDefaults { order: self.config.order, margin: self.config.margin });
        let mut seen: HashSet<(&'static str, Option<Loc>, String)> = HashSet::new();
        let mut unchecked = HashSet::new();
        for Fragment { chain, found } in self.fragments(loaded, store) {
            let resolved = resolver.resolve(&chain);
            result.counts.hops += resolved.hops.len();
            let before = result.unchecked.len();
            let findings = self.judge(&resolved, &mut result);
            let new = result.unchecked.split_off(before);
            result.unchecked.extend(new.into_iter().filter(|u| unchecked.insert((u.hop.clone(), u.why.clone()))));
            let parsed = Parsed::default();
            let fixer = Fixer::new(Editor::new(chain.at.file, "", Format::Yaml, &parsed), &parsed);
            for Finding { mut diagnostic, repairs, .. } in findings {
                if seen.insert((diagnostic.rule, diagnostic.primary(), diagnostic.message.clone())) {
                    diagnostic.fixes.extend(repairs.iter().filter_map(|r| fixer.fix(r, &resolved, &found)));
                    result.findings.push(diagnostic);
                }
            }
        }
        result
    }

    /// The parts of chains that deployed files state, as they work.
    pub fn resolve_deployed(&self, loaded: &[Loaded], store: &Store<'_>) -> Vec<Resolved> {
        let defaults = ChainDefaults { order: self.config.order, margin: self.config.margin };
        let mut resolver = Resolver::new(self.catalog, defaults);
        self.fragments(loaded, store).iter().map(|fragment| resolver.resolve(&fragment.chain)).collect()
    }

    /// The parts of chains that deployed files state.
    pub fn fragments(&self, loaded: &[Loaded], store: &Store<'_>) -> Vec<Fragment> {
        fragments(loaded, store, &|address: &Address| self.provider(address))
    }

    fn at_level(&self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        match self.config.levels.get(diagnostic.rule) {
            Some(None) => return None,
            Some(Some(level)) => diagnostic.severity = *level,
            None => {}
        }
        Some(diagnostic)
    }

    /// The platform that answers at an address, where the address itself says so.
    fn provider(&self, address: &Address) -> Option<String> {
        match address {
            Address::Platform(id) => self.catalog.find(id).map(|platform| platform.id.clone()),
            Address::Host { host, .. } => self.catalog.at_host(host),
            Address::Resource(_) => None,
        }
    }

    /// Silences what comments in deployed files and the settings accept. `named` are the files that the run checks as
    /// such: in others an unused suppression may be meant for another run.
    pub fn suppress_deployed(
        &self,
        result: &mut FileResult,
        files: &HashMap<FileId, DeployedFile>,
        comments: &HashMap<FileId, Vec<Span>>,
        named: &HashSet<FileId>,
    ) {
        let rules = rules::names_of_findings();
        let mut ids: Vec<FileId> = files.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let file = &files[&id];
            let none = Vec::new();
            let comments = comments.get(&id).unwrap_or(&none);
            let speaks = |comment: &Span| comment.text(&file.text).contains("hoplint");
            if self.config.ignores.is_empty() && !comments.iter().any(speaks) {
                continue;
            }
            let (own, other): (Vec<Diagnostic>, Vec<Diagnostic>) = std::mem::take(&mut result.findings)
                .into_iter()
                .partition(|finding| finding.labels.iter().any(|label| label.loc.file == id));
            let complete = named.contains(&id) && own.iter().all(|finding| finding.rule != crate::syntax::SYNTAX);
            let context = suppress::File {
                file: id,
                path: &self.config.local(&file.shown),
                text: &file.text,
                comments,
                chains: &[],
                config: self.config,
                complete,
                rules: &rules,
            };
            let applied = suppress::apply(own, &context);
            result.findings = other;
            result.findings.extend(applied.kept);
            result.counts.suppressed += applied.suppressed;
            result.ignores_used.extend(applied.used);
            let own = applied.own.into_iter().filter_map(|Own { diagnostic, .. }| self.at_level(diagnostic));
            result.findings.extend(own);
        }
    }
}

impl Outcome {
    /// Gives deployed files their places among the sources: their own where they are one of the inputs, else at the end.
    pub fn place(&mut self, files: &[DeployedFile], inputs: &HashMap<FileId, FileId>) {
        let used: HashSet<FileId> = self.findings.iter().flat_map(places).map(|loc| loc.file).collect();
        let mut more: Vec<&DeployedFile> =
            files.iter().filter(|f| used.contains(&f.id) && !inputs.contains_key(&f.id)).collect();
        more.sort_by(|a, b| a.shown.cmp(&b.shown));
        let mut ids = inputs.clone();
        for file in more {
            ids.insert(file.id, FileId::nth(self.sources.len()));
            self.sources.push(Source { path: file.shown.clone(), text: file.text.clone() });
        }
        for finding in &mut self.findings {
            let labels = finding.labels.iter_mut().map(|label| &mut label.loc);
            let edits = finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.loc);
            for loc in labels.chain(edits).filter(|loc| is_deployed(loc.file)) {
                if let Some(id) = ids.get(&loc.file) {
                    loc.file = *id;
                }
            }
        }
        self.sort();
    }
}

fn places(finding: &Diagnostic) -> impl Iterator<Item = Loc> {
    let edits = finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.loc);
    finding.labels.iter().map(|label| label.loc).chain(edits)
}
