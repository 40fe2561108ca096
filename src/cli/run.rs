//! Reading and checking the files of a run, on several threads where there are many.

use super::fail::Failure;
use super::progress;
use super::term::Term;
use crate::diag::{Applicability, Diagnostic};
use crate::engine::{Engine, FileResult, MOST_ROUNDS, Outcome, Source};
use crate::import::Match;
use crate::import::store::{Loaded, Store};
use crate::rules::generated_stale;
use crate::span::FileId;
use crate::syntax::SYNTAX;
use crate::workspace::candidate;
use crate::workspace::deployed::{self, Named};
use crate::workspace::generated::stale;
use crate::workspace::overlay::{Overlay, Texts};
use crate::workspace::read::{self, Problem};
use crate::workspace::settings::{Choice, Finder, Settings};
use crate::workspace::templates;
use crate::workspace::walk::{self, Found, Input, Kind};
use crate::workspace::{empty_source, write};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Fewer files are checked before a thread pool has started.
const WORTH_THREADS: usize = 16;

/// What to check and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub paths: Vec<PathBuf>,
    pub stdin_filename: Option<PathBuf>,
    pub settings: Choice,
    pub threads: Option<usize>,
    /// Apply fixes up to this one, in memory.
    pub fix: Option<Applicability>,
}

/// A run that is over.
#[derive(Default)]
pub struct Done {
    pub outcome: Outcome,
    /// Files whose text a fix changed.
    pub changed: Vec<Changed>,
    pub failures: Vec<Failure>,
    /// Settings and platform files, for --watch.
    pub read: Vec<PathBuf>,
    /// Nothing was there to check, and nothing else explains why.
    pub empty: Option<Vec<PathBuf>>,
    /// Which source came through standard input, and its bytes.
    pub stdin: Option<(usize, Vec<u8>)>,
    /// What held for the files.
    pub settings: Vec<Arc<Settings>>,
}

/// One file whose fixes were made.
pub struct Changed {
    pub path: PathBuf,
    /// Its place among the sources.
    pub source: usize,
    pub shown: String,
    pub before: Arc<str>,
    pub after: Arc<str>,
    /// What was done.
    pub titles: Vec<String>,
}

impl Changed {
    pub fn write(&self) -> Result<(), Failure> {
        write::atomic(&self.path, self.after.as_bytes()).map_err(|e| Failure::write(&self.path, &e))
    }
}

pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The folder that paths are relative to.
pub fn working() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// Checks what a request names. Same files, same result, however many threads.
pub fn run(request: &Request, term: Term) -> Done {
    let working = working();
    let mut failures = Vec::new();
    let (stdin, paths): (Vec<_>, Vec<_>) = request.paths.iter().cloned().partition(|path| is_stdin(path));
    let Found { mut inputs, folders, settings, failures: missing } = walk::find(&paths, &working, request.threads);
    failures.extend(missing.iter().map(|(path, why)| Failure::read(path, why)));
    let unread = let_go(&mut inputs, request.threads);
    let piped = if stdin.is_empty() { None } else { stdin_input(request, &mut inputs, &mut failures) };

    let first = u32::try_from(inputs.len()).unwrap_or(u32::MAX);
    let mut finder = Finder::new(request.settings.clone(), &working, first).fixing(request.fix);
    let of: Vec<usize> = inputs.iter().map(|input| finder.of(&input.path)).collect();
    // Settings are judged where a search comes across files that they would hold for, whatever those turn out to be.
    let held = settings.iter().filter_map(|folder| unread.iter().find(|input| input.path.starts_with(folder)));
    for input in held.chain(unread.first()) {
        finder.of(&input.path);
    }
    failures.extend(finder.failures.iter().map(|(path, why)| Failure::read(path, why)));
    let looked_for = finder.looked_for();
    let all = finder.into_all();

    let mut texts = Texts::new();
    if let Some(piped) = &piped {
        texts.insert(walk::absolute(&inputs[piped.at].path), Arc::clone(&piped.loaded.text));
    }
    let mut titles: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    let mut round = 0;
    let (files, named, found, deployed) = loop {
        let overlay = Overlay { texts: &texts };
        let store = Store::new(&overlay, &working);
        let one = |i: usize| {
            let loaded = piped.as_ref().filter(|piped| piped.at == i).map(|piped| &piped.loaded);
            let id = FileId::nth(i);
            one_file(id, &inputs[i], loaded, &all[of[i]], request.fix, &store, &texts)
        };
        let mut files: Vec<File> = progress::during(inputs.len(), term.stderr_terminal, |done| {
            let one = |i| {
                let file = one(i);
                done.fetch_add(1, Ordering::Relaxed);
                file
            };
            map(inputs.len(), request.threads, one)
        });
        let named = named(&mut files, &of);
        let mut bound: Vec<(usize, &mut FileResult)> = files
            .iter_mut()
            .zip(&of)
            .filter_map(|(file, of)| Some((*of, file.result.as_mut().filter(|result| result.bound)?)))
            .collect();
        let found = deployed::check(&named, &all, &store, &mut bound);
        let edited = match request.fix {
            Some(allowed) if round < MOST_ROUNDS => edits(&files, &found, &inputs, &store, allowed),
            _ => Vec::new(),
        };
        if edited.is_empty() {
            break (files, named, found, store.files());
        }
        round += 1;
        for one in edited {
            titles.entry(one.path.clone()).or_default().extend(one.titles);
            texts.insert(one.path, one.text);
        }
    };

    let unused = unused_ignores(&files, &of, &all, &folders, &found);
    let mut done = collect(files, &all, unused, found, &Generates { inputs: &inputs, of: &of, working: &working });
    deployed::place(&mut done.outcome, &deployed, &named);
    for one in &named {
        *done.outcome.formats.entry(one.loaded.reader).or_default() += 1;
    }
    let read: HashSet<usize> = named.iter().map(|one| one.input.0 as usize).collect();
    let more = inputs.iter().enumerate().filter(|(i, input)| input.kind == Kind::Candidate && !read.contains(i));
    done.outcome.unread = unread.iter().chain(more.map(|(_, input)| input)).map(|input| input.shown.clone()).collect();
    done.outcome.unread.sort();
    let of_pipe = piped.as_ref().map(|piped| (walk::absolute(&inputs[piped.at].path), &piped.loaded.text));
    done.changed.extend(changed(&titles, &texts, &done.outcome, &working, of_pipe.as_ref()));
    done.read.extend(deployed.iter().map(|file| file.path.clone()));
    done.read.extend(looked_for);
    let nothing = done.outcome.counts.files == 0 && failures.is_empty() && done.failures.is_empty();
    let empty = nothing.then_some(folders);
    failures.append(&mut done.failures);
    Done { failures, empty, stdin: piped.map(|piped| (piped.at, piped.bytes)), settings: all, ..done }
}

/// Takes out of the inputs what a search came across and no reader knows.
fn let_go(inputs: &mut Vec<Input>, threads: Option<usize>) -> Vec<Input> {
    let one = |i: usize| {
        let Input { path, shown, kind } = &inputs[i];
        // A reader that panics is told about where the file is read.
        *kind != Kind::Candidate || catch_unwind(|| candidate::is_worth_reading(path, shown)).unwrap_or(true)
    };
    let mut kept = map(inputs.len(), threads, one).into_iter();
    inputs.extract_if(.., |_| !kept.next().unwrap_or(true)).collect()
}

/// Takes the deployed files out of what was read.
fn named(files: &mut [File], of: &[usize]) -> Vec<Named> {
    let take = |(i, file): (usize, &mut File)| {
        let input = FileId::nth(i);
        file.deployed.take().map(|loaded| Named { loaded, input, settings: of[i] })
    };
    files.iter_mut().enumerate().filter_map(take).collect()
}

/// What fixes would change in this round, over chain files with bindings and deployed files.
fn edits(
    files: &[File],
    found: &[FileResult],
    inputs: &[Input],
    store: &Store<'_>,
    allowed: Applicability,
) -> Vec<deployed::Edited> {
    let bound = files.iter().filter_map(|file| file.result.as_ref()).filter(|result| result.bound);
    let findings: Vec<&Diagnostic> = bound.chain(found).flat_map(|result| &result.findings).collect();
    let path = |id: FileId| {
        if let Some(file) = store.file(id) {
            return Some((file.path, file.text));
        }
        let i = usize::try_from(id.0).ok()?;
        Some((walk::absolute(&inputs.get(i)?.path), Arc::clone(&files.get(i)?.source.text)))
    };
    deployed::apply(&findings, allowed, &path)
}

/// The files that rounds of fixes changed, with what stands on the disk.
fn changed(
    titles: &BTreeMap<PathBuf, Vec<String>>,
    texts: &Texts,
    outcome: &Outcome,
    working: &Path,
    piped: Option<&(PathBuf, &Arc<str>)>,
) -> Vec<Changed> {
    let one = |(path, titles): (&PathBuf, &Vec<String>)| {
        let shown = crate::workspace::shown(path, working);
        let source = outcome.sources.iter().position(|source| source.path == shown).unwrap_or(usize::MAX);
        let before = match piped {
            Some((own, text)) if own == path => Arc::clone(text),
            _ => read::text(path).ok()?,
        };
        let mut titles = titles.clone();
        titles.sort();
        titles.dedup();
        Some(Changed { path: path.clone(), source, shown, before, after: Arc::clone(texts.get(path)?), titles })
    };
    titles.iter().filter_map(one).filter(|changed| changed.before != changed.after).collect()
}

/// Runs a task for each number below `n`; the results are in order.
pub fn map<T: Send>(n: usize, threads: Option<usize>, task: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    if n < WORTH_THREADS || threads == Some(1) {
        return (0..n).map(task).collect();
    }
    match rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build() {
        Ok(pool) => pool.install(|| (0..n).into_par_iter().map(task).collect()),
        // A machine that gives no threads can still check.
        Err(_) => (0..n).map(task).collect(),
    }
}

/// What came through standard input, and its place in the list of files.
struct Piped {
    at: usize,
    loaded: read::Loaded,
    /// As they came, for giving back what is no text; none of what is too large.
    bytes: Vec<u8>,
}

/// Standard input as one more file.
fn stdin_input(request: &Request, inputs: &mut Vec<Input>, failures: &mut Vec<Failure>) -> Option<Piped> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(read::LIMIT + 1).read_to_end(&mut bytes);
    match read.and_then(|_| read::from_reader(&*bytes)) {
        Ok(loaded) => {
            let json = loaded.text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
            let guess = if json { "stdin.chain.json" } else { "stdin.chain.yaml" };
            let path = request.stdin_filename.clone().unwrap_or_else(|| PathBuf::from(guess));
            let shown = crate::workspace::shown(&path, &working());
            let kind = if walk::is_chain_file(&shown) { Kind::Chain } else { Kind::Named };
            inputs.push(Input { path, shown, kind });
            if loaded.problem == Some(Problem::TooLarge) {
                bytes.clear();
            }
            Some(Piped { at: inputs.len() - 1, loaded, bytes })
        }
        Err(error) => {
            failures.push(Failure::Input(error));
            None
        }
    }
}

/// What came of one file.
struct File {
    source: Source,
    result: Option<FileResult>,
    /// It is deployed configuration.
    deployed: Option<Loaded>,
    changed: Option<Changed>,
    failure: Option<Failure>,
}

fn one_file(
    id: FileId,
    input: &Input,
    piped: Option<&read::Loaded>,
    settings: &Settings,
    fix: Option<Applicability>,
    store: &Store<'_>,
    texts: &Texts,
) -> File {
    let nothing =
        File { source: empty_source(input.shown.clone()), result: None, deployed: None, changed: None, failure: None };
    if input.kind != Kind::Chain {
        let least = if input.kind == Kind::Named { Match::Maybe } else { Match::Yes };
        match catch_unwind(AssertUnwindSafe(|| store.import_named(&input.path, least))) {
            Ok(Ok(loaded)) => {
                let text = store.text(loaded.file).unwrap_or_else(|| Arc::from(""));
                let source = Source { path: input.shown.clone(), text };
                return File { source, deployed: Some(loaded), ..nothing };
            }
            Err(_) => return File { failure: Some(Failure::Internal { path: input.shown.clone() }), ..nothing },
            // A search opens many files that are something else.
            Ok(Err(_)) if input.kind == Kind::Candidate => return nothing,
            // What no reader knows may be a chain file of any name; what cannot be read is told below.
            Ok(Err(_)) => {}
        }
    }
    let failed = |failure| File { failure: Some(failure), ..nothing };
    let read;
    let loaded = match piped {
        Some(loaded) => loaded,
        None => match read::load(&input.path) {
            Ok(loaded) => {
                read = loaded;
                &read
            }
            Err(why) => return failed(Failure::read(&input.path, &why)),
        },
    };
    let source = Source { path: input.shown.clone(), text: Arc::clone(&loaded.text) };
    let engine = Engine { catalog: &settings.catalog, config: &settings.config };
    // A rule that panics costs one file, not the run.
    let source = Source { text: texts.get(&walk::absolute(&input.path)).map_or(source.text, Arc::clone), ..source };
    let checked = catch_unwind(AssertUnwindSafe(|| check(&engine, id, source, loaded, fix, store)));
    let Ok((source, titles, result)) = checked else {
        return failed(Failure::Internal { path: input.shown.clone() });
    };
    let changed = (!titles.is_empty()).then(|| Changed {
        path: input.path.clone(),
        source: id.0 as usize,
        shown: input.shown.clone(),
        before: Arc::clone(&loaded.text),
        after: Arc::clone(&source.text),
        titles,
    });
    File { source, result: Some(result), deployed: None, changed, failure: None }
}

fn check(
    engine: &Engine<'_>,
    id: FileId,
    mut source: Source,
    loaded: &read::Loaded,
    fix: Option<Applicability>,
    store: &Store<'_>,
) -> (Source, Vec<String>, FileResult) {
    if let Some(problem) = loaded.problem {
        // The text is not what stands in the file, so nothing is written back.
        let mut result =
            if source.text.is_empty() { FileResult::default() } else { engine.check_file_in(id, &source, store) };
        result.counts.files = 1;
        result.findings.insert(0, problem.finding(id));
        return (source, Vec::new(), result);
    }
    let result = engine.check_file_in(id, &source, store);
    match fix {
        // What is bound to other files is repaired together with them.
        Some(allowed) if !result.bound => {
            let (text, titles) = engine.fix_file(id, &source, allowed);
            if titles.is_empty() {
                return (source, titles, result);
            }
            source.text = text;
            let result = engine.check_file(id, &source);
            (source, titles, result)
        }
        _ => (source, Vec::new(), result),
    }
}

/// Suppressions in settings that no file needed. A file that could not be read might have.
fn unused_ignores(
    files: &[File],
    of: &[usize],
    all: &[Arc<Settings>],
    folders: &[PathBuf],
    found: &[FileResult],
) -> Vec<Diagnostic> {
    let mut unused = Vec::new();
    for (i, settings) in all.iter().enumerate().filter(|(_, settings)| !settings.config.ignores.is_empty()) {
        let own = files.iter().zip(of).filter(|(_, of)| **of == i).map(|(file, _)| file);
        let read = own.clone().all(|file| file.failure.is_none());
        let results: Vec<&FileResult> = own.filter_map(|file| file.result.as_ref()).chain(found.get(i)).collect();
        let complete = |result: &&FileResult| result.findings.iter().all(|finding| finding.rule != SYNTAX);
        if read && results.iter().all(complete) {
            let used = results.iter().flat_map(|result| result.ignores_used.iter().copied());
            unused.extend(settings.unused_ignores(&used.collect(), folders));
        }
    }
    unused
}

/// What is needed to compare generated files with the chains of a run.
struct Generates<'a> {
    inputs: &'a [Input],
    of: &'a [usize],
    working: &'a Path,
}

impl Generates<'_> {
    /// Findings about the files that `[[generate]]` entries list, for the chain files of this run.
    fn stale(&self, all: &[Arc<Settings>], sources: &mut Vec<Source>, done: &mut Done) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for (at, settings) in all.iter().enumerate().filter(|(_, s)| s.config.is_on(generated_stale::RULE.name)) {
            let (Some(folder), false) = (settings.folder(), settings.config.generate.is_empty()) else { continue };
            let next = |sources: &[Source]| FileId::nth(sources.len());
            let targets = templates::load(&settings.templates(), self.working, next(sources));
            sources.extend(targets.sources.iter().cloned());
            findings.extend(targets.findings.iter().cloned());
            done.failures.extend(targets.failures.iter().map(|(path, why)| Failure::read(path, why)));
            done.read.extend(targets.read.iter().cloned());
            let engine = Engine { catalog: &settings.catalog, config: &settings.config };
            for entry in &settings.config.generate {
                let chain = walk::absolute(&folder.join(&entry.chain.value));
                let same = |path: &Path| path.components().eq(chain.components());
                let mut inputs = self.inputs.iter().zip(self.of).enumerate();
                let Some((i, _)) = inputs.find(|(_, (input, of))| **of == at && same(&walk::absolute(&input.path)))
                else {
                    continue;
                };
                let id = FileId::nth(i);
                let source = sources[i].clone();
                let (more, mut found) =
                    stale(entry, &folder, &targets, &engine, (id, &source), (self.working, next(sources)));
                if let Some(Some(level)) = settings.config.levels.get(generated_stale::RULE.name) {
                    for finding in &mut found {
                        finding.severity = *level;
                    }
                }
                sources.extend(more);
                findings.extend(found);
            }
        }
        findings
    }
}

fn collect(
    files: Vec<File>,
    all: &[Arc<Settings>],
    mut extra: Vec<Diagnostic>,
    found: Vec<FileResult>,
    generates: &Generates<'_>,
) -> Done {
    let mut done = Done::default();
    let (mut sources, mut results) = (Vec::new(), found);
    for file in files {
        sources.push(file.source);
        results.extend(file.result);
        done.changed.extend(file.changed);
        done.failures.extend(file.failure);
    }
    for settings in all {
        if let (Some((before, titles)), Some(path), [own, ..]) = (&settings.before, &settings.path, &*settings.sources)
        {
            done.changed.push(Changed {
                path: path.clone(),
                source: sources.len(),
                shown: own.path.clone(),
                before: Arc::clone(before),
                after: Arc::clone(&own.text),
                titles: titles.clone(),
            });
        }
        sources.extend(settings.sources.iter().cloned());
        done.read.extend(settings.read.iter().cloned());
    }
    extra.extend(all.iter().flat_map(|settings| settings.findings.iter().cloned()));
    extra.extend(generates.stale(all, &mut sources, &mut done));
    done.outcome = Outcome::join(sources, results, extra);
    done.outcome.counts.platforms_parsed = all.iter().map(|settings| settings.catalog.parsed_count()).sum();
    done
}
