//! The whole configuration as nginx reads it: files spliced at their includes, blocks, what each states, and what nginx
//! would refuse.

use super::known::{Key, Known, Takes, has_timed_parameter, has_timed_parameters, is_setting, known};
use super::load::Taken;
use super::scope::{Kind, Scope, Scopes, Source, Stated};
use super::time;
use crate::diag::{Diagnostic, Severity};
use crate::import::{Given, Import, Includes, Setting, TEMPLATE, Unseen};
use crate::span::{FileId, Loc, Span};
use crate::syntax::decode::INVALID_VALUE;
use crate::syntax::nginx::{Word, parse};
use crate::syntax::{DUPLICATE_KEY, MAX_DEPTH, MAX_ERRORS, SYNTAX, SyntaxError};
use crate::text::clip;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

pub struct Walk<'a> {
    pub given: Given<'a>,
    pub includes: &'a dyn Includes,
    pub out: &'a mut Import,
    pub scopes: Scopes,
    pub taken: Taken,
    /// The given file is a part of a configuration, not its main file.
    pub fragment: bool,
    /// Code in Lua takes part.
    pub lua: bool,
    /// Values that variables are given as they stand: where a variable may lead.
    pub literals: Vec<String>,
    /// Upstream blocks by name.
    pub groups: HashMap<String, usize>,
    pub variable_names_group: bool,
    sources: HashMap<FileId, Rc<Source>>,
    /// Files whose settings are listed.
    listed: HashSet<FileId>,
    told: usize,
}

/// Reads a text with its includes. The first scope is the file.
pub fn walk<'a>(given: Given<'a>, includes: &'a dyn Includes, out: &'a mut Import) -> Walk<'a> {
    let mut walk = Walk {
        given,
        includes,
        out,
        scopes: Scopes::default(),
        taken: Taken::default(),
        fragment: false,
        lua: false,
        literals: Vec::new(),
        groups: HashMap::new(),
        variable_names_group: false,
        sources: HashMap::new(),
        listed: HashSet::new(),
        told: 0,
    };
    let text: Arc<str> = given.text.into();
    let source = walk.source(given.file, &text);
    walk.fragment = is_fragment(&source);
    let words = 0..0;
    let file = Scope {
        kind: Kind::File,
        parent: None,
        source: Rc::clone(&source),
        directive: None,
        words,
        stated: Vec::new(),
        many: Vec::new(),
        unseen: Vec::new(),
    };
    walk.scopes.0.push(file);
    walk.taken.stack.push(given.file);
    walk.list(&source, source.tree.all(), 0, 0);
    walk.done(&source);
    walk
}

/// Only a main file holds these.
fn is_fragment(source: &Source) -> bool {
    const MAIN: [&str; 7] = ["http", "events", "stream", "mail", "worker_processes", "pid", "load_module"];
    let name = |i| source.tree.words(i).first().map_or("", |word: &Word| word.span.text(&source.text));
    !source.tree.list(source.tree.all()).any(|i| MAIN.contains(&name(i)))
}

impl Walk<'_> {
    /// A file's tree; its errors, comments and marks are told when it is first read.
    pub fn source(&mut self, file: FileId, text: &Arc<str>) -> Rc<Source> {
        if let Some(known) = self.sources.get(&file) {
            return Rc::clone(known);
        }
        let source = Rc::new(Source { file, text: Arc::clone(text), tree: parse(text) });
        self.sources.insert(file, Rc::clone(&source));
        self.out.comments.extend(source.tree.comments.iter().map(|span| source.loc(*span)));
        match source.tree.mark {
            // What looks broken in a template may well be whole when it is filled in.
            Some(mark) => self.template(source.loc(mark)),
            None => self.out.problems.extend(source.tree.errors.iter().map(|error| diagnostic(&source, error))),
        }
        source
    }

    pub fn list(&mut self, source: &Rc<Source>, range: Range<usize>, scope: usize, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for directive in source.tree.list(range) {
            let words = self.statements(source, source.tree.word_range(directive), scope, depth);
            if source.tree.directives[directive].block.is_some() {
                self.block(source, directive, words, scope, depth);
            } else {
                self.statement(source, words, scope, depth);
            }
        }
    }

    /// Settings of a file that is spliced again are not listed again.
    pub fn done(&mut self, source: &Source) {
        self.listed.insert(source.file);
    }

    /// A directive without its semicolon swallows the next one. Gives the words of the last statement.
    fn statements(&mut self, source: &Rc<Source>, mut words: Range<usize>, scope: usize, depth: usize) -> Range<usize> {
        while let Some(cut) = missing_semicolon(source, words.clone()) {
            let at = source.tree.words[cut - 1].span.end;
            let error = Diagnostic::new(SYNTAX, Severity::Error, "`;` is missing here");
            self.tell(source, error.label(source.loc(Span::at(at)), "").help("end the directive with `;`"));
            self.statement(source, words.start..cut, scope, depth);
            words.start = cut;
        }
        words
    }

    fn block(&mut self, source: &Rc<Source>, directive: usize, words: Range<usize>, scope: usize, depth: usize) {
        let name =
            source.tree.words.get(words.clone()).and_then(|w| w.first()).map_or("", |w| w.span.text(&source.text));
        let around = self.scopes.0[scope].kind;
        let mut parent = scope;
        let kind = match (name, around) {
            ("http", _) => Kind::Http,
            ("stream", _) => Kind::Stream,
            ("server", Kind::Stream) => Kind::StreamServer,
            ("server", Kind::File) if states_pass(source, directive) => Kind::StreamServer,
            ("server", Kind::Http | Kind::File) => Kind::Server,
            ("server", Kind::Server | Kind::Location | Kind::If | Kind::LimitExcept) => {
                let at = source.loc(source.tree.words[words.start].span);
                let title = self.scopes.0[scope].title();
                let message = format!("`server` cannot stand in `{}`: a `}}` is missing above it", clip(&title));
                let error = Diagnostic::new(SYNTAX, Severity::Error, message).label(at, "");
                self.tell(source, error.help(format!("close the block `{}`", clip(&title))));
                let inside = [Kind::Server, Kind::Location, Kind::If, Kind::LimitExcept];
                while inside.contains(&self.scopes.0[parent].kind) {
                    parent = self.scopes.0[parent].parent.unwrap_or(0);
                }
                Kind::Server
            }
            ("location", Kind::Server | Kind::Location | Kind::Http | Kind::File | Kind::If) => Kind::Location,
            ("if", Kind::Server | Kind::Location | Kind::File) => Kind::If,
            ("limit_except", _) => Kind::LimitExcept,
            ("upstream", Kind::Http | Kind::File | Kind::Server | Kind::Location) => Kind::Upstream,
            ("types" | "geo" | "charset_map" | "match" | "split_clients", _) => return,
            ("map", _) => return self.literals_of(source, directive),
            _ => Kind::Other,
        };
        let words_of = words.clone();
        if source.tree.directives[directive].raw {
            return self.statement(source, words_of, scope, depth);
        }
        let new = Scope {
            kind,
            parent: Some(parent),
            source: Rc::clone(source),
            directive: Some(directive),
            words,
            stated: Vec::new(),
            many: Vec::new(),
            unseen: Vec::new(),
        };
        self.scopes.0.push(new);
        let new = self.scopes.0.len() - 1;
        self.list(source, source.tree.inside(directive), new, depth + 1);
    }

    fn literals_of(&mut self, source: &Source, map: usize) {
        for entry in source.tree.list(source.tree.inside(map)) {
            let value = source.tree.words(entry).get(1);
            self.literals.extend(value.map(|word| word.text(&source.text).into_owned()));
        }
    }

    fn statement(&mut self, source: &Rc<Source>, words: Range<usize>, scope: usize, depth: usize) {
        let Some((first, args)) = source.tree.words.get(words.clone()).and_then(<[Word]>::split_first) else { return };
        let name = first.text(&source.text);
        if name == "include" {
            return self.take_in(source, args, scope, depth);
        }
        let by_lua = ["_by_lua", "_by_lua_block", "_by_lua_file"].iter().any(|end| name.ends_with(end));
        self.lua |= by_lua || name.starts_with("lua_");
        let may_list = is_setting(&name) || has_timed_parameters(&name);
        if may_list && !self.listed.contains(&source.file) {
            self.list_settings(source, &name, args, scope);
        }
        if by_lua {
            let lua = ["content_by_lua", "balancer_by_lua"].into_iter().find(|known| name.starts_with(known));
            let Some(key) = lua.map(Key::plain).filter(|key| self.scopes.0[scope].own(*key).is_none()) else { return };
            let takes = Takes::Some;
            let stated = Stated { key, source: Rc::clone(source), words, hidden: None, takes };
            return self.scopes.0[scope].stated.push(stated);
        }
        let Some(known) = known(&name) else { return };
        if name == "set" {
            self.literals.extend(args.get(1).map(|word| word.text(&source.text).into_owned()));
        }
        let mut stated = Stated { key: known.key, source: Rc::clone(source), words, hidden: None, takes: known.takes };
        if self.is_accepted(known, &mut stated, scope) {
            let scope = &mut self.scopes.0[scope];
            if known.once() { scope.stated.push(stated) } else { scope.many.push(stated) }
        }
    }

    fn take_in(&mut self, source: &Rc<Source>, args: &[Word], scope: usize, depth: usize) {
        let [word] = args else { return };
        let path = word.text(&source.text);
        let at = source.loc(word.inner());
        if word.template || path.contains("${") || filled_in(&path) {
            self.template(at);
            let why = format!("the include `{}` is filled in by a template", clip(&path));
            self.scopes.0[scope].hide(Unseen { timer: None, at, why });
            return;
        }
        self.include(&path, at, scope, depth);
    }

    fn list_settings(&mut self, source: &Rc<Source>, name: &str, args: &[Word], scope: usize) {
        let plain = |word: &Word| {
            let text = word.span.text(&source.text);
            !word.template && !text.contains('$') && !filled_in(text)
        };
        let context = || self.scopes.context(scope);
        if is_setting(name) && !args.is_empty() {
            let span = match args {
                [one] => one.inner(),
                _ => args[0].span.to(args[args.len() - 1].span),
            };
            let value = span.text(&source.text).to_owned();
            let (plain, context) = (args.iter().all(plain), context());
            let at = source.loc(span);
            self.out.settings.push(Setting { option: name.to_owned(), value, at, context, plain });
        }
        for word in args.iter().filter(|_| has_timed_parameters(name)) {
            let text = word.inner().text(&source.text);
            let Some((parameter, value)) = text.split_once('=') else { continue };
            if has_timed_parameter(name, parameter) {
                let end = word.inner().end as usize;
                let at = source.loc(Span::of(end - value.len()..end));
                let option = format!("{name} {parameter}");
                let setting = Setting { option, value: value.to_owned(), at, context: context(), plain: plain(word) };
                self.out.settings.push(setting);
            }
        }
    }

    /// Whether nginx takes a directive here; what it would refuse is told.
    fn is_accepted(&mut self, known: Known, stated: &mut Stated, scope: usize) -> bool {
        let source = Rc::clone(&stated.source);
        let name = || stated.key.to_string();
        let kind = self.scopes.0[scope].kind;
        if !known.allows(kind) {
            let title = self.scopes.0[scope].title();
            let message = format!("`{}` cannot stand in `{}`: nginx refuses the file", name(), clip(&title));
            let error = Diagnostic::new(SYNTAX, Severity::Error, message).label(stated.name(), "");
            self.tell(&source, error.help("move it into the location or server around, or look for a missing `}`"));
            return false;
        }
        if known.once()
            && kind != Kind::Other
            && let Some(first) = self.scopes.0[scope].stated.iter_mut().find(|s| s.key == stated.key)
        {
            if source.tree.mark.is_some() || first.source.tree.mark.is_some() {
                // One of two branches.
                first.hidden.get_or_insert_with(|| "a condition of the template".to_owned());
                return false;
            }
            let place = first.all();
            let message = format!("`{}` stands twice in one block, which nginx refuses", name());
            let error = Diagnostic::new(DUPLICATE_KEY, Severity::Error, message).label(stated.all(), "");
            self.tell(&source, error.label(place, "first here").help("keep one of the two; an include counts too"));
            return false;
        }
        self.check_value(known, stated);
        true
    }

    fn check_value(&mut self, known: Known, stated: &mut Stated) {
        let value = stated.arg(0);
        let wrong = match known.takes {
            Takes::Time(grain) => time::parse(&value, grain).is_none(),
            Takes::Flag => !(value.eq_ignore_ascii_case("on") || value.eq_ignore_ascii_case("off")),
            Takes::Word | Takes::Some | Takes::Words => return,
        };
        let too_many = known.most().is_some_and(|most| stated.args().len() > most);
        if !wrong && !too_many {
            return;
        }
        let value = value.into_owned();
        let (name, at) = (stated.key.to_string(), stated.at(0));
        let word = stated.args().first().copied();
        // Nothing about time takes a variable: what looks like one is filled in before nginx reads the file.
        if word.is_some_and(|word| word.template) || value.contains('$') || filled_in(&value) {
            stated.hidden = Some(format!("the template's {}", clip(&value)));
            return self.template(at);
        }
        let (why, help) = match known.takes {
            Takes::Flag => ("is neither on nor off", "write on or off"),
            _ if value.is_empty() => ("has no value", "write a time such as 60s"),
            _ if too_many => ("takes one value, and more stand here", "quote a time with spaces, such as \"1m 30s\""),
            _ => (
                "is no time that nginx takes",
                "write whole numbers with units from large to small, such as 90s, 1m30s or 500ms",
            ),
        };
        let shown = if value.is_empty() { "nothing".to_owned() } else { format!("`{}`", clip(&value)) };
        stated.hidden = Some(format!("{shown}, which nginx refuses"));
        let message = format!("`{}` {why}", clip(format!("{name} {value}").trim_end()));
        let at = if too_many { stated.all() } else { at };
        let error = Diagnostic::new(INVALID_VALUE, Severity::Error, message).label(at, "").help(help);
        self.tell(&stated.source, error);
    }

    pub fn template(&mut self, at: Loc) {
        if std::mem::replace(&mut self.out.template, true) {
            return;
        }
        let note =
            Diagnostic::new(TEMPLATE, Severity::Note, "this file is a template: what stands in its marks is not known");
        self.out.problems.push(note.label(at, "first mark").help("run hoplint on the file that the template makes"));
    }

    fn tell(&mut self, source: &Source, problem: Diagnostic) {
        if source.tree.mark.is_none() && self.told < MAX_ERRORS {
            self.told += 1;
            self.out.problems.push(problem);
        }
    }
}

fn diagnostic(source: &Source, error: &SyntaxError) -> Diagnostic {
    let mut out = Diagnostic::new(error.rule, Severity::Error, error.message.clone()).label(source.loc(error.span), "");
    out.help.clone_from(&error.help);
    out
}

/// Where the next directive begins among the words of one that takes fewer: on a line of its own.
fn missing_semicolon(source: &Source, words: Range<usize>) -> Option<usize> {
    let of = source.tree.words.get(words.clone())?;
    if of.len() <= 2 {
        return None;
    }
    let name = of.first()?.span.text(&source.text);
    if of.len() <= known(name)?.most()? + 1 {
        return None;
    }
    let line_between = |a: &Word, b: &Word| Span::new(a.span.end, b.span.start).text(&source.text).contains('\n');
    (2..of.len()).find(|n| line_between(&of[n - 1], &of[*n])).map(|n| words.start + n)
}

/// A server that passes on by itself, outside of any location, is one of `stream {}`.
fn states_pass(source: &Source, server: usize) -> bool {
    let inside = source.tree.inside(server);
    source
        .tree
        .list(inside)
        .any(|i| source.tree.words(i).first().is_some_and(|word| word.span.text(&source.text) == "proxy_pass"))
}

/// `%name%` and `__NAME__`, `@NAME@`: marks of plain replacement.
fn filled_in(text: &str) -> bool {
    ["%", "__", "@"].into_iter().any(|mark| {
        let mut parts = text.split(mark);
        parts.next();
        let inner = parts.next().filter(|_| parts.next().is_some());
        inner.is_some_and(|inner| {
            inner.len() > 1 && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
        })
    })
}
