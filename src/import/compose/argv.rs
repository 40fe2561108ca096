//! What a service runs: its entry point and its command as one list of words, each with its place in the file, and
//! where a flag would be added to them.

use crate::import::Insert;
use crate::import::command::{
    Form, is_shell, takes_script,
    words::{self, Word},
};
use crate::import::tree::{Tree, entries, items};
use crate::span::Span;
use crate::syntax::{Kind, Node, scalar_map::ScalarMap};

/// One word of what a service runs.
pub struct Argument<'n> {
    pub word: Word,
    style: Style,
    /// The text that holds the word, and where it stands in it.
    text: Text<'n>,
    part: Span,
}

/// How the word is written, which decides how another is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Among others in one text.
    Text,
    /// In brackets.
    Flow,
    /// Behind a dash on its own line.
    Block,
    /// Behind an alias: other services may have it too.
    Elsewhere,
}

/// A text of the file, as its format reads it where that can be traced back.
#[derive(Clone)]
struct Text<'n> {
    holds: &'n str,
    whole: Span,
    map: Option<ScalarMap>,
}

impl<'n> Text<'n> {
    fn of(tree: &'n Tree<'_>, node: &'n Node<'_>) -> Self {
        let map = ScalarMap::of(node, tree.text(), tree.format());
        match node.as_str().filter(|_| map.is_some()) {
            Some(text) => Self { holds: text, whole: Span::of(0..text.len()), map },
            None => Self { holds: tree.text(), whole: tree.value_loc(node).span, map: None },
        }
    }

    fn placed(&self, mut word: Word) -> Word {
        if let Some(map) = &self.map {
            (word.at, word.whole) = (map.span(word.at.range()), map.span(word.whole.range()));
        }
        word.plain &= is_plain(&word.text);
        word
    }
}

/// Compose fills in variables inside of quotes of a shell too.
fn is_plain(text: &str) -> bool {
    !text.contains('$') && !text.contains("{{") && !text.contains("{%")
}

/// The words of an entry point or command: a text that Compose splits, or a list.
pub fn arguments<'n>(tree: &'n Tree<'_>, node: &'n Node<'_>) -> Vec<Argument<'n>> {
    if let Kind::Seq(list) = &node.kind {
        let style = match node {
            _ if node.def.is_some() => Style::Elsewhere,
            _ if node.source(tree.text()).starts_with('[') => Style::Flow,
            _ => Style::Block,
        };
        return list.iter().filter_map(|item| listed(tree, item, style)).collect();
    }
    if node.as_str().is_none() {
        return Vec::new();
    }
    let style = if node.def.is_some() { Style::Elsewhere } else { Style::Text };
    let text = Text::of(tree, node);
    split(&text, text.whole)
        .into_iter()
        .map(|word| Argument { part: word.at, word: text.placed(word), style, text: text.clone() })
        .collect()
}

/// The words of a text that no shell reads. An operator of a shell ends them.
fn split(text: &Text<'_>, part: Span) -> Vec<Word> {
    words::folded(text.holds, part).into_iter().next().unwrap_or_default()
}

fn listed<'n>(tree: &'n Tree<'_>, item: &'n Node<'_>, style: Style) -> Option<Argument<'n>> {
    let at = tree.value_loc(item).span;
    let plain = tree.hidden(item).is_none();
    let value = if plain { item.written(tree.text())?.into_owned() } else { at.text(tree.text()).to_owned() };
    let plain = plain && is_plain(&value);
    let style = if item.def.is_some() { Style::Elsewhere } else { style };
    let text = Text::of(tree, item);
    Some(Argument {
        word: Word { text: value, at, whole: item.def.unwrap_or(item.span), plain },
        style,
        part: text.whole,
        text,
    })
}

/// The commands that the words start: themselves, or those of the script that they give to a shell.
pub fn commands(argv: &[Argument<'_>]) -> Vec<(Vec<Word>, Form)> {
    let script = argv.windows(3).find_map(|three| {
        let [shell, flag, script] = three else { return None };
        (is_shell(&shell.word.text) && takes_script(&flag.word.text)).then_some(script)
    });
    let Some(script) = script else {
        let words: Vec<Word> = argv.iter().map(|argument| argument.word.clone()).collect();
        return if words.is_empty() { Vec::new() } else { vec![(words, Form::List)] };
    };
    let placed = |words: Vec<Word>| words.into_iter().map(|word| script.text.placed(word)).collect();
    // A text that could not be traced back is one in which line ends are blanks.
    let commands = match script.text.map {
        Some(_) => words::commands(script.text.holds, script.part),
        None => words::folded(script.text.holds, script.part),
    };
    commands.into_iter().map(|words| (placed(words), Form::Shell)).collect()
}

/// The words of a variable in a map or list of them, and where its value ends.
pub fn variable(tree: &Tree<'_>, environment: &Node<'_>, name: &str) -> Option<(Vec<Word>, Span)> {
    let (text, part) = match &environment.kind {
        Kind::Map(_) => {
            let found = entries(environment).iter().find(|e| e.key.text == name)?;
            found.value.as_str()?;
            let text = Text::of(tree, &found.value);
            let part = text.whole;
            (text, part)
        }
        _ => items(environment).iter().find_map(|item| {
            item.as_str()?.strip_prefix(name)?.strip_prefix('=')?;
            let text = Text::of(tree, item);
            let skipped = u32::try_from(name.len() + 1).ok()?;
            let part = Span::new((text.whole.start + skipped).min(text.whole.end), text.whole.end);
            Some((text, part))
        })?,
    };
    let end = Word { text: String::new(), at: Span::at(part.end), whole: Span::at(part.end), plain: true };
    let words = split(&text, part).into_iter().map(|word| text.placed(word)).collect();
    Some((words, text.placed(end).at))
}

/// A place for flags behind the program, in the way that the program is written.
pub fn written(tree: &Tree<'_>, mut insert: Insert, argv: &[Argument<'_>]) -> Option<Insert> {
    let at = insert.at.span.start;
    let program = argv.iter().find(|argument| argument.word.whole.end == at);
    match program.map(|program| program.style) {
        Some(Style::Elsewhere) => return None,
        Some(Style::Text) => (insert.before, insert.between, insert.after) = (" ".to_owned(), " ", ""),
        Some(Style::Block) => {
            let text = tree.text();
            let start = program?.word.whole.start as usize;
            let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            let dash = text[line..start].trim() == "-";
            let rest = text[at as usize..].find('\n').map_or(&text[at as usize..], |n| &text[at as usize..][..n]);
            let crlf = rest.ends_with('\r');
            let end = at as usize + rest.trim_end_matches('\r').len();
            insert.at = tree.loc(Span::of(end..end));
            insert.before = format!("{}{}\"", if crlf { "\r\n" } else { "\n" }, &text[line..start]);
            (insert.between, insert.after) = ("=", "\"");
            return dash.then_some(insert);
        }
        // Of a script, or of a variable.
        Some(Style::Flow) | None => {}
    }
    Some(insert)
}
