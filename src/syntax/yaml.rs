//! YAML events to the spanned tree. The only module that knows the YAML parser crate.
//!
//! Aliases and merge keys are expanded here, within a budget, so nothing above ever sees them: an expanded node
//! keeps its use site as `span` and its text as `def`.

use super::alias::{copy, height, place};
use super::map::Entries;
use super::scalar::{self, Wanted};
use super::yaml_error;
use super::{Entry, Key, Kind, MAX_DEPTH, MAX_DOCUMENTS, Node, Parsed, SyntaxError, Tagged, template};
use crate::span::Span;
use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};
use std::borrow::Cow;

/// One document, as a file of our own is: unknown tags are errors, and the first of two equal keys stays.
pub(super) fn parse<'s>(text: &'s str, parsed: &mut Parsed<'s>) {
    run(text, parsed, None);
}

/// All documents, as files of other programs have them, each with its start.
pub(super) fn documents(text: &str) -> Vec<(u32, Parsed<'_>)> {
    let mut last = Parsed::default();
    let mut stream = Stream::default();
    run(text, &mut last, Some(&mut stream));
    stream.done.push((stream.start, last));
    stream.done
}

#[derive(Default)]
struct Stream<'s> {
    done: Vec<(u32, Parsed<'s>)>,
    /// Where the document that is being read starts.
    start: u32,
}

fn run<'s>(text: &'s str, parsed: &mut Parsed<'s>, stream: Option<&mut Stream<'s>>) {
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
        between: true,
        stream,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(event) = parser.next() {
        let step = match event {
            Ok((event, span)) => loader.event(event, &span),
            Err(error) => {
                loader.broken(&error);
                Err(Stop)
            }
        };
        if step.is_err() {
            loader.parsed.truncated = true;
            loader.finish();
            if loader.stream.is_none() || !parser.proceed_next_document().unwrap_or(false) {
                return;
            }
            loader.between = true;
        }
    }
    loader.finish();
}

/// The rest of the document cannot be read; the error is already recorded.
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
    /// The next document has not begun.
    between: bool,
    /// Takes what is read of a stream of documents; without it there may be one.
    stream: Option<&'p mut Stream<'s>>,
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
    tag: Option<Span>,
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
    /// These braces are those of a template, `{{ .. }}`.
    template: bool,
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
                self.last_end = if explicit { range.end } else { range.start };
                return self.next_document(span);
            }
            Event::Scalar(value, style, anchor, tag) => self.scalar(value, style, anchor, tag.as_deref(), at, span)?,
            Event::SequenceStart(style, anchor, tag) => {
                let span = if span.is_empty() { self.first_dash(span) } else { span };
                self.open(span, style, anchor, Body::Seq(Vec::new()))?;
                self.container_tag(tag.as_deref(), "seq", at);
            }
            Event::MappingStart(style, anchor, tag) => {
                let entries = if self.stream.is_some() { Entries::last_wins() } else { Entries::default() };
                let body = MapBody { entries, ..MapBody::default() };
                self.open(span, style, anchor, Body::Map(body))?;
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
            Event::DocumentEnd => self.between = true,
            _ => {}
        }
        self.last_end = range.end;
        Ok(())
    }

    fn next_document(&mut self, span: Span) -> Result<(), Stop> {
        let (most, message, help) = match self.stream {
            None => {
                (1, "a second YAML document starts here, but a file is one document", "put it into a file of its own")
            }
            Some(_) => (MAX_DOCUMENTS, "more YAML documents than any real file has", "split the file"),
        };
        if self.documents == most {
            self.parsed.errors.push(SyntaxError::new(span, message).help(help));
            self.stream = None;
            return Err(Stop);
        }
        self.begin(span.start);
        Ok(())
    }

    /// Puts what was read away and starts a document.
    fn begin(&mut self, start: u32) {
        if let Some(stream) = &mut self.stream
            && self.documents > 0
        {
            stream.done.push((stream.start, std::mem::take(self.parsed)));
            stream.start = start;
        }
        self.documents += 1;
        self.between = false;
    }

    fn broken(&mut self, error: &granit_parser::ScanError) {
        // The first token of a document may be the broken one.
        if self.between && self.documents < MAX_DOCUMENTS {
            self.begin(Span::of(0..self.last_end).end);
        }
        let explained = yaml_error::explain(self.text, error, self.open_bracket());
        self.last_end = self.last_end.max(explained.span.start as usize);
        let explained = match &self.stream {
            Some(stream) => template::explain(self.text, stream.start, explained),
            None => explained,
        };
        self.parsed.errors.push(explained);
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
        let kept = self.kept_tag(tag, at);
        let wanted = if kept.is_some() { None } else { self.scalar_tag(tag, at) };
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
        self.attach(tagged(self.text, kept, Node { span, def: None, kind }), anchor)
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
            if self.stream.is_some() { Pending::Key(Key { span, text }) } else { Pending::Unusable }
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

    /// A tag that only the program which reads the file understands.
    fn kept_tag(&self, tag: Option<&Tag>, at: &granit_parser::Span) -> Option<Span> {
        tag.filter(|t| self.stream.is_some() && t.core_suffix().is_none() && t.original() != "!")?;
        Some(tag_span(at))
    }

    fn container_tag(&mut self, tag: Option<&Tag>, own: &str, at: &granit_parser::Span) {
        let kept = self.kept_tag(tag, at);
        if kept.is_some() {
            if let Some(frame) = self.stack.last_mut() {
                frame.tag = kept;
            }
        } else if let Some(tag) = tag
            && tag.core_suffix() != Some(own)
            && tag.original() != "!"
        {
            self.bad_tag(tag, at);
        }
    }

    fn bad_tag(&mut self, tag: &Tag, at: &granit_parser::Span) {
        let span = tag_span(at);
        let error = match tag.core_suffix() {
            Some(_) => SyntaxError::new(span, format!("the tag `{}` does not fit its value", tag.original())),
            None => SyntaxError::new(span, format!("unknown tag `{}`", tag.original())),
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
        self.stack.push(Frame { start: span.start, flow, anchor, tag: None, body });
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
                if map.template {
                    self.parsed.errors.push(template::value(self.text, frame.start));
                    Kind::Null
                } else {
                    Kind::Map(map.entries.into_list())
                }
            }
        };
        let span = Span::new(frame.start, end.unwrap_or(last).max(frame.start));
        self.attach(tagged(self.text, frame.tag, Node { span, def: None, kind }), frame.anchor)
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
            Kind::Null | Kind::Seq(_) | Kind::Map(_) | Kind::Tagged(_) => {
                self.unusable_key(&node);
                return Ok(());
            }
        };
        self.key(text, node.span, false, false)
    }

    fn unusable_key(&mut self, node: &Node<'s>) {
        let (text, is_stream) = (self.text, self.stream.is_some());
        let is_template = |start: u32| is_stream && text[start as usize..].starts_with("{{");
        let Some(Frame { start, flow, body: Body::Map(map), .. }) = self.stack.last_mut() else { return };
        map.key = Pending::Unusable;
        if *flow && is_template(*start) {
            map.template = true;
        } else if !is_template(node.span.start) {
            let what = node.kind.what();
            self.parsed.errors.push(SyntaxError::new(node.span, format!("a key must be text, found {what}")));
        }
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
        self.stack.clear();
    }
}

fn tag_span(at: &granit_parser::Span) -> Span {
    Span::of(at.tag_span().and_then(|s| s.byte_range()).or_else(|| at.byte_range()).unwrap_or_default())
}

/// The node with the tag that stands before it.
fn tagged<'s>(text: &'s str, tag: Option<Span>, mut value: Node<'s>) -> Node<'s> {
    let Some(tag) = tag else { return value };
    if value.span.is_empty() {
        value.span = Span::at(tag.end);
    }
    let span = tag.to(value.span);
    Node { span, def: None, kind: Kind::Tagged(Box::new(Tagged { tag: tag.text(text), value })) }
}
