//! The pipeline: texts to findings. Pure: same input, same output; it cannot fail.

use crate::catalog::store::Catalog;
use crate::config::Config;
use crate::diag::{Applicability, Diagnostic, Edit, Fix, Severity, Unchecked};
use crate::fix::{Fixer, applied, compatible};
use crate::import::bind::{Found, bind, has_binding};
use crate::import::store::Store;
use crate::model::{self, Chain};
use crate::resolve::chain::ChainDefaults;
use crate::resolve::{Resolved, Resolver};
use crate::rules::{self, Context, Finding, Findings};
use crate::span::{FileId, Loc};
use crate::suppress::{self, Own};
use crate::syntax::decode::Ctx;
use crate::syntax::edit_map::Editor;
use crate::syntax::{Format, parse};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

mod chains;
mod deployed;
pub mod plan;
mod plan_edits;

/// One file of a run. A `FileId` is its place in the list.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown to people and machines: relative to the working folder, with `/`.
    pub path: String,
    pub text: Arc<str>,
}

/// What a run found. Findings are sorted by file, place and rule; reporters neither filter nor sort.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub sources: Vec<Source>,
    pub findings: Vec<Diagnostic>,
    pub unchecked: Vec<Unchecked>,
    pub counts: Counts,
    /// How many deployed files of each format were read.
    pub formats: BTreeMap<&'static str, usize>,
    /// Files of a search that are named like deployed configuration and are of no format that is read.
    pub unread: Vec<String>,
}

/// Work done, for the summary and for tests that guard the speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub files: usize,
    pub chains: usize,
    pub hops: usize,
    /// Hops that deployed files state.
    pub deployed: usize,
    /// Findings silenced by a suppression or the baseline.
    pub suppressed: usize,
    /// Problems of files that have more than anybody reads; one finding stands for those of a file.
    pub not_shown: usize,
    pub platforms_parsed: usize,
    pub rule_calls: usize,
}

/// What one file of a run gave. Files are independent, so a shell may check them on several threads.
#[derive(Debug, Default)]
pub struct FileResult {
    pub findings: Vec<Diagnostic>,
    pub unchecked: Vec<Unchecked>,
    pub counts: Counts,
    /// Which `[[ignore]]` of the settings silenced something, by their places.
    pub ignores_used: Vec<usize>,
    /// Some chain has values of deployed files.
    pub bound: bool,
}

/// The checks of one run: a catalogue and the settings.
pub struct Engine<'a> {
    pub catalog: &'a Catalog,
    pub config: &'a Config,
}

impl Engine<'_> {
    /// Everything that can be said of one chain file alone. What its hops are bound to is not read.
    pub fn check_file(&self, file: FileId, source: &Source) -> FileResult {
        self.check_chains(file, source, None)
    }

    /// The same with the deployed files that its hops name.
    pub fn check_file_in(&self, file: FileId, source: &Source, store: &Store<'_>) -> FileResult {
        self.check_chains(file, source, Some(store))
    }

    fn check_chains(&self, file: FileId, source: &Source, store: Option<&Store<'_>>) -> FileResult {
        let format = Format::from_path(Path::new(&source.path)).unwrap_or(Format::Yaml);
        let parsed = parse(&source.text, format);
        let mut ctx = Ctx::new(file, &source.text, format, &parsed);
        let mut chains = model::decode::file(parsed.root.as_ref(), stem(&source.path), &mut ctx);
        let (findings, not_shown) = ctx.problems();
        let mut result = FileResult { findings, ..FileResult::default() };
        (result.counts.files, result.counts.chains, result.counts.not_shown) = (1, chains.len(), not_shown);
        let bound = self.bound(&mut chains, &source.path, store, &mut result);
        let editor = Editor::new(file, &source.text, format, &parsed);
        let fixer = OnceCell::new();
        let defaults = ChainDefaults { order: self.config.order, margin: self.config.margin };
        let mut resolver = Resolver::new(self.catalog, defaults);
        for (i, chain) in chains.iter().enumerate() {
            let resolved = resolver.resolve(chain);
            result.counts.hops += resolved.hops.len();
            let bound = bound.get(i).map_or(&[][..], Vec::as_slice);
            let findings = self.judge(&resolved, &mut result);
            result.findings.extend(findings.into_iter().map(|Finding { mut diagnostic, repairs, .. }| {
                if !repairs.is_empty() {
                    let fixer = fixer.get_or_init(|| Fixer::new(editor, &parsed));
                    diagnostic.fixes.extend(repairs.iter().filter_map(|repair| fixer.fix(repair, &resolved, bound)));
                }
                diagnostic
            }));
        }
        let file = suppress::File {
            file,
            path: &self.config.local(&source.path),
            text: &source.text,
            comments: &parsed.comments,
            chains: &chains,
            config: self.config,
            complete: parsed.errors.is_empty() && !parsed.truncated,
            rules: &rules::names_of_findings(),
        };
        let remove = |key| fixer.get_or_init(|| Fixer::new(editor, &parsed)).remove(key);
        self.suppress(&file, &mut result, remove);
        result
    }

    /// Puts the deployed values into the chains that name deployed files.
    fn bound(
        &self,
        chains: &mut [Chain],
        path: &str,
        store: Option<&Store<'_>>,
        result: &mut FileResult,
    ) -> Vec<Vec<Vec<Found>>> {
        if !chains.iter().any(|chain| chain.hops.iter().any(|hop| has_binding(hop))) {
            return Vec::new();
        }
        let Some(store) = store else {
            for chain in chains.iter() {
                unread_bindings(chain, result);
            }
            return Vec::new();
        };
        result.bound = true;
        let bind_one = |chain: &mut Chain| {
            let bound = bind(chain.clone(), Path::new(path), store);
            *chain = bound.chain;
            for mut problem in bound.problems {
                match self.config.levels.get(problem.rule) {
                    Some(None) => continue,
                    Some(Some(level)) => problem.severity = *level,
                    None => {}
                }
                // A shared hop stands in several chains; its text is one.
                if !result.findings.iter().any(|f| f.rule == problem.rule && f.primary() == problem.primary()) {
                    result.findings.push(problem);
                }
            }
            bound.found
        };
        chains.iter_mut().map(bind_one).collect()
    }

    fn suppress(&self, file: &suppress::File<'_>, result: &mut FileResult, remove: impl Fn(Loc) -> Option<Vec<Edit>>) {
        let applied = suppress::apply(std::mem::take(&mut result.findings), file);
        result.findings = applied.kept;
        result.counts.suppressed += applied.suppressed;
        result.ignores_used = applied.used;
        for Own { mut diagnostic, remove: key } in applied.own {
            match self.config.levels.get(diagnostic.rule) {
                Some(None) => continue,
                Some(Some(level)) => diagnostic.severity = *level,
                None => {}
            }
            if let Some(edits) = key.and_then(&remove) {
                let title = "remove this suppression".to_owned();
                diagnostic.fixes.push(Fix { title, applicability: Applicability::Safe, edits });
            }
            result.findings.push(diagnostic);
        }
    }

    /// The chains of one file as they work, for commands that judge nothing.
    pub fn resolve_file(&self, file: FileId, source: &Source, store: &Store<'_>) -> Vec<Resolved> {
        let format = Format::from_path(Path::new(&source.path)).unwrap_or(Format::Yaml);
        let parsed = parse(&source.text, format);
        let mut ctx = Ctx::new(file, &source.text, format, &parsed);
        let chains = model::decode::file(parsed.root.as_ref(), stem(&source.path), &mut ctx);
        let defaults = ChainDefaults { order: self.config.order, margin: self.config.margin };
        let mut resolver = Resolver::new(self.catalog, defaults);
        chains.into_iter().map(|chain| resolver.resolve(&bind(chain, Path::new(&source.path), store).chain)).collect()
    }

    /// Applies the fixes of a file until none is left to apply: the text, and the titles of what was done.
    pub fn fix_file(&self, file: FileId, source: &Source, allowed: Applicability) -> (Arc<str>, Vec<String>) {
        let format = Format::from_path(Path::new(&source.path)).unwrap_or(Format::Yaml);
        let (mut source, mut done) = (source.clone(), Vec::new());
        for _ in 0..MOST_ROUNDS {
            let result = self.check_file(file, &source);
            let fixes = compatible(result.findings.iter().flat_map(|f| f.fixes.iter().take(1)), allowed);
            let Some(text) = applied(file, &source.text, format, &fixes) else { break };
            done.extend(fixes.iter().map(|fix| fix.title.clone()));
            source.text = text.into();
        }
        done.sort();
        done.dedup();
        (source.text, done)
    }

    fn judge(&self, chain: &Resolved, result: &mut FileResult) -> Vec<Finding> {
        let context = Context::new(chain, self.config.thresholds);
        let mut findings = Findings::default();
        for rule in rules::ALL {
            let level = self.config.levels.get(rule.name);
            if level == Some(&None) {
                continue;
            }
            let first = findings.found.len();
            (rule.check)(&context, &mut findings);
            result.counts.rule_calls += 1;
            if let Some(Some(level)) = level {
                for finding in &mut findings.found[first..] {
                    finding.diagnostic.severity = *level;
                }
            }
        }
        if chain.fragment {
            // Who calls whom is read out of names; a person has not said so.
            for finding in findings.found.iter_mut().filter(|f| !f.diagnostic.related_hops.is_empty()) {
                finding.diagnostic.severity = finding.diagnostic.severity.min(Severity::Warning);
            }
        }
        rules::fold::fold(&mut findings);
        result.unchecked.extend(findings.unchecked);
        findings.found
    }

    /// Joins the results of a run, in the order of its sources, and sorts the findings.
    pub fn finish(&self, sources: Vec<Source>, results: Vec<FileResult>) -> Outcome {
        let mut outcome = Outcome::join(sources, results, Vec::new());
        outcome.counts.platforms_parsed = self.catalog.parsed_count();
        outcome
    }
}

impl Outcome {
    /// Joins the results of a run whose files may have had different settings; `extra` is what the settings' own
    /// files gave.
    pub fn join(sources: Vec<Source>, results: Vec<FileResult>, extra: Vec<Diagnostic>) -> Outcome {
        let mut outcome = Outcome { sources, findings: extra, ..Outcome::default() };
        for result in results {
            outcome.findings.extend(result.findings);
            outcome.unchecked.extend(result.unchecked);
            outcome.counts.files += result.counts.files;
            outcome.counts.deployed += result.counts.deployed;
            outcome.counts.chains += result.counts.chains;
            outcome.counts.hops += result.counts.hops;
            outcome.counts.suppressed += result.counts.suppressed;
            outcome.counts.not_shown += result.counts.not_shown;
            outcome.counts.rule_calls += result.counts.rule_calls;
        }
        outcome.sort();
        outcome
    }

    /// By file, place and rule.
    pub fn sort(&mut self) {
        self.findings.sort_by(|a, b| (a.primary(), a.rule, &a.hop).cmp(&(b.primary(), b.rule, &b.hop)));
    }
}

/// Hops that name deployed files which nobody reads here: silence would look like agreement.
fn unread_bindings(chain: &Chain, result: &mut FileResult) {
    for hop in chain.hops.iter().filter(|hop| !hop.from.is_empty()) {
        result.unchecked.push(Unchecked {
            rule: "drift",
            chain: chain.name.clone(),
            hop: hop.name.clone(),
            why: format!("{} is not read here; what the chain states is taken for it", hop.from[0].value),
        });
    }
}

/// Fixes converge in two or three rounds; more would be a fault that must not hang.
pub const MOST_ROUNDS: usize = 10;

/// The name of a file without folder, ending and `.chain`.
fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    name.strip_suffix(".chain").unwrap_or(name)
}
