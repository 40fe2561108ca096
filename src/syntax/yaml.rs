//! YAML events to the spanned tree. The only module that knows the YAML parser crate.
//!
//! Aliases and merge keys are expanded here, within a budget, so nothing above ever sees them: an expanded node
//! keeps its use site as `span` and its text as `def`.

use super::map::Entries;
use super::scalar::{self, Wanted};
use super::yaml_error;
use super::{Entry, Key, Kind, MAX_DEPTH, Node, Parsed, SyntaxError};
use crate::span::Span;
use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};
use std::borrow::Cow;

pub(super) fn parse<'s>(text: &'s str, parsed: &mut Parsed<'s>) {
    let mut options = Options::default();
    options.max_buffered_comment_events = usize::MAX;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut loader = Loader {
        text,
        parsed,
        stack: Vec::new(),
        anchors: Vec::new(),
        budget: 10_000 + 10 * text.len(),
        last_end: 0,
        documents: 0,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => loader.event(event, &span),
            Err(error) => {
                let open = loader.open_bracket();
                loader.parsed.errors.push(yaml_error::explain(text, &error, open));
                Err(Stop)
            }
        };
        if step.is_err() {
            loader.parsed.truncated = true;
            break;
        }
    }
    loader.finish();
}

/// The rest of the file cannot be read; the error is already recorded.
struct Stop;

struct Loader<'s, 'p> {
    text: &'s str,
    parsed: &'p mut Parsed<'s>,
    stack: Vec<Frame<'s>>,
    /// By the parser's anchor number, which starts at one.
    anchors: Vec<Anchor<'s>>,
    /// How many more nodes aliases and anchors may copy.
    budget: usize,
    /// Where the last event that was no comment ended.
    last_end: usize,
    documents: usize,
}

enum Anchor<'s> {
    Unseen,
    /// Its node is still being read: an alias to it now would contain itself.
    Open,
    Done {
        node: Node<'s>,
        height: usize,
    },
}

struct Frame<'s> {
    start: u32,
    flow: bool,
    anchor: usize,
    body: Body<'s>,
}

enum Body<'s> {
    Seq(Vec<Node<'s>>),
    Map(MapBody<'s>),
}

#[derive(Default)]
struct MapBody<'s> {
    entries: Entries<'s>,
    key: Pending<'s>,
    merges: Vec<Node<'s>>,
}

#[derive(Default)]
enum Pending<'s> {
    #[default]
    None,
    Key(Key<'s>),
    Merge,
    /// The key could not be used; its value is read and dropped.
    Unusable,
}

impl<'s> Loader<'s, '_> {
    fn event(&mut self, event: Event<'s>, at: &granit_parser::Span) -> Result<(), Stop> {
        let range = at.byte_range().unwrap_or_default();
        let span = Span::of(range.clone());
        match event {
            Event::Comment(..) => {
                self.parsed.comments.push(span);
                return Ok(());
            }
            Event::DocumentStart(explicit, _) => {
                self.documents += 1;
                self.last_end = if explicit { range.end } else { range.start };
                return self.only_one_document(span);
            }
            Event::Scalar(value, style, anchor, tag) => self.scalar(value, style, anchor, tag.as_deref(), at, span)?,
            Event::SequenceStart(style, anchor, tag) => {
                let span = if span.is_empty() { self.first_dash(span) } else { span };
                self.open(span, style, anchor, Body::Seq(Vec::new()))?;
                self.container_tag(tag.as_deref(), "seq", at);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(span, style, anchor, Body::Map(MapBody::default()))?;
                self.container_tag(tag.as_deref(), "map", at);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close((!span.is_empty()).then_some(span.end))?,
            Event::Alias(id) => self.alias(id, span)?,
            Event::UnresolvedAlias(name) => {
                self.parsed
                    .errors
                    .push(SyntaxError::new(span, format!("no anchor `&{name}` stands before this alias")));
                self.attach(Node { span, def: None, kind: Kind::Null }, 0)?;
            }
            _ => {}
        }
        self.last_end = range.end;
        Ok(())
    }

    fn only_one_document(&mut self, span: Span) -> Result<(), Stop> {
        if self.documents < 2 {
            return Ok(());
        }
        let error = SyntaxError::new(span, "a second YAML document starts here, but a file is one document")
            .help("put it into a file of its own");
        self.parsed.errors.push(error);
        Err(Stop)
    }

    fn scalar(
        &mut self,
        value: Cow<'s, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: &granit_parser::Span,
        span: Span,
    ) -> Result<(), Stop> {
        let plain = style == ScalarStyle::Plain;
        let implicit = plain && span.is_empty();
        let span = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar_span(span),
            _ => span,
        };
        if anchor == 0 && tag.is_none() && self.wants_key() {
            return self.key(value, span, plain, implicit);
        }
        if self.wants_key() {
            let merge_tag = tag.is_some_and(|t| t.suffix() == "merge");
            if !merge_tag {
                self.scalar_tag(tag, at);
            }
            let mergeable = plain && (tag.is_none() || merge_tag);
            if anchor != 0 {
                let node = Node { span, def: None, kind: Kind::Str(value.clone()) };
                self.set_anchor(anchor, Anchor::Done { node, height: 0 });
            }
            return self.key(value, span, mergeable, implicit && tag.is_none());
        }
        let wanted = self.scalar_tag(tag, at);
        let kind = match (wanted, plain) {
            (Some(wanted), _) => match scalar::forced(value, wanted) {
                Ok(kind) => kind,
                Err((kind, message)) => {
                    self.parsed.errors.push(SyntaxError::new(span, message));
                    kind
                }
            },
            (None, true) if implicit => Kind::Null,
            (None, true) => scalar::yaml(value),
            (None, false) => Kind::Str(value),
        };
        let span = if implicit && tag.is_none() && anchor == 0 { self.after_colon(span) } else { span };
        self.attach(Node { span, def: None, kind }, anchor)
    }

    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { body: Body::Map(MapBody { key: Pending::None, .. }), .. }))
    }

    fn key(&mut self, text: Cow<'s, str>, span: Span, plain: bool, implicit: bool) -> Result<(), Stop> {
        let Some(Frame { body: Body::Map(map), .. }) = self.stack.last_mut() else {
            return Err(Stop);
        };
        map.key = if implicit {
            self.parsed.errors.push(SyntaxError::new(span, "a key is missing before this `:`"));
            Pending::Unusable
        } else if plain && text == "<<" {
            Pending::Merge
        } else if let Some(first) = map.entries.find(&text) {
            self.parsed.errors.push(SyntaxError::duplicate(span, &text, first));
            Pending::Unusable
        } else {
            Pending::Key(Key { span, text })
        };
        Ok(())
    }

    /// What a tag on a scalar asks for.
    fn scalar_tag(&mut self, tag: Option<&Tag>, at: &granit_parser::Span) -> Option<Wanted> {
        let tag = tag?;
        let wanted = match tag.core_suffix() {
            Some("str") => Some(Wanted::Str),
            Some("int") => Some(Wanted::Int),
            Some("float") => Some(Wanted::Float),
            Some("bool") => Some(Wanted::Bool),
            Some("null") => Some(Wanted::Null),
            _ if tag.original() == "!" => Some(Wanted::Str),
            _ => None,
        };
        if wanted.is_none() {
            self.bad_tag(tag, at);
        }
        wanted
    }

    fn container_tag(&mut self, tag: Option<&Tag>, own: &str, at: &granit_parser::Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(own)
            && tag.original() != "!"
        {
            self.bad_tag(tag, at);
        }
    }

    fn bad_tag(&mut self, tag: &Tag, at: &granit_parser::Span) {
        let span = at.tag_span().and_then(|s| s.byte_range()).or_else(|| at.byte_range()).unwrap_or_default();
        let error = match tag.core_suffix() {
            Some(_) => SyntaxError::new(Span::of(span), format!("the tag `{}` does not fit its value", tag.original())),
            None => SyntaxError::new(Span::of(span), format!("unknown tag `{}`", tag.original())),
        };
        self.parsed.errors.push(error.help("remove the tag"));
    }

    fn open(
        &mut self,
        span: Span,
        style: granit_parser::StructureStyle,
        anchor: usize,
        body: Body<'s>,
    ) -> Result<(), Stop> {
        if self.stack.len() >= MAX_DEPTH {
            self.parsed.errors.push(SyntaxError::too_deep(span));
            return Err(Stop);
        }
        if anchor != 0 {
            self.set_anchor(anchor, Anchor::Open);
        }
        let flow = style == granit_parser::StructureStyle::Flow;
        self.stack.push(Frame { start: span.start, flow, anchor, body });
        Ok(())
    }

    /// Ends the innermost container, at its closing bracket or else where its last child ends.
    fn close(&mut self, end: Option<u32>) -> Result<(), Stop> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let mut last = frame.start;
        let kind = match frame.body {
            Body::Seq(items) => {
                last = items.last().map_or(last, |n| n.span.end);
                Kind::Seq(items)
            }
            Body::Map(mut map) => {
                let written = [map.entries.last().map(|e| e.value.span.end), map.merges.last().map(|n| n.span.end)];
                last = written.into_iter().flatten().fold(last, u32::max);
                if !map.merges.is_empty() {
                    self.merge(&mut map);
                }
                Kind::Map(map.entries.into_list())
            }
        };
        let span = Span::new(frame.start, end.unwrap_or(last).max(frame.start));
        self.attach(Node { span, def: None, kind }, frame.anchor)
    }

    /// Adds what `<<` brings in: keys of the map itself win, then earlier sources.
    fn merge(&mut self, map: &mut MapBody<'s>) {
        for source in std::mem::take(&mut map.merges) {
            let sources = match source.kind {
                Kind::Seq(items) => items,
                _ => vec![source],
            };
            for source in sources {
                let Kind::Map(entries) = source.kind else {
                    let what = source.kind.what();
                    let error =
                        SyntaxError::new(source.span, format!("`<<` needs a map or a list of maps, found {what}"));
                    self.parsed.errors.push(error);
                    continue;
                };
                for entry in entries {
                    if map.entries.find(&entry.key.text).is_none() {
                        map.entries.push(entry);
                    }
                }
            }
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let (message, help) = match self.anchors.get(id) {
            Some(Anchor::Done { height, .. }) if self.stack.len() + height >= MAX_DEPTH => {
                self.parsed.errors.push(SyntaxError::too_deep(span));
                return Err(Stop);
            }
            Some(Anchor::Done { node, .. }) => {
                let Some(mut expanded) = copy(node, &mut self.budget) else {
                    return self.too_many_nodes(span);
                };
                place(&mut expanded, span);
                return self.attach(expanded, 0);
            }
            Some(Anchor::Open) => {
                ("this alias stands inside its own anchor", "an anchored value cannot contain itself")
            }
            _ => ("this alias names a value that could not be read", "repair the anchored value first"),
        };
        self.parsed.errors.push(SyntaxError::new(span, message).help(help));
        self.attach(Node { span, def: None, kind: Kind::Null }, 0)
    }

    /// Gives a finished node to the container it stands in.
    fn attach(&mut self, node: Node<'s>, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.remember(anchor, &node)?;
        }
        if self.wants_key() {
            return self.node_as_key(node);
        }
        match self.stack.last_mut().map(|frame| &mut frame.body) {
            None => self.parsed.root = Some(node),
            Some(Body::Seq(items)) => items.push(node),
            Some(Body::Map(map)) => match std::mem::take(&mut map.key) {
                Pending::Key(key) => map.entries.push(Entry { key, value: node }),
                Pending::Merge => map.merges.push(node),
                Pending::None | Pending::Unusable => {}
            },
        }
        Ok(())
    }

    fn node_as_key(&mut self, node: Node<'s>) -> Result<(), Stop> {
        let text = match node.kind {
            Kind::Str(text) | Kind::Num(text) => text,
            Kind::Int(_) | Kind::Bool(_) => Cow::Borrowed(node.def.unwrap_or(node.span).text(self.text)),
            Kind::Null | Kind::Seq(_) | Kind::Map(_) => {
                let what = node.kind.what();
                self.parsed.errors.push(SyntaxError::new(node.span, format!("a key must be text, found {what}")));
                if let Some(Frame { body: Body::Map(map), .. }) = self.stack.last_mut() {
                    map.key = Pending::Unusable;
                }
                return Ok(());
            }
        };
        self.key(text, node.span, false, false)
    }

    fn remember(&mut self, anchor: usize, node: &Node<'s>) -> Result<(), Stop> {
        let Some(node) = copy(node, &mut self.budget) else {
            return self.too_many_nodes(node.span);
        };
        self.set_anchor(anchor, Anchor::Done { height: height(&node), node });
        Ok(())
    }

    fn too_many_nodes(&mut self, span: Span) -> Result<(), Stop> {
        let error = SyntaxError::new(span, "aliases expand this file to more values than any real one has")
            .help("write the values out, or use fewer aliases inside anchors");
        self.parsed.errors.push(error);
        Err(Stop)
    }

    fn set_anchor(&mut self, id: usize, state: Anchor<'s>) {
        while self.anchors.len() <= id {
            self.anchors.push(Anchor::Unseen);
        }
        self.anchors[id] = state;
    }

    /// The parser's span is the content alone, with the blank lines that follow. Ours starts at the header's
    /// `|` or `>` and ends with the last line that is not blank.
    fn block_scalar_span(&self, content: Span) -> Span {
        let start = self.block_header().unwrap_or(content.start as usize);
        let end = (content.end as usize).clamp(start, self.text.len());
        let mut kept = &self.text[start..end];
        while let Some(cut) = kept.rfind(['\n', '\r']) {
            if !kept[cut + 1..].trim_matches([' ', '\t']).is_empty() {
                break;
            }
            kept = &kept[..cut];
        }
        Span::of(start..start + kept.len())
    }

    /// The parser starts a list that is not indented below its key at its first item, behind the dash.
    fn first_dash(&self, span: Span) -> Span {
        if !matches!(self.stack.last(), Some(Frame { body: Body::Map(_), .. })) {
            return span;
        }
        let bytes = self.text.as_bytes();
        let mut at = self.last_end;
        while at < span.start as usize {
            let rest = &bytes[at..span.start as usize];
            let to = |ends: fn(&u8) -> bool| rest.iter().position(ends).unwrap_or(rest.len());
            match rest[0] {
                b'-' if rest.get(1).is_none_or(u8::is_ascii_whitespace) => return Span::of(at..at),
                b'#' => at += to(|b| matches!(b, b'\n' | b'\r')),
                b'&' | b'!' => at += to(u8::is_ascii_whitespace),
                _ => at += 1,
            }
        }
        span
    }

    /// Between the last event and a block scalar stand only indicators, properties, comments and white space.
    fn block_header(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.last_end;
        loop {
            match bytes.get(at)? {
                b'|' | b'>' => return Some(at),
                b'#' => at += bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r'))?,
                b'&' | b'!' => at += bytes[at..].iter().position(u8::is_ascii_whitespace)?,
                _ => at += 1,
            }
        }
    }

    /// The parser puts a missing value at the end of its key; it belongs behind the colon.
    fn after_colon(&self, span: Span) -> Span {
        let Some(Frame { body: Body::Map(MapBody { key: Pending::Key(key), .. }), .. }) = self.stack.last() else {
            return span;
        };
        let end = key.span.end as usize;
        let rest = &self.text[end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if (span.start as usize) > end + blanks {
            return span;
        }
        let colon = rest[blanks..].starts_with(':');
        let at = if colon { end + blanks + 1 } else { end };
        Span::of(at..at)
    }

    /// The innermost open bracket, for errors that it explains.
    fn open_bracket(&self) -> Option<Span> {
        self.stack.iter().rev().find(|f| f.flow).map(|f| Span::new(f.start, f.start + 1))
    }

    /// Closes what an error left open, so that what was read is kept.
    fn finish(&mut self) {
        while let Some(frame) = self.stack.last_mut() {
            frame.anchor = 0;
            if self.close(None).is_err() {
                break;
            }
        }
    }
}

/// Makes a copy of an anchored node stand at its alias.
fn place(node: &mut Node<'_>, at: Span) {
    node.def = Some(node.def.unwrap_or(node.span));
    node.span = at;
    match &mut node.kind {
        Kind::Seq(items) => items.iter_mut().for_each(|n| place(n, at)),
        Kind::Map(entries) => entries.iter_mut().for_each(|e| place(&mut e.value, at)),
        _ => {}
    }
}

/// A clone that stops when the budget is used up. Text of our own counts by its length, borrowed text is free.
fn copy<'s>(node: &Node<'s>, budget: &mut usize) -> Option<Node<'s>> {
    let cost = 1 + match &node.kind {
        Kind::Str(Cow::Owned(text)) => text.len() / 16,
        _ => 0,
    };
    *budget = budget.checked_sub(cost)?;
    let kind = match &node.kind {
        Kind::Seq(items) => {
            let mut copies = Vec::new();
            for item in items {
                copies.push(copy(item, budget)?);
            }
            Kind::Seq(copies)
        }
        Kind::Map(entries) => {
            let mut copies = Vec::new();
            for Entry { key, value } in entries {
                *budget = budget.checked_sub(key.text.len() / 16)?;
                copies.push(Entry { key: key.clone(), value: copy(value, budget)? });
            }
            Kind::Map(copies)
        }
        other => other.clone(),
    };
    Some(Node { span: node.span, def: node.def, kind })
}

fn height(node: &Node<'_>) -> usize {
    match &node.kind {
        Kind::Seq(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Kind::Map(entries) => 1 + entries.iter().map(|e| height(&e.value)).max().unwrap_or(0),
        _ => 0,
    }
}
