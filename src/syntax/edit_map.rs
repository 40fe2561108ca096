//! The smallest edits that change one entry of a map, in the style of the file around it. Where the text allows
//! no edit that is surely right (the entry comes from an alias, or shares its line), there is none.

use super::{Entry, Format, Kind, Node, Parsed, quote};
use crate::diag::Edit;
use crate::span::{FileId, Loc, Span};

/// Builds edits for one parsed text.
#[derive(Clone, Copy)]
pub struct Editor<'t> {
    pub file: FileId,
    pub text: &'t str,
    pub format: Format,
    comments: &'t [Span],
}

impl<'t> Editor<'t> {
    pub fn new(file: FileId, text: &'t str, format: Format, parsed: &'t Parsed<'_>) -> Self {
        Self { file, text, format, comments: &parsed.comments }
    }

    /// Writes other text in the place of a scalar, in the quotes that it has now.
    pub fn set_text(&self, node: &Node<'_>, value: &str) -> Option<Edit> {
        let old = node.span.text(self.text);
        self.set_source(node, &quote::text_like(self.format, old, value))
    }

    /// Writes a number, `true` or other source in the place of a scalar.
    pub fn set_source(&self, node: &Node<'_>, source: &str) -> Option<Edit> {
        if node.def.is_some() || matches!(node.kind, Kind::Seq(_) | Kind::Map(_)) {
            return None;
        }
        if !node.span.is_empty() {
            return Some(self.edit(node.span, source));
        }
        // Where no value stands, there must be a colon or dash for it.
        let before = &self.text[..node.span.start as usize];
        let mark = before.trim_end_matches([' ', '\t']);
        let dash = mark.strip_suffix('-').is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\n']));
        let space = if mark.len() == before.len() { " " } else { "" };
        let next = self.text[node.span.end as usize..].chars().next();
        let gap = if next.is_none_or(|c| c.is_whitespace() || matches!(c, ',' | '}' | ']')) { "" } else { " " };
        (dash || mark.ends_with(':')).then(|| self.edit(node.span, format!("{space}{source}{gap}")))
    }

    /// Adds `key` with a value as source ([`quote::text`] for text) to a map that does not have it.
    pub fn insert(&self, map: &Node<'_>, key: &str, source: &str) -> Option<Vec<Edit>> {
        let Kind::Map(entries) = &map.kind else { return None };
        if map.def.is_some() || map.get(key).is_some() {
            return None;
        }
        let key = quote::key(self.format, key);
        let pair = if self.format == Format::Toml { format!("{key} = {source}") } else { format!("{key}: {source}") };
        if self.starts_with_brace(map) {
            return self.is_closed(map).then(|| self.insert_in_braces(map, &pair));
        }
        let edit = match self.format {
            Format::Yaml => self.insert_in_block(map, entries, &pair),
            Format::Toml => self.insert_in_table(map, entries, &pair),
            Format::Json => None,
        };
        edit.map(|edit| vec![edit])
    }

    /// Removes an entry, with its line where it has one.
    pub fn remove(&self, map: &Node<'_>, key: &str) -> Option<Vec<Edit>> {
        let Kind::Map(entries) = &map.kind else { return None };
        let entry = entries.iter().find(|e| e.key.text == key)?;
        let written_here = map.def.is_none()
            && map.span.start <= entry.key.span.start
            && entry.key.span.end <= entry.value.span.start
            && entry.value.span.end <= map.span.end;
        // An alias elsewhere may need an anchor that stands in the entry.
        let anchors = self.format == Format::Yaml
            && self.text[entry.key.span.start as usize..entry.value.span.end as usize].contains(" &");
        if !written_here || anchors {
            return None;
        }
        if self.starts_with_brace(map) {
            return self.is_closed(map).then(|| self.remove_in_braces(map, entry))?;
        }
        let edit = match self.format {
            Format::Yaml => self.remove_in_block(map, entries, entry),
            Format::Toml => self.remove_in_table(entry),
            Format::Json => None,
        };
        edit.map(|edit| vec![edit])
    }

    fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        Edit { loc: Loc::new(self.file, span), text: text.into() }
    }

    fn insert_at(&self, at: usize, text: impl Into<String>) -> Edit {
        self.edit(Span::of(at..at), text)
    }

    fn delete(&self, range: std::ops::Range<usize>) -> Edit {
        self.edit(Span::of(range), "")
    }

    fn starts_with_brace(&self, map: &Node<'_>) -> bool {
        map.span.text(self.text).starts_with('{')
    }

    /// In a broken file a brace may stay open.
    fn is_closed(&self, map: &Node<'_>) -> bool {
        map.span.len() >= 2 && map.span.text(self.text).ends_with('}')
    }

    // Maps in braces: YAML flow style, JSON, TOML inline tables.

    fn insert_in_braces(&self, map: &Node<'_>, pair: &str) -> Vec<Edit> {
        let open = map.span.start as usize;
        let close = map.span.end as usize - 1;
        let last = self.before(close);
        let (empty, comma) = (last == open + 1, self.text[..last].ends_with(','));
        let line = self.line_start(last);
        // One entry to a line: the new one gets its own, indented as the last.
        if !empty && line > open && self.text[last..close].contains('\n') {
            let indent = self.indent(line);
            let (before, after) = if comma { ("", ",") } else { (",", "") };
            let below = self.insert_at(self.line_end(last), format!("\n{indent}{pair}{after}"));
            return if comma { vec![below] } else { vec![self.insert_at(last, before), below] };
        }
        let text = match (empty, comma) {
            (true, _) => pair.to_owned(),
            (false, true) => format!(" {pair}"),
            (false, false) => format!(", {pair}"),
        };
        vec![self.insert_at(last, text)]
    }

    fn remove_in_braces(&self, map: &Node<'_>, entry: &Entry<'_>) -> Option<Vec<Edit>> {
        let (start, end) = (entry.key.span.start as usize, entry.value.span.end as usize);
        let before = self.before(start);
        let after = self.after(end);
        let follows = self.text[after..].chars().next()?;
        let (first, follows_comma) = (before == map.span.start as usize + 1, follows == ',');
        let preceded = first || self.text[..before].ends_with(',');
        if !preceded || !matches!(follows, ',' | '}') {
            return None;
        }
        // The comma behind the entry goes with it; behind the last entry that has none, the one before it.
        let mut edits = Vec::new();
        let mut gone = start..if follows_comma { after + 1 } else { end };
        if !follows_comma && !first {
            edits.push(self.delete(before - 1..before));
        }
        let (line, rest) = (self.line_start(start), self.after_on_line(gone.end));
        let alone = self.text[line..start].trim().is_empty() && rest == self.line_end(gone.end);
        if alone && line > 0 {
            gone = line..self.next_line(gone.end);
        } else if follows_comma {
            // A comment needs the space before it.
            let rest = self.text[gone.end..].trim_start_matches([' ', '\t']);
            if !rest.starts_with('#') {
                gone.end = self.text.len() - rest.len();
            }
        } else if !first && self.text[before..start].trim().is_empty() {
            gone.start = before;
        }
        edits.push(self.delete(gone));
        Some(edits)
    }

    // YAML block maps.

    fn insert_in_block(&self, map: &Node<'_>, entries: &[Entry<'_>], pair: &str) -> Option<Edit> {
        let start = map.span.start as usize;
        // A single pair in a list in brackets is a map without braces.
        if self.text[self.after(map.span.end as usize)..].starts_with([',', ']']) {
            return None;
        }
        let line = self.line_start(start);
        let lead = self.text[line..start].trim_start_matches('\u{feff}');
        if lead.contains(['\t', '?', '{', '[', '"', '\'']) || !lead.trim_matches([' ', '-']).is_empty() {
            return None;
        }
        let indent = " ".repeat(lead.len());
        let own_line = |entry: &&Entry<'_>| {
            let (from, to) = (entry.key.span.start as usize, entry.value.span.end as usize);
            start <= from
                && entry.key.span.end <= entry.value.span.start
                && entry.value.span.end <= map.span.end
                && !self.text[from..to].contains(['\n', '\r'])
                && self.after_on_line(to) == self.line_end(to)
        };
        if let Some(entry) = entries.iter().rev().find(own_line) {
            let at = self.line_end(entry.value.span.end as usize);
            return Some(self.insert_at(at, format!("\n{indent}{pair}")));
        }
        Some(self.insert_at(start, format!("{pair}\n{indent}")))
    }

    fn remove_in_block(&self, map: &Node<'_>, entries: &[Entry<'_>], entry: &Entry<'_>) -> Option<Edit> {
        let (start, end) = (entry.key.span.start as usize, entry.value.span.end as usize);
        let line = self.line_start(start);
        if self.after_on_line(end) != self.line_end(end) {
            return None;
        }
        let lead = self.text[line..start].trim_start_matches('\u{feff}');
        let is_first = start == map.span.start as usize;
        if entries.len() == 1 {
            return is_first.then(|| self.edit(map.span, "{}"));
        }
        if lead.chars().all(|c| c == ' ') {
            let mut to = self.next_line(end);
            // Blank lines behind a block scalar are its own; left alone they could join the text above.
            if self.text[..end].contains('\n') && entry.value.span.text(self.text).starts_with(['|', '>']) {
                to = self.skip_blank_lines(to);
            }
            let from = if self.text[line..].starts_with('\u{feff}') { line + 3 } else { line };
            return Some(self.delete(from..to));
        }
        if !is_first || !lead.trim_matches([' ', '-']).is_empty() {
            return None;
        }
        // The first entry behind a dash: the next one takes its place.
        let next =
            entries.iter().map(|e| e.key.span.start as usize).filter(|&at| at > end && at < map.span.end as usize);
        let next = next.min()?;
        let clean = self.text[self.line_start(next)..next].chars().all(|c| c == ' ');
        clean.then(|| self.delete(start..next))
    }

    // TOML tables.

    fn insert_in_table(&self, map: &Node<'_>, entries: &[Entry<'_>], pair: &str) -> Option<Edit> {
        let is_direct = |entry: &&Entry<'_>| self.is_line_of_table(entry);
        if let Some(entry) = entries.iter().filter(is_direct).max_by_key(|e| e.value.span.end) {
            let start = entry.key.span.start as usize;
            // With the indentation, or the start of a dotted key.
            let lead = self.text[self.line_start(start)..start].trim_start_matches('\u{feff}');
            let at = self.line_end(entry.value.span.end as usize);
            return Some(self.insert_at(at, format!("\n{lead}{pair}")));
        }
        let start = map.span.start as usize;
        // A header of its own, not one of a table inside it.
        if self.text[start..].starts_with('[') && entries.iter().all(|e| e.value.span.start > map.span.start) {
            return Some(self.insert_at(self.line_end(start), format!("\n{pair}")));
        }
        let is_root = entries.iter().any(|e| self.is_top_level(e));
        let top = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        is_root.then(|| self.insert_at(top, format!("{pair}\n")))
    }

    fn remove_in_table(&self, entry: &Entry<'_>) -> Option<Edit> {
        if !self.is_line_of_table(entry) {
            return None;
        }
        let line = self.line_start(entry.key.span.start as usize);
        let from = if self.text[line..].starts_with('\u{feff}') { line + 3 } else { line };
        Some(self.delete(from..self.next_line(entry.value.span.end as usize)))
    }

    /// A `key = value` line, perhaps with a dotted key; no header, and nothing inside braces.
    fn is_line_of_table(&self, entry: &Entry<'_>) -> bool {
        let (start, end) = (entry.key.span.start as usize, entry.value.span.end as usize);
        let lead = &self.text[self.line_start(start)..start];
        entry.key.span.end <= entry.value.span.start
            && !lead.contains(['=', '{', '[', ','])
            && self.after_on_line(end) == self.line_end(end)
    }

    /// A header of one part, or the first part of one: its map is the file itself.
    fn is_top_level(&self, entry: &Entry<'_>) -> bool {
        let start = entry.key.span.start as usize;
        self.text[self.line_start(start)..start].trim_start_matches(['[', ' ', '\t', '\u{feff}']).is_empty()
    }

    // Lines and what stands around an entry.

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Before the line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let line = rest.find('\n').map_or(rest, |newline| &rest[..newline]);
        at + line.trim_end_matches('\r').len()
    }

    fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn skip_blank_lines(&self, mut at: usize) -> usize {
        while at < self.text.len() && self.text[at..self.next_line(at)].trim().is_empty() {
            at = self.next_line(at);
        }
        at
    }

    fn indent(&self, line: usize) -> &'t str {
        let rest = &self.text[line..];
        &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
    }

    /// Back over white space and comments.
    fn before(&self, mut at: usize) -> usize {
        loop {
            at = self.text[..at].trim_end().len();
            // A comment may end with blanks of its own.
            let before = self.comments.partition_point(|c| (c.start as usize) < at);
            match self.comments[..before].last() {
                Some(comment) if at <= comment.end as usize => at = comment.start as usize,
                _ => return at,
            }
        }
    }

    /// On over white space and comments.
    fn after(&self, mut at: usize) -> usize {
        loop {
            at = self.text.len() - self.text[at..].trim_start().len();
            match self.comments.binary_search_by_key(&at, |c| c.start as usize) {
                Ok(comment) => at = self.comments[comment].end as usize,
                Err(_) => return at,
            }
        }
    }

    /// As [`Self::after`], within the line.
    fn after_on_line(&self, at: usize) -> usize {
        self.after(at).min(self.line_end(at))
    }
}
