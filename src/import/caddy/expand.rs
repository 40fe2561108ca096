//! Imports: a Caddyfile with its snippets and the files that it imports put where Caddy puts them.
//!
//! Each word keeps the place where it stands, so that a value of a snippet is found in the snippet.

use crate::diag::{Diagnostic, Severity};
use crate::files::FileError;
use crate::import::template::{self, Control};
use crate::import::{Given, INCLUDE, Import, IncludeError, Includes};
use crate::span::{FileId, Loc, Span};
use crate::syntax::caddyfile::{Directive, Parsed, parse};
use crate::syntax::{MAX_DEPTH, SYNTAX};
use crate::text::clip;
use std::collections::HashMap;
use std::rc::Rc;

/// A directive after all imports.
#[derive(Clone, Debug)]
pub struct Node {
    pub words: Vec<Word>,
    pub at: Loc,
    pub block: Option<Rc<Block>>,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub at: Loc,
    pub items: Vec<Node>,
    /// How its lines are indented, and the line break of the file.
    pub indent: String,
}

#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    pub at: Loc,
    /// Why it cannot be known.
    pub hidden: Option<String>,
}

impl Node {
    pub fn word(&self, i: usize) -> &str {
        self.words.get(i).map_or("", |word| word.text.as_str())
    }

    pub fn items(&self) -> &[Node] {
        self.block.as_ref().map_or(&[], |block| &block.items)
    }

    /// Where the line stands, without its block.
    pub fn line(&self) -> Loc {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) if first.at.file == last.at.file => {
                Loc::new(first.at.file, first.at.span.to(last.at.span))
            }
            (Some(first), _) => first.at,
            _ => self.at,
        }
    }
}

/// A line that stands for what could not be imported.
pub const MISSING: &str = "\u{0}missing";

/// More lines than this are no configuration but a bomb.
const MOST_NODES: usize = 50_000;
const MOST_IMPORTS: usize = 40;
const BREAK_CIRCLE: &str = "break the circle: let one of the two stand without the import";

/// A directive of one file, before imports.
#[derive(Clone)]
struct Raw {
    words: Vec<Word>,
    at: Loc,
    block: Option<(Loc, Vec<Raw>, String)>,
}

pub struct Expander<'x> {
    includes: &'x dyn Includes,
    out: &'x mut Import,
    snippets: HashMap<String, Rc<Vec<Raw>>>,
    files: HashMap<FileId, Rc<Vec<Raw>>>,
    /// What is being imported, from the outermost.
    stack: Vec<String>,
    /// The files among it; the one that was given is the first.
    reading: Vec<FileId>,
    nodes: usize,
    /// Of blocks in each other, imports included.
    depth: usize,
}

/// What an import hands to the text that it brings in.
#[derive(Default)]
struct Args {
    words: Vec<Word>,
    block: Vec<Node>,
    inside: bool,
}

impl<'x> Expander<'x> {
    pub fn new(includes: &'x dyn Includes, out: &'x mut Import) -> Self {
        Self {
            includes,
            out,
            snippets: HashMap::new(),
            files: HashMap::new(),
            stack: Vec::new(),
            reading: Vec::new(),
            nodes: 0,
            depth: 0,
        }
    }

    pub fn file(&mut self, given: &Given<'_>) -> Vec<Node> {
        let raw = self.parsed(given);
        let mut nodes = Vec::new();
        self.reading.push(given.file);
        self.all(&raw, &Args::default(), &mut nodes);
        nodes
    }

    fn parsed(&mut self, given: &Given<'_>) -> Rc<Vec<Raw>> {
        if let Some(known) = self.files.get(&given.file) {
            return known.clone();
        }
        let parsed = parse(given.text);
        self.out.comments.extend(parsed.comments.iter().map(|span| given.loc(*span)));
        if !template::note(given, self.out) {
            problems(given, &parsed, self.out);
        }
        super::settings::all(given, &parsed.items, self.out);
        let raw = Rc::new(raws(given, &parsed.items, None));
        self.files.insert(given.file, Rc::clone(&raw));
        raw
    }

    fn all(&mut self, items: &[Raw], args: &Args, out: &mut Vec<Node>) {
        for item in items {
            if self.nodes > MOST_NODES {
                return;
            }
            self.one(item, args, out);
        }
    }

    fn one(&mut self, item: &Raw, args: &Args, out: &mut Vec<Node>) {
        let first = item.words.first().map_or("", |word| word.text.as_str());
        if self.depth == 0
            && let (Some(name), Some((_, body, _))) =
                (first.strip_prefix('(').and_then(|n| n.strip_suffix(')')), &item.block)
            && item.words.len() == 1
        {
            self.snippets.insert(name.to_owned(), Rc::new(body.clone()));
            return;
        }
        if first == "import" && item.words.len() > 1 {
            self.import(item, args, out);
            return;
        }
        if args.inside && item.words.len() == 1 && item.block.is_none() {
            if first == "{block}" {
                out.extend(args.block.iter().cloned());
                return;
            }
            if let Some(name) = first.strip_prefix("{blocks.").and_then(|n| n.strip_suffix('}')) {
                let named = args.block.iter().filter(|node| node.word(0) == name);
                out.extend(named.flat_map(|node| node.items().iter().cloned()));
                return;
            }
        }
        self.nodes += 1;
        let words = item.words.iter().flat_map(|word| with_args(word, args)).collect();
        let block = item.block.as_ref().filter(|_| self.depth < MAX_DEPTH).map(|(at, body, indent)| {
            let mut items = Vec::new();
            self.depth += 1;
            self.all(body, args, &mut items);
            self.depth -= 1;
            Rc::new(Block { at: *at, items, indent: indent.clone() })
        });
        out.push(Node { words, at: item.at, block });
    }

    fn import(&mut self, item: &Raw, args: &Args, out: &mut Vec<Node>) {
        let target: Vec<Word> = item.words[1..].iter().flat_map(|word| with_args(word, args)).collect();
        let Some(name) = target.first().cloned() else { return };
        let mut inner = Args { words: target[1..].to_vec(), block: Vec::new(), inside: true };
        if let Some((_, body, _)) = &item.block {
            self.depth += 1;
            self.all(body, args, &mut inner.block);
            self.depth -= 1;
        }
        let missing = |why: String| Node {
            words: vec![
                Word { text: MISSING.to_owned(), at: name.at, hidden: None },
                Word { text: why, at: name.at, hidden: None },
            ],
            at: item.at,
            block: None,
        };
        if let Some(why) = &name.hidden {
            let what = format!("the import `{}` is not known: {why}", clip(&name.text));
            self.note(name.at, what.clone(), "what it sets is counted as unseen");
            out.push(missing(what));
            return;
        }
        if self.stack.len() >= MOST_IMPORTS || self.stack.contains(&name.text) {
            if self.stack.contains(&name.text) {
                return self.circle(&name);
            }
            let message = format!("imports stand more than {MOST_IMPORTS} deep inside each other");
            return self.error(name.at, message, BREAK_CIRCLE);
        }
        if let Some(snippet) = self.snippets.get(&name.text).cloned() {
            self.stack.push(name.text);
            self.all(&snippet, &inner, out);
            self.stack.pop();
            return;
        }
        match self.files_of(&name) {
            Ok(files) => {
                self.stack.push(name.text.clone());
                for (file, path, text) in files {
                    if self.reading.contains(&file) {
                        self.circle(&name);
                        continue;
                    }
                    self.reading.push(file);
                    let given = Given { file, path: &path, text: &text };
                    let raw = self.parsed(&given);
                    self.all(&raw, &inner, out);
                    self.reading.pop();
                }
                self.stack.pop();
            }
            // Files of the machine that Caddy runs on are no part of the project, and no mistake.
            Err(error) if error == IncludeError::File(FileError::NotFound) || name.text.starts_with('/') => {
                let shown = clip(&name.text);
                let help = "run hoplint where the imported files are; what they set is counted as unseen";
                self.note(name.at, format!("the import `{shown}` is not here: {error}"), help);
                out.push(missing(format!("the import {shown} is not here")));
            }
            Err(error) => {
                let message = format!("the import `{}` is not read: {error}", clip(&name.text));
                self.error(name.at, message, "import files of the same folder tree");
                out.push(missing(format!("the import {} is not read", clip(&name.text))));
            }
        }
    }

    /// The files of a path or pattern, with their texts. A pattern may match none.
    fn files_of(&mut self, name: &Word) -> Result<Vec<(FileId, String, std::sync::Arc<str>)>, IncludeError> {
        let from = name.at.file;
        let paths = if name.text.contains(['*', '?', '[']) {
            let found = self.includes.glob(from, &name.text)?;
            if found.is_empty() {
                return Err(IncludeError::File(FileError::NotFound));
            }
            found
        } else {
            vec![name.text.clone()]
        };
        let read = |path: String| {
            let included = self.includes.read(from, &path)?;
            Ok((included.file, path, included.text))
        };
        paths.into_iter().map(read).collect()
    }

    fn circle(&mut self, name: &Word) {
        self.error(name.at, format!("the import of `{}` returns to itself", clip(&name.text)), BREAK_CIRCLE);
    }

    /// Once for each place, however often its snippet is used.
    fn note(&mut self, at: Loc, message: String, help: &str) {
        let said = Diagnostic::new(INCLUDE, Severity::Note, message).label(at, "").help(help);
        if !self.out.problems.contains(&said) {
            self.out.problems.push(said);
        }
    }

    fn error(&mut self, at: Loc, message: String, help: &str) {
        self.out.problems.push(Diagnostic::new(INCLUDE, Severity::Error, message).label(at, "").help(help));
    }
}

fn problems(given: &Given<'_>, parsed: &Parsed<'_>, out: &mut Import) {
    for error in &parsed.errors {
        let mut said = Diagnostic::new(SYNTAX, Severity::Error, error.message.clone()).label(given.loc(error.span), "");
        said.help.clone_from(&error.help);
        out.problems.push(said);
    }
    // Caddy closes the block of the last site by itself, and no other.
    for (i, open) in parsed.open.iter().enumerate() {
        let severity = if i == 0 && parsed.open.len() == 1 { Severity::Warning } else { Severity::Error };
        let said = Diagnostic::new(SYNTAX, severity, "this brace is never closed");
        out.problems.push(said.label(given.loc(Span::at(open.start).to(Span::at(open.start + 1))), "").help("add `}`"));
    }
}

/// What stands between the marks of a template's branch or loop may not be there.
fn raws(given: &Given<'_>, items: &[Directive<'_>], under: Option<&str>) -> Vec<Raw> {
    let mut open: Vec<&str> = under.into_iter().collect();
    let mut raws = Vec::with_capacity(items.len());
    for item in items {
        let line = item.span.text(given.text).lines().next().unwrap_or_default();
        let controls = template::mark(line, 0).map_or_else(Vec::new, |_| template::controls(line));
        for control in &controls {
            match control {
                Control::Open => open.push(line),
                Control::Else => {}
                Control::Close => drop(open.pop()),
            }
        }
        if controls.is_empty() || item.block.is_some() {
            raws.push(raw(given, item, open.last().copied()));
        }
    }
    raws
}

fn raw(given: &Given<'_>, directive: &Directive<'_>, under: Option<&str>) -> Raw {
    let word = |(i, word): (usize, &crate::syntax::caddyfile::Word<'_>)| {
        let condition = under.filter(|_| i > 0).map(|line| format!("it stands under `{}`", clip(line)));
        Word { text: word.text.to_string(), at: given.loc(word.span), hidden: hidden(&word.text).or(condition) }
    };
    Raw {
        words: directive.words.iter().enumerate().map(word).collect(),
        at: given.loc(directive.span),
        block: directive.block.as_ref().map(|block| {
            let items = raws(given, &block.items, under);
            (given.loc(block.span), items, indent(given.text, directive.span, block.items.first().map(|i| i.span)))
        }),
    }
}

/// The line break and indentation of a block's lines: as its first, else one step more than the line that opens it.
fn indent(text: &str, outer: Span, first: Option<Span>) -> String {
    let line = |at: u32| {
        let before = &text[..at as usize];
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = &before[start..];
        (start, line[..line.len() - line.trim_start().len()].to_owned())
    };
    let (start, outer_indent) = line(outer.start);
    let inner = match first.map(|span| line(span.start)) {
        Some((inner_start, indent)) if inner_start != start => indent,
        _ => format!("{outer_indent}{}", if outer_indent.starts_with(' ') { "    " } else { "\t" }),
    };
    let crlf = text.get(..text.find('\n').unwrap_or(0)).is_some_and(|line| line.ends_with('\r'));
    format!("{}{inner}", if crlf { "\r\n" } else { "\n" })
}

/// Why a word as it stands in a file cannot be known.
fn hidden(text: &str) -> Option<String> {
    if let Some(i) = text.find("{$") {
        let name = text[i + 2..].split(['}', ':']).next().unwrap_or_default();
        return Some(format!("the environment variable {}", clip(name)));
    }
    if let Some(mark) = template::mark(text, 0) {
        return Some(format!("the template {}", clip(mark.text(text))));
    }
    for kind in ["{args", "{env.", "{file.", "{http.", "{vars.", "{block", "{system."] {
        if let Some(i) = text.find(kind) {
            let end = text[i..].find('}').map_or(text.len(), |n| i + n + 1);
            return Some(format!("the placeholder {}", clip(&text[i..end])));
        }
    }
    None
}

/// An argument of an import in the place of its placeholder; part of a word it stays unknown.
fn with_args(word: &Word, args: &Args) -> Vec<Word> {
    if !args.inside || !word.text.starts_with("{args") {
        return vec![word.clone()];
    }
    if word.text == "{args[:]}" || word.text == "{args.*}" {
        return args.words.clone();
    }
    let inner = word.text.strip_prefix("{args").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let number = inner.strip_prefix('.').or_else(|| inner.strip_prefix('[').and_then(|n| n.strip_suffix(']')));
    let given = number.and_then(|n| n.parse::<usize>().ok()).and_then(|n| args.words.get(n));
    vec![given.unwrap_or(word).clone()]
}
