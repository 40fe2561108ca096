//! Includes: which files a pattern means and why one could not be read. Bounded, whatever the files say.

use super::known;
use super::scope::Kind;
use super::walk::Walk;
use crate::diag::{Diagnostic, Severity};
use crate::files::FileError;
use crate::import::{INCLUDE, IncludeError, Included, Unseen};
use crate::span::{FileId, Loc};
use crate::text::clip;
use std::collections::HashSet;

/// nginx itself ends at the number of files that a process may open.
const MOST_DEEP: usize = 100;
/// No configuration splices more files, or more text.
const MOST_SPLICED: usize = 5_000;
const MOST_BYTES: usize = 64_000_000;

/// How much was taken in so far.
#[derive(Default)]
pub struct Taken {
    pub stack: Vec<FileId>,
    spliced: usize,
    bytes: usize,
    /// No further include is followed.
    stopped: bool,
    /// An include that stands in a file which is included twice is told once.
    told: HashSet<Loc>,
}

impl Walk<'_> {
    /// Splices what an include names at its place.
    pub fn include(&mut self, path: &str, at: Loc, scope: usize, depth: usize) {
        if self.taken.stopped {
            return;
        }
        let pattern = path.contains(['*', '?', '[']);
        let candidates = self.candidates(path);
        let mut failed = None;
        for (n, candidate) in candidates.iter().enumerate() {
            let found = if pattern { self.glob(candidate) } else { self.one(candidate).map(|one| vec![one]) };
            match found {
                Ok(found) if found.is_empty() => {}
                Ok(found) => return found.into_iter().for_each(|one| self.splice(&one, at, scope, depth)),
                Err(IncludeError::File(FileError::NotFound)) => {}
                // Only the path as it is written can be outside by a mistake of its writer.
                Err(IncludeError::Outside { .. }) if n > 0 || candidate.starts_with('/') => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            Some(error) => self.refused(path, &error, at, scope),
            None => self.missing(path, pattern, at, scope),
        }
    }

    /// Where a path may lie, beside the file that is read: nginx takes relative paths from the folder of its main file,
    /// which stands one above that of most fragments, and absolute ones lead into a folder called `nginx`.
    fn candidates(&self, path: &str) -> Vec<String> {
        let mut out = Vec::new();
        let inner = match path.rsplit_once("/nginx/").filter(|_| path.starts_with('/')) {
            Some((_, inner)) => Some(inner.strip_prefix("conf/").unwrap_or(inner)),
            None if path.starts_with('/') => None,
            None => Some(path),
        };
        if let Some(inner) = inner {
            out.push(inner.to_owned());
            if self.fragment {
                out.push(format!("../{inner}"));
            }
        }
        if path.starts_with('/') {
            out.push(path.to_owned());
        }
        out
    }

    fn one(&self, path: &str) -> Result<Included, IncludeError> {
        self.includes.read(self.given.file, path)
    }

    fn glob(&self, pattern: &str) -> Result<Vec<Included>, IncludeError> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let hidden = name(pattern).starts_with('.');
        let paths = self.includes.glob(self.given.file, pattern)?;
        paths.iter().filter(|path| hidden || !name(path).starts_with('.')).map(|path| self.one(path)).collect()
    }

    fn splice(&mut self, one: &Included, at: Loc, scope: usize, depth: usize) {
        if self.taken.stopped {
            return;
        }
        if self.taken.stack.contains(&one.file) {
            let message = "this include leads back to the file that it stands in, and nginx would never end reading";
            return self.tell_include(Severity::Error, message, "remove the include that closes the circle", at);
        }
        self.taken.spliced += 1;
        self.taken.bytes += one.text.len();
        let deep = self.taken.stack.len() > MOST_DEEP;
        if deep || self.taken.spliced > MOST_SPLICED || self.taken.bytes > MOST_BYTES {
            self.taken.stopped = true;
            let message = match deep {
                true => format!("includes stand more than {MOST_DEEP} deep inside each other"),
                false if self.taken.spliced > MOST_SPLICED => format!("more than {MOST_SPLICED} files are included"),
                false => format!("more than {} MB are included", MOST_BYTES / 1_000_000),
            };
            let help = "the includes from here on are not read; look for a file that includes others many times";
            return self.tell_include(Severity::Error, &message, help, at);
        }
        let source = self.source(one.file, &one.text);
        self.taken.stack.push(one.file);
        self.list(&source, source.tree.all(), scope, depth);
        self.done(&source);
        self.taken.stack.pop();
    }

    fn refused(&mut self, path: &str, error: &IncludeError, at: Loc, scope: usize) {
        if matches!(error, IncludeError::TooMany { .. }) {
            self.taken.stopped = true;
        }
        let why = format!("the include `{}` is not read: {error}", clip(path));
        self.tell_include(Severity::Error, &why, "name a file beside the main file, or below its folder", at);
        self.scopes.0[scope].hide(Unseen { timer: None, at, why });
    }

    fn missing(&mut self, path: &str, pattern: bool, at: Loc, scope: usize) {
        if known::is_harmless(path) {
            return;
        }
        // A pattern may match nothing. Around servers it stands for further servers, not for settings of those here.
        let outer = matches!(self.scopes.0[scope].kind, Kind::File | Kind::Http | Kind::Stream | Kind::Other);
        if pattern && (outer || !path.starts_with('/')) {
            return;
        }
        let what = if pattern { "matches no file here" } else { "is not here" };
        let why = format!("the include `{}` {what}", clip(path));
        let help = "what stands in it is unseen: run hoplint where the file is, or beside a copy of it";
        self.tell_include(Severity::Note, &why, help, at);
        self.scopes.0[scope].hide(Unseen { timer: None, at, why });
    }

    fn tell_include(&mut self, severity: Severity, message: &str, help: &str, at: Loc) {
        if self.taken.told.insert(at) && self.taken.told.len() <= crate::syntax::MAX_ERRORS {
            self.out.problems.push(Diagnostic::new(INCLUDE, severity, message).label(at, "included here").help(help));
        }
    }
}
