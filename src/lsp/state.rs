//! What the server knows: open documents, workspace folders, findings; and what has to be checked again.

use super::board::{self, Board, Origin, Shown};
use super::check::{self, Checked, Files};
use super::documents::{Documents, Kind};
use super::index::{self, Scope, Searched};
use super::options::{Capabilities, Options};
use super::project::Project;
use super::wire::{Client, Event};
use crate::diag::Diagnostic;
use crate::workspace::overlay::Texts;
use gen_lsp_types as lsp;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

pub struct State {
    pub client: Client,
    pub capabilities: Capabilities,
    pub options: Options,
    pub documents: Documents,
    pub board: Board,
    /// The texts of all open documents.
    pub texts: Texts,
    projects: Vec<Project>,
    /// The folders of the workspace; other projects are made for files outside of them.
    folders: Vec<PathBuf>,
    dirty: BTreeSet<PathBuf>,
    events: Sender<Event>,
    /// The question about settings that has no answer yet.
    pub asked: Option<i32>,
    pub trace: bool,
}

impl State {
    pub fn new(
        client: Client,
        events: Sender<Event>,
        capabilities: Capabilities,
        options: Options,
        folders: Vec<PathBuf>,
    ) -> Self {
        let mut state = Self {
            client,
            capabilities,
            options,
            documents: Documents::new(capabilities.encoding),
            board: Board::default(),
            texts: Texts::new(),
            projects: Vec::new(),
            folders: Vec::new(),
            dirty: BTreeSet::new(),
            events,
            asked: None,
            trace: false,
        };
        for folder in folders {
            state.add_folder(folder);
        }
        state
    }

    /// A line for the editor's log.
    pub fn log(&self, text: &str) {
        self.client.notify("window/logMessage", json!({"type": 3, "message": text}));
    }

    pub fn add_folder(&mut self, root: PathBuf) {
        if !self.folders.contains(&root) {
            self.projects.retain(|project| project.root != root);
            self.projects.push(Project::new(root.clone(), &self.options, self.settings_texts()));
            self.folders.push(root);
        }
    }

    pub fn remove_folder(&mut self, root: &Path) {
        self.folders.retain(|folder| folder != root);
        self.projects.retain(|project| project.root != root);
        self.check_all();
    }

    /// Searches the workspace folders beside the work; what is found comes as an event.
    pub fn search(&self, roots: &[PathBuf]) {
        let (roots, events) = (roots.to_vec(), self.events.clone());
        let search = move || {
            for root in roots {
                let index = index::search(&root);
                if events.send(Event::Indexed(Box::new(Searched { root, index }))).is_err() {
                    return;
                }
            }
        };
        let started = std::thread::Builder::new().name("search".to_owned()).spawn(search);
        if started.is_err() {
            self.log("no thread for searching the workspace: open files are checked by themselves");
        }
    }

    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    pub fn indexed(&mut self, searched: Searched) {
        let Searched { root, index } = searched;
        let Some(at) = self.projects.iter().position(|project| project.root == root) else { return };
        let (chains, deployed) = (index.chains().count(), index.deployed().count());
        self.projects[at].index = index;
        for (path, document) in self.documents.iter() {
            if path.starts_with(&root) {
                match document.kind {
                    Kind::Chain => {
                        let binds = index::bound_files(path, &document.text);
                        self.projects[at].index.set_chain(path, binds);
                    }
                    // Its links are looked at when it is checked.
                    Kind::Other => drop(self.dirty.insert(path.clone())),
                    Kind::Settings => {}
                }
            }
        }
        let folder = self.documents.uri(&root);
        let params = json!({"folder": folder, "chains": chains, "deployed": deployed});
        self.flush();
        self.client.notify("hoplint/indexed", params);
    }

    /// The project that a file belongs to: the closest workspace folder above it, else one for its own folder.
    pub fn project_of(&mut self, path: &Path) -> &mut Project {
        let found = self.place_of(path);
        let at = found.unwrap_or_else(|| {
            let root = path.parent().unwrap_or(path).to_owned();
            self.projects.push(Project::new(root, &self.options, self.settings_texts()));
            self.projects.len() - 1
        });
        &mut self.projects[at]
    }

    fn place_of(&self, path: &Path) -> Option<usize> {
        let above = self.projects.iter().enumerate().filter(|(_, project)| path.starts_with(&project.root));
        // A workspace folder, wherever it is, before a folder that only some file is in.
        let by = |project: &Project| (self.folders.contains(&project.root), project.root.components().count());
        above.max_by_key(|(_, project)| by(project)).map(|(at, _)| at)
    }

    fn settings_texts(&self) -> Texts {
        let of_settings = |path: &Path| path.extension().is_some_and(|e| e == "toml");
        self.texts.iter().filter(|(path, _)| of_settings(path)).map(|(p, t)| (p.clone(), Arc::clone(t))).collect()
    }

    /// Settings that may have changed are read anew, and what they hold for is checked again.
    pub fn settings_changed(&mut self, path: &Path) -> bool {
        let texts = self.settings_texts();
        let mut any = false;
        for project in &mut self.projects {
            if project.has_settings_at(path) {
                project.forget_settings(&self.options, texts.clone());
                any = true;
            }
        }
        if any {
            self.check_all();
        }
        any
    }

    pub fn options_changed(&mut self, options: Options) {
        if options == self.options {
            return;
        }
        self.options = options;
        let texts = self.settings_texts();
        for project in &mut self.projects {
            project.forget_settings(&self.options, texts.clone());
        }
        self.check_all();
        if self.capabilities.refreshes_hints {
            self.client.ask("workspace/inlayHint/refresh", json!(null));
        }
    }

    /// Everything that is open is checked at the next chance, and whatever else something is said of.
    pub fn check_all(&mut self) {
        self.dirty.extend(self.documents.iter().map(|(path, _)| path.clone()));
        let active: Vec<PathBuf> = self
            .board
            .origins()
            .filter_map(|origin| match origin {
                Origin::Chain(path) | Origin::Deployed(path) => Some(path.clone()),
                Origin::Settings(_) => None,
            })
            .collect();
        self.dirty.extend(active);
    }

    pub fn touch(&mut self, path: PathBuf) {
        self.dirty.insert(path);
    }

    pub fn is_open(&self, path: &Path) -> bool {
        self.documents.get(path).is_some()
    }

    /// Checks what changed, and whatever hangs together with it, and publishes what is found.
    pub fn flush(&mut self) {
        let dirty = std::mem::take(&mut self.dirty);
        if dirty.is_empty() {
            return;
        }
        let begun = self.trace.then(std::time::Instant::now);
        let mut targets: BTreeSet<PathBuf> = dirty.clone();
        let mut left: Vec<&PathBuf> = dirty.iter().collect();
        while let Some(first) = left.first() {
            // All of one project at once.
            let place = self.project_of(first).root.clone();
            let own: Vec<&PathBuf> = left
                .extract_if(.., |path| self.place_of(path).is_some_and(|at| self.projects[at].root == place))
                .collect();
            if own.is_empty() {
                break;
            }
            targets.extend(self.check(&own));
        }
        if let Some(begun) = begun {
            let message = format!("checked {} in {} µs", dirty.len(), begun.elapsed().as_micros());
            self.client.notify("$/logTrace", json!({"message": message}));
        }
        self.publish(&targets, &dirty);
    }

    /// Checks files of one project with all that belongs to them; the files that findings came to or went from.
    fn check(&mut self, paths: &[&PathBuf]) -> BTreeSet<PathBuf> {
        let mut targets = BTreeSet::new();
        for path in paths {
            self.note_links(path);
        }
        let mut scope = Scope::default();
        for path in paths {
            scope.extend(self.scope_of(path));
        }
        let mut checked = self.run(paths[0], &scope);
        // Other links may mean other neighbours.
        let at = self.place_of(paths[0]).unwrap_or_default();
        let new: Vec<bool> = std::mem::take(&mut checked.links)
            .into_iter()
            .map(|(path, links)| self.projects[at].index.set_deployed(&path, links))
            .collect();
        if new.contains(&true) {
            // Those that were neighbours before are told that they are not any more.
            let mut wider = scope.clone();
            for path in paths {
                wider.extend(self.scope_of(path));
            }
            if wider != scope {
                scope = wider;
                checked = self.run(paths[0], &scope);
            }
        }
        targets.extend(self.put_up(&scope, checked));
        let (files, findings) = check::settings(&self.projects[at]);
        let root = self.projects[at].root.clone();
        let shown = shown(findings, &files, &root);
        targets.extend(self.board.set(Origin::Settings(root), shown));
        targets
    }

    fn run(&mut self, path: &Path, scope: &Scope) -> Checked {
        let at = self.place_of(path).unwrap_or_default();
        check::run(&mut self.projects[at], &self.texts, scope)
    }

    /// A chain that changed may be bound to other files than before.
    fn note_links(&mut self, path: &Path) {
        if Kind::of(path) != Kind::Chain {
            return;
        }
        let text = self.texts.get(path).map(Arc::clone);
        let text = text.or_else(|| crate::workspace::read::load(path).ok().map(|loaded| loaded.text));
        let index = &mut self.project_of(path).index;
        match text {
            Some(text) => index.set_chain(path, index::bound_files(path, &text)),
            None => index.forget(path),
        }
    }

    fn scope_of(&mut self, path: &Path) -> Scope {
        let open: BTreeSet<PathBuf> = self.documents.iter().map(|(path, _)| path.clone()).collect();
        let index = &self.project_of(path).index;
        let mut scope = Scope::default();
        match Kind::of(path) {
            Kind::Chain => {
                scope.chains.insert(path.to_owned());
                // What is said of an open deployed file depends on what its chains say of it.
                for file in index.files_of(path) {
                    if open.contains(file) {
                        scope.extend(index.around(file));
                    }
                }
            }
            Kind::Other => {
                scope = index.around(path);
                let more: Vec<PathBuf> = scope.deployed.iter().filter(|file| open.contains(*file)).cloned().collect();
                for file in more {
                    scope.chains.extend(index.chains_of(&file).cloned());
                }
            }
            Kind::Settings => drop(self.project_of(path).settings_of(path)),
        }
        scope
    }

    /// Replaces what the files of a scope said before.
    fn put_up(&mut self, scope: &Scope, checked: Checked) -> BTreeSet<PathBuf> {
        let Checked { files, chains, deployed, failed, .. } = checked;
        let mut targets = BTreeSet::new();
        let mut of_file: Vec<Shown> = shown(deployed, &files, Path::new(""));
        for path in scope.deployed.iter().filter(|path| !failed.contains(path)) {
            let own: Vec<Shown> = of_file.extract_if(.., |one| one.target == *path).collect();
            let own = if self.is_open(path) { own } else { Vec::new() };
            targets.extend(self.board.set(Origin::Deployed(path.clone()), own));
        }
        let mut silent: BTreeSet<&PathBuf> = scope.chains.iter().collect();
        for (path, findings) in chains {
            silent.remove(&path);
            let mut said = Vec::new();
            if self.is_active(&path) {
                said = shown(findings, &files, &path);
                // What is wrong with comments in files that are read for a chain alone is told with the chain.
                let bound = self.place_of(&path).map(|at| self.projects[at].index.files_of(&path)).unwrap_or_default();
                said.extend(of_file.extract_if(.., |one| bound.contains(&*one.target)));
            }
            targets.extend(self.board.set(Origin::Chain(path), said));
        }
        for path in silent.into_iter().filter(|path| !failed.contains(path)) {
            targets.extend(self.board.set(Origin::Chain(path.clone()), Vec::new()));
        }
        targets
    }

    /// Whether the editor is shown what a chain says: it is open, or a file that it is bound to is.
    fn is_active(&mut self, chain: &Path) -> bool {
        if self.is_open(chain) {
            return true;
        }
        let Some(at) = self.place_of(chain) else { return false };
        self.projects[at].index.files_of(chain).into_iter().any(|file| self.documents.get(file).is_some())
    }

    fn publish(&mut self, targets: &BTreeSet<PathBuf>, dirty: &BTreeSet<PathBuf>) {
        let mut refresh = false;
        for target in targets {
            let diagnostics = self.diagnostics(target);
            let new = self.board.is_new(target, &diagnostics);
            let document = self.documents.get(target);
            if document.is_some() && self.capabilities.pulls {
                refresh |= new && !dirty.contains(target);
                continue;
            }
            if new || (document.is_some() && dirty.contains(target)) {
                let params = lsp::PublishDiagnosticsParams {
                    uri: self.documents.uri(target),
                    version: document.map(|document| document.version),
                    diagnostics,
                };
                self.client.notify("textDocument/publishDiagnostics", params);
            }
        }
        if refresh && self.capabilities.refreshes_diagnostics {
            self.client.ask("workspace/diagnostic/refresh", json!(null));
        }
    }

    pub fn diagnostics(&self, target: &Path) -> Vec<lsp::Diagnostic> {
        board::diagnostics(&self.board, target, &self.documents, self.capabilities.related_information)
    }
}

/// Findings with their texts; one without a place is told at the file that was checked.
fn shown(findings: Vec<Diagnostic>, files: &Arc<Files>, checked: &Path) -> Vec<Shown> {
    let one = |finding: Diagnostic| {
        let target = finding.primary().and_then(|at| files.get(at.file)).map_or(checked, |(path, _)| path).to_owned();
        Shown { finding, files: Arc::clone(files), target }
    };
    findings.into_iter().map(one).collect()
}
