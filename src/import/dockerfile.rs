//! Dockerfiles: the server that `CMD` or `ENTRYPOINT` starts, in shell form and as a list.

use super::command::words::{Word, commands};
use super::command::{self, Command, Form};
use super::{Given, Import, Includes, Match, Reader};
use crate::span::{Span, offset};
use crate::syntax::{Format, Kind, parse};

pub struct Dockerfile;

impl Reader for Dockerfile {
    fn name(&self) -> &'static str {
        "dockerfile"
    }

    fn summary(&self) -> &'static str {
        "Dockerfiles: gunicorn, uvicorn, hypercorn and granian in CMD and ENTRYPOINT, literal flags"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let rest = |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        ["Dockerfile", "Containerfile"].into_iter().any(rest)
            || name.strip_suffix(".Dockerfile").is_some()
            || name.strip_suffix(".dockerfile").is_some()
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let servers = ["gunicorn", "uvicorn", "hypercorn", "granian"];
        match self.may_be(path) {
            true if servers.iter().any(|server| text.contains(server)) => Match::Yes,
            true => Match::Maybe,
            false => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        let mut started = Vec::new();
        for instruction in instructions(given, out) {
            let text = instruction.text(given.text);
            let Some(word) = text.split_ascii_whitespace().next() else { continue };
            if word.eq_ignore_ascii_case("from") {
                // Each stage has commands of its own; those of the last one run.
                started.clear();
            } else if ["cmd", "entrypoint"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
                let skipped = text.len() - text[word.len()..].trim_start().len();
                started.push((instruction, Span::new(instruction.start + offset(skipped), instruction.end)));
            }
        }
        for (at, rest) in started {
            for (words, form) in words(given, rest) {
                command::read(&Command { words: &words, form, name: None, at }, given, includes, out);
            }
        }
    }
}

/// The commands of an instruction. A list is one command, or a shell and its script.
fn words(given: &Given<'_>, rest: Span) -> Vec<(Vec<Word>, Form)> {
    let text = rest.text(given.text);
    if !text.starts_with('[') {
        return commands(given.text, rest).into_iter().map(|words| (words, Form::Shell)).collect();
    }
    let parsed = parse(text, Format::Json);
    let Some(Kind::Seq(items)) = parsed.root.as_ref().map(|root| &root.kind) else { return Vec::new() };
    let word = |node: &crate::syntax::Node<'_>| {
        let whole = Span::new(rest.start + node.span.start, rest.start + node.span.end);
        let at = Span::new(whole.start + 1, whole.end - 1);
        node.as_str().map(|text| Word { text: text.to_owned(), at, whole, plain: !text.contains('$') })
    };
    let words: Vec<Word> = items.iter().filter_map(word).collect();
    if let [shell, flag, script, ..] = &words[..]
        && command::is_shell(&shell.text)
        && command::takes_script(&flag.text)
    {
        return commands(given.text, script.at).into_iter().map(|words| (words, Form::Shell)).collect();
    }
    vec![(words, Form::List)]
}

/// The instructions, each with its continued lines.
fn instructions(given: &Given<'_>, out: &mut Import) -> Vec<Span> {
    let (mut found, mut start, mut open): (Vec<Span>, usize, Option<usize>) = (Vec::new(), 0, None);
    for line in given.text.split_inclusive('\n') {
        let content = line.trim_end();
        let end = start + content.len();
        if content.trim_start().starts_with('#') {
            let indent = content.len() - content.trim_start().len();
            out.comments.push(given.loc(Span::of(start + indent..end)));
        } else if content.ends_with('\\') {
            open.get_or_insert(start);
        } else {
            let first = open.take().unwrap_or(start);
            let indent = given.text[first..end].len() - given.text[first..end].trim_start().len();
            found.push(Span::of(first + indent..end.max(first + indent)));
        }
        start += line.len();
    }
    if let Some(first) = open {
        found.push(Span::of(first..given.text.trim_end().len().max(first)));
    }
    found
}
