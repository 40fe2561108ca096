//! Applies edits to a text. Every byte that no edit names stays as it is, line endings included.

use crate::diag::Edit;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text after its edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub text: String,
    /// Edits that overlap one that came before them, or lie outside the text.
    pub skipped: Vec<Edit>,
}

/// Applies the edits of one file. Where two overlap, the one given first wins; an edit given twice is made once.
/// Inserts at one place keep their order.
pub fn apply(text: &str, edits: &[Edit]) -> Edited {
    let mut accepted = Accepted::default();
    let skipped = edits.iter().filter(|edit| !accepted.take(text, edit)).cloned().collect();

    let mut edited = String::with_capacity(text.len() + edits.iter().map(|e| e.text.len()).sum::<usize>());
    let mut copied = 0;
    for (edit_start, edit_end, edit) in accepted.in_order() {
        edited.push_str(&text[copied..edit_start]);
        edited.push_str(&with_line_ending(text, &edit.text));
        copied = edit_end;
    }
    edited.push_str(&text[copied..]);
    Edited { text: edited, skipped }
}

/// `\r\n` where the text's first line ends so, else `\n`.
pub fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

fn with_line_ending<'e>(text: &str, edit: &'e str) -> Cow<'e, str> {
    if !edit.contains('\n') || line_ending(text) == "\n" {
        return Cow::Borrowed(edit);
    }
    Cow::Owned(edit.replace("\r\n", "\n").replace('\n', "\r\n"))
}

/// Edits that do not overlap, by where they start.
#[derive(Default)]
struct Accepted<'e> {
    inserts: BTreeMap<usize, Vec<&'e Edit>>,
    replacements: BTreeMap<usize, (usize, &'e Edit)>,
}

impl<'e> Accepted<'e> {
    /// Whether the edit is made, by itself or by an equal one.
    fn take(&mut self, text: &str, edit: &'e Edit) -> bool {
        let range = edit.loc.span.range();
        if text.get(range.clone()).is_none() {
            return false;
        }
        // The replacement that reaches furthest to the right of those that start before our end.
        let before = self.replacements.range(..range.end.max(range.start + 1)).next_back();
        let before = before.map(|(&start, &(end, edit))| (start, end, edit));
        if range.is_empty() {
            if before.is_some_and(|(start, end, _)| start < range.start && range.start < end) {
                return false;
            }
            let here = self.inserts.entry(range.start).or_default();
            if !here.iter().any(|e| e.text == edit.text) {
                here.push(edit);
            }
            return true;
        }
        if before.is_some_and(|(start, end, other)| (start..end) == range && other.text == edit.text) {
            return true;
        }
        let inside = self.inserts.range(range.start + 1..range.end).next().is_some();
        if inside || before.is_some_and(|(_, end, _)| end > range.start) {
            return false;
        }
        self.replacements.insert(range.start, (range.end, edit));
        true
    }

    /// Inserts come before a replacement that starts at the same place.
    fn in_order(self) -> Vec<(usize, usize, &'e Edit)> {
        let inserts = self.inserts.into_iter().flat_map(|(at, list)| list.into_iter().map(move |e| (at, at, e)));
        let replacements = self.replacements.into_iter().map(|(start, (end, e))| (start, end, e));
        let mut all: Vec<_> = inserts.chain(replacements).collect();
        all.sort_by_key(|(start, end, _)| (*start, *end));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{FileId, Loc, Span};
    use proptest::prelude::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { loc: Loc::new(FileId(0), Span::new(start, end)), text: text.to_owned() }
    }

    #[test]
    fn edits_are_made_in_place_in_any_order() {
        let edits = [edit(4, 5, "X"), edit(0, 1, ""), edit(2, 2, "-"), edit(2, 2, "+")];
        assert_eq!(apply("abcdef", &edits), Edited { text: "b-+cdXf".into(), skipped: vec![] });
    }

    #[test]
    fn the_first_of_two_overlapping_edits_wins() {
        let edits =
            [edit(1, 4, "X"), edit(3, 5, "Y"), edit(0, 2, "Z"), edit(2, 2, "W"), edit(4, 4, "V"), edit(1, 1, "U")];
        let edited = apply("abcdef", &edits);
        assert_eq!(edited.text, "aUXVef");
        assert_eq!(edited.skipped, edits[1..4]);
        let edits = [edit(2, 2, "X"), edit(1, 4, "Y")];
        assert_eq!(apply("abcdef", &edits).skipped, edits[1..]);
    }

    #[test]
    fn equal_edits_are_made_once_and_bad_ranges_never() {
        let edits = [edit(1, 2, "X"), edit(1, 2, "X"), edit(0, 0, "Y"), edit(0, 0, "Y")];
        assert_eq!(apply("abc", &edits), Edited { text: "YaXc".into(), skipped: vec![] });
        let bad = [edit(2, 9, ""), edit(1, 2, "X"), edit(3, 2, "")];
        assert_eq!(apply("aé", &bad), Edited { text: "aé".into(), skipped: bad.to_vec() });
    }

    #[test]
    fn new_lines_end_as_the_file_does() {
        assert_eq!(apply("a\r\nb", &[edit(1, 1, "\nx")]).text, "a\r\nx\r\nb");
        assert_eq!(apply("a\nb\r\n", &[edit(1, 1, "\nx")]).text, "a\nx\nb\r\n");
    }

    proptest! {
        #[test]
        fn what_no_edit_names_stays(text in "[aé\r\n]{0,30}", ranges in prop::collection::vec((0u32..40, 0u32..6, "[xy]{0,2}"), 0..12)) {
            let edits: Vec<_> = ranges.iter().map(|(start, len, new)| edit(*start, start + len, new)).collect();
            let edited = apply(&text, &edits);
            let made: Vec<_> = edits.iter().filter(|e| !edited.skipped.contains(e)).collect();
            let touched = |at: usize| made.iter().any(|e| e.loc.span.range().contains(&at));
            let kept: String = text.char_indices().filter(|(at, _)| !touched(*at)).map(|(_, c)| c).collect();
            let left: String = edited.text.chars().filter(|c| !matches!(c, 'x' | 'y')).collect();
            prop_assert_eq!(kept, left);
            // Those that were skipped really could not be made beside the others.
            let touch = |a: Span, b: Span| a.start < b.end.max(b.start + 1) && b.start < a.end.max(a.start + 1);
            for skipped in &edited.skipped {
                let alone = apply(&text, std::slice::from_ref(skipped)).skipped.is_empty();
                let beside = made.iter().any(|m| touch(m.loc.span, skipped.loc.span));
                prop_assert!(!alone || beside);
            }
        }
    }
}
