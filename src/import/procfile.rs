//! Procfiles: one process on each line, `web: gunicorn app:app --timeout 120`.

use super::command::{self, Command, Form, words::commands};
use super::{Given, Import, Includes, Match, Reader};
use crate::span::Span;

pub struct Procfile;

impl Reader for Procfile {
    fn name(&self) -> &'static str {
        "procfile"
    }

    fn summary(&self) -> &'static str {
        "Procfiles: gunicorn, uvicorn, hypercorn and granian with literal flags"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        name == "Procfile" || name.starts_with("Procfile.")
    }

    fn knows(&self, path: &str, _: &str) -> Match {
        if self.may_be(path) { Match::Yes } else { Match::No }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let mut start = 0;
        for line in given.text.split_inclusive('\n') {
            let at = Span::of(start..start + line.trim_end().len());
            start += line.len();
            if line.trim_start().starts_with('#') {
                out.comments.push(given.loc(at));
                continue;
            }
            let Some((name, _)) = at.text(given.text).split_once(':') else { continue };
            let rest = Span::of(at.range().start + name.len() + 1..at.range().end);
            for words in commands(given.text, rest) {
                let command = Command { words: &words, form: Form::Shell, name: Some(name.trim()), at };
                command::read(&command, given, includes, out);
            }
        }
    }
}
